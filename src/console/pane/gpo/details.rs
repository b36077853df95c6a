//! The Details tab of a GPO.

use egui::{ScrollArea, Ui};

use super::super::cells;
use super::super::state::View;
use crate::console::kit::data_table::Tone;
use crate::console::kit::property_list::{PropertyList, Value};
use crate::console::{Detail, Lazy};
use crate::gpm::{Gpo, GpoStatus, SysvolState};
use crate::ident::{GpoVersion, Timestamp};

/// Draws what a GPO is: its place, owner, times, versions, status, comment.
pub(super) fn details_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    view.fetch_trustees(("gpo owner", gpo.id), gpo.owner.iter().cloned());
    view.fetch(Detail::Comment(gpo.domain.clone(), gpo.id));
    let owner = match &gpo.owner {
        Some(owner) => {
            let cell = cells::trustee(view.forest, owner);
            let value = Value::text(cell.text.into_owned()).tone(cell.tone);
            match cell.icon {
                Some(icon) => value.icon(icon),
                None => value,
            }
        }
        None => Value::text("May not be read").tone(Tone::Weak),
    };
    let time = |time: Option<Timestamp>| Value::text(time.map(|time| time.to_local_text()).unwrap_or_default());
    let comment = match view.forest.details.comment(&gpo.domain, gpo.id) {
        Lazy::Ready(text) => Value::text(text.as_str()),
        Lazy::Unknown | Lazy::Loading => Value::loading(),
        Lazy::Failed(error) => Value::text(format!("Could not be read: {error}")).tone(Tone::Warning),
    };
    let sysvol = view.forest.details.sysvol(&gpo.domain, gpo.id);
    let status = Value::text(gpo.status.label());
    let status = if gpo.status == GpoStatus::AllSettingsDisabled { status.tone(Tone::Warning) } else { status };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        PropertyList::new("gpo details")
            .row("Domain", Value::text(gpo.domain.to_string()))
            .row("Owner", owner)
            .row("Created", time(gpo.created))
            .row("Modified", time(gpo.modified))
            .row("User version", version(gpo.version.user, sysvol, |version| version.user))
            .row("Computer version", version(gpo.version.computer, sysvol, |version| version.computer))
            .copyable("Unique ID", Value::text(gpo.id.to_string()).monospace())
            .row("GPO Status", status)
            .copyable("SYSVOL folder", Value::text(gpo.file_system_path.clone().unwrap_or_default()).monospace())
            .copyable("Distinguished name", Value::text(gpo.dn.to_string()).monospace())
            .row("Comment", comment)
            .ui(ui);
    });
}

fn version(directory: u16, sysvol: &Lazy<SysvolState>, half: impl Fn(&GpoVersion) -> u16) -> Value {
    match sysvol {
        Lazy::Ready(SysvolState::Version(version)) => {
            let sysvol = half(version);
            let value = Value::text(format!("{directory} (AD), {sysvol} (SYSVOL)"));
            if sysvol == directory { value } else { value.tone(Tone::Warning) }
        }
        Lazy::Ready(SysvolState::Missing) => {
            Value::text(format!("{directory} (AD), missing (SYSVOL)")).tone(Tone::Error)
        }
        Lazy::Ready(SysvolState::Unreadable(_)) | Lazy::Failed(_) => {
            Value::text(format!("{directory} (AD), not readable (SYSVOL)")).tone(Tone::Warning)
        }
        Lazy::Unknown | Lazy::Loading => Value::text(format!("{directory} (AD), reading… (SYSVOL)")).busy(),
    }
}
