//! Folder redirection: `fdeploy1.ini`, or where it is missing the older `fdeploy.ini` (`operations.md` 4.3, `gpo-storage.md` B10).

use crate::format::{
    FolderRedirection, FolderRedirectionFile, OldFolderRedirectionFile, RedirectionFlags, RedirectionTarget,
    known_folder_name,
};
use crate::ident::{Guid, Sid};
use crate::report::{Element, ExtensionReport, Section, Side, Table};

use super::general::principal;
use super::{Area, Extension, Part, Placed, PrincipalNames, Source, claims_nothing};

pub(super) static FOLDER_REDIRECTION: Extension = Extension {
    cse: Guid::from_u128(0x25537BA6_77A8_11D2_9B6C_0000F8080861),
    name: "Folder Redirection",
    xml_type: "FolderRedirectionSettings",
    namespace: "FolderRedirection",
    read,
    sections,
    claims: claims_nothing,
};

const NEWER: &str = "Documents & Settings/fdeploy1.ini";
const OLDER: &str = "Documents & Settings/fdeploy.ini";

fn read(source: &Source<'_>) -> Option<Part> {
    if source.side != Side::User {
        return None;
    }
    let newer = source.half.file(NEWER);
    let file = newer.or_else(|| source.half.file(OLDER))?;
    let mut part = Part::default();
    if let Some(bytes) = source.bytes(&file.path, &mut part) {
        let (folders, problems) = match newer {
            Some(_) => FolderRedirectionFile::parse(bytes).folders(),
            None => OldFolderRedirectionFile::parse(bytes).folders(),
        };
        part.problems.extend(problems.iter().map(|problem| source.problem(file, problem)));
        part.elements.extend(folders.iter().filter_map(|folder| element(folder, source.context.names)));
    }
    Some(part)
}

/// Returns the element of a folder: its targets, and the settings, which all of them share.
fn element(folder: &FolderRedirection, names: &PrincipalNames) -> Option<Element> {
    let flags = folder.targets.first()?.flags;
    let id = folder.folder.map_or_else(|| folder.name.clone(), |id| id.to_string());
    let is = |flag: RedirectionFlags| flags.contains(flag);
    let removal = if is(RedirectionFlags::RESTORE_ON_REMOVAL) { "RestoreContents" } else { "LeaveContents" };
    let element = Element::new("Folder")
        .with(Element::text("Id", id))
        .with_all(folder.targets.iter().map(|target| location(target, names)))
        .with(Element::bool("GrantExclusiveRights", is(RedirectionFlags::EXCLUSIVE_RIGHTS)))
        .with(Element::bool("MoveContents", is(RedirectionFlags::MOVE_CONTENTS)))
        .with(Element::bool("FollowParent", is(RedirectionFlags::FOLLOW_PARENT)))
        .with(Element::bool("ApplyToDownLevel", is(RedirectionFlags::OLD_SYSTEMS)))
        .with(Element::bool("DoNotCare", is(RedirectionFlags::NOT_SPECIFIED)))
        .with(Element::bool("RedirectToLocal", is(RedirectionFlags::LOCAL_PATH)))
        .with(Element::text("PolicyRemovalBehavior", removal))
        .with(Element::text("ConfigurationControl", "GP"))
        .with(Element::text("PrimaryComputerEvaluation", "PrimaryComputerPolicyDisabled"));
    Some(element)
}

fn location(target: &RedirectionTarget, names: &PrincipalNames) -> Element {
    let path = match target.flags.contains(RedirectionFlags::FULL_PATH) {
        true => &target.full_path,
        false => &target.relative_path,
    };
    Element::new("Location").with(Element::text("DestinationPath", path)).with(Element::principal(
        "SecurityGroup",
        Some(&target.group),
        names.name(&target.group).as_deref(),
    ))
}

fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let folders: Vec<_> = report.elements.iter().filter(|element| element.name == "Folder").collect();
    if folders.is_empty() {
        return Vec::new();
    }
    let mut section = Section::new("Folder Redirection");
    for folder in folders {
        section.blocks.push(folder_section(folder).into());
    }
    vec![Placed { area: Area::WindowsSettings, section }]
}

fn folder_section(folder: &Element) -> Section {
    let id = folder.text_at(&["Id"]);
    let name = id.parse::<Guid>().ok().and_then(known_folder_name).unwrap_or(id);
    let is = |flag: &str| folder.text_at(&[flag]) == "true";
    let everyone = Sid::everyone().to_string();
    let locations: Vec<&Element> = folder.children_named("Location").collect();
    let is_basic =
        matches!(locations[..], [only] if only.text_at(&["SecurityGroup", "SID"]).eq_ignore_ascii_case(&everyone));
    let setting = match (is("FollowParent"), is("DoNotCare"), is_basic) {
        (true, ..) => "Follow the Documents folder",
        (false, true, _) => "Not configured",
        (false, false, true) => "Basic - Redirect everyone's folder to the same location",
        (false, false, false) => "Advanced - Specify locations for various user groups",
    };
    let mut paths = Table::new(&["Security Group", "Path"]);
    for location in locations {
        let group = location.child("SecurityGroup").map(principal).unwrap_or_default();
        paths.row([group, location.text_at(&["DestinationPath"]).to_owned()]);
    }
    let enabled = |is_on: bool| if is_on { "Enabled" } else { "Disabled" };
    let mut options = Table::properties();
    options.row(["Grant user exclusive rights", enabled(is("GrantExclusiveRights"))]);
    options.row(["Move the contents to the new location", enabled(is("MoveContents"))]);
    options.row([
        "Also apply redirection policy to Windows 2000, Windows 2000 Server, Windows XP and Windows Server 2003",
        enabled(is("ApplyToDownLevel")),
    ]);
    options.row(["Redirect to the local user profile", enabled(is("RedirectToLocal"))]);
    let removal = match folder.text_at(&["PolicyRemovalBehavior"]) {
        "RestoreContents" => "Redirect the folder back to the local user profile location when policy is removed",
        "LeaveContents" => "Leave the folder in the new location when policy is removed",
        other => other,
    };
    options.row(["Policy Removal Behavior", removal]);
    let mut summary = Table::properties();
    summary.row(["Setting", setting]);
    Section::new(name).with(summary).with(paths).with(Section::new("Options").with(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(flags: u32) -> String {
        let target = RedirectionTarget {
            group: Sid::everyone(),
            flags: RedirectionFlags(flags),
            full_path: "\\\\srv\\x".to_owned(),
            parent_folder: String::new(),
            relative_path: String::new(),
            exclude_folders: String::new(),
        };
        let id = "{FDD39AD0-238F-46AF-ADB4-6C85480369C7}";
        let folder = FolderRedirection { folder: id.parse().ok(), name: id.to_owned(), targets: vec![target] };
        let element = element(&folder, &PrincipalNames::default()).unwrap();
        let on = element.children.iter().filter(|child| child.text == "true").map(|child| child.name.as_ref());
        let on: Vec<&str> = on.chain([element.text_at(&["PolicyRemovalBehavior"])]).collect();
        format!("{} [{}]", on.join(" "), element.text_at(&["Location", "DestinationPath"]))
    }

    /// As a Windows Server of 2026 reports these flags.
    #[test]
    fn flags_become_settings() {
        assert_eq!(settings(0x1021), "MoveContents RestoreContents [\\\\srv\\x]");
        assert_eq!(settings(0x1020), "RestoreContents [\\\\srv\\x]");
        assert_eq!(settings(0x1023), "MoveContents FollowParent RestoreContents [\\\\srv\\x]");
        assert_eq!(settings(0x3069), "MoveContents RedirectToLocal RestoreContents [\\\\srv\\x]");
        assert_eq!(
            settings(0x1017),
            "GrantExclusiveRights MoveContents FollowParent DoNotCare LeaveContents [\\\\srv\\x]"
        );
        assert_eq!(settings(0x765), "MoveContents DoNotCare RestoreContents []");
        assert_eq!(settings(0x2045), "MoveContents DoNotCare RedirectToLocal LeaveContents []");
    }

    #[test]
    fn a_folder_is_said_in_words() {
        let folder =
            Element::new("Folder")
                .with(Element::text("Id", "{FDD39AD0-238F-46AF-ADB4-6C85480369C7}"))
                .with(
                    Element::new("Location")
                        .with(Element::text("DestinationPath", "\\\\srv\\x"))
                        .with(Element::principal("SecurityGroup", Some(&Sid::everyone()), Some("Everyone"))),
                )
                .with(Element::text("PolicyRemovalBehavior", "LeaveContents"));
        let section = folder_section(&folder);
        assert_eq!(section.heading, "Documents");
        let text = format!("{section:?}");
        assert!(text.contains("Basic - Redirect everyone's folder to the same location"));
        assert!(text.contains("Leave the folder in the new location"));
    }
}
