//! Content that is written without being held in memory as a whole.

use std::sync::Arc;

use async_trait::async_trait;

use super::{StoreError, Sysvol, SysvolPath};

/// Content that comes in pieces.
#[async_trait]
pub trait ContentSource: Send {
    /// Returns the next piece; none at the end. A failure ends the write, which then leaves the old file.
    async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, StoreError>;
}

/// How much is asked for at a time.
const PIECE_BYTES: usize = 1 << 20;

/// The content of a file of a SYSVOL or of a folder of this machine.
pub struct FileSource {
    sysvol: Arc<dyn Sysvol>,
    path: SysvolPath,
    offset: u64,
    at_end: bool,
    /// Whether it is expected to be so small that one request for all of it is the fastest.
    is_small: bool,
}

/// The size up to which a file is read with one request.
const SMALL_BYTES: u64 = 64 << 10;

impl FileSource {
    /// Returns the content of this file from its start.
    pub fn new(sysvol: Arc<dyn Sysvol>, path: SysvolPath) -> Self {
        FileSource { sysvol, path, offset: 0, at_end: false, is_small: false }
    }

    /// Returns the content of this file, which had this size in bytes when it was listed.
    pub fn of_size(sysvol: Arc<dyn Sysvol>, path: SysvolPath, size_bytes: u64) -> Self {
        FileSource { is_small: size_bytes <= SMALL_BYTES, ..FileSource::new(sysvol, path) }
    }
}

#[async_trait]
impl ContentSource for FileSource {
    async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        if self.at_end {
            return Ok(None);
        }
        if self.is_small {
            self.at_end = true;
            return Ok(Some(self.sysvol.read(&self.path).await?).filter(|content| !content.is_empty()));
        }
        let piece = self.sysvol.read_range(&self.path, self.offset, PIECE_BYTES).await?;
        self.offset += piece.len() as u64;
        self.at_end = piece.len() < PIECE_BYTES;
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }
}

/// Bytes that are in memory already.
pub struct HeldSource(Option<Vec<u8>>);

impl HeldSource {
    /// Returns these bytes as content.
    pub fn new(bytes: Vec<u8>) -> Self {
        HeldSource(Some(bytes))
    }
}

#[async_trait]
impl ContentSource for HeldSource {
    async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.take())
    }
}

/// Reads content to its end.
pub(super) async fn read_to_end(source: &mut dyn ContentSource) -> Result<Vec<u8>, StoreError> {
    let mut content = Vec::new();
    while let Some(piece) = source.next_piece().await? {
        content.extend(piece);
    }
    Ok(content)
}
