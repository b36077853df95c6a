//! An object of the directory with all that belongs to it: as it is made, kept when it goes, and compared later.

use serde::{Deserialize, Serialize};

use crate::gpm::OperationError;
use crate::ident::Dn;
use crate::operation::content::is_own_attribute;
use crate::store::{
    Attribute, Change, Directory, Entry, Filter, Scope, SdParts, SearchRequest, StoreError, StoreErrorKind,
};

use super::step::shown;

/// An object of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// Its name.
    pub dn: Dn,
    /// Its attributes, `objectClass` first; what the directory sets itself is left out.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
    /// Owner, group and DACL, self-relative; none for those a new object gets.
    pub descriptor: Option<Vec<u8>>,
}

/// Attributes that belong to an object and cannot be given to a new one.
const NOT_FOR_NEW_OBJECTS: [&str; 3] = ["systemFlags", "isCriticalSystemObject", "revision"];

impl StoredObject {
    /// Returns an object to be made.
    pub fn new(dn: Dn, attributes: Vec<Attribute>) -> Self {
        let attributes = attributes.into_iter().map(|attribute| (attribute.name, attribute.values)).collect();
        StoredObject { dn, attributes, descriptor: None }
    }

    fn of_entry(mut entry: Entry) -> Self {
        let class = entry.last_class().unwrap_or_default();
        let descriptor = entry.bytes("nTSecurityDescriptor").map(<[u8]>::to_vec);
        let of_name = entry.dn.rdn().split_once('=').map_or(String::new(), |(name, _)| name.to_owned());
        entry.attributes.retain(|attribute| {
            let fits = |name: &&str| attribute.name.eq_ignore_ascii_case(name);
            is_own_attribute(&attribute.name)
                && !NOT_FOR_NEW_OBJECTS.iter().any(fits)
                && !attribute.name.eq_ignore_ascii_case(&of_name)
        });
        entry.attributes.sort_by_cached_key(|attribute| attribute.name.to_lowercase());
        let mut attributes = vec![Attribute::text("objectClass", class)];
        attributes.append(&mut entry.attributes);
        StoredObject { descriptor, ..StoredObject::new(entry.dn, attributes) }
    }

    /// Returns the values of an attribute; none where it is absent.
    pub fn values(&self, name: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map_or(&[], |(_, values)| values)
    }

    /// Puts in the values that an attribute will have.
    pub(super) fn set(&mut self, name: &str, values: &[Vec<u8>]) {
        self.attributes.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        if !values.is_empty() {
            self.attributes.push((name.to_owned(), values.to_vec()));
        }
    }

    /// Tells whether the other object says the same; who may do what is not compared.
    pub(super) fn says_the_same(&self, other: &StoredObject) -> bool {
        let sorted = |object: &StoredObject| {
            let mut attributes: Vec<(String, Vec<Vec<u8>>)> = object
                .attributes
                .iter()
                .map(|(name, values)| {
                    let mut values = values.clone();
                    values.sort();
                    (name.to_lowercase(), values)
                })
                .collect();
            attributes.sort();
            attributes
        };
        self.dn == other.dn && sorted(self) == sorted(other)
    }

    pub(super) fn describe(&self) -> Vec<String> {
        let mut lines = vec![format!("add {}", self.dn)];
        lines.extend(self.attributes.iter().map(|(name, values)| format!("    {name}: {}", shown(values))));
        lines
    }
}

/// Reads an object and all below it, parents first; nothing where it is not there.
pub(in crate::operation) async fn read_tree(
    directory: &dyn Directory,
    dn: &Dn,
) -> Result<Vec<StoredObject>, OperationError> {
    let request = SearchRequest {
        base: dn.clone(),
        scope: Scope::Subtree,
        filter: Filter::any_object(),
        attributes: vec!["*".to_owned(), "nTSecurityDescriptor".to_owned()],
        sd_parts: Some(SdParts::READABLE),
    };
    let mut found: Vec<StoredObject> = match directory.search(&request).await {
        Ok(entries) => entries.into_iter().map(StoredObject::of_entry).collect(),
        Err(error) if error.kind == StoreErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(OperationError::of_directory(&error)),
    };
    found.sort_by_cached_key(|object| (object.dn.depth(), object.dn.folded().to_owned()));
    Ok(found)
}

/// Makes an object. Its descriptor follows in a second write: with owner and group where that is allowed.
pub(super) async fn make(directory: &dyn Directory, object: &StoredObject) -> Result<(), StoreError> {
    let attributes: Vec<Attribute> = object
        .attributes
        .iter()
        .map(|(name, values)| Attribute { name: name.clone(), values: values.clone() })
        .collect();
    directory.add(&object.dn, &attributes).await?;
    let Some(descriptor) = &object.descriptor else { return Ok(()) };
    let set = |parts| Change::SecurityDescriptor { parts, descriptor: descriptor.clone() };
    match directory.modify(&object.dn, &[set(SdParts::READABLE)]).await {
        Err(error) if matches!(error.kind, StoreErrorKind::AccessDenied | StoreErrorKind::InvalidValue) => {
            directory.modify(&object.dn, &[set(SdParts::DACL)]).await
        }
        set => set,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_directory_keeps_is_no_part_of_an_object() {
        let entry = Entry {
            dn: "OU=a,DC=x".parse().unwrap(),
            attributes: vec![
                Attribute::texts("objectClass", &["top", "organizationalUnit"]),
                Attribute::text("ou", "a"),
                Attribute::text("uSNChanged", "7"),
                Attribute::text("description", "d"),
            ],
        };
        let object = StoredObject::of_entry(entry);
        let names: Vec<&str> = object.attributes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["objectClass", "description"]);
        assert_eq!(object.values("OBJECTCLASS"), [b"organizationalUnit".to_vec()]);
        let mut other = object.clone();
        other.attributes.reverse();
        assert!(object.says_the_same(&other));
        other.set("description", &[b"e".to_vec()]);
        assert!(!object.says_the_same(&other));
    }
}
