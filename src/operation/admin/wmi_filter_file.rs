//! Files of exported WMI filters, as Microsoft's console writes and reads them (`console-ui.md` 6.13).

use std::path::Path;

use crate::format::{MofFilter, SavedWmiQuery};
use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, WmiFilter, read_bounded};
use crate::ident::Timestamp;
use crate::operation::backup::blocking;
use crate::operation::write_whole;
use crate::store::StoreError;

/// Writes a WMI filter into a file. Without `overwrite`, one that is there stays.
///
/// # Errors
/// Fails where the file is there and is not to be replaced, or cannot be written.
pub async fn export_wmi_filter(filter: &WmiFilter, path: &Path, overwrite: bool) -> Result<(), OperationError> {
    let time = |time: Option<Timestamp>| time.map(Timestamp::to_dmtf).unwrap_or_default();
    let file = MofFilter {
        author: filter.author.clone(),
        change_date: time(filter.modified),
        creation_date: time(filter.created),
        description: filter.description.clone(),
        domain: filter.domain.to_string(),
        id: filter.id.to_string(),
        name: filter.name.clone(),
        queries: filter.queries.iter().map(SavedWmiQuery::from).collect(),
    };
    let path = path.to_owned();
    blocking(move || {
        let failed = |error: std::io::Error| OperationError::of_write(&StoreError::from_io(path.display(), &error));
        if !overwrite && path.try_exists().map_err(failed)? {
            let message = "the file is there already";
            let message = StatusMessage::error(MessageId::FileWriteFailed, HResult::ALREADY_EXISTS, message);
            return Err(OperationError::new(message.about(path.display())));
        }
        write_whole(&path, &file.to_bytes()).map_err(failed)
    })
    .await
}

/// Reads the file of an exported WMI filter.
///
/// # Errors
/// Fails where it cannot be read, or is not the file of one WMI filter; the message says in which line.
pub async fn read_wmi_filter_file(path: &Path) -> Result<MofFilter, OperationError> {
    let path = path.to_owned();
    blocking(move || {
        let bytes = read_bounded(&path)
            .map_err(|error| OperationError::of_read(&StoreError::from_io(path.display(), &error)))?;
        MofFilter::parse(&bytes).map_err(|error| {
            let message = StatusMessage::error(MessageId::FileReadFailed, HResult::INVALID_DATA, error.to_string());
            OperationError::new(message.about(path.display()))
        })
    })
    .await
}
