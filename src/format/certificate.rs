//! What reports say of an X.509 certificate, read from its DER by the crate `x509-parser`.
//!
//! Names are shown as Windows' `CertGetNameString` shows them by default: the common name, else the organizational unit, the
//! organization, the mail address, else the first part of the name.

use x509_parser::asn1_rs::{Error as DerError, FromDer, Oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{
    OID_PKCS9_EMAIL_ADDRESS, OID_X509_COMMON_NAME, OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_ORGANIZATION_NAME,
    OID_X509_ORGANIZATIONAL_UNIT,
};
use x509_parser::x509::X509Name;

use crate::ident::Timestamp;

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// To whom it was issued, as Windows shows it.
    pub issued_to: String,
    /// By whom it was issued.
    pub issued_by: String,
    /// From when it is valid.
    pub not_before: Option<Timestamp>,
    /// Until when it is valid.
    pub not_after: Option<Timestamp>,
    /// Serial number, upper-case hexadecimal.
    pub serial_number: String,
    /// What it may be used for, as object identifiers; empty where nothing is excluded.
    pub purposes: Vec<String>,
}

/// The bytes are no X.509 certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no X.509 certificate: {reason}")]
pub struct ParseCertificateError {
    /// What the parser says.
    pub reason: String,
}

impl CertificateInfo {
    /// Reads a certificate in DER; bytes behind it are passed over.
    pub fn parse(der: &[u8]) -> Result<Self, ParseCertificateError> {
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|error| ParseCertificateError { reason: error.to_string() })?;
        let usage = certificate.get_extension_unique(&OID_X509_EXT_EXTENDED_KEY_USAGE).ok().flatten();
        let alternative = certificate.subject_alternative_name().ok().flatten();
        let mail = alternative.and_then(|names| {
            names.value.general_names.iter().find_map(|name| match name {
                GeneralName::RFC822Name(mail) => Some((*mail).to_owned()),
                _ => None,
            })
        });
        let time = |time: x509_parser::time::ASN1Time| Timestamp::from_unix_seconds(time.timestamp());
        Ok(CertificateInfo {
            issued_to: display_name(certificate.subject()).or(mail).unwrap_or_default(),
            issued_by: display_name(certificate.issuer()).unwrap_or_default(),
            not_before: time(certificate.validity().not_before),
            not_after: time(certificate.validity().not_after),
            serial_number: certificate.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect(),
            purposes: usage.and_then(|usage| read_key_usage(usage.value)).unwrap_or_default(),
        })
    }
}

/// Reads the content of an extended key usage extension, which the store also keeps beside a certificate to narrow its purposes: the
/// object identifiers in order; none where the bytes are no such list.
pub fn read_key_usage(der: &[u8]) -> Option<Vec<String>> {
    let parsed: Result<_, x509_parser::nom::Err<DerError>> = Vec::<Oid<'_>>::from_der(der);
    Some(parsed.ok()?.1.iter().map(Oid::to_id_string).collect())
}

fn display_name(name: &X509Name<'_>) -> Option<String> {
    let preferred =
        [OID_X509_COMMON_NAME, OID_X509_ORGANIZATIONAL_UNIT, OID_X509_ORGANIZATION_NAME, OID_PKCS9_EMAIL_ADDRESS];
    let found = preferred.iter().find_map(|oid| name.iter_by_oid(oid).last());
    let attribute = found.or_else(|| name.iter_attributes().next())?;
    let value = attribute.attr_value();
    let data = attribute.as_slice();
    match attribute.as_str() {
        Ok(text) => Some(text.to_owned()),
        // BMPString: UTF-16, high byte first.
        Err(_) if value.header.tag().0 == BMP_STRING => {
            let units = data.as_chunks::<2>().0.iter().map(|two| u16::from_be_bytes(*two));
            Some(String::from_utf16_lossy(&units.collect::<Vec<_>>()))
        }
        Err(_) => Some(data.iter().map(|&byte| char::from(byte)).collect()),
    }
}

const BMP_STRING: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_read_in_order() {
        let check = |der: &[u8], expected: Option<&[&str]>| {
            let expected = expected.map(|list| list.iter().map(|oid| (*oid).to_owned()).collect());
            assert_eq!(read_key_usage(der), expected);
        };
        let two = [0x30, 0x14, 6, 8, 0x2B, 6, 1, 5, 5, 7, 3, 2, 6, 8, 0x2B, 6, 1, 5, 5, 7, 3, 1];
        check(&two, Some(&["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"]));
        check(&[0x30, 0], Some(&[]));
        check(&[0x30, 9, 1], None);
        check(&[], None);
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(CertificateInfo::parse(b"").is_err());
        let error = CertificateInfo::parse(&[0x30, 0x82, 0xFF, 0xFF, 0]).unwrap_err();
        assert!(error.to_string().starts_with("no X.509 certificate: "), "{error}");
    }
}
