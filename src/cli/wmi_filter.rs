//! `wmi-filter`: WMI filters (IGPMWMIFilter).

use clap::Subcommand;
use serde_json::{Value, json};

use crate::gpm::{ForestSnapshot, Gpo, SecuredObject, WmiFilter};
use crate::ident::{DnsName, Guid};

use super::Session;
use super::delegation::Delegation;
use super::gpo::choose;
use super::output::{Outcome, Output, Table, printable};
use super::session::{check_domain, report};
use super::wmi_filter_edit as edit;

/// WMI filters
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the WMI filters of the forest
    List {
        /// Only those of this domain
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<DnsName>,
    },
    /// Show one WMI filter: its queries, the GPOs that use it, its permissions
    Show {
        /// Its name or its GUID
        #[arg(value_name = "NAME|GUID")]
        filter: String,
        /// Look in this domain only
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<DnsName>,
    },
    Create(edit::Create),
    Ensure(edit::Ensure),
    Edit(edit::Edit),
    Rename(edit::Rename),
    Delete(edit::Delete),
    Copy(edit::Copy),
    Import(edit::Import),
    Export(edit::Export),
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::List { domain } => {
                let (_, forest) = session.load().await?;
                check_domain(&forest, domain.as_ref())?;
                list(&forest, output, domain.as_ref())?;
                Ok(report(forest.all_problems()))
            }
            Command::Show { filter, domain } => {
                let (store, forest) = session.load().await?;
                check_domain(&forest, domain.as_ref())?;
                let filter = find(&forest, filter, domain.as_ref())?;
                let object = (SecuredObject::WmiFilter, filter.name.as_str());
                let descriptor = filter.security_descriptor.as_deref();
                let delegation = Delegation::read(session, &store, &forest, object, descriptor, None).await?;
                show(&forest, output, filter, &delegation)?;
                Ok(report(forest.all_problems().chain(&delegation.problems)))
            }
            Command::Create(create) => create.run(session, output).await,
            Command::Ensure(ensure) => ensure.run(session, output).await,
            Command::Edit(edit) => edit.run(session, output).await,
            Command::Rename(rename) => rename.run(session, output).await,
            Command::Delete(delete) => delete.run(session, output).await,
            Command::Copy(copy) => copy.run(session, output).await,
            Command::Import(import) => import.run(session, output).await,
            Command::Export(export) => export.run(session, output).await,
        }
    }
}

fn filters<'a>(forest: &'a ForestSnapshot, domain: Option<&'a DnsName>) -> impl Iterator<Item = &'a WmiFilter> {
    let domains = forest.domains.iter().filter(move |candidate| domain.is_none_or(|name| candidate.name == *name));
    domains.flat_map(|domain| &domain.wmi_filters)
}

fn users<'a>(forest: &'a ForestSnapshot, filter: &'a WmiFilter) -> Vec<&'a Gpo> {
    forest
        .domains
        .iter()
        .flat_map(|domain| domain.gpos_with_wmi_filter(filter.id))
        .filter(|gpo| gpo.wmi_filter.as_ref().is_some_and(|reference| reference.domain == filter.domain))
        .collect()
}

fn list(forest: &ForestSnapshot, output: &mut Output, domain: Option<&DnsName>) -> anyhow::Result<()> {
    if output.is_json() {
        return output.json(&filters(forest, domain).map(|filter| to_json(forest, filter)).collect());
    }
    let mut table = Table::new(&["NAME", "DOMAIN", "DESCRIPTION", ">QUERIES", ">GPOS", "AUTHOR", "MODIFIED"]);
    for filter in filters(forest, domain) {
        table.row([
            filter.name.clone(),
            filter.domain.to_string(),
            filter.description.clone(),
            filter.queries.len().to_string(),
            users(forest, filter).len().to_string(),
            filter.author.clone(),
            filter.modified.map_or_else(String::new, |time| time.to_local_text()),
        ]);
    }
    output.table(&table)
}

/// Finds the one WMI filter of this name or id.
pub(super) fn find<'a>(
    forest: &'a ForestSnapshot,
    wanted: &str,
    domain: Option<&'a DnsName>,
) -> anyhow::Result<&'a WmiFilter> {
    let id = wanted.parse::<Guid>().ok();
    let folded = wanted.to_lowercase();
    let matching: Vec<&WmiFilter> = filters(forest, domain)
        .filter(|filter| id.map_or(filter.name.to_lowercase() == folded, |id| filter.id == id))
        .collect();
    choose(("WMI filter", "wmi-filter list"), wanted, &matching, |filter| format!("{} in {}", filter.id, filter.domain))
}

fn show(
    forest: &ForestSnapshot,
    output: &mut Output,
    filter: &WmiFilter,
    delegation: &Delegation,
) -> anyhow::Result<()> {
    if output.is_json() {
        let mut value = to_json(forest, filter);
        delegation.add_to(&mut value);
        return output.json(&value);
    }
    let time = |time: Option<crate::ident::Timestamp>| time.map_or_else(String::new, |time| time.to_local_text());
    output.fields(&[
        ("Name", filter.name.clone()),
        ("GUID", filter.id.to_string()),
        ("Domain", filter.domain.to_string()),
        ("Description", filter.description.clone()),
        ("Author", filter.author.clone()),
        ("Created", time(filter.created)),
        ("Modified", time(filter.modified)),
        (
            "Note",
            if filter.stored_lengths_wrong { "the stored query list contradicts its own lengths" } else { "" }
                .to_owned(),
        ),
    ])?;
    output.line("\nQueries")?;
    let mut table = Table::new(&["NAMESPACE", "LANGUAGE", "QUERY"]);
    for query in &filter.queries {
        table.row([query.namespace.clone(), query.language.clone(), query.query.clone()]);
    }
    output.table(&table)?;
    output.line("\nGPOs that use it")?;
    for gpo in users(forest, filter) {
        output.line(printable(format!("{}  {}", gpo.id, gpo.display_name)))?;
    }
    delegation.print(output)
}

fn to_json(forest: &ForestSnapshot, filter: &WmiFilter) -> Value {
    let mut value = serde_json::to_value(filter).unwrap_or_default();
    let users = users(forest, filter).into_iter();
    value["gpos"] = users.map(|gpo| json!({ "id": gpo.id, "display_name": gpo.display_name })).collect();
    value
}
