//! Starter GPOs: saved, restored, copied, deleted, in cabinets; all or nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use opengpmc::format::{CabinetFile, read_cabinet, write_cabinet};
use opengpmc::gpm::constants::BackupType;
use opengpmc::gpm::{
    Backup, BackupDir, Domain, HResult, MessageId, OperationError, Severity, StarterGpo, StarterGpoType, Task,
    starter_gpo_folder,
};
use opengpmc::ident::Guid;
use opengpmc::operation::admin::{CopyStarterGpo, DeleteStarterGpo, LoadStarterGpo, RestoreStarterGpo};
use opengpmc::operation::edit::{Edit, carry_out, undo, undo_list};
use opengpmc::operation::{
    ChangeContext, Journal, Reporting, SaveStarterOptions, SystemStarter, back_up_starter_gpo, back_up_starter_gpos,
    recover, save_starter_gpo, verify_backup,
};
use opengpmc::store::{ForestStore, SdParts, StoreErrorKind, Sysvol, SysvolPath, demo};

use crate::common::faulty_store::{Failure, Fault, Faults, Part};
use crate::common::forest_state::State;
use crate::common::sysvol_suite::path;

const ROOT: &str = "kestrelbay.example";
/// A custom one, with permissions of its own.
const WORKSTATION: &str = "{3A3CCEDD-59FC-4AC2-83E2-A80DCA76CE72}";
/// A system one with texts in two languages.
const REMOTE_UPDATE: &str = "{D0D86874-FF85-4553-BDC0-DF66FC6205A3}";

struct Ground {
    store: Arc<dyn ForestStore>,
    domain: Domain,
    sysvol: Arc<dyn Sysvol>,
    backups: tempfile::TempDir,
}

fn reporting() -> Reporting {
    Reporting::new(Arc::default())
}

fn guid(text: &str) -> Guid {
    text.parse().unwrap()
}

impl Ground {
    async fn new() -> Ground {
        Ground::of(demo::open().await.unwrap()).await
    }

    async fn of(store: Arc<dyn ForestStore>) -> Ground {
        let domain = Domain::open(&store, &ROOT.parse().unwrap()).await.unwrap();
        let sysvol = domain.sysvol().await.unwrap();
        Ground { store, domain, sysvol, backups: tempfile::tempdir().unwrap() }
    }

    /// Returns all that lies in the folder of starter GPOs, permissions too.
    async fn state(&self) -> State {
        State::of_sysvol(&*self.sysvol, &starter_gpo_folder()).await
    }

    async fn starters(&self) -> Vec<StarterGpo> {
        let found = self.domain.starter_gpos().await.unwrap();
        assert_eq!(found.problems.len(), 0, "{:?}", found.problems);
        found.values
    }

    async fn back_up(&self, id: &str) -> Backup {
        let folder = self.backups.path();
        back_up_starter_gpo(&self.domain, guid(id), folder, "before", &reporting(), &Task::default()).await.unwrap()
    }

    async fn save(&self, id: &str, file: &Path, options: &SaveStarterOptions) -> Result<Guid, OperationError> {
        save_starter_gpo(&self.domain, guid(id), file, options, &reporting(), &Task::default()).await
    }

    fn context(&self, store: &Arc<dyn ForestStore>) -> ChangeContext {
        let journal = Journal::open(&self.backups.path().join("journal")).unwrap();
        ChangeContext { store: store.clone(), journal }
    }

    async fn carry_out(&self, edit: &dyn Edit, task: &Task) -> Result<(), OperationError> {
        carry_out(&self.context(&self.store), edit, task).await.map(drop)
    }

    async fn load(&self, file: &Path, overwrite: bool) -> Result<(), OperationError> {
        self.carry_out(&load(file, overwrite), &Task::default()).await
    }

    async fn restore(&self, backup: &Backup) -> Result<(), OperationError> {
        self.carry_out(&restore(backup), &Task::default()).await
    }

    /// Returns the edit that copies a starter GPO within its domain.
    async fn copy(&self, id: &str, name: Option<&str>) -> CopyStarterGpo {
        CopyStarterGpo {
            source: self.store.clone(),
            original: self.starter(id).await,
            domain: ROOT.parse().unwrap(),
            id: Guid::random(),
            name: name.map(str::to_owned),
        }
    }

    async fn starter(&self, id: &str) -> StarterGpo {
        self.domain.starter_gpo(guid(id)).await.unwrap()
    }

    fn cabinet(&self, name: &str) -> PathBuf {
        self.backups.path().join(name)
    }

    /// Returns the files of a starter GPO: by folded path, so that the spelling of known names does not matter.
    async fn files(&self, id: &str) -> Vec<(String, Vec<u8>)> {
        let root = starter_gpo_folder().join(id).unwrap();
        let (mut files, mut waiting) = (Vec::new(), vec![SysvolPath::root()]);
        while let Some(folder) = waiting.pop() {
            for entry in self.sysvol.list(&root.join_path(&folder)).await.unwrap() {
                let below = folder.join(&entry.name).unwrap();
                match entry.is_folder {
                    true => waiting.push(below),
                    false => files.push((below.folded(), self.sysvol.read(&root.join_path(&below)).await.unwrap())),
                }
            }
        }
        files.sort();
        files
    }
}

fn load(file: &Path, overwrite: bool) -> LoadStarterGpo {
    let domain = ROOT.parse().unwrap();
    LoadStarterGpo { domain, cabinet: file.to_owned(), new_id: Guid::from_u128(99), overwrite }
}

fn restore(backup: &Backup) -> RestoreStarterGpo {
    RestoreStarterGpo { domain: ROOT.parse().unwrap(), backup: backup.clone() }
}

async fn delete(store: &Arc<dyn ForestStore>, id: Guid, task: &Task) -> Result<(), OperationError> {
    let folder = tempfile::tempdir().unwrap();
    let context = ChangeContext { store: store.clone(), journal: Journal::open(folder.path()).unwrap() };
    let edit = DeleteStarterGpo { domain: ROOT.parse().unwrap(), id, name: String::new() };
    carry_out(&context, &edit, task).await.map(drop)
}

fn assert_same(before: &State, after: &State) {
    assert_eq!(before.differences(after), Vec::<String>::new());
}

fn error<T: std::fmt::Debug>(result: Result<T, OperationError>) -> (MessageId, HResult) {
    let message = result.unwrap_err().0;
    (message.id, message.code)
}

#[tokio::test]
async fn what_was_saved_comes_back() {
    let ground = Ground::new().await;
    let before = ground.state().await;
    for starter in ground.starters().await {
        let id = starter.id.to_string();
        let backup = ground.back_up(&id).await;
        assert_eq!(
            (backup.kind, backup.gpo_id, &backup.gpo_name),
            (BackupType::StarterGpo, starter.id, &starter.display_name)
        );
        // One that is there is replaced, permissions and all.
        ground.sysvol.replace(&path(&format!("StarterGPOs/{id}/User_new.txt")), b"x").await.unwrap();
        ground.restore(&backup).await.unwrap();
        let restored = ground.starter(&id).await;
        assert_eq!(
            (restored.id, restored.kind, &restored.display_name),
            (starter.id, starter.kind, &starter.display_name)
        );
        assert_same(&before, &ground.state().await);
        let check = verify_backup(&backup, &reporting(), &Task::default()).await.unwrap();
        assert!(check.is_usable() && check.files > 0, "{:?}", check.messages);
        assert!(check.messages.is_empty(), "{:?}", check.messages);
    }
    let dir = BackupDir::open(ground.backups.path()).unwrap();
    assert_eq!((dir.backups().len(), dir.problems().len()), (ground.starters().await.len(), 0));
    dir.delete(&dir.backups().iter().map(|backup| backup.id).collect::<Vec<_>>()).unwrap();
    assert!(BackupDir::open(ground.backups.path()).unwrap().backups().is_empty());
}

#[tokio::test]
async fn a_deleted_one_is_restored_with_its_id() {
    let ground = Ground::new().await;
    let backup = ground.back_up(WORKSTATION).await;
    let (before, files) = (ground.starters().await, ground.files(WORKSTATION).await);
    delete(&ground.store, guid(WORKSTATION), &Task::default()).await.unwrap();
    assert_eq!(ground.starters().await.len(), before.len() - 1);
    let gone = delete(&ground.store, guid(WORKSTATION), &Task::default()).await;
    assert_eq!(error(gone), (MessageId::GpoNotFound, HResult::PATH_NOT_FOUND));
    ground.restore(&backup).await.unwrap();
    assert_eq!(ground.files(WORKSTATION).await, files);
    // Its own permissions are gone with it: a set holds none.
    let folder = path(&format!("StarterGPOs/{WORKSTATION}"));
    let own = ground.sysvol.security(&folder, SdParts::DACL).await.unwrap();
    let other = ground.sysvol.security(&path(&format!("StarterGPOs/{REMOTE_UPDATE}")), SdParts::DACL).await.unwrap();
    assert_eq!(own, other);
}

#[tokio::test]
async fn a_backup_of_another_domain_is_refused() {
    let ground = Ground::new().await;
    let backup = Backup { domain: "lumen-sails.example".to_owned(), ..ground.back_up(WORKSTATION).await };
    let before = ground.state().await;
    let refused = ground.restore(&backup).await;
    assert_eq!(error(refused), (MessageId::BackupOtherDomain, HResult::INVALID_ARGUMENT));
    assert_same(&before, &ground.state().await);
}

#[tokio::test]
async fn a_copy_is_a_custom_one_of_its_own() {
    let ground = Ground::new().await;
    let copy = async |id: &str, name: Option<&str>| {
        let edit = ground.copy(id, name).await;
        ground.carry_out(&edit, &Task::default()).await?;
        Ok(ground.starter(&edit.id.to_string()).await)
    };
    let first = copy(REMOTE_UPDATE, None).await.unwrap();
    assert_eq!((first.display_name.as_str(), first.kind), ("Copy of Remote update ports", StarterGpoType::Custom));
    assert_eq!((first.author.as_str(), first.product.as_str()), ("", ""));
    assert_eq!(first.description, "Opens what a remote update of Group Policy needs.");
    assert_ne!(first.id, guid(REMOTE_UPDATE));
    // All but the metadata has the same bytes.
    let settings = |mut files: Vec<(String, Vec<u8>)>| {
        files.retain(|(path, _)| path != "startergpo.tmplx");
        files
    };
    assert_eq!(settings(ground.files(&first.id.to_string()).await), settings(ground.files(REMOTE_UPDATE).await));
    assert_eq!(copy(REMOTE_UPDATE, None).await.unwrap().display_name, "Copy (2) of Remote update ports");
    assert_eq!(copy(WORKSTATION, Some("Mine")).await.unwrap().display_name, "Mine");
    assert_eq!(error(copy(WORKSTATION, Some("mine")).await), (MessageId::GpoExists, HResult::OBJECT_EXISTS));
    assert_eq!(error(copy(WORKSTATION, Some(" ")).await).1, HResult::INVALID_ARGUMENT);
    let other = Domain::open(&ground.store, &"lumen-sails.example".parse().unwrap()).await.unwrap();
    let far = CopyStarterGpo { domain: other.name().clone(), ..ground.copy(WORKSTATION, None).await };
    ground.carry_out(&far, &Task::default()).await.unwrap();
    assert_eq!(other.starter_gpo(far.id).await.unwrap().display_name, "Copy of Kestrel Bay - New workstation");
}

#[tokio::test]
async fn a_cabinet_brings_it_back() {
    let ground = Ground::new().await;
    for starter in ground.starters().await {
        let (id, file) = (starter.id.to_string(), ground.cabinet(&format!("{}.cab", starter.id)));
        let saved = ground.save(&id, &file, &SaveStarterOptions::default()).await.unwrap();
        assert_eq!(saved, starter.id);
        let before = ground.files(&id).await;
        let present = ground.load(&file, false).await;
        assert_eq!(error(present), (MessageId::GpoExists, HResult::ALREADY_EXISTS));
        ground.load(&file, true).await.unwrap();
        delete(&ground.store, starter.id, &Task::default()).await.unwrap();
        ground.load(&file, false).await.unwrap();
        let loaded = ground.starter(&id).await;
        assert_eq!((loaded.id, loaded.kind, &loaded.display_name), (starter.id, starter.kind, &starter.display_name));
        assert_eq!(
            (loaded.version, &loaded.author, &loaded.description),
            (starter.version, &starter.author, &starter.description)
        );
        // The metadata says the id now, for no folder in a cabinet does.
        let with_id = |(path, bytes): (String, Vec<u8>)| match path.as_str() {
            "startergpo.tmplx" => {
                let text = String::from_utf8(bytes).unwrap();
                let text = text.replace("</StarterGPO>", &format!("  <ID>{id}</ID>\r\n</StarterGPO>"));
                (path, text.into_bytes())
            }
            _ => (path, bytes),
        };
        assert_eq!(ground.files(&id).await, before.into_iter().map(with_id).collect::<Vec<_>>());
    }
    let names = read_cabinet(&std::fs::read(ground.cabinet(&format!("{REMOTE_UPDATE}.cab"))).unwrap()).unwrap();
    let mut names: Vec<String> = names.into_iter().map(|file| file.name).collect();
    names.sort();
    let expected =
        ["Machine_Registry.pol", "Report.html", "StarterGPO.tmplx", "de-DE_StarterGPO.tmpll", "en-US_StarterGPO.tmpll"];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_cabinet_can_make_it_a_system_one() {
    let ground = Ground::new().await;
    let file = ground.cabinet("system.cab");
    let id = Guid::from_u128(77);
    let system = |version: &str| SystemStarter {
        language: "de-DE".to_owned(),
        author: "A & B".to_owned(),
        product: "Yard".to_owned(),
        id: Some(id),
        version: version.to_owned(),
    };
    let options = |version: &str| SaveStarterOptions { overwrite: false, as_system: Some(system(version)) };
    assert_eq!(error(ground.save(WORKSTATION, &file, &options("1")).await).1, HResult::INVALID_ARGUMENT);
    assert_eq!(error(ground.save(REMOTE_UPDATE, &file, &options("1.0")).await).1, HResult::INVALID_ARGUMENT);
    assert!(!file.exists());
    assert_eq!(ground.save(WORKSTATION, &file, &options("2.5")).await.unwrap(), id);
    assert_eq!(error(ground.save(WORKSTATION, &file, &options("2.5")).await).1, HResult::ALREADY_EXISTS);
    ground.load(&file, false).await.unwrap();
    let loaded = ground.domain.starter_gpo(id).await.unwrap();
    assert_eq!(loaded.kind, StarterGpoType::System);
    assert_eq!(
        (loaded.author.as_str(), loaded.product.as_str(), loaded.template_version.as_str()),
        ("A & B", "Yard", "2.5")
    );
    let original = ground.domain.starter_gpo(guid(WORKSTATION)).await.unwrap();
    assert_eq!((original.kind, original.author.as_str()), (StarterGpoType::Custom, ""));
}

#[tokio::test]
async fn hostile_cabinets_write_nothing() {
    let ground = Ground::new().await;
    let before = ground.state().await;
    let file = |name: &str, bytes: &[u8]| CabinetFile { name: name.to_owned(), bytes: bytes.to_vec() };
    let metadata = format!("<StarterGPO><ID>{}</ID><Name>n</Name></StarterGPO>", Guid::from_u128(5));
    let good = file("StarterGPO.tmplx", metadata.as_bytes());
    let check = async |name: &str, bytes: &[u8], expected: MessageId, text: &str| {
        let path = ground.cabinet("hostile.cab");
        std::fs::write(&path, bytes).unwrap();
        let message = ground.load(&path, true).await.unwrap_err().0;
        assert_eq!(message.id, expected, "{name}: {message}");
        assert!(message.to_string().contains(text), "{name}: {message}");
        assert_same(&before, &ground.state().await);
    };
    let cabinet = |files: &[CabinetFile]| write_cabinet(files).unwrap();
    for name in [
        "evil.exe",
        r"..\..\Policies\Machine_Registry.pol",
        "/Machine_Registry.pol",
        r"C:\Registry.pol",
        r"\\host\share\Machine_Registry.pol",
        r"CON\StarterGPO.tmpll",
        "Machine_GptTmpl.inf",
        r"Machine\Scripts\scripts.ini",
    ] {
        let bytes = cabinet(&[good.clone(), file(name, b"x")]);
        check(name, &bytes, MessageId::StarterNotAllowed, "administrative templates only").await;
    }
    let twice = cabinet(&[good.clone(), file("Machine_Registry.pol", b"1"), file(r"machine\registry.pol", b"2")]);
    check("same place", &twice, MessageId::BackupXmlInvalid, "belong at the same place").await;
    let twice = cabinet(&[good.clone(), file("startergpo.TMPLX", b"<a>b</a>")]);
    check("same name", &twice, MessageId::BackupXmlInvalid, "the same name").await;
    check("no metadata", &cabinet(&[file("Report.html", b"")]), MessageId::BackupFileMissing, "has no file").await;
    check("no XML", &cabinet(&[file("StarterGPO.tmplx", b"<a>")]), MessageId::BackupXmlInvalid, "StarterGPO.tmplx")
        .await;
    check("empty", b"", MessageId::BackupXmlInvalid, "does not begin with MSCF").await;
    check("other kind", b"PK\x03\x04", MessageId::BackupXmlInvalid, "does not begin with MSCF").await;
    let whole = cabinet(&[good.clone(), file("Machine_Registry.pol", &[7; 1000])]);
    check("cut", &whole[..whole.len() / 2], MessageId::BackupXmlInvalid, "breaks off").await;
    let bomb = cabinet(&[good.clone(), file("Machine_Registry.pol", &vec![0; 70 << 20])]);
    assert!(bomb.len() < 1 << 20);
    check("bomb", &bomb, MessageId::BackupXmlInvalid, "holds more than").await;
    let gone = ground.load(&ground.cabinet("none.cab"), true).await;
    assert_eq!(error(gone), (MessageId::FileReadFailed, HResult::FILE_NOT_FOUND));
}

#[tokio::test]
async fn a_cabinet_without_an_id_gets_a_new_one() {
    let ground = Ground::new().await;
    let file = ground.cabinet("foreign.cab");
    let foreign = CabinetFile {
        name: "STARTERGPO.TMPLX".to_owned(),
        bytes: b"<T><Novel a='1'/><Name>From elsewhere</Name></T>".to_vec(),
    };
    std::fs::write(&file, write_cabinet(&[foreign]).unwrap()).unwrap();
    let task = Task::default();
    let edit = load(&file, false);
    ground.carry_out(&edit, &task).await.unwrap();
    assert_eq!(ground.domain.starter_gpo(edit.new_id).await.unwrap().display_name, "From elsewhere");
    assert!(task.messages().iter().any(|message| message.severity == Severity::Warning));
}

#[tokio::test]
async fn anything_but_administrative_templates_is_refused() {
    let ground = Ground::new().await;
    let stranger = path(&format!("StarterGPOs/{WORKSTATION}/Machine/Scripts.ini"));
    ground.sysvol.replace(&stranger, b"x").await.unwrap();
    let refused = (MessageId::StarterNotAllowed, HResult::NOT_SUPPORTED);
    let (id, task) = (guid(WORKSTATION), Task::default());
    let folder = ground.backups.path().join("sets");
    let saved = back_up_starter_gpo(&ground.domain, id, &folder, "", &reporting(), &task).await;
    assert_eq!(error(saved), refused);
    assert!(!folder.exists());
    let copy = ground.copy(WORKSTATION, None).await;
    assert_eq!(error(ground.carry_out(&copy, &task).await), refused);
    let file = ground.cabinet("x.cab");
    assert_eq!(error(ground.save(WORKSTATION, &file, &SaveStarterOptions::default()).await), refused);
    ground.sysvol.remove(&stranger).await.unwrap();
    let backup = ground.back_up(WORKSTATION).await;
    std::fs::write(backup.folder.as_ref().unwrap().join("Machine/evil.exe"), "x").unwrap();
    let before = ground.state().await;
    assert_eq!(error(ground.restore(&backup).await), refused);
    assert_same(&before, &ground.state().await);
}

/// An operation on a starter GPO of a ground whose writes go wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Work {
    RestorePresent,
    RestoreDeleted,
    Copy,
    LoadPresent,
    LoadNew,
    Delete,
}

const WORKS: [Work; 6] =
    [Work::RestorePresent, Work::RestoreDeleted, Work::Copy, Work::LoadPresent, Work::LoadNew, Work::Delete];

/// What an operation is run on: the forest as it was, and a backup and a cabinet of one of its starter GPOs.
struct Prepared {
    ground: Ground,
    backup: Backup,
    cabinet: PathBuf,
}

async fn prepare(work: Work) -> Prepared {
    let ground = Ground::new().await;
    let backup = ground.back_up(WORKSTATION).await;
    let cabinet = ground.cabinet("one.cab");
    ground.save(WORKSTATION, &cabinet, &SaveStarterOptions::default()).await.unwrap();
    // So that old and new differ.
    ground
        .sysvol
        .replace(&path(&format!("StarterGPOs/{WORKSTATION}/User/registry.pol")), b"PReg\x01\0\0\0")
        .await
        .unwrap();
    if matches!(work, Work::RestoreDeleted | Work::LoadNew) {
        delete(&ground.store, guid(WORKSTATION), &Task::default()).await.unwrap();
    }
    Prepared { ground, backup, cabinet }
}

async fn run(work: Work, prepared: &Prepared, faults: &Faults, task: &Task) -> Result<(), OperationError> {
    let store = faults.wrap(prepared.ground.store.clone());
    let ground = &prepared.ground;
    let edit: Box<dyn Edit> = match work {
        Work::RestorePresent | Work::RestoreDeleted => Box::new(restore(&prepared.backup)),
        Work::Copy => Box::new(ground.copy(WORKSTATION, Some("The copy")).await),
        Work::LoadPresent => Box::new(load(&prepared.cabinet, true)),
        Work::LoadNew => Box::new(load(&prepared.cabinet, false)),
        Work::Delete => {
            let (domain, name) = (ROOT.parse().unwrap(), String::new());
            Box::new(DeleteStarterGpo { domain, id: guid(WORKSTATION), name })
        }
    };
    carry_out(&ground.context(&store), &*edit, task).await.map(drop)
}

/// Returns the state with GUIDs and times of the moment alike, which differ from run to run.
async fn comparable(ground: &Ground, before: &State) -> State {
    ground.state().await.with_new_guids_alike(before)
}

/// Runs an operation with something going wrong at each of its writes: it ends in the old state or the new one.
async fn at_each_write(work: Work, fault: impl Fn(&Task) -> Fault) {
    let prepared = prepare(work).await;
    let before = prepared.ground.state().await;
    let faults = Faults::default();
    run(work, &prepared, &faults, &Task::default()).await.unwrap();
    let (count, new) = (faults.writes().len(), comparable(&prepared.ground, &before).await);
    assert!(count >= 2 && !new.differences(&before).is_empty(), "{work:?}");
    for write in 1..=count {
        let prepared = prepare(work).await;
        let before = prepared.ground.state().await;
        let task = Task::default();
        let faults = Faults::at(write, fault(&task));
        let outcome = run(work, &prepared, &faults, &task).await;
        let after = comparable(&prepared.ground, &before).await;
        let writes = faults.writes();
        let place = format!("{work:?} at write {write}, {}: {outcome:?}", writes[write - 1]);
        match outcome {
            Err(_) => assert_eq!(before.differences(&after), Vec::<String>::new(), "{place}"),
            Ok(()) => {
                // What was only to be cleared away may be left, under a name that is no starter GPO's, and was told.
                let left = |difference: &String| difference.to_lowercase().contains("~opengpmc-");
                let mut differences = new.differences(&after);
                // The metadata of a copy says when it was made.
                differences.retain(|difference| !difference.starts_with("/{new}/startergpo.tmplx:"));
                let is_told = task.messages().iter().any(|message| message.severity == Severity::Warning);
                assert!(
                    differences.iter().all(left) && (differences.is_empty() || is_told),
                    "{place}: {differences:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn cancel_at_each_write_leaves_the_old_or_the_new() {
    for work in WORKS {
        at_each_write(work, |task| Fault::Cancel(task.clone())).await;
    }
}

#[tokio::test]
async fn a_failure_of_each_write_leaves_the_old_or_the_new() {
    for work in WORKS {
        at_each_write(work, |_| Fault::Once(Failure::DENIED)).await;
        at_each_write(work, |_| Fault::Files(Failure::DISK_FULL)).await;
    }
}

#[tokio::test]
async fn a_lost_answer_to_each_rename_is_noticed() {
    for work in WORKS {
        at_each_write(work, |_| Fault::AnswerLost).await;
    }
}

#[tokio::test]
async fn what_a_broken_connection_left_is_put_back() {
    for work in [Work::RestorePresent, Work::LoadPresent] {
        let prepared = prepare(work).await;
        let old = prepared.ground.state().await;
        let faults = Faults::default();
        run(work, &prepared, &faults, &Task::default()).await.unwrap();
        let (writes, new) = (faults.writes(), prepared.ground.state().await);
        for write in 1..=writes.len() {
            let prepared = prepare(work).await;
            let faults = Faults::at(write, Fault::Gone(Part::Sysvol));
            let outcome = run(work, &prepared, &faults, &Task::default()).await;
            let ground = &prepared.ground;
            let journal = ground.context(&ground.store).journal;
            for left in journal.interrupted().unwrap() {
                recover(&ground.store, &journal, &left, &Task::default()).await.unwrap();
            }
            let expected = if outcome.is_ok() { &new } else { &old };
            let differences = expected.differences(&ground.state().await);
            assert_eq!(differences, Vec::<String>::new(), "{work:?}: {}", writes[write - 1]);
        }
    }
}

#[tokio::test]
async fn each_is_undone_and_redone() {
    for work in WORKS {
        let prepared = prepare(work).await;
        let ground = &prepared.ground;
        let before = ground.state().await;
        run(work, &prepared, &Faults::default(), &Task::default()).await.unwrap();
        let after = ground.state().await;
        let context = ground.context(&ground.store);
        for round in 0..2 {
            let newest = undo_list(&context.journal, &*ground.store).unwrap().undo[0].id;
            undo(&context, newest, &Task::default()).await.unwrap();
            assert_eq!(before.differences(&ground.state().await), Vec::<String>::new(), "{work:?}, undo {round}");
            let newest = undo_list(&context.journal, &*ground.store).unwrap().redo[0].id;
            undo(&context, newest, &Task::default()).await.unwrap();
            assert_eq!(after.differences(&ground.state().await), Vec::<String>::new(), "{work:?}, redo {round}");
        }
    }
}

#[tokio::test]
async fn what_somebody_else_has_changed_since_is_not_undone() {
    let prepared = prepare(Work::LoadPresent).await;
    let ground = &prepared.ground;
    run(Work::LoadPresent, &prepared, &Faults::default(), &Task::default()).await.unwrap();
    for (file, bytes) in [("User/registry.pol", &b"theirs"[..]), ("User/comment.cmtx", b"theirs")] {
        ground.sysvol.replace(&path(&format!("StarterGPOs/{WORKSTATION}/{file}")), bytes).await.unwrap();
        let before = ground.state().await;
        let context = ground.context(&ground.store);
        let newest = undo_list(&context.journal, &*ground.store).unwrap().undo[0].id;
        assert!(undo(&context, newest, &Task::default()).await.is_err(), "{file}");
        assert_same(&before, &ground.state().await);
    }
}

#[tokio::test]
async fn a_cancelled_backup_or_cabinet_leaves_nothing() {
    let ground = Ground::new().await;
    let task = Task::default();
    task.cancel();
    let folder = ground.backups.path().join("sets");
    let cancelled = back_up_starter_gpo(&ground.domain, guid(WORKSTATION), &folder, "", &reporting(), &task).await;
    assert!(cancelled.unwrap_err().is_cancelled());
    let file = ground.cabinet("x.cab");
    let options = SaveStarterOptions::default();
    let cancelled = save_starter_gpo(&ground.domain, guid(WORKSTATION), &file, &options, &reporting(), &task).await;
    assert!(cancelled.unwrap_err().is_cancelled());
    assert!(!folder.exists() && !file.exists());
    // In the middle: as soon as its first step is done.
    for step in 1..=3 {
        let cancels: Arc<std::sync::OnceLock<Task>> = Arc::default();
        let own = Arc::clone(&cancels);
        let task = Task::new(move || {
            if let Some(task) = own.get()
                && task.look(|progress| progress.done) >= step
                && !task.is_cancelled()
            {
                task.cancel();
            }
        });
        assert!(cancels.set(task.clone()).is_ok());
        let outcome = back_up_starter_gpo(&ground.domain, guid(WORKSTATION), &folder, "", &reporting(), &task).await;
        assert!(outcome.unwrap_err().is_cancelled(), "{step}");
        assert!(!folder.exists() || BackupDir::open(&folder).unwrap().backups().is_empty(), "{step}");
        let left: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().map(|e| e.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == ".opengpmc-manifest.lock"), "{step}: {left:?}");
    }
}

#[tokio::test]
async fn several_are_saved_and_one_failure_stops_none() {
    let ground = Ground::new().await;
    let starters = ground.starters().await;
    ground.sysvol.replace(&path(&format!("StarterGPOs/{WORKSTATION}/x.exe")), b"x").await.unwrap();
    let all: Vec<&StarterGpo> = starters.iter().collect();
    let folder = ground.backups.path();
    let outcomes =
        back_up_starter_gpos(&ground.domain, &all, folder, "c", &reporting(), &Task::default()).await.unwrap();
    let failed: Vec<Guid> = outcomes.iter().filter(|item| item.outcome.is_err()).map(|item| item.id).collect();
    assert_eq!(failed, [guid(WORKSTATION)]);
    let dir = BackupDir::open(folder).unwrap();
    assert_eq!(dir.backups().len(), starters.len() - 1);
    assert!(dir.backups().iter().all(|backup| backup.comment == "c" && backup.domain_guid.is_some()));
}

#[tokio::test]
async fn the_first_one_of_a_domain_makes_the_folder() {
    let ground = Ground::new().await;
    let backup = ground.back_up(WORKSTATION).await;
    ground.sysvol.remove_tree(&starter_gpo_folder()).await.unwrap();
    let faults = Faults::at(3, Fault::Once(Failure::DISK_FULL));
    let prepared = Prepared { cabinet: PathBuf::new(), backup, ground };
    assert!(run(Work::RestorePresent, &prepared, &faults, &Task::default()).await.is_err());
    let sysvol = &prepared.ground.sysvol;
    assert_eq!(sysvol.stat(&starter_gpo_folder()).await.unwrap_err().kind, StoreErrorKind::NotFound);
    run(Work::RestorePresent, &prepared, &Faults::default(), &Task::default()).await.unwrap();
    assert_eq!(prepared.ground.starters().await.len(), 1);
}
