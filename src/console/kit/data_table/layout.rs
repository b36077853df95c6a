//! Widths, order and visibility of a table's columns: remembered under the table's name, across runs.

use egui::{Context, Id};
use serde::{Deserialize, Serialize};

/// How the columns of a table are laid out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    columns: Vec<ColumnLayout>,
    /// Titles of the columns sorted by, the most important first, with their direction (ascending is true).
    sort: Vec<(String, bool)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ColumnLayout {
    title: String,
    width: f32,
    hidden: bool,
}

/// What a table says of a column before anybody changed it.
pub(super) struct Preset<'a> {
    pub(super) title: &'a str,
    pub(super) width: f32,
    pub(super) hidden: bool,
}

/// How many columns are sorted by at once.
const SORT_DEPTH: usize = 3;

impl Layout {
    /// Returns the layout remembered for a table, with columns it does not know added where they belong.
    pub(super) fn load(ctx: &Context, id: Id, presets: &[Preset<'_>], sort: Option<(&str, bool)>) -> Self {
        let remembered: Option<Layout> = ctx.data_mut(|data| data.get_persisted(id));
        let first_time = remembered.is_none();
        let mut layout = remembered.unwrap_or_default();
        layout.columns.retain(|column| presets.iter().any(|preset| preset.title == column.title));
        layout.sort.retain(|(title, _)| presets.iter().any(|preset| preset.title == title));
        for (index, preset) in presets.iter().enumerate() {
            if layout.columns.iter().all(|column| column.title != preset.title) {
                let column =
                    ColumnLayout { title: preset.title.to_owned(), width: preset.width, hidden: preset.hidden };
                layout.columns.insert(index.min(layout.columns.len()), column);
            }
        }
        if first_time {
            layout.sort.extend(sort.map(|(title, ascending)| (title.to_owned(), ascending)));
        }
        layout
    }

    /// Returns the layout that a table has before anybody changes it.
    pub(super) fn of(presets: &[Preset<'_>], sort: Option<(&str, bool)>) -> Self {
        let column = |preset: &Preset<'_>| ColumnLayout {
            title: preset.title.to_owned(),
            width: preset.width,
            hidden: preset.hidden,
        };
        let sort = sort.map(|(title, ascending)| (title.to_owned(), ascending));
        Layout { columns: presets.iter().map(column).collect(), sort: sort.into_iter().collect() }
    }

    /// Tells whether it is of these columns, in this order.
    pub(super) fn is_of(&self, presets: &[Preset<'_>]) -> bool {
        self.columns.len() == presets.len() && self.columns.iter().zip(presets).all(|(one, two)| one.title == two.title)
    }

    /// Returns the titles of all columns from left to right, and whether each is visible.
    pub fn columns(&self) -> impl Iterator<Item = (&str, bool)> {
        self.columns.iter().map(|column| (column.title.as_str(), !column.hidden))
    }

    /// Remembers the layout.
    pub(super) fn save(&self, ctx: &Context, id: Id) {
        ctx.data_mut(|data| data.insert_persisted(id, self.clone()));
    }

    /// Returns the visible columns from left to right: their place among the presets, and their width.
    pub(super) fn visible(&self, presets: &[Preset<'_>]) -> Vec<(usize, f32)> {
        let place = |title: &str| presets.iter().position(|preset| preset.title == title);
        let shown = self.columns.iter().filter(|column| !column.hidden);
        shown.filter_map(|column| Some((place(&column.title)?, column.width))).collect()
    }

    /// Tells whether a column is visible.
    pub(super) fn is_visible(&self, title: &str) -> bool {
        self.columns.iter().any(|column| column.title == title && !column.hidden)
    }

    /// Shows or hides a column; the last one stays.
    pub fn toggle(&mut self, title: &str) {
        let shown = self.columns.iter().filter(|column| !column.hidden).count();
        if let Some(column) = self.columns.iter_mut().find(|column| column.title == title) {
            column.hidden = !column.hidden && shown > 1;
        }
    }

    /// Makes a column that wide.
    pub(super) fn set_width(&mut self, title: &str, width: f32) {
        if let Some(column) = self.columns.iter_mut().find(|column| column.title == title) {
            column.width = width;
        }
    }

    /// Puts a column before another, or at the end.
    pub fn move_before(&mut self, title: &str, before: Option<&str>) {
        if before == Some(title) {
            return;
        }
        let Some(from) = self.columns.iter().position(|column| column.title == title) else { return };
        let column = self.columns.remove(from);
        let place = |wanted: &str| self.columns.iter().position(|column| column.title == wanted);
        let to = before.and_then(place).unwrap_or(self.columns.len());
        self.columns.insert(to, column);
    }

    /// Sorts by a column; by the same again in the other direction. The columns sorted by before decide between equals.
    pub(super) fn sort_by(&mut self, title: &str) {
        let ascending = self.sort.first().is_none_or(|(first, ascending)| first != title || !ascending);
        self.set_sort(title, ascending);
    }

    /// Sorts by a column in a direction.
    pub(super) fn set_sort(&mut self, title: &str, ascending: bool) {
        self.sort.retain(|(sorted, _)| sorted != title);
        self.sort.insert(0, (title.to_owned(), ascending));
        self.sort.truncate(SORT_DEPTH);
    }

    /// Returns the columns sorted by as places among the presets, the most important first.
    pub(super) fn sort(&self, presets: &[Preset<'_>]) -> Vec<(usize, bool)> {
        let place = |title: &str| presets.iter().position(|preset| preset.title == title);
        self.sort.iter().filter_map(|(title, ascending)| Some((place(title)?, *ascending))).collect()
    }

    /// Returns the column that rows are sorted by first, and whether upwards.
    pub(super) fn first_sorted(&self) -> Option<(String, bool)> {
        self.sort.first().cloned()
    }

    /// Returns the direction a column is sorted in, if the rows are sorted by it first.
    pub(super) fn direction(&self, title: &str) -> Option<bool> {
        self.sort.first().filter(|(first, _)| first == title).map(|(_, ascending)| *ascending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRESETS: [Preset<'_>; 3] = [
        Preset { title: "Name", width: 100.0, hidden: false },
        Preset { title: "Status", width: 80.0, hidden: false },
        Preset { title: "Id", width: 60.0, hidden: true },
    ];

    #[test]
    fn columns_move_hide_and_come_back() {
        let ctx = Context::default();
        let id = Id::unique("table");
        let mut layout = Layout::load(&ctx, id, &PRESETS, Some(("Name", true)));
        assert_eq!(layout.visible(&PRESETS), [(0, 100.0), (1, 80.0)]);
        layout.toggle("Id");
        layout.move_before("Id", Some("Name"));
        layout.set_width("Status", 200.0);
        assert_eq!(layout.visible(&PRESETS), [(2, 60.0), (0, 100.0), (1, 200.0)]);
        layout.save(&ctx, id);
        assert_eq!(Layout::load(&ctx, id, &PRESETS, None), layout);
        layout.toggle("Id");
        layout.toggle("Name");
        layout.toggle("Status");
        assert!(layout.is_visible("Status") && !layout.is_visible("Name"));
    }

    #[test]
    fn a_second_click_turns_the_direction_and_earlier_columns_decide_between_equals() {
        let mut layout = Layout::load(&Context::default(), Id::unique("table"), &PRESETS, Some(("Name", true)));
        layout.sort_by("Status");
        layout.sort_by("Status");
        assert_eq!(layout.sort(&PRESETS), [(1, false), (0, true)]);
        assert_eq!((layout.direction("Status"), layout.direction("Name")), (Some(false), None));
    }
}
