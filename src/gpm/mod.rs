//! The object model of Group Policy management: the values and handles that Microsoft's GPMC calls IGPM….
//!
//! What is read is plain data ([`Gpo`], [`Som`], [`GpoLink`] …). What acts is a handle with async methods ([`Forest`], [`Domain`] …).

mod hresult;
mod status_message;
mod task;
mod operation_result;
mod async_progress;
mod async_cancel;
mod forest;
mod domain_snapshot;
mod domain;
mod effective_rights;
mod on_controller;
mod found;
mod sites_container;
mod som;
mod gpo_link;
mod link_order;
mod gpo;
mod wmi_filter;
mod starter_gpo;
mod permission;
mod trustee;
mod security_info;
mod access_list;
mod object_types;
mod names;
mod principal_search;
pub mod constants;
mod client_side_extension;
mod search_criteria;
mod forest_search;
mod imagined;
mod backup;
mod backup_dir;
mod migration_table;
mod backup_manifest;
mod new_backup;
mod decode;
mod load;
mod touched;
#[cfg(test)]
mod fake_store;
#[cfg(test)]
mod load_tests;

pub use crate::format::{MapDestination, MapEntry};
pub use access_list::{AccessKind, AccessList, BasicRight, InheritedEntries, Tick};
pub use async_cancel::AsyncCancel;
pub use async_progress::{AsyncOperation, AsyncProgress, StatusCall, StatusUpdate, start, start_with_channel};
pub use backup::{Backup, BackupIndex};
pub(crate) use backup_dir::read_bounded;
pub use backup_dir::{BackupDir, OpenBackupDirError};
pub use backup_manifest::Repaired;
pub use client_side_extension::ClientSideExtension;
pub use domain::{Domain, GpoParts, Orphans, policies_folder, starter_gpo_folder};
pub use domain_snapshot::{DomainController, DomainSnapshot};
pub use effective_rights::EffectiveRights;
pub use forest::{Forest, ForestSnapshot, LinkScope, LoadError, LoadOptions, Problem};
pub use forest_search::{GposFound, LinksIn};
pub use found::Found;
pub use gpo::{Gpo, GpoNameProblem, GpoStatus, LONGEST_GPO_NAME, SysvolState, check_gpo_name, is_default_gpo};
pub use gpo_link::{GpoLink, InheritedLink, LinkTarget, LinkedSom};
pub use hresult::HResult;
pub use imagined::ImaginedForest;
pub use link_order::{LinkEffect, ScopedLink, links_in_order};
pub use migration_table::{EntryMessage, MigrationTable, MigrationTableError};
pub use names::{FindTrusteeError, Names, NamesFound};
pub(crate) use new_backup::{NewBackup, prepare_folder as prepare_backup_folder, publish_all, sync as sync_backups};
pub use object_types::object_type_names;
pub use operation_result::{OperationError, OperationResult};
pub use permission::{Permission, PermissionType};
pub use principal_search::{
    FoundPrincipal, PrincipalKinds, PrincipalPlace, PrincipalQuery, PrincipalsFound, Resolution, TextCondition,
    TextMatch,
};
pub use search_criteria::{
    GroupsByTrustee, InvalidCriterion, SearchCriteria, SearchKind, SearchOperation, SearchProperty, SearchValue,
};
pub use security_info::{PermissionError, SecuredObject, SecurityInfo, computers_can_read, everybody_can_read};
pub use sites_container::SitesContainer;
pub use som::{Som, SomIndex, SomType};
pub use starter_gpo::{StarterGpo, StarterGpoType};
pub use status_message::{MessageId, Severity, StatusMessage};
pub use task::{Cancelled, Item, ItemState, Progress, Task, Told};
pub use touched::Touched;
pub use trustee::{GroupScope, Trustee, TrusteeKind};
pub use wmi_filter::{WmiFilter, WmiQuery, WmiQueryList};
