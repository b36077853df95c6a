//! Reading a `Backup.xml`, whoever wrote it.

use roxmltree::Node;

use super::{
    BackupAttribute, BackupAttributeType, BackupEntry, BackupEntryKind, BackupExtension, BackupGroup, BackupGroupType,
    BackupObject, BackupXml, Versions,
};
use crate::format::{XmlTextError, decode_xml, parse_xml};

/// The file is no `Backup.xml` of a GPO.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupXmlError {
    /// The file is no text.
    #[error(transparent)]
    Text(#[from] XmlTextError),
    /// The XML is broken.
    #[error("broken XML: {0}")]
    Xml(String),
    /// The root element is another.
    #[error("the root element is {0}, not GroupPolicyBackupScheme")]
    Root(String),
    /// The form is another than the one known.
    #[error("the version is `{0}`, and only 2.0 is known")]
    Version(String),
    /// An element that every set has is missing.
    #[error("the element {0} is missing")]
    Missing(&'static str),
    /// Entries stand in entries without end.
    #[error("line {0}: entries are nested too deep")]
    Depth(u32),
}

/// Elements and texts of one file; a set of 100,000 files has a million.
const MOST_NODES: u32 = 20_000_000;
/// Entries in entries that are read; Windows nests three.
const DEEPEST: usize = 32;

impl BackupXml {
    /// Reads a `Backup.xml`.
    ///
    /// # Errors
    /// Fails where the file is no XML, is of another form, or has no core settings of a GPO.
    pub fn parse(bytes: &[u8]) -> Result<Self, BackupXmlError> {
        let text = decode_xml(bytes)?;
        let document = parse_xml(&text, MOST_NODES).map_err(|error| BackupXmlError::Xml(error.message))?;
        let root = document.root_element();
        if root.tag_name().name() != "GroupPolicyBackupScheme" {
            return Err(BackupXmlError::Root(root.tag_name().name().to_owned()));
        }
        let version = attribute(root, "version").unwrap_or_default();
        if version.trim() != "2.0" {
            return Err(BackupXmlError::Version(version));
        }
        let object = child(root, "GroupPolicyObject").ok_or(BackupXmlError::Missing("GroupPolicyObject"))?;
        let core =
            child(object, "GroupPolicyCoreSettings").ok_or(BackupXmlError::Missing("GroupPolicyCoreSettings"))?;
        let value = |name: &'static str| child_text(core, name);
        let in_list = |list, name| child(object, list).into_iter().flat_map(move |list| children(list, name));
        let extensions = children(object, "GroupPolicyExtension").map(read_extension);
        Ok(BackupXml {
            groups: in_list("SecurityGroups", "Group").map(read_group).collect(),
            file_paths: in_list("FilePaths", "File").map(text_of).filter(|path| !path.is_empty()).collect(),
            gpo_id: value("ID").trim().parse().ok(),
            domain: value("Domain").trim().to_owned(),
            display_name: value("DisplayName"),
            security_descriptor: parse_hex(&value("SecurityDescriptor")),
            flags: value("Options").trim().parse().unwrap_or(0),
            computer_versions: read_versions(&value("MachineVersionNumber")),
            user_versions: read_versions(&value("UserVersionNumber")),
            computer_extensions: value("MachineExtensionGuids"),
            user_extensions: value("UserExtensionGuids"),
            wmi_filter: value("WMIFilter").trim().to_owned(),
            wmi_filter_name: Some(value("WMIFilterName")).filter(|name| !name.is_empty()),
            extensions: extensions.collect::<Result<_, _>>()?,
        })
    }
}

fn read_versions(text: &str) -> Versions {
    Versions::from_u32(text.trim().parse::<i64>().unwrap_or(0) as u32)
}

fn read_group(node: Node<'_, '_>) -> BackupGroup {
    BackupGroup {
        sid: child_text(node, "Sid").trim().parse().ok(),
        account: child_text(node, "SamAccountName"),
        kind: BackupGroupType::from_name(&child_text(node, "Type")),
        netbios_domain: child_text(node, "NetBIOSDomainName"),
        dns_domain: child_text(node, "DnsDomainName"),
        upn: child_text(node, "UPN"),
        from_dacl: attribute(node, "Source").is_some_and(|source| source.eq_ignore_ascii_case("FromDACL")),
    }
}

fn read_extension(node: Node<'_, '_>) -> Result<BackupExtension, BackupXmlError> {
    Ok(BackupExtension {
        id: attribute(node, "ID").unwrap_or_default(),
        name: attribute(node, "DescName").unwrap_or_default(),
        entries: read_entries(node, 0)?,
    })
}

fn read_entries(parent: Node<'_, '_>, depth: usize) -> Result<Vec<BackupEntry>, BackupXmlError> {
    let mut entries = Vec::new();
    for node in parent.children().filter(Node::is_element) {
        let kind = match node.tag_name().name() {
            "FSObjectFile" => BackupEntryKind::File,
            "FSObjectDir" => BackupEntryKind::Folder,
            "DSObject" => BackupEntryKind::Object(read_object(node)),
            _ => continue,
        };
        if depth == DEEPEST {
            let position = node.document().text_pos_at(node.range().start);
            return Err(BackupXmlError::Depth(position.row));
        }
        entries.push(BackupEntry {
            kind,
            path: attribute(node, "Path").unwrap_or_default(),
            source_path: attribute(node, "SourceExpandedPath").unwrap_or_default(),
            function: attribute(node, "ReEvaluateFunction"),
            location: attribute(node, "Location"),
            entries: read_entries(node, depth + 1)?,
        });
    }
    Ok(entries)
}

fn read_object(node: Node<'_, '_>) -> BackupObject {
    let attributes = node.children().filter(Node::is_element).filter_map(|child| {
        let element = child.tag_name().name();
        let kind = BackupAttributeType::ALL.into_iter().find(|kind| kind.element() == element)?;
        let values = children(child, "DSValue").map(text_of).map(|value| match kind {
            BackupAttributeType::Binary => parse_hex(&value).unwrap_or_else(|| value.into_bytes()),
            _ => value.into_bytes(),
        });
        Some(BackupAttribute { name: attribute(child, "DSAttrName")?, kind, values: values.collect() })
    });
    BackupObject {
        class: attribute(node, "ObjectClass").unwrap_or_default(),
        security_descriptor: parse_hex(&child_text(node, "SecurityDescriptor")),
        attributes: attributes.collect(),
    }
}

fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value().to_owned())
}

fn children<'a, 'input>(node: Node<'a, 'input>, name: &'static str) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &'static str) -> Option<Node<'a, 'input>> {
    children(node, name).next()
}

fn child_text(node: Node<'_, '_>, name: &'static str) -> String {
    child(node, name).map(text_of).unwrap_or_default()
}

fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter_map(|child| child.text()).collect()
}

/// Reads hex digits in pairs, white space between them; none where something else stands there or nothing at all.
fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    digits.chunks_exact(2).map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"<?xml version="1.0" encoding="utf-8"?><!-- c --><GroupPolicyBackupScheme bkp:version="2.0"
        xmlns:bkp="http://www.microsoft.com/GroupPolicy/GPOOperations" xmlns="http://www.microsoft.com/GroupPolicy/GPOOperations">
      <GroupPolicyObject><SecurityGroups><Group bkp:Source="FromDACL"><Sid><![CDATA[S-1-5-21-1-2-3-512]]></Sid>
        <SamAccountName><![CDATA[Domain Admins]]></SamAccountName><Type><![CDATA[GlobalGroup]]></Type><NetBIOSDomainName><![CDATA[CORP]]></NetBIOSDomainName></Group>
        <Group><Sid/><SamAccountName><![CDATA[Administrators]]></SamAccountName><Type>Alien</Type></Group></SecurityGroups>
      <FilePaths><File><![CDATA[\\srv\share\a.msi]]></File></FilePaths>
      <GroupPolicyCoreSettings><ID><![CDATA[{31B2F340-016D-11D2-945F-00C04FB984F9}]]></ID><Domain><![CDATA[corp.example.com]]></Domain>
        <SecurityDescriptor>01 00 04 9c</SecurityDescriptor><DisplayName><![CDATA[A & B]]></DisplayName><Options><![CDATA[1]]></Options>
        <UserVersionNumber><![CDATA[65536]]></UserVersionNumber><MachineVersionNumber><![CDATA[1310740]]></MachineVersionNumber>
        <MachineExtensionGuids><![CDATA[[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]]]></MachineExtensionGuids>
        <UserExtensionGuids/><WMIFilter/></GroupPolicyCoreSettings>
      <GroupPolicyExtension bkp:ID="{F15C46CD-82A0-4C2D-A210-5D0D3182A418}" bkp:DescName="Unknown Extension">
        <FSObjectFile bkp:Path="x" bkp:Location="DomainSysvol\GPO\Machine\registry.pol"/><FSObjectFile bkp:Path="y*"><FSObjectFile bkp:Path="yz" bkp:Location="z"/></FSObjectFile>
        <FSObjectDir bkp:Path="d" bkp:Location="DomainSysvol\GPO\Adm"/>
        <DSObject bkp:Path="CN=a,%GPO_MACH_DSPATH%" bkp:ObjectClass="container"><DSAttributeBinary bkp:DSAttrName="b"><DSValue><![CDATA[0a ff]]></DSValue></DSAttributeBinary>
          <DSAttributeString bkp:DSAttrName="empty"/><DSObject bkp:Path="*,CN=a,%GPO_MACH_DSPATH%"/></DSObject></GroupPolicyExtension>
      </GroupPolicyObject></GroupPolicyBackupScheme>"#;

    #[test]
    fn reads_a_set() {
        let set = BackupXml::parse(SAMPLE.as_bytes()).unwrap();
        assert_eq!(set.display_name, "A & B");
        assert_eq!(set.security_descriptor, Some(vec![1, 0, 4, 0x9c]));
        assert_eq!(set.user_versions, Versions { sysvol: 1, directory: 0 });
        assert_eq!(set.computer_versions, Versions { sysvol: 20, directory: 20 });
        assert_eq!(
            set.computer_extensions,
            "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]"
        );
        assert_eq!(set.groups.len(), 2);
        assert!(set.groups[0].from_dacl && set.groups[0].kind == BackupGroupType::GlobalGroup);
        assert_eq!(set.groups[1], BackupGroup { account: "Administrators".to_owned(), ..BackupGroup::default() });
        assert_eq!(set.file_paths, [r"\\srv\share\a.msi"]);
        assert_eq!(set.files().collect::<Vec<_>>(), [r"DomainSysvol\GPO\Machine\registry.pol", "z"]);
        let objects: Vec<_> = set.objects().collect();
        assert_eq!(objects.len(), 1);
        assert_eq!(objects[0].0, "CN=a,%GPO_MACH_DSPATH%");
        assert_eq!(objects[0].1.attributes[0].values, [vec![0x0A, 0xFF]]);
        assert_eq!(set.extensions[0].entries.len(), 4);
    }

    #[test]
    fn damage_is_an_error() {
        let check = |text: &str, expected: &str| {
            let error = BackupXml::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("", "broken XML");
        check("no xml", "broken XML");
        check("<a/>", "the root element is a");
        check("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "broken XML");
        check(&SAMPLE[..600], "broken XML");
        check(&SAMPLE.replace("\"2.0\"", "\"3.0\""), "the version is `3.0`");
        check(&SAMPLE.replace("CoreSettings", "Core"), "GroupPolicyCoreSettings is missing");
        let deep = format!("{}{}", "<FSObjectDir>".repeat(40), "</FSObjectDir>".repeat(40));
        check(&SAMPLE.replace("<FSObjectDir bkp:Path=\"d\"", &format!("{deep}<FSObjectDir")), "nested too deep");
    }
}
