//! The table: the one way the console shows a list.
//!
//! Only the rows in view are drawn, so that 100,000 rows cost what 50 do. Rows are sorted by value and filtered while the
//! person types; columns are resized, moved and hidden, and stay so. Rows are chosen with the mouse or the keyboard, copied as
//! text, written out as CSV. Screen readers see a table with rows and cells (`console-ui.md` 12.3, 12.4).

mod catalog;
mod drag;
mod draw;
mod header;
mod keyboard;
mod layout;
mod menu;
mod order;
mod selection;
mod text;

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use egui::{Id, Ui};

use crate::console::{Node, NodeIcon};

use super::focus;
use super::save_dialog::SaveDialog;
use layout::Preset;
use order::{Order, OrderKey};
use selection::{Choice, Selection};

pub use catalog::{TableMemory, known_tables, lay_out_tables};
pub use drag::DroppedRows;
pub use layout::Layout;
pub use order::SortKey;

/// A table of rows of type `R`, built anew in every frame; what lasts is in its [`TableState`].
pub struct DataTable<'a, R> {
    key: &'static str,
    name: String,
    columns: Vec<Column<'a, R>>,
    row_id: Box<dyn Fn(&R) -> u64 + 'a>,
    revision: u64,
    default_sort: Option<(&'static str, bool)>,
    named_by: Option<&'static str>,
    empty: &'a str,
    height: TableHeight,
    compact: bool,
    dragged_as: Option<DraggedAs<'a, R>>,
    reorders: bool,
}

/// Gives the nodes that rows stand for when they are dragged, and what is written beside the pointer.
type DraggedAs<'a, R> = Box<dyn Fn(&[&R]) -> Option<(Vec<Node>, String)> + 'a>;

/// A column.
pub struct Column<'a, R> {
    title: &'static str,
    width: f32,
    hidden: bool,
    cell: Box<dyn Fn(&'a R) -> Cell<'a> + 'a>,
    sort_key: Option<Box<dyn Fn(&'a R) -> SortKey + 'a>>,
}

/// What stands in a cell.
#[derive(Clone, Debug, Default)]
pub struct Cell<'a> {
    /// The picture before the text.
    pub icon: Option<NodeIcon>,
    /// The text; it is what is copied, exported, filtered and spoken.
    pub text: Cow<'a, str>,
    /// How it is drawn.
    pub tone: Tone,
    /// What is told when the pointer rests on it, and to screen readers.
    pub tooltip: Option<Cow<'a, str>>,
}

/// How a text is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary.
    #[default]
    Normal,
    /// Of less weight: not known yet, none, without effect.
    Weak,
    /// Something to look at.
    Warning,
    /// Something that failed or is missing.
    Error,
}

/// How high a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableHeight {
    /// All the space there is.
    Fill,
    /// As many rows as there are, within these bounds.
    Rows {
        /// At least so many.
        min: usize,
        /// At most so many; then it scrolls.
        max: usize,
    },
}

/// What a table remembers between frames.
#[derive(Default)]
pub struct TableState {
    filter: String,
    filter_shown: bool,
    order: Order,
    selection: Selection,
    ids: Vec<u64>,
    ids_revision: Option<u64>,
    clicked_row: Option<u32>,
    focus_wanted: bool,
    scroll_to_cursor: bool,
    menu: Option<egui::Pos2>,
    dragged_column: Option<String>,
    export_wanted: bool,
    save_dialog: Option<SaveDialog>,
    /// The column that rows are sorted by first, and whether upwards.
    sorted: Option<(String, bool)>,
}

impl TableState {
    /// Returns which rows are selected, in the order shown, as indices into the rows last drawn.
    pub fn selected(&self) -> Vec<usize> {
        self.selection.in_order(self.order.rows())
    }

    /// Returns how many rows are shown, and how many of these are selected.
    pub fn counts(&self) -> (usize, usize) {
        (self.order.rows().len(), self.selected().len())
    }

    /// Tells whether all rows stand in the upward order of a column: sorted by it and not filtered.
    pub fn is_in_order_of(&self, title: &str) -> bool {
        let sorted = self.sorted.as_ref().is_some_and(|(column, upwards)| *upwards && column == title);
        sorted && self.filter.trim().is_empty()
    }

    /// Selects the row that is shown first.
    pub fn select_first(&mut self) {
        if let Some(&first) = self.order.rows().first() {
            self.selection.choose(first, Choice::Only, self.order.rows());
        }
    }

    /// Opens the dialog that writes the list to a file, with the next frame.
    pub fn request_export(&mut self) {
        self.export_wanted = true;
    }

    /// Tells whether rows are still being filtered or sorted; until that is done, those before stay in view.
    pub fn is_working(&self) -> bool {
        self.order.is_working()
    }
}

/// What happened in a table in this frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableResponse {
    /// The row that was double-clicked, or on which Enter was pressed, as an index into the rows.
    pub activated: Option<usize>,
    /// Rows that were dropped at another place of the table.
    pub dropped: Option<DroppedRows>,
}

/// Returns the id of a row for [`DataTable::row_id`]: the same for the same thing after it was read anew.
pub fn row_id(identity: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    hasher.finish()
}

impl<'a> Cell<'a> {
    /// Returns a cell with a text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// Returns a cell with a picture and a text.
    pub fn icon(icon: impl Into<NodeIcon>, text: impl Into<Cow<'a, str>>) -> Self {
        Cell { icon: Some(icon.into()), text: text.into(), ..Cell::default() }
    }

    /// Returns the cell of something that is on its way.
    pub fn loading() -> Self {
        Cell { text: "Loading…".into(), tone: Tone::Weak, ..Cell::default() }
    }

    /// Returns `Yes` or `No`.
    pub fn yes_no(value: bool) -> Self {
        Cell { text: if value { "Yes" } else { "No" }.into(), ..Cell::default() }
    }

    /// Draws it in a tone.
    pub fn tone(self, tone: Tone) -> Self {
        Cell { tone, ..self }
    }

    /// Tells more when the pointer rests on it.
    pub fn tooltip(self, tooltip: impl Into<Cow<'a, str>>) -> Self {
        Cell { tooltip: Some(tooltip.into()), ..self }
    }
}

impl<'a, R> Column<'a, R> {
    /// Returns a column of that width in points, sorted by its text.
    pub fn new(title: &'static str, width: f32, cell: impl Fn(&'a R) -> Cell<'a> + 'a) -> Self {
        Column { title, width, hidden: false, cell: Box::new(cell), sort_key: None }
    }

    /// Sorts by a value instead of the text shown.
    pub fn sort_key(self, sort_key: impl Fn(&'a R) -> SortKey + 'a) -> Self {
        Column { sort_key: Some(Box::new(sort_key)), ..self }
    }

    /// Sorts by a number.
    pub fn sort_number<N: Into<i64>>(self, number: impl Fn(&'a R) -> N + 'a) -> Self {
        self.sort_key(move |row| SortKey::Number(number(row).into()))
    }

    /// Leaves the column out until somebody asks for it.
    pub fn hidden(self) -> Self {
        Column { hidden: true, ..self }
    }

    fn key_of(&self, row: &'a R) -> SortKey {
        match &self.sort_key {
            Some(sort_key) => sort_key(row),
            None => SortKey::text(&(self.cell)(row).text),
        }
    }
}

impl<'a, R> DataTable<'a, R> {
    /// Returns a table. Its layout is remembered under `key`; `name` is what it is called aloud.
    pub fn new(key: &'static str, name: impl Into<String>) -> Self {
        DataTable {
            key,
            name: name.into(),
            columns: Vec::new(),
            row_id: Box::new(|_| 0),
            revision: 0,
            default_sort: None,
            named_by: None,
            empty: "Nothing to show.",
            height: TableHeight::Fill,
            compact: false,
            dragged_as: None,
            reorders: false,
        }
    }

    /// Adds a column.
    pub fn column(mut self, column: Column<'a, R>) -> Self {
        self.columns.push(column);
        self
    }

    /// Says what identifies a row, so that the selection stays on it when the rows are read anew.
    pub fn row_id(self, row_id: impl Fn(&R) -> u64 + 'a) -> Self {
        DataTable { row_id: Box::new(row_id), ..self }
    }

    /// Says which state of the rows this is: another number whenever the rows, or what they show, changed.
    pub fn revision(self, revision: u64) -> Self {
        DataTable { revision, ..self }
    }

    /// Sorts by this column, upwards, until somebody chooses otherwise.
    pub fn sorted_by(self, title: &'static str) -> Self {
        DataTable { default_sort: Some((title, true)), ..self }
    }

    /// Says which column tells one row from another when rows are spoken of; without it, the first one.
    pub fn named_by(self, title: &'static str) -> Self {
        DataTable { named_by: Some(title), ..self }
    }

    /// Says what the table tells where it has no rows.
    pub fn empty(self, text: &'a str) -> Self {
        DataTable { empty: text, ..self }
    }

    /// Says how high it is.
    pub fn height(self, height: TableHeight) -> Self {
        DataTable { height, ..self }
    }

    /// Leaves out the line with the filter until somebody types into the table: for short lists.
    pub fn compact(self) -> Self {
        DataTable { compact: true, ..self }
    }

    /// Lets rows be dragged: the nodes they stand for, and what is written beside the pointer; none where they cannot be.
    pub fn dragged_as(self, nodes: impl Fn(&[&R]) -> Option<(Vec<Node>, String)> + 'a) -> Self {
        DataTable { dragged_as: Some(Box::new(nodes)), ..self }
    }

    /// Lets rows that are dragged be dropped between others of the same table, where `allowed`.
    pub fn reorders(self, allowed: bool) -> Self {
        DataTable { reorders: allowed, ..self }
    }

    /// Returns the name its layout is remembered under.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// Returns the number of the state of its rows.
    pub fn revision_number(&self) -> u64 {
        self.revision
    }

    /// Returns the id that takes the keyboard focus.
    pub fn focus_id(&self) -> Id {
        catalog::table_id(self.key)
    }

    /// Draws the table.
    pub fn ui(self, ui: &mut Ui, state: &mut TableState, rows: &'a [R]) -> TableResponse {
        self.ui_with_menu(ui, state, rows, |_, _| {})
    }

    /// Draws the table; `menu` adds entries for the selected rows to the context menu, above those of every table.
    pub fn ui_with_menu(
        self,
        ui: &mut Ui,
        state: &mut TableState,
        rows: &'a [R],
        menu: impl FnMut(&mut Ui, &[usize]),
    ) -> TableResponse {
        let id = self.focus_id();
        let presets: Vec<Preset<'_>> = self.columns.iter().map(Column::preset).collect();
        catalog::take_in(ui.ctx(), self.key, &self.name, &presets, self.default_sort);
        let before = Layout::load(ui.ctx(), id, &presets, self.default_sort);
        let mut layout = before.clone();
        state.sorted = layout.first_sorted();
        self.update_rows(ui, state, rows, &layout, &presets);
        let mut table = draw::Drawing { table: &self, rows, state, layout: &mut layout, presets: &presets, id };
        let response = table.ui(ui, menu);
        if std::mem::take(&mut table.state.export_wanted) {
            table.export();
        }
        if let Some(dialog) = &mut state.save_dialog
            && !dialog.ui(ui.ctx())
        {
            state.save_dialog = None;
            focus::give_back(ui.ctx(), id);
        }
        if layout != before {
            layout.save(ui.ctx(), id);
            ui.ctx().request_repaint();
        }
        response
    }

    fn update_rows(&self, ui: &Ui, state: &mut TableState, rows: &'a [R], layout: &Layout, presets: &[Preset<'_>]) {
        if state.ids_revision != Some(self.revision) || state.ids.len() != rows.len() {
            let ids: Vec<u64> = rows.iter().map(&self.row_id).collect();
            if ids != state.ids {
                state.selection.follow(&state.ids, &ids);
                state.ids = ids;
            }
            state.ids_revision = Some(self.revision);
        }
        let words = state.filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let key = OrderKey { revision: self.revision, row_count: rows.len(), words, sort: layout.sort(presets) };
        let shown: Vec<usize> = layout.visible(presets).iter().map(|&(column, _)| column).collect();
        let source = Source { table: self, rows, shown: &shown };
        if state.order.update(key, &source, ui.ctx()) {
            state.selection.keep_only(state.order.rows());
        }
    }

    fn cells_as_text(&self, row: &'a R, columns: &[(usize, f32)]) -> Vec<String> {
        columns.iter().map(|&(column, _)| (self.columns[column].cell)(row).text.into_owned()).collect()
    }
}

impl<R> Column<'_, R> {
    fn preset(&self) -> Preset<'static> {
        Preset { title: self.title, width: self.width, hidden: self.hidden }
    }
}

struct Source<'t, 'a, R> {
    table: &'t DataTable<'a, R>,
    rows: &'a [R],
    shown: &'t [usize],
}

impl<R> order::Rows for Source<'_, '_, R> {
    fn matches(&self, row: usize, words: &[String]) -> bool {
        let mut text = String::new();
        for &column in self.shown {
            text.push_str(&(self.table.columns[column].cell)(&self.rows[row]).text);
            text.push('\n');
        }
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }

    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        self.table.columns[column].key_of(&self.rows[row])
    }
}
