//! What every reader of foreign bytes must hold to: no panic, no endless loop, and what was read is read again the same.
//!
//! One function per reader. The fuzz targets run them on what the fuzzer invents, the library tests on random bytes and on
//! damaged samples, so that they are kept working without a fuzzer.

use opengpmc::extension::references::{ReferenceFile, Replacement};
use opengpmc::extension::{
    FileContent, GptFile, HalfContents, PrincipalNames, Source, SourceContext, document, report_half,
    rsop_differences_document,
};
use opengpmc::format::admx::{AdmxStore, PolValues, PolicyClass, TemplateFile, TemplateSource, evaluate_all};
use opengpmc::format::preferences::{PreferenceFile, PreferenceKind, TargetingFilter, check_preferences};
use opengpmc::format::{
    AdvertiseScript, AppLockerRule, AuditCsv, BackupXml, CentralAccessFile, CertificateBlob, CertificateInfo, EfsBlob,
    EntryType, FirewallRule, FolderRedirectionFile, GptIni, IniFile, MOST_CABINET_BYTES, MOST_CABINET_FILES,
    MapDestination, MofFilter, OldFolderRedirectionFile, PolData, PolRecord, PolicyComments, RegistryPol, ScriptEvent,
    ScriptList, SecurityTemplate, StarterGpoField, StarterGpoFile, check_wql, decode_xml, read_backup_info,
    read_cabinet, read_gpo_comment, read_key_usage, read_manifest, write_backup_info, write_cabinet, write_gpo_comment,
    write_manifest,
};
use opengpmc::gpm::{MigrationTable, SecuredObject, SecurityInfo, Task, WmiQueryList, computers_can_read};
use opengpmc::ident::{Dn, ExtensionList, GpLink, GpoVersion, Guid, Sid};
use opengpmc::operation::{render_reports, render_rsop};
use opengpmc::report::rsop::compare;
use opengpmc::report::{
    GpoReport, HalfReport, HtmlOptions, ReportFormat, RsopReport, Side, read_reports, read_rsop, write_report,
    write_rsop,
};
use opengpmc::security::{SddlContext, SecurityDescriptor, compare_sysvol_acl};
use opengpmc::store::Filter;

/// Self-relative security descriptors, with all that is made of them.
pub fn descriptor(bytes: &[u8]) {
    let Ok(descriptor) = SecurityDescriptor::from_bytes(bytes) else { return };
    if let Ok(written) = descriptor.to_bytes() {
        // An object entry in a list of the old revision is written in a list of the new one; from then on nothing changes.
        let again = SecurityDescriptor::from_bytes(&written).map(|again| again.to_bytes());
        assert_eq!(again, Ok(Ok(written)));
    }
    let context = SddlContext::default();
    let sddl = descriptor.to_sddl(&context);
    assert!(SecurityDescriptor::from_sddl(&sddl, &context).is_ok(), "{sddl}");
    for object in [SecuredObject::Gpo, SecuredObject::Ou, SecuredObject::WmiFilter, SecuredObject::StarterGpo] {
        SecurityInfo::from_descriptor(object, &descriptor);
    }
    computers_can_read(&descriptor, None);
    compare_sysvol_acl(&descriptor, &descriptor);
}

/// Security descriptors in text.
pub fn sddl(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let context = SddlContext::default();
    let Ok(descriptor) = SecurityDescriptor::from_sddl(text, &context) else { return };
    let written = descriptor.to_sddl(&context);
    let again = SecurityDescriptor::from_sddl(&written, &context).map(|again| again.to_sddl(&context));
    assert_eq!(again, Ok(written));
}

/// The attribute `gPLink`.
pub fn gp_link(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let links = GpLink::parse(text);
    if !text.is_empty() {
        assert_eq!(links.to_string(), text);
    }
}

/// Distinguished names.
pub fn dn(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(dn) = Dn::parse(text) else { return };
    assert_eq!(Dn::parse(dn.as_str()).as_ref(), Ok(&dn));
    if let Some(parent) = dn.parent() {
        assert!(dn.is_within(&parent));
    }
}

/// Search filters.
pub fn filter(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(filter) = text.parse::<Filter>() else { return };
    let written = filter.to_string();
    assert_eq!(written.parse::<Filter>().map(|again| again.to_string()), Ok(written));
}

/// The index files of backups, in any encoding.
pub fn backup_index(bytes: &[u8]) {
    let _ = decode_xml(bytes);
    let manifest = read_manifest(bytes);
    // Each entry takes more than a byte of the file.
    assert!(manifest.instances.len() + manifest.problems.len() <= bytes.len() + 1);
    let written = read_manifest(&write_manifest(&manifest.instances));
    assert_eq!((written.instances.len(), written.problems.len()), (manifest.instances.len(), 0));
    if let Ok(info) = read_backup_info(bytes) {
        assert!(read_backup_info(&write_backup_info(&info)).is_ok());
    }
}

/// `GPT.INI`.
pub fn gpt_ini(bytes: &[u8]) {
    let mut file = GptIni::parse(bytes);
    assert_eq!(file.to_bytes(), bytes);
    file.display_name();
    let version = GpoVersion { user: 7, computer: 9 };
    file.set_version(version);
    assert_eq!(GptIni::parse(&file.to_bytes()).version(), Some(version));
}

/// `registry.pol`, whole and damaged.
pub fn registry_pol(bytes: &[u8]) {
    let (found, errors) = RegistryPol::recover(bytes);
    match RegistryPol::parse(bytes) {
        Ok(file) => {
            assert_eq!(file.to_bytes(), bytes);
            assert!(errors.is_empty() && file == found);
        }
        Err(_) => assert!(!errors.is_empty()),
    }
    // A record takes at least its two brackets, four separators, type and size.
    assert!(found.records.len() * 20 <= bytes.len());
    for record in &found.records {
        record.data();
        record.command();
        record.is_create_key();
    }
    // What was saved of a damaged file may be odd, but it is the same records in a file of their own.
    assert_eq!(RegistryPol::parse(&found.to_bytes()).as_ref(), Ok(&found));
}

/// The queries of a WMI filter.
pub fn wmi_queries(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let list = WmiQueryList::parse(text);
    let written = WmiQueryList::write(&list.queries);
    assert_eq!(WmiQueryList::parse(&written).queries, list.queries);
}

/// Exported WMI filters, and the syntax of their queries.
pub fn mof(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(error) = check_wql(text)
    {
        assert!((1..=text.chars().count() + 1).contains(&error.position), "{error}");
    }
    let Ok(filter) = MofFilter::parse(bytes) else { return };
    for query in &filter.queries {
        check_wql(&query.query).ok();
    }
    assert_eq!(MofFilter::parse(&filter.to_bytes()).as_ref(), Ok(&filter));
}

/// Preference files of any kind.
pub fn preferences(bytes: &[u8]) {
    let Ok(mut file) = PreferenceFile::parse(bytes) else { return };
    assert_eq!(file.bytes(), bytes);
    for kind in PreferenceKind::ALL {
        check_preferences(&file, kind);
    }
    for element in file.elements() {
        TargetingFilter::read_all(element);
        assert!(element.line() >= 1);
    }
    let last = file.elements().last().map(|element| element.id());
    let Some(last) = last else { return };
    let elements = file.elements().count();
    if file.set_attribute(last, "edited", "a \"b\" <c>\r\n").is_ok() {
        assert_eq!(file.elements().count(), elements);
        let edited = file.elements().last().and_then(|element| element.attribute("edited"));
        assert_eq!(edited, Some("a \"b\" <c>\r\n"));
    }
    if file.set_text(last, "d & e").is_ok() {
        assert_eq!(file.elements().last().map(|element| element.text()), Some("d & e"));
    }
}

/// `GptTmpl.inf`.
pub fn security_template(bytes: &[u8]) {
    let file = SecurityTemplate::parse(bytes);
    assert_eq!(file.to_bytes(), bytes);
    let settings = file.settings();
    assert!(settings.registry_values.len() + settings.rights.len() + settings.problems.len() <= bytes.len());
}

/// Files of sections and lines: lists of scripts, folder redirection, central access policies.
pub fn ini_files(bytes: &[u8]) {
    let mut file = IniFile::parse(bytes);
    assert_eq!(file.to_bytes(), bytes);
    file.set_value("Startup", "0CmdLine", "x");
    assert_eq!(file.value("Startup", "0CmdLine"), Some("x".to_owned()));
    for event in [ScriptEvent::Startup, ScriptEvent::Logoff] {
        ScriptList::parse(bytes).scripts(event);
    }
    FolderRedirectionFile::parse(bytes).folders();
    OldFolderRedirectionFile::parse(bytes).folders();
    CentralAccessFile::parse(bytes).policies();
    let comment = read_gpo_comment(bytes);
    assert_eq!(read_gpo_comment(&write_gpo_comment(&comment)), comment);
}

/// `audit.csv`.
pub fn audit_csv(bytes: &[u8]) {
    let mut file = AuditCsv::parse(bytes);
    assert_eq!(file.to_bytes(), bytes);
    let (rows, problems) = file.rows();
    assert!(rows.len() + problems.len() <= bytes.len());
    for row in rows {
        file.set_value(row.line, "3");
    }
}

/// Rules of the Windows Firewall.
pub fn firewall_rule(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(rule) = text.parse::<FirewallRule>() else { return };
    assert_eq!(rule.to_string(), text);
    rule.tokens.iter().for_each(|token| assert!(!token.list_name().contains('=')));
}

/// Rules of AppLocker.
pub fn app_locker_rule(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(mut rule) = AppLockerRule::parse(text) else { return };
    assert_eq!(rule.to_string(), text);
    if rule.set_attribute("Name", "<\"&'>\r\n") {
        assert_eq!(rule.root().get("Name"), "<\"&'>\r\n");
    }
}

/// Entries of certificate stores, the certificates in them, and recovery agents of EFS.
pub fn certificates(bytes: &[u8]) {
    if let Ok(blob) = CertificateBlob::parse(bytes) {
        assert_eq!(blob.to_bytes(), bytes);
        let _ = (blob.friendly_name(), blob.certificate().map(CertificateInfo::parse));
    }
    if let Ok(blob) = EfsBlob::parse(bytes) {
        assert_eq!(blob.to_bytes(), bytes);
        for key in &blob.keys {
            let _ = (key.sid(), key.certificate().map(CertificateInfo::parse));
        }
    }
    let _ = (CertificateInfo::parse(bytes), read_key_usage(bytes));
}

/// Advertise scripts of software installation.
pub fn advertise_script(bytes: &[u8]) {
    let Ok(script) = AdvertiseScript::parse(bytes) else { return };
    assert_eq!(script.to_bytes(), bytes);
    script.product();
}

/// `Backup.xml` of a backup set.
pub fn backup_xml(bytes: &[u8]) {
    let Ok(set) = BackupXml::parse(bytes) else { return };
    set.objects().for_each(|(path, _)| assert!(!path.starts_with("*")));
    assert_eq!(BackupXml::parse(&set.to_bytes()), Ok(set));
}

/// Reports that GPMC wrote, with all that is shown and written of them.
pub fn report_xml(bytes: &[u8]) {
    let Ok(reports) = read_reports(bytes) else { return };
    for report in &reports {
        let written = write_report(report);
        let again = read_reports(&written).map(|again| again.first().map(write_report));
        assert_eq!(again, Ok(Some(written)));
    }
    render(&reports);
}

/// Resultant sets of policy, with all that is shown and written of them.
pub fn rsop_report(bytes: &[u8]) {
    let Ok(report) = read_rsop(bytes) else { return };
    let written = write_rsop(&report);
    let again = read_rsop(&written).map(|again| write_rsop(&again));
    assert_eq!(again, Ok(written));
    for format in ReportFormat::ALL {
        render_rsop(&report, format, HtmlOptions::default());
    }
    assert_eq!(compare(&report, &report), []);
    rsop_differences_document("a", "b", &compare(&report, &RsopReport::default()));
    for result in [&report.user, &report.computer].into_iter().flatten() {
        result.trace();
        result.gpos.iter().for_each(|gpo| assert_eq!(gpo.is_applied(), result.why_not(gpo).is_none()));
    }
}

/// The files of a half in which extensions find their settings, each of which may hold anything.
const SETTINGS_FILES: [&str; 14] = [
    "registry.pol",
    "comment.cmtx",
    "Microsoft/Windows NT/SecEdit/GptTmpl.inf",
    "Microsoft/Windows NT/Audit/audit.csv",
    "Microsoft/Windows NT/CAP/CAP.inf",
    "Scripts/scripts.ini",
    "Scripts/psscripts.ini",
    "Documents & Settings/fdeploy.ini",
    "Documents & Settings/fdeploy1.ini",
    "Applications/{00000000-0000-0000-0000-000000000001}.aas",
    "Microsoft/IEAK/install.ins",
    "Preferences/Registry/Registry.xml",
    "Preferences/ScheduledTasks/ScheduledTasks.xml",
    "Preferences/Groups/Groups.xml",
];

/// A half of a GPO in which everything is registered and one file holds these bytes, from settings to reports: the first byte says which
/// file and half.
pub fn half(bytes: &[u8]) {
    let Some((&choice, content)) = bytes.split_first() else { return };
    let path = SETTINGS_FILES[usize::from(choice & 0x7F) % SETTINGS_FILES.len()];
    let side = if choice < 0x80 { Side::Computer } else { Side::User };
    let file = GptFile {
        path: path.to_owned(),
        size_bytes: content.len() as u64,
        content: FileContent::Whole(content.to_vec()),
    };
    let everything: String = opengpmc::extension::EXTENSIONS.iter().map(|each| format!("[{}]", each.cse)).collect();
    let half = HalfContents::new(ExtensionList::parse_lossy(&everything), vec![file], Vec::new());
    let (names, templates) = (PrincipalNames::default(), AdmxStore::default());
    for compatible in [false, true] {
        let context = SourceContext { names: &names, templates: &templates, with_comments: true, compatible };
        let read = report_half(&Source { side, half: &half, context: &context }, &Task::default());
        let mut report = empty_report();
        match side {
            Side::Computer => report.computer.extensions = read.unwrap_or_default(),
            Side::User => report.user.extensions = read.unwrap_or_default(),
        }
        render(&[report]);
    }
}

fn empty_report() -> GpoReport {
    GpoReport {
        id: Guid::NIL,
        domain: "corp.example.com".to_owned(),
        name: "Fuzz".to_owned(),
        include_comments: true,
        created: None,
        modified: None,
        read: None,
        security: None,
        filter_available: false,
        filter_name: None,
        filter_description: None,
        computer: HalfReport::default(),
        user: HalfReport::default(),
        links: Vec::new(),
        problems: Vec::new(),
        template_source: None,
    }
}

/// Shows and writes reports in every form; the XML of ours is read again.
fn render(reports: &[GpoReport]) {
    reports.iter().for_each(|report| drop(document(report)));
    for format in ReportFormat::ALL {
        let bytes = render_reports(reports, format, HtmlOptions::default());
        if format == ReportFormat::Xml && !reports.is_empty() {
            assert!(read_reports(&bytes).is_ok(), "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

/// Administrative templates: the bytes as the template, as its texts, and as a parsed store that was kept.
pub fn admx(bytes: &[u8]) {
    AdmxStore::from_cache(bytes, "");
    let file = |path: &str| TemplateFile { path: path.to_owned(), bytes: bytes.to_vec() };
    let store = AdmxStore::build(&[
        TemplateSource { admx: file("a.admx"), adml: Some(file("a.adml")), rank: 0 },
        TemplateSource { admx: file("b.admx"), adml: None, rank: 1 },
    ]);
    assert_eq!(AdmxStore::from_cache(&store.to_cache(""), "").as_ref(), Some(&store));
    let mut pol = RegistryPol::default();
    for policy in store.policies() {
        policy.category();
        policy.supported_on();
        policy
            .controls()
            .for_each(|control| assert!(control.element().is_some() || control.default_value().is_empty()));
        let names = policy.elements().map(|element| (element.key(), element.value_name())).chain([(policy.key(), "x")]);
        pol.records.extend(names.map(|(key, name)| PolRecord::set(key, name, PolData::Dword(1))));
    }
    for half in [PolicyClass::Machine, PolicyClass::User] {
        let evaluated = evaluate_all(&store, &PolValues::new(&pol), half, []);
        assert!(evaluated.len() <= store.policy_count());
    }
}

/// Cabinets.
pub fn cabinet(bytes: &[u8]) {
    let Ok(files) = read_cabinet(bytes) else { return };
    assert!(files.len() <= MOST_CABINET_FILES);
    let total: u64 = files.iter().map(|file| file.bytes.len() as u64).sum();
    assert!(total <= MOST_CABINET_BYTES);
    // Writing large ones again takes longer than it tells.
    if total < 1 << 20
        && let Ok(written) = write_cabinet(&files)
    {
        assert_eq!(read_cabinet(&written).as_ref(), Ok(&files));
    }
}

/// What a starter GPO says of itself.
pub fn starter_gpo_file(bytes: &[u8]) {
    let Ok(file) = StarterGpoFile::parse(bytes) else { return };
    file.id();
    file.refers_to_strings();
    let named = [(StarterGpoField::DisplayName, "a <b> & \"c' ]]>".to_owned())];
    let (Ok(same), Ok(renamed)) = (file.with_values(&[]), file.with_values(&named)) else { return };
    assert_eq!(same, bytes);
    let again = StarterGpoFile::parse(&renamed);
    assert_eq!(again.as_ref().map(|again| again.value(StarterGpoField::DisplayName)), Ok(named[0].1.as_str()));
}

/// Comments of policies.
pub fn policy_comments(bytes: &[u8]) {
    let Ok(mut comments) = PolicyComments::parse(bytes) else { return };
    assert_eq!(comments.to_bytes(), bytes);
    if comments.set("Example", "Policy", "a <b> & \"c\"").is_ok() {
        assert_eq!(comments.text("Example", "Policy"), Some("a <b> & \"c\""));
        assert!(comments.remove("Example", "Policy").is_ok());
        assert_eq!(PolicyComments::parse(&comments.to_bytes()).as_ref(), Ok(&comments));
    }
}

/// Migration tables.
pub fn migration_table(bytes: &[u8]) {
    let Ok(mut table) = MigrationTable::parse(bytes) else { return };
    assert_eq!(table.to_bytes(), bytes);
    table.validate();
    let count = table.entries().len();
    let (source, destination) = ("Group <a> & b@corp.example", MapDestination::Set("x".to_owned()));
    let is_new = table.get_entry(source).is_none();
    assert!(table.add_entry(source, EntryType::GlobalGroup, &destination).is_ok());
    assert_eq!(table.entries().len(), count + usize::from(is_new));
    assert_eq!(table.get_entry(source).map(|entry| &entry.destination), Some(&destination));
    assert!(table.update_destination(source, &MapDestination::None).is_ok());
    assert_eq!(MigrationTable::parse(&table.to_bytes()).as_ref(), Ok(&table));
    assert!(table.delete_entry(source).is_ok());
    assert_eq!(table.entries().len(), count + usize::from(is_new) - 1);
}

/// What in settings files names principals and paths; the first byte chooses the kind of file.
pub fn references(bytes: &[u8]) {
    const PATHS: [&str; 6] = [
        "Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf",
        "User/Scripts/scripts.ini",
        "User/Documents & Settings/fdeploy1.ini",
        "User/Documents & Settings/fdeploy.ini",
        "Machine/Applications/a.aas",
        "User/Preferences/Groups/Groups.xml",
    ];
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let path = PATHS[usize::from(*choice) % PATHS.len()];
    let Some(kind) = ReferenceFile::of_path(path) else { return };
    let count = |bytes: &[u8], answer: &Replacement| {
        let mut seen = 0;
        let walked = kind.walk(path, bytes, &mut |_| {
            seen += 1;
            answer.clone()
        });
        walked.map(|changed| (changed, seen))
    };
    let Ok((unchanged, all)) = count(bytes, &Replacement::Keep) else { return };
    assert_eq!(unchanged, None);
    let sid = Sid::everyone();
    for answer in [
        Replacement::Remove,
        Replacement::Path(r"\\new\share\x".to_owned()),
        Replacement::Principal { sid, name: Some(r"NEW\x".to_owned()) },
    ] {
        // A file whose bytes are odd in their encoding is told as one that cannot be changed.
        let Ok((changed, seen)) = count(bytes, &answer) else { continue };
        // What goes with a group that is taken out is not shown.
        assert!(seen == all || answer == Replacement::Remove && seen <= all, "{seen} of {all}");
        assert!(changed.is_none_or(|changed| count(&changed, &Replacement::Keep).is_ok()));
    }
}
