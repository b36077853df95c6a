//! Carries bytes between the server's socket and the LDAP library, which takes only streams of the system: the library
//! gets one end of a pair of sockets, a task of ours serves the other and seals or encrypts on the way.
//!
//! A frame is its length (4 bytes, big endian) and a sealed message (RFC 4422 3.7). Frames and LDAP messages are
//! independent: a message may span frames, and a frame hold many messages.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use crate::store::{StoreError, StoreErrorKind};

use super::{Layer, Seal, Unseal};

/// Why a connection ended, known to the relay alone and told to those whose calls fail by it.
#[derive(Clone, Debug, Default)]
pub(crate) struct EndReason(Arc<Mutex<Option<StoreError>>>);

impl EndReason {
    /// Returns the reason, once the connection has ended.
    pub fn get(&self) -> Option<StoreError> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Ends the connection for those who look before they call; the first reason stays.
    pub fn set(&self, error: StoreError) {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(error);
    }
}

/// Starts a relay that seals; ends with either side.
pub(crate) fn spawn_sealed<O, I>(outer: O, inner: I, layer: Layer, host: String) -> EndReason
where
    O: AsyncRead + AsyncWrite + Send + 'static,
    I: AsyncRead + AsyncWrite + Send + 'static,
{
    let reason = EndReason::default();
    let told = reason.clone();
    tokio::spawn(async move {
        let Layer { seal, unseal, largest_plain } = layer;
        let (outer_read, outer_write) = tokio::io::split(outer);
        let (inner_read, mut inner_write) = tokio::io::split(inner);
        let ended = tokio::select! {
            ended = send_sealed(inner_read, outer_write, seal, largest_plain, &host) => ended,
            ended = receive_sealed(outer_read, &mut inner_write, unseal, &host) => ended,
        };
        // The reason is there before the library sees the end of its stream.
        told.set(ended.err().unwrap_or_else(|| given_up(&host)));
    });
    reason
}

/// Starts a relay that passes everything on, for a stream that is protected by TLS.
pub(crate) fn spawn_plain<O, I>(mut outer: O, mut inner: I, host: String) -> EndReason
where
    O: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let reason = EndReason::default();
    let told = reason.clone();
    tokio::spawn(async move {
        let (mut outer_read, mut outer_write) = tokio::io::split(&mut outer);
        let (mut inner_read, mut inner_write) = tokio::io::split(&mut inner);
        let ended = tokio::select! {
            ended = pass_on(&mut inner_read, &mut outer_write) => ended.map(|()| given_up(&host)),
            ended = pass_on(&mut outer_read, &mut inner_write) => ended.map(|()| closed(&host)),
        };
        let error = match ended {
            Ok(reason) => reason,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                StoreError::new(StoreErrorKind::Integrity, &host).with_detail(error)
            }
            Err(error) => broken(&host, &error),
        };
        told.set(error);
    });
    reason
}

/// Longer messages are refused before anything is allocated for them.
const LARGEST_RECEIVED: usize = 0xFF_FFFF;
const BUFFER_LENGTH: usize = 64 * 1024;

fn closed(host: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unreachable, host).with_detail("the server closed the connection")
}

/// The library leaves by itself only where it cannot make sense of an answer, or where nobody holds it any more.
fn given_up(host: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, host).with_detail("the server's answer cannot be read as LDAP")
}

fn broken(host: &str, error: &std::io::Error) -> StoreError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return closed(host);
    }
    StoreError { kind: StoreErrorKind::Unreachable, ..StoreError::from_io(host, error) }
}

async fn pass_on(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
    let mut buffer = vec![0; BUFFER_LENGTH];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..count]).await?;
        to.flush().await?;
    }
}

async fn send_sealed(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut seal: Box<dyn Seal>,
    largest_plain: usize,
    host: &str,
) -> Result<(), StoreError> {
    let mut buffer = vec![0; largest_plain];
    loop {
        let count = from.read(&mut buffer).await.map_err(|error| broken(host, &error))?;
        if count == 0 {
            return Ok(());
        }
        let token = seal.seal(&buffer[..count]).map_err(|error| error.to_store(host))?;
        let mut frame = (token.len() as u32).to_be_bytes().to_vec();
        frame.extend_from_slice(&token);
        to.write_all(&frame).await.map_err(|error| broken(host, &error))?;
        to.flush().await.map_err(|error| broken(host, &error))?;
    }
}

async fn receive_sealed(
    from: impl AsyncRead + Unpin,
    to: &mut (impl AsyncWrite + Unpin),
    mut unseal: Box<dyn Unseal>,
    host: &str,
) -> Result<(), StoreError> {
    let mut from = BufReader::with_capacity(BUFFER_LENGTH, from);
    let mut token = Vec::new();
    loop {
        let length = from.read_u32().await.map_err(|error| broken(host, &error))? as usize;
        if length > LARGEST_RECEIVED {
            return Err(StoreError::new(StoreErrorKind::Corrupt, host)
                .with_detail(format!("a sealed message of {length} bytes is longer than agreed")));
        }
        token.resize(length, 0);
        from.read_exact(&mut token).await.map_err(|error| broken(host, &error))?;
        let plain = unseal.unseal(&token).map_err(|error| error.to_store(host))?;
        to.write_all(&plain).await.map_err(|error| broken(host, &error))?;
        to.flush().await.map_err(|error| broken(host, &error))?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::gssapi::tests::layer_pair;
    use super::*;
    use std::time::Duration;
    use tokio::io::{DuplexStream, duplex};

    const LIMIT: Duration = Duration::from_secs(10);

    struct Bench {
        /// The library's end.
        plain: DuplexStream,
        /// The server's end.
        wire: DuplexStream,
        /// What the server seals and opens with.
        server: Layer,
        reason: EndReason,
    }

    fn bench(largest_plain: usize) -> Bench {
        let (client, server) = layer_pair(largest_plain);
        let (wire, outer) = duplex(1 << 20);
        let (plain, inner) = duplex(1 << 20);
        let reason = spawn_sealed(outer, inner, client, "dc1".to_owned());
        Bench { plain, wire, server, reason }
    }

    impl Bench {
        fn frame(&mut self, plain: &[u8]) -> Vec<u8> {
            let token = self.server.seal.seal(plain).unwrap();
            [&(token.len() as u32).to_be_bytes()[..], &token].concat()
        }

        async fn expect(&mut self, expected: &[u8]) {
            let mut found = vec![0; expected.len()];
            tokio::time::timeout(LIMIT, self.plain.read_exact(&mut found)).await.unwrap().unwrap();
            assert_eq!(found, expected);
        }

        async fn expect_end(&mut self, kind: StoreErrorKind) {
            let count = tokio::time::timeout(LIMIT, self.plain.read(&mut [0; 16])).await.unwrap().unwrap();
            assert_eq!(count, 0);
            assert_eq!(self.reason.get().unwrap().kind, kind);
        }
    }

    #[tokio::test]
    async fn frames_may_be_cut_at_every_byte() {
        let mut cut = 1;
        loop {
            // Each cut needs a connection of its own: sequence numbers run on.
            let mut bench = bench(1000);
            let whole = [bench.frame(b"first answer"), bench.frame(b"second")].concat();
            bench.wire.write_all(&whole[..cut]).await.unwrap();
            tokio::task::yield_now().await;
            bench.wire.write_all(&whole[cut..]).await.unwrap();
            bench.expect(b"first answersecond").await;
            cut += 1;
            if cut == whole.len() {
                break;
            }
        }
    }

    #[tokio::test]
    async fn many_frames_in_one_read_and_byte_by_byte() {
        let mut bench = bench(1000);
        let frames: Vec<u8> = (0..50_u8).flat_map(|number| bench.frame(&[number; 7])).collect();
        let expected: Vec<u8> = (0..50_u8).flat_map(|number| [number; 7]).collect();
        bench.wire.write_all(&frames).await.unwrap();
        bench.expect(&expected).await;
        let slow = bench.frame(b"slow");
        for byte in slow {
            bench.wire.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        bench.expect(b"slow").await;
    }

    #[tokio::test]
    async fn long_messages_are_sent_in_frames_within_the_limit() {
        let message: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
        let sent = message.clone();
        let Bench { mut plain, mut wire, mut server, .. } = bench(1000);
        let sender = tokio::spawn(async move {
            plain.write_all(&sent).await.unwrap();
            plain
        });
        let mut received = Vec::new();
        while received.len() < message.len() {
            let length = tokio::time::timeout(LIMIT, wire.read_u32()).await.unwrap().unwrap() as usize;
            assert!(length <= 1060);
            let mut token = vec![0; length];
            wire.read_exact(&mut token).await.unwrap();
            received.extend(server.unseal.unseal(&token).unwrap());
        }
        assert_eq!(received, message);
        drop(sender.await.unwrap());
    }

    #[tokio::test]
    async fn the_reason_of_the_end_is_kept() {
        let mut damaged = bench(1000);
        let mut frame = damaged.frame(b"answer");
        frame[30] ^= 1;
        damaged.wire.write_all(&frame).await.unwrap();
        damaged.expect_end(StoreErrorKind::Integrity).await;

        let mut gap = bench(1000);
        gap.frame(b"lost");
        let frame = gap.frame(b"answer");
        gap.wire.write_all(&frame).await.unwrap();
        gap.expect_end(StoreErrorKind::Integrity).await;

        let mut oversize = bench(1000);
        oversize.wire.write_all(&0x0100_0000_u32.to_be_bytes()).await.unwrap();
        oversize.expect_end(StoreErrorKind::Corrupt).await;

        let mut stopped = bench(1000);
        let frame = stopped.frame(b"answer");
        stopped.wire.write_all(&frame[..10]).await.unwrap();
        drop(std::mem::replace(&mut stopped.wire, duplex(1).0));
        stopped.expect_end(StoreErrorKind::Unreachable).await;
    }

    #[tokio::test]
    async fn the_library_leaving_ends_the_relay() {
        let Bench { plain, mut wire, reason, .. } = bench(1000);
        drop(plain);
        let count = tokio::time::timeout(LIMIT, wire.read(&mut [0; 16])).await.unwrap().unwrap();
        assert_eq!(count, 0);
        assert_eq!(reason.get().unwrap().kind, StoreErrorKind::Corrupt);
    }
}
