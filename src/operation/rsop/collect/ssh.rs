//! The system's OpenSSH client, and what its errors mean.
//!
//! It is run without a shell and never asks: keys, an agent or a Kerberos ticket log on, never a password. Host keys are checked as its
//! configuration says; an unknown one is refused. Source: ssh(1), ssh_config(5).

use std::ffi::OsString;
use std::io;

use crate::gpm::{Cancelled, HResult, MessageId, OperationError, StatusMessage, Task};

use super::child::{self, ChildError, ChildOutput};
use super::names::{SshHost, SshUser};
use super::{CollectOptions, RemoteComputer};

/// The exit code of `ssh` where the connection failed; any other is that of the remote command.
const CONNECTION_FAILED: i32 = 255;

/// Runs a command on another computer. The command is read by the shell there: it must be made of letters that mean the same to all.
///
/// # Errors
/// Fails where the computer cannot be reached or refuses to let in, where the time is over, and where it was cancelled.
pub(super) async fn run(
    remote: &RemoteComputer,
    command: &str,
    options: &CollectOptions,
    limit: std::time::Duration,
    task: &Task,
) -> Result<ChildOutput, OperationError> {
    let arguments = arguments(&remote.host, remote.user.as_ref(), command, options);
    match child::run(&options.ssh, &arguments, limit, task).await {
        Ok(output) if output.code == Some(CONNECTION_FAILED) => Err(not_connected(&remote.host, &output.stderr)),
        Ok(output) => Ok(output),
        Err(error) => Err(not_run(&remote.host, limit, error)),
    }
}

fn arguments(host: &SshHost, user: Option<&SshUser>, command: &str, options: &CollectOptions) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["-T", "-a", "-x"].map(OsString::from).to_vec();
    let settings = [
        "BatchMode=yes".to_owned(),
        format!("ConnectTimeout={}", options.connect_limit.as_secs().max(1)),
        "ServerAliveInterval=15".to_owned(),
        "ServerAliveCountMax=4".to_owned(),
        // A master that stays behind would hold the output open.
        "ControlMaster=no".to_owned(),
        "ClearAllForwardings=yes".to_owned(),
    ];
    for setting in settings {
        arguments.extend(["-o".into(), setting.into()]);
    }
    if let Some(user) = user {
        arguments.extend(["-l".into(), user.as_str().into()]);
    }
    arguments.extend(["--".into(), host.as_str().into(), command.into()]);
    arguments
}

/// What keeps a computer from being reached, as `ssh` tells it.
struct Cause {
    /// What of its words tells it.
    words: &'static [&'static str],
    /// Its code.
    code: HResult,
    /// What it means and what to try.
    advice: &'static str,
}

const CAUSES: &[Cause] = &[
    Cause {
        words: &["REMOTE HOST IDENTIFICATION HAS CHANGED"],
        code: HResult::ACCESS_DENIED,
        advice: "Its host key is another one than it was before: make sure that it is the right computer, then take the old key out of \
            known_hosts with `ssh-keygen -R`.",
    },
    Cause {
        words: &["Host key verification failed", "No ED25519 host key is known", "host key is known for"],
        code: HResult::ACCESS_DENIED,
        advice: "Its host key is not known here: connect once with `ssh` in a terminal, compare the fingerprint and accept it.",
    },
    Cause {
        words: &["Could not resolve hostname", "Name or service not known", "nodename nor servname"],
        code: HResult::HOST_UNREACHABLE,
        advice: "There is no computer of this name: check its spelling, or give its DNS name or address.",
    },
    Cause {
        words: &["Connection refused"],
        code: HResult::HOST_UNREACHABLE,
        advice: "The computer is on, but no SSH server answers: install and start it (on Windows the optional feature OpenSSH Server).",
    },
    Cause {
        words: &["timed out", "No route to host", "Network is unreachable", "Host is down"],
        code: HResult::HOST_UNREACHABLE,
        advice: "Nothing answers: the computer is off or not on this network, or a firewall drops port 22.",
    },
    Cause {
        words: &["Permission denied", "Too many authentication failures", "Not allowed at this time"],
        code: HResult::LOGON_FAILURE,
        advice: "It does not let this account in: log on with a key, an agent or a Kerberos ticket (`kinit`), or name another account. \
            Passwords are never asked for. On Windows the keys of administrators stand in administrators_authorized_keys.",
    },
    Cause {
        words: &["Connection reset", "Connection closed", "kex_exchange_identification", "Broken pipe"],
        code: HResult::HOST_UNREACHABLE,
        advice: "The connection was ended on the way: the SSH server refuses this account or address, or the computer went down.",
    },
];

const USUAL_CAUSES: &str = "Usual causes: it is offline; a firewall lets port 22 not through or no SSH server runs on it; the account has \
    not the right to log on there.";

fn not_connected(host: &SshHost, stderr: &[u8]) -> OperationError {
    let words = words(stderr);
    let cause = CAUSES.iter().find(|cause| cause.words.iter().any(|part| words.contains(part)));
    let (code, advice) = cause.map_or((HResult::HOST_UNREACHABLE, ""), |cause| (cause.code, cause.advice));
    let mut message = format!("The computer {host} cannot be reached over SSH.");
    for part in [advice, USUAL_CAUSES] {
        if !part.is_empty() {
            message.push('\n');
            message.push_str(part);
        }
    }
    let said = if words.is_empty() { "nothing" } else { &words };
    message.push_str(&format!("\nssh said: {said}"));
    OperationError::new(StatusMessage::error(MessageId::ComputerUnreachable, code, message).about(host))
}

fn not_run(host: &SshHost, limit: std::time::Duration, error: ChildError) -> OperationError {
    let unreachable = |code, message: String| {
        OperationError::new(StatusMessage::error(MessageId::ComputerUnreachable, code, message).about(host))
    };
    match error {
        ChildError::Cancelled => Cancelled.into(),
        ChildError::NotStarted(error) if error.kind() == io::ErrorKind::NotFound => unreachable(
            HResult::FILE_NOT_FOUND,
            "The program ssh was not found: install the OpenSSH client (the package openssh-client; on Windows the optional feature \
                OpenSSH Client)."
                .to_owned(),
        ),
        ChildError::NotStarted(error) => unreachable(HResult::FAIL, format!("The program ssh could not be run: {error}.")),
        ChildError::TimedOut(stderr) => {
            let mut message = format!(
                "The computer {host} did not answer in {} seconds. It may be busy: try again, or give it more time. {USUAL_CAUSES}",
                limit.as_secs()
            );
            let words = words(&stderr);
            if !words.is_empty() {
                message.push_str(&format!("\nssh said: {words}"));
            }
            unreachable(HResult::TIMEOUT, message)
        }
        ChildError::TooMuch => {
            unreachable(HResult::INVALID_DATA, format!("The computer {host} sent more than any result has: it is not read further."))
        }
    }
}

/// Returns what a program said of errors, for people: its last lines, without what PowerShell writes for programs.
pub(super) fn words(stderr: &[u8]) -> String {
    const MOST_LINES: usize = 12;
    const LONGEST: usize = 400;
    let text = String::from_utf8_lossy(stderr);
    let is_for_people = |line: &&str| !line.is_empty() && !line.starts_with("#< CLIXML") && !line.starts_with("<Objs");
    let lines: Vec<&str> = text.lines().map(str::trim).filter(is_for_people).collect();
    let last = lines.len().saturating_sub(MOST_LINES);
    let cut =
        |line: &&str| -> String { line.chars().filter(|c| !c.is_control() || *c == '\t').take(LONGEST).collect() };
    lines[last..].iter().map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_becomes_an_option() {
        let host = "pc1.corp.example.com".parse().unwrap();
        let user = "CORP\\admin".parse().unwrap();
        let arguments = arguments(&host, Some(&user), "whoami", &CollectOptions::default());
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_str().unwrap()).collect();
        assert!(arguments.windows(2).any(|pair| pair == ["-o", "BatchMode=yes"]));
        assert!(!arguments.iter().any(|argument| argument.contains("StrictHostKeyChecking")));
        assert_eq!(arguments[arguments.len() - 5..], ["-l", "CORP\\admin", "--", "pc1.corp.example.com", "whoami"]);
    }

    #[test]
    fn errors_say_what_to_try() {
        let check = |stderr: &str, code: HResult, expected: &str| {
            let error = not_connected(&"pc1".parse().unwrap(), stderr.as_bytes());
            assert_eq!(error.0.code, code, "{stderr}");
            assert!(error.0.message.contains(expected), "{}", error.0.message);
            assert!(error.0.message.contains("offline") && error.0.message.contains("firewall"));
            assert!(error.0.message.contains("the right to log on"));
            assert!(error.0.message.ends_with(&format!("ssh said: {}", stderr.trim())));
        };
        let unreachable = HResult::HOST_UNREACHABLE;
        check(
            "ssh: Could not resolve hostname pc1: Name or service not known\n",
            unreachable,
            "no computer of this name",
        );
        check("ssh: connect to host pc1 port 22: Connection refused", unreachable, "OpenSSH Server");
        check("ssh: connect to host pc1 port 22: Connection timed out", unreachable, "drops port 22");
        check("admin@pc1: Permission denied (publickey).", HResult::LOGON_FAILURE, "kinit");
        check("Host key verification failed.", HResult::ACCESS_DENIED, "compare the fingerprint");
        check("something new", unreachable, "cannot be reached");
    }

    #[test]
    fn words_are_few_and_harmless() {
        assert_eq!(words(b"#< CLIXML\r\n<Objs Version=\"1.1\"></Objs>\r\nreal\x1b[31m words\r\n"), "real[31m words");
        assert_eq!(words("x\n".repeat(1000).as_bytes()).lines().count(), 12);
    }
}
