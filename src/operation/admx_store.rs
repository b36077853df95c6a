//! Administrative templates from where they lie: folders of this machine, the Central Store of a domain, `%SystemRoot%\PolicyDefinitions`.
//!
//! A store that was parsed is kept as one file in a cache folder and taken from there for as long as the template files are the same by path, size and
//! time of last change.

mod cache;
mod listing;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;
use futures::stream;
use rayon::prelude::*;

use crate::format::admx::{AdmxProblem, AdmxStore, AdmxWarning, TemplateFile, TemplateSource, fallback_culture};
use crate::gpm::{Cancelled, Task};
use crate::store::{StoreError, StoreErrorKind, Sysvol, SysvolPath};

use listing::{FolderListing, ListedFile, Plan};

/// Which texts are taken, and where parsed stores are kept.
#[derive(Clone, Debug)]
pub struct TemplateOptions {
    /// The language wanted, such as `de-DE`; where a template does not have it, another is taken.
    pub language: String,
    /// The folder for parsed stores; it is made where it is missing. None: nothing is kept.
    pub cache_folder: Option<PathBuf>,
}

/// Administrative templates and where they came from.
#[derive(Clone, Debug)]
pub struct Templates {
    /// The templates.
    pub store: Arc<AdmxStore>,
    /// Where they came from, in words: `the central store`.
    pub source: String,
    /// Whether they were taken from the cache.
    pub is_cached: bool,
}

/// The templates cannot be read at all. What is wrong with single files is told by [`AdmxStore::warnings`].
#[derive(Debug, thiserror::Error)]
pub enum LoadTemplatesError {
    /// Cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A folder cannot be listed.
    #[error("the folder {} cannot be read: {cause}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// There is no template.
    #[error("there are no administrative templates (ADMX files) in {source_name}")]
    Nothing {
        /// Where they were looked for, in words.
        source_name: String,
    },
    /// The Central Store cannot be listed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file larger than this is not read; the largest real template has 3 MB.
const LARGEST_FILE: u64 = 64 << 20;
/// Requests to a SYSVOL at the same time.
const IN_FLIGHT: usize = 16;
/// The Central Store below a domain's SYSVOL.
const CENTRAL_STORE: &str = "Policies/PolicyDefinitions";

/// Reads templates from folders of this machine. Where two folders have a file of the same name or templates of the same namespace, that of the
/// earlier folder counts. Blocks while it reads.
///
/// # Errors
/// Fails where a folder cannot be listed, no folder has a template, or the task is cancelled.
pub fn load_templates(
    folders: &[PathBuf],
    options: &TemplateOptions,
    task: &Task,
) -> Result<Templates, LoadTemplatesError> {
    let listings: Result<Vec<FolderListing>, _> = folders.iter().map(|folder| listing::list_folder(folder)).collect();
    let listings = listings?;
    let undecided = listing::undecided(&listings, &options.language);
    let fallbacks =
        undecided.into_iter().filter_map(|file| Some((file.path.clone(), fallback_culture(&read(file).ok()?)?)));
    let plan = Plan::new(&listings, &options.language, &fallbacks.collect());
    let source = match folders {
        [only] => format!("the folder {}", only.display()),
        _ => format!(
            "the folders {}",
            folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
        ),
    };
    if plan.files().next().is_none() {
        return Err(LoadTemplatesError::Nothing { source_name: source });
    }
    if let Some(store) = cache::find(&plan, options) {
        return Ok(Templates { store: Arc::new(store), source, is_cached: true });
    }
    let (done, total) = (AtomicU64::new(0), plan.files().count() as u64);
    task.activity("Reading administrative templates");
    let files: Vec<&ListedFile> = plan.files().collect();
    let contents: Result<HashMap<&str, Result<Vec<u8>, String>>, Cancelled> = files
        .into_par_iter()
        .map(|file| {
            task.checkpoint()?;
            let content = read(file);
            task.progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Ok((file.path.as_str(), content))
        })
        .collect();
    let store = put_together(&plan, contents?, options);
    Ok(Templates { store: Arc::new(store), source, is_cached: false })
}

/// Reads the templates of a domain's Central Store; none where it has none.
///
/// # Errors
/// Fails where the Central Store cannot be listed, or the task is cancelled.
pub async fn load_central_store(
    sysvol: &dyn Sysvol,
    options: &TemplateOptions,
    task: &Task,
) -> Result<Option<Templates>, LoadTemplatesError> {
    task.activity("Looking for administrative templates in the central store");
    let Some(listing) = task.or_cancel(list_central_store(sysvol)).await?? else { return Ok(None) };
    let listings = [listing];
    let undecided = listing::undecided(&listings, &options.language);
    let read_fallback = |file: &ListedFile| {
        let path = file.path.clone();
        let size_bytes = file.size_bytes;
        async move { Some((path.clone(), fallback_culture(&read_central(sysvol, &path, size_bytes).await.ok()?)?)) }
    };
    let reads: Vec<_> = undecided.into_iter().map(read_fallback).collect();
    let fallbacks: HashMap<String, String> = task
        .or_cancel(stream::iter(reads).buffer_unordered(IN_FLIGHT).filter_map(async |found| found).collect())
        .await?;
    let plan = Plan::new(&listings, &options.language, &fallbacks);
    let source = "the central store".to_owned();
    if let Some(store) = cache::find(&plan, options) {
        return Ok(Some(Templates { store: Arc::new(store), source, is_cached: true }));
    }
    task.activity("Reading administrative templates from the central store");
    let paths: Vec<(String, u64)> = plan.files().map(|file| (file.path.clone(), file.size_bytes)).collect();
    let (total, mut done) = (paths.len() as u64, 0);
    let reads: Vec<_> = paths
        .into_iter()
        .map(|(path, size_bytes)| async move {
            let content = read_central(sysvol, &path, size_bytes).await;
            (path, content)
        })
        .collect();
    let mut reads = stream::iter(reads).buffer_unordered(IN_FLIGHT);
    let mut contents = HashMap::new();
    while let Some((path, content)) = task.or_cancel(reads.next()).await? {
        contents.insert(path, content);
        done += 1;
        task.progress(done, total);
    }
    drop(reads);
    let options = options.clone();
    let store = tokio::task::spawn_blocking(move || {
        let contents =
            contents.iter_mut().map(|(path, content)| (path.as_str(), std::mem::replace(content, Ok(Vec::new()))));
        put_together(&plan, contents.collect(), &options)
    });
    let store = store.await.map_err(|_| Cancelled)?;
    Ok(Some(Templates { store: Arc::new(store), source, is_cached: false }))
}

/// Reads this machine's own templates, `%SystemRoot%\PolicyDefinitions`; none where the system has none. Blocks while it reads.
///
/// # Errors
/// Fails where the folder is there and cannot be listed, or the task is cancelled.
pub fn load_machine_templates(options: &TemplateOptions, task: &Task) -> Result<Option<Templates>, LoadTemplatesError> {
    let root = std::env::var_os("SystemRoot").filter(|_| cfg!(windows));
    let folder = root.map(|root| Path::new(&root).join("PolicyDefinitions")).filter(|folder| folder.is_dir());
    let Some(folder) = folder else { return Ok(None) };
    let templates = load_templates(&[folder], options, task)?;
    Ok(Some(Templates { source: "the local computer".to_owned(), ..templates }))
}

fn read(file: &ListedFile) -> Result<Vec<u8>, String> {
    check_size(file.size_bytes)?;
    std::fs::read(&file.path).map_err(|error| error.to_string())
}

fn check_size(size_bytes: u64) -> Result<(), String> {
    if size_bytes > LARGEST_FILE { Err(format!("it is larger than {LARGEST_FILE} bytes")) } else { Ok(()) }
}

async fn read_central(sysvol: &dyn Sysvol, path: &str, size_bytes: u64) -> Result<Vec<u8>, String> {
    check_size(size_bytes)?;
    let parsed = SysvolPath::parse(path).map_err(|error| format!("{path}: {}", error.reason))?;
    sysvol.read(&parsed).await.map_err(|error| error.to_string())
}

async fn list_central_store(sysvol: &dyn Sysvol) -> Result<Option<FolderListing>, StoreError> {
    let bad = |error: crate::store::ParseSysvolPathError| {
        StoreError::new(StoreErrorKind::BadPath, &error.path).with_detail(error.reason)
    };
    let root = SysvolPath::parse(CENTRAL_STORE).map_err(bad)?;
    let entries = match sysvol.list(&root).await {
        Ok(entries) => entries,
        Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut folder = FolderListing::named(format!("{}\\{root}", sysvol.location()));
    let mut languages = Vec::new();
    for entry in entries {
        // A name that no path can have is no template.
        let Ok(path) = root.join(&entry.name) else { continue };
        if entry.is_folder {
            languages.push((entry.name, path));
        } else {
            folder.add_template(listed(&entry, &path));
        }
    }
    let lists = languages.into_iter().map(|(name, path)| async move { (name, sysvol.list(&path).await, path) });
    let lists: Vec<_> = stream::iter(lists.collect::<Vec<_>>()).buffered(IN_FLIGHT).collect().await;
    for (name, entries, path) in lists {
        let files = entries.unwrap_or_default().into_iter().filter(|entry| !entry.is_folder);
        let files = files.filter_map(|entry| Some(listed(&entry, &path.join(&entry.name).ok()?)));
        folder.add_language(name, files);
    }
    Ok(Some(folder))
}

fn listed(entry: &crate::store::FileInfo, path: &SysvolPath) -> ListedFile {
    let modified = entry.modified.map(|modified| modified.to_string()).unwrap_or_default();
    ListedFile { name: entry.name.clone(), path: path.to_slashes(), size_bytes: entry.size_bytes, modified }
}

/// Parses what was read, and keeps the outcome if all could be read.
fn put_together(
    plan: &Plan,
    mut contents: HashMap<&str, Result<Vec<u8>, String>>,
    options: &TemplateOptions,
) -> AdmxStore {
    let mut unreadable = Vec::new();
    let mut take = |file: &ListedFile| match contents.remove(file.path.as_str()) {
        Some(Ok(bytes)) => Some(TemplateFile { path: file.path.clone(), bytes }),
        Some(Err(reason)) => {
            unreadable.push(AdmxWarning { path: file.path.clone(), line: 0, problem: AdmxProblem::Unreadable(reason) });
            None
        }
        None => None,
    };
    let mut sources = Vec::new();
    for pair in &plan.pairs {
        let Some(admx) = take(&pair.admx) else { continue };
        sources.push(TemplateSource { admx, adml: pair.adml.as_ref().and_then(&mut take), rank: pair.rank });
    }
    let mut store = AdmxStore::build(&sources);
    if unreadable.is_empty() {
        cache::keep(&store, plan, options);
    }
    store.warn(unreadable);
    store.warn(plan.warnings.iter().cloned());
    store
}

#[cfg(test)]
#[path = "admx_store_tests.rs"]
mod tests;
