//! Presentations: the controls with which a policy is edited, in the order in which reports list them.

use roxmltree::Node;

use super::read_admx::Reading;
use super::tables::{ControlKind, ControlRow, Rows, Text};
use super::warning::{AdmxProblem, short};
use super::xml::{attribute, child, elements, flag, named};

/// Reads a presentation of a policy and adds its controls to the template.
pub(super) fn read_presentation<'a>(
    reading: &mut Reading<'a, '_>,
    presentation: Node<'a, 'a>,
    policy: Node<'a, 'a>,
    policy_elements: Rows,
) -> Rows {
    let start = reading.template.controls.len();
    for node in elements(presentation) {
        let name = node.tag_name().name();
        let Some(kind) = kind_of(name) else {
            // The position is that of the policy: positions in the ADML file would be shown as such of the ADMX file.
            reading.unknown(policy, name);
            continue;
        };
        let reference = attribute(node, "refId").unwrap_or_default().trim();
        let element = reading.texts.add(reference);
        let is_there = || policy_elements.of(&reading.template.elements).iter().any(|row| row.id == element);
        if kind != ControlKind::Text && !is_there() {
            let presentation = short(attribute(presentation, "id").unwrap_or_default());
            let problem = AdmxProblem::Control { presentation, element: short(reference) };
            reading.warnings.at(policy.range().start, problem);
            continue;
        }
        let control = read_control(reading, node, kind, element);
        reading.template.controls.push(control);
    }
    Rows::since(start, &reading.template.controls)
}

fn kind_of(name: &str) -> Option<ControlKind> {
    Some(match name {
        "text" => ControlKind::Text,
        "textBox" => ControlKind::TextBox,
        "decimalTextBox" => ControlKind::DecimalTextBox,
        "longDecimalTextBox" => ControlKind::LongDecimalTextBox,
        "checkBox" => ControlKind::CheckBox,
        "comboBox" => ControlKind::ComboBox,
        "dropdownList" => ControlKind::DropdownList,
        "listBox" => ControlKind::ListBox,
        "multiTextBox" => ControlKind::MultiTextBox,
        _ => return None,
    })
}

fn read_control<'a>(reading: &mut Reading<'a, '_>, node: Node<'a, 'a>, kind: ControlKind, element: Text) -> ControlRow {
    let has_label_inside = matches!(kind, ControlKind::TextBox | ControlKind::ComboBox);
    let label_node = child(node, "label").filter(|_| has_label_inside).unwrap_or(node);
    let label = reading.content(label_node);
    let default = match kind {
        ControlKind::TextBox => child(node, "defaultValue").map(|default| reading.content(default)),
        ControlKind::ComboBox => child(node, "default").map(|default| reading.content(default)),
        ControlKind::DropdownList => attribute(node, "defaultItem").map(|item| reading.texts.add(item.trim())),
        ControlKind::CheckBox => attribute(node, "defaultChecked").map(|checked| reading.texts.add(checked.trim())),
        _ => None,
    };
    let default = default.or_else(|| attribute(node, "defaultValue").map(|value| reading.texts.add(value.trim())));
    let start = reading.template.suggestions.len();
    if kind == ControlKind::ComboBox {
        for suggestion in named(node, "suggestion") {
            let text = reading.content(suggestion);
            reading.template.suggestions.push(text);
        }
    }
    let suggestions = Rows::since(start, &reading.template.suggestions);
    ControlRow {
        kind,
        element,
        label,
        default: default.unwrap_or_default(),
        is_sorted: !flag(node, "noSort"),
        suggestions,
    }
}
