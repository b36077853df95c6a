//! Choosing a domain controller, and the status of all of them, on the lab with two (`tests/lab/samba.sh up --multi`).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opengpmc::gpm::{Domain, Forest, GpoParts, LoadOptions, Task};
use opengpmc::operation::{DifferenceKind, InfrastructureOptions, SyncState, infrastructure_status};
use opengpmc::store::{
    self, ConnectOptions, ConnectTarget, ControllerChoice, ControllerChoices, ForestStore, StoreErrorKind,
};

use tokio::net::TcpListener;

use super::lab::whole_domain;
use super::several_controllers::{Large, load, server};

const CLOSED: Ipv4Addr = Ipv4Addr::new(127, 0, 53, 2);
const SILENT: Ipv4Addr = Ipv4Addr::new(127, 0, 53, 3);
const TIMEOUT: Duration = Duration::from_secs(6);

async fn open_by_domain(
    large: &Large,
    pdc: &[&str],
    controllers: &[&str],
    choices: ControllerChoices,
) -> Arc<dyn ForestStore> {
    let records = large.records(pdc, controllers).address("closed.lab.test", CLOSED).address("silent.lab.test", SILENT);
    let dns_server = Some(records.serve().await);
    let options = ConnectOptions { dns_server, controllers: choices, timeout: TIMEOUT, ..ConnectOptions::default() };
    store::open(&ConnectTarget::Domain(large.lab.domain.clone()), &large.lab.admin(), &options).await.unwrap()
}

#[tokio::test]
async fn the_controller_that_was_chosen_is_used_for_both_sides() {
    let Some(large) = Large::get() else { return };
    let (first, second) = (large.lab.host.as_str(), large.second_host.as_str());
    let check = async |choice: ControllerChoice, expected: &str| {
        let choices = ControllerChoices { usual: Some(choice.clone()), ..ControllerChoices::default() };
        let store = open_by_domain(&large, &[first], &[second, first], choices).await;
        let domain = Domain::open(&store, &large.lab.domain).await.unwrap();
        assert!(domain.domain_controller().eq_ignore_ascii_case(expected), "{choice}: {}", domain.domain_controller());
        let location = domain.sysvol().await.unwrap().location().to_lowercase();
        assert!(location.contains(&expected.to_lowercase()), "{choice}: {location}");
        assert_eq!(store.controller_choice(&large.lab.domain), choice);
    };
    check(ControllerChoice::PdcEmulator, first).await;
    check(ControllerChoice::Any, second).await;
    check(ControllerChoice::AnyFrom2003, second).await;
    check(ControllerChoice::Named(second.to_owned()), second).await;
    check(ControllerChoice::Named(second.split('.').next().unwrap().to_uppercase()), second).await;
}

#[tokio::test]
async fn a_controller_is_changed_while_the_forest_is_open() {
    let Some(large) = Large::get() else { return };
    let (first, second) = (large.lab.host.as_str(), large.second_host.as_str());
    let store = open_by_domain(&large, &[first], &[first, second], ControllerChoices::default()).await;
    let name = &large.lab.domain;
    let in_use = async || load(&store).await.domains[0].domain_controller.to_lowercase();
    assert_eq!(in_use().await, first);
    store.choose_controller(name, &ControllerChoice::Named(second.to_owned())).await.unwrap();
    assert_eq!(in_use().await, second);
    // The sites are still read where they were.
    assert!(store.info().server.eq_ignore_ascii_case(first));
    store.choose_configuration_controller(name, &ControllerChoice::Named(second.to_owned())).await.unwrap();
    assert!(store.info().server.eq_ignore_ascii_case(second));
    let gone = ControllerChoice::Named("closed.lab.test".to_owned());
    let error = store.choose_controller(name, &gone).await.unwrap_err();
    assert!(matches!(error.kind, StoreErrorKind::Unreachable | StoreErrorKind::Timeout), "{error}");
    assert_eq!(in_use().await, second, "what cannot be had changes nothing");
    store.choose_controller(name, &ControllerChoice::PdcEmulator).await.unwrap();
    assert_eq!(in_use().await, first);
    // A server named by hand stays the one of its domain, until something else is chosen; without DNS the domain names its PDC emulator.
    let options =
        ConnectOptions { dns_server: Some(large.records(&[], &[]).serve().await), ..ConnectOptions::default() };
    let store = store::open(&server(second), &large.lab.admin(), &options).await.unwrap();
    assert!(Domain::open(&store, name).await.unwrap().domain_controller().eq_ignore_ascii_case(second));
    store.choose_controller(name, &ControllerChoice::PdcEmulator).await.unwrap();
    assert!(Domain::open(&store, name).await.unwrap().domain_controller().eq_ignore_ascii_case(first));
}

#[tokio::test]
async fn a_domain_whose_pdc_emulator_is_gone_waits_for_a_choice() {
    let Some(large) = Large::get() else { return };
    let second = large.second_host.as_str();
    let choices = ControllerChoices { falls_back: false, ..ControllerChoices::default() };
    // Takes connections and never says a word.
    let _silent = TcpListener::bind((SILENT, 389)).await.unwrap();
    let started = Instant::now();
    let store = open_by_domain(&large, &["silent.lab.test"], &["silent.lab.test", second], choices).await;
    let name = &large.lab.domain;
    let forest = Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
    assert!(started.elapsed() < TIMEOUT * 2, "it is waited for once: {:?}", started.elapsed());
    let domain = forest.domain(name).unwrap();
    assert!(domain.is_unreachable && domain.gpos.is_empty(), "{:?}", domain.problems);
    assert_eq!(domain.domain_controllers.len(), 2, "there is a list to choose from");
    store.choose_controller(name, &ControllerChoice::Any).await.unwrap();
    let forest = load(&store).await;
    assert!(!forest.domain(name).unwrap().is_unreachable);
    assert!(forest.domain(name).unwrap().gpos.len() >= 2);
    // What was chosen for one domain is used when the forest is opened again.
    let domains = BTreeMap::from([(name.clone(), ControllerChoice::Any)]);
    let choices = ControllerChoices { falls_back: false, domains, ..ControllerChoices::default() };
    let store = open_by_domain(&large, &["closed.lab.test"], &[second], choices).await;
    assert!(!load(&store).await.domain(name).unwrap().is_unreachable);
}

#[tokio::test]
async fn the_status_shows_a_sysvol_that_was_never_copied() {
    let Some(large) = Large::get() else { return };
    let _turn = whole_domain().await;
    let store = large.open_host(&large.lab.host, &large.lab.admin()).await;
    let domain = Domain::open(&store, &large.lab.domain).await.unwrap();
    let count = domain.gpos(GpoParts::Summary).await.unwrap().values.len();
    let task = Task::default();
    let started = Instant::now();
    let status = infrastructure_status(&domain, &InfrastructureOptions::default(), &task).await.unwrap();
    eprintln!("status of {count} GPOs on {} domain controllers: {:?}", status.controllers.len(), started.elapsed());
    assert!(status.baseline.eq_ignore_ascii_case(&large.lab.host));
    let second = status.controllers.iter().find(|one| one.name.eq_ignore_ascii_case(&large.second_host)).unwrap();
    assert_eq!((status.baseline().unwrap().sync, second.sync), (SyncState::InSync, SyncState::InProgress));
    assert_eq!((second.directory_error.as_deref(), second.sysvol_error.as_deref()), (None, None));
    // Samba replicates the directory, and no file.
    assert_eq!(second.differing.len(), count);
    for gpo in &second.differing {
        let kinds: Vec<_> = gpo.differences.iter().map(|difference| difference.kind).collect();
        assert_eq!(kinds, [DifferenceKind::MissingInSysvol], "{gpo:?}");
    }
    assert_eq!(second.sysvol_counts(), (0, 0));
    assert!(status.baseline().unwrap().sysvol_counts().1 >= count);
}
