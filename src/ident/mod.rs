//! The small values everything speaks in: GUIDs, SIDs, distinguished names, versions, link lists.
//!
//! Each type is parsed once, at the edge of the program, and carried as a value from there on.
//! This module knows nothing of directories, files or screens.

mod guid;
mod sid;
mod virtual_account;
mod well_known_names;
mod dns_name;
mod dn;
mod gpo_version;
mod extension_list;
mod gp_link;
mod wmi_filter_ref;
mod unc_path;
mod timestamp;

pub use dn::{Dn, ParseDnError};
pub use dns_name::{DnsName, ParseDnsNameError};
pub use extension_list::{ExtensionGroup, ExtensionList};
pub use gp_link::{GpLink, GpLinkElement, LinkMove, LinkOptions};
pub use gpo_version::GpoVersion;
pub use guid::{Guid, ParseGuidError};
pub use sid::{ParseSidError, Sid};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use unc_path::{is_unc_path, replace_unc_prefix};
pub use wmi_filter_ref::{ParseWmiFilterRefError, WmiFilterRef};
