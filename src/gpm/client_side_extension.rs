//! The client-side extensions of Windows (IGPMClientSideExtension).
//!
//! Windows lists those registered on the console's machine; here they are a table, so that every machine shows the same:
//! `gpo-storage.md` C, names as Windows shows them, halves as the extensions' editors and ADMX files offer them.

use serde::Serialize;

use crate::ident::Guid;

/// A client-side extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClientSideExtension {
    /// Its GUID.
    pub id: Guid,
    /// Its name as Windows shows it.
    pub display_name: &'static str,
    /// Whether it handles the user half (IsUserEnabled).
    pub user_enabled: bool,
    /// Whether it handles the computer half (IsComputerEnabled).
    pub computer_enabled: bool,
    /// Whether it is one of the preferences.
    pub is_preference: bool,
}

impl ClientSideExtension {
    /// Returns all known extensions, by name (IGPM.GetClientSideExtensions).
    pub fn all() -> &'static [ClientSideExtension] {
        ALL
    }

    /// Returns the extension with this id; none where it is not known.
    pub fn by_id(id: Guid) -> Option<&'static ClientSideExtension> {
        ALL.iter().find(|extension| extension.id == id)
    }

    /// Returns the name of the extension with this id: the id itself where it is not known.
    pub fn label(id: Guid) -> String {
        match ClientSideExtension::by_id(id) {
            Some(extension) => extension.display_name.to_owned(),
            None if id == Guid::NIL => "Group Policy Preferences".to_owned(),
            None => id.to_string(),
        }
    }
}

#[derive(Clone, Copy)]
enum Half {
    User,
    Computer,
    Both,
}

use Half::{Both, Computer, User};

const fn extension(id: u128, display_name: &'static str, half: Half) -> ClientSideExtension {
    ClientSideExtension {
        id: Guid::from_u128(id),
        display_name,
        user_enabled: matches!(half, User | Both),
        computer_enabled: matches!(half, Computer | Both),
        is_preference: false,
    }
}

const fn preference(id: u128, display_name: &'static str, half: Half) -> ClientSideExtension {
    ClientSideExtension { is_preference: true, ..extension(id, display_name, half) }
}

#[rustfmt::skip]
const ALL: &[ClientSideExtension] = &[
    extension(0xB587E2B1_4D59_4E7E_AED9_22B9DF11D053, "802.3 Group Policy", Computer),
    extension(0x2BFCC077_22D2_48DE_BDE1_2F618D9B476D, "App-V", Computer),
    extension(0x9650FDBC_053A_4715_AD14_FC2DC65E8330, "Application Guard", Computer),
    extension(0xF3CCC681_B74C_4060_9F26_CD84525DCA2A, "Audit Policy Configuration", Computer),
    extension(0x16BE69FA_4209_4250_88CB_716CF41954E0, "Central Access Policy Configuration", Computer),
    extension(0xFC491EF1_C4AA_4CE1_B329_414B101DB823, "Code Integrity", Computer),
    extension(0x346193F5_F2FD_4DBD_860C_B88843475FD3, "ConfigMgr User State Management", User),
    extension(0xFBF687E6_F063_4D9F_9F4F_FD9A26ACDD5F, "Connectivity Platform", Computer),
    extension(0xCFF649BD_601D_4361_AD3D_0FC365DB4DB7, "Delivery Optimization", Computer),
    extension(0x8A28E2C5_8D06_49A4_A08C_632DAA493E17, "Deployed Printer Connections", Both),
    extension(0xF312195E_3D9D_447A_A3F5_08DFFA24735E, "Device Guard", Computer),
    extension(0xB1BE8D72_6EAC_11D2_A4EA_00C04F79F83A, "EFS recovery", Computer),
    extension(0xFB2CA36D_0B40_4307_821B_A13B252DE56C, "Enterprise QoS", Both),
    extension(0x25537BA6_77A8_11D2_9B6C_0000F8080861, "Folder Redirection", User),
    preference(0xF9C77450_3A41_477E_9310_9ACD617BD9E3, "Group Policy Applications", User),
    preference(0x728EE579_943C_4519_9EF7_AB56765798ED, "Group Policy Data Sources", Both),
    preference(0x1A6364EB_776B_4120_ADE1_B63A406A76B5, "Group Policy Device Settings", Both),
    preference(0x5794DAFD_BE60_433F_88A2_1A31939AC01F, "Group Policy Drive Maps", User),
    preference(0x0E28E245_9368_4853_AD84_6DA3BA35BB75, "Group Policy Environment", Both),
    preference(0x7150F9BF_48AD_4DA4_A49C_29EF4A8369BA, "Group Policy Files", Both),
    preference(0xA3F3E39B_5D83_4940_B954_28315B82F0A8, "Group Policy Folder Options", Both),
    preference(0x6232C319_91AC_4931_9385_E70C2B099F0E, "Group Policy Folders", Both),
    preference(0x74EE6C03_5363_4554_B161_627540339CAB, "Group Policy Ini Files", Both),
    preference(0xE47248BA_94CC_49C4_BBB5_9EB7F05183D0, "Group Policy Internet Settings", User),
    preference(0x17D89FEC_5C44_4972_B12D_241CAEF74509, "Group Policy Local Users and Groups", Both),
    preference(0x3A0DBA37_F8B2_4356_83DE_3E90BD5C261F, "Group Policy Network Options", Both),
    preference(0x6A4C88C6_C502_4F74_8F60_2CB23EDC24E2, "Group Policy Network Shares", Computer),
    preference(0xE62688F0_25FD_4C90_BFF5_F508B9D2E31F, "Group Policy Power Options", Both),
    preference(0xBC75B1ED_5833_4858_9BB8_CBF0B166DF9D, "Group Policy Printers", Both),
    preference(0xE5094040_C46C_4115_B030_04FB2E545B00, "Group Policy Regional Options", User),
    preference(0xB087BE9D_ED37_454F_AF9C_04291E351182, "Group Policy Registry", Both),
    preference(0xAADCED64_746C_4633_A97C_D61349046527, "Group Policy Scheduled Tasks", Both),
    preference(0x91FBB303_0CD5_4055_BF42_E512A681B325, "Group Policy Services", Computer),
    preference(0xC418DD9D_0D14_4EFB_8FBF_CFE535C8FAC7, "Group Policy Shortcuts", Both),
    preference(0xE4F48E54_F38D_4884_BFB9_D4D2E5729C18, "Group Policy Start Menu Settings", User),
    extension(0xE437BC1C_AA7D_11D2_A382_00C04F991E27, "IP Security", Computer),
    extension(0xA2E30F80_D7DE_11D2_BBDE_00C04F86AE3B, "Internet Explorer Branding", User),
    extension(0xCF7639F3_ABA2_41DB_97F2_81E2C5DBFC5D, "Internet Explorer Machine Accelerators", Computer),
    extension(0x7B849A69_220F_451E_B3FE_2CB811AF94AE, "Internet Explorer User Accelerators", User),
    extension(0x4CFB60C1_FAA6_47F1_89AA_0B18730C9FD3, "Internet Explorer Zonemapping", Both),
    extension(0xD76B9641_3288_4F75_942D_087DE603E3EA, "Local Administrator Password Solution (legacy)", Computer),
    extension(0x7909AD9E_09EE_4247_BAB9_7029D5F0A278, "MDM Policy", Computer),
    extension(0x3610EDA5_77EF_11D2_8DC5_00C04FA31A66, "Microsoft Disk Quota", Computer),
    extension(0xC631DF4C_088F_4156_B058_4375F0853CD8, "Microsoft Offline Files", Both),
    extension(0x2A8FDC61_2347_4C87_92F6_B05EB91A201A, "Mitigation Options", Computer),
    extension(0x4B7C3B0F_E993_4E06_A241_3FBE06943684, "Per-process Mitigation Options", Both),
    extension(0x9F02E2F5_5A41_4D1A_B473_4617E84BC957, "Printing", Computer),
    extension(0x426031C0_0B47_4852_B0CA_AC3D37BFCB39, "QoS Packet Scheduler", Computer),
    extension(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2, "Registry", Both),
    extension(0x6CFB9C5C_138E_4BB3_8A3D_D5383E910E57, "Remote Desktop IP Virtualization", Computer),
    extension(0x4BCD6CDE_777B_48B6_9804_43568E23545D, "Remote Desktop USB Redirection", Computer),
    extension(0x3060E8D0_7020_11D2_842D_00C04FA372D4, "Remote Installation Services", User),
    extension(0x4D2F9B6F_1E52_4711_A382_6A8B1A003DE6, "RemoteApp and Desktop Connections", User),
    extension(0x42B5FAAE_6536_11D2_AE5A_0000F87571E3, "Scripts", Both),
    extension(0x827D319E_6EAC_11D2_A4EA_00C04F79F83A, "Security", Computer),
    extension(0xC6DC5466_785A_11D2_84D0_00C04FB169F7, "Software Installation", Both),
    extension(0x8472C2C4_6B70_4301_A20D_A6CEA5F82B7E, "Start Menu Layout", Both),
    extension(0xCDEAFC3D_948D_49DD_AB12_E578BA4AF7AA, "TCPIP", Computer),
    extension(0x169EBF44_942F_4C43_87CE_13C93996EBBE, "User Experience Virtualization", Computer),
    extension(0x7933F41E_56F8_41D6_A31C_4148A711EE93, "Windows Search", Both),
    extension(0x29BBE2D5_DE47_4855_97D7_2745E166DC6D, "Windows Search (Windows 10)", Computer),
    extension(0xBA649533_0AAC_4E04_B9BC_4DBAE0325B12, "Windows To Go Hibernate Options", Computer),
    extension(0xC34B2751_1CF4_44F5_9262_C3FC39666591, "Windows To Go Startup Options", Computer),
    extension(0x0ACDD40C_75AC_47AB_BAA0_BF6DE7E7FE63, "Wireless Group Policy", Computer),
    extension(0x4D968B55_CAC2_4FF5_983F_0A54603781A3, "Work Folders", Both),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_extension_stands_once_in_order_and_has_a_half() {
        let ids: HashSet<Guid> = ALL.iter().map(|extension| extension.id).collect();
        assert_eq!(ids.len(), ALL.len());
        assert!(ALL.is_sorted_by_key(|extension| extension.display_name));
        assert!(ALL.iter().all(|extension| extension.user_enabled || extension.computer_enabled));
        assert_eq!(ALL.iter().filter(|extension| extension.is_preference).count(), 21);
    }

    #[test]
    fn names_are_found_by_id() {
        let label = |text: &str| ClientSideExtension::label(text.parse().unwrap());
        assert_eq!(label("{35378EAC-683F-11D2-A89A-00C04FBBCFA2}"), "Registry");
        assert_eq!(label("{00000000-0000-0000-0000-000000000000}"), "Group Policy Preferences");
        assert_eq!(label("{12345678-0000-0000-0000-000000000000}"), "{12345678-0000-0000-0000-000000000000}");
    }
}
