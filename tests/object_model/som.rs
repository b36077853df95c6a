//! IGPMSOM.

use opengpmc::gpm::{HResult, Permission, PermissionType, SecuredObject, SecurityInfo, SomType, Task, Trustee};
use opengpmc::ident::LinkOptions;
use opengpmc::operation::admin::link::{EditLinks, LinkChange, SetInheritanceBlocked};
use opengpmc::operation::admin::security::{Secured, SetSecurityInfo, read_security_info};

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

#[test]
fn n041_igpm_som_gpo_inheritance_blocked_put() {
    everywhere(async |ground| {
        let som = ground.new_ou("Blocked").await;
        for blocked in [true, false] {
            ground.edit(&SetInheritanceBlocked { som: som.clone(), blocked }).await;
            assert_eq!(ground.read_som(&som).await.inheritance_blocked, blocked);
        }
    });
}

#[test]
fn n044_igpm_som_create_gpo_link() {
    everywhere(async |ground| {
        let som = ground.new_ou("Linked").await;
        let [one, two] = [ground.gpo, ground.other].map(|id| ground.domain.gpo_dn(id));
        let link = |gpo: &opengpmc::ident::Dn, position| {
            let change = LinkChange::Create { gpo: gpo.clone(), position, options: LinkOptions::default() };
            EditLinks::one(som.clone(), "it", change)
        };
        ground.edit(&link(&one, None)).await;
        assert_eq!(ground.refused(&link(&one, None)).await, HResult::ALREADY_EXISTS);
        assert_eq!(ground.refused(&link(&two, Some(3))).await, HResult::INVALID_ARGUMENT);
        ground.edit(&link(&two, Some(1))).await;
        let links = ground.read_som(&som).await.links;
        let links: Vec<_> = links.iter().map(|link| (link.gpo_id.unwrap(), link.enabled, link.enforced)).collect();
        assert_eq!(links, [(ground.other, true, false), (ground.gpo, true, false)], "the others move down");
    });
}

#[test]
fn n049_igpm_som_set_security_info() {
    everywhere(async |ground| {
        let of = Secured::Som(SomType::Ou, ground.new_ou("Delegated").await);
        let read = async || read_security_info(&ground.store, &of, &Task::default()).await.unwrap();
        let mut info = read().await;
        // The clerks have it from above.
        let guards = Trustee::unresolved("S-1-5-21-1-2-3-1102".parse().unwrap());
        assert!(info.add(&Permission::new(guards.clone(), PermissionType::SomLink, true).unwrap()).unwrap());
        ground.edit(&SetSecurityInfo { of: of.clone(), name: "it".to_owned(), info }).await;
        assert!(read().await.grants(&guards.sid, PermissionType::SomLink));
        let mut info = read().await;
        assert!(info.remove_trustee(&guards.sid).unwrap());
        ground.edit(&SetSecurityInfo { of: of.clone(), name: "it".to_owned(), info }).await;
        assert!(!read().await.grants(&guards.sid, PermissionType::SomLink), "the list is replaced");
    });
}
