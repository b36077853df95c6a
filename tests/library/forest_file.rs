//! The forest file as directory and SYSVOL.

use std::path::Path;

use opengpmc::ident::{Dn, Sid};
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::{
    Attribute, Change, Directory, Entry, Filter, ForestFile, ForestFileBuilder, ForestStore, Scope, SdParts,
    SearchRequest, StoreError, StoreErrorKind, SysvolPath,
};

use crate::common::directory_suite::check_directory;
use crate::common::sysvol_suite::check_sysvol;

fn domains() -> Vec<Dn> {
    ["DC=corp,DC=test", "DC=sub,DC=corp,DC=test"].map(|dn| dn.parse().unwrap()).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sysvol_in_memory_does_what_every_backend_does() {
    let forest = ForestFile::in_memory(&domains()).unwrap();
    let sysvol = forest.sysvol(&"corp.test".parse().unwrap()).await.unwrap();
    check_sysvol(&*sysvol, "suite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sysvol_in_a_file_does_what_every_backend_does() {
    let folder = tempfile::tempdir().unwrap();
    let forest = ForestFile::create(&folder.path().join("test.gpforest"), &domains()).unwrap();
    let sysvol = forest.sysvol(&"sub.corp.test".parse().unwrap()).await.unwrap();
    check_sysvol(&*sysvol, "suite").await;
}

/// Returns the tops of the domains, with the SIDs that accounts and default descriptors need.
fn heads() -> Vec<Entry> {
    let sids = ["S-1-5-21-1-2-3", "S-1-5-21-4-5-6"];
    let head = |(dn, sid): (Dn, &str)| Entry {
        dn,
        attributes: vec![
            Attribute::text("objectClass", "domainDNS"),
            Attribute::bytes("objectSid", sid.parse::<Sid>().unwrap().to_bytes()),
        ],
    };
    domains().into_iter().zip(sids).map(head).collect()
}

fn forest(path: Option<&Path>) -> Result<ForestFile, StoreError> {
    let mut builder = match path {
        Some(path) => ForestFileBuilder::create(path, &domains())?,
        None => ForestFileBuilder::in_memory("test", &domains())?,
    };
    builder.add_entries(heads())?;
    builder.finish()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directory_in_memory_does_what_every_backend_does() {
    let forest = forest(None).unwrap();
    check_directory(&*forest.directory(), &domains()[0]).await;
    let sub = forest.domain_directory(&"sub.corp.test".parse().unwrap()).await.unwrap();
    check_directory(&*sub, &domains()[1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directory_in_a_file_does_what_every_backend_does() {
    let folder = tempfile::tempdir().unwrap();
    let forest = forest(Some(&folder.path().join("test.gpforest"))).unwrap();
    check_directory(&*forest.directory(), &domains()[0]).await;
}

fn dn(text: &str) -> Dn {
    text.parse().unwrap()
}

fn class(name: &str) -> Attribute {
    Attribute::text("objectClass", name)
}

async fn names(directory: &dyn Directory, filter: &str) -> Vec<String> {
    let request = SearchRequest {
        base: directory.root_dse().domain_dn.clone(),
        scope: Scope::Subtree,
        filter: filter.parse().unwrap(),
        attributes: vec!["cn".to_owned()],
        sd_parts: None,
    };
    let mut names: Vec<String> =
        directory.search(&request).await.unwrap().iter().map(|entry| entry.dn.name()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn default_gpos_are_protected() {
    let mut builder = ForestFileBuilder::in_memory("test", &domains()).unwrap();
    let gpo = dn("CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,CN=System,DC=corp,DC=test");
    let flags = Attribute::text("systemFlags", "-1946157056");
    let half = Entry { dn: gpo.child("CN", "User"), attributes: vec![class("container"), flags.clone()] };
    let attributes = vec![class("groupPolicyContainer"), flags, Attribute::text("isCriticalSystemObject", "TRUE")];
    builder.add_entries([half, Entry { dn: gpo.clone(), attributes }]).unwrap();
    let forest = builder.finish().unwrap();
    let directory = forest.directory();
    let policies = gpo.parent().unwrap();
    for refused in [
        directory.delete(&gpo.child("CN", "User")).await,
        directory.delete_tree(&gpo).await,
        directory.delete_tree(&policies).await,
        directory.rename(&gpo, "CN=Other", None).await,
        directory.rename(&gpo, "CN={31B2F340-016D-11D2-945F-00C04FB984F9}", Some(&policies.parent().unwrap())).await,
    ] {
        let error = refused.unwrap_err();
        assert_eq!((error.kind, error.code), (StoreErrorKind::InvalidValue, Some(53)), "{error}");
    }
    directory.modify(&gpo, &[Change::Replace(Attribute::text("displayName", "Default Domain Policy"))]).await.unwrap();
    let own = Change::Replace(Attribute::text("systemFlags", "0"));
    assert_eq!(directory.modify(&gpo, &[own]).await.unwrap_err().kind, StoreErrorKind::InvalidValue);
    assert_eq!(names(&*directory, "(displayName=default domain policy)").await, [gpo.name()]);
}

#[tokio::test]
async fn rights_flow_down_when_they_change_above() {
    let forest = forest(None).unwrap();
    let directory = forest.directory();
    let (upper, lower, other) =
        (dn("OU=Upper,DC=corp,DC=test"), dn("OU=Lower,OU=Upper,DC=corp,DC=test"), dn("OU=Other,DC=corp,DC=test"));
    for unit in [&upper, &lower, &other] {
        directory.add(unit, &[class("organizationalUnit")]).await.unwrap();
    }
    let sddl = async |dn: &Dn| {
        let entry = directory.read(dn, &["nTSecurityDescriptor"], Some(SdParts::DACL)).await.unwrap();
        let descriptor = SecurityDescriptor::from_bytes(entry.bytes("nTSecurityDescriptor").unwrap()).unwrap();
        descriptor.to_sddl(&SddlContext::default())
    };
    assert!(sddl(&lower).await.contains("LCRPLORC;;;AU"), "{}", sddl(&lower).await);
    let granted = "(A;CI;RPWP;;;S-1-5-21-1-2-3-1104)";
    let inherited = "(A;CIID;RPWP;;;S-1-5-21-1-2-3-1104)";
    let descriptor =
        SecurityDescriptor::from_sddl(&format!("D:{granted}"), &SddlContext::default()).unwrap().to_bytes().unwrap();
    let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor };
    directory.modify(&upper, &[change]).await.unwrap();
    assert!(sddl(&upper).await.contains(granted));
    assert!(sddl(&lower).await.contains(inherited), "{}", sddl(&lower).await);
    assert!(!sddl(&other).await.contains("1104"));
    directory.rename(&other, "OU=Other", Some(&upper)).await.unwrap();
    assert!(sddl(&dn("OU=Other,OU=Upper,DC=corp,DC=test")).await.contains(inherited));
    directory.rename(&lower, "OU=Lower", Some(&dn("DC=corp,DC=test"))).await.unwrap();
    assert!(!sddl(&dn("OU=Lower,DC=corp,DC=test")).await.contains("1104"));
}

#[tokio::test]
async fn groups_within_groups_are_followed() {
    let forest = forest(None).unwrap();
    let directory = forest.directory();
    let account = |name: &str| dn(&format!("CN={name},CN=Users,DC=corp,DC=test"));
    directory.add(&dn("CN=Users,DC=corp,DC=test"), &[class("container")]).await.unwrap();
    directory.add(&account("anna"), &[class("user")]).await.unwrap();
    for (name, member) in [("inner", "anna"), ("outer", "inner"), ("loop", "outer")] {
        let member = Attribute::text("member", account(member).to_string());
        let group_type = Attribute::text("groupType", "-2147483646");
        directory.add(&account(name), &[class("group"), group_type, member]).await.unwrap();
    }
    let circle = Change::Add(Attribute::text("member", account("loop").to_string()));
    directory.modify(&account("inner"), &[circle]).await.unwrap();
    let in_chain = |attribute: &str, name: &str| format!("({attribute}:1.2.840.113556.1.4.1941:={})", account(name));
    assert_eq!(names(&*directory, &in_chain("memberOf", "outer")).await, ["anna", "inner", "loop", "outer"]);
    assert_eq!(names(&*directory, &in_chain("member", "anna")).await, ["inner", "loop", "outer"]);
    assert_eq!(names(&*directory, &format!("(member={})", account("anna"))).await, ["inner"]);
    let entry = directory.read(&account("anna"), &["tokenGroups", "memberOf"], None).await.unwrap();
    assert_eq!((entry.values("tokenGroups").len(), entry.values("memberOf").len()), (3, 1));
}

#[tokio::test]
async fn references_follow_a_renamed_tree() {
    let forest = forest(None).unwrap();
    let directory = forest.directory();
    let unit = |name: &str| dn(&format!("OU={name},DC=corp,DC=test"));
    directory.add(&unit("Old"), &[class("organizationalUnit")]).await.unwrap();
    let user = unit("Old").child("CN", "bert");
    directory.add(&user, &[class("user")]).await.unwrap();
    let managed = Attribute::text("managedBy", "cn=BERT,ou=OLD,dc=corp,dc=test");
    directory.add(&unit("Managed"), &[class("organizationalUnit"), managed]).await.unwrap();
    directory.rename(&unit("Old"), "OU=New", None).await.unwrap();
    let manager = directory.read(&unit("Managed"), &["managedBy"], None).await.unwrap().text("managedBy").unwrap();
    assert_eq!(manager.parse::<Dn>().unwrap(), unit("New").child("CN", "bert"));
    directory.delete_tree(&unit("New")).await.unwrap();
    assert_eq!(directory.read(&unit("Managed"), &["managedBy"], None).await.unwrap().attributes, []);
}

#[tokio::test]
async fn opened_read_only_a_file_is_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.gpforest");
    drop(forest(Some(&path)).unwrap());
    let before = std::fs::read(&path).unwrap();
    let forest = ForestFile::open(&path, true).unwrap();
    assert!(forest.info().read_only);
    let directory = forest.directory();
    let error = directory.add(&dn("OU=x,DC=corp,DC=test"), &[class("organizationalUnit")]).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::ReadOnly);
    let sysvol = forest.sysvol(&"corp.test".parse().unwrap()).await.unwrap();
    let error = sysvol.make_folder(&SysvolPath::parse("x").unwrap()).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::ReadOnly);
    let root = directory.read(&dn("DC=corp,DC=test"), &["sDRightsEffective"], None).await.unwrap();
    assert_eq!(root.text("sDRightsEffective").as_deref(), Some("0"));
    drop((directory, sysvol, forest));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.gpforest");
    let forest = forest(Some(&path)).unwrap();
    let unit = dn("OU=kept,DC=corp,DC=test");
    forest.directory().add(&unit, &[class("organizationalUnit")]).await.unwrap();
    drop(forest);
    let again = ForestFile::open(&path, false).unwrap();
    assert_eq!(again.origin(), None);
    again.directory().read(&unit, &["ou"], None).await.unwrap();
    again.directory().delete(&unit).await.unwrap();
}

#[test]
fn foreign_and_missing_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.gpforest");
    let open = |read_only| ForestFile::open(&path, read_only).map(drop).unwrap_err();
    assert_eq!(open(true).kind, StoreErrorKind::NotFound);
    for content in [&b""[..], b"x", b"PK\x03\x04 not a database at all, but long enough to look like something"] {
        std::fs::write(&path, content).unwrap();
        for read_only in [true, false] {
            let error = open(read_only);
            assert_eq!(error.kind, StoreErrorKind::Corrupt, "{error}");
            assert!(error.to_string().contains("test.gpforest"), "{error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), content, "a foreign file is left alone");
    }
    // Another program's database, and one of ours with something added.
    std::fs::remove_file(&path).unwrap();
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute_batch("CREATE TABLE entry(id)").unwrap();
    assert_eq!(open(false).kind, StoreErrorKind::Corrupt);
    drop(foreign);
    std::fs::remove_file(&path).unwrap();
    drop(forest(Some(&path)).unwrap());
    let ours = rusqlite::Connection::open(&path).unwrap();
    ours.execute_batch("CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry; END").unwrap();
    assert_eq!(open(false).kind, StoreErrorKind::Corrupt);
    ours.execute_batch("DROP TRIGGER t; PRAGMA user_version = 99").unwrap();
    let error = open(false);
    assert_eq!(error.kind, StoreErrorKind::NotSupported);
    assert!(error.detail.contains("version 99"), "{error}");
    assert_eq!(ForestFile::open(folder.path(), false).map(drop).unwrap_err().kind, StoreErrorKind::Corrupt);
}

#[tokio::test]
async fn damage_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.gpforest");
    let forest = forest(Some(&path)).unwrap();
    for number in 0..40 {
        let unit = dn(&format!("OU=unit {number},DC=corp,DC=test"));
        forest.directory().add(&unit, &[class("organizationalUnit")]).await.unwrap();
    }
    drop(forest);
    let whole = std::fs::read(&path).unwrap();
    // A number that looks random and is the same in every run.
    let mut random = 0x9E37_79B9_u32;
    let (mut refused, mut read) = (0, 0);
    for turn in 0..120 {
        let mut damaged = whole.clone();
        if turn % 10 == 0 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            damaged.truncate(random as usize % whole.len());
        }
        for _ in 0..64 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let length = damaged.len().max(1);
            if let Some(byte) = damaged.get_mut((random >> 4) as usize % length) {
                *byte ^= (random >> 24) as u8;
            }
        }
        std::fs::write(&path, &damaged).unwrap();
        let Ok(forest) = ForestFile::open(&path, false) else {
            refused += 1;
            continue;
        };
        let directory = forest.directory();
        let request = SearchRequest {
            base: directory.root_dse().domain_dn.clone(),
            scope: Scope::Subtree,
            filter: Filter::any_object(),
            attributes: vec!["*".to_owned()],
            sd_parts: Some(SdParts::READABLE),
        };
        match directory.search(&request).await {
            Ok(_) => read += 1,
            Err(error) => assert!(!error.object.is_empty()),
        }
        // Whatever these answer, they answer.
        let _ = directory.delete_tree(&dn("OU=unit 3,DC=corp,DC=test")).await;
        let _ = directory.rename(&dn("OU=unit 4,DC=corp,DC=test"), "OU=renamed", None).await;
        let sysvol = forest.sysvol(&"corp.test".parse().unwrap()).await;
        if let Ok(sysvol) = sysvol {
            let _ = sysvol.replace(&SysvolPath::parse("x").unwrap(), b"x").await;
        }
    }
    assert!(refused > 0 && refused + read <= 120, "{refused} {read}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_and_writers_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    for forest in [forest(None).unwrap(), forest(Some(&folder.path().join("test.gpforest"))).unwrap()] {
        let directory = forest.directory();
        let writer = async {
            for number in 0..20 {
                let unit = dn(&format!("OU=unit {number},DC=corp,DC=test"));
                directory.add(&unit, &[class("organizationalUnit")]).await.unwrap();
            }
        };
        let reader = async {
            let mut seen = 0;
            while seen < 20 {
                let now = names(&*directory, "(objectClass=organizationalUnit)").await.len();
                assert!(now >= seen);
                seen = now;
            }
        };
        futures::join!(writer, reader);
    }
}

#[test]
fn entries_may_come_in_any_order() {
    let mut builder = ForestFileBuilder::in_memory("test", &domains()).unwrap();
    let entry = |name: &str| Entry { dn: dn(name), attributes: vec![class("organizationalUnit")] };
    builder
        .add_entries(["OU=c,OU=b,ou=A,DC=corp,DC=test", "OU=b,OU=a,dc=corp,DC=test", "OU=A,DC=CORP,DC=test"].map(entry))
        .unwrap();
    assert_eq!(builder.add_entry(entry("ou=B,ou=a,dc=corp,dc=test")).unwrap_err().kind, StoreErrorKind::AlreadyExists);
    assert_eq!(builder.add_entry(entry("OU=x,DC=elsewhere")).unwrap_err().kind, StoreErrorKind::InvalidValue);
    let forest = builder.finish().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let found = runtime.block_on(async {
        let request = SearchRequest {
            base: dn("OU=a,DC=corp,DC=test"),
            scope: Scope::Subtree,
            filter: Filter::any_object(),
            attributes: vec![],
            sd_parts: None,
        };
        forest.directory().search(&request).await.unwrap()
    });
    let names: Vec<&str> = found.iter().map(|entry| entry.dn.as_str()).collect();
    assert_eq!(names, ["OU=A,DC=corp,DC=test", "OU=b,OU=A,DC=corp,DC=test", "OU=c,OU=b,OU=A,DC=corp,DC=test"]);
}

#[tokio::test]
async fn an_interrupted_change_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.gpforest");
    let unit = dn("OU=kept,DC=corp,DC=test");
    let before = forest(Some(&path)).unwrap();
    before.directory().add(&unit, &[class("organizationalUnit")]).await.unwrap();
    drop(before);
    // A change that has begun to reach the file, and the file as a crash would leave it then.
    let mut connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "cache_size", 1).unwrap();
    let transaction = connection.transaction().unwrap();
    transaction.execute_batch("DELETE FROM lookup; DELETE FROM entry;").unwrap();
    let insert = "INSERT INTO chunk(id, bytes) VALUES(?, zeroblob(4000))";
    (0..500_i64).for_each(|id| assert_eq!(transaction.execute(insert, (id + (1 << 40),)).unwrap(), 1));
    let crashed = folder.path().join("crashed.gpforest");
    let journal = |path: &Path| path.with_extension("gpforest-journal");
    std::fs::copy(&path, &crashed).unwrap();
    std::fs::copy(journal(&path), journal(&crashed)).unwrap();
    drop(transaction);
    assert_ne!(std::fs::read(&crashed).unwrap(), std::fs::read(&path).unwrap());

    let error = ForestFile::open(&crashed, true).map(drop).unwrap_err();
    assert!(error.detail.contains("interrupted"), "{error}");
    let recovered = ForestFile::open(&crashed, false).unwrap();
    recovered.directory().read(&unit, &["ou"], None).await.unwrap();
    drop(recovered);
    assert!(!journal(&crashed).exists());
    ForestFile::open(&crashed, true).unwrap();
}
