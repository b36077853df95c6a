//! Every GPO of the demo forest registers exactly the extensions whose settings it holds.

use std::collections::BTreeSet;

use opengpmc::format::RegistryPol;
use opengpmc::gpm::{Domain, Gpo};
use opengpmc::ident::{ExtensionList, Guid};
use opengpmc::store::{Filter, Scope, SearchRequest, StoreErrorKind, Sysvol, SysvolPath};

use super::demo::Demo;

/// Preference folders with their extension (`gpo-storage.md` C3).
const PREFERENCES: [(&str, &str); 21] = [
    ("Applications", "F9C77450-3A41-477E-9310-9ACD617BD9E3"),
    ("DataSources", "728EE579-943C-4519-9EF7-AB56765798ED"),
    ("Devices", "1A6364EB-776B-4120-ADE1-B63A406A76B5"),
    ("Drives", "5794DAFD-BE60-433F-88A2-1A31939AC01F"),
    ("EnvironmentVariables", "0E28E245-9368-4853-AD84-6DA3BA35BB75"),
    ("Files", "7150F9BF-48AD-4DA4-A49C-29EF4A8369BA"),
    ("FolderOptions", "A3F3E39B-5D83-4940-B954-28315B82F0A8"),
    ("Folders", "6232C319-91AC-4931-9385-E70C2B099F0E"),
    ("IniFiles", "74EE6C03-5363-4554-B161-627540339CAB"),
    ("InternetSettings", "E47248BA-94CC-49C4-BBB5-9EB7F05183D0"),
    ("Groups", "17D89FEC-5C44-4972-B12D-241CAEF74509"),
    ("NetworkOptions", "3A0DBA37-F8B2-4356-83DE-3E90BD5C261F"),
    ("NetworkShares", "6A4C88C6-C502-4F74-8F60-2CB23EDC24E2"),
    ("PowerOptions", "E62688F0-25FD-4C90-BFF5-F508B9D2E31F"),
    ("Printers", "BC75B1ED-5833-4858-9BB8-CBF0B166DF9D"),
    ("RegionalOptions", "E5094040-C46C-4115-B030-04FB2E545B00"),
    ("Registry", "B087BE9D-ED37-454F-AF9C-04291E351182"),
    ("ScheduledTasks", "AADCED64-746C-4633-A97C-D61349046527"),
    ("Services", "91FBB303-0CD5-4055-BF42-E512A681B325"),
    ("Shortcuts", "C418DD9D-0D14-4EFB-8FBF-CFE535C8FAC7"),
    ("StartMenuTaskbar", "E4F48E54-F38D-4884-BFB9-D4D2E5729C18"),
];

/// Other files with their extension (`gpo-storage.md` C1), by how their path below the half ends, lower case.
const FILES: [(&str, &str); 9] = [
    ("secedit/gpttmpl.inf", "827D319E-6EAC-11D2-A4EA-00C04F79F83A"),
    ("audit/audit.csv", "F3CCC681-B74C-4060-9F26-CD84525DCA2A"),
    ("cap/cap.inf", "16BE69FA-4209-4250-88CB-716CF41954E0"),
    ("scripts/scripts.ini", "42B5FAAE-6536-11D2-AE5A-0000F87571E3"),
    ("scripts/psscripts.ini", "42B5FAAE-6536-11D2-AE5A-0000F87571E3"),
    ("fdeploy1.ini", "25537BA6-77A8-11D2-9B6C-0000F8080861"),
    (".aas", "C6DC5466-785A-11D2-84D0-00C04FB169F7"),
    ("ieak/install.ins", "A2E30F80-D7DE-11D2-BBDE-00C04F86AE3B"),
    ("hullscanner/agent.cfg", "C1A6F0E3-5D27-4B8A-9E1F-7A40D2B96E58"),
];

/// Objects below a half with their extension.
const OBJECTS: [(&str, &str); 5] = [
    ("packageRegistration", "C6DC5466-785A-11D2-84D0-00C04FB169F7"),
    ("ms-net-ieee-80211-GroupPolicy", "0ACDD40C-75AC-47AB-BAA0-BF6DE7E7FE63"),
    ("ms-net-ieee-8023-GroupPolicy", "B587E2B1-4D59-4E7E-AED9-22B9DF11D053"),
    ("ipsecPolicy", "E437BC1C-AA7D-11D2-A382-00C04F991E27"),
    ("msPrint-ConnectionPolicy", "8A28E2C5-8D06-49A4-A08C-632DAA493E17"),
];

const REGISTRY: &str = "35378EAC-683F-11D2-A89A-00C04FBBCFA2";
const EFS_RECOVERY: &str = "B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A";
const QUALITY_OF_SERVICE: &str = "FB2CA36D-0B40-4307-821B-A13B252DE56C";
const OFFLINE_FILES: &str = "C631DF4C-088F-4156-B058-4375F0853CD8";

/// GPOs whose lists are damaged on purpose.
const DAMAGED: [&str; 2] = ["Broken - Damaged Attributes", "Broken - Unsorted Extensions"];

#[tokio::test]
async fn lists_agree_with_what_is_inside() {
    let demo = Demo::open().await;
    let mut seen: BTreeSet<Guid> = BTreeSet::new();
    for snapshot in &demo.forest.domains {
        let domain = Domain::open(&demo.store, &snapshot.name).await.unwrap();
        let sysvol = domain.sysvol().await.unwrap();
        for gpo in snapshot.gpos.iter().filter(|gpo| !gpo.inaccessible && !DAMAGED.contains(&gpo.display_name.as_str()))
        {
            for (half, list) in [("Machine", &gpo.computer_extensions), ("User", &gpo.user_extensions)] {
                let mut expected = of_files(&*sysvol, gpo, half).await;
                expected.extend(of_objects(&domain, gpo, half).await);
                check(gpo, half, list, &expected);
                seen.extend(expected);
            }
        }
    }
    let promised = PREFERENCES.iter().chain(&FILES).chain(&OBJECTS).map(|(_, extension)| guid(extension));
    let more = [REGISTRY, EFS_RECOVERY, QUALITY_OF_SERVICE, OFFLINE_FILES].map(guid);
    let missing: Vec<Guid> = promised.chain(more).filter(|extension| !seen.contains(extension)).collect();
    assert!(missing.is_empty(), "no GPO has settings of {missing:?}");
}

fn check(gpo: &Gpo, half: &str, list: &ExtensionList, expected: &BTreeSet<Guid>) {
    let place = format!("{} ({half})", gpo.display_name);
    assert_eq!(list.sorted(), *list, "{place}: the order");
    let registered: BTreeSet<Guid> =
        list.groups.iter().map(|group| group.extension).filter(|extension| *extension != Guid::NIL).collect();
    assert_eq!(registered, *expected, "{place}");
    let is_preference = |extension: &Guid| PREFERENCES.iter().any(|(_, known)| guid(known) == *extension);
    let preference_tools: BTreeSet<Guid> = list
        .groups
        .iter()
        .filter(|group| is_preference(&group.extension))
        .flat_map(|group| group.tools.iter().copied())
        .collect();
    let shared = list.groups.iter().find(|group| group.extension == Guid::NIL);
    let shared_tools: BTreeSet<Guid> = shared.map(|group| group.tools.iter().copied().collect()).unwrap_or_default();
    assert_eq!(shared_tools, preference_tools, "{place}: the group all preferences share");
    assert_eq!(shared.is_some(), !preference_tools.is_empty(), "{place}");
    assert!(list.groups.iter().all(|group| !group.tools.is_empty()), "{place}: an extension without a tool");
}

async fn of_files(sysvol: &dyn Sysvol, gpo: &Gpo, half: &str) -> BTreeSet<Guid> {
    let mut extensions = BTreeSet::new();
    let root = gpo.sysvol_folder().join(half).unwrap();
    for path in files_below(sysvol, &root).await {
        let relative = path.parts()[root.parts().len()..].join("/");
        let lower = relative.to_lowercase();
        let preference = relative.strip_prefix("Preferences/").and_then(|rest| rest.split('/').next());
        if let Some(folder) = preference {
            let known = PREFERENCES.iter().find(|(name, _)| *name == folder).expect("a preference folder");
            extensions.insert(guid(known.1));
        }
        extensions.extend(FILES.iter().filter(|(end, _)| lower.ends_with(end)).map(|(_, extension)| guid(extension)));
        if lower == "registry.pol" {
            extensions.insert(guid(REGISTRY));
            match RegistryPol::parse(&sysvol.read(&path).await.unwrap()) {
                Ok(pol) => {
                    assert!(!pol.records.is_empty(), "{}", gpo.display_name);
                    let has = |part: &str| {
                        pol.records.iter().any(|record| record.key.to_string().to_lowercase().contains(part))
                    };
                    let hosted = [
                        (r"systemcertificates\efs", EFS_RECOVERY),
                        (r"windows\qos", QUALITY_OF_SERVICE),
                        (r"windows\netcache", OFFLINE_FILES),
                    ];
                    extensions.extend(hosted.iter().filter(|(part, _)| has(part)).map(|(_, known)| guid(known)));
                }
                Err(error) => assert_eq!(gpo.display_name, "Broken - Damaged Settings", "{error}"),
            }
        }
    }
    extensions
}

async fn files_below(sysvol: &dyn Sysvol, root: &SysvolPath) -> Vec<SysvolPath> {
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = match sysvol.list(&folder).await {
            Err(error) if error.kind == StoreErrorKind::NotFound => continue,
            other => other.unwrap(),
        };
        for entry in entries {
            let path = folder.join(&entry.name).unwrap();
            if entry.is_folder { &mut folders } else { &mut files }.push(path);
        }
    }
    files
}

async fn of_objects(domain: &Domain, gpo: &Gpo, half: &str) -> BTreeSet<Guid> {
    let request = SearchRequest {
        base: gpo.dn.child("CN", half),
        scope: Scope::Subtree,
        filter: Filter::any_object(),
        attributes: vec!["objectClass".to_owned()],
        sd_parts: None,
    };
    let found = domain.directory().search(&request).await.unwrap();
    let known = OBJECTS.iter().filter(|(class, _)| found.iter().any(|entry| entry.has_class(class)));
    known.map(|(_, extension)| guid(extension)).collect()
}

fn guid(text: &str) -> Guid {
    text.parse().unwrap()
}

/// Kinds of item-level targeting (`gpo-storage.md` B9.4).
const TARGETING: [&str; 29] = [
    "FilterBattery",
    "FilterCollection",
    "FilterComputer",
    "FilterCpu",
    "FilterDate",
    "FilterDisk",
    "FilterDomain",
    "FilterDun",
    "FilterFile",
    "FilterGroup",
    "FilterIpRange",
    "FilterLanguage",
    "FilterLdap",
    "FilterMacRange",
    "FilterMsi",
    "FilterOrgUnit",
    "FilterOs",
    "FilterPcmcia",
    "FilterPortable",
    "FilterProcMode",
    "FilterRam",
    "FilterRegistry",
    "FilterRunOnce",
    "FilterSite",
    "FilterTerminal",
    "FilterTime",
    "FilterUser",
    "FilterVariable",
    "FilterWmi",
];

#[tokio::test]
async fn settings_of_every_kind_are_there() {
    let demo = Demo::open().await;
    let (mut targeting, mut types, mut commands) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut sections = BTreeSet::new();
    for snapshot in &demo.forest.domains {
        let sysvol = demo.store.sysvol(&snapshot.name).await.unwrap();
        for path in files_below(&*sysvol, &SysvolPath::root()).await {
            let content = sysvol.read(&path).await.unwrap();
            let name = path.name().to_lowercase();
            if name == "registry.pol"
                && let Ok(pol) = RegistryPol::parse(&content)
            {
                assert_eq!(pol.to_bytes(), content, "{path}");
                types.extend(pol.records.iter().map(|record| record.kind.0));
                let names = pol.records.iter().filter_map(|record| record.command());
                commands.extend(
                    names.map(|command| format!("{command:?}").split(['(', ' ']).next().unwrap_or_default().to_owned()),
                );
            } else if [".xml", ".admx", ".adml", ".tmplx", ".tmpll", ".cmtx"].iter().any(|end| name.ends_with(end)) {
                let text = String::from_utf8(content).unwrap();
                let names = element_names(&text);
                assert_eq!(names.is_err(), path.to_slashes().contains(CUT_OFF), "{path}: {names:?}");
                targeting
                    .extend(names.into_iter().flatten().filter(|name| name.starts_with("Filter") && name != "Filters"));
            } else if name == "gpttmpl.inf" {
                let units: Vec<u16> = content.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
                let text = String::from_utf16(&units).unwrap();
                assert!(text.starts_with("\u{feff}[Unicode]\r\nUnicode=yes\r\n"), "{path}");
                let lines = text.trim_start_matches('\u{feff}').lines();
                let lines = lines.filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
                sections.extend(lines.map(str::to_owned));
            }
        }
    }
    assert_eq!(targeting, TARGETING.map(str::to_owned).into());
    assert_eq!(types, [0, 1, 2, 3, 4, 5, 7, 11].into());
    let expected =
        ["Comment", "DeleteAllValues", "DeleteKeys", "DeleteValue", "DeleteValues", "SecureKey", "SetIfMissing"];
    assert_eq!(commands, expected.map(str::to_owned).into());
    let expected = [
        "Application Log",
        "Event Audit",
        "File Security",
        "Group Membership",
        "Kerberos Policy",
        "Privilege Rights",
        "Registry Keys",
        "Registry Values",
        "Security Log",
        "Service General Setting",
        "System Access",
        "System Log",
        "Unicode",
        "Version",
    ];
    assert_eq!(sections, expected.map(str::to_owned).into());
}

/// The preference file that ends in the middle.
const CUT_OFF: &str = "{6051FBB9-0AA9-4F31-9749-ABE5DAD1BAB7}/Machine/Preferences/Files/Files.xml";

fn element_names(xml: &str) -> Result<BTreeSet<String>, quick_xml::Error> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut names = BTreeSet::new();
    loop {
        match reader.read_event()? {
            quick_xml::events::Event::Start(element) | quick_xml::events::Event::Empty(element) => {
                for attribute in element.attributes() {
                    attribute.map_err(quick_xml::Error::from)?;
                }
                names.insert(element.local_name().as_ref().to_owned());
            }
            quick_xml::events::Event::Eof => return Ok(names),
            _ => {}
        }
    }
}
