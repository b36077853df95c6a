//! The engine of edits: steps are done whole or not at all, taken back, and undone as long as nobody else has changed the same.

use std::sync::Arc;

use async_trait::async_trait;
use opengpmc::gpm::{MessageId, OperationError, Task};
use opengpmc::ident::{Dn, DnsName, Guid};
use opengpmc::operation::edit::{
    Edit, EditPlan, Step, Touched, ValueChange, carry_out, carry_out_all, undo, undo_list,
};
use opengpmc::operation::{ChangeContext, Journal};
use opengpmc::store::{Attribute, Change, ForestStore, SdParts, SysvolPath, demo};

/// An edit whose steps are known beforehand.
struct Steps(&'static str, Vec<Step>, bool);

#[async_trait]
impl Edit for Steps {
    fn title(&self) -> String {
        self.0.to_owned()
    }

    async fn plan(&self, _: &Arc<dyn ForestStore>, _: &Task) -> Result<EditPlan, OperationError> {
        let touches = vec![Touched::Domain(domain())];
        Ok(EditPlan { steps: self.1.clone(), touches, ..EditPlan::default() })
    }

    fn tries_again(&self) -> bool {
        self.2
    }
}

fn domain() -> DnsName {
    "kestrelbay.example".parse().unwrap()
}

struct Ground {
    context: ChangeContext,
    _folder: tempfile::TempDir,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let store = demo::open().await.unwrap();
        Ground { context: ChangeContext { store, journal }, _folder: folder }
    }

    fn root(&self) -> Dn {
        self.context.store.directory().root_dse().domain_dn.clone()
    }

    async fn value(&self, dn: &Dn, name: &str) -> Option<String> {
        self.context.store.directory().read(dn, &[name], None).await.unwrap().text(name)
    }

    async fn file(&self, path: &SysvolPath) -> Option<Vec<u8>> {
        self.context.store.sysvol(&domain()).await.unwrap().read(path).await.ok()
    }

    fn titles(&self) -> (Vec<String>, Vec<String>) {
        let list = undo_list(&self.context.journal, &*self.context.store).unwrap();
        let titles =
            |list: Vec<opengpmc::operation::edit::UndoEntry>| list.into_iter().map(|entry| entry.title).collect();
        (titles(list.undo), titles(list.redo))
    }

    async fn undo_newest(&self) -> Result<(), OperationError> {
        let list = undo_list(&self.context.journal, &*self.context.store).unwrap();
        undo(&self.context, list.undo[0].id, &Task::default()).await.map(drop)
    }

    async fn redo_newest(&self) -> Result<(), OperationError> {
        let list = undo_list(&self.context.journal, &*self.context.store).unwrap();
        undo(&self.context, list.redo[0].id, &Task::default()).await.map(drop)
    }
}

fn text(name: &str, before: Option<&str>, after: Option<&str>) -> ValueChange {
    ValueChange::text(name, before, after)
}

#[tokio::test]
async fn an_edit_is_done_undone_and_done_again() {
    let ground = Ground::new().await;
    let ou = ground.root().child("OU", "Edited");
    let folder = SysvolPath::parse("Policies/{11111111-2222-3333-4444-555555555555}").unwrap();
    let file = folder.join("GPT.INI").unwrap();
    let steps = vec![
        Step::add(&ou, vec![Attribute::text("objectClass", "organizationalUnit"), Attribute::text("description", "a")]),
        Step::MakeFolder { domain: domain(), path: folder.clone(), access: None },
        Step::MirrorSecurity { dn: ou.clone(), domain: domain(), path: folder.clone() },
        Step::WriteFile { domain: domain(), path: file.clone(), before: None, after: Some(b"x".to_vec()) },
        Step::modify(&ou, vec![text("description", Some("a"), Some("b"))]),
    ];
    let edit = Steps("Make it", steps, true);
    carry_out(&ground.context, &edit, &Task::default()).await.unwrap();
    assert_eq!(ground.value(&ou, "description").await.as_deref(), Some("b"));
    assert_eq!(ground.file(&file).await, Some(b"x".to_vec()));
    assert_eq!(ground.titles(), (vec!["Make it".to_owned()], vec![]));

    ground.undo_newest().await.unwrap();
    assert!(ground.context.store.directory().read(&ou, &["ou"], None).await.is_err());
    assert_eq!(ground.file(&file).await, None);
    assert_eq!(ground.titles(), (vec![], vec!["Make it".to_owned()]));

    ground.redo_newest().await.unwrap();
    assert_eq!(ground.value(&ou, "description").await.as_deref(), Some("b"));
    assert_eq!(ground.file(&file).await, Some(b"x".to_vec()));
    assert_eq!(ground.titles(), (vec!["Make it".to_owned()], vec![]));
}

#[tokio::test]
async fn what_goes_comes_back_with_all_it_held() {
    let ground = Ground::new().await;
    let domain_handle = opengpmc::gpm::Domain::open(&ground.context.store, &domain()).await.unwrap();
    let gpos = domain_handle.gpos(opengpmc::gpm::GpoParts::All).await.unwrap().values;
    let gpo = gpos.iter().find(|gpo| gpo.display_name == "Screen Lock - Strict").unwrap();
    let before = crate::common::gpo_state::GpoState::read(&ground.context.store, &domain(), gpo.id).await;
    let flags = ground.value(&gpo.dn, "flags").await.unwrap();
    let folder = gpo.sysvol_folder();
    let aside = SysvolPath::parse(&format!("Policies/{}.removed", gpo.id)).unwrap();
    let steps = vec![
        Step::modify(&gpo.dn, vec![text("flags", Some(&flags), Some("3"))]),
        Step::MoveTree { domain: domain(), from: folder.clone(), to: aside.clone() },
        Step::delete(&gpo.dn),
        Step::RemoveTree { domain: domain(), path: aside, found_at: folder.clone() },
    ];
    carry_out(&ground.context, &Steps("Delete it", steps, true), &Task::default()).await.unwrap();
    assert!(domain_handle.gpo(gpo.id, opengpmc::gpm::GpoParts::Summary).await.is_err());
    assert_eq!(ground.file(&folder.join("GPT.INI").unwrap()).await, None);

    ground.undo_newest().await.unwrap();
    let after = crate::common::gpo_state::GpoState::read(&ground.context.store, &domain(), gpo.id).await;
    assert!(after == before);
    ground.redo_newest().await.unwrap();
    assert!(domain_handle.gpo(gpo.id, opengpmc::gpm::GpoParts::Summary).await.is_err());
}

#[tokio::test]
async fn a_failing_step_takes_the_others_back() {
    let ground = Ground::new().await;
    let root = ground.root();
    let description = ground.value(&root, "description").await;
    let steps = vec![
        Step::modify(&root, vec![text("description", description.as_deref(), Some("new"))]),
        Step::modify(&root, vec![text("gPOptions", Some("77"), Some("78"))]),
    ];
    let task = Task::default();
    let error = carry_out(&ground.context, &Steps("Fail", steps, false), &task).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::Conflict);
    assert!(error.0.message.contains("it was `77` when it was read") && error.0.message.contains("`78`"), "{error}");
    assert_eq!(ground.value(&root, "description").await, description);
    assert_eq!(ground.titles(), (vec![], vec![]));
    assert_eq!(ground.context.journal.interrupted().unwrap(), []);
}

#[tokio::test]
async fn what_somebody_else_changed_is_not_undone() {
    let ground = Ground::new().await;
    let root = ground.root();
    let old = ground.value(&root, "description").await;
    let steps = vec![Step::modify(&root, vec![text("description", old.as_deref(), Some("ours"))])];
    carry_out(&ground.context, &Steps("Describe", steps, true), &Task::default()).await.unwrap();
    let theirs = Change::Replace(Attribute::text("description", "theirs"));
    ground.context.store.directory().modify(&root, &[theirs]).await.unwrap();
    let error = ground.undo_newest().await.unwrap_err();
    assert_eq!(error.0.id, MessageId::Conflict);
    assert_eq!(ground.value(&root, "description").await.as_deref(), Some("theirs"));
    assert_eq!(ground.titles().0, ["Describe"]);
}

#[tokio::test]
async fn several_at_once_are_undone_at_once() {
    let ground = Ground::new().await;
    let root = ground.root();
    let edit = |number: u32| -> Arc<dyn Edit> {
        let ou = root.child("OU", &format!("Batch {number}"));
        Arc::new(Steps("One", vec![Step::add(&ou, vec![Attribute::text("objectClass", "organizationalUnit")])], true))
    };
    let edits = [edit(1), edit(2), edit(1)];
    let outcomes = carry_out_all(&ground.context, "Three", &edits, &Task::default()).await.unwrap();
    let done: Vec<bool> = outcomes.iter().map(|outcome| outcome.outcome.is_ok()).collect();
    assert_eq!(done, [true, true, false], "the third is there already, and is left there");
    assert_eq!(ground.titles().0, ["Three"]);
    ground.undo_newest().await.unwrap();
    for number in [1, 2] {
        let ou = root.child("OU", &format!("Batch {number}"));
        assert!(ground.context.store.directory().read(&ou, &["ou"], None).await.is_err());
    }
    assert_eq!(ground.titles(), (vec![], vec!["Three".to_owned()]));
    ground.redo_newest().await.unwrap();
    assert_eq!(ground.titles(), (vec!["Three".to_owned()], vec![]));
}

#[tokio::test]
async fn permissions_are_replaced_only_where_they_are_what_was_read() {
    let ground = Ground::new().await;
    let root = ground.root();
    let read = || async {
        let entry = ground.context.store.directory().read(&root, &["nTSecurityDescriptor"], Some(SdParts::DACL)).await;
        entry.unwrap().bytes("nTSecurityDescriptor").unwrap().to_vec()
    };
    let before = read().await;
    let mut wanted = opengpmc::security::SecurityDescriptor::from_bytes(&before).unwrap();
    wanted.dacl = opengpmc::security::AclState::Present(Default::default());
    let after = wanted.to_bytes().unwrap();
    let step = |before: &[u8]| Step::SetSecurity {
        dn: root.clone(),
        parts: SdParts::DACL,
        before: before.to_vec(),
        after: after.clone(),
    };
    carry_out(&ground.context, &Steps("Lock out", vec![step(&before)], false), &Task::default()).await.unwrap();
    let error =
        carry_out(&ground.context, &Steps("Again", vec![step(&before)], false), &Task::default()).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::Conflict);
    ground.undo_newest().await.unwrap();
    assert_eq!(read().await, before);
}

#[tokio::test]
async fn what_a_crash_broke_off_is_put_back() {
    let ground = Ground::new().await;
    let root = ground.root();
    let ou = root.child("OU", "Broken");
    let told = Arc::new(tokio::sync::Notify::new());
    let task = Task::new({
        let told = Arc::clone(&told);
        move || told.notify_one()
    });
    let steps = vec![
        Step::add(&ou, vec![Attribute::text("objectClass", "organizationalUnit")]),
        Step::modify(&ou, vec![text("description", None, Some("a"))]),
        Step::modify(&ou, vec![text("description", Some("a"), Some("b"))]),
    ];
    let edit = Steps("Break", steps, true);
    let mut running = Box::pin(carry_out(&ground.context, &edit, &task));
    while task.snapshot().done < 2 {
        tokio::select! {
            biased;
            () = told.notified() => {}
            done = &mut running => panic!("it came to its end: {done:?}"),
        }
    }
    drop(running);
    let interrupted = ground.context.journal.interrupted().unwrap();
    assert_eq!(interrupted.len(), 1);
    let store = &ground.context.store;
    opengpmc::operation::recover(store, &ground.context.journal, &interrupted[0], &Task::default()).await.unwrap();
    assert_eq!(ground.context.journal.interrupted().unwrap(), []);
    // The store may have come to the end of a write that nobody waited for any more.
    match store.directory().read(&ou, &["description"], None).await {
        Ok(entry) => {
            assert_eq!((entry.text("description").as_deref(), ground.titles().0.len()), (Some("b"), 1));
            ground.undo_newest().await.unwrap();
        }
        Err(_) => assert_eq!(ground.titles(), (vec![], vec![])),
    }
    assert!(store.directory().read(&ou, &["ou"], None).await.is_err());
}

#[tokio::test]
async fn an_import_can_be_undone() {
    use crate::common::change_suite::Suite;
    use opengpmc::operation::{CopyOptions, copy_gpo};
    let suite = Suite::new(demo::open().await.unwrap(), &domain());
    let id = suite.gpo_named("Screen Lock - Strict").await;
    let (store, options) = (suite.store().clone(), CopyOptions::default());
    let copied = copy_gpo(&store, &domain(), id, &suite.context, &domain(), &options, &Task::default()).await;
    let copied: Guid = copied.unwrap();
    let list = undo_list(&suite.context.journal, &*store).unwrap();
    assert_eq!(list.undo[0].title, "Create Copy of Screen Lock - Strict as a copy");
    undo(&suite.context, list.undo[0].id, &Task::default()).await.unwrap();
    let handle = opengpmc::gpm::Domain::open(&store, &domain()).await.unwrap();
    assert!(handle.gpo(copied, opengpmc::gpm::GpoParts::Summary).await.is_err());
    assert_eq!(undo_list(&suite.context.journal, &*store).unwrap(), Default::default());
    assert!(suite.journal_is_empty());
}
