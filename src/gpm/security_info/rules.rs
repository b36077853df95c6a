//! What becomes of a list of permissions when one is added or taken away: the documented rules of IGPMSecurityInfo (`object-model.md` 7.1).
//!
//! In memory only; [`SecurityInfo::apply_to`] makes entries of them.

use crate::ident::Sid;
use crate::security::DescriptorError;

use super::{HResult, MessageId, OperationError, Permission, PermissionType, SecurityInfo, StatusMessage, Trustee};

/// A permission cannot be added, taken away or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PermissionError {
    /// Denials are not added here.
    #[error("a denial cannot be added as a level of permission; the advanced security editor can")]
    Denied,
    /// What comes from above is changed above.
    #[error("the permission of {0} is inherited; change it on the object it comes from")]
    Inherited(String),
    /// Custom stands for everything that is no level, so that nobody knows what to write for it.
    #[error("a custom permission cannot be added; the advanced security editor can set its rights")]
    Custom,
    /// The kind of object has no such level.
    #[error("`{}` is no permission on {object}", .level.label())]
    NotApplicable {
        /// The level.
        level: PermissionType,
        /// What it was to be on, in words.
        object: &'static str,
    },
    /// A lower level is inherited.
    #[error("{trustee} has `{}` from above, and a higher permission cannot be added to that", .level.label())]
    LowerInherited {
        /// Who.
        trustee: String,
        /// The inherited level.
        level: PermissionType,
    },
    /// A denial stands against it.
    #[error("{0} is denied permissions here; remove the denial first")]
    DenialPresent(String),
    /// The level is part of an entry that grants more.
    #[error("{trustee} holds `{}` by an entry that grants more than that; change that entry in the advanced security editor", .level.label())]
    GrantedByMore {
        /// Who.
        trustee: String,
        /// The level.
        level: PermissionType,
    },
    /// There is no access list to write it in.
    #[error("there is no access list, so that everybody may do everything; make one in the advanced security editor")]
    Unrestricted,
    /// Entries that stay would make another level of it.
    #[error("other entries of {0} would make another permission of it; change them in the advanced security editor")]
    OtherEntries(String),
    /// The access list would be no access list.
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
}

impl From<PermissionError> for OperationError {
    fn from(error: PermissionError) -> Self {
        OperationError::new(StatusMessage::error(
            MessageId::PermissionRefused,
            HResult::INVALID_ARGUMENT,
            error.to_string(),
        ))
    }
}

impl Permission {
    /// Returns a permission to be added (IGPM.CreatePermission). Whether it is inheritable counts on sites, domains and OUs; on the other
    /// objects the level decides.
    ///
    /// # Errors
    /// Fails for the custom levels, which only describe what is there.
    pub fn new(trustee: Trustee, level: PermissionType, inheritable: bool) -> Result<Self, PermissionError> {
        if level.is_custom() {
            return Err(PermissionError::Custom);
        }
        Ok(Permission { trustee, level, denied: false, inheritable: reach(level, inheritable), inherited: false })
    }
}

/// Tells whether a permission of this level reaches the containers below: that of GPOs always, so that its halves and folders get it; that of
/// WMI filters and to create objects never; that of sites, domains and OUs as asked for (rule 8).
fn reach(level: PermissionType, asked_for: bool) -> bool {
    match level.family() {
        PermissionType::GpoCustom | PermissionType::StarterGpoCustom => true,
        PermissionType::SomLink | PermissionType::SomLogging | PermissionType::SomPlanning => asked_for,
        _ => false,
    }
}

impl PermissionType {
    /// Tells whether it stands for all rights that are no level.
    pub fn is_custom(self) -> bool {
        matches!(self, PermissionType::GpoCustom | PermissionType::WmiFilterCustom | PermissionType::StarterGpoCustom)
    }

    /// Returns one level that stands for all those that say something about each other: the levels of GPOs, those of WMI filters …
    fn family(self) -> PermissionType {
        use PermissionType as Level;
        match self {
            Level::GpoApply | Level::GpoRead | Level::GpoEdit | Level::GpoEditSecurityAndDelete => Level::GpoCustom,
            Level::WmiFilterEdit | Level::WmiFilterFullControl => Level::WmiFilterCustom,
            Level::StarterGpoRead | Level::StarterGpoEdit | Level::StarterGpoFullControl => Level::StarterGpoCustom,
            Level::SomWmiCreate => Level::SomWmiFullControl,
            other => other,
        }
    }
}

impl SecurityInfo {
    /// Adds a permission (IGPMSecurityInfo.Add). Returns whether the list changed; `false` is Microsoft's S_FALSE: the trustee holds that or
    /// more already.
    ///
    /// A higher level takes the place of a lower one; Custom is replaced. An inheritable permission makes one that was not inheritable so.
    ///
    /// # Errors
    /// Fails for denials, inherited and custom permissions, where the trustee inherits a lower level, and where a denial stands against it.
    pub fn add(&mut self, permission: &Permission) -> Result<bool, PermissionError> {
        let who = || permission.trustee.label();
        if permission.denied {
            return Err(PermissionError::Denied);
        }
        if permission.inherited {
            return Err(PermissionError::Inherited(who()));
        }
        let wanted = Permission::new(permission.trustee.clone(), permission.level, permission.inheritable)?;
        let level = wanted.level;
        let of_trustee =
            |row: &&Permission| row.trustee.sid == wanted.trustee.sid && row.level.family() == level.family();
        if self.permissions.iter().filter(of_trustee).any(|row| row.denied) {
            return Err(PermissionError::DenialPresent(who()));
        }
        let lower = |row: &&Permission| row.inherited && row.level != level && level.includes(row.level);
        if let Some(lower) = self.permissions.iter().filter(of_trustee).find(lower) {
            return Err(PermissionError::LowerInherited { trustee: who(), level: lower.level });
        }
        let is_explicit = |row: &Permission| !row.inherited && row.trustee.sid == wanted.trustee.sid;
        if let Some(same) = self.permissions.iter_mut().find(|row| is_explicit(row) && row.level == level) {
            let upgraded = wanted.inheritable && !same.inheritable;
            same.inheritable |= wanted.inheritable;
            return Ok(upgraded);
        }
        if self.permissions.iter().any(|row| is_explicit(row) && row.level.includes(level)) {
            return Ok(false);
        }
        let is_replaced = |row: &Permission| {
            is_explicit(row)
                && (level.includes(row.level) || (row.level.is_custom() && row.level.family() == level.family()))
        };
        self.permissions.retain(|row| !is_replaced(row));
        self.permissions.push(wanted);
        Ok(true)
    }

    /// Takes a permission away (IGPMSecurityInfo.Remove), and those that it includes. Returns whether the list changed; `false` is
    /// Microsoft's S_FALSE: the trustee holds more than that, or nothing of it. Read of a GPO goes only with the levels that need it.
    ///
    /// # Errors
    /// Fails where the trustee has it from above only.
    pub fn remove(&mut self, permission: &Permission) -> Result<bool, PermissionError> {
        let level = permission.level;
        let is_meant = |row: &Permission| {
            let same_kind = row.denied == permission.denied || row.level.is_custom();
            row.trustee.sid == permission.trustee.sid && level.includes(row.level) && same_kind
        };
        let before = self.permissions.len();
        let inherited = permission.inherited || self.permissions.iter().any(|row| row.inherited && is_meant(row));
        if !permission.inherited {
            self.permissions.retain(|row| row.inherited || !is_meant(row));
        }
        match self.permissions.len() < before {
            false if inherited => Err(PermissionError::Inherited(permission.trustee.label())),
            changed => Ok(changed),
        }
    }

    /// Takes all permissions of a trustee away (IGPMSecurityInfo.RemoveTrustee), denials and custom ones too. Returns whether the list changed.
    ///
    /// # Errors
    /// Fails where the trustee has all it has from above.
    pub fn remove_trustee(&mut self, trustee: &Sid) -> Result<bool, PermissionError> {
        let before = self.permissions.len();
        self.permissions.retain(|row| row.inherited || row.trustee.sid != *trustee);
        match self.permissions.iter().find(|row| row.trustee.sid == *trustee) {
            Some(inherited) if self.permissions.len() == before => {
                Err(PermissionError::Inherited(inherited.trustee.label()))
            }
            _ => Ok(self.permissions.len() < before),
        }
    }

    /// Gives a trustee exactly this level, whatever it held of its kind: what the console does when another level is chosen for a row.
    /// Security filtering stays: who applies a GPO and is given more applies it still. Returns whether the list changed.
    ///
    /// # Errors
    /// Fails as [`SecurityInfo::add`] does.
    pub fn set(&mut self, permission: &Permission) -> Result<bool, PermissionError> {
        let wanted = Permission::new(permission.trustee.clone(), permission.level, permission.inheritable)?;
        let mut changed = self.clone();
        let stays = |row: &Permission| {
            let applies = row.level == PermissionType::GpoApply && wanted.level != PermissionType::GpoRead;
            row.inherited
                || row.denied
                || applies
                || row.trustee.sid != wanted.trustee.sid
                || row.level.family() != wanted.level.family()
        };
        changed.permissions.retain(stays);
        changed.add(&wanted)?;
        let rows = |info: &SecurityInfo| {
            let row =
                |row: &Permission| (row.trustee.sid.clone(), row.level, row.denied, row.inheritable, row.inherited);
            let mut rows: Vec<_> = info.permissions.iter().map(row).collect();
            rows.sort();
            rows
        };
        let is_change = rows(self) != rows(&changed);
        if is_change {
            *self = changed;
        }
        Ok(is_change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PermissionType as Level;

    fn trustee() -> Trustee {
        Trustee::unresolved("S-1-5-21-1-2-3-1100".parse().unwrap())
    }

    /// A row: `^` in front for an inherited one, `!` for a denial, `+` behind for one that reaches the containers below.
    fn row(text: &str) -> Permission {
        let name = text.trim_start_matches(['^', '!']).trim_end_matches('+');
        let level = Level::ALL.into_iter().find(|level| format!("{level:?}") == name).unwrap();
        Permission {
            trustee: trustee(),
            level,
            denied: text.starts_with('!'),
            inheritable: text.ends_with('+'),
            inherited: text.starts_with('^'),
        }
    }

    fn text(row: &Permission) -> String {
        let mark = |holds: bool, mark: &'static str| if holds { mark } else { "" };
        let (inherited, denied) = (mark(row.inherited, "^"), mark(row.denied, "!"));
        format!("{inherited}{denied}{:?}{}", row.level, mark(row.inheritable, "+"))
    }

    fn list(rows: &[&str]) -> SecurityInfo {
        SecurityInfo { permissions: rows.iter().map(|text| row(text)).collect(), unrestricted: false }
    }

    /// Does something with a list, and compares what came of it: `yes`, `no` (S_FALSE) or the beginning of the error.
    #[track_caller]
    fn check(
        act: impl Fn(&mut SecurityInfo) -> Result<bool, PermissionError>,
        before: &[&str],
        outcome: &str,
        after: &[&str],
    ) {
        let mut info = list(before);
        let found = match act(&mut info) {
            Ok(true) => "yes".to_owned(),
            Ok(false) => "no".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(found.starts_with(outcome), "{found}");
        assert_eq!(info.permissions.iter().map(text).collect::<Vec<_>>(), after);
    }

    #[track_caller]
    fn add(before: &[&str], added: &str, outcome: &str, after: &[&str]) {
        check(|info| info.add(&row(added)), before, outcome, after);
    }

    #[track_caller]
    fn remove(before: &[&str], removed: &str, outcome: &str, after: &[&str]) {
        check(|info| info.remove(&row(removed)), before, outcome, after);
    }

    #[test]
    fn rule_1_levels_contain_each_other_and_apply_stands_beside_edit() {
        add(&["GpoEditSecurityAndDelete+"], "GpoEdit", "no", &["GpoEditSecurityAndDelete+"]);
        add(&["GpoEdit+"], "GpoRead", "no", &["GpoEdit+"]);
        add(&["GpoApply+"], "GpoRead", "no", &["GpoApply+"]);
        add(&["GpoApply+"], "GpoEdit", "yes", &["GpoApply+", "GpoEdit+"]);
        add(&["GpoEdit+"], "GpoApply", "yes", &["GpoEdit+", "GpoApply+"]);
        add(&["WmiFilterFullControl"], "WmiFilterEdit", "no", &["WmiFilterFullControl"]);
        add(&["SomWmiFullControl"], "SomWmiCreate", "no", &["SomWmiFullControl"]);
        add(&["SomLink"], "SomPlanning", "yes", &["SomLink", "SomPlanning"]);
    }

    #[test]
    fn rule_2_inherited_permissions_are_changed_where_they_come_from() {
        add(
            &["^WmiFilterEdit"],
            "WmiFilterFullControl",
            "S-1-5-21-1-2-3-1100 has `Edit` from above",
            &["^WmiFilterEdit"],
        );
        add(&["^SomLink+"], "SomLink+", "yes", &["^SomLink+", "SomLink+"]);
        add(&[], "^GpoRead", "the permission of S-1-5-21-1-2-3-1100 is inherited", &[]);
        remove(&["^SomLink+"], "SomLink+", "the permission of S-1-5-21-1-2-3-1100 is inherited", &["^SomLink+"]);
        remove(&["^SomLink+", "SomLink"], "SomLink", "yes", &["^SomLink+"]);
        let remove_trustee = |info: &mut SecurityInfo| info.remove_trustee(&trustee().sid);
        check(remove_trustee, &["^SomLink+"], "the permission of", &["^SomLink+"]);
        check(remove_trustee, &["^SomLink+", "SomLink", "!SomLogging"], "yes", &["^SomLink+"]);
        check(remove_trustee, &[], "no", &[]);
    }

    #[test]
    fn rule_3_denials_stand_against_and_can_be_removed() {
        add(&["!GpoCustom+"], "GpoRead", "S-1-5-21-1-2-3-1100 is denied permissions here", &["!GpoCustom+"]);
        add(&["!SomLink"], "SomLink", "S-1-5-21-1-2-3-1100 is denied permissions here", &["!SomLink"]);
        add(&["!SomLink"], "SomLogging", "yes", &["!SomLink", "SomLogging"]);
        add(&[], "!SomLink", "a denial cannot be added", &[]);
        add(&[], "GpoCustom", "a custom permission cannot be added", &[]);
        remove(&["!GpoCustom+"], "!GpoCustom", "yes", &[]);
        remove(&["GpoCustom+"], "GpoCustom", "yes", &[]);
        remove(&["!SomLink", "SomLogging"], "!SomLink", "yes", &["SomLogging"]);
        remove(&["!SomLink"], "SomLink", "no", &["!SomLink"]);
    }

    #[test]
    fn rule_4_a_higher_level_replaces_a_lower_one() {
        add(&["GpoRead+"], "GpoApply", "yes", &["GpoApply+"]);
        add(&["GpoRead+"], "GpoEditSecurityAndDelete", "yes", &["GpoEditSecurityAndDelete+"]);
        add(&["GpoApply+", "GpoEdit+"], "GpoEditSecurityAndDelete", "yes", &["GpoApply+", "GpoEditSecurityAndDelete+"]);
        add(&["StarterGpoRead+"], "StarterGpoEdit", "yes", &["StarterGpoEdit+"]);
        add(&["GpoCustom+"], "GpoRead", "yes", &["GpoRead+"]);
    }

    #[test]
    fn rule_5_read_goes_only_with_what_needs_it() {
        remove(&["GpoApply+"], "GpoRead", "no", &["GpoApply+"]);
        remove(&["GpoEdit+"], "GpoRead", "no", &["GpoEdit+"]);
        remove(&["GpoEdit+", "GpoApply+"], "GpoApply", "yes", &["GpoEdit+"]);
        remove(&["GpoRead+"], "GpoRead", "yes", &[]);
    }

    #[test]
    fn rule_6_inheritable_only_grows() {
        add(&["SomLink"], "SomLink+", "yes", &["SomLink+"]);
        add(&["SomLink+"], "SomLink", "no", &["SomLink+"]);
        add(&["GpoRead"], "GpoRead", "yes", &["GpoRead+"]);
    }

    #[test]
    fn rule_7_removing_more_removes_what_is_there_and_removing_less_nothing() {
        remove(&["GpoEdit+"], "GpoEditSecurityAndDelete", "yes", &[]);
        remove(&["GpoRead+"], "GpoApply", "yes", &[]);
        remove(&["WmiFilterFullControl"], "WmiFilterEdit", "no", &["WmiFilterFullControl"]);
        remove(&["SomWmiCreate"], "SomWmiFullControl", "yes", &[]);
        remove(&["GpoApply+"], "GpoEdit", "no", &["GpoApply+"]);
        remove(&[], "GpoRead", "no", &[]);
    }

    #[test]
    fn rule_8_the_level_decides_how_far_it_reaches() {
        add(&[], "GpoRead", "yes", &["GpoRead+"]);
        add(&[], "WmiFilterEdit+", "yes", &["WmiFilterEdit"]);
        add(&[], "SomWmiFullControl+", "yes", &["SomWmiFullControl"]);
        add(&[], "SomGpoCreate+", "yes", &["SomGpoCreate"]);
        add(&[], "SomLink", "yes", &["SomLink"]);
    }

    #[test]
    fn a_chosen_level_takes_the_place_of_all_others() {
        let set = |before: &[&str], chosen: &str, outcome: &str, after: &[&str]| {
            check(|info| info.set(&row(chosen)), before, outcome, after);
        };
        set(&["GpoEditSecurityAndDelete+"], "GpoRead", "yes", &["GpoRead+"]);
        set(&["GpoEditSecurityAndDelete+", "GpoApply+"], "GpoEdit", "yes", &["GpoApply+", "GpoEdit+"]);
        set(&["GpoApply+"], "GpoRead", "yes", &["GpoRead+"]);
        set(&["SomLink+", "SomLogging"], "SomLink", "yes", &["SomLogging", "SomLink"]);
        set(&["GpoEdit+"], "GpoEdit", "no", &["GpoEdit+"]);
        set(&["!GpoCustom+"], "GpoEdit", "S-1-5-21-1-2-3-1100 is denied", &["!GpoCustom+"]);
        set(&["SomWmiFullControl"], "SomWmiCreate", "yes", &["SomWmiCreate"]);
    }
}
