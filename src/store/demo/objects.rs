//! The objects of the demo forest: what the source says of them, completed by what every object of their class has.
//!
//! Beyond LDIF, the source writes `rid` for the SID of a domain's principal, `{DOMAIN\name}` for a principal (its SID in
//! a descriptor, its DN elsewhere), `link: NAME | disabled | enforced` for the links of a SOM, link order 1 first,
//! and `query: NAMESPACE | QUERY` for the queries of a WMI filter. Descriptors are SDDL, binary values hexadecimal.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use sha1::{Digest, Sha1};

use crate::ident::{Dn, DnsName, GpLink, GpLinkElement, Guid, LinkOptions, Sid};
use crate::security::{SddlContext, SecurityDescriptor};
use crate::store::forest_file::new_descriptor;
use crate::store::{Attribute, Entry};

use super::SourceError;
use super::ldif::SourceEntry;

/// When an object was made and changed of which the source does not say it.
const DEFAULT_TIME: &str = "20240108090000.0Z";

/// `gpo-storage.md` A8: what a GPO made by a domain administrator carries.
const GPO_DESCRIPTOR: &str = "O:DAG:DAD:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;EA)(A;CI;LCRPLORC;;;ED)(A;CI;LCRPLORC;;;AU)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;SY)(A;CIIO;CCDCLCSWRPWPDTLOSDRCWDWO;;;CO)";
/// `gpo-storage.md` A5: the schema's default of WMI filters, owned by a domain administrator.
const WMI_FILTER_DESCRIPTOR: &str =
    "O:DAG:DAD:AI(A;;RPLCLORC;;;AU)(A;;RPWPCRLCLOCCDCRCWDWOSW;;;DA)(A;;CC;;;PA)(A;;RPWPCRLCLOCCDCRCWDWOSDDTSW;;;SY)";

/// What a class adds where the source says nothing.
const CLASS_DEFAULTS: &[(&str, &[(&str, &str)])] = &[
    (
        "groupPolicyContainer",
        &[
            ("flags", "0"),
            ("versionNumber", "0"),
            ("gPCFunctionalityVersion", "2"),
            ("showInAdvancedViewOnly", "TRUE"),
            ("nTSecurityDescriptor", GPO_DESCRIPTOR),
        ],
    ),
    ("msWMI-Som", &[("showInAdvancedViewOnly", "TRUE"), ("nTSecurityDescriptor", WMI_FILTER_DESCRIPTOR)]),
    ("user", &[("userAccountControl", "512"), ("sAMAccountType", "805306368"), ("primaryGroupID", "513")]),
    ("computer", &[("userAccountControl", "4096"), ("sAMAccountType", "805306369"), ("primaryGroupID", "515")]),
    ("group", &[("groupType", "-2147483646"), ("sAMAccountType", "268435456")]),
];

const SID_ATTRIBUTES: [&str; 2] = ["objectSid", "securityIdentifier"];
const GUID_ATTRIBUTES: [&str; 3] = ["objectGUID", "productCode", "upgradeProductCode"];
const HEX_ATTRIBUTES: [&str; 5] = ["ipsecData", "msieee80211-Data", "msiScript", "categoryId", "logonHours"];
/// Attributes that are not LDAP's but the source's own.
const OWN_ATTRIBUTES: [&str; 3] = ["rid", "link", "query"];

/// The source's files of objects, turned into the objects of the directory.
pub(super) fn build(files: &[(&str, Vec<SourceEntry>)]) -> Result<Objects, SourceError> {
    let names = Names::collect(files)?;
    let mut entries = Vec::new();
    let mut seen = HashSet::new();
    let mut unreadable = HashSet::new();
    for (file, source) in files.iter().flat_map(|(file, entries)| entries.iter().map(move |entry| (*file, entry))) {
        let error = |problem: String| SourceError { file: file.to_owned(), line: source.line, problem };
        let entry = build_entry(source, &names).map_err(error)?;
        if !seen.insert(entry.dn.clone()) {
            return Err(error(format!("{} stands here twice", entry.dn)));
        }
        if source.mentions("nTSecurityDescriptor") && source.value("nTSecurityDescriptor").is_none() {
            unreadable.insert(entry.dn.clone());
        }
        let halves: Vec<Dn> = match entry.has_class("groupPolicyContainer") {
            true => ["Machine", "User"].map(|half| entry.dn.child("CN", half)).to_vec(),
            false => Vec::new(),
        };
        entries.push(entry);
        for half in halves {
            let class = vec![("objectClass".to_owned(), "container".to_owned())];
            let half_source = SourceEntry { line: source.line, dn: half.to_string(), attributes: class };
            entries.push(build_entry(&half_source, &names).map_err(error)?);
            seen.insert(half);
        }
    }
    // A parent stands before its children, whatever the order of the files.
    entries.sort_by_key(|entry| entry.dn.depth());
    names.complete_descriptors(&mut entries, &unreadable);
    Ok(Objects { domains: names.domains.iter().map(|domain| domain.dn.clone()).collect(), entries, names })
}

/// The objects of the forest.
pub(super) struct Objects {
    /// DNs of the domains, root domain first.
    pub(super) domains: Vec<Dn>,
    /// All objects, each after its parent.
    pub(super) entries: Vec<Entry>,
    /// The names they know each other by.
    pub(super) names: Names,
}

/// The names by which the source refers to objects.
#[derive(Default)]
pub(super) struct Names {
    domains: Vec<DomainName>,
    configuration: Option<Dn>,
    /// Descriptors that were read already, by text and domain: many objects share one.
    descriptors: RefCell<HashMap<DescriptorKey, Vec<u8>>>,
    /// By `DOMAIN\name`, lower case.
    principals: HashMap<String, (Sid, String)>,
    /// DNs of GPOs by `DOMAIN\display name`; none where the name is not unique.
    gpos: HashMap<String, Option<Dn>>,
}

struct DomainName {
    dn: Dn,
    dns_name: DnsName,
    netbios_name: String,
    sid: Sid,
}

impl Names {
    fn collect(files: &[(&str, Vec<SourceEntry>)]) -> Result<Self, SourceError> {
        let mut names = Names::default();
        let all = || files.iter().flat_map(|(file, entries)| entries.iter().map(move |entry| (*file, entry)));
        for (file, entry) in all().filter(|(_, entry)| entry.value("objectClass") == Some("domainDNS")) {
            let domain = names.domain(entry, all().map(|(_, entry)| entry));
            let problem = "a domain needs an objectSid and a crossRef with its nETBIOSName";
            let error = SourceError { file: file.to_owned(), line: entry.line, problem: problem.to_owned() };
            names.domains.push(domain.ok_or(error)?);
        }
        names.configuration = names.domains.first().map(|root| root.dn.child("CN", "Configuration"));
        for (file, entry) in all() {
            let error =
                |problem: &str| SourceError { file: file.to_owned(), line: entry.line, problem: problem.to_owned() };
            let dn: Dn = entry.dn.parse().map_err(|_| error("not a DN"))?;
            let Some(domain) = names.domain_of(&dn) else { continue };
            let netbios_name = domain.netbios_name.to_lowercase();
            if let Some(sid) = principal_sid(entry, domain).map_err(|problem| error(&problem))? {
                let key = format!("{netbios_name}\\{}", account_name(entry, &dn).to_lowercase());
                if names.principals.insert(key, (sid, entry.dn.clone())).is_some() {
                    return Err(error("another principal has this account name"));
                }
            }
            if entry.value("objectClass") == Some("groupPolicyContainer") {
                let key = format!("{netbios_name}\\{}", entry.value("displayName").unwrap_or_default());
                names.gpos.entry(key).and_modify(|twin| *twin = None).or_insert(Some(dn));
            }
        }
        Ok(names)
    }

    fn domain<'a>(&self, entry: &SourceEntry, mut all: impl Iterator<Item = &'a SourceEntry>) -> Option<DomainName> {
        let dn: Dn = entry.dn.parse().ok()?;
        let cross_reference = all.find(|other| {
            other.value("objectClass") == Some("crossRef")
                && other.value("nCName").and_then(|name| name.parse().ok()) == Some(dn.clone())
        })?;
        Some(DomainName {
            dns_name: dn.domain()?,
            netbios_name: cross_reference.value("nETBIOSName")?.to_owned(),
            sid: entry.value("objectSid")?.parse().ok()?,
            dn,
        })
    }

    /// The domain that holds an object; none for objects of the configuration.
    fn domain_of(&self, dn: &Dn) -> Option<&DomainName> {
        let is_configuration = self.configuration.as_ref().is_some_and(|configuration| dn.is_within(configuration));
        let holding = self.domains.iter().filter(|domain| !is_configuration && dn.is_within(&domain.dn));
        holding.max_by_key(|domain| domain.dn.depth())
    }

    /// Returns the DN of the domain with this DNS name.
    pub(super) fn domain_dn(&self, name: &DnsName) -> Option<&Dn> {
        self.domains.iter().find(|domain| domain.dns_name == *name).map(|domain| &domain.dn)
    }

    /// Returns the domains that two-letter names of a descriptor in this place refer to.
    pub(super) fn sddl_context(&self, dn: &Dn) -> SddlContext {
        let root = self.domains.first();
        let domain = self.domain_of(dn).or(root);
        SddlContext { domain: domain.map(|domain| domain.sid.clone()), forest_root: root.map(|root| root.sid.clone()) }
    }

    /// Replaces every `{DOMAIN\name}` by what `pick` takes of the principal.
    fn resolve(&self, text: &str, pick: impl Fn(&(Sid, String)) -> String) -> Result<String, String> {
        let mut resolved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            resolved.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) if name.contains('\\') => {
                    let principal = self.principals.get(&name.to_lowercase());
                    resolved.push_str(&pick(principal.ok_or_else(|| format!("no principal is called `{name}`"))?));
                    rest = tail;
                }
                _ => {
                    resolved.push('{');
                    rest = after;
                }
            }
        }
        resolved.push_str(rest);
        Ok(resolved)
    }

    /// Replaces every `${sid:DOMAIN\name}` in a file by the SID.
    pub(super) fn expand_sids(&self, text: &str) -> Result<String, String> {
        const MARK: &str = "${sid:";
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(MARK) {
            let (name, tail) = after.split_once('}').ok_or("`${sid:` without `}`")?;
            let principal = self.principals.get(&name.to_lowercase());
            let (sid, _) = principal.ok_or_else(|| format!("no principal is called `{name}`"))?;
            expanded.push_str(before);
            expanded.push_str(&sid.to_string());
            rest = tail;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// Reads a descriptor of the object with this DN.
    pub(super) fn descriptor(&self, text: &str, dn: &Dn) -> Result<SecurityDescriptor, String> {
        let resolved = self.resolve(text, |(sid, _)| sid.to_string())?;
        SecurityDescriptor::from_sddl(&resolved, &self.sddl_context(dn)).map_err(|error| error.to_string())
    }

    /// Gives every object the descriptor it would have from a directory: its own or that of its class, and what it inherits.
    /// Those whose descriptor nobody may read get none.
    fn complete_descriptors(&self, entries: &mut [Entry], unreadable: &HashSet<Dn>) {
        const ATTRIBUTE: &str = "nTSecurityDescriptor";
        let Some(root) = self.domains.first() else { return };
        // Most objects are like others of their class and place, so each descriptor is worked out once.
        let mut made: Vec<(SecurityDescriptor, Vec<u8>)> = Vec::new();
        let mut by_origin: HashMap<Origin<'_>, usize> = HashMap::new();
        let mut by_dn: HashMap<Dn, usize> = HashMap::new();
        for entry in entries.iter_mut().filter(|entry| !unreadable.contains(&entry.dn)) {
            let above = entry.dn.parent().and_then(|parent| by_dn.get(&parent).copied());
            let domain = self.domain_of(&entry.dn).unwrap_or(root);
            let class = entry.text("objectClass").unwrap_or_default();
            let own = entry.bytes(ATTRIBUTE).map(<[u8]>::to_vec);
            let origin = (class, own, above, &domain.sid);
            let index = match by_origin.get(&origin) {
                Some(index) => *index,
                None => {
                    let (class, own, ..) = &origin;
                    let own = own.as_deref().and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok());
                    let above = above.map(|index| &made[index].0);
                    let Some(descriptor) = new_descriptor(class, own, above, &domain.sid, &root.sid) else { continue };
                    let Ok(bytes) = descriptor.to_bytes() else { continue };
                    made.push((descriptor, bytes));
                    by_origin.insert(origin, made.len() - 1);
                    made.len() - 1
                }
            };
            entry.attributes.retain(|attribute| !attribute.name.eq_ignore_ascii_case(ATTRIBUTE));
            entry.attributes.push(Attribute::bytes(ATTRIBUTE, made[index].1.clone()));
            by_dn.insert(entry.dn.clone(), index);
        }
    }

    /// Reads the links of a SOM, link order 1 first, and returns the attribute.
    fn links<'a>(&self, links: impl Iterator<Item = &'a str>, som: &Dn) -> Result<String, String> {
        let mut attribute = GpLink::default();
        for text in links {
            let mut parts = text.split('|').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let (mut enabled, mut enforced) = (true, false);
            for word in parts {
                match word {
                    "disabled" => enabled = false,
                    "enforced" => enforced = true,
                    other => return Err(format!("a link is not `{other}` but `disabled` or `enforced`")),
                }
            }
            let own = self.domain_of(som).or(self.domains.first()).ok_or("there is no domain")?;
            let (netbios_name, name) = name.split_once('\\').unwrap_or((&own.netbios_name, name));
            let domain = self.domains.iter().find(|domain| domain.netbios_name.eq_ignore_ascii_case(netbios_name));
            let domain = domain.ok_or_else(|| format!("no domain is called `{netbios_name}`"))?;
            let id = match name.parse::<Guid>() {
                Ok(id) => id.to_string(),
                Err(_) => {
                    let gpo = self.gpos.get(&format!("{}\\{name}", domain.netbios_name.to_lowercase()));
                    gpo.and_then(Option::as_ref)
                        .ok_or_else(|| format!("not exactly one GPO is called `{name}`"))?
                        .name()
                }
            };
            // Spelled as GPMC spells the DNs of links.
            let gpo = format!("cn={id},cn=policies,cn=system,{}", domain.dn);
            let gpo: Dn = gpo.parse().map_err(|_| "the link has no DN".to_owned())?;
            attribute.elements.push(GpLinkElement::new(&gpo, LinkOptions::new(enabled, enforced)));
        }
        Ok(attribute.to_string())
    }
}

fn principal_sid(entry: &SourceEntry, domain: &DomainName) -> Result<Option<Sid>, String> {
    if let Some(rid) = entry.value("rid") {
        let rid = rid.parse().map_err(|_| format!("`{rid}` is no RID"))?;
        return domain.sid.child(rid).map(Some).ok_or_else(|| "the SID would be too long".to_owned());
    }
    let is_principal = !matches!(entry.value("objectClass"), Some("domainDNS"));
    match entry.value("objectSid").filter(|_| is_principal) {
        Some(text) => text.parse().map(Some).map_err(|_| format!("`{text}` is no SID")),
        None => Ok(None),
    }
}

fn account_name(entry: &SourceEntry, dn: &Dn) -> String {
    match entry.value("sAMAccountName") {
        Some(name) => name.to_owned(),
        None if entry.value("objectClass") == Some("computer") => format!("{}$", dn.name()),
        None => dn.name(),
    }
}

fn build_entry(source: &SourceEntry, names: &Names) -> Result<Entry, String> {
    let dn: Dn = source.dn.parse().map_err(|error| format!("{error}"))?;
    let class = source.value("objectClass").ok_or("an object needs an objectClass")?;
    let mut entry = Entry { dn, attributes: Vec::new() };
    entry.attributes.push(Attribute::text("objectClass", class));
    for (name, value) in &source.attributes {
        let is_own = name == "objectClass" || OWN_ATTRIBUTES.contains(&name.as_str());
        if is_own || value.is_empty() || entry.attributes.iter().any(|done| done.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        let values: Result<_, _> = source.values(name).map(|value| encode(name, value, &entry.dn, names)).collect();
        entry.attributes.push(Attribute { name: name.clone(), values: values? });
    }
    for (name, value) in defaults(source, &entry.dn, class, names)? {
        if !source.mentions(name) {
            let value = encode(name, &value, &entry.dn, names)?;
            entry.attributes.push(Attribute::bytes(name, value));
        }
    }
    Ok(entry)
}

fn encode(name: &str, value: &str, dn: &Dn, names: &Names) -> Result<Vec<u8>, String> {
    let is_in = |list: &[&str]| list.iter().any(|other| other.eq_ignore_ascii_case(name));
    if name.eq_ignore_ascii_case("nTSecurityDescriptor") {
        let key = (value.to_owned(), names.domain_of(dn).map(|domain| domain.sid.clone()));
        if let Some(bytes) = names.descriptors.borrow().get(&key) {
            return Ok(bytes.clone());
        }
        let bytes = names.descriptor(value, dn)?.to_bytes().map_err(|error| error.to_string())?;
        names.descriptors.borrow_mut().insert(key, bytes.clone());
        Ok(bytes)
    } else if is_in(&SID_ATTRIBUTES) {
        value.parse::<Sid>().map(|sid| sid.to_bytes()).map_err(|error| error.to_string())
    } else if is_in(&GUID_ATTRIBUTES) {
        value.parse::<Guid>().map(|guid| guid.to_bytes().to_vec()).map_err(|error| error.to_string())
    } else if is_in(&HEX_ATTRIBUTES) {
        super::hex_bytes(value).ok_or_else(|| format!("`{value}` is not hexadecimal"))
    } else {
        Ok(names.resolve(value, |(_, dn)| dn.clone())?.into_bytes())
    }
}

/// What every object of its class has.
fn defaults(source: &SourceEntry, dn: &Dn, class: &str, names: &Names) -> Result<Vec<(&'static str, String)>, String> {
    let mut defaults = Vec::new();
    let of_class = CLASS_DEFAULTS.iter().filter(|(name, _)| *name == class).flat_map(|(_, defaults)| *defaults);
    defaults.extend(of_class.map(|(name, value)| (*name, (*value).to_owned())));
    let created = source.value("whenCreated").unwrap_or(DEFAULT_TIME);
    defaults.push(("whenCreated", created.to_owned()));
    defaults.push(("whenChanged", created.to_owned()));
    defaults.push(("objectGUID", guid_of(dn).to_string()));
    let domain = names.domain_of(dn);
    if let Some(domain) = domain {
        if let Some(sid) = principal_sid(source, domain)? {
            defaults.push(("objectSid", sid.to_string()));
        }
        match class {
            "user" | "group" | "computer" => defaults.push(("sAMAccountName", account_name(source, dn))),
            "groupPolicyContainer" => {
                let path = format!(r"\\{0}\SysVol\{0}\Policies\{1}", domain.dns_name, dn.name());
                defaults.push(("gPCFileSysPath", path));
            }
            "msWMI-Som" => defaults.push(("msWMI-ID", dn.name())),
            _ => {}
        }
        match class {
            "user" => {
                defaults.push(("userPrincipalName", format!("{}@{}", account_name(source, dn), domain.dns_name)));
                defaults.push(("displayName", dn.name()));
            }
            "computer" => {
                defaults.push(("dNSHostName", format!("{}.{}", dn.name().to_lowercase(), domain.dns_name)));
            }
            _ => {}
        }
    }
    if source.mentions("link") {
        defaults.push(("gPLink", names.links(source.values("link"), dn)?));
    }
    if source.mentions("query") {
        defaults.push(("msWMI-Parm2", query_list(source.values("query"))?));
    }
    Ok(defaults)
}

/// The list of queries as the directory holds it (`gpo-storage.md` A5); lengths count UTF-16 units.
fn query_list<'a>(queries: impl Iterator<Item = &'a str>) -> Result<String, String> {
    let mut list = String::new();
    let mut count = 0;
    for text in queries {
        let (namespace, query) = text.split_once('|').ok_or("expected `query: NAMESPACE | QUERY`")?;
        let (namespace, query) = (namespace.trim(), query.trim());
        let length = |text: &str| text.encode_utf16().count();
        list.push_str(&format!("3;{};{};WQL;{namespace};{query};", length(namespace), length(query)));
        count += 1;
    }
    Ok(format!("{count};{list}"))
}

/// A GUID that belongs to the name: the same in every build (RFC 9562 5.5, in a name space of our own).
fn guid_of(dn: &Dn) -> Guid {
    let digest = Sha1::digest([b"OpenGPMC demo forest ".as_slice(), dn.folded().as_bytes()].concat());
    let mut number = digest.iter().take(16).fold(0u128, |number, byte| number << 8 | u128::from(*byte));
    number = number & !(0xF << 76) | 5 << 76;
    number = number & !(0b11 << 62) | 0b10 << 62;
    Guid::from_u128(number)
}

/// What a descriptor depends on: its text and the SID of its domain.
type DescriptorKey = (String, Option<Sid>);

/// What a descriptor an object gets depends on: class, own descriptor, that of the object above, SID of the domain.
type Origin<'a> = (String, Option<Vec<u8>>, Option<usize>, &'a Sid);
