//! Certificates as `registry.pol` holds them: a value `Blob` that is a list of properties ([MS-GPEF] 2.2.1.1.1).
//!
//! Each property is an id, a number that is 1, a length and so many bytes; one of them is the certificate. Everything is kept as it
//! stood.

/// A certificate with the properties that Windows stores beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateBlob {
    /// The properties, in order.
    pub properties: Vec<CertificateProperty>,
}

/// A property of a stored certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateProperty {
    /// Which property, such as [`CertificateProperty::CERTIFICATE`].
    pub id: u32,
    /// A number that is 1 in all that Windows writes.
    pub reserved: u32,
    /// Its value.
    pub data: Vec<u8>,
}

/// The bytes are no list of properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseCertificateBlobError {
    /// The list ends within the 12 bytes before a value.
    #[error("the certificate store entry ends within the head of a property, at byte {offset}")]
    Head {
        /// Where the property starts.
        offset: usize,
    },
    /// A property promises more than there is.
    #[error(
        "the property at byte {offset} of a certificate store entry promises {size_bytes} bytes, {left_bytes} are left"
    )]
    Size {
        /// Where the property starts.
        offset: usize,
        /// Its length field.
        size_bytes: u32,
        /// Bytes left behind it.
        left_bytes: usize,
    },
}

impl CertificateProperty {
    /// SHA-1 of the certificate.
    pub const SHA1_HASH: u32 = 3;
    /// The purposes the administrator allows: an extended key usage extension in DER.
    pub const ENHANCED_KEY_USAGE: u32 = 9;
    /// The friendly name: UTF-16 with a terminator.
    pub const FRIENDLY_NAME: u32 = 11;
    /// The certificate itself in DER.
    pub const CERTIFICATE: u32 = 0x20;
}

impl CertificateBlob {
    /// Reads the value `Blob`.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseCertificateBlobError> {
        let mut properties = Vec::new();
        let mut offset = 0;
        while offset < bytes.len() {
            let rest = bytes.get(offset..).unwrap_or_default();
            let (head, rest) = rest.split_first_chunk::<12>().ok_or(ParseCertificateBlobError::Head { offset })?;
            let [id, reserved, size_bytes] =
                [0, 4, 8].map(|at| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
            let data = usize::try_from(size_bytes).ok().and_then(|size| rest.get(..size));
            let data = data.ok_or(ParseCertificateBlobError::Size { offset, size_bytes, left_bytes: rest.len() })?;
            properties.push(CertificateProperty { id, reserved, data: data.to_vec() });
            offset += head.len() + data.len();
        }
        Ok(CertificateBlob { properties })
    }

    /// Returns the bytes of the value.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for property in &self.properties {
            bytes.extend(property.id.to_le_bytes());
            bytes.extend(property.reserved.to_le_bytes());
            bytes.extend((property.data.len() as u32).to_le_bytes());
            bytes.extend(&property.data);
        }
        bytes
    }

    /// Returns the value of a property.
    pub fn property(&self, id: u32) -> Option<&[u8]> {
        self.properties.iter().find(|property| property.id == id).map(|property| property.data.as_slice())
    }

    /// Returns the certificate in DER.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.property(CertificateProperty::CERTIFICATE)
    }

    /// Returns the friendly name.
    pub fn friendly_name(&self) -> Option<String> {
        self.property(CertificateProperty::FRIENDLY_NAME).map(decode_text)
    }
}

/// Returns UTF-16 text up to its terminator.
fn decode_text(data: &[u8]) -> String {
    let units = data.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two));
    String::from_utf16_lossy(&units.take_while(|&unit| unit != 0).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_come_back() {
        let bytes = [
            &[11, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, b'A', 0, b'b', 0, 0, 0][..],
            &[0x20, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0x30, 0][..],
            &[0xFE, 0xFF, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0][..],
        ]
        .concat();
        let blob = CertificateBlob::parse(&bytes).unwrap();
        assert_eq!(blob.to_bytes(), bytes);
        assert_eq!(blob.friendly_name().as_deref(), Some("Ab"));
        assert_eq!(blob.certificate(), Some(&[0x30, 0][..]));
        assert_eq!(blob.properties[2], CertificateProperty { id: 0xFFFE, reserved: 7, data: Vec::new() });
        assert_eq!(CertificateBlob::parse(&[]).unwrap(), CertificateBlob::default());
    }

    #[test]
    fn damage_is_told_with_its_place() {
        let check = |bytes: &[u8], expected| assert_eq!(CertificateBlob::parse(bytes), Err(expected));
        check(&[1, 2, 3], ParseCertificateBlobError::Head { offset: 0 });
        let large = [0x20, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0];
        check(&large, ParseCertificateBlobError::Size { offset: 0, size_bytes: u32::MAX, left_bytes: 1 });
        let cut = [3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 4, 0];
        check(&cut, ParseCertificateBlobError::Head { offset: 13 });
    }
}
