//! Which rule each extension follows when several GPOs set the same (`operations.md` 7.6).
//!
//! What rides on `registry.pol` (administrative templates, firewall, application control, certificates, name resolution …) has no line: the
//! registry's own rule decides about its values, and the extension reads what comes of it.

use crate::extension::{EXTENSIONS, Extension};

use super::items::Items;
use super::prepared::Read;
use super::{keyed, preferences, scripts, security, software};

/// How the settings of an extension are found, and what its elements are in a resultant set.
pub(super) struct Rule {
    /// The extension, by its namespace in reports; none for the kinds of preferences, which share a rule.
    pub namespace: Option<&'static str>,
    /// Finds the settings of a half.
    pub items: fn(&Read<'_>) -> Items,
    /// What a client does where it cannot read the part.
    pub unreadable: Unreadable,
    /// The elements in their order in reports; those not named here stand behind them, in the order of their keys.
    pub elements: &'static [&'static str],
}

/// What a client does where it cannot read a part of a GPO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It passes over that GPO.
    SkipsGpo,
    /// The extension fails as a whole.
    EndsExtension,
}

const fn rule(namespace: &'static str, items: fn(&Read<'_>) -> Items) -> Rule {
    Rule { namespace: Some(namespace), items, unreadable: Unreadable::SkipsGpo, elements: &[] }
}

/// The elements of security settings in the order of reports.
const SECURITY: &[&str] = &[
    "Account",
    "Audit",
    "UserRightsAssignment",
    "SecurityOptions",
    "EventLog",
    "RestrictedGroups",
    "SystemServices",
    "File",
    "Registry",
];

static RULES: &[Rule] = &[
    // Every value, right, service, file and key: the last one as a whole. Groups: [MS-GPSB] 3.2.5.12. A template that
    // cannot be read is passed over: [MS-GPSB] 3.2.5.
    Rule { elements: SECURITY, ..rule("Security", security::items) },
    // Stored over, global lists united: [MS-GPAC] 3.2.5 and note 7.
    rule("Auditing", keyed::audit),
    // All count: [MS-GPCAP] 3.2.5.2.
    rule("CentralAccessPolicy", keyed::central_access),
    // All run, in order: [MS-GPSCR] 3.2.5.
    rule("Scripts", scripts::items),
    // The last one wins for a folder as a whole; fdeploy1.ini hides fdeploy.ini: [MS-GPFR] 3.2.5.
    rule("FolderRedirection", keyed::folder_redirection),
    // All apply but for those that others upgrade; what cannot be read ends the extension: [MS-GPSI] 3.2.5.
    Rule { unreadable: Unreadable::EndsExtension, ..rule("SoftwareInstallation", software::items) },
    // All count: [MS-GPDPC] 3.2.5.
    rule("PrinterConnections", keyed::deployed_printers),
    // Only the last GPO counts, whole: [MS-GPIPSEC] 3.2.5.3, [MS-GPWL] 3.2.5.
    rule("IPSecurity", keyed::whole),
    rule("WLanSvc", keyed::whole),
    rule("Dot3Svc", keyed::whole),
    // Files lie in the order of application; clients of today read none.
    rule("IE", keyed::maintenance_files),
    // Items act one after the other; a file that cannot be read ends its kind: [MS-GPPREF] 3.2.5.1.2.
    Rule { namespace: None, items: preferences::items, unreadable: Unreadable::EndsExtension, elements: &[] },
];

/// Returns the extensions that have settings of their own beside the registry, each with its rule, in the order in which they run.
pub(super) fn all() -> impl Iterator<Item = (&'static Extension, &'static Rule)> {
    EXTENSIONS.iter().filter_map(|extension| Some((*extension, find(extension)?)))
}

/// Returns the rule of an extension; none where it rides on the registry.
pub(super) fn find(extension: &Extension) -> Option<&'static Rule> {
    let is_preference = preferences::kind_of(extension).is_some();
    RULES.iter().find(|rule| match rule.namespace {
        Some(namespace) => namespace == extension.namespace,
        None => is_preference,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rsop::extension_order::REGISTRY;

    #[test]
    fn every_extension_has_a_rule_or_rides_on_the_registry() {
        for extension in EXTENSIONS {
            let rides = (extension.claims)(r"software\policies\microsoft\windows\qos\x", "version")
                || extension.cse == REGISTRY;
            assert_ne!(find(extension).is_some(), rides, "{}", extension.name);
        }
    }
}
