//! Properties (Alt+Enter): what a domain, OU, site or GPO is, to read and to copy (`console-ui.md` part 4).

use egui::Context;
use poll_promise::Promise;

use super::dialog::{self, Closing};
use super::error_view::{ErrorReport, error_ui};
use super::job::Workers;
use super::kit::data_table::Tone;
use super::kit::property_list::{PropertyList, Value};
use super::window::{Surroundings, Window};
use super::{Face, ForestEntry, ForestId, Node, OpenForest, Place};
use crate::ident::{Dn, Timestamp};
use crate::store::{Entry, StoreError};

/// What is read of an object, besides what the console holds.
const ATTRIBUTES: &[&str] = &["objectClass", "description", "whenCreated", "whenChanged", "managedBy", "objectGUID"];

/// The sheet of properties.
pub struct Properties {
    forest: ForestId,
    place: Place,
    entry: Option<Promise<Result<Entry, StoreError>>>,
    focus_wanted: bool,
}

impl Properties {
    /// Returns the sheet of a place.
    pub fn new(forest: ForestId, place: Place) -> Self {
        Properties { forest, place, entry: None, focus_wanted: true }
    }

    /// Tells whether a place has properties.
    pub fn exist_of(place: &Place) -> bool {
        matches!(place, Place::Domain(_) | Place::Ou(_) | Place::Site(_) | Place::Gpo { .. } | Place::Link { .. })
    }

    /// Begins to read the object.
    fn read(&mut self, forest: &OpenForest, workers: &Workers) {
        let Some(dn) = dn_of(forest, &self.place) else { return };
        let store = std::sync::Arc::clone(&forest.store);
        let domain = match &self.place {
            // Sites lie in the configuration of the forest.
            Place::Site(_) => None,
            _ => dn.domain(),
        };
        self.entry = Some(workers.spawn(async move {
            let directory = match domain {
                Some(domain) => store.domain_directory(&domain).await?,
                None => store.directory(),
            };
            directory.read(&dn, ATTRIBUTES, None).await
        }));
    }
}

impl Window for Properties {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let forests = around.forests;
        let open = forests.iter().find(|entry| entry.id == self.forest).and_then(ForestEntry::open);
        let Some(forest) = open else { return Closing::Close };
        if self.entry.is_none() {
            self.read(forest, around.workers);
        }
        let face = Face::of_place(&self.place, forest);
        let mut closed = false;
        let closing = dialog::show(ctx, &format!("Properties of {}", face.label), 560.0, |ui| {
            let entry = match self.entry.as_ref().and_then(Promise::ready) {
                Some(Ok(entry)) => Some(entry),
                Some(Err(error)) => {
                    error_ui(ui, &ErrorReport::of_store(format!("Read {}", face.label), error), around.commands);
                    None
                }
                None => None,
            };
            let loading = matches!(&self.entry, Some(promise) if promise.ready().is_none());
            let read = |name: &str| match entry {
                Some(entry) => Value::text(entry.text(name).unwrap_or_default()),
                None if loading => Value::loading(),
                None => Value::text("May not be read").tone(Tone::Weak),
            };
            let time = |name: &str| match entry.and_then(|entry| entry.text(name)) {
                Some(text) => {
                    Value::text(Timestamp::parse_generalized(&text).map_or(text, |time| time.to_local_text()))
                }
                None => read(name),
            };
            let mut list = PropertyList::new("properties")
                .row("Name", Value::text(face.label.as_str()).icon(face.icon))
                .row("State", Value::text(face.states.join(", ")));
            if let Some(dn) = dn_of(forest, &self.place) {
                list = list
                    .row("Path", Value::text(dn.canonical_name()))
                    .copyable("Distinguished name", Value::text(dn.to_string()).monospace());
            }
            list.row("Description", read("description"))
                .row("Created", time("whenCreated"))
                .row("Modified", time("whenChanged"))
                .row("Managed by", read("managedBy"))
                .row(links_title(&self.place), Value::text(link_count(forest, &self.place).to_string()))
                .ui(ui);
            dialog::buttons_ui(ui, |ui| {
                let close = dialog::primary(ui, "Close");
                dialog::focus_once(&close, &mut self.focus_wanted);
                closed = dialog::is_pressed(&close);
            });
        });
        if closed { Closing::Close } else { closing }
    }
}

/// Returns the DN of what a node shows; that of the GPO for a link.
fn dn_of(forest: &OpenForest, place: &Place) -> Option<Dn> {
    match place {
        Place::Domain(domain) => forest.snapshot.domain(domain).map(|domain| domain.dn.clone()),
        Place::Ou(dn) | Place::Site(dn) => Some(dn.clone()),
        _ => forest.gpo(place).map(|gpo| gpo.dn.clone()),
    }
}

fn links_title(place: &Place) -> &'static str {
    match place {
        Place::Gpo { .. } | Place::Link { .. } => "Links to it",
        _ => "Linked GPOs",
    }
}

fn link_count(forest: &OpenForest, place: &Place) -> usize {
    match place {
        Place::Gpo { .. } | Place::Link { .. } => {
            forest.gpo(place).map_or(0, |gpo| forest.snapshot.link_count(&gpo.dn))
        }
        _ => dn_of(forest, place).and_then(|dn| forest.som(&dn)).map_or(0, |som| som.links.len()),
    }
}

/// Returns the sheet of a node, where it has one.
pub fn properties_of(node: &Node) -> Option<Properties> {
    match node {
        Node::In(forest, place) if Properties::exist_of(place) => Some(Properties::new(*forest, place.clone())),
        _ => None,
    }
}
