//! A user, group or computer that holds a permission (IGPMTrustee).

use serde::Serialize;

use crate::ident::{Dn, Sid};

/// What kind of principal a trustee is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrusteeKind {
    /// A user.
    User,
    /// A computer.
    Computer,
    /// A group.
    Group,
    /// A principal that is the same in every domain.
    WellKnown,
    /// A principal of a trusted domain outside the forest.
    Foreign,
    /// No object has this SID any more, or none that we may see.
    Unknown,
}

/// A trustee: a SID with the name found for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trustee {
    /// The SID.
    pub sid: Sid,
    /// `DOMAIN\name`; none for a SID no name is known for.
    pub name: Option<String>,
    /// What it is.
    pub kind: TrusteeKind,
    /// Its object, where one was found.
    pub dn: Option<Dn>,
}

impl Trustee {
    /// Returns what lists show: the name, or the SID where there is none.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.sid.to_string())
    }
}
