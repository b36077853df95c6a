//! Putting the settings of one extension together: who sets what, who wins, what all come to.

use std::sync::Arc;

use crate::extension::Extension;
use crate::ident::Guid;

use super::items::{Accounts, Item, ItemRule, Items, Problem, RegistryTarget};
use super::key::{Key, KeyMap};
use super::resultant::{ResultantSetting, SettingSource};
use super::rules::{Rule, Unreadable};
use super::{Collected, Layer, MergeContext, preferences, scripts, software};

/// What an extension has in one layer.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub layer: &'a Layer<'a>,
    pub items: &'a Items,
    /// Whether it counts for the accounts of the domain, and for nothing else.
    pub is_of_domain: bool,
}

/// What the outcome depends on beside the settings.
pub(super) struct Conditions<'a> {
    pub context: &'a MergeContext<'a>,
    /// Whether scripts of PowerShell run first where a GPO does not say.
    pub power_shell_first: bool,
}

/// A part that sets something.
#[derive(Clone, Copy)]
pub(super) struct Contribution<'a> {
    /// The part, counted from 0.
    pub part: usize,
    pub item: &'a Item,
}

/// One setting with all who set it, in the order of application.
pub(super) struct Group<'a> {
    pub key: &'a Key,
    pub contributions: Vec<Contribution<'a>>,
}

/// Who sets something, with what it sets.
pub(super) type Ranked<'a> = Vec<(Contribution<'a>, Option<Arc<str>>)>;

/// A setting as it comes out.
pub(super) struct Outcome<'a> {
    pub key: &'a Key,
    pub name: &'a Arc<str>,
    pub value: Option<Arc<str>>,
    /// Who set it, the winner first.
    pub ranked: Ranked<'a>,
    pub united: bool,
    /// Whether the target itself has it; settings of the domain's accounts are told on other computers, but theirs they are not.
    pub is_of_target: bool,
    /// What is not certain about it, in words.
    pub warning: Option<String>,
}

/// Returns the parts of an extension that count; none, with the cause collected, where it fails. `items` finds what an extension has in a layer.
pub(super) fn parts<'a>(
    extension: &Extension,
    rule: &Rule,
    layers: &'a [Layer<'a>],
    context: &'a MergeContext<'a>,
    items: impl Fn(&'a Layer<'a>) -> Option<&'a Items>,
    collected: &mut Collected,
) -> Vec<Part<'a>> {
    let runs = !context.skipped.contains(&extension.cse);
    let of = |layers: &'a [Layer<'a>], is_of_domain: bool| -> Vec<Part<'a>> {
        let called = layers.iter().filter(|layer| runs && layer.extensions.contains(&extension.cse));
        called.filter_map(|layer| Some(Part { layer, items: items(layer)?, is_of_domain })).collect()
    };
    let mut parts = of(layers, false);
    for part in &parts {
        let name = &part.layer.gpo.name;
        for Problem { file, message } in &part.items.problems {
            match rule.unreadable {
                Unreadable::EndsExtension => collected.fail(extension.cse, format!("{file} of `{name}`: {message}")),
                Unreadable::SkipsGpo => collected.warn(format!("`{name}`: {file}: {message}")),
            }
        }
        part.items.notes.iter().for_each(|note| collected.warn(format!("`{name}`: {note}")));
    }
    if collected.has_failed(extension.cse) {
        return Vec::new();
    }
    if let Some(stop) = parts.iter().position(|part| part.items.stops) {
        parts.truncate(stop + 1);
    }
    if extension.namespace == "Security" {
        parts.extend(of(&context.domain_layers, true));
    }
    parts
}

/// Returns what the parts of an extension come to.
pub(super) fn outcomes<'a>(parts: &[Part<'a>], conditions: &Conditions<'_>) -> Vec<Outcome<'a>> {
    let on_controller = conditions.context.is_domain_controller;
    let own = grouped(parts, |part, item| match &item.rule {
        ItemRule::OfAccounts(_) if on_controller => part.is_of_domain.then_some(&item.key),
        _ => (!part.is_of_domain).then_some(&item.key),
    });
    let of_domain = grouped(parts, |part, item| match &item.rule {
        ItemRule::OfAccounts(Accounts::Policy { domain_key, .. }) if part.is_of_domain && !on_controller => {
            Some(domain_key)
        }
        _ => None,
    });
    let upgraded = software::upgraded(&own);
    let mut outcomes: Vec<Outcome<'a>> = Vec::with_capacity(own.len() + of_domain.len());
    for (place, group) in own.iter().enumerate() {
        let Some(mut outcome) = group.outcome(conditions) else { continue };
        if let Some(by) = upgraded.get(&place).and_then(|&by| own.get(by)).and_then(|by| by.contributions.last()) {
            outcome.value = None;
            outcome.ranked.retain(|(known, _)| known.part != by.part);
            outcome.ranked.insert(0, (Contribution { part: by.part, item: by.item }, None));
        }
        if let Some((Contribution { item: Item { rule: ItemRule::Members { group }, .. }, .. }, _)) =
            outcome.ranked.first()
        {
            outcome.value = outcome.value.map(|value| with_added(value, group, &own));
        }
        outcomes.push(outcome);
    }
    for group in &of_domain {
        let Some(outcome) = group.outcome(conditions) else { continue };
        outcomes.push(Outcome { is_of_target: false, ..outcome });
    }
    outcomes
}

/// Adds those who are made members of a group to its members.
fn with_added(members: Arc<str>, group: &str, groups: &[Group<'_>]) -> Arc<str> {
    let rules = groups.iter().flat_map(|group| &group.contributions).map(|contribution| &contribution.item.rule);
    let mut added: Vec<&str> = rules
        .filter_map(|rule| match rule {
            ItemRule::MemberOf { member, groups } if groups.iter().any(|own| own == group) => Some(member.as_str()),
            _ => None,
        })
        .collect();
    added.dedup();
    if added.is_empty() { members } else { format!("{members}, {}", added.join(", ")).into() }
}

/// Gathers the settings of parts by a key, in the order in which they first appear.
fn grouped<'a>(parts: &[Part<'a>], key: impl Fn(&Part<'a>, &'a Item) -> Option<&'a Key>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places: KeyMap<&'a Key, usize> = KeyMap::default();
    for (position, part) in parts.iter().enumerate() {
        let items = &part.items.items;
        for (item, key) in items.iter().filter_map(|item| Some((item, key(part, item)?))) {
            let contribution = Contribution { part: position, item };
            match places.get(key).and_then(|&place| groups.get_mut(place)) {
                Some(group) => group.contributions.push(contribution),
                None => {
                    places.insert(key, groups.len());
                    groups.push(Group { key, contributions: vec![contribution] });
                }
            }
        }
    }
    groups
}

impl<'a> Group<'a> {
    /// Returns what they come to. The rule is that of the last one; all settings of one key have the same.
    fn outcome(&self, conditions: &Conditions<'_>) -> Option<Outcome<'a>> {
        let last = self.contributions.last()?;
        let name = match &last.item.rule {
            ItemRule::OfAccounts(Accounts::Policy { domain_key, domain_name }) if domain_key == self.key => domain_name,
            _ => &last.item.name,
        };
        let mut outcome = Outcome {
            key: self.key,
            name,
            value: Some(last.item.value.clone()),
            ranked: Vec::new(),
            united: false,
            is_of_target: true,
            warning: None,
        };
        match &last.item.rule {
            ItemRule::Preference(_) => preferences::decide(&self.contributions, &mut outcome),
            ItemRule::Scripts { .. } => {
                let first = conditions.power_shell_first;
                let values = self.contributions.iter().map(|contribution| scripts::value(contribution.item, first));
                let values: Vec<Arc<str>> = values.collect();
                outcome.value = Some(values.join("; ").into());
                outcome.united = true;
                outcome.ranked = self.ranked(|item| scripts::value(item, first));
            }
            rule => {
                outcome.united = match rule {
                    ItemRule::United | ItemRule::MemberOf { .. } => true,
                    ItemRule::UnitedOnNewSystems => !conditions.context.is_old_system,
                    _ => false,
                };
                if outcome.united && self.contributions.len() > 1 {
                    outcome.value = Some(self.all_values());
                }
                outcome.ranked = self.ranked(|item| item.value.clone());
            }
        }
        Some(outcome)
    }

    fn all_values(&self) -> Arc<str> {
        let mut values: Vec<&str> = Vec::new();
        for value in self.contributions.iter().map(|contribution| &*contribution.item.value) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values.join(", ").into()
    }

    /// Returns who set it, the last first, each part once with what it sets last.
    fn ranked(&self, value: impl Fn(&Item) -> Arc<str>) -> Ranked<'a> {
        let mut ranked: Ranked<'a> = Vec::with_capacity(self.contributions.len());
        for contribution in self.contributions.iter().rev() {
            if !ranked.iter().any(|(known, _)| known.part == contribution.part) {
                ranked.push((*contribution, Some(value(contribution.item))));
            }
        }
        ranked
    }
}

/// A value of the registry that another extension writes after policy.
pub(super) struct Overwrite {
    pub target: RegistryTarget,
    /// Whether it deletes the value.
    pub deletes: bool,
    pub order: usize,
    /// Name of the GPO.
    pub gpo: String,
}

impl Outcome<'_> {
    /// Returns the registry value that the winner writes whatever policy set there before.
    fn overwrite(&self, parts: &[Part<'_>]) -> Option<Overwrite> {
        let (winner, _) = self.ranked.first()?;
        let (target, deletes) = match &winner.item.rule {
            ItemRule::OfRegistry(target) => (target, false),
            ItemRule::Preference(act) => (act.overwrites()?, act.deletes()),
            _ => return None,
        };
        let layer = parts.get(winner.part)?.layer;
        Some(Overwrite { target: target.clone(), deletes, order: layer.order, gpo: layer.gpo.name.clone() })
    }

    /// Adds the setting to what is collected.
    pub fn collect(self, cse: Guid, parts: &[Part<'_>], collected: &mut Collected) {
        collected.overwrites.extend(self.overwrite(parts));
        self.warning.into_iter().for_each(|warning| collected.warn(warning));
        let source = |(contribution, value): &(Contribution<'_>, Option<Arc<str>>)| SettingSource {
            order: parts.get(contribution.part).map_or(0, |part| part.layer.order),
            value: value.clone(),
        };
        collected.resultant.settings.push(ResultantSetting {
            cse,
            key: self.key.text().clone(),
            name: self.name.clone(),
            value: self.value,
            sources: self.ranked.iter().map(source).collect(),
            united: self.united,
            on_loss: self.ranked.first().and_then(|(winner, _)| winner.item.on_loss),
        });
    }
}
