//! `opengpmc.json`, a file of ours in a backup set, which GPMC ignores: what belongs to a GPO and lies outside of it, so that no set of
//! Microsoft's holds it. Its links with the state of the containers they stand on, and the definition of its WMI filter.

use serde::{Deserialize, Serialize};

use crate::ident::{Dn, DnsName, Guid, Timestamp};

/// The name of the file, in the folder of the set.
pub const BACKUP_EXTRAS_FILE: &str = "opengpmc.json";
/// The form that is written.
const VERSION: u32 = 1;

/// What belongs to a GPO and lies outside of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupExtras {
    /// The form of the file; 1.
    pub version: u32,
    /// The links to the GPO.
    #[serde(default)]
    pub links: Vec<SavedLink>,
    /// The WMI filter that the GPO names.
    #[serde(default)]
    pub wmi_filter: Option<SavedWmiFilter>,
}

/// A link to a GPO, and what the scope of management it stands on said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLink {
    /// DN of the site, domain or organizational unit.
    pub som: Dn,
    /// Link order, counted from 1; 1 wins.
    pub order: usize,
    /// Whether clients follow it.
    pub enabled: bool,
    /// Whether it is enforced.
    pub enforced: bool,
    /// Whether the scope of management blocked inheritance.
    #[serde(default)]
    pub inheritance_blocked: bool,
}

/// The definition of a WMI filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedWmiFilter {
    /// Its GUID.
    pub id: Guid,
    /// Its domain.
    pub domain: DnsName,
    /// Its name.
    pub name: String,
    /// Its description; empty where there is none.
    #[serde(default)]
    pub description: String,
    /// Its author.
    #[serde(default)]
    pub author: String,
    /// When it was made, in seconds since 1970.
    #[serde(default)]
    pub created: Option<i64>,
    /// Its queries.
    #[serde(default)]
    pub queries: Vec<SavedWmiQuery>,
}

/// A query of a WMI filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedWmiQuery {
    /// WMI namespace, `root\CIMv2`.
    pub namespace: String,
    /// The language, `WQL`.
    pub language: String,
    /// The query.
    pub query: String,
}

/// The file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupExtrasError {
    /// It is no JSON, or says something else than it should.
    #[error("{0}")]
    Json(String),
    /// A newer program wrote it.
    #[error("the file is of version {0}, and only {VERSION} is known")]
    Version(u32),
}

impl BackupExtras {
    /// Returns extras of the present form.
    pub fn new(links: Vec<SavedLink>, wmi_filter: Option<SavedWmiFilter>) -> Self {
        BackupExtras { version: VERSION, links, wmi_filter }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// Says in which line it is damaged, or that it is of a newer form.
    pub fn parse(bytes: &[u8]) -> Result<Self, BackupExtrasError> {
        let extras: BackupExtras =
            serde_json::from_slice(bytes).map_err(|error| BackupExtrasError::Json(error.to_string()))?;
        if extras.version != VERSION {
            return Err(BackupExtrasError::Version(extras.version));
        }
        Ok(extras)
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts, numbers and lists: there is nothing in it that JSON cannot hold.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}

impl SavedWmiFilter {
    /// Returns when it was made, where that is known.
    pub fn created(&self) -> Option<Timestamp> {
        Timestamp::from_unix_seconds(self.created?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_are_read_as_written() {
        let query = SavedWmiQuery {
            namespace: r"root\CIMv2".to_owned(),
            language: "WQL".to_owned(),
            query: "select *\r\nfrom X".to_owned(),
        };
        let filter = SavedWmiFilter {
            id: Guid::from_u128(1),
            domain: "corp.x".parse().unwrap(),
            name: "Laptops \"only\"".to_owned(),
            description: String::new(),
            author: String::new(),
            created: Some(1_700_000_000),
            queries: vec![query],
        };
        let link = SavedLink {
            som: "OU=A,DC=corp,DC=x".parse().unwrap(),
            order: 2,
            enabled: false,
            enforced: true,
            inheritance_blocked: true,
        };
        let extras = BackupExtras::new(vec![link], Some(filter));
        assert_eq!(BackupExtras::parse(&extras.to_bytes()), Ok(extras.clone()));
        assert_eq!(extras.wmi_filter.unwrap().created().unwrap().unix_seconds(), 1_700_000_000);
    }

    #[test]
    fn damage_and_newer_forms_are_refused() {
        let check = |text: &str, expected: &str| {
            let error = BackupExtras::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("", "line 1");
        check("{}", "version");
        check("{\"version\": 2}", "version 2");
        check("{\"version\": 1, \"links\": [{}]}", "som");
        check("{\"version\": 1, \"wmi_filter\": {\"id\": \"x\", \"domain\": \"corp.x\", \"name\": \"\"}}", "`x`");
    }
}
