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
    let file = source.half.file(&kind.path())?;
    let mut part = Part::default();
    let Some(bytes) = source.bytes(&file.path, &mut part) else { return Some(part) };
    match PreferenceFile::parse(bytes) {
        Ok(preferences) => {
            let odd = check_preferences(&preferences, kind);
            part.problems.extend(odd.into_iter().map(|problem| source.problem(file, problem)));
            part.elements.push(elements::report_element(&preferences, kind));
        }
        Err(error) => part.problems.push(source.problem(file, error)),
    }
    Some(part)
}
