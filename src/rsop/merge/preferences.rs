//! Preferences: items act one after the other on what they name ([MS-GPPREF] 3.2.5.1.2).
//!
//! An item that creates acts only where nothing is there, the others overwrite or remove. What the client holds of its own is not known. Whether
//! targeting holds is not known either: an item with conditions may act, so the last one without is the winner, and a warning tells of those
//! that may act after it.

use std::sync::Arc;

use crate::extension::Extension;
use crate::format::preferences::{
    FilterKind, ItemEnvelope, PreferenceAction, PreferenceElement, PreferenceFile, PreferenceKind, TargetingFilter,
};

use super::items::{Item, ItemRule, Items, RegistryTarget};
use super::preference_targets::{registry_target, target, value};
use super::prepared::Read;
use super::resolve::{Contribution, Outcome, Ranked};
use super::resultant::OnLoss;

/// What an item does.
#[derive(Clone, Debug)]
pub(super) struct Act {
    pub action: PreferenceAction,
    /// Whether conditions decide where it acts.
    pub is_conditional: bool,
    /// The registry value that it is about, where it is about one.
    registry: Option<RegistryTarget>,
}

impl Act {
    /// Returns the registry value that it writes or deletes whatever is there.
    pub fn overwrites(&self) -> Option<&RegistryTarget> {
        let is_certain = !self.is_conditional && self.action != PreferenceAction::Create;
        self.registry.as_ref().filter(|_| is_certain)
    }

    /// Tells whether it deletes what it names.
    pub fn deletes(&self) -> bool {
        self.action == PreferenceAction::Delete
    }
}

/// Collections nested deeper than this are passed over, as in reports.
const DEEPEST: usize = 64;

/// Returns the kind of preferences that an extension is for.
pub(super) fn kind_of(extension: &Extension) -> Option<PreferenceKind> {
    PreferenceKind::of_report_namespace(extension.namespace)
}

/// Finds the items of a half that are switched on.
pub(super) fn items(read: &Read<'_>) -> Items {
    let mut items = Items::default();
    let Some(kind) = kind_of(read.extension) else { return items };
    let file = read.source.half.file(&kind.path()).and_then(|file| file.whole().ok());
    let Some(Ok(file)) = file.map(PreferenceFile::parse) else {
        items.problems = read.problems();
        return items;
    };
    // What is odd in a file that reads does not keep a client from it.
    items.notes = read.problems().into_iter().map(|problem| format!("{}: {}", problem.file, problem.message)).collect();
    let mut walk = Walk { read, kind, items, element: 0 };
    let is_off = file.root().attributes().any(|(name, value)| name.eq_ignore_ascii_case("disabled") && is_set(value));
    walk.children(file.root(), is_off, false, 0);
    walk.items
}

fn is_set(value: &str) -> bool {
    value.trim() == "1" || value.trim().eq_ignore_ascii_case("true")
}

/// Walks through a file. Items are counted in document order, as they are looked up again in the report's element.
struct Walk<'a> {
    read: &'a Read<'a>,
    kind: PreferenceKind,
    items: Items,
    /// The number of the next item.
    element: usize,
}

impl Walk<'_> {
    fn children(&mut self, parent: PreferenceElement<'_>, is_off: bool, is_conditional: bool, depth: usize) {
        if depth >= DEEPEST {
            return;
        }
        for child in parent.children() {
            if self.items.stops {
                return;
            }
            if child.name().eq_ignore_ascii_case("Filters") {
                continue;
            }
            let envelope = ItemEnvelope::read(child.attributes());
            let is_off = is_off || envelope.disabled;
            let targeting = child.child("Filters").map(TargetingFilter::read_all).unwrap_or_default();
            let once = targeting.iter().any(|filter| filter.kind == FilterKind::RunOnce);
            let is_conditional =
                is_conditional || targeting.iter().any(|filter| filter.kind != FilterKind::RunOnce && !filter.hidden);
            if child.name().eq_ignore_ascii_case("Collection") {
                self.children(child, is_off, is_conditional, depth + 1);
                continue;
            }
            let element = self.element;
            self.element += 1;
            if !is_off {
                self.item(child, &envelope, once, is_conditional, element);
            }
        }
    }

    fn item(
        &mut self,
        source: PreferenceElement<'_>,
        envelope: &ItemEnvelope,
        once: bool,
        is_conditional: bool,
        element: usize,
    ) {
        let Some(properties) = source.child("Properties") else {
            self.fails(envelope);
            return;
        };
        let get = |name: &str| {
            properties.attributes().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let action = PreferenceAction::read(get("action"));
        let target = target(source.name(), &envelope.name, get);
        let namespace = self.kind.folder();
        let mut value = value(source, properties, action);
        if once {
            value.push_str(" (once; later runs depend on the machine)");
        }
        if is_conditional {
            value.push_str(" (where its targeting holds)");
        }
        let item = self.read.item(&format!("preferences/{namespace}/{target}"), &target, &value, element);
        let on_loss =
            if envelope.remove_policy && is_undone(self.kind, source.name()) { OnLoss::Undone } else { OnLoss::Stays };
        let name = format!("{}: {}", self.read.extension.name, item.name).into();
        let registry = registry_target(source.name(), properties, get);
        let rule = ItemRule::Preference(Act { action, is_conditional, registry });
        self.items.items.push(Item { name, on_loss: Some(on_loss), rule, ..item });
    }

    /// An item that says nothing to do fails. Where errors are not to be passed over, that ends the kind.
    fn fails(&mut self, envelope: &ItemEnvelope) {
        let what = format!("`{}` in {} has no properties", envelope.name, self.kind.path());
        if envelope.bypass_errors == Some(false) {
            self.items.stops = true;
            self.items.notes.push(format!("{what}: it fails, and nothing after it is applied"));
        } else {
            self.items.notes.push(format!("{what}: it fails, and processing goes on"));
        }
    }
}

/// Kinds and items that are never taken back ([MS-GPPREF] 3.2.5.1.1).
fn is_undone(kind: PreferenceKind, item: &str) -> bool {
    let is_immediate = item.to_ascii_lowercase().starts_with("immediatetask");
    !is_immediate
        && !matches!(
            kind,
            PreferenceKind::FolderOptions
                | PreferenceKind::InternetSettings
                | PreferenceKind::RegionalOptions
                | PreferenceKind::StartMenuTaskbar
                | PreferenceKind::Services
        )
}

/// Decides what items that name the same thing come to.
pub(super) fn decide<'a>(contributions: &[Contribution<'a>], outcome: &mut Outcome<'a>) {
    let act = |contribution: &Contribution<'a>| match &contribution.item.rule {
        ItemRule::Preference(act) => Some(act),
        _ => None,
    };
    let mut winner: Option<usize> = None;
    let mut is_there = false;
    for (place, contribution) in contributions.iter().enumerate() {
        let Some(act) = act(contribution).filter(|act| !act.is_conditional) else { continue };
        if act.action == PreferenceAction::Create && is_there {
            continue;
        }
        is_there = !act.deletes();
        winner = Some(place);
    }
    let place = winner.unwrap_or(contributions.len().saturating_sub(1));
    let others = (0..contributions.len()).rev().filter(|other| *other != place);
    let mut ranked: Ranked<'a> = Vec::with_capacity(contributions.len());
    for contribution in std::iter::once(place).chain(others).filter_map(|place| contributions.get(place)) {
        if !ranked.iter().any(|(known, _)| known.part == contribution.part) {
            ranked.push((*contribution, sets(contribution.item)));
        }
    }
    let may_act_later = contributions.iter().skip(place + 1).filter_map(act).any(|act| act.is_conditional);
    if let Some(contribution) = contributions.get(place) {
        let name = &contribution.item.name;
        outcome.name = name;
        outcome.value = sets(contribution.item);
        outcome.warning = match (winner, may_act_later) {
            (None, _) => Some(format!("{name}: whether it is applied depends on targeting.")),
            (_, true) => Some(format!("{name}: an item whose targeting is not known may change it afterwards.")),
            _ => None,
        };
    }
    outcome.ranked = ranked;
}

/// Returns what an item sets; none where it deletes.
fn sets(item: &Item) -> Option<Arc<str>> {
    match &item.rule {
        ItemRule::Preference(act) if act.deletes() => None,
        _ => Some(item.value.clone()),
    }
}
