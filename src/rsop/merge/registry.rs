//! Registry values: what the `registry.pol` files of several GPOs come to ([MS-GPREG] 3.2.5.1.2).
//!
//! Every file is a list of instructions, and a client carries them out one after the other, GPO after GPO. So do we, on values that are
//! not there yet: what the client holds of its own is not known. An unreadable file ends the extension for the whole side; a damaged one
//! is skipped alone.

use std::sync::Arc;

use crate::extension::HalfContents;
use crate::format::{PolCommand, PolData, PolRecord};
use crate::report::Side;
use crate::rsop::extension_order::REGISTRY;

use super::key::{Key, KeyMap};
use super::resultant::{OnLoss, Resultant, ResultantSetting, SettingSource};
use super::{Collected, Layer};

/// The `registry.pol` of a half.
#[derive(Debug, Default)]
pub(super) struct RegistryPart {
    /// What it says; none of it where the file is skipped.
    operations: Vec<Operation>,
    /// What is wrong with it.
    damage: Option<Damage>,
    /// Whether something is done to all values of a key.
    is_wide: bool,
    /// Oddities that clients take all the same, in words.
    notes: Vec<String>,
}

/// Why a file does not count.
#[derive(Debug)]
enum Damage {
    /// It could not be read at all.
    Unreadable(String),
    /// It is no such file, or broken in the middle.
    Broken(String),
}

/// One instruction.
#[derive(Debug)]
struct Operation {
    /// The key of the registry that it is about.
    path: Key,
    /// The setting that it is about.
    setting: Key,
    /// Its name for people.
    name: Arc<str>,
    /// Where in the name that of the value begins.
    value_at: usize,
    effect: Effect,
    /// The record in the file.
    record: usize,
}

/// What an instruction does.
#[derive(Clone, Debug)]
enum Effect {
    Set { data: Arc<PolData>, shown: Arc<str> },
    SetIfMissing { data: Arc<PolData>, shown: Arc<str> },
    Delete,
    DeleteAllValues,
    DeleteKey,
    MakeKey,
    SecureKey { shown: Arc<str> },
}

/// Where a value of the resulting registry comes from.
pub(super) struct Written {
    /// The layer, counted from 0.
    pub layer: usize,
    /// The record in its file.
    pub record: usize,
    /// What the record has come to.
    pub outcome: WrittenOutcome,
}

/// What is left of an instruction.
pub(super) enum WrittenOutcome {
    /// It counts as it stands.
    Whole,
    /// It deletes this value, by its name.
    Deletes(String),
    /// It sets this value, by its name, where it is missing.
    SetsMissing(String),
}

/// Returns what the key of a registry value's setting is.
pub(super) fn value_key(side: Side, key: &str, name: &str) -> Key {
    Key::new(&format!("{}!{name}", key_text(side, key)))
}

/// Returns key and value behind the hive, `software\policies\x!value`, of the key of a setting; none of one that is about a key.
pub(super) fn below_hive(side: Side, setting: &str) -> Option<&str> {
    let (start, rest) = setting.split_at_checked(key_text(side, "").len())?;
    start.eq_ignore_ascii_case(&key_text(side, "")).then_some(rest)
}

fn key_text(side: Side, key: &str) -> String {
    format!(r"registry/{}\{key}", hive(side))
}

fn hive(side: Side) -> &'static str {
    match side {
        Side::Computer => "HKLM",
        Side::User => "HKCU",
    }
}

/// Returns data for people: numbers in decimal, lists with semicolons, bytes in hexadecimal, the type behind all but plain text.
pub(super) fn shown(data: &PolData) -> String {
    match data {
        PolData::Text(text) => text.clone(),
        PolData::ExpandText(text) => format!("{text} (REG_EXPAND_SZ)"),
        PolData::MultiText(texts) => format!("{} (REG_MULTI_SZ)", texts.join("; ")),
        PolData::Dword(number) => format!("{number} (REG_DWORD)"),
        PolData::Qword(number) => format!("{number} (REG_QWORD)"),
        PolData::Raw(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("{digits} (REG_BINARY)")
        }
    }
}

/// What stands behind a key where all its values are deleted.
const CLEARED: &str = "!**delvals";

/// Below these keys, policy takes its values back; elsewhere they stay on the client.
const TAKEN_BACK: [&str; 2] = [r"software\policies", r"software\microsoft\windows\currentversion\policies"];

fn on_loss(path: &str) -> OnLoss {
    let below_hive = path.split_once('\\').map_or("", |(_, rest)| rest);
    let is_taken_back = TAKEN_BACK
        .iter()
        .any(|base| below_hive.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('\\')));
    if is_taken_back { OnLoss::Undone } else { OnLoss::Stays }
}

impl RegistryPart {
    /// Tells whether the file does not count.
    pub fn is_damaged(&self) -> bool {
        self.damage.is_some()
    }

    /// Prepares the file of a half.
    pub fn prepare(side: Side, half: &HalfContents) -> Self {
        let mut part = RegistryPart::default();
        let Some(file) = half.file("registry.pol") else { return part };
        if let Err(reason) = file.whole() {
            part.damage = Some(Damage::Unreadable(reason));
            return part;
        }
        let Some((pol, errors)) = half.registry() else { return part };
        if let Some(error) = errors.first() {
            part.damage = Some(Damage::Broken(error.to_string()));
            return part;
        }
        let mut keys = Keys { side, last: None };
        for (position, record) in pol.records.iter().enumerate() {
            part.push(&mut keys, position, record);
        }
        part
    }

    fn push(&mut self, keys: &mut Keys, record: usize, content: &PolRecord) {
        let key = content.key.to_string();
        let path = keys.path(&key);
        let mut add = |about: About<'_>, effect: Effect| {
            self.operations.push(about.operation(keys.side, &key, path.clone(), effect, record));
        };
        match content.command() {
            None if content.is_create_key() => add(About::Key, Effect::MakeKey),
            None => {
                let data = content.data();
                let shown = shown(&data).into();
                add(About::Value(&content.value.to_string()), Effect::Set { data: Arc::new(data), shown });
            }
            Some(PolCommand::SetIfMissing(name)) => {
                let data = content.data();
                let shown = shown(&data).into();
                add(About::Value(&name), Effect::SetIfMissing { data: Arc::new(data), shown });
            }
            Some(PolCommand::DeleteValue(name)) => add(About::Value(&name), Effect::Delete),
            Some(PolCommand::DeleteValues(names)) => {
                names.iter().for_each(|name| add(About::Value(name), Effect::Delete));
            }
            Some(PolCommand::DeleteAllValues) => {
                add(About::AllValues, Effect::DeleteAllValues);
                self.is_wide = true;
            }
            Some(PolCommand::DeleteKeys(names)) => {
                self.is_wide = true;
                for name in names {
                    let below = format!(r"{key}\{name}");
                    if name.contains('\\') {
                        let hive = hive(keys.side);
                        self.notes.push(format!(
                            r"`**DeleteKeys` of `{hive}\{key}` names a path, `{name}`; clients are taken to delete it."
                        ));
                    }
                    let path = Key::new(&key_text(keys.side, &below));
                    self.operations.push(About::Key.operation(keys.side, &below, path, Effect::DeleteKey, record));
                }
            }
            Some(PolCommand::SecureKey(is_restricted)) => {
                let shown = if is_restricted { "Restricted to administrators" } else { "Not restricted" };
                add(About::Permissions, Effect::SecureKey { shown: shown.into() });
            }
            Some(PolCommand::Comment(_) | PolCommand::Unknown(_)) => {}
        }
    }
}

/// Gives records of the same key the same key.
struct Keys {
    side: Side,
    last: Option<(String, Key)>,
}

impl Keys {
    fn path(&mut self, key: &str) -> Key {
        if let Some((_, path)) = self.last.as_ref().filter(|(last, _)| last == key) {
            return path.clone();
        }
        let path = Key::new(&key_text(self.side, key));
        self.last = Some((key.to_owned(), path.clone()));
        path
    }
}

/// What an instruction is about.
enum About<'a> {
    Key,
    AllValues,
    Permissions,
    Value(&'a str),
}

impl About<'_> {
    /// Returns the instruction with the key of its setting and the name for people.
    fn operation(&self, side: Side, key: &str, path: Key, effect: Effect, record: usize) -> Operation {
        let hive = hive(side);
        let (setting, name, value) = match self {
            About::Key => (path.clone(), format!(r"{hive}\{key}"), ""),
            About::AllValues => {
                (Key::new(&format!("{}{CLEARED}", path.text())), format!(r"{hive}\{key}: all values"), "")
            }
            About::Permissions => {
                (Key::new(&format!("{}!**securekey", path.text())), format!(r"{hive}\{key}: permissions"), "")
            }
            About::Value("") => (Key::new(&format!("{}!", path.text())), format!(r"{hive}\{key}\(Default)"), ""),
            About::Value(name) => {
                (Key::new(&format!("{}!{name}", path.text())), format!(r"{hive}\{key}\{name}"), *name)
            }
        };
        let value_at = name.len() - value.len();
        Operation { path, setting, name: name.into(), value_at, effect, record }
    }
}

impl Operation {
    /// Returns the name of the value that it is about, as it was written; empty for the default value and for keys.
    fn value_name(&self) -> &str {
        self.name.get(self.value_at..).unwrap_or_default()
    }

    /// Tells whether it is about all there is in a key.
    fn is_wide(&self) -> bool {
        matches!(self.effect, Effect::DeleteAllValues | Effect::DeleteKey)
    }
}

/// The registry while GPO after GPO is carried out.
#[derive(Default)]
struct Registry<'a> {
    entries: Vec<Entry<'a>>,
    places: KeyMap<&'a Key, usize>,
    /// Of each key the entries in it; only where something is done to all values of a key.
    in_key: KeyMap<&'a Key, Vec<usize>>,
    is_wide: bool,
}

struct Entry<'a> {
    operation: &'a Operation,
    /// What decides now.
    state: State<'a>,
    /// Who set it, in the order of application, each layer once, with what it sets.
    sources: Vec<(usize, Option<&'a Arc<str>>)>,
}

/// What an entry holds.
#[derive(Clone, Copy)]
enum State<'a> {
    Set { layer: usize, operation: &'a Operation, data: Option<&'a Arc<PolData>>, shown: &'a Arc<str> },
    Made { layer: usize, operation: &'a Operation },
    Deleted { layer: usize, operation: &'a Operation },
}

impl<'a> Registry<'a> {
    fn of(layers: &[&Layer<'a>]) -> Self {
        let parts = || layers.iter().map(|layer| &layer.half.settings.registry);
        let count = parts().map(|part| part.operations.len()).sum();
        let mut registry = Registry { is_wide: parts().any(|part| part.is_wide), ..Registry::default() };
        registry.entries.reserve(count);
        registry.places.reserve(count);
        for (layer, part) in parts().enumerate() {
            for operation in &part.operations {
                registry.carry_out(layer, operation);
            }
        }
        registry
    }

    fn carry_out(&mut self, layer: usize, operation: &'a Operation) {
        match &operation.effect {
            Effect::Set { data, shown } => {
                self.set(layer, operation, State::Set { layer, operation, data: Some(data), shown });
            }
            Effect::SetIfMissing { data, shown } => {
                let known = self.places.get(&operation.setting).map(|&place| &mut self.entries[place]);
                match known {
                    // It stays; who would have set it is told as one that does not win.
                    Some(entry) if matches!(entry.state, State::Set { .. }) => {
                        let last = entry.sources.len().saturating_sub(1);
                        if !entry.sources.iter().any(|(known, _)| *known == layer) {
                            entry.sources.insert(last, (layer, Some(shown)));
                        }
                    }
                    _ => self.set(layer, operation, State::Set { layer, operation, data: Some(data), shown }),
                }
            }
            Effect::SecureKey { shown } => {
                self.set(layer, operation, State::Set { layer, operation, data: None, shown });
            }
            Effect::Delete => self.set(layer, operation, State::Deleted { layer, operation }),
            Effect::MakeKey => self.set(layer, operation, State::Made { layer, operation }),
            Effect::DeleteAllValues => {
                for place in self.in_key.get(&operation.path).cloned().unwrap_or_default() {
                    if self.entries[place].operation.effect.is_of_value() {
                        self.entries[place].put(layer, State::Deleted { layer, operation });
                    }
                }
                self.set(layer, operation, State::Deleted { layer, operation });
            }
            Effect::DeleteKey => {
                let within = |entry: &&mut Entry<'a>| entry.operation.path.is_within(&operation.path);
                for entry in self.entries.iter_mut().filter(within) {
                    entry.put(layer, State::Deleted { layer, operation });
                }
                self.set(layer, operation, State::Deleted { layer, operation });
            }
        }
    }

    fn set(&mut self, layer: usize, operation: &'a Operation, state: State<'a>) {
        let next = self.entries.len();
        let place = *self.places.entry(&operation.setting).or_insert(next);
        match self.entries.get_mut(place) {
            Some(entry) => entry.put(layer, state),
            None => {
                let sources = vec![(layer, state.shown())];
                self.entries.push(Entry { operation, state, sources });
                if self.is_wide {
                    self.in_key.entry(&operation.path).or_default().push(place);
                }
            }
        }
    }
}

impl<'a> Entry<'a> {
    fn put(&mut self, layer: usize, state: State<'a>) {
        self.state = state;
        match self.sources.last_mut().filter(|(last, _)| *last == layer) {
            Some(last) => last.1 = state.shown(),
            None => self.sources.push((layer, state.shown())),
        }
    }
}

impl<'a> State<'a> {
    fn shown(&self) -> Option<&'a Arc<str>> {
        match self {
            State::Set { shown, .. } => Some(shown),
            State::Made { .. } | State::Deleted { .. } => None,
        }
    }
}

impl Effect {
    fn is_of_value(&self) -> bool {
        matches!(self, Effect::Set { .. } | Effect::SetIfMissing { .. } | Effect::Delete)
    }
}

/// Merges the files of the layers that register the extension.
pub(super) fn merge(layers: &[&Layer<'_>], collected: &mut Collected) {
    for layer in layers {
        let name = &layer.gpo.name;
        let part = &layer.half.settings.registry;
        match &part.damage {
            Some(Damage::Unreadable(reason)) => {
                collected.fail(REGISTRY, format!("registry.pol of `{name}` cannot be read: {reason}"));
            }
            Some(Damage::Broken(reason)) => {
                collected.warn(format!("registry.pol of `{name}` is broken, so clients skip it: {reason}"));
            }
            None => {}
        }
        part.notes.iter().for_each(|note| collected.warn(format!("`{name}`: {note}")));
    }
    if collected.has_failed(REGISTRY) {
        return;
    }
    let registry = Registry::of(layers);
    let Resultant { settings, registry: values, .. } = &mut collected.resultant;
    settings.reserve(registry.entries.len());
    values.reserve(registry.entries.len());
    for entry in &registry.entries {
        let source = |&(layer, value): &(usize, Option<&Arc<str>>)| SettingSource {
            order: layers[layer].order,
            value: value.cloned(),
        };
        if let State::Set { layer, data: Some(data), .. } = entry.state {
            values.push((entry.operation.setting.clone(), layers[layer].order, data.clone()));
        }
        settings.push(ResultantSetting {
            cse: REGISTRY,
            key: entry.operation.setting.text().clone(),
            name: entry.operation.name.clone(),
            value: entry.state.shown().cloned(),
            sources: entry.sources.iter().rev().map(source).collect(),
            united: false,
            on_loss: Some(on_loss(entry.operation.path.text())),
        });
    }
    warn_of_numbered_lists(layers, &registry, collected);
}

/// Warns where lists whose entries are numbered come from several GPOs: nothing tells their entries apart, so they overwrite each other.
fn warn_of_numbered_lists(layers: &[&Layer<'_>], registry: &Registry<'_>, collected: &mut Collected) {
    let mut told: Option<&Key> = None;
    for entry in &registry.entries {
        let [.., (before, Some(lost)), (layer, Some(won))] = entry.sources[..] else { continue };
        let is_numbered = || {
            let name = entry.operation.value_name();
            !name.is_empty() && name.chars().all(|character| character.is_ascii_digit())
        };
        // A list that clears its key first means to replace the other.
        let replaces = || {
            let cleared = Key::new(&format!("{}{CLEARED}", entry.operation.path.text()));
            let cleared = registry.places.get(&cleared).map(|&place| &registry.entries[place].sources);
            cleared.is_some_and(|sources| sources.iter().any(|(clears, _)| *clears == layer))
        };
        if lost == won || told == Some(&entry.operation.path) || !is_numbered() || replaces() {
            continue;
        }
        told = Some(&entry.operation.path);
        let key = entry.operation.name.rsplit_once('\\').map_or("", |(key, _)| key);
        collected.warn(format!(
            "`{key}`: the entries of this list are numbered, so those of `{}` overwrite those of `{}` one by one.",
            layers[layer].gpo.name, layers[before].gpo.name
        ));
    }
}

/// Returns what a `registry.pol` that holds the outcome alone would consist of: what clears keys first, then what fills them.
pub(super) fn written(layers: &[&Layer<'_>]) -> Vec<Written> {
    let registry = Registry::of(layers);
    let (mut clearing, mut filling) = (Vec::new(), Vec::new());
    for entry in &registry.entries {
        let name = || entry.operation.value_name().to_owned();
        let add = |layer: usize, operation: &Operation, outcome| Written { layer, record: operation.record, outcome };
        match entry.state {
            State::Set { layer, operation, .. } if matches!(operation.effect, Effect::SetIfMissing { .. }) => {
                filling.push(add(layer, operation, WrittenOutcome::SetsMissing(name())));
            }
            State::Set { layer, operation, .. } | State::Made { layer, operation } => {
                filling.push(add(layer, operation, WrittenOutcome::Whole));
            }
            State::Deleted { layer, operation } if operation.is_wide() => {
                // What was deleted with its key needs no word of its own, but the key does.
                if !entry.operation.effect.is_of_value() {
                    clearing.push(add(layer, operation, WrittenOutcome::Whole));
                }
            }
            State::Deleted { layer, operation } => filling.push(add(layer, operation, WrittenOutcome::Deletes(name()))),
        }
    }
    clearing.append(&mut filling);
    clearing
}
