//! `Backup.xml`: what a backup set of a GPO holds (`operations.md` 1.3).

use roxmltree::Node;

use crate::ident::{ExtensionList, Guid, Sid};

use super::{XmlTextError, decode_xml, parse_xml};

/// The contents of a `Backup.xml`, as far as this program reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupXml {
    /// Id of the GPO; none where it is missing or no GUID.
    pub gpo_id: Option<Guid>,
    /// DNS name of its domain.
    pub domain: String,
    /// Its display name.
    pub display_name: String,
    /// The descriptor (DACL only), self-relative; none where it is missing or no hex text.
    pub security_descriptor: Option<Vec<u8>>,
    /// The GPO's `flags`.
    pub flags: i32,
    /// Versions of the computer half: SYSVOL, directory.
    pub computer_versions: Versions,
    /// Versions of the user half: SYSVOL, directory.
    pub user_versions: Versions,
    /// `gPCMachineExtensionNames`.
    pub computer_extensions: ExtensionList,
    /// `gPCUserExtensionNames`.
    pub user_extensions: ExtensionList,
    /// The reference to the WMI filter; empty where there is none.
    pub wmi_filter: String,
    /// The name of the WMI filter, where there is one.
    pub wmi_filter_name: Option<String>,
    /// The principals that the set refers to.
    pub groups: Vec<BackupGroup>,
    /// The files copied, as places in the set: `DomainSysvol\GPO\Machine\registry.pol`.
    pub files: Vec<String>,
    /// The directory objects below the GPO.
    pub objects: Vec<BackupObject>,
}

/// The two versions of a half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// In SYSVOL.
    pub sysvol: u16,
    /// In the directory.
    pub directory: u16,
}

/// A principal that a set refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupGroup {
    /// Its SID; none for those that are the same in every domain.
    pub sid: Option<Sid>,
    /// Its account name; empty where it could not be resolved.
    pub account: String,
    /// NetBIOS name of its domain; may be empty.
    pub netbios_domain: String,
    /// DNS name of its domain; may be empty.
    pub dns_domain: String,
}

/// A directory object in a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupObject {
    /// Its place with a macro: `CN=IEEE80211,CN=Windows,CN=Microsoft,%GPO_MACH_DSPATH%`.
    pub path: String,
    /// Its class.
    pub class: String,
    /// Its attributes with their values as the directory stores them.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

/// The file is no `Backup.xml` of a GPO.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupXmlError {
    /// The file is no text.
    #[error(transparent)]
    Text(#[from] XmlTextError),
    /// The XML is broken.
    #[error("broken XML: {0}")]
    Xml(String),
    /// An element that every set has is missing.
    #[error("the element {0} is missing")]
    Missing(&'static str),
}

const MOST_NODES: u32 = 20_000_000;

impl BackupXml {
    /// Reads a `Backup.xml`.
    ///
    /// # Errors
    /// Fails where the file is no XML, or has no core settings of a GPO.
    pub fn parse(bytes: &[u8]) -> Result<Self, BackupXmlError> {
        let text = decode_xml(bytes)?;
        let document = parse_xml(&text, MOST_NODES).map_err(|error| BackupXmlError::Xml(error.message))?;
        let elements = || document.descendants().filter(Node::is_element);
        let named = |name: &'static str| elements().find(move |node| node.tag_name().name() == name);
        let core = named("GroupPolicyCoreSettings").ok_or(BackupXmlError::Missing("GroupPolicyCoreSettings"))?;
        let value = |name: &str| child_text(core, name);
        let objects = elements().filter(|node| node.tag_name().name() == "DSObject");
        Ok(BackupXml {
            gpo_id: value("ID").trim().parse().ok(),
            domain: value("Domain").trim().to_owned(),
            display_name: value("DisplayName"),
            security_descriptor: parse_hex(&value("SecurityDescriptor")),
            flags: value("Options").trim().parse().unwrap_or(0),
            computer_versions: Versions::parse(&value("MachineVersionNumber")),
            user_versions: Versions::parse(&value("UserVersionNumber")),
            computer_extensions: ExtensionList::parse_lossy(&value("MachineExtensionGuids")),
            user_extensions: ExtensionList::parse_lossy(&value("UserExtensionGuids")),
            wmi_filter: value("WMIFilter").trim().to_owned(),
            wmi_filter_name: Some(value("WMIFilterName")).filter(|name| !name.is_empty()),
            groups: elements().filter(|node| node.tag_name().name() == "Group").map(read_group).collect(),
            files: elements()
                .filter(|node| node.tag_name().name() == "FSObjectFile")
                .filter_map(|node| attribute(node, "Location"))
                .collect(),
            objects: objects.filter_map(read_object).collect(),
        })
    }
}

impl Versions {
    /// Reads the number of a half: SYSVOL in the high word, the directory in the low one.
    fn parse(text: &str) -> Self {
        let number = text.trim().parse::<i64>().unwrap_or(0) as u32;
        Versions { sysvol: (number >> 16) as u16, directory: number as u16 }
    }
}

fn read_group(node: Node<'_, '_>) -> BackupGroup {
    BackupGroup {
        sid: child_text(node, "Sid").trim().parse().ok(),
        account: child_text(node, "SamAccountName"),
        netbios_domain: child_text(node, "NetBIOSDomainName"),
        dns_domain: child_text(node, "DnsDomainName"),
    }
}

/// Reads an object; none for the pattern that stands in the template for every package.
fn read_object(node: Node<'_, '_>) -> Option<BackupObject> {
    let path = attribute(node, "Path")?;
    if path.starts_with('*') {
        return None;
    }
    let mut object =
        BackupObject { path, class: attribute(node, "ObjectClass").unwrap_or_default(), attributes: Vec::new() };
    for child in node.children().filter(Node::is_element) {
        let kind = child.tag_name().name();
        let Some(name) = kind.strip_prefix("DSAttribute").and_then(|_| attribute(child, "DSAttrName")) else {
            continue;
        };
        let values: Vec<Vec<u8>> = child
            .children()
            .filter(|value| value.is_element() && value.tag_name().name() == "DSValue")
            .map(text)
            .map(|value| match kind {
                "DSAttributeBinary" => parse_hex(&value).unwrap_or_else(|| value.into_bytes()),
                _ => value.into_bytes(),
            })
            .collect();
        if !values.is_empty() {
            object.attributes.push((name, values));
        }
    }
    Some(object)
}

fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.attributes().find(|attribute| attribute.name() == name).map(|attribute| attribute.value().to_owned())
}

fn child_text(node: Node<'_, '_>, name: &str) -> String {
    let child = node.children().find(|child| child.is_element() && child.tag_name().name() == name);
    child.map(text).unwrap_or_default()
}

fn text(node: Node<'_, '_>) -> String {
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
        <SamAccountName><![CDATA[Domain Admins]]></SamAccountName><NetBIOSDomainName><![CDATA[CORP]]></NetBIOSDomainName></Group>
        <Group><Sid/><SamAccountName><![CDATA[Administrators]]></SamAccountName></Group></SecurityGroups>
      <GroupPolicyCoreSettings><ID><![CDATA[{31B2F340-016D-11D2-945F-00C04FB984F9}]]></ID><Domain><![CDATA[corp.example.com]]></Domain>
        <SecurityDescriptor>01 00 04 9c</SecurityDescriptor><DisplayName><![CDATA[A & B]]></DisplayName><Options><![CDATA[1]]></Options>
        <UserVersionNumber><![CDATA[65536]]></UserVersionNumber><MachineVersionNumber><![CDATA[1310740]]></MachineVersionNumber>
        <MachineExtensionGuids><![CDATA[[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]]]></MachineExtensionGuids>
        <UserExtensionGuids/><WMIFilter/></GroupPolicyCoreSettings>
      <GroupPolicyExtension><FSObjectFile bkp:Path="x" bkp:Location="DomainSysvol\GPO\Machine\registry.pol"/><FSObjectFile bkp:Path="y"/>
        <DSObject bkp:Path="CN=a,%GPO_MACH_DSPATH%" bkp:ObjectClass="container"><DSAttributeBinary bkp:DSAttrName="b"><DSValue><![CDATA[0a ff]]></DSValue></DSAttributeBinary>
          <DSAttributeString bkp:DSAttrName="empty"/></DSObject><DSObject bkp:Path="*,CN=a,%GPO_MACH_DSPATH%"/></GroupPolicyExtension>
      </GroupPolicyObject></GroupPolicyBackupScheme>"#;

    #[test]
    fn reads_a_set() {
        let set = BackupXml::parse(SAMPLE.as_bytes()).unwrap();
        assert_eq!(set.display_name, "A & B");
        assert_eq!(set.security_descriptor, Some(vec![1, 0, 4, 0x9c]));
        assert_eq!(set.user_versions, Versions { sysvol: 1, directory: 0 });
        assert_eq!(set.computer_versions, Versions { sysvol: 20, directory: 20 });
        assert!(set.computer_extensions.contains(Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2)));
        assert_eq!(set.groups.len(), 2);
        assert_eq!(set.groups[1], BackupGroup { account: "Administrators".to_owned(), ..BackupGroup::default() });
        assert_eq!(set.files, [r"DomainSysvol\GPO\Machine\registry.pol"]);
        assert_eq!(set.objects[0].attributes, [("b".to_owned(), vec![vec![0x0A, 0xFF]])]);
        assert_eq!(set.objects.len(), 1);
    }

    #[test]
    fn damage_is_an_error() {
        for text in ["", "no xml", "<a/>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", &SAMPLE[..600]] {
            assert!(BackupXml::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
