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

impl PermissionType {
    /// All levels, in the order of their numbers.
    pub const ALL: [PermissionType; 19] = [
        PermissionType::GpoApply,
        PermissionType::GpoRead,
        PermissionType::GpoEdit,
        PermissionType::GpoEditSecurityAndDelete,
        PermissionType::GpoCustom,
        PermissionType::WmiFilterEdit,
        PermissionType::WmiFilterFullControl,
        PermissionType::WmiFilterCustom,
        PermissionType::StarterGpoRead,
        PermissionType::StarterGpoEdit,
        PermissionType::StarterGpoFullControl,
        PermissionType::StarterGpoCustom,
        PermissionType::SomWmiCreate,
        PermissionType::SomWmiFullControl,
        PermissionType::SomGpoCreate,
        PermissionType::SomStarterGpoCreate,
        PermissionType::SomLogging,
        PermissionType::SomPlanning,
        PermissionType::SomLink,
    ];

    /// Returns Microsoft's number.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// Returns the level with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        PermissionType::ALL.into_iter().find(|level| level.number() == number)
    }

    /// Returns the words of the console's permission columns.
    pub fn label(self) -> &'static str {
        match self {
            PermissionType::GpoApply => "Read (from Security Filtering)",
            PermissionType::GpoRead | PermissionType::StarterGpoRead => "Read",
            PermissionType::GpoEdit => "Edit settings",
            PermissionType::GpoEditSecurityAndDelete => "Edit settings, delete, modify security",
            PermissionType::GpoCustom | PermissionType::WmiFilterCustom | PermissionType::StarterGpoCustom => "Custom",
            PermissionType::WmiFilterEdit | PermissionType::StarterGpoEdit => "Edit",
            PermissionType::WmiFilterFullControl
            | PermissionType::StarterGpoFullControl
            | PermissionType::SomWmiFullControl => "Full control",
            PermissionType::SomWmiCreate => "Creator owner",
            PermissionType::SomGpoCreate => "Create GPOs",
            PermissionType::SomStarterGpoCreate => "Create Starter GPOs",
            PermissionType::SomLogging => "Read Group Policy Results data",
            PermissionType::SomPlanning => "Perform Group Policy Modeling analyses",
            PermissionType::SomLink => "Link GPOs",
        }
    }

    /// Tells whether holding this level is holding `other` too (IGPMSecurityInfo, rule 1 of `object-model.md` 7.1).
    pub fn includes(self, other: PermissionType) -> bool {
        use PermissionType::{
            GpoApply, GpoEdit, GpoEditSecurityAndDelete, GpoRead, SomWmiCreate, SomWmiFullControl, StarterGpoEdit,
            StarterGpoFullControl, StarterGpoRead, WmiFilterEdit, WmiFilterFullControl,
        };
        self == other
            || matches!(
                (self, other),
                (GpoEditSecurityAndDelete, GpoEdit | GpoRead)
                    | (GpoEdit | GpoApply, GpoRead)
                    | (WmiFilterFullControl, WmiFilterEdit)
                    | (SomWmiFullControl, SomWmiCreate)
                    | (StarterGpoFullControl, StarterGpoEdit | StarterGpoRead)
                    | (StarterGpoEdit, StarterGpoRead)
            )
    }
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
    /// Whether it reaches the containers below. (Microsoft's object model says so of every permission on a GPO, whatever its
    /// entries say; this tells what they say, as the reports do.)
    pub inheritable: bool,
    /// Whether it comes from an object above.
    pub inherited: bool,
}
