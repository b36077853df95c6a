//! Items below Control Panel Settings, but for those with files of their own.

use super::{Label, PASSWORD, choice, milliseconds, plain, unit, yes_no};

const USER_OR_ALL: &[(&str, &str)] = &[("1", "User"), ("0", "All users of the computer")];

pub(super) const DATA_SOURCE: &[Label] = &[
    choice("userDSN", "Data source of", &[("1", "User"), ("0", "System")]),
    plain("dsn", "Data source name (DSN)"),
    plain("driver", "Driver"),
    plain("description", "Description"),
    plain("username", "User name"),
    PASSWORD,
];

pub(super) const DEVICE: &[Label] = &[
    choice(
        "deviceAction",
        "Action",
        &[("ENABLE", "Use this device (enable)"), ("DISABLE", "Do not use this device (disable)")],
    ),
    plain("deviceClass", "Device class"),
    plain("deviceType", "Device type"),
    plain("deviceClassGUID", "Device class GUID"),
    plain("deviceTypeID", "Device type ID"),
];

const HIDDEN_FILES: &[(&str, &str)] =
    &[("HIDE", "Do not show hidden files and folders"), ("SHOW", "Show hidden files and folders")];

pub(super) const GLOBAL_FOLDER_OPTIONS: &[Label] = &[
    yes_no("noNetCrawling", "Automatically search for network folders and printers is off"),
    yes_no("folderContentsInfoTip", "Display file size information in folder tips"),
    yes_no("friendlyTree", "Display simple folder view in Explorer's Folders list"),
    yes_no("fullPathAddress", "Display the full path in the address bar"),
    yes_no("fullPath", "Display the full path in the title bar"),
    yes_no("disableThumbnailCache", "Do not cache thumbnails"),
    choice("hidden", "Hidden files and folders", HIDDEN_FILES),
    yes_no("hideFileExt", "Hide extensions for known file types"),
    yes_no("separateProcess", "Launch folder windows in a separate process"),
    yes_no("showSuperHidden", "Show protected operating system files"),
    yes_no("classicViewState", "Remember each folder's view settings"),
    yes_no("persistBrowsers", "Restore previous folder windows at logon"),
    yes_no("showControlPanel", "Show Control Panel in My Computer"),
    yes_no("showCompColor", "Show encrypted or compressed NTFS files in color"),
    yes_no("showInfoTip", "Show pop-up description for folder and desktop items"),
    yes_no("forceGuest", "Use simple file sharing"),
    yes_no("webViewBarricade", "Display the contents of system folders"),
];

pub(super) const GLOBAL_FOLDER_OPTIONS_VISTA: &[Label] = &[
    yes_no("alwaysShowIcons", "Always show icons, never thumbnails"),
    yes_no("alwaysShowMenus", "Always show menus"),
    yes_no("displayIconThumb", "Display file icon on thumbnails"),
    yes_no("displayFileSize", "Display file size information in folder tips"),
    yes_no("displaySimpleFolders", "Display simple folder view in Navigation pane"),
    yes_no("fullPath", "Display the full path in the title bar"),
    choice("hidden", "Hidden files and folders", HIDDEN_FILES),
    yes_no("hideFileExt", "Hide extensions for known file types"),
    yes_no("showSuperHidden", "Show protected operating system files"),
    yes_no("separateProcess", "Launch folder windows in a separate process"),
    yes_no("classicViewState", "Remember each folder's view settings"),
    yes_no("persistBrowsers", "Restore previous folder windows at logon"),
    yes_no("showDriveLetter", "Show drive letters"),
    yes_no("showCompColor", "Show encrypted or compressed NTFS files in color"),
    yes_no("showInfoTip", "Show pop-up description for folder and desktop items"),
    yes_no("showPreviewHandlers", "Show preview handlers in preview pane"),
    yes_no("useCheckBoxes", "Use check boxes to select items"),
    yes_no("useSharingWizard", "Use Sharing Wizard"),
    choice(
        "listViewTyping",
        "When typing into list view",
        &[("SELECT", "Select the typed item in the view"), ("AUTO", "Automatically type into the Search Box")],
    ),
];

pub(super) const OPEN_WITH: &[Label] = &[
    plain("fileExtension", "File extension"),
    plain("applicationPath", "Associated program"),
    yes_no("default", "Set as default"),
];

pub(super) const FILE_TYPE: &[Label] = &[
    plain("fileExt", "File extension"),
    plain("application", "Associated class"),
    plain("appProgID", "Program ID"),
    yes_no("configActions", "Configure class settings"),
    plain("iconPath", "Icon file path"),
    plain("iconIndex", "Icon index"),
    yes_no("confirmOpen", "Confirm open after download"),
    yes_no("alwaysShow", "Always show extension"),
    yes_no("sameWindow", "Browse in same window"),
];

pub(super) const USER: &[Label] = &[
    plain("userName", "User name"),
    choice(
        "subAuthority",
        "Built-in account",
        &[("RID_ADMIN", "Administrator (built-in)"), ("RID_GUEST", "Guest (built-in)")],
    ),
    plain("newName", "Rename to"),
    plain("fullName", "Full name"),
    plain("description", "Description"),
    PASSWORD,
    yes_no("changeLogon", "User must change password at next logon"),
    yes_no("noChange", "User cannot change password"),
    yes_no("neverExpires", "Password never expires"),
    yes_no("acctDisabled", "Account is disabled"),
    plain("expires", "Account expires"),
];

pub(super) const GROUP: &[Label] = &[
    plain("groupName", "Group name"),
    plain("groupSid", "Group SID"),
    plain("newName", "Rename to"),
    plain("description", "Description"),
    choice(
        "userAction",
        "Current user",
        &[
            ("ADD", "Add the current user"),
            ("REMOVE", "Remove the current user"),
            ("NONE", "Do not configure for the current user"),
        ],
    ),
    yes_no("deleteAllUsers", "Delete all member users"),
    yes_no("deleteAllGroups", "Delete all member groups"),
    yes_no("removeAccounts", "Remove accounts that are no longer applied"),
];

pub(super) const DUN: &[Label] = &[
    choice("user", "Connection of", USER_OR_ALL),
    plain("name", "Connection name"),
    plain("phoneNumber", "Phone number"),
];

pub(super) const VPN: &[Label] = &[
    choice("user", "Connection of", USER_OR_ALL),
    plain("name", "Connection name"),
    plain("ipAddress", "IP address or DNS name"),
    yes_no("useDNS", "Use DNS name"),
    plain("dialFirst", "First dial another connection"),
    yes_no("trayIcon", "Show icon in notification area when connected"),
    yes_no("showProgress", "Display progress while connecting"),
    yes_no("showPassword", "Prompt for name and password, certificate, etc."),
    yes_no("showDomain", "Include Windows logon domain"),
    plain("redialCount", "Redial attempts"),
    unit("redialPause", "Time between redial attempts", "seconds"),
    unit("idleDisconnect", "Idle time before hanging up", "seconds"),
    yes_no("reconnect", "Redial if line is dropped"),
    choice(
        "customSettings",
        "Security",
        &[("1", "Advanced (custom settings)"), ("0", "Typical (recommended settings)")],
    ),
    yes_no("securePassword", "Require secured password"),
    yes_no("secureData", "Require data encryption (disconnect if none)"),
    yes_no("useLogon", "Use my Windows logon name and password (and domain if any) automatically"),
    choice(
        "vpnStrategy",
        "Type of VPN",
        &[
            ("VS_Default", "Automatic"),
            ("VS_PptpOnly", "PPTP only"),
            ("VS_PptpFirst", "PPTP first"),
            ("VS_L2tpOnly", "L2TP only"),
            ("VS_L2tpFirst", "L2TP first"),
            ("VS_SstpOnly", "SSTP only"),
            ("VS_SstpFirst", "SSTP first"),
            ("VS_Ikev2Only", "IKEv2 only"),
            ("VS_Ikev2First", "IKEv2 first"),
        ],
    ),
    choice(
        "encryptionType",
        "Data encryption",
        &[
            ("ET_None", "No encryption allowed"),
            ("ET_Optional", "Optional encryption"),
            ("ET_Require", "Require encryption"),
            ("ET_RequireMax", "Maximum strength encryption"),
        ],
    ),
    yes_no("eap", "Extensible Authentication Protocol (EAP)"),
    yes_no("pap", "Unencrypted password (PAP)"),
    yes_no("spap", "Shiva Password Authentication Protocol (SPAP)"),
    yes_no("chap", "Challenge Handshake Authentication Protocol (CHAP)"),
    yes_no("msChap", "Microsoft CHAP (MS-CHAP)"),
    yes_no("oldMsChap", "Allow older MS-CHAP for Windows 95 servers"),
    yes_no("msChapV2", "Microsoft CHAP version 2 (MS-CHAP v2)"),
];

pub(super) const SHARED_PRINTER: &[Label] = &[
    plain("path", "Share path"),
    yes_no("default", "Set this printer as the default printer"),
    yes_no("skipLocal", "Only if a local printer is not present"),
    yes_no("persistent", "Reconnect"),
    yes_no("deleteAll", "Delete all shared printer connections"),
    yes_no("deleteMaps", "Unmap all local ports"),
    plain("port", "Local port"),
    plain("location", "Location"),
    plain("comment", "Comment"),
    plain("username", "Connect as user"),
    PASSWORD,
];

pub(super) const PORT_PRINTER: &[Label] = &[
    plain("ipAddress", "IP address or DNS name"),
    yes_no("useDNS", "Use DNS name"),
    yes_no("useIPv6", "Use IPv6 address"),
    plain("localName", "Local name"),
    plain("path", "Printer path"),
    yes_no("default", "Set this printer as the default printer"),
    yes_no("skipLocal", "Only if a local printer is not present"),
    yes_no("deleteAll", "Delete all IP printer connections"),
    plain("location", "Location"),
    plain("comment", "Comment"),
    choice("protocol", "Protocol", &[("PROTOCOL_RAWTCP_TYPE", "Raw"), ("PROTOCOL_LPR_TYPE", "LPR")]),
    plain("portNumber", "Port number"),
    plain("lprQueue", "LPR queue name"),
    yes_no("doubleSpool", "LPR byte counting enabled"),
    yes_no("snmpEnabled", "SNMP status enabled"),
    plain("snmpCommunity", "SNMP community name"),
    plain("snmpDevIndex", "SNMP device index"),
    plain("username", "Connect as user"),
    PASSWORD,
];

pub(super) const LOCAL_PRINTER: &[Label] = &[
    plain("name", "Name"),
    plain("port", "Port"),
    plain("path", "Printer path"),
    yes_no("default", "Set this printer as the default printer"),
    yes_no("skipLocal", "Only if a local printer is not present"),
    yes_no("deleteAll", "Delete all local printers"),
    plain("location", "Location"),
    plain("comment", "Comment"),
    plain("username", "Connect as user"),
    PASSWORD,
];

const NEGATIVE: &[(&str, &str)] = &[("0", "(1.1)"), ("1", "-1.1"), ("2", "- 1.1"), ("3", "1.1-"), ("4", "1.1 -")];
const LEADING_ZERO: &[(&str, &str)] = &[("0", ".7"), ("1", "0.7")];
const MEASUREMENT: &[(&str, &str)] = &[("0", "Metric"), ("1", "U.S.")];
const POSITIVE_CURRENCY: &[(&str, &str)] = &[("0", "¤1.1"), ("1", "1.1¤"), ("2", "¤ 1.1"), ("3", "1.1 ¤")];

pub(super) const REGIONAL_OPTIONS: &[Label] = &[
    plain("localeName", "User locale"),
    plain("localeId", "Locale ID"),
    plain("numDeciSymbol", "Decimal symbol of numbers"),
    plain("numDeciDigits", "Digits after the decimal symbol"),
    plain("numGroupSymbol", "Digit grouping symbol of numbers"),
    plain("numGroupDigits", "Digit grouping of numbers"),
    plain("numNegSymbol", "Negative sign symbol"),
    choice("numNegFormat", "Negative number format", NEGATIVE),
    choice("numLeadZeros", "Leading zeros", LEADING_ZERO),
    plain("numListSep", "List separator"),
    choice("numMeasure", "Measurement system", MEASUREMENT),
    plain("curSymbol", "Currency symbol"),
    choice("curPosFormat", "Positive currency format", POSITIVE_CURRENCY),
    plain("curNegFormat", "Negative currency format"),
    plain("curDeciSymbol", "Decimal symbol of currency"),
    plain("curDeciDigits", "Digits after the decimal symbol of currency"),
    plain("curGroupSymbol", "Digit grouping symbol of currency"),
    plain("curGroupDigits", "Digit grouping of currency"),
    plain("timeFormat", "Time format"),
    plain("timeSep", "Time separator"),
    plain("timeAmSymbol", "AM symbol"),
    plain("timePmSymbol", "PM symbol"),
    plain("dateTwoDigitMax", "Two-digit years end with"),
    plain("dateShortFormat", "Short date format"),
    plain("dateSep", "Date separator"),
    plain("dateLongFormat", "Long date format"),
];

pub(super) const TASK: &[Label] = &[
    plain("name", "Name"),
    plain("appName", "Run"),
    plain("args", "Arguments"),
    plain("startIn", "Start in"),
    plain("comment", "Comments"),
    plain("runAs", "Run as"),
    PASSWORD,
    yes_no("enabled", "Enabled (scheduled task runs at specified time)"),
    yes_no("deleteWhenDone", "Delete the task if it is not scheduled to run again"),
    milliseconds("maxRunTime", "Stop the task if it runs for"),
    yes_no("startOnlyIfIdle", "Only start the task if the computer has been idle"),
    unit("idleMinutes", "Idle for at least", "minutes"),
    unit("deadlineMinutes", "If not idle that long, retry for up to", "minutes"),
    yes_no("stopOnIdleEnd", "Stop the task if the computer ceases to be idle"),
    yes_no("noStartIfOnBatteries", "Don't start the task if the computer is running on batteries"),
    yes_no("stopIfGoingOnBatteries", "Stop the task if battery mode begins"),
    yes_no("systemRequired", "Wake the computer to run this task"),
];

pub(super) const TASK_V2: &[Label] = &[
    plain("name", "Name"),
    plain("runAs", "Run as"),
    choice(
        "logonType",
        "Security options",
        &[
            ("InteractiveToken", "Run only when user is logged on"),
            ("InteractiveTokenOrPassword", "Run whether user is logged on or not"),
            ("Password", "Run whether user is logged on or not (password stored)"),
            ("S4U", "Run whether user is logged on or not (no password stored, local resources only)"),
            ("Group", "Run for members of the group"),
            ("ServiceAccount", "Run as a service account"),
        ],
    ),
    PASSWORD,
];

const FAILURE: &[(&str, &str)] = &[
    ("NOACTION", "Take no action"),
    ("START", "Start the service"),
    ("STOP", "Stop the service"),
    ("RESTART", "Restart the service"),
    ("RESTART_IF_REQUIRED", "Restart the service if required"),
    ("RUNCMD", "Run a program"),
    ("REBOOT", "Restart the computer"),
];

pub(super) const NT_SERVICE: &[Label] = &[
    plain("serviceName", "Service name"),
    choice(
        "startupType",
        "Startup",
        &[
            ("NOCHANGE", "No change"),
            ("AUTOMATIC", "Automatic"),
            ("AUTODELAYED", "Automatic (delayed start)"),
            ("MANUAL", "Manual"),
            ("DISABLED", "Disabled"),
            ("BOOT", "Boot"),
            ("SYSTEM", "System"),
        ],
    ),
    choice(
        "serviceAction",
        "Service action",
        &[
            ("NOCHANGE", "No change"),
            ("START", "Start service"),
            ("STOP", "Stop service"),
            ("RESTART", "Restart service"),
            ("RESTART_IF_REQUIRED", "Restart service if required"),
        ],
    ),
    unit("timeout", "Wait timeout if service is locked", "seconds"),
    plain("accountName", "Log on as"),
    PASSWORD,
    yes_no("interact", "Allow service to interact with desktop"),
    choice("firstFailure", "First failure", FAILURE),
    choice("secondFailure", "Second failure", FAILURE),
    choice("thirdFailure", "Subsequent failures", FAILURE),
    unit("resetFailCountDelay", "Reset fail count after", "seconds"),
    milliseconds("restartServiceDelay", "Restart service after"),
    milliseconds("restartComputerDelay", "Restart computer after"),
    plain("restartMessage", "Message before the computer restarts"),
    plain("program", "Program to run"),
    plain("args", "Command line parameters"),
    yes_no("append", "Append fail count to end of command line"),
];
