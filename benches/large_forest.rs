//! Times and weighs the loading of a forest file with 100,000 OUs and 10,000 GPOs.
//!
//!     cargo bench --bench large_forest
//!
//! The file is made once in the target folder; each run loads it in a process of its own and tells its wall time and peak memory.

mod common;
#[path = "common/memory.rs"]
mod memory;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use opengpmc::gpm::{Forest, ForestSnapshot, LoadOptions, Task};
use opengpmc::store::ForestFile;

use common::{GPOS, UNITS, large_forest};
use memory::peak_memory_mib;

const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--load") {
        Some(at) => load(Path::new(&arguments[at + 1])),
        None => measure(),
    }
}

fn measure() {
    let path = large_forest();
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
