use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::format::{BackupGroup, BackupGroupType, EntryType, MapDestination};
use crate::gpm::{GpoStatus, HResult, MessageId, OperationError, Severity, Task};
use crate::ident::{DnsName, GpoVersion, Guid};
use crate::operation::content::{ContentFile, ContentObject, GpoContent, GpoCore};
use crate::report::Side;
use crate::security::{SddlContext, SecurityDescriptor};
use crate::store::{FolderSysvol, ForestStore, SysvolPath, demo};

const TEMPLATE: &str = "Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf";
const SCRIPTS: &str = "User/Scripts/scripts.ini";
const GROUPS: &str = "User/Preferences/Groups/Groups.xml";
/// The target's domain in the demo forest.
const LUMEN: &str = "S-1-5-21-745530182-4021167395-1586330274";
const KESTREL: &str = "S-1-5-21-1907365412-2871903345-664120987";

struct Source {
    _folder: TempDir,
    content: GpoContent,
}

/// Makes a GPO of the domain `old.x` (OLD, S-1-5-21-1-2-3) from its files.
async fn source(files: &[(&str, &str)]) -> Source {
    let folder = tempfile::tempdir().unwrap();
    let mut listed = Vec::new();
    for (path, text) in files {
        let place = folder.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
        let path = SysvolPath::parse(path).unwrap();
        listed.push(ContentFile { path: path.clone(), place: path, size_bytes: text.len() as u64 });
    }
    let group = |rid: u32, account: &str, kind| BackupGroup {
        sid: format!("S-1-5-21-1-2-3-{rid}").parse().ok(),
        account: account.to_owned(),
        kind,
        netbios_domain: "OLD".to_owned(),
        dns_domain: "old.x".to_owned(),
        ..BackupGroup::default()
    };
    let content = GpoContent {
        core: GpoCore {
            id: Guid::from_u128(1),
            domain: "old.x".parse().unwrap(),
            display_name: "Old".to_owned(),
            status: GpoStatus::Enabled,
            directory_version: GpoVersion::default(),
            sysvol_version: None,
            computer_extensions: String::new(),
            user_extensions: String::new(),
            wmi_filter: None,
            wmi_filter_name: None,
            security_descriptor: Some(sddl("D:P(A;;RP;;;S-1-5-21-1-2-3-512)(A;;RP;;;AU)")),
        },
        folders: Vec::new(),
        files: listed,
        objects: vec![ContentObject {
            id: None,
            side: Side::Computer,
            path: "CN={1},CN=Packages,CN=Class Store".to_owned(),
            class: "packageRegistration".to_owned(),
            attributes: vec![("msiFileList".to_owned(), vec![br"0:\\old\packages\a.msi".to_vec()])],
            security_descriptor: Some(sddl("D:(A;;RP;;;S-1-5-21-1-2-3-1201)")),
        }],
        principals: vec![
            group(512, "Domain Admins", BackupGroupType::GlobalGroup),
            group(1201, "Sail Makers", BackupGroupType::GlobalGroup),
            group(1104, "celeste.roux", BackupGroupType::User),
            group(1300, "Nobody Else", BackupGroupType::LocalGroup),
            BackupGroup { account: "Administratoren".to_owned(), ..BackupGroup::default() },
            BackupGroup { sid: "S-1-5-21-1-2-3-1999".parse().ok(), ..BackupGroup::default() },
        ],
        sysvol: Arc::new(FolderSysvol::open(folder.path(), Duration::from_secs(9)).await.unwrap()),
        changed: BTreeMap::new(),
    };
    Source { _folder: folder, content }
}

fn sddl(text: &str) -> Vec<u8> {
    SecurityDescriptor::from_sddl(text, &SddlContext::default()).unwrap().to_bytes().unwrap()
}

fn table(entries: &[(&str, EntryType, MapDestination)]) -> MigrationTable {
    let mut table = MigrationTable::new();
    entries.iter().for_each(|(source, kind, destination)| table.add_entry(source, *kind, destination).unwrap());
    table
}

fn set(text: &str) -> MapDestination {
    MapDestination::Set(text.to_owned())
}

fn target() -> DnsName {
    "lumen-sails.example".parse().unwrap()
}

async fn store() -> Arc<dyn ForestStore> {
    demo::open().await.unwrap()
}

async fn plan(content: &GpoContent, options: &MigrationOptions, task: &Task) -> Result<MigrationPlan, OperationError> {
    plan_migration(content, &store().await, &target(), options, task).await
}

/// Returns the messages as `id severity: what about`.
fn told(task: &Task) -> Vec<String> {
    let line =
        |message: crate::gpm::StatusMessage| format!("{} {:?}: {}", message.id, message.severity, message.object_path);
    task.messages().into_iter().map(line).collect()
}

/// Checks what a user right holds after a migration by this table, and what is told.
async fn check(members: &str, entries: &[(&str, EntryType, MapDestination)], expected: &str, messages: &[&str]) {
    let text = |members: &str| format!("[Privilege Rights]\r\nSeOne = {members}\r\n");
    let mut source = source(&[(TEMPLATE, &text(members))]).await;
    let task = Task::default();
    let options = MigrationOptions { table: Some(table(entries)), ..MigrationOptions::default() };
    let plan = plan(&source.content, &options, &task).await.unwrap();
    plan.apply(&mut source.content, &task).await.unwrap();
    let file = source.content.files[0].clone();
    let bytes = source.content.read(&file, 1 << 20).await.unwrap();
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), text(expected));
    assert_eq!(file.size_bytes, bytes.len() as u64);
    let told: Vec<String> = told(&task).into_iter().filter(|line| !line.contains(r"\\old\packages")).collect();
    assert_eq!(told, messages);
}

#[tokio::test]
async fn every_form_of_a_source_is_the_same_principal() {
    let expected = format!("*{LUMEN}-1202");
    let by_sid = &expected[1..];
    for (source, destination) in [
        ("Sail Makers@old.x", "Table Operators@lumen-sails.example"),
        ("SAIL MAKERS@OLD.X", r"LUMEN\Table Operators"),
        (r"OLD\Sail Makers", "Table Operators"),
        (r"old.x\sail makers", by_sid),
        ("Sail Makers", r"lumen-sails.example\table operators"),
        ("S-1-5-21-1-2-3-1201", by_sid),
    ] {
        check("*S-1-5-21-1-2-3-1201", &[(source, EntryType::GlobalGroup, set(destination))], &expected, &[]).await;
        // The setting may name it too, and then a SID takes its place.
        check(r"OLD\Sail Makers", &[(source, EntryType::Unknown, set(destination))], &expected, &[]).await;
    }
}

#[tokio::test]
async fn destinations_of_each_kind() {
    let all = "*S-1-5-21-1-2-3-1201,*S-1-5-32-544,*S-1-5-21-1-2-3-512";
    let group = EntryType::GlobalGroup;
    let unmapped = "principal-unmapped Warning: Domain Admins@old.x";
    check(all, &[("Sail Makers@old.x", group, MapDestination::SameAsSource)], all, &[unmapped]).await;
    check(
        all,
        &[
            ("Sail Makers@old.x", group, MapDestination::None),
            ("Domain Admins@old.x", group, MapDestination::ByRelativeName),
        ],
        &format!("*S-1-5-32-544,*{LUMEN}-512"),
        &["principal-mapped-none Information: Sail Makers@old.x"],
    )
    .await;
    check(
        all,
        &[
            ("Sail Makers@old.x", group, MapDestination::ByRelativeName),
            ("Administratoren", EntryType::Unknown, set("Domain Admins@kestrelbay.example")),
            ("Domain Admins@old.x", group, MapDestination::None),
        ],
        &format!("*{LUMEN}-1201,*{KESTREL}-512"),
        &["principal-mapped-none Information: Domain Admins@old.x"],
    )
    .await;
    // A right whose last member goes is still defined, with nobody in it.
    let gone = [("Sail Makers@old.x", group, MapDestination::None)];
    check("*S-1-5-21-1-2-3-1201", &gone, "", &["principal-mapped-none Information: Sail Makers@old.x"]).await;
}

#[tokio::test]
async fn destinations_that_are_not_there() {
    let members = "*S-1-5-21-1-2-3-1300,*S-1-5-21-1-2-3-1201";
    check(
        members,
        &[
            ("Nobody Else@old.x", EntryType::LocalGroup, MapDestination::ByRelativeName),
            ("Sail Makers@old.x", EntryType::GlobalGroup, set("Gone@lumen-sails.example")),
        ],
        members,
        &["dest-unresolved Warning: Sail Makers@old.x", "relative-name-missing Warning: Nobody Else@old.x"],
    )
    .await;
    // Who stays is written by some tools as a destination of the same name.
    let same = [("Nobody Else@old.x", EntryType::LocalGroup, set("Nobody Else@old.x"))];
    check("*S-1-5-21-1-2-3-1300", &same, "*S-1-5-21-1-2-3-1300", &[]).await;
    check(
        "*S-1-5-21-1-2-3-1201",
        &[("Sail Makers@old.x", EntryType::User, set("Table Operators"))],
        &format!("*{LUMEN}-1202"),
        &["type-mismatch Warning: Sail Makers@old.x"],
    )
    .await;
    check("*S-1-5-21-1-2-3-1999", &[], "*S-1-5-21-1-2-3-1999", &["principal-unresolved Warning: S-1-5-21-1-2-3-1999"])
        .await;
}

#[tokio::test]
async fn everything_is_mapped_in_its_place() {
    let mut source = source(&[
        (TEMPLATE, "[Privilege Rights]\r\nSeOne = *S-1-5-21-1-2-3-1201\r\n[Registry Values]\r\nMACHINE\\x=1,\"O:BAG:BAD:(A;;RC;;;S-1-5-21-1-2-3-1201)\"\r\n"),
        (SCRIPTS, "[Logon]\r\n0CmdLine=\\\\OLD\\packages\\tools\\a.cmd\r\n1CmdLine=\\\\old\\packages2\\b.cmd\r\n"),
        (GROUPS, "<Groups><Group uid=\"1\" name=\"g\"><Properties><Members><Member name=\"OLD\\Sail Makers\" sid=\"S-1-5-21-1-2-3-1201\"/></Members></Properties></Group></Groups>"),
    ])
    .await;
    let table = table(&[
        ("Sail Makers@old.x", EntryType::GlobalGroup, MapDestination::ByRelativeName),
        ("Domain Admins@old.x", EntryType::GlobalGroup, MapDestination::ByRelativeName),
        (r"\\old\packages", EntryType::UncPath, set(r"\\new\p")),
        (r"\\old\packages\tools\", EntryType::UncPath, set(r"\\tools.new\t")),
    ]);
    let options =
        MigrationOptions { table: Some(table), with_security: true, map_preferences: true, table_only: false };
    let task = Task::default();
    let plan = plan(&source.content, &options, &task).await.unwrap();
    assert_eq!(source.content.changed.len(), 0);
    plan.apply(&mut source.content, &task).await.unwrap();
    let changed = |path: &str| {
        let bytes = source.content.changed.get(&SysvolPath::parse(path).unwrap()).cloned().unwrap_or_default();
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(
        changed(TEMPLATE),
        format!(
            "[Privilege Rights]\r\nSeOne = *{LUMEN}-1201\r\n[Registry Values]\r\nMACHINE\\x=1,\"O:BAG:BAD:(A;;RC;;;S-1-5-21-1-2-3-1201)\"\r\n"
        )
    );
    assert_eq!(
        changed(SCRIPTS),
        "[Logon]\r\n0CmdLine=\\\\tools.new\\t\\a.cmd\r\n1CmdLine=\\\\old\\packages2\\b.cmd\r\n"
    );
    assert!(
        changed(GROUPS).contains(&format!("<Member name=\"LUMEN\\Sail Makers\" sid=\"{LUMEN}-1201\"/>")),
        "{}",
        changed(GROUPS)
    );
    let object = &source.content.objects[0];
    assert_eq!(object.attributes[0].1, [br"0:\\new\p\a.msi".to_vec()]);
    assert_eq!(object.security_descriptor, Some(sddl(&format!("D:(A;;RP;;;{LUMEN}-1201)"))));
    let expected = sddl(&format!("D:P(A;;RP;;;{LUMEN}-512)(A;;RP;;;AU)"));
    assert_eq!(source.content.core.security_descriptor, Some(expected));
    assert_eq!(
        told(&task),
        ["principal-unmapped Warning: Sail Makers@old.x", r"path-unmapped Warning: \\old\packages2\b.cmd"]
    );
    let rows = serde_json::to_value(plan.rows()).unwrap();
    assert_eq!(rows[0]["outcome"]["principal"]["name"], r"LUMEN\Sail Makers");
    assert_eq!((&rows[0]["extension_name"], &rows[0]["settings_name"]), (&"Security".into(), &"SeOne".into()));
    assert_eq!(rows[1]["outcome"]["kept"], "not_mapped");
}

#[tokio::test]
async fn without_a_choice_preferences_and_permissions_stay() {
    let source =
        source(&[(GROUPS, "<Groups><Member name=\"OLD\\Sail Makers\" sid=\"S-1-5-21-1-2-3-1201\"/></Groups>")]).await;
    let task = Task::default();
    let mut content = source.content.clone();
    let options = MigrationOptions {
        table: Some(table(&[
            ("Sail Makers@old.x", EntryType::GlobalGroup, MapDestination::ByRelativeName),
            (r"\\old\packages", EntryType::UncPath, MapDestination::SameAsSource),
        ])),
        ..MigrationOptions::default()
    };
    let plan = plan(&content, &options, &task).await.unwrap();
    plan.apply(&mut content, &task).await.unwrap();
    assert!(content.changed.is_empty());
    assert_eq!((content.core, content.objects), (source.content.core.clone(), source.content.objects.clone()));
    assert_eq!(told(&task), [""; 0]);
}

#[tokio::test]
async fn with_the_table_alone_all_that_is_missing_is_named() {
    let source = source(&[
        (TEMPLATE, "[Privilege Rights]\r\nSeOne = *S-1-5-21-1-2-3-1201,*S-1-5-32-544,OTHER\\who,*S-1-5-21-1-2-3-512,*S-1-5-80-0\r\n"),
        (SCRIPTS, "[Logon]\r\n0CmdLine=\\\\old\\s\\a.cmd\r\n"),
    ])
    .await;
    let entries = table(&[("Domain Admins@old.x", EntryType::GlobalGroup, set("Gone"))]);
    for (table, expected) in [
        (
            Some(entries),
            [
                r"principal-unmapped Error: OTHER\who",
                "dest-unresolved Error: Domain Admins@old.x",
                "principal-unmapped Error: Sail Makers@old.x",
                r"path-unmapped Error: \\old\packages\a.msi",
                r"path-unmapped Error: \\old\s\a.cmd",
            ],
        ),
        (
            None,
            [
                r"principal-unmapped Error: OTHER\who",
                "principal-unmapped Error: Sail Makers@old.x",
                "principal-unmapped Error: Domain Admins@old.x",
                r"path-unmapped Error: \\old\packages\a.msi",
                r"path-unmapped Error: \\old\s\a.cmd",
            ],
        ),
    ] {
        let task = Task::default();
        let options = MigrationOptions { table, table_only: true, ..MigrationOptions::default() };
        let error = plan(&source.content, &options, &task).await.unwrap_err();
        let (mut found, mut expected) = (told(&task), expected.to_vec());
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(error.0.code, HResult::NONE_MAPPED);
        for name in [r"OTHER\who", "Sail Makers@old.x", r"\\old\s\a.cmd"] {
            assert!(error.to_string().contains(name), "{error}");
        }
    }
    // Nothing is asked of the directory where there is no table, and what is not mapped is told as it is.
    let task = Task::default();
    let plan = plan(&source.content, &MigrationOptions::default(), &task).await.unwrap();
    assert!(plan.rows().iter().all(|row| matches!(row.outcome, PlannedOutcome::Kept(_))));
    assert!(task.messages().iter().all(|message| message.severity == Severity::Information));
    assert_eq!(task.messages().len(), 5);
}

#[tokio::test]
async fn a_wrong_table_changes_nothing() {
    let source = source(&[]).await;
    let text = "<MigrationTable><Mapping><Type>User</Type><Source>a</Source></Mapping>\n<Mapping><Type>User</Type><Source>A</Source></Mapping>\n\
        <Mapping><Type>UNCPath</Type><Source>b</Source></Mapping></MigrationTable>";
    let options = |text: &str| {
        let table = Some(MigrationTable::parse(text.as_bytes()).unwrap());
        MigrationOptions { table, ..MigrationOptions::default() }
    };
    let task = Task::default();
    let error = plan(&source.content, &options(text), &task).await.unwrap_err();
    assert_eq!((error.0.id, error.0.object_path.as_str()), (MessageId::TableInvalid, "b"));
    assert_eq!(told(&task), ["table-invalid Warning: A"]);
    let task = Task::default();
    let doubled = text.replace("<Mapping><Type>UNCPath</Type><Source>b</Source></Mapping>", "");
    assert!(plan(&source.content, &options(&doubled), &task).await.is_ok());
}

#[tokio::test]
async fn damaged_files_are_told_and_kept() {
    let mut source = source(&[(GROUPS, "<Groups"), ("Machine/Applications/{1}.aas", "no script")]).await;
    let task = Task::default();
    let options = MigrationOptions { map_preferences: true, ..MigrationOptions::default() };
    let plan = plan(&source.content, &options, &task).await.unwrap();
    plan.apply(&mut source.content, &task).await.unwrap();
    let expected = [
        r"extension-failed Warning: User\Preferences\Groups\Groups.xml",
        r"extension-failed Warning: Machine\Applications\{1}.aas",
        r"path-unmapped Information: \\old\packages\a.msi",
    ];
    assert_eq!(told(&task), expected);
    let large = ContentFile { size_bytes: 1 << 40, ..source.content.files[0].clone() };
    source.content.files = vec![large];
    let options = ScanOptions { with_preferences: true, ..ScanOptions::default() };
    assert_eq!(scan_references(&source.content, &options, &task).await.unwrap().len(), 1);
    source.content.files = vec![ContentFile {
        place: SysvolPath::parse("gone").unwrap(),
        size_bytes: 1,
        ..source.content.files[0].clone()
    }];
    let error = scan_references(&source.content, &options, &task).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::FileReadFailed);
    task.cancel();
    assert!(scan_references(&source.content, &options, &task).await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_table_is_filled_with_what_a_gpo_names() {
    let source = source(&[
        (TEMPLATE, "[Privilege Rights]\r\nSeOne = *S-1-5-21-1-2-3-1201,*S-1-5-32-544,OTHER\\who,*S-1-5-21-1-2-3-1999,*S-1-5-80-0,*S-1-5-11\r\n"),
        (SCRIPTS, "[Logon]\r\n0CmdLine=\\\\old\\s\\a.cmd\r\n"),
    ])
    .await;
    let mut table = table(&[("sail makers@old.x", EntryType::Unknown, set("x"))]);
    let task = Task::default();
    let added = populate_table(&mut table, &source.content, &ScanOptions::default(), &task).await.unwrap();
    let entries = |table: &MigrationTable| -> Vec<(String, EntryType, MapDestination)> {
        let entry = |entry: &crate::gpm::MapEntry| {
            (entry.source.clone(), entry.entry_type.clone().unwrap(), entry.destination.clone())
        };
        table.entries().iter().map(entry).collect()
    };
    let same = |source: &str, kind| (source.to_owned(), kind, MapDestination::SameAsSource);
    let mut expected = vec![
        ("sail makers@old.x".to_owned(), EntryType::GlobalGroup, set("x")),
        same("Administratoren", EntryType::Unknown),
        same(r"OTHER\who", EntryType::Unknown),
        same("S-1-5-21-1-2-3-1999", EntryType::Unknown),
        same("Authenticated Users", EntryType::Unknown),
        same(r"\\old\s\a.cmd", EntryType::UncPath),
        same(r"\\old\packages\a.msi", EntryType::UncPath),
    ];
    assert_eq!((added, entries(&table)), (6, expected.clone()));
    let with_security = ScanOptions { with_security: true, ..ScanOptions::default() };
    let added = populate_table(&mut table, &source.content, &with_security, &task).await.unwrap();
    expected.push(same("Domain Admins@old.x", EntryType::GlobalGroup));
    assert_eq!((added, entries(&table)), (1, expected));
    assert!(table.validate().is_empty());
}

#[tokio::test]
async fn a_table_is_checked_against_the_target() {
    let text = "<MigrationTable><Mapping><Type>User</Type><Source>a</Source><Destination>celeste.roux@lumen-sails.example</Destination></Mapping>\
        <Mapping><Type>User</Type><Source>b</Source><Destination>LUMEN\\Sail Makers</Destination></Mapping>\
        <Mapping><Type>Unknown</Type><Source>c</Source><Destination>Administrateurs</Destination></Mapping>\
        <Mapping><Type>GlobalGroup</Type><Source>d</Source><Destination>Gone</Destination></Mapping>\
        <Mapping><Type>GlobalGroup</Type><Source>d2</Source><Destination>S-1-5-21-9-9-9-9</Destination></Mapping>\
        <Mapping><Type>UNCPath</Type><Source>\\\\o\\s</Source><Destination>\\\\host.invalid\\s</Destination></Mapping>\
        <Mapping><Type>UNCPath</Type><Source>\\\\o\\v</Source><Destination>\\\\%HOST%\\s</Destination></Mapping>\
        <Mapping><Type>User</Type><Source></Source></Mapping></MigrationTable>";
    let table = MigrationTable::parse(text.as_bytes()).unwrap();
    let found = validate_table(&table, &store().await, &target(), &Task::default()).await.unwrap();
    let found: Vec<(usize, &str)> = found.iter().map(|found| (found.entry, found.message.id.name())).collect();
    let expected = [
        (1, "type-mismatch"),
        (3, "dest-unresolved"),
        (4, "dest-unresolved"),
        (5, "path-unreachable"),
        (7, "table-invalid"),
    ];
    assert_eq!(found, expected);
}
