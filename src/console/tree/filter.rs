//! Filtering the tree as the person types, without holding a frame up.
//!
//! Every node is looked at, whether it is in view or not: some hundred thousand labels in a large forest. A few
//! milliseconds of that are done per frame; until it is done the rows before stay in view and the tree says that it is
//! searching.

use std::time::{Duration, Instant};

use crate::console::Shown;

use super::rows::{Children, Row, all_rows, number_siblings};

/// How much of a frame the search takes: with the drawing it stays below four milliseconds.
pub(super) const FRAME_BUDGET: Duration = Duration::from_millis(2);

/// How many labels are compared between two looks at the clock.
const ROWS_PER_LOOK: usize = 64;

/// A search that is under way.
pub(super) struct Search {
    needle: String,
    rows: Vec<Row>,
    kept: Vec<bool>,
    /// Rows from here on have been looked at.
    next: usize,
    /// A row above this depth has a row below it that is kept.
    wanted_depth: u16,
}

impl Search {
    /// Begins to look for the rows whose label holds `filter`, without case.
    pub(super) fn new(shown: Shown<'_>, filter: &str) -> Self {
        let rows = all_rows(shown);
        let kept = vec![false; rows.len()];
        Search { needle: filter.to_lowercase(), next: rows.len(), rows, kept, wanted_depth: 0 }
    }

    /// Searches for so long; returns the rows that match, with every row above them, once all have been looked at.
    /// `shown` is what it began with.
    pub(super) fn advance(&mut self, shown: Shown<'_>, budget: Duration) -> Option<Vec<Row>> {
        let started = Instant::now();
        // From the end: a row is kept if it matches or if a row deeper than it, after it, asked for its parent.
        while let Some(index) = self.next.checked_sub(1) {
            self.next = index;
            let row = &mut self.rows[index];
            let has_kept_child = self.wanted_depth > row.depth;
            if has_kept_child || row.label(shown).to_lowercase().contains(&self.needle) {
                self.kept[index] = true;
                self.wanted_depth = row.depth;
                row.children = if has_kept_child { Children::Open } else { Children::None };
            }
            if index % ROWS_PER_LOOK == 0 && index > 0 && started.elapsed() > budget {
                return None;
            }
        }
        let mut rows = std::mem::take(&mut self.rows);
        let mut kept = std::mem::take(&mut self.kept).into_iter();
        rows.retain(|_| kept.next().unwrap_or(false));
        number_siblings(&mut rows);
        Some(rows)
    }
}
