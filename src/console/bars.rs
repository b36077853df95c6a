//! The bars around the work area: menu bar, toolbar, title band, status bar. All but the last are drawn from the command table.

use egui::accesskit::Role;
use egui::containers::menu::{MenuBar, MenuButton};
use egui::{Button, Frame, KeyboardShortcut, Margin, Response, RichText, Stroke, Ui, Vec2, vec2};

use crate::gpm::Task;

use super::command::{
    Availability, COPY_KEYS, CommandContext, DELETE_KEYS, Menu, PASTE_KEYS, Row, row_of_keys, row_offered, rows_of_menu,
};
use super::dialog;
use super::kit::accessible;
use super::theme::{self, SPACE};
use super::{Command, Face, ForestEntry, ForestState, Icon, Node, Place, Shown};

/// Draws the menu bar. Alt with the first letter of a menu opens it.
pub fn menu_bar_ui(ui: &mut Ui, context: &CommandContext<'_>, commands: &mut Vec<Command>) {
    let menus = [
        (Menu::File, "File", egui::Key::F),
        (Menu::Edit, "Edit", egui::Key::E),
        (Menu::Action, "Action", egui::Key::A),
        (Menu::View, "View", egui::Key::V),
        (Menu::Window, "Window", egui::Key::W),
        (Menu::Help, "Help", egui::Key::H),
    ];
    give_focus_back(ui);
    MenuBar::new().ui(ui, |ui| {
        for (menu, text, key) in menus {
            let opened_by_key = ui.input_mut(|input| input.consume_key(egui::Modifiers::ALT, key));
            let (response, _) = MenuButton::from_button(Button::new(text)).ui(ui, |ui| {
                ui.set_min_width(200.0);
                menu_ui(ui, menu, context, commands);
            });
            focus_ring_ui(ui, &response);
            if opened_by_key {
                if let Some(focused) = ui.memory(|memory| memory.focused()) {
                    ui.data_mut(|data| data.insert_temp(focus_before_menu(), Some(focused)));
                }
                egui::Popup::open_id(ui.ctx(), egui::Popup::default_response_id(&response));
                response.request_focus();
            }
        }
    });
}

/// Draws the ring around an entry of a menu that has the focus: menus draw none by themselves.
fn focus_ring_ui(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let ring = Stroke::new(2.0, theme::tokens(ui).focus);
        ui.painter().rect_stroke(response.rect, theme::RADIUS, ring, egui::StrokeKind::Inside);
    }
}

/// Draws the rows of a menu, with a line between sections.
pub fn menu_ui(ui: &mut Ui, menu: Menu, context: &CommandContext<'_>, commands: &mut Vec<Command>) {
    if !rows_ui(ui, menu, |_| true, context, commands) {
        ui.weak("Nothing can be done here.");
    }
}

/// Draws what can be done with the nodes of selected rows of a list, without what every node has.
pub fn row_menu_ui(ui: &mut Ui, context: &CommandContext<'_>, commands: &mut Vec<Command>) {
    if ui.min_rect().height() > 0.0 {
        ui.separator();
    }
    rows_ui(ui, Menu::Action, |group| !OF_EVERY_NODE.contains(&group), context, commands);
}

/// The groups of the menu Action that every node has.
const OF_EVERY_NODE: std::ops::RangeInclusive<u8> = 90..=94;

/// Draws the rows of the wanted groups of a menu; tells whether there are any.
fn rows_ui(
    ui: &mut Ui,
    menu: Menu,
    wanted: impl Fn(u8) -> bool,
    context: &CommandContext<'_>,
    commands: &mut Vec<Command>,
) -> bool {
    let mut rows: Vec<(u8, &Row, Availability)> =
        rows_of_menu(menu).into_iter().map(|(group, row)| (group, row, row.offered(context))).collect();
    rows.retain(|(group, _, availability)| wanted(*group) && *availability != Availability::Absent);
    let mut section = None;
    for together in rows.chunk_by(|(_, one, _), (_, two, _)| one.submenu.is_some() && one.submenu == two.submenu) {
        let Some((group, first, _)) = together.first() else { continue };
        if section.is_some_and(|section| section != group / 10) {
            ui.separator();
        }
        section = Some(group / 10);
        let mut rows_ui = |ui: &mut Ui| {
            for (_, row, availability) in together {
                menu_row_ui(ui, row, *availability, context, commands);
            }
        };
        match first.submenu {
            Some(title) => drop(ui.menu_button((Icon::Nothing.atom(), title), rows_ui)),
            None => rows_ui(ui),
        }
    }
    section.is_some()
}

/// A button of the toolbar.
struct Tool {
    name: &'static str,
    icon: Icon,
    /// The keys its rows share, where the words differ from kind to kind; without them, the name finds the row.
    keys: Option<&'static KeyboardShortcut>,
}

/// The buttons of the toolbar in groups, in the order of a management console (`console-ui.md` part 1).
const TOOLS: &[&[Tool]] = &[
    &[tool("Back", Icon::Back), tool("Forward", Icon::Forward), tool("Up One Level", Icon::Up)],
    &[tool("Scope Tree", Icon::TreePane)],
    &[
        Tool { name: "Copy", icon: Icon::Copy, keys: Some(&COPY_KEYS) },
        Tool { name: "Paste", icon: Icon::Paste, keys: Some(&PASTE_KEYS) },
        Tool { name: "Delete", icon: Icon::Delete, keys: Some(&DELETE_KEYS) },
        tool("Properties", Icon::Properties),
    ],
    &[tool("Refresh", Icon::Refresh), tool("Export List…", Icon::Export)],
    &[tool("Keyboard Shortcuts", Icon::Help)],
    &[tool("Actions Pane", Icon::ActionsPane)],
    &[tool("Add Forest…", Icon::Connect), tool("Go to Anything…", Icon::Search)],
];

const fn tool(name: &'static str, icon: Icon) -> Tool {
    Tool { name, icon, keys: None }
}

/// Draws the toolbar. What makes no sense for the node keeps its place, greyed.
pub fn toolbar_ui(ui: &mut Ui, context: &CommandContext<'_>, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        accessible::part(ui, Role::Toolbar, "Toolbar");
        ui.spacing_mut().item_spacing.x = 0.5 * SPACE;
        for (index, group) in TOOLS.iter().enumerate() {
            if index > 0 {
                ui.add_space(2.0 * SPACE);
            }
            for tool in *group {
                tool_ui(ui, tool, context, commands);
            }
        }
    });
}

/// Draws the band above the result pane: picture, name and states of the selected node.
pub fn title_ui(ui: &mut Ui, node: &Node, shown: Shown<'_>) {
    let face = Face::of(node, shown);
    ui.horizontal(|ui| {
        ui.set_width(ui.available_width());
        face.icon.show(ui, theme::TITLE_ICON_SIZE);
        ui.add_space(0.5 * SPACE);
        let title = egui::Label::new(RichText::new(&face.label).text_style(theme::title_style())).truncate();
        let response = ui.add(title);
        accessible::heading(&response, &face.label);
        for state in face.states.iter().filter(|state| **state != "Link") {
            chip_ui(ui, state);
        }
        if let Some(order) = face.link_order {
            chip_ui(ui, &format!("Link order {order}"));
        }
    });
}

/// What the status bar tells besides the connection.
pub struct Status<'a> {
    /// What runs: its words and its task.
    pub running: Vec<(String, &'a Task)>,
    /// How many details are being fetched.
    pub fetching: usize,
    /// How many rows the list in view shows, and how many of them are selected; none where there is no list.
    pub counts: Option<(usize, usize)>,
    /// The last thing that happened.
    pub note: Option<&'a str>,
}

/// Draws the status bar.
pub fn status_ui(ui: &mut Ui, context: &CommandContext<'_>, status: &Status<'_>, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0 * SPACE;
        connection_ui(ui, context);
        if let Some((rows, selected)) = status.counts {
            let items = if rows == 1 { "1 item".to_owned() } else { format!("{rows} items") };
            let selected = if selected > 0 { format!(", {selected} selected") } else { String::new() };
            ui.weak(items + &selected);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            problems_ui(ui, context, commands);
            for (title, task) in &status.running {
                let progress = task.snapshot();
                let text = match progress.total {
                    0 => title.clone(),
                    total => format!("{title} ({} of {total})", progress.done),
                };
                if ui.small_button("Cancel").on_hover_text(format!("Cancel: {title}")).clicked() {
                    task.cancel();
                }
                ui.label(if task.is_cancelled() { "Cancelling…".to_owned() } else { text });
            }
            if status.fetching > 0 {
                ui.label("Fetching details…");
            } else if let Some(note) = status.note {
                let note = ui.add(egui::Label::new(note).truncate());
                ui.ctx().accesskit_node_builder(note.id, |node| node.set_live(egui::accesskit::Live::Polite));
            }
        });
    });
}

/// Gives the focus back to what had it before a menu was opened by its key, once no menu is open.
fn give_focus_back(ui: &Ui) {
    if egui::Popup::is_any_open(ui.ctx()) {
        return;
    }
    if let Some(id) = ui.data_mut(|data| data.remove_temp::<Option<egui::Id>>(focus_before_menu()).flatten()) {
        ui.memory_mut(|memory| memory.request_focus(id));
    }
}

fn focus_before_menu() -> egui::Id {
    egui::Id::unique("focus before menu")
}

fn menu_row_ui(
    ui: &mut Ui,
    row: &Row,
    availability: Availability,
    context: &CommandContext<'_>,
    commands: &mut Vec<Command>,
) {
    let shortcut = row.shortcuts.first().map(|shortcut| ui.ctx().format_shortcut(shortcut)).unwrap_or_default();
    let checked = (row.checked)(context);
    let icon = match (checked, row.icon) {
        (Some(true), _) => Icon::Check.atom(),
        (_, Some(icon)) => icon.atom(),
        _ => Icon::Nothing.atom(),
    };
    let detail = (row.detail)(context).unwrap_or_default();
    let mut button =
        Button::new((icon, row.text, RichText::new(detail.as_str()).weak())).min_size(vec2(0.0, theme::ROW_HEIGHT));
    if !shortcut.is_empty() {
        button = button.right_text(RichText::new(shortcut).weak());
    }
    let mut response = ui.add_enabled(availability == Availability::Available, button);
    // The keys are no part of the name that is spoken and searched for.
    dialog::name(&response, row.text);
    if !detail.is_empty() {
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(detail));
    }
    if let Some(checked) = checked {
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_role(if row.radio { Role::MenuItemRadio } else { Role::MenuItemCheckBox });
            node.set_toggled(if checked { egui::accesskit::Toggled::True } else { egui::accesskit::Toggled::False });
        });
    }
    focus_ring_ui(ui, &response);
    if let Availability::Greyed(why) = availability {
        response = response.on_disabled_hover_text(why);
    }
    if response.clicked() {
        commands.extend((row.make)(context));
        ui.close();
    }
}

fn tool_ui(ui: &mut Ui, tool: &Tool, context: &CommandContext<'_>, commands: &mut Vec<Command>) {
    let found = match tool.keys {
        Some(keys) => row_of_keys(keys, context),
        None => row_offered(tool.name, context),
    };
    let (row, availability) = match found {
        Some((row, availability)) => (Some(row), availability),
        None => (None, Availability::Greyed("This makes no sense for the selected node.")),
    };
    let ticked = row.is_some_and(|row| (row.checked)(context) == Some(true));
    let button = Button::new(tool.icon.atom()).frame_when_inactive(ticked).selected(ticked).min_size(Vec2::splat(26.0));
    let response = ui.add_enabled(availability == Availability::Available, button);
    // Told from the same words in a menu.
    dialog::name(&response, &format!("Toolbar: {}", tool.name));
    let keys = row.and_then(|row| row.shortcuts.first()).or(tool.keys);
    let keys = keys.map(|keys| format!("  ({})", ui.ctx().format_shortcut(keys))).unwrap_or_default();
    let words = format!("{}{keys}", row.map_or(tool.name, |row| row.text));
    let response = response.on_hover_text(&words).on_disabled_hover_ui(|ui| {
        ui.label(&words);
        if let Availability::Greyed(why) = availability {
            ui.weak(why);
        }
    });
    if response.clicked() {
        commands.extend(row.and_then(|row| (row.make)(context)));
    }
}

fn chip_ui(ui: &mut Ui, text: &str) {
    let tokens = theme::tokens(ui);
    Frame::new()
        .fill(tokens.surface)
        .stroke(Stroke::new(1.0, tokens.outline))
        .corner_radius(9)
        .inner_margin(Margin::symmetric(7, 1))
        .show(ui, |ui| ui.label(RichText::new(text).small()));
}

fn connection_ui(ui: &mut Ui, context: &CommandContext<'_>) {
    if let Some(file) = context.node.file().and_then(|id| context.shown().file(id)) {
        ui.label(file.path.display().to_string()).on_hover_text("The file or folder this is read from");
        return;
    }
    let Some(entry) = context.forest() else {
        ui.label(match context.forests.len() {
            0 => "No forest in the view".to_owned(),
            1 => "1 forest in the view".to_owned(),
            count => format!("{count} forests in the view"),
        });
        return;
    };
    let forest = match &entry.state {
        ForestState::Loading(_) => return drop(ui.label(format!("Connecting to {}", entry.target))),
        ForestState::Failed(_) => return drop(ui.label(format!("Not connected to {}", entry.target))),
        ForestState::Open(forest) => forest,
    };
    let info = &forest.info;
    let of_domain = context.node.place().and_then(Place::domain);
    let domain = of_domain.and_then(|name| forest.snapshot.domain(&name));
    let controller = domain.map(|domain| domain.domain_controller.as_str()).filter(|name| !name.is_empty());
    ui.label(controller.unwrap_or(&info.server)).on_hover_text("The domain controller this is read from");
    if !info.user.is_empty() {
        ui.label(&info.user).on_hover_text("The user logged on");
    }
    let security = ui.label(&info.security);
    if info.refusals.is_empty() {
        security.on_hover_text("How the connection is protected");
    } else {
        let refusals = format!("Refused before:\n{}", info.refusals.join("\n"));
        security.on_hover_text(refusals);
    }
    if info.read_only {
        ui.label("Read-only");
    }
    ui.weak(format!("Read {}", forest.snapshot.loaded.to_local_text()));
}

fn problems_ui(ui: &mut Ui, context: &CommandContext<'_>, commands: &mut Vec<Command>) {
    let of_forest = |entry: &ForestEntry| match &entry.state {
        ForestState::Open(forest) => forest.snapshot.all_problems().count(),
        ForestState::Failed(_) => 1,
        ForestState::Loading(_) => 0,
    };
    let count: usize = context.forests.iter().map(of_forest).sum();
    let (icon, text) = match count {
        0 => (Icon::Success, "No problems".to_owned()),
        1 => (Icon::Warning, "1 problem".to_owned()),
        count => (Icon::Warning, format!("{count} problems")),
    };
    let button = Button::new((icon.atom(), text)).frame_when_inactive(false).small();
    if ui.add(button).on_hover_text("What could not be read or looks wrong").clicked() {
        commands.push(Command::ShowProblems);
    }
}
