//! A new GPO (IGPMDomain.CreateGPO, IGPMDomain2.CreateGPOFromStarterGPO): in the order of `gpo-storage.md` A12.
//!
//! It is born with both halves off, gets its folder, files and version, is turned on by the last write of its container, and linked last of
//! all: whatever breaks it off before leaves nothing that a client would apply.

use std::sync::Arc;

use async_trait::async_trait;

use crate::format::GptIni;
use crate::gpm::{GpoStatus, HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{Dn, DnsName, GpLinkElement, GpoVersion, Guid, LinkOptions, WmiFilterRef};
use crate::operation::change::{GPT_INI, Target, new_container, new_half};
use crate::operation::edit::{Edit, EditPlan, Step, Touched, ValueChange};
use crate::operation::starter_gpo::{StarterSettings, starter_content};
use crate::store::{ForestStore, StoreErrorKind, SysvolPath};

use super::gpo::{check_comment, check_name, comment_bytes, comment_path, with_crlf};
use super::link::Container;
use super::rights::{may_create, refused};

/// Makes a GPO. Either all of it is there afterwards, or nothing.
#[derive(Clone, Debug)]
pub struct CreateGpo {
    /// The domain.
    pub domain: DnsName,
    /// Its GUID: one of [`Guid::random`], chosen by the caller so that it knows what was made.
    pub id: Guid,
    /// Its display name: 1 to 255 characters, stored as typed. As for [`super::RenameGpo`], twins are not refused here.
    pub name: String,
    /// The starter GPO of the same domain whose settings it begins with.
    pub starter: Option<Guid>,
    /// Its comment; where none is given, that of the starter GPO.
    pub comment: Option<String>,
    /// The domain, OU or site that it is linked to: enabled, behind all others.
    pub link_to: Option<Dn>,
}

#[async_trait]
impl Edit for CreateGpo {
    fn title(&self) -> String {
        match &self.link_to {
            None => format!("Create the GPO {}", self.name),
            Some(som) => format!("Create the GPO {} and link it to {}", self.name, som.canonical_name()),
        }
    }

    /// # Errors
    /// Fails where the name or comment cannot be, the GUID is in use, there is no such starter GPO or scope of management, or a right is
    /// missing that can be told beforehand.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError> {
        self.plan_as(GpoStatus::Enabled, None, store, task).await
    }
}

impl CreateGpo {
    /// Plans a GPO of another status, linked to a WMI filter that is there.
    pub(super) async fn plan_as(
        &self,
        status: GpoStatus,
        filter: Option<WmiFilterRef>,
        store: &Arc<dyn ForestStore>,
        task: &Task,
    ) -> Result<EditPlan, OperationError> {
        check_name(&self.name)?;
        let target = Target::open(store, &self.domain, self.id, task).await?;
        self.check_unused(&target, task).await?;
        self.check_rights(&target, task).await?;
        let settings = match self.starter {
            Some(starter) => starter_content(&target.domain, starter, task).await?,
            None => StarterSettings::default(),
        };
        let comment = with_crlf(self.comment.as_ref().or(settings.comment.as_ref()).map_or("", String::as_str));
        check_comment(&comment)?;
        let mut steps = self.born(&target);
        steps.extend(self.files(&target, &settings, &comment));
        steps.push(turned_on(&target.dn, &settings, status, filter));
        let mut touches = vec![Touched::Domain(self.domain.clone())];
        if let Some(som) = &self.link_to {
            steps.extend(linked(store, som, &target.dn, task).await?);
            touches.push(Touched::Som(som.clone()));
        }
        Ok(EditPlan { steps, touches, ..EditPlan::default() })
    }

    async fn check_unused(&self, target: &Target, task: &Task) -> Result<(), OperationError> {
        let in_sysvol = match task.or_cancel(target.sysvol.stat(&target.folder)).await? {
            Ok(_) => true,
            Err(error) if error.kind == StoreErrorKind::NotFound => false,
            Err(error) => return Err(OperationError::of_read(&error)),
        };
        if target.gpo.is_none() && !in_sysvol {
            return Ok(());
        }
        let message = format!("{} has a GPO {} already, or part of one", self.domain, self.id);
        let message = StatusMessage::error(MessageId::GpoExists, HResult::OBJECT_EXISTS, message);
        Err(OperationError::new(message.about(&target.dn)))
    }

    /// Refuses to begin where the server says that it would refuse. What it does not tell is found out by trying.
    async fn check_rights(&self, target: &Target, task: &Task) -> Result<(), OperationError> {
        let policies = target.domain.policies_container();
        if !may_create(target.directory(), &policies, "groupPolicyContainer", task).await? {
            let message = format!(
                "you may not create GPOs in {}: the right to create groupPolicyContainer objects in {policies} is missing. \
                 It is granted on the Delegation tab of Group Policy Objects; on a Samba domain controller Group Policy \
                 Creator Owners does not have it unless it is granted",
                self.domain
            );
            return Err(refused(&policies, message));
        }
        Ok(())
    }

    /// Its container with both halves off, and the containers of the halves.
    fn born(&self, target: &Target) -> Vec<Step> {
        let mut steps = vec![Step::add(&target.dn, new_container(&self.name, target.unc_path()))];
        steps.extend(["User", "Machine"].map(|half| Step::add(&target.dn.child("CN", half), new_half())));
        steps
    }

    /// Its folder with all that lies in it.
    fn files(&self, target: &Target, settings: &StarterSettings, comment: &str) -> Vec<Step> {
        let domain = &self.domain;
        let folder = |path: SysvolPath| Step::MakeFolder { domain: domain.clone(), path, access: None };
        let file = |path: SysvolPath, bytes: Vec<u8>| Step::WriteFile {
            domain: domain.clone(),
            path,
            before: None,
            after: Some(bytes),
        };
        let mut steps = vec![folder(target.folder.clone())];
        if target.sysvol.has_security() {
            steps.push(Step::MirrorSecurity {
                dn: target.dn.clone(),
                domain: domain.clone(),
                path: target.folder.clone(),
            });
        }
        let mut folders = vec![target.path("Machine"), target.path("User")];
        let mut files = Vec::new();
        for (below, bytes) in &settings.files {
            let path = target.path(below);
            let own = path.parent().unwrap_or_default();
            if !folders.contains(&own) {
                folders.push(own);
            }
            files.push(file(path, bytes.clone()));
        }
        steps.extend(folders.into_iter().map(folder));
        steps.append(&mut files);
        steps.extend(comment_bytes(comment).map(|bytes| file(comment_path(&target.folder), bytes)));
        steps.push(file(target.path(GPT_INI), GptIni::new(settings.version).to_bytes()));
        steps
    }
}

/// The last write of the container: what it holds counts from now on.
fn turned_on(dn: &Dn, settings: &StarterSettings, status: GpoStatus, filter: Option<WmiFilterRef>) -> Step {
    let flags = |status: GpoStatus| status.to_flags().to_string();
    let version = |version: GpoVersion| version.to_directory_text();
    let [computer, user] = &settings.extensions;
    let change = |attribute: &str, before: Option<String>, after: Option<String>| {
        ValueChange::text(attribute, before.as_deref(), after.as_deref())
    };
    let mut values = vec![
        change("gPCMachineExtensionNames", None, Some(computer.clone())),
        change("gPCUserExtensionNames", None, Some(user.clone())),
        change("gPCWQLFilter", None, filter.map(|filter| filter.to_string())),
        change("versionNumber", Some(version(GpoVersion::default())), Some(version(settings.version))),
        change("flags", Some(flags(GpoStatus::AllSettingsDisabled)), Some(flags(status))),
    ];
    values.retain(|value| value.before != value.after);
    Step::modify(dn, values)
}

/// Links the new GPO behind all others.
async fn linked(store: &Arc<dyn ForestStore>, som: &Dn, gpo: &Dn, task: &Task) -> Result<Option<Step>, OperationError> {
    let container = Container::read(store, som, task).await?;
    let mut links = container.links()?;
    links.insert(usize::MAX, GpLinkElement::new(gpo, LinkOptions::default()));
    let step = container.replaced(&links)?;
    Ok(step.map(Step::beside))
}
