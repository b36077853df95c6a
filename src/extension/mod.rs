//! What the client-side extensions of Group Policy mean: one file per extension.
//!
//! An extension reads its part of a GPO ([`HalfContents`]: files and directory objects, already fetched) into the elements that GPMC's
//! report XML has for it, and turns such elements, its own or those of a `gpreport.xml` made elsewhere, into sections for people.
//! Nothing here does input or output. A new kind of setting is one file here and one line in [`EXTENSIONS`].
//!
//! Sources: `operations.md` 4.3, `gpo-storage.md` B to D, `console-ui.md` 9.1.

mod contents;
mod names;
mod read;
mod descriptor;
mod descriptor_sections;
mod word_order;
mod security;
mod audit;
mod central_access;
mod scripts;
mod folder_redirection;
mod registry_keys;
mod wording;
mod public_key;
mod application_control;
mod windows_firewall;
mod name_resolution;
mod quality_of_service;
mod software_restriction;
mod software_installation;
mod network_policy;
mod directory_assignments;
mod ie_maintenance;
mod registry;
mod raw_view;
mod raw_contents;
#[cfg(test)]
mod fixture;
mod general;
mod sections;
mod rsop_document;
mod unknown;
mod preferences;
pub mod references;

pub use contents::{DirectoryObject, FileContent, GptFile, HalfContents};
pub use descriptor::{DescribedObject, descriptor_element};
pub use names::PrincipalNames;
pub use read::{Part, Source, SourceContext, report_half};
pub use rsop_document::{rsop_differences_document, rsop_document};
pub use sections::{Area, Placed, document};

use crate::ident::Guid;
use crate::report::{Element, ExtensionReport, PartProblem};

use crate::report::Side;

/// One kind of settings, as reports tell them apart.
pub struct Extension {
    /// The client-side extension whose registration in a half makes the settings count.
    pub cse: Guid,
    /// Name in reports.
    pub name: &'static str,
    /// The `xsi:type` of its element, without prefix.
    pub xml_type: &'static str,
    /// Its namespace, behind `http://www.microsoft.com/GroupPolicy/Settings/`.
    pub namespace: &'static str,
    /// Whether the half has settings of this kind, and which. Called only where the client-side extension is registered.
    pub read: fn(&Source<'_>) -> Option<Part>,
    /// The settings for people.
    pub sections: fn(&ExtensionReport, Side) -> Vec<Placed>,
    /// Which values of `registry.pol` are this extension's, by key below the hive and value name, in lower case: the others do not
    /// report them again.
    pub claims: fn(key: &str, value: &str) -> bool,
}

/// All kinds of settings in the order of Microsoft's reports: by id of the client-side extension; those that live in `registry.pol`
/// last, the registry itself at the end.
pub static EXTENSIONS: &[&Extension] = &[
    &network_policy::WIRELESS,
    &preferences::ENVIRONMENT_VARIABLES,
    &central_access::CENTRAL_ACCESS,
    &preferences::GROUPS,
    &preferences::DEVICES,
    &folder_redirection::FOLDER_REDIRECTION,
    &preferences::NETWORK_OPTIONS,
    &scripts::SCRIPTS,
    &preferences::DRIVES,
    &preferences::FOLDERS,
    &preferences::NETWORK_SHARES,
    &preferences::FILES,
    &preferences::DATA_SOURCES,
    &preferences::INI_FILES,
    &security::SECURITY,
    &directory_assignments::DEPLOYED_PRINTERS,
    &preferences::SERVICES,
    &ie_maintenance::IE_MAINTENANCE,
    &preferences::FOLDER_OPTIONS,
    &preferences::SCHEDULED_TASKS,
    &preferences::REGISTRY,
    &network_policy::WIRED,
    &preferences::PRINTERS,
    &preferences::SHORTCUTS,
    &software_installation::SOFTWARE_INSTALLATION,
    &directory_assignments::IP_SECURITY,
    &preferences::INTERNET_SETTINGS,
    &preferences::START_MENU_TASKBAR,
    &preferences::REGIONAL_OPTIONS,
    &preferences::POWER_OPTIONS,
    &audit::AUDIT,
    &preferences::APPLICATIONS,
    &quality_of_service::QUALITY_OF_SERVICE,
    &public_key::PUBLIC_KEY,
    &application_control::APPLICATION_CONTROL,
    &windows_firewall::WINDOWS_FIREWALL,
    &name_resolution::NAME_RESOLUTION,
    &software_restriction::SOFTWARE_RESTRICTION,
    &registry::REGISTRY,
];

impl Extension {
    /// Returns a report of these elements.
    pub fn report(&self, elements: Vec<Element>, problems: Vec<PartProblem>) -> ExtensionReport {
        ExtensionReport {
            name: self.name.to_owned(),
            xml_type: self.xml_type.to_owned(),
            namespace: format!("{NAMESPACE_BASE}{}", self.namespace),
            elements,
            problems,
        }
    }
}

/// Says that an extension has no values in `registry.pol`.
pub fn claims_nothing(_key: &str, _value: &str) -> bool {
    false
}

const NAMESPACE_BASE: &str = "http://www.microsoft.com/GroupPolicy/Settings/";

/// Finds the extension that a report's `ExtensionData` is of.
fn extension_of(report: &ExtensionReport) -> Option<&'static Extension> {
    let tail = report.namespace.strip_prefix(NAMESPACE_BASE)?;
    EXTENSIONS.iter().copied().find(|extension| extension.namespace.eq_ignore_ascii_case(tail))
}
