//! Edits of permissions on the demo forest: what they write, what they leave, what they refuse, and that undo takes them back.

use std::sync::Arc;

use PermissionType as Level;
use opengpmc::gpm::{
    Domain, Forest, GpoParts, LoadOptions, MessageId, OperationError, Permission, PermissionType, SecuredObject,
    SecurityInfo, Severity, SomType, Task, Trustee, computers_can_read, everybody_can_read, policies_folder,
    starter_gpo_folder,
};
use opengpmc::ident::{Dn, DnsName, Guid, Sid};
use opengpmc::operation::admin::security::{
    ChangePermissions, MakeAclConsistent, PermissionChange, Secured, SetOwner, SetSecurityDescriptor, SetSecurityInfo,
    read_security_descriptor, read_security_info,
};
use opengpmc::operation::edit::{Edit, carry_out, undo};
use opengpmc::operation::{ChangeContext, Journal, check_gpo_acl, check_gpo_acls};
use opengpmc::security::{AccessMask, Ace, AceFlags, AclEntry, AclState, SddlContext, SecurityDescriptor};
use opengpmc::store::{Change, SdParts, demo};

/// Somebody that nothing in the demo forest speaks of.
fn somebody() -> Trustee {
    Trustee::unresolved("S-1-5-21-1-2-3-4711".parse().unwrap())
}

fn permission(level: Level, inheritable: bool) -> Permission {
    Permission::new(somebody(), level, inheritable).unwrap()
}

struct Ground {
    context: ChangeContext,
    domain: DnsName,
    _folder: tempfile::TempDir,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let store = demo::open().await.unwrap();
        let domain = store.directory().root_dse().domain.clone();
        Ground { context: ChangeContext { store, journal }, domain, _folder: folder }
    }

    async fn opened(&self) -> Domain {
        Domain::open(&self.context.store, &self.domain).await.unwrap()
    }

    /// A GPO with a folder whose list fits.
    async fn gpo(&self) -> Guid {
        let checks = check_gpo_acls(&self.opened().await, &Task::default()).await.unwrap();
        checks.iter().find(|check| check.is_consistent()).unwrap().id
    }

    async fn secured_gpo(&self) -> Secured {
        Secured::Gpo(self.domain.clone(), self.gpo().await)
    }

    fn root(&self) -> Dn {
        self.context.store.directory().root_dse().domain_dn.clone()
    }

    async fn filter(&self) -> Secured {
        let filter = self.opened().await.wmi_filters().await.unwrap().values.remove(0);
        Secured::WmiFilter(self.domain.clone(), filter.id)
    }

    async fn descriptor(&self, of: &Secured) -> SecurityDescriptor {
        read_security_descriptor(&self.context.store, of, SdParts::READABLE, &Task::default()).await.unwrap()
    }

    async fn info(&self, of: &Secured) -> SecurityInfo {
        read_security_info(&self.context.store, of, &Task::default()).await.unwrap()
    }

    async fn sddl(&self, of: &Secured) -> String {
        self.descriptor(of).await.to_sddl(&SddlContext::default())
    }

    async fn run(&self, edit: &dyn Edit) -> Result<Option<Guid>, OperationError> {
        carry_out(&self.context, edit, &Task::default()).await.map(|edited| edited.entry)
    }

    fn change(&self, of: &Secured, change: PermissionChange) -> ChangePermissions {
        ChangePermissions { of: of.clone(), name: "it".to_owned(), changes: vec![change] }
    }

    async fn put(&self, dn: &Dn, sddl: &str) {
        let descriptor = SecurityDescriptor::from_sddl(sddl, &SddlContext::default()).unwrap().to_bytes().unwrap();
        let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor };
        self.context.store.directory().modify(dn, &[change]).await.unwrap();
    }
}

/// Returns the explicit entries of somebody, in SDDL.
fn entries_of(descriptor: &SecurityDescriptor, trustee: &Sid) -> Vec<String> {
    let aces = descriptor.dacl.acl().unwrap().aces().filter(|ace| ace.sid == *trustee && !ace.is_inherited());
    aces.map(|ace| ace.to_sddl(&SddlContext::default())).collect()
}

/// Gives a level on an object, compares the entries with those expected, gives it once more (nothing), undoes it, and gives and takes it again.
async fn gives(ground: &Ground, of: &Secured, level: Level, inheritable: bool, expected: &[&str]) {
    let before = ground.sddl(of).await;
    let add = ground.change(of, PermissionChange::Add(permission(level, inheritable)));
    let entry = ground.run(&add).await.unwrap().unwrap();
    let expected: Vec<String> =
        expected.iter().map(|text| text.replace("SOMEBODY", &somebody().sid.to_string())).collect();
    assert_eq!(entries_of(&ground.descriptor(of).await, &somebody().sid), expected, "{of:?}");
    assert_eq!(ground.run(&add).await.unwrap(), None, "{of:?}");
    undo(&ground.context, entry, &Task::default()).await.unwrap();
    assert_eq!(ground.sddl(of).await, before, "{of:?}");
    ground.run(&add).await.unwrap().unwrap();
    let remove = ground.change(of, PermissionChange::Remove(permission(level, inheritable)));
    ground.run(&remove).await.unwrap().unwrap();
    assert_eq!(ground.sddl(of).await, before, "{of:?}");
}

#[tokio::test]
async fn every_object_takes_its_levels() {
    let ground = Ground::new().await;
    let domain = || ground.domain.clone();
    let gpo = ground.secured_gpo().await;
    let apply = "(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;SOMEBODY)";
    gives(&ground, &gpo, Level::GpoRead, false, &["(A;CI;LCRPRC;;;SOMEBODY)"]).await;
    gives(&ground, &gpo, Level::GpoApply, false, &["(A;CI;LCRPRC;;;SOMEBODY)", apply]).await;
    gives(&ground, &gpo, Level::GpoEdit, false, &["(A;CI;CCDCLCRPWPRC;;;SOMEBODY)"]).await;
    gives(&ground, &gpo, Level::GpoEditSecurityAndDelete, false, &["(A;CI;CCDCLCRPWPSDRCWDWO;;;SOMEBODY)"]).await;
    let link = |flags: &str| {
        [
            format!("(OA;{flags};RPWP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;SOMEBODY)"),
            format!("(OA;{flags};RPWP;f30e3bbf-9ff0-11d1-b603-0000f80367c1;;SOMEBODY)"),
        ]
    };
    let forest = Forest::load(ground.context.store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
    let ou = forest.domain(&ground.domain).unwrap().soms.iter().find(|som| som.kind == SomType::Ou).unwrap();
    for (kind, dn) in
        [(SomType::Ou, ou.dn.clone()), (SomType::Domain, ground.root()), (SomType::Site, forest.sites[0].dn.clone())]
    {
        let [one, other] = link(if kind == SomType::Site { "" } else { "CI" });
        gives(&ground, &Secured::Som(kind, dn), Level::SomLink, kind != SomType::Site, &[&one, &other]).await;
    }
    let ou = Secured::Som(SomType::Ou, ou.dn.clone());
    gives(&ground, &ou, Level::SomPlanning, false, &["(OA;;CR;b7b1b3dd-ab09-4242-9e30-9980e5d322f7;;SOMEBODY)"]).await;
    let gpos = Secured::GpoCreation(domain());
    gives(&ground, &gpos, Level::SomGpoCreate, false, &["(OA;;CC;f30e3bc2-9ff0-11d1-b603-0000f80367c1;;SOMEBODY)"])
        .await;
    let filters = Secured::WmiFilters(domain());
    gives(&ground, &filters, Level::SomWmiCreate, false, &["(OA;;CC;ab857078-0142-4406-945b-34c9b6b13372;;SOMEBODY)"])
        .await;
    gives(&ground, &filters, Level::SomWmiFullControl, false, &["(A;CI;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SOMEBODY)"]).await;
    gives(&ground, &ground.filter().await, Level::WmiFilterEdit, false, &["(A;;LCSWRPWPLORC;;;SOMEBODY)"]).await;
    gives(&ground, &Secured::StarterGpos(domain()), Level::SomStarterGpoCreate, false, &["(A;;0x1200af;;;SOMEBODY)"])
        .await;
    let starter = ground.opened().await.starter_gpos().await.unwrap().values.remove(0);
    let starter = Secured::StarterGpo(domain(), starter.id);
    gives(&ground, &starter, Level::StarterGpoEdit, true, &["(A;OICI;0x1301bf;;;SOMEBODY)"]).await;
}

#[tokio::test]
async fn the_folder_of_a_gpo_follows_in_the_same_edit() {
    let ground = Ground::new().await;
    let gpo = ground.secured_gpo().await;
    let Secured::Gpo(_, id) = gpo else { unreachable!() };
    let opened = ground.opened().await;
    let folder = opened.gpo(id, GpoParts::Location).await.unwrap().sysvol_folder();
    let before = opened.sysvol_security(&folder).await.unwrap();
    let add = ground.change(&gpo, PermissionChange::Add(permission(Level::GpoEdit, false)));
    let plan = add.plan(&ground.context.store, &Task::default()).await.unwrap();
    assert_eq!(plan.describe().len(), 2, "{:?}", plan.describe());
    let entry = ground.run(&add).await.unwrap().unwrap();
    let list = SecurityDescriptor::from_bytes(&opened.sysvol_security(&folder).await.unwrap()).unwrap();
    assert_eq!(entries_of(&list, &somebody().sid), [format!("(A;OICI;0x1201ff;;;{})", somebody().sid)]);
    assert!(list.dacl.acl().unwrap().aces().all(|ace| ace.object.is_none()));
    assert!(check_gpo_acl(&opened, id, &Task::default()).await.unwrap().is_consistent());
    // It is handed down to the files.
    let file = SecurityDescriptor::from_bytes(&opened.sysvol_security(&folder.join("GPT.INI").unwrap()).await.unwrap())
        .unwrap();
    assert!(file.dacl.acl().unwrap().aces().any(|ace| ace.sid == somebody().sid && ace.is_inherited()));
    undo(&ground.context, entry, &Task::default()).await.unwrap();
    assert_eq!(opened.sysvol_security(&folder).await.unwrap(), before);
}

#[tokio::test]
async fn who_may_create_gpos_may_add_to_their_folder() {
    let ground = Ground::new().await;
    let gpos = Secured::GpoCreation(ground.domain.clone());
    let opened = ground.opened().await;
    let folder = || async {
        SecurityDescriptor::from_bytes(&opened.sysvol_security(&policies_folder()).await.unwrap()).unwrap()
    };
    let before = folder().await.to_sddl(&SddlContext::default());
    ground.run(&ground.change(&gpos, PermissionChange::Add(permission(Level::SomGpoCreate, false)))).await.unwrap();
    assert_eq!(entries_of(&folder().await, &somebody().sid), [format!("(A;;0x1200af;;;{})", somebody().sid)]);
    ground.run(&ground.change(&gpos, PermissionChange::RemoveTrustee(somebody()))).await.unwrap();
    assert_eq!(folder().await.to_sddl(&SddlContext::default()), before);
}

#[tokio::test]
async fn nobody_loses_what_somebody_else_gives_meanwhile() {
    let ground = Ground::new().await;
    let gpo = ground.secured_gpo().await;
    let others: Vec<Trustee> =
        (5000..5010).map(|rid| Trustee::unresolved(format!("S-1-5-21-1-2-3-{rid}").parse().unwrap())).collect();
    let edits = others.iter().map(|trustee| {
        let permission = Permission::new(trustee.clone(), Level::GpoRead, false).unwrap();
        ground.change(&gpo, PermissionChange::Add(permission))
    });
    let edits: Vec<ChangePermissions> = edits.collect();
    let journals: Vec<_> = edits.iter().map(|_| tempfile::tempdir().unwrap()).collect();
    // Each edit of a client of its own.
    let contexts: Vec<ChangeContext> = journals
        .iter()
        .map(|folder| ChangeContext {
            store: Arc::clone(&ground.context.store),
            journal: Journal::open(folder.path()).unwrap(),
        })
        .collect();
    let task = Task::default();
    let runs = edits.iter().zip(&contexts).map(|(edit, context)| carry_out(context, edit, &task));
    for outcome in futures::future::join_all(runs).await {
        outcome.unwrap();
    }
    let info = ground.info(&gpo).await;
    assert!(others.iter().all(|trustee| info.grants(&trustee.sid, Level::GpoRead)), "{info:?}");
    let Secured::Gpo(_, id) = gpo else { unreachable!() };
    assert!(check_gpo_acl(&ground.opened().await, id, &Task::default()).await.unwrap().is_consistent());
}

#[tokio::test]
async fn what_keeps_policy_from_being_applied_is_refused_or_told() {
    let ground = Ground::new().await;
    let filter = ground.filter().await;
    let everybody = Trustee::unresolved(Sid::authenticated_users());
    assert!(everybody_can_read(&ground.descriptor(&filter).await));
    let before = ground.sddl(&filter).await;
    let error =
        ground.run(&ground.change(&filter, PermissionChange::RemoveTrustee(everybody.clone()))).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::PermissionRefused, "{error}");
    assert_eq!(ground.sddl(&filter).await, before);
    let gpo = ground.secured_gpo().await;
    let task = Task::default();
    carry_out(&ground.context, &ground.change(&gpo, PermissionChange::RemoveTrustee(everybody)), &task).await.unwrap();
    assert!(!computers_can_read(&ground.descriptor(&gpo).await, None));
    let told: Vec<_> = task.messages().into_iter().map(|message| (message.id, message.severity)).collect();
    assert_eq!(told, [(MessageId::ComputersCannotRead, Severity::Warning)]);
    let link = ground.change(&gpo, PermissionChange::Add(permission(Level::SomLink, false)));
    let error = ground.run(&link).await.unwrap_err();
    assert_eq!(error.to_string(), "`Link GPOs` is no permission on a GPO");
}

#[tokio::test]
async fn a_whole_list_is_replaced_by_another() {
    let ground = Ground::new().await;
    let gpo = ground.secured_gpo().await;
    let mut info = ground.info(&gpo).await;
    let gone =
        info.permissions.iter().find(|row| row.level == Level::GpoEditSecurityAndDelete).unwrap().trustee.sid.clone();
    info.permissions.retain(|row| row.trustee.sid != gone);
    info.add(&permission(Level::GpoApply, false)).unwrap();
    let edit = SetSecurityInfo { of: gpo.clone(), name: "it".to_owned(), info: info.clone() };
    ground.run(&edit).await.unwrap().unwrap();
    let written = ground.info(&gpo).await;
    assert_eq!(written, info);
    assert_eq!(ground.run(&edit).await.unwrap(), None);
    // The list of a domain speaks of all places where something is created.
    let domain = Secured::Som(SomType::Domain, ground.root());
    let mut info = ground.info(&domain).await;
    for level in [Level::SomLink, Level::SomGpoCreate, Level::SomWmiFullControl, Level::SomStarterGpoCreate] {
        assert!(info.add(&permission(level, true)).unwrap());
    }
    ground.run(&SetSecurityInfo { of: domain.clone(), name: "it".to_owned(), info }).await.unwrap().unwrap();
    let written = ground.info(&domain).await;
    let levels: Vec<Level> =
        written.permissions.iter().filter(|row| row.trustee.sid == somebody().sid).map(|row| row.level).collect();
    assert_eq!(levels, [Level::SomLink, Level::SomGpoCreate, Level::SomWmiFullControl, Level::SomStarterGpoCreate]);
    let opened = ground.opened().await;
    let folder = opened.sysvol_security(&starter_gpo_folder()).await.unwrap();
    let info = SecurityInfo::from_bytes(SecuredObject::StarterGposFolder, &folder).unwrap();
    assert!(info.grants(&somebody().sid, Level::SomStarterGpoCreate));
}

#[tokio::test]
async fn descriptors_are_written_part_by_part() {
    let ground = Ground::new().await;
    let gpo = ground.secured_gpo().await;
    let seen = ground.descriptor(&gpo).await;
    let mut wanted = seen.clone();
    wanted.owner = Some(somebody().sid);
    let AclState::Present(acl) = &mut wanted.dacl else { panic!() };
    let denial = Ace::deny(somebody().sid, AccessMask::CONTROL_ACCESS, AceFlags::CONTAINER_INHERIT);
    acl.entries.insert(0, AclEntry::Ace(denial));
    let edit = |parts: SdParts| SetSecurityDescriptor {
        of: gpo.clone(),
        name: "it".to_owned(),
        parts,
        descriptor: wanted.clone(),
        seen: Some(seen.clone()),
    };
    ground.run(&edit(SdParts::OWNER)).await.unwrap().unwrap();
    let now = ground.descriptor(&gpo).await;
    assert_eq!((&now.owner, &now.dacl), (&wanted.owner, &seen.dacl));
    ground.run(&edit(SdParts::DACL)).await.unwrap().unwrap();
    assert_eq!(ground.descriptor(&gpo).await.dacl, wanted.dacl);
    // Who saw the list before it changed is told, with both.
    let error = ground.run(&edit(SdParts::DACL)).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::Conflict);
    assert!(error.0.message.contains(&format!("(D;CI;CR;;;{})", somebody().sid)), "{error}");
    let owner = SetOwner { of: gpo.clone(), name: "it".to_owned(), owner: Trustee::unresolved(Sid::system()) };
    assert_eq!(owner.title(), r"Make NT AUTHORITY\SYSTEM the owner of it");
    ground.run(&owner).await.unwrap().unwrap();
    assert_eq!(ground.descriptor(&gpo).await.owner, Some(Sid::system()));
}

#[tokio::test]
async fn a_folder_that_does_not_fit_is_made_to() {
    let ground = Ground::new().await;
    let gpo = ground.secured_gpo().await;
    let Secured::Gpo(_, id) = gpo else { unreachable!() };
    let edit = MakeAclConsistent { domain: ground.domain.clone(), id, name: "it".to_owned() };
    assert_eq!(ground.run(&edit).await.unwrap(), None);
    let opened = ground.opened().await;
    let descriptor = ground.sddl(&gpo).await;
    ground.put(&opened.gpo_dn(id), &format!("{descriptor}(A;CI;0x20014;;;WD)")).await;
    assert!(!check_gpo_acl(&opened, id, &Task::default()).await.unwrap().is_consistent());
    let directory = ground.sddl(&gpo).await;
    ground.run(&edit).await.unwrap().unwrap();
    assert!(check_gpo_acl(&opened, id, &Task::default()).await.unwrap().is_consistent());
    assert_eq!(ground.sddl(&gpo).await, directory);
}
