//! Whether every domain controller of a domain has the same GPOs: Group Policy infrastructure status.
//!
//! Each controller is asked for its GPOs in the directory (version, permissions) and in SYSVOL (version, permissions, folders, files and a
//! fingerprint of every file), and compared with one of them, the baseline. What is compared is what GPMC's Status tab compares
//! (`console-ui.md` 3.4); the members are IGPMDomain3.GenerateReport, InfrastructureDC and InfrastructureFlags, and the latter two of
//! IGPMGPO3 (`object-model.md` 31–34, 90–92).
//!
//! A controller that does not answer costs one timeout, beside the others. The result is plain data: it can be kept as JSON, and two
//! results be compared ([`compare_over_time`]).

mod gather;
mod compare;
mod over_time;
mod xml;

use std::fmt;

use futures::future::join_all;
use serde::{Deserialize, Serialize};

use crate::gpm::constants::ReportType;
use crate::gpm::{Domain, DomainController, HResult, ItemState, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{DnsName, GpoVersion, Guid, Timestamp};
use crate::store::{StoreError, is_controller};

use gather::{Gathered, gather};

pub use over_time::{ControllerChange, DifferenceChange, GpoChange, StatusComparison, compare_over_time};
pub use xml::NAMESPACE as INFRASTRUCTURE_NAMESPACE;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InfrastructureOptions {
    /// The baseline, by DNS or NetBIOS name (IGPMDomain3.InfrastructureDC, IGPMGPO3.InfrastructureDC); none for the PDC emulator.
    pub infrastructure_dc: Option<String>,
    /// IGPMDomain3.InfrastructureFlags, IGPMGPO3.InfrastructureFlags. Microsoft tells no meaning of its bits: the value is kept and written
    /// into the report, and changes nothing.
    pub infrastructure_flags: u32,
    /// Only this GPO; none for all of the domain.
    pub gpo: Option<Guid>,
}

/// How it stands with the controllers of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InfrastructureStatus {
    /// The domain.
    pub domain: DnsName,
    /// The GPO, where only one was asked for.
    pub gpo: Option<Guid>,
    /// The controller the others are compared with.
    pub baseline: String,
    /// The flags that were asked for; they mean nothing.
    pub flags: u32,
    /// When it was gathered.
    pub gathered: Timestamp,
    /// The controllers, by name.
    pub controllers: Vec<ControllerStatus>,
}

/// How it stands with one controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControllerStatus {
    /// DNS name.
    pub name: String,
    /// The site it stands in.
    pub site: String,
    /// Whether it is the PDC emulator.
    pub is_pdc_emulator: bool,
    /// The whole in a word.
    pub sync: SyncState,
    /// Why its directory could not be read.
    pub directory_error: Option<String>,
    /// Why its SYSVOL could not be read.
    pub sysvol_error: Option<String>,
    /// What it has of each GPO, by id: those of the directory, and folders of SYSVOL that bear the name of one.
    pub gpos: Vec<GpoState>,
    /// The GPOs that are not as on the baseline, by name.
    pub differing: Vec<DifferingGpo>,
}

/// Whether a controller has what the baseline has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// The same.
    InSync,
    /// Something differs: replication is in progress, or broken.
    InProgress,
    /// It does not answer.
    Inaccessible,
}

/// What a controller has of a GPO.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpoState {
    /// Its GUID.
    pub id: Guid,
    /// Its display name; the GUID where only its folder is there.
    pub name: String,
    /// Its half in the directory; none where it is not there.
    pub directory: Option<DirectoryHalf>,
    /// Its half in SYSVOL; none where it is not there.
    pub sysvol: Option<SysvolHalf>,
    /// What of it could not be read.
    pub problems: Vec<String>,
}

/// The half of a GPO in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryHalf {
    /// `versionNumber`.
    pub version: GpoVersion,
    /// Owner, group and permissions in SDDL; none where they could not be read.
    pub acl: Option<String>,
}

/// The half of a GPO in SYSVOL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SysvolHalf {
    /// The version of `GPT.INI`; none where it tells none.
    pub version: Option<GpoVersion>,
    /// Owner, group and permissions of its folder in SDDL; none where they could not be read.
    pub acl: Option<String>,
    /// Folders below its folder.
    pub folders: usize,
    /// Files below its folder.
    pub files: usize,
    /// A fingerprint of the names of all folders and the names and bytes of all files (SHA-1, in hex).
    pub content: String,
}

/// A GPO that is not as on the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingGpo {
    /// Its GUID.
    pub id: Guid,
    /// Its display name.
    pub name: String,
    /// How it differs.
    pub differences: Vec<Difference>,
}

/// One way in which a GPO differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What differs.
    pub kind: DifferenceKind,
    /// What the baseline has, in words.
    pub baseline: String,
    /// What the controller has, in words.
    pub found: String,
}

/// What of a GPO differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The version in the directory.
    DirectoryVersion,
    /// Owner or permissions in the directory.
    DirectoryAcl,
    /// The controller's directory does not have it.
    MissingInDirectory,
    /// The baseline's directory does not have it.
    OnlyInDirectory,
    /// The version in `GPT.INI`.
    SysvolVersion,
    /// Owner or permissions of its folder in SYSVOL.
    SysvolAcl,
    /// Its folders or files.
    SysvolContents,
    /// The controller's SYSVOL does not have it.
    MissingInSysvol,
    /// The baseline's SYSVOL does not have it.
    OnlyInSysvol,
    /// Something of it could not be read, so that nothing can be said of that.
    Unread,
}

impl InfrastructureStatus {
    /// Tells whether all controllers answered and have what the baseline has.
    pub fn is_in_sync(&self) -> bool {
        self.controllers.iter().all(|controller| controller.sync == SyncState::InSync)
    }

    /// Returns the controllers in sync, or those that are not: replication is in progress, or they do not answer.
    pub fn group(&self, in_sync: bool) -> impl Iterator<Item = &ControllerStatus> {
        self.controllers.iter().filter(move |controller| (controller.sync == SyncState::InSync) == in_sync)
    }

    /// Returns the controller the others are compared with.
    pub fn baseline(&self) -> Option<&ControllerStatus> {
        self.controllers.iter().find(|controller| controller.name == self.baseline)
    }

    /// Returns it as XML of this program's own shape, UTF-8: Microsoft does not tell that of its report types 2 and 3. The root is
    /// `InfrastructureStatus` in [`INFRASTRUCTURE_NAMESPACE`]; below it a `DomainController` for each, with its `DifferingGPO`s and their
    /// `Difference`s.
    pub fn to_xml(&self) -> String {
        xml::write(self)
    }
}

impl ControllerStatus {
    /// Returns the number of GPOs in its directory.
    pub fn gpo_count(&self) -> usize {
        self.gpos.iter().filter(|gpo| gpo.directory.is_some()).count()
    }

    /// Returns the numbers of folders and files of its GPOs in SYSVOL.
    pub fn sysvol_counts(&self) -> (usize, usize) {
        let halves = self.gpos.iter().filter_map(|gpo| gpo.sysvol.as_ref());
        halves.fold((0, 0), |(folders, files), half| (folders + 1 + half.folders, files + half.files))
    }

    /// Returns the GPOs that differ in the directory, or in SYSVOL.
    pub fn differing_in(&self, in_directory: bool) -> impl Iterator<Item = &DifferingGpo> {
        self.differing.iter().filter(move |gpo| {
            gpo.differences.iter().any(|difference| match difference.kind {
                DifferenceKind::Unread => true,
                kind => kind.is_of_directory() == in_directory,
            })
        })
    }
}

impl DifferenceKind {
    /// Tells whether it is about the directory; otherwise about SYSVOL or both.
    pub fn is_of_directory(self) -> bool {
        matches!(
            self,
            DifferenceKind::DirectoryVersion
                | DifferenceKind::DirectoryAcl
                | DifferenceKind::MissingInDirectory
                | DifferenceKind::OnlyInDirectory
        )
    }

    /// Returns the words for it.
    pub fn label(self) -> &'static str {
        match self {
            DifferenceKind::DirectoryVersion => "Active Directory version",
            DifferenceKind::DirectoryAcl => "Active Directory permissions",
            DifferenceKind::MissingInDirectory => "missing in Active Directory",
            DifferenceKind::OnlyInDirectory => "not in the baseline's Active Directory",
            DifferenceKind::SysvolVersion => "SYSVOL version",
            DifferenceKind::SysvolAcl => "SYSVOL permissions",
            DifferenceKind::SysvolContents => "SYSVOL contents",
            DifferenceKind::MissingInSysvol => "missing in SYSVOL",
            DifferenceKind::OnlyInSysvol => "not in the baseline's SYSVOL",
            DifferenceKind::Unread => "could not be read",
        }
    }
}

impl fmt::Display for SyncState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SyncState::InSync => "in sync",
            SyncState::InProgress => "replication in progress",
            SyncState::Inaccessible => "inaccessible",
        })
    }
}

/// Asks every controller of a domain for its GPOs and compares them with the baseline's. The controllers are the items of the task, read
/// side by side; one that does not answer is part of the result.
///
/// # Errors
/// Fails where the list of controllers cannot be read, where the baseline is none of them or does not answer, or where it was cancelled.
pub async fn infrastructure_status(
    domain: &Domain,
    options: &InfrastructureOptions,
    task: &Task,
) -> Result<InfrastructureStatus, OperationError> {
    task.activity(format!("Listing the domain controllers of {}", domain.name()));
    let controllers =
        task.or_cancel(domain.controllers()).await?.map_err(|error| OperationError::of_directory(&error))?;
    let baseline = choose_baseline(domain, &controllers, options.infrastructure_dc.as_deref())?;
    task.begin_items(controllers.iter().map(|controller| (controller.name.clone(), STEPS)));
    task.activity(format!("Reading {} domain controllers", controllers.len()));
    let gathering = controllers.iter().enumerate().map(|(place, controller)| async move {
        let item = task.item(place);
        item.set_item_state(ItemState::Running);
        let gathered = item.or_cancel(gather(domain, &controller.name, options.gpo, &item)).await;
        item.set_item_state(match &gathered {
            Err(_) | Ok(Err(gather::GatherError::Cancelled(_))) => ItemState::Cancelled,
            Ok(Err(gather::GatherError::Store(error))) => {
                item.message(unreachable(error));
                ItemState::Failed
            }
            Ok(Ok(gathered)) => match &gathered.sysvol_error {
                Some(error) => {
                    let id = MessageId::SysvolUnreachable;
                    item.message(StatusMessage::warning(id, error.clone()).about(&controller.name));
                    ItemState::Warning
                }
                None => ItemState::Done,
            },
        });
        gathered?.map_or_else(
            |error| match error {
                gather::GatherError::Cancelled(cancelled) => Err(OperationError::from(cancelled)),
                gather::GatherError::Store(error) => Ok(Err(error)),
            },
            |gathered| Ok(Ok(gathered)),
        )
    });
    let gathered: Vec<Result<Gathered, StoreError>> =
        join_all(gathering).await.into_iter().collect::<Result<_, OperationError>>()?;
    let reference = match &gathered[baseline] {
        Err(error) => return Err(no_baseline(error.to_string(), &controllers[baseline].name)),
        Ok(reference) => match &reference.sysvol_error {
            Some(error) => return Err(no_baseline(error.clone(), &controllers[baseline].name)),
            None => reference,
        },
    };
    let statuses = controllers.iter().zip(&gathered).map(|(controller, gathered)| {
        let status = ControllerStatus {
            name: controller.name.clone(),
            site: controller.site.clone(),
            is_pdc_emulator: controller.is_pdc_emulator,
            sync: SyncState::Inaccessible,
            directory_error: None,
            sysvol_error: None,
            gpos: Vec::new(),
            differing: Vec::new(),
        };
        match gathered {
            Err(error) => ControllerStatus { directory_error: Some(error.to_string()), ..status },
            Ok(gathered) => {
                let differing = compare::compare(reference, gathered);
                let is_same = differing.is_empty() && gathered.sysvol_error.is_none();
                ControllerStatus {
                    sync: if is_same { SyncState::InSync } else { SyncState::InProgress },
                    sysvol_error: gathered.sysvol_error.clone(),
                    gpos: gathered.gpos.values().map(|gpo| gpo.state.clone()).collect(),
                    differing,
                    ..status
                }
            }
        }
    });
    let status = InfrastructureStatus {
        domain: domain.name().clone(),
        gpo: options.gpo,
        baseline: controllers[baseline].name.clone(),
        flags: options.infrastructure_flags,
        gathered: Timestamp::now(),
        controllers: statuses.collect(),
    };
    let (count, in_sync) = (status.controllers.len(), status.group(true).count());
    task.message(StatusMessage::information(
        MessageId::Done,
        format!("{in_sync} of {count} domain controllers of {} are in sync with {}.", status.domain, status.baseline),
    ));
    Ok(status)
}

/// Makes the infrastructure report of a domain or of one of its GPOs (IGPMDomain3.GenerateReport). `last` is what was gathered before:
/// repInfraXML shows it where it is there, repInfraRefreshXML gathers anew, and what was gathered is left in it.
///
/// # Errors
/// Fails as [`infrastructure_status`], and for report types that are no infrastructure report.
pub async fn infrastructure_report(
    domain: &Domain,
    options: &InfrastructureOptions,
    report: ReportType,
    last: &mut Option<InfrastructureStatus>,
    task: &Task,
) -> Result<String, OperationError> {
    let may_show_last = match report {
        ReportType::InfrastructureXml => true,
        ReportType::InfrastructureRefreshXml => false,
        ReportType::Xml | ReportType::Html | ReportType::ClientHealthXml | ReportType::ClientHealthRefreshXml => {
            let message = "only repInfraXML and repInfraRefreshXML are reports of the domain controllers";
            let message = StatusMessage::error(MessageId::ExtensionUnknown, HResult::NOT_SUPPORTED, message);
            return Err(OperationError::new(message.about(domain.name())));
        }
    };
    match last {
        Some(last) if may_show_last && last.gpo == options.gpo => Ok(last.to_xml()),
        _ => Ok(last.insert(infrastructure_status(domain, options, task).await?).to_xml()),
    }
}

/// The steps of each controller: its share of the progress.
const STEPS: u64 = 100;

/// Returns the place of the baseline among the controllers.
fn choose_baseline(
    domain: &Domain,
    controllers: &[DomainController],
    wanted: Option<&str>,
) -> Result<usize, OperationError> {
    let Some(wanted) = wanted.filter(|name| !name.is_empty()) else {
        return Ok(controllers.iter().position(|controller| controller.is_pdc_emulator).unwrap_or(0));
    };
    let found = controllers.iter().position(|controller| is_controller(&controller.name, wanted));
    found.ok_or_else(|| {
        let names: Vec<&str> = controllers.iter().map(|controller| controller.name.as_str()).collect();
        let message = format!("{wanted} is no domain controller of {}; those are {}", domain.name(), names.join(", "));
        let message = StatusMessage::error(MessageId::DirectoryFailed, HResult::INVALID_ARGUMENT, message);
        OperationError::new(message.about(wanted))
    })
}

fn unreachable(error: &StoreError) -> StatusMessage {
    StatusMessage::of_store(MessageId::DirectoryUnreachable, error)
}

fn no_baseline(reason: String, name: &str) -> OperationError {
    let message = format!("the baseline {name} cannot be read, choose another domain controller: {reason}");
    let message = StatusMessage::error(MessageId::DirectoryUnreachable, HResult::HOST_UNREACHABLE, message);
    OperationError::new(message.about(name))
}
