//! IGPM and IGPM2: where everything begins.

use opengpmc::format::MapDestination;
use opengpmc::gpm::constants::{
    BackupType, EntryType, GPM_DONOTUSE_W2KDC, GPM_USE_ANYDC, GPM_USE_PDC, controller_choice,
};
use opengpmc::gpm::{
    BackupDir, ClientSideExtension, Domain, FindTrusteeError, GpoParts, MigrationTable, Permission, PermissionType,
    SearchCriteria, SitesContainer, Task, TrusteeKind,
};
use opengpmc::ident::Sid;
use opengpmc::operation::{
    LoadTemplatesError, Reporting, TemplateOptions, back_up_starter_gpo, load_templates, render_reports,
};
use opengpmc::report::ReportFormat;

use super::ground::{GPO_NAME, STARTER, everywhere, reporting};

#[test]
fn n001_igpm_get_domain() {
    everywhere(async |ground| {
        let domain = Domain::open(&ground.store, ground.name()).await.unwrap();
        assert_eq!(domain.name(), ground.name());
        assert!(Domain::open(&ground.store, &"nowhere.invalid".parse().unwrap()).await.is_err());
        let named = domain.controllers().await.unwrap().into_iter().find(|one| one.is_pdc_emulator).unwrap().name;
        let netbios = named.split('.').next().unwrap();
        let any_new = GPM_USE_ANYDC | GPM_DONOTUSE_W2KDC;
        for (controller, flags) in [
            (None, GPM_USE_PDC),
            (None, GPM_USE_ANYDC),
            (None, any_new),
            (Some(named.as_str()), GPM_USE_PDC),
            (Some(netbios), GPM_USE_PDC),
        ] {
            let choice = controller_choice(controller, flags);
            let domain = Domain::open_on(&ground.store, ground.name(), choice).await.unwrap();
            assert_eq!(
                domain.gpo(ground.gpo, GpoParts::Summary).await.unwrap().id,
                ground.gpo,
                "{controller:?} {flags}"
            );
        }
        let nobody = controller_choice(Some("nobody"), GPM_USE_ANYDC);
        assert!(Domain::open_on(&ground.store, ground.name(), nobody).await.is_err(), "no other takes its place");
    });
}

#[test]
fn n002_igpm_get_backup_dir() {
    everywhere(async |ground| {
        let backup = ground.back_up().await;
        let folder = backup.folder.as_ref().unwrap().parent().unwrap().to_owned();
        assert_eq!(BackupDir::open(&folder).unwrap().backups(), [backup]);
        let missing = folder.join("missing");
        assert!(BackupDir::open(&missing).is_err());
        assert!(!missing.exists(), "it is never made");
    });
}

#[test]
fn n003_igpm_get_sites_container() {
    everywhere(async |ground| {
        let sites = SitesContainer::new(&ground.store);
        assert_eq!(sites.forest(), Some(ground.forest.name.clone()));
        assert!(sites.dn().as_str().starts_with("CN=Sites,CN=Configuration,"));
        for flags in [GPM_USE_PDC, GPM_USE_ANYDC] {
            let choice = controller_choice(None, flags);
            let opened = SitesContainer::open_on(&ground.store, ground.name(), &choice).await.unwrap();
            assert_eq!(opened.dn(), sites.dn());
            assert!(opened.site(&ground.site.name()).await.is_ok());
        }
    });
}

#[test]
fn n006_igpm_create_search_criteria() {
    everywhere(async |ground| {
        let criteria = SearchCriteria::new();
        assert!(criteria.is_empty());
        let domain = ground.forest.domain(ground.name()).unwrap();
        let all = criteria.search_gpos(domain, &Default::default()).unwrap();
        assert_eq!(all.len(), domain.gpos.len(), "everything meets them");
    });
}

#[test]
fn n007_igpm_create_trustee() {
    everywhere(async |ground| {
        let (names, store) = (ground.domain.names().await.unwrap(), &*ground.store);
        let netbios = &ground.forest.domain(ground.name()).unwrap().netbios_name;
        let by_name = names.find(store, &format!(r"{netbios}\Domain Admins"), ground.name()).await.unwrap();
        assert_eq!((by_name.kind, by_name.sid.rid()), (TrusteeKind::Group, Some(512)));
        let by_sid = names.find(store, &by_name.sid.to_string(), ground.name()).await.unwrap();
        assert_eq!(by_sid, by_name);
        let well_known = names.find(store, "Authenticated Users", ground.name()).await.unwrap();
        assert_eq!(well_known.sid, Sid::authenticated_users());
        let unknown = names.find(store, &format!(r"{netbios}\nobody"), ground.name()).await;
        assert!(matches!(unknown, Err(FindTrusteeError::NotFound(_))), "{unknown:?}");
    });
}

#[test]
fn n008_igpm_get_client_side_extensions() {
    let names: Vec<&str> = ClientSideExtension::all().iter().map(|extension| extension.display_name).collect();
    for expected in ["Registry", "Security", "Scripts", "Software Installation", "Group Policy Drive Maps"] {
        assert!(names.contains(&expected), "{expected}");
    }
}

#[test]
fn n009_igpm_get_constants() {
    assert_eq!((GPM_USE_ANYDC, BackupType::StarterGpo as u32), (1, 1));
}

#[test]
fn n010_igpm_get_migration_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.migtable");
    assert!(MigrationTable::load(&path).is_err());
    std::fs::write(&path, "no table").unwrap();
    assert!(MigrationTable::load(&path).is_err());
    let mut table = MigrationTable::new();
    table.add_entry(r"OLD\a", EntryType::User, &MapDestination::Set(r"NEW\a".to_owned())).unwrap();
    table.save(&path).unwrap();
    assert_eq!(MigrationTable::load(&path).unwrap(), table);
}

#[test]
fn n011_igpm_create_migration_table() {
    assert_eq!(MigrationTable::new().entries(), []);
}

const ADMX: &str = r#"<policyDefinitions revision="1.0" schemaVersion="1.0">
  <policyNamespaces><target prefix="a" namespace="Example.Policies"/></policyNamespaces>
  <resources minRequiredRevision="1.0"/>
  <categories><category name="C" displayName="$(string.C)"/></categories>
  <policies><policy name="P" class="Machine" displayName="$(string.P)" key="a" valueName="b"><parentCategory ref="C"/></policy></policies>
</policyDefinitions>"#;
const ADML: &str = r#"<policyDefinitionResources><resources><stringTable>
  <string id="C">Own</string><string id="P">Be careful</string></stringTable></resources></policyDefinitionResources>"#;

#[test]
fn n012_igpm_initialize_reporting() {
    everywhere(async |ground| {
        let folder = ground.new_folder();
        let options = TemplateOptions { language: "en-US".to_owned(), cache_folder: None };
        let nothing = load_templates(std::slice::from_ref(&folder), &options, &Task::default());
        assert!(matches!(nothing, Err(LoadTemplatesError::Nothing { .. })));
        std::fs::write(folder.join("own.admx"), ADMX).unwrap();
        std::fs::create_dir(folder.join("en-US")).unwrap();
        std::fs::write(folder.join("en-US").join("own.adml"), ADML).unwrap();
        let templates = load_templates(&[folder], &options, &Task::default()).unwrap();
        let task = Task::default();
        let mut reporting = reporting();
        let of = async |reporting: &Reporting| {
            let report = reporting.gpo(&ground.store, &ground.forest, ground.gpo(), &task).await.unwrap();
            String::from_utf8(render_reports(&[report], ReportFormat::Text, Default::default())).unwrap()
        };
        assert!(!of(&reporting).await.contains("Be careful"));
        reporting.templates = templates.store;
        assert!(of(&reporting).await.contains("Be careful"), "the value is reported under the name of its template");
    });
}

#[test]
fn n013_igpm2_get_backup_dir_ex() {
    everywhere(async |ground| {
        let backup = ground.back_up().await;
        let folder = backup.folder.as_ref().unwrap().parent().unwrap().to_owned();
        let (domain, task) = (&ground.domain, Task::default());
        let starter = back_up_starter_gpo(domain, STARTER, &folder, "", &reporting(), &task).await.unwrap();
        let of = |kind| BackupDir::open_of(&folder, kind).unwrap().backups().to_vec();
        assert_eq!((of(BackupType::Gpo), of(BackupType::StarterGpo)), (vec![backup], vec![starter]));
        assert!(BackupDir::open_of(&folder.join("missing"), BackupType::Gpo).is_err());
    });
}

#[test]
fn n014_igpm2_initialize_reporting_ex() {
    everywhere(async |ground| {
        for with_comments in [true, false] {
            let mut reporting = reporting();
            reporting.with_comments = with_comments;
            let report = reporting.gpo(&ground.store, &ground.forest, ground.gpo(), &Task::default()).await.unwrap();
            assert_eq!((report.name.as_str(), report.include_comments), (GPO_NAME, with_comments));
        }
    });
}

#[test]
fn n005_igpm_create_permission() {
    everywhere(async |ground| {
        let (names, store) = (ground.domain.names().await.unwrap(), &*ground.store);
        let admins = names.find(store, "Domain Admins", ground.name()).await.unwrap();
        let permission = Permission::new(admins.clone(), PermissionType::SomLink, true).unwrap();
        assert_eq!(
            (&permission.trustee, permission.level, permission.denied),
            (&admins, PermissionType::SomLink, false)
        );
        assert!(permission.inheritable && !permission.inherited);
        let custom = [PermissionType::GpoCustom, PermissionType::WmiFilterCustom, PermissionType::StarterGpoCustom];
        for level in custom {
            assert!(Permission::new(admins.clone(), level, false).is_err(), "{level:?} only describes what is there");
        }
    });
}
