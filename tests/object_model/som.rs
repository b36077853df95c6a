//! IGPMSOM.

use opengpmc::gpm::{PermissionType, SecuredObject, SecurityInfo, SomType};

use super::ground::{CLERKS, everywhere};

#[test]
fn n040_igpm_som_gpo_inheritance_blocked_get() {
    everywhere(async |ground| {
        let domain = ground.forest.domain(ground.name()).unwrap();
        let blocked = |dn| domain.soms[domain.som_index(dn).unwrap().0].inheritance_blocked;
        assert_eq!((blocked(&ground.ou), blocked(&ground.ou.child("OU", "Inner"))), (false, true));
    });
}

#[test]
fn n042_igpm_som_name_get() {
    everywhere(async |ground| {
        let domain = ground.forest.domain(ground.name()).unwrap();
        assert_eq!(ground.som().name, ground.ou.name());
        assert_eq!(domain.som().unwrap().name, ground.name().to_string());
        let site = ground.forest.sites.iter().find(|site| site.dn == ground.site).unwrap();
        assert_eq!(site.name, ground.site.name());
    });
}

#[test]
fn n043_igpm_som_path_get() {
    everywhere(async |ground| assert_eq!(ground.som().dn, ground.ou));
}

#[test]
fn n045_igpm_som_type_get() {
    everywhere(async |ground| {
        let domain = ground.forest.domain(ground.name()).unwrap();
        assert_eq!((ground.som().kind, domain.som().unwrap().kind), (SomType::Ou, SomType::Domain));
        assert_eq!(ground.forest.site(&ground.site.name()).unwrap().kind, SomType::Site);
    });
}

#[test]
fn n046_igpm_som_get_gpo_links() {
    everywhere(async |ground| {
        let links: Vec<_> = ground.som().links.iter().map(|link| (link.gpo_id, link.enabled)).collect();
        assert_eq!(links, [(Some(ground.gpo), true), (Some(ground.other), false)], "in link order, disabled ones too");
    });
}

#[test]
fn n047_igpm_som_get_inherited_gpo_links() {
    everywhere(async |ground| {
        let domain = ground.forest.domain(ground.name()).unwrap();
        let links = |dn| domain.inherited_links(domain.som_index(dn).unwrap());
        let here = links(&ground.ou);
        let own: Vec<_> = here.iter().filter(|link| domain.soms[link.som.0].dn == ground.ou).collect();
        assert_eq!(own.iter().map(|link| link.link.gpo_id).collect::<Vec<_>>(), [Some(ground.gpo)], "no disabled ones");
        let above = here.iter().filter(|link| link.som.0 == 0 && !link.link.enforced);
        assert!(above.clone().count() > 0, "the domain's come too");
        assert!(above.clone().all(|link| link.precedence > own[0].precedence), "below the own ones");
        let below = links(&ground.ou.child("OU", "Inner"));
        assert!(below.iter().all(|link| link.link.enforced), "it blocks all but the enforced: {below:?}");
    });
}

#[test]
fn n048_igpm_som_get_security_info() {
    everywhere(async |ground| {
        let bytes = ground.domain.directory_security(&ground.ou).await.unwrap();
        let info = SecurityInfo::from_bytes(SecuredObject::Ou, &bytes).unwrap();
        let clerks = CLERKS.parse().unwrap();
        for (level, expected) in
            [(PermissionType::SomLink, true), (PermissionType::SomPlanning, true), (PermissionType::SomLogging, false)]
        {
            assert_eq!(info.grants(&clerks, level), expected, "{level:?}");
        }
    });
}
