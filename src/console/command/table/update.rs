//! Group Policy update of computers.

use crate::console::Place;
use crate::console::group_policy_update::GroupPolicyUpdate;
use crate::ident::{Dn, DnsName};

use super::super::{Availability, CommandContext, Menu, Row};
use super::{ROW, needs_open_forest};

pub(super) const ROWS: &[Row] = &[Row {
    text: "Group Policy Update…",
    menus: &[(Menu::Action, 20)],
    availability: |context| match container_of(context) {
        Some(_) => needs_open_forest(context),
        None => Availability::Absent,
    },
    make: |context| {
        let (domain, som) = container_of(context)?;
        Some(GroupPolicyUpdate::ask(context.node.forest()?, domain, som))
    },
    ..ROW
}];

fn container_of(context: &CommandContext<'_>) -> Option<(DnsName, Dn)> {
    match context.place()? {
        Place::Domain(domain) => Some((domain.clone(), domain.to_domain_dn())),
        Place::Ou(dn) => Some((dn.domain()?, dn.clone())),
        _ => None,
    }
}
