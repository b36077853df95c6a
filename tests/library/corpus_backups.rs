//! Folders of real backups: every set is listed, whatever lies beside it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use opengpmc::format::GptIni;
use opengpmc::gpm::{BackupDir, BackupIndex, SearchCriteria, SearchOperation, SearchProperty, SearchValue};

use super::corpus::{corpus, files_below, is_named};

#[test]
fn every_backup_is_listed() {
    let Some(folder) = corpus("backups") else { return };
    let files = files_below(&folder);
    let sets: Vec<PathBuf> = files
        .iter()
        .filter(|path| is_named(path, "bkupInfo.xml"))
        .filter_map(|path| Some(path.parent()?.to_path_buf()))
        .collect();
    let folders: BTreeSet<PathBuf> = sets.iter().filter_map(|set| Some(set.parent()?.to_path_buf())).collect();
    let mut listed = 0;
    let mut without_manifest = 0;
    for folder in &folders {
        let dir = BackupDir::open(folder).unwrap();
        let own_sets = sets.iter().filter(|set| set.parent() == Some(folder)).count();
        let with_data = dir.backups().iter().filter(|backup| backup.folder.is_some()).count();
        assert_eq!(with_data, own_sets, "{}", folder.display());
        for backup in dir.backups().iter().filter(|backup| backup.folder.is_some()) {
            assert!(!backup.gpo_name.is_empty() && !backup.domain.is_empty() && backup.time.is_some());
            assert!(backup.file("BACKUP.XML").unwrap().is_some(), "{}", backup.id);
            without_manifest += usize::from(backup.index == BackupIndex::BackupInfoOnly);
        }
        let gone = dir.backups().iter().filter(|backup| backup.folder.is_none()).count();
        assert_eq!(dir.problems().len(), gone, "{:?}", dir.problems());
        let mut most_recent = SearchCriteria::new();
        let is_true = SearchValue::Bool(true);
        most_recent.add(SearchProperty::BackupMostRecent, SearchOperation::Equals, is_true).unwrap();
        let gpos: BTreeSet<_> = dir.backups().iter().map(|backup| (backup.gpo_id, &backup.domain)).collect();
        assert_eq!(dir.search(&most_recent).unwrap().len(), gpos.len());
        listed += with_data;
    }
    println!("{listed} backups in {} folders, {without_manifest} of them in no manifest", folders.len());
    assert_eq!(listed, sets.len());
    assert!(listed >= 233 && without_manifest >= 14);
}

#[test]
fn every_gpt_ini_comes_back() {
    let Some(folder) = corpus("") else { return };
    let mut count = 0;
    for path in files_below(&folder).iter().filter(|path| is_named(path, "GPT.INI")) {
        let bytes = std::fs::read(path).unwrap();
        let file = GptIni::parse(&bytes);
        assert_eq!(file.to_bytes(), bytes, "{}", path.display());
        if let Some(version) = file.version() {
            let mut same = file.clone();
            same.set_version(version);
            let unsigned = file.value("Version").is_some_and(|text| text == version.to_u32().to_string());
            assert!(!unsigned || same == file, "{}", path.display());
        }
        count += 1;
    }
    println!("{count} files");
    assert!(count > 0);
}
