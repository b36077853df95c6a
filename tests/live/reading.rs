//! Every reading member of the object model on the lab's domain, as administrator and as a user without rights.

use std::sync::Arc;

use opengpmc::gpm::{
    Domain, Forest, Gpo, GpoParts, LoadOptions, PermissionType, SecuredObject, SecurityInfo, SitesContainer,
    SysvolState, Task, TrusteeKind,
};
use opengpmc::ident::{Guid, Sid};
use opengpmc::store::{self, Attribute, ConnectTarget, Credentials, StoreErrorKind, SysvolPath};

use super::lab::{Lab, whole_domain};

const DEFAULT_DOMAIN_POLICY: Guid = Guid::from_u128(0x31B2F340_016D_11D2_945F_00C04FB984F9);

async fn reads_everything(lab: &Lab, credentials: &Credentials) {
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let store = store::open(&target, credentials, &lab.options()).await.unwrap();
    let forest = Forest::load(Arc::clone(&store), &LoadOptions::default(), &Task::default()).await.unwrap();
    let domain = Domain::open(&store, &lab.domain).await.unwrap();
    assert_eq!(*domain.name(), lab.domain);
    assert!(domain.domain_controller().eq_ignore_ascii_case(&lab.host));

    // GPOs in every depth, and what lies in SYSVOL.
    for parts in [GpoParts::Summary, GpoParts::Location, GpoParts::Details, GpoParts::All] {
        let gpos = domain.gpos(parts).await.unwrap();
        assert!(gpos.error.is_none(), "{parts:?}: {:?}", gpos.problems);
        let policy = gpos.values.iter().find(|gpo| gpo.id == DEFAULT_DOMAIN_POLICY).unwrap();
        assert_eq!(policy.display_name, "Default Domain Policy", "{parts:?}");
    }
    let policy: &Gpo = forest.gpo(&lab.domain, DEFAULT_DOMAIN_POLICY).unwrap();
    let states = domain.sysvol_states(&[policy], &Task::default(), |_, _| {}).await.unwrap();
    assert_eq!(states, [SysvolState::Version(policy.version)]);
    assert_eq!(domain.gpo_comment(policy).await.unwrap(), None);
    assert!(domain.starter_gpos().await.unwrap().values.is_empty());
    let orphans = domain.orphans().await.unwrap();
    assert!(!orphans.containers.contains(&policy.id) && !orphans.folders.contains(&policy.id));

    // Permissions and names.
    let security = SecurityInfo::from_bytes(SecuredObject::Gpo, policy.security_descriptor.as_ref().unwrap()).unwrap();
    assert!(security.grants(&Sid::authenticated_users(), PermissionType::GpoApply));
    let domain_sid = forest.domains[0].sid.clone().unwrap();
    let admins = domain_sid.child(512).unwrap();
    let names = domain.names().await.unwrap();
    let found = names.resolve(&*store, &[admins.clone(), domain_sid.child(999_999).unwrap()]).await;
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert_eq!(found.trustees[&admins].name, Some(format!("{}\\Domain Admins", lab.netbios)));
    assert_eq!(found.trustees[&domain_sid.child(999_999).unwrap()].kind, TrusteeKind::Unknown);
    let plain = names.find(&*store, &format!("{}\\{}", lab.netbios, lab.plain_user), &lab.domain).await.unwrap();
    assert_eq!(plain.kind, TrusteeKind::User);
    let groups = names.groups_of(&*store, &plain.sid).await.unwrap();
    assert!(groups.contains(&domain_sid.child(513).unwrap()) && !groups.contains(&admins), "{groups:?}");
    for (object, dn) in [
        (SecuredObject::Domain, forest.domains[0].dn.clone()),
        (SecuredObject::PoliciesContainer, domain.policies_container()),
    ] {
        let descriptor = domain.directory_security(&dn).await.unwrap();
        SecurityInfo::from_bytes(object, &descriptor).unwrap();
    }
    let policies = SysvolPath::parse("Policies").unwrap();
    assert!(!domain.sysvol_security(&policies).await.unwrap().is_empty());
    let missing = domain.directory_security(&forest.domains[0].dn.child("OU", "there is none")).await.unwrap_err();
    assert_eq!(missing.kind, StoreErrorKind::NotFound);

    // Sites.
    let sites = SitesContainer::new(&store);
    assert!(sites.domain_controller().eq_ignore_ascii_case(&lab.host));
    assert_eq!(*sites.domain(), lab.domain);
    assert_eq!(sites.forest(), Some(lab.domain.clone()));
    let all = sites.sites().await.unwrap();
    assert!(all.error.is_none() && !all.values.is_empty());
    let site = sites.site(&all.values[0].name).await.unwrap();
    assert_eq!(site.dn, all.values[0].dn);
    assert_eq!(sites.site("there is none").await.unwrap_err().kind, StoreErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_reads_everything() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    reads_everything(&lab, &lab.admin()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_rights_reads_everything() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    reads_everything(&lab, &lab.plain()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wmi_filters_are_read() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let store = store::open(&target, &lab.admin(), &lab.options()).await.unwrap();
    let domain = Domain::open(&store, &lab.domain).await.unwrap();
    let directory = domain.directory();
    // A fresh Samba domain has neither container.
    let container = domain.wmi_filter_container();
    for dn in [container.parent().unwrap(), container.clone()] {
        match directory.add(&dn, &[Attribute::text("objectClass", "container")]).await {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind, StoreErrorKind::AlreadyExists),
        }
    }
    let id = Guid::random();
    let query = "SELECT * FROM Win32_OperatingSystem";
    let dn = container.child("CN", &id.to_string());
    let attributes = [
        Attribute::text("objectClass", "msWMI-Som"),
        Attribute::text("msWMI-ID", id.to_string()),
        Attribute::text("msWMI-Name", "Every Windows"),
        Attribute::text("msWMI-Parm1", "For the test "),
        Attribute::text("msWMI-Parm2", format!(r"1;3;10;{};WQL;root\CIMv2;{query};", query.len())),
    ];
    directory.add(&dn, &attributes).await.unwrap();
    let mut seen = Vec::new();
    for credentials in [lab.admin(), lab.plain()] {
        let store = store::open(&target, &credentials, &lab.options()).await.unwrap();
        seen.push(Domain::open(&store, &lab.domain).await.unwrap().wmi_filters().await.unwrap());
    }
    directory.delete(&dn).await.unwrap();
    for found in seen {
        let filter = found.values.iter().find(|filter| filter.id == id).unwrap();
        assert_eq!((filter.name.as_str(), filter.description.as_str()), ("Every Windows", "For the test"));
        assert_eq!(filter.queries[0].query, query);
        assert!(!filter.stored_lengths_wrong);
    }
}
