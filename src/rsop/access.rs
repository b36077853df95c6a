//! Who may read and apply a GPO: its access list, reduced to what these two questions need, prepared once per GPO.
//!
//! Entries count in their stored order, the first that speaks of the right decides ([MS-ADTS] 5.1.3.3).

use crate::ident::Sid;
use crate::security::{AccessMask, Ace, AceKind, AclState, SecurityDescriptor, rights};

use super::token::Token;

/// The access list of a GPO as far as clients ask it.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// The entries; none where there is no list, so that everybody may do everything.
    entries: Option<Vec<Entry>>,
    /// Whether the list stands in canonical order; in another, an earlier grant wins over a later denial.
    pub is_canonical: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    sid: Sid,
    allows: bool,
    speaks_of_read: bool,
    speaks_of_apply: bool,
}

/// A right that a client needs on a GPO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// To read its container: the computer needs it, for the policy of its user too ([MS16-072]).
    Read,
    /// The extended right Apply Group Policy: the target needs it.
    Apply,
}

/// What an access check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision<'a> {
    /// Whether the right is granted.
    pub granted: bool,
    /// The trustee whose entry decides; none where there is no list, or no entry speaks of the right.
    pub by: Option<&'a Sid>,
}

impl Access {
    /// Prepares a descriptor.
    pub fn of(descriptor: &SecurityDescriptor) -> Self {
        let AclState::Present(acl) = &descriptor.dacl else { return Access { entries: None, is_canonical: true } };
        let is_canonical = acl.entries.is_sorted_by_key(|entry| entry.place_in_list());
        let entries = acl.aces().filter_map(Entry::of).collect();
        Access { entries: Some(entries), is_canonical }
    }

    /// Returns whoever the list speaks of.
    pub fn trustees(&self) -> impl Iterator<Item = &Sid> {
        self.entries.iter().flatten().map(|entry| &entry.sid)
    }

    /// Says whether somebody has a right.
    pub fn check(&self, right: Right, token: &Token) -> Decision<'_> {
        self.decide(right, |sid| token.contains(sid))
    }

    /// Says whether a computer has a right of which only `known` is known to be in its token; none where that depends on the rest.
    pub fn check_partly_known(&self, right: Right, known: &Token) -> Option<Decision<'_>> {
        let least = self.decide(right, |sid| known.contains(sid));
        // Whoever might be meant by an entry decides in the best and in the worst case.
        let might_be = |sid: &Sid| *sid != Sid::system() && *sid != Sid::creator_owner();
        let is_certain = |allows: bool| {
            let entries = self.entries.as_deref().unwrap_or_default().iter().filter(|entry| entry.speaks_of(right));
            let mut before = entries.take_while(|entry| !known.contains(&entry.sid));
            !before.any(|entry| entry.allows == allows && might_be(&entry.sid))
        };
        is_certain(!least.granted).then_some(least)
    }

    fn decide(&self, right: Right, is_in_token: impl Fn(&Sid) -> bool) -> Decision<'_> {
        let Some(entries) = &self.entries else { return Decision { granted: true, by: None } };
        let deciding = entries.iter().find(|entry| entry.speaks_of(right) && is_in_token(&entry.sid));
        Decision { granted: deciding.is_some_and(|entry| entry.allows), by: deciding.map(|entry| &entry.sid) }
    }
}

impl Entry {
    /// Returns what an entry says about the two rights; none where it says nothing.
    fn of(ace: &Ace) -> Option<Self> {
        // A condition cannot be evaluated here: a grant under one is not counted, a denial is.
        let counts = ace.kind == AceKind::Allow || ace.denies();
        let mask = ace.mask.mapped_for_directory();
        let speaks_of_read = ace.object_type().is_none() && mask.contains(AccessMask::READ_PROPERTY);
        let speaks_of_apply = ace.covers(rights::APPLY_GROUP_POLICY) && mask.contains(AccessMask::CONTROL_ACCESS);
        let says_something = counts && ace.concerns_self() && (speaks_of_read || speaks_of_apply);
        let entry = || Entry { sid: ace.sid.clone(), allows: ace.allows(), speaks_of_read, speaks_of_apply };
        says_something.then(entry)
    }

    fn speaks_of(&self, right: Right) -> bool {
        match right {
            Right::Read => self.speaks_of_read,
            Right::Apply => self.speaks_of_apply,
        }
    }
}
