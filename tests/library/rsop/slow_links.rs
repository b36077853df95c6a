//! Section G of the cases: what the extensions do over a slow link, and when. The list of GPOs never changes.

use opengpmc::report::Side;
use opengpmc::rsop::ExtensionOutcome::{self, Applied, SkippedSlowLink};
use opengpmc::rsop::ExtensionPlan;

use super::forest::{Case, REGISTRY, SECURITY, SYSTEM};

const SCRIPTS: &str = "{42B5FAAE-6536-11D2-AE5A-0000F87571E3}";
const FOLDER_REDIRECTION: &str = "{25537BA6-77A8-11D2-9B6C-0000F8080861}";
const SOFTWARE: &str = "{C6DC5466-785A-11D2-84D0-00C04FB169F7}";
const DISK_QUOTA: &str = "{3610EDA5-77EF-11D2-8DC5-00C04FA31A66}";
const PRINTERS: &str = "{8A28E2C5-8D06-49A4-A08C-632DAA493E17}";
const WIRELESS: &str = "{0ACDD40C-75AC-47AB-BAA0-BF6DE7E7FE63}";
const WIRED: &str = "{B587E2B1-4D59-4E7E-AED9-22B9DF11D053}";
const DRIVES: &str = "{5794DAFD-BE60-433F-88A2-1A31939AC01F}";
const ENVIRONMENT: &str = "{0E28E245-9368-4853-AD84-6DA3BA35BB75}";

/// A GPO for each side that registers Registry and one more extension.
fn with(extension: &str) -> Case {
    let mut list = vec![REGISTRY, extension];
    list.sort_unstable();
    list.dedup();
    let text: String = list.iter().map(|one| format!("[{one}]")).collect();
    Case::new("P[A]").gpo("A", |gpo| gpo.extensions = [text.clone(), text.clone()])
}

fn slow(case: Case) -> Case {
    case.assume(|assumed| assumed.slow_link = true)
}

fn plan(case: &Case, who: &str, extension: &str) -> ExtensionPlan {
    let planned = case.check(who, "A", "–", "A");
    planned.side().extensions.iter().find(|plan| plan.cse == extension.parse().unwrap()).unwrap().clone()
}

fn check(case: &Case, who: &str, extension: &str, expected: ExtensionOutcome) -> Vec<String> {
    let plan = plan(case, who, extension);
    assert_eq!(plan.outcome, expected, "{}", plan.name);
    plan.notes
}

/// Whether slow links are allowed to an extension by a policy of the computer.
fn told(extension: &str, no_slow_link: u32) -> Case {
    let key = format!(r"Software\Policies\Microsoft\Windows\Group Policy\{}", extension.to_lowercase());
    slow(with(extension)).gpo("A", |gpo| gpo.number(Side::Computer, &key, "NoSlowLink", no_slow_link))
}

#[test]
fn g1_registry_and_security_are_applied() {
    for extension in [REGISTRY, SECURITY] {
        check(&slow(with(extension)), "c@P", extension, Applied);
    }
}

#[test]
fn g2_scripts_folders_software_and_quota_are_skipped() {
    for (extension, who) in
        [(SCRIPTS, "c@P"), (SCRIPTS, "u@P"), (FOLDER_REDIRECTION, "u@P"), (SOFTWARE, "c@P"), (DISK_QUOTA, "c@P")]
    {
        check(&slow(with(extension)), who, extension, SkippedSlowLink);
        check(&with(extension), who, extension, Applied);
    }
}

#[test]
fn g3_preferences_are_applied() {
    for (extension, who) in [(DRIVES, "u@P"), (ENVIRONMENT, "c@P")] {
        check(&slow(with(extension)), who, extension, Applied);
    }
}

#[test]
fn g4_wireless_and_wired_are_applied_and_doubted() {
    for extension in [WIRELESS, WIRED] {
        let notes = check(&slow(with(extension)), "c@P", extension, Applied);
        assert!(notes.iter().any(|note| note.contains("sources disagree")), "{notes:?}");
        assert_eq!(check(&with(extension), "c@P", extension, Applied), [""; 0]);
    }
}

#[test]
fn g5_deployed_printers_are_skipped() {
    check(&slow(with(PRINTERS)), "u@P", PRINTERS, SkippedSlowLink);
}

#[test]
fn g6_a_policy_allows_scripts() {
    for who in ["c@P", "u@P c@P"] {
        let notes = check(&told(SCRIPTS, 0), who, SCRIPTS, Applied);
        assert!(notes.iter().any(|note| note.contains("allows it over a slow link")), "{notes:?}");
    }
}

#[test]
fn g7_a_policy_forbids_drives() {
    check(&told(DRIVES, 1), "u@P c@P", DRIVES, SkippedSlowLink);
    // Registry cannot be told.
    check(&told(REGISTRY, 1), "c@P", REGISTRY, Applied);
}

#[test]
fn g8_threshold_0_makes_no_link_slow() {
    let threshold = |side| {
        let number = move |gpo: &mut super::forest::GpoSpec| gpo.number(side, SYSTEM, "GroupPolicyMinTransferRate", 0);
        slow(with(SCRIPTS)).gpo("A", number)
    };
    check(&threshold(Side::Computer), "c@P", SCRIPTS, Applied);
    check(&threshold(Side::User), "u@P", SCRIPTS, Applied);
    check(&threshold(Side::User), "c@P", SCRIPTS, SkippedSlowLink);
}

#[test]
fn g9_software_and_folders_wait_for_logon_or_restart() {
    for (extension, who, note) in
        [(SOFTWARE, "c@P", "next restart"), (SOFTWARE, "u@P", "next logon"), (FOLDER_REDIRECTION, "u@P", "next logon")]
    {
        let notes = check(&with(extension), who, extension, Applied);
        assert!(notes.iter().any(|text| text.contains(note)), "{notes:?}");
    }
}

#[test]
fn g10_preferences_are_applied_again_at_every_refresh() {
    let notes = check(&with(DRIVES), "u@P", DRIVES, Applied);
    assert!(notes.iter().any(|note| note.contains("at every refresh even where nothing changed")), "{notes:?}");
}

#[test]
fn g11_one_extension_fails_and_the_others_apply() {
    let case = with(SECURITY).gpo("A", |gpo| gpo.has_readable_registry = false);
    let planned = case.check("c@P", "A", "–", "unset");
    let outcomes: Vec<(&str, bool)> =
        planned.side().extensions.iter().map(|plan| (plan.name.as_str(), plan.outcome == Applied)).collect();
    assert_eq!(outcomes, [("Registry", false), ("Security", true)]);
}
