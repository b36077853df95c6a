//! What policies write: values, lists of values and the elements of a policy.

use roxmltree::Node;

use super::read_admx::Reading;
use super::tables::{ElementRow, ItemRow, KindRow, OptionRow, Rows, ValueRow};
use super::xml::{attribute, child, content, elements, flag, named};

/// What the schema gives where nothing is said.
const LARGEST_DECIMAL: u64 = 9999;
const LONGEST_TEXT: u32 = 1023;

/// Reads the value in an element: `delete`, `decimal`, `longDecimal` or `string`.
pub(super) fn read_value<'a>(reading: &mut Reading<'a, '_>, node: Node<'a, 'a>) -> Option<ValueRow> {
    let Some(value) = elements(node).next() else {
        reading.bad_value(node, "value", &content(node));
        return None;
    };
    match value.tag_name().name() {
        "delete" => Some(ValueRow::Delete),
        // Numbers below zero are written by people who mean the same bits.
        "decimal" => match reading.number::<i64>(value, "value") {
            Some(number) => match u32::try_from(number).or_else(|_| i32::try_from(number).map(i32::cast_unsigned)) {
                Ok(number) => Some(ValueRow::Dword(number)),
                Err(_) => {
                    reading.bad_value(value, "value", &number.to_string());
                    None
                }
            },
            None if attribute(value, "value").is_none() => {
                reading.required(value, "value");
                None
            }
            None => None,
        },
        "longDecimal" => reading.number(value, "value").map(ValueRow::Qword),
        "string" => Some(ValueRow::Text(match content(value) {
            std::borrow::Cow::Borrowed(text) => reading.texts.add(text),
            std::borrow::Cow::Owned(text) => reading.texts.add_passing(&text),
        })),
        other => {
            reading.unknown(value, other);
            None
        }
    }
}

/// Reads the items of `enabledList` and its kind.
pub(super) fn read_items<'a>(reading: &mut Reading<'a, '_>, list: Node<'a, 'a>, policy_key: &'a str) -> Rows {
    let default_key = attribute(list, "defaultKey").unwrap_or(policy_key);
    let start = reading.template.items.len();
    for item in named(list, "item") {
        let Some(value_name) = reading.required(item, "valueName") else { continue };
        let value = child(item, "value").and_then(|value| read_value(reading, value));
        let Some(value) = value else {
            if child(item, "value").is_none() {
                reading.bad_value(item, "value", "");
            }
            continue;
        };
        let key = reading.texts.add(attribute(item, "key").unwrap_or(default_key));
        let value_name = reading.texts.add(value_name);
        reading.template.items.push(ItemRow { key, value_name, value });
    }
    Rows::since(start, &reading.template.items)
}

/// Reads an element of a policy and adds it to the template.
pub(super) fn read_element<'a>(reading: &mut Reading<'a, '_>, node: Node<'a, 'a>, policy_key: &'a str) {
    let Some(kind) = read_kind(reading, node, policy_key) else { return };
    let Some(id) = reading.required(node, "id") else { return };
    let value_name = match kind {
        KindRow::List { .. } => attribute(node, "valueName").unwrap_or_default(),
        _ => match reading.required(node, "valueName") {
            Some(value_name) => value_name,
            None => return,
        },
    };
    let row = ElementRow {
        id: reading.texts.add(id.trim()),
        key: reading.texts.add(attribute(node, "key").unwrap_or(policy_key)),
        value_name: reading.texts.add(value_name),
        client_extension: reading.texts.add(attribute(node, "clientExtension").unwrap_or_default().trim()),
        required: flag(node, "required"),
        soft: flag(node, "soft"),
        kind,
    };
    reading.template.elements.push(row);
}

fn read_kind<'a>(reading: &mut Reading<'a, '_>, node: Node<'a, 'a>, policy_key: &'a str) -> Option<KindRow> {
    match node.tag_name().name() {
        "boolean" => {
            let value =
                |reading: &mut Reading<'a, '_>, name| child(node, name).and_then(|value| read_value(reading, value));
            let list = |reading: &mut Reading<'a, '_>, name| {
                child(node, name).map(|list| read_items(reading, list, policy_key)).unwrap_or_default()
            };
            Some(KindRow::Boolean {
                on: value(reading, "trueValue"),
                off: value(reading, "falseValue"),
                on_list: list(reading, "trueList"),
                off_list: list(reading, "falseList"),
            })
        }
        name @ ("decimal" | "longDecimal") => {
            let minimum = reading.number(node, "minValue").unwrap_or_default();
            let maximum = reading.number(node, "maxValue").unwrap_or(LARGEST_DECIMAL);
            Some(KindRow::Decimal {
                minimum,
                maximum,
                as_text: flag(node, "storeAsText"),
                is_long: name == "longDecimal",
            })
        }
        "text" => {
            let longest = reading.number(node, "maxLength").unwrap_or(LONGEST_TEXT);
            Some(KindRow::Text { longest, expandable: flag(node, "expandable") })
        }
        "multiText" => {
            let longest = reading.number(node, "maxLength").unwrap_or(LONGEST_TEXT);
            Some(KindRow::MultiText { longest, most: reading.number(node, "maxStrings").unwrap_or_default() })
        }
        "enum" => Some(KindRow::Enum { options: read_options(reading, node, policy_key) }),
        "list" => Some(KindRow::List {
            prefix: attribute(node, "valuePrefix").map(|prefix| reading.texts.add(prefix)),
            additive: flag(node, "additive"),
            expandable: flag(node, "expandable"),
            explicit: flag(node, "explicitValue"),
        }),
        other => {
            reading.unknown(node, other);
            None
        }
    }
}

fn read_options<'a>(reading: &mut Reading<'a, '_>, node: Node<'a, 'a>, policy_key: &'a str) -> Rows {
    let key = attribute(node, "key").unwrap_or(policy_key);
    let mut options = Vec::new();
    for item in named(node, "item") {
        let value = child(item, "value").and_then(|value| read_value(reading, value));
        let Some(value) = value else {
            if child(item, "value").is_none() {
                reading.bad_value(item, "value", "");
            }
            continue;
        };
        let list = child(item, "valueList").map(|list| read_items(reading, list, key)).unwrap_or_default();
        options.push(OptionRow { display: reading.text_of(item, "displayName"), value, list });
    }
    let start = reading.template.options.len();
    reading.template.options.extend(options);
    Rows::since(start, &reading.template.options)
}
