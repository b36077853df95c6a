//! The files of Group Policy: bytes ⇄ values, without any I/O.
//!
//! What a reader does not understand it keeps, and unchanged content is written back as the same bytes.
//! This module knows [`crate::ident`] and [`crate::security`] only.

mod xml_text;
pub mod admx;
mod gpt_ini;
mod backup_set;
mod registry_pol;

pub use backup_set::{BackupInstance, BackupSetError, Manifest, read_backup_info, read_manifest};
pub use gpt_ini::GptIni;
pub use registry_pol::{
    MAX_DATA_BYTES, MAX_SIZE_BYTES, ParseRegistryPolError, PolCommand, PolData, PolProblem, PolRecord, PolText,
    PolType, RegistryPol,
};
pub use xml_text::{XmlTextError, decode_xml};
