//! Who is who in the domain a GPO comes from: the forms in which a table, a setting and a set name the same principal.

use std::collections::HashMap;

use crate::extension::references::Subject;
use crate::format::BackupGroup;
use crate::ident::Sid;

/// What two names of one principal have in common: its SID, or a name of which nothing more is known, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Identity {
    Sid(Sid),
    Name(String),
}

/// The principals of a GPO with the names they had where it comes from.
pub(super) struct SourcePrincipals<'a> {
    by_sid: HashMap<Sid, &'a BackupGroup>,
    /// Every form of every name, in lower case.
    by_name: HashMap<String, Identity>,
    groups: HashMap<Identity, &'a BackupGroup>,
}

impl<'a> SourcePrincipals<'a> {
    pub(super) fn new(groups: &'a [BackupGroup]) -> Self {
        let mut principals =
            SourcePrincipals { by_sid: HashMap::new(), by_name: HashMap::new(), groups: HashMap::new() };
        for group in groups {
            let identity = match &group.sid {
                Some(sid) => Identity::Sid(sid.clone()),
                // The same everywhere, and so without SID in the set; or one that could not be resolved.
                None => match Sid::of_localized_name(&group.account) {
                    Some(sid) => Identity::Sid(sid),
                    None => Identity::Name(group.account.to_lowercase()),
                },
            };
            if let Identity::Sid(sid) = &identity {
                principals.by_sid.entry(sid.clone()).or_insert(group);
            }
            for form in forms(group) {
                principals.by_name.entry(form).or_insert_with(|| identity.clone());
            }
            principals.groups.entry(identity).or_insert(group);
        }
        principals
    }

    /// Returns who a text names: a SID, a name that is the same everywhere, one of the forms of a principal of the GPO, else just that name.
    pub(super) fn identity_of_text(&self, text: &str) -> Identity {
        let text = text.trim();
        let folded = text.to_lowercase();
        if let Ok(sid) = text.trim_start_matches('*').parse::<Sid>() {
            return Identity::Sid(sid);
        }
        if let Some(identity) = self.by_name.get(&folded) {
            return identity.clone();
        }
        Sid::of_localized_name(text).map_or(Identity::Name(folded), Identity::Sid)
    }

    /// Returns who a reference names; none for a path.
    pub(super) fn identity(&self, subject: &Subject) -> Option<Identity> {
        match subject {
            Subject::Principal { sid: Some(sid), .. } => Some(Identity::Sid(sid.clone())),
            Subject::Principal { name: Some(name), .. } => Some(self.identity_of_text(name)),
            Subject::Principal { .. } | Subject::Path(_) => None,
        }
    }

    /// Returns what the set says of a principal.
    pub(super) fn group(&self, identity: &Identity) -> Option<&'a BackupGroup> {
        match identity {
            Identity::Sid(sid) => self.by_sid.get(sid).copied(),
            Identity::Name(_) => self.groups.get(identity).copied(),
        }
    }

    /// Tells whether the domain the GPO comes from did not know a principal: it is listed without a name.
    pub(super) fn is_unresolved(&self, identity: &Identity) -> bool {
        self.group(identity).is_some_and(|group| group.account.is_empty())
    }

    /// Returns the account name of a principal, without its domain.
    pub(super) fn account(&self, identity: &Identity) -> Option<String> {
        if let Some(group) = self.group(identity).filter(|group| !group.account.is_empty()) {
            return Some(group.account.clone());
        }
        match identity {
            Identity::Sid(sid) => sid.well_known_name().map(|name| name.rsplit('\\').next().unwrap_or(name).to_owned()),
            Identity::Name(name) => {
                let account = name.rsplit('\\').next().unwrap_or(name);
                Some(account.split('@').next().unwrap_or(account).to_owned())
            }
        }
    }

    /// Returns the text by which GPMC names a principal as a source: `account@domain`, the bare account where it has no domain, else the
    /// SID or the name as it stands.
    pub(super) fn source_text(&self, identity: &Identity, written: &str) -> String {
        match self.group(identity).filter(|group| !group.account.is_empty()) {
            Some(group) if !group.dns_domain.is_empty() => format!("{}@{}", group.account, group.dns_domain),
            Some(group) => group.account.clone(),
            None => match identity {
                Identity::Sid(_) => {
                    self.account(identity).unwrap_or_else(|| written.trim_start_matches('*').to_owned())
                }
                Identity::Name(_) => written.to_owned(),
            },
        }
    }
}

/// Returns the forms in which a principal is named, in lower case: `account@domain`, `NETBIOS\account`, `domain\account`, `account`.
fn forms(group: &BackupGroup) -> Vec<String> {
    if group.account.is_empty() {
        return Vec::new();
    }
    let account = &group.account;
    let mut forms = Vec::new();
    if !group.dns_domain.is_empty() {
        forms.extend([format!("{account}@{}", group.dns_domain), format!("{}\\{account}", group.dns_domain)]);
    }
    if !group.netbios_domain.is_empty() {
        forms.push(format!("{}\\{account}", group.netbios_domain));
    }
    forms.push(account.clone());
    forms.into_iter().map(|form| form.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(sid: &str, account: &str, netbios: &str, dns: &str) -> BackupGroup {
        BackupGroup {
            sid: sid.parse().ok(),
            account: account.to_owned(),
            netbios_domain: netbios.to_owned(),
            dns_domain: dns.to_owned(),
            ..BackupGroup::default()
        }
    }

    #[test]
    fn every_form_of_a_name_leads_to_one_principal() {
        let groups = [
            group("S-1-5-21-1-2-3-1100", "Staff", "CORP", "corp.x"),
            group("", "Administratoren", "", ""),
            group("", "lost", "", ""),
            group("S-1-5-21-1-2-3-1101", "", "", ""),
        ];
        let principals = SourcePrincipals::new(&groups);
        for (text, expected) in [
            ("staff@CORP.x", "S-1-5-21-1-2-3-1100"),
            ("corp\\STAFF", "S-1-5-21-1-2-3-1100"),
            ("corp.x\\staff", "S-1-5-21-1-2-3-1100"),
            ("Staff", "S-1-5-21-1-2-3-1100"),
            ("S-1-5-21-1-2-3-1100", "S-1-5-21-1-2-3-1100"),
            ("Administratoren", "S-1-5-32-544"),
            ("Administrators", "S-1-5-32-544"),
            ("BUILTIN\\Administrators", "S-1-5-32-544"),
            ("*S-1-5-32-544", "S-1-5-32-544"),
        ] {
            assert_eq!(principals.identity_of_text(text), Identity::Sid(expected.parse().unwrap()), "{text}");
        }
        assert_eq!(principals.identity_of_text("OTHER\\Staff"), Identity::Name("other\\staff".to_owned()));
        assert_eq!(principals.identity_of_text("lost"), Identity::Name("lost".to_owned()));
        for (text, source) in [
            ("*S-1-5-21-1-2-3-1100", "Staff@corp.x"),
            ("*S-1-5-32-544", "Administratoren"),
            ("*S-1-5-32-545", "Users"),
            ("*S-1-5-21-1-2-3-1101", "S-1-5-21-1-2-3-1101"),
            ("lost", "lost"),
            ("OTHER\\Staff", "OTHER\\Staff"),
        ] {
            assert_eq!(principals.source_text(&principals.identity_of_text(text), text), source, "{text}");
        }
        assert_eq!(principals.account(&principals.identity_of_text("OTHER\\Bob")).as_deref(), Some("bob"));
        assert_eq!(principals.account(&principals.identity_of_text("bob@other.x")).as_deref(), Some("bob"));
    }
}
