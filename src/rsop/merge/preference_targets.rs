//! What a preference item acts on, and what it makes of that: its properties, parted into those that name the thing and the others.

use crate::format::PolData;
use crate::format::preferences::{PreferenceAction, PreferenceElement};
use crate::report::Side;

use super::items::RegistryTarget;
use super::registry::{shown, value_key};

/// Of each kind of item, the properties that name what it acts on (`gpo-storage.md` B9.3). Items of other kinds exist once in a half.
const TARGETS: &[(&str, &[&str])] = &[
    ("EnvironmentVariable", &["user", "name"]),
    ("User", &["subAuthority", "userName"]),
    ("Group", &["groupSid", "groupName"]),
    ("Device", &["deviceClassGUID", "deviceTypeID"]),
    ("VPN", &["user", "name"]),
    ("DUN", &["user", "name"]),
    ("Drive", &["letter"]),
    ("Folder", &["path"]),
    ("NetShare", &["name"]),
    ("File", &["targetPath"]),
    ("DataSource", &["userDSN", "dsn"]),
    ("Ini", &["path", "section", "property"]),
    ("NTService", &["serviceName"]),
    ("OpenWith", &["fileExtension"]),
    ("FileType", &["fileExt", "appProgID"]),
    ("Task", &["name"]),
    ("TaskV2", &["name"]),
    ("ImmediateTask", &["name"]),
    ("ImmediateTaskV2", &["name"]),
    ("Registry", &["hive", "key", "name"]),
    ("SharedPrinter", &["path"]),
    ("PortPrinter", &["ipAddress", "localName"]),
    ("LocalPrinter", &["name"]),
    ("Shortcut", &["shortcutPath"]),
    ("PowerScheme", &["name"]),
    ("GlobalPowerOptionsV2", &["nameGuid"]),
    ("Application", &["name"]),
];

/// Properties that say nothing to people: what the editor needs, and passwords, which are not shown.
const LEFT_OUT: [&str; 4] = ["action", "cpassword", "displayDecimal", "default"];

/// Returns what an item acts on.
pub(super) fn target<'a>(element: &str, item_name: &str, get: impl Fn(&str) -> Option<&'a str>) -> String {
    if element.eq_ignore_ascii_case("Registry") {
        let [hive, key, name] = ["hive", "key", "name"].map(|name| get(name).unwrap_or_default());
        return match name {
            // The default value, or the key as a whole.
            "" if get("default") == Some("1") => format!(r"{hive}\{key}\(Default)"),
            "" => format!(r"{hive}\{key}"),
            name => format!(r"{hive}\{key}\{name}"),
        };
    }
    let Some(names) = properties_of(element) else { return element.to_owned() };
    let parts: Vec<&str> = names.iter().filter_map(|name| get(name)).filter(|part| !part.is_empty()).collect();
    // A group that is known by its SID may be named in any way.
    let parts = match element.to_ascii_lowercase().as_str() {
        "group" | "user" => parts.get(..1).unwrap_or_default(),
        _ => &parts[..],
    };
    match parts {
        [] if item_name.is_empty() => element.to_owned(),
        [] => item_name.to_owned(),
        parts => parts.join(", "),
    }
}

/// Returns the value of the registry that an item is about, where policy may set it too.
pub(super) fn registry_target<'a>(
    element: &str,
    properties: PreferenceElement<'_>,
    get: impl Fn(&str) -> Option<&'a str>,
) -> Option<RegistryTarget> {
    if !element.eq_ignore_ascii_case("Registry") {
        return None;
    }
    let side = match get("hive")?.to_ascii_uppercase().as_str() {
        "HKEY_LOCAL_MACHINE" | "HKLM" => Side::Computer,
        "HKEY_CURRENT_USER" | "HKCU" => Side::User,
        _ => return None,
    };
    let value = get("value").unwrap_or_default();
    let number = || u64::from_str_radix(value, 16).ok();
    let text = || PolData::Text(value.to_owned());
    let data = match get("type").unwrap_or_default() {
        "REG_DWORD" => number().and_then(|number| number.try_into().ok()).map_or_else(text, PolData::Dword),
        "REG_QWORD" => number().map_or_else(text, PolData::Qword),
        "REG_EXPAND_SZ" => PolData::ExpandText(value.to_owned()),
        "REG_MULTI_SZ" => {
            let list = properties.child("Values");
            let lines = list.into_iter().flat_map(PreferenceElement::children).map(|line| line.text().to_owned());
            PolData::MultiText(lines.collect())
        }
        _ => text(),
    };
    let key = value_key(side, get("key")?, get("name").unwrap_or_default());
    Some(RegistryTarget { key, shown: shown(&data).into() })
}

fn properties_of(element: &str) -> Option<&'static [&'static str]> {
    TARGETS.iter().find(|(known, _)| known.eq_ignore_ascii_case(element)).map(|(_, names)| *names)
}

/// Returns what an item makes of its target, for people.
pub(super) fn value(
    item: PreferenceElement<'_>,
    properties: PreferenceElement<'_>,
    action: PreferenceAction,
) -> String {
    if action == PreferenceAction::Delete {
        return "Deleted".to_owned();
    }
    let names = properties_of(item.name()).unwrap_or_default();
    let is_shown = |name: &str| !names.iter().chain(&LEFT_OUT).any(|other| other.eq_ignore_ascii_case(name));
    let shown: Vec<(&str, &str)> =
        properties.attributes().filter(|(name, value)| is_shown(name) && !value.is_empty()).collect();
    let mut parts: Vec<String> = match shown[..] {
        [("value", value), ("type", "REG_SZ")] | [("type", "REG_SZ"), ("value", value)] => vec![value.to_owned()],
        [("value", value), ("type", kind)] | [("type", kind), ("value", value)] => vec![format!("{value} ({kind})")],
        [(_, value)] => vec![value.to_owned()],
        _ => shown.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
    };
    properties.children().for_each(|child| nested(child, &mut parts, 0));
    parts.join(", ")
}

/// Elements nested deeper than this are left out.
const DEEPEST: usize = 16;

/// Adds what is in an element below the properties: members of a group, lines of a value, what a task does.
fn nested(element: PreferenceElement<'_>, parts: &mut Vec<String>, depth: usize) {
    let attributes: Vec<String> = element
        .attributes()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if !attributes.is_empty() {
        parts.push(format!("{} ({})", element.name(), attributes.join(", ")));
    }
    let text = element.text().trim();
    if !text.is_empty() {
        parts.push(format!("{} {text}", element.name()));
    }
    if depth < DEEPEST {
        element.children().for_each(|child| nested(child, parts, depth + 1));
    }
}
