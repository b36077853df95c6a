//! Remote Group Policy update of the computers of a domain or OU (`console-ui.md` 6.17): which they are, and what to run.
//!
//! On Windows the console makes a scheduled task on each computer over RPC, which runs `gpupdate /force` there. This program speaks neither
//! the task scheduler's protocol ([MS-TSCH]), nor WMI, nor WinRM: it starts nothing on other computers. It lists them, says so for each of
//! them, and writes the commands that do it from a computer that can.

use std::fmt::Write as _;

use serde::Serialize;

use crate::gpm::{Domain, HResult, OperationError, Task};
use crate::ident::{Dn, Timestamp};
use crate::store::{Entry, Filter, Scope, SearchRequest, Visit};

/// What this program cannot do, in words for people.
pub const REMOTE_UPDATE_LIMITS: &str = "This program cannot start a Group Policy update on other computers: that takes a scheduled task \
    made over RPC, WMI or WinRM, none of which it speaks. It lists the computers and writes the commands; run them on a Windows \
    computer of the domain that has the Group Policy Management tools.";

/// Who may start an update, and what the computers must let in; in words for people.
pub const REMOTE_UPDATE_RIGHT: &str = "Whoever runs the commands must be an administrator of the computers, or have the permission \"Read \
    Group Policy Results data\" on the container. The computers must let in remote scheduled tasks and WMI (the starter GPO \"Group \
    Policy Remote Update Firewall Ports\" opens what is needed).";

/// A computer that would be updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UpdateTarget {
    /// Its DN.
    pub dn: Dn,
    /// Its name, without the domain.
    pub name: String,
    /// Its DNS name, where it is known.
    pub dns_host_name: Option<String>,
    /// Its operating system, as it told the directory.
    pub operating_system: Option<String>,
    /// When it was last seen to log on; exact to two weeks (`lastLogonTimestamp`).
    pub last_logon: Option<Timestamp>,
    /// Whether its account is disabled.
    pub is_disabled: bool,
}

/// What has become of the update of one computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemoteUpdate {
    /// The computer: its DNS name, else its name.
    pub computer: String,
    /// The error code; success only where an update was started.
    pub code: HResult,
    /// What it means, and the command that does it.
    pub description: String,
}

impl UpdateTarget {
    /// Returns the name by which it is reached.
    pub fn host(&self) -> &str {
        self.dns_host_name.as_deref().unwrap_or(&self.name)
    }
}

/// Lists the computers in a domain or OU and everything below it, by name, with one search. Service accounts, which are computers to the
/// directory, are left out.
///
/// # Errors
/// Fails where the container cannot be searched, or where it was cancelled.
pub async fn update_targets(domain: &Domain, som: &Dn, task: &Task) -> Result<Vec<UpdateTarget>, OperationError> {
    const SERVICE_ACCOUNTS: [&str; 2] = ["msDS-ManagedServiceAccount", "msDS-GroupManagedServiceAccount"];
    task.activity(format!("Listing the computers in {}", som.canonical_name()));
    let mut wanted = vec![Filter::class("computer")];
    wanted.extend(SERVICE_ACCOUNTS.map(|class| Filter::Not(Box::new(Filter::class(class)))));
    let attributes =
        ["cn", "sAMAccountName", "dNSHostName", "operatingSystem", "lastLogonTimestamp", "userAccountControl"];
    let request = SearchRequest {
        base: som.clone(),
        scope: Scope::Subtree,
        filter: Filter::And(wanted),
        attributes: attributes.map(str::to_owned).to_vec(),
        sd_parts: None,
    };
    let mut targets = Vec::new();
    let mut visit = |entry: Entry| {
        targets.push(target(entry));
        Visit::Continue
    };
    let searched = task.or_cancel(domain.directory().search_with(&request, &mut visit)).await?;
    searched.map_err(|error| OperationError::of_directory(&error))?;
    targets.sort_by_cached_key(|target| (target.name.to_lowercase(), target.dn.to_string()));
    Ok(targets)
}

fn target(entry: Entry) -> UpdateTarget {
    /// ADS_UF_ACCOUNTDISABLE.
    const DISABLED: u32 = 2;
    let account = entry.text("sAMAccountName").map(|name| name.trim_end_matches('$').to_owned());
    let name = account.or_else(|| entry.text("cn")).unwrap_or_else(|| entry.dn.name());
    let logon = entry.text("lastLogonTimestamp").and_then(|text| text.trim().parse().ok());
    let control = entry.text("userAccountControl").and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0);
    UpdateTarget {
        name,
        dns_host_name: entry.text("dNSHostName").filter(|name| !name.is_empty()),
        operating_system: entry.text("operatingSystem"),
        last_logon: logon.and_then(Timestamp::from_filetime),
        is_disabled: control as u32 & DISABLED != 0,
        dn: entry.dn,
    }
}

/// Says for each computer what has become of its update: not one is started, and the code says so.
pub fn remote_update(targets: &[UpdateTarget]) -> Vec<RemoteUpdate> {
    let update = |target: &UpdateTarget| {
        let (code, mut description) = (HResult::NOT_SUPPORTED, "No update was started from here.".to_owned());
        if target.is_disabled {
            description.push_str(" The computer's account is disabled.");
        }
        // A String takes all that is written to it.
        let _ = write!(description, " Run: {}", update_command(target));
        RemoteUpdate { computer: target.host().to_owned(), code, description }
    };
    targets.iter().map(update).collect()
}

/// Returns the PowerShell command that updates a computer at once, for computer and users, as GPMC's command does.
pub fn update_command(target: &UpdateTarget) -> String {
    format!("Invoke-GPUpdate -Computer {} -Force -RandomDelayInMinutes 0", quoted(target.host()))
}

/// Returns a PowerShell script, with a byte-order mark and CR LF, that updates the computers and tells the outcome of each. Where the task
/// scheduler of a computer does not answer, it tries `gpupdate /force` over WinRM.
pub fn update_script(som: &Dn, targets: &[UpdateTarget]) -> String {
    let mut lines = vec![
        format!("# Group Policy update of the computers in {}", comment(&som.canonical_name())),
        "# Run it as an administrator of these computers, on one with the Group Policy Management tools.".to_owned(),
        "$computers = @(".to_owned(),
    ];
    let active: Vec<&UpdateTarget> = targets.iter().filter(|target| !target.is_disabled).collect();
    for (place, target) in active.iter().enumerate() {
        let comma = if place + 1 < active.len() { "," } else { "" };
        lines.push(format!("    {}{comma}", quoted(target.host())));
    }
    lines.push(")".to_owned());
    for target in targets.iter().filter(|target| target.is_disabled) {
        lines.push(format!("# Left out, its account is disabled: {}", comment(target.host())));
    }
    lines.extend(
        [
            "$results = foreach ($computer in $computers) {",
            "    $code = 0; $description = 'The update was started.'",
            "    try {",
            "        Invoke-GPUpdate -Computer $computer -Force -RandomDelayInMinutes 0 -ErrorAction Stop",
            "    } catch {",
            "        $code = $_.Exception.HResult; $description = $_.Exception.Message",
            "        try {",
            "            Invoke-Command -ComputerName $computer -ScriptBlock { gpupdate.exe /force } -ErrorAction Stop | Out-Null",
            "            $code = 0; $description = 'Updated over WinRM.'",
            "        } catch { }",
            "    }",
            "    [pscustomobject]@{ Computer = $computer; 'Error code' = '0x{0:X8}' -f $code; 'Error description' = $description }",
            "}",
            "$results | Format-Table -AutoSize -Wrap",
            "",
        ]
        .map(str::to_owned),
    );
    format!("\u{feff}{}", lines.join("\r\n"))
}

/// Writes a text as PowerShell takes it literally. PowerShell takes typographic quotes for quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = "'".to_owned();
    for character in text.chars().filter(|character| !character.is_control()) {
        if matches!(character, '\'' | '\u{2018}'..='\u{201B}') {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

fn comment(text: &str) -> String {
    text.chars().filter(|character| !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn computer(name: &str, host: Option<&str>, is_disabled: bool) -> UpdateTarget {
        UpdateTarget {
            dn: format!("CN={name},OU=Staff,DC=corp,DC=x").parse().unwrap(),
            name: name.to_owned(),
            dns_host_name: host.map(str::to_owned),
            operating_system: None,
            last_logon: None,
            is_disabled,
        }
    }

    #[test]
    fn no_update_is_called_a_success() {
        let updates = remote_update(&[computer("pc1", Some("pc1.corp.x"), false), computer("pc2", None, true)]);
        let told: Vec<_> = updates.iter().map(|update| (update.computer.as_str(), update.code)).collect();
        assert_eq!(told, [("pc1.corp.x", HResult::NOT_SUPPORTED), ("pc2", HResult::NOT_SUPPORTED)]);
        assert!(
            updates[0].description.ends_with("Invoke-GPUpdate -Computer 'pc1.corp.x' -Force -RandomDelayInMinutes 0")
        );
        assert!(updates[1].description.contains("disabled"));
    }

    #[test]
    fn names_of_the_directory_cannot_leave_their_quotes() {
        for (name, expected) in [
            ("pc1", "'pc1'"),
            ("a'; Remove-Item x; '", "'a''; Remove-Item x; '''"),
            ("a\u{2019}b\r\nc", "'a\u{2019}\u{2019}bc'"),
        ] {
            assert_eq!(quoted(name), expected);
        }
        let script = update_script(
            &"OU=Staff,DC=corp,DC=x".parse().unwrap(),
            &[
                computer("pc1", Some("pc1.corp.x"), false),
                computer("pc2", None, false),
                computer("old\r\nRemove-Item x", None, true),
            ],
        );
        assert!(script.contains("    'pc1.corp.x',\r\n    'pc2'\r\n)\r\n"), "{script}");
        assert!(script.contains("# Left out, its account is disabled: oldRemove-Item x\r\n"), "{script}");
    }
}
