//! `som update`: Group Policy update of the computers of a domain or OU, as far as that goes from here.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::json;

use crate::gpm::Domain;
use crate::operation::{
    REMOTE_UPDATE_LIMITS, REMOTE_UPDATE_RIGHT, remote_update, update_command, update_script, update_targets,
    write_whole,
};

use super::Session;
use super::output::{Outcome, Output, Table, clear_progress};
use super::som::find;

/// List the computers in a domain or OU and below, with the commands that update their Group Policy
///
/// This program cannot start the update itself; the exit code is 3 to say so. Run what it prints, or the script of --script, on a Windows
/// computer of the domain with the Group Policy Management tools.
#[derive(Debug, Args)]
pub struct Update {
    /// Its DN, or its path as `som list` prints it: corp.example.com/Staff/Berlin
    #[arg(value_name = "DN")]
    som: String,
    /// Write a PowerShell script that updates them all to this file
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
}

impl Update {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        let (domain, _, som) = find(&forest, &self.som)?;
        let domain = domain.ok_or_else(|| anyhow!("{} is a site: computers lie in domains and OUs", som.name))?;
        let domain = session.task.or_cancel(Domain::open(&store, &domain.name)).await??;
        let targets = update_targets(&domain, &som.dn, &session.task).await?;
        if output.is_json() {
            let rows = targets.iter().zip(remote_update(&targets)).map(|(target, update)| {
                let mut value = json!(target);
                value["error_code"] = json!(update.code.to_string());
                value["error_description"] = json!(update.description);
                value["command"] = json!(update_command(target));
                value
            });
            output.json(&rows.collect())?;
        } else if targets.is_empty() {
            output.line(format!("There is no computer in {} or below: nothing to update.", som.dn.canonical_name()))?;
        } else {
            let mut table = Table::new(&["COMPUTER", "OPERATING SYSTEM", "LAST LOGON", "ERROR CODE", "COMMAND"]);
            for (target, update) in targets.iter().zip(remote_update(&targets)) {
                table.row([
                    update.computer,
                    target.operating_system.clone().unwrap_or_default(),
                    target.last_logon.map(|time| time.to_local_text()).unwrap_or_default(),
                    update.code.to_string(),
                    update_command(target),
                ]);
            }
            output.table(&table)?;
        }
        if targets.is_empty() {
            return Ok(Outcome::Done);
        }
        clear_progress();
        if let Some(path) = &self.script {
            let script = update_script(&som.dn, &targets);
            write_whole(path, script.as_bytes()).with_context(|| format!("writing {}", path.display()))?;
            eprintln!("{} was written.", path.display());
        }
        eprintln!("warning: no computer was updated. {REMOTE_UPDATE_LIMITS}\n{REMOTE_UPDATE_RIGHT}");
        Ok(Outcome::Partly)
    }
}
