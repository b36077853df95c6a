//! Who somebody is to an access check: all SIDs of the token (`operations.md` 7.3).

use crate::gpm::DomainSnapshot;
use crate::ident::Sid;
use crate::report::Side;

use super::{AccountKind, Subject};

/// The SIDs of a token, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    sids: Vec<Sid>,
}

/// Groups that a plan speaks of by their relative identifiers ([MS-DTYP] 2.4.2.4).
mod rid {
    pub const DOMAIN_USERS: u32 = 513;
    pub const DOMAIN_COMPUTERS: u32 = 515;
    pub const DOMAIN_CONTROLLERS: u32 = 516;
}

impl Token {
    /// Returns the token with these SIDs.
    pub fn new(sids: impl IntoIterator<Item = Sid>) -> Self {
        let mut sids: Vec<Sid> = sids.into_iter().collect();
        sids.sort_unstable();
        sids.dedup();
        Token { sids }
    }

    /// Returns the token of one half of a target. A list of groups that is given replaces those the account is in. Of a container without
    /// such a list, whoever may lie in it: in the group of all users or computers of its domain.
    pub fn of(
        side: Side,
        kind: AccountKind,
        subject: &Subject,
        groups: Option<&[Sid]>,
        domain: Option<&DomainSnapshot>,
    ) -> Self {
        let own = subject.account().map(|account| &account.sid).cloned();
        let groups = match (groups, subject) {
            (Some(groups), _) => groups.to_vec(),
            (None, Subject::Account(account)) => account.groups.clone(),
            (None, Subject::Container(_)) => primary_group(kind, domain).into_iter().collect(),
        };
        Token::new(own.into_iter().chain(groups).chain(well_known(side, kind)))
    }

    /// Returns the token of any domain controller of a domain.
    pub fn of_domain_controllers(domain: &DomainSnapshot) -> Self {
        let kind = AccountKind::DomainController;
        Token::new(primary_group(kind, Some(domain)).into_iter().chain(well_known(Side::Computer, kind)))
    }

    /// Returns what is the same for all computers: of one of which nothing else is known.
    pub fn of_any_computer() -> Self {
        Token::new(well_known(Side::Computer, AccountKind::Computer))
    }

    /// Tells whether a SID is in the token.
    pub fn contains(&self, sid: &Sid) -> bool {
        self.sids.binary_search(sid).is_ok()
    }

    /// Returns all SIDs, sorted.
    pub fn sids(&self) -> &[Sid] {
        &self.sids
    }
}

fn primary_group(kind: AccountKind, domain: Option<&DomainSnapshot>) -> Option<Sid> {
    let rid = match kind {
        AccountKind::User => rid::DOMAIN_USERS,
        AccountKind::Computer => rid::DOMAIN_COMPUTERS,
        AccountKind::DomainController => rid::DOMAIN_CONTROLLERS,
    };
    domain?.sid.as_ref()?.child(rid)
}

/// The principals that are the same everywhere. A computer's token is made by authenticating to itself over the network, so it holds Network
/// and not Interactive ([MS-GPOL] note 18); it never holds SYSTEM.
fn well_known(side: Side, kind: AccountKind) -> impl Iterator<Item = Sid> {
    let everyone = Sid::new(1, &[0]);
    let authenticated_users = Sid::new(5, &[11]);
    let this_organization = Sid::new(5, &[15]);
    let asserted_by_authority = Sid::new(18, &[1]);
    let users = Sid::new(5, &[32, 545]);
    let of_side = match side {
        // Interactive, Console Logon, Local.
        Side::User => [Sid::new(5, &[4]), Sid::new(2, &[1]), Sid::new(2, &[0])],
        Side::Computer => {
            let controllers = Sid::enterprise_domain_controllers();
            [Sid::new(5, &[2]), (kind == AccountKind::DomainController).then_some(controllers), None]
        }
    };
    let everywhere = [everyone, authenticated_users, this_organization, asserted_by_authority, users];
    everywhere.into_iter().chain(of_side).flatten()
}
