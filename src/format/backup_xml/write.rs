//! Writing a `Backup.xml` as Windows does: the root on the line of the declaration, CR LF, values in CDATA.

use super::{
    BackupAttribute, BackupEntry, BackupEntryKind, BackupExtension, BackupGroup, BackupObject, BackupXml, Versions,
};
use crate::format::xml_write::{attribute, element};

const NAMESPACE: &str = "http://www.microsoft.com/GroupPolicy/GPOOperations";
/// The block of everything that no other block holds; Windows puts it last, and on one line.
const UNKNOWN_EXTENSION: &str = "{F15C46CD-82A0-4C2D-A210-5D0D3182A418}";

impl BackupXml {
    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- Written by OpenGPMC --><GroupPolicyBackupScheme bkp:version=\"2.0\" bkp:type=\"GroupPolicyBackupTemplate\" xmlns:bkp=\"{NAMESPACE}\" xmlns=\"{NAMESPACE}\">\r\n    <GroupPolicyObject>"
        );
        list(&mut text, "SecurityGroups", &self.groups, write_group);
        list(&mut text, "FilePaths", &self.file_paths, |text, path| element(text, "File", path));
        self.write_core(&mut text);
        text += " \r\n";
        for extension in &self.extensions {
            write_extension(&mut text, extension);
        }
        text += "</GroupPolicyObject>\r\n</GroupPolicyBackupScheme>";
        text.into_bytes()
    }

    fn write_core(&self, text: &mut String) {
        *text += "<GroupPolicyCoreSettings>";
        let id = self.gpo_id.map_or_else(String::new, |id| id.to_string());
        element(text, "ID", &id);
        element(text, "Domain", &self.domain);
        write_descriptor(text, self.security_descriptor.as_deref());
        element(text, "DisplayName", &self.display_name);
        element(text, "Options", &self.flags.to_string());
        let number = |versions: Versions| versions.to_u32().to_string();
        element(text, "UserVersionNumber", &number(self.user_versions));
        element(text, "MachineVersionNumber", &number(self.computer_versions));
        element(text, "MachineExtensionGuids", &self.computer_extensions);
        element(text, "UserExtensionGuids", &self.user_extensions);
        element(text, "WMIFilter", &self.wmi_filter);
        if let Some(name) = &self.wmi_filter_name {
            element(text, "WMIFilterName", name);
        }
        *text += "</GroupPolicyCoreSettings>";
    }
}

fn list<T>(text: &mut String, name: &str, values: &[T], write: impl Fn(&mut String, &T)) {
    if values.is_empty() {
        *text += &format!("<{name}/>");
        return;
    }
    *text += &format!("<{name}>");
    values.iter().for_each(|value| write(text, value));
    *text += &format!("</{name}>");
}

fn write_group(text: &mut String, group: &BackupGroup) {
    *text += if group.from_dacl { "<Group bkp:Source=\"FromDACL\">" } else { "<Group>" };
    let sid = group.sid.as_ref().map_or_else(String::new, ToString::to_string);
    element(text, "Sid", &sid);
    element(text, "SamAccountName", &group.account);
    element(text, "Type", group.kind.name());
    element(text, "NetBIOSDomainName", &group.netbios_domain);
    element(text, "DnsDomainName", &group.dns_domain);
    element(text, "UPN", &group.upn);
    *text += "</Group>";
}

fn write_extension(text: &mut String, extension: &BackupExtension) {
    let is_unknown = extension.id.eq_ignore_ascii_case(UNKNOWN_EXTENSION);
    let (indent, line) = if is_unknown { ("    ", "") } else { ("        ", "\r\n") };
    *text += indent;
    *text += "<GroupPolicyExtension";
    attribute(text, "bkp:ID", &extension.id);
    attribute(text, "bkp:DescName", &extension.name);
    *text += ">";
    *text += line;
    for entry in &extension.entries {
        if !is_unknown {
            *text += "            ";
        }
        write_entry(text, entry);
        *text += line;
    }
    if !is_unknown {
        *text += indent;
    }
    *text += "</GroupPolicyExtension>";
    *text += line;
}

fn write_entry(text: &mut String, entry: &BackupEntry) {
    let name = match &entry.kind {
        BackupEntryKind::File => "FSObjectFile",
        BackupEntryKind::Folder => "FSObjectDir",
        BackupEntryKind::Object(_) => "DSObject",
    };
    *text += &format!("<{name}");
    attribute(text, "bkp:Path", &entry.path);
    attribute(text, "bkp:SourceExpandedPath", &entry.source_path);
    if let BackupEntryKind::Object(object) = &entry.kind {
        attribute(text, "bkp:ObjectClass", &object.class);
    }
    let optional = [("bkp:ReEvaluateFunction", &entry.function), ("bkp:Location", &entry.location)];
    for (name, value) in optional {
        if let Some(value) = value {
            attribute(text, name, value);
        }
    }
    let start = text.len();
    *text += ">";
    if let BackupEntryKind::Object(object) = &entry.kind {
        write_object(text, object);
    }
    entry.entries.iter().for_each(|inner| write_entry(text, inner));
    if text.len() == start + 1 {
        text.truncate(start);
        *text += "/>";
    } else {
        *text += &format!("</{name}>");
    }
}

fn write_object(text: &mut String, object: &BackupObject) {
    // A package has the element always, and it is empty where no permissions were saved.
    if object.security_descriptor.is_some() || object.class.eq_ignore_ascii_case("packageRegistration") {
        write_descriptor(text, object.security_descriptor.as_deref());
    }
    object.attributes.iter().for_each(|attribute| write_attribute(text, attribute));
}

fn write_attribute(text: &mut String, of_object: &BackupAttribute) {
    let name = of_object.kind.element();
    *text += &format!("<{name}");
    attribute(text, "bkp:DSAttrName", &of_object.name);
    if of_object.values.is_empty() {
        *text += "/>";
        return;
    }
    *text += ">";
    for value in &of_object.values {
        match of_object.kind {
            super::BackupAttributeType::Binary => element(text, "DSValue", &hex(value)),
            _ => element(text, "DSValue", &String::from_utf8_lossy(value)),
        }
    }
    *text += &format!("</{name}>");
}

/// Writes a descriptor: bytes in hexadecimal with blanks between them, without CDATA.
fn write_descriptor(text: &mut String, descriptor: Option<&[u8]>) {
    match descriptor {
        Some(bytes) => *text += &format!("<SecurityDescriptor>{}</SecurityDescriptor>", hex(bytes)),
        None => *text += "<SecurityDescriptor/>",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::{BackupAttributeType, BackupGroupType};
    use super::*;

    fn sample() -> BackupXml {
        let entry = |kind, path: &str, location: Option<&str>, entries| BackupEntry {
            kind,
            path: path.to_owned(),
            source_path: format!(r"\\dc1\sysvol\{path}"),
            function: None,
            location: location.map(str::to_owned),
            entries,
        };
        let attribute = |name: &str, kind, values: &[&[u8]]| BackupAttribute {
            name: name.to_owned(),
            kind,
            values: values.iter().map(|value| value.to_vec()).collect(),
        };
        let object = BackupObject {
            class: "container".to_owned(),
            security_descriptor: Some(vec![1, 0xAB]),
            attributes: vec![
                attribute("b", BackupAttributeType::Binary, &[&[0, 0xFF]]),
                attribute("t", BackupAttributeType::MultiString, &[b"a ]]> b", b"c\r\nd"]),
                attribute("e", BackupAttributeType::Dword, &[]),
            ],
        };
        let matched =
            entry(BackupEntryKind::File, r"%GPO_FSPATH%\Adm\a&b.adm", Some(r"DomainSysvol\GPO\Adm\a&b.adm"), vec![]);
        BackupXml {
            groups: vec![
                BackupGroup { account: "Administrators".to_owned(), ..BackupGroup::default() },
                BackupGroup {
                    sid: "S-1-5-21-1-2-3-512".parse().ok(),
                    account: "Domain Admins".to_owned(),
                    kind: BackupGroupType::GlobalGroup,
                    netbios_domain: "CORP".to_owned(),
                    dns_domain: "corp.x".to_owned(),
                    upn: "Domain Admins@corp.x".to_owned(),
                    from_dacl: true,
                },
            ],
            file_paths: vec![r"\\srv\a<b".to_owned()],
            gpo_id: "{31B2F340-016D-11D2-945F-00C04FB984F9}".parse().ok(),
            domain: "corp.x".to_owned(),
            display_name: " A & B ]]> ".to_owned(),
            security_descriptor: Some(vec![1, 0, 4, 0x9C]),
            flags: 3,
            computer_versions: Versions { sysvol: 65535, directory: 2 },
            user_versions: Versions { sysvol: 0, directory: 1 },
            computer_extensions: "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]"
                .to_owned(),
            user_extensions: String::new(),
            wmi_filter: "MSFT_SomFilter.ID=\"{1}\",Domain=\"corp.x\"".to_owned(),
            wmi_filter_name: Some("F".to_owned()),
            extensions: vec![
                BackupExtension {
                    id: "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}".to_owned(),
                    name: "Registry".to_owned(),
                    entries: vec![entry(BackupEntryKind::File, r"%GPO_FSPATH%\Adm\*.*", None, vec![matched])],
                },
                BackupExtension {
                    id: UNKNOWN_EXTENSION.to_owned(),
                    name: "Unknown Extension".to_owned(),
                    entries: vec![
                        entry(BackupEntryKind::Object(object), "CN=a,%GPO_MACH_DSPATH%", None, vec![]),
                        entry(BackupEntryKind::Folder, r"%GPO_FSPATH%\Adm", Some(r"DomainSysvol\GPO\Adm"), vec![]),
                    ],
                },
            ],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let set = sample();
        assert_eq!(BackupXml::parse(&set.to_bytes()), Ok(set));
        let empty = BackupXml { domain: "x".to_owned(), ..BackupXml::default() };
        assert_eq!(BackupXml::parse(&empty.to_bytes()), Ok(empty));
    }

    #[test]
    fn the_form_is_that_of_windows() {
        let text = String::from_utf8(sample().to_bytes()).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(lines[0].starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><!--"));
        assert!(lines[0].ends_with(" xmlns=\"http://www.microsoft.com/GroupPolicy/GPOOperations\">"));
        assert!(lines[1].starts_with("    <GroupPolicyObject><SecurityGroups><Group><Sid/><SamAccountName><![CDATA[Administrators]]></SamAccountName><Type><![CDATA[Unknown]]></Type><NetBIOSDomainName/><DnsDomainName/><UPN/></Group><Group bkp:Source=\"FromDACL\"><Sid><![CDATA[S-1-5-21-1-2-3-512]]></Sid>"));
        assert!(lines[1].contains("<SecurityDescriptor>01 00 04 9c</SecurityDescriptor>"));
        assert!(lines[1].contains("<MachineVersionNumber><![CDATA[4294901762]]></MachineVersionNumber>"));
        assert!(lines[1].contains("<UserExtensionGuids/>"));
        assert_eq!(
            lines[2],
            "        <GroupPolicyExtension bkp:ID=\"{35378EAC-683F-11D2-A89A-00C04FBBCFA2}\" bkp:DescName=\"Registry\">"
        );
        assert!(lines[3].starts_with(
            "            <FSObjectFile bkp:Path=\"%GPO_FSPATH%\\Adm\\*.*\" bkp:SourceExpandedPath=\"\\\\dc1\\sysvol\\%GPO_FSPATH%\\Adm\\*.*\">"
        ));
        assert_eq!(lines[4], "        </GroupPolicyExtension>");
        assert!(lines[5].ends_with("</GroupPolicyExtension></GroupPolicyObject>"));
        assert_eq!(lines[6], "</GroupPolicyBackupScheme>");
        assert_eq!(lines.len(), 7);
    }
}
