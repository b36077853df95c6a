//! Times how soon administrative templates are there: parsed from the files, and from the store that was kept.
//!
//!     cargo bench --bench admx
//!
//! On a generated store of the size of Windows' own with the large vendors' templates, and on the corpus' store where the corpus lies beside the project.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use divan::Bencher;
use opengpmc::gpm::Task;
use opengpmc::operation::{TemplateOptions, Templates, load_templates};

const TEMPLATES: usize = 330;
const POLICIES: usize = 35;

fn main() {
    divan::main();
}

static GENERATED: LazyLock<tempfile::TempDir> = LazyLock::new(generate);
static CACHE: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

fn generate() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("en-US")).expect("a folder");
    for template in 0..TEMPLATES {
        let (admx, adml) = generate_template(template);
        std::fs::write(folder.path().join(format!("t{template}.admx")), admx).expect("a file");
        std::fs::write(folder.path().join("en-US").join(format!("t{template}.adml")), adml).expect("a file");
    }
    folder
}

fn generate_template(number: usize) -> (String, String) {
    let mut admx = format!(
        "<policyDefinitions revision=\"1.0\" schemaVersion=\"1.0\"><policyNamespaces><target prefix=\"t\" namespace=\"Example.T{number}\"/></policyNamespaces><resources minRequiredRevision=\"1.0\"/><categories><category name=\"C\" displayName=\"$(string.C)\"/></categories><policies>"
    );
    let mut adml = "<policyDefinitionResources><resources><stringTable><string id=\"C\">Category</string>".to_owned();
    let mut presentations = String::new();
    for policy in 0..POLICIES {
        let _ = write!(
            admx,
            "\n<policy name=\"P{policy}\" class=\"Both\" displayName=\"$(string.P{policy})\" explainText=\"$(string.P{policy}_Help)\" presentation=\"$(presentation.P{policy})\" key=\"Software\\Policies\\Example\\T{number}\" valueName=\"V{policy}\"><parentCategory ref=\"C\"/><enabledValue><decimal value=\"1\"/></enabledValue><disabledValue><decimal value=\"0\"/></disabledValue><elements><enum id=\"E\" valueName=\"E{policy}\">"
        );
        for item in 0..4 {
            let _ = write!(
                admx,
                "<item displayName=\"$(string.I{policy}_{item})\"><value><decimal value=\"{item}\"/></value></item>"
            );
            let _ = write!(adml, "<string id=\"I{policy}_{item}\">Choice {item} of policy {policy}</string>");
        }
        admx.push_str("</enum></elements></policy>");
        let help = "This policy setting lets you say what happens. If you enable it, it does.\n".repeat(12);
        let _ = write!(
            adml,
            "<string id=\"P{policy}\">Policy {policy}</string>\n<string id=\"P{policy}_Help\">{help}</string>"
        );
        let _ = write!(
            presentations,
            "<presentation id=\"P{policy}\"><dropdownList refId=\"E\">Choose:</dropdownList></presentation>"
        );
    }
    admx.push_str("</policies></policyDefinitions>");
    let _ = write!(
        adml,
        "</stringTable><presentationTable>{presentations}</presentationTable></resources></policyDefinitionResources>"
    );
    (admx, adml)
}

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let root = std::env::var_os("OPENGPMC_CORPUS").map_or_else(beside, PathBuf::from);
    Some(root.join("admx/PolicyDefinitions")).filter(|folder| folder.is_dir())
}

fn load(folder: &Path, cache_folder: Option<&Path>) -> Templates {
    let options = TemplateOptions { language: "en-US".to_owned(), cache_folder: cache_folder.map(Path::to_owned) };
    load_templates(&[folder.to_owned()], &options, &Task::default()).expect("the templates are read")
}

#[divan::bench(sample_count = 20)]
fn generated_cold(bencher: Bencher) {
    bencher.bench(|| load(GENERATED.path(), None));
}

#[divan::bench(sample_count = 50)]
fn generated_cached(bencher: Bencher) {
    load(GENERATED.path(), Some(CACHE.path()));
    bencher.bench(|| assert!(load(GENERATED.path(), Some(CACHE.path())).is_cached));
}

#[divan::bench(sample_count = 20)]
fn corpus_cold(bencher: Bencher) {
    let Some(folder) = corpus() else { return };
    bencher.bench(|| load(&folder, None));
}

#[divan::bench(sample_count = 50)]
fn corpus_cached(bencher: Bencher) {
    let Some(folder) = corpus() else { return };
    load(&folder, Some(CACHE.path()));
    bencher.bench(|| assert!(load(&folder, Some(CACHE.path())).is_cached));
}
