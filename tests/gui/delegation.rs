//! Delegation tabs and security filtering: what is given, changed and taken away stands in the descriptors afterwards.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, ConnectRequest, Lazy, OpenForest, Place, StoreOpener};
use opengpmc::gpm::{PermissionType, SecuredObject, SecurityInfo};
use opengpmc::ident::{Guid, Sid};
use opengpmc::operation::admin::security::{Secured, read_security_descriptor, read_security_info};
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::demo::DemoForest;
use opengpmc::store::{Change, ConnectOptions, ConnectTarget, ForestFileBuilder, ForestStore, SdParts};

use crate::console::{Console, demo, go_to, open_tab, settle, wait, with_opener};
use crate::picture;
use crate::screens::{dn, gpo, root, times};
use crate::support::{cells, press, rows, type_text};

const FINANCE: &str = r"KESTREL\Finance Staff";
const GPO: &str = "Screen Lock - Strict";

fn forest(console: &Console) -> &OpenForest {
    console.state().forests()[0].open().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn info(console: &Console, of: &Secured) -> SecurityInfo {
    block_on(read_security_info(&forest(console).store, of, &Default::default())).unwrap()
}

fn sid(console: &Console, name: &str) -> Sid {
    let store = &forest(console).store;
    let names = opengpmc::gpm::Names::new(&forest(console).snapshot);
    block_on(names.find(&**store, name, &root())).unwrap().sid
}

/// Returns what a principal holds on an object by entries of its own, with `+` behind what reaches the containers below.
fn held(console: &Console, of: &Secured, name: &str) -> Vec<String> {
    let sid = sid(console, name);
    let own = info(console, of).permissions.into_iter().filter(|row| row.trustee.sid == sid && !row.inherited);
    own.map(|row| format!("{:?}{}", row.level, if row.inheritable { "+" } else { "" })).collect()
}

fn press_button(console: &mut Console, button: &str) {
    // A window takes a frame or two to find its place.
    console.run_steps(3);
    console.get_by_role_and_label(Role::Button, button).click();
    console.run_steps(6);
}

fn is_enabled(console: &Console, button: &str) -> bool {
    !console.get_by_role_and_label(Role::Button, button).accesskit_node().is_disabled()
}

/// Presses Add…, types a name into the picker and presses OK.
fn pick(console: &mut Console, add: &str, name: &str) {
    press_button(console, add);
    type_text(console, name);
    press_button(console, "OK");
    wait(console, "the picker is done", |console| console.query_by_label("Check Names").is_none());
    console.run_steps(6);
}

/// Waits until what was asked for is done and shown.
fn done(console: &mut Console, what: &str, is_done: impl Fn(&Console) -> bool) {
    wait(console, what, is_done);
    settle(console);
}

fn select(console: &mut Console, table: &str, row: &str) {
    wait(console, "the row is there", |console| has_row(console, table, row));
    console.run_steps(2);
    let table = console.get_by_role_and_label(Role::Table, table);
    table.get_by_role_and_label(Role::Row, row).click();
    console.run_steps(4);
}

/// Opens the menu of a row by the keyboard and chooses from it.
fn choose(console: &mut Console, table: &str, row: &str, choice: &str) {
    select(console, table, row);
    press(console, Modifiers::SHIFT, Key::F10);
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, choice).click();
    console.run_steps(6);
}

const STRANGER: &str = "S-1-5-21-7-7-7-4711";

/// Lets somebody whom nobody knows read a GPO, in the directory alone: what a tool does that does not care for SYSVOL.
async fn give_stranger_read(store: &Arc<dyn ForestStore>, id: Guid) {
    let of = Secured::Gpo(root(), id);
    let descriptor = read_security_descriptor(store, &of, SdParts::DACL, &Default::default()).await.unwrap();
    let sddl = format!("{}(A;CI;LCRPRC;;;{STRANGER})", descriptor.to_sddl(&SddlContext::default()));
    let descriptor = SecurityDescriptor::from_sddl(&sddl, &SddlContext::default()).unwrap().to_bytes().unwrap();
    let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor };
    let domain = opengpmc::gpm::Domain::open(store, &root()).await.unwrap();
    domain.directory().modify(&domain.gpo_dn(id), &[change]).await.unwrap();
}

fn has_row(console: &Console, table: &str, row: &str) -> bool {
    // While a descriptor is read anew there is no table.
    let is_there = console.query_by_role_and_label(Role::Table, table).is_some();
    is_there && rows(console, table).iter().any(|own| own == row)
}

/// Tells whether something with these words is in view.
fn shows(console: &Console, words: &str) -> bool {
    console.query_all_by_label_contains(words).next().is_some()
}

fn secured_gpo(console: &Console, name: &str) -> Secured {
    let Place::Gpo { domain, id } = gpo(console, name) else { panic!() };
    Secured::Gpo(domain, id)
}

#[test]
fn permissions_on_a_gpo_are_added_changed_and_removed() {
    let mut console = demo();
    let of = secured_gpo(&console, GPO);
    let place = gpo(&console, GPO);
    go_to(&mut console, place);
    open_tab(&mut console, "Delegation");
    pick(&mut console, "Delegation: Add…", "Finance Staff");
    // The dialog names whom it is about and offers the three levels.
    assert!(shows(&console, FINANCE));
    let masked = times(&console);
    picture::compare(&mut console, "delegation-add", &masked);
    console.get_by_role_and_label(Role::ComboBox, "Permissions").click();
    console.run_steps(4);
    for level in ["Edit settings", "Edit settings, delete, modify security"] {
        assert!(console.query_all_by_label(level).next().is_some(), "{level}");
    }
    console.get_all_by_label("Edit settings").last().unwrap().click();
    console.run_steps(4);
    press_button(&mut console, "OK");
    done(&mut console, "the row is there", |console| has_row(console, "Delegation", FINANCE));
    assert_eq!(held(&console, &of, FINANCE), ["GpoEdit+"]);
    assert_eq!(cells(&console, "Delegation", FINANCE)[1..], ["Edit settings", "No"]);
    // The folder in SYSVOL follows.
    let Secured::Gpo(_, id) = &of else { panic!() };
    let store = forest(&console).store.clone();
    let folder = opengpmc::store::SysvolPath::parse(&format!("Policies/{id}")).unwrap();
    let list = block_on(async { store.sysvol(&root()).await.unwrap().security(&folder, SdParts::DACL).await.unwrap() });
    let list = SecurityDescriptor::from_bytes(&list).unwrap().to_sddl(&SddlContext::default());
    assert!(list.contains(&format!("(A;OICI;0x1201ff;;;{})", sid(&console, FINANCE))), "{list}");
    choose(&mut console, "Delegation", FINANCE, "Read");
    done(&mut console, "the level is another", |console| held(console, &of, FINANCE) == ["GpoRead+"]);
    select(&mut console, "Delegation", FINANCE);
    press_button(&mut console, "Delegation: Remove");
    assert!(shows(&console, "take the permission of KESTREL\\Finance Staff on Screen Lock - Strict away?"));
    press_button(&mut console, "Cancel");
    assert_eq!(held(&console, &of, FINANCE), ["GpoRead+"]);
    press_button(&mut console, "Delegation: Remove");
    press_button(&mut console, "Remove");
    done(&mut console, "the row is gone", |console| {
        console.query_by_role_and_label(Role::Table, "Delegation").is_some() && !has_row(console, "Delegation", FINANCE)
    });
    assert_eq!(held(&console, &of, FINANCE), [""; 0]);
    // One undo brings it back.
    press(&mut console, Modifiers::COMMAND, Key::Z);
    done(&mut console, "it is back", |console| held(console, &of, FINANCE) == ["GpoRead+"]);
}

#[test]
fn security_filtering_is_added_to_and_removed_from() {
    let mut console = demo();
    let of = secured_gpo(&console, GPO);
    let place = gpo(&console, GPO);
    go_to(&mut console, place);
    open_tab(&mut console, "Scope");
    pick(&mut console, "Security Filtering: Add…", "Finance Staff");
    done(&mut console, "the row is there", |console| has_row(console, "Security Filtering", FINANCE));
    assert_eq!(held(&console, &of, FINANCE), ["GpoApply+"]);
    open_tab(&mut console, "Delegation");
    assert_eq!(cells(&console, "Delegation", FINANCE)[1..], ["Read (from Security Filtering)", "No"]);
    open_tab(&mut console, "Scope");
    let everybody = r"NT AUTHORITY\Authenticated Users";
    select(&mut console, "Security Filtering", everybody);
    assert!(!is_enabled(&console, "Security Filtering: Properties"));
    press_button(&mut console, "Security Filtering: Remove");
    assert!(shows(&console, "from the security filtering of Screen Lock - Strict?"));
    // MS16-072.
    assert!(shows(&console, "Computers will no longer be able to read this GPO"));
    let masked = times(&console);
    picture::compare(&mut console, "security-filtering-remove", &masked);
    press_button(&mut console, "Remove");
    done(&mut console, "the row is gone", |console| {
        console.query_by_role_and_label(Role::Table, "Security Filtering").is_some()
            && rows(console, "Security Filtering") == [FINANCE]
    });
    assert_eq!(held(&console, &of, everybody), [""; 0]);
    // The outcome says it once more.
    assert!(shows(&console, "Succeeded, with warnings."));
    press_button(&mut console, "OK");
    select(&mut console, "Security Filtering", FINANCE);
    press_button(&mut console, "Security Filtering: Properties");
    assert!(console.query_all_by_value("Global group").next().is_some());
    press_button(&mut console, "Close");
}

#[test]
fn rights_on_an_ou_reach_as_far_as_chosen() {
    let mut console = demo();
    let ou = dn("OU=Headquarters");
    let of = Secured::Som(opengpmc::gpm::SomType::Ou, ou.clone());
    go_to(&mut console, Place::Ou(ou));
    open_tab(&mut console, "Delegation");
    console.get_by_role_and_label(Role::ComboBox, "Permission").click();
    console.run_steps(4);
    console.get_by_label("Perform Group Policy Modeling analyses").click();
    console.run_steps(4);
    pick(&mut console, "Delegation: Add…", "Finance Staff");
    press_button(&mut console, "OK");
    done(&mut console, "the row is there", |console| has_row(console, "Delegation", FINANCE));
    assert_eq!(held(&console, &of, FINANCE), ["SomPlanning+"]);
    assert_eq!(cells(&console, "Delegation", FINANCE)[1..], ["This container and all child containers", "Allow", "No"]);
    choose(&mut console, "Delegation", FINANCE, "This container only");
    done(&mut console, "it is for the OU alone", |console| held(console, &of, FINANCE) == ["SomPlanning"]);
    choose(&mut console, "Delegation", FINANCE, "Remove");
    press_button(&mut console, "Remove");
    done(&mut console, "the row is gone", |console| {
        console.query_by_role_and_label(Role::Table, "Delegation").is_some() && !has_row(console, "Delegation", FINANCE)
    });
    assert_eq!(held(&console, &of, FINANCE), [""; 0]);
}

#[test]
fn what_is_inherited_is_changed_where_it_comes_from() {
    let mut console = demo();
    go_to(&mut console, Place::Ou(dn("OU=Laptops,OU=Computers,OU=Headquarters")));
    open_tab(&mut console, "Delegation");
    let inherited = rows(&console, "Delegation").into_iter().find(|row| cells(&console, "Delegation", row)[3] == "Yes");
    select(&mut console, "Delegation", &inherited.unwrap());
    assert!(is_enabled(&console, "Delegation: Add…") && !is_enabled(&console, "Delegation: Remove"));
    console.get_by_role_and_label(Role::Button, "Delegation: Remove").hover();
    wait(&mut console, "the reason is told", |console| {
        console.query_by_label("An inherited permission is changed on the object it comes from.").is_some()
    });
}

#[test]
fn only_links_are_delegated_on_a_site() {
    let mut console = demo();
    let site = forest(&console).snapshot.sites[0].dn.clone();
    let of = Secured::Som(opengpmc::gpm::SomType::Site, site.clone());
    go_to(&mut console, Place::Site(site));
    open_tab(&mut console, "Delegation");
    assert!(console.query_by_role_and_label(Role::ComboBox, "Permission").is_none());
    // There is no second step.
    pick(&mut console, "Delegation: Add…", "Finance Staff");
    done(&mut console, "the row is there", |console| has_row(console, "Delegation", FINANCE));
    assert_eq!(held(&console, &of, FINANCE), ["SomLink"]);
}

#[test]
fn who_may_create_is_delegated_on_the_containers() {
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    open_tab(&mut console, "Delegation");
    pick(&mut console, "Delegation: Add…", "Finance Staff");
    let gpos = Secured::GpoCreation(root());
    done(&mut console, "the row is there", |console| has_row(console, "Delegation", FINANCE));
    assert_eq!(held(&console, &gpos, FINANCE), ["SomGpoCreate"]);
    let store = forest(&console).store.clone();
    let policies = opengpmc::gpm::policies_folder();
    let list =
        block_on(async { store.sysvol(&root()).await.unwrap().security(&policies, SdParts::DACL).await.unwrap() });
    let folder = SecurityInfo::from_bytes(SecuredObject::PoliciesFolder, &list).unwrap();
    assert!(folder.grants(&sid(&console, FINANCE), PermissionType::SomGpoCreate));
    go_to(&mut console, Place::WmiFilters(root()));
    open_tab(&mut console, "Delegation");
    pick(&mut console, "Delegation: Add…", "Finance Staff");
    console.get_by_role_and_label(Role::ComboBox, "Permissions").click();
    console.run_steps(4);
    console.get_all_by_label("Full control").last().unwrap().click();
    console.run_steps(4);
    press_button(&mut console, "OK");
    let filters = Secured::WmiFilters(root());
    done(&mut console, "it is given", |console| held(console, &filters, FINANCE) == ["SomWmiFullControl"]);
    choose(&mut console, "Delegation", FINANCE, "Creator owner");
    done(&mut console, "it is less", |console| held(console, &filters, FINANCE) == ["SomWmiCreate"]);
    go_to(&mut console, Place::StarterGpos(root()));
    open_tab(&mut console, "Delegation");
    pick(&mut console, "Delegation: Add…", "Finance Staff");
    let starters = Secured::StarterGpos(root());
    done(&mut console, "it is given", |console| held(console, &starters, FINANCE) == ["SomStarterGpoCreate"]);
}

#[test]
fn permissions_on_a_filter_and_a_starter_gpo() {
    let mut console = demo();
    let filter = forest(&console).snapshot.domain(&root()).unwrap().wmi_filters[0].clone();
    go_to(&mut console, Place::WmiFilter { domain: root(), id: filter.id });
    open_tab(&mut console, "Delegation");
    pick(&mut console, "Delegation: Add…", "Finance Staff");
    press_button(&mut console, "OK");
    let of = Secured::WmiFilter(root(), filter.id);
    done(&mut console, "it is given", |console| held(console, &of, FINANCE) == ["WmiFilterEdit"]);
    // Everybody must be able to read it.
    let everybody = r"NT AUTHORITY\Authenticated Users";
    let before = held(&console, &of, everybody);
    select(&mut console, "Delegation", everybody);
    press_button(&mut console, "Delegation: Remove");
    wait(&mut console, "it is said beforehand", |console| {
        shows(console, "Everybody must be able to read a WMI filter, so this will be refused")
    });
    console.run_steps(3);
    press_button(&mut console, "Remove");
    wait(&mut console, "it is refused", |console| {
        console.query_all_by_label_contains("everybody must be able to read a WMI filter").next().is_some()
    });
    assert_eq!(held(&console, &of, everybody), before);
    press(&mut console, Modifiers::NONE, Key::Escape);
    console.run_steps(6);
    go_to(&mut console, Place::StarterGpos(root()));
    let starter = forest(&console).starter_gpos(&root())[0].clone();
    go_to(&mut console, Place::StarterGpo { domain: root(), id: starter.id });
    open_tab(&mut console, "Delegation");
    pick(&mut console, "Delegation: Add…", "Finance Staff");
    press_button(&mut console, "OK");
    let of = Secured::StarterGpo(root(), starter.id);
    done(&mut console, "it is given", |console| held(console, &of, FINANCE) == ["StarterGpoRead+"]);
}

#[test]
fn unknown_sids_are_shown_and_can_be_removed() {
    let mut console = demo();
    let of = secured_gpo(&console, GPO);
    let Secured::Gpo(_, id) = &of else { panic!() };
    block_on(give_stranger_read(&forest(&console).store.clone(), *id));
    let stranger = STRANGER;
    let forest_id = forest(&console).id;
    console.state_mut().ask(Command::Refresh(forest_id));
    wait(&mut console, "the forest was read", |console| shows(console, "was read anew"));
    let place = gpo(&console, GPO);
    go_to(&mut console, place);
    // Somebody else's change left SYSVOL behind: that is asked about.
    wait(&mut console, "it is asked", |console| shows(console, "SYSVOL Permissions Differ"));
    assert!(shows(&console, &format!("missing in SYSVOL for {stranger}")));
    let masked = times(&console);
    picture::compare(&mut console, "acl-question", &masked);
    press_button(&mut console, "Make Them Agree");
    done(&mut console, "they agree", |console| {
        let folder = opengpmc::store::SysvolPath::parse(&format!("Policies/{id}")).unwrap();
        let forest = forest(console);
        matches!(forest.details.sysvol_security(&root(), &folder), Lazy::Ready(list) if SecurityDescriptor::from_bytes(list)
            .unwrap().to_sddl(&SddlContext::default()).contains(stranger))
    });
    open_tab(&mut console, "Delegation");
    select(&mut console, "Delegation", stranger);
    press_button(&mut console, "Delegation: Remove");
    press_button(&mut console, "Remove");
    done(&mut console, "it is gone", |console| {
        console.query_by_role_and_label(Role::Table, "Delegation").is_some()
            && !has_row(console, "Delegation", stranger)
    });
    assert!(info(&console, &of).permissions.iter().all(|row| row.trustee.sid.to_string() != stranger));
}

#[test]
fn the_advanced_editor_writes_the_whole_list() {
    let mut console = demo();
    let of = secured_gpo(&console, GPO);
    let place = gpo(&console, GPO);
    go_to(&mut console, place);
    open_tab(&mut console, "Delegation");
    press_button(&mut console, "Delegation: Advanced…");
    assert!(shows(&console, "Security Settings of Screen Lock - Strict"));
    select(&mut console, "Group or user names", r"NT AUTHORITY\Authenticated Users");
    console.get_by_role_and_label(Role::CheckBox, "Deny Apply group policy").click();
    console.run_steps(4);
    press_button(&mut console, "OK");
    let sddl = |console: &Console| {
        let task = Default::default();
        let read = read_security_descriptor(&forest(console).store, &of, SdParts::READABLE, &task);
        block_on(read).unwrap().to_sddl(&SddlContext::default())
    };
    let denial = "(OD;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)";
    done(&mut console, "the denial is written", |console| sddl(console).contains(denial));
    // Denials come first, and make it a custom permission.
    assert!(sddl(&console).contains(&format!("D:PAI{denial}")), "{}", sddl(&console));
    assert_eq!(cells(&console, "Delegation", r"NT AUTHORITY\Authenticated Users")[1..], ["Custom (denied)", "No"]);
}

#[test]
fn a_forest_that_is_only_read_greys_what_would_change_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.gpforest");
    let demo = DemoForest::load().unwrap();
    let mut builder = ForestFileBuilder::create(&file, &demo.domains).unwrap();
    builder.add_entries(demo.entries).unwrap();
    for (domain, item) in demo.files {
        builder.add_files(&domain, [item]).unwrap();
    }
    let store: Arc<dyn ForestStore> = Arc::new(builder.finish().unwrap());
    block_on(async {
        let domain = opengpmc::gpm::Domain::open(&store, &root()).await.unwrap();
        let gpos = domain.gpos(opengpmc::gpm::GpoParts::Summary).await.unwrap().values;
        give_stranger_read(&store, gpos.iter().find(|gpo| gpo.display_name == GPO).unwrap().id).await;
    });
    drop(store);
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let target = Some(ConnectTarget::File(file));
    let request = ConnectRequest { target, options, ..ConnectRequest::default() };
    let mut console = with_opener([1280.0, 800.0], Arc::new(StoreOpener), vec![request]);
    wait(&mut console, "the file is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    console.run_steps(4);
    let place = gpo(&console, GPO);
    go_to(&mut console, place);
    // Who cannot mend what SYSVOL lacks is only told of it.
    wait(&mut console, "it is told", |console| shows(console, "Ask somebody who may change them."));
    assert!(shows(&console, &format!("missing in SYSVOL for {STRANGER}")));
    assert!(console.query_by_role_and_label(Role::Button, "Make Them Agree").is_none());
    press_button(&mut console, "Close");
    open_tab(&mut console, "Delegation");
    select(&mut console, "Delegation", r"KESTREL\Domain Admins");
    for button in ["Delegation: Add…", "Delegation: Remove"] {
        assert!(!is_enabled(&console, button), "{button}");
    }
    assert!(is_enabled(&console, "Delegation: Properties") && is_enabled(&console, "Delegation: Advanced…"));
    console.get_by_role_and_label(Role::Button, "Delegation: Add…").hover();
    wait(&mut console, "the reason is told", |console| {
        console.query_by_label("The forest is open read-only.").is_some()
    });
}
