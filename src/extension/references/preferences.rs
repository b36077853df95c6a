//! Preference files: SIDs with the names beside them, accounts, UNC paths, in items and in what they are targeted at.
//!
//! GPMC maps none of it; here it is mapped by choice. Nothing is taken out: an item without its condition would apply to everybody.

use crate::format::preferences::{ElementId, PreferenceEdit, PreferenceElement, PreferenceFile};
use crate::ident::{Sid, is_unc_path};

use super::{ReferenceOrigin, Replacement, Subject, Walk};

/// Attributes that hold the name of an account and have no SID beside them.
const ACCOUNTS: [&str; 3] = ["runAs", "accountName", "userName"];
/// Elements of tasks whose text is the name of an account or a SID.
const ACCOUNT_ELEMENTS: [&str; 2] = ["UserId", "GroupId"];

pub(super) fn walk(bytes: &[u8], walk: &mut Walk<'_, '_>) -> Result<Option<Vec<u8>>, String> {
    let mut file = PreferenceFile::parse(bytes).map_err(|error| error.to_string())?;
    let mut edits = Vec::new();
    let mut setting = String::new();
    for element in file.elements() {
        // Items have an id each; what stands in one is told by its name.
        if element.attribute("uid").is_some() {
            setting = element.attribute("name").unwrap_or_default().to_owned();
        }
        principals(element, &setting, walk, &mut edits);
        for (name, value) in element.attributes().filter(|(_, value)| is_unc_path(value)) {
            let changed = walk.path(ReferenceOrigin::Preference, value, &setting);
            edits.extend(changed.map(|path| attribute(element.id(), name, path)));
        }
        if is_unc_path(element.text()) {
            let changed = walk.path(ReferenceOrigin::Preference, element.text(), &setting);
            edits.extend(changed.map(|value| PreferenceEdit::Text { element: element.id(), value }));
        }
    }
    if edits.is_empty() {
        return Ok(None);
    }
    file.edit(&edits).map_err(|error| error.to_string())?;
    Ok(Some(file.bytes().to_vec()))
}

fn principals(element: PreferenceElement<'_>, setting: &str, walk: &mut Walk<'_, '_>, edits: &mut Vec<PreferenceEdit>) {
    let mut show = |sid: Option<Sid>, name: Option<&str>, text: &str| {
        let subject = Subject::Principal { sid, name: name.map(str::to_owned) };
        match walk.show(ReferenceOrigin::Preference, subject, text, setting) {
            Replacement::Principal { sid, name } => Some((sid, name)),
            Replacement::Keep | Replacement::Remove | Replacement::Path(_) => None,
        }
    };
    for (name, value) in element.attributes() {
        let sid = value.parse::<Sid>().ok().filter(Sid::is_domain_principal);
        if let Some(sid) = sid {
            let beside = name_beside(name);
            let beside = element
                .attributes()
                .find(|(own, _)| beside.as_deref().is_some_and(|name| own.eq_ignore_ascii_case(name)));
            let Some((sid, account)) = show(Some(sid), beside.map(|(_, name)| name), value) else { continue };
            edits.push(attribute(element.id(), name, sid.to_string()));
            // Where the new name is not known, the SID decides and the old name would be wrong.
            let renamed =
                beside.map(|(name, _)| attribute(element.id(), name, account.unwrap_or_else(|| sid.to_string())));
            edits.extend(renamed);
        } else if is_account(element, name, value)
            && let Some((sid, account)) = show(None, Some(value), value)
        {
            edits.push(attribute(element.id(), name, account.unwrap_or_else(|| sid.to_string())));
            if name.eq_ignore_ascii_case("name") {
                edits.push(attribute(element.id(), "sid", sid.to_string()));
            }
        }
    }
    let text = element.text().trim();
    if ACCOUNT_ELEMENTS.iter().any(|own| own.eq_ignore_ascii_case(element.name())) {
        let sid = text.parse::<Sid>().ok();
        let changed = match sid {
            Some(sid) if sid.is_domain_principal() => show(Some(sid), None, text).map(|(sid, _)| sid.to_string()),
            None if is_account_name(text) => {
                show(None, Some(text), text).map(|(sid, account)| account.unwrap_or_else(|| sid.to_string()))
            }
            _ => None,
        };
        edits.extend(changed.map(|value| PreferenceEdit::Text { element: element.id(), value }));
    }
}

/// Returns the attribute that holds the name of what a SID stands for: `name` beside `sid`, `groupName` beside `groupSid`.
fn name_beside(attribute: &str) -> Option<String> {
    let before = attribute.len().checked_sub(3).filter(|at| attribute.is_char_boundary(*at))?;
    let (before, sid) = attribute.split_at(before);
    sid.eq_ignore_ascii_case("sid").then(|| format!("{before}name"))
}

/// Tells whether an attribute names a principal without saying its SID.
fn is_account(element: PreferenceElement<'_>, name: &str, value: &str) -> bool {
    let may_have_sid =
        name.eq_ignore_ascii_case("name") && element.attribute("sid").is_some_and(|sid| sid.trim().is_empty());
    (may_have_sid || ACCOUNTS.iter().any(|own| own.eq_ignore_ascii_case(name))) && is_account_name(value)
}

/// Tells whether a text names a principal with its domain; a variable or an account of the computer itself is none.
fn is_account_name(text: &str) -> bool {
    let parts = text.split_once('\\').or_else(|| text.split_once('@'));
    let is_plain = |part: &str| !part.is_empty() && part != "." && !part.contains(['%', '\\', '/']);
    parts.is_some_and(|(one, other)| is_plain(one) && is_plain(other)) && Sid::of_well_known_name(text).is_none()
}

fn attribute(element: ElementId, name: &str, value: String) -> PreferenceEdit {
    PreferenceEdit::Attribute { element, name: name.to_owned(), value }
}
