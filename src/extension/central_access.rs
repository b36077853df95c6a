//! Central access policies: `CAP.inf` (`gpo-storage.md` B12). No report of Microsoft with them is known; the elements are our own.

use crate::format::CentralAccessFile;
use crate::ident::{Dn, Guid};
use crate::report::{Element, ExtensionReport, Section, Side, Table};

use super::{Area, Extension, Part, Placed, Source, claims_nothing};

pub(super) static CENTRAL_ACCESS: Extension = Extension {
    cse: Guid::from_u128(0x16BE69FA_4209_4250_88CB_716CF41954E0),
    name: "Central Access Policies",
    xml_type: "CentralAccessPolicySettings",
    namespace: "CentralAccessPolicy",
    read,
    sections,
    claims: claims_nothing,
};

const FILE: &str = "Microsoft/Windows NT/CAP/CAP.inf";

fn read(source: &Source<'_>) -> Option<Part> {
    if source.side != Side::Computer {
        return None;
    }
    source.part_of_file(FILE, |bytes, file, part| {
        let (policies, problems) = CentralAccessFile::parse(bytes).policies();
        part.problems.extend(problems.iter().map(|problem| source.problem(file, problem)));
        part.elements.extend(policies.into_iter().map(|name| {
            let policy = Element::new("CentralAccessPolicy");
            policy.with(Element::text("Name", label(&name))).with(Element::text("DistinguishedName", name))
        }));
    })
}

/// Returns the name of a policy: the value of the first part of its DN.
fn label(name: &str) -> String {
    let rdn = Dn::parse(name).map(|dn| dn.rdn().to_owned()).unwrap_or_else(|_| name.to_owned());
    rdn.split_once('=').map_or_else(|| rdn.clone(), |(_, value)| value.to_owned())
}

fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut table = Table::new(&["Name", "Distinguished Name"]);
    for policy in &report.elements {
        table.row([policy.text_at(&["Name"]), policy.text_at(&["DistinguishedName"])]);
    }
    if table.rows.is_empty() {
        return Vec::new();
    }
    vec![Placed {
        area: Area::SecuritySettings,
        section: Section::new("File System: Central Access Policy").with(table),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_called_by_its_first_part() {
        assert_eq!(label("CN=Finance\\, old,CN=Central Access Policies,DC=x"), "Finance\\, old");
        assert_eq!(label("nothing"), "nothing");
    }
}
