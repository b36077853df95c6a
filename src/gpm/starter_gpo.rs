//! A starter GPO: a template that lies in SYSVOL only (IGPMStarterGPO, `gpo-storage.md` A7).

use std::cmp::Ordering;

use serde::Serialize;

use crate::format::{STARTER_GPO_FILE, STARTER_GPO_TEXTS, StarterGpoField, StarterGpoFile, string_reference};
use crate::ident::{DnsName, GpoVersion, Guid, Timestamp};
use crate::store::{FileInfo, StoreErrorKind, Sysvol, SysvolPath};

use super::Problem;

/// Who made a starter GPO (GPMStarterGPOType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StarterGpoType {
    /// Shipped by Microsoft, read-only.
    System,
    /// Made by an administrator.
    Custom,
}

/// A starter GPO.
#[derive(Clone, Debug, Serialize)]
pub struct StarterGpo {
    /// Its GUID, the name of its folder.
    pub id: Guid,
    /// The domain it lives in.
    pub domain: DnsName,
    /// Display name.
    pub display_name: String,
    /// Who made it.
    pub kind: StarterGpoType,
    /// Author; empty where unknown.
    pub author: String,
    /// Product it is for; empty where unknown.
    pub product: String,
    /// Comment.
    pub description: String,
    /// Version of its two halves.
    pub version: GpoVersion,
    /// Version text of the starter GPO itself, where it has one.
    pub template_version: String,
    /// When it was made, where the metadata tells.
    pub created: Option<Timestamp>,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
}

/// Reads a starter GPO from its folder. One whose metadata cannot be read is there too, under its GUID, with the problem.
pub(super) async fn read(
    sysvol: &dyn Sysvol,
    domain: &DnsName,
    id: Guid,
    folder: FileInfo,
) -> (StarterGpo, Option<Problem>) {
    let path = super::starter_gpo_folder().join(&folder.name);
    let file = path.and_then(|path| path.join(STARTER_GPO_FILE));
    let content = match &file {
        Ok(file) => sysvol.read(file).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let metadata = match &content {
        Ok(bytes) => StarterGpoFile::parse(bytes).map_err(|error| format!("{STARTER_GPO_FILE} is damaged: {error}")),
        Err(error) => Err(error.clone()),
    };
    let object = || format!("{}\\StarterGPOs\\{}", sysvol.location(), folder.name);
    let problem = metadata.as_ref().err().map(|message| Problem { object: object(), message: message.clone() });
    let metadata = metadata.ok();
    let strings = match (&metadata, &file) {
        (Some(metadata), Ok(file)) if metadata.refers_to_strings() => read_strings(sysvol, file).await,
        _ => None,
    };
    (StarterGpo::of_file(metadata.as_ref(), strings.as_ref(), domain, id, folder.modified), problem)
}

/// Reads the texts of the first language there is, English before others.
async fn read_strings(sysvol: &dyn Sysvol, metadata_file: &SysvolPath) -> Option<StarterGpoFile> {
    let folder = metadata_file.parent()?;
    let mut entries = sysvol.list(&folder).await.ok()?;
    entries.sort_by_key(|entry| !entry.name.eq_ignore_ascii_case("en-US"));
    for entry in entries.into_iter().filter(|entry| entry.is_folder) {
        let file = folder.join(&entry.name).and_then(|language| language.join(STARTER_GPO_TEXTS));
        let Ok(file) = file else { continue };
        match sysvol.read(&file).await {
            Ok(bytes) => return StarterGpoFile::parse(&bytes).ok(),
            Err(error) if error.kind == StoreErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, "the texts of a starter GPO could not be read");
            }
        }
    }
    None
}

impl StarterGpo {
    /// Tells whether it is newer or older than another: by the version text of both (`1.10` is newer than `1.9`), else by the time of the last
    /// change; none where neither is known of both.
    pub fn compare_age(&self, other: &StarterGpo) -> Option<Ordering> {
        let version = |starter: &StarterGpo| {
            let (major, minor) = starter.template_version.split_once('.')?;
            Some((major.trim().parse::<u32>().ok()?, minor.trim().parse::<u32>().ok()?))
        };
        let by_version = version(self).zip(version(other)).map(|(own, other)| own.cmp(&other));
        by_version.or_else(|| self.modified.zip(other.modified).map(|(own, other)| own.cmp(&other)))
    }

    /// Returns what a starter GPO's file says, with the texts of a language; without a file, what is known all the same.
    pub(crate) fn of_file(
        file: Option<&StarterGpoFile>,
        strings: Option<&StarterGpoFile>,
        domain: &DnsName,
        id: Guid,
        folder_modified: Option<Timestamp>,
    ) -> Self {
        let text = |field| {
            let value = file.map_or("", |file| file.value(field));
            let resolved = string_reference(value).and_then(|name| strings?.string(name));
            resolved.unwrap_or(value).to_owned()
        };
        let number = |field| text(field).parse().ok();
        let name = text(StarterGpoField::DisplayName);
        let halves = GpoVersion {
            user: number(StarterGpoField::UserVersion).unwrap_or(0),
            computer: number(StarterGpoField::ComputerVersion).unwrap_or(0),
        };
        let is_system = file.is_some_and(StarterGpoFile::is_system);
        StarterGpo {
            id,
            domain: domain.clone(),
            display_name: if name.is_empty() { id.to_string() } else { name },
            kind: if is_system { StarterGpoType::System } else { StarterGpoType::Custom },
            author: text(StarterGpoField::Author),
            product: text(StarterGpoField::Product),
            description: text(StarterGpoField::Description),
            version: GpoVersion::parse(&text(StarterGpoField::GpoVersion)).unwrap_or(halves),
            template_version: text(StarterGpoField::TemplateVersion),
            created: time(&text(StarterGpoField::Created)),
            modified: time(&text(StarterGpoField::Modified)).or(folder_modified),
        }
    }
}

/// Reads a time; without a zone it is UTC.
fn time(text: &str) -> Option<Timestamp> {
    let moment = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}Z").parse()).ok()?;
    Timestamp::from_unix_seconds(moment.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, strings: Option<&str>) -> StarterGpo {
        let parse = |text: &str| StarterGpoFile::parse(text.as_bytes()).unwrap();
        let domain = "corp.x".parse().unwrap();
        StarterGpo::of_file(Some(&parse(text)), strings.map(parse).as_ref(), &domain, Guid::NIL, None)
    }

    #[test]
    fn elements_and_attributes_are_read_alike() {
        let elements = check(
            "\u{feff}<?xml version=\"1.0\"?><s:StarterGPO xmlns:s=\"x\"><s:Name>A &amp; B</s:Name><Description>d</Description>\
             <CreatedTime>2026-03-01T12:00:00</CreatedTime><UserVersion>3</UserVersion><Type>System</Type></s:StarterGPO>",
            None,
        );
        assert_eq!((elements.display_name.as_str(), elements.description.as_str()), ("A & B", "d"));
        assert_eq!((elements.version.user, elements.kind), (3, StarterGpoType::System));
        assert_eq!(elements.created.unwrap().to_string(), "2026-03-01T12:00:00Z");
        let attributes = check("<StarterGPO displayName=\"A &lt; B\" author=\"me\" version=\"1.0\"/>", None);
        assert_eq!((attributes.display_name.as_str(), attributes.author.as_str()), ("A < B", "me"));
        assert_eq!((attributes.template_version.as_str(), attributes.kind), ("1.0", StarterGpoType::Custom));
    }

    #[test]
    fn ages_are_compared_by_version_then_by_time() {
        let of = |version: &str, time: &str| {
            check(
                &format!("<t><StarterGPOVersion>{version}</StarterGPOVersion><Modified>{time}</Modified><x>y</x></t>"),
                None,
            )
        };
        let check = |own: (&str, &str), other: (&str, &str), expected| {
            assert_eq!(of(own.0, own.1).compare_age(&of(other.0, other.1)), expected, "{own:?} {other:?}");
        };
        const OLD: &str = "2026-01-01T00:00:00Z";
        const NEW: &str = "2026-02-01T00:00:00Z";
        check(("1.10", OLD), ("1.9", NEW), Some(Ordering::Greater));
        check(("1.0", NEW), ("1.0", OLD), Some(Ordering::Equal));
        check(("", OLD), ("1.0", NEW), Some(Ordering::Less));
        check(("x", ""), ("1.0", NEW), None);
    }

    #[test]
    fn texts_of_a_language_are_looked_up() {
        let found = check("<t><name>$(string.N)</name></t>", Some("<t><string id=\"n\">Name</string></t>"));
        assert_eq!(found.display_name, "Name");
        assert_eq!(check("<t><name>$(string.N)</name></t>", None).display_name, "$(string.N)");
    }
}
