//! Times and weighs settings reports of real backups, with administrative templates from the cache and without.
//!
//!     cargo bench --bench reports
//!
//! Needs the corpus beside the project (`../shared/corpus`, or where `OPENGPMC_CORPUS` says); without it, says so and ends. Each figure is the
//! median of several runs in a process of its own.

#[path = "common/memory.rs"]
mod memory;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use opengpmc::extension::document;
use opengpmc::gpm::{Backup, BackupDir, Task};
use opengpmc::operation::{Reporting, TemplateOptions, load_templates, render_reports};
use opengpmc::report::{HtmlOptions, ReportFormat};

use memory::peak_memory_mib;

const RUNS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(corpus) = corpus() else { return println!("skipped: no corpus beside the project") };
    if let Some(at) = arguments.iter().position(|argument| argument == "--measure") {
        return measure(&arguments[at + 1], &corpus);
    }
    let program = std::env::current_exe().expect("the path of this program");
    for what in ["templates-cold", "templates-cached", "largest", "all"] {
        let output = Command::new(&program).args(["--measure", what]).output().expect("this program starts");
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let root = std::env::var_os("OPENGPMC_CORPUS").map_or_else(beside, PathBuf::from);
    root.is_dir().then_some(root)
}

fn measure(what: &str, corpus: &Path) {
    let cache = tempfile::tempdir().expect("a folder for the cache");
    let folders = [corpus.join("admx/PolicyDefinitions")];
    let uncached = TemplateOptions { language: "en-US".to_owned(), cache_folder: None };
    let cached = TemplateOptions { cache_folder: Some(cache.path().to_owned()), ..uncached.clone() };
    let load = |options: &TemplateOptions| load_templates(&folders, options, &Task::default()).expect("templates");
    match what {
        "templates-cold" => tell("the full store of templates, cold", median(|| drop(load(&uncached)))),
        "templates-cached" => {
            load(&cached);
            tell("the full store of templates, from the cache", median(|| assert!(load(&cached).is_cached)));
        }
        _ => reports(what, corpus, Reporting::new(load(&uncached).store)),
    }
}

fn reports(what: &str, corpus: &Path, reporting: Reporting) {
    let folders = BackupDir::open_all_below(&corpus.join("backups")).expect("backups");
    let backups: Vec<&Backup> =
        folders.iter().flat_map(BackupDir::backups).filter(|backup| backup.folder.is_some()).collect();
    let task = Task::default();
    if what == "all" {
        let out = tempfile::tempdir().expect("a folder for the reports");
        let all = || {
            let reported = reporting.backups_to_folder(&backups, out.path(), ReportFormat::Xml, &task);
            assert_eq!(reported.expect("reports").files.len(), backups.len());
        };
        return tell(&format!("{} backups to XML files", backups.len()), median(all));
    }
    let size = |backup: &&&Backup| backup.file("gpreport.xml").ok().flatten().and_then(|path| path.metadata().ok());
    let largest = backups.iter().max_by_key(|backup| size(backup).map_or(0, |data| data.len())).expect("a backup");
    let report = || reporting.backup(largest, &task).expect("a report");
    tell("the largest report of the corpus, read and put together", median(|| drop(report())));
    let read = report();
    tell("its document", median(|| drop(document(&read))));
    let reports = [read];
    for format in ReportFormat::ALL {
        let render = || drop(render_reports(&reports, format, HtmlOptions::default()));
        tell(&format!("written as {format}"), median(render));
    }
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

fn tell(what: &str, time: Duration) {
    let peak = peak_memory_mib().map_or_else(|| "?".to_owned(), |mib| mib.to_string());
    println!("{what}: {:.1} ms, peak of the process {peak} MiB", time.as_secs_f64() * 1000.0);
}
