//! Whom a plan is for.

use serde::Serialize;

use crate::ident::{Dn, DnsName, Sid};

/// A user, a computer, or both. A user without a computer is planned as far as that is possible.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The user; none for a plan of the computer alone.
    pub user: Option<Subject>,
    /// The computer; none for a plan of the user alone.
    pub computer: Option<Subject>,
}

/// One half of a target: an account, or a container in which one is imagined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An account of the directory.
    Account(Box<Account>),
    /// Any user or computer that might lie in this container.
    Container(Dn),
}

/// A user or computer with the groups it is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Name as people write it, `DOMAIN\name`; a computer's ends in `$`.
    pub name: String,
    /// Where it lies.
    pub dn: Dn,
    /// Its SID.
    pub sid: Sid,
    /// What it is.
    pub kind: AccountKind,
    /// Its domain.
    pub domain: DnsName,
    /// All groups it is in by membership, through other groups too, with its primary group and former SIDs (`sIDHistory`); without
    /// the principals that are the same everywhere. Sorted.
    pub groups: Vec<Sid>,
}

/// What an account is, as far as its token depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A user.
    User,
    /// A computer that is no domain controller.
    Computer,
    /// A domain controller.
    DomainController,
}

impl Subject {
    /// Returns where it lies: the DN of the account or of the container.
    pub fn place(&self) -> &Dn {
        match self {
            Subject::Account(account) => &account.dn,
            Subject::Container(dn) => dn,
        }
    }

    /// Returns the account, where it is one.
    pub fn account(&self) -> Option<&Account> {
        match self {
            Subject::Account(account) => Some(account),
            Subject::Container(_) => None,
        }
    }
}
