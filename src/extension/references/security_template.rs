//! `GptTmpl.inf`: user rights, restricted groups, permissions in SDDL.

use std::collections::HashSet;
use std::ops::Range;

use crate::format::{IniFile, IniLine, LineEdit};
use crate::ident::Sid;
use crate::security::sids_in_sddl;

use super::{ReferenceOrigin, Replacement, Subject, Walk};

const PERMISSION_SECTIONS: [&str; 3] = ["Service General Setting", "Registry Keys", "File Security"];
const GROUP_SUFFIXES: [&str; 2] = ["__members", "__memberof"];

pub(super) fn walk(bytes: &[u8], walk: &mut Walk<'_, '_>) -> Option<Vec<u8>> {
    let mut file = IniFile::parse(bytes);
    let mut edits = Vec::new();
    for line in file.lines("Privilege Rights") {
        let Some(equals) = line.text.find('=') else { continue };
        members(&line, equals + 1, line.text[..equals].trim(), walk, &mut edits);
    }
    for line in file.lines("Group Membership") {
        group(&line, walk, &mut edits);
    }
    for section in PERMISSION_SECTIONS {
        for line in file.lines(section) {
            permissions(&line, walk, &mut edits);
        }
    }
    for line in file.lines("Registry Values") {
        registry_value(&line, walk);
    }
    (!edits.is_empty()).then(|| {
        file.edit(edits);
        file.to_bytes()
    })
}

/// Shows a principal as templates name it, `*SID` or a name, and returns the text that stands there from now on: none where it stays,
/// an empty one where it goes.
fn principal(text: &str, setting: &str, walk: &mut Walk<'_, '_>) -> Option<String> {
    let subject = match text.strip_prefix('*').map(str::parse::<Sid>) {
        // Services and the like belong to no directory; GPMC lists those alone whose name it does not find.
        Some(Ok(sid)) if sid.is_virtual_account() && has_name(&sid) => return None,
        Some(Ok(sid)) => Subject::Principal { sid: Some(sid), name: None },
        _ => Subject::Principal { sid: None, name: Some(text.to_owned()) },
    };
    match walk.show(ReferenceOrigin::Setting, subject, text, setting) {
        Replacement::Keep | Replacement::Path(_) => None,
        Replacement::Remove => Some(String::new()),
        Replacement::Principal { sid, .. } => Some(format!("*{sid}")),
    }
}

fn has_name(sid: &Sid) -> bool {
    sid.well_known_name().is_some() || sid.virtual_account_name().is_some()
}

/// Shows the principals of a list, separated by commas, from this place of a line.
fn members(line: &IniLine, start: usize, setting: &str, walk: &mut Walk<'_, '_>, edits: &mut Vec<LineEdit>) {
    let mut pieces: Vec<(Range<usize>, Option<String>)> = Vec::new();
    let start = start + line.text[start..].len() - line.text[start..].trim_start().len();
    let mut at = start;
    for piece in line.text[start..].split(',') {
        let token = piece.trim();
        let changed = if token.is_empty() { None } else { principal(token, setting, walk) };
        pieces.push((at..at + piece.len(), changed));
        at += piece.len() + 1;
    }
    drop_doubled(&line.text, &mut pieces);
    let Some(first_kept) = pieces.iter().position(|(_, changed)| changed.as_deref() != Some("")) else {
        edits.push(replace(line, start..line.text.len(), ""));
        return;
    };
    for (index, (range, changed)) in pieces.iter().enumerate() {
        match changed.as_deref() {
            None => {}
            // A comma goes with its member: that behind it at the start of the list, else that before it.
            Some("") if index < first_kept => edits.push(replace(line, range.start..range.end + 1, "")),
            Some("") => edits.push(replace(line, range.start - 1..range.end, "")),
            Some(text) => {
                let piece = &line.text[range.clone()];
                let from = range.start + piece.len() - piece.trim_start().len();
                edits.push(replace(line, from..from + piece.trim().len(), text));
            }
        }
    }
}

/// Takes out a changed member that stands in its list already.
fn drop_doubled(text: &str, pieces: &mut [(Range<usize>, Option<String>)]) {
    if pieces.iter().all(|(_, changed)| changed.is_none()) {
        return;
    }
    let kept = pieces.iter().filter(|(_, changed)| changed.is_none());
    let mut seen: HashSet<String> = kept.map(|(range, _)| text[range.clone()].trim().to_uppercase()).collect();
    for (_, changed) in pieces.iter_mut() {
        let Some(member) = changed.as_mut().filter(|member| !member.is_empty()) else { continue };
        if !seen.insert(member.to_uppercase()) {
            member.clear();
        }
    }
}

/// Shows a restricted group with its members, or with the groups it is made a member of.
fn group(line: &IniLine, walk: &mut Walk<'_, '_>, edits: &mut Vec<LineEdit>) {
    let Some((key, _)) = line.text.split_once('=') else { return };
    let key = key.trim_end();
    let folded = key.to_ascii_lowercase();
    let Some(suffix) = GROUP_SUFFIXES.iter().find(|suffix| folded.ends_with(**suffix)) else { return };
    let group = key[..key.len() - suffix.len()].trim_end();
    match principal(group, key, walk) {
        Some(text) if text.is_empty() => {
            edits.push(LineEdit::Remove { line: line.number });
            return;
        }
        Some(text) => edits.push(replace(line, 0..group.len(), &text)),
        None => {}
    }
    let equals = line.text.find('=').unwrap_or(line.text.len());
    members(line, equals + 1, key, walk, edits);
}

/// Shows the SIDs in the permissions of a service, key or file: `"name",number,"SDDL"`.
fn permissions(line: &IniLine, walk: &mut Walk<'_, '_>, edits: &mut Vec<LineEdit>) {
    let (name, start) = match line.text.strip_prefix('"') {
        Some(rest) => {
            let end = rest.find('"').unwrap_or(rest.len());
            (&rest[..end], (end + 2).min(line.text.len()))
        }
        None => {
            let end = line.text.find(',').unwrap_or(line.text.len());
            (line.text[..end].trim(), end)
        }
    };
    for found in sids_in_sddl(&line.text[start..]).into_iter().filter(|found| found.sid.is_domain_principal()) {
        let place = |range: Range<usize>| range.start + start..range.end + start;
        let range = place(found.range);
        match walk.sid(ReferenceOrigin::Setting, found.sid, &line.text[range.clone()], name) {
            Replacement::Keep | Replacement::Path(_) => {}
            Replacement::Remove => edits.push(replace(line, place(found.part), "")),
            Replacement::Principal { sid, .. } => edits.push(replace(line, range, &sid.to_string())),
        }
    }
}

/// Shows the SIDs in a registry value that holds SDDL text. Nobody maps them.
fn registry_value(line: &IniLine, walk: &mut Walk<'_, '_>) {
    let Some((key, data)) = line.text.split_once('=') else { return };
    for found in sids_in_sddl(data).into_iter().filter(|found| found.sid.is_domain_principal()) {
        walk.sid(ReferenceOrigin::NotMapped, found.sid, &data[found.range], key.trim());
    }
}

fn replace(line: &IniLine, range: Range<usize>, text: &str) -> LineEdit {
    LineEdit::Replace { line: line.number, range, text: text.to_owned() }
}
