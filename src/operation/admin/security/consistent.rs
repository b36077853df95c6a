//! Making the access list of a GPO's folder what that of its container asks for (IGPMGPO.MakeACLConsistent).

use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{OperationError, Task};
use crate::ident::{DnsName, Guid};
use crate::operation::edit::{Edit, EditPlan};
use crate::store::{ForestStore, SdParts};

use super::secured::{Secured, plan};

/// Gives a GPO's folder in SYSVOL the access list that its container asks for, and hands it down. The directory is not touched, and neither is a
/// folder whose list fits already, by the way of Windows or of Samba 4.17.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeAclConsistent {
    /// The domain of the GPO.
    pub domain: DnsName,
    /// Its GUID.
    pub id: Guid,
    /// What people call it.
    pub name: String,
}

#[async_trait]
impl Edit for MakeAclConsistent {
    fn title(&self) -> String {
        format!("Make the SYSVOL permissions of {} those of the directory", self.name)
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let of = Secured::Gpo(self.domain.clone(), self.id);
        let present = of.read(store, SdParts::READABLE, task).await?;
        let steps = of.repair(&present)?.into_iter().collect();
        Ok(plan(&[of], steps))
    }
}
