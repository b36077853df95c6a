//! A WMI filter (IGPMWMIFilter, `gpo-storage.md` A5).

use serde::Serialize;

use crate::ident::{Dn, DnsName, Guid, Timestamp};

/// One query of a WMI filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WmiQuery {
    /// WMI namespace, `root\CIMv2`.
    pub namespace: String,
    /// The query's language, `WQL`.
    pub language: String,
    /// The query.
    pub query: String,
}

/// A WMI filter: its GPOs apply only where every query finds something.
#[derive(Clone, Debug, Serialize)]
pub struct WmiFilter {
    /// Its GUID.
    pub id: Guid,
    /// Its DN.
    pub dn: Dn,
    /// The domain it lives in.
    pub domain: DnsName,
    /// Name.
    pub name: String,
    /// Description; empty where there is none.
    pub description: String,
    /// Author, `user@domain`.
    pub author: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
    /// The queries.
    pub queries: Vec<WmiQuery>,
    /// Whether the stored query list contradicts its own lengths; it was read as far as possible.
    pub stored_lengths_wrong: bool,
    /// The descriptor as read, self-relative; none where it could not be read.
    #[serde(skip)]
    pub security_descriptor: Option<Vec<u8>>,
}
