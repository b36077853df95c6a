//! Checking sets, and comparing them with what the domain has now.

use serde::Serialize;

use crate::gpm::constants::BackupType;
use crate::gpm::{Backup, Gpo, MessageId, OperationError, Severity, StatusMessage, Task, read_bounded};
use crate::ident::GpoVersion;
use crate::operation::Reporting;
use crate::operation::content::GpoContent;
use crate::operation::starter_gpo::StarterContent;
use crate::report::read_reports;
use crate::store::StoreError;

use super::{blocking, read_backup_extras};

/// What a check of a set found.
#[derive(Clone, Debug, Serialize)]
pub struct BackupCheck {
    /// Version of the GPO in the directory when it was saved; none where the set could not be read, or is that of a starter GPO.
    pub version: Option<GpoVersion>,
    /// Files that the set holds.
    pub files: usize,
    /// Directory objects that it holds.
    pub objects: usize,
    /// What is wrong, the worst not sorted first: errors keep it from being restored, warnings do not.
    pub messages: Vec<StatusMessage>,
}

impl BackupCheck {
    /// Tells whether the set can be restored.
    pub fn is_usable(&self) -> bool {
        self.messages.iter().all(|message| message.severity < Severity::Error)
    }
}

/// Checks a set: every file that it lists is there and lies in it, the report and the extras can be read, and so can its settings.
///
/// # Errors
/// Fails where it is cancelled; what is wrong with the set stands in the check.
pub async fn verify_backup(backup: &Backup, reporting: &Reporting, task: &Task) -> Result<BackupCheck, OperationError> {
    task.checkpoint()?;
    let own = Task::default();
    let mut check = BackupCheck { version: None, files: 0, objects: 0, messages: Vec::new() };
    if backup.kind == BackupType::StarterGpo {
        match StarterContent::read_set(backup, task).await {
            Ok(content) => {
                check.files = content.tree.files.len();
                if let Err(error) = content.metadata() {
                    own.message(StatusMessage { severity: Severity::Warning, ..*error.0 });
                }
            }
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => own.message(*error.0),
        }
    } else {
        match task.or_cancel(GpoContent::read_set(backup, &own)).await? {
            Ok(content) => {
                check.version = Some(content.core.directory_version);
                check.files = content.files.len();
                check.objects = content.objects.len();
            }
            Err(error) => own.message(*error.0),
        }
    }
    let (owned, reporting, cancels) = (backup.clone(), reporting.clone(), task.clone());
    let found = blocking(move || check_reports(&owned, &reporting, &cancels)).await?;
    check.messages = own.messages();
    // A set that cannot be read at all has no settings to be damaged.
    if check.is_usable() {
        check.messages.extend(found);
    }
    Ok(check)
}

/// Reads the report, the extras and the settings of a set.
fn check_reports(backup: &Backup, reporting: &Reporting, task: &Task) -> Result<Vec<StatusMessage>, OperationError> {
    const REPORT: &str = "gpreport.xml";
    let mut messages = Vec::new();
    let warning = |text: String| StatusMessage::warning(MessageId::BackupXmlInvalid, text);
    match backup.file(REPORT).and_then(|path| path.map(|path| read_bounded(&path)).transpose()) {
        Ok(Some(bytes)) => {
            if let Err(error) = read_reports(&bytes) {
                messages.push(warning(error.to_string()).about(REPORT));
            }
        }
        Ok(None) => {
            let text = "the backup has no report of its settings";
            messages.push(StatusMessage::information(MessageId::FileMissing, text).about(REPORT));
        }
        Err(error) => {
            let error = StoreError::from_io(REPORT, &error);
            messages.push(StatusMessage {
                severity: Severity::Warning,
                ..StatusMessage::of_store(MessageId::FileReadFailed, &error)
            });
        }
    }
    if let Err(error) = read_backup_extras(backup) {
        messages.push(StatusMessage { severity: Severity::Warning, ..*error.0 });
    }
    match reporting.backup(backup, task) {
        Ok(report) => {
            let extensions = [&report.computer, &report.user].into_iter().flat_map(|half| &half.extensions);
            let problems = report.problems.iter().chain(extensions.flat_map(|extension| &extension.problems));
            messages.extend(problems.map(|problem| {
                StatusMessage::warning(MessageId::ExtensionFailed, problem.message.clone()).about(&problem.file)
            }));
        }
        Err(crate::operation::ReportBackupError::Cancelled(cancelled)) => return Err(cancelled.into()),
        Err(error) => messages.push(warning(error.to_string()).about(backup.id)),
    }
    Ok(messages)
}

/// How a backup stands to the GPO as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionComparison {
    /// Both halves have the version that was saved.
    Same,
    /// The GPO was changed since.
    GpoChanged,
    /// The backup has a higher version in a half: the GPO was made anew, or is of another domain controller that lags behind.
    BackupNewer,
}

/// Compares the version that a backup holds with that of the GPO in the directory.
pub fn compare_versions(backup: GpoVersion, gpo: &Gpo) -> VersionComparison {
    let newer = |own: u16, other: u16| own > other;
    if backup == gpo.version {
        VersionComparison::Same
    } else if newer(backup.computer, gpo.version.computer) || newer(backup.user, gpo.version.user) {
        VersionComparison::BackupNewer
    } else {
        VersionComparison::GpoChanged
    }
}
