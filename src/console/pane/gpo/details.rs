//! The Details tab of a GPO (`console-ui.md` 3.8, 6.5); its status and its comment are changed in place.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Button, ComboBox, Id, ScrollArea, TextEdit, Ui};

use super::super::cells;
use super::super::state::View;
use crate::console::kit::data_table::Tone;
use crate::console::kit::notice::{Severity, banner_ui, loading_ui};
use crate::console::kit::property_list::{PropertyList, Value};
use crate::console::question::Question;
use crate::console::theme::SPACE;
use crate::console::{Command, Detail, Lazy, OpenForest};
use crate::gpm::{Gpo, GpoStatus, SysvolState};
use crate::ident::{DnsName, GpoVersion, Guid, Timestamp};
use crate::operation::admin::{GpoToEdit, LONGEST_GPO_COMMENT, SetGpoComment, SetGpoStatus};

/// Width in points that the comment takes at most.
const COMMENT_WIDTH: f32 = 640.0;

/// Comments that are being edited and not saved yet, by GPO. They outlive a look at another node.
pub(in crate::console::pane) type CommentDrafts = HashMap<(DnsName, Guid), CommentDraft>;

/// A comment that is being edited.
pub(in crate::console::pane) struct CommentDraft {
    /// The text when that began.
    seen: String,
    text: String,
}

/// Draws what a GPO is: its place, owner, times, versions, status, comment.
pub(super) fn details_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    view.fetch_trustees(("gpo owner", gpo.id), gpo.owner.iter().cloned());
    view.fetch(Detail::Comment(gpo.domain.clone(), gpo.id));
    let owner = match &gpo.owner {
        Some(owner) => {
            let cell = cells::trustee(view.forest, owner);
            let value = Value::text(cell.text.into_owned()).tone(cell.tone);
            match cell.icon {
                Some(icon) => value.icon(icon),
                None => value,
            }
        }
        None => Value::text("May not be read").tone(Tone::Weak),
    };
    let time = |time: Option<Timestamp>| Value::text(time.map(|time| time.to_local_text()).unwrap_or_default());
    let sysvol = view.forest.details.sysvol(&gpo.domain, gpo.id);
    let forest = view.forest;
    let mut asked = None;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        PropertyList::new("gpo details")
            .row("Domain", Value::text(gpo.domain.to_string()))
            .row("Owner", owner)
            .row("Created", time(gpo.created))
            .row("Modified", time(gpo.modified))
            .row("User version", version(gpo.version.user, sysvol, |version| version.user))
            .row("Computer version", version(gpo.version.computer, sysvol, |version| version.computer))
            .copyable("Unique ID", Value::text(gpo.id.to_string()).monospace())
            .control("GPO Status", |ui, label| asked = status_ui(ui, forest, gpo, label))
            .copyable("SYSVOL folder", Value::text(gpo.file_system_path.clone().unwrap_or_default()).monospace())
            .copyable("Distinguished name", Value::text(gpo.dn.to_string()).monospace())
            .ui(ui);
        view.commands.extend(asked);
        ui.add_space(SPACE);
        comment_ui(ui, view, gpo);
    });
}

/// Draws the status as a choice; another one is asked about first.
fn status_ui(ui: &mut Ui, forest: &OpenForest, gpo: &Gpo, label: Id) -> Option<Command> {
    let mut asked = None;
    ui.add_enabled_ui(!forest.info.read_only && !gpo.inaccessible, |ui| {
        let combo = ComboBox::from_id_salt("GPO status").width(320.0).selected_text(gpo.status.label());
        let combo = combo.show_ui(ui, |ui| {
            for status in GpoStatus::ALL {
                let is_present = gpo.status == status;
                if ui.selectable_label(is_present, status.label()).clicked() && !is_present {
                    let name = forest.gpo_label(gpo);
                    let text = format!("Change the status of {name} to “{}”?", status.label());
                    let edit = Arc::new(SetGpoStatus { gpo: GpoToEdit::from(gpo), status });
                    asked = Some(Question::new("GPO Status", text, "Yes", vec![Command::Edit(forest.id, edit)]).ask());
                }
            }
        });
        combo.response.labelled_by(label).on_disabled_hover_text("You may not change it here.");
    });
    asked
}

/// Draws the comment, to be changed in place.
fn comment_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    let forest = view.forest;
    let label = ui.weak("Comment");
    let stored = match forest.details.comment(&gpo.domain, gpo.id) {
        Lazy::Ready(text) => text.replace("\r\n", "\n"),
        Lazy::Unknown | Lazy::Loading => return loading_ui(ui, "Reading the comment…"),
        Lazy::Failed(error) => {
            return banner_ui(ui, Severity::Warning, &format!("The comment could not be read: {error}"));
        }
    };
    let key = (gpo.domain.clone(), gpo.id);
    let mut draft = view.state.comments.remove(&key).unwrap_or(CommentDraft { seen: stored.clone(), text: stored });
    let hint = if forest.info.read_only { "No comment" } else { "No comment. Type one here." };
    let edit = TextEdit::multiline(&mut draft.text)
        .desired_rows(4)
        .desired_width(COMMENT_WIDTH.min(ui.available_width()))
        .hint_text(hint)
        .interactive(!forest.info.read_only);
    ui.add(edit).labelled_by(label.id);
    let length = draft.text.encode_utf16().count();
    if length > LONGEST_GPO_COMMENT {
        let text = format!("The comment has {length} characters; {LONGEST_GPO_COMMENT} are taken at most.");
        banner_ui(ui, Severity::Error, &text);
    }
    if draft.text == draft.seen {
        return;
    }
    let (mut saved, mut discarded) = (false, false);
    ui.horizontal(|ui| {
        let save = ui.add_enabled(length <= LONGEST_GPO_COMMENT, Button::new("Save Comment"));
        saved = save.on_disabled_hover_text("The comment is too long.").clicked();
        discarded = ui.button("Discard Changes").clicked();
    });
    if saved {
        let (gpo, seen, comment) = (GpoToEdit::from(gpo), draft.seen, draft.text);
        view.commands.push(Command::Edit(forest.id, Arc::new(SetGpoComment { gpo, seen: Some(seen), comment })));
    } else if !discarded {
        view.state.comments.insert(key, draft);
    }
}

fn version(directory: u16, sysvol: &Lazy<SysvolState>, half: impl Fn(&GpoVersion) -> u16) -> Value {
    match sysvol {
        Lazy::Ready(SysvolState::Version(version)) => {
            let sysvol = half(version);
            let value = Value::text(format!("{directory} (AD), {sysvol} (SYSVOL)"));
            if sysvol == directory { value } else { value.tone(Tone::Warning) }
        }
        Lazy::Ready(SysvolState::Missing) => {
            Value::text(format!("{directory} (AD), missing (SYSVOL)")).tone(Tone::Error)
        }
        Lazy::Ready(SysvolState::Unreadable(_)) | Lazy::Failed(_) => {
            Value::text(format!("{directory} (AD), not readable (SYSVOL)")).tone(Tone::Warning)
        }
        Lazy::Unknown | Lazy::Loading => Value::text(format!("{directory} (AD), reading… (SYSVOL)")).busy(),
    }
}
