use super::*;
use crate::format::{PolData, PolRecord, RegistryPol};

const ADMX: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<p:policyDefinitions xmlns:p="https://example.com/whatever" revision="1.0" schemaVersion="1.0">
  <p:policyNamespaces>
    <p:target prefix="own" namespace="Example.Own"/>
    <p:using prefix="gone" namespace="Example.Gone"/>
  </p:policyNamespaces>
  <p:supersededAdm fileName="old.adm"/>
  <p:resources minRequiredRevision="1.0"/>
  <p:supportedOn>
    <p:products>
      <p:product name="Windows" displayName="Windows">
        <p:majorVersion name="W10" displayName="Windows 10" versionIndex="10"/>
      </p:product>
    </p:products>
    <p:definitions>
      <p:definition name="Words" displayName="$(string.Supported)"/>
      <p:definition name="Ranges"><p:or><p:range ref="Windows" minVersionIndex="10"/><p:reference ref="Words"/></p:or></p:definition>
    </p:definitions>
  </p:supportedOn>
  <p:categories>
    <p:category name="Top" displayName="Top"/>
    <p:category name="Inner" displayName="$(string.Inner)"><p:parentCategory ref="own:Top"/></p:category>
    <p:category name="Round" displayName="Round"><p:parentCategory ref="Round"/></p:category>
  </p:categories>
  <p:policies>
    <p:policy name="Switch" class="Machine" displayName="$(string.Switch)" explainText="$(string.Help)" Key="Software\Policies\Own" valueName="Switch">
      <p:parentCategory ref="Inner"/><p:supportedOn ref="Words"/>
    </p:policy>
    <p:policy name="Elements" class="both" displayName="Elements" presentation="$(presentation.Elements)" key="Software\Policies\Own">
      <p:parentCategory ref="gone:Category"/><p:supportedOn ref="Ranges"/>
      <p:elements>
        <p:boolean id="Yes" valueName="Yes"><p:falseValue><p:decimal value="0"/></p:falseValue></p:boolean>
        <p:decimal id="Number" valueName="Number" maxvalue="10"/>
        <p:longDecimal id="Long" valueName="Long" storeAsText="1"/>
        <p:text id="Text" valueName="Text" expandable="true"/>
        <p:multiText id="Lines" valueName="Lines"/>
        <p:enum id="Choice" valueName="Choice">
          <p:item displayName="$(string.One)"><p:value><p:decimal value="1"/></p:value></p:item>
          <p:item displayName="Two"><p:value><p:string>two</p:string></p:value>
            <p:valueList><p:item valueName="More"><p:value><p:delete/></p:value></p:item></p:valueList></p:item>
        </p:enum>
        <p:list id="List" key="Software\Policies\Own\List" valuePrefix="" additive="true"/>
        <p:unheard/>
      </p:elements>
    </p:policy>
    <p:policy name="Bad" class="Nobody" displayName="Bad" key="x"/>
    <p:policy name="Switch" class="Machine" displayName="Again" key="x"/>
  </p:policies>
</p:policyDefinitions>"#;

const ADML: &str = r#"<policyDefinitionResources>
  <resources>
    <stringTable>
      <string id="Supported">At least this</string>
      <string id="inner">Inner <![CDATA[&]]> deep</string>
      <string id="Switch"> A switch </string>
      <string id="Switch">Twice</string>
      <string id="One">The one</string>
    </stringTable>
    <presentationTable>
      <presentation id="Elements">
        <text>Fill in:</text>
        <checkBox refId="Yes" defaultChecked="true">Yes?</checkBox>
        <decimalTextBox refId="Number" defaultvalue="3">Number:</decimalTextBox>
        <longDecimalTextBox refId="Long">Long:</longDecimalTextBox>
        <comboBox refId="Text" nosort="true"><label>Text:</label><default>a</default><suggestion>a</suggestion><suggestion>b</suggestion></comboBox>
        <multiTextBox refId="Lines">Lines:</multiTextBox>
        <dropdownList refId="Choice" noSort="true" defaultItem="0">Choice:</dropdownList>
        <listBox refId="List">List:</listBox>
        <textBox refId="Nothing"><label>No such element</label></textBox>
      </presentation>
    </presentationTable>
  </resources>
</policyDefinitionResources>"#;

fn source(name: &str, admx: &str, adml: &str) -> TemplateSource {
    let file = |path: String, text: &str| TemplateFile { path, bytes: text.as_bytes().to_vec() };
    let adml = (!adml.is_empty()).then(|| file(format!("en-US/{name}.adml"), adml));
    TemplateSource { admx: file(format!("{name}.admx"), admx), adml, rank: 0 }
}

fn sample() -> AdmxStore {
    AdmxStore::build(&[source("own", ADMX, ADML)])
}

/// Returns a template with these policies in a category of its own.
fn template(name: &str, policies: &str) -> TemplateSource {
    let admx = format!(
        "<policyDefinitions><policyNamespaces><target prefix='a' namespace='{name}'/></policyNamespaces><categories><category name='C' displayName='{name}'/></categories><policies>{policies}</policies></policyDefinitions>"
    );
    source(name, &admx, "<policyDefinitionResources/>")
}

fn policy(name: &str, attributes: &str, content: &str) -> String {
    format!(
        "<policy name='{name}' class='Machine' displayName='{name}' key='K' {attributes}><parentCategory ref='C'/>{content}</policy>"
    )
}

fn values(records: &[PolRecord]) -> PolValues {
    PolValues::new(&RegistryPol { records: records.to_vec() })
}

fn set(name: &str, number: u32) -> PolRecord {
    PolRecord::set("K", name, PolData::Dword(number))
}

/// Returns the states of the policies that the records speak of, by name.
fn states(sources: &[TemplateSource], records: &[PolRecord]) -> Vec<(String, PolicyState)> {
    let store = AdmxStore::build(sources);
    let evaluated = evaluate_all(&store, &values(records), PolicyClass::Machine, []);
    let mut states: Vec<_> =
        evaluated.into_iter().map(|(policy, setting)| (policy.name().to_owned(), setting.state)).collect();
    states.sort_by(|a, b| a.0.cmp(&b.0));
    states
}

fn state(policy: &str, records: &[PolRecord]) -> PolicyState {
    states(&[template("T", policy)], records).first().map_or(PolicyState::NotConfigured, |(_, state)| *state)
}

#[test]
fn everything_in_a_template_is_read() {
    let store = sample();
    assert_eq!((store.template_count(), store.category_count(), store.policy_count()), (1, 3, 2));
    assert_eq!(store.superseded().collect::<Vec<_>>(), ["old.adm"]);
    let switch = store.find("example.own", "switch").unwrap();
    assert_eq!((switch.path(), switch.text_path()), ("own.admx", "en-US/own.adml"));
    assert_eq!(switch.display_name(), "A switch");
    assert_eq!(switch.category(), "Top/Inner & deep");
    assert_eq!((switch.key(), switch.value_name()), ("Software\\Policies\\Own", Some("Switch")));
    assert_eq!(switch.supported_on().as_deref(), Some("At least this"));
    assert_eq!(switch.explain(), "Help");
    let elements = store.find("Example.Own", "Elements").unwrap();
    assert_eq!((elements.class(), elements.category().as_str()), (PolicyClass::Both, ""));
    assert_eq!(elements.supported_on().as_deref(), Some("at least Windows 10 or At least this"));
    let ids: Vec<&str> = elements.elements().map(|element| element.id()).collect();
    assert_eq!(ids, ["Yes", "Number", "Long", "Text", "Lines", "Choice", "List"]);
    let controls: Vec<(ControlKind, &str, &str)> =
        elements.controls().map(|control| (control.kind(), control.label(), control.default_value())).collect();
    assert_eq!(controls[0], (ControlKind::Text, "Fill in:", ""));
    assert_eq!(controls[1], (ControlKind::CheckBox, "Yes?", "true"));
    assert_eq!(controls[2], (ControlKind::DecimalTextBox, "Number:", "3"));
    assert_eq!(controls[4], (ControlKind::ComboBox, "Text:", "a"));
    assert_eq!(controls.len(), 8);
    let combo = elements.controls().nth(4).unwrap();
    assert_eq!((combo.suggestions().collect::<Vec<_>>(), combo.is_sorted()), (vec!["a", "b"], false));
    let decimal = elements.elements().nth(1).unwrap().kind();
    assert!(matches!(decimal, ElementKind::Decimal { minimum: 0, maximum: 10, as_text: false, is_long: false }));
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let store = sample();
    let told: Vec<String> = store.warnings().iter().map(ToString::to_string).collect();
    let check = |expected: &str| assert!(told.iter().any(|told| told == expected), "{expected} not in {told:#?}");
    check("own.admx:26: the string `Help` is not defined");
    check("own.admx:43: the element `unheard` is not known here");
    check("own.admx:29: the presentation `Elements` has a control for `Nothing`, which the policy does not have");
    check("own.admx:46: `Nobody` is no valid class of policy");
    check("own.admx:47: a second policy `Switch` is passed over");
    check("own.admx: no template defines the namespace `Example.Gone`");
    check("own.admx:23: the category `Round` is above itself");
    check("en-US/own.adml:7: a second string `Switch` is passed over");
    assert_eq!(told.len(), 8, "{told:#?}");
}

#[test]
fn damaged_files_leave_the_others_alone() {
    let check = |bad: TemplateSource, expected: &str| {
        let store = AdmxStore::build(&[bad, source("own", ADMX, ADML)]);
        assert_eq!(store.template_count(), 1, "{expected}");
        let told = store.warnings().iter().any(|warning| warning.to_string().contains(expected));
        assert!(told, "{expected}: {:?}", store.warnings());
    };
    check(source("bad", "<policyDefinitions", ""), "broken XML");
    check(source("bad", "<a/>", ""), "its root element is `a`");
    check(source("bad", "<policyDefinitions/>", ""), "no `target`");
    let twice = AdmxStore::build(&[source("own", ADMX, ADML), source("copy", &ADMX.to_lowercase(), ADML)]);
    assert!(!twice.warnings().is_empty());
    let again = AdmxStore::build(&[source("own", ADMX, ADML), source("copy", ADMX, ADML)]);
    assert_eq!(again.template_count(), 1);
    assert!(again.warnings().iter().any(|told| told.to_string().contains("own.admx has the same namespace")));
    let without_texts = AdmxStore::build(&[source("own", ADMX, "")]);
    assert_eq!(without_texts.find("Example.Own", "Switch").unwrap().display_name(), "Switch");
    let broken_texts = AdmxStore::build(&[source("own", ADMX, "<a")]);
    assert_eq!(broken_texts.policy_count(), 2);
}

#[test]
fn a_cache_gives_the_same_store_or_none() {
    let store = sample();
    let bytes = store.to_cache("print");
    assert_eq!(AdmxStore::from_cache(&bytes, "print").as_ref(), Some(&store));
    assert_eq!(AdmxStore::from_cache(&bytes, "other"), None);
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x41;
        assert_eq!(AdmxStore::from_cache(&damaged, "print"), None, "byte {place}");
        assert_eq!(AdmxStore::from_cache(&bytes[..place], "print"), None, "cut at {place}");
    }
}

#[test]
fn a_switch_is_on_off_or_neither() {
    use PolicyState::{Disabled, Enabled, NotConfigured};
    let plain = policy("P", "valueName='V'", "");
    let check =
        |policy: &str, records: &[PolRecord], expected| assert_eq!(state(policy, records), expected, "{records:?}");
    check(&plain, &[set("v", 1)], Enabled);
    check(&plain, &[set("V", 2)], NotConfigured);
    check(&plain, &[PolRecord::delete_value("k", "V")], Disabled);
    check(&plain, &[PolRecord::set("K", "V", PolData::Text("1".to_owned()))], NotConfigured);
    let written = policy(
        "P",
        "valueName='V'",
        "<enabledValue><string>on</string></enabledValue><disabledValue><decimal value='-1'/></disabledValue>",
    );
    check(&written, &[PolRecord::set("K", "V", PolData::Text("ON".to_owned()))], Enabled);
    check(&written, &[set("V", u32::MAX)], Disabled);
    let item =
        |name: &str, value: u32| format!("<item valueName='{name}'><value><decimal value='{value}'/></value></item>");
    let list = format!(
        "<enabledList>{0}{1}</enabledList><disabledList defaultKey='L'>{0}</disabledList>",
        item("A", 1),
        item("B", 2)
    );
    let list = policy("P", "", &list);
    check(&list, &[set("A", 1), set("B", 2)], Enabled);
    check(&list, &[set("A", 1)], NotConfigured);
    check(&list, &[PolRecord::set("L", "A", PolData::Dword(1))], Disabled);
}

#[test]
fn elements_decide_where_there_is_no_switch() {
    use PolicyState::{Disabled, Enabled, NotConfigured};
    let elements = policy(
        "P",
        "",
        "<elements><boolean id='b' valueName='B'><trueValue><decimal value='1'/></trueValue><falseValue><decimal value='0'/></falseValue></boolean><text id='t' valueName='T'/><enum id='e' valueName='E'><item displayName='x'><value><decimal value='5'/></value></item></enum></elements>",
    );
    let check = |records: &[PolRecord], expected| assert_eq!(state(&elements, records), expected, "{records:?}");
    let gone = |name: &str| PolRecord::delete_value("K", name);
    check(&[set("E", 5)], Enabled);
    check(&[set("E", 6)], NotConfigured);
    check(&[set("B", 0)], Enabled);
    check(&[gone("B"), gone("T"), gone("E")], Disabled);
    check(&[set("B", 0), gone("T"), gone("E")], Disabled);
    check(&[PolRecord::set("K", "T", PolData::Text(String::new())), gone("E")], Enabled);
}

#[test]
fn a_value_is_evidence_for_one_policy_only() {
    use PolicyState::{Enabled, NotConfigured};
    let check = |sources: &[TemplateSource], records: &[PolRecord], expected: &[(&str, PolicyState)]| {
        let found = states(sources, records);
        let found: Vec<(&str, PolicyState)> = found.iter().map(|(name, state)| (name.as_str(), *state)).collect();
        assert_eq!(found, expected);
    };
    // The later category takes it.
    let two = [template("A", &policy("One", "valueName='V'", "")), template("B", &policy("Two", "valueName='V'", ""))];
    check(&two, &[set("V", 1)], &[("One", NotConfigured), ("Two", Enabled)]);
    // Lists of values are shared.
    let listed = "<enabledList><item valueName='V'><value><decimal value='1'/></value></item></enabledList>";
    let two = [template("A", &policy("One", "", listed)), template("B", &policy("Two", "", listed))];
    check(&two, &[set("V", 1)], &[("One", Enabled), ("Two", Enabled)]);
    // A list element takes what nobody knows by name.
    let list = policy("List", "", "<elements><list id='l' explicitValue='true'/></elements>");
    let two = [template("A", &policy("One", "", listed)), template("B", &list)];
    check(&two, &[set("V", 1)], &[("List", NotConfigured), ("One", Enabled)]);
    check(&two, &[set("V", 1), set("W", 2)], &[("List", Enabled), ("One", Enabled)]);
    // The policy itself comes before its element.
    let same = policy("P", "valueName='V'", "<elements><decimal id='d' valueName='V'/></elements>");
    let store = AdmxStore::build(&[template("A", &same)]);
    for (number, is_held) in [(1, false), (3, true)] {
        let evaluated = evaluate_all(&store, &values(&[set("V", number)]), PolicyClass::Machine, []);
        assert_eq!(evaluated[0].1.state, Enabled);
        assert_eq!(matches!(evaluated[0].1.elements[0], ElementSetting::Number(_)), is_held);
    }
}

#[test]
fn lists_hold_their_entries_in_order() {
    let list =
        |attributes: &str| policy("P", "", &format!("<elements><list id='l' key='K\\L' {attributes}/></elements>"));
    let entry = |name: &str, text: &str| PolRecord::set("K\\L", name, PolData::Text(text.to_owned()));
    let records = [PolRecord::delete_all_values("K\\L"), entry("2", "b"), entry("1", "a"), entry("x", "c")];
    let check = |attributes: &str, expected: &[&str]| {
        let store = AdmxStore::build(&[template("T", &list(attributes))]);
        let evaluated = evaluate_all(&store, &values(&records), PolicyClass::Machine, []);
        let ElementSetting::Entries(entries) = &evaluated[0].1.elements[0] else { panic!("no entries") };
        assert_eq!(entries.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), expected);
    };
    check("valuePrefix=''", &["2", "1"]);
    check("explicitValue='true'", &["2", "1", "x"]);
    check("", &["2", "1", "x"]);
    assert_eq!(state(&list(""), &records[..1]), PolicyState::Disabled);
}

#[test]
fn definitions_that_multiply_end() {
    let references = |next: usize| format!("<reference ref='d{next}'/>").repeat(10);
    let definition =
        |number: usize| format!("<definition name='d{number}'><or>{}</or></definition>", references(number + 1));
    let definitions: String = (0..14).map(definition).collect();
    let own = "<definition name='me'><or><reference ref='me'/><reference ref='me'/></or></definition>";
    let policies = policy("P", "valueName='v'", "<supportedOn ref='d6'/>")
        + &policy("Q", "valueName='v'", "<supportedOn ref='me'/>");
    let admx = format!(
        "<policyDefinitions><policyNamespaces><target prefix='t' namespace='T'/></policyNamespaces><supportedOn><definitions>\
         {definitions}{own}<definition name='d14' displayName='x'/></definitions></supportedOn><policies>{policies}</policies></policyDefinitions>"
    );
    let store = AdmxStore::build(&[source("T", &admx, "")]);
    let supported = |name: &str| store.find("T", name).unwrap().supported_on().unwrap();
    assert!(supported("P").starts_with("x or x or ") && supported("P").len() < 5000, "{}", supported("P").len());
    assert_eq!(supported("Q"), "");
}

#[test]
fn a_record_that_deletes_much_below_a_long_key_stays_one_entry() {
    let names = || PolData::Text("a;b;".repeat(1000));
    let record = |key_length: usize| PolRecord::set(&"k".repeat(key_length), "**DeleteValues", names());
    assert_eq!(values(&[record(10)]).entries().len(), 2000);
    assert_eq!(values(&[record(60_000)]).entries().len(), 1);
}
