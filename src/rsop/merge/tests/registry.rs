//! H: registry values, A applied before B.

use super::*;

/// Merges two files and compares, the key `registry/hklm\` left out.
#[track_caller]
fn check_pol(a: &[&str], b: &[&str], expected: &[&str], warnings: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|line| format!(r"registry/hklm\{line}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check(vec![half("A").pol(a), half("B").pol(b)], &expected, warnings);
}

#[test]
fn h1_the_last_value_wins() {
    check_pol(&["K!v=1"], &["K!v=2"], &["k!v = 2 (REG_DWORD) [B A]"], &[]);
}

#[test]
fn h2_other_values_stay() {
    check_pol(&["K!v=1"], &["K!w=2"], &["k!v = 1 (REG_DWORD) [A]", "k!w = 2 (REG_DWORD) [B]"], &[]);
}

#[test]
fn h3_case_does_not_count() {
    check_pol(&[r"Software\K!V=1"], &[r"SOFTWARE\k!v=2"], &[r"software\k!v = 2 (REG_DWORD) [B A]"], &[]);
}

#[test]
fn h4_a_value_is_deleted() {
    check_pol(&["K!v=1"], &["K!**del.v"], &["k!v = – [B A]"], &[]);
}

#[test]
fn h5_a_deleted_value_is_set_again() {
    check_pol(&["K!**del.v"], &["K!v=1"], &["k!v = 1 (REG_DWORD) [B A]"], &[]);
}

#[test]
fn h6_all_values_of_a_key_are_deleted() {
    let expected = ["k!**delvals = – [B]", "k!v = – [B A]", "k!w = – [B A]", "k!x = 3 (REG_DWORD) [B]"];
    check_pol(&["K!v=1", "K!w=2"], &["K!**delvals.", "K!x=3"], &expected, &[]);
}

#[test]
fn h7_lists_named_by_content_are_united() {
    let expected = ["l!a = a [A]", "l!b = b [B A]", "l!c = c [B]"];
    check_pol(&["L!a=\"a\"", "L!b=\"b\""], &["L!b=\"b\"", "L!c=\"c\""], &expected, &[]);
}

#[test]
fn h8_numbered_lists_overwrite_each_other() {
    let expected = ["l!1 = z [B A]", "l!2 = y [A]"];
    let warning = r"`HKLM\L`: the entries of this list are numbered, so those of `B` overwrite those of `A`";
    check_pol(&["L!1=\"x\"", "L!2=\"y\""], &["L!1=\"z\""], &expected, &[warning]);
}

#[test]
fn h9_a_list_replaces_another() {
    let expected = ["l!**delvals = – [B A]", "l!1 = z [B A]", "l!2 = – [B A]"];
    let a = ["L!**delvals.", "L!1=\"x\"", "L!2=\"y\""];
    check_pol(&a, &["L!**delvals.", "L!1=\"z\""], &expected, &[]);
}

#[test]
fn h10_a_list_is_added_to_another() {
    let expected = ["l!**delvals = – [A]", "l!1 = x [A]", "l!2 = y [A]", "l!3 = z [B]"];
    check_pol(&["L!**delvals.", "L!1=\"x\"", "L!2=\"y\""], &["L!3=\"z\""], &expected, &[]);
}

#[test]
fn h11_a_subkey_is_deleted() {
    let expected = [r"k\sub = – [B]", r"k\sub!v = – [B A]", r"k\subject!v = 1 (REG_DWORD) [A]"];
    check_pol(&[r"K\Sub!v=1", r"K\Subject!v=1"], &["K!**DeleteKeys=\"Sub\""], &expected, &[]);
}

#[test]
fn h12_a_path_of_subkeys_is_deleted_and_noted() {
    let expected = [r"k\sub!w = 1 (REG_DWORD) [A]", r"k\sub\deep = – [B]", r"k\sub\deep!v = – [B A]"];
    let warning = r"`**DeleteKeys` of `HKLM\K` names a path, `Sub\Deep`";
    check_pol(&[r"K\Sub\Deep!v=1", r"K\Sub!w=1"], &[r#"K!**DeleteKeys="Sub\Deep""#], &expected, &[warning]);
}

#[test]
fn h13_listed_values_are_deleted() {
    let expected = ["k!v = – [B A]", "k!w = – [B A]", "k!x = 3 (REG_DWORD) [A]"];
    check_pol(&["K!v=1", "K!w=2", "K!x=3"], &["K!**DeleteValues=\"v;w\""], &expected, &[]);
}

#[test]
fn h14_a_soft_value_does_not_overwrite() {
    check_pol(&["K!v=2"], &["K!**soft.v=1"], &["k!v = 2 (REG_DWORD) [A B]"], &[]);
}

#[test]
fn h15_a_soft_value_is_set_where_none_is() {
    check_pol(&[], &["K!**soft.v=1"], &["k!v = 1 (REG_DWORD) [B]"], &[]);
}

#[test]
fn h16_the_type_goes_with_the_value() {
    check_pol(&["K!v=\"1\""], &["K!v=1"], &["k!v = 1 (REG_DWORD) [B A]"], &[]);
}

#[test]
fn h19_machine_and_user_have_hives_of_their_own() {
    let check = |half: Half, key: &str, expected: u32| {
        let side = half.side;
        let (merged, _) = merged(vec![half]);
        assert_eq!(&*merged.resultant.settings[0].key, key);
        let found = merged.resultant.registry_value(side, "k", "V");
        assert_eq!(found, Some((1, &PolData::Dword(expected))));
    };
    check(half("A").pol(&["K!v=1"]), r"registry/hklm\k!v", 1);
    check(half("A").user().pol(&["K!v=2"]), r"registry/hkcu\k!v", 2);
}

#[test]
fn h20_a_file_with_a_bad_signature_is_skipped_alone() {
    let a = half("A").file("registry.pol", "rubbish\0");
    check(vec![a, half("B").pol(&["K!v=1"])], &[r"registry/hklm\k!v = 1 (REG_DWORD) [B]"], &["`A` is broken"]);
    // One that breaks off in the middle counts as little.
    let mut bytes = RegistryPol { records: vec![record("K!v=2"), record("K!w=2")] }.to_bytes();
    bytes.truncate(bytes.len() - 3);
    let a = half("A").content("registry.pol", FileContent::Whole(bytes));
    check(vec![a, half("B").pol(&["K!v=1"])], &[r"registry/hklm\k!v = 1 (REG_DWORD) [B]"], &["`A` is broken"]);
}

#[test]
fn h21_within_a_file_the_last_instruction_counts() {
    check_pol(&["K!v=1", "K!w=2", "K!v=0"], &[], &["k!v = 0 (REG_DWORD) [A]", "k!w = 2 (REG_DWORD) [A]"], &[]);
}

#[test]
fn h22_an_enforced_list_replaces_that_of_an_ou() {
    let b = half("B").pol(&["L!x=\"x\""]);
    let a = half("A").at(SomType::Domain).pol(&["L!**delvals.", "L!y=\"y\""]);
    let expected = [r"registry/hklm\l!**delvals = – [A]", r"registry/hklm\l!x = – [A B]", r"registry/hklm\l!y = y [A]"];
    check(vec![b, a], &expected, &[]);
}

#[test]
fn c17_an_unreadable_file_ends_the_extension() {
    let (merged, _) = merged(vec![half("A").unreadable("Registry.pol"), half("B").pol(&["K!v=1"])]);
    assert_eq!((merged.resultant.settings.len(), merged.failures.len()), (0, 1));
    assert_eq!(merged.failures[0].1, "registry.pol of `A` cannot be read: access denied");
    assert_eq!(merged.resultant.registry_value(Side::Computer, "K", "v"), None);
}

#[test]
fn extensions_that_are_not_called_or_skipped_set_nothing() {
    let quiet = || Half { extensions: Vec::new(), ..half("A").pol(&["K!v=1"]) };
    check(vec![quiet()], &[], &[]);
    let context = MergeContext { skipped: vec![REGISTRY], ..MergeContext::default() };
    let (merged, _) = merged_with(vec![half("A").pol(&["K!v=1"])], context);
    assert!(merged.resultant.settings.is_empty());
}

#[test]
fn values_outside_of_policies_stay_on_the_client() {
    let (merged, _) = merged(vec![half("A").pol(&[r"Software\Policies\X!v=1", r"Software\X!v=1"])]);
    let on_loss: Vec<Option<OnLoss>> = merged.resultant.settings.iter().map(|setting| setting.on_loss).collect();
    assert_eq!(on_loss, [Some(OnLoss::Undone), Some(OnLoss::Stays)]);
}
