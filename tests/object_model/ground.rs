//! Where the members are tried: the same objects in the demo forest and in the lab's domain.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use opengpmc::gpm::{
    Backup, Domain, Forest, ForestSnapshot, Gpo, HResult, LoadOptions, Som, StarterGpo, Task, WmiFilter,
};
use opengpmc::ident::{Dn, DnsName, Guid, Sid};
use opengpmc::operation::admin::security::MakeAclConsistent;
use opengpmc::operation::admin::{CopyStarterGpo, DeleteStarterGpo, GpoToEdit, LoadStarterGpo};
use opengpmc::operation::edit::{Edit, carry_out};
use opengpmc::operation::{
    BackupOptions, ChangeContext, Journal, Reporting, SaveStarterOptions, SystemStarter, back_up_gpo,
    back_up_starter_gpo, save_starter_gpo,
};
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::{self, Attribute, Change, ConnectTarget, ForestStore, SdParts, StoreErrorKind, SysvolPath, demo};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::common::small_domain::{self, Settings};
use crate::lab::Lab;

/// A custom starter GPO of the demo forest.
pub const STARTER: Guid = Guid::from_u128(0x3A3CCEDD_59FC_4AC2_83E2_A80DCA76CE72);

/// The name of the GPO with something of everything.
pub const GPO_NAME: &str = "Object Model";

/// Somebody of another domain: no account of either forest.
pub const CLERKS: &str = "S-1-5-21-1-2-3-1101";

/// A forest with a few objects of its own, to be read by all members; those that write make their own.
pub struct Ground {
    /// The forest.
    pub store: Arc<dyn ForestStore>,
    /// The domain.
    pub domain: Domain,
    /// The forest as it was when its objects had been made.
    pub forest: Arc<ForestSnapshot>,
    /// For backups, tables and the journal.
    pub folder: tempfile::TempDir,
    /// An OU with two links and an OU below it, `Inner`.
    pub ou: Dn,
    /// The GPO with something of everything; link 1 of the OU, enabled.
    pub gpo: Guid,
    /// Another GPO; link 2 of the OU, disabled and enforced.
    pub other: Guid,
    /// The WMI filter of the GPO.
    pub filter: Guid,
    /// A site that links the GPO.
    pub site: Dn,
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap());

/// Runs a check on the demo forest, then on the lab's domain, where there is one.
pub fn everywhere(check: impl AsyncFn(&Ground)) {
    RUNTIME.block_on(async {
        check(in_demo().await).await;
        if let Some(ground) = in_lab().await {
            check(ground).await;
        }
    });
}

async fn in_demo() -> &'static Ground {
    static GROUND: OnceCell<Ground> = OnceCell::const_new();
    GROUND.get_or_init(async || Ground::new(demo::open().await.unwrap()).await).await
}

async fn in_lab() -> Option<&'static Ground> {
    static GROUND: OnceCell<Ground> = OnceCell::const_new();
    let lab = Lab::get()?;
    let prepare = async || {
        let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
        Ground::new(store::open(&target, &lab.admin(), &lab.options()).await.unwrap()).await
    };
    Some(GROUND.get_or_init(prepare).await)
}

impl Ground {
    async fn new(store: Arc<dyn ForestStore>) -> Ground {
        let name = store.directory().root_dse().domain.clone();
        let domain = Domain::open(&store, &name).await.unwrap();
        let (ou, gpo, other) = make_objects(&store, &domain).await;
        let filter = make_wmi_filter(&domain, gpo).await;
        let site = make_site(&store, &domain.gpo_dn(gpo)).await;
        bring_starter(&domain).await;
        let forest = load(&store).await;
        Ground { store, domain, forest, folder: tempfile::tempdir().unwrap(), ou, gpo, other, filter, site }
    }

    /// Returns the name of the domain.
    pub fn name(&self) -> &DnsName {
        self.domain.name()
    }

    /// Returns the GPO with something of everything.
    pub fn gpo(&self) -> &Gpo {
        self.forest.gpo(self.name(), self.gpo).unwrap()
    }

    /// Returns the OU.
    pub fn som(&self) -> &Som {
        let domain = self.forest.domain(self.name()).unwrap();
        &domain.soms[domain.som_index(&self.ou).unwrap().0]
    }

    /// Returns the WMI filter.
    pub fn wmi_filter(&self) -> &WmiFilter {
        self.forest.domain(self.name()).unwrap().wmi_filter(self.filter).unwrap()
    }

    /// Reads the starter GPO.
    pub async fn starter(&self) -> StarterGpo {
        self.domain.starter_gpo(STARTER).await.unwrap()
    }

    /// Reads the forest anew.
    pub async fn load(&self) -> Arc<ForestSnapshot> {
        load(&self.store).await
    }

    /// Reads a GPO anew.
    pub async fn read_gpo(&self, id: Guid) -> Gpo {
        self.domain.gpo(id, opengpmc::gpm::GpoParts::All).await.unwrap()
    }

    /// Returns where operations write, with a journal of its own.
    pub fn context(&self) -> ChangeContext {
        let journal = Journal::open(&self.folder.path().join(format!("journal {}", Guid::random()))).unwrap();
        ChangeContext { store: self.store.clone(), journal }
    }

    /// Makes a GPO for a test that changes it.
    pub async fn new_gpo(&self, name: &'static str) -> Guid {
        let id = Guid::random();
        small_domain::write_gpo(&*self.store, self.name(), &id.to_string(), &settings(name)).await;
        id
    }

    /// Makes an OU for a test that changes it.
    pub async fn new_ou(&self, name: &str) -> Dn {
        let dn = self.ou.child("OU", &format!("{name} {}", Guid::random().hyphenated()));
        make_ou(&self.domain, &dn).await;
        dn
    }

    /// Makes an OU with a GPO that applies to everybody who lies there, and names the WMI filter.
    pub async fn new_ou_with_gpo(&self, name: &'static str) -> (Dn, Guid) {
        let (ou, id) = (self.new_ou(name).await, self.new_gpo(name).await);
        let (directory, gpo) = (self.domain.directory(), self.domain.gpo_dn(id));
        set_dacl(&self.domain, &gpo, &format!("(OA;CI;CR;{APPLY};;AU)")).await;
        let filter = Attribute::text("gPCWQLFilter", format!("[{};{};0]", self.name(), self.filter));
        directory.modify(&gpo, &[Change::Replace(filter)]).await.unwrap();
        let link = Attribute::text("gPLink", format!("[LDAP://{gpo};0]"));
        directory.modify(&ou, &[Change::Replace(link)]).await.unwrap();
        (ou, id)
    }

    /// Carries out an edit that something comes of.
    pub async fn edit(&self, edit: &dyn Edit) {
        let edited = carry_out(&self.context(), edit, &Task::default()).await.unwrap();
        assert!(edited.entry.is_some(), "{}: something changed", edit.title());
    }

    /// Carries out an edit that is refused, and returns why.
    pub async fn refused(&self, edit: &dyn Edit) -> HResult {
        carry_out(&self.context(), edit, &Task::default()).await.unwrap_err().0.code
    }

    /// Copies the starter GPO, under a name of its own.
    pub async fn copy_starter(&self, name: &str) -> Guid {
        let id = Guid::random();
        let edit = CopyStarterGpo {
            source: self.store.clone(),
            original: self.starter().await,
            domain: self.name().clone(),
            id,
            name: Some(name.to_owned()),
        };
        self.edit(&edit).await;
        id
    }

    /// Returns the edit that loads a starter GPO from a cabinet.
    pub fn load_starter(&self, cabinet: &Path, overwrite: bool) -> LoadStarterGpo {
        LoadStarterGpo { domain: self.name().clone(), cabinet: cabinet.to_owned(), new_id: Guid::random(), overwrite }
    }

    /// Deletes a starter GPO.
    pub async fn delete_starter(&self, id: Guid) {
        self.edit(&DeleteStarterGpo { domain: self.name().clone(), id, name: "it".to_owned() }).await;
    }

    /// Returns a GPO as edits take it.
    pub fn to_edit(&self, id: Guid) -> GpoToEdit {
        GpoToEdit { domain: self.name().clone(), id, name: "it".to_owned() }
    }

    /// Gives the folder of a GPO the list that its container asks for.
    pub async fn make_consistent(&self, id: Guid) {
        let edit = MakeAclConsistent { domain: self.name().clone(), id, name: "it".to_owned() };
        carry_out(&self.context(), &edit, &Task::default()).await.unwrap();
    }

    /// Gives the folder of a GPO a list that its container does not ask for.
    pub async fn set_folder_access(&self, id: Guid) {
        let folder = SysvolPath::parse(&format!("Policies/{id}")).unwrap();
        let sysvol = self.domain.sysvol().await.unwrap();
        let sddl = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)";
        let list = SecurityDescriptor::from_sddl(sddl, &SddlContext::default()).unwrap().to_bytes().unwrap();
        sysvol.set_security(&folder, SdParts::DACL, &list).await.unwrap();
    }

    /// Reads an OU anew.
    pub async fn read_som(&self, dn: &Dn) -> Som {
        let forest = self.load().await;
        let domain = forest.domain(self.name()).unwrap();
        domain.soms[domain.som_index(dn).unwrap().0].clone()
    }

    /// Makes a folder.
    pub fn new_folder(&self) -> PathBuf {
        let folder = self.folder.path().join(Guid::random().to_string());
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    /// Backs the GPO up into a folder of its own.
    pub async fn back_up(&self) -> Backup {
        self.back_up_of(self.gpo).await
    }

    /// Backs a GPO up into a folder of its own.
    pub async fn back_up_of(&self, id: Guid) -> Backup {
        self.back_up_into(id, &self.new_folder()).await
    }

    /// Backs a GPO up into a folder.
    pub async fn back_up_into(&self, id: Guid, folder: &Path) -> Backup {
        let options = BackupOptions { comment: "as it was".to_owned(), ..BackupOptions::default() };
        let (forest, task) = (self.load().await, Task::default());
        let gpo = forest.gpo(self.name(), id).unwrap();
        back_up_gpo(&self.store, &forest, gpo, folder, &options, &reporting(), &task).await.unwrap()
    }

    /// Backs the starter GPO up into a folder of its own.
    pub async fn back_up_starter(&self) -> Backup {
        let folder = self.new_folder();
        back_up_starter_gpo(&self.domain, STARTER, &folder, "as it was", &reporting(), &Task::default()).await.unwrap()
    }
}

/// Saves the starter GPO in a cabinet as a system one with an id of its own.
pub async fn save_as_system(ground: &Ground) -> (PathBuf, Guid) {
    let (file, id) = (ground.new_folder().join("system.cab"), Guid::random());
    let system = SystemStarter {
        language: "en-US".to_owned(),
        author: "An author".to_owned(),
        product: "A product".to_owned(),
        id: Some(id),
        version: "12.345".to_owned(),
    };
    let options = SaveStarterOptions { overwrite: false, as_system: Some(system) };
    let saved = save_starter_gpo(&ground.domain, STARTER, &file, &options, &reporting(), &Task::default()).await;
    assert_eq!(saved.unwrap(), id);
    (file, id)
}

/// Returns reporting without templates.
pub fn reporting() -> Reporting {
    Reporting::new(Arc::default())
}

async fn load(store: &Arc<dyn ForestStore>) -> Arc<ForestSnapshot> {
    Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap()
}

fn settings(name: &'static str) -> Settings {
    Settings { name, is_filtered: false, ..small_domain::as_backed_up() }
}

async fn make_ou(domain: &Domain, dn: &Dn) {
    domain.directory().add(dn, &[Attribute::text("objectClass", "organizationalUnit")]).await.unwrap();
}

/// Makes the OUs, the GPOs and the links.
async fn make_objects(store: &Arc<dyn ForestStore>, domain: &Domain) -> (Dn, Guid, Guid) {
    let ids = [Guid::random(), Guid::random()];
    for (id, name) in ids.into_iter().zip([GPO_NAME, "Another"]) {
        small_domain::write_gpo(&**store, domain.name(), &id.to_string(), &settings(name)).await;
    }
    set_dacl(domain, &domain.gpo_dn(ids[0]), &format!("(A;CI;LCRPRC;;;{CLERKS})")).await;
    let ou = domain.name().to_domain_dn().child("OU", &format!("Object Model {}", Guid::random().hyphenated()));
    make_ou(domain, &ou).await;
    make_ou(domain, &ou.child("OU", "Inner")).await;
    let blocked = Change::Replace(Attribute::text("gPOptions", "1"));
    domain.directory().modify(&ou.child("OU", "Inner"), &[blocked]).await.unwrap();
    set_dacl(
        domain,
        &ou,
        &format!("(OA;CI;RPWP;{GP_LINK};;{CLERKS})(OA;CI;RPWP;{GP_OPTIONS};;{CLERKS})(OA;CI;CR;{PLANNING};;{CLERKS})"),
    )
    .await;
    let [gpo, other] = ids.map(|id| domain.gpo_dn(id));
    let links = format!("[LDAP://{other};3][LDAP://{gpo};0]");
    domain.directory().modify(&ou, &[Change::Replace(Attribute::text("gPLink", links))]).await.unwrap();
    (ou, ids[0], ids[1])
}

const GP_LINK: &str = "f30e3bbe-9ff0-11d1-b603-0000f80367c1";
const GP_OPTIONS: &str = "f30e3bbf-9ff0-11d1-b603-0000f80367c1";
const APPLY: &str = "edacfd8f-ffb3-11d1-b41d-00a0c968f939";
const PLANNING: &str = "b7b1b3dd-ab09-4242-9e30-9980e5d322f7";

/// Gives an object a DACL with what administrators and readers need, and these entries.
async fn set_dacl(domain: &Domain, dn: &Dn, more: &str) {
    let head = domain.directory().read(&domain.name().to_domain_dn(), &["objectSid"], None).await.unwrap();
    let sid = Sid::from_bytes(head.bytes("objectSid").unwrap()).unwrap();
    let context = SddlContext { domain: Some(sid.clone()), forest_root: Some(sid) };
    let sddl = format!(
        "D:P(A;CI;RPWPCCDCLCSWLODTRCWDWOSD;;;DA)(A;CI;RPWPCCDCLCSWLODTRCWDWOSD;;;SY)(A;CI;LCRPLORC;;;AU){more}"
    );
    let descriptor = SecurityDescriptor::from_sddl(&sddl, &context).unwrap().to_bytes().unwrap();
    let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor };
    domain.directory().modify(dn, &[change]).await.unwrap();
}

/// Makes a site that links the GPO.
async fn make_site(store: &Arc<dyn ForestStore>, gpo: &Dn) -> Dn {
    let directory = store.directory();
    let sites = directory.root_dse().configuration_dn.child("CN", "Sites");
    let dn = sites.child("CN", &format!("Object-Model-{}", Guid::random().hyphenated()));
    let attributes = [Attribute::text("objectClass", "site"), Attribute::text("gPLink", format!("[LDAP://{gpo};0]"))];
    directory.add(&dn, &attributes).await.unwrap();
    dn
}

/// Makes a WMI filter and names it in the GPO.
async fn make_wmi_filter(domain: &Domain, gpo: Guid) -> Guid {
    let directory = domain.directory();
    // A fresh Samba domain has neither container.
    let container = domain.wmi_filter_container();
    for dn in [container.parent().unwrap(), container.clone()] {
        match directory.add(&dn, &[Attribute::text("objectClass", "container")]).await {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind, StoreErrorKind::AlreadyExists),
        }
    }
    let id = Guid::random();
    let attributes = [
        Attribute::text("objectClass", "msWMI-Som"),
        Attribute::text("msWMI-ID", id.to_string()),
        Attribute::text("msWMI-Name", "Laptops"),
        Attribute::text("msWMI-Parm1", "Runs on batteries"),
        Attribute::text("msWMI-Parm2", r"1;3;10;27;WQL;root\CIMv2;SELECT * FROM Win32_Battery;"),
    ];
    let dn = container.child("CN", &id.to_string());
    directory.add(&dn, &attributes).await.unwrap();
    set_dacl(domain, &dn, &format!("(A;;LCSWRPWPLORC;;;{CLERKS})")).await;
    let reference = format!("[{};{id};0]", domain.name());
    let change = Change::Replace(Attribute::text("gPCWQLFilter", reference));
    directory.modify(&domain.gpo_dn(gpo), &[change]).await.unwrap();
    id
}

/// Brings a starter GPO of the demo forest into the domain, as a cabinet.
async fn bring_starter(domain: &Domain) {
    if domain.starter_gpo(STARTER).await.is_ok() {
        return;
    }
    let demo: Arc<dyn ForestStore> = demo::open().await.unwrap();
    let source = Domain::open(&demo, &demo.directory().root_dse().domain).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (file, options, task) = (folder.path().join("x.cab"), SaveStarterOptions::default(), Task::default());
    save_starter_gpo(&source, STARTER, &file, &options, &reporting(), &task).await.unwrap();
    let journal = Journal::open(&folder.path().join("journal")).unwrap();
    let context = ChangeContext { store: domain.store().clone(), journal };
    let (domain, new_id) = (domain.name().clone(), Guid::random());
    let edit = LoadStarterGpo { domain, cabinet: file, new_id, overwrite: false };
    carry_out(&context, &edit, &task).await.unwrap();
}
