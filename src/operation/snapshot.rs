//! Saving a forest to a file: everything of it that this program reads, to be opened anywhere without a server.
//!
//! Copied are the scope of management, GPOs with all that hangs on them, WMI filters, sites, the lists of domains and domain
//! controllers, what names and group memberships need of accounts, and the policies and starter GPOs of each SYSVOL, all with
//! their descriptors. Secrets are never copied. What cannot be read is noted in the file and left out.

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::gpm::{Cancelled, MessageId, Problem, StatusMessage, Task};
use crate::ident::{Dn, DnsName, Timestamp};
use crate::store::{
    Directory, Entry, Filter, ForestFileBuilder, ForestStore, Scope, SdParts, SearchRequest, StoreError,
    StoreErrorKind, Sysvol, SysvolItem, SysvolPath, Visit,
};

/// What a saved snapshot holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotSummary {
    /// Domains of the forest.
    pub domains: u64,
    /// Objects copied.
    pub objects: u64,
    /// Files copied.
    pub files: u64,
    /// Their bytes together.
    pub file_bytes: u64,
    /// What could not be read; noted in the file too.
    pub problems: Vec<Problem>,
}

/// A snapshot was not saved; no file is left.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SnapshotError {
    /// The operation was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The forest's list of domains could not be read, or the file could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Files and folders of a SYSVOL that are read at the same time.
const IN_FLIGHT: usize = 16;
/// Files that may wait to be written.
const WAITING_FILES: usize = 64;
/// Entries between two reports of progress.
const REPORT_EVERY: u64 = 500;

/// Saves a forest to a file. It is written beside `path` and takes its name only when it is whole, over a file of that name if
/// there is one. Objects and files that cannot be read are left out and noted; see [`SnapshotSummary::problems`].
pub async fn save_snapshot(
    source: &dyn ForestStore,
    path: &Path,
    task: &Task,
) -> Result<SnapshotSummary, SnapshotError> {
    task.activity("Reading the list of domains");
    let directory = source.directory();
    let domains = task.or_cancel(domains(&*directory)).await??;
    let dns: Vec<Dn> = domains.iter().map(|(_, dn)| dn.clone()).collect();
    let builder = {
        let (path, dns) = (path.to_owned(), dns);
        blocking(move || ForestFileBuilder::create(&path, &dns)).await?
    };
    let (sender, receiver) = unbounded_channel();
    let writer = tokio::task::spawn_blocking(move || write(builder, receiver));
    let mut copy =
        Copy { task, sender, summary: SnapshotSummary::default(), room: Arc::new(Semaphore::new(WAITING_FILES)) };
    copy.summary.domains = domains.len() as u64;
    let copied = task.or_cancel(copy.forest(source, &*directory, &domains)).await;
    let Copy { sender, mut summary, .. } = copy;
    drop(sender);
    // The builder takes its temporary file with it where it is not finished.
    let (mut builder, refused) = writer.await.map_err(|error| ended(path, &error))??;
    copied?;
    task.checkpoint()?;
    for problem in refused {
        summary.objects = summary.objects.saturating_sub(1);
        summary.problems.push(problem);
    }
    task.activity("Writing the file");
    let source_name = source_name(source);
    blocking(move || {
        builder.set_origin(&source_name, Timestamp::now())?;
        builder.finish().map(drop)
    })
    .await?;
    Ok(summary)
}

/// What is written to the file.
enum Item {
    Entry(Entry),
    /// Holds its place among the files that wait until it is written.
    File(DnsName, SysvolItem, OwnedSemaphorePermit),
    Problem(Problem),
}

/// The copying side.
struct Copy<'t> {
    task: &'t Task,
    sender: UnboundedSender<Item>,
    summary: SnapshotSummary,
    room: Arc<Semaphore>,
}

impl Copy<'_> {
    async fn forest(&mut self, source: &dyn ForestStore, root: &dyn Directory, domains: &[(DnsName, Dn)]) {
        self.configuration(root).await;
        for (name, dn) in domains {
            match source.domain_directory(name).await {
                Ok(directory) => self.domain(&*directory, name, dn).await,
                Err(error) => self.problem(&error),
            }
            match source.sysvol(name).await {
                Ok(sysvol) => self.sysvol(&*sysvol, name).await,
                Err(error) => self.problem(&error),
            }
        }
    }

    /// Copies domains, sites, subnets and servers from the configuration.
    async fn configuration(&mut self, directory: &dyn Directory) {
        self.task.activity("Reading the configuration");
        let configuration = &directory.root_dse().configuration_dn;
        let services = configuration.child("CN", "Services");
        self.search(directory, whole(configuration, Scope::Base, Filter::any_object()), &[]).await;
        for base in [
            configuration.child("CN", "Partitions"),
            configuration.child("CN", "Sites"),
            services.child("CN", "Claims Configuration"),
        ] {
            self.search(directory, whole(&base, Scope::Subtree, Filter::any_object()), &[]).await;
        }
    }

    async fn domain(&mut self, directory: &dyn Directory, name: &DnsName, dn: &Dn) {
        let system = dn.child("CN", "System");
        let payload = [
            system.child("CN", "Policies"),
            system.child("CN", "WMIPolicy"),
            system.child("CN", "IP Security"),
            system.child("CN", "Default Domain Policy"),
        ];
        self.task.activity(format!("Reading the policies of {name}"));
        for base in &payload {
            self.search(directory, whole(base, Scope::Subtree, Filter::any_object()), &[]).await;
        }
        self.task.activity(format!("Reading the tree of {name}"));
        let classes = STRUCTURE_CLASSES.map(Filter::class);
        self.search(directory, whole(dn, Scope::Subtree, Filter::Or(classes.to_vec())), &payload).await;
        self.task.activity(format!("Reading the accounts of {name}"));
        let accounts = SearchRequest {
            base: dn.clone(),
            scope: Scope::Subtree,
            filter: Filter::Or(ACCOUNT_CLASSES.map(Filter::class).to_vec()),
            attributes: ACCOUNT_ATTRIBUTES.map(str::to_owned).to_vec(),
            sd_parts: None,
        };
        self.search(directory, accounts, &payload).await;
    }

    /// Copies what a search finds, except what lies below `copied`. A base that does not exist is nothing to tell of.
    async fn search(&mut self, directory: &dyn Directory, request: SearchRequest, copied: &[Dn]) {
        let Copy { task, sender, summary, .. } = self;
        let mut visit = |mut entry: Entry| {
            if copied.iter().any(|base| entry.dn.is_within(base)) {
                return Visit::Continue;
            }
            entry.attributes.retain(|attribute| !is_secret(&attribute.name));
            summary.objects += 1;
            if summary.objects.is_multiple_of(REPORT_EVERY) {
                task.progress(summary.objects + summary.files, 0);
            }
            // The writer is gone only after an error of its own, which is told at the end.
            let sent = sender.send(Item::Entry(entry));
            if sent.is_ok() && !task.is_cancelled() { Visit::Continue } else { Visit::Stop }
        };
        match directory.search_with(&request, &mut visit).await {
            Err(error) if error.kind != StoreErrorKind::NotFound => self.problem(&error),
            _ => {}
        }
    }

    async fn sysvol(&mut self, sysvol: &dyn Sysvol, domain: &DnsName) {
        self.task.activity(format!("Reading the SYSVOL of {domain}"));
        let mut waiting = Vec::new();
        for name in ["Policies", "StarterGPOs"] {
            let Ok(path) = SysvolPath::root().join(name) else { continue };
            match sysvol.stat(&path).await {
                Ok(_) => waiting.push(Node { path, is_folder: true, modified: None }),
                Err(error) if error.kind == StoreErrorKind::NotFound => {}
                Err(error) => self.problem(&error),
            }
        }
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < IN_FLIGHT {
                let Some(node) = waiting.pop() else { break };
                running.push(read_node(sysvol, node, self.room.clone()));
            }
            let Some(read) = running.next().await else { return };
            for problem in &read.problems {
                self.problem(problem);
            }
            waiting.extend(read.children);
            if let Some((item, permit)) = read.item {
                if let Some(content) = &item.content {
                    self.summary.files += 1;
                    self.summary.file_bytes += content.len() as u64;
                }
                self.task.progress(self.summary.objects + self.summary.files, 0);
                if self.sender.send(Item::File(domain.clone(), item, permit)).is_err() {
                    return;
                }
            }
        }
    }

    fn problem(&mut self, error: &StoreError) {
        let message = match error.detail.as_str() {
            "" => error.kind.to_string(),
            detail => format!("{} ({detail})", error.kind),
        };
        let problem = Problem { object: error.object.clone(), message };
        self.task.message(StatusMessage::of_store(MessageId::FileReadFailed, error));
        self.summary.problems.push(problem.clone());
        // A writer that is gone has an error of its own to tell.
        let _ = self.sender.send(Item::Problem(problem));
    }
}

/// A file or folder to be read.
struct Node {
    path: SysvolPath,
    is_folder: bool,
    modified: Option<Timestamp>,
}

/// What came of reading a file or folder.
#[derive(Default)]
struct ReadNode {
    item: Option<(SysvolItem, OwnedSemaphorePermit)>,
    children: Vec<Node>,
    problems: Vec<StoreError>,
}

async fn read_node(sysvol: &dyn Sysvol, node: Node, room: Arc<Semaphore>) -> ReadNode {
    let mut read = ReadNode::default();
    let Ok(permit) = room.acquire_owned().await else { return read };
    let content = if node.is_folder {
        match sysvol.list(&node.path).await {
            Ok(files) => {
                for file in files {
                    match node.path.join(&file.name) {
                        Ok(path) => {
                            read.children.push(Node { path, is_folder: file.is_folder, modified: file.modified });
                        }
                        Err(error) => read.problems.push(StoreError::new(StoreErrorKind::BadPath, error.path)),
                    }
                }
            }
            Err(error) => read.problems.push(error),
        }
        None
    } else {
        match sysvol.read(&node.path).await {
            Ok(content) => Some(content),
            Err(error) => {
                read.problems.push(error);
                return read;
            }
        }
    };
    let security = if sysvol.has_security() {
        match sysvol.security(&node.path, SdParts::READABLE).await {
            Ok(security) => Some(security),
            Err(error) => {
                read.problems.push(error);
                None
            }
        }
    } else {
        None
    };
    read.item = Some((SysvolItem { path: node.path, content, modified: node.modified, security }, permit));
    read
}

/// Writes what comes until no more comes; returns the builder and the entries it did not take.
fn write(
    mut builder: ForestFileBuilder,
    mut receiver: UnboundedReceiver<Item>,
) -> Result<(ForestFileBuilder, Vec<Problem>), StoreError> {
    let mut refused = Vec::new();
    while let Some(item) = receiver.blocking_recv() {
        match item {
            Item::Entry(entry) => match builder.add_entry(entry) {
                Ok(()) => {}
                // Moved while we read, so that it came twice, or too little of it may be seen.
                Err(error) if matches!(error.kind, StoreErrorKind::AlreadyExists | StoreErrorKind::InvalidValue) => {
                    let problem = Problem { object: error.object.clone(), message: error.kind.to_string() };
                    builder.add_problem(&problem.object, &problem.message)?;
                    refused.push(problem);
                }
                Err(error) => return Err(error),
            },
            Item::File(domain, item, _permit) => builder.add_files(&domain, [item])?,
            Item::Problem(problem) => builder.add_problem(&problem.object, &problem.message)?,
        }
    }
    Ok((builder, refused))
}

/// Reads names and DNs of the forest's domains, root domain first ([MS-ADTS] 6.1.1.2.1.1).
async fn domains(directory: &dyn Directory) -> Result<Vec<(DnsName, Dn)>, StoreError> {
    let root = directory.root_dse();
    let request = SearchRequest {
        base: root.configuration_dn.child("CN", "Partitions"),
        scope: Scope::OneLevel,
        filter: Filter::class("crossRef"),
        attributes: ["nCName", "systemFlags"].map(str::to_owned).to_vec(),
        sd_parts: None,
    };
    let mut domains = Vec::new();
    for entry in directory.search(&request).await? {
        let flags: i32 = entry.text("systemFlags").and_then(|text| text.parse().ok()).unwrap_or_default();
        let dn = entry.text("nCName").and_then(|text| text.rsplit(">;").next()?.parse::<Dn>().ok());
        let is_domain = flags & DOMAIN_OF_THIS_FOREST == DOMAIN_OF_THIS_FOREST;
        if let Some((name, dn)) = dn.filter(|_| is_domain).and_then(|dn| Some((dn.domain()?, dn))) {
            domains.push((name, dn));
        }
    }
    domains.sort_by_cached_key(|(name, dn)| (*dn != root.forest_dn, name.to_string()));
    if domains.first().is_none_or(|(_, dn)| *dn != root.forest_dn) {
        let name = root.forest_dn.domain().unwrap_or_else(|| root.domain.clone());
        domains.insert(0, (name, root.forest_dn.clone()));
    }
    Ok(domains)
}

/// FLAG_CR_NTDS_NC and FLAG_CR_NTDS_DOMAIN of `systemFlags`.
const DOMAIN_OF_THIS_FOREST: i32 = 3;

/// Classes of which every object of a domain is copied; accounts come apart.
const STRUCTURE_CLASSES: [&str; 8] = [
    "domainDNS",
    "organizationalUnit",
    "container",
    "builtinDomain",
    "lostAndFound",
    "trustedDomain",
    "groupPolicyContainer",
    "msWMI-Som",
];

/// `computer` and the managed accounts are made from `user`.
const ACCOUNT_CLASSES: [&str; 3] = ["user", "group", "foreignSecurityPrincipal"];

/// What names, membership and policy results need of an account, and no more.
const ACCOUNT_ATTRIBUTES: [&str; 21] = [
    "objectClass",
    "objectCategory",
    "objectGUID",
    "objectSid",
    "sIDHistory",
    "sAMAccountName",
    "sAMAccountType",
    "userPrincipalName",
    "userAccountControl",
    "primaryGroupID",
    "groupType",
    "member",
    "displayName",
    "description",
    "dNSHostName",
    "operatingSystem",
    "operatingSystemVersion",
    "serverReference",
    "whenCreated",
    "whenChanged",
    "uSNChanged",
];

/// Attributes that hold passwords and keys. A server gives most of them to nobody, some to administrators.
const SECRETS: [&str; 26] = [
    "unicodePwd",
    "dBCSPwd",
    "ntPwdHistory",
    "lmPwdHistory",
    "supplementalCredentials",
    "userPassword",
    "unixUserPassword",
    "userPKCS12",
    "currentValue",
    "priorValue",
    "pekList",
    "trustAuthIncoming",
    "trustAuthOutgoing",
    "initialAuthIncoming",
    "initialAuthOutgoing",
    "msDS-ManagedPassword",
    "msDS-ManagedPasswordId",
    "msDS-ManagedPasswordPreviousId",
    "msDS-ExecuteScriptPassword",
    "msPKIAccountCredentials",
    "msPKIDPAPIMasterKeys",
    "msPKI-CredentialRoamingTokens",
    "msFVE-RecoveryPassword",
    "msFVE-KeyPackage",
    "msTPM-OwnerInformation",
    "msKds-RootKeyData",
];

/// Whole families of attributes that hold passwords: both generations of LAPS.
const SECRET_FAMILIES: [&str; 2] = ["ms-Mcs-AdmPwd", "msLAPS-"];

fn is_secret(attribute: &str) -> bool {
    let has_start =
        |family: &&str| attribute.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family));
    SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(attribute)) || SECRET_FAMILIES.iter().any(has_start)
}

/// Returns the search for whole objects, descriptors included.
fn whole(base: &Dn, scope: Scope, filter: Filter) -> SearchRequest {
    SearchRequest {
        base: base.clone(),
        scope,
        filter,
        attributes: ["*", "nTSecurityDescriptor"].map(str::to_owned).to_vec(),
        sd_parts: Some(SdParts::READABLE),
    }
}

fn source_name(source: &dyn ForestStore) -> String {
    let info = source.info();
    if info.server.is_empty() || info.server == info.target {
        info.target
    } else {
        format!("{} ({})", info.target, info.server)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ended(Path::new("snapshot"), &error)),
    }
}

fn ended(path: &Path, error: &tokio::task::JoinError) -> StoreError {
    StoreError::new(StoreErrorKind::Cancelled, path.display()).with_detail(error)
}
