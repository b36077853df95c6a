//! The lists that were shown, so that the layout of each can be changed in the options and is kept between runs.

use std::collections::BTreeMap;

use egui::{Context, Id};
use serde::{Deserialize, Serialize};

use super::layout::{Layout, Preset};

/// The layout of a list, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableMemory {
    /// What the list is called.
    pub name: String,
    /// Its layout.
    pub layout: Layout,
    /// The layout it had before anybody changed it.
    pub defaults: Layout,
}

/// Returns the id of the list of that key: it takes the focus, and its layout is remembered under it.
pub(super) fn table_id(key: &str) -> Id {
    Id::unique(("data table", key))
}

fn catalog_id() -> Id {
    Id::unique("data tables")
}

/// Takes in a list that is shown.
pub(super) fn take_in(ctx: &Context, key: &str, name: &str, presets: &[Preset<'_>], sort: Option<(&str, bool)>) {
    let is_known = |known: &BTreeMap<String, TableMemory>| {
        known.get(key).is_some_and(|known| known.name == name && known.defaults.is_of(presets))
    };
    let known = ctx.data(|data| data.get_temp::<BTreeMap<String, TableMemory>>(catalog_id())).unwrap_or_default();
    if is_known(&known) {
        return;
    }
    let mut known = known;
    let defaults = Layout::of(presets, sort);
    let memory = TableMemory { name: name.to_owned(), layout: defaults.clone(), defaults };
    known.insert(key.to_owned(), memory);
    ctx.data_mut(|data| data.insert_temp(catalog_id(), known));
}

/// Returns the lists that were shown, in this run or before, by their keys, with their layouts of now.
pub fn known_tables(ctx: &Context) -> BTreeMap<String, TableMemory> {
    let mut known = ctx.data(|data| data.get_temp::<BTreeMap<String, TableMemory>>(catalog_id())).unwrap_or_default();
    for (key, memory) in &mut known {
        if let Some(layout) = ctx.data_mut(|data| data.get_persisted::<Layout>(table_id(key))) {
            memory.layout = layout;
        }
    }
    known
}

/// Lays lists out as they are remembered.
pub fn lay_out_tables(ctx: &Context, tables: &BTreeMap<String, TableMemory>) {
    for (key, memory) in tables {
        memory.layout.save(ctx, table_id(key));
    }
    ctx.data_mut(|data| data.insert_temp(catalog_id(), tables.clone()));
}
