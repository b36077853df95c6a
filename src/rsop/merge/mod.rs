//! Which value wins: the settings of all GPOs that apply, put together extension by extension (`operations.md` 7.6).
//!
//! What a half sets is prepared once ([`HalfSettings::prepare`]): its `registry.pol` as instructions, the settings of every other extension
//! by key. [`merge`] then only compares keys. Which rule an extension follows stands in one table, `rules`, with its source; the
//! rules that need more than a key have a file each.

mod key;
mod resultant;
mod registry;
mod items;
mod rules;
mod prepared;
mod security;
mod keyed;
mod scripts;
mod software;
mod preferences;
mod preference_targets;
mod resolve;
mod cross;
mod report;
mod report_registry;
mod policy_names;

pub use prepared::HalfSettings;
pub use report::report;
pub use resultant::{Merged, OnLoss, Resultant, ResultantSetting, SettingSource};

use crate::gpm::SomType;
use crate::ident::Guid;
use crate::report::Side;

use super::extension_order::REGISTRY;
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
    /// Whether the computer is a Windows 7 or Windows Server 2008 R2, on which the last global audit list stands alone.
    pub is_old_system: bool,
}

/// What merging has come to so far.
#[derive(Default)]
struct Collected {
    resultant: Resultant,
    failures: Vec<(Guid, String)>,
    /// Values of the registry that other extensions write after policy, in the order in which they do.
    overwrites: Vec<resolve::Overwrite>,
}

impl Collected {
    fn warn(&mut self, warning: String) {
        if !self.resultant.warnings.contains(&warning) {
            self.resultant.warnings.push(warning);
        }
    }

    /// Notes that an extension fails as a whole; the first cause counts.
    fn fail(&mut self, cse: Guid, why: String) {
        if !self.has_failed(cse) {
            self.failures.push((cse, why));
        }
    }

    fn has_failed(&self, cse: Guid) -> bool {
        self.failures.iter().any(|(failed, _)| *failed == cse)
    }
}

/// Puts the settings of some halves together.
///
/// `layers` stand in the order of application. Of a GPO that applies at two places there are two.
pub fn merge(side: Side, layers: &[Layer<'_>], context: &MergeContext<'_>) -> Merged {
    let mut collected = Collected::default();
    registry::merge(&layers_of(layers, REGISTRY, context), &mut collected);
    collected.resultant.settings.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let power_shell_first = scripts::power_shell_first(side, &collected.resultant);
    let conditions = resolve::Conditions { context, power_shell_first };
    for (extension, rule) in rules::all() {
        let parts = resolve::parts(
            extension,
            rule,
            layers,
            context,
            |layer| layer.half.settings.part(extension),
            &mut collected,
        );
        let first = collected.resultant.settings.len();
        for outcome in resolve::outcomes(&parts, &conditions) {
            outcome.collect(extension.cse, &parts, &mut collected);
        }
        let own = collected.resultant.settings.get_mut(first..).unwrap_or_default();
        own.sort_by(|one, other| one.key.cmp(&other.key));
    }
    cross::settle(side, &mut collected);
    let Collected { resultant, failures, .. } = collected;
    Merged { resultant, failures }
}

/// Returns the layers that an extension is called for, in the order of application.
fn layers_of<'a, 'b>(layers: &'b [Layer<'a>], cse: Guid, context: &MergeContext<'_>) -> Vec<&'b Layer<'a>> {
    let runs = !context.skipped.contains(&cse);
    layers.iter().filter(|layer| runs && layer.extensions.contains(&cse)).collect()
}

#[cfg(test)]
mod tests;
