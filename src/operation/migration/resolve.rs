//! Destinations of a table, found in the forest of the target.

use std::collections::HashMap;
use std::sync::Arc;

use super::principals::Identity;
use crate::format::EntryType;
use crate::gpm::{Domain, FindTrusteeError, Names, OperationError, Trustee, TrusteeKind};
use crate::ident::{DnsName, Sid};
use crate::store::{ForestStore, StoreError};

/// Accounts with these relative identifiers are those of the root of a forest, not of each domain: Enterprise Read-only Domain
/// Controllers, Schema Admins, Enterprise Admins, Enterprise Key Admins ([MS-DTYP] 2.4.2.4).
const FOREST_RIDS: [u32; 4] = [498, 518, 519, 527];
/// Below this, relative identifiers mean the same in every domain.
const FIRST_OWN_RID: u32 = 1000;

/// What a destination leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// This principal.
    Found { sid: Sid, name: Option<String>, entry_type: EntryType },
    /// Nobody, and why.
    Missing(String),
}

/// Looks destinations up, each once. Nothing is opened before the first one.
pub(super) struct Resolver<'a> {
    store: &'a Arc<dyn ForestStore>,
    target: &'a DnsName,
    names: Option<Names>,
    known: HashMap<String, Destination>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(store: &'a Arc<dyn ForestStore>, target: &'a DnsName) -> Self {
        Resolver { store, target, names: None, known: HashMap::new() }
    }

    /// Finds the principal that a table names: `account@domain`, `DOMAIN\account`, a SID, a bare name, a built-in one in any language.
    pub(super) async fn named(&mut self, text: &str) -> Result<Destination, OperationError> {
        let text = text.trim();
        let folded = text.to_lowercase();
        if let Some(known) = self.known.get(&folded) {
            return Ok(known.clone());
        }
        let (store, target) = (self.store, self.target);
        let names = self.names().await?;
        let found = names.find(&**store, text, target).await;
        let destination = match (found, Sid::of_localized_name(text)) {
            (Err(FindTrusteeError::Store(error)), _) => return Err(OperationError::of_directory(&error)),
            (Ok(trustee), _) if is_somebody(&trustee) => destination(trustee),
            (Ok(_), _) => Destination::Missing(format!("nobody in the target has the SID {text}")),
            (Err(_), Some(sid)) => destination(Trustee::unresolved(sid)),
            (Err(error), None) => Destination::Missing(error.to_string()),
        };
        self.known.insert(folded, destination.clone());
        Ok(destination)
    }

    /// Finds the principal of the target domain that has the same account name, or the same well-known identifier.
    pub(super) async fn relative(
        &mut self,
        identity: &Identity,
        account: Option<&str>,
    ) -> Result<Destination, OperationError> {
        let (store, target) = (self.store, self.target);
        let names = self.names().await?;
        let rid = match identity {
            Identity::Sid(sid) if !sid.is_domain_principal() => {
                return Ok(destination(Trustee::unresolved(sid.clone())));
            }
            Identity::Sid(sid) => sid.rid().filter(|rid| *rid < FIRST_OWN_RID && !FOREST_RIDS.contains(rid)),
            Identity::Name(_) => None,
        };
        let same_rid = rid.and_then(|rid| names.domain_sid(target)?.child(rid));
        if let Some(sid) = same_rid {
            let found = names.resolve(&**store, std::slice::from_ref(&sid)).await;
            if let Some(trustee) = found.trustees.into_values().find(|trustee| trustee.dn.is_some()) {
                return Ok(destination(trustee));
            }
        }
        let Some(account) = account else {
            let text = "its name is not known, so that none of the same name can be looked for";
            return Ok(Destination::Missing(text.to_owned()));
        };
        match names.find_in(&**store, account, target).await {
            Ok(trustee) => Ok(destination(trustee)),
            Err(FindTrusteeError::Store(error)) => Err(OperationError::of_directory(&error)),
            Err(FindTrusteeError::NotFound(_)) => {
                Ok(Destination::Missing(format!("{target} has no principal `{account}`")))
            }
            Err(error) => Ok(Destination::Missing(error.to_string())),
        }
    }

    async fn names(&mut self) -> Result<&Names, OperationError> {
        if self.names.is_none() {
            let names =
                open_names(self.store, self.target).await.map_err(|error| OperationError::of_directory(&error))?;
            return Ok(self.names.insert(names));
        }
        Ok(self.names.get_or_insert_with(|| Names::of_domains([])))
    }
}

async fn open_names(store: &Arc<dyn ForestStore>, target: &DnsName) -> Result<Names, StoreError> {
    Domain::open(store, target).await?.names().await
}

/// Tells whether a SID leads to somebody: a principal that was found, one of a trusted domain, or one that belongs to no domain.
fn is_somebody(trustee: &Trustee) -> bool {
    trustee.kind != TrusteeKind::Unknown || !trustee.sid.is_domain_principal()
}

fn destination(trustee: Trustee) -> Destination {
    let entry_type = trustee.entry_type();
    Destination::Found { sid: trustee.sid, name: trustee.name, entry_type }
}
