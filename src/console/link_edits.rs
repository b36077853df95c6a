//! From links and containers in the view to what is changed of them. Menus, buttons, drag and drop all come through here.

use std::sync::Arc;

use crate::gpm::{ForestSnapshot, GpoLink, Som};
use crate::ident::{Dn, LinkMove};
use crate::operation::admin::link::{EditLinks, LinkChange, LinkId, LinkedTo, MoveLink};
use crate::operation::edit::Edit;

use super::command::Availability;
use super::question::Question;
use super::{Command, ForestId, Lazy, Node, OpenForest, Place};

/// A link in the view, with what tells it apart.
pub struct ChosenLink<'a> {
    /// The container that holds it.
    pub som: &'a Som,
    /// The link.
    pub link: &'a GpoLink,
    /// What tells it apart.
    pub id: LinkId,
    /// The name it is shown by.
    pub name: String,
}

/// Returns the links among nodes, in their order; none where one of them is no link any more.
pub fn chosen_links<'a, 'n>(
    forest: &'a OpenForest,
    nodes: impl IntoIterator<Item = &'n Node>,
) -> Option<Vec<ChosenLink<'a>>> {
    nodes.into_iter().map(|node| chosen_link(forest, node.place()?)).collect()
}

fn chosen_link<'a>(forest: &'a OpenForest, place: &Place) -> Option<ChosenLink<'a>> {
    let Place::Link { som, order } = place else { return None };
    let som = forest.som(som)?;
    let link = som.links.iter().find(|link| link.order == *order)?;
    let id = LinkId::at(som.gp_link.as_ref()?, *order)?;
    Some(ChosenLink { som, link, id, name: forest.link_label(link) })
}

/// Returns the place of a link after its forest was read anew: links have no name of their own, and their order changes.
/// None where it is gone.
pub fn follow_link(before: &ForestSnapshot, after: &ForestSnapshot, som: &Dn, order: usize) -> Option<Place> {
    let id = LinkId::at(before.som(som)?.gp_link.as_ref()?, order)?;
    let order = id.order(after.som(som)?.gp_link.as_ref()?)?;
    Some(Place::Link { som: som.clone(), order })
}

/// Returns the command that changes links, each container's in one edit.
pub fn change_links(
    forest: ForestId,
    links: &[ChosenLink<'_>],
    change: impl Fn(Vec<LinkId>) -> LinkChange,
) -> Option<Command> {
    let mut soms: Vec<&Dn> = Vec::new();
    for link in links {
        if !soms.contains(&&link.som.dn) {
            soms.push(&link.som.dn);
        }
    }
    let of_som = |som: &Dn| {
        let own: Vec<&ChosenLink<'_>> = links.iter().filter(|link| link.som.dn == *som).collect();
        let ids = own.iter().map(|link| link.id.clone()).collect();
        EditLinks::one(som.clone(), subject(own.iter().map(|link| link.name.as_str())), change(ids))
    };
    let edits: Vec<Arc<dyn Edit>> = soms.into_iter().map(|som| Arc::new(of_som(som)) as Arc<dyn Edit>).collect();
    one_or_many(forest, || batch_title(&change(Vec::new()), links.len()), edits)
}

/// Returns the question before links are deleted; the GPOs stay (`console-ui.md` 6.3).
pub fn delete_links(forest: ForestId, links: &[ChosenLink<'_>]) -> Option<Command> {
    let deleted = change_links(forest, links, LinkChange::Delete)?;
    let places: Vec<String> =
        links.iter().map(|link| format!("{} on {}", link.name, link.som.dn.canonical_name())).collect();
    let question = match places.as_slice() {
        [only] => Question::new(
            "Delete Link",
            format!("Delete the link of {only}? The GPO itself stays."),
            "Delete Link",
            vec![deleted],
        ),
        several => Question::new(
            "Delete Links",
            format!("Delete these {} links? The GPOs themselves stay.", several.len()),
            "Delete Links",
            vec![deleted],
        )
        .details(places),
    };
    Some(question.ask())
}

/// Returns the question before GPOs are linked to a container (`console-ui.md` 2.5).
pub fn link_gpos(forest: &OpenForest, gpos: &[(Dn, String)], som: &Som) -> Command {
    let place = som.dn.canonical_name();
    let is_linked = |gpo: &Dn| som.links.iter().any(|link| link.gpo_dn.as_ref() == Some(gpo));
    let (linked, new): (Vec<_>, Vec<_>) = gpos.iter().partition(|(gpo, _)| is_linked(gpo));
    if new.is_empty() {
        let names = subject(gpos.iter().map(|(_, name)| name.as_str()));
        let text = format!("{names} {} linked to {place} already.", if gpos.len() == 1 { "is" } else { "are" });
        return Question::refusal("Link GPO", text);
    }
    let names = subject(new.iter().map(|(_, name)| name.as_str()));
    let mut details: Vec<String> = Vec::new();
    if new.len() > 1 {
        details.extend(new.iter().map(|(_, name)| name.clone()));
    }
    details.extend(linked.iter().map(|(_, name)| format!("{name} is linked there already and stays as it is.")));
    details.extend(cross_domain_warning(som, new.iter().map(|(gpo, _)| gpo)));
    let link = create_links(forest.id, &new, som);
    Question::new("Link GPO", format!("Link {names} to {place}?"), "OK", vec![link]).details(details).ask()
}

/// Returns what is to be said before GPOs of another domain are linked (`console-ui.md` 6.2).
pub fn cross_domain_warning<'a>(som: &Som, gpos: impl IntoIterator<Item = &'a Dn>) -> Option<String> {
    let is_site = som.dn.parent().is_some_and(|parent| parent.rdn().eq_ignore_ascii_case("CN=Sites"));
    let own = som.dn.domain();
    let foreign = gpos.into_iter().filter_map(Dn::domain).find(|domain| !is_site && Some(domain) != own.as_ref())?;
    Some(format!(
        "A GPO of another domain ({foreign}) slows down every logon here and cannot be read while that domain is out of reach. Consider a copy of it in this domain."
    ))
}

/// Returns the command that links GPOs to a container, the first with the highest precedence among them, below what is linked already.
pub fn create_links(forest: ForestId, gpos: &[&(Dn, String)], som: &Som) -> Command {
    let edit = EditLinks {
        som: som.dn.clone(),
        subject: subject(gpos.iter().map(|(_, name)| name.as_str())),
        changes: gpos.iter().map(|(gpo, _)| LinkChange::create(gpo.clone())).collect(),
    };
    Command::Edit(forest, Arc::new(edit))
}

/// Returns the question what becomes of links that were dropped on another container (`console-ui.md` 2.5).
pub fn link_or_move(forest: &OpenForest, links: &[ChosenLink<'_>], som: &Som) -> Option<Command> {
    let gpos: Vec<(Dn, String)> =
        links.iter().map(|link| Some((link.link.gpo_dn.clone()?, link.name.clone()))).collect::<Option<_>>()?;
    let is_linked = |gpo: &Dn| som.links.iter().any(|link| link.gpo_dn.as_ref() == Some(gpo));
    if gpos.iter().any(|(gpo, _)| is_linked(gpo)) {
        return Some(link_gpos(forest, &gpos, som));
    }
    let place = som.dn.canonical_name();
    let names = subject(gpos.iter().map(|(_, name)| name.as_str()));
    let as_well = create_links(forest.id, &gpos.iter().collect::<Vec<_>>(), som);
    let moves: Vec<Arc<dyn Edit>> = links
        .iter()
        .map(|link| {
            let (from, to) = (link.som.dn.clone(), som.dn.clone());
            Arc::new(MoveLink { subject: link.name.clone(), link: link.id.clone(), from, to }) as Arc<dyn Edit>
        })
        .collect();
    let moved = one_or_many(forest.id, || format!("Move {} links to {place}", links.len()), moves)?;
    let (title, text, other) = match links.len() {
        1 => ("Link or Move", format!("What is to be done with the link of {names}?"), "Move the Link"),
        _ => ("Link or Move", format!("What is to be done with the links of {names}?"), "Move the Links"),
    };
    let mut details = vec![format!("The target is {place}. There it gets the lowest precedence.")];
    details.extend(cross_domain_warning(som, gpos.iter().map(|(gpo, _)| gpo)));
    let question = Question::new(title, text, "Link Here as Well", vec![as_well]).details(details);
    Some(question.or(other, vec![moved]).ask())
}

/// Returns the command that moves links of one container within it.
pub fn move_links(forest: ForestId, links: &[ChosenLink<'_>], to: LinkMove) -> Option<Command> {
    change_links(forest, links, |ids| LinkChange::Move(ids, to))
}

/// Tells whether a move would change anything.
pub fn can_move(links: &[ChosenLink<'_>], to: LinkMove) -> bool {
    let Some(first) = links.first().filter(|first| links.iter().all(|link| link.som.dn == first.som.dn)) else {
        return false;
    };
    let Some(attribute) = &first.som.gp_link else { return false };
    let mut moved = attribute.clone();
    let orders: Vec<usize> = links.iter().map(|link| link.link.order).collect();
    moved.move_links(&orders, to);
    moved != *attribute
}

/// Returns why a move would change nothing.
pub fn cannot_move(links: &[ChosenLink<'_>], to: LinkMove) -> &'static str {
    let is_one_container = links.iter().all(|link| Some(&link.som.dn) == links.first().map(|first| &first.som.dn));
    match to {
        _ if links.is_empty() => "Select links first.",
        _ if !is_one_container => "The links are in different containers.",
        LinkMove::Top | LinkMove::Up => "It stands at the top already.",
        LinkMove::Down | LinkMove::Bottom => "It stands at the bottom already.",
        LinkMove::To(_) => "It stands there already.",
    }
}

/// Tells whether the directory lets us change the links of containers, as far as that was asked.
pub fn may_link<'a>(forest: &OpenForest, soms: impl IntoIterator<Item = &'a Dn>) -> Availability {
    let is_refused = |som: &Dn| match forest.details.rights(som) {
        Lazy::Ready(rights) => rights.may_write("gPLink") == Some(false),
        _ => false,
    };
    match soms.into_iter().any(is_refused) {
        true => {
            Availability::Greyed("You may not change links here: the permission Link GPOs on the container is missing.")
        }
        false => Availability::Available,
    }
}

/// Returns what people call several things: the name of one, or `3 GPOs`.
pub fn subject<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.as_slice() {
        [only] => (*only).to_owned(),
        several => format!("{} GPOs", several.len()),
    }
}

/// Tells whether what a link names is a GPO, so that it can be linked elsewhere.
pub fn names_gpo(link: &ChosenLink<'_>) -> bool {
    matches!(link.id.target, LinkedTo::Gpo(_))
}

fn batch_title(change: &LinkChange, links: usize) -> String {
    let verb = match change {
        LinkChange::Create { .. } | LinkChange::Ensure { .. } => "Create",
        LinkChange::Delete(_) => "Delete",
        LinkChange::SetEnabled(_, true) => "Enable",
        LinkChange::SetEnabled(_, false) => "Disable",
        LinkChange::SetEnforced(_, true) => "Enforce",
        LinkChange::SetEnforced(_, false) => "Stop enforcing",
        LinkChange::Move(..) => "Move",
    };
    format!("{verb} {links} links")
}

fn one_or_many(forest: ForestId, title: impl FnOnce() -> String, mut edits: Vec<Arc<dyn Edit>>) -> Option<Command> {
    match edits.len() {
        0 => None,
        1 => Some(Command::Edit(forest, edits.remove(0))),
        _ => Some(Command::EditMany(forest, title(), edits)),
    }
}
