//! The demo forest: three domains of an invented company, with settings of every kind and the faults an administrator meets.
//!
//! Its source is `assets/demo/`, written to be read (see `README.md` there), and built into the program.
//! [`DemoForest::load`] turns it into objects and files; opened, it is a forest file in memory whose changes are gone at exit.

mod files;
mod ldif;
mod objects;
mod registry_text;
mod sysvol;

use std::sync::Arc;

use crate::ident::{Dn, DnsName};

use super::{Entry, ForestFile, ForestFileBuilder, ForestStore, StoreError, StoreErrorKind, SysvolItem};

/// The source files, path and text; made by the build script from `assets/demo/`.
static SOURCE: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/demo_source.rs"));

/// The demo forest as plain values.
#[derive(Clone, Debug)]
pub struct DemoForest {
    /// DNs of the domains, root domain first.
    pub domains: Vec<Dn>,
    /// All objects of all domains and of the configuration, each after its parent.
    pub entries: Vec<Entry>,
    /// All files and folders of the domains' SYSVOLs with the domain they belong to, each after its folder.
    pub files: Vec<(DnsName, SysvolItem)>,
}

/// Opens the demo forest: a forest file in memory, in which everything can be changed and nothing lasts.
pub async fn open() -> Result<Arc<dyn ForestStore>, StoreError> {
    let opened = tokio::task::spawn_blocking(open_blocking).await;
    let forest = opened.map_err(|error| StoreError::new(StoreErrorKind::Cancelled, LABEL).with_detail(error))??;
    Ok(Arc::new(forest))
}

/// Opens the demo forest like [`open()`], outside of a runtime. Blocks for some milliseconds.
pub fn open_blocking() -> Result<ForestFile, StoreError> {
    let corrupt = |error: SourceError| StoreError::new(StoreErrorKind::Corrupt, LABEL).with_detail(error);
    let demo = DemoForest::load().map_err(corrupt)?;
    let mut builder = ForestFileBuilder::in_memory(LABEL, &demo.domains)?;
    builder.add_entries(demo.entries)?;
    for (domain, item) in demo.files {
        builder.add_files(&domain, [item])?;
    }
    builder.finish()
}

/// How errors and the status bar name the demo forest.
const LABEL: &str = "demo";

/// A mistake in the source of the demo forest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("demo forest, {file}, line {line}: {problem}")]
pub struct SourceError {
    /// The file, relative to `assets/demo/`.
    pub file: String,
    /// The line, counted from 1; 0 where it is the whole file.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl DemoForest {
    /// Returns the demo forest built into the program.
    pub fn load() -> Result<Self, SourceError> {
        Self::from_source(SOURCE)
    }

    fn from_source(source: &[(&str, &str)]) -> Result<Self, SourceError> {
        let mut object_files = Vec::new();
        for (path, text) in source.iter().filter(|(path, _)| path.ends_with(".ldif")) {
            object_files.push((*path, ldif::parse(path, text)?));
        }
        let objects = objects::build(&object_files)?;
        let files = sysvol::collect(source, &objects)?;
        Ok(DemoForest { domains: objects.domains, entries: objects.entries, files })
    }
}

/// Reads hexadecimal digits with white space anywhere between bytes.
fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some((high.to_digit(16)? * 16 + low.to_digit(16)?) as u8),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests;
