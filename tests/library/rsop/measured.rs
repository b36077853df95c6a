//! What real Windows clients did: every measured topology of the corpus is built, planned and compared with the values that Windows had.

use std::collections::BTreeMap;

use opengpmc::report::Side;
use serde_json::Value;

use super::super::corpus::corpus;
use super::forest::Case;

/// The letters by which the topology's parts are called in a [`Case`].
struct Names {
    soms: BTreeMap<String, String>,
}

impl Names {
    /// OUs by their path from the domain down, `Root/Parent`.
    fn of(soms: &[Value]) -> Self {
        let mut names = Names { soms: BTreeMap::new() };
        let mut sites = ["S", "T"].into_iter();
        for som in soms {
            let key = som["key"].as_str().unwrap();
            let parent = som["parent"].as_str();
            let path = match (key, parent) {
                ("domain", _) => "d".to_owned(),
                (key, None) if key.starts_with("site") => sites.next().unwrap().to_owned(),
                (key, None) => panic!("`{key}` hangs nowhere"),
                (key, Some("domain")) => format!("Ou{}", letters(key)),
                (key, Some(parent)) => format!("{}/Ou{}", names.soms[parent], letters(key)),
            };
            names.soms.insert(key.to_owned(), path);
        }
        names
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(query) => query.get("query").map_or_else(Vec::new, texts),
        _ => Vec::new(),
    }
}

fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or(false)
}

/// The name by which rights call somebody.
fn trustee(who: &str) -> String {
    match who {
        "authenticated-users" => "AU".to_owned(),
        "user" => "u".to_owned(),
        "computer" => "c".to_owned(),
        "domain-computers" => "DC".to_owned(),
        "domain-users" => "DU".to_owned(),
        "system" => "SYSTEM".to_owned(),
        "interactive" => "INTERACTIVE".to_owned(),
        "everyone" => "Everyone".to_owned(),
        "enterprise-domain-controllers" => "Controllers".to_owned(),
        "domain-admins" => "Admins".to_owned(),
        group => format!("X{}", letters(group)),
    }
}

/// The rights in canonical order, as Windows' own tools leave them. Where rights are given, Authenticated Users keep Read.
fn rights(list: &[Value]) -> String {
    let entry = |one: &Value| {
        let who = trustee(one["who"].as_str().unwrap());
        let (kind, rights) = one["ace"].as_str().unwrap().split_once(' ').unwrap();
        let rights = rights.replace([' ', ','], "");
        if kind == "deny" { (0, format!("deny {rights} {who}")) } else { (1, format!("{who} {rights}")) }
    };
    let mut entries: Vec<(u8, String)> = list.iter().map(entry).collect();
    if !list.iter().any(|one| one["who"] == "authenticated-users") {
        entries.push((1, "AU read".to_owned()));
    }
    entries.sort_by_key(|(place, _)| *place);
    entries.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>().join("; ")
}

/// What the measured client was: the properties of the classes that filters ask for.
const CLIENT: &[(&str, &[(&str, &str)])] = &[
    (
        "Win32_OperatingSystem",
        &[
            ("BuildNumber", "26200"),
            ("Version", "10.0.26200"),
            ("ProductType", "1"),
            ("Caption", "Microsoft Windows 11 Enterprise"),
            ("OSArchitecture", "64-bit"),
            ("OSType", "18"),
        ],
    ),
    ("Win32_ComputerSystem", &[("PartOfDomain", "TRUE"), ("DomainRole", "1")]),
    ("Win32_Processor", &[("AddressWidth", "64"), ("Architecture", "9")]),
];

/// Says whether a query finds a row on that client. A class or property that it does not have makes the filter false.
fn finds(query: &str) -> bool {
    let (_, rest) = split_word(query, " from ").unwrap();
    let (class, condition) = split_word(rest, " where ").map_or((rest, None), |(class, rest)| (class, Some(rest)));
    let Some((_, properties)) = CLIENT.iter().find(|(name, _)| name.eq_ignore_ascii_case(class.trim())) else {
        return false;
    };
    let Some(condition) = condition else { return true };
    let or = split_all(condition, " or ");
    or.iter().any(|part| split_all(part, " and ").iter().all(|part| holds(part, properties)))
}

fn split_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = text.to_ascii_lowercase().find(word)?;
    Some((&text[..at], &text[at + word.len()..]))
}

fn split_all<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((part, after)) = split_word(rest, word) {
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

fn holds(condition: &str, properties: &[(&str, &str)]) -> bool {
    let operators = ["<>", "!=", ">=", "<=", "=", ">", "<", " like "];
    let condition = condition.trim().trim_matches(['(', ')']);
    let found = operators.iter().find_map(|operator| Some((operator, split_word(condition, operator)?)));
    let (operator, (property, value)) = found.unwrap_or_else(|| panic!("`{condition}`"));
    let value = value.trim();
    let literal = value.trim_matches(['\'', '"']);
    let Some((_, own)) = properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(property.trim())) else {
        return false;
    };
    let order = match (own.parse::<i64>(), literal.parse::<i64>()) {
        // Without quotes it is a number; with them the text is compared.
        (Ok(own), Ok(number)) if literal == value => own.cmp(&number),
        _ => own.to_lowercase().cmp(&literal.to_lowercase()),
    };
    match *operator {
        "=" => order.is_eq(),
        "<>" | "!=" => order.is_ne(),
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        _ => {
            let pattern = literal.to_lowercase();
            let own = own.to_lowercase();
            match (pattern.strip_prefix('%'), pattern.strip_suffix('%')) {
                (Some(_), Some(_)) => own.contains(pattern.trim_matches('%')),
                (Some(end), None) => own.ends_with(end),
                (None, Some(start)) => own.starts_with(start),
                (None, None) => own == pattern,
            }
        }
    }
}

/// Builds a topology; returns whom to plan for too.
fn build(topology: &Value) -> (Case, String) {
    let list = |name: &str| topology[name].as_array().cloned().unwrap_or_default();
    let (soms, gpos) = (list("soms"), list("gpos"));
    let names = Names::of(&soms);
    let mut links: BTreeMap<&str, Vec<(u64, String)>> = BTreeMap::new();
    for (number, gpo) in gpos.iter().enumerate() {
        let status = |half: &str| if gpo[half] == "disabled" { format!("({}-)", &half[..1]) } else { String::new() };
        let enforced = if is_true(&gpo["enforced"]) { "!" } else { "" };
        let disabled = if gpo["link"] == "disabled" { "-" } else { "" };
        let halves = status("user_half") + &status("computer_half");
        for som in texts(&gpo["linked_at"]) {
            let link = format!("G{number}{enforced}{disabled}{halves}");
            links.entry(som).or_default().push((gpo["link_order"].as_u64().unwrap_or(1), link));
        }
    }
    let mut text = String::new();
    for som in &soms {
        let key = som["key"].as_str().unwrap();
        let blocks = if is_true(&som["block_inheritance"]) { "#" } else { "" };
        let mut own = links.remove(key).unwrap_or_default();
        own.sort_by_key(|(order, _)| *order);
        let own: Vec<String> = own.into_iter().map(|(_, link)| link).collect();
        text += &format!("{}{blocks}[{}] ", names.soms[key], own.join(" "));
    }
    assert!(links.is_empty(), "links at places that do not exist: {links:?}");
    let mut case = Case::new(&text);
    if let Some(groups) = topology["groups"].as_object() {
        for (name, members) in groups {
            let members: Vec<String> = texts(members).into_iter().map(trustee).collect();
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            case = case.group(&trustee(name), &members);
        }
    }
    for (number, gpo) in gpos.iter().enumerate() {
        let name = format!("G{number}");
        if let Some(query) = gpo.get("wmi") {
            let outcome = texts(query).into_iter().all(finds);
            case = case.filter(&name, outcome);
        }
        if let Some(list) = gpo["rights"].as_array() {
            case = case.rights(&name, &rights(list));
        }
        case = case.gpo(&name, |spec| {
            for (side, values, policy) in
                [(Side::Computer, "computer_values", "computer_policy"), (Side::User, "user_values", "user_policy")]
            {
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let object = |name: &str| gpo[name].as_object().cloned().unwrap_or_default();
                let own: Vec<(String, String)> =
                    object(values).iter().map(|(name, value)| (name.clone(), text(value))).collect();
                let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                spec.set(side, &own);
                let mut is_empty = own.is_empty();
                for (path, value) in object(policy) {
                    let (key, name) = path.rsplit_once('\\').unwrap();
                    spec.number(side, key, name, u32::try_from(value.as_u64().unwrap()).unwrap());
                    is_empty = false;
                }
                if is_empty {
                    spec.empty(side);
                }
            }
        });
    }
    let has_site = soms.iter().any(|som| som["key"] == "site");
    if has_site {
        case = case.site("S");
    }
    let place = |name: &str| topology[name].as_str().map(|key| names.soms[key].clone());
    let mut who = String::new();
    if topology["side"] == "user" {
        who = format!("u@{} ", place("user_in").unwrap_or_else(|| "d".to_owned()));
    }
    who += &format!("c@{}", place("computer_in").unwrap_or_else(|| "d".to_owned()));
    (case, who)
}

#[test]
fn windows_agrees_with_every_measured_topology() {
    let Some(folder) = corpus("rsop/gpo-studio-scenarios") else { return };
    let mut files = vec![folder.join("topologies.json")];
    files.extend(std::env::var_os("OPENGPMC_TOPOLOGIES").map(Into::into));
    let mut compared = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let topologies: Value = serde_json::from_str(&text).unwrap();
        for topology in topologies["cases"].as_array().unwrap() {
            check(topology);
            compared += 1;
        }
    }
    assert!(compared >= 6, "{compared} topologies");
}

fn check(topology: &Value) {
    let id = topology["id"].as_str().unwrap();
    let (case, who) = build(topology);
    let planned = case.plan(&who);
    let why = || {
        let links = planned.side().candidates.iter();
        links.map(|link| format!("\n{}: {}", link.gpo.name, link.explain(&|_| None))).collect::<String>()
    };
    for (name, value) in topology["windows"]["values"].as_object().unwrap() {
        let expected = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(planned.value(name), expected, "{id}: {name}{}", why());
    }
    for name in texts(&topology["windows"]["absent"]) {
        assert_eq!(planned.value(name), "unset", "{id}: {name}{}", why());
    }
    let mode = serde_json::to_value(planned.plan.loopback.mode).unwrap();
    match topology["loopback"].as_str() {
        None | Some("disabled" | "none") => assert!(mode.is_null(), "{id}: {mode}"),
        Some(expected) => assert_eq!(mode, expected, "{id}"),
    }
}

#[test]
fn queries_are_judged_as_the_client_judged_them() {
    for (query, expected) in [
        ("SELECT * FROM Win32_OperatingSystem WHERE BuildNumber = '99999'", false),
        ("SELECT * FROM Win32_OperatingSystem WHERE BuildNumber >= '1'", true),
        ("select * from Win32_OperatingSystem", true),
        ("SELECT * FROM Win32_NoSuchClass", false),
        ("SELECT * FROM Win32_OperatingSystem WHERE NoSuchProperty = 1", false),
        (r#"SELECT * FROM Win32_OperatingSystem WHERE Version LIKE "10.%" AND ProductType = "1""#, true),
        (r#"SELECT * FROM Win32_OperatingSystem WHERE Version LIKE "6.%" OR ProductType = 2"#, false),
    ] {
        assert_eq!(finds(query), expected, "{query}");
    }
}
