//! What a forest's GPOs mean to a plan, worked out once for all plans.

use std::collections::HashMap;

use crate::extension::HalfContents;
use crate::gpm::{ForestSnapshot, Gpo, GpoStatus};
use crate::ident::{Dn, DnsName, ExtensionList, GpoVersion, Guid, WmiFilterRef};
use crate::report::Side;
use crate::security::SecurityDescriptor;

use super::access::Access;
use super::extension_order::{Called, REGISTRY, called};
use super::link_speed::{EXTENSIONS_KEY, SYSTEM_KEY};
use super::{GpoId, Policies};

/// A GPO of the forest.
#[derive(Debug)]
pub(super) struct PreparedGpo {
    pub id: GpoId,
    /// Whether its attributes could not be read.
    pub inaccessible: bool,
    pub functionality_version: Option<i32>,
    pub status: GpoStatus,
    pub version: GpoVersion,
    /// Its access list; none where it could not be read.
    pub access: Option<Access>,
    pub filter: Option<PreparedFilter>,
    computer: PreparedHalf,
    user: PreparedHalf,
}

/// One half of it.
#[derive(Debug)]
pub(super) struct PreparedHalf {
    /// The extensions that a client calls.
    pub extensions: Vec<Guid>,
    /// What is wrong with the half, in words.
    pub warnings: Vec<String>,
    /// Whether it sets values in the registry by which Group Policy itself is told what to do.
    pub configures_group_policy: bool,
}

/// The WMI filter of a GPO.
#[derive(Debug)]
pub(super) struct PreparedFilter {
    pub id: Guid,
    pub found: FoundFilter,
}

/// What is known of a WMI filter that a GPO names.
#[derive(Clone, Debug)]
pub(super) enum FoundFilter {
    /// It is there; its name.
    Named(String),
    /// It is not.
    Missing,
    /// The domain that should hold it could not be read.
    NotRead(DnsName),
}

impl PreparedGpo {
    /// Returns a half.
    pub fn half(&self, side: Side) -> &PreparedHalf {
        match side {
            Side::Computer => &self.computer,
            Side::User => &self.user,
        }
    }

    /// Tells whether a half is enabled.
    pub fn is_enabled(&self, side: Side) -> bool {
        match side {
            Side::Computer => self.status.computer_enabled(),
            Side::User => self.status.user_enabled(),
        }
    }
}

impl PreparedFilter {
    /// Returns what lists show: the name, or the id of one that is not known.
    pub fn label(&self) -> String {
        match &self.found {
            FoundFilter::Named(name) => name.clone(),
            FoundFilter::Missing | FoundFilter::NotRead(_) => self.id.to_string(),
        }
    }
}

/// Prepares the GPOs of a forest, by the DN of their container.
pub(super) fn prepare(forest: &ForestSnapshot, policies: &Policies) -> HashMap<Dn, PreparedGpo> {
    let filters = FilterIndex::of(forest);
    let gpos = forest.domains.iter().flat_map(|domain| &domain.gpos);
    gpos.map(|gpo| (gpo.dn.clone(), prepare_gpo(gpo, policies, &filters))).collect()
}

fn prepare_gpo(gpo: &Gpo, policies: &Policies, filters: &FilterIndex<'_>) -> PreparedGpo {
    let policy = policies.get(&gpo.dn);
    let descriptor = gpo.security_descriptor.as_deref().map(SecurityDescriptor::from_bytes);
    PreparedGpo {
        id: GpoId { dn: gpo.dn.clone(), id: gpo.id, domain: Some(gpo.domain.clone()), name: gpo.display_name.clone() },
        inaccessible: gpo.inaccessible,
        functionality_version: gpo.functionality_version,
        status: gpo.status,
        version: gpo.version,
        access: descriptor.and_then(Result::ok).as_ref().map(Access::of),
        filter: gpo.wmi_filter.as_ref().map(|reference| filters.find(reference)),
        computer: prepare_half(&gpo.computer_extensions, policy.map(|policy| &policy.computer.contents)),
        user: prepare_half(&gpo.user_extensions, policy.map(|policy| &policy.user.contents)),
    }
}

fn prepare_half(registered: &ExtensionList, contents: Option<&HalfContents>) -> PreparedHalf {
    let Called { extensions, lost } = called(registered);
    let mut warnings = Vec::new();
    if !lost.is_empty() {
        let names: Vec<String> = lost.iter().map(|lost| crate::gpm::ClientSideExtension::label(*lost)).collect();
        let names = names.join(", ");
        warnings.push(format!("The extension list is out of order: clients never come to {names}."));
    }
    let registry = contents.and_then(HalfContents::registry);
    if registry.is_some() && !extensions.contains(&REGISTRY) && !lost.contains(&REGISTRY) {
        warnings
            .push("It has a registry.pol, but does not register the Registry extension: clients pass it over.".into());
    }
    let configures = |key: &str| {
        let is_extension = |key: &str| {
            let (Some(head), Some(rest)) = (key.get(..EXTENSIONS_KEY.len()), key.get(EXTENSIONS_KEY.len()..)) else {
                return false;
            };
            head.eq_ignore_ascii_case(EXTENSIONS_KEY) && rest.starts_with('\\')
        };
        key.eq_ignore_ascii_case(SYSTEM_KEY) || is_extension(key)
    };
    let configures_group_policy =
        registry.is_some_and(|(registry, _)| registry.records.iter().any(|record| configures(&record.key.to_string())));
    PreparedHalf { extensions, warnings, configures_group_policy }
}

/// The WMI filters of a forest by domain and id.
struct FilterIndex<'a> {
    names: HashMap<(usize, Guid), &'a str>,
    forest: &'a ForestSnapshot,
}

impl<'a> FilterIndex<'a> {
    fn of(forest: &'a ForestSnapshot) -> Self {
        let domains = forest.domains.iter().enumerate();
        let names = domains.flat_map(|(position, domain)| {
            domain.wmi_filters.iter().map(move |filter| ((position, filter.id), filter.name.as_str()))
        });
        FilterIndex { names: names.collect(), forest }
    }

    fn find(&self, reference: &WmiFilterRef) -> PreparedFilter {
        let WmiFilterRef { domain, id } = reference;
        let position = self.forest.domains.iter().position(|known| known.name == *domain);
        let name = position.and_then(|position| self.names.get(&(position, *id)));
        let is_read = position.is_some_and(|position| !self.forest.domains[position].soms.is_empty());
        let found = match name {
            Some(name) => FoundFilter::Named((*name).to_owned()),
            None if is_read => FoundFilter::Missing,
            None => FoundFilter::NotRead(domain.clone()),
        };
        PreparedFilter { id: *id, found }
    }
}
