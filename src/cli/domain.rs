//! `domain`: the domains of the forest.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::gpm::DomainSnapshot;

use super::Session;
use super::output::{Outcome, Output, Table, yes_no};
use super::session::report;
use super::status::{Controllers, Status};

/// The domains of the forest
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the domains, the forest's root domain first
    List,
    Controllers(Controllers),
    Status(Box<Status>),
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::List => list(session, output).await,
            Command::Controllers(controllers) => controllers.run(session, output).await,
            Command::Status(status) => status.run(session, output).await,
        }
    }
}

async fn list(session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
    let (_, forest) = session.load().await?;
    if output.is_json() {
        output.json(&forest.domains.iter().map(to_json).collect())?;
    } else {
        let mut table =
            Table::new(&["DOMAIN", "NETBIOS", "DOMAIN CONTROLLER", "PDC EMULATOR", ">OUS", ">GPOS", ">WMI FILTERS"]);
        for domain in &forest.domains {
            table.row([
                domain.name.to_string(),
                domain.netbios_name.clone(),
                domain.domain_controller.clone(),
                yes_no(domain.is_pdc_emulator),
                domain.soms.len().saturating_sub(1).to_string(),
                domain.gpos.len().to_string(),
                domain.wmi_filters.len().to_string(),
            ]);
        }
        output.table(&table)?;
    }
    Ok(report(forest.all_problems()))
}

fn to_json(domain: &DomainSnapshot) -> Value {
    json!({
        "name": domain.name,
        "netbios_name": domain.netbios_name,
        "dn": domain.dn,
        "sid": domain.sid.as_ref().map(ToString::to_string),
        "domain_controller": domain.domain_controller,
        "is_pdc_emulator": domain.is_pdc_emulator,
        "domain_controllers": domain.domain_controllers,
        "ou_count": domain.soms.len().saturating_sub(1),
        "gpo_count": domain.gpos.len(),
        "wmi_filter_count": domain.wmi_filters.len(),
        "problems": domain.problems,
    })
}
