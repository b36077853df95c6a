//! Times and weighs the loading of a forest file with 100,000 OUs and 10,000 GPOs.
//!
//!     cargo bench --bench large_forest
//!
//! The file is made once in the target folder; each run loads it in a process of its own and tells its wall time and peak memory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use opengpmc::gpm::{Forest, ForestSnapshot, LoadOptions, Task};
use opengpmc::ident::{Dn, Guid};
use opengpmc::store::{Attribute, Entry, ForestFile, ForestFileBuilder};

const UNITS: usize = 100_000;
const GPOS: usize = 10_000;
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--load") {
        Some(at) => load(Path::new(&arguments[at + 1])),
        None => measure(),
    }
}

fn measure() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("large.gpforest");
    if !path.exists() {
        let started = Instant::now();
        build(&path);
        println!("made {} in {:.1} s", path.display(), started.elapsed().as_secs_f32());
    }
    let program = std::env::current_exe().expect("the path of this program");
    for _ in 0..RUNS {
        let output = Command::new(&program).arg("--load").arg(&path).output().expect("this program starts");
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn load(path: &Path) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let started = Instant::now();
    let snapshot: Arc<ForestSnapshot> = runtime.block_on(async {
        let store = Arc::new(ForestFile::open(path, true).expect("the file opens"));
        Forest::load(store, &LoadOptions::default(), &Task::default()).await.expect("the forest loads")
    });
    let elapsed = started.elapsed();
    let domain = &snapshot.domains[0];
    assert_eq!((domain.soms.len(), domain.gpos.len()), (UNITS + 1, GPOS));
    let links: usize = domain.soms.iter().map(|som| som.links.len()).sum();
    println!(
        "{} OUs, {} GPOs, {links} links: {:.0} ms, peak {} MiB",
        domain.soms.len() - 1,
        domain.gpos.len(),
        elapsed.as_secs_f64() * 1000.0,
        peak_memory_mib().map_or_else(|| "?".to_owned(), |mib| mib.to_string())
    );
}

/// Returns the peak memory of this process, where the system tells (Linux).
fn peak_memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? / 1024)
}

/// Ten departments of ten offices; each unit has one or two links and every tenth blocks inheritance.
fn build(path: &Path) {
    let domain: Dn = "DC=corp,DC=example,DC=com".parse().expect("a DN");
    let mut builder = ForestFileBuilder::create(path, std::slice::from_ref(&domain)).expect("the file can be made");
    let system = domain.child("CN", "System");
    let policies = system.child("CN", "Policies");
    let mut add = |dn: Dn, class: &str, more: Vec<Attribute>| {
        let mut attributes = vec![Attribute::texts("objectClass", &["top", class])];
        attributes.extend(more);
        builder.add_entry(Entry { dn, attributes }).expect("the entry is added");
    };
    add(system, "container", Vec::new());
    add(policies.clone(), "container", Vec::new());
    let gpo_dn = |number: usize| policies.child("CN", &Guid::from_u128(number as u128 + 1).to_string());
    for number in 0..GPOS {
        let id = Guid::from_u128(number as u128 + 1);
        let more = vec![
            Attribute::text("displayName", format!("Policy {number:05}")),
            Attribute::text("flags", (number % 4).to_string()),
            Attribute::text("versionNumber", (number * 65_537).to_string()),
            Attribute::text("gPCFileSysPath", format!(r"\\corp.example.com\sysvol\corp.example.com\Policies\{id}")),
            Attribute::text("gPCFunctionalityVersion", "2"),
            Attribute::text(
                "gPCMachineExtensionNames",
                "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]",
            ),
        ];
        add(gpo_dn(number), "groupPolicyContainer", more);
    }
    let mut units: Vec<Dn> = vec![domain];
    for number in 0..UNITS {
        let dn = units[number / 10].child("OU", &format!("Unit {number:06}"));
        let mut links = format!("[LDAP://{};0]", gpo_dn(number % GPOS));
        if number % 2 == 0 {
            links += &format!("[LDAP://{};{}]", gpo_dn(number / 7 % GPOS), number % 3);
        }
        let mut more = vec![Attribute::text("gPLink", links)];
        if number % 10 == 0 {
            more.push(Attribute::text("gPOptions", "1"));
        }
        add(dn.clone(), "organizationalUnit", more);
        units.push(dn);
    }
    builder.finish().expect("the file is finished");
}
