//! Who may do what with an object, as the `show` commands print it: the Delegation tab in text and JSON.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::gpm::{ForestSnapshot, Names, Problem, SecuredObject, SecurityInfo, Trustee};
use crate::ident::Sid;
use crate::store::ForestStore;

use super::Session;
use super::output::{Output, Table, yes_no};

/// The permissions of one object, with the names of all whom they concern.
pub struct Delegation {
    /// The permissions; none where the descriptor may not be read or is damaged.
    pub security: Option<SecurityInfo>,
    /// The owner asked for, by name; by SID where nobody knows the name.
    pub owner: Option<String>,
    /// A damaged descriptor, and domains that could not be asked for names.
    pub problems: Vec<Problem>,
}

impl Delegation {
    /// Reads the levels out of a self-relative descriptor of `name` and finds the names of its trustees and of `owner`.
    ///
    /// # Errors
    /// Fails only where the run is cancelled; everything else is a problem.
    pub async fn read(
        session: &Session,
        store: &Arc<dyn ForestStore>,
        forest: &ForestSnapshot,
        (object, name): (SecuredObject, &str),
        descriptor: Option<&[u8]>,
        owner: Option<&Sid>,
    ) -> anyhow::Result<Self> {
        let mut problems = Vec::new();
        let read = descriptor.map(|bytes| SecurityInfo::from_bytes(object, bytes));
        let mut security = read.transpose().unwrap_or_else(|error| {
            let message = format!("the permissions cannot be read: {error}");
            problems.push(Problem { object: name.to_owned(), message });
            None
        });
        let sids = security.iter().flat_map(SecurityInfo::sids).chain(owner.cloned()).collect::<Vec<Sid>>();
        let names = Names::new(forest);
        let found = session.task.or_cancel(names.resolve(&**store, &sids)).await?;
        if let Some(security) = &mut security {
            security.set_trustees(&found.trustees);
        }
        problems.extend(found.problems);
        let owner = owner.map(|sid| found.trustees.get(sid).map_or_else(|| sid.to_string(), Trustee::label));
        Ok(Delegation { security, owner, problems })
    }

    /// Adds the permissions to the JSON of their object, `null` where they cannot be read.
    pub fn add_to(&self, value: &mut Value) {
        value["permissions"] = json!(self.security.as_ref().map(|security| &security.permissions));
        value["unrestricted"] = json!(self.security.as_ref().map(|security| security.unrestricted));
    }

    /// Prints the permissions under the heading `Delegation`.
    pub fn print(&self, output: &mut Output) -> anyhow::Result<()> {
        output.line("\nDelegation")?;
        let Some(security) = &self.security else {
            return output.line("The permissions cannot be read.");
        };
        if security.unrestricted {
            return output.line("There is no access list: everybody may do everything.");
        }
        let mut table = Table::new(&["NAME", "ALLOWED PERMISSIONS", "INHERITED"]);
        for permission in &security.permissions {
            let denied = if permission.denied { " (denied)" } else { "" };
            table.row([
                permission.trustee.label(),
                format!("{}{denied}", permission.level.label()),
                yes_no(permission.inherited),
            ]);
        }
        output.table(&table)
    }
}
