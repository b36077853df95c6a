//! Which rows of a table are selected, and where the cursor stands.

use std::collections::{BTreeSet, HashMap};

/// The selection, as indices into the rows of the table; it follows the rows by their ids when they are read anew.
#[derive(Default)]
pub(super) struct Selection {
    rows: BTreeSet<u32>,
    /// Where the keyboard stands.
    pub(super) cursor: Option<u32>,
    /// Where a range begins.
    anchor: Option<u32>,
}

/// How a row is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Alone.
    Only,
    /// In addition, or no longer.
    Toggle,
    /// Together with everything from where the range began.
    Range,
}

impl Selection {
    /// Tells whether a row is selected.
    pub(super) fn contains(&self, row: u32) -> bool {
        self.rows.contains(&row)
    }

    /// Returns how many rows are selected.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Selects nothing; the cursor stays.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Chooses a row of those in view.
    pub(super) fn choose(&mut self, row: u32, choice: Choice, view: &[u32]) {
        match choice {
            Choice::Only => {
                self.rows = BTreeSet::from([row]);
                self.anchor = Some(row);
            }
            Choice::Toggle => {
                if !self.rows.remove(&row) {
                    self.rows.insert(row);
                }
                self.anchor = Some(row);
            }
            Choice::Range => {
                let position = |wanted: Option<u32>| view.iter().position(|&row| Some(row) == wanted);
                let to = position(Some(row)).unwrap_or(0);
                let from = position(self.anchor).unwrap_or(to);
                self.rows = view[from.min(to)..=from.max(to)].iter().copied().collect();
                self.anchor = view.get(from).copied();
            }
        }
        self.cursor = Some(row);
    }

    /// Selects everything in view.
    pub(super) fn choose_all(&mut self, view: &[u32]) {
        self.rows = view.iter().copied().collect();
    }

    /// Returns what is selected of the rows in view, in their order.
    pub(super) fn in_order(&self, view: &[u32]) -> Vec<usize> {
        if self.rows.len() == 1 {
            return self.rows.iter().filter(|row| view.contains(row)).map(|&row| row as usize).collect();
        }
        view.iter().filter(|row| self.rows.contains(row)).map(|&row| row as usize).collect()
    }

    /// Leaves out what is no longer in view.
    pub(super) fn keep_only(&mut self, view: &[u32]) {
        if self.rows.is_empty() && self.cursor.is_none() {
            return;
        }
        let shown: std::collections::HashSet<u32> = view.iter().copied().collect();
        self.rows.retain(|row| shown.contains(row));
        self.cursor = self.cursor.filter(|row| shown.contains(row));
        self.anchor = self.anchor.filter(|row| shown.contains(row));
    }

    /// Follows the rows to where they stand now.
    pub(super) fn follow(&mut self, old_ids: &[u64], new_ids: &[u64]) {
        if self.rows.is_empty() && self.cursor.is_none() {
            return;
        }
        let places: HashMap<u64, u32> = new_ids.iter().enumerate().map(|(row, &id)| (id, row as u32)).collect();
        let new_place = |row: u32| places.get(old_ids.get(row as usize)?).copied();
        self.rows = self.rows.iter().filter_map(|&row| new_place(row)).collect();
        self.cursor = self.cursor.and_then(new_place);
        self.anchor = self.anchor.and_then(new_place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_the_view_and_start_at_the_anchor() {
        let view = [3, 1, 0, 2];
        let mut selection = Selection::default();
        selection.choose(1, Choice::Only, &view);
        selection.choose(2, Choice::Range, &view);
        assert_eq!(selection.in_order(&view), [1, 0, 2]);
        selection.choose(3, Choice::Range, &view);
        assert_eq!(selection.in_order(&view), [3, 1]);
        selection.choose(1, Choice::Toggle, &view);
        assert_eq!(selection.in_order(&view), [3]);
        selection.choose_all(&view);
        assert_eq!(selection.len(), 4);
    }

    #[test]
    fn the_selection_follows_rows_that_moved_and_drops_those_that_are_gone() {
        let mut selection = Selection::default();
        selection.choose(0, Choice::Only, &[0, 1, 2]);
        selection.choose(2, Choice::Toggle, &[0, 1, 2]);
        selection.follow(&[10, 11, 12], &[12, 13]);
        assert_eq!(selection.in_order(&[0, 1]), [0]);
        assert_eq!(selection.cursor, Some(0));
        selection.keep_only(&[1]);
        assert_eq!((selection.len(), selection.cursor), (0, None));
    }
}
