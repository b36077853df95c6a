//! Infrastructure status, the choice of a domain controller, and Group Policy Update.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{AppOptions, ConnectRequest, ForestOpener, Place, StatusOf, StatusRun, StoreOpener};
use opengpmc::gpm::{ForestSnapshot, Task};
use opengpmc::ident::GpoVersion;
use opengpmc::operation::{InfrastructureStatus, SyncState};
use opengpmc::store::{ConnectTarget, ControllerChoice, ForestStore, StoreError};

use crate::backups::{click, menu, put};
use crate::common::several_controllers::{NAMES, SeveralControllers, controller};
use crate::common::small_domain::{BASELINE, DOMAIN, IMPORTED, Settings, as_backed_up, dns, folder, guid, write_gpo};
use crate::console::{Console, NoBrowser, NoFilePicker, demo, go_to, open_tab, settle, wait, with_options};
use crate::picture;
use crate::screens::{dn, root, times};
use crate::support::{cells, press, rows};

/// Opens one forest, whatever is asked for.
struct OneForest(Arc<SeveralControllers>);

#[async_trait]
impl ForestOpener for OneForest {
    async fn open(&self, _request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        Ok(self.0.clone())
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        StoreOpener.load(store, task).await
    }
}

/// Makes a domain with three controllers: the second is behind, the third is dead.
fn three(folder_of_test: &Path) -> Arc<SeveralControllers> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (first, second) = (controller(folder_of_test, "one").await, controller(folder_of_test, "two").await);
        let behind = Settings { version: GpoVersion { user: 3, computer: 4 }, ..as_backed_up() };
        write_gpo(&*second, &dns(DOMAIN), BASELINE, &behind).await;
        second.sysvol(&dns(DOMAIN)).await.unwrap().remove_tree(&folder(IMPORTED)).await.unwrap();
        Arc::new(SeveralControllers::new(vec![Some(first), Some(second), None]))
    })
}

/// Opens the console on a forest, and waits until it is there.
fn console(forest: &Arc<SeveralControllers>, settings_folder: Option<&Path>) -> Console {
    let target = Some(ConnectTarget::Domain(dns(DOMAIN)));
    let options = AppOptions {
        opener: Arc::new(OneForest(forest.clone())),
        file_picker: Arc::new(NoFilePicker),
        browser: Arc::new(NoBrowser),
        settings_folder: settings_folder.map(Path::to_owned),
        journal_folder: None,
        query_folder: None,
        forests: vec![ConnectRequest { target, ..ConnectRequest::default() }],
    };
    let mut console = with_options([1280.0, 800.0], options);
    wait(&mut console, "the forest is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    console.run_steps(4);
    console
}

fn run_of(console: &Console, gpo: Option<&str>) -> StatusRun {
    let forest = console.state().forests()[0].open().unwrap();
    forest.statuses.get(&StatusOf { domain: dns(DOMAIN), gpo: gpo.map(guid) })
}

/// Presses Detect Now and waits for the result.
fn detect(console: &mut Console, gpo: Option<&str>) -> Arc<InfrastructureStatus> {
    let before = run_of(console, gpo).result;
    click(console, "Detect Now");
    wait(console, "the controllers were asked", |console| {
        let run = run_of(console, gpo);
        run.running.is_none()
            && (run.error.is_some() || run.result.as_ref().map(Arc::as_ptr) != before.as_ref().map(Arc::as_ptr))
    });
    console.run_steps(6);
    run_of(console, gpo).result.expect("a result")
}

const DIFFERING: &str = "Group Policy Objects that differ";
const IN_PROGRESS: &str = "Domain controller(s) with replication in progress";
const IN_SYNC: &str = "Domain controller(s) with replication in sync";

#[test]
fn detect_now_groups_the_controllers_and_lists_what_differs() {
    let folder_of_test = tempfile::tempdir().unwrap();
    let mut console = console(&three(folder_of_test.path()), None);
    go_to(&mut console, Place::Domain(dns(DOMAIN)));
    // The Status tab opens first, and says that nothing is known.
    console.get_by_label_contains("No infrastructure status information exists for this domain.");
    console.get_by_label("dc1.corp.test is the baseline domain controller for this domain.");
    assert!(console.query_by_label("Save Results…").is_none());
    detect(&mut console, None);
    console.get_by_label("1 of 3 domain controllers in sync, 1 with replication in progress, 1 inaccessible");
    console.get_by_label(&format!("{IN_PROGRESS} (2 of 3)"));
    assert_eq!(rows(&console, IN_PROGRESS), [NAMES[1], NAMES[2]]);
    assert_eq!(cells(&console, IN_PROGRESS, NAMES[1])[..4], [NAMES[1], "Paris", "1 GPO differs", "2 GPOs differ"]);
    assert_eq!(cells(&console, IN_PROGRESS, NAMES[2])[..4], [NAMES[2], "Rome", "Inaccessible", "Inaccessible"]);
    // The group of those in sync is closed until somebody opens it.
    assert!(console.query_by_role_and_label(Role::Table, IN_SYNC).is_none());
    console.get_by_label(&format!("{IN_SYNC} (1 of 3)")).click();
    console.run_steps(20);
    assert_eq!(cells(&console, IN_SYNC, NAMES[0])[..4], [NAMES[0], "Berlin", "Sync", "Sync"]);
    let table = console.get_by_role_and_label(Role::Table, DIFFERING);
    let kinds: Vec<String> = table
        .query_all_by_role(Role::Row)
        .map(|row| row.query_all_by_role(Role::Cell).nth(2).unwrap().accesskit_node().label().unwrap_or_default())
        .collect();
    assert_eq!(kinds, ["Active Directory version", "SYSVOL version", "SYSVOL contents", "missing in SYSVOL"]);
    if picture::can_draw() {
        let masked = times(&console);
        picture::compare(&mut console, "status", &masked);
    }
    // A row leads to its GPO; its own tab knows nothing yet, then only of it.
    console.get_by_role_and_label(Role::Table, DIFFERING).query_all_by_role(Role::Row).next().unwrap().click();
    console.run_steps(4);
    press(&mut console, Modifiers::NONE, Key::Enter);
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Gpo { domain: dns(DOMAIN), id: guid(BASELINE) }));
    open_tab(&mut console, "Status");
    console.get_by_label_contains("No infrastructure status information exists for this Group Policy Object.");
    let status = detect(&mut console, Some(BASELINE));
    assert_eq!(status.controllers[1].differing.len(), 1);
    assert_eq!(rows(&console, DIFFERING).len(), 3);
    // What was gathered stays while the forest is read anew.
    press(&mut console, Modifiers::NONE, Key::F5);
    wait(&mut console, "it was read anew", |console| console.query_by_label_contains("was read anew").is_some());
    go_to(&mut console, Place::Domain(dns(DOMAIN)));
    assert_eq!(rows(&console, IN_PROGRESS), [NAMES[1], NAMES[2]]);
}

#[test]
fn detecting_shows_each_controller_and_can_be_stopped() {
    let folder_of_test = tempfile::tempdir().unwrap();
    let mut console = console(&three(folder_of_test.path()), None);
    go_to(&mut console, Place::Domain(dns(DOMAIN)));
    console.get_by_role_and_label(Role::Button, "Detect Now").click();
    wait(&mut console, "the dead one is waited for", |console| {
        console.query_by_label("dc3.corp.test: being read").is_some()
    });
    assert!(console.query_by_label("Detect Now").is_none());
    click(&mut console, "Stop");
    wait(&mut console, "it has stopped", |console| run_of(console, None).running.is_none());
    console.run_steps(4);
    assert!(run_of(&console, None).result.is_none());
    console.get_by_label_contains("No infrastructure status information exists for this domain.");
    console.get_by_role_and_label(Role::Button, "Detect Now");
}

#[test]
fn another_baseline_is_compared_with_and_a_dead_one_is_told() {
    let folder_of_test = tempfile::tempdir().unwrap();
    let mut console = console(&three(folder_of_test.path()), None);
    go_to(&mut console, Place::Domain(dns(DOMAIN)));
    let choose = |console: &mut Console, entry: &str| {
        click(console, "Change the baseline domain controller");
        console.get_by_label(entry).click();
        console.run_steps(6);
    };
    choose(&mut console, "dc2.corp.test (Paris)");
    console.get_by_label("dc2.corp.test is the baseline domain controller for this domain.");
    let status = detect(&mut console, None);
    assert_eq!(status.baseline, NAMES[1]);
    assert_eq!(status.controllers[0].sync, SyncState::InProgress);
    choose(&mut console, "dc3.corp.test (Rome)");
    detect(&mut console, None);
    console.get_by_label_contains("the baseline dc3.corp.test cannot be read, choose another domain controller");
    // What was there before stays in view.
    console.get_by_label("Compared with dc2.corp.test at");
}

#[test]
fn results_are_saved_as_the_command_line_reads_them() {
    let folder_of_test = tempfile::tempdir().unwrap();
    let mut console = console(&three(folder_of_test.path()), None);
    go_to(&mut console, Place::Domain(dns(DOMAIN)));
    let status = detect(&mut console, None);
    let path = folder_of_test.path().join("status.json");
    click(&mut console, "Save Results…");
    put(&mut console, "File", &path.display().to_string());
    click(&mut console, "Save");
    let saved: InfrastructureStatus = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(saved, *status);
}

/// Returns the controller that a domain is read from, as its own forest file names it.
fn in_use(console: &Console) -> String {
    let forest = console.state().forests()[0].open().unwrap();
    forest.snapshot.domain(&dns(DOMAIN)).unwrap().domain_controller.clone()
}

#[test]
fn the_domain_controller_of_a_domain_is_changed_and_remembered() {
    let folder_of_test = tempfile::tempdir().unwrap();
    let settings = tempfile::tempdir().unwrap();
    let forest = three(folder_of_test.path());
    let mut console = console(&forest, Some(settings.path()));
    go_to(&mut console, Place::Domain(dns(DOMAIN)));
    assert_eq!(in_use(&console), "one.gpforest");
    menu(&mut console, "Action", "Change Domain Controller…");
    console.get_by_label("Current domain controller: one.gpforest");
    console.get_by_label("Any available domain controller running Windows Server 2003 or later");
    assert_eq!(rows(&console, "Domain controllers"), NAMES);
    assert_eq!(cells(&console, "Domain controllers", NAMES[1]), [NAMES[1], "Paris"]);
    if picture::can_draw() {
        let masked = times(&console);
        picture::compare(&mut console, "change-controller", &masked);
    }
    // Without a choice from the list there is no such controller; a dead one leaves all as it was.
    console.get_by_label("This domain controller:").click();
    console.run_steps(2);
    click(&mut console, "OK");
    console.get_by_label_contains("Choose a domain controller from the list.");
    console.get_by_role_and_label(Role::Row, NAMES[2]).click();
    console.run_steps(4);
    click(&mut console, "OK");
    wait(&mut console, "it does not answer", |console| console.query_by_label_contains("did not answer").is_some());
    console.run_steps(4);
    assert_eq!(in_use(&console), "one.gpforest");
    console.get_by_role_and_label(Role::Row, NAMES[1]).click();
    console.run_steps(4);
    click(&mut console, "OK");
    wait(&mut console, "the other one is in use", |console| in_use(console) == "two.gpforest");
    let choice = ControllerChoice::Named(NAMES[1].to_owned());
    assert_eq!(forest.controller_choice(&dns(DOMAIN)), choice);
    let (remembered, _) = opengpmc::console::settings::Settings::load(Some(settings.path()));
    assert_eq!(remembered.controller_choices().domains.get(&dns(DOMAIN)), Some(&choice));
    // Back to the PDC emulator, which needs no remembering.
    wait(&mut console, "the dialog is closed", |console| console.query_by_label("This domain controller:").is_none());
    settle(&mut console);
    menu(&mut console, "Action", "Change Domain Controller…");
    console.get_by_label("The domain controller with the Operations Master token for the PDC emulator").click();
    console.run_steps(2);
    click(&mut console, "OK");
    wait(&mut console, "the first one is in use", |console| in_use(console) == "one.gpforest");
    let (remembered, _) = opengpmc::console::settings::Settings::load(Some(settings.path()));
    assert!(remembered.controller_choices().domains.is_empty());
}

#[test]
fn the_domain_controller_of_the_sites_is_changed() {
    let folder_of_test = tempfile::tempdir().unwrap();
    let settings = tempfile::tempdir().unwrap();
    let forest = three(folder_of_test.path());
    let mut console = console(&forest, Some(settings.path()));
    go_to(&mut console, Place::Sites);
    menu(&mut console, "Action", "Change Domain Controller…");
    console.get_by_label("Current domain controller: dc1.corp.test");
    console.get_by_role_and_label(Role::ComboBox, "Look in this domain:");
    console.get_by_role_and_label(Role::Row, NAMES[1]).click();
    console.run_steps(4);
    click(&mut console, "OK");
    wait(&mut console, "the sites are read elsewhere", |_| forest.info().server == NAMES[1]);
    assert_eq!(in_use(&console), "one.gpforest", "the domain stays where it was");
    wait(&mut console, "it is remembered", |_| {
        let (remembered, _) = opengpmc::console::settings::Settings::load(Some(settings.path()));
        let choices = remembered.controller_choices();
        let expected = (dns(DOMAIN), ControllerChoice::Named(NAMES[1].to_owned()));
        choices.configuration.get(&dns(DOMAIN)) == Some(&expected)
    });
}

#[test]
fn a_domain_whose_pdc_emulator_does_not_answer_is_asked_about() {
    let folder_of_test = tempfile::tempdir().unwrap();
    let is_loaded = |console: &Console| {
        let forest = console.state().forests()[0].open().unwrap();
        !forest.snapshot.domain(&dns(DOMAIN)).unwrap().soms.is_empty()
    };
    let ask = |answer: &str| {
        let forest = three(folder_of_test.path());
        forest.unloaded.store(true, Ordering::SeqCst);
        let mut console = console(&forest, None);
        assert!(console.query_all_by_label("Domain Controller of corp.test Not Available").next().is_some());
        console.get_by_label("The domain controller with the PDC emulator role of corp.test cannot be reached.");
        console.get_by_label(answer).click();
        console.run_steps(2);
        click(&mut console, "OK");
        console
    };
    let mut console = ask("Use any available domain controller");
    wait(&mut console, "the domain is loaded", is_loaded);
    console.run_steps(4);
    assert!(console.query_all_by_label_contains("Not Available").next().is_none());
    drop(console);
    let mut console = ask("Leave the domain unloaded");
    console.run_steps(4);
    assert!(!is_loaded(&console) && console.query_all_by_label_contains("Not Available").next().is_none());
    // Its page says why it is empty, and leads on.
    go_to(&mut console, Place::Domain(dns(DOMAIN)));
    console.get_by_label_contains("its PDC emulator is gone");
    click(&mut console, "Change Domain Controller…");
    console.get_by_label("Current domain controller: none: the domain is not loaded");
    drop(console);
    let mut console = ask("Choose a domain controller");
    console.run_steps(4);
    console.get_by_role_and_label(Role::Row, NAMES[1]).click();
    console.run_steps(4);
    click(&mut console, "OK");
    wait(&mut console, "the domain is loaded", is_loaded);
    assert_eq!(in_use(&console), "two.gpforest");
}

#[test]
fn group_policy_update_counts_asks_and_pretends_nothing() {
    let mut console = demo();
    go_to(&mut console, Place::Ou(dn("OU=Retired")));
    menu(&mut console, "Action", "Group Policy Update…");
    wait(&mut console, "it was counted", |console| {
        console.query_by_label_contains("there is nothing to update").is_some()
    });
    assert!(console.query_by_label("Yes").is_none());
    click(&mut console, "Close");

    go_to(&mut console, Place::Ou(dn("OU=Domain Controllers")));
    menu(&mut console, "Action", "Group Policy Update…");
    wait(&mut console, "it was counted", |console| console.query_by_label_contains("2 computers").is_some());
    console.get_by_label(
        "Group Policy of 2 computers in kestrelbay.example/Domain Controllers and below would be updated.",
    );
    console.get_by_label_contains("This program cannot start a Group Policy update on other computers");
    console.get_by_label_contains("Read Group Policy Results data");
    click(&mut console, "Yes");
    wait(&mut console, "the results are there", |console| {
        console.query_by_label("Succeeded (0)   Failed (2)").is_some()
    });
    console.run_steps(2);
    let row = cells(&console, "Remote Group Policy update results", "kb-dc1.kestrelbay.example");
    assert_eq!(row[..2], ["kb-dc1.kestrelbay.example", "0x80070032"]);
    assert!(row[2].contains("No update was started from here."), "{row:?}");
    if picture::can_draw() {
        let masked = times(&console);
        picture::compare(&mut console, "group-policy-update", &masked);
    }
    let folder = tempfile::tempdir().unwrap();
    for (button, name, words) in [
        ("Save…", "results.csv", "Computer,Error code,Error description\nkb-dc1"),
        ("Save Script…", "update.ps1", "'kb-dc1.kestrelbay.example',\r\n    'kb-dc2.kestrelbay.example'\r\n)"),
    ] {
        let path = folder.path().join(name);
        click(&mut console, button);
        put(&mut console, "File", &path.display().to_string());
        click(&mut console, "Save");
        let written = std::fs::read_to_string(path).unwrap();
        assert!(written.contains(words), "{written}");
    }
    click(&mut console, "Close");
    assert!(console.query_by_label_contains("Succeeded (0)").is_none());
    let domain = Place::Domain(root());
    go_to(&mut console, domain);
    menu(&mut console, "Action", "Group Policy Update…");
    wait(&mut console, "it was counted", |console| {
        console.query_by_label_contains("computers in kestrelbay").is_some()
    });
    click(&mut console, "No");
}
