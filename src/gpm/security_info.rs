//! The permissions on a GPO, SOM, WMI filter or starter GPO (IGPMSecurityInfo).

use serde::Serialize;

use super::Permission;

/// The permissions on one object, in Microsoft's levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecurityInfo {
    /// One row per trustee and level.
    pub permissions: Vec<Permission>,
}
