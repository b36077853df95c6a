//! Links of sites, domains and OUs, and blocked inheritance (IGPMSOM.CreateGPOLink, IGPMSOM.GPOInheritanceBlocked put, IGPMGPOLink.Enabled
//! put, IGPMGPOLink.Enforced put, IGPMGPOLink.Delete; `gpo-storage.md` A4).
//!
//! All changes of one container are one modify that swaps `gPLink`: somebody else's change in between is seen and the plan is made anew from what
//! is there then, so that no link is lost and none doubled. Links that are not meant stay byte-equal.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{Dn, GpLink, GpLinkElement, LinkMove, LinkOptions};
use crate::operation::edit::{Edit, EditPlan, Step, Touched, ValueChange, directory_of};
use crate::store::{Entry, ForestStore, StoreErrorKind};

use super::rights::{WRITABLE, lists, may_not_link};

/// Changes the links of one site, domain or OU, all in one modify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditLinks {
    /// The container.
    pub som: Dn,
    /// What people call what is linked: the name of the GPO, or `3 GPOs`.
    pub subject: String,
    /// What is done, one after the other.
    pub changes: Vec<LinkChange>,
}

/// One change of the links of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// A GPO is linked; refused where it is linked already.
    Create {
        /// The GPO.
        gpo: Dn,
        /// Its link order, counted from 1 and at most one more than there are links; none for the lowest precedence.
        position: Option<usize>,
        /// Whether the link is enabled and enforced.
        options: LinkOptions,
    },
    /// A GPO is linked as said, by its first link where it is linked already; what is not said stays.
    Ensure {
        /// The GPO.
        gpo: Dn,
        /// Its link order, counted from 1; none for the one it has, the lowest precedence for a new link.
        position: Option<usize>,
        /// Whether the link is enabled; a new one is, where nothing is said.
        enabled: Option<bool>,
        /// Whether the link is enforced; a new one is not, where nothing is said.
        enforced: Option<bool>,
    },
    /// Links are removed; the GPOs stay.
    Delete(Vec<LinkId>),
    /// Links are enabled or disabled.
    SetEnabled(Vec<LinkId>, bool),
    /// Links are enforced or not.
    SetEnforced(Vec<LinkId>, bool),
    /// Links are moved within the container; they keep their order among themselves.
    Move(Vec<LinkId>, LinkMove),
}

/// Which link of a container: it means the same link when others came or went. Several of one change are looked up at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkId {
    /// What it links.
    pub target: LinkedTo,
    /// Which of several links to the same, counted from 1 in link order.
    pub occurrence: usize,
}

/// What a link names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkedTo {
    /// A GPO, present or gone.
    Gpo(Dn),
    /// Nothing: an element of the attribute that is no link, as it stands there.
    Damaged(String),
}

impl EditLinks {
    /// Returns an edit with one change.
    pub fn one(som: Dn, subject: impl Into<String>, change: LinkChange) -> Self {
        EditLinks { som, subject: subject.into(), changes: vec![change] }
    }
}

impl LinkChange {
    /// Returns the change that links a GPO as the console does: enabled, not enforced, with the lowest precedence.
    pub fn create(gpo: Dn) -> Self {
        LinkChange::Create { gpo, position: None, options: LinkOptions::default() }
    }
}

impl LinkId {
    /// Returns the first link to a GPO in link order.
    pub fn first(gpo: Dn) -> Self {
        LinkId { target: LinkedTo::Gpo(gpo), occurrence: 1 }
    }

    /// Returns what tells apart the link that stands at a link order, counted from 1; none where there is none.
    pub fn at(links: &GpLink, order: usize) -> Option<Self> {
        let element = links.elements.get(order.checked_sub(1)?)?;
        let target = match element.gpo() {
            Some(gpo) => LinkedTo::Gpo(gpo.clone()),
            None => LinkedTo::Damaged(element.as_str().to_owned()),
        };
        let before = links.elements[..order].iter().filter(|other| target.is_of(other)).count();
        Some(LinkId { target, occurrence: before })
    }

    /// Returns the link order, counted from 1, that the link has among others; none where it is not there.
    pub fn order(&self, links: &GpLink) -> Option<usize> {
        links.orders_where(|element| self.target.is_of(element)).nth(self.occurrence.checked_sub(1)?)
    }
}

impl LinkedTo {
    fn is_of(&self, element: &GpLinkElement) -> bool {
        match self {
            LinkedTo::Gpo(gpo) => element.gpo() == Some(gpo),
            LinkedTo::Damaged(text) => element.gpo().is_none() && element.as_str() == text,
        }
    }
}

impl fmt::Display for LinkedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkedTo::Gpo(gpo) => write!(f, "{gpo}"),
            LinkedTo::Damaged(text) => write!(f, "`{text}`"),
        }
    }
}

#[async_trait]
impl Edit for EditLinks {
    fn title(&self) -> String {
        let (subject, place) = (&self.subject, self.som.canonical_name());
        let [change] = self.changes.as_slice() else { return format!("Change links of {subject} on {place}") };
        match change {
            LinkChange::Create { .. } | LinkChange::Ensure { .. } => format!("Link {subject} to {place}"),
            LinkChange::Delete(_) => format!("Delete the link of {subject} on {place}"),
            LinkChange::SetEnabled(_, true) => format!("Enable the link of {subject} on {place}"),
            LinkChange::SetEnabled(_, false) => format!("Disable the link of {subject} on {place}"),
            LinkChange::SetEnforced(_, true) => format!("Enforce the link of {subject} on {place}"),
            LinkChange::SetEnforced(_, false) => format!("Stop enforcing the link of {subject} on {place}"),
            LinkChange::Move(_, to) => {
                let to = match to {
                    LinkMove::Top => "to the top".to_owned(),
                    LinkMove::Up => "up".to_owned(),
                    LinkMove::Down => "down".to_owned(),
                    LinkMove::Bottom => "to the bottom".to_owned(),
                    LinkMove::To(order) => format!("to link order {order}"),
                };
                format!("Move the link of {subject} {to} on {place}")
            }
        }
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let container = Container::read(store, &self.som, task).await?;
        let mut links = container.links()?;
        for change in &self.changes {
            apply(change, &mut links, &container, store, task).await?;
        }
        Ok(plan_of(container.replaced(&links)?, vec![Touched::Som(self.som.clone())]))
    }
}

/// Moves a link from one container to another, where it gets the lowest precedence and keeps its options. Both or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveLink {
    /// What people call what is linked.
    pub subject: String,
    /// The link.
    pub link: LinkId,
    /// The container that holds it.
    pub from: Dn,
    /// The container that is to hold it.
    pub to: Dn,
}

#[async_trait]
impl Edit for MoveLink {
    fn title(&self) -> String {
        let (from, to) = (self.from.canonical_name(), self.to.canonical_name());
        format!("Move the link of {} from {from} to {to}", self.subject)
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        if self.from == self.to {
            return Err(invalid(
                &self.to,
                "a link is moved to another container; within one its link order is changed",
            ));
        }
        let (from, to) =
            (Container::read(store, &self.from, task).await?, Container::read(store, &self.to, task).await?);
        let (mut old, mut new) = (from.links()?, to.links()?);
        let order = find(&self.link, &old, &from)?;
        let removed = old.remove(order);
        let target = removed.as_ref().and_then(|element| Some((element.gpo()?.clone(), element.options()?)));
        let (gpo, options) =
            target.ok_or_else(|| invalid(&self.from, "a damaged link cannot be moved; delete it instead"))?;
        let create = LinkChange::Create { gpo, position: None, options };
        apply(&create, &mut new, &to, store, task).await?;
        // The new link first: there is no moment in which the GPO is linked at neither place.
        let steps = to.replaced(&new)?.into_iter().chain(from.replaced(&old)?);
        Ok(plan_of(steps, vec![Touched::Som(self.to.clone()), Touched::Som(self.from.clone())]))
    }
}

/// Blocks inheritance on a domain or OU, or lets it through again. Other options of the container stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetInheritanceBlocked {
    /// The domain or OU.
    pub som: Dn,
    /// Whether links from above are blocked unless they are enforced.
    pub blocked: bool,
}

/// The bit of `gPOptions` that blocks inheritance (`gpo-storage.md` A4).
const BLOCK_INHERITANCE: i64 = 1;

#[async_trait]
impl Edit for SetInheritanceBlocked {
    fn title(&self) -> String {
        let place = self.som.canonical_name();
        if self.blocked { format!("Block inheritance on {place}") } else { format!("Allow inheritance on {place}") }
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let container = Container::read(store, &self.som, task).await?;
        if container.entry.has_class("site") {
            return Err(invalid(&self.som, "nothing is above a site: inheritance is blocked on domains and OUs only"));
        }
        let before = container.entry.values("gPOptions").to_vec();
        let text = before.first().map(|value| String::from_utf8_lossy(value).into_owned());
        let options = text.as_ref().map_or(Ok(0), |text| text.trim().parse::<i64>());
        let options = options.map_err(|_| {
            invalid(&self.som, &format!("its gPOptions is `{}` and no number", text.unwrap_or_default()))
        })?;
        let wanted = options & !BLOCK_INHERITANCE | if self.blocked { BLOCK_INHERITANCE } else { 0 };
        let after = if wanted == options { before.clone() } else { vec![wanted.to_string().into_bytes()] };
        Ok(plan_of(container.changed("gPOptions", before, after)?, vec![Touched::Som(self.som.clone())]))
    }
}

/// A site, domain or OU as it is now.
pub(super) struct Container {
    dn: Dn,
    entry: Entry,
}

impl Container {
    pub(super) async fn read(store: &Arc<dyn ForestStore>, dn: &Dn, task: &Task) -> Result<Self, OperationError> {
        let directory = task.or_cancel(directory_of(store, dn)).await??;
        let read = directory.read(dn, &["objectClass", "gPLink", "gPOptions", WRITABLE], None);
        let read = task.or_cancel(read).await?;
        let entry = read.map_err(|error| match error.kind {
            StoreErrorKind::NotFound => {
                let message =
                    format!("{} does not exist any more. Refresh to see what is there now", dn.canonical_name());
                refuse(MessageId::DirectoryFailed, HResult::NO_SUCH_OBJECT, dn, message)
            }
            _ => OperationError::of_directory(&error),
        })?;
        if !["domainDNS", "organizationalUnit", "site"].iter().any(|class| entry.has_class(class)) {
            return Err(invalid(dn, "GPOs are linked to sites, domains and organizational units only"));
        }
        Ok(Container { dn: dn.clone(), entry })
    }

    pub(super) fn links(&self) -> Result<GpLink, OperationError> {
        let Some(bytes) = self.entry.bytes("gPLink") else { return Ok(GpLink::default()) };
        let text = std::str::from_utf8(bytes).map_err(|_| {
            invalid(
                &self.dn,
                "its gPLink is no text. It is left as it is; repair the attribute with another tool first",
            )
        })?;
        Ok(GpLink::parse(text))
    }

    /// Returns the step that writes the links; none where they are as they were. The last link gone leaves a blank, as Windows does.
    ///
    /// # Errors
    /// Fails where we may not write them.
    pub(super) fn replaced(&self, links: &GpLink) -> Result<Option<Step>, OperationError> {
        if *links == self.links()? {
            return Ok(None);
        }
        let before = self.entry.values("gPLink").to_vec();
        self.changed("gPLink", before, vec![links.to_string().into_bytes()])
    }

    fn changed(
        &self,
        attribute: &str,
        before: Vec<Vec<u8>>,
        after: Vec<Vec<u8>>,
    ) -> Result<Option<Step>, OperationError> {
        if after == before {
            return Ok(None);
        }
        if !lists(&self.entry, WRITABLE, attribute) {
            return Err(may_not_link(&self.dn, attribute));
        }
        Ok(Some(Step::modify(&self.dn, vec![ValueChange { attribute: attribute.to_owned(), before, after }])))
    }
}

/// Applies a change to the links of a container.
async fn apply(
    change: &LinkChange,
    links: &mut GpLink,
    container: &Container,
    store: &Arc<dyn ForestStore>,
    task: &Task,
) -> Result<(), OperationError> {
    match change {
        LinkChange::Create { gpo, position, options } => {
            if links.order_of(gpo, 1).is_some() {
                let message = format!("the GPO {} is linked to {} already", gpo.name(), container.dn.canonical_name());
                return Err(refuse(MessageId::LinkExists, HResult::ALREADY_EXISTS, &container.dn, message));
            }
            let position = checked_position(*position, links.elements.len() + 1, container)?;
            let gpo = existing_gpo(gpo, store, task).await?;
            links.insert(position, GpLinkElement::new(&gpo, *options));
        }
        LinkChange::Ensure { gpo, position, enabled, enforced } => {
            let Some(order) = links.order_of(gpo, 1) else {
                let options = LinkOptions::new(enabled.unwrap_or(true), enforced.unwrap_or(false));
                let position = checked_position(*position, links.elements.len() + 1, container)?;
                let gpo = existing_gpo(gpo, store, task).await?;
                links.insert(position, GpLinkElement::new(&gpo, options));
                return Ok(());
            };
            set_options(links, order, |options| {
                let options = enabled.map_or(options, |enabled| options.with_enabled(enabled));
                enforced.map_or(options, |enforced| options.with_enforced(enforced))
            });
            if position.is_some() {
                let to = checked_position(*position, links.elements.len(), container)?;
                links.move_links(&[order], LinkMove::To(to));
            }
        }
        LinkChange::Delete(ids) => {
            for order in find_all(ids, links, container)?.into_iter().rev() {
                links.remove(order);
            }
        }
        LinkChange::SetEnabled(ids, enabled) => {
            for order in find_all(ids, links, container)? {
                set_options(links, order, |options| options.with_enabled(*enabled));
            }
        }
        LinkChange::SetEnforced(ids, enforced) => {
            for order in find_all(ids, links, container)? {
                set_options(links, order, |options| options.with_enforced(*enforced));
            }
        }
        LinkChange::Move(ids, to) => {
            let orders = find_all(ids, links, container)?;
            links.move_links(&orders, *to);
        }
    }
    Ok(())
}

/// Changes the options of the link at a link order where they are to be others.
fn set_options(links: &mut GpLink, order: usize, change: impl FnOnce(LinkOptions) -> LinkOptions) {
    let Some(element) = links.elements.get_mut(order - 1) else { return };
    let Some(options) = element.options() else { return };
    let wanted = change(options);
    if wanted != options {
        element.set_options(wanted);
    }
}

fn find_all(ids: &[LinkId], links: &GpLink, container: &Container) -> Result<Vec<usize>, OperationError> {
    let mut orders = ids.iter().map(|id| find(id, links, container)).collect::<Result<Vec<usize>, OperationError>>()?;
    orders.sort_unstable();
    orders.dedup();
    Ok(orders)
}

fn find(id: &LinkId, links: &GpLink, container: &Container) -> Result<usize, OperationError> {
    id.order(links).ok_or_else(|| {
        let place = container.dn.canonical_name();
        let message = match (&id.target, id.occurrence) {
            (target, 0 | 1) => format!("{place} has no link to {target}. Refresh to see what is linked there now"),
            (target, occurrence) => {
                format!("{place} has no link number {occurrence} to {target}. Refresh to see what is linked there now")
            }
        };
        refuse(MessageId::LinkNotFound, HResult::NO_SUCH_OBJECT, &container.dn, message)
    })
}

fn checked_position(position: Option<usize>, highest: usize, container: &Container) -> Result<usize, OperationError> {
    match position {
        None => Ok(highest),
        Some(position) if (1..=highest).contains(&position) => Ok(position),
        Some(position) => {
            Err(invalid(&container.dn, &format!("link order {position} does not exist: 1 to {highest} can be chosen")))
        }
    }
}

/// Returns the DN of a GPO as the directory spells it.
async fn existing_gpo(gpo: &Dn, store: &Arc<dyn ForestStore>, task: &Task) -> Result<Dn, OperationError> {
    let directory = task.or_cancel(directory_of(store, gpo)).await??;
    match task.or_cancel(directory.read(gpo, &["objectClass"], None)).await? {
        Ok(entry) => Ok(entry.dn),
        Err(error) if error.kind == StoreErrorKind::NotFound => {
            let message = format!("there is no GPO {gpo}");
            Err(refuse(MessageId::GpoNotFound, HResult::NO_SUCH_OBJECT, gpo, message))
        }
        Err(error) => Err(OperationError::of_directory(&error)),
    }
}

/// Returns a plan that can be undone.
pub(super) fn plan_of(steps: impl IntoIterator<Item = Step>, touches: Vec<Touched>) -> EditPlan {
    EditPlan { steps: steps.into_iter().collect(), touches, ..EditPlan::default() }
}

pub(super) fn invalid(dn: &Dn, why: &str) -> OperationError {
    let message = format!("{}: {why}", dn.canonical_name());
    refuse(MessageId::InvalidArgument, HResult::INVALID_ARGUMENT, dn, message)
}

pub(super) fn refuse(id: MessageId, code: HResult, dn: &Dn, message: String) -> OperationError {
    OperationError::new(StatusMessage::error(id, code, message).about(dn))
}
