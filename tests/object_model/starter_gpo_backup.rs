//! IGPMStarterGPOBackup.

use opengpmc::gpm::constants::BackupType;
use opengpmc::gpm::{BackupDir, StarterGpoType, Task};
use opengpmc::ident::Timestamp;
use opengpmc::report::ReportFormat;

use super::ground::{STARTER, everywhere, reporting};

#[test]
fn n114_igpm_starter_gpo_backup_backup_dir_get() {
    everywhere(async |ground| {
        let folder = ground.back_up_starter().await.folder.unwrap();
        assert!(folder.parent().unwrap().join("manifest.xml").is_file());
    });
}

#[test]
fn n115_igpm_starter_gpo_backup_comment_get() {
    everywhere(async |ground| assert_eq!(ground.back_up_starter().await.comment, "as it was"));
}

#[test]
fn n116_igpm_starter_gpo_backup_display_name_get() {
    everywhere(async |ground| {
        assert_eq!(ground.back_up_starter().await.gpo_name, "Kestrel Bay - New workstation");
    });
}

#[test]
fn n117_igpm_starter_gpo_backup_domain_get() {
    everywhere(async |ground| assert_eq!(ground.back_up_starter().await.domain, ground.name().as_str()));
}

#[test]
fn n118_igpm_starter_gpo_backup_starter_gpo_id_get() {
    everywhere(async |ground| assert_eq!(ground.back_up_starter().await.gpo_id, STARTER));
}

#[test]
fn n119_igpm_starter_gpo_backup_id_get() {
    everywhere(async |ground| {
        let backup = ground.back_up_starter().await;
        assert_eq!(backup.folder.unwrap().file_name().unwrap().to_str(), Some(backup.id.to_string().as_str()));
    });
}

#[test]
fn n120_igpm_starter_gpo_backup_timestamp_get() {
    everywhere(async |ground| {
        let time = ground.back_up_starter().await.time.unwrap();
        assert!((Timestamp::now().unix_seconds() - time.unix_seconds()).abs() < 60, "{time}");
    });
}

#[test]
fn n121_igpm_starter_gpo_backup_type_get() {
    everywhere(async |ground| {
        let backup = ground.back_up_starter().await;
        assert_eq!(backup.kind, BackupType::StarterGpo);
        assert_eq!(backup.starter_gpo_kind().unwrap(), Some(StarterGpoType::Custom));
        assert_eq!(ground.back_up().await.starter_gpo_kind().unwrap(), None);
    });
}

#[test]
fn n122_igpm_starter_gpo_backup_delete() {
    everywhere(async |ground| {
        let backup = ground.back_up_starter().await;
        let folder = backup.folder.as_ref().unwrap().parent().unwrap();
        BackupDir::open(folder).unwrap().delete(&[backup.id]).unwrap();
        assert!(BackupDir::open(folder).unwrap().backups().is_empty());
    });
}

#[test]
fn n123_igpm_starter_gpo_backup_generate_report() {
    everywhere(async |ground| {
        let backup = ground.back_up_starter().await;
        let report = reporting().backup(&backup, &Task::default()).unwrap();
        assert_eq!((report.id, report.computer.extensions.is_empty()), (STARTER, false));
    });
}

#[test]
fn n124_igpm_starter_gpo_backup_generate_report_to_file() {
    everywhere(async |ground| {
        let (backup, folder) = (ground.back_up_starter().await, ground.new_folder());
        reporting().backups_to_folder(&[&backup], &folder, ReportFormat::Html, &Task::default()).unwrap();
        let text = std::fs::read_to_string(folder.join(format!("{}.html", backup.id))).unwrap();
        assert!(text.contains(&backup.gpo_name));
    });
}
