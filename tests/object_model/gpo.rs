//! IGPMGPO, IGPMGPO2, IGPMGPO3.

use opengpmc::gpm::{BackupDir, GpoStatus, PermissionType, SecuredObject, SecurityInfo, SysvolState, Task};
use opengpmc::ident::{GpoVersion, Sid, Timestamp, WmiFilterRef};
use opengpmc::operation::migration::MigrationOptions;
use opengpmc::operation::{CopyOptions, ImportSource, copy_gpo, import_settings};
use opengpmc::report::{ReportFormat, read_reports};
use opengpmc::security::SecurityDescriptor;
use opengpmc::store::{Attribute, Change, SdParts};

use super::ground::{CLERKS, GPO_NAME, Ground, everywhere, reporting};
use crate::common::gpo_state::GpoState;

#[test]
fn n059_igpm_gpo_display_name_get() {
    everywhere(async |ground| assert_eq!(ground.gpo().display_name, GPO_NAME));
}

#[test]
fn n061_igpm_gpo_path_get() {
    everywhere(async |ground| assert_eq!(ground.gpo().dn, ground.domain.gpo_dn(ground.gpo)));
}

#[test]
fn n062_igpm_gpo_id_get() {
    everywhere(async |ground| {
        let id = ground.gpo().id.to_string();
        assert!(id.starts_with('{') && ground.gpo().dn.as_str().contains(&id), "{id}");
    });
}

#[test]
fn n063_igpm_gpo_domain_name_get() {
    everywhere(async |ground| assert_eq!(&ground.gpo().domain, ground.name()));
}

/// Tells whether a time lies within the last hour, as this machine sees it.
fn is_recent(time: Option<Timestamp>) -> bool {
    time.is_some_and(|time| (Timestamp::now().unix_seconds() - time.unix_seconds()).abs() < 3600)
}

#[test]
fn n064_igpm_gpo_creation_time_get() {
    everywhere(async |ground| assert!(is_recent(ground.gpo().created), "{:?}", ground.gpo().created));
}

#[test]
fn n065_igpm_gpo_modification_time_get() {
    everywhere(async |ground| {
        assert!(is_recent(ground.gpo().modified) && ground.gpo().modified >= ground.gpo().created);
    });
}

#[test]
fn n066_igpm_gpo_user_ds_version_number_get() {
    everywhere(async |ground| assert_eq!(ground.gpo().version.user, 3));
}

#[test]
fn n067_igpm_gpo_computer_ds_version_number_get() {
    everywhere(async |ground| assert_eq!(ground.gpo().version.computer, 5));
}

async fn sysvol_version(ground: &Ground) -> GpoVersion {
    let states = ground.domain.sysvol_states(&[ground.gpo()], &Task::default(), |_, _| {}).await.unwrap();
    let [SysvolState::Version(version)] = states[..] else { panic!("{states:?}") };
    version
}

#[test]
fn n068_igpm_gpo_user_sysvol_version_number_get() {
    everywhere(async |ground| assert_eq!(sysvol_version(ground).await.user, 3));
}

#[test]
fn n069_igpm_gpo_computer_sysvol_version_number_get() {
    everywhere(async |ground| assert_eq!(sysvol_version(ground).await.computer, 5));
}

#[test]
fn n070_igpm_gpo_get_wmi_filter() {
    everywhere(async |ground| {
        let reference = ground.gpo().wmi_filter.as_ref().unwrap();
        assert_eq!(*reference, WmiFilterRef { domain: ground.name().clone(), id: ground.filter });
        assert_eq!(ground.forest.wmi_filter(reference).unwrap().id, ground.filter);
        assert_eq!(ground.forest.gpo(ground.name(), ground.other).unwrap().wmi_filter, None);
    });
}

/// Sets `flags` on a GPO of its own and tells what the two members say.
async fn halves(ground: &Ground, flags: &str) -> (bool, bool) {
    let id = ground.new_gpo("Halves").await;
    let change = Change::Replace(Attribute::text("flags", flags));
    ground.domain.directory().modify(&ground.domain.gpo_dn(id), &[change]).await.unwrap();
    let status = ground.read_gpo(id).await.status;
    (status.user_enabled(), status.computer_enabled())
}

#[test]
fn n074_igpm_gpo_is_user_enabled() {
    everywhere(async |ground| {
        assert_eq!(ground.gpo().status, GpoStatus::Enabled);
        assert!(!halves(ground, "1").await.0 && halves(ground, "2").await.0);
    });
}

#[test]
fn n075_igpm_gpo_is_computer_enabled() {
    everywhere(async |ground| assert!(halves(ground, "1").await.1 && !halves(ground, "3").await.1));
}

#[test]
fn n076_igpm_gpo_get_security_info() {
    everywhere(async |ground| {
        let bytes = ground.gpo().security_descriptor.as_ref().unwrap();
        let info = SecurityInfo::from_descriptor(SecuredObject::Gpo, &SecurityDescriptor::from_bytes(bytes).unwrap());
        let admins = ground.forest.domain(ground.name()).unwrap().sid.as_ref().unwrap().child(512).unwrap();
        assert!(info.grants(&CLERKS.parse().unwrap(), PermissionType::GpoRead));
        assert!(info.grants(&Sid::authenticated_users(), PermissionType::GpoRead));
        assert!(info.grants(&admins, PermissionType::GpoEditSecurityAndDelete));
    });
}

#[test]
fn n079_igpm_gpo_backup() {
    everywhere(async |ground| {
        let backup = ground.back_up().await;
        assert_eq!((backup.gpo_id, backup.comment.as_str()), (ground.gpo, "as it was"));
        let folder = backup.folder.as_ref().unwrap();
        assert!(folder.join("Backup.xml").is_file() && folder.join("gpreport.xml").is_file());
        assert_eq!(BackupDir::open(folder.parent().unwrap()).unwrap().backups(), [backup.clone()]);
    });
}

#[test]
fn n080_igpm_gpo_import() {
    everywhere(async |ground| {
        let target = ground.new_gpo("Import here").await;
        let pol = "Machine/registry.pol";
        let path = opengpmc::store::SysvolPath::parse(&format!("Policies/{target}/{pol}")).unwrap();
        ground.domain.sysvol().await.unwrap().replace(&path, b"PReg\x01\0\0\0").await.unwrap();
        let source = ImportSource::Backup(Box::new(ground.back_up().await));
        let (context, task) = (ground.context(), Task::default());
        let options = MigrationOptions::default();
        import_settings(&context, ground.name(), target, &source, &options, &task).await.unwrap();
        let imported = GpoState::read(&ground.store, ground.name(), target).await;
        let original = GpoState::read(&ground.store, ground.name(), ground.gpo).await;
        assert_eq!(imported.settings(), original.settings());
        let gpo = ground.read_gpo(target).await;
        assert_eq!((gpo.display_name.as_str(), &gpo.wmi_filter), ("Import here", &None), "name and filter are kept");
    });
}

#[test]
fn n081_igpm_gpo_generate_report() {
    everywhere(async |ground| {
        let report = reporting().gpo(&ground.store, &ground.forest, ground.gpo(), &Task::default()).await.unwrap();
        assert_eq!((report.name.as_str(), report.id), (GPO_NAME, ground.gpo));
        assert_eq!(report.filter_name.as_deref(), Some("Laptops"));
        let soms: Vec<_> = report.links.iter().map(|link| link.som_path.as_str()).collect();
        assert_eq!(soms, [ground.ou.canonical_name()]);
        for format in [ReportFormat::Xml, ReportFormat::Html] {
            let bytes = opengpmc::operation::render_reports(std::slice::from_ref(&report), format, Default::default());
            assert!(!bytes.is_empty());
        }
    });
}

#[test]
fn n082_igpm_gpo_generate_report_to_file() {
    everywhere(async |ground| {
        let (folder, gpos, task) = (ground.new_folder(), [ground.gpo()], Task::default());
        let written = reporting();
        let written =
            written.gpos_to_folder(&ground.store, &ground.forest, &gpos, &folder, ReportFormat::Xml, &task).await;
        assert_eq!(written.unwrap().problems, []);
        let bytes = std::fs::read(folder.join(format!("{GPO_NAME}.xml"))).unwrap();
        assert_eq!(read_reports(&bytes).unwrap()[0].id, ground.gpo);
    });
}

#[test]
fn n083_igpm_gpo_copy_to() {
    everywhere(async |ground| {
        let name = format!("Copied {}", opengpmc::ident::Guid::random());
        let options = CopyOptions { new_name: Some(name.clone()), ..CopyOptions::default() };
        let (domain, task) = (ground.name(), Task::default());
        let copied = copy_gpo(&ground.store, domain, ground.gpo, &ground.context(), domain, &options, &task).await;
        let copy = ground.read_gpo(copied.unwrap()).await;
        assert_eq!((copy.display_name, copy.wmi_filter), (name, ground.gpo().wmi_filter.clone()));
        assert_ne!(copy.id, ground.gpo);
        let forest = ground.load().await;
        assert_eq!(forest.link_count(&copy.dn), 0, "it is not linked");
    });
}

#[test]
fn n085_igpm_gpo_get_security_descriptor() {
    everywhere(async |ground| {
        for (parts, has_owner, has_dacl) in
            [(SdParts::OWNER, true, false), (SdParts::DACL, false, true), (SdParts::READABLE, true, true)]
        {
            let attributes = ["nTSecurityDescriptor"];
            let entry = ground.domain.directory().read(&ground.gpo().dn, &attributes, Some(parts)).await.unwrap();
            let bytes = entry.bytes("nTSecurityDescriptor").unwrap();
            let descriptor = SecurityDescriptor::from_bytes(bytes).unwrap();
            let has_acl = matches!(descriptor.dacl, opengpmc::security::AclState::Present(_));
            assert_eq!((descriptor.owner.is_some(), has_acl), (has_owner, has_dacl), "{parts:?}");
        }
    });
}

#[test]
fn n088_igpm_gpo2_description_get() {
    everywhere(async |ground| {
        assert_eq!(ground.domain.gpo_comment(ground.gpo()).await.unwrap().as_deref(), Some("com"));
    });
}
