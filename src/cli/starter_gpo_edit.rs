//! `starter-gpo create`, `rename`, `describe`, `delete`, `create-folder`: what changes starter GPOs.

use clap::Args;

use crate::ident::{DnsName, Guid};
use crate::operation::admin::{CreateStarterGpo, CreateStarterGpoFolder, DeleteStarterGpo, EditStarterGpo};

use super::Session;
use super::edit::{EditArguments, carry_out};
use super::output::{Outcome, Output};
use super::starter_gpo::One;

/// Create the folder of the starter GPOs in SYSVOL
#[derive(Debug, Args)]
pub struct CreateFolder {
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Create a starter GPO without settings; the folder of the starter GPOs is created too where there is none
#[derive(Debug, Args)]
pub struct Create {
    /// Its name; no other starter GPO of the domain may have it
    #[arg(default_value = CreateStarterGpo::DEFAULT_NAME)]
    name: String,
    /// Its comment
    #[arg(long, value_name = "TEXT", default_value = "")]
    comment: String,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Rename a starter GPO
#[derive(Debug, Args)]
pub struct Rename {
    #[command(flatten)]
    one: One,
    /// The new name; no other starter GPO of the domain may have it
    new_name: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// Set the comment of a starter GPO
#[derive(Debug, Args)]
pub struct Describe {
    #[command(flatten)]
    one: One,
    /// The comment; empty removes it
    comment: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// Delete a starter GPO; GPOs that were made from it stay
#[derive(Debug, Args)]
pub struct Delete {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    edit: EditArguments,
}

impl CreateFolder {
    /// Creates it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let domain = session.domain(self.domain.as_ref()).await?;
        let edit = CreateStarterGpoFolder { domain: domain.name().clone() };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Create {
    /// Creates it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let domain = session.domain(self.domain.as_ref()).await?;
        let edit = CreateStarterGpo {
            domain: domain.name().clone(),
            id: Guid::random(),
            name: self.name.clone(),
            description: self.comment.clone(),
        };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Rename {
    /// Renames it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_, seen) = self.one.find(session).await?;
        let edit = EditStarterGpo { name: self.new_name.clone(), description: seen.description.clone(), seen };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Describe {
    /// Sets the comment.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_, seen) = self.one.find(session).await?;
        let edit = EditStarterGpo { name: seen.display_name.clone(), description: self.comment.clone(), seen };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Delete {
    /// Deletes it.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (domain, starter) = self.one.find(session).await?;
        let edit = DeleteStarterGpo { domain: domain.name().clone(), id: starter.id, name: starter.display_name };
        carry_out(session, output, &edit, self.edit).await
    }
}
