//! IGPMBackup.

use opengpmc::gpm::{BackupDir, Task};
use opengpmc::ident::Timestamp;
use opengpmc::report::ReportFormat;

use super::ground::{GPO_NAME, everywhere, reporting};

#[test]
fn n132_igpm_backup_id_get() {
    everywhere(async |ground| {
        let backup = ground.back_up().await;
        assert_eq!(backup.folder.unwrap().file_name().unwrap().to_str(), Some(backup.id.to_string().as_str()));
    });
}

#[test]
fn n133_igpm_backup_gpo_id_get() {
    everywhere(async |ground| assert_eq!(ground.back_up().await.gpo_id, ground.gpo));
}

#[test]
fn n134_igpm_backup_gpo_domain_get() {
    everywhere(async |ground| assert_eq!(ground.back_up().await.domain, ground.name().as_str()));
}

#[test]
fn n135_igpm_backup_gpo_display_name_get() {
    everywhere(async |ground| assert_eq!(ground.back_up().await.gpo_name, GPO_NAME));
}

#[test]
fn n136_igpm_backup_timestamp_get() {
    everywhere(async |ground| {
        let time = ground.back_up().await.time.unwrap();
        assert!((Timestamp::now().unix_seconds() - time.unix_seconds()).abs() < 60, "{time}");
    });
}

#[test]
fn n137_igpm_backup_comment_get() {
    everywhere(async |ground| assert_eq!(ground.back_up().await.comment, "as it was"));
}

#[test]
fn n138_igpm_backup_backup_dir_get() {
    everywhere(async |ground| {
        let folder = ground.back_up().await.folder.unwrap();
        assert!(folder.parent().unwrap().join("manifest.xml").is_file());
    });
}

#[test]
fn n139_igpm_backup_delete() {
    everywhere(async |ground| {
        let backup = ground.back_up().await;
        let folder = backup.folder.as_ref().unwrap();
        let dir = BackupDir::open(folder.parent().unwrap()).unwrap();
        dir.delete(&[backup.id]).unwrap();
        assert!(!folder.exists());
        assert!(BackupDir::open(dir.path()).unwrap().backups().is_empty());
        let manifest = std::fs::read_to_string(dir.path().join("manifest.xml")).unwrap();
        assert!(!manifest.contains(&backup.id.to_string()));
    });
}

#[test]
fn n140_igpm_backup_generate_report() {
    everywhere(async |ground| {
        let report = reporting().backup(&ground.back_up().await, &Task::default()).unwrap();
        assert_eq!((report.id, report.name.as_str()), (ground.gpo, GPO_NAME));
        assert!(!report.computer.extensions.is_empty());
    });
}

#[test]
fn n141_igpm_backup_generate_report_to_file() {
    everywhere(async |ground| {
        let (backup, folder) = (ground.back_up().await, ground.new_folder());
        reporting().backups_to_folder(&[&backup], &folder, ReportFormat::Html, &Task::default()).unwrap();
        let text = std::fs::read_to_string(folder.join(format!("{}.html", backup.id))).unwrap();
        assert!(text.contains(GPO_NAME));
    });
}
