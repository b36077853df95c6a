//! A policy as whoever evaluates, shows or edits it sees it: a view of the tables of its template.

use super::link::DEEPEST_CATEGORY;
use super::store::{AdmxStore, PolicyId};
use super::tables::{
    CategoryRow, ConditionRow, ControlKind, ControlRow, DefinitionRow, ElementRow, ItemRow, KindRow, OptionRow,
    PolicyClass, PolicyRow, RowId, Rows, Template, Text, ValueRow,
};

/// A policy of a store.
#[derive(Clone, Copy)]
pub struct Policy<'a> {
    id: PolicyId,
    store: &'a AdmxStore,
    template: &'a Template,
    row: &'a PolicyRow,
}

/// What is written to a registry value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// The value is deleted.
    Delete,
    /// A `REG_DWORD`.
    Dword(u32),
    /// A `REG_QWORD`.
    Qword(u64),
    /// A `REG_SZ`.
    Text(&'a str),
}

/// A value that is written together with others (`enabledList` and its kind).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListItem<'a> {
    /// Key below the hive.
    pub key: &'a str,
    /// Name of the value.
    pub value_name: &'a str,
    /// What is written.
    pub value: Value<'a>,
}

/// Something in a policy that the administrator fills in.
#[derive(Clone, Copy)]
pub struct PolicyElement<'a> {
    template: &'a Template,
    row: &'a ElementRow,
}

/// The kinds of elements with what they write.
#[derive(Clone, Copy)]
pub enum ElementKind<'a> {
    /// Yes or no.
    Boolean {
        /// Written for yes. Where the template says nothing and has no list either, it is `REG_DWORD` 1.
        on: Option<Value<'a>>,
        /// Written for no. Where the template says nothing and has no list either, the value is deleted.
        off: Option<Value<'a>>,
    },
    /// A number, 32 bits, or 64 where `is_long`.
    Decimal {
        /// The smallest.
        minimum: u64,
        /// The largest.
        maximum: u64,
        /// Whether it is written as `REG_SZ`.
        as_text: bool,
        /// Whether it has 64 bits.
        is_long: bool,
    },
    /// A text.
    Text {
        /// The most characters.
        longest: u32,
        /// Whether it is written as `REG_EXPAND_SZ`.
        expandable: bool,
    },
    /// Several lines, written as `REG_MULTI_SZ`.
    MultiText {
        /// The most characters of a line.
        longest: u32,
        /// The most lines; 0 for any number.
        most: u32,
    },
    /// One of several.
    Enum,
    /// A list of entries, one registry value each.
    List {
        /// Names of the values are this with a number; none where the name equals the entry or is given.
        prefix: Option<&'a str>,
        /// Whether values that are there already stay.
        additive: bool,
        /// Whether they are written as `REG_EXPAND_SZ`.
        expandable: bool,
        /// Whether the administrator names the values.
        explicit: bool,
    },
}

/// One of the choices of an `enum`.
#[derive(Clone, Copy)]
pub struct EnumOption<'a> {
    template: &'a Template,
    row: &'a OptionRow,
}

/// A control of a policy's presentation.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    template: &'a Template,
    elements: Rows,
    row: &'a ControlRow,
}

impl<'a> Policy<'a> {
    pub(super) fn find(store: &'a AdmxStore, id: PolicyId) -> Option<Self> {
        let template = store.templates.get(id.0.template as usize)?;
        let row = template.policies.get(id.0.row as usize)?;
        Some(Policy { id, store, template, row })
    }

    fn text(&self, text: Text) -> &'a str {
        self.template.texts.get(text)
    }

    /// Returns what the store finds it by.
    pub fn id(&self) -> PolicyId {
        self.id
    }

    /// Returns its name, unique in the namespace.
    pub fn name(&self) -> &'a str {
        self.text(self.row.name)
    }

    /// Returns the namespace of its template.
    pub fn namespace(&self) -> &'a str {
        &self.template.namespace
    }

    /// Returns the path of its ADMX file.
    pub fn path(&self) -> &'a str {
        &self.template.path
    }

    /// Returns the path of the ADML file that its texts are from; empty where there is none.
    pub fn text_path(&self) -> &'a str {
        &self.template.text_path
    }

    /// Returns the place of its folder in the search order, from 0.
    pub fn rank(&self) -> u32 {
        self.template.rank
    }

    /// Returns the line of the ADMX file in which it starts, from 1.
    pub fn line(&self) -> u32 {
        self.row.line
    }

    /// Returns in which halves it can be set.
    pub fn class(&self) -> PolicyClass {
        self.row.class
    }

    /// Returns the name that people see.
    pub fn display_name(&self) -> &'a str {
        self.text(self.row.display)
    }

    /// Returns the explanation; may be empty.
    pub fn explain(&self) -> &'a str {
        self.text(self.row.explain)
    }

    /// Returns the display names of its category and those above it with `/` between them; empty where it has none.
    pub fn category(&self) -> String {
        self.category_names().collect::<Vec<_>>().join("/")
    }

    /// Returns the display names of its category and those above it, outermost first.
    pub fn category_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let rows =
            std::iter::successors(self.category_row(self.row.category), |(_, row)| self.category_row(row.parent));
        let names = rows.take(DEEPEST_CATEGORY).map(|(template, row)| template.texts.get(row.display));
        names.collect::<Vec<_>>().into_iter().rev()
    }

    fn category_row(&self, id: Option<RowId>) -> Option<(&'a Template, &'a CategoryRow)> {
        let id = id?;
        let template = self.store.templates.get(id.template as usize)?;
        Some((template, template.categories.get(id.row as usize)?))
    }

    /// Returns on which systems it works, in words, which may be none at all; nothing where the template does not say or says it in a
    /// file that is not there.
    pub fn supported_on(&self) -> Option<String> {
        let id = self.row.supported?;
        let template = self.store.templates.get(id.template as usize)?;
        let definition = template.definitions.get(id.row as usize)?;
        let mut left = MOST_CONDITIONS;
        Some(definition_text(template, definition, 0, &mut left))
    }

    /// Returns its key below the hive.
    pub fn key(&self) -> &'a str {
        self.text(self.row.key)
    }

    /// Returns the name of its own value; none where it has none.
    pub fn value_name(&self) -> Option<&'a str> {
        (!self.row.value_name.is_empty()).then(|| self.text(self.row.value_name))
    }

    /// Returns the client-side extension that is told of the setting; empty where the registry's own is enough.
    pub fn client_extension(&self) -> &'a str {
        self.text(self.row.client_extension)
    }

    /// Returns what its own value is when it is enabled, where the template says so.
    pub fn enabled_value(&self) -> Option<Value<'a>> {
        self.row.enabled_value.map(|value| value_of(self.template, value))
    }

    /// Returns what its own value is when it is disabled, where the template says so.
    pub fn disabled_value(&self) -> Option<Value<'a>> {
        self.row.disabled_value.map(|value| value_of(self.template, value))
    }

    /// Returns the values that are written too when it is enabled.
    pub fn enabled_list(&self) -> impl ExactSizeIterator<Item = ListItem<'a>> + use<'a> {
        items(self.template, self.row.enabled_list)
    }

    /// Returns the values that are written too when it is disabled.
    pub fn disabled_list(&self) -> impl ExactSizeIterator<Item = ListItem<'a>> + use<'a> {
        items(self.template, self.row.disabled_list)
    }

    /// Returns its elements.
    pub fn elements(&self) -> impl ExactSizeIterator<Item = PolicyElement<'a>> + use<'a> {
        let template = self.template;
        self.row.elements.of(&template.elements).iter().map(move |row| PolicyElement { template, row })
    }

    /// Returns the controls of its presentation, in order.
    pub fn controls(&self) -> impl ExactSizeIterator<Item = Control<'a>> + use<'a> {
        let (template, elements) = (self.template, self.row.elements);
        self.row.controls.of(&template.controls).iter().map(move |row| Control { template, elements, row })
    }
}

impl<'a> PolicyElement<'a> {
    /// Returns its id, unique in the policy.
    pub fn id(&self) -> &'a str {
        self.template.texts.get(self.row.id)
    }

    /// Returns its key below the hive.
    pub fn key(&self) -> &'a str {
        self.template.texts.get(self.row.key)
    }

    /// Returns the name of its value; of no meaning for a list.
    pub fn value_name(&self) -> &'a str {
        self.template.texts.get(self.row.value_name)
    }

    /// Returns the client-side extension that is told of the setting; empty where the policy's is.
    pub fn client_extension(&self) -> &'a str {
        self.template.texts.get(self.row.client_extension)
    }

    /// Tells whether it must be filled in.
    pub fn is_required(&self) -> bool {
        self.row.required
    }

    /// Tells whether it is written only where the value does not exist yet.
    pub fn is_soft(&self) -> bool {
        self.row.soft
    }

    /// Returns what kind it is.
    pub fn kind(&self) -> ElementKind<'a> {
        let value = |value: ValueRow| value_of(self.template, value);
        match self.row.kind {
            KindRow::Boolean { on, off, .. } => ElementKind::Boolean { on: on.map(value), off: off.map(value) },
            KindRow::Decimal { minimum, maximum, as_text, is_long } => {
                ElementKind::Decimal { minimum, maximum, as_text, is_long }
            }
            KindRow::Text { longest, expandable } => ElementKind::Text { longest, expandable },
            KindRow::MultiText { longest, most } => ElementKind::MultiText { longest, most },
            KindRow::Enum { .. } => ElementKind::Enum,
            KindRow::List { prefix, additive, expandable, explicit } => {
                let prefix = prefix.map(|prefix| self.template.texts.get(prefix));
                ElementKind::List { prefix, additive, expandable, explicit }
            }
        }
    }

    /// Returns the values that a boolean writes too for yes.
    pub fn on_list(&self) -> impl ExactSizeIterator<Item = ListItem<'a>> + use<'a> {
        let KindRow::Boolean { on_list, .. } = self.row.kind else { return items(self.template, Rows::default()) };
        items(self.template, on_list)
    }

    /// Returns the values that a boolean writes too for no.
    pub fn off_list(&self) -> impl ExactSizeIterator<Item = ListItem<'a>> + use<'a> {
        let KindRow::Boolean { off_list, .. } = self.row.kind else { return items(self.template, Rows::default()) };
        items(self.template, off_list)
    }

    /// Returns the choices of an `enum`; none for other kinds.
    pub fn options(&self) -> impl ExactSizeIterator<Item = EnumOption<'a>> + use<'a> {
        let template = self.template;
        let rows = if let KindRow::Enum { options } = self.row.kind { options } else { Rows::default() };
        rows.of(&template.options).iter().map(move |row| EnumOption { template, row })
    }
}

impl<'a> EnumOption<'a> {
    /// Returns the name that people see.
    pub fn display_name(&self) -> &'a str {
        self.template.texts.get(self.row.display)
    }

    /// Returns what is written to the element's value.
    pub fn value(&self) -> Value<'a> {
        value_of(self.template, self.row.value)
    }

    /// Returns the values that are written too.
    pub fn list(&self) -> impl ExactSizeIterator<Item = ListItem<'a>> + use<'a> {
        items(self.template, self.row.list)
    }
}

impl<'a> Control<'a> {
    /// Returns what kind it is.
    pub fn kind(&self) -> ControlKind {
        self.row.kind
    }

    /// Returns its label, or the whole of a text.
    pub fn label(&self) -> &'a str {
        self.template.texts.get(self.row.label)
    }

    /// Returns what it holds before anybody filled it in, as written: a text, a number, the place of an item from 0, `true`.
    pub fn default_value(&self) -> &'a str {
        self.template.texts.get(self.row.default)
    }

    /// Tells whether its choices are shown by alphabet.
    pub fn is_sorted(&self) -> bool {
        self.row.is_sorted
    }

    /// Returns the suggestions of a combo box.
    pub fn suggestions(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let template = self.template;
        self.row.suggestions.of(&template.suggestions).iter().map(move |text| template.texts.get(*text))
    }

    /// Returns the element that it edits with its place among the policy's elements; none for a text.
    pub fn element(&self) -> Option<(usize, PolicyElement<'a>)> {
        let template = self.template;
        let mut rows = self.elements.of(&template.elements).iter().enumerate();
        let (place, row) = rows.find(|(_, row)| row.id == self.row.element)?;
        Some((place, PolicyElement { template, row }))
    }
}

fn value_of(template: &Template, value: ValueRow) -> Value<'_> {
    match value {
        ValueRow::Delete => Value::Delete,
        ValueRow::Dword(number) => Value::Dword(number),
        ValueRow::Qword(number) => Value::Qword(number),
        ValueRow::Text(text) => Value::Text(template.texts.get(text)),
    }
}

fn items(template: &Template, rows: Rows) -> impl ExactSizeIterator<Item = ListItem<'_>> + use<'_> {
    rows.of(&template.items).iter().map(move |row: &ItemRow| ListItem {
        key: template.texts.get(row.key),
        value_name: template.texts.get(row.value_name),
        value: value_of(template, row.value),
    })
}

/// Returns the words of a definition: its own, else those of its condition.
fn definition_text(template: &Template, definition: &DefinitionRow, depth: usize, left: &mut usize) -> String {
    match (template.texts.get(definition.display), &definition.condition) {
        ("", Some(condition)) => condition_text(template, condition, depth, left),
        (display, _) => display.to_owned(),
    }
}

/// Definitions that refer to each other deeper than this are left out.
const DEEPEST_CONDITION: usize = 16;
/// Conditions looked at for one text. Without a limit, a few definitions that each name the next several times make endless texts.
const MOST_CONDITIONS: usize = 1000;

/// Returns the words of a condition; `left` counts down the conditions that may still be looked at.
fn condition_text(template: &Template, condition: &ConditionRow, depth: usize, left: &mut usize) -> String {
    if depth > DEEPEST_CONDITION || *left == 0 {
        return String::new();
    }
    *left -= 1;
    let mut joined = |inner: &[ConditionRow], word: &str| {
        let texts = inner.iter().map(|inner| condition_text(template, inner, depth + 1, left));
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(word)
    };
    match condition {
        ConditionRow::Any(inner) => joined(inner, " or "),
        ConditionRow::All(inner) => joined(inner, " and "),
        ConditionRow::Reference(reference) => named_text(template, *reference, depth, left),
        ConditionRow::Range { reference, minimum, maximum } => {
            let product = template.products.iter().position(|row| row.name == *reference);
            let version = |wanted: u32| {
                let is_wanted = |row: &&super::tables::ProductRow| {
                    row.parent.is_some() && row.parent == product.map(|row| row as u32) && row.version == wanted
                };
                let found = template.products.iter().find(is_wanted).map(|row| template.texts.get(row.display));
                found.map_or_else(|| format!("version {wanted}"), str::to_owned)
            };
            match (minimum, maximum) {
                (Some(minimum), Some(maximum)) => format!("{} to {}", version(*minimum), version(*maximum)),
                (Some(minimum), None) => format!("at least {}", version(*minimum)),
                (None, Some(maximum)) => format!("at most {}", version(*maximum)),
                (None, None) => named_text(template, *reference, depth, left),
            }
        }
    }
}

/// Returns the words of a product or definition of the same template.
fn named_text(template: &Template, reference: Text, depth: usize, left: &mut usize) -> String {
    let product = template.products.iter().find(|row| row.name == reference).map(|row| template.texts.get(row.display));
    let definition = || template.definitions.iter().find(|row| row.name == reference);
    match product.filter(|display| !display.is_empty()) {
        Some(display) => display.to_owned(),
        None => {
            definition().map(|definition| definition_text(template, definition, depth + 1, left)).unwrap_or_default()
        }
    }
}
