//! The security editor: ticks, entries, owner, inheritance, effective access.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::advanced_security::AdvancedSecurity;
use opengpmc::console::window::WindowFactory;
use opengpmc::console::{Command, ConnectRequest, ForestOpener, Place, StoreOpener};
use opengpmc::gpm::{ForestSnapshot, SecuredObject, Task};
use opengpmc::ident::{Dn, DnsName};
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::{
    Attribute, Change, ConnectionInfo, Directory, Entry, ForestStore, RootDse, SearchRequest, StoreError, Sysvol, Visit,
};

use crate::console::{Console, demo_of_size, demo_request, go_to, settle, wait, with_opener};
use crate::picture;
use crate::screens::{root, times};
use crate::support::{cells, press, rows, type_text};

/// The descriptor that was saved.
type Saved = Arc<Mutex<Option<SecurityDescriptor>>>;

/// Opens the editor over a descriptor in SDDL; `DOM` stands for the SID of the domain.
fn editor(sddl: &str) -> (Console, Saved, String) {
    editor_in(demo_of_size([1280.0, 800.0]), sddl)
}

fn editor_in(mut console: Console, sddl: &str) -> (Console, Saved, String) {
    go_to(&mut console, Place::Domains);
    let domain = console.state().forests()[0].open().unwrap().snapshot.domains[0].sid.clone().unwrap().to_string();
    let descriptor = SecurityDescriptor::from_sddl(&sddl.replace("DOM", &domain), &SddlContext::default()).unwrap();
    let saved = Saved::default();
    let (id, told) = (console.state().forests()[0].id, Arc::clone(&saved));
    console.state_mut().ask(Command::Open(WindowFactory::new(move || {
        let told = Arc::clone(&told);
        let title = "Advanced Security Settings for Staff Desktop".to_owned();
        AdvancedSecurity::new(title, SecuredObject::Gpo, descriptor.clone(), id, root(), move |descriptor| {
            *told.lock().unwrap() = Some(descriptor);
            vec![Command::Tell("Saved".to_owned())]
        })
    })));
    console.run_steps(6);
    settle(&mut console);
    (console, saved, domain)
}

fn click(console: &mut Console, button: &str) {
    // A window takes a frame or two to find its place.
    console.run_steps(3);
    console.get_all_by_role_and_label(Role::Button, button).last().unwrap().click();
    console.run_steps(6);
    settle(console);
}

fn tick(console: &mut Console, name: &str) {
    console.get_by_role_and_label(Role::CheckBox, name).click();
    console.run_steps(4);
}

fn is_ticked(console: &Console, name: &str) -> bool {
    let tick = console.get_by_role_and_label(Role::CheckBox, name);
    tick.accesskit_node().toggled() == Some(Toggled::True)
}

fn open_tab(console: &mut Console, title: &str) {
    console.get_by_role_and_label(Role::Tab, title).click();
    console.run_steps(6);
    settle(console);
}

/// Presses OK and compares what was saved.
fn check_saved(mut console: Console, saved: &Saved, domain: &str, expected: Option<&str>) {
    click(&mut console, "OK");
    assert!(console.query_by_label("Effective Access").is_none(), "the editor is closed");
    let saved =
        saved.lock().unwrap().as_ref().map(|saved| saved.to_sddl(&SddlContext::default()).replace(domain, "DOM"));
    assert_eq!(saved.as_deref(), expected);
}

const STAFF: &str = "O:DOM-512D:(A;CI;GA;;;DOM-512)(A;CI;LCRPLORC;;;AU)(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;CIID;LCRPRC;;;ED)";

#[test]
fn ticks_become_entries() {
    let (mut console, saved, domain) = editor(STAFF);
    assert_eq!(
        rows(&console, "Group or user names"),
        [r"KESTREL\Domain Admins", r"NT AUTHORITY\Authenticated Users", r"NT AUTHORITY\ENTERPRISE DOMAIN CONTROLLERS"]
    );
    assert!(is_ticked(&console, "Allow Full control") && !is_ticked(&console, "Deny Full control"));
    let table = console.get_by_role_and_label(Role::Table, "Group or user names");
    table.get_by_role_and_label(Role::Row, r"NT AUTHORITY\Authenticated Users").click();
    console.run_steps(4);
    assert!(is_ticked(&console, "Allow Apply group policy") && !is_ticked(&console, "Allow Write"));
    tick(&mut console, "Allow Apply group policy");
    tick(&mut console, "Deny Write");
    console.get_by_label_contains("A denial counts before every grant");
    let masked = times(&console);
    picture::compare(&mut console, "advanced-security", &masked);
    let expected = "O:DOM-512D:(D;CI;SWWPRC;;;AU)(A;CI;GA;;;DOM-512)(A;CI;LCRPLORC;;;AU)(A;CIID;LCRPRC;;;ED)";
    check_saved(console, &saved, &domain, Some(expected));
}

#[test]
fn inherited_ticks_are_grey_and_special_permissions_are_told() {
    let (mut console, saved, domain) = editor(STAFF);
    let table = console.get_by_role_and_label(Role::Table, "Group or user names");
    table.get_by_role_and_label(Role::Row, r"NT AUTHORITY\ENTERPRISE DOMAIN CONTROLLERS").click();
    console.run_steps(4);
    assert!(is_ticked(&console, "Allow Special permissions"));
    assert!(console.get_by_role_and_label(Role::Button, "Remove").accesskit_node().is_disabled());
    // Nothing changed: nothing is saved.
    check_saved(console, &saved, &domain, None);
}

#[test]
fn somebody_is_added_with_the_picker_and_removed() {
    let (mut console, saved, domain) = editor("D:(A;CI;LCRPLORC;;;AU)");
    click(&mut console, "Add…");
    type_text(&mut console, "Helpdesk; Finance Staff");
    click(&mut console, "OK");
    wait(&mut console, "the groups stand in the list", |console| rows(console, "Group or user names").len() == 3);
    let table = console.get_by_role_and_label(Role::Table, "Group or user names");
    table.get_by_role_and_label(Role::Row, r"NT AUTHORITY\Authenticated Users").click();
    console.run_steps(4);
    click(&mut console, "Remove");
    assert_eq!(rows(&console, "Group or user names"), [r"KESTREL\Helpdesk", r"KESTREL\Finance Staff"]);
    check_saved(console, &saved, &domain, Some("D:(A;CI;LCRPLORC;;;DOM-1202)(A;CI;LCRPLORC;;;DOM-1204)"));
}

#[test]
fn every_entry_is_listed_in_words_and_inheritance_is_switched() {
    let (mut console, saved, domain) = editor(STAFF);
    open_tab(&mut console, "Permissions");
    let users = console.get_by_role_and_label(Role::Table, "Permission entries");
    assert_eq!(users.query_all_by_role(Role::Row).count(), 4);
    let inherited = cells(&console, "Permission entries", r"NT AUTHORITY\ENTERPRISE DOMAIN CONTROLLERS");
    let expected = [
        "Allow",
        r"NT AUTHORITY\ENTERPRISE DOMAIN CONTROLLERS",
        "Read properties and list contents, Read permissions",
        "",
        "This object and all descendant objects",
        "Yes",
    ];
    assert_eq!(inherited, expected);
    let masked = times(&console);
    picture::compare(&mut console, "advanced-security-entries", &masked);
    click(&mut console, "Disable Inheritance…");
    click(&mut console, "Remove Them");
    console.get_by_label("Nothing is inherited from above.");
    let table = console.get_by_role_and_label(Role::Table, "Permission entries");
    table.get_by_role_and_label(Role::Row, r"KESTREL\Domain Admins").click();
    console.run_steps(4);
    click(&mut console, "Remove");
    let expected = "O:DOM-512D:P(A;CI;LCRPLORC;;;AU)(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)";
    check_saved(console, &saved, &domain, Some(expected));
}

#[test]
fn the_owner_is_changed() {
    let (mut console, saved, domain) = editor("O:DOM-512D:(A;CI;LCRPLORC;;;AU)");
    open_tab(&mut console, "Owner");
    console.get_by_label(r"KESTREL\Domain Admins");
    click(&mut console, "Change…");
    type_text(&mut console, "ida.strand");
    click(&mut console, "OK");
    wait(&mut console, "the owner is another", |console| console.query_by_label(r"KESTREL\ida.strand").is_some());
    let masked = times(&console);
    picture::compare(&mut console, "advanced-security-owner", &masked);
    check_saved(console, &saved, &domain, Some("O:DOM-1104D:(A;CI;LCRPLORC;;;AU)"));
}

#[test]
fn what_somebody_may_do_counts_their_groups() {
    let (mut console, _, _) = editor("O:DOM-512D:(D;;WP;;;DOM-1205)(A;CI;LCRPLORC;;;AU)(A;;WPSW;;;DOM-1204)");
    open_tab(&mut console, "Effective Access");
    console.get_by_label("Nobody is selected");
    for (name, writes) in [("peer.lindqvist", "Yes"), ("hanna.crewe", "No")] {
        click(&mut console, "Select…");
        type_text(&mut console, name);
        click(&mut console, "OK");
        wait(&mut console, "the groups are known", |console| {
            let is_shown = console.query_by_label(&format!(r"KESTREL\{name}")).is_some();
            is_shown && console.query_by_role_and_label(Role::Table, "Effective access").is_some()
        });
        console.run_steps(3);
        assert_eq!(cells(&console, "Effective access", "Read"), ["Read", "Yes"], "{name}");
        assert_eq!(cells(&console, "Effective access", "Write"), ["Write", writes], "{name}");
        assert_eq!(cells(&console, "Effective access", "Modify owner"), ["Modify owner", "No"], "{name}");
    }
    let masked = times(&console);
    picture::compare(&mut console, "advanced-security-effective", &masked);
    press(&mut console, Modifiers::NONE, Key::Escape);
}

#[test]
fn without_a_list_nothing_can_be_added() {
    let (console, saved, domain) = editor("O:DOM-512");
    console.get_by_label_contains("There is no access list");
    assert!(console.get_by_role_and_label(Role::Button, "Add…").accesskit_node().is_disabled());
    check_saved(console, &saved, &domain, None);
}

/// Opens the demo forest as one of its users, by the last part of the SID.
struct AsUser(u32);

/// The demo forest, whose servers tell who we are.
struct UserStore {
    demo: Arc<dyn ForestStore>,
    root: RootDse,
}

struct UserDirectory {
    demo: Arc<dyn Directory>,
    root: RootDse,
}

#[async_trait]
impl ForestOpener for AsUser {
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        let demo = StoreOpener.open(request).await?;
        let snapshot = StoreOpener.load(Arc::clone(&demo), &Task::default()).await?;
        let domain = snapshot.domains[0].sid.clone().unwrap();
        let root = RootDse { user: domain.child(self.0), ..demo.directory().root_dse().clone() };
        Ok(Arc::new(UserStore { demo, root }))
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        StoreOpener.load(store, task).await
    }
}

#[async_trait]
impl ForestStore for UserStore {
    fn info(&self) -> ConnectionInfo {
        self.demo.info()
    }

    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(UserDirectory { demo: self.demo.directory(), root: self.root.clone() })
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        self.demo.domain_directory(domain).await
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        self.demo.sysvol(domain).await
    }
}

#[async_trait]
impl Directory for UserDirectory {
    fn root_dse(&self) -> &RootDse {
        &self.root
    }

    async fn search_with(
        &self,
        request: &SearchRequest,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
    ) -> Result<(), StoreError> {
        self.demo.search_with(request, visit).await
    }

    async fn add(&self, dn: &Dn, attributes: &[Attribute]) -> Result<(), StoreError> {
        self.demo.add(dn, attributes).await
    }

    async fn modify(&self, dn: &Dn, changes: &[Change]) -> Result<(), StoreError> {
        self.demo.modify(dn, changes).await
    }

    async fn delete(&self, dn: &Dn) -> Result<(), StoreError> {
        self.demo.delete(dn).await
    }

    async fn delete_tree(&self, dn: &Dn) -> Result<(), StoreError> {
        self.demo.delete_tree(dn).await
    }

    async fn rename(&self, dn: &Dn, new_rdn: &str, new_parent: Option<&Dn>) -> Result<(), StoreError> {
        self.demo.rename(dn, new_rdn, new_parent).await
    }
}

/// Opens the demo forest as this user of the root domain.
fn demo_as(rid: u32) -> Console {
    let mut console = with_opener([1280.0, 800.0], Arc::new(AsUser(rid)), vec![demo_request()]);
    wait(&mut console, "the demo forest is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    console
}

#[test]
fn whoever_may_not_change_permissions_only_looks_at_them() {
    // Omar Sayegh is a payroll officer, and so one of the finance staff.
    let sddl = "O:DOM-512D:(A;CI;LCRPLORC;;;AU)(A;CI;WD;;;DOM-1204)";
    for (rid, may) in [(1112, true), (1107, false)] {
        let (mut console, saved, domain) = editor_in(demo_as(rid), sddl);
        let told = |console: &Console| {
            console.query_by_label_contains("You do not have the right `Modify permissions`").is_some()
        };
        wait(&mut console, "one's own rights are known", |console| {
            console.query_by_label_contains("Your own rights are being looked up").is_none()
        });
        console.run_steps(3);
        assert_eq!(told(&console), !may, "{rid}");
        for control in ["Add…", "Remove"] {
            let button = console.get_by_role_and_label(Role::Button, control);
            assert_eq!(button.accesskit_node().is_disabled(), !may, "{control} for {rid}");
        }
        let tick = console.get_by_role_and_label(Role::CheckBox, "Deny Write");
        assert_eq!(tick.accesskit_node().is_disabled(), !may, "{rid}");
        open_tab(&mut console, "Owner");
        let change = console.get_by_role_and_label(Role::Button, "Change…");
        assert!(change.accesskit_node().is_disabled(), "neither may change the owner");
        check_saved(console, &saved, &domain, None);
    }
}
