//! What the directory says beforehand that we may do: its constructed attributes ([MS-ADTS] 3.1.1.4.5.15–18).

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::Dn;
use crate::store::{Directory, Entry};

/// The attributes of an object that we may write.
pub(super) const WRITABLE: &str = "allowedAttributesEffective";
/// The classes of which we may make objects below one.
pub(super) const CHILD_CLASSES: &str = "allowedChildClassesEffective";

/// Tells whether we may make objects of a class directly below an object.
pub(super) async fn may_create(
    directory: &dyn Directory,
    parent: &Dn,
    class: &str,
    task: &Task,
) -> Result<bool, OperationError> {
    may(directory, parent, CHILD_CLASSES, class, task).await
}

/// Tells whether we may write an attribute of an object.
pub(super) async fn may_write(
    directory: &dyn Directory,
    object: &Dn,
    attribute: &str,
    task: &Task,
) -> Result<bool, OperationError> {
    may(directory, object, WRITABLE, attribute, task).await
}

/// Returns the error of links, or blocked inheritance, that we may not change: Microsoft's console calls that permission Link GPOs.
pub(super) fn may_not_link(som: &Dn, attribute: &str) -> OperationError {
    let (what, som_name) = (if attribute == BLOCK { "inheritance" } else { "links" }, som.canonical_name());
    let message = format!(
        "you may not change {what} on {som_name}: the permission Link GPOs is missing there, and with it the right to write {attribute}. \
         It is granted on the Delegation tab of {som_name}"
    );
    refused(som, message)
}

/// The attribute that blocks inheritance.
const BLOCK: &str = "gPOptions";

/// Looks `wanted` up in one of the attributes; a server leaves it out where nothing is allowed.
async fn may(
    directory: &dyn Directory,
    object: &Dn,
    list: &str,
    wanted: &str,
    task: &Task,
) -> Result<bool, OperationError> {
    let read = task.or_cancel(directory.read(object, &[list], None)).await?;
    let entry = read.map_err(|error| OperationError::of_directory(&error))?;
    Ok(lists(&entry, list, wanted))
}

/// Tells whether one of the attributes, as read, holds `wanted`.
pub(super) fn lists(entry: &Entry, list: &str, wanted: &str) -> bool {
    entry.values(list).iter().any(|value| value.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// Returns the error of a right that is missing.
pub(super) fn refused(object: &Dn, message: String) -> OperationError {
    OperationError::new(StatusMessage::error(MessageId::AccessDenied, HResult::ACCESS_DENIED, message).about(object))
}
