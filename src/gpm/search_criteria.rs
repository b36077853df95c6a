//! What to search for (IGPMSearchCriteria): conditions that must all hold.
//!
//! Which property goes with which operator and kind of value is the union of Microsoft's two pages on it
//! (`object-model.md` 4); everything else is refused with E_INVALIDARG, at once where the three never fit, at the search
//! where the property has no meaning there. Texts compare without case; Contains is a plain substring.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::ident::{Dn, DnsName, Guid, Sid, WmiFilterRef};
use crate::security::SecurityDescriptor;

use super::constants::{BackupType, E_INVALIDARG};
use super::forest_search::LinksCondition;
use super::security_info::holds_effectively;
use super::{
    Backup, DomainSnapshot, ForestSnapshot, Gpo, PermissionType, SecuredObject, SecurityInfo, Som, StarterGpo,
    WmiFilter,
};

/// What a condition looks at (GPMSearchProperty).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum SearchProperty {
    /// The permissions set on a GPO.
    GpoPermissions = 0,
    /// The permissions on a GPO that somebody has, also through groups.
    GpoEffectivePermissions = 1,
    /// The display name of a GPO.
    GpoDisplayName = 2,
    /// The WMI filter of a GPO.
    GpoWmiFilter = 3,
    /// The id of a GPO.
    GpoId = 4,
    /// The extensions registered in the computer half.
    GpoComputerExtensions = 5,
    /// The extensions registered in the user half.
    GpoUserExtensions = 6,
    /// The GPOs that a SOM links.
    SomLinks = 7,
    /// The domain of a GPO.
    GpoDomain = 8,
    /// The newest backup of each GPO.
    BackupMostRecent = 9,
    /// The permissions set on a starter GPO.
    StarterGpoPermissions = 10,
    /// The permissions on a starter GPO that somebody has, also through groups.
    StarterGpoEffectivePermissions = 11,
    /// The display name of a starter GPO.
    StarterGpoDisplayName = 12,
    /// The id of a starter GPO.
    StarterGpoId = 13,
    /// The domain of a starter GPO.
    StarterGpoDomain = 14,
}

/// How a condition compares (GPMSearchOperation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum SearchOperation {
    /// Is the same.
    Equals = 0,
    /// Holds it.
    Contains = 1,
    /// Does not hold it.
    NotContains = 2,
    /// Is another.
    NotEquals = 3,
}

/// What a condition compares with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchValue {
    /// A text: a name, a GUID in text, a domain's DNS name.
    Text(String),
    /// True or false.
    Bool(bool),
    /// A trustee with a level (IGPMPermission).
    Permission {
        /// Who.
        trustee: Sid,
        /// What.
        level: PermissionType,
    },
    /// A WMI filter.
    WmiFilter(WmiFilterRef),
    /// A GPO, by its DN.
    Gpo(Dn),
    /// A domain.
    Domain(DnsName),
}

/// The searches there are; each knows some properties only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SearchKind {
    /// IGPMDomain.SearchGPOs.
    Gpos,
    /// IGPMDomain.SearchSOMs.
    Soms,
    /// IGPMSitesContainer.SearchSites.
    Sites,
    /// IGPMDomain.SearchWMIFilters; takes no condition.
    WmiFilters,
    /// IGPMDomain2.SearchStarterGPOs.
    StarterGpos,
    /// IGPMBackupDir.SearchBackups.
    Backups,
}

/// A condition that is not allowed (E_INVALIDARG, 0x80070057).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCriterion {
    /// The property does not go with this operator or value.
    #[error("{property:?} cannot be compared by {operation:?} with this value: {expected} (E_INVALIDARG, 0x80070057)")]
    Condition {
        /// The property.
        property: SearchProperty,
        /// The operator.
        operation: SearchOperation,
        /// What would be allowed.
        expected: String,
    },
    /// The property has no meaning in this search.
    #[error("{property:?} cannot be searched for among {kind:?} (E_INVALIDARG, 0x80070057)")]
    Search {
        /// The property.
        property: SearchProperty,
        /// The search.
        kind: SearchKind,
    },
    /// Where GPOs are linked is known of a forest, not of one domain or of other objects.
    #[error("where something is linked can be searched for among the GPOs of a forest only (E_INVALIDARG, 0x80070057)")]
    Links,
}

impl InvalidCriterion {
    /// Returns Microsoft's code.
    pub const fn hresult(&self) -> u32 {
        E_INVALIDARG
    }
}

/// Conditions that must all hold; without any, everything is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SearchCriteria {
    conditions: Vec<Condition>,
    /// Conditions on links, which Microsoft's interface does not have and its console does.
    pub(super) links: Vec<LinksCondition>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Condition {
    property: SearchProperty,
    operation: SearchOperation,
    value: SearchValue,
}

/// The groups of the trustees whose effective permissions are searched for; see [`SearchCriteria::effective_trustees`]
/// and [`super::Names::groups_of`].
pub type GroupsByTrustee = HashMap<Sid, HashSet<Sid>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    Text,
    GuidText,
    DomainText,
    True,
    GpoPermission,
    StarterGpoPermission,
    WmiFilter,
    Gpo,
    Domain,
}

use SearchOperation::{Contains, Equals, NotContains, NotEquals};

impl SearchProperty {
    /// All properties, in the order of their numbers.
    pub const ALL: [SearchProperty; 15] = [
        SearchProperty::GpoPermissions,
        SearchProperty::GpoEffectivePermissions,
        SearchProperty::GpoDisplayName,
        SearchProperty::GpoWmiFilter,
        SearchProperty::GpoId,
        SearchProperty::GpoComputerExtensions,
        SearchProperty::GpoUserExtensions,
        SearchProperty::SomLinks,
        SearchProperty::GpoDomain,
        SearchProperty::BackupMostRecent,
        SearchProperty::StarterGpoPermissions,
        SearchProperty::StarterGpoEffectivePermissions,
        SearchProperty::StarterGpoDisplayName,
        SearchProperty::StarterGpoId,
        SearchProperty::StarterGpoDomain,
    ];

    /// Returns the operators that go with the property.
    pub fn operations(self) -> &'static [SearchOperation] {
        self.rule().0
    }

    fn rule(self) -> (&'static [SearchOperation], &'static [ValueKind]) {
        match self {
            SearchProperty::GpoDisplayName | SearchProperty::StarterGpoDisplayName => {
                (&[Equals, Contains, NotContains], &[ValueKind::Text])
            }
            SearchProperty::GpoId | SearchProperty::StarterGpoId => (&[Equals, NotEquals], &[ValueKind::GuidText]),
            SearchProperty::GpoPermissions | SearchProperty::GpoEffectivePermissions => {
                (&[Contains, NotContains], &[ValueKind::GpoPermission])
            }
            SearchProperty::StarterGpoPermissions | SearchProperty::StarterGpoEffectivePermissions => {
                (&[Contains, NotContains], &[ValueKind::StarterGpoPermission])
            }
            SearchProperty::GpoWmiFilter => (&[Equals, NotEquals], &[ValueKind::WmiFilter]),
            SearchProperty::GpoComputerExtensions | SearchProperty::GpoUserExtensions => {
                (&[Contains, NotContains], &[ValueKind::GuidText])
            }
            SearchProperty::GpoDomain => (&[Equals, NotEquals], &[ValueKind::Domain, ValueKind::DomainText]),
            SearchProperty::SomLinks => (&[Contains], &[ValueKind::Gpo]),
            SearchProperty::BackupMostRecent => (&[Equals], &[ValueKind::True]),
            SearchProperty::StarterGpoDomain => (&[Equals], &[ValueKind::Domain]),
        }
    }

    /// Tells whether a search knows the property.
    pub fn is_legal_in(self, kind: SearchKind) -> bool {
        use SearchProperty as P;
        match kind {
            SearchKind::Gpos => matches!(
                self,
                P::GpoPermissions
                    | P::GpoEffectivePermissions
                    | P::GpoDisplayName
                    | P::GpoWmiFilter
                    | P::GpoId
                    | P::GpoComputerExtensions
                    | P::GpoUserExtensions
                    | P::GpoDomain
            ),
            SearchKind::Soms | SearchKind::Sites => self == P::SomLinks,
            SearchKind::WmiFilters => false,
            SearchKind::StarterGpos => matches!(
                self,
                P::StarterGpoPermissions
                    | P::StarterGpoEffectivePermissions
                    | P::StarterGpoDisplayName
                    | P::StarterGpoId
                    | P::StarterGpoDomain
            ),
            SearchKind::Backups => matches!(
                self,
                P::GpoDisplayName
                    | P::GpoId
                    | P::GpoDomain
                    | P::BackupMostRecent
                    | P::StarterGpoDisplayName
                    | P::StarterGpoId
                    | P::StarterGpoDomain
            ),
        }
    }
}

impl ValueKind {
    fn fits(self, value: &SearchValue) -> bool {
        match (self, value) {
            (ValueKind::Text, SearchValue::Text(_))
            | (ValueKind::True, SearchValue::Bool(true))
            | (ValueKind::WmiFilter, SearchValue::WmiFilter(_))
            | (ValueKind::Gpo, SearchValue::Gpo(_))
            | (ValueKind::Domain, SearchValue::Domain(_)) => true,
            (ValueKind::GuidText, SearchValue::Text(text)) => text.parse::<Guid>().is_ok(),
            (ValueKind::DomainText, SearchValue::Text(text)) => text.parse::<DnsName>().is_ok(),
            (ValueKind::GpoPermission, SearchValue::Permission { level, .. }) => matches!(
                level,
                PermissionType::GpoApply
                    | PermissionType::GpoRead
                    | PermissionType::GpoEdit
                    | PermissionType::GpoEditSecurityAndDelete
            ),
            (ValueKind::StarterGpoPermission, SearchValue::Permission { level, .. }) => matches!(
                level,
                PermissionType::StarterGpoRead | PermissionType::StarterGpoEdit | PermissionType::StarterGpoFullControl
            ),
            _ => false,
        }
    }

    fn words(self) -> &'static str {
        match self {
            ValueKind::Text => "a text",
            ValueKind::GuidText => "a GUID",
            ValueKind::DomainText => "the DNS name of a domain",
            ValueKind::True => "true",
            ValueKind::GpoPermission => "a trustee with a level of permission on GPOs other than Custom",
            ValueKind::StarterGpoPermission => "a trustee with a level of permission on starter GPOs other than Custom",
            ValueKind::WmiFilter => "a WMI filter",
            ValueKind::Gpo => "a GPO",
            ValueKind::Domain => "a domain",
        }
    }
}

impl SearchCriteria {
    /// Returns criteria that everything meets.
    pub fn new() -> Self {
        SearchCriteria::default()
    }

    /// Adds a condition (IGPMSearchCriteria.Add); E_INVALIDARG where the three do not go together.
    pub fn add(
        &mut self,
        property: SearchProperty,
        operation: SearchOperation,
        value: SearchValue,
    ) -> Result<(), InvalidCriterion> {
        let (operations, kinds) = property.rule();
        if !operations.contains(&operation) || !kinds.iter().any(|kind| kind.fits(&value)) {
            let words: Vec<&str> = kinds.iter().map(|kind| kind.words()).collect();
            let expected = format!("{operations:?} with {} is allowed", words.join(" or "));
            return Err(InvalidCriterion::Condition { property, operation, expected });
        }
        self.conditions.push(Condition { property, operation, value });
        Ok(())
    }

    /// Tells whether there is no condition.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty() && self.links.is_empty()
    }

    /// Tells whether a GPO meets all conditions but those on links.
    pub(super) fn holds_for_gpo(&self, gpo: &Gpo, groups: &GroupsByTrustee) -> bool {
        self.conditions.iter().all(|condition| condition.holds_for_gpo(gpo, groups))
    }

    /// Checks that every property has a meaning in this search; E_INVALIDARG otherwise.
    pub fn check_for(&self, kind: SearchKind) -> Result<(), InvalidCriterion> {
        self.check_properties(kind)?;
        if self.links.is_empty() { Ok(()) } else { Err(InvalidCriterion::Links) }
    }

    /// As [`SearchCriteria::check_for`], where conditions on links can be looked at too.
    pub(super) fn check_properties(&self, kind: SearchKind) -> Result<(), InvalidCriterion> {
        let unknown = self.conditions.iter().find(|condition| !condition.property.is_legal_in(kind));
        unknown.map_or(Ok(()), |condition| Err(InvalidCriterion::Search { property: condition.property, kind }))
    }

    /// Returns the trustees whose groups must be known to evaluate effective permissions, each once.
    pub fn effective_trustees(&self) -> Vec<Sid> {
        let mut found: Vec<Sid> = Vec::new();
        for condition in &self.conditions {
            let is_effective = matches!(
                condition.property,
                SearchProperty::GpoEffectivePermissions | SearchProperty::StarterGpoEffectivePermissions
            );
            if let SearchValue::Permission { trustee, .. } = &condition.value
                && is_effective
                && !found.contains(trustee)
            {
                found.push(trustee.clone());
            }
        }
        found
    }

    /// Returns the GPOs of a domain that meet all conditions (IGPMDomain.SearchGPOs). A GPO whose descriptor could not be
    /// read meets no condition on permissions.
    pub fn search_gpos<'a>(
        &self,
        domain: &'a DomainSnapshot,
        groups: &GroupsByTrustee,
    ) -> Result<Vec<&'a Gpo>, InvalidCriterion> {
        self.check_for(SearchKind::Gpos)?;
        Ok(domain.gpos.iter().filter(|gpo| self.holds_for_gpo(gpo, groups)).collect())
    }

    /// Returns the domain and OUs that meet all conditions (IGPMDomain.SearchSOMs).
    pub fn search_soms<'a>(&self, domain: &'a DomainSnapshot) -> Result<Vec<&'a Som>, InvalidCriterion> {
        self.check_for(SearchKind::Soms)?;
        Ok(self.matching_soms(&domain.soms))
    }

    /// Returns the sites that meet all conditions (IGPMSitesContainer.SearchSites).
    pub fn search_sites<'a>(&self, forest: &'a ForestSnapshot) -> Result<Vec<&'a Som>, InvalidCriterion> {
        self.check_for(SearchKind::Sites)?;
        Ok(self.matching_soms(&forest.sites))
    }

    /// Returns the WMI filters of a domain (IGPMDomain.SearchWMIFilters); conditions are not allowed.
    pub fn search_wmi_filters<'a>(&self, domain: &'a DomainSnapshot) -> Result<Vec<&'a WmiFilter>, InvalidCriterion> {
        self.check_for(SearchKind::WmiFilters)?;
        Ok(domain.wmi_filters.iter().collect())
    }

    /// Returns the starter GPOs that meet all conditions (IGPMDomain2.SearchStarterGPOs); `descriptors` holds those of their
    /// folders, by id. One without meets no condition on permissions.
    pub fn search_starter_gpos<'a>(
        &self,
        starter_gpos: &'a [StarterGpo],
        descriptors: &HashMap<Guid, SecurityDescriptor>,
        groups: &GroupsByTrustee,
    ) -> Result<Vec<&'a StarterGpo>, InvalidCriterion> {
        self.check_for(SearchKind::StarterGpos)?;
        let meets = |starter: &&StarterGpo| {
            let descriptor = descriptors.get(&starter.id);
            self.conditions.iter().all(|condition| condition.holds_for_starter_gpo(starter, descriptor, groups))
        };
        Ok(starter_gpos.iter().filter(meets).collect())
    }

    /// Returns the backups that meet all conditions, in their order (IGPMBackupDir.SearchBackups). The most recent of a GPO is
    /// chosen among all its backups; conditions on starter GPOs and GPOs are one and the same here.
    pub fn search_backups<'a>(&self, backups: &'a [Backup]) -> Result<Vec<&'a Backup>, InvalidCriterion> {
        self.check_for(SearchKind::Backups)?;
        let mut newest: HashMap<(BackupType, Guid, String), &Backup> = HashMap::new();
        for backup in backups {
            let kept = newest.entry((backup.kind, backup.gpo_id, backup.domain.to_lowercase())).or_insert(backup);
            if (backup.time, backup.id) > (kept.time, kept.id) {
                *kept = backup;
            }
        }
        let newest: HashSet<Guid> = newest.into_values().map(|backup| backup.id).collect();
        let meets = |backup: &&Backup| {
            self.conditions.iter().all(|condition| condition.holds_for_backup(backup, newest.contains(&backup.id)))
        };
        Ok(backups.iter().filter(meets).collect())
    }

    fn matching_soms<'a>(&self, soms: &'a [Som]) -> Vec<&'a Som> {
        let links = |som: &Som, gpo: &Dn| som.links.iter().any(|link| link.gpo_dn.as_ref() == Some(gpo));
        let meets = |som: &&Som| {
            self.conditions.iter().all(|condition| match &condition.value {
                SearchValue::Gpo(gpo) => links(som, gpo),
                _ => false,
            })
        };
        soms.iter().filter(meets).collect()
    }
}

impl Condition {
    fn holds_for_gpo(&self, gpo: &Gpo, groups: &GroupsByTrustee) -> bool {
        match self.property {
            SearchProperty::GpoDisplayName => self.text_holds(&gpo.display_name),
            SearchProperty::GpoId => self.guid_equals(gpo.id),
            SearchProperty::GpoDomain => self.domain_holds(gpo.domain.as_str()),
            SearchProperty::GpoComputerExtensions => self.extension_holds(|id| gpo.computer_extensions.contains(id)),
            SearchProperty::GpoUserExtensions => self.extension_holds(|id| gpo.user_extensions.contains(id)),
            SearchProperty::GpoWmiFilter => {
                let SearchValue::WmiFilter(filter) = &self.value else { return false };
                self.affirmed(gpo.wmi_filter.as_ref() == Some(filter))
            }
            SearchProperty::GpoPermissions | SearchProperty::GpoEffectivePermissions => {
                let bytes = gpo.security_descriptor.as_deref();
                let descriptor = bytes.and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok());
                self.permission_holds(SecuredObject::Gpo, descriptor.as_ref(), groups)
            }
            _ => false,
        }
    }

    fn holds_for_starter_gpo(
        &self,
        starter: &StarterGpo,
        descriptor: Option<&SecurityDescriptor>,
        groups: &GroupsByTrustee,
    ) -> bool {
        match self.property {
            SearchProperty::StarterGpoDisplayName => self.text_holds(&starter.display_name),
            SearchProperty::StarterGpoId => self.guid_equals(starter.id),
            SearchProperty::StarterGpoDomain => self.domain_holds(starter.domain.as_str()),
            SearchProperty::StarterGpoPermissions | SearchProperty::StarterGpoEffectivePermissions => {
                self.permission_holds(SecuredObject::StarterGpo, descriptor, groups)
            }
            _ => false,
        }
    }

    fn holds_for_backup(&self, backup: &Backup, is_newest: bool) -> bool {
        match self.property {
            SearchProperty::GpoDisplayName | SearchProperty::StarterGpoDisplayName => self.text_holds(&backup.gpo_name),
            SearchProperty::GpoId | SearchProperty::StarterGpoId => self.guid_equals(backup.gpo_id),
            SearchProperty::GpoDomain | SearchProperty::StarterGpoDomain => self.domain_holds(&backup.domain),
            SearchProperty::BackupMostRecent => is_newest,
            _ => false,
        }
    }

    /// Turns "it is so" into "the condition holds".
    fn affirmed(&self, is_so: bool) -> bool {
        match self.operation {
            Equals | Contains => is_so,
            NotEquals | NotContains => !is_so,
        }
    }

    fn text_holds(&self, text: &str) -> bool {
        let SearchValue::Text(wanted) = &self.value else { return false };
        let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
        self.affirmed(if self.operation == Equals { text == wanted } else { text.contains(&wanted) })
    }

    fn guid_equals(&self, id: Guid) -> bool {
        self.extension_holds(|wanted| wanted == id)
    }

    fn extension_holds(&self, is_there: impl Fn(Guid) -> bool) -> bool {
        let SearchValue::Text(text) = &self.value else { return false };
        text.parse().is_ok_and(|id| self.affirmed(is_there(id)))
    }

    fn domain_holds(&self, domain: &str) -> bool {
        let wanted = match &self.value {
            SearchValue::Domain(name) => name.as_str(),
            SearchValue::Text(text) => text.trim().trim_end_matches('.'),
            _ => return false,
        };
        self.affirmed(domain.to_lowercase() == wanted.to_lowercase())
    }

    fn permission_holds(
        &self,
        object: SecuredObject,
        descriptor: Option<&SecurityDescriptor>,
        groups: &GroupsByTrustee,
    ) -> bool {
        let (SearchValue::Permission { trustee, level }, Some(descriptor)) = (&self.value, descriptor) else {
            return false;
        };
        let is_effective = matches!(
            self.property,
            SearchProperty::GpoEffectivePermissions | SearchProperty::StarterGpoEffectivePermissions
        );
        self.affirmed(if is_effective {
            let is_member = |sid: &Sid| sid == trustee || groups.get(trustee).is_some_and(|own| own.contains(sid));
            holds_effectively(object, descriptor, *level, is_member)
        } else {
            SecurityInfo::from_descriptor(object, descriptor).grants(trustee, *level)
        })
    }
}

#[cfg(test)]
#[path = "search_criteria_tests.rs"]
mod tests;
