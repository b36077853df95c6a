//! `wmi-filter create`, `edit`, `rename`, `delete`, `copy`, `import`, `export`, `ensure`: what changes WMI filters.

use std::path::PathBuf;

use clap::Args;

use crate::format::{check_wmi_namespace, check_wql};
use crate::gpm::{Domain, WmiFilter, WmiQuery};
use crate::ident::{DnsName, Guid};
use crate::operation::admin::{
    CopyWmiFilter, CreateWmiFilter, DeleteWmiFilter, EditWmiFilter, export_wmi_filter, read_wmi_filter_file,
};

use super::edit::{EditArguments, carry_out};
use super::gpo::choose;
use super::output::{Outcome, Output, printable};
use super::{Session, UsageError};

/// Create a WMI filter
///
/// The container of the WMI filters is created too where the domain has none, as very small Samba domains.
#[derive(Debug, Args)]
pub struct Create {
    /// Its name; no other filter of the domain may have it
    name: String,
    #[command(flatten)]
    queries: Queries,
    /// Its description
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Create a WMI filter, or change the one of this name so that it has these queries and this description
#[derive(Debug, Args)]
pub struct Ensure {
    #[command(flatten)]
    create: Create,
}

/// Change the name, the description or the queries of a WMI filter
#[derive(Debug, Args)]
pub struct Edit {
    #[command(flatten)]
    one: One,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Another description; empty removes it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    queries: Queries,
    #[command(flatten)]
    edit: EditArguments,
}

/// Rename a WMI filter
#[derive(Debug, Args)]
pub struct Rename {
    #[command(flatten)]
    one: One,
    /// The new name; no other filter of the domain may have it
    new_name: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// Delete a WMI filter, and take it off the GPOs that use it
#[derive(Debug, Args)]
pub struct Delete {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    edit: EditArguments,
}

/// Copy a WMI filter, in its domain or into another of the forest
#[derive(Debug, Args)]
pub struct Copy {
    #[command(flatten)]
    one: One,
    /// The domain of the copy, instead of that of the original
    #[arg(long, value_name = "DOMAIN")]
    to_domain: Option<DnsName>,
    /// The name of the copy, instead of that of the original or `Copy of …`
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Create a WMI filter from a file that Microsoft's console or `export` wrote
#[derive(Debug, Args)]
pub struct Import {
    /// The file, `….mof`
    file: PathBuf,
    /// Another name than the one in the file
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Write a WMI filter into a file that Microsoft's console can import
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    one: One,
    /// The file, `….mof`
    file: PathBuf,
    /// Replace the file where it is there
    #[arg(long)]
    overwrite: bool,
}

/// Queries of a filter.
#[derive(Debug, Args)]
struct Queries {
    /// A query; several times for several, all of which must find something
    #[arg(long = "query", value_name = "WQL")]
    queries: Vec<String>,
    /// The WMI namespace of the queries
    #[arg(long, value_name = "NAMESPACE", default_value = r"root\CIMv2")]
    namespace: String,
    /// Take queries that do not look like WQL
    #[arg(long)]
    no_syntax_check: bool,
}

impl Queries {
    /// Returns the queries; none where none were given.
    fn read(&self) -> anyhow::Result<Option<Vec<WmiQuery>>> {
        if self.queries.is_empty() {
            return Ok(None);
        }
        if !self.no_syntax_check {
            let hint = "--no-syntax-check takes it all the same";
            let namespace = &self.namespace;
            check_wmi_namespace(namespace)
                .map_err(|error| UsageError(format!("the namespace `{namespace}`, {error}; {hint}")))?;
            for query in &self.queries {
                check_wql(query).map_err(|error| UsageError(format!("the query `{query}`, {error}; {hint}")))?;
            }
        }
        let query = |query: &String| WmiQuery {
            namespace: self.namespace.clone(),
            language: "WQL".to_owned(),
            query: query.clone(),
        };
        Ok(Some(self.queries.iter().map(query).collect()))
    }

    fn needed(&self) -> anyhow::Result<Vec<WmiQuery>> {
        Ok(self.read()?.ok_or_else(|| UsageError("a WMI filter needs a query: --query".to_owned()))?)
    }
}

/// One WMI filter of a domain.
#[derive(Debug, Args)]
struct One {
    /// Its name or its GUID
    #[arg(value_name = "NAME|GUID")]
    filter: String,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
}

impl One {
    async fn find(&self, session: &Session) -> anyhow::Result<(Domain, WmiFilter)> {
        let domain = session.domain(self.domain.as_ref()).await?;
        let found = session.task.or_cancel(domain.wmi_filters()).await??.values;
        let matching: Vec<&WmiFilter> = matching(&found, &self.filter).collect();
        let describe = |filter: &WmiFilter| format!("{} in {}", filter.id, filter.domain);
        let filter = choose(("WMI filter", "wmi-filter list"), &self.filter, &matching, describe)?.clone();
        Ok((domain, filter))
    }
}

/// Returns the filters of this name, compared without case, or id.
fn matching<'a>(filters: &'a [WmiFilter], wanted: &str) -> impl Iterator<Item = &'a WmiFilter> {
    let (id, folded) = (wanted.parse::<Guid>().ok(), wanted.to_lowercase());
    filters.iter().filter(move |filter| id.map_or(filter.name.to_lowercase() == folded, |id| filter.id == id))
}

impl Create {
    /// Creates it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let queries = self.queries.needed()?;
        let domain = session.domain(self.domain.as_ref()).await?;
        let edit = CreateWmiFilter::new(domain.name().clone(), self.name.clone(), self.description.clone(), queries);
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Ensure {
    /// Creates or changes it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let queries = self.create.queries.needed()?;
        let domain = session.domain(self.create.domain.as_ref()).await?;
        let found = session.task.or_cancel(domain.wmi_filters()).await??.values;
        let folded = self.create.name.to_lowercase();
        let Some(filter) = found.iter().find(|filter| filter.name.to_lowercase() == folded) else {
            return self.create.run(session, output).await;
        };
        let description = self.create.description.clone();
        let edit = EditWmiFilter { description, queries, ..EditWmiFilter::of(filter) };
        carry_out(session, output, &edit, self.create.edit).await
    }
}

impl Edit {
    /// Changes it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let queries = self.queries.read()?;
        let (_, filter) = self.one.find(session).await?;
        let same = EditWmiFilter::of(&filter);
        let edit = EditWmiFilter {
            name: self.name.clone().unwrap_or(same.name),
            description: self.description.clone().unwrap_or(same.description),
            queries: queries.unwrap_or(same.queries),
            seen: same.seen,
        };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Rename {
    /// Renames it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_, filter) = self.one.find(session).await?;
        let edit = EditWmiFilter { name: self.new_name.clone(), ..EditWmiFilter::of(&filter) };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Delete {
    /// Deletes it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (domain, filter) = self.one.find(session).await?;
        let edit = DeleteWmiFilter { domain: domain.name().clone(), id: filter.id, name: filter.name };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Copy {
    /// Copies it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (domain, source) = self.one.find(session).await?;
        let target = self.to_domain.clone().unwrap_or_else(|| domain.name().clone());
        let edit = CopyWmiFilter { source, target, id: Guid::random(), name: self.name.clone() };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Import {
    /// Imports it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let file = read_wmi_filter_file(&self.file).await?;
        let domain = session.domain(self.domain.as_ref()).await?;
        let mut edit = CreateWmiFilter::imported(domain.name().clone(), &file);
        edit.name = self.name.clone().unwrap_or(edit.name);
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Export {
    /// Exports it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_, filter) = self.one.find(session).await?;
        export_wmi_filter(&filter, &self.file, self.overwrite).await?;
        if output.is_json() {
            output.json(&serde_json::json!({ "file": self.file, "id": filter.id }))?;
        } else {
            output.line(printable(format!("{} was exported to {}", filter.name, self.file.display())))?;
        }
        Ok(Outcome::Done)
    }
}
