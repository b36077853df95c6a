//! Reports: saved, printed, shown in the browser.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::console::{ForestEntry, ReportUse, ReportsOf};

use super::super::{Availability, Command, Menu, Row};
use super::{ROW, report_availability, use_report};

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Save Report…",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::S)],
        menus: &[(Menu::Action, 50)],
        availability: report_availability,
        make: |context| use_report(context, ReportUse::Save),
        ..ROW
    },
    Row {
        text: "View Report in Browser",
        menus: &[(Menu::Action, 50)],
        availability: report_availability,
        make: |context| use_report(context, ReportUse::Browse),
        ..ROW
    },
    Row {
        text: "Print Report…",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::P)],
        menus: &[(Menu::Action, 50)],
        availability: report_availability,
        make: |context| use_report(context, ReportUse::Print),
        ..ROW
    },
    Row {
        text: "Report All to Folder…",
        menus: &[(Menu::Action, 50)],
        availability: |context| match ReportsOf::node(context.node, context.shown()) {
            Some(ReportsOf::Domain(_, domain)) => {
                let open = context.forest().and_then(ForestEntry::open);
                let gpos =
                    open.and_then(|forest| forest.snapshot.domain(&domain)).map_or(0, |domain| domain.gpos.len());
                if gpos > 0 {
                    Availability::Available
                } else {
                    Availability::Greyed("The domain has no GPO that could be read.")
                }
            }
            Some(ReportsOf::File(_)) => Availability::Available,
            None => Availability::Absent,
        },
        make: |context| ReportsOf::node(context.node, context.shown()).map(Command::ShowReportMany),
        ..ROW
    },
];
