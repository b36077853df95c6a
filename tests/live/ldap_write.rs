//! The write methods of the directory on the lab's domain controller, over every kind of connection.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use opengpmc::ident::Dn;
use opengpmc::store::{
    Attribute, Change, ConnectOptions, ConnectTarget, Credentials, Directory, Filter, ForestStore, Scope, SdParts,
    SearchRequest, StoreErrorKind, Visit, open,
};

use crate::common::directory_suite::check_directory;

use super::lab::Lab;

async fn connect(lab: &Lab, credentials: &Credentials, options: &ConnectOptions, tls: bool) -> Arc<dyn ForestStore> {
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls };
    open(&target, credentials, options).await.unwrap()
}

/// An OU of the test's own; whatever an earlier run left is removed first.
async fn own_ou(directory: &dyn Directory, name: &str) -> Dn {
    let ou = directory.root_dse().domain_dn.child("OU", name);
    match directory.delete_tree(&ou).await {
        Ok(()) => {}
        Err(error) => assert_eq!(error.kind, StoreErrorKind::NotFound, "{error}"),
    }
    directory.add(&ou, &[Attribute::text("objectClass", "organizationalUnit")]).await.unwrap();
    ou
}

fn swap(attribute: &str, old: Option<&str>, new: Option<&str>) -> Change {
    let bytes = |value: &str| value.as_bytes().to_vec();
    Change::Swap { attribute: attribute.to_owned(), old: old.map(bytes), new: new.map(bytes) }
}

async fn check_writes(directory: &dyn Directory, name: &str) {
    let ou = own_ou(directory, name).await;
    let text = async |attribute: &str| directory.read(&ou, &[attribute], None).await.unwrap().text(attribute);
    let kind_of = |result: Result<(), opengpmc::store::StoreError>| {
        let error = result.unwrap_err();
        assert!(error.object.contains(name), "{error}");
        error.kind
    };
    let again = directory.add(&ou, &[Attribute::text("objectClass", "organizationalUnit")]).await;
    assert_eq!(kind_of(again), StoreErrorKind::AlreadyExists);

    // A swap succeeds only on the value that was read.
    let link = "[LDAP://CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,CN=System,DC=corp,DC=example,DC=com;0]";
    directory.modify(&ou, &[swap("gPLink", None, Some(link))]).await.unwrap();
    assert_eq!(text("gPLink").await.as_deref(), Some(link));
    let stale = directory.modify(&ou, &[swap("gPLink", Some("stale"), Some(" "))]).await;
    assert_eq!(kind_of(stale), StoreErrorKind::Conflict);
    let occupied = directory.modify(&ou, &[swap("gPLink", None, Some(" "))]).await;
    assert_eq!(kind_of(occupied), StoreErrorKind::Conflict);
    // All changes of one call or none.
    let half = [swap("description", None, Some("new")), swap("gPLink", Some("stale"), None)];
    assert_eq!(kind_of(directory.modify(&ou, &half).await), StoreErrorKind::Conflict);
    assert_eq!(text("description").await, None);
    directory.modify(&ou, &[swap("gPLink", Some(link), None)]).await.unwrap();
    assert_eq!(text("gPLink").await, None);

    directory.modify(&ou, &[Change::Add(Attribute::texts("postalCode", &["1"]))]).await.unwrap();
    directory.modify(&ou, &[Change::Replace(Attribute::text("postalCode", "2"))]).await.unwrap();
    let missing = directory.modify(&ou, &[Change::Remove(Attribute::text("postalCode", "1"))]).await;
    assert_eq!(kind_of(missing), StoreErrorKind::Conflict);
    directory
        .modify(&ou, &[Change::Replace(Attribute { name: "postalCode".to_owned(), values: vec![] })])
        .await
        .unwrap();
    assert_eq!(text("postalCode").await, None);
    let nonsense = directory.modify(&ou, &[Change::Replace(Attribute::text("noSuchAttribute", "x"))]).await;
    assert!(matches!(kind_of(nonsense), StoreErrorKind::InvalidValue | StoreErrorKind::Conflict));

    // Only the parts named are written; the protected bit of the DACL stays.
    let read = async |parts| {
        directory
            .read(&ou, &["nTSecurityDescriptor"], Some(parts))
            .await
            .unwrap()
            .bytes("nTSecurityDescriptor")
            .unwrap()
            .to_vec()
    };
    let mut descriptor = read(SdParts::DACL).await;
    assert!(descriptor.len() < read(SdParts::READABLE).await.len());
    descriptor[3] |= 0x10;
    let guarded = |old| {
        [
            swap("street", old, Some("guard")),
            Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: descriptor.clone() },
        ]
    };
    directory.modify(&ou, &guarded(None)).await.unwrap();
    assert_eq!(read(SdParts::DACL).await[3] & 0x10, 0x10);
    assert_eq!(kind_of(directory.modify(&ou, &guarded(Some("stale"))).await), StoreErrorKind::Conflict);

    // A value longer than any frame.
    let long = "x".repeat(200_000);
    directory.modify(&ou, &[Change::Replace(Attribute::text("gPOptions", "1"))]).await.unwrap();
    let child = ou.child("CN", "container");
    directory.add(&child, &[Attribute::text("objectClass", "container")]).await.unwrap();
    directory.modify(&child, &[Change::Replace(Attribute::text("adminDescription", "x".repeat(1000)))]).await.unwrap();
    let logo = Attribute::bytes("thumbnailLogo", long.into_bytes());
    let written = directory.modify(&ou, &[Change::Replace(logo.clone())]).await;
    match written {
        Ok(()) => {
            let found = directory.read(&ou, &["thumbnailLogo"], None).await.unwrap();
            assert_eq!(found.values("thumbnailLogo"), logo.values);
        }
        Err(error) => assert_eq!(error.kind, StoreErrorKind::InvalidValue, "{error}"),
    }

    assert_eq!(kind_of(directory.delete(&ou).await), StoreErrorKind::NotEmpty);
    directory.rename(&child, r"CN=a\, name", None).await.unwrap();
    let renamed = ou.child("CN", "a, name");
    let inner = ou.child("OU", "inner");
    directory.add(&inner, &[Attribute::text("objectClass", "organizationalUnit")]).await.unwrap();
    directory.rename(&renamed, "CN=moved", Some(&inner)).await.unwrap();
    let moved = inner.child("CN", "moved");
    assert_eq!(directory.read(&moved, &["adminDescription"], None).await.unwrap().dn, moved);
    assert_eq!(kind_of(directory.delete(&renamed).await), StoreErrorKind::NotFound);
    directory.delete(&moved).await.unwrap();
    directory.delete_tree(&ou).await.unwrap();
    assert_eq!(directory.read(&inner, &["ou"], None).await.unwrap_err().kind, StoreErrorKind::NotFound);
}

#[tokio::test]
async fn writes_over_kerberos() {
    let Some(lab) = Lab::get() else { return };
    let store = connect(&lab, &lab.admin(), &lab.options(), false).await;
    check_writes(&*store.directory(), "ldap-writes-kerberos").await;
}

#[tokio::test]
async fn does_what_every_directory_does() {
    let Some(lab) = Lab::get() else { return };
    let directory = connect(&lab, &lab.admin(), &lab.options(), false).await.directory();
    let own = own_ou(&*directory, "ldap-directory-suite").await;
    check_directory(&*directory, &own).await;
    directory.delete(&own).await.unwrap();
}

#[tokio::test]
async fn writes_inside_tls() {
    let Some(lab) = Lab::get() else { return };
    let store = connect(&lab, &lab.admin(), &lab.options(), true).await;
    check_writes(&*store.directory(), "ldap-writes-tls").await;
}

#[tokio::test]
async fn writes_over_ntlm() {
    let Some(lab) = Lab::get() else { return };
    let options = ConnectOptions { kdc: Some("127.0.0.1:1".to_owned()), ca_file: None, ..lab.options() };
    let store = connect(&lab, &lab.admin(), &options, false).await;
    assert_eq!(store.info().security, "NTLM, sealed");
    check_writes(&*store.directory(), "ldap-writes-ntlm").await;
}

#[tokio::test]
async fn a_user_without_rights_is_refused_by_name_of_the_object() {
    let Some(lab) = Lab::get() else { return };
    let admin = connect(&lab, &lab.admin(), &lab.options(), false).await;
    let ou = own_ou(&*admin.directory(), "ldap-no-rights").await;
    let plain = connect(&lab, &lab.plain(), &lab.options(), false).await.directory();
    assert_ne!(plain.root_dse().user, admin.directory().root_dse().user);
    let class = [Attribute::text("objectClass", "organizationalUnit")];
    for refused in [
        plain.modify(&ou, &[swap("description", None, Some("x"))]).await,
        plain.delete(&ou).await,
        plain.delete_tree(&ou).await,
        plain.add(&ou.child("OU", "child"), &class).await,
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::AccessDenied, "{error}");
        assert!(error.object.contains("ldap-no-rights"));
    }
    admin.directory().delete(&ou).await.unwrap();
}

/// The number of requests grows at most with the pages, never with the objects.
#[tokio::test]
async fn large_searches_come_whole() {
    let Some(lab) = Lab::get() else { return };
    let store = connect(&lab, &lab.admin(), &lab.options(), false).await;
    let directory = store.directory();
    let ou = own_ou(&*directory, "ldap-large").await;
    let attributes = [Attribute::text("objectClass", "container"), Attribute::text("description", "y".repeat(500))];
    for batch in 0..13 {
        let names: Vec<Dn> = (0..250).map(|number| ou.child("CN", &format!("entry-{batch}-{number}"))).collect();
        let adding = names.iter().map(|name| directory.add(name, &attributes));
        for added in futures::future::join_all(adding).await {
            added.unwrap();
        }
    }
    let request = SearchRequest {
        base: ou.clone(),
        scope: Scope::OneLevel,
        filter: Filter::class("container"),
        attributes: vec!["*".to_owned(), "nTSecurityDescriptor".to_owned()],
        sd_parts: Some(SdParts::READABLE),
    };
    let options = ConnectOptions { kdc: Some("127.0.0.1:1".to_owned()), ca_file: None, ..lab.options() };
    let ntlm = connect(&lab, &lab.admin(), &options, false).await;
    let tls = connect(&lab, &lab.admin(), &lab.options(), true).await;
    for store in [&store, &ntlm, &tls] {
        let before = store.info().requests.load(Ordering::Relaxed);
        let found = store.directory().search(&request).await.unwrap();
        let names: std::collections::HashSet<&Dn> = found.iter().map(|entry| &entry.dn).collect();
        assert_eq!(names.len(), 3250, "{}", store.info().security);
        assert_eq!(found.len(), 3250);
        // One for Samba, which is asked for whole answers; four pages otherwise.
        assert!(store.info().requests.load(Ordering::Relaxed) - before <= 4);
    }
    let mut count = 0;
    let mut stop = |_| {
        count += 1;
        if count == 1500 { Visit::Stop } else { Visit::Continue }
    };
    directory.search_with(&request, &mut stop).await.unwrap();
    assert_eq!(count, 1500);
    directory.delete_tree(&ou).await.unwrap();
}
