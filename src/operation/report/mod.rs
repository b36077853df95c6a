//! Settings reports of GPOs, backups and starter GPOs (GenerateReport of IGPMGPO, IGPMBackup, IGPMStarterGPO and their backups).
//!
//! A [`Reporting`] is what InitializeReporting prepares: the administrative templates and the choices that hold for all reports. From it,
//! each source gives a [`crate::report::GpoReport`]. Files that cannot be read are named in the report; the rest is reported.

mod common;
mod backup;
mod files;
mod live;
mod to_folder;

pub use backup::ReportBackupError;
pub(super) use backup::starter_folder;
pub(super) use common::{Common, by_half};
pub(super) use files::{HalfFiles, read_folder};
pub use live::ReportGpoError;
pub(super) use live::{ReadGpo, gpo_files};
pub use to_folder::{ReportFolderError, ReportedFolder, file_name, report_problems, reports_to_folder};

use std::sync::Arc;

use crate::extension::{
    DescribedObject, HalfContents, PrincipalNames, Source, SourceContext, descriptor_element, report_half,
};
use crate::format::admx::AdmxStore;
use crate::gpm::{Cancelled, Task};
use crate::ident::ExtensionList;
use crate::report::{Element, ExtensionReport, PartProblem, Side};
use crate::security::{SddlContext, SecurityDescriptor};

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

    /// Returns the element `SecurityDescriptor` of a GPO; none, with the reason, where it cannot be read.
    fn security(
        &self,
        bytes: Option<&[u8]>,
        context: &SddlContext,
        names: &PrincipalNames,
    ) -> (Option<Element>, Option<PartProblem>) {
        let Some(bytes) = bytes else { return (None, None) };
        match SecurityDescriptor::from_bytes(bytes) {
            Ok(descriptor) => {
                let sddl = descriptor.to_sddl(context);
                let element = descriptor_element(DescribedObject::Gpo, &descriptor, &sddl, names, self.compatible);
                (Some(element), None)
            }
            Err(error) => {
                let problem = PartProblem { file: "the permissions of the GPO".to_owned(), message: error.to_string() };
                (None, Some(problem))
            }
        }
    }

    fn extensions(
        &self,
        side: Side,
        half: &HalfContents,
        names: &PrincipalNames,
        task: &Task,
    ) -> Result<Vec<ExtensionReport>, Cancelled> {
        let context = SourceContext {
            names,
            templates: &self.templates,
            with_comments: self.with_comments,
            compatible: self.compatible,
        };
        report_half(&Source { side, half, context: &context }, task)
    }
}

/// Returns what counts as registered in a starter GPO: nothing is, and administrative templates are all it can hold.
fn starter_extensions() -> ExtensionList {
    ExtensionList::parse_lossy("[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}]")
}
