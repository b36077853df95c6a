//! Names of the principals that settings speak of.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ident::Sid;
use crate::security::SddlContext;

/// Names and SIDs of principals, as far as they are known. What was asked for and not known is remembered, so that it can be looked up in bulk
/// and the settings read again.
#[derive(Debug, Default)]
pub struct PrincipalNames {
    by_sid: HashMap<Sid, String>,
    by_name: HashMap<String, Sid>,
    unknown: Mutex<BTreeSet<Sid>>,
    sddl_context: SddlContext,
}

impl PrincipalNames {
    /// Returns no names, in a domain of which two-letter names in SDDL may speak.
    pub fn in_domain(sddl_context: SddlContext) -> Self {
        PrincipalNames { sddl_context, ..PrincipalNames::default() }
    }

    /// Returns the domains to which two-letter names in SDDL refer.
    pub fn sddl_context(&self) -> &SddlContext {
        &self.sddl_context
    }

    /// Adds a principal; its name with domain, `DOMAIN\name`. It is found by that name and by the name without its domain.
    pub fn insert(&mut self, sid: Sid, name: String) {
        if let Some((_, account)) = name.split_once('\\') {
            self.by_name.entry(account.to_lowercase()).or_insert_with(|| sid.clone());
        }
        self.by_name.insert(name.to_lowercase(), sid.clone());
        self.by_sid.insert(sid, name);
    }

    /// Returns the name of a SID with its domain.
    pub fn name(&self, sid: &Sid) -> Option<String> {
        let found = self.by_sid.get(sid).cloned();
        let found = found.or_else(|| sid.well_known_name().or_else(|| sid.virtual_account_name()).map(str::to_owned));
        if found.is_none() {
            self.unknown().insert(sid.clone());
        }
        found.or_else(|| self.name_in_known_domain(sid))
    }

    /// Returns the English name of a principal that every domain has, where another one of the same domain is known to bear its
    /// English name.
    fn name_in_known_domain(&self, sid: &Sid) -> Option<String> {
        let name = principal_of_every_domain(sid)?;
        let domain = sid.parent()?;
        PRINCIPALS_OF_EVERY_DOMAIN.iter().find_map(|(rid, english)| {
            let (prefix, account) = self.by_sid.get(&domain.child(*rid)?)?.split_once('\\')?;
            (account == *english).then(|| format!("{prefix}\\{name}"))
        })
    }

    /// Returns the SID of a name, with or without domain.
    pub fn sid(&self, name: &str) -> Option<Sid> {
        self.by_name.get(&name.to_lowercase()).cloned()
    }

    /// Returns the SIDs whose name was asked for and not known.
    pub fn unknown_sids(&self) -> Vec<Sid> {
        self.unknown().iter().cloned().collect()
    }

    fn unknown(&self) -> MutexGuard<'_, BTreeSet<Sid>> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Relative identifiers that mean the same in every domain, with the English names of their principals.
const PRINCIPALS_OF_EVERY_DOMAIN: &[(u32, &str)] = &[
    (500, "Administrator"),
    (501, "Guest"),
    (502, "krbtgt"),
    (512, "Domain Admins"),
    (513, "Domain Users"),
    (514, "Domain Guests"),
    (515, "Domain Computers"),
    (516, "Domain Controllers"),
    (517, "Cert Publishers"),
    (518, "Schema Admins"),
    (519, "Enterprise Admins"),
    (520, "Group Policy Creator Owners"),
    (521, "Read-only Domain Controllers"),
    (522, "Cloneable Domain Controllers"),
    (525, "Protected Users"),
    (526, "Key Admins"),
    (527, "Enterprise Key Admins"),
    (553, "RAS and IAS Servers"),
    (571, "Allowed RODC Password Replication Group"),
    (572, "Denied RODC Password Replication Group"),
];

fn principal_of_every_domain(sid: &Sid) -> Option<&'static str> {
    let rid = sid.rid().filter(|_| sid.is_domain_principal())?;
    PRINCIPALS_OF_EVERY_DOMAIN.iter().find(|(own, _)| *own == rid).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_of_every_domain_are_named_after_their_neighbours() {
        let check = |known: &str, sid: &str, expected: Option<&str>| {
            let mut names = PrincipalNames::default();
            names.insert("S-1-5-21-1-2-3-512".parse().unwrap(), known.to_owned());
            assert_eq!(names.name(&sid.parse().unwrap()).as_deref(), expected);
        };
        check("CORP\\Domain Admins", "S-1-5-21-1-2-3-513", Some("CORP\\Domain Users"));
        check("CORP\\Domain Admins", "S-1-5-21-1-2-3-1104", None);
        check("CORP\\Domain Admins", "S-1-5-21-9-9-9-513", None);
        check("CORP\\Admins du domaine", "S-1-5-21-1-2-3-513", None);
        check("CORP\\Admins du domaine", "S-1-5-21-1-2-3-512", Some("CORP\\Admins du domaine"));
    }
}
