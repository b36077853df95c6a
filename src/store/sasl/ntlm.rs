//! Sealed messages of an NTLM session ([MS-NLMP] 3.4), for users who have only a password and a server without a
//! certificate. RC4 and MD5 are weak: the last way that is tried, and never without being told.

use hmac::{Hmac, Mac};
use md5::{Digest, Md5};
use rc4::{KeyInit, Rc4, StreamCipher};
use zeroize::Zeroizing;

use crate::store::{StoreError, StoreErrorKind};

use super::{Layer, LayerError, Seal, Unseal};

/// Makes the layer of a session from its exported session key and the flags of the server's challenge.
pub(crate) fn layer(session_key: &[u8], flags: u32, host: &str) -> Result<Layer, StoreError> {
    if flags & NEEDED_FLAGS != NEEDED_FLAGS {
        return Err(StoreError::new(StoreErrorKind::AuthenticationRefused, host)
            .with_detail("the server's NTLM lacks 128-bit sealing with extended session security"));
    }
    let side = |signing: &[u8], sealing: &[u8]| {
        Side::new(session_key, signing, sealing)
            .ok_or_else(|| StoreError::new(StoreErrorKind::Corrupt, host).with_detail("NTLM session key"))
    };
    Ok(Layer {
        seal: Box::new(side(CLIENT_SIGNING, CLIENT_SEALING)?),
        unseal: Box::new(side(SERVER_SIGNING, SERVER_SEALING)?),
        largest_plain: LARGEST_PLAIN,
    })
}

/// Returns the negotiated flags of a challenge message ([MS-NLMP] 2.2.1.2).
pub(crate) fn challenge_flags(challenge: &[u8]) -> Option<u32> {
    let flags = challenge.get(20..24).filter(|_| challenge.starts_with(b"NTLMSSP\0\x02\0\0\0"))?;
    Some(u32::from_le_bytes([flags[0], flags[1], flags[2], flags[3]]))
}

/// NTLM negotiates no limit; this much every server takes.
const LARGEST_PLAIN: usize = 60_000;
const SIGNATURE_LENGTH: usize = 16;

/// SIGN, SEAL, EXTENDED_SESSIONSECURITY, 128 and KEY_EXCH ([MS-NLMP] 2.2.2.5).
const NEEDED_FLAGS: u32 = 0x10 | 0x20 | 0x0008_0000 | 0x2000_0000 | 0x4000_0000;

const CLIENT_SIGNING: &[u8] = b"session key to client-to-server signing key magic constant\0";
const CLIENT_SEALING: &[u8] = b"session key to client-to-server sealing key magic constant\0";
const SERVER_SIGNING: &[u8] = b"session key to server-to-client signing key magic constant\0";
const SERVER_SEALING: &[u8] = b"session key to server-to-client sealing key magic constant\0";

/// One direction; the cipher runs on through the whole connection.
struct Side {
    signing_key: Zeroizing<Vec<u8>>,
    cipher: Rc4,
    sequence: u32,
}

impl Side {
    fn new(session_key: &[u8], signing: &[u8], sealing: &[u8]) -> Option<Self> {
        let derive = |constant: &[u8]| {
            Zeroizing::new(Md5::new().chain_update(session_key).chain_update(constant).finalize().to_vec())
        };
        let cipher = Rc4::new_from_slice(&derive(sealing)).ok().filter(|_| session_key.len() == 16)?;
        Some(Side { signing_key: derive(signing), cipher, sequence: 0 })
    }

    fn mac(&self, plain: &[u8]) -> Result<Hmac<Md5>, LayerError> {
        let mac = <Hmac<Md5> as Mac>::new_from_slice(&self.signing_key);
        let mac = mac.map_err(|error| LayerError::System(error.to_string()))?;
        Ok(mac.chain_update(self.sequence.to_le_bytes()).chain_update(plain))
    }
}

impl Seal for Side {
    fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, LayerError> {
        let checksum = self.mac(plain)?.finalize().into_bytes();
        let mut token = vec![0; SIGNATURE_LENGTH];
        token.extend_from_slice(plain);
        self.cipher.apply_keystream(&mut token[SIGNATURE_LENGTH..]);
        token[4..12].copy_from_slice(&checksum[..8]);
        self.cipher.apply_keystream(&mut token[4..12]);
        token[0] = 1;
        token[12..16].copy_from_slice(&self.sequence.to_le_bytes());
        self.sequence = self.sequence.wrapping_add(1);
        Ok(token)
    }
}

impl Unseal for Side {
    fn unseal(&mut self, token: &[u8]) -> Result<Vec<u8>, LayerError> {
        let (signature, body) =
            token.split_at_checked(SIGNATURE_LENGTH).ok_or(LayerError::Integrity("a message is too short"))?;
        if signature[..4] != [1, 0, 0, 0] {
            return Err(LayerError::Integrity("a message has no signature"));
        }
        if signature[12..] != self.sequence.to_le_bytes() {
            return Err(LayerError::Integrity("a message was lost, repeated or put in another order"));
        }
        let mut plain = body.to_vec();
        self.cipher.apply_keystream(&mut plain);
        let mut checksum: Vec<u8> = signature[4..12].to_vec();
        self.cipher.apply_keystream(&mut checksum);
        let fits = self.mac(&plain)?.verify_truncated_left(&checksum);
        fits.map_err(|_| LayerError::Integrity("a message fails its integrity check"))?;
        self.sequence = self.sequence.wrapping_add(1);
        Ok(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_sends() -> Side {
        Side::new(&[0x55; 16], CLIENT_SIGNING, CLIENT_SEALING).unwrap()
    }

    /// [MS-NLMP] 4.2.4.4: the sealed "Plaintext" of the example session.
    #[test]
    fn published_example() {
        let plain: Vec<u8> = "Plaintext".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let side = client_sends();
        assert_eq!(
            side.signing_key[..],
            [0x47, 0x88, 0xdc, 0x86, 0x1b, 0x47, 0x82, 0xf3, 0x5d, 0x43, 0xfd, 0x98, 0xfe, 0x1a, 0x2d, 0x39]
        );
        let token = client_sends().seal(&plain).unwrap();
        let signature = [0x01, 0, 0, 0, 0x7f, 0xb3, 0x8e, 0xc5, 0xc5, 0x5d, 0x49, 0x76, 0, 0, 0, 0];
        let sealed = [
            0x54, 0xe5, 0x01, 0x65, 0xbf, 0x19, 0x36, 0xdc, 0x99, 0x60, 0x20, 0xc1, 0x81, 0x1b, 0x0f, 0x06, 0xfb, 0x5f,
        ];
        assert_eq!(token[..16], signature);
        assert_eq!(token[16..], sealed);
        assert_eq!(client_sends().unseal(&token).unwrap(), plain);
    }

    #[test]
    fn the_cipher_runs_on_and_order_matters() {
        let (mut sender, mut receiver) = (client_sends(), client_sends());
        for length in [0, 1, 100, 60_000] {
            let plain = vec![7; length];
            let token = sender.seal(&plain).unwrap();
            assert_eq!(receiver.unseal(&token).unwrap(), plain);
            assert!(receiver.unseal(&token).is_err(), "repeated");
        }
        sender.seal(b"lost").unwrap();
        assert!(receiver.unseal(&sender.seal(b"next").unwrap()).is_err());
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let token = client_sends().seal(b"an answer").unwrap();
        for position in 0..token.len() {
            let mut damaged = token.clone();
            damaged[position] ^= 0x10;
            assert!(client_sends().unseal(&damaged).is_err(), "byte {position}");
        }
        for length in 0..token.len() {
            assert!(client_sends().unseal(&token[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn weak_sessions_are_refused() {
        assert!(layer(&[1; 16], NEEDED_FLAGS, "dc").is_ok());
        assert!(layer(&[1; 8], NEEDED_FLAGS, "dc").is_err());
        let weak = layer(&[1; 16], NEEDED_FLAGS & !0x2000_0000, "dc").err().unwrap();
        assert_eq!(weak.kind, StoreErrorKind::AuthenticationRefused);
        assert_eq!(challenge_flags(b"NTLMSSP\0\x02\0\0\0aaaabbbb\x35\x82\x89\xe2"), Some(0xe289_8235));
        assert_eq!(challenge_flags(b"NTLMSSP\0\x02\0\0\0"), None);
    }
}
