//! Preferences of real GPOs: every file comes back as it was, and reads to what Microsoft's report says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use opengpmc::extension::{
    FileContent, GptFile, HalfContents, PrincipalNames, Source, SourceContext, document, report_half,
};
use opengpmc::format::admx::AdmxStore;
use opengpmc::format::preferences::{PreferenceElement, PreferenceFile, PreferenceKind, check_preferences};
use opengpmc::gpm::Task;
use opengpmc::ident::ExtensionList;
use opengpmc::report::{Element, ExtensionReport, GpoReport, HalfReport, Side, read_reports};

use super::corpus::{corpus, files_below, is_named};

/// Returns the preference files of the corpus: by folder, and the clippings and copies that lie elsewhere.
fn preference_files(root: &Path) -> Vec<PathBuf> {
    let is_preference = |path: &PathBuf| {
        let path = path.to_string_lossy().to_lowercase();
        let is_xml = path.ends_with(".xml") || path.ends_with(".xml.backup");
        is_xml && (path.contains("/preferences/") || path.contains("/lone/")) && !path.contains("/admx/")
    };
    files_below(root).into_iter().filter(is_preference).collect()
}

#[test]
fn every_preference_file_comes_back_and_changes_where_it_is_changed() {
    let Some(root) = corpus("") else { return };
    let (mut files, mut changed) = (0, 0);
    for path in preference_files(&root) {
        let bytes = std::fs::read(&path).unwrap();
        let file = PreferenceFile::parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(file.bytes(), bytes);
        let Some(kind) = PreferenceKind::of_root(file.root().name()) else { continue };
        files += 1;
        let problems = check_preferences(&file, kind);
        assert!(problems.is_empty(), "{}: {problems:?}", path.display());
        // Of a long list some items stand for the others.
        let step = file.elements().count() / 40 + 1;
        for element in file.elements().step_by(step) {
            for (name, old) in element.attributes() {
                changed += 1;
                let mut edited = file.clone();
                edited.set_attribute(element.id(), name, "a <b> \"c\" & é\r\n").unwrap();
                check_edit(&file, &edited, old.len());
            }
            if !element.text().trim().is_empty() {
                changed += 1;
                let mut edited = file.clone();
                edited.set_text(element.id(), "1 < 2").unwrap();
                check_edit(&file, &edited, element.text().len());
            }
        }
    }
    println!("{files} preference files came back; {changed} values changed in them");
    assert!(files >= 110 && changed >= 2000, "{files} {changed}");
}

/// Makes sure that of all values one has changed, and of all bytes no more than it had.
fn check_edit(file: &PreferenceFile, edited: &PreferenceFile, value_length: usize) {
    let (old, new) = (file.bytes(), edited.bytes());
    let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let behind = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    // A character may have been written as a reference of six bytes.
    assert!(before + behind + value_length * 6 >= old.len());
    let values = |file: &PreferenceFile| {
        let of_element = |element: PreferenceElement<'_>| {
            let attributes = element.attributes().map(|(name, value)| format!("{name}={value}"));
            attributes.chain([element.text().to_owned()]).collect::<Vec<_>>()
        };
        file.elements().flat_map(of_element).collect::<Vec<String>>()
    };
    let (old, new) = (values(file), values(edited));
    assert_eq!(old.len(), new.len());
    assert_eq!(old.iter().zip(&new).filter(|(old, new)| old != new).count(), 1);
}

/// Finds a file or folder below another by a path whose names are compared without case.
fn find(base: &Path, path: &str) -> Option<PathBuf> {
    path.split('/').try_fold(base.to_path_buf(), |base, name| {
        let entries = std::fs::read_dir(&base).ok()?;
        entries.filter_map(|entry| Some(entry.ok()?.path())).find(|path| is_named(path, name))
    })
}

/// Reads what a half of a backup sets by preferences.
fn our_reports(set: &Path, side: Side) -> Vec<ExtensionReport> {
    let Some(half) = find(set, &format!("DomainSysvol/GPO/{}", side.folder())) else { return Vec::new() };
    let mut files = Vec::new();
    for path in files_below(&half) {
        let relative = path.strip_prefix(&half).unwrap().to_string_lossy().replace('\\', "/");
        // What the source of the backup edited after the export lies beside it untouched.
        let untouched = PathBuf::from(format!("{}.backup", path.display()));
        let bytes = std::fs::read(if untouched.is_file() { &untouched } else { &path }).unwrap();
        files.push(GptFile { path: relative, size_bytes: bytes.len() as u64, content: FileContent::Whole(bytes) });
    }
    reports_of(files, side)
}

/// Reads what files set, with all kinds of preferences registered.
fn reports_of(files: Vec<GptFile>, side: Side) -> Vec<ExtensionReport> {
    let registered: String =
        PreferenceKind::ALL.iter().map(|kind| format!("[{}{}]", kind.cse(), kind.tool())).collect();
    let half = HalfContents::new(ExtensionList::parse_lossy(&registered), files, Vec::new());
    let (names, templates) = (PrincipalNames::default(), AdmxStore::default());
    let context = SourceContext { names: &names, templates: &templates, with_comments: true, compatible: true };
    report_half(&Source { side, half: &half, context: &context }, &Task::new(|| {})).unwrap()
}

/// The facts of an item: path of each value in it, and the value.
type Facts = Vec<(String, String)>;

/// Returns the items of a report's extensions in order, each with its facts.
fn items(reports: &[ExtensionReport]) -> BTreeMap<(String, usize), Facts> {
    let mut items = BTreeMap::new();
    for report in reports {
        let tail = report.namespace.rsplit("/Settings/").next().unwrap();
        let Some(kind) = PreferenceKind::of_report_namespace(tail) else { continue };
        let heading = format!("{} {} {}", report.name, report.xml_type, report.namespace);
        assert_eq!(report.name, kind.report().name);
        for root in &report.elements {
            let mut envelope = root.clone();
            envelope.children.clear();
            let mut facts = Vec::new();
            push_facts(&envelope, "", &mut facts);
            items.insert((heading.clone(), 0), facts);
            for (index, item) in root.children.iter().enumerate() {
                let mut facts = Vec::new();
                push_facts(item, "", &mut facts);
                items.insert((heading.clone(), index + 1), facts);
            }
        }
    }
    items
}

fn push_facts(element: &Element, path: &str, facts: &mut Facts) {
    let path = format!("{path}/{}", element.name);
    facts.push((path.clone(), element.text.split_whitespace().collect::<Vec<_>>().join(" ")));
    facts.extend(element.attributes.iter().map(|(name, value)| (format!("{path}@{name}"), value.clone())));
    element.children.iter().for_each(|child| push_facts(child, &path, facts));
}

#[test]
fn every_preference_item_reads_to_what_microsoft_reports() {
    let Some(root) = corpus("backups") else { return };
    let (mut equal, mut different, mut extensions) = (0, 0, 0);
    for path in files_below(&root).iter().filter(|path| is_named(path, "gpreport.xml")) {
        let set = path.parent().unwrap();
        let report: GpoReport = read_reports(&std::fs::read(path).unwrap()).unwrap().remove(0);
        for side in [Side::Computer, Side::User] {
            let theirs = items(&report.half(side).extensions);
            let ours = items(&our_reports(set, side));
            extensions += theirs.keys().filter(|(_, index)| *index == 0).count();
            for (key, facts) in &theirs {
                let own = ours.get(key).unwrap_or_else(|| panic!("{}: {key:?} is missing", path.display()));
                let same = facts.iter().zip(own).filter(|(their, own)| their == own).count();
                equal += same;
                different += facts.len().max(own.len()) - same;
                if facts != own {
                    println!("{}: {key:?}\n their {facts:?}\n our {own:?}", path.display());
                }
            }
        }
    }
    println!("{equal} facts of {extensions} preference extensions are Microsoft's, {different} are not");
    assert!(extensions >= 71 && different == 0, "{extensions} {different} {equal}");
}

/// Values that people are not shown, or are shown as marks and words that have no room for others.
const NOT_SHOWN: [&str; 15] = [
    "clsid",
    "image",
    "status",
    "disabled",
    "bypassErrors",
    "userContext",
    "removePolicy",
    "default",
    "bool",
    "not",
    "hidden",
    // Of a task: the version of its schema, a reference inside it, flags of a trigger.
    "version",
    "id",
    "hasEndDate",
    "repeatTask",
];

/// A value that stands nowhere else.
const TOKEN: &str = "\u{2042}1";

#[test]
fn every_value_is_shown() {
    let Some(root) = corpus("") else { return };
    let mut lost = BTreeSet::new();
    let mut shown = 0;
    for path in preference_files(&root) {
        let bytes = std::fs::read(&path).unwrap();
        let file = PreferenceFile::parse(&bytes).unwrap();
        let Some(kind) = PreferenceKind::of_root(file.root().name()) else { continue };
        let gpt_file = GptFile { path: kind.path(), size_bytes: 0, content: FileContent::Whole(bytes) };
        let reports = reports_of(vec![gpt_file], Side::User);
        let [report] = &reports[..] else { panic!("{}", path.display()) };
        let step = report.elements[0].children.len() / 12 + 1;
        for item in report.elements[0].children.iter().step_by(step) {
            let mut values = Vec::new();
            push_values(item, &mut Vec::new(), &mut values);
            for (place, attribute) in values {
                let mut marked = item.clone();
                let element = place.iter().fold(&mut marked, |element, index| &mut element.children[*index]);
                let name = match attribute {
                    Some(index) => {
                        element.attributes[index].1 = TOKEN.to_owned();
                        format!("{}@{}", element.name, element.attributes[index].0)
                    }
                    None => {
                        element.text = TOKEN.to_owned();
                        element.name.to_string()
                    }
                };
                let root = Element { children: vec![marked], ..report.elements[0].clone() };
                let half = HalfReport {
                    extensions: vec![ExtensionReport { elements: vec![root], ..report.clone() }],
                    ..HalfReport::default()
                };
                let text = serde_json::to_string(&document(&report_with(half))).unwrap();
                shown += 1;
                if name.ends_with("@cpassword") {
                    assert!(!text.contains(TOKEN) && text.contains("MS14-025"), "{}", path.display());
                } else if !text.contains(TOKEN) {
                    lost.insert(name);
                }
            }
        }
    }
    println!("{shown} values looked for in sections; not shown: {lost:?}");
    assert!(shown > 3000 && lost.is_empty(), "{shown} {lost:?}");
}

/// Where a value stands: the way to its element, and the place of its attribute or none for its text.
type Place = (Vec<usize>, Option<usize>);

fn push_values(element: &Element, way: &mut Vec<usize>, values: &mut Vec<Place>) {
    for (index, (name, value)) in element.attributes.iter().enumerate() {
        let is_flag = element.name.starts_with("Filter") && matches!(value.as_str(), "0" | "1" | "");
        let is_hidden = NOT_SHOWN.contains(&name.as_ref()) && !(element.name == "FilterOs" && name == "version");
        if !is_hidden && !is_flag {
            values.push((way.clone(), Some(index)));
        }
    }
    // Enabled triggers do not say so.
    if !element.text.trim().is_empty() && element.name != "Enabled" {
        values.push((way.clone(), None));
    }
    for (index, child) in element.children.iter().enumerate() {
        way.push(index);
        push_values(child, way, values);
        way.pop();
    }
}

fn report_with(user: HalfReport) -> GpoReport {
    let id = "{B5F9A74A-0000-0000-0000-000000000001}";
    let empty = format!("<GPO><Identifier><Identifier>{id}</Identifier></Identifier></GPO>");
    GpoReport { user, ..read_reports(empty.as_bytes()).unwrap().remove(0) }
}
