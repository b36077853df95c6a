//! What a half of a GPO consists of, fetched: its files in SYSVOL and its objects in the directory.

use std::sync::OnceLock;

use crate::format::{ParseRegistryPolError, RegistryPol};
use crate::ident::ExtensionList;

/// One half of a GPO.
#[derive(Debug, Default)]
pub struct HalfContents {
    /// The client-side extensions registered in the directory.
    pub registered: ExtensionList,
    /// The files of the half, paths relative to its folder.
    pub files: Vec<GptFile>,
    /// The objects below `CN=Machine` or `CN=User` of its container.
    pub objects: Vec<DirectoryObject>,
    registry: OnceLock<Option<(RegistryPol, Vec<ParseRegistryPolError>)>>,
}

/// A file of a half.
#[derive(Clone, Debug)]
pub struct GptFile {
    /// Path below the folder of the half, as stored, `/` between names.
    pub path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Its bytes, as far as they were fetched.
    pub content: FileContent,
}

/// The bytes of a file.
#[derive(Clone, Debug)]
pub enum FileContent {
    /// All of them.
    Whole(Vec<u8>),
    /// Those at its start: a file that no extension reads, or one too large to be read.
    Start(Vec<u8>),
    /// It could not be read; why.
    Failed(String),
}

/// An object of the directory below a half, or a file's worth of settings kept there.
#[derive(Clone, Debug, Default)]
pub struct DirectoryObject {
    /// The names from the object up to the half: `CN=a,CN=Class Store`.
    pub path: String,
    /// The most specific class.
    pub class: String,
    /// Attributes with their values as the directory stores them.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl HalfContents {
    /// Returns a half.
    pub fn new(registered: ExtensionList, files: Vec<GptFile>, objects: Vec<DirectoryObject>) -> Self {
        HalfContents { registered, files, objects, registry: OnceLock::new() }
    }

    /// Finds a file by its path below the half, `/` between names, compared without case.
    pub fn file(&self, path: &str) -> Option<&GptFile> {
        let wanted = path.to_lowercase();
        self.files.iter().find(|file| file.path.to_lowercase() == wanted)
    }

    /// Returns the half's `registry.pol` with what is damaged in it; none where there is no such file or it was not read whole.
    pub fn registry(&self) -> Option<&(RegistryPol, Vec<ParseRegistryPolError>)> {
        let parsed = self.registry.get_or_init(|| Some(RegistryPol::recover(self.file("registry.pol")?.whole().ok()?)));
        parsed.as_ref()
    }
}

impl GptFile {
    /// Returns the bytes of a file that must have been read whole.
    ///
    /// # Errors
    /// Says why it was not.
    pub fn whole(&self) -> Result<&[u8], String> {
        match &self.content {
            FileContent::Whole(bytes) => Ok(bytes),
            FileContent::Start(_) => Err(format!("the file is too large to be read ({} bytes)", self.size_bytes)),
            FileContent::Failed(reason) => Err(reason.clone()),
        }
    }
}

impl DirectoryObject {
    /// Returns the values of an attribute, its name compared without case.
    pub fn values(&self, attribute: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found.map_or(&[], |(_, values)| values)
    }

    /// Returns the first value of an attribute as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self, attribute: &str) -> Option<String> {
        self.values(attribute).first().map(|value| String::from_utf8_lossy(value).into_owned())
    }
}
