//! Names of WMI filters and starter GPOs: each has one of its own in its domain.

use std::collections::HashSet;

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage};
use crate::ident::DnsName;

/// The longest name that GPMC takes, in characters.
const LONGEST_NAME: usize = 255;

/// Returns the name without the blanks around it. `what` is named, in words; `taken` names are in lower case.
///
/// # Errors
/// Fails where it is empty, too long, or taken.
pub(super) fn own_name(
    what: &str,
    domain: &DnsName,
    name: &str,
    taken: &HashSet<String>,
) -> Result<String, OperationError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(invalid(what, &format!("its name must have between 1 and {LONGEST_NAME} characters")));
    }
    if taken.contains(&name.to_lowercase()) {
        let message = format!("{domain} has a {what} named {name} already; choose another name");
        return Err(OperationError::new(
            StatusMessage::error(MessageId::GpoExists, HResult::OBJECT_EXISTS, message).about(name),
        ));
    }
    Ok(name.to_owned())
}

/// Returns the error of a value that cannot be.
pub(super) fn invalid(what: &str, why: &str) -> OperationError {
    let message = StatusMessage::error(MessageId::DirectoryFailed, HResult::INVALID_ARGUMENT, format!("{what}: {why}"));
    OperationError::new(message.about(what))
}
