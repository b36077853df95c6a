//! What the attributes of preference items are called in the editor, and their values ([MS-GPPREF] 2.2.1, the dialogs of the editor).

mod control_panel;
mod internet;
mod power;
mod start_menu;
mod windows;

/// An attribute of an item's properties.
#[derive(Clone, Copy)]
pub(super) struct Label {
    /// Its name in the file.
    pub(super) attribute: &'static str,
    /// What people call it.
    pub(super) text: &'static str,
    /// How its value is worded.
    pub(super) words: Words,
}

/// How a value is worded.
#[derive(Clone, Copy)]
pub(super) enum Words {
    /// As it stands.
    Plain,
    /// `1` and `0`, `YES` and `NO`.
    YesNo,
    /// `1` and `0`, `ON` and `OFF`.
    OnOff,
    /// A number of this unit; what is no number stays as it stands.
    Unit(&'static str),
    /// A number of this unit, `0` is never.
    UnitOrNever(&'static str),
    /// A number of milliseconds, told in minutes.
    Milliseconds,
    /// Known values and what they mean; others stay as they stand.
    Choice(&'static [(&'static str, &'static str)]),
    /// A password, masked and warned of.
    Password,
}

const fn plain(attribute: &'static str, text: &'static str) -> Label {
    Label { attribute, text, words: Words::Plain }
}

const fn yes_no(attribute: &'static str, text: &'static str) -> Label {
    Label { attribute, text, words: Words::YesNo }
}

const fn on_off(attribute: &'static str, text: &'static str) -> Label {
    Label { attribute, text, words: Words::OnOff }
}

const fn unit(attribute: &'static str, text: &'static str, unit: &'static str) -> Label {
    Label { attribute, text, words: Words::Unit(unit) }
}

const fn unit_or_never(attribute: &'static str, text: &'static str, unit: &'static str) -> Label {
    Label { attribute, text, words: Words::UnitOrNever(unit) }
}

const fn milliseconds(attribute: &'static str, text: &'static str) -> Label {
    Label { attribute, text, words: Words::Milliseconds }
}

const fn choice(
    attribute: &'static str,
    text: &'static str,
    choices: &'static [(&'static str, &'static str)],
) -> Label {
    Label { attribute, text, words: Words::Choice(choices) }
}

const PASSWORD: Label = Label { attribute: "cpassword", text: "Password", words: Words::Password };

/// Returns the labels of an item's properties in the order of its dialog; empty for an item that nobody knows.
pub(super) fn properties(item: &str) -> &'static [Label] {
    match item {
        "Drive" => windows::DRIVE,
        "EnvironmentVariable" => windows::ENVIRONMENT_VARIABLE,
        "File" => windows::FILE,
        "Folder" => windows::FOLDER,
        "Ini" => windows::INI,
        "NetShare" => windows::NET_SHARE,
        "Registry" => windows::REGISTRY,
        "Shortcut" => windows::SHORTCUT,
        "DataSource" => control_panel::DATA_SOURCE,
        "Device" => control_panel::DEVICE,
        "GlobalFolderOptions" => control_panel::GLOBAL_FOLDER_OPTIONS,
        "GlobalFolderOptionsVista" => control_panel::GLOBAL_FOLDER_OPTIONS_VISTA,
        "OpenWith" => control_panel::OPEN_WITH,
        "FileType" => control_panel::FILE_TYPE,
        "User" => control_panel::USER,
        "Group" => control_panel::GROUP,
        "VPN" => control_panel::VPN,
        "DUN" => control_panel::DUN,
        "SharedPrinter" => control_panel::SHARED_PRINTER,
        "PortPrinter" => control_panel::PORT_PRINTER,
        "LocalPrinter" => control_panel::LOCAL_PRINTER,
        "RegionalOptions" => control_panel::REGIONAL_OPTIONS,
        "Task" | "ImmediateTask" => control_panel::TASK,
        "TaskV2" | "ImmediateTaskV2" => control_panel::TASK_V2,
        "NTService" => control_panel::NT_SERVICE,
        "GlobalPowerOptions" => power::GLOBAL_POWER_OPTIONS,
        "GlobalPowerOptionsV2" => power::POWER_PLAN,
        "PowerScheme" => power::POWER_SCHEME,
        "StartMenu" => start_menu::START_MENU,
        "StartMenuVista" => start_menu::START_MENU_VISTA,
        _ => &[],
    }
}

/// Returns what people call an item's kind.
pub(super) fn item_name(item: &str) -> &str {
    match item {
        "Drive" => "Mapped Drive",
        "EnvironmentVariable" => "Environment Variable",
        "Ini" => "Ini File Value",
        "NetShare" => "Network Share",
        "Registry" => "Registry Item",
        "DataSource" => "Data Source",
        "GlobalFolderOptions" => "Folder Options (Windows XP)",
        "GlobalFolderOptionsVista" => "Folder Options (Windows Vista and later)",
        "OpenWith" => "Open With",
        "FileType" => "File Type",
        "User" => "Local User",
        "Group" => "Local Group",
        "VPN" => "VPN Connection",
        "DUN" => "Dial-up Connection",
        "SharedPrinter" => "Shared Printer",
        "PortPrinter" => "TCP/IP Printer",
        "LocalPrinter" => "Local Printer",
        "RegionalOptions" => "Regional Options",
        "Task" => "Scheduled Task (Windows XP)",
        "ImmediateTask" => "Immediate Task (Windows XP)",
        "TaskV2" => "Scheduled Task (At least Windows 7)",
        "ImmediateTaskV2" => "Immediate Task (At least Windows 7)",
        "NTService" => "Service",
        "GlobalPowerOptions" => "Power Options (Windows XP)",
        "GlobalPowerOptionsV2" => "Power Plan (At least Windows 7)",
        "PowerScheme" => "Power Scheme (Windows XP)",
        "StartMenu" => "Start Menu (Windows XP)",
        "StartMenuVista" => "Start Menu (Windows Vista and later)",
        "Internet" => "Internet Explorer 5 and 6",
        "IE7" => "Internet Explorer 7",
        "IE8" => "Internet Explorer 8 and 9",
        "IE10" => "Internet Explorer 10",
        other => other,
    }
}

pub(super) use internet::{setting_name, value_meaning};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::preferences::PreferenceKind;

    #[test]
    fn every_item_has_labels_or_a_list_of_settings() {
        for kind in PreferenceKind::ALL {
            for item in kind.items() {
                let in_lists = matches!(kind, PreferenceKind::InternetSettings | PreferenceKind::Applications);
                assert!(in_lists || !properties(item.element).is_empty(), "{}", item.element);
            }
        }
    }

    #[test]
    fn no_attribute_is_labelled_twice() {
        for kind in PreferenceKind::ALL {
            for item in kind.items() {
                let mut names: Vec<_> = properties(item.element).iter().map(|label| label.attribute).collect();
                names.sort_unstable();
                let count = names.len();
                names.dedup();
                assert_eq!(names.len(), count, "{}", item.element);
            }
        }
    }
}
