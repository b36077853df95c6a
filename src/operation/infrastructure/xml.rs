//! The infrastructure report as XML. Its shape is this program's own: that of Microsoft's report types 2 and 3 is not told anywhere.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::{ControllerStatus, InfrastructureStatus, SyncState};

/// The namespace of the report.
pub const NAMESPACE: &str = "urn:opengpmc:infrastructure-status:1";

/// Writes a result, UTF-8, two blanks of indent.
pub(super) fn write(status: &InfrastructureStatus) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned();
    let mut line = |depth: usize, text: &str| {
        out.extend(std::iter::repeat_n("  ", depth));
        out.push_str(text);
        out.push('\n');
    };
    let gpo = status.gpo.map(|id| format!(" gpo=\"{id}\"")).unwrap_or_default();
    line(
        0,
        &format!(
            "<InfrastructureStatus xmlns=\"{NAMESPACE}\" domain=\"{}\"{gpo} baseline=\"{}\" flags=\"{}\" gathered=\"{}\">",
            escape(status.domain.as_str()),
            escape(status.baseline.as_str()),
            status.flags,
            status.gathered.to_generalized()
        ),
    );
    for controller in &status.controllers {
        line(1, &format!("<DomainController{}>", attributes(controller)));
        for (element, error) in
            [("DirectoryError", &controller.directory_error), ("SysvolError", &controller.sysvol_error)]
        {
            if let Some(error) = error {
                line(2, &format!("<{element}>{}</{element}>", escape(error.as_str())));
            }
        }
        for gpo in &controller.differing {
            line(2, &format!("<DifferingGPO id=\"{}\" name=\"{}\">", gpo.id, escape(gpo.name.as_str())));
            for difference in &gpo.differences {
                line(3, &format!("<Difference kind=\"{}\">", difference.kind.label()));
                line(4, &format!("<Baseline>{}</Baseline>", escape(difference.baseline.as_str())));
                line(4, &format!("<Found>{}</Found>", escape(difference.found.as_str())));
                line(3, "</Difference>");
            }
            line(2, "</DifferingGPO>");
        }
        line(1, "</DomainController>");
    }
    line(0, "</InfrastructureStatus>");
    out
}

fn attributes(controller: &ControllerStatus) -> String {
    let mut text = format!(
        " name=\"{}\" site=\"{}\" pdcEmulator=\"{}\" state=\"{}\"",
        escape(controller.name.as_str()),
        escape(controller.site.as_str()),
        controller.is_pdc_emulator,
        controller.sync
    );
    if controller.sync != SyncState::Inaccessible {
        let (folders, files) = controller.sysvol_counts();
        // A String takes all that is written to it.
        let _ = write!(text, " gpos=\"{}\" folders=\"{folders}\" files=\"{files}\"", controller.gpo_count());
    }
    text
}
