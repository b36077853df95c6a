//! What restore, import and copy must do in every store, as one suite run against the forest file and against a domain controller.

use std::path::Path;
use std::sync::Arc;

use opengpmc::format::GptIni;
use opengpmc::gpm::{
    Backup, BackupDir, Domain, Forest, ForestSnapshot, GpoParts, LoadOptions, MessageId, Severity, StatusMessage, Task,
};
use opengpmc::ident::{DnsName, GpoVersion, Guid, WmiFilterRef};
use opengpmc::operation::content::GpoContent;
use opengpmc::operation::migration::MigrationOptions;
use opengpmc::operation::{
    BackupOptions, ChangeContext, CopyOptions, ImportSource, Interrupted, Journal, Reporting, RestoreOptions,
    back_up_gpo, copy_gpo, import_settings, restore_backup,
};
use opengpmc::report::{Side, write_report};
use opengpmc::security::SecurityDescriptor;
use opengpmc::store::{Attribute, Change, ForestStore, SysvolPath};

use super::gpo_state::GpoState;

/// A forest with a journal and a folder for backups.
pub struct Suite {
    pub context: ChangeContext,
    pub domain: DnsName,
    pub folder: tempfile::TempDir,
}

impl Suite {
    pub fn new(store: Arc<dyn ForestStore>, domain: &DnsName) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal")).unwrap();
        Suite { context: ChangeContext { store, journal }, domain: domain.clone(), folder }
    }

    pub fn store(&self) -> &Arc<dyn ForestStore> {
        &self.context.store
    }

    pub async fn state(&self, id: Guid) -> GpoState {
        GpoState::read(self.store(), &self.domain, id).await
    }

    pub async fn gpo_named(&self, name: &str) -> Guid {
        let domain = Domain::open(self.store(), &self.domain).await.unwrap();
        let gpos = domain.gpos(GpoParts::Summary).await.unwrap().values;
        gpos.iter().find(|gpo| gpo.display_name == name).unwrap_or_else(|| panic!("{name}")).id
    }

    pub async fn snapshot(&self) -> Arc<ForestSnapshot> {
        Forest::load(self.store().clone(), &LoadOptions::default(), &Task::default()).await.unwrap()
    }

    pub async fn back_up(&self, id: Guid) -> Backup {
        let sets = self.sets();
        std::fs::create_dir_all(&sets).unwrap();
        let forest = self.snapshot().await;
        let gpo = forest.gpo(&self.domain, id).unwrap();
        let reporting = Reporting::new(Arc::default());
        let options = BackupOptions { comment: "before".to_owned(), ..BackupOptions::default() };
        back_up_gpo(self.store(), &forest, gpo, &sets, &options, &reporting, &Task::default()).await.unwrap()
    }

    pub fn sets(&self) -> std::path::PathBuf {
        self.folder.path().join("sets")
    }

    /// Tells whether nothing in the journal waits to be put back; what is done is kept there for undo.
    pub fn journal_is_empty(&self) -> bool {
        super::unfinished(&self.folder.path().join("journal")).is_empty()
    }

    /// Changes a GPO in every way a restore must undo.
    pub async fn disturb(&self, id: Guid) {
        let domain = Domain::open(self.store(), &self.domain).await.unwrap();
        let sysvol = domain.sysvol().await.unwrap();
        let path = |text: &str| SysvolPath::parse(&format!("Policies/{id}/{text}")).unwrap();
        sysvol.replace(&path("Machine/stray.txt"), b"stray").await.unwrap();
        sysvol.make_folder(&path("User/Stray")).await.unwrap();
        if sysvol.stat(&path("Machine/registry.pol")).await.is_ok() {
            sysvol.remove(&path("Machine/registry.pol")).await.unwrap();
        }
        let replace = |name: &str, value: &str| Change::Replace(Attribute::text(name, value));
        let changes =
            [replace("displayName", "disturbed"), replace("flags", "3"), replace("gPCUserExtensionNames", "[]")];
        domain.directory().modify(&domain.gpo_dn(id), &changes).await.unwrap();
    }

    /// Begins to restore a backup and lets it fall where the first files may be written, as a crash does; returns what the journal says of it.
    pub async fn broken_off(&self, backup: &Backup) -> Interrupted {
        let told = Arc::new(tokio::sync::Notify::new());
        let task = Task::new({
            let told = Arc::clone(&told);
            move || told.notify_one()
        });
        let options = RestoreOptions::default();
        let mut restore = Box::pin(restore_backup(&self.context, backup, &options, &task));
        while task.snapshot().done < 1 {
            tokio::select! {
                biased;
                () = told.notified() => {}
                done = &mut restore => panic!("it came to its end: {done:?}"),
            }
        }
        drop(restore);
        self.context.journal.interrupted().unwrap().remove(0)
    }

    /// Tells whether the directory lets nobody delete a GPO: the two that every domain is born with.
    pub async fn is_protected(&self, id: Guid) -> bool {
        let domain = Domain::open(self.store(), &self.domain).await.unwrap();
        let entry = domain.directory().read(&domain.gpo_dn(id), &["systemFlags"], None).await.unwrap();
        entry.text("systemFlags").is_some_and(|flags| flags.parse::<i64>().is_ok_and(|flags| flags < 0))
    }

    pub async fn delete(&self, id: Guid) {
        let domain = Domain::open(self.store(), &self.domain).await.unwrap();
        domain.directory().delete_tree(&domain.gpo_dn(id)).await.unwrap();
        let folder = SysvolPath::parse(&format!("Policies/{id}")).unwrap();
        domain.sysvol().await.unwrap().remove_tree(&folder).await.unwrap();
        assert!(self.state(id).await.is_absent());
    }
}

/// A restore brings a changed GPO, and a deleted one, back to what was saved, with a higher version.
pub async fn check_restore(suite: &Suite, id: Guid) {
    let before = suite.state(id).await;
    let backup = suite.back_up(id).await;
    let version = |state: &GpoState| GpoVersion::parse(&state.attribute("versionNumber").unwrap()).unwrap();
    let in_sysvol = before
        .files
        .get("/gpt.ini")
        .and_then(|bytes| bytes.as_deref())
        .and_then(|bytes| GptIni::parse(bytes).version())
        .unwrap_or_default();
    let seen = GpoVersion {
        user: version(&before).user.max(in_sysvol.user),
        computer: version(&before).computer.max(in_sysvol.computer),
    };
    suite.disturb(id).await;
    assert_ne!(suite.state(id).await.without_version(), before.clone().without_version());
    let task = Task::default();
    let restored = restore_backup(&suite.context, &backup, &RestoreOptions::default(), &task).await.unwrap();
    assert!(!restored.was_missing && restored.id == id);
    let after = suite.state(id).await;
    assert_eq!(after.clone().without_version(), before.clone().without_version());
    assert_eq!(version(&after), seen.next(true, true));
    assert!(after.files["/gpt.ini"].as_deref().is_some_and(|ini| !ini.is_empty()));
    assert!(suite.journal_is_empty());
    assert_eq!(reported(&backup), reported(&suite.back_up(id).await), "report before and after");
    let messages = task.messages();
    let is_expected = |message: &StatusMessage| {
        message.severity == Severity::Information
            || matches!(message.id, MessageId::IpsecExternal | MessageId::WmiFilterMissing)
    };
    assert!(messages.iter().all(is_expected), "{messages:?}");
    assert_eq!(messages.last().unwrap().id, MessageId::Done);

    if suite.is_protected(id).await {
        return;
    }
    suite.delete(id).await;
    let restored = restore_backup(&suite.context, &backup, &RestoreOptions::default(), &Task::default()).await.unwrap();
    assert!(restored.was_missing);
    let revived = suite.state(id).await;
    assert_eq!(revived.settings(), before.settings());
    for attribute in
        ["displayName", "flags", "gPCMachineExtensionNames", "gPCUserExtensionNames", "gPCWQLFilter", "gPCFileSysPath"]
    {
        let (now, then) = (revived.attribute(attribute), before.attribute(attribute));
        assert_eq!(now.map(|text| text.to_lowercase()), then.map(|text| text.to_lowercase()), "{attribute}");
    }
    assert_eq!(revived.objects.keys().collect::<Vec<_>>(), before.objects.keys().collect::<Vec<_>>());
    assert_eq!(version(&revived), seen.next(true, true));
    assert!(suite.journal_is_empty());
}

/// An import takes over the settings of another GPO and leaves the rest.
pub async fn check_import(suite: &Suite, source: Guid, target: Guid) {
    let backup = suite.back_up(source).await;
    let (source_state, before) = (suite.state(source).await, suite.state(target).await);
    let options = MigrationOptions::default();
    let task = Task::default();
    let from = ImportSource::Backup(Box::new(backup));
    import_settings(&suite.context, &suite.domain, target, &from, &options, &task).await.unwrap();
    let after = suite.state(target).await;
    assert_eq!(after.settings(), source_state.settings());
    for kept in ["displayName", "flags", "gPCWQLFilter", "nTSecurityDescriptor"] {
        assert_eq!(after.attribute(kept), before.attribute(kept), "{kept}");
    }
    for taken in ["gPCMachineExtensionNames", "gPCUserExtensionNames"] {
        assert_eq!(after.attribute(taken), source_state.attribute(taken), "{taken}");
    }
    assert_eq!(after.files.get("/gpo.cmt"), before.files.get("/gpo.cmt"));
    let has_settings = |state: &GpoState| {
        let lists = ["gPCMachineExtensionNames", "gPCUserExtensionNames"];
        !state.settings().is_empty()
            || lists.iter().any(|name| state.attribute(name).is_some_and(|list| list.contains('{')))
    };
    let is_touched = has_settings(&before) || has_settings(&source_state);
    assert_eq!(after.attribute("versionNumber") != before.attribute("versionNumber"), is_touched);
    assert!(suite.journal_is_empty());
}

/// A copy has the settings and nothing that belongs to the original alone.
pub async fn check_copy(suite: &Suite, source: Guid) {
    let original = suite.state(source).await;
    for keep_permissions in [false, true] {
        let options = CopyOptions { keep_permissions, ..CopyOptions::default() };
        let (store, task) = (suite.store().clone(), Task::default());
        let copy = copy_gpo(&store, &suite.domain, source, &suite.context, &suite.domain, &options, &task);
        let copy = copy.await.unwrap();
        let state = suite.state(copy).await;
        assert_eq!(state.settings(), original.settings());
        assert_eq!(state.files.get("/gpo.cmt"), original.files.get("/gpo.cmt"));
        for taken in ["flags", "gPCMachineExtensionNames", "gPCUserExtensionNames"] {
            assert_eq!(state.attribute(taken), original.attribute(taken), "{taken}");
        }
        // What is no reference to a filter is not handed on.
        let filter = |state: &GpoState| state.attribute("gPCWQLFilter")?.parse::<WmiFilterRef>().ok();
        assert_eq!(filter(&state), filter(&original));
        let name = original.attribute("displayName").unwrap();
        assert_eq!(state.attribute("displayName").unwrap(), format!("Copy of {name}"));
        let same_access = state.attribute("nTSecurityDescriptor") == original.attribute("nTSecurityDescriptor");
        assert!(!keep_permissions || same_access);
        suite.delete(copy).await;
    }
    assert!(suite.journal_is_empty());
}

/// Every set in a folder imports into a GPO, and what is saved of that GPO then has the same settings files, byte for byte.
pub async fn check_imports(suite: &Suite, sets: &Path, target: Guid) -> usize {
    let (mut count, mut incomplete) = (0, 0);
    for dir in BackupDir::open_all_below(sets).unwrap() {
        for backup in dir.backups().iter().filter(|backup| backup.folder.is_some()) {
            let source = ImportSource::Backup(Box::new(backup.clone()));
            let content = match GpoContent::read_set(backup, &Task::default()).await {
                // Taken apart after it was made: it is refused, and nothing is changed.
                Err(error) if error.0.id == MessageId::BackupFileMissing => {
                    incomplete += 1;
                    continue;
                }
                content => content.unwrap(),
            };
            let options = MigrationOptions::default();
            let imported =
                import_settings(&suite.context, &suite.domain, target, &source, &options, &Task::default()).await;
            imported.unwrap_or_else(|error| panic!("{}: {error}", backup.gpo_name));
            let state = suite.state(target).await;
            let mut wanted = std::collections::BTreeMap::new();
            for file in &content.files {
                let key = format!("/{}", file.path.folded());
                if key != "/gpo.cmt" {
                    wanted.insert(key, content.read(file, 1 << 30).await.unwrap());
                }
            }
            let settings: std::collections::BTreeMap<_, _> =
                state.settings().into_iter().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect();
            assert!(settings == wanted, "{}: other settings files", backup.gpo_name);
            check_saved_again(suite, backup, target, false).await;
            count += 1;
        }
    }
    assert!(suite.journal_is_empty());
    println!("{count} sets were imported, {incomplete} are incomplete");
    count
}

/// A set that is put into the domain and saved again says the same: settings files byte for byte, `Backup.xml` by its meaning.
pub async fn check_saved_again(suite: &Suite, original: &Backup, id: Guid, as_restored: bool) -> Backup {
    let task = Task::default();
    let saved = suite.back_up(id).await;
    let (before, after) =
        (GpoContent::read_set(original, &task).await.unwrap(), GpoContent::read_set(&saved, &task).await.unwrap());
    let name = &original.gpo_name;
    let comment = SysvolPath::parse("GPO.cmt").unwrap();
    let places = |content: &GpoContent| -> Vec<(String, u64)> {
        let files = content.files.iter().filter(|file| as_restored || file.path != comment);
        let mut places: Vec<_> = files.map(|file| (file.path.folded(), file.size_bytes)).collect();
        places.sort();
        places
    };
    assert_eq!(places(&before), places(&after), "{name}");
    for file in before.files.iter().filter(|file| as_restored || file.path != comment) {
        let again = after.file(&file.path).unwrap();
        assert!(
            before.read(file, 1 << 30).await.unwrap() == after.read(again, 1 << 30).await.unwrap(),
            "{name}: {}",
            file.path
        );
    }
    for side in [Side::Computer, Side::User] {
        assert_eq!(before.extensions(side), after.extensions(side), "{name}");
    }
    assert_eq!(before.objects.len(), after.objects.len(), "{name}");
    if as_restored {
        let core = |content: &GpoContent| {
            let core = content.core.clone();
            (core.id, core.domain, core.display_name, core.status)
        };
        assert_eq!(core(&before), core(&after), "{name}");
        let dacl = |content: &GpoContent| {
            let bytes = content.core.security_descriptor.as_ref()?;
            SecurityDescriptor::from_bytes(bytes).ok().filter(|descriptor| descriptor.dacl.acl().is_some())
        };
        if let Some(wanted) = dacl(&before) {
            assert_eq!(wanted.dacl, dacl(&after).unwrap().dacl, "{name}");
        }
    }
    saved
}

/// Returns the lines of the report of a set without what belongs to the moment.
fn reported(backup: &Backup) -> Vec<String> {
    let mut report = Reporting::new(Arc::default()).backup(backup, &Task::default()).unwrap();
    report.read = None;
    for half in [&mut report.computer, &mut report.user] {
        (half.version_directory, half.version_sysvol) = (None, None);
    }
    let units: Vec<u16> =
        write_report(&report).chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    let text = String::from_utf16(&units).unwrap();
    text.lines().map(str::to_owned).collect()
}
