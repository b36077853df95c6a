//! Rules of the Windows Firewall as they stand in `registry.pol`: `v2.30|Action=Allow|Active=TRUE|Dir=In|…|` ([MS-GPFAS] 2.2.2.19).
//!
//! Firewall rules, connection security rules, main mode rules and certificate criteria all have this form: a version, then tokens
//! between bars. Tokens repeat to make lists. New versions bring new tokens, so none is refused; all are kept in their order and
//! written back as they stood.

use std::fmt;
use std::str::FromStr;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirewallRule {
    /// Version of the form, without the `v` before it: `2.30`.
    pub version: String,
    /// The tokens, in order.
    pub tokens: Vec<FirewallToken>,
    /// Whether a bar stands behind the last token, as it should.
    pub is_closed: bool,
}

/// One token of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirewallToken {
    /// What stands before the equals sign, or all of it where there is none.
    pub name: String,
    /// What stands behind the equals sign; none where there is none.
    pub value: Option<String>,
}

/// The text is no rule; clients pass it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `v` and a version such as `2.30` before the first `|`, at character {position}")]
pub struct ParseFirewallRuleError {
    /// Where the version stops being one, counted in characters from 0.
    pub position: usize,
}

/// Tokens that a later version brought for what an older one has too; clients read both into one list.
const SUCCESSORS: [(&str, &str); 10] = [
    ("LPort2_10", "LPort"),
    ("LPort2_20", "LPort"),
    ("LPort2_24", "LPort"),
    ("LPort2_29", "LPort"),
    ("RPort2_10", "RPort"),
    ("RPort2_25", "RPort"),
    ("LA42", "LA4"),
    ("LA62", "LA6"),
    ("RA42", "RA4"),
    ("RA62", "RA6"),
];

impl FirewallRule {
    /// Returns the first value of a token; its name compared without case.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut named = self.tokens.iter().filter(|token| token.name.eq_ignore_ascii_case(name));
        named.find_map(|token| token.value.as_deref())
    }

    /// Returns all values of a token, in order; its name compared without case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.tokens
            .iter()
            .filter(move |token| token.name.eq_ignore_ascii_case(name))
            .filter_map(|token| token.value.as_deref())
    }

    /// Tells whether a token says `TRUE`.
    pub fn is_true(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value.eq_ignore_ascii_case("TRUE"))
    }
}

impl FirewallToken {
    /// Returns the name of the list the token belongs to: `LPort` for `LPort2_10`.
    pub fn list_name(&self) -> &str {
        let successor = SUCCESSORS.iter().find(|(later, _)| self.name.eq_ignore_ascii_case(later));
        successor.map_or(&self.name, |(_, first)| first)
    }
}

impl FromStr for FirewallRule {
    type Err = ParseFirewallRuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('|');
        let head = parts.next().unwrap_or_default();
        let version = head.strip_prefix('v').ok_or(ParseFirewallRuleError { position: 0 })?;
        if let Some(wrong) = version.chars().position(|c| !c.is_ascii_digit() && c != '.') {
            return Err(ParseFirewallRuleError { position: 1 + wrong });
        }
        let is_version = version.split_once('.').is_some_and(|(major, minor)| !major.is_empty() && !minor.is_empty());
        if !is_version {
            return Err(ParseFirewallRuleError { position: head.chars().count() });
        }
        let mut tokens: Vec<FirewallToken> = parts.map(FirewallToken::from).collect();
        let is_closed = tokens.last().is_some_and(|last| last.name.is_empty() && last.value.is_none());
        if is_closed {
            tokens.pop();
        }
        Ok(FirewallRule { version: version.to_owned(), tokens, is_closed })
    }
}

impl From<&str> for FirewallToken {
    fn from(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, value)) => FirewallToken { name: name.to_owned(), value: Some(value.to_owned()) },
            None => FirewallToken { name: text.to_owned(), value: None },
        }
    }
}

impl fmt::Display for FirewallRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.version)?;
        for token in &self.tokens {
            write!(f, "|{token}")?;
        }
        if self.is_closed { f.write_str("|") } else { Ok(()) }
    }
}

impl fmt::Display for FirewallToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.value {
            Some(value) => write!(f, "={value}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> FirewallRule {
        let rule: FirewallRule = text.parse().unwrap();
        assert_eq!(rule.to_string(), text);
        rule
    }

    #[test]
    fn tokens_are_kept_in_order_with_their_repeats() {
        let rule = rule("v2.30|Action=Allow|Active=TRUE|Dir=In|LPort=80|LPort2_10=8080-8090|Novel=a=b|Bare|Name=Web|");
        assert_eq!(rule.version, "2.30");
        assert_eq!(rule.value("name"), Some("Web"));
        assert_eq!(rule.value("Novel"), Some("a=b"));
        assert_eq!(rule.value("Bare"), None);
        assert!(rule.is_true("ACTIVE") && !rule.is_true("Edge"));
        let ports: Vec<_> = rule.tokens.iter().filter(|token| token.list_name() == "LPort").collect();
        assert_eq!(ports.len(), 2);
    }

    #[test]
    fn odd_ends_are_written_back() {
        for text in ["v2.0", "v2.0|", "v2.0||", "v2.0|A", "v2.0|A=|", "v2.0|=x|", "v2.0|A||B|"] {
            rule(text);
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let check = |text: &str, position| {
            assert_eq!(text.parse::<FirewallRule>(), Err(ParseFirewallRuleError { position }), "{text}");
        };
        check("", 0);
        check("Action=Allow|", 0);
        check("v|A=b|", 1);
        check("v2|A=b|", 2);
        check("v2.x|A=b|", 3);
        check("v.1", 3);
    }
}
