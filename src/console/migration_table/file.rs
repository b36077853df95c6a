//! Between the rows of the editor and the library: tables read and written, checks, and what GPOs and backups speak of.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Finding;
use super::populate::Populated;
use super::rows::{Row, Rows};
use crate::console::kit::notice::Severity;
use crate::format::{EntryType, MapEntry};
use crate::gpm::{
    Backup, Domain, EntryMessage, Gpo, MigrationTable, MigrationTableError, OperationError, StatusMessage, Task,
};
use crate::ident::DnsName;
use crate::operation::content::GpoContent;
use crate::operation::migration::{ScanOptions, name_principals, populate_table, validate_table};
use crate::store::ForestStore;

/// Returns the rows of a table.
pub(super) fn rows_of(table: &MigrationTable) -> Rows {
    let mut rows = Rows::default();
    for entry in table.entries() {
        rows.add(entry);
    }
    rows
}

/// Says why rows make no table: a table needs a source in each entry, and has one entry a source.
pub(super) fn unsavable(rows: &[Row]) -> Option<(u64, String)> {
    let repeated = repeated_sources(rows);
    let wrong = |row: &Row| match row.source.trim() {
        "" => Some("A row has no source. Enter one, or delete the row.".to_owned()),
        source if repeated.contains(&source.to_lowercase()) => {
            Some(format!("{source} stands in two rows. A table has one entry a source: change or delete one of them."))
        }
        _ => None,
    };
    rows.iter().find_map(|row| Some((row.id, wrong(row)?)))
}

/// Makes the entries of a table those of the rows. What the table holds besides, and entries that did not change, stay as they are written.
///
/// # Errors
/// Does not fail for rows of which [`unsavable`] says nothing.
pub(super) fn update(table: &mut MigrationTable, rows: &[Row]) -> Result<(), MigrationTableError> {
    let wanted = Rows::sources(rows);
    let mut seen = HashSet::new();
    // Doubled entries, which a file made by hand may have, go with those that were deleted.
    let is_left = |entry: &MapEntry| wanted.contains(&entry.source.to_lowercase());
    let gone: Vec<String> = table
        .entries()
        .iter()
        .filter(|entry| !is_left(entry) || !seen.insert(entry.source.to_lowercase()))
        .map(|entry| entry.source.clone())
        .collect();
    for source in gone {
        table.delete_entry(&source)?;
    }
    let mut added = Vec::new();
    for row in rows {
        let MapEntry { source, entry_type, destination, .. } = row.entry();
        let kind = entry_type.unwrap_or(EntryType::Unknown);
        match table.get_entry(&source) {
            None => added.push((source, kind, destination)),
            // A type that nobody knows and nobody changed stays as it stands there.
            Some(entry) if entry.entry_type.is_err() && kind == EntryType::Unknown => {
                table.update_destination(&source, &destination)?;
            }
            Some(entry) if entry.entry_type == Ok(kind) && entry.destination == destination => {}
            Some(_) => table.add_entry(&source, kind, &destination)?,
        }
    }
    table.add_entries(&added)
}

/// Returns the sources that stand in more than one row, in lower case.
pub(super) fn repeated_sources(rows: &[Row]) -> HashSet<String> {
    let mut seen = HashSet::new();
    let sources = rows.iter().map(|row| row.source.trim().to_lowercase()).filter(|source| !source.is_empty());
    sources.filter(|source| !seen.insert(source.clone())).collect()
}

/// Checks what can be told of a row without asking anybody.
pub(super) fn check(row: &Row, repeated: &HashSet<String>) -> Option<Finding> {
    let wrong = row.entry().check();
    let message = wrong.first().map(|message| sentence(&message.message));
    let doubled =
        || repeated.contains(&row.source.trim().to_lowercase()).then(|| "Another row has this source.".to_owned());
    let text = message.or_else(doubled)?;
    Some(Finding { severity: Severity::Error, text })
}

/// Checks rows against the domain that the table is for.
pub(super) async fn validate(
    rows: Vec<Row>,
    store: Arc<dyn ForestStore>,
    target: DnsName,
    task: Task,
) -> Result<HashMap<u64, Finding>, OperationError> {
    let mut table = MigrationTable::new();
    let (mut places, repeated) = (Vec::new(), repeated_sources(&rows));
    // Of the others it is known already what is wrong.
    for row in rows.iter().filter(|row| check(row, &repeated).is_none()) {
        places.push(row.id);
        let MapEntry { source, entry_type, destination, .. } = row.entry();
        table.add_entry(&source, entry_type.unwrap_or(EntryType::Unknown), &destination)?;
    }
    let mut found = HashMap::new();
    for EntryMessage { entry, message } in validate_table(&table, &store, &target, &task).await? {
        if let Some(row) = places.get(entry) {
            found.entry(*row).or_insert_with(|| Finding::of(&message));
        }
    }
    Ok(found)
}

/// Says in one line what is wrong with a table.
pub(super) fn summary(errors: usize, warnings: usize) -> (Severity, String) {
    let counted = |count: usize, word: &str| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
    match (errors, warnings) {
        (0, 0) => (Severity::Info, "The table is in order, and every destination was found.".to_owned()),
        (0, _) => (Severity::Warning, format!("{}: the rows marked may not be mapped.", counted(warnings, "warning"))),
        (_, 0) => (Severity::Error, format!("{}: the table cannot be used yet.", counted(errors, "error"))),
        _ => (
            Severity::Error,
            format!("{}, {}: the table cannot be used yet.", counted(errors, "error"), counted(warnings, "warning")),
        ),
    }
}

/// Finds what GPOs of a domain speak of.
pub(super) async fn scan_gpos(
    store: Arc<dyn ForestStore>,
    domain: DnsName,
    gpos: Vec<Gpo>,
    with_security: bool,
    task: Task,
) -> Populated {
    let mut found = Populated::default();
    let opened = match Domain::open(&store, &domain).await {
        Ok(opened) => opened,
        Err(error) => {
            found.problems.push(format!("{domain}: {error}"));
            return found;
        }
    };
    for gpo in &gpos {
        task.activity(format!("Looking into {}", gpo.display_name));
        let options = ScanOptions { with_security, with_preferences: false };
        let content = async {
            let mut content = GpoContent::read_live(&opened, gpo, &task).await?;
            name_principals(&mut content, &opened, &options, &task).await?;
            Ok(content)
        };
        let content = content.await;
        found.take_in(&gpo.display_name, content, with_security, &task).await;
    }
    found
}

/// Finds what backups speak of.
pub(super) async fn scan_backups(backups: Vec<Backup>, with_security: bool, task: Task) -> Populated {
    let mut found = Populated::default();
    for backup in &backups {
        task.activity(format!("Looking into {}", backup.gpo_name));
        let content = GpoContent::read_set(backup, &task).await;
        found.take_in(&backup.gpo_name, content, with_security, &task).await;
    }
    found
}

impl Populated {
    async fn take_in(
        &mut self,
        name: &str,
        content: Result<GpoContent, OperationError>,
        with_security: bool,
        task: &Task,
    ) {
        let options = ScanOptions { with_security, with_preferences: false };
        let outcome = async { populate_table(&mut self.table, &content?, &options, task).await };
        if let Err(error) = outcome.await {
            self.problems.push(format!("{name}: {}", error.0.message));
        }
    }
}

impl Finding {
    fn of(message: &StatusMessage) -> Self {
        let severity = match message.severity {
            crate::gpm::Severity::Error => Severity::Error,
            crate::gpm::Severity::Warning => Severity::Warning,
            crate::gpm::Severity::Information => Severity::Info,
        };
        Finding { severity, text: sentence(&message.message) }
    }
}

/// Writes a message of the library as a sentence.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> MigrationTable {
        MigrationTable::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_did_not_change_stays_as_it_is_written() {
        let text = "<MigrationTable>\n  <!-- by hand -->\n  <Mapping><Type>Robot</Type><Source>a</Source><DestinationNone/></Mapping>\n  <Mapping>\n    <Type>User</Type>\n    <Source>b</Source>\n    <Destination>c</Destination>\n  </Mapping>\n  <Mapping><Type>User</Type><Source>B</Source></Mapping>\n</MigrationTable>";
        let mut read = table(text);
        let mut rows = rows_of(&read);
        // The doubled one has to go before the table can be saved.
        assert!(unsavable(rows.all()).unwrap().1.contains("two rows"));
        rows.choose(rows.at(2).id);
        rows.delete_selected();
        assert_eq!(unsavable(rows.all()), None);
        update(&mut read, rows.all()).unwrap();
        let written = String::from_utf8(read.to_bytes()).unwrap();
        let expected = text.replace("\n  <Mapping><Type>User</Type><Source>B</Source></Mapping>", "");
        // Which of the two is kept does not matter: it says what the row says.
        assert_eq!(rows_of(&read).all().len(), 2);
        assert!(written.starts_with(&expected[..100]), "{written}");
        rows.at_mut(0).destination = "x".to_owned();
        rows.at_mut(0).destination_changed();
        update(&mut read, rows.all()).unwrap();
        let written = String::from_utf8(read.to_bytes()).unwrap();
        assert!(written.contains("<!-- by hand -->") && written.contains("<Type>Robot</Type>"), "{written}");
        assert!(written.contains("<Destination>x</Destination>"), "{written}");
    }

    #[test]
    fn rows_are_checked_by_themselves_and_among_each_other() {
        let mut rows = Rows::default();
        let line =
            |source: &str, kind: EntryType, destination: &str| format!("{source}\t{}\t{destination}", kind.label());
        let lines = [
            line("a", EntryType::User, "b"),
            line("A", EntryType::User, ""),
            line("server", EntryType::UncPath, r"\\server\share"),
            line(r"\\server\share", EntryType::User, "b"),
        ];
        rows.paste(&lines.join("\n"));
        let repeated = repeated_sources(rows.all());
        let found: Vec<bool> = rows.all().iter().map(|row| check(row, &repeated).is_some()).collect();
        assert_eq!(found, [true, true, true, true]);
        rows.choose(rows.at(1).id);
        rows.delete_selected();
        let repeated = repeated_sources(rows.all());
        assert_eq!(check(&rows.all()[0], &repeated), None);
        assert!(check(&rows.all()[1], &repeated).unwrap().text.contains("no UNC path"));
    }
}
