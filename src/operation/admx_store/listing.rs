//! Which files there are, and which of them make up the store.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::format::admx::{AdmxProblem, AdmxWarning, choose_language};

use super::LoadTemplatesError;

/// The template files of a folder.
#[derive(Debug, Default)]
pub(super) struct FolderListing {
    /// The folder, as a person would name it.
    name: String,
    templates: Vec<ListedFile>,
    /// The languages with their files by name in lower case.
    languages: Vec<(String, HashMap<String, ListedFile>)>,
}

/// A file that is there.
#[derive(Clone, Debug)]
pub(super) struct ListedFile {
    pub name: String,
    pub path: String,
    pub size_bytes: u64,
    /// Time of the last change, in words of its source.
    pub modified: String,
}

/// Which files make up the store.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub folders: Vec<String>,
    pub pairs: Vec<Pair>,
    pub warnings: Vec<AdmxWarning>,
}

/// A template with the file of its texts.
#[derive(Debug)]
pub(super) struct Pair {
    pub rank: u32,
    pub admx: ListedFile,
    pub adml: Option<ListedFile>,
}

/// Lists a folder of this machine.
pub(super) fn list_folder(folder: &Path) -> Result<FolderListing, LoadTemplatesError> {
    let failed = |cause| LoadTemplatesError::Folder { folder: folder.to_owned(), cause };
    let mut listing = FolderListing::named(folder.display().to_string());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if has_extension(&name, ".admx") {
            listing.templates.extend(local_file(name, &entry.path()));
        } else if let Ok(files) = fs::read_dir(entry.path()) {
            // What is no folder is no language; a language that cannot be listed is as good as not there.
            let files = files.flatten().filter_map(|file| {
                let name = file.file_name().to_string_lossy().into_owned();
                has_extension(&name, ".adml").then(|| local_file(name, &file.path())).flatten()
            });
            listing.add_language(name, files);
        }
    }
    Ok(listing)
}

fn local_file(name: String, path: &Path) -> Option<ListedFile> {
    let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let modified = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified = modified.map(|since| since.as_nanos().to_string()).unwrap_or_default();
    Some(ListedFile { name, path: path.to_str()?.to_owned(), size_bytes: data.len(), modified })
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.to_lowercase().ends_with(extension)
}

/// Returns the name of the file without its extension, in lower case: what a template and its texts have in common.
fn stem(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.rsplit_once('.').map(|(stem, _)| stem.to_owned()).unwrap_or(lower)
}

impl FolderListing {
    /// Returns a folder without files.
    pub(super) fn named(name: String) -> Self {
        FolderListing { name, ..FolderListing::default() }
    }

    /// Adds a file, if it is a template.
    pub(super) fn add_template(&mut self, file: ListedFile) {
        if has_extension(&file.name, ".admx") {
            self.templates.push(file);
        }
    }

    /// Adds a language with those of its files that hold texts.
    pub(super) fn add_language(&mut self, name: String, files: impl Iterator<Item = ListedFile>) {
        let files: HashMap<String, ListedFile> =
            files.filter(|file| has_extension(&file.name, ".adml")).map(|file| (stem(&file.name), file)).collect();
        if !files.is_empty() {
            self.languages.push((name, files));
            self.languages.sort_by_cached_key(|(name, _)| name.to_lowercase());
        }
    }

    /// Returns the languages that have texts of a template.
    fn languages_of(&self, template: &ListedFile) -> Vec<(&str, &ListedFile)> {
        let stem = stem(&template.name);
        self.languages.iter().filter_map(|(name, files)| Some((name.as_str(), files.get(&stem)?))).collect()
    }
}

/// Returns the templates whose language depends on the fallback culture that they name.
pub(super) fn undecided<'a>(listings: &'a [FolderListing], wanted: &str) -> Vec<&'a ListedFile> {
    let files = listings.iter().flat_map(|listing| listing.templates.iter().map(move |file| (listing, file)));
    let is_undecided = |listing: &FolderListing, file: &ListedFile| {
        let mut is_asked = false;
        let available: Vec<&str> = listing.languages_of(file).into_iter().map(|(name, _)| name).collect();
        choose_language(&available, wanted, || {
            is_asked = true;
            None
        });
        is_asked && available.len() > 1
    };
    files.filter(|(listing, file)| is_undecided(listing, file)).map(|(_, file)| file).collect()
}

impl Plan {
    /// Decides which files make up the store: of two templates of the same name, that of the earlier folder.
    pub(super) fn new(listings: &[FolderListing], wanted: &str, fallbacks: &HashMap<String, String>) -> Self {
        let mut plan =
            Plan { folders: listings.iter().map(|listing| listing.name.clone()).collect(), ..Plan::default() };
        let mut seen: HashMap<String, String> = HashMap::new();
        for (rank, listing) in (0..).zip(listings) {
            let mut templates: Vec<&ListedFile> = listing.templates.iter().collect();
            templates.sort_by_cached_key(|file| (file.name.to_lowercase(), file.name.clone()));
            for admx in templates {
                let stem = stem(&admx.name);
                if let Some(first) = seen.get(&stem) {
                    let problem = AdmxProblem::DuplicateFile(first.clone());
                    plan.warnings.push(AdmxWarning { path: admx.path.clone(), line: 0, problem });
                    continue;
                }
                seen.insert(stem, admx.path.clone());
                let available = listing.languages_of(admx);
                let names: Vec<&str> = available.iter().map(|(name, _)| *name).collect();
                let chosen = choose_language(&names, wanted, || fallbacks.get(&admx.path).cloned());
                let adml = chosen.and_then(|place| available.get(place)).map(|(_, file)| (*file).clone());
                plan.pairs.push(Pair { rank, admx: admx.clone(), adml });
            }
        }
        plan
    }

    /// Returns all files that are read.
    pub(super) fn files(&self) -> impl Iterator<Item = &ListedFile> {
        self.pairs.iter().flat_map(|pair| std::iter::once(&pair.admx).chain(&pair.adml))
    }

    /// Returns a text that is another one as soon as a file is.
    pub(super) fn fingerprint(&self) -> String {
        let line = |file: &ListedFile| format!("{}|{}|{}\n", file.path, file.size_bytes, file.modified);
        let pairs = self.pairs.iter().map(|pair| {
            let adml = pair.adml.as_ref().map(line).unwrap_or_default();
            format!("{}|{}{adml}", pair.rank, line(&pair.admx))
        });
        pairs.collect()
    }
}
