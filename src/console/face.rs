//! How a node looks wherever it stands: its label, its picture with overlays, and the same states in words.

use crate::gpm::{GpoStatus, SomType, StarterGpoType, SysvolState};

use super::{FileState, ForestState, Icon, Lazy, Node, NodeIcon, OpenForest, OpenedFile, Place, Shown};

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
    pub fn of(node: &Node, shown: Shown<'_>) -> Face {
        let (id, place) = match node {
            Node::In(id, place) => (id, place),
            Node::Root => return Face::plain("Group Policy Management".to_owned(), Icon::Root),
            Node::Files => return Face::plain("Opened Reports and Backups".to_owned(), Icon::Folder),
            Node::File(file) | Node::InFile(file, _) => {
                let item = if let Node::InFile(_, item) = node { Some(*item) } else { None };
                return Face::of_file(shown.file(*file), item);
            }
            Node::Pending(of) => return Face::pending(of, shown),
        };
        let Some(entry) = shown.forests.iter().find(|entry| entry.id == *id) else {
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

    /// Returns the face of what stands below a node whose contents are not there.
    fn pending(of: &Node, shown: Shown<'_>) -> Face {
        match is_pending(of, shown) {
            Some(Pending::Failed) => {
                let mut face = Face::plain("Try again".to_owned(), Icon::Refresh);
                face.states.push("Could not be read");
                face
            }
            Some(Pending::Loading) | None => Face::plain("Loading…".to_owned(), Icon::Waiting),
        }
    }

    /// Returns the face of a file that was opened, or of something in it.
    fn of_file(file: Option<&OpenedFile>, item: Option<usize>) -> Face {
        let Some(file) = file else { return Face::plain("Removed".to_owned(), Icon::Folder) };
        if let Some(item) = item {
            let label = file.items().get(item).map_or_else(|| "Removed".to_owned(), |item| item.label.clone());
            return Face::plain(label, Icon::Gpo);
        }
        let icon = if file.has_own_report() { Icon::Gpo } else { Icon::Folder };
        let mut face = Face::plain(file.label(), icon);
        match &file.state {
            FileState::Loading => {
                face.icon.dimmed = true;
                face.states.push("Loading");
            }
            FileState::Failed(_) => face.fail("Could not be read"),
            FileState::Open { .. } => {}
        }
        face
    }

    /// Returns the face of a place in an open forest.
    pub fn of_place(place: &Place, forest: &OpenForest) -> Face {
        let mut face = Face::plain(forest.label(place), icon_of(place));
        match place {
            Place::Domain(name) => {
                let domain = forest.snapshot.domain(name);
                let controller = domain.map_or("", |domain| domain.domain_controller.as_str());
                if forest.view.controllers_named && !controller.is_empty() {
                    face.label = format!("{} ({controller})", face.label);
                }
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
            Place::ModelingResult(_) | Place::ResultsItem(_) => match forest.queries.at(place) {
                Some(query) if query.failure.is_some() => face.fail("The last run failed"),
                Some(_) => {}
                None => face.fail("Not Found"),
            },
            Place::Forest
            | Place::Domains
            | Place::Modeling
            | Place::Results
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
        // Whichever was looked at: the folder of the GPO, or the list of all folders.
        let details = &forest.details;
        let is_half = matches!(details.sysvol(&gpo.domain, gpo.id), Lazy::Ready(SysvolState::Missing))
            || details.orphans(&gpo.domain).ready().is_some_and(|orphans| orphans.containers.contains(&gpo.id));
        if gpo.inaccessible {
            self.fail("Inaccessible");
        } else if is_half {
            self.fail("SYSVOL half missing");
        }
    }
}

/// Why the contents of a node are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// They are being read.
    Loading,
    /// They could not be read.
    Failed,
}

/// Returns why the contents of a node are not there; none where they are.
pub fn is_pending(node: &Node, shown: Shown<'_>) -> Option<Pending> {
    let Node::In(id, place) = node else { return None };
    let entry = shown.forests.iter().find(|entry| entry.id == *id)?;
    let forest = match &entry.state {
        ForestState::Loading(_) => return Some(Pending::Loading),
        ForestState::Failed(_) => return Some(Pending::Failed),
        ForestState::Open(forest) => forest,
    };
    match place {
        Place::Domain(name) => {
            let was_read = forest.snapshot.domain(name).is_none_or(|domain| domain.som().is_some());
            (!was_read).then_some(Pending::Failed)
        }
        Place::StarterGpos(domain) if forest.starter_gpos(domain).is_empty() => {
            match forest.details.starter_gpos(domain) {
                Lazy::Unknown | Lazy::Loading => Some(Pending::Loading),
                Lazy::Failed(_) => Some(Pending::Failed),
                Lazy::Ready(_) => None,
            }
        }
        _ => None,
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
        Place::Modeling => Icon::Modeling,
        Place::Results => Icon::Results,
        Place::ModelingResult(_) => Icon::ModelingResult,
        Place::ResultsItem(_) => Icon::ResultsItem,
    }
}
