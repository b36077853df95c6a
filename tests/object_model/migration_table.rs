//! IGPMMigrationTable and IGPMMapEntry.

use opengpmc::format::MapDestination;
use opengpmc::gpm::constants::{DestinationOption, EntryType};
use opengpmc::gpm::{MessageId, MigrationTable, Task};
use opengpmc::operation::content::GpoContent;
use opengpmc::operation::migration::{ScanOptions, populate_table, validate_table};

use super::ground::everywhere;

/// A user who becomes another, and a share that stays.
fn table() -> MigrationTable {
    let mut table = MigrationTable::new();
    table.add_entry(r"OLD\ann", EntryType::User, &MapDestination::Set(r"NEW\ann".to_owned())).unwrap();
    table.add_entry(r"\\old\share", EntryType::UncPath, &MapDestination::SameAsSource).unwrap();
    table
}

#[test]
fn n142_igpm_migration_table_save() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.migtable");
    table().save(&path).unwrap();
    assert_eq!(MigrationTable::load(&path).unwrap(), table());
    assert!(table().save(&folder.path().join("missing").join("x.migtable")).is_err());
}

#[test]
fn n143_igpm_migration_table_add() {
    everywhere(async |ground| {
        let backup = ground.back_up().await;
        let content = GpoContent::read_set(&backup, &Task::default()).await.unwrap();
        let mut counts = Vec::new();
        for with_security in [false, true] {
            let options = ScanOptions { with_security, ..ScanOptions::default() };
            let mut table = MigrationTable::new();
            let added = populate_table(&mut table, &content, &options, &Task::default()).await.unwrap();
            assert_eq!(added, table.entries().len());
            assert_eq!(populate_table(&mut table, &content, &options, &Task::default()).await.unwrap(), 0, "updated");
            counts.push(added);
        }
        assert!(counts[1] > counts[0], "with the permissions more: {counts:?}");
    });
}

#[test]
fn n144_igpm_migration_table_add_entry() {
    let mut table = table();
    table.add_entry(r"old\ANN", EntryType::Computer, &MapDestination::None).unwrap();
    assert_eq!(table.entries().len(), 2, "it is updated");
    assert_eq!(table.get_entry(r"OLD\ann").unwrap().destination, MapDestination::None);
    assert!(table.add_entry(" ", EntryType::User, &MapDestination::None).is_err(), "a source is needed");
}

#[test]
fn n145_igpm_migration_table_get_entry() {
    assert_eq!(table().get_entry(r"\\OLD\share").unwrap().source, r"\\old\share");
    assert!(table().get_entry("missing").is_none());
}

#[test]
fn n146_igpm_migration_table_delete_entry() {
    let mut table = table();
    table.delete_entry(r"OLD\ann").unwrap();
    assert!(table.get_entry(r"OLD\ann").is_none() && table.entries().len() == 1);
    assert!(table.delete_entry(r"OLD\ann").is_err());
}

#[test]
fn n147_igpm_migration_table_update_destination() {
    let mut table = table();
    table.update_destination(r"OLD\ann", &MapDestination::ByRelativeName).unwrap();
    assert_eq!(table.get_entry(r"OLD\ann").unwrap().destination, MapDestination::ByRelativeName);
    assert!(table.update_destination("missing", &MapDestination::None).is_err());
}

#[test]
fn n148_igpm_migration_table_validate() {
    everywhere(async |ground| {
        let netbios = &ground.forest.domain(ground.name()).unwrap().netbios_name;
        for (kind, destination, expected) in [
            (EntryType::GlobalGroup, format!(r"{netbios}\Domain Admins"), None),
            (EntryType::User, format!(r"{netbios}\Domain Admins"), Some(MessageId::TypeMismatch)),
            (EntryType::User, format!(r"{netbios}\nobody"), Some(MessageId::DestinationUnresolved)),
            (EntryType::User, String::new(), Some(MessageId::TableInvalid)),
        ] {
            let mut table = MigrationTable::new();
            table.add_entry(r"OLD\a", kind, &MapDestination::Set(destination.clone())).unwrap();
            let found = validate_table(&table, &ground.store, ground.name(), &Task::default()).await.unwrap();
            let ids: Vec<MessageId> = found.iter().map(|message| message.message.id).collect();
            assert_eq!(ids, expected.into_iter().collect::<Vec<_>>(), "{destination}");
        }
    });
}

#[test]
fn n149_igpm_migration_table_get_entries() {
    assert_eq!(table().entries().iter().map(|entry| &*entry.source).collect::<Vec<_>>(), [r"OLD\ann", r"\\old\share"]);
}

#[test]
fn n150_igpm_map_entry_source_get() {
    assert_eq!(table().entries()[0].source, r"OLD\ann");
}

#[test]
fn n151_igpm_map_entry_destination_get() {
    assert_eq!(table().entries()[0].destination.text(), r"NEW\ann");
    assert_eq!(table().entries()[1].destination.text(), "");
}

#[test]
fn n152_igpm_map_entry_destination_option_get() {
    let options: Vec<_> = table().entries().iter().map(|entry| entry.destination.option()).collect();
    assert_eq!(options, [DestinationOption::Set, DestinationOption::SameAsSource]);
}

#[test]
fn n153_igpm_map_entry_entry_type_get() {
    let types: Vec<_> = table().entries().iter().map(|entry| entry.entry_type.clone()).collect();
    assert_eq!(types, [Ok(EntryType::User), Ok(EntryType::UncPath)]);
}
