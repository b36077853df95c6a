//! Names that go onto command lines: checked once, so that none of them can become an option or a command.
//!
//! A host or user name reaches `ssh` as an argument, and from there its configuration (`ProxyCommand %h %r`) and the shell of the other
//! side. Only letters that mean nothing to any of them are taken.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A computer, as `ssh` is told of it: a DNS name, an address, or a name of the user's `ssh` configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct SshHost(String);

/// The account `ssh` logs on with: `name`, `name@domain` or `DOMAIN\name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct SshUser(String);

/// The user whose results are asked for: `DOMAIN\name`, `name` or `name@domain`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ResultUser(String);

/// A name that cannot go onto a command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no name of a {what}: {why}")]
pub struct NameError {
    /// What was entered, at most 80 characters.
    pub name: String,
    /// What it was to name.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

impl NameError {
    fn new(name: &str, what: &'static str, why: &'static str) -> Self {
        NameError { name: name.chars().take(80).collect(), what, why }
    }
}

impl SshHost {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SshUser {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ResultUser {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name without its domain.
    pub fn account(&self) -> &str {
        let name = self.0.split_once('\\').map_or(self.0.as_str(), |(_, name)| name);
        name.split_once('@').map_or(name, |(name, _)| name)
    }
}

impl FromStr for SshHost {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        const MOST: usize = 253;
        let name = text.trim();
        let error = |why| Err(NameError::new(name, "computer", why));
        if name.is_empty() {
            return error("it is empty");
        }
        if name.len() > MOST {
            return error("it has more than 253 characters");
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if !name.chars().all(is_plain) {
            return error("only letters, digits, dots, hyphens and underscores can stand in it");
        }
        if name.starts_with(['-', '.', '_']) {
            return error("it begins with neither a letter nor a digit");
        }
        Ok(SshHost(name.to_owned()))
    }
}

impl FromStr for SshUser {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = check_account(text, "user that logs on")?;
        // What `ssh` itself would refuse or take for something else.
        if name.contains(' ') {
            return Err(NameError::new(&name, "user that logs on", "blanks cannot stand in it; use name@domain"));
        }
        Ok(SshUser(name))
    }
}

impl FromStr for ResultUser {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check_account(text, "user").map(ResultUser)
    }
}

/// Refuses what no account is named ([MS-SAMR] 3.1.1.6 and the shells' own letters): `$` stands at the end of computers' names only.
fn check_account(text: &str, what: &'static str) -> Result<String, NameError> {
    const MOST: usize = 256;
    let name = text.trim();
    let error = |why| Err(NameError::new(name, what, why));
    if name.is_empty() {
        return error("it is empty");
    }
    if name.chars().count() > MOST {
        return error("it has more than 256 characters");
    }
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '\\' | '@' | ' ');
    if !name.chars().all(is_plain) {
        return error("a character in it is none of an account: letters, digits, . - _ and one \\ or @");
    }
    let parts: Vec<&str> = name.split(['\\', '@']).collect();
    if parts.len() > 2 || parts.iter().any(|part| part.is_empty()) {
        return error("expected `name`, `DOMAIN\\name` or `name@domain`");
    }
    if parts.iter().any(|part| part.starts_with(['-', ' ']) || part.contains(" -")) {
        return error("a part of it begins like an option");
    }
    Ok(name.to_owned())
}

macro_rules! text_forms {
    ($($name:ident),*) => {
        $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl TryFrom<String> for $name {
                type Error = NameError;

                fn try_from(text: String) -> Result<Self, NameError> {
                    text.parse()
                }
            }
        )*
    };
}

text_forms!(SshHost, SshUser, ResultUser);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for name in ["pc1", "pc1.corp.example.com", "10.0.0.7", "fe80::1", "::1", "my_host"] {
            assert_eq!(name.parse::<SshHost>().map(|host| host.to_string()), Ok(name.to_owned()));
        }
        for name in [
            "",
            " ",
            "-oProxyCommand=x",
            "a b",
            "a;b",
            "a$(b)",
            "a`b`",
            "user@pc1",
            "a/b",
            "a'b",
            "a\nb",
            "ä",
            ".a",
            "a%h",
        ] {
            assert!(name.parse::<SshHost>().is_err(), "{name}");
        }
        assert!("a".repeat(254).parse::<SshHost>().is_err());
    }

    #[test]
    fn users() {
        for name in ["alice", "CORP\\alice", "alice@corp.example.com", "CORP\\Jürgen.Groß", "a-b_c.d"] {
            assert_eq!(name.parse::<SshUser>().map(|user| user.to_string()), Ok(name.to_owned()));
            assert!(name.parse::<ResultUser>().is_ok(), "{name}");
        }
        for name in [
            "",
            "-l",
            "CORP\\-l",
            "a;b",
            "a'b",
            "a\u{2019}b",
            "a\"b",
            "a$b",
            "a`b",
            "a|b",
            "a&b",
            "a/b",
            "a\nb",
            "a\\b\\c",
            "CORP\\",
            "a@b@c",
            "a -b",
            "a(b)",
        ] {
            assert!(name.parse::<SshUser>().is_err(), "{name}");
            assert!(name.parse::<ResultUser>().is_err(), "{name}");
        }
        assert!("CORP\\Alice Smith".parse::<SshUser>().is_err());
        assert_eq!("CORP\\Alice Smith".parse::<ResultUser>().unwrap().account(), "Alice Smith");
        assert_eq!("alice@corp".parse::<ResultUser>().unwrap().account(), "alice");
    }
}
