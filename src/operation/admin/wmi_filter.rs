//! WMI filters: made, changed, copied, deleted (IGPMWMIFilter and what only the console of Microsoft can do; `gpo-storage.md` A5).

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;

use crate::format::MofFilter;
use crate::gpm::{Domain, HResult, MessageId, OperationError, StatusMessage, Task, WmiFilter, WmiQuery, WmiQueryList};
use crate::ident::{Dn, DnsName, Guid, Timestamp, WmiFilterRef};
use crate::operation::copy::name_of_copy;
use crate::operation::edit::{Edit, EditPlan, Step, StoredObject, Touched, ValueChange, conflict};
use crate::store::{
    Attribute, Directory, Entry, Filter, ForestStore, Scope, SearchRequest, StoreError, StoreErrorKind,
};

use super::own_name::{invalid, own_name};

/// What such an object is called in messages.
const WHAT: &str = "WMI filter";
const NAME: &str = "msWMI-Name";
const DESCRIPTION: &str = "msWMI-Parm1";
const QUERIES: &str = "msWMI-Parm2";
const CHANGED: &str = "msWMI-ChangeDate";
const FILTER_OF_GPO: &str = "gPCWQLFilter";

/// Makes a WMI filter. The container of the filters is made too where the domain has none, as bare Samba domains.
#[derive(Clone, Debug)]
pub struct CreateWmiFilter {
    /// The domain.
    pub domain: DnsName,
    /// Its GUID.
    pub id: Guid,
    /// Its name; no other filter of the domain may have it.
    pub name: String,
    /// Its description; empty for none.
    pub description: String,
    /// Its queries; at least one.
    pub queries: Vec<WmiQuery>,
    /// Its author, `user@domain`, where the directory does not say who we are.
    pub author: String,
}

/// Changes name, description or queries of a WMI filter (IGPMWMIFilter.Name, Description). What the person did not change stays as it is; what was
/// changed by somebody else since it was seen is a conflict.
#[derive(Clone, Debug)]
pub struct EditWmiFilter {
    /// The filter as the person saw it.
    pub seen: WmiFilter,
    /// Its name; no other filter of the domain may have it.
    pub name: String,
    /// Its description; empty for none.
    pub description: String,
    /// Its queries; at least one.
    pub queries: Vec<WmiQuery>,
}

/// Copies a WMI filter within its domain or into another.
#[derive(Clone, Debug)]
pub struct CopyWmiFilter {
    /// The original.
    pub source: WmiFilter,
    /// The domain of the copy.
    pub target: DnsName,
    /// The GUID of the copy.
    pub id: Guid,
    /// The name of the copy; none: that of the original where it is free, else `Copy of …`.
    pub name: Option<String>,
}

/// Deletes a WMI filter, and takes it off the GPOs of its domain that use it.
#[derive(Clone, Debug)]
pub struct DeleteWmiFilter {
    /// The domain.
    pub domain: DnsName,
    /// Its GUID.
    pub id: Guid,
    /// The name that people know it by, for the title.
    pub name: String,
}

impl CreateWmiFilter {
    /// Returns the edit that makes a filter with a new GUID.
    pub fn new(domain: DnsName, name: String, description: String, queries: Vec<WmiQuery>) -> Self {
        CreateWmiFilter { domain, id: Guid::random(), name, description, queries, author: String::new() }
    }

    /// Returns the edit that makes a filter of what was exported: always a new one, with a GUID of its own.
    pub fn imported(domain: DnsName, file: &MofFilter) -> Self {
        let queries = file.queries.iter().map(WmiQuery::from).collect();
        let author = file.author.clone();
        CreateWmiFilter { author, ..CreateWmiFilter::new(domain, file.name.clone(), file.description.clone(), queries) }
    }
}

impl EditWmiFilter {
    /// Returns the edit that changes nothing yet.
    pub fn of(seen: &WmiFilter) -> Self {
        EditWmiFilter {
            name: seen.name.clone(),
            description: seen.description.clone(),
            queries: seen.queries.clone(),
            seen: seen.clone(),
        }
    }
}

#[async_trait]
impl Edit for CreateWmiFilter {
    fn title(&self) -> String {
        format!("Create the WMI filter {}", self.name)
    }

    /// # Errors
    /// Fails where the name is taken, or there is no query.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let domain = open(store, &self.domain, task).await?;
        let name = own_name(WHAT, &self.domain, &self.name, &taken_names(&domain, None, task).await?)?;
        self.plan_named(&domain, store, name, task).await
    }
}

impl CreateWmiFilter {
    async fn plan_named(
        &self,
        domain: &Domain,
        store: &Arc<dyn ForestStore>,
        name: String,
        task: &Task,
    ) -> Result<EditPlan, OperationError> {
        check_queries(&self.queries)?;
        let author = task.or_cancel(our_name(domain.directory(), store)).await?;
        let now = Timestamp::now();
        let filter = NewFilter {
            id: self.id,
            name: &name,
            description: &self.description,
            queries: &self.queries,
            author: author.as_ref().unwrap_or(&self.author),
            created: now,
            changed: now,
        };
        let objects = task.or_cancel(objects_of_filter(domain, &filter)).await??;
        let steps = objects.into_iter().map(|object| Step::Add { objects: vec![object] }).collect();
        Ok(EditPlan { steps, touches: touched(&self.domain), ..EditPlan::default() })
    }
}

#[async_trait]
impl Edit for EditWmiFilter {
    fn title(&self) -> String {
        let is_same = self.description == self.seen.description && self.queries == self.seen.queries;
        match is_same && self.name != self.seen.name {
            true => format!("Rename the WMI filter {} to {}", self.seen.name, self.name),
            false => format!("Edit the WMI filter {}", self.seen.name),
        }
    }

    /// # Errors
    /// Fails where the filter is gone, the name is taken, there is no query, or somebody else has changed the same since it was seen.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let seen = &self.seen;
        let domain = open(store, &seen.domain, task).await?;
        let attributes = [NAME, DESCRIPTION, QUERIES, CHANGED];
        let read = task.or_cancel(domain.directory().read(&seen.dn, &attributes, None)).await?;
        let entry = read.map_err(|error| missing_or(&error, &seen.name))?;
        let mut name = self.name.clone();
        if self.name != seen.name {
            name = own_name(WHAT, &seen.domain, &self.name, &taken_names(&domain, Some(seen.id), task).await?)?;
        }
        let queries_now = WmiQueryList::parse(&entry.text(QUERIES).unwrap_or_default()).queries;
        let mut values = Vec::new();
        if self.name != seen.name {
            let now = entry.text(NAME).unwrap_or_default();
            values.extend(change(seen, &entry, NAME, [&seen.name, &now, &name], Some(name.clone()))?);
        }
        if self.description != seen.description {
            let now = shown_description(&entry.text(DESCRIPTION).unwrap_or_default());
            let wanted = stored_description(&self.description);
            values.extend(change(seen, &entry, DESCRIPTION, [&seen.description, &now, &self.description], wanted)?);
        }
        if self.queries != seen.queries {
            check_queries(&self.queries)?;
            let texts = [&seen.queries, &queries_now, &self.queries].map(|queries| WmiQueryList::write(queries));
            let wanted = texts[2].clone();
            values.extend(change(seen, &entry, QUERIES, texts.each_ref(), Some(wanted))?);
        }
        if !values.is_empty() {
            values.push(ValueChange {
                attribute: CHANGED.to_owned(),
                before: entry.values(CHANGED).to_vec(),
                after: vec![Timestamp::now().to_dmtf().into_bytes()],
            });
        }
        let steps = if values.is_empty() { Vec::new() } else { vec![Step::modify(&seen.dn, values)] };
        Ok(EditPlan { steps, touches: touched(&seen.domain), ..EditPlan::default() })
    }

    fn tries_again(&self) -> bool {
        false
    }
}

#[async_trait]
impl Edit for CopyWmiFilter {
    fn title(&self) -> String {
        format!("Copy the WMI filter {} to {}", self.source.name, self.target)
    }

    /// # Errors
    /// Fails where the name asked for is taken, or the original has no query.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let domain = open(store, &self.target, task).await?;
        let taken = taken_names(&domain, None, task).await?;
        let is_free = !taken.contains(&self.source.name.to_lowercase());
        let name = match &self.name {
            Some(name) => own_name(WHAT, &self.target, name, &taken)?,
            None if is_free => self.source.name.clone(),
            None => name_of_copy(WHAT, &self.target, &self.source.name, None, &taken)?,
        };
        let copy = CreateWmiFilter {
            domain: self.target.clone(),
            id: self.id,
            name: name.clone(),
            description: self.source.description.clone(),
            queries: self.source.queries.clone(),
            author: self.source.author.clone(),
        };
        copy.plan_named(&domain, store, name, task).await
    }
}

#[async_trait]
impl Edit for DeleteWmiFilter {
    fn title(&self) -> String {
        format!("Delete the WMI filter {}", self.name)
    }

    /// # Errors
    /// Fails where the filter is gone, or the GPOs of the domain cannot be read.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let domain = open(store, &self.domain, task).await?;
        let dn = filter_dn(&domain, self.id);
        let read = task.or_cancel(domain.directory().read(&dn, &[NAME], None)).await?;
        read.map_err(|error| missing_or(&error, &self.name))?;
        let mut touches = touched(&self.domain);
        let mut steps = Vec::new();
        for (dn, id, value) in task.or_cancel(users(&domain, self.id)).await?? {
            let values = vec![ValueChange { attribute: FILTER_OF_GPO.to_owned(), before: vec![value], after: vec![] }];
            steps.push(Step::Modify { dn, values, beside: true });
            touches.push(Touched::Gpo(self.domain.clone(), id));
        }
        steps.push(Step::delete(&dn));
        Ok(EditPlan { steps, touches, ..EditPlan::default() })
    }
}

/// What a new filter says of itself.
pub(in crate::operation) struct NewFilter<'a> {
    pub id: Guid,
    pub name: &'a str,
    pub description: &'a str,
    pub queries: &'a [WmiQuery],
    pub author: &'a str,
    pub created: Timestamp,
    pub changed: Timestamp,
}

/// Returns the objects to be made for a filter: the containers that the domain does not have yet, then the filter.
///
/// # Errors
/// Fails where the directory cannot be read.
pub(in crate::operation) async fn objects_of_filter(
    domain: &Domain,
    filter: &NewFilter<'_>,
) -> Result<Vec<StoredObject>, OperationError> {
    let hidden = || Attribute::text("showInAdvancedViewOnly", "TRUE");
    let container = domain.wmi_filter_container();
    let mut objects = Vec::new();
    for dn in container.parent().into_iter().chain([container]) {
        match domain.directory().read(&dn, &["objectClass"], None).await {
            Ok(_) => {}
            Err(error) if error.kind == StoreErrorKind::NotFound => {
                objects.push(StoredObject::new(dn, vec![Attribute::text("objectClass", "container"), hidden()]));
            }
            Err(error) => return Err(OperationError::of_directory(&error)),
        }
    }
    let id = filter.id.to_string();
    let mut attributes = vec![
        Attribute::text("objectClass", "msWMI-Som"),
        Attribute::text("msWMI-ID", id),
        Attribute::text(NAME, filter.name),
        Attribute::text(QUERIES, WmiQueryList::write(filter.queries)),
        Attribute::text("msWMI-CreationDate", filter.created.to_dmtf()),
        Attribute::text(CHANGED, filter.changed.to_dmtf()),
        hidden(),
    ];
    attributes.extend(stored_description(filter.description).map(|text| Attribute::text(DESCRIPTION, text)));
    attributes.extend((!filter.author.is_empty()).then(|| Attribute::text("msWMI-Author", filter.author)));
    objects.push(StoredObject::new(filter_dn(domain, filter.id), attributes));
    Ok(objects)
}

/// Returns the text of a description as the directory holds it: none for an empty one, which it does not take; one blank at its end is not
/// part of it.
fn stored_description(description: &str) -> Option<String> {
    let blank = if description.ends_with(' ') { " " } else { "" };
    (!description.is_empty()).then(|| format!("{description}{blank}"))
}

fn shown_description(stored: &str) -> String {
    stored.strip_suffix(' ').unwrap_or(stored).to_owned()
}

/// Returns the change of one attribute; none where it is as wanted. The texts are those that were seen, are there now, and are wanted.
fn change(
    filter: &WmiFilter,
    entry: &Entry,
    attribute: &str,
    [seen, now, wanted]: [&String; 3],
    stored: Option<String>,
) -> Result<Option<ValueChange>, OperationError> {
    if now == wanted {
        return Ok(None);
    }
    if now != seen {
        let quoted = |text: &String| format!("`{text}`");
        return Err(conflict(&filter.dn, attribute, &quoted(seen), &quoted(now), &quoted(wanted)));
    }
    let after = stored.map(String::into_bytes).into_iter().collect();
    Ok(Some(ValueChange { attribute: attribute.to_owned(), before: entry.values(attribute).to_vec(), after }))
}

fn check_queries(queries: &[WmiQuery]) -> Result<(), OperationError> {
    if queries.is_empty() {
        return Err(invalid(WHAT, "it needs at least one query: a filter without one applies nowhere"));
    }
    match queries.iter().find(|query| query.query.trim().is_empty() || query.namespace.trim().is_empty()) {
        Some(_) => Err(invalid(WHAT, "a query needs a namespace and a text")),
        None => Ok(()),
    }
}

fn touched(domain: &DnsName) -> Vec<Touched> {
    vec![Touched::WmiFilters(domain.clone())]
}

fn filter_dn(domain: &Domain, id: Guid) -> Dn {
    domain.wmi_filter_container().child("CN", &id.to_string())
}

async fn open(store: &Arc<dyn ForestStore>, domain: &DnsName, task: &Task) -> Result<Domain, OperationError> {
    let opened = task.or_cancel(Domain::open(store, domain)).await?;
    opened.map_err(|error| OperationError::of_directory(&error))
}

/// Returns the names that filters of the domain have, in lower case; that of one filter may be left out.
async fn taken_names(domain: &Domain, but: Option<Guid>, task: &Task) -> Result<HashSet<String>, OperationError> {
    let filters = task.or_cancel(domain.wmi_filters()).await?;
    let filters = filters.map_err(|error| OperationError::of_directory(&error))?.values;
    Ok(filters.iter().filter(|filter| Some(filter.id) != but).map(|filter| filter.name.to_lowercase()).collect())
}

/// Returns the GPOs that use a filter, with what they say.
async fn users(domain: &Domain, filter: Guid) -> Result<Vec<(Dn, Guid, Vec<u8>)>, OperationError> {
    let request = SearchRequest {
        base: domain.policies_container(),
        scope: Scope::OneLevel,
        filter: Filter::Present(FILTER_OF_GPO.to_owned()),
        attributes: vec![FILTER_OF_GPO.to_owned(), "cn".to_owned()],
        sd_parts: None,
    };
    let entries = match domain.directory().search(&request).await {
        Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| OperationError::of_directory(&error))?,
    };
    let user = |entry: Entry| {
        let reference: WmiFilterRef = entry.text(FILTER_OF_GPO)?.parse().ok()?;
        let is_it = reference.id == filter && reference.domain == *domain.name();
        let id = entry.text("cn")?.parse().ok()?;
        is_it.then(|| Some((entry.dn.clone(), id, entry.bytes(FILTER_OF_GPO)?.to_vec())))?
    };
    Ok(entries.into_iter().filter_map(user).collect())
}

/// Returns who we are, `user@domain`; none where the directory does not say it.
async fn our_name(directory: &Arc<dyn Directory>, store: &Arc<dyn ForestStore>) -> Option<String> {
    let forest = store.directory();
    let user = directory.root_dse().user.clone().or_else(|| forest.root_dse().user.clone())?;
    for directory in [directory, &forest] {
        let request = SearchRequest {
            base: directory.root_dse().domain_dn.clone(),
            scope: Scope::Subtree,
            filter: Filter::Equals("objectSid".to_owned(), user.to_bytes()),
            attributes: vec!["sAMAccountName".to_owned()],
            sd_parts: None,
        };
        // Who cannot be found is not named.
        let found = directory.search(&request).await.ok().into_iter().flatten().next();
        if let Some(name) = found.and_then(|entry| entry.text("sAMAccountName")) {
            return Some(format!("{name}@{}", directory.root_dse().domain));
        }
    }
    None
}

fn missing_or(error: &StoreError, name: &str) -> OperationError {
    match error.kind {
        StoreErrorKind::NotFound => {
            let message = format!("the WMI filter {name} is gone: it was deleted by somebody else");
            let message = StatusMessage::error(MessageId::WmiFilterMissing, HResult::from(error), message);
            OperationError::new(message.about(name))
        }
        _ => OperationError::of_directory(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_come_back_as_they_were() {
        let check = |text: &str, stored: Option<&str>| {
            assert_eq!(stored_description(text).as_deref(), stored);
            assert_eq!(shown_description(stored.unwrap_or_default()), text);
        };
        check("", None);
        check("a b", Some("a b"));
        check("a ", Some("a  "));
        check(" ", Some("  "));
    }
}
