use super::*;
use crate::extension::{FileContent, GptFile, HalfContents, PrincipalNames, SourceContext};
use crate::format::admx::{AdmxStore, TemplateFile, TemplateSource};
use crate::format::{PolData, PolRecord, RegistryPol};
use crate::report::{Block, ExtensionReport};

const ADMX: &str = r#"<policyDefinitions>
  <policyNamespaces><target prefix="t" namespace="Example"/></policyNamespaces>
  <supportedOn><definitions><definition name="S" displayName="Windows"/></definitions></supportedOn>
  <categories><category name="C" displayName="Category"/><category name="D" displayName="Deep"><parentCategory ref="C"/></category></categories>
  <policies>
    <policy name="Plain" class="Machine" displayName="Plain" key="Software\Policies\X" valueName="Plain"><parentCategory ref="D"/><supportedOn ref="S"/></policy>
    <policy name="Other" class="Machine" displayName="Other" key="Software\Policies\X" valueName="Other"><parentCategory ref="C"/></policy>
    <policy name="User" class="User" displayName="User" key="Software\Policies\X" valueName="Plain"><parentCategory ref="C"/></policy>
    <policy name="Full" class="Both" displayName="Full" explainText="What it does" key="Software\Policies\X" presentation="$(presentation.Full)">
      <parentCategory ref="C"/>
      <elements>
        <boolean id="b" valueName="B"><trueValue><decimal value="1"/></trueValue><falseValue><decimal value="0"/></falseValue></boolean>
        <decimal id="n" valueName="N"/><decimal id="m" valueName="M"/><text id="t" valueName="T"/><multiText id="l" valueName="L"/>
        <enum id="e" valueName="E"><item displayName="Five"><value><decimal value="5"/></value></item></enum>
        <list id="x" key="Software\Policies\X\List" explicitValue="true"/>
      </elements>
    </policy>
  </policies>
</policyDefinitions>"#;

const ADML: &str = r#"<policyDefinitionResources><resources><presentationTable><presentation id="Full">
  <dropdownList refId="e">Choice</dropdownList><text>Note</text><checkBox refId="b">Check</checkBox><decimalTextBox refId="n">Number</decimalTextBox>
  <decimalTextBox refId="m">Missing</decimalTextBox><textBox refId="t"><label>Text</label></textBox><multiTextBox refId="l">Lines</multiTextBox><listBox refId="x">List</listBox>
</presentation></presentationTable></resources></policyDefinitionResources>"#;

fn templates() -> AdmxStore {
    let file = |path: &str, text: &str| TemplateFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
    AdmxStore::build(&[TemplateSource { admx: file("x.admx", ADMX), adml: Some(file("x.adml", ADML)), rank: 0 }])
}

fn file(path: &str, bytes: Vec<u8>) -> GptFile {
    GptFile { path: path.to_owned(), size_bytes: bytes.len() as u64, content: FileContent::Whole(bytes) }
}

fn report(files: Vec<GptFile>) -> Part {
    let templates = templates();
    let half = HalfContents::new(Default::default(), files, Vec::new());
    let names = PrincipalNames::default();
    let context = SourceContext { names: &names, templates: &templates, with_comments: true, compatible: false };
    read(&Source { side: Side::Computer, half: &half, context: &context }).unwrap()
}

fn pol(records: Vec<PolRecord>) -> GptFile {
    file("registry.pol", RegistryPol { records }.to_bytes())
}

fn set(name: &str, data: PolData) -> PolRecord {
    PolRecord::set("Software\\Policies\\X", name, data)
}

/// Returns an element and what is in it as text: `Name=text`, `Name(…)`.
fn short(element: &Element) -> String {
    if element.children.is_empty() {
        return format!("{}={}", element.name, element.text);
    }
    let children: Vec<String> = element.children.iter().map(short).collect();
    format!("{}({})", element.name, children.join(" "))
}

#[test]
fn policies_come_with_all_that_they_hold() {
    let text = |text: &str| PolData::Text(text.to_owned());
    let part = report(vec![pol(vec![
        set("Plain", PolData::Dword(1)),
        PolRecord::delete_value("Software\\Policies\\X", "Other"),
        set("B", PolData::Dword(0)),
        set("N", PolData::Dword(7)),
        set("T", text("a\\b")),
        set("L", PolData::MultiText(vec!["one".to_owned(), "two".to_owned()])),
        set("E", PolData::Dword(5)),
        PolRecord::delete_all_values("Software\\Policies\\X\\List"),
        PolRecord::set("Software\\Policies\\X\\List", "name", text("data")),
    ])]);
    let elements: Vec<String> = part.elements.iter().map(short).collect();
    assert_eq!(
        elements,
        [
            "Policy(Name=Full State=Enabled Explain=What it does Category=Category \
             DropDownList(Name=Choice State=Enabled Value(Name=Five)) Text(Name=Note) CheckBox(Name=Check State=Disabled) \
             Numeric(Name=Number State=Enabled Value=7) Numeric(Name=Missing State=NotConfigured Value=0) \
             EditText(Name=Text State=Enabled Value=a\\b) MultiText(Name=Lines State=Enabled Value(string=one string=two)) \
             ListBox(Name=List State=Enabled ExplicitValue=true Additive=false Value(Element(Name=name Data=data))))",
            "Policy(Name=Other State=Disabled Explain= Category=Category)",
            "Policy(Name=Plain State=Enabled Explain= Supported=Windows Category=Category/Deep)",
            "Blocked=false",
        ]
    );
    assert!(part.problems.is_empty());
}

#[test]
fn values_that_nobody_knows_are_told_as_they_stand() {
    let part = report(vec![pol(vec![
        PolRecord::set("Software\\Z", "Number", PolData::Dword(2)),
        PolRecord::set("Software\\A", "Text", PolData::Text("t".to_owned())),
        PolRecord::delete_value("Software\\B", "Gone"),
        PolRecord::delete_all_values("Software\\C"),
        PolRecord::create_key("Software\\D"),
        set("Plain", PolData::Dword(9)),
    ])]);
    let elements: Vec<String> = part.elements.iter().map(short).collect();
    assert_eq!(
        elements,
        [
            "RegistrySetting(KeyPath=Software\\A AdmSetting=false Value(Name=Text String=t))",
            "RegistrySetting(KeyPath=Software\\B AdmSetting=false Command=**del.Gone)",
            "RegistrySetting(KeyPath=Software\\C AdmSetting=false Command=**delvals.)",
            "RegistrySetting(KeyPath=Software\\D AdmSetting=false)",
            "RegistrySetting(KeyPath=Software\\Policies\\X AdmSetting=false Value(Name=Plain Number=9))",
            "RegistrySetting(KeyPath=Software\\Z AdmSetting=false Value(Name=Number Number=2))",
            "Blocked=false",
        ]
    );
}

#[test]
fn a_comment_is_told_with_its_policy_or_alone() {
    let mut comments = PolicyComments::default();
    comments.set("Example", "Plain", "why").unwrap();
    comments.set("Example", "Other", "later").unwrap();
    let part = report(vec![pol(vec![set("Plain", PolData::Dword(1))]), file("comment.cmtx", comments.to_bytes())]);
    let elements: Vec<String> = part.elements.iter().map(short).collect();
    assert_eq!(
        elements,
        [
            "Policy(Name=Plain State=Enabled Comment=why Explain= Supported=Windows Category=Category/Deep)",
            "Policy(Name=Other State=NotConfigured Comment=later Explain= Category=Category)",
            "Blocked=false",
        ]
    );
}

#[test]
fn damage_is_told_and_the_rest_reported() {
    let mut bytes = RegistryPol { records: vec![set("Plain", PolData::Dword(1)); 2] }.to_bytes();
    bytes.truncate(bytes.len() - 3);
    let part = report(vec![file("registry.pol", bytes), file("comment.cmtx", b"<broken".to_vec())]);
    assert_eq!(part.elements.len(), 2, "{:?}", part.elements);
    assert_eq!(part.problems.len(), 2);
    assert!(part.problems[0].message.starts_with("record 2 at byte"), "{}", part.problems[0].message);
    assert!(part.problems[1].message.starts_with("broken XML"));
}

#[test]
fn people_read_policies_by_category() {
    let part = report(vec![pol(vec![
        set("Plain", PolData::Dword(1)),
        set("B", PolData::Dword(1)),
        PolRecord::set("Software\\Policies\\X\\List", "name", PolData::Text("data".to_owned())),
        PolRecord::set("Software\\Z", "Number", PolData::Dword(2)),
    ])]);
    let report = ExtensionReport {
        name: "Registry".to_owned(),
        xml_type: "RegistrySettings".to_owned(),
        namespace: String::new(),
        elements: part.elements,
        problems: Vec::new(),
    };
    let placed = (REGISTRY.sections)(&report, Side::Computer);
    let headings: Vec<&str> = placed.iter().map(|placed| placed.section.heading.as_str()).collect();
    assert_eq!(headings, ["Category", "Category/Deep", "Extra Registry Settings"]);
    let Block::Table(table) = &placed[0].section.blocks[0] else { panic!("no table") };
    let row = &table.rows[0];
    assert_eq!((row.cells[0].text.as_str(), row.cells[1].text.as_str()), ("Full", "Enabled"));
    let explain = row.explain.as_ref().unwrap();
    assert_eq!(explain.path, "Computer Configuration/Administrative Templates/Category");
    let Block::Table(list) = row.details.last().unwrap() else { panic!("no list") };
    assert_eq!(list.rows[0].cells[1].text, "data");
    let Block::Table(extra) = placed[2].section.blocks.last().unwrap() else { panic!("no table") };
    assert_eq!(extra.rows[0].cells[0].text, "Software\\Z\\Number");
}

#[test]
fn a_comment_may_stand_in_a_file_of_a_language() {
    let comments = "<policyComments><policyNamespaces><using prefix=\"ns0\" namespace=\"Example\"/></policyNamespaces><comments><admTemplate>\
        <comment policyRef=\"ns0:Plain\" commentText=\"$(resource.ns0_Plain)\"/></admTemplate></comments></policyComments>";
    let texts = |text: &str| {
        let strings = format!("<stringTable><string id=\"ns0_Plain\">{text}</string></stringTable>");
        format!("<commentDefinitionResources><resources>{strings}</resources></commentDefinitionResources>")
            .into_bytes()
    };
    let files = vec![
        file("comment.cmtx", comments.as_bytes().to_vec()),
        file("de-DE/comment.cmtl", texts("warum")),
        file("EN-us/Comment.cmtl", texts("why")),
        pol(vec![set("Plain", PolData::Dword(1))]),
    ];
    assert_eq!(report(files).elements[0].text_at(&["Comment"]), "why");
}

#[test]
fn values_that_decide_nothing_are_shown_apart() {
    let part = report(vec![pol(vec![set("E", PolData::Dword(9))])]);
    assert_eq!(part.elements.iter().map(|element| element.name.as_ref()).collect::<Vec<_>>(), ["Blocked"]);
    assert_eq!(part.undecided[0].text_at(&["Value", "Name"]), "E");
}

#[test]
fn options_of_an_unknown_kind_are_shown() {
    let option = Element::new("Later").with(Element::text("Name", "label")).with(Element::text("Value", "held"));
    let policy = Element::new("Policy").with(Element::text("Name", "p")).with(option);
    let report = ExtensionReport { elements: vec![policy], ..ExtensionReport::raw(Vec::new()) };
    let placed = (REGISTRY.sections)(&report, Side::Computer);
    let Block::Table(table) = &placed[0].section.blocks[0] else { panic!("no table") };
    let Block::Table(options) = &table.rows[0].details[0] else { panic!("no options") };
    assert_eq!([&options.rows[0].cells[0].text, &options.rows[0].cells[1].text], ["label", "held"]);
}
