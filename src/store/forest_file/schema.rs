//! The part of the directory schema that Group Policy work touches: attributes with their syntax, classes with what they need.
//!
//! Source: [MS-ADA1], [MS-ADA2], [MS-ADA3] (attributes) and [MS-ADSC] (classes). What is not listed is kept and returned
//! when it was imported, compares as text, and cannot be written.

use std::collections::HashMap;
use std::sync::LazyLock;

use Syntax::{Boolean, Descriptor, Dn, Integer, LargeInteger, Octets, Sid, Text, Time};

/// How values of an attribute compare and which ones it takes ([MS-ADTS] 3.1.1.2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Text that compares without case.
    Text,
    /// A signed 32-bit number.
    Integer,
    /// A signed 64-bit number.
    LargeInteger,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// The name of an object.
    Dn,
    /// Generalized time.
    Time,
    /// Bytes.
    Octets,
    /// A security identifier.
    Sid,
    /// A security descriptor.
    Descriptor,
}

/// An attribute of the schema.
#[derive(Debug)]
pub(super) struct AttributeType {
    /// Name as the schema spells it.
    pub(super) name: &'static str,
    pub(super) syntax: Syntax,
    pub(super) count: Count,
    /// Most characters a value may have; 0 for no limit.
    pub(super) longest: usize,
    pub(super) owner: Owner,
}

/// How many values an attribute may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    One,
    Many,
}

/// Who may write an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Whoever has the right.
    Anyone,
    /// Anyone when the object is made, nobody afterwards.
    Creator,
    /// The directory alone.
    System,
}

/// A class of the schema.
#[derive(Debug)]
pub(super) struct ClassType {
    pub(super) name: &'static str,
    /// The class it is made from; empty for `top`.
    pub(super) parent: &'static str,
    /// Relative name of its default category below the schema.
    pub(super) category: &'static str,
    /// Attribute that names its objects.
    pub(super) rdn: &'static str,
    /// Attributes its objects must have, besides those every object gets.
    pub(super) must: &'static [&'static str],
    /// `defaultSecurityDescriptor`, SDDL.
    pub(super) descriptor: &'static str,
}

/// Returns an attribute of the schema by name, without case.
pub(super) fn attribute(name: &str) -> Option<&'static AttributeType> {
    static BY_NAME: LazyLock<HashMap<String, &'static AttributeType>> =
        LazyLock::new(|| ATTRIBUTES.iter().map(|attribute| (attribute.name.to_ascii_lowercase(), attribute)).collect());
    BY_NAME.get(&name.to_ascii_lowercase()).copied()
}

/// Returns a class of the schema by name, without case.
pub(super) fn class(name: &str) -> Option<&'static ClassType> {
    static BY_NAME: LazyLock<HashMap<String, &'static ClassType>> =
        LazyLock::new(|| CLASSES.iter().map(|class| (class.name.to_ascii_lowercase(), class)).collect());
    BY_NAME.get(&name.to_ascii_lowercase()).copied()
}

/// Returns the position of an attribute in the schema, which stands for its name in files.
pub(super) fn attribute_code(name: &str) -> Option<usize> {
    static CODES: LazyLock<HashMap<&'static str, usize>> =
        LazyLock::new(|| ATTRIBUTES.iter().enumerate().map(|(code, attribute)| (attribute.name, code)).collect());
    CODES.get(name).copied()
}

/// Returns the name of the attribute at a position of the schema.
pub(super) fn attribute_name(code: usize) -> Option<&'static str> {
    ATTRIBUTES.get(code).map(|attribute| attribute.name)
}

/// Returns a class and all it is made from, `top` first.
pub(super) fn chain(class_name: &str) -> Vec<&'static str> {
    let mut names: Vec<&str> =
        std::iter::successors(class(class_name), |child| class(child.parent)).map(|class| class.name).collect();
    names.reverse();
    names
}

/// Returns all attributes.
pub(super) fn attributes() -> &'static [AttributeType] {
    ATTRIBUTES
}

/// Returns all classes.
pub(super) fn classes() -> &'static [ClassType] {
    CLASSES
}

const fn many(name: &'static str, syntax: Syntax) -> AttributeType {
    AttributeType { name, syntax, count: Count::Many, longest: 0, owner: Owner::Anyone }
}

const fn one(name: &'static str, syntax: Syntax) -> AttributeType {
    AttributeType { name, syntax, count: Count::One, longest: 0, owner: Owner::Anyone }
}

const fn short(name: &'static str, longest: usize) -> AttributeType {
    AttributeType { name, syntax: Text, count: Count::One, longest, owner: Owner::Anyone }
}

const fn system(name: &'static str, syntax: Syntax) -> AttributeType {
    AttributeType { name, syntax, count: Count::One, longest: 0, owner: Owner::System }
}

const fn system_many(name: &'static str, syntax: Syntax) -> AttributeType {
    AttributeType { name, syntax, count: Count::Many, longest: 0, owner: Owner::System }
}

const fn creator(name: &'static str, syntax: Syntax) -> AttributeType {
    AttributeType { name, syntax, count: Count::One, longest: 0, owner: Owner::Creator }
}

/// Files name an attribute by its position here: new ones go to the end, none is ever moved or removed,
/// and an addition raises the format version in `database.rs`.
static ATTRIBUTES: &[AttributeType] = &[
    AttributeType { name: "objectClass", syntax: Text, count: Count::Many, longest: 0, owner: Owner::Creator },
    short("cn", 64),
    short("ou", 64),
    system("distinguishedName", Dn),
    system("name", Text),
    system("objectGUID", Octets),
    system("objectSid", Sid),
    one("objectCategory", Dn),
    creator("instanceType", Integer),
    system("whenCreated", Time),
    system("whenChanged", Time),
    system("uSNCreated", LargeInteger),
    system("uSNChanged", LargeInteger),
    one("nTSecurityDescriptor", Descriptor),
    creator("systemFlags", Integer),
    one("isCriticalSystemObject", Boolean),
    one("showInAdvancedViewOnly", Boolean),
    short("displayName", 256),
    AttributeType { name: "description", syntax: Text, count: Count::Many, longest: 1024, owner: Owner::Anyone },
    one("gPLink", Text),
    one("gPOptions", Integer),
    one("flags", Integer),
    one("versionNumber", Integer),
    one("gPCFileSysPath", Text),
    one("gPCFunctionalityVersion", Integer),
    one("gPCMachineExtensionNames", Text),
    one("gPCUserExtensionNames", Text),
    one("gPCWQLFilter", Text),
    one("msWMI-ID", Text),
    one("msWMI-Name", Text),
    one("msWMI-Author", Text),
    one("msWMI-CreationDate", Text),
    one("msWMI-ChangeDate", Text),
    one("msWMI-Parm1", Text),
    one("msWMI-Parm2", Text),
    one("msWMI-Parm3", Text),
    one("msWMI-Parm4", Text),
    one("msWMI-intFlags1", Integer),
    one("revision", Integer),
    many("member", Dn),
    system_many("memberOf", Dn),
    one("managedBy", Dn),
    short("sAMAccountName", 256),
    one("sAMAccountType", Integer),
    one("userAccountControl", Integer),
    one("userPrincipalName", Text),
    one("groupType", Integer),
    one("primaryGroupID", Integer),
    many("servicePrincipalName", Text),
    one("dNSHostName", Text),
    one("operatingSystem", Text),
    one("operatingSystemVersion", Text),
    one("givenName", Text),
    one("sn", Text),
    one("mail", Text),
    one("department", Text),
    one("title", Text),
    one("location", Text),
    one("siteObject", Dn),
    one("serverReference", Dn),
    one("nCName", Dn),
    one("nETBIOSName", Text),
    many("dnsRoot", Text),
    one("trustParent", Dn),
    one("rootTrust", Dn),
    one("fSMORoleOwner", Dn),
    one("options", Integer),
    many("wellKnownObjects", Text),
    many("otherWellKnownObjects", Text),
    many("uPNSuffixes", Text),
    many("msDS-SPNSuffixes", Text),
    one("msDS-Behavior-Version", Integer),
    one("ms-DS-MachineAccountQuota", Integer),
    one("maxPwdAge", LargeInteger),
    one("minPwdAge", LargeInteger),
    one("minPwdLength", Integer),
    one("pwdHistoryLength", Integer),
    one("pwdProperties", Integer),
    one("lockoutDuration", LargeInteger),
    one("lockOutObservationWindow", LargeInteger),
    one("lockoutThreshold", Integer),
    one("dc", Text),
    many("siteList", Dn),
    one("cost", Integer),
    one("replInterval", Integer),
    many("hasMasterNCs", Dn),
    many("masteredBy", Dn),
    one("interSiteTopologyGenerator", Dn),
    one("trustPartner", Text),
    one("trustDirection", Integer),
    one("trustType", Integer),
    one("trustAttributes", Integer),
    one("flatName", Text),
    one("securityIdentifier", Sid),
    one("ipsecName", Text),
    one("ipsecID", Text),
    one("ipsecDataType", Integer),
    one("ipsecData", Octets),
    one("ipsecOwnersReference", Dn),
    one("ipsecISAKMPReference", Dn),
    many("ipsecNFAReference", Dn),
    one("ipsecNegotiationPolicyReference", Dn),
    many("ipsecFilterReference", Dn),
    one("ipsecNegotiationPolicyType", Text),
    one("ipsecNegotiationPolicyAction", Text),
    one("ms-net-ieee-80211-GP-PolicyGUID", Text),
    one("ms-net-ieee-80211-GP-PolicyData", Text),
    one("ms-net-ieee-80211-GP-PolicyReserved", Octets),
    one("ms-net-ieee-8023-GP-PolicyGUID", Text),
    one("ms-net-ieee-8023-GP-PolicyData", Text),
    one("ms-net-ieee-8023-GP-PolicyReserved", Octets),
    one("msieee80211-Data", Octets),
    one("msieee80211-DataType", Integer),
    one("msieee80211-ID", Text),
    one("uNCName", Text),
    one("serverName", Text),
    one("printerName", Text),
    one("printAttributes", Integer),
    one("appSchemaVersion", Integer),
    one("versionNumberHi", Integer),
    one("versionNumberLo", Integer),
    one("lastUpdateSequence", Text),
    one("packageName", Text),
    one("packageType", Integer),
    one("packageFlags", Integer),
    one("msiScriptName", Text),
    one("msiScriptPath", Text),
    one("msiScriptSize", Integer),
    one("msiScript", Octets),
    many("msiFileList", Text),
    one("productCode", Octets),
    one("upgradeProductCode", Octets),
    many("canUpgradeScript", Text),
    many("localeID", Integer),
    many("machineArchitecture", Integer),
    many("categories", Text),
    one("vendor", Text),
    many("url", Text),
    one("installUiLevel", Integer),
    many("cOMClassID", Text),
    many("fileExtPriority", Text),
    one("setupCommand", Text),
    one("helpFileName", Text),
    one("categoryId", Octets),
    many("localizedDescription", Text),
    one("adminCount", Integer),
    one("lockoutTime", LargeInteger),
    one("pwdLastSet", LargeInteger),
    one("accountExpires", LargeInteger),
    one("lastLogonTimestamp", LargeInteger),
    many("subRefs", Dn),
    many("msDS-EnabledFeature", Dn),
    many("sIDHistory", Sid),
    one("msDS-User-Account-Control-Computed", Integer),
    many("msAuthz-MemberRulesInCentralAccessPolicy", Dn),
    one("msAuthz-CentralAccessPolicyID", Sid),
    one("company", Text),
    one("telephoneNumber", Text),
    one("physicalDeliveryOfficeName", Text),
    one("homeDirectory", Text),
    one("scriptPath", Text),
    one("l", Text),
    one("c", Text),
    one("st", Text),
    many("msDS-HasDomainNCs", Dn),
    many("msDS-hasMasterNCs", Dn),
    many("extensionName", Text),
    many("cOMProgID", Text),
];

const fn class_type(
    name: &'static str,
    parent: &'static str,
    category: &'static str,
    must: &'static [&'static str],
    descriptor: &'static str,
) -> ClassType {
    ClassType { name, parent, category, rdn: "cn", must, descriptor }
}

/// What most classes of the schema say.
const ADMINISTRATORS: &str =
    "D:(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;SY)(A;;RPLCLORC;;;AU)";
/// Of the classes that say nothing.
const NOTHING: &str = "D:S:";
/// `gpo-storage.md` A8: the schema's default of `groupPolicyContainer`.
const GROUP_POLICY_CONTAINER: &str = "D:P(A;CI;RPWPCCDCLCLOLORCWOWDSDDTSW;;;DA)(A;CI;RPWPCCDCLCLOLORCWOWDSDDTSW;;;EA)(A;CI;RPWPCCDCLCLOLORCWOWDSDDTSW;;;CO)(A;CI;RPWPCCDCLCLORCWOWDSDDTSW;;;SY)(A;CI;RPLCLORC;;;AU)(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;CI;LCRPLORC;;;ED)";
/// `gpo-storage.md` A5: the schema's default of `msWMI-Som`.
const WMI_FILTER: &str =
    "D:(A;;RPLCLORC;;;AU)(A;;RPWPCRLCLOCCDCRCWDWOSW;;;DA)(A;;CC;;;PA)(A;;RPWPCRLCLOCCDCRCWDWOSDDTSW;;;SY)";
const ORGANIZATIONAL_UNIT: &str = "D:(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;SY)(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(OA;;CCDC;bf967a86-0de6-11d0-a285-00aa003049e2;;AO)(OA;;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;;AO)(OA;;CCDC;bf967a9c-0de6-11d0-a285-00aa003049e2;;AO)(OA;;CCDC;bf967aa8-0de6-11d0-a285-00aa003049e2;;PO)(A;;RPLCLORC;;;AU)(A;;LCRPLORC;;;ED)(OA;;CCDC;4828cc14-1437-45bc-9b07-ad6f015e5f28;;AO)";
const ACCOUNT: &str = "D:(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;SY)(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;AO)(A;;RPLCLORC;;;PS)(A;;RC;;;AU)(A;;RPLCLORC;;;AU)";

static CLASSES: &[ClassType] = &[
    class_type("top", "", "Top", &[], NOTHING),
    class_type("container", "top", "Container", &["cn"], ADMINISTRATORS),
    class_type("groupPolicyContainer", "container", "Group-Policy-Container", &[], GROUP_POLICY_CONTAINER),
    class_type("msWMI-Som", "top", "ms-WMI-Som", &["msWMI-ID", "msWMI-Name"], WMI_FILTER),
    class_type("msWMI-WMIGPO", "top", "ms-WMI-WMIGPO", &[], WMI_FILTER),
    ClassType {
        name: "organizationalUnit",
        parent: "top",
        category: "Organizational-Unit",
        rdn: "ou",
        must: &["ou"],
        descriptor: ORGANIZATIONAL_UNIT,
    },
    ClassType { name: "domain", parent: "top", category: "Domain-DNS", rdn: "dc", must: &["dc"], descriptor: NOTHING },
    ClassType {
        name: "domainDNS",
        parent: "domain",
        category: "Domain-DNS",
        rdn: "dc",
        must: &[],
        descriptor: ADMINISTRATORS,
    },
    class_type("builtinDomain", "top", "Builtin-Domain", &[], NOTHING),
    class_type("configuration", "top", "Configuration", &["cn"], ADMINISTRATORS),
    class_type("dMD", "top", "DMD", &["cn"], NOTHING),
    class_type("person", "top", "Person", &["cn"], NOTHING),
    class_type("organizationalPerson", "person", "Person", &[], NOTHING),
    class_type("user", "organizationalPerson", "Person", &[], ACCOUNT),
    class_type("inetOrgPerson", "user", "Person", &[], ACCOUNT),
    class_type("computer", "user", "Computer", &[], ACCOUNT),
    class_type("msDS-ManagedServiceAccount", "computer", "ms-DS-Managed-Service-Account", &[], ACCOUNT),
    class_type("msDS-GroupManagedServiceAccount", "computer", "ms-DS-Group-Managed-Service-Account", &[], ACCOUNT),
    class_type("group", "top", "Group", &["groupType"], ACCOUNT),
    class_type("contact", "organizationalPerson", "Person", &[], ADMINISTRATORS),
    class_type("foreignSecurityPrincipal", "top", "Foreign-Security-Principal", &["objectSid"], ADMINISTRATORS),
    class_type("site", "top", "Site", &[], ADMINISTRATORS),
    class_type("sitesContainer", "top", "Sites-Container", &[], ADMINISTRATORS),
    class_type("serversContainer", "top", "Servers-Container", &[], ADMINISTRATORS),
    class_type("server", "top", "Server", &[], ADMINISTRATORS),
    class_type("applicationSettings", "top", "Application-Settings", &[], ADMINISTRATORS),
    class_type("nTDSDSA", "applicationSettings", "NTDS-DSA", &[], ADMINISTRATORS),
    class_type("nTDSDSARO", "nTDSDSA", "NTDS-DSA-RO", &[], ADMINISTRATORS),
    class_type("applicationSiteSettings", "top", "Application-Site-Settings", &[], ADMINISTRATORS),
    class_type("nTDSSiteSettings", "applicationSiteSettings", "NTDS-Site-Settings", &[], ADMINISTRATORS),
    class_type("subnetContainer", "top", "Subnet-Container", &[], ADMINISTRATORS),
    class_type("subnet", "top", "Subnet", &[], ADMINISTRATORS),
    class_type("interSiteTransportContainer", "top", "Inter-Site-Transport-Container", &[], ADMINISTRATORS),
    class_type("interSiteTransport", "top", "Inter-Site-Transport", &[], ADMINISTRATORS),
    class_type("siteLink", "top", "Site-Link", &[], ADMINISTRATORS),
    class_type("crossRefContainer", "top", "Cross-Ref-Container", &[], ADMINISTRATORS),
    class_type("crossRef", "top", "Cross-Ref", &["nCName"], ADMINISTRATORS),
    class_type("trustedDomain", "leaf", "Trusted-Domain", &[], ADMINISTRATORS),
    class_type("leaf", "top", "Leaf", &[], NOTHING),
    class_type("infrastructureUpdate", "top", "Infrastructure-Update", &[], ADMINISTRATORS),
    class_type("rIDManager", "top", "RID-Manager", &[], ADMINISTRATORS),
    class_type("domainPolicy", "leaf", "Domain-Policy", &[], ADMINISTRATORS),
    class_type("lostAndFound", "top", "Lost-And-Found", &[], ADMINISTRATORS),
    class_type("msDS-QuotaContainer", "top", "ms-DS-Quota-Container", &[], ADMINISTRATORS),
    class_type("ipsecBase", "top", "Ipsec-Base", &[], ADMINISTRATORS),
    class_type("ipsecPolicy", "ipsecBase", "Ipsec-Policy", &[], ADMINISTRATORS),
    class_type("ipsecISAKMPPolicy", "ipsecBase", "Ipsec-ISAKMP-Policy", &[], ADMINISTRATORS),
    class_type("ipsecNFA", "ipsecBase", "Ipsec-NFA", &[], ADMINISTRATORS),
    class_type("ipsecNegotiationPolicy", "ipsecBase", "Ipsec-Negotiation-Policy", &[], ADMINISTRATORS),
    class_type("ipsecFilter", "ipsecBase", "Ipsec-Filter", &[], ADMINISTRATORS),
    class_type("ms-net-ieee-80211-GroupPolicy", "top", "ms-net-ieee-80211-GroupPolicy", &[], ADMINISTRATORS),
    class_type("ms-net-ieee-8023-GroupPolicy", "top", "ms-net-ieee-8023-GroupPolicy", &[], ADMINISTRATORS),
    class_type("msieee80211-Policy", "top", "ms-ieee-80211-Policy", &[], ADMINISTRATORS),
    class_type("msPrint-ConnectionPolicy", "top", "ms-Print-ConnectionPolicy", &["cn"], ADMINISTRATORS),
    class_type("classStore", "top", "Class-Store", &[], ADMINISTRATORS),
    class_type("packageRegistration", "top", "Package-Registration", &[], ADMINISTRATORS),
    class_type("categoryRegistration", "leaf", "Category-Registration", &[], ADMINISTRATORS),
    class_type("msAuthz-CentralAccessPolicies", "top", "ms-Authz-Central-Access-Policies", &[], ADMINISTRATORS),
    class_type("msAuthz-CentralAccessPolicy", "top", "ms-Authz-Central-Access-Policy", &[], ADMINISTRATORS),
    class_type("nTDSService", "top", "NTDS-Service", &[], ADMINISTRATORS),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_unique_and_every_parent_known() {
        let mut names: Vec<String> = ATTRIBUTES.iter().map(|attribute| attribute.name.to_ascii_lowercase()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), ATTRIBUTES.len());
        for class in CLASSES {
            assert!(chain(class.name).starts_with(&["top"]), "{}", class.name);
            assert!(class.must.iter().all(|name| attribute(name).is_some()), "{}", class.name);
            assert!(attribute(class.rdn).is_some());
        }
    }

    #[test]
    fn positions_written_to_files_never_move() {
        for (code, name) in [(0, "objectClass"), (19, "gPLink"), (39, "member"), (100, "ipsecNFAReference")] {
            assert_eq!(attribute_name(code), Some(name));
        }
        assert_eq!(ATTRIBUTES.last().map(|attribute| attribute.name), Some("cOMProgID"));
    }

    #[test]
    fn classes_know_what_they_are_made_from() {
        assert_eq!(chain("grouppolicycontainer"), ["top", "container", "groupPolicyContainer"]);
        assert_eq!(chain("nothing"), Vec::<&str>::new());
    }

    #[test]
    fn every_class_has_a_default_that_reads() {
        let domain: crate::ident::Sid = "S-1-5-21-1-2-3".parse().unwrap();
        for class in CLASSES {
            let read = crate::security::inherit::class_default(class.descriptor, &domain, &domain);
            assert!(read.is_some(), "{}", class.name);
        }
    }
}
