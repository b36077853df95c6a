//! What can be changed of a GPO as a whole: name, enabled halves, comment, WMI filter (IGPMGPO, `gpo-storage.md` A2, A5, A13).
//!
//! None of this touches its version: clients notice such a change by themselves (`gpo-storage.md` A11).

use std::sync::Arc;

use async_trait::async_trait;

use crate::format::{read_gpo_comment, write_gpo_comment};
use crate::gpm::{
    Domain, GpoNameProblem, GpoStatus, HResult, MessageId, OperationError, StatusMessage, Task, check_gpo_name,
};
use crate::ident::{Dn, DnsName, Guid, WmiFilterRef};
use crate::operation::change::Target;
use crate::operation::edit::{Edit, EditPlan, Step, Touched, ValueChange};
use crate::report::Side;
use crate::store::{Entry, ForestStore, StoreErrorKind, SysvolPath};

/// The file of the comment, in the folder of the GPO.
const COMMENT_FILE: &str = "GPO.cmt";
/// The longest comment, in characters (UTF-16), that Microsoft's tools take (`gpo-storage.md` A13).
pub const LONGEST_GPO_COMMENT: usize = 2047;

/// Which GPO an edit is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpoToEdit {
    /// The domain it lives in.
    pub domain: DnsName,
    /// Its GUID.
    pub id: Guid,
    /// The name that people know it by, for titles; nothing is looked up by it.
    pub name: String,
}

impl From<&crate::gpm::Gpo> for GpoToEdit {
    fn from(gpo: &crate::gpm::Gpo) -> Self {
        GpoToEdit { domain: gpo.domain.clone(), id: gpo.id, name: gpo.display_name.clone() }
    }
}

impl GpoToEdit {
    pub(super) fn touched(&self) -> Vec<Touched> {
        vec![Touched::Gpo(self.domain.clone(), self.id)]
    }
}

/// Gives a GPO another display name (IGPMGPO.DisplayName). Nothing in SYSVOL changes. That another GPO has the name already is no reason to
/// refuse it: the directory allows twins, and those who ask people for a name look first. A GPO that is not called as [`GpoToEdit::name`] says
/// any more was renamed by somebody else, which is a conflict.
#[derive(Clone, Debug)]
pub struct RenameGpo {
    /// The GPO.
    pub gpo: GpoToEdit,
    /// The new name: 1 to 255 characters, stored as typed.
    pub name: String,
}

/// Says which halves of a GPO are applied. Other bits of `flags` stay.
#[derive(Clone, Debug)]
pub struct SetGpoStatus {
    /// The GPO.
    pub gpo: GpoToEdit,
    /// Which halves are applied.
    pub status: GpoStatus,
}

/// Turns one half of a GPO on or off and leaves the other (IGPMGPO.SetUserEnabled, SetComputerEnabled).
#[derive(Clone, Debug)]
pub struct SetGpoHalfEnabled {
    /// The GPO.
    pub gpo: GpoToEdit,
    /// The half.
    pub side: Side,
    /// Whether it is applied.
    pub enabled: bool,
}

/// Sets the comment of a GPO (IGPMGPO2.Description): the file `GPO.cmt`, which exists only where there is a comment.
#[derive(Clone, Debug)]
pub struct SetGpoComment {
    /// The GPO.
    pub gpo: GpoToEdit,
    /// The comment that the person saw, lines ending in any way: where another is there by now, it is not overwritten. None for whatever is
    /// there.
    pub seen: Option<String>,
    /// The comment; lines may end in any way. Empty removes it.
    pub comment: String,
}

/// Links a GPO to a WMI filter of its domain, or to none (IGPMGPO.SetWMIFilter).
#[derive(Clone, Debug)]
pub struct SetGpoWmiFilter {
    /// The GPO.
    pub gpo: GpoToEdit,
    /// The filter; none removes the link.
    pub filter: Option<Guid>,
    /// The name of the filter, for titles; empty for none.
    pub filter_name: String,
}

#[async_trait]
impl Edit for RenameGpo {
    fn title(&self) -> String {
        format!("Rename {} to {}", self.gpo.name, self.name)
    }

    /// # Errors
    /// Fails where the name is empty or too long, or there is no such GPO.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        check_name(&self.name)?;
        let container = Container::read(store, &self.gpo, &["displayName"], task).await?;
        match container.entry.text("displayName") {
            Some(present) if present != self.gpo.name && present != self.name => {
                Err(changed_meanwhile(&self.gpo, "the name", &self.gpo.name, &present))
            }
            _ => Ok(container.set("displayName", Some(self.name.clone()), &self.gpo)),
        }
    }

    fn tries_again(&self) -> bool {
        false
    }
}

#[async_trait]
impl Edit for SetGpoStatus {
    fn title(&self) -> String {
        format!("Set the status of {} to {}", self.gpo.name, self.status.label())
    }

    /// # Errors
    /// Fails where there is no such GPO.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        set_flags(store, &self.gpo, |flags| flags & !STATUS_BITS | self.status.to_flags(), task).await
    }
}

#[async_trait]
impl Edit for SetGpoHalfEnabled {
    fn title(&self) -> String {
        let (verb, half) = (if self.enabled { "Enable" } else { "Disable" }, half_name(self.side));
        format!("{verb} the {half} settings of {}", self.gpo.name)
    }

    /// # Errors
    /// Fails where there is no such GPO.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let off = match self.side {
            Side::User => GpoStatus::UserSettingsDisabled.to_flags(),
            Side::Computer => GpoStatus::ComputerSettingsDisabled.to_flags(),
        };
        set_flags(store, &self.gpo, |flags| if self.enabled { flags & !off } else { flags | off }, task).await
    }
}

#[async_trait]
impl Edit for SetGpoComment {
    fn title(&self) -> String {
        let verb = if self.comment.is_empty() { "Remove" } else { "Change" };
        format!("{verb} the comment of {}", self.gpo.name)
    }

    /// # Errors
    /// Fails where the comment is too long, there is no such GPO, or SYSVOL cannot be read.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let comment = with_crlf(&self.comment);
        check_comment(&comment)?;
        let target = Target::open(store, &self.gpo.domain, self.gpo.id, task).await?;
        target.existing()?;
        let path = target.path(COMMENT_FILE);
        let before = match task.or_cancel(target.sysvol.read(&path)).await? {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind == StoreErrorKind::NotFound => None,
            Err(error) => return Err(OperationError::of_read(&error)),
        };
        let mut plan = EditPlan { touches: self.gpo.touched(), ..EditPlan::default() };
        let present = with_crlf(&before.as_deref().map(read_gpo_comment).unwrap_or_default());
        if present == comment {
            return Ok(plan);
        }
        match self.seen.as_deref().map(with_crlf) {
            Some(seen) if seen != present => Err(changed_meanwhile(&self.gpo, "the comment", &seen, &present)),
            _ => {
                let after = comment_bytes(&comment);
                plan.steps.push(Step::WriteFile { domain: self.gpo.domain.clone(), path, before, after });
                Ok(plan)
            }
        }
    }

    fn tries_again(&self) -> bool {
        false
    }
}

#[async_trait]
impl Edit for SetGpoWmiFilter {
    fn title(&self) -> String {
        match self.filter {
            Some(_) => format!("Set the WMI filter of {} to {}", self.gpo.name, self.filter_name),
            None => format!("Remove the WMI filter of {}", self.gpo.name),
        }
    }

    /// # Errors
    /// Fails where there is no such GPO, or its domain has no such filter.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let container = Container::read(store, &self.gpo, &["gPCWQLFilter"], task).await?;
        let Some(id) = self.filter else { return Ok(container.set("gPCWQLFilter", None, &self.gpo)) };
        let reference = WmiFilterRef { domain: self.gpo.domain.clone(), id };
        let named = container.entry.text("gPCWQLFilter").and_then(|text| text.parse::<WmiFilterRef>().ok());
        if named.as_ref() == Some(&reference) {
            // However it is spelled.
            return Ok(EditPlan { touches: self.gpo.touched(), ..EditPlan::default() });
        }
        check_filter(&container.domain, id, task).await?;
        Ok(container.set("gPCWQLFilter", Some(reference.to_string()), &self.gpo))
    }
}

/// The bits of `flags` that say which halves are off.
const STATUS_BITS: i32 = 3;

async fn set_flags(
    store: &Arc<dyn ForestStore>,
    gpo: &GpoToEdit,
    change: impl FnOnce(i32) -> i32,
    task: &Task,
) -> Result<EditPlan, OperationError> {
    let container = Container::read(store, gpo, &["flags"], task).await?;
    let flags = container.flags();
    let wanted = change(flags);
    if wanted == flags {
        return Ok(EditPlan { touches: gpo.touched(), ..EditPlan::default() });
    }
    Ok(container.set("flags", Some(wanted.to_string()), gpo))
}

/// The container of a GPO as it stands in the directory, with the attributes asked for.
pub(super) struct Container {
    pub domain: Domain,
    pub dn: Dn,
    pub entry: Entry,
}

impl Container {
    pub async fn read(
        store: &Arc<dyn ForestStore>,
        gpo: &GpoToEdit,
        attributes: &[&str],
        task: &Task,
    ) -> Result<Self, OperationError> {
        let domain = task.or_cancel(Domain::open(store, &gpo.domain)).await?;
        let domain = domain.map_err(|error| OperationError::of_directory(&error))?;
        let dn = domain.gpo_dn(gpo.id);
        match task.or_cancel(domain.directory().read(&dn, attributes, None)).await? {
            Ok(entry) => Ok(Container { dn: entry.dn.clone(), domain, entry }),
            Err(error) if error.kind == StoreErrorKind::NotFound => {
                let message = format!("there is no GPO {} in {}", gpo.id, gpo.domain);
                let message = StatusMessage::error(MessageId::GpoNotFound, HResult::NO_SUCH_OBJECT, message);
                Err(OperationError::new(message.about(dn)))
            }
            Err(error) => Err(OperationError::of_directory(&error)),
        }
    }

    /// Returns `flags`; 0 where it is absent or no number.
    pub fn flags(&self) -> i32 {
        self.entry.text("flags").and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Returns what becomes of an attribute with one value.
    pub fn change(&self, attribute: &str, value: Option<String>) -> ValueChange {
        ValueChange {
            attribute: attribute.to_owned(),
            before: self.entry.values(attribute).to_vec(),
            after: value.map(String::into_bytes).into_iter().collect(),
        }
    }

    fn set(&self, attribute: &str, value: Option<String>, gpo: &GpoToEdit) -> EditPlan {
        let change = self.change(attribute, value);
        let steps = if change.before == change.after { Vec::new() } else { vec![Step::modify(&self.dn, vec![change])] };
        EditPlan { steps, touches: gpo.touched(), ..EditPlan::default() }
    }
}

/// Refuses a WMI filter that the domain does not have.
pub(super) async fn check_filter(domain: &Domain, id: Guid, task: &Task) -> Result<(), OperationError> {
    let found = task.or_cancel(domain.wmi_filter_name(id)).await?;
    if found.map_err(|error| OperationError::of_directory(&error))?.is_some() {
        return Ok(());
    }
    let message =
        format!("there is no WMI filter {id} in {}: a GPO takes filters of its own domain only", domain.name());
    let message = StatusMessage::error(MessageId::WmiFilterMissing, HResult::NO_SUCH_OBJECT, message);
    Err(OperationError::new(message.about(id)))
}

/// Returns the error of a text that somebody else has changed since it was seen.
fn changed_meanwhile(gpo: &GpoToEdit, what: &str, seen: &str, present: &str) -> OperationError {
    let message =
        format!("{what} of {} was changed by somebody else: it was `{seen}` and is `{present}` now", gpo.name);
    let message = StatusMessage::error(MessageId::Conflict, HResult::SHARING_VIOLATION, message);
    OperationError::new(message.about(gpo.id))
}

/// Refuses a name that no GPO can have.
pub(super) fn check_name(name: &str) -> Result<(), OperationError> {
    check_gpo_name(name).map_err(|problem: GpoNameProblem| invalid(name, problem.to_string()))
}

/// Refuses a comment that is too long.
pub(super) fn check_comment(comment: &str) -> Result<(), OperationError> {
    let length = comment.encode_utf16().count();
    if length <= LONGEST_GPO_COMMENT {
        return Ok(());
    }
    Err(invalid("the comment", format!("it has {length} characters; a GPO takes {LONGEST_GPO_COMMENT} at most")))
}

fn invalid(what: &str, why: String) -> OperationError {
    let message = StatusMessage::error(MessageId::DirectoryFailed, HResult::INVALID_ARGUMENT, why);
    OperationError::new(message.about(what))
}

/// Returns the bytes of `GPO.cmt`; none where there is to be no file.
pub(super) fn comment_bytes(comment: &str) -> Option<Vec<u8>> {
    (!comment.is_empty()).then(|| write_gpo_comment(comment))
}

/// Returns the path of `GPO.cmt` in the folder of a GPO.
pub(super) fn comment_path(folder: &SysvolPath) -> SysvolPath {
    folder.join(COMMENT_FILE).unwrap_or_default()
}

/// Ends lines as GPMC does.
pub(super) fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

fn half_name(side: Side) -> &'static str {
    match side {
        Side::User => "user",
        Side::Computer => "computer",
    }
}
