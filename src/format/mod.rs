//! The files of Group Policy: bytes ⇄ values, without any I/O.
//!
//! What a reader does not understand it keeps, and unchanged content is written back as the same bytes.
//! This module knows [`crate::ident`] and [`crate::security`] only.

mod base64;
mod xml_text;
mod xml_document;
mod xml_write;
mod xml_edit;
mod text_file;
mod ini;
pub mod admx;
mod gpt_ini;
mod gpt_tmpl;
mod audit_csv;
mod scripts;
mod folder_redirection;
mod central_access;
mod gpo_comment;
mod backup_extras;
mod backup_set;
mod cabinet;
mod starter_gpo_file;
mod backup_xml;
mod registry_pol;
mod policy_comments;
mod migration_table;
mod mof;
mod wql;
mod firewall_rule;
mod app_locker_rule;
mod certificate_blob;
mod certificate;
mod efs_blob;
mod advertise_script;
pub mod preferences;

pub use advertise_script::{
    AdvertiseScript, AdvertisedProduct, LengthForm, ParseAdvertiseScriptError, ScriptArgument, ScriptRecord,
};
pub use app_locker_rule::{AppLockerRule, ParseAppLockerRuleError, RuleAttribute, RuleElement};
pub use audit_csv::{AuditCsv, AuditRow, AuditSetting};
pub use backup_extras::{
    BACKUP_EXTRAS_FILE, BackupExtras, BackupExtrasError, SavedLink, SavedWmiFilter, SavedWmiQuery,
};
pub use backup_set::{
    BackupInstance, BackupSetError, Manifest, read_backup_info, read_manifest, write_backup_info, write_manifest,
};
pub use backup_xml::{
    BackupAttribute, BackupAttributeType, BackupEntry, BackupEntryKind, BackupExtension, BackupGroup, BackupGroupType,
    BackupObject, BackupXml, BackupXmlError, COMPUTER_FOLDER_MACRO, COMPUTER_OBJECT_MACRO, GPO_FOLDER_MACRO,
    GPO_OBJECT_MACRO, USER_FOLDER_MACRO, USER_OBJECT_MACRO, Versions,
};
pub use base64::{decode_base64, encode_base64};
pub use cabinet::{CabinetError, CabinetFile, MOST_CABINET_BYTES, MOST_CABINET_FILES, read_cabinet, write_cabinet};
pub use central_access::CentralAccessFile;
pub use certificate::{CertificateInfo, ParseCertificateError, read_key_usage};
pub use certificate_blob::{CertificateBlob, CertificateProperty, ParseCertificateBlobError};
pub use efs_blob::{EfsBlob, EfsKey, ParseEfsBlobError};
pub use firewall_rule::{FirewallRule, FirewallToken, ParseFirewallRuleError};
pub use folder_redirection::{
    FolderRedirection, FolderRedirectionFile, OldFolderRedirectionFile, RedirectionFlags, RedirectionTarget,
    known_folder_name,
};
pub use gpo_comment::{read_gpo_comment, write_gpo_comment};
pub use gpt_ini::GptIni;
pub use gpt_tmpl::{
    EventAudit, EventLog, EventLogValue, ObjectSecurity, RegistryValue, RegistryValueData, RestrictedGroup,
    SecurityTemplate, ServiceSetting, TemplateData, TemplatePrincipal, TemplateSettings, TemplateValue, UserRight,
};
pub use ini::{IniFile, IniLine, IniProblem, LineEdit};
pub use migration_table::{
    DestinationOption, EntryType, MapDestination, MapEntry, MigrationTableFile, MigrationTableFileError,
};
pub use mof::{MofFilter, ParseMofError};
pub use policy_comments::{PolicyComments, PolicyCommentsError};
pub use registry_pol::{
    MAX_DATA_BYTES, MAX_SIZE_BYTES, ParseRegistryPolError, PolCommand, PolData, PolProblem, PolRecord, PolText,
    PolType, RegistryPol,
};
pub use scripts::{Script, ScriptEvent, ScriptList};
pub use starter_gpo_file::{
    STARTER_GPO_FILE, STARTER_GPO_TEXTS, StarterGpoField, StarterGpoFile, StarterGpoFileError, new_starter_gpo,
    string_reference,
};
pub use wql::{WqlError, check_wmi_namespace, check_wql};
pub(crate) use xml_document::parse_xml;
pub use xml_text::{XmlTextError, decode_xml};
pub(crate) use xml_write::is_allowed as is_allowed_in_xml;
