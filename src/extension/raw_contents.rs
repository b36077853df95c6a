//! What a half holds that no extension reports: files and objects of extensions nobody knows or that are not registered, and registered
//! extensions without settings.
//!
//! Microsoft's reports have no place for it; it stands in an element of its own (`RawContents`) behind the extensions and is left
//! out of compatible reports. Which places belong to which extension: `gpo-storage.md` B1, A6 and C.

use std::collections::HashSet;

use crate::format::preferences::PreferenceKind;
use crate::gpm::ClientSideExtension;
use crate::ident::Guid;
use crate::report::{Block, Element, ExtensionReport, Section};

use super::raw_view::{file_element, file_section, object_element, object_section};
use super::registry::settings_table;
use super::{Area, DirectoryObject, EXTENSIONS, Placed, Source};

const REGISTRY: Guid = Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2);
const SCRIPTS: Guid = Guid::from_u128(0x42B5FAAE_6536_11D2_AE5A_0000F87571E3);
const SOFTWARE_INSTALLATION: Guid = Guid::from_u128(0xC6DC5466_785A_11D2_84D0_00C04FB169F7);
const IE_MAINTENANCE: Guid = Guid::from_u128(0xA2E30F80_D7DE_11D2_BBDE_00C04F86AE3B);
const FOLDER_REDIRECTION: Guid = Guid::from_u128(0x25537BA6_77A8_11D2_9B6C_0000F8080861);

/// Files with the extension they belong to, paths in lower case.
const FILES: [(&str, Guid); 8] = [
    ("registry.pol", REGISTRY),
    ("microsoft/windows nt/secedit/gpttmpl.inf", Guid::from_u128(0x827D319E_6EAC_11D2_A4EA_00C04F79F83A)),
    ("microsoft/windows nt/audit/audit.csv", Guid::from_u128(0xF3CCC681_B74C_4060_9F26_CD84525DCA2A)),
    ("microsoft/windows nt/cap/cap.inf", Guid::from_u128(0x16BE69FA_4209_4250_88CB_716CF41954E0)),
    ("documents & settings/fdeploy.ini", FOLDER_REDIRECTION),
    ("documents & settings/fdeploy1.ini", FOLDER_REDIRECTION),
    ("scripts/scripts.ini", SCRIPTS),
    ("scripts/psscripts.ini", SCRIPTS),
];
/// Folders whose files all belong to one extension, in lower case.
const FOLDERS: [(&str, Guid); 3] =
    [("scripts/", SCRIPTS), ("applications/", SOFTWARE_INSTALLATION), ("microsoft/ieak/", IE_MAINTENANCE)];
/// Folders of copies of templates, which no client reads.
const NOT_FOR_CLIENTS: [&str; 1] = ["adm/"];

/// Classes of objects with the extension they belong to.
const CLASSES: [(&str, Guid); 8] = [
    ("packageRegistration", SOFTWARE_INSTALLATION),
    ("classStore", SOFTWARE_INSTALLATION),
    ("ms-net-ieee-80211-GroupPolicy", Guid::from_u128(0x0ACDD40C_75AC_47AB_BAA0_BF6DE7E7FE63)),
    ("msieee80211-Policy", Guid::from_u128(0x0ACDD40C_75AC_47AB_BAA0_BF6DE7E7FE63)),
    ("ms-net-ieee-8023-GroupPolicy", Guid::from_u128(0xB587E2B1_4D59_4E7E_AED9_22B9DF11D053)),
    ("ipsecPolicy", Guid::from_u128(0xE437BC1C_AA7D_11D2_A382_00C04F991E27)),
    ("msPrint-ConnectionPolicy", Guid::from_u128(0x8A28E2C5_8D06_49A4_A08C_632DAA493E17)),
    ("categoryRegistration", SOFTWARE_INSTALLATION),
];
/// Objects that only hold others.
const CONTAINERS: [&str; 2] = ["container", "classStore"];
/// The wildcard that a backup writes before objects there may be.
const TEMPLATE: &str = "*,";

/// State of registry values that leave their policy undecided.
const UNDECIDED: &str = "Undecided";

/// Groups of files and objects that are shown.
#[derive(Default)]
struct Group<'a> {
    extension: Option<Guid>,
    state: State,
    files: Vec<&'a super::GptFile>,
    objects: Vec<&'a DirectoryObject>,
}

/// Why contents are shown raw.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// They belong to no extension that is known.
    #[default]
    Unclaimed,
    /// They belong to an extension that is not registered.
    NotRegistered,
    /// The extension is registered and not known.
    Unknown,
    /// The extension is registered and known, and has nothing here.
    NoSettings,
}

impl State {
    /// Returns the name in the element.
    fn name(self) -> &'static str {
        match self {
            State::Unclaimed => "Unclaimed",
            State::NotRegistered => "NotRegistered",
            State::Unknown => "Unknown",
            State::NoSettings => "NoSettings",
        }
    }
}

/// Returns what no extension reports, if there is any. `reported` are the client-side extensions that reported something, `undecided` the
/// registry values of which they were silent.
pub(super) fn report(source: &Source<'_>, reported: &[Guid], undecided: Vec<Element>) -> Option<ExtensionReport> {
    let mut groups = groups(source, reported);
    groups.retain(|group| group.extension.is_some() || !group.files.is_empty() || !group.objects.is_empty());
    let mut elements: Vec<Element> = groups.iter().map(group_element).collect();
    if !undecided.is_empty() {
        elements.push(Element::new("Contents").with(Element::text("State", UNDECIDED)).with_all(undecided));
    }
    (!elements.is_empty()).then(|| ExtensionReport::raw(elements))
}

fn groups<'a>(source: &Source<'a>, reported: &[Guid]) -> Vec<Group<'a>> {
    let registered = &source.half.registered;
    let mut groups = registered_groups(source, reported);
    let mut unclaimed = Group::default();
    let mut add = |owner: Option<Guid>, place: &mut dyn FnMut(&mut Group<'a>)| match owner {
        Some(owner) => match groups.iter().position(|group| group.extension == Some(owner)) {
            Some(at) => place(&mut groups[at]),
            // The extension has reported it.
            None if registered.contains(owner) => {}
            None => {
                let mut group = Group { extension: Some(owner), state: State::NotRegistered, ..Group::default() };
                place(&mut group);
                groups.push(group);
            }
        },
        None => place(&mut unclaimed),
    };
    for file in &source.half.files {
        let path = file.path.to_lowercase();
        if holds_something(&path, file.size_bytes) {
            add(owner_of_file(&path), &mut |group| group.files.push(file));
        }
    }
    for object in source.half.objects.iter().filter(|object| is_content(object)) {
        let owner = CLASSES.iter().find(|(class, _)| object.class.eq_ignore_ascii_case(class)).map(|(_, owner)| *owner);
        add(owner, &mut |group| group.objects.push(object));
    }
    // What nobody claims is most likely of the extension nobody knows.
    let mut unknown = groups.iter_mut().filter(|group| group.state == State::Unknown);
    match (unknown.next(), unknown.next()) {
        (Some(only), None) => {
            only.files = unclaimed.files;
            only.objects = unclaimed.objects;
        }
        _ => groups.push(unclaimed),
    }
    groups
}

/// Returns a group for each registered extension that is not known or has no settings.
fn registered_groups<'a>(source: &Source<'a>, reported: &[Guid]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut listed = HashSet::new();
    let has_registry = source.half.file("registry.pol").is_some();
    for extension in source.half.registered.groups.iter().map(|group| group.extension) {
        let is_listed = !listed.insert(extension);
        // Settings in registry.pol may be of other extensions than the registry.
        let is_in_registry = extension == REGISTRY && has_registry;
        if extension == Guid::NIL || is_listed || is_in_registry || reported.contains(&extension) {
            continue;
        }
        let is_read = EXTENSIONS.iter().any(|known| known.cse == extension);
        let state = match ClientSideExtension::by_id(extension) {
            _ if is_read => State::NoSettings,
            // Extensions that are woken by values in registry.pol keep nothing of their own.
            Some(_) if has_registry => continue,
            Some(_) => State::NoSettings,
            None => State::Unknown,
        };
        groups.push(Group { extension: Some(extension), state, ..Group::default() });
    }
    groups
}

/// Tells whether a file can hold settings: not comments, not templates, not a registry.pol that is its header alone.
fn holds_something(path: &str, size_bytes: u64) -> bool {
    const HEADER_BYTES: u64 = 8;
    let is_comment = path == "comment.cmtx" || path.ends_with(".cmtl");
    let is_empty = path == "registry.pol" && size_bytes <= HEADER_BYTES;
    !is_comment && !is_empty && !NOT_FOR_CLIENTS.iter().any(|folder| path.starts_with(folder))
}

/// Returns the extension a file belongs to, by its path below the half in lower case.
fn owner_of_file(path: &str) -> Option<Guid> {
    let file = FILES.iter().find(|(file, _)| *file == path);
    let folder = FOLDERS.iter().find(|(folder, _)| path.starts_with(folder));
    let preference = PreferenceKind::ALL.iter().find(|kind| kind.path().to_lowercase() == path);
    file.or(folder).map(|(_, owner)| *owner).or_else(|| preference.map(|kind| kind.cse()))
}

fn is_content(object: &DirectoryObject) -> bool {
    !object.path.starts_with(TEMPLATE) && !CONTAINERS.iter().any(|class| object.class.eq_ignore_ascii_case(class))
}

fn group_element(group: &Group<'_>) -> Element {
    let mut element = Element::new("Contents").with(Element::text("State", group.state.name()));
    if let Some(extension) = group.extension {
        element.children.push(Element::text("ExtensionId", extension.to_string()));
        element.children.push(Element::text("Name", ClientSideExtension::label(extension)));
    }
    element.children.extend(group.files.iter().map(|file| file_element(file)));
    element.children.extend(group.objects.iter().map(|object| object_element(object)));
    element
}

/// Returns the sections of such an element, of this program's report or one it wrote earlier.
pub(super) fn sections(report: &ExtensionReport) -> Vec<Placed> {
    let placed =
        report.elements.iter().map(|group| Placed { area: Area::OtherPolicies, section: group_section(group) });
    placed.collect()
}

fn group_section(group: &Element) -> Section {
    let (name, id) = (group.text_at(&["Name"]), group.text_at(&["ExtensionId"]));
    let label = if name == id { id.to_owned() } else { format!("{name} {id}") };
    let (heading, said) = match group.text_at(&["State"]) {
        "NotRegistered" => (
            format!("Not applied: {label}"),
            "The GPO does not register this extension, so clients do not apply what is here.",
        ),
        "Unknown" => (
            format!("Extension {label}"),
            "The GPO registers this extension, which is not known here. What it may read is shown as it is.",
        ),
        "NoSettings" => (
            format!("Without settings: {label}"),
            "The GPO registers this extension, but holds no settings that it would read.",
        ),
        UNDECIDED => (
            "Registry values that make no policy enabled or disabled".to_owned(),
            "Administrative templates know these values, but not in this combination. Clients set them all the same.",
        ),
        _ => ("Other contents".to_owned(), "These files and objects belong to no known extension."),
    };
    let mut section = Section::new(heading).with(Block::Text(said.to_owned()));
    let mut values = group.children_named("RegistrySetting").peekable();
    if values.peek().is_some() {
        section.blocks.push(settings_table(values).into());
    }
    section.blocks.extend(group.children_named("File").map(|file| file_section(file).into()));
    section.blocks.extend(group.children_named("Object").map(|object| object_section(object).into()));
    section
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{file, half, line, object, section_text, with_source};
    use crate::extension::{GptFile, HalfContents};
    use crate::report::Side;

    use super::*;

    const UNKNOWN: &str = "[{C1A6F0E3-5D27-4B8A-9E1F-7A40D2B96E58}{C1A6F0E3-5D27-4B8A-9E1F-7A40D2B96E59}]";

    fn raw(half: &HalfContents) -> Option<ExtensionReport> {
        with_source(half, Side::Computer, false, |source| report(source, &[REGISTRY], Vec::new()))
    }

    fn check(registered: &str, files: Vec<GptFile>, objects: Vec<DirectoryObject>, expected: &[&str]) {
        let raw = raw(&half(registered, files, objects));
        let lines: Vec<String> = raw.iter().flat_map(|raw| &raw.elements).map(line).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_is_registered_and_read_is_not_shown_again() {
        let files = vec![file("registry.pol", b"PReg"), file("Adm/x.adm", b"x")];
        let container = object("CN=IEEE80211,CN=Windows", "container", &[]);
        check("[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}]", files, vec![container], &[]);
    }

    #[test]
    fn files_of_the_one_unknown_extension_stand_below_it() {
        let id = "{C1A6F0E3-5D27-4B8A-9E1F-7A40D2B96E58}";
        let expected =
            format!("Contents(State=Unknown ExtensionId={id} Name={id} File(Path=Acme/a.cfg Size=3 Text=a=1))");
        check(UNKNOWN, vec![file("Acme/a.cfg", b"a=1")], Vec::new(), &[&expected]);
        check(
            "",
            vec![file("Acme/a.cfg", b"a=1")],
            Vec::new(),
            &["Contents(State=Unclaimed File(Path=Acme/a.cfg Size=3 Text=a=1))"],
        );
    }

    #[test]
    fn settings_that_are_not_registered_are_told_apart() {
        let raw = raw(&half("", vec![file("Preferences/Drives/DRIVES.xml", b"<Drives/>")], Vec::new())).unwrap();
        let shown: String = sections(&raw).iter().map(|placed| section_text(&placed.section)).collect();
        assert!(shown.starts_with("Not applied: "), "{shown}");
        assert!(shown.contains("{5794DAFD-BE60-433F-88A2-1A31939AC01F}\n") && shown.contains("<Drives/>\n"), "{shown}");
    }

    #[test]
    fn registered_extensions_without_settings_are_named() {
        let raw = raw(&half("[{5794DAFD-BE60-433F-88A2-1A31939AC01F}]", Vec::new(), Vec::new())).unwrap();
        assert_eq!(raw.elements[0].text_at(&["State"]), "NoSettings");
    }

    #[test]
    fn files_that_their_extension_passes_over_are_shown() {
        let id = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}";
        let template = file("Microsoft/Windows NT/SecEdit/GptTmpl.inf", b"[Unicode]");
        let raw = raw(&half(&format!("[{id}]"), vec![template], Vec::new())).unwrap();
        let shown = line(&raw.elements[0]);
        assert!(shown.contains("State=NoSettings") && shown.contains("Text=[Unicode]"), "{shown}");
    }
}
