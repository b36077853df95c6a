//! Resultant sets of policy that Windows wrote: read, written back, counted.

use opengpmc::extension::{rsop_differences_document, rsop_document};
use opengpmc::report::rsop::{
    Differs, EventLevel, EventLoopback, EventMeaning, NotApplied, RsopDataType, RsopDifference, RsopReport,
    SettingOutcome, compare, precedence, read_rsop, winning_gpo, write_rsop,
};
use opengpmc::report::{Block, HtmlOptions, ReportFormat, Row, Section, Side, write_text};

use super::corpus::corpus;

/// Returns the documents of the corpus that `gpresult /X` wrote, with their bytes.
fn real_documents() -> Vec<(Vec<u8>, RsopReport)> {
    let Some(folder) = corpus("rsop/cis-benchmarks") else { return Vec::new() };
    let read = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let report = read_rsop(&bytes).unwrap();
        (bytes, report)
    };
    vec![read("GPResult.xml"), read("GPResult-Pass.xml")]
}

/// Returns an XML document as a list of its elements, attributes and texts with their namespaces; prefixes and white space between elements
/// aside.
fn infoset(bytes: &[u8]) -> Vec<String> {
    let text = opengpmc::format::decode_xml(bytes).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let mut lines = Vec::new();
    for node in document.descendants() {
        if node.is_element() {
            let depth = node.ancestors().count();
            lines.push(format!("{depth} {:?}", node.tag_name()));
            let mut attributes: Vec<String> = node
                .attributes()
                .map(|attribute| {
                    let value = match attribute.value().split_once(':') {
                        Some((prefix, local)) if attribute.name() == "type" => {
                            format!("{}:{local}", node.lookup_namespace_uri(Some(prefix)).unwrap())
                        }
                        _ => attribute.value().to_owned(),
                    };
                    format!("@{:?} {} {value}", attribute.namespace(), attribute.name())
                })
                .collect();
            attributes.sort();
            lines.extend(attributes);
        } else if node.is_text() && !node.text().unwrap().trim().is_empty() {
            lines.push(format!("= {}", node.text().unwrap()));
        }
    }
    lines
}

#[test]
fn real_documents_are_written_as_they_were_read() {
    for (bytes, report) in real_documents() {
        let written = write_rsop(&report);
        assert_eq!(infoset(&written), infoset(&bytes));
        // Line ends inside of texts aside, byte for byte.
        let text = |bytes: &[u8]| opengpmc::format::decode_xml(bytes).unwrap().replace('\r', "");
        assert_eq!(text(&written), text(&bytes));
        assert_eq!(read_rsop(&written).unwrap(), report);
    }
}

#[test]
fn real_documents_say_what_applied_and_what_did_not() {
    for (_, report) in real_documents() {
        assert_eq!(report.data_type, RsopDataType::Logged);
        assert!(report.read.is_some());
        let computer = report.result(Side::Computer).unwrap();
        assert_eq!((&*computer.name, &*computer.site), ("oriontech\\WIN-1CPI0V6RVEL$", "Default-First-Site-Name"));
        assert_eq!(computer.som, "corp.oriontech.info/Domain Controllers");
        assert_eq!(computer.searched_soms.len(), 4);
        assert_eq!(computer.security_groups.len(), 14);
        assert!(computer.security_groups.iter().all(|group| group.sid.is_some()));
        assert_eq!(computer.extension_status.len(), 3);
        let applied: Vec<&str> = computer.applied().iter().map(|gpo| gpo.name.as_str()).collect();
        let expected = ["2 User Rights Assignment - MS", "Default Domain Policy", "2 User Rights Assignment - DC"];
        assert_eq!(applied, expected);
        let local = computer.gpos.iter().find(|gpo| gpo.is_local()).unwrap();
        assert_eq!(computer.why_not(local), Some(NotApplied::Empty));
        let names: Vec<&str> = computer.extensions.iter().map(|extension| extension.name.as_str()).collect();
        let other = |name: &str| format!("{name} (Setting controlled by a different authority)");
        assert_eq!(names, ["Security", &other("Security"), "Public Key", "Registry", &other("Registry")]);
        let settings: Vec<_> = computer.extensions.iter().flat_map(|extension| &extension.elements).collect();
        assert_eq!(settings.iter().filter(|setting| precedence(setting) == Some(1)).count(), 60);
        assert!(settings.iter().filter_map(|setting| winning_gpo(setting)).all(|gpo| computer.gpo(&gpo).is_some()));

        let user = report.result(Side::User).unwrap();
        assert_eq!((user.name.as_str(), user.slow_link), ("oriontech\\Administrator", Some(false)));
        assert_eq!(user.security_groups.len(), 17);
        assert!(user.applied().is_empty());
        let reasons: Vec<_> = user.gpos.iter().map(|gpo| user.why_not(gpo)).collect();
        let not_returned = Some(NotApplied::NotReturned);
        assert_eq!(reasons, [not_returned, Some(NotApplied::Empty), not_returned]);
        assert_eq!((user.events.len(), computer.events.len()), (1, 1));
    }
}

/// A plan of a computer: one setting of two GPOs, one GPO denied by its filter, one by permissions, one not given to the client.
fn plan() -> RsopReport {
    let types = "xmlns='http://www.microsoft.com/GroupPolicy/Types'";
    let base = "xmlns='http://www.microsoft.com/GroupPolicy/Settings/Base'";
    let id = |gpo: u8| format!("{{00000000-0000-0000-0000-0000000000{gpo:02}}}");
    let gpo = |number: u8, name: &str, applied: u8, more: &str| {
        format!(
            "<GPO><Name>{name}</Name><Path><Identifier {types}>{}</Identifier><Domain {types}>corp.example</Domain></Path>\
             <VersionDirectory>3</VersionDirectory><VersionSysvol>{}</VersionSysvol>{more}<Link><SOMPath>corp.example/Staff</SOMPath>\
             <SOMOrder>1</SOMOrder><AppliedOrder>{applied}</AppliedOrder><LinkOrder>2</LinkOrder><Enabled>true</Enabled>\
             <NoOverride>{}</NoOverride></Link><SecurityFilter>CORP\\Staff</SecurityFilter><ExtensionName>Security</ExtensionName></GPO>",
            id(number),
            if number == 2 { 4 } else { 3 },
            number == 2,
        )
    };
    let account = |gpo: u8, precedence: u8, days: u8| {
        format!(
            "<q1:Account><GPO {base}><Identifier {types}>{}</Identifier><Domain {types}>corp.example</Domain></GPO>\
             <Precedence {base}>{precedence}</Precedence><q1:Name>MaximumPasswordAge</q1:Name>\
             <q1:SettingNumber>{days}</q1:SettingNumber><q1:Type>Password</q1:Type></q1:Account>",
            id(gpo)
        )
    };
    let fine = "<Enabled>true</Enabled><IsValid>true</IsValid><FilterAllowed>true</FilterAllowed><AccessDenied>false</AccessDenied>";
    let filtered = "<Enabled>true</Enabled><IsValid>true</IsValid><FilterName>Laptops</FilterName><FilterAllowed>false</FilterAllowed>";
    let refused = "<Enabled>true</Enabled><IsValid>true</IsValid><AccessDenied>true</AccessDenied>";
    let text = format!(
        "<Rsop xmlns='http://www.microsoft.com/GroupPolicy/Rsop' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>\
         <ReadTime>2026-03-01T12:00:00Z</ReadTime><DataType>PlannedData</DataType><ComputerResults><Name>CORP\\PC7$</Name>\
         <Domain>corp.example</Domain><SOM>corp.example/Staff</SOM><Site>Basel</Site><SearchedSOM><Path>corp.example/Staff</Path>\
         <Type>OU</Type><Order>4</Order><BlocksInheritance>true</BlocksInheritance><Blocked>false</Blocked><Reason>Normal</Reason>\
         </SearchedSOM><SecurityGroup><SID {types}>S-1-1-0</SID><Name {types}>Everyone</Name></SecurityGroup><SlowLink>true</SlowLink>\
         <ExtensionStatus><Name>Security</Name><Identifier>{{827D319E-6EAC-11D2-A4EA-00C04F79F83A}}</Identifier>\
         <BeginTime>2026-03-01T11:00:00</BeginTime><EndTime>2026-03-01T11:01:02</EndTime><LoggingStatus>Complete</LoggingStatus>\
         <Error>1332</Error></ExtensionStatus>{}{}{}{}<ExtensionData>\
         <Extension xmlns:q1='http://www.microsoft.com/GroupPolicy/Settings/Security' xsi:type='q1:SecuritySettings' \
         xmlns='http://www.microsoft.com/GroupPolicy/Settings'>{}{}</Extension>\
         <Name xmlns='http://www.microsoft.com/GroupPolicy/Settings'>Security</Name></ExtensionData></ComputerResults></Rsop>",
        gpo(1, "Base", 1, fine),
        gpo(2, "Strict", 2, fine),
        gpo(3, "Mobile", 0, filtered),
        gpo(4, "Kiosk", 0, refused),
        account(1, 2, 42),
        account(2, 1, 30),
    );
    read_rsop(text.as_bytes()).unwrap()
}

/// Checks that the layout of the plan has these rows below a heading.
fn check_layout(path: &[&str], columns: usize, expected: &[&str]) {
    let blocks: Vec<Block> = rsop_document(&plan()).sections.into_iter().map(Block::Section).collect();
    assert_eq!(rows_below(&blocks, path, columns), expected, "{path:?}");
}

#[test]
fn a_result_says_at_a_glance_what_is_not_as_it_should_be() {
    let findings = [
        "Security failed | Failed (error 1332, 0x00000534)",
        "A slow link was detected | ",
        "Inheritance is blocked | corp.example/Staff",
        "GPOs that did not apply: 2 | Mobile: Denied (WMI Filter)\nKiosk: Denied (Security)",
        "The versions in the directory and in SYSVOL differ | Strict",
    ];
    check_layout(&["Summary", "Simulated computer policy"], 2, &findings);
    assert_eq!(rsop_document(&plan()).title, "Group Policy Modeling: CORP\\PC7");
}

#[test]
fn components_filters_and_groups_have_their_tables() {
    let details = "Computer Details";
    let zoned = plan().computer.unwrap().extension_status[0].end.unwrap().to_local_text();
    let status = format!("Security | Failed (error 1332, 0x00000534) | 1 Minute(s) 2 Second(s) | {zoned}");
    check_layout(&[details, "Component Status"], 4, &[&status]);
    check_layout(&[details, "General", "Security Group Membership"], 2, &["Everyone | S-1-1-0"]);
    check_layout(&[details, "WMI Filters"], 3, &["Laptops | False | Mobile"]);
}

#[test]
fn gpos_that_applied_and_that_did_not_say_where_they_are_linked_and_why() {
    let gpo = |name: &str, number: u8| format!("{name} [{{00000000-0000-0000-0000-0000000000{number:02}}}]");
    let path = ["Computer Details", "Group Policy Objects"];
    let common = ["Link Location | corp.example/Staff", "Extensions Configured | Security"];
    let strict = [
        &common[..],
        &[
            "Enforced | Yes",
            "Disabled | None",
            "Security Filters | CORP\\Staff",
            "Revision | AD (3), SYSVOL (4)",
            "WMI Filter | ",
        ],
        &["Applied Order | 2 of 2"],
    ]
    .concat();
    check_layout(&[&path[..], &["Applied GPOs", &gpo("Strict", 2)]].concat(), 0, &strict);
    let mobile = [
        &common[..],
        &["Enforced | No", "Disabled | None", "Security Filters | CORP\\Staff", "Revision | AD (3), SYSVOL (3)"],
        &["WMI Filter | Laptops", "Reason Denied | Denied (WMI Filter)"],
    ]
    .concat();
    check_layout(&[&path[..], &["Denied GPOs", &gpo("Mobile", 3)]].concat(), 0, &mobile);
}

#[test]
fn settings_name_their_winner_and_who_else_set_them() {
    let path = ["Computer Details", "Settings", "Policies", "Windows Settings", "Security Settings"];
    let path = [&path[..], &["Account Policies/Password Policy"]].concat();
    check_layout(&path, 3, &["Maximum password age | 30 days | Strict"]);
    let text = write_text(&[rsop_document(&plan())]);
    for words in ["Precedence  Also Set By  Setting", "2           Base         42 days"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn events_of_real_documents_tell_what_the_client_did() {
    for (_, report) in real_documents() {
        let computer = report.computer.unwrap();
        let trace = computer.trace();
        let applied = trace.iter().find_map(|meaning| match meaning {
            EventMeaning::Applied(gpos) => Some(gpos.iter().map(|gpo| gpo.name.as_str()).collect::<Vec<_>>()),
            _ => None,
        });
        let in_rows: Vec<&str> = computer.applied().iter().map(|gpo| gpo.name.as_str()).collect();
        assert_eq!(applied, Some(in_rows));
        let filtered = trace.iter().find_map(|meaning| match meaning {
            EventMeaning::Filtered(gpos) => Some(gpos.clone()),
            _ => None,
        });
        let filtered = filtered.unwrap();
        assert_eq!((filtered.len(), filtered[0].not_applied()), (1, Some(NotApplied::Empty)));
        assert!(trace.contains(&EventMeaning::Loopback(EventLoopback::Off)));
        assert!(trace.contains(&EventMeaning::Mode { is_background: true }));
        let events = computer.all_events();
        assert!(events.iter().all(|event| event.id.is_some() && event.time.is_some() && !event.computer.is_empty()));
        assert_eq!(events.iter().filter(|event| event.level == EventLevel::Warning).count(), 1);
        assert!(events.iter().all(|event| event.source.starts_with("Microsoft-Windows-GroupPolicy")));
        let times = computer.events[0].extension_times();
        assert_eq!(times.len(), 3);
        assert!(times.iter().all(|time| time.id.is_some() && time.milliseconds.is_some() && time.processed.is_some()));
        assert_eq!(computer.events[0].warning_count(), Some(1));
    }
}

/// Returns all tables below a heading with these columns, as lines.
fn rows_below(blocks: &[Block], path: &[&str], columns: usize) -> Vec<String> {
    let mut found = Vec::new();
    for block in blocks {
        match block {
            Block::Section(section) if path.first().is_none_or(|first| *first == section.heading) => {
                found.extend(rows_below(&section.blocks, path.get(1..).unwrap_or_default(), columns));
            }
            Block::Table(table) if path.is_empty() && table.columns.len() == columns => {
                let line = |row: &Row| row.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" | ");
                found.extend(table.rows.iter().map(line));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_real_document_is_shown_as_gpmc_shows_it() {
    for (_, report) in real_documents() {
        let document = rsop_document(&report);
        let blocks: Vec<Block> = document.sections.iter().cloned().map(Block::Section).collect();
        assert_eq!(document.title, "Group Policy Results: oriontech\\Administrator on oriontech\\WIN-1CPI0V6RVEL");
        let headings: Vec<&str> = document.sections.iter().map(|section| section.heading.as_str()).collect();
        assert_eq!(headings, ["Summary", "Computer Details", "User Details"]);
        let parts = |section: &Section| {
            let headings = section.blocks.iter().filter_map(|block| match block {
                Block::Section(section) => Some(section.heading.clone()),
                _ => None,
            });
            headings.collect::<Vec<_>>()
        };
        let expected = ["General", "Component Status", "Settings", "Group Policy Objects", "WMI Filters"];
        assert_eq!(parts(&document.sections[1]), expected);
        let summary = rows_below(&blocks, &["Summary"], 2);
        assert_eq!(summary.iter().filter(|row| row.starts_with("No Errors Detected")).count(), 2, "{summary:?}");
        assert_eq!(summary.iter().filter(|row| row.starts_with("A fast link")).count(), 2, "{summary:?}");
        let status = rows_below(&blocks, &["Computer Details", "Component Status"], 4);
        assert!(
            status[0].starts_with("Group Policy Infrastructure | Success | 94 Millisecond(s) | ") || status.len() == 3
        );
        let security = ["Computer Details", "Settings", "Policies", "Windows Settings", "Security Settings"];
        let passwords = rows_below(&blocks, &[&security[..], &["Account Policies/Password Policy"]].concat(), 3);
        assert!(
            passwords.contains(&"Maximum password age | 365 days | Default Domain Policy".to_owned()),
            "{passwords:?}"
        );
        let rights = rows_below(&blocks, &[&security[..], &["Local Policies/User Rights Assignment"]].concat(), 3);
        let right = "Back up files and directories | Administrators | 2 User Rights Assignment - MS";
        assert!(rights.contains(&right.to_owned()), "{rights:?}");
        assert_eq!(rights.len(), 40, "{rights:?}");
        assert!(rights.iter().all(|row| row.ends_with(" - MS") || row.ends_with(" - DC")), "{rights:?}");
        let gpos = ["Computer Details", "Group Policy Objects"];
        let names = |heading: &str| {
            let Block::Section(details) = &blocks[1] else { unreachable!() };
            let of = |section: &Section, name: &str| {
                section.blocks.iter().find_map(|block| match block {
                    Block::Section(section) if section.heading == name => Some(section.clone()),
                    _ => None,
                })
            };
            parts(&of(&of(details, gpos[1]).unwrap(), heading).unwrap())
        };
        assert_eq!(names("Applied GPOs").len(), 3);
        assert_eq!(names("Denied GPOs"), ["Local Group Policy [LocalGPO]"]);
        for format in ReportFormat::ALL {
            let bytes = opengpmc::operation::render_rsop(&report, format, HtmlOptions::default());
            assert!(bytes.len() > 10_000, "{format}: {}", bytes.len());
        }
    }
}

#[test]
fn real_documents_are_compared_by_what_they_mean() {
    let documents = real_documents();
    let [(_, one), (_, other)] = &documents[..] else { return };
    assert_eq!(compare(one, one), []);
    let differences = compare(one, other);
    let [RsopDifference { side: Side::Computer, what: Differs::Setting { setting, first, second, .. } }] =
        &differences[..]
    else {
        unreachable!("{differences:?}")
    };
    let outcome = |outcome: &Option<Box<SettingOutcome>>| {
        outcome.as_ref().map(|outcome| (outcome.gpo.clone(), outcome.value.clone()))
    };
    let expected = |gpo: &str, value: &str| Some((Some(gpo.to_owned()), value.to_owned()));
    // The members of other rights stand in another order, which is no difference.
    assert_eq!(setting, "SeTcbPrivilege");
    assert_eq!(outcome(first), expected("2 User Rights Assignment - DC", "Administrators"));
    assert_eq!(outcome(second), expected("2 User Rights Assignment - MS", ""));
    let document = rsop_differences_document("First", "Second", &differences);
    let blocks: Vec<Block> = document.sections.into_iter().map(Block::Section).collect();
    let row = "Security | Act as part of the operating system | Administrators\n(2 User Rights Assignment - DC) | No one\n(2 User Rights Assignment - MS)";
    assert_eq!(rows_below(&blocks, &["Computer", "Settings"], 4), [row]);
}

#[test]
fn a_real_document_that_ends_early_is_refused_with_its_place() {
    for (bytes, _) in real_documents() {
        let error = read_rsop(&bytes[..bytes.len() / 4 * 2]).unwrap_err().to_string();
        assert!(error.starts_with("broken XML") && error.contains("at line "), "{error}");
    }
}
