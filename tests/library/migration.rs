//! Migration: what is found in real backups, and migration tables as Microsoft writes them.

use std::collections::BTreeSet;
use std::path::Path;

use opengpmc::extension::references::{FoundReference, ReferenceFile, ReferenceOrigin, Replacement, Subject};
use opengpmc::format::BackupXml;
use opengpmc::ident::Sid;

use super::corpus::{corpus, files_below, is_named};

/// Finds the references in the files of a set.
fn references(set: &Path) -> Vec<FoundReference> {
    let folder = set.join("DomainSysvol").join("GPO");
    let mut found = Vec::new();
    if !folder.is_dir() {
        return found;
    }
    for file in files_below(&folder) {
        let path = file.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
        let Some(kind) = ReferenceFile::of_path(&path) else { continue };
        let bytes = std::fs::read(&file).unwrap();
        let mut visit = |reference| {
            found.push(reference);
            Replacement::Keep
        };
        assert_eq!(kind.walk(&path, &bytes, &mut visit), Ok(None), "{}", file.display());
    }
    found
}

/// Returns a principal as a set's list names it: by SID, or where it is the same everywhere by name.
fn listed_as(subject: &Subject) -> Option<String> {
    let Subject::Principal { sid, name } = subject else { return None };
    let well_known = sid.as_ref().and_then(Sid::well_known_name).map(|name| name.rsplit('\\').next().unwrap_or(name));
    let text = well_known.map(str::to_owned).or_else(|| sid.as_ref().map(Sid::to_string)).or_else(|| name.clone());
    text.map(|text| text.to_lowercase())
}

#[test]
fn what_gpmc_lists_is_found() {
    let Some(folder) = corpus("backups") else { return };
    let (mut sets, mut listed, mut found, mut equal) = (0, 0, 0, 0);
    for path in files_below(&folder).iter().filter(|path| is_named(path, "Backup.xml")) {
        let bytes = std::fs::read(path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let set = path.parent().unwrap();
        let settings = text.split("<Group>").skip(1).count();
        let groups = BackupXml::parse(&bytes).unwrap().groups;
        // Those of settings stand first, or among those of permissions; the attribute tells them apart.
        let mut sources = text.match_indices("<Group").filter(|(at, _)| matches!(text.as_bytes()[at + 6], b'>' | b' '));
        let of_settings =
            groups.iter().filter(|_| sources.next().is_some_and(|(at, _)| text.as_bytes()[at + 6] == b'>'));
        let of_settings: BTreeSet<String> = of_settings
            .map(|group| {
                group.sid.as_ref().map_or_else(|| group.account.to_lowercase(), |sid| sid.to_string().to_lowercase())
            })
            .filter(|name| !name.is_empty())
            .collect();
        assert!(of_settings.len() <= settings);
        let references = references(set);
        let mapped = references.iter().filter(|reference| reference.origin == ReferenceOrigin::Setting);
        let names: BTreeSet<String> = mapped.filter_map(|reference| listed_as(&reference.subject)).collect();
        if of_settings.is_empty() && names.is_empty() {
            continue;
        }
        sets += 1;
        listed += of_settings.len();
        found += of_settings.intersection(&names).count();
        equal += usize::from(of_settings == names);
        for missing in of_settings.difference(&names) {
            println!("not found: {missing} of {}", set.display());
        }
        for surplus in names.difference(&of_settings) {
            println!("not listed: {surplus} of {}", set.display());
        }
    }
    println!("{found} of {listed} principals found; {equal} of {sets} sets equal");
    assert!(found == listed && listed > 0);
}
