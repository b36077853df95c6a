//! Starter GPOs made and changed, and what a new GPO gets from one.

use opengpmc::gpm::{Domain, HResult, MessageId, OperationError, StarterGpo, StarterGpoType, Task, starter_gpo_folder};
use opengpmc::ident::Guid;
use opengpmc::operation::admin::{CreateStarterGpo, CreateStarterGpoFolder, DeleteStarterGpo, EditStarterGpo};
use opengpmc::operation::edit::{Edit, Edited, carry_out, undo};
use opengpmc::operation::{ChangeContext, Journal, starter_content};
use opengpmc::store::{StoreErrorKind, demo};

use crate::common::faulty_store::{Failure, Fault, Faults};
use crate::common::forest_state::State;
use crate::common::sysvol_suite::path;

const ROOT: &str = "kestrelbay.example";
/// A custom one with settings in both halves.
const WORKSTATION: &str = "{3A3CCEDD-59FC-4AC2-83E2-A80DCA76CE72}";
/// One with settings of computers.
const REMOTE_UPDATE: &str = "{D0D86874-FF85-4553-BDC0-DF66FC6205A3}";
/// One without settings.
const EMPTY: &str = "{8561D5D9-BDAC-47A0-8BCC-D3AE6FBE2964}";

async fn root() -> Domain {
    Domain::open(&demo::open().await.unwrap(), &ROOT.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_new_gpo_gets_the_settings_of_each_half_with_their_comments() {
    const COMPUTER: &str = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]";
    const USER: &str = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F73-3407-48AE-BA88-E8213C6761F1}]";
    let domain = root().await;
    let sysvol = domain.sysvol().await.unwrap();
    sysvol.make_folder(&path(&format!("StarterGPOs/{EMPTY}/User"))).await.unwrap();
    for (file, bytes) in [("User/comment.cmtx", &b"c"[..]), ("User/registry.pol", b"PReg\x01\0\0\0")] {
        sysvol.replace(&path(&format!("StarterGPOs/{EMPTY}/{file}")), bytes).await.unwrap();
    }
    let check = async |id: &str, files: &[&str], extensions: [&str; 2], halves: (u16, u16)| {
        let settings = starter_content(&domain, id.parse().unwrap(), &Task::default()).await.unwrap();
        let names: Vec<&str> = settings.files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names.as_slice(), settings.extensions.each_ref().map(String::as_str)), (files, extensions));
        assert_eq!((settings.version.computer, settings.version.user), halves);
        for (name, bytes) in &settings.files {
            assert_eq!(*bytes, sysvol.read(&path(&format!("StarterGPOs/{id}/{name}"))).await.unwrap());
        }
        settings.comment
    };
    let comment = check(WORKSTATION, &[r"Machine\Registry.pol", r"User\Registry.pol"], [COMPUTER, USER], (1, 1)).await;
    assert!(comment.unwrap().starts_with("What every new workstation GPO starts from."));
    let comment = check(REMOTE_UPDATE, &[r"Machine\Registry.pol"], [COMPUTER, ""], (1, 0)).await;
    assert_eq!(comment.as_deref(), Some("Opens what a remote update of Group Policy needs."));
    assert_eq!(check(EMPTY, &[r"User\comment.cmtx", r"User\Registry.pol"], ["", ""], (0, 0)).await, None);
    let missing =
        starter_content(&domain, "{8561D5D9-0000-0000-0000-000000000000}".parse().unwrap(), &Task::default()).await;
    assert_eq!(missing.unwrap_err().0.code, HResult::PATH_NOT_FOUND);
}

struct Ground {
    context: ChangeContext,
    domain: Domain,
    _folder: tempfile::TempDir,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let domain = root().await;
        Ground { context: ChangeContext { store: domain.store().clone(), journal }, domain, _folder: folder }
    }

    async fn starters(&self) -> Vec<StarterGpo> {
        let found = self.domain.starter_gpos().await.unwrap();
        assert_eq!(found.problems.len(), 0, "{:?}", found.problems);
        found.values
    }

    async fn starter(&self, id: &str) -> StarterGpo {
        self.domain.starter_gpo(id.parse().unwrap()).await.unwrap()
    }

    async fn file(&self, id: &str) -> Vec<u8> {
        let sysvol = self.domain.sysvol().await.unwrap();
        sysvol.read(&path(&format!("StarterGPOs/{id}/StarterGPO.tmplx"))).await.unwrap()
    }

    async fn state(&self) -> State {
        State::of_sysvol(&*self.domain.sysvol().await.unwrap(), &starter_gpo_folder()).await
    }

    async fn carry_out(&self, edit: &dyn Edit) -> Result<Edited, OperationError> {
        carry_out(&self.context, edit, &Task::default()).await
    }

    async fn undo(&self, edited: &Edited) {
        undo(&self.context, edited.entry.unwrap(), &Task::default()).await.unwrap();
    }
}

fn new_starter(name: &str) -> CreateStarterGpo {
    CreateStarterGpo {
        domain: ROOT.parse().unwrap(),
        id: Guid::random(),
        name: name.to_owned(),
        description: "c\nd".to_owned(),
    }
}

#[tokio::test]
async fn a_new_one_is_custom_and_is_undone() {
    let ground = Ground::new().await;
    let before = ground.state().await;
    let edit = new_starter(CreateStarterGpo::DEFAULT_NAME);
    let edited = ground.carry_out(&edit).await.unwrap();
    let made = ground.starter(&edit.id.to_string()).await;
    assert_eq!((made.display_name.as_str(), made.description.as_str()), ("New Starter GPO", "c\nd"));
    assert_eq!((made.kind, made.version, made.created), (StarterGpoType::Custom, Default::default(), made.modified));
    assert!(made.created.is_some() && made.author.is_empty());
    assert_eq!(starter_content(&ground.domain, edit.id, &Task::default()).await.unwrap().files, []);
    let twin = ground.carry_out(&new_starter(&edit.name.to_uppercase())).await.unwrap_err();
    assert_eq!(twin.0.code, HResult::OBJECT_EXISTS);
    let endless = CreateStarterGpo { description: "x".repeat(2048), ..new_starter("a") };
    assert_eq!(ground.carry_out(&endless).await.unwrap_err().0.code, HResult::INVALID_ARGUMENT);
    ground.undo(&edited).await;
    assert_eq!(before.differences(&ground.state().await), Vec::<String>::new());
}

#[tokio::test]
async fn the_folder_is_made_where_there_is_none() {
    let ground = Ground::new().await;
    let folder = CreateStarterGpoFolder { domain: ROOT.parse().unwrap() };
    assert_eq!(ground.carry_out(&folder).await.unwrap(), Edited::default());
    let sysvol = ground.domain.sysvol().await.unwrap();
    sysvol.remove_tree(&starter_gpo_folder()).await.unwrap();
    let is_there = async || match sysvol.stat(&starter_gpo_folder()).await {
        Ok(info) => info.is_folder,
        Err(error) if error.kind == StoreErrorKind::NotFound => false,
        Err(error) => panic!("{error}"),
    };
    let edited = ground.carry_out(&folder).await.unwrap();
    assert!(is_there().await);
    ground.undo(&edited).await;
    assert!(!is_there().await);
    let edited = ground.carry_out(&new_starter("first")).await.unwrap();
    assert_eq!(ground.starters().await.len(), 1);
    ground.undo(&edited).await;
    assert!(!is_there().await);
}

#[tokio::test]
async fn name_and_comment_change_and_nothing_else_does() {
    let ground = Ground::new().await;
    let seen = ground.starter(WORKSTATION).await;
    let old = ground.file(WORKSTATION).await;
    let edit = EditStarterGpo { name: "A & B".to_owned(), description: String::new(), seen: seen.clone() };
    let edited = ground.carry_out(&edit).await.unwrap();
    let now = ground.starter(WORKSTATION).await;
    assert_eq!((now.display_name.as_str(), now.description.as_str()), ("A & B", ""));
    assert_eq!((now.version, now.created, now.kind), (seen.version, seen.created, seen.kind));
    assert!(
        String::from_utf8(ground.file(WORKSTATION).await).unwrap().contains("<ComputerVersion>4</ComputerVersion>")
    );
    assert_eq!(ground.carry_out(&edit).await.unwrap(), Edited::default());
    ground.undo(&edited).await;
    assert_eq!(ground.file(WORKSTATION).await, old);
    let theirs =
        EditStarterGpo { name: "theirs".to_owned(), description: seen.description.clone(), seen: seen.clone() };
    ground.carry_out(&theirs).await.unwrap();
    let ours = EditStarterGpo { name: "ours".to_owned(), ..theirs };
    let OperationError(conflict) = ground.carry_out(&ours).await.unwrap_err();
    assert_eq!(conflict.id, MessageId::Conflict);
    assert!(conflict.message.contains("theirs") && conflict.message.contains("`ours`"), "{}", conflict.message);
}

#[tokio::test]
async fn a_system_one_is_read_only() {
    let ground = Ground::new().await;
    let seen = ground.starter(REMOTE_UPDATE).await;
    let edit = EditStarterGpo { name: "mine".to_owned(), description: seen.description.clone(), seen };
    assert_eq!(ground.carry_out(&edit).await.unwrap_err().0.id, MessageId::StarterNotAllowed);
}

#[tokio::test]
async fn a_deleted_one_comes_back_with_all_it_held() {
    let ground = Ground::new().await;
    let before = ground.state().await;
    let edit =
        DeleteStarterGpo { domain: ROOT.parse().unwrap(), id: WORKSTATION.parse().unwrap(), name: String::new() };
    let edited = ground.carry_out(&edit).await.unwrap();
    assert!(ground.starters().await.iter().all(|starter| starter.id != edit.id));
    assert_eq!(ground.carry_out(&edit).await.unwrap_err().0.code, HResult::PATH_NOT_FOUND);
    ground.undo(&edited).await;
    assert_eq!(before.differences(&ground.state().await), Vec::<String>::new());
}

#[tokio::test]
async fn a_failure_or_cancel_of_each_write_leaves_the_old_or_the_new() {
    type Make = fn(&StarterGpo) -> Box<dyn Edit>;
    let works: [Make; 2] = [
        |_| Box::new(new_starter("made")),
        |seen| Box::new(EditStarterGpo { name: "b".to_owned(), description: String::new(), seen: seen.clone() }),
    ];
    let faults_of: [fn(&Task) -> Fault; 3] =
        [|task| Fault::Cancel(task.clone()), |_| Fault::Once(Failure::DENIED), |_| Fault::AnswerLost];
    for make in works {
        for fault in faults_of {
            for write in 1.. {
                let ground = Ground::new().await;
                let before = ground.state().await;
                let edit = make(&ground.starter(WORKSTATION).await);
                let task = Task::default();
                let faults = Faults::at(write, fault(&task));
                let store = faults.wrap(ground.context.store.clone());
                let context = ChangeContext { store, journal: ground.context.journal.clone() };
                let outcome = carry_out(&context, &*edit, &task).await;
                let differences = before.differences(&ground.state().await);
                assert_eq!(outcome.is_err(), differences.is_empty(), "{} at {write}: {outcome:?}", edit.title());
                if faults.writes().len() < write {
                    break;
                }
            }
        }
    }
}
