//! Reports of backups: read from the set alone, without a domain.

use std::io;
use std::path::{Path, PathBuf};

use crate::extension::{DirectoryObject, HalfContents, PrincipalNames};
use crate::format::{BackupObject, BackupXml, BackupXmlError, Versions};
use crate::gpm::constants::BackupType;
use crate::gpm::{Backup, Cancelled, GpoStatus, Task, read_bounded};
use crate::ident::{ExtensionList, Sid, Timestamp};
use crate::report::{GpoReport, HalfReport, LinkReport, Side, read_reports};
use crate::security::SddlContext;

use super::files::{HalfFiles, read_folder};
use super::{Reporting, starter_extensions};
use crate::operation::content::object_place;

/// A backup cannot be reported.
#[derive(Debug, thiserror::Error)]
pub enum ReportBackupError {
    /// The operation was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The set has no such file.
    #[error("the backup has no file {0}")]
    NoFile(&'static str),
    /// Its `Backup.xml` cannot be read.
    #[error("Backup.xml: {0}")]
    Backup(#[from] BackupXmlError),
    /// The file system refuses.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system says.
        source: io::Error,
    },
}

/// The report that stands beside the settings in a set.
const REPORT: &str = "gpreport.xml";
const STARTER_METADATA: &str = "StarterGPO.tmplx";
/// The folder of a set that holds the GPO's half in SYSVOL.
const SYSVOL_FOLDER: &str = r"DomainSysvol\GPO";

impl Reporting {
    /// Reports what a backup of a GPO holds. Blocks on the file system.
    ///
    /// What no set stores is left out: times, owner. The links are those that the report in the set tells of: what the GPO was linked to when it
    /// was backed up. They are what an administrator makes anew after the GPO was deleted.
    ///
    /// # Errors
    /// Fails where the set has no readable `Backup.xml`; files of settings that cannot be read are named in the report.
    pub fn backup(&self, backup: &Backup, task: &Task) -> Result<GpoReport, ReportBackupError> {
        match backup.kind {
            BackupType::Gpo => self.gpo_backup(backup, task),
            BackupType::StarterGpo => self.starter_gpo_backup(backup, task),
        }
    }

    /// Reports a backup of a starter GPO (IGPMStarterGPOBackup.GenerateReport): the tree of the starter GPO lies in the set.
    fn starter_gpo_backup(&self, backup: &Backup, task: &Task) -> Result<GpoReport, ReportBackupError> {
        let failed = |source| ReportBackupError::Io { file: STARTER_METADATA.to_owned(), source };
        let folder = starter_folder(backup).map_err(failed)?.ok_or(ReportBackupError::NoFile(STARTER_METADATA))?;
        let files = read_folder(&folder, task)?;
        let names = PrincipalNames::default();
        let half = |side, files| -> Result<_, Cancelled> {
            let extensions =
                self.extensions(side, &HalfContents::new(starter_extensions(), files, Vec::new()), &names, task)?;
            Ok(HalfReport { enabled: true, extensions, ..HalfReport::default() })
        };
        Ok(GpoReport {
            id: backup.gpo_id,
            domain: backup.domain.clone(),
            name: backup.gpo_name.clone(),
            include_comments: self.with_comments,
            created: None,
            modified: None,
            read: Some(Timestamp::now()),
            security: None,
            filter_available: false,
            filter_name: None,
            filter_description: None,
            computer: half(Side::Computer, files.computer)?,
            user: half(Side::User, files.user)?,
            links: Vec::new(),
            problems: files.problems,
            template_source: self.template_source.clone(),
        })
    }

    fn gpo_backup(&self, backup: &Backup, task: &Task) -> Result<GpoReport, ReportBackupError> {
        let io_error = |file: &str| {
            let file = file.to_owned();
            move |source| ReportBackupError::Io { file, source }
        };
        let set_path = backup.file("Backup.xml").map_err(io_error("Backup.xml"))?;
        let set_path = set_path.ok_or(ReportBackupError::NoFile("Backup.xml"))?;
        let set = BackupXml::parse(&read_bounded(&set_path).map_err(io_error("Backup.xml"))?)?;
        let mut files = match backup.file(SYSVOL_FOLDER).map_err(io_error(SYSVOL_FOLDER))? {
            Some(folder) => read_folder(&folder, task)?,
            None => HalfFiles::default(),
        };
        add_missing(&set, &mut files);
        let context = sddl_context(&set);
        let names = names(&set, &context);
        let status = GpoStatus::from_flags(set.flags);
        let half = |side, registered: &str, files, enabled, versions: Versions| -> Result<_, Cancelled> {
            let registered = ExtensionList::parse_lossy(registered);
            let contents = HalfContents::new(registered, files, objects(&set, side));
            Ok(HalfReport {
                version_directory: Some(versions.directory),
                version_sysvol: Some(versions.sysvol),
                enabled,
                extensions: self.extensions(side, &contents, &names, task)?,
            })
        };
        let (computer_enabled, user_enabled) = (status.computer_enabled(), status.user_enabled());
        let registered = &set.computer_extensions;
        let computer = half(Side::Computer, registered, files.computer, computer_enabled, set.computer_versions)?;
        let user = half(Side::User, &set.user_extensions, files.user, user_enabled, set.user_versions)?;
        let (security, unreadable) = self.security(set.security_descriptor.as_deref(), &context, &names);
        Ok(GpoReport {
            id: set.gpo_id.unwrap_or(backup.gpo_id),
            domain: set.domain.clone(),
            name: set.display_name.clone(),
            include_comments: self.with_comments,
            created: None,
            modified: None,
            read: Some(Timestamp::now()),
            security,
            filter_available: true,
            filter_name: set.wmi_filter_name.clone(),
            filter_description: None,
            computer,
            user,
            links: former_links(backup, task)?,
            problems: files.problems.into_iter().chain(unreadable).collect(),
            template_source: self.template_source.clone(),
        })
    }
}

/// Returns what the GPO was linked to, as the report in the set tells; nothing where the set has none that can be read, which checking a backup
/// tells.
fn former_links(backup: &Backup, task: &Task) -> Result<Vec<LinkReport>, Cancelled> {
    task.checkpoint()?;
    let read = |path: PathBuf| read_reports(&read_bounded(&path).ok()?).ok();
    let reports = backup.file(REPORT).ok().flatten().and_then(read).unwrap_or_default();
    let own = reports.into_iter().find(|report| report.id == backup.gpo_id);
    Ok(own.map(|report| report.links).unwrap_or_default())
}

/// Returns the folder of a set that holds the tree of a starter GPO: the set's own, or one directly below.
pub(in crate::operation) fn starter_folder(backup: &Backup) -> io::Result<Option<PathBuf>> {
    Ok(backup.starter_metadata()?.and_then(|metadata| metadata.parent().map(Path::to_owned)))
}

/// Adds the files that the set says it has and that are not there.
fn add_missing(set: &BackupXml, files: &mut HalfFiles) {
    let places: Vec<String> = set.files().map(|place| place.replace('\\', "/")).collect();
    let folder = SYSVOL_FOLDER.replace('\\', "/");
    let inside = places.iter().filter_map(|place| {
        let (start, path) = place.split_at_checked(folder.len())?;
        path.strip_prefix('/').filter(|_| start.eq_ignore_ascii_case(&folder))
    });
    files.add_missing(inside, "the backup lists this file, but it is not there");
}

/// Returns the objects of a half, their paths up to it.
fn objects(set: &BackupXml, side: Side) -> Vec<DirectoryObject> {
    let of_half = |(path, object): (&str, &BackupObject)| {
        let (half, names) = object_place(path)?;
        let attributes = object.attributes.iter().filter(|attribute| !attribute.values.is_empty());
        (half == side).then(|| DirectoryObject {
            path: names.to_owned(),
            class: object.class.clone(),
            attributes: attributes.map(|attribute| (attribute.name.clone(), attribute.values.clone())).collect(),
        })
    };
    set.objects().filter_map(of_half).collect()
}

/// Returns the principals that the set names. Two-letter names in settings may speak of the forest root, whose SID is that of its
/// Enterprise Admins.
fn names(set: &BackupXml, context: &SddlContext) -> PrincipalNames {
    const ENTERPRISE_ADMINS: u32 = 519;
    let mut sids = set.groups.iter().filter_map(|group| group.sid.as_ref());
    let root = sids.find(|sid| sid.is_domain_principal() && sid.rid() == Some(ENTERPRISE_ADMINS)).and_then(Sid::parent);
    let mut names = PrincipalNames::in_domain(SddlContext { forest_root: root, ..context.clone() });
    for group in &set.groups {
        if let Some(sid) = &group.sid
            && !group.account.is_empty()
        {
            let domain = if group.netbios_domain.is_empty() { &group.dns_domain } else { &group.netbios_domain };
            let name = if domain.is_empty() { group.account.clone() } else { format!("{domain}\\{}", group.account) };
            names.insert(sid.clone(), name);
        }
    }
    names
}

/// Finds the domain's SID by its principals. The forest root stays unknown: Windows writes the SIDs of its groups in full.
fn sddl_context(set: &BackupXml) -> SddlContext {
    let own = set.groups.iter().find(|group| {
        group.dns_domain.eq_ignore_ascii_case(&set.domain) && group.sid.as_ref().is_some_and(Sid::is_domain_principal)
    });
    SddlContext { domain: own.and_then(|group| group.sid.as_ref()?.parent()), forest_root: None }
}
