//! Starter GPOs that come with their content: copied, restored from a backup, loaded from a cabinet (IGPMStarterGPO.CopyTo,
//! IGPMDomain2.RestoreStarterGPO, LoadStarterGPO).
//!
//! One that is there is moved away, and removed when the new one stands in its place; undo brings it back with its permissions. All that is
//! written stands in the steps, so that undo and recovery need neither the original nor the backup.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{Backup, Domain, HResult, MessageId, OperationError, StarterGpo, StatusMessage, Task};
use crate::ident::{DnsName, Guid};
use crate::operation::change::FileTree;
use crate::operation::edit::{Edit, EditPlan, Step};
use crate::operation::starter_gpo::{
    NEW, OLD, StarterContent, cabinet_content, copied_content, find_folder, open_sysvol, own_access, place, read_tree,
    temporary, tidy,
};
use crate::store::{ForestStore, Sysvol, SysvolPath};

use super::starter_gpo::{missing_folder, open, touched};

/// Copies a starter GPO within its domain or into another (IGPMStarterGPO.CopyTo). The copy has the permissions of a new starter GPO, and is a
/// custom one.
#[derive(Clone)]
pub struct CopyStarterGpo {
    /// The forest of the original.
    pub source: Arc<dyn ForestStore>,
    /// The original.
    pub original: StarterGpo,
    /// The domain of the copy, in the forest that is changed.
    pub domain: DnsName,
    /// The GUID of the copy.
    pub id: Guid,
    /// The name of the copy, which no other starter GPO of the domain may have; `Copy of …` where none is given.
    pub name: Option<String>,
}

/// Restores a starter GPO from a backup, in the domain that it is of (IGPMDomain2.RestoreStarterGPO). One that is there is replaced and keeps its
/// permissions.
#[derive(Clone, Debug)]
pub struct RestoreStarterGpo {
    /// The domain.
    pub domain: DnsName,
    /// The backup.
    pub backup: Backup,
}

/// Loads a starter GPO from a cabinet; it keeps its GUID (IGPMDomain2.LoadStarterGPO).
#[derive(Clone, Debug)]
pub struct LoadStarterGpo {
    /// The domain.
    pub domain: DnsName,
    /// The cabinet.
    pub cabinet: PathBuf,
    /// The GUID of one whose cabinet does not say it.
    pub new_id: Guid,
    /// Whether one of the same GUID that is there is replaced; it keeps its permissions.
    pub overwrite: bool,
}

#[async_trait]
impl Edit for CopyStarterGpo {
    fn title(&self) -> String {
        match self.original.domain == self.domain {
            true => format!("Copy the starter GPO {}", self.original.display_name),
            false => format!("Copy the starter GPO {} to {}", self.original.display_name, self.domain),
        }
    }

    /// # Errors
    /// Fails where the original is not there, cannot be read or holds more than administrative templates, or the name is taken.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let source = open(&self.source, &self.original.domain, task).await?;
        let target = open(store, &self.domain, task).await?;
        let sysvol = open_sysvol(&target, task).await?;
        tidy(&*sysvol, task).await?;
        let content = copied_content(&source, self.original.id, (&target, self.id, self.name.as_deref()), task).await?;
        put_plan(&target, &*sysvol, (self.id, None), &content.tree, task).await
    }
}

#[async_trait]
impl Edit for RestoreStarterGpo {
    fn title(&self) -> String {
        format!("Restore the starter GPO {}", self.backup.gpo_name)
    }

    /// # Errors
    /// Fails where the backup is of another domain, cannot be read, or holds more than administrative templates.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let backup = &self.backup;
        if !backup.domain.eq_ignore_ascii_case(&self.domain.to_string()) {
            let text = format!("the backup is of {} and is restored there only, not in {}", backup.domain, self.domain);
            let message = StatusMessage::error(MessageId::BackupOtherDomain, HResult::INVALID_ARGUMENT, text);
            return Err(OperationError::new(message.about(backup.id)));
        }
        let content = StarterContent::read_set(backup, task).await?;
        let domain = open(store, &self.domain, task).await?;
        let sysvol = open_sysvol(&domain, task).await?;
        tidy(&*sysvol, task).await?;
        let present = task.or_cancel(find_folder(&*sysvol, backup.gpo_id)).await??;
        put_plan(&domain, &*sysvol, (backup.gpo_id, present), &content.tree, task).await
    }
}

#[async_trait]
impl Edit for LoadStarterGpo {
    fn title(&self) -> String {
        format!("Load a starter GPO from {} into {}", self.cabinet.display(), self.domain)
    }

    /// # Errors
    /// Fails where the file is no cabinet of a starter GPO, holds more than administrative templates, or one of the same GUID is there and is
    /// not to be replaced.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let domain = open(store, &self.domain, task).await?;
        let sysvol = open_sysvol(&domain, task).await?;
        let (id, tree) = cabinet_content(&self.cabinet, self.new_id, &sysvol, task).await?;
        tidy(&*sysvol, task).await?;
        let present = task.or_cancel(find_folder(&*sysvol, id)).await??;
        if present.is_some() && !self.overwrite {
            let text = format!("{} has the starter GPO {id} already, and it is not to be replaced", self.domain);
            let message = StatusMessage::error(MessageId::GpoExists, HResult::ALREADY_EXISTS, text);
            return Err(OperationError::new(message.about(self.cabinet.display())));
        }
        put_plan(&domain, &*sysvol, (id, present), &tree, task).await
    }
}

/// Plans a tree to be the folder of a starter GPO, in the place of the one that is there: it is written under another name and takes its place with
/// a rename.
async fn put_plan(
    domain: &Domain,
    sysvol: &dyn Sysvol,
    (id, present): (Guid, Option<SysvolPath>),
    tree: &FileTree,
    task: &Task,
) -> Result<EditPlan, OperationError> {
    let access = match &present {
        Some(present) => own_access(sysvol, present, task).await?,
        None => None,
    };
    let name = domain.name();
    let new = temporary(id, NEW);
    let folder = |path: SysvolPath, access| Step::MakeFolder { domain: name.clone(), path, access };
    let moved = |from: &SysvolPath, to: &SysvolPath| {
        let (from, to) = (from.clone(), to.clone());
        Step::MoveTree { domain: name.clone(), from, to }
    };
    let mut steps: Vec<Step> = missing_folder(domain, task).await?.into_iter().collect();
    // It comes with its permissions, so that what is written into it has them from the beginning.
    steps.push(folder(new.clone(), access));
    steps.extend(tree.needed_folders().iter().map(|path| folder(new.join_path(path), None)));
    steps.extend(read_tree(tree, task).await?.into_iter().map(|(path, bytes)| Step::WriteFile {
        domain: name.clone(),
        path: new.join_path(&path),
        before: None,
        after: Some(bytes),
    }));
    let mut plan = EditPlan { touches: touched(name), ..EditPlan::default() };
    match present {
        None => steps.push(moved(&new, &place(id))),
        Some(present) => {
            let old = temporary(id, OLD);
            steps.extend([moved(&present, &old), moved(&new, &present)]);
            plan.commits_after = Some(steps.len() - 1);
            steps.push(Step::RemoveTree { domain: name.clone(), path: old, found_at: present });
        }
    }
    Ok(EditPlan { steps, ..plan })
}
