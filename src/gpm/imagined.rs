//! A forest as it would be: a snapshot with changes that nobody has made. What a plan before and a plan after a change are compared by.

use crate::ident::{Dn, DnsName};
use crate::security::SecurityDescriptor;
use crate::store::{Attribute, Entry, SdParts};

use super::decode::Decoder;
use super::som::sort_tree;
use super::{DomainSnapshot, ForestSnapshot, Gpo, Som};

/// A snapshot that is being changed. What it does not hold (users, files, what the attributes of other objects say) is passed over.
#[derive(Clone, Debug)]
pub struct ImaginedForest {
    snapshot: ForestSnapshot,
}

impl ForestSnapshot {
    /// Returns a copy in which changes can be imagined.
    pub fn imagine(&self) -> ImaginedForest {
        ImaginedForest { snapshot: self.clone() }
    }
}

impl ImaginedForest {
    /// Returns the snapshot with all changes.
    pub fn into_snapshot(mut self) -> ForestSnapshot {
        self.snapshot.reindex();
        self.snapshot
    }

    /// Gives attributes of a site, domain, OU or GPO these values; one without values is taken away.
    pub fn set_values(&mut self, dn: &Dn, attributes: &[Attribute]) {
        if let Some((som, domain)) = self.som_mut(dn) {
            return change_som(som, domain, attributes);
        }
        let Some(gpo) = self.gpo_mut(dn) else { return };
        let mut entry = Entry { dn: dn.clone(), attributes: known_attributes(gpo) };
        for attribute in attributes {
            entry.attributes.retain(|known| !known.name.eq_ignore_ascii_case(&attribute.name));
            entry.attributes.push(attribute.clone());
        }
        let Some(read) = Decoder::new(gpo.domain.clone()).gpo(entry) else { return };
        let old = std::mem::replace(gpo, read);
        (gpo.owner, gpo.security_descriptor) = (old.owner, old.security_descriptor);
        (gpo.created, gpo.modified) = (old.created, old.modified);
    }

    /// Gives a GPO the access list of another descriptor, where that is among the parts. A descriptor that cannot be read changes nothing.
    pub fn set_security(&mut self, dn: &Dn, parts: SdParts, descriptor: &[u8]) {
        let Some(gpo) = self.gpo_mut(dn) else { return };
        let Ok(new) = SecurityDescriptor::from_bytes(descriptor) else { return };
        let old = gpo.security_descriptor.as_deref().map(SecurityDescriptor::from_bytes);
        let mut changed = old.and_then(Result::ok).unwrap_or_default();
        if parts.0 & SdParts::DACL.0 == 0 || changed.dacl == new.dacl {
            return;
        }
        (changed.dacl, changed.control) = (new.dacl, new.control);
        if let Ok(bytes) = changed.to_bytes() {
            gpo.security_descriptor = Some(bytes);
        }
    }

    /// Takes away a GPO, or an OU with all below it.
    pub fn remove(&mut self, dn: &Dn) {
        self.snapshot.remove_gpo(dn);
        let Some(domain) = self.domain_mut(dn) else { return };
        // The domain itself stays.
        let mut place = 0;
        domain.soms.retain(|som| {
            place += 1;
            place == 1 || !som.dn.is_within(dn)
        });
        sort_again(domain);
    }

    fn domain_mut(&mut self, dn: &Dn) -> Option<&mut DomainSnapshot> {
        let name = dn.domain()?;
        self.snapshot.domains.iter_mut().find(|domain| domain.name == name)
    }

    fn som_mut(&mut self, dn: &Dn) -> Option<(&mut Som, DnsName)> {
        if let Some(place) = self.snapshot.sites.iter().position(|site| site.dn == *dn) {
            let name = self.snapshot.name.clone();
            return Some((&mut self.snapshot.sites[place], name));
        }
        let domain = self.domain_mut(dn)?;
        let name = domain.name.clone();
        let som = domain.soms.iter_mut().find(|som| som.dn == *dn)?;
        Some((som, name))
    }

    fn gpo_mut(&mut self, dn: &Dn) -> Option<&mut Gpo> {
        self.domain_mut(dn)?.gpos.iter_mut().find(|gpo| gpo.dn == *dn)
    }
}

fn change_som(som: &mut Som, domain: DnsName, attributes: &[Attribute]) {
    let find = |name: &str| attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
    let mut entry = Entry { dn: som.dn.clone(), attributes: Vec::new() };
    entry.attributes.push(match find("gPLink") {
        Some(changed) => changed.clone(),
        None => som.gp_link.as_ref().map_or(Attribute { name: "gPLink".to_owned(), values: Vec::new() }, |text| {
            Attribute::text("gPLink", text.to_string())
        }),
    });
    entry.attributes.push(match find("gPOptions") {
        Some(changed) => changed.clone(),
        None => Attribute::text("gPOptions", if som.inheritance_blocked { "1" } else { "0" }),
    });
    let read = Decoder::new(domain).som(entry, som.kind);
    (som.links, som.gp_link, som.inheritance_blocked) = (read.links, read.gp_link, read.inheritance_blocked);
}

/// Returns what a GPO was read from, as far as it decides about policy.
fn known_attributes(gpo: &Gpo) -> Vec<Attribute> {
    let mut attributes = vec![
        Attribute::text("objectClass", "groupPolicyContainer"),
        Attribute::text("displayName", gpo.display_name.clone()),
        Attribute::text("flags", gpo.status.to_flags().to_string()),
        Attribute::text("versionNumber", gpo.version.to_directory_text()),
    ];
    let texts = [
        ("gPCFileSysPath", gpo.file_system_path.clone()),
        ("gPCFunctionalityVersion", gpo.functionality_version.map(|version| version.to_string())),
        ("gPCWQLFilter", gpo.wmi_filter.as_ref().map(ToString::to_string)),
        ("gPCMachineExtensionNames", Some(gpo.computer_extensions.to_string())),
        ("gPCUserExtensionNames", Some(gpo.user_extensions.to_string())),
    ];
    let present = texts.into_iter().filter_map(|(name, text)| Some((name, text.filter(|text| !text.is_empty())?)));
    attributes.extend(present.map(|(name, text)| Attribute::text(name, text)));
    attributes
}

fn sort_again(domain: &mut DomainSnapshot) {
    let mut soms = std::mem::take(&mut domain.soms).into_iter().map(|som| Som { parent: None, depth: 0, ..som });
    if let Some(root) = soms.next() {
        domain.soms = sort_tree(root, soms.collect());
    }
}
