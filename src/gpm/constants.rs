//! The constants of Microsoft's object model that no other type carries (IGPMConstants, IGPMConstants2, `gpmgmt.h`).
//!
//! Levels of permission are [`super::PermissionType`], search properties and operations stand beside
//! [`super::SearchCriteria`], kinds of SOM and starter GPO beside theirs. The numbers are Microsoft's and never change.

use serde::Serialize;

use crate::store::ControllerChoice;

pub use crate::format::{DestinationOption, EntryType};

/// What a backup folder holds (GPMBackupType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum BackupType {
    /// GPOs.
    Gpo = 0,
    /// Starter GPOs.
    StarterGpo = 1,
}

/// How a resultant set of policy is computed (GPMRSOPMode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum RsopMode {
    /// Read from a namespace that tells it itself.
    Unknown = 0,
    /// What would happen: modeling.
    Planning = 1,
    /// What did happen: results.
    Logging = 2,
}

/// Kinds of report (GPMReportType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum ReportType {
    /// Settings, XML.
    Xml = 0,
    /// Settings, HTML.
    Html = 1,
    /// State of the domain controllers, XML.
    InfrastructureXml = 2,
    /// The same, read again.
    InfrastructureRefreshXml = 3,
    /// Health of clients, XML.
    ClientHealthXml = 4,
    /// The same, read again.
    ClientHealthRefreshXml = 5,
}

/// Whether reports hold comments (GPMReportingOptions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum ReportingOptions {
    /// Without comments.
    Legacy = 0,
    /// With comments.
    Comments = 1,
}

/// Use the PDC emulator (IGPM.GetDomain).
pub const GPM_USE_PDC: u32 = 0;
/// Use any domain controller.
pub const GPM_USE_ANYDC: u32 = 1;
/// Use no Windows 2000 domain controller.
pub const GPM_DONOTUSE_W2KDC: u32 = 2;

/// Returns which domain controller a call of IGPM.GetDomain or IGPM.GetSitesContainer means: the one it names (DNS or NetBIOS name), else
/// what its flags say. GPM_DONOTUSE_W2KDC alone is the PDC emulator: it only narrows GPM_USE_ANYDC.
pub fn controller_choice(domain_controller: Option<&str>, flags: u32) -> ControllerChoice {
    match domain_controller.filter(|name| !name.is_empty()) {
        Some(name) => ControllerChoice::Named(name.to_owned()),
        None if flags & GPM_USE_ANYDC == 0 => ControllerChoice::PdcEmulator,
        None if flags & GPM_DONOTUSE_W2KDC == 0 => ControllerChoice::Any,
        None => ControllerChoice::AnyFrom2003,
    }
}
/// Do not check the domain controller before a restore (IGPMDomain.RestoreGPO).
pub const GPM_DONOT_VALIDATEDC: u32 = 1;
/// Fail where the migration table does not name a principal (IGPMGPO.Import, CopyTo).
pub const GPM_MIGRATIONTABLE_ONLY: u32 = 1;
/// Copy or map the permissions too (IGPMGPO.CopyTo, IGPMMigrationTable.Add).
pub const GPM_PROCESS_SECURITY: u32 = 2;
/// Leave the computer out of a resultant set of policy.
pub const RSOP_NO_COMPUTER: u32 = 0x10000;
/// Leave the user out.
pub const RSOP_NO_USER: u32 = 0x20000;
/// Assume a slow link.
pub const RSOP_PLANNING_ASSUME_SLOW_LINK: u32 = 0x1;
/// Assume loopback processing, merging.
pub const RSOP_PLANNING_ASSUME_LOOPBACK_MERGE: u32 = 0x2;
/// Assume loopback processing, replacing.
pub const RSOP_PLANNING_ASSUME_LOOPBACK_REPLACE: u32 = 0x4;
/// Assume that every WMI filter lets the user pass.
pub const RSOP_PLANNING_ASSUME_USER_WQLFILTER_TRUE: u32 = 0x8;
/// Assume that every WMI filter lets the computer pass.
pub const RSOP_PLANNING_ASSUME_COMP_WQLFILTER_TRUE: u32 = 0x10;
/// The owner of a descriptor (IGPMGPO.GetSecurityDescriptor).
pub const OWNER_SECURITY_INFORMATION: u32 = 1;
/// The primary group.
pub const GROUP_SECURITY_INFORMATION: u32 = 2;
/// The DACL.
pub const DACL_SECURITY_INFORMATION: u32 = 4;
/// The SACL.
pub const SACL_SECURITY_INFORMATION: u32 = 8;
/// E_INVALIDARG: a search criterion or argument that is not allowed.
pub const E_INVALIDARG: u32 = 0x8007_0057;

/// Returns the parts of a descriptor as one number (IGPMConstants.SecurityFlags).
pub const fn security_flags(owner: bool, group: bool, dacl: bool, sacl: bool) -> u32 {
    (owner as u32 * OWNER_SECURITY_INFORMATION)
        | (group as u32 * GROUP_SECURITY_INFORMATION)
        | (dacl as u32 * DACL_SECURITY_INFORMATION)
        | (sacl as u32 * SACL_SECURITY_INFORMATION)
}

/// Returns the flag for assumed loopback processing (IGPMConstants.RsopPlanningLoopbackOption).
pub const fn rsop_planning_loopback_option(merge: bool) -> u32 {
    if merge { RSOP_PLANNING_ASSUME_LOOPBACK_MERGE } else { RSOP_PLANNING_ASSUME_LOOPBACK_REPLACE }
}

#[cfg(test)]
mod tests {
    use super::super::PermissionType;

    #[test]
    fn levels_of_permission_are_known_by_number() {
        for level in PermissionType::ALL {
            assert_eq!(PermissionType::from_number(level.number()), Some(level));
        }
        assert!(PermissionType::ALL.is_sorted_by_key(|level| level.number()));
    }
}
