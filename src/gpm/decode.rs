//! Entries of the directory turned into the values of the object model (`gpo-storage.md` A1–A5).
//!
//! Nothing here fails: garbage in an attribute becomes a [`Problem`] that names the object, and the rest is kept.

use std::collections::HashMap;

use crate::ident::{Dn, DnsName, ExtensionList, GpLink, GpoVersion, Guid, Sid, Timestamp, WmiFilterRef};
use crate::store::Entry;

use super::{Gpo, GpoLink, GpoStatus, Problem, Som, SomType, WmiFilter, WmiQueryList};

/// Attributes of a GPO's container, without the descriptor.
pub(super) const GPO_ATTRIBUTES: [&str; 12] = [
    "objectClass",
    "displayName",
    "flags",
    "versionNumber",
    "whenCreated",
    "whenChanged",
    "gPCFileSysPath",
    "gPCFunctionalityVersion",
    "gPCMachineExtensionNames",
    "gPCUserExtensionNames",
    "gPCWQLFilter",
    SECURITY_DESCRIPTOR,
];

/// Attributes of a domain or OU.
pub(super) const SOM_ATTRIBUTES: [&str; 6] =
    ["objectClass", "gPLink", "gPOptions", "description", "objectSid", "fSMORoleOwner"];

/// Attributes of a WMI filter.
pub(super) const WMI_FILTER_ATTRIBUTES: [&str; 10] = [
    "msWMI-ID",
    "msWMI-Name",
    "msWMI-Parm1",
    "msWMI-Parm2",
    "msWMI-Author",
    "msWMI-CreationDate",
    "msWMI-ChangeDate",
    "whenCreated",
    "whenChanged",
    SECURITY_DESCRIPTOR,
];

pub(super) const SECURITY_DESCRIPTOR: &str = "nTSecurityDescriptor";

/// Turns entries into values and collects what is wrong with them.
pub(super) struct Decoder {
    /// The domain the entries come from.
    pub domain: DnsName,
    /// What was found wrong so far.
    pub problems: Vec<Problem>,
    /// GPOs that links name, by DN, so that many links to one GPO share its DN.
    targets: HashMap<Dn, LinkedGpo>,
}

#[derive(Clone)]
struct LinkedGpo {
    dn: Dn,
    id: Option<Guid>,
    domain: Option<DnsName>,
}

impl Decoder {
    pub fn new(domain: DnsName) -> Self {
        Decoder { domain, problems: Vec::new(), targets: HashMap::new() }
    }

    /// Reads a child of `CN=Policies`; none where it is no GPO.
    pub fn gpo(&mut self, mut entry: Entry) -> Option<Gpo> {
        // Of a GPO we may list but not read nothing comes but its name: not even its class.
        let class_readable = !entry.values("objectClass").is_empty();
        if class_readable && !entry.has_class("groupPolicyContainer") {
            return None;
        }
        let name = entry.dn.name();
        let Ok(id) = name.parse::<Guid>() else {
            self.problem(&entry.dn, format!("`{name}` is not a GUID, so this is no usable GPO"));
            return None;
        };
        let security_descriptor = take_bytes(&mut entry, SECURITY_DESCRIPTOR);
        let flags = self.number(&entry, "flags");
        let version = self.parsed(&entry, "versionNumber", "a 32-bit number", GpoVersion::parse);
        let file_system_path = entry.text("gPCFileSysPath");
        let inaccessible = version.is_none() && file_system_path.is_none() && flags.is_none();
        let display_name = entry.text("displayName").filter(|name| !name.trim().is_empty());
        Some(Gpo {
            id,
            domain: self.domain.clone(),
            display_name: display_name.unwrap_or_else(|| id.to_string()),
            inaccessible,
            status: GpoStatus::from_flags(flags.unwrap_or(0)),
            version: version.unwrap_or_default(),
            created: self.time(&entry, "whenCreated"),
            modified: self.time(&entry, "whenChanged"),
            owner: self.owner(&entry.dn, security_descriptor.as_deref()),
            wmi_filter: self.wmi_filter_ref(&entry),
            file_system_path,
            functionality_version: self.number(&entry, "gPCFunctionalityVersion"),
            computer_extensions: extensions(&entry, "gPCMachineExtensionNames"),
            user_extensions: extensions(&entry, "gPCUserExtensionNames"),
            security_descriptor,
            dn: entry.dn,
        })
    }

    /// Reads a domain, OU or site. Its place among the others is set later.
    pub fn som(&mut self, entry: Entry, kind: SomType) -> Som {
        let blocked = self.number(&entry, "gPOptions").unwrap_or(0) & 1 != 0;
        let description = entry.text("description").filter(|text| !text.trim().is_empty());
        let gp_link = entry.bytes("gPLink").map(|bytes| match std::str::from_utf8(bytes) {
            Ok(text) => GpLink::parse(text),
            Err(_) => {
                self.problem(&entry.dn, "gPLink holds bytes that are no text".to_owned());
                GpLink::parse(&String::from_utf8_lossy(bytes))
            }
        });
        let links = gp_link.as_ref().map_or_else(Vec::new, |gp_link| self.links(&entry.dn, gp_link));
        let name = match kind {
            SomType::Domain => self.domain.to_string(),
            SomType::Site | SomType::Ou => entry.dn.name(),
        };
        Som {
            kind,
            dn: entry.dn,
            name,
            description,
            links,
            inheritance_blocked: blocked,
            parent: None,
            depth: 0,
            gp_link,
        }
    }

    /// Reads the links of a SOM, in link order.
    pub fn links(&mut self, som: &Dn, gp_link: &GpLink) -> Vec<GpoLink> {
        let mut links = Vec::with_capacity(gp_link.elements.len());
        for (index, element) in gp_link.elements.iter().enumerate() {
            let order = index + 1;
            let text = element.as_str().to_owned();
            let (Some(dn), Some(options)) = (element.gpo(), element.options()) else {
                self.problem(som, format!("the link with order {order} is damaged: `{text}`"));
                links.push(GpoLink {
                    order,
                    gpo_dn: None,
                    gpo_id: None,
                    gpo_domain: None,
                    enabled: false,
                    enforced: false,
                    text,
                });
                continue;
            };
            let target = match self.targets.get(dn) {
                Some(target) => target,
                None => self.targets.entry(dn.clone()).or_insert_with(|| LinkedGpo {
                    dn: dn.clone(),
                    id: dn.name().parse().ok(),
                    domain: dn.domain(),
                }),
            };
            links.push(GpoLink {
                order,
                gpo_dn: Some(target.dn.clone()),
                gpo_id: target.id,
                gpo_domain: target.domain.clone(),
                enabled: options.enabled(),
                enforced: options.enforced(),
                text,
            });
        }
        links
    }

    /// Reads a WMI filter; none where it has no id.
    pub fn wmi_filter(&mut self, mut entry: Entry) -> Option<WmiFilter> {
        let id_text = entry.text("msWMI-ID").unwrap_or_else(|| entry.dn.name());
        let Some(id) = id_text.parse::<Guid>().ok().or_else(|| entry.dn.name().parse().ok()) else {
            self.problem(&entry.dn, format!("`{id_text}` is not a GUID, so this is no usable WMI filter"));
            return None;
        };
        let text = |name| entry.text(name).unwrap_or_default();
        let stored = WmiQueryList::parse(&text("msWMI-Parm2"));
        if stored.lengths_wrong {
            self.problem(&entry.dn, "the stored query list contradicts its own lengths".to_owned());
        }
        let description = text("msWMI-Parm1");
        let name = entry.text("msWMI-Name").unwrap_or_else(|| id.to_string());
        let author = text("msWMI-Author");
        let created = self.dmtf_time(&entry, "msWMI-CreationDate").or_else(|| self.time(&entry, "whenCreated"));
        let modified = self.dmtf_time(&entry, "msWMI-ChangeDate").or_else(|| self.time(&entry, "whenChanged"));
        Some(WmiFilter {
            id,
            domain: self.domain.clone(),
            name,
            // A directory takes no empty text, so writers put a blank behind the description.
            description: description.strip_suffix(' ').unwrap_or(&description).to_owned(),
            author,
            created,
            modified,
            queries: stored.queries,
            stored_lengths_wrong: stored.lengths_wrong,
            security_descriptor: take_bytes(&mut entry, SECURITY_DESCRIPTOR),
            dn: entry.dn,
        })
    }

    fn wmi_filter_ref(&mut self, entry: &Entry) -> Option<WmiFilterRef> {
        let text = entry.text("gPCWQLFilter").filter(|text| !text.trim().is_empty())?;
        let parsed = text.parse().map_err(|error| self.problem(&entry.dn, format!("gPCWQLFilter: {error}")));
        parsed.ok()
    }

    fn owner(&mut self, dn: &Dn, descriptor: Option<&[u8]>) -> Option<Sid> {
        let descriptor = descriptor?;
        let owner = owner(descriptor);
        if owner.is_none() {
            self.problem(dn, "the security descriptor has no readable owner".to_owned());
        }
        owner
    }

    fn number(&mut self, entry: &Entry, attribute: &str) -> Option<i32> {
        self.parsed(entry, attribute, "a 32-bit number", |text| text.trim().parse().ok())
    }

    fn time(&mut self, entry: &Entry, attribute: &str) -> Option<Timestamp> {
        self.parsed(entry, attribute, "a point in time", |text| Timestamp::parse_generalized(text).ok())
    }

    fn dmtf_time(&mut self, entry: &Entry, attribute: &str) -> Option<Timestamp> {
        self.parsed(entry, attribute, "a point in time", |text| Timestamp::parse_dmtf(text).ok())
    }

    fn parsed<T>(
        &mut self,
        entry: &Entry,
        attribute: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = entry.text(attribute)?;
        let value = parse(&text);
        if value.is_none() {
            self.problem(&entry.dn, format!("{attribute} is `{text}`, expected {expected}"));
        }
        value
    }

    fn problem(&mut self, object: &Dn, message: String) {
        self.problems.push(Problem { object: object.to_string(), message });
    }
}

/// Returns the owner that a self-relative security descriptor names ([MS-DTYP] 2.4.6).
pub(super) fn owner(descriptor: &[u8]) -> Option<Sid> {
    let offset = u32::from_le_bytes(descriptor.get(4..8)?.try_into().ok()?) as usize;
    if offset == 0 {
        return None;
    }
    Sid::read(descriptor.get(offset..)?).ok().map(|(sid, _)| sid)
}

fn extensions(entry: &Entry, attribute: &str) -> ExtensionList {
    entry.text(attribute).map_or_else(ExtensionList::default, |text| ExtensionList::parse_lossy(&text))
}

fn take_bytes(entry: &mut Entry, name: &str) -> Option<Vec<u8>> {
    let attribute = entry.attributes.iter_mut().find(|attribute| attribute.name.eq_ignore_ascii_case(name))?;
    (!attribute.values.is_empty()).then(|| attribute.values.swap_remove(0))
}

/// The DN `CN=Policies,CN=System,…` relative to a domain.
pub(super) fn policies_container(domain: &Dn) -> Dn {
    domain.child("CN", "System").child("CN", "Policies")
}

/// The DN of the container of WMI filters of a domain.
pub(super) fn wmi_filter_container(domain: &Dn) -> Dn {
    domain.child("CN", "System").child("CN", "WMIPolicy").child("CN", "SOM")
}
