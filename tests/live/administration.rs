//! What is left in directory and SYSVOL by the changes of an administrator, judged by others: Samba's `dbcheck`, and a checker of permissions that
//! shares nothing with this program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use opengpmc::gpm::{Permission, PermissionType, Task, Trustee};
use opengpmc::ident::Guid;
use opengpmc::operation::admin::security::{ChangePermissions, PermissionChange, Secured};
use opengpmc::operation::admin::{CreateGpo, DeleteGpo, GpoToEdit};
use opengpmc::operation::edit::carry_out;
use opengpmc::operation::{ChangeContext, Journal};
use opengpmc::store::{ConnectTarget, open};

use super::lab::{Lab, whole_domain};
use crate::common::admin_scenario::Admin;
use crate::common::scenario::{Operation, Scenario};

/// Returns the domain controller's own configuration file.
fn smb_conf() -> PathBuf {
    let env = PathBuf::from(std::env::var_os("OPENGPMC_LAB_ENV").unwrap());
    env.parent().unwrap().join("dc1/etc/smb.conf")
}

/// Has Samba look for what is wrong in its databases.
fn check_directory() {
    let output = Command::new("samba-tool").args(["dbcheck", "--cross-ncs", "-s"]).arg(smb_conf()).output().unwrap();
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && told.contains("(0 errors)"), "{told}");
}

/// Has the permissions of GPOs that we wrote checked: by Windows' way of making a folder's list.
fn check_permissions(gpos: &[Guid]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interchange/check_acl.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).arg("--samba").arg(smb_conf());
    for gpo in gpos {
        command.args(["--only", &gpo.to_string(), "--windows", &gpo.to_string()]);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{told}");
    println!("{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_administrators_change_is_sound_in_the_eyes_of_others() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let store = open(&target, &lab.admin(), &lab.options()).await.unwrap();
    // Every change there is, done and left as it is.
    let folder = tempfile::tempdir().unwrap();
    for admin in Admin::ALL {
        let (store, domain, folder) =
            (Arc::clone(&store), lab.domain.clone(), folder.path().join(format!("{admin:?}")));
        let scenario = Scenario { operation: Operation::Admin(admin), store, domain, folder };
        scenario.prepare().await;
        scenario.run(&Task::default()).await.unwrap_or_else(|error| panic!("{admin:?}: {error}"));
        scenario.check_nothing_left(&format!("{admin:?}"));
    }
    // GPOs whose permissions are given and taken away in every level.
    let journal = Journal::open(&folder.path().join("own")).unwrap();
    let context = ChangeContext { store: Arc::clone(&store), journal };
    let task = Task::default();
    let mut made = Vec::new();
    for level in [
        PermissionType::GpoApply,
        PermissionType::GpoRead,
        PermissionType::GpoEdit,
        PermissionType::GpoEditSecurityAndDelete,
    ] {
        let (domain, id, name) = (lab.domain.clone(), Guid::random(), format!("Judged by others, {level:?}"));
        let gpo =
            CreateGpo { domain: domain.clone(), id, name: name.clone(), starter: None, comment: None, link_to: None };
        carry_out(&context, &gpo, &task).await.unwrap();
        let of = |rid: u32| Trustee::unresolved(format!("S-1-5-21-1-2-3-{rid}").parse().unwrap());
        let permission = |rid| Permission::new(of(rid), level, true).unwrap();
        let changes = vec![
            PermissionChange::Add(permission(1101)),
            PermissionChange::Add(permission(1102)),
            PermissionChange::Remove(permission(1101)),
        ];
        let edit = ChangePermissions { of: Secured::Gpo(domain, id), name, changes };
        carry_out(&context, &edit, &task).await.unwrap();
        made.push(id);
    }
    check_permissions(&made);
    check_directory();
    for id in made {
        let gpo = GpoToEdit { domain: lab.domain.clone(), id, name: "it".to_owned() };
        carry_out(&context, &DeleteGpo { gpo, keep_links: true }, &task).await.unwrap();
    }
    let last = Scenario {
        operation: Operation::Admin(Admin::CreateGpo),
        store,
        domain: lab.domain.clone(),
        folder: folder.path().to_owned(),
    };
    last.clean_up().await;
    check_directory();
}
