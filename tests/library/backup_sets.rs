//! Backup sets: read in full, written, read again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use opengpmc::gpm::{Backup, BackupDir, Domain, Forest, ForestSnapshot, HResult, LoadOptions, MessageId, Task};
use opengpmc::ident::Guid;
use opengpmc::operation::content::GpoContent;
use opengpmc::report::Side;
use opengpmc::store::{ForestStore, demo};

use super::corpus::corpus;

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
            "<GroupPolicyBackupScheme bkp:version=\"2.0\" xmlns:bkp=\"http://www.microsoft.com/GroupPolicy/GPOOperations\"><GroupPolicyObject><GroupPolicyCoreSettings><ID>{{00000000-0000-0000-0000-00000000000A}}</ID><Domain>corp.x</Domain><DisplayName>A</DisplayName><MachineVersionNumber>131073</MachineVersionNumber><UserVersionNumber>0</UserVersionNumber><WMIFilter>MSFT_SomFilter.ID=\"{{00000000-0000-0000-0000-00000000000F}}\",Domain=\"corp.x\"</WMIFilter><WMIFilterName>F</WMIFilterName></GroupPolicyCoreSettings><GroupPolicyExtension>{entries}</GroupPolicyExtension></GroupPolicyObject></GroupPolicyBackupScheme>"
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
    let bomb = Set::new("", &[("Backup.xml", b"<!DOCTYPE a [<!ENTITY x \"yyyy\"><!ENTITY z \"&x;&x;\">]><a>&z;</a>")]);
    assert_eq!(bomb.read().await.map(|_| ()).unwrap_err().0, MessageId::BackupXmlInvalid);
    let cancelled = Task::default();
    cancelled.cancel();
    let set = Set::new("", &[]);
    let dir = BackupDir::open(set.0.path()).unwrap();
    let read = GpoContent::read_set(&dir.backups()[0], &cancelled).await;
    assert!(read.map(|_| ()).unwrap_err().is_cancelled());
}
