//! Reports of GPOs and starter GPOs of a forest, live or in a file.

use std::sync::Arc;

use futures::{StreamExt, join, stream};

use crate::extension::{DirectoryObject, HalfContents, PrincipalNames};
use crate::gpm::{
    Cancelled, Domain, ForestSnapshot, Gpo, LinkScope, LinkedSom, StarterGpo, SysvolState, Task, starter_gpo_folder,
};
use crate::ident::{GpoVersion, Timestamp};
use crate::operation::sysvol_tree::ListTreeError;
use crate::report::{ExtensionReport, GpoReport, HalfReport, LinkReport, PartProblem, Side};
use crate::security::SddlContext;
use crate::store::{ForestStore, StoreError, StoreErrorKind};

use super::common::{Common, Halves};
use super::files::{HalfFiles, read_sysvol};
use super::{Reporting, starter_extensions};

/// A GPO cannot be reported.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReportGpoError {
    /// The operation was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Its domain cannot be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a report of a GPO is made from, read.
pub(in crate::operation) struct ReadGpo {
    /// Its files, with what could not be read.
    pub files: HalfFiles,
    /// Its objects.
    pub objects: Halves<Vec<DirectoryObject>>,
    /// Its version in SYSVOL, where it is known.
    pub sysvol_version: Option<GpoVersion>,
}

impl Reporting {
    /// Reports a GPO of a forest that was loaded (IGPMGPO.GenerateReport). Its files come from SYSVOL, its objects and the names of principals
    /// from the directory: one search, and one per domain that principals are of.
    ///
    /// # Errors
    /// Fails where the domain cannot be reached; files that cannot be read are named in the report.
    pub async fn gpo(
        &self,
        store: &Arc<dyn ForestStore>,
        forest: &ForestSnapshot,
        gpo: &Gpo,
        task: &Task,
    ) -> Result<GpoReport, ReportGpoError> {
        let common = Common::read(store, forest, &[gpo], task).await?;
        self.one_of(&common, gpo, task).await
    }

    /// Reports one of the GPOs for which the common part was read.
    pub(super) async fn one_of(
        &self,
        common: &Common<'_>,
        gpo: &Gpo,
        task: &Task,
    ) -> Result<GpoReport, ReportGpoError> {
        let domain = common.domain(&gpo.domain)?;
        let gpos = [gpo];
        let (files, states) = join!(gpo_files(domain, gpo, task), domain.sysvol_states(&gpos, task, |_, _| {}));
        let (files, state) = (files?, states?.pop());
        let (sysvol_version, missing) = match state {
            Some(SysvolState::Version(version)) => (Some(version), None),
            // Without a word of it, the report would say that the GPO sets nothing.
            Some(SysvolState::Missing) => (None, Some(missing_half(gpo))),
            Some(SysvolState::Unreadable(_)) | None => (None, None),
        };
        let (mut files, unlisted) = or_unlisted(files, &gpo.sysvol_folder().to_string());
        let (objects, unread) = or_unlisted(common.objects(gpo), gpo.dn.as_str());
        files.problems.extend([missing, unlisted, unread].into_iter().flatten());
        self.of_read(common, gpo, ReadGpo { files, objects, sysvol_version }, task).await
    }

    /// Reports a GPO whose files and objects were read already.
    pub(in crate::operation) async fn of_read(
        &self,
        common: &Common<'_>,
        gpo: &Gpo,
        read: ReadGpo,
        task: &Task,
    ) -> Result<GpoReport, ReportGpoError> {
        let ReadGpo { files, objects, sysvol_version } = read;
        let forest = common.forest;
        let halves = Halves {
            computer: HalfContents::new(gpo.computer_extensions.clone(), files.computer, objects.computer),
            user: HalfContents::new(gpo.user_extensions.clone(), files.user, objects.user),
        };
        let context = sddl_context(forest, gpo);
        let security = gpo.security_descriptor.as_deref();
        let (names, parts, unnamed) = self.with_names(common, &halves, security, &context, task).await?;
        let [computer, user] = parts;
        let (security, unreadable) = self.security(security, &context, &names);
        let filter = gpo.wmi_filter.as_ref().and_then(|reference| forest.wmi_filter(reference));
        Ok(GpoReport {
            id: gpo.id,
            domain: gpo.domain.to_string(),
            name: gpo.display_name.clone(),
            include_comments: self.with_comments,
            created: gpo.created,
            modified: gpo.modified,
            read: Some(Timestamp::now()),
            security,
            filter_available: gpo.wmi_filter.is_none() || filter.is_some(),
            filter_name: gpo.wmi_filter.as_ref().map(|_| forest.wmi_filter_label(gpo)),
            filter_description: filter.map(|filter| filter.description.clone()),
            computer: half(
                gpo.version,
                sysvol_version,
                |version| version.computer,
                gpo.status.computer_enabled(),
                computer,
            ),
            user: half(gpo.version, sysvol_version, |version| version.user, gpo.status.user_enabled(), user),
            links: forest.links_to(&gpo.dn, LinkScope::Domain(&gpo.domain)).iter().map(link).collect(),
            problems: files.problems.into_iter().chain(unreadable).chain(unnamed).collect(),
            template_source: self.template_source.clone(),
        })
    }

    /// Reports several GPOs, some at the same time, in their order.
    ///
    /// # Errors
    /// Fails where a domain cannot be reached.
    pub async fn gpos(
        &self,
        store: &Arc<dyn ForestStore>,
        forest: &ForestSnapshot,
        gpos: &[&Gpo],
        task: &Task,
    ) -> Result<Vec<GpoReport>, ReportGpoError> {
        let common = Common::read(store, forest, gpos, task).await?;
        // Collected, so that the future is `Send` for any lifetime of what it borrows.
        let reports: Vec<_> = gpos.iter().map(|gpo| self.one_of(&common, gpo, task)).collect();
        let mut reports = stream::iter(reports).buffered(GPOS_IN_FLIGHT);
        let mut done = Vec::new();
        while let Some(report) = reports.next().await {
            done.push(report?);
            task.progress(done.len() as u64, gpos.len() as u64);
        }
        Ok(done)
    }

    /// Reports a starter GPO (IGPMStarterGPO.GenerateReport): administrative templates are all it can hold.
    ///
    /// # Errors
    /// Fails where its SYSVOL cannot be read.
    pub async fn starter_gpo(
        &self,
        domain: &Domain,
        starter: &StarterGpo,
        task: &Task,
    ) -> Result<GpoReport, ReportGpoError> {
        let sysvol = task.or_cancel(domain.sysvol()).await??;
        let folder = starter_gpo_folder().join(&starter.id.to_string()).unwrap_or_default();
        let files = read_sysvol(&*sysvol, &folder, task).await.map_err(ReportGpoError::from)?;
        let names = PrincipalNames::default();
        let half = |side, files, version| -> Result<HalfReport, Cancelled> {
            let contents = HalfContents::new(starter_extensions(), files, Vec::new());
            let extensions = self.extensions(side, &contents, &names, task)?;
            Ok(HalfReport { version_directory: None, version_sysvol: Some(version), enabled: true, extensions })
        };
        Ok(GpoReport {
            id: starter.id,
            domain: starter.domain.to_string(),
            name: starter.display_name.clone(),
            include_comments: self.with_comments,
            created: starter.created,
            modified: starter.modified,
            read: Some(Timestamp::now()),
            security: None,
            filter_available: false,
            filter_name: None,
            filter_description: None,
            computer: half(Side::Computer, files.computer, starter.version.computer)?,
            user: half(Side::User, files.user, starter.version.user)?,
            links: Vec::new(),
            problems: files.problems,
            template_source: self.template_source.clone(),
        })
    }

    /// Reads both halves, looks up the principals they speak of, and reads them again with their names.
    async fn with_names(
        &self,
        common: &Common<'_>,
        halves: &Halves<HalfContents>,
        security: Option<&[u8]>,
        context: &SddlContext,
        task: &Task,
    ) -> Result<(PrincipalNames, [Vec<ExtensionReport>; 2], Vec<PartProblem>), ReportGpoError> {
        let mut names = PrincipalNames::in_domain(context.clone());
        let read = |names: &PrincipalNames| -> Result<_, Cancelled> {
            let computer = self.extensions(Side::Computer, &halves.computer, names, task)?;
            Ok([computer, self.extensions(Side::User, &halves.user, names, task)?])
        };
        let first = read(&names)?;
        self.security(security, context, &names);
        let unknown = names.unknown_sids();
        if unknown.is_empty() {
            return Ok((names, first, Vec::new()));
        }
        let found = task.or_cancel(common.names.resolve(&**common.store, &unknown)).await?;
        for (sid, trustee) in found.trustees {
            if let Some(name) = trustee.name {
                names.insert(sid, name);
            }
        }
        let second = read(&names)?;
        let unnamed = found.problems.into_iter();
        let unnamed = unnamed.map(|problem| PartProblem { file: problem.object, message: problem.message }).collect();
        Ok((names, second, unnamed))
    }
}

/// GPOs whose files are read at the same time.
pub(super) const GPOS_IN_FLIGHT: usize = 8;

/// Reads the files of a GPO from SYSVOL.
pub(in crate::operation) async fn gpo_files(
    domain: &Domain,
    gpo: &Gpo,
    task: &Task,
) -> Result<Result<HalfFiles, StoreError>, Cancelled> {
    let sysvol = match task.or_cancel(domain.sysvol()).await? {
        Ok(sysvol) => sysvol,
        Err(error) => return Ok(Err(error)),
    };
    match read_sysvol(&*sysvol, &gpo.sysvol_folder(), task).await {
        Ok(files) => Ok(Ok(files)),
        Err(ListTreeError::Store(error)) => Ok(Err(error)),
        Err(ListTreeError::Cancelled(cancelled)) => Err(cancelled),
    }
}

fn or_unlisted<T: Default>(result: Result<T, StoreError>, object: &str) -> (T, Option<PartProblem>) {
    match result {
        Ok(value) => (value, None),
        // A GPO without its half there has nothing to read; the state of its versions says so.
        Err(error) if error.kind == StoreErrorKind::NotFound => (T::default(), None),
        Err(error) => (T::default(), Some(PartProblem { file: object.to_owned(), message: error.to_string() })),
    }
}

fn missing_half(gpo: &Gpo) -> PartProblem {
    PartProblem {
        file: format!("{}\\GPT.INI", gpo.sysvol_folder()),
        message: "the file is not there, so that clients cannot apply the GPO".to_owned(),
    }
}

fn half(
    directory: GpoVersion,
    sysvol: Option<GpoVersion>,
    version: impl Fn(&GpoVersion) -> u16,
    enabled: bool,
    extensions: Vec<ExtensionReport>,
) -> HalfReport {
    HalfReport {
        version_directory: Some(version(&directory)),
        version_sysvol: sysvol.as_ref().map(version),
        enabled,
        extensions,
    }
}

fn link(linked: &LinkedSom<'_>) -> LinkReport {
    LinkReport {
        som_name: linked.som.name.clone(),
        som_path: linked.path(),
        enabled: linked.link.enabled,
        enforced: linked.link.enforced,
    }
}

fn sddl_context(forest: &ForestSnapshot, gpo: &Gpo) -> SddlContext {
    // Windows writes the SIDs of the forest root's groups in full.
    SddlContext { domain: forest.domain(&gpo.domain).and_then(|domain| domain.sid.clone()), forest_root: None }
}

impl From<ListTreeError> for ReportGpoError {
    fn from(error: ListTreeError) -> Self {
        match error {
            ListTreeError::Cancelled(cancelled) => cancelled.into(),
            ListTreeError::Store(error) => error.into(),
        }
    }
}
