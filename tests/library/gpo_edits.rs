//! What is changed of GPOs as a whole, on the demo forest: made, renamed, turned off, commented, filtered, deleted; and undone.

use std::collections::BTreeMap;
use std::sync::Arc;

use opengpmc::gpm::{Domain, Gpo, GpoStatus, HResult, MessageId, OperationError, Severity, Task};
use opengpmc::ident::{Dn, DnsName, GpLinkElement, Guid, LinkOptions};
use opengpmc::operation::ChangeContext;
use opengpmc::operation::admin::{
    CreateGpo, DeleteGpo, DeleteOrphanFolder, GpoToEdit, LONGEST_GPO_COMMENT, RenameGpo, SetGpoComment,
    SetGpoHalfEnabled, SetGpoStatus, SetGpoWmiFilter,
};
use opengpmc::operation::edit::{Edit, Edited, carry_out, undo};
use opengpmc::report::Side;
use opengpmc::security::{SecurityDescriptor, compare_sysvol_acl};
use opengpmc::store::{Attribute, Change, Filter, ForestStore, Scope, SdParts, SearchRequest, SysvolPath, demo};

use crate::common::change_suite::Suite;
use crate::common::faulty_store::{Failure, Fault, Faults};
use crate::common::forest_state::State;
use crate::common::without_rights::ForestWithoutRights;

const ROOT: &str = "kestrelbay.example";
const OTHER: &str = "lumen-sails.example";
const CLIENTS: &str = "Clients";

fn root() -> DnsName {
    ROOT.parse().unwrap()
}

async fn suite() -> Suite {
    let store: Arc<dyn ForestStore> = demo::open().await.unwrap();
    Suite::new(store, &root())
}

async fn gpo(suite: &Suite, name: &str) -> GpoToEdit {
    let forest = suite.snapshot().await;
    let gpo = forest.domain(&suite.domain).unwrap().gpos_named(name).next().cloned();
    GpoToEdit::from(&gpo.unwrap_or_else(|| panic!("{name}")))
}

async fn read(suite: &Suite, gpo: &GpoToEdit) -> Gpo {
    suite.snapshot().await.gpo(&gpo.domain, gpo.id).unwrap().clone()
}

async fn edit(suite: &Suite, edit: &dyn Edit) -> Result<Edited, OperationError> {
    carry_out(&suite.context, edit, &Task::default()).await
}

/// Carries out an edit that must do something, and takes it back after a look: all must be as it was.
async fn check_with_undo(suite: &Suite, gpo: &GpoToEdit, change: &dyn Edit, look: impl AsyncFnOnce(&Suite)) {
    let before = whole(suite, gpo.id).await;
    let done = edit(suite, change).await.unwrap_or_else(|error| panic!("{}: {error}", change.title()));
    look(suite).await;
    // Asked for once more there is nothing to do.
    assert_eq!(change.plan(suite.store(), &Task::default()).await.map(|plan| plan.steps), Ok(Vec::new()));
    undo(&suite.context, done.entry.unwrap(), &Task::default()).await.unwrap();
    assert_eq!(before.differences(&whole(suite, gpo.id).await), Vec::<String>::new(), "{}", change.title());
}

/// Reads a GPO and all links of its domain and of the sites.
async fn whole(suite: &Suite, id: Guid) -> State {
    let links: BTreeMap<String, String> = links(suite).await;
    let names: Vec<String> = links.iter().map(|(dn, links)| format!("{dn} {links}")).collect();
    State::of_gpo(suite.store(), &suite.domain, id).await.with(State::of_names(&names))
}

/// Returns `gPLink` of all that have one, in every domain of the forest and in the configuration.
async fn links(suite: &Suite) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let forest = suite.store().directory();
    let configuration = forest.root_dse().configuration_dn.clone();
    for domain in [ROOT, OTHER, "yards.kestrelbay.example"] {
        let domain: DnsName = domain.parse().unwrap();
        let directory = suite.store().domain_directory(&domain).await.unwrap();
        for base in [domain.to_domain_dn(), configuration.clone()] {
            let request = SearchRequest {
                base,
                scope: Scope::Subtree,
                filter: Filter::Present("gPLink".to_owned()),
                attributes: vec!["gPLink".to_owned()],
                sd_parts: None,
            };
            for entry in directory.search(&request).await.unwrap() {
                found.insert(entry.dn.to_string(), entry.text("gPLink").unwrap());
            }
        }
    }
    found
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, OperationError>) -> (MessageId, HResult, String) {
    let OperationError(message) = outcome.unwrap_err();
    (message.id, message.code, message.message)
}

#[tokio::test]
async fn a_gpo_is_renamed() {
    let suite = suite().await;
    let strict = gpo(&suite, "Screen Lock - Strict").await;
    let rename = |name: &str| RenameGpo { gpo: strict.clone(), name: name.to_owned() };
    // Stored as typed; a name that another GPO has is a matter of those who ask people for one.
    for name in [" Screen Lock ", "Größe ≤ 5 “a”", "Default Domain Policy", &"x".repeat(255)] {
        check_with_undo(&suite, &strict, &rename(name), async |suite| {
            assert_eq!(read(suite, &strict).await.display_name, name);
        })
        .await;
    }
    for name in ["", "  ", &"x".repeat(256)] {
        assert_eq!(refused(edit(&suite, &rename(name)).await).1, HResult::INVALID_ARGUMENT, "{name}");
    }
    let plan = rename("Locked").plan(suite.store(), &Task::default()).await.unwrap();
    let dn = read(&suite, &strict).await.dn;
    assert_eq!(plan.describe(), [format!("modify {dn}: displayName `Screen Lock - Strict` -> `Locked`")]);
    edit(&suite, &rename("By somebody else")).await.unwrap();
    let (id, _, message) = refused(edit(&suite, &rename("Locked")).await);
    assert_eq!(id, MessageId::Conflict);
    assert!(message.contains("`Screen Lock - Strict`") && message.contains("`By somebody else`"), "{message}");
    let gone = GpoToEdit { id: Guid::random(), ..strict };
    let (id, code, _) = refused(edit(&suite, &RenameGpo { gpo: gone, name: "a".to_owned() }).await);
    assert_eq!((id, code), (MessageId::GpoNotFound, HResult::NO_SUCH_OBJECT));
}

#[tokio::test]
async fn halves_are_turned_off_and_other_flags_stay() {
    let suite = suite().await;
    let strict = gpo(&suite, "Screen Lock - Strict").await;
    let dn = read(&suite, &strict).await.dn;
    let directory = suite.store().domain_directory(&root()).await.unwrap();
    let put = async |flags: &str| {
        let change = Change::Replace(Attribute::text("flags", flags));
        directory.modify(&dn, &[change]).await.unwrap();
    };
    let flags = async |_: &Suite| directory.read(&dn, &["flags"], None).await.unwrap().text("flags").unwrap();
    for (before, status, after) in [
        ("0", GpoStatus::AllSettingsDisabled, "3"),
        ("3", GpoStatus::UserSettingsDisabled, "1"),
        ("16", GpoStatus::ComputerSettingsDisabled, "18"),
        ("-1", GpoStatus::Enabled, "-4"),
    ] {
        put(before).await;
        check_with_undo(&suite, &strict, &SetGpoStatus { gpo: strict.clone(), status }, async |suite| {
            assert_eq!(flags(suite).await, after);
        })
        .await;
    }
    for (before, side, enabled, after) in [
        ("0", Side::User, false, "1"),
        ("0", Side::Computer, false, "2"),
        ("3", Side::User, true, "2"),
        ("19", Side::Computer, true, "17"),
    ] {
        put(before).await;
        let change = SetGpoHalfEnabled { gpo: strict.clone(), side, enabled };
        check_with_undo(&suite, &strict, &change, async |suite| assert_eq!(flags(suite).await, after)).await;
    }
}

#[tokio::test]
async fn a_comment_is_a_file_that_exists_only_where_there_is_one() {
    let suite = suite().await;
    let strict = gpo(&suite, "Screen Lock - Strict").await;
    let file = SysvolPath::parse(&format!("Policies/{}/GPO.cmt", strict.id)).unwrap();
    let sysvol = suite.store().sysvol(&root()).await.unwrap();
    let comment = |seen: Option<&str>, text: &str| SetGpoComment {
        gpo: strict.clone(),
        seen: seen.map(str::to_owned),
        comment: text.to_owned(),
    };
    edit(&suite, &comment(None, "")).await.unwrap();
    check_with_undo(&suite, &strict, &comment(Some(""), "a\nü\r\n"), async |_| {
        assert_eq!(sysvol.read(&file).await.unwrap(), b"a\0\r\0\n\0\xFC\0\r\0\n\0");
    })
    .await;
    edit(&suite, &comment(Some(""), "one\r\ntwo")).await.unwrap();
    check_with_undo(&suite, &strict, &comment(Some("one\ntwo"), ""), async |_| {
        assert!(sysvol.read(&file).await.is_err());
    })
    .await;
    let (id, _, message) = refused(edit(&suite, &comment(Some("one"), "three")).await);
    assert_eq!(id, MessageId::Conflict);
    assert!(message.contains("`one`") && message.contains("`one\r\ntwo`"), "{message}");
    edit(&suite, &comment(None, &"x".repeat(LONGEST_GPO_COMMENT))).await.unwrap();
    let too_long = refused(edit(&suite, &comment(None, &"x".repeat(LONGEST_GPO_COMMENT + 1))).await);
    assert_eq!(too_long.1, HResult::INVALID_ARGUMENT);
}

#[tokio::test]
async fn a_gpo_takes_filters_of_its_domain_only() {
    let suite = suite().await;
    let strict = gpo(&suite, "Screen Lock - Strict").await;
    let forest = suite.snapshot().await;
    let filter = |domain: &str, name: &str| {
        let domain = forest.domain(&domain.parse().unwrap()).unwrap();
        domain.wmi_filters.iter().find(|filter| filter.name == name).unwrap().id
    };
    let set = |filter: Option<Guid>| SetGpoWmiFilter { gpo: strict.clone(), filter, filter_name: "F".to_owned() };
    let clients = filter(ROOT, CLIENTS);
    check_with_undo(&suite, &strict, &set(Some(clients)), async |suite| {
        assert_eq!(read(suite, &strict).await.wmi_filter.unwrap().id, clients);
    })
    .await;
    edit(&suite, &set(Some(clients))).await.unwrap();
    check_with_undo(&suite, &strict, &set(None), async |suite| {
        assert_eq!(read(suite, &strict).await.wmi_filter, None);
    })
    .await;
    for id in [filter(OTHER, "Postes de travail"), Guid::random()] {
        assert_eq!(refused(edit(&suite, &set(Some(id))).await).0, MessageId::WmiFilterMissing);
    }
}

fn new_gpo(name: &str) -> CreateGpo {
    let (domain, name) = (root(), name.to_owned());
    CreateGpo { domain, id: Guid::random(), name, starter: None, comment: None, link_to: None }
}

#[tokio::test]
async fn a_new_gpo_is_whole_and_goes_whole() {
    let suite = suite().await;
    let som = root().to_domain_dn().child("OU", "Tier 0");
    let links_before = links(&suite).await;
    let create =
        CreateGpo { comment: Some("Made by a test".to_owned()), link_to: Some(som.clone()), ..new_gpo("Brand New") };
    let done = edit(&suite, &create).await.unwrap();
    let made = suite.snapshot().await.gpo(&root(), create.id).unwrap().clone();
    assert_eq!((made.display_name.as_str(), made.status), ("Brand New", GpoStatus::Enabled));
    assert_eq!((made.version.to_u32(), made.functionality_version), (0, Some(2)));
    let path = made.file_system_path.clone().unwrap();
    assert_eq!(path, format!(r"\\{ROOT}\SysVol\{ROOT}\Policies\{}", create.id));
    let directory = suite.store().domain_directory(&root()).await.unwrap();
    for half in ["User", "Machine"] {
        let half = directory.read(&made.dn.child("CN", half), &["objectClass"], None).await.unwrap();
        assert_eq!(half.last_class().as_deref(), Some("container"));
    }
    let sysvol = suite.store().sysvol(&root()).await.unwrap();
    let folder = made.sysvol_folder();
    let names: Vec<String> = sysvol.list(&folder).await.unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["GPO.cmt", "GPT.INI", "Machine", "User"]);
    let ini = sysvol.read(&folder.join("GPT.INI").unwrap()).await.unwrap();
    assert_eq!(ini, b"[General]\r\nVersion=0\r\ndisplayName=New Group Policy Object\r\n");
    let own = SecurityDescriptor::from_bytes(made.security_descriptor.as_deref().unwrap()).unwrap();
    let access = sysvol.security(&folder, SdParts::READABLE).await.unwrap();
    let access = SecurityDescriptor::from_bytes(&access).unwrap();
    assert!(compare_sysvol_acl(&own, &access).is_empty(), "{access:?}");
    // The lowest precedence: at the front of the attribute.
    let now = links(&suite).await;
    let key = som.to_string();
    let own_link = GpLinkElement::new(&made.dn, LinkOptions::default());
    assert_eq!(now[&key], format!("{}{}", own_link.as_str(), links_before.get(&key).map_or("", String::as_str)));

    let again = refused(edit(&suite, &create).await);
    assert_eq!((again.0, again.1), (MessageId::GpoExists, HResult::OBJECT_EXISTS));

    undo(&suite.context, done.entry.unwrap(), &Task::default()).await.unwrap();
    assert!(suite.state(create.id).await.is_absent());
    assert_eq!(links(&suite).await, links_before);
}

#[tokio::test]
async fn a_new_gpo_takes_over_a_starter_gpo() {
    let suite = suite().await;
    let domain = Domain::open(suite.store(), &root()).await.unwrap();
    let starters = domain.starter_gpos().await.unwrap().values;
    assert!(starters.len() > 1);
    let sysvol = suite.store().sysvol(&root()).await.unwrap();
    let mut with_settings = 0;
    for starter in starters {
        let create = CreateGpo { starter: Some(starter.id), ..new_gpo(&format!("From {}", starter.display_name)) };
        edit(&suite, &create).await.unwrap();
        let made = suite.snapshot().await.gpo(&root(), create.id).unwrap().clone();
        let from = SysvolPath::parse(&format!("StarterGPOs/{}", starter.id)).unwrap();
        let halves = [("Machine", &made.computer_extensions, "D02B1F72"), ("User", &made.user_extensions, "D02B1F73")];
        for (half, extensions, tool) in halves {
            let file = SysvolPath::parse(&format!("{half}/Registry.pol")).unwrap();
            let original = sysvol.read(&from.join_path(&file)).await.ok();
            assert_eq!(sysvol.read(&made.sysvol_folder().join_path(&file)).await.ok(), original, "{half}");
            let has_settings = original.is_some_and(|bytes| bytes.len() > 8);
            let expected = format!("[{{35378EAC-683F-11D2-A89A-00C04FBBCFA2}}{{{tool}-3407-48AE-BA88-E8213C6761F1}}]");
            let expected = if has_settings { expected } else { String::new() };
            assert_eq!(extensions.to_string(), expected, "{half} of {}", starter.display_name);
            let version = if half == "User" { made.version.user } else { made.version.computer };
            assert_eq!(version, u16::from(has_settings));
        }
        with_settings += usize::from(made.version.to_u32() > 0);
        let states = domain.sysvol_states(&[&made], &Task::default(), |_, _| {}).await.unwrap();
        assert_eq!(states, [opengpmc::gpm::SysvolState::Version(made.version)]);
    }
    assert!(with_settings > 0);
    let gone = CreateGpo { starter: Some(Guid::random()), ..new_gpo("Of nothing") };
    assert_eq!(refused(edit(&suite, &gone).await).0, MessageId::GpoNotFound);
    assert!(suite.state(gone.id).await.is_absent());
}

#[tokio::test]
async fn a_creation_that_fails_at_any_write_leaves_nothing() {
    let suite = suite().await;
    let som = root().to_domain_dn().child("OU", "Tier 0");
    let before = links(&suite).await;
    for write in 1.. {
        let faults = Faults::at(write, Fault::Once(Failure::DENIED));
        let store = faults.wrap(Arc::clone(suite.store()));
        let context = ChangeContext { store, journal: suite.context.journal.clone() };
        let create = CreateGpo { comment: Some("c".to_owned()), link_to: Some(som.clone()), ..new_gpo("Half") };
        let outcome = carry_out(&context, &create, &Task::default()).await;
        if faults.writes().len() < write {
            outcome.unwrap();
            assert!(write > 9, "{write}");
            return;
        }
        let (_, code, message) = refused(outcome);
        assert_eq!(code, HResult::ACCESS_DENIED);
        assert!(message.contains("the right to "), "{message}");
        assert!(suite.state(create.id).await.is_absent(), "write {write}");
        assert_eq!(links(&suite).await, before, "write {write}");
    }
}

#[tokio::test]
async fn a_gpo_goes_with_the_links_of_its_domain_and_comes_back_with_them() {
    let suite = suite().await;
    let forest = suite.snapshot().await;
    let domain = forest.domain(&root()).unwrap();
    let mut left = 0;
    for name in
        ["Baseline - All Computers", "Screen Lock - Strict", "Site Aberwick - Proxy and Time", "Lumen - Baseline"]
    {
        let Some(found) = domain.gpos_named(name).next() else { continue };
        let target = GpoToEdit::from(found);
        let before = whole(&suite, target.id).await;
        let before_links = links(&suite).await;
        let task = Task::default();
        let delete = DeleteGpo { gpo: target.clone(), keep_links: false };
        let done = carry_out(&suite.context, &delete, &task).await.unwrap();
        assert!(suite.state(target.id).await.is_absent(), "{name}");
        let linking = |links: &BTreeMap<String, String>| -> Vec<String> {
            let id = target.id.to_string().to_lowercase();
            links.iter().filter(|(_, text)| text.to_lowercase().contains(&id)).map(|(dn, _)| dn.clone()).collect()
        };
        let stayed = linking(&links(&suite).await);
        let is_own = |dn: &String| dn.parse::<Dn>().unwrap().domain() == Some(root()) && !dn.contains("CN=Sites");
        let expected: Vec<String> = linking(&before_links).into_iter().filter(|dn| !is_own(dn)).collect();
        assert_eq!(stayed, expected, "{name}");
        let told: Vec<_> = task.messages().into_iter().filter(|message| message.id == MessageId::LinkLeft).collect();
        assert_eq!(told.len(), stayed.len(), "{told:?}");
        assert!(told.iter().all(|message| message.severity == Severity::Warning));
        left += stayed.len();
        undo(&suite.context, done.entry.unwrap(), &Task::default()).await.unwrap();
        assert_eq!(before.differences(&whole(&suite, target.id).await), Vec::<String>::new(), "{name}");
    }
    assert!(left > 0, "no GPO is linked elsewhere");
    let policies = SysvolPath::parse("Policies").unwrap();
    let names = suite.store().sysvol(&root()).await.unwrap().list(&policies).await.unwrap();
    assert!(names.iter().all(|entry| !entry.name.starts_with('~')), "{names:?}");
}

#[tokio::test]
async fn links_stay_where_that_is_asked_for() {
    let suite = suite().await;
    let strict = gpo(&suite, "Baseline - All Computers").await;
    let before = links(&suite).await;
    let task = Task::default();
    carry_out(&suite.context, &DeleteGpo { gpo: strict.clone(), keep_links: true }, &task).await.unwrap();
    assert!(suite.state(strict.id).await.is_absent());
    assert_eq!(links(&suite).await, before);
    assert!(task.messages().iter().any(|message| message.id == MessageId::LinkLeft));
}

#[tokio::test]
async fn default_gpos_are_not_deleted() {
    let suite = suite().await;
    for name in ["Default Domain Policy", "Default Domain Controllers Policy"] {
        let target = gpo(&suite, name).await;
        let before = whole(&suite, target.id).await;
        let outcome = edit(&suite, &DeleteGpo { gpo: target.clone(), keep_links: false }).await;
        assert_eq!(refused(outcome).1, HResult::ACCESS_DENIED);
        assert_eq!(before.differences(&whole(&suite, target.id).await), Vec::<String>::new());
    }
}

#[tokio::test]
async fn halves_that_stand_alone_are_cleared_away() {
    let suite = suite().await;
    let domain = Domain::open(suite.store(), &root()).await.unwrap();
    let orphans = domain.orphans().await.unwrap();
    assert!(!orphans.folders.is_empty() && !orphans.containers.is_empty());
    for id in &orphans.folders {
        let before = suite.state(*id).await;
        let delete = DeleteOrphanFolder { domain: root(), id: *id };
        let done = edit(&suite, &delete).await.unwrap();
        assert!(suite.state(*id).await.is_absent());
        assert_eq!(refused(edit(&suite, &delete).await).0, MessageId::FileMissing);
        undo(&suite.context, done.entry.unwrap(), &Task::default()).await.unwrap();
        assert_eq!(suite.state(*id).await, before);
    }
    for id in &orphans.containers {
        let target = GpoToEdit { domain: root(), id: *id, name: "half".to_owned() };
        let before = whole(&suite, *id).await;
        let done = edit(&suite, &DeleteGpo { gpo: target, keep_links: false }).await.unwrap();
        assert!(suite.state(*id).await.is_absent());
        undo(&suite.context, done.entry.unwrap(), &Task::default()).await.unwrap();
        let mut differences = before.differences(&whole(&suite, *id).await);
        // Every object that is made has one; those of the demo forest were never made.
        differences.retain(|difference| !difference.contains(" instancetype: "));
        assert_eq!(differences, Vec::<String>::new());
    }
    let whole_gpo = gpo(&suite, "Screen Lock - Strict").await;
    let refusal = edit(&suite, &DeleteOrphanFolder { domain: root(), id: whole_gpo.id }).await;
    assert_eq!(refused(refusal).0, MessageId::GpoExists);
}

#[tokio::test]
async fn links_that_may_not_be_written_stay() {
    let suite = suite().await;
    let root_dn = root().to_domain_dn();
    let target = gpo(&suite, "Baseline - All Computers").await;
    let before = links(&suite).await;
    let store: Arc<dyn ForestStore> = Arc::new(ForestWithoutRights(Arc::clone(suite.store()), root_dn.clone()));
    let context = ChangeContext { store, journal: suite.context.journal.clone() };
    let task = Task::default();
    carry_out(&context, &DeleteGpo { gpo: target.clone(), keep_links: false }, &task).await.unwrap();
    assert!(suite.state(target.id).await.is_absent());
    assert_eq!(links(&suite).await[&root_dn.to_string()], before[&root_dn.to_string()]);
    let told: Vec<String> = task.messages().into_iter().map(|message| message.message).collect();
    let expected = "the link to Baseline - All Computers on kestrelbay.example stays and will be shown as Not Found: you may not write links there";
    assert!(told.iter().any(|message| message == expected), "{told:?}");
    // A new GPO cannot be linked there either, and is not made at all.
    let create = CreateGpo { link_to: Some(root_dn), ..new_gpo("Nowhere") };
    let (id, _, message) = refused(carry_out(&context, &create, &Task::default()).await);
    assert_eq!(id, MessageId::AccessDenied);
    assert!(message.contains("the permission Link GPOs is missing there"), "{message}");
    assert!(suite.state(create.id).await.is_absent());
}
