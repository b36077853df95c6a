//! Search for Group Policy Objects: conditions put together, results gone to, acted upon and saved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, ConnectRequest, ForestOpener, ForestView, Node, Place, StoreOpener};
use opengpmc::gpm::{ForestSnapshot, Gpo, LinkScope, Task};
use opengpmc::ident::{DnsName, Sid};
use opengpmc::store::{ConnectionInfo, Directory, ForestStore, StoreError, Sysvol};

use crate::console::{Console, demo_of_size, demo_request, go_to, open_tab, settle, wait, with_opener};
use crate::picture;
use crate::screens::{gpo, times};
use crate::support::{press, rows, type_text};

const CRITERIA: &str = "Search criteria";
const RESULTS: &str = "Search results";

/// Opens the search from the menu of a place.
fn search_from(place: Place, tab: Option<&str>) -> Console {
    search_in(demo_of_size([1280.0, 900.0]), place, tab)
}

fn search_in(mut console: Console, place: Place, tab: Option<&str>) -> Console {
    go_to(&mut console, place);
    if let Some(tab) = tab {
        open_tab(&mut console, tab);
    }
    press(&mut console, Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    console.run_steps(6);
    console.get_by_label("Stop Search");
    console
}

fn search_forest() -> Console {
    search_from(Place::Domains, None)
}

fn click(console: &mut Console, button: &str) {
    // A window takes a frame or two to find its place.
    console.run_steps(3);
    console.get_all_by_role_and_label(Role::Button, button).last().unwrap().click();
    console.run_steps(6);
}

/// Opens a choice and takes one of its entries.
fn choose(console: &mut Console, combo: &str, entry: &str) {
    console.get_by_role_and_label(Role::ComboBox, combo).click();
    console.run_steps(5);
    console.get_all_by_role_and_label(Role::Button, entry).last().unwrap().click();
    console.run_steps(6);
}

/// Searches and waits for the results.
fn search(console: &mut Console) {
    click(console, "Search");
    wait(console, "the search has ended", |console| {
        console.query_by_label_contains("found.").is_some() && console.query_by_label_contains("Searching…").is_none()
    });
    console.run_steps(3);
}

fn count(console: &Console) -> String {
    console.get_by_label_contains("found.").accesskit_node().value().unwrap_or_default()
}

/// Says how many GPOs of the demo forest are like that, as the window says it.
fn expected(console: &Console, is_wanted: impl Fn(&Gpo) -> bool) -> String {
    let forest = console.state().forests()[0].open().unwrap();
    let count = forest.snapshot.domains.iter().flat_map(|domain| &domain.gpos).filter(|gpo| is_wanted(gpo)).count();
    assert!(count > 0, "the demo forest has such GPOs");
    if count == 1 { "1 GPO was found.".to_owned() } else { format!("{count} GPOs were found.") }
}

fn select_result(console: &mut Console, name: &str) {
    let table = console.get_by_role_and_label(Role::Table, RESULTS);
    table.get_by_role_and_label(Role::Row, name).click();
    console.run_steps(4);
}

#[test]
fn conditions_are_added_removed_and_all_must_hold() {
    let mut console = search_forest();
    // The field for the name has the focus.
    type_text(&mut console, "default");
    press(&mut console, Modifiers::NONE, Key::Enter);
    choose(&mut console, "Condition", "does not contain");
    type_text(&mut console, "controllers");
    click(&mut console, "Add");
    assert_eq!(rows(&console, CRITERIA), ["default", "controllers"]);
    search(&mut console);
    let wanted = |gpo: &Gpo| {
        let name = gpo.display_name.to_lowercase();
        name.contains("default") && !name.contains("controllers")
    };
    assert_eq!(count(&console), expected(&console, wanted));
    assert!(rows(&console, RESULTS).contains(&"Default Domain Policy".to_owned()));
    let masked = times(&console);
    picture::compare(&mut console, "search", &masked);
    let table = console.get_by_role_and_label(Role::Table, CRITERIA);
    table.get_by_role_and_label(Role::Row, "default").click();
    console.run_steps(4);
    click(&mut console, "Remove");
    assert_eq!(rows(&console, CRITERIA), ["controllers"]);
    search(&mut console);
    assert_eq!(count(&console), expected(&console, |gpo| !gpo.display_name.to_lowercase().contains("controllers")));
    click(&mut console, "Clear");
    assert!(rows(&console, CRITERIA).is_empty() && rows(&console, RESULTS).is_empty());
}

#[test]
fn one_domain_is_searched_from_its_own_menu() {
    let yards = "yards.kestrelbay.example".parse().unwrap();
    let mut console = search_from(Place::Domain(yards), Some("Linked Group Policy Objects"));
    search(&mut console);
    assert_eq!(count(&console), expected(&console, |gpo| gpo.domain.as_str() == "yards.kestrelbay.example"));
    choose(&mut console, "Search for GPOs in this domain:", "All domains shown in this forest");
    search(&mut console);
    assert_eq!(count(&console), expected(&console, |_| true));
}

#[test]
fn domains_that_are_hidden_are_not_searched() {
    let mut console = demo_of_size([1280.0, 900.0]);
    let id = console.state().forests()[0].id;
    let lumen: DnsName = "lumen-sails.example".parse().unwrap();
    let view = ForestView { hidden_domains: vec![lumen.clone()], ..ForestView::default() };
    console.state_mut().ask(Command::SetForestView(id, view));
    console.run_steps(4);
    let mut console = search_in(console, Place::Domains, None);
    search(&mut console);
    assert_eq!(count(&console), expected(&console, |gpo| gpo.domain != lumen));
}

#[test]
fn gpos_without_links_and_with_links_on_sites_are_found() {
    let mut console = search_forest();
    choose(&mut console, "Search item", "GPO-links");
    choose(&mut console, "Condition", "do not exist in");
    choose(&mut console, "Value", "[Entire forest]");
    click(&mut console, "Add");
    search(&mut console);
    let unlinked = {
        let forest = console.state().forests()[0].open().unwrap();
        let snapshot = &forest.snapshot;
        expected(&console, |gpo| snapshot.link_count(&gpo.dn) == 0)
    };
    assert_eq!(count(&console), unlinked);
    click(&mut console, "Clear");
    choose(&mut console, "Search item", "GPO-links");
    choose(&mut console, "Value", "[All sites]");
    click(&mut console, "Add");
    search(&mut console);
    let on_sites = {
        let forest = console.state().forests()[0].open().unwrap();
        let snapshot = &forest.snapshot;
        expected(&console, |gpo| !snapshot.links_to(&gpo.dn, LinkScope::AllSites).is_empty())
    };
    assert_eq!(count(&console), on_sites);
}

#[test]
fn permissions_are_searched_for_by_name_and_in_effect() {
    let mut console = search_forest();
    choose(&mut console, "Search item", "Security Group");
    // The picker opens at once.
    type_text(&mut console, "Authenticated Users");
    click(&mut console, "OK");
    wait(&mut console, "the group is chosen", |console| {
        console.query_by_label("Check Names").is_none()
            && console.query_by_role_and_label(Role::ComboBox, "Permission").is_some()
    });
    console.run_steps(4);
    choose(&mut console, "Permission", "Read (from Security Filtering)");
    click(&mut console, "Add");
    search(&mut console);
    let applies_to_all = |gpo: &Gpo| {
        use opengpmc::gpm::{PermissionType, SecuredObject, SecurityInfo};
        let bytes = gpo.security_descriptor.as_deref();
        let info = bytes.and_then(|bytes| SecurityInfo::from_bytes(SecuredObject::Gpo, bytes).ok());
        info.is_some_and(|info| info.grants(&Sid::authenticated_users(), PermissionType::GpoApply))
    };
    assert_eq!(count(&console), expected(&console, applies_to_all));
    let by_name: usize = count(&console).split(' ').next().unwrap().parse().unwrap();
    let masked = times(&console);
    picture::compare(&mut console, "search-permission", &masked);
    // In effect, somebody applies what is given to a group they belong to.
    click(&mut console, "Clear");
    choose(&mut console, "Search item", "Security Group");
    type_text(&mut console, "jonas.weir");
    click(&mut console, "OK");
    wait(&mut console, "somebody is chosen", |console| {
        console.query_by_label("Check Names").is_none()
            && console.query_by_role_and_label(Role::ComboBox, "Permission").is_some()
    });
    console.run_steps(4);
    choose(&mut console, "Permission", "Read (from Security Filtering)");
    choose(&mut console, "Condition", "has this effective permission");
    click(&mut console, "Add");
    search(&mut console);
    // He applies every GPO that everybody applies, and those of his group.
    let in_effect: usize = count(&console).split(' ').next().unwrap().parse().unwrap();
    assert!(in_effect > by_name, "{in_effect} in effect, {by_name} by name");
}

#[test]
fn extensions_filters_and_guids_are_searched_for() {
    let mut console = search_forest();
    choose(&mut console, "Search item", "Computer Configuration");
    choose(&mut console, "Value", "Audit Policy Configuration");
    click(&mut console, "Add");
    search(&mut console);
    let audit = "F3CCC681-B74C-4060-9F26-CD84525DCA2A".parse().unwrap();
    assert_eq!(count(&console), expected(&console, |gpo| gpo.computer_extensions.contains(audit)));
    click(&mut console, "Clear");
    choose(&mut console, "Search item", "User Configuration");
    choose(&mut console, "Condition", "does not contain");
    choose(&mut console, "Value", "Folder Redirection");
    click(&mut console, "Add");
    search(&mut console);
    let redirection = "25537BA6-77A8-11D2-9B6C-0000F8080861".parse().unwrap();
    assert_eq!(count(&console), expected(&console, |gpo| !gpo.user_extensions.contains(redirection)));

    click(&mut console, "Clear");
    choose(&mut console, "Search item", "WMI Filter");
    let filtered = {
        let forest = console.state().forests()[0].open().unwrap();
        let gpos = || forest.snapshot.domains.iter().flat_map(|domain| &domain.gpos);
        let filter = gpos().find_map(|gpo| forest.snapshot.wmi_filter(gpo.wmi_filter.as_ref()?)).unwrap();
        (format!("{} ({})", filter.name, filter.domain), filter.id)
    };
    choose(&mut console, "Value", &filtered.0);
    click(&mut console, "Add");
    search(&mut console);
    let uses = |gpo: &Gpo| gpo.wmi_filter.as_ref().is_some_and(|filter| filter.id == filtered.1);
    assert_eq!(count(&console), expected(&console, uses));

    click(&mut console, "Clear");
    choose(&mut console, "Search item", "GUID");
    type_text(&mut console, "31B2F340");
    click(&mut console, "Add");
    console.get_by_label_contains("is not a GUID");
    console.get_by_role_and_label(Role::TextInput, "Value").focus();
    console.run_steps(3);
    press(&mut console, Modifiers::COMMAND, Key::A);
    type_text(&mut console, "{31B2F340-016D-11D2-945F-00C04FB984F9}");
    press(&mut console, Modifiers::NONE, Key::Enter);
    search(&mut console);
    let default_policy = "31B2F340-016D-11D2-945F-00C04FB984F9".parse().unwrap();
    assert_eq!(count(&console), expected(&console, |gpo| gpo.id == default_policy));
}

#[test]
fn a_result_is_gone_to_by_double_click() {
    let mut console = search_forest();
    type_text(&mut console, "baseline");
    press(&mut console, Modifiers::NONE, Key::Enter);
    search(&mut console);
    select_result(&mut console, "Baseline - All Computers");
    press(&mut console, Modifiers::NONE, Key::Enter);
    settle(&mut console);
    let id = console.state().forests()[0].id;
    let place = gpo(&console, "Baseline - All Computers");
    assert_eq!(*console.state().selected(), Node::In(id, place));
    assert!(console.query_by_label("Stop Search").is_none(), "the window is closed");
}

#[test]
fn results_are_backed_up_reported_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("found.csv");
    let mut console = search_forest();
    type_text(&mut console, "baseline");
    press(&mut console, Modifiers::NONE, Key::Enter);
    search(&mut console);
    click(&mut console, "Save Results…");
    let field = console.get_all_by_role(Role::TextInput).last().unwrap();
    field.focus();
    console.run_steps(3);
    press(&mut console, Modifiers::COMMAND, Key::A);
    type_text(&mut console, &file.display().to_string());
    press(&mut console, Modifiers::NONE, Key::Enter);
    wait(&mut console, "the results are saved", |_| file.is_file());
    let text = std::fs::read_to_string(&file).unwrap();
    let first = text.trim_start_matches('\u{FEFF}').lines().next().unwrap_or_default();
    assert_eq!(first, "Name,Domain,GUID");
    assert!(text.contains("Baseline - All Computers,kestrelbay.example,"), "{text}");
    console.run_steps(6);
    assert!(console.get_by_role_and_label(Role::Button, "Back Up…").accesskit_node().is_disabled());
    select_result(&mut console, "Baseline - All Computers");
    assert!(!console.get_by_role_and_label(Role::Button, "Save Report…").accesskit_node().is_disabled());
    click(&mut console, "Back Up…");
    assert!(console.query_all_by_label("Back Up Group Policy Object").next().is_some());
    press(&mut console, Modifiers::NONE, Key::Escape);
    console.run_steps(6);
    // The menu of a result is that of the GPO.
    console
        .get_by_role_and_label(Role::Table, RESULTS)
        .get_by_role_and_label(Role::Row, "Baseline - All Computers")
        .click_secondary();
    console.run_steps(6);
    console.get_by_label("Import Settings…");
}

#[test]
fn a_result_that_is_deleted_leaves_the_list() {
    let mut console = search_forest();
    type_text(&mut console, "archive");
    press(&mut console, Modifiers::NONE, Key::Enter);
    search(&mut console);
    assert!(rows(&console, RESULTS).contains(&"Archive - Windows XP".to_owned()));
    select_result(&mut console, "Archive - Windows XP");
    click(&mut console, "Delete");
    console.get_by_label_contains("Delete the GPO Archive - Windows XP and every link to it");
    click(&mut console, "Delete");
    wait(&mut console, "the GPO is gone", |console| {
        !rows(console, RESULTS).contains(&"Archive - Windows XP".to_owned())
    });
    let forest = console.state().forests()[0].open().unwrap();
    assert!(forest.snapshot.domains[0].gpos_named("Archive - Windows XP").next().is_none());
}

/// Opens the demo forest; once told so, no domain answers any more.
struct FallsSilent(Arc<AtomicBool>);

struct SilentStore {
    demo: Arc<dyn ForestStore>,
    is_silent: Arc<AtomicBool>,
}

#[async_trait]
impl ForestOpener for FallsSilent {
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        let demo = StoreOpener.open(request).await?;
        Ok(Arc::new(SilentStore { demo, is_silent: Arc::clone(&self.0) }))
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        StoreOpener.load(store, task).await
    }
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
        if self.is_silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.demo.domain_directory(domain).await
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        self.demo.sysvol(domain).await
    }
}

#[test]
fn a_running_search_is_stopped() {
    let is_silent = Arc::new(AtomicBool::new(false));
    let opener = Arc::new(FallsSilent(Arc::clone(&is_silent)));
    let mut console = with_opener([1280.0, 900.0], opener, vec![demo_request()]);
    wait(&mut console, "the demo forest is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    let mut console = search_in(console, Place::Domains, None);
    choose(&mut console, "Search item", "Security Group");
    type_text(&mut console, "Helpdesk");
    click(&mut console, "OK");
    wait(&mut console, "the group is chosen", |console| console.query_by_label("Check Names").is_none());
    console.run_steps(6);
    choose(&mut console, "Condition", "has this effective permission");
    click(&mut console, "Add");
    // The groups of the group are asked for, and nobody answers.
    is_silent.store(true, Ordering::SeqCst);
    console.get_by_role_and_label(Role::Button, "Search").click();
    console.run_steps(10);
    console.get_by_label_contains("Searching…");
    assert!(console.get_by_role_and_label(Role::Button, "Clear").accesskit_node().is_disabled());
    console.get_by_role_and_label(Role::Button, "Stop Search").click();
    wait(&mut console, "the search has stopped", |console| {
        console.query_by_label("The search was stopped: there may be more.").is_some()
    });
    assert!(console.query_by_label_contains("Searching…").is_none());
}
