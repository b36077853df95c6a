//! Two consoles that change the same object at the same time, and an edit between whose reading and writing somebody else changes it.

use std::sync::Arc;

use async_trait::async_trait;
use opengpmc::gpm::{Domain, MessageId, OperationError, Permission, PermissionType, SecurityInfo, Task, Trustee};
use opengpmc::ident::{Dn, GpLink, Guid, Sid};
use opengpmc::operation::admin::link::{EditLinks, LinkChange, LinkId};
use opengpmc::operation::admin::security::{ChangePermissions, PermissionChange, Secured, read_security_info};
use opengpmc::operation::admin::{CreateGpo, DeleteGpo, GpoToEdit, RenameGpo};
use opengpmc::operation::edit::{Edit, EditPlan, carry_out};
use opengpmc::operation::{ChangeContext, Journal, check_gpo_acl};
use opengpmc::store::{self, Attribute, Change, ConnectTarget, ForestStore};

use super::lab::{Lab, whole_domain};

/// A console: a connection and a journal of its own.
struct Client {
    context: ChangeContext,
    _folder: tempfile::TempDir,
}

impl Client {
    async fn new(lab: &Lab) -> Client {
        let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
        let store = store::open(&target, &lab.admin(), &lab.options()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal")).unwrap();
        Client { context: ChangeContext { store, journal }, _folder: folder }
    }

    fn store(&self) -> &Arc<dyn ForestStore> {
        &self.context.store
    }

    async fn done(&self, edit: &dyn Edit) {
        let edited = carry_out(&self.context, edit, &Task::default()).await;
        let edited = edited.unwrap_or_else(|error| panic!("{}: {error}", edit.title()));
        assert!(edited.entry.is_some(), "{}: something changed", edit.title());
    }
}

/// How often each client changes something; the variable asks for the full number.
fn times(full: usize, by_default: usize) -> usize {
    if std::env::var_os("OPENGPMC_EVERY_RACE").is_some() { full } else { by_default }
}

async fn make_gpo(client: &Client, lab: &Lab, name: &str) -> GpoToEdit {
    let (domain, id) = (lab.domain.clone(), Guid::random());
    let edit = CreateGpo { domain, id, name: name.to_owned(), starter: None, comment: None, link_to: None };
    client.done(&edit).await;
    GpoToEdit { domain: lab.domain.clone(), id, name: name.to_owned() }
}

async fn delete_gpo(client: &Client, gpo: GpoToEdit) {
    client.done(&DeleteGpo { gpo, keep_links: true }).await;
}

/// Makes an OU.
async fn make_ou(client: &Client, lab: &Lab) -> Dn {
    let dn = lab.domain.to_domain_dn().child("OU", &format!("Race {}", Guid::random().hyphenated()));
    client.store().directory().add(&dn, &[Attribute::text("objectClass", "organizationalUnit")]).await.unwrap();
    dn
}

async fn links(client: &Client, ou: &Dn) -> GpLink {
    let entry = client.store().directory().read(ou, &["gPLink"], None).await.unwrap();
    GpLink::parse(&entry.text("gPLink").unwrap_or_default())
}

/// Links the GPOs of a client one after the other, removes, enables and enforces the links, over and over; returns what is linked in the end.
async fn change_links(client: Client, ou: Dn, gpos: Vec<Dn>, changes: usize) -> Vec<Dn> {
    let mut there: Vec<Dn> = Vec::new();
    for number in 0..changes {
        let gpo = gpos[number % gpos.len()].clone();
        let link = || vec![LinkId::first(gpo.clone())];
        let change = match (there.contains(&gpo), number % 3) {
            (false, _) => {
                there.push(gpo.clone());
                LinkChange::create(gpo)
            }
            (true, 0) => {
                there.retain(|known| *known != gpo);
                LinkChange::Delete(link())
            }
            (true, 1) => LinkChange::SetEnabled(link(), number % 2 == 0),
            (true, _) => LinkChange::SetEnforced(link(), number % 2 == 0),
        };
        let edit = EditLinks::one(ou.clone(), format!("link {number}"), change);
        let edited = carry_out(&client.context, &edit, &Task::default()).await;
        edited.unwrap_or_else(|error| panic!("change {number}: {error}"));
    }
    there
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_clients_change_links_and_none_is_lost_or_doubled() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let first = Client::new(&lab).await;
    let ou = make_ou(&first, &lab).await;
    let count = times(1000, 150);
    let (mut made, mut changing) = (Vec::new(), Vec::new());
    for own in ["one", "other"] {
        let mut gpos = Vec::new();
        for number in 0..10 {
            let gpo = make_gpo(&first, &lab, &format!("Race of {own}, {number}")).await;
            gpos.push(gpo_dn(&lab, gpo.id));
            made.push(gpo);
        }
        changing.push(tokio::spawn(change_links(Client::new(&lab).await, ou.clone(), gpos, count)));
    }
    let mut expected = Vec::new();
    for client in changing {
        expected.extend(client.await.unwrap());
    }
    let links = links(&first, &ou).await;
    let mut there: Vec<Dn> = links.elements.iter().map(|element| element.gpo().unwrap().clone()).collect();
    there.sort();
    expected.sort();
    assert_eq!(there, expected, "each link once, and no other");
    first.store().directory().delete(&ou).await.unwrap();
    for gpo in made {
        delete_gpo(&first, gpo).await;
    }
}

/// Gives permissions to one trustee after the other and takes every second away again.
async fn delegate(client: Client, of: Secured, own: u32, changes: usize) -> Vec<Sid> {
    let mut there = Vec::new();
    for number in 0..changes {
        let sid: Sid = format!("S-1-5-21-1-2-3-{}", 10_000 * (own + 1) + number as u32 / 2 * 2).parse().unwrap();
        let trustee = Trustee::unresolved(sid.clone());
        let permission = Permission::new(trustee, PermissionType::GpoRead, true).unwrap();
        // All but some are taken away again: a file system holds a list of some fifty entries and no more.
        let change = match number % 2 {
            0 => {
                there.push(sid);
                PermissionChange::Add(permission)
            }
            _ if number / 2 % 16 != 0 => {
                there.retain(|known| *known != sid);
                PermissionChange::Remove(permission)
            }
            _ => continue,
        };
        let edit = ChangePermissions { of: of.clone(), name: "it".to_owned(), changes: vec![change] };
        let edited = carry_out(&client.context, &edit, &Task::default()).await;
        edited.unwrap_or_else(|error| panic!("client {own}, change {number}: {error}"));
    }
    there
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_clients_delegate_one_gpo_and_no_entry_is_lost_or_doubled() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let first = Client::new(&lab).await;
    let gpo = make_gpo(&first, &lab, "Race").await;
    let of = Secured::Gpo(lab.domain.clone(), gpo.id);
    let before = read_security_info(first.store(), &of, &Task::default()).await.unwrap();
    let count = times(200, 40);
    let (one, other) = (Client::new(&lab).await, Client::new(&lab).await);
    let (one, other) = tokio::join!(
        tokio::spawn(delegate(one, of.clone(), 0, count)),
        tokio::spawn(delegate(other, of.clone(), 1, count))
    );
    let mut expected = [one.unwrap(), other.unwrap()].concat();
    let after = read_security_info(first.store(), &of, &Task::default()).await.unwrap();
    let added = |info: &SecurityInfo| -> Vec<Sid> {
        let ours = info
            .permissions
            .iter()
            .filter(|permission| permission.trustee.sid.to_string().starts_with("S-1-5-21-1-2-3-"));
        ours.map(|permission| permission.trustee.sid.clone()).collect()
    };
    let mut there = added(&after);
    there.sort();
    expected.sort();
    assert_eq!(there, expected, "each entry once, and no other");
    let others = |info: &SecurityInfo| info.permissions.len() - added(info).len();
    assert_eq!(others(&after), others(&before), "what was there before is still there");
    let domain = Domain::open(first.store(), &lab.domain).await.unwrap();
    let check = check_gpo_acl(&domain, gpo.id, &Task::default()).await.unwrap();
    assert!(check.is_consistent(), "the folder follows: {check:?}");
    delete_gpo(&first, gpo).await;
}

/// An edit after whose planning somebody else acts.
struct Disturbed<E, F> {
    edit: E,
    act: F,
}

#[async_trait]
impl<E: Edit, F: AsyncAct> Edit for Disturbed<E, F> {
    fn title(&self) -> String {
        self.edit.title()
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let plan = self.edit.plan(store, task).await;
        self.act.act().await;
        plan
    }

    fn tries_again(&self) -> bool {
        self.edit.tries_again()
    }
}

#[async_trait]
trait AsyncAct: Send + Sync {
    async fn act(&self);
}

/// Somebody else who gives an object another value.
struct Writer {
    store: Arc<dyn ForestStore>,
    dn: Dn,
    attribute: &'static str,
    value: &'static str,
}

#[async_trait]
impl AsyncAct for Writer {
    async fn act(&self) {
        let change = Change::Replace(Attribute::text(self.attribute, self.value));
        self.store.directory().modify(&self.dn, &[change]).await.unwrap();
    }
}

#[tokio::test]
async fn what_somebody_else_wrote_in_between_is_a_conflict_that_names_both_values() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let (own, other) = (Client::new(&lab).await, Client::new(&lab).await);
    let gpo = make_gpo(&own, &lab, "Seen by me").await;
    let dn = gpo_dn(&lab, gpo.id);
    let act = Writer {
        store: other.store().clone(),
        dn: dn.clone(),
        attribute: "displayName",
        value: "Written by somebody else",
    };
    let edit = Disturbed { edit: RenameGpo { gpo: gpo.clone(), name: "Wanted by me".to_owned() }, act };
    assert!(!edit.tries_again());
    let error = carry_out(&own.context, &edit, &Task::default()).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::Conflict, "{error}");
    for value in ["Seen by me", "Written by somebody else"] {
        assert!(error.0.message.contains(value), "{error}");
    }
    let entry = own.store().directory().read(&dn, &["displayName"], None).await.unwrap();
    assert_eq!(entry.text("displayName").as_deref(), Some("Written by somebody else"), "it is not overwritten");
    assert!(own.context.journal.interrupted().unwrap().is_empty());
    delete_gpo(&own, gpo).await;
}

fn gpo_dn(lab: &Lab, id: Guid) -> Dn {
    lab.domain.to_domain_dn().child("CN", "System").child("CN", "Policies").child("CN", &id.to_string())
}
