//! Which rows of a table are shown, and in which order: filtering and sorting that never hold a frame up.
//!
//! Filtering and the making of sort keys run for a few milliseconds per frame; many keys are sorted on a thread. Until the
//! new order is there the old one stays in view and the table says that it is working.

use std::cmp::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use egui::Context;

/// What a row is sorted by: by value, not by the text shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Nothing is known; stands after everything else in either direction.
    Missing,
    /// A number, a time, a yes or no.
    Number(i64),
    /// Text, compared as people do: without case, digits as numbers.
    Text(Box<str>),
}

impl SortKey {
    /// Returns the key of a text.
    pub fn text(text: &str) -> Self {
        if text.is_empty() { SortKey::Missing } else { SortKey::Text(text.to_lowercase().into()) }
    }
}

/// Which order is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OrderKey {
    /// Changes with the rows and with what they show.
    pub(super) revision: u64,
    pub(super) row_count: usize,
    /// Words that all have to occur in a row, in lower case.
    pub(super) words: Vec<String>,
    /// Columns to sort by, the most important first, with their direction (ascending is true).
    pub(super) sort: Vec<(usize, bool)>,
}

/// The rows in view, as indices into the rows of the table.
#[derive(Default)]
pub(super) struct Order {
    rows: Vec<u32>,
    key: Option<OrderKey>,
    job: Option<Job>,
}

struct Job {
    key: OrderKey,
    next_row: usize,
    matched: Vec<u32>,
    sort_keys: Vec<Vec<SortKey>>,
    sorting: Option<Receiver<Vec<u32>>>,
}

/// What the order needs to know of the rows.
pub(super) trait Rows {
    /// Tells whether every word occurs in the row.
    fn matches(&self, row: usize, words: &[String]) -> bool;
    /// Returns what a row is sorted by in a column.
    fn sort_key(&self, row: usize, column: usize) -> SortKey;
}

const FRAME_BUDGET: Duration = Duration::from_millis(3);
const SORTED_AT_ONCE: usize = 4_000;

impl Order {
    /// Returns the rows in view.
    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Tells whether another order is being made.
    pub(super) fn is_working(&self) -> bool {
        self.job.is_some()
    }

    /// Works on the order asked for; returns whether the rows in view changed.
    pub(super) fn update(&mut self, key: OrderKey, rows: &impl Rows, ctx: &Context) -> bool {
        if self.key.as_ref() == Some(&key) {
            self.job = None;
            return false;
        }
        if self.job.as_ref().is_none_or(|job| job.key != key) {
            // Rows that are no more leave at once.
            self.rows.retain(|&row| (row as usize) < key.row_count);
            self.job = Some(Job {
                sort_keys: vec![Vec::new(); key.sort.len()],
                key,
                next_row: 0,
                matched: Vec::new(),
                sorting: None,
            });
        }
        let Some(job) = &mut self.job else { return false };
        let Some(done) = job.advance(rows, ctx) else { return false };
        self.key = self.job.take().map(|job| job.key);
        self.rows = done;
        true
    }
}

impl Job {
    fn advance(&mut self, rows: &impl Rows, ctx: &Context) -> Option<Vec<u32>> {
        if let Some(sorting) = &self.sorting {
            return match sorting.try_recv() {
                Ok(sorted) => Some(sorted),
                Err(TryRecvError::Empty) => {
                    ctx.request_repaint_after(Duration::from_millis(50));
                    None
                }
                // The thread ended without a result: what was found stays in the order of the rows.
                Err(TryRecvError::Disconnected) => Some(std::mem::take(&mut self.matched)),
            };
        }
        let started = Instant::now();
        while self.next_row < self.key.row_count {
            let row = self.next_row;
            if self.key.words.is_empty() || rows.matches(row, &self.key.words) {
                self.matched.push(row as u32);
                for (keys, &(column, _)) in self.sort_keys.iter_mut().zip(&self.key.sort) {
                    keys.push(rows.sort_key(row, column));
                }
            }
            self.next_row += 1;
            if row % 64 == 63 && started.elapsed() > FRAME_BUDGET {
                ctx.request_repaint();
                return None;
            }
        }
        let directions: Vec<bool> = self.key.sort.iter().map(|&(_, ascending)| ascending).collect();
        let sort_keys = std::mem::take(&mut self.sort_keys);
        if self.matched.len() <= SORTED_AT_ONCE || directions.is_empty() {
            return Some(sorted(std::mem::take(&mut self.matched), &sort_keys, &directions));
        }
        let (sender, receiver) = channel();
        let (matched, ctx) = (self.matched.clone(), ctx.clone());
        std::thread::spawn(move || {
            // The table may be gone by now; then nobody waits for the result.
            let _ = sender.send(sorted(matched, &sort_keys, &directions));
            ctx.request_repaint();
        });
        self.sorting = Some(receiver);
        None
    }
}

fn sorted(rows: Vec<u32>, keys: &[Vec<SortKey>], directions: &[bool]) -> Vec<u32> {
    if directions.is_empty() {
        return rows;
    }
    let mut positions: Vec<u32> = (0..rows.len() as u32).collect();
    positions.sort_by(|&one, &two| {
        let compared = keys
            .iter()
            .zip(directions)
            .map(|(column, &ascending)| compare(&column[one as usize], &column[two as usize], ascending));
        compared.into_iter().find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    });
    positions.into_iter().map(|position| rows[position as usize]).collect()
}

fn compare(one: &SortKey, two: &SortKey, ascending: bool) -> Ordering {
    let ordering = match (one, two) {
        (SortKey::Missing, SortKey::Missing) => return Ordering::Equal,
        (SortKey::Missing, _) => return Ordering::Greater,
        (_, SortKey::Missing) => return Ordering::Less,
        (SortKey::Number(one), SortKey::Number(two)) => one.cmp(two),
        (SortKey::Text(one), SortKey::Text(two)) => natural(one, two),
        (SortKey::Number(_), SortKey::Text(_)) => Ordering::Less,
        (SortKey::Text(_), SortKey::Number(_)) => Ordering::Greater,
    };
    if ascending { ordering } else { ordering.reverse() }
}

/// Compares two texts with runs of digits taken as numbers: `GPO 9` stands before `GPO 10`.
fn natural(one: &str, two: &str) -> Ordering {
    let (mut one, mut two) = (one.as_bytes(), two.as_bytes());
    loop {
        match (one.first(), two.first()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let (number_one, rest_one) = split_number(one);
                let (number_two, rest_two) = split_number(two);
                let by_value = number_one.len().cmp(&number_two.len()).then_with(|| number_one.cmp(number_two));
                if by_value.is_ne() {
                    return by_value;
                }
                (one, two) = (rest_one, rest_two);
            }
            (Some(a), Some(b)) if a == b => (one, two) = (&one[1..], &two[1..]),
            (Some(a), Some(b)) => return a.cmp(b),
        }
    }
}

/// Returns the digits at the start without leading zeros, and what follows them.
fn split_number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let zeros = text[..end].iter().take_while(|&&byte| byte == b'0').count();
    (&text[zeros..end], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Names(Vec<String>);

    impl Rows for Names {
        fn matches(&self, row: usize, words: &[String]) -> bool {
            words.iter().all(|word| self.0[row].to_lowercase().contains(word.as_str()))
        }

        fn sort_key(&self, row: usize, column: usize) -> SortKey {
            match column {
                0 => SortKey::text(&self.0[row]),
                _ => SortKey::Number(self.0[row].len() as i64),
            }
        }
    }

    fn order(names: &[&str], filter: &str, sort: &[(usize, bool)]) -> Vec<String> {
        let rows = Names(names.iter().map(|&name| name.to_owned()).collect());
        let key = OrderKey {
            revision: 1,
            row_count: names.len(),
            words: filter.split_whitespace().map(str::to_owned).collect(),
            sort: sort.to_vec(),
        };
        let mut order = Order::default();
        while !order.update(key.clone(), &rows, &Context::default()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(!order.is_working());
        order.rows().iter().map(|&row| rows.0[row as usize].clone()).collect()
    }

    #[test]
    fn text_is_sorted_as_people_do() {
        let sorted = order(&["GPO 10", "gpo 9", "", "GPO 009", "Übung", "alpha"], "", &[(0, true)]);
        assert_eq!(sorted, ["alpha", "gpo 9", "GPO 009", "GPO 10", "Übung", ""]);
        let descending = order(&["a2", "", "a10", "a1"], "", &[(0, false)]);
        assert_eq!(descending, ["a10", "a2", "a1", ""]);
    }

    #[test]
    fn rows_that_are_equal_keep_their_order_or_fall_to_the_next_column() {
        assert_eq!(order(&["bb", "aa", "c"], "", &[(1, true)]), ["c", "bb", "aa"]);
        assert_eq!(order(&["bb", "aa", "c"], "", &[(1, false), (0, true)]), ["aa", "bb", "c"]);
    }

    #[test]
    fn every_word_of_the_filter_has_to_occur() {
        assert_eq!(
            order(&["Default Domain Policy", "Domain Users", "Policy"], "policy dom", &[]),
            ["Default Domain Policy"]
        );
    }

    #[test]
    fn many_rows_are_sorted_in_the_background() {
        let names: Vec<String> = (0..20_000).map(|number| format!("GPO {}", 20_000 - number)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let sorted = order(&names, "", &[(0, true)]);
        assert_eq!((sorted[0].as_str(), sorted[19_999].as_str()), ("GPO 1", "GPO 20000"));
    }
}
