//! The name of a node edited in place (`console-ui.md` 4.1): Enter and a click elsewhere give the name, Esc leaves it.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{Id, Key, Rect, TextEdit, Ui};

use super::super::dialog;
use super::super::kit::{accessible, focus};
use super::{Command, Node, Tree};

/// How long a second click on the selected label waits for the third that makes it a double click, in seconds.
const SECOND_CLICK_SECONDS: f64 = 0.5;

/// A name that is being edited.
pub(super) struct Renaming {
    pub(super) node: Node,
    text: String,
    focus_wanted: bool,
    /// Whether the text was selected whole when the editing began.
    begun: bool,
    /// What had the focus before.
    focus_before: Option<Id>,
}

impl Tree {
    /// Lets the name of a node be edited; `text` is what it is now. The node is brought into view.
    pub fn begin_rename(&mut self, node: Node, text: String, focus_before: Option<Id>) {
        self.reveal(&node);
        self.renaming = Some(Renaming { node, text, focus_wanted: true, begun: false, focus_before });
    }

    /// Draws the field in place of the label.
    pub(super) fn rename_ui(
        &mut self,
        ui: &mut Ui,
        field: Rect,
        label: &str,
        tree_id: Id,
        commands: &mut Vec<Command>,
    ) {
        let Some(renaming) = &mut self.renaming else { return };
        let id = tree_id.with("rename");
        let width = field.width().max(120.0);
        let edit = TextEdit::singleline(&mut renaming.text).id(id).margin(egui::Margin::symmetric(3, 1));
        let edit = ui.put(Rect::from_min_size(field.min, egui::vec2(width, field.height())), edit);
        accessible::name(&edit, format!("New name of {label}"));
        dialog::focus_once(&edit, &mut renaming.focus_wanted);
        if edit.has_focus() && !std::mem::replace(&mut renaming.begun, true) {
            select_all(ui, id, &renaming.text);
        }
        if !edit.lost_focus() {
            return;
        }
        let (escaped, entered) = ui.input(|input| (input.key_pressed(Key::Escape), input.key_pressed(Key::Enter)));
        if let Some(renaming) = self.renaming.take() {
            if !escaped {
                commands.push(Command::Rename(renaming.node, renaming.text));
            }
            if escaped || entered {
                focus::give_back(ui.ctx(), renaming.focus_before.unwrap_or(tree_id));
            }
        }
    }

    /// Begins to edit the name of the selected node once a second click on it stayed a single one.
    pub(super) fn settle_second_click(&mut self, ui: &Ui, selected: &Node, commands: &mut Vec<Command>) {
        let Some((node, clicked_at)) = &self.clicked_again else { return };
        let waited = ui.input(|input| input.time) - clicked_at;
        if node != selected || ui.input(|input| input.pointer.any_down()) {
            self.clicked_again = None;
        } else if waited >= SECOND_CLICK_SECONDS {
            commands.push(Command::BeginRename(node.clone()));
            self.clicked_again = None;
        } else {
            let rest = std::time::Duration::from_secs_f64(SECOND_CLICK_SECONDS - waited);
            ui.ctx().request_repaint_after(rest);
        }
    }
}

/// Selects all of the text in a field, so that what is typed takes its place.
fn select_all(ui: &Ui, id: Id, text: &str) {
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let range = CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), id);
}
