//! Permissions on the lab's domain: what edits write there is read back, agrees with SYSVOL, and can be undone; what the directory says we may do.

use PermissionType as Level;
use opengpmc::gpm::{Domain, GpoParts, MessageId, Permission, PermissionType, SomType, Task, Trustee};
use opengpmc::ident::Guid;
use opengpmc::operation::admin::security::{
    ChangePermissions, MakeAclConsistent, PermissionChange, Secured, read_security_descriptor, read_security_info,
};
use opengpmc::operation::admin::{CreateGpo, DeleteGpo, GpoToEdit};
use opengpmc::operation::edit::{carry_out, undo};
use opengpmc::operation::{AclConsistency, ChangeContext, Journal, check_gpo_acl, check_gpo_acls};
use opengpmc::security::SddlContext;
use opengpmc::store::{self, ConnectTarget, Credentials, SdParts};

use super::lab::{Lab, whole_domain};

struct Ground {
    context: ChangeContext,
    domain: Domain,
    _folder: tempfile::TempDir,
}

impl Ground {
    async fn new(lab: &Lab, credentials: &Credentials) -> Self {
        let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
        let store = store::open(&target, credentials, &lab.options()).await.unwrap();
        let domain = Domain::open(&store, &lab.domain).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        Ground { context: ChangeContext { store, journal }, domain, _folder: folder }
    }

    async fn somebody(&self, lab: &Lab) -> Trustee {
        let names = self.domain.names().await.unwrap();
        names.find(&*self.context.store, &lab.plain_user, &lab.domain).await.unwrap()
    }

    async fn sddl(&self, of: &Secured) -> String {
        let read = read_security_descriptor(&self.context.store, of, SdParts::READABLE, &Task::default()).await;
        read.unwrap().to_sddl(&SddlContext::default())
    }

    async fn change(&self, of: &Secured, change: PermissionChange) -> Option<Guid> {
        let edit = ChangePermissions { of: of.clone(), name: "it".to_owned(), changes: vec![change] };
        carry_out(&self.context, &edit, &Task::default()).await.unwrap().entry
    }
}

#[tokio::test]
async fn permissions_are_written_and_undone_on_a_domain_controller() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let ground = Ground::new(&lab, &lab.admin()).await;
    let somebody = ground.somebody(&lab).await;
    let (id, task) = (Guid::random(), Task::default());
    let create = CreateGpo {
        domain: lab.domain.clone(),
        id,
        name: format!("Permissions {id}"),
        starter: None,
        comment: None,
        link_to: None,
    };
    carry_out(&ground.context, &create, &task).await.unwrap().entry.unwrap();
    let root = ground.context.store.directory().root_dse().domain_dn.clone();
    let objects = [
        (Secured::Gpo(lab.domain.clone(), id), Level::GpoApply),
        (Secured::Gpo(lab.domain.clone(), id), Level::GpoEditSecurityAndDelete),
        (Secured::Som(SomType::Domain, root), Level::SomLink),
        (Secured::GpoCreation(lab.domain.clone()), Level::SomGpoCreate),
        (Secured::WmiFilters(lab.domain.clone()), Level::SomWmiFullControl),
    ];
    for (of, level) in objects {
        let permission = Permission::new(somebody.clone(), level, true).unwrap();
        let before = ground.sddl(&of).await;
        let entry = ground.change(&of, PermissionChange::Add(permission.clone())).await.unwrap();
        let info = read_security_info(&ground.context.store, &of, &task).await.unwrap();
        assert!(info.grants(&somebody.sid, level), "{level:?}: {info:?}");
        let check = check_gpo_acl(&ground.domain, id, &task).await.unwrap();
        assert!(check.is_consistent(), "{level:?}: {:?}", check.state);
        // A second time there is nothing to do.
        assert_eq!(ground.change(&of, PermissionChange::Add(permission)).await, None, "{level:?}");
        undo(&ground.context, entry, &task).await.unwrap();
        assert_eq!(ground.sddl(&of).await, before, "{level:?}");
        assert!(check_gpo_acl(&ground.domain, id, &task).await.unwrap().is_consistent());
    }
    // A folder that somebody changed is found and mended.
    let folder = ground.domain.gpo(id, GpoParts::Location).await.unwrap().sysvol_folder();
    let sysvol = ground.domain.sysvol().await.unwrap();
    let list = opengpmc::security::SecurityDescriptor::from_sddl(
        "D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)",
        &SddlContext::default(),
    );
    sysvol.set_security(&folder, SdParts::DACL, &list.unwrap().to_bytes().unwrap()).await.unwrap();
    let checks = check_gpo_acls(&ground.domain, &task).await.unwrap();
    let own = checks.iter().find(|check| check.id == id).unwrap();
    assert!(matches!(own.state, AclConsistency::Different { .. }), "{:?}", own.state);
    let edit = MakeAclConsistent { domain: lab.domain.clone(), id, name: "it".to_owned() };
    carry_out(&ground.context, &edit, &task).await.unwrap().entry.unwrap();
    assert!(check_gpo_acl(&ground.domain, id, &task).await.unwrap().is_consistent());
    let gpo = GpoToEdit { domain: lab.domain.clone(), id, name: create.name };
    carry_out(&ground.context, &DeleteGpo { gpo, keep_links: false }, &task).await.unwrap();
}

#[tokio::test]
async fn the_directory_says_what_we_may_do() {
    let Some(lab) = Lab::get() else { return };
    let (admin, plain) = (Ground::new(&lab, &lab.admin()).await, Ground::new(&lab, &lab.plain()).await);
    let container = admin.domain.policies_container();
    let rights = admin.domain.effective_rights(&container).await.unwrap();
    assert_eq!(rights.may_set_security(SdParts::DACL), Some(true));
    assert_eq!(rights.may_create("groupPolicyContainer"), Some(true));
    let rights = plain.domain.effective_rights(&container).await.unwrap();
    assert_eq!(rights.may_set_security(SdParts::DACL), Some(false));
    assert_eq!(rights.may_create("groupPolicyContainer"), Some(false));
    // Who tries all the same is told which right is missing, and nothing is changed.
    let of = Secured::GpoCreation(lab.domain.clone());
    let before = admin.sddl(&of).await;
    let permission = Permission::new(plain.somebody(&lab).await, Level::SomGpoCreate, false).unwrap();
    let edit =
        ChangePermissions { of: of.clone(), name: "it".to_owned(), changes: vec![PermissionChange::Add(permission)] };
    let error = carry_out(&plain.context, &edit, &Task::default()).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::AccessDenied, "{error}");
    assert_eq!(admin.sddl(&of).await, before);
}
