//! What GPMC's report XML says of one GPO.

use serde::{Deserialize, Serialize};

use crate::ident::{Guid, Timestamp};

use super::Element;

/// One of the two halves of a GPO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Computer Configuration.
    Computer,
    /// User Configuration.
    User,
}

/// A settings report of one GPO (the element `GPO`).
#[derive(Clone, Debug)]
pub struct GpoReport {
    /// Id of the GPO.
    pub id: Guid,
    /// DNS name of its domain.
    pub domain: String,
    /// Display name.
    pub name: String,
    /// Whether comments of settings are in the report.
    pub include_comments: bool,
    /// When the GPO was made; none where the source does not tell.
    pub created: Option<Timestamp>,
    /// When it was changed last; none where the source does not tell.
    pub modified: Option<Timestamp>,
    /// When the report was made.
    pub read: Option<Timestamp>,
    /// The element `SecurityDescriptor`; none where the descriptor could not be read.
    pub security: Option<Element>,
    /// Whether it is known if the GPO has a WMI filter.
    pub filter_available: bool,
    /// Name of the WMI filter, where it has one.
    pub filter_name: Option<String>,
    /// Description of the WMI filter.
    pub filter_description: Option<String>,
    /// The computer half.
    pub computer: HalfReport,
    /// The user half.
    pub user: HalfReport,
    /// Links in the GPO's own domain.
    pub links: Vec<LinkReport>,
    /// What of the GPO as a whole could not be read: its permissions, its folder.
    pub problems: Vec<PartProblem>,
    /// Where the administrative templates came from, in words; none where the report does not tell.
    pub template_source: Option<String>,
}

/// One half of a report.
#[derive(Clone, Debug, Default)]
pub struct HalfReport {
    /// Version in the directory; none where it is not known.
    pub version_directory: Option<u16>,
    /// Version in SYSVOL; none where it is not known.
    pub version_sysvol: Option<u16>,
    /// Whether the half is applied.
    pub enabled: bool,
    /// What the extensions have to say, in Microsoft's order.
    pub extensions: Vec<ExtensionReport>,
}

/// What one client-side extension sets in one half (the element `ExtensionData`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionReport {
    /// Its name in reports, such as `Windows Firewall`.
    pub name: String,
    /// Its `xsi:type` without prefix.
    pub xml_type: String,
    /// Its namespace.
    pub namespace: String,
    /// Its settings.
    pub elements: Vec<Element>,
    /// What could not be read of it.
    pub problems: Vec<PartProblem>,
}

/// A part of a GPO that could not be read; everything else is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartProblem {
    /// The file, relative to the folder of the GPO, or the directory object.
    pub file: String,
    /// What is wrong, with offset or line and what was expected there.
    pub message: String,
}

/// A link of the GPO (the element `LinksTo`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkReport {
    /// Name of the domain or OU.
    pub som_name: String,
    /// Its canonical path: `corp.example.com/Staff/Sales`.
    pub som_path: String,
    /// Whether the link is enabled.
    pub enabled: bool,
    /// Whether it is enforced.
    pub enforced: bool,
}

const RAW_NAMESPACE: &str = "urn:opengpmc:raw-contents";

impl ExtensionReport {
    /// Returns what no extension reports: contents of a half as they are. Its element is `RawContents`, which Microsoft's reports do not have.
    pub fn raw(elements: Vec<Element>) -> Self {
        ExtensionReport {
            name: "Raw Contents".to_owned(),
            xml_type: "RawContents".to_owned(),
            namespace: RAW_NAMESPACE.to_owned(),
            elements,
            problems: Vec::new(),
        }
    }

    /// Returns a report of the same extension with these settings instead of its own.
    #[must_use]
    pub fn with_elements(&self, elements: Vec<Element>) -> Self {
        ExtensionReport {
            name: self.name.clone(),
            xml_type: self.xml_type.clone(),
            namespace: self.namespace.clone(),
            elements,
            problems: self.problems.clone(),
        }
    }

    /// Tells whether it is what no extension reports.
    pub fn is_raw(&self) -> bool {
        self.namespace == RAW_NAMESPACE
    }
}

impl Side {
    /// Returns the name as reports and the editor write it.
    pub fn label(self) -> &'static str {
        match self {
            Side::Computer => "Computer Configuration",
            Side::User => "User Configuration",
        }
    }

    /// Returns the folder of the half in SYSVOL.
    pub fn folder(self) -> &'static str {
        match self {
            Side::Computer => "Machine",
            Side::User => "User",
        }
    }
}

impl GpoReport {
    /// Returns a half.
    pub fn half(&self, side: Side) -> &HalfReport {
        match side {
            Side::Computer => &self.computer,
            Side::User => &self.user,
        }
    }
}
