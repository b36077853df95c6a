//! WMI filters and starter GPOs on the lab's domain: each change is written as wanted, and undone, to the last attribute.

use std::path::Path;

use opengpmc::format::{CabinetFile, write_cabinet};
use opengpmc::gpm::{
    Domain, GpoParts, Permission, PermissionType, Task, Trustee, WmiFilter, WmiQuery, starter_gpo_folder,
};
use opengpmc::ident::Guid;
use opengpmc::operation::admin::security::{ChangePermissions, PermissionChange, Secured, read_security_info};
use opengpmc::operation::admin::{
    CopyStarterGpo, CopyWmiFilter, CreateGpo, CreateWmiFilter, DeleteGpo, DeleteStarterGpo, DeleteWmiFilter,
    EditWmiFilter, GpoToEdit, LoadStarterGpo, RestoreStarterGpo, SetGpoWmiFilter, export_wmi_filter,
    read_wmi_filter_file,
};
use opengpmc::operation::edit::{Edit, carry_out, undo};
use opengpmc::operation::{ChangeContext, Journal, Reporting, back_up_starter_gpo};
use opengpmc::store::{self, ConnectTarget};

use crate::common::forest_state::State;

use super::lab::{Lab, whole_domain};

struct Ground {
    context: ChangeContext,
    domain: Domain,
    /// The GPO that uses a filter.
    gpo: GpoToEdit,
    folder: tempfile::TempDir,
}

impl Ground {
    async fn new(lab: &Lab) -> Self {
        let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
        let store = store::open(&target, &lab.admin(), &lab.options()).await.unwrap();
        let domain = Domain::open(&store, &lab.domain).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal")).unwrap();
        let gpo = GpoToEdit { domain: lab.domain.clone(), id: Guid::random(), name: "Filtered by a test".to_owned() };
        Ground { context: ChangeContext { store, journal }, domain, gpo, folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Reads all that the edits may change.
    async fn state(&self) -> State {
        let directory = self.domain.directory();
        let filters = State::of_directory(&**directory, &self.domain.wmi_filter_container().parent().unwrap()).await;
        let gpo = State::of_gpo(&self.context.store, self.domain.name(), self.gpo.id).await;
        let sysvol = self.domain.sysvol().await.unwrap();
        filters.with(gpo).with(State::of_sysvol(&*sysvol, &starter_gpo_folder()).await)
    }

    async fn done(&self, edit: &dyn Edit) -> Guid {
        let edited = carry_out(&self.context, edit, &Task::default()).await;
        edited.unwrap_or_else(|error| panic!("{}: {error}", edit.title())).entry.unwrap()
    }

    /// Does it and undoes it, twice: nothing differs from before then. Leaves it done, with what it did looked at.
    async fn check(&self, edit: &dyn Edit, look: impl AsyncFn()) {
        let title = edit.title();
        let before = self.state().await;
        let entry = self.done(edit).await;
        let after = self.state().await;
        assert!(!before.differences(&after).is_empty(), "{title} does nothing");
        look().await;
        let undone = self.undone(entry, &title).await;
        assert_eq!(before.differences(&self.state().await), Vec::<String>::new(), "{title}, undone");
        let redone = self.undone(undone, &title).await;
        assert_eq!(after.differences(&self.state().await), Vec::<String>::new(), "{title}, done again");
        self.undone(redone, &title).await;
        assert_eq!(before.differences(&self.state().await), Vec::<String>::new(), "{title}, undone again");
        self.done(edit).await;
    }

    async fn undone(&self, entry: Guid, title: &str) -> Guid {
        let undone = undo(&self.context, entry, &Task::default()).await;
        undone.unwrap_or_else(|error| panic!("undo of {title}: {error}")).entry.unwrap()
    }

    async fn filters(&self) -> Vec<WmiFilter> {
        let found = self.domain.wmi_filters().await.unwrap();
        assert_eq!(found.problems.len(), 0, "{:?}", found.problems);
        found.values
    }

    async fn filter(&self, id: Guid) -> WmiFilter {
        self.filters().await.into_iter().find(|filter| filter.id == id).unwrap()
    }

    /// Returns the filter of the GPO.
    async fn filter_of_gpo(&self) -> Option<Guid> {
        let gpo = self.domain.gpo(self.gpo.id, GpoParts::Details).await.unwrap();
        gpo.wmi_filter.map(|filter| filter.id)
    }
}

fn query(text: &str) -> WmiQuery {
    WmiQuery { namespace: r"root\CIMv2".to_owned(), language: "WQL".to_owned(), query: text.to_owned() }
}

#[tokio::test]
async fn each_change_of_a_wmi_filter_is_written_and_undone() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let ground = Ground::new(&lab).await;
    let (domain, task) = (lab.domain.clone(), Task::default());
    let GpoToEdit { id, name, .. } = ground.gpo.clone();
    ground.done(&CreateGpo { domain: domain.clone(), id, name, starter: None, comment: None, link_to: None }).await;

    // Containers that a bare domain does not have come and go with the first one.
    let queries = vec![query("SELECT * FROM Win32_Battery")];
    let create = CreateWmiFilter::new(domain.clone(), "By a test".to_owned(), "Größe & Maß".to_owned(), queries);
    ground
        .check(&create, async || {
            let made = ground.filter(create.id).await;
            assert_eq!(
                (&made.name, &made.description, &made.queries),
                (&create.name, &create.description, &create.queries)
            );
            assert_eq!(made.author, format!("{}@{}", lab.user, lab.domain));
        })
        .await;
    let seen = ground.filter(create.id).await;
    let several = vec![query("SELECT * FROM Win32_Battery WHERE Name = 'ä;1;2'"), query("SELECT * FROM Win32_Fan")];
    let edit = EditWmiFilter { queries: several.clone(), ..EditWmiFilter::of(&seen) };
    ground.check(&edit, async || assert_eq!(ground.filter(seen.id).await.queries, several)).await;
    let seen = ground.filter(create.id).await;
    let edit = EditWmiFilter { name: "Renamed by a test".to_owned(), ..EditWmiFilter::of(&seen) };
    ground.check(&edit, async || assert_eq!(ground.filter(seen.id).await.name, "Renamed by a test")).await;
    for description in ["", "ends with a blank "] {
        let seen = ground.filter(create.id).await;
        let edit = EditWmiFilter { description: description.to_owned(), ..EditWmiFilter::of(&seen) };
        ground.check(&edit, async || assert_eq!(ground.filter(seen.id).await.description, description)).await;
    }
    let seen = ground.filter(create.id).await;
    let link = SetGpoWmiFilter { gpo: ground.gpo.clone(), filter: Some(seen.id), filter_name: seen.name.clone() };
    ground.check(&link, async || assert_eq!(ground.filter_of_gpo().await, Some(seen.id))).await;

    let copy = CopyWmiFilter { source: seen.clone(), target: domain.clone(), id: Guid::random(), name: None };
    ground
        .check(&copy, async || {
            let made = ground.filter(copy.id).await;
            assert_eq!((made.name, made.queries), (format!("Copy of {}", seen.name), seen.queries.clone()));
        })
        .await;
    let file = ground.path("filter.mof");
    export_wmi_filter(&seen, &file, false).await.unwrap();
    let exported = read_wmi_filter_file(&file).await.unwrap();
    let import = CreateWmiFilter {
        name: "Imported by a test".to_owned(),
        ..CreateWmiFilter::imported(domain.clone(), &exported)
    };
    ground
        .check(&import, async || {
            let made = ground.filter(import.id).await;
            assert_eq!((made.description, made.queries), (seen.description.clone(), seen.queries.clone()));
        })
        .await;

    let somebody = ground.domain.names().await.unwrap();
    let somebody: Trustee = somebody.find(&*ground.context.store, &lab.plain_user, &lab.domain).await.unwrap();
    let of = Secured::WmiFilter(domain.clone(), seen.id);
    for level in [PermissionType::WmiFilterEdit, PermissionType::WmiFilterFullControl] {
        let permission = Permission::new(somebody.clone(), level, false).unwrap();
        let changes = vec![PermissionChange::Add(permission)];
        let edit = ChangePermissions { of: of.clone(), name: seen.name.clone(), changes };
        ground
            .check(&edit, async || {
                let info = read_security_info(&ground.context.store, &of, &task).await.unwrap();
                assert!(info.grants(&somebody.sid, level), "{level:?}: {info:?}");
            })
            .await;
    }

    // It goes with its place in the GPO, and comes back with its permissions and that place.
    let delete = DeleteWmiFilter { domain: domain.clone(), id: seen.id, name: seen.name.clone() };
    ground
        .check(&delete, async || {
            assert!(ground.filters().await.iter().all(|filter| filter.id != seen.id));
            assert_eq!(ground.filter_of_gpo().await, None);
        })
        .await;
    for id in [copy.id, import.id] {
        ground.done(&DeleteWmiFilter { domain: domain.clone(), id, name: "it".to_owned() }).await;
    }
    ground.done(&DeleteGpo { gpo: ground.gpo.clone(), keep_links: true }).await;
}

/// Writes a cabinet of a starter GPO with one setting.
fn cabinet(path: &Path, id: Guid, name: &str, value: u8) {
    let metadata = format!("<StarterGPO><ID>{id}</ID><DisplayName>{name}</DisplayName></StarterGPO>");
    let setting =
        [b"PReg\x01\0\0\0[\0a\0\0\0;\0b\0\0\0;\0\x04\0\0\0;\0\x04\0\0\0;\0".as_slice(), &[value], b"\0\0\0]\0"]
            .concat();
    let files = [("StarterGPO.tmplx", metadata.as_bytes()), ("Machine_Registry.pol", &setting)];
    let files = files.map(|(name, bytes)| CabinetFile { name: name.to_owned(), bytes: bytes.to_vec() });
    std::fs::write(path, write_cabinet(&files).unwrap()).unwrap();
}

#[tokio::test]
async fn starter_gpos_are_loaded_copied_and_restored_and_undone() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let ground = Ground::new(&lab).await;
    let (domain, id) = (lab.domain.clone(), Guid::random());
    let load = |value: u8| {
        let file = ground.path(&format!("{value}.cab"));
        cabinet(&file, id, "By a test", value);
        LoadStarterGpo { domain: domain.clone(), cabinet: file, new_id: Guid::random(), overwrite: true }
    };
    ground.check(&load(1), async || assert_eq!(ground.domain.starter_gpo(id).await.unwrap().id, id)).await;
    let original = ground.domain.starter_gpo(id).await.unwrap();
    let folder = ground.path("backups");
    let reporting = Reporting::new(Default::default());
    let backup = back_up_starter_gpo(&ground.domain, id, &folder, "", &reporting, &Task::default()).await.unwrap();
    // Permissions of its own stay when it is replaced.
    let names = ground.domain.names().await.unwrap();
    let somebody = names.find(&*ground.context.store, &lab.plain_user, &lab.domain).await.unwrap();
    let permission = Permission::new(somebody.clone(), PermissionType::StarterGpoEdit, true).unwrap();
    let of = Secured::StarterGpo(domain.clone(), id);
    let grants = async || {
        let info = read_security_info(&ground.context.store, &of, &Task::default()).await.unwrap();
        info.grants(&somebody.sid, PermissionType::StarterGpoEdit)
    };
    let changes = vec![PermissionChange::Add(permission)];
    let delegate = ChangePermissions { of: of.clone(), name: "it".to_owned(), changes };
    ground.check(&delegate, async || assert!(grants().await)).await;
    ground.check(&load(2), async || assert!(grants().await)).await;
    let restore = RestoreStarterGpo { domain: domain.clone(), backup };
    ground.check(&restore, async || assert!(grants().await)).await;
    let copy = CopyStarterGpo {
        source: ground.context.store.clone(),
        original,
        domain: domain.clone(),
        id: Guid::random(),
        name: None,
    };
    ground
        .check(&copy, async || {
            assert_eq!(ground.domain.starter_gpo(copy.id).await.unwrap().display_name, "Copy of By a test");
        })
        .await;
    let delete = |id| DeleteStarterGpo { domain: domain.clone(), id, name: "it".to_owned() };
    ground.check(&delete(id), async || assert!(ground.domain.starter_gpo(id).await.is_err())).await;
    ground.done(&delete(copy.id)).await;
}
