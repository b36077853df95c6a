//! Where extensions get in each other's way: two write the same value of the registry, or two kinds of auditing are set.

use std::sync::Arc;

use crate::report::Side;
use crate::rsop::extension_order::REGISTRY;

use super::Collected;
use super::registry::value_key;
use super::resolve::Overwrite;
use super::resultant::{ResultantSetting, SettingSource};

/// Where Windows looks whether categories of auditing are passed over for subcategories ([MS-GPSB] 3.2.5.6).
const LSA: &str = r"System\CurrentControlSet\Control\Lsa";
const ONLY_SUBCATEGORIES: &str = "SCENoApplyLegacyAuditPolicy";
const ON: &str = "1 (REG_DWORD)";

/// Settles them. The settings of the registry stand first, sorted by key.
pub(super) fn settle(side: Side, collected: &mut Collected) {
    let overwrites = std::mem::take(&mut collected.overwrites);
    for overwrite in &overwrites {
        apply(overwrite, collected);
    }
    settle_auditing(side, &overwrites, collected);
}

/// Finds a value of the registry.
fn find<'a>(settings: &'a mut [ResultantSetting], key: &str) -> Option<&'a mut ResultantSetting> {
    let count = settings.partition_point(|setting| setting.cse == REGISTRY);
    let place = settings.get(..count)?.binary_search_by(|setting| (*setting.key).cmp(key)).ok()?;
    settings.get_mut(place)
}

/// The Registry extension runs before all others ([MS-GPOL] 3.2.5.1.10), so what they write stays.
fn apply(overwrite: &Overwrite, collected: &mut Collected) {
    let Overwrite { target, deletes, order, gpo } = overwrite;
    let Some(setting) = find(&mut collected.resultant.settings, target.key.text()) else { return };
    let value: Option<Arc<str>> = (!deletes).then(|| target.shown.clone());
    setting.value = value.clone();
    setting.sources.retain(|source| source.order != *order);
    setting.sources.insert(0, SettingSource { order: *order, value });
    let warning = format!(
        "{}: `{gpo}` writes this value by another extension than Registry, which runs later and so overwrites what policy set.",
        setting.name
    );
    collected.warn(warning);
}

fn settle_auditing(side: Side, overwrites: &[Overwrite], collected: &mut Collected) {
    let key = value_key(side, LSA, ONLY_SUBCATEGORIES);
    let settings = &mut collected.resultant.settings;
    if !settings.iter().any(|setting| setting.key.starts_with("security/audit/")) {
        return;
    }
    let by_policy = find(settings, key.text()).and_then(|setting| setting.value.clone());
    let by_others = || overwrites.iter().rev().find(|overwrite| overwrite.target.key == key && !overwrite.deletes);
    let value = by_policy.or_else(|| by_others().map(|overwrite| overwrite.target.shown.clone()));
    if value.as_deref() == Some(ON) {
        for setting in settings.iter_mut().filter(|setting| setting.key.starts_with("security/audit/")) {
            setting.value = None;
        }
        collected.warn(format!("Categories of auditing are not applied: {ONLY_SUBCATEGORIES} is 1."));
    } else if settings.iter().any(|setting| setting.key.starts_with("audit/")) {
        collected.warn(format!(
            "Categories and subcategories of auditing are both set, and {ONLY_SUBCATEGORIES} is not 1: which of them count is not defined."
        ));
    }
}
