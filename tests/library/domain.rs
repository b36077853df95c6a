//! What is fetched beside the snapshot, on the demo forest: SYSVOL versions, comments, starter GPOs, halves without the other.

use std::sync::Arc;

use opengpmc::gpm::{
    Domain, Forest, ForestSnapshot, GpoParts, LoadOptions, SitesContainer, StarterGpoType, SysvolState, Task,
    starter_gpo_folder,
};
use opengpmc::store::{self, ConnectOptions, ConnectTarget, Credentials, ForestStore};

async fn demo() -> (Arc<dyn ForestStore>, Domain) {
    let options = ConnectOptions::default();
    let store = store::open(&ConnectTarget::Demo, &Credentials::CurrentUser, &options).await.unwrap();
    let name = store.directory().root_dse().domain.clone();
    let domain = Domain::open(&store, &name).await.unwrap();
    (store, domain)
}

async fn load(store: &Arc<dyn ForestStore>) -> Arc<ForestSnapshot> {
    Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap()
}

#[tokio::test]
async fn the_lists_of_a_domain_are_those_of_the_snapshot() {
    let (store, domain) = demo().await;
    let forest = load(&store).await;
    let snapshot = forest.domain(domain.name()).unwrap();
    for parts in [GpoParts::Summary, GpoParts::Location, GpoParts::Details, GpoParts::All] {
        let found = domain.gpos(parts).await.unwrap();
        let ids: Vec<_> = found.values.iter().map(|gpo| gpo.id).collect();
        let expected: Vec<_> = snapshot.gpos.iter().map(|gpo| gpo.id).collect();
        assert_eq!(ids, expected, "{parts:?}");
        let wants_owner = matches!(parts, GpoParts::Details | GpoParts::All);
        assert_eq!(found.values.iter().any(|gpo| gpo.owner.is_some()), wants_owner);
    }
    let filters = domain.wmi_filters().await.unwrap().values;
    assert_eq!(filters.len(), snapshot.wmi_filters.len());
    let sites = SitesContainer::new(&store).sites().await.unwrap().values;
    assert_eq!(sites.len(), forest.sites.len());
}

#[tokio::test]
async fn sysvol_tells_versions_and_what_is_missing() {
    let (_, domain) = demo().await;
    let gpos = domain.gpos(GpoParts::Location).await.unwrap().values;
    let gpos: Vec<_> = gpos.iter().collect();
    let mut told = 0;
    let states = domain.sysvol_states(&gpos, &Task::default(), |_, _| told += 1).await.unwrap();
    assert_eq!((states.len(), told), (gpos.len(), gpos.len()));
    let rows = || gpos.iter().zip(&states);
    assert!(rows().any(|(gpo, state)| *state == SysvolState::Version(gpo.version)));
    assert!(rows().any(|(gpo, state)| matches!(state, SysvolState::Version(version) if *version != gpo.version)));
    assert!(states.contains(&SysvolState::Missing));
    let cancelled = Task::default();
    cancelled.cancel();
    assert!(domain.sysvol_states(&gpos, &cancelled, |_, _| {}).await.is_err());
    let mut comments = 0;
    for gpo in gpos {
        comments += usize::from(domain.gpo_comment(gpo).await.unwrap().is_some_and(|comment| !comment.is_empty()));
    }
    assert!(comments > 0);
}

#[tokio::test]
async fn halves_without_the_other_are_found() {
    let (_, domain) = demo().await;
    let orphans = domain.orphans().await.unwrap();
    assert!(!orphans.folders.is_empty() && !orphans.containers.is_empty(), "{orphans:?}");
    let known = domain.gpos(GpoParts::Location).await.unwrap().values;
    assert!(orphans.folders.iter().all(|id| known.iter().all(|gpo| gpo.id != *id)));
    assert!(orphans.containers.iter().all(|id| known.iter().any(|gpo| gpo.id == *id)));
}

#[tokio::test]
async fn starter_gpos_are_read_with_their_texts() {
    let (_, domain) = demo().await;
    let found = domain.starter_gpos().await.unwrap();
    assert_eq!(found.problems, []);
    assert!(found.values.iter().any(|starter| starter.kind == StarterGpoType::System && !starter.author.is_empty()));
    assert!(found.values.iter().all(|starter| !starter.display_name.contains("$(")));
    assert!(domain.sysvol_security(&starter_gpo_folder()).await.is_ok());
}

#[tokio::test]
async fn descriptors_and_names_come_on_demand() {
    let (store, domain) = demo().await;
    for dn in [domain.policies_container(), domain.wmi_filter_container()] {
        assert!(!domain.directory_security(&dn).await.unwrap().is_empty(), "{dn}");
    }
    let gone = domain.policies_container().child("CN", "gone");
    assert!(domain.directory_security(&gone).await.is_err());
    let owners: Vec<_> =
        domain.gpos(GpoParts::Details).await.unwrap().values.into_iter().filter_map(|gpo| gpo.owner).collect();
    let found = domain.names().await.unwrap().resolve(&*store, &owners).await;
    assert!(found.trustees.values().any(|trustee| trustee.name.as_ref().is_some_and(|name| name.contains('\\'))));
}
