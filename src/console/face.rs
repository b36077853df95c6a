//! How a node looks wherever it stands: its label, its picture with overlays, and the same states in words.

use crate::gpm::{GpoStatus, SomType, StarterGpoType, SysvolState};

use super::{ForestEntry, ForestState, Icon, Lazy, Node, NodeIcon, OpenForest, Place};

/// How a node looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// Its label.
    pub label: String,
    /// Its picture with overlays.
    pub icon: NodeIcon,
    /// What the overlays say, in words, and what they have no shape for.
    pub states: Vec<&'static str>,
    /// The link order of a link.
    pub link_order: Option<usize>,
}

impl Face {
    /// Returns the face of a node, whatever has become of its forest.
    pub fn of(node: &Node, forests: &[ForestEntry]) -> Face {
        let Node::In(id, place) = node else {
            return Face::plain("Group Policy Management".to_owned(), Icon::Root);
        };
        let Some(entry) = forests.iter().find(|entry| entry.id == *id) else {
            return Face::plain("Removed".to_owned(), Icon::Forest);
        };
        match &entry.state {
            ForestState::Open(forest) => Face::of_place(place, forest),
            ForestState::Loading(_) => {
                let mut face = Face::plain(entry.label(), Icon::Forest);
                face.icon.dimmed = true;
                face.states.push("Loading");
                face
            }
            ForestState::Failed(_) => {
                let mut face = Face::plain(entry.label(), Icon::Forest);
                face.fail("Not connected");
                face
            }
        }
    }

    /// Returns the face of a place in an open forest.
    pub fn of_place(place: &Place, forest: &OpenForest) -> Face {
        let mut face = Face::plain(forest.label(place), icon_of(place));
        match place {
            Place::Domain(name) => {
                let domain = forest.snapshot.domain(name);
                match domain.and_then(|domain| domain.som()) {
                    Some(som) => face.block(som.inheritance_blocked),
                    None => face.fail("Could not be read"),
                }
            }
            Place::Ou(dn) => match forest.som(dn) {
                Some(som) => face.block(som.inheritance_blocked),
                None => face.fail("Not Found"),
            },
            Place::Site(dn) => {
                if forest.som(dn).is_none_or(|som| som.kind != SomType::Site) {
                    face.fail("Not Found");
                }
            }
            Place::Link { som, order } => {
                face.link_order = Some(*order);
                face.icon.shortcut = true;
                face.states.push("Link");
                if let Some(link) = forest.link(som, *order) {
                    if !link.enabled {
                        face.icon.dimmed = true;
                        face.states.push("Link disabled");
                    }
                    if link.enforced {
                        face.icon.enforced = true;
                        face.states.push("Enforced");
                    }
                }
                face.gpo(place, forest);
            }
            Place::Gpo { .. } => face.gpo(place, forest),
            Place::WmiFilter { .. } if !forest.exists(place) => face.fail("Not Found"),
            Place::WmiFilter { domain, id } => {
                let filter = forest.snapshot.domain(domain).and_then(|domain| domain.wmi_filter(*id));
                if filter.is_some_and(|filter| filter.stored_lengths_wrong) {
                    face.states.push("Stored query list damaged");
                }
            }
            Place::StarterGpo { domain, id } => match forest.starter_gpo(domain, *id).map(|starter| starter.kind) {
                Some(StarterGpoType::System) => face.states.push("System starter GPO"),
                Some(StarterGpoType::Custom) => face.states.push("Custom starter GPO"),
                None => face.fail("Not Found"),
            },
            Place::Forest
            | Place::Domains
            | Place::Sites
            | Place::Gpos(_)
            | Place::WmiFilters(_)
            | Place::StarterGpos(_) => {}
        }
        face
    }

    /// Returns the label with the states behind it, for titles and tooltips.
    pub fn spoken(&self) -> String {
        if self.states.is_empty() { self.label.clone() } else { format!("{}: {}", self.label, self.states.join(", ")) }
    }

    fn plain(label: String, icon: Icon) -> Face {
        Face { label, icon: icon.into(), states: Vec::new(), link_order: None }
    }

    fn fail(&mut self, state: &'static str) {
        self.icon.failed = true;
        self.states.push(state);
    }

    fn block(&mut self, blocked: bool) {
        if blocked {
            self.icon.blocked = true;
            self.states.push("Inheritance blocked");
        }
    }

    fn gpo(&mut self, place: &Place, forest: &OpenForest) {
        let Some(gpo) = forest.gpo(place) else { return self.fail("GPO not found") };
        match gpo.status {
            GpoStatus::Enabled => {}
            GpoStatus::UserSettingsDisabled => self.states.push("User settings disabled"),
            GpoStatus::ComputerSettingsDisabled => self.states.push("Computer settings disabled"),
            GpoStatus::AllSettingsDisabled => {
                self.icon.dimmed = true;
                self.states.push("All settings disabled");
            }
        }
        if gpo.inaccessible {
            self.fail("Inaccessible");
        } else if let Lazy::Ready(SysvolState::Missing) = forest.details.sysvol(&gpo.domain, gpo.id) {
            self.fail("SYSVOL half missing");
        }
    }
}

fn icon_of(place: &Place) -> Icon {
    match place {
        Place::Forest => Icon::Forest,
        Place::Domains => Icon::Domains,
        Place::Domain(_) => Icon::Domain,
        Place::Ou(_) => Icon::Ou,
        Place::Link { .. } | Place::Gpo { .. } => Icon::Gpo,
        Place::Gpos(_) => Icon::Gpos,
        Place::WmiFilters(_) => Icon::WmiFilters,
        Place::WmiFilter { .. } => Icon::WmiFilter,
        Place::StarterGpos(_) => Icon::StarterGpos,
        Place::StarterGpo { .. } => Icon::StarterGpo,
        Place::Sites => Icon::Sites,
        Place::Site(_) => Icon::Site,
    }
}
