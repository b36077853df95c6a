//! GPOs as a whole in the console: made, renamed, turned off, commented, filtered, deleted. Each test looks at what has become of the forest.

use std::sync::Arc;

use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, Place};
use opengpmc::gpm::{ForestSnapshot, Gpo, GpoStatus};
use opengpmc::store::SysvolPath;

use crate::backups::{click, enter, menu, picture, put};
use crate::console::{Console, demo, go_to, open_tab, settle, wait};
use crate::screens::{dn, gpo, root};
use crate::support::{cells, copied, press, rows, selected_rows};

const STRICT: &str = "Screen Lock - Strict";
const GPOS: &str = "Group Policy Objects";

fn snapshot(console: &Console) -> Arc<ForestSnapshot> {
    Arc::clone(&console.state().forests()[0].open().unwrap().snapshot)
}

/// Returns the GPOs of that name in the first domain, as the console has read them.
fn named(console: &Console, name: &str) -> Vec<Gpo> {
    snapshot(console).domain(&root()).unwrap().gpos_named(name).cloned().collect()
}

fn only(console: &Console, name: &str) -> Gpo {
    let [only] = named(console, name).try_into().unwrap();
    only
}

/// Waits until a dialog of this title is there, or gone.
fn wait_for_dialog(console: &mut Console, title: &str, is_there: bool) {
    wait(console, title, |console| console.query_by_role_and_label(Role::Dialog, title).is_some() == is_there);
    console.run_steps(3);
}

/// Returns the file of a GPO in the forest behind the console.
fn file(console: &Console, gpo: &Gpo, name: &str) -> Option<Vec<u8>> {
    let store = Arc::clone(&console.state().forests()[0].open().unwrap().store);
    let path = gpo.sysvol_folder().join_path(&SysvolPath::parse(name).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { store.sysvol(&root()).await.unwrap().read(&path).await.ok() })
}

/// Opens a drop-down and chooses one of its rows.
fn choose(console: &mut Console, list: &str, row: &str) {
    console.get_by_role_and_label(Role::ComboBox, list).click();
    console.run_steps(4);
    let rows: Vec<_> = console.query_all_by_label(row).collect();
    rows.last().unwrap_or_else(|| panic!("{row} in {list}")).click();
    console.run_steps(4);
}

#[test]
fn a_new_gpo_gets_a_name_that_is_checked_and_is_selected() {
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    menu(&mut console, "Action", "New…");
    wait_for_dialog(&mut console, "New GPO", true);
    settle(&mut console);
    picture(&mut console, "new-gpo");
    // The demo forest has one that is called as GPMC calls new ones.
    assert_eq!(named(&console, "New Group Policy Object").len(), 1);
    click(&mut console, "OK");
    console.get_by_label("kestrelbay.example has a GPO of this name already. Choose another name.");
    put(&mut console, "Name", " ");
    assert!(console.query_by_label_contains("a GPO of this name already").is_none());
    click(&mut console, "OK");
    console.get_by_label("Give the GPO a name.");
    put(&mut console, "Name", &"x".repeat(256));
    click(&mut console, "OK");
    console.get_by_label("The name is too long: 255 characters are taken at most.");
    enter(&mut console, "Name", "Made Here");
    wait(&mut console, "the new GPO is selected", |console| {
        let made = named(console, "Made Here");
        made.iter().any(|gpo| console.state().selected().place() == Some(&Place::Gpo { domain: root(), id: gpo.id }))
    });
    let made = only(&console, "Made Here");
    assert_eq!((made.status, made.version.to_u32()), (GpoStatus::Enabled, 0));
    assert!(file(&console, &made, "GPT.INI").is_some());
    assert_eq!(snapshot(&console).link_count(&made.dn), 0);
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait(&mut console, "it is gone again", |console| named(console, "Made Here").is_empty());
    assert!(file(&console, &made, "GPT.INI").is_none());
}

#[test]
fn a_new_gpo_begins_with_a_starter_gpo() {
    let mut console = demo();
    go_to(&mut console, Place::StarterGpos(root()));
    let starter = {
        let forest = console.state().forests()[0].open().unwrap();
        let starters = forest.starter_gpos(&root());
        starters.iter().find(|starter| starter.version.computer > 0).unwrap().display_name.clone()
    };
    go_to(&mut console, Place::Gpos(root()));
    menu(&mut console, "Action", "New…");
    put(&mut console, "Name", "From a Starter");
    choose(&mut console, "Source Starter GPO", &starter);
    click(&mut console, "OK");
    wait(&mut console, "the GPO is there", |console| !named(console, "From a Starter").is_empty());
    let made = only(&console, "From a Starter");
    assert_eq!(made.version.computer, 1);
    assert!(file(&console, &made, r"Machine\Registry.pol").is_some_and(|bytes| bytes.starts_with(b"PReg")));
}

#[test]
fn a_gpo_is_created_and_linked_at_once() {
    let mut console = demo();
    let ou = dn("OU=Headquarters");
    go_to(&mut console, Place::Ou(ou.clone()));
    menu(&mut console, "Action", "Create a GPO in This Domain, and Link It Here…");
    console.get_by_label_contains("links it to kestrelbay.example/Headquarters");
    enter(&mut console, "Name", "Made and Linked");
    wait(&mut console, "the GPO is there", |console| !named(console, "Made and Linked").is_empty());
    let made = only(&console, "Made and Linked");
    let is_linked = |console: &Console| {
        let forest = console.state().forests()[0].open().unwrap();
        let last = forest.som(&ou).unwrap().links.last().cloned().unwrap();
        last.gpo_dn.as_ref() == Some(&made.dn) && last.enabled && !last.enforced
    };
    wait(&mut console, "it is linked with the lowest precedence", is_linked);
    assert_eq!(console.state().selected().place(), Some(&Place::Ou(ou.clone())));
    // A site has no such command.
    let site = snapshot(&console).sites[0].dn.clone();
    go_to(&mut console, Place::Site(site));
    console.get_by_role_and_label(Role::Button, "Action").click();
    console.run_steps(4);
    assert!(console.query_by_label("Create a GPO in This Domain, and Link It Here…").is_none());
}

#[test]
fn a_gpo_is_renamed_in_the_tree_also_through_its_link() {
    let mut console = demo();
    let rename = |console: &mut Console, from: &str, to: &str| {
        console.state_mut().ask(Command::FocusTree);
        console.run_steps(3);
        press(console, Modifiers::NONE, Key::F2);
        console.run_steps(4);
        put(console, &format!("New name of {from}"), to);
        press(console, Modifiers::NONE, Key::Enter);
        console.run_steps(4);
    };
    let place = gpo(&console, STRICT);
    go_to(&mut console, place);
    rename(&mut console, STRICT, "Screen Lock");
    wait(&mut console, "it is renamed", |console| !named(console, "Screen Lock").is_empty());
    // The name of another one is refused, and nothing changes.
    rename(&mut console, "Screen Lock", "default domain policy");
    wait_for_dialog(&mut console, "Rename", true);
    console.get_by_label("kestrelbay.example has a GPO of this name already. Choose another name.");
    click(&mut console, "Close");
    wait_for_dialog(&mut console, "Rename", false);
    assert_eq!(named(&console, "Screen Lock").len(), 1);
    let link = Place::Link { som: dn("OU=Headquarters"), order: 1 };
    let linked = console.state().forests()[0].open().unwrap().gpo(&link).unwrap().clone();
    go_to(&mut console, link);
    rename(&mut console, &linked.display_name, "Renamed by its Link");
    wait(&mut console, "the GPO of the link is renamed", |console| !named(console, "Renamed by its Link").is_empty());
    assert_eq!(only(&console, "Renamed by its Link").id, linked.id);
}

#[test]
fn the_status_is_one_of_four_in_the_menu_and_on_the_details_tab() {
    let mut console = demo();
    let place = gpo(&console, STRICT);
    go_to(&mut console, place);
    let open_submenu = |console: &mut Console| {
        console.get_by_role_and_label(Role::Button, "Action").click();
        console.run_steps(4);
        console.get_by_role_and_label(Role::Button, "GPO Status").click();
        console.run_steps(4);
    };
    let ticked = |console: &Console| -> Vec<String> {
        let radios = console.query_all_by_role(Role::MenuItemRadio);
        let ticked = radios.filter(|radio| radio.accesskit_node().toggled() == Some(Toggled::True));
        ticked.map(|radio| radio.accesskit_node().label().unwrap_or_default()).collect()
    };
    open_submenu(&mut console);
    assert_eq!(ticked(&console), ["Computer Configuration Settings Disabled"]);
    console.get_by_role_and_label(Role::MenuItemRadio, "User Configuration Settings Disabled").click();
    wait(&mut console, "the user half is off", |console| {
        only(console, STRICT).status == GpoStatus::UserSettingsDisabled
    });
    open_submenu(&mut console);
    assert_eq!(ticked(&console), ["User Configuration Settings Disabled"]);
    press(&mut console, Modifiers::NONE, Key::Escape);
    press(&mut console, Modifiers::NONE, Key::Escape);
    // On the Details tab another one is asked about.
    open_tab(&mut console, "Details");
    choose(&mut console, "GPO Status", "All settings disabled");
    console.get_by_label(&format!("Change the status of {STRICT} to “All settings disabled”?"));
    click(&mut console, "Cancel");
    assert_eq!(only(&console, STRICT).status, GpoStatus::UserSettingsDisabled);
    choose(&mut console, "GPO Status", "All settings disabled");
    click(&mut console, "Yes");
    wait(&mut console, "both halves are off", |console| only(console, STRICT).status == GpoStatus::AllSettingsDisabled);
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait(&mut console, "it is undone", |console| only(console, STRICT).status == GpoStatus::UserSettingsDisabled);
}

#[test]
fn the_details_tab_tells_all_and_the_id_can_be_copied() {
    let mut console = demo();
    let place = gpo(&console, STRICT);
    go_to(&mut console, place);
    open_tab(&mut console, "Details");
    let strict = only(&console, STRICT);
    for label in ["Domain", "Owner", "Created", "Modified", "User version", "Computer version", "Unique ID", "Comment"]
    {
        assert!(console.query_all_by_label(label).next().is_some(), "{label}");
    }
    console.get_by_label(&strict.id.to_string());
    console.get_by_role_and_label(Role::Button, "Copy Unique ID").click();
    console.step();
    assert_eq!(copied(&console), Some(strict.id.to_string()));
    settle(&mut console);
    picture(&mut console, "gpo-details");
    // The same tab stays open from GPO to GPO, and a difference of versions is told above it.
    let place = gpo(&console, "Broken - Versions Differ");
    go_to(&mut console, place);
    console.get_by_label("9 (AD), 7 (SYSVOL)");
    console.get_by_label_contains("The two halves differ: ");
    go_to(&mut console, Place::Link { som: dn("OU=Headquarters"), order: 1 });
    console.get_by_label("Unique ID");
}

#[test]
fn the_comment_is_changed_in_place() {
    let mut console = demo();
    let place = gpo(&console, STRICT);
    go_to(&mut console, place.clone());
    open_tab(&mut console, "Details");
    let strict = only(&console, STRICT);
    let field = |console: &mut Console, text: &str| {
        console.get_by_role_and_label(Role::MultilineTextInput, "Comment").focus();
        console.run_steps(2);
        press(console, Modifiers::COMMAND, Key::A);
        crate::support::type_text(console, text);
    };
    field(&mut console, "Locks after five minutes");
    // A look at another GPO costs nothing.
    let other = gpo(&console, "Kiosk Users");
    go_to(&mut console, other);
    go_to(&mut console, place);
    click(&mut console, "Save Comment");
    let expected: Vec<u8> = "Locks after five minutes".encode_utf16().flat_map(u16::to_le_bytes).collect();
    wait(&mut console, "the comment is written", |console| {
        file(console, &strict, "GPO.cmt").as_ref() == Some(&expected)
    });
    wait(&mut console, "it is read anew", |console| {
        let details = &console.state().forests()[0].open().unwrap().details;
        details.comment(&root(), strict.id).ready().is_some_and(|comment| comment == "Locks after five minutes")
    });
    settle(&mut console);
    field(&mut console, "something else");
    click(&mut console, "Discard Changes");
    assert!(console.query_by_label("Save Comment").is_none());
    assert_eq!(file(&console, &strict, "GPO.cmt"), Some(expected));
}

#[test]
fn the_wmi_filter_is_chosen_on_the_scope_tab() {
    const LIST: &str = "This GPO is linked to the following WMI filter";
    let mut console = demo();
    let place = gpo(&console, STRICT);
    go_to(&mut console, place.clone());
    let before = only(&console, STRICT).wmi_filter;
    let forest = snapshot(&console);
    let domain = forest.domain(&root()).unwrap();
    let wanted = domain.wmi_filters.iter().find(|filter| filter.name == "Never used").unwrap();
    assert_ne!(before.map(|reference| reference.id), Some(wanted.id));
    choose(&mut console, LIST, "Never used");
    console.get_by_label(&format!("Change the WMI filter of {STRICT} to Never used?"));
    click(&mut console, "Yes");
    wait(&mut console, "the filter is set", |console| {
        only(console, STRICT).wmi_filter.is_some_and(|reference| reference.id == wanted.id)
    });
    console.run_steps(4);
    click(&mut console, "Open");
    let filter = Place::WmiFilter { domain: root(), id: wanted.id };
    assert_eq!(console.state().selected().place(), Some(&filter));
    go_to(&mut console, place);
    choose(&mut console, LIST, "<none>");
    console.get_by_label_contains(&format!("Remove the WMI filter of {STRICT}?"));
    click(&mut console, "Yes");
    wait(&mut console, "the filter is gone", |console| only(console, STRICT).wmi_filter.is_none());
}

#[test]
fn a_gpo_is_deleted_with_its_links_and_those_that_stay_are_named() {
    const NAME: &str = "Baseline - All Computers";
    let mut console = demo();
    let place = gpo(&console, NAME);
    go_to(&mut console, place);
    let target = only(&console, NAME);
    let count = snapshot(&console).link_count(&target.dn);
    menu(&mut console, "Action", "Delete");
    console.get_by_label_contains(&format!("Delete the GPO {NAME} and every link to it in its domain?"));
    let stay: Vec<_> = console.query_all_by_label_contains("stays and will be shown as Not Found").collect();
    let stay = stay.len();
    assert!(stay > 0 && stay < count, "{stay} of {count}");
    picture(&mut console, "delete-gpo");
    press(&mut console, Modifiers::NONE, Key::Escape);
    assert_eq!(named(&console, NAME).len(), 1);
    menu(&mut console, "Action", "Delete");
    press(&mut console, Modifiers::NONE, Key::Enter);
    wait(&mut console, "the GPO is gone", |console| named(console, NAME).is_empty());
    wait(&mut console, "its links are gone", |console| snapshot(console).link_count(&target.dn) == stay);
    assert!(file(&console, &target, "GPT.INI").is_none());
    // What stays is told, and read before anything else is done.
    wait(&mut console, "the links that stay are told", |console| {
        console.query_all_by_label_contains("stays and will be shown as Not Found").count() >= stay
    });
    click(&mut console, "OK");
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait(&mut console, "all of it is back", |console| {
        named(console, NAME).len() == 1 && snapshot(console).link_count(&target.dn) == count
    });
    assert!(file(&console, &target, "GPT.INI").is_some());
}

#[test]
fn default_gpos_cannot_be_deleted() {
    let mut console = demo();
    for name in ["Default Domain Policy", "Default Domain Controllers Policy"] {
        let place = gpo(&console, name);
        go_to(&mut console, place);
        console.get_by_role_and_label(Role::Button, "Action").click();
        console.run_steps(4);
        let row = console.get_by_role_and_label(Role::Button, "Delete");
        assert!(row.accesskit_node().is_disabled(), "{name}");
        press(&mut console, Modifiers::NONE, Key::Escape);
    }
    assert_eq!(named(&console, "Default Domain Policy").len(), 1);
}

#[test]
fn several_gpos_are_turned_off_and_deleted_at_once() {
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    let (one, two) = ("AppLocker - Kiosks", "Baseline - All Users");
    assert_eq!(cells(&console, GPOS, one)[..2], [one, "User configuration settings disabled"]);
    let before = [one, two].map(|name| only(&console, name).status);
    console.get_by_role_and_label(Role::Row, one).click();
    console.run_steps(3);
    console.get_by_role_and_label(Role::Row, two).click_modifiers(Modifiers::COMMAND);
    console.run_steps(3);
    assert_eq!(selected_rows(&console, GPOS), [one, two]);
    console.get_by_role_and_label(Role::Row, two).click_secondary();
    console.run_steps(4);
    for command in ["Back Up…", "Copy", "Delete"] {
        assert!(console.query_all_by_label(command).next().is_some(), "{command}");
    }
    console.get_by_role_and_label(Role::Button, "GPO Status").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::MenuItemRadio, "All Settings Disabled").click();
    wait(&mut console, "both are off", |console| {
        [one, two].iter().all(|name| only(console, name).status == GpoStatus::AllSettingsDisabled)
    });
    settle(&mut console);
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait(&mut console, "one undo takes both back", |console| {
        [one, two].map(|name| only(console, name).status) == before
    });
    assert_eq!(selected_rows(&console, GPOS), [one, two]);
    console.get_by_role_and_label(Role::Row, two).click_secondary();
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Delete").click();
    console.run_steps(4);
    console.get_by_label_contains("Delete 2 GPOs and every link to them in their domain?");
    click(&mut console, "Delete");
    wait(&mut console, "both are gone", |console| [one, two].iter().all(|name| named(console, name).is_empty()));
}

#[test]
fn twins_are_told_apart_wherever_they_stand() {
    let mut console = demo();
    const TWIN: &str = "AppLocker - Kiosks";
    let twins = named(&console, TWIN);
    let strict = only(&console, STRICT);
    let forest = console.state().forests()[0].id;
    let edit = opengpmc::operation::admin::RenameGpo {
        gpo: opengpmc::operation::admin::GpoToEdit::from(&strict),
        name: TWIN.to_owned(),
    };
    console.state_mut().ask(Command::Edit(forest, Arc::new(edit)));
    wait(&mut console, "there are twins", |console| named(console, TWIN).len() == twins.len() + 1);
    go_to(&mut console, Place::Gpos(root()));
    let shown: Vec<String> = rows(&console, GPOS).into_iter().filter(|row| row.starts_with(TWIN)).collect();
    let label = format!("{TWIN} ({})", &strict.id.hyphenated()[..8].to_uppercase());
    assert!(shown.contains(&label) && shown.len() == twins.len() + 1, "{shown:?}");
    assert!(shown.iter().all(|row| row.ends_with(')')), "{shown:?}");
    go_to(&mut console, Place::Gpo { domain: root(), id: strict.id });
    assert!(console.query_all_by_label(&label).count() > 1, "in the tree and in the title");
}

#[test]
fn a_folder_without_its_gpo_is_cleared_away() {
    const HALVES: &str = "Halves of GPOs";
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    let halves = rows(&console, HALVES);
    let folder = halves.iter().find(|row| row.starts_with("Policies")).unwrap().clone();
    console.get_by_role_and_label(Role::Row, &folder).click_secondary();
    console.run_steps(4);
    click(&mut console, "Delete Folder…");
    console.get_by_label("Delete this folder, with all in it? No GPO of the directory has it.");
    click(&mut console, "Delete");
    wait(&mut console, "the folder is gone", |console| console.query_by_role_and_label(Role::Row, &folder).is_none());
    settle(&mut console);
    assert!(!rows(&console, HALVES).contains(&folder));
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait(&mut console, "the folder is back", |console| console.query_by_role_and_label(Role::Row, &folder).is_some());
}

#[test]
fn a_report_is_saved_from_a_link() {
    let mut console = demo();
    go_to(&mut console, Place::Link { som: dn("OU=Headquarters"), order: 1 });
    menu(&mut console, "Action", "Save Report…");
    wait_for_dialog(&mut console, "Save Report", true);
}

#[test]
fn the_menu_of_a_report_saves_prints_and_refreshes() {
    let mut console = demo();
    let place = gpo(&console, STRICT);
    go_to(&mut console, place);
    open_tab(&mut console, "Settings");
    let report = |console: &Console| {
        let forest = console.state().forests()[0].open().unwrap();
        forest.details.reports.values().find_map(|report| report.ready().cloned())
    };
    wait(&mut console, "the report is there", |console| console.query_by_role(Role::TreeGrid).is_some());
    let first = report(&console).unwrap();
    let open_menu = |console: &mut Console| {
        console.run_steps(3);
        let lines: Vec<_> = console.get_by_role(Role::TreeGrid).query_all_by_role(Role::Row).collect();
        lines[0].click_secondary();
        console.run_steps(4);
    };
    open_menu(&mut console);
    for command in ["Save Report…", "Print…", "Refresh", "Copy Section", "Show All"] {
        assert!(console.query_all_by_label(command).next().is_some(), "{command}");
    }
    click(&mut console, "Refresh");
    wait(&mut console, "the report is made anew", |console| {
        report(console).is_some_and(|report| !Arc::ptr_eq(&report, &first))
    });
    wait(&mut console, "it is shown", |console| console.query_by_role(Role::TreeGrid).is_some());
    open_menu(&mut console);
    let saves: Vec<_> = console.query_all_by_role_and_label(Role::Button, "Save Report…").collect();
    saves.last().unwrap().click();
    wait_for_dialog(&mut console, "Save Report", true);
}
