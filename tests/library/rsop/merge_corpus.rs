//! Merging over all backups of the corpus: whatever they hold, what wins is what one of them sets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use opengpmc::extension::{EXTENSIONS, FileContent, GptFile, HalfContents, PrincipalNames, SourceContext};
use opengpmc::format::admx::AdmxStore;
use opengpmc::gpm::SomType;
use opengpmc::ident::{Dn, ExtensionList, Guid};
use opengpmc::report::Side;
use opengpmc::rsop::merge::{HalfSettings, Layer, MergeContext, Resultant, merge, report};
use opengpmc::rsop::{GpoId, HalfPolicy};

use super::super::corpus::{corpus, files_below};

struct Gpo {
    id: GpoId,
    half: HalfPolicy,
}

/// Reads a half of a backup; all extensions count, registered or not.
fn gpo(set: &Path, side: Side) -> Option<Gpo> {
    let folder = set.join("DomainSysvol/GPO").join(side.folder());
    if !folder.is_dir() {
        return None;
    }
    let files: Vec<GptFile> = files_below(&folder)
        .into_iter()
        .filter_map(|path| {
            let bytes = std::fs::read(&path).ok()?;
            let below = path.strip_prefix(&folder).ok()?.to_string_lossy().replace('\\', "/");
            Some(GptFile { path: below, size_bytes: bytes.len() as u64, content: FileContent::Whole(bytes) })
        })
        .collect();
    if files.is_empty() {
        return None;
    }
    let contents = HalfContents::new(ExtensionList::default(), files, Vec::new());
    let settings = HalfSettings::prepare(side, &contents);
    let name = set.file_name()?.to_string_lossy().into_owned();
    let id = GpoId { dn: Dn::empty(), id: name.parse().unwrap_or(Guid::NIL), domain: None, name };
    Some(Gpo { id, half: HalfPolicy { contents, settings } })
}

fn layers<'a>(gpos: &[&'a Gpo], extensions: &'a [Guid]) -> Vec<Layer<'a>> {
    let layer = |(order, gpo): (usize, &&'a Gpo)| Layer {
        order,
        gpo: &gpo.id,
        som_kind: SomType::Ou,
        half: &gpo.half,
        extensions,
    };
    (1..).zip(gpos).map(layer).collect()
}

/// Returns the settings with what they come to. Scripts run as often as their GPO applies.
fn values(resultant: &Resultant) -> BTreeMap<Arc<str>, Option<Arc<str>>> {
    let settings = resultant.settings.iter().filter(|setting| !setting.key.starts_with("scripts/"));
    settings.map(|setting| (setting.key.clone(), setting.value.clone())).collect()
}

#[test]
fn what_wins_is_what_one_of_the_gpos_sets() {
    let Some(folder) = corpus("backups") else { return };
    let is_set = |path: &Path| path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("backup.xml"));
    let sets: Vec<_> = files_below(&folder).into_iter().filter(|path| is_set(path)).collect();
    let mut extensions: Vec<Guid> = EXTENSIONS.iter().map(|extension| extension.cse).collect();
    extensions.sort_unstable();
    extensions.dedup();
    let context = MergeContext::default();
    let (mut merged_count, mut settings_count) = (0, 0);
    for side in [Side::Computer, Side::User] {
        let gpos: Vec<Gpo> = sets.iter().filter_map(|set| gpo(set.parent()?, side)).collect();
        assert!(gpos.len() > 50, "{} halves", gpos.len());
        let alone: Vec<Resultant> =
            gpos.iter().map(|gpo| merge(side, &layers(&[gpo], &extensions), &context).resultant).collect();
        for (position, one) in gpos.iter().enumerate() {
            let twice = merge(side, &layers(&[one, one], &extensions), &context).resultant;
            assert_eq!(values(&twice), values(&alone[position]), "{}", one.id.name);
            // Its neighbour and one from elsewhere.
            for other in [(position + 1) % gpos.len(), (position * 7 + 3) % gpos.len()] {
                let merged = merge(side, &layers(&[one, &gpos[other]], &extensions), &context);
                merged_count += 1;
                settings_count += merged.resultant.settings.len();
                check_pair(&merged.resultant, [&alone[position], &alone[other]]);
            }
        }
        check_reports(side, &gpos, &extensions);
    }
    println!("{merged_count} pairs, {settings_count} settings");
}

/// Every setting is one of the two GPOs' by key, and what its winner sets is what that GPO sets by itself.
fn check_pair(merged: &Resultant, alone: [&Resultant; 2]) {
    let alone = alone.map(values);
    for setting in merged.settings.iter().filter(|setting| !setting.key.starts_with("scripts/")) {
        let winner = setting.sources[0].order;
        assert!((1..=2).contains(&winner), "{setting:?}");
        if !setting.united {
            let own = alone[winner - 1].get(&setting.key);
            // What a GPO deletes may be no setting of its own: all values of a key.
            assert!(own.is_none_or(|own| *own == setting.value || setting.value.is_none()), "{setting:?} {own:?}");
            assert!(own.is_some() || setting.value.is_none(), "{setting:?}");
        }
    }
    let keys: BTreeSet<&Arc<str>> = merged.settings.iter().map(|setting| &setting.key).collect();
    let kept = alone.iter().flat_map(BTreeMap::keys).all(|key| keys.contains(key) || key.starts_with("preferences/"));
    assert!(kept, "a setting is lost");
}

/// Every setting of a report has a precedence, and those of the winners are as many as there are settings.
fn check_reports(side: Side, gpos: &[Gpo], extensions: &[Guid]) {
    let (names, templates) = (PrincipalNames::default(), AdmxStore::default());
    let source = SourceContext { names: &names, templates: &templates, with_comments: true, compatible: true };
    for pair in gpos.chunks(2) {
        let pair: Vec<&Gpo> = pair.iter().collect();
        let layers = layers(&pair, extensions);
        let first = report(side, &layers, &MergeContext::default(), &source);
        let again = report(side, &layers, &MergeContext::default(), &source);
        assert!(first.iter().zip(&again).all(|(one, other)| one.elements == other.elements));
        let security = first.iter().find(|report| report.name == "Security");
        for element in security.iter().flat_map(|report| &report.elements).filter(|element| element.name != "Blocked") {
            assert_eq!((&*element.children[0].name, &*element.children[1].name), ("GPO", "Precedence"));
        }
    }
}
