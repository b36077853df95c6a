//! Times what a frame of the console costs the processor on a forest with 100,000 OUs and 10,000 GPOs, and what it answers
//! with while somebody types a filter.
//!
//!     cargo bench --bench console
//!
//! A frame is measured from the input to the triangles, without a window: layout, text, names for screen readers, tessellation.
//! The table at the end tells of typing: each letter is followed by frames until the answer stands.

mod common;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use divan::{Bencher, black_box};
use egui::{Context, Event, Modifiers, MouseWheelSource, MouseWheelUnit, RawInput, Rect, TouchPhase, Ui, pos2, vec2};
use opengpmc::console::kit::data_table::{Cell, Column, DataTable, TableState, row_id};
use opengpmc::console::kit::document_view::DocumentView;
use opengpmc::console::pane::{PaneContext, PaneState, result_pane_ui};
use opengpmc::console::tree::Tree;
use opengpmc::console::{ForestEntry, ForestId, ForestState, Icon, Node, OpenForest, Place, Shown, Situation, theme};
use opengpmc::gpm::{Forest, LoadOptions, Som, Task};
use opengpmc::report::{Document, Section, Table};
use opengpmc::store::{ConnectTarget, ForestFile, ForestStore};

use common::{GPOS, UNITS, domain, gpo_dn, large_forest};

/// The refresh rate of most screens.
const FRAME_SECONDS: f64 = 1.0 / 60.0;
const WINDOW: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(1280.0, 800.0) };

fn main() {
    LazyLock::force(&FORESTS);
    divan::main();
    println!("\nfilter typed letter by letter in            frames  longest frame  answer after");
    typing("the tree, everything expanded", "unit 0099", ScopeTree::expanded(), |tree| {
        tree.tree.request_filter_focus();
    });
    typing("a table of 100,000 rows", "unit 0099", Units::default(), |_| {});
    typing("the pane of 10,000 GPOs", "policy 099", Gpos::default(), |_| {});
    typing("a report of 5,000 policies", "component 217", Report::new(), |report| report.0.request_find());
}

static FORESTS: LazyLock<Vec<ForestEntry>> = LazyLock::new(|| {
    let target: ConnectTarget = large_forest().display().to_string().parse().expect("a path");
    let store: Arc<dyn ForestStore> = Arc::new(ForestFile::open(&large_forest(), true).expect("the file opens"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (options, task) = (LoadOptions::default(), Task::default());
    let snapshot = runtime.block_on(Forest::load(Arc::clone(&store), &options, &task)).expect("the forest loads");
    let domain = &snapshot.domains[0];
    assert_eq!((domain.soms.len(), domain.gpos.len()), (UNITS + 1, GPOS));
    assert!(snapshot.link_count(&gpo_dn(0)) > 0);
    let forest = OpenForest::new(ForestId(1), store, snapshot);
    vec![ForestEntry { id: ForestId(1), target, state: ForestState::Open(Box::new(forest)) }]
});

fn forest() -> &'static OpenForest {
    FORESTS[0].open().expect("the forest is open")
}

/// Something of the console that is drawn in every frame.
trait View {
    fn ui(&mut self, ui: &mut Ui);
    /// Tells whether an answer is still being worked on.
    fn is_busy(&self) -> bool;
}

/// The scope tree with everything expanded.
struct ScopeTree {
    tree: Tree,
}

impl ScopeTree {
    fn expanded() -> Self {
        let mut tree = Tree::default();
        tree.expand_all(&Node::Root, Shown::forests(&FORESTS));
        ScopeTree { tree }
    }
}

impl View for ScopeTree {
    fn ui(&mut self, ui: &mut Ui) {
        self.tree.ui(ui, Shown::forests(&FORESTS), &Node::Root, &mut Vec::new(), &mut |_, _, _| {});
    }

    fn is_busy(&self) -> bool {
        self.tree.is_searching()
    }
}

/// A table with a row for each OU.
#[derive(Default)]
struct Units {
    state: TableState,
}

impl View for Units {
    fn ui(&mut self, ui: &mut Ui) {
        let table = DataTable::new("units", "OUs")
            .column(Column::new("Name", 260.0, |som: &Som| Cell::icon(Icon::Ou, som.name.as_str())))
            .column(Column::new("Links", 80.0, |som: &Som| Cell::text(som.links.len().to_string())))
            .column(Column::new("Blocked", 80.0, |som: &Som| Cell::yes_no(som.inheritance_blocked)))
            .column(Column::new("Path", 500.0, |som: &Som| Cell::text(som.dn.to_string())))
            .row_id(|som| row_id(&som.dn))
            .sorted_by("Name")
            .revision(1);
        if ui.memory(|memory| memory.focused().is_none()) {
            ui.memory_mut(|memory| memory.request_focus(table.focus_id()));
        }
        table.ui(ui, &mut self.state, &forest().snapshot.domains[0].soms);
    }

    fn is_busy(&self) -> bool {
        self.state.is_working()
    }
}

/// The result pane of the container of all GPOs.
struct Gpos {
    panes: PaneState,
    node: Node,
}

impl Default for Gpos {
    fn default() -> Self {
        let mut panes = PaneState::default();
        panes.request_focus();
        Gpos { panes, node: Node::In(ForestId(1), Place::Gpos(domain().domain().expect("a domain"))) }
    }
}

impl View for Gpos {
    fn ui(&mut self, ui: &mut Ui) {
        let situation = Situation::default();
        let (forests, forest) = (&FORESTS, Some(forest()));
        let context = PaneContext { forests, files: &[], forest, node: &self.node, situation: &situation };
        result_pane_ui(ui, &context, &mut self.panes, &mut Vec::new());
    }

    fn is_busy(&self) -> bool {
        self.panes.is_working()
    }
}

/// A report of 5,000 policies, all sections open, some texts over several lines.
struct Report(DocumentView);

impl Report {
    fn new() -> Self {
        let category = |number: usize| {
            let mut table = Table::new(&["Policy", "Setting", "Comment"]);
            for row in 0..20 {
                let policy = format!("Turn on feature {row} of component {number} for all users of this computer");
                let setting = if row % 5 == 0 {
                    "Enabled, with a longer text behind it ".repeat(1 + row / 4)
                } else {
                    "Enabled".to_owned()
                };
                let row = table.row([policy, setting, format!("Ticket {}", number * 20 + row)]);
                let mut options = Table::properties();
                options.row(["Level", "3"]);
                row.details.push(options.into());
            }
            Section::new(format!("Windows Components/Component {number}")).with(table)
        };
        let sections = (0..250).map(category).fold(Section::new("Computer Configuration (Enabled)"), Section::with);
        let mut view = DocumentView::new(Arc::new(Document { sections: vec![sections], ..Document::default() }));
        view.open_all(true);
        Report(view)
    }
}

impl View for Report {
    fn ui(&mut self, ui: &mut Ui) {
        self.0.ui(ui, |_| {});
    }

    fn is_busy(&self) -> bool {
        self.0.is_working()
    }
}

/// A window without a screen.
struct Screen<V> {
    ctx: Context,
    view: V,
    time: f64,
}

impl<V: View> Screen<V> {
    /// Opens it, and draws frames until the view has come to rest.
    fn open(view: V) -> Self {
        let ctx = Context::default();
        theme::install(&ctx);
        ctx.enable_accesskit();
        let mut screen = Screen { ctx, view, time: 0.0 };
        screen.frame(vec![Event::PointerMoved(WINDOW.center())]);
        screen.answer();
        screen
    }

    /// Draws a frame; returns how long that took.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        self.time += FRAME_SECONDS;
        let input = RawInput { screen_rect: Some(WINDOW), time: Some(self.time), events, ..RawInput::default() };
        let started = Instant::now();
        let mut output = self.ctx.run_ui(input, |ui| self.view.ui(ui));
        // There is no screen that takes the textures.
        output.textures_delta.clear();
        black_box(self.ctx.tessellate(output.shapes, output.pixels_per_point));
        started.elapsed()
    }

    /// Turns the wheel by about a page and draws a frame.
    fn scroll(&mut self) {
        let wheel = Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, -600.0),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Unknown,
            modifiers: Modifiers::NONE,
        };
        self.frame(vec![wheel]);
    }

    /// Draws frames as a screen would ask for them until the view has come to rest; returns how long each took.
    fn answer(&mut self) -> Vec<Duration> {
        let mut frames = Vec::new();
        loop {
            let took = self.frame(Vec::new());
            frames.push(took);
            if !self.view.is_busy() {
                return frames;
            }
            std::thread::sleep(Duration::from_secs_f64(FRAME_SECONDS).saturating_sub(took));
        }
    }
}

/// Types a filter letter by letter and prints how long the frames and the answers take.
fn typing<V: View>(name: &str, text: &str, view: V, focus_filter: impl FnOnce(&mut V)) {
    let mut screen = Screen::open(view);
    focus_filter(&mut screen.view);
    screen.answer();
    let (mut frames, mut longest_wait) = (Vec::new(), Duration::ZERO);
    for letter in text.chars() {
        let started = Instant::now();
        frames.push(screen.frame(vec![Event::Text(letter.to_string())]));
        if screen.view.is_busy() {
            frames.extend(screen.answer());
        }
        longest_wait = longest_wait.max(started.elapsed());
    }
    let longest = frames.iter().max().expect("there are frames");
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let (count, longest, wait) = (frames.len(), milliseconds(*longest), milliseconds(longest_wait));
    println!("{name:<42} {count:>6}  {longest:>10.2} ms  at most {wait:.0} ms");
}

#[divan::bench]
fn tree_scrolls(bencher: Bencher) {
    let mut screen = Screen::open(ScopeTree::expanded());
    bencher.bench_local(|| screen.scroll());
}

#[divan::bench]
fn table_of_100_000_rows_scrolls(bencher: Bencher) {
    let mut screen = Screen::open(Units::default());
    bencher.bench_local(|| screen.scroll());
}

#[divan::bench]
fn pane_of_10_000_gpos_scrolls(bencher: Bencher) {
    let mut screen = Screen::open(Gpos::default());
    bencher.bench_local(|| screen.scroll());
}

#[divan::bench]
fn report_of_5_000_policies_scrolls(bencher: Bencher) {
    let mut screen = Screen::open(Report::new());
    bencher.bench_local(|| screen.scroll());
}

/// Opening or closing one node when everything else is expanded: all rows are laid out anew.
#[divan::bench(sample_count = 20)]
fn tree_opens_a_node(bencher: Bencher) {
    let mut screen = Screen::open(ScopeTree::expanded());
    bencher.bench_local(|| {
        screen.view.tree.forests_changed();
        screen.scroll();
    });
}
