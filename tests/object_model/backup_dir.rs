//! IGPMBackupDir and IGPMBackupDirEx.

use std::path::PathBuf;

use opengpmc::gpm::constants::BackupType;
use opengpmc::gpm::{Backup, BackupDir, SearchCriteria, SearchOperation, SearchProperty, SearchValue};
use opengpmc::ident::Guid;

use super::ground::{Ground, everywhere};

fn folder_of(backup: &Backup) -> PathBuf {
    backup.folder.as_ref().unwrap().parent().unwrap().to_owned()
}

/// Returns criteria with one condition.
fn equal(property: SearchProperty, value: SearchValue) -> SearchCriteria {
    let mut criteria = SearchCriteria::new();
    criteria.add(property, SearchOperation::Equals, value).unwrap();
    criteria
}

/// Returns an older and a newer backup of the GPO in one folder.
async fn two_backups(ground: &Ground) -> (BackupDir, [Guid; 2]) {
    let older = ground.back_up().await;
    // The index tells whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let newer = ground.back_up_into(ground.gpo, &folder_of(&older)).await;
    (BackupDir::open(&folder_of(&older)).unwrap(), [older.id, newer.id])
}

fn ids(found: Vec<&Backup>) -> Vec<Guid> {
    found.iter().map(|backup| backup.id).collect()
}

#[test]
fn n125_igpm_backup_dir_backup_directory_get() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(BackupDir::open(folder.path()).unwrap().path(), folder.path());
}

#[test]
fn n126_igpm_backup_dir_get_backup() {
    everywhere(async |ground| {
        let backup = ground.back_up().await;
        let dir = BackupDir::open(&folder_of(&backup)).unwrap();
        assert_eq!(dir.backup(backup.id), Some(&backup));
        assert_eq!(dir.backup(backup.gpo_id), None, "not by the GUID of the GPO");
    });
}

#[test]
fn n127_igpm_backup_dir_search_backups() {
    everywhere(async |ground| {
        let (dir, [older, newer]) = two_backups(ground).await;
        assert_eq!(ids(dir.search(&SearchCriteria::new()).unwrap()), [newer, older], "without criteria, all");
        let newest = equal(SearchProperty::BackupMostRecent, SearchValue::Bool(true));
        assert_eq!(ids(dir.search(&newest).unwrap()), [newer]);
        let of_gpo = equal(SearchProperty::GpoId, SearchValue::Text(ground.gpo.to_string()));
        assert_eq!(dir.search(&of_gpo).unwrap().len(), 2);
        let links = SearchValue::Gpo(ground.gpo().dn.clone());
        let mut criteria = SearchCriteria::new();
        criteria.add(SearchProperty::SomLinks, SearchOperation::Contains, links).unwrap();
        assert!(dir.search(&criteria).is_err(), "SOMs mean nothing here");
    });
}

#[test]
fn n128_igpm_backup_dir_ex_backup_dir_get() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(BackupDir::open_of(folder.path(), BackupType::Gpo).unwrap().path(), folder.path());
}

#[test]
fn n129_igpm_backup_dir_ex_backup_type_get() {
    let folder = tempfile::tempdir().unwrap();
    for kind in [BackupType::Gpo, BackupType::StarterGpo] {
        assert_eq!(BackupDir::open_of(folder.path(), kind).unwrap().kind(), Some(kind));
    }
    assert_eq!(BackupDir::open(folder.path()).unwrap().kind(), None);
}

#[test]
fn n130_igpm_backup_dir_ex_get_backup() {
    everywhere(async |ground| {
        let backup = ground.back_up_starter().await;
        let of = |kind| BackupDir::open_of(&folder_of(&backup), kind).unwrap().backup(backup.id).cloned();
        assert_eq!((of(BackupType::StarterGpo), of(BackupType::Gpo)), (Some(backup.clone()), None));
    });
}

#[test]
fn n131_igpm_backup_dir_ex_search_backups() {
    everywhere(async |ground| {
        let backup = ground.back_up_starter().await;
        let dir = BackupDir::open_of(&folder_of(&backup), BackupType::StarterGpo).unwrap();
        // Microsoft's page knows the properties of GPOs here alone; both are taken.
        for property in [SearchProperty::GpoDisplayName, SearchProperty::StarterGpoDisplayName] {
            let named = |name: &str| equal(property, SearchValue::Text(name.to_owned()));
            assert_eq!(ids(dir.search(&named(&backup.gpo_name)).unwrap()), [backup.id]);
            assert!(dir.search(&named("another")).unwrap().is_empty());
        }
    });
}
