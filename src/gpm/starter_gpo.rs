//! A starter GPO: a template that lies in SYSVOL only (IGPMStarterGPO, `gpo-storage.md` A7).

use std::collections::HashMap;

use quick_xml::events::Event;
use serde::Serialize;

use crate::format::{XmlTextError, decode_xml};
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
    let file = path.and_then(|path| path.join("StarterGPO.tmplx"));
    let content = match &file {
        Ok(file) => sysvol.read(file).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let metadata = match &content {
        Ok(bytes) => Metadata::parse(bytes).map_err(|error| format!("StarterGPO.tmplx is damaged: {error}")),
        Err(error) => Err(error.clone()),
    };
    let object = || format!("{}\\StarterGPOs\\{}", sysvol.location(), folder.name);
    let problem = metadata.as_ref().err().map(|message| Problem { object: object(), message: message.clone() });
    let mut metadata = metadata.unwrap_or_default();
    if metadata.refers_to_strings()
        && let Ok(file) = &file
    {
        metadata.strings = read_strings(sysvol, file).await;
    }
    (metadata.into_starter_gpo(domain, id, folder.modified), problem)
}

/// Reads the texts of the first language there is, English before others.
async fn read_strings(sysvol: &dyn Sysvol, metadata_file: &SysvolPath) -> HashMap<String, String> {
    let Some(folder) = metadata_file.parent() else { return HashMap::new() };
    let Ok(mut entries) = sysvol.list(&folder).await else { return HashMap::new() };
    entries.sort_by_key(|entry| !entry.name.eq_ignore_ascii_case("en-US"));
    for entry in entries.into_iter().filter(|entry| entry.is_folder) {
        let file = folder.join(&entry.name).and_then(|language| language.join("StarterGPO.tmpll"));
        let Ok(file) = file else { continue };
        match sysvol.read(&file).await {
            Ok(bytes) => return Metadata::parse(&bytes).map(|metadata| metadata.by_id).unwrap_or_default(),
            Err(error) if error.kind == StoreErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, "the texts of a starter GPO could not be read");
            }
        }
    }
    HashMap::new()
}

#[derive(Debug, thiserror::Error)]
enum MetadataError {
    #[error(transparent)]
    Text(#[from] XmlTextError),
    #[error(transparent)]
    Xml(#[from] quick_xml::Error),
    #[error("it holds no element")]
    Empty,
}

/// The metadata of a starter GPO. Its element names are not documented, so every element and attribute is taken by its
/// name without case, and the names that mean the same are tried in turn.
#[derive(Default)]
struct Metadata {
    by_name: HashMap<String, String>,
    by_id: HashMap<String, String>,
    strings: HashMap<String, String>,
}

impl Metadata {
    fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        let text = decode_xml(bytes)?;
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut metadata = Metadata::default();
        let mut open: Vec<(String, Option<String>)> = Vec::new();
        loop {
            match reader.read_event()? {
                Event::Start(element) => {
                    let id = metadata.take_attributes(&element);
                    open.push((element.local_name().as_ref().to_lowercase(), id));
                }
                Event::Empty(element) => {
                    metadata.take_attributes(&element);
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Text(text) => metadata.take_text(&open, &text.xml10_content()),
                Event::CData(text) => metadata.take_text(&open, &text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let number = reference.resolve_char_ref().ok().flatten().map(|c| c.to_string());
                    let name = reference.into_inner();
                    let named = quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                    metadata.take_text(&open, &named.or(number).unwrap_or_default());
                }
                Event::Eof => break,
                _ => {}
            }
        }
        if metadata.by_name.is_empty() && metadata.by_id.is_empty() {
            return Err(MetadataError::Empty);
        }
        Ok(metadata)
    }

    fn take_attributes(&mut self, element: &quick_xml::events::BytesStart<'_>) -> Option<String> {
        let mut id = None;
        for attribute in element.attributes().flatten() {
            let name = attribute.key.local_name().as_ref().to_lowercase();
            let unescaped = quick_xml::escape::unescape(&attribute.value).map(|text| text.into_owned());
            let value = unescaped.unwrap_or_else(|_| attribute.value.clone().into_owned());
            if name == "id" {
                id = Some(value.clone());
            }
            self.by_name.entry(name).or_insert(value);
        }
        id
    }

    fn take_text(&mut self, open: &[(String, Option<String>)], text: &str) {
        let Some((name, id)) = open.last() else { return };
        if let Some(id) = id {
            self.by_id.entry(id.to_lowercase()).or_default().push_str(text);
        }
        if !text.trim().is_empty() || self.by_name.contains_key(name) {
            self.by_name.entry(name.clone()).or_default().push_str(text);
        }
    }

    fn refers_to_strings(&self) -> bool {
        self.by_name.values().any(|value| string_reference(value).is_some())
    }

    fn text(&self, names: &[&str]) -> String {
        let value = names.iter().find_map(|name| self.by_name.get(*name)).map_or("", |value| value.trim());
        let resolved = string_reference(value).and_then(|name| self.strings.get(&name));
        resolved.map_or(value, String::as_str).to_owned()
    }

    fn number(&self, names: &[&str]) -> Option<u16> {
        self.text(names).parse().ok()
    }

    fn time(&self, names: &[&str]) -> Option<Timestamp> {
        let text = self.text(names);
        let moment = text.parse::<jiff::Timestamp>().ok().or_else(|| {
            // Without a zone it is UTC.
            format!("{text}Z").parse().ok()
        })?;
        Timestamp::from_unix_seconds(moment.as_second())
    }

    fn into_starter_gpo(self, domain: &DnsName, id: Guid, folder_modified: Option<Timestamp>) -> StarterGpo {
        let name = self.text(&["displayname", "name"]);
        let is_system = self.text(&["type", "startergpotype", "issystem", "system"]);
        let is_system = ["system", "true", "0"].iter().any(|word| is_system.eq_ignore_ascii_case(word));
        let version = self.text(&["gpoversion", "versionnumber"]);
        let halves = GpoVersion {
            user: self.number(&["userversion"]).unwrap_or(0),
            computer: self.number(&["computerversion", "machineversion"]).unwrap_or(0),
        };
        StarterGpo {
            id,
            domain: domain.clone(),
            display_name: if name.is_empty() { id.to_string() } else { name },
            kind: if is_system { StarterGpoType::System } else { StarterGpoType::Custom },
            author: self.text(&["author"]),
            product: self.text(&["product"]),
            description: self.text(&["description", "comment"]),
            version: GpoVersion::parse(&version).unwrap_or(halves),
            template_version: self.text(&["startergpoversion", "templateversion", "version"]),
            created: self.time(&["creationtime", "createdtime", "created"]),
            modified: self.time(&["modifiedtime", "modificationtime", "modified"]).or(folder_modified),
        }
    }
}

/// Returns the name in `$(string.NAME)`, in lower case.
fn string_reference(value: &str) -> Option<String> {
    let value = value.trim();
    let start = value.get(..9).filter(|start| start.eq_ignore_ascii_case("$(string."))?;
    Some(value[start.len()..].strip_suffix(')')?.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> StarterGpo {
        let domain = "corp.x".parse().unwrap();
        Metadata::parse(text.as_bytes()).unwrap().into_starter_gpo(&domain, Guid::NIL, None)
    }

    #[test]
    fn elements_and_attributes_are_read_alike() {
        let elements = check(
            "\u{feff}<?xml version=\"1.0\"?><s:StarterGPO xmlns:s=\"x\"><s:Name>A &amp; B</s:Name><Description>d</Description>\
             <CreatedTime>2026-03-01T12:00:00</CreatedTime><UserVersion>3</UserVersion><Type>System</Type></s:StarterGPO>",
        );
        assert_eq!((elements.display_name.as_str(), elements.description.as_str()), ("A & B", "d"));
        assert_eq!((elements.version.user, elements.kind), (3, StarterGpoType::System));
        assert_eq!(elements.created.unwrap().to_string(), "2026-03-01T12:00:00Z");
        let attributes = check("<StarterGPO displayName=\"A &lt; B\" author=\"me\" version=\"1.0\"/>");
        assert_eq!((attributes.display_name.as_str(), attributes.author.as_str()), ("A < B", "me"));
        assert_eq!((attributes.template_version.as_str(), attributes.kind), ("1.0", StarterGpoType::Custom));
    }

    #[test]
    fn texts_of_a_language_are_looked_up() {
        let mut metadata = Metadata::parse(b"<t><name>$(string.N)</name></t>").unwrap();
        assert!(metadata.refers_to_strings());
        metadata.strings = Metadata::parse(b"<t><string id=\"n\">Name</string></t>").unwrap().by_id;
        assert_eq!(metadata.text(&["name"]), "Name");
    }

    #[test]
    fn damage_is_an_error() {
        for text in ["", "no xml", "<a><b></a>"] {
            assert!(Metadata::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
