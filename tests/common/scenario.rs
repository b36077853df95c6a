//! Operations that change something, on the forest of [`small_domain`](super::small_domain) or one like it: brought to the moment before, run,
//! broken off, brought to an end at the next start, and compared with what was before and what should come of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use opengpmc::gpm::{Backup, BackupDir, BackupIndex, Domain, Forest, GpoParts, LoadOptions, OperationError, Task};
use opengpmc::ident::{DnsName, Guid};
use opengpmc::operation::content::GpoContent;
use opengpmc::operation::migration::MigrationOptions;
use opengpmc::operation::{
    BackupOptions, ChangeContext, CopyOptions, ImportSource, Journal, Reporting, RestoreOptions, back_up_gpo, copy_gpo,
    import_settings, recover, restore_backup,
};
use opengpmc::store::ForestStore;

use super::admin_scenario::{Admin, AdminGround};
use super::forest_state::State;
use super::small_domain::{
    BASELINE, IMPORTED, OTHER_DOMAIN, as_backed_up, as_changed, before_import, dns, folder, guid, make_folders,
    remove_gpo, write_gpo,
};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Operation {
    /// The baseline is backed up, beside an older backup.
    Backup,
    /// The baseline, changed since, is restored.
    Restore,
    /// The baseline, deleted since, is restored.
    RestoreDeleted,
    /// The settings of the baseline are imported into another GPO.
    Import,
    /// The baseline is copied within its domain, with its permissions.
    Copy,
    /// The baseline is copied into the domain beside its own, with the permissions of a new GPO.
    CopyAcross,
    /// An administrator changes something.
    Admin(Admin),
}

impl Operation {
    /// Those that one domain is enough for.
    pub const IN_ONE_DOMAIN: [Operation; 5] =
        [Operation::Backup, Operation::Restore, Operation::RestoreDeleted, Operation::Import, Operation::Copy];
}

impl Operation {
    /// Tells whether it takes back what was done before it.
    pub fn is_undo(self) -> bool {
        matches!(self, Operation::Admin(Admin::UndoCreateGpo | Admin::UndoDeleteGpo))
    }
}

/// Where an operation is run.
pub struct Scenario {
    /// What is done.
    pub operation: Operation,
    /// The forest.
    pub store: Arc<dyn ForestStore>,
    /// The domain of the GPOs.
    pub domain: DnsName,
    /// The folder of this machine with backups and journal.
    pub folder: PathBuf,
}

impl Scenario {
    fn backups(&self) -> PathBuf {
        self.folder.join("backups")
    }

    /// Brings forest and folder to the moment before the operation.
    pub async fn prepare(&self) {
        let store = &*self.store;
        self.clean_up().await;
        std::fs::create_dir_all(self.backups()).unwrap();
        std::fs::create_dir_all(self.folder.join("journal")).unwrap();
        write_gpo(store, &self.domain, BASELINE, &as_backed_up()).await;
        write_gpo(store, &self.domain, IMPORTED, &before_import()).await;
        if let Operation::Admin(admin) = self.operation {
            return self.admin_ground().prepare(&self.context(), admin).await;
        }
        if BackupDir::open(&self.backups()).map_or(true, |dir| dir.backups().is_empty()) {
            self.back_up(&Task::default()).await.unwrap();
        }
        match self.operation {
            Operation::Backup | Operation::Restore => write_gpo(store, &self.domain, BASELINE, &as_changed()).await,
            Operation::RestoreDeleted => remove_gpo(store, &self.domain, BASELINE).await,
            Operation::Import | Operation::Copy | Operation::Admin(_) => {}
            Operation::CopyAcross => {
                make_folders(store, &dns(OTHER_DOMAIN), &folder(BASELINE).parent().unwrap()).await;
            }
        }
    }

    fn admin_ground(&self) -> AdminGround<'_> {
        AdminGround { store: &self.store, domain: &self.domain }
    }

    /// Removes what it put into the forest, copies of it too.
    pub async fn clean_up(&self) {
        if let Operation::Admin(_) = self.operation {
            self.admin_ground().clean_up().await;
        }
        let domain = Domain::open(&self.store, &self.domain).await.unwrap();
        let gpos = domain.gpos(GpoParts::Summary).await.unwrap().values;
        let own = [BASELINE, IMPORTED].map(guid);
        let is_copy =
            |name: &str| name.starts_with("Copy") && name.ends_with(as_backed_up().name) || name == "Broken off, new";
        for gpo in gpos.iter().filter(|gpo| own.contains(&gpo.id) || is_copy(&gpo.display_name)) {
            remove_gpo(&*self.store, &self.domain, &gpo.id.to_string()).await;
        }
    }

    async fn back_up(&self, task: &Task) -> Result<Backup, OperationError> {
        let forest = Forest::load(self.store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
        let gpo = forest.domains.iter().flat_map(|domain| &domain.gpos).find(|gpo| gpo.id == guid(BASELINE)).unwrap();
        let options = BackupOptions { comment: "before".to_owned(), with_extras: true };
        let reporting = Reporting::new(Arc::default());
        back_up_gpo(&self.store, &forest, gpo, &self.backups(), &options, &reporting, task).await
    }

    /// Returns the backup that was there before.
    fn backup(&self) -> Backup {
        BackupDir::open(&self.backups()).unwrap().backups().iter().min_by_key(|backup| backup.time).unwrap().clone()
    }

    fn context(&self) -> ChangeContext {
        // Opening it is no part of an operation: where that fails by intent, it is tried again.
        let open = || Journal::open(&self.folder.join("journal"));
        ChangeContext { store: self.store.clone(), journal: open().or_else(|_| open()).unwrap() }
    }

    /// Runs the operation.
    pub async fn run(&self, task: &Task) -> Result<(), OperationError> {
        let context = self.context();
        match self.operation {
            Operation::Admin(admin) => self.admin_ground().run(&context, admin, task).await,
            Operation::Backup => self.back_up(task).await.map(|_| ()),
            Operation::Restore | Operation::RestoreDeleted => {
                restore_backup(&context, &self.backup(), &RestoreOptions::default(), task).await.map(|_| ())
            }
            Operation::Import => {
                let source = ImportSource::Backup(Box::new(self.backup()));
                let options = MigrationOptions::default();
                import_settings(&context, &self.domain, guid(IMPORTED), &source, &options, task).await.map(|_| ())
            }
            Operation::Copy => {
                let options = CopyOptions { keep_permissions: true, ..CopyOptions::default() };
                let id = guid(BASELINE);
                copy_gpo(&self.store, &self.domain, id, &context, &self.domain, &options, task).await.map(|_| ())
            }
            Operation::CopyAcross => {
                let (id, options, target) = (guid(BASELINE), CopyOptions::default(), dns(OTHER_DOMAIN));
                copy_gpo(&self.store, &self.domain, id, &context, &target, &options, task).await.map(|_| ())
            }
        }
    }

    /// Does what the next start and the next backup do, and checks that nothing is left to be done.
    pub async fn start_again(&self, what: &str) {
        // Even before that, no half-made set is seen.
        self.check_sets(what).await;
        BackupDir::repair(&self.backups()).unwrap();
        let context = self.context();
        let task = Task::default();
        // A child that another test starts just now holds what we had open, until it is the child.
        for _ in 0..50 {
            for interrupted in context.journal.interrupted().unwrap() {
                let recovered = recover(&self.store, &context.journal, &interrupted, &task).await;
                recovered.unwrap_or_else(|error| panic!("{what}: cannot be put back: {error}"));
            }
            if super::unfinished(&self.folder.join("journal")).is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.check_nothing_left(what);
    }

    /// Checks that journal and backup folder hold nothing half-made.
    pub fn check_nothing_left(&self, what: &str) {
        let left = super::unfinished(&self.folder.join("journal"));
        assert_eq!(left, Vec::<String>::new(), "{what}: nothing in the journal waits");
        if let Operation::Admin(_) = self.operation {
            return;
        }
        let dir = BackupDir::open(&self.backups()).unwrap();
        assert_eq!(dir.problems(), [], "{what}");
        let mut listed: Vec<String> = dir.backups().iter().map(|backup| backup.id.to_string()).collect();
        listed.extend([LOCK.to_owned(), "manifest.xml".to_owned()]);
        listed.sort();
        assert_eq!(names_in(&self.backups()), listed, "{what}: sets and manifest agree, and nothing else is there");
        assert!(dir.backups().iter().all(|backup| backup.index == BackupIndex::Both), "{what}");
    }

    async fn check_sets(&self, what: &str) {
        for backup in BackupDir::open(&self.backups()).unwrap().backups() {
            let content = GpoContent::read_set(backup, &Task::default()).await;
            let content = content.unwrap_or_else(|error| panic!("{what}: {}: {error}", backup.id));
            let files = as_backed_up().files.len().min(as_changed().files.len());
            assert!(content.files.len() >= files - 1, "{what}: {}", backup.id);
        }
    }

    /// Reads all GPOs of a domain, and what lies in SYSVOL in their place.
    async fn state_of(&self, name: &DnsName) -> State {
        let domain = Domain::open(&self.store, name).await.unwrap();
        let gpos = domain.gpos(GpoParts::Summary).await.unwrap().values;
        let mut ids: BTreeSet<Guid> = gpos.iter().map(|gpo| gpo.id).collect();
        let policies = folder(BASELINE).parent().unwrap();
        let folders = domain.sysvol().await.unwrap().list(&policies).await.unwrap();
        ids.extend(folders.iter().filter_map(|entry| entry.name.parse::<Guid>().ok()));
        let mut state = State::default();
        for id in ids {
            state = state.with(State::of_gpo(&self.store, name, id).await);
        }
        state
    }

    /// Reads all that the operation may change.
    pub async fn state(&self) -> State {
        let mut state = self.state_of(&self.domain).await;
        if self.operation == Operation::CopyAcross {
            state = state.with(self.state_of(&dns(OTHER_DOMAIN)).await);
        }
        if let Operation::Admin(_) = self.operation {
            return state.with(self.admin_ground().state().await);
        }
        self.check_sets("the state").await;
        state.with(State::of_names(&names_in(&self.backups())))
    }
}

/// The file that is locked while the manifest is changed; it stays.
const LOCK: &str = ".opengpmc-manifest.lock";

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
