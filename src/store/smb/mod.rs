//! The SYSVOL of a domain over SMB 2 and 3, on one named domain controller.
//!
//! Built on the crate `smb2`, which negotiates, signs and checks every answer's signature; a session that is not signed is
//! refused here. Clones of one connection carry many requests at once. Paths are those of this server alone: the share
//! may be part of a DFS name space, but the requests do not ask for DFS, so what is read and written is this controller's
//! own copy, the one that belongs to its directory.
//!
//! [MS-SMB2], [MS-FSCC] 2.4 (file information), [MS-DTYP] 2.4.6 (security descriptors).

mod error;
mod file;
mod link;

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, TryStreamExt};
use smb2::client::Tree;
use smb2::types::flags::FileAttributes;
use smb2::types::status::NtStatus;
use smb2::{ErrorKind, RenameOptions};

use crate::ident::Timestamp;

use super::{ContentSource, FileInfo, HeldSource, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath};

use error::{is_lost, store_error};
use file::{Access, OpenFile, to_the_end};
use link::{Link, Links};

pub use link::{SmbLogon, SmbServer};

/// The SYSVOL of a domain over SMB.
pub struct SmbSysvol {
    links: Links,
    location: String,
    folder: String,
}

impl SmbSysvol {
    /// Connects, logs on in the first of the given ways that is accepted, and makes sure that the domain's folder is there.
    ///
    /// `BadCredentials` ends the tries at once. Where all ways fail, the error's detail lists each with its reason.
    /// A connection that drops later is made anew: reads are repeated once, writes never. No request waits longer than
    /// `timeout`.
    pub async fn open(server: SmbServer, logons: Vec<SmbLogon>, timeout: Duration) -> Result<Self, StoreError> {
        let location = format!("\\\\{}\\{}\\{}", server.host, link::SHARE, server.domain);
        let folder = server.domain.to_string();
        let sysvol = SmbSysvol { links: Links::new(server, logons, timeout), location, folder };
        sysvol.stat_as_named(&SysvolPath::root()).await?;
        Ok(sysvol)
    }

    /// Returns how the session is protected, in words: `Kerberos, signed`.
    pub async fn protection(&self) -> Result<String, StoreError> {
        Ok(self.links.get().await?.protection)
    }

    /// Returns the path as the helpers of `smb2` take it.
    fn slashes(&self, path: &SysvolPath) -> String {
        if path.is_root() { self.folder.clone() } else { format!("{}/{}", self.folder, path.to_slashes()) }
    }

    /// Returns the path as it goes into a request.
    fn wire(&self, path: &SysvolPath) -> String {
        if path.is_root() { self.folder.clone() } else { format!("{}\\{path}", self.folder) }
    }

    fn name(&self, path: &SysvolPath) -> String {
        if path.is_root() { self.location.clone() } else { format!("{}\\{path}", self.location) }
    }

    fn error(&self, kind: StoreErrorKind, path: &SysvolPath, detail: &str) -> StoreError {
        StoreError::new(kind, self.name(path)).with_detail(detail)
    }

    /// Refuses what no request can carry.
    fn check(&self, path: &SysvolPath) -> Result<(), StoreError> {
        if self.wire(path).encode_utf16().count() > LONGEST_PATH {
            return Err(self.error(StoreErrorKind::BadPath, path, "the path is too long"));
        }
        Ok(())
    }

    /// Returns the folder that holds the path; the root has none and is refused.
    fn parent(&self, path: &SysvolPath) -> Result<SysvolPath, StoreError> {
        path.parent().ok_or_else(|| self.error(StoreErrorKind::BadPath, path, "the root itself is not changed"))
    }

    /// Reads something; once more on a new connection if the first one broke.
    async fn read_with<T: Send, R: Future<Output = Result<T, smb2::Error>> + Send>(
        &self,
        path: &SysvolPath,
        read: impl Fn(Link) -> R + Send + Sync,
    ) -> Result<T, StoreError> {
        self.check(path)?;
        let link = self.links.get().await?;
        match read(link.clone()).await {
            Err(error) if is_lost(&error) => {
                tracing::debug!(path = %self.name(path), %error, "connection lost, reading again");
                self.links.forget(&link).await;
                let link = self.links.get().await?;
                self.settle(path, &link, read(link.clone()).await).await
            }
            result => self.settle(path, &link, result).await,
        }
    }

    /// Writes something, once.
    async fn write_with<T: Send, R: Future<Output = Result<T, smb2::Error>> + Send>(
        &self,
        path: &SysvolPath,
        write: impl FnOnce(Link) -> R + Send,
    ) -> Result<T, StoreError> {
        self.check(path)?;
        let link = self.links.get().await?;
        self.settle(path, &link, write(link.clone()).await).await
    }

    /// Turns the server's answer into ours, and gives up a connection that broke or does not answer.
    async fn settle<T>(&self, path: &SysvolPath, link: &Link, result: Result<T, smb2::Error>) -> Result<T, StoreError> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => {
                if is_lost(&error) || error.kind() == ErrorKind::TimedOut {
                    self.links.forget(link).await;
                }
                Err(store_error(self.name(path), &error))
            }
        }
    }

    /// Returns the entry of this name in its folder, as stored there; none where the folder has no such entry.
    async fn find(&self, path: &SysvolPath) -> Result<Option<FileInfo>, StoreError> {
        let parent = &self.wire(&self.parent(path)?);
        self.read_with(path, |link| async move {
            let folder = OpenFile::open(&link, parent, Access::LIST).await?;
            let found = folder.find(path.name()).await;
            folder.close().await?;
            found
        })
        .await
    }

    async fn stat_as_named(&self, path: &SysvolPath) -> Result<FileInfo, StoreError> {
        let name = &self.slashes(path);
        self.read_with(path, |link| async move { stat_as_named(&link, name, path.name()).await }).await
    }

    /// Writes a file over this connection. The inner failure is the source's.
    async fn replace_on(
        &self,
        link: &Link,
        path: &SysvolPath,
        target: &str,
        replaces: bool,
        source: &mut dyn ContentSource,
    ) -> Result<Result<(), StoreError>, smb2::Error> {
        let old_descriptor = if replaces { Some(old_descriptor(link, target).await?) } else { None };
        let folder = path.parent().unwrap_or_default();
        let temporary = format!("{}\\~gp{}.tmp", self.wire(&folder), uuid::Uuid::new_v4().simple());
        let created = OpenFile::create_temporary(link, &temporary, Access::WRITE_NEW_AND_OWN).await;
        let file = match created {
            // Not everybody who may write may also hand a file over to its old owner.
            Err(error) if error.status() == Some(NtStatus::ACCESS_DENIED) => {
                OpenFile::create_temporary(link, &temporary, Access::WRITE_NEW).await?
            }
            created => created?,
        };
        let mut written = 0;
        loop {
            match source.next_piece().await {
                Ok(Some(piece)) => {
                    file.write_at(written, &piece).await?;
                    written += piece.len() as u64;
                }
                Ok(None) => break,
                Err(failed) => {
                    // Closed, it is gone.
                    file.close().await?;
                    return Ok(Err(failed));
                }
            }
        }
        file.flush().await?;
        if let Some(old) = old_descriptor {
            file.take_over_security(&old).await?;
        }
        let target = target.to_owned();
        // Runs to its end even if the caller stops waiting: a refused file would be left over.
        to_the_end(async move { file.take_the_place_of(&target).await }).await.map(Ok)
    }

    /// Removes a file or an empty folder; a link is removed, not what it leads to.
    async fn remove_entry(&self, path: &SysvolPath) -> Result<(), StoreError> {
        let name = &self.slashes(path);
        self.write_with(path, |mut link| async move { link.tree.delete_link(&mut link.connection, name).await }).await
    }
}

#[async_trait]
impl Sysvol for SmbSysvol {
    fn location(&self) -> &str {
        &self.location
    }

    fn has_security(&self) -> bool {
        true
    }

    async fn list(&self, folder: &SysvolPath) -> Result<Vec<FileInfo>, StoreError> {
        let name = &self.slashes(folder);
        let entries = self
            .read_with(folder, |mut link| {
                let name = name.clone();
                to_the_end(async move { link.tree.list_directory(&mut link.connection, &name).await })
            })
            .await?;
        let named = entries.into_iter().filter(|entry| entry.name != "." && entry.name != "..");
        let mut files: Vec<_> = named
            .map(|entry| FileInfo {
                // A link is listed as what it is, so that nobody descends into it.
                is_folder: entry.is_directory && !entry.is_link(),
                size_bytes: if entry.is_directory { 0 } else { entry.size },
                modified: Timestamp::from_filetime(entry.modified.0),
                name: entry.name,
            })
            .collect();
        files.sort_by_cached_key(|file| file.name.to_lowercase());
        Ok(files)
    }

    async fn stat(&self, path: &SysvolPath) -> Result<FileInfo, StoreError> {
        if path.is_root() {
            return self.stat_as_named(path).await;
        }
        match self.find(path).await {
            Ok(found) => found.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, self.name(path))),
            // Whoever may not list the folder may still see the file.
            Err(error) if error.kind == StoreErrorKind::AccessDenied => self.stat_as_named(path).await,
            Err(error) => Err(error),
        }
    }

    async fn read(&self, path: &SysvolPath) -> Result<Vec<u8>, StoreError> {
        let name = &self.slashes(path);
        let result = self
            .read_with(path, |mut link| async move {
                // One request for what fits in one credit, as nearly every file of a SYSVOL does.
                let size = match link.tree.read_file_compound_sized(&mut link.connection, name, SMALL_BYTES).await {
                    Err(smb2::Error::FileTooLargeForSingleRead { size, .. }) => size,
                    result => return result,
                };
                if size <= u64::from(file::CHUNK_BYTES) {
                    match link.tree.read_file_compound_sized(&mut link.connection, name, size).await {
                        // It has grown since.
                        Err(smb2::Error::FileTooLargeForSingleRead { .. }) => {}
                        result => return result,
                    }
                }
                link.tree.read_file_pipelined(&mut link.connection, name).await
            })
            .await;
        match result {
            Err(error) if error.code == Some(NtStatus::INVALID_DEVICE_REQUEST.0) => {
                Err(StoreError { kind: StoreErrorKind::Io, ..error }.with_detail("is a folder"))
            }
            result => result,
        }
    }

    async fn read_range(&self, path: &SysvolPath, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        let name = &self.wire(path);
        self.read_with(path, |link| async move {
            let file = OpenFile::open(&link, name, Access::READ).await?;
            let content = file.read_at(offset, length as u64).await;
            file.close().await?;
            content
        })
        .await
    }

    async fn replace(&self, path: &SysvolPath, content: &[u8]) -> Result<(), StoreError> {
        self.replace_from(path, &mut HeldSource::new(content.to_vec())).await
    }

    async fn replace_from(&self, path: &SysvolPath, source: &mut dyn ContentSource) -> Result<(), StoreError> {
        let parent = self.parent(path)?;
        let old = self.find(path).await?;
        if old.as_ref().is_some_and(|old| old.is_folder) {
            return Err(self.error(StoreErrorKind::AlreadyExists, path, "it is a folder"));
        }
        let stored = old.as_ref().map_or(path.name(), |old| old.name.as_str());
        let (target, replaces) = (&format!("{}\\{stored}", self.wire(&parent)), old.is_some());
        self.write_with(path, |link| async move { self.replace_on(&link, path, target, replaces, source).await })
            .await?
    }

    async fn make_folder(&self, path: &SysvolPath) -> Result<(), StoreError> {
        let name = &self.slashes(path);
        self.write_with(path, |mut link| async move { link.tree.create_directory(&mut link.connection, name).await })
            .await
    }

    async fn remove(&self, path: &SysvolPath) -> Result<(), StoreError> {
        self.parent(path)?;
        self.remove_entry(path).await
    }

    async fn remove_tree(&self, path: &SysvolPath) -> Result<(), StoreError> {
        self.parent(path)?;
        let top = self.stat(path).await?;
        if !top.is_folder {
            return self.remove_entry(path).await;
        }
        let mut folders = vec![path.clone()];
        let mut next = 0;
        while let Some(folder) = folders.get(next).cloned() {
            next += 1;
            let entries = self.list(&folder).await?;
            let join = |entry: &FileInfo| {
                let bad = |e: super::ParseSysvolPathError| self.error(StoreErrorKind::BadPath, &folder, &e.to_string());
                folder.join(&entry.name).map_err(bad)
            };
            let (inner, files): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.is_folder);
            folders.extend(inner.into_iter().map(join).collect::<Result<Vec<_>, _>>()?);
            let files = files.into_iter().map(join).collect::<Result<Vec<_>, _>>()?;
            stream::iter(files.iter().map(Ok))
                .try_for_each_concurrent(IN_FLIGHT, async |file| gone(self.remove_entry(file).await))
                .await?;
        }
        for folder in folders.iter().rev() {
            gone(self.remove_entry(folder).await)?;
        }
        Ok(())
    }

    async fn rename(&self, from: &SysvolPath, to: &SysvolPath) -> Result<(), StoreError> {
        self.parent(from)?;
        self.parent(to)?;
        self.check(to)?;
        if to != from && to.folded().starts_with(&format!("{}/", from.folded())) {
            return Err(self.error(StoreErrorKind::BadPath, to, "it lies within what is moved"));
        }
        let (from_name, to_name) = (&self.slashes(from), &self.slashes(to));
        let options = RenameOptions::new();
        let renamed = self
            .write_with(from, |mut link| async move {
                link.tree.rename_with(&mut link.connection, from_name, to_name, options).await
            })
            .await;
        renamed.map_err(|error| match error.kind {
            StoreErrorKind::AlreadyExists => StoreError { object: self.name(to), ..error },
            _ => error,
        })
    }

    async fn security(&self, path: &SysvolPath, parts: SdParts) -> Result<Vec<u8>, StoreError> {
        let name = &self.wire(path);
        let access = Access::reading_security(parts);
        self.read_with(path, |link| async move {
            let file = OpenFile::open(&link, name, access).await?;
            let descriptor = file.security(parts).await;
            file.close().await?;
            descriptor
        })
        .await
    }

    async fn set_security(&self, path: &SysvolPath, parts: SdParts, descriptor: &[u8]) -> Result<(), StoreError> {
        if !file::is_self_relative(descriptor) {
            return Err(self.error(StoreErrorKind::InvalidValue, path, "this is no self-relative security descriptor"));
        }
        let name = &self.wire(path);
        let access = Access::writing_security(parts);
        self.write_with(path, |link| async move {
            let file = OpenFile::open(&link, name, access).await?;
            let result = file.set_security(parts, descriptor).await;
            file.close().await?;
            result
        })
        .await
    }
}

/// Removals under way at once.
const IN_FLIGHT: usize = 16;
/// What one credit reads.
const SMALL_BYTES: u64 = 65_536;
/// A name's length in bytes must fit in 16 bits ([MS-SMB2] 2.2.13).
const LONGEST_PATH: usize = 32_000;

/// Takes what is no longer there for removed.
fn gone(removed: Result<(), StoreError>) -> Result<(), StoreError> {
    match removed {
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(()),
        result => result,
    }
}

async fn old_descriptor(link: &Link, target: &str) -> Result<Vec<u8>, smb2::Error> {
    let file = OpenFile::open(link, target, Access::READ_SECURITY).await?;
    let descriptor = file.security(SdParts::READABLE).await;
    file.close().await?;
    descriptor
}

async fn stat_as_named(link: &Link, name: &str, shown_name: &str) -> Result<FileInfo, smb2::Error> {
    let info = Tree::stat(&link.tree, &mut link.connection.clone(), name).await?;
    Ok(FileInfo {
        name: shown_name.to_owned(),
        is_folder: info.is_directory,
        size_bytes: if info.is_directory { 0 } else { info.size },
        modified: Timestamp::from_filetime(info.modified.0),
    })
}

/// Returns an entry of a listing as the trait tells it.
fn entry_info(entry: smb2::msg::directory_info::DirectoryInfoEntry) -> FileInfo {
    // Of a reparse point the field holds the tag ([MS-FSCC] 2.4.8), one bit of which marks links ([MS-FSCC] 2.1.2.1).
    const IS_LINK: u32 = 0x2000_0000;
    let attributes = FileAttributes(entry.file_attributes);
    let is_link = attributes.is_reparse_point() && entry.ea_size & IS_LINK != 0;
    let is_folder = attributes.is_directory() && !is_link;
    FileInfo {
        name: entry.file_name,
        is_folder,
        size_bytes: if is_folder { 0 } else { entry.end_of_file },
        modified: Timestamp::from_filetime(entry.last_write_time.0),
    }
}
