//! `som`: domains and organizational units with their links (IGPMSOM).

use std::sync::Arc;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::gpm::{
    Domain, DomainSnapshot, ForestSnapshot, GpoLink, InheritedLink, Problem, SecuredObject, Som, SomIndex, SomType,
};
use crate::ident::{Dn, DnsName};
use crate::operation::admin::link::SetInheritanceBlocked;
use crate::store::ForestStore;

use super::Session;
use super::delegation::Delegation;
use super::edit::{EditArguments, carry_out};
use super::output::{Outcome, Output, Table, yes_no};
use super::remote_update::Update;
use super::session::{check_domain, report};

/// Scopes of management: domains and organizational units with their links
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List domains and organizational units in tree order
    List {
        /// Only those of this domain
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<DnsName>,
        /// Only those that have links of their own
        #[arg(long)]
        linked: bool,
    },
    /// Show one domain, organizational unit or site: its own links, by precedence all that take effect, its permissions
    Show {
        /// Its DN, or its path as `som list` prints it: corp.example.com/Staff/Berlin
        #[arg(value_name = "DN")]
        som: String,
    },
    Update(Update),
    /// Block inheritance on a domain or organizational unit: of the links above only enforced ones take effect then
    BlockInheritance(Inheritance),
    /// Let the links above take effect again
    AllowInheritance(Inheritance),
}

/// A domain or OU whose inheritance is changed.
#[derive(Debug, Args)]
pub struct Inheritance {
    /// Its DN, or its path as `som list` prints it
    #[arg(value_name = "DN")]
    som: String,
    #[command(flatten)]
    edit: EditArguments,
}

impl Inheritance {
    async fn set(&self, session: &Session, output: &mut Output, blocked: bool) -> anyhow::Result<Outcome> {
        let (_, forest) = session.load().await?;
        let (_, _, som) = find(&forest, &self.som)?;
        carry_out(session, output, &SetInheritanceBlocked { som: som.dn.clone(), blocked }, self.edit).await
    }
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::List { domain, linked } => list(session, output, domain.as_ref(), *linked).await,
            Command::Show { som } => show(session, output, som).await,
            Command::BlockInheritance(of) => of.set(session, output, true).await,
            Command::AllowInheritance(of) => of.set(session, output, false).await,
            Command::Update(update) => update.run(session, output).await,
        }
    }
}

async fn list(
    session: &Session,
    output: &mut Output,
    domain: Option<&DnsName>,
    linked: bool,
) -> anyhow::Result<Outcome> {
    let (_, forest) = session.load().await?;
    check_domain(&forest, domain)?;
    let wanted = |candidate: &&DomainSnapshot| domain.is_none_or(|name| candidate.name == *name);
    let domains = forest.domains.iter().filter(wanted);
    let soms = domains.flat_map(|domain| &domain.soms).filter(|som| !linked || !som.links.is_empty());
    if output.is_json() {
        output.json(&soms.map(|som| som_json(&forest, som)).collect())?;
    } else {
        let mut table = Table::new(&["PATH", "INHERITANCE", "LINKS"]);
        for som in soms {
            let inheritance = if som.inheritance_blocked { "blocked" } else { "" };
            table.row([som.dn.canonical_name(), inheritance.to_owned(), link_names(&forest, som)]);
        }
        output.table(&table)?;
    }
    Ok(report(forest.all_problems()))
}

async fn show(session: &Session, output: &mut Output, name: &str) -> anyhow::Result<Outcome> {
    let (store, forest) = session.load().await?;
    let (domain, index, som) = find(&forest, name)?;
    let delegation = delegation(session, &store, &forest, domain, som).await?;
    let outcome = report(forest.all_problems().chain(&delegation.problems));
    let inherited = match (domain, index) {
        (Some(domain), Some(index)) => domain.inherited_links(index),
        _ => Vec::new(),
    };
    let holder = |row: &InheritedLink| domain.and_then(|domain| domain.soms.get(row.som.0));
    if output.is_json() {
        let mut value = som_json(&forest, som);
        let rows = inherited.iter().map(|row| {
            let mut value = link_json(&forest, &row.link);
            value["precedence"] = json!(row.precedence);
            value["som"] = json!(holder(row).map(|som| &som.dn));
            value
        });
        value["inherited_links"] = rows.collect();
        delegation.add_to(&mut value);
        output.json(&value)?;
        return Ok(outcome);
    }
    let kind = match som.kind {
        SomType::Domain => "domain",
        SomType::Ou => "organizational unit",
        SomType::Site => "site",
    };
    output.fields(&[
        ("Name", som.name.clone()),
        ("Kind", kind.to_owned()),
        ("DN", som.dn.to_string()),
        ("Path", som.dn.canonical_name()),
        ("Description", som.description.clone().unwrap_or_default()),
        (
            "Inheritance",
            if som.inheritance_blocked { "blocked: links from above are left out unless enforced" } else { "" }
                .to_owned(),
        ),
    ])?;
    output.line("\nLinked Group Policy Objects")?;
    let mut table = Table::new(&[">ORDER", "GPO", "ENFORCED", "ENABLED", "GPO STATUS", "WMI FILTER", "DOMAIN"]);
    for link in &som.links {
        let target = forest.link_target(link);
        let gpo = target.gpo();
        table.row([
            link.order.to_string(),
            target.label().to_owned(),
            yes_no(link.enforced),
            yes_no(link.enabled),
            gpo.map_or("", |gpo| gpo.status.label()).to_owned(),
            gpo.map_or_else(String::new, |gpo| forest.wmi_filter_label(gpo)),
            link.gpo_domain.as_ref().map_or_else(String::new, ToString::to_string),
        ]);
    }
    output.table(&table)?;
    if som.kind != SomType::Site {
        output.line("\nGroup Policy Inheritance (links of sites are not included)")?;
        let mut table = Table::new(&[">PRECEDENCE", "GPO", "LOCATION", "ENFORCED", "GPO STATUS", "WMI FILTER"]);
        for row in &inherited {
            let target = forest.link_target(&row.link);
            let gpo = target.gpo();
            table.row([
                row.precedence.to_string(),
                target.label().to_owned(),
                holder(row).map_or_else(String::new, |som| som.name.clone()),
                yes_no(row.link.enforced),
                gpo.map_or("", |gpo| gpo.status.label()).to_owned(),
                gpo.map_or_else(String::new, |gpo| forest.wmi_filter_label(gpo)),
            ]);
        }
        output.table(&table)?;
    }
    delegation.print(output)?;
    Ok(outcome)
}

/// Reads who may link GPOs, plan and read results there. A descriptor that cannot be read is a problem.
async fn delegation(
    session: &Session,
    store: &Arc<dyn ForestStore>,
    forest: &ForestSnapshot,
    domain: Option<&DomainSnapshot>,
    som: &Som,
) -> anyhow::Result<Delegation> {
    let object = match som.kind {
        SomType::Domain => SecuredObject::Domain,
        SomType::Ou => SecuredObject::Ou,
        SomType::Site => SecuredObject::Site,
    };
    // Every domain controller of the forest holds the sites: the one of the connection answers already.
    let holder = domain.map_or_else(|| store.directory().root_dse().domain.clone(), |domain| domain.name.clone());
    let read = async { Domain::open(store, &holder).await?.directory_security(&som.dn).await };
    let read = session.task.or_cancel(read).await?;
    let object = (object, som.name.as_str());
    let mut delegation = Delegation::read(session, store, forest, object, read.as_deref().ok(), None).await?;
    if let Err(error) = read {
        delegation.problems.push(Problem { object: som.dn.to_string(), message: error.to_string() });
    }
    Ok(delegation)
}

/// What a name was found to be.
pub(super) type FoundSom<'a> = (Option<&'a DomainSnapshot>, Option<SomIndex>, &'a Som);

/// Returns a site, or a domain or OU with its domain, by DN or path.
pub(super) fn find<'a>(forest: &'a ForestSnapshot, name: &str) -> anyhow::Result<FoundSom<'a>> {
    if let Ok(dn) = name.parse::<Dn>().and_then(|dn| if dn.is_empty() { "?".parse() } else { Ok(dn) }) {
        for domain in &forest.domains {
            if let Some(index) = domain.som_index(&dn) {
                return Ok((Some(domain), Some(index), &domain.soms[index.0]));
            }
        }
        let site = forest.sites.iter().find(|site| site.dn == dn);
        return site
            .map(|site| (None, None, site))
            .ok_or_else(|| anyhow!("{dn}: the forest has no such site, domain or OU"));
    }
    let folded = name.trim_end_matches('/').to_lowercase();
    let is_named = |som: &Som| som.dn.canonical_name().to_lowercase() == folded;
    for domain in forest.domains.iter().filter(|domain| folded.starts_with(&domain.name.as_str().to_lowercase())) {
        if let Some(index) = domain.soms.iter().position(is_named) {
            return Ok((Some(domain), Some(SomIndex(index)), &domain.soms[index]));
        }
    }
    let site = forest.site(name).or_else(|| forest.sites.iter().find(|site| is_named(site)));
    site.map(|site| (None, None, site)).ok_or_else(|| {
        anyhow!("{name}: the forest has no such site, domain or OU (expected a DN, or a path such as corp.example.com/Staff)")
    })
}

/// Returns the names of the GPOs linked, in link order, with what is special about each link.
pub fn link_names(forest: &ForestSnapshot, som: &Som) -> String {
    let names = som.links.iter().map(|link| {
        let marks = match (link.enforced, link.enabled) {
            (false, true) => "",
            (true, true) => " (enforced)",
            (false, false) => " (disabled)",
            (true, false) => " (enforced, disabled)",
        };
        format!("{}{marks}", forest.link_target(link).label())
    });
    names.collect::<Vec<_>>().join("; ")
}

/// Returns a site, domain or OU as JSON, with the names of the GPOs its links point to.
pub fn som_json(forest: &ForestSnapshot, som: &Som) -> Value {
    json!({
        "name": som.name,
        "kind": som.kind,
        "dn": som.dn,
        "path": som.dn.canonical_name(),
        "description": som.description,
        "inheritance_blocked": som.inheritance_blocked,
        "links": som.links.iter().map(|link| link_json(forest, link)).collect::<Vec<_>>(),
    })
}

/// Returns a link as JSON, with the name of its GPO.
pub fn link_json(forest: &ForestSnapshot, link: &GpoLink) -> Value {
    let target = forest.link_target(link);
    json!({
        "order": link.order,
        "gpo_name": target.gpo().map(|gpo| &gpo.display_name),
        "target": target.label(),
        "gpo_id": link.gpo_id,
        "gpo_domain": link.gpo_domain,
        "gpo_dn": link.gpo_dn,
        "enabled": link.enabled,
        "enforced": link.enforced,
    })
}
