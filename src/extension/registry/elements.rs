//! The elements of the extension as Microsoft's reports have them (`operations.md` 4.3).

use crate::format::PolData;
use crate::format::admx::{
    Control, ControlKind, ElementKind, ElementSetting, PolEffect, PolEntry, Policy, PolicyElement, PolicySetting,
    PolicyState,
};
use crate::report::Element;

/// Returns the element of a policy.
pub(super) fn policy(policy: &Policy<'_>, setting: &PolicySetting<'_>, comment: Option<&str>) -> Element {
    let mut element = Element::new("Policy").with(Element::text("Name", policy.display_name()));
    element.children.push(Element::text("State", state_name(setting.state)));
    element.children.extend(comment.map(|comment| Element::text("Comment", comment)));
    element.children.push(Element::text("Explain", policy.explain()));
    element.children.extend(policy.supported_on().map(|supported| Element::text("Supported", supported)));
    element.children.push(Element::text("Category", policy.category()));
    if setting.state == PolicyState::Enabled {
        element.children.extend(policy.controls().filter_map(|control| control_element(&control, setting)));
    }
    element
}

fn state_name(state: PolicyState) -> &'static str {
    match state {
        PolicyState::Enabled => "Enabled",
        PolicyState::Disabled => "Disabled",
        PolicyState::NotConfigured => "NotConfigured",
    }
}

fn control_element(control: &Control<'_>, setting: &PolicySetting<'_>) -> Option<Element> {
    if control.kind() == ControlKind::Text {
        return Some(Element::new("Text").with(Element::text("Name", control.label())));
    }
    let (place, edited) = control.element()?;
    let held = setting.elements.get(place)?;
    let state = match (held, edited.kind()) {
        (ElementSetting::Deleted, ElementKind::Boolean { .. }) | (ElementSetting::Boolean(false), _) => "Disabled",
        (ElementSetting::NotConfigured | ElementSetting::Deleted, _) => "NotConfigured",
        _ => "Enabled",
    };
    let element = Element::new(element_name(&edited))
        .with(Element::text("Name", control.label()))
        .with(Element::text("State", state));
    Some(element.with_all(value_elements(&edited, held)))
}

/// Returns what Microsoft calls a control for an element of this kind.
fn element_name(setting: &PolicyElement<'_>) -> &'static str {
    match setting.kind() {
        ElementKind::Boolean { .. } => "CheckBox",
        ElementKind::Decimal { .. } => "Numeric",
        ElementKind::Text { .. } => "EditText",
        ElementKind::MultiText { .. } => "MultiText",
        ElementKind::Enum => "DropDownList",
        ElementKind::List { .. } => "ListBox",
    }
}

fn value_elements(setting: &PolicyElement<'_>, held: &ElementSetting<'_>) -> Vec<Element> {
    let value = Element::new("Value");
    match held {
        // Microsoft writes a number where there is none, too.
        ElementSetting::NotConfigured | ElementSetting::Deleted
            if matches!(setting.kind(), ElementKind::Decimal { .. }) =>
        {
            vec![Element::text("Value", "0")]
        }
        ElementSetting::NotConfigured | ElementSetting::Deleted | ElementSetting::Boolean(_) => Vec::new(),
        ElementSetting::Number(number) => vec![Element::text("Value", number.to_string())],
        ElementSetting::Text(text) => vec![Element::text("Value", text.clone())],
        ElementSetting::Lines(lines) => {
            vec![value.with_all(lines.iter().map(|line| Element::text("string", line.clone())))]
        }
        ElementSetting::Choice(option) => vec![value.with(Element::text("Name", option.display_name()))],
        ElementSetting::Entries(entries) => {
            let ElementKind::List { prefix, additive, explicit, .. } = setting.kind() else { return Vec::new() };
            let entries = entries.iter().map(|(name, data)| {
                let name = explicit.then(|| Element::text("Name", name.clone()));
                Element::new("Element").with_all(name).with(Element::text("Data", data.clone()))
            });
            let flags = [Element::bool("ExplicitValue", explicit), Element::bool("Additive", additive)];
            let prefix = prefix.map(|prefix| Element::text("ValuePrefix", prefix));
            flags.into_iter().chain(prefix).chain([value.with_all(entries)]).collect()
        }
    }
}

/// Returns the element of a record that no policy claims.
pub(super) fn registry_setting(entry: &PolEntry) -> Element {
    let element = Element::new("RegistrySetting")
        .with(Element::text("KeyPath", entry.key.clone()))
        .with(Element::bool("AdmSetting", false));
    match &entry.effect {
        PolEffect::Set(data) => {
            let name = Element::text("Name", entry.name.clone());
            element.with(Element::new("Value").with(name).with_all(data_element(data)))
        }
        PolEffect::Delete => element.with(Element::text("Command", format!("**del.{}", entry.name))),
        PolEffect::DeleteAll => element.with(Element::text("Command", "**delvals.")),
        PolEffect::MakeKey => element,
        PolEffect::Other => element.with(Element::text("Command", entry.name.clone())),
    }
}

fn data_element(data: &PolData) -> Option<Element> {
    Some(match data {
        PolData::Dword(number) => Element::text("Number", number.to_string()),
        PolData::Qword(number) => Element::text("Number", number.to_string()),
        PolData::Text(text) | PolData::ExpandText(text) => Element::text("String", text.clone()),
        PolData::MultiText(lines) => Element::text("String", lines.join("\n")),
        PolData::Raw(bytes) => {
            Element::text("String", bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
        }
    })
}
