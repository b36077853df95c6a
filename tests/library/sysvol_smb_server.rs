//! File servers that are none, or none to be trusted.

use std::time::{Duration, Instant};

use opengpmc::store::auth::UserName;
use opengpmc::store::{Secret, SmbLogon, SmbServer, SmbSysvol, StoreError, StoreErrorKind};
use smb2::msg::Header;
use smb2::msg::negotiate::NegotiateResponse;
use smb2::msg::session_setup::{SessionFlags, SessionSetupResponse};
use smb2::msg::tree_connect::{ShareType, TreeConnectResponse};
use smb2::pack::{Guid, Pack, ReadCursor, Unpack, WriteCursor};
use smb2::types::flags::{Capabilities, SecurityMode, ShareCapabilities, ShareFlags};
use smb2::types::status::NtStatus;
use smb2::types::{Command, Dialect, SessionId, TreeId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TIMEOUT: Duration = Duration::from_secs(1);

/// Opens a SYSVOL on whatever listens there, as a user with a password.
async fn open(address: String) -> StoreError {
    let domain: opengpmc::ident::DnsName = "corp.example.com".parse().unwrap();
    let server = SmbServer { host: "dc1.corp.example.com".into(), address: Some(address), domain: domain.clone() };
    let password = Secret::new("topsecret".to_owned());
    let logon = SmbLogon::Ntlm { user: UserName::new("administrator"), home: domain, password };
    let started = Instant::now();
    let error = SmbSysvol::open(server, vec![logon], TIMEOUT).await.err().unwrap();
    assert!(started.elapsed() < TIMEOUT * 3, "{:?}", started.elapsed());
    assert_eq!(error.object, r"\\dc1.corp.example.com\sysvol");
    assert!(!format!("{error} {error:?}").contains("topsecret"));
    error
}

/// Starts a server that does this with each connection, and returns where it listens.
async fn listen<W: Future<Output = ()> + Send>(serve: impl Fn(TcpStream) -> W + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream).await;
        }
    });
    address
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = open(address.clone()).await;
    assert_eq!(error.kind, StoreErrorKind::Unreachable);
    assert!(error.detail.contains(&address), "{error}");
}

#[tokio::test]
async fn an_unknown_name_is_unreachable() {
    assert_eq!(open("dc1.corp.invalid".to_owned()).await.kind, StoreErrorKind::Unreachable);
}

#[tokio::test]
async fn a_silent_server_times_out() {
    let address = listen(async |mut stream: TcpStream| {
        let mut buffer = [0; 1024];
        while stream.read(&mut buffer).await.is_ok_and(|got| got > 0) {}
    })
    .await;
    assert_eq!(open(address).await.kind, StoreErrorKind::Timeout);
}

#[tokio::test]
async fn a_server_that_hangs_up_is_unreachable() {
    let address = listen(async |stream| drop(stream)).await;
    assert_eq!(open(address).await.kind, StoreErrorKind::Unreachable);
}

#[tokio::test]
async fn another_protocol_is_no_file_server() {
    let address = listen(async |mut stream: TcpStream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
    })
    .await;
    let error = open(address).await;
    let expected = [StoreErrorKind::Unreachable, StoreErrorKind::Corrupt, StoreErrorKind::Timeout];
    assert!(expected.contains(&error.kind), "{error}");
}

#[tokio::test]
async fn a_guest_session_is_refused() {
    for flags in [SessionFlags::IS_GUEST, SessionFlags::IS_NULL] {
        for dialect in [Dialect::Smb2_1, Dialect::Smb3_0_2] {
            let error = open(accept_anybody(dialect, flags).await).await;
            assert_eq!(error.kind, StoreErrorKind::AuthenticationRefused, "{error}");
        }
    }
}

#[tokio::test]
async fn an_unsigned_session_is_refused() {
    for dialect in [Dialect::Smb2_0_2, Dialect::Smb2_1, Dialect::Smb3_0_2] {
        let error = open(accept_anybody(dialect, 0).await).await;
        assert_eq!(error.kind, StoreErrorKind::Integrity, "{dialect:?}: {error}");
    }
}

/// Starts a server that lets everybody in without knowing any password, and signs nothing.
async fn accept_anybody(dialect: Dialect, session_flags: u16) -> String {
    listen(move |mut stream: TcpStream| async move {
        let mut rounds = 0;
        loop {
            let Ok(length) = stream.read_u32().await else { return };
            let mut request = vec![0; length as usize];
            if stream.read_exact(&mut request).await.is_err() {
                return;
            }
            let mut header = Header::unpack(&mut ReadCursor::new(&request)).unwrap();
            header.flags.set_response();
            header.credits = 64;
            header.signature = [0; 16];
            let body: Box<dyn Pack + Send> = match header.command {
                Command::Negotiate => Box::new(NegotiateResponse {
                    security_mode: SecurityMode::new(SecurityMode::SIGNING_ENABLED),
                    dialect_revision: dialect,
                    server_guid: Guid::default(),
                    capabilities: Capabilities::default(),
                    max_transact_size: 65_536,
                    max_read_size: 65_536,
                    max_write_size: 65_536,
                    system_time: 0,
                    server_start_time: 0,
                    security_buffer: Vec::new(),
                    negotiate_contexts: Vec::new(),
                }),
                Command::SessionSetup => {
                    rounds += 1;
                    header.session_id = SessionId(7);
                    let first = rounds == 1;
                    header.status = if first { NtStatus::MORE_PROCESSING_REQUIRED } else { NtStatus::SUCCESS };
                    Box::new(SessionSetupResponse {
                        session_flags: SessionFlags(if first { 0 } else { session_flags }),
                        security_buffer: if first { ntlm_challenge() } else { Vec::new() },
                    })
                }
                _ => {
                    header.tree_id = Some(TreeId(1));
                    Box::new(TreeConnectResponse {
                        share_type: ShareType::Disk,
                        share_flags: ShareFlags::default(),
                        capabilities: ShareCapabilities::default(),
                        maximal_access: u32::MAX,
                    })
                }
            };
            let mut cursor = WriteCursor::new();
            header.pack(&mut cursor);
            body.pack(&mut cursor);
            let answer = cursor.into_inner();
            let mut frame = u32::try_from(answer.len()).unwrap().to_be_bytes().to_vec();
            frame.extend(answer);
            if stream.write_all(&frame).await.is_err() {
                return;
            }
        }
    })
    .await
}

/// Returns a CHALLENGE_MESSAGE without names ([MS-NLMP] 2.2.1.2).
fn ntlm_challenge() -> Vec<u8> {
    let mut message = b"NTLMSSP\0".to_vec();
    message.extend(2_u32.to_le_bytes());
    message.extend([0, 0, 0, 0, 56, 0, 0, 0]);
    // Unicode, sign, seal, NTLM, extended session security, target information, 128 bit, key exchange, 56 bit.
    message.extend(0xE088_0231_u32.to_le_bytes());
    message.extend([1, 2, 3, 4, 5, 6, 7, 8]);
    message.extend([0; 8]);
    message.extend([4, 0, 4, 0, 56, 0, 0, 0]);
    message.resize(56, 0);
    // End of the target information.
    message.extend([0; 4]);
    message
}
