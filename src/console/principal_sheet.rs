//! Properties of a user, group or computer that holds a permission, to be read.

use egui::Context;

use crate::gpm::{GroupScope, Trustee, TrusteeKind};

use super::dialog::{self, Closing};
use super::kit::property_list::{PropertyList, Value};
use super::window::{Surroundings, Window};

/// The sheet.
pub struct PrincipalSheet {
    trustee: Trustee,
    focus_wanted: bool,
}

impl PrincipalSheet {
    /// Returns the sheet of a principal.
    pub fn new(trustee: Trustee) -> Self {
        PrincipalSheet { trustee, focus_wanted: true }
    }
}

impl Window for PrincipalSheet {
    fn ui(&mut self, ctx: &Context, _around: &mut Surroundings<'_>) -> Closing {
        let mut closed = false;
        let title = format!("{} Properties", self.trustee.account_part().unwrap_or("Unknown Account"));
        let closing = dialog::show(ctx, &title, 560.0, |ui| {
            let sid = self.trustee.sid.to_string();
            let mut list = PropertyList::new("principal")
                .row("Name", Value::text(self.trustee.label()))
                .row("Type", Value::text(kind(&self.trustee)))
                .copyable("SID", Value::text(sid).monospace());
            if let Some(dn) = &self.trustee.dn {
                list = list
                    .row("Location", Value::text(dn.canonical_name()))
                    .copyable("Distinguished name", Value::text(dn.to_string()).monospace());
            }
            list.ui(ui);
            dialog::buttons_ui(ui, |ui| {
                let close = dialog::primary(ui, "Close");
                dialog::focus_once(&close, &mut self.focus_wanted);
                closed = dialog::is_pressed(&close);
            });
        });
        if closed { Closing::Close } else { closing }
    }
}

fn kind(trustee: &Trustee) -> &'static str {
    match (trustee.kind, trustee.group_scope) {
        (TrusteeKind::User, _) => "User",
        (TrusteeKind::Computer, _) => "Computer",
        (TrusteeKind::Group, Some(GroupScope::DomainLocal)) => "Domain local group",
        (TrusteeKind::Group, Some(GroupScope::Global)) => "Global group",
        (TrusteeKind::Group, Some(GroupScope::Universal)) => "Universal group",
        (TrusteeKind::Group, None) => "Group",
        (TrusteeKind::WellKnown, _) => "Well-known principal, the same in every domain",
        (TrusteeKind::Foreign, _) => "Principal of a trusted domain",
        (TrusteeKind::Unknown, _) => "Unknown: no account has this SID any more, or none that you may see",
    }
}
