//! SYSVOL over a network that breaks, falls silent or is tampered with.

use std::time::{Duration, Instant};

use futures::future::join_all;
use opengpmc::store::{SmbServer, SmbSysvol, StoreError, StoreErrorKind, Sysvol, SysvolPath};

use crate::common::sysvol_suite::{kind, path};

use super::lab::Lab;
use super::smb_proxy::{SmbProxy, Verdict, command};
use super::sysvol_smb::{ntlm, own_folder, server};

const TIMEOUT: Duration = Duration::from_secs(2);

// [MS-SMB2] 2.2.1.2.
const CREATE: u16 = 5;
const FLUSH: u16 = 7;
const READ: u16 = 8;
const WRITE: u16 = 9;
const QUERY_DIRECTORY: u16 = 14;
const SET_INFO: u16 = 17;

/// A file in a folder of the test's own, seen through a relay.
struct Bench {
    proxy: SmbProxy,
    /// Through the relay.
    sysvol: SmbSysvol,
    /// Beside the relay.
    direct: SmbSysvol,
    folder: SysvolPath,
    file: SysvolPath,
    content: Vec<u8>,
}

impl Bench {
    async fn new(name: &str) -> Option<Bench> {
        let lab = Lab::get()?;
        let proxy = SmbProxy::start(format!("{}:445", lab.address)).await;
        let through = SmbServer { address: Some(proxy.address.clone()), ..server(&lab) };
        let logons = ntlm(&lab, &lab.admin());
        let sysvol = SmbSysvol::open(through, logons.clone(), TIMEOUT).await.unwrap();
        let direct = SmbSysvol::open(server(&lab), logons, Duration::from_secs(20)).await.unwrap();
        let folder = path(&own_folder(name));
        match direct.remove_tree(&folder).await {
            Err(error) if error.kind != StoreErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
        direct.make_folder(&folder).await.unwrap();
        let file = folder.join("Registry.pol").unwrap();
        let content: Vec<u8> = (0..3_000_000_u32).map(|i| (i / 7) as u8).collect();
        direct.replace(&file, &content).await.unwrap();
        Some(Bench { proxy, sysvol, direct, folder, file, content })
    }

    async fn names(&self) -> Vec<String> {
        self.direct.list(&self.folder).await.unwrap().into_iter().map(|file| file.name).collect()
    }

    /// Waits until the server has noticed that a connection is gone.
    async fn names_in_the_end(&self) -> Vec<String> {
        for _ in 0..50 {
            if self.names().await.len() == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.names().await
    }

    async fn end(self) {
        self.direct.remove_tree(&self.folder).await.unwrap();
    }
}

/// Cuts the connection in the middle of the first message of this command, so many times.
fn cut(wanted: u16, mut times: usize) -> impl FnMut(&mut Vec<u8>) -> Verdict + Send {
    move |message| {
        if command(message) != wanted || times == 0 {
            return Verdict::Pass;
        }
        times -= 1;
        Verdict::Cut(message.len() / 2)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_survives_one_dropped_connection() {
    let Some(bench) = Bench::new("fault-read").await else { return };
    bench.proxy.on_answer(cut(READ, 1));
    assert!(bench.sysvol.read(&bench.file).await.unwrap() == bench.content, "the content differs");
    assert_eq!(bench.proxy.connections(), 2, "once more, on a new connection");
    bench.proxy.on_answer(cut(QUERY_DIRECTORY, 1));
    assert_eq!(bench.sysvol.list(&bench.folder).await.unwrap().len(), 1);
    bench.proxy.on_answer(cut(READ, 2));
    assert_eq!(kind(bench.sysvol.read(&bench.file).await), StoreErrorKind::Unreachable);
    assert_eq!(bench.proxy.connections(), 4, "and not a third time");
    assert!(bench.sysvol.read_range(&bench.file, 10, 2_000_000).await.unwrap() == bench.content[10..2_000_010]);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_never_repeated_and_leaves_the_old_file() {
    let Some(bench) = Bench::new("fault-write").await else { return };
    let new = vec![7; 2_500_000];
    for (step, skipped) in [(CREATE, 1), (CREATE, 2), (WRITE, 0), (WRITE, 1), (FLUSH, 0), (SET_INFO, 0)] {
        // A new connection after the last one was cut.
        bench.sysvol.stat(&bench.file).await.unwrap();
        let before = bench.proxy.connections();
        let mut left = skipped;
        let mut cut = cut(step, 1);
        bench.proxy.on_request(move |message| {
            if command(message) == step && left > 0 {
                left -= 1;
                return Verdict::Pass;
            }
            cut(message)
        });
        let error = bench.sysvol.replace(&bench.file, &new).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unreachable, "{step}: {error}");
        assert_eq!(bench.proxy.connections(), before, "no second try of {step}");
        assert_eq!(bench.names_in_the_end().await, ["Registry.pol"], "the server has removed the unfinished file");
        assert!(bench.direct.read(&bench.file).await.unwrap() == bench.content, "the old content is there");
    }
    bench.proxy.heal();
    bench.sysvol.replace(&bench.file, &new).await.unwrap();
    assert!(bench.direct.read(&bench.file).await.unwrap() == new);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_write_leaves_nothing() {
    let Some(bench) = Bench::new("fault-abandoned").await else { return };
    let new = vec![7; 2_500_000];
    for wait_ms in [1, 5, 10, 20, 40] {
        let write = bench.sysvol.replace(&bench.file, &new);
        let done = tokio::time::timeout(Duration::from_millis(wait_ms), write).await.is_ok();
        assert_eq!(bench.names_in_the_end().await, ["Registry.pol"]);
        let read = bench.direct.read(&bench.file).await.unwrap();
        assert!(read == new || !done && read == bench.content, "neither the old nor the new content");
    }
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_ends_at_the_timeout() {
    let Some(bench) = Bench::new("fault-silence").await else { return };
    bench.proxy.on_answer(|_| Verdict::Swallow);
    let started = Instant::now();
    let reads = join_all((0..100).map(|_| bench.sysvol.read(&bench.file))).await;
    for read in reads {
        assert_eq!(kind(read), StoreErrorKind::Timeout);
    }
    assert!(started.elapsed() < TIMEOUT * 3, "100 requests waited {:?} together", started.elapsed());
    let started = Instant::now();
    // The server neither answers a new connection.
    let writes = join_all((0..100).map(|_| bench.sysvol.replace(&bench.file, b"new"))).await;
    for write in writes {
        assert_eq!(kind(write), StoreErrorKind::Timeout);
    }
    assert!(started.elapsed() < TIMEOUT * 3, "100 requests waited {:?} together", started.elapsed());
    bench.proxy.heal();
    assert!(bench.sysvol.read(&bench.file).await.unwrap() == bench.content, "works again");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_went_away_is_unreachable() {
    let Some(bench) = Bench::new("fault-gone").await else { return };
    bench.proxy.on_request(|_| Verdict::Cut(0));
    let started = Instant::now();
    let stats = join_all((0..50).map(|_| bench.sysvol.stat(&bench.file))).await;
    for stat in stats {
        let error = stat.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unreachable, "{error}");
    }
    assert!(started.elapsed() < TIMEOUT, "{:?}", started.elapsed());
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_tampered_with_is_refused() {
    let Some(bench) = Bench::new("fault-tampered").await else { return };
    let tamper: [fn(&mut Vec<u8>); 4] = [
        // A byte of the content.
        |message| *message.last_mut().unwrap() ^= 1,
        // The status: "not found" instead of the file.
        |message| message[8..12].copy_from_slice(&0xC000_0034_u32.to_le_bytes()),
        // The signature.
        |message| message[48] ^= 1,
        // No signature at all.
        |message| {
            message[16] &= !8;
            message[48..64].fill(0);
        },
    ];
    for (number, change) in tamper.into_iter().enumerate() {
        bench.proxy.on_answer(move |message| {
            change(message);
            Verdict::Pass
        });
        let error = bench.sysvol.stat(&bench.file).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Integrity, "change {number}: {error}");
        bench.proxy.heal();
    }
    assert!(bench.sysvol.read(&bench.file).await.unwrap() == bench.content);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_an_error_and_nothing_else() {
    let Some(bench) = Bench::new("fault-garbage").await else { return };
    for size in [0, 1, 63, 64, 65, 1000] {
        bench.proxy.on_answer(move |message| {
            *message = (0..size).map(|i| (i * 31 + 7) as u8).collect();
            Verdict::Pass
        });
        let started = Instant::now();
        let read: Result<_, StoreError> = bench.sysvol.read(&bench.file).await;
        assert!(read.is_err(), "{size} bytes of garbage");
        assert!(started.elapsed() < TIMEOUT * 3);
        bench.proxy.heal();
        assert!(bench.sysvol.read(&bench.file).await.unwrap() == bench.content, "works again after {size} bytes");
    }
    bench.end().await;
}
