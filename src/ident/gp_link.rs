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
    /// Returns a new element, spelled as GPMC does.
    pub fn new(gpo: &Dn, options: LinkOptions) -> Self {
        GpLinkElement { text: format!("[LDAP://{gpo};{}]", options.0), target: Some((gpo.clone(), options)) }
    }

    /// Returns the DN of the GPO; none where the element is damaged.
    pub fn gpo(&self) -> Option<&Dn> {
        self.target.as_ref().map(|(gpo, _)| gpo)
    }

    /// Returns the options; none where the element is damaged.
    pub fn options(&self) -> Option<LinkOptions> {
        self.target.as_ref().map(|(_, options)| *options)
    }

    /// Changes the options and leaves the spelling of the DN as it was. A damaged element stays as it is.
    pub fn set_options(&mut self, options: LinkOptions) {
        let Some((_, current)) = &mut self.target else { return };
        let Some(separator) = self.text.rfind(';') else { return };
        *current = options;
        self.text.replace_range(separator + 1.., &format!("{}]", options.0));
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
    /// Reads the attribute. Blank text means no links; text between elements is kept with the element after it.
    pub fn parse(text: &str) -> Self {
        if text.trim().is_empty() {
            return GpLink { elements: Vec::new(), blank: text.to_owned() };
        }
        let mut elements = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            // An element ends at the first unescaped `]` that is followed by `[`, by blanks only, or by nothing.
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

    /// Inserts a link at a link order counted from 1; beyond the end it becomes the last.
    pub fn insert(&mut self, link_order: usize, element: GpLinkElement) {
        let index = link_order.saturating_sub(1).min(self.elements.len());
        self.elements.insert(index, element);
    }
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

fn element_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut escaped = false;
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b']' => {
                let rest = &text[index + 1..];
                if rest.trim().is_empty() {
                    return text.len();
                }
                if rest.starts_with('[') {
                    return index + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
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
    fn new_links_are_inserted_by_link_order() {
        let gpo: Dn = "cn={A},cn=policies,cn=system,DC=x".parse().unwrap();
        let mut link = GpLink::parse(SECOND);
        link.insert(2, GpLinkElement::new(&gpo, LinkOptions::default()));
        assert_eq!(link.to_string(), format!("[LDAP://cn={{A}},cn=policies,cn=system,DC=x;0]{SECOND}"));
    }
}
