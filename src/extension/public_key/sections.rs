//! Public keys for people: one table for each store, options in words.

use crate::extension::wording::{choice, label, properties, yes_no};
use crate::extension::{Area, Placed};
use crate::format::{CertificateBlob, CertificateInfo, CertificateProperty};
use crate::report::{Block, Cell, Element, ExtensionReport, Row, Section, Side, Table};

use super::purpose_name;

/// Headings of the stores by the elements of their certificates.
const STORES: [(&str, &str); 7] = [
    ("EFSRecoveryAgent", "Encrypting File System: Recovery Agents"),
    ("RootCertificate", "Trusted Root Certification Authorities"),
    ("IntermediateCACertificate", "Intermediate Certification Authorities"),
    ("TrustedPublishersCertificate", "Trusted Publishers"),
    ("UntrustedCertificate", "Untrusted Certificates"),
    ("TrustedPeopleCertificate", "Trusted People"),
    ("EnterpriseTrustCertificate", "Enterprise Trust"),
];

const ROOT_LABELS: [(&str, &str); 3] = [
    ("AllowNewCAs", "Allow users to trust new root certification authorities"),
    ("TrustThirdPartyCAs", "Trust third-party root certification authorities"),
    ("RequireUPNNamingConstraints", "Authorities must also comply with user principal name constraints"),
];

/// The bits of the options of EFS.
const EFS_OPTIONS: [(u32, &str); 10] = [
    (0x1, "encrypt the user's Documents folder"),
    (0x2, "create caching-capable user keys from smart cards"),
    (0x4, "allow self-signed certificates"),
    (0x10, "clear the key cache after the timeout"),
    (0x20, "clear the key cache when the session is locked"),
    (0x100, "require a smart card"),
    (0x200, "encrypt the page file"),
    (0x400, "remind users to back up their keys"),
    (0x1000, "no elliptic curve keys"),
    (0x2000, "elliptic curve keys only"),
];

/// Returns the sections.
pub(super) fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut section = Section::new("Public Key Policies");
    let named = |name: &'static str| report.elements.iter().filter(move |element| element.name == name);
    for element in named("AutoEnrollmentSettings") {
        push(&mut section, "Certificate Services Client - Auto-Enrollment Settings", properties(enrollment(element)));
    }
    for element in named("certSettingsStores") {
        push(&mut section, "Certificate Path Validation Settings", properties(path_validation(element)));
    }
    for element in named("EFSSettings").filter(|element| !is_default_efs(element)) {
        push(&mut section, "Encrypting File System", properties(efs(element)));
    }
    for element in named("RootCertificateSettings").filter(|element| !is_default_roots(element)) {
        let rows = element.children.iter().map(|child| (label(&ROOT_LABELS, &child.name), yes_no(&child.text)));
        push(&mut section, "Trusted Root Certification Authorities: Options", properties(rows));
    }
    for (name, heading) in STORES {
        let table = certificates(named(name));
        push(&mut section, heading, (!table.rows.is_empty()).then_some(Block::Table(table)));
    }
    for (name, heading) in [
        ("CertificateTrustList", "Certificate Trust Lists"),
        ("CertificateRevocationList", "Certificate Revocation Lists"),
    ] {
        let mut table = Table::new(&["Store", "Size (Bytes)"]);
        for list in named(name) {
            table.row([list.text_at(&["Store"]).to_owned(), (list.text_at(&["Data"]).len() / 2).to_string()]);
        }
        push(&mut section, heading, (!table.rows.is_empty()).then_some(Block::Table(table)));
    }
    if section.blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::SecuritySettings, section }]
}

fn push(section: &mut Section, heading: &str, block: Option<Block>) {
    section.blocks.extend(block.map(|block| Block::Section(Section::new(heading).with(block))));
}

fn enrollment(element: &Element) -> Vec<(&'static str, String)> {
    let yes = |path: &[&str]| yes_no(element.text_at(path)).to_owned();
    let is_on = element.text_at(&["EnrollCertificatesAutomatically"]) == "true";
    let mut rows = vec![("Automatic certificate management", if is_on { "Enabled" } else { "Disabled" }.to_owned())];
    if is_on {
        rows.push((
            "Renew expired certificates, update pending certificates, remove revoked certificates",
            yes(&["Options", "RenewUpdateRevoke"]),
        ));
        rows.push(("Update certificates that use certificate templates", yes(&["Options", "UpdateTemplates"])));
    }
    rows.push(("Display notifications for expiring certificates", yes(&["ExpiryNotification"])));
    if element.text_at(&["NotifyPercent", "Present"]) == "true" {
        let percent = element.text_at(&["NotifyPercent", "Value"]);
        rows.push(("Log and notify when this much of the lifetime is left", format!("{percent} %")));
    }
    let stores = element.text_at(&["NotifyStoreNames"]);
    if !stores.is_empty() {
        rows.push(("Additional stores", stores.to_owned()));
    }
    rows
}

fn path_validation(element: &Element) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Ok(flags) = element.text_at(&["PolicyValue", "Value"]).parse::<u32>() {
        let yes = |is_true: bool| if is_true { "Yes" } else { "No" }.to_owned();
        rows.push(("Users may trust root authorities of their own", yes(flags & 0x1 == 0)));
        rows.push(("Users may trust peer certificates", yes(flags & 0x1_0000 == 0)));
    }
    let usages: Vec<&str> = element
        .child("PeerUsages")
        .into_iter()
        .flat_map(|list| &list.children)
        .map(|usage| usage.text.as_str())
        .collect();
    if !usages.is_empty() {
        rows.push(("Purposes of peer certificates", usages.join(", ")));
    }
    rows
}

/// The elements are always there; with nothing set they would only fill the page.
fn is_default_efs(element: &Element) -> bool {
    ["AllowEFS", "Options", "CacheTimeout", "KeyLen"].map(|name| element.text_at(&[name])) == ["2", "0", "0", "0"]
        && element.children.len() == 4
}

fn is_default_roots(element: &Element) -> bool {
    ROOT_LABELS.map(|(name, _)| element.text_at(&[name])) == ["true", "true", "false"]
}

fn efs(element: &Element) -> Vec<(&'static str, String)> {
    let text = |name: &str| element.text_at(&[name]);
    let allowed = choice(&[("0", "Allow"), ("1", "Do not allow"), ("2", "Not defined")], text("AllowEFS"));
    let mut rows = vec![("File encryption with EFS", allowed)];
    if let Some(options) = text("Options").parse::<u32>().ok().filter(|&options| options != 0) {
        let names: Vec<&str> =
            EFS_OPTIONS.iter().filter(|(bit, _)| options & bit != 0).map(|(_, name)| *name).collect();
        rows.push(("Options", format!("{} (0x{options:X})", names.join(", "))));
    }
    for (name, label, unit) in [("CacheTimeout", "Key cache timeout", " minutes"), ("KeyLen", "Key length", " bits")] {
        if !matches!(text(name), "" | "0") {
            rows.push((label, format!("{}{unit}", text(name))));
        }
    }
    for (name, label) in [("TemplateName", "Certificate template"), ("SuiteBAlgorithm", "Elliptic curve algorithm")] {
        if !text(name).is_empty() {
            rows.push((label, text(name).to_owned()));
        }
    }
    rows
}

fn certificates<'a>(elements: impl Iterator<Item = &'a Element>) -> Table {
    let mut table = Table::new(&["Issued To", "Issued By", "Expiration Date", "Intended Purposes"]);
    for certificate in elements {
        let purposes: Vec<&str> = certificate
            .child("CertificatePurpose")
            .into_iter()
            .flat_map(|list| &list.children)
            .map(|purpose| purpose_name(&purpose.text))
            .collect();
        let purposes = if purposes.is_empty() { "<All>".to_owned() } else { purposes.join(", ") };
        let cells = [
            Cell::new(certificate.text_at(&["IssuedTo"])),
            Cell::new(certificate.text_at(&["IssuedBy"])),
            Cell::new(certificate.text_at(&["ExpirationDate"]).replace('T', " ")),
            Cell::new(purposes),
        ];
        let details = stored(certificate.text_at(&["Data"])).and_then(properties).into_iter().collect();
        table.push(Row { cells: cells.into(), details, explain: None });
    }
    table
}

/// Returns what the stored entry says beside the columns.
fn stored(data: &str) -> Option<Vec<(&'static str, String)>> {
    let blob = CertificateBlob::parse(&unhex(data)?).ok()?;
    let mut rows = Vec::new();
    rows.extend(blob.friendly_name().map(|name| ("Friendly name", name)));
    let thumbprint = blob.property(CertificateProperty::SHA1_HASH);
    rows.extend(thumbprint.map(|hash| ("Thumbprint", super::hex(hash))));
    if let Some(info) = blob.certificate().and_then(|der| CertificateInfo::parse(der).ok()) {
        rows.push(("Serial number", info.serial_number));
        rows.extend(info.not_before.map(|time| ("Valid from", time.to_string().replace('T', " "))));
    }
    Some(rows)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
