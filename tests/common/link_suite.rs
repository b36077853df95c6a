//! What links, blocked inheritance and OUs must do on every store: the forest file and a real domain controller.

use std::sync::Arc;
use std::time::Duration;

use opengpmc::gpm::{HResult, MessageId, OperationError, Task};
use opengpmc::ident::{Dn, GpLink, LinkMove, LinkOptions};
use opengpmc::operation::ChangeContext;
use opengpmc::operation::admin::link::{EditLinks, LinkChange, LinkId, LinkedTo, MoveLink, SetInheritanceBlocked};
use opengpmc::operation::admin::ou::{CreateOu, DeleteOu, EnsureOu, RenameOu};
use opengpmc::operation::edit::{Edit, Edited, carry_out, undo, undo_list};
use opengpmc::store::{Attribute, Change, Directory, SdParts};

/// A place to try on: an empty OU, and GPOs that can be linked.
pub struct LinkSuite {
    /// The forest and the journal.
    pub context: ChangeContext,
    /// An OU of the test's own, with nothing linked.
    pub ou: Dn,
    /// Three GPOs or more, linked there by nothing.
    pub gpos: Vec<Dn>,
}

impl LinkSuite {
    fn directory(&self) -> Arc<dyn Directory> {
        self.context.store.directory()
    }

    /// Carries out an edit.
    pub async fn done(&self, edit: &dyn Edit) -> Result<Edited, OperationError> {
        carry_out(&self.context, edit, &Task::default()).await
    }

    async fn change(&self, change: LinkChange) -> Result<Edited, OperationError> {
        self.done(&EditLinks::one(self.ou.clone(), "it", change)).await
    }

    async fn refused(&self, change: LinkChange) -> (MessageId, HResult) {
        let error = self.change(change).await.unwrap_err();
        (error.0.id, error.0.code)
    }

    /// Reads an attribute of an object.
    pub async fn text(&self, dn: &Dn, attribute: &str) -> Option<String> {
        self.directory().read(dn, &[attribute], None).await.unwrap().text(attribute)
    }

    /// Returns the links of a container as letters, `a` the first GPO: link order 1 first, with the options behind where there are any.
    pub async fn links(&self, som: &Dn) -> String {
        let links = GpLink::parse(&self.text(som, "gPLink").await.unwrap_or_default());
        let letter =
            |gpo: &Dn| self.gpos.iter().position(|known| known == gpo).map_or('?', |at| char::from(b'a' + at as u8));
        let told = links.elements.iter().map(|element| match (element.gpo(), element.options()) {
            (Some(gpo), Some(LinkOptions(0))) => letter(gpo).to_string(),
            (Some(gpo), Some(LinkOptions(options))) => format!("{}{options}", letter(gpo)),
            _ => "!".to_owned(),
        });
        told.collect()
    }

    async fn set(&self, attribute: &str, value: &str) {
        let change = Change::Replace(Attribute::text(attribute, value));
        self.directory().modify(&self.ou, &[change]).await.unwrap();
    }

    async fn undo_newest(&self) -> Result<Edited, OperationError> {
        let list = undo_list(&self.context.journal, &*self.context.store).unwrap();
        undo(&self.context, list.undo[0].id, &Task::default()).await
    }

    fn id(&self, gpo: usize) -> LinkId {
        LinkId::first(self.gpos[gpo].clone())
    }
}

/// IGPMSOM.CreateGPOLink (044), IGPMGPOLink.Enabled put (053), Enforced put (055), Delete (058), and what is done beyond.
pub async fn check_links(suite: &LinkSuite) {
    let (ou, gpos) = (&suite.ou, &suite.gpos);
    let create = |gpo: usize, position: Option<usize>| LinkChange::Create {
        gpo: gpos[gpo].clone(),
        position,
        options: LinkOptions::default(),
    };
    // New links get the lowest precedence, or the position asked for; 1 is the highest.
    suite.change(create(0, None)).await.unwrap();
    suite.change(create(1, None)).await.unwrap();
    assert_eq!(suite.links(ou).await, "ab");
    let stored = suite.text(ou, "gPLink").await.unwrap();
    assert!(stored.starts_with("[LDAP://cn={") && stored.contains(",cn=policies,cn=system,DC="), "{stored}");
    assert!(stored.rfind(&gpos[0].name()) > stored.rfind(&gpos[1].name()), "link order 1 stands last: {stored}");
    suite.change(create(2, Some(1))).await.unwrap();
    assert_eq!(suite.links(ou).await, "cab");
    assert_eq!(suite.refused(create(0, None)).await, (MessageId::LinkExists, HResult::ALREADY_EXISTS));
    for position in [0, 5] {
        suite.change(LinkChange::Delete(vec![suite.id(1)])).await.unwrap();
        let refused = suite.refused(create(1, Some(position))).await;
        assert_eq!(refused, (MessageId::InvalidArgument, HResult::INVALID_ARGUMENT));
        suite.change(create(1, Some(3))).await.unwrap();
    }
    let nowhere: Dn = gpos[0].parent().unwrap().child("CN", "{00000000-0000-0000-0000-0000000000AA}");
    let refused = suite.refused(LinkChange::create(nowhere)).await;
    assert_eq!(refused, (MessageId::GpoNotFound, HResult::NO_SUCH_OBJECT));
    let users = EditLinks::one(suite.directory().root_dse().domain_dn.child("CN", "System"), "it", create(0, None));
    assert_eq!(suite.done(&users).await.unwrap_err().0.id, MessageId::InvalidArgument);

    // Options, several at once, in one modify.
    suite.change(LinkChange::SetEnforced(vec![suite.id(0), suite.id(1)], true)).await.unwrap();
    suite.change(LinkChange::SetEnabled(vec![suite.id(0)], false)).await.unwrap();
    assert_eq!(suite.links(ou).await, "ca3b2");
    let same = suite.change(LinkChange::SetEnabled(vec![suite.id(0)], false)).await.unwrap();
    assert_eq!(same.entry, None, "nothing is written where all is as wanted");
    suite.undo_newest().await.unwrap();
    assert_eq!(suite.links(ou).await, "ca2b2");
    suite.change(LinkChange::SetEnforced(vec![suite.id(0), suite.id(1)], false)).await.unwrap();

    // Order.
    suite.change(LinkChange::Move(vec![suite.id(1)], LinkMove::Top)).await.unwrap();
    assert_eq!(suite.links(ou).await, "bca");
    suite.change(LinkChange::Move(vec![suite.id(1), suite.id(2)], LinkMove::Down)).await.unwrap();
    assert_eq!(suite.links(ou).await, "abc");
    suite.change(LinkChange::Move(vec![suite.id(0)], LinkMove::To(2))).await.unwrap();
    assert_eq!(suite.links(ou).await, "bac");

    // What is wanted is there already, or is made so.
    let ensure = |position: Option<usize>, enforced: Option<bool>| LinkChange::Ensure {
        gpo: gpos[0].clone(),
        position,
        enabled: None,
        enforced,
    };
    assert_eq!(suite.change(ensure(None, None)).await.unwrap().entry, None);
    suite.change(ensure(Some(1), Some(true))).await.unwrap();
    assert_eq!(suite.links(ou).await, "a2bc");
    assert_eq!(suite.change(ensure(Some(1), Some(true))).await.unwrap().entry, None);
    suite.change(LinkChange::Delete(vec![suite.id(0)])).await.unwrap();
    suite.change(ensure(None, None)).await.unwrap();
    assert_eq!(suite.links(ou).await, "bca");

    // The last link gone leaves a blank; undo brings all back.
    suite.change(LinkChange::Delete(vec![suite.id(0), suite.id(1), suite.id(2)])).await.unwrap();
    assert_eq!(suite.text(ou, "gPLink").await.as_deref(), Some(" "));
    let gone = suite.refused(LinkChange::Delete(vec![suite.id(0)])).await;
    assert_eq!(gone, (MessageId::LinkNotFound, HResult::NO_SUCH_OBJECT));
    suite.undo_newest().await.unwrap();
    assert_eq!(suite.links(ou).await, "bca");
    suite.change(LinkChange::Delete(vec![suite.id(0), suite.id(1), suite.id(2)])).await.unwrap();
}

/// A GPO that is linked twice, links to GPOs that are gone, and damage: shown, changed one by one, all others byte-equal.
pub async fn check_odd_links(suite: &LinkSuite) {
    let (ou, gpos) = (&suite.ou, &suite.gpos);
    let element = |gpo: &Dn, options: u32| format!("[LDAP://{gpo};{options}]");
    let gone = gpos[0].parent().unwrap().child("CN", "{00000000-0000-0000-0000-0000000000AA}");
    let (a, b) = (element(&gpos[0], 0), element(&gpos[1], 1));
    suite.set("gPLink", &format!("{a}[LDAP://garbage]{b}{}{a}", element(&gone, 0))).await;
    assert_eq!(suite.links(ou).await, "a?b1!a");
    let second = LinkId { occurrence: 2, ..suite.id(0) };
    suite.change(LinkChange::SetEnforced(vec![second.clone()], true)).await.unwrap();
    assert_eq!(suite.links(ou).await, "a?b1!a2");
    suite.change(LinkChange::Delete(vec![LinkId::first(gone)])).await.unwrap();
    suite.change(LinkChange::Delete(vec![suite.id(0)])).await.unwrap();
    assert_eq!(
        suite.text(ou, "gPLink").await.unwrap(),
        format!("{}[LDAP://garbage]{b}", element(&gpos[0], 2)),
        "what was not meant stays as it was spelled"
    );
    assert_eq!(suite.refused(LinkChange::Delete(vec![second])).await.0, MessageId::LinkNotFound);
    let damaged = LinkId { target: LinkedTo::Damaged("[LDAP://garbage]".to_owned()), occurrence: 1 };
    suite.change(LinkChange::Move(vec![damaged.clone()], LinkMove::Top)).await.unwrap();
    suite.change(LinkChange::Delete(vec![damaged, suite.id(0), suite.id(1)])).await.unwrap();
    assert_eq!(suite.text(ou, "gPLink").await.as_deref(), Some(" "));
}

/// A link moves to another container: both or none.
pub async fn check_moved_link(suite: &LinkSuite) {
    suite.done(&CreateOu { parent: suite.ou.clone(), name: "Other".to_owned() }).await.unwrap();
    let other = suite.ou.child("OU", "Other");
    suite.change(LinkChange::create(suite.gpos[0].clone())).await.unwrap();
    suite.change(LinkChange::SetEnforced(vec![suite.id(0)], true)).await.unwrap();
    let move_it = |from: &Dn, to: &Dn| MoveLink {
        subject: "it".to_owned(),
        link: suite.id(0),
        from: from.clone(),
        to: to.clone(),
    };
    suite.done(&move_it(&suite.ou, &other)).await.unwrap();
    assert_eq!((suite.links(&suite.ou).await, suite.links(&other).await), (String::new(), "a2".to_owned()));
    suite.undo_newest().await.unwrap();
    assert_eq!((suite.links(&suite.ou).await, suite.links(&other).await), ("a2".to_owned(), String::new()));
    let same = suite.done(&move_it(&suite.ou, &suite.ou)).await.unwrap_err();
    assert_eq!(same.0.id, MessageId::InvalidArgument);
    suite.done(&EditLinks::one(other.clone(), "it", LinkChange::create(suite.gpos[0].clone()))).await.unwrap();
    let twice = suite.done(&move_it(&suite.ou, &other)).await.unwrap_err();
    assert_eq!(twice.0.id, MessageId::LinkExists);
    suite.change(LinkChange::Delete(vec![suite.id(0)])).await.unwrap();
    suite.done(&DeleteOu { ou: other, with_children: false }).await.unwrap();
}

/// IGPMSOM.GPOInheritanceBlocked put (041).
pub async fn check_inheritance(suite: &LinkSuite) {
    let set = |blocked: bool| SetInheritanceBlocked { som: suite.ou.clone(), blocked };
    assert_eq!(suite.done(&set(false)).await.unwrap().entry, None);
    suite.done(&set(true)).await.unwrap();
    assert_eq!(suite.text(&suite.ou, "gPOptions").await.as_deref(), Some("1"));
    assert_eq!(suite.done(&set(true)).await.unwrap().entry, None);
    suite.undo_newest().await.unwrap();
    suite.set("gPOptions", "4").await;
    suite.done(&set(true)).await.unwrap();
    assert_eq!(suite.text(&suite.ou, "gPOptions").await.as_deref(), Some("5"), "other options stay");
    suite.done(&set(false)).await.unwrap();
    assert_eq!(suite.text(&suite.ou, "gPOptions").await.as_deref(), Some("4"));
}

/// OUs come, are renamed and go.
pub async fn check_ous(suite: &LinkSuite) {
    let (ou, directory) = (&suite.ou, suite.directory());
    let exists = async |dn: &Dn| directory.read(dn, &["ou"], None).await.is_ok();
    let create = |parent: &Dn, name: &str| CreateOu { parent: parent.clone(), name: name.to_owned() };
    let unit = ou.child("OU", "A, b");
    suite.done(&create(ou, " A, b ")).await.unwrap();
    assert!(exists(&unit).await);
    let code = async |edit: &dyn Edit| {
        let error = suite.done(edit).await.unwrap_err();
        error.0.code
    };
    assert_eq!(code(&create(ou, "a, B")).await, HResult::ALREADY_EXISTS);
    assert_eq!(code(&create(ou, "  ")).await, HResult::INVALID_ARGUMENT);
    assert_eq!(code(&create(ou, &"x".repeat(65))).await, HResult::INVALID_ARGUMENT);
    let ensure = EnsureOu { parent: ou.clone(), name: "A, b".to_owned() };
    assert_eq!(suite.done(&ensure).await.unwrap().entry, None);

    let rename = |from: &Dn, name: &str| RenameOu { ou: from.clone(), name: name.to_owned() };
    suite.done(&rename(&unit, "Renamed")).await.unwrap();
    let renamed = ou.child("OU", "Renamed");
    assert!(exists(&renamed).await && !exists(&unit).await);
    suite.undo_newest().await.unwrap();
    assert!(exists(&unit).await);
    suite.done(&rename(&unit, "Renamed")).await.unwrap();
    suite.done(&create(ou, "Taken")).await.unwrap();
    assert_eq!(code(&rename(&renamed, "TAKEN")).await, HResult::ALREADY_EXISTS);
    let controllers = directory.root_dse().domain_dn.child("OU", "Domain Controllers");
    if exists(&controllers).await {
        assert_eq!(code(&rename(&controllers, "x")).await, HResult::ACCESS_DENIED);
        let delete = DeleteOu { ou: controllers, with_children: true };
        assert_eq!(code(&delete).await, HResult::ACCESS_DENIED);
    }

    // An empty one comes back with undo.
    let delete = |dn: &Dn, with_children: bool| DeleteOu { ou: dn.clone(), with_children };
    let links = EditLinks::one(renamed.clone(), "it", LinkChange::create(suite.gpos[0].clone()));
    suite.done(&links).await.unwrap();
    suite.done(&delete(&renamed, false)).await.unwrap();
    assert!(!exists(&renamed).await);
    suite.undo_newest().await.unwrap();
    assert_eq!(suite.links(&renamed).await, "a");

    // One with something in it only where that was asked for, and for good.
    suite.done(&create(&renamed, "Inner")).await.unwrap();
    let error = suite.done(&delete(&renamed, false)).await.unwrap_err();
    assert_eq!(error.0.code, HResult::DIRECTORY_NOT_EMPTY);
    assert!(error.0.message.contains("1 object (1 organizational unit)"), "{}", error.0.message);
    protect(&*directory, &renamed.child("OU", "Inner"), true).await;
    let error = suite.done(&delete(&renamed, true)).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::ObjectProtected);
    assert!(exists(&renamed).await);
    protect(&*directory, &renamed.child("OU", "Inner"), false).await;
    suite.done(&delete(&renamed, true)).await.unwrap();
    assert!(!exists(&renamed).await);
    assert!(suite.undo_newest().await.is_err());
    protect(&*directory, &ou.child("OU", "Taken"), true).await;
    let error = suite.done(&delete(&ou.child("OU", "Taken"), false)).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::ObjectProtected);
    protect(&*directory, &ou.child("OU", "Taken"), false).await;
    suite.done(&delete(&ou.child("OU", "Taken"), false)).await.unwrap();
}

/// Puts an entry into an access list that denies deletion to Everyone, or takes it out.
async fn protect(directory: &dyn Directory, dn: &Dn, protect: bool) {
    use opengpmc::ident::Sid;
    use opengpmc::security::{AccessMask, Ace, AceFlags, AclEntry, AclState, SecurityDescriptor};
    let entry = directory.read(dn, &["nTSecurityDescriptor"], Some(SdParts::DACL)).await.unwrap();
    let mut descriptor = SecurityDescriptor::from_bytes(entry.bytes("nTSecurityDescriptor").unwrap()).unwrap();
    let AclState::Present(acl) = &mut descriptor.dacl else { panic!("no list") };
    if protect {
        let mask = AccessMask(AccessMask::DELETE.0 | AccessMask::DELETE_TREE.0);
        acl.entries.insert(0, AclEntry::Ace(Ace::deny(Sid::everyone(), mask, AceFlags(0))));
    } else {
        acl.entries.remove(0);
    }
    let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: descriptor.to_bytes().unwrap() };
    directory.modify(dn, &[change]).await.unwrap();
}

/// Two clients change the links of one OU at the same time, `rounds` times each: none is lost, none doubled. Returns how long it took.
pub async fn check_race(one: &LinkSuite, other: &ChangeContext, rounds: usize) -> Duration {
    let started = std::time::Instant::now();
    let work = async |context: &ChangeContext, gpo: usize| {
        let id = || LinkId::first(one.gpos[gpo].clone());
        for round in 0..rounds {
            let change = match round % 4 {
                0 => LinkChange::create(one.gpos[gpo].clone()),
                1 => LinkChange::SetEnforced(vec![id()], true),
                2 => LinkChange::Move(vec![id()], LinkMove::Top),
                _ => LinkChange::Delete(vec![id()]),
            };
            carry_out(context, &EditLinks::one(one.ou.clone(), "it", change), &Task::default()).await.unwrap();
        }
        carry_out(
            context,
            &EditLinks::one(one.ou.clone(), "it", LinkChange::create(one.gpos[gpo].clone())),
            &Task::default(),
        )
        .await
        .unwrap();
    };
    one.change(LinkChange::create(one.gpos[2].clone())).await.unwrap();
    futures::join!(work(&one.context, 0), work(other, 1));
    let mut links: Vec<char> = one.links(&one.ou).await.chars().collect();
    links.sort();
    assert_eq!(links, ['a', 'b', 'c']);
    one.change(LinkChange::Delete(vec![one.id(0), one.id(1), one.id(2)])).await.unwrap();
    started.elapsed()
}
