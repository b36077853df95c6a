//! What GPOs of a domain consist of: one search for all of their containers and objects, then the files of each, many requests in flight.

use std::collections::HashMap;
use std::sync::Arc;

use crate::format::GptIni;
use crate::gpm::{Domain, Gpo, HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{Dn, GpoVersion, Guid};
use crate::operation::half_objects::{HalfObject, read_below};
use crate::operation::sysvol_tree::{ListTreeError, Tree, TreeBounds, Unlisted, list_tree};
use crate::store::{Entry, StoreError, StoreErrorKind, Sysvol, SysvolPath};

use super::object::{content_object, object_guid};
use super::{ContentFile, GpoContent, GpoCore};

/// Files and folders of one GPO, and how deep they lie; a GPO beyond that is refused, not cut.
pub(in crate::operation) const BOUNDS: TreeBounds = TreeBounds { most_entries: 200_000, deepest: 64 };
/// The file of the version, which is made anew wherever a GPO is written.
const VERSION_FILE: &str = "GPT.INI";

impl GpoContent {
    /// Reads what a GPO of a domain consists of: its container and objects anew with one search, and the places of its files.
    /// A GPO without its folder in SYSVOL has no files, and a warning says so.
    ///
    /// # Errors
    /// Fails where the GPO does not exist, directory or SYSVOL cannot be read, or part of its files cannot be listed.
    pub async fn read_live(domain: &Domain, gpo: &Gpo, task: &Task) -> Result<GpoContent, OperationError> {
        LiveGpos::read(domain, &[gpo], task).await?.content(gpo, task).await
    }
}

/// What the directory says of some GPOs of a domain.
pub(in crate::operation) struct LiveGpos {
    domain: Domain,
    domain_guid: Option<Guid>,
    sysvol: Arc<dyn Sysvol>,
    containers: HashMap<Dn, Entry>,
    objects: HashMap<Dn, Vec<HalfObject>>,
}

impl LiveGpos {
    /// Reads it with one search, below the one GPO or below all.
    pub(in crate::operation) async fn read(
        domain: &Domain,
        gpos: &[&Gpo],
        task: &Task,
    ) -> Result<LiveGpos, OperationError> {
        let base = match gpos {
            [only] => only.dn.clone(),
            _ => domain.policies_container(),
        };
        let head = domain.directory().root_dse().domain_dn.clone();
        let head = domain.directory().read(&head, &["objectGUID"], None);
        let (below, head) = task.or_cancel(async { futures::join!(read_below(domain, base, true), head) }).await?;
        let below = match below {
            Err(error) if error.kind == StoreErrorKind::NotFound => Default::default(),
            below => below.map_err(|error| OperationError::of_directory(&error))?,
        };
        let sysvol = task.or_cancel(domain.sysvol()).await?.map_err(|error| OperationError::of_read(&error))?;
        Ok(LiveGpos {
            domain: domain.clone(),
            domain_guid: head.ok().and_then(|head| object_guid(&head)),
            sysvol,
            containers: below.containers,
            objects: below.objects,
        })
    }

    /// Returns the domain.
    pub(in crate::operation) fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Returns `objectGUID` of the domain, where it could be read.
    pub(in crate::operation) fn domain_guid(&self) -> Option<Guid> {
        self.domain_guid
    }

    /// Returns the objects below the halves of one of the GPOs.
    pub(in crate::operation) fn objects(&self, gpo: &Dn) -> &[HalfObject] {
        self.objects.get(gpo).map_or(&[], Vec::as_slice)
    }

    /// Returns where the folder of a GPO lies, as a person would name it.
    pub(in crate::operation) fn location(&self, gpo: &Gpo) -> String {
        format!("{}\\{}", self.sysvol.location(), gpo.sysvol_folder())
    }

    /// Returns one of the GPOs as it was read just now.
    ///
    /// # Errors
    /// Fails where it does not exist any more, or its attributes may not be read.
    pub(in crate::operation) fn gpo(&self, gpo: &Dn) -> Result<Gpo, OperationError> {
        let fresh = self.containers.get(gpo).and_then(|container| self.domain.decode_gpo(container.clone()).0);
        let message = match fresh {
            Some(fresh) if !fresh.inaccessible => return Ok(fresh),
            Some(_) => {
                let text = "the attributes of the GPO may not be read";
                StatusMessage::error(MessageId::AccessDenied, HResult::ACCESS_DENIED, text)
            }
            None => {
                let text = "the GPO does not exist any more";
                StatusMessage::error(MessageId::GpoNotFound, HResult::NO_SUCH_OBJECT, text)
            }
        };
        Err(OperationError::new(message.about(gpo)))
    }

    /// Returns what one of the GPOs consists of.
    pub(in crate::operation) async fn content(&self, gpo: &Gpo, task: &Task) -> Result<GpoContent, OperationError> {
        let fresh = self.gpo(&gpo.dn)?;
        let text = |attribute| self.containers.get(&gpo.dn).and_then(|container| container.text(attribute));
        let folder = fresh.sysvol_folder();
        let (tree, version, filter_name) = futures::join!(
            list_tree(&*self.sysvol, &folder, BOUNDS, task),
            self.sysvol_version(&folder, task),
            self.filter_name(&fresh, task),
        );
        let (folders, files) = places(tree, &folder, &self.location(&fresh), task)?;
        Ok(GpoContent {
            core: GpoCore {
                id: fresh.id,
                domain: self.domain.name().clone(),
                display_name: fresh.display_name,
                status: fresh.status,
                directory_version: fresh.version,
                sysvol_version: version?,
                computer_extensions: text("gPCMachineExtensionNames").unwrap_or_default(),
                user_extensions: text("gPCUserExtensionNames").unwrap_or_default(),
                wmi_filter: fresh.wmi_filter,
                wmi_filter_name: filter_name?,
                security_descriptor: fresh.security_descriptor,
            },
            folders,
            files,
            objects: self.objects(&gpo.dn).iter().cloned().map(content_object).collect(),
            principals: Vec::new(),
            sysvol: Arc::clone(&self.sysvol),
            changed: Default::default(),
        })
    }

    /// Reads the version in SYSVOL; none, with a warning, where it cannot be told.
    async fn sysvol_version(&self, folder: &SysvolPath, task: &Task) -> Result<Option<GpoVersion>, OperationError> {
        let path = folder.join(VERSION_FILE).map_err(|error| {
            OperationError::of_read(&StoreError::new(StoreErrorKind::BadPath, &error.path).with_detail(error.reason))
        })?;
        let (id, text) = match task.or_cancel(self.sysvol.read(&path)).await? {
            Ok(bytes) => match GptIni::parse(&bytes).version() {
                Some(version) => return Ok(Some(version)),
                None => (MessageId::VersionMismatch, "the file has no Version in a section [General]".to_owned()),
            },
            Err(error) if error.kind == StoreErrorKind::NotFound => {
                (MessageId::FileMissing, "the file is not there, so that clients cannot apply the GPO".to_owned())
            }
            Err(error) => return Err(OperationError::of_read(&error)),
        };
        task.message(StatusMessage::warning(id, text).about(format!("{}\\{path}", self.sysvol.location())));
        Ok(None)
    }

    /// Reads the name of the GPO's WMI filter; none where it has none, or the filter is not to be found.
    async fn filter_name(&self, gpo: &Gpo, task: &Task) -> Result<Option<String>, OperationError> {
        let Some(reference) = &gpo.wmi_filter else { return Ok(None) };
        let read = async {
            if reference.domain == *self.domain.name() {
                return self.domain.wmi_filter_name(reference.id).await;
            }
            Domain::open(self.domain.store(), &reference.domain).await?.wmi_filter_name(reference.id).await
        };
        let name = task.or_cancel(read).await?.unwrap_or_else(|error| {
            task.message(StatusMessage {
                severity: crate::gpm::Severity::Warning,
                ..StatusMessage::of_store(MessageId::WmiFilterMissing, &error)
            });
            None
        });
        Ok(name)
    }
}

/// Returns the folders and files of a listed tree.
pub(in crate::operation) fn places(
    listed: Result<Tree, ListTreeError>,
    folder: &SysvolPath,
    location: &str,
    task: &Task,
) -> Result<(Vec<SysvolPath>, Vec<ContentFile>), OperationError> {
    let tree = match listed {
        Ok(tree) => tree,
        Err(ListTreeError::Cancelled(cancelled)) => return Err(cancelled.into()),
        Err(ListTreeError::Store(error)) if error.kind == StoreErrorKind::NotFound => {
            let text = "the GPO has no folder in SYSVOL";
            task.message(StatusMessage::warning(MessageId::FileMissing, text).about(location));
            Tree::default()
        }
        Err(ListTreeError::Store(error)) => return Err(OperationError::of_read(&error)),
    };
    if let Some((path, reason)) = tree.unlisted.into_iter().next() {
        return Err(match reason {
            Unlisted::Store(error) => OperationError::of_read(&error),
            Unlisted::TooMany | Unlisted::TooDeep => {
                let message =
                    StatusMessage::error(MessageId::FileReadFailed, HResult::NOT_SUPPORTED, reason.to_string());
                OperationError::new(message.about(format!("{location}\\{}", path.replace('/', "\\"))))
            }
        });
    }
    let parse = |path: &str| {
        SysvolPath::parse(path).map_err(|error| {
            let object = format!("{location}\\{}", path.replace('/', "\\"));
            OperationError::of_read(&StoreError::new(StoreErrorKind::BadPath, object).with_detail(error.reason))
        })
    };
    let mut folders = tree.folders.iter().map(|path| parse(path)).collect::<Result<Vec<_>, _>>()?;
    folders.sort();
    let mut files = Vec::new();
    for (path, size_bytes) in tree.files {
        if !path.eq_ignore_ascii_case(VERSION_FILE) {
            let path = parse(&path)?;
            files.push(ContentFile { place: folder.join_path(&path), path, size_bytes });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((folders, files))
}
