//! Kerberos encryption with AES (RFC 3961 simplified profile, RFC 3962): the layout only, the ciphers come from crates.

use hmac::{Hmac, Mac};
use sha1::Sha1;
use smb2::auth::kerberos::crypto::{
    EncryptionType, decrypt_aes_cts, derive_key_aes, encrypt_aes_cts, usage_chk, usage_enc, usage_int,
};
use zeroize::Zeroizing;

const CONFOUNDER_LENGTH: usize = 16;
/// Length of the truncated HMAC, also that of a checksum.
pub(crate) const CHECKSUM_LENGTH: usize = 12;
const ZERO_IV: [u8; 16] = [0; 16];

/// A long-term, session or sub key of encryption type 17 or 18.
#[derive(Clone)]
pub(crate) struct Key {
    etype: EncryptionType,
    bytes: Zeroizing<Vec<u8>>,
}

/// The keys derived from a [`Key`] for one usage, computed once for a whole connection.
pub(crate) struct UsageKeys {
    encryption: Zeroizing<Vec<u8>>,
    integrity: Zeroizing<Vec<u8>>,
    checksum: Zeroizing<Vec<u8>>,
}

impl Key {
    /// Takes a key over; none for a type other than AES128/AES256 with SHA-1 or a length that does not fit.
    pub fn new(etype: i32, bytes: Vec<u8>) -> Option<Self> {
        let etype = match (etype, bytes.len()) {
            (17, 16) => EncryptionType::Aes128CtsHmacSha196,
            (18, 32) => EncryptionType::Aes256CtsHmacSha196,
            _ => return None,
        };
        Some(Key { etype, bytes: Zeroizing::new(bytes) })
    }

    /// Makes a new random key of the same type; fails where the system has no randomness.
    pub fn random_like(&self) -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new(vec![0; self.bytes.len()]);
        getrandom::fill(&mut bytes)?;
        Ok(Key { etype: self.etype, bytes })
    }

    /// Returns the number of the encryption type.
    pub fn etype(&self) -> i32 {
        self.etype as i32
    }

    /// Returns the number of the checksum type that belongs to it (RFC 3962 7).
    pub fn checksum_type(&self) -> i32 {
        if self.etype == EncryptionType::Aes128CtsHmacSha196 { 15 } else { 16 }
    }

    /// Returns the raw key, for the one message that carries it encrypted.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Derives the keys of a usage.
    pub fn for_usage(&self, usage: u32) -> UsageKeys {
        let derive = |constant: [u8; 5]| Zeroizing::new(derive_key_aes(&self.bytes, &constant));
        UsageKeys {
            encryption: derive(usage_enc(usage)),
            integrity: derive(usage_int(usage)),
            checksum: derive(usage_chk(usage)),
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:?}, …)", self.etype)
    }
}

impl UsageKeys {
    /// Encrypts with a random confounder; fails where the system has no randomness.
    pub fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let mut whole = Zeroizing::new(Vec::with_capacity(CONFOUNDER_LENGTH + plain.len()));
        whole.resize(CONFOUNDER_LENGTH, 0);
        getrandom::fill(&mut whole)?;
        whole.extend_from_slice(plain);
        let mut cipher = encrypt_aes_cts(&self.encryption, &ZERO_IV, &whole);
        cipher.extend_from_slice(&hmac(&self.integrity, &[&whole]).finalize().into_bytes()[..CHECKSUM_LENGTH]);
        Ok(cipher)
    }

    /// Decrypts and checks; none where the message was damaged or another key was used.
    pub fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let (cipher, expected) = cipher.split_at_checked(cipher.len().checked_sub(CHECKSUM_LENGTH)?)?;
        if cipher.len() < CONFOUNDER_LENGTH {
            return None;
        }
        let mut whole = decrypt_aes_cts(&self.encryption, &ZERO_IV, cipher).ok()?;
        hmac(&self.integrity, &[&whole]).verify_truncated_left(expected).ok()?;
        Some(whole.split_off(CONFOUNDER_LENGTH))
    }

    /// Returns the checksum over these parts put together.
    pub fn checksum(&self, parts: &[&[u8]]) -> Vec<u8> {
        hmac(&self.checksum, parts).finalize().into_bytes()[..CHECKSUM_LENGTH].to_vec()
    }

    /// Tells whether `expected` is the checksum over these parts, in constant time.
    pub fn checksum_fits(&self, parts: &[&[u8]], expected: &[u8]) -> bool {
        expected.len() == CHECKSUM_LENGTH && hmac(&self.checksum, parts).verify_truncated_left(expected).is_ok()
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha1> {
    // An HMAC takes keys of every length, so the fallback is never reached.
    let mut mac = <Hmac<Sha1> as Mac>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
    parts.iter().for_each(|part| mac.update(part));
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use smb2::auth::kerberos::crypto::string_to_key_aes;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    /// RFC 3962 appendix B: cipher text stealing at the lengths where it differs.
    #[test]
    fn cipher_text_stealing_vectors() {
        let key = hex("63 68 69 63 6b 65 6e 20 74 65 72 69 79 61 6b 69");
        let text = b"I would like the General Gau's Chicken, please, and wonton soup.";
        let check = |length: usize, expected: &str| {
            let cipher = encrypt_aes_cts(&key, &ZERO_IV, &text[..length]);
            assert_eq!(cipher, hex(expected), "{length} bytes");
            assert_eq!(decrypt_aes_cts(&key, &ZERO_IV, &cipher).unwrap(), &text[..length]);
        };
        check(17, "c6353568f2bf8cb4d8a580362da7ff7f97");
        check(31, "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5");
        check(32, "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584");
        check(47, "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5");
        check(48, "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8");
    }

    /// RFC 3961 5.1 and 5.3: keys derived for a usage, checked with the published values of MIT's test suite.
    #[test]
    fn derived_keys() {
        let check = |etype, key: &str, checksum: &str, encryption: &str, integrity: &str| {
            let keys = Key::new(etype, hex(key)).unwrap().for_usage(2);
            assert_eq!(*keys.checksum, hex(checksum));
            assert_eq!(*keys.encryption, hex(encryption));
            assert_eq!(*keys.integrity, hex(integrity));
        };
        check(
            17,
            "42263C6E89F4FC28B8DF68EE09799F15",
            "34280A382BC92769B2DA2F9EF066854B",
            "5B14FC4E250E14DDF9DCCF1AF6674F53",
            "4ED31063621684F09AE8D89991AF3E8F",
        );
        check(
            18,
            "FE697B52BC0D3CE14432BA036A92E65BBB52280990A2FA27883998D72AF30161",
            "BFAB388BDCB238E9F9C98D6A878304F04D30C82556375AC507A7A852790F4674",
            "C7CFD9CD75FE793A586A542D87E0D1396F1134A104BB1A9190B8C90ADA3DDF37",
            "97151B4C76945063E2EB0529DC067D97D7BBA90776D8126D91F34F3101AEA8BA",
        );
    }

    /// RFC 3962 4 with the iteration count every domain controller uses.
    #[test]
    fn key_from_password_depends_on_the_salt() {
        let key = string_to_key_aes("password", "CORP.EXAMPLE.COMAdministrator", 32);
        assert_ne!(key, string_to_key_aes("password", "CORP.EXAMPLE.COMadministrator", 32));
        assert!(Key::new(18, key).is_some());
    }

    #[test]
    fn what_was_encrypted_comes_back_and_a_flipped_bit_does_not() {
        for (etype, length) in [(17, 16), (18, 32)] {
            let key = Key::new(etype, vec![0x5A; length]).unwrap();
            let keys = key.for_usage(24);
            for plain_length in [0, 1, 15, 16, 17, 32, 1000] {
                let plain: Vec<u8> = (0..plain_length).map(|byte| byte as u8).collect();
                let cipher = keys.encrypt(&plain).unwrap();
                assert_eq!(keys.decrypt(&cipher).unwrap(), plain);
                assert!(key.for_usage(22).decrypt(&cipher).is_none());
                for position in [0, 15, 16, cipher.len() / 2, cipher.len() - 1] {
                    let mut damaged = cipher.clone();
                    damaged[position] ^= 1;
                    assert!(keys.decrypt(&damaged).is_none());
                }
            }
            for short in 0..CONFOUNDER_LENGTH + CHECKSUM_LENGTH {
                assert!(keys.decrypt(&vec![0; short]).is_none());
            }
        }
    }

    #[test]
    fn keys_of_other_types_are_refused_and_never_shown() {
        assert!(Key::new(23, vec![0; 16]).is_none());
        assert!(Key::new(18, vec![0; 16]).is_none());
        assert_eq!(format!("{:?}", Key::new(17, vec![0xAB; 16]).unwrap()), "Key(Aes128CtsHmacSha196, …)");
    }
}
