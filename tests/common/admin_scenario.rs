//! The changes of an administrator, to be broken off: what each begins with, and the edit itself.

use std::sync::Arc;

use opengpmc::format::{CabinetFile, write_cabinet};
use opengpmc::gpm::{
    Domain, GpoStatus, OperationError, Permission, PermissionType, Task, Trustee, WmiQuery, starter_gpo_folder,
};
use opengpmc::ident::{Dn, DnsName, Guid};
use opengpmc::operation::ChangeContext;
use opengpmc::operation::admin::link::{EditLinks, LinkChange, LinkId, MoveLink};
use opengpmc::operation::admin::ou::{CreateOu, DeleteOu, RenameOu};
use opengpmc::operation::admin::security::{ChangePermissions, PermissionChange, Secured};
use opengpmc::operation::admin::{
    CopyStarterGpo, CreateGpo, CreateStarterGpo, CreateWmiFilter, DeleteGpo, DeleteStarterGpo, DeleteWmiFilter,
    EditWmiFilter, GpoToEdit, LoadStarterGpo, RenameGpo, SetGpoComment, SetGpoStatus,
};
use opengpmc::operation::edit::{Edit, carry_out, undo, undo_list};
use opengpmc::store::{Attribute, Change, ForestStore, StoreErrorKind, SysvolPath};

use super::forest_state::State;
use super::small_domain::{BASELINE, IMPORTED, container, guid, make_folders};

/// What an administrator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Admin {
    CreateGpo,
    /// From a starter GPO, linked at once, with a comment.
    CreateGpoFromStarter,
    /// With its two links.
    DeleteGpo,
    RenameGpo,
    SetGpoStatus,
    SetGpoComment,
    CreateLink,
    DeleteLink,
    /// From one OU to another.
    MoveLink,
    AddPermission,
    RemovePermission,
    CreateWmiFilter,
    EditWmiFilter,
    /// With the GPO that uses it.
    DeleteWmiFilter,
    CreateStarterGpo,
    DeleteStarterGpo,
    CopyStarterGpo,
    /// In the place of the one that is there.
    LoadStarterGpo,
    CreateOu,
    RenameOu,
    DeleteOu,
    UndoCreateGpo,
    UndoDeleteGpo,
}

impl Admin {
    /// All of them.
    pub const ALL: [Admin; 23] = [
        Admin::CreateGpo,
        Admin::CreateGpoFromStarter,
        Admin::DeleteGpo,
        Admin::RenameGpo,
        Admin::SetGpoStatus,
        Admin::SetGpoComment,
        Admin::CreateLink,
        Admin::DeleteLink,
        Admin::MoveLink,
        Admin::AddPermission,
        Admin::RemovePermission,
        Admin::CreateWmiFilter,
        Admin::EditWmiFilter,
        Admin::DeleteWmiFilter,
        Admin::CreateStarterGpo,
        Admin::DeleteStarterGpo,
        Admin::CopyStarterGpo,
        Admin::LoadStarterGpo,
        Admin::CreateOu,
        Admin::RenameOu,
        Admin::DeleteOu,
        Admin::UndoCreateGpo,
        Admin::UndoDeleteGpo,
    ];
}

const FILTER: &str = "{0000000B-0000-0000-0000-0000000000F1}";
const STARTER: &str = "{0000000B-0000-0000-0000-0000000000F2}";
/// The GPO that is made.
const MADE: &str = "{0000000B-0000-0000-0000-0000000000F3}";
/// What new things are called: by it they are found and removed again.
const NEW: &str = "Broken off, new";
const CLERKS: &str = "S-1-5-21-1-2-3-1101";

/// Returns a cabinet with other settings of the starter GPO that is there.
fn cabinet_of_starter() -> Vec<u8> {
    let metadata = format!("<StarterGPO><ID>{STARTER}</ID><DisplayName>Begin anew</DisplayName></StarterGPO>");
    let files = [("StarterGPO.tmplx", metadata.as_bytes()), ("User_Registry.pol", b"PReg\x01\0\0\0")];
    let files = files.map(|(name, bytes)| CabinetFile { name: name.to_owned(), bytes: bytes.to_vec() });
    write_cabinet(&files).unwrap()
}

/// A domain with two OUs, links, a WMI filter and a starter GPO, beside the two GPOs that are there already.
pub struct AdminGround<'a> {
    /// The forest.
    pub store: &'a Arc<dyn ForestStore>,
    /// The domain.
    pub domain: &'a DnsName,
}

impl AdminGround<'_> {
    fn top(&self) -> Dn {
        self.domain.to_domain_dn().child("OU", "Broken off")
    }

    fn gpo(&self, id: &str) -> GpoToEdit {
        let name = if id == BASELINE { "Baseline" } else { "Imported" };
        GpoToEdit { domain: self.domain.clone(), id: guid(id), name: name.to_owned() }
    }

    fn filters(&self) -> Dn {
        self.domain.to_domain_dn().child("CN", "System").child("CN", "WMIPolicy").child("CN", "SOM")
    }

    fn starter_folder(&self) -> SysvolPath {
        starter_gpo_folder().join(STARTER).unwrap()
    }

    /// Removes what it put there, and what the edits made.
    pub async fn clean_up(&self) {
        let domain = Domain::open(self.store, self.domain).await.unwrap();
        let directory = domain.directory();
        let mut gone = vec![self.top(), self.filters().child("CN", FILTER)];
        if let Ok(filters) = domain.wmi_filters().await {
            gone.extend(filters.values.into_iter().filter(|filter| filter.name == NEW).map(|filter| filter.dn));
        }
        for dn in gone {
            match directory.delete_tree(&dn).await {
                Err(error) if error.kind != StoreErrorKind::NotFound => panic!("{error}"),
                _ => {}
            }
        }
        let sysvol = domain.sysvol().await.unwrap();
        for entry in sysvol.list(&starter_gpo_folder()).await.unwrap_or_default() {
            let folder = starter_gpo_folder().join(&entry.name).unwrap();
            sysvol.remove_tree(&folder).await.unwrap();
        }
    }

    /// Makes it.
    pub async fn prepare(&self, context: &ChangeContext, admin: Admin) {
        self.clean_up().await;
        let directory = self.store.domain_directory(self.domain).await.unwrap();
        let (one, two) = (self.top().child("OU", "One"), self.top().child("OU", "Two"));
        for dn in [&self.top(), &one, &two] {
            directory.add(dn, &[Attribute::text("objectClass", "organizationalUnit")]).await.unwrap();
        }
        let [baseline, imported] = [BASELINE, IMPORTED].map(|id| container(self.domain, id));
        for (som, links) in
            [(&one, format!("[LDAP://{imported};2][LDAP://{baseline};0]")), (&two, format!("[LDAP://{baseline};1]"))]
        {
            let change = Change::Replace(Attribute::text("gPLink", links));
            directory.modify(som, &[change]).await.unwrap();
        }
        for dn in [self.filters().parent().unwrap(), self.filters()] {
            match directory.add(&dn, &[Attribute::text("objectClass", "container")]).await {
                Err(error) if error.kind != StoreErrorKind::AlreadyExists => panic!("{error}"),
                _ => {}
            }
        }
        let attributes = [
            ("objectClass", "msWMI-Som"),
            ("msWMI-ID", FILTER),
            ("msWMI-Name", "Batteries"),
            ("msWMI-Author", "a@b"),
            ("msWMI-Parm1", "Runs on batteries"),
            ("msWMI-Parm2", r"1;3;10;27;WQL;root\CIMv2;SELECT * FROM Win32_Battery;"),
            ("msWMI-CreationDate", "20240201080000.000000-000"),
            ("msWMI-ChangeDate", "20240201080000.000000-000"),
        ];
        let attributes = attributes.map(|(name, value)| Attribute::text(name, value));
        directory.add(&self.filters().child("CN", FILTER), &attributes).await.unwrap();
        let reference = Attribute::text("gPCWQLFilter", format!("[{};{FILTER};0]", self.domain));
        directory.modify(&baseline, &[Change::Replace(reference)]).await.unwrap();
        let machine = self.starter_folder().join("Machine").unwrap();
        make_folders(&**self.store, self.domain, &machine).await;
        let sysvol = self.store.sysvol(self.domain).await.unwrap();
        let metadata = "<StarterGPO><DisplayName>Begin</DisplayName><Description>d</Description><Type>Custom</Type>\
            <ComputerVersion>4</ComputerVersion><UserVersion>0</UserVersion></StarterGPO>";
        sysvol.replace(&self.starter_folder().join("StarterGPO.tmplx").unwrap(), metadata.as_bytes()).await.unwrap();
        let values = b"PReg\x01\0\0\0[\0a\0\0\0;\0b\0\0\0;\0\x04\0\0\0;\0\x04\0\0\0;\0\x01\0\0\0]\0";
        sysvol.replace(&machine.join("Registry.pol").unwrap(), values).await.unwrap();
        let first = match admin {
            Admin::UndoCreateGpo => Admin::CreateGpoFromStarter,
            Admin::UndoDeleteGpo => Admin::DeleteGpo,
            Admin::RemovePermission => Admin::AddPermission,
            _ => return,
        };
        let edit = self.edit(first).await;
        carry_out(context, &*edit, &Task::default()).await.unwrap();
    }

    /// Does it.
    pub async fn run(&self, context: &ChangeContext, admin: Admin, task: &Task) -> Result<(), OperationError> {
        if matches!(admin, Admin::UndoCreateGpo | Admin::UndoDeleteGpo) {
            let newest = undo_list(&context.journal, &**self.store).unwrap().undo[0].id;
            return undo(context, newest, task).await.map(|_| ());
        }
        let edit = self.edit(admin).await;
        let edited = carry_out(context, &*edit, task).await?;
        assert!(edited.entry.is_some() || !task.messages().is_empty(), "{admin:?}: something changed, or was told");
        Ok(())
    }

    async fn edit(&self, admin: Admin) -> Box<dyn Edit> {
        let domain = self.domain.clone();
        let (one, two) = (self.top().child("OU", "One"), self.top().child("OU", "Two"));
        let baseline = container(self.domain, BASELINE);
        let create = CreateGpo {
            domain: domain.clone(),
            id: guid(MADE),
            name: NEW.to_owned(),
            starter: None,
            comment: None,
            link_to: None,
        };
        let query = |text: &str| WmiQuery {
            namespace: r"root\CIMv2".to_owned(),
            language: "WQL".to_owned(),
            query: text.to_owned(),
        };
        let clerks = Trustee::unresolved(CLERKS.parse().unwrap());
        let permission = Permission::new(clerks, PermissionType::GpoEdit, true).unwrap();
        let permissions = |change| ChangePermissions {
            of: Secured::Gpo(domain.clone(), guid(IMPORTED)),
            name: "Imported".to_owned(),
            changes: vec![change],
        };
        match admin {
            Admin::CreateGpo => Box::new(create),
            Admin::CreateGpoFromStarter | Admin::UndoCreateGpo => Box::new(CreateGpo {
                starter: Some(guid(STARTER)),
                comment: Some("from the starter".to_owned()),
                link_to: Some(one),
                ..create
            }),
            Admin::DeleteGpo | Admin::UndoDeleteGpo => {
                Box::new(DeleteGpo { gpo: self.gpo(BASELINE), keep_links: false })
            }
            Admin::RenameGpo => Box::new(RenameGpo { gpo: self.gpo(BASELINE), name: NEW.to_owned() }),
            Admin::SetGpoStatus => {
                Box::new(SetGpoStatus { gpo: self.gpo(BASELINE), status: GpoStatus::AllSettingsDisabled })
            }
            Admin::SetGpoComment => {
                Box::new(SetGpoComment { gpo: self.gpo(BASELINE), seen: None, comment: "another".to_owned() })
            }
            Admin::CreateLink => {
                Box::new(EditLinks::one(two, "Imported", LinkChange::create(container(self.domain, IMPORTED))))
            }
            Admin::DeleteLink => {
                Box::new(EditLinks::one(one, "Baseline", LinkChange::Delete(vec![LinkId::first(baseline)])))
            }
            Admin::MoveLink => Box::new(MoveLink {
                subject: "Imported".to_owned(),
                link: LinkId::first(container(self.domain, IMPORTED)),
                from: one,
                to: two,
            }),
            Admin::AddPermission => Box::new(permissions(PermissionChange::Add(permission))),
            Admin::RemovePermission => Box::new(permissions(PermissionChange::Remove(permission))),
            Admin::CreateWmiFilter => Box::new(CreateWmiFilter::new(
                domain,
                NEW.to_owned(),
                "new".to_owned(),
                vec![query("SELECT * FROM Win32_Fan")],
            )),
            Admin::EditWmiFilter => {
                let filters = Domain::open(self.store, self.domain).await.unwrap().wmi_filters().await.unwrap().values;
                let seen = filters.iter().find(|filter| filter.id == guid(FILTER)).unwrap();
                let queries = vec![query("SELECT * FROM Win32_Fan"), query("SELECT * FROM Win32_Battery")];
                Box::new(EditWmiFilter { name: "Fans".to_owned(), queries, ..EditWmiFilter::of(seen) })
            }
            Admin::DeleteWmiFilter => {
                Box::new(DeleteWmiFilter { domain, id: guid(FILTER), name: "Batteries".to_owned() })
            }
            Admin::CreateStarterGpo => Box::new(CreateStarterGpo {
                domain,
                id: Guid::random(),
                name: NEW.to_owned(),
                description: "new".to_owned(),
            }),
            Admin::DeleteStarterGpo => {
                Box::new(DeleteStarterGpo { domain, id: guid(STARTER), name: "Begin".to_owned() })
            }
            Admin::CopyStarterGpo => {
                let original = Domain::open(self.store, self.domain).await.unwrap();
                let original = original.starter_gpo(guid(STARTER)).await.unwrap();
                let (source, id) = (self.store.clone(), guid(MADE));
                Box::new(CopyStarterGpo { source, original, domain, id, name: None })
            }
            Admin::LoadStarterGpo => {
                let cabinet = std::env::temp_dir().join(format!("opengpmc-broken-off-{}.cab", std::process::id()));
                std::fs::write(&cabinet, cabinet_of_starter()).unwrap();
                Box::new(LoadStarterGpo { domain, cabinet, new_id: guid(MADE), overwrite: true })
            }
            Admin::CreateOu => Box::new(CreateOu { parent: two, name: "Three".to_owned() }),
            Admin::RenameOu => Box::new(RenameOu { ou: two, name: "Second".to_owned() }),
            Admin::DeleteOu => Box::new(DeleteOu { ou: two, with_children: false }),
        }
    }

    /// Reads all that the edits may change beside GPOs.
    pub async fn state(&self) -> State {
        let directory = self.store.domain_directory(self.domain).await.unwrap();
        let sysvol = self.store.sysvol(self.domain).await.unwrap();
        let units = State::of_directory(&*directory, &self.top()).await;
        let filters = State::of_directory(&*directory, &self.filters()).await;
        units.with(filters).with(State::of_sysvol(&*sysvol, &starter_gpo_folder()).await)
    }
}
