//! Names of trustees and effective permissions on the demo forest, which answers as a directory would.

use std::collections::{BTreeSet, HashMap};

use opengpmc::gpm::{
    Names, PermissionType, SearchCriteria, SearchOperation, SearchProperty, SearchValue, SecuredObject, SecurityInfo,
    TrusteeKind,
};
use opengpmc::ident::{DnsName, Sid};

use super::demo::Demo;

fn root() -> DnsName {
    "kestrelbay.example".parse().unwrap()
}

#[tokio::test]
async fn every_trustee_of_every_gpo_has_a_name_or_is_told_apart() {
    let Demo { store, forest } = Demo::open().await;
    let mut infos = Vec::new();
    for gpo in forest.domains.iter().flat_map(|domain| &domain.gpos) {
        if let Some(bytes) = &gpo.security_descriptor {
            infos.push(SecurityInfo::from_bytes(SecuredObject::Gpo, bytes).unwrap());
        }
    }
    let sids: Vec<Sid> = infos.iter().flat_map(SecurityInfo::sids).collect();
    let names = Names::new(&forest);
    let found = names.resolve(&*store, &sids).await;
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let mut kinds = BTreeSet::new();
    for trustee in found.trustees.values() {
        kinds.insert(format!("{:?}", trustee.kind));
        let is_nameless = matches!(trustee.kind, TrusteeKind::Unknown | TrusteeKind::Foreign);
        assert_eq!(trustee.name.is_none(), is_nameless, "{trustee:?}");
        assert_eq!(names.get(&trustee.sid), *trustee);
    }
    for kind in ["Group", "User", "WellKnown", "Unknown"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
    for info in &mut infos {
        info.set_trustees(&found.trustees);
    }
    assert!(infos.iter().flat_map(SecurityInfo::security_filtering).any(|trustee| trustee.label().contains('\\')));
}

#[tokio::test]
async fn foreign_principals_and_trusted_domains_are_told_apart_from_the_dead() {
    let Demo { store, forest } = Demo::open().await;
    let sids = ["2245587103-917742080-3061459921-1107", "2245587103-917742080-3061459921-9999", "9-9-9-9999"]
        .map(|rest| format!("S-1-5-21-{rest}").parse::<Sid>().unwrap());
    let found = Names::new(&forest).resolve(&*store, &sids).await;
    let kinds = sids.map(|sid| found.trustees[&sid].kind);
    assert_eq!(kinds, [TrusteeKind::Foreign, TrusteeKind::Foreign, TrusteeKind::Unknown]);
}

#[tokio::test]
async fn people_are_found_by_what_they_are_called() {
    let Demo { store, forest } = Demo::open().await;
    let names = Names::new(&forest);
    for (text, expected) in [
        ("Domain Admins", r"KESTREL\Domain Admins"),
        (r"lumen\celeste.roux", r"LUMEN\celeste.roux"),
        ("bastien.roy@lumen-sails.example", r"LUMEN\bastien.roy"),
        (r"kestrelbay.example\GPO Editors", r"KESTREL\GPO Editors"),
        ("KB-WS017", r"KESTREL\KB-WS017$"),
        ("everyone", "Everyone"),
    ] {
        let found = names.find(&*store, text, &root()).await.unwrap();
        assert!(found.label().eq_ignore_ascii_case(expected), "{text}: {found:?}");
    }
}

#[tokio::test]
async fn effective_permissions_reach_through_groups_in_groups() {
    let Demo { store, forest } = Demo::open().await;
    let names = Names::new(&forest);
    let user = names.find(&*store, r"LUMEN\bastien.roy", &root()).await.unwrap().sid;
    let groups = names.groups_of(&*store, &user).await.unwrap();
    let found = names.resolve(&*store, &groups.iter().cloned().collect::<Vec<_>>()).await;
    let labels: BTreeSet<String> = found.trustees.values().map(|trustee| trustee.label()).collect();
    for expected in
        [r"LUMEN\Sail Makers", r"LUMEN\Table Operators", r"LUMEN\Domain Users", r"NT AUTHORITY\Authenticated Users"]
    {
        assert!(labels.contains(expected), "{expected} in {labels:?}");
    }

    let domain = &forest.domains[0];
    let mut criteria = SearchCriteria::new();
    let applies = SearchValue::Permission { trustee: user.clone(), level: PermissionType::GpoApply };
    criteria.add(SearchProperty::GpoEffectivePermissions, SearchOperation::Contains, applies).unwrap();
    assert_eq!(criteria.effective_trustees(), std::slice::from_ref(&user));
    let with_groups = criteria.search_gpos(domain, &HashMap::from([(user, groups)])).unwrap().len();
    let alone = criteria.search_gpos(domain, &HashMap::new()).unwrap().len();
    assert!(alone < with_groups && with_groups < domain.gpos.len(), "{alone} {with_groups}");
}
