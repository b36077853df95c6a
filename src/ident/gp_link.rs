//! The links of a site, domain or OU, attribute `gPLink` (`gpo-storage.md` A4, [MS-GPOL] 2.2.2).

use std::fmt;

use super::Dn;

/// Options of one link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkOptions(pub u32);

impl LinkOptions {
    const DISABLED: u32 = 1;
    const ENFORCED: u32 = 2;

    /// Returns the options of a link that is enabled and enforced as said.
    pub fn new(enabled: bool, enforced: bool) -> Self {
        LinkOptions(if enabled { 0 } else { Self::DISABLED } | if enforced { Self::ENFORCED } else { 0 })
    }

    /// Tells whether clients follow the link.
    pub fn enabled(self) -> bool {
        self.0 & Self::DISABLED == 0
    }

    /// Tells whether the link passes blocked inheritance and wins over links below.
    pub fn enforced(self) -> bool {
        self.0 & Self::ENFORCED != 0
    }

    /// Returns the same options with the link enabled or disabled; bits we do not know stay.
    pub fn with_enabled(self, enabled: bool) -> Self {
        LinkOptions(self.0 & !Self::DISABLED | if enabled { 0 } else { Self::DISABLED })
    }

    /// Returns the same options with the link enforced or not; bits we do not know stay.
    pub fn with_enforced(self, enforced: bool) -> Self {
        LinkOptions(self.0 & !Self::ENFORCED | if enforced { Self::ENFORCED } else { 0 })
    }
}

/// One element of a `gPLink`. Remembers its exact text, so that what is not edited is written back byte-equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpLinkElement {
    text: String,
    target: Option<(Dn, LinkOptions)>,
}

impl GpLinkElement {
    /// Returns a new element, spelled as GPMC does: `[LDAP://cn={…},cn=policies,cn=system,DC=…;0]`.
    pub fn new(gpo: &Dn, options: LinkOptions) -> Self {
        const CONTAINERS: &str = ",cn=policies,cn=system,";
        let text = gpo.as_str();
        let spelled = match text.to_ascii_lowercase().find(CONTAINERS) {
            Some(at) if text[..at].to_ascii_lowercase().starts_with("cn={") => {
                format!("cn={}{CONTAINERS}{}", &text[3..at], &text[at + CONTAINERS.len()..])
            }
            _ => text.to_owned(),
        };
        GpLinkElement { text: format!("[LDAP://{spelled};{}]", options.0), target: Some((gpo.clone(), options)) }
    }

    /// Returns the DN of the GPO; none where the element is damaged.
    pub fn gpo(&self) -> Option<&Dn> {
        self.target.as_ref().map(|(gpo, _)| gpo)
    }

    /// Returns the options; none where the element is damaged.
    pub fn options(&self) -> Option<LinkOptions> {
        self.target.as_ref().map(|(_, options)| *options)
    }

    /// Changes the options and leaves everything else as it was spelled. A damaged element stays as it is.
    pub fn set_options(&mut self, options: LinkOptions) {
        let Some((_, current)) = &mut self.target else { return };
        let (Some(separator), Some(end)) = (self.text.rfind(';'), self.text.rfind(']')) else { return };
        *current = options;
        self.text.replace_range(separator + 1..end, &options.0.to_string());
    }

    /// Returns the element as it stands in the attribute.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn parse(text: &str) -> Self {
        let target = || {
            let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
            let (path, options) = inner.rsplit_once(';')?;
            let scheme = path.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("LDAP://"))?;
            let gpo = path[scheme.len()..].parse::<Dn>().ok().filter(|dn| !dn.is_empty())?;
            Some((gpo, LinkOptions(options.trim().parse().ok()?)))
        };
        GpLinkElement { text: text.to_owned(), target: target() }
    }
}

/// The value of a `gPLink`. Elements stand in link order: the first has link order 1 and wins.
/// (In the attribute it is the other way round: the last element has link order 1.)
///
/// `to_string` gives the attribute back byte-equal for every input, damaged ones too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GpLink {
    /// The links, link order 1 first; repeated, foreign and damaged ones included.
    pub elements: Vec<GpLinkElement>,
    blank: String,
}

impl GpLink {
    /// Reads the attribute. Blank text means no links. A link is found wherever it stands: what lies between links, and is none,
    /// becomes a damaged element of its own and spares its neighbours.
    pub fn parse(text: &str) -> Self {
        if text.trim().is_empty() {
            return GpLink { elements: Vec::new(), blank: text.to_owned() };
        }
        let mut elements = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = element_end(rest);
            elements.push(GpLinkElement::parse(&rest[..end]));
            rest = &rest[end..];
        }
        elements.reverse();
        GpLink { elements, blank: String::new() }
    }

    /// Tells whether there is no link.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Returns the link order, counted from 1, of the link to a GPO: of the first one in link order, or of the `occurrence`-th, counted from 1.
    pub fn order_of(&self, gpo: &Dn, occurrence: usize) -> Option<usize> {
        let is_meant = |element: &GpLinkElement| element.gpo() == Some(gpo);
        self.orders_where(is_meant).nth(occurrence.checked_sub(1)?)
    }

    /// Returns the link orders, counted from 1, of the elements that meet a condition, in link order.
    pub fn orders_where(&self, mut condition: impl FnMut(&GpLinkElement) -> bool) -> impl Iterator<Item = usize> {
        (1..).zip(&self.elements).filter(move |(_, element)| condition(element)).map(|(order, _)| order)
    }

    /// Inserts a link at a link order counted from 1; beyond the end it becomes the last.
    pub fn insert(&mut self, link_order: usize, element: GpLinkElement) {
        let index = link_order.saturating_sub(1).min(self.elements.len());
        self.elements.insert(index, element);
    }

    /// Takes the link of this link order, counted from 1, out and returns it; none where there is none.
    pub fn remove(&mut self, link_order: usize) -> Option<GpLinkElement> {
        let index = link_order.checked_sub(1).filter(|&index| index < self.elements.len())?;
        Some(self.elements.remove(index))
    }

    /// Moves the links of these link orders; they keep their order among themselves, and so do the others. Link orders that
    /// do not exist are passed over.
    pub fn move_links(&mut self, link_orders: &[usize], to: LinkMove) {
        let chosen: Vec<bool> = (1..=self.elements.len()).map(|order| link_orders.contains(&order)).collect();
        let mut arranged: Vec<(bool, GpLinkElement)> = chosen.into_iter().zip(self.elements.drain(..)).collect();
        match to {
            // A link that stands below one that cannot go up any further stays too.
            LinkMove::Up => {
                for index in 1..arranged.len() {
                    if arranged[index].0 && !arranged[index - 1].0 {
                        arranged.swap(index - 1, index);
                    }
                }
            }
            LinkMove::Down => {
                for index in (1..arranged.len()).rev() {
                    if arranged[index - 1].0 && !arranged[index].0 {
                        arranged.swap(index - 1, index);
                    }
                }
            }
            LinkMove::Top => arranged.sort_by_key(|(chosen, _)| !chosen),
            LinkMove::Bottom => arranged.sort_by_key(|(chosen, _)| *chosen),
            LinkMove::To(order) => {
                let (moved, mut others): (Vec<_>, Vec<_>) = arranged.into_iter().partition(|(chosen, _)| *chosen);
                let at = order.saturating_sub(1).min(others.len());
                others.splice(at..at, moved);
                arranged = others;
            }
        }
        self.elements = arranged.into_iter().map(|(_, element)| element).collect();
    }
}

/// Where links are moved to within their container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkMove {
    /// To link order 1: the highest precedence.
    Top,
    /// One up, unless they stand at the top already.
    Up,
    /// One down, unless they stand at the bottom already.
    Down,
    /// To the last link order: the lowest precedence.
    Bottom,
    /// So that the first of them gets this link order, counted from 1; beyond the end they become the last.
    To(usize),
}

impl fmt::Display for GpLink {
    /// Writes the attribute's value; no links are a single blank, as Windows' tools leave it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.elements.is_empty() {
            return f.write_str(if self.blank.is_empty() { " " } else { &self.blank });
        }
        self.elements.iter().rev().try_for_each(|element| f.write_str(&element.text))
    }
}

/// What every link begins with, in any case.
const BEGINNING: &str = "[LDAP://";

/// Returns where the first element of the text ends. Blanks belong to the element before them.
fn element_end(text: &str) -> usize {
    let leading = text.len() - text.trim_start().len();
    // The next link begins a new element whatever stands before it, so that no neighbour can swallow it.
    let limit = next_beginning(text, leading + 1).unwrap_or(text.len());
    let closings: Vec<usize> = closings(&text[..limit]).collect();
    let is_link = |&&end: &&usize| GpLinkElement::parse(&text[..end]).target.is_some();
    let before_bracket = |&&end: &&usize| text[end..limit].starts_with('[');
    let end = closings.iter().find(is_link).or_else(|| closings.iter().find(before_bracket)).copied().unwrap_or(limit);
    let rest = &text[end..limit];
    end + rest.len() - rest.trim_start().len()
}

/// Returns where a link begins, at or after a position.
fn next_beginning(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let begins = |at: &usize| {
        bytes[*at..].get(..BEGINNING.len()).is_some_and(|found| found.eq_ignore_ascii_case(BEGINNING.as_bytes()))
    };
    (from..bytes.len()).find(begins)
}

/// Returns the position after each closing bracket that is not escaped.
fn closings(text: &str) -> impl Iterator<Item = usize> {
    let mut escaped = false;
    text.bytes().enumerate().filter_map(move |(index, byte)| {
        let closes = byte == b']' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes.then_some(index + 1)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIRST: &str =
        "[LDAP://cn={F08300B1-0000-0000-0000-000000000000},cn=policies,cn=system,DC=windomain,DC=local;2]";
    const SECOND: &str =
        "[LDAP://CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,CN=System,DC=windomain,DC=local;0]";

    #[test]
    fn the_last_element_has_link_order_one() {
        let link = GpLink::parse(&format!("{FIRST}{SECOND}"));
        assert_eq!(link.elements.len(), 2);
        assert_eq!(link.elements[0].as_str(), SECOND);
        assert!(link.elements[1].options().unwrap().enforced());
        assert_eq!(link.elements[0].gpo().unwrap().name(), "{31B2F340-016D-11D2-945F-00C04FB984F9}");
    }

    #[test]
    fn every_text_is_written_back_byte_equal() {
        for text in [
            " ",
            FIRST,
            &format!("{FIRST}{SECOND}{FIRST}"),
            "[LDAP://garbage]",
            "no brackets at all",
            &format!("{FIRST}x{SECOND}"),
            "[ldap://CN=a,DC=b;9]",
            r"[LDAP://CN=a\]b,DC=b;0]",
            "[LDAP://CN=a,DC=b;0] ",
            "[][]",
        ] {
            assert_eq!(GpLink::parse(text).to_string(), text, "{text}");
        }
        assert!(GpLink::parse("").is_empty());
    }

    #[test]
    fn damaged_elements_have_no_target_and_spare_the_others() {
        let link = GpLink::parse(&format!("{FIRST}[LDAP://garbage]{SECOND}"));
        assert_eq!(link.elements.len(), 3);
        assert_eq!(link.elements[1].gpo(), None);
        assert!(link.elements[0].gpo().is_some() && link.elements[2].gpo().is_some());
    }

    #[test]
    fn changing_options_touches_only_them() {
        let mut link = GpLink::parse(&format!("{FIRST}{SECOND}"));
        let options = link.elements[0].options().unwrap().with_enabled(false);
        link.elements[0].set_options(options);
        assert_eq!(link.to_string(), format!("{FIRST}{}", SECOND.replace(";0]", ";1]")));
    }

    #[test]
    fn new_links_are_inserted_by_link_order_and_spelled_as_gpmc_does() {
        let gpo: Dn = "CN={A},CN=Policies,CN=System,DC=x".parse().unwrap();
        let mut link = GpLink::parse(SECOND);
        link.insert(2, GpLinkElement::new(&gpo, LinkOptions::default()));
        assert_eq!(link.to_string(), format!("[LDAP://cn={{A}},cn=policies,cn=system,DC=x;0]{SECOND}"));
        assert_eq!(GpLink::parse(&link.to_string()).elements[1].gpo(), Some(&gpo));
        let elsewhere: Dn = "CN=a,DC=x".parse().unwrap();
        assert_eq!(GpLinkElement::new(&elsewhere, LinkOptions(2)).as_str(), "[LDAP://CN=a,DC=x;2]");
    }

    #[test]
    fn a_link_is_found_whatever_stands_beside_it() {
        let check = |text: &str, expected: &[&str]| {
            let link = GpLink::parse(text);
            let texts: Vec<&str> = link.elements.iter().rev().map(GpLinkElement::as_str).collect();
            assert_eq!(texts, expected);
            assert_eq!(link.to_string(), text);
        };
        check("[LDAP://CN=a,DC=x;0] [LDAP://CN=b,DC=x;0] ", &["[LDAP://CN=a,DC=x;0] ", "[LDAP://CN=b,DC=x;0] "]);
        check("junk[LDAP://CN=b,DC=x;0]", &["junk", "[LDAP://CN=b,DC=x;0]"]);
        check("[LDAP://CN=a,DC=x;0]x][ldap://CN=b,DC=x;0]", &["[LDAP://CN=a,DC=x;0]", "x]", "[ldap://CN=b,DC=x;0]"]);
        check("[LDAP://CN=a,DC=x[LDAP://CN=b]c,DC=x;0]", &["[LDAP://CN=a,DC=x", "[LDAP://CN=b]c,DC=x;0]"]);
        check(" [LDAP://CN=a,DC=x;0]", &[" [LDAP://CN=a,DC=x;0]"]);
        check(r"\[LDAP://CN=a,DC=x;0]", &[r"\", "[LDAP://CN=a,DC=x;0]"]);
    }

    /// Returns the attribute with the links of these letters, link order 1 first.
    fn of_letters(letters: &str) -> GpLink {
        GpLink::parse(&letters.chars().rev().map(|letter| format!("[LDAP://CN={letter},DC=x;0]")).collect::<String>())
    }

    fn letters(link: &GpLink) -> String {
        link.elements.iter().map(|element| element.gpo().unwrap().name()).collect()
    }

    #[test]
    fn links_move_together_and_keep_their_order() {
        let check = |orders: &[usize], to: LinkMove, expected: &str| {
            let mut link = of_letters("abcdef");
            link.move_links(orders, to);
            assert_eq!(letters(&link), expected, "{orders:?} {to:?}");
            assert_eq!(GpLink::parse(&link.to_string()), link);
        };
        check(&[3], LinkMove::Up, "acbdef");
        check(&[1], LinkMove::Up, "abcdef");
        check(&[1, 2, 4], LinkMove::Up, "abdcef");
        check(&[5, 3], LinkMove::Up, "acbedf");
        check(&[3], LinkMove::Down, "abdcef");
        check(&[6, 4], LinkMove::Down, "abcedf");
        check(&[5, 6], LinkMove::Down, "abcdef");
        check(&[6, 2], LinkMove::Top, "bfacde");
        check(&[1, 3], LinkMove::Bottom, "bdefac");
        check(&[1], LinkMove::To(3), "bcadef");
        check(&[5, 6], LinkMove::To(2), "aefbcd");
        check(&[2], LinkMove::To(99), "acdefb");
        check(&[2], LinkMove::To(0), "bacdef");
        check(&[7, 0], LinkMove::Top, "abcdef");
    }

    #[test]
    fn links_are_found_and_removed_one_by_one() {
        let mut link = of_letters("abab");
        let a: Dn = "CN=A,dc=x".parse().unwrap();
        assert_eq!((link.order_of(&a, 1), link.order_of(&a, 2), link.order_of(&a, 3)), (Some(1), Some(3), None));
        assert_eq!(link.order_of(&a, 0), None);
        assert_eq!(link.remove(3).unwrap().as_str(), "[LDAP://CN=a,DC=x;0]");
        assert_eq!((letters(&link).as_str(), link.remove(4), link.remove(0)), ("abb", None, None));
        for _ in 0..3 {
            link.remove(1);
        }
        assert_eq!(link.to_string(), " ");
    }

    /// One element of an attribute: links as people make them, and damage.
    fn element() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => (0..5_u8, 0..9_u32).prop_map(|(gpo, options)| format!("[LDAP://CN={gpo},CN=Policies,DC=x;{options}]")),
            1 => (0..5_u8).prop_map(|gpo| format!("[ldap://cn={gpo},dc=x; 2 ] ")),
            1 => "[a-z\\\\;,=]{1,6}",
            1 => Just("[LDAP://garbage]".to_owned()),
            1 => Just("[LDAP://CN=1,DC=x".to_owned()),
        ]
    }

    fn operation() -> impl Strategy<Value = (Vec<usize>, Option<LinkMove>)> {
        let to = prop_oneof![
            Just(LinkMove::Top),
            Just(LinkMove::Up),
            Just(LinkMove::Down),
            Just(LinkMove::Bottom),
            (0..9_usize).prop_map(LinkMove::To)
        ];
        (proptest::collection::vec(0..9_usize, 0..4), proptest::option::of(to))
    }

    proptest! {
        #[test]
        fn no_operation_loses_or_changes_another_link(
            elements in proptest::collection::vec(element(), 0..8),
            operations in proptest::collection::vec(operation(), 0..6),
        ) {
            let text = elements.concat();
            let mut link = GpLink::parse(&text);
            prop_assert_eq!(link.to_string(), if text.is_empty() { " " } else { &text });
            for (orders, to) in operations {
                let before = link.elements.clone();
                let chosen = |order: &usize| orders.contains(order);
                let texts = |elements: &[GpLinkElement], wanted: bool| -> Vec<String> {
                    let kept = (1..).zip(elements).filter(|(order, _)| chosen(order) == wanted);
                    kept.map(|(_, element)| element.as_str().to_owned()).collect()
                };
                match to {
                    Some(to) => {
                        link.move_links(&orders, to);
                        let mut sorted = [before.clone(), link.elements.clone()].map(|elements| {
                            elements.iter().map(|element| element.as_str().to_owned()).collect::<Vec<_>>()
                        });
                        sorted.iter_mut().for_each(|texts| texts.sort());
                        prop_assert_eq!(&sorted[0], &sorted[1]);
                    }
                    None => {
                        if let Some(order) = orders.first() {
                            let removed = link.remove(*order);
                            let mut expected = before.clone();
                            prop_assert_eq!(removed.is_some(), (1..=before.len()).contains(order));
                            if removed.is_some() {
                                expected.remove(order - 1);
                            }
                            prop_assert_eq!(&link.elements, &expected);
                        }
                    }
                }
                // The others keep their order among themselves.
                if matches!(to, Some(LinkMove::Top)) {
                    let others = texts(&before, false);
                    let tail = link.elements[link.elements.len() - others.len()..].iter();
                    prop_assert_eq!(tail.map(|element| element.as_str().to_owned()).collect::<Vec<_>>(), others);
                }
                // What was a link is one when the attribute is read again, at the same place among the links.
                let links = |link: &GpLink| -> Vec<(Dn, LinkOptions)> {
                    link.elements.iter().filter_map(|element| element.target.clone()).collect()
                };
                prop_assert_eq!(links(&GpLink::parse(&link.to_string())), links(&link));
            }
        }
    }
}
