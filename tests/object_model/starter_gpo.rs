//! IGPMStarterGPO.

use opengpmc::gpm::{
    Permission, PermissionType, SecuredObject, SecurityInfo, StarterGpoType, Task, Trustee, starter_gpo_folder,
};
use opengpmc::ident::{Guid, Timestamp};
use opengpmc::operation::admin::security::{
    ChangePermissions, PermissionChange, Secured, SetSecurityInfo, read_security_info,
};
use opengpmc::operation::admin::{DeleteStarterGpo, EditStarterGpo};
use opengpmc::operation::{SaveStarterOptions, reports_to_folder, save_starter_gpo};
use opengpmc::report::ReportFormat;
use opengpmc::store::StoreErrorKind;

use super::ground::{CLERKS, Ground, STARTER, everywhere, reporting, save_as_system};

const NAME: &str = "Kestrel Bay - New workstation";

#[test]
fn n093_igpm_starter_gpo_display_name_get() {
    everywhere(async |ground| assert_eq!(ground.starter().await.display_name, NAME));
}

#[test]
fn n095_igpm_starter_gpo_description_get() {
    everywhere(async |ground| {
        let description = ground.starter().await.description;
        assert!(description.starts_with("What every new workstation GPO starts from."), "{description}");
    });
}

/// Loads a system starter GPO, looks at it, and deletes it.
async fn with_system(ground: &Ground, look: impl Fn(&opengpmc::gpm::StarterGpo)) {
    let (file, id) = save_as_system(ground).await;
    ground.edit(&ground.load_starter(&file, false)).await;
    look(&ground.domain.starter_gpo(id).await.unwrap());
    ground.delete_starter(id).await;
}

#[test]
fn n097_igpm_starter_gpo_author_get() {
    everywhere(async |ground| {
        assert_eq!(ground.starter().await.author, "", "of a custom one");
        with_system(ground, |starter| assert_eq!(starter.author, "An author")).await;
    });
}

#[test]
fn n098_igpm_starter_gpo_product_get() {
    everywhere(async |ground| {
        assert_eq!(ground.starter().await.product, "", "of a custom one");
        with_system(ground, |starter| assert_eq!(starter.product, "A product")).await;
    });
}

#[test]
fn n099_igpm_starter_gpo_creation_time_get() {
    everywhere(async |ground| {
        let created = ground.starter().await.created.unwrap();
        assert_eq!(created.to_string(), "2025-04-02T07:30:00Z");
    });
}

#[test]
fn n100_igpm_starter_gpo_id_get() {
    everywhere(async |ground| assert_eq!(ground.starter().await.id, STARTER));
}

#[test]
fn n101_igpm_starter_gpo_modified_time_get() {
    everywhere(async |ground| {
        let id = copy(ground).await;
        let modified = ground.domain.starter_gpo(id).await.unwrap().modified.unwrap();
        assert!((Timestamp::now().unix_seconds() - modified.unix_seconds()).abs() < 3600, "{modified}");
        ground.delete_starter(id).await;
    });
}

#[test]
fn n102_igpm_starter_gpo_type_get() {
    everywhere(async |ground| {
        assert_eq!(ground.starter().await.kind, StarterGpoType::Custom);
        with_system(ground, |starter| assert_eq!(starter.kind, StarterGpoType::System)).await;
    });
}

#[test]
fn n103_igpm_starter_gpo_computer_version_get() {
    everywhere(async |ground| assert_eq!(ground.starter().await.version.computer, 4));
}

#[test]
fn n104_igpm_starter_gpo_user_version_get() {
    everywhere(async |ground| assert_eq!(ground.starter().await.version.user, 2));
}

#[test]
fn n105_igpm_starter_gpo_starter_gpo_version_get() {
    everywhere(async |ground| with_system(ground, |starter| assert_eq!(starter.template_version, "12.345")).await);
}

/// Copies the starter GPO for a test that changes it.
async fn copy(ground: &Ground) -> Guid {
    ground.copy_starter(&format!("Copied {}", Guid::random())).await
}

#[test]
fn n106_igpm_starter_gpo_delete() {
    everywhere(async |ground| {
        let id = copy(ground).await;
        ground.delete_starter(id).await;
        assert_eq!(ground.domain.starter_gpo(id).await.unwrap_err().kind, StoreErrorKind::NotFound);
        let again = DeleteStarterGpo { domain: ground.name().clone(), id, name: "it".to_owned() };
        assert!(!ground.refused(&again).await.succeeded());
    });
}

#[test]
fn n107_igpm_starter_gpo_save() {
    everywhere(async |ground| {
        let file = ground.new_folder().join("x.cab");
        let save = async |options: &SaveStarterOptions| {
            save_starter_gpo(&ground.domain, STARTER, &file, options, &reporting(), &Task::default()).await
        };
        assert_eq!(save(&SaveStarterOptions::default()).await.unwrap(), STARTER);
        assert!(std::fs::read(&file).unwrap().starts_with(b"MSCF"));
        assert!(save(&SaveStarterOptions::default()).await.is_err(), "the file is there");
        save(&SaveStarterOptions { overwrite: true, as_system: None }).await.unwrap();
    });
}

#[test]
fn n108_igpm_starter_gpo_backup() {
    everywhere(async |ground| {
        let backup = ground.back_up_starter().await;
        assert_eq!((backup.gpo_id, backup.gpo_name.as_str()), (STARTER, NAME));
        assert!(backup.folder.unwrap().is_dir());
    });
}

#[test]
fn n109_igpm_starter_gpo_copy_to() {
    everywhere(async |ground| {
        let id = copy(ground).await;
        let starter = ground.domain.starter_gpo(id).await.unwrap();
        assert!(id != STARTER && starter.display_name.starts_with("Copied"));
        assert_eq!(starter.kind, StarterGpoType::Custom);
        ground.delete_starter(id).await;
    });
}

#[test]
fn n110_igpm_starter_gpo_generate_report() {
    everywhere(async |ground| {
        let starter = ground.starter().await;
        let report = reporting().starter_gpo(&ground.domain, &starter, &Task::default()).await.unwrap();
        assert_eq!((report.id, report.name.as_str()), (STARTER, NAME));
        assert!(!report.computer.extensions.is_empty());
    });
}

#[test]
fn n111_igpm_starter_gpo_generate_report_to_file() {
    everywhere(async |ground| {
        let (starter, folder, task) = (ground.starter().await, ground.new_folder(), Task::default());
        let report = reporting().starter_gpo(&ground.domain, &starter, &task).await.unwrap();
        reports_to_folder(&[report], &folder, ReportFormat::Html, &task).unwrap();
        let text = std::fs::read_to_string(folder.join(format!("{NAME}.html"))).unwrap();
        assert!(text.contains(NAME));
    });
}

#[test]
fn n112_igpm_starter_gpo_get_security_info() {
    everywhere(async |ground| {
        let folder = starter_gpo_folder().join(&STARTER.to_string()).unwrap();
        let bytes = ground.domain.sysvol_security(&folder).await.unwrap();
        let info = SecurityInfo::from_bytes(SecuredObject::StarterGpo, &bytes).unwrap();
        assert!(!info.permissions.is_empty() && !info.unrestricted, "{info:?}");
    });
}

#[test]
fn n094_igpm_starter_gpo_display_name_put() {
    everywhere(async |ground| {
        let seen = ground.domain.starter_gpo(copy(ground).await).await.unwrap();
        let (id, description) = (seen.id, seen.description.clone());
        let name = format!("Renamed {}", Guid::random());
        ground.edit(&EditStarterGpo { seen, name: name.clone(), description: description.clone() }).await;
        let after = ground.domain.starter_gpo(id).await.unwrap();
        assert_eq!((after.display_name, after.description), (name, description));
        ground.delete_starter(id).await;
    });
}

#[test]
fn n096_igpm_starter_gpo_description_put() {
    everywhere(async |ground| {
        let seen = ground.domain.starter_gpo(copy(ground).await).await.unwrap();
        let (id, name) = (seen.id, seen.display_name.clone());
        ground.edit(&EditStarterGpo { seen, name: name.clone(), description: "another".to_owned() }).await;
        let after = ground.domain.starter_gpo(id).await.unwrap();
        assert_eq!((after.display_name, after.description.as_str()), (name, "another"));
        ground.delete_starter(id).await;
    });
}

#[test]
fn n113_igpm_starter_gpo_set_security_info() {
    everywhere(async |ground| {
        let id = copy(ground).await;
        let of = Secured::StarterGpo(ground.name().clone(), id);
        let clerks = Trustee::unresolved(CLERKS.parse().unwrap());
        let permission = Permission::new(clerks.clone(), PermissionType::StarterGpoEdit, true).unwrap();
        let changes = vec![PermissionChange::Add(permission)];
        ground.edit(&ChangePermissions { of: of.clone(), name: "it".to_owned(), changes }).await;
        let mut info = read_security_info(&ground.store, &of, &Task::default()).await.unwrap();
        assert!(info.grants(&clerks.sid, PermissionType::StarterGpoEdit), "{info:?}");
        info.remove_trustee(&clerks.sid).unwrap();
        ground.edit(&SetSecurityInfo { of: of.clone(), name: "it".to_owned(), info }).await;
        let after = read_security_info(&ground.store, &of, &Task::default()).await.unwrap();
        assert!(!after.sids().contains(&clerks.sid), "the list is replaced: {after:?}");
        ground.delete_starter(id).await;
    });
}
