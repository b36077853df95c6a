//! The objects below the halves of a GPO's container: changed where they are there already, so that they keep their identity, made where
//! they are not, removed where they are not wanted.

use std::collections::{HashMap, HashSet};

use crate::gpm::{OperationError, Task};
use crate::ident::{Dn, Guid};
use crate::operation::content::ContentObject;
use crate::report::Side;
use crate::store::{Attribute, Change, Directory, SdParts, StoreErrorKind};

/// Where a GPO lies, for texts that name the place of their own GPO.
#[derive(Clone, Debug)]
pub(in crate::operation) struct GpoPlace {
    /// Its GUID.
    pub id: Guid,
    /// The DN of its container.
    pub dn: Dn,
    /// Its folder as clients find it: `\\corp.x\SysVol\corp.x\Policies\{GUID}`.
    pub unc_path: String,
}

/// Makes the container of a GPO hold exactly these objects; `present` is what it holds now.
pub(super) async fn write_objects(
    directory: &dyn Directory,
    gpo: &Dn,
    present: &[ContentObject],
    wanted: &[ContentObject],
    task: &Task,
) -> Result<(), OperationError> {
    let key = |object: &ContentObject| (object.side, object.path.to_lowercase());
    let failed = |error| OperationError::of_directory(&error);
    let kept: HashMap<_, &ContentObject> = wanted.iter().map(|object| (key(object), object)).collect();
    let is_kept = |object: &ContentObject| {
        kept.get(&key(object)).is_some_and(|wanted| wanted.class.eq_ignore_ascii_case(&object.class))
    };
    // What is below an object goes before it.
    for object in present.iter().rev().filter(|object| !is_kept(object)) {
        task.checkpoint()?;
        match directory.delete_tree(&place(gpo, object)).await {
            Err(error) if error.kind != StoreErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    let gone: HashSet<_> = present.iter().filter(|object| !is_kept(object)).map(key).collect();
    let is_below_gone = |object: &ContentObject| {
        gone.iter()
            .any(|(side, path)| *side == object.side && object.path.to_lowercase().ends_with(&format!(",{path}")))
    };
    let there: HashMap<_, &ContentObject> = present
        .iter()
        .filter(|object| is_kept(object) && !is_below_gone(object))
        .map(|object| (key(object), object))
        .collect();
    for object in wanted {
        task.checkpoint()?;
        let dn = place(gpo, object);
        match there.get(&key(object)) {
            Some(old) => {
                let changes = changes(old, object);
                if !changes.is_empty() {
                    directory.modify(&dn, &changes).await.map_err(failed)?;
                }
            }
            None => add(directory, &dn, object).await?,
        }
    }
    Ok(())
}

async fn add(directory: &dyn Directory, dn: &Dn, object: &ContentObject) -> Result<(), OperationError> {
    let failed = |error| OperationError::of_directory(&error);
    let mut attributes = vec![Attribute::text("objectClass", object.class.clone())];
    let of_name = dn.rdn().split_once('=').map_or("", |(attribute, _)| attribute);
    attributes.extend(
        object
            .attributes
            .iter()
            .filter(|(name, values)| !values.is_empty() && !name.eq_ignore_ascii_case(of_name))
            .map(|(name, values)| Attribute { name: name.clone(), values: values.clone() }),
    );
    directory.add(dn, &attributes).await.map_err(failed)?;
    if let Some(descriptor) = &object.security_descriptor {
        let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: descriptor.clone() };
        directory.modify(dn, &[change]).await.map_err(failed)?;
    }
    Ok(())
}

fn changes(old: &ContentObject, new: &ContentObject) -> Vec<Change> {
    let find = |object: &ContentObject, name: &str| {
        let found = object.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, values)| values.clone()).unwrap_or_default()
    };
    let names = old.attributes.iter().chain(&new.attributes).map(|(name, _)| name);
    let mut seen = HashSet::new();
    let of_name = new.path.split('=').next().unwrap_or_default();
    let mut changes: Vec<Change> = names
        .filter(|name| !name.eq_ignore_ascii_case(of_name) && seen.insert(name.to_lowercase()))
        .filter(|name| {
            let (mut before, mut after) = (find(old, name), find(new, name));
            before.sort();
            after.sort();
            before != after
        })
        .map(|name| Change::Replace(Attribute { name: name.clone(), values: find(new, name) }))
        .collect();
    if let Some(descriptor) = &new.security_descriptor
        && old.security_descriptor != new.security_descriptor
    {
        changes.push(Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: descriptor.clone() });
    }
    changes
}

fn place(gpo: &Dn, object: &ContentObject) -> Dn {
    let half = half(gpo, object.side);
    // The path was read from a directory or checked when the set was read.
    format!("{},{half}", object.path).parse().unwrap_or(half)
}

/// Returns the DN of a half of a GPO's container.
pub(super) fn half(gpo: &Dn, side: Side) -> Dn {
    gpo.child("CN", side.folder())
}

/// Makes the texts of objects that name the place of the GPO they come from name that of the GPO they go to: macros of a set, the DN of its
/// container, the path of its folder.
pub(in crate::operation) fn rebase(objects: &mut [ContentObject], from: Guid, to: &GpoPlace) {
    let values = objects.iter_mut().flat_map(|object| &mut object.attributes).flat_map(|(_, values)| values);
    for value in values {
        if let Ok(text) = std::str::from_utf8(value)
            && let Some(new) = rebased(text, from, to)
        {
            *value = new.into_bytes();
        }
    }
}

/// Returns the text with its places changed; none where it names none.
fn rebased(text: &str, from: Guid, to: &GpoPlace) -> Option<String> {
    let side_folder = |side: Side| format!(r"{}\{}", to.unc_path, side.folder());
    let macros = [
        ("%GPO_DSPATH%", to.dn.to_string()),
        ("%GPO_MACH_DSPATH%", half(&to.dn, Side::Computer).to_string()),
        ("%GPO_USER_DSPATH%", half(&to.dn, Side::User).to_string()),
        ("%GPO_FSPATH%", to.unc_path.clone()),
        ("%GPO_MACH_FSPATH%", side_folder(Side::Computer)),
        ("%GPO_USER_FSPATH%", side_folder(Side::User)),
    ];
    let mut new = text.to_owned();
    for (name, value) in &macros {
        while let Some(at) = find_without_case(&new, name) {
            new.replace_range(at..at + name.len(), value);
        }
    }
    if from != to.id {
        new = with_new_dn(&with_new_path(&new, from, to), from, to);
    }
    (new != text).then_some(new)
}

/// Replaces `\\server\sysvol\domain\Policies\{GUID}`.
fn with_new_path(text: &str, from: Guid, to: &GpoPlace) -> String {
    let folder = format!(r"\Policies\{from}");
    let Some(end) = find_without_case(text, &folder) else { return text.to_owned() };
    let Some(start) = text[..end].rfind(r"\\") else { return text.to_owned() };
    format!("{}{}{}", &text[..start], to.unc_path, &text[end + folder.len()..])
}

/// Replaces `CN={GUID},CN=Policies,CN=System,DC=…`.
fn with_new_dn(text: &str, from: Guid, to: &GpoPlace) -> String {
    let own = format!("CN={from},CN=Policies,CN=System");
    let Some(start) = find_without_case(text, &own) else { return text.to_owned() };
    let mut end = start + own.len();
    while let Some(rest) = text[end..].get(..4).filter(|rest| rest.eq_ignore_ascii_case(",DC=")) {
        end += rest.len();
        end += text[end..].find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(text.len() - end);
    }
    format!("{}{}{}", &text[..start], to.dn, &text[end..])
}

/// Finds text of ASCII letters without regard to case.
fn find_without_case(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_the_old_gpo_become_those_of_the_new() {
        let from: Guid = "{11111111-0000-0000-0000-000000000001}".parse().unwrap();
        let to = GpoPlace {
            id: "{22222222-0000-0000-0000-000000000002}".parse().unwrap(),
            dn: "CN={22222222-0000-0000-0000-000000000002},CN=Policies,CN=System,DC=b,DC=x".parse().unwrap(),
            unc_path: r"\\b.x\SysVol\b.x\Policies\{22222222-0000-0000-0000-000000000002}".to_owned(),
        };
        for (text, expected) in [
            ("nothing", None),
            (
                r"\\a.x\sysvol\A.X\policies\{11111111-0000-0000-0000-000000000001}\Machine\Applications\p.aas",
                Some(format!(r"{}\Machine\Applications\p.aas", to.unc_path)),
            ),
            (
                "LDAP://cn={11111111-0000-0000-0000-000000000001},cn=policies,cn=system,DC=a,DC=x;0",
                Some(format!("LDAP://{};0", to.dn)),
            ),
            ("LDAP://%GPO_DSPATH%", Some(format!("LDAP://{}", to.dn))),
            (r"%gpo_user_fspath%\x", Some(format!(r"{}\User\x", to.unc_path))),
        ] {
            assert_eq!(rebased(text, from, &to), expected, "{text}");
        }
        assert_eq!(rebased(r"\\a.x\sysvol\a.x\Policies\{22222222-0000-0000-0000-000000000002}", to.id, &to), None);
    }
}
