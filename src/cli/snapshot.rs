//! `snapshot`: a forest in one file.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use crate::operation::save_snapshot;

use super::output::{Outcome, Output};
use super::session::report;
use super::{Session, UsageError};

/// Forests saved to a file
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Save the forest to a file, to be opened anywhere with --connect FILE.gpforest
    ///
    /// It holds what this program reads: the scope of management, GPOs with their SYSVOL files, WMI filters, sites, the names of
    /// accounts and groups. Secrets are never copied.
    Save {
        /// The file, NAME.gpforest
        file: PathBuf,
        /// Replace a file that is there already
        #[arg(long)]
        overwrite: bool,
    },
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let Command::Save { file, overwrite } = self;
        if file.exists() && !overwrite {
            let message = format!("{} is there already; --overwrite replaces it", file.display());
            return Err(UsageError(message).into());
        }
        let store = session.open().await?;
        let summary = save_snapshot(&*store, file, &session.task).await?;
        if output.is_json() {
            output.json(&json!({
                "file": file.display().to_string(),
                "domains": summary.domains,
                "objects": summary.objects,
                "files": summary.files,
                "file_bytes": summary.file_bytes,
                "problems": summary.problems,
            }))?;
        } else {
            output.line(format!(
                "Saved {}: {} domains, {} objects, {} files ({} bytes)",
                file.display(),
                summary.domains,
                summary.objects,
                summary.files,
                summary.file_bytes
            ))?;
        }
        Ok(report(&summary.problems))
    }
}
