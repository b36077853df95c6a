//! A starter GPO: a template that lies in SYSVOL only (IGPMStarterGPO, `gpo-storage.md` A7).

use serde::Serialize;

use crate::ident::{DnsName, GpoVersion, Guid, Timestamp};

/// Who made a starter GPO (GPMStarterGPOType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StarterGpoType {
    /// Shipped by Microsoft, read-only.
    System,
    /// Made by an administrator.
    Custom,
}

/// A starter GPO.
#[derive(Clone, Debug, Serialize)]
pub struct StarterGpo {
    /// Its GUID, the name of its folder.
    pub id: Guid,
    /// The domain it lives in.
    pub domain: DnsName,
    /// Display name.
    pub display_name: String,
    /// Who made it.
    pub kind: StarterGpoType,
    /// Author; empty where unknown.
    pub author: String,
    /// Product it is for; empty where unknown.
    pub product: String,
    /// Comment.
    pub description: String,
    /// Version of its two halves.
    pub version: GpoVersion,
    /// Version text of the starter GPO itself, where it has one.
    pub template_version: String,
    /// When it was made, where the metadata tells.
    pub created: Option<Timestamp>,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
}
