//! J: scripts, software, folders, printers, preferences, A applied before B.

use super::*;

fn logon(name: &'static str, text: &str) -> Half {
    half(name).user().file("Scripts/scripts.ini", &format!("[Logon]\n{text}"))
}

#[test]
fn j1_all_scripts_run_in_order() {
    let a = logon("A", "0CmdLine=a0\n0Parameters=-x\n1CmdLine=a1\n");
    check(vec![a, logon("B", "0CmdLine=b0\n")], &["scripts/logon = a0 -x; a1; b0 {B A}"], &[]);
}

#[test]
fn j2_a_gap_between_numbers_is_no_error() {
    check(vec![logon("A", "2CmdLine=c\n0CmdLine=a\n")], &["scripts/logon = a; c {A}"], &[]);
}

fn startup(config: &str) -> Half {
    half("A")
        .file("Scripts/scripts.ini", "[Startup]\n0CmdLine=a\n[Shutdown]\n0CmdLine=a\n")
        .file("Scripts/psscripts.ini", &format!("{config}[Startup]\n0CmdLine=p\n[Shutdown]\n0CmdLine=p\n"))
}

#[test]
fn j3_scripts_of_power_shell_may_run_first() {
    let half = startup("[ScriptsConfig]\nStartExecutePSFirst=true\n");
    check(vec![half], &["scripts/shutdown = a; p {A}", "scripts/startup = p; a {A}"], &[]);
}

#[test]
fn j4_without_a_word_they_run_last_unless_a_policy_says_so() {
    let with = |value: u32| {
        let key = r"Software\Microsoft\Windows\CurrentVersion\Policies\System!RunComputerPSScriptsFirst";
        let (merged, _) = merged(vec![startup("").pol(&[&format!("{key}={value}")])]);
        merged.resultant.setting("scripts/startup").unwrap().value.clone().unwrap()
    };
    assert_eq!((&*with(0), &*with(1)), ("a; p", "p; a"));
    check(vec![startup("")], &["scripts/shutdown = a; p {A}", "scripts/startup = a; p {A}"], &[]);
}

#[test]
fn j5_ends_have_an_order_of_their_own() {
    let half = startup("[ScriptsConfig]\nEndExecutePSFirst=true\n");
    check(vec![half], &["scripts/shutdown = p; a {A}", "scripts/startup = a; p {A}"], &[]);
}

#[test]
fn j6_an_enforced_gpo_runs_its_scripts_last() {
    let gpo = |name, script: &str| half(name).file("Scripts/scripts.ini", &format!("[Startup]\n0CmdLine={script}\n"));
    let halves = vec![gpo("B", "b"), gpo("E", "e").at(SomType::Domain)];
    check(halves, &["scripts/startup = b; e {E B}"], &[]);
}

#[test]
fn j7_an_unreadable_list_skips_its_gpo() {
    let a = half("A").user().unreadable("Scripts/scripts.ini");
    check(vec![a, logon("B", "0CmdLine=b0\n")], &["scripts/logon = b0 {B}"], &["`A`: User/Scripts/scripts.ini"]);
}

const DOCUMENTS: &str = "{FDD39AD0-238F-46AF-ADB4-6C85480369C7}";
const DESKTOP: &str = "{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}";

fn redirected(name: &'static str, folder: &str, path: &str) -> Half {
    let text = format!("[Folder_Redirection]\n{folder}=s-1-1-0\n[{folder}_s-1-1-0]\nFullPath={path}\nFlags=1020\n");
    half(name).user().file("Documents & Settings/fdeploy1.ini", &text)
}

#[test]
fn j8_the_last_gpo_redirects_a_folder() {
    let expected = [r"folder redirection/{fdd39ad0-238f-46af-adb4-6c85480369c7} = \\y [B A]"];
    check(vec![redirected("A", DOCUMENTS, r"\\x"), redirected("B", DOCUMENTS, r"\\y")], &expected, &[]);
}

#[test]
fn j9_different_folders_are_redirected_both() {
    let expected = [
        r"folder redirection/{b4bfcc3a-db2c-424c-b029-7fe99a87c641} = \\y [B]",
        r"folder redirection/{fdd39ad0-238f-46af-adb4-6c85480369c7} = \\x [A]",
    ];
    check(vec![redirected("A", DOCUMENTS, r"\\x"), redirected("B", DESKTOP, r"\\y")], &expected, &[]);
}

#[test]
fn j10_the_newer_file_hides_the_older() {
    let older = "[FolderStatus]\nDesktop=21\n[Desktop]\ns-1-1-0=\\\\old\n";
    let both = redirected("A", DOCUMENTS, r"\\x").file("Documents & Settings/fdeploy.ini", older);
    check(vec![both], &[r"folder redirection/{fdd39ad0-238f-46af-adb4-6c85480369c7} = \\x [A]"], &[]);
}

#[test]
fn j11_the_computer_half_redirects_nothing() {
    let half = Half { side: Side::Computer, ..redirected("A", DOCUMENTS, r"\\x") };
    check(vec![half], &[], &[]);
}

/// Returns a half with a package; `flags` besides those of an assigned one; the id of another that it upgrades.
fn package(name: &'static str, id: u32, flags: u32, upgrades: Option<u32>) -> Half {
    let path = format!("CN={},CN=Packages,CN=Class Store", package_id(id));
    let flags = flags.to_string();
    let upgrade = upgrades.map(|old| format!("LDAP://CN=Class Store\\\\{}:02", package_id(old)));
    let file = format!(r"0:\\s\{id}.msi");
    let mut attributes = vec![("packageFlags", flags.as_str()), ("displayName", name), ("msiFileList", file.as_str())];
    attributes.extend(upgrade.as_deref().map(|upgrade| ("canUpgradeScript", upgrade)));
    half(name).object(&path, "packageRegistration", &attributes)
}

fn package_id(number: u32) -> String {
    format!("{{0000000{number}-0000-0000-0000-000000000000}}")
}

/// Returns lines of packages, the number instead of the id.
fn packages(halves: Vec<Half>) -> Vec<String> {
    let (merged, names) = merged(halves);
    let short = |line: String| line.replace("{0000000", "").replace("-0000-0000-0000-000000000000}", "");
    lines(&merged, &names).into_iter().map(short).collect()
}

#[test]
fn j12_all_packages_apply() {
    let expected = [r"software/1 = Assigned, \\s\1.msi [A]", r"software/2 = Assigned, \\s\2.msi [B]"];
    assert_eq!(packages(vec![package("A", 1, 0, None), package("B", 2, 0, None)]), expected);
}

#[test]
fn j13_a_package_that_is_upgraded_is_passed_over() {
    let expected = ["software/1 = – [B A]", r"software/2 = Assigned, \\s\2.msi [B]"];
    assert_eq!(packages(vec![package("A", 1, 0, None), package("B", 2, 0, Some(1))]), expected);
}

#[test]
fn j14_of_two_that_upgrade_each_other_the_higher_gpo_installs_its_own() {
    let expected = ["software/1 = – [B A]", r"software/2 = Assigned, \\s\2.msi [B]"];
    assert_eq!(packages(vec![package("A", 1, 0, Some(2)), package("B", 2, 0, Some(1))]), expected);
}

#[test]
fn j15_what_becomes_of_a_package_stands_in_its_flags() {
    let on_loss = |flags: u32| merged(vec![package("A", 1, flags, None)]).0.resultant.settings[0].on_loss;
    assert_eq!((on_loss(0x1000), on_loss(0)), (Some(OnLoss::Undone), Some(OnLoss::Stays)));
}

#[test]
fn j16_what_cannot_be_read_ends_the_extension() {
    let a = package("A", 1, 0, None).unreadable("Applications/{1}.aas");
    let (merged, _) = merged(vec![a, package("B", 2, 0, None)]);
    assert_eq!(merged.resultant.settings, []);
    assert_eq!(merged.failures.len(), 1);
    assert!(merged.failures[0].1.contains("of `A`: access denied"), "{}", merged.failures[0].1);
}

#[test]
fn j17_deployed_printers_are_united() {
    let gpo = |name, path: &str| half(name).object("CN={1}", "msPrint-ConnectionPolicy", &[("uNCName", path)]);
    let expected = [r"deployed printer/\\s\a = Deployed {A}", r"deployed printer/\\s\b = Deployed {B}"];
    check(vec![gpo("A", r"\\s\a"), gpo("B", r"\\s\b")], &expected, &[]);
}

/// Returns an item that does something with the variable X.
fn variable(attributes: &str, properties: &str) -> String {
    format!("<EnvironmentVariable name=\"X\" {attributes}><Properties name=\"X\" {properties}/></EnvironmentVariable>")
}

fn variables(name: &'static str, root: &str, items: &[String]) -> Half {
    let text = format!("<EnvironmentVariables {root}>{}</EnvironmentVariables>", items.concat());
    half(name).file("Preferences/EnvironmentVariables/EnvironmentVariables.xml", &text)
}

/// Merges two files of variables and compares what comes of X.
#[track_caller]
fn check_variables(a: &[&str], b: &[&str], expected: &[&str]) {
    let items = |all: &[&str]| all.iter().map(|properties| variable("", properties)).collect::<Vec<String>>();
    let expected: Vec<String> =
        expected.iter().map(|line| format!("preferences/environmentvariables/x = {line}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check(vec![variables("A", "", &items(a)), variables("B", "", &items(b))], &expected, &[]);
}

#[test]
fn j18_an_update_overwrites() {
    check_variables(&["action='U' value='1'"], &["action='U' value='2'"], &["2 [B A]"]);
}

#[test]
fn j19_what_is_there_is_not_created_again() {
    check_variables(&["action='C' value='1'"], &["action='C' value='2'"], &["1 [A B]"]);
}

#[test]
fn j20_a_deletion_removes() {
    check_variables(&["action='U' value='1'"], &["action='D'"], &["– [B A]"]);
}

#[test]
fn j21_what_was_deleted_is_created() {
    check_variables(&["action='D'"], &["action='C' value='2'"], &["2 [B A]"]);
}

#[test]
fn j22_without_an_action_an_item_updates() {
    check_variables(&["value='1'"], &["value='2'"], &["2 [B A]"]);
}

#[test]
fn j23_what_is_switched_off_does_nothing() {
    check(vec![variables("A", "", &[variable("disabled='1'", "value='1'")])], &[], &[]);
    check(vec![variables("A", "disabled='1'", &[variable("", "value='1'")])], &[], &[]);
    let in_collection = format!("<Collection name='c' disabled='1'>{}</Collection>", variable("", "value='1'"));
    check(vec![variables("A", "", &[in_collection])], &[], &[]);
}

#[test]
fn j24_within_a_file_the_last_item_counts() {
    check_variables(&["value='1'", "value='2'"], &[], &["2 [A]"]);
}

fn with_filters(properties: &str, filters: &str) -> String {
    format!(
        "<EnvironmentVariable name='X'><Properties name='X' {properties}/><Filters>{filters}</Filters></EnvironmentVariable>"
    )
}

#[test]
fn j25_an_item_that_is_applied_once_says_so() {
    let once = with_filters("value='1'", "<FilterRunOnce hidden='1' not='0' bool='AND' id='{1}'/>");
    let expected = ["preferences/environmentvariables/x = 1 (once; later runs depend on the machine) [A]"];
    check(vec![variables("A", "", &[once])], &expected, &[]);
}

#[test]
fn j26_what_is_removed_with_its_gpo_says_so() {
    let on_loss = |half: Half| merged(vec![half]).0.resultant.settings[0].on_loss;
    let variable = |attributes: &str| variables("A", "", &[variable(attributes, "value='1'")]);
    assert_eq!(on_loss(variable("removePolicy='1'")), Some(OnLoss::Undone));
    assert_eq!(on_loss(variable("")), Some(OnLoss::Stays));
    let file = |folder: &str, text: &str| half("A").file(&format!("Preferences/{folder}/{folder}.xml"), text);
    let services = "<NTServices><NTService name='s' removePolicy='1'><Properties serviceName='s' startupType='DISABLED'/></NTService></NTServices>";
    let tasks = "<ScheduledTasks><ImmediateTaskV2 name='t' removePolicy='1'><Properties name='t'/></ImmediateTaskV2></ScheduledTasks>";
    let task = "<ScheduledTasks><TaskV2 name='t' removePolicy='1'><Properties name='t'/></TaskV2></ScheduledTasks>";
    assert_eq!(on_loss(file("Services", services)), Some(OnLoss::Stays));
    assert_eq!(on_loss(file("ScheduledTasks", tasks)), Some(OnLoss::Stays));
    assert_eq!(on_loss(file("ScheduledTasks", task)), Some(OnLoss::Undone));
    for (folder, item) in [
        ("InternetSettings", "IE7"),
        ("FolderOptions", "GlobalFolderOptions"),
        ("RegionalOptions", "RegionalOptions"),
        ("StartMenuTaskbar", "StartMenu"),
    ] {
        let text = format!("<r><{item} removePolicy='1'><Properties hidden='1'/></{item}></r>");
        assert_eq!(on_loss(file(folder, &text)), Some(OnLoss::Stays), "{folder}");
    }
}

#[test]
fn j27_an_item_with_conditions_does_not_win_against_one_without() {
    let conditional = || with_filters("value='1'", "<FilterGroup bool='AND' not='0' name='g'/>");
    let plain = || variable("", "value='2'");
    let x = "preferences/environmentvariables/x";
    let halves = vec![variables("A", "", &[conditional()]), variables("B", "", &[plain()])];
    check(halves, &[&format!("{x} = 2 [B A]")], &[]);
    let halves = vec![variables("A", "", &[plain()]), variables("B", "", &[conditional()])];
    check(halves, &[&format!("{x} = 2 [A B]")], &["an item whose targeting is not known may change it"]);
    let halves = vec![variables("A", "", &[conditional()])];
    check(halves, &[&format!("{x} = 1 (where its targeting holds) [A]")], &["depends on targeting"]);
}

#[test]
fn j28_an_item_that_fails_ends_its_kind_unless_errors_are_passed_over() {
    let failing = |bypass: u32| format!("<EnvironmentVariable name='F' bypassErrors='{bypass}'/>");
    let halves = |bypass| {
        let a = variables("A", "", &[failing(bypass), variable("", "value='1'")]);
        vec![a, variables("B", "", &[variable("", "value='2'")])]
    };
    let (stopped, _) = merged(halves(0));
    assert_eq!(stopped.resultant.settings, []);
    assert!(stopped.resultant.warnings.iter().any(|warning| warning.contains("nothing after it is applied")));
    let (went_on, names) = merged(halves(1));
    assert_eq!(lines(&went_on, &names), ["preferences/environmentvariables/x = 2 [B A]"]);
}

#[test]
fn j29_a_preference_overwrites_policy_wherever_it_stands() {
    let properties = "action='U' hive='HKEY_LOCAL_MACHINE' key='K' name='v' type='REG_DWORD' value='00000002'";
    let text = format!("<RegistrySettings><Registry name='v'><Properties {properties}/></Registry></RegistrySettings>");
    let preference = |half: Half| half.file("Preferences/Registry/Registry.xml", &text);
    let check = |halves: Vec<Half>, expected: &str| {
        let (merged, names) = merged(halves);
        assert_eq!(lines(&merged, &names)[0], expected);
        check_warnings(&merged, &["overwrites what policy set"]);
    };
    let policy = |name| half(name).pol(&["K!v=1"]);
    check(vec![policy("A"), preference(half("B"))], r"registry/hklm\k!v = 2 (REG_DWORD) [B A]");
    check(vec![preference(half("A")), policy("B")], r"registry/hklm\k!v = 2 (REG_DWORD) [A B]");
    check(vec![preference(policy("A"))], r"registry/hklm\k!v = 2 (REG_DWORD) [A]");
}

#[test]
fn j30_an_unreadable_file_ends_its_kind_alone() {
    let drive = "<Drives><Drive name='M:'><Properties action='U' letter='M' path='\\\\s\\m'/></Drive></Drives>";
    for a in [
        half("A").unreadable("Preferences/Drives/Drives.xml"),
        half("A").file("Preferences/Drives/Drives.xml", "<Drives"),
    ] {
        let a = Half { side: Side::User, ..a };
        let b = variables("B", "", &[variable("", "value='1'")]).user().file("Preferences/Drives/Drives.xml", drive);
        let (merged, names) = merged(vec![a, b]);
        assert_eq!(lines(&merged, &names), ["preferences/environmentvariables/x = 1 [B]"]);
        assert_eq!(merged.failures.len(), 1);
    }
    let alone = half("B").user().file("Preferences/Drives/Drives.xml", drive);
    check(vec![alone], &[r"preferences/drives/m = \\s\m [B]"], &[]);
}

#[test]
fn j31_name_resolution_rules_are_united() {
    const RULES: &str = r"Software\Policies\Microsoft\Windows NT\DNSClient\DnsPolicyConfig";
    let base = r"registry/hklm\software\policies\microsoft\windows nt\dnsclient\dnspolicyconfig";
    let gpo = |name, id: &str| half(name).pol(&[&format!("{RULES}\\{id}!Name=\".{id}\"")]);
    let expected = [format!(r"{base}\n1!name = .n1 [A]"), format!(r"{base}\n2!name = .n2 [B]")];
    check(vec![gpo("A", "n1"), gpo("B", "n2")], &expected.each_ref().map(String::as_str), &[]);
}
