//! The values of `registry.pol` below one key, by subkey: where several kinds of settings live that are no policies of a template.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::format::{PolData, PolRecord};

use super::Source;

/// A key with the values set in it.
#[derive(Debug)]
pub(super) struct RegistryKey<'a> {
    /// Path below the key that was asked for, as first spelled; empty for that key itself.
    pub(super) path: String,
    /// The values, in the order in which they first stand in the file; of several records for one value the last counts.
    pub(super) values: Vec<RegistryValue<'a>>,
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub(super) struct RegistryValue<'a> {
    record: &'a PolRecord,
}

/// Returns the keys at and below a key (backslashes between names, no case) in the order of the file; none where the file does not mention any.
/// A key that is only made has no values. Commands (`**del.` …) are passed over.
pub(super) fn keys_below<'a>(source: &Source<'a>, base: &str) -> Option<Vec<RegistryKey<'a>>> {
    let (pol, _) = source.half.registry()?;
    let mut keys: Vec<RegistryKey<'a>> = Vec::new();
    let mut index = HashMap::new();
    let mut places: HashMap<(usize, String), usize> = HashMap::new();
    for record in &pol.records {
        let key = record.key.to_string();
        let Some(path) = path_below(&key, base) else { continue };
        let at = *index.entry(path.to_lowercase()).or_insert_with(|| {
            keys.push(RegistryKey { path: path.to_owned(), values: Vec::new() });
            keys.len() - 1
        });
        if record.is_create_key() || record.command().is_some() {
            continue;
        }
        let values = &mut keys[at].values;
        match places.entry((at, record.value.to_string().to_lowercase())) {
            Entry::Occupied(place) => values[*place.get()].record = record,
            Entry::Vacant(place) => {
                place.insert(values.len());
                values.push(RegistryValue { record });
            }
        }
    }
    (!keys.is_empty()).then_some(keys)
}

/// Returns what of a key's path lies below another key; none where it lies elsewhere.
pub(super) fn path_below<'a>(key: &'a str, base: &str) -> Option<&'a str> {
    let start = key.get(..base.len())?;
    if !start.eq_ignore_ascii_case(base) {
        return None;
    }
    let rest = &key[base.len()..];
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('\\') }
}

/// Tells whether a key, in lower case, is another or lies below it.
pub(super) fn is_within(key: &str, base: &str) -> bool {
    path_below(key, base).is_some()
}

impl<'a> RegistryKey<'a> {
    /// Finds a value by its name, compared without case.
    pub(super) fn value(&self, name: &str) -> Option<RegistryValue<'a>> {
        self.values.iter().copied().find(|value| value.record.value.is(name))
    }

    /// Returns a value that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.number()
    }

    /// Returns a value that is text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.text()
    }

    /// Returns a value that is a list of texts, or one text.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        match self.value(name).map(|value| value.record.data()) {
            Some(PolData::MultiText(texts)) => texts,
            Some(PolData::Text(text) | PolData::ExpandText(text)) if !text.is_empty() => vec![text],
            _ => Vec::new(),
        }
    }

    /// Returns the path's names from the key that was asked for down.
    pub(super) fn names(&self) -> Vec<&str> {
        self.path.split('\\').filter(|name| !name.is_empty()).collect()
    }
}

impl<'a> RegistryValue<'a> {
    /// Returns its name.
    pub(super) fn name(&self) -> String {
        self.record.value.to_string()
    }

    /// Returns the bytes as stored.
    pub(super) fn bytes(&self) -> &'a [u8] {
        &self.record.data
    }

    /// Returns the number, of 32 bits or 64 that fit.
    pub(super) fn number(&self) -> Option<u32> {
        match self.record.data() {
            PolData::Dword(number) => Some(number),
            PolData::Qword(number) => number.try_into().ok(),
            PolData::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Returns a number of 64 bits.
    pub(super) fn long_number(&self) -> Option<u64> {
        match self.record.data() {
            PolData::Dword(number) => Some(number.into()),
            PolData::Qword(number) => Some(number),
            PolData::Raw(bytes) => bytes.as_array().map(|eight| u64::from_le_bytes(*eight)),
            _ => None,
        }
    }

    /// Returns the text.
    pub(super) fn text(&self) -> Option<String> {
        match self.record.data() {
            PolData::Text(text) | PolData::ExpandText(text) => Some(text),
            _ => None,
        }
    }

    /// Returns any data as text: numbers in decimal, lists with semicolons, bytes in hexadecimal.
    pub(super) fn shown(&self) -> String {
        match self.record.data() {
            PolData::Text(text) | PolData::ExpandText(text) => text,
            PolData::MultiText(texts) => texts.join("; "),
            PolData::Dword(number) => number.to_string(),
            PolData::Qword(number) => number.to_string(),
            PolData::Raw(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        }
    }
}
