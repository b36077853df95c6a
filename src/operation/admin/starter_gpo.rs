//! Starter GPOs: their folder, made, renamed, described, deleted (IGPMDomain2.CreateStarterGPO, IGPMStarterGPO; `gpo-storage.md` A7).
//!
//! They lie in SYSVOL alone. One is written under another name and takes its place with a rename, and leaves it with one. The names in the file that a
//! new one gets are ours: those of Microsoft's console were never seen.

use std::sync::Arc;

use async_trait::async_trait;

use crate::format::{STARTER_GPO_FILE, StarterGpoField, StarterGpoFile, new_starter_gpo};
use crate::gpm::{
    Domain, HResult, MessageId, OperationError, StarterGpo, StarterGpoType, StatusMessage, Task, starter_gpo_folder,
};
use crate::ident::{DnsName, Guid, Timestamp};
use crate::operation::edit::{Edit, EditPlan, Step, Touched, conflict};
use crate::operation::starter_gpo::{
    GONE, NEW, find, find_folder, not_found, open_sysvol, parse_metadata, place, temporary, tidy,
};
use crate::store::{ForestStore, SysvolPath};

use super::own_name::{invalid, own_name};

/// What such an object is called in messages.
const WHAT: &str = "starter GPO";
/// The longest comment that Microsoft's tools take, in characters (`gpo-storage.md` A7).
const LONGEST_COMMENT: usize = 2047;

/// Makes the folder of the starter GPOs in SYSVOL.
#[derive(Clone, Debug)]
pub struct CreateStarterGpoFolder {
    /// The domain.
    pub domain: DnsName,
}

/// Makes a custom starter GPO without settings (IGPMDomain2.CreateStarterGPO). The folder of the starter GPOs is made too where there is none.
#[derive(Clone, Debug)]
pub struct CreateStarterGpo {
    /// The domain.
    pub domain: DnsName,
    /// Its GUID.
    pub id: Guid,
    /// Its name; no other starter GPO of the domain may have it.
    pub name: String,
    /// Its comment; empty for none.
    pub description: String,
}

/// Changes name or comment of a custom starter GPO (IGPMStarterGPO.DisplayName, Description). What was changed by somebody else since it was seen is
/// a conflict.
#[derive(Clone, Debug)]
pub struct EditStarterGpo {
    /// The starter GPO as the person saw it.
    pub seen: StarterGpo,
    /// Its name; no other starter GPO of the domain may have it.
    pub name: String,
    /// Its comment; empty for none.
    pub description: String,
}

/// Deletes a starter GPO (IGPMStarterGPO.Delete). GPOs that were made from it stay.
#[derive(Clone, Debug)]
pub struct DeleteStarterGpo {
    /// The domain.
    pub domain: DnsName,
    /// Its GUID.
    pub id: Guid,
    /// The name that people know it by, for the title.
    pub name: String,
}

impl CreateStarterGpo {
    /// The name that a new one has where none is given.
    pub const DEFAULT_NAME: &str = "New Starter GPO";
}

#[async_trait]
impl Edit for CreateStarterGpoFolder {
    fn title(&self) -> String {
        format!("Create the Starter GPOs folder of {}", self.domain)
    }

    /// # Errors
    /// Fails where SYSVOL cannot be read.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let domain = open(store, &self.domain, task).await?;
        let steps = missing_folder(&domain, task).await?;
        Ok(EditPlan { steps: steps.into_iter().collect(), touches: touched(&self.domain), ..EditPlan::default() })
    }
}

#[async_trait]
impl Edit for CreateStarterGpo {
    fn title(&self) -> String {
        format!("Create the starter GPO {}", self.name)
    }

    /// # Errors
    /// Fails where the name is taken, or SYSVOL cannot be read.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        check_comment(&self.description)?;
        let domain = open(store, &self.domain, task).await?;
        let name = free_name(&domain, &self.name, None, task).await?;
        let mut steps: Vec<Step> = missing_folder(&domain, task).await?.into_iter().collect();
        let new = temporary(self.id, NEW);
        let folder = |path: SysvolPath| Step::MakeFolder { domain: self.domain.clone(), path, access: None };
        steps.push(folder(new.clone()));
        for half in ["Machine", "User"] {
            steps.push(folder(below(&new, half)));
        }
        steps.push(Step::WriteFile {
            domain: self.domain.clone(),
            path: below(&new, STARTER_GPO_FILE),
            before: None,
            after: Some(new_starter_gpo(self.id, &name, &self.description, Timestamp::now())),
        });
        steps.push(Step::MoveTree { domain: self.domain.clone(), from: new, to: place(self.id) });
        Ok(EditPlan { steps, touches: touched(&self.domain), ..EditPlan::default() })
    }
}

#[async_trait]
impl Edit for EditStarterGpo {
    fn title(&self) -> String {
        match self.description == self.seen.description {
            true => format!("Rename the starter GPO {} to {}", self.seen.display_name, self.name),
            false => format!("Edit the starter GPO {}", self.seen.display_name),
        }
    }

    /// # Errors
    /// Fails where it is gone or a system one, the name is taken, its file cannot be read, or somebody else has changed the same since it was seen.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        check_comment(&self.description)?;
        let seen = &self.seen;
        let domain = open(store, &seen.domain, task).await?;
        let sysvol = open_sysvol(&domain, task).await?;
        let folder = task.or_cancel(find_folder(&*sysvol, seen.id)).await??;
        let path = below(&folder.ok_or_else(|| not_found(&domain, seen.id))?, STARTER_GPO_FILE);
        let bytes = task.or_cancel(sysvol.read(&path)).await?.map_err(|error| OperationError::of_read(&error))?;
        let now = find(&domain, seen.id, task).await?;
        if now.kind == StarterGpoType::System {
            let text = "a system starter GPO is read-only: copy it, and change the copy";
            let message = StatusMessage::error(MessageId::StarterNotAllowed, HResult::WRITE_PROTECTED, text);
            return Err(OperationError::new(message.about(&now.display_name)));
        }
        let name = match self.name == seen.display_name {
            true => self.name.clone(),
            false => free_name(&domain, &self.name, Some(seen.id), task).await?,
        };
        let values = [
            (StarterGpoField::DisplayName, "its name", [&seen.display_name, &now.display_name, &name]),
            (StarterGpoField::Description, "its comment", [&seen.description, &now.description, &self.description]),
        ];
        let mut changed = Vec::new();
        for (field, what, [seen, now, wanted]) in values {
            if wanted == seen || now == wanted {
                continue;
            }
            if now != seen {
                let quoted = |text: &String| format!("`{text}`");
                return Err(conflict(&path, what, &quoted(seen), &quoted(now), &quoted(wanted)));
            }
            changed.push((field, wanted.clone()));
        }
        let mut steps = Vec::new();
        if !changed.is_empty() {
            let file = parse_metadata(&bytes, &path.to_string())?;
            changed.push((StarterGpoField::Modified, file.time_text(Timestamp::now())));
            let after = with_values(&file, &changed, &path)?;
            let domain = seen.domain.clone();
            steps.push(Step::WriteFile { domain, path, before: Some(bytes), after: Some(after) });
        }
        Ok(EditPlan { steps, touches: touched(&seen.domain), ..EditPlan::default() })
    }

    fn tries_again(&self) -> bool {
        false
    }
}

#[async_trait]
impl Edit for DeleteStarterGpo {
    fn title(&self) -> String {
        format!("Delete the starter GPO {}", self.name)
    }

    /// # Errors
    /// Fails where it is gone, or SYSVOL cannot be read.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let domain = open(store, &self.domain, task).await?;
        let sysvol = open_sysvol(&domain, task).await?;
        tidy(&*sysvol, task).await?;
        let present = task.or_cancel(find_folder(&*sysvol, self.id)).await??;
        let present = present.ok_or_else(|| not_found(&domain, self.id))?;
        let gone = temporary(self.id, GONE);
        let domain = self.domain.clone();
        let steps = vec![
            Step::MoveTree { domain: domain.clone(), from: present.clone(), to: gone.clone() },
            Step::RemoveTree { domain, path: gone, found_at: present },
        ];
        Ok(EditPlan { steps, touches: touched(&self.domain), commits_after: Some(0), cannot_undo: None })
    }
}

/// Returns the step that makes the folder of the starter GPOs; none where it is there.
pub(super) async fn missing_folder(domain: &Domain, task: &Task) -> Result<Option<Step>, OperationError> {
    let has_folder = task.or_cancel(domain.has_starter_gpo_folder()).await?;
    let has_folder = has_folder.map_err(|error| OperationError::of_read(&error))?;
    let make = || Step::MakeFolder { domain: domain.name().clone(), path: starter_gpo_folder(), access: None };
    Ok((!has_folder).then(make))
}

/// Returns a name that no other starter GPO of the domain has; that of one of them may be left out.
async fn free_name(domain: &Domain, name: &str, but: Option<Guid>, task: &Task) -> Result<String, OperationError> {
    let starters = task.or_cancel(domain.starter_gpos()).await?.map_err(|error| OperationError::of_read(&error))?;
    let others = starters.values.iter().filter(|starter| Some(starter.id) != but);
    own_name(WHAT, domain.name(), name, &others.map(|starter| starter.display_name.to_lowercase()).collect())
}

fn check_comment(comment: &str) -> Result<(), OperationError> {
    match comment.encode_utf16().count() > LONGEST_COMMENT {
        true => Err(invalid(WHAT, &format!("its comment must have no more than {LONGEST_COMMENT} characters"))),
        false => Ok(()),
    }
}

fn with_values(
    file: &StarterGpoFile,
    values: &[(StarterGpoField, String)],
    path: &SysvolPath,
) -> Result<Vec<u8>, OperationError> {
    file.with_values(values).map_err(|error| {
        let message = StatusMessage::error(MessageId::BackupXmlInvalid, HResult::INVALID_DATA, error.to_string());
        OperationError::new(message.about(path))
    })
}

/// Returns the path of a known name in a folder.
fn below(folder: &SysvolPath, name: &str) -> SysvolPath {
    folder.join(name).unwrap_or_default()
}

pub(super) fn touched(domain: &DnsName) -> Vec<Touched> {
    vec![Touched::StarterGpos(domain.clone())]
}

pub(super) async fn open(
    store: &Arc<dyn ForestStore>,
    domain: &DnsName,
    task: &Task,
) -> Result<Domain, OperationError> {
    let opened = task.or_cancel(Domain::open(store, domain)).await?;
    opened.map_err(|error| OperationError::of_directory(&error))
}
