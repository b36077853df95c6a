//! What the directory says beforehand that we may do: its constructed attributes ([MS-ADTS] 3.1.1.4.5.15–18).

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::Dn;
use crate::store::Directory;

/// Tells whether we may make objects of a class directly below an object.
pub(super) async fn may_create(
    directory: &dyn Directory,
    parent: &Dn,
    class: &str,
    task: &Task,
) -> Result<bool, OperationError> {
    may(directory, parent, "allowedChildClassesEffective", class, task).await
}

/// Tells whether we may write an attribute of an object.
pub(super) async fn may_write(
    directory: &dyn Directory,
    object: &Dn,
    attribute: &str,
    task: &Task,
) -> Result<bool, OperationError> {
    may(directory, object, "allowedAttributesEffective", attribute, task).await
}

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
    Ok(entry.values(list).iter().any(|value| value.eq_ignore_ascii_case(wanted.as_bytes())))
}

/// Returns the error of a right that is missing.
pub(super) fn refused(object: &Dn, message: String) -> OperationError {
    OperationError::new(StatusMessage::error(MessageId::AccessDenied, HResult::ACCESS_DENIED, message).about(object))
}
