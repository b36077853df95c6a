//! IGPMSecurityInfo, IGPMPermission, IGPMTrustee.

use opengpmc::gpm::{Permission, PermissionType, SecuredObject, SecurityInfo, Trustee, TrusteeKind};
use opengpmc::ident::Sid;
use opengpmc::security::{SddlContext, SecurityDescriptor};

use super::ground::{CLERKS, Ground, everywhere};

/// Returns the permissions on the GPO.
fn info(ground: &Ground) -> SecurityInfo {
    SecurityInfo::from_bytes(SecuredObject::Gpo, ground.gpo().security_descriptor.as_ref().unwrap()).unwrap()
}

fn of_clerks(info: &SecurityInfo) -> &Permission {
    info.permissions.iter().find(|permission| permission.trustee.sid.to_string() == CLERKS).unwrap()
}

/// Returns the permissions that a descriptor in SDDL gives on a GPO.
fn of_sddl(sddl: &str) -> SecurityInfo {
    let descriptor = SecurityDescriptor::from_sddl(sddl, &SddlContext::default()).unwrap();
    SecurityInfo::from_descriptor(SecuredObject::Gpo, &descriptor)
}

#[test]
fn n154_igpm_security_info_count_get() {
    // Domain Admins, SYSTEM, Authenticated Users, and somebody of another domain.
    everywhere(async |ground| assert_eq!(info(ground).permissions.len(), 4, "{:?}", info(ground)));
}

#[test]
fn n155_igpm_security_info_item_get() {
    everywhere(async |ground| {
        let info = info(ground);
        assert_eq!(info.permissions[0].level, PermissionType::GpoEditSecurityAndDelete);
        assert!(info.permissions.get(4).is_none());
    });
}

#[test]
fn n156_igpm_security_info_new_enum_get() {
    everywhere(async |ground| {
        let mut info = info(ground);
        let sids: Vec<Sid> = info.permissions.iter().map(|permission| permission.trustee.sid.clone()).collect();
        info.permissions.remove(0);
        let after: Vec<Sid> = info.permissions.iter().map(|permission| permission.trustee.sid.clone()).collect();
        assert_eq!(after, sids[1..], "in step with removals");
    });
}

#[test]
fn n160_igpm_permission_inherited_get() {
    everywhere(async |ground| assert!(!of_clerks(&info(ground)).inherited));
    assert!(of_clerks(&of_sddl(&format!("D:(A;CIID;LCRPRC;;;{CLERKS})"))).inherited);
}

#[test]
fn n161_igpm_permission_inheritable_get() {
    everywhere(async |ground| assert!(of_clerks(&info(ground)).inheritable));
}

#[test]
fn n162_igpm_permission_denied_get() {
    everywhere(async |ground| assert!(!of_clerks(&info(ground)).denied));
    assert!(of_clerks(&of_sddl(&format!("D:(D;CI;LCRPRC;;;{CLERKS})"))).denied);
}

#[test]
fn n163_igpm_permission_permission_get() {
    everywhere(async |ground| assert_eq!(of_clerks(&info(ground)).level, PermissionType::GpoRead));
    for (rights, expected) in [
        ("CCDCLCRPWPRC", PermissionType::GpoEdit),
        ("CCDCLCRPWPRCSDWDWO", PermissionType::GpoEditSecurityAndDelete),
        ("LCRP", PermissionType::GpoCustom),
    ] {
        assert_eq!(of_clerks(&of_sddl(&format!("D:(A;CI;{rights};;;{CLERKS})"))).level, expected, "{rights}");
    }
}

#[test]
fn n164_igpm_permission_trustee_get() {
    everywhere(async |ground| assert_eq!(of_clerks(&info(ground)).trustee.sid.to_string(), CLERKS));
}

/// Looks up Domain Admins.
async fn admins(ground: &Ground) -> Trustee {
    let sid = ground.forest.domain(ground.name()).unwrap().sid.as_ref().unwrap().child(512).unwrap();
    let found = ground.domain.names().await.unwrap().resolve(&*ground.store, std::slice::from_ref(&sid)).await;
    found.trustees[&sid].clone()
}

#[test]
fn n165_igpm_trustee_trustee_sid_get() {
    everywhere(async |ground| assert_eq!(admins(ground).await.sid.rid(), Some(512)));
}

#[test]
fn n166_igpm_trustee_trustee_name_get() {
    everywhere(async |ground| assert_eq!(admins(ground).await.account_part(), Some("Domain Admins")));
}

#[test]
fn n167_igpm_trustee_trustee_domain_get() {
    everywhere(async |ground| {
        let netbios = ground.forest.domain(ground.name()).unwrap().netbios_name.clone();
        assert_eq!(admins(ground).await.domain_part(), Some(netbios.as_str()));
    });
}

#[test]
fn n168_igpm_trustee_trustee_ds_path_get() {
    everywhere(async |ground| {
        let dn = admins(ground).await.dn.unwrap();
        assert!(dn.is_within(&ground.name().to_domain_dn()) && dn.name() == "Domain Admins", "{dn}");
    });
}

#[test]
fn n169_igpm_trustee_trustee_type_get() {
    everywhere(async |ground| {
        let (names, store) = (ground.domain.names().await.unwrap(), &*ground.store);
        let domain = ground.forest.domain(ground.name()).unwrap().sid.clone().unwrap();
        let of = async |sid: Sid| names.find(store, &sid.to_string(), ground.name()).await.unwrap();
        let administrator = of(domain.child(500).unwrap()).await;
        if administrator.kind == TrusteeKind::User {
            assert_eq!(administrator.sid_name_use(), 1);
        }
        assert_eq!(of(domain.child(512).unwrap()).await.sid_name_use(), 2);
        assert_eq!(of(Sid::administrators()).await.sid_name_use(), 4);
        assert_eq!(of(Sid::authenticated_users()).await.sid_name_use(), 5);
        assert_eq!(of(domain.child(999_999).unwrap()).await.sid_name_use(), 8);
    });
}

/// Returns a permission of the clerks.
fn permission(level: PermissionType) -> Permission {
    Permission::new(Trustee::unresolved(CLERKS.parse().unwrap()), level, true).unwrap()
}

/// Returns the levels of the clerks.
fn levels(info: &SecurityInfo) -> Vec<PermissionType> {
    let own = info.permissions.iter().filter(|permission| permission.trustee.sid.to_string() == CLERKS);
    own.map(|permission| permission.level).collect()
}

#[test]
fn n157_igpm_security_info_add() {
    use PermissionType::{GpoApply, GpoEdit, GpoEditSecurityAndDelete, GpoRead};
    everywhere(async |ground| {
        let mut info = info(ground);
        for (level, changes, expected) in [
            (GpoRead, false, vec![GpoRead]),
            (GpoEdit, true, vec![GpoEdit]),
            (GpoRead, false, vec![GpoEdit]),
            (GpoEditSecurityAndDelete, true, vec![GpoEditSecurityAndDelete]),
        ] {
            assert_eq!(info.add(&permission(level)), Ok(changes), "{level:?}");
            assert_eq!(levels(&info), expected, "{level:?}");
        }
        assert_eq!(info.add(&permission(GpoApply)), Ok(true), "independent of editing");
        assert_eq!(levels(&info).len(), 2);
        let denied = Permission { denied: true, ..permission(GpoRead) };
        assert!(info.add(&denied).is_err(), "a denial is never added");
    });
}

#[test]
fn n158_igpm_security_info_remove() {
    use PermissionType::{GpoEdit, GpoEditSecurityAndDelete, GpoRead};
    everywhere(async |ground| {
        let mut info = info(ground);
        assert_eq!(info.add(&permission(GpoEdit)), Ok(true));
        assert_eq!(info.remove(&permission(GpoRead)), Ok(false), "the level there is higher");
        assert_eq!(info.remove(&permission(GpoEditSecurityAndDelete)), Ok(true), "the lower level goes");
        assert_eq!(levels(&info), []);
    });
    let mut inherited = of_sddl(&format!("D:(A;CIID;LCRPRC;;;{CLERKS})"));
    assert!(inherited.remove(&permission(GpoRead)).is_err(), "what is inherited cannot be removed");
}

#[test]
fn n159_igpm_security_info_remove_trustee() {
    everywhere(async |ground| {
        let mut info = info(ground);
        let count = info.permissions.len();
        assert_eq!(info.remove_trustee(&CLERKS.parse().unwrap()), Ok(true));
        assert_eq!((info.permissions.len(), levels(&info)), (count - 1, vec![]));
        assert_eq!(info.remove_trustee(&CLERKS.parse().unwrap()), Ok(false));
    });
}
