//! How an error is shown, everywhere: what was attempted, what happened, what to try, details to copy
//! (`console-ui.md` 12.7).

use egui::{CollapsingHeader, CornerRadius, Frame, Margin, RichText, Stroke, Ui};

use crate::store::{StoreError, StoreErrorKind};

use super::theme::{self, SPACE};
use super::{Command, Icon};

/// An error in the words of the person who meets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReport {
    /// What was attempted, on which object.
    pub attempted: String,
    /// What happened, in plain words.
    pub happened: String,
    /// What to try, one line each.
    pub advice: Vec<&'static str>,
    /// Everything known, to be copied into a ticket.
    pub details: String,
}

impl ErrorReport {
    /// Puts a failed call to a store into words. `attempted` says what was to be done: `Connect to corp.example.com`.
    pub fn of_store(attempted: impl Into<String>, error: &StoreError) -> Self {
        let attempted = attempted.into();
        let mut details = format!("{attempted}\nObject: {}\nError: {}", error.object, error.kind);
        if !error.detail.is_empty() {
            details.push_str(&format!("\nDetail: {}", error.detail));
        }
        if let Some(code) = error.code {
            details.push_str(&format!("\nCode: {code} (0x{code:08X})"));
        }
        details.push_str(concat!("\nOpenGPMC ", env!("CARGO_PKG_VERSION")));
        ErrorReport { attempted, happened: format!("{error}."), advice: advice(error.kind).to_vec(), details }
    }
}

/// Draws the error as a banner in the layout.
pub fn error_ui(ui: &mut Ui, report: &ErrorReport, commands: &mut Vec<Command>) {
    let tokens = theme::tokens(ui);
    let frame = Frame::new()
        .fill(tokens.error_surface)
        .stroke(Stroke::new(1.0, tokens.error))
        .corner_radius(CornerRadius::same(theme::RADIUS))
        .inner_margin(Margin::same(12));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width().min(680.0));
        ui.horizontal(|ui| {
            Icon::Error.show(ui, theme::ICON_SIZE);
            ui.label(RichText::new(format!("{} failed", report.attempted)).strong());
        });
        ui.add_space(SPACE);
        ui.label(&report.happened);
        if !report.advice.is_empty() {
            ui.add_space(SPACE);
            ui.label(RichText::new("What to try").strong());
            for line in &report.advice {
                ui.label(format!("•  {line}"));
            }
        }
        ui.add_space(SPACE);
        ui.horizontal_top(|ui| {
            CollapsingHeader::new("Details").id_salt(&report.details).show(ui, |ui| {
                ui.label(RichText::new(&report.details).monospace());
            });
            if ui.button((Icon::Copy.atom(), "Copy details")).clicked() {
                commands.push(Command::CopyText(report.details.clone()));
            }
        });
    });
}

/// Returns what to try after a failure of this kind.
pub fn advice(kind: StoreErrorKind) -> &'static [&'static str] {
    match kind {
        StoreErrorKind::NotFound => &[
            "Refresh: somebody may have deleted or renamed it.",
            "Check the spelling, and that your account may see it.",
        ],
        StoreErrorKind::AlreadyExists => &["Choose another name, or look at the one that exists."],
        StoreErrorKind::Conflict => &["Refresh, look at what changed, and do it again if it still makes sense."],
        StoreErrorKind::AccessDenied => &[
            "Connect as a user who has the right, or have the right delegated.",
            "For SYSVOL, check the permissions of the share and of the folder.",
        ],
        StoreErrorKind::NotEmpty => &["Empty it first."],
        StoreErrorKind::InvalidValue => &["Check what was entered: the directory has a rule it breaks."],
        StoreErrorKind::Unreachable => &[
            "Check the name, and that this machine resolves it: nslookup, or the DNS server in use.",
            "Check that the network and the firewalls let you through to ports 389 or 636 and 445.",
            "Name another domain controller by hand: ldap://HOST.",
        ],
        StoreErrorKind::Timeout => {
            &["Try again: the server may be busy.", "Name another domain controller by hand: ldap://HOST."]
        }
        StoreErrorKind::BadCredentials => &[
            "Check the user name, user@domain or DOMAIN\\user, and type the password again.",
            "Check that the account is neither locked, disabled nor expired. Every further try counts towards a lockout.",
        ],
        StoreErrorKind::AuthenticationRefused => &[
            "Get a Kerberos ticket (kinit) and connect as the current user.",
            "Connect to ldaps://HOST with a user name and password.",
            "Allow NTLM in the dialog, if the domain still accepts it.",
        ],
        StoreErrorKind::NoTicket => &[
            "Get a ticket with kinit, or log on to the domain, and try again.",
            "Or connect with a user name and password.",
        ],
        StoreErrorKind::ClockSkew => {
            &["Set this machine's clock by the domain controller: Kerberos allows a difference of 5 minutes."]
        }
        StoreErrorKind::UntrustedCertificate => &[
            "Give the certificate of the authority that issued it as CA file in the dialog.",
            "Connect by the name that stands in the certificate.",
        ],
        StoreErrorKind::Integrity => &[
            "Try again. If it happens again, something on the way changes the messages: tell whoever runs the network.",
        ],
        StoreErrorKind::ReadOnly => &["Open the forest with the right to write."],
        StoreErrorKind::NotSupported => &["This kind of store cannot do it. Connect to a domain controller instead."],
        StoreErrorKind::BadPath => &["Check the path."],
        StoreErrorKind::Corrupt => &[
            "A file: restore it from a backup, or look at it with another tool.",
            "A server: check host and port; what answers there does not speak as a domain controller does.",
        ],
        StoreErrorKind::Io => &["Check that the disk is not full and that no other program holds the file open."],
        StoreErrorKind::Cancelled => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_attempted_what_happened_and_what_to_try() {
        let error =
            StoreError::new(StoreErrorKind::ClockSkew, "dc1.corp.test").with_detail("KRB_AP_ERR_SKEW").with_code(37);
        let report = ErrorReport::of_store("Connect to corp.test", &error);
        assert!(report.happened.contains("dc1.corp.test") && report.happened.contains("clocks"));
        assert!(report.advice[0].contains("5 minutes"));
        assert!(report.details.contains("KRB_AP_ERR_SKEW") && report.details.contains("0x00000025"));
    }
}
