//! Times what a forest file does, on a forest with 100,000 OUs and 10,000 GPOs.
//!
//!     cargo bench --bench forest_file

mod common;

use std::sync::{Arc, LazyLock};

use divan::{Bencher, black_box};
use opengpmc::ident::{DnsName, Guid};
use opengpmc::store::{
    Attribute, Change, Directory, Filter, ForestFile, ForestStore, Scope, SdParts, SearchRequest, Sysvol, SysvolPath,
    Visit,
};
use tokio::runtime::Runtime;

use common::{GPOS, UNITS, domain, gpo_dn, large_forest};

fn main() {
    large_forest();
    divan::main();
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

fn forest() -> ForestFile {
    ForestFile::open(&large_forest(), true).expect("the file opens")
}

fn count(directory: &Arc<dyn Directory>, class: &str, attributes: &[&str], sd_parts: Option<SdParts>) -> usize {
    let request = SearchRequest {
        base: domain(),
        scope: Scope::Subtree,
        filter: Filter::class(class),
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        sd_parts,
    };
    let mut seen = 0;
    let mut visit = |entry| {
        black_box(entry);
        seen += 1;
        Visit::Continue
    };
    RUNTIME.block_on(directory.search_with(&request, &mut visit)).expect("the search succeeds");
    seen
}

#[divan::bench]
fn open() -> ForestFile {
    forest()
}

#[divan::bench(sample_count = 10)]
fn all_units(bencher: Bencher) {
    let directory = forest().directory();
    bencher.bench(|| {
        let attributes = ["name", "gPLink", "gPOptions", "description"];
        assert_eq!(count(&directory, "organizationalUnit", &attributes, None), UNITS);
    });
}

#[divan::bench(sample_count = 10)]
fn all_gpos_with_descriptors(bencher: Bencher) {
    let directory = forest().directory();
    bencher.bench(|| {
        let attributes = [
            "displayName",
            "flags",
            "versionNumber",
            "gPCWQLFilter",
            "whenCreated",
            "whenChanged",
            "nTSecurityDescriptor",
        ];
        assert_eq!(count(&directory, "groupPolicyContainer", &attributes, Some(SdParts::READABLE)), GPOS);
    });
}

#[divan::bench]
fn one_gpo(bencher: Bencher) {
    let directory = forest().directory();
    let dn = gpo_dn(GPOS / 2);
    bencher
        .bench(|| RUNTIME.block_on(directory.read(&dn, &["displayName", "versionNumber"], None)).expect("it is there"));
}

#[divan::bench]
fn one_gpo_by_name(bencher: Bencher) {
    let directory = forest().directory();
    let request = SearchRequest {
        base: domain(),
        scope: Scope::Subtree,
        filter: Filter::equals("displayName", "policy 07777"),
        attributes: vec!["cn".to_owned()],
        sd_parts: None,
    };
    bencher.bench(|| RUNTIME.block_on(directory.search(&request)).expect("the search succeeds"));
}

#[divan::bench]
fn one_version_file(bencher: Bencher) {
    let name: DnsName = domain().domain().expect("a domain");
    let sysvol: Arc<dyn Sysvol> = RUNTIME.block_on(forest().sysvol(&name)).expect("the SYSVOL opens");
    let path = SysvolPath::parse(&format!("Policies/{}/GPT.INI", Guid::from_u128(77))).expect("a path");
    bencher.bench(|| RUNTIME.block_on(sysvol.read(&path)).expect("it is there"));
}

#[divan::bench]
fn swap_in_memory(bencher: Bencher) {
    let forest = ForestFile::in_memory(&[domain()]).expect("a forest");
    let directory = forest.directory();
    let unit = domain().child("OU", "unit");
    let attributes = [Attribute::text("objectClass", "organizationalUnit"), Attribute::text("gPLink", " ")];
    RUNTIME.block_on(directory.add(&unit, &attributes)).expect("it is added");
    let blank = Some(b" ".to_vec());
    let swap = Change::Swap { attribute: "gPLink".to_owned(), old: blank.clone(), new: blank };
    bencher.bench(|| RUNTIME.block_on(directory.modify(&unit, std::slice::from_ref(&swap))).expect("it is changed"));
}

#[divan::bench(sample_count = 20)]
fn demo() -> ForestFile {
    opengpmc::store::demo::open_blocking().expect("the demo forest opens")
}
