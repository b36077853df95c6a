//! The permissions on a GPO, SOM, WMI filter or starter GPO, in Microsoft's levels (IGPMSecurityInfo).
//!
//! `levels.rs` reads them, `rules.rs` adds and takes away in memory, `apply.rs` makes entries of them, `effective.rs` asks who holds what through
//! whom.
//!
//! Access masks become levels by containment, because the entries of new GPOs hold more rights than those GPMC adds
//! (`gpo-storage.md` A9, `object-model.md` 7.3). Entries that concern only what lies below are left out; a denial makes Custom.

mod levels;
mod rules;
mod apply;
mod effective;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde::Serialize;

use crate::ident::Sid;
use crate::security::{AclState, SecurityDescriptor};

use super::{HResult, MessageId, OperationError, Permission, PermissionType, StatusMessage, Trustee};
use levels::Grants;

pub use effective::{computers_can_read, everybody_can_read};
pub(super) use effective::{granted, holds_effectively};
pub use rules::PermissionError;

/// The permissions on one object, in Microsoft's levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecurityInfo {
    /// One row per trustee, level, and whether it came from above; in the order of the access list.
    pub permissions: Vec<Permission>,
    /// Whether the object has no access list: everybody may do everything, and there are no rows to show it.
    pub unrestricted: bool,
}

/// What kind of object a descriptor belongs to; it decides which levels there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecuredObject {
    /// A GPO's container in the directory.
    Gpo,
    /// A site: link.
    Site,
    /// A domain: link, logging, planning.
    Domain,
    /// An OU: link, logging, planning.
    Ou,
    /// The container `CN=Policies,CN=System`: create GPOs.
    PoliciesContainer,
    /// The folder `Policies` in SYSVOL, where the files of a new GPO are made.
    PoliciesFolder,
    /// A WMI filter.
    WmiFilter,
    /// The container `CN=SOM,CN=WMIPolicy,CN=System`: create WMI filters, full control of all.
    WmiFiltersContainer,
    /// The folder of a starter GPO in SYSVOL.
    StarterGpo,
    /// The folder `StarterGPOs` in SYSVOL: create starter GPOs.
    StarterGposFolder,
}

impl SecuredObject {
    /// Returns the levels that can be given on an object of this kind, in the order in which lists offer them.
    pub fn levels(self) -> &'static [PermissionType] {
        use PermissionType as Level;
        match self {
            SecuredObject::Gpo => &[Level::GpoRead, Level::GpoEdit, Level::GpoEditSecurityAndDelete, Level::GpoApply],
            SecuredObject::Site => &[Level::SomLink],
            SecuredObject::Domain | SecuredObject::Ou => &[Level::SomLink, Level::SomPlanning, Level::SomLogging],
            SecuredObject::PoliciesContainer | SecuredObject::PoliciesFolder => &[Level::SomGpoCreate],
            SecuredObject::WmiFilter => &[Level::WmiFilterEdit, Level::WmiFilterFullControl],
            SecuredObject::WmiFiltersContainer => &[Level::SomWmiCreate, Level::SomWmiFullControl],
            SecuredObject::StarterGpo => &[Level::StarterGpoRead, Level::StarterGpoEdit, Level::StarterGpoFullControl],
            SecuredObject::StarterGposFolder => &[Level::SomStarterGpoCreate],
        }
    }

    /// Returns what it is, in words: `a GPO`.
    pub fn words(self) -> &'static str {
        match self {
            SecuredObject::Gpo => "a GPO",
            SecuredObject::Site => "a site",
            SecuredObject::Domain => "a domain",
            SecuredObject::Ou => "an OU",
            SecuredObject::PoliciesContainer => "the container of GPOs",
            SecuredObject::PoliciesFolder => "the folder of GPOs",
            SecuredObject::WmiFilter => "a WMI filter",
            SecuredObject::WmiFiltersContainer => "the container of WMI filters",
            SecuredObject::StarterGpo => "a starter GPO",
            SecuredObject::StarterGposFolder => "the folder of starter GPOs",
        }
    }

    /// Tells whether its rights are those of files rather than those of objects of the directory.
    pub fn is_file(self) -> bool {
        matches!(self, SecuredObject::PoliciesFolder | SecuredObject::StarterGpo | SecuredObject::StarterGposFolder)
    }
}

impl SecurityInfo {
    /// Reads the levels out of a descriptor. Trustees have the names of well-known SIDs; the others are found by a search.
    pub fn from_descriptor(object: SecuredObject, descriptor: &SecurityDescriptor) -> Self {
        let AclState::Present(acl) = &descriptor.dacl else {
            return SecurityInfo { permissions: Vec::new(), unrestricted: true };
        };
        let groups = Grants::group(acl);
        let permissions = groups.iter().flat_map(|grants| grants.levels(object)).collect();
        SecurityInfo { permissions, unrestricted: false }
    }

    /// Reads the levels out of self-relative bytes.
    pub fn from_bytes(object: SecuredObject, bytes: &[u8]) -> Result<Self, crate::security::DescriptorError> {
        Ok(SecurityInfo::from_descriptor(object, &SecurityDescriptor::from_bytes(bytes)?))
    }

    /// Returns the SIDs of all trustees, each once, for looking up their names.
    pub fn sids(&self) -> Vec<Sid> {
        let mut sids: Vec<Sid> = self.permissions.iter().map(|permission| permission.trustee.sid.clone()).collect();
        sids.sort();
        sids.dedup();
        sids
    }

    /// Puts in the trustees that were found for the SIDs.
    pub fn set_trustees(&mut self, found: &HashMap<Sid, Trustee>) {
        for permission in &mut self.permissions {
            if let Some(trustee) = found.get(&permission.trustee.sid) {
                permission.trustee = trustee.clone();
            }
        }
    }

    /// Returns those to whom the GPO applies: the Security Filtering list of its Scope tab.
    pub fn security_filtering(&self) -> impl Iterator<Item = &Trustee> {
        let applies = |permission: &&Permission| permission.level == PermissionType::GpoApply && !permission.denied;
        self.permissions.iter().filter(applies).map(|permission| &permission.trustee)
    }

    /// Tells whether the trustee holds exactly this level (not by membership in a group).
    pub fn grants(&self, trustee: &Sid, level: PermissionType) -> bool {
        self.permissions
            .iter()
            .any(|permission| permission.trustee.sid == *trustee && permission.level == level && !permission.denied)
    }
}
