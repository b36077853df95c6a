//! What the Settings tab shows of each kind of setting, line by line, on GPOs of the demo forest.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, Place};
use opengpmc::ident::DnsName;

use crate::console::{Console, demo_of_size, go_to, open_tab, wait};
use crate::screens::gpo;

/// Opens a console so tall that a whole report is in view.
fn tall() -> Console {
    demo_of_size([1500.0, 6000.0])
}

/// Shows the settings of a GPO as they are when the tab is opened.
fn settings_of(console: &mut Console, name: &str) {
    let place = gpo(console, name);
    go_to(console, place);
    open_tab(console, "Settings");
    wait(console, "the report is there", |console| {
        console.query_by_role_and_label(Role::TreeGrid, &format!("Report of {name}")).is_some()
    });
    console.run_steps(4);
}

/// Shows the settings of a GPO with every section open, and returns the lines.
pub fn all_of(console: &mut Console, name: &str) -> Vec<String> {
    settings_of(console, name);
    if let Some(button) = console.query_by_role_and_label(Role::Button, "Show All") {
        button.click();
    }
    console.run_steps(6);
    lines(console)
}

/// Returns the lines in view: for a heading its state and words, else its words.
pub fn lines(console: &Console) -> Vec<String> {
    let grid = console.get_by_role(Role::TreeGrid);
    let mut lines: Vec<(usize, String)> = grid
        .query_all_by_role(Role::Row)
        .map(|row| {
            let node = row.accesskit_node();
            let sign = match node.data().is_expanded() {
                Some(true) => "- ",
                Some(false) => "+ ",
                None => "",
            };
            let cells: Vec<String> = row
                .query_all_by_role(Role::Cell)
                .map(|cell| cell.accesskit_node().label().unwrap_or_default())
                .collect();
            let words = if cells.is_empty() { node.label().unwrap_or_default() } else { cells.join(" | ") };
            (node.data().row_index().unwrap_or_default(), format!("{sign}{words}"))
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Checks that each of these stands in a line of its own, in this order.
#[track_caller]
pub fn in_order(lines: &[String], expected: &[&str]) {
    let mut rest = lines.iter();
    for wanted in expected {
        assert!(rest.any(|line| line.contains(wanted)), "`{wanted}` is not there, or not in its place: {lines:#?}");
    }
}

#[test]
fn the_header_says_whose_report_it_is_and_opens_and_closes_everything() {
    let mut console = tall();
    settings_of(&mut console, "Baseline - All Computers");
    console.get_by_label_contains("Collected ");
    let closed = lines(&console);
    console.get_by_role_and_label(Role::Button, "Show All").click();
    console.run_steps(6);
    let open = lines(&console);
    assert!(open.len() > closed.len() && open.iter().all(|line| !line.starts_with("+ ")), "{open:#?}");
    console.get_by_role_and_label(Role::Button, "Hide All").click();
    console.run_steps(6);
    assert!(lines(&console).iter().all(|line| !line.starts_with("- ")));
}

#[test]
fn general_comes_first_and_in_its_order() {
    let mut console = tall();
    let shown = all_of(&mut console, "Baseline - All Computers");
    in_order(
        &shown,
        &[
            "- General",
            "- Details",
            "Owner",
            "- Links",
            "Location",
            "This list only includes links in the domain of the GPO.",
            "- Security Filtering",
            "Authenticated Users",
            "- Delegation",
            "Read (from Security Filtering)",
            "- Computer Configuration (Enabled)",
            "- User Configuration (Enabled)",
            "No settings defined.",
        ],
    );
    let filtered = all_of(&mut console, "Workstations - BitLocker");
    in_order(&filtered, &["- Security Filtering", "- WMI Filtering", "Windows 11 with TPM 2.0", "- Delegation"]);
    let off = all_of(&mut console, "Folder Redirection");
    in_order(&off, &["- Computer Configuration (Disabled)", "- User Configuration (Enabled)"]);
}

#[test]
fn what_is_open_at_first_is_what_microsofts_reports_open() {
    let mut console = tall();
    settings_of(&mut console, "Baseline - All Computers");
    let shown = lines(&console);
    in_order(
        &shown,
        &[
            "- General",
            "+ Details",
            "+ Links",
            "+ Security Filtering",
            "+ Delegation",
            "- Computer Configuration (Enabled)",
            "- Policies",
            "- Windows Settings",
            "+ Security Settings",
            "+ Administrative Templates",
            "- User Configuration (Enabled)",
        ],
    );
}

#[test]
fn administrative_templates_stand_by_their_paths_with_options_and_what_nobody_explains() {
    let mut console = tall();
    let shown = all_of(&mut console, "Baseline - All Computers");
    in_order(
        &shown,
        &[
            "- Administrative Templates",
            "Policy definitions (ADMX files) retrieved from the central store.",
            "- Kestrel Bay/Asset register",
            "Policy",
            "Report to the asset register",
            "Address of the register",
            "People to ask",
            "- Extra Registry Settings",
        ],
    );
    assert!(shown.iter().any(|line| line.contains("Enabled") && line.contains("Agreed with the works council")));
}

#[test]
fn account_policies_have_their_units() {
    let mut console = tall();
    let shown = all_of(&mut console, "Default Domain Policy");
    in_order(
        &shown,
        &[
            "- Account Policies/Password Policy",
            "24 passwords remembered",
            "365 days",
            "14 characters",
            "- Account Policies/Account Lockout Policy",
            "15 minutes",
            "10 invalid logon attempts",
            "- Account Policies/Kerberos Policy",
            "600 minutes",
            "10 hours",
        ],
    );
}

#[test]
fn security_settings_stand_by_area() {
    let mut console = tall();
    let shown = all_of(&mut console, "Servers - Hardening");
    in_order(
        &shown,
        &[
            "- Local Policies/Audit Policy",
            "Success, Failure",
            "- Local Policies/User Rights Assignment",
            "KESTREL\\GPO Editors",
            "kb-legacy-service",
            "- Local Policies/Security Options",
            "- Accounts",
            "Accounts: Administrator account status",
            "- User Account Control",
            "- Restricted Groups",
            "Member of",
            "- System Services",
            "RemoteRegistry (Startup Mode: Manual)",
            "- Registry",
            "MACHINE\\SOFTWARE\\Kestrel Bay",
            "- File System",
        ],
    );
    let audit = all_of(&mut console, "Servers - Advanced Audit");
    in_order(&audit, &["- Advanced Audit Configuration", "Policy", "Audit "]);
}

#[test]
fn scripts_redirected_folders_and_software_are_shown() {
    let mut console = tall();
    let scripts = all_of(&mut console, "Scripts - Start-up and Log-on");
    in_order(&scripts, &["- Scripts", "- Startup", "Name", "/quiet", "- Shutdown", "- Logon", "greet.vbs", "- Logoff"]);
    let folders = all_of(&mut console, "Folder Redirection");
    in_order(
        &folders,
        &["- Folder Redirection", "- Documents", "Advanced", "Security Group", "- Options", "- Desktop"],
    );
    let software = all_of(&mut console, "Software - Office Tools");
    in_order(
        &software,
        &["- Software Installation", "Tally Clock 4.2 | 4.2 | Assigned", "Hull Sketch 9 | 9.0 | Published"],
    );
}

#[test]
fn firewall_application_control_and_certificates_are_shown() {
    let mut console = tall();
    for (gpo, expected) in [
        ("Servers - Firewall", "Firewall"),
        ("AppLocker - Kiosks", "Application Control"),
        ("Certificates - Trust and Enrolment", "Public Key"),
        ("Software Restriction - Old Laptops", "Software Restriction"),
        ("Network - Wireless", "Wireless"),
        ("Network - Quality of Service", "QoS"),
    ] {
        let shown = all_of(&mut console, gpo);
        assert!(shown.iter().any(|line| line.starts_with("- ") && line.contains(expected)), "{gpo}: {shown:#?}");
    }
}

#[test]
fn policies_come_before_preferences_and_items_tell_their_order_and_targeting() {
    let mut console = tall();
    let items = all_of(&mut console, "Preferences - Desktop");
    in_order(
        &items,
        &[
            "- Preferences",
            "- Windows Settings",
            "Drafts (Order: 1)",
            "- General",
            "Action",
            "- Common",
            "Remove this item when it is no longer applied",
        ],
    );
    let targeted = all_of(&mut console, "Preferences - Item-level Targeting");
    assert!(targeted.iter().any(|line| line.contains("Item-level targeting")), "{targeted:#?}");
    // In every report that has both, in this order.
    let names: Vec<String> = {
        let forest = console.state().forests()[0].open().unwrap();
        forest.snapshot.domains[0].gpos.iter().map(|gpo| gpo.display_name.clone()).collect()
    };
    let mut both = 0;
    for name in names.iter().filter(|name| name.starts_with("Broken - Damaged") || name.contains("Baseline")) {
        let shown = all_of(&mut console, name);
        let place = |heading: &str| shown.iter().position(|line| line == heading);
        if let (Some(policies), Some(preferences)) = (place("- Policies"), place("- Preferences")) {
            assert!(policies < preferences, "{name}");
            both += 1;
        }
    }
    assert!(both > 0);
}

#[test]
fn what_cannot_be_read_is_named_in_its_place_and_the_rest_is_shown() {
    let mut console = tall();
    let shown = all_of(&mut console, "Broken - Damaged Settings");
    in_order(
        &shown,
        &[
            "- Policies",
            "Machine/registry.pol | record 1 at byte 28",
            "- Preferences",
            "Files.xml | line 1",
            "No settings defined.",
        ],
    );
}

#[test]
fn the_central_store_is_used_where_there_is_one_and_reports_say_so() {
    const SOURCE: &str = "Policy definitions (ADMX files) retrieved from";
    // Templates for domains without a central store: they know none of the demo's policies.
    let folder = tempfile::tempdir().unwrap();
    let mut console = tall();
    console.state_mut().ask(Command::SetTemplateFolder(Some(folder.path().to_owned())));
    console.run_steps(3);
    let sources =
        |lines: &[String]| -> Vec<String> { lines.iter().filter(|line| line.contains(SOURCE)).cloned().collect() };
    // The root domain has a central store: it comes before the folder, is named, and names policies and their options.
    let shown = all_of(&mut console, "Baseline - All Computers");
    assert_eq!(sources(&shown), [format!("{SOURCE} the central store.")]);
    in_order(&shown, &["- Kestrel Bay/Asset register", "Report to the asset register", "Address of the register"]);
    // Another has none: the folder stands there instead, and what it does not explain is told as registry values.
    let lumen: DnsName = "lumen-sails.example".parse().unwrap();
    let forest = console.state().forests()[0].open().unwrap();
    let gpo = forest.snapshot.domain(&lumen).unwrap().gpos_named("Lumen - Browser Settings").next().unwrap().id;
    go_to(&mut console, Place::Gpo { domain: lumen, id: gpo });
    wait(&mut console, "the report is there", |console| {
        console.query_by_role_and_label(Role::TreeGrid, "Report of Lumen - Browser Settings").is_some()
    });
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Show All").click();
    console.run_steps(6);
    let shown = lines(&console);
    let told = sources(&shown);
    assert!(told.iter().all(|line| line.contains(&folder.path().display().to_string())), "{told:?}");
    assert!(!told.is_empty(), "{shown:#?}");
    in_order(&shown, &["Extra Registry Settings"]);
}
