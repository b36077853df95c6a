//! The question of what to do where the permissions of a GPO's folder in SYSVOL are not those that go with its directory object
//! (`console-ui.md` 2.4): asked when such a GPO is selected, once for each state of the two.

use std::sync::Arc;

use super::super::delegation;
use super::super::state::View;
use crate::console::kit::data_table::row_id;
use crate::console::question::Question;
use crate::console::{Command, Detail, Lazy};
use crate::gpm::Gpo;
use crate::ident::Sid;
use crate::operation::admin::security::MakeAclConsistent;
use crate::security::{AclDifference, SecurityDescriptor, compare_sysvol_acl};

/// Asks, unless it was asked before.
pub(super) fn ask(view: &mut View<'_>, gpo: &Gpo) {
    let Some(own) = gpo.security_descriptor.as_deref() else { return };
    let Lazy::Ready(folder) = view.forest.details.sysvol_security(&gpo.domain, &gpo.sysvol_folder()) else { return };
    let key = row_id(("access lists", gpo.id, own, folder));
    if view.state.was_asked(key) {
        return;
    }
    let Some(difference) = difference(own, folder) else { return };
    view.fetch(Detail::Rights(gpo.domain.clone(), gpo.dn.clone()));
    if matches!(view.forest.details.rights(&gpo.dn), Lazy::Unknown | Lazy::Loading) {
        // Whether it can be mended decides what is asked.
        return;
    }
    view.state.remember_asked(key);
    let command = question(view, gpo, &difference);
    view.commands.push(command);
}

/// Returns how the folder's list differs; none where it fits, or where one of the two is damaged.
fn difference(own: &[u8], folder: &[u8]) -> Option<AclDifference> {
    let (own, folder) = (SecurityDescriptor::from_bytes(own).ok()?, SecurityDescriptor::from_bytes(folder).ok()?);
    Some(compare_sysvol_acl(&own, &folder)).filter(|difference| !difference.is_empty())
}

fn question(view: &mut View<'_>, gpo: &Gpo, difference: &AclDifference) -> Command {
    let forest = view.forest;
    let name = forest.gpo_label(gpo);
    let details = difference.lines(&|sid: &Sid| delegation::named(forest, sid).label());
    let text = format!(
        "The permissions of {name} in SYSVOL are not those that go with its permissions in the directory. \
         It is recommended that they agree: clients may be kept from files they should read, or let at files they should not."
    );
    let refusal = delegation::gpo_target(view, gpo).refusal(view);
    match refusal {
        Some(reason) => {
            let text = format!("{text} Ask somebody who may change them. {reason}\n\n{}", details.join("\n"));
            Question::refusal("SYSVOL Permissions Differ", text)
        }
        None => {
            let text = format!("{text} Do you want to make the permissions in SYSVOL those of the directory?");
            let edit = MakeAclConsistent { domain: gpo.domain.clone(), id: gpo.id, name };
            let commands = vec![Command::Edit(forest.id, Arc::new(edit))];
            Question::new("SYSVOL Permissions Differ", text, "Make Them Agree", commands).details(details).ask()
        }
    }
}
