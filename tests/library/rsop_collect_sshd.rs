//! Results of Group Policy collected through a real SSH server on loopback. Where there is none, the tests say so and pass.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use opengpmc::gpm::{HResult, MessageId, Task};
use opengpmc::operation::rsop::collect::{
    CollectOptions, Collection, RemoteComputer, ResultSides, TargetComputer, collect_results, logging_enumerate_users,
};
use opengpmc::report::Side;

use crate::common::fake_computer::{Behaviour, FakeComputer, remote};

/// An SSH server with keys of its own, whose sessions find the programs of a fake computer. Ended when it is dropped.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
    computer: FakeComputer,
}

impl Server {
    /// Starts it; none where this machine has no SSH server.
    fn start(behaviour: Behaviour) -> Option<Server> {
        let Some(sshd) = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].into_iter().find(|path| Path::new(path).exists())
        else {
            eprintln!("skipped: this machine has no SSH server (the package openssh-server)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let computer = FakeComputer::new(behaviour);
        for key in ["host_key", "user_key"] {
            let mut make = Command::new("ssh-keygen");
            make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(folder.path().join(key));
            let Ok(status) = make.status() else {
                eprintln!("skipped: this machine has no ssh-keygen (the package openssh-client)");
                return None;
            };
            assert!(status.success());
        }
        // Run by root, the server wants this folder; others need none.
        if !Path::new("/run/sshd").exists() && std::fs::create_dir("/run/sshd").is_err() {
            eprintln!("/run/sshd is not there; the server may need it");
        }
        std::fs::copy(folder.path().join("user_key.pub"), folder.path().join("authorized_keys")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\nStrictModes no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nSetEnv PATH={}:/usr/bin:/bin\n",
            at("host_key"),
            at("authorized_keys"),
            computer.path("bin").display()
        );
        std::fs::write(folder.path().join("sshd_config"), config).unwrap();
        let host_key = std::fs::read_to_string(folder.path().join("host_key.pub")).unwrap();
        std::fs::write(folder.path().join("known_hosts"), format!("[127.0.0.1]:{port} {host_key}")).unwrap();
        let client = |known: &str| {
            format!(
                "Host lab-pc\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {}\n  IdentitiesOnly yes\n  \
                 UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n",
                at("user_key"),
                at(known)
            )
        };
        std::fs::write(folder.path().join("ssh_config"), client("known_hosts")).unwrap();
        std::fs::write(folder.path().join("ssh_config_unknown"), client("nobody")).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(sshd);
        command.args(["-D", "-e", "-f"]).arg(folder.path().join("sshd_config")).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let server = Server { child, folder, computer };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "{}", server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    /// Returns how its computer is asked: by the system's `ssh`, with this configuration.
    fn options(&self, configuration: &str) -> CollectOptions {
        let configuration: PathBuf = self.folder.path().join(configuration);
        self.computer.program("real-ssh", &format!("exec ssh -F '{}' \"$@\"\n", configuration.display()));
        CollectOptions { ssh: self.computer.path("bin").join("real-ssh"), ..CollectOptions::default() }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn of_lab(user: Option<&str>) -> Collection {
    let computer = TargetComputer::Remote(RemoteComputer { host: "lab-pc".parse().unwrap(), user: None });
    Collection { computer, ..remote(user, ResultSides::Both) }
}

#[tokio::test]
async fn through_a_real_server() {
    let Some(server) = Server::start(Behaviour::Good) else { return };
    let options = server.options("ssh_config");
    let collected = collect_results(&of_lab(Some("CORP\\alice")), &options, &Task::default()).await;
    let collected = collected.unwrap_or_else(|error| panic!("{error}\n{}", server.log()));
    assert_eq!(collected.report.result(Side::Computer).unwrap().name, "CORP\\PC1$");
    assert_eq!(collected.xml[..2], [0xff, 0xfe]);
    assert_eq!(server.computer.temporary_files(), Vec::<String>::new());
    let users = logging_enumerate_users(&of_lab(None).computer, &options, &Task::default()).await.unwrap();
    assert_eq!(users.users[0].label(), "CORP\\alice");
}

#[tokio::test]
async fn an_unknown_host_key_is_refused() {
    let Some(server) = Server::start(Behaviour::Good) else { return };
    let options = server.options("ssh_config_unknown");
    let error = collect_results(&of_lab(None), &options, &Task::default()).await.unwrap_err();
    assert_eq!((error.0.id, error.0.code), (MessageId::ComputerUnreachable, HResult::ACCESS_DENIED), "{error}");
    assert!(error.0.message.contains("compare the fingerprint"), "{error}");
    assert!(!server.computer.path("gpresult").exists());
}

#[tokio::test]
async fn cancelled_in_the_middle_the_far_side_is_tidied_up() {
    let Some(server) = Server::start(Behaviour::Hangs) else { return };
    let (task, options) = (Task::default(), server.options("ssh_config"));
    let running = tokio::spawn({
        let task = task.clone();
        async move { collect_results(&of_lab(None), &options, &task).await }
    });
    let started = Instant::now();
    while server.computer.temporary_files().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "{}", server.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    task.cancel();
    assert!(running.await.unwrap().unwrap_err().is_cancelled());
    assert_eq!(server.computer.temporary_files(), Vec::<String>::new());
    assert!(server.computer.path("tidied").exists());
}
