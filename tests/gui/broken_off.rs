//! Operations that are cancelled in the middle of their writes, and a window that is drawn while they wait: on the demo forest behind a store
//! that holds a write or every read back until it is let go.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{AppOptions, Command, ConnectRequest, ForestOpener, Place, StoreOpener};
use opengpmc::gpm::{ForestSnapshot, Task};
use opengpmc::ident::Guid;
use opengpmc::operation::Journal;
use opengpmc::store::{ForestStore, StoreError, SysvolPath};

use crate::backup_lines::{import_up_to_references, links_of, manage_backups, state_of};
use crate::backups::{click, delete_gpo, has_gpo, menu, put};
use crate::common::faulty_store::{Fault, Faults, Gate};
use crate::console::{Console, NoBrowser, NoFilePicker, demo_request, go_to, open_tab, wait, with_options};
use crate::copy_and_import::{TIER, back_up_of, found, next};
use crate::screens::{gpo, root};

const STRICT: &str = "Screen Lock - Strict";
const HARDENING: &str = "Servers - Hardening";

/// Opens the demo forest behind a store that goes as planned.
struct Planned(Faults);

#[async_trait]
impl ForestOpener for Planned {
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        Ok(self.0.wrap(StoreOpener.open(request).await?))
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        StoreOpener.load(store, task).await
    }
}

fn console(faults: &Faults, journal: &Path) -> Console {
    let options = AppOptions {
        opener: Arc::new(Planned(faults.clone())),
        file_picker: Arc::new(NoFilePicker),
        browser: Arc::new(NoBrowser),
        settings_folder: None,
        journal_folder: Some(journal.to_owned()),
        query_folder: None,
        forests: vec![demo_request()],
    };
    let mut console = with_options([1280.0, 800.0], options);
    wait(&mut console, "the demo forest is read", |console| console.state().forests()[0].open().is_some());
    console.run_steps(4);
    console
}

/// Waits until the write is held and the progress window stands there, presses Cancel, lets the write go, and returns what the window tells.
fn cancel_in_the_middle(console: &mut Console, faults: &Faults, held_write: usize, gate: &Gate) -> Vec<String> {
    wait(console, "the write is held", |_| faults.writes().len() == held_write);
    wait(console, "the progress window is there", |console| {
        console.query_all_by_role(Role::ProgressIndicator).next().is_some()
    });
    console.run_steps(3);
    console.get_all_by_role_and_label(Role::Button, "Cancel").last().unwrap().click();
    console.run_steps(3);
    assert!(console.query_all_by_label("Cancelling…").next().is_some(), "it is told at once");
    assert_eq!(faults.writes().len(), held_write, "nothing more is written");
    gate.open();
    wait(console, "it has ended", |console| console.query_by_role_and_label(Role::Button, "OK").is_some());
    console.run_steps(3);
    let lines = console.query_all_by_role(Role::ListItem);
    let told = lines.map(|line| line.accesskit_node().label().unwrap_or_default()).collect();
    let ending = console.query_all_by_label_contains("ancelled").next();
    assert!(ending.is_some(), "{told:?} {:?}", faults.writes());
    click(console, "OK");
    told
}

#[track_caller]
fn says(told: &[String], words: &str) {
    assert!(told.iter().any(|line| line.contains(words)), "{told:#?}");
}

/// Checks that the journal has nothing to bring to an end, and nothing to undo.
#[track_caller]
fn nothing_is_left_in(journal: &Path) {
    let journal = Journal::open(journal).unwrap();
    assert_eq!((journal.interrupted().unwrap().len(), journal.done().unwrap().len()), (0, 0));
}

/// Returns a store that holds the Nth write, and the gate before it.
fn holding(write: usize) -> (Faults, Gate) {
    let gate = Gate::closed();
    (Faults::at(write, Fault::Held(gate.clone())), gate)
}

#[test]
fn a_cancelled_import_leaves_the_gpo_as_it_was_and_says_so() {
    let (folder, journal) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    back_up_of(&root(), TIER, folder.path(), "");
    for held_write in [2, 4] {
        let (faults, gate) = holding(held_write);
        let mut console = console(&faults, journal.path());
        let gpo_before = found(&console, &root(), STRICT).remove(0);
        let (before, links) = (state_of(&console, gpo_before.id), links_of(&console, &gpo_before));
        import_up_to_references(&mut console, STRICT, folder.path(), TIER);
        next(&mut console, "Completing");
        click(&mut console, "Finish");
        let told = cancel_in_the_middle(&mut console, &faults, held_write, &gate);
        says(&told, "the GPO is again as it was before");
        assert!(faults.writes().len() > held_write, "it was put back by writing");
        assert_eq!(state_of(&console, gpo_before.id), before);
        let gpo_after = found(&console, &root(), STRICT).remove(0);
        assert_eq!((gpo_after.version, links_of(&console, &gpo_after)), (gpo_before.version, links));
        nothing_is_left_in(journal.path());
    }
}

/// Writes a file of a GPO, as somebody else does.
fn write_file(console: &Console, id: Guid, path: &str, content: &[u8]) {
    let store = Arc::clone(&console.state().forests()[0].open().unwrap().store);
    let path = SysvolPath::parse(&format!(r"Policies\{id}\{path}")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { store.sysvol(&root()).await.unwrap().replace(&path, content).await.unwrap() });
}

/// Opens Manage Backups on a folder with one backup, and asks for it to be restored.
fn restore(console: &mut Console, folder: &Path, name: &str) {
    manage_backups(console, Place::Gpos(root()), folder, 1);
    console.get_by_role_and_label(Role::Row, name).click();
    console.run_steps(4);
    click(console, "Restore…");
    click(console, "Restore GPO");
}

#[test]
fn a_cancelled_restore_leaves_the_gpo_as_it_was_and_says_so() {
    let (folder, journal) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    back_up_of(&root(), HARDENING, folder.path(), "");
    // The first write is somebody else's, so that a restore has something to change.
    let (faults, gate) = holding(2);
    let mut console = console(&faults, journal.path());
    let id = found(&console, &root(), HARDENING)[0].id;
    let saved = state_of(&console, id);
    write_file(&console, id, r"Machine\Microsoft\Windows NT\SecEdit\GptTmpl.inf", b"[Unicode]\r\nUnicode=yes\r\n");
    let before = state_of(&console, id);
    assert_ne!(before, saved);
    restore(&mut console, folder.path(), HARDENING);
    let told = cancel_in_the_middle(&mut console, &faults, 2, &gate);
    says(&told, "the GPO is again as it was before");
    assert_eq!(state_of(&console, id), before);
    nothing_is_left_in(journal.path());
}

#[test]
fn a_cancelled_copy_removes_the_half_made_gpo() {
    let journal = tempfile::tempdir().unwrap();
    let (faults, gate) = holding(5);
    let mut console = console(&faults, journal.path());
    let gpos = |console: &Console| {
        let forest = console.state().forests()[0].open().unwrap();
        forest.snapshot.domain(&root()).unwrap().gpos.iter().map(|gpo| gpo.id).collect::<Vec<_>>()
    };
    let before = gpos(&console);
    let place = gpo(&console, STRICT);
    go_to(&mut console, place);
    menu(&mut console, "Action", "Copy");
    go_to(&mut console, Place::Gpos(root()));
    menu(&mut console, "Action", "Paste");
    click(&mut console, "OK");
    let told = cancel_in_the_middle(&mut console, &faults, 5, &gate);
    says(&told, "the half-made GPO was removed");
    // Each GUID that a write spoke of: of the copy, nothing is left in either half.
    let speaks_of = |write: &String| {
        let start = write.find('{')?;
        write.get(start..start + 38)?.parse::<Guid>().ok()
    };
    let copy = faults.writes().iter().find_map(speaks_of).unwrap();
    assert!(!before.contains(&copy) && state_of(&console, copy).is_absent());
    let id = console.state().forests()[0].id;
    console.state_mut().ask(Command::Refresh(id));
    crate::console::settle(&mut console);
    assert_eq!(gpos(&console), before);
    nothing_is_left_in(journal.path());
}

#[test]
fn a_cancelled_restore_of_a_deleted_gpo_removes_what_was_made_of_it() {
    let (folder, journal) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    back_up_of(&root(), STRICT, folder.path(), "");
    // Two writes delete it.
    let (faults, gate) = holding(7);
    let mut console = console(&faults, journal.path());
    let id = delete_gpo(&mut console, STRICT);
    assert_eq!(faults.writes().len(), 2);
    restore(&mut console, folder.path(), STRICT);
    let told = cancel_in_the_middle(&mut console, &faults, 7, &gate);
    says(&told, "the half-made GPO was removed");
    assert!(state_of(&console, id).is_absent() && !has_gpo(&console, id));
    nothing_is_left_in(journal.path());
}

/// Draws the window while what was begun waits for a server that does not answer, then lets it go on. Frames come and none of them waits.
fn is_drawn_meanwhile(console: &mut Console, what: &str, gate: &Gate, mut is_running: impl FnMut(&Console) -> bool) {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..30 {
        let started = Instant::now();
        console.step();
        times.push(started.elapsed());
        std::thread::sleep(Duration::from_millis(16));
    }
    assert!(is_running(console), "{what}: it still waits");
    gate.open();
    times.sort();
    // One of them may have met another process on this machine; none may have met the gate, which is closed for seconds.
    let (usual, longest) = (times[times.len() / 2], times[times.len() - 1]);
    assert!(usual < Duration::from_millis(100) && longest < Duration::from_secs(2), "{what}: {usual:?}, {longest:?}");
}

#[test]
fn the_window_is_drawn_while_any_operation_waits_for_its_server() {
    let (folder, journal) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    back_up_of(&root(), TIER, folder.path(), "");
    let runs = |console: &Console| console.query_all_by_role_and_label(Role::Button, "Cancel").next().is_some();
    let check = |what: &str, prepare: &dyn Fn(&mut Console), begin: &dyn Fn(&mut Console)| {
        let faults = Faults::default();
        let mut console = console(&faults, journal.path());
        prepare(&mut console);
        let gate = Gate::closed();
        faults.hold_reads(&gate);
        begin(&mut console);
        is_drawn_meanwhile(&mut console, what, &gate, runs);
        wait(&mut console, what, |console| !runs(console));
    };
    let at_strict = |console: &mut Console| {
        let place = gpo(console, STRICT);
        go_to(console, place);
    };
    check(
        "back up",
        &|console| {
            at_strict(console);
            menu(console, "Action", "Back Up…");
            put(console, "Location", &folder.path().join("more").display().to_string());
            click(console, "Back Up");
            wait(console, "it is told that the folder is made", |console| {
                console.query_by_label_contains("It will be created.").is_some()
            });
            console.run_steps(3);
        },
        &|console| click(console, "Create Folder and Back Up"),
    );
    check(
        "restore",
        &|console| {
            manage_backups(console, Place::Gpos(root()), folder.path(), 1);
            console.get_by_role_and_label(Role::Row, TIER).click();
            console.run_steps(4);
            click(console, "Restore…");
        },
        &|console| click(console, "Restore GPO"),
    );
    check(
        "import",
        &|console| {
            import_up_to_references(console, STRICT, folder.path(), TIER);
            next(console, "Completing");
        },
        &|console| click(console, "Finish"),
    );
    check(
        "copy",
        &|console| {
            at_strict(console);
            menu(console, "Action", "Copy");
            go_to(console, Place::Gpos(root()));
            menu(console, "Action", "Paste");
        },
        &|console| click(console, "OK"),
    );
}

#[test]
fn the_window_is_drawn_while_a_report_or_a_refresh_waits_for_its_server() {
    let journal = tempfile::tempdir().unwrap();
    let faults = Faults::default();
    let mut console = console(&faults, journal.path());
    let place = gpo(&console, STRICT);
    go_to(&mut console, place);
    let gate = Gate::closed();
    faults.hold_reads(&gate);
    console.get_by_role_and_label(Role::Tab, "Settings").click();
    let has_report = |console: &Console| console.query_by_role(Role::TreeGrid).is_some();
    is_drawn_meanwhile(&mut console, "report", &gate, |console| !has_report(console));
    wait(&mut console, "the report is there", has_report);
    open_tab(&mut console, "Details");
    let gate = Gate::closed();
    faults.hold_reads(&gate);
    let forest = console.state().forests()[0].open().unwrap();
    let (id, seen) = (forest.id, Arc::clone(&forest.snapshot));
    let is_old = |console: &Console| Arc::ptr_eq(&console.state().forests()[0].open().unwrap().snapshot, &seen);
    console.state_mut().ask(Command::Refresh(id));
    is_drawn_meanwhile(&mut console, "refresh", &gate, is_old);
    wait(&mut console, "the forest is read anew", |console| !is_old(console));
}
