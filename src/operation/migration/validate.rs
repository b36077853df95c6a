//! Checking a migration table against the forest it leads to (IGPMMigrationTable.Validate, `operations.md` 3.4).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream;

use super::resolve::{Destination, Resolver};
use crate::format::{EntryType, MapDestination};
use crate::gpm::{EntryMessage, MessageId, MigrationTable, OperationError, StatusMessage, Task};
use crate::ident::DnsName;
use crate::store::ForestStore;

/// How long a host is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Hosts that are asked at the same time.
const IN_FLIGHT: usize = 16;
/// The port of file servers.
const SMB_PORT: u16 = 445;

/// Checks all entries: their form first, then whether their destinations are there, by asking the directory and the file servers
/// they name. Returns the messages in the order of the entries.
///
/// # Errors
/// Fails where the directory cannot be asked, and where the task is cancelled.
pub async fn validate_table(
    table: &MigrationTable,
    store: &Arc<dyn ForestStore>,
    target: &DnsName,
    task: &Task,
) -> Result<Vec<EntryMessage>, OperationError> {
    let mut found = table.validate();
    let wrong: HashSet<usize> = found.iter().map(|message| message.entry).collect();
    let mut resolver = Resolver::new(store, target);
    let mut paths: Vec<(usize, &str, &str)> = Vec::new();
    for (place, entry) in table.entries().iter().enumerate() {
        let MapDestination::Set(text) = &entry.destination else { continue };
        let Ok(entry_type) = entry.entry_type else { continue };
        if wrong.contains(&place) {
            continue;
        }
        if entry_type == EntryType::UncPath {
            paths.extend(host(text).map(|host| (place, text.as_str(), host)));
            continue;
        }
        let about = |message: StatusMessage| EntryMessage { entry: place, message: message.about(&entry.source) };
        match task.or_cancel(resolver.named(text)).await?? {
            Destination::Missing(reason) => {
                found.push(about(StatusMessage::warning(
                    MessageId::DestinationUnresolved,
                    format!("`{text}`: {reason}"),
                )));
            }
            Destination::Found { entry_type: own, .. }
                if own != entry_type && ![own, entry_type].contains(&EntryType::Unknown) =>
            {
                let text = format!("`{text}` is a {}, the table says {}", own.label(), entry_type.label());
                found.push(about(StatusMessage::warning(MessageId::TypeMismatch, text)));
            }
            Destination::Found { .. } => {}
        }
    }
    let answers = task.or_cancel(answers(paths.iter().map(|(_, _, host)| *host))).await?;
    for (place, path, host) in paths {
        if answers.get(&host.to_lowercase()) == Some(&false) {
            let text = format!("{path}: {host} does not answer");
            let message =
                StatusMessage::warning(MessageId::PathUnreachable, text).about(&table.entries()[place].source);
            found.push(EntryMessage { entry: place, message });
        }
    }
    found.sort_by_key(|message| message.entry);
    Ok(found)
}

/// Returns the host of a UNC path; none where a variable stands in its place.
fn host(path: &str) -> Option<&str> {
    let host = path.strip_prefix(r"\\")?.split('\\').next()?;
    (!host.contains('%')).then_some(host)
}

/// Asks each host once whether it serves files.
async fn answers(hosts: impl Iterator<Item = &str>) -> HashMap<String, bool> {
    let mut wanted: Vec<String> = hosts.map(str::to_lowercase).collect();
    wanted.sort();
    wanted.dedup();
    let asked = wanted.into_iter().map(|host| async move {
        let connecting = tokio::net::TcpStream::connect((host.as_str(), SMB_PORT));
        let answered = matches!(tokio::time::timeout(PATIENCE, connecting).await, Ok(Ok(_)));
        (host, answered)
    });
    stream::iter(asked).buffer_unordered(IN_FLIGHT).collect().await
}
