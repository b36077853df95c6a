//! GPOs where the directory refuses something: what is left, and what is told.

use std::sync::Arc;

use async_trait::async_trait;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{ConnectRequest, ForestOpener, Place, StoreOpener};
use opengpmc::gpm::{ForestSnapshot, Task};
use opengpmc::ident::{Dn, DnsName};
use opengpmc::store::{
    Attribute, Change, ConnectionInfo, Directory, Entry, ForestStore, RootDse, SearchRequest, StoreError,
    StoreErrorKind, Sysvol, SysvolPath, Visit, demo as demo_forest,
};

use crate::backups::{click, enter, menu};
use crate::console::{Console, demo_request, go_to, open_tab, settle, wait, with_opener};
use crate::links::{TABLE, is_enabled, links, people, select};
use crate::screens::{gpo, root};
use crate::support::press;

/// A directory in which no GPO can be turned on, and nobody may link GPOs to the domain.
struct Refusing(Arc<dyn Directory>);

#[async_trait]
impl Directory for Refusing {
    fn root_dse(&self) -> &RootDse {
        self.0.root_dse()
    }

    async fn search_with(
        &self,
        request: &SearchRequest,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
    ) -> Result<(), StoreError> {
        let mut hidden = |mut entry: Entry| {
            if entry.dn == root().to_domain_dn() {
                entry.attributes.retain(|attribute| !attribute.name.eq_ignore_ascii_case("allowedAttributesEffective"));
            }
            visit(entry)
        };
        self.0.search_with(request, &mut hidden).await
    }

    async fn add(&self, dn: &Dn, attributes: &[Attribute]) -> Result<(), StoreError> {
        self.0.add(dn, attributes).await
    }

    async fn modify(&self, dn: &Dn, changes: &[Change]) -> Result<(), StoreError> {
        let turns_on = changes.iter().any(|change| {
            matches!(change, Change::Swap { attribute, new, .. } if attribute == "flags" && new.as_deref() == Some(b"0"))
        });
        match turns_on {
            true => Err(StoreError::new(StoreErrorKind::AccessDenied, dn)),
            false => self.0.modify(dn, changes).await,
        }
    }

    async fn delete(&self, dn: &Dn) -> Result<(), StoreError> {
        self.0.delete(dn).await
    }

    async fn delete_tree(&self, dn: &Dn) -> Result<(), StoreError> {
        self.0.delete_tree(dn).await
    }

    async fn rename(&self, dn: &Dn, new_rdn: &str, new_parent: Option<&Dn>) -> Result<(), StoreError> {
        self.0.rename(dn, new_rdn, new_parent).await
    }
}

/// The demo forest with such directories.
struct RefusingForest(Arc<dyn ForestStore>);

#[async_trait]
impl ForestStore for RefusingForest {
    fn info(&self) -> ConnectionInfo {
        self.0.info()
    }

    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(Refusing(self.0.directory()))
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        Ok(Arc::new(Refusing(self.0.domain_directory(domain).await?)))
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        self.0.sysvol(domain).await
    }
}

struct Opener;

#[async_trait]
impl ForestOpener for Opener {
    async fn open(&self, _request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        Ok(Arc::new(RefusingForest(demo_forest::open().await?)))
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        StoreOpener.load(store, task).await
    }
}

fn open() -> Console {
    let mut console = with_opener([1280.0, 800.0], Arc::new(Opener), vec![demo_request()]);
    wait(&mut console, "the forest is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    console.run_steps(4);
    console
}

/// Returns what lies below `Policies` in SYSVOL.
fn folders(console: &Console) -> Vec<String> {
    let store = Arc::clone(&console.state().forests()[0].open().unwrap().store);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let policies = SysvolPath::parse("Policies").unwrap();
    let listed = runtime.block_on(async { store.sysvol(&root()).await.unwrap().list(&policies).await.unwrap() });
    listed.into_iter().map(|entry| entry.name).collect()
}

fn count(console: &Console) -> usize {
    console.state().forests()[0].open().unwrap().snapshot.domain(&root()).unwrap().gpos.len()
}

#[test]
fn a_creation_that_is_refused_half_way_leaves_nothing_and_says_why() {
    let mut console = open();
    go_to(&mut console, Place::Gpos(root()));
    let before = (folders(&console), count(&console));
    menu(&mut console, "Action", "New…");
    enter(&mut console, "Name", "Refused");
    wait(&mut console, "it is told which right is missing", |console| {
        console.query_all_by_label_contains("the right to write ").next().is_some()
    });
    assert_eq!(folders(&console), before.0);
    let forest = console.state().forests()[0].id;
    // The status bar tells it one frame before the window stands.
    console.run_steps(3);
    click(&mut console, "OK");
    console.state_mut().ask(opengpmc::console::Command::Refresh(forest));
    crate::console::settle(&mut console);
    assert_eq!(count(&console), before.1);
}

#[test]
fn a_link_that_may_not_be_removed_stays_and_is_told_of() {
    const NAME: &str = "Baseline - All Computers";
    let mut console = open();
    let place = gpo(&console, NAME);
    go_to(&mut console, place);
    let before = count(&console);
    menu(&mut console, "Action", "Delete");
    click(&mut console, "Delete");
    wait(&mut console, "the GPO is gone", |console| count(console) == before - 1);
    wait(&mut console, "the link that stays is told of", |console| {
        console.query_all_by_label_contains("Not Found: you may not write links there").next().is_some()
    });
    let forest = console.state().forests()[0].open().unwrap();
    let domain = forest.snapshot.domain(&root()).unwrap();
    assert!(domain.soms[0].links.iter().any(|link| forest.linked_gpo(link).is_none()));
}

#[test]
fn whoever_may_not_link_cannot_order_links() {
    let mut console = open();
    let buttons = ["Move link to top", "Move link up", "Move link down", "Move link to bottom"];
    // The second of three links: neither end stands in the way, and the list is in its order.
    let mut check = |place: Place, som: Dn, may: bool| {
        go_to(&mut console, place);
        open_tab(&mut console, TABLE);
        assert_eq!(links(&console, &som).len(), 3);
        select(&mut console, &["2"]);
        settle(&mut console);
        for button in buttons {
            assert_eq!(is_enabled(&console, button), may, "{button} on {som}");
        }
        press(&mut console, Modifiers::SHIFT, Key::F10);
        console.run_steps(4);
        for entry in ["Move Up", "Move Down", "Move to Top", "Move to Bottom"] {
            let entry = console.get_by_role_and_label(Role::Button, entry).accesskit_node();
            assert_eq!(!entry.is_disabled(), may, "{:?} on {som}", entry.label());
        }
        press(&mut console, Modifiers::NONE, Key::Escape);
        settle(&mut console);
    };
    check(Place::Ou(people()), people(), true);
    check(Place::Domain(root()), root().to_domain_dn(), false);
    // Each says why.
    console.get_by_role_and_label(Role::Button, "Move link up").hover();
    console.run_steps(60);
    console.get_by_label_contains("the permission Link GPOs on the container is missing");
}
