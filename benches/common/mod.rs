//! The large forest that benchmarks measure: 100,000 OUs and 10,000 GPOs with their links, descriptors and version files.

use std::path::{Path, PathBuf};
use std::time::Instant;

use opengpmc::ident::{Dn, DnsName, Guid, Sid};
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::{Attribute, Entry, ForestFileBuilder, SysvolItem, SysvolPath};

/// OUs of the forest.
pub const UNITS: usize = 100_000;
/// GPOs of the forest.
pub const GPOS: usize = 10_000;
/// Raised when [`build`] makes something else, so that an older file is not measured.
const EDITION: u32 = 1;

/// What a GPO made by a domain administrator carries, and one right more.
const DESCRIPTOR: &str = "O:DAG:DAD:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;EA)(A;CI;LCRPLORC;;;ED)(A;CI;LCRPLORC;;;AU)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;SY)(A;CIIO;CCDCLCSWRPWPDTLOSDRCWDWO;;;CO)";

/// Returns the path of the large forest; made once, in the target folder.
pub fn large_forest() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("large-{EDITION}.gpforest"));
    if !path.exists() {
        let started = Instant::now();
        build(&path);
        eprintln!("made {} in {:.1} s", path.display(), started.elapsed().as_secs_f32());
    }
    path
}

/// Returns the DN of a GPO by its number.
pub fn gpo_dn(number: usize) -> Dn {
    let policies = domain().child("CN", "System").child("CN", "Policies");
    policies.child("CN", &Guid::from_u128(number as u128 + 1).to_string())
}

/// Returns the DN of the one domain.
pub fn domain() -> Dn {
    "DC=corp,DC=example,DC=com".parse().expect("a DN")
}

/// Ten units in each unit; each has one or two links and every tenth blocks inheritance. Each GPO lets one of 500 groups edit it.
fn build(path: &Path) {
    let domain = domain();
    let sid: Sid = "S-1-5-21-1004336348-1177238915-682003330".parse().expect("a SID");
    let context = SddlContext { domain: Some(sid.clone()), forest_root: Some(sid.clone()) };
    let mut builder = ForestFileBuilder::create(path, std::slice::from_ref(&domain)).expect("the file can be made");
    let mut add = |dn: Dn, class: &str, more: Vec<Attribute>| {
        let mut attributes = vec![Attribute::text("objectClass", class)];
        attributes.extend(more);
        builder.add_entry(Entry { dn, attributes }).expect("the entry is added");
    };
    add(domain.clone(), "domainDNS", vec![Attribute::bytes("objectSid", sid.to_bytes())]);
    for number in 0..GPOS {
        let id = Guid::from_u128(number as u128 + 1);
        let editor = format!("{DESCRIPTOR}(A;CI;CCDCLCSWRPWPRC;;;{sid}-{})", 1100 + number % 500);
        let descriptor = SecurityDescriptor::from_sddl(&editor, &context).expect("a descriptor");
        let more = vec![
            Attribute::text("displayName", format!("Policy {number:05}")),
            Attribute::text("flags", (number % 4).to_string()),
            Attribute::text("versionNumber", (number * 65_537).to_string()),
            Attribute::text("gPCFileSysPath", format!(r"\\corp.example.com\sysvol\corp.example.com\Policies\{id}")),
            Attribute::text("gPCFunctionalityVersion", "2"),
            Attribute::text(
                "gPCMachineExtensionNames",
                "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]",
            ),
            Attribute::bytes("nTSecurityDescriptor", descriptor.to_bytes().expect("bytes")),
        ];
        add(gpo_dn(number), "groupPolicyContainer", more);
    }
    let mut units: Vec<Dn> = vec![domain.clone()];
    for number in 0..UNITS {
        let dn = units[number / 10].child("OU", &format!("Unit {number:06}"));
        let mut links = format!("[LDAP://{};0]", gpo_dn(number % GPOS));
        if number % 2 == 0 {
            links += &format!("[LDAP://{};{}]", gpo_dn(number / 7 % GPOS), number % 3);
        }
        let mut more =
            vec![Attribute::text("gPLink", links), Attribute::text("description", format!("Cost centre {number}"))];
        if number % 10 == 0 {
            more.push(Attribute::text("gPOptions", "1"));
        }
        add(dn.clone(), "organizationalUnit", more);
        units.push(dn);
    }
    let name: DnsName = domain.domain().expect("a domain");
    let version = |number: usize| SysvolItem {
        path: SysvolPath::parse(&format!("Policies/{}/GPT.INI", Guid::from_u128(number as u128 + 1))).expect("a path"),
        content: Some(format!("[General]\r\nVersion={}\r\n", number * 65_537).into_bytes()),
        modified: None,
        security: None,
    };
    builder.add_files(&name, (0..GPOS).map(version)).expect("the files are added");
    builder.finish().expect("the file is finished");
}
