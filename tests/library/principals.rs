//! Looking for principals in the demo forest, as the object picker does: the forest file answers filters as a directory would.

use opengpmc::gpm::{
    FindTrusteeError, Names, PrincipalKinds, PrincipalPlace, PrincipalQuery, Resolution, Task, TextCondition, TextMatch,
};
use opengpmc::ident::{Dn, DnsName};
use opengpmc::store::StoreErrorKind;

use super::demo::Demo;

fn query(text: &str) -> PrincipalQuery {
    let home: DnsName = "kestrelbay.example".parse().unwrap();
    PrincipalQuery::begins(text, &home, 20)
}

async fn labels(demo: &Demo, query: &PrincipalQuery) -> Vec<String> {
    let found = Names::new(&demo.forest).search(&*demo.store, query, &Task::default()).await.unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    found.principals.iter().map(|principal| principal.trustee.label()).collect()
}

#[tokio::test]
async fn whoever_is_called_like_that_is_found() {
    let demo = Demo::open().await;
    for (text, expected) in [
        // Account, name, family name; who has the whole name comes first, then by name.
        ("help", vec![r"KESTREL\Helpdesk"]),
        ("fin", vec![r"KESTREL\Finance Staff", r"KESTREL\nora.finch"]),
        ("ida str", vec![r"KESTREL\ida.strand"]),
        ("Strand Ida", vec![r"KESTREL\ida.strand"]),
        ("Domain Adm", vec![r"KESTREL\Domain Admins", r"LUMEN\Domain Admins", r"YARDS\Domain Admins"]),
        ("KB-KIOSK1", vec![r"KESTREL\KB-KIOSK1$"]),
        // The domain before a backslash, in both forms, and behind an at-sign.
        (r"YARDS\Domain A", vec![r"YARDS\Domain Admins"]),
        (r"lumen-sails.example\domain admins", vec![r"LUMEN\Domain Admins"]),
        ("celeste.roux@lumen-sails.example", vec![r"LUMEN\celeste.roux"]),
        // The same in every domain, in any language; once, although each domain has an object of it.
        ("Authenticated", vec![r"NT AUTHORITY\Authenticated Users"]),
        ("Jeder", vec!["Everyone"]),
        (r"BUILTIN\Administrators", vec![r"BUILTIN\Administrators"]),
        ("Remote Desktop", vec![r"BUILTIN\Remote Desktop Users"]),
        // A SID, a DN, a foreign SID.
        ("S-1-5-11", vec![r"NT AUTHORITY\Authenticated Users"]),
        ("S-1-5-21-9-9-9-1000", vec!["S-1-5-21-9-9-9-1000"]),
        ("CN=Helpdesk,OU=Groups,OU=Headquarters,DC=kestrelbay,DC=example", vec![r"KESTREL\Helpdesk"]),
        // A distribution list holds no rights; what is not there is not found; nothing breaks out of a filter.
        ("Newsletter", vec![]),
        ("no such name", vec![]),
        ("*)(cn=*", vec![]),
    ] {
        assert_eq!(labels(&demo, &query(text)).await, expected, "{text}");
    }
}

#[tokio::test]
async fn kinds_places_and_conditions_limit_whom_is_found() {
    let demo = Demo::open().await;
    let none = PrincipalKinds { users: false, groups: false, computers: false, well_known: false };
    let condition = |how, text: &str| TextCondition::new(how, text);
    let ou: Dn = "OU=Legal,OU=People,OU=Headquarters,DC=kestrelbay,DC=example".parse().unwrap();
    let everybody = PrincipalQuery { name: None, limit: 1000, ..query("") };
    for (query, expected) in [
        (PrincipalQuery { kinds: PrincipalKinds { users: true, ..none }, ..query("fin") }, vec![r"KESTREL\nora.finch"]),
        (
            PrincipalQuery { kinds: PrincipalKinds { groups: true, ..none }, ..query("fin") },
            vec![r"KESTREL\Finance Staff"],
        ),
        (PrincipalQuery { kinds: PrincipalKinds { well_known: true, ..none }, ..query("every") }, vec!["Everyone"]),
        (PrincipalQuery { kinds: none, ..query("fin") }, vec![]),
        (
            PrincipalQuery {
                place: PrincipalPlace::Domain("yards.kestrelbay.example".parse().unwrap()),
                ..query("Domain A")
            },
            vec![r"YARDS\Domain Admins"],
        ),
        (PrincipalQuery { place: PrincipalPlace::Container(ou), ..everybody.clone() }, vec![r"KESTREL\ruth.abelard"]),
        (
            PrincipalQuery { description: condition(TextMatch::Contains, "LINE support"), ..everybody.clone() },
            vec![r"KESTREL\Helpdesk"],
        ),
        (PrincipalQuery { name: condition(TextMatch::Is, "Helpdesk"), ..everybody.clone() }, vec![r"KESTREL\Helpdesk"]),
        (
            PrincipalQuery { name: condition(TextMatch::Contains, "quill"), ..everybody.clone() },
            vec![r"KESTREL\old.quill"],
        ),
    ] {
        assert_eq!(labels(&demo, &query).await, expected, "{query:?}");
    }
    let disabled = labels(&demo, &PrincipalQuery { only_disabled: true, ..everybody }).await;
    assert!(
        disabled.contains(&r"KESTREL\old.quill".to_owned()) && !disabled.contains(&r"KESTREL\nora.finch".to_owned())
    );
}

#[tokio::test]
async fn a_limit_cuts_off_but_never_whoever_has_the_whole_name() {
    let demo = Demo::open().await;
    let names = Names::new(&demo.forest);
    let few = PrincipalQuery { limit: 2, ..query("KB-") };
    let found = names.search(&*demo.store, &few, &Task::default()).await.unwrap();
    assert_eq!((found.principals.len(), found.has_more), (2, true));
    let one = PrincipalQuery { limit: 1, ..query("Domain Computers") };
    let found = names.search(&*demo.store, &one, &Task::default()).await.unwrap();
    assert_eq!(found.principals[0].trustee.label(), r"KESTREL\Domain Computers");
}

#[tokio::test]
async fn a_name_that_is_checked_is_one_several_or_nobody() {
    let demo = Demo::open().await;
    let names = Names::new(&demo.forest);
    let task = Task::default();
    for (text, expected) in [
        ("Helpdesk", Ok(vec![r"KESTREL\Helpdesk"])),
        ("nora.fi", Ok(vec![r"KESTREL\nora.finch"])),
        // Called so wins over those whose names only begin so.
        ("Administrators", Ok(vec![r"BUILTIN\Administrators"])),
        ("Domain Guests", Ok(vec![r"KESTREL\Domain Guests", r"LUMEN\Domain Guests", r"YARDS\Domain Guests"])),
        ("no such name", Ok(vec![])),
        (r"NOWHERE\ann", Err(())),
    ] {
        let found = names.check(&*demo.store, text, &query(""), &task).await;
        let labels = found.map_err(|error| assert!(matches!(error, FindTrusteeError::UnknownDomain(_)), "{error}"));
        let labels = labels.map(|resolution| match resolution {
            Resolution::One(one) => vec![one.trustee.label()],
            Resolution::Several(found) => found.principals.iter().map(|one| one.trustee.label()).collect(),
            Resolution::Nobody(_) => Vec::new(),
        });
        assert_eq!(labels, expected.map(|labels| labels.into_iter().map(str::to_owned).collect()), "{text}");
    }
}

#[tokio::test]
async fn a_search_that_was_cancelled_ends_and_says_so() {
    let demo = Demo::open().await;
    let task = Task::default();
    task.cancel();
    let outcome = Names::new(&demo.forest).search(&*demo.store, &query("a"), &task).await;
    assert!(matches!(outcome, Err(FindTrusteeError::Store(error)) if error.kind == StoreErrorKind::Cancelled));
}
