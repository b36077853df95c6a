//! Comparing two resultant sets by what they mean: a result with the plan for the same target, a plan with an earlier one.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::{ExtensionReport, Side};

use super::setting::RsopSetting;
use super::{NotApplied, RsopGpo, RsopReport, RsopResult, WinningGpo};

/// A difference between two resultant sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RsopDifference {
    /// On which side.
    pub side: Side,
    /// What differs.
    pub what: Differs,
}

/// What differs between two resultant sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Differs {
    /// Only one of them has this side; nothing of it is compared.
    OnlyIn {
        /// Whether it is the first.
        first: bool,
    },
    /// A GPO applied in one and not in the other.
    Gpo {
        /// Its name.
        name: String,
        /// What became of it in the first.
        first: GpoOutcome,
        /// What became of it in the second.
        second: GpoOutcome,
    },
    /// GPOs that applied in both did so in another order.
    Order {
        /// Their names in the first, in the order of application.
        first: Vec<String>,
        /// Their names in the second, in the order of application.
        second: Vec<String>,
    },
    /// A setting is there in one alone, has another value, or comes from another GPO.
    Setting {
        /// Name of the extension.
        extension: String,
        /// Name of the setting.
        setting: String,
        /// What it is in the first; none where it is not there.
        first: Option<Box<SettingOutcome>>,
        /// What it is in the second; none where it is not there.
        second: Option<Box<SettingOutcome>>,
    },
}

/// What became of a GPO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GpoOutcome {
    /// It applied.
    Applied,
    /// It did not.
    NotApplied(NotApplied),
    /// It is not in the list.
    NotListed,
}

/// What a setting is in one resultant set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingOutcome {
    /// Name of the GPO that won; none where the document does not tell.
    pub gpo: Option<String>,
    /// What it sets, as it stands in the document.
    pub value: String,
    /// The setting alone, by which it is shown as reports show it.
    #[serde(skip)]
    pub part: ExtensionReport,
}

/// Compares two resultant sets. The differences come by side, GPOs first, settings by extension and name.
pub fn compare(first: &RsopReport, second: &RsopReport) -> Vec<RsopDifference> {
    let mut differences = Vec::new();
    for side in [Side::Computer, Side::User] {
        let found = match (first.result(side), second.result(side)) {
            (Some(first), Some(second)) => {
                let mut found = compare_gpos(first, second);
                found.extend(compare_order(first, second));
                found.extend(compare_settings(first, second));
                found
            }
            (None, None) => Vec::new(),
            (first, _) => vec![Differs::OnlyIn { first: first.is_some() }],
        };
        differences.extend(found.into_iter().map(|what| RsopDifference { side, what }));
    }
    differences
}

fn identity(gpo: &RsopGpo) -> WinningGpo {
    WinningGpo { id: gpo.id, domain: gpo.domain.clone() }
}

fn compare_gpos(first: &RsopResult, second: &RsopResult) -> Vec<Differs> {
    let outcome = |result: &RsopResult, gpo: &RsopGpo| match result.gpo(&identity(gpo)) {
        None => GpoOutcome::NotListed,
        Some(row) => result.why_not(row).map_or(GpoOutcome::Applied, GpoOutcome::NotApplied),
    };
    let only_in_second = second.gpos.iter().filter(|gpo| first.gpo(&identity(gpo)).is_none());
    let mut found = Vec::new();
    for gpo in first.gpos.iter().chain(only_in_second) {
        let outcomes = (outcome(first, gpo), outcome(second, gpo));
        if (outcomes.0 == GpoOutcome::Applied) != (outcomes.1 == GpoOutcome::Applied) {
            // The client that was not given a GPO does not know its name.
            let rows = [first, second].map(|result| result.gpo(&identity(gpo)));
            let named = rows.into_iter().flatten().find(|row| row.is_applied()).unwrap_or(gpo);
            found.push(Differs::Gpo { name: named.name.clone(), first: outcomes.0, second: outcomes.1 });
        }
    }
    found
}

fn compare_order(first: &RsopResult, second: &RsopResult) -> Option<Differs> {
    let applied_in_both = |own: &RsopResult, other: &RsopResult| -> Vec<(WinningGpo, String)> {
        let is_in_other = |gpo: &&RsopGpo| other.gpo(&identity(gpo)).is_some_and(RsopGpo::is_applied);
        let key = |gpo: &RsopGpo| WinningGpo { domain: gpo.domain.as_ref().map(|own| own.to_lowercase()), id: gpo.id };
        own.applied().into_iter().filter(is_in_other).map(|gpo| (key(gpo), gpo.name.clone())).collect()
    };
    let (one, other) = (applied_in_both(first, second), applied_in_both(second, first));
    let keys = |gpos: &[(WinningGpo, String)]| gpos.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let names = |gpos: Vec<(WinningGpo, String)>| gpos.into_iter().map(|(_, name)| name).collect();
    (keys(&one) != keys(&other)).then(|| Differs::Order { first: names(one), second: names(other) })
}

fn compare_settings(first: &RsopResult, second: &RsopResult) -> Vec<Differs> {
    let mut by_key: BTreeMap<String, [Vec<RsopSetting<'_>>; 2]> = BTreeMap::new();
    for (place, result) in [first, second].into_iter().enumerate() {
        for setting in result.settings() {
            by_key.entry(setting.key()).or_default()[place].push(setting);
        }
    }
    let mut found = Vec::new();
    for [mut own, mut others] in by_key.into_values() {
        // What is the same in both goes first; what is left of one key is the same setting with another outcome.
        own.retain(|setting| {
            let same = others.iter().position(|other| is_same(setting, other));
            same.map(|place| others.remove(place)).is_none()
        });
        let outcome = |result: &RsopResult, setting: &RsopSetting<'_>| {
            let gpo = setting.winner().map(|gpo| name_of(result, &gpo));
            Box::new(SettingOutcome { gpo, value: setting.value(), part: setting.alone() })
        };
        for index in 0..own.len().max(others.len()) {
            let (one, other) = (own.get(index), others.get(index));
            let Some(named) = one.or(other) else { continue };
            found.push(Differs::Setting {
                extension: named.extension.name.clone(),
                setting: named.name(),
                first: one.map(|setting| outcome(first, setting)),
                second: other.map(|setting| outcome(second, setting)),
            });
        }
    }
    found.sort_by_cached_key(|difference| match difference {
        Differs::Setting { extension, setting, .. } => (extension.to_lowercase(), setting.to_lowercase()),
        _ => Default::default(),
    });
    found
}

/// Tells whether two settings set the same and come from the same GPO, as far as both tell.
fn is_same(one: &RsopSetting<'_>, other: &RsopSetting<'_>) -> bool {
    let same_gpo = match (one.winner(), other.winner()) {
        (Some(one), Some(other)) => one.id == other.id,
        _ => true,
    };
    same_gpo && one.sets_same(other)
}

fn name_of(result: &RsopResult, gpo: &WinningGpo) -> String {
    match (result.gpo(gpo), gpo.id) {
        (Some(row), _) => row.name.clone(),
        (None, Some(id)) => id.to_string(),
        (None, None) => "Local Group Policy".to_owned(),
    }
}

impl GpoOutcome {
    /// Returns the outcome in words.
    pub fn label(self) -> &'static str {
        match self {
            GpoOutcome::Applied => "Applied",
            GpoOutcome::NotApplied(reason) => reason.label(),
            GpoOutcome::NotListed => "Not listed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ident::Guid;
    use crate::report::rsop::RsopLink;
    use crate::report::{Element, Namespace};

    fn id(gpo: u8) -> Guid {
        format!("00000000-0000-0000-0000-0000000000{gpo:02}").parse().unwrap()
    }

    /// Returns the row of the n-th GPO; 0 for one that did not apply.
    fn gpo(gpo: u8, applied_order: u32) -> RsopGpo {
        let link = RsopLink { applied_order, enabled: true, ..RsopLink::default() };
        RsopGpo {
            name: format!("G{gpo}"),
            id: Some(id(gpo)),
            domain: Some("corp.example".to_owned()),
            enabled: Some(true),
            access_denied: Some(true),
            links: vec![link],
            ..RsopGpo::default()
        }
    }

    fn from(element: Element, gpo: u8) -> Element {
        let id = Element::text_of(Namespace::Types, "Identifier", id(gpo).to_string());
        let precedence = Element::text_of(Namespace::Base, "Precedence", "1");
        element.with(Element::of(Namespace::Base, "GPO").with(id)).with(precedence)
    }

    fn number(name: &'static str, value: &str, gpo: u8) -> Element {
        let account = Element::new("Account").with(Element::text("Name", name));
        from(account.with(Element::text("SettingNumber", value)), gpo)
    }

    fn right(members: &[(Option<&str>, &str)], gpo: u8) -> Element {
        let member = |(sid, name): &(Option<&str>, &str)| {
            let sid = sid.map(|sid| sid.parse().unwrap());
            Element::principal("Member", sid.as_ref(), Some(name))
        };
        let right = Element::new("UserRightsAssignment").with(Element::text("Name", "SeTcbPrivilege"));
        from(right.with_all(members.iter().map(member)), gpo)
    }

    fn report(gpos: Vec<RsopGpo>, elements: Vec<Element>) -> RsopReport {
        let extension = ExtensionReport {
            name: "Security".to_owned(),
            xml_type: "SecuritySettings".to_owned(),
            namespace: "http://www.microsoft.com/GroupPolicy/Settings/Security".to_owned(),
            elements,
            problems: Vec::new(),
        };
        let result = RsopResult { gpos, extensions: vec![extension], ..RsopResult::default() };
        RsopReport { computer: Some(result), ..RsopReport::default() }
    }

    /// Checks the differences, a line for each.
    fn check(first: &RsopReport, second: &RsopReport, expected: &[&str]) {
        let outcome = |setting: &Option<Box<SettingOutcome>>| match setting.as_deref() {
            None => "-".to_owned(),
            Some(SettingOutcome { gpo, value, .. }) => format!("{value} ({})", gpo.as_deref().unwrap_or("-")),
        };
        let line = |difference: &RsopDifference| match &difference.what {
            Differs::OnlyIn { first } => format!("only in the first: {first}"),
            Differs::Gpo { name, first, second } => format!("{name} | {} | {}", first.label(), second.label()),
            Differs::Order { first, second } => format!("{} | {}", first.join(" "), second.join(" ")),
            Differs::Setting { extension, setting, first, second } => {
                format!("{extension} | {setting} | {} | {}", outcome(first), outcome(second))
            }
        };
        let found: Vec<String> = compare(first, second).iter().map(line).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_the_same_has_no_differences() {
        let members = [(None, "Administrators"), (None, "LOCAL SERVICE")];
        let others =
            [(Some("S-1-5-19"), "NT AUTHORITY\\LOCAL SERVICE"), (Some("S-1-5-32-544"), "BUILTIN\\Administrators")];
        let result =
            report(vec![gpo(1, 1)], vec![number("a", "1", 1), right(&members, 1), Element::bool("Blocked", false)]);
        let plan = report(vec![gpo(1, 1)], vec![right(&others, 1), number("a", "1", 1)]);
        check(&result, &plan, &[]);
    }

    #[test]
    fn gpos_that_applied_in_one_alone_are_found_with_the_reason() {
        let first = report(vec![gpo(1, 1), gpo(2, 2), gpo(3, 0)], Vec::new());
        let second = report(vec![gpo(1, 1), gpo(2, 0), gpo(4, 2)], Vec::new());
        check(&first, &second, &["G2 | Applied | Denied (Security)", "G4 | Not listed | Applied"]);
    }

    #[test]
    fn another_order_is_found() {
        let first = report(vec![gpo(1, 1), gpo(2, 2), gpo(3, 3)], Vec::new());
        let second = report(vec![gpo(2, 1), gpo(1, 2), gpo(3, 3)], Vec::new());
        check(&first, &second, &["G1 G2 G3 | G2 G1 G3"]);
    }

    #[test]
    fn settings_with_another_outcome_are_found() {
        let gpos = || vec![gpo(1, 1), gpo(2, 2)];
        let first = [number("a", "1", 1), number("b", "1", 1), number("c", "1", 1), number("e", "1", 1)];
        let second = [number("b", "2", 1), number("c", "1", 2), number("d", "1", 2), number("e", "1", 1)];
        let expected = [
            "Security | a | 1 (G1) | -",
            "Security | b | 1 (G1) | 2 (G1)",
            "Security | c | 1 (G1) | 1 (G2)",
            "Security | d | - | 1 (G2)",
        ];
        check(&report(gpos(), first.into()), &report(gpos(), second.into()), &expected);
        let rights = [right(&[(None, "Administrators")], 1), right(&[(None, "Guests"), (None, "Administrators")], 1)];
        let [one, other] = rights.map(|right| report(gpos(), vec![right]));
        check(&one, &other, &["Security | SeTcbPrivilege | Administrators (G1) | Guests, Administrators (G1)"]);
    }

    #[test]
    fn a_side_that_is_missing_is_said() {
        let first = report(Vec::new(), Vec::new());
        check(&first, &RsopReport::default(), &["only in the first: true"]);
    }
}
