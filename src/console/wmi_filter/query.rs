//! The dialog of one query: namespace and text, with a warning that may be overridden where it does not look like WQL.

use egui::containers::menu::MenuButton;
use egui::{Button, Context, TextEdit, TextStyle};

use crate::console::Icon;
use crate::console::dialog::{self, Closing};
use crate::console::kit::accessible;
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::theme::SPACE;
use crate::format::{check_wmi_namespace, check_wql};
use crate::gpm::WmiQuery;

/// Namespaces that queries of filters are made in, the usual one first.
const NAMESPACES: [&str; 10] = [
    r"root\CIMv2",
    r"root\StandardCimv2",
    r"root\SecurityCenter2",
    r"root\Microsoft\Windows\Storage",
    r"root\CIMv2\Security\MicrosoftTpm",
    r"root\CIMv2\Security\MicrosoftVolumeEncryption",
    r"root\default",
    r"root\RSOP\Computer",
    r"root\virtualization\v2",
    r"root\WMI",
];
/// The language of all queries.
const LANGUAGE: &str = "WQL";

/// The dialog.
pub(super) struct QueryDialog {
    /// The query that is changed, by its place; none for a new one.
    pub place: Option<usize>,
    namespace: String,
    query: String,
    language: String,
    /// What was wrong when it was to be taken; it is taken the next time.
    warning: Option<String>,
    problem: Option<&'static str>,
    focus_wanted: bool,
}

/// What became of the dialog.
pub(super) enum Answer {
    /// It stands there.
    Open,
    /// It was left.
    Cancelled,
    /// A query was given.
    Given(WmiQuery),
}

impl QueryDialog {
    /// Returns the dialog for a new query.
    pub fn new() -> Self {
        let query =
            WmiQuery { namespace: NAMESPACES[0].to_owned(), language: LANGUAGE.to_owned(), query: String::new() };
        QueryDialog { place: None, ..QueryDialog::of(0, &query) }
    }

    /// Returns the dialog for a query at a place.
    pub fn of(place: usize, query: &WmiQuery) -> Self {
        let WmiQuery { namespace, language, query } = query.clone();
        QueryDialog { place: Some(place), namespace, query, language, warning: None, problem: None, focus_wanted: true }
    }

    /// Draws the dialog.
    pub fn ui(&mut self, ctx: &Context) -> Answer {
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "WMI Query", 560.0, |ui| {
            let label = ui.label("Namespace");
            ui.horizontal(|ui| {
                const BROWSE_WIDTH: f32 = 96.0;
                let width = ui.available_width() - BROWSE_WIDTH - ui.spacing().item_spacing.x;
                let edit = ui.add(TextEdit::singleline(&mut self.namespace).desired_width(width)).labelled_by(label.id);
                let mut changed = edit.changed();
                let button = Button::new((Icon::Down.atom(), "Browse…")).min_size(egui::vec2(BROWSE_WIDTH, 0.0));
                let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
                    for namespace in NAMESPACES {
                        if ui.button(namespace).clicked() {
                            self.namespace = namespace.to_owned();
                            changed = true;
                        }
                    }
                });
                accessible::name(&response, "Browse, Namespace");
                if changed {
                    self.forget_findings();
                }
            });
            ui.add_space(SPACE);
            let label = ui.label("Query");
            let edit = TextEdit::multiline(&mut self.query).font(TextStyle::Monospace).desired_width(f32::INFINITY);
            let edit = ui.add(edit.desired_rows(5)).labelled_by(label.id);
            dialog::focus_once(&edit, &mut self.focus_wanted);
            if edit.changed() {
                self.forget_findings();
            }
            if let Some(problem) = self.problem {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            if let Some(warning) = &self.warning {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Warning, warning);
            }
            dialog::buttons_ui(ui, |ui| {
                let go = if self.warning.is_some() { "Use Anyway" } else { "OK" };
                confirmed = dialog::primary_button(ui, go);
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if confirmed && self.is_good() {
            return Answer::Given(WmiQuery {
                namespace: self.namespace.trim().to_owned(),
                language: self.language.clone(),
                query: self.query.trim().to_owned(),
            });
        }
        if cancelled || closing == Closing::Close { Answer::Cancelled } else { Answer::Open }
    }

    fn forget_findings(&mut self) {
        (self.warning, self.problem) = (None, None);
    }

    /// Looks at what was entered: empty fields are refused, anything else that is wrong is warned of once.
    fn is_good(&mut self) -> bool {
        if self.query.trim().is_empty() || self.namespace.trim().is_empty() {
            self.problem = Some("A query needs a namespace and a text.");
            self.focus_wanted = true;
            return false;
        }
        if self.warning.is_some() {
            return true;
        }
        let of_namespace =
            check_wmi_namespace(self.namespace.trim()).map_err(|error| format!("The namespace: {error}."));
        let of_query = check_wql(self.query.trim()).map_err(|error| format!("This does not look like WQL: {error}."));
        self.warning = of_namespace.and(of_query).err().map(|finding| {
            format!(
                "{finding} Clients that cannot read a query do not apply the GPO. WMI itself is not asked from here."
            )
        });
        self.warning.is_none()
    }
}
