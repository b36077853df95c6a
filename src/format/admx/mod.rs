//! Administrative templates: ADMX files and their ADML texts (`gpo-storage.md` B4).

/// All administrative templates of a store, put together.
#[derive(Debug, Default)]
pub struct AdmxStore {}
