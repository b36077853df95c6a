//! A WMI filter (IGPMWMIFilter, `gpo-storage.md` A5, [MS-GPOL] 2.2.5).

use serde::Serialize;

use crate::format::SavedWmiQuery;
use crate::ident::{Dn, DnsName, Guid, Timestamp};

/// One query of a WMI filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WmiQuery {
    /// WMI namespace, `root\CIMv2`.
    pub namespace: String,
    /// The query's language, `WQL`.
    pub language: String,
    /// The query.
    pub query: String,
}

impl From<&SavedWmiQuery> for WmiQuery {
    fn from(saved: &SavedWmiQuery) -> Self {
        wmi_query(&saved.language, &saved.namespace, &saved.query)
    }
}

impl From<&WmiQuery> for SavedWmiQuery {
    fn from(query: &WmiQuery) -> Self {
        let WmiQuery { namespace, language, query } = query.clone();
        SavedWmiQuery { namespace, language, query }
    }
}

/// A WMI filter: its GPOs apply only where every query finds something.
#[derive(Clone, Debug, Serialize)]
pub struct WmiFilter {
    /// Its GUID.
    pub id: Guid,
    /// Its DN.
    pub dn: Dn,
    /// The domain it lives in.
    pub domain: DnsName,
    /// Name.
    pub name: String,
    /// Description; empty where there is none.
    pub description: String,
    /// Author, `user@domain`.
    pub author: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
    /// The queries.
    pub queries: Vec<WmiQuery>,
    /// Whether the stored query list contradicts its own lengths; it was read as far as possible.
    pub stored_lengths_wrong: bool,
    /// The descriptor as read, self-relative; none where it could not be read.
    #[serde(skip)]
    pub security_descriptor: Option<Vec<u8>>,
}

impl WmiFilter {
    /// Returns the path by which the object model names it, `MSFT_SomFilter.ID="{…}",Domain="…"`.
    pub fn path(&self) -> String {
        format!("MSFT_SomFilter.ID=\"{}\",Domain=\"{}\"", self.id, self.domain)
    }
}

/// A query list as it was read, with whether its lengths were right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WmiQueryList {
    /// The queries, in order.
    pub queries: Vec<WmiQuery>,
    /// Whether the text contradicts its own count or lengths; it was read as far as possible.
    pub lengths_wrong: bool,
}

impl WmiQueryList {
    /// Reads the attribute `msWMI-Parm2`: `<n>;` and n times
    /// `<length of language>;<length of namespace>;<length of query>;<language>;<namespace>;<query>;`, lengths in UTF-16 units.
    ///
    /// Where a length does not lead to a `;`, the part is taken to end where the next query's head stands, or at the end
    /// of the text: the specification's own example has such a wrong length.
    pub fn parse(text: &str) -> Self {
        let mut list = WmiQueryList::default();
        let Some((count, mut rest)) = text.split_once(';') else {
            list.lengths_wrong = !text.trim().is_empty();
            return list;
        };
        while !rest.trim().is_empty() {
            let Some((query, exact, after)) = parse_query(rest) else {
                list.lengths_wrong = true;
                break;
            };
            list.queries.push(query);
            list.lengths_wrong |= !exact;
            rest = after;
        }
        list.lengths_wrong |= count.trim().parse() != Ok(list.queries.len());
        list
    }

    /// Returns the attribute's value for these queries, with right lengths.
    pub fn write(queries: &[WmiQuery]) -> String {
        let units = |text: &str| text.encode_utf16().count();
        let mut text = format!("{};", queries.len());
        for WmiQuery { namespace, language, query } in queries {
            let lengths = format!("{};{};{};", units(language), units(namespace), units(query));
            text.push_str(&format!("{lengths}{language};{namespace};{query};"));
        }
        text
    }
}

/// Reads one query; tells whether its lengths were right, and what follows it.
fn parse_query(text: &str) -> Option<(WmiQuery, bool, &str)> {
    let (lengths, body) = parse_head(text)?;
    let exact = || {
        let (language, rest) = take_units(body, lengths[0])?;
        let (namespace, rest) = take_units(rest, lengths[1])?;
        let (query, rest) = take_units(rest, lengths[2])?;
        // What follows must be another query or nothing, else the length ends within the query by chance.
        (rest.trim().is_empty() || parse_head(rest).is_some()).then_some((language, namespace, query, rest))
    };
    if let Some((language, namespace, query, rest)) = exact() {
        return Some((wmi_query(language, namespace, query), true, rest));
    }
    let (language, rest) = body.split_once(';')?;
    let (namespace, rest) = rest.split_once(';')?;
    let end = rest.match_indices(';').map(|(at, _)| at).find(|&at| is_followed_by_query(&rest[at + 1..]));
    let (query, after) = match end {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest.trim_end().strip_suffix(';').unwrap_or(rest), ""),
    };
    Some((wmi_query(language, namespace, query), false, after))
}

fn wmi_query(language: &str, namespace: &str, query: &str) -> WmiQuery {
    WmiQuery { namespace: namespace.to_owned(), language: language.to_owned(), query: query.to_owned() }
}

/// Reads the three lengths before a query.
fn parse_head(text: &str) -> Option<([usize; 3], &str)> {
    let mut lengths = [0; 3];
    let mut rest = text;
    for length in &mut lengths {
        let (number, after) = rest.split_once(';')?;
        *length = number.trim().parse().ok()?;
        rest = after;
    }
    Some((lengths, rest))
}

fn is_followed_by_query(rest: &str) -> bool {
    parse_head(rest).is_some_and(|(lengths, body)| lengths[0] == 3 && body.get(..4) == Some("WQL;"))
}

/// Takes that many UTF-16 units and the `;` after them.
fn take_units(text: &str, units: usize) -> Option<(&str, &str)> {
    let mut taken = 0;
    let mut end = 0;
    for c in text.chars() {
        if taken >= units {
            break;
        }
        taken += c.len_utf16();
        end += c.len_utf8();
    }
    let rest = text[end..].strip_prefix(';')?;
    (taken == units).then_some((&text[..end], rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> WmiQuery {
        wmi_query("WQL", r"root\CIMv2", text)
    }

    #[test]
    fn right_lengths_are_followed_through_separators() {
        let queries = [query("Select * from A where B = \"x;3;10;5;WQL;y\""), query("Sélect 𝄞"), query("")];
        let text = WmiQueryList::write(&queries);
        assert!(text.starts_with("3;3;10;42;WQL;root\\CIMv2;"), "{text}");
        assert_eq!(WmiQueryList::parse(&text), WmiQueryList { queries: queries.to_vec(), lengths_wrong: false });
    }

    #[test]
    fn wrong_lengths_are_survived_and_told() {
        let specification = r"1;3;10;18;WQL;root\CIMv2;Select * from Win32_Printer;";
        let list = WmiQueryList::parse(specification);
        assert_eq!(list.queries, [query("Select * from Win32_Printer")]);
        assert!(list.lengths_wrong);
        let two = r"2;3;10;1;WQL;root\CIMv2;Select a;b;3;10;8;WQL;root\CIMv2;Select c;";
        let list = WmiQueryList::parse(two);
        assert_eq!(list.queries, [query("Select a;b"), query("Select c")]);
        assert!(list.lengths_wrong);
    }

    #[test]
    fn garbage_gives_what_can_be_read() {
        for text in ["x", "1;", "1;3;10", "2;3;10;3;WQL", "99999999999999999999;", "1;3;10;99999999999;WQL;r;q"] {
            assert!(WmiQueryList::parse(text).lengths_wrong, "{text}");
        }
        assert_eq!(WmiQueryList::parse(""), WmiQueryList::default());
        assert_eq!(WmiQueryList::parse("0;"), WmiQueryList::default());
    }
}
