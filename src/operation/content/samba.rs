//! What `samba-tool gpo backup` wrote, as content for an import (`operations.md` 1.4).
//!
//! Each file of the GPO lies there twice: its bytes in `NAME.SAMBABACKUP`, which are taken, and a parsed form in `NAME.xml`, in which principals
//! may stand as entities, and which is passed over. The two lists of extensions lie beside them. Of name, domain, permissions and objects
//! nothing is told.

use std::path::{Path, PathBuf};

use crate::format::GptIni;
use crate::gpm::{GpoStatus, MessageId, OperationError, StatusMessage, Task, read_bounded};
use crate::ident::{DnsName, GpoVersion, Guid};
use crate::report::Side;
use crate::store::{StoreError, SysvolPath};

use super::stored::{Kind, invalid, missing, open, stored};
use super::{ContentFile, GpoContent, GpoCore};

/// What the names of the files with the bytes end in.
const BYTES_SUFFIX: &str = ".SAMBABACKUP";
/// What the names of the files with the lists of extensions end in.
const EXTENSIONS_SUFFIX: &str = ".SAMBAEXT";
/// The folder into which `samba-tool` puts the GPO's.
const POLICY_FOLDER: &str = "policy";
/// The domain of a content that does not tell: a name that no domain can have (RFC 2606).
const NO_DOMAIN: &str = "unknown.invalid";

impl GpoContent {
    /// Reads what `samba-tool gpo backup` wrote: the folder named by the GPO's GUID, or one that holds a single such folder, perhaps in `policy`.
    /// The domain is `unknown.invalid`, the display name the GUID.
    ///
    /// # Errors
    /// Fails where the folder is none of that kind, or files of it are missing, damaged or links.
    pub async fn read_samba_backup(folder: &Path, task: &Task) -> Result<GpoContent, OperationError> {
        task.checkpoint()?;
        let (owned, own) = (folder.to_owned(), task.clone());
        let read = tokio::task::spawn_blocking(move || read_blocking(&owned, &own)).await;
        let read = read.map_err(|failed| invalid(&folder.display(), failed))??;
        Ok(GpoContent {
            core: read.core,
            folders: read.folders,
            files: read.files,
            objects: Vec::new(),
            principals: Vec::new(),
            sysvol: open(&read.folder, task).await?,
            changed: Default::default(),
        })
    }
}

struct ReadFolder {
    folder: PathBuf,
    core: GpoCore,
    folders: Vec<SysvolPath>,
    files: Vec<ContentFile>,
}

fn read_blocking(folder: &Path, task: &Task) -> Result<ReadFolder, OperationError> {
    let (id, folder) = find_policy(folder)?;
    let mut read = ReadFolder { folder, core: core(id)?, folders: halves(), files: Vec::new() };
    let mut parsed_only = Vec::new();
    let stored = stored(&read.folder, task)?;
    let mut found: Vec<&(SysvolPath, Kind)> = stored.values().flatten().collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (place, kind) in found {
        let shown = || read.folder.join(place.parts().iter().collect::<PathBuf>());
        let bytes_of = without_suffix(place, BYTES_SUFFIX);
        let extensions_of = without_suffix(place, EXTENSIONS_SUFFIX).filter(|path| path.parts().len() == 1);
        match (kind, bytes_of, extensions_of) {
            (Kind::Folder, _, _) if !read.folders.contains(place) => read.folders.push(place.clone()),
            (Kind::Folder, _, _) => {}
            (Kind::File { .. }, Some(path), _) if path.to_slashes().eq_ignore_ascii_case("GPT.INI") => {
                let version = GptIni::parse(&read_file(&shown())?).version();
                read.core.sysvol_version = version;
                read.core.directory_version = version.unwrap_or_default();
            }
            (Kind::File { size_bytes }, Some(path), _) => {
                read.files.push(ContentFile { path, place: place.clone(), size_bytes: *size_bytes });
            }
            (Kind::File { .. }, None, Some(attribute)) => {
                let text =
                    String::from_utf8(read_file(&shown())?).map_err(|error| invalid(&shown().display(), error))?;
                match attribute.folded().as_str() {
                    "gpcmachineextensionnames" => read.core.computer_extensions = text,
                    "gpcuserextensionnames" => read.core.user_extensions = text,
                    _ => {}
                }
            }
            (Kind::File { .. }, None, None) => parsed_only.extend(without_suffix(place, ".xml")),
            (Kind::Other, None, None) => {}
            (Kind::Other, _, _) => return Err(invalid(&shown().display(), "it is a link or no file")),
        }
    }
    let known = |path: &SysvolPath| {
        read.files.iter().any(|file| file.path == *path) || path.to_slashes().eq_ignore_ascii_case("GPT.INI")
    };
    if let Some(path) = parsed_only.iter().find(|path| !known(path)) {
        let reason = format!("of this file only the parsed form is there: {path}{BYTES_SUFFIX} is missing");
        return Err(missing(&read.folder.join(path.to_slashes()).display(), &reason));
    }
    let message =
        "the backup tells of no domain, name, permissions and directory objects: settings in files are all it holds";
    task.message(StatusMessage::information(MessageId::ExtensionUnknown, message).about(read.folder.display()));
    Ok(read)
}

/// Finds the folder that is named by the GUID of a GPO: the one given, or the only one in it.
fn find_policy(folder: &Path) -> Result<(Guid, PathBuf), OperationError> {
    let failed =
        |folder: &Path, error: &std::io::Error| OperationError::of_read(&StoreError::from_io(folder.display(), error));
    let full = folder.canonicalize().map_err(|error| failed(folder, &error))?;
    let id_of = |path: &Path| path.file_name()?.to_str()?.parse::<Guid>().ok();
    if let Some(id) = id_of(&full) {
        return Ok((id, full));
    }
    let mut found = Vec::new();
    for place in [full.clone(), full.join(POLICY_FOLDER)] {
        if !place.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&place).map_err(|error| failed(&place, &error))? {
            let entry = entry.map_err(|error| failed(&place, &error))?;
            if let Some(id) = id_of(&entry.path())
                && entry.file_type().is_ok_and(|kind| kind.is_dir())
            {
                found.push((id, entry.path()));
            }
        }
    }
    match found.pop() {
        Some(only) if found.is_empty() => Ok(only),
        Some(_) => Err(invalid(&folder.display(), "it holds several GPOs: name the folder of one of them")),
        None => Err(missing(&folder.display(), "neither this folder nor one in it is named by the GUID of a GPO")),
    }
}

fn core(id: Guid) -> Result<GpoCore, OperationError> {
    let domain: DnsName = NO_DOMAIN.parse().map_err(|error| invalid(&NO_DOMAIN, error))?;
    Ok(GpoCore {
        id,
        domain,
        display_name: id.to_string(),
        status: GpoStatus::Enabled,
        directory_version: GpoVersion::default(),
        sysvol_version: None,
        computer_extensions: String::new(),
        user_extensions: String::new(),
        wmi_filter: None,
        wmi_filter_name: None,
        security_descriptor: None,
    })
}

fn halves() -> Vec<SysvolPath> {
    [Side::Computer, Side::User].map(|side| SysvolPath::parse(side.folder()).unwrap_or_default()).to_vec()
}

/// Returns the path without what its last name ends in, if it does and something is left.
fn without_suffix(path: &SysvolPath, suffix: &str) -> Option<SysvolPath> {
    let name = path.name();
    let at = name.len().checked_sub(suffix.len())?;
    let (stem, end) = name.split_at_checked(at)?;
    let is_it = end.eq_ignore_ascii_case(suffix);
    path.parent().filter(|_| is_it)?.join(stem).ok()
}

fn read_file(path: &Path) -> Result<Vec<u8>, OperationError> {
    read_bounded(path).map_err(|error| OperationError::of_read(&StoreError::from_io(path.display(), &error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "{1E1DC8EA-390C-4800-B327-98B56A0AEA5D}";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    async fn refused(folder: &Path) -> String {
        GpoContent::read_samba_backup(folder, &Task::default()).await.map(|_| ()).unwrap_err().to_string()
    }

    #[tokio::test]
    async fn the_bytes_of_each_file_are_taken() {
        let folder = folder(&[
            (&format!("policy/{ID}/GPT.INI.SAMBABACKUP"), "[General]\r\nVersion=65538\r\n"),
            (&format!("policy/{ID}/GPT.INI.xml"), "<x/>"),
            (&format!("policy/{ID}/gPCMachineExtensionNames.SAMBAEXT"), "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}]"),
            (&format!("policy/{ID}/Machine/Registry.pol.SAMBABACKUP"), "PReg"),
            (&format!("policy/{ID}/Machine/Registry.pol.xml"), "<x/>"),
            (&format!("policy/{ID}/User/Preferences/Drives/Drives.xml.SAMBABACKUP"), "<Drives/>"),
            (&format!("policy/{ID}/User/Preferences/Drives/Drives.xml.xml"), "<x/>"),
            ("entities", "<!ENTITY a \"b\">"),
        ]);
        for place in ["", "policy", &format!("policy/{ID}")] {
            let content = GpoContent::read_samba_backup(&folder.path().join(place), &Task::default()).await.unwrap();
            assert_eq!((content.core.id.to_string(), content.core.domain.as_str()), (ID.to_owned(), "unknown.invalid"));
            assert_eq!(content.core.sysvol_version, Some(GpoVersion { user: 1, computer: 2 }));
            assert_eq!(content.core.computer_extensions, "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}]");
            let mut files = Vec::new();
            for file in &content.files {
                files.push((file.path.to_slashes(), content.read(file, 100).await.unwrap()));
            }
            let expected = [
                ("Machine/Registry.pol".to_owned(), b"PReg".to_vec()),
                ("User/Preferences/Drives/Drives.xml".to_owned(), b"<Drives/>".to_vec()),
            ];
            assert_eq!(files, expected);
            assert_eq!(content.folders.len(), 4);
        }
    }

    #[tokio::test]
    async fn other_folders_are_refused() {
        assert!(refused(folder(&[("a/b", "")]).path()).await.contains("GUID"));
        let other = ID.replace('1', "2");
        let two = folder(&[(&format!("{ID}/a"), ""), (&format!("{other}/a"), "")]);
        assert!(refused(two.path()).await.contains("several"));
        let parsed = folder(&[(&format!("{ID}/Machine/Registry.pol.xml"), "")]);
        assert!(refused(parsed.path()).await.contains("SAMBABACKUP is missing"));
        #[cfg(unix)]
        {
            let linked = folder(&[(&format!("{ID}/Machine/a"), "")]);
            let link = linked.path().join(ID).join("Machine/x.SAMBABACKUP");
            std::os::unix::fs::symlink("/etc/passwd", link).unwrap();
            assert!(refused(linked.path()).await.contains("link"));
        }
    }
}
