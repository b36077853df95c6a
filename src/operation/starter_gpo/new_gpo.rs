//! What a new GPO gets from a starter GPO (IGPMDomain2.CreateGPOFromStarterGPO).

use crate::format::{MOST_CABINET_BYTES, RegistryPol};
use crate::gpm::{Domain, OperationError, Task};
use crate::ident::{ExtensionGroup, ExtensionList, GpoVersion, Guid};

use super::backup::find;
use super::content::{StarterContent, read_file};

/// The client-side extension of registry settings.
const REGISTRY: Guid = Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2);
/// The editors of administrative templates: of the computer half, of the user half.
const EDITORS: [Guid; 2] =
    [Guid::from_u128(0xD02B1F72_3407_48AE_BA88_E8213C6761F1), Guid::from_u128(0xD02B1F73_3407_48AE_BA88_E8213C6761F1)];
/// The folders of the halves, the computer's first.
const HALVES: [&str; 2] = ["Machine", "User"];

/// The settings that a new GPO gets from a starter GPO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StarterSettings {
    /// Files by their paths below the folder of the GPO, with their bytes: `Machine\Registry.pol`, and the comments on its settings.
    pub files: Vec<(String, Vec<u8>)>,
    /// What `gPCMachineExtensionNames` and `gPCUserExtensionNames` are to say; empty where the half has no settings.
    pub extensions: [String; 2],
    /// The version of the GPO: 1 for each half with settings.
    pub version: GpoVersion,
    /// The comment of the starter GPO; none where it has none.
    pub comment: Option<String>,
}

/// Reads what a new GPO gets from a starter GPO: the administrative templates of both halves with the comments on them.
///
/// # Errors
/// Fails where the starter GPO is not there, cannot be read, or holds more than administrative templates.
pub async fn starter_content(domain: &Domain, starter: Guid, task: &Task) -> Result<StarterSettings, OperationError> {
    let content = StarterContent::read_live(domain, starter, task).await?;
    let description = find(domain, starter, task).await?.description;
    let mut settings = StarterSettings {
        files: Vec::new(),
        extensions: Default::default(),
        version: GpoVersion::default(),
        comment: Some(description).filter(|comment| !comment.is_empty()),
    };
    let mut rest = MOST_CABINET_BYTES;
    for file in &content.tree.files {
        let [folder, below @ ..] = file.path.parts() else { continue };
        let Some(half) = HALVES.iter().position(|half| half.eq_ignore_ascii_case(folder)) else { continue };
        let bytes = read_file(&content.tree, file, &mut rest, task).await?;
        let is_registry = file.path.name().eq_ignore_ascii_case("Registry.pol");
        if is_registry && has_settings(&bytes) {
            let group = ExtensionGroup { extension: REGISTRY, tools: vec![EDITORS[half]] };
            settings.extensions[half] = ExtensionList { groups: vec![group] }.to_string();
            match half {
                0 => settings.version.computer = 1,
                _ => settings.version.user = 1,
            }
        }
        // Clients open the file by this name; some file systems heed the case.
        let below = if is_registry { "Registry.pol".to_owned() } else { below.join("\\") };
        settings.files.push((format!("{}\\{below}", HALVES[half]), bytes));
    }
    Ok(settings)
}

/// Tells whether clients find a setting in the file; a damaged one is shown to them rather than hidden.
fn has_settings(bytes: &[u8]) -> bool {
    RegistryPol::parse(bytes).map_or(!bytes.is_empty(), |file| !file.records.is_empty())
}
