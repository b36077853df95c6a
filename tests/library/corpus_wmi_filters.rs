//! Exported WMI filters of Microsoft's console, against the corpus.

use opengpmc::format::{MofFilter, check_wmi_namespace, check_wql};

use super::corpus::{corpus, files_below};

#[test]
fn every_export_is_read_and_written_back_as_it_was() {
    let Some(folder) = corpus("wmi-filters") else { return };
    let files = files_below(&folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "mof"));
    let mut count = 0;
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let filter = MofFilter::parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(filter.to_bytes(), bytes, "{}", path.display());
        assert_eq!((filter.queries.len(), filter.name.is_empty()), (1, false), "{}", path.display());
        for query in &filter.queries {
            assert_eq!(check_wql(&query.query), Ok(()), "{}: {}", path.display(), query.query);
            assert_eq!(check_wmi_namespace(&query.namespace), Ok(()), "{}", path.display());
        }
        count += 1;
    }
    assert!(count >= 41, "{count}");
}
