//! Windows Firewall: profiles, rules, connection security, as they stand in `registry.pol` ([MS-GPFAS], `operations.md` 4.3).
//!
//! Reports have an element for each token of a rule, in an order of their own; tokens of later versions stand under the name of the
//! first ([`FirewallToken::list_name`]). Tokens that Microsoft's reports leave out are added behind the others, since they
//! can narrow a rule; not so in compatible reports. The preshared key of an authentication set is never reported.

mod sections;

use crate::format::{FirewallRule, FirewallToken};
use crate::ident::Guid;
use crate::report::Element;

use super::registry_keys::{RegistryKey, RegistryValue, is_within, keys_below, path_below};
use super::{Extension, Part, Source};

pub(super) static WINDOWS_FIREWALL: Extension = Extension {
    cse: Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2),
    name: "Windows Firewall",
    xml_type: "WindowsFirewallSettings",
    namespace: "WindowsFirewall",
    read,
    sections: sections::sections,
    claims,
};

const BASE: &str = r"software\policies\microsoft\windowsfirewall";
const PROFILES: [&str; 3] = ["DomainProfile", "PublicProfile", "PrivateProfile"];
const LOGGING: &str = "Logging";

/// The settings of a profile in the order of reports.
const PROFILE_SETTINGS: [&str; 11] = [
    "AllowLocalIPsecPolicyMerge",
    "AllowLocalPolicyMerge",
    "DefaultInboundAction",
    "DefaultOutboundAction",
    "DisableNotifications",
    "DisableStealthMode",
    "DisableStealthModeIPsecSecuredPacketExemption",
    "DisableUnicastResponsesToMulticastBroadcast",
    "DisabledInterfaces",
    "DoNotAllowExceptions",
    "EnableFirewall",
];
const LOGGING_SETTINGS: [&str; 4] = ["LogFilePath", "LogFileSize", "LogDroppedPackets", "LogSuccessfulConnections"];

/// Settings that are numbers and not flags.
const NUMBERS: [&str; 7] = [
    "PolicyVersion",
    "SAIdleTime",
    "SAIdlTime",
    "PresharedKeyEncoding",
    "IPsecExempt",
    "IPsecThroughNAT",
    "LogFileSize",
];

/// Keys of rules with the element that reports have for each rule there.
const RULE_KEYS: [(&str, &str); 2] = [("ConSecRules", "ConnectionSecurityRules"), ("MainModeRules", "MainModeRules")];
const FIREWALL_RULES: &str = "FirewallRules";

/// Keys of sets, each in two spellings of the specification, with their element.
const SET_KEYS: [(&str, &str); 8] = [
    ("Phase1AuthenticationSets", "Phase1AuthenticationSets"),
    ("Phase1AuthenticationSet", "Phase1AuthenticationSets"),
    ("Phase2AuthenticationSets", "Phase2AuthenticationSets"),
    ("Phase2AuthenticationSet", "Phase2AuthenticationSets"),
    ("Phase1CryptoSets", "Phase1CryptoSets"),
    ("Phase1CryptoSet", "Phase1CryptoSets"),
    ("Phase2CryptoSets", "Phase2CryptoSets"),
    ("Phase2CryptoSet", "Phase2CryptoSets"),
];
const PRESHARED_KEY: &str = "SHKey";

/// The tokens of a rule that Microsoft's reports have, in their order.
const RULE_TOKENS: [&str; 24] = [
    "Action",
    "Name",
    "Dir",
    "App",
    "Svc",
    "IF",
    "IFType",
    "LA4",
    "LA6",
    "Profile",
    "RA4",
    "RA6",
    "LPort",
    "RPort",
    "Protocol",
    "ICMP4",
    "ICMP6",
    "Security",
    "RMAuth",
    "RUAuth",
    "Desc",
    "Active",
    "Edge",
    "EmbedCtxt",
];
/// The tokens of a connection security rule that Microsoft's reports have, in their order.
const CONNECTION_TOKENS: [&str; 21] = [
    "Action",
    "Name",
    "Profile",
    "IFType",
    "EP1_4",
    "EP1_6",
    "EP2_4",
    "EP2_6",
    "LA4",
    "LA6",
    "RA4",
    "RA6",
    "EP1Port",
    "EP2Port",
    "Protocol",
    "Auth1Set",
    "Auth2Set",
    "Crypto2Set",
    "Desc",
    "Active",
    "EmbedCtxt",
];
/// Tokens whose value is `TRUE` or `FALSE`.
const FLAGS: [&str; 9] = ["Active", "Edge", "LSM", "LOM", "PCross", "AuthByPassOut", "SecureIn", "DTM", "AllowNoEncap"];

fn claims(key: &str, value: &str) -> bool {
    let Some(path) = path_below(key, BASE) else { return false };
    if value.is_empty() {
        return false;
    }
    let mut names = path.split('\\').filter(|name| !name.is_empty());
    let is_one_of = |list: &[&str], name: &str| list.iter().any(|known| known.eq_ignore_ascii_case(name));
    let Some(first) = names.next() else { return is_element_name(value) };
    if is_one_of(&PROFILES, first) {
        return match names.next() {
            None => is_one_of(&PROFILE_SETTINGS, value),
            Some(name) => is_within(name, LOGGING) && is_one_of(&LOGGING_SETTINGS, value),
        };
    }
    let mut rules = RULE_KEYS.iter().map(|(key, _)| *key).chain([FIREWALL_RULES]);
    let is_set = SET_KEYS.iter().any(|(key, _)| key.eq_ignore_ascii_case(first));
    rules.any(|key| key.eq_ignore_ascii_case(first)) || is_set && is_element_name(value)
}

fn read(source: &Source<'_>) -> Option<Part> {
    let keys = keys_below(source, BASE)?;
    let mut part = Part::default();
    if let Some(global) = keys.iter().find(|key| key.path.is_empty()) {
        let settings = global.values.iter().filter(|value| is_element_name(&value.name()));
        push_settings(&mut part, "GlobalSettings", settings.map(|value| (value.name(), *value)));
    }
    for profile in PROFILES {
        push_settings(&mut part, profile, profile_settings(&keys, profile));
    }
    push_firewall_rules(&mut part, source, &keys);
    for (key, element) in RULE_KEYS {
        for (name, rule) in rules(&mut part, source, &keys, key) {
            part.elements.push(rule_element(element, &rule, &CONNECTION_TOKENS, source.context.compatible, &name));
        }
    }
    for (key, element) in SET_KEYS {
        part.elements.extend(set_elements(&keys, key, element));
    }
    (!part.elements.is_empty() || !part.problems.is_empty()).then_some(part)
}

/// Returns the settings of a profile and of its log.
fn profile_settings<'a>(keys: &[RegistryKey<'a>], profile: &str) -> Vec<(String, RegistryValue<'a>)> {
    let of = |path: &str, names: &'static [&'static str]| {
        let key = keys.iter().find(|key| key.path.eq_ignore_ascii_case(path));
        let values = names.iter().filter_map(|name| Some(((*name).to_owned(), key?.value(name)?)));
        values.collect::<Vec<_>>()
    };
    let mut settings = of(profile, &PROFILE_SETTINGS);
    settings.extend(of(&format!(r"{profile}\{LOGGING}"), &LOGGING_SETTINGS));
    settings
}

fn push_settings<'a>(
    part: &mut Part,
    element: &'static str,
    settings: impl IntoIterator<Item = (String, RegistryValue<'a>)>,
) {
    let children: Vec<Element> = settings
        .into_iter()
        .map(|(name, value)| {
            let text = setting_text(&name, value);
            Element::new(name).with(Element::text("Value", text))
        })
        .collect();
    if !children.is_empty() {
        part.elements.push(Element::new(element).with_all(children));
    }
}

/// Returns a setting as reports write it: flags in words.
fn setting_text(name: &str, value: RegistryValue<'_>) -> String {
    let is_number = NUMBERS.iter().any(|number| number.eq_ignore_ascii_case(name));
    match value.number() {
        Some(number @ (0 | 1)) if !is_number => if number == 1 { "true" } else { "false" }.to_owned(),
        _ => value.shown(),
    }
}

fn push_firewall_rules(part: &mut Part, source: &Source<'_>, keys: &[RegistryKey<'_>]) {
    let rules = rules(part, source, keys, FIREWALL_RULES);
    let is_outbound = |rule: &FirewallRule| rule.value("Dir").is_some_and(|dir| dir.eq_ignore_ascii_case("Out"));
    let (outbound, inbound): (Vec<_>, Vec<_>) = rules.into_iter().partition(|(_, rule)| is_outbound(rule));
    for (element, rules) in [("InboundFirewallRules", inbound), ("OutboundFirewallRules", outbound)] {
        for (name, rule) in rules {
            part.elements.push(rule_element(element, &rule, &RULE_TOKENS, source.context.compatible, &name));
        }
    }
}

/// Reads the rules of a key; those that do not read become problems.
fn rules(part: &mut Part, source: &Source<'_>, keys: &[RegistryKey<'_>], key: &str) -> Vec<(String, FirewallRule)> {
    let mut rules = Vec::new();
    let values = keys.iter().filter(|found| found.path.eq_ignore_ascii_case(key)).flat_map(|found| &found.values);
    for value in values.filter(|value| !value.name().is_empty()) {
        let text = value.text().ok_or_else(|| "expected text".to_owned());
        match text
            .and_then(|text| text.parse().map_err(|error: crate::format::ParseFirewallRuleError| error.to_string()))
        {
            Ok(rule) => rules.push((value.name(), rule)),
            Err(error) => {
                let message = format!(r"{key}\{}: {error}", value.name());
                part.problems.push(source.problem_at("registry.pol", message));
            }
        }
    }
    rules
}

/// Returns a rule as an element. `value_name`, its name in the registry, stands for a name that is missing.
fn rule_element(
    element: &'static str,
    rule: &FirewallRule,
    order: &[&'static str],
    compatible: bool,
    value_name: &str,
) -> Element {
    let mut children = vec![Element::text("Version", rule.version.clone())];
    for name in order {
        let tokens = rule.tokens.iter().filter(|token| token.list_name().eq_ignore_ascii_case(name));
        children.extend(tokens.map(|token| token_element((*name).to_owned(), token)));
    }
    if !compatible {
        let is_known = |token: &FirewallToken| order.iter().any(|name| token.list_name().eq_ignore_ascii_case(name));
        let others = rule.tokens.iter().filter(|token| !is_known(token) && is_element_name(token.list_name()));
        children.extend(others.map(|token| token_element(token.list_name().to_owned(), token)));
        if rule.value("Name").is_none() {
            children.push(Element::text("RuleId", value_name));
        }
    }
    Element::new(element).with_all(children)
}

fn token_element(name: String, token: &FirewallToken) -> Element {
    let value = token.value.as_deref().unwrap_or_default();
    let is_flag = FLAGS.iter().any(|flag| flag.eq_ignore_ascii_case(&name));
    let value = if is_flag { value.to_lowercase() } else { value.to_owned() };
    Element::text(name, value)
}

/// Tells whether a token's name can stand in XML.
fn is_element_name(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_start) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Returns the authentication or cryptographic sets of a key: its subkeys, each with its suites below it.
fn set_elements(keys: &[RegistryKey<'_>], key: &str, element: &'static str) -> Vec<Element> {
    let mut sets: Vec<(String, Element)> = Vec::new();
    for found in keys {
        let names = found.names();
        let (id, is_suite) = match names[..] {
            [first, id] if first.eq_ignore_ascii_case(key) => (id, false),
            [first, id, _] if first.eq_ignore_ascii_case(key) => (id, true),
            _ => continue,
        };
        let values = found.values.iter().filter(|value| {
            let name = value.name();
            is_element_name(&name) && !name.eq_ignore_ascii_case(PRESHARED_KEY)
        });
        let children: Vec<Element> =
            values.map(|value| Element::text(value.name(), flag_text(&value.shown()))).collect();
        let at = sets.iter().position(|(known, _)| known.eq_ignore_ascii_case(id)).unwrap_or_else(|| {
            sets.push((id.to_owned(), Element::new(element)));
            sets.len() - 1
        });
        let set = &mut sets[at].1;
        if is_suite {
            let name = if element.contains("Crypto") { "CryptoSuites" } else { "AuthenticationSuites" };
            set.children.push(Element::new(name).with_all(children));
        } else {
            // The set's own values stand before its suites, in whatever order the file has them.
            set.children.splice(0..0, children);
        }
    }
    let with_id = |(id, mut set): (String, Element)| {
        let after_version = usize::from(set.children.first().is_some_and(|first| first.name == "Version"));
        set.children.insert(after_version, Element::text("GUID", id));
        set
    };
    sets.into_iter().map(with_id).collect()
}

fn flag_text(value: &str) -> String {
    if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
        value.to_lowercase()
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{key_only, lines, read, registry, shown, text};
    use crate::format::PolData;

    use super::*;

    const FIREWALL: &str = r"Software\Policies\Microsoft\WindowsFirewall";

    fn key(below: &str) -> String {
        format!(r"{FIREWALL}\{below}")
    }

    #[test]
    fn elements_are_as_in_microsofts_reports() {
        let half = registry(&[
            (FIREWALL, "PolicyVersion", PolData::Dword(0x21E)),
            (&key("PublicProfile"), "EnableFirewall", PolData::Dword(1)),
            (&key("PublicProfile"), "AllowLocalPolicyMerge", PolData::Dword(0)),
            (&key(r"publicprofile\Logging"), "LogFileSize", PolData::Dword(1)),
            (&key("DomainProfile"), "", key_only()),
            (
                &key("FirewallRules"),
                "{1}",
                text("v2.30|Action=Allow|Active=TRUE|Dir=Out|RPort2_10=1-2|RPort=9|Name=out|Edge=FALSE|Defer=App|"),
            ),
            (&key("FirewallRules"), "{2}", text("v2.0|Dir=In|Name=in|Profile=Domain|Profile=Public|RA4=LocalSubnet|")),
            (&key("ConSecRules"), "{3}", text("v2.0|Action=Secure|Active=TRUE|Auth1Set={S}|Name=sec|")),
        ]);
        assert_eq!(
            lines(&WINDOWS_FIREWALL, &half, true),
            [
                "GlobalSettings(PolicyVersion(Value=542))",
                "PublicProfile(AllowLocalPolicyMerge(Value=false) EnableFirewall(Value=true) LogFileSize(Value=1))",
                "InboundFirewallRules(Version=2.0 Name=in Dir=In Profile=Domain Profile=Public RA4=LocalSubnet)",
                "OutboundFirewallRules(Version=2.30 Action=Allow Name=out Dir=Out RPort=1-2 RPort=9 Active=true Edge=false)",
                "ConnectionSecurityRules(Version=2.0 Action=Secure Name=sec Auth1Set={S} Active=true)",
            ]
        );
        let ours = lines(&WINDOWS_FIREWALL, &half, false);
        assert!(ours[3].ends_with("Edge=false Defer=App)"), "{}", ours[3]);
        let shown = shown(&WINDOWS_FIREWALL, &half);
        for expected in [
            "Policy version | 2.30\n",
            "Firewall state | On\n",
            "out | Yes | Allow | Any | Any | Any | Any | 1-2, 9 | Any | Any | All\n",
            "Edge traversal left to | App\n",
            "sec | Yes | Require inbound and outbound | Any | Any | Any | {S} | All\n",
        ] {
            assert!(shown.contains(expected), "{expected} in {shown}");
        }
    }

    #[test]
    fn a_preshared_key_is_never_reported() {
        let half = registry(&[
            (&key(r"Phase1AuthenticationSets\{A}"), "Version", text("2.0")),
            (&key(r"Phase1AuthenticationSets\{A}\0000"), "Method", text("MachineSHKey")),
            (&key(r"Phase1AuthenticationSets\{A}\0000"), "SHKey", text("secret")),
            (&key(r"Phase1AuthenticationSets\{A}\0001"), "HealthCert", text("TRUE")),
        ]);
        let expected = "Phase1AuthenticationSets(Version=2.0 GUID={A} AuthenticationSuites(Method=MachineSHKey) \
            AuthenticationSuites(HealthCert=true))";
        assert_eq!(lines(&WINDOWS_FIREWALL, &half, false), [expected]);
    }

    #[test]
    fn a_preshared_key_in_a_report_is_not_shown() {
        let suite = Element::new("AuthenticationSuites").with(Element::text(PRESHARED_KEY, "secret"));
        let set = Element::new("Phase1AuthenticationSets").with(Element::text("GUID", "{A}")).with(suite);
        let report = crate::report::ExtensionReport {
            name: WINDOWS_FIREWALL.name.to_owned(),
            xml_type: WINDOWS_FIREWALL.xml_type.to_owned(),
            namespace: String::new(),
            elements: vec![set],
            problems: Vec::new(),
        };
        let placed = (WINDOWS_FIREWALL.sections)(&report, crate::report::Side::Computer);
        let shown = serde_json::to_string(&placed[0].section).unwrap();
        assert!(shown.contains("(not shown)") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_name_that_no_element_can_have_is_left_to_the_registry() {
        let name = "x><Injected/><y";
        let half = registry(&[
            (FIREWALL, "PolicyVersion", PolData::Dword(0x21E)),
            (FIREWALL, name, PolData::Dword(1)),
            (&key(r"Phase1CryptoSets\{A}"), name, text("1")),
        ]);
        let expected = ["GlobalSettings(PolicyVersion(Value=542))", "Phase1CryptoSets(GUID={A})"];
        assert_eq!(lines(&WINDOWS_FIREWALL, &half, false), expected);
        assert!(!claims(BASE, name) && !claims(&format!(r"{BASE}\phase1cryptosets\{{a}}"), name));
    }

    #[test]
    fn what_is_no_rule_is_a_problem() {
        let half = registry(&[
            (&key("FirewallRules"), "bad", text("Action=Allow|")),
            (&key("FirewallRules"), "number", PolData::Dword(1)),
        ]);
        let part = read(&WINDOWS_FIREWALL, &half, false).unwrap();
        let messages: Vec<&str> = part.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert!(messages[0].starts_with(r"FirewallRules\bad: expected `v`"), "{messages:?}");
        assert_eq!(messages[1], r"FirewallRules\number: expected text");
    }

    #[test]
    fn values_are_claimed_and_keys_are_not() {
        let check = |key: &str, value: &str, expected: bool| assert_eq!(claims(key, value), expected, "{key} {value}");
        check(BASE, "policyversion", true);
        check(BASE, "", false);
        check(&format!(r"{BASE}\domainprofile"), "enablefirewall", true);
        check(&format!(r"{BASE}\domainprofile"), "remoteadmin", false);
        check(&format!(r"{BASE}\domainprofile\logging"), "logfilesize", true);
        check(&format!(r"{BASE}\domainprofile\globallyopenports"), "enabled", false);
        check(&format!(r"{BASE}\standardprofile"), "enablefirewall", false);
        check(&format!(r"{BASE}\firewallrules"), "{1}", true);
        check(r"software\policies\microsoft\windowsfirewall2", "x", false);
    }
}
