//! Objects below the halves of a GPO: which of their attributes belong to them, and how a set names their places.

use crate::format::{COMPUTER_OBJECT_MACRO, USER_OBJECT_MACRO};
use crate::ident::Guid;
use crate::operation::half_objects::HalfObject;
use crate::report::Side;
use crate::security::{Control, SecurityDescriptor};
use crate::store::Entry;

use super::ContentObject;

/// Attributes that the directory sets itself, in lower case.
const SET_BY_DIRECTORY: [&str; 22] = [
    "objectclass",
    "objectcategory",
    "objectguid",
    "name",
    "cn",
    "distinguishedname",
    "instancetype",
    "whencreated",
    "whenchanged",
    "createtimestamp",
    "modifytimestamp",
    "usncreated",
    "usnchanged",
    "ntsecuritydescriptor",
    "dscorepropagationdata",
    "replpropertymetadata",
    "repluptodatevector",
    "structuralobjectclass",
    "subschemasubentry",
    "allowedattributeseffective",
    "lastknownparent",
    "isdeleted",
];

/// The class of software packages, which have permissions of their own.
const PACKAGE_CLASS: &str = "packageRegistration";

/// Tells whether an attribute is part of what an object says, not something the directory keeps on it.
pub(in crate::operation) fn is_own_attribute(name: &str) -> bool {
    !SET_BY_DIRECTORY.contains(&name.to_lowercase().as_str())
}

/// Returns the content of an object of a directory.
pub(in crate::operation) fn content_object(object: HalfObject) -> ContentObject {
    let HalfObject { side, names, entry } = object;
    let class = entry.last_class().unwrap_or_default();
    let id = object_guid(&entry);
    let descriptor = entry.bytes("nTSecurityDescriptor").map(<[u8]>::to_vec);
    let security_descriptor =
        descriptor.filter(|bytes| class.eq_ignore_ascii_case(PACKAGE_CLASS) || stands_alone(bytes));
    let attributes = entry.attributes.into_iter().filter(|attribute| is_own_attribute(&attribute.name));
    let mut attributes: Vec<_> = attributes.map(|attribute| (attribute.name, attribute.values)).collect();
    attributes.sort_by_cached_key(|(name, _)| name.to_lowercase());
    ContentObject { side, path: names, class, id, attributes, security_descriptor }
}

/// Returns `objectGUID`, where it is there.
pub(in crate::operation) fn object_guid(entry: &Entry) -> Option<Guid> {
    entry.bytes("objectGUID").and_then(|bytes| bytes.try_into().ok()).map(Guid::from_bytes)
}

/// Tells whether a descriptor inherits nothing.
fn stands_alone(bytes: &[u8]) -> bool {
    SecurityDescriptor::from_bytes(bytes).is_ok_and(|descriptor| descriptor.control.contains(Control::DACL_PROTECTED))
}

/// Splits the place of an object in a set, `CN=a,CN=b,%GPO_MACH_DSPATH%`, into its half and the names up to it; none for another place.
pub(in crate::operation) fn object_place(path: &str) -> Option<(Side, &str)> {
    [(Side::Computer, COMPUTER_OBJECT_MACRO), (Side::User, USER_OBJECT_MACRO)].into_iter().find_map(|(side, mark)| {
        let at = path.len().checked_sub(mark.len())?;
        let names = path.get(..at)?.trim_end().strip_suffix(',')?;
        (path.get(at..)?.eq_ignore_ascii_case(mark) && !names.is_empty()).then_some((side, names))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_objects_are_split() {
        let check = |path: &str, expected: Option<(Side, &str)>| assert_eq!(object_place(path), expected, "{path}");
        check("CN=a,cn=b,%GPO_MACH_DSPATH%", Some((Side::Computer, "CN=a,cn=b")));
        check("cn=Class Store,%gpo_user_dspath%", Some((Side::User, "cn=Class Store")));
        check("%GPO_MACH_DSPATH%", None);
        check("CN=a,%GPO_DSPATH%", None);
        check("", None);
    }

    #[test]
    fn what_the_directory_keeps_is_left_out() {
        for (name, expected) in
            [("objectGUID", false), ("USNChanged", false), ("msiScript", true), ("displayName", true)]
        {
            assert_eq!(is_own_attribute(name), expected, "{name}");
        }
    }
}
