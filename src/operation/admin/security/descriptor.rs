//! Whole descriptors, part by part (IGPMGPO.GetSecurityDescriptor and SetSecurityDescriptor).

use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task, Trustee};
use crate::operation::edit::{Edit, EditPlan};
use crate::security::{SddlContext, SecurityDescriptor};
use crate::store::{ForestStore, SdParts};

use super::secured::{Secured, only, plan};

/// Puts parts of a descriptor in place of those of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSecurityDescriptor {
    /// The object.
    pub of: Secured,
    /// What people call it.
    pub name: String,
    /// The parts that are written.
    pub parts: SdParts,
    /// The descriptor that has them.
    pub descriptor: SecurityDescriptor,
    /// The descriptor that somebody saw and edited: where the object has another one by now, it is a conflict. None to write whatever is there.
    pub seen: Option<SecurityDescriptor>,
}

/// Makes somebody the owner of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetOwner {
    /// The object.
    pub of: Secured,
    /// What people call it.
    pub name: String,
    /// The owner.
    pub owner: Trustee,
}

/// Reads parts of the descriptor of an object (IGPMGPO.GetSecurityDescriptor). The SACL needs a privilege.
///
/// # Errors
/// Fails where it cannot be read.
pub async fn read_security_descriptor(
    store: &Arc<dyn ForestStore>,
    of: &Secured,
    parts: SdParts,
    task: &Task,
) -> Result<SecurityDescriptor, OperationError> {
    Ok(of.read(store, parts, task).await?.descriptor)
}

#[async_trait]
impl Edit for SetSecurityDescriptor {
    fn title(&self) -> String {
        format!("Set the security descriptor of {}", self.name)
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let reads = SdParts(self.parts.0 | SdParts::READABLE.0);
        let present = self.of.read(store, reads, task).await?;
        if let Some(seen) = &self.seen
            && only(seen, self.parts)? != only(&present.descriptor, self.parts)?
        {
            return Err(self.conflict(seen, &present.descriptor));
        }
        let mut new = present.descriptor.clone();
        let has = |part: SdParts| self.parts.0 & part.0 != 0;
        if has(SdParts::OWNER) {
            new.owner.clone_from(&self.descriptor.owner);
        }
        if has(SdParts::GROUP) {
            new.group.clone_from(&self.descriptor.group);
        }
        if has(SdParts::DACL) {
            new.take_dacl(&self.descriptor);
        }
        if has(SdParts::SACL) {
            new.take_sacl(&self.descriptor);
        }
        let steps = self.of.steps(store, &present, &new, self.parts, task).await?;
        Ok(plan(std::slice::from_ref(&self.of), steps))
    }

    fn tries_again(&self) -> bool {
        self.seen.is_none()
    }
}

impl SetSecurityDescriptor {
    fn conflict(&self, seen: &SecurityDescriptor, now: &SecurityDescriptor) -> OperationError {
        let text = |descriptor: &SecurityDescriptor| descriptor.to_sddl(&SddlContext::default());
        let message = format!(
            "somebody else has changed the permissions of {} since they were read: they were {} and are {} now. Look at them again",
            self.name,
            text(seen),
            text(now)
        );
        OperationError::new(
            StatusMessage::error(MessageId::Conflict, HResult::SHARING_VIOLATION, message).about(&self.name),
        )
    }
}

#[async_trait]
impl Edit for SetOwner {
    fn title(&self) -> String {
        format!("Make {} the owner of {}", self.owner.label(), self.name)
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let present = self.of.read(store, SdParts::READABLE, task).await?;
        let mut new = present.descriptor.clone();
        new.owner = Some(self.owner.sid.clone());
        let steps = self.of.steps(store, &present, &new, SdParts::OWNER, task).await?;
        Ok(plan(std::slice::from_ref(&self.of), steps))
    }
}
