//! The rows of a migration table while a person edits them.
//!
//! A row is what stands in its three cells, whether it makes sense yet or not. The last row is always empty: whatever is
//! typed there makes it a row, and a new empty one appears. Rows go to the clipboard as text, one a line with tabs between the
//! cells, so that they can be exchanged with a spreadsheet.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::format::{DestinationOption, EntryType, MapDestination, MapEntry};

/// What can be chosen as a destination instead of a name.
pub const OPTIONS: [DestinationOption; 3] =
    [DestinationOption::None, DestinationOption::ByRelativeName, DestinationOption::SameAsSource];

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Tells rows apart as long as the editor is open.
    pub id: u64,
    /// The principal or path that is replaced.
    pub source: String,
    /// What the source is.
    pub kind: EntryType,
    /// What it becomes: the text below, or something that follows from the source.
    pub option: DestinationOption,
    /// The text of the destination; empty unless one is set.
    pub destination: String,
}

/// All rows of a table.
pub struct Rows {
    rows: Vec<Row>,
    blank: Row,
    next_id: u64,
    /// The ids of the rows selected.
    selected: BTreeSet<u64>,
    /// The row the keyboard stands on.
    current: Option<u64>,
    /// Where a range of selected rows begins.
    anchor: Option<u64>,
}

/// Returns how a destination that is no text is written in its cell.
pub fn option_label(option: DestinationOption) -> &'static str {
    match option {
        DestinationOption::SameAsSource => "<Same As Source>",
        DestinationOption::None => "<No Destination>",
        DestinationOption::ByRelativeName => "<Map by Relative Name>",
        DestinationOption::Set => "",
    }
}

impl Row {
    fn blank(id: u64) -> Self {
        Row {
            id,
            source: String::new(),
            kind: EntryType::Unknown,
            option: DestinationOption::SameAsSource,
            destination: String::new(),
        }
    }

    /// Returns what stands in the destination's cell.
    pub fn destination_text(&self) -> &str {
        match self.option {
            DestinationOption::Set => &self.destination,
            option => option_label(option),
        }
    }

    /// To be called after something was typed into the source: a path gives away its type.
    pub fn source_changed(&mut self) {
        let is_path = self.source.trim_start().starts_with(r"\\");
        match (is_path, self.kind) {
            (true, EntryType::Unknown) => self.set_kind(EntryType::UncPath),
            (false, EntryType::UncPath) if self.source.trim().is_empty() => self.kind = EntryType::Unknown,
            _ => {}
        }
    }

    /// To be called after something was typed into the destination: an empty one is the same as the source.
    pub fn destination_changed(&mut self) {
        self.option = match self.destination.is_empty() {
            true => DestinationOption::SameAsSource,
            false => DestinationOption::Set,
        };
    }

    /// Says what the source is. A path always has a destination, so that of a principal without one is taken back.
    pub fn set_kind(&mut self, kind: EntryType) {
        self.kind = kind;
        if !allows(kind, self.option) {
            self.set_option(DestinationOption::SameAsSource);
        }
    }

    /// Chooses a destination that is no text.
    pub fn set_option(&mut self, option: DestinationOption) {
        self.option = option;
        self.destination.clear();
    }

    /// Returns the entry of a table that it is.
    pub fn entry(&self) -> MapEntry {
        let destination = match self.option {
            DestinationOption::SameAsSource => MapDestination::SameAsSource,
            DestinationOption::None => MapDestination::None,
            DestinationOption::ByRelativeName => MapDestination::ByRelativeName,
            DestinationOption::Set => MapDestination::Set(self.destination.trim().to_owned()),
        };
        MapEntry { entry_type: Ok(self.kind), source: self.source.trim().to_owned(), destination, line: 0 }
    }

    fn as_line(&self) -> String {
        format!("{}\t{}\t{}", self.source, self.kind.label(), self.destination_text())
    }

    fn from_line(id: u64, line: &str) -> Option<Self> {
        let mut cells = line.split('\t').map(str::trim);
        let mut row = Row::blank(id);
        row.source = cells.next().filter(|source| !source.is_empty())?.to_owned();
        row.source_changed();
        let of_type = |cell: &str| EntryType::ALL.into_iter().find(|kind| kind.label().eq_ignore_ascii_case(cell));
        if let Some(kind) = cells.next().and_then(of_type) {
            row.kind = kind;
        }
        let destination = cells.next().unwrap_or_default();
        let option = OPTIONS.into_iter().find(|option| option_label(*option).eq_ignore_ascii_case(destination));
        match option {
            Some(option) => {
                row.option = if allows(row.kind, option) { option } else { DestinationOption::SameAsSource }
            }
            None => {
                row.destination = destination.to_owned();
                row.destination_changed();
            }
        }
        Some(row)
    }
}

/// Tells whether a destination can be chosen for this type: a path cannot be left out, and has no name within a domain.
pub fn allows(kind: EntryType, option: DestinationOption) -> bool {
    let needs_principal = matches!(option, DestinationOption::None | DestinationOption::ByRelativeName);
    kind != EntryType::UncPath || !needs_principal
}

impl Default for Rows {
    fn default() -> Self {
        Rows {
            rows: Vec::new(),
            blank: Row::blank(0),
            next_id: 1,
            selected: BTreeSet::new(),
            current: None,
            anchor: None,
        }
    }
}

impl Rows {
    /// Returns the rows without the empty one at the end.
    pub fn all(&self) -> &[Row] {
        &self.rows
    }

    /// Returns how many rows are drawn: all, and the empty one.
    pub fn drawn(&self) -> usize {
        self.rows.len() + 1
    }

    /// Returns a row by its place; the last is the empty one.
    pub fn at(&self, index: usize) -> &Row {
        self.rows.get(index).unwrap_or(&self.blank)
    }

    /// Returns a row by its place, to be edited; [`Rows::settle`] follows.
    pub fn at_mut(&mut self, index: usize) -> &mut Row {
        self.rows.get_mut(index).unwrap_or(&mut self.blank)
    }

    /// Returns where a row stands.
    pub fn position(&self, id: u64) -> Option<usize> {
        (0..self.drawn()).find(|&index| self.at(index).id == id)
    }

    /// Adds an entry of a table at the end.
    pub fn add(&mut self, entry: &MapEntry) {
        self.rows.push(Row {
            id: self.next_id,
            source: entry.source.clone(),
            kind: entry.entry_type.as_ref().copied().unwrap_or(EntryType::Unknown),
            option: entry.destination.option(),
            destination: entry.destination.text().to_owned(),
        });
        self.next_id += 1;
    }

    /// Adds entries; where there is a row of the same source, it gets the type instead. Returns how many were added.
    pub fn add_all(&mut self, entries: &[MapEntry]) -> usize {
        let known: HashMap<String, usize> =
            self.rows.iter().enumerate().map(|(index, row)| (row.source.trim().to_lowercase(), index)).collect();
        let before = self.rows.len();
        for entry in entries {
            match (known.get(&entry.source.to_lowercase()), &entry.entry_type) {
                (None, _) => self.add(entry),
                (Some(&index), Ok(kind)) => self.rows[index].set_kind(*kind),
                (Some(_), Err(_)) => {}
            }
        }
        self.rows.len() - before
    }

    /// Makes the empty row at the end a row if something stands in it; to be called after it was edited.
    pub fn settle(&mut self) {
        if !self.blank.source.is_empty() || !self.blank.destination.is_empty() {
            let blank = Row::blank(self.new_id());
            self.rows.push(std::mem::replace(&mut self.blank, blank));
        }
    }

    /// Tells whether a row is the empty one at the end.
    pub fn is_blank(&self, id: u64) -> bool {
        self.blank.id == id
    }

    /// Tells whether a row is selected.
    pub fn is_selected(&self, id: u64) -> bool {
        self.selected.contains(&id)
    }

    /// Returns how many rows are selected.
    pub fn selected_count(&self) -> usize {
        self.selected.len()
    }

    /// Returns the row the keyboard stands on.
    pub fn current(&self) -> Option<u64> {
        self.current
    }

    /// Selects a row alone.
    pub fn choose(&mut self, id: u64) {
        self.selected.clear();
        self.selected.insert(id);
        self.current = Some(id);
        self.anchor = Some(id);
    }

    /// Selects a row in addition, or no longer.
    pub fn toggle(&mut self, id: u64) {
        if !self.selected.remove(&id) {
            self.selected.insert(id);
        }
        self.current = Some(id);
        self.anchor = Some(id);
    }

    /// Selects everything from where the range began up to a row.
    pub fn choose_to(&mut self, id: u64) {
        let Some(to) = self.position(id) else { return };
        let from = self.anchor.and_then(|anchor| self.position(anchor)).unwrap_or(to);
        self.selected = (from.min(to)..=from.max(to)).map(|index| self.at(index).id).collect();
        self.current = Some(id);
    }

    /// Selects all rows.
    pub fn choose_all(&mut self) {
        self.selected = self.rows.iter().map(|row| row.id).collect();
    }

    /// Returns the selected rows as text.
    pub fn copied(&self) -> String {
        let chosen = self.rows.iter().filter(|row| self.selected.contains(&row.id));
        chosen.map(Row::as_line).collect::<Vec<_>>().join("\n")
    }

    /// Puts rows given as text below the current one, and selects them. Returns whether there was one.
    pub fn paste(&mut self, text: &str) -> bool {
        let mut pasted = Vec::new();
        for line in text.lines() {
            let id = self.new_id();
            pasted.extend(Row::from_line(id, line));
        }
        let Some(first) = pasted.first().map(|row| row.id) else { return false };
        let current = self.current.and_then(|id| self.position(id));
        let at = current.map_or(self.rows.len(), |index| (index + 1).min(self.rows.len()));
        self.selected = pasted.iter().map(|row| row.id).collect();
        self.current = Some(first);
        self.anchor = Some(first);
        self.rows.splice(at..at, pasted);
        true
    }

    /// Deletes the selected rows; the one below is current then.
    pub fn delete_selected(&mut self) {
        let first = self.rows.iter().position(|row| self.selected.contains(&row.id));
        self.rows.retain(|row| !self.selected.contains(&row.id));
        self.selected.clear();
        if let Some(first) = first {
            self.choose(self.at(first).id);
        }
    }

    /// Gives the selected rows a destination; those it is not allowed for keep theirs. Returns how many those are.
    pub fn set_option(&mut self, option: DestinationOption) -> usize {
        let mut refused = 0;
        for row in self.rows.iter_mut().filter(|row| self.selected.contains(&row.id)) {
            match allows(row.kind, option) {
                true => row.set_option(option),
                false => refused += 1,
            }
        }
        refused
    }

    /// Tells whether a destination can be chosen for one of the selected rows.
    pub fn any_allows(&self, option: DestinationOption) -> bool {
        self.rows.iter().any(|row| self.selected.contains(&row.id) && allows(row.kind, option))
    }

    /// Returns the sources of rows, in lower case.
    pub fn sources(rows: &[Row]) -> HashSet<String> {
        rows.iter().map(|row| row.source.trim().to_lowercase()).collect()
    }

    fn new_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(sources: &[&str]) -> Rows {
        let mut rows = Rows::default();
        for source in sources {
            rows.at_mut(usize::MAX).source = (*source).to_owned();
            rows.at_mut(usize::MAX).source_changed();
            rows.settle();
        }
        rows
    }

    fn sources(rows: &Rows) -> Vec<&str> {
        rows.all().iter().map(|row| row.source.as_str()).collect()
    }

    #[test]
    fn what_is_typed_into_the_last_row_makes_it_a_row() {
        let rows = rows(&["a", r"\\server\share"]);
        assert_eq!((sources(&rows), rows.drawn()), (vec!["a", r"\\server\share"], 3));
        assert_eq!([rows.at(0).kind, rows.at(1).kind], [EntryType::Unknown, EntryType::UncPath]);
        assert!(rows.is_blank(rows.at(2).id));
    }

    #[test]
    fn an_empty_destination_is_the_same_as_the_source() {
        let mut rows = rows(&["a"]);
        let row = rows.at_mut(0);
        row.destination = "b".to_owned();
        row.destination_changed();
        assert_eq!((row.option, row.destination_text()), (DestinationOption::Set, "b"));
        row.destination.clear();
        row.destination_changed();
        assert_eq!(row.destination_text(), "<Same As Source>");
    }

    #[test]
    fn a_path_always_has_a_destination() {
        let mut rows = rows(&["a", r"\\server\share"]);
        rows.choose_all();
        assert!(rows.any_allows(DestinationOption::None));
        assert_eq!(rows.set_option(DestinationOption::None), 1);
        assert_eq!([rows.at(0).option, rows.at(1).option], [DestinationOption::None, DestinationOption::SameAsSource]);
        rows.at_mut(0).set_kind(EntryType::UncPath);
        assert_eq!(rows.at(0).option, DestinationOption::SameAsSource);
        rows.choose(rows.at(1).id);
        assert!(!rows.any_allows(DestinationOption::ByRelativeName));
    }

    #[test]
    fn rows_go_over_the_clipboard() {
        let mut rows = rows(&["a", "b", "c"]);
        rows.at_mut(1).kind = EntryType::GlobalGroup;
        rows.at_mut(1).set_option(DestinationOption::ByRelativeName);
        rows.choose(rows.at(0).id);
        rows.choose_to(rows.at(1).id);
        let text = rows.copied();
        assert_eq!(text, "a\tFree Text or SID\t<Same As Source>\nb\tDomain Global Group\t<Map by Relative Name>");
        rows.delete_selected();
        assert_eq!((sources(&rows), rows.selected_count()), (vec!["c"], 1));
        assert!(rows.paste(&text));
        assert_eq!(sources(&rows), ["c", "a", "b"]);
        assert_eq!((rows.at(2).kind, rows.at(2).option), (EntryType::GlobalGroup, DestinationOption::ByRelativeName));
        assert!(rows.paste("\\\\server\\share\tUNC Path\t<No Destination>\n\nd\tnonsense\te\n"));
        let pasted = |index: usize| (rows.at(index).source.as_str(), rows.at(index).destination_text());
        assert_eq!([pasted(2), pasted(3)], [(r"\\server\share", "<Same As Source>"), ("d", "e")]);
        assert!(!rows.paste(" \n"));
    }
}
