//! Security descriptors as text: the security descriptor definition language ([MS-DTYP] 2.5.1).
//!
//! Two additions keep what SDDL has no words for: `#` and hex digits stand for the bytes of a condition that was read from
//! bytes, and an entry `(#…)` is one of unknown kind.

use std::fmt::Write;

use crate::ident::{Guid, Sid};

use super::acl::{AclEntry, UnknownAce};
use super::alias::{alias_of, sid_of};
use super::{AccessMask, Ace, AceData, AceFlags, AceKind, Acl, AclState, Control, ObjectTypes, SecurityDescriptor};

/// The domains that two-letter names such as `DA` and `EA` refer to. Without a domain, SIDs are written in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SddlContext {
    /// SID of the domain of the object.
    pub domain: Option<Sid>,
    /// SID of the root domain of its forest.
    pub forest_root: Option<Sid>,
}

/// The text is no security descriptor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a security descriptor in SDDL: {reason} at `{near}`")]
pub struct ParseSddlError {
    /// What was expected.
    pub reason: &'static str,
    /// The text at that place, at most 40 characters.
    pub near: String,
}

/// Longest text that is read, in bytes; the largest list takes less.
const LONGEST: usize = 4 << 20;

const KINDS: &[(&str, AceKind, bool)] = &[
    ("A", AceKind::Allow, false),
    ("D", AceKind::Deny, false),
    ("OA", AceKind::Allow, true),
    ("OD", AceKind::Deny, true),
    ("AU", AceKind::Audit, false),
    ("AL", AceKind::Alarm, false),
    ("OU", AceKind::Audit, true),
    ("OL", AceKind::Alarm, true),
    ("ML", AceKind::MandatoryLabel, false),
    ("TL", AceKind::ProcessTrustLabel, false),
    ("FL", AceKind::AccessFilter, false),
    ("XA", AceKind::AllowCallback, false),
    ("XD", AceKind::DenyCallback, false),
    ("RA", AceKind::ResourceAttribute, false),
    ("SP", AceKind::ScopedPolicy, false),
    ("XU", AceKind::AuditCallback, false),
    ("ZA", AceKind::AllowCallback, true),
];

const FLAGS: &[(&str, AceFlags)] = &[
    ("OI", AceFlags::OBJECT_INHERIT),
    ("CI", AceFlags::CONTAINER_INHERIT),
    ("NP", AceFlags::NO_PROPAGATE),
    ("IO", AceFlags::INHERIT_ONLY),
    ("ID", AceFlags::INHERITED),
    ("CR", AceFlags::CRITICAL),
    ("SA", AceFlags::AUDIT_SUCCESS),
    ("FA", AceFlags::AUDIT_FAILURE),
];

/// Single rights in the order in which Windows writes them.
const RIGHTS: &[(&str, AccessMask)] = &[
    ("CC", AccessMask::CREATE_CHILD),
    ("DC", AccessMask::DELETE_CHILD),
    ("LC", AccessMask::LIST_CHILDREN),
    ("SW", AccessMask::SELF_WRITE),
    ("RP", AccessMask::READ_PROPERTY),
    ("WP", AccessMask::WRITE_PROPERTY),
    ("DT", AccessMask::DELETE_TREE),
    ("LO", AccessMask::LIST_OBJECT),
    ("CR", AccessMask::CONTROL_ACCESS),
    ("SD", AccessMask::DELETE),
    ("RC", AccessMask::READ_CONTROL),
    ("WD", AccessMask::WRITE_DAC),
    ("WO", AccessMask::WRITE_OWNER),
    ("GA", AccessMask::GENERIC_ALL),
    ("GX", AccessMask::GENERIC_EXECUTE),
    ("GW", AccessMask::GENERIC_WRITE),
    ("GR", AccessMask::GENERIC_READ),
];

/// Sets of rights on files, written where they are the whole mask.
const FILE_RIGHTS: &[(&str, AccessMask)] = &[
    ("FA", AccessMask::FILE_ALL),
    ("FR", AccessMask::FILE_READ),
    ("FW", AccessMask::FILE_WRITE),
    ("FX", AccessMask::FILE_EXECUTE),
];

/// Sets of rights on registry keys; read, never written, because their masks mean something else elsewhere.
const KEY_RIGHTS: &[(&str, AccessMask)] = &[
    ("KA", AccessMask(0xF003F)),
    ("KR", AccessMask(0x20019)),
    ("KW", AccessMask(0x20006)),
    ("KX", AccessMask(0x20019)),
];

/// Rights of integrity labels.
const LABEL_RIGHTS: &[(&str, AccessMask)] = &[("NW", AccessMask(1)), ("NR", AccessMask(2)), ("NX", AccessMask(4))];

impl SecurityDescriptor {
    /// Reads SDDL. Two-letter names of domain principals need their domain in the context.
    pub fn from_sddl(text: &str, context: &SddlContext) -> Result<Self, ParseSddlError> {
        if text.len() > LONGEST {
            return Err(error("less than 4 MiB of text", text));
        }
        let mut descriptor = SecurityDescriptor::default();
        let mut seen = Vec::new();
        for (tag, value) in sections(text)? {
            if seen.contains(&tag) {
                return Err(error("each part only once", value));
            }
            seen.push(tag);
            match tag {
                'O' => descriptor.owner = Some(parse_sid(value, context)?),
                'G' => descriptor.group = Some(parse_sid(value, context)?),
                'D' => {
                    let (state, control) = parse_list(value, context)?;
                    descriptor.dacl = state;
                    descriptor.control = descriptor.control.with(control);
                }
                _ => {
                    let (state, control) = parse_list(value, context)?;
                    descriptor.sacl = state;
                    // The flags of a SACL are those of a DACL, one bit further up.
                    descriptor.control = descriptor.control.with(Control(control.0 << 1));
                }
            }
        }
        Ok(descriptor)
    }

    /// Returns the SDDL text as Windows writes it, with two-letter names for what the context gives names to.
    pub fn to_sddl(&self, context: &SddlContext) -> String {
        let mut text = String::new();
        if let Some(owner) = &self.owner {
            text.push_str("O:");
            text.push_str(&sid_text(owner, context));
        }
        if let Some(group) = &self.group {
            text.push_str("G:");
            text.push_str(&sid_text(group, context));
        }
        write_list(&mut text, "D:", &self.dacl, self.control, context);
        write_list(&mut text, "S:", &self.sacl, Control(self.control.0 >> 1), context);
        text
    }
}

impl Ace {
    /// Returns the entry in SDDL, `(A;CI;LCRPLORC;;;AU)`.
    pub fn to_sddl(&self, context: &SddlContext) -> String {
        let kind = KINDS.iter().find(|(_, kind, is_object)| *kind == self.kind && *is_object == self.object.is_some());
        let Some((kind, _, _)) = kind else {
            return raw_entry(&AclEntry::Ace(self.clone()));
        };
        let guid = |guid: Option<Guid>| guid.map(Guid::hyphenated).unwrap_or_default();
        let types = self.object.unwrap_or_default();
        let data = match &self.data {
            AceData::Text(text) => format!(";{text}"),
            AceData::Bytes(bytes) => format!(";#{}", hex(bytes)),
            AceData::None => String::new(),
        };
        format!(
            "({kind};{};{};{};{};{}{data})",
            flags_text(self.flags),
            mask_text(self.mask, self.kind),
            guid(types.object),
            guid(types.inherited_object),
            sid_text(&self.sid, context)
        )
    }
}

fn error(reason: &'static str, near: &str) -> ParseSddlError {
    ParseSddlError { reason, near: near.chars().take(40).collect() }
}

/// Splits `O:…G:…D:…S:…` into its parts; colons within parentheses belong to conditions.
fn sections(text: &str) -> Result<Vec<(char, &str)>, ParseSddlError> {
    let text = text.trim();
    let mut starts = Vec::new();
    let (mut depth, mut quoted) = (0usize, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' if depth > 0 => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or_else(|| error("balanced parentheses", &text[at..]))?,
            ':' if depth == 0 => starts.push(at),
            _ => {}
        }
    }
    if depth != 0 || quoted {
        return Err(error("balanced parentheses", text));
    }
    let mut found = Vec::new();
    for (index, &colon) in starts.iter().enumerate() {
        let tag_at = colon.checked_sub(1).filter(|&at| text.is_char_boundary(at));
        let tag = tag_at.and_then(|at| text[at..].chars().next()).map(|tag| tag.to_ascii_uppercase());
        let tag = tag.filter(|tag| "OGDS".contains(*tag)).ok_or_else(|| error("O:, G:, D: or S:", &text[colon..]))?;
        let end = starts.get(index + 1).map_or(text.len(), |next| next - 1);
        let value = text.get(colon + 1..end).ok_or_else(|| error("O:, G:, D: or S:", &text[colon..]))?;
        found.push((tag, value));
    }
    let head = starts.first().map_or(text, |&colon| &text[..colon.saturating_sub(1)]);
    if !head.trim().is_empty() {
        return Err(error("O:, G:, D: or S:", head));
    }
    Ok(found)
}

fn parse_sid(text: &str, context: &SddlContext) -> Result<Sid, ParseSddlError> {
    let text = text.trim();
    if text.len() == 2 {
        return sid_of(text, context).ok_or_else(|| error("a known two-letter name of a SID", text));
    }
    text.parse().map_err(|_| error("a SID", text))
}

fn parse_list(text: &str, context: &SddlContext) -> Result<(AclState, Control), ParseSddlError> {
    let text = text.trim();
    let (flags, mut rest) = text.split_at(text.find('(').unwrap_or(text.len()));
    let mut control = Control::default();
    let mut is_null = false;
    let mut flags_rest = flags.trim();
    while !flags_rest.is_empty() {
        let starts = |word: &str| flags_rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let taken = if starts("NO_ACCESS_CONTROL") {
            is_null = true;
            "NO_ACCESS_CONTROL".len()
        } else if starts("AI") {
            control = control.with(Control::DACL_AUTO_INHERITED);
            2
        } else if starts("AR") {
            control = control.with(Control::DACL_AUTO_INHERIT_REQUIRED);
            2
        } else if starts("P") {
            control = control.with(Control::DACL_PROTECTED);
            1
        } else {
            return Err(error("P, AI, AR or (", flags_rest));
        };
        flags_rest = flags_rest[taken..].trim_start();
    }
    if is_null {
        let state = AclState::Null;
        return if rest.is_empty() { Ok((state, control)) } else { Err(error("no entries", rest)) };
    }
    let mut acl = Acl::default();
    while !rest.is_empty() {
        let inner = rest.strip_prefix('(').ok_or_else(|| error("(", rest))?;
        let end = closing(inner).ok_or_else(|| error("balanced parentheses", rest))?;
        acl.entries.push(parse_entry(&inner[..end], context)?);
        rest = inner[end + 1..].trim_start();
    }
    if acl.aces().any(|ace| ace.object.is_some()) {
        acl.revision = 4;
    }
    Ok((AclState::Present(acl), control))
}

/// Returns where the parenthesis closes that was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted) = (0usize, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn parse_entry(text: &str, context: &SddlContext) -> Result<AclEntry, ParseSddlError> {
    if let Some(digits) = text.strip_prefix('#') {
        let bytes = unhex(digits).filter(|bytes| bytes.len() >= 4 && bytes.len() <= usize::from(u16::MAX));
        let mut bytes = bytes.ok_or_else(|| error("the hex digits of an entry", text))?;
        let size = (bytes.len() as u16).to_le_bytes();
        bytes[2..4].copy_from_slice(&size);
        return Ok(AclEntry::Unknown(UnknownAce { bytes }));
    }
    let mut fields = text.splitn(7, ';').map(str::trim);
    let mut field = || fields.next().ok_or_else(|| error("six fields separated by `;`", text));
    let (kind, flags, rights, object, inherited, sid) = (field()?, field()?, field()?, field()?, field()?, field()?);
    let data = match fields.next().unwrap_or_default() {
        "" => AceData::None,
        hex_text if hex_text.starts_with('#') => {
            AceData::Bytes(unhex(&hex_text[1..]).ok_or_else(|| error("hex digits", hex_text))?)
        }
        condition => AceData::Text(condition.to_owned()),
    };
    let found = KINDS.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(kind));
    let (_, kind, is_object) = *found.ok_or_else(|| error("a kind of entry", text))?;
    let guid = |text: &str| match text {
        "" => Ok(None),
        _ => text.parse::<Guid>().map(Some).map_err(|_| error("a GUID", text)),
    };
    let types = ObjectTypes { object: guid(object)?, inherited_object: guid(inherited)? };
    if !is_object && types != ObjectTypes::default() {
        return Err(error("no GUID in an entry of this kind", text));
    }
    Ok(AclEntry::Ace(Ace {
        kind,
        flags: parse_flags(flags)?,
        mask: parse_mask(rights, kind)?,
        object: is_object.then_some(types),
        sid: parse_sid(sid, context)?,
        data,
    }))
}

fn parse_flags(text: &str) -> Result<AceFlags, ParseSddlError> {
    let mut flags = AceFlags::default();
    for pair in pairs(text).ok_or_else(|| error("flags of two letters", text))? {
        let found = FLAGS.iter().find(|(name, _)| name.eq_ignore_ascii_case(pair));
        flags = flags.with(found.ok_or_else(|| error("a flag", pair))?.1);
    }
    Ok(flags)
}

fn parse_mask(text: &str, kind: AceKind) -> Result<AccessMask, ParseSddlError> {
    let number = |digits: &str, radix| {
        u32::from_str_radix(digits, radix).map(AccessMask).map_err(|_| error("an access mask of 32 bits", text))
    };
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return number(digits, 16);
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let is_octal = text.len() > 1 && text.starts_with('0');
        return number(text, if is_octal { 8 } else { 10 });
    }
    let mut mask = AccessMask::NONE;
    for pair in pairs(text).ok_or_else(|| error("rights of two letters", text))? {
        let labels = if kind == AceKind::MandatoryLabel { LABEL_RIGHTS } else { &[] };
        let mut known = labels.iter().chain(RIGHTS).chain(FILE_RIGHTS).chain(KEY_RIGHTS);
        let found = known.find(|(name, _)| name.eq_ignore_ascii_case(pair));
        mask |= found.ok_or_else(|| error("a right", pair))?.1;
    }
    Ok(mask)
}

fn pairs(text: &str) -> Option<impl Iterator<Item = &str>> {
    let fits = text.len().is_multiple_of(2) && text.is_ascii();
    fits.then(|| (0..text.len() / 2).map(move |index| &text[2 * index..2 * index + 2]))
}

fn write_list(text: &mut String, tag: &str, state: &AclState, control: Control, context: &SddlContext) {
    if *state == AclState::Absent {
        return;
    }
    text.push_str(tag);
    for (name, flag) in [
        ("P", Control::DACL_PROTECTED),
        ("AR", Control::DACL_AUTO_INHERIT_REQUIRED),
        ("AI", Control::DACL_AUTO_INHERITED),
    ] {
        if control.contains(flag) {
            text.push_str(name);
        }
    }
    match state.acl() {
        None => text.push_str("NO_ACCESS_CONTROL"),
        Some(acl) => acl.entries.iter().for_each(|entry| match entry {
            AclEntry::Ace(ace) => text.push_str(&ace.to_sddl(context)),
            AclEntry::Unknown(_) => text.push_str(&raw_entry(entry)),
        }),
    }
}

/// Returns an entry that has no word in SDDL as its bytes.
fn raw_entry(entry: &AclEntry) -> String {
    let mut bytes = Vec::new();
    // Only a condition in text has no byte form, and the kinds that are read with one all have words.
    super::ace::write_entry(entry, &mut bytes).map_or_else(|_| String::new(), |()| format!("(#{})", hex(&bytes)))
}

fn sid_text(sid: &Sid, context: &SddlContext) -> String {
    alias_of(sid, context).map_or_else(|| sid.to_string(), str::to_owned)
}

fn flags_text(flags: AceFlags) -> String {
    FLAGS.iter().filter(|(_, flag)| flags.contains(*flag)).map(|(name, _)| *name).collect()
}

fn mask_text(mask: AccessMask, kind: AceKind) -> String {
    let table = if kind == AceKind::MandatoryLabel { LABEL_RIGHTS } else { RIGHTS };
    if let Some((name, _)) = FILE_RIGHTS.iter().find(|(_, rights)| *rights == mask) {
        return (*name).to_owned();
    }
    let all = table.iter().fold(AccessMask::NONE, |all, (_, right)| all | *right);
    if !all.contains(mask) {
        return mask.to_string();
    }
    table.iter().filter(|(_, right)| mask.contains(*right)).map(|(name, _)| *name).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    pairs(digits)?.map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn context() -> SddlContext {
        SddlContext {
            domain: Some("S-1-5-21-1-2-3".parse().unwrap()),
            forest_root: Some("S-1-5-21-4-5-6".parse().unwrap()),
        }
    }

    fn parse(text: &str) -> SecurityDescriptor {
        SecurityDescriptor::from_sddl(text, &context()).unwrap()
    }

    #[test]
    fn text_round_trips_as_windows_writes_it() {
        for text in [
            "O:DAG:DAD:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;LCRPLORC;;;ED)(A;CIIO;CCDCLCSWRPWPDTLOSDRCWDWO;;;CO)S:AI(OU;CIIOIDSA;WP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;bf967aa5-0de6-11d0-a285-00aa003049e2;WD)",
            "O:LAG:BAD:P(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;SO)(A;OICI;FA;;;SY)(A;OICI;0x1301bf;;;PA)",
            "O:EAG:S-1-5-21-7-8-9-513",
            "D:NO_ACCESS_CONTROL",
            "D:",
            "D:P",
            "D:ARAI(D;;GA;;;WD)S:P(ML;;NWNR;;;HI)",
            "D:(XA;;FX;;;WD;(@User.Title==\"PM (x\" && (Member_of {SID(BA)})))(A;;FR;;;BU)",
            "D:(OA;OICI;;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)",
            "D:(#fe000800aabbccdd)",
            "",
        ] {
            assert_eq!(parse(text).to_sddl(&context()), text);
        }
    }

    #[test]
    fn reads_other_spellings() {
        let same = |one: &str, other: &str| assert_eq!(parse(one), parse(other));
        same("D:(A;;0x20094;;;AU)", "d: ( a ;; RPLORCLC ;;; S-1-5-11 ) ");
        same("D:(A;;KA;;;SY)", "D:(A;;983103;;;SY)");
        same("O:BA D:P AI (A;;GA;;;SY)", "O:BAD:PAI(A;;0x10000000;;;SY)");
        same("D:(A;;010;;;SY)", "D:(A;;SW;;;SY)");
    }

    #[test]
    fn absent_null_and_empty_lists_differ() {
        assert_eq!(parse("O:BA").dacl, AclState::Absent);
        assert_eq!(parse("D:NO_ACCESS_CONTROL").dacl, AclState::Null);
        assert_eq!(parse("D:").dacl, AclState::Present(Acl::default()));
    }

    #[test]
    fn domain_names_need_their_domain() {
        assert!(SecurityDescriptor::from_sddl("O:DA", &SddlContext::default()).is_err());
        assert_eq!(parse("O:EA").owner.unwrap().to_string(), "S-1-5-21-4-5-6-519");
        assert_eq!(parse("O:DA").to_sddl(&SddlContext::default()), "O:S-1-5-21-1-2-3-512");
    }

    #[test]
    fn refuses_broken_text() {
        for text in [
            "x",
            "X:BA",
            "O:",
            "O:QQ",
            "D:(",
            "D:)",
            "D:(A;;FA;;;BA",
            "D:(A;;FA;;BA)",
            "D:(A;;QQ;;;BA)",
            "D:(A;X;FA;;;BA)",
            "D:(A;;0x1FFFFFFFF;;;BA)",
            "D:(Q;;FA;;;BA)",
            "D:(A;;FA;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;BA)",
            "D:(A;;FA;;;BA)D:(A;;FA;;;BA)",
            "D:(OA;;CR;no-guid;;BA)",
            "junk O:BA",
            "D:(#00)",
            "D:(#é)",
            "é:BA",
        ] {
            assert!(SecurityDescriptor::from_sddl(text, &context()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[OGDSAPI:();,éx0-9#\"-]{0,60}") {
            let _ = SecurityDescriptor::from_sddl(&text, &context());
        }

        #[test]
        fn descriptors_round_trip(descriptor in super::super::descriptor::tests::any_descriptor()) {
            let text = descriptor.to_sddl(&context());
            let again = SecurityDescriptor::from_sddl(&text, &context());
            prop_assert_eq!(again.map(|again| again.to_sddl(&context())), Ok(text));
        }
    }
}
