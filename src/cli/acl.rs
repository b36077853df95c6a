//! `acl`: whole access lists: read, written, and compared between directory and SYSVOL (IGPMGPO's security descriptors and ACL consistency).

use std::sync::Arc;

use anyhow::anyhow;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::gpm::Names;
use crate::ident::{DnsName, Sid};
use crate::operation::admin::security::{MakeAclConsistent, SetOwner, SetSecurityDescriptor, read_security_descriptor};
use crate::operation::edit::Edit;
use crate::operation::{AclCheck, AclConsistency, check_gpo_acl, check_gpo_acls};
use crate::security::{AclDialect, SddlContext, SecurityDescriptor};
use crate::store::SdParts;

use super::change::find_gpo;
use super::edit::{EditArguments, carry_out, carry_out_all};
use super::output::{Outcome, Output, Table, printable};
use super::secured::SecuredArguments;
use super::{Session, permission};

/// Whole access lists: of GPOs, links, WMI filters and starter GPOs
#[derive(Debug, Subcommand)]
pub enum Command {
    Check(Check),
    Get(Get),
    Set(Set),
    Owner(Owner),
}

/// Compare the access lists of GPOs in the directory and in SYSVOL
///
/// Every difference of every GPO is printed. Lists made by Windows and lists made by Samba 4.17 are both right. Exit code 3 where a list is not.
#[derive(Debug, Args)]
pub struct Check {
    /// This GPO only, by display name or GUID
    #[arg(value_name = "NAME|GUID")]
    gpo: Option<String>,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    /// Give folders whose list is wrong the one that the directory asks for
    #[arg(long)]
    repair: bool,
    #[command(flatten)]
    edit: EditArguments,
}

/// Print the security descriptor of an object in SDDL
#[derive(Debug, Args)]
pub struct Get {
    #[command(flatten)]
    of: SecuredArguments,
    /// Only these parts
    #[arg(long, value_delimiter = ',', default_values = ["owner", "group", "dacl"])]
    parts: Vec<Part>,
}

/// Replace parts of the security descriptor of an object
///
/// The folder of a GPO in SYSVOL follows. Domain names such as DA stand for the groups of the object's domain.
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    of: SecuredArguments,
    /// The descriptor, in SDDL
    #[arg(long, value_name = "SDDL")]
    sddl: String,
    /// The parts that are replaced
    #[arg(long, value_delimiter = ',', default_values = ["dacl"])]
    parts: Vec<Part>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Make somebody the owner of an object
#[derive(Debug, Args)]
pub struct Owner {
    #[command(flatten)]
    of: SecuredArguments,
    /// Whom: DOMAIN\name, name, name@domain or SID
    #[arg(long, value_name = "WHO")]
    to: String,
    #[command(flatten)]
    edit: EditArguments,
}

/// A part of a security descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The owner
    Owner,
    /// The primary group
    Group,
    /// Who may do what
    Dacl,
    /// What is audited; reading it needs a privilege
    Sacl,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Check(check) => check.run(session, output).await,
            Command::Get(get) => get.run(session, output).await,
            Command::Set(set) => set.run(session, output).await,
            Command::Owner(owner) => owner.run(session, output).await,
        }
    }
}

fn parts(parts: &[Part]) -> SdParts {
    let bit = |part: &Part| match part {
        Part::Owner => SdParts::OWNER,
        Part::Group => SdParts::GROUP,
        Part::Dacl => SdParts::DACL,
        Part::Sacl => SdParts::SACL,
    };
    SdParts(parts.iter().fold(0, |bits, part| bits | bit(part).0))
}

impl Check {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let domain = session.domain(self.domain.as_ref()).await?;
        let checks = match &self.gpo {
            None => check_gpo_acls(&domain, &session.task).await?,
            Some(wanted) => {
                let id = find_gpo(session, &domain, wanted).await?.id;
                vec![check_gpo_acl(&domain, id, &session.task).await?]
            }
        };
        let wrong: Vec<&AclCheck> = checks.iter().filter(|check| !check.is_consistent()).collect();
        let sids: Vec<Sid> = wrong.iter().flat_map(|check| check.sids()).collect();
        let names = if sids.is_empty() { None } else { session.task.or_cancel(domain.names()).await?.ok() };
        if let Some(names) = &names {
            session.task.or_cancel(names.resolve(&**domain.store(), &sids)).await?;
        }
        let name = |sid: &Sid| names.as_ref().map_or_else(|| sid.to_string(), |names| names.get(sid).label());
        if output.is_json() && !self.repair {
            output.json(&json!(checks))?;
        } else if !output.is_json() {
            print(output, &checks, &name)?;
        }
        if !self.repair {
            return Ok(if wrong.is_empty() { Outcome::Done } else { Outcome::Partly });
        }
        self.repair(session, output, &wrong).await
    }

    async fn repair(&self, session: &Session, output: &mut Output, wrong: &[&AclCheck]) -> anyhow::Result<Outcome> {
        let repairable = wrong.iter().filter(|check| matches!(check.state, AclConsistency::Different { .. }));
        let edits: Vec<Arc<dyn Edit>> = repairable
            .map(|check| {
                let (domain, name) = (check.domain.clone(), check.name.clone());
                Arc::new(MakeAclConsistent { domain, id: check.id, name }) as Arc<dyn Edit>
            })
            .collect();
        let is_all = edits.len() == wrong.len();
        let told = ("Make SYSVOL permissions those of the directory", "access lists were repaired");
        let outcome = carry_out_all(session, output, told, &edits, self.edit).await?;
        Ok(if is_all { outcome } else { outcome.and(Outcome::Partly) })
    }
}

fn print(output: &mut Output, checks: &[AclCheck], name: &dyn Fn(&Sid) -> String) -> anyhow::Result<()> {
    let mut table = Table::new(&["NAME", "GUID", "ACCESS LISTS"]);
    for check in checks {
        let state = match &check.state {
            AclConsistency::Consistent { dialect: AclDialect::Windows } => "agree",
            AclConsistency::Consistent { dialect: AclDialect::Samba417 } => "agree (as Samba 4.17 makes them)",
            AclConsistency::Different { .. } => "differ",
            AclConsistency::FolderMissing => "no folder in SYSVOL",
            AclConsistency::Unreadable { .. } => "cannot be read",
        };
        table.row([check.name.clone(), check.id.to_string(), state.to_owned()]);
    }
    output.table(&table)?;
    for check in checks.iter().filter(|check| !check.is_consistent()) {
        output.line(printable(format!("\n{} {}", check.name, check.id)))?;
        for line in check.lines(name) {
            output.line(printable(format!("  {line}")))?;
        }
    }
    Ok(())
}

impl Get {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        let domain = session.domain(self.of.domain.as_ref()).await?;
        let (of, name) = self.of.find(session, &domain, &forest).await?;
        let descriptor = read_security_descriptor(&store, &of, parts(&self.parts), &session.task).await?;
        let sddl = descriptor.to_sddl(&SddlContext::default());
        if output.is_json() {
            output.json(&json!({ "name": name, "sddl": sddl }))?;
        } else {
            output.line(sddl)?;
        }
        Ok(Outcome::Done)
    }
}

impl Set {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (_store, forest) = session.load().await?;
        let domain = session.domain(self.of.domain.as_ref()).await?;
        let (of, name) = self.of.find(session, &domain, &forest).await?;
        let sid = |name: &DnsName| forest.domain(name).and_then(|domain| domain.sid.clone());
        let root = forest.domains.first().map(|domain| domain.name.clone());
        let context = SddlContext { domain: sid(domain.name()), forest_root: root.and_then(|root| sid(&root)) };
        let descriptor = SecurityDescriptor::from_sddl(&self.sddl, &context)?;
        let parts = parts(&self.parts);
        let lacks = [
            (SdParts::OWNER, descriptor.owner.is_none(), "owner"),
            (SdParts::GROUP, descriptor.group.is_none(), "group"),
            (SdParts::DACL, descriptor.dacl == crate::security::AclState::Absent, "DACL"),
        ];
        if let Some((.., part)) = lacks.iter().find(|(part, lacks, _)| parts.0 & part.0 != 0 && *lacks) {
            return Err(anyhow!(
                "the descriptor has no {part} to be set; leave it out of --parts, or put it into --sddl"
            ));
        }
        let edit = SetSecurityDescriptor { of, name, parts, descriptor, seen: None };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Owner {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        let domain = session.domain(self.of.domain.as_ref()).await?;
        let (of, name) = self.of.find(session, &domain, &forest).await?;
        let owner = permission::trustee(session, &store, &Names::new(&forest), &self.to, domain.name()).await?;
        carry_out(session, output, &SetOwner { of, name, owner }, self.edit).await
    }
}
