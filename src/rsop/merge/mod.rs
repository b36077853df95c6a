//! Which value wins: the settings of all GPOs that apply, put together extension by extension (`operations.md` 7.6).

use std::sync::Arc;

use serde::Serialize;

use crate::ident::Guid;

/// The settings of one half of a GPO, prepared for merging.
#[derive(Clone, Debug, Default)]
pub struct HalfSettings {}

/// The settings that come of several GPOs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Resultant {
    /// The settings, by extension and key.
    pub settings: Vec<ResultantSetting>,
    /// What is not certain or not as it should be, in words.
    pub warnings: Vec<String>,
}

/// One setting with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResultantSetting {
    /// The client-side extension.
    pub cse: Guid,
    /// What it is, the same in every plan: `registry/hklm\software\policies\x!value`, `security/right/sedebugprivilege`. In lower case.
    pub key: Arc<str>,
    /// Its name for people.
    pub name: String,
    /// What it comes to, for people; none where the outcome is that nothing is there, such as a deleted value.
    pub value: Option<Arc<str>>,
    /// Who set it, the winner first: positions in the list of GPOs that were merged. All count where settings are united.
    pub sources: Vec<SettingSource>,
    /// Whether what the sources set is put together rather than the last one winning.
    pub united: bool,
}

/// A GPO that sets something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingSource {
    /// Its place in the order of application, counted from 1.
    pub order: usize,
    /// What it sets, for people; none where it deletes.
    pub value: Option<Arc<str>>,
}
