//! A user, group or computer that holds a permission (IGPMTrustee).

use serde::Serialize;

use crate::format::EntryType;
use crate::ident::{Dn, Sid};

/// What kind of principal a trustee is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrusteeKind {
    /// A user.
    User,
    /// A computer.
    Computer,
    /// A group.
    Group,
    /// A principal that is the same in every domain.
    WellKnown,
    /// A principal of a trusted domain outside the forest.
    Foreign,
    /// No object has this SID any more, or none that we may see.
    Unknown,
}

/// Where a group may be used and whom it may hold (the scope bits of `groupType`, [MS-ADTS] 2.2.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupScope {
    /// In its domain.
    DomainLocal,
    /// Everywhere, with members of its domain.
    Global,
    /// Everywhere, with members from everywhere.
    Universal,
}

impl GroupScope {
    /// Reads it from `groupType`.
    pub fn from_group_type(bits: i32) -> Option<Self> {
        match bits {
            bits if bits & 8 != 0 => Some(GroupScope::Universal),
            bits if bits & 2 != 0 => Some(GroupScope::Global),
            bits if bits & 4 != 0 => Some(GroupScope::DomainLocal),
            _ => None,
        }
    }
}

/// A trustee: a SID with the name found for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trustee {
    /// The SID.
    pub sid: Sid,
    /// `DOMAIN\name`; none for a SID no name is known for.
    pub name: Option<String>,
    /// What it is.
    pub kind: TrusteeKind,
    /// Its object, where one was found.
    pub dn: Option<Dn>,
    /// The scope, of a group whose object was found.
    #[serde(skip)]
    pub group_scope: Option<GroupScope>,
}

impl Trustee {
    /// Returns the trustee before anything was looked up: well-known SIDs have their name, the others are unknown.
    pub fn unresolved(sid: Sid) -> Self {
        let name = sid.well_known_name().map(str::to_owned);
        let kind = if name.is_some() { TrusteeKind::WellKnown } else { TrusteeKind::Unknown };
        Trustee { sid, name, kind, dn: None, group_scope: None }
    }

    /// Returns the type that migration tables give to it: `Unknown` for principals that are the same in every domain and for those
    /// nobody knows.
    pub fn entry_type(&self) -> EntryType {
        match (self.kind, self.group_scope) {
            (TrusteeKind::User, _) => EntryType::User,
            (TrusteeKind::Computer, _) => EntryType::Computer,
            (TrusteeKind::Group, Some(GroupScope::DomainLocal)) => EntryType::LocalGroup,
            (TrusteeKind::Group, Some(GroupScope::Global)) => EntryType::GlobalGroup,
            (TrusteeKind::Group, Some(GroupScope::Universal)) => EntryType::UniversalGroup,
            (TrusteeKind::Group, None) | (TrusteeKind::WellKnown | TrusteeKind::Foreign | TrusteeKind::Unknown, _) => {
                EntryType::Unknown
            }
        }
    }

    /// Returns the number that Windows has for its kind (SID_NAME_USE, IGPMTrustee.TrusteeType): 1 user, 2 group, 4 group of a domain or of the
    /// built-in ones, 5 well-known, 8 unknown, 9 computer.
    pub fn sid_name_use(&self) -> u32 {
        match (self.kind, self.group_scope) {
            (TrusteeKind::User, _) => 1,
            (TrusteeKind::Group, Some(GroupScope::DomainLocal)) => 4,
            (TrusteeKind::Group, _) => 2,
            (TrusteeKind::WellKnown, _) if self.sid.parent() == Sid::administrators().parent() => 4,
            (TrusteeKind::WellKnown, _) => 5,
            (TrusteeKind::Foreign | TrusteeKind::Unknown, _) => 8,
            (TrusteeKind::Computer, _) => 9,
        }
    }

    /// Returns the part of the name before the backslash (IGPMTrustee.TrusteeDomain); none where there is none.
    pub fn domain_part(&self) -> Option<&str> {
        self.name.as_deref()?.split_once('\\').map(|(domain, _)| domain)
    }

    /// Returns the name without its domain (IGPMTrustee.TrusteeName); none for a SID no name is known for.
    pub fn account_part(&self) -> Option<&str> {
        let name = self.name.as_deref()?;
        Some(name.split_once('\\').map_or(name, |(_, account)| account))
    }

    /// Returns what lists show: the name, or the SID where there is none.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.sid.to_string())
    }
}
