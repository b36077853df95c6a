//! What can be done with permissions from a Delegation tab or the Security Filtering list: the commands, and why they are greyed.

use std::sync::Arc;

use crate::console::advanced_security::AdvancedSecurity;
use crate::console::pane::state::View;
use crate::console::permission_dialog::{Choice, PermissionDialog};
use crate::console::principal_picker::{PickerOptions, PrincipalPicker};
use crate::console::principal_sheet::PrincipalSheet;
use crate::console::question::Question;
use crate::console::window::WindowFactory;
use crate::console::{Command, Detail, ForestId, Lazy, OpenForest};
use crate::gpm::PrincipalKinds;
use crate::gpm::{
    Permission, PermissionType, SecuredObject, SecurityInfo, Trustee, computers_can_read, everybody_can_read,
};
use crate::ident::{Dn, DnsName, Sid};
use crate::operation::admin::security::{ChangePermissions, PermissionChange, Secured, SetSecurityDescriptor};
use crate::security::SecurityDescriptor;
use crate::store::SdParts;

/// The object whose permissions are shown.
#[derive(Clone, Debug)]
pub(in crate::console::pane) struct Target {
    pub forest: ForestId,
    pub secured: Secured,
    /// What people call it.
    pub name: String,
    /// The domain whose principals are offered first.
    pub home: DnsName,
    /// Its object in the directory; none where it is a folder.
    pub dn: Option<Dn>,
}

/// What a list of permissions is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::console::pane) enum Listed {
    /// Everybody with the level they have.
    AllLevels,
    /// Those with one level, and where it reaches.
    Level(PermissionType),
    /// Those who have the one level there is.
    Holders(PermissionType),
    /// Those to whom a GPO applies.
    Filtering,
}

/// How far a permission on a domain or OU reaches: the words, and whether it does reach the containers below. The usual one comes first.
pub(super) const REACHES: [(&str, bool); 2] =
    [("This container and all child containers", true), ("This container only", false)];

impl Target {
    fn object(&self) -> SecuredObject {
        self.secured.object()
    }

    /// Returns the command that changes the permissions.
    fn change(&self, changes: Vec<PermissionChange>) -> Command {
        let edit = ChangePermissions { of: self.secured.clone(), name: self.name.clone(), changes };
        Command::Edit(self.forest, Arc::new(edit))
    }

    /// Returns why the permissions cannot be changed, as far as it is known by now; asks what we may do.
    pub fn refusal(&self, view: &mut View<'_>) -> Option<String> {
        if view.forest.info.read_only {
            return Some("The forest is open read-only.".to_owned());
        }
        let dn = self.dn.as_ref()?;
        view.fetch(Detail::Rights(self.home.clone(), dn.clone()));
        match view.forest.details.rights(dn) {
            Lazy::Ready(rights) if rights.may_set_security(SdParts::DACL) == Some(false) => Some(format!(
                "You may not change the permissions of {}: that takes the right to modify permissions, which its owner and domain administrators have.",
                self.name
            )),
            _ => None,
        }
    }
}

/// Returns the command that opens the picker, and then the dialog for the level where there is one to choose.
pub(super) fn add(target: &Target, listed: Listed) -> Command {
    let options =
        PickerOptions { title: "Select User, Computer, or Group".to_owned(), many: true, kinds: PrincipalKinds::ALL };
    let target = target.clone();
    Command::Open(WindowFactory::new(move || {
        let own = target.clone();
        PrincipalPicker::new(target.forest, target.home.clone(), options.clone(), move |trustees| {
            vec![add_chosen(&own, listed, trustees)]
        })
    }))
}

/// Returns the command that gives principals their permission, or asks for its level first.
fn add_chosen(target: &Target, listed: Listed, trustees: Vec<Trustee>) -> Command {
    let choices: Vec<Choice> = match listed {
        Listed::Level(level) if target.object() != SecuredObject::Site => {
            REACHES.map(|(text, inheritable)| Choice { text, level, inheritable }).into()
        }
        Listed::Level(level) | Listed::Holders(level) => {
            vec![Choice { text: level.label(), level, inheritable: false }]
        }
        Listed::Filtering => {
            let level = PermissionType::GpoApply;
            vec![Choice { text: level.label(), level, inheritable: true }]
        }
        Listed::AllLevels => levels_offered(target.object())
            .map(|level| Choice { text: level.label(), level, inheritable: true })
            .collect(),
    };
    if let [only] = choices.as_slice() {
        let add = |trustee: &Trustee| Permission::new(trustee.clone(), only.level, only.inheritable).ok();
        return target.change(trustees.iter().filter_map(add).map(PermissionChange::Add).collect());
    }
    let (forest, of, name) = (target.forest, target.secured.clone(), target.name.clone());
    Command::Open(WindowFactory::new(move || {
        PermissionDialog::new(forest, of.clone(), name.clone(), trustees.clone(), choices.clone())
    }))
}

/// Returns the levels that lists offer for rows and new principals: security filtering has a list of its own.
pub(super) fn levels_offered(object: SecuredObject) -> impl Iterator<Item = PermissionType> {
    object.levels().iter().copied().filter(|level| *level != PermissionType::GpoApply)
}

/// Returns the command that gives the trustees of these rows exactly a level.
pub(super) fn set_level(target: &Target, forest: &OpenForest, rows: &[&Permission], level: PermissionType) -> Command {
    let set = |row: &&Permission| Permission::new(named(forest, &row.trustee.sid), level, true).ok();
    target.change(rows.iter().filter_map(set).map(PermissionChange::Set).collect())
}

/// Returns the command that lets permissions reach the containers below, or not.
pub(super) fn set_reach(target: &Target, forest: &OpenForest, rows: &[&Permission], inheritable: bool) -> Command {
    let set = |row: &&Permission| Permission::new(named(forest, &row.trustee.sid), row.level, inheritable).ok();
    target.change(rows.iter().filter_map(set).map(PermissionChange::Set).collect())
}

/// Returns the command that asks whether permissions are to be taken away; the question tells what would follow for policy.
pub(super) fn remove(
    target: &Target,
    forest: &OpenForest,
    listed: Listed,
    descriptor: &[u8],
    rows: &[&Permission],
) -> Command {
    let changes: Vec<PermissionChange> = rows.iter().map(|row| removal(forest, listed, row)).collect();
    let names: Vec<String> = rows.iter().map(|row| named(forest, &row.trustee.sid).label()).collect();
    let what = match (listed, names.as_slice()) {
        (Listed::Filtering, [only]) => {
            format!("Do you want to remove {only} from the security filtering of {}?", target.name)
        }
        (Listed::Filtering, _) => {
            format!("Do you want to remove these from the security filtering of {}?", target.name)
        }
        (_, [only]) => format!("Do you want to take the permission of {only} on {} away?", target.name),
        (..) => format!("Do you want to take these permissions on {} away?", target.name),
    };
    let mut details = if names.len() > 1 { names } else { Vec::new() };
    details.extend(consequence(target, forest, descriptor, &changes));
    let title = if listed == Listed::Filtering { "Remove from Security Filtering" } else { "Remove Permission" };
    Question::new(title, what, "Remove", vec![target.change(changes)]).details(details).ask()
}

fn removal(forest: &OpenForest, listed: Listed, row: &Permission) -> PermissionChange {
    let trustee = named(forest, &row.trustee.sid);
    match listed {
        Listed::AllLevels => PermissionChange::RemoveTrustee(trustee),
        Listed::Level(_) | Listed::Holders(_) | Listed::Filtering => {
            PermissionChange::Remove(Permission { trustee, ..row.clone() })
        }
    }
}

/// Returns what taking permissions away would mean for policy, where it would mean something.
fn consequence(
    target: &Target,
    forest: &OpenForest,
    descriptor: &[u8],
    changes: &[PermissionChange],
) -> Option<String> {
    let object = target.object();
    let before = SecurityDescriptor::from_bytes(descriptor).ok()?;
    let mut info = SecurityInfo::from_descriptor(object, &before);
    for change in changes {
        match change {
            PermissionChange::RemoveTrustee(trustee) => drop(info.remove_trustee(&trustee.sid)),
            PermissionChange::Remove(permission) => drop(info.remove(permission)),
            PermissionChange::Add(_) | PermissionChange::Set(_) => {}
        }
    }
    let after = info.apply_to(object, &before).ok()?;
    let domain = forest.snapshot.domain(&target.home).and_then(|domain| domain.sid.as_ref());
    let loses = |reads: &dyn Fn(&SecurityDescriptor) -> bool| reads(&before) && !reads(&after);
    match object {
        SecuredObject::Gpo if loses(&|descriptor| computers_can_read(descriptor, domain)) => Some(
            "Computers will no longer be able to read this GPO, and its user settings will not be applied either: since MS16-072 \
             it is the computer that fetches them. Add Domain Computers or Authenticated Users with Read on the Delegation tab."
                .to_owned(),
        ),
        SecuredObject::WmiFilter if loses(&everybody_can_read) => Some(
            "Everybody must be able to read a WMI filter, so this will be refused: a GPO whose filter cannot be read is not applied."
                .to_owned(),
        ),
        _ => None,
    }
}

/// Returns the command that shows who a principal is.
pub(in crate::console::pane) fn properties(trustee: Trustee) -> Command {
    Command::Open(WindowFactory::new(move || PrincipalSheet::new(trustee.clone())))
}

/// Returns the command that opens the editor of the whole access list; none where the descriptor is damaged.
pub(super) fn advanced(target: &Target, descriptor: &[u8]) -> Option<Command> {
    let descriptor = SecurityDescriptor::from_bytes(descriptor).ok()?;
    let target = target.clone();
    Some(Command::Open(WindowFactory::new(move || {
        let (seen, own) = (descriptor.clone(), target.clone());
        let saved = move |new: SecurityDescriptor| {
            let owner = if new.owner == seen.owner { 0 } else { SdParts::OWNER.0 };
            let dacl = if (&new.dacl, new.control) == (&seen.dacl, seen.control) { 0 } else { SdParts::DACL.0 };
            let edit = SetSecurityDescriptor {
                of: own.secured.clone(),
                name: own.name.clone(),
                parts: SdParts(owner | dacl),
                descriptor: new,
                seen: Some(seen.clone()),
            };
            vec![Command::Edit(own.forest, Arc::new(edit))]
        };
        let title = format!("Security Settings of {}", target.name);
        AdvancedSecurity::new(title, target.object(), descriptor.clone(), target.forest, target.home.clone(), saved)
    })))
}

/// Returns a trustee with the name that was found for it.
pub(in crate::console::pane) fn named(forest: &OpenForest, sid: &Sid) -> Trustee {
    match forest.details.trustee(sid) {
        Lazy::Ready(trustee) => trustee.clone(),
        Lazy::Unknown | Lazy::Loading | Lazy::Failed(_) => Trustee::unresolved(sid.clone()),
    }
}
