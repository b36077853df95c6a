//! Cells that several panes show alike.

use crate::console::face::Face;
use crate::console::kit::data_table::{Cell, SortKey, Tone};
use crate::console::{Icon, Lazy, OpenForest, Place};
use crate::gpm::{Gpo, GpoLink, GpoStatus, LinkTarget, Trustee, TrusteeKind};
use crate::ident::{Sid, Timestamp};

/// Returns the cell that names a place, with its picture.
pub(super) fn place<'a>(forest: &OpenForest, place: &Place) -> Cell<'a> {
    let face = Face::of_place(place, forest);
    let tone = if face.icon.failed { Tone::Error } else { Tone::Normal };
    let states = face.states.join(", ");
    let cell = Cell::icon(face.icon, face.label).tone(tone);
    if states.is_empty() { cell } else { cell.tooltip(states) }
}

/// Returns the cell with a GPO's status.
pub(super) fn gpo_status<'a>(gpo: &Gpo) -> Cell<'a> {
    // One half switched off is good practice, both are worth a look.
    let tone = if gpo.status == GpoStatus::AllSettingsDisabled { Tone::Warning } else { Tone::Normal };
    Cell::text(gpo.status.label()).tone(tone)
}

/// Returns the cell with the WMI filter of a GPO.
pub(super) fn wmi_filter<'a>(forest: &'a OpenForest, gpo: &Gpo) -> Cell<'a> {
    let Some(reference) = &gpo.wmi_filter else { return Cell::text("None").tone(Tone::Weak) };
    match forest.snapshot.wmi_filter(reference) {
        Some(filter) => Cell::icon(Icon::WmiFilter, filter.name.as_str()),
        None => Cell::text(forest.snapshot.wmi_filter_label(gpo))
            .tone(Tone::Error)
            .tooltip("The GPO names a WMI filter that does not exist. Clients do not apply it."),
    }
}

/// Returns a cell for something of the GPO of a link; empty where there is none.
pub(super) fn of_target<'a>(
    forest: &'a OpenForest,
    link: &GpoLink,
    cell: impl FnOnce(&'a Gpo) -> Cell<'a>,
) -> Cell<'a> {
    match forest.snapshot.link_target(link) {
        LinkTarget::Gpo(gpo) => cell(gpo),
        _ => Cell::default(),
    }
}

/// Returns the cell with a point in time.
pub(super) fn time<'a>(time: Option<Timestamp>) -> Cell<'a> {
    time.map_or_else(Cell::default, |time| Cell::text(time.to_local_text()))
}

/// Returns what a column of points in time is sorted by.
pub(super) fn time_key(time: Option<Timestamp>) -> SortKey {
    time.map_or(SortKey::Missing, |time| SortKey::Number(time.unix_seconds()))
}

/// Returns the cell with who stands behind a SID.
pub(in crate::console) fn trustee<'a>(forest: &'a OpenForest, sid: &Sid) -> Cell<'a> {
    let known = Trustee::unresolved(sid.clone());
    match forest.details.trustee(sid) {
        Lazy::Ready(trustee) => trustee_cell(trustee),
        // A name that is the same everywhere needs no search.
        Lazy::Unknown | Lazy::Loading if known.name.is_some() => trustee_cell(&known),
        Lazy::Unknown | Lazy::Loading => Cell::icon(Icon::Group, sid.to_string()).tone(Tone::Weak),
        Lazy::Failed(error) => {
            trustee_cell(&known).tone(Tone::Weak).tooltip(format!("The name could not be looked up: {error}"))
        }
    }
}

/// Returns the cell with a trustee.
pub(in crate::console) fn trustee_cell<'a>(trustee: &Trustee) -> Cell<'a> {
    let icon = match trustee.kind {
        TrusteeKind::User => Icon::User,
        TrusteeKind::Computer => Icon::Computer,
        TrusteeKind::Group | TrusteeKind::WellKnown | TrusteeKind::Foreign => Icon::Group,
        TrusteeKind::Unknown => Icon::Warning,
    };
    let cell = Cell::icon(icon, trustee.label());
    match trustee.kind {
        TrusteeKind::Unknown => {
            cell.tone(Tone::Warning).tooltip("No account has this SID any more, or none that you may see.")
        }
        TrusteeKind::Foreign => cell.tooltip(format!("From a trusted domain. {}", trustee.sid)),
        _ => cell.tooltip(trustee.sid.to_string()),
    }
}
