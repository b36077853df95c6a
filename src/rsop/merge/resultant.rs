//! The outcome of merging, as values.

use std::sync::Arc;

use serde::Serialize;

use crate::format::PolData;
use crate::ident::Guid;
use crate::report::Side;

use super::key::Key;

/// The outcome of merging.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// The settings.
    pub resultant: Resultant,
    /// The extensions that fail as a whole, each with why, in words: none of their settings are applied.
    pub failures: Vec<(Guid, String)>,
}

/// The settings that come of several GPOs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Resultant {
    /// The settings, by extension in the order in which they run, and by key.
    pub settings: Vec<ResultantSetting>,
    /// What is not certain or not as it should be, in words.
    pub warnings: Vec<String>,
    /// The registry values that policy sets, with the place of the GPO.
    #[serde(skip)]
    pub(super) registry: Vec<(Key, usize, Arc<PolData>)>,
}

/// One setting with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResultantSetting {
    /// The client-side extension.
    pub cse: Guid,
    /// What it is, the same in every plan: `registry/hklm\software\policies\x!value`, `security/right/sedebugprivilege`. In lower case.
    pub key: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it comes to, for people; none where the outcome is that nothing is there, such as a deleted value.
    pub value: Option<Arc<str>>,
    /// Who set it, the winner first: positions in the list of GPOs that were merged. All count where settings are united.
    pub sources: Vec<SettingSource>,
    /// Whether what the sources set is put together rather than the last one winning.
    pub united: bool,
    /// What becomes of it on the client once no GPO sets it any more; none where that is not known.
    pub on_loss: Option<OnLoss>,
}

/// A GPO that sets something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingSource {
    /// Its place in the order of application, counted from 1; 0 where the target's list does not hold it.
    pub order: usize,
    /// What it sets, for people; none where it deletes.
    pub value: Option<Arc<str>>,
}

/// What becomes of a setting on the client once no GPO sets it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLoss {
    /// It is taken back.
    Undone,
    /// It stays.
    Stays,
}

impl Resultant {
    /// Returns a value of the registry that policy sets, below `HKLM` for the computer and `HKCU` for the user, and the place of the GPO
    /// that sets it in the order of application. Key and name are compared without case.
    pub fn registry_value(&self, side: Side, key: &str, name: &str) -> Option<(usize, &PolData)> {
        let wanted = super::registry::value_key(side, key, name);
        let found = self.registry.iter().find(|(key, _, _)| *key == wanted);
        found.map(|(_, order, data)| (*order, data.as_ref()))
    }

    /// Finds a setting by its key, which is compared without case.
    pub fn setting(&self, key: &str) -> Option<&ResultantSetting> {
        let key = key.to_lowercase();
        self.settings.iter().find(|setting| *setting.key == *key)
    }
}
