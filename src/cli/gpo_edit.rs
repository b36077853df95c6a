//! `gpo create`, `rename`, `delete`, `status`, `comment`, `wmi-filter`, `ensure`: what changes a GPO as a whole. Each prints what it would do with
//! `--dry-run`, and `journal undo` takes it back.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::gpm::{DomainSnapshot, ForestSnapshot, GpoStatus};
use crate::ident::{Dn, DnsName, Guid};
use crate::operation::admin::{
    CreateGpo, DeleteGpo, DeleteOrphanFolder, EnsureGpo, GpoToEdit, RenameGpo, SetGpoComment, SetGpoStatus,
    SetGpoWmiFilter,
};
use crate::store::ForestStore;

use super::edit::{EditArguments, carry_out};
use super::gpo::find;
use super::output::{Outcome, Output};
use super::session::check_domain;
use super::{Session, UsageError, som, starter_gpo, wmi_filter};

/// Create a GPO
///
/// All of it is there afterwards, or nothing. A name that another GPO of the domain has is refused.
#[derive(Debug, Args)]
pub struct Create {
    /// Its display name
    name: String,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    /// Begin with the settings of this starter GPO
    #[arg(long, value_name = "NAME|GUID")]
    starter: Option<String>,
    /// Its comment
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Also link it to this domain, OU or site, by DN or path: enabled, with the lowest precedence
    #[arg(long, value_name = "DN")]
    link_to: Option<String>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Rename a GPO
#[derive(Debug, Args)]
pub struct Rename {
    #[command(flatten)]
    gpo: Which,
    /// Its new display name
    #[arg(value_name = "NEW NAME")]
    name: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// Delete a GPO and the links to it in its domain
///
/// Links that stay behind, of other domains and of sites, are named; --dry-run names them beforehand. `journal undo` brings all of it back.
#[derive(Debug, Args)]
pub struct Delete {
    #[command(flatten)]
    gpo: Which,
    /// Leave all links to it where they are
    #[arg(long)]
    keep_links: bool,
    #[command(flatten)]
    edit: EditArguments,
}

/// Delete the folder in SYSVOL of a GPO that the directory does not have
#[derive(Debug, Args)]
pub struct DeleteOrphan {
    /// The GUID that the folder is named by
    #[arg(value_name = "GUID")]
    id: Guid,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Set which halves of a GPO are applied
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    gpo: Which,
    /// Which halves
    status: StatusArgument,
    #[command(flatten)]
    edit: EditArguments,
}

/// Set the comment of a GPO
#[derive(Debug, Args)]
pub struct Comment {
    #[command(flatten)]
    gpo: Which,
    /// The comment; an empty one removes it
    text: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// Link a GPO to a WMI filter of its domain, or to none
#[derive(Debug, Args)]
pub struct WmiFilter {
    #[command(flatten)]
    gpo: Which,
    /// The name of the filter, or its GUID
    #[arg(value_name = "NAME|GUID", required_unless_present = "none")]
    filter: Option<String>,
    /// Remove the link
    #[arg(long, conflicts_with = "filter")]
    none: bool,
    #[command(flatten)]
    edit: EditArguments,
}

/// Make sure that there is a GPO of a name, and that it is as said
///
/// A GPO that is missing is created. What is not said stays as it is, so that a script may run twice.
#[derive(Debug, Args)]
pub struct Ensure {
    /// Its display name
    name: String,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    /// Begin with the settings of this starter GPO, if it has to be created
    #[arg(long, value_name = "NAME|GUID")]
    starter: Option<String>,
    /// Which halves are applied
    #[arg(long, value_name = "STATUS")]
    status: Option<StatusArgument>,
    /// Its comment
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Its WMI filter
    #[arg(long, value_name = "NAME|GUID")]
    wmi_filter: Option<String>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Which GPO.
#[derive(Debug, Args)]
struct Which {
    /// Its display name or its GUID
    #[arg(value_name = "NAME|GUID")]
    gpo: String,
    /// Look in this domain only
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
}

/// Which halves of a GPO are applied, as one writes it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum StatusArgument {
    /// Both halves
    Enabled,
    /// The computer half only
    UserDisabled,
    /// The user half only
    ComputerDisabled,
    /// Neither half
    AllDisabled,
}

impl From<StatusArgument> for GpoStatus {
    fn from(argument: StatusArgument) -> Self {
        match argument {
            StatusArgument::Enabled => GpoStatus::Enabled,
            StatusArgument::UserDisabled => GpoStatus::UserSettingsDisabled,
            StatusArgument::ComputerDisabled => GpoStatus::ComputerSettingsDisabled,
            StatusArgument::AllDisabled => GpoStatus::AllSettingsDisabled,
        }
    }
}

impl Create {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        let domain = domain_of(&forest, self.domain.as_ref(), &store)?;
        check_name(domain, &self.name, None)?;
        let link_to = self.link_to.as_deref().map(|som| som::find(&forest, som).map(|(_, _, som)| som.dn.clone()));
        let create = CreateGpo {
            comment: self.comment.clone(),
            ..new_gpo(session, domain, &self.name, self.starter.as_deref(), link_to.transpose()?).await?
        };
        carry_out(session, output, &create, self.edit).await
    }
}

impl Rename {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_, forest, gpo) = self.gpo.find(session).await?;
        if let Some(domain) = forest.domain(&gpo.domain) {
            check_name(domain, &self.name, Some(gpo.id))?;
        }
        let rename = RenameGpo { gpo, name: self.name.clone() };
        carry_out(session, output, &rename, self.edit).await
    }
}

impl Delete {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_, _, gpo) = self.gpo.find(session).await?;
        carry_out(session, output, &DeleteGpo { gpo, keep_links: self.keep_links }, self.edit).await
    }
}

impl DeleteOrphan {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let domain = session.domain(self.domain.as_ref()).await?.name().clone();
        carry_out(session, output, &DeleteOrphanFolder { domain, id: self.id }, self.edit).await
    }
}

impl Status {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_, _, gpo) = self.gpo.find(session).await?;
        carry_out(session, output, &SetGpoStatus { gpo, status: self.status.into() }, self.edit).await
    }
}

impl Comment {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_, _, gpo) = self.gpo.find(session).await?;
        let set = SetGpoComment { gpo, seen: None, comment: self.text.clone() };
        carry_out(session, output, &set, self.edit).await
    }
}

impl WmiFilter {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_, forest, gpo) = self.gpo.find(session).await?;
        let set = match &self.filter {
            Some(wanted) => {
                let domain = gpo.domain.clone();
                let filter = wmi_filter::find(&forest, wanted, Some(&domain))?;
                SetGpoWmiFilter { gpo, filter: Some(filter.id), filter_name: filter.name.clone() }
            }
            None => SetGpoWmiFilter { gpo, filter: None, filter_name: String::new() },
        };
        carry_out(session, output, &set, self.edit).await
    }
}

impl Ensure {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        let domain = domain_of(&forest, self.domain.as_ref(), &store)?;
        let filter = match &self.wmi_filter {
            Some(wanted) => Some(wmi_filter::find(&forest, wanted, Some(&domain.name))?.id),
            None => None,
        };
        let ensure = EnsureGpo {
            create: CreateGpo {
                comment: self.comment.clone(),
                ..new_gpo(session, domain, &self.name, self.starter.as_deref(), None).await?
            },
            status: self.status.map(GpoStatus::from),
            filter,
        };
        carry_out(session, output, &ensure, self.edit).await
    }
}

impl Which {
    async fn find(&self, session: &Session) -> anyhow::Result<(Arc<dyn ForestStore>, Arc<ForestSnapshot>, GpoToEdit)> {
        let (store, forest) = session.load().await?;
        check_domain(&forest, self.domain.as_ref())?;
        let own = store.directory().root_dse().domain.clone();
        let gpo = GpoToEdit::from(find(&forest, &self.gpo, self.domain.as_ref(), &own)?);
        Ok((store, forest, gpo))
    }
}

fn domain_of<'a>(
    forest: &'a ForestSnapshot,
    named: Option<&DnsName>,
    store: &Arc<dyn ForestStore>,
) -> anyhow::Result<&'a DomainSnapshot> {
    check_domain(forest, named)?;
    let directory = store.directory();
    let name = named.unwrap_or(&directory.root_dse().domain);
    forest.domain(name).ok_or_else(|| UsageError(format!("the forest has no domain {name}")).into())
}

/// Refuses a name that people could not use: empty, too long, or that of another GPO.
fn check_name(domain: &DomainSnapshot, name: &str, own: Option<Guid>) -> anyhow::Result<()> {
    let checked = domain.check_new_gpo_name(name, own);
    checked.map_err(|problem| UsageError(format!("`{name}` is no name for a GPO of {}: {problem}", domain.name)).into())
}

async fn new_gpo(
    session: &Session,
    domain: &DomainSnapshot,
    name: &str,
    starter: Option<&str>,
    link_to: Option<Dn>,
) -> anyhow::Result<CreateGpo> {
    let starter = match starter {
        Some(wanted) => Some(starter_gpo::find_in(session, &domain.name, wanted).await?.id),
        None => None,
    };
    let (domain, name) = (domain.name.clone(), name.to_owned());
    Ok(CreateGpo { domain, id: Guid::random(), name, starter, comment: None, link_to })
}
