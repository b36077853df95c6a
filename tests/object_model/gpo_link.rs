//! IGPMGPOLink.

use opengpmc::gpm::LinkScope;

use super::ground::everywhere;

#[test]
fn n050_igpm_gpo_link_gpo_id_get() {
    everywhere(async |ground| {
        assert_eq!(ground.som().links[0].gpo_id, Some(ground.gpo));
        let site = ground.forest.site(&ground.site.name()).unwrap();
        assert_eq!(site.links[0].gpo_id, Some(ground.gpo));
    });
}

#[test]
fn n051_igpm_gpo_link_gpo_domain_get() {
    everywhere(async |ground| assert_eq!(ground.som().links[0].gpo_domain.as_ref(), Some(ground.name())));
}

#[test]
fn n052_igpm_gpo_link_enabled_get() {
    everywhere(async |ground| {
        assert_eq!(ground.som().links.iter().map(|link| link.enabled).collect::<Vec<_>>(), [true, false]);
    });
}

#[test]
fn n054_igpm_gpo_link_enforced_get() {
    everywhere(async |ground| {
        assert_eq!(ground.som().links.iter().map(|link| link.enforced).collect::<Vec<_>>(), [false, true]);
    });
}

#[test]
fn n056_igpm_gpo_link_som_link_order_get() {
    everywhere(async |ground| {
        assert_eq!(ground.som().links.iter().map(|link| link.order).collect::<Vec<_>>(), [1, 2]);
        let stored = ground.som().gp_link.as_ref().unwrap().to_string();
        let (last, first) = (ground.gpo.to_string(), ground.other.to_string());
        assert!(stored.find(&first).unwrap() < stored.find(&last).unwrap(), "order 1 stands last: {stored}");
    });
}

#[test]
fn n057_igpm_gpo_link_som_get() {
    everywhere(async |ground| {
        let links = ground.forest.links_to(&ground.gpo().dn, LinkScope::EntireForest);
        let soms: Vec<_> = links.iter().map(|linked| &linked.som.dn).collect();
        assert_eq!(soms, [&ground.ou, &ground.site]);
    });
}
