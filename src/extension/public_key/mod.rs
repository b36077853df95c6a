//! Public Key Policies: certificate stores, automatic enrolment, recovery agents and options of the Encrypting File System, trust in
//! root certificates, as they stand in `registry.pol` (`gpo-storage.md` B12, [MS-GPEF], `operations.md` 4.3).
//!
//! A certificate's element holds the whole entry of the store in hexadecimal, with the fields Windows shows of it. The machine's halves
//! always have the options of EFS and of root certificates, with defaults where nothing is set; users' never.

mod sections;

use crate::format::{CertificateBlob, CertificateInfo, CertificateProperty, EfsBlob, read_key_usage};
use crate::ident::Guid;
use crate::report::{Element, Side};

use super::registry_keys::{RegistryKey, is_within, keys_below, path_below};
use super::{Extension, Part, Source};

pub(super) static PUBLIC_KEY: Extension = Extension {
    cse: Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2),
    name: "Public Key",
    xml_type: "PublicKeySettings",
    namespace: "PublicKey",
    read,
    sections: sections::sections,
    claims,
};

const STORES: &str = r"software\policies\microsoft\systemcertificates";
const ENROLLMENT: &str = r"software\policies\microsoft\cryptography\autoenrollment";
const EFS: &str = r"software\policies\microsoft\windows nt\currentversion\efs";

/// Stores with the element that reports have for each certificate in them, in the order of reports.
const STORE_ELEMENTS: [(&str, &str); 6] = [
    ("Root", "RootCertificate"),
    ("CA", "IntermediateCACertificate"),
    ("TrustedPublisher", "TrustedPublishersCertificate"),
    ("Disallowed", "UntrustedCertificate"),
    ("TrustedPeople", "TrustedPeopleCertificate"),
    ("Trust", "EnterpriseTrustCertificate"),
];
/// Stores of which reports have no certificates, but which are no settings of the registry either.
const OTHER_STORES: [&str; 2] = ["ACRS", EFS_STORE];
const EFS_STORE: &str = "EFS";
const PROTECTED_ROOTS: &str = r"Root\ProtectedRoots";

const EFS_VALUES: [&str; 6] =
    ["EfsConfiguration", "EfsOptions", "CacheTimeout", "RSAKeyLength", "TemplateName", "SuiteBAlgorithm"];
/// What `AllowEFS` says where nothing is set.
const EFS_NOT_SET: u32 = 2;

/// The bits of `AEPolicy`.
mod enrollment {
    pub(super) const CHECK_TEMPLATES: u32 = 0x1;
    pub(super) const MANAGE_STORE_AND_PENDING: u32 = 0x6;
    pub(super) const NOTIFY: u32 = 0x8;
    pub(super) const DISABLED: u32 = 0x8000;
}

/// The bits of `Flags` below `ProtectedRoots`.
mod protected_roots {
    pub(super) const NO_USER_ROOTS: u32 = 0x1;
    pub(super) const ONLY_ENTERPRISE_ROOTS: u32 = 0x8;
    pub(super) const NAME_CONSTRAINTS: u32 = 0x10;
}

fn claims(key: &str, value: &str) -> bool {
    if is_within(key, ENROLLMENT) {
        return true;
    }
    if key == EFS {
        return EFS_VALUES.iter().any(|name| name.eq_ignore_ascii_case(value));
    }
    let Some(path) = path_below(key, STORES) else { return false };
    let store = path.split('\\').next().unwrap_or_default();
    let known = STORE_ELEMENTS.iter().map(|(store, _)| *store).chain(OTHER_STORES);
    known.into_iter().any(|known| known.eq_ignore_ascii_case(store))
}

fn read(source: &Source<'_>) -> Option<Part> {
    let stores = keys_below(source, STORES);
    let enrollment = keys_below(source, ENROLLMENT);
    let efs = keys_below(source, EFS);
    if stores.is_none() && enrollment.is_none() && efs.is_none() {
        return None;
    }
    let stores = stores.unwrap_or_default();
    let mut part = Part::default();
    part.elements.extend(enrollment.as_deref().and_then(enrollment_element));
    let protected_roots = find(&stores, PROTECTED_ROOTS).filter(|key| !key.values.is_empty());
    part.elements.extend(protected_roots.map(path_validation_element));
    let is_computer = source.side == Side::Computer;
    if is_computer {
        part.elements.push(efs_element(efs.as_deref().and_then(|keys| find(keys, ""))));
    }
    push_certificates(&mut part, source, &stores, EFS_STORE, "EFSRecoveryAgent");
    check_efs_blob(&mut part, source, &stores);
    if is_computer {
        part.elements.push(root_settings_element(protected_roots));
    }
    for (store, element) in STORE_ELEMENTS {
        push_certificates(&mut part, source, &stores, store, element);
    }
    if !source.context.compatible {
        part.elements.extend(list_elements(&stores));
    }
    Some(part)
}

fn find<'a, 'b>(keys: &'b [RegistryKey<'a>], path: &str) -> Option<&'b RegistryKey<'a>> {
    keys.iter().find(|key| key.path.eq_ignore_ascii_case(path))
}

/// A value that may be missing, as reports write it.
fn optional_number(name: &'static str, number: Option<u32>) -> Element {
    Element::new(name)
        .with(Element::bool("Present", number.is_some()))
        .with(Element::text("Value", number.unwrap_or_default().to_string()))
}

fn enrollment_element(keys: &[RegistryKey<'_>]) -> Option<Element> {
    let key = find(keys, "")?;
    let policy = key.number("AEPolicy")?;
    let is_set = |bits: u32| policy & bits == bits;
    // The personal store is always watched; reports name the additional ones.
    let names = key.text("OfflineExpirationStoreNames").unwrap_or_default();
    let others: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.eq_ignore_ascii_case("MY")).collect();
    Some(
        Element::new("AutoEnrollmentSettings")
            .with(Element::bool("EnrollCertificatesAutomatically", !is_set(enrollment::DISABLED)))
            .with(
                Element::new("Options")
                    .with(Element::bool("RenewUpdateRevoke", is_set(enrollment::MANAGE_STORE_AND_PENDING)))
                    .with(Element::bool("UpdateTemplates", is_set(enrollment::CHECK_TEMPLATES))),
            )
            .with(Element::bool("ExpiryNotification", is_set(enrollment::NOTIFY)))
            .with(optional_number("NotifyPercent", key.number("OfflineExpirationPercent")))
            .with(Element::text("NotifyStoreNames", others.join(","))),
    )
}

fn path_validation_element(key: &RegistryKey<'_>) -> Element {
    let usages = key.texts("PeerUsages").into_iter().map(|oid| Element::text("string", purpose_name(&oid)));
    let element = Element::new("certSettingsStores").with(optional_number("PolicyValue", key.number("Flags")));
    element.with(Element::new("PeerUsages").with_all(usages))
}

fn efs_element(key: Option<&RegistryKey<'_>>) -> Element {
    let number = |name: &str, default: u32| key.and_then(|key| key.number(name)).unwrap_or(default).to_string();
    let text =
        |element: &'static str, name: &str| key.and_then(|key| key.text(name)).map(|text| Element::text(element, text));
    Element::new("EFSSettings")
        .with(Element::text("AllowEFS", number("EfsConfiguration", EFS_NOT_SET)))
        .with(Element::text("Options", number("EfsOptions", 0)))
        .with(Element::text("CacheTimeout", number("CacheTimeout", 0)))
        .with(Element::text("KeyLen", number("RSAKeyLength", 0)))
        .with_all(text("TemplateName", "TemplateName"))
        .with_all(text("SuiteBAlgorithm", "SuiteBAlgorithm"))
}

fn root_settings_element(protected_roots: Option<&RegistryKey<'_>>) -> Element {
    let flags = protected_roots.and_then(|key| key.number("Flags")).unwrap_or_default();
    Element::new("RootCertificateSettings")
        .with(Element::bool("AllowNewCAs", flags & protected_roots::NO_USER_ROOTS == 0))
        .with(Element::bool("TrustThirdPartyCAs", flags & protected_roots::ONLY_ENTERPRISE_ROOTS == 0))
        .with(Element::bool("RequireUPNNamingConstraints", flags & protected_roots::NAME_CONSTRAINTS != 0))
}

fn push_certificates(
    part: &mut Part,
    source: &Source<'_>,
    stores: &[RegistryKey<'_>],
    store: &str,
    element: &'static str,
) {
    for key in stores {
        let [first, list, thumbprint] = key.names()[..] else { continue };
        if !first.eq_ignore_ascii_case(store) || !list.eq_ignore_ascii_case("Certificates") {
            continue;
        }
        let Some(value) = key.value("Blob") else { continue };
        match certificate_element(element, value.bytes()) {
            Ok(certificate) => part.elements.push(certificate),
            Err(error) => {
                let message = format!(r"SystemCertificates\{store}\Certificates\{thumbprint}: {error}");
                part.problems.push(source.problem_at("registry.pol", message));
                part.elements.push(Element::new(element).with(Element::text("Data", hex(value.bytes()))));
            }
        }
    }
}

fn certificate_element(element: &'static str, bytes: &[u8]) -> Result<Element, String> {
    let blob = CertificateBlob::parse(bytes).map_err(|error| error.to_string())?;
    let der = blob.certificate().ok_or("the entry holds no certificate")?;
    let info = CertificateInfo::parse(der).map_err(|error| error.to_string())?;
    let purposes = purposes(&info, &blob);
    let mut certificate = Element::new(element)
        .with(Element::text("IssuedTo", info.issued_to))
        .with(Element::text("IssuedBy", info.issued_by));
    certificate.children.extend(info.not_after.map(|time| Element::text("ExpirationDate", time.to_string())));
    if !purposes.is_empty() {
        let purposes = purposes.into_iter().map(|oid| Element::text("Purpose", oid));
        certificate.children.push(Element::new("CertificatePurpose").with_all(purposes));
    }
    Ok(certificate.with(Element::text("Data", hex(bytes))))
}

/// Returns what a certificate may be used for: what it says itself, narrowed by what the store says.
fn purposes(info: &CertificateInfo, blob: &CertificateBlob) -> Vec<String> {
    let of_store = blob.property(CertificateProperty::ENHANCED_KEY_USAGE).and_then(read_key_usage);
    match of_store {
        Some(of_store) if info.purposes.is_empty() => of_store,
        Some(of_store) => info.purposes.iter().filter(|oid| of_store.contains(oid)).cloned().collect(),
        None => info.purposes.clone(),
    }
}

/// Clients take the recovery agents from `EFSBlob`; reports from the store. A value that does not read is a problem.
fn check_efs_blob(part: &mut Part, source: &Source<'_>, stores: &[RegistryKey<'_>]) {
    let Some(value) = find(stores, EFS_STORE).and_then(|key| key.value("EFSBlob")) else { return };
    if let Err(error) = EfsBlob::parse(value.bytes()) {
        part.problems.push(source.problem_at("registry.pol", format!(r"SystemCertificates\EFS\EFSBlob: {error}")));
    }
}

/// Returns trust lists and revocation lists, of which Microsoft's reports say nothing.
fn list_elements(stores: &[RegistryKey<'_>]) -> Vec<Element> {
    let mut elements = Vec::new();
    for key in stores {
        let [store, list, _] = key.names()[..] else { continue };
        let element = match list.to_ascii_lowercase().as_str() {
            "ctls" => "CertificateTrustList",
            "crls" => "CertificateRevocationList",
            _ => continue,
        };
        let Some(value) = key.value("Blob") else { continue };
        let element = Element::new(element).with(Element::text("Store", store));
        elements.push(element.with(Element::text("Data", hex(value.bytes()))));
    }
    elements
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02X}");
    }
    text
}

/// Names of purposes as Windows shows them.
const PURPOSES: [(&str, &str); 26] = [
    ("1.3.6.1.5.5.7.3.1", "Server Authentication"),
    ("1.3.6.1.5.5.7.3.2", "Client Authentication"),
    ("1.3.6.1.5.5.7.3.3", "Code Signing"),
    ("1.3.6.1.5.5.7.3.4", "Secure Email"),
    ("1.3.6.1.5.5.7.3.5", "IP security end system"),
    ("1.3.6.1.5.5.7.3.6", "IP security tunnel termination"),
    ("1.3.6.1.5.5.7.3.7", "IP security user"),
    ("1.3.6.1.5.5.7.3.8", "Time Stamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSP Signing"),
    ("1.3.6.1.5.5.8.2.2", "IP security IKE intermediate"),
    ("1.3.6.1.4.1.311.10.3.1", "Microsoft Trust List Signing"),
    ("1.3.6.1.4.1.311.10.3.2", "Microsoft Time Stamping"),
    ("1.3.6.1.4.1.311.10.3.4", "Encrypting File System"),
    ("1.3.6.1.4.1.311.10.3.4.1", "File Recovery"),
    ("1.3.6.1.4.1.311.10.3.5", "Windows Hardware Driver Verification"),
    ("1.3.6.1.4.1.311.10.3.6", "Windows System Component Verification"),
    ("1.3.6.1.4.1.311.10.3.9", "Root List Signer"),
    ("1.3.6.1.4.1.311.10.3.10", "Qualified Subordination"),
    ("1.3.6.1.4.1.311.10.3.11", "Key Recovery"),
    ("1.3.6.1.4.1.311.10.3.12", "Document Signing"),
    ("1.3.6.1.4.1.311.10.3.13", "Lifetime Signing"),
    ("1.3.6.1.4.1.311.20.2.1", "Certificate Request Agent"),
    ("1.3.6.1.4.1.311.20.2.2", "Smart Card Logon"),
    ("1.3.6.1.4.1.311.21.5", "Private Key Archival"),
    ("1.3.6.1.4.1.311.21.6", "Key Recovery Agent"),
    ("2.5.29.37.0", "Any Purpose"),
];

/// Returns the name of a purpose, or its object identifier.
fn purpose_name(oid: &str) -> &str {
    PURPOSES.iter().find(|(known, _)| *known == oid).map_or(oid, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{key_only, lines, read, registry, shown, text, with_source};
    use crate::format::PolData;

    use super::*;

    const CERTIFICATES: &str = r"Software\Policies\Microsoft\SystemCertificates";
    const ENROLL: &str = r"Software\Policies\Microsoft\Cryptography\AutoEnrollment";

    #[test]
    fn options_have_their_defaults_on_computers_alone() {
        let half = registry(&[(&format!(r"{CERTIFICATES}\Trust\CTLs"), "", key_only())]);
        assert_eq!(
            lines(&PUBLIC_KEY, &half, true),
            [
                "EFSSettings(AllowEFS=2 Options=0 CacheTimeout=0 KeyLen=0)",
                "RootCertificateSettings(AllowNewCAs=true TrustThirdPartyCAs=true RequireUPNNamingConstraints=false)",
            ]
        );
        let of_user = with_source(&half, Side::User, true, |source| (PUBLIC_KEY.read)(source)).unwrap();
        assert_eq!(of_user.elements, []);
        assert_eq!(shown(&PUBLIC_KEY, &half), "", "defaults alone are not worth a section");
    }

    #[test]
    fn enrolment_and_trust_are_in_words() {
        let roots = format!(r"{CERTIFICATES}\Root\ProtectedRoots");
        let half = registry(&[
            (ENROLL, "AEPolicy", PolData::Dword(7)),
            (ENROLL, "OfflineExpirationPercent", PolData::Dword(10)),
            (ENROLL, "OfflineExpirationStoreNames", text("MY,Other")),
            (&roots, "Flags", PolData::Dword(9)),
            (&roots, "PeerUsages", PolData::MultiText(vec!["1.3.6.1.5.5.7.3.2".to_owned(), "1.2.3".to_owned()])),
            (r"Software\Policies\Microsoft\Windows NT\CurrentVersion\EFS", "EfsConfiguration", PolData::Dword(1)),
        ]);
        assert_eq!(
            lines(&PUBLIC_KEY, &half, true),
            [
                "AutoEnrollmentSettings(EnrollCertificatesAutomatically=true Options(RenewUpdateRevoke=true \
                 UpdateTemplates=true) ExpiryNotification=false NotifyPercent(Present=true Value=10) NotifyStoreNames=Other)",
                "certSettingsStores(PolicyValue(Present=true Value=9) PeerUsages(string=Client Authentication string=1.2.3))",
                "EFSSettings(AllowEFS=1 Options=0 CacheTimeout=0 KeyLen=0)",
                "RootCertificateSettings(AllowNewCAs=false TrustThirdPartyCAs=false RequireUPNNamingConstraints=false)",
            ]
        );
        let shown = shown(&PUBLIC_KEY, &half);
        for expected in [
            "Additional stores | Other\n",
            "File encryption with EFS | Do not allow\n",
            "Client Authentication, 1.2.3\n",
        ] {
            assert!(shown.contains(expected), "{expected} in {shown}");
        }
    }

    #[test]
    fn a_damaged_entry_is_reported_with_its_bytes() {
        let key = format!(r"{CERTIFICATES}\CA\Certificates\AB");
        let half = registry(&[
            (&key, "Blob", PolData::Raw(vec![0x20, 0, 0, 0])),
            (&format!(r"{CERTIFICATES}\EFS"), "EFSBlob", PolData::Raw(vec![1])),
        ]);
        let part = read(&PUBLIC_KEY, &half, true).unwrap();
        let messages: Vec<&str> = part.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert!(messages[0].starts_with(r"SystemCertificates\EFS\EFSBlob: the value ends"), "{messages:?}");
        assert!(
            messages[1].starts_with(r"SystemCertificates\CA\Certificates\AB: the certificate store entry"),
            "{messages:?}"
        );
        assert_eq!(part.elements.last().unwrap().text_at(&["Data"]), "20000000");
    }

    #[test]
    fn stores_without_element_are_left_to_the_registry() {
        let check = |path: &str, expected: bool| {
            let key = format!(r"{STORES}\{path}");
            assert_eq!(claims(&key, ""), expected, "{path}");
        };
        check(r"root\certificates", true);
        check(r"acrs\ctls", true);
        check(r"fve\certificates", false);
        check(r"dpngra\crls", false);
        assert!(claims(ENROLLMENT, "aepolicy") && !claims(EFS, "other") && claims(EFS, "efsoptions"));
    }
}
