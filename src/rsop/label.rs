//! Short words for what becomes of a link, those of the console's reports where it has some (`operations.md` 7.7).

use crate::report::rsop::NotApplied;

use super::{Reason, Verdict};

impl Reason {
    /// Returns the reason in the words of a column: `Denied (Security)`.
    pub fn label(&self) -> &'static str {
        match self {
            Reason::LinkDisabled => NotApplied::LinkDisabled.label(),
            Reason::Blocked { .. } => NotApplied::Blocked.label(),
            Reason::LoopbackReplace => "Replaced (Loopback)",
            Reason::LoopbackInvalid { .. } => "Not Applied (Loopback Mode)",
            Reason::Missing => "Not Found",
            Reason::DomainNotRead => "Domain Not Read",
            Reason::OtherForest => "Other Forest",
            Reason::DamagedLink => "Damaged Link",
            Reason::NotRead => NotApplied::Inaccessible.label(),
            Reason::NotReadable { .. } => "Inaccessible to the Computer",
            Reason::FunctionalityVersion { .. } => "Not Applied (Functionality Version)",
            Reason::HalfDisabled => NotApplied::GpoDisabled.label(),
            Reason::Security { .. } => NotApplied::Security.label(),
            Reason::Empty => NotApplied::Empty.label(),
            Reason::WmiFilter { .. } => NotApplied::WmiFilter.label(),
            Reason::WmiFilterMissing { .. } => "Denied (WMI Filter Missing)",
        }
    }
}

impl Verdict {
    /// Returns why a link does not apply; none where it does.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Verdict::Applied { .. } => None,
            Verdict::Denied(reason) | Verdict::NotSeen(reason) | Verdict::NotKnown(reason) => Some(reason),
        }
    }

    /// Returns the verdict in the words of a column: `Applied`, `Denied (Security)`, `Not Known: Inaccessible to the Computer`.
    pub fn label(&self) -> String {
        match self {
            Verdict::Applied { .. } => "Applied".to_owned(),
            Verdict::Denied(reason) | Verdict::NotSeen(reason) => reason.label().to_owned(),
            Verdict::NotKnown(reason) => format!("Not Known: {}", reason.label()),
        }
    }
}
