//! Names of policies for registry values, from the administrative templates.

use std::sync::Arc;

use crate::format::admx::{AdmxStore, ElementKind, Policy, PolicyClass};
use crate::report::Side;
use crate::rsop::extension_order::REGISTRY;

use super::registry::below_hive;
use super::resultant::Resultant;

impl Resultant {
    /// Names registry values by the policy that sets them, as far as the templates know it: `Policy`, or `Policy: label` for what one of its
    /// options sets. Where several policies set a value, the first one in the order of the files gives the name.
    pub fn name_policies(&mut self, templates: &AdmxStore, side: Side) {
        for setting in self.settings.iter_mut().filter(|setting| setting.cse == REGISTRY) {
            let Some((key, name)) = below_hive(side, &setting.key).and_then(|path| path.split_once('!')) else {
                continue;
            };
            let policies = templates.writers(key, name).into_iter().filter_map(|id| templates.policy(id));
            let mut policies = policies.filter(|policy| is_of_side(policy.class(), side));
            if let Some(found) = policies.find_map(|policy| name_of(&policy, key, name)) {
                setting.name = found;
            }
        }
    }
}

fn is_of_side(class: PolicyClass, side: Side) -> bool {
    match side {
        Side::Computer => class != PolicyClass::User,
        Side::User => class != PolicyClass::Machine,
    }
}

/// Returns what a value of a policy is called; none where the policy does not set it.
fn name_of(policy: &Policy<'_>, key: &str, name: &str) -> Option<Arc<str>> {
    let display_name = policy.display_name();
    let is_own =
        |own_key: &str, own_name: &str| own_key.eq_ignore_ascii_case(key) && own_name.eq_ignore_ascii_case(name);
    if policy.value_name().is_some_and(|own| is_own(policy.key(), own)) {
        return Some(display_name.into());
    }
    let elements: Vec<_> = policy.elements().collect();
    let place = elements.iter().position(|element| match element.kind() {
        ElementKind::List { .. } => element.key().eq_ignore_ascii_case(key),
        _ => is_own(element.key(), element.value_name()),
    });
    if let Some(place) = place {
        let label = policy.controls().find(|control| control.element().is_some_and(|(own, _)| own == place));
        let label = label.map(|control| control.label().trim().trim_end_matches(':')).filter(|label| !label.is_empty());
        return Some(match label {
            Some(label) if label != display_name => format!("{display_name}: {label}").into(),
            _ => display_name.into(),
        });
    }
    let mut listed = policy.enabled_list().chain(policy.disabled_list());
    listed.any(|item| is_own(item.key, item.value_name)).then(|| display_name.into())
}
