//! The SIDs that stand in an SDDL text, where they stand: so that one of them can be exchanged and the rest stays as it was written.

use std::ops::Range;

use crate::ident::Sid;

/// A SID written out in full in an SDDL text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SddlSid {
    /// The SID.
    pub sid: Sid,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// What goes with it where it is taken out: its whole entry, or owner or group with their tag.
    pub part: Range<usize>,
}

/// Finds the SIDs that are written out in full in an SDDL text, those in conditions too. Two-letter names are none of them.
pub fn sids_in_sddl(text: &str) -> Vec<SddlSid> {
    const START: &[u8] = b"S-1-";
    let bytes = text.as_bytes();
    let mut found: Vec<SddlSid> = Vec::new();
    // The found SIDs that stand in the entry that is open.
    let mut first_of_entry = 0;
    let mut entry_start = 0;
    let (mut depth, mut quoted) = (0usize, false);
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' if depth > 0 => quoted = !quoted,
            _ if quoted => {}
            b'(' => {
                if depth == 0 {
                    (entry_start, first_of_entry) = (at, found.len());
                }
                depth += 1;
            }
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    found.iter_mut().skip(first_of_entry).for_each(|sid| sid.part = entry_start..at + 1);
                    first_of_entry = found.len();
                }
            }
            _ => {
                let starts = bytes[at..].get(..START.len()).is_some_and(|head| head.eq_ignore_ascii_case(START));
                let is_word = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
                if starts && !is_word {
                    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
                    let end = at + bytes[at..].iter().take_while(is_part).count();
                    // Outside of entries the next part's tag follows the SID without a gap: `O:S-1-5-21-1-2-3-4G:…`.
                    let end = if bytes.get(end) == Some(&b':') { end - 1 } else { end };
                    if let Some(sid) = text.get(at..end).and_then(|text| text.parse::<Sid>().ok()) {
                        let has_tag =
                            depth == 0 && at >= 2 && bytes[at - 1] == b':' && bytes[at - 2].is_ascii_alphabetic();
                        let part = if has_tag { at - 2..end } else { at..end };
                        found.push(SddlSid { sid, range: at..end, part });
                        at = end;
                        continue;
                    }
                }
            }
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found = sids_in_sddl(text);
        let parts: Vec<(&str, &str)> =
            found.iter().map(|sid| (&text[sid.range.clone()], &text[sid.part.clone()])).collect();
        assert_eq!(parts, expected, "{text}");
    }

    #[test]
    fn sids_are_found_with_what_they_stand_in() {
        check("D:AR(A;;FA;;;BA)(A;;FA;;;SY)", &[]);
        check(
            "O:S-1-5-21-1-2-3-4G:s-1-5-32-544D:P(A;;FA;;;S-1-5-19)(A;;FA;;;DU)S:AI",
            &[
                ("S-1-5-21-1-2-3-4", "O:S-1-5-21-1-2-3-4"),
                ("s-1-5-32-544", "G:s-1-5-32-544"),
                ("S-1-5-19", "(A;;FA;;;S-1-5-19)"),
            ],
        );
        check(
            "D:(XA;;FX;;;WD;(@User.a==\"x) S-1-5-1\" && Member_of {SID(S-1-5-21-1-2-3-5)}))(A;;FR;;;S-1-1-0)",
            &[
                ("S-1-5-21-1-2-3-5", "(XA;;FX;;;WD;(@User.a==\"x) S-1-5-1\" && Member_of {SID(S-1-5-21-1-2-3-5)}))"),
                ("S-1-1-0", "(A;;FR;;;S-1-1-0)"),
            ],
        );
    }

    #[test]
    fn broken_text_has_what_can_be_seen() {
        check("", &[]);
        check("S-1-", &[]);
        check("(A;;;;;S-1-5-11", &[("S-1-5-11", "S-1-5-11")]);
        check("))S-1-5-11(", &[("S-1-5-11", "S-1-5-11")]);
        check("xS-1-5-11 S-1-5-99999999999999", &[]);
        check("é:S-1-5-11", &[("S-1-5-11", "S-1-5-11")]);
    }
}
