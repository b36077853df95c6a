//! The demo forest through the public interface: how much there is, and that every fault it promises is there.

use std::collections::HashSet;
use std::sync::Arc;

use opengpmc::gpm::{
    Domain, Forest, ForestSnapshot, GpoStatus, LinkTarget, LoadOptions, PermissionType, SecuredObject, SecurityInfo,
    Som, StarterGpoType, SysvolState, Task, computers_can_read,
};
use opengpmc::ident::{DnsName, GpoVersion, Sid};
use opengpmc::security::{SecurityDescriptor, compare_sysvol_acl};
use opengpmc::store::{Filter, ForestStore, Scope, SearchRequest, SysvolPath, demo};

const ROOT: &str = "kestrelbay.example";
const YARDS: &str = "yards.kestrelbay.example";
const LUMEN: &str = "lumen-sails.example";

pub(super) struct Demo {
    pub(super) store: Arc<dyn ForestStore>,
    pub(super) forest: Arc<ForestSnapshot>,
}

impl Demo {
    pub(super) async fn open() -> Self {
        let store = demo::open().await.unwrap();
        let forest = Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
        Demo { store, forest }
    }

    fn som(&self, domain: &str, path: &str) -> &Som {
        let domain = self.forest.domain(&name(domain)).unwrap();
        let units: Vec<String> = path.rsplit('/').map(|unit| format!("OU={unit}")).collect();
        let dn = format!("{},{}", units.join(","), domain.dn).parse().unwrap();
        &domain.soms[domain.som_index(&dn).unwrap().0]
    }

    fn gpo(&self, domain: &str, display_name: &str) -> &opengpmc::gpm::Gpo {
        let gpos = &self.forest.domain(&name(domain)).unwrap().gpos;
        gpos.iter().find(|gpo| gpo.display_name == display_name).unwrap_or_else(|| panic!("{display_name}"))
    }

    fn permissions(&self, domain: &str, display_name: &str) -> SecurityInfo {
        let descriptor = self.gpo(domain, display_name).security_descriptor.clone().unwrap();
        SecurityInfo::from_bytes(SecuredObject::Gpo, &descriptor).unwrap()
    }

    async fn domain(&self, domain: &str) -> Domain {
        Domain::open(&self.store, &name(domain)).await.unwrap()
    }

    async fn sid(&self, account: &str) -> Sid {
        let (domain, account) = account.split_once('\\').unwrap();
        let domain = self.forest.domains.iter().find(|found| found.netbios_name == domain).unwrap();
        let request = SearchRequest {
            base: domain.dn.clone(),
            scope: Scope::Subtree,
            filter: Filter::equals("sAMAccountName", account),
            attributes: vec!["objectSid".to_owned()],
            sd_parts: None,
        };
        let found = self.store.domain_directory(&domain.name).await.unwrap().search(&request).await.unwrap();
        assert_eq!(found.len(), 1, "{account}");
        Sid::from_bytes(found[0].bytes("objectSid").unwrap()).unwrap()
    }
}

fn name(text: &str) -> DnsName {
    text.parse().unwrap()
}

#[tokio::test]
async fn there_is_as_much_as_promised() {
    let Demo { store, forest } = Demo::open().await;
    let names: Vec<String> = forest.domains.iter().map(|domain| domain.name.to_string()).collect();
    assert_eq!(names, [ROOT, LUMEN, YARDS]);
    let domains = &forest.domains;
    assert!(domains.iter().all(|domain| domain.sid.is_some() && !domain.netbios_name.is_empty()));
    assert!(domains.iter().all(|domain| domain.domain_controllers.len() == 2));
    for domain in domains {
        let pdc_emulators = domain.domain_controllers.iter().filter(|controller| controller.is_pdc_emulator);
        assert_eq!(pdc_emulators.count(), 1, "{}", domain.name);
    }
    assert_eq!(forest.sites.len(), 4);
    let units: usize = domains.iter().map(|domain| domain.soms.len() - 1).sum();
    assert!(units >= 60, "{units} OUs");
    let gpos: usize = domains.iter().map(|domain| domain.gpos.len()).sum();
    assert!(gpos >= 45, "{gpos} GPOs");
    let filters: usize = domains.iter().map(|domain| domain.wmi_filters.len()).sum();
    assert_eq!(filters, 12);
    let count = async |class: &str| {
        let mut count = 0;
        for domain in domains {
            let request = SearchRequest {
                base: domain.dn.clone(),
                scope: Scope::Subtree,
                filter: Filter::class(class),
                attributes: vec!["cn".to_owned()],
                sd_parts: None,
            };
            count += store.domain_directory(&domain.name).await.unwrap().search(&request).await.unwrap().len();
        }
        count
    };
    let computers = count("computer").await;
    assert!(computers >= 30, "{computers} computers");
    assert!(count("user").await - computers >= 30);
    assert!(count("group").await >= 30);
    assert_eq!(count("trustedDomain").await, 5);
    assert_eq!(count("packageRegistration").await, 3);
}

#[tokio::test]
async fn links_are_in_every_state() {
    let demo = Demo::open().await;
    let states =
        |som: &Som| -> Vec<(bool, bool)> { som.links.iter().map(|link| (link.enabled, link.enforced)).collect() };
    let computers = demo.som(ROOT, "Headquarters/Computers");
    assert_eq!(states(computers), [(true, false), (true, false), (true, false), (false, true)]);
    assert_eq!(states(demo.som(ROOT, "Tier 0")), [(true, true)]);
    assert!(demo.som(ROOT, "Headquarters/Computers/Kiosks").inheritance_blocked);
    let build_machines = demo.som(ROOT, "Servers/Build Machines");
    assert_eq!(build_machines.links[0].gpo_dn, build_machines.links[2].gpo_dn, "the same GPO twice");
    assert!(demo.som(ROOT, "External/Auditors").links.is_empty(), "a gPLink of one blank");
    let foreign = &demo.som(YARDS, "Port Sable/Offices/Foremen").links[0];
    assert_eq!(foreign.gpo_domain, Some(name(ROOT)));
    assert!(demo.forest.sites.iter().filter(|site| !site.links.is_empty()).count() >= 3);

    let mut broken = Vec::new();
    let domains = demo.forest.domains.iter().flat_map(|domain| &domain.soms);
    for som in domains.chain(&demo.forest.sites) {
        for link in &som.links {
            match demo.forest.link_target(link) {
                LinkTarget::Gpo(_) => {}
                LinkTarget::NotFound => broken.push(som.name.as_str()),
                other => panic!("{}: {other:?}", som.dn),
            }
        }
    }
    assert_eq!(broken, ["Database Servers", "Razorbill"]);
}

#[tokio::test]
async fn filtering_and_delegation_are_there() {
    let demo = Demo::open().await;
    let applies_to = |gpo: &str| -> HashSet<Sid> {
        demo.permissions(ROOT, gpo).security_filtering().map(|trustee| trustee.sid.clone()).collect()
    };
    assert_eq!(applies_to("Baseline - All Users"), HashSet::from([Sid::authenticated_users()]));
    let finance = demo.sid(r"KESTREL\Finance Staff").await;
    assert_eq!(applies_to("Security Filtering - Finance Only"), HashSet::from([finance]));
    let machines = [demo.sid(r"KESTREL\KB-CAD01$").await, demo.sid(r"KESTREL\KB-CAD02$").await];
    assert_eq!(applies_to("Security Filtering - Two Computers"), HashSet::from(machines));
    let directors = demo.sid(r"KESTREL\Directors").await;
    let denied = demo.permissions(ROOT, "Deny - Not for Directors");
    assert!(denied.permissions.iter().any(|row| row.denied && row.trustee.sid == directors));

    let delegated = demo.permissions(ROOT, "Delegated - Helpdesk Tools");
    for (account, level) in [
        (r"KESTREL\Helpdesk", PermissionType::GpoEdit),
        (r"KESTREL\GPO Editors", PermissionType::GpoEditSecurityAndDelete),
        (r"KESTREL\ext.adeyemi", PermissionType::GpoRead),
        (r"KESTREL\nora.finch", PermissionType::GpoCustom),
    ] {
        assert!(delegated.grants(&demo.sid(account).await, level), "{account}");
    }

    let domain = demo.domain(ROOT).await;
    let rights = async |dn: &opengpmc::ident::Dn, object| {
        SecurityInfo::from_bytes(object, &domain.directory_security(dn).await.unwrap()).unwrap()
    };
    let editors = demo.sid(r"KESTREL\GPO Editors").await;
    let helpdesk = demo.sid(r"KESTREL\Helpdesk").await;
    let policies = rights(&domain.policies_container(), SecuredObject::PoliciesContainer).await;
    assert!(policies.grants(&editors, PermissionType::SomGpoCreate));
    let filters = rights(&domain.wmi_filter_container(), SecuredObject::WmiFiltersContainer).await;
    assert!(filters.grants(&demo.sid(r"KESTREL\WMI Filter Authors").await, PermissionType::SomWmiCreate));
    let root = demo.forest.domain(&name(ROOT)).unwrap();
    let filter = root.wmi_filters.iter().find(|filter| filter.name == "Windows 11 with TPM 2.0").unwrap();
    let filter = rights(&filter.dn, SecuredObject::WmiFilter).await;
    assert!(filter.grants(&editors, PermissionType::WmiFilterFullControl));
    assert!(filter.grants(&helpdesk, PermissionType::WmiFilterEdit));
    let people = rights(&demo.som(ROOT, "Headquarters/People").dn, SecuredObject::Ou).await;
    assert!(people.grants(&editors, PermissionType::SomLink));
    assert!(people.grants(&helpdesk, PermissionType::SomLogging));
    assert!(people.grants(&helpdesk, PermissionType::SomPlanning));
    let sales = rights(&demo.som(ROOT, "Headquarters/People/Sales").dn, SecuredObject::Ou).await;
    let inherited = sales.permissions.iter().find(|row| row.trustee.sid == editors).unwrap();
    assert!(inherited.inherited && inherited.level == PermissionType::SomLink);
    let starters = domain.sysvol_security(&opengpmc::gpm::starter_gpo_folder()).await.unwrap();
    let starters = SecurityInfo::from_bytes(SecuredObject::StarterGposFolder, &starters).unwrap();
    assert!(starters.grants(&editors, PermissionType::SomStarterGpoCreate));
}

#[tokio::test]
async fn every_promised_fault_is_there() {
    let demo = Demo::open().await;
    let domain = demo.domain(ROOT).await;
    let orphans = domain.orphans().await.unwrap();
    let directory_only = demo.gpo(ROOT, "Broken - Directory Only").id;
    let inaccessible = demo.forest.domain(&name(ROOT)).unwrap().gpos.iter().find(|gpo| gpo.inaccessible).unwrap();
    assert_eq!(orphans.folders.len(), 1);
    assert_eq!(orphans.containers, [directory_only]);
    assert!(inaccessible.security_descriptor.is_none());

    let state = async |domain: &str, gpo: &str| {
        let found = demo.gpo(domain, gpo);
        let states = demo.domain(domain).await.sysvol_states(&[found], &Task::default(), |_, _| {}).await.unwrap();
        (found.version, states.into_iter().next().unwrap())
    };
    let version = |computer, user| GpoVersion { user, computer };
    assert_eq!(state(ROOT, "Broken - Versions Differ").await, (version(9, 4), SysvolState::Version(version(7, 4))));
    assert_eq!(state(LUMEN, "Broken - Version Behind").await, (version(0, 2), SysvolState::Version(version(0, 5))));
    assert_eq!(state(ROOT, "High Versions").await.1, SysvolState::Version(version(65535, 40000)));
    assert_eq!(state(YARDS, "Broken - No GPT.INI").await.1, SysvolState::Missing);
    assert!(matches!(state(LUMEN, "Lumen - Old Startup Disk").await.1, SysvolState::Unreadable(_)));

    let readable = |gpo: &str| {
        let bytes = demo.gpo(ROOT, gpo).security_descriptor.clone().unwrap();
        computers_can_read(&SecurityDescriptor::from_bytes(&bytes).unwrap(), None)
    };
    assert!(!readable("Broken - Nobody Reads"));
    assert!(readable("Tier 0 - Log-on Restrictions"), "through Domain Computers");

    let unknown = demo.permissions(ROOT, "Broken - Unknown Trustees");
    let nameless = unknown.permissions.iter().filter(|row| row.trustee.name.is_none()).map(|row| &row.trustee.sid);
    let strangers: Vec<u32> = nameless.filter(|sid| sid.rid() > Some(1000)).filter_map(Sid::rid).collect();
    assert_eq!(strangers, [4711, 1107, 9999]);

    let damaged = demo.gpo(ROOT, "Broken - Damaged Attributes");
    assert_eq!((damaged.version, damaged.wmi_filter.clone()), (version(0, 0), None));
    assert!(demo.forest.all_problems().any(|problem| problem.message.contains("gPCWQLFilter")));
    let missing = demo.gpo(ROOT, "Broken - Missing WMI Filter");
    assert!(demo.forest.wmi_filter(missing.wmi_filter.as_ref().unwrap()).is_none());
    assert_eq!(demo.gpo(ROOT, "Broken - Wrong Functionality Version").functionality_version, Some(1));
    let unsorted = &demo.gpo(ROOT, "Broken - Unsorted Extensions").computer_extensions;
    assert_ne!(unsorted.sorted(), *unsorted);
    assert_eq!(demo.gpo(ROOT, "Archive - Windows XP").status, GpoStatus::AllSettingsDisabled);

    let gpos = &demo.forest.domain(&name(ROOT)).unwrap().gpos;
    assert_eq!(gpos.iter().filter(|gpo| gpo.display_name == "Workstations - Power").count(), 2);
    assert!(gpos.iter().any(|gpo| gpo.display_name.ends_with(' ')));
    assert!(gpos.iter().any(|gpo| gpo.display_name.contains("<script>")));

    let filters = &demo.forest.domain(&name(ROOT)).unwrap().wmi_filters;
    let wrong: Vec<&str> =
        filters.iter().filter(|filter| filter.stored_lengths_wrong).map(|filter| filter.name.as_str()).collect();
    assert_eq!(wrong, ["Printers (stored wrongly)"]);
    assert!(filters.iter().any(|filter| filter.queries.len() == 3));
}

#[tokio::test]
async fn only_one_folder_has_other_permissions_than_its_gpo_asks_for() {
    let demo = Demo::open().await;
    let mut different = Vec::new();
    for snapshot in &demo.forest.domains {
        let domain = demo.domain(&snapshot.name.to_string()).await;
        for gpo in snapshot.gpos.iter().filter(|gpo| !gpo.inaccessible) {
            let Ok(folder) = domain.sysvol_security(&gpo.sysvol_folder()).await else { continue };
            let folder = SecurityDescriptor::from_bytes(&folder).unwrap();
            let directory = SecurityDescriptor::from_bytes(gpo.security_descriptor.as_deref().unwrap()).unwrap();
            if !compare_sysvol_acl(&directory, &folder).is_empty() {
                different.push(gpo.display_name.as_str());
            }
        }
    }
    assert_eq!(different, ["Broken - File Permissions Differ"]);
}

#[tokio::test]
async fn starter_gpos_comments_and_templates_are_read() {
    let demo = Demo::open().await;
    let domain = demo.domain(ROOT).await;
    let starters = domain.starter_gpos().await.unwrap();
    assert!(starters.problems.is_empty());
    let kinds: Vec<(&str, StarterGpoType)> =
        starters.values.iter().map(|starter| (starter.display_name.as_str(), starter.kind)).collect();
    let expected = [
        ("Empty & new", StarterGpoType::Custom),
        ("Kestrel Bay - New workstation", StarterGpoType::Custom),
        ("Remote update ports", StarterGpoType::System),
        ("Reporting ports", StarterGpoType::System),
    ];
    assert_eq!(kinds, expected);
    let comment = domain.gpo_comment(demo.gpo(ROOT, "Baseline - All Computers")).await.unwrap().unwrap();
    assert!(comment.contains("\r\nChanges only") && !comment.ends_with('\n'));
    let sysvol = domain.sysvol().await.unwrap();
    for file in ["KestrelYard.admx", "en-US/KestrelYard.adml", "de-DE/KestrelYard.adml", "WindowsBasics.admx"] {
        let path = SysvolPath::parse(&format!("Policies/PolicyDefinitions/{file}")).unwrap();
        assert!(sysvol.read(&path).await.unwrap().starts_with(b"<?xml"), "{file}");
    }
}

#[tokio::test]
async fn what_is_changed_in_the_demo_is_seen_there_and_nowhere_else() {
    let (changed, other) = (Demo::open().await, Demo::open().await);
    let dn = &changed.som(ROOT, "Retired").dn;
    changed.domain(ROOT).await.directory().delete(dn).await.unwrap_err();
    let user = format!("CN=Edwin Quill,{dn}").parse().unwrap();
    changed.domain(ROOT).await.directory().delete(&user).await.unwrap();
    assert!(changed.domain(ROOT).await.directory().read(&user, &["cn"], None).await.is_err());
    assert!(other.domain(ROOT).await.directory().read(&user, &["cn"], None).await.is_ok());
}
