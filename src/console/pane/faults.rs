//! What is wrong with a GPO, as far as it can be told from what was read: shown above its tabs' contents.

use egui::Ui;

use super::state::View;
use crate::console::kit::notice::{Severity, banner_with_hint_ui};
use crate::console::{Detail, Lazy, OpenForest};
use crate::gpm::{Gpo, SysvolState, computers_can_read};
use crate::ident::GpoVersion;
use crate::security::{SecurityDescriptor, compare_sysvol_acl};
use crate::store::StoreErrorKind;

/// Something wrong with a GPO.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) severity: Severity,
    pub(super) text: String,
    pub(super) hint: &'static str,
}

/// Draws the faults of a GPO, and asks for what is needed to find them.
pub(super) fn faults_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    view.fetch(Detail::Sysvol(gpo.domain.clone(), vec![gpo.id]));
    view.fetch(Detail::SysvolSecurity(gpo.domain.clone(), gpo.sysvol_folder()));
    for fault in faults(view.forest, gpo) {
        banner_with_hint_ui(ui, fault.severity, &fault.text, fault.hint);
    }
}

/// Returns what is wrong with a GPO, as far as it is known by now.
pub(super) fn faults(forest: &OpenForest, gpo: &Gpo) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |severity, text: String, hint| faults.push(Fault { severity, text, hint });
    if gpo.inaccessible {
        add(
            Severity::Error,
            "Inaccessible: the GPO is there, but its attributes may not be read.".to_owned(),
            "Connect as somebody who may read it, or have Read delegated to you.",
        );
        return faults;
    }
    if gpo.functionality_version != Some(2) {
        add(
            Severity::Warning,
            "Clients ignore this GPO: its functionality version is not 2.".to_owned(),
            "A GPO whose creation was broken off looks like this. Compare it with another and make it anew.",
        );
    }
    match forest.details.sysvol(&gpo.domain, gpo.id) {
        Lazy::Ready(SysvolState::Version(version)) if *version != gpo.version => add(
            Severity::Warning,
            format!("The two halves differ: {}.", difference(gpo.version, *version)),
            "If it lasts longer than replication takes, only one half was written. Saving any setting brings them together.",
        ),
        Lazy::Ready(SysvolState::Missing) => add(
            Severity::Error,
            format!("The SYSVOL half is missing: there is no {}\\GPT.INI.", gpo.sysvol_folder()),
            "Clients cannot apply it. Restore the GPO from a backup, or delete it.",
        ),
        Lazy::Ready(SysvolState::Unreadable(reason)) => add(
            Severity::Warning,
            format!("The SYSVOL half could not be read: {reason}."),
            "Check that SYSVOL can be reached from here and that you may read it.",
        ),
        Lazy::Failed(error) => add(
            Severity::Warning,
            format!("The SYSVOL half could not be read: {error}."),
            "Check that SYSVOL can be reached from here and that you may read it.",
        ),
        Lazy::Ready(SysvolState::Version(_)) | Lazy::Unknown | Lazy::Loading => {}
    }
    let descriptor = gpo.security_descriptor.as_deref().map(SecurityDescriptor::from_bytes);
    match descriptor {
        None => add(
            Severity::Info,
            "The permissions of this GPO may not be read.".to_owned(),
            "Owner, security filtering and delegation are unknown.",
        ),
        Some(Err(error)) => add(
            Severity::Error,
            format!("The permissions of this GPO are damaged: {error}."),
            "Set them anew with a tool that writes whole descriptors.",
        ),
        Some(Ok(descriptor)) => {
            let domain = forest.snapshot.domain(&gpo.domain).and_then(|domain| domain.sid.as_ref());
            if !computers_can_read(&descriptor, domain) {
                add(
                    Severity::Warning,
                    "Computers cannot read this GPO: neither Authenticated Users nor Domain Computers may.".to_owned(),
                    "Since MS16-072 the computer fetches the policy of its user: user settings do not apply either. \
                     Give Domain Computers Read.",
                );
            }
            if let Some(text) = acl_mismatch(forest, gpo, &descriptor) {
                add(
                    Severity::Warning,
                    text,
                    "Clients may be kept from files they should read, or let at files they should not.",
                );
            }
        }
    }
    faults
}

fn acl_mismatch(forest: &OpenForest, gpo: &Gpo, directory: &SecurityDescriptor) -> Option<String> {
    match forest.details.sysvol_security(&gpo.domain, &gpo.sysvol_folder()) {
        Lazy::Ready(bytes) => match SecurityDescriptor::from_bytes(bytes) {
            Ok(folder) => {
                let difference = compare_sysvol_acl(directory, &folder);
                if difference.is_empty() {
                    return None;
                }
                if difference.unrestricted {
                    return Some("The SYSVOL folder and the directory object do not have the same permissions: one has no access list.".to_owned());
                }
                Some(format!(
                    "The permissions of the SYSVOL folder do not match those of the directory object: {} missing, {} too many.",
                    entries(difference.missing.len()),
                    entries(difference.extra.len()),
                ))
            }
            Err(error) => Some(format!("The permissions of the SYSVOL folder are damaged: {error}.")),
        },
        // What cannot be read is told by the state of the SYSVOL half; a plain folder has no permissions to compare.
        Lazy::Failed(error) if error.kind == StoreErrorKind::AccessDenied => {
            Some("The permissions of the SYSVOL folder may not be read.".to_owned())
        }
        Lazy::Failed(_) | Lazy::Unknown | Lazy::Loading => None,
    }
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

fn difference(directory: GpoVersion, sysvol: GpoVersion) -> String {
    let half = |name: &str, directory: u16, sysvol: u16| {
        (directory != sysvol).then(|| format!("{name} version {directory} in the directory, {sysvol} in SYSVOL"))
    };
    let halves = [half("user", directory.user, sysvol.user), half("computer", directory.computer, sysvol.computer)];
    halves.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
