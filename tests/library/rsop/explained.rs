//! What a plan says in words.

use opengpmc::ident::Sid;
use opengpmc::rsop::LoopbackMode;

use super::forest::{Case, Planned, gpo_id, who as sid_of};

fn named(sid: &Sid) -> Option<String> {
    (sid.to_string() == sid_of("G")).then(|| r"D\Pilots".to_owned())
}

fn check(planned: &Planned, gpo: &str, expected: &str) {
    assert_eq!(planned.side().explain_gpo(gpo_id(gpo), &named).join(" "), expected);
}

#[test]
fn every_link_says_what_decided() {
    let case = Case::new("d[A E!] P#[B C- F]").group("G", &["u"]).rights("F", "deny apply G; AU read+apply");
    let planned = case.plan("u@P");
    check(
        &planned,
        "A",
        "Blocked (Inheritance): d.test/P blocks inheritance, and the link is not enforced. Linked at d.test, the domain, with link order 1.",
    );
    check(
        &planned,
        "B",
        r"Applied: number 1 in the order of application; NT AUTHORITY\Authenticated Users may apply it. Linked at d.test/P, an OU, with link order 1.",
    );
    check(&planned, "C", "Disabled (Link): the link is disabled. Linked at d.test/P, an OU, with link order 2.");
    check(
        &planned,
        "E",
        r"Applied: number 2 in the order of application; NT AUTHORITY\Authenticated Users may apply it. Linked at d.test, the domain, with link order 2, enforced.",
    );
    check(
        &planned,
        "F",
        r"Denied (Security): D\Pilots is denied the right Apply Group Policy. Linked at d.test/P, an OU, with link order 3.",
    );
    check(&planned, "nobody", "");
}

#[test]
fn d22_a_sid_without_name_is_shown_as_it_is() {
    let planned = Case::new("P[A]").group("ghost", &["u"]).rights("A", "deny apply ghost; AU read+apply").plan("u@P");
    let text = planned.candidate("A").explain(&|_| None);
    assert!(text.contains(&format!("{} is denied the right", sid_of("ghost"))), "{text}");
}

#[test]
fn a_setting_names_its_winner_and_the_others() {
    let planned = Case::new("d[A] P[B]").plan("c@P");
    let key = planned.side().resultant.settings.iter().find(|setting| setting.key.ends_with("!k")).unwrap().key.clone();
    let explained = planned.side().explain_setting(&key.to_uppercase()).unwrap();
    assert!(explained.outcome.ends_with("`B`, linked at d.test/P wins."), "{explained:?}");
    assert!(
        explained.others.len() == 1 && explained.others[0].starts_with("`A`, linked at d.test would set"),
        "{explained:?}"
    );
    assert_eq!(planned.side().explain_setting("registry/none"), None);
}

#[test]
fn loopback_says_what_it_does_and_why() {
    let planned = Case::new("C[A] U[B]").loopback(LoopbackMode::Merge).plan("u@U c@C");
    let text = planned.plan.loopback.explain();
    assert_eq!(text, "The GPOs of the computer's place apply after the user's own, and win. The mode was assumed.");
    let text = planned.candidate("A").explain(&|_| None);
    assert!(text.contains("the computer's place (loopback, merge)"), "{text}");
}
