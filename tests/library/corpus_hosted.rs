//! Settings that live inside registry.pol, in the directory and in rare files, against the corpus.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use opengpmc::extension::{FileContent, GptFile, HalfContents, PrincipalNames, Source, SourceContext, report_half};
use opengpmc::format::admx::AdmxStore;
use opengpmc::format::{
    AdvertiseScript, AppLockerRule, CertificateBlob, CertificateInfo, EfsBlob, FirewallRule, PolData, RegistryPol,
};
use opengpmc::gpm::Task;
use opengpmc::ident::ExtensionList;
use opengpmc::report::{Element, ExtensionReport, GpoReport, Side, read_reports};

use super::corpus::{corpus, files_below, is_named};

/// The extensions that are compared with Microsoft's reports.
const COMPARED: [&str; 6] = [
    "Public Key",
    "Application Control Policies",
    "Windows Firewall",
    "Name Resolution Policy",
    "Policy-based QoS",
    "Software Installation",
];

#[test]
fn every_stored_form_comes_back() {
    let Some(folder) = corpus("") else { return };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for path in files_below(&folder) {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        if extension == "aas" {
            let bytes = std::fs::read(&path).unwrap();
            let script = AdvertiseScript::parse(&bytes).unwrap();
            assert_eq!(script.to_bytes(), bytes, "{}", path.display());
            let product = script.product();
            let is_known = product.product_code.is_some() && !product.name.is_empty() && product.version.is_some();
            assert!(is_known && product.package.ends_with(".msi") && product.sources.len() == 1, "{product:?}");
            *counts.entry("advertise scripts").or_default() += 1;
        }
        if extension == "pol" {
            let bytes = std::fs::read(&path).unwrap();
            for record in RegistryPol::recover(&bytes).0.records {
                if let Some(kind) = check_record(&record.key.to_string(), &record.value.to_string(), &record) {
                    *counts.entry(kind).or_default() += 1;
                }
            }
        }
    }
    println!("{counts:?}");
    for kind in ["advertise scripts", "firewall rules", "AppLocker rules", "certificates", "recovery agents"] {
        assert!(counts.contains_key(kind), "{kind}");
    }
}

/// Reads a value of one of the stored forms and writes it again; returns which form it is.
fn check_record(key: &str, value: &str, record: &opengpmc::format::PolRecord) -> Option<&'static str> {
    let key = key.to_lowercase();
    let text = || match record.data() {
        PolData::Text(text) => Some(text),
        _ => None,
    };
    if key.ends_with(r"\windowsfirewall\firewallrules") {
        let text = text()?;
        assert_eq!(text.parse::<FirewallRule>().unwrap().to_string(), text);
        Some("firewall rules")
    } else if key.contains(r"\srpv2\") && value == "Value" {
        let text = text()?;
        let mut rule = AppLockerRule::parse(&text).unwrap();
        assert_eq!(rule.to_string(), text);
        let name = rule.root().get("Name").to_owned();
        assert!(rule.set_attribute("Name", "another") && rule.set_attribute("Name", &name));
        assert_eq!(rule.root(), AppLockerRule::parse(&text).unwrap().root());
        Some("AppLocker rules")
    } else if key.contains(r"\certificates\") && value == "Blob" {
        let blob = CertificateBlob::parse(&record.data).unwrap();
        assert_eq!(blob.to_bytes(), record.data);
        let info = CertificateInfo::parse(blob.certificate().unwrap()).unwrap();
        assert!(!info.issued_to.is_empty() && !info.issued_by.is_empty() && info.not_after.is_some(), "{info:?}");
        Some("certificates")
    } else if value == "EFSBlob" {
        let blob = EfsBlob::parse(&record.data).unwrap();
        assert_eq!(blob.to_bytes(), record.data);
        let agent = &blob.keys[0];
        assert!(agent.sid().is_some() && CertificateInfo::parse(agent.certificate().unwrap()).is_ok());
        Some("recovery agents")
    } else {
        None
    }
}

#[test]
fn elements_are_microsofts() {
    let Some(folder) = corpus("backups") else { return };
    let mut same: BTreeMap<String, usize> = BTreeMap::new();
    let mut others = Vec::new();
    for path in files_below(&folder).iter().filter(|path| is_named(path, "gpreport.xml")) {
        let Ok(theirs) = read_reports(&std::fs::read(path).unwrap()) else { continue };
        let Some(set) =
            path.parent().filter(|set| set.join("Backup.xml").is_file() || set.join("backup.xml").is_file())
        else {
            continue;
        };
        for side in [Side::Computer, Side::User] {
            let ours = ours(set, side);
            for name in COMPARED {
                let theirs = extension(&theirs[0], side, name);
                let ours = ours.iter().find(|report| report.name == name);
                compare(name, set, theirs, ours, &mut same, &mut others);
            }
        }
    }
    println!("equal elements: {same:?}");
    for other in others.iter().take(20) {
        println!("{other}");
    }
    assert!(others.is_empty(), "{} elements differ", others.len());
}

fn extension<'a>(report: &'a GpoReport, side: Side, name: &str) -> Option<&'a ExtensionReport> {
    report.half(side).extensions.iter().find(|extension| extension.name == name)
}

fn compare(
    name: &str,
    set: &Path,
    theirs: Option<&ExtensionReport>,
    ours: Option<&ExtensionReport>,
    same: &mut BTreeMap<String, usize>,
    others: &mut Vec<String>,
) {
    let (theirs, ours) = match (theirs, ours) {
        (None, None) => return,
        (Some(theirs), Some(ours)) => (theirs, ours),
        (theirs, _) => {
            others.push(format!(
                "{}: {name} is only in {}",
                set.display(),
                if theirs.is_some() { "theirs" } else { "ours" }
            ));
            return;
        }
    };
    assert_eq!((&theirs.xml_type, &theirs.namespace), (&ours.xml_type, &ours.namespace), "{name}");
    assert!(ours.problems.is_empty(), "{:?}", ours.problems);
    for index in 0..theirs.elements.len().max(ours.elements.len()) {
        let (theirs, ours) = (theirs.elements.get(index), ours.elements.get(index));
        if theirs.map(normalized) == ours.map(normalized) {
            *same.entry(format!("{name}/{}", theirs.unwrap().name)).or_default() += 1;
        } else {
            let short = |element: Option<&Element>| format!("{element:?}").chars().take(1500).collect::<String>();
            others.push(format!(
                "{}: {name} {index}\n theirs {}\n ours   {}",
                set.display(),
                short(theirs),
                short(ours)
            ));
        }
    }
}

/// Line ends and white space at the ends are not compared: reports were re-written by version control.
fn normalized(element: &Element) -> Element {
    let text = element.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let children = element.children.iter().map(normalized).collect();
    Element { text, children, ..element.clone() }
}

/// Reads a half of a backup as far as registry.pol goes.
fn ours(set: &Path, side: Side) -> Vec<ExtensionReport> {
    let folder = set.join("DomainSysvol/GPO").join(side.folder());
    let file = find(&folder, "registry.pol");
    reports(file.map(|path| std::fs::read(path).unwrap()), registered(set, side), side)
}

fn reports(registry: Option<Vec<u8>>, registered: ExtensionList, side: Side) -> Vec<ExtensionReport> {
    let files = registry.map(|bytes| GptFile {
        path: "registry.pol".to_owned(),
        size_bytes: bytes.len() as u64,
        content: FileContent::Whole(bytes),
    });
    let half = HalfContents::new(registered, files.into_iter().collect(), Vec::new());
    let names = PrincipalNames::default();
    let templates = AdmxStore::default();
    let context = SourceContext { names: &names, templates: &templates, with_comments: true, compatible: true };
    report_half(&Source { side, half: &half, context: &context }, &Task::default()).unwrap()
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path()).find(|path| is_named(path, name))
}

/// Returns the extensions that `Backup.xml` says are registered.
fn registered(set: &Path, side: Side) -> ExtensionList {
    let text = String::from_utf8_lossy(&std::fs::read(find(set, "Backup.xml").unwrap()).unwrap()).into_owned();
    let name = if side == Side::Computer { "MachineExtensionGuids" } else { "UserExtensionGuids" };
    let between = |text: &str, start: &str, end: &str| {
        let from = text.find(start)? + start.len();
        Some(text[from..from + text[from..].find(end)?].to_owned())
    };
    let list = between(&text, &format!("<{name}>"), &format!("</{name}>"));
    let list = list.and_then(|list| between(&list, "<![CDATA[", "]]>")).unwrap_or_default();
    ExtensionList::parse_lossy(&list)
}

/// Folders with files that their authors broke on purpose.
const BROKEN: [&str; 2] = ["sysvol/adsys-unit", "lone/adsys-pol"];

#[test]
fn broken_registry_files_tell_where() {
    let mut broken = 0;
    for folder in BROKEN {
        let Some(folder) = corpus(folder) else { return };
        let files = files_below(&folder);
        let is_pol = |path: &&PathBuf| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pol"));
        for path in files.iter().filter(is_pol) {
            let bytes = std::fs::read(path).unwrap();
            let (_, errors) = RegistryPol::recover(&bytes);
            assert_eq!(errors.is_empty(), RegistryPol::parse(&bytes).is_ok(), "{}", path.display());
            for error in &errors {
                assert!(error.offset <= bytes.len() && error.to_string().contains(&format!("byte {}", error.offset)));
            }
            broken += usize::from(!errors.is_empty());
            for side in [Side::Computer, Side::User] {
                reports(Some(bytes.clone()), every_extension(), side);
            }
        }
    }
    println!("{broken} broken files");
    assert!(broken > 40);
}

/// A list that registers all extensions whose settings are in registry.pol.
fn every_extension() -> ExtensionList {
    ExtensionList::parse_lossy("[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}][{FB2CA36D-0B40-4307-821B-A13B252DE56C}]")
}
