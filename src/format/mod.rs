//! The files of Group Policy: bytes ⇄ values, without any I/O.
//!
//! What a reader does not understand it keeps, and unchanged content is written back as the same bytes.
//! This module knows [`crate::ident`] and [`crate::security`] only.

mod xml_text;
mod text_file;
mod ini;
pub mod admx;
mod gpt_ini;
mod backup_set;
mod backup_xml;
mod registry_pol;
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
pub use backup_set::{BackupInstance, BackupSetError, Manifest, read_backup_info, read_manifest};
pub use backup_xml::{BackupGroup, BackupObject, BackupXml, BackupXmlError, Versions};
pub use certificate::{CertificateInfo, ParseCertificateError, read_key_usage};
pub use certificate_blob::{CertificateBlob, CertificateProperty, ParseCertificateBlobError};
pub use efs_blob::{EfsBlob, EfsKey, ParseEfsBlobError};
pub use firewall_rule::{FirewallRule, FirewallToken, ParseFirewallRuleError};
pub use gpt_ini::GptIni;
pub use ini::{IniFile, IniLine, IniProblem};
pub use registry_pol::{
    MAX_DATA_BYTES, MAX_SIZE_BYTES, ParseRegistryPolError, PolCommand, PolData, PolProblem, PolRecord, PolText,
    PolType, RegistryPol,
};
pub use xml_text::{XmlTextError, decode_xml};
