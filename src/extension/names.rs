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
        let found = self.by_sid.get(sid).cloned().or_else(|| sid.well_known_name().map(str::to_owned));
        if found.is_none() {
            self.unknown().insert(sid.clone());
        }
        found
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
