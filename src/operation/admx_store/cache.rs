//! Parsed stores on disk. A cache that cannot be read or written is no failure: the store is parsed again.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use sha1::{Digest, Sha1};

use crate::format::admx::AdmxStore;

use super::TemplateOptions;
use super::listing::Plan;

/// Returns the store that was kept for these files, if they are still the same.
pub(super) fn find(plan: &Plan, options: &TemplateOptions) -> Option<AdmxStore> {
    let bytes = fs::read(file(plan, options)?).ok()?;
    let mut store = AdmxStore::from_cache(&bytes, &plan.fingerprint())?;
    store.warn(plan.warnings.iter().cloned());
    Some(store)
}

/// Keeps a store: written beside its place, then renamed, so that no reader sees half of it.
pub(super) fn keep(store: &AdmxStore, plan: &Plan, options: &TemplateOptions) {
    let Some(path) = file(plan, options) else { return };
    let Some(folder) = path.parent() else { return };
    let written = fs::create_dir_all(folder).and_then(|()| {
        let mut beside = tempfile::Builder::new().prefix(".admx-").tempfile_in(folder)?;
        beside.write_all(&store.to_cache(&plan.fingerprint()))?;
        beside.persist(&path).map_err(|error| error.error)?;
        Ok(())
    });
    if let Err(error) = written {
        tracing::debug!("administrative templates are not kept in {}: {error}", path.display());
    }
}

/// Returns the file for the store of these folders in this language.
fn file(plan: &Plan, options: &TemplateOptions) -> Option<PathBuf> {
    let folder = options.cache_folder.as_ref()?;
    let mut hash = Sha1::new();
    for part in plan.folders.iter().chain([&options.language]) {
        hash.update(part.to_lowercase());
        hash.update([0]);
    }
    let name: String = hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    Some(folder.join(format!("admx-{name}.cache")))
}
