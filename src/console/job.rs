//! Work in the background: a forest that is being opened or read, a detail that is being fetched.
//!
//! All of it runs on the tokio runtime of the application. A job tells how far it is through its [`Task`], wakes the window
//! when there is something new to draw, at most twenty times a second, and is looked at between frames.

use std::collections::HashMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui::Context;
use poll_promise::Promise;
use tokio::runtime::Runtime;

use crate::gpm::{
    Backup, Cancelled, Domain, EffectiveRights, ForestSnapshot, Names, OperationError, Orphans, StarterGpo,
    SysvolState, Task, Trustee,
};
use crate::ident::{Dn, DnsName, Guid, Sid};
use crate::operation::rsop::collect::CollectOptions;
use crate::operation::{ChangeContext, Journal, ReportFolderError, ReportedFolder, Reporting, write_whole};
use crate::report::{HtmlOptions, ReportFormat};
use crate::store::{ForestStore, StoreError, StoreErrorKind, SysvolPath};

use super::kit::job_window::JobWindow;
use super::opened_file::open_path;
use super::reports::{ReportChoices, ReportSource};
use super::results::{FoundResult, read_file};
use super::stored_query::QueryShelf;
use super::{
    ConnectRequest, Detail, Details, FileId, FileState, ForestId, ForestOpener, Lazy, LocalTemplates, OpenForest,
    Reported, ShownReport, reports,
};

/// The pause between two wake-ups of the window.
const REPAINT_PAUSE: Duration = Duration::from_millis(50);

/// Where background work runs.
pub struct Workers {
    runtime: Runtime,
    ctx: Context,
    local_templates: Arc<LocalTemplates>,
    journal_folder: Option<PathBuf>,
    query_folder: Option<PathBuf>,
    collect_options: CollectOptions,
    /// Held by the edit whose turn it is.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A forest that is being opened or read anew.
pub struct ForestJob {
    /// The forest.
    pub forest: ForestId,
    /// What is being done, in words.
    pub title: String,
    /// Tells how far it is, and cancels it.
    pub window: JobWindow,
    promise: Option<Promise<Result<Box<OpenForest>, StoreError>>>,
}

/// A detail that is being fetched.
pub struct FetchJob {
    /// The forest it is fetched for.
    pub forest: ForestId,
    /// The report it makes, if it makes one.
    pub report: Option<ReportInWork>,
    promise: Option<Promise<Fetched>>,
}

/// A report of something of a forest that is being made. Making it ends with this value: nobody waits for it then.
pub struct ReportInWork {
    /// Of what it is.
    pub of: Reported,
    task: Task,
}

/// A file that is being read, or a backup in it that is being reported.
pub struct FileJob {
    /// The file.
    pub file: FileId,
    promise: Option<Promise<ReadFile>>,
}

/// What reading a file brought.
pub enum ReadFile {
    /// What is in it.
    Content(FileState),
    /// It is a result of Group Policy: its place is elsewhere.
    Result(Box<FoundResult>),
    /// The report of something in it.
    Report(usize, Result<Arc<ShownReport>, StoreError>),
}

/// Reports that are being written.
pub struct WriteJob {
    /// What is being done, in words.
    pub title: String,
    /// Tells how far it is, and cancels it.
    pub window: JobWindow,
    promise: Option<Promise<Result<ReportedFolder, ReportFolderError>>>,
}

/// What a fetch brought.
pub enum Fetched {
    /// The SYSVOL halves of GPOs of a domain.
    Sysvol(DnsName, Vec<(Guid, Result<SysvolState, StoreError>)>),
    /// The comment of a GPO.
    Comment(DnsName, Guid, Result<String, StoreError>),
    /// The starter GPOs of a domain.
    StarterGpos(DnsName, Result<(Vec<StarterGpo>, bool), StoreError>),
    /// The halves of GPOs of a domain that stand alone.
    Orphans(DnsName, Result<Orphans, StoreError>),
    /// A report.
    Report(Reported, Result<Arc<ShownReport>, StoreError>),
    /// Names; for each SID a trustee, known or not.
    Trustees(Vec<(Sid, Trustee)>),
    /// The descriptor of a directory object.
    DirectorySecurity(Dn, Result<Vec<u8>, StoreError>),
    /// What we may do with a directory object.
    Rights(Dn, Result<EffectiveRights, StoreError>),
    /// The descriptor of a file or folder.
    SysvolSecurity(DnsName, SysvolPath, Result<Vec<u8>, StoreError>),
}

impl Workers {
    /// Returns how results are collected from computers.
    pub fn collect_options(&self) -> CollectOptions {
        self.collect_options.clone()
    }

    /// Says how results are collected from computers.
    pub fn set_collect_options(&mut self, options: CollectOptions) {
        self.collect_options = options;
    }

    /// Starts the runtime; `ctx` is the window to wake, `journal_folder` where operations keep what was there before, `query_folder` where
    /// stored queries lie, if they have a place.
    pub fn new(ctx: Context, journal_folder: Option<PathBuf>, query_folder: Option<PathBuf>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .thread_name("opengpmc")
            .enable_all()
            .build()?;
        let (local_templates, turn) = (Arc::default(), Arc::default());
        Ok(Workers {
            runtime,
            ctx,
            local_templates,
            journal_folder,
            query_folder,
            collect_options: CollectOptions::default(),
            turn,
        })
    }

    /// Returns the runtime.
    pub fn handle(&self) -> &tokio::runtime::Handle {
        self.runtime.handle()
    }

    /// Returns the window to wake.
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// Returns where operations keep what was there before.
    pub fn journal_folder(&self) -> Option<&Path> {
        self.journal_folder.as_deref()
    }

    /// Returns what an edit holds while it is carried out: edits come one after the other.
    pub fn turn(&self) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(&self.turn)
    }

    /// Makes reports with what was chosen from now on.
    pub fn set_report_choices(&mut self, choices: ReportChoices) {
        self.local_templates = Arc::new(LocalTemplates::new(choices));
    }

    /// Runs a future in the background and wakes the window when it ends.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Promise<T> {
        let (sender, promise) = Promise::new();
        let ctx = self.ctx.clone();
        self.runtime.spawn(async move {
            sender.send(work.await);
            ctx.request_repaint();
        });
        promise
    }

    /// Runs work that blocks, on a thread of its own, and wakes the window when it ends.
    pub fn spawn_blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Promise<T> {
        let (sender, promise) = Promise::new();
        let ctx = self.ctx.clone();
        self.runtime.spawn_blocking(move || {
            sender.send(work());
            ctx.request_repaint();
        });
        promise
    }

    /// Returns a task whose progress wakes the window.
    pub fn task(&self) -> Task {
        let ctx = self.ctx.clone();
        Task::new(move || ctx.request_repaint_after(REPAINT_PAUSE))
    }

    /// Connects to a forest and reads it.
    pub fn open(&self, opener: Arc<dyn ForestOpener>, forest: ForestId, request: ConnectRequest) -> ForestJob {
        let task = self.task();
        let target = request.target.as_ref().map_or_else(|| "demo".to_owned(), ToString::to_string);
        let title = format!("Connect to {target}");
        let (worker_task, queries) = (task.clone(), self.query_folder.clone());
        let promise = self.spawn(async move {
            worker_task.activity(format!("Connecting to {target}"));
            let cancelled = |_| StoreError::new(StoreErrorKind::Cancelled, &target);
            let store = worker_task.or_cancel(opener.open(&request)).await.map_err(cancelled)??;
            worker_task.activity("Reading the forest");
            let snapshot = opener.load(Arc::clone(&store), &worker_task).await?;
            let mut open = OpenForest::new(forest, store, snapshot);
            let name = open.snapshot.name.clone();
            let load = tokio::task::spawn_blocking(move || QueryShelf::load(queries.as_deref(), &name));
            open.queries = load.await.unwrap_or_default();
            Ok(Box::new(open))
        });
        ForestJob { forest, window: JobWindow::new(&title, task), title, promise: Some(promise) }
    }

    /// Reads a forest anew over the connection it has.
    pub fn refresh(&self, opener: Arc<dyn ForestOpener>, forest: &OpenForest) -> ForestJob {
        let task = self.task();
        let title = format!("Refresh {}", forest.snapshot.name);
        let (worker_task, store, id) = (task.clone(), Arc::clone(&forest.store), forest.id);
        let promise = self.spawn(async move {
            worker_task.activity("Reading the forest");
            let snapshot = opener.load(Arc::clone(&store), &worker_task).await?;
            Ok(Box::new(OpenForest::new(id, store, snapshot)))
        });
        ForestJob { forest: id, window: JobWindow::new(&title, task), title, promise: Some(promise) }
    }

    /// Reads a report or a folder of backups.
    pub fn open_file(&self, file: FileId, path: PathBuf) -> FileJob {
        let content = move || match open_path(&path) {
            Ok(state) => ReadFile::Content(state),
            Err(error) => match read_file(&path) {
                Ok(found) => ReadFile::Result(Box::new(found)),
                Err(_) => ReadFile::Content(FileState::Failed(error)),
            },
        };
        FileJob { file, promise: Some(self.spawn_blocking(content)) }
    }

    /// Reports a backup of a folder that was opened.
    pub fn report_backup(&self, file: FileId, item: usize, backup: Backup) -> FileJob {
        let local = Arc::clone(&self.local_templates);
        let report = move || ReadFile::Report(item, reports::report_backup(&backup, &local));
        FileJob { file, promise: Some(self.spawn_blocking(report)) }
    }

    /// Returns reporting for a domain, with its templates; they are read when it is awaited, once for each state of the forest.
    pub fn reporting(&self, forest: &OpenForest, domain: DnsName) -> impl Future<Output = Reporting> + Send + use<> {
        let (templates, local, store) =
            (forest.templates.clone(), Arc::clone(&self.local_templates), Arc::clone(&forest.store));
        async move { templates.reporting(&store, &domain, &local).await }
    }

    /// Returns where operations on a forest write and keep what was there before; the journal is opened when it is awaited.
    pub fn change_context(
        &self,
        forest: &OpenForest,
    ) -> impl Future<Output = Result<ChangeContext, OperationError>> + Send + use<> {
        let (store, folder) = (Arc::clone(&forest.store), self.journal_folder.clone());
        async move {
            let Some(folder) = folder else {
                let error = StoreError::new(StoreErrorKind::NotFound, "journal");
                let why = "this user has no folder for the data of programs; name one in OPENGPMC_JOURNAL";
                return Err(OperationError::of_write(&error.with_detail(why)));
            };
            let failed = |error| OperationError::of_write(&StoreError::from_io(folder.display(), &error));
            Ok(ChangeContext { store, journal: Journal::open(&folder).map_err(failed)? })
        }
    }

    /// Reports a backup that was not opened as a file.
    pub fn make_backup_report(&self, backup: Backup) -> Promise<Result<Arc<ShownReport>, StoreError>> {
        let local = Arc::clone(&self.local_templates);
        self.spawn_blocking(move || reports::report_backup(&backup, &local))
    }

    /// Writes one report.
    pub fn write_report(
        &self,
        report: Arc<ShownReport>,
        path: PathBuf,
        format: ReportFormat,
        html: HtmlOptions,
    ) -> WriteJob {
        let task = self.task();
        let title = format!("Save the report of {}", report.name());
        let promise = self.spawn_blocking(move || {
            let bytes = report.render(format, html);
            let failed = |source| ReportFolderError::Io { path: path.clone(), source };
            write_whole(&path, &bytes).map_err(failed)?;
            Ok(ReportedFolder { files: vec![path], problems: Vec::new() })
        });
        WriteJob { window: JobWindow::new(&title, task), title, promise: Some(promise) }
    }

    /// Reports all GPOs of a domain to a folder.
    pub fn report_domain(
        &self,
        forest: &OpenForest,
        domain: DnsName,
        folder: PathBuf,
        format: ReportFormat,
    ) -> WriteJob {
        let task = self.task();
        let title = format!("Report the GPOs of {domain}");
        let (store, snapshot, worker_task) = (Arc::clone(&forest.store), Arc::clone(&forest.snapshot), task.clone());
        let (templates, local) = (forest.templates.clone(), Arc::clone(&self.local_templates));
        let promise = self.spawn(async move {
            let reporting = worker_task.or_cancel(templates.reporting(&store, &domain, &local)).await?;
            let gpos: Vec<_> = snapshot.domain(&domain).into_iter().flat_map(|domain| &domain.gpos).collect();
            reporting.gpos_to_folder(&store, &snapshot, &gpos, &folder, format, &worker_task).await
        });
        WriteJob { window: JobWindow::new(&title, task), title, promise: Some(promise) }
    }

    /// Reports backups to a folder.
    pub fn report_backups(&self, backups: Vec<Backup>, folder: PathBuf, format: ReportFormat) -> WriteJob {
        let task = self.task();
        let title = format!("Report {} backups", backups.len());
        let (worker_task, local) = (task.clone(), Arc::clone(&self.local_templates));
        let promise = self.spawn_blocking(move || {
            let backups: Vec<&Backup> = backups.iter().collect();
            local.reporting().backups_to_folder(&backups, &folder, format, &worker_task)
        });
        WriteJob { window: JobWindow::new(&title, task), title, promise: Some(promise) }
    }

    /// Fetches what of a detail is neither known nor on its way; marks it as on its way.
    pub fn fetch(&self, forest: &mut OpenForest, detail: Detail) -> Option<FetchJob> {
        let detail = forest.details.claim(detail)?;
        let (store, snapshot) = (Arc::clone(&forest.store), Arc::clone(&forest.snapshot));
        let task = self.task();
        let report = match &detail {
            Detail::Report(of) => Some(ReportInWork { of: of.clone(), task: task.clone() }),
            _ => None,
        };
        let source = ReportSource::of(forest, Arc::clone(&self.local_templates));
        let promise = self.spawn(fetch(store, snapshot, source, detail, task));
        Some(FetchJob { forest: forest.id, report, promise: Some(promise) })
    }
}

impl ForestJob {
    /// Returns the task, to ask and to cancel.
    pub fn task(&self) -> &Task {
        self.window.task()
    }

    /// Returns the outcome, once, if the job has ended.
    pub fn take(&mut self) -> Option<Result<Box<OpenForest>, StoreError>> {
        take(&mut self.promise)
    }
}

impl FileJob {
    /// Returns what was read, once, if the job has ended.
    pub fn take(&mut self) -> Option<ReadFile> {
        take(&mut self.promise)
    }
}

impl WriteJob {
    /// Returns the outcome, once, if the job has ended.
    pub fn take(&mut self) -> Option<Result<ReportedFolder, ReportFolderError>> {
        take(&mut self.promise)
    }
}

impl FetchJob {
    /// Returns what was fetched, once, if the job has ended.
    pub fn take(&mut self) -> Option<Fetched> {
        take(&mut self.promise)
    }
}

impl Drop for ReportInWork {
    fn drop(&mut self) {
        self.task.cancel();
    }
}

/// Returns the outcome of background work, once, if it has ended.
pub fn take<T: Send>(slot: &mut Option<Promise<T>>) -> Option<T> {
    match slot.take()?.try_take() {
        Ok(value) => Some(value),
        Err(promise) => {
            *slot = Some(promise);
            None
        }
    }
}

impl Details {
    /// Takes in what was fetched.
    pub fn take_in(&mut self, fetched: Fetched) {
        match fetched {
            Fetched::Sysvol(domain, states) => {
                for (id, state) in states {
                    self.sysvol.insert((domain.clone(), id), state.into());
                }
            }
            Fetched::Comment(domain, id, comment) => {
                self.comments.insert((domain, id), comment.into());
            }
            Fetched::StarterGpos(domain, found) => {
                if let Ok((_, has_folder)) = &found {
                    self.starter_folders.insert(domain.clone(), *has_folder);
                }
                self.starter_gpos.insert(domain, found.map(|(found, _)| found).into());
            }
            Fetched::Orphans(domain, found) => {
                self.orphans.insert(domain, found.into());
            }
            Fetched::Report(reported, report) => {
                self.reports.insert(reported, report.into());
            }
            Fetched::Trustees(found) => {
                for (sid, trustee) in found {
                    self.trustees.insert(sid, Lazy::Ready(trustee));
                }
            }
            Fetched::Rights(dn, rights) => {
                self.rights.insert(dn, rights.into());
            }
            Fetched::DirectorySecurity(dn, descriptor) => {
                self.directory_security.insert(dn, descriptor.into());
            }
            Fetched::SysvolSecurity(domain, path, descriptor) => {
                self.sysvol_security.insert((domain, path), descriptor.into());
            }
        }
    }

    /// Marks what of a detail nobody asked for yet as on its way, and returns that part.
    fn claim(&mut self, detail: Detail) -> Option<Detail> {
        match detail {
            Detail::Sysvol(domain, ids) => {
                let ids = claim_each(&mut self.sysvol, ids, |id| (domain.clone(), *id));
                (!ids.is_empty()).then_some(Detail::Sysvol(domain, ids))
            }
            Detail::Comment(domain, id) => {
                let new = claim_each(&mut self.comments, vec![id], |id| (domain.clone(), *id));
                new.into_iter().next().map(|id| Detail::Comment(domain, id))
            }
            Detail::StarterGpos(domain) => {
                let new = claim_each(&mut self.starter_gpos, vec![domain], Clone::clone);
                new.into_iter().next().map(Detail::StarterGpos)
            }
            Detail::Orphans(domain) => {
                let new = claim_each(&mut self.orphans, vec![domain], Clone::clone);
                new.into_iter().next().map(Detail::Orphans)
            }
            Detail::Report(reported) => {
                let new = claim_each(&mut self.reports, vec![reported], Clone::clone);
                new.into_iter().next().map(Detail::Report)
            }
            Detail::Trustees(sids) => {
                let sids = claim_each(&mut self.trustees, sids, Clone::clone);
                (!sids.is_empty()).then_some(Detail::Trustees(sids))
            }
            Detail::Rights(domain, dn) => {
                let new = claim_each(&mut self.rights, vec![dn], Clone::clone);
                new.into_iter().next().map(|dn| Detail::Rights(domain, dn))
            }
            Detail::DirectorySecurity(domain, dn) => {
                let new = claim_each(&mut self.directory_security, vec![dn], Clone::clone);
                new.into_iter().next().map(|dn| Detail::DirectorySecurity(domain, dn))
            }
            Detail::SysvolSecurity(domain, path) => {
                let new = claim_each(&mut self.sysvol_security, vec![path], |path| (domain.clone(), path.clone()));
                new.into_iter().next().map(|path| Detail::SysvolSecurity(domain, path))
            }
        }
    }
}

impl<T> From<Result<T, StoreError>> for Lazy<T> {
    fn from(result: Result<T, StoreError>) -> Self {
        match result {
            Ok(value) => Lazy::Ready(value),
            Err(error) => Lazy::Failed(error),
        }
    }
}

fn claim_each<K: std::hash::Hash + Eq, V, T>(
    known: &mut HashMap<K, Lazy<V>>,
    wanted: Vec<T>,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let mut claimed = Vec::new();
    for item in wanted {
        let state = known.entry(key(&item)).or_default();
        if state.is_unknown() {
            *state = Lazy::Loading;
            claimed.push(item);
        }
    }
    claimed
}

async fn fetch(
    store: Arc<dyn ForestStore>,
    snapshot: Arc<ForestSnapshot>,
    source: ReportSource,
    detail: Detail,
    task: Task,
) -> Fetched {
    match detail {
        Detail::Sysvol(domain, ids) => {
            let states = sysvol_states(&store, &snapshot, &domain, &ids).await;
            Fetched::Sysvol(domain, ids.into_iter().zip(states).collect())
        }
        Detail::Comment(domain, id) => {
            let comment = comment(&store, &snapshot, &domain, id).await;
            Fetched::Comment(domain, id, comment)
        }
        Detail::StarterGpos(name) => {
            let found = async {
                let domain = Domain::open(&store, &name).await?;
                let found = domain.starter_gpos().await?.values;
                let has_folder = !found.is_empty() || domain.has_starter_gpo_folder().await?;
                Ok((found, has_folder))
            };
            let found = found.await;
            Fetched::StarterGpos(name, found)
        }
        Detail::Orphans(name) => {
            let found = async { Domain::open(&store, &name).await?.orphans().await };
            let found = found.await;
            Fetched::Orphans(name, found)
        }
        Detail::Report(reported) => {
            let report = source.report(&reported, &task).await;
            Fetched::Report(reported, report)
        }
        Detail::Trustees(sids) => {
            let mut found = Names::new(&snapshot).resolve(&*store, &sids).await.trustees;
            let mut trustee = |sid: &Sid| found.remove(sid).unwrap_or_else(|| Trustee::unresolved(sid.clone()));
            Fetched::Trustees(sids.iter().map(|sid| (sid.clone(), trustee(sid))).collect())
        }
        Detail::Rights(name, dn) => {
            let rights = async { Domain::open(&store, &name).await?.effective_rights(&dn).await };
            let rights = rights.await;
            Fetched::Rights(dn, rights)
        }
        Detail::DirectorySecurity(name, dn) => {
            let descriptor = async { Domain::open(&store, &name).await?.directory_security(&dn).await };
            let descriptor = descriptor.await;
            Fetched::DirectorySecurity(dn, descriptor)
        }
        Detail::SysvolSecurity(name, path) => {
            let descriptor = async { Domain::open(&store, &name).await?.sysvol_security(&path).await };
            let descriptor = descriptor.await;
            Fetched::SysvolSecurity(name, path, descriptor)
        }
    }
}

async fn sysvol_states(
    store: &Arc<dyn ForestStore>,
    snapshot: &ForestSnapshot,
    name: &DnsName,
    ids: &[Guid],
) -> Vec<Result<SysvolState, StoreError>> {
    let domain = match Domain::open(store, name).await {
        Ok(domain) => domain,
        Err(error) => return vec![Err(error); ids.len()],
    };
    let gpos: Vec<_> = ids.iter().map(|id| snapshot.gpo(name, *id)).collect();
    let known: Vec<_> = gpos.iter().copied().flatten().collect();
    match domain.sysvol_states(&known, &Task::default(), |_, _| {}).await {
        Err(Cancelled) => vec![Err(StoreError::new(StoreErrorKind::Cancelled, name)); ids.len()],
        Ok(states) => {
            let mut states = states.into_iter();
            let mut next = |id: &Guid| states.next().ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, id));
            let of_gpo = |(gpo, id): (&Option<_>, &Guid)| match gpo {
                Some(_) => next(id),
                None => Err(StoreError::new(StoreErrorKind::NotFound, id)),
            };
            gpos.iter().zip(ids).map(of_gpo).collect()
        }
    }
}

async fn comment(
    store: &Arc<dyn ForestStore>,
    snapshot: &ForestSnapshot,
    name: &DnsName,
    id: Guid,
) -> Result<String, StoreError> {
    let gpo = snapshot.gpo(name, id).ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, id))?;
    Ok(Domain::open(store, name).await?.gpo_comment(gpo).await?.unwrap_or_default())
}
