//! From a security template to the elements of Microsoft's reports, in their orders (`operations.md` 4.3).

use crate::extension::word_order::compare_words;
use crate::extension::{DescribedObject, GptFile, Part, PrincipalNames, Source, descriptor_element};
use crate::format::{
    ObjectSecurity, RegistryValue, RegistryValueData, RestrictedGroup, ServiceSetting, TemplateData, TemplatePrincipal,
    TemplateSettings, TemplateValue, UserRight,
};
use crate::report::{Element, Namespace};
use crate::security::SecurityDescriptor;

use super::labels::{AccountUnit, KERBEROS, account_policy, right_name};
use super::options::{OptionDisplay, SecurityOption, security_option};

/// Says when a password was to be changed by logging on; Windows ignores it, and so do its reports.
const IGNORED: &str = "RequireLogonToChangePassword";

/// Adds the elements of a template.
pub(super) fn push_all(settings: &TemplateSettings, source: &Source<'_>, file: &GptFile, part: &mut Part) {
    let names = source.context.names;
    let (accounts, access): (Vec<&TemplateValue>, Vec<&TemplateValue>) =
        sorted(&settings.system_access, |value| &value.name)
            .into_iter()
            .filter(|value| !value.name.eq_ignore_ascii_case(IGNORED))
            .partition(|value| account_policy(&value.name).is_some());
    part.elements.extend(accounts.into_iter().map(account));
    part.elements.extend(sorted(&settings.kerberos, |value| &value.name).into_iter().map(account));
    part.elements.extend(sorted(&settings.event_audit, |audit| &audit.name).into_iter().map(|audit| {
        Element::new("Audit")
            .with(Element::text("Name", &audit.name))
            .with(Element::bool("SuccessAttempts", audit.success))
            .with(Element::bool("FailureAttempts", audit.failure))
    }));
    let rights = sorted(&settings.rights, |right| &right.name);
    part.elements.extend(rights.into_iter().map(|right| user_right(right, names)));
    part.elements.extend(sorted(&settings.registry_values, |value| &value.key).into_iter().map(registry_value));
    part.elements.extend(access.into_iter().map(system_access));
    part.elements.extend(settings.event_logs.iter().map(|value| {
        Element::new("EventLog")
            .with(Element::text("Name", &value.name))
            .with(Element::text("Log", value.log.label()))
            .with(Element::text("SettingNumber", unsigned(value.value)))
    }));
    part.elements.extend(settings.groups.iter().map(|group| restricted_group(group, names)));
    for service in &settings.services {
        let descriptor = descriptor(DescribedObject::Service, &service.name, &service.sddl, source, file, part);
        part.elements.push(system_service(service, descriptor));
    }
    for (name, object, list) in
        [("File", DescribedObject::File, &settings.files), ("Registry", DescribedObject::RegistryKey, &settings.keys)]
    {
        for secured in list {
            let descriptor = descriptor(object, &secured.path, &secured.sddl, source, file, part);
            part.elements.push(object_security(name, secured, descriptor));
        }
    }
    part.elements.push(Element::bool("Blocked", false));
}

/// Returns references to the items in the order of their names.
fn sorted<T>(items: &[T], name: fn(&T) -> &String) -> Vec<&T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by(|one, other| compare_words(name(one), name(other)));
    items
}

/// Writes a number as reports do: one below zero as its complement of 32 bits.
fn unsigned(number: i64) -> String {
    match i32::try_from(number) {
        Ok(negative) if negative < 0 => negative.cast_unsigned().to_string(),
        _ => number.to_string(),
    }
}

fn account(value: &TemplateValue) -> Element {
    let policy = account_policy(&value.name);
    let is_switch = policy.is_some_and(|policy| policy.unit == AccountUnit::Switch);
    let setting = match &value.value {
        TemplateData::Number(number) if is_switch => Element::bool("SettingBoolean", *number != 0),
        other => setting(other),
    };
    Element::new("Account")
        .with(Element::text("Name", &value.name))
        .with(setting)
        .with(Element::text("Type", policy.map_or(KERBEROS, |policy| policy.group)))
}

fn setting(value: &TemplateData) -> Element {
    match value {
        TemplateData::Number(number) => Element::text("SettingNumber", unsigned(*number)),
        TemplateData::Text(text) => Element::text("SettingString", text),
    }
}

fn system_access(value: &TemplateValue) -> Element {
    Element::new("SecurityOptions")
        .with(Element::text("SystemAccessPolicyName", &value.name))
        .with(setting(&value.value))
}

fn user_right(right: &UserRight, names: &PrincipalNames) -> Element {
    let members = right.members.iter().map(|member| principal("Member", member, names));
    Element::new("UserRightsAssignment").with(Element::text("Name", right_name(&right.name))).with_all(members)
}

/// A name that a template holds was not resolved when it was entered; reports do not resolve it either.
fn principal(element: &'static str, principal: &TemplatePrincipal, names: &PrincipalNames) -> Element {
    match principal {
        TemplatePrincipal::Sid(sid) => Element::principal(element, Some(sid), names.name(sid).as_deref()),
        TemplatePrincipal::Name(name) => Element::principal(element, None, Some(name)),
    }
}

fn restricted_group(group: &RestrictedGroup, names: &PrincipalNames) -> Element {
    let list = |element: &'static str, list: &Option<Vec<TemplatePrincipal>>| -> Vec<Element> {
        list.iter().flatten().map(|member| principal(element, member, names)).collect()
    };
    Element::new("RestrictedGroups")
        .with(principal("GroupName", &group.group, names))
        .with_all(list("Member", &group.members))
        .with_all(list("Memberof", &group.member_of))
}

fn registry_value(value: &RegistryValue) -> Element {
    let setting = match &value.data {
        RegistryValueData::Number(number) => Element::text("SettingNumber", number.to_string()),
        RegistryValueData::Text(text) => Element::text("SettingString", text),
        RegistryValueData::Strings(texts) => list("SettingStrings", texts),
    };
    let display = security_option(&value.key).map(|option| display(option, &value.data));
    Element::new("SecurityOptions").with(Element::text("KeyName", &value.key)).with(setting).with_all(display)
}

fn list(name: &'static str, texts: &[String]) -> Element {
    Element::new(name).with_all(texts.iter().map(|text| Element::text("Value", text)))
}

fn display(option: &SecurityOption, data: &RegistryValueData) -> Element {
    let units = if let OptionDisplay::Number(units) = option.display { units } else { "" };
    Element::new("Display")
        .with(Element::text("Name", option.label))
        .with(Element::text("Units", units))
        .with(display_value(option.display, data))
}

fn display_value(display: OptionDisplay, data: &RegistryValueData) -> Element {
    let text = match data {
        RegistryValueData::Number(number) => number.to_string(),
        RegistryValueData::Text(text) => text.clone(),
        RegistryValueData::Strings(texts) => return list("DisplayStrings", texts),
    };
    // Numbers that the registry keeps as text stand in quotes.
    let number = text.trim_matches('"').trim().parse::<u32>();
    match (display, number) {
        (OptionDisplay::Boolean, Ok(number)) => Element::bool("DisplayBoolean", number != 0),
        (OptionDisplay::Number(_), Ok(number)) => Element::text("DisplayNumber", number.to_string()),
        (OptionDisplay::Choice(choices), Ok(number)) => {
            let choice = choices.iter().find(|(value, _)| *value == number);
            Element::text("DisplayString", choice.map_or(text, |(_, label)| (*label).to_owned()))
        }
        (OptionDisplay::Fields(fields), Ok(number)) => {
            Element::new("DisplayFields").with_all(fields.iter().map(|(bits, label)| {
                Element::new("Field")
                    .with(Element::text("Name", *label))
                    .with(Element::bool("Value", number & bits == *bits))
            }))
        }
        (OptionDisplay::Texts, _) if text.is_empty() => list("DisplayStrings", &[]),
        _ => Element::text("DisplayString", text),
    }
}

fn system_service(service: &ServiceSetting, descriptor: Element) -> Element {
    let mode = match service.start {
        2 => "Automatic".to_owned(),
        3 => "Manual".to_owned(),
        4 => "Disabled".to_owned(),
        other => other.to_string(),
    };
    Element::new("SystemServices")
        .with(Element::text("Name", &service.name))
        .with(Element::text("StartupMode", mode))
        .with(descriptor)
}

fn object_security(name: &'static str, secured: &ObjectSecurity, descriptor: Element) -> Element {
    let mode = match secured.mode {
        // Misspelled by Microsoft.
        0 => "Propogate".to_owned(),
        1 => "Replace".to_owned(),
        2 => "Ignore".to_owned(),
        other => other.to_string(),
    };
    Element::new(name).with(Element::text("Path", &secured.path)).with(descriptor).with(Element::text("Mode", mode))
}

/// Returns the element of a descriptor. Text that cannot be read is quoted, and told as a problem.
fn descriptor(
    object: DescribedObject,
    of: &str,
    sddl: &str,
    source: &Source<'_>,
    file: &GptFile,
    part: &mut Part,
) -> Element {
    let context = source.context;
    let descriptor = SecurityDescriptor::from_sddl(sddl, context.names.sddl_context()).unwrap_or_else(|error| {
        part.problems.push(source.problem(file, format!("{of}: {error}")));
        SecurityDescriptor::default()
    });
    let mut element = descriptor_element(object, &descriptor, sddl, context.names, context.compatible);
    element.namespace = Namespace::Extension;
    element
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::{FileContent, HalfContents, SourceContext};
    use crate::format::admx::AdmxStore;
    use crate::ident::ExtensionList;
    use crate::report::Side;
    use crate::security::SddlContext;

    /// Reads a template and writes its elements as `Name(Child=text,…)`.
    fn check(template: &str, expected: &[&str], problems: &[&str]) {
        let file = GptFile {
            path: "microsoft/windows nt/SecEdit/GptTmpl.inf".to_owned(),
            size_bytes: template.len() as u64,
            content: FileContent::Whole(template.as_bytes().to_vec()),
        };
        let half = HalfContents::new(ExtensionList::default(), vec![file], Vec::new());
        let domain = SddlContext { domain: "S-1-5-21-1-2-3".parse().ok(), forest_root: None };
        let mut names = PrincipalNames::in_domain(domain);
        names.insert("S-1-5-21-1-2-3-512".parse().unwrap(), "CORP\\Domain Admins".to_owned());
        let templates = AdmxStore::default();
        let context = SourceContext { names: &names, templates: &templates, with_comments: true, compatible: false };
        let source = Source { side: Side::Computer, half: &half, context: &context };
        let part = (super::super::SECURITY.read)(&source).unwrap();
        let elements: Vec<String> = part.elements.iter().map(flat).collect();
        assert_eq!(elements.last().map(String::as_str), Some("Blocked=false"));
        assert_eq!(elements[..elements.len() - 1], *expected);
        let messages: Vec<&str> = part.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, problems);
    }

    fn flat(element: &Element) -> String {
        if element.name == "SecurityDescriptor" {
            return format!("SD={}", element.text_at(&["PermissionsPresent"]));
        }
        if element.children.is_empty() {
            return format!("{}={}", element.name, element.text);
        }
        let children: Vec<String> = element.children.iter().map(flat).collect();
        format!("{}({})", element.name, children.join(","))
    }

    #[test]
    fn accounts_are_sorted_and_kerberos_comes_behind() {
        check(
            "[System Access]\nPasswordComplexity = 1\nLockoutDuration = -1\nLSAAnonymousNameLookup = 0\n\
             NewGuestName = \"Visitor\"\nRequireLogonToChangePassword = 0\nMinimumPasswordAge = 1\n[Kerberos Policy]\nMaxTicketAge = 10\n",
            &[
                "Account(Name=LockoutDuration,SettingNumber=4294967295,Type=Account Lockout)",
                "Account(Name=MinimumPasswordAge,SettingNumber=1,Type=Password)",
                "Account(Name=PasswordComplexity,SettingBoolean=true,Type=Password)",
                "Account(Name=MaxTicketAge,SettingNumber=10,Type=Kerberos)",
                "SecurityOptions(SystemAccessPolicyName=LSAAnonymousNameLookup,SettingNumber=0)",
                "SecurityOptions(SystemAccessPolicyName=NewGuestName,SettingString=\"Visitor\")",
            ],
            &[],
        );
    }

    #[test]
    fn rights_have_members_in_the_order_of_the_file() {
        check(
            "[Privilege Rights]\nSeTcbPrivilege =\nSeSystemtimePrivilege = *S-1-5-21-1-2-3-512,Guest,*S-1-5-21-9-9-9-9\n",
            &[
                "UserRightsAssignment(Name=SeSystemTimePrivilege,Member(SID=S-1-5-21-1-2-3-512,Name=CORP\\Domain Admins),\
                 Member(Name=Guest),Member(SID=S-1-5-21-9-9-9-9))",
                "UserRightsAssignment(Name=SeTcbPrivilege)",
            ],
            &[],
        );
    }

    #[test]
    fn known_registry_values_have_a_display() {
        check(
            "[Registry Values]\n\
             MACHINE\\System\\CurrentControlSet\\Control\\Lsa\\LmCompatibilityLevel=4,5\n\
             MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\CachedLogonsCount=1,\"4\"\n\
             MACHINE\\System\\CurrentControlSet\\Control\\Lsa\\FullPrivilegeAuditing=3,0\n\
             MACHINE\\System\\CurrentControlSet\\Services\\LanManServer\\Parameters\\NullSessionPipes=7,\n\
             MACHINE\\System\\CurrentControlSet\\Control\\Lsa\\MSV1_0\\NTLMMinClientSec=4,536870912\n\
             MACHINE\\Other\\x=1,\"y\"\n",
            &[
                "SecurityOptions(KeyName=MACHINE\\Other\\x,SettingString=\"y\")",
                "SecurityOptions(KeyName=MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\CachedLogonsCount,SettingString=\"4\",\
                 Display(Name=Interactive logon: Number of previous logons to cache (in case domain controller is not available),Units=logons,DisplayNumber=4))",
                "SecurityOptions(KeyName=MACHINE\\System\\CurrentControlSet\\Control\\Lsa\\FullPrivilegeAuditing,SettingNumber=0,\
                 Display(Name=Audit: Audit the use of Backup and Restore privilege,Units=,DisplayBoolean=false))",
                "SecurityOptions(KeyName=MACHINE\\System\\CurrentControlSet\\Control\\Lsa\\LmCompatibilityLevel,SettingNumber=5,\
                 Display(Name=Network security: LAN Manager authentication level,Units=,DisplayString=Send NTLMv2 response only. Refuse LM & NTLM))",
                "SecurityOptions(KeyName=MACHINE\\System\\CurrentControlSet\\Control\\Lsa\\MSV1_0\\NTLMMinClientSec,SettingNumber=536870912,\
                 Display(Name=Network security: Minimum session security for NTLM SSP based (including secure RPC) clients,Units=,\
                 DisplayFields(Field(Name=Require NTLMv2 session security,Value=false),Field(Name=Require 128-bit encryption,Value=true))))",
                "SecurityOptions(KeyName=MACHINE\\System\\CurrentControlSet\\Services\\LanManServer\\Parameters\\NullSessionPipes,SettingStrings=,\
                 Display(Name=Network access: Named Pipes that can be accessed anonymously,Units=,DisplayStrings=))",
            ],
            &[],
        );
    }

    #[test]
    fn groups_services_files_keys_and_logs() {
        check(
            "[Registry Keys]\n\"MACHINE\\Software\",1,\"D:(A;;KR;;;DU)\"\n[File Security]\n\"%SystemRoot%\",0,\"D:broken\"\n\
             [Service General Setting]\n\"AppIDSvc\",2,\"\"\n[Group Membership]\n*S-1-5-32-544__Members = *S-1-5-11\n\
             *S-1-5-32-544__Memberof =\n[System Log]\nMaximumLogSize = 64\n[Event Audit]\nAuditLogonEvents = 2\n",
            &[
                "Audit(Name=AuditLogonEvents,SuccessAttempts=false,FailureAttempts=true)",
                "EventLog(Name=MaximumLogSize,Log=System,SettingNumber=64)",
                "RestrictedGroups(GroupName(SID=S-1-5-32-544,Name=BUILTIN\\Administrators),\
                 Member(SID=S-1-5-11,Name=NT AUTHORITY\\Authenticated Users))",
                "SystemServices(Name=AppIDSvc,StartupMode=Automatic,SD=false)",
                "File(Path=%SystemRoot%,SD=false,Mode=Propogate)",
                "Registry(Path=MACHINE\\Software,SD=true,Mode=Replace)",
            ],
            &["%SystemRoot%: not a security descriptor in SDDL: P, AI, AR or ( at `broken`"],
        );
    }

    #[test]
    fn a_damaged_template_tells_its_lines() {
        check(
            "[System Access]\nMinimumPasswordAge\nPasswordHistorySize = 24\n[Odd]\n",
            &["Account(Name=PasswordHistorySize,SettingNumber=24,Type=Password)"],
            &["line 2: expected name = value, found `MinimumPasswordAge`", "the section [Odd] is not known"],
        );
    }
}
