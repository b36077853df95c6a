//! The LDAP ping: asks a domain controller over UDP in which site it sees us ([MS-ADTS] 6.3.3 and 6.3.1.9).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;

use crate::ident::DnsName;
use crate::store::ber::{self, BerError, Reader};

/// Returns the site of this machine as the controller sees it; none where it does not answer or knows none.
/// That is no failure: without a site, any controller will do.
pub(super) async fn client_site(controller: SocketAddr, domain: &DnsName, limit: Duration) -> Option<String> {
    let asking = async {
        let any = match controller {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(controller).await?;
        socket.send(&request(domain)).await?;
        let mut answer = vec![0; 4096];
        let length = socket.recv(&mut answer).await?;
        answer.truncate(length);
        Ok::<_, std::io::Error>(answer)
    };
    match tokio::time::timeout(limit, asking).await {
        Ok(Ok(answer)) => read_answer(&answer).ok().and_then(|netlogon| read_client_site(&netlogon)),
        Ok(Err(error)) => {
            tracing::debug!("LDAP ping to {controller}: {error}");
            None
        }
        Err(_) => None,
    }
}

/// Asks for the long form of the answer (NETLOGON_NT_VERSION_5 and 5EX), which has the site in it.
const NT_VERSION: u32 = 0x06;
const LOGON_SAM_LOGON_RESPONSE_EX: [u8; 2] = [23, 0];

fn request(domain: &DnsName) -> Vec<u8> {
    let text = |bytes: &[u8]| ber::element(ber::OCTET_STRING, &[bytes]);
    let equals = |name: &str, value: &[u8]| ber::element(0xA3, &[&text(name.as_bytes()), &text(value)]);
    let filter = ber::element(
        0xA0,
        &[&equals("DnsDomain", domain.as_str().as_bytes()), &equals("NtVer", &NT_VERSION.to_le_bytes())],
    );
    let number = ber::unsigned;
    let search = ber::element(
        0x63,
        &[
            &text(b""),
            &number(ber::ENUMERATED, 0),
            &number(ber::ENUMERATED, 0),
            &number(ber::INTEGER, 0),
            &number(ber::INTEGER, 0),
            &ber::element(0x01, &[&[0]]),
            &filter,
            &ber::element(ber::SEQUENCE, &[&text(b"netlogon")]),
        ],
    );
    ber::element(ber::SEQUENCE, &[&number(ber::INTEGER, 1), &search])
}

fn read_answer(answer: &[u8]) -> Result<Vec<u8>, BerError> {
    let mut message = Reader::new(answer).enter(ber::SEQUENCE, "a message")?;
    message.expect(ber::INTEGER, "a message number")?;
    let mut entry = message.enter(0x64, "an entry")?;
    entry.expect(ber::OCTET_STRING, "a name")?;
    let mut attribute = entry.enter(ber::SEQUENCE, "attributes")?.enter(ber::SEQUENCE, "an attribute")?;
    attribute.expect(ber::OCTET_STRING, "its name")?;
    attribute.enter(ber::SET, "values")?.expect(ber::OCTET_STRING, "a value").map(<[u8]>::to_vec)
}

/// NETLOGON_SAM_LOGON_RESPONSE_EX: the eighth name is the site of the client.
fn read_client_site(netlogon: &[u8]) -> Option<String> {
    if netlogon.get(..2)? != LOGON_SAM_LOGON_RESPONSE_EX {
        return None;
    }
    let mut position = 24;
    let mut name = String::new();
    for _ in 0..8 {
        name = read_name(netlogon, &mut position)?;
    }
    Some(name).filter(|name| !name.is_empty())
}

/// A name compressed as in DNS (RFC 1035 4.1.4); its labels are UTF-8.
fn read_name(bytes: &[u8], position: &mut usize) -> Option<String> {
    let mut labels: Vec<String> = Vec::new();
    let mut at = *position;
    let mut jumped = false;
    // A name of more steps than this runs in a circle.
    for _ in 0..128 {
        let length = *bytes.get(at)?;
        match length {
            0 => {
                if !jumped {
                    *position = at + 1;
                }
                return Some(labels.join("."));
            }
            0xC0.. => {
                let target = usize::from(length & 0x3F) << 8 | usize::from(*bytes.get(at + 1)?);
                if !jumped {
                    *position = at + 2;
                }
                jumped = true;
                at = target;
            }
            _ => {
                let label = bytes.get(at + 1..at + 1 + usize::from(length))?;
                labels.push(String::from_utf8_lossy(label).into_owned());
                at += 1 + usize::from(length);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn netlogon(names: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![23, 0, 0, 0];
        bytes.resize(24, 0);
        names.iter().for_each(|name| bytes.extend_from_slice(name));
        bytes
    }

    #[test]
    fn the_client_site_is_found_behind_compressed_names() {
        let forest = b"\x04corp\x07example\x03com\0";
        let pointer = b"\xC0\x18";
        let host = b"\x03dc1\xC0\x18";
        let site = b"\x06Berlin\0";
        let names: [&[u8]; 8] = [forest, pointer, host, b"\x04CORP\0", b"\x03DC1\0", b"\0", b"\x04Main\0", site];
        let answer = netlogon(&names);
        assert_eq!(read_client_site(&answer).as_deref(), Some("Berlin"));
        for length in 0..answer.len() {
            assert_eq!(read_client_site(&answer[..length]), None);
        }
    }

    #[test]
    fn names_that_run_in_a_circle_end() {
        assert_eq!(read_client_site(&netlogon(&[b"\xC0\x18"])), None);
        assert_eq!(read_client_site(b"\x13\0"), None);
        assert!(read_answer(b"\x30\x03\x02\x01\x01").is_err());
    }
}
