//! A forest of two domains with a few GPOs that have something of everything: for tests that do the same thing many times.

use std::path::Path;

use opengpmc::ident::{Dn, DnsName, GpoVersion, Guid, Sid};
use opengpmc::security::{AclDialect, SddlContext, SecurityDescriptor, to_sysvol_acl};
use opengpmc::store::{
    Attribute, Change, Entry, ForestFile, ForestFileBuilder, ForestStore, SdParts, StoreErrorKind, SysvolPath,
};

/// The domain the GPOs are in.
pub const DOMAIN: &str = "corp.test";
/// The domain beside it.
pub const OTHER_DOMAIN: &str = "sub.corp.test";
/// The GPO that is backed up, restored and copied.
pub const BASELINE: &str = "{0000000B-0000-0000-0000-000000000001}";
/// The GPO that settings are imported into.
pub const IMPORTED: &str = "{0000000B-0000-0000-0000-000000000002}";
const FILTER: &str = "{0000000B-0000-0000-0000-00000000000F}";

/// What a GPO of a test consists of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Display name.
    pub name: &'static str,
    /// Version in both halves.
    pub version: GpoVersion,
    /// Files below its folder with their content; a name that ends with `\` is a folder.
    pub files: Vec<(&'static str, &'static [u8])>,
    /// `gPCMachineExtensionNames` and `gPCUserExtensionNames`.
    pub extensions: [&'static str; 2],
    /// Names of software packages of the computer.
    pub packages: Vec<&'static str>,
    /// The DACL in SDDL, beside what every GPO grants.
    pub more_rights: &'static str,
    /// Whether it names the WMI filter.
    pub is_filtered: bool,
}

const REGISTRY: &str = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]";
const REGISTRY_AND_MORE: &str = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}][{42B5FAAE-6536-11D2-AE5A-0000F87571E3}{40B6664F-4972-11D1-A7CA-0000F87571E3}][{C6DC5466-785A-11D2-84D0-00C04FB169F7}{942A8E4F-A261-11D1-A760-00C04FB9603F}]";
/// A `registry.pol` without a value.
const EMPTY_POL: &[u8] = b"PReg\x01\0\0\0";
/// One with the value `a`\`b` = 1.
const ONE_VALUE: &[u8] = b"PReg\x01\0\0\0[\0a\0\0\0;\0b\0\0\0;\0\x04\0\0\0;\0\x04\0\0\0;\0\x01\0\0\0]\0";

/// The baseline as it is when it is backed up.
pub fn as_backed_up() -> Settings {
    Settings {
        name: "Baseline",
        version: GpoVersion { user: 3, computer: 5 },
        files: vec![
            ("GPO.cmt", b"c\0o\0m\0"),
            (r"Machine\registry.pol", ONE_VALUE),
            (r"Machine\Scripts\scripts.ini", b"\xff\xfe"),
            (r"Machine\Scripts\Startup\start.cmd", b"@echo off\r\n"),
            (r"Machine\Microsoft\Windows NT\SecEdit\GptTmpl.inf", b"[Unicode]\r\nUnicode=yes\r\n"),
            (r"User\registry.pol", EMPTY_POL),
            (r"User\Documents & Settings\", b""),
        ],
        extensions: [REGISTRY_AND_MORE, REGISTRY],
        packages: vec!["Editor", "Viewer"],
        more_rights: "(A;CI;LCRPLORC;;;S-1-5-21-1-2-3-1101)",
        is_filtered: true,
    }
}

/// The baseline as it has become since.
pub fn as_changed() -> Settings {
    Settings {
        name: "Baseline, changed",
        version: GpoVersion { user: 3, computer: 8 },
        files: vec![
            ("GPO.cmt", b"c\0o\0m\0"),
            (r"Machine\registry.pol", EMPTY_POL),
            (r"Machine\Scripts\scripts.ini", b"\xff\xfe"),
            (r"Machine\Scripts\Shutdown\stop.cmd", b"@echo on\r\n"),
            (r"Machine\Applications\new.aas", b"new"),
            (r"User\registry.pol", EMPTY_POL),
        ],
        extensions: [REGISTRY, REGISTRY],
        packages: vec!["Viewer", "Player"],
        more_rights: "(A;CI;LCRPLORC;;;S-1-5-21-1-2-3-1102)",
        is_filtered: false,
    }
}

/// The GPO that settings are imported into, before that.
pub fn before_import() -> Settings {
    Settings {
        name: "Imported",
        version: GpoVersion { user: 0, computer: 1 },
        files: vec![
            ("GPO.cmt", b"o\0w\0n\0"),
            (r"Machine\registry.pol", EMPTY_POL),
            (r"Machine\Microsoft\Windows NT\Audit\audit.csv", b"Machine Name,Policy Target\r\n"),
        ],
        extensions: [REGISTRY, ""],
        packages: vec!["Player"],
        more_rights: "",
        is_filtered: false,
    }
}

/// Makes a forest file with both domains, their accounts and the WMI filter, and without a GPO.
pub fn make_forest(path: &Path) -> ForestFile {
    let domains = [DOMAIN, OTHER_DOMAIN].map(|name| dns(name).to_domain_dn());
    let [root, sub] = &domains;
    let mut builder = ForestFileBuilder::create(path, &domains).unwrap();
    let entry = |dn: Dn, attributes: Vec<Attribute>| Entry { dn, attributes };
    let mut entries = Vec::new();
    for (dn, name, sid) in [(root, "CORP", "S-1-5-21-1-2-3"), (sub, "SUB", "S-1-5-21-4-5-6")] {
        let cross_ref =
            [("objectClass", "crossRef"), ("nCName", dn.as_str()), ("systemFlags", "3"), ("nETBIOSName", name)];
        let partitions: Dn = "CN=Partitions,CN=Configuration,DC=corp,DC=test".parse().unwrap();
        let texts = cross_ref.map(|(name, value)| Attribute::text(name, value)).to_vec();
        entries.push(entry(partitions.child("CN", name), texts));
        let head = vec![Attribute::text("objectClass", "domainDNS"), sid_of(sid)];
        entries.push(entry(dn.clone(), head));
        let users = dn.child("CN", "Users");
        for (name, rid) in [("Domain Admins", 512), ("Clerks", 1101), ("Guards", 1102)] {
            let group = vec![
                Attribute::text("objectClass", "group"),
                Attribute::text("sAMAccountName", name),
                Attribute::text("groupType", "-2147483646"),
                sid_of(&format!("{sid}-{rid}")),
            ];
            entries.push(entry(users.child("CN", name), group));
        }
        entries.push(entry(
            dn.child("CN", "System").child("CN", "Policies"),
            vec![Attribute::text("objectClass", "container")],
        ));
    }
    let filter = [
        ("objectClass", "msWMI-Som"),
        ("msWMI-ID", FILTER),
        ("msWMI-Name", "Laptops"),
        ("msWMI-Author", "a"),
        ("msWMI-Parm1", "Runs on batteries"),
        ("msWMI-Parm2", "1;3;10;28;WQL;root\\CIMv2;SELECT * FROM Win32_Battery;"),
        ("msWMI-CreationDate", "20240201080000.000000-000"),
        ("msWMI-ChangeDate", "20240201080000.000000-000"),
    ];
    let som = root.child("CN", "System").child("CN", "WMIPolicy").child("CN", "SOM");
    let texts = filter.map(|(name, value)| Attribute::text(name, value)).to_vec();
    entries.push(entry(som.child("CN", FILTER), texts));
    builder.add_entries(entries).unwrap();
    builder.finish().unwrap()
}

fn sid_of(text: &str) -> Attribute {
    Attribute::bytes("objectSid", text.parse::<Sid>().unwrap().to_bytes())
}

/// Returns the name this text is.
pub fn dns(name: &str) -> DnsName {
    name.parse().unwrap()
}

/// Returns the GUID this text is.
pub fn guid(text: &str) -> Guid {
    text.parse().unwrap()
}

/// Returns the container of a GPO.
pub fn container(domain: &DnsName, id: &str) -> Dn {
    domain.to_domain_dn().child("CN", "System").child("CN", "Policies").child("CN", id)
}

/// Returns the folder of a GPO.
pub fn folder(id: &str) -> SysvolPath {
    SysvolPath::parse(&format!("Policies/{id}")).unwrap()
}

/// Makes a GPO, or makes it again.
pub async fn write_gpo(store: &dyn ForestStore, domain: &DnsName, id: &str, settings: &Settings) {
    remove_gpo(store, domain, id).await;
    let directory = store.domain_directory(domain).await.unwrap();
    let sysvol = store.sysvol(domain).await.unwrap();
    let (dn, top) = (container(domain, id), folder(id));
    let text = |name: &str, value: &str| Attribute::text(name, value);
    let mut attributes = vec![
        text("objectClass", "groupPolicyContainer"),
        text("displayName", settings.name),
        text("flags", "0"),
        text("versionNumber", &settings.version.to_directory_text()),
        text("gPCFunctionalityVersion", "2"),
        text("gPCFileSysPath", &format!(r"\\{domain}\SysVol\{domain}\Policies\{id}")),
        text("showInAdvancedViewOnly", "TRUE"),
    ];
    for (name, extensions) in ["gPCMachineExtensionNames", "gPCUserExtensionNames"].into_iter().zip(settings.extensions)
    {
        if !extensions.is_empty() {
            attributes.push(text(name, extensions));
        }
    }
    if settings.is_filtered {
        attributes.push(text("gPCWQLFilter", &format!("[{domain};{FILTER};0]")));
    }
    directory.add(&dn, &attributes).await.unwrap();
    let of_class = |class: &str| vec![text("objectClass", class), text("showInAdvancedViewOnly", "TRUE")];
    for half in ["User", "Machine"] {
        directory.add(&dn.child("CN", half), &of_class("container")).await.unwrap();
    }
    let class_store = dn.child("CN", "Machine").child("CN", "Class Store");
    let packages = class_store.child("CN", "Packages");
    if !settings.packages.is_empty() {
        directory.add(&class_store, &of_class("classStore")).await.unwrap();
        directory.add(&packages, &of_class("classStore")).await.unwrap();
    }
    for name in &settings.packages {
        let mut attributes = of_class("packageRegistration");
        attributes.push(text("packageName", &format!("{name} of {}", settings.name)));
        attributes.push(text("msiFileList", &format!(r"0:\\server\share\{name}.msi")));
        attributes.push(Attribute::bytes("msiScript", vec![0, 1, 0xfe, 0xff]));
        directory.add(&packages.child("CN", name), &attributes).await.unwrap();
    }
    let sddl = format!("O:DAG:DAD:P(A;CI;GA;;;DA)(A;CI;GA;;;SY)(A;CI;LCRPLORC;;;AU){}", settings.more_rights);
    let sid = domain_sid(store, domain).await;
    let context = SddlContext { domain: Some(sid.clone()), forest_root: Some(sid) };
    let descriptor = SecurityDescriptor::from_sddl(&sddl, &context).unwrap();
    let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: descriptor.to_bytes().unwrap() };
    directory.modify(&dn, &[change]).await.unwrap();

    make_folders(store, domain, &top).await;
    if sysvol.has_security() {
        let access = to_sysvol_acl(&descriptor, AclDialect::Windows).to_bytes().unwrap();
        sysvol.set_security(&top, SdParts::DACL, &access).await.unwrap();
    }
    let version = format!("[General]\r\nVersion={}\r\n", settings.version.to_directory_text());
    sysvol.replace(&top.join("GPT.INI").unwrap(), version.as_bytes()).await.unwrap();
    for (name, content) in &settings.files {
        let path = top.join_path(&SysvolPath::parse(name.trim_end_matches('\\')).unwrap());
        if name.ends_with('\\') {
            make_folders(store, domain, &path).await;
        } else {
            make_folders(store, domain, &path.parent().unwrap()).await;
            sysvol.replace(&path, content).await.unwrap();
        }
    }
}

async fn domain_sid(store: &dyn ForestStore, domain: &DnsName) -> Sid {
    let directory = store.domain_directory(domain).await.unwrap();
    let head = directory.read(&domain.to_domain_dn(), &["objectSid"], None).await.unwrap();
    Sid::from_bytes(head.bytes("objectSid").unwrap()).unwrap()
}

/// Makes a folder and those above it, as far as they are missing.
pub async fn make_folders(store: &dyn ForestStore, domain: &DnsName, folder: &SysvolPath) {
    let sysvol = store.sysvol(domain).await.unwrap();
    let mut path = SysvolPath::root();
    for part in folder.parts() {
        path = path.join(part).unwrap();
        match sysvol.make_folder(&path).await {
            Err(error) if error.kind != StoreErrorKind::AlreadyExists => panic!("{error}"),
            _ => {}
        }
    }
}

/// Removes both halves of a GPO, as far as they are there.
pub async fn remove_gpo(store: &dyn ForestStore, domain: &DnsName, id: &str) {
    let directory = store.domain_directory(domain).await.unwrap();
    match directory.delete_tree(&container(domain, id)).await {
        Err(error) if error.kind != StoreErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
    match store.sysvol(domain).await.unwrap().remove_tree(&folder(id)).await {
        Err(error) if error.kind != StoreErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
}
