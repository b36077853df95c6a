//! What a `registry.pol` makes of a policy: its state, and what its elements hold (`gpo-storage.md` B4, state of a policy).
//!
//! The values are the evidence. Nothing else says whether a policy is enabled, and other programs than Microsoft's editor write them too.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::format::{PolCommand, PolData, RegistryPol};

use super::policy::{ElementKind, EnumOption, ListItem, Policy, PolicyElement, Value};
use super::{AdmxStore, PolicyClass, PolicyId};

/// The records of a `registry.pol`, found by key and value name.
#[derive(Debug, Default)]
pub struct PolValues {
    entries: Vec<PolEntry>,
    /// By key in lower case: the entries in it, in the order of the file.
    by_key: HashMap<String, Vec<usize>>,
    /// By key and value name in lower case: the last entry.
    by_name: HashMap<(String, String), usize>,
}

/// What one record does.
#[derive(Clone, Debug, PartialEq)]
pub struct PolEntry {
    /// The record, counted from 0.
    pub record: usize,
    /// Key below the hive.
    pub key: String,
    /// Name of the value; that which is deleted, where the record deletes one.
    pub name: String,
    /// What it does.
    pub effect: PolEffect,
}

/// What a record does to its value or key.
#[derive(Clone, Debug, PartialEq)]
pub enum PolEffect {
    /// Sets the value.
    Set(PolData),
    /// Deletes the value.
    Delete,
    /// Deletes all values of the key.
    DeleteAll,
    /// Makes the key.
    MakeKey,
    /// Something else.
    Other,
}

/// The state of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyState {
    /// Its values are there.
    Enabled,
    /// It is turned off.
    Disabled,
    /// Nothing is said, or too little.
    NotConfigured,
}

/// What a `registry.pol` makes of a policy.
#[derive(Clone)]
pub struct PolicySetting<'a> {
    /// Its state.
    pub state: PolicyState,
    /// What its elements hold, in their order.
    pub elements: Vec<ElementSetting<'a>>,
    /// The records that are the evidence for that, counted from 0, ascending.
    pub evidence: Vec<usize>,
    /// The records of values that the template lists beside its own, as the state wants them; other policies may list them too.
    pub listed: Vec<usize>,
    /// All records about values that the policy knows, whatever its state; its own value only where it fits.
    pub records: Vec<usize>,
}

/// Records that are evidence for other policies, counted from 0.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Those that are no evidence for any further policy.
    pub evidence: HashSet<usize>,
    /// Those that other policies may list as well, but that are no entries of a list element.
    pub listed: HashSet<usize>,
}

/// What an element of an enabled policy holds.
#[derive(Clone)]
pub enum ElementSetting<'a> {
    /// Nothing, or something that the element cannot hold.
    NotConfigured,
    /// Nothing, and what may be there on the client is deleted.
    Deleted,
    /// Yes or no.
    Boolean(bool),
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
    /// Several lines.
    Lines(Vec<String>),
    /// One of the choices.
    Choice(EnumOption<'a>),
    /// Names of values with their texts, in the order of the file.
    Entries(Vec<(String, String)>),
}

/// Bytes of keys that one record may become; a real one stays below some thousand.
const MOST_KEY_BYTES: usize = 1 << 20;

impl PolValues {
    /// Returns the records of a file.
    pub fn new(pol: &RegistryPol) -> Self {
        let mut values = PolValues::default();
        for (record, content) in pol.records.iter().enumerate() {
            let key = content.key.to_string();
            let name = content.value.to_string();
            let mut add = |name: String, effect| values.add(PolEntry { record, key: key.clone(), name, effect });
            match content.command() {
                None if content.is_create_key() => add(name, PolEffect::MakeKey),
                None => add(name, PolEffect::Set(content.data())),
                Some(PolCommand::SetIfMissing(name)) => add(name, PolEffect::Set(content.data())),
                Some(PolCommand::DeleteValue(name)) => add(name, PolEffect::Delete),
                Some(PolCommand::DeleteAllValues) => add(name, PolEffect::DeleteAll),
                // Each value has its key beside it: a list that long under a key that long is left as it stands.
                Some(PolCommand::DeleteValues(names)) if names.len() * key.len() > MOST_KEY_BYTES => {
                    add(name, PolEffect::Other)
                }
                Some(PolCommand::DeleteValues(names)) => {
                    names.into_iter().for_each(|name| add(name, PolEffect::Delete))
                }
                Some(_) => add(name, PolEffect::Other),
            }
        }
        values
    }

    fn add(&mut self, entry: PolEntry) {
        let (key, number) = (entry.key.to_lowercase(), self.entries.len());
        self.by_key.entry(key.clone()).or_default().push(number);
        if matches!(entry.effect, PolEffect::Set(_) | PolEffect::Delete) {
            self.by_name.insert((key, entry.name.to_lowercase()), number);
        }
        self.entries.push(entry);
    }

    /// Returns all entries in the order of the file.
    pub fn entries(&self) -> &[PolEntry] {
        &self.entries
    }

    /// Returns the entry that sets or deletes a value; the last, where there are several.
    pub fn find(&self, key: &str, name: &str) -> Option<&PolEntry> {
        self.entries.get(*self.by_name.get(&(key.to_lowercase(), name.to_lowercase()))?)
    }

    /// Returns the entries in a key, in the order of the file.
    pub fn in_key(&self, key: &str) -> impl Iterator<Item = &PolEntry> {
        self.by_key.get(&key.to_lowercase()).into_iter().flatten().filter_map(|number| self.entries.get(*number))
    }
}

/// Tells what the values make of those policies of a store that can be set in this half, and of these too, whatever the values say.
/// Returns every policy that the values speak of, in no order that means anything.
///
/// Each value is evidence for one policy only, though several templates may know it. Templates of earlier folders come first. As in
/// Microsoft's reports, the policy whose category
/// comes last takes it; of those in one category, the one whose name comes first. Lists take what nobody else knows by name.
pub fn evaluate_all<'a>(
    store: &'a AdmxStore,
    values: &PolValues,
    half: PolicyClass,
    also: impl IntoIterator<Item = PolicyId>,
) -> Vec<(Policy<'a>, PolicySetting<'a>)> {
    let mut ids: Vec<_> = values.entries.iter().flat_map(|entry| store.writers(&entry.key, &entry.name)).collect();
    ids.extend(also);
    ids.sort_unstable();
    ids.dedup();
    let policies = ids.into_iter().filter_map(|id| store.policy(id));
    let mut policies: Vec<Policy<'a>> =
        policies.filter(|policy| policy.class() == half || policy.class() == PolicyClass::Both).collect();
    policies.sort_by_cached_key(|policy| {
        let has_list = policy.elements().any(|element| matches!(element.kind(), ElementKind::List { .. }));
        let category: Vec<String> = policy.category_names().map(str::to_lowercase).collect();
        (policy.rank(), has_list, Reverse(category), policy.display_name().to_lowercase())
    });
    let mut taken = Taken::default();
    let evaluated = policies.into_iter().map(|policy| {
        let setting = evaluate(&policy, values, &taken);
        taken.evidence.extend(&setting.evidence);
        taken.listed.extend(&setting.listed);
        (policy, setting)
    });
    evaluated.collect()
}

/// Tells what the values make of a policy. Records that are taken are evidence for another one.
///
/// Its own value and lists come first: where they are all as "enabled" or "disabled" wants them, that is the state. Otherwise its elements
/// decide: one that holds something enables the policy, deletions alone disable it. A value that was the evidence for the policy
/// itself is none for an element that has the same one (Microsoft's reports call such an element not configured).
pub fn evaluate<'a>(policy: &Policy<'a>, values: &PolValues, taken: &Taken) -> PolicySetting<'a> {
    let mut view = View { values, taken, evidence: HashSet::new() };
    let own = policy.value_name().map(|name| view.find(policy.key(), name));
    let on = policy.enabled_value().unwrap_or(Value::Dword(1));
    let off = policy.disabled_value().unwrap_or(Value::Delete);
    let is_on = view.is_switch(own, on, policy.enabled_list());
    let is_off = view.is_switch(own, off, policy.disabled_list());
    if is_on || is_off {
        view.evidence.extend(own.flatten().map(|entry| entry.record));
    }
    let elements: Vec<ElementSetting<'a>> = policy.elements().map(|element| view.setting(&element)).collect();
    let state = if is_on {
        PolicyState::Enabled
    } else if is_off {
        PolicyState::Disabled
    } else {
        state_by_elements(&elements)
    };
    let switch: Vec<ListItem<'a>> =
        if is_on { policy.enabled_list().collect() } else { policy.disabled_list().collect() };
    let listed = switch.iter().filter(|_| is_on || is_off).filter_map(|item| item_record(item, values)).collect();
    // A value of its own that fits neither state is left to be told as it stands.
    let mut evidence: Vec<usize> = view.evidence.into_iter().collect();
    evidence.sort_unstable();
    let mut records = evidence.clone();
    records.extend(policy.enabled_list().chain(policy.disabled_list()).filter_map(|item| item_record(&item, values)));
    records.extend(policy.elements().flat_map(|element| element_records(&element, values)));
    PolicySetting { state, elements, evidence, listed, records }
}

/// Tells what the elements alone make of a policy. A "no" beside deletions does not enable it: it is what some templates write for both.
fn state_by_elements(elements: &[ElementSetting<'_>]) -> PolicyState {
    let (mut has_no, mut has_deleted) = (false, false);
    for element in elements {
        match element {
            ElementSetting::NotConfigured => {}
            ElementSetting::Deleted => has_deleted = true,
            ElementSetting::Boolean(false) => has_no = true,
            _ => return PolicyState::Enabled,
        }
    }
    match (has_no, has_deleted) {
        (_, true) => PolicyState::Disabled,
        (true, false) => PolicyState::Enabled,
        (false, false) => PolicyState::NotConfigured,
    }
}

/// The values as one policy sees them.
struct View<'v> {
    values: &'v PolValues,
    taken: &'v Taken,
    /// Records that are evidence for this one.
    evidence: HashSet<usize>,
}

impl<'v> View<'v> {
    fn is_free(&self, entry: &PolEntry) -> bool {
        !self.taken.evidence.contains(&entry.record) && !self.evidence.contains(&entry.record)
    }

    fn find(&self, key: &str, name: &str) -> Option<&'v PolEntry> {
        self.values.find(key, name).filter(|entry| self.is_free(entry))
    }

    /// Tells whether a policy's own value, where it can have one, and a list are as they should be; not so where there is neither.
    /// Listed values that are evidence for another policy do not matter.
    fn is_switch<'a>(
        &self,
        own: Option<Option<&PolEntry>>,
        wanted: Value<'_>,
        list: impl Iterator<Item = ListItem<'a>>,
    ) -> bool {
        let mut has_any = own.is_some();
        for item in list {
            let Some(entry) = self.values.find(item.key, item.value_name) else { return false };
            if self.is_free(entry) {
                has_any = true;
                if !is_value(entry, item.value) {
                    return false;
                }
            }
        }
        has_any && own.is_none_or(|entry| entry.is_some_and(|entry| is_value(entry, wanted)))
    }

    /// Tells whether all values of a list are there and nobody else's evidence.
    fn has_all<'a>(&self, mut list: impl Iterator<Item = ListItem<'a>>) -> bool {
        list.all(|item| self.find(item.key, item.value_name).is_some_and(|entry| is_value(entry, item.value)))
    }

    /// Returns what an element holds, and takes its evidence.
    fn setting<'a>(&mut self, element: &PolicyElement<'a>) -> ElementSetting<'a> {
        if let ElementKind::List { .. } = element.kind() {
            return self.list(element);
        }
        let entry = self.find(element.key(), element.value_name());
        let held = held(element, entry, self);
        // A "yes" or "no" is taken even where the values listed beside it are missing.
        let is_answer = |entry: &PolEntry| match element.kind() {
            ElementKind::Boolean { on, off } => {
                let fits = |value: Option<Value<'_>>, default| is_value(entry, value.unwrap_or(default));
                fits(on, Value::Dword(1)) || fits(off, Value::Delete)
            }
            _ => false,
        };
        let is_held = !matches!(held, ElementSetting::NotConfigured);
        self.evidence.extend(entry.filter(|entry| is_held || is_answer(entry)).map(|entry| entry.record));
        held
    }

    fn list<'a>(&mut self, element: &PolicyElement<'_>) -> ElementSetting<'a> {
        let mut entries = Vec::new();
        let mut is_deleted = false;
        let free: Vec<&PolEntry> = list_entries(element, self.values)
            .filter(|entry| self.is_free(entry) && !self.taken.listed.contains(&entry.record))
            .collect();
        for entry in free {
            self.evidence.insert(entry.record);
            match &entry.effect {
                PolEffect::Set(data) => entries.extend(text_in(data).map(|text| (entry.name.clone(), text))),
                _ => is_deleted = true,
            }
        }
        match (entries.is_empty(), is_deleted) {
            (false, _) => ElementSetting::Entries(entries),
            (true, true) => ElementSetting::Deleted,
            (true, false) => ElementSetting::NotConfigured,
        }
    }
}

/// Returns what an element other than a list holds.
fn held<'a>(element: &PolicyElement<'a>, entry: Option<&PolEntry>, view: &View<'_>) -> ElementSetting<'a> {
    let is_deleted = entry.is_some_and(|entry| entry.effect == PolEffect::Delete);
    let data = entry.and_then(|entry| match &entry.effect {
        PolEffect::Set(data) => Some(data),
        _ => None,
    });
    let held = match element.kind() {
        ElementKind::Boolean { on, off } => boolean(element, entry, (on, off), view),
        ElementKind::Decimal { .. } => data.and_then(number_in).map(ElementSetting::Number),
        ElementKind::Text { .. } => data.and_then(text_in).map(ElementSetting::Text),
        ElementKind::MultiText { .. } => match data {
            Some(PolData::MultiText(lines)) => Some(ElementSetting::Lines(lines.clone())),
            Some(other) => text_in(other).map(|line| ElementSetting::Lines(vec![line])),
            None => None,
        },
        ElementKind::Enum => entry.and_then(|entry| chosen(element, entry, view)).map(ElementSetting::Choice),
        ElementKind::List { .. } => None,
    };
    held.unwrap_or(if is_deleted { ElementSetting::Deleted } else { ElementSetting::NotConfigured })
}

fn boolean<'a>(
    element: &PolicyElement<'a>,
    entry: Option<&PolEntry>,
    (on, off): (Option<Value<'a>>, Option<Value<'a>>),
    view: &View<'_>,
) -> Option<ElementSetting<'a>> {
    let is = |wanted: Option<Value<'_>>, default: Value<'_>, list_length: usize| match (wanted, list_length) {
        // A list alone says all there is to say.
        (None, 1..) => true,
        (wanted, _) => entry.is_some_and(|entry| is_value(entry, wanted.unwrap_or(default))),
    };
    let is_on = is(on, Value::Dword(1), element.on_list().len()) && view.has_all(element.on_list());
    let is_off = is(off, Value::Delete, element.off_list().len()) && view.has_all(element.off_list());
    match (is_on, is_off) {
        (true, _) => Some(ElementSetting::Boolean(true)),
        (false, true) if entry.is_some_and(|entry| entry.effect == PolEffect::Delete) => Some(ElementSetting::Deleted),
        (false, true) => Some(ElementSetting::Boolean(false)),
        (false, false) => None,
    }
}

/// Returns the choice whose value is there; one whose further values are there too comes first.
fn chosen<'a>(element: &PolicyElement<'a>, entry: &PolEntry, view: &View<'_>) -> Option<EnumOption<'a>> {
    let fits: Vec<EnumOption<'a>> = element.options().filter(|option| is_value(entry, option.value())).collect();
    fits.iter().find(|option| view.has_all(option.list())).or_else(|| fits.first()).copied()
}

/// Returns the entries in the key of a list that are its own.
fn list_entries<'v>(element: &PolicyElement<'_>, values: &'v PolValues) -> impl Iterator<Item = &'v PolEntry> {
    let prefix = match element.kind() {
        ElementKind::List { prefix, explicit: false, .. } => prefix.map(str::to_lowercase),
        _ => None,
    };
    values.in_key(element.key()).filter(move |entry| match (&entry.effect, &prefix) {
        (PolEffect::DeleteAll, _) => true,
        (PolEffect::Set(_) | PolEffect::Delete, None) => true,
        (PolEffect::Set(_) | PolEffect::Delete, Some(prefix)) => {
            let name = entry.name.to_lowercase();
            name.strip_prefix(prefix).is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        }
        (PolEffect::MakeKey | PolEffect::Other, _) => false,
    })
}

/// Returns the records that an element can be about.
fn element_records(element: &PolicyElement<'_>, values: &PolValues) -> Vec<usize> {
    if let ElementKind::List { .. } = element.kind() {
        return list_entries(element, values).map(|entry| entry.record).collect();
    }
    let own = values.find(element.key(), element.value_name()).map(|entry| entry.record);
    let lists = element.options().flat_map(|option| option.list()).chain(element.on_list()).chain(element.off_list());
    own.into_iter().chain(lists.filter_map(|item| item_record(&item, values))).collect()
}

fn item_record(item: &ListItem<'_>, values: &PolValues) -> Option<usize> {
    values.find(item.key, item.value_name).map(|entry| entry.record)
}

fn is_value(entry: &PolEntry, wanted: Value<'_>) -> bool {
    match (&entry.effect, wanted) {
        (PolEffect::Delete, Value::Delete) => true,
        (PolEffect::Set(PolData::Dword(number)), Value::Dword(wanted)) => *number == wanted,
        (PolEffect::Set(PolData::Qword(number)), Value::Qword(wanted)) => *number == wanted,
        (PolEffect::Set(PolData::Text(text) | PolData::ExpandText(text)), Value::Text(wanted)) => {
            text.eq_ignore_ascii_case(wanted)
        }
        _ => false,
    }
}

fn number_in(data: &PolData) -> Option<u64> {
    match data {
        PolData::Dword(number) => Some(u64::from(*number)),
        PolData::Qword(number) => Some(*number),
        PolData::Text(text) | PolData::ExpandText(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn text_in(data: &PolData) -> Option<String> {
    match data {
        PolData::Text(text) | PolData::ExpandText(text) => Some(text.clone()),
        PolData::Dword(number) => Some(number.to_string()),
        PolData::Qword(number) => Some(number.to_string()),
        _ => None,
    }
}
