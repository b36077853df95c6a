//! Permissions in levels, given and taken away (IGPMGPO.SetSecurityInfo and its like on the other objects).

use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{OperationError, Permission, PermissionError, SecurityInfo, Task, Trustee};
use crate::operation::edit::{Edit, EditPlan};
use crate::store::{ForestStore, SdParts, StoreErrorKind};

use super::secured::{Secured, carries, plan};

/// One change to a list of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionChange {
    /// Gives a level; nothing happens where the trustee has that or more.
    Add(Permission),
    /// Gives exactly a level, in place of what the trustee has of its kind.
    Set(Permission),
    /// Takes a level away, and those it includes; nothing happens where the trustee has more, or nothing of it.
    Remove(Permission),
    /// Takes everything away that a trustee has there.
    RemoveTrustee(Trustee),
}

/// Changes permissions of one object. The list is read anew and only what is asked for changes in it, so that what somebody else changes at the same
/// time stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangePermissions {
    /// The object.
    pub of: Secured,
    /// What people call it.
    pub name: String,
    /// What changes, in order.
    pub changes: Vec<PermissionChange>,
}

/// Puts a list of permissions in place of the whole list of an object (rule 10 of `object-model.md` 7.1): what the list shows and is not in the new
/// one goes, but for what is inherited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSecurityInfo {
    /// The object; of a domain the rights to create GPOs, WMI filters and starter GPOs are meant too.
    pub of: Secured,
    /// What people call it.
    pub name: String,
    /// The list.
    pub info: SecurityInfo,
}

/// Reads the permissions of an object (IGPMGPO.GetSecurityInfo and its like), without names; of a domain also who may create GPOs, WMI filters and
/// starter GPOs there.
///
/// # Errors
/// Fails where they cannot be read.
pub async fn read_security_info(
    store: &Arc<dyn ForestStore>,
    of: &Secured,
    task: &Task,
) -> Result<SecurityInfo, OperationError> {
    let mut info = SecurityInfo::default();
    for (place, carrier) in of.carriers().iter().enumerate() {
        let present = match carrier.read(store, SdParts::READABLE, task).await {
            // A domain without WMI filters or starter GPOs has nothing to say of them.
            Err(error) if place > 0 && is_missing(&error) => continue,
            present => present?,
        };
        let own = SecurityInfo::from_descriptor(carrier.object(), &present.descriptor);
        info.unrestricted |= own.unrestricted;
        info.permissions.extend(own.permissions);
    }
    Ok(info)
}

fn is_missing(error: &OperationError) -> bool {
    use crate::gpm::HResult;
    [StoreErrorKind::NotFound, StoreErrorKind::NotSupported].map(HResult::from).contains(&error.0.code)
}

impl PermissionChange {
    fn apply(&self, info: &mut SecurityInfo) -> Result<bool, PermissionError> {
        match self {
            PermissionChange::Add(permission) => info.add(permission),
            PermissionChange::Set(permission) => info.set(permission),
            PermissionChange::Remove(permission) => info.remove(permission),
            PermissionChange::RemoveTrustee(trustee) => info.remove_trustee(&trustee.sid),
        }
    }

    fn title(&self, name: &str) -> String {
        match self {
            PermissionChange::Add(permission) | PermissionChange::Set(permission) => {
                format!("Give {} `{}` on {name}", permission.trustee.label(), permission.level.label())
            }
            PermissionChange::Remove(permission) => {
                format!("Take `{}` on {name} from {}", permission.level.label(), permission.trustee.label())
            }
            PermissionChange::RemoveTrustee(trustee) => {
                format!("Remove {} from the permissions of {name}", trustee.label())
            }
        }
    }
}

#[async_trait]
impl Edit for ChangePermissions {
    fn title(&self) -> String {
        match self.changes.as_slice() {
            [only] => only.title(&self.name),
            _ => format!("Change the permissions of {}", self.name),
        }
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let object = self.of.object();
        let present = self.of.read(store, SdParts::READABLE, task).await?;
        let mut info = SecurityInfo::from_descriptor(object, &present.descriptor);
        for change in &self.changes {
            if let PermissionChange::Add(permission) | PermissionChange::Set(permission) = change
                && !carries(&self.of, permission.level)
            {
                return Err(PermissionError::NotApplicable { level: permission.level, object: object.words() }.into());
            }
            change.apply(&mut info)?;
        }
        let new = info.apply_to(object, &present.descriptor)?;
        let steps = self.of.steps(store, &present, &new, SdParts::DACL, task).await?;
        Ok(plan(std::slice::from_ref(&self.of), steps))
    }
}

#[async_trait]
impl Edit for SetSecurityInfo {
    fn title(&self) -> String {
        format!("Set the permissions of {}", self.name)
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let carriers = self.of.carriers();
        let mut steps = Vec::new();
        for (place, carrier) in carriers.iter().enumerate() {
            let present = match carrier.read(store, SdParts::READABLE, task).await {
                Err(error) if place > 0 && is_missing(&error) && !self.speaks_of(carrier) => continue,
                present => present?,
            };
            let new = self.info.apply_to(carrier.object(), &present.descriptor)?;
            steps.extend(carrier.steps(store, &present, &new, SdParts::DACL, task).await?);
        }
        Ok(plan(&carriers, steps))
    }
}

impl SetSecurityInfo {
    fn speaks_of(&self, carrier: &Secured) -> bool {
        self.info.permissions.iter().any(|row| carries(carrier, row.level))
    }
}
