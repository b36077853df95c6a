//! What an operation may change, as text that two states are compared by.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use opengpmc::ident::{Dn, DnsName, Guid};
use opengpmc::store::{Directory, ForestStore, Sysvol, SysvolPath};

use super::gpo_state::GpoState;

/// What stands where: attributes of objects, files, descriptors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(BTreeMap<String, String>);

impl State {
    /// Reads both halves of a GPO; nothing where there is none.
    pub async fn of_gpo(store: &Arc<dyn ForestStore>, domain: &DnsName, id: Guid) -> State {
        State::of_state(GpoState::read(store, domain, id).await, &id.to_string())
    }

    /// Reads the files below a folder of a SYSVOL.
    pub async fn of_sysvol(sysvol: &dyn Sysvol, folder: &SysvolPath) -> State {
        State::of_state(GpoState::of_folder(sysvol, folder.clone()).await, "")
    }

    /// Reads an object of a directory and what is below it.
    pub async fn of_directory(directory: &dyn Directory, base: &Dn) -> State {
        State::of_state(GpoState::of_directory(directory, base).await, "")
    }

    fn of_state(gpo: GpoState, name: &str) -> State {
        let mut state = BTreeMap::new();
        for (dn, attributes) in gpo.objects {
            for (attribute, values) in attributes {
                let values: Vec<String> = values.iter().map(|value| shown(value)).collect();
                state.insert(format!("{dn} {attribute}"), values.join(" | "));
            }
        }
        for (path, content) in gpo.files {
            state.insert(format!("{name}{path}"), content.map_or_else(|| "folder".to_owned(), |bytes| shown(&bytes)));
        }
        for (path, access) in gpo.access {
            state.insert(format!("{name}{path} access"), access);
        }
        State(state)
    }

    /// Reads the files below a folder of this machine.
    pub fn of_folder(folder: &Path) -> State {
        let mut state = State::default();
        let mut waiting = vec![folder.to_owned()];
        while let Some(place) = waiting.pop() {
            for entry in std::fs::read_dir(place).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                if path.is_dir() {
                    state.0.insert(name, "folder".to_owned());
                    waiting.push(path);
                } else {
                    state.0.insert(name, shown(&std::fs::read(path).unwrap()));
                }
            }
        }
        state
    }

    /// Returns a state in which these things are there.
    pub fn of_names(names: &[String]) -> State {
        State(names.iter().map(|name| (name.clone(), String::new())).collect())
    }

    /// Returns the two as one.
    pub fn with(mut self, other: State) -> State {
        self.0.extend(other.0);
        self
    }

    /// Returns the names of all that is there.
    pub fn names(&self) -> BTreeSet<String> {
        self.0.keys().cloned().collect()
    }

    /// Returns it with one name for each GUID that another state does not speak of, and for each point in time: two runs give a new thing two
    /// GUIDs and two times.
    pub fn with_new_guids_alike(&self, old: &State) -> State {
        let known = old.0.iter().flat_map(|(name, value)| guids(name).into_iter().chain(guids(value)));
        let known: BTreeSet<String> = known.collect();
        let mut state = BTreeMap::new();
        for (name, value) in &self.0 {
            let alike = |text: &str| {
                let new = guids(text).into_iter().filter(|guid| !known.contains(guid));
                new.fold(text.to_owned(), |text, guid| {
                    text.replace(&guid, "{new}").replace(&guid.to_lowercase(), "{new}")
                })
            };
            let is_file_of_bytes = value.len() > 10_000;
            let value = if is_file_of_bytes { value.clone() } else { without_times(value, old.0.get(name)) };
            state.insert(alike(name), alike(&value));
        }
        State(state)
    }

    /// Returns what differs, a line for each.
    pub fn differences(&self, other: &State) -> Vec<String> {
        let names: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let show = |state: &State, name: &str| state.0.get(name).map_or("nothing".to_owned(), |text| cut(text));
        let differing = names.into_iter().filter(|name| self.0.get(*name) != other.0.get(*name));
        differing.map(|name| format!("{name}: {} / {}", show(self, name), show(other, name))).collect()
    }
}

/// Returns the text with one word for each point in time that another text does not have: `2026-03-01T12:00:00` or `20260301120000.000000-000`.
fn without_times(text: &str, known: Option<&String>) -> String {
    const FORMS: [&[u8]; 2] = [b"dddd-dd-ddTdd:dd:dd", b"dddddddddddddd.dddddd"];
    let fits = |bytes: &[u8], form: &[u8]| {
        bytes.len() >= form.len()
            && form
                .iter()
                .zip(bytes)
                .all(|(form, byte)| if *form == b'd' { byte.is_ascii_digit() } else { form == byte })
    };
    let (mut result, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let form = FORMS.iter().find(|form| fits(rest.as_bytes(), form));
        let length = form.map_or(first.len_utf8(), |form| form.len());
        let is_new = form.is_some() && !known.is_some_and(|known| known.contains(&rest[..length]));
        result.push_str(if is_new { "{time}" } else { &rest[..length] });
        rest = &rest[length..];
    }
    result
}

fn cut(text: &str) -> String {
    if text.chars().count() > 160 {
        format!("{}… ({})", text.chars().take(160).collect::<String>(), text.len())
    } else {
        text.to_owned()
    }
}

/// Returns text as it is, and other bytes in hexadecimal digits.
fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text.to_owned(),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// Returns the GUIDs a text speaks of, in capital letters.
fn guids(text: &str) -> Vec<String> {
    let starts = text.match_indices('{').map(|(start, _)| start);
    let found = starts.filter_map(|start| text.get(start..start + 38)).filter(|guid| guid.parse::<Guid>().is_ok());
    found.map(str::to_uppercase).collect()
}
