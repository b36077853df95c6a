//! Group Policy update of computers.

use crate::console::group_policy_update::GroupPolicyUpdate;

use super::super::{Availability, Menu, Row};
use super::{ROW, container_of, needs_open_forest};

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
