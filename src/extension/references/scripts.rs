//! `scripts.ini` and `psscripts.ini`: commands and parameters that are UNC paths.

use std::ops::Range;

use crate::format::{IniFile, LineEdit, ScriptEvent};

use crate::ident::is_unc_path;

use super::{ReferenceOrigin, Walk};

pub(super) fn walk(bytes: &[u8], walk: &mut Walk<'_, '_>) -> Option<Vec<u8>> {
    let mut file = IniFile::parse(bytes);
    let mut edits = Vec::new();
    for event in [ScriptEvent::Startup, ScriptEvent::Shutdown, ScriptEvent::Logon, ScriptEvent::Logoff] {
        for line in file.lines(event.name()) {
            let Some((key, _)) = line.pair() else { continue };
            let start = line.text.find('=').map_or(line.text.len(), |at| at + 1);
            let Some(range) = path_range(&line.text, start, key) else { continue };
            let setting = format!("{} {key}", event.name());
            if let Some(text) = walk.path(ReferenceOrigin::Setting, &line.text[range.clone()], &setting) {
                edits.push(LineEdit::Replace { line: line.number, range, text });
            }
        }
    }
    (!edits.is_empty()).then(|| {
        file.edit(edits);
        file.to_bytes()
    })
}

/// Returns where the UNC path stands with which a value begins: in quotes up to the second one, in parameters up to a blank.
fn path_range(line: &str, start: usize, key: &str) -> Option<Range<usize>> {
    let value = &line[start..];
    let blanks = value.len() - value.trim_start().len();
    let value = value.trim_start();
    let (skipped, path) = match value.strip_prefix('"') {
        Some(quoted) => (1, quoted.split('"').next().unwrap_or_default()),
        None if key.to_ascii_lowercase().ends_with("parameters") => {
            (0, value.split_whitespace().next().unwrap_or_default())
        }
        None => (0, value),
    };
    let from = start + blanks + skipped;
    is_unc_path(path).then_some(from..from + path.len())
}
