//! Directory and SYSVOL together: what is shown of the GPOs when one half cannot be had.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opengpmc::gpm::{Domain, Gpo, GpoParts, SysvolState, Task};
use opengpmc::ident::Guid;
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::{
    ConnectOptions, ConnectTarget, Credentials, ForestStore, SdParts, StoreErrorKind, SysvolPath, open,
};
use tokio::net::{TcpListener, TcpStream};

use crate::common::sysvol_suite::{kind, path};

use super::lab::Lab;

/// Opens the lab's domain on a host and port, and reads its GPOs.
async fn gpos_of(
    lab: &Lab,
    (host, port): (&str, Option<u16>),
    credentials: &Credentials,
    options: ConnectOptions,
) -> (Domain, Vec<Gpo>) {
    let target = ConnectTarget::Server { host: host.to_owned(), port, tls: false };
    let options = ConnectOptions { kdc: Some(lab.address.clone()), ..options };
    let store: Arc<dyn ForestStore> = open(&target, credentials, &options).await.unwrap();
    let domain = Domain::open(&store, &lab.domain).await.unwrap();
    let gpos = domain.gpos(GpoParts::Location).await.unwrap().values;
    assert!(gpos.len() >= 2, "the two default GPOs at least");
    (domain, gpos)
}

async fn states_of(domain: &Domain, gpos: &[Gpo]) -> Vec<SysvolState> {
    let gpos: Vec<&Gpo> = gpos.iter().collect();
    domain.sysvol_states(&gpos, &Task::default(), |_, _| {}).await.unwrap()
}

fn is_default(gpo: &Gpo) -> bool {
    ["{31b2f340-016d-11d2-945f-00c04fb984f9}", "{6ac1786c-016f-11d2-945f-00c04fb984f9}"]
        .contains(&gpo.id.to_string().to_lowercase().as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_halves_of_the_default_gpos_agree() {
    let Some(lab) = Lab::get() else { return };
    for credentials in [lab.admin(), lab.plain()] {
        let (domain, gpos) = gpos_of(&lab, (&lab.address, None), &credentials, lab.options()).await;
        let states = states_of(&domain, &gpos).await;
        let defaults: Vec<_> = gpos.iter().zip(states).filter(|(gpo, _)| is_default(gpo)).collect();
        assert_eq!(defaults.len(), 2);
        for (gpo, state) in defaults {
            assert_eq!(state, SysvolState::Version(gpo.version), "{}", gpo.display_name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gpos_are_shown_while_sysvol_is_unreachable() {
    let Some(lab) = Lab::get() else { return };
    // LDAP is passed on; nobody answers SMB at that address.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let ldap = format!("{}:389", lab.address);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = TcpStream::connect(&ldap).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    if TcpStream::connect("127.0.0.1:445").await.is_ok() {
        eprintln!("skipped: this machine has a file server of its own on 127.0.0.1");
        return;
    }
    let options = ConnectOptions { timeout: Duration::from_secs(5), ..lab.options() };
    let (domain, gpos) = gpos_of(&lab, ("127.0.0.1", Some(port)), &lab.admin(), options).await;
    let started = Instant::now();
    let states = states_of(&domain, &gpos).await;
    assert!(started.elapsed() < Duration::from_secs(5));
    for state in states {
        let SysvolState::Unreadable(reason) = state else { panic!("{state:?}") };
        assert!(reason.contains(&format!(r"\\{}\sysvol", lab.host)), "{reason}");
        assert!(reason.contains("cannot be reached"), "{reason}");
    }
    assert_eq!(kind(domain.orphans().await.map(|_| ())), StoreErrorKind::Unreachable);
    assert_eq!(kind(domain.starter_gpos().await.map(|_| ())), StoreErrorKind::Unreachable);
    let gpo = gpos.iter().find(|gpo| is_default(gpo)).unwrap();
    assert!(!domain.directory_security(&gpo.dn).await.unwrap().is_empty(), "the directory is still read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_without_right_to_read_is_told_apart_from_a_missing_one() {
    let Some(lab) = Lab::get() else { return };
    let (admin, gpos) = gpos_of(&lab, (&lab.address, None), &lab.admin(), lab.options()).await;
    let sysvol = admin.sysvol().await.unwrap();
    let template = gpos.iter().find(|gpo| is_default(gpo)).unwrap();
    let other = |id: Guid| Gpo { id, file_system_path: None, ..template.clone() };
    let hidden = other(Guid::random());
    let missing = other(Guid::random());
    let folder: SysvolPath = hidden.sysvol_folder();
    sysvol.make_folder(&folder).await.unwrap();
    sysvol.replace(&folder.join("GPT.INI").unwrap(), b"[General]\r\nVersion=65538\r\n").await.unwrap();
    let only_administrators = "D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)";
    let descriptor = SecurityDescriptor::from_sddl(only_administrators, &SddlContext::default()).unwrap();
    for at in [folder.join("GPT.INI").unwrap(), folder.clone()] {
        sysvol.set_security(&at, SdParts::DACL, &descriptor.to_bytes().unwrap()).await.unwrap();
    }

    let all = [template.clone(), hidden, missing];
    let seen_by_admin = states_of(&admin, &all).await;
    let (plain, _) = gpos_of(&lab, (&lab.address, None), &lab.plain(), lab.options()).await;
    let seen_by_plain = states_of(&plain, &all).await;
    let read = plain.sysvol_security(&folder).await;
    sysvol.remove_tree(&folder).await.unwrap();

    let version = SysvolState::Version(template.version);
    assert_eq!(seen_by_admin[0], version);
    assert!(matches!(seen_by_admin[1], SysvolState::Version(_)), "{:?}", seen_by_admin[1]);
    assert_eq!(seen_by_admin[2], SysvolState::Missing);
    assert_eq!(seen_by_plain[0], version);
    let SysvolState::Unreadable(reason) = &seen_by_plain[1] else { panic!("{:?}", seen_by_plain[1]) };
    assert!(reason.contains("access denied") && reason.contains("GPT.INI"), "{reason}");
    assert_eq!(seen_by_plain[2], SysvolState::Missing);
    assert_eq!(kind(read), StoreErrorKind::AccessDenied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_sysvol_stands_in_for_the_share() {
    let Some(lab) = Lab::get() else { return };
    let copy = tempfile::tempdir().unwrap();
    let options = ConnectOptions { sysvol_folder: Some(copy.path().to_owned()), ..lab.options() };
    let (domain, gpos) = gpos_of(&lab, (&lab.address, None), &lab.admin(), options.clone()).await;
    let SysvolState::Unreadable(reason) = &states_of(&domain, &gpos[..1]).await[0] else { panic!("no such folder") };
    assert!(reason.contains(lab.domain.as_str()), "{reason}");

    let gpo = gpos.iter().find(|gpo| is_default(gpo)).unwrap();
    let name = format!("{{{}}}", gpo.id.hyphenated().to_lowercase());
    let folder = copy.path().join(lab.domain.as_str().to_uppercase()).join("policies").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("gpt.ini"), "[General]\nVersion=262145\n").unwrap();
    let states = states_of(&domain, std::slice::from_ref(gpo)).await;
    assert!(matches!(states[0], SysvolState::Version(_)), "{:?}", states[0]);
    let sysvol = domain.sysvol().await.unwrap();
    assert!(!sysvol.has_security());
    assert_eq!(kind(sysvol.security(&path("Policies"), SdParts::DACL).await), StoreErrorKind::NotSupported);
}
