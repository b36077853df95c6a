//! A GPO that a script wants to be there: created where it is missing, else changed as far as it differs.

use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{Domain, Gpo, GpoParts, GpoStatus, HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{Guid, WmiFilterRef};
use crate::operation::edit::{Edit, EditPlan};
use crate::store::{ForestStore, StoreErrorKind};

use super::gpo::{GpoToEdit, SetGpoComment, SetGpoStatus, SetGpoWmiFilter, check_filter};
use super::gpo_create::CreateGpo;

/// Makes sure that a domain has a GPO of a name, and that it is as said. What is not said stays as it is.
#[derive(Clone, Debug)]
pub struct EnsureGpo {
    /// How it is created where none has its name; of one that is there, only the comment is compared, if one is given.
    pub create: CreateGpo,
    /// Which halves are applied.
    pub status: Option<GpoStatus>,
    /// Its WMI filter.
    pub filter: Option<Guid>,
}

#[async_trait]
impl Edit for EnsureGpo {
    fn title(&self) -> String {
        format!("Ensure the GPO {}", self.create.name)
    }

    /// # Errors
    /// Fails where several GPOs have the name, and where what is to be done cannot be planned.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let domain = task.or_cancel(Domain::open(store, &self.create.domain)).await?;
        let domain = domain.map_err(|error| OperationError::of_directory(&error))?;
        let gpos = match task.or_cancel(domain.gpos(GpoParts::Summary)).await? {
            Err(error) if error.kind == StoreErrorKind::NotFound => Vec::new(),
            found => found.map_err(|error| OperationError::of_directory(&error))?.values,
        };
        let folded = self.create.name.to_lowercase();
        let named: Vec<&Gpo> = gpos.iter().filter(|gpo| gpo.display_name.to_lowercase() == folded).collect();
        match named.as_slice() {
            [] => {
                if let Some(filter) = self.filter {
                    check_filter(&domain, filter, task).await?;
                }
                let filter = self.filter.map(|id| WmiFilterRef { domain: domain.name().clone(), id });
                self.create.plan_as(self.status.unwrap_or(GpoStatus::Enabled), filter, store, task).await
            }
            [only] => self.plan_changes(GpoToEdit::from(*only), store, task).await,
            several => {
                let message = format!("{} GPOs of {} are named {}", several.len(), domain.name(), self.create.name);
                let message = StatusMessage::error(MessageId::GpoExists, HResult::OBJECT_EXISTS, message);
                Err(OperationError::new(message.about(&self.create.name)))
            }
        }
    }
}

impl EnsureGpo {
    async fn plan_changes(
        &self,
        gpo: GpoToEdit,
        store: &Arc<dyn ForestStore>,
        task: &Task,
    ) -> Result<EditPlan, OperationError> {
        let mut edits: Vec<Box<dyn Edit>> = Vec::new();
        if let Some(comment) = self.create.comment.clone() {
            edits.push(Box::new(SetGpoComment { gpo: gpo.clone(), seen: None, comment }));
        }
        if let Some(status) = self.status {
            edits.push(Box::new(SetGpoStatus { gpo: gpo.clone(), status }));
        }
        if let Some(filter) = self.filter {
            let filter_name = filter.to_string();
            edits.push(Box::new(SetGpoWmiFilter { gpo: gpo.clone(), filter: Some(filter), filter_name }));
        }
        let mut plan = EditPlan { touches: gpo.touched(), ..EditPlan::default() };
        for edit in edits {
            plan.steps.append(&mut edit.plan(store, task).await?.steps);
        }
        Ok(plan)
    }
}
