//! All that a forest holds, as text that two states are compared by.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use opengpmc::ident::{Dn, DnsName, Guid};
use opengpmc::store::{Filter, ForestStore, Scope, SdParts, SearchRequest, StoreErrorKind, Sysvol, SysvolPath};

/// What stands where: attributes of objects, files, descriptors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(BTreeMap<String, String>);

/// What differs from one moment to the next though nothing was changed, or is made by the server.
const PASSING: [&str; 11] = [
    "usncreated",
    "usnchanged",
    "whencreated",
    "whenchanged",
    "objectguid",
    "replpropertymetadata",
    "dscorepropagationdata",
    "instancetype",
    "name",
    "distinguishedname",
    "objectcategory",
];

impl State {
    /// Reads the objects below a DN and the files below a folder.
    pub async fn read(store: &dyn ForestStore, domain: &DnsName, below: &Dn, folder: &SysvolPath) -> State {
        let mut state = State::default();
        state.read_objects(store, domain, below).await;
        let sysvol = store.sysvol(domain).await.unwrap();
        state.read_files(&*sysvol, folder).await;
        state
    }

    /// Reads the GPOs of a domain and what links them.
    pub async fn of_domain(store: &dyn ForestStore, domain: &DnsName) -> State {
        State::read(store, domain, &domain.to_domain_dn(), &SysvolPath::root()).await
    }

    async fn read_objects(&mut self, store: &dyn ForestStore, domain: &DnsName, below: &Dn) {
        let directory = store.domain_directory(domain).await.unwrap();
        let request = SearchRequest {
            base: below.clone(),
            scope: Scope::Subtree,
            filter: Filter::any_object(),
            attributes: vec!["*".to_owned(), "nTSecurityDescriptor".to_owned()],
            sd_parts: Some(SdParts::READABLE),
        };
        for entry in directory.search(&request).await.unwrap() {
            for attribute in entry.attributes {
                let name = attribute.name.to_lowercase();
                if PASSING.contains(&name.as_str()) {
                    continue;
                }
                let mut values: Vec<String> = attribute.values.iter().map(|value| shown(value)).collect();
                values.sort();
                self.0.insert(format!("{} {name}", entry.dn.as_str().to_lowercase()), values.join(" | "));
            }
        }
    }

    async fn read_files(&mut self, sysvol: &dyn Sysvol, folder: &SysvolPath) {
        let mut waiting = vec![folder.clone()];
        while let Some(folder) = waiting.pop() {
            let entries = match sysvol.list(&folder).await {
                Err(error) if error.kind == StoreErrorKind::NotFound => continue,
                entries => entries.unwrap(),
            };
            for entry in entries {
                let path = folder.join(&entry.name).unwrap();
                let content = if entry.is_folder {
                    waiting.push(path.clone());
                    "folder".to_owned()
                } else {
                    shown(&sysvol.read(&path).await.unwrap())
                };
                self.0.insert(path.to_string(), content);
                if sysvol.has_security() {
                    let descriptor = sysvol.security(&path, SdParts::READABLE).await.unwrap();
                    self.0.insert(format!("{path} security"), shown(&descriptor));
                }
            }
        }
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

    /// Returns it with one name for each GUID that another state does not speak of: two runs give a new thing two GUIDs.
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
            state.insert(alike(name), alike(value));
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
