//! The elements of a resultant set: winners with precedence 1, losers behind them.

use crate::extension::{PrincipalNames, SourceContext};
use crate::format::admx::{AdmxStore, TemplateFile, TemplateSource};
use crate::report::{Element, ExtensionReport, Namespace};

use super::*;

const ADMX: &str = r#"<policyDefinitions>
  <policyNamespaces><target prefix="t" namespace="Example"/></policyNamespaces>
  <categories><category name="C" displayName="Category"/></categories>
  <policies>
    <policy name="Plain" class="Machine" displayName="Plain" key="Software\Policies\X" valueName="Plain"><parentCategory ref="C"/></policy>
    <policy name="Two" class="Machine" displayName="Two" key="Software\Policies\X" presentation="$(presentation.Two)"><parentCategory ref="C"/>
      <elements><decimal id="n" valueName="N"/><decimal id="m" valueName="M"/></elements>
    </policy>
  </policies>
</policyDefinitions>"#;

const ADML: &str = r#"<policyDefinitionResources><resources><presentationTable><presentation id="Two">
  <decimalTextBox refId="n">N</decimalTextBox><decimalTextBox refId="m">M</decimalTextBox></presentation></presentationTable></resources></policyDefinitionResources>"#;

fn templates() -> AdmxStore {
    let file = |path: &str, text: &str| TemplateFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
    AdmxStore::build(&[TemplateSource { admx: file("x.admx", ADMX), adml: Some(file("x.adml", ADML)), rank: 0 }])
}

/// Reports halves in the order of application.
pub(super) fn reported(halves: Vec<Half>, context: &MergeContext<'_>) -> Vec<ExtensionReport> {
    let side = halves.first().map_or(Side::Computer, |half| half.side);
    let made: Vec<Made> = halves.into_iter().map(make).collect();
    let layers: Vec<Layer<'_>> = (1..).zip(&made).map(|(order, made)| made.layer(order)).collect();
    let (names, templates) = (PrincipalNames::default(), templates());
    let source = SourceContext { names: &names, templates: &templates, with_comments: true, compatible: true };
    super::super::report(side, &layers, context, &source)
}

/// Returns elements as `Name[attribute=value](GPO precedence child=text …)`.
pub(super) fn line(element: &Element) -> String {
    let mut line = element.name.to_string();
    for (name, value) in &element.attributes {
        line.push_str(&format!("[{name}={value}]"));
    }
    if element.name == "GPO" {
        return element.text_at(&["Identifier"]).get(1..9).unwrap_or_default().trim_start_matches('0').to_owned();
    }
    if element.namespace == Namespace::Base {
        return element.text.clone();
    }
    if element.children.is_empty() {
        return if element.text.is_empty() { line } else { format!("{line}={}", element.text) };
    }
    let children: Vec<String> = element.children.iter().map(self::line).collect();
    format!("{line}({})", children.join(" "))
}

/// Compares what an extension has to say; GPOs are numbered from 1.
#[track_caller]
fn check(extension: &str, halves: Vec<Half>, expected: &[&str]) {
    let reports = reported(halves, &MergeContext::default());
    let found = reports.iter().find(|report| report.name == extension);
    let found: Vec<String> = found.map(|report| report.elements.iter().map(line).collect()).unwrap_or_default();
    assert_eq!(found, expected);
}

const X: &str = r"Software\Policies\X";

fn policy(name: &'static str, values: &[&str]) -> Half {
    let values: Vec<String> = values.iter().map(|value| format!("{X}!{value}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    half(name).pol(&values)
}

#[test]
fn h17_a_policy_is_of_the_last_gpo_that_sets_any_of_its_values() {
    let numeric = |name: &str, value: u32| format!("Numeric(Name={name} State=Enabled Value={value})");
    let policy_of =
        |gpo: &str, n: &str, m: &str| format!("Policy({gpo} Name=Two State=Enabled Explain Category=Category {n} {m})");
    check(
        "Registry",
        vec![policy("A", &["N=1", "M=1"]), policy("B", &["M=2"])],
        &[
            &policy_of("2 1", &numeric("N", 1), &numeric("M", 2)),
            &policy_of("1 2", &numeric("N", 1), &numeric("M", 1)),
            "Blocked=false",
        ],
    );
    // Each value has its own winner all the same.
    let (merged, names) = merged(vec![policy("A", &["N=1", "M=1"]), policy("B", &["M=2"])]);
    let key = r"registry/hklm\software\policies\x";
    assert_eq!(
        lines(&merged, &names),
        [format!("{key}!m = 2 (REG_DWORD) [B A]"), format!("{key}!n = 1 (REG_DWORD) [A]")]
    );
}

#[test]
fn h18_a_policy_that_is_disabled_later_is_disabled() {
    check(
        "Registry",
        vec![policy("A", &["Plain=1"]), policy("B", &["**del.Plain"])],
        &[
            "Policy(2 1 Name=Plain State=Disabled Explain Category=Category)",
            "Policy(1 2 Name=Plain State=Enabled Explain Category=Category)",
            "Blocked=false",
        ],
    );
}

#[test]
fn values_that_no_template_knows_have_their_gpos_too() {
    check(
        "Registry",
        vec![half("A").pol(&["K!v=1", "K!w=1"]), half("B").pol(&["K!v=2"])],
        &[
            "RegistrySetting(2 1 KeyPath=K AdmSetting=false Value(Name=v Number=2))",
            "RegistrySetting(1 2 KeyPath=K AdmSetting=false Value(Name=v Number=1))",
            "RegistrySetting(1 1 KeyPath=K AdmSetting=false Value(Name=w Number=1))",
            "Blocked=false",
        ],
    );
}

#[test]
fn k3_precedence_counts_from_the_winner_down() {
    let right = |name, who: &str| {
        let text = format!("[Privilege Rights]\nSeDebugPrivilege = {who}\n");
        half(name).file("Microsoft/Windows NT/SecEdit/GptTmpl.inf", &text)
    };
    let expected =
        |gpo: &str, who: &str| format!("UserRightsAssignment({gpo} Name=SeDebugPrivilege Member(Name={who}))");
    check(
        "Security",
        vec![right("A", "a"), right("B", "b"), right("C", "c")],
        &[&expected("3 1", "c"), &expected("2 2", "b"), &expected("1 3", "a"), "Blocked=false"],
    );
}

#[test]
fn settings_within_a_container_have_their_gpos_one_by_one() {
    const EXE: &str = r"Software\Policies\Microsoft\Windows\SrpV2\Exe";
    let gpo = |name, id: &str, mode: u32| {
        let rule = format!("<FileHashRule Id='{id}'><Conditions/></FileHashRule>");
        half(name).pol(&[&format!("{EXE}!EnforcementMode={mode}"), &format!("{EXE}\\{id}!Value=\"{rule}\"")])
    };
    check(
        "Application Control Policies",
        vec![gpo("A", "r1", 0), gpo("B", "r2", 1)],
        &[
            "RuleCollection[Type=Appx]",
            "RuleCollection[Type=Dll]",
            "RuleCollection[Type=Exe](FileHashRule[Id=r1](1 1 Conditions) FileHashRule[Id=r2](2 1 Conditions) \
             EnforcementMode(2 1 Mode=Enabled) EnforcementMode(1 2 Mode=Disabled))",
            "RuleCollection[Type=Msi]",
            "RuleCollection[Type=Script]",
        ],
    );
}

#[test]
fn what_is_united_has_precedence_1_in_the_order_of_application() {
    let logon = |name, script: &str| half(name).file("Scripts/scripts.ini", &format!("[Startup]\n0CmdLine={script}\n"));
    let expected = |gpo: u32, script: &str| {
        format!("Script({gpo} 1 Command={script} Type=Startup Order=0 RunOrder=PSNotConfigured)")
    };
    check("Scripts", vec![logon("A", "a"), logon("B", "b")], &[&expected(1, "a"), &expected(2, "b")]);
}

#[test]
fn preference_items_stand_in_their_collections() {
    let item = |value: u32| {
        format!("<EnvironmentVariable name='X'><Properties name='X' value='{value}'/></EnvironmentVariable>")
    };
    let file = |name, items: &str| {
        let text = format!("<EnvironmentVariables clsid='c'>{items}</EnvironmentVariables>");
        half(name).file("Preferences/EnvironmentVariables/EnvironmentVariables.xml", &text)
    };
    let in_collection = format!("<Collection name='k'>{}</Collection>", item(2));
    let shown = |gpo: &str, value: u32| {
        format!("EnvironmentVariable[name=X]({gpo} GPOSettingOrder=1 Properties[name=X][value={value}] Filters)")
    };
    check(
        "Environment Variables",
        vec![file("A", &item(1)), file("B", &in_collection)],
        &[&format!(
            "EnvironmentVariables[clsid=c](Collection[name=k](GPOSettingOrder=1 Filters {}) {})",
            shown("2 1", 2),
            shown("1 2", 1)
        )],
    );
}

#[test]
fn an_extension_that_fails_has_no_part() {
    check("Registry", vec![half("A").unreadable("Registry.pol"), half("B").pol(&["K!v=1"])], &[]);
}

#[test]
fn values_are_named_by_their_policy() {
    let values = ["Plain=1", "N=1", "Other=1"];
    let (mut merged, _) = merged(vec![policy("A", &values)]);
    merged.resultant.name_policies(&templates(), Side::Computer);
    let names: Vec<&str> = merged.resultant.settings.iter().map(|setting| &*setting.name).collect();
    assert_eq!(names, ["Two: N", r"HKLM\Software\Policies\X\Other", "Plain"]);
    let (mut of_user, _) = super::merged(vec![policy("A", &values).user()]);
    of_user.resultant.name_policies(&templates(), Side::User);
    assert_eq!(&*of_user.resultant.settings[2].name, r"HKCU\Software\Policies\X\Plain");
}
