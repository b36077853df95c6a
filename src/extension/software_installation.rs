//! Software installation: packages as objects of the class store below a half, each with its advertise script in SYSVOL
//! ([MS-GPSI], `gpo-storage.md` A6 and B11, `operations.md` 4.3).
//!
//! The directory decides what clients install; the script is read to find damage, and shown by itself only where no object refers to it.

use crate::format::{AdvertiseScript, AdvertisedProduct};
use crate::ident::Guid;
use crate::report::{Element, ExtensionReport, PartProblem, Section, Side, Table};
use crate::security::{SddlContext, SecurityDescriptor};

use super::wording::{joined, properties, yes_no};
use super::{
    Area, DescribedObject, DirectoryObject, Extension, Part, Placed, Source, claims_nothing, descriptor_element,
};

pub(super) static SOFTWARE_INSTALLATION: Extension = Extension {
    cse: Guid::from_u128(0xC6DC5466_785A_11D2_84D0_00C04FB169F7),
    name: "Software Installation",
    xml_type: "SoftwareInstallationSettings",
    namespace: "SoftwareInstallation",
    read,
    sections,
    claims: claims_nothing,
};

const PACKAGE: &str = "packageRegistration";
/// A wildcard that a backup writes before the packages, if any.
const TEMPLATE: &str = "*,";
const MSI: &str = "5";
const REMOVED: &str = "R";

/// The bits of `packageFlags`.
mod flags {
    pub(super) const UNINSTALL_UNMANAGED: u32 = 0x4;
    pub(super) const PUBLISHED: u32 = 0x8;
    pub(super) const SHOW_IN_ADD_REMOVE: u32 = 0x20;
    pub(super) const INSTALL_ON_DEMAND: u32 = 0x40;
    pub(super) const ORPHAN: u32 = 0x80;
    pub(super) const UNINSTALL: u32 = 0x100;
    pub(super) const UNINSTALL_ON_POLICY_REMOVAL: u32 = 0x1000;
    pub(super) const INSTALL_AT_LOGON: u32 = 0x2000;
    pub(super) const FORCE_UPGRADE: u32 = 0x4000;
    pub(super) const NO_X86_ON_WIN64: u32 = 0x1_0000;
    pub(super) const IGNORE_LANGUAGE: u32 = 0x2_0000;
    pub(super) const FULL_UI: u32 = 0x8_0000;
    pub(super) const PRESERVE_CLASSES: u32 = 0x10_0000;
}

fn read(source: &Source<'_>) -> Option<Part> {
    let mut part = Part::default();
    let is_package =
        |object: &&DirectoryObject| object.class.eq_ignore_ascii_case(PACKAGE) && !object.path.starts_with(TEMPLATE);
    let packages: Vec<&DirectoryObject> = source.half.objects.iter().filter(is_package).collect();
    for package in &packages {
        let descriptor = package.values("nTSecurityDescriptor").first();
        if let Some(Err(error)) = descriptor.map(|bytes| SecurityDescriptor::from_bytes(bytes)) {
            part.problems
                .push(PartProblem { file: package.path.clone(), message: format!("its permissions: {error}") });
        }
        if is_removed(package) {
            if !source.context.compatible {
                part.elements.push(removed_element(package));
            }
        } else {
            part.elements.push(package_element(package, source));
        }
    }
    read_scripts(&mut part, source, &packages);
    Some(part)
}

/// Reads the advertise scripts; one that no package refers to is an element of its own, since clients never see it.
fn read_scripts(part: &mut Part, source: &Source<'_>, packages: &[&DirectoryObject]) {
    let paths: Vec<String> =
        packages.iter().filter_map(|package| package.text("msiScriptPath")).map(|path| path.to_lowercase()).collect();
    for file in source.half.files.iter().filter(|file| file.path.to_lowercase().ends_with(".aas")) {
        let script = file.whole().and_then(|bytes| AdvertiseScript::parse(bytes).map_err(|error| error.to_string()));
        let name = file.path.rsplit('/').next().unwrap_or_default().to_lowercase();
        let is_referred_to = paths.iter().any(|path| path.ends_with(&name));
        match script {
            Ok(script) if !is_referred_to && !source.context.compatible => {
                part.elements.push(script_element(&file.path, &script.product()));
            }
            Ok(_) => {}
            Err(reason) => part.problems.push(source.problem(file, reason)),
        }
    }
}

fn script_element(path: &str, product: &AdvertisedProduct) -> Element {
    let version = product.version.map(|(major, minor, build)| format!("{major}.{minor}.{build}"));
    Element::new("AdvertiseScript")
        .with(Element::text("Path", path))
        .with(Element::text("Name", product.name.clone()))
        .with_all(version.map(|version| Element::text("Version", version)))
        .with_all(product.product_code.map(|code| Element::text("ProductId", code.to_string())))
        .with_all(product.sources.iter().map(|folder| Element::text("Source", format!("{folder}{}", product.package))))
}

fn number(package: &DirectoryObject, attribute: &str) -> u32 {
    // Directories hold signed numbers; flags may use the highest bit.
    let text = package.text(attribute).unwrap_or_default();
    let text = text.trim();
    text.parse::<u32>().or_else(|_| text.parse::<i32>().map(|number| number.cast_unsigned())).unwrap_or_default()
}

fn is_removed(package: &DirectoryObject) -> bool {
    number(package, "packageFlags") & (flags::UNINSTALL | flags::ORPHAN) != 0
        || package.text("msiScriptName").is_some_and(|name| name.eq_ignore_ascii_case(REMOVED))
}

/// Returns a GUID, stored as its bytes or as text.
fn guid(package: &DirectoryObject, attribute: &str) -> Option<Guid> {
    let value = package.values(attribute).first()?;
    match <[u8; 16]>::try_from(value.as_slice()) {
        Ok(bytes) => Some(Guid::from_bytes(bytes)),
        Err(_) => std::str::from_utf8(value).ok()?.trim().parse().ok(),
    }
}

/// Returns the id of the deployment: of the object, else its name.
fn identifier(package: &DirectoryObject) -> String {
    let of_name = || package.path.split_once('=')?.1.split(',').next()?.parse::<Guid>().ok();
    guid(package, "objectGUID").or_else(of_name).map(|id| id.to_string()).unwrap_or_default()
}

fn name(package: &DirectoryObject) -> String {
    package.text("displayName").or_else(|| package.text("packageName")).unwrap_or_default()
}

/// Returns the files of a package in their order: the package itself, then transforms.
fn files(package: &DirectoryObject) -> Vec<String> {
    let mut files: Vec<(u32, String)> = package
        .values("msiFileList")
        .iter()
        .map(|value| String::from_utf8_lossy(value).into_owned())
        .map(|entry| match entry.split_once(':') {
            Some((index, path)) if !index.is_empty() && index.chars().all(|c| c.is_ascii_digit()) => {
                (index.parse().unwrap_or(u32::MAX), path.to_owned())
            }
            _ => (0, entry),
        })
        .collect();
    files.sort_by_key(|(index, _)| *index);
    files.into_iter().map(|(_, path)| path).collect()
}

fn removed_element(package: &DirectoryObject) -> Element {
    let how = if number(package, "packageFlags") & flags::UNINSTALL != 0 { "Uninstall" } else { "Unmanage" };
    Element::new("RemovedApplication")
        .with(Element::text("Identifier", identifier(package)))
        .with(Element::text("Name", name(package)))
        .with(Element::text("Removal", how))
}

fn package_element(package: &DirectoryObject, source: &Source<'_>) -> Element {
    let flags = number(package, "packageFlags");
    let is_set = |bit: u32| flags & bit != 0;
    let text = |attribute: &str| package.text(attribute).unwrap_or_default();
    let mut files = files(package).into_iter();
    let is_msi = matches!(text("packageType").as_str(), MSI | "");
    let element = Element::new(if is_msi { "MsiApplication" } else { "ZapApplication" });
    let deployment = if is_set(flags::PUBLISHED) { "Publish" } else { "Assign" };
    let interface = match text("installUiLevel").as_str() {
        "5" => "Maximum",
        "" if is_set(flags::FULL_UI) => "Maximum",
        _ => "Basic",
    };
    let loss = if is_set(flags::UNINSTALL_ON_POLICY_REMOVAL) { "Uninstall" } else { "Unmanage" };
    let mut element = element
        .with(Element::text("Identifier", identifier(package)))
        .with(Element::text("Name", name(package)))
        .with(Element::text("Path", files.next().unwrap_or_else(|| text("setupCommand"))))
        .with(Element::text("MajorVersion", number(package, "versionNumberHi").to_string()))
        .with(Element::text("MinorVersion", number(package, "versionNumberLo").to_string()))
        .with(Element::text("LanguageId", text("localeID")))
        .with(Element::text("Architecture", text("machineArchitecture")))
        .with(Element::bool("IgnoreLanguage", is_set(flags::IGNORE_LANGUAGE)))
        .with(Element::bool("Allowx86Onia64", !is_set(flags::NO_X86_ON_WIN64)))
        .with(Element::text("SupportURL", text("url")))
        .with(Element::bool("AutoInstall", is_set(flags::INSTALL_ON_DEMAND)))
        .with(Element::bool("DisplayInARP", is_set(flags::SHOW_IN_ADD_REMOVE)))
        .with(Element::bool("IncludeCOM", is_set(flags::PRESERVE_CLASSES)))
        .with_all(descriptor(package, source))
        .with(Element::text("DeploymentType", deployment))
        .with_all(guid(package, "productCode").map(|code| Element::text("ProductId", code.to_string())))
        .with(Element::text("ScriptPath", text("msiScriptPath")))
        .with(Element::text("DeploymentCount", number(package, "revision").to_string()))
        .with(Element::text("InstallationUILevel", interface))
        .with(upgrades(package, is_set(flags::FORCE_UPGRADE)))
        .with(Element::bool("UninstallUnmanaged", is_set(flags::UNINSTALL_UNMANAGED)))
        .with(Element::text("LossOfScopeAction", loss));
    if !source.context.compatible {
        element.children.extend(files.map(|path| Element::text("Transform", path)));
        let categories = package.values("categories").iter();
        element.children.extend(categories.map(|id| Element::text("Category", String::from_utf8_lossy(id))));
        if is_set(flags::INSTALL_AT_LOGON) {
            element.children.push(Element::bool("InstallAtLogon", true));
        }
        element.children.extend(package.text("vendor").map(|vendor| Element::text("Vendor", vendor)));
    }
    element
}

fn descriptor(package: &DirectoryObject, source: &Source<'_>) -> Option<Element> {
    let bytes = package.values("nTSecurityDescriptor").first()?;
    let descriptor = SecurityDescriptor::from_bytes(bytes).ok()?;
    let sddl = descriptor.to_sddl(&SddlContext::default());
    let context = source.context;
    Some(descriptor_element(DescribedObject::Package, &descriptor, &sddl, context.names, context.compatible))
}

/// Returns which packages this one replaces or is replaced by: `LDAP://CN=Class Store,…\\{id}:02`.
fn upgrades(package: &DirectoryObject, is_mandatory: bool) -> Element {
    let upgrade = |value: &Vec<u8>| {
        let text = String::from_utf8_lossy(value).into_owned();
        let (target, kind) = text.rsplit_once(':')?;
        let id: Guid = target.rsplit(['\\', '/']).next()?.parse().ok()?;
        let bits = u32::from_str_radix(kind.trim(), 16).ok()?;
        let relation = match bits & 0x7 {
            1 => "Uninstall first",
            2 => "Upgrade over",
            4 => "Upgraded by",
            _ => return None,
        };
        Some(
            Element::new("Upgrade")
                .with(Element::text("Identifier", id.to_string()))
                .with(Element::text("Kind", relation)),
        )
    };
    let listed = package.values("canUpgradeScript").iter().filter_map(upgrade);
    Element::new("Upgrades").with(Element::bool("Mandatory", is_mandatory)).with_all(listed)
}

/// Labels of what stands below a package's row, in their order.
const DETAILS: [(&str, &str); 19] = [
    ("LanguageId", "Language"),
    ("Architecture", "Platform"),
    ("SupportURL", "Support URL"),
    ("Vendor", "Publisher"),
    ("AutoInstall", "Auto-install by file extension"),
    ("InstallAtLogon", "Install at log-on"),
    ("DisplayInARP", "Display in Add/Remove Programs"),
    ("LossOfScopeAction", "When it falls out of the scope of management"),
    ("InstallationUILevel", "User interface"),
    ("IgnoreLanguage", "Ignore language when deploying"),
    ("Allowx86Onia64", "Offer 32-bit application to 64-bit computers"),
    ("IncludeCOM", "Include OLE class and product information"),
    ("UninstallUnmanaged", "Uninstall previous unmanaged installation"),
    ("DeploymentCount", "Deployment count"),
    ("ProductId", "Product code"),
    ("Identifier", "Deployment id"),
    ("ScriptPath", "Advertise script"),
    ("Transform", "Transforms"),
    ("Category", "Categories"),
];

fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut section = Section::new("Software Installation");
    let named = |name: &'static str| report.elements.iter().filter(move |element| element.name == name);
    for (name, heading) in
        [("MsiApplication", "Assigned and Published Applications"), ("ZapApplication", "Other Set-up Programs")]
    {
        let mut table = Table::new(&["Name", "Version", "Deployment", "Source"]);
        for package in named(name) {
            let version = format!("{}.{}", package.text_at(&["MajorVersion"]), package.text_at(&["MinorVersion"]));
            let deployment = match package.text_at(&["DeploymentType"]) {
                "Assign" => "Assigned",
                "Publish" => "Published",
                other => other,
            };
            let row = table.row([package.text_at(&["Name"]), &version, deployment, package.text_at(&["Path"])]);
            let details = DETAILS.iter().map(|(name, label)| (*label, yes_no(&joined(package, name)).to_owned()));
            let upgrades = package.child("Upgrades").map(upgrade_rows).unwrap_or_default();
            row.details.extend(properties(details.chain(upgrades).filter(|(_, value)| !value.is_empty())));
        }
        if !table.rows.is_empty() {
            section.blocks.push(Section::new(heading).with(table).into());
        }
    }
    let mut removed = Table::new(&["Name", "Removal"]);
    for package in named("RemovedApplication") {
        let how = match package.text_at(&["Removal"]) {
            "Uninstall" => "Uninstalled from users and computers",
            _ => "Left where it is installed",
        };
        removed.row([package.text_at(&["Name"]), how]);
    }
    if !removed.rows.is_empty() {
        section.blocks.push(Section::new("Removed Applications").with(removed).into());
    }
    let mut scripts = Table::new(&["File", "Name", "Version", "Source"]);
    for script in named("AdvertiseScript") {
        let text = |name: &str| script.text_at(&[name]);
        scripts.row([text("Path"), text("Name"), text("Version"), &joined(script, "Source")]);
    }
    if !scripts.rows.is_empty() {
        section.blocks.push(Section::new("Advertise Scripts Without Package").with(scripts).into());
    }
    if section.blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::SoftwareSettings, section }]
}

fn upgrade_rows(upgrades: &Element) -> Vec<(&'static str, String)> {
    let listed: Vec<String> = upgrades
        .children_named("Upgrade")
        .map(|upgrade| format!("{} {}", upgrade.text_at(&["Kind"]), upgrade.text_at(&["Identifier"])))
        .collect();
    if listed.is_empty() {
        return Vec::new();
    }
    let required = yes_no(upgrades.text_at(&["Mandatory"])).to_owned();
    vec![("Upgrades", listed.join("\n")), ("Upgrade required", required)]
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{file, half, lines, object, read, shown};

    use super::*;

    const PLACE: &str = "CN={B2236818-0DBF-4085-ABB4-243E51DDAB34},CN=Packages,CN=Class Store";

    fn package(more: &[(&str, &str)]) -> DirectoryObject {
        let common = [("displayName", "Clock"), ("msiFileList", "1:\\\\s\\a.mst"), ("msiFileList", "0:\\\\s\\a.msi")];
        object(PLACE, PACKAGE, &[&common, more].concat())
    }

    #[test]
    fn a_package_is_as_in_microsofts_reports() {
        let flags = (0x10 | 0x20 | 0x400 | 0x1000 | 0x8000).to_string();
        let upgrade = r"LDAP://CN=Class Store,CN=Machine\\{9E4D51AB-B096-43BD-B8EA-3748B57BCC7A}:02";
        let package = package(&[
            ("packageFlags", &flags),
            ("versionNumberHi", "4"),
            ("versionNumberLo", "2"),
            ("localeID", "1033"),
            ("machineArchitecture", "9"),
            ("canUpgradeScript", upgrade),
        ]);
        let template = object("*,cn=Packages,cn=Class Store", PACKAGE, &[]);
        let half = half("", Vec::new(), vec![template, package]);
        assert_eq!(
            lines(&SOFTWARE_INSTALLATION, &half, true),
            [
                "MsiApplication(Identifier={B2236818-0DBF-4085-ABB4-243E51DDAB34} Name=Clock Path=\\\\s\\a.msi MajorVersion=4 \
              MinorVersion=2 LanguageId=1033 Architecture=9 IgnoreLanguage=false Allowx86Onia64=true SupportURL \
              AutoInstall=false DisplayInARP=true IncludeCOM=false DeploymentType=Assign ScriptPath DeploymentCount=0 \
              InstallationUILevel=Basic Upgrades(Mandatory=false Upgrade(Identifier={9E4D51AB-B096-43BD-B8EA-3748B57BCC7A} \
              Kind=Upgrade over)) UninstallUnmanaged=false LossOfScopeAction=Uninstall)"
            ]
        );
        let shown = shown(&SOFTWARE_INSTALLATION, &half);
        assert!(shown.contains("Clock | 4.2 | Assigned | \\\\s\\a.msi\n"), "{shown}");
        assert!(shown.contains("Transforms | \\\\s\\a.mst\n"), "{shown}");
    }

    #[test]
    fn removed_packages_and_lone_scripts_are_ours_alone() {
        let removed = package(&[("packageFlags", "272"), ("msiScriptName", "R")]);
        let half = half("", Vec::new(), vec![removed]);
        assert_eq!(lines(&SOFTWARE_INSTALLATION, &half, true), [""; 0]);
        assert!(lines(&SOFTWARE_INSTALLATION, &half, false)[0].ends_with("Name=Clock Removal=Uninstall)"));
    }

    #[test]
    fn a_damaged_script_is_a_problem() {
        let half = half("", vec![file("Applications/{1}.aas", b"\x02\x01")], Vec::new());
        let part = read(&SOFTWARE_INSTALLATION, &half, true).unwrap();
        assert_eq!(part.problems[0].file, "Machine/Applications/{1}.aas");
        assert!(part.problems[0].message.contains("at byte 2"), "{}", part.problems[0].message);
    }
}
