//! `GptTmpl.inf`, the security template of a GPO ([MS-GPSB] 2.2, `gpo-storage.md` B6).
//!
//! The file is kept line by line ([`IniFile`]); [`SecurityTemplate::settings`] reads the sections that are known into values. A line that
//! does not say what its section holds becomes a problem with its number, and the lines around it count.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::ident::Sid;

use super::ini::{IniFile, IniLine, IniProblem};

/// A security template. Any bytes are one; it is the lines that may be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityTemplate {
    file: IniFile,
}

/// What a security template sets, in the order of its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateSettings {
    /// `[System Access]`: passwords, lockout, accounts.
    pub system_access: Vec<TemplateValue>,
    /// `[Kerberos Policy]`.
    pub kerberos: Vec<TemplateValue>,
    /// `[Event Audit]`.
    pub event_audit: Vec<EventAudit>,
    /// `[Application Log]`, `[System Log]`, `[Security Log]`, in this order.
    pub event_logs: Vec<EventLogValue>,
    /// `[Registry Values]`.
    pub registry_values: Vec<RegistryValue>,
    /// `[Privilege Rights]`.
    pub rights: Vec<UserRight>,
    /// `[Group Membership]`, each group once.
    pub groups: Vec<RestrictedGroup>,
    /// `[Service General Setting]`.
    pub services: Vec<ServiceSetting>,
    /// `[File Security]`.
    pub files: Vec<ObjectSecurity>,
    /// `[Registry Keys]`.
    pub keys: Vec<ObjectSecurity>,
    /// Names of sections that are not known; their lines are kept in the file.
    pub unknown_sections: Vec<String>,
    /// Lines that could not be read.
    pub problems: Vec<IniProblem>,
}

/// A setting with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateValue {
    /// Its name, `MinimumPasswordAge`.
    pub name: String,
    /// Its value.
    pub value: TemplateData,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateData {
    /// A number; −1 stands for never, or for ever.
    Number(i64),
    /// A text as it stands, quotes included.
    Text(String),
}

/// Auditing of a category, as it was before subcategories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventAudit {
    /// Name of the category, `AuditLogonEvents`.
    pub name: String,
    /// Whether success is recorded.
    pub success: bool,
    /// Whether failure is recorded.
    pub failure: bool,
}

/// The event logs that a template can set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventLog {
    /// Application.
    Application,
    /// System.
    System,
    /// Security.
    Security,
}

impl EventLog {
    /// All of them in the order of reports.
    pub const ALL: [EventLog; 3] = [EventLog::Application, EventLog::System, EventLog::Security];

    /// Returns the name in reports.
    pub fn label(self) -> &'static str {
        match self {
            EventLog::Application => "Application",
            EventLog::System => "System",
            EventLog::Security => "Security",
        }
    }

    /// Returns the name of its section.
    pub fn section(self) -> &'static str {
        match self {
            EventLog::Application => "Application Log",
            EventLog::System => "System Log",
            EventLog::Security => "Security Log",
        }
    }
}

/// A setting of an event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLogValue {
    /// The log.
    pub log: EventLog,
    /// Name of the setting, `MaximumLogSize` (in KiB).
    pub name: String,
    /// Its value.
    pub value: i64,
}

/// A registry value that is set: a security option, or any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryValue {
    /// Key and value, `MACHINE\System\…\LmCompatibilityLevel`.
    pub key: String,
    /// Type of the value as the registry numbers them: 1, 2, 3, 4, 7.
    pub kind: u32,
    /// The data.
    pub data: RegistryValueData,
}

/// The data of a registry value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryValueData {
    /// A number: type 4, and type 3 where it is written as a number.
    Number(u32),
    /// A text as it stands, quotes included.
    Text(String),
    /// Several texts: type 7.
    Strings(Vec<String>),
}

/// A principal as a template names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePrincipal {
    /// By its SID, `*S-1-5-32-544`.
    Sid(Sid),
    /// By a name that could not be resolved when it was entered.
    Name(String),
}

/// A user right and who has it. Nobody has a right without members; a right that is not there is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRight {
    /// Name, `SeBackupPrivilege`.
    pub name: String,
    /// Who has it.
    pub members: Vec<TemplatePrincipal>,
}

/// A group whose membership is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestrictedGroup {
    /// The group.
    pub group: TemplatePrincipal,
    /// Its only members; none where they are not set.
    pub members: Option<Vec<TemplatePrincipal>>,
    /// The groups that it is made a member of; none where that is not set.
    pub member_of: Option<Vec<TemplatePrincipal>>,
}

/// A system service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSetting {
    /// Its short name.
    pub name: String,
    /// 2 automatic, 3 manual, 4 disabled.
    pub start: u32,
    /// Who may control it, in SDDL; empty where that is not set.
    pub sddl: String,
}

/// Permissions on a file, folder or registry key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSecurity {
    /// Its path.
    pub path: String,
    /// 0 inheritable permissions are propagated, 1 existing permissions below are replaced, 2 permissions may not be replaced.
    pub mode: u32,
    /// The permissions in SDDL.
    pub sddl: String,
}

/// The sections that are read, and those that say what kind of file it is.
const KNOWN_SECTIONS: &[&str] = &[
    "Unicode",
    "Version",
    "Profile Description",
    "System Access",
    "Kerberos Policy",
    "Event Audit",
    "Application Log",
    "System Log",
    "Security Log",
    "Registry Values",
    "Privilege Rights",
    "Group Membership",
    "Service General Setting",
    "File Security",
    "Registry Keys",
];

impl SecurityTemplate {
    /// Reads a file. Any bytes are one.
    pub fn parse(bytes: &[u8]) -> Self {
        SecurityTemplate { file: IniFile::parse(bytes) }
    }

    /// Returns the template that Windows leaves where nothing is set.
    pub fn new() -> Self {
        let text = "[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature=\"$CHICAGO$\"\r\nRevision=1\r\n";
        let units = [0xFEFF].into_iter().chain(text.encode_utf16());
        SecurityTemplate::parse(&units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.file.to_bytes()
    }

    /// Returns the lines.
    pub fn file(&self) -> &IniFile {
        &self.file
    }

    /// Sets the value of a key; all other lines stay as they are.
    pub fn set_value(&mut self, section: &str, key: &str, value: &str) {
        self.file.set_value(section, key, value);
    }

    /// Reads the settings.
    pub fn settings(&self) -> TemplateSettings {
        let mut settings = TemplateSettings::default();
        let mut reader = Reader { file: &self.file, problems: Vec::new() };
        settings.system_access = reader.read("System Access", template_value);
        settings.kerberos = reader.read("Kerberos Policy", template_value);
        settings.event_audit = reader.read("Event Audit", event_audit);
        for log in EventLog::ALL {
            settings.event_logs.extend(reader.read(log.section(), |line| event_log_value(line, log)));
        }
        settings.registry_values = reader.read("Registry Values", registry_value);
        settings.rights = reader.read("Privilege Rights", user_right);
        settings.groups = merged_groups(reader.read("Group Membership", group_membership));
        settings.services = reader.read("Service General Setting", |line| {
            let (name, start, sddl) = quoted_triple(line, "\"service\",start,\"SDDL\"")?;
            Ok(ServiceSetting { name, start, sddl })
        });
        for (section, list) in [("File Security", &mut settings.files), ("Registry Keys", &mut settings.keys)] {
            *list = reader.read(section, |line| {
                let (path, mode, sddl) = quoted_triple(line, "\"path\",mode,\"SDDL\"")?;
                Ok(ObjectSecurity { path, mode, sddl })
            });
        }
        settings.problems = reader.problems;
        settings.problems.extend(self.file.lines_before_sections().iter().map(|line| line.problem("a section")));
        settings.problems.sort_by_key(|problem| problem.line);
        for (_, name) in self.file.sections() {
            if !KNOWN_SECTIONS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                settings.unknown_sections.push(name.to_owned());
            }
        }
        settings
    }
}

impl Default for SecurityTemplate {
    fn default() -> Self {
        SecurityTemplate::new()
    }
}

struct Reader<'a> {
    file: &'a IniFile,
    problems: Vec<IniProblem>,
}

impl Reader<'_> {
    fn read<T>(&mut self, section: &str, read: impl Fn(&IniLine) -> Result<T, IniProblem>) -> Vec<T> {
        let mut found = Vec::new();
        for line in self.file.lines(section) {
            match read(&line) {
                Ok(value) => found.push(value),
                Err(problem) => self.problems.push(problem),
            }
        }
        found
    }
}

fn pair(line: &IniLine) -> Result<(&str, &str), IniProblem> {
    line.pair().filter(|(key, _)| !key.is_empty()).ok_or_else(|| line.problem("name = value"))
}

fn template_value(line: &IniLine) -> Result<TemplateValue, IniProblem> {
    let (name, value) = pair(line)?;
    let value = match value.parse() {
        Ok(number) => TemplateData::Number(number),
        Err(_) if value.is_empty() => return Err(line.problem("a value")),
        Err(_) => TemplateData::Text(value.to_owned()),
    };
    Ok(TemplateValue { name: name.to_owned(), value })
}

fn event_audit(line: &IniLine) -> Result<EventAudit, IniProblem> {
    let (name, value) = pair(line)?;
    let number: u32 = value.parse().map_err(|_| line.problem("a number from 0 to 3"))?;
    Ok(EventAudit { name: name.to_owned(), success: number & 1 != 0, failure: number & 2 != 0 })
}

fn event_log_value(line: &IniLine, log: EventLog) -> Result<EventLogValue, IniProblem> {
    let (name, value) = pair(line)?;
    let value = value.parse().map_err(|_| line.problem("a number"))?;
    Ok(EventLogValue { log, name: name.to_owned(), value })
}

fn registry_value(line: &IniLine) -> Result<RegistryValue, IniProblem> {
    const EXPECTED: &str = "key=type,data";
    // A name may hold `=`; the type begins behind the first one that a number and a comma follow.
    let mut splits = line.text.match_indices('=').filter_map(|(at, _)| {
        let behind = &line.text[at + 1..];
        let kind_end = behind.find(|c: char| !c.is_ascii_digit() && !c.is_whitespace())?;
        let data = behind[kind_end..].strip_prefix(',')?;
        let kind: u32 = behind[..kind_end].trim().parse().ok()?;
        Some((line.text[..at].trim(), kind, data.trim()))
    });
    let (key, kind, data) = splits.next().ok_or_else(|| line.problem(EXPECTED))?;
    if key.is_empty() {
        return Err(line.problem(EXPECTED));
    }
    let data = match kind {
        4 => RegistryValueData::Number(number(data).ok_or_else(|| line.problem("a number of 32 bits"))?),
        3 => number(data).map_or_else(|| RegistryValueData::Text(data.to_owned()), RegistryValueData::Number),
        7 => RegistryValueData::Strings(strings(data)),
        _ => RegistryValueData::Text(data.to_owned()),
    };
    Ok(RegistryValue { key: key.to_owned(), kind, data })
}

/// Reads a number of 32 bits, in hex too; a negative one is its complement.
fn number(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(digits, 16).ok();
    }
    text.parse::<u32>().ok().or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned))
}

/// Splits the data of type 7 at its commas; `","` is a comma within a text.
fn strings(data: &str) -> Vec<String> {
    const COMMA: &str = "\",\"";
    if data.is_empty() {
        return Vec::new();
    }
    let mut found = vec![String::new()];
    for (index, piece) in data.split(COMMA).enumerate() {
        let mut texts = piece.split(',');
        if let (Some(last), Some(first)) = (found.last_mut(), texts.next()) {
            if index > 0 {
                last.push(',');
            }
            last.push_str(first);
        }
        found.extend(texts.map(str::to_owned));
    }
    found
}

fn user_right(line: &IniLine) -> Result<UserRight, IniProblem> {
    let (name, members) = pair(line)?;
    Ok(UserRight { name: name.to_owned(), members: principals(members) })
}

fn principals(list: &str) -> Vec<TemplatePrincipal> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(principal).collect()
}

fn principal(text: &str) -> TemplatePrincipal {
    match text.strip_prefix('*').map(str::parse) {
        Some(Ok(sid)) => TemplatePrincipal::Sid(sid),
        _ => TemplatePrincipal::Name(text.to_owned()),
    }
}

fn group_membership(line: &IniLine) -> Result<RestrictedGroup, IniProblem> {
    const EXPECTED: &str = "group__Members = … or group__Memberof = …";
    let (key, list) = pair(line)?;
    let (group, which) = key.rsplit_once("__").ok_or_else(|| line.problem(EXPECTED))?;
    let mut found = RestrictedGroup { group: principal(group.trim()), members: None, member_of: None };
    match which.to_ascii_lowercase().as_str() {
        "members" => found.members = Some(principals(list)),
        "memberof" => found.member_of = Some(principals(list)),
        _ => return Err(line.problem(EXPECTED)),
    }
    Ok(found)
}

/// Puts the two lines of a group together, in the order in which groups first appear.
fn merged_groups(lines: Vec<RestrictedGroup>) -> Vec<RestrictedGroup> {
    let mut groups: Vec<RestrictedGroup> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for line in lines {
        match places.entry(group_key(&line.group)) {
            Entry::Occupied(place) => {
                let group = &mut groups[*place.get()];
                group.members = group.members.take().or(line.members);
                group.member_of = group.member_of.take().or(line.member_of);
            }
            Entry::Vacant(place) => {
                place.insert(groups.len());
                groups.push(line);
            }
        }
    }
    groups
}

/// Returns what two lines of one group have in common: its SID, or its name without case.
fn group_key(principal: &TemplatePrincipal) -> String {
    match principal {
        TemplatePrincipal::Sid(sid) => format!("*{sid}"),
        TemplatePrincipal::Name(name) => name.to_lowercase(),
    }
}

/// Reads `"name",number,"text"`; the quotes may be missing, and the text too.
fn quoted_triple(line: &IniLine, expected: &'static str) -> Result<(String, u32, String), IniProblem> {
    let problem = || line.problem(expected);
    let (name, rest) = match line.text.strip_prefix('"') {
        Some(rest) => {
            let (name, rest) = rest.split_once('"').ok_or_else(problem)?;
            (name, rest.trim_start().strip_prefix(',').ok_or_else(problem)?)
        }
        None => line.text.split_once(',').ok_or_else(problem)?,
    };
    let (number, text) = rest.split_once(',').unwrap_or((rest, ""));
    let number = number.trim().parse().map_err(|_| problem())?;
    let text = text.trim();
    let text = text.strip_prefix('"').map_or(text, |text| text.strip_suffix('"').unwrap_or(text));
    let name = name.trim();
    if name.is_empty() {
        return Err(problem());
    }
    Ok((name.to_owned(), number, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> TemplateSettings {
        SecurityTemplate::parse(text.as_bytes()).settings()
    }

    fn sid(text: &str) -> TemplatePrincipal {
        TemplatePrincipal::Sid(text.parse().unwrap())
    }

    #[test]
    fn reads_every_section() {
        let found = settings(
            "[Unicode]\r\nUnicode=yes\r\n[System Access]\r\nMinimumPasswordAge = 1\r\nLockoutDuration = -1\r\n\
             NewGuestName = \"Visitor\"\r\n[Kerberos Policy]\r\nMaxTicketAge = 10\r\n[Event Audit]\r\n\
             AuditLogonEvents = 3\r\nAuditDSAccess = 0\r\n[Security Log]\r\nMaximumLogSize = 64\r\n\
             [Application Log]\r\nRetentionDays = 7\r\n[Custom]\r\nx=y\r\n[Version]\r\nRevision=1\r\n",
        );
        let value = |name: &str, value| TemplateValue { name: name.to_owned(), value };
        let expected = [
            value("MinimumPasswordAge", TemplateData::Number(1)),
            value("LockoutDuration", TemplateData::Number(-1)),
            value("NewGuestName", TemplateData::Text("\"Visitor\"".to_owned())),
        ];
        assert_eq!(found.system_access, expected);
        assert_eq!(found.kerberos, [value("MaxTicketAge", TemplateData::Number(10))]);
        let audit: Vec<_> = found.event_audit.iter().map(|audit| (audit.success, audit.failure)).collect();
        assert_eq!(audit, [(true, true), (false, false)]);
        let logs: Vec<_> = found.event_logs.iter().map(|value| (value.log, value.value)).collect();
        assert_eq!(logs, [(EventLog::Application, 7), (EventLog::Security, 64)]);
        assert_eq!(found.unknown_sections, ["Custom"]);
        assert_eq!(found.problems, []);
    }

    #[test]
    fn reads_registry_values() {
        let check = |line: &str, key: &str, kind: u32, data: RegistryValueData| {
            let found = settings(&format!("[Registry Values]\n{line}\n"));
            assert_eq!(found.registry_values, [RegistryValue { key: key.to_owned(), kind, data }], "{line}");
        };
        let text = |text: &str| RegistryValueData::Text(text.to_owned());
        let strings = |texts: &[&str]| RegistryValueData::Strings(texts.iter().map(|&text| text.to_owned()).collect());
        check(r"MACHINE\A\b=4,1", r"MACHINE\A\b", 4, RegistryValueData::Number(1));
        check(r"MACHINE\A\b=4,-1", r"MACHINE\A\b", 4, RegistryValueData::Number(u32::MAX));
        check(r#"MACHINE\A\b=1,"x, y""#, r"MACHINE\A\b", 1, text("\"x, y\""));
        check(r"MACHINE\A\b=3,0", r"MACHINE\A\b", 3, RegistryValueData::Number(0));
        check(r"MACHINE\A\a=b=3,0a,ff", r"MACHINE\A\a=b", 3, text("0a,ff"));
        check(r"MACHINE\A\b=7,", r"MACHINE\A\b", 7, strings(&[]));
        check(r"MACHINE\A\b=7,x,y z", r"MACHINE\A\b", 7, strings(&["x", "y z"]));
        check("MACHINE\\A\\b=7,one\",\" two\",\" three,four", r"MACHINE\A\b", 7, strings(&["one, two, three", "four"]));
    }

    #[test]
    fn reads_rights_and_groups() {
        let found = settings(
            "[Privilege Rights]\nSeTcbPrivilege =\nSeBackupPrivilege = *S-1-5-32-544,Guest, *S-broken\n\
             [Group Membership]\n*S-1-5-32-544__Memberof =\nStaff__Members = *S-1-5-11\n*s-1-5-32-544__Members = Guest\n",
        );
        assert_eq!(found.rights[0].members, []);
        let name = |name: &str| TemplatePrincipal::Name(name.to_owned());
        assert_eq!(found.rights[1].members, [sid("S-1-5-32-544"), name("Guest"), name("*S-broken")]);
        let group = |group, members, member_of| RestrictedGroup { group, members, member_of };
        assert_eq!(
            found.groups,
            [
                group(sid("S-1-5-32-544"), Some(vec![name("Guest")]), Some(Vec::new())),
                group(name("Staff"), Some(vec![sid("S-1-5-11")]), None),
            ]
        );
    }

    #[test]
    fn reads_services_files_and_keys() {
        let found = settings(
            "[Service General Setting]\n\"AppIDSvc\",2,\"\"\nBITS,4\n\
             [File Security]\n\"%SystemRoot%\\a=b, c\",0,\"D:(XA;;FX;;;WD;(@User.x==\"\"y\"\"))\"\n\
             [Registry Keys]\n\"MACHINE\\Software\",2,\"D:PAR\"\n",
        );
        let service = |name: &str, start| ServiceSetting { name: name.to_owned(), start, sddl: String::new() };
        assert_eq!(found.services, [service("AppIDSvc", 2), service("BITS", 4)]);
        assert_eq!(found.files[0].path, "%SystemRoot%\\a=b, c");
        assert_eq!(found.files[0].sddl, "D:(XA;;FX;;;WD;(@User.x==\"\"y\"\"))");
        assert_eq!((found.keys[0].mode, found.keys[0].sddl.as_str()), (2, "D:PAR"));
    }

    #[test]
    fn a_damaged_line_is_told_and_the_rest_is_read() {
        let found = settings(
            "stray\n[System Access]\nMinimumPasswordAge\nPasswordComplexity = 1\n[Registry Values]\nx=4,abc\ny=1\n\
             [Event Audit]\nAuditX = many\n[Service General Setting]\n\"a\",x,\"\"\n\"b\"\n",
        );
        let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "line 1: expected a section, found `stray`",
                "line 3: expected name = value, found `MinimumPasswordAge`",
                "line 6: expected a number of 32 bits, found `x=4,abc`",
                "line 7: expected key=type,data, found `y=1`",
                "line 9: expected a number from 0 to 3, found `AuditX = many`",
                "line 11: expected \"service\",start,\"SDDL\", found `\"a\",x,\"\"`",
                "line 12: expected \"service\",start,\"SDDL\", found `\"b\"`",
            ]
        );
        assert_eq!(found.system_access.len(), 1);
    }

    #[test]
    fn a_new_template_is_the_smallest_that_windows_leaves() {
        let mut template = SecurityTemplate::new();
        assert_eq!(template.to_bytes().len(), 142);
        assert_eq!(template.settings(), TemplateSettings::default());
        template.set_value("System Access", "MinimumPasswordAge", "1");
        assert_eq!(template.settings().system_access.len(), 1);
        assert_eq!(template.to_bytes()[..142], SecurityTemplate::new().to_bytes());
    }
}
