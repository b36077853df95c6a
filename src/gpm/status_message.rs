//! What an operation has to tell (IGPMStatusMessage): each message bears an id of the catalogue in `operations.md` 2.5.

use std::fmt;

use serde::Serialize;

use super::HResult;
use crate::store::{StoreError, StoreErrorKind};

/// One message of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusMessage {
    /// What it tells, for programs (IGPMStatusMessage.OperationCode has a number of its own for each).
    pub id: MessageId,
    /// Whether the operation goes on.
    pub severity: Severity,
    /// The file, registry path, DN or principal it is about; empty where it is about the whole (ObjectPath).
    pub object_path: String,
    /// The code (ErrorCode).
    pub code: HResult,
    /// The client-side extension being processed; empty where there is none (ExtensionName).
    pub extension_name: String,
    /// The setting being processed; empty where there is none (SettingsName).
    pub settings_name: String,
    /// The sentence for people (Message).
    pub message: String,
}

/// How serious a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something worth telling.
    Information,
    /// The operation went on, but something is not as it was asked for.
    Warning,
    /// The operation, or this part of it, ended.
    Error,
}

macro_rules! message_ids {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The catalogue of messages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum MessageId {
            $($(#[$doc])* $variant,)*
        }

        impl MessageId {
            /// All ids, in the order of the catalogue.
            pub const ALL: &[MessageId] = &[$(MessageId::$variant,)*];

            /// Returns the name of the catalogue: `backup-file-missing`.
            pub fn name(self) -> &'static str {
                match self {
                    $(MessageId::$variant => $name,)*
                }
            }
        }
    };
}

message_ids! {
    /// The operation is done, with counts.
    Done = "op-done",
    /// A file that the set lists is not in it.
    BackupFileMissing = "backup-file-missing",
    /// A file of the set cannot be parsed.
    BackupXmlInvalid = "backup-xml-invalid",
    /// The set is of another domain.
    BackupOtherDomain = "backup-other-domain",
    /// The GPO does not exist.
    GpoNotFound = "gpo-not-found",
    /// The GPO exists already.
    GpoExists = "gpo-exists",
    /// A right is missing.
    AccessDenied = "access-denied",
    /// A folder could not be emptied, though it was tried again.
    DirectoryNotEmpty = "dir-not-empty",
    /// A principal of the set cannot be resolved in its domain; it is kept as it is.
    PrincipalUnresolved = "principal-unresolved",
    /// The destination of a migration table's entry cannot be resolved.
    DestinationUnresolved = "dest-unresolved",
    /// The migration table does not speak of a principal; it is kept as it is.
    PrincipalUnmapped = "principal-unmapped",
    /// The migration table takes a principal out.
    PrincipalMappedNone = "principal-mapped-none",
    /// The migration table does not speak of a UNC path; it is kept as it is.
    PathUnmapped = "path-unmapped",
    /// A UNC path does not answer.
    PathUnreachable = "path-unreachable",
    /// The target domain has no principal of that name.
    RelativeNameMissing = "relative-name-missing",
    /// The table's type is not that of the object found.
    TypeMismatch = "type-mismatch",
    /// The migration table is wrong.
    TableInvalid = "table-invalid",
    /// The WMI filter does not exist; the link is dropped.
    WmiFilterMissing = "wmi-filter-missing",
    /// The WMI filter link is dropped by a copy to another domain.
    WmiFilterCrossDomain = "wmi-filter-cross-domain",
    /// An IPsec assignment refers to an object outside of the set.
    IpsecExternal = "ipsec-external",
    /// Clients will see software packages as new ones.
    PackageIdChanged = "package-id-changed",
    /// The access lists of directory and SYSVOL differ.
    AclInconsistent = "acl-inconsistent",
    /// The versions in directory and SYSVOL differ.
    VersionMismatch = "version-mismatch",
    /// A starter GPO holds administrative templates only.
    StarterNotAllowed = "starter-not-allowed",
    /// No extension of that GUID is known; its files are copied as they are.
    ExtensionUnknown = "extension-unknown",
    /// An extension could not be processed.
    ExtensionFailed = "extension-failed",
    /// A file cannot be read.
    FileReadFailed = "file-read-failed",
    /// A file cannot be written.
    FileWriteFailed = "file-write-failed",
    /// A file that the GPO should have is not there.
    FileMissing = "file-missing",
    /// SYSVOL cannot be reached.
    SysvolUnreachable = "sysvol-unreachable",
    /// The directory cannot be reached.
    DirectoryUnreachable = "directory-unreachable",
    /// An object of the directory cannot be read or written.
    DirectoryFailed = "directory-failed",
    /// The SID of a permission is not known.
    TrusteeUnknown = "trustee-unknown",
    /// Somebody else changed the object meanwhile.
    Conflict = "conflict",
    /// The state before was put back.
    RolledBack = "rolled-back",
    /// The state before could not be put back.
    RollbackFailed = "rollback-failed",
    /// The operation was cancelled.
    Cancelled = "cancelled",
    /// A permission cannot be given, taken away or written.
    PermissionRefused = "permission-refused",
    /// Computers can no longer read a GPO (MS16-072).
    ComputersCannotRead = "computers-cannot-read",
    /// A link stays though its GPO goes.
    LinkLeft = "link-left",
    /// What is asked for makes no sense for this object.
    InvalidArgument = "invalid-argument",
    /// The GPO is linked there already.
    LinkExists = "link-exists",
    /// There is no such link.
    LinkNotFound = "link-not-found",
    /// An object of that name exists already.
    ObjectExists = "object-exists",
    /// The object is protected from being deleted or renamed.
    ObjectProtected = "object-protected",
    /// A computer cannot be reached, or does not let in.
    ComputerUnreachable = "computer-unreachable",
    /// A computer was reached, but gave no results of Group Policy, or not those that were asked for.
    ResultsMissing = "results-missing",
}

impl MessageId {
    /// Returns a number for each id (IGPMStatusMessage.OperationCode); Microsoft's are private to its library.
    pub fn operation_code(self) -> HResult {
        // Customer codes of the facility ITF, in the order of the catalogue.
        HResult(0x2004_0200 + self as u32)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for MessageId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl StatusMessage {
    /// Returns a message that nothing is wrong with.
    pub fn information(id: MessageId, message: impl Into<String>) -> Self {
        StatusMessage {
            id,
            severity: Severity::Information,
            object_path: String::new(),
            code: HResult::OK,
            extension_name: String::new(),
            settings_name: String::new(),
            message: message.into(),
        }
    }

    /// Returns a warning: the operation goes on.
    pub fn warning(id: MessageId, message: impl Into<String>) -> Self {
        StatusMessage { severity: Severity::Warning, ..StatusMessage::information(id, message) }
    }

    /// Returns an error: the operation, or this part of it, ends.
    pub fn error(id: MessageId, code: HResult, message: impl Into<String>) -> Self {
        StatusMessage { severity: Severity::Error, code, ..StatusMessage::information(id, message) }
    }

    /// Returns the message of a failed call to a store; `id` where its kind has no id of its own.
    pub fn of_store(id: MessageId, error: &StoreError) -> Self {
        let id = match error.kind {
            StoreErrorKind::AccessDenied => MessageId::AccessDenied,
            StoreErrorKind::Conflict => MessageId::Conflict,
            StoreErrorKind::Cancelled => MessageId::Cancelled,
            StoreErrorKind::NotEmpty => MessageId::DirectoryNotEmpty,
            _ => id,
        };
        StatusMessage::error(id, HResult::from(error), error.to_string()).about(&error.object)
    }

    /// Says what it is about.
    pub fn about(self, object_path: impl fmt::Display) -> Self {
        StatusMessage { object_path: object_path.to_string(), ..self }
    }

    /// Says which extension it is about, and which of its settings.
    pub fn in_extension(self, extension: impl Into<String>, setting: impl Into<String>) -> Self {
        StatusMessage { extension_name: extension.into(), settings_name: setting.into(), ..self }
    }

    /// Gives it a code.
    pub fn with_code(self, code: HResult) -> Self {
        StatusMessage { code, ..self }
    }
}

impl fmt::Display for StatusMessage {
    /// Writes the sentence with what it is about: `[Warning] \\dc1\…\registry.pol: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.severity {
            Severity::Information => {}
            Severity::Warning => f.write_str("[Warning] ")?,
            Severity::Error => f.write_str("[Error] ")?,
        }
        for part in [&self.extension_name, &self.settings_name] {
            if !part.is_empty() && !self.message.contains(part.as_str()) {
                write!(f, "{part}: ")?;
            }
        }
        if !self.object_path.is_empty() && !self.message.contains(&self.object_path) {
            write!(f, "{}: ", self.object_path)?;
        }
        f.write_str(&self.message)?;
        if !self.code.succeeded() && self.severity == Severity::Error {
            write!(f, " ({})", self.code)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct() {
        let names: std::collections::BTreeSet<_> = MessageId::ALL.iter().map(|id| id.name()).collect();
        assert_eq!(names.len(), MessageId::ALL.len());
        let codes: std::collections::BTreeSet<_> = MessageId::ALL.iter().map(|id| id.operation_code().0).collect();
        assert_eq!(codes.len(), MessageId::ALL.len());
    }

    #[test]
    fn a_message_reads_as_a_sentence() {
        let message = StatusMessage::error(MessageId::FileWriteFailed, HResult::DISK_FULL, "the disk is full")
            .about("Machine\\registry.pol")
            .in_extension("Registry", "");
        assert_eq!(message.to_string(), "[Error] Registry: Machine\\registry.pol: the disk is full (0x80070070)");
        let error = StoreError::new(StoreErrorKind::AccessDenied, "CN=x").with_detail("no");
        let message = StatusMessage::of_store(MessageId::DirectoryFailed, &error);
        assert_eq!((message.id, message.code), (MessageId::AccessDenied, HResult::ACCESS_DENIED));
        assert_eq!(message.to_string(), "[Error] CN=x: access denied (no) (0x80070005)");
    }
}
