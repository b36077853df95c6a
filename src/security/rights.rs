//! The object types of access control entries that Group Policy speaks of (`object-model.md` 7.2, from the AD schema).

use crate::ident::Guid;

/// Extended right Apply-Group-Policy, on a GPO.
pub const APPLY_GROUP_POLICY: Guid = Guid::from_u128(0xedacfd8f_ffb3_11d1_b41d_00a0c968f939);
/// Extended right Generate-RSoP-Planning, on a domain or OU: perform Group Policy Modeling analyses.
pub const GENERATE_RSOP_PLANNING: Guid = Guid::from_u128(0xb7b1b3dd_ab09_4242_9e30_9980e5d322f7);
/// Extended right Generate-RSoP-Logging, on a domain or OU: read Group Policy Results data.
pub const GENERATE_RSOP_LOGGING: Guid = Guid::from_u128(0xb7b1b3de_ab09_4242_9e30_9980e5d322f7);
/// Attribute `gPLink`.
pub const GP_LINK: Guid = Guid::from_u128(0xf30e3bbe_9ff0_11d1_b603_0000f80367c1);
/// Attribute `gPOptions`.
pub const GP_OPTIONS: Guid = Guid::from_u128(0xf30e3bbf_9ff0_11d1_b603_0000f80367c1);
/// Class `groupPolicyContainer`.
pub const GROUP_POLICY_CONTAINER: Guid = Guid::from_u128(0xf30e3bc2_9ff0_11d1_b603_0000f80367c1);
/// Class `msWMI-Som`, a WMI filter.
pub const WMI_FILTER: Guid = Guid::from_u128(0xab857078_0142_4406_945b_34c9b6b13372);
/// Class `organizationalUnit`.
pub const ORGANIZATIONAL_UNIT: Guid = Guid::from_u128(0xbf967aa5_0de6_11d0_a285_00aa003049e2);
/// Class `domainDNS`.
pub const DOMAIN_DNS: Guid = Guid::from_u128(0x19195a5b_6da0_11d0_afd3_00c04fd930c9);
/// Class `site`.
pub const SITE: Guid = Guid::from_u128(0xbf967ab3_0de6_11d0_a285_00aa003049e2);

/// Returns the English name of an object type that Group Policy knows, as an access list shows it.
pub fn object_type_name(object_type: Guid) -> Option<&'static str> {
    let name = match object_type {
        APPLY_GROUP_POLICY => "Apply Group Policy",
        GENERATE_RSOP_PLANNING => "Generate Resultant Set of Policy (Planning)",
        GENERATE_RSOP_LOGGING => "Generate Resultant Set of Policy (Logging)",
        GP_LINK => "gPLink",
        GP_OPTIONS => "gPOptions",
        GROUP_POLICY_CONTAINER => "groupPolicyContainer",
        WMI_FILTER => "msWMI-Som",
        ORGANIZATIONAL_UNIT => "organizationalUnit",
        DOMAIN_DNS => "domainDNS",
        SITE => "site",
        _ => return None,
    };
    Some(name)
}
