//! The constants of Microsoft's object model that no other type carries (IGPMConstants, IGPMConstants2, `gpmgmt.h`).
//!
//! Levels of permission are [`super::PermissionType`], search properties and operations stand beside
//! [`super::SearchCriteria`], kinds of SOM and starter GPO beside theirs. The numbers are Microsoft's and never change.

use serde::Serialize;

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
    use super::super::{PermissionType, SearchOperation, SearchProperty, SomType, StarterGpoType};
    use super::*;

    /// Every property of IGPMConstants and IGPMConstants2, in the order of `object-model.md`, slots 259 to 333.
    #[test]
    fn every_constant_has_microsofts_value() {
        let table: &[(&str, u32, u32)] = &[
            ("PermGPOApply", PermissionType::GpoApply as u32, 65536),
            ("PermGPORead", PermissionType::GpoRead as u32, 65792),
            ("PermGPOEdit", PermissionType::GpoEdit as u32, 65793),
            ("PermGPOEditSecurityAndDelete", PermissionType::GpoEditSecurityAndDelete as u32, 65794),
            ("PermGPOCustom", PermissionType::GpoCustom as u32, 65795),
            ("PermWMIFilterEdit", PermissionType::WmiFilterEdit as u32, 131072),
            ("PermWMIFilterFullControl", PermissionType::WmiFilterFullControl as u32, 131073),
            ("PermWMIFilterCustom", PermissionType::WmiFilterCustom as u32, 131074),
            ("PermSOMLink", PermissionType::SomLink as u32, 1835008),
            ("PermSOMLogging", PermissionType::SomLogging as u32, 1573120),
            ("PermSOMPlanning", PermissionType::SomPlanning as u32, 1573376),
            ("PermSOMGPOCreate", PermissionType::SomGpoCreate as u32, 1049600),
            ("PermSOMWMICreate", PermissionType::SomWmiCreate as u32, 1049344),
            ("PermSOMWMIFullControl", PermissionType::SomWmiFullControl as u32, 1049345),
            ("permSOMStarterGPOCreate", PermissionType::SomStarterGpoCreate as u32, 0x100500),
            ("SearchPropertyGPOPermissions", SearchProperty::GpoPermissions as u32, 0),
            ("SearchPropertyGPOEffectivePermissions", SearchProperty::GpoEffectivePermissions as u32, 1),
            ("SearchPropertyGPODisplayName", SearchProperty::GpoDisplayName as u32, 2),
            ("SearchPropertyGPOWMIFilter", SearchProperty::GpoWmiFilter as u32, 3),
            ("SearchPropertyGPOID", SearchProperty::GpoId as u32, 4),
            ("SearchPropertyGPOComputerExtensions", SearchProperty::GpoComputerExtensions as u32, 5),
            ("SearchPropertyGPOUserExtensions", SearchProperty::GpoUserExtensions as u32, 6),
            ("SearchPropertySOMLinks", SearchProperty::SomLinks as u32, 7),
            ("SearchPropertyGPODomain", SearchProperty::GpoDomain as u32, 8),
            ("SearchPropertyBackupMostRecent", SearchProperty::BackupMostRecent as u32, 9),
            ("SearchOpEquals", SearchOperation::Equals as u32, 0),
            ("SearchOpContains", SearchOperation::Contains as u32, 1),
            ("SearchOpNotContains", SearchOperation::NotContains as u32, 2),
            ("SearchOpNotEquals", SearchOperation::NotEquals as u32, 3),
            ("UsePDC", GPM_USE_PDC, 0),
            ("UseAnyDC", GPM_USE_ANYDC, 1),
            ("DoNotUseW2KDC", GPM_DONOTUSE_W2KDC, 2),
            ("SOMSite", SomType::Site as u32, 0),
            ("SOMDomain", SomType::Domain as u32, 1),
            ("SOMOU", SomType::Ou as u32, 2),
            ("SecurityFlags", security_flags(true, true, true, true), 15),
            ("SecurityFlags", security_flags(false, false, true, false), 4),
            ("DoNotValidateDC", GPM_DONOT_VALIDATEDC, 1),
            ("ReportHTML", ReportType::Html as u32, 1),
            ("ReportXML", ReportType::Xml as u32, 0),
            ("repInfraXML", ReportType::InfrastructureXml as u32, 2),
            ("repInfraRefreshXML", ReportType::InfrastructureRefreshXml as u32, 3),
            ("repClientHealthXML", ReportType::ClientHealthXml as u32, 4),
            ("repClientHealthRefreshXML", ReportType::ClientHealthRefreshXml as u32, 5),
            ("RSOPModeUnknown", RsopMode::Unknown as u32, 0),
            ("RSOPModePlanning", RsopMode::Planning as u32, 1),
            ("RSOPModeLogging", RsopMode::Logging as u32, 2),
            ("EntryTypeUser", EntryType::User as u32, 0),
            ("EntryTypeComputer", EntryType::Computer as u32, 1),
            ("EntryTypeLocalGroup", EntryType::LocalGroup as u32, 2),
            ("EntryTypeGlobalGroup", EntryType::GlobalGroup as u32, 3),
            ("EntryTypeUniversalGroup", EntryType::UniversalGroup as u32, 4),
            ("EntryTypeUNCPath", EntryType::UncPath as u32, 5),
            ("EntryTypeUnknown", EntryType::Unknown as u32, 6),
            ("DestinationOptionSameAsSource", DestinationOption::SameAsSource as u32, 0),
            ("DestinationOptionNone", DestinationOption::None as u32, 1),
            ("DestinationOptionByRelativeName", DestinationOption::ByRelativeName as u32, 2),
            ("DestinationOptionSet", DestinationOption::Set as u32, 3),
            ("MigrationTableOnly", GPM_MIGRATIONTABLE_ONLY, 1),
            ("ProcessSecurity", GPM_PROCESS_SECURITY, 2),
            ("RsopLoggingNoComputer", RSOP_NO_COMPUTER, 65536),
            ("RsopLoggingNoUser", RSOP_NO_USER, 131072),
            ("RsopPlanningAssumeSlowLink", RSOP_PLANNING_ASSUME_SLOW_LINK, 1),
            ("RsopPlanningLoopbackOption", rsop_planning_loopback_option(true), 2),
            ("RsopPlanningLoopbackOption", rsop_planning_loopback_option(false), 4),
            ("RsopPlanningAssumeUserWQLFilterTrue", RSOP_PLANNING_ASSUME_USER_WQLFILTER_TRUE, 8),
            ("RsopPlanningAssumeCompWQLFilterTrue", RSOP_PLANNING_ASSUME_COMP_WQLFILTER_TRUE, 16),
            ("BackupTypeGPO", BackupType::Gpo as u32, 0),
            ("BackupTypeStarterGPO", BackupType::StarterGpo as u32, 1),
            ("StarterGPOTypeSystem", StarterGpoType::System as u32, 0),
            ("StarterGPOTypeCustom", StarterGpoType::Custom as u32, 1),
            ("SearchPropertyStarterGPOPermissions", SearchProperty::StarterGpoPermissions as u32, 10),
            ("SearchPropertyStarterGPOEffectivePermissions", SearchProperty::StarterGpoEffectivePermissions as u32, 11),
            ("SearchPropertyStarterGPODisplayName", SearchProperty::StarterGpoDisplayName as u32, 12),
            ("SearchPropertyStarterGPOID", SearchProperty::StarterGpoId as u32, 13),
            ("SearchPropertyStarterGPODomain", SearchProperty::StarterGpoDomain as u32, 14),
            ("PermStarterGPORead", PermissionType::StarterGpoRead as u32, 197888),
            ("PermStarterGPOEdit", PermissionType::StarterGpoEdit as u32, 197889),
            ("PermStarterGPOFullControl", PermissionType::StarterGpoFullControl as u32, 197890),
            ("PermStarterGPOCustom", PermissionType::StarterGpoCustom as u32, 197891),
            ("ReportLegacy", ReportingOptions::Legacy as u32, 0),
            ("ReportComments", ReportingOptions::Comments as u32, 1),
        ];
        for (name, value, expected) in table {
            assert_eq!(value, expected, "{name}");
        }
        for level in PermissionType::ALL {
            assert_eq!(PermissionType::from_number(level.number()), Some(level));
        }
        assert!(PermissionType::ALL.is_sorted_by_key(|level| level.number()));
    }
}
