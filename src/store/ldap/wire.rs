//! LDAP by hand, for the few messages before the LDAP library takes over: reading the rootDSE, StartTLS and the binds
//! (RFC 4511 4.2, 4.5, 4.12).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

use crate::store::ber::{self, BerError, Reader};
use crate::store::{StoreError, StoreErrorKind};

/// A connection on which one message at a time is sent and answered.
pub(crate) struct Wire<S> {
    stream: S,
    host: String,
    next_id: u32,
    requests: Arc<AtomicU64>,
}

/// What a server answers to a bind or extended request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// LDAP result code.
    pub code: u32,
    /// What the server says in words.
    pub text: String,
    /// Credentials of the server, in a SASL bind.
    pub credentials: Option<Vec<u8>>,
}

/// Attributes of the rootDSE, names in lower case.
pub(crate) type RootAttributes = Vec<(String, Vec<Vec<u8>>)>;

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Takes a fresh connection over; requests are counted.
    pub fn new(stream: S, host: &str, requests: Arc<AtomicU64>) -> Self {
        Wire { stream, host: host.to_owned(), next_id: 1, requests }
    }

    /// Gives the connection back, with nothing read ahead.
    pub fn into_inner(self) -> S {
        self.stream
    }

    /// Logs on with name and password; only ever called inside TLS.
    pub async fn bind_simple(&mut self, name: &str, password: &str) -> Result<Answer, StoreError> {
        let password = Zeroizing::new(ber::element(0x80, &[password.as_bytes()]));
        self.bind(name, &password).await
    }

    /// Sends one step of a SASL bind.
    pub async fn bind_sasl(&mut self, mechanism: &str, credentials: &[u8]) -> Result<Answer, StoreError> {
        let mechanism = ber::element(ber::OCTET_STRING, &[mechanism.as_bytes()]);
        let credentials = ber::element(ber::OCTET_STRING, &[credentials]);
        self.bind("", &ber::element(0xA3, &[&mechanism, &credentials])).await
    }

    /// Asks for TLS on this connection.
    pub async fn start_tls(&mut self) -> Result<Answer, StoreError> {
        let request = ber::element(0x77, &[&ber::element(0x80, &[b"1.3.6.1.4.1.1466.20037"])]);
        let id = self.send(&request).await?;
        let (tag, content) = self.receive(id).await?;
        self.answer(tag, 0x78, &content)
    }

    /// Reads attributes of the rootDSE, which every server tells without logon.
    pub async fn root_dse(&mut self, attributes: &[&str]) -> Result<RootAttributes, StoreError> {
        let names: Vec<u8> =
            attributes.iter().flat_map(|name| ber::element(ber::OCTET_STRING, &[name.as_bytes()])).collect();
        let number = |tag, value| ber::unsigned(tag, value);
        let request = ber::element(
            0x63,
            &[
                &ber::element(ber::OCTET_STRING, &[]),
                &number(ber::ENUMERATED, 0),
                &number(ber::ENUMERATED, 0),
                &number(ber::INTEGER, 0),
                &number(ber::INTEGER, 0),
                &ber::element(0x01, &[&[0]]),
                &ber::element(0x87, &[b"objectClass"]),
                &ber::element(ber::SEQUENCE, &[&names]),
            ],
        );
        let id = self.send(&request).await?;
        let mut found = RootAttributes::new();
        loop {
            let (tag, content) = self.receive(id).await?;
            match tag {
                0x64 => found = read_entry(&content).map_err(|error| self.corrupt(error))?,
                0x73 => {}
                _ => {
                    let answer = self.answer(tag, 0x65, &content)?;
                    if answer.code == 0 {
                        return Ok(found);
                    }
                    return Err(super::outcome::store_error(answer.code, &answer.text, &self.host));
                }
            }
        }
    }

    async fn bind(&mut self, name: &str, authentication: &[u8]) -> Result<Answer, StoreError> {
        let version = ber::unsigned(ber::INTEGER, 3);
        let name = ber::element(ber::OCTET_STRING, &[name.as_bytes()]);
        let request = Zeroizing::new(ber::element(0x60, &[&version, &name, authentication]));
        let id = self.send(&request).await?;
        let (tag, content) = self.receive(id).await?;
        self.answer(tag, 0x61, &content)
    }

    async fn send(&mut self, operation: &[u8]) -> Result<u32, StoreError> {
        let id = self.next_id;
        self.next_id += 1;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let id_bytes = ber::unsigned(ber::INTEGER, id);
        let message = Zeroizing::new(ber::element(ber::SEQUENCE, &[&id_bytes, operation]));
        let sent = async {
            self.stream.write_all(&message).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| self.broken(&error))?;
        Ok(id)
    }

    /// Reads exactly one message, so that what follows it is left for whoever takes the connection over.
    async fn receive(&mut self, expected_id: u32) -> Result<(u8, Vec<u8>), StoreError> {
        let length = self.read_header().await?;
        let mut content = vec![0; length];
        self.stream.read_exact(&mut content).await.map_err(|error| self.broken(&error))?;
        let read = || {
            let mut message = Reader::new(&content);
            let id = ber::integer(message.expect(ber::INTEGER, "a message number")?)?;
            let (tag, operation) = message.element()?;
            Ok::<_, BerError>((id, tag, operation.to_vec()))
        };
        let (id, tag, operation) = read().map_err(|error| self.corrupt(error))?;
        if id == 0 && tag == 0x78 {
            let answer = self.answer(tag, 0x78, &operation)?;
            return Err(StoreError::new(StoreErrorKind::Unreachable, &self.host)
                .with_detail(format!("the server ends the connection: {}", answer.text))
                .with_code(answer.code));
        }
        if id != i64::from(expected_id) {
            return Err(self.corrupt("an answer to another question"));
        }
        Ok((tag, operation))
    }

    async fn read_header(&mut self) -> Result<usize, StoreError> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).await.map_err(|error| self.broken(&error))?;
        let [tag, first] = head;
        if tag != ber::SEQUENCE {
            return Err(self.corrupt("this is not LDAP"));
        }
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let count = usize::from(first & 0x7F);
            let mut bytes = [0; 8];
            let Some(used) = bytes.get_mut(..count).filter(|used| !used.is_empty()) else {
                return Err(self.corrupt("a message without length"));
            };
            self.stream.read_exact(used).await.map_err(|error| self.broken(&error))?;
            length = bytes[..count].iter().fold(0, |value, &byte| value << 8 | usize::from(byte));
        }
        if length > LARGEST_MESSAGE {
            return Err(self.corrupt("an answer longer than any to such a question"));
        }
        Ok(length)
    }

    fn answer(&self, tag: u8, expected_tag: u8, content: &[u8]) -> Result<Answer, StoreError> {
        if tag != expected_tag {
            return Err(self.corrupt("another kind of answer than expected"));
        }
        read_answer(content).map_err(|error| self.corrupt(error))
    }

    fn corrupt(&self, what: impl std::fmt::Display) -> StoreError {
        StoreError::new(StoreErrorKind::Corrupt, &self.host).with_detail(format!("the server's answer: {what}"))
    }

    fn broken(&self, error: &std::io::Error) -> StoreError {
        let detail = match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
            _ => error.to_string(),
        };
        StoreError::new(StoreErrorKind::Unreachable, &self.host).with_detail(detail)
    }
}

/// Returns the first value of an attribute of the rootDSE as text.
pub(crate) fn first_text(attributes: &RootAttributes, name: &str) -> Option<String> {
    let (_, values) = attributes.iter().find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    values.first().map(|value| String::from_utf8_lossy(value).into_owned())
}

const LARGEST_MESSAGE: usize = 1 << 20;

fn read_answer(content: &[u8]) -> Result<Answer, BerError> {
    let mut fields = Reader::new(content);
    let code = ber::integer(fields.expect(ber::ENUMERATED, "a result code")?)?;
    fields.expect(ber::OCTET_STRING, "a matched name")?;
    let text = String::from_utf8_lossy(fields.expect(ber::OCTET_STRING, "a message")?).into_owned();
    let mut credentials = None;
    while !fields.is_empty() {
        let (tag, content) = fields.element()?;
        if tag == 0x87 {
            credentials = Some(content.to_vec());
        }
    }
    let code = u32::try_from(code).map_err(|_| BerError { expected: "a result code" })?;
    Ok(Answer { code, text: text.trim_end_matches('\0').trim().to_owned(), credentials })
}

fn read_entry(content: &[u8]) -> Result<RootAttributes, BerError> {
    let mut fields = Reader::new(content);
    fields.expect(ber::OCTET_STRING, "a name")?;
    let mut attributes = fields.enter(ber::SEQUENCE, "attributes")?;
    let mut found = Vec::new();
    while !attributes.is_empty() {
        let mut attribute = attributes.enter(ber::SEQUENCE, "an attribute")?;
        let name = attribute.expect(ber::OCTET_STRING, "an attribute's name")?;
        let mut values = attribute.enter(ber::SET, "values")?;
        let mut list = Vec::new();
        while !values.is_empty() {
            list.push(values.expect(ber::OCTET_STRING, "a value")?.to_vec());
        }
        found.push((String::from_utf8_lossy(name).to_lowercase(), list));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    async fn answer_with(reply: &[u8], cut: usize) -> Result<Answer, StoreError> {
        let (client, mut server) = duplex(4096);
        let mut wire = Wire::new(client, "dc1", Arc::default());
        let (first, second) = (reply[..cut].to_vec(), reply[cut..].to_vec());
        let serve = tokio::spawn(async move {
            let mut request = [0; 256];
            assert!(server.read(&mut request).await.unwrap() > 0);
            server.write_all(&first).await.unwrap();
            tokio::task::yield_now().await;
            server.write_all(&second).await.unwrap();
            server
        });
        let answer = wire.bind_sasl("GSSAPI", b"token").await;
        let mut server = serve.await.unwrap();
        // What comes after the answer is still there.
        server.write_all(b"next").await.unwrap();
        let mut next = [0; 4];
        if answer.is_ok() {
            wire.into_inner().read_exact(&mut next).await.unwrap();
            assert_eq!(&next, b"next");
        }
        answer
    }

    #[tokio::test]
    async fn answers_are_read_whole_and_no_further() {
        // With the long lengths that domain controllers write.
        let reply = b"\x30\x84\0\0\0\x14\x02\x01\x01\x61\x84\0\0\0\x0b\x0a\x01\x0e\x04\0\x04\x00\x87\x02ok";
        for cut in 0..reply.len() {
            let answer = answer_with(reply, cut).await.unwrap();
            assert_eq!((answer.code, answer.credentials), (14, Some(b"ok".to_vec())));
        }
    }

    #[tokio::test]
    async fn what_is_no_ldap_is_told() {
        for (reply, kind) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], StoreErrorKind::Corrupt),
            (b"\x30\x84\xff\xff\xff\xff", StoreErrorKind::Corrupt),
            (b"\x30\x80", StoreErrorKind::Corrupt),
            (b"\x30\x03\x02\x01\x01", StoreErrorKind::Corrupt),
            (b"\x30\x05\x02\x01\x07\x61\x00", StoreErrorKind::Corrupt),
            (b"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\0\x04\0", StoreErrorKind::Unreachable),
        ] {
            assert_eq!(answer_with(reply, 0).await.unwrap_err().kind, kind, "{reply:02x?}");
        }
    }
}
