//! Backup sets: read in full, written, read again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use opengpmc::format::{
    BackupEntryKind, BackupExtension, BackupGroupType, BackupXml, decode_xml, read_backup_info, read_manifest,
    write_backup_info, write_manifest,
};
use opengpmc::gpm::{
    Backup, BackupDir, BackupIndex, Domain, Forest, ForestSnapshot, Gpo, HResult, LinkScope, LoadOptions, MessageId,
    Repaired, Task,
};
use opengpmc::ident::{Guid, Timestamp};
use opengpmc::operation::content::{ContentObject, GpoContent};
use opengpmc::operation::{
    BackupOptions, BackupOrigin, Reporting, VersionComparison, back_up_gpo, back_up_gpos, compare_versions,
    read_backup_extras, verify_backup, write_backup,
};
use opengpmc::report::{Side, read_reports, write_report};
use opengpmc::store::{ForestStore, SysvolPath, demo};

use super::corpus::{corpus, files_below, is_named};

async fn demo_forest() -> (Arc<dyn ForestStore>, Arc<ForestSnapshot>) {
    let store = demo::open().await.unwrap();
    let forest = Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
    (store, forest)
}

fn all_backups(folder: &Path) -> Vec<Backup> {
    let folders = BackupDir::open_all_below(folder).unwrap();
    folders.iter().flat_map(BackupDir::backups).filter(|backup| backup.folder.is_some()).cloned().collect()
}

#[tokio::test]
async fn every_set_of_the_corpus_is_read_or_says_what_is_missing() {
    let Some(folder) = corpus("backups") else { return };
    let (mut read, mut incomplete) = (0, 0);
    for backup in all_backups(&folder) {
        let task = Task::default();
        match GpoContent::read_set(&backup, &task).await {
            Ok(content) => {
                read += 1;
                assert_eq!(content.core.id, backup.gpo_id);
                for file in &content.files {
                    let bytes = content.read(file, u64::MAX - 1).await.unwrap();
                    assert_eq!(bytes.len() as u64, file.size_bytes, "{}", file.path);
                }
                assert_eq!(task.messages(), []);
            }
            Err(error) => {
                incomplete += 1;
                assert_eq!(error.0.id, MessageId::BackupFileMissing, "{error}");
                assert_eq!(error.0.code, HResult::FILE_NOT_FOUND);
            }
        }
    }
    println!("{read} sets read, {incomplete} incomplete");
    assert!(read > 0);
}

#[tokio::test]
async fn a_backup_of_samba_is_read() {
    let Some(folder) = corpus("samba-gpo-backup/generalized") else { return };
    let content = GpoContent::read_samba_backup(&folder, &Task::default()).await.unwrap();
    let kept =
        files_below(&folder).iter().filter(|path| path.extension().is_some_and(|end| end == "SAMBABACKUP")).count();
    // All but GPT.INI.
    assert_eq!(content.files.len(), kept - 1);
    for file in &content.files {
        assert!(content.read(file, u64::MAX - 1).await.unwrap().len() as u64 == file.size_bytes);
    }
    // It can be written as a set, and read back.
    let root = tempfile::tempdir().unwrap();
    let options = BackupOptions::default();
    let set = write_backup(&content, &origin(), root.path(), &options, &reporting(), &Task::default()).await.unwrap();
    assert_eq!(GpoContent::read_set(&set, &Task::default()).await.unwrap().files.len(), content.files.len());
}

#[tokio::test]
async fn every_gpo_of_the_demo_forest_is_read() {
    let (store, forest) = demo_forest().await;
    let mut with_objects = 0;
    for domain in &forest.domains {
        let acting = Domain::open(&store, &domain.name).await.unwrap();
        for gpo in &domain.gpos {
            let content = match GpoContent::read_live(&acting, gpo, &Task::default()).await {
                Ok(content) => content,
                Err(error) if gpo.inaccessible => {
                    assert_eq!(error.0.id, MessageId::AccessDenied);
                    continue;
                }
                Err(error) => panic!("{}: {error}", gpo.display_name),
            };
            assert_eq!((content.core.id, &content.core.display_name), (gpo.id, &gpo.display_name));
            assert!(content.core.security_descriptor.is_some());
            assert!(content.files.iter().all(|file| file.path.to_string() != "GPT.INI"));
            let known = |path: &opengpmc::store::SysvolPath| path.is_root() || content.folders.contains(path);
            assert!(content.files.iter().all(|file| known(&file.path.parent().unwrap())));
            with_objects += usize::from(!content.objects.is_empty());
            for object in &content.objects {
                assert!(!object.class.is_empty() && object.id.is_some(), "{object:?}");
            }
        }
    }
    assert!(with_objects > 0);
}

/// A set with what a test puts into it.
struct Set(tempfile::TempDir);

const ID: &str = "{00000000-0000-0000-0000-0000000000B1}";

impl Set {
    /// Writes a set with these entries in its `Backup.xml`, and these files.
    fn new(entries: &str, files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let xml = format!(
            "<GroupPolicyBackupScheme bkp:version=\"2.0\" xmlns:bkp=\"http://www.microsoft.com/GroupPolicy/GPOOperations\"><GroupPolicyObject><GroupPolicyCoreSettings><ID>{{00000000-0000-0000-0000-00000000000A}}</ID><Domain>corp.x</Domain><DisplayName>A</DisplayName><MachineVersionNumber>131073</MachineVersionNumber><UserVersionNumber>0</UserVersionNumber><MachineExtensionGuids>[{{35378EAC-683F-11D2-A89A-00C04FBBCFA2}}{{D02B1F72-3407-48AE-BA88-E8213C6761F1}}]</MachineExtensionGuids><WMIFilter>MSFT_SomFilter.ID=\"{{00000000-0000-0000-0000-00000000000F}}\",Domain=\"corp.x\"</WMIFilter><WMIFilterName>F</WMIFilterName></GroupPolicyCoreSettings><GroupPolicyExtension>{entries}</GroupPolicyExtension></GroupPolicyObject></GroupPolicyBackupScheme>"
        );
        let info = format!(
            "<BackupInst><GPOGuid>{{00000000-0000-0000-0000-00000000000A}}</GPOGuid><ID>{ID}</ID></BackupInst>"
        );
        let set = Set(folder);
        set.write("Backup.xml", xml.as_bytes());
        set.write("bkupInfo.xml", info.as_bytes());
        files.iter().for_each(|(path, bytes)| set.write(path, bytes));
        set
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join(ID)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.folder().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    async fn read(&self) -> Result<GpoContent, (MessageId, String)> {
        let dir = BackupDir::open(self.0.path()).unwrap();
        let backup = dir.backup(ID.parse::<Guid>().unwrap()).unwrap();
        let read = GpoContent::read_set(backup, &Task::default()).await;
        read.map_err(|error| (error.0.id, error.0.to_string()))
    }
}

fn file(path: &str, location: &str) -> String {
    format!("<FSObjectFile bkp:Path=\"{path}\" bkp:Location=\"{location}\"/>")
}

#[tokio::test]
async fn a_set_is_read_in_any_case_and_with_its_lost_folders() {
    let entries = [
        file(r"%GPO_MACH_FSPATH%\Registry.pol", r"DomainSysvol\GPO\Machine\Registry.pol"),
        file(r"%GPO_FSPATH%\GPO.cmt", r"DomainSysvol\GPO\GPO.cmt"),
        "<FSObjectDir bkp:Path=\"%GPO_FSPATH%\\Adm\" bkp:Location=\"DomainSysvol\\GPO\\Adm\"/>".to_owned(),
        "<FSObjectDir bkp:Path=\"%GPO_USER_FSPATH%\\Scripts\\Logon\\*\"/>".to_owned(),
        "<DSObject bkp:Path=\"CN=b,CN=a,%GPO_USER_DSPATH%\" bkp:ObjectClass=\"container\"><DSAttributeExpandedString bkp:DSAttrName=\"displayName\"><DSValue>LDAP://%GPO_DSPATH%</DSValue></DSAttributeExpandedString><DSAttributeBinary bkp:DSAttrName=\"objectGUID\"><DSValue>00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 07</DSValue></DSAttributeBinary></DSObject>".to_owned(),
        "<DSObject bkp:Path=\"CN=a,%GPO_USER_DSPATH%\" bkp:ObjectClass=\"container\"/>".to_owned(),
    ];
    let set = Set::new(
        &entries.concat(),
        &[("domainsysvol/gpo/MACHINE/registry.pol", b"PReg"), ("DomainSysvol/GPO/GPO.cmt", b""), ("unlisted.txt", b"")],
    );
    let content = set.read().await.unwrap();
    let folders: Vec<String> = content.folders.iter().map(ToString::to_string).collect();
    assert_eq!(folders, ["Adm", "Machine", "User"]);
    let files: Vec<_> = content.files.iter().map(|file| (file.path.to_string(), file.size_bytes)).collect();
    assert_eq!(files, [("GPO.cmt".to_owned(), 0), (r"Machine\Registry.pol".to_owned(), 4)]);
    assert_eq!(content.read(&content.files[1], 10).await.unwrap(), b"PReg");
    assert_eq!(content.core.directory_version.computer, 1);
    assert_eq!(content.core.sysvol_version.unwrap().computer, 2);
    assert_eq!(content.core.wmi_filter_name.as_deref(), Some("F"));
    let objects: Vec<_> = content.objects.iter().map(|object| (object.side, object.path.as_str())).collect();
    assert_eq!(objects, [(Side::User, "CN=a"), (Side::User, "CN=b,CN=a")]);
    let nested = &content.objects[1];
    assert_eq!(nested.id.unwrap().to_bytes()[15], 7);
    let name = b"LDAP://CN={00000000-0000-0000-0000-00000000000A},CN=Policies,CN=System,DC=corp,DC=x".to_vec();
    assert_eq!(nested.attributes, [("displayName".to_owned(), vec![name])]);
}

#[tokio::test]
async fn hostile_sets_are_refused_with_their_reason() {
    let check = async |path: &str, location: &str, expected: (MessageId, &str)| {
        let set =
            Set::new(&file(path, location), &[("DomainSysvol/GPO/Machine/a", b"x"), ("DomainSysvol/GPO/b/c", b"x")]);
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", set.folder().join("DomainSysvol/GPO/link")).unwrap();
        let (id, text) = set.read().await.map(|_| ()).unwrap_err();
        assert_eq!(id, expected.0, "{text}");
        assert!(text.contains(expected.1), "{text}");
    };
    let invalid = |text| (MessageId::BackupXmlInvalid, text);
    let good = r"DomainSysvol\GPO\Machine\a";
    check(r"%GPO_MACH_FSPATH%\a", r"DomainSysvol\GPO\Machine\gone", (MessageId::BackupFileMissing, "gone")).await;
    check(r"%GPO_MACH_FSPATH%\a", r"..\..\etc\passwd", invalid("climbs out")).await;
    check(r"%GPO_MACH_FSPATH%\a", r"C:\a", invalid("no file name may have")).await;
    check(r"%GPO_MACH_FSPATH%\a", r"\\server\share\a", invalid("absolute")).await;
    check(r"%GPO_MACH_FSPATH%\a", "/etc/passwd", invalid("absolute")).await;
    check(r"%GPO_MACH_FSPATH%\a", r"DomainSysvol\GPO\CON", invalid("device")).await;
    check(r"%GPO_MACH_FSPATH%\a", r"DomainSysvol\GPO\b", invalid("is not a file")).await;
    #[cfg(unix)]
    check(r"%GPO_MACH_FSPATH%\a", r"DomainSysvol\GPO\link", invalid("is not a file")).await;
    check(r"%GPO_MACH_FSPATH%\..\..\a", good, invalid("climbs out")).await;
    check(r"%GPO_MACH_FSPATH%\aux.txt", good, invalid("device")).await;
    check(r"%GPO_MACH_FSPATH%x", good, invalid("does not belong")).await;
    check(r"C:\Windows\a", good, invalid("does not belong")).await;
    check("%GPO_FSPATH%", good, invalid("names no file")).await;
    check(r"%GPO_FSPATH%\User", good, invalid("both as a file and as a folder")).await;
    let deep = Set::new("", &[(&format!("DomainSysvol/GPO{}/a", "/d".repeat(70)), b"x")]);
    let (id, text) = deep.read().await.map(|_| ()).unwrap_err();
    assert!(id == MessageId::BackupXmlInvalid && text.contains("folders deeper than 64"), "{text}");
    let bomb = Set::new("", &[("Backup.xml", b"<!DOCTYPE a [<!ENTITY x \"yyyy\"><!ENTITY z \"&x;&x;\">]><a>&z;</a>")]);
    assert_eq!(bomb.read().await.map(|_| ()).unwrap_err().0, MessageId::BackupXmlInvalid);
    let cancelled = Task::default();
    cancelled.cancel();
    let set = Set::new("", &[]);
    let dir = BackupDir::open(set.0.path()).unwrap();
    let read = GpoContent::read_set(&dir.backups()[0], &cancelled).await;
    assert!(read.map(|_| ()).unwrap_err().is_cancelled());
}

fn reporting() -> Reporting {
    Reporting::new(Arc::default())
}

fn origin() -> BackupOrigin {
    BackupOrigin {
        domain_controller: "dc1.corp.x".to_owned(),
        domain_guid: None,
        folder: SysvolPath::parse("Policies/{A}").unwrap(),
        time: Timestamp::from_unix_seconds(1_700_000_000).unwrap(),
    }
}

/// Returns what the two contents say, to be compared; the bytes of all files among it.
async fn told(content: &GpoContent) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut files = Vec::new();
    for file in &content.files {
        files.push((file.path.to_string(), content.read(file, u64::MAX - 1).await.unwrap()));
    }
    let mut objects = content.objects.clone();
    objects.sort_by_cached_key(|object| (object.side.folder(), object.path.to_lowercase()));
    (content.core.clone(), content.folders.clone(), files, objects, content.principals.clone())
}

/// Returns what a `Backup.xml` says: its blocks, and every place in them, without where it was read.
fn meaning(backup: &Backup) -> impl PartialEq + std::fmt::Debug + use<> {
    let path = backup.file("Backup.xml").unwrap().unwrap();
    let set = BackupXml::parse(&std::fs::read(path).unwrap()).unwrap();
    let kind = |kind: &BackupEntryKind| match kind {
        BackupEntryKind::File => "file",
        BackupEntryKind::Folder => "folder",
        BackupEntryKind::Object(_) => "object",
    };
    let blocks: BTreeSet<_> =
        set.extensions.iter().map(|block| (block.id.to_lowercase(), block.name.clone())).collect();
    let places = |block: &BackupExtension| {
        let alone = BackupXml { extensions: vec![block.clone()], ..BackupXml::default() };
        let entries = alone.entries().map(|entry| {
            let location = entry.location.as_ref().map(|location| location.to_lowercase());
            (block.name.clone(), kind(&entry.kind), entry.path.to_lowercase(), location, entry.function.clone())
        });
        entries.collect::<Vec<_>>()
    };
    let places: BTreeSet<_> = set.extensions.iter().flat_map(places).collect();
    (blocks, places)
}

#[tokio::test]
async fn every_set_of_the_corpus_is_written_as_it_was_read() {
    let Some(folder) = corpus("backups") else { return };
    let root = tempfile::tempdir().unwrap();
    let (mut written, mut same_meaning) = (0, 0);
    for backup in all_backups(&folder) {
        let Ok(content) = GpoContent::read_set(&backup, &Task::default()).await else { continue };
        let options = BackupOptions { comment: backup.comment.clone(), with_extras: false };
        let task = Task::default();
        let again = write_backup(&content, &origin(), root.path(), &options, &reporting(), &task).await.unwrap();
        let read = GpoContent::read_set(&again, &Task::default()).await.unwrap();
        assert_eq!(told(&read).await, told(&content).await, "{}", backup.id);
        let (ours, theirs) = (meaning(&again), meaning(&backup));
        if ours == theirs {
            same_meaning += 1;
        } else if std::env::var_os("SHOW").is_some() {
            println!("{:?}\n{ours:#?}\n{theirs:#?}", backup.folder);
        }
        written += 1;
    }
    println!("{written} sets written, {same_meaning} of them say the same in every block");
    assert!(written > 0);
    assert_eq!(BackupDir::open(root.path()).unwrap().backups().len(), written);
}

#[test]
fn every_index_of_the_corpus_is_written_as_it_was_read() {
    let Some(folder) = corpus("backups") else { return };
    let (mut infos, mut manifests, mut exact) = (0, 0, 0);
    for path in files_below(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        let written = if is_named(&path, "bkupInfo.xml") {
            infos += 1;
            let read = read_backup_info(&bytes).unwrap();
            assert_eq!(read_backup_info(&write_backup_info(&read)), Ok(read.clone()));
            write_backup_info(&read)
        } else if is_named(&path, "manifest.xml") {
            manifests += 1;
            let read = read_manifest(&bytes);
            assert_eq!(read_manifest(&write_manifest(&read.instances)), read);
            write_manifest(&read.instances)
        } else {
            continue;
        };
        exact += usize::from(written == bytes);
        let differs = String::from_utf8(written).unwrap().trim_end() != String::from_utf8(bytes).unwrap().trim_end();
        if differs && std::env::var_os("SHOW").is_some() {
            println!("{}", path.display());
        }
    }
    println!("{infos} bkupInfo.xml and {manifests} manifest.xml, {exact} of them the same bytes");
    assert!(exact > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_forest_is_backed_up_and_read_back() {
    let (store, forest) = demo_forest().await;
    let root = tempfile::tempdir().unwrap();
    let gpos: Vec<&Gpo> = forest.domains.iter().flat_map(|domain| &domain.gpos).collect();
    let options = BackupOptions { comment: "all".to_owned(), with_extras: true };
    let task = Task::default();
    let outcomes = back_up_gpos(&store, &forest, &gpos, root.path(), &options, &reporting(), &task).await.unwrap();
    let progress = task.snapshot();
    assert_eq!((progress.done, progress.items.len()), (progress.total, gpos.len()));
    let dir = BackupDir::open(root.path()).unwrap();
    assert_eq!(dir.problems(), []);
    let (mut done, mut links, mut filters, mut from_settings) = (0, 0, 0, 0);
    for (gpo, outcome) in gpos.iter().zip(&outcomes) {
        assert_eq!(outcome.id, gpo.id);
        let backup = match &outcome.outcome {
            Ok(backup) => backup,
            Err(error) => {
                println!("{}: {error}", outcome.name);
                assert!(matches!(error.0.id, MessageId::AccessDenied | MessageId::FileMissing), "{error}");
                continue;
            }
        };
        done += 1;
        assert_eq!(dir.backup(backup.id), Some(backup));
        assert_eq!((backup.gpo_id, backup.comment.as_str(), backup.index), (gpo.id, "all", BackupIndex::Both));
        let domain = Domain::open(&store, &gpo.domain).await.unwrap();
        let live = GpoContent::read_live(&domain, gpo, &Task::default()).await.unwrap();
        let saved = GpoContent::read_set(backup, &Task::default()).await.unwrap();
        let files = async |content: &GpoContent| {
            let mut files = Vec::new();
            for file in &content.files {
                files.push((file.path.folded(), content.read(file, u64::MAX - 1).await.unwrap()));
            }
            files
        };
        assert_eq!(files(&saved).await, files(&live).await, "{}", gpo.display_name);
        assert!(live.folders.iter().all(|folder| saved.folders.contains(folder)));
        assert_eq!(saved.objects.len(), live.objects.len());
        for object in &live.objects {
            let same =
                |other: &&ContentObject| other.side == object.side && other.path.eq_ignore_ascii_case(&object.path);
            let saved = saved.objects.iter().find(same).unwrap();
            let attributes = |object: &ContentObject| {
                object.attributes.iter().map(|(name, values)| (name.to_lowercase(), values.clone())).collect::<Vec<_>>()
            };
            assert_eq!((&saved.class, attributes(saved)), (&object.class, attributes(object)));
        }
        assert_eq!(saved.core.computer_extensions, live.core.computer_extensions);
        assert_eq!((saved.core.status, saved.core.directory_version), (live.core.status, live.core.directory_version));
        assert_eq!(saved.core.wmi_filter, live.core.wmi_filter);
        for group in &saved.principals {
            let is_known = group.sid.is_some() && !group.account.is_empty();
            assert_eq!(group.upn.is_empty(), !is_known, "{group:?}");
            assert_eq!(group.kind == BackupGroupType::Unknown, !is_known, "{group:?}");
        }
        from_settings += saved.principals.iter().filter(|group| !group.from_dacl).count();
        let report = std::fs::read(backup.file("gpreport.xml").unwrap().unwrap()).unwrap();
        let mut expected = reporting().gpo(&store, &forest, gpo, &Task::default()).await.unwrap();
        let mut saved_report = read_reports(&report).unwrap().remove(0);
        (expected.read, saved_report.read) = (None, None);
        let expected = read_reports(&write_report(&expected)).unwrap();
        // Of what is damaged, each tells from where it read.
        let is_setting = |line: &&str| !line.contains("<!-- Could not be read");
        let lines = |report| {
            let text = decode_xml(&write_report(report)).unwrap().into_owned();
            text.lines().filter(is_setting).map(str::to_owned).collect::<Vec<_>>()
        };
        let (ours, expected) = (lines(&saved_report), lines(&expected[0]));
        let different = ours.iter().zip(&expected).find(|(ours, expected)| ours != expected);
        assert_eq!((different, ours.len()), (None, expected.len()), "{}", gpo.display_name);
        let extras = read_backup_extras(backup).unwrap().unwrap();
        assert_eq!(extras.links.len(), forest.links_to(&gpo.dn, LinkScope::EntireForest).len());
        links += extras.links.len();
        filters += usize::from(extras.wmi_filter.is_some());
        let check = verify_backup(backup, &reporting(), &Task::default()).await.unwrap();
        assert!(check.is_usable(), "{:?}", check.messages);
        assert_eq!(compare_versions(check.version.unwrap(), gpo), VersionComparison::Same);
    }
    println!("{done} of {} GPOs backed up, with {links} links and {filters} filters", gpos.len());
    assert!(done > gpos.len() / 2 && links > 0 && filters > 0 && from_settings > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_share_a_folder() {
    let (store, forest) = demo_forest().await;
    let root = tempfile::tempdir().unwrap();
    let names = ["Default Domain Policy", "Default Domain Controllers Policy"];
    let gpos: Vec<&Gpo> =
        forest.domains[0].gpos.iter().filter(|gpo| names.contains(&gpo.display_name.as_str())).collect();
    assert_eq!(gpos.len(), 2);
    let options = BackupOptions::default();
    let writers = (0..8).map(|_| async {
        let task = Task::default();
        let made = back_up_gpos(&store, &forest, &gpos, root.path(), &options, &reporting(), &task).await.unwrap();
        assert!(made.iter().all(|outcome| outcome.outcome.is_ok()));
    });
    futures::future::join_all(writers).await;
    let dir = BackupDir::open(root.path()).unwrap();
    assert_eq!((dir.backups().len(), dir.problems().len()), (16, 0));
    assert!(dir.backups().iter().all(|backup| backup.index == BackupIndex::Both));
}

/// Returns the names in a folder but for the file that is locked.
fn left_in(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != ".opengpmc-manifest.lock").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_backup_leaves_nothing() {
    let (store, forest) = demo_forest().await;
    let domain = &forest.domains[0];
    let gpo = domain.gpos.iter().find(|gpo| gpo.display_name == "Default Domain Policy").unwrap();
    // At each of the calls of progress that an undisturbed run makes.
    for step in 0.. {
        let root = tempfile::tempdir().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let cell: Arc<OnceLock<Task>> = Arc::default();
        let task = Task::new({
            let (calls, cell) = (Arc::clone(&calls), Arc::clone(&cell));
            move || {
                if calls.fetch_add(1, Ordering::SeqCst) == step
                    && let Some(task) = cell.get()
                {
                    task.cancel();
                }
            }
        });
        cell.set(task.clone()).ok().unwrap();
        let options = BackupOptions::default();
        let made = back_up_gpo(&store, &forest, gpo, root.path(), &options, &reporting(), &task).await;
        match made {
            Ok(backup) => {
                assert_eq!(BackupDir::open(root.path()).unwrap().backups(), [backup]);
                assert!(step > 2, "{step}");
                return;
            }
            Err(error) => {
                assert!(error.is_cancelled(), "{error}");
                assert_eq!(left_in(root.path()), [] as [&str; 0], "step {step}");
            }
        }
    }
}

#[tokio::test]
async fn sets_are_deleted_and_the_manifest_is_repaired() {
    let root = tempfile::tempdir().unwrap();
    let set =
        Set::new(&file(r"%GPO_FSPATH%\GPO.cmt", r"DomainSysvol\GPO\GPO.cmt"), &[("DomainSysvol/GPO/GPO.cmt", b"x")]);
    let content = set.read().await.unwrap();
    let mut made = Vec::new();
    for _ in 0..3 {
        let options = BackupOptions::default();
        let written = write_backup(&content, &origin(), root.path(), &options, &reporting(), &Task::default()).await;
        made.push(written.unwrap());
    }
    let dir = BackupDir::open(root.path()).unwrap();
    dir.delete(&[made[0].id]).unwrap();
    assert!(dir.delete(&[Guid::NIL]).unwrap_err().to_string().contains("there is no backup"));
    let listed = |problems: usize| {
        let dir = BackupDir::open(root.path()).unwrap();
        assert_eq!(dir.problems().len(), problems, "{:?}", dir.problems());
        let mut listed: Vec<_> = dir.backups().iter().map(|backup| backup.index).collect();
        listed.sort_by_key(|index| format!("{index:?}"));
        listed
    };
    assert_eq!(listed(0), [BackupIndex::Both; 2]);
    let manifest = root.path().join("manifest.xml");
    let whole = std::fs::read(&manifest).unwrap();
    // Broken off in the middle of the second entry.
    std::fs::write(&manifest, &whole[..whole.len() - 100]).unwrap();
    let repaired = BackupDir::repair(root.path()).unwrap();
    assert_eq!((repaired.added, repaired.removed, repaired.listed), (1, 0, 2));
    assert_eq!(std::fs::read(&manifest).unwrap(), whole);
    std::fs::remove_file(&manifest).unwrap();
    assert_eq!(BackupDir::repair(root.path()).unwrap().added, 2);
    std::fs::remove_dir_all(made[1].folder.as_ref().unwrap()).unwrap();
    assert_eq!(listed(1), [BackupIndex::Both, BackupIndex::ManifestOnly]);
    let repaired = BackupDir::repair(root.path()).unwrap();
    assert_eq!((repaired.added, repaired.removed, repaired.listed), (0, 1, 1));
    assert_eq!(listed(0), [BackupIndex::Both]);
    assert_eq!(BackupDir::repair(root.path()).unwrap(), Repaired { listed: 1, ..Repaired::default() });
}

#[tokio::test]
async fn a_damaged_set_is_told_apart() {
    let good = Set::new(&file(r"%GPO_MACH_FSPATH%\registry.pol", r"DomainSysvol\GPO\Machine\registry.pol"), &[]);
    let check = async |usable: bool, expected: &str| {
        let dir = BackupDir::open(good.0.path()).unwrap();
        let check = verify_backup(&dir.backups()[0], &reporting(), &Task::default()).await.unwrap();
        assert_eq!(check.is_usable(), usable, "{:?}", check.messages);
        assert!(check.messages.iter().any(|message| message.to_string().contains(expected)), "{:?}", check.messages);
    };
    check(false, "is not there").await;
    good.write("DomainSysvol/GPO/Machine/registry.pol", b"garbage");
    check(true, "registry.pol").await;
    check(true, "no report").await;
    good.write("gpreport.xml", b"<a/>");
    check(true, "gpreport.xml").await;
    good.write("opengpmc.json", b"{");
    check(true, "opengpmc.json").await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_is_streamed_into_a_set() {
    use crate::common::child;
    if child::role().is_none() {
        return child::run("library::backup_sets::a_large_file_is_streamed_into_a_set", "write");
    }
    const SIZE: u64 = 300 << 20;
    let location = r"DomainSysvol\GPO\Machine\Scripts\Startup\Setup.msi";
    let set = Set::new(
        &file(r"%GPO_MACH_FSPATH%\Scripts\Startup\Setup.msi", location),
        &[(&location.replace('\\', "/"), b"x")],
    );
    let large = set.folder().join(location.replace('\\', "/"));
    std::fs::File::options().write(true).open(large).unwrap().set_len(SIZE).unwrap();
    let content = set.read().await.unwrap();
    let before = child::peak_memory_bytes();
    let root = tempfile::tempdir().unwrap();
    let task = Task::default();
    let written = write_backup(&content, &origin(), root.path(), &BackupOptions::default(), &reporting(), &task).await;
    let copy = written.unwrap().file(location).unwrap().unwrap();
    assert_eq!(copy.metadata().unwrap().len(), SIZE);
    let grown = child::peak_memory_bytes() - before;
    assert!(grown < SIZE / 4, "the process grew by {grown} bytes");
}
