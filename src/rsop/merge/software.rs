//! Software: all packages apply but for those that others upgrade ([MS-GPSI] 3.2.5.3).

use std::collections::HashMap;

use crate::ident::Guid;
use crate::report::Element;

use super::items::{Item, ItemRule, Items, Problem};
use super::prepared::Read;
use super::resolve::Group;
use super::resultant::OnLoss;

/// Finds the packages of a half.
pub(super) fn items(read: &Read<'_>) -> Items {
    let mut items = read.items();
    // A damaged advertise script or descriptor is our finding; a client fails over what it cannot read at all.
    let failed: Vec<String> = read
        .source
        .half
        .files
        .iter()
        .filter(|file| file.path.to_lowercase().ends_with(".aas") && file.whole().is_err())
        .map(|file| format!("{}/{}", read.source.side.folder(), file.path))
        .collect();
    let (ends, odd): (Vec<Problem>, Vec<Problem>) =
        items.problems.drain(..).partition(|problem| failed.contains(&problem.file));
    items.problems = ends;
    items.notes = odd.into_iter().map(|problem| format!("{}: {}", problem.file, problem.message)).collect();
    for (position, element) in read.part.elements.iter().enumerate() {
        items.items.extend(item(read, element, position));
    }
    items
}

fn item(read: &Read<'_>, element: &Element, position: usize) -> Option<Item> {
    let id = element.text_at(&["Identifier"]);
    let name = element.text_at(&["Name"]);
    let key = format!("software/{}", if id.is_empty() { name } else { id });
    match element.name.as_ref() {
        "MsiApplication" | "ZapApplication" => {
            let deployment = match element.text_at(&["DeploymentType"]) {
                "Publish" => "Published",
                _ => "Assigned",
            };
            let value = format!("{deployment}, {}", element.text_at(&["Path"]));
            let on_loss = match element.text_at(&["LossOfScopeAction"]) {
                "Uninstall" => OnLoss::Undone,
                _ => OnLoss::Stays,
            };
            // Of `Upgraded by`, the other package speaks as well.
            let upgrades =
                element.child("Upgrades").into_iter().flat_map(|upgrades| upgrades.children_named("Upgrade"));
            let upgrades = upgrades.filter(|upgrade| upgrade.text_at(&["Kind"]) != "Upgraded by");
            let upgrades = upgrades.filter_map(|upgrade| upgrade.text_at(&["Identifier"]).parse().ok()).collect();
            let item = read.item(&key, name, &value, position);
            Some(Item { rule: ItemRule::Package { upgrades }, on_loss: Some(on_loss), ..item })
        }
        "RemovedApplication" => {
            let value = match element.text_at(&["Removal"]) {
                "Uninstall" => "Uninstalled",
                _ => "Left where it is installed, no longer managed",
            };
            let item = read.item(&key, name, value, position);
            Some(Item { rule: ItemRule::Package { upgrades: Vec::new() }, ..item })
        }
        _ => None,
    }
}

/// Returns a package with the part that sets it last.
fn package<'a>(group: &Group<'a>) -> Option<(&'a Item, usize)> {
    group.contributions.last().map(|last| (last.item, last.part))
}

/// Returns which groups are packages that others upgrade: by the place of the group, that of the package that upgrades it.
pub(super) fn upgraded(groups: &[Group<'_>]) -> HashMap<usize, usize> {
    let are_packages = groups.first().is_some_and(|first| first.key.text().starts_with("software/"));
    if !are_packages {
        return HashMap::new();
    }
    let places: HashMap<&str, usize> = groups
        .iter()
        .enumerate()
        .filter_map(|(place, group)| Some((package(group)?.0.key.text().strip_prefix("software/")?, place)))
        .collect();
    let upgrades = |place: usize| -> Vec<usize> {
        let Some((item, _)) = groups.get(place).and_then(package) else { return Vec::new() };
        let ItemRule::Package { upgrades } = &item.rule else { return Vec::new() };
        let place = |id: &Guid| places.get(id.to_string().to_lowercase().as_str()).copied();
        upgrades.iter().filter_map(place).collect()
    };
    let part = |place: usize| groups.get(place).and_then(package).map(|(_, part)| part);
    let mut found = HashMap::new();
    for place in 0..groups.len() {
        for old in upgrades(place).into_iter().filter(|old| *old != place) {
            // Where two upgrade each other, the one of the higher GPO is installed.
            if !upgrades(old).contains(&place) || part(place) > part(old) {
                found.insert(old, place);
            }
        }
    }
    found
}
