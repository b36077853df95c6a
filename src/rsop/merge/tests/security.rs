//! I: security settings and others that count whole, A applied before B.

use super::*;

const TEMPLATE: &str = "Microsoft/Windows NT/SecEdit/GptTmpl.inf";
const AUDIT: &str = "Microsoft/Windows NT/Audit/audit.csv";

fn template(name: &'static str, text: &str) -> Half {
    half(name).file(TEMPLATE, text)
}

fn length(name: &'static str, characters: u32) -> Half {
    template(name, &format!("[System Access]\nMinimumPasswordLength = {characters}\n"))
}

/// Compares the account policy of a target. The GPOs at the domain count for its accounts, whether the target's list holds them or not.
#[track_caller]
fn check_accounts(own: Vec<Half>, of_domain: Vec<Half>, is_domain_controller: bool, expected: &[&str]) {
    let names: Vec<&str> = own.iter().map(|half| half.name).collect();
    let made: Vec<Made> = own.into_iter().map(make).collect();
    let domain: Vec<Made> = of_domain.into_iter().map(make).collect();
    let layers: Vec<Layer<'_>> = (1..).zip(&made).map(|(order, made)| made.layer(order)).collect();
    let place = |made: &Made| names.iter().position(|name| *name == made.gpo.name).map_or(0, |place| place + 1);
    let domain_layers = domain.iter().map(|made| made.layer(place(made))).collect();
    let context = MergeContext { is_domain_controller, domain_layers, ..MergeContext::default() };
    assert_eq!(lines(&merge(Side::Computer, &layers, &context), &names), expected);
}

#[test]
fn i1_the_higher_gpo_of_the_domain_sets_the_account_policy() {
    let gpos = || vec![length("A", 8).at(SomType::Domain), length("B", 14).at(SomType::Domain)];
    let expected = ["security/account/minimumpasswordlength = 14 characters [B A]"];
    check_accounts(gpos(), gpos(), true, &expected);
}

#[test]
fn i2_settings_of_several_gpos_of_the_domain_come_together() {
    let gpos = || {
        let age = template("B", "[System Access]\nMaximumPasswordAge = 60\n");
        vec![length("A", 8).at(SomType::Domain), age.at(SomType::Domain)]
    };
    let expected = [
        "security/account/maximumpasswordage = 60 days [B]",
        "security/account/minimumpasswordlength = 8 characters [A]",
    ];
    check_accounts(gpos(), gpos(), true, &expected);
}

#[test]
fn i3_the_ou_of_domain_controllers_sets_no_account_policy() {
    let domain = || length("A", 8).at(SomType::Domain);
    let expected = ["security/account/minimumpasswordlength = 8 characters [A]"];
    check_accounts(vec![domain(), length("B", 20)], vec![domain()], true, &expected);
}

#[test]
fn i4_on_members_an_ou_governs_local_accounts() {
    let domain = || length("A", 8).at(SomType::Domain);
    let expected = [
        "security/account/minimumpasswordlength = 12 characters [B A]",
        "security/domain account/minimumpasswordlength = 8 characters [A]",
    ];
    check_accounts(vec![domain(), length("B", 12)], vec![domain()], false, &expected);
}

#[test]
fn i5_a_blocked_domain_sets_the_account_policy_all_the_same() {
    let expected = ["security/account/minimumpasswordlength = 8 characters [elsewhere]"];
    check_accounts(Vec::new(), vec![length("A", 8).at(SomType::Domain)], true, &expected);
}

#[test]
fn i6_a_site_sets_no_account_policy_of_the_domain() {
    let domain = || length("A", 8).at(SomType::Domain);
    let site = || length("B", 20).at(SomType::Site);
    let expected = ["security/account/minimumpasswordlength = 8 characters [A]"];
    check_accounts(vec![site(), domain()], vec![domain()], true, &expected);
}

#[test]
fn domain_controllers_take_some_options_from_the_domain_too() {
    let renamed = |name, to: &str| template(name, &format!("[System Access]\nNewAdministratorName = \"{to}\"\n"));
    let domain = || renamed("A", "root").at(SomType::Domain);
    let expected = ["security/access/newadministratorname = \"root\" [A]"];
    check_accounts(vec![domain(), renamed("B", "boss")], vec![domain()], true, &expected);
    let expected = ["security/access/newadministratorname = \"boss\" [B A]"];
    check_accounts(vec![domain(), renamed("B", "boss")], vec![domain()], false, &expected);
}

/// Merges two templates.
#[track_caller]
fn check_templates(a: &str, b: &str, expected: &[&str], warnings: &[&str]) {
    check(vec![template("A", a), template("B", b)], expected, warnings);
}

#[test]
fn i7_a_right_is_replaced() {
    let a = "[Privilege Rights]\nSeDebugPrivilege = *S-1-5-21-1-2-3-1001\n";
    let b = "[Privilege Rights]\nSeDebugPrivilege = *S-1-5-21-1-2-3-1002\n";
    check_templates(a, b, &["security/right/sedebugprivilege = S-1-5-21-1-2-3-1002 [B A]"], &[]);
}

#[test]
fn i8_a_right_without_members_is_nobodys() {
    let a = "[Privilege Rights]\nSeDebugPrivilege = *S-1-5-21-1-2-3-1001\n";
    check_templates(
        a,
        "[Privilege Rights]\nSeDebugPrivilege =\n",
        &["security/right/sedebugprivilege = No one [B A]"],
        &[],
    );
}

#[test]
fn i9_the_members_of_a_group_are_replaced() {
    let members = |who: &str| format!("[Group Membership]\nAdmins__Members = {who}\nAdmins__Memberof =\n");
    check_templates(&members("x"), &members("y"), &["security/group/admins/members = y [B A]"], &[]);
}

#[test]
fn i10_memberships_are_added() {
    let expected = ["security/group/g/memberof = Admins {A}", "security/group/h/memberof = Admins {B}"];
    let a = "[Group Membership]\nG__Memberof = Admins\n";
    check_templates(a, "[Group Membership]\nH__Memberof = Admins\n", &expected, &[]);
    let expected = ["security/group/g/memberof = Admins, Users {B A}"];
    check_templates(a, "[Group Membership]\nG__Memberof = Users\n", &expected, &[]);
}

#[test]
fn i11_a_membership_comes_to_the_members_of_a_group() {
    let expected = ["security/group/admins/members = x, H [A]", "security/group/h/memberof = Admins {B}"];
    let a = "[Group Membership]\nAdmins__Members = x\n";
    check_templates(a, "[Group Membership]\nH__Memberof = Admins\n", &expected, &[]);
}

#[test]
fn i12_a_service_is_replaced_whole() {
    let a = "[Service General Setting]\n\"Spooler\",2,\"D:(A;;GA;;;SY)\"\n";
    let b = "[Service General Setting]\n\"Spooler\",4,\"\"\n";
    check_templates(a, b, &["security/service/spooler = Disabled [B A]"], &[]);
    let (merged, names) = merged(vec![template("A", a)]);
    assert_eq!(lines(&merged, &names), ["security/service/spooler = Automatic, D:(A;;GA;;;SY) [A]"]);
}

const ONLY_SUBCATEGORIES: &str =
    "[Registry Values]\nMACHINE\\System\\CurrentControlSet\\Control\\Lsa\\SCENoApplyLegacyAuditPolicy=4,1\n";
const LOGON: &str = "audit/system/{0cce9215-69ae-11d9-bed3-505054503030}";

fn audit(name: &'static str, rows: &[&str]) -> Half {
    let head =
        "Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting,Setting Value";
    half(name).file(AUDIT, &format!("{head}\r\n{}\r\n", rows.join("\r\n")))
}

fn logon(value: u32) -> String {
    format!(",System,Audit Logon,{{0cce9215-69ae-11d9-bed3-505054503030}},x,,{value}")
}

#[test]
fn i13_categories_are_passed_over_for_subcategories() {
    let a = "[Event Audit]\nAuditLogonEvents = 3\n";
    let (merged, names) = merged(vec![template("A", a), template("B", ONLY_SUBCATEGORIES)]);
    let found = lines(&merged, &names);
    assert!(found.contains(&"security/audit/auditlogonevents = – [A]".to_owned()), "{found:?}");
    check_warnings(&merged, &["SCENoApplyLegacyAuditPolicy is 1"]);
    // The registry may say so too.
    let by_policy = half("B").pol(&[r"System\CurrentControlSet\Control\Lsa!SCENoApplyLegacyAuditPolicy=1"]);
    let (merged, _) = super::merged(vec![template("A", a), by_policy]);
    check_warnings(&merged, &["SCENoApplyLegacyAuditPolicy is 1"]);
}

#[test]
fn i14_the_last_gpo_sets_a_subcategory() {
    let halves = vec![audit("A", &[&logon(1)]), audit("B", &[&logon(3)])];
    check(halves, &[&format!("{LOGON} = Success, Failure [B A]")], &[]);
}

#[test]
fn i15_no_auditing_is_a_setting() {
    let halves = vec![audit("A", &[&logon(3)]), audit("B", &[&logon(0)])];
    check(halves, &[&format!("{LOGON} = No Auditing [B A]")], &[]);
}

#[test]
fn i16_both_kinds_of_auditing_are_not_defined() {
    let a = template("A", "[Event Audit]\nAuditLogonEvents = 3\n");
    let expected = ["security/audit/auditlogonevents = Success, Failure [A]", &format!("{LOGON} = Success [B]")];
    check(vec![a, audit("B", &[&logon(1)])], &expected, &["which of them count is not defined"]);
}

#[test]
fn i17_global_audit_lists_are_united_but_on_old_systems() {
    let halves = || {
        vec![
            audit("A", &[",,FileGlobalSacl,,,,S:(AU;SA;FA;;;WD)"]),
            audit("B", &[",,FileGlobalSacl,,,,S:(AU;FA;FA;;;SY)"]),
        ]
    };
    let both = "audit/global list/file = S:(AU;SA;FA;;;WD), S:(AU;FA;FA;;;SY) {B A}";
    check(halves(), &[both], &[]);
    let (merged, names) = merged_with(halves(), MergeContext { is_old_system: true, ..MergeContext::default() });
    assert_eq!(lines(&merged, &names), ["audit/global list/file = S:(AU;FA;FA;;;SY) [B A]"]);
}

const FIREWALL: &str = r"Software\Policies\Microsoft\WindowsFirewall";

#[test]
fn i18_firewall_rules_are_united() {
    let rule = |id: &str| format!("{FIREWALL}\\FirewallRules!{id}=\"v2.30|Action=Allow|Name={id}|\"");
    let base = r"registry/hklm\software\policies\microsoft\windowsfirewall\firewallrules";
    let expected = [
        format!("{base}!r1 = v2.30|Action=Allow|Name=r1| [A]"),
        format!("{base}!r2 = v2.30|Action=Allow|Name=r2| [B]"),
    ];
    let expected = expected.each_ref().map(String::as_str);
    check(vec![half("A").pol(&[&rule("r1")]), half("B").pol(&[&rule("r2")])], &expected, &[]);
}

#[test]
fn i19_a_rule_of_the_same_id_is_replaced() {
    let rule = |action: &str| format!("{FIREWALL}\\FirewallRules!r1=\"v2.30|Action={action}|\"");
    let base = r"registry/hklm\software\policies\microsoft\windowsfirewall\firewallrules";
    let expected = [format!("{base}!r1 = v2.30|Action=Block| [B A]")];
    let halves = vec![half("A").pol(&[&rule("Allow")]), half("B").pol(&[&rule("Block")])];
    check(halves, &[&expected[0]], &[]);
}

#[test]
fn i20_merging_with_local_rules_concerns_no_rule_of_policy() {
    let base = r"registry/hklm\software\policies\microsoft\windowsfirewall";
    let expected = [
        format!(r"{base}\domainprofile!allowlocalpolicymerge = 0 (REG_DWORD) [B]"),
        format!(r"{base}\firewallrules!r1 = v2.30|Action=Allow| [A]"),
    ];
    let a = half("A").pol(&[&format!("{FIREWALL}\\FirewallRules!r1=\"v2.30|Action=Allow|\"")]);
    let b = half("B").pol(&[&format!("{FIREWALL}\\DomainProfile!AllowLocalPolicyMerge=0")]);
    check(vec![a, b], &expected.each_ref().map(String::as_str), &[]);
}

#[test]
fn i21_application_rules_are_united_and_the_last_mode_counts() {
    const EXE: &str = r"Software\Policies\Microsoft\Windows\SrpV2\Exe";
    let base = r"registry/hklm\software\policies\microsoft\windows\srpv2\exe";
    let gpo = |name, id: &str, mode: u32| {
        half(name).pol(&[&format!("{EXE}!EnforcementMode={mode}"), &format!("{EXE}\\{id}!Value=\"{id}\"")])
    };
    let expected = [
        format!("{base}!enforcementmode = 1 (REG_DWORD) [B A]"),
        format!(r"{base}\r1!value = r1 [A]"),
        format!(r"{base}\r2!value = r2 [B]"),
    ];
    check(vec![gpo("A", "r1", 0), gpo("B", "r2", 1)], &expected.each_ref().map(String::as_str), &[]);
}

#[test]
fn i22_only_the_last_ipsec_policy_counts() {
    let gpo = |name, policy: &str| half(name).object("CN=IPSEC", "ipsecPolicy", &[("ipsecName", policy)]);
    check(vec![gpo("A", "p"), gpo("B", "q")], &["ipsecurity/policy = q [B A]"], &[]);
}

#[test]
fn i23_only_the_last_wireless_policy_counts() {
    let gpo = |name, policy: &str| {
        let data = format!("<WLANPolicy><name>{policy}</name></WLANPolicy>");
        let attributes = [("ms-net-ieee-80211-GP-PolicyData", data.as_str())];
        half(name).object("CN=Air", "ms-net-ieee-80211-GroupPolicy", &attributes)
    };
    check(vec![gpo("A", "p"), gpo("B", "q")], &["wlansvc/policy = q [B A]"], &[]);
}

#[test]
fn i24_central_access_policies_are_united() {
    let gpo = |name, policy: &str| {
        let text = format!("[Version]\nSignature=\"$Windows NT$\"\n[CAPS]\n\"CN={policy},DC=x\"\n");
        half(name).file("Microsoft/Windows NT/CAP/CAP.inf", &text)
    };
    let expected = ["central access/cn=x,dc=x = CN=x,DC=x {A}", "central access/cn=y,dc=x = CN=y,DC=x {B}"];
    check(vec![gpo("A", "x"), gpo("B", "y")], &expected, &[]);
}

#[test]
fn i25_a_broken_template_is_skipped_alone() {
    let b = "[Privilege Rights]\nSeDebugPrivilege =\n";
    let expected = ["security/right/sedebugprivilege = No one [B]"];
    check_templates("rubbish", b, &expected, &["`A`: Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf: it is no"]);
    let unreadable = half("A").unreadable(TEMPLATE);
    check(vec![unreadable, template("B", b)], &expected, &["`A`: Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf"]);
}

#[test]
fn i26_certificates_are_united() {
    const ROOT: &str = r"Software\Policies\Microsoft\SystemCertificates\Root\Certificates";
    let base = r"registry/hklm\software\policies\microsoft\systemcertificates\root\certificates";
    let gpo = |name, id: &str| half(name).pol(&[&format!("{ROOT}\\{id}!Blob=\"{id}\"")]);
    let expected = [format!(r"{base}\t1!blob = T1 [A]"), format!(r"{base}\t2!blob = T2 [B]")];
    check(vec![gpo("A", "T1"), gpo("B", "T2")], &expected.each_ref().map(|line| line.as_str()), &[]);
}
