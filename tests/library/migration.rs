//! Migration: what is found in real backups, and migration tables as Microsoft writes them.

use std::collections::BTreeSet;
use std::path::Path;

use opengpmc::extension::references::{FoundReference, ReferenceFile, ReferenceOrigin, Replacement, Subject};
use opengpmc::format::BackupXml;
use opengpmc::gpm::MigrationTable;
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
        let set = path.parent().unwrap();
        let groups = BackupXml::parse(&bytes).unwrap().groups;
        let of_settings: BTreeSet<String> = groups
            .iter()
            .filter(|group| !group.from_dacl)
            .map(|group| group.sid.as_ref().map_or_else(|| group.account.clone(), Sid::to_string).to_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
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
    // Nothing that GPMC lists may be missed, and what it does not list would be asked for by the option to use the table alone.
    assert!(found == listed && equal == sets && listed >= 121);
}

#[test]
fn every_table_comes_back() {
    let Some(folder) = corpus("") else { return };
    let mut count = 0;
    for path in files_below(&folder).iter().filter(|path| path.extension().is_some_and(|own| own == "migtable")) {
        let bytes = std::fs::read(path).unwrap();
        let table = MigrationTable::parse(&bytes).unwrap();
        assert_eq!(table.to_bytes(), bytes, "{}", path.display());
        assert!(!table.entries().is_empty() && table.validate().is_empty(), "{:?}", table.validate());
        // The same entries, put into a new table, make the same file but for the line end that editors leave behind.
        let mut made = MigrationTable::new();
        for entry in table.entries() {
            made.add_entry(&entry.source, entry.entry_type.clone().unwrap(), &entry.destination).unwrap();
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches(['\r', '\n', '\0']).to_owned();
        assert_eq!(text(&made.to_bytes()), text(&bytes), "{}", path.display());
        count += 1;
    }
    println!("{count} tables");
    assert!(count >= 4);
}

/// Moves a SID of a domain to another one and back, by its first number, and a path to another host and back.
fn moved(reference: &FoundReference, forward: bool) -> Replacement {
    const HOST: &str = "moved.";
    match &reference.subject {
        // One set was made anonymous with zeroes, `S-1-5-21-0000000000-…`, which nobody would write again.
        Subject::Principal { sid: Some(sid), name } if sid.is_domain_principal() && !reference.text.contains("-00") => {
            let text = sid.to_string();
            let parts: Vec<&str> = text.split('-').collect();
            let first: u32 = parts[4].parse().unwrap();
            let first = if forward { first.wrapping_add(1) } else { first.wrapping_sub(1) };
            let text = format!("S-1-5-21-{first}-{}", parts[5..].join("-"));
            Replacement::Principal { sid: text.parse().unwrap(), name: name.clone() }
        }
        Subject::Path(path) if forward => Replacement::Path(format!(r"\\{HOST}{}", &path[2..])),
        Subject::Path(path) => Replacement::Path(path.replacen(HOST, "", 1)),
        Subject::Principal { .. } => Replacement::Keep,
    }
}

#[test]
fn what_is_moved_and_moved_back_has_the_same_bytes() {
    let Some(folder) = corpus("") else { return };
    let (mut files, mut changed_files, mut references) = (0, 0, 0);
    for path in files_below(&folder) {
        let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().to_lowercase()).collect();
        let Some(half) = parts.iter().rposition(|part| part == "machine" || part == "user") else { continue };
        let Some(kind) = ReferenceFile::of_path(&parts[half..].join("/")) else { continue };
        let bytes = std::fs::read(&path).unwrap();
        let mut seen = Vec::new();
        let Ok(changed) = kind.walk("", &bytes, &mut |reference| {
            let replacement = moved(&reference, true);
            seen.push(reference);
            replacement
        }) else {
            continue;
        };
        files += 1;
        references += seen.len();
        let Some(changed) = changed else { continue };
        changed_files += 1;
        let back = kind.walk("", &changed, &mut |reference| moved(&reference, false)).unwrap();
        assert!(back.as_deref() == Some(bytes.as_slice()), "{}", path.display());
    }
    println!("{references} references in {files} files, {changed_files} of them moved");
    assert!(files >= 449 && changed_files >= 29 && references >= 731);
}
