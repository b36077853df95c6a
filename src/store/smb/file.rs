//! An open file or folder: the requests that `smb2` has no helper for.

use std::time::Duration;

use smb2::msg::close::CloseRequest;
use smb2::msg::create::{CreateDisposition, CreateRequest, CreateResponse, ImpersonationLevel, ShareAccess};
use smb2::msg::directory_info::parse_entries;
use smb2::msg::flush::FlushRequest;
use smb2::msg::query_directory::{
    FileInformationClass, QueryDirectoryFlags, QueryDirectoryRequest, QueryDirectoryResponse,
};
use smb2::msg::query_info::{InfoType, QueryInfoRequest, QueryInfoResponse};
use smb2::msg::read::{ReadRequest, ReadResponse, SMB2_CHANNEL_NONE};
use smb2::msg::set_info::SetInfoRequest;
use smb2::msg::write::{WriteRequest, WriteResponse};
use smb2::pack::{Pack, ReadCursor, Unpack};
use smb2::types::flags::FileAccessMask;
use smb2::types::status::NtStatus;
use smb2::types::{Command, CreditCharge, FileId, OplockLevel};
use smb2::{CompoundOp, Error, Frame};

use crate::store::{FileInfo, SdParts};

use super::entry_info;
use super::link::Link;

/// The most that is read or written in one request.
pub(super) const CHUNK_BYTES: u32 = 1 << 20;

/// With which rights, and as what, something is opened ([MS-SMB2] 2.2.13).
#[derive(Clone, Copy)]
pub(super) struct Access {
    mask: u32,
    options: u32,
}

impl Access {
    /// A file, to be read.
    pub const READ: Access =
        Access { mask: FileAccessMask::FILE_READ_DATA | FileAccessMask::FILE_READ_ATTRIBUTES, options: NO_FOLDER };
    /// A folder, to be listed.
    pub const LIST: Access =
        Access { mask: FileAccessMask::FILE_READ_DATA | FileAccessMask::FILE_READ_ATTRIBUTES, options: FOLDER };
    /// A file that is made, filled, given a descriptor and renamed.
    pub const WRITE_NEW: Access = Access {
        mask: FileAccessMask::FILE_WRITE_DATA
            | FileAccessMask::FILE_READ_ATTRIBUTES
            | FileAccessMask::READ_CONTROL
            | FileAccessMask::WRITE_DAC
            | FileAccessMask::DELETE,
        options: NO_FOLDER,
    };
    /// The same, which may also be given an owner.
    pub const WRITE_NEW_AND_OWN: Access =
        Access { mask: Self::WRITE_NEW.mask | FileAccessMask::WRITE_OWNER, options: NO_FOLDER };
    /// Something whose descriptor is read.
    pub const READ_SECURITY: Access =
        Access { mask: FileAccessMask::READ_CONTROL | FileAccessMask::FILE_READ_ATTRIBUTES, options: 0 };

    /// Returns what it takes to read these parts of a descriptor.
    pub fn reading_security(parts: SdParts) -> Self {
        let system = if parts.0 & SdParts::SACL.0 != 0 { ACCESS_SYSTEM_SECURITY } else { 0 };
        Access { mask: Self::READ_SECURITY.mask | system, options: 0 }
    }

    /// Returns what it takes to write these parts of a descriptor.
    pub fn writing_security(parts: SdParts) -> Self {
        let mut mask = FileAccessMask::FILE_READ_ATTRIBUTES | FileAccessMask::READ_CONTROL;
        for (part, right) in [
            (SdParts::OWNER, FileAccessMask::WRITE_OWNER),
            (SdParts::GROUP, FileAccessMask::WRITE_OWNER),
            (SdParts::DACL, FileAccessMask::WRITE_DAC),
            (SdParts::SACL, ACCESS_SYSTEM_SECURITY),
        ] {
            if parts.0 & part.0 != 0 {
                mask |= right;
            }
        }
        Access { mask, options: 0 }
    }
}

// [MS-SMB2] 2.2.13, CreateOptions; 2.2.13.1.1, access mask.
const FOLDER: u32 = 0x0000_0001;
const NO_FOLDER: u32 = 0x0000_0040;
const ACCESS_SYSTEM_SECURITY: u32 = 0x0100_0000;
// [MS-FSCC] 2.4.
const FILE_RENAME_INFORMATION: u8 = 10;
const FILE_DISPOSITION_INFORMATION: u8 = 13;

/// Something open on the server. Closed when dropped, in the background, where the caller stopped waiting.
pub(super) struct OpenFile {
    link: Link,
    id: FileId,
    size_bytes: u64,
    is_open: bool,
}

impl OpenFile {
    /// Opens what stands at a path below the share, `\` between names; everybody else may do with it what they like.
    pub async fn open(link: &Link, path: &str, access: Access) -> Result<Self, Error> {
        let request = create_request(path, access, CreateDisposition::FileOpen);
        let link = link.clone();
        to_the_end(async move {
            let frame = execute(&link, Command::Create, &request, 1).await?;
            Self::opened(&link, frame)
        })
        .await
    }

    /// Makes a file that the server removes when it is closed or the connection breaks, until
    /// [`take_the_place_of`](Self::take_the_place_of) makes it stay. Both is asked for in one message.
    pub async fn create_temporary(link: &Link, path: &str, access: Access) -> Result<Self, Error> {
        let (mut link, path) = (link.clone(), path.to_owned());
        to_the_end(async move {
            let create = create_request(&path, access, CreateDisposition::FileCreate);
            let remove = disposition_request(FileId::SENTINEL, true);
            let tree = Some(link.tree.tree_id);
            let operations =
                [CompoundOp::new(Command::Create, &create, tree), CompoundOp::new(Command::SetInfo, &remove, tree)];
            let [created, removed] = two(link.connection.execute_compound(&operations).await?)?;
            let file = Self::opened(&link, created?)?;
            match removed.and_then(|frame| accepted(frame, Command::SetInfo)) {
                Ok(_) => Ok(file),
                Err(error) => {
                    // It is empty and has no reader; the server refused to remove it by itself.
                    file.close().await?;
                    link.tree.delete_file(&mut link.connection, &path.replace('\\', "/")).await?;
                    Err(error)
                }
            }
        })
        .await
    }

    fn opened(link: &Link, frame: Frame) -> Result<Self, Error> {
        let response = CreateResponse::unpack(&mut ReadCursor::new(&accepted(frame, Command::Create)?.body))?;
        Ok(OpenFile { link: link.clone(), id: response.file_id, size_bytes: response.end_of_file, is_open: true })
    }

    /// Closes it.
    pub async fn close(mut self) -> Result<(), Error> {
        self.is_open = false;
        accepted(execute(&self.link, Command::Close, &self.close_request(), 1).await?, Command::Close)?;
        Ok(())
    }

    /// Reads at most `length` bytes from `offset`, fewer only at the end of the file.
    pub async fn read_at(&self, offset: u64, length: u64) -> Result<Vec<u8>, Error> {
        let end = offset.saturating_add(length).min(self.size_bytes);
        let mut content = Vec::new();
        let mut at = offset;
        while at < end {
            let length = u32::try_from(end - at).unwrap_or(u32::MAX).min(self.chunk_bytes(|p| p.max_read_size));
            let request = ReadRequest {
                padding: 0x50,
                flags: 0,
                length,
                offset: at,
                file_id: self.id,
                minimum_count: 0,
                channel: SMB2_CHANNEL_NONE,
                remaining_bytes: 0,
                read_channel_info: Vec::new(),
            };
            let frame = execute(&self.link, Command::Read, &request, credits(length)).await?;
            if frame.header.status == NtStatus::END_OF_FILE {
                break;
            }
            let frame = accepted(frame, Command::Read)?;
            let data = ReadResponse::unpack(&mut ReadCursor::new(&frame.body))?.data;
            if data.is_empty() {
                break;
            }
            at += data.len() as u64;
            content.extend(data);
        }
        Ok(content)
    }

    /// Writes all of this content, the first byte at `offset`.
    pub async fn write_at(&self, offset: u64, content: &[u8]) -> Result<(), Error> {
        let mut rest = content;
        while !rest.is_empty() {
            let length = rest.len().min(self.chunk_bytes(|params| params.max_write_size) as usize);
            let request = WriteRequest {
                data_offset: 0x70,
                offset: offset + (content.len() - rest.len()) as u64,
                file_id: self.id,
                channel: SMB2_CHANNEL_NONE,
                remaining_bytes: 0,
                write_channel_info_offset: 0,
                write_channel_info_length: 0,
                flags: 0,
                data: rest[..length].to_vec(),
            };
            let frame = execute(&self.link, Command::Write, &request, credits(length as u32)).await?;
            let frame = accepted(frame, Command::Write)?;
            let written = WriteResponse::unpack(&mut ReadCursor::new(&frame.body))?.count as usize;
            if written == 0 || written > length {
                return Err(Error::invalid_data(format!("{written} of {length} bytes were written")));
            }
            rest = &rest[written..];
        }
        Ok(())
    }

    /// Waits until the content is on the server's disk.
    pub async fn flush(&self) -> Result<(), Error> {
        let request = FlushRequest { file_id: self.id };
        accepted(execute(&self.link, Command::Flush, &request, 1).await?, Command::Flush)?;
        Ok(())
    }

    /// Renames the finished file over the one there, if any, and closes it. Where that is refused the file is removed.
    ///
    /// A reader may have the old file open for a moment, which Windows answers with a refusal: tried for a second.
    pub async fn take_the_place_of(self, target: &str) -> Result<(), Error> {
        const TRIES: u32 = 6;
        let mut pause = Duration::from_millis(20);
        let mut result = self.stay_and_rename(target).await;
        for _ in 1..TRIES {
            let status = result.as_ref().err().and_then(Error::status);
            if !matches!(status, Some(NtStatus::ACCESS_DENIED | NtStatus::SHARING_VIOLATION | NtStatus::DELETE_PENDING))
            {
                break;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            result = self.rename_over(target).await;
        }
        match result {
            Err(refused @ Error::Protocol { .. }) => {
                let request = disposition_request(self.id, true);
                accepted(execute(&self.link, Command::SetInfo, &request, 1).await?, Command::SetInfo)?;
                self.close().await?;
                Err(refused)
            }
            // Nobody knows whether it is done: nothing more is touched.
            Err(lost) => Err(lost),
            Ok(()) => self.close().await,
        }
    }

    /// Makes the file stay and renames it, in one message: whether it arrives or not, nothing is left over.
    async fn stay_and_rename(&self, target: &str) -> Result<(), Error> {
        let stay = disposition_request(self.id, false);
        let rename = rename_request(FileId::SENTINEL, target);
        let tree = Some(self.link.tree.tree_id);
        let operations =
            [CompoundOp::new(Command::SetInfo, &stay, tree), CompoundOp::new(Command::SetInfo, &rename, tree)];
        for frame in two(self.link.connection.execute_compound(&operations).await?)? {
            accepted(frame?, Command::SetInfo)?;
        }
        Ok(())
    }

    async fn rename_over(&self, target: &str) -> Result<(), Error> {
        let request = rename_request(self.id, target);
        accepted(execute(&self.link, Command::SetInfo, &request, 1).await?, Command::SetInfo)?;
        Ok(())
    }

    /// Returns the entry of this name in the open folder, as stored there.
    pub async fn find(&self, name: &str) -> Result<Option<FileInfo>, Error> {
        let class = FileInformationClass::FileBothDirectoryInformation;
        let request = QueryDirectoryRequest {
            file_information_class: class,
            flags: QueryDirectoryFlags(QueryDirectoryFlags::RESTART_SCANS | QueryDirectoryFlags::RETURN_SINGLE_ENTRY),
            file_index: 0,
            file_id: self.id,
            output_buffer_length: 4096,
            file_name: name.to_owned(),
        };
        let frame = execute(&self.link, Command::QueryDirectory, &request, 1).await?;
        if matches!(frame.header.status, NtStatus::NO_SUCH_FILE | NtStatus::NO_MORE_FILES) {
            return Ok(None);
        }
        let frame = accepted(frame, Command::QueryDirectory)?;
        let response = QueryDirectoryResponse::unpack(&mut ReadCursor::new(&frame.body))?;
        Ok(parse_entries(class, &response.output_buffer)?.into_iter().next().map(entry_info))
    }

    /// Reads parts of the descriptor, self-relative.
    pub async fn security(&self, parts: SdParts) -> Result<Vec<u8>, Error> {
        match self.query_security(parts, 65_536).await {
            // Two lists of the greatest length there is, and some more.
            Err(error) if error.status() == Some(NtStatus::BUFFER_TOO_SMALL) => {
                self.query_security(parts, 3 * 65_536).await
            }
            result => result,
        }
    }

    async fn query_security(&self, parts: SdParts, length: u32) -> Result<Vec<u8>, Error> {
        let request = QueryInfoRequest {
            info_type: InfoType::Security,
            file_info_class: 0,
            output_buffer_length: length,
            additional_information: u32::from(parts.0),
            flags: 0,
            file_id: self.id,
            input_buffer: Vec::new(),
        };
        let frame = execute(&self.link, Command::QueryInfo, &request, credits(length)).await?;
        let frame = accepted(frame, Command::QueryInfo)?;
        let descriptor = QueryInfoResponse::unpack(&mut ReadCursor::new(&frame.body))?.output_buffer;
        if is_self_relative(&descriptor) {
            Ok(descriptor)
        } else {
            Err(Error::invalid_data("the server sent a damaged security descriptor"))
        }
    }

    /// Writes parts of the descriptor.
    pub async fn set_security(&self, parts: SdParts, descriptor: &[u8]) -> Result<(), Error> {
        let mut descriptor = descriptor.to_vec();
        // The mark of an inherited list stays only where it is asked for ([MS-DTYP] 2.4.6, SE_DACL_AUTO_INHERIT_REQ).
        if let Some(control) = descriptor.get_mut(3) {
            *control |= (*control & 0x0C) >> 2;
        }
        let charge = credits(descriptor.len() as u32);
        let request = SetInfoRequest {
            info_type: InfoType::Security,
            file_info_class: 0,
            additional_information: u32::from(parts.0),
            file_id: self.id,
            buffer: descriptor,
        };
        accepted(execute(&self.link, Command::SetInfo, &request, charge).await?, Command::SetInfo)?;
        Ok(())
    }

    /// Gives this file the descriptor of the one it replaces: the DACL always, owner and group where the account may.
    pub async fn take_over_security(&self, old: &[u8]) -> Result<(), Error> {
        let new = self.security(SdParts::READABLE).await?;
        for (part, offset) in [(SdParts::OWNER, 4), (SdParts::GROUP, 8)] {
            if sid_at(old, offset) == sid_at(&new, offset) {
                continue;
            }
            match self.set_security(part, old).await {
                Err(Error::Protocol { status, .. }) => {
                    tracing::debug!(%status, "the owner or group of a replaced file is not kept");
                }
                result => result?,
            }
        }
        if dacl(old) != dacl(&new) {
            self.set_security(SdParts::DACL, old).await?;
        }
        Ok(())
    }

    /// Returns how much one request carries: no more than the server takes, nor than half of what it lets us send now.
    fn chunk_bytes(&self, limit: impl Fn(&smb2::NegotiatedParams) -> u32) -> u32 {
        let limit = self.link.connection.params().map_or(65_536, |params| limit(&params));
        let affordable = (u32::from(self.link.connection.credits()) / 2).max(1).saturating_mul(65_536);
        limit.min(affordable).min(CHUNK_BYTES)
    }

    fn close_request(&self) -> CloseRequest {
        CloseRequest { flags: 0, file_id: self.id }
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        if !self.is_open || self.link.connection.is_disconnected() {
            return;
        }
        let (link, request) = (self.link.clone(), self.close_request());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = execute(&link, Command::Close, &request, 1).await {
                    tracing::debug!(%error, "a file of an abandoned request was not closed");
                }
            });
        }
    }
}

/// Carries out a request that opens something even if the caller stops waiting: what is open but unknown here would stay
/// open as long as the connection.
pub(super) async fn to_the_end<T: Send + 'static>(
    request: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(request).await.unwrap_or_else(|failed| Err(Error::Io(std::io::Error::other(failed))))
}

/// Tells whether these bytes are a self-relative descriptor whose parts lie within it ([MS-DTYP] 2.4.6).
pub(super) fn is_self_relative(descriptor: &[u8]) -> bool {
    const SELF_RELATIVE: u8 = 0x80;
    let header = descriptor.len() >= 20 && descriptor[0] == 1 && descriptor[3] & SELF_RELATIVE != 0;
    let inside = |offset: usize, length: usize| match offset_at(descriptor, offset) {
        0 => true,
        at => at >= 20 && at.checked_add(length).is_some_and(|end| end <= descriptor.len()),
    };
    header && inside(4, 8) && inside(8, 8) && inside(12, 8) && inside(16, 8)
}

fn offset_at(descriptor: &[u8], at: usize) -> usize {
    let bytes = descriptor.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, |bytes| u32::from_le_bytes(bytes) as usize)
}

/// Returns the SID whose offset stands at `offset` of the header.
fn sid_at(descriptor: &[u8], offset: usize) -> Option<&[u8]> {
    let start = Some(offset_at(descriptor, offset)).filter(|start| *start != 0)?;
    let count = usize::from(*descriptor.get(start + 1)?);
    descriptor.get(start..start + 8 + 4 * count)
}

/// Returns the DACL with the flags that say how it inherits.
fn dacl(descriptor: &[u8]) -> (u8, Option<&[u8]>) {
    const PROTECTED_AND_INHERITED: u8 = 0x14;
    let flags = descriptor.get(3).map_or(0, |control| control & PROTECTED_AND_INHERITED);
    let start = Some(offset_at(descriptor, 16)).filter(|start| *start != 0);
    let list = start.and_then(|start| {
        let length = u16::from_le_bytes([*descriptor.get(start + 2)?, *descriptor.get(start + 3)?]);
        descriptor.get(start..start + usize::from(length))
    });
    (flags, list)
}

fn create_request(path: &str, access: Access, disposition: CreateDisposition) -> CreateRequest {
    CreateRequest {
        requested_oplock_level: OplockLevel::None,
        impersonation_level: ImpersonationLevel::Impersonation,
        desired_access: FileAccessMask::new(access.mask),
        file_attributes: 0,
        share_access: ShareAccess(
            ShareAccess::FILE_SHARE_READ | ShareAccess::FILE_SHARE_WRITE | ShareAccess::FILE_SHARE_DELETE,
        ),
        create_disposition: disposition,
        create_options: access.options,
        name: path.to_owned(),
        create_contexts: Vec::new(),
    }
}

/// Tells the server whether to remove the file when it is closed ([MS-FSCC] 2.4.11).
fn disposition_request(file_id: FileId, remove: bool) -> SetInfoRequest {
    file_request(file_id, FILE_DISPOSITION_INFORMATION, vec![u8::from(remove)])
}

/// Renames the file over the one there, if any: FileRenameInformation for SMB2, [MS-FSCC] 2.4.42.2.
fn rename_request(file_id: FileId, target: &str) -> SetInfoRequest {
    let name: Vec<u8> = target.encode_utf16().flat_map(u16::to_le_bytes).collect();
    // Replace, 7 reserved bytes, no root folder, length of the name, name.
    let mut buffer = vec![0; 16];
    buffer[0] = 1;
    buffer.extend((name.len() as u32).to_le_bytes());
    buffer.extend(name);
    file_request(file_id, FILE_RENAME_INFORMATION, buffer)
}

fn file_request(file_id: FileId, class: u8, buffer: Vec<u8>) -> SetInfoRequest {
    SetInfoRequest { info_type: InfoType::File, file_info_class: class, additional_information: 0, file_id, buffer }
}

/// Returns the two answers to two operations in one message.
fn two(answers: Vec<Result<Frame, Error>>) -> Result<[Result<Frame, Error>; 2], Error> {
    let wrong = |answers: Vec<_>| Error::invalid_data(format!("{} answers to two operations", answers.len()));
    answers.try_into().map_err(wrong)
}

async fn execute(link: &Link, command: Command, request: &dyn Pack, charge: u16) -> Result<Frame, Error> {
    let tree = Some(link.tree.tree_id);
    link.connection.execute_with_credits(command, request, tree, CreditCharge(charge)).await
}

/// Returns the credits a message of this length costs ([MS-SMB2] 3.2.4.1.5).
fn credits(length: u32) -> u16 {
    u16::try_from(length.div_ceil(65_536)).unwrap_or(u16::MAX).max(1)
}

fn accepted(frame: Frame, command: Command) -> Result<Frame, Error> {
    match frame.header.status {
        NtStatus::SUCCESS => Ok(frame),
        status => Err(Error::Protocol { status, command }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER_AND_DACL: &str = "0100049014000000000000000000000024000000\
        01020000000000052000000020020000\
        02001c00010000000000140000000000010100000000000512000000";

    fn descriptor() -> Vec<u8> {
        (0..OWNER_AND_DACL.len() / 2)
            .map(|i| u8::from_str_radix(&OWNER_AND_DACL[2 * i..2 * i + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn parts_of_a_descriptor_are_found() {
        let descriptor = descriptor();
        assert!(is_self_relative(&descriptor));
        assert_eq!(sid_at(&descriptor, 4).unwrap().len(), 16);
        assert_eq!(sid_at(&descriptor, 8), None);
        let (flags, list) = dacl(&descriptor);
        assert_eq!((flags, list.unwrap().len()), (0x10, 28));
    }

    #[test]
    fn damaged_descriptors_are_refused() {
        let whole = descriptor();
        for length in 0..20 {
            assert!(!is_self_relative(&whole[..length]), "{length}");
        }
        assert!(!is_self_relative(&whole[..40]), "the DACL begins within and ends outside");
        let mut absolute = whole.clone();
        absolute[3] = 0x10;
        assert!(!is_self_relative(&absolute));
        let mut outside = whole;
        outside[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(!is_self_relative(&outside));
        assert_eq!(dacl(&outside).1, None);
    }

    #[test]
    fn long_messages_cost_more_credits() {
        assert_eq!([0, 1, 65_536, 65_537, 1 << 20].map(credits), [1, 1, 1, 2, 16]);
    }
}
