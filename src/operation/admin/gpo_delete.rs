//! The end of a GPO (IGPMGPO.Delete, `gpo-storage.md` A12, `console-ui.md` 4.1), and of a folder that lost its GPO.
//!
//! The links of its own domain go first, then both halves are turned off, so that no client asks for what is going; its folder is moved
//! aside, which shows that SYSVOL lets us, and comes back with one rename; then the container goes with all below it. From there on there is
//! no way but forward: the folder is removed.

use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{
    Domain, GpoStatus, HResult, MessageId, OperationError, SitesContainer, StatusMessage, Task, is_default_gpo,
};
use crate::ident::{Dn, DnsName, GpLink, Guid};
use crate::operation::edit::{Edit, EditPlan, Step, Touched, ValueChange};
use crate::store::{Directory, Filter, ForestStore, Scope, SearchRequest, StoreError, StoreErrorKind, SysvolPath};

use super::gpo::{Container, GpoToEdit};
use super::rights::may_write;

/// Deletes a GPO, and the links to it in its own domain as far as we may remove them. Links that stay are named in warnings: those of
/// other domains and of sites, and those we may not write.
#[derive(Clone, Debug)]
pub struct DeleteGpo {
    /// The GPO.
    pub gpo: GpoToEdit,
    /// Whether all links stay, as IGPMGPO.Delete and `Remove-GPO -KeepLinks` leave them.
    pub keep_links: bool,
}

/// Removes a folder below `Policies` that is named as a GPO and has no container in the directory.
#[derive(Clone, Debug)]
pub struct DeleteOrphanFolder {
    /// The domain.
    pub domain: DnsName,
    /// The GUID that the folder is named by.
    pub id: Guid,
}

/// Bit of `systemFlags`: the object cannot be deleted ([MS-ADTS] 2.2.10).
const DISALLOW_DELETE: i64 = 0x8000_0000;

#[async_trait]
impl Edit for DeleteGpo {
    fn title(&self) -> String {
        let rest = if self.keep_links { "" } else { " and its links" };
        format!("Delete the GPO {}{rest}", self.gpo.name)
    }

    /// # Errors
    /// Fails where there is no such GPO, or it is one that nobody can delete.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let attributes = ["flags", "systemFlags", "gPCFileSysPath", "objectClass"];
        let container = Container::read(store, &self.gpo, &attributes, task).await?;
        self.check_deletable(&container)?;
        let mut touches =
            vec![Touched::Domain(self.gpo.domain.clone()), Touched::Gpo(self.gpo.domain.clone(), self.gpo.id)];
        let mut steps = Vec::new();
        for som in linked_in(&**container.domain.directory(), &container.dn, task).await? {
            if self.keep_links || !may_write(&**container.domain.directory(), &som.dn, "gPLink", task).await? {
                let why = if self.keep_links { "" } else { ": you may not write links there" };
                tell_left(&som.dn, &self.gpo, why, task);
            } else {
                touches.push(Touched::Som(som.dn.clone()));
                steps.push(som.without());
            }
        }
        for som in linked_elsewhere(store, &container, task).await? {
            tell_left(&som, &self.gpo, "", task);
        }
        let flags = container.flags();
        let off = flags | GpoStatus::AllSettingsDisabled.to_flags();
        if flags != off {
            steps.push(Step::modify(&container.dn, vec![container.change("flags", Some(off.to_string()))]));
        }
        let folder = self.folder(&container, task).await?;
        let aside = aside(self.gpo.id);
        let domain = self.gpo.domain.clone();
        if let Some(folder) = &folder {
            steps.push(Step::MoveTree { domain: domain.clone(), from: folder.clone(), to: aside.clone() });
        }
        steps.push(Step::delete(&container.dn));
        let commits_after = Some(steps.len() - 1);
        steps.extend(folder.map(|folder| Step::RemoveTree { domain, path: aside, found_at: folder }));
        Ok(EditPlan { steps, touches, commits_after, ..EditPlan::default() })
    }
}

impl DeleteGpo {
    fn check_deletable(&self, container: &Container) -> Result<(), OperationError> {
        let flags = container.entry.text("systemFlags").and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0);
        let why = if is_default_gpo(self.gpo.id) {
            "it is one of the two default GPOs of the domain, which cannot be deleted"
        } else if flags & DISALLOW_DELETE != 0 {
            "the directory protects it against deletion"
        } else {
            return Ok(());
        };
        let message = format!("{} is kept: {why}", self.gpo.name);
        let message = StatusMessage::error(MessageId::AccessDenied, HResult::ACCESS_DENIED, message);
        Err(OperationError::new(message.about(&container.dn)))
    }

    /// Returns the folder of the GPO; none where there is none.
    async fn folder(&self, container: &Container, task: &Task) -> Result<Option<SysvolPath>, OperationError> {
        let (gpo, _) = container.domain.decode_gpo(container.entry.clone());
        let Some(folder) = gpo.map(|gpo| gpo.sysvol_folder()) else { return Ok(None) };
        let failed = |error: StoreError| OperationError::of_read(&error);
        let sysvol = task.or_cancel(container.domain.sysvol()).await?.map_err(failed)?;
        match task.or_cancel(sysvol.stat(&folder)).await? {
            Ok(_) => Ok(Some(folder)),
            Err(error) if error.kind == StoreErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

#[async_trait]
impl Edit for DeleteOrphanFolder {
    fn title(&self) -> String {
        format!("Delete the folder {} without its GPO", self.id)
    }

    /// # Errors
    /// Fails where the folder has its GPO, or there is no such folder.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        let domain = task.or_cancel(Domain::open(store, &self.domain)).await?;
        let domain = domain.map_err(|error| OperationError::of_directory(&error))?;
        let dn = domain.gpo_dn(self.id);
        match task.or_cancel(domain.directory().read(&dn, &["objectClass"], None)).await? {
            Err(error) if error.kind == StoreErrorKind::NotFound => {}
            Err(error) => return Err(OperationError::of_directory(&error)),
            Ok(_) => {
                let message = format!("the folder {} belongs to a GPO: delete that", self.id);
                let message = StatusMessage::error(MessageId::GpoExists, HResult::OBJECT_EXISTS, message);
                return Err(OperationError::new(message.about(&dn)));
            }
        }
        let failed = |error: StoreError| OperationError::of_read(&error);
        let sysvol = task.or_cancel(domain.sysvol()).await?.map_err(failed)?;
        let policies = SysvolPath::parse("Policies").unwrap_or_default();
        let entries = task.or_cancel(sysvol.list(&policies)).await?.map_err(failed)?;
        let found = entries.iter().find(|entry| entry.is_folder && entry.name.parse() == Ok(self.id));
        let Some(path) = found.and_then(|entry| policies.join(&entry.name).ok()) else {
            let message = format!("there is no folder {} in SYSVOL of {}", self.id, self.domain);
            let message = StatusMessage::error(MessageId::FileMissing, HResult::PATH_NOT_FOUND, message);
            return Err(OperationError::new(message.about(self.id)));
        };
        let steps = vec![Step::RemoveTree { domain: self.domain.clone(), path: path.clone(), found_at: path }];
        let touches = vec![Touched::Domain(self.domain.clone())];
        Ok(EditPlan { steps, touches, ..EditPlan::default() })
    }
}

/// A scope of management that links the GPO.
struct LinkedHere {
    dn: Dn,
    /// `gPLink` as read.
    present: Vec<u8>,
    /// `gPLink` without the links to the GPO.
    wanted: Vec<u8>,
}

impl LinkedHere {
    fn without(self) -> Step {
        let change =
            ValueChange { attribute: "gPLink".to_owned(), before: vec![self.present], after: vec![self.wanted] };
        Step::Modify { dn: self.dn, values: vec![change], beside: true }
    }
}

/// Finds the links to a GPO on the domain and its OUs. One that stands in a damaged attribute stays.
async fn linked_in(directory: &dyn Directory, gpo: &Dn, task: &Task) -> Result<Vec<LinkedHere>, OperationError> {
    let request = SearchRequest {
        base: directory.root_dse().domain_dn.clone(),
        scope: Scope::Subtree,
        filter: Filter::Present("gPLink".to_owned()),
        attributes: vec!["gPLink".to_owned()],
        sd_parts: None,
    };
    let entries = task.or_cancel(directory.search(&request)).await?;
    let entries = entries.map_err(|error| OperationError::of_directory(&error))?;
    Ok(entries
        .into_iter()
        .filter_map(|entry| {
            let present = entry.bytes("gPLink")?.to_vec();
            let wanted = without_gpo(std::str::from_utf8(&present).ok()?, gpo)?.into_bytes();
            Some(LinkedHere { dn: entry.dn, present, wanted })
        })
        .collect())
}

/// Returns the attribute without the links to a GPO; none where there is no such link.
fn without_gpo(text: &str, gpo: &Dn) -> Option<String> {
    let mut links = GpLink::parse(text);
    let count = links.elements.len();
    links.elements.retain(|element| element.gpo() != Some(gpo));
    (links.elements.len() != count).then(|| links.to_string())
}

/// Finds who else links a GPO: domains and OUs of other domains, and sites. A domain that does not answer is told of.
async fn linked_elsewhere(
    store: &Arc<dyn ForestStore>,
    container: &Container,
    task: &Task,
) -> Result<Vec<Dn>, OperationError> {
    let mut found = Vec::new();
    let unread = |what: &str, error: &StoreError| {
        let message = format!("whether {what} link the GPO could not be read: {error}");
        task.message(StatusMessage::warning(MessageId::DirectoryFailed, message).about(&error.object));
    };
    let domains = task.or_cancel(container.domain.others_of_forest()).await?;
    match domains {
        Ok(domains) => {
            for domain in domains {
                let directory = match task.or_cancel(store.domain_directory(&domain)).await? {
                    Ok(directory) => directory,
                    Err(error) => {
                        unread(&format!("containers of {domain}"), &error);
                        continue;
                    }
                };
                found.extend(linked_in(&*directory, &container.dn, task).await?.into_iter().map(|som| som.dn));
            }
        }
        Err(error) => unread("other domains", &error),
    }
    match task.or_cancel(SitesContainer::new(store).sites()).await? {
        Ok(sites) => {
            let links_it =
                |site: &&crate::gpm::Som| site.links.iter().any(|link| link.gpo_dn.as_ref() == Some(&container.dn));
            found.extend(sites.values.iter().filter(links_it).map(|site| site.dn.clone()));
        }
        Err(error) => unread("sites", &error),
    }
    Ok(found)
}

fn tell_left(som: &Dn, gpo: &GpoToEdit, why: &str, task: &Task) {
    let message =
        format!("the link to {} on {} stays and will be shown as Not Found{why}", gpo.name, som.canonical_name());
    task.message(StatusMessage::warning(MessageId::LinkLeft, message).about(som));
}

/// Returns where the folder of a GPO waits to be removed. No GPO has such a name.
fn aside(id: Guid) -> SysvolPath {
    let random = Guid::random().hyphenated();
    let name = format!("Policies/~opengpmc-{id}-{}.gone", random.get(..8).unwrap_or_default());
    SysvolPath::parse(&name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_other_gpos_keep_every_byte() {
        let gpo: Dn = "CN={A},CN=Policies,CN=System,DC=x".parse().unwrap();
        let check = |text: &str, expected: Option<&str>| assert_eq!(without_gpo(text, &gpo).as_deref(), expected);
        check("[LDAP://cn={a},cn=policies,cn=system,DC=x;2]", Some(" "));
        check("[LDAP://cn={b},cn=policies,cn=system,DC=x;0]", None);
        check(
            "[LDAP://cn={b},DC=x;0][LDAP://CN={A},CN=Policies,CN=System,DC=x;1][damaged][LDAP://CN={C},DC=x;7]",
            Some("[LDAP://cn={b},DC=x;0][damaged][LDAP://CN={C},DC=x;7]"),
        );
        check(" ", None);
    }
}
