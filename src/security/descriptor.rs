//! Self-relative security descriptors ([MS-DTYP] 2.4.6).

use crate::ident::Sid;

use super::Acl;

/// A security descriptor.
#[derive(Clone, Debug, Default)]
pub struct SecurityDescriptor {
    /// The control flags, without those that follow from the rest (self-relative, lists present).
    pub control: Control,
    /// The resource manager's byte; 0 nearly always.
    pub resource_manager: u8,
    /// The owner, where there is one.
    pub owner: Option<Sid>,
    /// The primary group, where there is one.
    pub group: Option<Sid>,
    /// Who may do what.
    pub dacl: AclState,
    /// What is audited.
    pub sacl: AclState,
    /// The order in which the parts lay in the bytes; not part of the value.
    order: PartOrder,
}

/// Whether a descriptor has an access control list, and which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AclState {
    /// It says nothing: no list is present.
    #[default]
    Absent,
    /// A list is present and it is the NULL list: as a DACL, everybody may do everything.
    Null,
    /// A list is present; an empty one grants nothing.
    Present(Acl),
}

impl AclState {
    /// Returns the list, where there is one.
    pub fn acl(&self) -> Option<&Acl> {
        match self {
            AclState::Present(acl) => Some(acl),
            AclState::Absent | AclState::Null => None,
        }
    }
}

/// Control flags of a descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Control(pub u16);

impl Control {
    /// DP: a DACL is present (perhaps the NULL list).
    pub const DACL_PRESENT: Control = Control(0x0004);
    /// SP: a SACL is present.
    pub const SACL_PRESENT: Control = Control(0x0010);
    /// DC: the DACL is to inherit.
    pub const DACL_AUTO_INHERIT_REQUIRED: Control = Control(0x0100);
    /// SC: the SACL is to inherit.
    pub const SACL_AUTO_INHERIT_REQUIRED: Control = Control(0x0200);
    /// DI: the DACL was inherited automatically.
    pub const DACL_AUTO_INHERITED: Control = Control(0x0400);
    /// SI: the SACL was inherited automatically.
    pub const SACL_AUTO_INHERITED: Control = Control(0x0800);
    /// PD: nothing is inherited into the DACL.
    pub const DACL_PROTECTED: Control = Control(0x1000);
    /// PS: nothing is inherited into the SACL.
    pub const SACL_PROTECTED: Control = Control(0x2000);
    /// SR: the descriptor is one block of bytes.
    pub const SELF_RELATIVE: Control = Control(0x8000);

    const FROM_PARTS: u16 = 0x8014;
    const OF_DACL: u16 =
        Control::DACL_AUTO_INHERIT_REQUIRED.0 | Control::DACL_AUTO_INHERITED.0 | Control::DACL_PROTECTED.0;
    const OF_SACL: u16 =
        Control::SACL_AUTO_INHERIT_REQUIRED.0 | Control::SACL_AUTO_INHERITED.0 | Control::SACL_PROTECTED.0;

    /// Tells whether all of these flags are set.
    pub const fn contains(self, flags: Control) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Returns the flags with these added.
    pub const fn with(self, flags: Control) -> Control {
        Control(self.0 | flags.0)
    }
}

/// Bytes are no descriptor, or a descriptor has no byte form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    /// The bytes end, or a size or offset leads out of them.
    #[error("broken security descriptor: expected {expected} at byte {offset}")]
    Truncated {
        /// Where, counted in bytes from 0.
        offset: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// Revision other than 1, or not self-relative.
    #[error("a security descriptor of a form that is not understood (revision {revision}, control 0x{control:04x})")]
    Form {
        /// The revision byte.
        revision: u8,
        /// The control flags.
        control: u16,
    },
    /// A list or entry would be larger than 65,535 bytes.
    #[error("the access control list is larger than 65,535 bytes")]
    TooLarge,
    /// A condition that was read as text has no byte form.
    #[error("the condition `{0}` cannot be written as bytes")]
    NoByteForm(String),
}

const HEADER_SIZE: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Owner,
    Group,
    Sacl,
    Dacl,
}

#[derive(Clone, Copy, Debug)]
struct PartOrder([Part; 4]);

impl Default for PartOrder {
    /// The order in which a domain controller writes.
    fn default() -> Self {
        PartOrder([Part::Sacl, Part::Dacl, Part::Owner, Part::Group])
    }
}

impl PartialEq for SecurityDescriptor {
    fn eq(&self, other: &Self) -> bool {
        self.control == other.control
            && self.resource_manager == other.resource_manager
            && self.owner == other.owner
            && self.group == other.group
            && self.dacl == other.dacl
            && self.sacl == other.sacl
    }
}

impl Eq for SecurityDescriptor {}

impl SecurityDescriptor {
    /// Returns a descriptor without SACL or control flags.
    pub fn new(owner: Option<Sid>, group: Option<Sid>, dacl: AclState) -> Self {
        SecurityDescriptor { owner, group, dacl, ..SecurityDescriptor::default() }
    }

    /// Reads self-relative bytes. Bytes behind the descriptor are passed over.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DescriptorError> {
        let header: &[u8; HEADER_SIZE] =
            bytes.first_chunk().ok_or(DescriptorError::Truncated { offset: 0, expected: "a header of 20 bytes" })?;
        let control = Control(u16::from_le_bytes([header[2], header[3]]));
        if header[0] != 1 || !control.contains(Control::SELF_RELATIVE) {
            return Err(DescriptorError::Form { revision: header[0], control: control.0 });
        }
        let offset_at =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
        let (owner_at, group_at, sacl_at, dacl_at) = (offset_at(4), offset_at(8), offset_at(12), offset_at(16));
        let mut order = PartOrder::default();
        if [owner_at, group_at, sacl_at, dacl_at].iter().any(|&offset| offset != 0) {
            let offset_of = |part: &Part| match part {
                Part::Owner => owner_at,
                Part::Group => group_at,
                Part::Sacl => sacl_at,
                Part::Dacl => dacl_at,
            };
            order.0.sort_by_key(offset_of);
        }
        Ok(SecurityDescriptor {
            control: Control(control.0 & !Control::FROM_PARTS),
            resource_manager: header[1],
            owner: read_sid(bytes, owner_at)?,
            group: read_sid(bytes, group_at)?,
            dacl: read_acl(bytes, dacl_at, control.contains(Control::DACL_PRESENT))?,
            sacl: read_acl(bytes, sacl_at, control.contains(Control::SACL_PRESENT))?,
            order,
        })
    }

    /// Returns the self-relative bytes: the same bytes as were read, where nothing was changed and no gaps lay between the parts.
    ///
    /// Fails where a list grows beyond 65,535 bytes or an entry has no byte form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DescriptorError> {
        let mut bytes = vec![0; HEADER_SIZE];
        bytes[0] = 1;
        bytes[1] = self.resource_manager;
        let mut control = Control(self.control.0 & !Control::FROM_PARTS).with(Control::SELF_RELATIVE);
        if self.dacl != AclState::Absent {
            control = control.with(Control::DACL_PRESENT);
        }
        if self.sacl != AclState::Absent {
            control = control.with(Control::SACL_PRESENT);
        }
        bytes[2..4].copy_from_slice(&control.0.to_le_bytes());
        for part in self.order.0 {
            let start = bytes.len();
            let header_at = match part {
                Part::Owner => 4,
                Part::Group => 8,
                Part::Sacl => 12,
                Part::Dacl => 16,
            };
            match part {
                Part::Owner => bytes.extend(self.owner.iter().flat_map(Sid::to_bytes)),
                Part::Group => bytes.extend(self.group.iter().flat_map(Sid::to_bytes)),
                Part::Sacl => write_acl(&self.sacl, &mut bytes)?,
                Part::Dacl => write_acl(&self.dacl, &mut bytes)?,
            }
            if bytes.len() > start {
                bytes[header_at..header_at + 4].copy_from_slice(&(start as u32).to_le_bytes());
            }
        }
        Ok(bytes)
    }

    /// Returns the same descriptor without its SACL, as it must be before it is written back by whoever did not read the SACL.
    pub fn without_sacl(mut self) -> Self {
        self.take_sacl(&SecurityDescriptor::default());
        self
    }

    /// Returns the same descriptor without its DACL: for writing other parts of it alone.
    pub fn without_dacl(mut self) -> Self {
        self.take_dacl(&SecurityDescriptor::default());
        self
    }

    /// Puts the DACL of another descriptor, with its flags, in place of the own one.
    pub fn take_dacl(&mut self, other: &SecurityDescriptor) {
        self.dacl = other.dacl.clone();
        self.control.0 = self.control.0 & !Control::OF_DACL | other.control.0 & Control::OF_DACL;
    }

    /// Puts the SACL of another descriptor, with its flags, in place of the own one.
    pub fn take_sacl(&mut self, other: &SecurityDescriptor) {
        self.sacl = other.sacl.clone();
        self.control.0 = self.control.0 & !Control::OF_SACL | other.control.0 & Control::OF_SACL;
    }
}

fn read_sid(bytes: &[u8], offset: usize) -> Result<Option<Sid>, DescriptorError> {
    if offset == 0 {
        return Ok(None);
    }
    let truncated = DescriptorError::Truncated { offset, expected: "a SID" };
    let found = bytes.get(offset..).filter(|_| offset >= HEADER_SIZE).and_then(|rest| Sid::read(rest).ok());
    found.map(|(sid, _)| Some(sid)).ok_or(truncated)
}

fn read_acl(bytes: &[u8], offset: usize, present: bool) -> Result<AclState, DescriptorError> {
    match (present, offset) {
        (false, _) => Ok(AclState::Absent),
        (true, 0) => Ok(AclState::Null),
        (true, _) => {
            let rest = bytes
                .get(offset..)
                .filter(|_| offset >= HEADER_SIZE)
                .ok_or(DescriptorError::Truncated { offset, expected: "an access control list" })?;
            Acl::read(rest, offset).map(AclState::Present)
        }
    }
}

fn write_acl(state: &AclState, out: &mut Vec<u8>) -> Result<(), DescriptorError> {
    match state.acl() {
        Some(acl) => acl.write(out),
        None => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::{AccessMask, Ace, AceData, AceFlags, AceKind, AclEntry, ObjectTypes, SddlContext};
    use super::*;
    use crate::ident::Guid;

    /// The DACL of a GPO as GPMC's backups hold it: no owner, no group, DACL at byte 20.
    #[test]
    fn a_descriptor_without_owner_is_read_and_written_unchanged() {
        let mut bytes = vec![1, 0, 0x04, 0x9C, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0];
        bytes.extend([4, 0, 48, 0, 1, 0, 0, 0]);
        bytes.extend([5, 2, 40, 0, 0, 1, 0, 0, 1, 0, 0, 0]);
        bytes.extend("{EDACFD8F-FFB3-11D1-B41D-00A0C968F939}".parse::<Guid>().unwrap().to_bytes());
        bytes.extend(Sid::authenticated_users().to_bytes());
        let descriptor = SecurityDescriptor::from_bytes(&bytes).unwrap();
        assert_eq!(
            descriptor.to_sddl(&SddlContext::default()),
            "D:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)"
        );
        assert_eq!(descriptor.to_bytes().unwrap(), bytes);
    }

    #[test]
    fn entries_of_unknown_kind_survive() {
        let mut bytes = vec![1, 0, 0x04, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0];
        bytes.extend([2, 0, 28, 0, 2, 0, 0, 0]);
        bytes.extend([0xEE, 0, 8, 0, 1, 2, 3, 4]);
        // An allowing entry whose SID does not fit.
        bytes.extend([0, 0, 12, 0, 1, 0, 0, 0, 1, 9, 0, 0]);
        let descriptor = SecurityDescriptor::from_bytes(&bytes).unwrap();
        assert!(descriptor.dacl.acl().unwrap().has_unknown());
        assert_eq!(descriptor.to_bytes().unwrap(), bytes);
    }

    #[test]
    fn absent_null_and_empty_lists_stay_apart() {
        for dacl in [AclState::Absent, AclState::Null, AclState::Present(Acl::default())] {
            let descriptor = SecurityDescriptor { dacl: dacl.clone(), ..Default::default() };
            let again = SecurityDescriptor::from_bytes(&descriptor.to_bytes().unwrap()).unwrap();
            assert_eq!(again.dacl, dacl);
        }
    }

    #[test]
    fn offsets_are_checked() {
        let header = |owner: u32, dacl: u32| {
            let mut bytes = vec![1, 0, 0x04, 0x80];
            bytes.extend(owner.to_le_bytes());
            bytes.extend([0; 8]);
            bytes.extend(dacl.to_le_bytes());
            bytes
        };
        for bytes in
            [header(20, 0), header(4, 0), header(u32::MAX, 0), header(0, 12), header(0, u32::MAX), vec![], vec![1; 19]]
        {
            assert!(SecurityDescriptor::from_bytes(&bytes).is_err(), "{bytes:?}");
        }
        let mut long_list = header(0, 20);
        long_list.extend([2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0]);
        assert!(SecurityDescriptor::from_bytes(&long_list).is_err());
        let mut empty_entry = header(0, 20);
        empty_entry.extend([2, 0, 12, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0]);
        assert!(SecurityDescriptor::from_bytes(&empty_entry).is_err());
    }

    #[test]
    fn a_list_that_grew_too_large_is_an_error() {
        let ace = Ace::allow(Sid::system(), AccessMask::FILE_ALL, AceFlags::default());
        let dacl = AclState::Present(std::iter::repeat_n(ace, 4000).collect());
        let descriptor = SecurityDescriptor { dacl, ..Default::default() };
        assert_eq!(descriptor.to_bytes(), Err(DescriptorError::TooLarge));
    }

    fn any_sid() -> impl Strategy<Value = Sid> {
        (0u64..1 << 48, prop::collection::vec(any::<u32>(), 0..6))
            .prop_map(|(authority, parts)| Sid::new(authority, &parts).unwrap())
    }

    fn any_guid() -> impl Strategy<Value = Option<Guid>> {
        prop::option::of(any::<u128>().prop_map(Guid::from_u128))
    }

    fn any_ace() -> impl Strategy<Value = Ace> {
        let kind = prop_oneof![
            Just(AceKind::Allow),
            Just(AceKind::Deny),
            Just(AceKind::Audit),
            Just(AceKind::AllowCallback),
            Just(AceKind::AlarmCallback)
        ];
        let object = prop::option::of((any_guid(), any_guid()));
        let data = prop::collection::vec(any::<u8>(), 0..9);
        (kind, any::<u8>(), any::<u32>(), object, any_sid(), data).prop_map(|(kind, flags, mask, object, sid, data)| {
            Ace {
                kind,
                flags: AceFlags(flags),
                mask: AccessMask(mask),
                object: object.map(|(object, inherited_object)| ObjectTypes { object, inherited_object }),
                sid,
                data: if data.is_empty() { AceData::None } else { AceData::Bytes(data) },
            }
        })
    }

    fn any_acl() -> impl Strategy<Value = AclState> {
        let list = (prop::collection::vec(any_ace(), 0..6), prop::collection::vec(any::<u8>(), 0..5)).prop_map(
            |(aces, slack)| {
                let revision = if aces.iter().any(|ace| ace.object.is_some()) { 4 } else { 2 };
                AclState::Present(Acl { revision, entries: aces.into_iter().map(AclEntry::Ace).collect(), slack })
            },
        );
        prop_oneof![Just(AclState::Absent), Just(AclState::Null), list]
    }

    pub(crate) fn any_descriptor() -> impl Strategy<Value = SecurityDescriptor> {
        (any::<u16>(), any::<u8>(), prop::option::of(any_sid()), prop::option::of(any_sid()), any_acl(), any_acl())
            .prop_map(|(control, resource_manager, owner, group, dacl, sacl)| SecurityDescriptor {
                control: Control(control & !Control::FROM_PARTS),
                resource_manager,
                owner,
                group,
                dacl,
                sacl,
                order: PartOrder::default(),
            })
    }

    proptest! {
        #[test]
        fn bytes_round_trip(descriptor in any_descriptor()) {
            let bytes = descriptor.to_bytes().unwrap();
            let again = SecurityDescriptor::from_bytes(&bytes).unwrap();
            prop_assert_eq!(&again, &descriptor);
            prop_assert_eq!(again.to_bytes().unwrap(), bytes);
        }

        #[test]
        fn damaged_bytes_never_panic(descriptor in any_descriptor(), at in any::<prop::sample::Index>(), value in any::<u8>(), length in any::<prop::sample::Index>()) {
            let mut bytes = descriptor.to_bytes().unwrap();
            let at = at.index(bytes.len());
            bytes[at] = value;
            bytes.truncate(length.index(bytes.len() + 1));
            if let Ok(read) = SecurityDescriptor::from_bytes(&bytes) {
                let written = read.to_bytes().unwrap();
                prop_assert_eq!(SecurityDescriptor::from_bytes(&written), Ok(read));
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = SecurityDescriptor::from_bytes(&bytes);
        }
    }
}
