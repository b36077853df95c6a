//! What happens when the connection to the lab's domain controller is cut, damaged or silent, seen through a relay of the
//! test's own: the controller itself is left alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use opengpmc::store::{
    Change, ConnectOptions, ConnectTarget, Directory, Filter, ForestStore, Scope, SearchRequest, StoreErrorKind, open,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::lab::Lab;

/// What is done to the bytes that come from the server, once armed.
#[derive(Clone, Copy, PartialEq)]
enum Harm {
    Cut,
    Flip,
    Silence,
}

struct Relay {
    address: SocketAddr,
    armed: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
}

/// Stands before the server and does harm, once, after `after` bytes have come back since it was armed.
async fn relay_before(lab: &Lab, harm: Harm, after: usize) -> Relay {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (armed, connections) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let target = format!("{}:389", lab.address);
    let (arm, count) = (armed.clone(), connections.clone());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let server = TcpStream::connect(&target).await.unwrap();
            let armed = arm.clone();
            tokio::spawn(async move {
                let (mut client_read, mut client_write) = client.into_split();
                let (mut server_read, mut server_write) = server.into_split();
                let up = async { tokio::io::copy(&mut client_read, &mut server_write).await.unwrap_or(0) };
                let down = async {
                    let (mut buffer, mut passed) = (vec![0; 4096], 0);
                    loop {
                        let count = server_read.read(&mut buffer).await.unwrap_or(0);
                        if count == 0 {
                            return 0;
                        }
                        if armed.load(Ordering::SeqCst) {
                            passed += count;
                        }
                        if passed > after {
                            armed.store(false, Ordering::SeqCst);
                            match harm {
                                Harm::Cut => return 0,
                                Harm::Flip => buffer[count - 1] ^= 1,
                                Harm::Silence => std::future::pending::<()>().await,
                            }
                            passed = 0;
                        }
                        if client_write.write_all(&buffer[..count]).await.is_err() {
                            return 0;
                        }
                    }
                };
                tokio::select! { _ = up => {}, _ = down => {} }
            });
        }
    });
    Relay { address, armed, connections }
}

async fn connect(lab: &Lab, relay: &Relay, options: ConnectOptions) -> Arc<dyn ForestStore> {
    let target = ConnectTarget::Server { host: "127.0.0.1".to_owned(), port: Some(relay.address.port()), tls: false };
    let options = ConnectOptions { kdc: Some(lab.address.clone()), ca_file: None, ..options };
    open(&target, &lab.admin(), &options).await.unwrap()
}

fn everything(directory: &dyn Directory) -> SearchRequest {
    SearchRequest {
        base: directory.root_dse().domain_dn.clone(),
        scope: Scope::Subtree,
        filter: Filter::any_object(),
        attributes: vec!["*".to_owned()],
        sd_parts: None,
    }
}

#[tokio::test]
async fn a_search_cut_in_the_middle_is_repeated_and_gives_each_object_once() {
    let Some(lab) = Lab::get() else { return };
    for security in ["Kerberos, sealed", "NTLM, sealed"] {
        let relay = relay_before(&lab, Harm::Cut, 100_000).await;
        let target =
            ConnectTarget::Server { host: "127.0.0.1".to_owned(), port: Some(relay.address.port()), tls: false };
        let kdc = if security.starts_with('K') { lab.address.clone() } else { "127.0.0.1:1".to_owned() };
        let options = ConnectOptions { kdc: Some(kdc), ..ConnectOptions::default() };
        let store = open(&target, &lab.admin(), &options).await.unwrap();
        assert_eq!(store.info().security, security);
        let directory = store.directory();
        let request = everything(&*directory);
        let names = |found: Vec<opengpmc::store::Entry>| {
            let mut names: Vec<String> = found.into_iter().map(|entry| entry.dn.to_string()).collect();
            names.sort();
            names
        };
        // Other tests add and remove objects of their own meanwhile.
        let own = |names: Vec<String>| -> Vec<String> {
            names.into_iter().filter(|name| name.contains("CN=System,") || name.contains("CN=Builtin,")).collect()
        };
        let whole = own(names(directory.search(&request).await.unwrap()));
        let connections = relay.connections.load(Ordering::SeqCst);
        relay.armed.store(true, Ordering::SeqCst);
        let repeated = own(names(directory.search(&request).await.unwrap()));
        assert_eq!(whole, repeated);
        assert!(!relay.armed.load(Ordering::SeqCst), "the connection was cut");
        assert_eq!(relay.connections.load(Ordering::SeqCst), connections + 1);
    }
}

#[tokio::test]
async fn a_write_is_never_repeated() {
    let Some(lab) = Lab::get() else { return };
    let relay = relay_before(&lab, Harm::Cut, 0).await;
    let store = connect(&lab, &relay, ConnectOptions::default()).await;
    let directory = store.directory();
    let connections = relay.connections.load(Ordering::SeqCst);
    relay.armed.store(true, Ordering::SeqCst);
    let nowhere = directory.root_dse().domain_dn.child("OU", "ldap-no-such-object");
    let change = Change::Swap { attribute: "description".to_owned(), old: None, new: Some(b"x".to_vec()) };
    let error = directory.modify(&nowhere, &[change]).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unreachable);
    assert!(error.detail.contains("not known"), "{error}");
    assert_eq!(relay.connections.load(Ordering::SeqCst), connections);
    // The next call finds a new connection by itself.
    assert!(directory.search(&everything(&*directory)).await.unwrap().len() > 200);
}

#[tokio::test]
async fn a_flipped_bit_reaches_the_caller_as_such() {
    let Some(lab) = Lab::get() else { return };
    let relay = relay_before(&lab, Harm::Flip, 50_000).await;
    let store = connect(&lab, &relay, ConnectOptions::default()).await;
    let directory = store.directory();
    relay.armed.store(true, Ordering::SeqCst);
    let error = directory.search(&everything(&*directory)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Integrity, "{error}");
    assert!(directory.search(&everything(&*directory)).await.unwrap().len() > 200);
}

#[tokio::test]
async fn a_server_that_falls_silent_costs_one_timeout() {
    let Some(lab) = Lab::get() else { return };
    let relay = relay_before(&lab, Harm::Silence, 50_000).await;
    let options = ConnectOptions { timeout: Duration::from_secs(2), ..ConnectOptions::default() };
    let store = connect(&lab, &relay, options).await;
    let directory = store.directory();
    relay.armed.store(true, Ordering::SeqCst);
    let started = Instant::now();
    let error = directory.search(&everything(&*directory)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Timeout, "{error}");
    assert!(started.elapsed() < Duration::from_secs(4));
    assert!(directory.search(&everything(&*directory)).await.unwrap().len() > 200);
}
