//! The tab Policy Events: what the computer's log says of Group Policy, and the details of one event (`console-ui.md` 3.14).

use std::sync::Arc;

use egui::{Button, Context, Key, ScrollArea, Ui, vec2};

use crate::report::RsopReport;
use crate::report::rsop::{EventLevel, PolicyEvent};

use super::cells;
use super::state::PaneState;
use crate::console::Command;
use crate::console::dialog::{self, Closing};
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Cell, Column, DataTable, Tone, row_id};
use crate::console::kit::property_list::{PropertyList, Value};
use crate::console::theme::SPACE;
use crate::console::window::{Surroundings, Window, WindowFactory};

/// What the tab remembers: the events of the result that was shown last, and what tells that result from others.
#[derive(Default)]
pub(super) struct EventsTab {
    of: Option<(u64, Events)>,
}

/// Events in the order of the result, the computer's first.
type Events = Arc<Vec<Row>>;

/// An event, and the name of its user as far as the result tells it.
struct Row {
    event: PolicyEvent,
    user: String,
}

/// Draws the events of a result; `revision` changes with the result.
pub(super) fn events_ui(
    ui: &mut Ui,
    report: &RsopReport,
    revision: u64,
    state: &mut PaneState,
    commands: &mut Vec<Command>,
) {
    if state.events.of.as_ref().is_none_or(|(known, _)| *known != revision) {
        state.events.of = Some((revision, Arc::new(rows_of(report))));
    }
    let Some((_, events)) = state.events.of.clone() else { return };
    let time = |row: &Row| row.event.time.map(|time| time.to_local_text()).unwrap_or_default();
    let part = move |row: &Row, index: usize| time(row).split(' ').nth(index).unwrap_or_default().to_owned();
    let when = |row: &Row| cells::time_key(row.event.time);
    let number = |number: Option<u32>| Cell::text(number.map(|number| number.to_string()).unwrap_or_default());
    let table = DataTable::new("policy events", "Policy Events")
        .column(Column::new("Type", 100.0, |row: &Row| {
            let tone = match row.event.level {
                EventLevel::Critical | EventLevel::Error => Tone::Error,
                EventLevel::Warning => Tone::Warning,
                EventLevel::Information | EventLevel::Verbose => Tone::Normal,
            };
            Cell::text(row.event.level.label()).tone(tone)
        }))
        .column(Column::new("Date", 100.0, move |row: &Row| Cell::text(part(row, 0))).sort_key(when))
        .column(Column::new("Time", 80.0, move |row: &Row| Cell::text(part(row, 1))).sort_key(when))
        .column(Column::new("Source", 215.0, |row: &Row| Cell::text(row.event.source.as_str())))
        .column(Column::new("Category", 75.0, move |row: &Row| number(row.event.category)))
        .column(
            Column::new("Event ID", 75.0, move |row: &Row| number(row.event.id))
                .sort_number(|row| row.event.id.map_or(-1, i64::from)),
        )
        .column(Column::new("User", 180.0, |row: &Row| Cell::text(row.user.as_str())))
        .column(Column::new("Computer", 200.0, |row: &Row| Cell::text(row.event.computer.as_str())))
        .column(Column::new("Description", 500.0, |row: &Row| {
            Cell::text(row.event.description.lines().next().unwrap_or_default())
        }))
        .row_id(|row| row_id(&row.event.xml))
        .named_by("Event ID")
        .revision(revision)
        .empty("The result holds no events: the account was not allowed to read the log, or another tool than gpresult made it.");
    let response = state.table_ui(ui, table, &events, |_, _| {});
    if let Some(place) = response.activated {
        let events = Arc::clone(&events);
        commands.push(Command::Open(WindowFactory::new(move || EventWindow {
            events: Arc::clone(&events),
            place,
            focus_wanted: true,
        })));
    }
}

fn rows_of(report: &RsopReport) -> Vec<Row> {
    let sides = || [&report.computer, &report.user].into_iter().flatten();
    let name = |event: &PolicyEvent| {
        let Some(sid) = &event.user else { return String::new() };
        let known = sides().flat_map(|side| &side.security_groups).find(|group| group.sid.as_ref() == Some(sid));
        let known = known.map(|group| group.name.clone()).or_else(|| sid.well_known_name().map(str::to_owned));
        known.unwrap_or_else(|| sid.to_string())
    };
    let row = |event: PolicyEvent| Row { user: name(&event), event };
    sides().flat_map(|side| side.all_events()).map(row).collect()
}

/// The details of an event, with the ones before and after it.
struct EventWindow {
    events: Events,
    place: usize,
    focus_wanted: bool,
}

impl Window for EventWindow {
    fn ui(&mut self, ctx: &Context, _around: &mut Surroundings<'_>) -> Closing {
        let Some(Row { event, user }) = self.events.get(self.place) else { return Closing::Close };
        let (mut closed, mut step) = (false, 0_isize);
        let (is_first, is_last) = (self.place == 0, self.place + 1 >= self.events.len());
        let closing = dialog::show(ctx, "Event Properties", 680.0, |ui| {
            ui.weak(format!("Event {} of {}", self.place + 1, self.events.len()));
            ui.add_space(SPACE);
            let text = |text: Option<String>| Value::text(text.unwrap_or_default());
            PropertyList::new("event")
                .row("Type", Value::text(event.level.label()))
                .row("Date and time", text(event.time.map(|time| time.to_local_text())))
                .row("Source", Value::text(event.source.as_str()))
                .row("Event ID", text(event.id.map(|id| id.to_string())))
                .row("User", Value::text(user.as_str()))
                .row("Computer", Value::text(event.computer.as_str()))
                .ui(ui);
            ui.add_space(SPACE);
            let size = vec2(ui.available_width(), 220.0);
            ui.allocate_ui(size, |ui| {
                ui.set_min_size(size);
                ScrollArea::vertical().id_salt("event text").auto_shrink(false).show(ui, |ui| {
                    ui.add(egui::Label::new(event.description.as_str()).wrap().selectable(true));
                    ui.add_space(2.0 * SPACE);
                    for (name, value) in &event.data {
                        ui.add(egui::Label::new(format!("{name}: {value}")).wrap().selectable(true));
                    }
                });
            });
            dialog::buttons_ui(ui, |ui| {
                let close = dialog::primary(ui, "Close");
                dialog::focus_once(&close, &mut self.focus_wanted);
                closed = dialog::is_pressed(&close);
                let next = ui.add_enabled(!is_last, Button::new("Next").min_size(vec2(88.0, 0.0)));
                accessible::name(&next, "Next event");
                let previous = ui.add_enabled(!is_first, Button::new("Previous").min_size(vec2(88.0, 0.0)));
                accessible::name(&previous, "Previous event");
                step += isize::from(next.clicked()) - isize::from(previous.clicked());
            });
            ui.input(|input| {
                step += isize::from(input.key_pressed(Key::PageDown)) - isize::from(input.key_pressed(Key::PageUp));
            });
        });
        if step > 0 && !is_last {
            self.place += 1;
        } else if step < 0 && !is_first {
            self.place -= 1;
        }
        if closed { Closing::Close } else { closing }
    }
}
