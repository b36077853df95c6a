//! The forms in which people write a user name, and what each way to log on wants to see of it.

use std::fmt;

use crate::ident::DnsName;

/// A user name as typed: `user@domain`, `DOMAIN\user` or `user` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName {
    text: String,
    user: String,
    domain: Domain,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Domain {
    None,
    Suffix(String),
    Prefix(String),
}

/// A name as Kerberos asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KerberosName {
    /// 1 for a plain principal, 10 for an enterprise name (`user@suffix` as one component, RFC 6806 5).
    pub name_type: i32,
    /// The name itself.
    pub name: String,
    /// Where to ask for it, in capitals.
    pub realm: String,
}

impl UserName {
    /// Reads a name in any form.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let (user, domain) = if let Some((domain, user)) = text.split_once(['\\', '/']) {
            (user, Domain::Prefix(domain.to_owned()))
        } else if let Some((user, suffix)) = text.rsplit_once('@') {
            (user, Domain::Suffix(suffix.to_owned()))
        } else {
            (text, Domain::None)
        };
        UserName { text: text.to_owned(), user: user.to_owned(), domain }
    }

    /// Tells whether nothing stands before or after the domain: no name to log on with.
    pub fn is_empty(&self) -> bool {
        self.user.is_empty()
    }

    /// Returns the user without its domain.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the name as Kerberos asks for it; `domain` is taken where the name has none.
    ///
    /// `user@domain` becomes a plain principal of that domain, `user@suffix` an enterprise name which the domain's KDC
    /// translates; a NetBIOS prefix says nothing of the realm, so the domain that we log on to is asked.
    pub(crate) fn kerberos(&self, domain: &DnsName) -> KerberosName {
        let realm = domain.as_str().to_uppercase();
        match &self.domain {
            Domain::Suffix(suffix) if suffix.eq_ignore_ascii_case(domain.as_str()) => {
                KerberosName { name_type: 1, name: self.user.clone(), realm }
            }
            Domain::Suffix(suffix) => KerberosName { name_type: 10, name: format!("{}@{suffix}", self.user), realm },
            Domain::Prefix(prefix) if prefix.contains('.') => {
                KerberosName { name_type: 1, name: self.user.clone(), realm: prefix.to_uppercase() }
            }
            Domain::Prefix(_) | Domain::None => KerberosName { name_type: 1, name: self.user.clone(), realm },
        }
    }

    /// Returns the name for an LDAP simple bind, where a bare name and `dns.domain\user` are not accepted
    /// ([MS-ADTS] 5.1.1.1.1): those become `user@domain`.
    pub fn simple_bind(&self, domain: &DnsName) -> String {
        match &self.domain {
            Domain::None => format!("{}@{domain}", self.user),
            Domain::Prefix(prefix) if prefix.contains('.') => format!("{}@{prefix}", self.user),
            Domain::Prefix(prefix) => format!("{prefix}\\{}", self.user),
            Domain::Suffix(_) => self.text.clone(),
        }
    }

    /// Returns user and domain for NTLM: `user@domain` goes as a whole with an empty domain.
    pub fn ntlm(&self, domain: &DnsName) -> (String, String) {
        match &self.domain {
            Domain::None => (self.user.clone(), domain.as_str().to_owned()),
            Domain::Prefix(prefix) => (self.user.clone(), prefix.clone()),
            Domain::Suffix(_) => (self.text.clone(), String::new()),
        }
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kerberos: (i32, &str, &str), simple: &str, ntlm: (&str, &str)) {
        let domain: DnsName = "corp.example.com".parse().unwrap();
        let name = UserName::new(text);
        let found = name.kerberos(&domain);
        assert_eq!((found.name_type, found.name.as_str(), found.realm.as_str()), kerberos, "{text}");
        assert_eq!(name.simple_bind(&domain), simple, "{text}");
        assert_eq!(name.ntlm(&domain), (ntlm.0.to_owned(), ntlm.1.to_owned()), "{text}");
    }

    #[test]
    fn every_way_to_log_on_gets_its_form() {
        check("ann", (1, "ann", "CORP.EXAMPLE.COM"), "ann@corp.example.com", ("ann", "corp.example.com"));
        check(r"CORP\ann", (1, "ann", "CORP.EXAMPLE.COM"), r"CORP\ann", ("ann", "CORP"));
        check(r"eu.example.com\ann", (1, "ann", "EU.EXAMPLE.COM"), "ann@eu.example.com", ("ann", "eu.example.com"));
        check(
            "ann@Corp.Example.com",
            (1, "ann", "CORP.EXAMPLE.COM"),
            "ann@Corp.Example.com",
            ("ann@Corp.Example.com", ""),
        );
        check(
            "ann@example.org",
            (10, "ann@example.org", "CORP.EXAMPLE.COM"),
            "ann@example.org",
            ("ann@example.org", ""),
        );
        assert!(UserName::new("@corp").is_empty());
    }
}
