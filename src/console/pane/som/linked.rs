//! The tab Linked Group Policy Objects: the links of a container in their order, with buttons that change it (`console-ui.md` 3.4).

use std::collections::HashMap;

use egui::{Button, Rect, Ui, UiBuilder, vec2};

use super::super::cells;
use super::super::state::View;
use super::{LINKED, gpo_place, link_name};
use crate::console::command::Availability;
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Cell, Column, DataTable, SortKey, Tone, row_id};
use crate::console::link_edits::{self, ChosenLink};
use crate::console::theme::SPACE;
use crate::console::{Detail, Face, Icon, Node, Place};
use crate::gpm::{GpoLink, LinkTarget, Som, SomType};
use crate::ident::LinkMove;

/// The key of the table.
const KEY: &str = "linked GPOs";
const ORDER: &str = "Link Order";
const BUTTON_SIDE: f32 = 26.0;

/// Draws the links of a site, domain or OU.
pub(super) fn linked_gpos_ui(ui: &mut Ui, view: &mut View<'_>, som: &Som) {
    // Every domain controller of the forest holds the sites.
    let domain = som.dn.domain().filter(|_| som.kind != SomType::Site);
    let domain = domain.unwrap_or_else(|| view.forest.snapshot.name.clone());
    view.fetch(Detail::Rights(domain, som.dn.clone()));
    let area = ui.available_rect_before_wrap();
    let strip = Rect::from_min_size(area.min, vec2(BUTTON_SIDE, area.height()));
    let is_ordered = view.state.is_in_order_of(KEY, ORDER);
    let selected = view.state.selected(KEY);
    let nodes: Vec<Node> = selected.iter().filter_map(|row| Some(node_of(view, som, som.links.get(*row)?))).collect();
    ui.scope_builder(UiBuilder::new().max_rect(strip), |ui| order_buttons_ui(ui, view, som, &nodes, is_ordered));
    let rest = Rect::from_min_max(area.min + vec2(BUTTON_SIDE + 2.0 * SPACE, 0.0), area.max);
    ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| links_ui(ui, view, som, is_ordered));
}

fn node_of(view: &View<'_>, som: &Som, link: &GpoLink) -> Node {
    Node::In(view.forest.id, Place::Link { som: som.dn.clone(), order: link.order })
}

/// Draws the four buttons that move the selected links.
fn order_buttons_ui(ui: &mut Ui, view: &mut View<'_>, som: &Som, nodes: &[Node], is_ordered: bool) {
    let links = link_edits::chosen_links(view.forest, nodes).unwrap_or_default();
    // Below the line with the filter.
    ui.add_space(7.0 * SPACE);
    for (name, icon, to) in [
        ("Move link to top", Icon::Top, LinkMove::Top),
        ("Move link up", Icon::Up, LinkMove::Up),
        ("Move link down", Icon::Down, LinkMove::Down),
        ("Move link to bottom", Icon::Bottom, LinkMove::Bottom),
    ] {
        let why_not = why_not(view, som, &links, is_ordered, to);
        let button = Button::new(icon.atom()).min_size(vec2(BUTTON_SIDE, BUTTON_SIDE));
        let mut response = ui.add_enabled(why_not.is_none(), button);
        accessible::name(&response, name);
        response = match why_not {
            Some(why) => response.on_disabled_hover_text(format!("{name}. {why}")),
            None => response.on_hover_text(name),
        };
        if response.clicked() {
            view.commands.extend(link_edits::move_links(view.forest.id, &links, to));
        }
    }
}

/// Returns why the selected links cannot be moved; none where they can.
fn why_not(
    view: &View<'_>,
    som: &Som,
    links: &[ChosenLink<'_>],
    is_ordered: bool,
    to: LinkMove,
) -> Option<&'static str> {
    if view.forest.info.read_only {
        return Some("The forest is open read-only.");
    }
    if let Availability::Greyed(why) = link_edits::may_link(view.forest, [&som.dn]) {
        return Some(why);
    }
    if !is_ordered {
        return Some("The list is filtered, or sorted by another column: sort it by Link Order first.");
    }
    (!link_edits::can_move(links, to)).then(|| link_edits::cannot_move(links, to))
}

fn links_ui(ui: &mut Ui, view: &mut View<'_>, som: &Som, is_ordered: bool) {
    let forest = view.forest;
    let place = |link: &GpoLink| Place::Link { som: som.dn.clone(), order: link.order };
    let ids = stable_ids(som);
    let may_link = link_edits::may_link(forest, [&som.dn]) == Availability::Available && !forest.info.read_only;
    let table = DataTable::new(KEY, LINKED)
        .column(
            Column::new(ORDER, 94.0, |link: &GpoLink| Cell::text(link.order.to_string()))
                .sort_number(|link| link.order as i64),
        )
        .column(Column::new("GPO", 230.0, move |link: &GpoLink| {
            link_name(Some(Face::of_place(&place(link), forest)), link, forest)
        }))
        .column(Column::new("Enforced", 74.0, |link: &GpoLink| Cell::yes_no(link.enforced)))
        .column(Column::new("Link Enabled", 98.0, |link: &GpoLink| {
            Cell::yes_no(link.enabled).tone(if link.enabled { Tone::Normal } else { Tone::Warning })
        }))
        .column(Column::new("GPO Status", 254.0, |link: &GpoLink| cells::of_target(forest, link, cells::gpo_status)))
        .column(Column::new("WMI Filter", 150.0, |link: &GpoLink| {
            cells::of_target(forest, link, |gpo| cells::wmi_filter(forest, gpo))
        }))
        .column(
            Column::new("Modified", 150.0, |link: &GpoLink| {
                cells::of_target(forest, link, |gpo| cells::time(gpo.modified))
            })
            .sort_key(|link| match forest.snapshot.link_target(link) {
                LinkTarget::Gpo(gpo) => cells::time_key(gpo.modified),
                _ => SortKey::Missing,
            }),
        )
        .column(Column::new("Domain", 160.0, |link: &GpoLink| {
            Cell::text(link.gpo_domain.as_ref().map(ToString::to_string).unwrap_or_default())
        }))
        .row_id(move |link| ids.get(&link.order).copied().unwrap_or_default())
        .sorted_by(ORDER)
        .revision(view.revision())
        .empty("No GPO is linked here. Link an Existing GPO… in the menu Action links one, and so does dragging a GPO onto the container in the tree.")
        .dragged_as(|links| {
            let nodes = links.iter().map(|link| Node::In(forest.id, place(link))).collect();
            Some((nodes, link_edits::subject(links.iter().map(|link| forest.link_label(link)).collect::<Vec<_>>().iter().map(String::as_str))))
        })
        .reorders(is_ordered && may_link);
    let gpo = |link: &GpoLink| gpo_place(forest.snapshot.link_target(link));
    let link_place = |link: &GpoLink| Some(place(link));
    let ways: &[super::super::state::Way<'_, GpoLink>] = &[("Go to Link", &link_place), ("Go to GPO", &gpo)];
    let response = view.table_of_nodes_ui(ui, table, &som.links, &link_place, ways);
    if let Some(dropped) = response.dropped {
        let nodes = dropped.rows.iter().filter_map(|row| Some(node_of(view, som, som.links.get(*row)?)));
        let links = link_edits::chosen_links(forest, &nodes.collect::<Vec<_>>()).unwrap_or_default();
        let to = LinkMove::To(dropped.below + 1);
        if link_edits::can_move(&links, to) {
            view.commands.extend(link_edits::move_links(forest.id, &links, to));
        }
    }
}

/// Returns a number for each link, by its order, that stays the same when links are moved or get other options.
fn stable_ids(som: &Som) -> HashMap<usize, u64> {
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let id = |link: &GpoLink| {
        let target = row_id(link.gpo_dn.as_ref().map_or_else(|| link.text.clone(), |dn| dn.folded().to_owned()));
        let times = seen.entry(target).or_default();
        *times += 1;
        (link.order, row_id((target, *times)))
    };
    som.links.iter().map(id).collect()
}
