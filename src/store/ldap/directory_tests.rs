//! The directory against a server made of a few lines: what a real one rarely does, in exact bytes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;

use super::*;
use crate::store::ber::{self, Reader};
use crate::store::sasl::relay::spawn_plain;
use crate::store::{ConnectOptions, Credentials, Secret};

use super::super::logon::{library_session, socket_pair};

const TIMEOUT: Duration = Duration::from_millis(400);

/// One request: its number, the tag of its operation, the whole message.
struct Request {
    id: u32,
    tag: u8,
    bytes: Vec<u8>,
}

struct FakeServer {
    stream: DuplexStream,
}

impl FakeServer {
    async fn next(&mut self) -> Option<Request> {
        let mut bytes = Vec::new();
        loop {
            let mut whole = Reader::new(&bytes);
            if let Ok(mut message) = whole.enter(ber::SEQUENCE, "a message") {
                let id = ber::integer(message.expect(ber::INTEGER, "a number").unwrap()).unwrap();
                let (tag, _) = message.element().unwrap();
                return Some(Request { id: id as u32, tag, bytes });
            }
            bytes.push(self.stream.read_u8().await.ok()?);
        }
    }

    async fn send(&mut self, id: u32, operation: &[u8], controls: &[u8]) {
        let id = ber::unsigned(ber::INTEGER, id);
        let controls = if controls.is_empty() { Vec::new() } else { ber::context(0, controls) };
        let message = ber::element(ber::SEQUENCE, &[&id, operation, &controls]);
        self.stream.write_all(&message).await.unwrap();
    }

    async fn entry(&mut self, id: u32, name: &str, attributes: &[(&str, &[&[u8]])]) {
        let attributes: Vec<u8> = attributes
            .iter()
            .flat_map(|(name, values)| {
                let values: Vec<u8> = values.iter().flat_map(|value| text(value)).collect();
                ber::element(ber::SEQUENCE, &[&text(name.as_bytes()), &ber::element(ber::SET, &[&values])])
            })
            .collect();
        let attributes = ber::element(ber::SEQUENCE, &[&attributes]);
        self.send(id, &ber::element(0x64, &[&text(name.as_bytes()), &attributes]), &[]).await;
    }

    async fn done(&mut self, id: u32, tag: u8, code: u32, cookie: Option<&[u8]>) {
        let operation = ber::element(tag, &[&ber::unsigned(ber::ENUMERATED, code), &text(b""), &text(b"said so")]);
        let controls = cookie.map(|cookie| {
            let value = ber::element(ber::SEQUENCE, &[&ber::unsigned(ber::INTEGER, 0), &text(cookie)]);
            ber::element(ber::SEQUENCE, &[&text(b"1.2.840.113556.1.4.319"), &text(&value)])
        });
        self.send(id, &operation, &controls.unwrap_or_default()).await;
    }
}

fn text(bytes: &[u8]) -> Vec<u8> {
    ber::element(ber::OCTET_STRING, &[bytes])
}

/// A directory that is logged on to the fake server; logging on anew finds nobody.
async fn bench() -> (LdapDirectory, FakeServer) {
    let options = ConnectOptions { timeout: TIMEOUT, ..ConnectOptions::default() };
    let credentials = Credentials::Password { user: "ann".to_owned(), password: Secret::new("x".to_owned()) };
    let logon = Arc::new(Logon::new(credentials, options));
    let server = Server { host: "127.0.0.1".to_owned(), port: Some(1), tls_only: false };
    let (stream, outer) = duplex(1 << 20);
    let (ours, theirs) = socket_pair().unwrap();
    let reason = spawn_plain(outer, ours, server.host.clone());
    let session = library_session(&server, theirs, reason, "ann".to_owned()).await.unwrap();
    let domain = "corp.example.com".parse().unwrap();
    let facts = ServerFacts { dns_name: "dc1.corp.example.com".to_owned(), domain };
    let root_dse = unread_root_dse(&facts);
    let user = session.user.clone();
    let session = Mutex::new(session);
    let directory =
        LdapDirectory { logon, server, way: Way::SimpleInTls, facts, root_dse, user, functionality: None, session };
    (directory, FakeServer { stream })
}

fn request() -> SearchRequest {
    SearchRequest {
        base: "DC=corp,DC=example,DC=com".parse().unwrap(),
        scope: Scope::Subtree,
        filter: Filter::any_object(),
        attributes: vec!["cn".to_owned()],
        sd_parts: None,
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn pages_follow_each_other_by_their_cookies() {
    let (directory, mut server) = bench().await;
    let serving = tokio::spawn(async move {
        for (page, cookie) in [(0, &b"cookie-1"[..]), (1, b"cookie-2"), (2, b"")] {
            let asked = server.next().await.unwrap();
            assert_eq!(asked.tag, 0x63);
            assert_eq!(holds(&asked.bytes, b"cookie-"), page > 0);
            server.entry(asked.id, &format!("CN={page},DC=x"), &[("cn", &[b"\xff\xfe"])]).await;
            // A referral in between is passed over.
            server.send(asked.id, &ber::element(0x73, &[&text(b"ldap://elsewhere/DC=y")]), &[]).await;
            server.done(asked.id, 0x65, 0, Some(cookie)).await;
        }
        server
    });
    let found = directory.search(&request()).await.unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(found[2].bytes("CN"), Some(&b"\xff\xfe"[..]));
    assert_eq!(directory.logon.requests.load(Ordering::Relaxed), 3);
    serving.await.unwrap();
}

/// Serves one search that never ends and tells what is asked after it.
fn endless_search(mut server: FakeServer) -> mpsc::Receiver<(u8, u32)> {
    let (told, telling) = mpsc::channel(4);
    tokio::spawn(async move {
        let asked = server.next().await.unwrap();
        server.entry(asked.id, "CN=1,DC=x", &[]).await;
        server.entry(asked.id, "CN=2,DC=x", &[]).await;
        while let Some(next) = server.next().await {
            told.send((next.tag, asked.id)).await.unwrap();
        }
    });
    telling
}

const ABANDON: u8 = 0x50;

#[tokio::test]
async fn a_search_left_early_is_abandoned() {
    let (directory, server) = bench().await;
    let mut next = endless_search(server);
    let mut count = 0;
    let mut stop = |_| {
        count += 1;
        Visit::Stop
    };
    directory.search_with(&request(), &mut stop).await.unwrap();
    assert_eq!(count, 1);
    assert_eq!(tokio::time::timeout(TIMEOUT, next.recv()).await.unwrap().unwrap().0, ABANDON);
}

#[tokio::test]
async fn a_search_that_is_dropped_is_abandoned() {
    let (directory, server) = bench().await;
    let mut next = endless_search(server);
    let _ = tokio::time::timeout(TIMEOUT / 4, directory.search(&request())).await;
    assert_eq!(tokio::time::timeout(TIMEOUT, next.recv()).await.unwrap().unwrap().0, ABANDON);
}

#[tokio::test]
async fn silence_ends_in_time_and_the_connection_is_given_up() {
    let (directory, server) = bench().await;
    let _next = endless_search(server);
    let started = Instant::now();
    let error = directory.search(&request()).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Timeout);
    assert!(started.elapsed() < TIMEOUT * 3);
    // There is nobody to connect to anew.
    assert_eq!(directory.search(&request()).await.unwrap_err().kind, StoreErrorKind::Unreachable);
}

#[tokio::test]
async fn partial_values_are_completed() {
    let (directory, mut server) = bench().await;
    let serving = tokio::spawn(async move {
        let asked = server.next().await.unwrap();
        server.entry(asked.id, "CN=g,DC=x", &[("cn", &[b"g"]), ("member;range=0-1", &[b"a", b"b"])]).await;
        for (wanted, name, value) in
            [("member;range=2-*", "member;range=2-2", b"c"), ("member;range=3-*", "member;range=3-*", b"d")]
        {
            let more = server.next().await.unwrap();
            assert!(holds(&more.bytes, wanted.as_bytes()));
            server.entry(more.id, "CN=g,DC=x", &[(name, &[&value[..]])]).await;
            server.done(more.id, 0x65, 0, None).await;
        }
        server.done(asked.id, 0x65, 0, Some(b"")).await;
        server
    });
    let found = directory.search(&request()).await.unwrap();
    assert_eq!(found[0].values("member"), [b"a", b"b", b"c", b"d"].map(|value| value.to_vec()));
    serving.await.unwrap();
}

async fn answer_with(bytes: &'static [u8]) -> StoreError {
    let (directory, mut server) = bench().await;
    let serving = tokio::spawn(async move {
        server.next().await.unwrap();
        server.stream.write_all(bytes).await.unwrap();
        server
    });
    let error = directory.search(&request()).await.unwrap_err();
    serving.await.unwrap();
    error
}

#[tokio::test]
async fn garbage_is_an_error_and_no_crash() {
    let not_ldap = answer_with(b"\x02\x01\x01\x02\x01\x01").await;
    assert_eq!(not_ldap.kind, StoreErrorKind::Corrupt, "{not_ldap}");
    let no_name = answer_with(b"\x30\x07\x02\x01\x01\x64\x02\x04\x00").await;
    assert_eq!(no_name.kind, StoreErrorKind::Corrupt, "{no_name}");
    let bad_name = answer_with(b"\x30\x0c\x02\x01\x01\x64\x07\x04\x03abc\x30\x00").await;
    assert_eq!((bad_name.kind, bad_name.object.as_str()), (StoreErrorKind::Corrupt, "abc"));
}

#[tokio::test]
async fn results_name_the_object_and_keep_the_servers_words() {
    let (directory, mut server) = bench().await;
    tokio::spawn(async move {
        for (tag, code) in [(0x65, 32), (0x6B, 66), (0x67, 68), (0x67, 16), (0x69, 50)] {
            let asked = server.next().await.unwrap();
            server.done(asked.id, tag, code, None).await;
        }
        server.next().await
    });
    let dn: Dn = "CN=a,DC=x".parse().unwrap();
    let missing = directory.read(&dn, &["cn"], None).await.unwrap_err();
    assert_eq!((missing.kind, missing.object.as_str()), (StoreErrorKind::NotFound, "CN=a,DC=x"));
    assert_eq!(directory.delete(&dn).await.unwrap_err().kind, StoreErrorKind::NotEmpty);
    // A value of a linked attribute that is there already is answered like an object that is (68).
    let add = [Change::Add(Attribute::text("member", "CN=b,DC=x"))];
    assert_eq!(directory.modify(&dn, &add).await.unwrap_err().kind, StoreErrorKind::Conflict);
    assert_eq!(directory.modify(&dn, &add).await.unwrap_err().kind, StoreErrorKind::Conflict);
    let denied = directory.add(&dn, &[Attribute::text("cn", "a")]).await.unwrap_err();
    assert_eq!(denied.kind, StoreErrorKind::AccessDenied);
    assert!(denied.detail.contains("said so"), "{denied}");
}

#[tokio::test]
async fn a_write_cut_off_is_told_as_unknown() {
    let (directory, mut server) = bench().await;
    tokio::spawn(async move {
        server.next().await.unwrap();
        drop(server);
    });
    let error = directory.delete(&"CN=a,DC=x".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unreachable);
    assert!(error.detail.contains("not known"), "{error}");
    assert_eq!(directory.logon.requests.load(Ordering::Relaxed), 1);
}
