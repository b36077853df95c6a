//! Reading a forest with a constant number of searches: two for the forest, three for each domain.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;

use crate::ident::{Dn, DnsName, Sid, Timestamp};
use crate::store::{
    Directory, Entry, Filter, ForestStore, RootDse, Scope, SdParts, SearchRequest, StoreError, StoreErrorKind, Visit,
};

use super::decode::{self, Decoder};
use super::forest::{ForestSnapshot, LoadError, LoadOptions, Problem};
use super::som::sort_tree;
use super::{DomainController, DomainSnapshot, Found, Gpo, Som, SomType, Task, WmiFilter};

/// Reads the whole forest.
pub(super) async fn load_forest(
    store: Arc<dyn ForestStore>,
    options: &LoadOptions,
    task: &Task,
) -> Result<ForestSnapshot, LoadError> {
    task.activity("Reading the forest's configuration");
    let directory = store.directory();
    let root = directory.root_dse();
    let (partitions, sites) = futures::join!(read_partitions(&*directory), read_sites(&*directory));
    let mut problems = Vec::new();
    let mut partitions = partitions.or_else(|error| match error.kind {
        // Without rights on the configuration there is still the domain we are connected to.
        StoreErrorKind::AccessDenied | StoreErrorKind::NotFound => {
            problems.push(Problem { object: error.object, message: format!("the domains: {}", error.kind) });
            Ok(Vec::new())
        }
        _ => Err(error),
    })?;
    if !partitions.iter().any(|partition| partition.dn == root.domain_dn) {
        let (name, dn) = (root.domain.clone(), root.domain_dn.clone());
        partitions.push(Partition { name, dn, netbios_name: String::new() });
    }
    if let Some(wanted) = &options.domains {
        partitions.retain(|partition| wanted.contains(&partition.name));
        for name in wanted.iter().filter(|name| !partitions.iter().any(|partition| partition.name == **name)) {
            let message = "the forest has no such domain".to_owned();
            problems.push(Problem { object: name.to_string(), message });
        }
    }
    partitions.sort_by_key(|partition| (partition.dn != root.forest_dn, partition.name.clone()));
    problems.extend(sites.problems);

    let (done, total) = (AtomicU64::new(1), partitions.len() as u64 + 1);
    task.progress(1, total);
    task.activity("Reading the domains");
    let (store, controllers, done) = (&store, &sites.controllers, &done);
    let domains = join_all(partitions.into_iter().map(|partition| async move {
        let domain = load_domain(store, partition, controllers).await;
        task.progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        domain
    }))
    .await;

    let name = domains.iter().find(|domain| domain.dn == root.forest_dn).map(|domain| domain.name.clone());
    let mut snapshot = ForestSnapshot {
        name: name.or_else(|| root.forest_dn.domain()).unwrap_or_else(|| root.domain.clone()),
        configuration_dn: root.configuration_dn.clone(),
        domains,
        sites: sites.sites,
        problems,
        loaded: Timestamp::now(),
        link_index: HashMap::new(),
    };
    snapshot.index_links();
    Ok(snapshot)
}

/// A domain as the configuration knows it.
pub(super) struct Partition {
    pub name: DnsName,
    pub dn: Dn,
    pub netbios_name: String,
}

pub(super) async fn read_partitions(directory: &dyn Directory) -> Result<Vec<Partition>, StoreError> {
    let configuration = &directory.root_dse().configuration_dn;
    let request = request(
        configuration.child("CN", "Partitions"),
        Scope::OneLevel,
        Filter::class("crossRef"),
        &["nCName", "dnsRoot", "nETBIOSName", "systemFlags"],
    );
    let mut partitions = Vec::new();
    let mut visit = |entry: Entry| {
        partitions.extend(partition(&entry));
        Visit::Continue
    };
    directory.search_with(&request, &mut visit).await?;
    Ok(partitions)
}

/// Reads a crossRef object; none where it names no domain ([MS-ADTS] 6.1.1.2.1.1: systemFlags bits 0 and 1).
fn partition(entry: &Entry) -> Option<Partition> {
    let flags: i32 = entry.text("systemFlags").and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    if flags & 3 != 3 {
        return None;
    }
    // A DN of the directory may carry its GUID and SID in front: <GUID=…>;<SID=…>;DC=…
    let dn_text = entry.text("nCName")?;
    let dn: Dn = dn_text.rsplit(">;").next()?.parse().ok()?;
    let name = entry.text("dnsRoot").and_then(|text| text.parse().ok()).or_else(|| dn.domain())?;
    Some(Partition { name, dn, netbios_name: entry.text("nETBIOSName").unwrap_or_default() })
}

/// The sites with their links, and the domain controllers that stand in them.
pub(super) struct Sites {
    pub sites: Vec<Som>,
    controllers: Vec<SiteController>,
    pub problems: Vec<Problem>,
    pub error: Option<StoreError>,
}

/// A domain controller: its server object lies below its site.
struct SiteController {
    server_dn: Dn,
    name: String,
    site: String,
    domains: Vec<Dn>,
}

pub(super) async fn read_sites(directory: &dyn Directory) -> Sites {
    let root = directory.root_dse();
    let base = root.configuration_dn.child("CN", "Sites");
    let classes = ["site", "server", "nTDSDSA"].map(Filter::class);
    let own_attributes = ["objectClass", "gPLink", "gPOptions", "description", "dNSHostName"];
    let attributes = [&own_attributes[..], &HELD_PARTITIONS].concat();
    let request = request(base.clone(), Scope::Subtree, Filter::Or(classes.to_vec()), &attributes);
    let mut decoder = Decoder::new(root.domain.clone());
    let mut sites = Vec::new();
    let mut servers: HashMap<Dn, String> = HashMap::new();
    let mut settings: Vec<(Dn, Vec<Dn>)> = Vec::new();
    let mut visit = |entry: Entry| {
        if entry.has_class("site") {
            sites.push(decoder.som(entry, SomType::Site));
        } else if entry.has_class("nTDSDSA") {
            if let Some(server) = entry.dn.parent() {
                settings.push((server, domain_partitions(&entry)));
            }
        } else if let Some(host) = entry.text("dNSHostName") {
            servers.insert(entry.dn, host);
        }
        Visit::Continue
    };
    let error = directory.search_with(&request, &mut visit).await.err();
    let mut problems = decoder.problems;
    problems.extend(error.as_ref().map(|error| incomplete(&base, "the sites", sites.len(), error)));
    sites.sort_by_cached_key(|site| site.name.to_lowercase());
    let mut controllers: Vec<SiteController> = settings
        .into_iter()
        .filter_map(|(server_dn, domains)| {
            let name = servers.remove(&server_dn)?;
            // CN=DC1,CN=Servers,CN=Berlin,CN=Sites,…
            let site = server_dn.parent()?.parent()?.name();
            Some(SiteController { server_dn, name, site, domains })
        })
        .collect();
    controllers.sort_by_cached_key(|controller| controller.name.to_lowercase());
    Sites { sites, controllers, problems, error }
}

const HELD_PARTITIONS: [&str; 3] = ["msDS-HasDomainNCs", "hasMasterNCs", "msDS-hasFullReplicaNCs"];

/// Returns the partitions a controller holds whole, its domain among them; a read-only one has them in an attribute of its own.
fn domain_partitions(settings: &Entry) -> Vec<Dn> {
    let values = HELD_PARTITIONS.iter().flat_map(|name| settings.values(name));
    values.filter_map(|value| String::from_utf8_lossy(value).parse().ok()).collect()
}

async fn load_domain(
    store: &Arc<dyn ForestStore>,
    partition: Partition,
    controllers: &[SiteController],
) -> DomainSnapshot {
    let mut domain = DomainSnapshot::unread(partition.name, partition.dn, partition.netbios_name);
    domain.domain_controllers = controllers_of(controllers, &domain.dn, None);
    let directory = match store.domain_directory(&domain.name).await {
        Ok(directory) => directory,
        Err(error) => {
            domain.is_unreachable = matches!(error.kind, StoreErrorKind::Unreachable | StoreErrorKind::Timeout);
            domain.problems.push(Problem { object: domain.name.to_string(), message: error.to_string() });
            return domain;
        }
    };
    let root: &RootDse = directory.root_dse();
    domain.domain_controller.clone_from(&root.server);
    let (soms, gpos, filters) = futures::join!(
        read_soms(&*directory, &domain),
        read_gpos(&*directory, &domain.name, &domain.dn),
        read_wmi_filters(&*directory, &domain)
    );
    domain.soms = soms.soms;
    domain.sid = soms.sid;
    (domain.gpos, domain.gpos_read) = (gpos.values, gpos.error.is_none());
    domain.has_wmi_filter_container = filters.base_exists();
    domain.wmi_filters = filters.values;
    domain.problems.extend(soms.problems.into_iter().chain(gpos.problems).chain(filters.problems));
    domain.domain_controllers = controllers_of(controllers, &domain.dn, soms.pdc_settings.as_ref());
    let pdc = domain.domain_controllers.iter().find(|controller| controller.is_pdc_emulator);
    domain.is_pdc_emulator = pdc.is_some_and(|pdc| is_host(&pdc.name, &root.server));
    domain.finish();
    domain
}

/// Returns the controllers of a domain; `pdc_settings` is the settings object of its PDC emulator.
fn controllers_of(controllers: &[SiteController], domain: &Dn, pdc_settings: Option<&Dn>) -> Vec<DomainController> {
    let pdc = pdc_settings.and_then(Dn::parent);
    let own = controllers.iter().filter(|controller| controller.domains.contains(domain));
    own.map(|controller| DomainController {
        name: controller.name.clone(),
        site: controller.site.clone(),
        is_pdc_emulator: pdc.as_ref() == Some(&controller.server_dn),
    })
    .collect()
}

/// Reads the controllers of a directory's domain with two searches; where the configuration names none, it is the one that was asked.
pub(super) async fn read_controllers(directory: &dyn Directory) -> Result<Vec<DomainController>, StoreError> {
    let root = directory.root_dse();
    let (sites, head) =
        futures::join!(read_sites(directory), directory.read(&root.domain_dn, &["fSMORoleOwner"], None));
    let found = controllers_of(&sites.controllers, &root.domain_dn, pdc_settings(&head?).as_ref());
    match sites.error {
        Some(error) if error.kind != StoreErrorKind::NotFound => Err(error),
        _ if found.is_empty() => {
            let (name, site) = (root.server.clone(), root.site.clone().unwrap_or_default());
            Ok(vec![DomainController { name, site, is_pdc_emulator: true }])
        }
        _ => Ok(found),
    }
}

/// Reads the settings object of the PDC emulator from the domain object. The value may carry a GUID in front: <GUID=…>;CN=…
fn pdc_settings(head: &Entry) -> Option<Dn> {
    head.text("fSMORoleOwner").and_then(|text| text.rsplit(">;").next()?.parse().ok())
}

fn is_host(name: &str, other: &str) -> bool {
    name.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

/// The domain and its OUs.
pub(super) struct Soms {
    pub soms: Vec<Som>,
    sid: Option<Sid>,
    /// DN of the settings object of the PDC emulator.
    pdc_settings: Option<Dn>,
    pub problems: Vec<Problem>,
}

pub(super) async fn read_soms(directory: &dyn Directory, domain: &DomainSnapshot) -> Soms {
    let classes = ["organizationalUnit", "domainDNS"].map(Filter::class);
    let request = request(domain.dn.clone(), Scope::Subtree, Filter::Or(classes.to_vec()), &decode::SOM_ATTRIBUTES);
    let mut decoder = Decoder::new(domain.name.clone());
    let (mut root, mut units) = (None, Vec::new());
    let (mut sid, mut settings_of_pdc) = (None, None);
    let mut visit = |entry: Entry| {
        if entry.dn == domain.dn {
            sid = entry.bytes("objectSid").and_then(|bytes| Sid::from_bytes(bytes).ok());
            settings_of_pdc = pdc_settings(&entry);
            root = Some(decoder.som(entry, SomType::Domain));
        } else if entry.has_class("organizationalUnit") {
            units.push(decoder.som(entry, SomType::Ou));
        }
        Visit::Continue
    };
    let outcome = directory.search_with(&request, &mut visit).await;
    let mut problems = decoder.problems;
    if let Err(error) = outcome {
        problems.push(incomplete(&domain.dn, "the organizational units", units.len(), &error));
        if root.is_none() && units.is_empty() {
            return Soms { soms: Vec::new(), sid, pdc_settings: settings_of_pdc, problems };
        }
    }
    let root = root.unwrap_or_else(|| {
        let message = "the domain object could not be read; its own links are not shown".to_owned();
        problems.push(Problem { object: domain.dn.to_string(), message });
        let nothing = Entry { dn: domain.dn.clone(), attributes: Vec::new() };
        Decoder::new(domain.name.clone()).som(nothing, SomType::Domain)
    });
    Soms { soms: sort_tree(root, units), sid, pdc_settings: settings_of_pdc, problems }
}

pub(super) async fn read_gpos(directory: &dyn Directory, domain: &DnsName, domain_dn: &Dn) -> Found<Gpo> {
    let base = decode::policies_container(domain_dn);
    // No class in the filter: of a GPO that may be listed but not read, nothing but its name can be matched.
    let mut request = request(base, Scope::OneLevel, Filter::any_object(), &decode::GPO_ATTRIBUTES);
    request.sd_parts = Some(SdParts::READABLE);
    collect(directory, domain, &request, "the GPOs", Decoder::gpo).await
}

pub(super) async fn read_wmi_filters(directory: &dyn Directory, domain: &DomainSnapshot) -> Found<WmiFilter> {
    let base = decode::wmi_filter_container(&domain.dn);
    let mut request = request(base, Scope::OneLevel, Filter::class("msWMI-Som"), &decode::WMI_FILTER_ATTRIBUTES);
    request.sd_parts = Some(SdParts::READABLE);
    let mut found = collect(directory, &domain.name, &request, "the WMI filters", Decoder::wmi_filter).await;
    if !found.base_exists() {
        // A bare Samba domain has no such container: no filters, and nothing wrong.
        found.problems.clear();
    }
    found
}

pub(super) async fn collect<T: Send>(
    directory: &dyn Directory,
    domain: &DnsName,
    request: &SearchRequest,
    what: &str,
    decode: impl Fn(&mut Decoder, Entry) -> Option<T> + Send + Sync,
) -> Found<T> {
    let mut decoder = Decoder::new(domain.clone());
    let mut values = Vec::new();
    let mut visit = |entry: Entry| {
        values.extend(decode(&mut decoder, entry));
        Visit::Continue
    };
    let error = directory.search_with(request, &mut visit).await.err();
    let mut problems = decoder.problems;
    problems.extend(error.as_ref().map(|error| incomplete(&request.base, what, values.len(), error)));
    Found { values, problems, error }
}

fn incomplete(base: &Dn, what: &str, count: usize, error: &StoreError) -> Problem {
    let read = if count == 0 { String::new() } else { format!(" ({count} were read before)") };
    Problem { object: base.to_string(), message: format!("{what} could not be read{read}: {error}") }
}

pub(super) fn request(base: Dn, scope: Scope, filter: Filter, attributes: &[&str]) -> SearchRequest {
    let attributes = attributes.iter().map(|name| (*name).to_owned()).collect();
    SearchRequest { base, scope, filter, attributes, sd_parts: None }
}
