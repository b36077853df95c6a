//! `search`: every criterion of IGPMSearchCriteria as an option (`object-model.md` 4).

use std::collections::HashMap;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::gpm::{
    Domain, ForestSnapshot, GroupsByTrustee, LinksIn, Names, PermissionType, Problem, SearchCriteria, SearchOperation,
    SearchProperty, SearchValue, StarterGpo, Task, starter_gpo_folder,
};
use crate::ident::{Dn, DnsName, Guid, WmiFilterRef};
use crate::security::SecurityDescriptor;
use crate::store::ForestStore;

use super::gpo::choose;
use super::output::{Outcome, Output, Table};
use super::session::{check_domain, report};
use super::som::{link_names, som_json};
use super::{Session, UsageError};

use SearchOperation::{Contains, Equals, NotContains, NotEquals};

/// Search for GPOs, organizational units, sites or starter GPOs by conditions that must all hold
///
/// Every option may be given more than once. Names compare without case; TEXT is a plain part of a name, without wildcards.
#[derive(Debug, Args)]
#[command(next_help_heading = "Conditions")]
pub struct Search {
    /// What to search for
    #[arg(long, value_enum, default_value = "gpo", help_heading = None)]
    kind: Kind,
    /// The display name is this
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
    /// The display name holds this
    #[arg(long, value_name = "TEXT")]
    name_contains: Vec<String>,
    /// The display name does not hold this
    #[arg(long, value_name = "TEXT")]
    name_not_contains: Vec<String>,
    /// The GUID is this
    #[arg(long, value_name = "GUID")]
    id: Vec<Guid>,
    /// The GUID is another
    #[arg(long, value_name = "GUID")]
    not_id: Vec<Guid>,
    /// It lives in this domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Vec<DnsName>,
    /// It lives in another domain
    #[arg(long, value_name = "DOMAIN")]
    not_domain: Vec<DnsName>,
    /// The GPO has this WMI filter
    #[arg(long, value_name = "NAME|GUID")]
    wmi_filter: Vec<String>,
    /// The GPO has another WMI filter or none
    #[arg(long, value_name = "NAME|GUID")]
    not_wmi_filter: Vec<String>,
    /// The computer half registers this client-side extension
    #[arg(long, value_name = "GUID")]
    computer_extension: Vec<Guid>,
    /// The computer half does not register this client-side extension
    #[arg(long, value_name = "GUID")]
    not_computer_extension: Vec<Guid>,
    /// The user half registers this client-side extension
    #[arg(long, value_name = "GUID")]
    user_extension: Vec<Guid>,
    /// The user half does not register this client-side extension
    #[arg(long, value_name = "GUID")]
    not_user_extension: Vec<Guid>,
    /// This trustee is listed with this level: apply, read, edit, edit-security (GPOs); read, edit, full (starter GPOs)
    #[arg(long, value_name = "TRUSTEE=LEVEL")]
    permission: Vec<String>,
    /// This trustee is not listed with this level
    #[arg(long, value_name = "TRUSTEE=LEVEL")]
    not_permission: Vec<String>,
    /// This trustee has this level, also through groups
    #[arg(long, value_name = "TRUSTEE=LEVEL")]
    effective_permission: Vec<String>,
    /// This trustee does not have this level, not through groups either
    #[arg(long, value_name = "TRUSTEE=LEVEL")]
    not_effective_permission: Vec<String>,
    /// Links to the GPO exist in this domain, on the sites, or anywhere in the forest
    #[arg(long, value_name = "DOMAIN|sites|forest")]
    linked_in: Vec<String>,
    /// No links to the GPO exist there
    #[arg(long, value_name = "DOMAIN|sites|forest")]
    not_linked_in: Vec<String>,
    /// The domain, organizational unit or site links this GPO
    #[arg(long, value_name = "NAME|GUID")]
    links: Vec<String>,
}

/// What to search for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// GPOs
    Gpo,
    /// Domains and organizational units
    Som,
    /// Sites
    Site,
    /// Starter GPOs
    StarterGpo,
}

/// The forest and what is looked up in it.
struct Place<'a> {
    store: &'a dyn ForestStore,
    forest: &'a ForestSnapshot,
    names: Names,
}

impl Search {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        self.domain.iter().chain(&self.not_domain).try_for_each(|name| check_domain(&forest, Some(name)))?;
        let place = Place { store: &*store, forest: &forest, names: Names::new(&forest) };
        let criteria = session.task.or_cancel(self.criteria(&place)).await??;
        let mut groups = GroupsByTrustee::new();
        for trustee in criteria.effective_trustees() {
            let found = session.task.or_cancel(place.names.groups_of(place.store, &trustee)).await??;
            groups.insert(trustee, found);
        }
        let mut outcome = report(forest.all_problems());
        match self.kind {
            Kind::Gpo => gpos(&place, &criteria, &groups, &session.task, output)?,
            Kind::Som => {
                let mut soms = Vec::new();
                for domain in &forest.domains {
                    soms.extend(usage(criteria.search_soms(domain))?);
                }
                print_soms(&forest, &soms, output)?;
            }
            Kind::Site => print_soms(&forest, &usage(criteria.search_sites(&forest))?, output)?,
            Kind::StarterGpo => {
                let (starters, descriptors, problems) = self.starter_gpos(session, &store, &forest).await?;
                outcome = outcome.and(report(&problems));
                let found = usage(criteria.search_starter_gpos(&starters, &descriptors, &groups))?;
                if output.is_json() {
                    output.json(&serde_json::to_value(&found)?)?;
                } else {
                    let mut table = Table::new(&["NAME", "GUID", "DOMAIN"]);
                    for starter in found {
                        table.row([starter.display_name.clone(), starter.id.to_string(), starter.domain.to_string()]);
                    }
                    output.table(&table)?;
                }
            }
        }
        Ok(outcome)
    }

    async fn criteria(&self, place: &Place<'_>) -> anyhow::Result<SearchCriteria> {
        let starter = self.kind == Kind::StarterGpo;
        let either = |gpo: SearchProperty, starter_gpo: SearchProperty| if starter { starter_gpo } else { gpo };
        let name = either(SearchProperty::GpoDisplayName, SearchProperty::StarterGpoDisplayName);
        let id = either(SearchProperty::GpoId, SearchProperty::StarterGpoId);
        let domain = either(SearchProperty::GpoDomain, SearchProperty::StarterGpoDomain);
        let set = either(SearchProperty::GpoPermissions, SearchProperty::StarterGpoPermissions);
        let effective = either(SearchProperty::GpoEffectivePermissions, SearchProperty::StarterGpoEffectivePermissions);
        let mut criteria = SearchCriteria::new();
        let mut add = |property, operation, value| usage(criteria.add(property, operation, value));
        for (operation, texts) in
            [(Equals, &self.name), (Contains, &self.name_contains), (NotContains, &self.name_not_contains)]
        {
            for text in texts {
                add(name, operation, SearchValue::Text(text.clone()))?;
            }
        }
        for (property, operation, ids) in [
            (id, Equals, &self.id),
            (id, NotEquals, &self.not_id),
            (SearchProperty::GpoComputerExtensions, Contains, &self.computer_extension),
            (SearchProperty::GpoComputerExtensions, NotContains, &self.not_computer_extension),
            (SearchProperty::GpoUserExtensions, Contains, &self.user_extension),
            (SearchProperty::GpoUserExtensions, NotContains, &self.not_user_extension),
        ] {
            for id in ids {
                add(property, operation, SearchValue::Text(id.to_string()))?;
            }
        }
        for (operation, domains) in [(Equals, &self.domain), (NotEquals, &self.not_domain)] {
            for value in domains {
                add(domain, operation, SearchValue::Domain(value.clone()))?;
            }
        }
        for (operation, filters) in [(Equals, &self.wmi_filter), (NotEquals, &self.not_wmi_filter)] {
            for filter in filters {
                let value = SearchValue::WmiFilter(place.wmi_filter(filter)?);
                add(SearchProperty::GpoWmiFilter, operation, value)?;
            }
        }
        for (property, operation, permissions) in [
            (set, Contains, &self.permission),
            (set, NotContains, &self.not_permission),
            (effective, Contains, &self.effective_permission),
            (effective, NotContains, &self.not_effective_permission),
        ] {
            for text in permissions {
                add(property, operation, place.permission(text, starter).await?)?;
            }
        }
        for gpo in &self.links {
            add(SearchProperty::SomLinks, Contains, SearchValue::Gpo(place.gpo(gpo)?))?;
        }
        for (texts, exist) in [(&self.linked_in, true), (&self.not_linked_in, false)] {
            for text in texts {
                criteria.add_links(place.links_in(text)?, exist);
            }
        }
        Ok(criteria)
    }

    /// Reads the starter GPOs of all domains, and their descriptors where a condition needs them.
    async fn starter_gpos(
        &self,
        session: &Session,
        store: &std::sync::Arc<dyn ForestStore>,
        forest: &ForestSnapshot,
    ) -> anyhow::Result<(Vec<StarterGpo>, HashMap<Guid, SecurityDescriptor>, Vec<Problem>)> {
        let conditions =
            [&self.permission, &self.not_permission, &self.effective_permission, &self.not_effective_permission];
        let needs_descriptors = conditions.iter().any(|list| !list.is_empty());
        let (mut starters, mut descriptors, mut problems) = (Vec::new(), HashMap::new(), Vec::new());
        for snapshot in &forest.domains {
            let read = async { Domain::open(store, &snapshot.name).await?.starter_gpos().await };
            let found = match session.task.or_cancel(read).await? {
                Ok(found) => found,
                Err(error) => {
                    problems.push(Problem { object: snapshot.name.to_string(), message: error.to_string() });
                    continue;
                }
            };
            problems.extend(found.problems);
            for starter in found.values.iter().filter(|_| needs_descriptors) {
                let path = starter_gpo_folder().join(&starter.id.to_string())?;
                let read = async { Domain::open(store, &snapshot.name).await?.sysvol_security(&path).await };
                match session.task.or_cancel(read).await? {
                    Ok(bytes) => drop(descriptors.insert(starter.id, SecurityDescriptor::from_bytes(&bytes)?)),
                    Err(error) => {
                        problems.push(Problem { object: starter.display_name.clone(), message: error.to_string() });
                    }
                }
            }
            starters.extend(found.values);
        }
        Ok((starters, descriptors, problems))
    }
}

impl Place<'_> {
    fn wmi_filter(&self, wanted: &str) -> anyhow::Result<WmiFilterRef> {
        if let Ok(reference) = wanted.parse::<WmiFilterRef>() {
            return Ok(reference);
        }
        let id = wanted.parse::<Guid>().ok();
        let folded = wanted.to_lowercase();
        let filters = self.forest.domains.iter().flat_map(|domain| &domain.wmi_filters);
        let matching: Vec<_> =
            filters.filter(|filter| id.map_or(filter.name.to_lowercase() == folded, |id| filter.id == id)).collect();
        // A filter that is gone can still be named by the GPOs that want it.
        let references =
            self.forest.domains.iter().flat_map(|domain| &domain.gpos).filter_map(|gpo| gpo.wmi_filter.as_ref());
        let mut dangling = references.filter(|reference| matching.is_empty() && Some(reference.id) == id);
        if let Some(reference) = dangling.next() {
            return Ok(reference.clone());
        }
        let describe = |filter: &crate::gpm::WmiFilter| format!("[{};{};0]", filter.domain, filter.id);
        let filter = choose(("WMI filter", "wmi-filter list"), wanted, &matching, describe)?;
        Ok(WmiFilterRef { domain: filter.domain.clone(), id: filter.id })
    }

    fn gpo(&self, wanted: &str) -> anyhow::Result<Dn> {
        if let Ok(dn) = wanted.parse::<Dn>()
            && !dn.is_empty()
        {
            return Ok(dn);
        }
        let id = wanted.parse::<Guid>().ok();
        let folded = wanted.to_lowercase();
        let gpos = self.forest.domains.iter().flat_map(|domain| &domain.gpos);
        let matching: Vec<_> =
            gpos.filter(|gpo| id.map_or(gpo.display_name.to_lowercase() == folded, |id| gpo.id == id)).collect();
        Ok(choose(("GPO", "gpo list"), wanted, &matching, |gpo| format!("\"{}\"", gpo.dn))?.dn.clone())
    }

    /// Reads where links are looked for.
    fn links_in(&self, text: &str) -> anyhow::Result<LinksIn> {
        match text.to_lowercase().as_str() {
            "sites" => Ok(LinksIn::AllSites),
            "forest" => Ok(LinksIn::Forest),
            _ => {
                let domain: DnsName = text.parse().map_err(|_| {
                    UsageError(format!("`{text}`: expected the DNS name of a domain, `sites` or `forest`"))
                })?;
                check_domain(self.forest, Some(&domain))?;
                Ok(LinksIn::Domain(domain))
            }
        }
    }

    /// Reads `TRUSTEE=LEVEL`.
    async fn permission(&self, text: &str, starter: bool) -> anyhow::Result<SearchValue> {
        let (trustee, level) = text.rsplit_once('=').ok_or_else(|| {
            UsageError(format!("`{text}`: expected TRUSTEE=LEVEL, such as \"CORP\\Domain Admins=edit\""))
        })?;
        let level = match (starter, level.to_lowercase().as_str()) {
            (false, "apply") => PermissionType::GpoApply,
            (false, "read") => PermissionType::GpoRead,
            (false, "edit") => PermissionType::GpoEdit,
            (false, "edit-security") => PermissionType::GpoEditSecurityAndDelete,
            (true, "read") => PermissionType::StarterGpoRead,
            (true, "edit") => PermissionType::StarterGpoEdit,
            (true, "full") => PermissionType::StarterGpoFullControl,
            (false, _) => {
                return Err(UsageError(format!("`{level}`: expected apply, read, edit or edit-security")).into());
            }
            (true, _) => return Err(UsageError(format!("`{level}`: expected read, edit or full")).into()),
        };
        let home = &self.store.directory().root_dse().domain.clone();
        let trustee = self.names.find(self.store, trustee, home).await.map_err(|error| anyhow!(error))?;
        Ok(SearchValue::Permission { trustee: trustee.sid, level })
    }
}

fn gpos(
    place: &Place<'_>,
    criteria: &SearchCriteria,
    groups: &GroupsByTrustee,
    task: &Task,
    output: &mut Output,
) -> anyhow::Result<()> {
    let found = usage(criteria.search_forest(place.forest, |_| true, groups, task))?;
    task.checkpoint()?;
    if output.is_json() {
        let rows = found.gpos.iter().map(|gpo| {
            json!({
                "id": gpo.id,
                "display_name": gpo.display_name,
                "domain": gpo.domain,
                "status": gpo.status,
                "created": gpo.created,
                "modified": gpo.modified,
                "links": place.forest.link_count(&gpo.dn),
            })
        });
        return output.json(&rows.collect::<Value>());
    }
    let mut table = Table::new(&["NAME", "GUID", "DOMAIN", "STATUS", ">LINKS", "MODIFIED"]);
    for gpo in found.gpos {
        table.row([
            gpo.display_name.clone(),
            gpo.id.to_string(),
            gpo.domain.to_string(),
            gpo.status.label().to_owned(),
            place.forest.link_count(&gpo.dn).to_string(),
            gpo.modified.map_or_else(String::new, |time| time.to_local_text()),
        ]);
    }
    output.table(&table)
}

fn print_soms(forest: &ForestSnapshot, soms: &[&crate::gpm::Som], output: &mut Output) -> anyhow::Result<()> {
    if output.is_json() {
        return output.json(&soms.iter().map(|som| som_json(forest, som)).collect());
    }
    let mut table = Table::new(&["PATH", "LINKS"]);
    for som in soms {
        table.row([som.dn.canonical_name(), link_names(forest, som)]);
    }
    output.table(&table)
}

/// A condition that is not allowed is a mistake in the command line.
fn usage<T>(result: Result<T, crate::gpm::InvalidCriterion>) -> anyhow::Result<T> {
    result.map_err(|error| UsageError(error.to_string()).into())
}
