//! `journal`: operations that a crash broke off.

use std::sync::Arc;

use clap::Subcommand;
use serde_json::json;

use crate::gpm::OperationError;
use crate::operation::{Journal, Recovered, recover};
use crate::store::ForestStore;

use super::Session;
use super::change::open_journal;
use super::output::{Outcome, Output, Table, clear_progress, printable};

/// Operations that were broken off: what they changed is put back
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the operations that a crash broke off
    List,
    /// Put back what they changed in this forest
    ///
    /// This is also done before each restore, import and copy.
    Recover,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let journal = open_journal()?;
        match self {
            Command::List => list(&journal, output),
            Command::Recover => {
                let store = session.open().await?;
                recover_all(session, &store, &journal).await
            }
        }
    }
}

fn list(journal: &Journal, output: &mut Output) -> anyhow::Result<Outcome> {
    let interrupted = journal.interrupted()?;
    if output.is_json() {
        let records: Vec<_> =
            interrupted.iter().map(|left| json!({ "record": left.record, "folder": left.folder })).collect();
        output.json(&records.into())?;
        return Ok(Outcome::Done);
    }
    let mut table = Table::new(&["OPERATION", "WHAT", "STARTED", "FOLDER"]);
    for left in &interrupted {
        table.row([
            left.record.kind.label().to_owned(),
            left.record.title.clone(),
            left.record.started.to_local_text(),
            left.folder.display().to_string(),
        ]);
    }
    output.table(&table)?;
    Ok(Outcome::Done)
}

/// Puts back what was broken off in this forest, and says so.
///
/// # Errors
/// Fails where the journal cannot be read; what cannot be put back is named, and makes the outcome partly done.
pub async fn recover_all(
    session: &Session,
    store: &Arc<dyn ForestStore>,
    journal: &Journal,
) -> anyhow::Result<Outcome> {
    let forest = store.directory().root_dse().forest_dn.clone();
    let mut outcome = Outcome::Done;
    for left in journal.interrupted()?.iter().filter(|left| left.is_in(&forest)) {
        let recovered: Result<Recovered, OperationError> = recover(store, journal, left, &session.task).await;
        let what = format!("{}, broken off", left.record.title);
        clear_progress();
        match recovered {
            Ok(Recovered::WasDone) => eprintln!("{}: it had been done", printable(what)),
            Ok(Recovered::PutBack) => eprintln!("{}: what was there before was put back", printable(what)),
            Ok(Recovered::Elsewhere) => {}
            Err(error) => {
                eprintln!("warning: {}: {}", printable(what), printable(error.to_string()));
                outcome = Outcome::Partly;
            }
        }
    }
    Ok(outcome)
}
