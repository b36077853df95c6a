//! Organizational units: create, rename, delete, as the console's tree offers it (`console-ui.md` 4.1).
//!
//! An OU that accounts lie in is not brought back by undo as it was (accounts get new SIDs), so it goes only where that was asked for, and
//! for good. What somebody has protected from accidental deletion is refused: protection is an entry that denies deletion to Everyone.

use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{HResult, MessageId, OperationError, Task};
use crate::ident::{Dn, Sid};
use crate::operation::edit::{Edit, EditPlan, Step, Touched, directory_of, read_tree};
use crate::security::{AccessMask, SecurityDescriptor};
use crate::store::{Attribute, Directory, Entry, Filter, ForestStore, Scope, SdParts, SearchRequest, StoreErrorKind};

use super::link::{invalid, plan_of, refuse};
use super::rights::{CHILD_CLASSES, WRITABLE, lists, refused};

/// Makes an OU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateOu {
    /// The domain or OU that it is to lie in.
    pub parent: Dn,
    /// Its name.
    pub name: String,
}

/// Makes an OU where there is none of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnsureOu {
    /// The domain or OU that it is to lie in.
    pub parent: Dn,
    /// Its name.
    pub name: String,
}

/// Gives an OU another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenameOu {
    /// The OU.
    pub ou: Dn,
    /// Its new name.
    pub name: String,
}

/// Deletes an OU. An empty one comes back with undo, one with objects in it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteOu {
    /// The OU.
    pub ou: Dn,
    /// Whether all that lies in it goes too; without, an OU with anything in it is refused.
    pub with_children: bool,
}

/// The class of such an object.
const CLASS: &str = "organizationalUnit";
/// The longest name of an OU (`rangeUpper` of the attribute `ou`).
const LONGEST_NAME: usize = 64;

#[async_trait]
impl Edit for CreateOu {
    fn title(&self) -> String {
        format!("Create the organizational unit {} in {}", self.name.trim(), self.parent.canonical_name())
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let name = checked_name(&self.parent, &self.name)?;
        let directory = task.or_cancel(directory_of(store, &self.parent)).await??;
        let parent = read(&*directory, &self.parent, task).await?;
        if !["domainDNS", CLASS].iter().any(|class| parent.has_class(class)) {
            return Err(invalid(&self.parent, "organizational units lie in domains and organizational units only"));
        }
        let dn = self.parent.child("OU", name);
        if exists(&*directory, &dn, task).await? {
            return Err(taken(&self.parent, name));
        }
        if !lists(&parent, CHILD_CLASSES, CLASS) {
            let place = self.parent.canonical_name();
            let message = format!(
                "you may not create organizational units in {place}: the right to create {CLASS} objects there is missing"
            );
            return Err(refused(&self.parent, message));
        }
        let step = Step::add(&dn, vec![Attribute::text("objectClass", CLASS)]);
        Ok(plan_of([step], touched(&dn)))
    }
}

#[async_trait]
impl Edit for EnsureOu {
    fn title(&self) -> String {
        self.create().title()
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let name = checked_name(&self.parent, &self.name)?;
        let directory = task.or_cancel(directory_of(store, &self.parent)).await??;
        if exists(&*directory, &self.parent.child("OU", name), task).await? {
            return Ok(EditPlan::default());
        }
        self.create().plan(store, task).await
    }
}

impl EnsureOu {
    fn create(&self) -> CreateOu {
        CreateOu { parent: self.parent.clone(), name: self.name.clone() }
    }
}

#[async_trait]
impl Edit for RenameOu {
    fn title(&self) -> String {
        format!("Rename the organizational unit {} to {}", self.ou.canonical_name(), self.name.trim())
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let name = checked_name(&self.ou, &self.name)?;
        let directory = task.or_cancel(directory_of(store, &self.ou)).await??;
        let ou = unit(&*directory, &self.ou, task).await?;
        if is_of_the_system(&ou) {
            return Err(system_unit(&self.ou, "renamed"));
        }
        let Some(parent) = ou.dn.parent() else { return Err(invalid(&self.ou, "it is no organizational unit")) };
        // What else it takes, to write `name`, directories do not tell: it belongs to the system.
        if !lists(&ou, WRITABLE, "ou") {
            let message = format!(
                "you may not rename {}: the right to write its name and ou is missing",
                self.ou.canonical_name()
            );
            return Err(refused(&self.ou, message));
        }
        let new_dn = parent.child("OU", name);
        if new_dn.as_str() == ou.dn.as_str() {
            return Ok(EditPlan::default());
        }
        // Another spelling of the same name is no other object.
        if new_dn != ou.dn && exists(&*directory, &new_dn, task).await? {
            return Err(taken(&parent, name));
        }
        Ok(plan_of([Step::Rename { dn: ou.dn, new_dn: new_dn.clone() }], touched(&new_dn)))
    }

    /// The name is one that somebody saw: it is not laid over that of another.
    fn tries_again(&self) -> bool {
        false
    }
}

#[async_trait]
impl Edit for DeleteOu {
    fn title(&self) -> String {
        let contents = if self.with_children { " with all in it" } else { "" };
        format!("Delete the organizational unit {}{contents}", self.ou.canonical_name())
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let directory = task.or_cancel(directory_of(store, &self.ou)).await??;
        let ou = unit(&*directory, &self.ou, task).await?;
        if is_of_the_system(&ou) {
            return Err(system_unit(&self.ou, "deleted"));
        }
        let found = contents(&*directory, &self.ou, task).await?;
        if let Some(protected) = found.protected.first() {
            let message = format!(
                "{} is protected from accidental deletion: an entry of its access list denies deletion to Everyone. Take that entry out first",
                protected.canonical_name()
            );
            return Err(refuse(MessageId::ObjectProtected, HResult::ACCESS_DENIED, protected, message));
        }
        if found.objects > 0 && !self.with_children {
            let message = format!(
                "{} is not empty: {}. Move what is still needed, or ask for all of it to be deleted too",
                self.ou.canonical_name(),
                found.describe()
            );
            return Err(refuse(MessageId::DirectoryNotEmpty, HResult::DIRECTORY_NOT_EMPTY, &self.ou, message));
        }
        if found.objects > 0 {
            let mut plan = plan_of([Step::delete(&ou.dn)], touched(&ou.dn));
            plan.cannot_undo =
                Some(format!("{} go with it, and accounts do not come back as they were", found.describe()));
            return Ok(plan);
        }
        let expected = task.or_cancel(read_tree(&*directory, &ou.dn)).await??;
        Ok(plan_of([Step::Delete { dn: ou.dn.clone(), expected: Some(expected) }], touched(&ou.dn)))
    }

    fn tries_again(&self) -> bool {
        false
    }
}

/// What lies in an OU.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OuContents {
    /// Objects below it, itself not counted.
    pub objects: usize,
    /// Organizational units among them.
    pub units: usize,
    /// Users among them.
    pub users: usize,
    /// Computers among them.
    pub computers: usize,
    /// Groups among them.
    pub groups: usize,
    /// What is protected from accidental deletion, itself counted.
    pub protected: Vec<Dn>,
}

impl OuContents {
    /// Returns what lies in it in words: `12 objects (2 organizational units, 10 users)`.
    pub fn describe(&self) -> String {
        let counted = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let kinds: Vec<String> = [
            counted(self.units, "organizational unit", "organizational units"),
            counted(self.users, "user", "users"),
            counted(self.computers, "computer", "computers"),
            counted(self.groups, "group", "groups"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let objects = counted(self.objects, "object", "objects").unwrap_or_else(|| "nothing".to_owned());
        if kinds.is_empty() { objects } else { format!("{objects} ({})", kinds.join(", ")) }
    }
}

/// Counts what lies in an OU, and finds what is protected from accidental deletion.
///
/// # Errors
/// Fails where the directory does not answer, or the OU is gone.
pub async fn ou_contents(store: &Arc<dyn ForestStore>, ou: &Dn, task: &Task) -> Result<OuContents, OperationError> {
    let directory = task.or_cancel(directory_of(store, ou)).await??;
    contents(&*directory, ou, task).await
}

async fn contents(directory: &dyn Directory, ou: &Dn, task: &Task) -> Result<OuContents, OperationError> {
    let request = SearchRequest {
        base: ou.clone(),
        scope: Scope::Subtree,
        filter: Filter::any_object(),
        attributes: vec!["objectClass".to_owned(), SECURITY_DESCRIPTOR.to_owned()],
        sd_parts: Some(SdParts::DACL),
    };
    let found = task.or_cancel(directory.search(&request)).await?;
    let mut contents = OuContents::default();
    for entry in found.map_err(|error| OperationError::of_directory(&error))? {
        if is_protected(&entry) {
            contents.protected.push(entry.dn.clone());
        }
        if entry.dn == *ou {
            continue;
        }
        contents.objects += 1;
        // A computer is a user too, as the directory has it.
        let count = match () {
            () if entry.has_class("organizationalUnit") => &mut contents.units,
            () if entry.has_class("computer") => &mut contents.computers,
            () if entry.has_class("user") => &mut contents.users,
            () if entry.has_class("group") => &mut contents.groups,
            () => continue,
        };
        *count += 1;
    }
    Ok(contents)
}

const SECURITY_DESCRIPTOR: &str = "nTSecurityDescriptor";

/// Tells whether deletion is denied to Everyone on the object itself.
fn is_protected(entry: &Entry) -> bool {
    let descriptor = entry.bytes(SECURITY_DESCRIPTOR).and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok());
    let deletion = AccessMask(AccessMask::DELETE.0 | AccessMask::DELETE_TREE.0);
    descriptor.as_ref().and_then(|descriptor| descriptor.dacl.acl()).is_some_and(|dacl| {
        dacl.aces().any(|ace| {
            ace.denies() && ace.concerns_self() && ace.sid == Sid::everyone() && ace.mask.intersects(deletion)
        })
    })
}

/// Tells whether the directory itself needs the OU, as it does Domain Controllers.
fn is_of_the_system(entry: &Entry) -> bool {
    entry.text("isCriticalSystemObject").is_some_and(|value| value.eq_ignore_ascii_case("TRUE"))
}

fn system_unit(ou: &Dn, done: &str) -> OperationError {
    let message = format!("{} belongs to the system and cannot be {done}", ou.canonical_name());
    refuse(MessageId::ObjectProtected, HResult::ACCESS_DENIED, ou, message)
}

fn touched(dn: &Dn) -> Vec<Touched> {
    dn.domain().map(Touched::Domain).into_iter().collect()
}

fn checked_name<'a>(place: &Dn, name: &'a str) -> Result<&'a str, OperationError> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(invalid(place, "the name of an organizational unit cannot be empty")),
        count if count > LONGEST_NAME => {
            Err(invalid(place, &format!("the name of an organizational unit has at most {LONGEST_NAME} characters")))
        }
        _ => Ok(name),
    }
}

fn taken(parent: &Dn, name: &str) -> OperationError {
    let message = format!("{} has an organizational unit {name} already. Choose another name", parent.canonical_name());
    refuse(MessageId::ObjectExists, HResult::ALREADY_EXISTS, parent, message)
}

/// Reads an OU that must be there.
async fn unit(directory: &dyn Directory, dn: &Dn, task: &Task) -> Result<Entry, OperationError> {
    let entry = read(directory, dn, task).await?;
    if !entry.has_class("organizationalUnit") {
        return Err(invalid(dn, "it is no organizational unit"));
    }
    Ok(entry)
}

async fn read(directory: &dyn Directory, dn: &Dn, task: &Task) -> Result<Entry, OperationError> {
    let attributes = ["objectClass", "isCriticalSystemObject", CHILD_CLASSES, WRITABLE];
    let found = task.or_cancel(directory.read(dn, &attributes, None)).await?;
    found.map_err(|error| match error.kind {
        StoreErrorKind::NotFound => {
            let message = format!("{} does not exist any more. Refresh to see what is there now", dn.canonical_name());
            refuse(MessageId::DirectoryFailed, HResult::NO_SUCH_OBJECT, dn, message)
        }
        _ => OperationError::of_directory(&error),
    })
}

async fn exists(directory: &dyn Directory, dn: &Dn, task: &Task) -> Result<bool, OperationError> {
    match task.or_cancel(directory.read(dn, &["objectClass"], None)).await? {
        Ok(_) => Ok(true),
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(false),
        Err(error) => Err(OperationError::of_directory(&error)),
    }
}
