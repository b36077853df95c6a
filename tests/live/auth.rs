//! Kerberos tickets from the lab's KDC.

use opengpmc::store::auth::Kerberos;
use opengpmc::store::{ConnectOptions, Credentials, Secret, StoreErrorKind};

use super::lab::Lab;

async fn ticket(lab: &Lab, credentials: &Credentials, service: &str, host: &str) -> Result<String, StoreErrorKind> {
    let kerberos = Kerberos::new(credentials, &ConnectOptions::default(), &lab.domain, &lab.address);
    kerberos.ticket(service, host).await.map(|ticket| ticket.user()).map_err(|error| {
        eprintln!("{error}");
        error.kind
    })
}

#[tokio::test]
async fn tickets_come_for_every_form_of_the_name() {
    let Some(lab) = Lab::get() else { return };
    let expected = format!("{}@{}", lab.user, lab.domain.as_str().to_uppercase());
    for name in [
        lab.user.clone(),
        lab.user.to_lowercase(),
        format!("{}@{}", lab.user, lab.domain),
        format!(r"{}\{}", lab.netbios, lab.user),
        format!(r"{}\{}", lab.domain, lab.user),
    ] {
        for service in ["ldap", "cifs"] {
            assert_eq!(ticket(&lab, &lab.admin_as(&name), service, &lab.host).await, Ok(expected.clone()), "{name}");
        }
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let Some(lab) = Lab::get() else { return };
    let wrong = Credentials::Password { user: lab.user.clone(), password: Secret::new("no such thing".to_owned()) };
    assert_eq!(ticket(&lab, &wrong, "ldap", &lab.host).await, Err(StoreErrorKind::BadCredentials));
    let nobody = Credentials::Password { user: "no-such-user".to_owned(), password: Secret::new("x".to_owned()) };
    assert_eq!(ticket(&lab, &nobody, "ldap", &lab.host).await, Err(StoreErrorKind::AuthenticationRefused));
    let elsewhere = ticket(&lab, &lab.admin(), "ldap", "no-such-host.corp.example.com").await;
    assert_eq!(elsewhere, Err(StoreErrorKind::AuthenticationRefused));
}

#[tokio::test]
async fn one_identity_serves_many_services() {
    let Some(lab) = Lab::get() else { return };
    let kerberos = Kerberos::new(&lab.admin(), &ConnectOptions::default(), &lab.domain, &lab.address);
    let (ldap, cifs) = tokio::join!(kerberos.ticket("ldap", &lab.host), kerberos.ticket("cifs", &lab.host));
    assert_eq!(ldap.unwrap().user(), cifs.unwrap().user());
}

#[tokio::test]
async fn a_ticket_cache_made_by_kinit_is_read() {
    let Some(lab) = Lab::get() else { return };
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let mut command = std::process::Command::new("kinit");
    command.arg("-c").arg(&cache).arg(&lab.user).stdin(std::process::Stdio::piped());
    let mut kinit = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let password = match lab.admin() {
        Credentials::Password { password, .. } => password.expose().to_owned(),
        Credentials::CurrentUser => unreachable!("the lab gives a password"),
    };
    use std::io::Write;
    kinit.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
    assert!(kinit.wait().unwrap().success());

    let options = ConnectOptions { credential_cache: Some(cache), ..ConnectOptions::default() };
    let kerberos = Kerberos::new(&Credentials::CurrentUser, &options, &lab.domain, &lab.address);
    let ticket = kerberos.ticket("cifs", &lab.host).await.unwrap();
    assert_eq!(ticket.user(), format!("{}@{}", lab.user, lab.domain.as_str().to_uppercase()));

    let missing = ConnectOptions { credential_cache: Some(folder.path().join("none")), ..ConnectOptions::default() };
    let kerberos = Kerberos::new(&Credentials::CurrentUser, &missing, &lab.domain, &lab.address);
    assert_eq!(kerberos.ticket("ldap", &lab.host).await.unwrap_err().kind, StoreErrorKind::NoTicket);
}
