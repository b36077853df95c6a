//! The ten plain collections: `Count`, `Item` and `_NewEnum` are a slice or vector.

use opengpmc::format::MapDestination;
use opengpmc::gpm::constants::EntryType;
use opengpmc::gpm::{BackupDir, ClientSideExtension, MessageId, MigrationTable, OperationResult, StatusMessage};

use super::ground::everywhere;

/// Checks a collection in which something must be.
fn check<T>(name: &str, items: &[T]) {
    let count = items.len();
    assert!(count > 0, "{name} holds something");
    assert!(items.get(count - 1).is_some() && items.get(count).is_none(), "{name} is indexed up to its count");
    let (mut one, mut other) = (items.iter(), items.iter());
    one.next();
    assert_eq!((one.count(), other.by_ref().count()), (count - 1, count), "{name}: enumerators go their own ways");
}

#[test]
fn every_collection_counts_indexes_and_enumerates() {
    everywhere(async |ground| {
        let domain = ground.forest.domain(ground.name()).unwrap();
        let folder = |backup: opengpmc::gpm::Backup| backup.folder.unwrap().parent().unwrap().to_owned();
        let backups = BackupDir::open(&folder(ground.back_up().await)).unwrap();
        let starters = BackupDir::open(&folder(ground.back_up_starter().await)).unwrap();
        let mut table = MigrationTable::new();
        table.add_entry(r"OLD\a", EntryType::User, &MapDestination::None).unwrap();
        let messages = vec![StatusMessage::information(MessageId::Done, "done")];
        check("IGPMBackupCollection", backups.backups());
        check("IGPMCSECollection", ClientSideExtension::all());
        check("IGPMGPOCollection", &domain.gpos);
        check("IGPMGPOLinksCollection", &ground.som().links);
        check("IGPMMapEntryCollection", table.entries());
        check("IGPMSOMCollection", &domain.soms);
        check("IGPMStarterGPOBackupCollection", starters.backups());
        check("IGPMStarterGPOCollection", &ground.domain.starter_gpos().await.unwrap().values);
        check("IGPMStatusMsgCollection", &OperationResult::new(Ok(()), messages).status);
        check("IGPMWMIFilterCollection", &domain.wmi_filters);
    });
}
