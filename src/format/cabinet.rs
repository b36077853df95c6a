//! Cabinet files (`.cab`, [MS-CAB]): what is in them, whole and in memory.
//!
//! The crate `cab` decompresses. It trusts offsets and counts, so the structure is read and checked here first, and each folder is handed to
//! it alone, as a cabinet of one file, once: however many files claim to lie in it, it is decompressed a single time.

use std::io::{self, Cursor, Read, Write};

use cab::{Cabinet, CabinetBuilder, CompressionType};

/// Files that a cabinet may hold.
pub const MOST_CABINET_FILES: usize = 1000;
/// Bytes that all of its files and folders may have, decompressed.
pub const MOST_CABINET_BYTES: u64 = 64 << 20;

const SIGNATURE: &[u8] = b"MSCF";
const HEADER_BYTES: usize = 36;
const FOLDER_BYTES: usize = 8;
const FILE_BYTES: usize = 16;
const BLOCK_BYTES: usize = 8;
/// What one block may hold, decompressed.
const LARGEST_BLOCK: u16 = 0x8000;
const HAS_PREVIOUS: u16 = 1;
const HAS_NEXT: u16 = 2;
const HAS_RESERVE: u16 = 4;

/// One file of a cabinet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CabinetFile {
    /// Its name as it stands there: it may hold `\`, and must not be used as a path before it is checked.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A file is no cabinet that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CabinetError {
    /// It begins otherwise.
    #[error("the file is no cabinet: it does not begin with MSCF")]
    Signature,
    /// It breaks off.
    #[error("the cabinet breaks off: it needs {needed} bytes and has {size}")]
    Truncated {
        /// Bytes it would have to have.
        needed: u64,
        /// Bytes it has.
        size: u64,
    },
    /// It continues in another cabinet.
    #[error("the cabinet is part of a set of several")]
    Part,
    /// It holds too much.
    #[error("the cabinet holds more than {most} {what}")]
    TooLarge {
        /// The bound.
        most: u64,
        /// Of what.
        what: &'static str,
    },
    /// Its parts contradict each other.
    #[error("the cabinet is damaged at byte {offset}: {reason}")]
    Damaged {
        /// Where, from the start of the file.
        offset: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// What is compressed cannot be decompressed.
    #[error("the cabinet's data cannot be decompressed: {0}")]
    Compression(String),
}

/// Reads a cabinet, in the order of its files. Names are not checked, but that no two are the same is: compared without case.
///
/// # Errors
/// Fails where it is no cabinet, damaged, one of several, or holds more than [`MOST_CABINET_FILES`] and [`MOST_CABINET_BYTES`].
pub fn read_cabinet(bytes: &[u8]) -> Result<Vec<CabinetFile>, CabinetError> {
    let layout = Layout::read(bytes)?;
    let mut names = std::collections::HashSet::new();
    let mut contents: Vec<Option<Vec<u8>>> = vec![None; layout.folders.len()];
    let mut files = Vec::with_capacity(layout.files.len());
    for file in layout.files {
        let damaged = |reason| CabinetError::Damaged { offset: file.offset, reason };
        if !names.insert(file.name.to_lowercase()) {
            return Err(damaged("two files have the same name"));
        }
        let folder =
            layout.folders.get(file.folder).ok_or_else(|| damaged("a file lies in a folder that is not there"))?;
        let held = contents.get_mut(file.folder).ok_or_else(|| damaged("a file lies in a folder that is not there"))?;
        let content = match held {
            Some(content) => content,
            None => held.insert(folder.decompress(bytes, layout.block_reserve)?),
        };
        let end = file.start.checked_add(file.size);
        let own = end.and_then(|end| content.get(file.start..end));
        let own = own.ok_or_else(|| damaged("a file reaches beyond its folder"))?;
        files.push(CabinetFile { name: file.name, bytes: own.to_vec() });
    }
    Ok(files)
}

/// Returns a cabinet of these files, compressed with MSZIP, which every Windows reads.
///
/// # Errors
/// Fails where the format cannot hold them: more than 65,535 files, a name of more than 255 bytes.
pub fn write_cabinet(files: &[CabinetFile]) -> io::Result<Vec<u8>> {
    let mut builder = CabinetBuilder::new();
    // A folder must hold something.
    if !files.is_empty() {
        let folder = builder.add_folder(CompressionType::MsZip);
        for file in files {
            folder.add_file(file.name.as_str());
        }
    }
    let mut writer = builder.build(Cursor::new(Vec::new()))?;
    let mut contents = files.iter();
    while let (Some(mut place), Some(file)) = (writer.next_file()?, contents.next()) {
        place.write_all(&file.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// What the tables of a cabinet say.
struct Layout {
    folders: Vec<FolderEntry>,
    files: Vec<FileEntry>,
    /// Bytes between the head of a block and its data.
    block_reserve: u8,
}

struct FolderEntry {
    /// Where its first block stands.
    start: usize,
    /// Where the one after its last block would stand.
    end: usize,
    blocks: u16,
    compression: u16,
    /// Bytes of its blocks, decompressed.
    size: usize,
}

struct FileEntry {
    /// Where its entry stands.
    offset: usize,
    name: String,
    folder: usize,
    start: usize,
    size: usize,
}

impl Layout {
    fn read(bytes: &[u8]) -> Result<Self, CabinetError> {
        let reader = Reader { bytes };
        if !bytes.starts_with(SIGNATURE) {
            return Err(CabinetError::Signature);
        }
        let claimed = reader.u32(8)?;
        if u64::from(claimed) > bytes.len() as u64 {
            return Err(CabinetError::Truncated { needed: u64::from(claimed), size: bytes.len() as u64 });
        }
        let (folder_count, file_count, flags) = (reader.u16(26)?, reader.u16(28)?, reader.u16(30)?);
        reader.part(0, HEADER_BYTES)?;
        if flags & (HAS_PREVIOUS | HAS_NEXT) != 0 {
            return Err(CabinetError::Part);
        }
        if usize::from(file_count) > MOST_CABINET_FILES || usize::from(folder_count) > MOST_CABINET_FILES {
            return Err(CabinetError::TooLarge { most: MOST_CABINET_FILES as u64, what: "files" });
        }
        let (mut at, mut folder_reserve, mut block_reserve) = (HEADER_BYTES, 0, 0);
        if flags & HAS_RESERVE != 0 {
            let header_reserve = reader.u16(at)?;
            [folder_reserve, block_reserve] = reader.part(at + 2, 2)?.try_into().unwrap_or_default();
            at += 4 + usize::from(header_reserve);
        }
        let mut total = 0;
        let mut folders = Vec::new();
        for _ in 0..folder_count {
            let folder = reader.folder(at, block_reserve)?;
            total += folder.size as u64;
            if total > MOST_CABINET_BYTES {
                return Err(CabinetError::TooLarge { most: MOST_CABINET_BYTES, what: "bytes" });
            }
            folders.push(folder);
            at += FOLDER_BYTES + usize::from(folder_reserve);
        }
        let mut at = reader.u32(16)? as usize;
        let (mut files, mut total) = (Vec::new(), 0);
        for _ in 0..file_count {
            let file = reader.file(at)?;
            total += file.size as u64;
            if total > MOST_CABINET_BYTES {
                return Err(CabinetError::TooLarge { most: MOST_CABINET_BYTES, what: "bytes" });
            }
            at = reader.end_of_text(at + FILE_BYTES)? + 1;
            files.push(file);
        }
        Ok(Layout { folders, files, block_reserve })
    }
}

impl FolderEntry {
    /// Decompresses all of it: as the one file of a cabinet made for the purpose.
    fn decompress(&self, bytes: &[u8], block_reserve: u8) -> Result<Vec<u8>, CabinetError> {
        const NAME: &str = "f";
        let reserve: &[u8] = if block_reserve == 0 { &[] } else { &[0, 0, 0, block_reserve] };
        let first_file = HEADER_BYTES + reserve.len() + FOLDER_BYTES;
        let first_block = first_file + FILE_BYTES + NAME.len() + 1;
        let blocks = bytes.get(self.start..self.end).unwrap_or_default();
        let mut alone = Vec::with_capacity(first_block + blocks.len());
        alone.extend(SIGNATURE);
        let whole = (first_block + blocks.len()) as u32;
        for number in [0, whole, 0, first_file as u32, 0] {
            alone.extend(number.to_le_bytes());
        }
        // Version 1.3.
        alone.extend([3, 1]);
        for number in [1, 1, if reserve.is_empty() { 0 } else { HAS_RESERVE }, 0, 0] {
            alone.extend(number.to_le_bytes());
        }
        alone.extend(reserve);
        alone.extend((first_block as u32).to_le_bytes());
        alone.extend([self.blocks, self.compression].into_iter().flat_map(u16::to_le_bytes));
        alone.extend((self.size as u32).to_le_bytes());
        alone.extend([0; FILE_BYTES - 4]);
        alone.extend(NAME.as_bytes());
        alone.push(0);
        alone.extend(blocks);
        let failed = |error: io::Error| CabinetError::Compression(error.to_string());
        let mut cabinet = Cabinet::new(Cursor::new(alone)).map_err(failed)?;
        let mut content = Vec::with_capacity(self.size);
        if self.blocks > 0 {
            let file = cabinet.read_file(NAME).map_err(failed)?;
            file.take(self.size as u64).read_to_end(&mut content).map_err(failed)?;
        }
        if content.len() != self.size {
            let reason = format!("{} bytes came out of it instead of {}", content.len(), self.size);
            return Err(CabinetError::Compression(reason));
        }
        Ok(content)
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn part(&self, at: usize, length: usize) -> Result<&'a [u8], CabinetError> {
        let end = at.saturating_add(length);
        let truncated = || CabinetError::Truncated { needed: end as u64, size: self.bytes.len() as u64 };
        self.bytes.get(at..end).ok_or_else(truncated)
    }

    fn u16(&self, at: usize) -> Result<u16, CabinetError> {
        Ok(u16::from_le_bytes(self.part(at, 2)?.try_into().unwrap_or_default()))
    }

    fn u32(&self, at: usize) -> Result<u32, CabinetError> {
        Ok(u32::from_le_bytes(self.part(at, 4)?.try_into().unwrap_or_default()))
    }

    /// Finds the zero that ends a text; names have at most 255 bytes.
    fn end_of_text(&self, at: usize) -> Result<usize, CabinetError> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let rest = &rest[..rest.len().min(256)];
        let length = rest.iter().position(|byte| *byte == 0);
        length.map(|length| at + length).ok_or(CabinetError::Damaged { offset: at, reason: "a name does not end" })
    }

    fn folder(&self, at: usize, block_reserve: u8) -> Result<FolderEntry, CabinetError> {
        let (start, blocks, compression) = (self.u32(at)? as usize, self.u16(at + 4)?, self.u16(at + 6)?);
        let (mut end, mut size) = (start, 0);
        for number in 0..blocks {
            let (packed, unpacked) = (self.u16(end + 4)?, self.u16(end + 6)?);
            let damaged = |reason| CabinetError::Damaged { offset: end, reason };
            if unpacked > LARGEST_BLOCK {
                return Err(damaged("a block holds more than 32 KiB"));
            }
            if unpacked == 0 && number + 1 < blocks {
                return Err(damaged("a block in the middle holds nothing"));
            }
            if compression & 0xF == 0 && packed != unpacked {
                return Err(damaged("a block that is not compressed has two sizes"));
            }
            let length = BLOCK_BYTES + usize::from(block_reserve) + usize::from(packed);
            self.part(end, length)?;
            end += length;
            size += usize::from(unpacked);
        }
        Ok(FolderEntry { start, end, blocks, compression, size })
    }

    fn file(&self, at: usize) -> Result<FileEntry, CabinetError> {
        let (size, start) = (self.u32(at)? as usize, self.u32(at + 4)? as usize);
        let folder = self.u16(at + 8)?;
        let (first, end) = (at + FILE_BYTES, self.end_of_text(at + FILE_BYTES)?);
        let name = self.part(first, end - first)?;
        // Marked as UTF-8 or not: old writers use the code page of their machine, which is the same for the names that matter.
        let name = match std::str::from_utf8(name) {
            Ok(name) => name.to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(name).0.into_owned(),
        };
        Ok(FileEntry { offset: at, name, folder: usize::from(folder), start, size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> CabinetFile {
        CabinetFile { name: name.to_owned(), bytes: bytes.to_vec() }
    }

    fn cabinet() -> Vec<u8> {
        write_cabinet(&[file("a.txt", b"one"), file("b\\é.txt", b""), file("c", &[7; 5])]).unwrap()
    }

    fn check(bytes: &[u8], expected: Result<&[&str], &str>) {
        let read = read_cabinet(bytes);
        let names = read.as_ref().map(|files| files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>());
        assert_eq!(names.as_deref().map_err(|error| error.to_string()), expected.map_err(str::to_owned));
    }

    #[test]
    fn what_was_written_is_read() {
        // More than a block, and what cannot be compressed.
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(100_000)
        .collect();
        let files = [file("a", &noise), file("empty", b""), file("b", &[9; 200_000]), file("c", b"end")];
        assert_eq!(read_cabinet(&write_cabinet(&files).unwrap()).as_deref(), Ok(files.as_slice()));
        check(&write_cabinet(&[]).unwrap(), Ok(&[]));
    }

    #[test]
    fn an_uncompressed_cabinet_with_reserved_bytes_is_read() {
        let bytes = b"MSCF\0\0\0\0\x60\0\0\0\0\0\0\0\x33\0\0\0\0\0\0\0\x03\x01\x01\0\x01\0\x04\0\0\0\0\0\
            \x01\0\x01\x01\xFF\x4B\0\0\0\x01\0\0\0\xFF\
            \0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0hi.txt\0\
            \0\0\0\0\x05\0\x05\0\xFFHello";
        // The table of files begins behind that of folders, at 0x32.
        let mut bytes = bytes.to_vec();
        bytes.remove(0x32);
        bytes[16] = 0x32;
        bytes[8] = bytes.len() as u8;
        bytes[41] = 0x49;
        assert_eq!(read_cabinet(&bytes).as_deref(), Ok([file("hi.txt", b"Hello")].as_slice()));
    }

    #[test]
    fn damage_is_named() {
        let good = cabinet();
        check(&good, Ok(&["a.txt", "b\\é.txt", "c"]));
        check(b"", Err("the file is no cabinet: it does not begin with MSCF"));
        check(b"MZ\x90", Err("the file is no cabinet: it does not begin with MSCF"));
        check(b"MSCF", Err("the cabinet breaks off: it needs 12 bytes and has 4"));
        let cut = &good[..good.len() - 3];
        let needed = good.len();
        check(cut, Err(&format!("the cabinet breaks off: it needs {needed} bytes and has {}", needed - 3)));
        let mut part = good.clone();
        part[30] = 2;
        check(&part, Err("the cabinet is part of a set of several"));
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 0x55;
        assert!(matches!(read_cabinet(&flipped), Err(CabinetError::Compression(_))));
        let twice = write_cabinet(&[file("a", b"1"), file("A", b"2")]).unwrap();
        assert!(read_cabinet(&twice).unwrap_err().to_string().contains("two files have the same name"));
    }

    #[test]
    fn too_much_is_refused_before_it_is_decompressed() {
        // A folder of 65,535 blocks of 32 KiB would be 2 GiB; all blocks are there.
        let block = b"\0\0\0\0\0\0\0\x80";
        let mut bytes =
            b"MSCF\0\0\0\0\0\0\0\0\0\0\0\0\x2C\0\0\0\0\0\0\0\x03\x01\x01\0\0\0\0\0\0\0\0\0\x2C\0\0\0\xFF\xFF\x01\0"
                .to_vec();
        bytes.extend(block.repeat(65_535));
        check(&bytes, Err("the cabinet holds more than 67108864 bytes"));
        // A file that claims to be as large.
        let mut claims = cabinet();
        let table = u32::from_le_bytes(claims[16..20].try_into().unwrap()) as usize;
        claims[table..table + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        check(&claims, Err("the cabinet holds more than 67108864 bytes"));
        claims[table..table + 4].copy_from_slice(&1000_u32.to_le_bytes());
        check(&claims, Err(&format!("the cabinet is damaged at byte {table}: a file reaches beyond its folder")));
        let many: Vec<CabinetFile> = (0..1001).map(|number| file(&number.to_string(), b"")).collect();
        check(&write_cabinet(&many).unwrap(), Err("the cabinet holds more than 1000 files"));
    }
}
