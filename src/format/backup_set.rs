//! The index files of GPMC's backups: `manifest.xml` of a folder, `bkupInfo.xml` of each set (`operations.md` 1.1, 1.2).

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::ident::{Guid, Timestamp};

use super::xml_write::cdata;
use super::{XmlTextError, decode_xml};

const NAMESPACE: &str = "http://www.microsoft.com/GroupPolicy/GPOOperations/Manifest";

/// What the index says of one backup set (the element `BackupInst`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupInstance {
    /// Id of the set, the name of its folder; not the GPO's.
    pub id: Guid,
    /// Id of the GPO that was saved.
    pub gpo_id: Guid,
    /// Display name of the GPO at that time.
    pub gpo_name: String,
    /// DNS name of its domain.
    pub domain: String,
    /// `objectGUID` of the domain, where it is told.
    pub domain_guid: Option<Guid>,
    /// The domain controller it was read from.
    pub domain_controller: String,
    /// When it was saved; none where the text is no time.
    pub time: Option<Timestamp>,
    /// The comment given.
    pub comment: String,
    /// Whether the GPO had software installation settings (`SIPresent`).
    pub has_software: bool,
}

/// What could be read of a `manifest.xml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The sets, in the order of the file.
    pub instances: Vec<BackupInstance>,
    /// What could not be read: entries without an id, or the rest of a file that breaks off.
    pub problems: Vec<BackupSetError>,
}

/// An index file, or one of its entries, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupSetError {
    /// The file is no text.
    #[error(transparent)]
    Text(#[from] XmlTextError),
    /// The XML is broken.
    #[error("broken XML at character {position}: {message}")]
    Xml {
        /// Where, counted in bytes of the decoded text from 0.
        position: u64,
        /// What the parser says.
        message: String,
    },
    /// The root element is another.
    #[error("the file is no {expected}: it has no such element at its root")]
    Root {
        /// Name of the root element that was expected.
        expected: &'static str,
    },
    /// A value that every set needs is missing or no GUID.
    #[error("entry {number}: `{value}` in {element} is not a GUID")]
    Id {
        /// Which entry, counted from 1.
        number: usize,
        /// Name of the element.
        element: &'static str,
        /// Its text, at most 80 characters.
        value: String,
    },
}

/// Reads a `manifest.xml`. What can be read is returned, even where the file breaks off.
pub fn read_manifest(bytes: &[u8]) -> Manifest {
    let mut manifest = Manifest::default();
    let outcome = decode_xml(bytes).map_err(BackupSetError::from).and_then(|text| {
        read_instances(&text, "Backups", |result| match result {
            Ok(instance) => manifest.instances.push(instance),
            Err(error) => manifest.problems.push(error),
        })
    });
    if let Err(error) = outcome {
        manifest.problems.push(error);
    }
    manifest
}

/// Reads a `bkupInfo.xml`.
pub fn read_backup_info(bytes: &[u8]) -> Result<BackupInstance, BackupSetError> {
    let text = decode_xml(bytes)?;
    let mut found = None;
    read_instances(&text, "BackupInst", |result| found = Some(result))?;
    found.unwrap_or(Err(BackupSetError::Root { expected: "BackupInst" }))
}

/// Returns the bytes of a `manifest.xml`: one line, as GPMC writes it.
pub fn write_manifest(instances: &[BackupInstance]) -> Vec<u8> {
    let mut text = format!("<Backups xmlns=\"{NAMESPACE}\" xmlns:mfst=\"{NAMESPACE}\" mfst:version=\"1.0\">");
    for instance in instances {
        let attributes = if instance.has_software { " mfst:SIPresent=\"true\"" } else { "" };
        write_instance(&mut text, attributes, instance);
    }
    text += "</Backups>";
    text.into_bytes()
}

/// Returns the bytes of a `bkupInfo.xml`: one line, as GPMC writes it.
pub fn write_backup_info(instance: &BackupInstance) -> Vec<u8> {
    let mut attributes = format!(" xmlns=\"{NAMESPACE}\"");
    if instance.has_software {
        attributes += &format!(" xmlns:mfst=\"{NAMESPACE}\" mfst:SIPresent=\"true\"");
    }
    let mut text = String::new();
    write_instance(&mut text, &attributes, instance);
    text += "\r\n";
    text.into_bytes()
}

fn write_instance(text: &mut String, attributes: &str, instance: &BackupInstance) {
    let domain_guid = instance.domain_guid.map_or_else(String::new, |id| id.to_string().to_lowercase());
    // UTC without the letter that says so.
    let time = instance.time.map_or_else(String::new, |time| time.to_string().trim_end_matches('Z').to_owned());
    let values = [
        instance.gpo_id.to_string(),
        instance.domain.clone(),
        domain_guid,
        instance.domain_controller.clone(),
        time,
        instance.id.to_string(),
        instance.comment.clone(),
        instance.gpo_name.clone(),
    ];
    *text += &format!("<BackupInst{attributes}>");
    for (name, value) in FIELDS.iter().zip(values) {
        *text += &format!("<{name}>{}</{name}>", cdata(&value));
    }
    *text += "</BackupInst>";
}

/// Calls `visit` for each `BackupInst` that is the root or stands directly below it.
fn read_instances(
    text: &str,
    root: &'static str,
    mut visit: impl FnMut(Result<BackupInstance, BackupSetError>),
) -> Result<(), BackupSetError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut depth = 0usize;
    let mut number = 0;
    let mut draft: Option<Draft> = None;
    let mut seen_root = false;
    loop {
        let position = reader.buffer_position();
        let broken = |message: String| BackupSetError::Xml { position, message };
        match reader.read_event().map_err(|error| broken(error.to_string()))? {
            Event::Start(start) => {
                if depth == 0 {
                    if seen_root || !has_name(&start, root) {
                        return Err(BackupSetError::Root { expected: root });
                    }
                    seen_root = true;
                }
                let instance_depth = usize::from(root == "Backups");
                if depth == instance_depth && has_name(&start, "BackupInst") {
                    number += 1;
                    draft = Some(Draft { has_software: has_software(&start), depth, ..Draft::default() });
                } else if let Some(draft) = &mut draft
                    && depth == draft.depth + 1
                {
                    draft.field = FIELDS.iter().position(|name| has_name(&start, name));
                }
                depth += 1;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some(open) = &mut draft {
                    if depth == open.depth + 1 {
                        open.field = None;
                    } else if depth == open.depth
                        && let Some(done) = draft.take()
                    {
                        visit(done.finish(number));
                    }
                }
            }
            Event::Text(content) => append(&mut draft, depth, &content),
            Event::CData(content) => append(&mut draft, depth, &content),
            Event::GeneralRef(reference) => {
                let text = resolve(&reference).ok_or_else(|| broken("an entity that is not defined".to_owned()))?;
                append(&mut draft, depth, &text);
            }
            Event::Eof if depth > 0 => return Err(broken("the file ends within an element".to_owned())),
            Event::Eof if !seen_root => return Err(BackupSetError::Root { expected: root }),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

const FIELDS: [&str; 8] =
    ["GPOGuid", "GPODomain", "GPODomainGuid", "GPODomainController", "BackupTime", "ID", "Comment", "GPODisplayName"];

/// A `BackupInst` while it is being read: its texts in the order of [`FIELDS`].
#[derive(Default)]
struct Draft {
    values: [String; 8],
    field: Option<usize>,
    has_software: bool,
    depth: usize,
}

impl Draft {
    fn finish(self, number: usize) -> Result<BackupInstance, BackupSetError> {
        let [gpo_id, domain, domain_guid, domain_controller, time, id, comment, gpo_name] = self.values;
        let guid = |element: &'static str, text: &str| {
            let shortened = || text.trim().chars().take(80).collect();
            text.parse::<Guid>().map_err(|_| BackupSetError::Id { number, element, value: shortened() })
        };
        Ok(BackupInstance {
            id: guid("ID", &id)?,
            gpo_id: guid("GPOGuid", &gpo_id)?,
            gpo_name,
            domain: domain.trim().to_owned(),
            domain_guid: domain_guid.parse().ok(),
            domain_controller: domain_controller.trim().to_owned(),
            time: parse_time(&time),
            comment,
            has_software: self.has_software,
        })
    }
}

fn append(draft: &mut Option<Draft>, depth: usize, text: &str) {
    if let Some(draft) = draft
        && depth == draft.depth + 2
        && let Some(field) = draft.field
    {
        draft.values[field].push_str(text);
    }
}

fn has_name(start: &BytesStart<'_>, name: &str) -> bool {
    start.local_name().as_ref() == name
}

fn has_software(start: &BytesStart<'_>) -> bool {
    let mut attributes = start.attributes().flatten();
    attributes.any(|attribute| {
        attribute.key.local_name().as_ref() == "SIPresent" && attribute.value.eq_ignore_ascii_case("true")
    })
}

/// Returns what a reference stands for: a character by number, or one of the five that XML itself defines.
fn resolve(reference: &BytesRef<'_>) -> Option<String> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character.to_string());
    }
    let text = match &**reference {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    };
    Some(text.to_owned())
}

/// Reads `2023-03-09T17:04:03`, UTC; a `Z` or a fraction behind it does no harm.
fn parse_time(text: &str) -> Option<Timestamp> {
    let civil: jiff::civil::DateTime = text.trim().trim_end_matches(['Z', 'z']).parse().ok()?;
    Timestamp::from_unix_seconds(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instance_xml(attributes: &str, id: &str, name: &str) -> String {
        format!(
            "<BackupInst{attributes}><GPOGuid><![CDATA[{{B5F9A74A-0000-0000-0000-000000000001}}]]></GPOGuid><GPODomain><![CDATA[corp.example.com]]></GPODomain><GPODomainGuid><![CDATA[{{721b2c21-0000-0000-0000-000000000001}}]]></GPODomainGuid><GPODomainController><![CDATA[dc1.corp.example.com]]></GPODomainController><BackupTime><![CDATA[2023-03-09T17:04:03]]></BackupTime><ID><![CDATA[{id}]]></ID><Comment></Comment><GPODisplayName>{name}</GPODisplayName></BackupInst>"
        )
    }

    const ID: &str = "{CA093B03-0000-0000-0000-000000000001}";

    #[test]
    fn reads_an_entry() {
        let attributes = format!(" xmlns=\"{NAMESPACE}\" xmlns:mfst=\"{NAMESPACE}\" mfst:SIPresent=\"true\"");
        let xml = instance_xml(&attributes, ID, "<![CDATA[A & B ]]>") + "\r\n";
        let instance = read_backup_info(xml.as_bytes()).unwrap();
        assert_eq!(instance.id.to_string(), ID);
        assert_eq!(instance.gpo_name, "A & B ");
        assert_eq!(instance.domain, "corp.example.com");
        assert_eq!(instance.domain_controller, "dc1.corp.example.com");
        assert_eq!(instance.time.unwrap().to_string(), "2023-03-09T17:04:03Z");
        assert_eq!(instance.comment, "");
        assert!(instance.has_software && instance.domain_guid.is_some());
        let wide: Vec<u8> = [0xFEFF].into_iter().chain(xml.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(read_backup_info(&wide), Ok(instance));
    }

    #[test]
    fn reads_the_entries_of_a_manifest_that_can_be_read() {
        let xml = format!(
            "<Backups xmlns=\"{NAMESPACE}\" mfst:version=\"1.0\">{}{}{}",
            instance_xml("", ID, "one &lt;&#65;"),
            instance_xml("", "not an id", "two"),
            instance_xml("", ID, "three"),
        );
        let whole = read_manifest(format!("{xml}</Backups>").as_bytes());
        let names = |manifest: &Manifest| manifest.instances.iter().map(|i| i.gpo_name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&whole), ["one <A", "three"]);
        assert!(matches!(whole.problems[..], [BackupSetError::Id { number: 2, element: "ID", .. }]));
        let broken = read_manifest(xml.as_bytes());
        assert_eq!(names(&broken), ["one <A", "three"]);
        assert_eq!(broken.problems.len(), 2);
    }

    #[test]
    fn an_index_is_written_as_it_was_read() {
        let check = |attributes: &str, name: &str| {
            let entry =
                instance_xml(attributes, ID, name).replace("<Comment></Comment>", "<Comment><![CDATA[]]></Comment>");
            let namespaces = if attributes.is_empty() { "" } else { " xmlns:mfst=\"NS\"" }.replace("NS", NAMESPACE);
            let own =
                entry.replacen("<BackupInst", &format!("<BackupInst xmlns=\"{NAMESPACE}\"{namespaces}"), 1) + "\r\n";
            assert_eq!(String::from_utf8(write_backup_info(&read_backup_info(own.as_bytes()).unwrap())), Ok(own));
            let list = format!(
                "<Backups xmlns=\"{NAMESPACE}\" xmlns:mfst=\"{NAMESPACE}\" mfst:version=\"1.0\">{entry}{entry}</Backups>"
            );
            assert_eq!(String::from_utf8(write_manifest(&read_manifest(list.as_bytes()).instances)), Ok(list));
        };
        check("", "<![CDATA[A & B ]]>");
        check(" mfst:SIPresent=\"true\"", "<![CDATA[]]]]><![CDATA[>]]>");
        let no_time = BackupInstance {
            time: None,
            domain_guid: None,
            ..read_backup_info(instance_xml("", ID, "x").as_bytes()).unwrap()
        };
        assert_eq!(read_backup_info(&write_backup_info(&no_time)), Ok(no_time));
    }

    #[test]
    fn hostile_files_are_refused() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\"><!ENTITY e SYSTEM \"file:///etc/passwd\">]>";
        let entity = format!("{bomb}{}", instance_xml("", ID, "&b;&e;"));
        assert!(matches!(read_backup_info(entity.as_bytes()), Err(BackupSetError::Xml { .. })));
        assert!(matches!(read_backup_info(b"<other/>"), Err(BackupSetError::Root { .. })));
        assert!(matches!(read_backup_info(b""), Err(BackupSetError::Root { .. })));
        assert!(read_backup_info(b"<BackupInst/>").is_err());
        assert!(read_backup_info("<BackupInst>".repeat(100_000).as_bytes()).is_err());
        assert_eq!(read_manifest(b"<Backups/>"), Manifest::default());
        assert_eq!(read_manifest(b"\xFF\xFF").problems.len(), 1);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r"(<Backups>|<BackupInst>|</BackupInst>|<ID>|</ID>|<!\[CDATA\[|\]\]>|&#1;|&lt;|<|>|x){0,20}") {
            read_manifest(text.as_bytes());
            let _ = read_backup_info(text.as_bytes());
        }
    }
}
