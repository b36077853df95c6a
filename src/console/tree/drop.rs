//! Drag and drop in the scope tree: one table of what may be dropped on what, and what comes of it (`console-ui.md` 2.5).
//!
//! Pasting follows the same table, so that every drag can be done with the keyboard: Copy, then Paste on the place. A new rule is one
//! row of [`RULES`]; what no row speaks of may not be dropped.

use crate::console::command::Availability;
use crate::console::wmi_filter::{ask_wmi_filter, copy_filters};
use crate::console::{Command, ForestEntry, ForestId, Node, OpenForest, Place, Shown, link_edits, starter_gpo};
use crate::gpm::{Gpo, StarterGpo, WmiFilter};

/// Something that is dragged or was copied, and where it is to go.
#[derive(Clone, Copy)]
pub struct Dropping<'a> {
    /// Everything in the tree.
    pub shown: Shown<'a>,
    /// What is dragged or was copied; never nothing.
    pub nodes: &'a [Node],
    /// Where it is to go.
    pub onto: &'a Node,
}

/// What may be dropped on what.
struct DropRule {
    /// Whether the rule speaks of this.
    takes: fn(&Dropping<'_>) -> bool,
    /// Whether it can be done now.
    availability: fn(&Dropping<'_>) -> Availability,
    /// What comes of it.
    make: fn(&Dropping<'_>) -> Option<Command>,
}

const RULES: &[DropRule] = &[
    // A GPO, by itself or through a link, onto the GPOs of a domain: it is copied.
    DropRule {
        takes: |dropping| dropping.all(|place| is_gpo(place) || is_link(place)) && dropping.onto(is_gpos),
        availability: |dropping| match dropping.nodes {
            [_] => dropping.needs_writable_target(),
            _ => Availability::Greyed("GPOs are copied one at a time: each copy has permissions of its own to choose."),
        },
        make: |dropping| match dropping.nodes {
            [gpo] => Some(Command::DropGpo(gpo.clone(), dropping.onto.clone())),
            _ => None,
        },
    },
    // GPOs onto a domain, OU or site of their forest: they are linked.
    DropRule {
        takes: |dropping| dropping.all(is_gpo) && dropping.onto(is_som),
        availability: |dropping| match dropping.is_within_one_forest() {
            true => dropping.needs_writable_target(),
            false => Availability::Greyed("A GPO can be linked within its own forest only."),
        },
        make: |dropping| {
            let forest = dropping.target()?;
            let gpo = |node: &Node| {
                let gpo = forest.gpo(node.place()?)?;
                Some((gpo.dn.clone(), forest.gpo_label(gpo)))
            };
            let gpos = dropping.nodes.iter().map(gpo).collect::<Option<Vec<_>>>()?;
            Some(link_edits::link_gpos(forest, &gpos, forest.som_of(dropping.onto.place()?)?))
        },
    },
    // Links onto another container: linked there as well, or moved.
    DropRule {
        takes: |dropping| dropping.all(is_link) && dropping.onto(is_som),
        availability: |dropping| {
            let place = dropping.onto.place();
            if !dropping.is_within_one_forest() {
                return Availability::Greyed("A GPO can be linked within its own forest only.");
            }
            if dropping.nodes.iter().any(|node| node.place().and_then(Place::parent).as_ref() == place) {
                return Availability::Greyed("The link is in this container already.");
            }
            let links = dropping.target().and_then(|forest| link_edits::chosen_links(forest, dropping.nodes));
            match links.is_some_and(|links| links.iter().all(link_edits::names_gpo)) {
                true => dropping.needs_writable_target(),
                false => Availability::Greyed("The link names no GPO."),
            }
        },
        make: |dropping| {
            let forest = dropping.target()?;
            let links = link_edits::chosen_links(forest, dropping.nodes)?;
            link_edits::link_or_move(forest, &links, forest.som_of(dropping.onto.place()?)?)
        },
    },
    // A WMI filter onto a GPO, by itself or through a link: the GPO uses it.
    DropRule {
        takes: |dropping| dropping.all(is_wmi_filter) && dropping.onto(|place| is_gpo(place) || is_link(place)),
        availability: |dropping| match (dropping.nodes, dropping.gpo_and_filter()) {
            ([_], Some(_)) => dropping.needs_writable_target(),
            ([_], None) => {
                Availability::Greyed("A GPO uses WMI filters of its own domain only: copy the filter there first.")
            }
            _ => Availability::Greyed("A GPO has one WMI filter."),
        },
        make: |dropping| {
            let (gpo, filter) = dropping.gpo_and_filter()?;
            Some(ask_wmi_filter(dropping.target()?, &[gpo], Some(filter)))
        },
    },
    // WMI filters onto those of a domain: they are copied.
    DropRule {
        takes: |dropping| dropping.all(is_wmi_filter) && dropping.onto(is_wmi_filters),
        availability: |dropping| dropping.needs_writable_target(),
        make: |dropping| {
            let Place::WmiFilters(domain) = dropping.onto.place()? else { return None };
            let filters: Vec<&WmiFilter> = dropping.nodes.iter().filter_map(|node| dropping.wmi_filter(node)).collect();
            copy_filters(dropping.target()?, domain, &filters)
        },
    },
    // A starter GPO onto the GPOs of its domain: a new GPO begins with it.
    DropRule {
        takes: |dropping| dropping.all(is_starter_gpo) && dropping.onto(is_gpos),
        availability: |dropping| match dropping.starter_of_target() {
            Some(_) => dropping.needs_writable_target(),
            None => {
                Availability::Greyed("A new GPO begins with one starter GPO, of its own domain: copy it there first.")
            }
        },
        make: |dropping| Some(starter_gpo::new_gpo_from(dropping.target()?.id, dropping.starter_of_target()?)),
    },
    // Starter GPOs onto those of a domain: they are copied; within the domain, under a name that is asked for.
    DropRule {
        takes: |dropping| dropping.all(is_starter_gpo) && dropping.onto(is_starter_gpos),
        availability: |dropping| match dropping.nodes {
            [_] => dropping.needs_writable_target(),
            _ => Availability::Greyed("Starter GPOs are copied one at a time."),
        },
        make: |dropping| {
            let Place::StarterGpos(domain) = dropping.onto.place()? else { return None };
            let [node] = dropping.nodes else { return None };
            Some(starter_gpo::copy_starter(node.forest()?, dropping.starter_gpo(node)?, dropping.target()?.id, domain))
        },
    },
];

impl Dropping<'_> {
    /// Tells whether it can be dropped there; absent where nothing of the kind ever can.
    pub fn availability(&self) -> Availability {
        self.rule().map_or(Availability::Absent, |rule| (rule.availability)(self))
    }

    /// Returns what comes of it; none where it may not be dropped there.
    pub fn command(&self) -> Option<Command> {
        let rule = self.rule().filter(|rule| (rule.availability)(self) == Availability::Available)?;
        (rule.make)(self)
    }

    fn rule(&self) -> Option<&'static DropRule> {
        RULES.iter().find(|rule| !self.nodes.is_empty() && (rule.takes)(self))
    }

    fn all(&self, is_meant: fn(&Place) -> bool) -> bool {
        self.nodes.iter().all(|node| node.place().is_some_and(is_meant))
    }

    fn onto(&self, is_meant: fn(&Place) -> bool) -> bool {
        self.onto.place().is_some_and(is_meant)
    }

    fn target(&self) -> Option<&OpenForest> {
        self.forest(self.onto.forest()?)
    }

    fn forest(&self, id: ForestId) -> Option<&OpenForest> {
        self.shown.forests.iter().find(|entry| entry.id == id).and_then(ForestEntry::open)
    }

    fn is_within_one_forest(&self) -> bool {
        self.nodes.iter().all(|node| node.forest() == self.onto.forest())
    }

    fn wmi_filter(&self, node: &Node) -> Option<&WmiFilter> {
        let Node::In(forest, Place::WmiFilter { domain, id }) = node else { return None };
        self.forest(*forest)?.snapshot.domain(domain)?.wmi_filter(*id)
    }

    fn starter_gpo(&self, node: &Node) -> Option<&StarterGpo> {
        let Node::In(forest, Place::StarterGpo { domain, id }) = node else { return None };
        self.forest(*forest)?.starter_gpo(domain, *id)
    }

    /// Returns the one starter GPO that is dropped, where it is of the domain it is dropped on.
    fn starter_of_target(&self) -> Option<&StarterGpo> {
        let ([node], Place::Gpos(domain)) = (self.nodes, self.onto.place()?) else { return None };
        let starter = self.starter_gpo(node).filter(|_| node.forest() == self.onto.forest())?;
        (starter.domain == *domain).then_some(starter)
    }

    /// Returns the GPO that something is dropped on, and the filter of its own domain that is dropped.
    fn gpo_and_filter(&self) -> Option<(&Gpo, &WmiFilter)> {
        let filter = self.nodes.first().filter(|node| node.forest() == self.onto.forest())?;
        let (gpo, filter) = (self.target()?.gpo(self.onto.place()?)?, self.wmi_filter(filter)?);
        (gpo.domain == filter.domain).then_some((gpo, filter))
    }

    fn needs_writable_target(&self) -> Availability {
        match self.target() {
            None => Availability::Greyed("The forest is not open."),
            Some(forest) if forest.info.read_only => Availability::Greyed("The forest is open read-only."),
            Some(_) => Availability::Available,
        }
    }
}

/// Tells whether a place can be dragged, and copied to be pasted.
pub fn can_be_dragged(place: &Place) -> bool {
    is_gpo(place) || is_link(place) || is_wmi_filter(place) || is_starter_gpo(place)
}

/// Tells whether something can ever be pasted on a place.
pub fn takes_something(place: &Place) -> bool {
    is_gpos(place) || is_som(place) || is_wmi_filters(place) || is_starter_gpos(place)
}

fn is_gpo(place: &Place) -> bool {
    matches!(place, Place::Gpo { .. })
}

fn is_link(place: &Place) -> bool {
    matches!(place, Place::Link { .. })
}

fn is_gpos(place: &Place) -> bool {
    matches!(place, Place::Gpos(_))
}

fn is_som(place: &Place) -> bool {
    matches!(place, Place::Domain(_) | Place::Ou(_) | Place::Site(_))
}

fn is_wmi_filter(place: &Place) -> bool {
    matches!(place, Place::WmiFilter { .. })
}

fn is_wmi_filters(place: &Place) -> bool {
    matches!(place, Place::WmiFilters(_))
}

fn is_starter_gpo(place: &Place) -> bool {
    matches!(place, Place::StarterGpo { .. })
}

fn is_starter_gpos(place: &Place) -> bool {
    matches!(place, Place::StarterGpos(_))
}
