//! `permission`: who may do what with GPOs, links, WMI filters and starter GPOs (IGPMSecurityInfo).

use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::gpm::{Names, Permission, PermissionType, SecuredObject, SecurityInfo, Trustee};
use crate::operation::admin::security::{ChangePermissions, PermissionChange, read_security_info};
use crate::store::ForestStore;

use super::edit::{EditArguments, carry_out};
use super::output::{Outcome, Output, Table, yes_no};
use super::secured::SecuredArguments;
use super::session::report;
use super::{Session, UsageError};

/// Who may do what with GPOs, links, WMI filters and starter GPOs
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List who may do what with an object
    List(SecuredArguments),
    /// Give somebody a permission, unless they have that or more
    Grant(Grant),
    /// Give somebody exactly this permission, more or less than they have; does nothing where it is so already
    Ensure(Grant),
    /// Take a permission from somebody, or all they have on the object
    Revoke(Revoke),
}

/// The levels of permission, by what they are on any kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Read a GPO or starter GPO
    Read,
    /// Read and apply a GPO: security filtering
    Apply,
    /// Edit a GPO, WMI filter or starter GPO
    Edit,
    /// Edit a GPO, delete it and change its permissions; full control of WMI filters and starter GPOs
    Full,
    /// Link GPOs to a site, domain or OU
    Link,
    /// Perform Group Policy Modeling analyses in a domain or OU
    Planning,
    /// Read Group Policy Results data of a domain or OU
    Logging,
    /// Create GPOs, WMI filters or starter GPOs
    Create,
}

/// Give somebody a permission
#[derive(Debug, Args)]
pub struct Grant {
    #[command(flatten)]
    of: SecuredArguments,
    /// Whom: DOMAIN\name, name, name@domain or SID
    #[arg(long, value_name = "WHO")]
    to: String,
    /// What
    #[arg(long)]
    level: Level,
    /// Of a domain or OU: not for the containers below it
    #[arg(long)]
    this_container_only: bool,
    #[command(flatten)]
    edit: EditArguments,
}

/// Take a permission from somebody
#[derive(Debug, Args)]
pub struct Revoke {
    #[command(flatten)]
    of: SecuredArguments,
    /// From whom: DOMAIN\name, name, name@domain or SID
    #[arg(long, value_name = "WHO")]
    from: String,
    /// What, with the levels it includes; everything without it
    #[arg(long)]
    level: Option<Level>,
    #[command(flatten)]
    edit: EditArguments,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::List(of) => list(session, output, of).await,
            Command::Grant(grant) => grant.run(session, output, PermissionChange::Add).await,
            Command::Ensure(grant) => grant.run(session, output, PermissionChange::Set).await,
            Command::Revoke(revoke) => revoke.run(session, output).await,
        }
    }
}

impl Grant {
    async fn run(
        &self,
        session: &Session,
        output: &mut Output,
        change: impl Fn(Permission) -> PermissionChange,
    ) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        let domain = session.domain(self.of.domain.as_ref()).await?;
        let (of, name) = self.of.find(session, &domain, &forest).await?;
        let level = level_on(self.level, of.object())?;
        let trustee = trustee(session, &store, &Names::new(&forest), &self.to, domain.name()).await?;
        let permission = Permission::new(trustee, level, reaches(of.object()) && !self.this_container_only)?;
        let edit = ChangePermissions { of, name, changes: vec![change(permission)] };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Revoke {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        let domain = session.domain(self.of.domain.as_ref()).await?;
        let (of, name) = self.of.find(session, &domain, &forest).await?;
        let trustee = trustee(session, &store, &Names::new(&forest), &self.from, domain.name()).await?;
        let change = match self.level {
            None => PermissionChange::RemoveTrustee(trustee),
            Some(level) => {
                let level = level_on(level, of.object())?;
                PermissionChange::Remove(Permission::new(trustee, level, reaches(of.object()))?)
            }
        };
        let edit = ChangePermissions { of, name, changes: vec![change] };
        carry_out(session, output, &edit, self.edit).await
    }
}

/// Tells whether a permission there can be handed down to the containers below.
fn reaches(object: SecuredObject) -> bool {
    matches!(object, SecuredObject::Domain | SecuredObject::Ou)
}

/// Returns what a level is called on a kind of object.
fn level_on(level: Level, object: SecuredObject) -> Result<PermissionType, UsageError> {
    let word = |of: PermissionType| match of {
        PermissionType::GpoRead | PermissionType::StarterGpoRead => Level::Read,
        PermissionType::GpoApply => Level::Apply,
        PermissionType::GpoEdit | PermissionType::WmiFilterEdit | PermissionType::StarterGpoEdit => Level::Edit,
        PermissionType::SomLink => Level::Link,
        PermissionType::SomPlanning => Level::Planning,
        PermissionType::SomLogging => Level::Logging,
        PermissionType::SomGpoCreate | PermissionType::SomWmiCreate | PermissionType::SomStarterGpoCreate => {
            Level::Create
        }
        _ => Level::Full,
    };
    let found = object.levels().iter().find(|of| word(**of) == level).copied();
    found.ok_or_else(|| {
        let name = |level: Level| level.to_possible_value().map(|value| value.get_name().to_owned());
        let offered: Vec<String> = object.levels().iter().filter_map(|of| name(word(*of))).collect();
        let asked = name(level).unwrap_or_default();
        UsageError(format!("`{asked}` is no permission on {}; there are: {}", object.words(), offered.join(", ")))
    })
}

/// Finds the principal that a person named.
pub(super) async fn trustee(
    session: &Session,
    store: &Arc<dyn ForestStore>,
    names: &Names,
    text: &str,
    home: &crate::ident::DnsName,
) -> anyhow::Result<Trustee> {
    let found = session.task.or_cancel(names.find(&**store, text, home)).await?;
    found.with_context(|| format!("`{text}` cannot be given permissions"))
}

async fn list(session: &Session, output: &mut Output, of: &SecuredArguments) -> anyhow::Result<Outcome> {
    let (store, forest) = session.load().await?;
    let domain = session.domain(of.domain.as_ref()).await?;
    let (secured, _) = of.find(session, &domain, &forest).await?;
    let mut info: SecurityInfo = read_security_info(&store, &secured, &session.task).await?;
    let found = session.task.or_cancel(Names::new(&forest).resolve(&*store, &info.sids())).await?;
    info.set_trustees(&found.trustees);
    let outcome = report(&found.problems);
    if output.is_json() {
        output.json(&json!({ "permissions": info.permissions, "unrestricted": info.unrestricted }))?;
        return Ok(outcome);
    }
    if info.unrestricted {
        output.line("There is no access list: everybody may do everything.")?;
    }
    let mut table = Table::new(&["NAME", "PERMISSION", "SETTING", "REACHES CHILDREN", "INHERITED"]);
    for row in &info.permissions {
        table.row([
            row.trustee.label(),
            row.level.label().to_owned(),
            if row.denied { "Deny" } else { "Allow" }.to_owned(),
            yes_no(row.inheritable),
            yes_no(row.inherited),
        ]);
    }
    output.table(&table)?;
    Ok(outcome)
}
