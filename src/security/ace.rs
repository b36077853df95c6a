//! Access control entries ([MS-DTYP] 2.4.4).

use crate::ident::{Guid, Sid};

use super::acl::{AclEntry, UnknownAce};
use super::{AccessMask, DescriptorError};

/// An access control entry of a kind we understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ace {
    /// What it does.
    pub kind: AceKind,
    /// How it is inherited, and whether it was.
    pub flags: AceFlags,
    /// The rights it speaks of.
    pub mask: AccessMask,
    /// What it is limited to; its presence makes it an object ACE. Only the four basic kinds and their callback forms have one.
    pub object: Option<ObjectTypes>,
    /// Whom it concerns.
    pub sid: Sid,
    /// What follows the SID: a condition or a resource attribute.
    pub data: AceData,
}

/// What an access control entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AceKind {
    /// Grants.
    Allow,
    /// Denies.
    Deny,
    /// Writes an audit record.
    Audit,
    /// Raises an alarm; reserved by Windows.
    Alarm,
    /// Grants under a condition.
    AllowCallback,
    /// Denies under a condition.
    DenyCallback,
    /// Audits under a condition.
    AuditCallback,
    /// Raises an alarm under a condition; reserved.
    AlarmCallback,
    /// An integrity label.
    MandatoryLabel,
    /// An attribute of the resource, for conditions.
    ResourceAttribute,
    /// Names a central access policy.
    ScopedPolicy,
    /// A process trust label.
    ProcessTrustLabel,
    /// An access filter.
    AccessFilter,
}

/// The flags of an access control entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AceFlags(pub u8);

impl AceFlags {
    /// OI: files below inherit it.
    pub const OBJECT_INHERIT: AceFlags = AceFlags(0x01);
    /// CI: containers below inherit it.
    pub const CONTAINER_INHERIT: AceFlags = AceFlags(0x02);
    /// NP: only direct children inherit it.
    pub const NO_PROPAGATE: AceFlags = AceFlags(0x04);
    /// IO: it does not concern the object itself.
    pub const INHERIT_ONLY: AceFlags = AceFlags(0x08);
    /// ID: it came from above.
    pub const INHERITED: AceFlags = AceFlags(0x10);
    /// CR: critical (access filters).
    pub const CRITICAL: AceFlags = AceFlags(0x20);
    /// SA: audits success.
    pub const AUDIT_SUCCESS: AceFlags = AceFlags(0x40);
    /// FA: audits failure.
    pub const AUDIT_FAILURE: AceFlags = AceFlags(0x80);

    /// Tells whether all of these flags are set.
    pub const fn contains(self, flags: AceFlags) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Returns the flags with these added.
    pub const fn with(self, flags: AceFlags) -> AceFlags {
        AceFlags(self.0 | flags.0)
    }

    /// Returns the flags without these.
    pub const fn without(self, flags: AceFlags) -> AceFlags {
        AceFlags(self.0 & !flags.0)
    }
}

/// What an object ACE is limited to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectTypes {
    /// The property, property set, extended right or child class; none for all of them.
    pub object: Option<Guid>,
    /// The class of objects that inherit it; none for all of them.
    pub inherited_object: Option<Guid>,
}

/// What follows the SID of an access control entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AceData {
    /// Nothing.
    #[default]
    None,
    /// Bytes as they stood in the descriptor.
    Bytes(Vec<u8>),
    /// Text in parentheses as it stood in SDDL, parentheses included; has no byte form here.
    Text(String),
}

const OBJECT_TYPE_PRESENT: u32 = 1;
const INHERITED_OBJECT_TYPE_PRESENT: u32 = 2;

/// Type byte, kind and whether it is the object form.
const TYPES: &[(u8, AceKind, bool)] = &[
    (0x00, AceKind::Allow, false),
    (0x01, AceKind::Deny, false),
    (0x02, AceKind::Audit, false),
    (0x03, AceKind::Alarm, false),
    (0x05, AceKind::Allow, true),
    (0x06, AceKind::Deny, true),
    (0x07, AceKind::Audit, true),
    (0x08, AceKind::Alarm, true),
    (0x09, AceKind::AllowCallback, false),
    (0x0A, AceKind::DenyCallback, false),
    (0x0B, AceKind::AllowCallback, true),
    (0x0C, AceKind::DenyCallback, true),
    (0x0D, AceKind::AuditCallback, false),
    (0x0E, AceKind::AlarmCallback, false),
    (0x0F, AceKind::AuditCallback, true),
    (0x10, AceKind::AlarmCallback, true),
    (0x11, AceKind::MandatoryLabel, false),
    (0x12, AceKind::ResourceAttribute, false),
    (0x13, AceKind::ScopedPolicy, false),
    (0x14, AceKind::ProcessTrustLabel, false),
    (0x15, AceKind::AccessFilter, false),
];

impl Ace {
    /// Returns an entry that grants rights on the whole object.
    pub fn allow(sid: Sid, mask: AccessMask, flags: AceFlags) -> Self {
        Ace { kind: AceKind::Allow, flags, mask, object: None, sid, data: AceData::None }
    }

    /// Returns an entry that denies rights on the whole object.
    pub fn deny(sid: Sid, mask: AccessMask, flags: AceFlags) -> Self {
        Ace { kind: AceKind::Deny, ..Ace::allow(sid, mask, flags) }
    }

    /// Returns an entry that grants rights on one property, extended right or child class.
    pub fn allow_object(sid: Sid, mask: AccessMask, object_type: Guid, flags: AceFlags) -> Self {
        let object = Some(ObjectTypes { object: Some(object_type), inherited_object: None });
        Ace { object, ..Ace::allow(sid, mask, flags) }
    }

    /// Returns what the entry is limited to, if it is an object ACE and names it.
    pub fn object_type(&self) -> Option<Guid> {
        self.object.and_then(|types| types.object)
    }

    /// Tells whether the entry grants, with or without a condition.
    pub fn allows(&self) -> bool {
        matches!(self.kind, AceKind::Allow | AceKind::AllowCallback)
    }

    /// Tells whether the entry denies, with or without a condition.
    pub fn denies(&self) -> bool {
        matches!(self.kind, AceKind::Deny | AceKind::DenyCallback)
    }

    /// Tells whether the entry came from above.
    pub fn is_inherited(&self) -> bool {
        self.flags.contains(AceFlags::INHERITED)
    }

    /// Tells whether the entry concerns the object itself, not only those below.
    pub fn concerns_self(&self) -> bool {
        !self.flags.contains(AceFlags::INHERIT_ONLY)
    }

    /// Tells whether the right on this object type is among what the entry speaks of: entries without a type speak of all types.
    pub fn covers(&self, object_type: Guid) -> bool {
        self.object_type().is_none_or(|own| own == object_type)
    }

    pub(super) fn type_byte(&self) -> u8 {
        let is_object = self.object.is_some();
        let exact = TYPES.iter().find(|(_, kind, object)| *kind == self.kind && *object == is_object);
        let any = || TYPES.iter().find(|(_, kind, _)| *kind == self.kind);
        exact.or_else(any).map_or(0, |(byte, _, _)| *byte)
    }
}

/// Reads one entry of exactly these bytes, header included. What is not understood to the last byte is kept as it stands.
pub(super) fn read_entry(bytes: &[u8]) -> AclEntry {
    let unknown = || AclEntry::Unknown(UnknownAce { bytes: bytes.to_vec() });
    read_known(bytes).map_or_else(unknown, AclEntry::Ace)
}

fn read_known(bytes: &[u8]) -> Option<Ace> {
    let (header, rest) = bytes.split_first_chunk::<4>()?;
    let (_, kind, is_object) = *TYPES.iter().find(|(byte, _, _)| *byte == header[0])?;
    let (mask, mut rest) = take_u32(rest)?;
    let mut object = None;
    if is_object {
        let (present, after) = take_u32(rest)?;
        rest = after;
        if present & !(OBJECT_TYPE_PRESENT | INHERITED_OBJECT_TYPE_PRESENT) != 0 {
            return None;
        }
        let mut types = ObjectTypes::default();
        if present & OBJECT_TYPE_PRESENT != 0 {
            let (guid, after) = rest.split_first_chunk::<16>()?;
            (types.object, rest) = (Some(Guid::from_bytes(*guid)), after);
        }
        if present & INHERITED_OBJECT_TYPE_PRESENT != 0 {
            let (guid, after) = rest.split_first_chunk::<16>()?;
            (types.inherited_object, rest) = (Some(Guid::from_bytes(*guid)), after);
        }
        object = Some(types);
    }
    let (sid, size) = Sid::read(rest).ok()?;
    let data = match &rest[size..] {
        [] => AceData::None,
        bytes => AceData::Bytes(bytes.to_vec()),
    };
    Some(Ace { kind, flags: AceFlags(header[1]), mask: AccessMask(mask), object, sid, data })
}

fn take_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (value, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*value), rest))
}

/// Appends the entry. Fails where it is larger than 65,535 bytes or its data has no byte form.
pub(super) fn write_entry(entry: &AclEntry, out: &mut Vec<u8>) -> Result<(), DescriptorError> {
    let ace = match entry {
        AclEntry::Unknown(unknown) => {
            out.extend(&unknown.bytes);
            return Ok(());
        }
        AclEntry::Ace(ace) => ace,
    };
    let start = out.len();
    let type_byte = ace.type_byte();
    out.extend([type_byte, ace.flags.0, 0, 0]);
    out.extend(ace.mask.0.to_le_bytes());
    let is_object_type = TYPES.iter().any(|(byte, _, is_object)| *byte == type_byte && *is_object);
    if let Some(types) = ace.object.filter(|_| is_object_type) {
        let present = types.object.map_or(0, |_| OBJECT_TYPE_PRESENT)
            | types.inherited_object.map_or(0, |_| INHERITED_OBJECT_TYPE_PRESENT);
        out.extend(present.to_le_bytes());
        for guid in [types.object, types.inherited_object].into_iter().flatten() {
            out.extend(guid.to_bytes());
        }
    }
    out.extend(ace.sid.to_bytes());
    match &ace.data {
        AceData::None => {}
        AceData::Bytes(bytes) => out.extend(bytes),
        AceData::Text(text) => return Err(DescriptorError::NoByteForm(text.clone())),
    }
    let size = u16::try_from(out.len() - start).map_err(|_| DescriptorError::TooLarge)?;
    out[start + 2..start + 4].copy_from_slice(&size.to_le_bytes());
    Ok(())
}
