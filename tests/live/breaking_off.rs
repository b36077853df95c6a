//! Backup, restore, import and copy on a real domain controller, broken off at every write.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use opengpmc::ident::DnsName;
use opengpmc::store::{ConnectTarget, ForestStore, open};

use crate::common::admin_scenario::Admin;
use crate::common::breaking_off::{Matrix, Place, run_as_child};
use crate::common::child;
use crate::common::scenario::Operation;

use super::lab::{Lab, whole_domain_blocking};

#[async_trait]
impl Place for Lab {
    async fn open(&self, _folder: &Path) -> Arc<dyn ForestStore> {
        let target = ConnectTarget::Server { host: self.host.clone(), port: None, tls: false };
        open(&target, &self.admin(), &self.options()).await.unwrap()
    }

    fn domain(&self) -> DnsName {
        self.domain.clone()
    }

    fn is_in_folder(&self) -> bool {
        false
    }
}

/// Goes through all operations one after the other: they work on the same GPOs.
#[test]
fn killed_or_cancelled_they_leave_the_state_before_or_the_state_after() {
    let Some(lab) = Lab::get() else { return };
    if let Some(role) = child::role() {
        return run_as_child(&lab, &role);
    }
    let _alone = whole_domain_blocking();
    let test = "live::breaking_off::killed_or_cancelled_they_leave_the_state_before_or_the_state_after";
    for operation in Operation::IN_ONE_DOMAIN {
        let matrix = Matrix::new(&lab, operation);
        matrix.kill_at_every_point(test);
        matrix.cancel_at_every_point();
        matrix.clean_up();
    }
    // The variable asks for all changes of an administrator, and for each of them cancelled too.
    let all = std::env::var_os("OPENGPMC_EVERY_EDIT").is_some();
    let some =
        [Admin::CreateGpoFromStarter, Admin::DeleteGpo, Admin::MoveLink, Admin::AddPermission, Admin::DeleteWmiFilter];
    for admin in Admin::ALL.into_iter().filter(|admin| all || some.contains(admin)) {
        let matrix = Matrix::new(&lab, Operation::Admin(admin));
        matrix.kill_at_every_point(test);
        if all {
            matrix.cancel_at_every_point();
        }
        matrix.clean_up();
    }
}
