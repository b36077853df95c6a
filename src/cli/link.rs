//! `link`: the links of sites, domains and OUs. Each change prints what it would do with `--dry-run`, and `journal undo` takes it back.

use anyhow::anyhow;
use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};

use crate::gpm::{ForestSnapshot, GpoLink, Som};
use crate::ident::{Dn, Guid, LinkMove, LinkOptions};
use crate::operation::admin::link::{EditLinks, LinkChange, LinkId, MoveLink};

use super::edit::{EditArguments, carry_out};
use super::output::{Outcome, Output, Table, yes_no};
use super::session::report;
use super::som::link_json;
use super::{Session, gpo, som};

/// Links of GPOs to sites, domains and organizational units
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the links of one site, domain or organizational unit; link order 1 wins
    List {
        /// Its DN, or its path: corp.example.com/Staff/Berlin
        #[arg(value_name = "DN")]
        som: String,
    },
    /// Link a GPO; refused where it is linked already
    Create(Create),
    /// Make sure that a GPO is linked, and that the link is as said
    ///
    /// What is not said stays as it is, so that a script may run twice.
    Ensure(Ensure),
    /// Delete a link; the GPO stays
    Delete(Delete),
    /// Enable, disable or enforce a link
    Set(Set),
    /// Move a link within its container, or to another one
    Move(Move),
}

/// A container, and a GPO to be linked.
#[derive(Debug, Args)]
struct NewLink {
    /// The site, domain or organizational unit, by DN or path
    #[arg(value_name = "DN")]
    som: String,
    /// The GPO, by display name or GUID
    #[arg(value_name = "NAME|GUID")]
    gpo: String,
    /// The link order that it gets, counted from 1, which wins; the lowest precedence where nothing is said
    #[arg(long, value_name = "ORDER")]
    position: Option<usize>,
}

/// Link a GPO.
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    link: NewLink,
    /// Do not enable the link
    #[arg(long)]
    disabled: bool,
    /// Enforce the link
    #[arg(long)]
    enforced: bool,
    #[command(flatten)]
    edit: EditArguments,
}

/// Make sure of a link.
#[derive(Debug, Args)]
pub struct Ensure {
    #[command(flatten)]
    link: NewLink,
    #[command(flatten)]
    state: State,
    #[command(flatten)]
    edit: EditArguments,
}

/// Delete a link.
#[derive(Debug, Args)]
pub struct Delete {
    #[command(flatten)]
    link: Which,
    #[command(flatten)]
    edit: EditArguments,
}

/// Enable, disable or enforce a link.
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    link: Which,
    #[command(flatten)]
    state: State,
    #[command(flatten)]
    edit: EditArguments,
}

/// Move a link.
#[derive(Debug, Args)]
pub struct Move {
    #[command(flatten)]
    link: Which,
    /// Where to within the container: top, up, down, bottom, or a link order counted from 1
    #[arg(long, value_name = "WHERE", value_parser = place, required_unless_present = "to_som")]
    to: Option<LinkMove>,
    /// To this site, domain or organizational unit instead, by DN or path: with the lowest precedence, enabled and enforced as it is
    #[arg(long, value_name = "DN", conflicts_with = "to")]
    to_som: Option<String>,
    #[command(flatten)]
    edit: EditArguments,
}

/// How a link is to be.
#[derive(Debug, Args)]
#[group(multiple = true)]
struct State {
    /// Whether clients follow it
    #[arg(long, value_name = "yes|no", value_parser = BoolishValueParser::new())]
    enabled: Option<bool>,
    /// Whether it passes blocked inheritance and wins over links below
    #[arg(long, value_name = "yes|no", value_parser = BoolishValueParser::new())]
    enforced: Option<bool>,
}

/// Which link.
#[derive(Debug, Args)]
struct Which {
    /// The site, domain or organizational unit, by DN or path
    #[arg(value_name = "DN")]
    som: String,
    /// The GPO, by display name or GUID, or by DN where it is gone
    #[arg(value_name = "NAME|GUID|DN")]
    gpo: String,
    /// Which of several links to the same GPO, counted from 1 in link order
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    occurrence: usize,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::List { som } => list(session, output, som).await,
            Command::Create(create) => {
                let (som, gpo, subject) = create.link.find(session).await?;
                let options = LinkOptions::new(!create.disabled, create.enforced);
                let change = LinkChange::Create { gpo, position: create.link.position, options };
                carry_out(session, output, &EditLinks::one(som, subject, change), create.edit).await
            }
            Command::Ensure(ensure) => {
                let (som, gpo, subject) = ensure.link.find(session).await?;
                let State { enabled, enforced } = ensure.state;
                let change = LinkChange::Ensure { gpo, position: ensure.link.position, enabled, enforced };
                carry_out(session, output, &EditLinks::one(som, subject, change), ensure.edit).await
            }
            Command::Delete(delete) => {
                let (_, found) = delete.link.find(session).await?;
                let change = LinkChange::Delete(vec![found.link]);
                carry_out(session, output, &EditLinks::one(found.som, found.subject, change), delete.edit).await
            }
            Command::Set(set) => {
                let (_, found) = set.link.find(session).await?;
                let State { enabled, enforced } = set.state;
                let ids = || vec![found.link.clone()];
                let enabled = enabled.map(|enabled| LinkChange::SetEnabled(ids(), enabled));
                let enforced = enforced.map(|enforced| LinkChange::SetEnforced(ids(), enforced));
                let changes: Vec<LinkChange> = enabled.into_iter().chain(enforced).collect();
                if changes.is_empty() {
                    return Err(super::UsageError("say what is to be set: --enabled or --enforced".to_owned()).into());
                }
                let edit = EditLinks { som: found.som, subject: found.subject, changes };
                carry_out(session, output, &edit, set.edit).await
            }
            Command::Move(moved) => {
                let (forest, found) = moved.link.find(session).await?;
                let Found { som, link, subject } = found;
                match (&moved.to, &moved.to_som) {
                    (_, Some(to)) => {
                        let (_, _, to) = som::find(&forest, to)?;
                        let edit = MoveLink { subject, link, from: som, to: to.dn.clone() };
                        carry_out(session, output, &edit, moved.edit).await
                    }
                    (to, None) => {
                        let change = LinkChange::Move(vec![link], to.unwrap_or(LinkMove::Top));
                        carry_out(session, output, &EditLinks::one(som, subject, change), moved.edit).await
                    }
                }
            }
        }
    }
}

async fn list(session: &Session, output: &mut Output, name: &str) -> anyhow::Result<Outcome> {
    let (_, forest) = session.load().await?;
    let (_, _, som) = som::find(&forest, name)?;
    if output.is_json() {
        output.json(&som.links.iter().map(|link| link_json(&forest, link)).collect())?;
    } else {
        let mut table = Table::new(&[">ORDER", "GPO", "ENFORCED", "ENABLED", "DOMAIN", "ID"]);
        for link in &som.links {
            table.row([
                link.order.to_string(),
                forest.link_target(link).label().to_owned(),
                yes_no(link.enforced),
                yes_no(link.enabled),
                link.gpo_domain.as_ref().map_or_else(String::new, ToString::to_string),
                link.gpo_id.map_or_else(String::new, |id| id.to_string()),
            ]);
        }
        output.table(&table)?;
    }
    Ok(report(forest.all_problems()))
}

/// A link that was found, and what people call it.
struct Found {
    som: Dn,
    link: LinkId,
    subject: String,
}

impl NewLink {
    /// Finds the container and the GPO, with the name of the latter.
    async fn find(&self, session: &Session) -> anyhow::Result<(Dn, Dn, String)> {
        let (store, forest) = session.load().await?;
        let (_, _, som) = som::find(&forest, &self.som)?;
        let own = som.dn.domain().filter(|domain| forest.domain(domain).is_some());
        let own = own.unwrap_or_else(|| store.directory().root_dse().domain.clone());
        let gpo = gpo::find(&forest, &self.gpo, None, &own)?;
        Ok((som.dn.clone(), gpo.dn.clone(), gpo.display_name.clone()))
    }
}

impl Which {
    async fn find(&self, session: &Session) -> anyhow::Result<(std::sync::Arc<ForestSnapshot>, Found)> {
        let (_, forest) = session.load().await?;
        let (_, _, som) = som::find(&forest, &self.som)?;
        let found = self.find_on(&forest, som)?;
        Ok((forest, found))
    }

    fn find_on(&self, forest: &ForestSnapshot, som: &Som) -> anyhow::Result<Found> {
        let (id, dn) = (self.gpo.parse::<Guid>().ok(), self.gpo.parse::<Dn>().ok().filter(|dn| !dn.is_empty()));
        let is_meant = |link: &&GpoLink| {
            let is_named = forest.link_target(link).label().to_lowercase() == self.gpo.to_lowercase();
            (id.is_some() && link.gpo_id == id) || (dn.is_some() && link.gpo_dn == dn) || is_named
        };
        let found: Vec<&GpoLink> = som.links.iter().filter(is_meant).collect();
        let place = som.dn.canonical_name();
        if let (Some(first), Some(other)) = (found.first(), found.iter().find(|link| link.gpo_dn != found[0].gpo_dn)) {
            let dns = [first, other].map(|link| link.gpo_dn.as_ref().map(ToString::to_string).unwrap_or_default());
            return Err(anyhow!(
                "`{}` on {place} may be {} or {}; say which by its GUID or DN",
                self.gpo,
                dns[0],
                dns[1]
            ));
        }
        let link = found.get(self.occurrence.saturating_sub(1)).copied();
        let attribute = som.gp_link.as_ref();
        let id = link.and_then(|link| LinkId::at(attribute?, link.order));
        let (Some(link), Some(id)) = (link, id) else {
            return Err(anyhow!("{place} has no such link to {}; `opengpmc link list` shows those it has", self.gpo));
        };
        Ok(Found { som: som.dn.clone(), link: id, subject: forest.link_target(link).label().to_owned() })
    }
}

fn place(text: &str) -> Result<LinkMove, String> {
    match text.to_ascii_lowercase().as_str() {
        "top" => Ok(LinkMove::Top),
        "up" => Ok(LinkMove::Up),
        "down" => Ok(LinkMove::Down),
        "bottom" => Ok(LinkMove::Bottom),
        number => match number.parse() {
            Ok(order) if order > 0 => Ok(LinkMove::To(order)),
            _ => Err("expected top, up, down, bottom, or a link order counted from 1".to_owned()),
        },
    }
}
