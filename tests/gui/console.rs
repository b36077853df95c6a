//! The whole console on the demo forest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use opengpmc::console::{
    App, AppOptions, Browser, Command, ConnectRequest, FilePicker, ForestId, ForestOpener, Lazy, Node, Place,
    StoreOpener,
};
use opengpmc::gpm::{ForestSnapshot, Task};
use opengpmc::store::{ConnectTarget, ForestStore, StoreError};

/// A harness around the whole console.
pub type Console = Harness<'static, App>;

/// Opens the console on the demo forest and waits until it is there.
pub fn demo() -> Console {
    demo_of_size([1280.0, 800.0])
}

/// Opens the console on the demo forest in a window of this size.
pub fn demo_of_size(size: [f32; 2]) -> Console {
    let mut console = with_opener(size, Arc::new(StoreOpener), vec![demo_request()]);
    wait(&mut console, "the demo forest is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    console.run_steps(4);
    console
}

/// Opens the console on the demo forest with a browser and a file dialog of one's own.
pub fn demo_with(browser: Arc<dyn Browser>, file_picker: Arc<dyn FilePicker>) -> Console {
    let opener = Arc::new(StoreOpener);
    let forests = vec![demo_request()];
    let journal_folder = Some(journal_folder());
    let options =
        AppOptions { opener, file_picker, browser, settings_folder: None, journal_folder, query_folder: None, forests };
    let mut console = with_options([1280.0, 800.0], options);
    wait(&mut console, "the demo forest is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    console.run_steps(4);
    console
}

/// Opens the console with an opener of one's own.
pub fn with_opener(size: [f32; 2], opener: Arc<dyn ForestOpener>, forests: Vec<ConnectRequest>) -> Console {
    let options = AppOptions {
        opener,
        file_picker: Arc::new(NoFilePicker),
        browser: Arc::new(NoBrowser),
        settings_folder: None,
        journal_folder: Some(journal_folder()),
        query_folder: None,
        forests,
    };
    with_options(size, options)
}

/// Opens the console on the demo forest with a journal of one's own.
pub fn demo_with_journal(journal_folder: std::path::PathBuf) -> Console {
    let options = AppOptions {
        opener: Arc::new(StoreOpener),
        file_picker: Arc::new(NoFilePicker),
        browser: Arc::new(NoBrowser),
        settings_folder: None,
        journal_folder: Some(journal_folder),
        query_folder: None,
        forests: vec![demo_request()],
    };
    let mut console = with_options([1280.0, 800.0], options);
    wait(&mut console, "the demo forest is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    console.run_steps(4);
    console
}

/// Returns a folder for the journal of one console: consoles of one process must not undo what another did.
pub fn journal_folder() -> std::path::PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("opengpmc-journal-{}-{number}", std::process::id()))
}

/// Opens the console with options of one's own.
pub fn with_options(size: [f32; 2], options: AppOptions) -> Console {
    Harness::builder()
        .with_size(size)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(150)
        .build_eframe(move |creation| App::new(creation, options).expect("the runtime starts"))
}

/// Returns the request for the demo forest.
pub fn demo_request() -> ConnectRequest {
    ConnectRequest { target: Some(ConnectTarget::Demo), ..ConnectRequest::default() }
}

/// Draws frames until something is true.
#[track_caller]
pub fn wait(console: &mut Console, what: &str, mut is_true: impl FnMut(&Console) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        console.step();
        if is_true(console) {
            return;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Selects a place of the demo forest, and waits until everything it shows has been fetched.
pub fn go_to(console: &mut Console, place: Place) {
    let id = console.state().forests().first().map_or(ForestId(1), |entry| entry.id);
    console.state_mut().ask(Command::Select(Node::In(id, place)));
    settle(console);
}

/// Draws frames until nothing is fetched and nothing moves any more.
pub fn settle(console: &mut Console) {
    console.run_steps(3);
    wait(console, "everything is fetched", |console| {
        let is_loading = console.query_all_by_label_contains("Loading…").next().is_some();
        !is_loading && !is_fetching(console) && !console.state().is_working()
    });
    console.run_steps(3);
}

/// Opens a tab of the result pane.
pub fn open_tab(console: &mut Console, title: &str) {
    console.get_by_role_and_label(Role::Tab, title).click();
    console.run_steps(6);
    settle(console);
}

fn is_fetching(console: &Console) -> bool {
    let forests = console.state().forests().iter().filter_map(|entry| entry.open());
    forests.into_iter().any(|forest| {
        let details = &forest.details;
        details.sysvol.values().any(|lazy| matches!(lazy, Lazy::Loading))
            || details.comments.values().any(|lazy| matches!(lazy, Lazy::Loading))
            || details.starter_gpos.values().any(|lazy| matches!(lazy, Lazy::Loading))
            || details.orphans.values().any(|lazy| matches!(lazy, Lazy::Loading))
            || details.reports.values().any(|lazy| matches!(lazy, Lazy::Loading))
            || details.trustees.values().any(|lazy| matches!(lazy, Lazy::Loading))
            || details.rights.values().any(|lazy| matches!(lazy, Lazy::Loading))
            || details.directory_security.values().any(|lazy| matches!(lazy, Lazy::Loading))
            || details.sysvol_security.values().any(|lazy| matches!(lazy, Lazy::Loading))
    })
}

/// Says that the person chose no file.
pub struct NoFilePicker;

impl FilePicker for NoFilePicker {
    fn pick_file(&self, _title: &str, _filter_name: &str, _extensions: &[&str]) -> Option<std::path::PathBuf> {
        None
    }

    fn pick_folder(&self, _title: &str) -> Option<std::path::PathBuf> {
        None
    }

    fn save_file(
        &self,
        _title: &str,
        _path: &std::path::Path,
        _filter_name: &str,
        _extensions: &[&str],
    ) -> Option<std::path::PathBuf> {
        None
    }
}

/// Says that there is no browser.
pub struct NoBrowser;

impl Browser for NoBrowser {
    fn open(&self, _path: &std::path::Path) -> std::io::Result<()> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// An opener whose forest takes for ever to be read.
pub struct EndlessOpener;

#[async_trait]
impl ForestOpener for EndlessOpener {
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        StoreOpener.open(request).await
    }

    async fn load(&self, _store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        task.activity("Reading kestrelbay.example");
        task.progress(1, 9);
        let waited = task.or_cancel(std::future::pending()).await;
        waited.unwrap_or_else(|error| {
            Err(StoreError::new(opengpmc::store::StoreErrorKind::Cancelled, "demo").with_detail(error))
        })
    }
}
