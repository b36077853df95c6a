//! A forest for the tests of the console: small, or as large as wanted, without any server.

use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{
    DomainSnapshot, ForestSnapshot, Gpo, GpoLink, GpoStatus, Problem, Som, SomIndex, SomType, Task, WmiFilter,
};
use crate::ident::{Dn, DnsName, ExtensionList, GpLink, GpLinkElement, GpoVersion, Guid, LinkOptions, Timestamp};
use crate::store::{ConnectTarget, ConnectionInfo, Directory, ForestStore, StoreError, StoreErrorKind, Sysvol};

use super::{ConnectRequest, ForestEntry, ForestId, ForestOpener, ForestState, OpenForest};

/// Opens the fixture as demo forest and nothing else.
pub struct FixtureOpener {
    /// OUs besides the three of the small forest.
    pub ous: usize,
    /// GPOs besides those of the small forest.
    pub gpos: usize,
}

#[async_trait]
impl ForestOpener for FixtureOpener {
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        match &request.target {
            Some(ConnectTarget::Demo) | None => Ok(Arc::new(NoStore)),
            // A server that never answers.
            Some(ConnectTarget::Domain(_)) => std::future::pending().await,
            Some(target) => Err(StoreError::new(StoreErrorKind::Unreachable, target).with_detail("no such host")),
        }
    }

    async fn load(&self, _store: Arc<dyn ForestStore>, _task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        Ok(Arc::new(snapshot(self.ous, self.gpos)))
    }
}

/// Returns the fixture's small forest, open.
pub fn entry(id: ForestId) -> ForestEntry {
    let forest = OpenForest::new(id, Arc::new(NoStore), Arc::new(snapshot(0, 0)));
    ForestEntry { id, target: ConnectTarget::Demo, state: ForestState::Open(Box::new(forest)) }
}

/// Returns the DN of an object of the fixture's first domain.
pub fn dn(above_domain: &str) -> Dn {
    let separator = if above_domain.is_empty() { "" } else { "," };
    format!("{above_domain}{separator}DC=corp,DC=test").parse().unwrap()
}

/// Returns the id of the fixture's GPO of this number.
pub fn gpo_id(number: usize) -> Guid {
    Guid::from_u128(0xA000_0000_0000_0000_0000_0000_0000_0000 + number as u128)
}

fn snapshot(ous: usize, gpos: usize) -> ForestSnapshot {
    let names = ["Default Domain Policy", "Staff Desktop", "Twin", "twin", "Secret", "Retired"];
    let mut corp = DomainSnapshot::unread("corp.test".parse().unwrap(), dn(""), "CORP".to_owned());
    corp.domain_controller = "dc1.corp.test".to_owned();
    corp.gpos_read = true;
    for number in 0..names.len() + gpos {
        let name = names.get(number).map_or_else(|| format!("Policy {number:05}"), |name| (*name).to_owned());
        corp.gpos.push(gpo(number, &name, &corp.name));
    }
    corp.gpos[4].inaccessible = true;
    corp.gpos[5].status = GpoStatus::AllSettingsDisabled;
    corp.wmi_filters.push(wmi_filter(&corp.name));
    corp.soms.push(som(SomType::Domain, dn(""), "corp.test", None, 0, vec![link(1, 0, true, true)]));
    corp.soms.push(som(SomType::Ou, dn("OU=Servers"), "Servers", Some(0), 1, vec![]));
    let staff_links = vec![link(1, 1, true, false), link(2, 5, false, false), link(3, 99_999_999, true, true)];
    corp.soms.push(som(SomType::Ou, dn("OU=Staff"), "Staff", Some(0), 1, staff_links));
    corp.soms.push(som(SomType::Ou, dn("OU=Berlin,OU=Staff"), "Berlin", Some(2), 2, vec![link(1, 4, true, false)]));
    corp.soms[3].inheritance_blocked = true;
    for number in 0..ous {
        let name = format!("Unit {number:06}");
        let links = if number % 10 == 0 { vec![link(1, number % names.len(), true, false)] } else { vec![] };
        corp.soms.push(som(SomType::Ou, dn(&format!("OU={name}")), &name, Some(0), 1, links));
    }
    corp.finish();
    let sub_dn: Dn = "DC=sub,DC=corp,DC=test".parse().unwrap();
    let mut sub = DomainSnapshot::unread("sub.corp.test".parse().unwrap(), sub_dn, "SUB".to_owned());
    sub.problems.push(Problem { object: "sub.corp.test".to_owned(), message: "No controller answers.".to_owned() });
    sub.finish();
    let site_dn = "CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=test".parse().unwrap();
    ForestSnapshot {
        name: corp.name.clone(),
        configuration_dn: "CN=Configuration,DC=corp,DC=test".parse().unwrap(),
        domains: vec![corp, sub],
        sites: vec![som(SomType::Site, site_dn, "Berlin", None, 0, vec![link(1, 1, true, false)])],
        problems: Vec::new(),
        loaded: Timestamp::from_unix_seconds(1_772_366_400).unwrap(),
        link_index: Default::default(),
    }
}

fn gpo(number: usize, name: &str, domain: &DnsName) -> Gpo {
    let id = gpo_id(number);
    Gpo {
        id,
        dn: dn(&format!("CN={id},CN=Policies,CN=System")),
        domain: domain.clone(),
        display_name: name.to_owned(),
        inaccessible: false,
        status: GpoStatus::Enabled,
        version: GpoVersion::from_u32(1),
        created: None,
        modified: None,
        owner: None,
        wmi_filter: None,
        file_system_path: None,
        functionality_version: Some(2),
        computer_extensions: ExtensionList::default(),
        user_extensions: ExtensionList::default(),
        security_descriptor: None,
    }
}

fn link(order: usize, gpo: usize, enabled: bool, enforced: bool) -> GpoLink {
    let id = gpo_id(gpo);
    let gpo_dn = dn(&format!("CN={id},CN=Policies,CN=System"));
    let gpo_domain = gpo_dn.domain();
    GpoLink { order, gpo_dn: Some(gpo_dn), gpo_id: Some(id), gpo_domain, enabled, enforced, text: String::new() }
}

fn som(kind: SomType, dn: Dn, name: &str, parent: Option<usize>, depth: usize, links: Vec<GpoLink>) -> Som {
    let options = |link: &GpoLink| LinkOptions::new(link.enabled, link.enforced);
    let element = |link: &GpoLink| GpLinkElement::new(link.gpo_dn.as_ref().unwrap(), options(link));
    let mut gp_link = GpLink::default();
    gp_link.elements = links.iter().map(element).collect();
    Som {
        kind,
        dn,
        name: name.to_owned(),
        description: None,
        links,
        inheritance_blocked: false,
        parent: parent.map(SomIndex),
        depth,
        gp_link: Some(gp_link),
    }
}

fn wmi_filter(domain: &DnsName) -> WmiFilter {
    let id = Guid::from_u128(0xC000_0000_0000_0000_0000_0000_0000_0001);
    WmiFilter {
        id,
        dn: dn(&format!("CN={id},CN=SOM,CN=WMIPolicy,CN=System")),
        domain: domain.clone(),
        name: "Laptops".to_owned(),
        description: String::new(),
        author: String::new(),
        created: None,
        modified: None,
        queries: Vec::new(),
        stored_lengths_wrong: false,
        security_descriptor: None,
    }
}

/// A store that has nothing: what is shown is in the snapshot.
struct NoStore;

#[async_trait]
impl ForestStore for NoStore {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo {
            target: "demo".to_owned(),
            server: "dc1.corp.test".to_owned(),
            user: "admin@corp.test".to_owned(),
            security: "in memory".to_owned(),
            refusals: Vec::new(),
            read_only: true,
            ..ConnectionInfo::default()
        }
    }

    fn directory(&self) -> Arc<dyn Directory> {
        unreachable!("the fixture has no directory")
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        Err(StoreError::new(StoreErrorKind::Unreachable, domain))
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        Err(StoreError::new(StoreErrorKind::Unreachable, domain))
    }
}
