//! WMI filters made, changed, copied, deleted, imported and exported, on the demo forest; each undone.

use std::sync::Arc;

use opengpmc::format::MofFilter;
use opengpmc::gpm::{Domain, GpoParts, HResult, MessageId, OperationError, Task, WmiFilter, WmiQuery};
use opengpmc::ident::{Dn, Guid};
use opengpmc::operation::admin::{
    CopyWmiFilter, CreateWmiFilter, DeleteWmiFilter, EditWmiFilter, export_wmi_filter, read_wmi_filter_file,
};
use opengpmc::operation::edit::{Edit, Edited, Step, Touched, carry_out, undo};
use opengpmc::operation::{ChangeContext, Journal};
use opengpmc::store::{Change, ForestStore, StoreErrorKind, demo};

use crate::common::faulty_store::{Failure, Fault, Faults};

const ROOT: &str = "kestrelbay.example";
const CHILD: &str = "lumen-sails.example";
/// A filter that GPOs use.
const USED: &str = "Windows 11 with TPM 2.0";

struct Ground {
    context: ChangeContext,
    domain: Domain,
    folder: tempfile::TempDir,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal")).unwrap();
        let store = demo::open().await.unwrap();
        let domain = Domain::open(&store, &ROOT.parse().unwrap()).await.unwrap();
        Ground { context: ChangeContext { store, journal }, domain, folder }
    }

    async fn filters(&self) -> Vec<WmiFilter> {
        self.domain.wmi_filters().await.unwrap().values
    }

    async fn filter(&self, name: &str) -> WmiFilter {
        self.filters().await.into_iter().find(|filter| filter.name == name).unwrap()
    }

    async fn names(&self) -> Vec<String> {
        self.filters().await.into_iter().map(|filter| filter.name).collect()
    }

    async fn value(&self, dn: &Dn, attribute: &str) -> Option<String> {
        self.domain.directory().read(dn, &[attribute], None).await.unwrap().text(attribute)
    }

    async fn users(&self, filter: Guid) -> Vec<Guid> {
        let gpos = self.domain.gpos(GpoParts::Details).await.unwrap().values;
        let uses = |gpo: &&opengpmc::gpm::Gpo| gpo.wmi_filter.as_ref().is_some_and(|own| own.id == filter);
        gpos.iter().filter(uses).map(|gpo| gpo.id).collect()
    }

    async fn carry_out(&self, edit: &dyn Edit) -> Result<Edited, OperationError> {
        carry_out(&self.context, edit, &Task::default()).await
    }

    async fn undo(&self, edited: &Edited) {
        undo(&self.context, edited.entry.unwrap(), &Task::default()).await.unwrap();
    }
}

fn query(text: &str) -> WmiQuery {
    WmiQuery { namespace: r"root\CIMv2".to_owned(), language: "WQL".to_owned(), query: text.to_owned() }
}

fn new_filter(name: &str) -> CreateWmiFilter {
    CreateWmiFilter::new(ROOT.parse().unwrap(), name.to_owned(), "d".to_owned(), vec![query("select * from A")])
}

fn code<T: std::fmt::Debug>(result: Result<T, OperationError>) -> HResult {
    result.unwrap_err().0.code
}

#[tokio::test]
async fn a_new_filter_says_what_it_was_given_and_is_undone() {
    let ground = Ground::new().await;
    let before = ground.names().await;
    let edit = CreateWmiFilter { author: "ann@kestrelbay.example".to_owned(), ..new_filter("  Laptops of ours ") };
    let edited = ground.carry_out(&edit).await.unwrap();
    assert_eq!(edited.touches, [Touched::WmiFilters(ROOT.parse().unwrap())]);
    let made = ground.filter("Laptops of ours").await;
    assert_eq!((made.id, made.description.as_str(), made.author.as_str()), (edit.id, "d", "ann@kestrelbay.example"));
    assert_eq!(made.queries, edit.queries);
    assert!(made.created.is_some() && made.created == made.modified && !made.stored_lengths_wrong);
    let check = async |attribute: &str, expected: &str| {
        assert_eq!(ground.value(&made.dn, attribute).await.as_deref(), Some(expected), "{attribute}");
    };
    check("msWMI-ID", &edit.id.to_string()).await;
    check("cn", &edit.id.to_string()).await;
    check("msWMI-Parm1", "d").await;
    check("msWMI-Parm2", r"1;3;10;15;WQL;root\CIMv2;select * from A;").await;
    check("showInAdvancedViewOnly", "TRUE").await;
    check("msWMI-CreationDate", &made.created.unwrap().to_dmtf()).await;
    ground.undo(&edited).await;
    assert_eq!(ground.names().await, before);
}

#[tokio::test]
async fn what_no_filter_can_be_is_refused() {
    let ground = Ground::new().await;
    let before = ground.names().await;
    let check = async |edit: CreateWmiFilter, expected: HResult| {
        assert_eq!(code(ground.carry_out(&edit).await), expected, "{edit:?}");
    };
    check(new_filter(""), HResult::INVALID_ARGUMENT).await;
    check(new_filter(&"x".repeat(256)), HResult::INVALID_ARGUMENT).await;
    check(new_filter(&USED.to_uppercase()), HResult::OBJECT_EXISTS).await;
    check(CreateWmiFilter { queries: vec![], ..new_filter("a") }, HResult::INVALID_ARGUMENT).await;
    check(CreateWmiFilter { queries: vec![query(" ")], ..new_filter("a") }, HResult::INVALID_ARGUMENT).await;
    assert_eq!(ground.names().await, before);
}

#[tokio::test]
async fn a_domain_without_containers_gets_them() {
    let ground = Ground::new().await;
    let policy = ground.domain.wmi_filter_container().parent().unwrap();
    ground.domain.directory().delete_tree(&policy).await.unwrap();
    assert!(ground.names().await.is_empty());
    let edited = ground.carry_out(&new_filter("first")).await.unwrap();
    assert_eq!(ground.names().await, ["first"]);
    ground.undo(&edited).await;
    let gone = ground.domain.directory().read(&policy, &["cn"], None).await;
    assert_eq!(gone.unwrap_err().kind, StoreErrorKind::NotFound);
}

#[tokio::test]
async fn an_edit_changes_what_was_changed_and_is_undone() {
    let ground = Ground::new().await;
    let seen = ground.filter(USED).await;
    let old_date = ground.value(&seen.dn, "msWMI-ChangeDate").await;
    let same = ground.carry_out(&EditWmiFilter::of(&seen)).await.unwrap();
    assert_eq!(same, Edited::default());
    let edit = EditWmiFilter {
        name: "Renamed".to_owned(),
        description: String::new(),
        queries: vec![query("select a from B"), query("select * from C")],
        seen: seen.clone(),
    };
    let edited = ground.carry_out(&edit).await.unwrap();
    let now = ground.filter("Renamed").await;
    assert_eq!((now.id, now.description.as_str(), &now.queries), (seen.id, "", &edit.queries));
    assert_eq!((now.created, &now.author), (seen.created, &seen.author));
    assert_ne!(ground.value(&seen.dn, "msWMI-ChangeDate").await, old_date);
    assert_eq!(ground.value(&seen.dn, "msWMI-Parm1").await, None);
    // Said twice, it is done once.
    assert_eq!(ground.carry_out(&edit).await.unwrap(), Edited::default());
    ground.undo(&edited).await;
    let back = ground.filter(USED).await;
    assert_eq!((back.description, back.queries), (seen.description, seen.queries));
    assert_eq!(ground.value(&seen.dn, "msWMI-ChangeDate").await, old_date);
}

#[tokio::test]
async fn a_change_by_somebody_else_is_a_conflict_with_both_values() {
    let ground = Ground::new().await;
    let seen = ground.filter(USED).await;
    let other = EditWmiFilter { description: "theirs".to_owned(), ..EditWmiFilter::of(&seen) };
    ground.carry_out(&other).await.unwrap();
    let ours = EditWmiFilter { description: "ours".to_owned(), ..EditWmiFilter::of(&seen) };
    let OperationError(message) = ground.carry_out(&ours).await.unwrap_err();
    assert_eq!(message.id, MessageId::Conflict);
    for text in [seen.description.as_str(), "theirs", "ours"] {
        assert!(message.message.contains(text), "{}", message.message);
    }
    // What the other one left alone can be changed all the same.
    let renamed = EditWmiFilter { name: "ours".to_owned(), ..EditWmiFilter::of(&seen) };
    ground.carry_out(&renamed).await.unwrap();
    assert_eq!(ground.filter("ours").await.description, "theirs");
    // Between reading and writing.
    let seen = ground.filter("ours").await;
    let edit = EditWmiFilter { description: "late".to_owned(), ..EditWmiFilter::of(&seen) };
    let plan = edit.plan(&ground.context.store, &Task::default()).await.unwrap();
    assert!(matches!(&plan.steps[..], [Step::Modify { values, .. }] if values.len() == 2));
    let swap = |old: &str, new: &str| Change::Swap {
        attribute: "msWMI-Parm1".to_owned(),
        old: Some(old.as_bytes().to_vec()),
        new: Some(new.as_bytes().to_vec()),
    };
    ground.domain.directory().modify(&seen.dn, &[swap("theirs", "in between")]).await.unwrap();
    assert_eq!(ground.carry_out(&edit).await.unwrap_err().0.id, MessageId::Conflict);
    ground.domain.directory().delete(&seen.dn).await.unwrap();
    assert_eq!(ground.carry_out(&edit).await.unwrap_err().0.id, MessageId::WmiFilterMissing);
}

#[tokio::test]
async fn a_deleted_filter_is_taken_off_its_gpos_and_comes_back() {
    let ground = Ground::new().await;
    let filter = ground.filter(USED).await;
    let users = ground.users(filter.id).await;
    assert!(!users.is_empty());
    let edit = DeleteWmiFilter { domain: ROOT.parse().unwrap(), id: filter.id, name: filter.name.clone() };
    let edited = ground.carry_out(&edit).await.unwrap();
    assert!(!ground.names().await.contains(&filter.name));
    assert!(ground.users(filter.id).await.is_empty());
    assert!(users.iter().all(|gpo| edited.touches.contains(&Touched::Gpo(ROOT.parse().unwrap(), *gpo))));
    assert_eq!(ground.carry_out(&edit).await.unwrap_err().0.id, MessageId::WmiFilterMissing);
    ground.undo(&edited).await;
    let back = ground.filter(USED).await;
    assert_eq!((back.id, &back.queries, &back.description), (filter.id, &filter.queries, &filter.description));
    assert_eq!(back.security_descriptor, filter.security_descriptor);
    assert_eq!(ground.users(filter.id).await, users);
}

#[tokio::test]
async fn copies_have_names_of_their_own() {
    let ground = Ground::new().await;
    let source = ground.filter(USED).await;
    let copy = |target: &str, name: Option<&str>| CopyWmiFilter {
        source: source.clone(),
        target: target.parse().unwrap(),
        id: Guid::random(),
        name: name.map(str::to_owned),
    };
    ground.carry_out(&copy(ROOT, None)).await.unwrap();
    let made = ground.filter(&format!("Copy of {USED}")).await;
    assert_eq!((&made.queries, &made.description), (&source.queries, &source.description));
    assert_ne!(made.id, source.id);
    assert_eq!(code(ground.carry_out(&copy(ROOT, Some(USED))).await), HResult::OBJECT_EXISTS);
    ground.carry_out(&copy(ROOT, Some("Mine"))).await.unwrap();
    assert_eq!(ground.filter("Mine").await.queries, source.queries);
    let edited = ground.carry_out(&copy(CHILD, None)).await.unwrap();
    let child = Domain::open(&ground.context.store, &CHILD.parse().unwrap()).await.unwrap();
    let of_child = async || child.wmi_filters().await.unwrap().values;
    let copied = of_child().await.into_iter().find(|filter| filter.name == USED).unwrap();
    assert_eq!((copied.queries, copied.domain.to_string()), (source.queries.clone(), CHILD.to_owned()));
    ground.undo(&edited).await;
    assert!(of_child().await.iter().all(|filter| filter.name != USED));
}

#[tokio::test]
async fn what_was_exported_is_imported_as_a_new_filter() {
    let ground = Ground::new().await;
    let filter = ground.filter(USED).await;
    let path = ground.folder.path().join("f.mof");
    export_wmi_filter(&filter, &path, false).await.unwrap();
    assert_eq!(code(export_wmi_filter(&filter, &path, false).await), HResult::ALREADY_EXISTS);
    export_wmi_filter(&filter, &path, true).await.unwrap();
    let file = read_wmi_filter_file(&path).await.unwrap();
    assert_eq!((file.name.as_str(), file.id.as_str()), (USED, filter.id.to_string().as_str()));
    assert_eq!(file.creation_date, filter.created.unwrap().to_dmtf());
    let mut edit = CreateWmiFilter::imported(ROOT.parse().unwrap(), &file);
    assert_eq!(code(ground.carry_out(&edit).await), HResult::OBJECT_EXISTS);
    edit.name = "Imported".to_owned();
    ground.carry_out(&edit).await.unwrap();
    let made = ground.filter("Imported").await;
    assert_eq!(
        (&made.queries, &made.description, &made.author),
        (&filter.queries, &filter.description, &filter.author)
    );
    assert_ne!(made.id, filter.id);
    std::fs::write(&path, b"instance of MSFT_SomFilter\n{\n Name = 1;\n};").unwrap();
    let error = read_wmi_filter_file(&path).await.unwrap_err();
    assert!(error.0.message.contains("line 3") && error.0.object_path.ends_with("f.mof"), "{error}");
    assert!(MofFilter::parse(b"").is_err());
}

#[tokio::test]
async fn a_failure_or_cancel_of_each_write_leaves_the_old_or_the_new() {
    type Make = fn(&WmiFilter) -> Box<dyn Edit>;
    let works: [Make; 3] = [
        |_| Box::new(new_filter("made")),
        |filter| Box::new(EditWmiFilter { name: "changed".to_owned(), ..EditWmiFilter::of(filter) }),
        |filter| Box::new(DeleteWmiFilter { domain: filter.domain.clone(), id: filter.id, name: filter.name.clone() }),
    ];
    for make in works {
        let mut write = 1;
        loop {
            let faults_of: [fn(&Task) -> Fault; 3] =
                [|task| Fault::Cancel(task.clone()), |_| Fault::Once(Failure::DENIED), |_| Fault::AnswerLost];
            let mut is_past = false;
            for fault in faults_of {
                let ground = Ground::new().await;
                let filter = ground.filter(USED).await;
                let before = (ground.names().await, ground.users(filter.id).await);
                let task = Task::default();
                let faults = Faults::at(write, fault(&task));
                let store: Arc<dyn ForestStore> = faults.wrap(ground.context.store.clone());
                let context = ChangeContext { store, journal: ground.context.journal.clone() };
                let edit = make(&filter);
                let outcome = carry_out(&context, &*edit, &task).await;
                is_past |= faults.writes().len() < write;
                let after = (ground.names().await, ground.users(filter.id).await);
                match outcome {
                    Err(error) => assert_eq!(before, after, "{} at {write}: {error}", edit.title()),
                    Ok(_) => assert_ne!(before.0, after.0, "{} at {write}", edit.title()),
                }
            }
            if is_past {
                break;
            }
            write += 1;
        }
    }
}
