//! What becomes of every reference of a GPO in another domain, worked out before anything is written (`operations.md` 3.3).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;

use super::principals::{Identity, SourcePrincipals};
use super::resolve::{Destination, Resolver};
use super::scan::{Scanned, scan, walk_content};
use super::{MigrationOptions, ScanOptions};
use crate::extension::references::{FoundReference, ReferenceOrigin, Replacement, Subject};
use crate::format::{EntryType, MapDestination, MapEntry};
use crate::gpm::{EntryMessage, HResult, MessageId, MigrationTable, OperationError, Severity, StatusMessage, Task};
use crate::ident::{DnsName, Sid, is_unc_path, replace_unc_prefix};
use crate::operation::content::GpoContent;
use crate::store::{ForestStore, SysvolPath};

/// What becomes of the references of a GPO.
#[derive(Clone, Debug)]
pub struct MigrationPlan {
    options: ScanOptions,
    table_only: bool,
    rows: Vec<PlannedReference>,
    outcomes: HashMap<Subject, PlannedOutcome>,
    problems: Vec<StatusMessage>,
}

/// A reference and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedReference {
    /// The place.
    #[serde(flatten)]
    pub reference: FoundReference,
    /// What becomes of it.
    pub outcome: PlannedOutcome,
}

/// What becomes of a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedOutcome {
    /// It stays as it is.
    Kept(KeptReason),
    /// It is taken out.
    Removed,
    /// This principal stands there.
    Principal {
        /// Its SID.
        sid: Sid,
        /// Its name as `DOMAIN\name`, where it has one.
        name: Option<String>,
    },
    /// This path stands there.
    Path(String),
}

/// Why a reference stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptReason {
    /// The table says so.
    SameAsSource,
    /// The table does not speak of it, or there is no table.
    Unmapped,
    /// It is the same everywhere.
    SameEverywhere,
    /// What the table says cannot be found in the target.
    Unresolved,
    /// The place is none that is mapped.
    NotMapped,
    /// The table takes it out, which a preference would not survive.
    NotRemovable,
}

/// Works out what becomes of every reference of a GPO in a target domain. Nothing is changed; what is worth knowing is told to the task.
///
/// # Errors
/// Fails where the GPO cannot be read, the table is wrong, or the target cannot be asked. With `table_only` it fails where the table does
/// not say what becomes of a reference, and the messages name all of these.
pub async fn plan_migration(
    content: &GpoContent,
    store: &Arc<dyn ForestStore>,
    target: &DnsName,
    options: &MigrationOptions,
    task: &Task,
) -> Result<MigrationPlan, OperationError> {
    if let Some(table) = &options.table {
        check_table(table, task)?;
    }
    let scan_options = ScanOptions { with_security: options.with_security, with_preferences: options.map_preferences };
    let Scanned { references, problems } = scan(content, &scan_options, true, task).await?;
    problems.iter().for_each(|problem| task.message(problem.clone()));
    let principals = SourcePrincipals::new(&content.principals);
    let entries = Entries::new(options.table.as_ref(), &principals);
    let mut planner = Planner {
        options,
        principals: &principals,
        resolver: Resolver::new(store, target),
        is_other_domain: content.core.domain != *target,
        messages: Vec::new(),
    };
    let mut places: BTreeMap<&Subject, Vec<&FoundReference>> = BTreeMap::new();
    for reference in &references {
        places.entry(&reference.subject).or_default().push(reference);
    }
    let mut outcomes: HashMap<Subject, PlannedOutcome> = HashMap::new();
    for (subject, places) in places {
        task.checkpoint()?;
        let outcome = task.or_cancel(planner.outcome(subject, &places, &entries)).await??;
        outcomes.insert(subject.clone(), outcome);
    }
    planner.finish(task)?;
    let row = |reference: FoundReference| {
        let outcome = outcomes
            .get(&reference.subject)
            .map_or(PlannedOutcome::Kept(KeptReason::Unmapped), |outcome| at_place(&reference, outcome));
        PlannedReference { reference, outcome }
    };
    let rows = references.into_iter().map(row).collect();
    Ok(MigrationPlan { options: scan_options, table_only: options.table_only, rows, outcomes, problems })
}

impl MigrationPlan {
    /// Returns every reference with what becomes of it, in the order of the GPO's files.
    pub fn rows(&self) -> &[PlannedReference] {
        &self.rows
    }

    /// Changes the content: the files that are changed, the attributes of objects, the descriptor. All other bytes stay.
    ///
    /// # Errors
    /// Fails where a file cannot be read, and with `table_only` where one cannot be changed.
    pub async fn apply(&self, content: &mut GpoContent, task: &Task) -> Result<(), OperationError> {
        if self.rows.iter().all(|row| matches!(row.outcome, PlannedOutcome::Kept(_))) {
            return Ok(());
        }
        let mut visit = |reference: FoundReference| {
            let outcome = self.outcomes.get(&reference.subject).map(|outcome| at_place(&reference, outcome));
            match outcome {
                None | Some(PlannedOutcome::Kept(_)) => Replacement::Keep,
                Some(PlannedOutcome::Removed) => Replacement::Remove,
                Some(PlannedOutcome::Principal { sid, name }) => Replacement::Principal { sid, name },
                Some(PlannedOutcome::Path(path)) => Replacement::Path(path),
            }
        };
        let walked = walk_content(content, &self.options, false, &mut visit, task).await?;
        for problem in walked.problems.into_iter().filter(|problem| !self.problems.contains(problem)) {
            if self.table_only {
                return Err(OperationError::new(StatusMessage {
                    severity: Severity::Error,
                    code: HResult::FAIL,
                    ..problem
                }));
            }
            task.message(problem);
        }
        let mut sizes: HashMap<SysvolPath, u64> = HashMap::new();
        for (path, bytes) in walked.files {
            sizes.insert(path.clone(), bytes.len() as u64);
            content.changed.insert(path, bytes);
        }
        for file in &mut content.files {
            file.size_bytes = sizes.get(&file.path).copied().unwrap_or(file.size_bytes);
        }
        for (place, walked) in walked.objects {
            let Some(object) = content.objects.get_mut(place) else { continue };
            for (name, values) in walked.attributes {
                object
                    .attributes
                    .iter_mut()
                    .filter(|(own, _)| *own == name)
                    .for_each(|(_, old)| old.clone_from(&values));
            }
            object.security_descriptor = walked.security_descriptor.or(object.security_descriptor.take());
        }
        if let Some(descriptor) = walked.security_descriptor {
            content.core.security_descriptor = Some(descriptor);
        }
        Ok(())
    }
}

/// Returns what becomes of a reference at its place, which may be one where nothing is mapped.
fn at_place(reference: &FoundReference, outcome: &PlannedOutcome) -> PlannedOutcome {
    match (reference.origin, outcome) {
        (ReferenceOrigin::NotMapped, _) => PlannedOutcome::Kept(KeptReason::NotMapped),
        (ReferenceOrigin::Preference, PlannedOutcome::Removed) => PlannedOutcome::Kept(KeptReason::NotRemovable),
        _ => outcome.clone(),
    }
}

/// Fails where an entry of the table is wrong; one whose source stands there before is not used, so that it makes a warning.
fn check_table(table: &MigrationTable, task: &Task) -> Result<(), OperationError> {
    let mut used: HashMap<String, usize> = HashMap::new();
    for (place, entry) in table.entries().iter().enumerate() {
        used.entry(entry.source.to_lowercase()).or_insert(place);
    }
    let is_used = |place: usize| {
        table.entries().get(place).map(|entry| used.get(&entry.source.to_lowercase())) == Some(Some(&place))
    };
    let mut first = None;
    for EntryMessage { entry, message } in table.validate() {
        if !is_used(entry) {
            task.message(StatusMessage { severity: Severity::Warning, code: HResult::OK, ..message });
        } else if first.is_none() {
            first = Some(message);
        } else {
            task.message(message);
        }
    }
    match first {
        Some(message) => Err(OperationError::new(StatusMessage { id: MessageId::TableInvalid, ..message })),
        None => Ok(()),
    }
}

/// The entries of a table, by whom they speak of.
struct Entries<'a> {
    has_table: bool,
    of_principals: HashMap<Identity, &'a MapEntry>,
    of_paths: Vec<&'a MapEntry>,
}

impl<'a> Entries<'a> {
    fn new(table: Option<&'a MigrationTable>, principals: &SourcePrincipals<'_>) -> Self {
        let mut entries = Entries { has_table: table.is_some(), of_principals: HashMap::new(), of_paths: Vec::new() };
        for entry in table.map(MigrationTable::entries).unwrap_or_default() {
            match entry.entry_type {
                Ok(EntryType::UncPath) => entries.of_paths.push(entry),
                Ok(_) => {
                    entries.of_principals.entry(principals.identity_of_text(&entry.source)).or_insert(entry);
                }
                Err(_) => {}
            }
        }
        // The longest entry wins; of two that are equal, the first.
        entries.of_paths.sort_by_key(|entry| std::cmp::Reverse(entry.source.trim_end_matches('\\').chars().count()));
        entries
    }

    /// Finds the entry of a path, and the path that stands there then; none where it stays.
    fn path(&self, path: &str) -> Option<Option<String>> {
        self.of_paths.iter().find_map(|entry| match &entry.destination {
            MapDestination::Set(to) => replace_unc_prefix(path, &entry.source, to).map(Some),
            _ => replace_unc_prefix(path, &entry.source, "").map(|_| None),
        })
    }
}

struct Planner<'a> {
    options: &'a MigrationOptions,
    principals: &'a SourcePrincipals<'a>,
    resolver: Resolver<'a>,
    /// Whether the settings come from another domain than they go to.
    is_other_domain: bool,
    /// What is told at the end.
    messages: Vec<StatusMessage>,
}

impl Planner<'_> {
    async fn outcome(
        &mut self,
        subject: &Subject,
        places: &[&FoundReference],
        entries: &Entries<'_>,
    ) -> Result<PlannedOutcome, OperationError> {
        let identity = self.principals.identity(subject);
        if let Some(place) = places.iter().find(|place| place.origin == ReferenceOrigin::NotMapped) {
            let has_entry = match (&identity, subject) {
                (Some(identity), _) => entries.of_principals.contains_key(identity),
                (None, Subject::Path(path)) => entries.path(path).is_some(),
                (None, Subject::Principal { .. }) => false,
            };
            let is_foreign = identity.is_some() && (entries.has_table || self.is_other_domain);
            if has_entry || is_foreign {
                let label = self.label(subject);
                let id = if identity.is_some() { MessageId::PrincipalUnmapped } else { MessageId::PathUnmapped };
                let text = format!("{label} stands in a setting that is not mapped; it is kept as it is");
                self.tell(StatusMessage::warning(id, text), label, place);
            }
        }
        // What is nowhere mapped asks for nothing of the table.
        let mapped: Vec<&FoundReference> =
            places.iter().copied().filter(|place| place.origin != ReferenceOrigin::NotMapped).collect();
        let Some(place) = mapped.first() else { return Ok(PlannedOutcome::Kept(KeptReason::NotMapped)) };
        let Some(identity) = identity else { return Ok(self.path(subject, place, entries)) };
        match entries.of_principals.get(&identity) {
            Some(entry) => self.mapped(subject, &identity, entry, place, &mapped).await,
            None => Ok(self.unmapped(subject, &identity, place, entries.has_table)),
        }
    }

    fn path(&mut self, subject: &Subject, place: &FoundReference, entries: &Entries<'_>) -> PlannedOutcome {
        let Subject::Path(path) = subject else { return PlannedOutcome::Kept(KeptReason::Unmapped) };
        match entries.path(path) {
            Some(Some(to)) if is_unc_path(&to) => PlannedOutcome::Path(to),
            Some(_) => PlannedOutcome::Kept(KeptReason::SameAsSource),
            None => {
                let text = self.unmapped_text(entries.has_table, &format!("the path {path}"));
                let message = self.unmapped_message(MessageId::PathUnmapped, entries.has_table, text);
                self.tell(message, path.clone(), place);
                PlannedOutcome::Kept(KeptReason::Unmapped)
            }
        }
    }

    /// What becomes of a principal that the table does not speak of.
    fn unmapped(
        &mut self,
        subject: &Subject,
        identity: &Identity,
        place: &FoundReference,
        has_table: bool,
    ) -> PlannedOutcome {
        // Built-in principals and services have their SIDs everywhere, and GPMC cannot map them where a SID names them.
        let is_same_everywhere = matches!(identity, Identity::Sid(sid) if !sid.is_domain_principal());
        if is_same_everywhere {
            return PlannedOutcome::Kept(KeptReason::SameEverywhere);
        }
        let label = self.label(subject);
        let text = self.unmapped_text(has_table, &label);
        // A set that lists principals and not this one could not resolve it.
        let is_unknown = self.principals.is_unresolved(identity);
        let message = if is_unknown && !self.options.table_only {
            let text =
                format!("{label} could not be resolved in the domain the settings come from; it is kept as it is");
            StatusMessage::warning(MessageId::PrincipalUnresolved, text)
        } else {
            self.unmapped_message(MessageId::PrincipalUnmapped, has_table, text)
        };
        self.tell(message, label, place);
        PlannedOutcome::Kept(KeptReason::Unmapped)
    }

    async fn mapped(
        &mut self,
        subject: &Subject,
        identity: &Identity,
        entry: &MapEntry,
        place: &FoundReference,
        places: &[&FoundReference],
    ) -> Result<PlannedOutcome, OperationError> {
        let label = self.label(subject);
        let destination = match &entry.destination {
            MapDestination::SameAsSource => return Ok(PlannedOutcome::Kept(KeptReason::SameAsSource)),
            MapDestination::None => {
                let text = match places.iter().find(|place| place.origin == ReferenceOrigin::Preference) {
                    Some(preference) => {
                        format!(
                            "{label} is taken out, but not of preferences: it stays in {}",
                            preference.settings_name
                        )
                    }
                    None => format!("{label} is taken out, as the table says"),
                };
                self.tell(StatusMessage::information(MessageId::PrincipalMappedNone, text), label, place);
                return Ok(PlannedOutcome::Removed);
            }
            MapDestination::ByRelativeName => {
                let account = self.principals.account(identity);
                self.resolver.relative(identity, account.as_deref()).await?
            }
            MapDestination::Set(text) => self.resolver.named(text).await?,
        };
        let (id, what) = match &entry.destination {
            MapDestination::Set(text) => (MessageId::DestinationUnresolved, text.clone()),
            _ => (MessageId::RelativeNameMissing, self.principals.account(identity).unwrap_or_else(|| label.clone())),
        };
        match destination {
            Destination::Found { sid, name, entry_type } => {
                if let Ok(wanted) = &entry.entry_type
                    && ![*wanted, entry_type].contains(&EntryType::Unknown)
                    && *wanted != entry_type
                {
                    let found = name.as_deref().unwrap_or(&what);
                    let text = format!("{found} is a {}, the table says {}", entry_type.label(), wanted.label());
                    self.tell(StatusMessage::warning(MessageId::TypeMismatch, text), label, place);
                }
                Ok(PlannedOutcome::Principal { sid, name })
            }
            // Some tools write a source that stays as a destination of the same name.
            Destination::Missing(_)
                if what.eq_ignore_ascii_case(&entry.source) && id == MessageId::DestinationUnresolved =>
            {
                Ok(PlannedOutcome::Kept(KeptReason::SameAsSource))
            }
            Destination::Missing(reason) => {
                let text = format!("{label}: {reason}; it is kept as it is");
                let message = if self.options.table_only {
                    StatusMessage::error(id, HResult::NONE_MAPPED, text)
                } else {
                    StatusMessage::warning(id, text)
                };
                self.tell(message, label, place);
                Ok(PlannedOutcome::Kept(KeptReason::Unresolved))
            }
        }
    }

    fn unmapped_text(&self, has_table: bool, label: &str) -> String {
        match (has_table, self.options.table_only) {
            (true, true) => format!("the migration table does not speak of {label}"),
            (true, false) => format!("the migration table does not speak of {label}; it is kept as it is"),
            (false, true) => format!("there is no migration table that speaks of {label}"),
            (false, false) => format!("{label} is kept as it is"),
        }
    }

    fn unmapped_message(&self, id: MessageId, has_table: bool, text: String) -> StatusMessage {
        match (self.options.table_only, has_table) {
            (true, _) => StatusMessage::error(id, HResult::NONE_MAPPED, text),
            (false, true) => StatusMessage::warning(id, text),
            (false, false) => StatusMessage::information(id, text),
        }
    }

    fn label(&self, subject: &Subject) -> String {
        match subject {
            Subject::Path(path) => path.clone(),
            Subject::Principal { sid, name } => {
                let written = sid.as_ref().map(Sid::to_string).or_else(|| name.clone()).unwrap_or_default();
                let identity = self.principals.identity(subject);
                identity.map_or_else(|| written.clone(), |identity| self.principals.source_text(&identity, &written))
            }
        }
    }

    fn tell(&mut self, message: StatusMessage, about: String, place: &FoundReference) {
        self.messages.push(message.about(about).in_extension(&*place.extension_name, &*place.settings_name));
    }

    /// Tells the messages; fails where one of them is an error, after all were told.
    fn finish(self, task: &Task) -> Result<(), OperationError> {
        let errors: Vec<&StatusMessage> =
            self.messages.iter().filter(|message| message.severity == Severity::Error).collect();
        let deciding = errors.first().map(|first| {
            let names: Vec<&str> = errors.iter().map(|message| message.object_path.as_str()).collect();
            let text = format!("the migration table does not say what becomes of {}", names.join(", "));
            StatusMessage { message: text, object_path: String::new(), ..(*first).clone() }.in_extension("", "")
        });
        self.messages.into_iter().for_each(|message| task.message(message));
        deciding.map_or(Ok(()), |message| Err(OperationError::new(message)))
    }
}
