//! What a half assigns by objects of the directory alone: an IPsec policy, printers ([MS-GPIPSEC], `gpo-storage.md` A6).

use crate::ident::Guid;
use crate::report::{Element, ExtensionReport, Section, Side, Table};

use super::wording::properties;
use super::{Area, DirectoryObject, Extension, Part, Placed, Source, claims_nothing};

pub(super) static IP_SECURITY: Extension = Extension {
    cse: Guid::from_u128(0xE437BC1C_AA7D_11D2_A382_00C04F991E27),
    name: "IP Security",
    xml_type: "IPSecuritySettings",
    namespace: "IPSecurity",
    read: read_ip_security,
    sections: ip_security_sections,
    claims: claims_nothing,
};

pub(super) static DEPLOYED_PRINTERS: Extension = Extension {
    cse: Guid::from_u128(0x8A28E2C5_8D06_49A4_A08C_632DAA493E17),
    name: "Deployed Printer Connections",
    xml_type: "PrinterConnectionSettings",
    namespace: "PrinterConnections",
    read: read_printers,
    sections: printer_sections,
    claims: claims_nothing,
};

fn of_class<'a>(source: &Source<'a>, class: &'static str) -> impl Iterator<Item = &'a DirectoryObject> {
    source.half.objects.iter().filter(move |object| object.class.eq_ignore_ascii_case(class))
}

fn part(elements: Vec<Element>) -> Option<Part> {
    (!elements.is_empty()).then(|| Part { elements, ..Part::default() })
}

fn texts<const N: usize>(object: &DirectoryObject, names: [(&'static str, &str); N]) -> Vec<Element> {
    let found = names.iter().filter_map(|(element, attribute)| Some(Element::text(*element, object.text(attribute)?)));
    found.collect()
}

fn read_ip_security(source: &Source<'_>) -> Option<Part> {
    let names = [("Name", "ipsecName"), ("Description", "description"), ("PolicyPath", "ipsecOwnersReference")];
    let assigned =
        of_class(source, "ipsecPolicy").map(|object| Element::new("AssignedPolicy").with_all(texts(object, names)));
    part(assigned.collect())
}

fn read_printers(source: &Source<'_>) -> Option<Part> {
    let printers = of_class(source, "msPrint-ConnectionPolicy").filter_map(|object| {
        let path = object
            .text("uNCName")
            .or_else(|| Some(format!(r"{}\{}", object.text("serverName")?, object.text("printerName")?)))?;
        Some(Element::new("PrinterConnection").with(Element::text("Path", path)))
    });
    part(printers.collect())
}

fn ip_security_sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut section = Section::new("IP Security Policies on Active Directory");
    for policy in &report.elements {
        let rows = [("Assigned policy", "Name"), ("Description", "Description"), ("Policy object", "PolicyPath")];
        let rows = rows.map(|(label, name)| (label, policy.text_at(&[name])));
        section.blocks.extend(properties(rows.into_iter().filter(|(_, value)| !value.is_empty())));
    }
    if section.blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::SecuritySettings, section }]
}

fn printer_sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut table = Table::new(&["Path"]);
    for printer in &report.elements {
        table.row([printer.text_at(&["Path"])]);
    }
    if table.rows.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::WindowsSettings, section: Section::new("Deployed Printers").with(table) }]
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{half, lines, object, read};

    use super::*;

    #[test]
    fn assignments_are_read_from_their_objects() {
        let policy = object("CN=IPSEC,CN=Windows,CN=Microsoft", "ipsecPolicy", &[("ipsecName", "Finance")]);
        let printer =
            object("CN={1},CN=PushedPrinterConnections", "msPrint-ConnectionPolicy", &[("uNCName", r"\\p\a")]);
        let parts = [("serverName", r"\\p"), ("printerName", "b")];
        let in_parts = object("CN={2},CN=PushedPrinterConnections", "msPrint-ConnectionPolicy", &parts);
        let half = half("", Vec::new(), vec![policy, printer, in_parts]);
        assert_eq!(lines(&IP_SECURITY, &half, true), ["AssignedPolicy(Name=Finance)"]);
        let printers = [r"PrinterConnection(Path=\\p\a)", r"PrinterConnection(Path=\\p\b)"];
        assert_eq!(lines(&DEPLOYED_PRINTERS, &half, true), printers);
        assert!(read(&DEPLOYED_PRINTERS, &crate::extension::HalfContents::default(), true).is_none());
    }
}
