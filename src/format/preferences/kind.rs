//! The 21 kinds of preferences ([MS-GPPREF] 2.2.1, `gpo-storage.md` B9.1 and C3, `operations.md` 4.3).

use crate::ident::Guid;

/// A kind of preferences: one client-side extension, one file in each half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PreferenceKind {
    /// Environment variables.
    EnvironmentVariables,
    /// Local users and groups.
    Groups,
    /// Device classes and devices.
    Devices,
    /// VPN and dial-up connections.
    NetworkOptions,
    /// Drive maps.
    Drives,
    /// Folders.
    Folders,
    /// Network shares.
    NetworkShares,
    /// Files.
    Files,
    /// ODBC data sources.
    DataSources,
    /// Values of ini files.
    IniFiles,
    /// Services.
    Services,
    /// Folder options, open with, file types.
    FolderOptions,
    /// Scheduled and immediate tasks.
    ScheduledTasks,
    /// Registry values.
    Registry,
    /// Printers.
    Printers,
    /// Shortcuts.
    Shortcuts,
    /// Internet Explorer.
    InternetSettings,
    /// Start menu and taskbar.
    StartMenuTaskbar,
    /// Regional options.
    RegionalOptions,
    /// Power plans and options.
    PowerOptions,
    /// Settings of other makers' applications.
    Applications,
}

/// An element that holds one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemKind {
    /// Its name.
    pub element: &'static str,
    /// Its class id, as Windows writes it; none where no source tells it.
    pub clsid: Option<&'static str>,
}

/// How GPMC's report names a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportNames {
    /// Name of the extension.
    pub name: &'static str,
    /// The `xsi:type` without prefix.
    pub xml_type: &'static str,
    /// The namespace behind `http://www.microsoft.com/GroupPolicy/Settings/`.
    pub namespace: &'static str,
    /// The element that holds the items.
    pub root: &'static str,
}

/// What the table says of a kind.
struct Facts {
    folder: &'static str,
    root: ItemKind,
    items: &'static [ItemKind],
    cse: u128,
    tool: u128,
    report: ReportNames,
}

impl PreferenceKind {
    /// All kinds, in ascending order of their client-side extensions: the order in which clients run them.
    pub const ALL: [PreferenceKind; 21] = [
        PreferenceKind::EnvironmentVariables,
        PreferenceKind::Groups,
        PreferenceKind::Devices,
        PreferenceKind::NetworkOptions,
        PreferenceKind::Drives,
        PreferenceKind::Folders,
        PreferenceKind::NetworkShares,
        PreferenceKind::Files,
        PreferenceKind::DataSources,
        PreferenceKind::IniFiles,
        PreferenceKind::Services,
        PreferenceKind::FolderOptions,
        PreferenceKind::ScheduledTasks,
        PreferenceKind::Registry,
        PreferenceKind::Printers,
        PreferenceKind::Shortcuts,
        PreferenceKind::InternetSettings,
        PreferenceKind::StartMenuTaskbar,
        PreferenceKind::RegionalOptions,
        PreferenceKind::PowerOptions,
        PreferenceKind::Applications,
    ];

    /// Finds the kind whose file has this root element, its name compared without case.
    pub fn of_root(root: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.root().element.eq_ignore_ascii_case(root))
    }

    /// Finds the kind that reports name by this namespace (its part behind `…/Settings/`), compared without case.
    pub fn of_report_namespace(tail: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.report().namespace.eq_ignore_ascii_case(tail))
    }

    /// Returns the name of its folder below `Preferences`, which is that of its file without `.xml`.
    pub fn folder(self) -> &'static str {
        self.facts().folder
    }

    /// Returns the path of its file below a half of the GPO, `/` between names.
    pub fn path(self) -> String {
        let folder = self.folder();
        format!("Preferences/{folder}/{folder}.xml")
    }

    /// Returns the root element of its file.
    pub fn root(self) -> ItemKind {
        self.facts().root
    }

    /// Returns the elements of its items. A `Collection` of items may stand beside them.
    pub fn items(self) -> &'static [ItemKind] {
        self.facts().items
    }

    /// Returns the client-side extension that applies it.
    pub const fn cse(self) -> Guid {
        Guid::from_u128(self.facts().cse)
    }

    /// Returns the editor's extension, which is registered beside the client-side one.
    pub const fn tool(self) -> Guid {
        Guid::from_u128(self.facts().tool)
    }

    /// Returns its names in reports. Those of kinds that no report at hand shows follow the names that Microsoft Graph gives to the
    /// settings of such reports.
    pub const fn report(self) -> ReportNames {
        self.facts().report
    }

    const fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }
}

const fn item(element: &'static str, clsid: &'static str) -> ItemKind {
    ItemKind { element, clsid: Some(clsid) }
}

const fn unknown_class(element: &'static str) -> ItemKind {
    ItemKind { element, clsid: None }
}

const fn report(
    name: &'static str,
    xml_type: &'static str,
    namespace: &'static str,
    root: &'static str,
) -> ReportNames {
    ReportNames { name, xml_type, namespace, root }
}

/// One row for each kind, in the order of the enum.
const FACTS: &[Facts; 21] = &[
    Facts {
        folder: "EnvironmentVariables",
        root: item("EnvironmentVariables", "{BF141A63-327B-438a-B9BF-2C188F13B7AD}"),
        items: &[item("EnvironmentVariable", "{78570023-8373-4a19-BA80-2F150738EA19}")],
        cse: 0x0E28E245_9368_4853_AD84_6DA3BA35BB75,
        tool: 0x35141B6B_498A_4CC7_AD59_CEF93D89B2CE,
        report: report("Environment Variables", "EnvironmentVariablesSettings", "Environment", "EnvironmentVariables"),
    },
    Facts {
        folder: "Groups",
        root: item("Groups", "{3125E937-EB16-4b4c-9934-544FC6D24D26}"),
        items: &[
            item("User", "{DF5F1855-51E5-4d24-8B1A-D9BDE98BA1D1}"),
            item("Group", "{6D4A79E4-529C-4481-ABD0-F5BD7EA93BA7}"),
        ],
        cse: 0x17D89FEC_5C44_4972_B12D_241CAEF74509,
        tool: 0x79F92669_4224_476C_9C5C_6EFB4D87DF4A,
        report: report("Local Users and Groups", "LugsSettings", "Lugs", "LocalUsersAndGroups"),
    },
    Facts {
        folder: "Devices",
        root: item("Devices", "{4DD26924-3F32-47aa-BF33-36D51BD1E54E}"),
        items: &[item("Device", "{2E1C95D0-85FB-403a-A57C-A508854FB7C8}")],
        cse: 0x1A6364EB_776B_4120_ADE1_B63A406A76B5,
        tool: 0x1B767E9A_7BE4_4D35_85C1_2E174A7BA951,
        report: report("Devices", "DevicesSettings", "Devices", "DevicesSettings"),
    },
    Facts {
        folder: "NetworkOptions",
        root: item("NetworkOptions", "{09686AD1-5D80-48ee-A940-690A6DF02A90}"),
        items: &[
            item("VPN", "{0532F359-3205-4d32-ADB7-9AEC6402BECF}"),
            item("DUN", "{9B0D030D-9396-49c1-8DEF-08B35B5BB79E}"),
        ],
        cse: 0x3A0DBA37_F8B2_4356_83DE_3E90BD5C261F,
        tool: 0x949FB894_E883_42C6_88C1_29169720E8CA,
        report: report("Network Options", "NetworkOptionsSettings", "NetworkOptions", "NetworkOptions"),
    },
    Facts {
        folder: "Drives",
        root: item("Drives", "{8FDDCC1A-0C3C-43cd-A6B4-71A6DF20DA8C}"),
        items: &[item("Drive", "{935D1B74-9CB8-4e3c-9914-7DD559B7A417}")],
        cse: 0x5794DAFD_BE60_433F_88A2_1A31939AC01F,
        tool: 0x2EA1A81B_48E5_45E9_8BB7_A6E3AC170006,
        report: report("Drive Maps", "DriveMapSettings", "DriveMaps", "DriveMapSettings"),
    },
    Facts {
        folder: "Folders",
        root: item("Folders", "{77CC39E7-3D16-4f8f-AF86-EC0BBEE2C861}"),
        items: &[item("Folder", "{07DA02F5-F9CD-4397-A550-4AE21B6B4BD3}")],
        cse: 0x6232C319_91AC_4931_9385_E70C2B099F0E,
        tool: 0x3EC4E9D3_714D_471F_88DC_4DD4471AAB47,
        report: report("Folders", "FoldersSettings", "Folders", "Folders"),
    },
    Facts {
        folder: "NetworkShares",
        root: item("NetworkShareSettings", "{520870D8-A6E7-47e8-A8D8-E6A4E76EAEC2}"),
        items: &[item("NetShare", "{2888C5E7-94FC-4739-90AA-2C1536D68BC0}")],
        cse: 0x6A4C88C6_C502_4F74_8F60_2CB23EDC24E2,
        tool: 0xBFCBBEB0_9DF4_4C0C_A728_434EA66A0373,
        report: report("Network Shares", "NetworkSharesSettings", "NetworkShares", "NetworkShares"),
    },
    Facts {
        folder: "Files",
        root: item("Files", "{215B2E53-57CE-475c-80FE-9EEC14635851}"),
        items: &[item("File", "{50BE44C8-567A-4ed1-B1D0-9234FE1F38AF}")],
        cse: 0x7150F9BF_48AD_4DA4_A49C_29EF4A8369BA,
        tool: 0x3BAE7E51_E3F4_41D0_853D_9BB9FD47605F,
        report: report("Files", "FilesSettings", "Files", "FilesSettings"),
    },
    Facts {
        folder: "DataSources",
        root: item("DataSources", "{380F820F-F21B-41ac-A3CC-24D4F80F067B}"),
        items: &[item("DataSource", "{5C209626-D820-4d69-8D50-1FACD6214488}")],
        cse: 0x728EE579_943C_4519_9EF7_AB56765798ED,
        tool: 0x1612B55C_243C_48DD_A449_FFC097B19776,
        report: report("Data Sources", "DataSourcesSettings", "DataSources", "DataSourcesSettings"),
    },
    Facts {
        folder: "IniFiles",
        root: item("IniFiles", "{694C651A-08F2-47fa-A427-34C4F62BA207}"),
        items: &[item("Ini", "{EEFACE84-D3D8-4680-8D4B-BF103E759448}")],
        cse: 0x74EE6C03_5363_4554_B161_627540339CAB,
        tool: 0x516FC620_5D34_4B08_8165_6A06B623EDEB,
        report: report("Ini Files", "IniFilesSettings", "IniFiles", "IniFiles"),
    },
    Facts {
        folder: "Services",
        root: item("NTServices", "{2CFB484A-4E96-4b5d-A0B6-093D2F91E6AE}"),
        items: &[item("NTService", "{AB6F0B67-341F-4e51-92F9-005FBFBA1A43}")],
        cse: 0x91FBB303_0CD5_4055_BF42_E512A681B325,
        tool: 0xCC5746A9_9B74_4BE5_AE2E_64379C86E0E4,
        report: report("Services", "ServiceSettings", "Services", "NTServices"),
    },
    Facts {
        folder: "FolderOptions",
        root: item("FolderOptions", "{8AB5F5D7-F676-48ab-A94E-1186E120EFDC}"),
        items: &[
            item("GlobalFolderOptions", "{E7632293-E3FC-4fee-9CD3-584C95D8D2A0}"),
            item("GlobalFolderOptionsVista", "{DBF1E3CD-4CA2-407c-BE84-5F67D3BE754D}"),
            item("OpenWith", "{100B9C09-906A-4f5a-9C41-1BD98B6CA022}"),
            item("FileType", "{580C4D3B-7A89-44d0-92D2-C105702C7BD0}"),
        ],
        cse: 0xA3F3E39B_5D83_4940_B954_28315B82F0A8,
        tool: 0x3BFAE46A_7F3A_467B_8CEA_6AA34DC71F53,
        report: report("Folder Options", "FolderOptionsSettings", "FolderOptions", "FolderOptions"),
    },
    Facts {
        folder: "ScheduledTasks",
        root: item("ScheduledTasks", "{CC63F200-7309-4ba0-B154-A71CD118DBCC}"),
        items: &[
            item("Task", "{2DEECB1C-261F-4e13-9B21-16FB83BC03BD}"),
            item("ImmediateTask", "{9F030D12-DDA3-4C26-8548-B7CE9151166A}"),
            item("TaskV2", "{D8896631-B747-47a7-84A6-C155337F3BC8}"),
            item("ImmediateTaskV2", "{9756B581-76EC-4169-9AFC-0CA8D43ADB5F}"),
        ],
        cse: 0xAADCED64_746C_4633_A97C_D61349046527,
        tool: 0xCAB54552_DEEA_4691_817E_ED4A4D1AFC72,
        report: report("Scheduled Tasks", "ScheduledTasksSettings", "ScheduledTasks", "ScheduledTasks"),
    },
    Facts {
        folder: "Registry",
        root: item("RegistrySettings", "{A3CCFC41-DFDB-43a5-8D26-0FE8B954DA51}"),
        items: &[item("Registry", "{9CD4B2F4-923D-47f5-A062-E897DD1DAD50}")],
        cse: 0xB087BE9D_ED37_454F_AF9C_04291E351182,
        tool: 0xBEE07A6A_EC9F_4659_B8C9_0B1937907C83,
        report: report("Windows Registry", "RegistrySettings", "Windows/Registry", "RegistrySettings"),
    },
    Facts {
        folder: "Printers",
        root: item("Printers", "{1F577D12-3D1B-471e-A1B7-060317597B9C}"),
        items: &[
            item("SharedPrinter", "{9A5E9697-9095-436d-A0EE-4D128FDFBCE5}"),
            item("PortPrinter", "{C3A739D2-4A44-401e-9F9D-88E5E77DFB3E}"),
            item("LocalPrinter", "{F08996D5-568B-45f5-BB7A-D3FB1E370B0A}"),
        ],
        cse: 0xBC75B1ED_5833_4858_9BB8_CBF0B166DF9D,
        tool: 0xA8C42CEA_CDB8_4388_97F4_5831F933DA84,
        report: report("Printers", "PrintersSettings", "Printers", "Printers"),
    },
    Facts {
        folder: "Shortcuts",
        root: item("Shortcuts", "{872ECB34-B2EC-401b-A585-D32574AA90EE}"),
        items: &[item("Shortcut", "{4F2F7C55-2790-433e-8127-0739D1CFA327}")],
        cse: 0xC418DD9D_0D14_4EFB_8FBF_CFE535C8FAC7,
        tool: 0xCEFFA6E2_E3BD_421B_852C_6F6A79A59BC1,
        report: report("Shortcuts", "ShortcutSettings", "Shortcuts", "ShortcutSettings"),
    },
    Facts {
        folder: "InternetSettings",
        root: item("InternetSettings", "{B611EB48-F531-42cd-A1F6-5E0D015377BA}"),
        items: &[
            item("Internet", "{8C0FE68F-E8A2-4f17-99E7-C6EFED208917}"),
            item("IE7", "{683F7AD7-E782-4232-8A6D-F22431F12DB5}"),
            unknown_class("IE8"),
            unknown_class("IE10"),
        ],
        cse: 0xE47248BA_94CC_49C4_BBB5_9EB7F05183D0,
        tool: 0x5C935941_A954_4F7C_B507_885941ECE5C4,
        report: report("Internet Settings", "InternetSettings", "ControlPanel/Internet", "InternetOptions"),
    },
    Facts {
        folder: "StartMenuTaskbar",
        root: item("StartMenuTaskbar", "{4C4059E4-2F6E-4630-9CB8-5D9A89252C3B}"),
        items: &[
            item("StartMenu", "{F722CC65-E38A-496b-BA76-49EBF9571415}"),
            item("StartMenuVista", "{8B03851A-1210-4621-80B6-C334A4F1C941}"),
        ],
        cse: 0xE4F48E54_F38D_4884_BFB9_D4D2E5729C18,
        tool: 0xCF848D48_888D_4F45_B530_6A201E62A605,
        report: report("Start Menu", "StartMenuSettings", "StartMenu", "StartMenuSettings"),
    },
    Facts {
        folder: "RegionalOptions",
        root: item("Regional", "{BDBA23C2-DE02-434e-8D89-13E53CB6710B}"),
        items: &[item("RegionalOptions", "{C126A328-BECF-4acc-BA8D-C9C7F6B84E49}")],
        cse: 0xE5094040_C46C_4115_B030_04FB2E545B00,
        tool: 0xB9CCA4DE_E2B9_4CBD_BF7D_11B6EBFBDDF7,
        report: report("Regional Options", "RegionalOptionsSettings", "RegionalOptions", "RegionalOptionsSettings"),
    },
    Facts {
        folder: "PowerOptions",
        root: item("PowerOptions", "{7B0F9381-C3B8-4525-8167-87349B671D94}"),
        items: &[
            item("GlobalPowerOptions", "{46D0DCC4-FC14-48fb-829B-854868C7DC16}"),
            item("GlobalPowerOptionsV2", "{2B130A62-fc14-4572-91C3-5435C6A0C3FC}"),
            item("PowerScheme", "{DE828AFA-7E71-480e-8081-5447CBE87754}"),
        ],
        cse: 0xE62688F0_25FD_4C90_BFF5_F508B9D2E31F,
        tool: 0x9AD2BAFE_63B4_4883_A08C_C3C6196BCAFD,
        report: report("Power Options", "PowerOptionsSettings", "PowerOptions", "PowerOptions"),
    },
    Facts {
        folder: "Applications",
        root: item("Applications", "{16DB8EC4-EBFC-4958-98EE-712E9DD3A966}"),
        items: &[item("Application", "{C8535E2E-148D-494d-8E9A-71FC46649B5E}")],
        cse: 0xF9C77450_3A41_477E_9310_9ACD617BD9E3,
        tool: 0x0DA274B5_EB93_47A7_AAFB_65BA532D3FE6,
        report: report("Applications", "ApplicationsSettings", "Applications", "Applications"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_of_the_extensions() {
        let mut last = Guid::NIL;
        for (index, kind) in PreferenceKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
            assert!(kind.cse() > last, "{kind:?}");
            last = kind.cse();
            assert_eq!(PreferenceKind::of_root(&kind.root().element.to_lowercase()), Some(kind));
            assert_eq!(PreferenceKind::of_report_namespace(kind.report().namespace), Some(kind));
            assert!(
                kind.items()
                    .iter()
                    .chain([&kind.root()])
                    .all(|item| { item.clsid.is_none_or(|clsid| clsid.parse::<Guid>().is_ok()) })
            );
        }
        assert_eq!(PreferenceKind::of_root("Collection"), None);
        assert_eq!(PreferenceKind::Drives.path(), "Preferences/Drives/Drives.xml");
        let known: Guid = "{5794DAFD-BE60-433F-88A2-1A31939AC01F}".parse().unwrap();
        assert_eq!(PreferenceKind::Drives.cse(), known);
    }
}
