//! Reports in the console: which things have one, and a report in both its forms.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::extension::document;
use crate::gpm::{Backup, Domain, ForestSnapshot, Task};
use crate::ident::{Dn, DnsName, Guid};
use crate::operation::rsop::PolicyCache;
use crate::operation::{
    LoadTemplatesError, ReportBackupError, ReportGpoError, Reporting, TemplateOptions, Templates, load_central_store,
    load_machine_templates, load_templates, render_reports, render_rsop,
};
use crate::report::{Document, GpoReport, HtmlOptions, ReportFormat};
use crate::store::{ForestStore, StoreError, StoreErrorKind};

use super::stored_query::{QueryShelf, ShownRsop};
use super::{FileId, ForestId, Lazy, Node, OpenForest, Place, Shown, modeling};

/// A report, as it is written and as it is shown.
pub struct ShownReport {
    /// What its XML says.
    pub content: ReportContent,
    /// The same for people.
    pub document: Arc<Document>,
}

/// What the XML of a report says.
pub enum ReportContent {
    /// The settings of a GPO.
    Gpo(Box<GpoReport>),
    /// A resultant set of policy.
    Rsop(Box<ShownRsop>),
}

impl ShownReport {
    /// Takes the report of a GPO.
    pub fn new(report: GpoReport) -> Arc<Self> {
        let document = Arc::new(document(&report));
        Arc::new(ShownReport { content: ReportContent::Gpo(Box::new(report)), document })
    }

    /// Returns the name of what is reported.
    pub fn name(&self) -> &str {
        match &self.content {
            ReportContent::Gpo(report) => &report.name,
            ReportContent::Rsop(rsop) => &rsop.name,
        }
    }

    /// Returns the report of a GPO, where it is one.
    pub fn gpo(&self) -> Option<&GpoReport> {
        match &self.content {
            ReportContent::Gpo(report) => Some(report),
            ReportContent::Rsop(_) => None,
        }
    }

    /// Returns the resultant set of policy, where it is one.
    pub fn resultant(&self) -> Option<&ShownRsop> {
        match &self.content {
            ReportContent::Gpo(_) => None,
            ReportContent::Rsop(rsop) => Some(rsop),
        }
    }

    /// Returns the bytes of a file that holds the report.
    pub fn render(&self, format: ReportFormat, html: HtmlOptions) -> Vec<u8> {
        match &self.content {
            ReportContent::Gpo(report) => render_reports(std::slice::from_ref(&**report), format, html),
            ReportContent::Rsop(rsop) => render_rsop(&rsop.report, format, html),
        }
    }
}

/// Something of a forest that has a report.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reported {
    /// A GPO.
    Gpo(DnsName, Guid),
    /// A starter GPO.
    StarterGpo(DnsName, Guid),
    /// What a stored query brought last.
    Query(Guid),
    /// What applies to any user and any computer in a domain or OU.
    Som(Dn),
}

/// Something in the view that has a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportOf {
    /// Something of a forest.
    Forest(ForestId, Reported),
    /// A backup, or a report that was opened, by its place in its file.
    File(FileId, usize),
}

/// What is done with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportUse {
    /// It is saved to a file that the person names.
    Save,
    /// It is shown in the browser.
    Browse,
    /// It is shown in the browser, which prints it.
    Print,
}

/// Many things that are reported to a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportsOf {
    /// The GPOs of a domain.
    Domain(ForestId, DnsName),
    /// The backups of a folder that was opened.
    File(FileId),
}

impl ReportOf {
    /// Returns what of a node has a report.
    pub fn node(node: &Node, shown: Shown<'_>) -> Option<ReportOf> {
        match node {
            Node::Root | Node::Files | Node::Pending(_) => None,
            Node::InFile(file, item) => Some(ReportOf::File(*file, *item)),
            Node::File(file) => shown.file(*file)?.has_own_report().then_some(ReportOf::File(*file, 0)),
            Node::In(id, place) => {
                let forest = shown.forest(*id)?;
                let reported = match place {
                    Place::StarterGpo { domain, id } => Reported::StarterGpo(domain.clone(), *id),
                    Place::ModelingResult(id) | Place::ResultsItem(id) => Reported::Query(*id),
                    place => forest.gpo(place).map(|gpo| Reported::Gpo(gpo.domain.clone(), gpo.id))?,
                };
                Some(ReportOf::Forest(*id, reported))
            }
        }
    }

    /// Returns the report, as far as it is there.
    pub fn report<'a>(&self, shown: Shown<'a>) -> &'a Lazy<Arc<ShownReport>> {
        let found = match self {
            ReportOf::Forest(id, reported) => shown.forest(*id).and_then(|forest| forest.details.reports.get(reported)),
            ReportOf::File(file, item) => {
                shown.file(*file).and_then(|file| file.items().get(*item)).map(|item| &item.report)
            }
        };
        found.unwrap_or(&Lazy::Unknown)
    }
}

impl ReportsOf {
    /// Returns the many things that a node holds.
    pub fn node(node: &Node, shown: Shown<'_>) -> Option<ReportsOf> {
        match node {
            Node::In(id, Place::Gpos(domain) | Place::Domain(domain)) => Some(ReportsOf::Domain(*id, domain.clone())),
            Node::File(file) => {
                let backups = shown.file(*file)?.items().iter().any(|item| item.backup.is_some());
                backups.then_some(ReportsOf::File(*file))
            }
            _ => None,
        }
    }
}

/// Where the reports of a forest are made from.
pub struct ReportSource {
    store: Arc<dyn ForestStore>,
    snapshot: Arc<ForestSnapshot>,
    templates: TemplateShelf,
    local: Arc<LocalTemplates>,
    queries: QueryShelf,
    policies: PolicyCache,
}

impl ReportSource {
    /// Returns what the reports of a forest are made from as it is now.
    pub fn of(forest: &OpenForest, local: Arc<LocalTemplates>) -> Self {
        ReportSource {
            store: Arc::clone(&forest.store),
            snapshot: Arc::clone(&forest.snapshot),
            templates: forest.templates.clone(),
            local,
            queries: forest.queries.clone(),
            policies: forest.policies.clone(),
        }
    }

    /// Reports something of the forest, until the task is cancelled: it is dropped then wherever it waits.
    pub async fn report(self, reported: &Reported, task: &Task) -> Result<Arc<ShownReport>, StoreError> {
        let cancelled = || StoreError::new(StoreErrorKind::Cancelled, "report");
        let making = async {
            match reported {
                Reported::Gpo(domain, id) => {
                    let gpo =
                        self.snapshot.gpo(domain, *id).ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, id))?;
                    let reporting = self.reporting(domain).await;
                    let made = reporting.gpo(&self.store, &self.snapshot, gpo, task).await;
                    made.map(ShownReport::new).map_err(|error| store_error(error, domain))
                }
                Reported::StarterGpo(name, id) => {
                    let domain = Domain::open(&self.store, name).await?;
                    let starters = domain.starter_gpos().await?.values;
                    let starter = starters.iter().find(|starter| starter.id == *id);
                    let starter = starter.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, id))?;
                    let reporting = self.reporting(name).await;
                    let made = reporting.starter_gpo(&domain, starter, task).await;
                    made.map(ShownReport::new).map_err(|error| store_error(error, name))
                }
                Reported::Query(id) => {
                    let (shelf, id) = (self.queries.clone(), *id);
                    let read = tokio::task::spawn_blocking(move || ShownReport::of_query(&shelf, id));
                    read.await.unwrap_or_else(|_| Err(cancelled()))
                }
                Reported::Som(som) => {
                    let domain = som.domain().unwrap_or_else(|| self.snapshot.name.clone());
                    let reporting = self.reporting(&domain).await;
                    let forest = (&self.store, &self.snapshot);
                    modeling::report_container(forest, &self.policies, &reporting, som, task).await
                }
            }
        };
        task.or_cancel(making).await.unwrap_or_else(|_| Err(cancelled()))
    }

    async fn reporting(&self, domain: &DnsName) -> Reporting {
        self.templates.reporting(&self.store, domain, &self.local).await
    }
}

fn store_error(error: ReportGpoError, domain: &DnsName) -> StoreError {
    match error {
        ReportGpoError::Store(error) => error,
        ReportGpoError::Cancelled(_) => StoreError::new(StoreErrorKind::Cancelled, domain),
    }
}

/// Reports a backup. Blocks on the file system.
pub fn report_backup(backup: &Backup, local: &LocalTemplates) -> Result<Arc<ShownReport>, StoreError> {
    let object = backup.folder.as_ref().map_or_else(|| backup.id.to_string(), |folder| folder.display().to_string());
    let made = local.reporting().backup(backup, &Task::default());
    made.map(ShownReport::new).map_err(|error| match error {
        ReportBackupError::Cancelled(_) => StoreError::new(StoreErrorKind::Cancelled, object),
        ReportBackupError::Io { source, .. } => StoreError::from_io(object, &source),
        ReportBackupError::NoFile(_) => StoreError::new(StoreErrorKind::NotFound, object).with_detail(error),
        ReportBackupError::Backup(_) => StoreError::new(StoreErrorKind::Corrupt, object).with_detail(error),
    })
}

/// Administrative templates that were read: those of a domain once for each state of its forest, those of this machine once.
#[derive(Clone, Default)]
pub struct TemplateShelf {
    of_domains: Arc<tokio::sync::Mutex<HashMap<DnsName, Reporting>>>,
}

/// What reports are made with, as the options say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportChoices {
    /// The folder with administrative templates for domains without a central store; none for those of this machine.
    pub template_folder: Option<PathBuf>,
    /// The language of their texts; none for English.
    pub language: Option<String>,
    /// Whether the comments of settings are told.
    pub with_comments: bool,
}

impl Default for ReportChoices {
    fn default() -> Self {
        ReportChoices { template_folder: None, language: None, with_comments: true }
    }
}

/// Administrative templates for domains without a central store, and for backups: of a folder, else of this machine. Read once.
#[derive(Default)]
pub struct LocalTemplates {
    choices: ReportChoices,
    read: OnceLock<Reporting>,
}

impl LocalTemplates {
    /// Returns the templates that were chosen.
    pub fn new(choices: ReportChoices) -> Self {
        LocalTemplates { choices, read: OnceLock::new() }
    }

    /// Returns reporting with these templates. Blocks on the file system the first time.
    pub fn reporting(&self) -> Reporting {
        self.read.get_or_init(|| self.load()).clone()
    }

    fn load(&self) -> Reporting {
        let (options, task) = (self.choices.options(), Task::default());
        let read = match &self.choices.template_folder {
            Some(folder) => load_templates(std::slice::from_ref(folder), &options, &task).map(Some),
            None => load_machine_templates(&options, &task),
        };
        match read {
            Ok(templates) => self.choices.reporting(templates),
            Err(error) => {
                let why = format!("nowhere: they cannot be read: {error}");
                Reporting { template_source: Some(why), ..self.choices.reporting(None) }
            }
        }
    }
}

impl TemplateShelf {
    /// Returns reporting with the templates of a domain's central store, else with the local ones.
    pub async fn reporting(
        &self,
        store: &Arc<dyn ForestStore>,
        domain: &DnsName,
        local: &Arc<LocalTemplates>,
    ) -> Reporting {
        let mut known = self.of_domains.lock().await;
        if let Some(reporting) = known.get(domain) {
            return reporting.clone();
        }
        let central = async {
            let sysvol = store.sysvol(domain).await.map_err(LoadTemplatesError::from)?;
            load_central_store(&*sysvol, &local.choices.options(), &Task::default()).await
        };
        let reporting = match central.await {
            Ok(Some(templates)) => local.choices.reporting(Some(templates)),
            Ok(None) => local_reporting(local).await,
            Err(error) => {
                let mut local = local_reporting(local).await;
                let source = local.template_source.unwrap_or_else(|| "nowhere".to_owned());
                local.template_source = Some(format!("{source}: the central store cannot be read: {error}"));
                local
            }
        };
        known.insert(domain.clone(), reporting.clone());
        reporting
    }
}

async fn local_reporting(local: &Arc<LocalTemplates>) -> Reporting {
    let (read, choices) = (Arc::clone(local), &local.choices);
    tokio::task::spawn_blocking(move || read.reporting()).await.unwrap_or_else(|_| choices.reporting(None))
}

impl ReportChoices {
    fn reporting(&self, templates: Option<Templates>) -> Reporting {
        let (store, source) = templates.map(|read| (read.store, read.source)).unzip();
        let with_comments = self.with_comments;
        Reporting { template_source: source, with_comments, ..Reporting::new(store.unwrap_or_default()) }
    }

    fn options(&self) -> TemplateOptions {
        let folders = directories::ProjectDirs::from("org", "OpenGPMC", "OpenGPMC");
        let cache_folder = folders.map(|folders| folders.cache_dir().to_owned());
        TemplateOptions { language: self.language.clone().unwrap_or_else(|| "en-US".to_owned()), cache_folder }
    }
}

impl<'a> Shown<'a> {
    fn forest(self, id: ForestId) -> Option<&'a OpenForest> {
        self.forests.iter().find(|entry| entry.id == id)?.open()
    }
}
