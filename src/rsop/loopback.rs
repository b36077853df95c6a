//! Whether the user's policy depends on the computer ([MS-GPOL] 3.2.1.3 and note 9, `operations.md` 7.4).

use crate::ident::DnsName;
use crate::report::Side;

use super::link_speed::{SYSTEM_KEY, number};
use super::{Assumptions, GpoId, Loopback, LoopbackMode, SidePlan};

/// The value that holds the mode: 0 none, 1 merge, 2 replace.
const MODE: &str = "UserPolicyMode";
/// The value that lets users of other forests keep their own policy.
const CROSS_FOREST: &str = "AllowX-ForestPolicy-and-RUP";

/// What is known of the computer that a user logs on to.
pub(super) struct LoggedOnTo<'a> {
    /// Its policy.
    pub policy: &'a SidePlan,
    /// Whether it is in a domain of the forest; loopback concerns no others.
    pub is_member: bool,
}

/// A decision about loopback.
pub(super) struct Decided {
    /// What it is.
    pub loopback: Loopback,
    /// The mode, where it is none that exists: no user policy applies then.
    pub invalid: Option<u32>,
}

impl Decided {
    fn mode(mode: Option<LoopbackMode>, set_by: Option<GpoId>, because: impl Into<String>) -> Self {
        Decided { loopback: Loopback { mode, set_by, because: because.into() }, invalid: None }
    }
}

/// Tells whether a computer's policy makes its users' policy depend on it.
pub(super) fn is_on(computer: &SidePlan) -> bool {
    let mode = number(&computer.resultant, Side::Computer, SYSTEM_KEY, MODE);
    mode.is_some_and(|mode| mode != 0)
}

/// Decides. `foreign` is the user's domain, where it is none of this forest.
pub(super) fn decide(
    computer: Option<&LoggedOnTo<'_>>,
    foreign: Option<&DnsName>,
    assumptions: &Assumptions,
) -> Decided {
    let Some(computer) = computer else {
        return Decided::mode(None, None, "No computer is given, so there is no loopback.");
    };
    if !computer.is_member {
        return Decided::mode(None, None, "The computer is in no domain of this forest, so there is no loopback.");
    }
    let value = |name: &str| number(&computer.policy.resultant, Side::Computer, SYSTEM_KEY, name);
    let crosses = assumptions.cross_forest_user_policy || value(CROSS_FOREST) == Some(1);
    if let Some(domain) = foreign.filter(|_| !crosses) {
        let why =
            format!("The user's domain {domain} is not part of this forest: the computer's place counts instead.");
        return Decided::mode(Some(LoopbackMode::Replace), None, why);
    }
    if let Some(mode) = assumptions.loopback {
        return Decided::mode(Some(mode), None, "The mode was assumed.");
    }
    let set_by = || {
        let (order, _) = computer.policy.resultant.registry_value(Side::Computer, SYSTEM_KEY, MODE)?;
        let gpo = computer.policy.applied().nth(order.checked_sub(1)?)?;
        Some(gpo.gpo.clone())
    };
    let by = |set_by: &Option<GpoId>| match set_by {
        Some(gpo) => format!("`{}` sets it for the computer.", gpo.name),
        None => "The computer's policy sets it.".to_owned(),
    };
    match value(MODE) {
        None if computer.policy.fails() => {
            Decided::mode(None, None, "The computer's policy fails as a whole, so it sets no mode.")
        }
        None => Decided::mode(None, None, "The computer's policy sets no mode."),
        Some(0) => Decided::mode(None, set_by(), "The computer's policy turns loopback off."),
        Some(1) => {
            let gpo = set_by();
            let why = by(&gpo);
            Decided::mode(Some(LoopbackMode::Merge), gpo, why)
        }
        Some(2) => {
            let gpo = set_by();
            let why = by(&gpo);
            Decided::mode(Some(LoopbackMode::Replace), gpo, why)
        }
        Some(mode) => {
            let gpo = set_by();
            let why = format!("The mode is {mode}, which is none that exists: no user policy applies. {}", by(&gpo));
            Decided { invalid: Some(mode), ..Decided::mode(None, gpo, why) }
        }
    }
}
