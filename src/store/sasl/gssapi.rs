//! The Kerberos mechanism of GSSAPI as an initiator: context tokens and sealed messages (RFC 4121, RFC 4752).

use smb2::auth::kerberos::messages::{EncryptedData, encode_ap_req, encode_authenticator, parse_ap_rep};

use crate::store::auth::{Key, ServiceTicket, UsageKeys, kerberos_time_now, krb_error_to_store, raw_ticket};
use crate::store::ber::{self, BerError, Reader};
use crate::store::{StoreError, StoreErrorKind};

use super::{Layer, LayerError, Seal, Unseal};

/// The side that logs on, waiting for the server to prove itself.
pub(crate) struct Initiator {
    session_key: Key,
    subkey: Key,
    time: String,
    microseconds: u32,
    sequence: u32,
    host: String,
}

/// An established context: both sides have proven themselves.
pub(crate) struct Context {
    wrap: Wrap,
    unwrap: Unwrap,
}

impl Initiator {
    /// Starts a context with a ticket for the server; returns it with the first token. `binding` is the hash of the
    /// channel bindings, zeros outside TLS.
    pub fn start(ticket: &ServiceTicket, host: &str, binding: [u8; 16]) -> Result<(Self, Vec<u8>), StoreError> {
        let ticket = &ticket.0;
        let no_randomness = |error: getrandom::Error| LayerError::System(error.to_string()).to_store(host);
        let subkey = ticket.key.random_like().map_err(no_randomness)?;
        // Some servers read sequence numbers as signed numbers.
        let sequence = getrandom::u32().map_err(no_randomness)? & 0x3FFF_FFFF;
        let (time, microseconds) = kerberos_time_now();
        let mut checksum = 16_u32.to_le_bytes().to_vec();
        checksum.extend_from_slice(&binding);
        checksum.extend_from_slice(&CONTEXT_FLAGS.to_le_bytes());
        let authenticator = encode_authenticator(
            &ticket.client_realm,
            &ticket.client,
            &time,
            microseconds,
            Some((subkey.bytes(), subkey.etype())),
            Some(sequence),
            Some((&checksum, GSS_CHECKSUM_TYPE)),
        );
        let cipher = ticket.key.for_usage(11).encrypt(&authenticator).map_err(no_randomness)?;
        let sealed = EncryptedData { etype: ticket.key.etype(), kvno: None, cipher };
        let ap_req = encode_ap_req(&raw_ticket(&ticket.ticket), &sealed, true);
        let token = ber::element(0x60, &[KERBEROS_OID, &[0x01, 0x00], &ap_req]);
        let session_key = ticket.key.clone();
        Ok((Initiator { session_key, subkey, time, microseconds, sequence, host: host.to_owned() }, token))
    }

    /// Reads the server's answer and returns the established context.
    pub fn finish(self, token: &[u8]) -> Result<Context, StoreError> {
        let corrupt = |error: &dyn std::fmt::Display| {
            StoreError::new(StoreErrorKind::Corrupt, &self.host).with_detail(format!("Kerberos answer: {error}"))
        };
        let untrue = |detail: &str| StoreError::new(StoreErrorKind::Integrity, &self.host).with_detail(detail);
        let (token_id, message) = context_token(token).map_err(|error| corrupt(&error))?;
        if token_id == [0x03, 0x00] {
            return Err(krb_error_to_store(message, &self.host).unwrap_or_else(|| corrupt(&"an unreadable error")));
        }
        let reply = parse_ap_rep(message).map_err(|error| corrupt(&error))?;
        let plain = self.session_key.for_usage(12).decrypt(&reply.enc_part.cipher);
        let plain = plain.ok_or_else(|| untrue("the server could not prove that it knows the ticket's key"))?;
        let reply = read_reply(&plain).map_err(|error| corrupt(&error))?;
        if (reply.time.as_str(), reply.microseconds) != (self.time.as_str(), self.microseconds) {
            return Err(untrue("the server's proof belongs to another logon"));
        }
        let (key, acceptor_subkey) = match reply.subkey {
            Some((etype, bytes)) => {
                let key = Key::new(etype, bytes);
                (key.ok_or_else(|| corrupt(&format!("key of type {etype}")))?, FLAG_ACCEPTOR_SUBKEY)
            }
            None => (self.subkey, 0),
        };
        Ok(Context {
            wrap: Wrap::new(&key, USAGE_INITIATOR_SEAL, acceptor_subkey, self.sequence.into()),
            unwrap: Unwrap::new(&key, USAGE_ACCEPTOR_SEAL, acceptor_subkey | FLAG_SENT_BY_ACCEPTOR, reply.sequence),
        })
    }
}

impl Context {
    /// Reads the server's offer of layers and returns our choice, confidentiality, with the layer (RFC 4752 3.1).
    pub fn choose_sealing(mut self, offer: &[u8], host: &str) -> Result<(Layer, Vec<u8>), StoreError> {
        let offer = self.unwrap.open(offer, false).map_err(|error| error.to_store(host))?;
        let limit = read_offer(&offer, host)?;
        let choice = self.wrap.sign(&OUR_CHOICE);
        // Header, confounder, copy of the header and checksum.
        let overhead = HEADER_LENGTH + 16 + HEADER_LENGTH + 12;
        let largest_plain = limit.min(LARGEST_SENT).saturating_sub(overhead);
        if largest_plain == 0 {
            return Err(StoreError::new(StoreErrorKind::AuthenticationRefused, host)
                .with_detail("the server takes no sealed message long enough to hold anything"));
        }
        Ok((Layer { seal: Box::new(self.wrap), unseal: Box::new(self.unwrap), largest_plain }, choice))
    }
}

/// Our answer to the offer: confidentiality, and the longest message we take.
pub(crate) const OUR_CHOICE: [u8; 4] = [4, 0xFF, 0xFF, 0xFF];

/// Returns the longest message the server takes; fails unless it offers confidentiality.
pub(crate) fn read_offer(offer: &[u8], host: &str) -> Result<usize, StoreError> {
    let [layers, high, middle, low] = offer[..] else {
        return Err(StoreError::new(StoreErrorKind::Corrupt, host)
            .with_detail(format!("the offer of layers has {} bytes instead of 4", offer.len())));
    };
    if layers & 4 == 0 {
        return Err(StoreError::new(StoreErrorKind::AuthenticationRefused, host)
            .with_detail("the server offers no confidentiality outside TLS"));
    }
    Ok(u32::from_be_bytes([0, high, middle, low]) as usize)
}

/// Longer messages than this are never sent, whatever the server would take.
pub(crate) const LARGEST_SENT: usize = 65_536;

const KERBEROS_OID: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02];
const GSS_CHECKSUM_TYPE: i32 = 0x8003;
/// Mutual authentication, replay and sequence detection, confidentiality, integrity (RFC 4121 4.1.1.1).
const CONTEXT_FLAGS: u32 = 0x3E;
const USAGE_ACCEPTOR_SEAL: u32 = 22;
const USAGE_INITIATOR_SEAL: u32 = 24;
const HEADER_LENGTH: usize = 16;
const FLAG_SENT_BY_ACCEPTOR: u8 = 1;
const FLAG_SEALED: u8 = 2;
const FLAG_ACCEPTOR_SUBKEY: u8 = 4;

fn context_token(token: &[u8]) -> Result<([u8; 2], &[u8]), BerError> {
    let mut inner = Reader::new(token).enter(0x60, "a GSSAPI token")?;
    let oid = inner.expect(0x06, "a mechanism")?;
    if oid != &KERBEROS_OID[2..] {
        return Err(BerError { expected: "the Kerberos mechanism" });
    }
    match inner.rest() {
        [first, second, message @ ..] => Ok(([*first, *second], message)),
        _ => Err(BerError { expected: "a token number" }),
    }
}

struct Reply {
    time: String,
    microseconds: u32,
    subkey: Option<(i32, Vec<u8>)>,
    sequence: u64,
}

/// EncAPRepPart (RFC 4120 5.5.2).
fn read_reply(plain: &[u8]) -> Result<Reply, BerError> {
    let number = |content: &[u8]| -> Result<u32, BerError> {
        let value = ber::integer(Reader::new(content).expect(ber::INTEGER, "a number")?)?;
        // Sequence numbers above 2^31 come from some servers as negative numbers.
        u32::try_from(value)
            .or(i32::try_from(value).map(|value| value as u32))
            .map_err(|_| BerError { expected: "a number of 32 bits" })
    };
    let mut fields = Reader::new(plain).enter(0x7B, "a proof")?.enter(ber::SEQUENCE, "its fields")?;
    let time = fields.enter(0xA0, "a time")?.expect(ber::GENERALIZED_TIME, "a time")?;
    let microseconds = number(fields.expect(0xA1, "microseconds")?)?;
    let subkey = match fields.optional(0xA2)? {
        Some(content) => {
            let mut key = Reader::new(content).enter(ber::SEQUENCE, "a key")?;
            let etype = number(key.expect(0xA0, "a key's type")?)?;
            let bytes = key.enter(0xA1, "a key's value")?.expect(ber::OCTET_STRING, "a key's value")?;
            Some((i32::try_from(etype).unwrap_or(-1), bytes.to_vec()))
        }
        None => None,
    };
    let sequence = fields.optional(0xA3)?.map(number).transpose()?.unwrap_or(0);
    Ok(Reply { time: String::from_utf8_lossy(time).into_owned(), microseconds, subkey, sequence: sequence.into() })
}

/// One direction, sending.
struct Wrap {
    keys: UsageKeys,
    flags: u8,
    sequence: u64,
}

impl Wrap {
    fn new(key: &Key, usage: u32, flags: u8, sequence: u64) -> Self {
        Wrap { keys: key.for_usage(usage), flags, sequence }
    }

    fn header(&mut self, flags: u8, extra_count: u16) -> [u8; HEADER_LENGTH] {
        let header = header(self.flags | flags, extra_count, self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        header
    }

    /// Makes a message that is signed only.
    fn sign(&mut self, plain: &[u8]) -> Vec<u8> {
        let signed_header = self.header(0, 0);
        let checksum = self.keys.checksum(&[plain, &signed_header]);
        let mut sent_header = signed_header;
        sent_header[4..6].copy_from_slice(&(checksum.len() as u16).to_be_bytes());
        [&sent_header, plain, &checksum].concat()
    }
}

impl Seal for Wrap {
    fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, LayerError> {
        let header = self.header(FLAG_SEALED, 0);
        let mut token = header.to_vec();
        let cipher = self.keys.encrypt(&[plain, &header].concat());
        token.extend_from_slice(&cipher.map_err(|error| LayerError::System(error.to_string()))?);
        Ok(token)
    }
}

/// One direction, receiving.
struct Unwrap {
    keys: UsageKeys,
    flags: u8,
    sequence: u64,
}

impl Unwrap {
    fn new(key: &Key, usage: u32, flags: u8, sequence: u64) -> Self {
        Unwrap { keys: key.for_usage(usage), flags, sequence }
    }

    fn open(&mut self, token: &[u8], must_be_sealed: bool) -> Result<Vec<u8>, LayerError> {
        let (sent_header, body) =
            token.split_at_checked(HEADER_LENGTH).ok_or(LayerError::Integrity("a message is too short"))?;
        if sent_header[..2] != [0x05, 0x04] || sent_header[3] != 0xFF {
            return Err(LayerError::Integrity("a message is no wrap token"));
        }
        let flags = sent_header[2];
        if flags & !FLAG_SEALED != self.flags {
            return Err(LayerError::Integrity("a message comes from the wrong side or key"));
        }
        let sealed = flags & FLAG_SEALED != 0;
        if must_be_sealed && !sealed {
            return Err(LayerError::Integrity("a message is not sealed"));
        }
        let number = |at: usize| u16::from_be_bytes([sent_header[at], sent_header[at + 1]]);
        let (extra_count, rotation) = (number(4), usize::from(number(6)));
        let mut body = body.to_vec();
        if !body.is_empty() {
            let rotation = rotation % body.len();
            body.rotate_left(rotation);
        }
        let damaged = LayerError::Integrity("a message fails its integrity check");
        let plain = if sealed {
            let mut plain = self.keys.decrypt(&body).ok_or(damaged.clone())?;
            let length = plain.len().checked_sub(HEADER_LENGTH).ok_or(damaged.clone())?;
            if plain[length..] != header(flags, extra_count, self.sequence) {
                return Err(if plain[length..length + 8] == header(flags, extra_count, 0)[..8] {
                    OUT_OF_ORDER
                } else {
                    damaged
                });
            }
            plain.truncate(length.checked_sub(usize::from(extra_count)).ok_or(damaged)?);
            plain
        } else {
            let length = body.len().checked_sub(usize::from(extra_count)).ok_or(damaged.clone())?;
            let checksum = body.split_off(length);
            let sent_sequence = sent_header[8..].iter().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
            if !self.keys.checksum_fits(&[&body, &header(flags, 0, sent_sequence)], &checksum) {
                return Err(damaged);
            }
            if sent_sequence != self.sequence {
                return Err(OUT_OF_ORDER);
            }
            body
        };
        if sent_header[8..] != self.sequence.to_be_bytes() {
            return Err(OUT_OF_ORDER);
        }
        self.sequence = self.sequence.wrapping_add(1);
        Ok(plain)
    }
}

impl Unseal for Unwrap {
    fn unseal(&mut self, token: &[u8]) -> Result<Vec<u8>, LayerError> {
        self.open(token, true)
    }
}

const OUT_OF_ORDER: LayerError = LayerError::Integrity("a message was lost, repeated or put in another order");

/// The header of a wrap token with RRC 0, as it is protected (RFC 4121 4.2.6.2).
fn header(flags: u8, extra_count: u16, sequence: u64) -> [u8; HEADER_LENGTH] {
    let mut header = [0; HEADER_LENGTH];
    header[..4].copy_from_slice(&[0x05, 0x04, flags, 0xFF]);
    header[4..6].copy_from_slice(&extra_count.to_be_bytes());
    header[8..].copy_from_slice(&sequence.to_be_bytes());
    header
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(18, (0..32).collect()).unwrap()
    }

    /// A layer and the one the server would hold against it.
    pub(crate) fn layer_pair(largest_plain: usize) -> (Layer, Layer) {
        let layer = |send_usage, send_flags, receive_usage, receive_flags| Layer {
            seal: Box::new(Wrap::new(&key(), send_usage, send_flags, 7)),
            unseal: Box::new(Unwrap::new(&key(), receive_usage, receive_flags, 7)),
            largest_plain,
        };
        (layer(24, 4, 22, 5), layer(22, 5, 24, 4))
    }

    fn server() -> Wrap {
        Wrap::new(&key(), USAGE_ACCEPTOR_SEAL, FLAG_SENT_BY_ACCEPTOR | FLAG_ACCEPTOR_SUBKEY, u64::from(u32::MAX))
    }

    fn client() -> Unwrap {
        Unwrap::new(&key(), USAGE_ACCEPTOR_SEAL, FLAG_SENT_BY_ACCEPTOR | FLAG_ACCEPTOR_SUBKEY, u64::from(u32::MAX))
    }

    /// Turns a message by `rotation`, as servers do that encrypt in place.
    fn rotated(mut token: Vec<u8>, rotation: u16) -> Vec<u8> {
        token[6..8].copy_from_slice(&rotation.to_be_bytes());
        let body = &mut token[HEADER_LENGTH..];
        let by = usize::from(rotation) % body.len();
        body.rotate_right(by);
        token
    }

    #[test]
    fn messages_open_at_every_rotation() {
        for rotation in [0, 1, 12, 28, 60, 5000, u16::MAX] {
            for length in [0, 1, 16, 100, 1000] {
                let plain = vec![0x42; length];
                let token = rotated(server().seal(&plain).unwrap(), rotation);
                assert_eq!(client().unseal(&token).unwrap(), plain, "rotation {rotation}, {length} bytes");
                let token = rotated(server().sign(&plain), rotation);
                assert_eq!(client().open(&token, false).unwrap(), plain);
            }
        }
    }

    /// RFC 4121 4.2.4: filler bytes of the count EC stand before the protected header.
    #[test]
    fn filler_is_cut_off() {
        let mut sender = server();
        let header = sender.header(FLAG_SEALED, 12);
        let cipher = sender.keys.encrypt(&[&b"plain"[..], &[0xEE; 12], &header].concat()).unwrap();
        let token = rotated([&header[..], &cipher].concat(), 28);
        assert_eq!(client().unseal(&token).unwrap(), b"plain");
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        for (token, sealed) in [(server().seal(b"an answer").unwrap(), true), (server().sign(b"an offer"), false)] {
            for position in 0..token.len() {
                for bit in 0..8 {
                    let mut damaged = token.clone();
                    damaged[position] ^= 1 << bit;
                    let opened = client().open(&damaged, sealed);
                    assert!(matches!(opened, Err(LayerError::Integrity(_))), "bit {bit} of byte {position}");
                }
            }
            for length in 0..token.len() {
                assert!(client().open(&token[..length], sealed).is_err(), "cut to {length}");
            }
        }
    }

    #[test]
    fn order_matters() {
        let mut sender = server();
        let tokens: Vec<_> = (0..3).map(|_| sender.seal(b"x").unwrap()).collect();
        let mut receiver = client();
        assert_eq!(receiver.unseal(&tokens[1]), Err(OUT_OF_ORDER));
        receiver.unseal(&tokens[0]).unwrap();
        assert_eq!(receiver.unseal(&tokens[0]), Err(OUT_OF_ORDER));
        assert_eq!(receiver.unseal(&tokens[2]), Err(OUT_OF_ORDER));
        receiver.unseal(&tokens[1]).unwrap();
        let own = Wrap::new(&key(), USAGE_INITIATOR_SEAL, FLAG_ACCEPTOR_SUBKEY, 0).seal(b"x").unwrap();
        assert!(client().unseal(&own).is_err(), "our own message sent back");
        assert!(client().unseal(&server().sign(b"x")).is_err(), "data that is signed only");
    }

    #[test]
    fn an_offer_without_confidentiality_is_refused() {
        assert_eq!(read_offer(&[7, 1, 0, 0], "dc").unwrap(), 65_536);
        assert_eq!(read_offer(&[3, 1, 0, 0], "dc").unwrap_err().kind, StoreErrorKind::AuthenticationRefused);
        assert_eq!(read_offer(&[7, 1, 0], "dc").unwrap_err().kind, StoreErrorKind::Corrupt);
        let offer = server().sign(&[7, 1, 0, 0]);
        let wrap = Wrap::new(&key(), USAGE_INITIATOR_SEAL, FLAG_ACCEPTOR_SUBKEY, 1);
        let (layer, choice) = Context { wrap, unwrap: client() }.choose_sealing(&offer, "dc").unwrap();
        assert_eq!(layer.largest_plain, 65_476);
        let mut acceptor = Unwrap::new(&key(), USAGE_INITIATOR_SEAL, FLAG_ACCEPTOR_SUBKEY, 1);
        assert_eq!(acceptor.open(&choice, false).unwrap(), OUR_CHOICE);
    }

    fn ticket() -> ServiceTicket {
        let name = |parts: &[&str]| smb2::auth::kerberos::messages::PrincipalName {
            name_type: 1,
            name_string: parts.iter().map(|part| (*part).to_owned()).collect(),
        };
        ServiceTicket(crate::store::auth::TicketAndKey {
            client: name(&["ann"]),
            client_realm: "CORP.EXAMPLE.COM".to_owned(),
            server: name(&["ldap", "dc1.corp.example.com"]),
            ticket: vec![0x61, 0x00],
            key: key(),
            ends: crate::ident::Timestamp::now(),
        })
    }

    /// The server's proof (RFC 4120 5.5.2) with a key of its own, as both Windows and Samba send it.
    fn proof(time: &str, microseconds: u32, sealed_with: &Key, subkey: &Key) -> Vec<u8> {
        let key_type = ber::context(0, &ber::unsigned(ber::INTEGER, subkey.etype().unsigned_abs()));
        let key_value = ber::context(1, &ber::element(ber::OCTET_STRING, &[subkey.bytes()]));
        let fields = [
            ber::context(0, &ber::element(ber::GENERALIZED_TIME, &[time.as_bytes()])),
            ber::context(1, &ber::unsigned(ber::INTEGER, microseconds)),
            ber::context(2, &ber::element(ber::SEQUENCE, &[&key_type, &key_value])),
            ber::context(3, &ber::unsigned(ber::INTEGER, 77)),
        ];
        let plain = ber::element(0x7B, &[&ber::element(ber::SEQUENCE, &[&fields.concat()])]);
        let cipher = sealed_with.for_usage(12).encrypt(&plain).unwrap();
        let sealed = ber::element(
            ber::SEQUENCE,
            &[
                &ber::context(0, &ber::unsigned(ber::INTEGER, 18)),
                &ber::context(2, &ber::element(ber::OCTET_STRING, &[&cipher])),
            ],
        );
        let reply = [
            ber::context(0, &ber::unsigned(ber::INTEGER, 5)),
            ber::context(1, &ber::unsigned(ber::INTEGER, 15)),
            ber::context(2, &sealed),
        ];
        let reply = ber::element(0x6F, &[&ber::element(ber::SEQUENCE, &[&reply.concat()])]);
        ber::element(0x60, &[KERBEROS_OID, &[0x02, 0x00], &reply])
    }

    #[test]
    fn only_the_server_of_the_ticket_completes_the_logon() {
        let start = || Initiator::start(&ticket(), "dc1", [0; 16]).unwrap();
        let other = Key::new(18, vec![9; 32]).unwrap();
        let (initiator, token) = start();
        assert_eq!(context_token(&token).unwrap().0, [0x01, 0x00]);
        let answer = proof(&initiator.time, initiator.microseconds, &key(), &other);
        let context = initiator.finish(&answer).unwrap();
        // The key the server chose serves both directions from its own sequence number on.
        let mut server = Wrap::new(&other, USAGE_ACCEPTOR_SEAL, FLAG_SENT_BY_ACCEPTOR | FLAG_ACCEPTOR_SUBKEY, 77);
        assert!(context.choose_sealing(&server.sign(&[7, 1, 0, 0]), "dc1").is_ok());

        let kind = |initiator: Initiator, answer: &[u8]| initiator.finish(answer).err().unwrap().kind;
        let (initiator, _) = start();
        let foreign = proof(&initiator.time, initiator.microseconds, &other, &other);
        assert_eq!(kind(initiator, &foreign), StoreErrorKind::Integrity, "another key");
        let (initiator, _) = start();
        let replayed = proof("20200101000000Z", initiator.microseconds, &key(), &other);
        assert_eq!(kind(initiator, &replayed), StoreErrorKind::Integrity, "another logon");
        for length in 0..answer.len() {
            assert!(start().0.finish(&answer[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn broken_context_tokens_are_errors() {
        let token = ber::element(0x60, &[KERBEROS_OID, &[0x02, 0x00], &[0x6F, 0x00]]);
        for length in 0..token.len() {
            assert!(context_token(&token[..length]).is_err(), "cut to {length}");
        }
        assert_eq!(context_token(&token).unwrap(), ([0x02, 0x00], &[0x6F, 0x00][..]));
        assert!(read_reply(&[0x7B, 0x02, 0x30, 0x00]).is_err());
    }
}
