//! Browsing for the principal of a row, with the picker that everything else uses.

use crate::console::principal_picker::{PickedPrincipals, PickerOptions, PrincipalPicker};
use crate::console::window::Surroundings;
use crate::console::{Command, ForestEntry, ForestId};
use crate::gpm::constants::EntryType;
use crate::gpm::{PrincipalKinds, Trustee};
use crate::ident::{Dn, DnsName};

/// A principal that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// How a table names it: `name@domain`, or its SID.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: EntryType,
}

/// Returns the command that opens the picker over a domain, over the first one in the view without it; none where no forest is
/// open.
pub(super) fn browse(
    target: Option<&(ForestId, DnsName)>,
    text: String,
    picked: PickedPrincipals,
    around: &Surroundings<'_>,
) -> Option<Command> {
    let first = || {
        let forest = around.forests.iter().find_map(ForestEntry::open)?;
        Some((forest.id, forest.snapshot.domains.first()?.name.clone()))
    };
    let (forest, home) = target.cloned().or_else(first)?;
    let options =
        PickerOptions { title: "Select User, Computer, or Group".to_owned(), many: false, kinds: PrincipalKinds::ALL };
    Some(PrincipalPicker::open_into(forest, home, options, text, picked))
}

/// Returns how a table names a trustee, and what kind of entry it is.
pub(super) fn found_of(trustee: &Trustee) -> Found {
    let account = trustee.account_part().map(str::to_owned);
    let home = trustee.dn.as_ref().and_then(Dn::domain);
    // What is no object of a domain has no name that means the same everywhere.
    let (Some(account), Some(home)) = (account, home) else {
        return Found { name: trustee.label(), kind: EntryType::Unknown };
    };
    Found { name: format!("{account}@{home}"), kind: trustee.entry_type() }
}
