//! A resultant set of policy as values.

use crate::ident::{Guid, Sid, Timestamp};
use crate::report::{Element, ExtensionReport, Namespace, Side};

use super::{Kept, PolicyEvents};

/// A resultant set of policy (the element `Rsop`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RsopReport {
    /// When it was collected; none where the text is no time. To the second; what was read is written with its fraction.
    pub read: Option<Timestamp>,
    /// Whether it happened or was planned.
    pub data_type: RsopDataType,
    /// What applies to the user; none where the report is of a computer alone.
    pub user: Option<RsopResult>,
    /// What applies to the computer; none where the report is of a user alone.
    pub computer: Option<RsopResult>,
    /// What of the file these values do not say.
    pub kept: Kept,
}

/// Whether a resultant set happened or was planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RsopDataType {
    /// `LoggedData`: it happened (Group Policy Results).
    #[default]
    Logged,
    /// `PlannedData`: it was computed (Group Policy Modeling).
    Planned,
    /// Another word.
    Other(String),
}

/// What applies to one side (the elements `UserResults` and `ComputerResults`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RsopResult {
    /// Version of the data; 2228228 in all known.
    pub version: Option<u32>,
    /// Name of the account, `DOMAIN\sam`; a computer's ends in `$`.
    pub name: String,
    /// DNS name of the account's domain.
    pub domain: String,
    /// Canonical path of the container of the account.
    pub som: String,
    /// Name of the site; empty where none is known.
    pub site: String,
    /// The sites, domains and OUs that were searched. Neither sorted nor only of the last run.
    pub searched_soms: Vec<SearchedSom>,
    /// The groups of the token, with the integrity label.
    pub security_groups: Vec<RsopPrincipal>,
    /// Whether the link was slow.
    pub slow_link: Option<bool>,
    /// How each extension ended.
    pub extension_status: Vec<ExtensionStatus>,
    /// The GPOs in scope, those that did not apply too. Not sorted; rows of earlier runs may be among them.
    pub gpos: Vec<RsopGpo>,
    /// The settings. Each begins with its GPO ([`winning_gpo`]) and its [`precedence`], where the extension tells them.
    pub extensions: Vec<ExtensionReport>,
    /// The events of the last passes; none in a plan.
    pub events: Vec<PolicyEvents>,
    /// What of the file these values do not say.
    pub kept: Kept,
}

/// A scope of management that was searched (the element `SearchedSOM`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchedSom {
    /// Canonical path; `Local` for the computer itself.
    pub path: String,
    /// `Local`, `Site`, `Domain` or `OU`.
    pub kind: String,
    /// 1 the computer itself, 2 the site, 3 the domain, 4 and more OUs downward.
    pub order: u32,
    /// Whether it blocks inheritance.
    pub blocks_inheritance: bool,
    /// Whether one below it blocks its links that are not enforced.
    pub blocked: bool,
    /// Why it was searched; `Normal`, or the kind of loopback.
    pub reason: String,
    /// What of the file these values do not say.
    pub kept: Kept,
}

/// A principal of the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RsopPrincipal {
    /// Its SID; none where it is not told or none.
    pub sid: Option<Sid>,
    /// Its name; empty where none is known.
    pub name: String,
    /// What of the file these values do not say.
    pub kept: Kept,
}

/// How an extension ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtensionStatus {
    /// Its name; the engine itself is `Group Policy Infrastructure`.
    pub name: String,
    /// Its GUID; nil for the engine.
    pub identifier: Option<Guid>,
    /// When it began, UTC.
    pub begin: Option<Timestamp>,
    /// When it ended, UTC.
    pub end: Option<Timestamp>,
    /// `Complete`, or another word for what it logged.
    pub logging_status: String,
    /// The code it ended with; 0 for success.
    pub error: Option<u32>,
    /// What of the file these values do not say.
    pub kept: Kept,
}

/// A GPO in scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RsopGpo {
    /// Display name; the GUID where the client was not given the GPO.
    pub name: String,
    /// Id; none for the local GPO.
    pub id: Option<Guid>,
    /// DNS name of its domain; none for the local GPO.
    pub domain: Option<String>,
    /// Version of the side in the directory.
    pub version_directory: Option<u32>,
    /// Version of the side in SYSVOL.
    pub version_sysvol: Option<u32>,
    /// Whether the side is enabled; none where the client was not given the GPO.
    pub enabled: Option<bool>,
    /// Whether its container was as it should be.
    pub is_valid: Option<bool>,
    /// Id of its WMI filter, as it stands there.
    pub filter_id: Option<String>,
    /// Name of its WMI filter.
    pub filter_name: Option<String>,
    /// Whether its filter lets it apply.
    pub filter_allowed: Option<bool>,
    /// Whether security filtering keeps it out.
    pub access_denied: Option<bool>,
    /// The links by which it is in scope.
    pub links: Vec<RsopLink>,
    /// Who may apply it, by name.
    pub security_filters: Vec<String>,
    /// The extensions that it is registered for, by name or GUID.
    pub extension_names: Vec<String>,
    /// What of the file these values do not say.
    pub kept: Kept,
}

/// A link by which a GPO is in scope. All three orders count as the links are applied: the first is the weakest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RsopLink {
    /// Canonical path of the scope of management; `Local` for the local GPO.
    pub som_path: String,
    /// Its place among the links of that scope, counted from 1.
    pub som_order: u32,
    /// Its place among the GPOs that applied, counted from 1; 0 where it did not apply.
    pub applied_order: u32,
    /// Its place among all links, counted from 1, which is the local GPO.
    pub link_order: u32,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Whether it is enforced.
    pub no_override: bool,
    /// What of the file these values do not say.
    pub kept: Kept,
}

/// The GPO that a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WinningGpo {
    /// Its id; none for the local GPO.
    pub id: Option<Guid>,
    /// DNS name of its domain; none for the local GPO.
    pub domain: Option<String>,
}

/// How the local GPO is identified.
pub(super) const LOCAL_GPO: &str = "LocalGPO";

/// Returns the GPO that a setting of a resultant set comes from; none where the setting does not tell.
pub fn winning_gpo(setting: &Element) -> Option<WinningGpo> {
    let gpo = setting.children.iter().find(|child| child.namespace == Namespace::Base && child.name == "GPO")?;
    let domain = gpo.child("Domain").map(|domain| domain.text.clone());
    match gpo.text_at(&["Identifier"]).trim() {
        LOCAL_GPO => Some(WinningGpo { id: None, domain: None }),
        id => Some(WinningGpo { id: Some(id.parse().ok()?), domain }),
    }
}

/// Returns the precedence of a setting of a resultant set: 1 wins. None where the setting does not tell.
pub fn precedence(setting: &Element) -> Option<u32> {
    let base = |child: &&Element| child.namespace == Namespace::Base && child.name == "Precedence";
    setting.children.iter().find(base)?.text.trim().parse().ok()
}

impl RsopReport {
    /// Returns the result of a side.
    pub fn result(&self, side: Side) -> Option<&RsopResult> {
        match side {
            Side::Computer => self.computer.as_ref(),
            Side::User => self.user.as_ref(),
        }
    }
}

impl RsopDataType {
    /// Returns the word that stands in the file.
    pub fn word(&self) -> &str {
        match self {
            RsopDataType::Logged => "LoggedData",
            RsopDataType::Planned => "PlannedData",
            RsopDataType::Other(word) => word,
        }
    }
}

impl RsopResult {
    /// Returns the GPOs that applied, in the order of application: the last wins.
    pub fn applied(&self) -> Vec<&RsopGpo> {
        let mut applied: Vec<&RsopGpo> = self.gpos.iter().filter(|gpo| gpo.is_applied()).collect();
        applied.sort_by_key(|gpo| gpo.applied_order());
        applied
    }

    /// Finds the row of the GPO that a setting comes from.
    pub fn gpo(&self, winner: &WinningGpo) -> Option<&RsopGpo> {
        let same_domain = |gpo: &&RsopGpo| match (&gpo.domain, &winner.domain) {
            (Some(own), Some(other)) => own.eq_ignore_ascii_case(other),
            _ => true,
        };
        match winner.id {
            None => self.gpos.iter().find(|gpo| gpo.is_local() && winner.domain.is_none()),
            Some(id) => self.gpos.iter().filter(|gpo| gpo.id == Some(id)).find(same_domain),
        }
    }
}

impl RsopGpo {
    /// Tells whether it applied: nothing but its applied order says so.
    pub fn is_applied(&self) -> bool {
        self.applied_order() > 0
    }

    /// Returns its place among the GPOs that applied, counted from 1; 0 where it did not. Where it applied by several links, the last counts.
    pub fn applied_order(&self) -> u32 {
        self.links.iter().map(|link| link.applied_order).max().unwrap_or_default()
    }

    /// Tells whether it is the local GPO.
    pub fn is_local(&self) -> bool {
        self.id.is_none() && self.domain.is_none()
    }
}
