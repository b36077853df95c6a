//! What a change does: the settings of every user and computer before and after it, compared.
//!
//! Accounts that lie in the same place and are in the same of those groups that any GPO is filtered by get the same policy. They are planned
//! once, however many they are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Serialize;

use crate::ident::{Dn, Guid, Sid};
use crate::report::Side;

use super::loopback;
use super::merge::ResultantSetting;
use super::{Account, AccountKind, Assumptions, Plan, Planner, SidePlan, Subject, Target, Verdict};

/// What a change does to the accounts that were looked at.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Impact {
    /// The groups of accounts to which something happens, the largest first.
    pub groups: Vec<AffectedGroup>,
    /// How many accounts were looked at.
    pub accounts: usize,
    /// How many of them get other settings.
    pub affected: usize,
    /// What is not certain, in words.
    pub warnings: Vec<String>,
}

/// Accounts to which the same happens.
#[derive(Clone, Debug, Serialize)]
pub struct AffectedGroup {
    /// The accounts, by name.
    pub accounts: Vec<AffectedAccount>,
    /// Whose settings change: the computer's own, or the user's. A computer with user settings stands for whoever logs on to it, by loopback.
    pub side: Side,
    /// What happens, by extension and key.
    pub changes: Arc<[SettingChange]>,
}

/// An account that gets other settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct AffectedAccount {
    /// Its name, `DOMAIN\name`.
    pub name: String,
    /// Where it lies.
    pub dn: Dn,
}

/// What happens to one setting.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SettingChange {
    /// Whether it is gained, lost or changed.
    pub kind: SettingChangeKind,
    /// The client-side extension.
    pub cse: Guid,
    /// What it is, as [`ResultantSetting::key`].
    pub key: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it came to; none where it was not set, or set to be absent.
    pub before: Option<Arc<str>>,
    /// The GPO that set it; none where none did.
    pub before_gpo: Option<String>,
    /// What it comes to.
    pub after: Option<Arc<str>>,
    /// The GPO that sets it.
    pub after_gpo: Option<String>,
}

/// How a setting changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingChangeKind {
    /// It was not set and is set.
    Gained,
    /// It was set and is not any more.
    Lost,
    /// It comes to something else.
    Changed,
    /// It comes to the same, from another GPO.
    OtherGpo,
}

/// Compares the policy of some accounts before and after a change. Users are planned without a computer, as nobody knows where they will log
/// on; where computers have loopback, users who log on there are planned once for each place.
///
/// `progress` is called now and then with how many kinds of accounts were planned, of how many; the comparison ends where it says so.
///
/// # Errors
/// Gives back what `progress` broke off with.
pub fn impact<B>(
    before: &Planner,
    after: &Planner,
    accounts: &[Account],
    assumptions: &Assumptions,
    mut progress: impl FnMut(usize, usize) -> ControlFlow<B>,
) -> Result<Impact, B> {
    let asked: HashSet<&Sid> = before.trustees().chain(after.trustees()).collect();
    let mut kinds: BTreeMap<Kind<'_>, Vec<&Account>> = BTreeMap::new();
    for account in accounts {
        kinds.entry(Kind::of(account, &asked)).or_default().push(account);
    }
    let mut found = Found::default();
    let total = kinds.len();
    for (done, members) in kinds.into_values().enumerate() {
        if let ControlFlow::Break(reason) = progress(done, total) {
            return Err(reason);
        }
        let Some(first) = members.first() else { continue };
        let [old, new] = plans(&target_of(first), [before, after], assumptions);
        found.add(&members, Side::Computer, side_changes(old.computer.as_ref(), new.computer.as_ref()));
        found.add(&members, Side::User, side_changes(old.user.as_ref(), new.user.as_ref()));
        found.unknown |= [&old, &new].into_iter().any(has_unknown);
    }
    Ok(found.into_impact(accounts.len()))
}

/// What the policy of an account depends on.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kind<'a> {
    place: Option<&'a str>,
    is_user: bool,
    is_domain_controller: bool,
    /// Of its groups and itself those that a GPO is filtered by.
    sids: Vec<&'a Sid>,
}

impl<'a> Kind<'a> {
    fn of(account: &'a Account, asked: &HashSet<&Sid>) -> Self {
        let own = account.groups.iter().chain([&account.sid]);
        let mut sids: Vec<&Sid> = own.filter(|sid| asked.contains(sid)).collect();
        sids.sort();
        sids.dedup();
        Kind {
            place: account.dn.folded_ancestors().next(),
            is_user: account.kind == AccountKind::User,
            is_domain_controller: account.kind == AccountKind::DomainController,
            sids,
        }
    }
}

/// Returns what is planned for an account: it alone.
fn target_of(account: &Account) -> Target {
    let subject = Subject::Account(Box::new(account.clone()));
    match account.kind {
        AccountKind::User => Target { user: Some(subject), computer: None },
        AccountKind::Computer | AccountKind::DomainController => Target { user: None, computer: Some(subject) },
    }
}

/// Plans a target before and after. A computer that has loopback in one of them is planned with any user of its place.
fn plans(target: &Target, planners: [&Planner; 2], assumptions: &Assumptions) -> [Plan; 2] {
    let alone = planners.map(|planner| planner.plan(target, assumptions));
    let has_loopback = alone.iter().filter_map(|plan| plan.computer.as_ref()).any(loopback::is_on);
    let Some(computer) = target.computer.as_ref().filter(|_| has_loopback) else { return alone };
    let place = computer.place().parent().unwrap_or_else(|| computer.place().clone());
    let target = Target { user: Some(Subject::Container(place)), computer: Some(computer.clone()) };
    planners.map(|planner| planner.plan(&target, assumptions))
}

fn has_unknown(plan: &Plan) -> bool {
    let sides = [&plan.computer, &plan.user];
    let mut candidates = sides.into_iter().flatten().flat_map(|side| &side.candidates);
    candidates.any(|candidate| matches!(candidate.verdict, Verdict::NotKnown(_)))
}

#[derive(Default)]
struct Found {
    groups: HashMap<(Side, Vec<SettingChange>), Vec<AffectedAccount>>,
    unknown: bool,
}

impl Found {
    fn add(&mut self, members: &[&Account], side: Side, changes: Vec<SettingChange>) {
        if changes.is_empty() {
            return;
        }
        let affected =
            members.iter().map(|account| AffectedAccount { name: account.name.clone(), dn: account.dn.clone() });
        self.groups.entry((side, changes)).or_default().extend(affected);
    }

    fn into_impact(self, accounts: usize) -> Impact {
        let mut groups: Vec<AffectedGroup> = Vec::with_capacity(self.groups.len());
        for ((side, changes), mut members) in self.groups {
            members.sort();
            groups.push(AffectedGroup { accounts: members, side, changes: changes.into() });
        }
        groups.sort_by(|one, other| {
            let size = other.accounts.len().cmp(&one.accounts.len());
            size.then_with(|| one.accounts.cmp(&other.accounts))
                .then_with(|| one.side.folder().cmp(other.side.folder()))
        });
        let mut affected: Vec<&Dn> =
            groups.iter().flat_map(|group| &group.accounts).map(|account| &account.dn).collect();
        affected.sort();
        affected.dedup();
        let affected = affected.len();
        let mut warnings = Vec::new();
        if self.unknown {
            warnings.push(
                "Some GPOs can be read by certain computers only. Whether users get them depends on the computer, and is not counted."
                    .to_owned(),
            );
        }
        Impact { groups, accounts, affected, warnings }
    }
}

/// Compares one side of two plans. Settings whose outcome is the same are left out, also where another GPO sets them now.
fn side_changes(before: Option<&SidePlan>, after: Option<&SidePlan>) -> Vec<SettingChange> {
    let by_key = |settings: &'_ [ResultantSetting]| -> HashMap<Arc<str>, usize> {
        (0..).zip(settings).map(|(place, setting)| (Arc::clone(&setting.key), place)).collect()
    };
    let (old, new) = (settings(before), settings(after));
    let (old_places, new_places) = (by_key(old), by_key(new));
    let mut changes = Vec::new();
    for setting in old {
        let now = new_places.get(&setting.key).map(|&place| &new[place]);
        changes.extend(setting_change(Some(setting), now, before, after));
    }
    for setting in new.iter().filter(|setting| !old_places.contains_key(&setting.key)) {
        changes.extend(setting_change(None, Some(setting), before, after));
    }
    changes.sort_by(|one, other| (one.cse, &one.key).cmp(&(other.cse, &other.key)));
    changes
}

fn settings(side: Option<&SidePlan>) -> &[ResultantSetting] {
    side.map_or(&[], |side| &side.resultant.settings)
}

fn setting_change(
    old: Option<&ResultantSetting>,
    new: Option<&ResultantSetting>,
    before: Option<&SidePlan>,
    after: Option<&SidePlan>,
) -> Option<SettingChange> {
    let known = new.or(old)?;
    let value = |setting: Option<&ResultantSetting>| setting.and_then(|setting| setting.value.clone());
    let (old_gpo, new_gpo) = (winner(old, before), winner(new, after));
    let kind = match (old, new) {
        (None, _) => SettingChangeKind::Gained,
        (_, None) => SettingChangeKind::Lost,
        (Some(old), Some(new)) if old.value != new.value => SettingChangeKind::Changed,
        _ if old_gpo != new_gpo => SettingChangeKind::OtherGpo,
        _ => return None,
    };
    Some(SettingChange {
        kind,
        cse: known.cse,
        key: Arc::clone(&known.key),
        name: Arc::clone(&known.name),
        before: value(old),
        before_gpo: old_gpo,
        after: value(new),
        after_gpo: new_gpo,
    })
}

/// Returns the name of the GPO whose value stands; of settings that are put together, of all of them.
fn winner(setting: Option<&ResultantSetting>, side: Option<&SidePlan>) -> Option<String> {
    let (setting, side) = (setting?, side?);
    let counts = if setting.united { setting.sources.len() } else { 1 };
    let names = setting.sources.iter().take(counts).map(|source| {
        let mut applied = side.applied();
        applied.find(|candidate| candidate.verdict == Verdict::Applied { order: source.order })
    });
    let mut names: Vec<String> = names.flatten().map(|candidate| candidate.gpo.name.clone()).collect();
    names.dedup();
    if names.is_empty() { None } else { Some(names.join(", ")) }
}
