//! Writing a resultant set of policy as `gpresult /X` does: UTF-16 with mark, the order of elements and their namespaces.

use crate::ident::Timestamp;
use crate::report::xml_writer::{COMMON_PREFIXES, Writer, extension_data};
use crate::report::{Element, Namespace};

use super::Kept;
use super::values::{
    ExtensionStatus, LOCAL_GPO, RsopGpo, RsopLink, RsopPrincipal, RsopReport, RsopResult, SearchedSom,
};

/// Returns a resultant set as the bytes of a file. What was read from one is written as it stood there.
pub fn write_rsop(report: &RsopReport) -> Vec<u8> {
    let mut root = element("Rsop", report_children(report), &report.kept);
    if root.get("xmlns").is_some() {
        root.namespace = Namespace::Foreign;
    }
    let mut writer = Writer::new();
    writer.element_declaring(&root, Namespace::Settings, COMMON_PREFIXES);
    writer.into_bytes()
}

fn element(name: &'static str, children: Vec<Element>, kept: &Kept) -> Element {
    let mut element = Element::of(Namespace::Rsop, name);
    kept.fill(&mut element, children);
    element
}

pub(super) fn report_children(report: &RsopReport) -> Vec<Element> {
    let mut children = Vec::new();
    children.extend(report.read.map(|time| field("ReadTime", time.to_string())));
    children.push(field("DataType", report.data_type.word()));
    for (name, result) in [("UserResults", &report.user), ("ComputerResults", &report.computer)] {
        children.extend(result.as_ref().map(|result| element(name, result_children(result), &result.kept)));
    }
    children
}

pub(super) fn result_children(result: &RsopResult) -> Vec<Element> {
    let mut children = Vec::new();
    children.extend(result.version.map(|version| field("Version", version.to_string())));
    for (name, value) in
        [("Name", &result.name), ("Domain", &result.domain), ("SOM", &result.som), ("Site", &result.site)]
    {
        children.extend(filled(name, value));
    }
    children.extend(result.searched_soms.iter().map(|som| element("SearchedSOM", som_children(som), &som.kept)));
    let principal = |group: &RsopPrincipal| element("SecurityGroup", principal_children(group), &group.kept);
    children.extend(result.security_groups.iter().map(principal));
    children.extend(result.slow_link.map(|slow| flag("SlowLink", slow)));
    let status = |status: &ExtensionStatus| element("ExtensionStatus", status_children(status), &status.kept);
    children.extend(result.extension_status.iter().map(status));
    children.extend(result.gpos.iter().map(|gpo| element("GPO", gpo_children(gpo), &gpo.kept)));
    children.extend(result.extensions.iter().map(|extension| extension_data(extension, Namespace::Rsop)));
    if !result.events.is_empty() {
        let events = result.events.iter().map(|events| events.element().clone());
        children.push(Element::of(Namespace::Rsop, "EventsDetails").with_all(events));
    }
    children
}

pub(super) fn som_children(som: &SearchedSom) -> Vec<Element> {
    vec![
        field("Path", &som.path),
        field("Type", &som.kind),
        field("Order", som.order.to_string()),
        flag("BlocksInheritance", som.blocks_inheritance),
        flag("Blocked", som.blocked),
        field("Reason", &som.reason),
    ]
}

pub(super) fn principal_children(principal: &RsopPrincipal) -> Vec<Element> {
    let sid = principal.sid.as_ref().map(|sid| Element::text_of(Namespace::Types, "SID", sid.to_string()));
    let name = Some(&principal.name).filter(|name| !name.is_empty());
    let name = name.map(|name| Element::text_of(Namespace::Types, "Name", name.as_str()));
    sid.into_iter().chain(name).collect()
}

pub(super) fn status_children(status: &ExtensionStatus) -> Vec<Element> {
    // Unlike the time of the report, without zone.
    let time = |time: Timestamp| time.to_string().trim_end_matches('Z').to_owned();
    let mut children = vec![field("Name", &status.name)];
    children.extend(status.identifier.map(|id| field("Identifier", id.to_string())));
    children.extend(status.begin.map(|begin| field("BeginTime", time(begin))));
    children.extend(status.end.map(|end| field("EndTime", time(end))));
    children.extend(filled("LoggingStatus", &status.logging_status));
    children.extend(status.error.map(|error| field("Error", error.to_string())));
    children
}

pub(super) fn gpo_children(gpo: &RsopGpo) -> Vec<Element> {
    let mut children = vec![field("Name", &gpo.name), path(gpo)];
    let versions = [("VersionDirectory", gpo.version_directory), ("VersionSysvol", gpo.version_sysvol)];
    for (name, version) in versions {
        children.extend(version.map(|version| field(name, version.to_string())));
    }
    children.extend(gpo.enabled.map(|enabled| flag("Enabled", enabled)));
    children.extend(gpo.is_valid.map(|valid| flag("IsValid", valid)));
    children.extend(gpo.filter_id.as_ref().map(|id| field("FilterId", id)));
    children.extend(gpo.filter_name.as_ref().map(|name| field("FilterName", name)));
    children.extend(gpo.filter_allowed.map(|allowed| flag("FilterAllowed", allowed)));
    children.extend(gpo.access_denied.map(|denied| flag("AccessDenied", denied)));
    children.extend(gpo.links.iter().map(|link| element("Link", link_children(link), &link.kept)));
    children.extend(gpo.security_filters.iter().map(|name| field("SecurityFilter", name)));
    children.extend(gpo.extension_names.iter().map(|name| field("ExtensionName", name)));
    children
}

fn path(gpo: &RsopGpo) -> Element {
    let id = match gpo.id {
        Some(id) => Some(id.to_string()),
        None => gpo.is_local().then(|| LOCAL_GPO.to_owned()),
    };
    let id = id.map(|id| Element::text_of(Namespace::Types, "Identifier", id));
    let domain = gpo.domain.as_ref().map(|domain| Element::text_of(Namespace::Types, "Domain", domain.as_str()));
    Element::of(Namespace::Rsop, "Path").with_all(id.into_iter().chain(domain))
}

pub(super) fn link_children(link: &RsopLink) -> Vec<Element> {
    vec![
        field("SOMPath", &link.som_path),
        field("SOMOrder", link.som_order.to_string()),
        field("AppliedOrder", link.applied_order.to_string()),
        field("LinkOrder", link.link_order.to_string()),
        flag("Enabled", link.enabled),
        flag("NoOverride", link.no_override),
    ]
}

fn field(name: &'static str, text: impl Into<String>) -> Element {
    Element::text_of(Namespace::Rsop, name, text)
}

fn filled(name: &'static str, text: &str) -> Option<Element> {
    (!text.is_empty()).then(|| field(name, text))
}

fn flag(name: &'static str, value: bool) -> Element {
    field(name, if value { "true" } else { "false" })
}
