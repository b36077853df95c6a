//! IGPMSitesContainer.

use opengpmc::gpm::{SearchCriteria, SearchOperation, SearchProperty, SearchValue, SitesContainer, SomType};
use opengpmc::store::StoreErrorKind;

use super::ground::{Ground, everywhere};

fn sites(ground: &Ground) -> SitesContainer {
    SitesContainer::new(&ground.store)
}

#[test]
fn n035_igpm_sites_container_domain_controller_get() {
    everywhere(async |ground| {
        assert_eq!(sites(ground).domain_controller(), ground.store.directory().root_dse().server);
    });
}

#[test]
fn n036_igpm_sites_container_domain_get() {
    everywhere(async |ground| assert_eq!(sites(ground).domain(), &ground.store.directory().root_dse().domain));
}

#[test]
fn n037_igpm_sites_container_forest_get() {
    everywhere(async |ground| assert_eq!(sites(ground).forest().unwrap(), ground.forest.name));
}

#[test]
fn n038_igpm_sites_container_get_site() {
    everywhere(async |ground| {
        let name = ground.site.name();
        let site = sites(ground).site(&name.to_uppercase()).await.unwrap();
        assert_eq!((&site.dn, site.kind, site.links.len()), (&ground.site, SomType::Site, 1));
        assert_eq!(sites(ground).site("missing").await.unwrap_err().kind, StoreErrorKind::NotFound);
    });
}

#[test]
fn n039_igpm_sites_container_search_sites() {
    everywhere(async |ground| {
        assert_eq!(SearchCriteria::new().search_sites(&ground.forest).unwrap().len(), ground.forest.sites.len());
        let mut criteria = SearchCriteria::new();
        let gpo = SearchValue::Gpo(ground.gpo().dn.clone());
        criteria.add(SearchProperty::SomLinks, SearchOperation::Contains, gpo).unwrap();
        let found = criteria.search_sites(&ground.forest).unwrap();
        assert_eq!(found.iter().map(|site| &site.dn).collect::<Vec<_>>(), [&ground.site]);
    });
}
