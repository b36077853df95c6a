//! Filling a migration table with what a GPO names (IGPMMigrationTable.Add).

use std::collections::HashSet;

use super::principals::SourcePrincipals;
use super::{ReferenceOrigin, ScanOptions, Subject, scan_references};
use crate::format::{EntryType, MapDestination};
use crate::gpm::{MessageId, MigrationTable, OperationError, StatusMessage, Task};
use crate::operation::content::GpoContent;

/// Adds an entry for every principal and path that the settings of a GPO name, each staying as it is; returns how many the table has
/// then that it had not before. Entries that are there keep their destination and get the type that was found.
///
/// # Errors
/// Fails where a file of the GPO cannot be read, and where the task is cancelled.
pub async fn populate_table(
    table: &mut MigrationTable,
    content: &GpoContent,
    options: &ScanOptions,
    task: &Task,
) -> Result<usize, OperationError> {
    let principals = SourcePrincipals::new(&content.principals);
    let references = scan_references(content, options, task).await?;
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    for reference in references.iter().filter(|reference| reference.origin != ReferenceOrigin::NotMapped) {
        if !seen.insert(&reference.subject) {
            continue;
        }
        let entry = match (&reference.subject, principals.identity(&reference.subject)) {
            (Subject::Path(path), _) => Some((path.clone(), EntryType::UncPath)),
            (Subject::Principal { .. }, Some(identity)) => {
                if principals.is_unresolved(&identity) {
                    let text = "nobody has this SID or name where the settings come from";
                    let message = StatusMessage::warning(MessageId::PrincipalUnresolved, text)
                        .about(reference.text.trim_start_matches('*'));
                    task.message(message.in_extension(&*reference.extension_name, &*reference.settings_name));
                }
                let entry_type = principals.group(&identity).map_or(EntryType::Unknown, |group| group.kind.into());
                Some((principals.source_text(&identity, &reference.text), entry_type))
            }
            (Subject::Principal { .. }, None) => None,
        };
        entries.extend(entry.map(|(source, entry_type)| (source, entry_type, MapDestination::SameAsSource)));
    }
    let before = table.entries().len();
    table.add_entries(&entries)?;
    Ok(table.entries().len() - before)
}
