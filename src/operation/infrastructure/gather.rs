//! What one domain controller has of the GPOs of its domain.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{FutureExt, StreamExt, stream};
use sha1::{Digest, Sha1};

use crate::format::GptIni;
use crate::gpm::{Cancelled, Domain, Gpo, GpoParts, Task};
use crate::ident::Guid;
use crate::operation::content::BOUNDS;
use crate::operation::sysvol_tree::{ListTreeError, list_tree};
use crate::security::{Control, SddlContext, SecurityDescriptor};
use crate::store::{
    ContentSource, ControllerChoice, FileSource, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath,
};

use super::{DirectoryHalf, GpoState, SysvolHalf};

/// GPOs read from one SYSVOL at the same time; each of them asks for several files at once.
const GPOS_IN_FLIGHT: usize = 16;

/// What a controller has.
pub(super) struct Gathered {
    /// The GPOs.
    pub gpos: BTreeMap<Guid, GatheredGpo>,
    /// Why its SYSVOL could not be read.
    pub sysvol_error: Option<String>,
}

/// What it has of a GPO.
pub(super) struct GatheredGpo {
    /// What is kept.
    pub state: GpoState,
    /// The fingerprint of each file, by its path without case; what a folder has for one is empty.
    pub content: BTreeMap<String, String>,
}

/// Why nothing could be read of a controller.
pub(super) enum GatherError {
    Cancelled(Cancelled),
    Store(StoreError),
}

/// Reads what a controller has of one GPO, or of all.
pub(super) async fn gather(
    domain: &Domain,
    controller: &str,
    only: Option<Guid>,
    task: &Task,
) -> Result<Gathered, GatherError> {
    let choice = ControllerChoice::Named(controller.to_owned());
    let domain = Domain::open_on(domain.store(), domain.name(), choice).await.map_err(GatherError::Store)?;
    let gpos = match only {
        None => domain.gpos(GpoParts::All).await.map(|found| found.values),
        Some(id) => match domain.gpo(id, GpoParts::All).await {
            Err(error) if error.kind == StoreErrorKind::NotFound => Ok(Vec::new()),
            found => found.map(|gpo| vec![gpo]),
        },
    };
    let gpos = gpos.map_err(GatherError::Store)?;
    let mut found = Gathered {
        gpos: gpos.into_iter().map(|gpo| (gpo.id, GatheredGpo::of_directory(gpo))).collect(),
        sysvol_error: None,
    };
    let listed = async {
        let sysvol = domain.sysvol().await?;
        let folders = policy_folders(&*sysvol, only).await?;
        Ok::<_, StoreError>((sysvol, folders))
    };
    let (sysvol, folders) = match listed.await {
        Ok(listed) => listed,
        Err(error) => {
            found.sysvol_error = Some(error.to_string());
            return Ok(found);
        }
    };
    let total = folders.len() as u64 + 1;
    task.progress(1, total);
    let reads = folders.into_iter().map(|(id, folder)| {
        let sysvol = sysvol.clone();
        async move { (id, read_folder(sysvol, &folder, task).await) }
    });
    let mut reads = stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(GPOS_IN_FLIGHT);
    let mut done = 1;
    while let Some((id, read)) = reads.next().await {
        let folder = read.map_err(GatherError::Cancelled)?;
        let gpo = found.gpos.entry(id).or_insert_with(|| GatheredGpo::without_directory(id));
        gpo.state.sysvol = folder.half;
        gpo.state.problems.extend(folder.problems);
        gpo.content = folder.content;
        done += 1;
        task.progress(done, total);
    }
    Ok(found)
}

impl GatheredGpo {
    fn of_directory(gpo: Gpo) -> Self {
        let acl = gpo.security_descriptor.as_deref().map(sddl_of);
        let mut problems = Vec::new();
        if gpo.inaccessible {
            problems.push("you may not read its container in the directory".to_owned());
        }
        let directory = Some(DirectoryHalf { version: gpo.version, acl });
        let state = GpoState { id: gpo.id, name: gpo.display_name, directory, sysvol: None, problems };
        GatheredGpo { state, content: BTreeMap::new() }
    }

    fn without_directory(id: Guid) -> Self {
        let state = GpoState { id, name: id.to_string(), directory: None, sysvol: None, problems: Vec::new() };
        GatheredGpo { state, content: BTreeMap::new() }
    }
}

/// Lists the folders of GPOs.
async fn policy_folders(sysvol: &dyn Sysvol, only: Option<Guid>) -> Result<Vec<(Guid, SysvolPath)>, StoreError> {
    let bad_path = |error: crate::store::ParseSysvolPathError| {
        StoreError::new(StoreErrorKind::BadPath, error.path).with_detail(error.reason)
    };
    let policies = SysvolPath::root().join("Policies").map_err(bad_path)?;
    let entries = match sysvol.list(&policies).await {
        // A controller to which SYSVOL was never copied has nothing at all.
        Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut folders = Vec::new();
    for entry in entries.into_iter().filter(|entry| entry.is_folder) {
        if let Ok(id) = entry.name.parse::<Guid>()
            && only.is_none_or(|only| only == id)
        {
            folders.push((id, policies.join(&entry.name).map_err(bad_path)?));
        }
    }
    Ok(folders)
}

/// What was read of a folder.
#[derive(Default)]
struct ReadFolder {
    half: Option<SysvolHalf>,
    content: BTreeMap<String, String>,
    problems: Vec<String>,
}

async fn read_folder(sysvol: Arc<dyn Sysvol>, folder: &SysvolPath, task: &Task) -> Result<ReadFolder, Cancelled> {
    let mut read = ReadFolder::default();
    let tree = match list_tree(&*sysvol, folder, BOUNDS, task).await {
        Ok(tree) => tree,
        Err(ListTreeError::Cancelled(cancelled)) => return Err(cancelled),
        // Deleted since it was listed.
        Err(ListTreeError::Store(error)) if error.kind == StoreErrorKind::NotFound => return Ok(read),
        Err(ListTreeError::Store(error)) => {
            read.problems.push(error.to_string());
            return Ok(read);
        }
    };
    read.problems.extend(tree.unlisted.iter().map(|(path, reason)| format!("{folder}\\{path}: {reason}")));
    let acl = async {
        if !sysvol.has_security() {
            return None;
        }
        Some(sysvol.security(folder, SdParts::READABLE).await)
    };
    let files: Vec<_> = tree
        .files
        .iter()
        .map(|(name, size)| {
            let sysvol = sysvol.clone();
            // Boxed, so that the whole is `Send` for any lifetime of what it borrows.
            read_file(sysvol, folder, name, *size).boxed()
        })
        .collect();
    let files = stream::iter(files).buffered(FILES_IN_FLIGHT).collect::<Vec<_>>();
    let (acl, files) = task.or_cancel(async { futures::join!(acl, files) }).await?;
    let mut version = None;
    for name in &tree.folders {
        read.content.insert(name.to_lowercase(), String::new());
    }
    for ((name, _), file) in tree.files.iter().zip(files) {
        match file {
            Ok((fingerprint, start)) => {
                if name.eq_ignore_ascii_case("GPT.INI") {
                    version = GptIni::parse(&start).version();
                }
                read.content.insert(name.to_lowercase(), fingerprint);
            }
            Err(error) => read.problems.push(error.to_string()),
        }
    }
    let acl = match acl {
        Some(Ok(bytes)) => Some(sddl_of(&bytes)),
        Some(Err(error)) => {
            read.problems.push(error.to_string());
            None
        }
        None => None,
    };
    let mut whole = Sha1::new();
    for (name, fingerprint) in &read.content {
        whole.update(format!("{name}\0{fingerprint}\0"));
    }
    let content = hex(&whole.finalize());
    read.half = Some(SysvolHalf { version, acl, folders: tree.folders.len(), files: tree.files.len(), content });
    Ok(read)
}

/// Files of one GPO read at the same time.
const FILES_IN_FLIGHT: usize = 4;

/// Returns the fingerprint of a file, and its first piece.
async fn read_file(
    sysvol: Arc<dyn Sysvol>,
    folder: &SysvolPath,
    name: &str,
    size: u64,
) -> Result<(String, Vec<u8>), StoreError> {
    let relative = SysvolPath::parse(name)
        .map_err(|error| StoreError::new(StoreErrorKind::BadPath, &error.path).with_detail(error.reason))?;
    let mut source = FileSource::of_size(sysvol, folder.join_path(&relative), size);
    let (mut hash, mut start) = (Sha1::new(), None);
    while let Some(piece) = source.next_piece().await? {
        hash.update(&piece);
        start.get_or_insert(piece);
    }
    Ok((hex(&hash.finalize()), start.unwrap_or_default()))
}

/// Returns a descriptor in the form in which two controllers' are compared: replication keeps owner, group and entries, while the flags
/// that say how the list came about are each server's own.
fn sddl_of(bytes: &[u8]) -> String {
    match SecurityDescriptor::from_bytes(bytes) {
        Ok(mut descriptor) => {
            let is_protected = descriptor.control.contains(Control::DACL_PROTECTED);
            descriptor.control = if is_protected { Control::DACL_PROTECTED } else { Control::default() };
            descriptor.to_sddl(&SddlContext::default())
        }
        Err(error) => format!("{error}: {}", hex(&Sha1::digest(bytes))),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
