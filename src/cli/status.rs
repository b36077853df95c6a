//! `domain status`: whether every domain controller has the same GPOs.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use crate::ident::DnsName;
use crate::operation::{
    ControllerStatus, DifferenceKind, InfrastructureOptions, InfrastructureStatus, StatusComparison, SyncState,
    compare_over_time, infrastructure_status,
};

use super::Session;
use super::change::find_gpo;
use super::output::{Outcome, Output, Table, clear_progress, printable, yes_no};

/// Compare what the domain controllers of a domain have of its GPOs: Group Policy infrastructure status
///
/// Every controller is read, in the directory and in SYSVOL, and compared with the baseline. Exit code 3 where one differs or does not
/// answer. With --json the result can be kept, and a later one be compared with it.
#[derive(Debug, Args)]
pub struct Status {
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    /// Compare with this domain controller instead of the PDC emulator
    #[arg(long, value_name = "DC")]
    baseline: Option<String>,
    /// Only this GPO, by display name or GUID
    #[arg(long, value_name = "NAME|GUID")]
    gpo: Option<String>,
    /// Also tell what has changed since the result in this file, which --json wrote
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
}

impl Status {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        // A file that cannot be read is told before the work, not after it.
        let before = self.compare.as_deref().map(read_result).transpose()?;
        let domain = session.domain(self.domain.as_ref()).await?;
        let gpo = match &self.gpo {
            Some(wanted) => Some(find_gpo(session, &domain, wanted).await?.id),
            None => None,
        };
        let options =
            InfrastructureOptions { infrastructure_dc: self.baseline.clone(), gpo, ..InfrastructureOptions::default() };
        let status = infrastructure_status(&domain, &options, &session.task).await?;
        let changes = before.map(|before| compare_over_time(&before, &status));
        if output.is_json() {
            let mut value = serde_json::to_value(&status)?;
            if let Some(changes) = &changes {
                value["changes"] = json!(changes);
            }
            output.json(&value)?;
        } else {
            print(output, &status)?;
            if let Some(changes) = &changes {
                print_changes(output, changes)?;
            }
        }
        for controller in status.controllers.iter().filter(|controller| controller.sync == SyncState::Inaccessible) {
            clear_progress();
            let reason = controller.directory_error.as_deref().unwrap_or_default();
            eprintln!("warning: {}", printable(format!("{} is inaccessible: {reason}", controller.name)));
        }
        Ok(if status.is_in_sync() { Outcome::Done } else { Outcome::Partly })
    }
}

fn read_result(path: &Path) -> anyhow::Result<InfrastructureStatus> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let expected = || format!("{} is no result of `domain status --json`", path.display());
    serde_json::from_slice(&bytes).with_context(expected)
}

fn print(output: &mut Output, status: &InfrastructureStatus) -> anyhow::Result<()> {
    let (count, in_sync) = (status.controllers.len(), status.group(true).count());
    output.fields(&[
        ("Domain", status.domain.to_string()),
        ("Baseline", status.baseline.clone()),
        ("Gathered", status.gathered.to_local_text()),
        ("In sync", format!("{in_sync} of {count} domain controllers")),
    ])?;
    output.line("")?;
    let mut table = Table::new(&[
        "DOMAIN CONTROLLER",
        "SITE",
        "STATE",
        "ACTIVE DIRECTORY",
        "SYSVOL",
        ">GPOS",
        ">FOLDERS",
        ">FILES",
    ]);
    for controller in &status.controllers {
        let (folders, files) = controller.sysvol_counts();
        table.row([
            controller.name.clone(),
            controller.site.clone(),
            controller.sync.to_string(),
            side(controller, true),
            side(controller, false),
            controller.gpo_count().to_string(),
            folders.to_string(),
            files.to_string(),
        ]);
    }
    output.table(&table)?;
    for controller in &status.controllers {
        for gpo in &controller.differing {
            output.line(format!("\n{}: {} {}", controller.name, printable(gpo.name.clone()), gpo.id))?;
            for difference in &gpo.differences {
                let words = match difference.kind {
                    kind if difference.baseline == "there" || difference.found == "there" => kind.label().to_owned(),
                    DifferenceKind::DirectoryAcl | DifferenceKind::SysvolAcl => {
                        format!(
                            "{}\n    baseline: {}\n    here:     {}",
                            difference.kind.label(),
                            difference.baseline,
                            difference.found
                        )
                    }
                    kind => format!("{}: {}; baseline: {}", kind.label(), difference.found, difference.baseline),
                };
                output.line(format!("  {words}"))?;
            }
        }
    }
    Ok(())
}

fn side(controller: &ControllerStatus, in_directory: bool) -> String {
    let error = if in_directory { &controller.directory_error } else { &controller.sysvol_error };
    if controller.sync == SyncState::Inaccessible || error.is_some() {
        return "inaccessible".to_owned();
    }
    match controller.differing_in(in_directory).count() {
        0 => "in sync".to_owned(),
        1 => "1 GPO differs".to_owned(),
        count => format!("{count} GPOs differ"),
    }
}

fn print_changes(output: &mut Output, changes: &StatusComparison) -> anyhow::Result<()> {
    output.line(format!("\nSince {}:", changes.before.to_local_text()))?;
    if changes.is_empty() {
        output.line("  nothing has changed")?;
    }
    let state = |state: Option<SyncState>| state.map_or_else(|| "not there".to_owned(), |state| state.to_string());
    for change in &changes.controllers {
        output.line(format!("  {}: {}, before: {}", change.name, state(change.after), state(change.before)))?;
    }
    for change in &changes.differences {
        let words = if change.is_new { "new" } else { "gone" };
        let name = printable(change.name.clone());
        output.line(format!("  {}: {name}: {} ({words})", change.controller, change.kind.label()))?;
    }
    for change in &changes.gpos {
        output.line(format!("  {}: {}", printable(change.name.clone()), change.changes.join(", ")))?;
    }
    Ok(())
}

/// List the domain controllers of a domain with their sites
#[derive(Debug, Args)]
pub struct Controllers {
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
}

impl Controllers {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let domain = session.domain(self.domain.as_ref()).await?;
        let controllers = session.task.or_cancel(domain.controllers()).await??;
        let in_use = |name: &str| name.eq_ignore_ascii_case(domain.domain_controller());
        if output.is_json() {
            let rows = controllers.iter().map(|controller| {
                json!({
                    "name": controller.name,
                    "site": controller.site,
                    "is_pdc_emulator": controller.is_pdc_emulator,
                    "in_use": in_use(&controller.name),
                })
            });
            output.json(&rows.collect())?;
        } else {
            let mut table = Table::new(&["DOMAIN CONTROLLER", "SITE", "PDC EMULATOR", "IN USE"]);
            for controller in &controllers {
                table.row([
                    controller.name.clone(),
                    controller.site.clone(),
                    yes_no(controller.is_pdc_emulator),
                    yes_no(in_use(&controller.name)),
                ]);
            }
            output.table(&table)?;
        }
        Ok(Outcome::Done)
    }
}
