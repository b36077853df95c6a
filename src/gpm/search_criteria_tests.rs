//! Which conditions are legal, over the whole cross product, and what they find.

use std::sync::Arc;

use super::super::fake_store::FakeForest;
use super::super::{Forest, LoadOptions, StarterGpoType, Task};
use super::*;
use crate::ident::GpoVersion;
use crate::security::SddlContext;
use crate::store::Attribute;

const OPERATIONS: [SearchOperation; 4] = [Equals, Contains, NotContains, NotEquals];

fn sid(text: &str) -> Sid {
    text.parse().unwrap()
}

fn permission(trustee: &str, level: PermissionType) -> SearchValue {
    SearchValue::Permission { trustee: sid(trustee), level }
}

fn text(text: &str) -> SearchValue {
    SearchValue::Text(text.to_owned())
}

/// One value of every kind, by a letter.
fn values() -> Vec<(char, SearchValue)> {
    let level = |level| permission("S-1-5-11", level);
    vec![
        ('t', text("some words")),
        ('g', text("{A0000000-0000-0000-0000-000000000001}")),
        ('n', text("corp.x")),
        ('1', SearchValue::Bool(true)),
        ('0', SearchValue::Bool(false)),
        ('p', level(PermissionType::GpoApply)),
        ('c', level(PermissionType::GpoCustom)),
        ('s', level(PermissionType::StarterGpoRead)),
        ('l', level(PermissionType::SomLink)),
        ('w', SearchValue::WmiFilter("[corp.x;{C0000000-0000-0000-0000-000000000001};0]".parse().unwrap())),
        (
            'o',
            SearchValue::Gpo(
                "CN={A0000000-0000-0000-0000-000000000001},CN=Policies,CN=System,DC=corp,DC=x".parse().unwrap(),
            ),
        ),
        ('d', SearchValue::Domain("corp.x".parse().unwrap())),
    ]
}

/// Property, letters of the legal values for Equals, Contains, NotContains, NotEquals, and the searches that know the
/// property: Gpos, Soms and Sites, sTarter GPOs, Backups.
#[rustfmt::skip]
const LEGAL: [(SearchProperty, [&str; 4], &str); 15] = [
    (SearchProperty::GpoPermissions,                 ["",    "p",   "p",   ""],   "G"),
    (SearchProperty::GpoEffectivePermissions,        ["",    "p",   "p",   ""],   "G"),
    (SearchProperty::GpoDisplayName,                 ["tgn", "tgn", "tgn", ""],   "GB"),
    (SearchProperty::GpoWmiFilter,                   ["w",   "",    "",    "w"],  "G"),
    (SearchProperty::GpoId,                          ["g",   "",    "",    "g"],  "GB"),
    (SearchProperty::GpoComputerExtensions,          ["",    "g",   "g",   ""],   "G"),
    (SearchProperty::GpoUserExtensions,              ["",    "g",   "g",   ""],   "G"),
    (SearchProperty::SomLinks,                       ["",    "o",   "",    ""],   "S"),
    (SearchProperty::GpoDomain,                      ["dn",  "",    "",    "dn"], "GB"),
    (SearchProperty::BackupMostRecent,               ["1",   "",    "",    ""],   "B"),
    (SearchProperty::StarterGpoPermissions,          ["",    "s",   "s",   ""],   "T"),
    (SearchProperty::StarterGpoEffectivePermissions, ["",    "s",   "s",   ""],   "T"),
    (SearchProperty::StarterGpoDisplayName,          ["tgn", "tgn", "tgn", ""],   "TB"),
    (SearchProperty::StarterGpoId,                   ["g",   "",    "",    "g"],  "TB"),
    (SearchProperty::StarterGpoDomain,               ["d",   "",    "",    ""],   "TB"),
];

#[test]
fn every_triple_is_legal_or_e_invalidarg() {
    assert_eq!(LEGAL.map(|(property, ..)| property), SearchProperty::ALL);
    for (property, by_operation, searches) in LEGAL {
        for (operation, legal) in OPERATIONS.into_iter().zip(by_operation) {
            assert_eq!(property.operations().contains(&operation), !legal.is_empty(), "{property:?} {operation:?}");
            for (letter, value) in values() {
                let mut criteria = SearchCriteria::new();
                let outcome = criteria.add(property, operation, value);
                assert_eq!(outcome.is_ok(), legal.contains(letter), "{property:?} {operation:?} {letter}");
                assert!(outcome.is_ok() || criteria.is_empty());
                if let Err(error) = outcome {
                    assert_eq!(error.hresult(), 0x8007_0057);
                    continue;
                }
                for (kind, search) in [
                    (SearchKind::Gpos, 'G'),
                    (SearchKind::Soms, 'S'),
                    (SearchKind::Sites, 'S'),
                    (SearchKind::StarterGpos, 'T'),
                    (SearchKind::Backups, 'B'),
                    (SearchKind::WmiFilters, 'W'),
                ] {
                    assert_eq!(criteria.check_for(kind).is_ok(), searches.contains(search), "{property:?} in {kind:?}");
                }
            }
        }
    }
}

const FOREST: &str = r"
    dn: CN=Partitions,CN=Configuration,DC=corp,DC=x
    dn: CN=CORP,CN=Partitions,CN=Configuration,DC=corp,DC=x
    objectClass: crossRef
    nCName: DC=corp,DC=x
    dnsRoot: corp.x
    nETBIOSName: CORP
    systemFlags: 3
    dn: CN=Sites,CN=Configuration,DC=corp,DC=x
    dn: CN=Paris,CN=Sites,CN=Configuration,DC=corp,DC=x
    objectClass: site
    gPLink: [LDAP://cn={A0000000-0000-0000-0000-000000000001},cn=policies,cn=system,DC=corp,DC=x;0]
    dn: DC=corp,DC=x
    objectClass: domainDNS
    dn: OU=Staff,DC=corp,DC=x
    objectClass: organizationalUnit
    gPLink: [LDAP://cn={A0000000-0000-0000-0000-000000000001},cn=policies,cn=system,DC=corp,DC=x;1]
    dn: CN=Policies,CN=System,DC=corp,DC=x
    objectClass: container
    dn: CN={A0000000-0000-0000-0000-000000000001},CN=Policies,CN=System,DC=corp,DC=x
    objectClass: groupPolicyContainer
    displayName: Alpha
    gPCWQLFilter: [corp.x;{C0000000-0000-0000-0000-000000000001};0]
    gPCMachineExtensionNames: [{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]
    sddl: D:(A;CI;LCRPLORC;;;S-1-5-21-1-2-3-513)(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;S-1-5-21-1-2-3-513)(A;CI;0x20037;;;S-1-5-21-1-2-3-1000)
    dn: CN={A0000000-0000-0000-0000-000000000002},CN=Policies,CN=System,DC=corp,DC=x
    objectClass: groupPolicyContainer
    displayName: Beta
    gPCUserExtensionNames: [{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F73-3407-48AE-BA88-E8213C6761F1}]
    sddl: D:(OD;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;S-1-5-21-1-2-3-1000)(A;CI;LCRPLORC;;;AU)(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)
    dn: CN={A0000000-0000-0000-0000-000000000003},CN=Policies,CN=System,DC=corp,DC=x
    objectClass: groupPolicyContainer
    displayName: Gamma, alphabetical
    dn: CN=SOM,CN=WMIPolicy,CN=System,DC=corp,DC=x
";

async fn forest() -> Arc<ForestSnapshot> {
    let mut forest = FakeForest::new(FOREST);
    for entry in &mut forest.entries {
        if let Some(sddl) = entry.text("sddl") {
            entry.attributes.push(Attribute::bytes("nTSecurityDescriptor", descriptor(&sddl).to_bytes().unwrap()));
        }
    }
    Forest::load(forest.store().0, &LoadOptions::default(), &Task::default()).await.unwrap()
}

fn descriptor(sddl: &str) -> SecurityDescriptor {
    SecurityDescriptor::from_sddl(sddl, &SddlContext::default()).unwrap()
}

fn criteria(conditions: &[(SearchProperty, SearchOperation, SearchValue)]) -> SearchCriteria {
    let mut criteria = SearchCriteria::new();
    for (property, operation, value) in conditions {
        criteria.add(*property, *operation, value.clone()).unwrap();
    }
    criteria
}

#[tokio::test]
async fn gpos_are_found_by_every_property() {
    let forest = forest().await;
    let ann = sid("S-1-5-21-1-2-3-1001");
    let groups: GroupsByTrustee = HashMap::from([(
        ann,
        ["S-1-5-11", "S-1-5-21-1-2-3-513", "S-1-5-21-1-2-3-1000"].into_iter().map(sid).collect(),
    )]);
    let check = |conditions: &[(SearchProperty, SearchOperation, SearchValue)], expected: &str| {
        let found = criteria(conditions).search_gpos(&forest.domains[0], &groups).unwrap();
        let initials: String = found.iter().filter_map(|gpo| gpo.display_name.chars().next()).collect();
        assert_eq!(initials, expected, "{conditions:?}");
    };
    use SearchProperty as P;
    check(&[], "ABG");
    check(&[(P::GpoDisplayName, Equals, text("alpha"))], "A");
    check(&[(P::GpoDisplayName, Contains, text("ALPHA"))], "AG");
    check(&[(P::GpoDisplayName, NotContains, text("alpha"))], "B");
    check(&[(P::GpoDisplayName, Contains, text("alpha")), (P::GpoDisplayName, NotContains, text("gamma"))], "A");
    check(&[(P::GpoId, Equals, text("a0000000-0000-0000-0000-000000000002"))], "B");
    check(&[(P::GpoId, NotEquals, text("{A0000000-0000-0000-0000-000000000002}"))], "AG");
    check(&[(P::GpoDomain, Equals, text("CORP.X"))], "ABG");
    check(&[(P::GpoDomain, NotEquals, SearchValue::Domain("corp.x".parse().unwrap()))], "");
    let filter = SearchValue::WmiFilter("[corp.x;{C0000000-0000-0000-0000-000000000001};0]".parse().unwrap());
    check(&[(P::GpoWmiFilter, Equals, filter.clone())], "A");
    check(&[(P::GpoWmiFilter, NotEquals, filter)], "BG");
    let registry = text("{35378EAC-683F-11D2-A89A-00C04FBBCFA2}");
    check(&[(P::GpoComputerExtensions, Contains, registry.clone())], "A");
    check(&[(P::GpoUserExtensions, Contains, registry.clone())], "B");
    check(&[(P::GpoUserExtensions, NotContains, registry)], "AG");
    let (users, editors, ann) = ("S-1-5-21-1-2-3-513", "S-1-5-21-1-2-3-1000", "S-1-5-21-1-2-3-1001");
    check(&[(P::GpoPermissions, Contains, permission(users, PermissionType::GpoApply))], "A");
    check(&[(P::GpoPermissions, Contains, permission(users, PermissionType::GpoRead))], "");
    check(&[(P::GpoPermissions, NotContains, permission(editors, PermissionType::GpoEdit))], "B");
    check(&[(P::GpoPermissions, Contains, permission(ann, PermissionType::GpoEdit))], "");
    check(&[(P::GpoEffectivePermissions, Contains, permission(ann, PermissionType::GpoEdit))], "A");
    check(&[(P::GpoEffectivePermissions, Contains, permission(ann, PermissionType::GpoRead))], "AB");
    check(&[(P::GpoEffectivePermissions, Contains, permission(ann, PermissionType::GpoApply))], "A");
    check(&[(P::GpoEffectivePermissions, NotContains, permission(ann, PermissionType::GpoApply))], "B");
    check(&[(P::GpoEffectivePermissions, Contains, permission(users, PermissionType::GpoApply))], "A");
}

#[tokio::test]
async fn the_other_searches_find_theirs() {
    let forest = forest().await;
    let domain = &forest.domains[0];
    let linked = criteria(&[(
        SearchProperty::SomLinks,
        Contains,
        SearchValue::Gpo(
            "CN={A0000000-0000-0000-0000-000000000001},CN=Policies,CN=System,DC=corp,DC=x".parse().unwrap(),
        ),
    )]);
    let names = |soms: Vec<&Som>| soms.into_iter().map(|som| som.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(linked.search_soms(domain).unwrap()), ["Staff"]);
    assert_eq!(names(linked.search_sites(&forest).unwrap()), ["Paris"]);
    assert_eq!(names(SearchCriteria::new().search_soms(domain).unwrap()), ["corp.x", "Staff"]);
    assert!(linked.search_wmi_filters(domain).is_err());
    assert!(SearchCriteria::new().search_wmi_filters(domain).unwrap().is_empty());
    assert!(linked.search_gpos(domain, &HashMap::new()).is_err());
}

#[test]
fn starter_gpos_are_found_by_name_and_permission() {
    let starter = |number: u128, name: &str| StarterGpo {
        id: Guid::from_u128(number),
        domain: "corp.x".parse().unwrap(),
        display_name: name.to_owned(),
        kind: StarterGpoType::Custom,
        author: String::new(),
        product: String::new(),
        description: String::new(),
        version: GpoVersion::default(),
        template_version: String::new(),
        created: None,
        modified: None,
    };
    let starters = [starter(1, "One"), starter(2, "Two")];
    let descriptors = HashMap::from([(Guid::from_u128(1), descriptor("D:(A;OICI;0x1200a9;;;AU)(A;OICI;FA;;;SY)"))]);
    let find = |condition: (SearchProperty, SearchOperation, SearchValue)| {
        let found = criteria(&[condition]).search_starter_gpos(&starters, &descriptors, &HashMap::new()).unwrap();
        found.into_iter().map(|starter| starter.display_name.as_str()).collect::<Vec<_>>()
    };
    use SearchProperty as P;
    assert_eq!(find((P::StarterGpoDisplayName, Contains, text("o"))), ["One", "Two"]);
    assert_eq!(find((P::StarterGpoId, NotEquals, text(&Guid::from_u128(1).to_string()))), ["Two"]);
    assert_eq!(find((P::StarterGpoDomain, Equals, SearchValue::Domain("corp.x".parse().unwrap()))), ["One", "Two"]);
    let read = permission("S-1-5-11", PermissionType::StarterGpoRead);
    assert_eq!(find((P::StarterGpoPermissions, Contains, read.clone())), ["One"]);
    assert!(find((P::StarterGpoPermissions, NotContains, read.clone())).is_empty());
    assert_eq!(find((P::StarterGpoEffectivePermissions, Contains, read)), ["One"]);
    let system = permission("S-1-5-18", PermissionType::StarterGpoEdit);
    assert_eq!(find((P::StarterGpoEffectivePermissions, Contains, system)), ["One"]);
}

#[test]
fn effective_trustees_are_those_whose_groups_matter() {
    let mut wanted = criteria(&[
        (SearchProperty::GpoPermissions, Contains, permission("S-1-5-18", PermissionType::GpoRead)),
        (SearchProperty::GpoEffectivePermissions, Contains, permission("S-1-5-11", PermissionType::GpoRead)),
    ]);
    let again = permission("S-1-5-11", PermissionType::GpoEdit);
    wanted.add(SearchProperty::GpoEffectivePermissions, NotContains, again).unwrap();
    assert_eq!(wanted.effective_trustees(), [Sid::authenticated_users()]);
}
