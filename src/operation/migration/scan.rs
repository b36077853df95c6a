//! Finding the references of a GPO, in its files, its objects and its permissions.

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};

use crate::extension::references::{
    FoundReference, ReferenceFile, Replacement, Visit, WalkedObject, walk_object, walk_permissions,
};
use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::operation::content::{ContentFile, GpoContent};
use crate::store::SysvolPath;

/// Where references are looked for beside the settings that migration tables speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// In the permissions of the GPO and of its software packages (GPM_PROCESS_SECURITY).
    pub with_security: bool,
    /// In preferences, which GPMC neither lists nor maps.
    pub with_preferences: bool,
}

/// A settings file larger than this is not looked into; real ones stay below 5 MB.
const LARGEST_FILE_BYTES: u64 = 64 << 20;
/// Files that are read at the same time.
const IN_FLIGHT: usize = 4;
/// More references than this are no GPO's.
const MOST_REFERENCES: usize = 100_000;

/// Finds every place in a GPO that names a principal or a UNC path, in the order of its files, then of its objects, its own permissions
/// last. A file that cannot be understood is told as a warning; it will be copied as it is.
///
/// # Errors
/// Fails where a file cannot be read, and where the task is cancelled.
pub async fn scan_references(
    content: &GpoContent,
    options: &ScanOptions,
    task: &Task,
) -> Result<Vec<FoundReference>, OperationError> {
    let scanned = scan(content, options, true, task).await?;
    scanned.problems.into_iter().for_each(|problem| task.message(problem));
    Ok(scanned.references)
}

/// What was found, and what could not be understood.
pub(super) struct Scanned {
    pub references: Vec<FoundReference>,
    pub problems: Vec<StatusMessage>,
}

/// `with_unmapped`: whether files are read too of which nothing is mapped.
pub(super) async fn scan(
    content: &GpoContent,
    options: &ScanOptions,
    with_unmapped: bool,
    task: &Task,
) -> Result<Scanned, OperationError> {
    let mut references = Vec::new();
    let mut visit = |reference: FoundReference| {
        if references.len() <= MOST_REFERENCES {
            references.push(reference);
        }
        Replacement::Keep
    };
    let Walked { problems, .. } = walk_content(content, options, with_unmapped, &mut visit, task).await?;
    if references.len() > MOST_REFERENCES {
        let text = format!("the GPO names more than {MOST_REFERENCES} principals and paths");
        return Err(OperationError::new(StatusMessage::error(MessageId::ExtensionFailed, HResult::INVALID_DATA, text)));
    }
    Ok(Scanned { references, problems })
}

/// What a walk through a GPO leaves.
#[derive(Default)]
pub(super) struct Walked {
    /// Files that changed, by path below the GPO's folder.
    pub files: Vec<(SysvolPath, Vec<u8>)>,
    /// Objects that changed, by their place in the content.
    pub objects: Vec<(usize, WalkedObject)>,
    /// The GPO's descriptor, where it changed.
    pub security_descriptor: Option<Vec<u8>>,
    /// What could not be understood.
    pub problems: Vec<StatusMessage>,
}

/// Shows every reference to the visitor and returns what changed by its answers.
pub(super) async fn walk_content(
    content: &GpoContent,
    options: &ScanOptions,
    with_unmapped: bool,
    visit: &mut Visit<'_>,
    task: &Task,
) -> Result<Walked, OperationError> {
    let mut walked = Walked::default();
    let is_wanted = |kind: &ReferenceFile| match kind {
        ReferenceFile::Registry => with_unmapped,
        ReferenceFile::Preferences(_) => options.with_preferences,
        _ => true,
    };
    let mut wanted: Vec<(ReferenceFile, &ContentFile)> = Vec::new();
    for file in &content.files {
        let Some(kind) = ReferenceFile::of_path(&file.path.to_slashes()).filter(is_wanted) else { continue };
        if file.size_bytes > LARGEST_FILE_BYTES {
            let text =
                format!("the file is too large to be looked into ({} bytes); it is kept as it is", file.size_bytes);
            walked.problems.push(problem(kind, &file.path, text));
        } else {
            wanted.push((kind, file));
        }
    }
    // Boxed, so that the compiler sees that the whole can run on any thread.
    let read = |(kind, file)| read_file(content, kind, file, task).boxed();
    let reads: Vec<BoxFuture<'_, _>> = wanted.into_iter().map(read).collect();
    let mut reads = stream::iter(reads).buffered(IN_FLIGHT);
    while let Some(read) = reads.next().await {
        let (kind, file, bytes) = read?;
        match kind.walk(&file.path.to_string(), &bytes, visit) {
            Ok(Some(changed)) => walked.files.push((file.path.clone(), changed)),
            Ok(None) => {}
            Err(reason) => {
                walked.problems.push(problem(kind, &file.path, format!("{reason}; the file is kept as it is")))
            }
        }
    }
    drop(reads);
    for (place, object) in content.objects.iter().enumerate() {
        task.checkpoint()?;
        let descriptor = object.security_descriptor.as_deref().filter(|_| options.with_security);
        match walk_object(object.side, &object.path, &object.class, &object.attributes, descriptor, visit) {
            Ok(Some(changed)) => walked.objects.push((place, changed)),
            Ok(None) => {}
            Err(reason) => {
                let text = format!("its permissions: {reason}");
                walked.problems.push(StatusMessage::warning(MessageId::ExtensionFailed, text).about(&object.path));
            }
        }
    }
    if let Some(descriptor) = content.core.security_descriptor.as_deref().filter(|_| options.with_security) {
        match walk_permissions(descriptor, visit) {
            Ok(changed) => walked.security_descriptor = changed,
            Err(reason) => {
                let text = format!("the permissions of the GPO: {reason}");
                walked.problems.push(StatusMessage::warning(MessageId::ExtensionFailed, text));
            }
        }
    }
    Ok(walked)
}

async fn read_file<'a>(
    content: &'a GpoContent,
    kind: ReferenceFile,
    file: &'a ContentFile,
    task: &Task,
) -> Result<(ReferenceFile, &'a ContentFile, Vec<u8>), OperationError> {
    let bytes = task.or_cancel(content.read(file, LARGEST_FILE_BYTES)).await??;
    Ok((kind, file, bytes))
}

fn problem(kind: ReferenceFile, path: &SysvolPath, text: String) -> StatusMessage {
    StatusMessage::warning(MessageId::ExtensionFailed, text).about(path).in_extension(kind.extension_name(), "")
}
