//! What planning reads of the demo forest: accounts with their groups, sites, what GPOs set.

use opengpmc::gpm::{HResult, Task};
use opengpmc::ident::{Dn, DnsName, Sid};
use opengpmc::operation::rsop::{PolicyCache, Sites, Subjects, WhichGpos, load_policies};
use opengpmc::report::Side;
use opengpmc::rsop::{Account, AccountKind, Assumptions, Subject, Target, TemplateState};

use crate::common::faulty_store::{Fault, Faults, Part};
use crate::common::sysvol_suite::path;

use super::demo::Demo;

const KESTREL: &str = "S-1-5-21-1907365412-2871903345-664120987";
const YARDS: &str = "S-1-5-21-3310427756-1158846021-2940077113";

fn sids(list: &[(&str, u32)]) -> Vec<Sid> {
    let mut sids: Vec<Sid> = list.iter().map(|(domain, rid)| format!("{domain}-{rid}").parse().unwrap()).collect();
    sids.sort();
    sids
}

#[tokio::test]
async fn accounts_are_found_by_every_name_they_have() {
    let demo = Demo::open().await;
    let subjects = Subjects::new(&demo.store, &demo.forest);
    let ida = "CN=Ida Strand,OU=Accounts,OU=Tier 0,DC=kestrelbay,DC=example";
    for text in [r"KESTREL\ida.strand", "ida.strand", "ida.strand@kestrelbay.example", ida, &format!("{KESTREL}-1104")]
    {
        let found = subjects.user(text, None).await.unwrap();
        assert_eq!((found.name.as_str(), found.kind), (r"KESTREL\ida.strand", AccountKind::User), "{text}");
        assert_eq!((found.dn.as_str(), found.domain.as_str()), (ida, "kestrelbay.example"));
    }
    for text in [r"KESTREL\KB-WS017", r"kestrel\kb-ws017$", "KB-WS017", &format!("{KESTREL}-1302")] {
        let found = subjects.computer(text).await.unwrap();
        assert_eq!((found.name.as_str(), found.kind), (r"KESTREL\KB-WS017$", AccountKind::Computer), "{text}");
    }
    assert_eq!(subjects.computer("KB-DC1").await.unwrap().kind, AccountKind::DomainController);
    for (text, part) in [
        (r"KESTREL\nobody", "DOMAIN\\name"),
        (r"KESTREL\Helpdesk", "is a group"),
        (r"KESTREL\KB-WS017$", "is a computer"),
        ("Everyone", "is the same everywhere"),
        (r"NOWHERE\x", "not a domain"),
        ("S-1-5-21-9-9-9-1000", "no object"),
    ] {
        let error = subjects.user(text, None).await.unwrap_err();
        assert!(error.to_string().contains(part), "{text}: {error}");
        assert!([HResult::NONE_MAPPED, HResult::INVALID_ARGUMENT].contains(&error.0.code), "{text}: {}", error.0.code);
    }
}

#[tokio::test]
async fn groups_are_those_of_the_token() {
    let demo = Demo::open().await;
    let subjects = Subjects::new(&demo.store, &demo.forest);
    let check = |account: &Account, expected: &[(&str, u32)]| {
        assert_eq!(account.groups, sids(expected), "{}", account.name);
    };
    // Payroll Officers in Finance Staff in All Staff; Finance Staff in a domain local group of this domain.
    let hanna = subjects.user(r"KESTREL\hanna.crewe", None).await.unwrap();
    check(&hanna, &[(KESTREL, 513), (KESTREL, 1204), (KESTREL, 1205), (KESTREL, 1210), (KESTREL, 1217)]);
    // The same on a computer of another domain, in whose tokens domain local groups of this one do not count.
    let terminal = subjects.computer(r"YARDS\YD-TERM11").await.unwrap();
    let away = subjects.user(r"KESTREL\hanna.crewe", Some(&terminal)).await.unwrap();
    check(&away, &[(KESTREL, 513), (KESTREL, 1204), (KESTREL, 1205), (KESTREL, 1210)]);
    // A distribution list is in no token.
    check(&subjects.user("ivo.pram", None).await.unwrap(), &[(KESTREL, 513)]);
    check(&subjects.computer("KB-WS017").await.unwrap(), &[(KESTREL, 515), (KESTREL, 1214)]);
    check(&subjects.computer("KB-DC1").await.unwrap(), &[(KESTREL, 516)]);
    // Groups of other domains.
    let rolf = subjects.user(r"YARDS\rolf.vance", None).await.unwrap();
    assert!(rolf.groups.contains(&sids(&[(KESTREL, 1203)])[0]), "{:?}", rolf.groups);
    assert!(rolf.groups.contains(&sids(&[(YARDS, 513)])[0]), "{:?}", rolf.groups);
}

#[tokio::test]
async fn all_accounts_of_a_container_are_read_with_the_same_groups_as_one_by_one() {
    let demo = Demo::open().await;
    let subjects = Subjects::new(&demo.store, &demo.forest);
    let mut count = 0;
    for domain in &demo.forest.domains {
        for account in subjects.within(&domain.dn, &Task::default()).await.unwrap() {
            let text = account.dn.as_str();
            let single = match account.kind {
                AccountKind::User => subjects.user(text, None).await,
                AccountKind::Computer | AccountKind::DomainController => subjects.computer(text).await,
            };
            assert_eq!(single.unwrap(), account);
            count += 1;
        }
    }
    assert!(count > 70, "{count}");
    let ou: Dn = "OU=Kiosks,OU=Computers,OU=Headquarters,DC=kestrelbay,DC=example".parse().unwrap();
    let kiosks = subjects.within(&ou, &Task::default()).await.unwrap();
    assert_eq!(
        kiosks.iter().map(|account| account.name.as_str()).collect::<Vec<_>>(),
        [r"KESTREL\KB-KIOSK1$", r"KESTREL\KB-KIOSK2$"]
    );
    let elsewhere = subjects.within(&"OU=x,DC=nowhere,DC=example".parse().unwrap(), &Task::default()).await;
    assert!(elsewhere.unwrap_err().to_string().contains("no domain of this forest"));
    let cancelled = Task::default();
    cancelled.cancel();
    assert!(subjects.within(&ou, &cancelled).await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn sites_come_by_address_or_server() {
    let demo = Demo::open().await;
    let sites = Sites::read(&*demo.store).await.unwrap();
    assert_eq!(sites.names(), ["Aberwick", "Lumen-Atelier", "Port-Sable", "Sea-Trials"]);
    let subjects = Subjects::new(&demo.store, &demo.forest);
    for (computer, address, expected) in [
        ("KB-DC2", None, Some("Port-Sable")),
        ("KB-WS017", None, None),
        ("KB-WS017", Some("10.20.3.4"), Some("Aberwick")),
        ("KB-WS017", Some("172.30.15.1"), Some("Sea-Trials")),
        ("KB-WS017", Some("192.168.1.1"), None),
        ("KB-DC2", Some("10.20.3.4"), Some("Aberwick")),
        ("KB-WS017", Some("2001:db8:20::7"), Some("Aberwick")),
    ] {
        let account = subjects.computer(computer).await.unwrap();
        let found = sites.of_computer(&account, address.map(|address| address.parse().unwrap()));
        assert_eq!(found, expected, "{computer} {address:?}");
    }
}

#[tokio::test]
async fn what_gpos_set_is_read_once() {
    let demo = Demo::open().await;
    let (cache, task) = (PolicyCache::default(), Task::default());
    let policies = load_policies(&demo.store, &demo.forest, WhichGpos::All, &cache, &task).await.unwrap();
    let gpos: Vec<_> = demo.forest.domains.iter().flat_map(|domain| &domain.gpos).collect();
    assert!(gpos.iter().all(|gpo| policies.get(&gpo.dn).is_some()), "every GPO is there, however broken");
    let policy = |domain: &str, name: &str| {
        let domain: DnsName = domain.parse().unwrap();
        let gpo = demo.forest.domain(&domain).unwrap().gpos_named(name).next().unwrap();
        policies.get(&gpo.dn).unwrap()
    };
    let baseline = policy("kestrelbay.example", "Baseline - All Computers");
    assert!(matches!(baseline.template, TemplateState::Version(_)));
    assert!(baseline.half(Side::Computer).contents.registry().is_some_and(|(policy, _)| !policy.to_bytes().is_empty()));
    let office = policy("kestrelbay.example", "Software - Office Tools");
    assert!(!office.half(Side::User).contents.objects.is_empty());
    for (domain, name, expected) in [
        ("kestrelbay.example", "Broken - Directory Only", TemplateState::Missing),
        ("yards.kestrelbay.example", "Broken - No GPT.INI", TemplateState::Missing),
        ("lumen-sails.example", "Lumen - Old Startup Disk", TemplateState::NoVersion),
    ] {
        assert_eq!(policy(domain, name).template, expected, "{name}");
    }
    let again = load_policies(&demo.store, &demo.forest, WhichGpos::All, &cache, &task).await.unwrap();
    for gpo in &gpos {
        let (first, second) = (policies.get(&gpo.dn).unwrap(), again.get(&gpo.dn).unwrap());
        let is_whole = matches!(first.template, TemplateState::Version(_));
        assert_eq!(std::ptr::eq(first, second), is_whole, "{}", gpo.display_name);
    }
    let cancelled = Task::default();
    cancelled.cancel();
    assert!(load_policies(&demo.store, &demo.forest, WhichGpos::All, &cache, &cancelled).await.is_err());
}

#[tokio::test]
async fn only_what_may_reach_a_target_is_read() {
    let demo = Demo::open().await;
    let place: Dn = "OU=Kiosks,OU=Computers,OU=Headquarters,DC=kestrelbay,DC=example".parse().unwrap();
    let target = Target { computer: Some(Subject::Container(place)), user: None };
    let assumptions = Assumptions { site: Some("Lumen-Atelier".to_owned()), ..Assumptions::default() };
    let which = WhichGpos::OfTarget(&target, &assumptions);
    let policies =
        load_policies(&demo.store, &demo.forest, which, &PolicyCache::default(), &Task::default()).await.unwrap();
    for (domain, name, expected) in [
        ("kestrelbay.example", "Loopback - Kiosks", true),
        ("kestrelbay.example", "Certificates - Trust and Enrolment", true),
        ("kestrelbay.example", "Default Domain Policy", true),
        ("lumen-sails.example", "Atelier Proxy", true),
        ("kestrelbay.example", "Folder Redirection", false),
    ] {
        let gpo = demo.forest.domain(&domain.parse().unwrap()).unwrap().gpos_named(name).next().unwrap();
        assert_eq!(policies.get(&gpo.dn).is_some(), expected, "{name}");
    }
}

#[tokio::test]
async fn a_sysvol_that_is_away_leaves_every_gpo_known_as_unreadable() {
    let demo = Demo::open().await;
    let store = Faults::at(1, Fault::Gone(Part::Sysvol)).wrap(demo.store.clone());
    let sysvol = store.sysvol(&"kestrelbay.example".parse().unwrap()).await.unwrap();
    assert!(sysvol.replace(&path("scripts/x"), b"x").await.is_err());
    let task = Task::default();
    let cache = PolicyCache::default();
    let policies = load_policies(&store, &demo.forest, WhichGpos::All, &cache, &task).await.unwrap();
    for gpo in demo.forest.domains.iter().flat_map(|domain| &domain.gpos) {
        let policy = policies.get(&gpo.dn).unwrap();
        assert!(matches!(policy.template, TemplateState::Unreadable(_)), "{}", gpo.display_name);
    }
    // Nothing of that is kept for the next time.
    let policies = load_policies(&demo.store, &demo.forest, WhichGpos::All, &cache, &task).await.unwrap();
    let gpo = &demo.forest.domains[0].gpos[0];
    assert!(!matches!(policies.get(&gpo.dn).unwrap().template, TemplateState::Unreadable(_)));
}
