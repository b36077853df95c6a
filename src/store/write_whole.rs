//! Files of this machine that are there whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file whole or not at all: beside its place, then renamed.
///
/// # Errors
/// Fails where the folder cannot be written to.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any new file: who may read it is up to the folder and the mask of the process.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".opengpmc-").tempfile_in(folder).map_err(|error| match error.kind() {
        // The system would name the file beside, which nobody asked for.
        io::ErrorKind::NotFound => io::Error::new(error.kind(), format!("there is no folder {}", folder.display())),
        _ => error,
    })?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
