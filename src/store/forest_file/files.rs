//! The SYSVOL of a forest file: folders, files in chunks, descriptors. Every call is one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};

use crate::ident::{DnsName, Timestamp};
use crate::security::inherit::{self, Heir};
use crate::security::{Acl, AclState, SddlContext, SecurityDescriptor};
use crate::store::{FileInfo, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath};

use super::builder::SysvolItem;
use super::database::{About, Database, NamingContext};
use super::descriptor;
use super::object::descriptor_id;

/// Bytes per chunk: a part of a file is read without the rest.
const CHUNK: usize = 1 << 20;
/// Chunks a file may have; its row times this is the row of its first chunk.
const CHUNKS: i64 = 1 << 20;

/// The SYSVOL of one domain of a forest file.
pub(super) struct FileSysvol {
    database: Arc<Database>,
    domain: i64,
    location: String,
}

impl FileSysvol {
    pub(super) fn new(database: Arc<Database>, domain: &NamingContext) -> Self {
        let location = format!(r"{}\sysvol\{}", database.label, domain.dns_name);
        FileSysvol { database, domain: domain.id, location }
    }

    async fn read<T: Send + 'static>(
        &self,
        path: &SysvolPath,
        work: impl FnOnce(&Folder<'_>, &SysvolPath) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (domain, path) = (self.domain, path.clone());
        let result = self.database.read(move |connection| work(&Folder { connection, domain }, &path)).await;
        result.map_err(|error| self.located(error))
    }

    async fn write<T: Send + 'static>(
        &self,
        path: &SysvolPath,
        work: impl FnOnce(&Folder<'_>, &SysvolPath) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (domain, path) = (self.domain, path.clone());
        let result = self.database.write(move |connection| work(&Folder { connection, domain }, &path)).await;
        result.map_err(|error| self.located(error))
    }

    /// Names the object of an error from the SYSVOL down, where it is not the forest file itself.
    fn located(&self, error: StoreError) -> StoreError {
        if error.object == self.database.label {
            return error;
        }
        let object = format!(r"{}\{}", self.location, error.object);
        StoreError { object: object.trim_end_matches('\\').to_owned(), ..error }
    }
}

#[async_trait]
impl Sysvol for FileSysvol {
    fn location(&self) -> &str {
        &self.location
    }

    fn has_security(&self) -> bool {
        true
    }

    async fn list(&self, folder: &SysvolPath) -> Result<Vec<FileInfo>, StoreError> {
        self.read(folder, |tree, path| {
            let node = tree.folder(path)?;
            let sql = format!("SELECT {NODE_COLUMNS} FROM file WHERE parent = ? ORDER BY folded");
            let mut statement = tree.connection.prepare_cached(&sql).about(path)?;
            let nodes = statement.query_map((node.id,), Node::read).about(path)?;
            nodes.map(|node| node.map(Node::into_info)).collect::<rusqlite::Result<_>>().about(path)
        })
        .await
    }

    async fn stat(&self, path: &SysvolPath) -> Result<FileInfo, StoreError> {
        self.read(path, |tree, path| Ok(tree.node(path)?.into_info())).await
    }

    async fn read(&self, path: &SysvolPath) -> Result<Vec<u8>, StoreError> {
        FileSysvol::read(self, path, |tree, path| tree.content(path, 0, usize::MAX)).await
    }

    async fn read_range(&self, path: &SysvolPath, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        FileSysvol::read(self, path, move |tree, path| tree.content(path, offset, length)).await
    }

    async fn replace(&self, path: &SysvolPath, content: &[u8]) -> Result<(), StoreError> {
        let content = content.to_vec();
        self.write(path, move |tree, path| tree.replace(path, &content, Timestamp::now())).await
    }

    async fn make_folder(&self, path: &SysvolPath) -> Result<(), StoreError> {
        self.write(path, |tree, path| {
            if tree.find(path)?.is_some() {
                return Err(exists(path));
            }
            let parent = tree.parent_of(path)?;
            tree.insert(&parent, path, true, Timestamp::now())?;
            tree.touch(parent.id, path)
        })
        .await
    }

    async fn remove(&self, path: &SysvolPath) -> Result<(), StoreError> {
        self.write(path, |tree, path| {
            let node = tree.removable(path)?;
            let mut children = tree.connection.prepare_cached("SELECT 1 FROM file WHERE parent = ?").about(path)?;
            if children.exists((node.id,)).about(path)? {
                return Err(StoreError::new(StoreErrorKind::NotEmpty, path));
            }
            tree.remove(&node, path)
        })
        .await
    }

    async fn remove_tree(&self, path: &SysvolPath) -> Result<(), StoreError> {
        self.write(path, |tree, path| {
            let node = tree.removable(path)?;
            tree.remove(&node, path)
        })
        .await
    }

    async fn rename(&self, from: &SysvolPath, to: &SysvolPath) -> Result<(), StoreError> {
        let to = to.clone();
        self.write(from, move |tree, from| {
            let node = tree.removable(from)?;
            let parent = tree.parent_of(&to)?;
            if tree.find(&to)?.is_some_and(|present| present.id != node.id) {
                return Err(exists(&to));
            }
            if to.folded().strip_prefix(&from.folded()).is_some_and(|rest| rest.starts_with('/')) {
                return Err(
                    StoreError::new(StoreErrorKind::BadPath, &to).with_detail("a folder cannot move into itself")
                );
            }
            let mut statement = tree
                .connection
                .prepare_cached("UPDATE file SET parent = ?, name = ?, folded = ? WHERE id = ?")
                .about(from)?;
            statement.execute((parent.id, to.name(), to.name().to_lowercase(), node.id)).about(from)?;
            node.parent.map_or(Ok(()), |old| tree.touch(old, from))?;
            tree.touch(parent.id, &to)
        })
        .await
    }

    async fn security(&self, path: &SysvolPath, parts: SdParts) -> Result<Vec<u8>, StoreError> {
        self.read(path, move |tree, path| {
            let present = tree.descriptor(&tree.node(path)?, path)?.unwrap_or_else(descriptor::empty);
            descriptor::select(&present, parts).map_err(|_| damaged(path))
        })
        .await
    }

    async fn set_security(&self, path: &SysvolPath, parts: SdParts, new: &[u8]) -> Result<(), StoreError> {
        let new = new.to_vec();
        self.write(path, move |tree, path| {
            let node = tree.node(path)?;
            descriptor::select(&new, parts).map_err(|_| {
                StoreError::new(StoreErrorKind::InvalidValue, path).with_detail("this is no security descriptor")
            })?;
            let present = tree.descriptor(&node, path)?;
            let merged = descriptor::replace(present.as_deref(), parts, &new).map_err(|_| damaged(path))?;
            tree.set_descriptor(node.id, Some(&merged), path)
        })
        .await
    }
}

/// What the SYSVOL of a new domain carries.
const ROOT_DESCRIPTOR: &str =
    "O:BAG:SYD:P(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;SO)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;AU)(A;OICIIO;FA;;;CO)";

/// Makes the root folder of a domain's SYSVOL.
pub(super) fn make_root(connection: &Connection, domain: i64, label: &str) -> Result<(), StoreError> {
    let root = SecurityDescriptor::from_sddl(ROOT_DESCRIPTOR, &SddlContext::default());
    let bytes = root.ok().and_then(|root| root.to_bytes().ok());
    let descriptor = descriptor_id(connection, bytes.as_deref()).about(label)?;
    connection
        .prepare_cached(
            "INSERT INTO file(parent, domain, name, folded, is_folder, size, modified, descriptor)
             VALUES(NULL, ?, '', '', 1, 0, ?, ?)",
        )
        .and_then(|mut statement| statement.insert((domain, Timestamp::now().unix_seconds(), descriptor)))
        .about(label)?;
    Ok(())
}

/// Puts a file or folder in its place, with the folders above it.
pub(super) fn import(connection: &Connection, domain: i64, item: &SysvolItem) -> Result<(), StoreError> {
    let tree = Folder { connection, domain };
    let modified = item.modified.unwrap_or_else(Timestamp::now);
    let mut folder = tree.node(&SysvolPath::root())?;
    let mut path = SysvolPath::root();
    for (index, name) in item.path.parts().iter().enumerate() {
        path = path.join(name).map_err(|error| StoreError::new(StoreErrorKind::BadPath, error.path))?;
        let is_last = index + 1 == item.path.parts().len();
        if is_last && item.content.is_some() {
            break;
        }
        folder = match tree.child(folder.id, name, &path)? {
            Some(node) => node,
            None => tree.insert(&folder, &path, true, modified)?,
        };
    }
    if let Some(content) = &item.content {
        tree.replace(&item.path, content, modified)?;
        // A copy is no change: the folder keeps its time.
        let mut statement = connection.prepare_cached("UPDATE file SET modified = ? WHERE id = ?").about(&item.path)?;
        statement.execute((folder.modified, folder.id)).about(&item.path)?;
    }
    let node = tree.node(&item.path)?;
    if let Some(security) = &item.security {
        tree.set_descriptor(node.id, Some(security), &item.path)?;
    }
    let mut statement = connection.prepare_cached("UPDATE file SET modified = ? WHERE id = ?").about(&item.path)?;
    statement.execute((modified.unix_seconds(), node.id)).about(&item.path)?;
    Ok(())
}

const NODE_COLUMNS: &str = "id, parent, name, is_folder, size, modified, descriptor";

/// A file or folder as stored.
struct Node {
    id: i64,
    parent: Option<i64>,
    name: String,
    is_folder: bool,
    size: u64,
    modified: Option<i64>,
    descriptor: Option<i64>,
}

impl Node {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Node {
            id: row.get(0)?,
            parent: row.get(1)?,
            name: row.get(2)?,
            is_folder: row.get(3)?,
            size: row.get::<_, i64>(4)?.unsigned_abs(),
            modified: row.get(5)?,
            descriptor: row.get(6)?,
        })
    }

    fn into_info(self) -> FileInfo {
        FileInfo {
            name: self.name,
            is_folder: self.is_folder,
            size_bytes: self.size,
            modified: self.modified.and_then(Timestamp::from_unix_seconds),
        }
    }
}

/// The files of one domain within one transaction.
struct Folder<'c> {
    connection: &'c Connection,
    domain: i64,
}

impl Folder<'_> {
    fn find(&self, path: &SysvolPath) -> Result<Option<Node>, StoreError> {
        let sql = format!("SELECT {NODE_COLUMNS} FROM file WHERE domain = ? AND parent IS NULL");
        let mut statement = self.connection.prepare_cached(&sql).about(path)?;
        let mut node = statement.query_row((self.domain,), Node::read).optional().about(path)?;
        for name in path.parts() {
            let Some(folder) = node else { return Ok(None) };
            node = self.child(folder.id, name, path)?;
        }
        Ok(node)
    }

    fn child(&self, folder: i64, name: &str, path: &SysvolPath) -> Result<Option<Node>, StoreError> {
        let sql = format!("SELECT {NODE_COLUMNS} FROM file WHERE parent = ? AND folded = ?");
        let mut statement = self.connection.prepare_cached(&sql).about(path)?;
        statement.query_row((folder, name.to_lowercase()), Node::read).optional().about(path)
    }

    fn node(&self, path: &SysvolPath) -> Result<Node, StoreError> {
        self.find(path)?.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, path))
    }

    fn folder(&self, path: &SysvolPath) -> Result<Node, StoreError> {
        let node = self.node(path)?;
        if node.is_folder { Ok(node) } else { Err(not_a_folder(path)) }
    }

    fn removable(&self, path: &SysvolPath) -> Result<Node, StoreError> {
        if path.is_root() {
            let error = StoreError::new(StoreErrorKind::BadPath, path);
            return Err(error.with_detail("the root of SYSVOL can be neither moved nor removed"));
        }
        self.node(path)
    }

    fn parent_of(&self, path: &SysvolPath) -> Result<Node, StoreError> {
        let parent = path.parent().ok_or_else(|| exists(path))?;
        self.folder(&parent)
    }

    fn content(&self, path: &SysvolPath, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        let node = self.node(path)?;
        if node.is_folder {
            return Err(StoreError::new(StoreErrorKind::InvalidValue, path).with_detail("it is a folder"));
        }
        let end = offset.saturating_add(length as u64).min(node.size);
        let mut content = Vec::new();
        let mut position = offset;
        let mut statement = self.connection.prepare_cached("SELECT bytes FROM chunk WHERE id = ?").about(path)?;
        while position < end {
            let index = (position / CHUNK as u64) as i64;
            let mut rows = statement.query((node.id * CHUNKS + index,)).about(path)?;
            let row = rows.next().about(path)?.ok_or_else(|| corrupt(path))?;
            let bytes = row.get_ref(0).about(path)?.as_blob().about(path)?;
            let start = (position % CHUNK as u64) as usize;
            let wanted = bytes.get(start..).filter(|rest| !rest.is_empty()).ok_or_else(|| corrupt(path))?;
            let wanted = &wanted[..wanted.len().min((end - position) as usize)];
            content.extend_from_slice(wanted);
            position += wanted.len() as u64;
        }
        Ok(content)
    }

    fn replace(&self, path: &SysvolPath, content: &[u8], modified: Timestamp) -> Result<(), StoreError> {
        if content.len().div_ceil(CHUNK) as i64 > CHUNKS {
            return Err(StoreError::new(StoreErrorKind::InvalidValue, path).with_detail("it is too large"));
        }
        let node = match self.find(path)? {
            Some(node) if node.is_folder => {
                return Err(StoreError::new(StoreErrorKind::InvalidValue, path).with_detail("it is a folder"));
            }
            Some(node) => node,
            None => {
                let parent = self.parent_of(path)?;
                let node = self.insert(&parent, path, false, modified)?;
                self.touch(parent.id, path)?;
                node
            }
        };
        self.remove_chunks(node.id, path)?;
        let mut statement = self.connection.prepare_cached("INSERT INTO chunk(id, bytes) VALUES(?, ?)").about(path)?;
        for (index, chunk) in content.chunks(CHUNK).enumerate() {
            statement.insert((node.id * CHUNKS + index as i64, chunk)).about(path)?;
        }
        self.connection
            .prepare_cached("UPDATE file SET size = ?, modified = ? WHERE id = ?")
            .and_then(|mut statement| statement.execute((content.len() as i64, modified.unix_seconds(), node.id)))
            .about(path)?;
        Ok(())
    }

    /// Makes a file or folder, with what it inherits.
    fn insert(&self, parent: &Node, path: &SysvolPath, is_folder: bool, made: Timestamp) -> Result<Node, StoreError> {
        let name = path.name().to_owned();
        let above = self.descriptor(parent, path)?.and_then(|bytes| SecurityDescriptor::from_bytes(&bytes).ok());
        let descriptor = above.and_then(|above| {
            let heir = if is_folder { Heir::Folder } else { Heir::File };
            // Nobody is logged on to a file: what is new belongs to whom the folder belongs to.
            let own =
                SecurityDescriptor::new(above.owner.clone(), above.group.clone(), AclState::Present(Acl::default()));
            inherit::of_new(own, Some(&above), None, heir).to_bytes().ok()
        });
        let descriptor = descriptor_id(self.connection, descriptor.as_deref()).about(path)?;
        let id = self
            .connection
            .prepare_cached(
                "INSERT INTO file(parent, domain, name, folded, is_folder, size, modified, descriptor)
                 VALUES(?, ?, ?, ?, ?, 0, ?, ?)",
            )
            .and_then(|mut statement| {
                statement.insert((
                    parent.id,
                    self.domain,
                    &name,
                    name.to_lowercase(),
                    is_folder,
                    made.unix_seconds(),
                    descriptor,
                ))
            })
            .about(path)?;
        Ok(Node {
            id,
            parent: Some(parent.id),
            name,
            is_folder,
            size: 0,
            modified: Some(made.unix_seconds()),
            descriptor,
        })
    }

    fn touch(&self, folder: i64, path: &SysvolPath) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("UPDATE file SET modified = ? WHERE id = ?")
            .and_then(|mut statement| statement.execute((Timestamp::now().unix_seconds(), folder)))
            .about(path)?;
        Ok(())
    }

    fn remove(&self, node: &Node, path: &SysvolPath) -> Result<(), StoreError> {
        let ids: Vec<i64> = self
            .connection
            .prepare_cached(
                "WITH RECURSIVE below(id) AS (VALUES(?) UNION SELECT file.id FROM file JOIN below ON file.parent = below.id)
                 SELECT id FROM below",
            )
            .and_then(|mut statement| statement.query_map((node.id,), |row| row.get(0))?.collect())
            .about(path)?;
        for id in ids {
            self.remove_chunks(id, path)?;
            self.connection
                .prepare_cached("DELETE FROM file WHERE id = ?")
                .and_then(|mut statement| statement.execute((id,)))
                .about(path)?;
        }
        node.parent.map_or(Ok(()), |parent| self.touch(parent, path))
    }

    fn remove_chunks(&self, id: i64, path: &SysvolPath) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM chunk WHERE id >= ? AND id < ?")
            .and_then(|mut statement| statement.execute((id * CHUNKS, (id + 1) * CHUNKS)))
            .about(path)?;
        Ok(())
    }

    fn descriptor(&self, node: &Node, path: &SysvolPath) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(id) = node.descriptor else { return Ok(None) };
        self.connection
            .prepare_cached("SELECT bytes FROM descriptor WHERE id = ?")
            .and_then(|mut statement| statement.query_row((id,), |row| row.get(0)))
            .map(Some)
            .about(path)
    }

    fn set_descriptor(&self, id: i64, bytes: Option<&[u8]>, path: &SysvolPath) -> Result<(), StoreError> {
        let descriptor = descriptor_id(self.connection, bytes).about(path)?;
        self.connection
            .prepare_cached("UPDATE file SET descriptor = ? WHERE id = ?")
            .and_then(|mut statement| statement.execute((descriptor, id)))
            .about(path)?;
        Ok(())
    }
}

fn exists(path: &SysvolPath) -> StoreError {
    StoreError::new(StoreErrorKind::AlreadyExists, path)
}

fn not_a_folder(path: &SysvolPath) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, path).with_detail("it is a file, not a folder")
}

fn corrupt(path: &SysvolPath) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, path).with_detail("a part of it is missing")
}

fn damaged(path: &SysvolPath) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, path).with_detail("its security descriptor does not read")
}

/// Returns the SYSVOL of a domain, by name.
pub(super) fn open(database: &Arc<Database>, domain: &DnsName) -> Result<FileSysvol, StoreError> {
    let context = database.layout.domain(domain).ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, domain))?;
    Ok(FileSysvol::new(database.clone(), context))
}
