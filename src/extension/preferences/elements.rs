//! From a preference file to its report element, as GPMC writes it (`operations.md` 4.3, checked against all preference items of
//! real reports): every attribute with its value and order; each item with its place among the items beside it, each
//! collection with its place among the collections; `Filters` on every item and
//! collection, `Values` on registry items, `Members` on users and groups, whether or not the file has them.

use crate::format::preferences::{PreferenceElement, PreferenceFile, PreferenceKind};
use crate::report::Element;

use super::task_xml::task;

/// Elements nested deeper than this are left out; the check of the file tells.
const DEEPEST: usize = 64;

/// Returns the element that holds all items of the file.
pub(super) fn report_element(file: &PreferenceFile, kind: PreferenceKind) -> Element {
    let mut root = with_attributes(kind.report().root, file.root());
    root.children = items(file.root(), kind, 0);
    root
}

fn items(parent: PreferenceElement<'_>, kind: PreferenceKind, depth: usize) -> Vec<Element> {
    let is_filters = |child: &PreferenceElement<'_>| child.name().eq_ignore_ascii_case("Filters");
    // Collections are counted apart from items.
    let (mut collections, mut items) = (0, 0);
    let numbered = |child: PreferenceElement<'_>| {
        let count = if child.name().eq_ignore_ascii_case("Collection") { &mut collections } else { &mut items };
        *count += 1;
        item(child, kind, *count, depth)
    };
    parent.children().filter(|child| !is_filters(child) && depth < DEEPEST).map(numbered).collect()
}

fn item(source: PreferenceElement<'_>, kind: PreferenceKind, order: usize, depth: usize) -> Element {
    let names = kind.items().iter().map(|item| item.element).chain(["Collection"]);
    let known = names.into_iter().find(|name| name.eq_ignore_ascii_case(source.name()));
    let element = match known {
        Some(name) => with_attributes(name, source),
        None => with_attributes(source.name().to_owned(), source),
    };
    let element = element.with(Element::text("GPOSettingOrder", order.to_string()));
    let filters = match source.child("Filters") {
        Some(filters) => Element { name: "Filters".into(), ..copy(filters, depth) },
        None => Element::new("Filters"),
    };
    if known == Some("Collection") {
        return element.with(filters).with_all(items(source, kind, depth + 1));
    }
    let mut rest = Vec::new();
    let mut seen_properties = false;
    for child in source.children() {
        if child.name().eq_ignore_ascii_case("Properties") && !seen_properties {
            seen_properties = true;
            rest.insert(0, properties(child, known, depth));
        } else if !child.name().eq_ignore_ascii_case("Filters") {
            rest.push(copy(child, depth));
        }
    }
    element.with_all(rest).with(filters)
}

fn properties(source: PreferenceElement<'_>, item: Option<&str>, depth: usize) -> Element {
    let mut element = with_attributes("Properties", source);
    let is_task = |child: &PreferenceElement<'_>| child.name().eq_ignore_ascii_case("Task");
    let children = source.children().map(|child| if is_task(&child) { task(child) } else { copy(child, depth) });
    element.children = children.collect();
    let list = match item {
        Some("Registry") => Some("Values"),
        Some("Group" | "User") => Some("Members"),
        _ => None,
    };
    if let Some(list) = list.filter(|list| element.child(list).is_none()) {
        element.children.push(Element::new(list));
    }
    element
}

/// Copies an element with all that is in it.
pub(super) fn copy(source: PreferenceElement<'_>, depth: usize) -> Element {
    let mut element = with_attributes(source.name().to_owned(), source);
    if depth < DEEPEST {
        element.children = source.children().map(|child| copy(child, depth + 1)).collect();
    }
    if element.children.is_empty() {
        element.text = source.text().to_owned();
    }
    element
}

/// Returns an element with the attributes of another and nothing in it.
pub(super) fn with_attributes(
    name: impl Into<std::borrow::Cow<'static, str>>,
    source: PreferenceElement<'_>,
) -> Element {
    let mut element = Element::new(name);
    let attributes = source.attributes().map(|(name, value)| (name.to_owned().into(), value.to_owned()));
    element.attributes = attributes.collect();
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: PreferenceKind, file: &str, expected: &str) {
        let file = PreferenceFile::parse(file.as_bytes()).unwrap();
        assert_eq!(outline(&report_element(&file, kind)), expected);
    }

    /// Writes an element as one line of XML without namespaces.
    fn outline(element: &Element) -> String {
        let attributes: String = element.attributes.iter().map(|(name, value)| format!(" {name}='{value}'")).collect();
        let inner: String = element.children.iter().map(outline).collect();
        format!("<{0}{attributes}>{1}{inner}</{0}>", element.name, element.text).replace("></>", "/>")
    }

    #[test]
    fn items_get_their_order_and_empty_lists() {
        check(
            PreferenceKind::Registry,
            "<RegistrySettings clsid='{A}'><Collection name='c'><Registry b='2' a='1'><Filters><FilterBattery not='0'/></Filters><Properties value='x'/></Registry></Collection>\n<Registry><Properties/></Registry><Collection/></RegistrySettings>",
            "<RegistrySettings clsid='{A}'><Collection name='c'><GPOSettingOrder>1</GPOSettingOrder><Filters></Filters><Registry b='2' a='1'><GPOSettingOrder>1</GPOSettingOrder><Properties value='x'><Values></Values></Properties><Filters><FilterBattery not='0'></FilterBattery></Filters></Registry></Collection><Registry><GPOSettingOrder>1</GPOSettingOrder><Properties><Values></Values></Properties><Filters></Filters></Registry><Collection><GPOSettingOrder>2</GPOSettingOrder><Filters></Filters></Collection></RegistrySettings>",
        );
    }

    #[test]
    fn roots_and_items_are_named_as_reports_name_them() {
        check(
            PreferenceKind::Drives,
            "<drives><DRIVE odd='1'>text<properties path='p'/><Extra/></DRIVE><New/></drives>",
            "<DriveMapSettings><Drive odd='1'><GPOSettingOrder>1</GPOSettingOrder><Properties path='p'></Properties><Extra></Extra><Filters></Filters></Drive><New><GPOSettingOrder>2</GPOSettingOrder><Filters></Filters></New></DriveMapSettings>",
        );
        check(
            PreferenceKind::Groups,
            "<Groups><User><Properties/></User><Group><Properties><Members><Member name='a'/></Members></Properties></Group></Groups>",
            "<LocalUsersAndGroups><User><GPOSettingOrder>1</GPOSettingOrder><Properties><Members></Members></Properties><Filters></Filters></User><Group><GPOSettingOrder>2</GPOSettingOrder><Properties><Members><Member name='a'></Member></Members></Properties><Filters></Filters></Group></LocalUsersAndGroups>",
        );
    }
}
