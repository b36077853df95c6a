//! Group Policy preferences: all 21 kinds, one [`Extension`] for each, built from the table of kinds.
//!
//! The report has the XML of the file nearly verbatim (`operations.md` 4.3, [`elements`]). For people, every item becomes what its
//! dialog in the editor says: General, Common and Item-level targeting (`console-ui.md` 9.1 and 11.5, [`sections`]).

mod elements;
mod task_xml;
mod sections;
mod details;
mod tasks;
mod targeting;
mod labels;
mod words;

use crate::format::preferences::{PreferenceFile, PreferenceKind, check_preferences};

use super::{Extension, Part, Source, claims_nothing};

pub(super) static ENVIRONMENT_VARIABLES: Extension = extension::<{ PreferenceKind::EnvironmentVariables as usize }>();
pub(super) static GROUPS: Extension = extension::<{ PreferenceKind::Groups as usize }>();
pub(super) static DEVICES: Extension = extension::<{ PreferenceKind::Devices as usize }>();
pub(super) static NETWORK_OPTIONS: Extension = extension::<{ PreferenceKind::NetworkOptions as usize }>();
pub(super) static DRIVES: Extension = extension::<{ PreferenceKind::Drives as usize }>();
pub(super) static FOLDERS: Extension = extension::<{ PreferenceKind::Folders as usize }>();
pub(super) static NETWORK_SHARES: Extension = extension::<{ PreferenceKind::NetworkShares as usize }>();
pub(super) static FILES: Extension = extension::<{ PreferenceKind::Files as usize }>();
pub(super) static DATA_SOURCES: Extension = extension::<{ PreferenceKind::DataSources as usize }>();
pub(super) static INI_FILES: Extension = extension::<{ PreferenceKind::IniFiles as usize }>();
pub(super) static SERVICES: Extension = extension::<{ PreferenceKind::Services as usize }>();
pub(super) static FOLDER_OPTIONS: Extension = extension::<{ PreferenceKind::FolderOptions as usize }>();
pub(super) static SCHEDULED_TASKS: Extension = extension::<{ PreferenceKind::ScheduledTasks as usize }>();
pub(super) static REGISTRY: Extension = extension::<{ PreferenceKind::Registry as usize }>();
pub(super) static PRINTERS: Extension = extension::<{ PreferenceKind::Printers as usize }>();
pub(super) static SHORTCUTS: Extension = extension::<{ PreferenceKind::Shortcuts as usize }>();
pub(super) static INTERNET_SETTINGS: Extension = extension::<{ PreferenceKind::InternetSettings as usize }>();
pub(super) static START_MENU_TASKBAR: Extension = extension::<{ PreferenceKind::StartMenuTaskbar as usize }>();
pub(super) static REGIONAL_OPTIONS: Extension = extension::<{ PreferenceKind::RegionalOptions as usize }>();
pub(super) static POWER_OPTIONS: Extension = extension::<{ PreferenceKind::PowerOptions as usize }>();
pub(super) static APPLICATIONS: Extension = extension::<{ PreferenceKind::Applications as usize }>();

/// Returns the extension of a kind, by its place in [`PreferenceKind::ALL`].
const fn extension<const KIND: usize>() -> Extension {
    let kind = PreferenceKind::ALL[KIND];
    let report = kind.report();
    Extension {
        cse: kind.cse(),
        name: report.name,
        xml_type: report.xml_type,
        namespace: report.namespace,
        read: read::<KIND>,
        sections: sections::sections,
        claims: claims_nothing,
    }
}

/// Reads the file of a kind: its report element and what is odd in it.
fn read<const KIND: usize>(source: &Source<'_>) -> Option<Part> {
    let kind = PreferenceKind::ALL[KIND];
    source.part_of_file(&kind.path(), |bytes, file, part| match PreferenceFile::parse(bytes) {
        Ok(preferences) => {
            let odd = check_preferences(&preferences, kind);
            part.problems.extend(odd.into_iter().map(|problem| source.problem(file, problem)));
            part.elements.push(elements::report_element(&preferences, kind));
        }
        Err(error) => part.problems.push(source.problem(file, error)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::{FileContent, GptFile, HalfContents, PrincipalNames, SourceContext};
    use crate::format::admx::AdmxStore;
    use crate::ident::ExtensionList;
    use crate::report::Side;

    /// Reads a drive map file that lies at this path.
    fn read_drives(path: &str, content: FileContent) -> Option<Part> {
        let file = GptFile { path: path.to_owned(), size_bytes: 7, content };
        let half = HalfContents::new(ExtensionList::default(), vec![file], Vec::new());
        let (names, templates) = (PrincipalNames::default(), AdmxStore::default());
        let context = SourceContext { names: &names, templates: &templates, with_comments: true, compatible: false };
        (DRIVES.read)(&Source { side: Side::User, half: &half, context: &context })
    }

    #[test]
    fn damage_and_oddity_are_told_with_file_and_line() {
        let check = |text: &str, elements: usize, expected: &[&str]| {
            let content = FileContent::Whole(text.as_bytes().to_vec());
            let part = read_drives("preferences/DRIVES/drives.xml", content).unwrap();
            assert_eq!(part.elements.len(), elements);
            let told = part.problems.iter().map(|problem| format!("{}: {}", problem.file, problem.message));
            let told: Vec<String> = told.collect();
            assert_eq!(told.len(), expected.len(), "{told:?}");
            for (told, expected) in told.iter().zip(expected) {
                assert!(told.starts_with(expected), "{told}");
            }
        };
        check("<Drives><Drive><Properties/></Drive></Drives>", 1, &[]);
        check("<Drives>\n<Drive></Drives>", 0, &["User/preferences/DRIVES/drives.xml: line 2: broken XML"]);
        let entities = "<!DOCTYPE a [<!ENTITY b \"c\">]><Drives>&b;</Drives>";
        check(entities, 0, &["User/preferences/DRIVES/drives.xml: line 1: broken XML"]);
        check(
            "<Files>\n<File><Properties/></File></Files>",
            1,
            &[
                "User/preferences/DRIVES/drives.xml: line 1: the root element is `Files`, expected `Drives`",
                "User/preferences/DRIVES/drives.xml: line 2: `File` is no item",
            ],
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_no_part_and_one_that_cannot_be_read_is_a_problem() {
        let content = || FileContent::Failed("access denied".to_owned());
        assert!(read_drives("Preferences/Files/Files.xml", content()).is_none());
        let part = read_drives("Preferences/Drives/Drives.xml", content()).unwrap();
        assert_eq!((part.elements.len(), part.problems[0].message.as_str()), (0, "access denied"));
    }
}
