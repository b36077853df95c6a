//! Item-level targeting in words (`console-ui.md` 11.5, `gpo-storage.md` B9.4).

use crate::format::preferences::{FilterJoin, FilterKind, TargetingFilter};
use crate::report::{Block, Element, Row, Table};

use super::words::{chosen, registry_value, spaced};

/// Reads the conditions in an element `Filters` of a report.
pub(super) fn read(filters: &Element) -> Vec<TargetingFilter> {
    let read_one = |filter: &Element| {
        let attributes = filter.attributes.iter().map(|(name, value)| (name.as_ref(), value.as_str()));
        TargetingFilter::new(&filter.name, attributes, read(filter))
    };
    filters.children.iter().map(read_one).collect()
}

/// Returns the table of conditions, collections nested; none where there is no condition to be shown.
pub(super) fn table(filters: &[TargetingFilter]) -> Option<Table> {
    let mut table = Table::new(&["Joined by", "Condition"]);
    for filter in filters.iter().filter(|filter| filter.kind != FilterKind::RunOnce) {
        let join = match filter.join {
            _ if table.rows.is_empty() => "",
            FilterJoin::And => "AND",
            FilterJoin::Or => "OR",
        };
        let mut row = Row::new([join.to_owned(), condition(filter)]);
        if let Some(nested) = self::table(&filter.children) {
            row.details.push(Block::Table(nested));
        }
        table.push(row);
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Returns a condition as a sentence, with what the sentence does not say in brackets behind it.
pub(super) fn condition(filter: &TargetingFilter) -> String {
    let (mut text, said) = sentence(filter);
    let rest: Vec<String> = filter
        .attributes
        .iter()
        .filter(|(name, value)| !is_idle(name, value) && !said.iter().any(|said| said.eq_ignore_ascii_case(name)))
        .map(|(name, value)| format!("{}: {value}", spaced(name)))
        .collect();
    if !rest.is_empty() {
        text = format!("{text} ({})", rest.join(", "));
    }
    if filter.hidden {
        text.push_str(" [set by the editor]");
    }
    text
}

/// Tells whether an attribute says nothing: bounds of versions that the editor writes where none are asked for.
fn is_idle(name: &str, value: &str) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "min" | "max" => value.is_empty() || value == "0.0.0.0",
        "gte" | "lte" => matches!(value, "" | "0" | "1"),
        _ => value.is_empty(),
    }
}

/// Returns the sentence and the attributes that it says.
fn sentence(filter: &TargetingFilter) -> (String, &'static [&'static str]) {
    let get = |name| filter.get(name);
    let is = if filter.negated { "is not" } else { "is" };
    let has = if filter.negated { "does not have" } else { "has" };
    let exists = if filter.negated { "does not exist" } else { "exists" };
    let who = if filter.flag("userContext") { "user" } else { "computer" };
    match filter.kind {
        FilterKind::Battery => (format!("A battery {is} present"), &[]),
        FilterKind::Collection => {
            let name = named("The collection", get("name"));
            let holds = if filter.negated { "does not hold" } else { "holds" };
            (format!("{name} {holds}:"), &["name"])
        }
        FilterKind::Computer => {
            let kind = chosen(&[("NETBIOS", "NetBIOS name"), ("DNS", "DNS name")], get("type"));
            (format!("The {kind} of the computer {is} {}", get("name")), &["type", "name"])
        }
        FilterKind::Cpu => (format!("The processor speed {is} at least {} MHz", get("speedMHz")), &["speedMHz"]),
        FilterKind::Date => (format!("Today {is} {}", date(filter)), &["period", "dow", "day", "month", "year"]),
        FilterKind::Disk => {
            let drive = if get("drive").eq_ignore_ascii_case("System") { "the system drive" } else { get("drive") };
            (format!("Free space on {drive} {is} at least {}", kilobytes(get("freeSpace"))), &["drive", "freeSpace"])
        }
        FilterKind::Domain => (format!("The {who} {is} in the domain {}", get("name")), &["name", "userContext"]),
        FilterKind::Dun => {
            let kind = if get("type").is_empty() { "any" } else { get("type") };
            (format!("A dial-up connection of type {kind} {is} in use"), &["type"])
        }
        FilterKind::File => file(filter, exists, is),
        FilterKind::Group => group(filter, who, is),
        FilterKind::IpRange => {
            (format!("The IP address {is} between {} and {}", get("min"), get("max")), &["min", "max"])
        }
        FilterKind::Language => language(filter, is),
        FilterKind::Ldap => (
            format!("The LDAP query {} below {} finds {}", get("searchFilter"), get("binding"), result(filter)),
            &["searchFilter", "binding"],
        ),
        FilterKind::MacRange => {
            (format!("The MAC address {is} between {} and {}", get("min"), get("max")), &["min", "max"])
        }
        FilterKind::Msi => msi(filter, exists),
        FilterKind::OrgUnit => {
            let place = if filter.flag("directMember") { "directly in" } else { "in" };
            let said: &[_] = &["name", "userContext", "directMember"];
            (format!("The {who} {is} {place} the organizational unit {}", get("name")), said)
        }
        FilterKind::Os => (operating_system(filter, is), &["class", "version", "type", "edition", "sp"]),
        FilterKind::Pcmcia => (format!("A PCMCIA slot {is} present"), &[]),
        FilterKind::Portable => {
            let states =
                flags(filter, &[("docked", "docked"), ("undocked", "undocked"), ("unknown", "in an unknown state")]);
            (format!("The computer {is} portable and {states}"), &["unknown", "docked", "undocked"])
        }
        FilterKind::ProcMode => (format!("Group Policy {is} processed {}", flags(filter, MODES)), MODE_NAMES),
        FilterKind::Ram => (format!("The computer {has} at least {} MB of memory", get("totalMB")), &["totalMB"]),
        FilterKind::Registry => registry(filter, exists, is),
        FilterKind::RunOnce => ("The item has not been applied yet".to_owned(), &[]),
        FilterKind::Site => (format!("The computer {is} in the site {}", get("name")), &["name"]),
        FilterKind::Terminal => {
            let session = chosen(
                &[("NE", "Any session"), ("TS", "The session of Remote Desktop"), ("CONSOLE", "The console session")],
                get("type"),
            );
            let option = get("option").to_ascii_lowercase();
            (
                format!(
                    "{session} {is} the present one{}",
                    named(if option.is_empty() { "" } else { ", its " }, &option)
                ),
                &["type", "option"],
            )
        }
        FilterKind::Time => {
            (format!("The time of day {is} between {} and {}", get("begin"), get("end")), &["begin", "end"])
        }
        FilterKind::User => (format!("The user {is} {}{}", get("name"), sid(filter)), &["name", "sid"]),
        FilterKind::Variable => (
            format!("The environment variable {} {is} {}", get("variableName"), get("value")),
            &["variableName", "value"],
        ),
        FilterKind::Wmi => (
            format!("The WMI query {} in {} finds {}", get("query"), get("nameSpace"), result(filter)),
            &["query", "nameSpace"],
        ),
        FilterKind::Unknown => {
            let not = if filter.negated { "Not: " } else { "" };
            (format!("{not}{}", filter.element), &[])
        }
    }
}

fn named(text: &str, name: &str) -> String {
    if name.is_empty() { text.to_owned() } else { format!("{text} {name}").trim_start().to_owned() }
}

fn result(filter: &TargetingFilter) -> &'static str {
    if filter.negated { "nothing" } else { "something" }
}

fn sid(filter: &TargetingFilter) -> String {
    let sid = filter.get("sid");
    if sid.is_empty() { String::new() } else { format!(" [{sid}]") }
}

fn group(filter: &TargetingFilter, who: &str, is: &str) -> (String, &'static [&'static str]) {
    let kind = match (filter.flag("primaryGroup"), filter.flag("localGroup")) {
        (true, _) => "has as primary group",
        (_, true) => "the local group",
        _ => "the security group",
    };
    let name = format!("{}{}", filter.get("name"), sid(filter));
    let said = &["name", "sid", "userContext", "primaryGroup", "localGroup"];
    if filter.flag("primaryGroup") {
        return (format!("The primary group of the {who} {is} {name}"), said);
    }
    (format!("The {who} {is} a member of {kind} {name}"), said)
}

fn date(filter: &TargetingFilter) -> String {
    let weekdays = [
        ("SUN", "Sunday"),
        ("MON", "Monday"),
        ("TUE", "Tuesday"),
        ("WED", "Wednesday"),
        ("THU", "Thursday"),
        ("FRI", "Friday"),
        ("SAT", "Saturday"),
    ];
    let (day, month, year) = (filter.get("day"), filter.get("month"), filter.get("year"));
    match filter.get("period").to_ascii_uppercase().as_str() {
        "WEEKLY" => format!("a {}", chosen(&weekdays, filter.get("dow"))),
        "MONTHLY" => format!("day {day} of the month"),
        "YEARLY" if year.is_empty() || year == "0" => format!("day {day} of month {month}"),
        _ => format!("{year}-{month}-{day}"),
    }
}

fn kilobytes(value: &str) -> String {
    const PER_GIGABYTE: u64 = 1024 * 1024;
    match value.trim().parse::<u64>() {
        Ok(size) if size > 0 && size % PER_GIGABYTE == 0 => format!("{} GB ({size} KB)", size / PER_GIGABYTE),
        _ => format!("{value} KB"),
    }
}

/// Returns the bounds of a version, as the dialog joins them.
fn version_range(filter: &TargetingFilter) -> String {
    let from = if filter.flag("gte") { "at least" } else { "above" };
    let to = if filter.flag("lte") { "at most" } else { "below" };
    format!("{from} {} and {to} {}", filter.get("min"), filter.get("max"))
}

fn file(filter: &TargetingFilter, exists: &str, is: &str) -> (String, &'static [&'static str]) {
    let path = filter.get("path");
    if filter.get("type").eq_ignore_ascii_case("VERSION") {
        let said = &["path", "type", "folder", "gte", "lte", "min", "max"];
        return (format!("The version of the file {path} {is} {}", version_range(filter)), said);
    }
    let what = if filter.flag("folder") { "folder" } else { "file" };
    (format!("The {what} {path} {exists}"), &["path", "type", "folder"])
}

fn language(filter: &TargetingFilter, is: &str) -> (String, &'static [&'static str]) {
    let of = flags(filter, &[("default", "the user's default"), ("system", "the system's"), ("native", "the native")]);
    let name = match filter.get("displayName") {
        "" => filter.get("language"),
        name => name,
    };
    (format!("The language {name} {is} {of} language"), &["displayName", "language", "default", "system", "native"])
}

fn msi(filter: &TargetingFilter, exists: &str) -> (String, &'static [&'static str]) {
    let kinds = [("PRODUCT", "product"), ("PATCH", "patch"), ("FILECOMPONENT", "component")];
    let kind = chosen(&kinds, filter.get("type"));
    let code = filter.get("code");
    match filter.get("subtype").to_ascii_uppercase().as_str() {
        "EXISTS" | "" => (format!("The installed {kind} {code} {exists}"), &["type", "subtype", "code"]),
        "VERSION" => {
            let has = if filter.negated { "has no" } else { "has a" };
            (
                format!("The installed {kind} {code} {has} version {}", version_range(filter)),
                &["type", "subtype", "code", "min", "max", "gte", "lte"],
            )
        }
        other => {
            let matches = if filter.negated { "does not match" } else { "matches" };
            let query = spaced(&other.to_ascii_lowercase().replace('_', " "));
            (
                format!(
                    "Of the installed {kind} {code}, {} {matches} {} ({query})",
                    filter.get("item"),
                    filter.get("value")
                ),
                &["type", "subtype", "code", "item", "value"],
            )
        }
    }
}

fn registry(filter: &TargetingFilter, exists: &str, is: &str) -> (String, &'static [&'static str]) {
    let place = format!("{}\\{}", filter.get("hive"), filter.get("key"));
    let name = match filter.get("valueName") {
        "" => "(Default)",
        name => name,
    };
    match filter.get("type").to_ascii_uppercase().as_str() {
        "KEYEXISTS" => (format!("The registry key {place} {exists}"), &["type", "hive", "key"]),
        "VALUEEXISTS" => {
            (format!("The registry value {name} of {place} {exists}"), &["type", "hive", "key", "valueName"])
        }
        "GETVALUE" => (
            format!("The registry value {name} of {place} {exists}; it is put into {}", filter.get("variableName")),
            &["type", "hive", "key", "valueName", "variableName"],
        ),
        _ if filter.get("subtype").eq_ignore_ascii_case("VERSION") => (
            format!("The version in the registry value {name} of {place} {is} {}", version_range(filter)),
            &["type", "subtype", "hive", "key", "valueName", "min", "max", "gte", "lte"],
        ),
        kind => {
            let known = kind == "MATCHVALUE";
            let part =
                if filter.get("subtype").eq_ignore_ascii_case("SUBSTRING") { "something that contains " } else { "" };
            let data = registry_value(filter.get("valueType"), filter.get("valueData"));
            (
                format!("The registry value {name} of {place} {is} {part}{data}"),
                if known {
                    &["type", "subtype", "hive", "key", "valueName", "valueData"]
                } else {
                    &["hive", "key", "valueName", "valueData"]
                },
            )
        }
    }
}

const MODES: &[(&str, &str)] = &[
    ("syncFore", "synchronously in the foreground"),
    ("asyncFore", "asynchronously in the foreground"),
    ("backRefr", "as background refresh"),
    ("forceRefr", "as forced refresh"),
    ("linkTrns", "after a change of link speed"),
    ("noChg", "though nothing changed"),
    ("rsopTrns", "after a change of RSoP logging"),
    ("rsopEnbl", "with RSoP logging"),
    ("safeBoot", "in safe mode"),
    ("slowLink", "over a slow link"),
    ("verbLog", "with verbose logging"),
];

const MODE_NAMES: &[&str] = &[
    "syncFore",
    "asyncFore",
    "backRefr",
    "forceRefr",
    "linkTrns",
    "noChg",
    "rsopTrns",
    "rsopEnbl",
    "safeBoot",
    "slowLink",
    "verbLog",
];

/// Returns the words of the flags that are set, joined with `or`.
fn flags(filter: &TargetingFilter, words: &[(&str, &'static str)]) -> String {
    let set: Vec<&str> = words.iter().filter(|(name, _)| filter.flag(name)).map(|(_, text)| *text).collect();
    if set.is_empty() { "in no chosen way".to_owned() } else { set.join(" or ") }
}

const VERSIONS: &[(&str, &str)] = &[
    ("95", "Windows 95"),
    ("98", "Windows 98"),
    ("ME", "Windows Me"),
    ("NT", "Windows NT"),
    ("2K", "Windows 2000"),
    ("XP", "Windows XP"),
    ("2K3", "Windows Server 2003"),
    ("2K3R2", "Windows Server 2003 R2"),
    ("VISTA", "Windows Vista"),
    ("2K8", "Windows Server 2008"),
    ("WIN7", "Windows 7"),
    ("2K8R2", "Windows Server 2008 R2"),
    ("WIN8", "Windows 8"),
    ("WIN8S", "Windows Server 2012"),
    ("WINBLUE", "Windows 8.1"),
    ("WINBLUESRV", "Windows Server 2012 R2"),
    ("WINTHRESHOLD", "Windows 10 or later"),
    ("WINTHRESHOLDSRV", "Windows Server 2016 or later"),
];

const EDITIONS: &[(&str, &str)] = &[
    ("PRO", "Professional"),
    ("EP", "Enterprise"),
    ("ENT", "Enterprise"),
    ("ULT", "Ultimate"),
    ("BUS", "Business"),
    ("STD", "Standard"),
    ("DC", "Datacenter"),
    ("DTC", "Datacenter"),
    ("WEB", "Web"),
    ("SBS", "Small Business Server"),
    ("HP", "Home Premium"),
    ("HB", "Home Basic"),
    ("HM", "Home"),
    ("ST", "Starter"),
    ("MC", "Media Center"),
    ("TPC", "Tablet PC"),
];

const ROLES: &[(&str, &str)] = &[
    ("SV", "server"),
    ("DC", "domain controller"),
    ("WS", "workstation"),
    ("PR", "Professional"),
    ("PRO", "Professional"),
    ("R2", "R2"),
    ("SE", "Second Edition"),
];

fn operating_system(filter: &TargetingFilter, is: &str) -> String {
    let given = |name| Some(filter.get(name)).filter(|value| !value.is_empty() && !value.eq_ignore_ascii_case("NE"));
    let class = given("class").map(|class| chosen(&[("NT", "Windows"), ("9X", "Windows 95, 98 or Me")], class));
    let mut text = match given("version") {
        Some(version) if given("class").is_some_and(|class| !class.eq_ignore_ascii_case("NT")) => {
            format!("{} ({})", chosen(VERSIONS, version), class.unwrap_or_default())
        }
        Some(version) => chosen(VERSIONS, version).to_owned(),
        None => class.unwrap_or("any version of Windows").to_owned(),
    };
    if let Some(edition) = given("edition") {
        let (bits, code) = match edition.strip_prefix("64") {
            Some(code) => (", 64-bit", code),
            None => ("", edition),
        };
        let name = if code.is_empty() { "any edition" } else { chosen(EDITIONS, code) };
        text.push_str(&format!(", {name}{bits}"));
    }
    if let Some(role) = given("type") {
        text.push_str(&format!(", {}", chosen(ROLES, role)));
    }
    if let Some(pack) = given("sp") {
        text.push_str(&format!(", {}", chosen(&[("Gold", "no service pack")], pack)));
    }
    format!("The operating system {is} {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(element: &str, attributes: &[(&str, &str)], expected: &str) {
        let filter = TargetingFilter::new(element, attributes.iter().copied(), Vec::new());
        assert_eq!(condition(&filter), expected);
    }

    #[test]
    fn conditions_are_sentences() {
        check("FilterBattery", &[("not", "1")], "A battery is not present");
        check(
            "FilterGroup",
            &[("name", "CORP\\Staff"), ("sid", "S-1-5-21-1"), ("userContext", "1"), ("primaryGroup", "0")],
            "The user is a member of the security group CORP\\Staff [S-1-5-21-1]",
        );
        check(
            "FilterOrgUnit",
            &[("name", "OU=a,DC=b"), ("userContext", "0"), ("directMember", "1"), ("not", "1")],
            "The computer is not directly in the organizational unit OU=a,DC=b",
        );
        check(
            "FilterOs",
            &[("class", "NT"), ("version", "WINTHRESHOLD"), ("type", "NE"), ("edition", "64EP"), ("sp", "NE")],
            "The operating system is Windows 10 or later, Enterprise, 64-bit",
        );
        check(
            "FilterRegistry",
            &[("type", "KEYEXISTS"), ("hive", "HKEY_LOCAL_MACHINE"), ("key", "a\\b"), ("min", "0.0.0.0"), ("gte", "1")],
            "The registry key HKEY_LOCAL_MACHINE\\a\\b exists",
        );
        check(
            "FilterRegistry",
            &[
                ("type", "MATCHVALUE"),
                ("subtype", "SUBSTRING"),
                ("hive", "H"),
                ("key", "k"),
                ("valueName", "v"),
                ("valueType", "REG_SZ"),
                ("valueData", "d"),
            ],
            "The registry value v of H\\k is something that contains d (Value type: REG_SZ)",
        );
        check(
            "FilterDisk",
            &[("drive", "System"), ("freeSpace", "2097152")],
            "Free space on the system drive is at least 2 GB (2097152 KB)",
        );
        check("FilterDate", &[("period", "WEEKLY"), ("dow", "FRI")], "Today is a Friday");
        check(
            "FilterWmi",
            &[("query", "SELECT a"), ("nameSpace", "Root\\cimv2"), ("property", "p")],
            "The WMI query SELECT a in Root\\cimv2 finds something (Property: p)",
        );
        check(
            "FilterFuture",
            &[("a", "b"), ("not", "1"), ("hidden", "1")],
            "Not: FilterFuture (A: b) [set by the editor]",
        );
    }

    #[test]
    fn collections_are_tables_in_tables() {
        let battery = TargetingFilter::new("FilterBattery", [("bool", "OR")], Vec::new());
        let once = TargetingFilter::new("FilterRunOnce", [("id", "{A}")], Vec::new());
        let inner = vec![battery.clone(), battery];
        let collection = TargetingFilter::new("FilterCollection", [("not", "1"), ("name", "c")], inner);
        let table = table(&[once.clone(), collection]).unwrap();
        assert_eq!(table.rows[0].cells[1].text, "The collection c does not hold:");
        let Block::Table(nested) = &table.rows[0].details[0] else { panic!("no table") };
        assert_eq!((nested.rows[0].cells[0].text.as_str(), nested.rows[1].cells[0].text.as_str()), ("", "OR"));
        assert!(super::table(&[once]).is_none());
    }
}
