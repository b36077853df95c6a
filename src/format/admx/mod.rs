//! Administrative templates: ADMX files and their ADML texts, read and put together (`gpo-storage.md` B4).
//!
//! [`AdmxStore::build`] takes the bytes of many files and never fails: what is damaged becomes an [`AdmxWarning`]. Where the files lie,
//! and which language is taken, decides whoever reads them ([`choose_language`] says by which rule).

mod warning;
mod tables;
mod xml;
mod language;
mod read_adml;
mod read_admx;
mod read_elements;
mod read_presentation;
mod store;
mod link;
mod policy;
mod state;
mod cache;
#[cfg(test)]
mod tests;

pub use language::{choose_language, fallback_culture};
pub use policy::{Control, ElementKind, EnumOption, ListItem, Policy, PolicyElement, Value};
pub use state::{
    ElementSetting, PolEffect, PolEntry, PolValues, PolicySetting, PolicyState, Taken, evaluate, evaluate_all,
};
pub use store::{AdmxStore, PolicyId, TemplateFile, TemplateSource};
pub use tables::{ControlKind, PolicyClass};
pub use warning::{AdmxProblem, AdmxWarning};
