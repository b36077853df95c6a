//! Every security template, script list, audit configuration, comment and version file of the corpus: read, written back byte-equal,
//! and changed in one value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use opengpmc::format::{
    AuditCsv, AuditSetting, FolderRedirectionFile, GptIni, IniFile, OldFolderRedirectionFile, ScriptEvent, ScriptList,
    SecurityTemplate, read_gpo_comment, write_gpo_comment,
};
use opengpmc::gpm::{BackupDir, Task};
use opengpmc::ident::GpoVersion;
use opengpmc::operation::Reporting;
use opengpmc::report::{Element, GpoReport, Side, read_reports};

use super::corpus::{corpus, files_below};

/// Returns the files of these names in all parts of the corpus that hold GPOs, copies of Samba's backups included; at least
/// `at_least` of them.
fn files(names: &[&str], at_least: usize) -> Vec<(PathBuf, Vec<u8>)> {
    let folders = ["backups", "sysvol", "samba-gpo-backup", "lone"].into_iter().filter_map(corpus);
    let is_wanted = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_lowercase();
        names.contains(&name.trim_end_matches(".sambabackup"))
    };
    let found: Vec<PathBuf> = folders.flat_map(|folder| files_below(&folder)).filter(|path| is_wanted(path)).collect();
    if corpus("backups").is_some() {
        assert!(found.len() >= at_least, "only {} of {names:?}", found.len());
    }
    found.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Asserts that `after` is `before` with one stretch of bytes replaced: what is common at both ends is all but `old` and `new` bytes.
fn assert_one_stretch(path: &Path, before: &[u8], after: &[u8], old: usize, new: usize) {
    let start = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let tails = before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = tails.take_while(|(one, other)| one == other).count();
    assert!(before.len() - start - end <= old, "{}", path.display());
    assert!(after.len() - start - end <= new, "{}", path.display());
    assert_eq!(before.len() - old, after.len() - new, "{}", path.display());
}

/// Returns the number of bytes a text takes in a file.
fn size(file: &[u8], text: &str) -> usize {
    if file.starts_with(b"\xFF\xFE") { 2 * text.encode_utf16().count() } else { text.len() }
}

/// Changes every value of a file of sections, one at a time.
fn change_each_value(path: &Path, bytes: &[u8]) -> usize {
    let file = IniFile::parse(bytes);
    let mut sections: Vec<String> = file.sections().map(|(_, name)| name.to_owned()).collect();
    sections.sort();
    sections.dedup();
    let mut count = 0;
    for line in sections.iter().flat_map(|section| file.lines(section)) {
        let Some((_, value)) = line.pair() else { continue };
        let mut changed = file.clone();
        changed.set_value_at(line.number, "\u{1}new\u{1}");
        assert_one_stretch(path, bytes, &changed.to_bytes(), size(bytes, value), size(bytes, "\u{1}new\u{1}"));
        count += 1;
    }
    count
}

#[test]
fn security_templates_come_back_byte_equal() {
    let mut values = 0;
    for (path, bytes) in files(&["gpttmpl.inf"], 100) {
        let template = SecurityTemplate::parse(&bytes);
        assert_eq!(template.to_bytes(), bytes, "{}", path.display());
        let settings = template.settings();
        assert_eq!(settings.problems, [], "{}", path.display());
        assert_eq!(settings.unknown_sections, [""; 0], "{}", path.display());
        values += change_each_value(&path, &bytes);
    }
    println!("{values} values changed one at a time");
}

#[test]
fn script_lists_come_back_byte_equal() {
    let mut scripts = 0;
    for (path, bytes) in files(&["scripts.ini", "psscripts.ini"], 15) {
        let list = ScriptList::parse(&bytes);
        assert_eq!(list.to_bytes(), bytes, "{}", path.display());
        for event in [ScriptEvent::Startup, ScriptEvent::Shutdown, ScriptEvent::Logon, ScriptEvent::Logoff] {
            let (found, problems) = list.scripts(event);
            assert_eq!(problems, [], "{}", path.display());
            scripts += found.len();
        }
        change_each_value(&path, &bytes);
    }
    println!("{scripts} scripts");
}

#[test]
fn audit_configurations_come_back_byte_equal() {
    let mut rows = 0;
    for (path, bytes) in files(&["audit.csv"], 20) {
        let file = AuditCsv::parse(&bytes);
        assert_eq!(file.to_bytes(), bytes, "{}", path.display());
        let (found, problems) = file.rows();
        assert_eq!(problems, [], "{}", path.display());
        rows += found.len();
        for row in found {
            let AuditSetting::Subcategory { value, .. } = row.setting else { continue };
            let mut changed = file.clone();
            changed.set_value(row.line, "123");
            assert_one_stretch(&path, &bytes, &changed.to_bytes(), value.to_string().len(), 3);
        }
    }
    println!("{rows} rows");
}

#[test]
fn folder_redirection_comes_back_byte_equal() {
    for (path, bytes) in files(&["fdeploy1.ini"], 1) {
        let file = FolderRedirectionFile::parse(&bytes);
        assert_eq!(file.to_bytes(), bytes, "{}", path.display());
        let (folders, problems) = file.folders();
        assert_eq!(problems, [], "{}", path.display());
        assert!(folders.iter().all(|folder| folder.folder.is_some() && !folder.targets.is_empty()));
        change_each_value(&path, &bytes);
    }
    for (path, bytes) in files(&["fdeploy.ini"], 1) {
        assert_eq!(OldFolderRedirectionFile::parse(&bytes).to_bytes(), bytes, "{}", path.display());
    }
}

#[test]
fn comments_come_back_byte_equal() {
    for (path, bytes) in files(&["gpo.cmt"], 80) {
        let comment = read_gpo_comment(&bytes);
        assert!(!comment.is_empty() && !comment.contains('\u{FFFD}'), "{}", path.display());
        assert_eq!(write_gpo_comment(&comment), bytes, "{}", path.display());
    }
}

#[test]
fn version_files_come_back_byte_equal() {
    for (path, bytes) in files(&["gpt.ini", "gpe.ini"], 50) {
        let mut file = GptIni::parse(&bytes);
        assert_eq!(file.to_bytes(), bytes, "{}", path.display());
        let Some(old) = file.value("Version") else { continue };
        file.set_version(GpoVersion { user: 1234, computer: 4321 });
        let new = GpoVersion { user: 1234, computer: 4321 }.to_u32().to_string();
        assert_one_stretch(&path, &bytes, &file.to_bytes(), size(&bytes, &old), size(&bytes, &new));
        change_each_value(&path, &bytes);
    }
}

/// The extensions that are compared with Microsoft's reports.
const COMPARED: [&str; 4] = ["Security", "Advanced Audit Configuration", "Scripts", "Folder Redirection"];

/// Counts what a report says in these extensions: each text with the names above it and the first text of its setting.
fn facts(report: &GpoReport) -> BTreeMap<String, usize> {
    let mut facts = BTreeMap::new();
    for side in [Side::Computer, Side::User] {
        let compared = report.half(side).extensions.iter().filter(|own| COMPARED.contains(&own.name.as_str()));
        for element in compared.flat_map(|extension| &extension.elements) {
            let setting = format!("{side:?} {} {}", element.name, first_text(element).to_lowercase());
            add_facts(element, &setting, &mut facts);
        }
    }
    facts
}

fn first_text(element: &Element) -> &str {
    element.children.first().map_or(&element.text, |child| first_text(child))
}

fn add_facts(element: &Element, path: &str, facts: &mut BTreeMap<String, usize>) {
    if element.children.is_empty() {
        let text: Vec<&str> = element.text.split_whitespace().collect();
        *facts.entry(format!("{path}/{}={}", element.name, text.join(" "))).or_default() += 1;
    }
    for child in &element.children {
        add_facts(child, &format!("{path}/{}", element.name), facts);
    }
}

#[test]
fn settings_are_reported_as_microsoft_does() {
    let Some(root) = corpus("backups") else { return };
    let reporting = Reporting { compatible: true, ..Reporting::new(Arc::default()) };
    let (mut equal, mut other) = (0, Vec::new());
    let folders = BackupDir::open_all_below(&root).unwrap();
    for backup in folders.iter().flat_map(BackupDir::backups) {
        let Some(folder) = &backup.folder else { continue };
        let Ok(bytes) = std::fs::read(folder.join("gpreport.xml")) else { continue };
        let theirs = facts(&read_reports(&bytes).unwrap()[0]);
        let ours = facts(&reporting.backup(backup, &Task::default()).unwrap());
        for fact in theirs.keys().chain(ours.keys().filter(|fact| !theirs.contains_key(*fact))) {
            let [theirs, ours] = [&theirs, &ours].map(|facts| facts.get(fact).copied().unwrap_or_default());
            equal += theirs.min(ours);
            if theirs != ours {
                other.push(format!("{}: {theirs} theirs, {ours} ours: {fact}", folder.display()));
            }
        }
    }
    // What remains: consoles before 2018 do not say whether settings are blocked, and releases word some labels differently.
    let explained = |fact: &&String| fact.ends_with("/Blocked=false") || fact.contains("/Display/Name=");
    println!("{equal} facts equal, {} others", other.len());
    other.iter().filter(|fact| !explained(fact)).take(20).for_each(|fact| println!("{fact}"));
    assert!(equal > 9_000, "{equal}");
    assert!(other.len() * 100 < equal, "{} of {equal}", other.len());
    assert_eq!(other.iter().filter(|fact| !explained(fact)).count(), 0);
}
