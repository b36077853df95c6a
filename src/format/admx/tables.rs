//! How templates stand in memory: one table for each kind of thing, texts as numbers into one arena for each template.
//!
//! A store has some hundred thousand small texts and rows. Kept this way they are read from the cache nearly by copying, and given up at once.
//! A row may come from a damaged cache file, so every number is looked up with a check: what is out of range is empty.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The texts of a template, one behind the other; number 0 is the empty text.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Texts {
    content: String,
    ends: Vec<u32>,
}

/// A text by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Text(u32);

/// Some rows of a table that stand together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rows {
    start: u32,
    length: u32,
}

/// A row of a table in one of the templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct RowId {
    pub template: u32,
    pub row: u32,
}

/// One ADMX file with its texts in one language.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Template {
    pub path: String,
    /// Path of the ADML file; empty where there is none.
    pub text_path: String,
    /// Place of its folder in the search order.
    pub rank: u32,
    pub namespace: String,
    /// Prefixes of this file and the namespaces they stand for.
    pub prefixes: Vec<(String, String)>,
    pub superseded: Vec<String>,
    pub texts: Texts,
    pub categories: Vec<CategoryRow>,
    pub definitions: Vec<DefinitionRow>,
    pub products: Vec<ProductRow>,
    pub policies: Vec<PolicyRow>,
    pub elements: Vec<ElementRow>,
    pub options: Vec<OptionRow>,
    pub items: Vec<ItemRow>,
    pub controls: Vec<ControlRow>,
    pub suggestions: Vec<Text>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CategoryRow {
    pub name: Text,
    pub display: Text,
    pub explain: Text,
    /// The parent as the file writes it.
    pub parent_reference: Text,
    /// The parent, where it is in the store.
    pub parent: Option<RowId>,
    pub line: u32,
}

/// A definition of `supportedOn`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DefinitionRow {
    pub name: Text,
    pub display: Text,
    pub condition: Option<ConditionRow>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum ConditionRow {
    Any(Vec<ConditionRow>),
    All(Vec<ConditionRow>),
    Range { reference: Text, minimum: Option<u32>, maximum: Option<u32> },
    Reference(Text),
}

/// A product, or a version of one.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ProductRow {
    pub name: Text,
    pub display: Text,
    /// The product or version it is a version of, by its row.
    pub parent: Option<u32>,
    pub version: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PolicyRow {
    pub name: Text,
    pub class: PolicyClass,
    pub display: Text,
    pub explain: Text,
    pub key: Text,
    /// Empty where the policy has no value of its own.
    pub value_name: Text,
    pub client_extension: Text,
    pub category_reference: Text,
    pub category: Option<RowId>,
    pub supported_reference: Text,
    pub supported: Option<RowId>,
    pub enabled_value: Option<ValueRow>,
    pub disabled_value: Option<ValueRow>,
    pub enabled_list: Rows,
    pub disabled_list: Rows,
    pub elements: Rows,
    pub controls: Rows,
    pub line: u32,
}

/// In which half of a GPO a policy can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyClass {
    /// In User Configuration.
    User,
    /// In Computer Configuration.
    Machine,
    /// In either.
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum ValueRow {
    Delete,
    Dword(u32),
    Qword(u64),
    Text(Text),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ElementRow {
    pub id: Text,
    pub key: Text,
    pub value_name: Text,
    pub client_extension: Text,
    pub required: bool,
    pub soft: bool,
    pub kind: KindRow,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum KindRow {
    Boolean { on: Option<ValueRow>, off: Option<ValueRow>, on_list: Rows, off_list: Rows },
    Decimal { minimum: u64, maximum: u64, as_text: bool, is_long: bool },
    Text { longest: u32, expandable: bool },
    MultiText { longest: u32, most: u32 },
    Enum { options: Rows },
    List { prefix: Option<Text>, additive: bool, expandable: bool, explicit: bool },
}

/// An item of an `enum`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OptionRow {
    pub display: Text,
    pub value: ValueRow,
    pub list: Rows,
}

/// An item of a list of values.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ItemRow {
    pub key: Text,
    pub value_name: Text,
    pub value: ValueRow,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ControlRow {
    pub kind: ControlKind,
    /// Id of the element it edits; empty for a text.
    pub element: Text,
    pub label: Text,
    pub default: Text,
    pub is_sorted: bool,
    pub suggestions: Rows,
}

/// The kinds of controls in a presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// A line of text without a setting.
    Text,
    /// A field for a text.
    TextBox,
    /// A field for a number.
    DecimalTextBox,
    /// A field for a 64-bit number.
    LongDecimalTextBox,
    /// A check box.
    CheckBox,
    /// A field for a text with suggestions.
    ComboBox,
    /// A choice.
    DropdownList,
    /// A list of entries.
    ListBox,
    /// A field for several lines.
    MultiTextBox,
}

impl Texts {
    /// Returns a text; empty where there is none of this number.
    pub(super) fn get(&self, text: Text) -> &str {
        let Some(last) = text.0.checked_sub(1) else { return "" };
        let end = |number: u32| self.ends.get(number as usize).map(|end| *end as usize);
        let start = if last == 0 { Some(0) } else { end(last - 1) };
        start.zip(end(last)).and_then(|(start, end)| self.content.get(start..end)).unwrap_or_default()
    }
}

impl Text {
    /// Tells whether it is the empty text.
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Rows {
    /// Returns the rows of a table; none where they are not all in it.
    pub(super) fn of<T>(self, table: &[T]) -> &[T] {
        let start = self.start as usize;
        table.get(start..start.saturating_add(self.length as usize)).unwrap_or_default()
    }

    /// Returns those that were added since the table had this length.
    pub(super) fn since<T>(start: usize, table: &[T]) -> Self {
        Rows { start: start as u32, length: table.len().saturating_sub(start) as u32 }
    }
}

/// Collects the texts of a template, each once.
#[derive(Default)]
pub(super) struct TextCollector<'a> {
    texts: Texts,
    numbers: HashMap<&'a str, Text>,
}

impl<'a> TextCollector<'a> {
    /// Adds a text that outlives the collector.
    pub(super) fn add(&mut self, text: &'a str) -> Text {
        if text.is_empty() {
            return Text(0);
        }
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        let added = self.add_passing(text);
        self.numbers.insert(text, added);
        added
    }

    /// Adds a text that does not. A template of more than 4 GiB loses its last texts; files that large are not read.
    pub(super) fn add_passing(&mut self, text: &str) -> Text {
        let Ok(end) = u32::try_from(self.texts.content.len() + text.len()) else { return Text(0) };
        if text.is_empty() {
            return Text(0);
        }
        self.texts.content.push_str(text);
        self.texts.ends.push(end);
        Text(self.texts.ends.len() as u32)
    }

    /// Returns all texts.
    pub(super) fn finish(self) -> Texts {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_once_and_found_by_number() {
        let mut collector = TextCollector::default();
        let numbers = ["a", "", "bc", "a"].map(|text| collector.add(text));
        assert_eq!(numbers, [Text(1), Text(0), Text(2), Text(1)]);
        let texts = collector.finish();
        assert_eq!(numbers.map(|number| texts.get(number)), ["a", "", "bc", "a"]);
        assert_eq!(texts.get(Text(77)), "");
    }

    #[test]
    fn rows_out_of_range_are_none() {
        assert_eq!(Rows::since(1, &[1, 2, 3]).of(&[1, 2, 3]), &[2, 3]);
        assert!(Rows { start: u32::MAX, length: u32::MAX }.of(&[1]).is_empty());
    }
}
