//! Loading forests from a directory in memory: what is found, what is wrong, how many searches it takes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::fake_store::FakeForest;
use super::*;
use crate::ident::{Dn, DnsName};

const FOREST: &str = r"
    dn: CN=Partitions,CN=Configuration,DC=corp,DC=x
    dn: CN=SUB,CN=Partitions,CN=Configuration,DC=corp,DC=x
    objectClass: crossRef
    nCName: DC=sub,DC=corp,DC=x
    dnsRoot: sub.corp.x
    nETBIOSName: SUB
    systemFlags: 3

    dn: CN=CORP,CN=Partitions,CN=Configuration,DC=corp,DC=x
    objectClass: crossRef
    nCName: <GUID=8c0bf4d6>;<SID=0105>;DC=corp,DC=x
    dnsRoot: corp.x
    nETBIOSName: CORP
    systemFlags: 3

    dn: CN=Schema,CN=Partitions,CN=Configuration,DC=corp,DC=x
    objectClass: crossRef
    nCName: CN=Schema,CN=Configuration,DC=corp,DC=x
    systemFlags: 1

    dn: CN=Sites,CN=Configuration,DC=corp,DC=x
    dn: CN=Paris,CN=Sites,CN=Configuration,DC=corp,DC=x
    objectClass: site
    gPLink: [LDAP://cn={A0000000-0000-0000-0000-000000000001},cn=policies,cn=system,DC=corp,DC=x;0]

    dn: CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=x
    objectClass: site

    dn: CN=DC1,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=x
    objectClass: server
    dNSHostName: DC1.corp.x

    dn: CN=NTDS Settings,CN=DC1,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=x
    objectClass: nTDSDSA
    hasMasterNCs: CN=Configuration,DC=corp,DC=x
    hasMasterNCs: DC=corp,DC=x

    dn: CN=Gone,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=x
    objectClass: server
    dNSHostName: gone.corp.x

    dn: DC=corp,DC=x
    objectClass: domainDNS
    fSMORoleOwner: CN=NTDS Settings,CN=DC1,CN=Servers,CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=x
    gPLink: [LDAP://cn={A0000000-0000-0000-0000-000000000002},cn=policies,cn=system,DC=corp,DC=x;2][LDAP://CN={A0000000-0000-0000-0000-000000000001},CN=Policies,CN=System,DC=corp,DC=x;0]

    dn: OU=staff,DC=corp,DC=x
    objectClass: organizationalUnit
    gPOptions: 1
    gPLink: [LDAP://cn={B0000000-0000-0000-0000-000000000001},cn=policies,cn=system,DC=sub,DC=corp,DC=x;0][LDAP://cn={A0000000-0000-0000-0000-000000000009},cn=policies,cn=system,DC=corp,DC=x;0]

    dn: OU=Zurich,OU=Staff,DC=corp,DC=x
    objectClass: organizationalUnit
    gPLink: [LDAP://cn={A0000000-0000-0000-0000-000000000001},cn=policies,cn=system,DC=corp,DC=x;0][LDAP://cn={A0000000-0000-0000-0000-000000000002},cn=policies,cn=system,DC=corp,DC=x;1]

    dn: OU=Berlin,OU=Staff,DC=corp,DC=x
    objectClass: organizationalUnit
    gPLink: garbage
    gPOptions: many

    dn: OU=Alpha,DC=corp,DC=x
    objectClass: organizationalUnit
    gPLink: 

    dn: OU=Deep,CN=Container,OU=Alpha,DC=corp,DC=x
    objectClass: organizationalUnit

    dn: CN=Policies,CN=System,DC=corp,DC=x
    objectClass: container

    dn: CN={A0000000-0000-0000-0000-000000000001},CN=Policies,CN=System,DC=corp,DC=x
    objectClass: groupPolicyContainer
    displayName: Twin
    versionNumber: 65538
    flags: 1
    gPCFileSysPath: \\corp.x\sysvol\corp.x\Policies\{A0000000-0000-0000-0000-000000000001}
    gPCWQLFilter: [corp.x;{C0000000-0000-0000-0000-000000000001};0]
    whenCreated: 20260301120000.0Z

    dn: CN={A0000000-0000-0000-0000-000000000002},CN=Policies,CN=System,DC=corp,DC=x
    objectClass: groupPolicyContainer
    displayName: twin
    versionNumber: many
    flags: 0
    gPCWQLFilter: [corp.x;{C0000000-0000-0000-0000-00000000000F};0]

    dn: CN={A0000000-0000-0000-0000-000000000003},CN=Policies,CN=System,DC=corp,DC=x

    dn: CN=Not a GUID,CN=Policies,CN=System,DC=corp,DC=x
    objectClass: groupPolicyContainer

    dn: CN=Other,CN=Policies,CN=System,DC=corp,DC=x
    objectClass: container

    dn: CN=SOM,CN=WMIPolicy,CN=System,DC=corp,DC=x
    dn: CN={C0000000-0000-0000-0000-000000000001},CN=SOM,CN=WMIPolicy,CN=System,DC=corp,DC=x
    objectClass: msWMI-Som
    msWMI-ID: {C0000000-0000-0000-0000-000000000001}
    msWMI-Name: Laptops
    msWMI-Parm1: Only laptops 
    msWMI-Parm2: 1;3;10;8;WQL;root\CIMv2;Select 1;
    msWMI-CreationDate: 20200408190406.280000+120

    dn: DC=sub,DC=corp,DC=x
    objectClass: domainDNS

    dn: CN=Policies,CN=System,DC=sub,DC=corp,DC=x
    objectClass: container

    dn: CN={B0000000-0000-0000-0000-000000000001},CN=Policies,CN=System,DC=sub,DC=corp,DC=x
    objectClass: groupPolicyContainer
    displayName: From below
    versionNumber: 0
";

async fn load(forest: FakeForest) -> std::sync::Arc<ForestSnapshot> {
    let (store, _) = forest.store();
    Forest::load(store, &LoadOptions::default(), &Task::default()).await.unwrap()
}

fn dn(text: &str) -> Dn {
    text.parse().unwrap()
}

fn corp() -> DnsName {
    "corp.x".parse().unwrap()
}

#[tokio::test]
async fn a_forest_is_read_whole() {
    let forest = load(FakeForest::new(FOREST)).await;
    assert_eq!(forest.name.as_str(), "corp.x");
    let names: Vec<_> = forest.domains.iter().map(|domain| (domain.name.as_str(), &*domain.netbios_name)).collect();
    assert_eq!(names, [("corp.x", "CORP"), ("sub.corp.x", "SUB")]);
    let sites: Vec<_> = forest.sites.iter().map(|site| site.name.as_str()).collect();
    assert_eq!(sites, ["Berlin", "Paris"]);

    let domain = forest.domain(&corp()).unwrap();
    assert!(domain.is_pdc_emulator);
    let controller = DomainController { name: "DC1.corp.x".into(), site: "Berlin".into(), is_pdc_emulator: true };
    assert_eq!(domain.domain_controllers, [controller]);
    let tree: Vec<_> = domain.soms.iter().map(|som| (som.depth, som.name.as_str())).collect();
    let expected = [(0, "corp.x"), (1, "Alpha"), (2, "Deep"), (1, "staff"), (2, "Berlin"), (2, "Zurich")];
    assert_eq!(tree, expected);
    let staff = domain.som_index(&dn("ou=STAFF,dc=corp,dc=x")).unwrap();
    assert!(domain.soms[staff.0].inheritance_blocked);
    let children: Vec<_> = domain.som_children(staff).map(|child| domain.soms[child.0].name.as_str()).collect();
    assert_eq!(children, ["Berlin", "Zurich"]);

    let labels: Vec<_> = domain.gpos.iter().map(|gpo| domain.gpo_label(gpo)).collect();
    assert_eq!(labels, ["Twin (A0000000)", "twin (A0000000)", "Inaccessible (A0000000)"]);
    let gpo = domain.gpo("{A0000000-0000-0000-0000-000000000001}".parse().unwrap()).unwrap();
    assert_eq!((gpo.version.user, gpo.version.computer), (1, 2));
    assert_eq!(gpo.status, GpoStatus::UserSettingsDisabled);
    assert_eq!(forest.wmi_filter_label(gpo), "Laptops");
    let filter = &domain.wmi_filters[0];
    assert_eq!((filter.description.as_str(), filter.queries.len()), ("Only laptops", 1));
    assert_eq!(filter.created.unwrap().to_string(), "2020-04-08T17:04:06Z");
    let twin = domain.gpo("{A0000000-0000-0000-0000-000000000002}".parse().unwrap()).unwrap();
    assert_eq!(forest.wmi_filter_label(twin), "Missing {C0000000-0000-0000-0000-00000000000F}");
}

#[tokio::test]
async fn links_take_effect_in_microsofts_order() {
    let forest = load(FakeForest::new(FOREST)).await;
    let domain = forest.domain(&corp()).unwrap();
    let list = |som: &str| -> Vec<(usize, String, String)> {
        let links = domain.inherited_links(domain.som_index(&dn(som)).unwrap());
        let name = |link: &GpoLink| {
            let id = link.gpo_id.unwrap().to_string();
            format!("{}{}", &id[1..2], &id[36..37])
        };
        links.iter().map(|row| (row.precedence, name(&row.link), domain.soms[row.som.0].name.clone())).collect()
    };
    let row = |precedence, gpo: &str, som: &str| (precedence, gpo.to_owned(), som.to_owned());
    // The enforced link of the domain passes the block at staff; the disabled link is left out; the same GPO may return.
    let expected = [row(1, "A2", "corp.x"), row(2, "A1", "Zurich"), row(3, "A9", "staff"), row(4, "B1", "staff")];
    assert_eq!(list("OU=Zurich,OU=Staff,DC=corp,DC=x"), expected);
    assert_eq!(list("DC=corp,DC=x"), [row(1, "A2", "corp.x"), row(2, "A1", "corp.x")]);
    assert_eq!(list("OU=Deep,CN=Container,OU=Alpha,DC=corp,DC=x"), list("DC=corp,DC=x"));
}

#[tokio::test]
async fn links_are_found_from_their_gpo() {
    let forest = load(FakeForest::new(FOREST)).await;
    let gpo = dn("CN={A0000000-0000-0000-0000-000000000001},CN=Policies,CN=System,DC=corp,DC=x");
    let paths = |scope| forest.links_to(&gpo, scope).iter().map(LinkedSom::path).collect::<Vec<_>>();
    let corp = corp();
    assert_eq!(paths(LinkScope::Domain(&corp)), ["corp.x", "corp.x/Staff/Zurich"]);
    assert_eq!(paths(LinkScope::AllSites), ["corp.x/Configuration/Sites/Paris"]);
    assert_eq!(paths(LinkScope::EntireForest).len(), 3);
    assert_eq!(forest.link_count(&gpo), 3);

    let domain = forest.domain(&corp).unwrap();
    let staff = &domain.soms[domain.som_index(&dn("OU=staff,DC=corp,DC=x")).unwrap().0];
    let labels: Vec<_> = staff.links.iter().map(|link| forest.link_target(link).label().to_owned()).collect();
    assert_eq!(labels, ["Not Found", "From below"]);
    let berlin = &domain.soms[domain.som_index(&dn("OU=Berlin,OU=staff,DC=corp,DC=x")).unwrap().0];
    assert_eq!(forest.link_target(&berlin.links[0]).label(), "Damaged link");
    assert_eq!(berlin.gp_link.as_ref().unwrap().to_string(), "garbage");
}

#[tokio::test]
async fn garbage_is_told_and_the_rest_shown() {
    let forest = load(FakeForest::new(FOREST)).await;
    let problems: Vec<_> =
        forest.all_problems().map(|problem| format!("{}: {}", problem.object, problem.message)).collect();
    let expected = [
        "OU=Berlin,OU=Staff,DC=corp,DC=x: gPOptions is `many`, expected a 32-bit number",
        "OU=Berlin,OU=Staff,DC=corp,DC=x: the link with order 1 is damaged: `garbage`",
        "CN={A0000000-0000-0000-0000-000000000002},CN=Policies,CN=System,DC=corp,DC=x: versionNumber is `many`, expected a 32-bit number",
        "CN=Not a GUID,CN=Policies,CN=System,DC=corp,DC=x: `Not a GUID` is not a GUID, so this is no usable GPO",
    ];
    assert_eq!(problems, expected);
    assert!(!forest.domains[1].has_wmi_filter_container);
}

#[tokio::test]
async fn the_number_of_searches_does_not_grow() {
    let mut text = FOREST.to_owned();
    let (store, small) = FakeForest::new(&text).store();
    Forest::load(store, &LoadOptions::default(), &Task::default()).await.unwrap();
    for number in 0..300 {
        text += &format!("\ndn: OU=Unit {number},OU=staff,DC=corp,DC=x\nobjectClass: organizationalUnit\n");
        text += &format!(
            "\ndn: CN={{D0000000-0000-0000-0000-{number:012}}},CN=Policies,CN=System,DC=corp,DC=x\nobjectClass: groupPolicyContainer\n"
        );
    }
    let (store, large) = FakeForest::new(&text).store();
    let forest = Forest::load(store, &LoadOptions::default(), &Task::default()).await.unwrap();
    assert_eq!(forest.domains[0].soms.len(), 306);
    assert_eq!(forest.domains[0].gpos.len(), 303);
    assert_eq!(small.searches.load(Ordering::SeqCst), 8, "two for the forest, three for each of two domains");
    assert_eq!(large.searches.load(Ordering::SeqCst), 8);
}

#[tokio::test]
async fn a_domain_out_of_reach_stays_with_its_reason() {
    let mut fake = FakeForest::new(FOREST);
    fake.unreachable = Some("sub.corp.x".parse().unwrap());
    let forest = load(fake).await;
    assert_eq!(forest.domains[1].problems[0].message, "sub.corp.x: cannot be reached");
    assert!(forest.domains[1].som().is_none());
    let staff = forest.domains[0].soms.iter().find(|som| som.name == "staff").unwrap();
    assert_eq!(forest.link_target(&staff.links[1]).label(), "Domain not read");
}

#[tokio::test]
async fn a_search_that_breaks_off_keeps_what_it_read() {
    let mut fake = FakeForest::new(FOREST);
    fake.breaks = Some((dn("CN=Policies,CN=System,DC=corp,DC=x"), 1));
    let forest = load(fake).await;
    let domain = &forest.domains[0];
    assert_eq!((domain.gpos.len(), domain.gpos_read, domain.soms.len()), (1, false, 6));
    let last = domain.problems.last().unwrap();
    assert_eq!(last.message, "the GPOs could not be read (1 were read before): dc1.corp.x: cannot be reached");

    let mut fake = FakeForest::new(FOREST);
    fake.breaks = Some((dn("DC=sub,DC=corp,DC=x"), 0));
    assert!(load(fake).await.domains[1].som().is_none());

    let mut fake = FakeForest::new(FOREST);
    fake.breaks = Some((dn("CN=Partitions,CN=Configuration,DC=corp,DC=x"), 0));
    let (store, _) = fake.store();
    let error = Forest::load(store, &LoadOptions::default(), &Task::default()).await.unwrap_err();
    assert!(matches!(error, LoadError::Store(_)), "{error}");
}

#[tokio::test]
async fn cancelling_ends_a_load_that_hangs() {
    let mut fake = FakeForest::new(FOREST);
    fake.hangs = true;
    let (store, _) = fake.store();
    let task = Task::default();
    let worker = task.clone();
    let loading = tokio::spawn(async move { Forest::load(store, &LoadOptions::default(), &worker).await });
    tokio::time::sleep(Duration::from_millis(10)).await;
    task.cancel();
    assert!(matches!(loading.await.unwrap(), Err(LoadError::Cancelled(_))));
}

#[tokio::test]
async fn only_the_domains_wanted_are_read() {
    let (store, fake) = FakeForest::new(FOREST).store();
    let options = LoadOptions { domains: Some(vec!["sub.corp.x".parse().unwrap(), "no.x".parse().unwrap()]) };
    let forest = Forest::load(store, &options, &Task::default()).await.unwrap();
    assert_eq!(forest.domains.len(), 1);
    assert_eq!(forest.problems[0].message, "the forest has no such domain");
    assert_eq!(fake.searches.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn sites_are_read_without_the_domains() {
    let (store, fake) = FakeForest::new(FOREST).store();
    let container = SitesContainer::new(&store);
    assert_eq!(container.forest().unwrap().as_str(), "corp.x");
    assert_eq!(container.site("PARIS").await.unwrap().links.len(), 1);
    assert_eq!(container.site("Rome").await.unwrap_err().object, "CN=Rome,CN=Sites,CN=Configuration,DC=corp,DC=x");
    assert_eq!(fake.searches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_list_of_gpos_takes_one_search() {
    let (store, fake) = FakeForest::new(FOREST).store();
    let domain = Domain::open(&store, &corp()).await.unwrap();
    let found = domain.gpos(GpoParts::Location).await.unwrap();
    let names: Vec<_> = found.values.iter().map(|gpo| gpo.display_name.as_str()).collect();
    assert_eq!(names, ["Twin", "twin", "{A0000000-0000-0000-0000-000000000003}"]);
    assert_eq!(fake.searches.load(Ordering::SeqCst), 1);
    let states = domain.sysvol_states(&[&found.values[0]], &Task::default(), |_, _| {}).await.unwrap();
    assert_eq!(states, [SysvolState::Unreadable("corp.x: cannot be reached".to_owned())]);
}
