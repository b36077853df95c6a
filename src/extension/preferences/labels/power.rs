//! Power options, schemes and plans.

use super::{Label, choice, on_off, plain, unit_or_never, yes_no};

const XP_BUTTON: &[(&str, &str)] = &[
    ("DO_NOTHING", "Do nothing"),
    ("STAND_BY", "Stand by"),
    ("HIBERNATE", "Hibernate"),
    ("ASK_ME", "Ask me what to do"),
    ("SHUTDOWN", "Shut down"),
];

const BUTTON: &[(&str, &str)] = &[
    ("DO_NOTHING", "Do nothing"),
    ("SLEEP", "Sleep"),
    ("HIBERNATE", "Hibernate"),
    ("SHUT_DOWN", "Shut down"),
    ("SHUTDOWN", "Shut down"),
];

const LINK_POWER: &[(&str, &str)] = &[
    ("OFF", "Off"),
    ("MODERATE_SAVINGS", "Moderate power savings"),
    ("MODERATE", "Moderate power savings"),
    ("MAXIMUM_SAVINGS", "Maximum power savings"),
    ("MAXIMUM", "Maximum power savings"),
];

/// The plans that every Windows has.
const PLANS: &[(&str, &str)] = &[
    ("{8C5E7FDA-E8BF-4A96-9A85-A6E23A8C635C}", "High performance"),
    ("{381B4222-F694-41F0-9685-FF5BB260DF2E}", "Balanced"),
    ("{A1841308-3541-4FAB-BC81-F71556F20B4A}", "Power saver"),
];

const PERCENT: &str = "%";
const MINUTES: &str = "minutes";

pub(super) const GLOBAL_POWER_OPTIONS: &[Label] = &[
    yes_no("showIcon", "Always show icon on the taskbar"),
    yes_no("promptPassword", "Prompt for password when computer resumes from standby"),
    yes_no("enableHibernation", "Enable hibernation"),
    choice("closeLid", "When I close the lid", XP_BUTTON),
    choice("pressPowerBtn", "When I press the power button", XP_BUTTON),
    choice("pressSleepBtn", "When I press the sleep button", XP_BUTTON),
];

pub(super) const POWER_SCHEME: &[Label] = &[
    plain("name", "Name"),
    yes_no("default", "Make this the active power scheme"),
    unit_or_never("monitorAc", "Turn off monitor (plugged in)", MINUTES),
    unit_or_never("monitorDc", "Turn off monitor (on batteries)", MINUTES),
    unit_or_never("hardDiskAc", "Turn off hard disks (plugged in)", MINUTES),
    unit_or_never("hardDiskDc", "Turn off hard disks (on batteries)", MINUTES),
    unit_or_never("standbyAc", "System standby (plugged in)", MINUTES),
    unit_or_never("standbyDc", "System standby (on batteries)", MINUTES),
    unit_or_never("hibernateAc", "System hibernates (plugged in)", MINUTES),
    unit_or_never("hibernateDc", "System hibernates (on batteries)", MINUTES),
];

pub(super) const POWER_PLAN: &[Label] = &[
    choice("nameGuid", "Power plan", PLANS),
    yes_no("default", "Set as the active power plan"),
    yes_no("requireWakePwdAC", "Require a password on wakeup (plugged in)"),
    yes_no("requireWakePwdDC", "Require a password on wakeup (on battery)"),
    unit_or_never("turnOffHDAC", "Turn off hard disk after (plugged in)", MINUTES),
    unit_or_never("turnOffHDDC", "Turn off hard disk after (on battery)", MINUTES),
    unit_or_never("sleepAfterAC", "Sleep after (plugged in)", MINUTES),
    unit_or_never("sleepAfterDC", "Sleep after (on battery)", MINUTES),
    on_off("allowHybridSleepAC", "Allow hybrid sleep (plugged in)"),
    on_off("allowHybridSleepDC", "Allow hybrid sleep (on battery)"),
    unit_or_never("hibernateAC", "Hibernate after (plugged in)", MINUTES),
    unit_or_never("hibernateDC", "Hibernate after (on battery)", MINUTES),
    choice("lidCloseAC", "Lid close action (plugged in)", BUTTON),
    choice("lidCloseDC", "Lid close action (on battery)", BUTTON),
    choice("pbActionAC", "Power button action (plugged in)", BUTTON),
    choice("pbActionDC", "Power button action (on battery)", BUTTON),
    choice("strtMenuActionAC", "Start menu power button (plugged in)", BUTTON),
    choice("strtMenuActionDC", "Start menu power button (on battery)", BUTTON),
    choice("linkPwrMgmtAC", "PCI Express link state power management (plugged in)", LINK_POWER),
    choice("linkPwrMgmtDC", "PCI Express link state power management (on battery)", LINK_POWER),
    percent("procStateMinAC", "Minimum processor state (plugged in)"),
    percent("procStateMinDC", "Minimum processor state (on battery)"),
    percent("procStateMaxAC", "Maximum processor state (plugged in)"),
    percent("procStateMaxDC", "Maximum processor state (on battery)"),
    unit_or_never("displayOffAC", "Turn off display after (plugged in)", MINUTES),
    unit_or_never("displayOffDC", "Turn off display after (on battery)", MINUTES),
    on_off("adaptiveAC", "Adaptive display (plugged in)"),
    on_off("adaptiveDC", "Adaptive display (on battery)"),
    choice("critBatActionAC", "Critical battery action (plugged in)", BUTTON),
    choice("critBatActionDC", "Critical battery action (on battery)", BUTTON),
    percent("lowBatteryLvlAC", "Low battery level (plugged in)"),
    percent("lowBatteryLvlDC", "Low battery level (on battery)"),
    percent("critBatteryLvlAC", "Critical battery level (plugged in)"),
    percent("critBatteryLvlDC", "Critical battery level (on battery)"),
    on_off("lowBatteryNotAC", "Low battery notification (plugged in)"),
    on_off("lowBatteryNotDC", "Low battery notification (on battery)"),
    choice("lowBatteryActionAC", "Low battery action (plugged in)", BUTTON),
    choice("lowBatteryActionDC", "Low battery action (on battery)", BUTTON),
];

const fn percent(attribute: &'static str, text: &'static str) -> Label {
    super::unit(attribute, text, PERCENT)
}
