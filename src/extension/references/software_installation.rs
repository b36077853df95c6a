//! Software installation: where packages lie, in their objects and advertise scripts, and who may install them.

use crate::format::{AdvertiseScript, ScriptArgument};
use crate::ident::is_unc_path;
use crate::report::Side;

use super::{ReferenceOrigin, Visit, Walk, permissions};

pub(super) const EXTENSION_NAME: &str = "Software Installation";
const PACKAGE: &str = "packageRegistration";
/// The attributes that say where a package lies: the files of an MSI package as `0:\\server\share\x.msi`, the command of others.
const PATH_ATTRIBUTES: [&str; 2] = ["msiFileList", "setupCommand"];

/// What a directory object of a GPO is after a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkedObject {
    /// Attributes with values that changed: all values of each.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
    /// The descriptor, where it changed.
    pub security_descriptor: Option<Vec<u8>>,
}

/// Shows the references of an object below a half of a GPO's container to the visitor, and returns what of it changed; none where
/// nothing did. The descriptor is left out by giving none.
///
/// # Errors
/// Says why the descriptor cannot be read or written.
pub fn walk_object(
    side: Side,
    path: &str,
    class: &str,
    attributes: &[(String, Vec<Vec<u8>>)],
    security_descriptor: Option<&[u8]>,
    visit: &mut Visit<'_>,
) -> Result<Option<WalkedObject>, String> {
    if !class.eq_ignore_ascii_case(PACKAGE) {
        return Ok(None);
    }
    let object_path = format!("{path},CN={}", side.folder());
    let mut walk = Walk { extension_name: EXTENSION_NAME, object_path: &object_path, visit };
    let text = |name: &str| {
        let found = attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.and_then(|(_, values)| values.first()).map(|value| String::from_utf8_lossy(value).into_owned())
    };
    let setting = text("displayName").or_else(|| text("packageName")).unwrap_or_else(|| path.to_owned());
    let mut walked = WalkedObject::default();
    for (name, values) in attributes {
        if !PATH_ATTRIBUTES.iter().any(|attribute| attribute.eq_ignore_ascii_case(name)) {
            continue;
        }
        let mut changed = values.clone();
        for value in &mut changed {
            let Some((order, path)) = std::str::from_utf8(value).ok().map(split_order) else { continue };
            if !is_unc_path(path) {
                continue;
            }
            if let Some(path) = walk.path(ReferenceOrigin::Setting, path, &setting) {
                *value = format!("{order}{path}").into_bytes();
            }
        }
        if changed != *values {
            walked.attributes.push((name.clone(), changed));
        }
    }
    if let Some(bytes) = security_descriptor {
        walked.security_descriptor =
            permissions::walk(bytes, ReferenceOrigin::PackagePermissions, &setting, &mut walk)?;
    }
    Ok((walked != WalkedObject::default()).then_some(walked))
}

/// Splits `0:\\server\share\x.msi` behind the colon of its order.
fn split_order(value: &str) -> (&str, &str) {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && value[digits..].starts_with(':') { value.split_at(digits + 1) } else { ("", value) }
}

/// Shows the folders that an advertise script installs from.
pub(super) fn walk_script(bytes: &[u8], walk: &mut Walk<'_, '_>) -> Result<Option<Vec<u8>>, String> {
    let mut script = AdvertiseScript::parse(bytes).map_err(|error| error.to_string())?;
    let setting = script.product().name;
    let mut changed = false;
    for source in script.sources_mut() {
        let Some(path) = source.to_text().filter(|path| is_unc_path(path)) else { continue };
        if let Some(path) = walk.path(ReferenceOrigin::Setting, &path, &setting) {
            *source = ScriptArgument::of_text(&path, source);
            changed = true;
        }
    }
    Ok(changed.then(|| script.to_bytes()))
}
