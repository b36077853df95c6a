//! The source of the demo forest, and what the loader makes of single pieces. What the forest holds is tested through the
//! public interface, in `tests/library/demo.rs`.

use std::collections::HashSet;

use super::*;
use crate::store::SysvolPath;

#[test]
fn the_source_is_without_mistakes() {
    let demo = DemoForest::load().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(demo.domains.len(), 3);
    let mut seen: HashSet<(DnsName, SysvolPath)> = HashSet::new();
    for (domain, item) in demo.files {
        let folder = item.path.parent().unwrap_or_default();
        assert!(folder.is_root() || seen.contains(&(domain.clone(), folder)), "{} comes too early", item.path);
        assert!(seen.insert((domain, item.path)));
    }
    open_blocking().unwrap_or_else(|error| panic!("{error}"));
}

const SMALL: &str = r"
define D = DC=a,DC=example

dn: CN=A,CN=Partitions,CN=Configuration,${D}
objectClass: crossRef
nCName: ${D}
nETBIOSName: AA

dn: ${D}
objectClass: domainDNS
objectSid: S-1-5-21-1-2-3
link: Second | disabled | enforced
link: {00000000-0000-0000-0000-000000000009}

dn: CN=Ann,${D}
objectClass: user
rid: 1104

dn: CN=Staff,${D}
objectClass: group
rid: 1105
member: {AA\Ann}

dn: CN={00000000-0000-0000-0000-000000000002},CN=Policies,CN=System,${D}
objectClass: groupPolicyContainer
displayName: Second
flags:
nTSecurityDescriptor: O:DAG:DAD:P(A;;RP;;;{AA\Staff})

dn: CN={00000000-0000-0000-0000-000000000003},CN=SOM,CN=WMIPolicy,CN=System,${D}
objectClass: msWMI-Som
msWMI-Name: Filter
query: root\CIMv2 | SELECT ä
";

fn small(text: &str) -> Result<DemoForest, SourceError> {
    DemoForest::from_source(&[
        ("directory/a.ldif", text),
        ("sysvol/a.example/Policies/{00000000-0000-0000-0000-000000000002}/GPT.INI", "[General]\nVersion=0\n"),
        ("sysvol/a.example/scripts/who.txt", r"${sid:AA\Ann}"),
    ])
}

#[test]
fn short_forms_become_what_the_directory_holds() {
    let demo = small(SMALL).unwrap();
    let text = |name: &str, attribute: &str| {
        let entry = demo.entries.iter().find(|entry| entry.dn.name() == name).unwrap();
        entry.text(attribute).unwrap_or_default()
    };
    let first = "[LDAP://cn={00000000-0000-0000-0000-000000000009},cn=policies,cn=system,DC=a,DC=example;0]";
    let second = "[LDAP://cn={00000000-0000-0000-0000-000000000002},cn=policies,cn=system,DC=a,DC=example;3]";
    assert_eq!(text("a", "gPLink"), format!("{first}{second}"), "link order 1 stands last");
    assert_eq!(text("Staff", "member"), "CN=Ann,DC=a,DC=example");
    assert_eq!(text("Ann", "sAMAccountName"), "Ann");
    assert_eq!(text("Ann", "userPrincipalName"), "Ann@a.example");
    let gpo = "{00000000-0000-0000-0000-000000000002}";
    assert_eq!(text(gpo, "flags"), "", "written empty");
    assert_eq!(text(gpo, "versionNumber"), "0");
    assert_eq!(text(gpo, "gPCFileSysPath"), format!(r"\\a.example\SysVol\a.example\Policies\{gpo}"));
    let filter = "{00000000-0000-0000-0000-000000000003}";
    assert_eq!(text(filter, "msWMI-Parm2"), r"1;3;10;8;WQL;root\CIMv2;SELECT ä;");
    let file = |path: &str| {
        let path = SysvolPath::parse(path).unwrap();
        demo.files.iter().find(|(_, item)| item.path == path).map(|(_, item)| item.clone()).unwrap()
    };
    assert_eq!(file("scripts/who.txt").content.as_deref(), Some(b"S-1-5-21-1-2-3-1104".as_slice()));
    assert!(file(&format!("Policies/{gpo}/User")).content.is_none());
    assert!(file(&format!("Policies/{gpo}")).security.is_some());
}

#[test]
fn mistakes_in_the_source_are_told_with_their_place() {
    for (from, to, problem) in [
        ("link: Second", "link: Third", "not exactly one GPO is called `Third`"),
        ("| disabled", "| off", "a link is not `off` but `disabled` or `enforced`"),
        (r"member: {AA\Ann}", r"member: {AA\Bob}", r"no principal is called `AA\Bob`"),
        ("rid: 1105", "rid: x", "`x` is no RID"),
        (r"RP;;;{AA\Staff}", "RP;;;XX", "not a security descriptor"),
        ("objectClass: user", "description: x", "an object needs an objectClass"),
        ("dn: CN=Ann,", "dn: CN=Staff,", "another principal has this account name"),
        ("nETBIOSName: AA", "dnsRoot: x", "a domain needs an objectSid and a crossRef"),
    ] {
        let error = small(&SMALL.replace(from, to)).unwrap_err();
        assert!(error.line > 0 && error.problem.contains(problem), "{to}: {error}");
    }
}
