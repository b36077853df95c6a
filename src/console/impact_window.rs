//! What a change would do, before it is made: which users and computers gain, lose or change which settings. Apply makes the change.

use std::sync::Arc;

use egui::{Context, Ui};

use crate::rsop::{AffectedAccount, AffectedGroup, Impact, SettingChange, SettingChangeKind};

use super::Command;
use super::dialog::{self, Closing};
use super::kit::data_table::{Cell, Column, DataTable, TableHeight, TableState, Tone, row_id};
use super::kit::notice::{Severity, banner_ui};
use super::theme::SPACE;
use super::window::{Surroundings, Window, WindowFactory};

/// The window.
pub struct ImpactWindow {
    /// What is changed, in words.
    title: String,
    impact: Arc<Impact>,
    /// What makes the change.
    apply: Vec<Command>,
    groups: TableState,
    changes: TableState,
    accounts: TableState,
    is_new: bool,
}

impl ImpactWindow {
    /// Returns the command that opens it over a change that `apply` makes.
    pub fn ask(title: String, impact: Impact, apply: Vec<Command>) -> Command {
        let impact = Arc::new(impact);
        Command::Open(WindowFactory::new(move || ImpactWindow {
            title: title.clone(),
            impact: Arc::clone(&impact),
            apply: apply.clone(),
            groups: TableState::default(),
            changes: TableState::default(),
            accounts: TableState::default(),
            is_new: true,
        }))
    }

    fn content_ui(&mut self, ui: &mut Ui) {
        ui.strong(&self.title);
        ui.add_space(SPACE);
        let Impact { accounts, affected, groups, warnings } = &*self.impact;
        ui.label(match (affected, accounts) {
            (_, 0) => "There are no users or computers in the scope of this change.".to_owned(),
            (0, accounts) => {
                format!("No setting changes for any of the {accounts} users and computers in the scope of this change.")
            }
            (affected, accounts) => {
                format!("Settings change for {affected} of {accounts} users and computers in the scope of this change.")
            }
        });
        for warning in warnings {
            ui.add_space(SPACE);
            banner_ui(ui, Severity::Warning, warning);
        }
        if groups.is_empty() {
            return;
        }
        ui.add_space(SPACE);
        groups_ui(ui, &mut self.groups, groups);
        if std::mem::take(&mut self.is_new) {
            self.groups.select_first();
        }
        let Some(group) = self.groups.selected().first().and_then(|&place| groups.get(place)) else {
            ui.weak("Choose a row to see what changes and for whom.");
            return;
        };
        ui.add_space(SPACE);
        changes_ui(ui, &mut self.changes, &group.changes);
        ui.add_space(SPACE);
        accounts_ui(ui, &mut self.accounts, &group.accounts);
    }
}

fn groups_ui(ui: &mut Ui, state: &mut TableState, groups: &[AffectedGroup]) {
    let count = |kind: SettingChangeKind| {
        move |group: &AffectedGroup| {
            let count = group.changes.iter().filter(|change| change.kind == kind).count();
            let tone = if count == 0 { Tone::Weak } else { Tone::Normal };
            Cell::text(count.to_string()).tone(tone)
        }
    };
    DataTable::new("impact groups", "Who is affected")
        .column(Column::new("Who", 300.0, |group: &AffectedGroup| Cell::text(who(group))))
        .column(Column::new("Settings of", 170.0, |group: &AffectedGroup| Cell::text(group.side.label())))
        .column(Column::new("Gained", 70.0, count(SettingChangeKind::Gained)))
        .column(Column::new("Lost", 70.0, count(SettingChangeKind::Lost)))
        .column(Column::new("Changed", 70.0, count(SettingChangeKind::Changed)))
        .column(Column::new("Other GPO", 80.0, count(SettingChangeKind::OtherGpo)))
        .row_id(|group| row_id((group.side.label(), &group.accounts)))
        .revision(groups.len() as u64)
        .height(TableHeight::Rows { min: 3, max: 6 })
        .ui(ui, state, groups);
}

fn changes_ui(ui: &mut Ui, state: &mut TableState, changes: &[SettingChange]) {
    let value = |value: &Option<Arc<str>>, gpo: &Option<String>| match (value, gpo) {
        (Some(value), _) => Cell::text(value.to_string()),
        (None, Some(_)) => Cell::text("Absent").tone(Tone::Weak),
        (None, None) => Cell::text("Not set").tone(Tone::Weak),
    };
    let gpo = |gpo: &Option<String>| Cell::text(gpo.clone().unwrap_or_default());
    DataTable::new("impact changes", "What changes")
        .column(
            Column::new("Change", 80.0, |change: &SettingChange| Cell::text(change_word(change.kind)))
                .sort_number(|change| change.kind as i64),
        )
        .column(Column::new("Setting", 300.0, |change: &SettingChange| {
            Cell::text(change.name.to_string()).tooltip(change.name.to_string())
        }))
        .column(Column::new("Before", 130.0, move |change: &SettingChange| value(&change.before, &change.before_gpo)))
        .column(Column::new("Before by", 130.0, move |change: &SettingChange| gpo(&change.before_gpo)))
        .column(Column::new("After", 130.0, move |change: &SettingChange| value(&change.after, &change.after_gpo)))
        .column(Column::new("After by", 130.0, move |change: &SettingChange| gpo(&change.after_gpo)))
        .row_id(|change| row_id((change.cse, &change.key)))
        .revision(row_id(changes.iter().map(|change| &change.key).collect::<Vec<_>>()))
        .height(TableHeight::Rows { min: 3, max: 8 })
        .ui(ui, state, changes);
}

fn accounts_ui(ui: &mut Ui, state: &mut TableState, accounts: &[AffectedAccount]) {
    DataTable::new("impact accounts", "Affected users and computers")
        .column(Column::new("Name", 240.0, |account: &AffectedAccount| Cell::text(account.name.clone())))
        .column(Column::new("Place", 420.0, |account: &AffectedAccount| {
            Cell::text(account.dn.parent().map_or_else(String::new, |parent| parent.canonical_name()))
        }))
        .row_id(|account| row_id(&account.dn))
        .revision(row_id(accounts))
        .height(TableHeight::Rows { min: 3, max: 6 })
        .ui(ui, state, accounts);
}

/// Returns whom a group consists of: its only account, or the first with how many more there are.
fn who(group: &AffectedGroup) -> String {
    match group.accounts.as_slice() {
        [] => String::new(),
        [only] => only.name.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.name, rest.len()),
    }
}

fn change_word(kind: SettingChangeKind) -> &'static str {
    match kind {
        SettingChangeKind::Gained => "Gained",
        SettingChangeKind::Lost => "Lost",
        SettingChangeKind::Changed => "Changed",
        SettingChangeKind::OtherGpo => "Other GPO",
    }
}

impl Window for ImpactWindow {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut cancelled, mut applied) = (false, false);
        let closing = dialog::show(ctx, "Impact of the Change", 860.0, |ui| {
            self.content_ui(ui);
            dialog::buttons_ui(ui, |ui| {
                cancelled = dialog::button(ui, "Cancel");
                applied = dialog::primary_button(ui, "Apply the Change");
            });
        });
        if applied {
            around.commands.append(&mut self.apply);
        }
        if applied || cancelled || closing == Closing::Close { Closing::Close } else { Closing::Stay }
    }
}
