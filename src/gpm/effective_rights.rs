//! What the directory says beforehand that we may do with an object: its constructed attributes ([MS-ADTS] 3.1.1.4.5.15–18).

use crate::ident::Dn;
use crate::store::{Entry, SdParts, StoreError};

use super::Domain;

/// What we may do with an object. A directory that does not construct these attributes (a forest file) tells nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectiveRights {
    told: Option<Told>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    security: u32,
    attributes: Vec<String>,
    child_classes: Vec<String>,
}

const SECURITY: &str = "sDRightsEffective";
const WRITABLE: &str = "allowedAttributesEffective";
const CHILD_CLASSES: &str = "allowedChildClassesEffective";

impl EffectiveRights {
    fn of_entry(entry: &Entry) -> Self {
        let texts = |name: &str| {
            entry.values(name).iter().map(|value| String::from_utf8_lossy(value).to_lowercase()).collect::<Vec<_>>()
        };
        let security = entry.text(SECURITY).and_then(|text| text.trim().parse::<u32>().ok());
        let told = security.map(|security| Told {
            security,
            attributes: texts(WRITABLE),
            child_classes: texts(CHILD_CLASSES),
        });
        EffectiveRights { told }
    }

    /// Tells whether we may write these parts of its descriptor; none where the directory does not tell.
    pub fn may_set_security(&self, parts: SdParts) -> Option<bool> {
        self.told.as_ref().map(|told| told.security & u32::from(parts.0) == u32::from(parts.0))
    }

    /// Tells whether we may write an attribute of it; none where the directory does not tell.
    pub fn may_write(&self, attribute: &str) -> Option<bool> {
        self.told.as_ref().map(|told| told.attributes.contains(&attribute.to_lowercase()))
    }

    /// Tells whether we may make objects of a class below it; none where the directory does not tell.
    pub fn may_create(&self, class: &str) -> Option<bool> {
        self.told.as_ref().map(|told| told.child_classes.contains(&class.to_lowercase()))
    }
}

impl Domain {
    /// Reads what we may do with an object, with one search.
    ///
    /// # Errors
    /// Fails where the object cannot be read.
    pub async fn effective_rights(&self, dn: &Dn) -> Result<EffectiveRights, StoreError> {
        let entry = self.directory().read(dn, &[SECURITY, WRITABLE, CHILD_CLASSES], None).await?;
        Ok(EffectiveRights::of_entry(&entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Attribute;

    #[test]
    fn what_is_not_told_is_neither_allowed_nor_refused() {
        let check = |attributes: &[Attribute], expected: [Option<bool>; 3]| {
            let entry = Entry { dn: Dn::empty(), attributes: attributes.to_vec() };
            let rights = EffectiveRights::of_entry(&entry);
            let found = [
                rights.may_set_security(SdParts::DACL),
                rights.may_write("gPLink"),
                rights.may_create("groupPolicyContainer"),
            ];
            assert_eq!(found, expected);
        };
        check(&[], [None, None, None]);
        check(&[Attribute::text(SECURITY, "0")], [Some(false); 3]);
        check(
            &[
                Attribute::text(SECURITY, "7"),
                Attribute::texts(WRITABLE, &["gPLink", "gPOptions"]),
                Attribute::texts(CHILD_CLASSES, &["groupPolicyContainer"]),
            ],
            [Some(true); 3],
        );
    }
}
