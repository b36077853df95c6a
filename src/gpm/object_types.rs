//! Names of what entries of access lists are limited to: attributes and classes of the schema, extended rights and property
//! sets of the configuration ([MS-ADTS] 5.1.3.2).

use std::collections::HashMap;

use crate::ident::{Dn, Guid};
use crate::store::{Filter, ForestStore, Scope, SearchRequest, StoreError};

/// Finds the names of these object types: `lDAPDisplayName` of what the schema knows, `displayName` of extended rights. Those
/// that nobody knows are left out. Two searches.
///
/// # Errors
/// Fails where schema or configuration cannot be searched.
pub async fn object_type_names(store: &dyn ForestStore, ids: &[Guid]) -> Result<HashMap<Guid, String>, StoreError> {
    let mut names = HashMap::new();
    if ids.is_empty() {
        return Ok(names);
    }
    let directory = store.directory();
    let root = directory.root_dse();
    let (schema, configuration) = (root.schema_dn.clone(), root.configuration_dn.clone());
    let request = |base: Dn, any: Vec<Filter>, attributes: [&str; 2]| SearchRequest {
        base,
        scope: Scope::OneLevel,
        filter: Filter::Or(any),
        attributes: attributes.map(str::to_owned).to_vec(),
        sd_parts: None,
    };
    let by_bytes = ids.iter().map(|id| Filter::Equals("schemaIDGUID".to_owned(), id.to_bytes().to_vec())).collect();
    for entry in directory.search(&request(schema, by_bytes, ["schemaIDGUID", "lDAPDisplayName"])).await? {
        let id = entry.bytes("schemaIDGUID").and_then(|bytes| bytes.try_into().ok()).map(Guid::from_bytes);
        names.extend(id.zip(entry.text("lDAPDisplayName")));
    }
    let extended_rights = configuration.child("CN", "Extended-Rights");
    let by_text = ids.iter().map(|id| Filter::equals("rightsGuid", &id.hyphenated())).collect();
    match directory.search(&request(extended_rights, by_text, ["rightsGuid", "displayName"])).await {
        Ok(entries) => {
            for entry in entries {
                let id = entry.text("rightsGuid").and_then(|text| text.trim().parse().ok());
                names.extend(id.zip(entry.text("displayName")));
            }
        }
        // A forest file holds no extended rights.
        Err(error) if error.kind == crate::store::StoreErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::super::fake_store::FakeForest;
    use super::*;
    use crate::store::Attribute;

    #[tokio::test]
    async fn object_types_have_the_names_of_schema_and_configuration() {
        let attribute: Guid = "f30e3bbe-9ff0-11d1-b603-0000f80367c1".parse().unwrap();
        let right: Guid = "ab721a53-1e2f-11d0-9819-00aa0040529b".parse().unwrap();
        let mut forest = FakeForest::new(
            r"dn: CN=Schema,CN=Configuration,DC=corp,DC=x
            dn: CN=GP-Link,CN=Schema,CN=Configuration,DC=corp,DC=x
            lDAPDisplayName: gPLink
            dn: CN=Extended-Rights,CN=Configuration,DC=corp,DC=x
            dn: CN=User-Change-Password,CN=Extended-Rights,CN=Configuration,DC=corp,DC=x
            rightsGuid: ab721a53-1e2f-11d0-9819-00aa0040529b
            displayName: Change Password",
        );
        forest.entries[1].attributes.push(Attribute::bytes("schemaIDGUID", attribute.to_bytes().to_vec()));
        let (store, _) = forest.store();
        let unknown: Guid = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let names = object_type_names(&*store, &[attribute, right, unknown]).await.unwrap();
        let expected = [(attribute, "gPLink".to_owned()), (right, "Change Password".to_owned())];
        assert_eq!(names, HashMap::from(expected));
    }
}
