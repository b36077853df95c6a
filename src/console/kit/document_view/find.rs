//! Finding text in a report: a little in each frame, so that a large report is searched without the window standing still.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::lines::Line;

/// How long a frame searches.
const FRAME_BUDGET: Duration = Duration::from_millis(4);
/// So many lines are searched between two looks at the clock.
const STEP: usize = 256;

/// A search, its answer as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Find {
    /// What is searched for, each letter folded.
    needle: Vec<char>,
    /// The lines it stands in, ascending.
    hits: Vec<u32>,
    /// The next line to be looked at.
    next: usize,
    is_working: bool,
}

impl Find {
    /// Returns a search for a text; one for nothing has no hits.
    pub(super) fn new(text: &str) -> Self {
        let needle: Vec<char> = text.trim().chars().map(folded).collect();
        Find { is_working: !needle.is_empty(), needle, ..Find::default() }
    }

    /// Searches on for a moment.
    pub(super) fn advance(&mut self, lines: &[Line]) {
        let started = Instant::now();
        while self.is_working {
            let end = (self.next + STEP).min(lines.len());
            for (index, line) in lines.iter().enumerate().take(end).skip(self.next) {
                if line.texts().into_iter().any(|text| self.is_in(text)) {
                    self.hits.push(index as u32);
                }
            }
            self.next = end;
            self.is_working = end < lines.len();
            if started.elapsed() >= FRAME_BUDGET {
                return;
            }
        }
    }

    /// Tells whether lines are left to be looked at.
    pub(super) fn is_working(&self) -> bool {
        self.is_working
    }

    /// Tells whether nothing is searched for.
    pub(super) fn is_idle(&self) -> bool {
        self.needle.is_empty()
    }

    /// Returns how many lines were found.
    pub(super) fn len(&self) -> usize {
        self.hits.len()
    }

    /// Returns which hit a line is, counted from 0.
    pub(super) fn position(&self, line: usize) -> Option<usize> {
        self.hits.binary_search(&(line as u32)).ok()
    }

    /// Returns the next hit behind a line, or before it; the search goes on at the other end.
    pub(super) fn step(&self, from: Option<usize>, forward: bool) -> Option<usize> {
        let at = |position: usize| self.hits.get(position).map(|line| *line as usize);
        let Some(from) = from else { return at(if forward { 0 } else { self.hits.len().checked_sub(1)? }) };
        let behind = self.hits.partition_point(|hit| *hit as usize <= from);
        let before = self.hits.partition_point(|hit| (*hit as usize) < from);
        match forward {
            true => at(behind).or_else(|| at(0)),
            false => at(before.checked_sub(1).unwrap_or(self.hits.len().checked_sub(1)?)),
        }
    }

    /// Returns where it stands in a text, in bytes.
    pub(super) fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut from = 0;
        while let Some(range) = self.first(text, from) {
            from = range.end;
            ranges.push(range);
        }
        ranges
    }

    fn is_in(&self, text: &str) -> bool {
        self.first(text, 0).is_some()
    }

    fn first(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let first_letter = *self.needle.first()?;
        let rest = text.get(from..)?;
        let starts = rest.char_indices().filter(|(_, character)| folded(*character) == first_letter);
        starts.map(|(start, _)| start).find_map(|start| {
            let mut letters = rest[start..].char_indices();
            let same =
                self.needle.iter().all(|wanted| letters.next().is_some_and(|(_, found)| folded(found) == *wanted));
            let end = letters.next().map_or(rest.len(), |(end, _)| start + end);
            same.then_some(from + start..from + end)
        })
    }
}

/// Returns a letter without its case.
fn folded(character: char) -> char {
    if character.is_ascii() {
        character.to_ascii_lowercase()
    } else {
        character.to_lowercase().next().unwrap_or(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_found_whatever_their_case() {
        let check = |text: &str, wanted: &str, expected: &[(usize, usize)]| {
            let found: Vec<(usize, usize)> =
                Find::new(wanted).ranges(text).into_iter().map(|range| (range.start, range.end)).collect();
            assert_eq!(found, expected, "{wanted} in {text}");
        };
        check("Password, passWORD", " password ", &[(0, 8), (10, 18)]);
        check("ÄÖ äö", "äö", &[(0, 4), (5, 9)]);
        check("aaa", "aa", &[(0, 2)]);
        check("İstanbul", "stan", &[(2, 6)]);
        check("abc", "", &[]);
        check("ab", "abc", &[]);
    }

    #[test]
    fn steps_go_round() {
        let find = Find { needle: vec!['x'], hits: vec![2, 5, 9], ..Find::default() };
        let check =
            |from, forward, expected| assert_eq!(find.step(from, forward), Some(expected), "{from:?} {forward}");
        check(None, true, 2);
        check(None, false, 9);
        check(Some(2), true, 5);
        check(Some(9), true, 2);
        check(Some(2), false, 9);
        check(Some(7), false, 5);
        assert_eq!(Find::default().step(None, false), None);
        assert_eq!(find.position(5), Some(1));
    }
}
