//! The file side of a store: the SYSVOL of one domain.

use async_trait::async_trait;

use crate::ident::Timestamp;

use super::{ContentSource, SdParts, StoreError, SysvolPath, sysvol_source};

/// The SYSVOL of one domain. Paths are relative to `\\<server>\sysvol\<domain>`, so the GPOs lie below `Policies`.
///
/// Paths compare without case. Every write of a file is whole or not at all: a temporary sibling is written, flushed and
/// renamed over the old file.
#[async_trait]
pub trait Sysvol: Send + Sync {
    /// Returns where this is, as a person would name it: `\\dc1.corp.example.com\sysvol\corp.example.com`.
    fn location(&self) -> &str;

    /// Tells whether this backend has security descriptors.
    fn has_security(&self) -> bool;

    /// Lists a folder, sorted by name without case; `NotFound` where it does not exist.
    async fn list(&self, folder: &SysvolPath) -> Result<Vec<FileInfo>, StoreError>;

    /// Returns what stands at the path, with its name as stored.
    async fn stat(&self, path: &SysvolPath) -> Result<FileInfo, StoreError>;

    /// Reads a whole file.
    async fn read(&self, path: &SysvolPath) -> Result<Vec<u8>, StoreError>;

    /// Reads at most `length` bytes from `offset`; fewer only at the end of the file.
    async fn read_range(&self, path: &SysvolPath, offset: u64, length: usize) -> Result<Vec<u8>, StoreError>;

    /// Writes a whole file in place of the one there, if any; keeps the old file's descriptor. The folder must exist.
    async fn replace(&self, path: &SysvolPath, content: &[u8]) -> Result<(), StoreError>;

    /// As [`Sysvol::replace`], of content that comes in pieces; nothing of it is there where the source fails.
    async fn replace_from(&self, path: &SysvolPath, source: &mut dyn ContentSource) -> Result<(), StoreError> {
        self.replace(path, &sysvol_source::read_to_end(source).await?).await
    }

    /// Makes a folder whose parent exists; `AlreadyExists` where something is there.
    async fn make_folder(&self, path: &SysvolPath) -> Result<(), StoreError>;

    /// Removes a file, or a folder that is empty.
    async fn remove(&self, path: &SysvolPath) -> Result<(), StoreError>;

    /// Removes a file, or a folder and everything in it.
    async fn remove_tree(&self, path: &SysvolPath) -> Result<(), StoreError>;

    /// Renames or moves a file or folder; `AlreadyExists` where the target exists.
    async fn rename(&self, from: &SysvolPath, to: &SysvolPath) -> Result<(), StoreError>;

    /// Reads parts of a security descriptor, self-relative; `NotSupported` where the backend has none.
    async fn security(&self, path: &SysvolPath, parts: SdParts) -> Result<Vec<u8>, StoreError>;

    /// Writes parts of a security descriptor; `NotSupported` where the backend has none.
    async fn set_security(&self, path: &SysvolPath, parts: SdParts, descriptor: &[u8]) -> Result<(), StoreError>;
}

/// A file or folder of a SYSVOL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Name as stored, without its folder.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Size in bytes; 0 for a folder.
    pub size_bytes: u64,
    /// Last change, where the backend knows it.
    pub modified: Option<Timestamp>,
}
