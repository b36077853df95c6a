//! The objects that have permissions, where their descriptors lie, and what has to be written when one changes.

use std::sync::Arc;

use crate::gpm::{
    Domain, GpoParts, HResult, MessageId, OperationError, PermissionError, PermissionType, SecuredObject, SecurityInfo,
    SomType, StatusMessage, Task, computers_can_read, everybody_can_read, policies_folder, starter_gpo_folder,
};
use crate::ident::{Dn, DnsName, Guid, Sid};
use crate::operation::edit::{EditPlan, Step, Touched, directory_of};
use crate::security::{AclDialect, AclState, SecurityDescriptor, compare_sysvol_acl, to_sysvol_acl};
use crate::store::{ForestStore, SdParts, StoreError, StoreErrorKind, SysvolPath};

/// An object with permissions, by where it is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Secured {
    /// A GPO: its container, whose list its folder follows.
    Gpo(DnsName, Guid),
    /// A site, domain or OU.
    Som(SomType, Dn),
    /// The creation of GPOs in a domain: the container of GPOs and their folder in SYSVOL.
    GpoCreation(DnsName),
    /// The container of the WMI filters of a domain.
    WmiFilters(DnsName),
    /// A WMI filter.
    WmiFilter(DnsName, Guid),
    /// The folder of the starter GPOs of a domain.
    StarterGpos(DnsName),
    /// A starter GPO: its folder.
    StarterGpo(DnsName, Guid),
}

/// Where a descriptor lies.
pub(super) enum Place {
    Object(Dn),
    Folder(DnsName, SysvolPath),
}

/// A descriptor as read.
pub(super) struct Present {
    pub place: Place,
    pub descriptor: SecurityDescriptor,
    /// The folder that follows the object.
    follower: Option<Follower>,
}

/// A folder of SYSVOL whose list follows that of an object.
struct Follower {
    domain: DnsName,
    path: SysvolPath,
    /// Its list, self-relative; none where there is no folder.
    list: Option<Vec<u8>>,
}

impl Secured {
    /// Returns what kind of object it is, which decides what levels of permission there are.
    pub fn object(&self) -> SecuredObject {
        match self {
            Secured::Gpo(..) => SecuredObject::Gpo,
            Secured::Som(SomType::Site, _) => SecuredObject::Site,
            Secured::Som(SomType::Domain, _) => SecuredObject::Domain,
            Secured::Som(SomType::Ou, _) => SecuredObject::Ou,
            Secured::GpoCreation(_) => SecuredObject::PoliciesContainer,
            Secured::WmiFilters(_) => SecuredObject::WmiFiltersContainer,
            Secured::WmiFilter(..) => SecuredObject::WmiFilter,
            Secured::StarterGpos(_) => SecuredObject::StarterGposFolder,
            Secured::StarterGpo(..) => SecuredObject::StarterGpo,
        }
    }

    /// Returns the objects that carry the permissions of this one: itself, and of a domain also the places where GPOs, WMI filters and starter
    /// GPOs are made.
    pub(super) fn carriers(&self) -> Vec<Secured> {
        let mut carriers = vec![self.clone()];
        if let Secured::Som(SomType::Domain, dn) = self
            && let Some(domain) = dn.domain()
        {
            let creation = [Secured::GpoCreation, Secured::WmiFilters, Secured::StarterGpos];
            carriers.extend(creation.map(|of| of(domain.clone())));
        }
        carriers
    }

    /// Returns what has to be read anew when its permissions change.
    pub(super) fn touched(&self) -> Touched {
        match self {
            Secured::Gpo(domain, id) => Touched::Gpo(domain.clone(), *id),
            Secured::Som(SomType::Site, _) => Touched::Sites,
            Secured::Som(_, dn) => Touched::Som(dn.clone()),
            Secured::GpoCreation(domain) => Touched::Domain(domain.clone()),
            Secured::WmiFilters(domain) | Secured::WmiFilter(domain, _) => Touched::WmiFilters(domain.clone()),
            Secured::StarterGpos(domain) | Secured::StarterGpo(domain, _) => Touched::StarterGpos(domain.clone()),
        }
    }

    /// Reads parts of its descriptor, and the list of the folder that follows it.
    pub(super) async fn read(
        &self,
        store: &Arc<dyn ForestStore>,
        parts: SdParts,
        task: &Task,
    ) -> Result<Present, OperationError> {
        let open = |domain: &DnsName| {
            let domain = domain.clone();
            async move {
                let opened = task.or_cancel(Domain::open(store, &domain)).await?;
                opened.map_err(|error| OperationError::of_directory(&error))
            }
        };
        let place = match self {
            Secured::Gpo(domain, id) => {
                let domain = open(domain).await?;
                let gpo = task.or_cancel(domain.gpo(*id, GpoParts::Location)).await?;
                let gpo = gpo.map_err(|error| not_found(&error, "GPO", *id))?;
                let descriptor = read_object(store, &gpo.dn, parts, task).await?;
                let follower = Follower::read(&domain, gpo.sysvol_folder(), task).await?;
                return Ok(Present { place: Place::Object(gpo.dn), descriptor, follower });
            }
            Secured::GpoCreation(domain) => {
                let domain = open(domain).await?;
                let dn = domain.policies_container();
                let descriptor = read_object(store, &dn, parts, task).await?;
                let follower = Follower::read(&domain, policies_folder(), task).await?;
                return Ok(Present { place: Place::Object(dn), descriptor, follower });
            }
            Secured::Som(_, dn) => Place::Object(dn.clone()),
            Secured::WmiFilters(domain) => Place::Object(open(domain).await?.wmi_filter_container()),
            Secured::WmiFilter(domain, id) => {
                Place::Object(open(domain).await?.wmi_filter_container().child("CN", &id.to_string()))
            }
            Secured::StarterGpos(domain) => Place::Folder(domain.clone(), starter_gpo_folder()),
            Secured::StarterGpo(domain, id) => {
                let folder = starter_gpo_folder().join(&id.to_string());
                let folder = folder.map_err(|error| {
                    let error = StoreError::new(StoreErrorKind::BadPath, &error.path).with_detail(error.reason);
                    OperationError::of_read(&error)
                })?;
                Place::Folder(domain.clone(), folder)
            }
        };
        let descriptor = match &place {
            Place::Object(dn) => read_object(store, dn, parts, task).await?,
            Place::Folder(domain, path) => {
                let sysvol = task.or_cancel(store.sysvol(domain)).await?;
                let sysvol = sysvol.map_err(|error| OperationError::of_read(&error))?;
                let bytes = task.or_cancel(sysvol.security(path, parts)).await?;
                parse(path, &bytes.map_err(|error| OperationError::of_read(&error))?)?
            }
        };
        Ok(Present { place, descriptor, follower: None })
    }

    /// Returns the steps that put parts of a descriptor in place of those that were read.
    ///
    /// # Errors
    /// Fails where a WMI filter would become unreadable for those it is evaluated for.
    pub(super) async fn steps(
        &self,
        store: &Arc<dyn ForestStore>,
        present: &Present,
        new: &SecurityDescriptor,
        parts: SdParts,
        task: &Task,
    ) -> Result<Vec<Step>, OperationError> {
        let changes_list = parts.0 & SdParts::DACL.0 != 0 && present.descriptor.dacl != new.dacl;
        if changes_list {
            self.check(store, &present.descriptor, new, task).await?;
        }
        let (before, after) = (only(&present.descriptor, parts)?, only(new, parts)?);
        if before == after {
            return Ok(Vec::new());
        }
        match &present.place {
            Place::Folder(domain, path) => {
                Ok(vec![Step::SetFolderSecurity { domain: domain.clone(), path: path.clone(), before, after }])
            }
            Place::Object(dn) => {
                let mut steps = vec![Step::SetSecurity { dn: dn.clone(), parts, before, after }];
                if changes_list && let Some(follower) = &present.follower {
                    steps.extend(self.follow(follower, &present.descriptor, new, task)?);
                }
                Ok(steps)
            }
        }
    }

    /// Refuses or warns of lists that would keep policy from being applied.
    async fn check(
        &self,
        store: &Arc<dyn ForestStore>,
        before: &SecurityDescriptor,
        after: &SecurityDescriptor,
        task: &Task,
    ) -> Result<(), OperationError> {
        if matches!(self, Secured::WmiFilter(..)) && everybody_can_read(before) && !everybody_can_read(after) {
            let message = "everybody must be able to read a WMI filter: GPOs that use one that cannot be read are not applied. \
                           Leave Read to Authenticated Users";
            return Err(OperationError::new(StatusMessage::error(
                MessageId::PermissionRefused,
                HResult::INVALID_ARGUMENT,
                message,
            )));
        }
        if let Secured::Gpo(domain, _) = self {
            let sid = domain_sid(store, domain, task).await?;
            if computers_can_read(before, sid.as_ref()) && !computers_can_read(after, sid.as_ref()) {
                let message = "computers can no longer read this GPO, so that its user settings are not applied either: since \
                               MS16-072 it is the computer that fetches them. Give Domain Computers or Authenticated Users Read";
                task.message(StatusMessage::warning(MessageId::ComputersCannotRead, message));
            }
        }
        Ok(())
    }

    /// Returns the step that gives the folder of a GPO the list that goes with the container's; none where it fits, or where nothing can be said.
    ///
    /// # Errors
    /// Fails where there is no folder.
    pub(super) fn repair(&self, present: &Present) -> Result<Option<Step>, OperationError> {
        let Some(Follower { domain, path, list }) = &present.follower else { return Ok(None) };
        let list =
            list.as_ref().ok_or_else(|| OperationError::of_read(&StoreError::new(StoreErrorKind::NotFound, path)))?;
        let folder = parse(path, list)?;
        if compare_sysvol_acl(&present.descriptor, &folder).is_empty() {
            return Ok(None);
        }
        let after = to_sysvol_acl(&present.descriptor, AclDialect::Windows);
        let (before, after) = (only(&folder, SdParts::DACL)?, only(&after, SdParts::DACL)?);
        Ok(Some(Step::SetFolderSecurity { domain: domain.clone(), path: path.clone(), before, after }))
    }

    /// Returns the step that makes a folder's list follow the object's.
    fn follow(
        &self,
        follower: &Follower,
        before: &SecurityDescriptor,
        new: &SecurityDescriptor,
        task: &Task,
    ) -> Result<Option<Step>, OperationError> {
        let Follower { domain, path, list: Some(list) } = follower else {
            let message = "the folder in SYSVOL is missing, so that only the permissions in the directory are changed";
            task.message(StatusMessage::warning(MessageId::AclInconsistent, message).about(&follower.path));
            return Ok(None);
        };
        let after = match self {
            Secured::GpoCreation(_) => creators(&parse(path, list)?, before, new, task)?,
            _ if matches!(new.dacl, AclState::Present(_)) => to_sysvol_acl(new, AclDialect::Windows),
            _ => return Ok(None),
        };
        let (before, after) = (only(&parse(path, list)?, SdParts::DACL)?, only(&after, SdParts::DACL)?);
        Ok(Some(Step::SetFolderSecurity { domain: domain.clone(), path: path.clone(), before, after }))
    }
}

impl Follower {
    async fn read(domain: &Domain, path: SysvolPath, task: &Task) -> Result<Option<Follower>, OperationError> {
        let sysvol = task.or_cancel(domain.sysvol()).await?.map_err(|error| OperationError::of_read(&error))?;
        if !sysvol.has_security() {
            return Ok(None);
        }
        let list = match task.or_cancel(sysvol.security(&path, SdParts::READABLE)).await? {
            Ok(list) => Some(list),
            Err(error) if error.kind == StoreErrorKind::NotFound => None,
            Err(error) => return Err(OperationError::of_read(&error)),
        };
        Ok(Some(Follower { domain: domain.name().clone(), path, list }))
    }
}

/// Returns the list of the folder of GPOs with those who may now create GPOs, and without those who may not any more.
fn creators(
    folder: &SecurityDescriptor,
    before: &SecurityDescriptor,
    new: &SecurityDescriptor,
    task: &Task,
) -> Result<SecurityDescriptor, OperationError> {
    let explicit = |descriptor: &SecurityDescriptor| {
        let info = SecurityInfo::from_descriptor(SecuredObject::PoliciesContainer, descriptor);
        let rows = info.permissions.into_iter().filter(|row| !row.inherited && !row.denied);
        rows.collect::<Vec<_>>()
    };
    let (before, now) = (explicit(before), explicit(new));
    let is_in = |rows: &[crate::gpm::Permission], sid: &Sid| rows.iter().any(|row| row.trustee.sid == *sid);
    let mut list = folder.clone();
    for row in now.iter().filter(|row| !is_in(&before, &row.trustee.sid)) {
        let mut info = SecurityInfo::from_descriptor(SecuredObject::PoliciesFolder, &list);
        info.add(row)?;
        list = info.apply_to(SecuredObject::PoliciesFolder, &list)?;
    }
    for row in before.iter().filter(|row| !is_in(&now, &row.trustee.sid)) {
        let mut info = SecurityInfo::from_descriptor(SecuredObject::PoliciesFolder, &list);
        let removed = info.remove(row).and_then(|_| info.apply_to(SecuredObject::PoliciesFolder, &list));
        match removed {
            Ok(new) => list = new,
            Err(error @ (PermissionError::GrantedByMore { .. } | PermissionError::Inherited(_))) => {
                let message = format!("the folder of GPOs in SYSVOL: {error}");
                task.message(StatusMessage::warning(MessageId::AclInconsistent, message).about(row.trustee.label()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(list)
}

async fn read_object(
    store: &Arc<dyn ForestStore>,
    dn: &Dn,
    parts: SdParts,
    task: &Task,
) -> Result<SecurityDescriptor, OperationError> {
    const DESCRIPTOR: &str = "nTSecurityDescriptor";
    let directory = task.or_cancel(directory_of(store, dn)).await??;
    let entry = task.or_cancel(directory.read(dn, &[DESCRIPTOR], Some(parts))).await?;
    let entry = entry.map_err(|error| OperationError::of_directory(&error))?;
    let bytes = entry.bytes(DESCRIPTOR).ok_or_else(|| {
        let error = StoreError::new(StoreErrorKind::AccessDenied, dn).with_detail("its permissions may not be read");
        OperationError::of_directory(&error)
    })?;
    parse(dn, bytes)
}

async fn domain_sid(
    store: &Arc<dyn ForestStore>,
    domain: &DnsName,
    task: &Task,
) -> Result<Option<Sid>, OperationError> {
    let failed = |error: StoreError| OperationError::of_directory(&error);
    let directory = task.or_cancel(store.domain_directory(domain)).await?.map_err(failed)?;
    let dn = directory.root_dse().domain_dn.clone();
    let entry = task.or_cancel(directory.read(&dn, &["objectSid"], None)).await?.map_err(failed)?;
    Ok(entry.bytes("objectSid").and_then(|bytes| Sid::from_bytes(bytes).ok()))
}

fn not_found(error: &StoreError, what: &str, id: Guid) -> OperationError {
    match error.kind {
        StoreErrorKind::NotFound => {
            let message = format!("there is no {what} {id}");
            OperationError::new(
                StatusMessage::error(MessageId::GpoNotFound, HResult::NO_SUCH_OBJECT, message).about(&error.object),
            )
        }
        _ => OperationError::of_directory(error),
    }
}

fn parse(of: impl std::fmt::Display, bytes: &[u8]) -> Result<SecurityDescriptor, OperationError> {
    SecurityDescriptor::from_bytes(bytes)
        .map_err(|error| OperationError::of_directory(&StoreError::new(StoreErrorKind::Corrupt, of).with_detail(error)))
}

/// Returns the bytes of some parts of a descriptor alone.
pub(super) fn only(descriptor: &SecurityDescriptor, parts: SdParts) -> Result<Vec<u8>, OperationError> {
    let has = |part: SdParts| parts.0 & part.0 != 0;
    let mut own = descriptor.clone();
    if !has(SdParts::SACL) {
        own = own.without_sacl();
    }
    if !has(SdParts::DACL) {
        own = own.without_dacl();
    }
    own.owner = own.owner.filter(|_| has(SdParts::OWNER));
    own.group = own.group.filter(|_| has(SdParts::GROUP));
    Ok(own.to_bytes().map_err(PermissionError::from)?)
}

/// Returns the plan of an edit of these objects.
pub(super) fn plan(of: &[Secured], steps: Vec<Step>) -> EditPlan {
    EditPlan { steps, touches: of.iter().map(Secured::touched).collect(), ..EditPlan::default() }
}

/// Tells whether a trustee's level is one that the object itself carries; those of a domain are spread over several.
pub(super) fn carries(of: &Secured, level: PermissionType) -> bool {
    level.is_custom() || of.object().levels().contains(&level)
}
