//! `fdeploy1.ini` and `fdeploy.ini`: groups of rules and the folders they lead to.

use std::collections::HashSet;
use std::ops::Range;

use crate::format::{IniFile, IniLine, LineEdit, RedirectionFlags};
use crate::ident::{Guid, Sid, is_unc_path};

use super::{ReferenceOrigin, Replacement, Walk};

const LIST_SECTION: &str = "Folder_Redirection";
const OLD_STATUS_SECTION: &str = "FolderStatus";

pub(super) fn walk(bytes: &[u8], walk: &mut Walk<'_, '_>) -> Option<Vec<u8>> {
    let file = IniFile::parse(bytes);
    let mut edits = Vec::new();
    let mut sections = HashSet::new();
    for line in file.lines(LIST_SECTION) {
        let Some((folder, _)) = line.pair() else { continue };
        let setting = folder_name(folder);
        let mut at = line.text.find('=').map_or(line.text.len(), |equals| equals + 1);
        for piece in line.text[at..].split(';') {
            let range = trimmed(&line.text, at..at + piece.len());
            at += piece.len() + 1;
            let behind = at.min(line.text.len());
            let group = &line.text[range.clone()];
            let section = format!("{folder}_{group}");
            if group.is_empty() || !sections.insert(section.to_lowercase()) {
                continue;
            }
            let lines = file.lines(&section);
            match group_of(group, is_advanced(&lines), &setting, walk) {
                Replacement::Keep | Replacement::Path(_) => {}
                Replacement::Remove => {
                    // The SID goes with its `;`, the section with all its lines.
                    edits.push(replace(&line, range.start..behind, ""));
                    let gone = file.heads(&section).into_iter().chain(lines);
                    edits.extend(gone.map(|line| LineEdit::Remove { line: line.number }));
                    continue;
                }
                Replacement::Principal { sid, .. } => {
                    let text = written_as(&sid, group);
                    for head in file.heads(&section) {
                        edits.extend(head_range(&head, group).map(|range| replace(&head, range, &text)));
                    }
                    edits.push(replace(&line, range, &text));
                }
            }
            for line in
                lines.iter().filter(|line| line.pair().is_some_and(|(key, _)| key.eq_ignore_ascii_case("FullPath")))
            {
                target(line, &setting, walk, &mut edits);
            }
        }
    }
    changed(file, edits)
}

pub(super) fn walk_old(bytes: &[u8], walk: &mut Walk<'_, '_>) -> Option<Vec<u8>> {
    let file = IniFile::parse(bytes);
    let mut edits = Vec::new();
    let mut sections = HashSet::new();
    for status in file.lines(OLD_STATUS_SECTION) {
        let Some((folder, flags)) = status.pair() else { continue };
        if !sections.insert(folder.to_lowercase()) {
            continue;
        }
        let advanced = has_advanced(flags);
        for line in file.lines(folder) {
            let Some((group, _)) = line.pair() else { continue };
            match group_of(group, advanced, folder, walk) {
                Replacement::Keep | Replacement::Path(_) => {}
                Replacement::Remove => {
                    edits.push(LineEdit::Remove { line: line.number });
                    continue;
                }
                Replacement::Principal { sid, .. } => {
                    edits.push(replace(&line, 0..group.len(), &written_as(&sid, group)));
                }
            }
            target(&line, folder, walk, &mut edits);
        }
    }
    changed(file, edits)
}

/// Shows the group of a rule. Everybody stands in every basic redirection and is no group that was chosen.
fn group_of(text: &str, advanced: bool, setting: &str, walk: &mut Walk<'_, '_>) -> Replacement {
    match text.parse::<Sid>() {
        Ok(sid) if advanced || sid != Sid::everyone() => walk.sid(ReferenceOrigin::Setting, sid, text, setting),
        _ => Replacement::Keep,
    }
}

fn is_advanced(lines: &[IniLine]) -> bool {
    let flags = lines.iter().filter_map(IniLine::pair).find(|(key, _)| key.eq_ignore_ascii_case("Flags"));
    flags.is_some_and(|(_, flags)| has_advanced(flags))
}

fn has_advanced(flags: &str) -> bool {
    let digits = flags.trim_start_matches("0x").trim_start_matches("0X");
    u32::from_str_radix(digits, 16).is_ok_and(|flags| RedirectionFlags(flags).contains(RedirectionFlags::ADVANCED))
}

/// Shows the path that is the value of a line.
fn target(line: &IniLine, setting: &str, walk: &mut Walk<'_, '_>, edits: &mut Vec<LineEdit>) {
    let start = line.text.find('=').map_or(line.text.len(), |equals| equals + 1);
    let range = trimmed(&line.text, start..line.text.len());
    let path = &line.text[range.clone()];
    if is_unc_path(path) {
        edits.extend(walk.path(ReferenceOrigin::Setting, path, setting).map(|path| replace(line, range, &path)));
    }
}

/// Returns where the SID stands in `[{folder}_SID]`.
fn head_range(head: &IniLine, group: &str) -> Option<Range<usize>> {
    let start = head.text.to_ascii_lowercase().rfind(&group.to_ascii_lowercase())?;
    Some(start..start + group.len())
}

/// Writes a SID in the letter case of the one that stood there: Windows writes these in lower case.
fn written_as(sid: &Sid, old: &str) -> String {
    if old.starts_with('s') { sid.to_string().to_lowercase() } else { sid.to_string() }
}

fn folder_name(folder: &str) -> String {
    let known = folder.parse::<Guid>().ok().and_then(crate::format::known_folder_name);
    known.unwrap_or(folder).to_owned()
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

fn replace(line: &IniLine, range: Range<usize>, text: &str) -> LineEdit {
    LineEdit::Replace { line: line.number, range, text: text.to_owned() }
}

fn changed(mut file: IniFile, edits: Vec<LineEdit>) -> Option<Vec<u8>> {
    (!edits.is_empty()).then(|| {
        file.edit(edits);
        file.to_bytes()
    })
}
