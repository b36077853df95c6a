//! What of the forests is shown, what is remembered between runs, and the options.

use std::path::Path;
use std::sync::Arc;

use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers, ThemePreference};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{AppOptions, Command, ConnectRequest, ForestOpener, Node, Place, StoreOpener};
use opengpmc::store::ConnectTarget;

use crate::backups::{click, menu, put};
use crate::console::{
    Console, NoBrowser, NoFilePicker, demo, demo_request, go_to, open_tab, settle, wait, with_options,
};
use crate::screens::{dn, gpo, root};
use crate::support::{press, rows};

/// Opens the console with settings kept in a folder.
fn kept_in(folder: &Path, forests: Vec<ConnectRequest>) -> Console {
    kept_by(Arc::new(StoreOpener), folder, forests)
}

fn kept_by(opener: Arc<dyn ForestOpener>, folder: &Path, forests: Vec<ConnectRequest>) -> Console {
    let options = AppOptions {
        opener,
        file_picker: Arc::new(NoFilePicker),
        browser: Arc::new(NoBrowser),
        settings_folder: Some(folder.to_owned()),
        journal_folder: None,
        query_folder: None,
        forests,
    };
    let mut console = with_options([1280.0, 800.0], options);
    wait(&mut console, "the forests are read", |console| {
        !console.state().forests().is_empty() && console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    settle(&mut console);
    console
}

/// Makes the console write down its settings.
fn save(console: &mut Console) {
    console.state_mut().ask(Command::SetTheme(ThemePreference::Light));
    console.run_steps(3);
}

fn tree_labels(console: &Console) -> Vec<String> {
    let items = console.query_all_by_role(Role::TreeItem);
    items.map(|node| node.accesskit_node().label().unwrap_or_default()).collect()
}

fn tick(console: &mut Console, name: &str, wanted: bool) {
    let ticked = console.get_by_role_and_label(Role::CheckBox, name).accesskit_node().toggled() == Some(Toggled::True);
    if ticked != wanted {
        console.get_by_role_and_label(Role::CheckBox, name).click();
        console.run_steps(4);
    }
}

fn first_site(console: &Console) -> (opengpmc::ident::Dn, String) {
    let site = &console.state().forests()[0].open().unwrap().snapshot.sites[0];
    (site.dn.clone(), site.name.clone())
}

#[test]
fn the_view_is_as_it_was_when_the_console_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = kept_in(folder.path(), vec![demo_request()]);
    let (site, site_name) = first_site(&console);
    go_to(&mut console, Place::Site(site));
    let laptops = Place::Ou(dn("OU=Laptops,OU=Computers,OU=Headquarters"));
    go_to(&mut console, laptops.clone());
    let before = tree_labels(&console);
    assert!(before.contains(&"Laptops".to_owned()));
    save(&mut console);
    drop(console);
    // No forest is asked for: those of last time come back.
    let console = kept_in(folder.path(), Vec::new());
    assert_eq!(console.state().forests()[0].target, ConnectTarget::Demo);
    assert_eq!(console.state().selected().place(), Some(&laptops));
    assert!(tree_labels(&console).contains(&"Laptops".to_owned()));
    let forest = console.state().forests()[0].open().unwrap();
    assert!(forest.snapshot.sites.iter().any(|site| site.name == site_name && forest.view.shows_site(&site.dn)));
}

#[test]
fn the_first_start_opens_the_demo_forest_where_there_is_no_ticket() {
    let folder = tempfile::tempdir().unwrap();
    // Whoever runs the tests may have a ticket.
    let nobody = SignedIn { domain: None, asked: Arc::default() };
    let console = kept_by(Arc::new(nobody), folder.path(), Vec::new());
    assert_eq!(console.state().forests()[0].target, ConnectTarget::Demo);
}

#[test]
fn domains_are_chosen_from_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = kept_in(folder.path(), vec![demo_request()]);
    go_to(&mut console, Place::Domains);
    let all = rows(&console, "Domains");
    assert!(all.len() > 1 && all.contains(&"lumen-sails.example".to_owned()), "{all:?}");
    menu(&mut console, "Action", "Show Domains…");
    // At least one has to stay.
    click(&mut console, "Clear All");
    click(&mut console, "OK");
    console.get_by_label("Tick at least one domain.");
    click(&mut console, "Select All");
    tick(&mut console, "lumen-sails.example", false);
    click(&mut console, "OK");
    settle(&mut console);
    assert_eq!(rows(&console, "Domains").len(), all.len() - 1);
    assert!(!tree_labels(&console).contains(&"lumen-sails.example".to_owned()));
    drop(console);
    let mut console = kept_in(folder.path(), vec![demo_request()]);
    go_to(&mut console, Place::Domains);
    assert_eq!(rows(&console, "Domains").len(), all.len() - 1);
    // Going to something in a hidden domain shows it.
    go_to(&mut console, Place::Gpos("lumen-sails.example".parse().unwrap()));
    assert!(tree_labels(&console).contains(&"lumen-sails.example".to_owned()));
}

#[test]
fn domains_sites_and_forests_are_taken_out_of_the_view() {
    let mut console = demo();
    let lumen = Place::Domain("lumen-sails.example".parse().unwrap());
    go_to(&mut console, lumen.clone());
    menu(&mut console, "Action", "Remove Domain from View");
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Domains));
    assert!(!rows(&console, "Domains").contains(&"lumen-sails.example".to_owned()));
    // Nothing changed in the directory.
    assert!(console.state().forests()[0].open().unwrap().exists(&lumen));
    let (site, name) = first_site(&console);
    go_to(&mut console, Place::Site(site));
    assert!(tree_labels(&console).contains(&name));
    menu(&mut console, "Action", "Remove Site from View");
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Sites));
    assert!(!tree_labels(&console).contains(&name));
    go_to(&mut console, Place::Forest);
    menu(&mut console, "Action", "Remove Forest from View");
    settle(&mut console);
    assert!(console.state().forests().is_empty());
    assert_eq!(console.state().selected(), &Node::Root);
}

#[test]
fn sites_are_hidden_until_they_are_shown() {
    let mut console = demo();
    go_to(&mut console, Place::Sites);
    console.get_by_label("No sites are shown");
    click(&mut console, "Show Sites…");
    let (site, name) = first_site(&console);
    put(&mut console, "Filter the sites", &name);
    tick(&mut console, &name, true);
    click(&mut console, "OK");
    settle(&mut console);
    assert_eq!(rows(&console, "Sites"), std::slice::from_ref(&name));
    // Double click opens it.
    console.get_by_role_and_label(Role::Row, &name).click();
    console.get_by_role_and_label(Role::Row, &name).click();
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Site(site)));
}

#[test]
fn contents_lead_on_by_double_click() {
    let mut console = demo();
    let mut check = |node: Node, row: &str, expected: Place| {
        console.state_mut().ask(Command::Select(node));
        settle(&mut console);
        console.get_by_role_and_label(Role::Row, row).click();
        console.get_by_role_and_label(Role::Row, row).click();
        settle(&mut console);
        assert_eq!(console.state().selected().place(), Some(&expected), "{row}");
    };
    let id = opengpmc::console::ForestId(1);
    check(Node::Root, "Forest: kestrelbay.example", Place::Forest);
    check(Node::In(id, Place::Forest), "Domains", Place::Domains);
    check(Node::In(id, Place::Forest), "Sites", Place::Sites);
    check(Node::In(id, Place::Domains), "kestrelbay.example", Place::Domain(root()));
}

#[test]
fn a_link_is_told_from_a_gpo_until_nobody_wants_to_be_told() {
    const NOTICE: &str = "This is a link to a GPO.";
    let folder = tempfile::tempdir().unwrap();
    let mut console = kept_in(folder.path(), vec![demo_request()]);
    let link = Place::Link { som: dn("OU=Headquarters"), order: 1 };
    let strict = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, strict);
    assert!(console.query_by_label_contains(NOTICE).is_none());
    go_to(&mut console, link.clone());
    console.get_by_label_contains(NOTICE);
    click(&mut console, "Do Not Show Again");
    settle(&mut console);
    assert!(console.query_by_label_contains(NOTICE).is_none());
    drop(console);
    let mut console = kept_in(folder.path(), vec![demo_request()]);
    go_to(&mut console, link);
    assert!(console.query_by_label_contains(NOTICE).is_none());
    // It can be switched on again.
    menu(&mut console, "View", "Options…");
    console.get_by_role_and_label(Role::Tab, "General").click();
    console.run_steps(4);
    tick(&mut console, "Tell when a link is selected and not a GPO", true);
    click(&mut console, "OK");
    settle(&mut console);
    console.get_by_label_contains(NOTICE);
}

#[test]
fn domain_controllers_stand_after_domain_names_on_request() {
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    assert!(tree_labels(&console).contains(&"kestrelbay.example".to_owned()));
    let forest = console.state().forests()[0].open().unwrap();
    let controller = forest.snapshot.domain(&root()).unwrap().domain_controller.clone();
    menu(&mut console, "View", "Options…");
    console.get_by_role_and_label(Role::Tab, "General").click();
    console.run_steps(4);
    tick(&mut console, "Show domain controllers after domain names", true);
    click(&mut console, "OK");
    settle(&mut console);
    let label = format!("kestrelbay.example ({controller})");
    assert!(tree_labels(&console).contains(&label), "{label}: {:?}", tree_labels(&console));
}

fn columns(console: &Console) -> Vec<String> {
    let headers = console.query_all_by_role(Role::ColumnHeader);
    headers.map(|node| node.accesskit_node().label().unwrap_or_default()).collect()
}

#[test]
fn columns_are_hidden_ordered_kept_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = kept_in(folder.path(), vec![demo_request()]);
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Linked Group Policy Objects");
    let before = columns(&console);
    assert_eq!(before[..3], ["Link Order", "GPO", "Enforced"]);
    menu(&mut console, "View", "Options…");
    console.get_by_role_and_label(Role::ComboBox, "List").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Linked Group Policy Objects").click();
    console.run_steps(4);
    tick(&mut console, "Show column Enforced", false);
    console.get_by_role_and_label(Role::Button, "GPO").click();
    console.run_steps(4);
    click(&mut console, "Move Up");
    click(&mut console, "OK");
    settle(&mut console);
    assert_eq!(columns(&console)[..3], ["GPO", "Link Order", "Link Enabled"]);
    save(&mut console);
    drop(console);
    let mut console = kept_in(folder.path(), vec![demo_request()]);
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Linked Group Policy Objects");
    assert_eq!(columns(&console)[..3], ["GPO", "Link Order", "Link Enabled"]);
    menu(&mut console, "View", "Options…");
    console.get_by_role_and_label(Role::ComboBox, "List").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Linked Group Policy Objects").click();
    console.run_steps(4);
    click(&mut console, "Restore Defaults");
    click(&mut console, "OK");
    settle(&mut console);
    assert_eq!(columns(&console), before);
}

#[test]
fn options_that_were_cancelled_change_nothing() {
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    menu(&mut console, "View", "Options…");
    console.get_by_role_and_label(Role::Tab, "General").click();
    console.run_steps(4);
    tick(&mut console, "Show domain controllers after domain names", true);
    press(&mut console, Modifiers::NONE, Key::Escape);
    settle(&mut console);
    assert!(tree_labels(&console).contains(&"kestrelbay.example".to_owned()));
}

#[test]
fn reports_follow_the_options() {
    let mut console = demo();
    let place = gpo(&console, "Baseline - All Computers");
    go_to(&mut console, place);
    open_tab(&mut console, "Settings");
    click(&mut console, "Show All");
    let has_comments = |console: &Console| {
        let forest = console.state().forests()[0].open().unwrap();
        let reports = forest.details.reports.values();
        reports
            .filter_map(|report| report.ready())
            .any(|report| report.gpo().is_some_and(|report| report.include_comments))
    };
    assert!(has_comments(&console));
    menu(&mut console, "View", "Options…");
    console.get_by_role_and_label(Role::Tab, "Reporting").click();
    console.run_steps(4);
    tick(&mut console, "Reports tell the comments of administrative template settings", false);
    click(&mut console, "OK");
    settle(&mut console);
    wait(&mut console, "the report is made anew", |console| console.query_by_role(Role::TreeGrid).is_some());
    assert!(!has_comments(&console));
}

fn leftmost(one: egui::Rect, other: egui::Rect) -> egui::Rect {
    if one.left() <= other.left() { one } else { other }
}

fn says_problems(node: &egui_kittest::Node<'_>) -> bool {
    node.accesskit_node().label().is_some_and(|label| label.contains("problem"))
}

/// Returns where the scope tree, the heading of the result pane and the words of the status bar stand.
fn parts(console: &Console) -> [egui::Rect; 3] {
    [
        console.get_by_role_and_label(Role::Tree, "Scope tree").rect(),
        // The Actions pane has the same heading, further to the right.
        console
            .get_all_by_role_and_label(Role::Heading, "kestrelbay.example")
            .map(|node| node.rect())
            .reduce(leftmost)
            .unwrap(),
        console.get_all_by_role(Role::Button).find(|node| says_problems(node)).unwrap().rect(),
    ]
}

fn drag(console: &mut Console, from: egui::Pos2, to: egui::Pos2) {
    let button = |pos, pressed| {
        let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
        egui::Event::PointerButton { pos, button, pressed, modifiers }
    };
    for event in [egui::Event::PointerMoved(from), button(from, true), egui::Event::PointerMoved(to), button(to, false)]
    {
        console.event(event);
        console.run_steps(2);
    }
    console.run_steps(4);
}

#[test]
fn tree_result_pane_and_status_bar_share_the_window_by_splitters_that_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = kept_in(folder.path(), vec![demo_request()]);
    go_to(&mut console, Place::Domain(root()));
    let [tree, result, status] = parts(&console);
    assert!(tree.right() < result.left() && status.top() > tree.bottom() && status.top() > result.bottom());
    // By the mouse: what the tree gets, the result pane loses.
    let edge = egui::pos2(tree.right(), tree.center().y);
    drag(&mut console, edge, edge + egui::vec2(100.0, 0.0));
    let [dragged, moved, _] = parts(&console);
    assert!((dragged.width() - tree.width() - 100.0).abs() < 4.0, "{} after {}", dragged.width(), tree.width());
    assert!((moved.left() - result.left() - 100.0).abs() < 4.0);
    // By the keyboard, through the menu View; as wide as it may be it gets no wider.
    let step = |console: &mut Console, command: &str| {
        menu(console, "View", command);
        console.run_steps(4);
        parts(console)[0].width()
    };
    let wider = step(&mut console, "Widen Scope Tree");
    assert!(wider > dragged.width() + 20.0);
    assert!((step(&mut console, "Narrow Scope Tree") - dragged.width()).abs() < 1.0);
    let narrow = (0..20).map(|_| step(&mut console, "Narrow Scope Tree")).last().unwrap();
    assert!((150.0..200.0).contains(&narrow), "{narrow}");
    step(&mut console, "Widen Scope Tree");
    // Dragging begins where the keyboard left it.
    let tree = parts(&console)[0];
    let edge = egui::pos2(tree.right(), tree.center().y);
    drag(&mut console, edge, edge + egui::vec2(60.0, 0.0));
    let kept = parts(&console)[0].width();
    assert!((kept - tree.width() - 60.0).abs() < 4.0, "{kept} after {}", tree.width());
    // The Actions pane has a splitter too.
    click(&mut console, "Toolbar: Actions Pane");
    let actions = |console: &Console| {
        let pane = console.get_by_role_and_label(Role::Complementary, "Actions");
        pane.query_all_by_role(Role::Button).next().unwrap().rect()
    };
    let before = actions(&console);
    let edge = egui::pos2(before.left() - 8.0, before.center().y);
    drag(&mut console, edge, edge - egui::vec2(50.0, 0.0));
    let pane = actions(&console).left();
    assert!((before.left() - pane - 50.0).abs() < 4.0, "{pane} after {}", before.left());
    save(&mut console);
    drop(console);
    let mut console = kept_in(folder.path(), vec![demo_request()]);
    go_to(&mut console, Place::Domain(root()));
    let [tree, ..] = parts(&console);
    assert!((tree.width() - kept).abs() < 1.0, "{} instead of {kept}", tree.width());
    assert!((actions(&console).left() - pane).abs() < 1.0);
}

/// Opens the demo forest in place of the domain that its user is signed in to.
struct SignedIn {
    domain: Option<opengpmc::ident::DnsName>,
    asked: Arc<std::sync::Mutex<Vec<Option<ConnectTarget>>>>,
}

#[async_trait::async_trait]
impl ForestOpener for SignedIn {
    async fn open(
        &self,
        request: &ConnectRequest,
    ) -> Result<Arc<dyn opengpmc::store::ForestStore>, opengpmc::store::StoreError> {
        self.asked.lock().unwrap().push(request.target.clone());
        StoreOpener.open(&demo_request()).await
    }

    async fn load(
        &self,
        store: Arc<dyn opengpmc::store::ForestStore>,
        task: &opengpmc::gpm::Task,
    ) -> Result<Arc<opengpmc::gpm::ForestSnapshot>, opengpmc::store::StoreError> {
        StoreOpener.load(store, task).await
    }

    fn own_domain(&self) -> Option<opengpmc::ident::DnsName> {
        self.domain.clone()
    }
}

#[test]
fn the_first_start_opens_forest_and_domain_of_whoever_is_signed_in() {
    for domain in ["yards.kestrelbay.example", "kestrelbay.example"] {
        let folder = tempfile::tempdir().unwrap();
        let asked = Arc::default();
        let own: opengpmc::ident::DnsName = domain.parse().unwrap();
        let options = AppOptions {
            opener: Arc::new(SignedIn { domain: Some(own.clone()), asked: Arc::clone(&asked) }),
            file_picker: Arc::new(NoFilePicker),
            browser: Arc::new(NoBrowser),
            settings_folder: Some(folder.path().to_owned()),
            journal_folder: None,
            query_folder: None,
            forests: Vec::new(),
        };
        let mut console = with_options([1280.0, 1600.0], options);
        wait(&mut console, "the forest is read", |console| {
            console.state().forests().iter().any(|entry| entry.open().is_some())
        });
        settle(&mut console);
        // Nobody was asked, and nothing else was opened.
        assert_eq!(*asked.lock().unwrap(), [Some(ConnectTarget::Domain(own.clone()))]);
        assert_eq!(console.state().forests().len(), 1);
        // The forest bears the name of its root domain; of its domains that of the user is open.
        let labels = tree_labels(&console);
        assert!(labels.contains(&"Forest: kestrelbay.example".to_owned()), "{labels:?}");
        let is_open = |name: &str| {
            let item = console.get_by_role_and_label(Role::TreeItem, name).accesskit_node();
            item.data().is_expanded() == Some(true)
        };
        for other in ["kestrelbay.example", "yards.kestrelbay.example", "lumen-sails.example"] {
            assert_eq!(is_open(other), other == domain, "{other} for a user of {domain}");
        }
    }
}
