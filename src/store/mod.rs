//! Where a forest lives: two traits over plain data, and the backends behind them.
//!
//! [`Directory`] is the LDAP side, [`Sysvol`] the file side, [`ForestStore`] gives both for each domain of a forest.
//! Nothing here knows what a GPO is.

mod error;
mod ber;
mod directory;
mod filter;
mod sysvol;
mod sysvol_source;
mod sysvol_path;
mod folder;
mod write_whole;
mod smb;
mod controller;
mod connect;
pub mod discovery;
pub mod auth;
mod sasl;
pub mod ldap;
mod forest_file;
pub mod demo;

pub use connect::{ConnectOptions, ConnectTarget, ConnectionInfo, Credentials, ForestStore, Secret, open};
pub use controller::{ControllerChoice, ControllerChoices, ControllerSides, is_controller};
pub use directory::{Attribute, Change, Directory, Entry, RootDse, Scope, SdParts, SearchRequest, Visit};
pub use error::{StoreError, StoreErrorKind};
pub use filter::{Filter, ParseFilterError};
pub use folder::FolderSysvol;
pub use forest_file::{ForestFile, ForestFileBuilder, SnapshotOrigin, SysvolItem};
pub use smb::{SmbLogon, SmbServer, SmbSysvol};
pub use sysvol::{FileInfo, Sysvol};
pub use sysvol_path::{ParseSysvolPathError, SysvolPath};
pub use sysvol_source::{ContentSource, FileSource, HeldSource};
pub use write_whole::write_whole;
