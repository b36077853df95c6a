//! Security settings: the template of a half by key, and whose settings govern which accounts ([MS-GPSB] 3.2.5).

use crate::format::{PolData, RestrictedGroup, SecurityTemplate, TemplatePrincipal};
use crate::report::{Element, Side};

use super::items::{Accounts, Item, ItemRule, Items, Problem, RegistryTarget};
use super::key::Key;
use super::prepared::Read;
use super::registry::{shown as shown_data, value_key};

/// Options that domain controllers take from the GPOs linked to the domain alone, beside the account policies (Microsoft's article 259576).
const OPTIONS_OF_DOMAIN: [&str; 5] =
    ["enableadminaccount", "enableguestaccount", "newadministratorname", "newguestname", "forcelogoffwhenhourexpire"];

/// Finds the settings of a half.
pub(super) fn items(read: &Read<'_>) -> Items {
    let mut items = read.items();
    let template = read.source.half.file("Microsoft/Windows NT/SecEdit/GptTmpl.inf").and_then(|file| file.whole().ok());
    let Some(template) = template.map(SecurityTemplate::parse) else { return items };
    if template.file().sections().next().is_none() && !read.part.problems.is_empty() {
        items.problems = vec![Problem {
            file: "Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf".to_owned(),
            message: "it is no security template, so clients skip it".to_owned(),
        }];
        return items;
    }
    let groups = template.settings().groups;
    let mut groups = groups.iter();
    for (position, element) in read.part.elements.iter().enumerate() {
        if element.name == "RestrictedGroups" {
            if let Some(group) = groups.next() {
                items.items.extend(group_items(read, group, element, position));
            }
            continue;
        }
        items.items.extend(item(read, element, position));
    }
    items
}

fn item(read: &Read<'_>, element: &Element, position: usize) -> Option<Item> {
    let text = |name: &str| element.text_at(&[name]);
    let key = match element.name.as_ref() {
        "Account" => format!("security/account/{}", text("Name")),
        "Audit" => format!("security/audit/{}", text("Name")),
        "UserRightsAssignment" => format!("security/right/{}", text("Name")),
        "SecurityOptions" => match text("KeyName") {
            "" => format!("security/access/{}", text("SystemAccessPolicyName")),
            key => format!("security/option/{key}"),
        },
        "EventLog" => format!("security/event log/{}/{}", text("Log"), text("Name")),
        "SystemServices" => format!("security/service/{}", text("Name")),
        "File" => format!("security/file/{}", text("Path")),
        "Registry" => format!("security/registry/{}", text("Path")),
        _ => return None,
    };
    let mut item = match element.name.as_ref() {
        "SystemServices" => {
            let value = [text("StartupMode"), element.text_at(&["SecurityDescriptor", "SDDL"])];
            read.item(&key, text("Name"), &joined(&value), position)
        }
        "File" | "Registry" => {
            let value = [text("Mode"), element.text_at(&["SecurityDescriptor", "SDDL"])];
            read.item(&key, text("Path"), &joined(&value), position)
        }
        _ => {
            let (name, value) = read.words(element);
            read.item(&key, &name, &value, position)
        }
    };
    let is_option_of_domain =
        || OPTIONS_OF_DOMAIN.iter().any(|name| name.eq_ignore_ascii_case(text("SystemAccessPolicyName")));
    if element.name == "Account" {
        let domain_key = Key::new(&format!("security/domain account/{}", text("Name")));
        let domain_name = format!("{} (accounts of the domain)", item.name).into();
        item.rule = ItemRule::OfAccounts(Accounts::Policy { domain_key, domain_name });
    } else if is_option_of_domain() {
        item.rule = ItemRule::OfAccounts(Accounts::Option);
    } else if let Some(target) = registry_target(element) {
        item.rule = ItemRule::OfRegistry(target);
    }
    Some(item)
}

/// Returns the registry value that an option is.
fn registry_target(element: &Element) -> Option<RegistryTarget> {
    let below_hive =
        element.text_at(&["KeyName"]).split_once('\\').filter(|(hive, _)| hive.eq_ignore_ascii_case("MACHINE"));
    let (key, name) = below_hive?.1.rsplit_once('\\')?;
    let data = match element.child("SettingStrings") {
        Some(list) => PolData::MultiText(list.children.iter().map(|text| text.text.clone()).collect()),
        None => match element.text_at(&["SettingNumber"]).parse() {
            Ok(number) => PolData::Dword(number),
            Err(_) => PolData::Text(element.text_at(&["SettingString"]).trim_matches('"').to_owned()),
        },
    };
    Some(RegistryTarget { key: value_key(Side::Computer, key, name), shown: shown_data(&data).into() })
}

fn joined(values: &[&str]) -> String {
    values.iter().copied().filter(|value| !value.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A group has its members set, is made a member of others, or both: two settings, each with a rule of its own.
fn group_items(read: &Read<'_>, group: &RestrictedGroup, element: &Element, position: usize) -> Vec<Item> {
    let (name, _) = read.words(element);
    let id = identity(&group.group);
    let list = |members: &[TemplatePrincipal]| members.iter().map(shown).collect::<Vec<_>>().join(", ");
    let members = group.members.as_ref().map(|members| {
        let value = if members.is_empty() { "No one".to_owned() } else { list(members) };
        let item = read.item(&format!("security/group/{id}/members"), &format!("{name}: members"), &value, position);
        Item { rule: ItemRule::Members { group: id.clone() }, ..item }
    });
    let member_of = group.member_of.as_ref().filter(|groups| !groups.is_empty()).map(|groups| {
        let item =
            read.item(&format!("security/group/{id}/memberof"), &format!("{name}: member of"), &list(groups), position);
        let groups = groups.iter().map(identity).collect();
        Item { rule: ItemRule::MemberOf { member: shown(&group.group), groups }, ..item }
    });
    members.into_iter().chain(member_of).collect()
}

fn shown(principal: &TemplatePrincipal) -> String {
    match principal {
        TemplatePrincipal::Sid(sid) => sid.well_known_name().map_or_else(|| sid.to_string(), str::to_owned),
        TemplatePrincipal::Name(name) => name.clone(),
    }
}

/// Returns what tells principals apart: the SID, or the name.
fn identity(principal: &TemplatePrincipal) -> String {
    match principal {
        TemplatePrincipal::Sid(sid) => sid.to_string().to_lowercase(),
        TemplatePrincipal::Name(name) => name.to_lowercase(),
    }
}
