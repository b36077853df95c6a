//! Extensions whose elements have a key and need no more than that.

use crate::report::Element;

use super::items::{Item, ItemRule, Items};
use super::prepared::{Read, all_text};
use super::resultant::OnLoss;

/// Makes an item of each element of a name; none where it has no key.
fn of_each(read: &Read<'_>, items: &mut Items, name: &str, item: impl Fn(&Element, usize) -> Option<Item>) {
    let elements = read.part.elements.iter().enumerate().filter(|(_, element)| element.name == name);
    items.items.extend(elements.filter_map(|(position, element)| item(element, position)));
}

/// Advanced auditing: each subcategory of the machine or of one user, each option; global lists are united.
pub(super) fn audit(read: &Read<'_>) -> Items {
    let mut items = read.items();
    of_each(read, &mut items, "AuditSetting", |element, position| {
        let target = match element.text_at(&["PolicyTarget"]) {
            "" => "system",
            target => target,
        };
        let (name, value) = read.words(element);
        let key = format!("audit/{target}/{}", element.text_at(&["SubcategoryGuid"]));
        Some(read.item(&key, &name, &value, position))
    });
    of_each(read, &mut items, "AuditOption", |element, position| {
        let (name, value) = read.words(element);
        Some(read.item(&format!("audit/option/{}", element.text_at(&["Name"])), &name, &value, position))
    });
    of_each(read, &mut items, "GlobalSaclSetting", |element, position| {
        let kind = element.text_at(&["GlobalSaclType"]);
        let sddl = element.text_at(&["SecurityDescriptor", "SDDL"]);
        let name = format!("Global object access auditing: {kind}");
        let item = read.item(&format!("audit/global list/{kind}"), &name, sddl, position);
        Some(Item { rule: ItemRule::UnitedOnNewSystems, ..item })
    });
    items
}

/// Central access policies, each by its DN.
pub(super) fn central_access(read: &Read<'_>) -> Items {
    let mut items = read.items();
    of_each(read, &mut items, "CentralAccessPolicy", |element, position| {
        let dn = element.text_at(&["DistinguishedName"]);
        let item = read.item(&format!("central access/{dn}"), element.text_at(&["Name"]), dn, position);
        Some(Item { rule: ItemRule::United, ..item })
    });
    items
}

/// Printers, each by its path.
pub(super) fn deployed_printers(read: &Read<'_>) -> Items {
    let mut items = read.items();
    of_each(read, &mut items, "PrinterConnection", |element, position| {
        let path = element.text_at(&["Path"]);
        let item = read.item(&format!("deployed printer/{path}"), path, "Deployed", position);
        Some(Item { rule: ItemRule::United, on_loss: Some(OnLoss::Undone), ..item })
    });
    items
}

/// Folders, each with all that is said of it.
pub(super) fn folder_redirection(read: &Read<'_>) -> Items {
    let mut items = read.items();
    of_each(read, &mut items, "Folder", |element, position| {
        let id = element.text_at(&["Id"]);
        let name = id.parse().ok().and_then(crate::format::known_folder_name).unwrap_or(id);
        let places: Vec<&str> = element
            .children_named("Location")
            .map(|location| location.text_at(&["DestinationPath"]))
            .filter(|path| !path.is_empty())
            .collect();
        let is = |flag: &str| element.text_at(&[flag]) == "true";
        let value = match (is("FollowParent"), places.is_empty()) {
            (true, _) => "Follow the Documents folder".to_owned(),
            (false, true) if is("RedirectToLocal") => "Redirect to the local user profile".to_owned(),
            (false, true) => "Not configured".to_owned(),
            (false, false) => places.join(", "),
        };
        let on_loss = match element.text_at(&["PolicyRemovalBehavior"]) {
            "RestoreContents" => OnLoss::Undone,
            _ => OnLoss::Stays,
        };
        let item = read.item(&format!("folder redirection/{id}"), name, &value, position);
        Some(Item { on_loss: Some(on_loss), ..item })
    });
    items
}

/// Extensions of which only the last GPO counts: all that a half has is one setting.
pub(super) fn whole(read: &Read<'_>) -> Items {
    let mut items = read.items();
    let elements = &read.part.elements;
    if elements.is_empty() {
        return items;
    }
    let name_of = |element: &Element| {
        let own = [element.text_at(&["Name"]), element.text_at(&["name"])];
        let inner = element.children.iter().map(|child| child.text_at(&["name"]));
        own.into_iter().chain(inner).find(|name| !name.is_empty()).map_or_else(|| all_text(element), str::to_owned)
    };
    let value = elements.iter().map(name_of).collect::<Vec<_>>().join(", ");
    let item = read.item(&format!("{}/policy", read.extension.namespace), read.extension.name, &value, 0);
    items.items.push(Item { elements: (0..elements.len()).collect(), ..item });
    items
}

/// The files of Internet Explorer maintenance, each by its path.
pub(super) fn maintenance_files(read: &Read<'_>) -> Items {
    let mut items = read.items();
    for (position, element) in read.part.elements.iter().enumerate() {
        let path = element.text_at(&["Path"]);
        items.items.push(read.item(&format!("internet explorer/{path}"), path, &all_text(element), position));
    }
    items
}
