//! Why a GPO did not apply, as far as its row tells (`operations.md` 7.7, 8.1).

use serde::Serialize;

use super::trace::reason_in_events;
use super::{RsopGpo, RsopResult, SearchedSom};

/// Why a GPO did not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotApplied {
    /// All its links are disabled.
    LinkDisabled,
    /// A scope of management below blocks inheritance.
    Blocked,
    /// The client was not given the GPO: nothing is set for this side, or it may not read it. The usual cause is the first.
    NotReturned,
    /// This side of it is disabled.
    GpoDisabled,
    /// Security filtering.
    Security,
    /// Its WMI filter is false.
    WmiFilter,
    /// Its container or its files could not be read.
    Inaccessible,
    /// Nothing is set for this side.
    Empty,
    /// The row does not tell.
    Unknown,
}

impl NotApplied {
    /// Returns the reason in the console's words.
    pub fn label(self) -> &'static str {
        match self {
            NotApplied::LinkDisabled => "Disabled (Link)",
            NotApplied::Blocked => "Blocked (Inheritance)",
            NotApplied::NotReturned => "No settings for this side, or not readable",
            NotApplied::GpoDisabled => "Disabled (GPO)",
            NotApplied::Security => "Denied (Security)",
            NotApplied::WmiFilter => "Denied (WMI Filter)",
            NotApplied::Inaccessible => "Inaccessible",
            NotApplied::Empty => "Not Applied (Empty)",
            NotApplied::Unknown => "Not Applied (Unknown Reason)",
        }
    }
}

impl RsopGpo {
    /// Returns why it did not apply, from its own row; none where it did. Of several reasons the first in the order in which a client meets
    /// them. [`RsopResult::why_not`] knows more.
    pub fn why_not(&self) -> Option<NotApplied> {
        let has_filter = [&self.filter_id, &self.filter_name].into_iter().flatten().any(|text| !text.is_empty());
        let is_zero = |version: Option<u32>| version == Some(0);
        match self {
            gpo if gpo.is_applied() => None,
            gpo if gpo.is_unknown() => Some(NotApplied::NotReturned),
            gpo if !gpo.links.is_empty() && gpo.links.iter().all(|link| !link.enabled) => {
                Some(NotApplied::LinkDisabled)
            }
            gpo if gpo.enabled == Some(false) => Some(NotApplied::GpoDisabled),
            gpo if gpo.access_denied == Some(true) => Some(NotApplied::Security),
            gpo if gpo.is_valid == Some(false) => Some(NotApplied::Inaccessible),
            gpo if is_zero(gpo.version_directory) && is_zero(gpo.version_sysvol) => Some(NotApplied::Empty),
            gpo if gpo.filter_allowed == Some(false) && has_filter => Some(NotApplied::WmiFilter),
            gpo if gpo.filter_allowed == Some(false) => Some(NotApplied::Security),
            gpo if gpo.extension_names.is_empty() => Some(NotApplied::Empty),
            _ => Some(NotApplied::Unknown),
        }
    }

    /// Tells whether the client was not given the GPO: a row with a GUID for a name and no word on its state.
    pub fn is_unknown(&self) -> bool {
        let says_nothing =
            self.enabled.is_none() && self.security_filters.is_empty() && self.extension_names.is_empty();
        says_nothing && !self.is_applied() && self.is_valid != Some(true) && !self.is_local()
    }
}

impl RsopResult {
    /// Tells whether a row of a searched scope was left behind by an earlier run: clients keep those of former sites and of OUs that the account
    /// has left or that were deleted (`operations.md` 8.1). Where loopback had a scope searched, it is the computer's, which this side does
    /// not name, so that it is taken for what it says.
    pub fn is_leftover(&self, som: &SearchedSom) -> bool {
        let is_normal = som.reason.is_empty() || som.reason.eq_ignore_ascii_case("Normal");
        let own = self.som.to_lowercase();
        let path = som.path.to_lowercase();
        match som.kind.to_lowercase().as_str() {
            "ou" => is_normal && own != path && !own.strip_prefix(&path).is_some_and(|rest| rest.starts_with('/')),
            "site" => !self.site.is_empty() && path.rsplit('/').next() != Some(&*self.site.to_lowercase()),
            _ => false,
        }
    }

    /// Returns why a GPO of this result did not apply; none where it did. Knows of blocked inheritance what the searched scopes tell, and
    /// where the row does not tell what the events do.
    pub fn why_not(&self, gpo: &RsopGpo) -> Option<NotApplied> {
        let reason = gpo.why_not()?;
        let is_blocked = |path: &str| self.searched_soms.iter().any(|som| som.blocked && som.path == path);
        let reaches = |link: &super::RsopLink| link.enabled && (link.no_override || !is_blocked(&link.som_path));
        let is_blocked = reason != NotApplied::LinkDisabled && !gpo.links.is_empty() && !gpo.links.iter().any(reaches);
        match reason {
            _ if is_blocked => Some(NotApplied::Blocked),
            NotApplied::Unknown => reason_in_events(self, gpo).or(Some(reason)),
            reason => Some(reason),
        }
    }
}
