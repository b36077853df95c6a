//! Which value wins: the settings of all GPOs that apply, put together extension by extension (`operations.md` 7.6).

use std::sync::Arc;

use serde::Serialize;

use crate::format::PolData;
use crate::gpm::SomType;
use crate::ident::Guid;
use crate::report::Side;

use super::{GpoId, HalfPolicy};

/// A half of a GPO that applies, at one place of the list.
#[derive(Clone, Debug)]
pub struct Layer<'a> {
    /// Its place in the order of application, counted from 1; the last wins. 0 where the target's list does not hold it
    /// (see [`MergeContext::domain_layers`]).
    pub order: usize,
    /// The GPO.
    pub gpo: &'a GpoId,
    /// What holds the link by which it applies.
    pub som_kind: SomType,
    /// What it sets.
    pub half: &'a HalfPolicy,
    /// The client-side extensions that a client calls for it: those registered in the directory, as far as the list is in order.
    pub extensions: &'a [Guid],
}

/// What merging depends on beside the layers.
#[derive(Clone, Debug, Default)]
pub struct MergeContext<'a> {
    /// The client-side extensions that do not run on this side.
    pub skipped: Vec<Guid>,
    /// Whether the computer is a domain controller.
    pub is_domain_controller: bool,
    /// What the domain of the computer takes the account policy of its domain accounts from: the GPOs linked to the domain itself that apply
    /// to domain controllers, in the order of application. Empty on the user side.
    pub domain_layers: Vec<Layer<'a>>,
}

/// The outcome of merging.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// The settings.
    pub resultant: Resultant,
    /// The extensions that fail as a whole, each with why, in words: none of their settings are applied.
    pub failures: Vec<(Guid, String)>,
}

/// Puts the settings of some halves together.
///
/// `layers` stand in the order of application. Of a GPO that applies at two places there are two.
pub fn merge(_side: Side, _layers: &[Layer<'_>], _context: &MergeContext<'_>) -> Merged {
    Merged::default()
}

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

impl Resultant {
    /// Returns a value of the registry that policy sets, below `HKLM` for the computer and `HKCU` for the user, and the place of the GPO
    /// that sets it in the order of application. Key and name are compared without case.
    pub fn registry_value(&self, _side: Side, _key: &str, _name: &str) -> Option<(usize, &PolData)> {
        None
    }
}
