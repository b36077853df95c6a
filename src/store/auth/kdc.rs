//! Asking a KDC for tickets (RFC 4120 3.1 and 3.3, [MS-KILE]): requests, answers, and what their errors mean to a user.
//!
//! Requests ask for nothing but canonical names: a forwardable ticket, as libraries ask for by habit, is refused for
//! accounts that are sensitive and cannot be delegated, which administrators' accounts usually are.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use smb2::auth::kerberos::crypto::string_to_key_aes;
use smb2::auth::kerberos::messages::{
    EncryptedData, PrincipalName, Ticket, encode_ap_req, encode_authenticator, encode_pa_enc_timestamp,
    parse_enc_kdc_rep_part, parse_kdc_rep, parse_krb_error,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ident::Timestamp;
use crate::store::ber::{self, BerError, Reader};
use crate::store::{Secret, StoreError, StoreErrorKind};

use super::crypto::Key;
use super::user_name::KerberosName;

/// A ticket with the key that belongs to it.
#[derive(Clone)]
pub(crate) struct TicketAndKey {
    pub client: PrincipalName,
    pub client_realm: String,
    pub server: PrincipalName,
    /// The ticket as the KDC encoded it.
    pub ticket: Vec<u8>,
    pub key: Key,
    pub ends: Timestamp,
}

/// A KDC and how long to wait for it.
#[derive(Clone, Debug)]
pub(crate) struct Kdc {
    /// Its name, for messages.
    pub name: String,
    /// Where it may answer; tried in order.
    pub addresses: Vec<SocketAddr>,
    pub timeout: Duration,
}

/// What comes of asking for a ticket-granting ticket.
pub(crate) enum TgtAnswer {
    Ticket(TicketAndKey),
    /// The user belongs to this realm: ask there.
    OtherRealm(String),
}

/// Gets a ticket-granting ticket with a password.
pub(crate) async fn ask_for_tgt(kdc: &Kdc, name: &KerberosName, password: &Secret) -> Result<TgtAnswer, StoreError> {
    let client = PrincipalName { name_type: name.name_type, name_string: vec![name.name.clone()] };
    let krbtgt = krbtgt(&name.realm);
    let who = format!("{}@{}", name.name, name.realm);
    let nonce = random_u32(&who)?;
    let body = request_body(Some(&client), &name.realm, &krbtgt, nonce);
    let answer = kdc.exchange(&request(10, &[], &body)).await?;
    let error = match krb_error(&answer) {
        Some(error) => error,
        None => {
            let detail = "the KDC gave a ticket without asking for proof of the password (no pre-authentication)";
            return Err(StoreError::new(StoreErrorKind::AuthenticationRefused, who).with_detail(detail));
        }
    };
    // Nothing that depends on the password has been sent yet.
    match &error.client_realm {
        Some(realm) if error.code == KDC_ERR_WRONG_REALM && !realm.eq_ignore_ascii_case(&name.realm) => {
            return Ok(TgtAnswer::OtherRealm(realm.clone()));
        }
        _ if error.code == KDC_ERR_PREAUTH_REQUIRED => {}
        _ => return Err(error.to_store(&who)),
    }
    let (etype, salt) = choose_etype(&error.data)
        .map_err(|reason| StoreError::new(StoreErrorKind::AuthenticationRefused, &who).with_detail(reason))?;
    let length = if etype == 17 { 16 } else { 32 };
    let key = Key::new(etype, string_to_key_aes(password.expose(), &salt, length))
        .ok_or_else(|| corrupt(&kdc.name, "a key of an unknown type"))?;

    let (time, microseconds) = kerberos_time_now();
    let stamp = encrypted(&key, 1, &encode_pa_enc_timestamp(&time, microseconds), &who)?;
    let body = request_body(Some(&client), &name.realm, &krbtgt, nonce);
    let answer = kdc.exchange(&request(10, &[(2, stamp)], &body)).await?;
    if let Some(error) = krb_error(&answer) {
        return Err(error.to_store(&who));
    }
    read_reply(&answer, &key, 3, nonce, &kdc.name).map(TgtAnswer::Ticket)
}

/// Gets a ticket for a service with a ticket-granting ticket of the realm the KDC serves. The answer may be a
/// ticket-granting ticket of another realm instead: ask there next.
pub(crate) async fn ask_for_service(
    kdc: &Kdc,
    tgt: &TicketAndKey,
    realm: &str,
    service: &PrincipalName,
) -> Result<TicketAndKey, StoreError> {
    let what = service.name_string.join("/");
    let nonce = random_u32(&what)?;
    let body = request_body(None, realm, service, nonce);
    let checksum = tgt.key.for_usage(6).checksum(&[&body]);
    let (time, microseconds) = kerberos_time_now();
    let authenticator = encode_authenticator(
        &tgt.client_realm,
        &tgt.client,
        &time,
        microseconds,
        None,
        None,
        Some((&checksum, tgt.key.checksum_type())),
    );
    let cipher = tgt.key.for_usage(7).encrypt(&authenticator).map_err(|error| no_randomness(&what, error))?;
    let sealed = EncryptedData { etype: tgt.key.etype(), kvno: None, cipher };
    let ap_req = encode_ap_req(&raw_ticket(&tgt.ticket), &sealed, false);
    let answer = kdc.exchange(&request(12, &[(1, ap_req)], &body)).await?;
    if let Some(error) = krb_error(&answer) {
        return Err(error.to_store(&what));
    }
    read_reply(&answer, &tgt.key, 8, nonce, &kdc.name)
}

/// Returns the name of the ticket-granting service of a realm.
pub(crate) fn krbtgt(realm: &str) -> PrincipalName {
    PrincipalName { name_type: 2, name_string: vec!["krbtgt".to_owned(), realm.to_owned()] }
}

/// Wraps a ticket's bytes for [`encode_ap_req`], which passes them on as they are.
pub(crate) fn raw_ticket(bytes: &[u8]) -> Ticket {
    Ticket {
        tkt_vno: 5,
        realm: String::new(),
        sname: krbtgt(""),
        enc_part: EncryptedData { etype: 0, kvno: None, cipher: Vec::new() },
        raw_bytes: Some(bytes.to_vec()),
    }
}

/// Returns the present time as Kerberos writes it (`20260301120000Z`), and its microseconds.
pub(crate) fn kerberos_time_now() -> (String, u32) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    let stamp = Timestamp::from_unix_seconds(seconds).map(Timestamp::to_generalized).unwrap_or_default();
    (stamp.replace(".0Z", "Z"), since.subsec_micros())
}

/// Returns the store error for a KRB-ERROR message; none where the bytes are no such message.
pub(crate) fn krb_error_to_store(message: &[u8], object: &str) -> Option<StoreError> {
    krb_error(message).map(|error| error.to_store(object))
}

pub(crate) fn no_randomness(object: &str, error: getrandom::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Io, object).with_detail(format!("the system gives no random numbers: {error}"))
}

const KDC_ERR_PREAUTH_REQUIRED: i32 = 25;
/// The client realm of this error is the one to ask (RFC 6806 7).
const KDC_ERR_WRONG_REALM: i32 = 68;
const LARGEST_ANSWER: usize = 1 << 20;

fn corrupt(object: &str, what: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, object).with_detail(format!("the KDC's answer is damaged: {what}"))
}

fn random_u32(object: &str) -> Result<u32, StoreError> {
    let number = getrandom::u32().map_err(|error| no_randomness(object, error))?;
    // Some KDCs read nonces as signed numbers.
    Ok(number & 0x7FFF_FFFF)
}

impl Kdc {
    /// Sends a request over TCP and returns the answer (RFC 4120 7.2.2).
    async fn exchange(&self, message: &[u8]) -> Result<Vec<u8>, StoreError> {
        let object = format!("KDC {}", self.name);
        let talk = async {
            let mut stream = TcpStream::connect(&self.addresses[..]).await?;
            stream.set_nodelay(true)?;
            let mut framed = (message.len() as u32).to_be_bytes().to_vec();
            framed.extend_from_slice(message);
            stream.write_all(&framed).await?;
            let length = stream.read_u32().await? as usize;
            if length > LARGEST_ANSWER {
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the answer is too long"));
            }
            let mut answer = vec![0; length];
            stream.read_exact(&mut answer).await?;
            Ok(answer)
        };
        match tokio::time::timeout(self.timeout, talk).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                Err(StoreError { kind: StoreErrorKind::Unreachable, ..StoreError::from_io(&object, &error) })
            }
            Err(_) => Err(StoreError::new(StoreErrorKind::Timeout, object)),
        }
    }
}

fn principal(name: &PrincipalName) -> Vec<u8> {
    let parts: Vec<Vec<u8>> =
        name.name_string.iter().map(|part| ber::element(ber::GENERAL_STRING, &[part.as_bytes()])).collect();
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let name_type = ber::unsigned(ber::INTEGER, name.name_type.unsigned_abs());
    ber::element(ber::SEQUENCE, &[&ber::context(0, &name_type), &ber::context(1, &ber::element(ber::SEQUENCE, &parts))])
}

/// KDC-REQ-BODY (RFC 4120 5.4.1) with only the canonicalize option.
fn request_body(client: Option<&PrincipalName>, realm: &str, service: &PrincipalName, nonce: u32) -> Vec<u8> {
    let options = ber::element(ber::BIT_STRING, &[&[0, 0x00, 0x01, 0x00, 0x00]]);
    let client = client.map(|name| ber::context(1, &principal(name))).unwrap_or_default();
    let etypes = [18, 17].map(|etype| ber::unsigned(ber::INTEGER, etype));
    ber::element(
        ber::SEQUENCE,
        &[
            &ber::context(0, &options),
            &client,
            &ber::context(2, &ber::element(ber::GENERAL_STRING, &[realm.as_bytes()])),
            &ber::context(3, &principal(service)),
            &ber::context(5, &ber::element(ber::GENERALIZED_TIME, &[b"20370913024805Z"])),
            &ber::context(7, &ber::unsigned(ber::INTEGER, nonce)),
            &ber::context(8, &ber::element(ber::SEQUENCE, &[&etypes[0], &etypes[1]])),
        ],
    )
}

/// KDC-REQ: AS (10) or TGS (12), with pre-authentication data by type.
fn request(message_type: u8, padata: &[(u32, Vec<u8>)], body: &[u8]) -> Vec<u8> {
    let padata: Vec<u8> = padata
        .iter()
        .flat_map(|(kind, value)| {
            let kind = ber::context(1, &ber::unsigned(ber::INTEGER, *kind));
            ber::element(ber::SEQUENCE, &[&kind, &ber::context(2, &ber::element(ber::OCTET_STRING, &[value]))])
        })
        .collect();
    let padata = if padata.is_empty() { padata } else { ber::context(3, &ber::element(ber::SEQUENCE, &[&padata])) };
    let version = ber::context(1, &ber::unsigned(ber::INTEGER, 5));
    let kind = ber::context(2, &ber::unsigned(ber::INTEGER, message_type.into()));
    let sequence = ber::element(ber::SEQUENCE, &[&version, &kind, &padata, &ber::context(4, body)]);
    ber::element(0x60 | message_type, &[&sequence])
}

/// EncryptedData (RFC 4120 5.2.9).
fn encrypted(key: &Key, usage: u32, plain: &[u8], object: &str) -> Result<Vec<u8>, StoreError> {
    let cipher = key.for_usage(usage).encrypt(plain).map_err(|error| no_randomness(object, error))?;
    let etype = ber::context(0, &ber::unsigned(ber::INTEGER, key.etype().unsigned_abs()));
    Ok(ber::element(ber::SEQUENCE, &[&etype, &ber::context(2, &ber::element(ber::OCTET_STRING, &[&cipher]))]))
}

fn read_reply(answer: &[u8], key: &Key, usage: u32, nonce: u32, kdc: &str) -> Result<TicketAndKey, StoreError> {
    let reply = parse_kdc_rep(answer).map_err(|error| corrupt(kdc, error))?;
    if reply.enc_part.etype != key.etype() {
        return Err(corrupt(kdc, format!("encryption type {} was not asked for", reply.enc_part.etype)));
    }
    let plain = key.for_usage(usage).decrypt(&reply.enc_part.cipher).ok_or_else(|| {
        StoreError::new(StoreErrorKind::Integrity, kdc).with_detail("the KDC's answer fails its integrity check")
    })?;
    let part = parse_enc_kdc_rep_part(&plain).map_err(|error| corrupt(kdc, error))?;
    if part.nonce != nonce {
        return Err(StoreError::new(StoreErrorKind::Integrity, kdc)
            .with_detail("the KDC's answer belongs to another question (nonce)"));
    }
    let ticket = reply.ticket.raw_bytes.ok_or_else(|| corrupt(kdc, "no ticket"))?;
    let ends = Timestamp::parse_generalized(&part.endtime).map_err(|error| corrupt(kdc, error))?;
    let key = Key::new(part.key.keytype, part.key.keyvalue)
        .ok_or_else(|| corrupt(kdc, format!("session key of type {}", part.key.keytype)))?;
    Ok(TicketAndKey { client: reply.cname, client_realm: reply.crealm, server: part.sname, ticket, key, ends })
}

/// Chooses the strongest type of PA-ETYPE-INFO2 (RFC 4120 5.2.7.5) that we know, with its salt.
fn choose_etype(e_data: &[u8]) -> Result<(i32, String), String> {
    let offers = read_etype_info2(e_data).map_err(|error| format!("the KDC's offer is damaged: {error}"))?;
    let best = offers.iter().filter(|offer| matches!(offer.etype, 17 | 18)).max_by_key(|offer| offer.etype);
    let best = best.ok_or_else(|| {
        let types: Vec<String> = offers.iter().map(|offer| offer.etype.to_string()).collect();
        format!(
            "the account has no AES keys (the KDC offers the encryption types {}); change its password once, \
             and allow AES on the account",
            types.join(", ")
        )
    })?;
    match &best.parameters {
        None => {}
        Some(parameters) if parameters[..] == 4096_u32.to_be_bytes() => {}
        Some(_) => return Err("the KDC asks for an unusual number of iterations in the password's key".to_owned()),
    }
    Ok((best.etype, best.salt.clone()))
}

struct EtypeOffer {
    etype: i32,
    salt: String,
    parameters: Option<Vec<u8>>,
}

const PA_ETYPE_INFO2: i64 = 19;

fn read_etype_info2(e_data: &[u8]) -> Result<Vec<EtypeOffer>, BerError> {
    let mut offers = Vec::new();
    let mut methods = Reader::new(e_data).enter(ber::SEQUENCE, "a list of pre-authentication data")?;
    while !methods.is_empty() {
        let mut method = methods.enter(ber::SEQUENCE, "pre-authentication data")?;
        let kind = method.enter(0xA1, "its type")?.expect(ber::INTEGER, "its type")?;
        if ber::integer(kind)? != PA_ETYPE_INFO2 {
            continue;
        }
        let value = method.enter(0xA2, "its value")?.expect(ber::OCTET_STRING, "its value")?;
        let mut entries = Reader::new(value).enter(ber::SEQUENCE, "a list of encryption types")?;
        while !entries.is_empty() {
            let mut entry = entries.enter(ber::SEQUENCE, "an encryption type")?;
            let etype = ber::integer(entry.enter(0xA0, "its number")?.expect(ber::INTEGER, "its number")?)?;
            let salt = match entry.optional(0xA1)? {
                Some(salt) => Reader::new(salt).expect(ber::GENERAL_STRING, "a salt")?,
                None => &[],
            };
            let parameters = match entry.optional(0xA2)? {
                Some(value) => Some(Reader::new(value).expect(ber::OCTET_STRING, "its parameters")?.to_vec()),
                None => None,
            };
            let etype = i32::try_from(etype).map_err(|_| BerError { expected: "an encryption type" })?;
            offers.push(EtypeOffer { etype, salt: String::from_utf8_lossy(salt).into_owned(), parameters });
        }
    }
    Ok(offers)
}

struct KrbError {
    code: i32,
    text: String,
    data: Vec<u8>,
    client_realm: Option<String>,
    server_time: Option<Timestamp>,
}

fn krb_error(message: &[u8]) -> Option<KrbError> {
    let error = parse_krb_error(message).ok()?;
    Some(KrbError {
        code: error.error_code,
        text: error.e_text.unwrap_or_default(),
        data: error.e_data.unwrap_or_default(),
        client_realm: error.crealm.filter(|realm| !realm.is_empty()),
        server_time: server_time(message).ok().flatten(),
    })
}

fn server_time(message: &[u8]) -> Result<Option<Timestamp>, BerError> {
    let mut fields = Reader::new(message).enter(0x7E, "an error message")?.enter(ber::SEQUENCE, "its fields")?;
    while !fields.is_empty() {
        let (tag, content) = fields.element()?;
        if tag == 0xA4 {
            let text = Reader::new(content).expect(ber::GENERALIZED_TIME, "the server's time")?;
            return Ok(Timestamp::parse_generalized(&String::from_utf8_lossy(text)).ok());
        }
    }
    Ok(None)
}

impl KrbError {
    /// What the error numbers of RFC 4120 7.5.9 mean to the one who logs on, as [MS-KILE] uses them.
    fn to_store(&self, object: &str) -> StoreError {
        use StoreErrorKind::{AuthenticationRefused, BadCredentials, ClockSkew, NoTicket};
        let (kind, meaning) = match self.code {
            6 => (AuthenticationRefused, "the domain knows no such user".to_owned()),
            7 => (
                AuthenticationRefused,
                "the domain knows no such service; connect to the full DNS name of a domain controller".to_owned(),
            ),
            12 => {
                (AuthenticationRefused, "a policy forbids this logon (hours, workstation or type of logon)".to_owned())
            }
            14 => (AuthenticationRefused, "the account has no AES keys; change its password once".to_owned()),
            18 => (BadCredentials, "the account is disabled, expired or locked out".to_owned()),
            23 => (BadCredentials, "the password has expired and must be changed first".to_owned()),
            24 => (BadCredentials, "the password is wrong".to_owned()),
            32 => (NoTicket, "the ticket has expired; run `kinit` again".to_owned()),
            33 => (NoTicket, "the ticket is not valid yet; compare the clocks".to_owned()),
            37 => {
                let server = self.server_time.map(|time| format!(" the server's clock says {time}, this machine's"));
                let server = server.unwrap_or_else(|| " this machine's clock says".to_owned());
                (ClockSkew, format!("set the clock:{server} {}", Timestamp::now()))
            }
            68 => (AuthenticationRefused, "the user belongs to another realm; write the name as user@realm".to_owned()),
            _ => (AuthenticationRefused, "the KDC refuses".to_owned()),
        };
        let text = if self.text.is_empty() { String::new() } else { format!(", {}", self.text) };
        StoreError::new(kind, object)
            .with_detail(format!("{meaning} [Kerberos error {}{text}]", self.code))
            .with_code(self.code.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn krb_error_bytes(code: u32, stime: &[u8]) -> Vec<u8> {
        let text = |tag, bytes: &[u8]| ber::element(tag, &[bytes]);
        let fields = [
            ber::context(0, &ber::unsigned(ber::INTEGER, 5)),
            ber::context(1, &ber::unsigned(ber::INTEGER, 30)),
            ber::context(4, &text(ber::GENERALIZED_TIME, stime)),
            ber::context(5, &ber::unsigned(ber::INTEGER, 1)),
            ber::context(6, &ber::unsigned(ber::INTEGER, code)),
            ber::context(9, &text(ber::GENERAL_STRING, b"CORP.EXAMPLE.COM")),
            ber::context(10, &principal(&krbtgt("CORP.EXAMPLE.COM"))),
        ];
        ber::element(0x7E, &[&ber::element(ber::SEQUENCE, &[&fields.concat()])])
    }

    #[test]
    fn errors_of_the_kdc_become_kinds() {
        for (code, kind) in [
            (24, StoreErrorKind::BadCredentials),
            (18, StoreErrorKind::BadCredentials),
            (23, StoreErrorKind::BadCredentials),
            (6, StoreErrorKind::AuthenticationRefused),
            (7, StoreErrorKind::AuthenticationRefused),
            (32, StoreErrorKind::NoTicket),
            (37, StoreErrorKind::ClockSkew),
        ] {
            let error = krb_error_to_store(&krb_error_bytes(code, b"20260301120000Z"), "ann").unwrap();
            assert_eq!(error.kind, kind, "{code}");
            assert_eq!(error.code, Some(code));
        }
        let skew = krb_error_to_store(&krb_error_bytes(37, b"20260301120000Z"), "ann").unwrap();
        assert!(skew.detail.contains("2026-03-01T12:00:00Z"), "{}", skew.detail);
        assert!(krb_error_to_store(b"\x6b\x00", "ann").is_none());
    }

    type Offer<'a> = (u32, Option<&'a str>, Option<&'a [u8]>);

    fn etype_info2(entries: &[Offer<'_>]) -> Vec<u8> {
        let entries: Vec<u8> = entries
            .iter()
            .flat_map(|(etype, salt, parameters)| {
                let salt = salt
                    .map(|salt| ber::context(1, &ber::element(ber::GENERAL_STRING, &[salt.as_bytes()])))
                    .unwrap_or_default();
                let parameters = parameters
                    .map(|value| ber::context(2, &ber::element(ber::OCTET_STRING, &[value])))
                    .unwrap_or_default();
                let etype = ber::context(0, &ber::unsigned(ber::INTEGER, *etype));
                ber::element(ber::SEQUENCE, &[&etype, &salt, &parameters])
            })
            .collect();
        let value = ber::element(ber::OCTET_STRING, &[&ber::element(ber::SEQUENCE, &[&entries])]);
        let kind = ber::context(1, &ber::unsigned(ber::INTEGER, 19));
        ber::element(ber::SEQUENCE, &[&ber::element(ber::SEQUENCE, &[&kind, &ber::context(2, &value)])])
    }

    #[test]
    fn the_salt_comes_from_the_kdc() {
        let salt = Some("CORP.EXAMPLE.COMAdministrator");
        let iterations = 4096_u32.to_be_bytes();
        let offer = etype_info2(&[(17, salt, None), (18, salt, Some(&iterations)), (23, None, None)]);
        assert_eq!(choose_etype(&offer), Ok((18, "CORP.EXAMPLE.COMAdministrator".to_owned())));
        assert!(choose_etype(&etype_info2(&[(23, None, None)])).unwrap_err().contains("no AES keys"));
        assert!(choose_etype(&etype_info2(&[(18, salt, Some(&[0, 0, 0, 1]))])).is_err());
        for cut in 0..offer.len() {
            assert!(choose_etype(&offer[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_user_of_another_realm_is_sent_there() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = vec![listener.local_addr().unwrap()];
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let length = stream.read_u32().await.unwrap() as usize;
                stream.read_exact(&mut vec![0; length]).await.unwrap();
                let fields = [
                    ber::context(0, &ber::unsigned(ber::INTEGER, 5)),
                    ber::context(1, &ber::unsigned(ber::INTEGER, 30)),
                    ber::context(4, &ber::element(ber::GENERALIZED_TIME, &[b"20260301120000Z"])),
                    ber::context(5, &ber::unsigned(ber::INTEGER, 1)),
                    ber::context(6, &ber::unsigned(ber::INTEGER, 68)),
                    ber::context(7, &ber::element(ber::GENERAL_STRING, &[b"PARTNER.EXAMPLE.ORG"])),
                    ber::context(9, &ber::element(ber::GENERAL_STRING, &[b"CORP.EXAMPLE.COM"])),
                    ber::context(10, &principal(&krbtgt("CORP.EXAMPLE.COM"))),
                ];
                let answer = ber::element(0x7E, &[&ber::element(ber::SEQUENCE, &[&fields.concat()])]);
                stream.write_u32(answer.len() as u32).await.unwrap();
                stream.write_all(&answer).await.unwrap();
            }
        });
        let kdc = Kdc { name: "kdc".to_owned(), addresses, timeout: Duration::from_secs(5) };
        let ask = async |realm: &str| {
            let name =
                KerberosName { name_type: 10, name: "ann@partner.example.org".to_owned(), realm: realm.to_owned() };
            ask_for_tgt(&kdc, &name, &Secret::new("x".to_owned())).await
        };
        assert!(
            matches!(ask("CORP.EXAMPLE.COM").await.unwrap(), TgtAnswer::OtherRealm(realm) if realm == "PARTNER.EXAMPLE.ORG")
        );
        // A realm that sends to itself would be asked for ever.
        assert_eq!(ask("partner.example.org").await.err().unwrap().code, Some(68));
    }

    #[tokio::test]
    async fn a_kdc_that_is_not_there_is_unreachable() {
        let addresses = vec!["127.0.0.1:1".parse().unwrap()];
        let kdc = Kdc { name: "127.0.0.1:1".to_owned(), addresses, timeout: Duration::from_secs(5) };
        let name = KerberosName { name_type: 1, name: "ann".to_owned(), realm: "CORP.EXAMPLE.COM".to_owned() };
        let error = ask_for_tgt(&kdc, &name, &Secret::new("x".to_owned())).await.err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::Unreachable);
        assert!(error.object.contains("127.0.0.1:1"));
    }
}
