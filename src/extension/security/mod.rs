//! Security settings: the security template of a GPO.
//!
//! Sources: `operations.md` 4.3 and Appendix A, `gpo-storage.md` B6, [MS-GPSB].

mod elements;
mod labels;
mod options;
mod sections;

use crate::format::SecurityTemplate;
use crate::ident::Guid;
use crate::report::Side;

use super::{Extension, Part, Source, claims_nothing};

pub(super) static SECURITY: Extension = Extension {
    cse: Guid::from_u128(0x827D319E_6EAC_11D2_A4EA_00C04F79F83A),
    name: "Security",
    xml_type: "SecuritySettings",
    namespace: "Security",
    read,
    sections: sections::sections,
    claims: claims_nothing,
};

const TEMPLATE: &str = "Microsoft/Windows NT/SecEdit/GptTmpl.inf";

fn read(source: &Source<'_>) -> Option<Part> {
    if source.side != Side::Computer {
        return None;
    }
    source.part_of_file(TEMPLATE, |bytes, file, part| {
        let settings = SecurityTemplate::parse(bytes).settings();
        part.problems.extend(settings.problems.iter().map(|problem| source.problem(file, problem)));
        let unknown = settings.unknown_sections.iter();
        part.problems.extend(unknown.map(|name| source.problem(file, format!("the section [{name}] is not known"))));
        elements::push_all(&settings, source, file, part);
    })
}
