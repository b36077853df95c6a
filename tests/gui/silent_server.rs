//! Servers that do not answer: what is given up when its view is left, what stands in the tree meanwhile, what is tried again. On the demo
//! forest behind a store that keeps silent or refuses when told to.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, ConnectRequest, ForestOpener, Node, Place, StoreOpener};
use opengpmc::gpm::{ForestSnapshot, Task};
use opengpmc::ident::DnsName;
use opengpmc::store::{ConnectionInfo, Directory, ForestStore, StoreError, StoreErrorKind, Sysvol};

use crate::backups::{click, menu, put};
use crate::console::{Console, EndlessOpener, demo_request, go_to, open_tab, settle, wait, with_opener};
use crate::copy_and_import::next;
use crate::screens::{gpo, root};

/// Whether SYSVOL keeps silent or refuses, how many wait for it, and which domain has no server.
#[derive(Clone, Default)]
struct Silence {
    is_on: Arc<AtomicBool>,
    refuses: Arc<AtomicBool>,
    dead: Arc<Mutex<Option<DnsName>>>,
    /// Whether no forest is opened.
    is_closed: Arc<AtomicBool>,
    waiting: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl Silence {
    fn set(&self, is_on: bool) {
        self.is_on.store(is_on, Ordering::SeqCst);
    }

    fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Somebody who waits; gone when the work that waits is dropped.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct SilentStore {
    demo: Arc<dyn ForestStore>,
    silence: Silence,
}

#[async_trait]
impl ForestStore for SilentStore {
    fn info(&self) -> ConnectionInfo {
        self.demo.info()
    }

    fn directory(&self) -> Arc<dyn Directory> {
        self.demo.directory()
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        if self.silence.dead.lock().unwrap().as_ref() == Some(domain) {
            return Err(StoreError::new(StoreErrorKind::Unreachable, domain).with_detail("no server answers"));
        }
        self.demo.domain_directory(domain).await
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        if self.silence.refuses.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unreachable, domain).with_detail("SYSVOL does not answer"));
        }
        self.silence.asked.fetch_add(1, Ordering::SeqCst);
        if self.silence.is_on.load(Ordering::SeqCst) {
            self.silence.waiting.fetch_add(1, Ordering::SeqCst);
            let _waiting = Waiting(Arc::clone(&self.silence.waiting));
            std::future::pending::<()>().await;
        }
        self.demo.sysvol(domain).await
    }
}

#[async_trait]
impl ForestOpener for Silence {
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unreachable, "demo").with_detail("nobody answers"));
        }
        let demo = StoreOpener.open(request).await?;
        Ok(Arc::new(SilentStore { demo, silence: self.clone() }))
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        StoreOpener.load(store, task).await
    }
}

fn console(silence: &Silence) -> Console {
    // High enough for the whole tree to be in view.
    let mut console = with_opener([1280.0, 1600.0], Arc::new(silence.clone()), vec![demo_request()]);
    wait(&mut console, "the demo forest is read", |console| console.state().forests()[0].open().is_some());
    console.run_steps(4);
    console
}

const GENERATING: &str = "Generating report…";

fn is_generating(console: &Console) -> bool {
    console.query_by_label(GENERATING).is_some()
}

fn report_of(console: &Console, name: &str) -> bool {
    console.query_by_role_and_label(Role::TreeGrid, &format!("Report of {name}")).is_some()
}

/// Opens the Settings tab of a GPO while SYSVOL keeps silent, and waits until the report waits for it.
fn begin_report(console: &mut Console, silence: &Silence, gpo: &Place) {
    silence.set(true);
    let id = console.state().forests()[0].id;
    console.state_mut().ask(Command::Select(Node::In(id, gpo.clone())));
    console.run_steps(4);
    console.get_by_role_and_label(Role::Tab, "Settings").click();
    wait(console, "the report is being made", |console| is_generating(console) && silence.waiting() > 0);
}

#[test]
fn a_report_is_made_in_the_background_and_given_up_when_its_view_is_left() {
    const STRICT: &str = "Screen Lock - Strict";
    let silence = Silence::default();
    let mut console = console(&silence);
    let strict = gpo(&console, STRICT);
    let other = gpo(&console, "Default Domain Policy");
    let id = console.state().forests()[0].id;
    // What else is shown of the GPO is read before.
    go_to(&mut console, strict.clone());
    open_tab(&mut console, "Details");
    open_tab(&mut console, "Scope");
    type Leave<'a> = (&'a str, &'a dyn Fn(&mut Console));
    let leave: [Leave<'_>; 3] = [
        ("for another tab", &|console| console.get_by_role_and_label(Role::Tab, "Scope").click()),
        ("for another tab by key", &|console| console.key_press_modifiers(Modifiers::CTRL, Key::PageUp)),
        ("for another node", &|console| {
            console.state_mut().ask(Command::Select(Node::In(id, Place::Sites)));
        }),
    ];
    for (how, leave) in leave {
        begin_report(&mut console, &silence, &strict);
        // In the background: frames are drawn, and the tree answers.
        console.run_steps(20);
        assert!(is_generating(&console) && !report_of(&console, STRICT));
        // As long as it is looked at, it goes on.
        assert!(silence.waiting() > 0 && console.state().is_working());
        leave(&mut console);
        wait(&mut console, how, |console| silence.waiting() == 0 && !console.state().is_working());
        assert!(!is_generating(&console), "{how}");
        let forest = console.state().forests()[0].open().unwrap();
        assert!(forest.details.reports.is_empty(), "{how}: neither there nor on its way");
        assert!(console.query_by_label_contains("cancelled").is_none(), "{how}: nobody has to be told");
    }
    // To another GPO, where Settings stays open: the report of the first is given up, that of the second is made.
    begin_report(&mut console, &silence, &strict);
    silence.set(false);
    go_to(&mut console, other);
    assert!(report_of(&console, "Default Domain Policy"));
    assert_eq!((silence.waiting(), console.state().forests()[0].open().unwrap().details.reports.len()), (0, 1));
    // Whoever comes back gets the report, made anew; one that is there is not made again.
    go_to(&mut console, strict.clone());
    assert!(report_of(&console, STRICT));
    open_tab(&mut console, "Scope");
    let asked = silence.asked();
    open_tab(&mut console, "Settings");
    assert!(report_of(&console, STRICT));
    assert_eq!(silence.asked(), asked);
}

#[test]
fn a_report_that_something_is_to_be_done_with_is_made_wherever_one_looks() {
    let silence = Silence::default();
    let mut console = console(&silence);
    let strict = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, strict);
    open_tab(&mut console, "Scope");
    silence.set(true);
    menu(&mut console, "Action", "Save Report…");
    wait(&mut console, "the report is being made", |_| silence.waiting() > 0);
    console.run_steps(10);
    assert!(silence.waiting() > 0 && console.state().is_working());
}

#[test]
fn reports_of_a_domain_are_cancelled_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("reports");
    let silence = Silence::default();
    let mut console = console(&silence);
    go_to(&mut console, Place::Gpos(root()));
    silence.set(true);
    menu(&mut console, "Action", "Report All to Folder…");
    put(&mut console, "Folder", &target.display().to_string());
    click(&mut console, "Report");
    wait(&mut console, "the progress window is there", |console| {
        console.query_all_by_role(Role::ProgressIndicator).next().is_some() && silence.waiting() > 0
    });
    console.run_steps(3);
    console.get_all_by_role_and_label(Role::Button, "Cancel").last().unwrap().click();
    wait(&mut console, "it has ended", |console| {
        console.query_by_label_contains("cancelled, nothing was written").is_some()
    });
    assert_eq!(silence.waiting(), 0);
    assert!(!target.exists() || std::fs::read_dir(&target).unwrap().next().is_none());
    silence.set(false);
    settle(&mut console);
}

/// Returns the nodes below the one of that label, with what is said besides, as the tree shows them.
fn below(console: &Console, label: &str) -> Vec<(String, String)> {
    let items: Vec<_> = console
        .query_all_by_role(Role::TreeItem)
        .map(|item| {
            let node = item.accesskit_node();
            let said = node.description().unwrap_or_default();
            (node.data().level().unwrap_or_default(), node.label().unwrap_or_default(), said)
        })
        .collect();
    let start = items.iter().position(|(_, own, _)| own == label).expect(label);
    let below = items[start + 1..].iter().take_while(|(level, ..)| *level > items[start].0);
    below.map(|(_, label, said)| (label.clone(), said.clone())).collect()
}

fn told(rows: &[(String, String)]) -> Vec<(&str, &str)> {
    rows.iter().map(|(label, said)| (label.as_str(), said.as_str())).collect()
}

const LOADING: (&str, &str) = ("Loading…", "");
const TRY_AGAIN: (&str, &str) = ("Try again", "Could not be read");

/// Goes to a node of the tree by its label, and opens it by key.
fn open_by_key(console: &mut Console, label: &str) {
    console.get_by_role_and_label(Role::TreeItem, label).click();
    console.run_steps(4);
    console.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    console.run_steps(4);
    console.key_press(Key::ArrowRight);
    console.run_steps(4);
}

fn key(console: &mut Console, key: Key) {
    console.key_press(key);
    console.run_steps(4);
}

#[test]
fn opening_a_node_never_waits_and_shows_what_is_still_read_and_what_can_be_tried_again() {
    const STARTERS: &str = "Starter GPOs";
    let silence = Silence::default();
    let mut console = console(&silence);
    silence.set(true);
    // Only the demo's first domain is open, so there is one container of starter GPOs in view.
    let frame = std::time::Instant::now();
    open_by_key(&mut console, STARTERS);
    assert!(frame.elapsed().as_secs() < 5, "eight frames, while the server keeps silent for ever");
    assert_eq!(told(&below(&console, STARTERS)[..1]), [LOADING]);
    wait(&mut console, "SYSVOL is asked", |_| silence.waiting() > 0);
    // The row is one like any other: by key it is gone to and gone past.
    key(&mut console, Key::ArrowDown);
    assert!(matches!(console.state().selected(), Node::Pending(_)));
    console.get_by_label("Reading the starter GPOs from SYSVOL…");
    key(&mut console, Key::ArrowDown);
    assert!(!matches!(console.state().selected(), Node::Pending(_)));
    key(&mut console, Key::ArrowUp);
    // What cannot be read offers to be read again, and says why where it is selected.
    drop(console);
    let silence = Silence::default();
    silence.refuses.store(true, Ordering::SeqCst);
    let mut console = self::console(&silence);
    open_by_key(&mut console, STARTERS);
    settle(&mut console);
    assert_eq!(told(&below(&console, STARTERS)[..1]), [TRY_AGAIN]);
    key(&mut console, Key::ArrowDown);
    assert!(console.query_all_by_label_contains("SYSVOL does not answer").next().is_some());
    // In vain, by key; then it works, and the selection is on the container again.
    key(&mut console, Key::Enter);
    settle(&mut console);
    assert_eq!(told(&below(&console, STARTERS)[..1]), [TRY_AGAIN]);
    silence.refuses.store(false, Ordering::SeqCst);
    key(&mut console, Key::Enter);
    settle(&mut console);
    let starters = console.state().forests()[0].open().unwrap().starter_gpos(&root()).len();
    assert!(starters > 0 && below(&console, STARTERS).len() >= starters);
    assert!(below(&console, STARTERS).iter().all(|(label, _)| label != "Try again" && label != "Loading…"));
    assert_eq!(console.state().selected().place(), Some(&Place::StarterGpos(root())));
}

#[test]
fn a_forest_that_is_being_read_or_could_not_be_read_says_so_below_its_node() {
    const FOREST: &str = "Forest: demo";
    let mut console = with_opener([1280.0, 800.0], Arc::new(EndlessOpener), vec![demo_request()]);
    console.run_steps(4);
    open_by_key(&mut console, FOREST);
    assert_eq!(told(&below(&console, FOREST)), [LOADING]);
    drop(console);
    let silence = Silence::default();
    silence.is_closed.store(true, Ordering::SeqCst);
    let mut console = with_opener([1280.0, 800.0], Arc::new(silence.clone()), vec![demo_request()]);
    wait(&mut console, "it failed", |console| !console.state().is_working());
    console.run_steps(4);
    open_by_key(&mut console, FOREST);
    assert_eq!(told(&below(&console, FOREST)), [TRY_AGAIN]);
    // By a click this time.
    silence.is_closed.store(false, Ordering::SeqCst);
    console.get_by_role_and_label(Role::TreeItem, "Try again").click();
    wait(&mut console, "the forest is read", |console| console.state().forests()[0].open().is_some());
    settle(&mut console);
    assert!(console.query_by_role_and_label(Role::TreeItem, "Try again").is_none());
    console.get_by_role_and_label(Role::TreeItem, "kestrelbay.example");
}

#[test]
fn a_domain_that_cannot_be_reached_stays_in_the_tree_and_says_why() {
    const LUMEN: &str = "lumen-sails.example";
    let silence = Silence::default();
    let lumen: DnsName = LUMEN.parse().unwrap();
    *silence.dead.lock().unwrap() = Some(lumen.clone());
    let mut console = console(&silence);
    settle(&mut console);
    if console.query_by_role(Role::Dialog).is_some() {
        key(&mut console, Key::Escape);
    }
    let item = console.get_by_role_and_label(Role::TreeItem, LUMEN);
    assert_eq!(item.accesskit_node().description().as_deref(), Some("Could not be read"));
    go_to(&mut console, Place::Domain(lumen.clone()));
    // What is wrong, and what can be done about it.
    console.get_by_label_contains("no server answers");
    console.get_by_role_and_label(Role::Button, "Change Domain Controller…");
    console.get_by_role_and_label(Role::Button, "Try Again");
    // The rest of the forest is there.
    assert!(!console.state().forests()[0].open().unwrap().snapshot.domain(&root()).unwrap().gpos.is_empty());
    open_by_key(&mut console, LUMEN);
    assert_eq!(told(&below(&console, LUMEN)), [TRY_AGAIN]);
    // Still dead after a refresh: it does not vanish.
    key(&mut console, Key::ArrowDown);
    key(&mut console, Key::Enter);
    settle(&mut console);
    if console.query_by_role(Role::Dialog).is_some() {
        key(&mut console, Key::Escape);
    }
    assert_eq!(told(&below(&console, LUMEN)), [TRY_AGAIN]);
    *silence.dead.lock().unwrap() = None;
    click(&mut console, "Try Again");
    settle(&mut console);
    assert!(below(&console, LUMEN).iter().any(|(label, _)| label == "Group Policy Objects"));
    assert_eq!(console.state().selected().place(), Some(&Place::Domain(lumen)));
}

#[test]
fn the_status_bar_tells_the_controller_what_runs_and_how_many() {
    let silence = Silence::default();
    let mut console = console(&silence);
    let forest = console.state().forests()[0].open().unwrap();
    let controller = forest.snapshot.domain(&root()).unwrap().domain_controller.clone();
    let gpos = forest.snapshot.domain(&root()).unwrap().gpos.len();
    // The controller that the domain is read from.
    go_to(&mut console, Place::Gpos(root()));
    open_tab(&mut console, "Contents");
    assert!(!controller.is_empty());
    console.get_by_label(&controller);
    // How many rows the list shows, filtered or not, and how many are selected.
    console.get_by_label(&format!("{gpos} items"));
    put(&mut console, "Filter Group Policy Objects", "screen lock - strict");
    console.run_steps(6);
    console.get_by_label("1 item");
    put(&mut console, "Filter Group Policy Objects", "baseline - all");
    console.run_steps(6);
    console.get_by_role_and_label(Role::Row, "Baseline - All Users").click();
    console.run_steps(4);
    console.get_by_label("2 items, 1 selected");
    console.key_press_modifiers(Modifiers::COMMAND, Key::A);
    console.run_steps(4);
    console.get_by_label("2 items, 2 selected");
    // Where there is no list, nothing is counted.
    let strict = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, strict);
    open_tab(&mut console, "Details");
    assert!(console.query_by_label_contains(" items").is_none());
    // What runs, with how far it is, and a way to end it.
    let folder = tempfile::tempdir().unwrap();
    go_to(&mut console, Place::Gpos(root()));
    silence.set(true);
    menu(&mut console, "Action", "Report All to Folder…");
    put(&mut console, "Folder", &folder.path().join("reports").display().to_string());
    click(&mut console, "Report");
    let running = "Report the GPOs of kestrelbay.example";
    wait(&mut console, "the job runs", |console| console.query_all_by_label_contains(running).next().is_some());
    wait(&mut console, "it waits", |_| silence.waiting() > 0);
    wait(&mut console, "its window stands there", |console| {
        console.query_all_by_role(Role::ProgressIndicator).next().is_some()
    });
    console.run_steps(3);
    console.get_all_by_role_and_label(Role::Button, "Cancel").last().unwrap().click();
    wait(&mut console, "it has ended", |console| console.query_all_by_label(running).next().is_none());
    console.get_by_label_contains("cancelled, nothing was written");
}

/// Goes through the Modeling wizard to the page that computes, for a user.
fn begin_simulation(console: &mut Console) {
    go_to(console, Place::Modeling);
    menu(console, "Action", "Group Policy Modeling Wizard…");
    next(console, "Domain Controller");
    next(console, "User and Computer");
    put(console, "User", r"KESTREL\nora.finch");
    let skip = "Skip to the final page of this wizard without collecting additional data";
    console.get_by_role_and_label(Role::CheckBox, skip).click();
    console.run_steps(3);
    next(console, "Summary of Selections");
}

#[test]
fn a_simulation_is_cancelled_and_tried_again_in_its_wizard() {
    let silence = Silence::default();
    let mut console = console(&silence);
    begin_simulation(&mut console);
    silence.set(true);
    next(&mut console, "Completing");
    wait(&mut console, "SYSVOL is waited for", |_| silence.waiting() > 0);
    click(&mut console, "Cancel the simulation");
    wait(&mut console, "it is given up", |console| {
        silence.waiting() == 0 && console.query_by_role_and_label(Role::Button, "Try Again").is_some()
    });
    console.run_steps(3);
    assert!(console.query_by_role_and_label(Role::Button, "Finish").is_some(), "the wizard is still there");
    silence.set(false);
    click(&mut console, "Try Again");
    wait(&mut console, "it is done", |console| {
        console.query_all_by_label_contains("The simulation is done.").next().is_some()
    });
    click(&mut console, "Finish");
    settle(&mut console);
    assert!(matches!(console.state().selected().place(), Some(Place::ModelingResult(_))));
}

#[test]
fn a_simulation_that_fails_keeps_its_wizard_open_with_the_reason() {
    let silence = Silence::default();
    let mut console = console(&silence);
    begin_simulation(&mut console);
    *silence.dead.lock().unwrap() = Some(root());
    next(&mut console, "Completing");
    wait(&mut console, "it has failed", |console| console.query_by_role_and_label(Role::Button, "Try Again").is_some());
    console.run_steps(3);
    assert!(console.query_all_by_label_contains("no server answers").next().is_some());
    click(&mut console, "Finish");
    assert!(console.query_by_role_and_label(Role::Button, "Try Again").is_some(), "nothing is kept");
    assert_eq!(console.state().selected().place(), Some(&Place::Modeling));
}
