//! IGPMGPO, IGPMGPO2, IGPMGPO3.

use opengpmc::gpm::{
    BackupDir, GpoStatus, Permission, PermissionType, SecuredObject, SecurityInfo, SysvolState, Task, Trustee,
};
use opengpmc::ident::{GpoVersion, Sid, Timestamp, WmiFilterRef};
use opengpmc::operation::admin::link::{EditLinks, LinkChange};
use opengpmc::operation::admin::security::{
    MakeAclConsistent, Secured, SetSecurityDescriptor, SetSecurityInfo, read_security_descriptor, read_security_info,
};
use opengpmc::operation::admin::{DeleteGpo, RenameGpo, SetGpoComment, SetGpoHalfEnabled, SetGpoWmiFilter};
use opengpmc::operation::migration::MigrationOptions;
use opengpmc::operation::{CopyOptions, ImportSource, check_gpo_acl, copy_gpo, import_settings};
use opengpmc::report::{ReportFormat, Side, read_reports};
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
        assert_eq!(BackupDir::open(folder.parent().unwrap()).unwrap().backups(), std::slice::from_ref(&backup));
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

#[test]
fn n060_igpm_gpo_display_name_put() {
    everywhere(async |ground| {
        let id = ground.new_gpo("it").await;
        ground.edit(&RenameGpo { gpo: ground.to_edit(id), name: "Renamed".to_owned() }).await;
        assert_eq!(ground.read_gpo(id).await.display_name, "Renamed");
        let empty = RenameGpo { gpo: ground.to_edit(id), name: String::new() };
        assert!(!ground.refused(&empty).await.succeeded());
    });
}

#[test]
fn n071_igpm_gpo_set_wmi_filter() {
    everywhere(async |ground| {
        let gpo = ground.to_edit(ground.new_gpo("it").await);
        let id = gpo.id;
        let set = |filter| SetGpoWmiFilter { gpo: gpo.clone(), filter, filter_name: String::new() };
        ground.edit(&set(Some(ground.filter))).await;
        let expected = WmiFilterRef { domain: ground.name().clone(), id: ground.filter };
        assert_eq!(ground.read_gpo(id).await.wmi_filter, Some(expected));
        ground.edit(&set(None)).await;
        assert_eq!(ground.read_gpo(id).await.wmi_filter, None);
    });
}

/// Turns a half off, and tells which are on then; then on again.
async fn switched(ground: &Ground, side: Side) -> (bool, bool) {
    let gpo = ground.to_edit(ground.new_gpo("it").await);
    ground.edit(&SetGpoHalfEnabled { gpo: gpo.clone(), side, enabled: false }).await;
    let status = ground.read_gpo(gpo.id).await.status;
    ground.edit(&SetGpoHalfEnabled { gpo: gpo.clone(), side, enabled: true }).await;
    assert_eq!(ground.read_gpo(gpo.id).await.status, GpoStatus::Enabled);
    (status.user_enabled(), status.computer_enabled())
}

#[test]
fn n072_igpm_gpo_set_user_enabled() {
    everywhere(async |ground| assert_eq!(switched(ground, Side::User).await, (false, true)));
}

#[test]
fn n073_igpm_gpo_set_computer_enabled() {
    everywhere(async |ground| assert_eq!(switched(ground, Side::Computer).await, (true, false)));
}

/// A permission of somebody of another domain.
fn of_clerks(level: PermissionType) -> Permission {
    Permission::new(Trustee::unresolved(CLERKS.parse().unwrap()), level, true).unwrap()
}

#[test]
fn n077_igpm_gpo_set_security_info() {
    everywhere(async |ground| {
        let id = ground.new_gpo("it").await;
        ground.make_consistent(id).await;
        let of = Secured::Gpo(ground.name().clone(), id);
        let read = async || read_security_info(&ground.store, &of, &Task::default()).await.unwrap();
        let mut info = read().await;
        info.add(&of_clerks(PermissionType::GpoEdit)).unwrap();
        ground.edit(&SetSecurityInfo { of: of.clone(), name: "it".to_owned(), info }).await;
        assert!(read().await.grants(&CLERKS.parse().unwrap(), PermissionType::GpoEdit));
        let check = check_gpo_acl(&ground.domain, id, &Task::default()).await.unwrap();
        assert!(check.is_consistent(), "the folder follows: {check:?}");
    });
}

#[test]
fn n078_igpm_gpo_delete() {
    everywhere(async |ground| {
        let (id, som) = (ground.new_gpo("it").await, ground.new_ou("Left").await);
        let dn = ground.domain.gpo_dn(id);
        ground.edit(&EditLinks::one(som.clone(), "it", LinkChange::create(dn.clone()))).await;
        ground.edit(&DeleteGpo { gpo: ground.to_edit(id), keep_links: true }).await;
        assert!(GpoState::read(&ground.store, ground.name(), id).await.is_absent(), "both halves are gone");
        assert_eq!(ground.read_som(&som).await.links.len(), 1, "links stay");
    });
}

#[test]
fn n084_igpm_gpo_set_security_descriptor() {
    everywhere(async |ground| {
        let id = ground.new_gpo("it").await;
        let of = Secured::Gpo(ground.name().clone(), id);
        let read = async |parts| read_security_descriptor(&ground.store, &of, parts, &Task::default()).await.unwrap();
        let before = read(SdParts::READABLE).await;
        let mut other = SecurityDescriptor::from_bytes(ground.gpo().security_descriptor.as_ref().unwrap()).unwrap();
        other.owner = Some(Sid::administrators());
        let edit = |parts| SetSecurityDescriptor {
            of: of.clone(),
            name: "it".to_owned(),
            parts,
            descriptor: other.clone(),
            seen: None,
        };
        ground.edit(&edit(SdParts::DACL)).await;
        let after = read(SdParts::READABLE).await;
        assert_eq!((&after.dacl, &after.owner), (&other.dacl, &before.owner), "the part that was asked for");
        ground.edit(&edit(SdParts::OWNER)).await;
        assert_eq!(read(SdParts::OWNER).await.owner, other.owner);
    });
}

#[test]
fn n086_igpm_gpo_is_acl_consistent() {
    everywhere(async |ground| {
        let id = ground.new_gpo("it").await;
        ground.make_consistent(id).await;
        let check = async || check_gpo_acl(&ground.domain, id, &Task::default()).await.unwrap().is_consistent();
        assert!(check().await);
        ground.set_folder_access(id).await;
        assert!(!check().await);
    });
}

#[test]
fn n087_igpm_gpo_make_acl_consistent() {
    everywhere(async |ground| {
        let id = ground.new_gpo("it").await;
        ground.set_folder_access(id).await;
        ground.edit(&MakeAclConsistent { domain: ground.name().clone(), id, name: "it".to_owned() }).await;
        assert!(check_gpo_acl(&ground.domain, id, &Task::default()).await.unwrap().is_consistent());
    });
}

#[test]
fn n089_igpm_gpo2_description_put() {
    everywhere(async |ground| {
        let id = ground.new_gpo("it").await;
        let set = |seen: Option<&str>, comment: &str| {
            let (seen, comment) = (seen.map(str::to_owned), comment.to_owned());
            SetGpoComment { gpo: ground.to_edit(id), seen, comment }
        };
        let read = async || ground.domain.gpo_comment(&ground.read_gpo(id).await).await.unwrap();
        ground.edit(&set(Some("com"), "two\nlines")).await;
        assert_eq!(read().await.as_deref(), Some("two\r\nlines"));
        ground.edit(&set(None, "")).await;
        assert_eq!(read().await.unwrap_or_default(), "");
    });
}
