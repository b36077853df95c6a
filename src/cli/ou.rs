//! `ou`: organizational units. Each change prints what it would do with `--dry-run`, and `journal undo` takes it back where it can.

use anyhow::anyhow;
use clap::{Args, Subcommand};

use crate::gpm::SomType;
use crate::ident::Dn;
use crate::operation::admin::ou::{CreateOu, DeleteOu, EnsureOu, RenameOu};

use super::edit::{EditArguments, carry_out};
use super::output::{Outcome, Output};
use super::{Session, som};

/// Organizational units
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create an organizational unit; refused where there is one of that name
    Create(New),
    /// Make sure that there is an organizational unit of a name
    Ensure(New),
    /// Give an organizational unit another name
    Rename(Rename),
    /// Delete an organizational unit
    ///
    /// One with anything in it needs --with-children and cannot be brought back. One that is protected from accidental deletion is refused.
    Delete(Delete),
}

/// An organizational unit to be made.
#[derive(Debug, Args)]
pub struct New {
    /// The domain or organizational unit that it is to lie in, by DN or path
    #[arg(value_name = "DN")]
    parent: String,
    /// Its name
    name: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// A new name.
#[derive(Debug, Args)]
pub struct Rename {
    /// Its DN, or its path: corp.example.com/Staff/Berlin
    #[arg(value_name = "DN")]
    ou: String,
    /// Its new name
    #[arg(value_name = "NEW NAME")]
    name: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// One that goes.
#[derive(Debug, Args)]
pub struct Delete {
    /// Its DN, or its path: corp.example.com/Staff/Berlin
    #[arg(value_name = "DN")]
    ou: String,
    /// Delete all that lies in it too, for good
    #[arg(long)]
    with_children: bool,
    #[command(flatten)]
    edit: EditArguments,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Create(new) => {
                let edit = CreateOu { parent: find(session, &new.parent, false).await?, name: new.name.clone() };
                carry_out(session, output, &edit, new.edit).await
            }
            Command::Ensure(new) => {
                let edit = EnsureOu { parent: find(session, &new.parent, false).await?, name: new.name.clone() };
                carry_out(session, output, &edit, new.edit).await
            }
            Command::Rename(rename) => {
                let edit = RenameOu { ou: find(session, &rename.ou, true).await?, name: rename.name.clone() };
                carry_out(session, output, &edit, rename.edit).await
            }
            Command::Delete(delete) => {
                let edit = DeleteOu { ou: find(session, &delete.ou, true).await?, with_children: delete.with_children };
                carry_out(session, output, &edit, delete.edit).await
            }
        }
    }
}

/// Finds a domain or OU, or an OU alone.
async fn find(session: &Session, name: &str, is_unit: bool) -> anyhow::Result<Dn> {
    let (_, forest) = session.load().await?;
    let (_, _, som) = som::find(&forest, name)?;
    if som.kind == SomType::Site || (is_unit && som.kind != SomType::Ou) {
        return Err(anyhow!("{name} is no organizational unit"));
    }
    Ok(som.dn.clone())
}
