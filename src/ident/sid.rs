//! Security identifiers ([MS-DTYP] 2.4.2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A security identifier, `S-1-5-21-…`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}

/// Text or bytes are no SID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a SID")]
pub struct ParseSidError(pub String);

const MAX_SUB_AUTHORITIES: usize = 15;
const NT_AUTHORITY: u64 = 5;

impl Sid {
    /// Returns the SID of the authority with these sub-authorities (at most 15).
    pub fn new(authority: u64, sub_authorities: &[u32]) -> Option<Self> {
        let fits = authority < 1 << 48 && sub_authorities.len() <= MAX_SUB_AUTHORITIES;
        fits.then(|| Sid { authority, sub_authorities: sub_authorities.to_vec() })
    }

    /// Reads a SID from the start of `bytes` and returns it with the number of bytes it takes.
    pub fn read(bytes: &[u8]) -> Result<(Self, usize), ParseSidError> {
        let error = || ParseSidError(format!("{} bytes", bytes.len()));
        let header: &[u8; 8] = bytes.first_chunk().ok_or_else(error)?;
        let count = usize::from(header[1]);
        if header[0] != 1 || count > MAX_SUB_AUTHORITIES {
            return Err(error());
        }
        let authority = header[2..].iter().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
        let size = 8 + 4 * count;
        let tail = bytes.get(8..size).ok_or_else(error)?;
        let sub_authorities = tail.as_chunks::<4>().0.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect();
        Ok((Sid { authority, sub_authorities }, size))
    }

    /// Reads a SID that fills `bytes` exactly, as the attribute `objectSid` holds it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParseSidError> {
        match Sid::read(bytes)? {
            (sid, size) if size == bytes.len() => Ok(sid),
            _ => Err(ParseSidError(format!("{} bytes", bytes.len()))),
        }
    }

    /// Returns the binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![1, self.sub_authorities.len() as u8];
        bytes.extend(&self.authority.to_be_bytes()[2..]);
        for sub_authority in &self.sub_authorities {
            bytes.extend(sub_authority.to_le_bytes());
        }
        bytes
    }

    /// Returns the last sub-authority, the relative identifier of a domain's principal.
    pub fn rid(&self) -> Option<u32> {
        self.sub_authorities.last().copied()
    }

    /// Returns the SID without its last sub-authority: of a domain's principal, the domain.
    pub fn parent(&self) -> Option<Sid> {
        let (_, rest) = self.sub_authorities.split_last()?;
        Some(Sid { authority: self.authority, sub_authorities: rest.to_vec() })
    }

    /// Tells whether this SID begins with another one and goes on.
    pub(super) fn is_below(&self, other: &Sid) -> bool {
        self.authority == other.authority
            && self.sub_authorities.len() > other.sub_authorities.len()
            && self.sub_authorities.starts_with(&other.sub_authorities)
    }

    /// Returns the SID of the principal with this relative identifier in this domain.
    pub fn child(&self, rid: u32) -> Option<Sid> {
        let mut sub_authorities = self.sub_authorities.clone();
        sub_authorities.push(rid);
        Sid::new(self.authority, &sub_authorities)
    }

    /// Tells whether this is an account or group of some domain or machine (`S-1-5-21-a-b-c-rid`).
    pub fn is_domain_principal(&self) -> bool {
        self.authority == NT_AUTHORITY && self.sub_authorities.len() == 5 && self.sub_authorities[0] == 21
    }

    /// Returns the English name of a SID that is the same in every domain, as Windows shows it
    /// ([MS-DTYP] 2.4.2.4): `NT AUTHORITY\Authenticated Users`.
    pub fn well_known_name(&self) -> Option<&'static str> {
        let name = match (self.authority, self.sub_authorities.as_slice()) {
            (0, [0]) => "NULL SID",
            (1, [0]) => "Everyone",
            (2, [0]) => "LOCAL",
            (2, [1]) => "CONSOLE LOGON",
            (3, [0]) => "CREATOR OWNER",
            (3, [1]) => "CREATOR GROUP",
            (3, [2]) => "CREATOR OWNER SERVER",
            (3, [3]) => "CREATOR GROUP SERVER",
            (3, [4]) => "OWNER RIGHTS",
            (5, [1]) => r"NT AUTHORITY\DIALUP",
            (5, [2]) => r"NT AUTHORITY\NETWORK",
            (5, [3]) => r"NT AUTHORITY\BATCH",
            (5, [4]) => r"NT AUTHORITY\INTERACTIVE",
            (5, [6]) => r"NT AUTHORITY\SERVICE",
            (5, [7]) => r"NT AUTHORITY\ANONYMOUS LOGON",
            (5, [8]) => r"NT AUTHORITY\PROXY",
            (5, [9]) => r"NT AUTHORITY\ENTERPRISE DOMAIN CONTROLLERS",
            (5, [10]) => r"NT AUTHORITY\SELF",
            (5, [11]) => r"NT AUTHORITY\Authenticated Users",
            (5, [12]) => r"NT AUTHORITY\RESTRICTED",
            (5, [13]) => r"NT AUTHORITY\TERMINAL SERVER USER",
            (5, [14]) => r"NT AUTHORITY\REMOTE INTERACTIVE LOGON",
            (5, [15]) => r"NT AUTHORITY\This Organization",
            (5, [33]) => r"NT AUTHORITY\WRITE RESTRICTED",
            (5, [64, 10]) => r"NT AUTHORITY\NTLM Authentication",
            (5, [64, 14]) => r"NT AUTHORITY\SChannel Authentication",
            (5, [64, 21]) => r"NT AUTHORITY\Digest Authentication",
            (5, [65, 1]) => r"NT AUTHORITY\This Organization Certificate",
            (5, [17]) => r"NT AUTHORITY\IUSR",
            (5, [18]) => r"NT AUTHORITY\SYSTEM",
            (5, [19]) => r"NT AUTHORITY\LOCAL SERVICE",
            (5, [20]) => r"NT AUTHORITY\NETWORK SERVICE",
            (5, [113]) => r"NT AUTHORITY\Local account",
            (5, [114]) => r"NT AUTHORITY\Local account and member of Administrators group",
            (5, [1000]) => r"NT AUTHORITY\Other Organization",
            (5, [32, 544]) => r"BUILTIN\Administrators",
            (5, [32, 545]) => r"BUILTIN\Users",
            (5, [32, 546]) => r"BUILTIN\Guests",
            (5, [32, 547]) => r"BUILTIN\Power Users",
            (5, [32, 548]) => r"BUILTIN\Account Operators",
            (5, [32, 549]) => r"BUILTIN\Server Operators",
            (5, [32, 550]) => r"BUILTIN\Print Operators",
            (5, [32, 551]) => r"BUILTIN\Backup Operators",
            (5, [32, 552]) => r"BUILTIN\Replicator",
            (5, [32, 554]) => r"BUILTIN\Pre-Windows 2000 Compatible Access",
            (5, [32, 555]) => r"BUILTIN\Remote Desktop Users",
            (5, [32, 556]) => r"BUILTIN\Network Configuration Operators",
            (5, [32, 557]) => r"BUILTIN\Incoming Forest Trust Builders",
            (5, [32, 558]) => r"BUILTIN\Performance Monitor Users",
            (5, [32, 559]) => r"BUILTIN\Performance Log Users",
            (5, [32, 560]) => r"BUILTIN\Windows Authorization Access Group",
            (5, [32, 561]) => r"BUILTIN\Terminal Server License Servers",
            (5, [32, 562]) => r"BUILTIN\Distributed COM Users",
            (5, [32, 568]) => r"BUILTIN\IIS_IUSRS",
            (5, [32, 569]) => r"BUILTIN\Cryptographic Operators",
            (5, [32, 573]) => r"BUILTIN\Event Log Readers",
            (5, [32, 574]) => r"BUILTIN\Certificate Service DCOM Access",
            (5, [32, 575]) => r"BUILTIN\RDS Remote Access Servers",
            (5, [32, 576]) => r"BUILTIN\RDS Endpoint Servers",
            (5, [32, 577]) => r"BUILTIN\RDS Management Servers",
            (5, [32, 578]) => r"BUILTIN\Hyper-V Administrators",
            (5, [32, 579]) => r"BUILTIN\Access Control Assistance Operators",
            (5, [32, 580]) => r"BUILTIN\Remote Management Users",
            (5, [32, 581]) => r"BUILTIN\System Managed Accounts Group",
            (5, [32, 582]) => r"BUILTIN\Storage Replica Administrators",
            (5, [32, 583]) => r"BUILTIN\Device Owners",
            (5, [32, 584]) => r"BUILTIN\User Mode Hardware Operators",
            (5, [32, 585]) => r"BUILTIN\OpenSSH Users",
            (5, [80, 0]) => r"NT SERVICE\ALL SERVICES",
            (5, [83, 0]) => r"NT VIRTUAL MACHINE\Virtual Machines",
            (5, [90, 0]) => r"Window Manager\Window Manager Group",
            (15, [2, 1]) => r"APPLICATION PACKAGE AUTHORITY\ALL APPLICATION PACKAGES",
            (15, [2, 2]) => r"APPLICATION PACKAGE AUTHORITY\ALL RESTRICTED APPLICATION PACKAGES",
            (16, [0]) => r"Mandatory Label\Untrusted Mandatory Level",
            (16, [4096]) => r"Mandatory Label\Low Mandatory Level",
            (16, [8192]) => r"Mandatory Label\Medium Mandatory Level",
            (16, [8448]) => r"Mandatory Label\Medium Plus Mandatory Level",
            (16, [12288]) => r"Mandatory Label\High Mandatory Level",
            (16, [16384]) => r"Mandatory Label\System Mandatory Level",
            (18, [1]) => "Authentication authority asserted identity",
            (18, [2]) => "Service asserted identity",
            _ => return None,
        };
        Some(name)
    }
}

/// SIDs that the program itself speaks of.
impl Sid {
    pub(super) fn nt_authority(sub_authority: u32) -> Sid {
        Sid::nt(&[sub_authority])
    }

    fn nt(sub_authorities: &[u32]) -> Sid {
        Sid { authority: NT_AUTHORITY, sub_authorities: sub_authorities.to_vec() }
    }

    /// `S-1-5-11`, Authenticated Users.
    pub fn authenticated_users() -> Sid {
        Sid::nt(&[11])
    }

    /// `S-1-5-18`, SYSTEM.
    pub fn system() -> Sid {
        Sid::nt(&[18])
    }

    /// `S-1-5-9`, Enterprise Domain Controllers.
    pub fn enterprise_domain_controllers() -> Sid {
        Sid::nt(&[9])
    }

    /// `S-1-5-10`, Self.
    pub fn principal_self() -> Sid {
        Sid::nt(&[10])
    }

    /// `S-1-5-32-544`, the built-in Administrators.
    pub fn administrators() -> Sid {
        Sid::nt(&[32, 544])
    }

    /// `S-1-3-0`, Creator Owner.
    pub fn creator_owner() -> Sid {
        Sid { authority: 3, sub_authorities: vec![0] }
    }

    /// `S-1-1-0`, Everyone.
    pub fn everyone() -> Sid {
        Sid { authority: 1, sub_authorities: vec![0] }
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.authority {
            authority if authority >> 32 == 0 => write!(f, "S-1-{authority}")?,
            authority => write!(f, "S-1-0x{authority:012X}")?,
        }
        for sub_authority in &self.sub_authorities {
            write!(f, "-{sub_authority}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sid {
    type Err = ParseSidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseSidError(text.to_owned());
        let trimmed = text.trim();
        let rest = trimmed.strip_prefix("S-1-").or_else(|| trimmed.strip_prefix("s-1-")).ok_or_else(error)?;
        let mut parts = rest.split('-');
        let authority_text = parts.next().ok_or_else(error)?;
        let authority = match authority_text.strip_prefix("0x").or_else(|| authority_text.strip_prefix("0X")) {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => authority_text.parse(),
        }
        .map_err(|_| error())?;
        let sub_authorities: Vec<u32> =
            parts.map(|part| part.parse()).collect::<Result<_, _>>().map_err(|_| error())?;
        Sid::new(authority, &sub_authorities).ok_or_else(error)
    }
}

impl Serialize for Sid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_round_trip() {
        for text in [
            "S-1-0-0",
            "S-1-5-11",
            "S-1-5-21-1004336348-1177238915-682003330-512",
            "S-1-15-2-1",
            "S-1-0x010000000000-1",
        ] {
            let sid: Sid = text.parse().unwrap();
            assert_eq!(sid.to_string(), text);
            assert_eq!(Sid::from_bytes(&sid.to_bytes()), Ok(sid));
        }
    }

    #[test]
    fn refuses_what_is_no_sid() {
        for text in ["", "S-1", "S-2-5-11", "S-1-5-x", "S-1-5-4294967296", "S-1-5-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1"] {
            assert!(text.parse::<Sid>().is_err(), "{text}");
        }
        for bytes in [
            &[][..],
            &[1, 1, 0, 0, 0, 0, 0, 5],
            &[2, 0, 0, 0, 0, 0, 0, 5],
            &[1, 0, 0, 0, 0, 0, 0, 5, 9],
            &[1, 255, 0, 0, 0, 0, 0, 5],
        ] {
            assert!(Sid::from_bytes(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn knows_names_domains_and_rids() {
        let admins: Sid = "S-1-5-21-1-2-3-512".parse().unwrap();
        assert_eq!(admins.rid(), Some(512));
        let domain = admins.parent().unwrap();
        assert_eq!(domain.to_string(), "S-1-5-21-1-2-3");
        assert_eq!(domain.child(512), Some(admins.clone()));
        assert!(admins.is_domain_principal() && !domain.is_domain_principal());
        assert_eq!(admins.well_known_name(), None);
        assert_eq!(Sid::authenticated_users().well_known_name(), Some(r"NT AUTHORITY\Authenticated Users"));
    }
}
