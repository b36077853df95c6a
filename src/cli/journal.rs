//! `journal`: operations that a crash broke off, and what was done and can be undone.

use std::sync::Arc;

use anyhow::anyhow;
use clap::Subcommand;
use serde_json::json;

use crate::gpm::OperationError;
use crate::ident::Guid;
use crate::operation::edit::{UndoEntry, UndoList, undo, undo_list};
use crate::operation::{Journal, Recovered, recover};
use crate::store::ForestStore;

use super::Session;
use super::change::{context, open_journal};
use super::messages::tell;
use super::output::{Outcome, Output, Table, clear_progress, printable};

/// What was done and can be undone, and what was broken off and is put back
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the operations that a crash broke off
    List,
    /// Put back what they changed in this forest
    ///
    /// This is also done before each change.
    Recover,
    /// List what was done and can be undone, newest first
    History,
    /// Take back what was done last, or the entry named
    Undo {
        /// An entry of `journal history`
        #[arg(value_name = "ID")]
        id: Option<Guid>,
    },
    /// Do again what was taken back last
    Redo,
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
            Command::History => {
                let store = session.open().await?;
                history(output, &undo_list(&journal, &*store)?)
            }
            Command::Undo { id } => take_back(session, output, *id, ("taken back", |list| list.undo)).await,
            Command::Redo => take_back(session, output, None, ("done again", |list| list.redo)).await,
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

fn history(output: &mut Output, list: &UndoList) -> anyhow::Result<Outcome> {
    let rows = list.redo.iter().map(|entry| (entry, true)).chain(list.undo.iter().map(|entry| (entry, false)));
    if output.is_json() {
        let rows = rows.map(|(entry, undone)| {
            json!({
                "id": entry.id, "title": entry.title, "started": entry.started, "undone": undone,
                "cannot_undo": entry.cannot_undo,
            })
        });
        output.json(&rows.collect())?;
        return Ok(Outcome::Done);
    }
    let mut table = Table::new(&["ID", "WHAT", "STARTED", "STATE"]);
    for (entry, undone) in rows {
        let state = match (undone, &entry.cannot_undo) {
            (true, _) => "undone".to_owned(),
            (false, None) => "can be undone".to_owned(),
            (false, Some(why)) => format!("cannot be undone: {why}"),
        };
        table.row([entry.id.to_string(), entry.title.clone(), entry.started.to_local_text(), state]);
    }
    output.table(&table)?;
    Ok(Outcome::Done)
}

/// Takes back an entry of one of the lists, or its newest.
async fn take_back(
    session: &Session,
    output: &mut Output,
    id: Option<Guid>,
    (done, of): (&str, fn(UndoList) -> Vec<UndoEntry>),
) -> anyhow::Result<Outcome> {
    let context = context(session).await?;
    let list = of(undo_list(&context.journal, &*context.store)?);
    let entry = list.into_iter().find(|entry| id.is_none_or(|id| entry.id == id));
    let entry = entry.ok_or_else(|| match id {
        Some(id) => anyhow!("the journal has no entry {id} that can be undone; `opengpmc journal history` lists them"),
        None => anyhow!("there is nothing to take back in this forest"),
    })?;
    let edited = undo(&context, entry.id, &session.task).await;
    let told = tell(&session.task);
    let edited = edited?;
    if output.is_json() {
        output.json(
            &json!({ "title": entry.title, "journal_entry": edited.entry, "messages": session.task.messages() }),
        )?;
    } else {
        output.line(printable(format!("{}: {done}", entry.title)))?;
    }
    Ok(told)
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
    let mut outcome = Outcome::Done;
    for left in journal.interrupted()?.iter().filter(|left| left.is_in(&**store)) {
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
