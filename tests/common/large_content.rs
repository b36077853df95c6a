//! A file much larger than what may be held of it.

use std::sync::Arc;

use async_trait::async_trait;
use opengpmc::store::{ContentSource, FileSource, HeldSource, StoreError, Sysvol, SysvolPath};

use super::child::peak_memory_bytes;

const PIECES: usize = 200;
const PIECE_BYTES: usize = 1 << 20;
const MOST_BYTES: u64 = 50 << 20;

/// 200 MB that are made as they are asked for.
struct Made(usize);

#[async_trait]
impl ContentSource for Made {
    async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        self.0 += 1;
        Ok((self.0 <= PIECES).then(|| vec![self.0 as u8; PIECE_BYTES]))
    }
}

/// Writes a file of 200 MB, copies it within its folder and removes both; the process must not grow by a quarter of that.
pub async fn check_large_files_are_not_held(sysvol: Arc<dyn Sysvol>, folder: &SysvolPath) {
    let (file, copy) = (folder.join("Setup.msi").unwrap(), folder.join("Copy.msi").unwrap());
    sysvol.replace_from(&file, &mut HeldSource::new(b"old".to_vec())).await.unwrap();
    let before = peak_memory_bytes();
    sysvol.replace_from(&file, &mut Made(0)).await.unwrap();
    sysvol.replace_from(&copy, &mut FileSource::new(Arc::clone(&sysvol), file.clone())).await.unwrap();
    let grown = peak_memory_bytes() - before;
    for path in [file, copy] {
        assert_eq!(sysvol.stat(&path).await.unwrap().size_bytes, (PIECES * PIECE_BYTES) as u64, "{path}");
        let edge = sysvol.read_range(&path, (7 * PIECE_BYTES - 1) as u64, 2).await.unwrap();
        assert_eq!(edge, [7, 8], "{path}");
        sysvol.remove(&path).await.unwrap();
    }
    assert!(grown < MOST_BYTES, "the process grew by {grown} bytes");
    println!("200 MB twice: the process grew by {} kB", grown / 1024);
}
