//! The SYSVOL of the lab's domain controller over SMB.

use std::sync::Arc;
use std::time::Duration;

use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::auth::{Kerberos, UserName};
use opengpmc::store::{
    Credentials, SdParts, Secret, SmbLogon, SmbServer, SmbSysvol, StoreError, StoreErrorKind, Sysvol,
};

use crate::common::sysvol_suite::{check_sysvol, kind, path};

use super::lab::Lab;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the lab's controller as an SMB server.
pub fn server(lab: &Lab) -> SmbServer {
    SmbServer { host: lab.host.clone(), address: Some(lab.address.clone()), domain: lab.domain.clone() }
}

/// Returns a folder in the lab's SYSVOL that no other run of the tests uses.
pub fn own_folder(name: &str) -> String {
    format!("scripts/{name}-{}", std::process::id())
}

/// Returns how to log on with a password over NTLM.
pub fn ntlm(lab: &Lab, credentials: &Credentials) -> Vec<SmbLogon> {
    let Credentials::Password { user, password } = credentials else { panic!("no password") };
    vec![SmbLogon::Ntlm { user: UserName::new(user), home: lab.domain.clone(), password: password.clone() }]
}

fn kerberos(lab: &Lab, credentials: &Credentials) -> Vec<SmbLogon> {
    let kerberos = Kerberos::new(credentials, &lab.options(), &lab.domain, &lab.address);
    SmbLogon::ways(Arc::new(kerberos), credentials, &lab.domain, false)
}

async fn open(lab: &Lab, logons: Vec<SmbLogon>) -> Result<SmbSysvol, StoreError> {
    SmbSysvol::open(server(lab), logons, TIMEOUT).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_what_every_backend_does_with_ntlm() {
    let Some(lab) = Lab::get() else { return };
    let sysvol = open(&lab, ntlm(&lab, &lab.admin())).await.unwrap();
    assert_eq!(sysvol.location(), format!("\\\\{}\\sysvol\\{}", lab.host, lab.domain));
    assert_eq!(sysvol.protection().await.unwrap(), "NTLM, signed");
    check_sysvol(&sysvol, &own_folder("suite-ntlm")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_what_every_backend_does_with_kerberos() {
    let Some(lab) = Lab::get() else { return };
    let sysvol = open(&lab, kerberos(&lab, &lab.admin())).await.unwrap();
    assert_eq!(sysvol.protection().await.unwrap(), "Kerberos, signed");
    check_sysvol(&sysvol, &own_folder("suite-kerberos")).await;
}

#[tokio::test]
async fn a_wrong_password_ends_the_tries() {
    let Some(lab) = Lab::get() else { return };
    let wrong = Credentials::Password { user: lab.plain_user.clone(), password: Secret::new("wrong".to_owned()) };
    let twice = [ntlm(&lab, &wrong), ntlm(&lab, &lab.admin())].concat();
    let error = open(&lab, twice).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::BadCredentials, "{error}");
    assert_eq!(error.object, format!("\\\\{}\\sysvol", lab.host));
    assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
}

#[tokio::test]
async fn a_way_that_is_refused_gives_way_to_the_next() {
    let Some(lab) = Lab::get() else { return };
    let mut options = lab.options();
    options.credential_cache = Some("/nonexistent/cache".into());
    let no_ticket = Kerberos::new(&Credentials::CurrentUser, &options, &lab.domain, &lab.address);
    let logons = [vec![SmbLogon::Kerberos(Arc::new(no_ticket))], ntlm(&lab, &lab.admin())].concat();
    let sysvol = open(&lab, logons.clone()).await.unwrap();
    assert_eq!(sysvol.protection().await.unwrap(), "NTLM, signed");
    let error = open(&lab, logons[..1].to_vec()).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::NoTicket, "{error}");
}

#[tokio::test]
async fn guests_and_the_nameless_are_refused() {
    let Some(lab) = Lab::get() else { return };
    for user in ["", "Guest", "guest", "CORP\\GUEST"] {
        let credentials = Credentials::Password { user: user.to_owned(), password: Secret::default() };
        let error = open(&lab, ntlm(&lab, &credentials)).await.err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::AuthenticationRefused, "{user:?}: {error}");
    }
}

#[tokio::test]
async fn a_user_without_rights_reads_and_is_refused_to_write() {
    let Some(lab) = Lab::get() else { return };
    let sysvol = open(&lab, kerberos(&lab, &lab.plain())).await.unwrap();
    let policies = sysvol.list(&path("Policies")).await.unwrap();
    assert!(policies.len() >= 2, "{policies:?}");
    let gpt = path("policies/{31b2f340-016d-11d2-945f-00c04fb984f9}/gpt.ini");
    assert!(sysvol.read(&gpt).await.unwrap().starts_with(b"[General]"));
    assert!(!sysvol.security(&gpt, SdParts::READABLE).await.unwrap().is_empty());
    let denied = StoreErrorKind::AccessDenied;
    assert_eq!(kind(sysvol.replace(&gpt, b"x").await), denied);
    assert_eq!(kind(sysvol.replace(&path("scripts/plain.txt"), b"x").await), denied);
    assert_eq!(kind(sysvol.make_folder(&path("scripts/plain")).await), denied);
    assert_eq!(kind(sysvol.remove(&gpt).await), denied);
    assert_eq!(kind(sysvol.rename(&gpt, &path("scripts/gpt.ini")).await), denied);
    assert_eq!(kind(sysvol.set_security(&gpt, SdParts::DACL, &empty_descriptor()).await), denied);
    assert!(sysvol.read(&gpt).await.unwrap().starts_with(b"[General]"));
}

#[tokio::test]
async fn a_domain_the_server_does_not_hold_is_not_found() {
    let Some(lab) = Lab::get() else { return };
    let server = SmbServer { domain: "other.example.com".parse().unwrap(), ..server(&lab) };
    let error = SmbSysvol::open(server, ntlm(&lab, &lab.admin()), TIMEOUT).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::NotFound, "{error}");
    assert!(error.object.ends_with("\\sysvol\\other.example.com"), "{error}");
}

/// Returns `D:`, a descriptor with an empty DACL.
fn empty_descriptor() -> Vec<u8> {
    [&[1, 0, 4, 0x80][..], &[0; 12], &[20, 0, 0, 0], &[2, 0, 8, 0, 0, 0, 0, 0]].concat()
}

#[tokio::test]
async fn who_may_write_a_file_need_not_own_it() {
    let Some(lab) = Lab::get() else { return };
    let admin = open(&lab, ntlm(&lab, &lab.admin())).await.unwrap();
    let folder = path(&own_folder("delegated"));
    match admin.remove_tree(&folder).await {
        Err(error) if error.kind != StoreErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
    admin.make_folder(&folder).await.unwrap();
    let file = folder.join("Registry.pol").unwrap();
    admin.replace(&file, b"old").await.unwrap();
    // Change, but neither permissions nor owner, for everybody; of the file it is not inherited but its own.
    let descriptor = |sddl: &str| {
        let descriptor = SecurityDescriptor::from_sddl(sddl, &SddlContext::default()).unwrap();
        descriptor.to_bytes().unwrap()
    };
    let of_folder = descriptor("D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1301bf;;;AU)");
    admin.set_security(&folder, SdParts::DACL, &of_folder).await.unwrap();
    let of_file = descriptor("D:P(A;;FA;;;BA)(A;;0x1301bf;;;AU)");
    admin.set_security(&file, SdParts::DACL, &of_file).await.unwrap();

    let plain = open(&lab, ntlm(&lab, &lab.plain())).await.unwrap();
    plain.replace(&file, b"new").await.unwrap();
    let names: Vec<_> = admin.list(&folder).await.unwrap().into_iter().map(|file| file.name).collect();
    let read = admin.read(&file).await.unwrap();
    let after = admin.security(&file, SdParts::DACL).await.unwrap();
    admin.remove_tree(&folder).await.unwrap();
    assert_eq!((names, read), (vec!["Registry.pol".to_owned()], b"new".to_vec()));
    let sddl = SecurityDescriptor::from_bytes(&after).unwrap().to_sddl(&SddlContext::default());
    assert!(sddl.starts_with("D:P"), "{sddl}");
    assert!(sddl.contains("(A;;0x1301bf;;;AU)") && !sddl.contains("SY"), "{sddl}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_is_not_held_in_memory() {
    use crate::common::{child, large_content::check_large_files_are_not_held};
    let Some(lab) = Lab::get() else { return };
    if child::role().is_none() {
        return child::run("live::sysvol_smb::a_large_file_is_not_held_in_memory", "write");
    }
    let sysvol = open(&lab, ntlm(&lab, &lab.admin())).await.unwrap();
    let folder = path(&own_folder("large"));
    sysvol.make_folder(&folder).await.unwrap();
    let sysvol: Arc<dyn Sysvol> = Arc::new(sysvol);
    check_large_files_are_not_held(Arc::clone(&sysvol), &folder).await;
    sysvol.remove_tree(&folder).await.unwrap();
}
