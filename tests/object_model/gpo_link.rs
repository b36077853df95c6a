//! IGPMGPOLink.

use opengpmc::gpm::{GpoLink, LinkScope};
use opengpmc::ident::Dn;
use opengpmc::operation::admin::link::{EditLinks, LinkChange, LinkId};

use super::ground::{Ground, everywhere};

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

/// Links the two GPOs to an OU of its own and changes the link of the first; returns the OU and what is linked then.
async fn changed(ground: &Ground, change: impl Fn(Vec<LinkId>) -> LinkChange) -> Vec<GpoLink> {
    let som: Dn = ground.new_ou("Links").await;
    let [gpo, other] = [ground.gpo, ground.other].map(|id| ground.domain.gpo_dn(id));
    let create = [gpo.clone(), other].map(LinkChange::create);
    ground.edit(&EditLinks { som: som.clone(), subject: "both".to_owned(), changes: create.to_vec() }).await;
    ground.edit(&EditLinks::one(som.clone(), "it", change(vec![LinkId::first(gpo)]))).await;
    ground.read_som(&som).await.links
}

#[test]
fn n053_igpm_gpo_link_enabled_put() {
    everywhere(async |ground| {
        let links = changed(ground, |links| LinkChange::SetEnabled(links, false)).await;
        assert_eq!(links.iter().map(|link| link.enabled).collect::<Vec<_>>(), [false, true]);
    });
}

#[test]
fn n055_igpm_gpo_link_enforced_put() {
    everywhere(async |ground| {
        let links = changed(ground, |links| LinkChange::SetEnforced(links, true)).await;
        assert_eq!(links.iter().map(|link| link.enforced).collect::<Vec<_>>(), [true, false]);
    });
}

#[test]
fn n058_igpm_gpo_link_delete() {
    everywhere(async |ground| {
        let links = changed(ground, LinkChange::Delete).await;
        assert_eq!(links.iter().map(|link| link.gpo_id).collect::<Vec<_>>(), [Some(ground.other)]);
        assert_eq!(ground.read_gpo(ground.gpo).await.id, ground.gpo, "the GPO stays");
    });
}
