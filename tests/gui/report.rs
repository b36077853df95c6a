//! Reports in the window: read, searched, explained, copied, saved, opened.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::kit::document_view::DocumentView;
use opengpmc::console::{Browser, Command, FilePicker, FileState, Lazy, Node, Place};
use opengpmc::operation::render_reports;
use opengpmc::report::{
    Block, Document, Explain, GpoReport, HtmlOptions, PartProblem, ReportFormat, Section, Table, read_reports,
};

use crate::console::{Console, demo, demo_with, go_to, open_tab, settle, wait};
use crate::picture::compare;
use crate::screens::{gpo, root};
use crate::support::{copied, copy, press, type_text, view};

/// A report with something of everything.
fn document() -> Document {
    let mut details = Table::properties();
    details.row(["Domain", "kestrelbay.example"]);
    details.row(["GPO Status", "Enabled"]);
    let general = Section::new("General").opened().with(Section::new("Details").with(details));
    let mut options = Table::properties();
    options.row(["Screen saver timeout (seconds):", "600"]);
    let mut policies = Table::new(&["Policy", "Setting", "Comment"]);
    let row = policies.row(["Screen saver timeout", "Enabled", "Agreed with the works council"]);
    row.explain = Some(Explain {
        path: "User Configuration/Administrative Templates/Control Panel/Personalization".to_owned(),
        supported_on: "At least Windows Vista".to_owned(),
        text: "Says how long a user is away before the screen saver starts.\n\nIf it is disabled, the user decides."
            .to_owned(),
    });
    row.details.push(options.into());
    policies.row(["Enable screen saver", "Disabled", ""]);
    let templates = Section::new("Administrative Templates")
        .opened()
        .with(Block::Text("Policy definitions (ADMX files) retrieved from the central store.".to_owned()))
        .with(Section::new("Control Panel/Personalization").with(policies));
    let problem = PartProblem { file: "User\\registry.pol".to_owned(), message: "offset 8: expected `[`".to_owned() };
    let scripts =
        Section::new("Scripts").opened().with(problem).with(Block::Code("net use S: \\\\srv\\share\nexit".to_owned()));
    let policies = Section::new("Policies").opened().with(templates).with(scripts);
    let user = Section::new("User Configuration (Enabled)").opened().with(policies);
    Document {
        title: "Screen Lock".to_owned(),
        collected: "2026-03-01 12:00:00".to_owned(),
        sections: vec![general, user],
    }
}

fn report_view(document: Document, size: [f32; 2]) -> Harness<'static, DocumentView> {
    let mut harness = view(size, DocumentView::new(Arc::new(document)), |ui, report| report.ui(ui, |_| {}));
    harness.run();
    harness
}

/// Returns the lines in view, from top to bottom: level, words, and whether a heading is open.
fn lines<S>(harness: &Harness<'_, S>) -> Vec<String> {
    let grid = harness.get_by_role(Role::TreeGrid);
    let mut lines: Vec<(usize, String)> = grid
        .query_all_by_role(Role::Row)
        .map(|row| {
            let node = row.accesskit_node();
            let sign = match node.data().is_expanded() {
                Some(true) => "- ",
                Some(false) => "+ ",
                None => "",
            };
            (node.data().row_index().unwrap_or_default(), format!("{sign}{}", node.label().unwrap_or_default()))
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

fn focus<S>(harness: &mut Harness<'_, S>) {
    harness.get_by_role(Role::TreeGrid).focus();
    harness.run();
}

#[test]
fn sections_open_and_close_by_mouse_and_keyboard() {
    let mut report = report_view(document(), [800.0, 600.0]);
    let at_first = [
        "- General",
        "+ Details",
        "- User Configuration (Enabled)",
        "- Policies",
        "- Administrative Templates",
        "Policy definitions (ADMX files) retrieved from the central store.",
        "+ Control Panel/Personalization",
        "- Scripts",
        "User\\registry.pol",
        "net use S: \\\\srv\\share",
        "exit",
    ];
    assert_eq!(lines(&report), at_first);
    report.get_by_role_and_label(Role::Row, "Details").click();
    report.run();
    assert_eq!(lines(&report)[1..4], ["- Details", "Domain", "GPO Status"]);
    report.key_press(Key::ArrowLeft);
    report.run();
    assert_eq!(lines(&report)[1..3], ["+ Details", "- User Configuration (Enabled)"]);
    for key in [Key::Space, Key::Enter, Key::Enter] {
        press(&mut report, Modifiers::NONE, key);
    }
    assert_eq!(lines(&report)[1], "- Details");
    press(&mut report, Modifiers::NONE, Key::Home);
    press(&mut report, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(lines(&report)[..2], ["+ General", "- User Configuration (Enabled)"]);
    report.get_by_role_and_label(Role::Button, "Show All").click();
    report.run();
    assert!(lines(&report).contains(&"Screen saver timeout (seconds):".to_owned()));
    report.get_by_role_and_label(Role::Button, "Hide All").click();
    report.run();
    assert_eq!(lines(&report), ["+ General", "+ User Configuration (Enabled)"]);
    focus(&mut report);
    type_text(&mut report, "*");
    assert!(lines(&report).contains(&"GPO Status".to_owned()));
}

#[test]
fn text_is_found_in_closed_sections() {
    let mut report = report_view(document(), [800.0, 600.0]);
    report.get_by_label("Find in report").focus();
    report.run();
    type_text(&mut report, "SCREEN saver t");
    report.run();
    report.get_by_label("1 of 2");
    let selected = |report: &Harness<'_, DocumentView>| {
        let rows = report.query_all_by_role(Role::Row);
        let chosen = rows.filter(|row| row.accesskit_node().is_selected() == Some(true));
        chosen.map(|row| row.accesskit_node().label().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(selected(&report), ["Screen saver timeout"]);
    report.get_by_role_and_label(Role::Button, "Find Next").click();
    report.run();
    assert_eq!(selected(&report), ["Screen saver timeout (seconds):"]);
    press(&mut report, Modifiers::NONE, Key::F3);
    report.get_by_label("1 of 2");
    press(&mut report, Modifiers::SHIFT, Key::F3);
    report.get_by_label("2 of 2");
    report.get_by_label("Find in report").focus();
    report.run();
    type_text(&mut report, "x");
    report.run();
    report.get_by_label("Not found");
    press(&mut report, Modifiers::NONE, Key::Escape);
    assert!(report.query_by_label("Not found").is_none());
}

#[test]
fn settings_are_explained_and_copied() {
    let mut report = report_view(document(), [800.0, 600.0]);
    report.get_by_role_and_label(Role::Button, "Show All").click();
    report.run();
    assert!(report.query_by_label_contains("how long a user is away").is_none());
    report.get_by_role_and_label(Role::Row, "Screen saver timeout").click();
    report.run();
    assert_eq!(copy(&mut report), "Screen saver timeout\tEnabled\tAgreed with the works council");
    press(&mut report, Modifiers::NONE, Key::Enter);
    if report.query_by_label_contains("how long a user is away").is_none() {
        press(&mut report, Modifiers::NONE, Key::Enter);
    }
    report.get_by_label_contains("how long a user is away");
    report.get_by_label("At least Windows Vista");
    press(&mut report, Modifiers::NONE, Key::Escape);
    assert!(report.query_by_label("At least Windows Vista").is_none());
    press(&mut report, Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(copy(&mut report).lines().count(), 2);
    report.get_by_role_and_label(Role::Row, "Enable screen saver").click_secondary();
    report.run();
    report.get_by_label("Copy Section").click();
    report.step();
    let section = copied(&report).expect("the section was copied");
    assert!(section.starts_with("Control Panel/Personalization\nPolicy\tSetting\tComment\n"), "{section}");
    assert!(section.contains("\n  Screen saver timeout (seconds):\t600\n"), "{section}");
}

#[test]
fn a_long_report_is_laid_out_where_it_is_seen() {
    let mut table = Table::new(&["Policy", "Setting"]);
    for number in 0..5_000 {
        table.row([format!("Policy {number}"), "Enabled ".repeat(1 + number % 40)]);
    }
    let document = Document { sections: vec![Section::new("Computer").opened().with(table)], ..Document::default() };
    let mut report = report_view(document, [700.0, 500.0]);
    assert!(lines(&report).len() < 80);
    focus(&mut report);
    press(&mut report, Modifiers::NONE, Key::End);
    assert_eq!(lines(&report).last().map(String::as_str), Some("Policy 4999"));
    press(&mut report, Modifiers::NONE, Key::Home);
    assert_eq!(lines(&report)[0], "- Computer");
    let find = |report: &mut Harness<'_, DocumentView>, text: &str| {
        report.get_by_label("Find in report").focus();
        report.run();
        report.event(egui::Event::Text(text.to_owned()));
        // It is searched a little in each frame.
        report.run_steps(40);
    };
    find(&mut report, "policy 2718");
    assert!(lines(&report).contains(&"Policy 2718".to_owned()));
}

#[test]
fn reports_look_as_they_should() {
    let mut report = report_view(document(), [760.0, 560.0]);
    report.get_by_role_and_label(Role::Button, "Show All").click();
    report.run();
    report.get_by_role_and_label(Role::Row, "Screen saver timeout").click();
    report.run();
    report.get_by_label("Find in report").focus();
    report.run();
    type_text(&mut report, "screen");
    report.run();
    compare(&mut report, "report", &[]);
}

/// Remembers what it is asked to show.
#[derive(Default)]
pub struct Recorder(pub Mutex<Vec<PathBuf>>);

impl Browser for Recorder {
    fn open(&self, path: &Path) -> std::io::Result<()> {
        self.0.lock().unwrap().push(path.to_owned());
        Ok(())
    }
}

/// Chooses the same folder whenever it is asked.
pub struct Chooser(pub PathBuf);

impl FilePicker for Chooser {
    fn pick_file(&self, _title: &str, _filter_name: &str, _extensions: &[&str]) -> Option<PathBuf> {
        Some(self.0.clone())
    }

    fn pick_folder(&self, _title: &str) -> Option<PathBuf> {
        Some(self.0.clone())
    }

    fn save_file(&self, _title: &str, _path: &Path, _filter_name: &str, _extensions: &[&str]) -> Option<PathBuf> {
        Some(self.0.clone())
    }
}

fn settings_of(console: &mut Console, name: &str) {
    let place = gpo(console, name);
    go_to(console, place);
    open_tab(console, "Settings");
    wait(console, "the report is there", |console| console.query_by_role(Role::TreeGrid).is_some());
    console.run_steps(4);
}

fn note_is(console: &mut Console, note: &str) {
    wait(console, note, |console| console.query_by_label_contains(note).is_some());
}

#[test]
fn the_settings_of_a_gpo_stand_behind_details() {
    let mut console = demo();
    settings_of(&mut console, "Default Domain Policy");
    let shown = lines(&console);
    assert_eq!(shown[0], "- General");
    for heading in ["+ Details", "- Computer Configuration (Enabled)", "- User Configuration (Enabled)"] {
        assert!(shown.contains(&heading.to_owned()), "{heading}: {shown:?}");
    }
    console.get_by_role_and_label(Role::TreeGrid, "Report of Default Domain Policy");
    // Walking through GPOs stays on Settings.
    let next = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, next);
    wait(&mut console, "the next report is there", |console| {
        console.query_by_role_and_label(Role::TreeGrid, "Report of Screen Lock - Strict").is_some()
    });
    focus(&mut console);
    press(&mut console, Modifiers::COMMAND, Key::F);
    type_text(&mut console, "computer conf");
    console.run_steps(4);
    console.get_by_label("1 of 1");
}

#[test]
fn a_report_is_saved_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    settings_of(&mut console, "Default Domain Policy");
    for format in ReportFormat::ALL {
        strike(&mut console, Modifiers::COMMAND, Key::S);
        console.get_by_role_and_label(Role::Dialog, "Save Report");
        let path = folder.path().join(format!("report.{}", format.extension()));
        strike(&mut console, Modifiers::COMMAND, Key::A);
        type_path(&mut console, &path);
        console.get_by_role_and_label(Role::Button, "Save").click();
        console.run_steps(2);
        note_is(&mut console, &format!("Saved {}", path.display()));
        let bytes = std::fs::read(&path).unwrap();
        let is_right = match format {
            ReportFormat::Xml => read_reports(&bytes).unwrap()[0].name == "Default Domain Policy",
            ReportFormat::Html => bytes.starts_with(b"<!DOCTYPE html>"),
            ReportFormat::Csv => bytes.starts_with("\u{FEFF}GPO,Section".as_bytes()),
            ReportFormat::Json => bytes.starts_with(b"{"),
            ReportFormat::Text => bytes.starts_with(b"Default Domain Policy\n==="),
        };
        assert!(is_right, "{format}: {}", String::from_utf8_lossy(&bytes[..bytes.len().min(200)]));
    }
}

/// Presses keys in a window in which something else may be going on.
fn strike(console: &mut Console, modifiers: Modifiers, key: Key) {
    console.key_press_modifiers(modifiers, key);
    console.run_steps(4);
}

fn type_path(console: &mut Console, path: &Path) {
    console.event(egui::Event::Text(path.display().to_string()));
    console.run_steps(2);
}

#[test]
fn a_report_is_shown_and_printed_by_the_browser() {
    let recorder = Arc::new(Recorder::default());
    let browser: Arc<dyn Browser> = recorder.clone();
    let mut console = demo_with(browser, Arc::new(crate::console::NoFilePicker));
    let place = gpo(&console, "Default Domain Policy");
    go_to(&mut console, place);
    open_tab(&mut console, "Details");
    // The report is made first.
    strike(&mut console, Modifiers::COMMAND, Key::P);
    note_is(&mut console, "shown in the browser");
    let shown = recorder.0.lock().unwrap().clone();
    let page = std::fs::read_to_string(&shown[0]).unwrap();
    assert!(page.contains("<body data-print>") && page.contains("Default Domain Policy"));
    drop(console);
    assert!(!shown[0].exists(), "the file lives as long as the program");
}

#[test]
fn a_report_from_disk_is_opened_by_command_and_by_dialog() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    settings_of(&mut console, "Default Domain Policy");
    let path = folder.path().join("gpreport.xml");
    std::fs::write(&path, render_reports(&[ready_report(&console)], ReportFormat::Xml, HtmlOptions::default()))
        .unwrap();
    strike(&mut console, Modifiers::COMMAND | Modifiers::SHIFT, Key::O);
    console.get_by_role_and_label(Role::Dialog, "Open Report or Backup");
    strike(&mut console, Modifiers::COMMAND, Key::A);
    type_path(&mut console, &path);
    strike(&mut console, Modifiers::NONE, Key::Enter);
    wait(&mut console, "the file is read", |console| !console.state().files().is_empty() && is_read(console));
    console.run_steps(5);
    console.get_by_role_and_label(Role::TreeItem, "Default Domain Policy (gpreport.xml)");
    console.get_by_role_and_label(Role::TreeItem, "Opened Reports and Backups");
    console.get_by_role_and_label(Role::TreeGrid, "Report of Default Domain Policy");
    assert_eq!(lines(&console)[0], "- General");
    let id = console.state().files()[0].id;
    console.state_mut().ask(Command::CloseFile(id));
    console.run_steps(4);
    assert!(console.query_by_label("Opened Reports and Backups").is_none());
    assert_eq!(console.state().selected(), &Node::Root);
    console.state_mut().ask(Command::OpenPath(folder.path().join("nothing.xml")));
    wait(&mut console, "the error is told", |console| console.query_by_label_contains("What to try").is_some());
}

#[test]
fn a_refresh_makes_the_report_anew() {
    let mut console = demo();
    settings_of(&mut console, "Default Domain Policy");
    let before = Arc::as_ptr(&console.state().forests()[0].open().unwrap().snapshot);
    strike(&mut console, Modifiers::NONE, Key::F5);
    wait(&mut console, "the report is there again", |console| {
        let forest = console.state().forests()[0].open().unwrap();
        Arc::as_ptr(&forest.snapshot) != before
            && forest.details.reports.values().any(|report| report.ready().is_some())
    });
    console.run_steps(4);
    console.get_by_role_and_label(Role::TreeGrid, "Report of Default Domain Policy");
}

#[test]
fn templates_of_a_folder_are_used_where_the_domain_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with(Arc::new(Recorder::default()), Arc::new(Chooser(folder.path().to_owned())));
    settings_of(&mut console, "Default Domain Policy");
    console.state_mut().ask(Command::ShowTemplateFolder);
    console.run_steps(4);
    console.get_by_role_and_label(Role::Dialog, "Administrative Templates");
    strike(&mut console, Modifiers::COMMAND, Key::A);
    type_path(&mut console, folder.path());
    strike(&mut console, Modifiers::COMMAND, Key::Enter);
    note_is(&mut console, "Administrative templates are taken from");
    wait(&mut console, "the report is there again", |console| console.query_by_role(Role::TreeGrid).is_some());
}

/// A file that somebody drags onto the window.
#[derive(Debug)]
pub struct Dragged(pub PathBuf);

impl egui::DroppedFile for Dragged {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn what_is_dropped_on_the_window_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path(), 1, "Printers");
    let mut console = demo();
    console.input_mut().dropped_files.push(Arc::new(Dragged(folder.path().to_owned())));
    wait(&mut console, "the folder is read", |console| !console.state().files().is_empty() && is_read(console));
    console.run_steps(4);
    console.get_by_role_and_label(Role::TreeItem, "Printers");
}

#[test]
fn a_starter_gpo_has_settings_too() {
    let mut console = demo();
    go_to(&mut console, Place::StarterGpos(root()));
    let starter = console.state().forests()[0].open().unwrap().starter_gpos(&root())[0].clone();
    go_to(&mut console, Place::StarterGpo { domain: root(), id: starter.id });
    open_tab(&mut console, "Settings");
    let name = format!("Report of {}", starter.display_name);
    wait(&mut console, "the report is there", |console| {
        console.query_by_role_and_label(Role::TreeGrid, &name).is_some()
    });
}

pub fn is_read(console: &Console) -> bool {
    console.state().files().iter().all(|file| !matches!(file.state, FileState::Loading))
}

fn ready_report(console: &Console) -> GpoReport {
    let forest = console.state().forests()[0].open().unwrap();
    let ready = forest.details.reports.values().find_map(Lazy::ready);
    ready.expect("a report was made").gpo().unwrap().clone()
}

/// Writes a backup set of a GPO.
pub fn write_set(folder: &Path, number: u8, name: &str) {
    let id = format!("{{CA093B03-0000-0000-0000-00000000000{number}}}");
    let set = folder.join(&id);
    std::fs::create_dir_all(&set).unwrap();
    let info = format!(
        "<BackupInst xmlns=\"http://www.microsoft.com/GroupPolicy/GPOOperations/Manifest\">\
         <GPOGuid>{{B5F9A74A-0000-0000-0000-00000000000{number}}}</GPOGuid><GPODomain>corp.example.com</GPODomain>\
         <BackupTime>2024-03-09T17:04:03</BackupTime><ID>{id}</ID><Comment>weekly</Comment>\
         <GPODisplayName>{name}</GPODisplayName></BackupInst>"
    );
    std::fs::write(set.join("bkupInfo.xml"), info).unwrap();
    let backup = format!(
        "<GroupPolicyBackupScheme xmlns:bkp=\"http://www.microsoft.com/GroupPolicy/GPOOperations\" \
         xmlns=\"http://www.microsoft.com/GroupPolicy/GPOOperations\" bkp:version=\"2.0\"><GroupPolicyObject><SecurityGroups/>\
         <GroupPolicyCoreSettings><ID><![CDATA[{{B5F9A74A-0000-0000-0000-00000000000{number}}}]]></ID>\
         <Domain><![CDATA[corp.example.com]]></Domain><DisplayName><![CDATA[{name}]]></DisplayName><Options><![CDATA[1]]></Options>\
         <UserVersionNumber><![CDATA[0]]></UserVersionNumber><MachineVersionNumber><![CDATA[1]]></MachineVersionNumber>\
         <MachineExtensionGuids/><UserExtensionGuids/><WMIFilter/></GroupPolicyCoreSettings></GroupPolicyObject>\
         </GroupPolicyBackupScheme>"
    );
    std::fs::write(set.join("Backup.xml"), backup).unwrap();
}

#[test]
fn a_folder_of_backups_is_opened_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let sets = folder.path().join("monday");
    write_set(&sets, 1, "Printers");
    write_set(&sets, 2, "Laptops");
    let out = folder.path().join("out");
    let mut console = demo_with(Arc::new(Recorder::default()), Arc::new(Chooser(out.clone())));
    console.state_mut().ask(Command::OpenPath(sets));
    wait(&mut console, "the folder is read", |console| !console.state().files().is_empty() && is_read(console));
    console.run_steps(5);
    console.get_by_role_and_label(Role::TreeItem, "monday");
    console.get_by_role_and_label(Role::TreeItem, "Laptops").click();
    console.run_steps(3);
    wait(&mut console, "the report is made", |console| {
        console.query_by_role_and_label(Role::TreeGrid, "Report of Laptops").is_some()
    });
    console.run_steps(3);
    assert!(
        lines(&console).iter().any(|line| line.starts_with("- User Configuration (Disabled)")),
        "{:?}",
        lines(&console)
    );
    let id = console.state().files()[0].id;
    console.state_mut().ask(Command::Select(Node::File(id)));
    settle(&mut console);
    console.get_by_label("Action").click();
    console.run_steps(3);
    console.get_by_label("Report All to Folder…").click();
    console.run_steps(3);
    console.get_by_role_and_label(Role::Button, "Browse…").click();
    let text = out.display().to_string();
    wait(&mut console, "the folder is chosen", |console| {
        console.query_all_by_role(Role::TextInput).any(|node| node.accesskit_node().value().as_deref() == Some(&text))
    });
    console.get_by_role_and_label(Role::Button, "Report").click();
    console.run_steps(2);
    note_is(&mut console, "2 reports were written");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 2);
}

#[test]
fn all_gpos_of_a_domain_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    let id = console.state().forests()[0].id;
    let of = opengpmc::console::ReportsOf::Domain(id, root());
    let count = console.state().forests()[0].open().unwrap().snapshot.domain(&root()).unwrap().gpos.len();
    let out = folder.path().join("reports");
    console.state_mut().ask(Command::WriteReports { of, folder: out.clone(), format: ReportFormat::Text });
    wait(&mut console, "the reports are written", |_| {
        out.is_dir()
            && std::fs::read_dir(&out)
                .unwrap()
                .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "txt"))
                .count()
                >= count - 8
    });
}
