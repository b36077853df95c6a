//! A relay between us and a file server that does to single messages what a bad network or an attacker does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a message.
pub enum Verdict {
    /// It is passed on, as it may have been changed.
    Pass,
    /// It never arrives.
    Swallow,
    /// So many of its bytes arrive, then the connection is cut.
    Cut(usize),
}

type Hook = Box<dyn FnMut(&mut Vec<u8>) -> Verdict + Send>;

/// The relay. Messages begin with the SMB2 header.
pub struct SmbProxy {
    /// Where it listens, `address:port`.
    pub address: String,
    shared: Arc<Shared>,
}

struct Shared {
    server: String,
    connections: AtomicUsize,
    on_request: Mutex<Hook>,
    on_answer: Mutex<Hook>,
}

impl SmbProxy {
    /// Starts a relay to `address:port`.
    pub async fn start(server: String) -> SmbProxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            server,
            connections: AtomicUsize::new(0),
            on_request: Mutex::new(Box::new(|_| Verdict::Pass)),
            on_answer: Mutex::new(Box::new(|_| Verdict::Pass)),
        });
        let listening = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                listening.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(relay(client, Arc::clone(&listening)));
            }
        });
        SmbProxy { address, shared }
    }

    /// Returns how many connections were made so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Looks at every request from now on.
    pub fn on_request(&self, hook: impl FnMut(&mut Vec<u8>) -> Verdict + Send + 'static) {
        *self.shared.on_request.lock().unwrap() = Box::new(hook);
    }

    /// Looks at every answer from now on.
    pub fn on_answer(&self, hook: impl FnMut(&mut Vec<u8>) -> Verdict + Send + 'static) {
        *self.shared.on_answer.lock().unwrap() = Box::new(hook);
    }

    /// Passes everything on unchanged again.
    pub fn heal(&self) {
        self.on_request(|_| Verdict::Pass);
        self.on_answer(|_| Verdict::Pass);
    }
}

/// Returns the command of a message ([MS-SMB2] 2.2.1.2).
pub fn command(message: &[u8]) -> u16 {
    u16::from_le_bytes([message[12], message[13]])
}

async fn relay(client: TcpStream, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(&shared.server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    // The end of one direction is the end of both.
    tokio::select! {
        _ = pump(&mut from_client, &mut to_server, &shared.on_request) => {}
        _ = pump(&mut from_server, &mut to_client, &shared.on_answer) => {}
    }
}

async fn pump(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    hook: &Mutex<Hook>,
) -> std::io::Result<()> {
    loop {
        let length = from.read_u32().await?;
        let mut message = vec![0; length as usize];
        from.read_exact(&mut message).await?;
        let verdict = (hook.lock().unwrap())(&mut message);
        let mut frame = u32::try_from(message.len()).unwrap().to_be_bytes().to_vec();
        frame.extend(message);
        match verdict {
            Verdict::Pass => to.write_all(&frame).await?,
            Verdict::Swallow => {}
            Verdict::Cut(bytes) => {
                to.write_all(&frame[..bytes.min(frame.len())]).await?;
                return to.flush().await;
            }
        }
    }
}
