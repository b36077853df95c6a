//! Access control entries in words, as Windows' security editor says them.

use std::collections::HashMap;

use crate::gpm::SecuredObject;
use crate::ident::Guid;
use crate::security::{AccessMask, Ace, AceData, AceFlags, AceKind, rights};

/// The names of object types that were looked up in the directory.
pub(super) type TypeNames = HashMap<Guid, String>;

/// What an entry does.
pub(super) fn kind(ace: &Ace) -> &'static str {
    match ace.kind {
        AceKind::Allow => "Allow",
        AceKind::Deny => "Deny",
        AceKind::AllowCallback => "Allow (conditional)",
        AceKind::DenyCallback => "Deny (conditional)",
        AceKind::Audit | AceKind::AuditCallback => "Audit",
        AceKind::Alarm | AceKind::AlarmCallback => "Alarm",
        AceKind::MandatoryLabel => "Integrity level",
        AceKind::ResourceAttribute => "Resource attribute",
        AceKind::ScopedPolicy => "Central access policy",
        AceKind::ProcessTrustLabel => "Process trust",
        AceKind::AccessFilter => "Access filter",
    }
}

/// What an entry gives or takes, in words; bits that have none are told by their number.
pub(super) fn access(object: SecuredObject, ace: &Ace) -> String {
    let mask = object.mapped(ace.mask);
    let whole = object.basic_rights().first().map_or(AccessMask::NONE, |right| right.mask);
    if ace.object_type().is_none() && mask.contains(whole) {
        return "Full control".to_owned();
    }
    let table: &[(AccessMask, &str)] = match (object.is_file(), ace.object_type().is_some()) {
        (true, _) => &FILE_RIGHTS,
        (false, true) => &TYPED_RIGHTS,
        (false, false) => &DIRECTORY_RIGHTS,
    };
    let mut rest = mask;
    let mut words: Vec<String> = Vec::new();
    for (rights, name) in table {
        if rest.contains(*rights) {
            words.push((*name).to_owned());
            rest = rest & !*rights;
        }
    }
    // SYNCHRONIZE says nothing of an object in the directory, and of a file nothing that matters by itself.
    rest = rest & !AccessMask::SYNCHRONIZE;
    if !rest.is_empty() {
        words.push(rest.to_string());
    }
    if ace.data != AceData::None {
        words.push("under a condition".to_owned());
    }
    words.join(", ")
}

/// What the rights of an entry are limited to; nothing where they are not.
pub(super) fn object_type(ace: &Ace, names: &TypeNames) -> String {
    ace.object_type().map_or_else(String::new, |id| type_name(id, names))
}

/// Where an entry counts.
pub(super) fn applies_to(object: SecuredObject, ace: &Ace, names: &TypeNames) -> String {
    let has = |flags| ace.flags.contains(flags);
    let (folders, files, below_only) =
        (has(AceFlags::CONTAINER_INHERIT), has(AceFlags::OBJECT_INHERIT), has(AceFlags::INHERIT_ONLY));
    let class = ace.object.and_then(|types| types.inherited_object).map(|id| type_name(id, names));
    let words = if object.is_file() {
        match (below_only, folders, files) {
            (false, false, false) => "This folder only",
            (false, true, true) => "This folder, subfolders and files",
            (false, true, false) => "This folder and subfolders",
            (false, false, true) => "This folder and files",
            (true, true, true) => "Subfolders and files only",
            (true, true, false) => "Subfolders only",
            (true, false, true) => "Files only",
            (true, false, false) => "Nothing",
        }
        .to_owned()
    } else {
        match (below_only, folders, class) {
            (true, true, Some(class)) => format!("Descendant {class} objects"),
            (false, true, Some(class)) => format!("This object and descendant {class} objects"),
            (false, false, Some(class)) => format!("This object, if it is a {class} object"),
            (false, true, None) => "This object and all descendant objects".to_owned(),
            (true, true, None) => "All descendant objects".to_owned(),
            (false, false, None) => "This object only".to_owned(),
            (true, false, _) => "Nothing".to_owned(),
        }
    };
    if has(AceFlags::NO_PROPAGATE) { format!("{words}, one level down") } else { words }
}

/// Returns the name of a property, extended right or class.
pub(super) fn type_name(id: Guid, names: &TypeNames) -> String {
    let known = rights::object_type_name(id).map(str::to_owned);
    known.or_else(|| names.get(&id).cloned()).unwrap_or_else(|| id.to_string())
}

const DIRECTORY_RIGHTS: [(AccessMask, &str); 16] = [
    (AccessMask::DIRECTORY_READ, "Read"),
    (AccessMask(0x14), "Read properties and list contents"),
    (AccessMask::READ_PROPERTY, "Read all properties"),
    (AccessMask::WRITE_PROPERTY, "Write all properties"),
    (AccessMask::LIST_CHILDREN, "List contents"),
    (AccessMask::LIST_OBJECT, "List object"),
    (AccessMask::SELF_WRITE, "All validated writes"),
    (AccessMask(0x3), "Create and delete all child objects"),
    (AccessMask::CREATE_CHILD, "Create all child objects"),
    (AccessMask::DELETE_CHILD, "Delete all child objects"),
    (AccessMask::CONTROL_ACCESS, "All extended rights"),
    (AccessMask::READ_CONTROL, "Read permissions"),
    (AccessMask::DELETE, "Delete"),
    (AccessMask::DELETE_TREE, "Delete subtree"),
    (AccessMask::WRITE_DAC, "Modify permissions"),
    (AccessMask::WRITE_OWNER, "Modify owner"),
];
const TYPED_RIGHTS: [(AccessMask, &str); 7] = [
    (AccessMask(0x30), "Read and write"),
    (AccessMask::READ_PROPERTY, "Read"),
    (AccessMask::WRITE_PROPERTY, "Write"),
    (AccessMask::SELF_WRITE, "Validated write"),
    (AccessMask::CREATE_CHILD, "Create"),
    (AccessMask::DELETE_CHILD, "Delete"),
    (AccessMask::CONTROL_ACCESS, "Extended right"),
];
const FILE_RIGHTS: [(AccessMask, &str); 17] = [
    (AccessMask::FILE_MODIFY, "Modify"),
    (AccessMask::FILE_READ_EXECUTE, "Read & execute"),
    (AccessMask::FILE_READ, "Read"),
    (AccessMask(0x116), "Write"),
    (AccessMask(0x1), "List folder"),
    (AccessMask(0x2), "Create files"),
    (AccessMask(0x4), "Create folders"),
    (AccessMask(0x8), "Read extended attributes"),
    (AccessMask(0x10), "Write extended attributes"),
    (AccessMask(0x20), "Traverse folder"),
    (AccessMask(0x40), "Delete subfolders and files"),
    (AccessMask(0x80), "Read attributes"),
    (AccessMask(0x100), "Write attributes"),
    (AccessMask::DELETE, "Delete"),
    (AccessMask::READ_CONTROL, "Read permissions"),
    (AccessMask::WRITE_DAC, "Modify permissions"),
    (AccessMask::WRITE_OWNER, "Modify owner"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::{SddlContext, SecurityDescriptor};

    fn check(object: SecuredObject, ace: &str, expected: [&str; 4]) {
        let descriptor = SecurityDescriptor::from_sddl(&format!("D:{ace}"), &SddlContext::default()).unwrap();
        let ace = descriptor.dacl.acl().unwrap().aces().next().unwrap();
        let names = TypeNames::new();
        let found =
            [kind(ace).to_owned(), access(object, ace), object_type(ace, &names), applies_to(object, ace, &names)];
        assert_eq!(found, expected.map(str::to_owned));
    }

    #[test]
    fn entries_of_the_directory_are_said_as_windows_says_them() {
        let check = |ace, expected| check(SecuredObject::Gpo, ace, expected);
        check("(A;CI;GA;;;AU)", ["Allow", "Full control", "", "This object and all descendant objects"]);
        check("(A;CI;LCRPLORC;;;AU)", ["Allow", "Read", "", "This object and all descendant objects"]);
        check(
            "(A;;LCRPWPCCDCRC;;;AU)",
            [
                "Allow",
                "Read properties and list contents, Write all properties, Create and delete all child objects, Read permissions",
                "",
                "This object only",
            ],
        );
        check(
            "(OD;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)",
            ["Deny", "Extended right", "Apply Group Policy", "This object and all descendant objects"],
        );
        check(
            "(OA;CIIO;RPWP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;bf967aa5-0de6-11d0-a285-00aa003049e2;AU)",
            ["Allow", "Read and write", "gPLink", "Descendant organizationalUnit objects"],
        );
        check(
            "(A;CINP;WD;;;AU)",
            ["Allow", "Modify permissions", "", "This object and all descendant objects, one level down"],
        );
        check("(A;;0x400;;;AU)", ["Allow", "0x400", "", "This object only"]);
    }

    #[test]
    fn entries_of_folders_are_said_as_windows_says_them() {
        let check = |ace, expected| check(SecuredObject::StarterGpo, ace, expected);
        check("(A;OICI;FA;;;AU)", ["Allow", "Full control", "", "This folder, subfolders and files"]);
        check("(A;OICIIO;0x1200a9;;;AU)", ["Allow", "Read & execute", "", "Subfolders and files only"]);
        check("(D;CI;0x1301bf;;;AU)", ["Deny", "Modify", "", "This folder and subfolders"]);
    }
}
