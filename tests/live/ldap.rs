//! The directory of the lab's domain controller: every way to log on, and what each of them then has to carry.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use opengpmc::store::discovery::Discovery;
use opengpmc::store::{
    ConnectOptions, ConnectTarget, Credentials, Directory, Filter, ForestStore, Scope, SdParts, SearchRequest, Secret,
    StoreError, StoreErrorKind, SysvolPath, Visit, open,
};

use super::lab::Lab;

async fn connect(
    target: &str,
    credentials: &Credentials,
    options: &ConnectOptions,
) -> Result<Arc<dyn ForestStore>, StoreError> {
    let target: ConnectTarget = target.parse().unwrap();
    let opened = open(&target, credentials, options).await;
    if let Err(error) = &opened {
        eprintln!("{target}: {error}");
    }
    opened
}

fn everything(directory: &dyn Directory) -> SearchRequest {
    SearchRequest {
        base: directory.root_dse().domain_dn.clone(),
        scope: Scope::Subtree,
        filter: Filter::any_object(),
        attributes: vec!["*".to_owned(), "nTSecurityDescriptor".to_owned()],
        sd_parts: Some(SdParts::READABLE),
    }
}

/// Searches the whole domain and reads a descriptor: more than one frame or read can hold.
async fn check_session(store: &dyn ForestStore, lab: &Lab, security: &str) {
    let info = store.info();
    assert_eq!(info.security, security, "{:?}", info.refusals);
    let directory = store.directory();
    let root = directory.root_dse();
    assert_eq!(root.domain, lab.domain);
    assert!(root.server.eq_ignore_ascii_case(&lab.host));
    assert_eq!(root.site.as_deref(), Some("Default-First-Site-Name"));
    assert_eq!(root.user.as_ref().and_then(|sid| sid.rid()), Some(500));
    assert!(root.vendor.as_ref().is_some_and(|vendor| vendor.contains("Samba")));
    let entries = directory.search(&everything(&*directory)).await.unwrap();
    assert!(entries.len() > 200, "{}", entries.len());
    let head = entries.iter().find(|entry| entry.dn == root.domain_dn).unwrap();
    assert_eq!(head.bytes("objectGUID").unwrap().len(), 16);
    assert!(head.bytes("nTSecurityDescriptor").is_some_and(|bytes| bytes.first() == Some(&1)));
    assert!(head.has_class("domainDNS"));
}

#[tokio::test]
async fn kerberos_with_a_password_comes_first() {
    let Some(lab) = Lab::get() else { return };
    for target in [format!("ldap://{}", lab.host), format!("ldap://{}", lab.address)] {
        let store = connect(&target, &lab.admin(), &lab.options_without_ca()).await.unwrap();
        check_session(&*store, &lab, "Kerberos, sealed").await;
        assert_eq!(store.info().refusals, Vec::<String>::new());
        assert!(store.info().user.starts_with("Administrator@"));
    }
}

#[tokio::test]
async fn ldaps_takes_name_and_password() {
    let Some(lab) = Lab::get() else { return };
    let netbios = format!(r"{}\{}", lab.netbios, lab.user);
    for user in [lab.user.clone(), netbios, format!("{}@{}", lab.user, lab.domain)] {
        let store = connect(&format!("ldaps://{}", lab.host), &lab.admin_as(&user), &lab.options()).await.unwrap();
        check_session(&*store, &lab, "simple bind in TLS").await;
    }
}

/// A KDC where there is none, so that Kerberos is refused and the next way is taken.
fn without_kerberos(options: ConnectOptions) -> ConnectOptions {
    ConnectOptions { kdc: Some("127.0.0.1:1".to_owned()), ..options }
}

#[tokio::test]
async fn each_refusal_leads_to_the_next_way() {
    let Some(lab) = Lab::get() else { return };
    let target = format!("ldap://{}", lab.host);
    let store = connect(&target, &lab.admin(), &without_kerberos(lab.options())).await.unwrap();
    check_session(&*store, &lab, "simple bind in TLS").await;
    assert_eq!(store.info().refusals.len(), 1, "{:?}", store.info().refusals);
    assert!(store.info().refusals[0].starts_with("Kerberos: "));

    // Without the CA file the certificate is not trusted, so NTLM is left.
    let store = connect(&target, &lab.admin(), &without_kerberos(lab.options_without_ca())).await.unwrap();
    check_session(&*store, &lab, "NTLM, sealed").await;
    assert!(store.info().refusals[1].contains("CA file"), "{:?}", store.info().refusals);

    let no_ntlm = ConnectOptions { allow_ntlm: false, ..without_kerberos(lab.options_without_ca()) };
    let error = connect(&target, &lab.admin(), &no_ntlm).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::UntrustedCertificate);
    assert!(error.detail.contains("Kerberos: ") && error.detail.contains("CA file"), "{error}");

    // On another port than the usual one, TLS is asked for by StartTLS.
    let store = connect(&format!("{target}:3268"), &lab.admin(), &without_kerberos(lab.options())).await;
    assert_eq!(store.unwrap().info().security, "simple bind in StartTLS");
}

#[tokio::test]
async fn ntlm_takes_every_form_of_the_name() {
    let Some(lab) = Lab::get() else { return };
    for user in [
        lab.user.to_uppercase(),
        format!(r"{}\{}", lab.netbios, lab.user),
        format!(r"{}\{}", lab.domain, lab.user),
        format!("{}@{}", lab.user, lab.domain),
    ] {
        let options = without_kerberos(lab.options_without_ca());
        let store = connect(&format!("ldap://{}", lab.host), &lab.admin_as(&user), &options).await.unwrap();
        check_session(&*store, &lab, "NTLM, sealed").await;
    }
}

#[tokio::test]
async fn what_is_refused_is_told_apart() {
    let Some(lab) = Lab::get() else { return };
    let target = format!("ldap://{}", lab.host);
    let wrong = Credentials::Password { user: lab.user.clone(), password: Secret::new("wrong".to_owned()) };
    for options in [lab.options(), without_kerberos(lab.options()), without_kerberos(lab.options_without_ca())] {
        let error = connect(&target, &wrong, &options).await.err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::BadCredentials);
        assert!(!format!("{error:?}").contains("wrong\""));
    }
    let options = ConnectOptions { credential_cache: Some(PathBuf::from("/no/such/cache")), ..lab.options() };
    let error = connect(&target, &Credentials::CurrentUser, &options).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::NoTicket);
    let error = connect("ldap://no-such-host.invalid", &lab.admin(), &lab.options()).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Unreachable);
    let error = connect("ldaps://127.0.0.1:1", &lab.admin(), &lab.options()).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Unreachable);
    let ldaps = format!("ldaps://{}", lab.host);
    let error = connect(&ldaps, &lab.admin(), &lab.options_without_ca()).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::UntrustedCertificate);
    assert!(error.detail.contains("CA file"), "{error}");
    let error = connect("ldaps://localhost", &lab.admin(), &lab.options()).await.err().unwrap();
    assert!(matches!(error.kind, StoreErrorKind::UntrustedCertificate | StoreErrorKind::Unreachable), "{error}");
}

#[tokio::test]
async fn a_search_may_stop_early_and_be_cancelled() {
    let Some(lab) = Lab::get() else { return };
    let store = connect(&format!("ldap://{}", lab.host), &lab.admin(), &lab.options()).await.unwrap();
    let directory = store.directory();
    let mut count = 0;
    let mut three = |_| {
        count += 1;
        if count == 3 { Visit::Stop } else { Visit::Continue }
    };
    directory.search_with(&everything(&*directory), &mut three).await.unwrap();
    assert_eq!(count, 3);
    let request = everything(&*directory);
    for wait in [0, 1, 5, 20] {
        let _ = tokio::time::timeout(Duration::from_millis(wait), directory.search(&request)).await;
    }
    assert!(directory.search(&everything(&*directory)).await.unwrap().len() > 200);
}

#[tokio::test]
async fn many_searches_share_one_connection() {
    let Some(lab) = Lab::get() else { return };
    let store = connect(&format!("ldap://{}", lab.host), &lab.admin(), &lab.options()).await.unwrap();
    let directory = store.directory();
    let before = store.info().requests.load(Ordering::Relaxed);
    let request = everything(&*directory);
    let found = futures::future::join_all((0..8).map(|_| directory.search(&request))).await;
    let counts: Vec<usize> = found.into_iter().map(|found| found.unwrap().len()).collect();
    assert!(counts.iter().all(|count| *count > 200), "{counts:?}");
    assert!(store.info().requests.load(Ordering::Relaxed) - before >= 8);
}

#[tokio::test]
async fn a_missing_object_and_a_foreign_one_are_not_found() {
    let Some(lab) = Lab::get() else { return };
    let store = connect(&format!("ldap://{}", lab.host), &lab.admin(), &lab.options()).await.unwrap();
    for name in ["OU=none,DC=corp,DC=example,DC=com", "DC=elsewhere,DC=test"] {
        let error = store.directory().read(&name.parse().unwrap(), &["cn"], None).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::NotFound, "{error}");
        assert_eq!(error.object, name);
    }
}

#[tokio::test]
async fn a_silent_server_costs_no_more_than_the_timeout() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("ldap://{}", listener.local_addr().unwrap());
    let user = Credentials::Password { user: "ann".to_owned(), password: Secret::new("x".to_owned()) };
    let options = ConnectOptions { timeout: Duration::from_millis(600), ..ConnectOptions::default() };
    let started = Instant::now();
    let error = connect(&target, &user, &options).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_domain_is_found_by_its_name() {
    let Some(lab) = Lab::get() else { return };
    let started = Instant::now();
    let store = connect(lab.domain.as_str(), &lab.admin(), &lab.options()).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    check_session(&*store, &lab, "Kerberos, sealed").await;
    assert_eq!(store.info().target, lab.domain.to_string());
    let again = store.domain_directory(&lab.domain).await.unwrap();
    assert_eq!(again.root_dse().domain_dn, store.directory().root_dse().domain_dn);

    let discovery = Discovery::new(&lab.options());
    let found = discovery.controllers(&lab.domain).await.unwrap();
    assert_eq!(found[0].host.to_lowercase(), lab.host.to_lowercase());
    assert_eq!(discovery.pdc_emulator(&lab.domain).await.unwrap()[0].port, 389);
    assert_eq!(discovery.kdcs(&lab.domain).await.unwrap()[0].port, 88);
    // The only site is everybody's; in a seeded lab there are several, and no subnet says which of them is ours.
    let sites = opengpmc::gpm::SitesContainer::new(&store).sites().await.unwrap().values.len();
    let expected = (sites == 1).then_some("Default-First-Site-Name");
    assert_eq!(discovery.client_site(&found, &lab.domain).await.as_deref(), expected);

    let error = connect("no-such-domain.test", &lab.admin(), &lab.options()).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Unreachable);
    let elsewhere = store.domain_directory(&"other.example.com".parse().unwrap()).await.err().unwrap();
    assert_eq!(elsewhere.kind, StoreErrorKind::Unreachable);
}

#[tokio::test]
async fn sysvol_is_opened_beside_the_directory() {
    let Some(lab) = Lab::get() else { return };
    for (target, options) in [
        (lab.domain.to_string(), lab.options()),
        (format!("ldap://{}", lab.address), lab.options()),
        (format!("ldaps://{}", lab.host), lab.options()),
        (format!("ldap://{}", lab.host), without_kerberos(lab.options_without_ca())),
    ] {
        let store = connect(&target, &lab.admin(), &options).await.unwrap();
        let sysvol = store.sysvol(&lab.domain).await.unwrap();
        let policies = sysvol.list(&SysvolPath::parse("Policies").unwrap()).await.unwrap();
        assert!(policies.len() >= 2, "{target}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(lab.domain.as_str()).join("Policies")).unwrap();
    let options = ConnectOptions { sysvol_folder: Some(folder.path().to_owned()), ..lab.options() };
    let store = connect(lab.domain.as_str(), &lab.admin(), &options).await.unwrap();
    assert!(!store.sysvol(&lab.domain).await.unwrap().has_security());
}
