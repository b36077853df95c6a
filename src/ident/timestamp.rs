//! Points in time as the directory writes them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in time, UTC, to the second; displayed and serialized as RFC 3339 (`2026-03-01T12:00:00Z`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(jiff::Timestamp);

/// The text is no time the directory would write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a point in time")]
pub struct ParseTimestampError(pub String);

impl Timestamp {
    /// Returns the present moment, cut to the second.
    pub fn now() -> Self {
        Self::from_unix_seconds(jiff::Timestamp::now().as_second()).unwrap_or(Timestamp(jiff::Timestamp::UNIX_EPOCH))
    }

    /// Returns the time that many seconds after 1970-01-01, if it lies in the years the calendar knows.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        jiff::Timestamp::from_second(seconds).ok().map(Timestamp)
    }

    /// Returns the time of a FILETIME ([MS-DTYP] 2.3.3): 100 ns since 1601, cut to the second. 0 stands for none.
    pub fn from_filetime(filetime: u64) -> Option<Self> {
        const SECONDS_TO_1970: i64 = 11_644_473_600;
        let seconds = i64::try_from(filetime / 10_000_000).ok()?;
        (filetime != 0).then(|| Timestamp::from_unix_seconds(seconds - SECONDS_TO_1970))?
    }

    /// Returns the seconds since 1970-01-01.
    pub fn unix_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Reads LDAP generalized time, `20260301120000.0Z` (RFC 4517 3.3.13; the directory always writes UTC).
    pub fn parse_generalized(text: &str) -> Result<Self, ParseTimestampError> {
        let error = || ParseTimestampError(text.to_owned());
        let digits = text.get(..14).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).ok_or_else(error)?;
        let rest = text.get(14..).unwrap_or_default();
        let fraction = rest.strip_suffix('Z').ok_or_else(error)?;
        if !(fraction.is_empty() || fraction.starts_with('.') && fraction[1..].bytes().all(|b| b.is_ascii_digit())) {
            return Err(error());
        }
        let part = |range: std::ops::Range<usize>| digits[range].parse::<i16>().unwrap_or(-1);
        let civil = jiff::civil::DateTime::new(
            part(0..4),
            part(4..6) as i8,
            part(6..8) as i8,
            part(8..10) as i8,
            part(10..12) as i8,
            part(12..14) as i8,
            0,
        )
        .map_err(|_| error())?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| error())?;
        Ok(Timestamp(zoned.timestamp()))
    }

    /// Returns the LDAP generalized time, `20260301120000.0Z`.
    pub fn to_generalized(self) -> String {
        self.0.strftime("%Y%m%d%H%M%S.0Z").to_string()
    }

    /// Reads the time format of CIM (DSP0004 2.2.1), `20200408170406.280000-000`: local time and the minutes to UTC, which are 0 in practice.
    pub fn parse_dmtf(text: &str) -> Result<Self, ParseTimestampError> {
        let error = || ParseTimestampError(text.to_owned());
        let base =
            text.get(..14).and_then(|base| Self::parse_generalized(&format!("{base}Z")).ok()).ok_or_else(error)?;
        let offset = text.get(21..).filter(|offset| !offset.is_empty());
        let minutes: i32 = offset.map_or(Ok(0), |offset| offset.parse().map_err(|_| error()))?;
        Self::from_unix_seconds(base.unix_seconds() - i64::from(minutes) * 60).ok_or_else(error)
    }

    /// Returns the time as CIM writes it, UTC: `20240201080000.000000-000`.
    pub fn to_dmtf(self) -> String {
        self.0.strftime("%Y%m%d%H%M%S.000000-000").to_string()
    }

    /// Returns the time in the zone of this machine, `2026-03-01 13:00:00`, as lists show it.
    pub fn to_local_text(self) -> String {
        self.0.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generalized_time_round_trips() {
        let time = Timestamp::parse_generalized("20260301120000.0Z").unwrap();
        assert_eq!(time.to_string(), "2026-03-01T12:00:00Z");
        assert_eq!(time.to_generalized(), "20260301120000.0Z");
        assert_eq!(Timestamp::parse_generalized("20260301120000Z"), Ok(time));
    }

    #[test]
    fn times_of_cim_round_trip() {
        let time = Timestamp::from_unix_seconds(1_706_774_400).unwrap();
        assert_eq!(time.to_dmtf(), "20240201080000.000000-000");
        for text in ["20240201080000.000000-000", "20240201080000", "20240201090000.999999+060"] {
            assert_eq!(Timestamp::parse_dmtf(text), Ok(time), "{text}");
        }
        for text in
            ["", "20240201", "20241301080000.000000-000", "20240201080000.000000+é", "99991231235959.000000-99999"]
        {
            assert!(Timestamp::parse_dmtf(text).is_err(), "{text}");
        }
    }

    #[test]
    fn refuses_impossible_times() {
        for text in [
            "",
            "2026",
            "20261301120000.0Z",
            "20260230120000.0Z",
            "20260301120000.0",
            "2026030112000é.0Z",
            "20260301120000.xZ",
        ] {
            assert!(Timestamp::parse_generalized(text).is_err(), "{text}");
        }
    }
}
