//! The settings of a resultant set one by one: what each is, what it sets, and when two set the same.

use std::borrow::Cow;

use crate::report::{Element, ExtensionReport, Namespace};

use super::{RsopResult, WinningGpo, precedence, winning_gpo};

/// A setting of a resultant set.
#[derive(Clone, Debug)]
pub struct RsopSetting<'a> {
    /// The part it stands in.
    pub extension: &'a ExtensionReport,
    /// The setting, with its GPO and precedence.
    pub element: &'a Element,
    /// Names of the collections it stands in, from the outside in.
    path: Vec<Cow<'a, str>>,
}

/// What says which setting an element is, as far as it has these children.
const IDENTITY: [&str; 14] = [
    "Name",
    "KeyName",
    "SystemAccessPolicyName",
    "Path",
    "KeyPath",
    "SubcategoryGuid",
    "PolicyTarget",
    "Log",
    "Category",
    "Id",
    "Identifier",
    "Command",
    "GroupName",
    "RuleId",
];
/// What follows from the rest of a setting, or is for people alone: two documents may differ in it and mean the same.
const EXPLANATIONS: [&str; 6] = ["Display", "Explain", "Supported", "Comment", "GPOSettingOrder", "SubcategoryName"];
/// Attributes of preference items that say nothing of what they do.
const UNIMPORTANT_ATTRIBUTES: [&str; 4] = ["changed", "image", "status", "uid"];
/// Says nothing of a GPO: whether another authority owns the settings of a part.
const BLOCKED: &str = "Blocked";

impl RsopResult {
    /// Returns the settings that won, in the order of the document, those that do not tell their GPO too.
    pub fn settings(&self) -> Vec<RsopSetting<'_>> {
        let mut settings = Vec::new();
        for extension in &self.extensions {
            for element in extension.elements.iter().filter(|element| element.name != BLOCKED) {
                collect(extension, element, &[], &mut settings);
            }
        }
        settings
    }
}

/// Tells whether an element says which GPO it comes from.
pub fn says_origin(element: &Element) -> bool {
    element.children.iter().any(|child| child.namespace == Namespace::Base)
}

/// Tells whether an element or one in it says which GPO it comes from.
pub fn holds_origin(element: &Element) -> bool {
    says_origin(element) || element.children.iter().any(holds_origin)
}

fn collect<'a>(
    extension: &'a ExtensionReport,
    element: &'a Element,
    path: &[Cow<'a, str>],
    settings: &mut Vec<RsopSetting<'a>>,
) {
    if says_origin(element) || !holds_origin(element) {
        if precedence(element).is_none_or(|order| order <= 1) {
            settings.push(RsopSetting { extension, element, path: path.to_vec() });
        }
        return;
    }
    let mut path = path.to_vec();
    path.push(Cow::Borrowed(element.get("name").unwrap_or(&element.name)));
    for child in element.children.iter().filter(|child| holds_origin(child)) {
        collect(extension, child, &path, settings);
    }
}

impl RsopSetting<'_> {
    /// Returns the GPO it comes from.
    pub fn winner(&self) -> Option<WinningGpo> {
        winning_gpo(self.element)
    }

    /// Returns what it is, the same in every document that has it.
    pub fn key(&self) -> String {
        let mut parts = vec![self.extension.namespace.clone(), self.element.name.to_string()];
        parts.extend(self.path.iter().map(ToString::to_string));
        parts.extend(self.identity());
        parts.join("\n").to_lowercase()
    }

    /// Returns its name for people.
    pub fn name(&self) -> String {
        match self.element.text_at(&["Display", "Name"]) {
            "" => {}
            name => return name.to_owned(),
        }
        let identity: Vec<String> = self.identity().into_iter().filter(|text| !text.is_empty()).collect();
        match identity.is_empty() {
            true => self.element.name.to_string(),
            false => identity.join(", "),
        }
    }

    fn identity(&self) -> Vec<String> {
        let mut parts = Vec::new();
        parts.extend(self.element.get("name").map(str::to_owned));
        for child in self.element.children.iter().filter(|child| is_identity(self.element, child)) {
            parts.push(if child.children.is_empty() { child.text.clone() } else { principal(child).to_owned() });
        }
        match self.element.text_at(&["Value", "Name"]) {
            "" => {}
            name => parts.push(name.to_owned()),
        }
        parts
    }

    /// Returns what it sets, as it stands in the document; empty where it sets nothing, as a right that nobody has.
    pub fn value(&self) -> String {
        let own = self.element.children.iter().filter(|child| !is_identity(self.element, child));
        let mut texts = Vec::new();
        own.for_each(|child| add_texts(child, &mut texts));
        if self.element.children.is_empty() {
            texts.push(self.element.text.clone());
        }
        texts.join(", ")
    }

    /// Returns the setting alone, without what says where it comes from.
    pub fn alone(&self) -> ExtensionReport {
        let mut element = self.element.clone();
        element.children.retain(|child| child.namespace != Namespace::Base);
        self.extension.with_elements(vec![element])
    }

    /// Tells whether another sets the same, whoever sets it.
    pub fn sets_same(&self, other: &RsopSetting<'_>) -> bool {
        means_same(self.element, other.element)
    }
}

fn is_identity(setting: &Element, child: &Element) -> bool {
    child.namespace != Namespace::Base
        && (IDENTITY.contains(&&*child.name) || child.name == "Type" && setting.name == "Script")
}

fn matters(child: &Element) -> bool {
    child.namespace != Namespace::Base && !EXPLANATIONS.contains(&&*child.name)
}

fn is_principal(element: &Element) -> bool {
    element.children.iter().any(|child| child.namespace == Namespace::Types && matches!(&*child.name, "SID" | "Name"))
}

/// Returns the name of a principal, or its SID.
fn principal(element: &Element) -> &str {
    match element.text_at(&["Name"]) {
        "" => element.text_at(&["SID"]),
        name => name,
    }
}

fn add_texts(element: &Element, texts: &mut Vec<String>) {
    if !matters(element) {
        return;
    }
    if is_principal(element) {
        return texts.push(principal(element).to_owned());
    }
    let attributes = element.attributes.iter().filter(|(name, _)| !is_unimportant(name));
    texts.extend(attributes.filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}")));
    match element.text.as_str() {
        "" => {}
        text if matches!(&*element.name, "State") || element.name.starts_with("Setting") => texts.push(text.to_owned()),
        text => texts.push(format!("{}={text}", element.name)),
    }
    element.children.iter().for_each(|child| add_texts(child, texts));
}

fn is_unimportant(attribute: &str) -> bool {
    UNIMPORTANT_ATTRIBUTES.contains(&attribute) || attribute == "clsid"
}

/// Tells whether two elements mean the same: their order aside, principals by SID or name, what is for people alone not counted.
fn means_same(one: &Element, other: &Element) -> bool {
    if one.name != other.name || one.text.trim() != other.text.trim() {
        return false;
    }
    if is_principal(one) && is_principal(other) {
        return same_principal(one, other);
    }
    let attributes = |element: &Element| {
        let own = element.attributes.iter().filter(|(name, _)| !is_unimportant(name));
        let mut own: Vec<(Cow<'static, str>, String)> = own.cloned().collect();
        own.sort();
        own
    };
    if attributes(one) != attributes(other) {
        return false;
    }
    let own: Vec<&Element> = one.children.iter().filter(|child| matters(child)).collect();
    let mut others: Vec<&Element> = other.children.iter().filter(|child| matters(child)).collect();
    own.len() == others.len()
        && own.iter().all(|child| match others.iter().position(|other| means_same(child, other)) {
            Some(place) => {
                others.remove(place);
                true
            }
            None => false,
        })
}

/// Compares principals by SID where both have one, else by name; a name without domain is that of any domain.
fn same_principal(one: &Element, other: &Element) -> bool {
    let sids = (one.text_at(&["SID"]), other.text_at(&["SID"]));
    if !sids.0.is_empty() && !sids.1.is_empty() {
        return sids.0.eq_ignore_ascii_case(sids.1);
    }
    let (one, other) = (one.text_at(&["Name"]).to_lowercase(), other.text_at(&["Name"]).to_lowercase());
    let account = |name: &str| name.rsplit('\\').next().unwrap_or_default().to_owned();
    let has_both_domains = one.contains('\\') && other.contains('\\');
    one == other || !has_both_domains && account(&one) == account(&other)
}
