//! The outcome of planning, as values.

use serde::Serialize;

use crate::gpm::{Som, SomType};
use crate::ident::{Dn, DnsName, GpoVersion, Guid, Sid};
use crate::report::Side;

use super::LoopbackMode;
use super::merge::Resultant;

/// What applies to a target and why.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The computer's policy; none where only a user was planned.
    pub computer: Option<SidePlan>,
    /// The user's policy; none where only a computer was planned.
    pub user: Option<SidePlan>,
    /// How the user's policy depends on the computer.
    pub loopback: Loopback,
}

/// One side of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct SidePlan {
    /// Which side it is.
    pub side: Side,
    /// Name of the account, `DOMAIN\name`; none for a container.
    pub account: Option<String>,
    /// Where the account lies, or is imagined.
    pub place: Dn,
    /// Name of the site; none where no site is known.
    pub site: Option<String>,
    /// All SIDs of the token that security filtering was judged by, sorted.
    pub token: Vec<Sid>,
    /// The sites, domains and OUs that were searched, in the order of application.
    pub soms: Vec<PlannedSom>,
    /// Why the whole side would fail, so that nothing of it would be applied ([MS-GPOL] 3.2.5.1.5). The candidates say what would apply
    /// otherwise.
    pub failures: Vec<SideFailure>,
    /// Every link in scope: those that apply in the order of application (the last wins), the others where they would have stood. Where
    /// the side fails, what would apply if it did not.
    pub candidates: Vec<Candidate>,
    /// What each extension does, in the order in which they run. Only those that some applied GPO registers.
    pub extensions: Vec<ExtensionPlan>,
    /// The settings that come of it. Empty where the side fails.
    pub resultant: Resultant,
    /// What is not certain or not as it should be, in words.
    pub warnings: Vec<String>,
}

/// Why a whole side would fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SideFailure {
    /// The GPO because of which it fails; none where the cause is another.
    pub gpo: Option<GpoId>,
    /// What is wrong, in words.
    pub problem: String,
}

/// A site, domain or OU that was searched for links (the element SearchedSOM).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedSom {
    /// Its DN.
    pub dn: Dn,
    /// What it is.
    pub kind: SomType,
    /// Its canonical path, `corp.example.com/Staff`.
    pub path: String,
    /// Its place: 2 a site, 3 a domain, 4 and more OUs downward; 1 would be the local GPO.
    pub order: u32,
    /// Whether it blocks inheritance.
    pub blocks_inheritance: bool,
    /// Whether a SOM below it blocks its links that are not enforced.
    pub blocked: bool,
    /// Why it was searched.
    pub reason: SomReason,
}

/// Why a SOM was searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SomReason {
    /// The account lies in it.
    Normal,
    /// The computer lies in it, and loopback merges.
    LoopbackMerge,
    /// The computer lies in it, and loopback replaces.
    LoopbackReplace,
}

/// Which GPO.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct GpoId {
    /// DN of its container.
    pub dn: Dn,
    /// Its GUID; nil where the DN has none.
    pub id: Guid,
    /// Its domain; none where the DN names none.
    pub domain: Option<DnsName>,
    /// Display name; the GUID or DN where it is not known.
    pub name: String,
}

/// A link in scope and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The GPO.
    pub gpo: GpoId,
    /// The SOM that holds the link.
    pub som: Dn,
    /// Its canonical path.
    pub som_path: String,
    /// What it is.
    pub som_kind: SomType,
    /// Why that SOM was searched.
    pub som_reason: SomReason,
    /// Link order at that SOM, counted from 1; 1 wins.
    pub link_order: usize,
    /// Whether the link is enabled.
    pub link_enabled: bool,
    /// Whether it is enforced.
    pub enforced: bool,
    /// Version of the side in the directory; none where the GPO was not read.
    pub version_directory: Option<u16>,
    /// Version of the side in SYSVOL; none where it is not known.
    pub version_sysvol: Option<u16>,
    /// Name of its WMI filter, or the GUID of one that is missing.
    pub wmi_filter: Option<String>,
    /// The trustee by whose entry the target has the right Apply Group Policy; none where it has not, or the GPO has no access list.
    pub granted_by: Option<Sid>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// What is not certain or not as it should be, in words.
    pub warnings: Vec<String>,
}

/// What becomes of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It applies, as the n-th of its side; counted from 1, the last wins.
    Applied {
        /// Its place.
        order: usize,
    },
    /// It does not.
    Denied(Reason),
    /// The client never sees it: it says nothing about it, and neither does any log.
    NotSeen(Reason),
    /// It cannot be told: the computer's identity is not known, or what decides could not be read.
    NotKnown(Reason),
}

/// Why a link does not apply. Of several causes the first is named, in the order in which a client meets them ([MS-GPOL] 3.2.5.1.5–7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The link is disabled.
    LinkDisabled,
    /// A SOM below blocks inheritance.
    Blocked {
        /// That SOM.
        by: Dn,
    },
    /// Loopback replaces the user's own GPOs.
    LoopbackReplace,
    /// The computer's loopback mode is neither merge nor replace, so no user policy applies at all ([MS-GPOL] 3.2.5.1).
    LoopbackInvalid {
        /// What it is.
        mode: u32,
    },
    /// There is no such GPO.
    Missing,
    /// Its domain could not be asked.
    DomainNotRead,
    /// Its domain belongs to no domain of this forest.
    OtherForest,
    /// The element of the attribute is damaged.
    DamagedLink,
    /// Its attributes or its access list could not be read by whoever read the forest.
    NotRead,
    /// Its container cannot be read by the computer ([MS16-072]).
    NotReadable {
        /// The trustee whose entry decides; none where nobody grants the right.
        by: Option<Sid>,
    },
    /// `gPCFunctionalityVersion` is not 2.
    FunctionalityVersion {
        /// What it is; none where there is none.
        version: Option<i32>,
    },
    /// This half of the GPO is disabled.
    HalfDisabled,
    /// The target has no right Apply Group Policy.
    Security {
        /// The trustee whose entry refuses it; none where nobody grants the right.
        by: Option<Sid>,
    },
    /// Nothing is set: the versions of the half are 0 in the directory and in SYSVOL, or no extension is registered.
    Empty,
    /// Its WMI filter is false.
    WmiFilter {
        /// Name of the filter.
        name: String,
    },
    /// Its WMI filter is not there.
    WmiFilterMissing {
        /// Id of the filter.
        id: Guid,
    },
}

/// How the user's policy depends on the computer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Loopback {
    /// The mode; none for user policy of the user's own place.
    pub mode: Option<LoopbackMode>,
    /// The GPO that sets it; none where it was assumed, forced or is not set.
    pub set_by: Option<GpoId>,
    /// Why it is so, in words.
    pub because: String,
}

/// What an extension does on a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExtensionPlan {
    /// The client-side extension.
    pub cse: Guid,
    /// Its name.
    pub name: String,
    /// What it does.
    pub outcome: ExtensionOutcome,
    /// What is to be known of it, in words: `after the next logon`, `sources disagree`.
    pub notes: Vec<String>,
}

/// What an extension does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtensionOutcome {
    /// It applies its settings.
    Applied,
    /// It is passed over because the link is slow.
    SkippedSlowLink,
    /// It fails as a whole: none of its settings are applied.
    Failed {
        /// Why, in words, with GPO and file.
        problem: String,
    },
}

impl SidePlan {
    /// Tells whether the whole side fails, so that nothing of it is applied.
    pub fn fails(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Returns the links that apply, in the order of application: the last wins. None where the side fails.
    pub fn applied(&self) -> impl DoubleEndedIterator<Item = &Candidate> {
        let fails = self.fails();
        self.would_apply().filter(move |_| !fails)
    }

    /// Returns the links that apply or would apply if the side did not fail, in the order of application.
    pub fn would_apply(&self) -> impl DoubleEndedIterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.verdict.is_applied())
    }
}

impl Verdict {
    /// Tells whether the GPO applies.
    pub fn is_applied(&self) -> bool {
        matches!(self, Verdict::Applied { .. })
    }
}

/// Returns the version of one side of a GPO.
pub(super) fn side_version(version: GpoVersion, side: Side) -> u16 {
    match side {
        Side::Computer => version.computer,
        Side::User => version.user,
    }
}

/// Returns the place of a SOM in the document: 2 a site, 3 a domain, 4 and more OUs downward.
pub(super) fn som_order(som: &Som) -> u32 {
    match som.kind {
        SomType::Site => 2,
        SomType::Domain | SomType::Ou => 3 + u32::try_from(som.depth).unwrap_or(u32::MAX - 3),
    }
}
