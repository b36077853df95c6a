//! The access list that the SYSVOL half of a GPO must have, given its directory half (`gpo-storage.md` A10).

use std::collections::BTreeSet;

use crate::ident::{Guid, Sid};

use super::{AccessMask, Ace, AceFlags, AceKind, Acl, AclState, Control, ObjectTypes, SddlContext, SecurityDescriptor};

/// Whose rules made an access list in SYSVOL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AclDialect {
    /// Windows and newer Samba: plain entries, allowing and denying; object entries have no counterpart.
    Windows,
    /// Samba 4.17 and about: allowing entries, object entries among them; denying ones are lost.
    Samba417,
}

/// How the access list of a folder differs from the one its GPO asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AclDifference {
    /// Entries that should be there and are not.
    pub missing: Vec<Ace>,
    /// Entries that should not be there.
    pub extra: Vec<Ace>,
    /// Whether the folder has no list at all, so that everybody may do everything.
    pub unrestricted: bool,
    /// Whether entries of the folder are of a kind we do not understand.
    pub not_understood: bool,
}

impl AclDifference {
    /// Tells whether there is no difference.
    pub fn is_empty(&self) -> bool {
        *self == AclDifference::default()
    }

    /// Returns the differences for people, a line each; `name` turns SIDs into names.
    pub fn lines(&self, name: &dyn Fn(&Sid) -> String) -> Vec<String> {
        let line =
            |what: &str, ace: &Ace| format!("{what} for {}: {}", name(&ace.sid), ace.to_sddl(&SddlContext::default()));
        let mut lines: Vec<String> = Vec::new();
        if self.unrestricted {
            lines.push("one half has no access list, so that everybody may do everything there".to_owned());
        }
        lines.extend(self.missing.iter().map(|ace| line("missing in SYSVOL", ace)));
        lines.extend(self.extra.iter().map(|ace| line("only in SYSVOL", ace)));
        if self.not_understood {
            lines.push("the folder has entries of a kind that is not understood".to_owned());
        }
        lines
    }
}

/// `S-1-5-32-554`, Pre-Windows 2000 Compatible Access: never carried over to SYSVOL.
const PRE_WINDOWS_2000: &[u32] = &[32, 554];

/// Returns the descriptor a GPO's folder in SYSVOL must have: owner and group of the directory object, its DACL mapped,
/// protected, no SACL.
pub fn to_sysvol_acl(directory: &SecurityDescriptor, dialect: AclDialect) -> SecurityDescriptor {
    let dacl = match &directory.dacl {
        AclState::Present(acl) => AclState::Present(acl.aces().filter_map(|ace| map_ace(ace, dialect)).collect()),
        other => other.clone(),
    };
    let mut descriptor = SecurityDescriptor::new(directory.owner.clone(), directory.group.clone(), dacl);
    descriptor.control = Control::DACL_PROTECTED;
    descriptor
}

/// Compares the folder's DACL with what the directory object asks for, in whichever dialect fits; order, repetitions, the
/// owner, SYNCHRONIZE and whether an entry is inherited do not matter. The difference is told in the Windows dialect.
pub fn compare_sysvol_acl(directory: &SecurityDescriptor, folder: &SecurityDescriptor) -> AclDifference {
    let windows = sysvol_acl_difference(directory, folder, AclDialect::Windows);
    if windows.is_empty() || sysvol_acl_difference(directory, folder, AclDialect::Samba417).is_empty() {
        return AclDifference::default();
    }
    windows
}

/// Compares the folder's DACL with what the directory object asks for in one dialect, as [`compare_sysvol_acl`] does.
pub fn sysvol_acl_difference(
    directory: &SecurityDescriptor,
    folder: &SecurityDescriptor,
    dialect: AclDialect,
) -> AclDifference {
    let wanted = to_sysvol_acl(directory, dialect);
    let is_open = |state: &AclState| state.acl().is_none();
    if is_open(&folder.dacl) || is_open(&wanted.dacl) {
        return AclDifference {
            unrestricted: is_open(&folder.dacl) != is_open(&wanted.dacl),
            ..AclDifference::default()
        };
    }
    let (wanted_keys, found_keys) = (keys(&wanted), keys(folder));
    let only = |own: &SecurityDescriptor, other: &BTreeSet<Key>| -> Vec<Ace> {
        let mut seen = BTreeSet::new();
        let aces = own.dacl.acl().into_iter().flat_map(Acl::aces);
        aces.filter(|ace| !other.contains(&key(ace)) && seen.insert(key(ace))).cloned().collect()
    };
    AclDifference {
        missing: only(&wanted, &found_keys),
        extra: only(folder, &wanted_keys),
        unrestricted: false,
        not_understood: folder.dacl.acl().is_some_and(Acl::has_unknown),
    }
}

type Key = (AceKind, u8, u32, Option<Guid>, Option<Guid>, Sid);

fn keys(descriptor: &SecurityDescriptor) -> BTreeSet<Key> {
    descriptor.dacl.acl().into_iter().flat_map(Acl::aces).map(key).collect()
}

fn key(ace: &Ace) -> Key {
    let ObjectTypes { object, inherited_object } = ace.object.unwrap_or_default();
    let mask = ace.mask.mapped_for_file() & !AccessMask::SYNCHRONIZE;
    (ace.kind, ace.flags.without(AceFlags::INHERITED).0, mask.0, object, inherited_object, ace.sid.clone())
}

fn map_ace(ace: &Ace, dialect: AclDialect) -> Option<Ace> {
    let is_kept = match dialect {
        AclDialect::Windows => ace.object.is_none() && matches!(ace.kind, AceKind::Allow | AceKind::Deny),
        AclDialect::Samba417 => ace.kind == AceKind::Allow,
    };
    if !is_kept || Sid::new(5, PRE_WINDOWS_2000).as_ref() == Some(&ace.sid) {
        return None;
    }
    let mut flags = ace.flags.with(AceFlags::OBJECT_INHERIT).with(AceFlags::CONTAINER_INHERIT);
    if ace.sid == Sid::creator_owner() {
        flags = flags.with(AceFlags::INHERIT_ONLY);
    }
    Some(Ace { flags, mask: map_mask(ace.mask.mapped_for_directory()), ..ace.clone() })
}

fn map_mask(directory: AccessMask) -> AccessMask {
    const STANDARD_RIGHTS: AccessMask = AccessMask(0x1F_0000);
    let mut file = directory & STANDARD_RIGHTS;
    if directory.contains(AccessMask::READ_PROPERTY | AccessMask::LIST_CHILDREN) {
        file |= AccessMask(0x10_00A9);
    }
    if directory.contains(AccessMask::WRITE_PROPERTY) {
        file |= AccessMask(0x10_0116);
    }
    if directory.contains(AccessMask::CREATE_CHILD) {
        file |= AccessMask(0x6);
    }
    if directory.contains(AccessMask::DELETE_CHILD) {
        file |= AccessMask(0x40);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::SddlContext;

    fn context() -> SddlContext {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        SddlContext { domain: Some(domain.clone()), forest_root: Some(domain) }
    }

    fn sd(text: &str) -> SecurityDescriptor {
        SecurityDescriptor::from_sddl(text, &context()).unwrap()
    }

    const DEFAULT_GPO: &str = "O:DAG:DAD:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;EA)(A;CI;LCRPLORC;;;ED)(A;CI;LCRPLORC;;;AU)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;SY)(A;CIIO;CCDCLCSWRPWPDTLOSDRCWDWO;;;CO)";

    #[test]
    fn maps_masks_as_the_table_says() {
        for (directory, file) in
            [(0x20094, 0x1200A9), (0x20014, 0x1200A9), (0x20037, 0x1201FF), (0xF0037, 0x1F01FF), (0xF00FF, 0x1F01FF)]
        {
            assert_eq!(map_mask(AccessMask(directory)), AccessMask(file));
        }
    }

    #[test]
    fn a_default_gpo_fits_in_both_dialects() {
        let windows = sd(
            "O:DAG:DAD:P(A;OICI;FA;;;DA)(A;OICI;FA;;;EA)(A;OICIIO;FA;;;CO)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;AU)(A;OICI;0x1200a9;;;ED)",
        );
        let samba = sd(
            "O:DAG:DAD:P(OA;OICI;;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;OICI;FA;;;DA)(A;OICI;FA;;;DA)(A;OICI;FA;;;EA)(A;OICI;0x1200a9;;;ED)(A;OICI;0x1200a9;;;AU)(A;OICI;FA;;;SY)(A;OICIIO;FA;;;CO)",
        );
        assert!(compare_sysvol_acl(&sd(DEFAULT_GPO), &windows).is_empty());
        assert!(compare_sysvol_acl(&sd(DEFAULT_GPO), &samba).is_empty());
        assert_eq!(
            to_sysvol_acl(&sd(DEFAULT_GPO), AclDialect::Samba417).to_sddl(&context()),
            samba.to_sddl(&context())
        );
    }

    #[test]
    fn tells_what_is_missing_and_what_is_too_much() {
        let folder = sd(
            "D:P(A;OICI;FA;;;DA)(A;OICI;FA;;;EA)(A;OICIIO;FA;;;CO)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;AU)(A;OICI;FA;;;WD)(A;OICI;FA;;;WD)",
        );
        let difference = compare_sysvol_acl(&sd(DEFAULT_GPO), &folder);
        let sddl = |aces: &[Ace]| aces.iter().map(|ace| ace.to_sddl(&context())).collect::<Vec<_>>();
        assert_eq!(sddl(&difference.missing), ["(A;OICI;0x1200a9;;;ED)"]);
        assert_eq!(sddl(&difference.extra), ["(A;OICI;FA;;;WD)"]);
        assert!(compare_sysvol_acl(&sd(DEFAULT_GPO), &sd("D:NO_ACCESS_CONTROL")).unrestricted);
    }

    #[test]
    fn denials_and_pre_windows_2000_follow_their_rules() {
        let directory = sd("D:P(D;CI;LCRP;;;AU)(A;CI;LCRPLORC;;;RU)(A;CI;LCRPLORC;;;ED)");
        assert!(compare_sysvol_acl(&directory, &sd("D:P(D;OICI;0x1000a9;;;AU)(A;OICI;0x1200a9;;;ED)")).is_empty());
        assert!(compare_sysvol_acl(&directory, &sd("D:P(A;OICI;0x1200a9;;;ED)")).is_empty());
        assert!(!compare_sysvol_acl(&directory, &sd("D:P(A;OICI;0x1200a9;;;RU)")).is_empty());
    }
}
