//! One step of an edit: it says what is there before and after, so that it can be checked, shown, rolled back and undone.

use serde::{Deserialize, Serialize};

use crate::ident::{Dn, DnsName};
use crate::security::{SddlContext, SecurityDescriptor};
use crate::store::{Attribute, SdParts, SysvolPath};

use super::stored_object::StoredObject;

/// One write of an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Attributes of one object change, all in one modify; each must still have the value that was read.
    Modify {
        /// The object.
        dn: Dn,
        /// What changes.
        values: Vec<ValueChange>,
        /// Whether the object is not the one that the edit is about. Undo leaves it as it is, with a warning, where somebody has changed it since.
        beside: bool,
    },
    /// Parts of `nTSecurityDescriptor` change; they must still be what was read. No server can swap it, so a counter of the object is swapped
    /// in the same modify (`gpo-storage.md` A12).
    SetSecurity {
        /// The object.
        dn: Dn,
        /// The parts.
        parts: SdParts,
        /// The parts as read, self-relative.
        before: Vec<u8>,
        /// The parts wanted, self-relative.
        after: Vec<u8>,
    },
    /// Objects are made, parents first.
    Add {
        /// The objects.
        objects: Vec<StoredObject>,
    },
    /// An object goes, with all below it. What it held is kept in the journal.
    Delete {
        /// The object.
        dn: Dn,
        /// What it must still hold; none where it goes whatever it holds.
        expected: Option<Vec<StoredObject>>,
    },
    /// An object is renamed or moved.
    Rename {
        /// Its name now.
        dn: Dn,
        /// Its name then.
        new_dn: Dn,
    },
    /// A folder is made in SYSVOL.
    MakeFolder {
        /// The domain.
        domain: DnsName,
        /// The folder.
        path: SysvolPath,
        /// Its access list, self-relative; none for what it inherits.
        access: Option<Vec<u8>>,
    },
    /// An empty folder of SYSVOL goes.
    RemoveFolder {
        /// The domain.
        domain: DnsName,
        /// The folder.
        path: SysvolPath,
        /// Its access list as it was; filled in before it goes.
        access: Option<Vec<u8>>,
    },
    /// A file of SYSVOL is written or removed.
    WriteFile {
        /// The domain.
        domain: DnsName,
        /// The file.
        path: SysvolPath,
        /// Its bytes as read; none where there is no file.
        before: Option<Vec<u8>>,
        /// Its bytes then; none where there is to be no file.
        after: Option<Vec<u8>>,
    },
    /// A file or folder of SYSVOL gets another name.
    MoveTree {
        /// The domain.
        domain: DnsName,
        /// Its place now.
        from: SysvolPath,
        /// Its place then.
        to: SysvolPath,
    },
    /// A folder of SYSVOL goes with all in it. What it held is kept in the journal.
    RemoveTree {
        /// The domain.
        domain: DnsName,
        /// The folder.
        path: SysvolPath,
        /// Where it lies before the edit: another place, where a step before this one moves it.
        found_at: SysvolPath,
    },
    /// A folder that went comes back with all in it, from the journal.
    PutTree {
        /// The domain.
        domain: DnsName,
        /// The folder.
        path: SysvolPath,
        /// What it held: a folder of the journal.
        saved: std::path::PathBuf,
    },
    /// The access list of a folder of SYSVOL changes and is handed down to what lies in it.
    SetFolderSecurity {
        /// The domain.
        domain: DnsName,
        /// The folder.
        path: SysvolPath,
        /// The list as read, self-relative.
        before: Vec<u8>,
        /// The list wanted, self-relative.
        after: Vec<u8>,
    },
    /// A new folder gets the access list that goes with an object's, which is not known before the object is made (`gpo-storage.md` A10).
    MirrorSecurity {
        /// The object.
        dn: Dn,
        /// The domain.
        domain: DnsName,
        /// The folder.
        path: SysvolPath,
    },
}

/// What becomes of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueChange {
    /// Its name.
    pub attribute: String,
    /// Its values as read; empty where it has none.
    pub before: Vec<Vec<u8>>,
    /// Its values then; empty where it is to have none.
    pub after: Vec<Vec<u8>>,
}

impl ValueChange {
    /// Returns the change of an attribute with one text value; empty text stands for no value.
    pub fn text(attribute: &str, before: Option<&str>, after: Option<&str>) -> Self {
        let values = |text: Option<&str>| {
            text.filter(|text| !text.is_empty()).map(|text| text.as_bytes().to_vec()).into_iter().collect()
        };
        ValueChange { attribute: attribute.to_owned(), before: values(before), after: values(after) }
    }

    fn reversed(&self) -> Self {
        ValueChange { attribute: self.attribute.clone(), before: self.after.clone(), after: self.before.clone() }
    }
}

impl Step {
    /// Returns the step that changes attributes of an object.
    pub fn modify(dn: &Dn, values: Vec<ValueChange>) -> Self {
        Step::Modify { dn: dn.clone(), values, beside: false }
    }

    /// Returns the step as one about an object that the edit is not about.
    pub fn beside(self) -> Self {
        match self {
            Step::Modify { dn, values, .. } => Step::Modify { dn, values, beside: true },
            step => step,
        }
    }

    /// Returns the step that makes one object.
    pub fn add(dn: &Dn, attributes: Vec<Attribute>) -> Self {
        Step::Add { objects: vec![StoredObject::new(dn.clone(), attributes)] }
    }

    /// Returns the step that removes an object and all below it.
    pub fn delete(dn: &Dn) -> Self {
        Step::Delete { dn: dn.clone(), expected: None }
    }

    /// Tells whether it changes nothing.
    pub fn is_nothing(&self) -> bool {
        match self {
            Step::Modify { values, .. } => values.iter().all(|value| value.before == value.after),
            Step::SetSecurity { before, after, .. } | Step::SetFolderSecurity { before, after, .. } => before == after,
            Step::WriteFile { before, after, .. } => before == after,
            Step::Add { objects } => objects.is_empty(),
            Step::Rename { dn, new_dn } => dn.as_str() == new_dn.as_str(),
            _ => false,
        }
    }

    /// Returns what the step does, a line for each change: what `--dry-run` prints.
    pub fn describe(&self) -> Vec<String> {
        let sddl = |bytes: &[u8]| {
            SecurityDescriptor::from_bytes(bytes)
                .map_or_else(|_| format!("{} bytes", bytes.len()), |parsed| parsed.to_sddl(&SddlContext::default()))
        };
        match self {
            Step::Modify { dn, values, .. } => {
                let changed = values.iter().filter(|value| value.before != value.after);
                let line = |value: &ValueChange| {
                    let (before, after) = (shown(&value.before), shown(&value.after));
                    format!("modify {dn}: {} {before} -> {after}", value.attribute)
                };
                changed.map(line).collect()
            }
            Step::SetSecurity { dn, before, after, .. } => {
                vec![format!("set security of {dn}: {} -> {}", sddl(before), sddl(after))]
            }
            Step::Add { objects } => objects.iter().flat_map(StoredObject::describe).collect(),
            Step::Delete { dn, .. } => vec![format!("delete {dn} and all below it")],
            Step::Rename { dn, new_dn } => vec![format!("rename {dn} -> {new_dn}")],
            Step::MakeFolder { domain, path, .. } => vec![format!("make folder {}", place(domain, path))],
            Step::RemoveFolder { domain, path, .. } => vec![format!("remove folder {}", place(domain, path))],
            Step::WriteFile { domain, path, before, after } => {
                let size = |bytes: &Option<Vec<u8>>| {
                    bytes.as_ref().map_or_else(|| "no file".to_owned(), |bytes| format!("{} bytes", bytes.len()))
                };
                vec![format!("write file {}: {} -> {}", place(domain, path), size(before), size(after))]
            }
            Step::MoveTree { domain, from, to } => {
                vec![format!("move {} -> {}", place(domain, from), place(domain, to))]
            }
            Step::RemoveTree { domain, path, .. } => {
                vec![format!("remove folder {} and all in it", place(domain, path))]
            }
            Step::PutTree { domain, path, .. } => vec![format!("put back folder {}", place(domain, path))],
            Step::SetFolderSecurity { domain, path, before, after } => {
                vec![format!("set security of {}: {} -> {}", place(domain, path), sddl(before), sddl(after))]
            }
            Step::MirrorSecurity { dn, domain, path } => {
                vec![format!("set security of {} to that of {dn}", place(domain, path))]
            }
        }
    }

    /// Returns the right that it needs, as a sentence goes on that says that it is missing; none where several may be meant.
    pub(super) fn needed_right(&self) -> Option<String> {
        let parent = |domain: &DnsName, path: &SysvolPath| place(domain, &path.parent().unwrap_or_default());
        Some(match self {
            Step::Modify { dn, values, .. } => {
                let names: Vec<&str> = values.iter().map(|value| value.attribute.as_str()).collect();
                let is_link = |name: &&str| ["gPLink", "gPOptions"].iter().any(|own| name.eq_ignore_ascii_case(own));
                // What people know by the name it has in Microsoft's console.
                let known_as = if names.iter().any(is_link) { " (the permission Link GPOs)" } else { "" };
                format!("write {} of {dn}{known_as}", names.join(", "))
            }
            Step::SetSecurity { dn, .. } => format!("modify the permissions of {dn}"),
            Step::Add { objects } => {
                let first = objects.first()?;
                let class = first.values("objectClass").last().map(|name| String::from_utf8_lossy(name).into_owned());
                format!("create {} objects in {}", class.unwrap_or_default(), first.dn.parent()?)
            }
            Step::Delete { dn, .. } => match dn.parent() {
                Some(parent) => format!("delete {dn} and all below it, or child objects of {parent},"),
                None => format!("delete {dn}"),
            },
            Step::MakeFolder { domain, path, .. } | Step::PutTree { domain, path, .. } => {
                format!("create folders in {}", parent(domain, path))
            }
            Step::WriteFile { domain, path, .. } => format!("write files in {}", parent(domain, path)),
            Step::MoveTree { domain, from, to } => {
                format!("delete {} and to create folders in {}", place(domain, from), parent(domain, to))
            }
            Step::RemoveFolder { domain, path, .. } | Step::RemoveTree { domain, path, .. } => {
                format!("delete {} and all in it", place(domain, path))
            }
            Step::SetFolderSecurity { domain, path, .. } | Step::MirrorSecurity { domain, path, .. } => {
                format!("change the permissions (WRITE_DAC) of {}", place(domain, path))
            }
            Step::Rename { dn, new_dn } if dn.parent() == new_dn.parent() => format!("write name and ou of {dn}"),
            Step::Rename { .. } => return None,
        })
    }

    /// Where it removes a folder that `earlier` steps of the same edit move: sets where that lies before the edit.
    pub(super) fn find_tree(&mut self, earlier: &[Step]) {
        let Step::RemoveTree { domain, path, found_at } = self else { return };
        let mut lies_at = path.clone();
        for step in earlier.iter().rev() {
            if let Step::MoveTree { domain: own, from, to } = step
                && own == domain
                && *to == lies_at
            {
                lies_at = from.clone();
            }
        }
        *found_at = lies_at;
    }

    /// Returns the step that takes this one back; none where another one does. `saved` is what the journal keeps of it.
    pub(super) fn reversed(&self, saved: &Saved) -> Option<Step> {
        Some(match self.clone() {
            Step::Modify { dn, values, beside } => {
                Step::Modify { dn, values: values.iter().map(ValueChange::reversed).collect(), beside }
            }
            Step::SetSecurity { dn, parts, before, after } => {
                Step::SetSecurity { dn, parts, before: after, after: before }
            }
            Step::Add { objects } => {
                let dn = objects.first()?.dn.clone();
                Step::Delete {
                    dn,
                    expected: Some(if saved.objects.is_empty() { objects } else { saved.objects.clone() }),
                }
            }
            Step::Delete { .. } => Step::Add { objects: saved.objects.clone() },
            Step::Rename { dn, new_dn } => Step::Rename { dn: new_dn, new_dn: dn },
            Step::MakeFolder { domain, path, access } => Step::RemoveFolder { domain, path, access },
            Step::RemoveFolder { domain, path, access } => Step::MakeFolder { domain, path, access },
            Step::WriteFile { domain, path, before, after } => {
                Step::WriteFile { domain, path, before: after, after: before }
            }
            Step::MoveTree { domain, from, to } => Step::MoveTree { domain, from: to, to: from },
            Step::RemoveTree { domain, path, .. } => Step::PutTree { domain, path, saved: saved.tree.clone()? },
            Step::PutTree { domain, path, .. } => Step::RemoveTree { domain, found_at: path.clone(), path },
            Step::SetFolderSecurity { domain, path, before, after } => {
                Step::SetFolderSecurity { domain, path, before: after, after: before }
            }
            Step::MirrorSecurity { .. } => return None,
        })
    }
}

/// What the journal keeps of one step beside what the step says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    /// Of objects that were deleted: what they held. Of objects that were made: what they held when the edit was done.
    pub objects: Vec<StoredObject>,
    /// Of a folder that was removed: where its content is kept.
    pub tree: Option<std::path::PathBuf>,
}

fn place(domain: &DnsName, path: &SysvolPath) -> String {
    format!(r"\\{domain}\SysVol\{domain}\{path}")
}

/// Returns values as a person reads them.
pub(super) fn shown(values: &[Vec<u8>]) -> String {
    if values.is_empty() {
        return "(none)".to_owned();
    }
    let one = |value: &Vec<u8>| match std::str::from_utf8(value) {
        Ok(text) if !text.contains(char::is_control) => format!("`{text}`"),
        _ => format!("({} bytes)", value.len()),
    };
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_in_lines() {
        let dn: Dn = "CN={A},CN=Policies,CN=System,DC=x".parse().unwrap();
        let check = |step: Step, expected: &[&str]| assert_eq!(step.describe(), expected);
        check(
            Step::modify(
                &dn,
                vec![
                    ValueChange::text("displayName", Some("old"), Some("new")),
                    ValueChange::text("flags", Some("0"), Some("0")),
                    ValueChange::text("gPCWQLFilter", None, Some("")),
                ],
            ),
            &["modify CN={A},CN=Policies,CN=System,DC=x: displayName `old` -> `new`"],
        );
        check(Step::delete(&dn), &["delete CN={A},CN=Policies,CN=System,DC=x and all below it"]);
        let step = Step::WriteFile {
            domain: "corp.x".parse().unwrap(),
            path: SysvolPath::parse("Policies/{A}/GPO.cmt").unwrap(),
            before: None,
            after: Some(vec![0; 4]),
        };
        check(step, &[r"write file \\corp.x\SysVol\corp.x\Policies\{A}\GPO.cmt: no file -> 4 bytes"]);
    }

    #[test]
    fn what_is_taken_back_twice_is_done_again() {
        let dn: Dn = "OU=a,DC=x".parse().unwrap();
        let steps = [
            Step::modify(&dn, vec![ValueChange::text("gPLink", None, Some("[x]"))]),
            Step::Rename { dn: dn.clone(), new_dn: "OU=b,DC=x".parse().unwrap() },
            Step::SetSecurity { dn: dn.clone(), parts: SdParts::DACL, before: vec![1], after: vec![2] },
        ];
        for step in steps {
            let back = step.reversed(&Saved::default()).unwrap();
            assert_ne!(back, step);
            assert_eq!(back.reversed(&Saved::default()), Some(step));
        }
    }
}
