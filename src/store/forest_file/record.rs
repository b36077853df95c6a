//! The attributes of one entry as one compact run of bytes, so that a search touches one row per entry.
//!
//! Layout, repeated per attribute: name, byte count, values. A name is `position in the schema + 1`, or 0 followed by
//! length and text. A value is length and bytes. All numbers are LEB128.

use crate::store::Attribute;

use super::schema;

/// The bytes are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// One attribute within a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredAttribute<'a> {
    pub(super) name: &'a str,
    values: &'a [u8],
}

impl<'a> StoredAttribute<'a> {
    /// Returns the values in the order they were stored.
    pub(super) fn values(self) -> Values<'a> {
        Values { rest: self.values }
    }

    /// Returns a copy that stands on its own.
    pub(super) fn to_attribute(self) -> Result<Attribute, Damaged> {
        let values = self.values().map(|value| value.map(<[u8]>::to_vec)).collect::<Result<_, _>>()?;
        Ok(Attribute { name: self.name.to_owned(), values })
    }
}

/// Returns the attributes of a record one by one.
pub(super) fn attributes(record: &[u8]) -> Attributes<'_> {
    Attributes { rest: record }
}

/// Returns the record of these attributes; those without values are left out.
pub(super) fn encode(attributes: &[Attribute]) -> Vec<u8> {
    let mut record = Vec::new();
    let mut values = Vec::new();
    for attribute in attributes.iter().filter(|attribute| !attribute.values.is_empty()) {
        match schema::attribute_code(&attribute.name) {
            Some(code) => write_number(&mut record, code + 1),
            None => {
                write_number(&mut record, 0);
                write_bytes(&mut record, attribute.name.as_bytes());
            }
        }
        values.clear();
        attribute.values.iter().for_each(|value| write_bytes(&mut values, value));
        write_bytes(&mut record, &values);
    }
    record
}

/// The attributes of a record.
pub(super) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<StoredAttribute<'a>, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let attribute = read_attribute(&mut self.rest);
        if attribute.is_err() {
            self.rest = &[];
        }
        Some(attribute)
    }
}

/// The values of an attribute.
pub(super) struct Values<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Values<'a> {
    type Item = Result<&'a [u8], Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let value = read_bytes(&mut self.rest);
        if value.is_err() {
            self.rest = &[];
        }
        Some(value)
    }
}

fn read_attribute<'a>(rest: &mut &'a [u8]) -> Result<StoredAttribute<'a>, Damaged> {
    let name = match read_number(rest)?.checked_sub(1) {
        Some(code) => schema::attribute_name(code).ok_or(Damaged)?,
        None => std::str::from_utf8(read_bytes(rest)?).map_err(|_| Damaged)?,
    };
    Ok(StoredAttribute { name, values: read_bytes(rest)? })
}

fn read_bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Damaged> {
    let length = read_number(rest)?;
    let (bytes, tail) = rest.split_at_checked(length).ok_or(Damaged)?;
    *rest = tail;
    Ok(bytes)
}

fn read_number(rest: &mut &[u8]) -> Result<usize, Damaged> {
    let mut number = 0u64;
    for shift in (0..35).step_by(7) {
        let (&byte, tail) = rest.split_first().ok_or(Damaged)?;
        *rest = tail;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(number).map_err(|_| Damaged);
        }
    }
    Err(Damaged)
}

fn write_bytes(record: &mut Vec<u8>, bytes: &[u8]) {
    write_number(record, bytes.len());
    record.extend_from_slice(bytes);
}

fn write_number(record: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        record.push(number as u8 | 0x80);
        number >>= 7;
    }
    record.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(record: &[u8]) -> Result<Vec<Attribute>, Damaged> {
        attributes(record).map(|attribute| attribute?.to_attribute()).collect()
    }

    #[test]
    fn attributes_round_trip() {
        let stored = vec![
            Attribute::text("gPLink", "[LDAP://cn={A};0]".repeat(40)),
            Attribute::texts("extensionAttribute-x", &["a", "", "c"]),
            Attribute::bytes("msiScript", vec![0, 255, 128]),
        ];
        assert_eq!(decode(&encode(&stored)).unwrap(), stored);
        assert_eq!(encode(&[Attribute { name: "cn".to_owned(), values: vec![] }]), Vec::<u8>::new());
    }

    #[test]
    fn damage_is_told_and_ends_the_reading() {
        let record = encode(&[Attribute::text("description", "some text"), Attribute::text("unknown", "x")]);
        for cut in 1..record.len() {
            let read: Vec<_> = attributes(&record[..cut]).take(5).collect();
            assert!(read.len() <= 2, "{cut}");
        }
        for bytes in [&[255u8; 9][..], &[0, 200, 1], &[250, 250, 3, 0], &[0, 1, 0xC3, 0]] {
            assert_eq!(decode(bytes), Err(Damaged));
        }
    }
}
