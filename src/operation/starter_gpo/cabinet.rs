//! Starter GPOs in cabinets (IGPMStarterGPO.Save, IGPMDomain2.LoadStarterGPO; `gpo-storage.md` A7).
//!
//! A cabinet has no folders: `Machine\Registry.pol` is called `Machine_Registry.pol` in it. How Microsoft's tool calls the texts of a language
//! is not known; we write `en-US_StarterGPO.tmpll`, and take names with folders too.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::format::{
    CabinetFile, STARTER_GPO_FILE, STARTER_GPO_TEXTS, StarterGpoField, StarterGpoFile, read_cabinet, write_cabinet,
};
use crate::gpm::{
    Domain, HResult, MessageId, OperationError, StarterGpo, StarterGpoType, StatusMessage, Task, read_bounded,
};
use crate::ident::{DnsName, Guid};
use crate::operation::change::FileTree;
use crate::operation::content::ContentFile;
use crate::operation::{Reporting, write_whole};
use crate::report::ReportFormat;
use crate::store::{StoreError, Sysvol, SysvolPath};

use super::backup::{find, report_file};
use super::content::{REPORT, StarterContent, invalid, is_allowed, not_allowed, parse_metadata, read_tree};
use super::{STEPS, blocking};

/// How a starter GPO is saved as a cabinet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaveStarterOptions {
    /// Whether a file that is there is replaced.
    pub overwrite: bool,
    /// What makes a custom starter GPO a system one in the cabinet; none: it is saved as it is.
    pub as_system: Option<SystemStarter>,
}

/// What a system starter GPO says that a custom one does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemStarter {
    /// The language that its name and comment are in: `en-US`.
    pub language: String,
    /// Author.
    pub author: String,
    /// The product it is for.
    pub product: String,
    /// Another id than that of the original.
    pub id: Option<Guid>,
    /// Its version: one to four digits, a point, one to five digits.
    pub version: String,
}

impl SystemStarter {
    /// The version where none is given.
    pub const FIRST_VERSION: &str = "1.0";
}

/// Saves a starter GPO as a cabinet, with a report of its settings. Returns the id it has in there. After a failure or cancel the file is as it
/// was before.
///
/// # Errors
/// Fails where the starter GPO is not there, cannot be read, or holds more than administrative templates; where a system one is to be made a
/// system one; where the file is there and is not to be replaced, or cannot be written.
pub async fn save_starter_gpo(
    domain: &Domain,
    id: Guid,
    path: &Path,
    options: &SaveStarterOptions,
    reporting: &Reporting,
    task: &Task,
) -> Result<Guid, OperationError> {
    task.progress(0, STEPS);
    task.checkpoint()?;
    let starter = find(domain, id, task).await?;
    let mut content = StarterContent::read_live(domain, id, task).await?;
    let saved_id = options.as_system.as_ref().and_then(|system| system.id).unwrap_or(id);
    let values = values_in_cabinet(content.metadata()?, &starter, saved_id, options.as_system.as_ref())?;
    if !values.is_empty() {
        content.change_metadata(&values)?;
    }
    task.progress(1, STEPS);
    // Its old report is left out.
    content.tree.files.retain(|file| !is_report(&file.path));
    let file = |(path, bytes): (SysvolPath, Vec<u8>)| CabinetFile { name: flat_name(&path), bytes };
    let mut files: Vec<CabinetFile> = read_tree(&content.tree, task).await?.into_iter().map(file).collect();
    task.progress(2, STEPS);
    let report = report_file(domain, &starter, ReportFormat::Html, reporting, task).await?;
    files.push(CabinetFile { name: REPORT.to_owned(), bytes: report });
    task.progress(3, STEPS);
    task.checkpoint()?;
    let (owned, overwrite) = (path.to_owned(), options.overwrite);
    blocking(move || {
        let failed = |error: &std::io::Error| OperationError::of_write(&StoreError::from_io(owned.display(), error));
        if !overwrite && owned.try_exists().map_err(|error| failed(&error))? {
            let text = "the file is there already";
            let message = StatusMessage::error(MessageId::FileWriteFailed, HResult::ALREADY_EXISTS, text);
            return Err(OperationError::new(message.about(owned.display())));
        }
        write_cabinet(&files).and_then(|bytes| write_whole(&owned, &bytes)).map_err(|error| failed(&error))
    })
    .await?;
    let message = format!("{} was saved as {}", starter.display_name, path.display());
    task.message(StatusMessage::information(MessageId::Done, message).about(path.display()));
    task.progress(STEPS, STEPS);
    Ok(saved_id)
}

/// Returns what the file in the cabinet says otherwise: always the id, since no folder there tells it.
fn values_in_cabinet(
    file: &StarterGpoFile,
    starter: &StarterGpo,
    id: Guid,
    as_system: Option<&SystemStarter>,
) -> Result<Vec<(StarterGpoField, String)>, OperationError> {
    let mut values = Vec::new();
    if file.value(StarterGpoField::Id).parse() != Ok(id) {
        values.push((StarterGpoField::Id, id.to_string()));
    }
    let Some(system) = as_system else { return Ok(values) };
    let bad = |text: String| {
        let message = StatusMessage::error(MessageId::StarterNotAllowed, HResult::INVALID_ARGUMENT, text);
        OperationError::new(message.about(&starter.display_name))
    };
    if starter.kind == StarterGpoType::System {
        return Err(bad("the starter GPO is a system one already and is saved as it is".to_owned()));
    }
    if !is_version(&system.version) {
        let text = format!("`{}` is no version: one to four digits, a point, one to five digits", system.version);
        return Err(bad(text));
    }
    values.extend([
        (StarterGpoField::Type, file.type_text(true).to_owned()),
        (StarterGpoField::Language, system.language.clone()),
        (StarterGpoField::Author, system.author.clone()),
        (StarterGpoField::Product, system.product.clone()),
        (StarterGpoField::TemplateVersion, system.version.clone()),
    ]);
    Ok(values)
}

fn is_version(text: &str) -> bool {
    let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(major, minor)| digits(major, 4) && digits(minor, 5))
}

fn is_report(path: &SysvolPath) -> bool {
    path.to_slashes().eq_ignore_ascii_case(REPORT)
}

/// Names of files as they are known, whatever case they are stored with: in a cabinet, and in SYSVOL.
const KNOWN_NAMES: [(&str, &str); 6] = [
    ("Registry.pol", "Registry.pol"),
    ("Comment.cmtx", "comment.cmtx"),
    ("comment.cmtl", "comment.cmtl"),
    (STARTER_GPO_FILE, STARTER_GPO_FILE),
    (STARTER_GPO_TEXTS, STARTER_GPO_TEXTS),
    (REPORT, REPORT),
];

/// Returns the name that a file has in a cabinet.
fn flat_name(path: &SysvolPath) -> String {
    let name = path.name();
    let known = KNOWN_NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let name = known.map_or(name, |(in_cabinet, _)| in_cabinet);
    let folders = path.parts().split_last().map_or(&[][..], |(_, folders)| folders);
    folders.iter().map(|folder| format!("{folder}_")).collect::<String>() + name
}

/// Returns where a file of a cabinet belongs; none where it does not belong into a starter GPO, or its name is no name.
fn place_of(name: &str) -> Option<SysvolPath> {
    /// Where texts belong that do not say which language they are in.
    const USUAL_LANGUAGE: &str = "en-US";
    let path = SysvolPath::parse(name).ok()?;
    let flat = path.parts().join("_");
    // The longest name first: `StarterGPO.tmpll` has no other in it.
    let (folders, name) = KNOWN_NAMES.iter().find_map(|(_, known)| {
        let at = flat.len().checked_sub(known.len())?;
        let (folders, name) = flat.split_at_checked(at)?;
        (name.eq_ignore_ascii_case(known) && (folders.is_empty() || folders.ends_with('_')))
            .then_some((folders, *known))
    })?;
    let folders = folders.trim_end_matches('_');
    let halves = ["Machine", "User"];
    let half = halves.into_iter().find(|half| {
        folders.get(..half.len()).is_some_and(|start| start.eq_ignore_ascii_case(half))
            && matches!(folders.as_bytes().get(half.len()), None | Some(b'_'))
    });
    let text = match half {
        Some(half) => match folders[half.len()..].trim_start_matches('_') {
            "" => format!("{half}/{name}"),
            language => format!("{half}/{language}/{name}"),
        },
        None if folders.is_empty() && name == STARTER_GPO_TEXTS => format!("{USUAL_LANGUAGE}/{name}"),
        None if folders.is_empty() => name.to_owned(),
        None => format!("{folders}/{name}"),
    };
    SysvolPath::parse(&text).ok().filter(is_allowed)
}

/// Reads what a cabinet says of the starter GPO in it, before that is loaded into a domain.
///
/// # Errors
/// Fails where the file is no cabinet of a starter GPO, does not say its id, or holds more than administrative templates.
pub async fn read_starter_cabinet(path: &Path, domain: &DnsName) -> Result<StarterGpo, OperationError> {
    let files = read_places(path).await?;
    let place = metadata_place();
    let about = format!("{}: {STARTER_GPO_FILE}", path.display());
    let bytes = files.get(&place).ok_or_else(|| no_metadata(path))?;
    let file = parse_metadata(bytes, &about)?;
    let id = file.id().ok_or_else(|| invalid(&about, "it does not say the id of the starter GPO"))?;
    let is_texts = |path: &&SysvolPath| path.name().eq_ignore_ascii_case(STARTER_GPO_TEXTS);
    let mut texts: Vec<&SysvolPath> = files.keys().filter(is_texts).collect();
    texts.sort_by_key(|path| !path.folded().starts_with("en-us/"));
    let texts = texts.first().and_then(|path| StarterGpoFile::parse(files.get(*path)?).ok());
    Ok(StarterGpo::of_file(Some(&file), texts.as_ref(), domain, id, None))
}

/// Reads the files of a cabinet by their places.
async fn read_places(path: &Path) -> Result<BTreeMap<SysvolPath, Vec<u8>>, OperationError> {
    let owned = path.to_owned();
    blocking(move || {
        let failed = |error: std::io::Error| OperationError::of_read(&StoreError::from_io(owned.display(), &error));
        let bytes = read_bounded(&owned).map_err(failed)?;
        let files = read_cabinet(&bytes).map_err(|error| invalid(&owned.display(), error))?;
        places(files, &owned.display().to_string())
    })
    .await
}

/// Reads a cabinet: the id of its starter GPO, and the files. `new_id` is the id of one whose cabinet does not say it; a warning tells so.
///
/// # Errors
/// Fails where the file is no cabinet of a starter GPO, or holds more than administrative templates.
pub(in crate::operation) async fn cabinet_content(
    path: &Path,
    new_id: Guid,
    sysvol: &Arc<dyn Sysvol>,
    task: &Task,
) -> Result<(Guid, FileTree), OperationError> {
    let changed = read_places(path).await?;
    let id = id_of(&changed, path)?.unwrap_or_else(|| {
        let text = "the cabinet does not say the id of the starter GPO; it gets a new one";
        task.message(StatusMessage::warning(MessageId::BackupXmlInvalid, text).about(path.display()));
        new_id
    });
    let file = |(path, bytes): (&SysvolPath, &Vec<u8>)| ContentFile {
        path: path.clone(),
        place: path.clone(),
        size_bytes: bytes.len() as u64,
    };
    let files = changed.iter().map(file).collect();
    Ok((id, FileTree { folders: Vec::new(), files, sysvol: Arc::clone(sysvol), changed }))
}

/// Returns the files of a cabinet by their places. All names are checked before one is used; the report is left out.
fn places(files: Vec<CabinetFile>, cabinet: &str) -> Result<BTreeMap<SysvolPath, Vec<u8>>, OperationError> {
    let mut places = BTreeMap::new();
    for file in files {
        let place = place_of(&file.name).ok_or_else(|| not_allowed(&format!("{cabinet}: {}", file.name)))?;
        if is_report(&place) {
            continue;
        }
        if places.insert(place, file.bytes).is_some() {
            return Err(invalid(
                &format!("{cabinet}: {}", file.name),
                "two files of the cabinet belong at the same place",
            ));
        }
    }
    Ok(places)
}

fn metadata_place() -> SysvolPath {
    SysvolPath::parse(STARTER_GPO_FILE).unwrap_or_default()
}

/// Returns the error of a cabinet that holds something else.
fn no_metadata(path: &Path) -> OperationError {
    let text = format!("the cabinet has no file {STARTER_GPO_FILE}: it is not that of a starter GPO");
    let message = StatusMessage::error(MessageId::BackupFileMissing, HResult::FILE_NOT_FOUND, text);
    OperationError::new(message.about(path.display()))
}

/// Returns the id of the starter GPO; none where the cabinet does not say it.
fn id_of(files: &BTreeMap<SysvolPath, Vec<u8>>, path: &Path) -> Result<Option<Guid>, OperationError> {
    let bytes = files.get(&metadata_place()).ok_or_else(|| no_metadata(path))?;
    Ok(parse_metadata(bytes, &format!("{}: {STARTER_GPO_FILE}", path.display()))?.id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_cabinets_are_flat() {
        let check = |path: &str, flat: &str, back: &str| {
            assert_eq!(flat_name(&SysvolPath::parse(path).unwrap()), flat);
            let place = place_of(flat).unwrap();
            assert_eq!(place.to_slashes(), back, "{path}");
        };
        check("startergpo.tmplx", "StarterGPO.tmplx", "StarterGPO.tmplx");
        check("Machine/registry.pol", "Machine_Registry.pol", "Machine/Registry.pol");
        check("User/comment.cmtx", "User_Comment.cmtx", "User/comment.cmtx");
        check("en-US/StarterGPO.tmpll", "en-US_StarterGPO.tmpll", "en-US/StarterGPO.tmpll");
        check("Machine/de-DE/comment.cmtl", "Machine_de-DE_comment.cmtl", "Machine/de-DE/comment.cmtl");
        check("Report.html", "Report.html", "Report.html");
    }

    #[test]
    fn other_spellings_are_taken_and_strangers_are_not() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(place_of(name).map(|place| place.to_slashes()).as_deref(), expected, "{name}");
        };
        check("MACHINE_REGISTRY.POL", Some("Machine/Registry.pol"));
        check(r"Machine\registry.pol", Some("Machine/Registry.pol"));
        check(r"de-DE\startergpo.tmpll", Some("de-DE/StarterGPO.tmpll"));
        check("StarterGPO.tmpll", Some("en-US/StarterGPO.tmpll"));
        check("sr_Latn_RS_StarterGPO.tmpll", Some("sr_Latn_RS/StarterGPO.tmpll"));
        for name in [
            "",
            "evil.exe",
            "Registry.pol",
            "Other_Registry.pol",
            "MachineRegistry.pol",
            r"..\Machine_Registry.pol",
            r"..\..\Policies\x\Registry.pol",
            "/etc/Machine_Registry.pol",
            r"C:\Machine_Registry.pol",
            "CON_StarterGPO.tmpll\0",
            "Machine_GptTmpl.inf",
            "nul",
        ] {
            check(name, None);
        }
    }

    #[test]
    fn versions_have_two_numbers() {
        let check = |text: &str, expected: bool| assert_eq!(is_version(text), expected, "{text}");
        for text in ["1.0", "9999.99999"] {
            check(text, true);
        }
        for text in ["", "1", "1.", ".1", "10000.1", "1.100000", "1.0.0", "a.b"] {
            check(text, false);
        }
    }
}
