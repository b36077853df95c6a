//! Group Policy Results: the wizard on a computer that scripts play, results from files, their events, and the plan beside them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use opengpmc::console::stored_query::{Asked, QueryKind, QueryShelf, ResultsSource, StoredQuery};
use opengpmc::console::{Command, Node, Place};
use opengpmc::operation::rsop::collect::{CollectOptions, ResultSides, TargetComputer};

use crate::backups::{click, menu, picture, put};
use crate::common::fake_computer::{Behaviour, FakeComputer, RESULT};
use crate::console::{Console, go_to, open_tab, settle, wait};
use crate::copy_and_import::{next, wait_for};
use crate::report::{Dragged, Recorder};
use crate::screens::root;
use crate::stored_queries::{demo_with_queries, demo_with_queries_and_browser};
use crate::support::{cells, press, rows, type_text};

const WIZARD: &str = "Group Policy Results Wizard…";
const NO_COMPUTER: &str = "Do not display policy settings for the selected computer in the results";
const NO_USER: &str = "Do not display user policy settings in the results";

fn open_wizard(folder: &Path, options: CollectOptions) -> Console {
    let mut console = demo_with_queries(folder);
    console.state_mut().set_collect_options(options);
    go_to(&mut console, Place::Results);
    menu(&mut console, "Action", WIZARD);
    next(&mut console, "Computer Selection");
    console
}

fn tick(console: &mut Console, words: &str) {
    console.get_by_role_and_label(Role::CheckBox, words).click();
    console.run_steps(3);
}

fn choose(console: &mut Console, words: &str) {
    console.get_by_role_and_label(Role::RadioButton, words).click();
    console.run_steps(3);
}

/// Returns the results that are kept in a folder.
fn kept(folder: &Path) -> Vec<StoredQuery> {
    QueryShelf::load(Some(folder), &root()).of(QueryKind::Results).cloned().collect()
}

#[test]
fn results_of_another_computer_are_collected_page_by_page() {
    let (folder, computer) = (tempfile::tempdir().unwrap(), FakeComputer::new(Behaviour::Good));
    let mut console = open_wizard(folder.path(), computer.options());
    // Nothing that cannot work here can be chosen.
    choose(&mut console, "This computer");
    click(&mut console, "Next");
    wait_for(&mut console, "Windows (gpresult) does not run on this computer.");
    choose(&mut console, "Another computer:");
    click(&mut console, "Next");
    wait_for(&mut console, "Enter the name of the computer.");
    put(&mut console, "Computer", "pc1;reboot");
    click(&mut console, "Next");
    wait_for(&mut console, "`pc1;reboot` is no name of a computer");
    put(&mut console, "Computer", "pc1.corp.example.com");
    put(&mut console, "Log on as", r"CORP\admin");
    picture(&mut console, "results_computer");
    next(&mut console, "User Selection");
    console.get_by_label(r"Current user: CORP\admin");
    assert_eq!(rows(&console, "Users with results"), [r"CORP\alice", r"CORP\Bob", "S-1-5-21-1-2-3-1999"]);
    console.get_by_role_and_label(Role::Row, r"CORP\alice").click();
    console.run_steps(4);
    picture(&mut console, "results_user");
    next(&mut console, "Summary of Selections");
    for told in ["pc1.corp.example.com", "gpresult /X", r"CORP\alice"] {
        console.get_by_label(told);
    }
    next(&mut console, "Completing");
    wait_for(&mut console, "The results are collected.");
    click(&mut console, "Finish");
    settle(&mut console);

    let stored = kept(folder.path());
    let [query] = stored.as_slice() else { panic!("{stored:?}") };
    assert_eq!(query.name, r"CORP\alice on CORP\PC1");
    let Asked::Results(ResultsSource::Computer(asked)) = &query.asked else { panic!("{query:?}") };
    assert_eq!((asked.sides, asked.user.as_ref().unwrap().as_str()), (ResultSides::Both, r"CORP\alice"));
    assert_eq!(console.state().selected().place(), Some(&Place::ResultsItem(query.id)));
    console.get_by_role_and_label(Role::TreeItem, r"CORP\alice on CORP\PC1");
    // What gpresult wrote is kept byte for byte.
    let file = folder.path().join(root().to_string()).join(query.id.to_string()).join("result.xml");
    assert_eq!(std::fs::read(file).unwrap()[..2], [0xff, 0xfe]);
    for tab in ["Summary", "Details", "Policy Events", "Query"] {
        open_tab(&mut console, tab);
    }
    console.get_by_label("pc1.corp.example.com");

    // Run again, it is collected again; where it fails, the node says so and keeps what it has.
    let before = computer.asked().len();
    menu(&mut console, "Action", "Rerun Query");
    settle(&mut console);
    assert_eq!(computer.asked().len(), before + 1);
    computer.program("ssh", "echo 'ssh: connect to host pc1 port 22: No route to host' >&2\nexit 255\n");
    menu(&mut console, "Action", "Rerun Query");
    settle(&mut console);
    assert!(kept(folder.path())[0].failure.as_ref().unwrap().contains("No route to host"));
}

#[test]
fn both_sides_left_out_are_refused() {
    let (folder, computer) = (tempfile::tempdir().unwrap(), FakeComputer::new(Behaviour::ComputerOnly));
    let mut console = open_wizard(folder.path(), computer.options());
    put(&mut console, "Computer", "pc1");
    tick(&mut console, NO_COMPUTER);
    next(&mut console, "User Selection");
    tick(&mut console, NO_USER);
    click(&mut console, "Next");
    wait_for(&mut console, "Both sides are left out");
    click(&mut console, "Back");
    tick(&mut console, NO_COMPUTER);
    next(&mut console, "User Selection");
    next(&mut console, "Summary of Selections");
    next(&mut console, "Completing");
    wait_for(&mut console, "The results are collected.");
    click(&mut console, "Finish");
    settle(&mut console);
    let stored = kept(folder.path());
    let Asked::Results(ResultsSource::Computer(asked)) = &stored[0].asked else { panic!("{stored:?}") };
    assert_eq!((asked.sides, stored[0].user.as_str()), (ResultSides::Computer, ""));
    assert!(matches!(asked.computer, TargetComputer::Remote(_)));
}

#[test]
fn a_computer_that_cannot_be_reached_is_told_and_the_wizard_stays() {
    let folder = tempfile::tempdir().unwrap();
    let computer = FakeComputer::unreachable("ssh: connect to host pc1 port 22: Connection refused");
    let mut console = open_wizard(folder.path(), computer.options());
    put(&mut console, "Computer", "pc1");
    click(&mut console, "Next");
    wait_for(&mut console, "The computer pc1 cannot be reached over SSH");
    for told in ["it is offline", "a firewall", "not the right to log on", "Connection refused"] {
        assert!(console.query_all_by_label_contains(told).next().is_some(), "{told}");
    }
    picture(&mut console, "results_unreachable");
    assert!(console.query_all_by_label("Computer Selection").next().is_some(), "the wizard is open");
    // What is entered stays, and it is tried again.
    let good = FakeComputer::new(Behaviour::NoData);
    console.state_mut().set_collect_options(good.options());
    next(&mut console, "User Selection");
    next(&mut console, "Summary of Selections");
    next(&mut console, "Completing");
    wait_for(&mut console, "The tool gpresult wrote no file on pc1");
    click(&mut console, "Finish");
    wait_for(&mut console, "Nothing was collected");
    click(&mut console, "Cancel");
    settle(&mut console);
    assert!(kept(folder.path()).is_empty());
}

#[test]
fn collecting_is_cancelled_in_the_middle() {
    let (folder, computer) = (tempfile::tempdir().unwrap(), FakeComputer::new(Behaviour::Hangs));
    let mut console = open_wizard(folder.path(), computer.options());
    put(&mut console, "Computer", "pc1");
    next(&mut console, "User Selection");
    next(&mut console, "Summary of Selections");
    next(&mut console, "Completing");
    wait(&mut console, "gpresult runs", |_| !computer.temporary_files().is_empty());
    click(&mut console, "Cancel collecting");
    wait_for(&mut console, "cancelled");
    assert_eq!(computer.temporary_files(), Vec::<String>::new());
    click(&mut console, "Cancel");
    settle(&mut console);
    assert!(kept(folder.path()).is_empty());
}

const EVENTS: &str =
    "    <EventsDetails><SinglePassEventsDetails ActivityId=\"{B6C5B403-0CC2-4010-9498-60AA3744021E}\">";

/// Returns a result with events.
fn with_events() -> String {
    let event = |id: u32, level: u32, minute: u32, words: &str| {
        format!(
            "<EventRecord><EventXml>&lt;Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'&gt;&lt;System&gt;\
             &lt;Provider Name='Microsoft-Windows-GroupPolicy'/&gt;&lt;EventID&gt;{id}&lt;/EventID&gt;&lt;Level&gt;{level}&lt;/Level&gt;\
             &lt;TimeCreated SystemTime='2026-03-01T11:{minute:02}:00.5Z'/&gt;&lt;Computer&gt;pc1.corp.example.com&lt;/Computer&gt;\
             &lt;Security UserID='S-1-5-18'/&gt;&lt;/System&gt;&lt;/Event&gt;</EventXml>\
             <EventDescription>{words}</EventDescription></EventRecord>"
        )
    };
    let events = [
        event(4004, 4, 1, "Starting manual processing"),
        event(1058, 2, 2, "The file gpt.ini could not be read"),
        event(5312, 4, 3, "List of applicable Group Policy objects"),
    ]
    .concat();
    let events = format!("{EVENTS}{events}</SinglePassEventsDetails></EventsDetails>\n  </ComputerResults>");
    RESULT.replace("TIME", "2026-03-01T12:00:00Z").replace("  </ComputerResults>", &events)
}

fn write(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn events_are_listed_filtered_and_looked_through() {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut console = demo_with_queries(folder.path());
    let path = write(files.path(), "result.xml", &with_events());
    console.state_mut().ask(Command::OpenPath(path));
    settle(&mut console);
    open_tab(&mut console, "Policy Events");
    settle(&mut console);
    assert_eq!(rows(&console, "Policy Events"), ["4004", "1058", "5312"]);
    let error = cells(&console, "Policy Events", "1058");
    assert_eq!((error[0].as_str(), error[5].as_str(), error[6].as_str()), ("Error", "1058", r"NT AUTHORITY\SYSTEM"));
    console.get_by_role_and_label(Role::ColumnHeader, "Event ID").click();
    console.run_steps(6);
    assert_eq!(rows(&console, "Policy Events"), ["1058", "4004", "5312"]);
    put(&mut console, "Filter Policy Events", "gpt.ini");
    console.run_steps(6);
    assert_eq!(rows(&console, "Policy Events"), ["1058"]);
    put(&mut console, "Filter Policy Events", "group");
    console.run_steps(6);
    assert_eq!(rows(&console, "Policy Events").len(), 3);

    console.get_by_role_and_label(Role::Row, "4004").click();
    console.run_steps(4);
    press(&mut console, Modifiers::NONE, Key::Enter);
    console.run_steps(4);
    wait_for(&mut console, "Starting manual processing");
    console.get_by_label("Event 1 of 3");
    click(&mut console, "Next event");
    wait_for(&mut console, "The file gpt.ini could not be read");
    picture(&mut console, "event_properties");
    click(&mut console, "Previous event");
    console.get_by_label("Event 1 of 3");
    click(&mut console, "Close");
    assert_eq!(rows(&console, "Policy Events").len(), 3);
}

#[test]
fn dropped_files_become_results_and_a_damaged_one_stops_none() {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut console = demo_with_queries(folder.path());
    let one = write(files.path(), "one.xml", &with_events());
    let damaged = write(files.path(), "damaged.xml", "<Rsop");
    let other = write(files.path(), "other.xml", &with_events().replace("alice", "bob"));
    for path in [&one, &damaged, &other] {
        console.input_mut().dropped_files.push(Arc::new(Dragged(path.clone())));
    }
    console.run_steps(4);
    settle(&mut console);
    let names: Vec<String> = kept(folder.path()).into_iter().map(|query| query.name).collect();
    assert_eq!(names, [r"CORP\alice on CORP\PC1", r"CORP\bob on CORP\PC1"]);
    // The damaged one stands among the files that were opened, with what is wrong.
    assert_eq!(console.state().files().len(), 1);
    console.get_by_role_and_label(Role::TreeItem, "damaged.xml");
    // Opened again, a file takes the place of what it was.
    std::fs::write(&one, with_events().replace("PC1$", "PC2$")).unwrap();
    console.state_mut().ask(Command::OpenPath(one));
    settle(&mut console);
    assert_eq!(kept(folder.path()).len(), 2);
    go_to(&mut console, Place::Results);
    assert_eq!(rows(&console, "Group Policy Results").len(), 2);
}

#[test]
fn a_result_is_compared_with_the_plan() {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut console = demo_with_queries(folder.path());
    // A client that applied nothing, of a user and a computer that the demo forest has.
    let result = RESULT
        .replace("TIME", "2026-03-01T12:00:00Z")
        .replace(r"CORP\alice", r"KESTREL\peer.lindqvist")
        .replace(r"CORP\PC1$", r"KESTREL\KB-WS017$")
        .replace("<Site>Berlin</Site>", "<Site></Site>")
        .replace("corp.example.com", root().as_str());
    let path = write(files.path(), "result.xml", &result);
    console.state_mut().ask(Command::OpenPath(path));
    settle(&mut console);
    assert!(matches!(console.state().selected(), Node::In(_, Place::ResultsItem(_))));
    menu(&mut console, "Action", "Compare with Plan…");
    wait_for(&mut console, "differences.");
    settle(&mut console);
    console.run_steps(6);
    let row = cells(&console, "Differences", "Default Domain Policy");
    assert_eq!(row[3..], ["Not listed", "Applied"], "{row:?}");
    click(&mut console, "Close");
}

#[test]
fn a_result_is_printed_by_the_browser() {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let recorder = Arc::new(Recorder::default());
    let mut console = demo_with_queries_and_browser(folder.path(), recorder.clone());
    console.state_mut().ask(Command::OpenPath(write(files.path(), "result.xml", &with_events())));
    settle(&mut console);
    menu(&mut console, "Action", "Print Report…");
    wait(&mut console, "the browser shows it", |_| !recorder.0.lock().unwrap().is_empty());
    let page = std::fs::read_to_string(&recorder.0.lock().unwrap()[0]).unwrap();
    assert!(page.contains("<body data-print>") && page.contains("CORP\\PC1"), "it asks for the printer at once");
}

#[test]
fn a_result_is_saved_read_again_renamed_and_deleted() {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut console = demo_with_queries(folder.path());
    let path = write(files.path(), "result.xml", &with_events());
    console.state_mut().ask(Command::OpenPath(path.clone()));
    settle(&mut console);
    open_tab(&mut console, "Details");
    settle(&mut console);
    click(&mut console, "Save Report…");
    let target = files.path().join("saved.html");
    put(&mut console, "Path", target.to_str().unwrap());
    click(&mut console, "Save");
    settle(&mut console);
    wait(&mut console, "the report is saved", |_| target.exists());
    assert!(std::fs::read_to_string(&target).unwrap().contains("CORP\\PC1"));

    // Read again, it is what the file holds now.
    std::fs::write(&path, with_events().replace("2026-03-01T12:00:00Z", "2026-04-01T12:00:00Z")).unwrap();
    menu(&mut console, "Action", "Rerun Query");
    settle(&mut console);
    assert!(kept(folder.path())[0].refreshed.to_string().starts_with("2026-04-01"));

    console.state_mut().ask(Command::FocusTree);
    console.run_steps(3);
    press(&mut console, Modifiers::NONE, Key::F2);
    console.run_steps(3);
    type_text(&mut console, "Before the move");
    press(&mut console, Modifiers::NONE, Key::Enter);
    settle(&mut console);
    assert_eq!(kept(folder.path())[0].name, "Before the move");
    menu(&mut console, "Action", "Delete");
    click(&mut console, "Delete");
    settle(&mut console);
    assert!(kept(folder.path()).is_empty());
    assert!(path.exists(), "the file that was opened stays");
}
