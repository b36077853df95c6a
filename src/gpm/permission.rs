//! A trustee with a level of permission (IGPMPermission).

use serde::Serialize;

use super::Trustee;

/// The levels of permission (GPMPermissionType); the numbers are Microsoft's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum PermissionType {
    /// Read and apply a GPO.
    GpoApply = 0x10000,
    /// Read a GPO.
    GpoRead = 0x10100,
    /// Edit a GPO's settings.
    GpoEdit = 0x10101,
    /// Edit settings, delete, modify security of a GPO.
    GpoEditSecurityAndDelete = 0x10102,
    /// Some other set of rights on a GPO.
    GpoCustom = 0x10103,
    /// Edit a WMI filter.
    WmiFilterEdit = 0x20000,
    /// Full control of a WMI filter.
    WmiFilterFullControl = 0x20001,
    /// Some other set of rights on a WMI filter.
    WmiFilterCustom = 0x20002,
    /// Read a starter GPO.
    StarterGpoRead = 0x30500,
    /// Edit a starter GPO.
    StarterGpoEdit = 0x30501,
    /// Full control of a starter GPO.
    StarterGpoFullControl = 0x30502,
    /// Some other set of rights on a starter GPO.
    StarterGpoCustom = 0x30503,
    /// Create WMI filters in a domain.
    SomWmiCreate = 0x100300,
    /// Full control of all WMI filters of a domain.
    SomWmiFullControl = 0x100301,
    /// Create GPOs in a domain.
    SomGpoCreate = 0x100400,
    /// Create starter GPOs in a domain.
    SomStarterGpoCreate = 0x100500,
    /// Read Group Policy Results data.
    SomLogging = 0x180100,
    /// Perform Group Policy Modeling analyses.
    SomPlanning = 0x180200,
    /// Link GPOs.
    SomLink = 0x1C0000,
}

/// What one trustee may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// Who.
    pub trustee: Trustee,
    /// What.
    pub level: PermissionType,
    /// Whether it is a denial.
    pub denied: bool,
    /// Whether it reaches the objects below.
    pub inheritable: bool,
    /// Whether it comes from an object above.
    pub inherited: bool,
}
