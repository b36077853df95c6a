//! IGPMDomain, IGPMDomain2, IGPMDomain3.

use opengpmc::gpm::{
    GpoParts, HResult, SearchCriteria, SearchOperation, SearchProperty, SearchValue, StarterGpoType, Task,
};
use opengpmc::ident::{Guid, WmiFilterRef};
use opengpmc::operation::admin::{CreateGpo, CreateStarterGpo, RestoreStarterGpo};
use opengpmc::operation::{RestoreOptions, back_up_starter_gpo, restore_backup};
use opengpmc::store::{Attribute, Change, StoreErrorKind};

use super::ground::{GPO_NAME, STARTER, everywhere, reporting, save_as_system};

#[test]
fn n015_igpm_domain_domain_controller_get() {
    everywhere(async |ground| {
        assert_eq!(ground.domain.domain_controller(), ground.store.directory().root_dse().server);
        assert!(!ground.domain.domain_controller().is_empty());
    });
}

#[test]
fn n016_igpm_domain_domain_get() {
    everywhere(async |ground| {
        assert_eq!(ground.domain.name().to_domain_dn(), ground.store.directory().root_dse().domain_dn)
    });
}

#[test]
fn n018_igpm_domain_get_gpo() {
    everywhere(async |ground| {
        let gpo = ground.domain.gpo(ground.gpo, GpoParts::All).await.unwrap();
        assert_eq!((gpo.id, gpo.display_name.as_str()), (ground.gpo, GPO_NAME));
        let missing = ground.domain.gpo(Guid::random(), GpoParts::All).await.unwrap_err();
        assert_eq!(missing.kind, StoreErrorKind::NotFound);
    });
}

#[test]
fn n019_igpm_domain_search_gpos() {
    everywhere(async |ground| {
        let domain = ground.forest.domain(ground.name()).unwrap();
        let id = SearchValue::Text(ground.gpo.to_string());
        let filter = WmiFilterRef { domain: ground.name().clone(), id: ground.filter };
        let mut criteria = SearchCriteria::new();
        criteria.add(SearchProperty::GpoWmiFilter, SearchOperation::Equals, SearchValue::WmiFilter(filter)).unwrap();
        let found = criteria.search_gpos(domain, &Default::default()).unwrap();
        assert_eq!(found.iter().map(|gpo| gpo.id).collect::<Vec<_>>(), [ground.gpo]);
        criteria.add(SearchProperty::GpoId, SearchOperation::NotEquals, id).unwrap();
        assert!(criteria.search_gpos(domain, &Default::default()).unwrap().is_empty(), "all conditions must hold");
        let mut criteria = SearchCriteria::new();
        let gpo = SearchValue::Gpo(ground.gpo().dn.clone());
        criteria.add(SearchProperty::SomLinks, SearchOperation::Contains, gpo).unwrap();
        let refused = criteria.search_gpos(domain, &Default::default()).unwrap_err();
        assert_eq!(HResult(refused.hresult()), HResult::INVALID_ARGUMENT);
    });
}

#[test]
fn n020_igpm_domain_restore_gpo() {
    everywhere(async |ground| {
        let id = ground.new_gpo("Restored").await;
        let backup = ground.back_up_of(id).await;
        let change = Change::Replace(Attribute::text("displayName", "something else"));
        ground.domain.directory().modify(&ground.domain.gpo_dn(id), &[change]).await.unwrap();
        let restored = restore_backup(&ground.context(), &backup, &RestoreOptions::default(), &Task::default()).await;
        assert_eq!(restored.unwrap().id, id);
        assert_eq!(ground.read_gpo(id).await.display_name, "Restored");
    });
}

#[test]
fn n021_igpm_domain_get_som() {
    everywhere(async |ground| {
        let domain = ground.forest.domain(ground.name()).unwrap();
        let index = domain.som_index(&ground.ou).unwrap();
        assert_eq!(domain.soms[index.0].dn, ground.ou);
        assert_eq!(domain.som().unwrap().dn, domain.dn, "without a path, the domain itself");
        assert_eq!(domain.som_index(&ground.ou.child("OU", "missing")), None);
    });
}

#[test]
fn n022_igpm_domain_search_soms() {
    everywhere(async |ground| {
        let domain = ground.forest.domain(ground.name()).unwrap();
        assert_eq!(SearchCriteria::new().search_soms(domain).unwrap().len(), domain.soms.len());
        let mut criteria = SearchCriteria::new();
        let gpo = SearchValue::Gpo(ground.gpo().dn.clone());
        criteria.add(SearchProperty::SomLinks, SearchOperation::Contains, gpo).unwrap();
        let found = criteria.search_soms(domain).unwrap();
        assert_eq!(found.iter().map(|som| &som.dn).collect::<Vec<_>>(), [&ground.ou], "sites are left out");
    });
}

#[test]
fn n023_igpm_domain_get_wmi_filter() {
    everywhere(async |ground| {
        let (id, domain) = (ground.filter, ground.name());
        for path in [
            format!("MSFT_SomFilter.ID=\"{id}\",Domain=\"{domain}\""),
            format!("MSFT_SomFilter.Domain=\"{domain}\",ID=\"{id}\""),
        ] {
            let reference = WmiFilterRef::parse_object_path(&path).unwrap();
            assert_eq!(ground.forest.wmi_filter(&reference).unwrap().name, "Laptops", "{path}");
        }
        let missing = WmiFilterRef { domain: domain.clone(), id: Guid::random() };
        assert!(ground.forest.wmi_filter(&missing).is_none());
    });
}

#[test]
fn n024_igpm_domain_search_wmi_filters() {
    everywhere(async |ground| {
        let domain = ground.forest.domain(ground.name()).unwrap();
        let found = SearchCriteria::new().search_wmi_filters(domain).unwrap();
        assert!(found.iter().any(|filter| filter.id == ground.filter));
        assert_eq!(found.len(), domain.wmi_filters.len());
        let mut criteria = SearchCriteria::new();
        let name = SearchValue::Text("Laptops".to_owned());
        criteria.add(SearchProperty::GpoDisplayName, SearchOperation::Equals, name).unwrap();
        assert!(criteria.search_wmi_filters(domain).is_err(), "criteria must be empty");
    });
}

#[test]
fn n027_igpm_domain2_get_starter_gpo() {
    everywhere(async |ground| {
        assert_eq!(ground.domain.starter_gpo(STARTER).await.unwrap().id, STARTER);
        let missing = ground.domain.starter_gpo(Guid::random()).await.unwrap_err();
        assert_eq!(missing.kind, StoreErrorKind::NotFound);
    });
}

#[test]
fn n028_igpm_domain2_search_starter_gpos() {
    everywhere(async |ground| {
        let starters = ground.domain.starter_gpos().await.unwrap().values;
        let mut criteria = SearchCriteria::new();
        let all = criteria.search_starter_gpos(&starters, &Default::default(), &Default::default()).unwrap();
        assert_eq!(all.len(), starters.len());
        let id = SearchValue::Text(STARTER.to_string());
        criteria.add(SearchProperty::StarterGpoId, SearchOperation::Equals, id).unwrap();
        let found = criteria.search_starter_gpos(&starters, &Default::default(), &Default::default()).unwrap();
        assert_eq!(found.iter().map(|starter| starter.id).collect::<Vec<_>>(), [STARTER]);
    });
}

#[test]
fn n029_igpm_domain2_load_starter_gpo() {
    everywhere(async |ground| {
        let (file, id) = save_as_system(ground).await;
        ground.edit(&ground.load_starter(&file, false)).await;
        let loaded = ground.domain.starter_gpo(id).await.unwrap();
        assert_eq!(loaded.kind, StarterGpoType::System, "it keeps its id");
        let again = ground.refused(&ground.load_starter(&file, false)).await;
        assert_eq!(again, HResult::ALREADY_EXISTS, "it is there already");
        ground.edit(&ground.load_starter(&file, true)).await;
        ground.delete_starter(id).await;
    });
}

#[test]
fn n030_igpm_domain2_restore_starter_gpo() {
    everywhere(async |ground| {
        let (domain, task) = (&ground.domain, Task::default());
        let name = format!("Restored {}", Guid::random());
        let id = ground.copy_starter(&name).await;
        let folder = ground.new_folder();
        let backup = back_up_starter_gpo(domain, id, &folder, "", &reporting(), &task).await.unwrap();
        ground.delete_starter(id).await;
        ground.edit(&RestoreStarterGpo { domain: ground.name().clone(), backup }).await;
        assert_eq!(domain.starter_gpo(id).await.unwrap().display_name, name);
        ground.delete_starter(id).await;
    });
}

/// Returns the edit that makes a GPO.
fn create(ground: &super::ground::Ground, name: &str) -> CreateGpo {
    let (domain, id) = (ground.name().clone(), Guid::random());
    CreateGpo { domain, id, name: name.to_owned(), starter: None, comment: None, link_to: None }
}

#[test]
fn n017_igpm_domain_create_gpo() {
    everywhere(async |ground| {
        let edit = create(ground, "New Group Policy Object");
        ground.edit(&edit).await;
        let gpo = ground.read_gpo(edit.id).await;
        assert_eq!((gpo.display_name.as_str(), gpo.version), ("New Group Policy Object", Default::default()));
        assert_eq!((gpo.status, gpo.functionality_version), (opengpmc::gpm::GpoStatus::Enabled, Some(2)));
        let states = ground.domain.sysvol_states(&[&gpo], &Task::default(), |_, _| {}).await.unwrap();
        assert_eq!(states, [opengpmc::gpm::SysvolState::Version(Default::default())]);
        for half in ["Machine", "User"] {
            assert!(ground.domain.directory().read(&gpo.dn.child("CN", half), &["cn"], None).await.is_ok(), "{half}");
        }
        assert_eq!(ground.load().await.link_count(&gpo.dn), 0, "it is not linked");
        assert!(
            opengpmc::operation::check_gpo_acl(&ground.domain, edit.id, &Task::default())
                .await
                .unwrap()
                .is_consistent()
        );
    });
}

#[test]
fn n025_igpm_domain2_create_starter_gpo() {
    everywhere(async |ground| {
        let (domain, id, name) = (ground.name().clone(), Guid::random(), format!("New Starter GPO {}", Guid::random()));
        let edit = CreateStarterGpo { domain: domain.clone(), id, name: name.clone(), description: "d".to_owned() };
        ground.edit(&edit).await;
        let starter = ground.domain.starter_gpo(id).await.unwrap();
        assert_eq!((&starter.display_name, &*starter.description, starter.kind), (&name, "d", StarterGpoType::Custom));
        ground.delete_starter(id).await;
    });
}

#[test]
fn n026_igpm_domain2_create_gpo_from_starter_gpo() {
    everywhere(async |ground| {
        let edit = CreateGpo { starter: Some(STARTER), ..create(ground, "From a starter GPO") };
        ground.edit(&edit).await;
        let gpo = ground.read_gpo(edit.id).await;
        assert!(!gpo.computer_extensions.is_empty() && gpo.version.computer > 0, "{gpo:?}");
        let sysvol = ground.domain.sysvol().await.unwrap();
        let pol =
            |folder: String| opengpmc::store::SysvolPath::parse(&format!("{folder}/Machine/Registry.pol")).unwrap();
        let copied = sysvol.read(&pol(format!("Policies/{}", edit.id))).await.unwrap();
        assert_eq!(copied, sysvol.read(&pol(format!("StarterGPOs/{STARTER}"))).await.unwrap());
    });
}
