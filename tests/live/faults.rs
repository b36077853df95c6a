//! What the built program says where a part of the lab is out of reach.

use std::io::Write;
use std::net::Ipv4Addr;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use opengpmc::store::Credentials;
use tokio::net::{TcpListener, TcpStream};

use super::lab::Lab;

fn password(lab: &Lab) -> String {
    match lab.admin() {
        Credentials::Password { password, .. } => password.expose().to_owned(),
        Credentials::CurrentUser => unreachable!("the lab gives a password"),
    }
}

/// Runs a program, gives it the administrator's password, and waits for its end.
async fn run(lab: &Lab, mut command: Command) -> Output {
    command.env_remove("OPENGPMC_CONNECT").env_remove("OPENGPMC_PASSWORD_FILE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let password = password(lab);
    let running = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // A program that needs no password reads none.
        let _ = writeln!(child.stdin.take().unwrap(), "{password}");
        child.wait_with_output().unwrap()
    });
    running.await.unwrap()
}

fn opengpmc(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_opengpmc"));
    command.args(arguments);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_silent_sysvol_costs_one_timeout_and_the_rest_is_shown() {
    let Some(lab) = Lab::get() else { return };
    // A host whose directory is that of the lab, and whose file server takes connections and never says a word.
    const HOST: Ipv4Addr = Ipv4Addr::new(127, 0, 53, 3);
    let _silent = TcpListener::bind((HOST, 445)).await.unwrap();
    let directory = TcpListener::bind((HOST, 389)).await.unwrap();
    let target = format!("{}:389", lab.address);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = directory.accept().await {
            let mut server = TcpStream::connect(&target).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    let (connect, user) = (format!("ldap://{HOST}"), format!("{}@{}", lab.user, lab.domain));
    let timeout = Duration::from_secs(4);
    let seconds = timeout.as_secs().to_string();
    let options =
        ["--connect", &connect, "--user", &user, "--password-stdin", "--kdc", &lab.address, "--timeout", &seconds];
    for command in [&["gpo", "list", "--details"][..], &["gpo", "show", "default domain policy"]] {
        let started = Instant::now();
        let output = run(&lab, opengpmc(&[&options[..], command].concat())).await;
        assert!(started.elapsed() < timeout * 2, "{command:?}: {:?}", started.elapsed());
        assert_eq!(output.status.code(), Some(3), "{command:?}: {}", said(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("Default Domain Policy"), "{command:?}");
        assert!(said(&output).contains("sysvol: did not answer in time"), "{command:?}: {}", said(&output));
    }
}

#[tokio::test]
async fn an_expired_ticket_is_called_that() {
    let Some(lab) = Lab::get() else { return };
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let mut kinit = Command::new("kinit");
    kinit.args(["-l", "1s", "-c"]).arg(&cache).arg(&lab.user);
    let made = run(&lab, kinit).await;
    assert!(made.status.success(), "{}", said(&made));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let connect = format!("ldap://{}", lab.host);
    let cache = cache.to_str().unwrap();
    let output = run(&lab, opengpmc(&["--connect", &connect, "--credential-cache", cache, "gpo", "list"])).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    for words in ["the ticket expired at", "try: ", "kinit"] {
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
    }
}
