//! Names of account policies, audit categories, event log settings and user rights, as the editor shows them.
//!
//! Sources: Microsoft's public reference of security policy settings, `console-ui.md` 9.1, `operations.md` Appendix C.

/// How the value of an account policy is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccountUnit {
    /// Enabled or Disabled; a boolean in reports.
    Switch,
    /// A number of these.
    Of(&'static str),
    /// A number of these; what the largest number means.
    Limited(&'static str, &'static str),
}

/// An account policy.
pub(super) struct AccountPolicy {
    /// Name in templates and reports.
    pub(super) name: &'static str,
    /// The `Type` in reports.
    pub(super) group: &'static str,
    /// What the editor calls it.
    pub(super) label: &'static str,
    /// How its value is said.
    pub(super) unit: AccountUnit,
}

pub(super) const PASSWORD: &str = "Password";
pub(super) const LOCKOUT: &str = "Account Lockout";
pub(super) const KERBEROS: &str = "Kerberos";

const fn policy(name: &'static str, group: &'static str, label: &'static str, unit: AccountUnit) -> AccountPolicy {
    AccountPolicy { name, group, label, unit }
}

use AccountUnit::{Limited, Of, Switch};

const ACCOUNT_POLICIES: &[AccountPolicy] = &[
    policy("PasswordHistorySize", PASSWORD, "Enforce password history", Of("passwords remembered")),
    policy("MaximumPasswordAge", PASSWORD, "Maximum password age", Limited("days", "Passwords never expire")),
    policy("MinimumPasswordAge", PASSWORD, "Minimum password age", Of("days")),
    policy("MinimumPasswordLength", PASSWORD, "Minimum password length", Of("characters")),
    policy("PasswordComplexity", PASSWORD, "Password must meet complexity requirements", Switch),
    policy("ClearTextPassword", PASSWORD, "Store passwords using reversible encryption", Switch),
    policy(
        "LockoutDuration",
        LOCKOUT,
        "Account lockout duration",
        Limited("minutes", "Until an administrator unlocks the account"),
    ),
    policy("LockoutBadCount", LOCKOUT, "Account lockout threshold", Of("invalid logon attempts")),
    policy("ResetLockoutCount", LOCKOUT, "Reset account lockout counter after", Of("minutes")),
    policy("AllowAdministratorLockout", LOCKOUT, "Allow Administrator account lockout", Switch),
    policy("TicketValidateClient", KERBEROS, "Enforce user logon restrictions", Switch),
    policy("MaxServiceAge", KERBEROS, "Maximum lifetime for service ticket", Of("minutes")),
    policy("MaxTicketAge", KERBEROS, "Maximum lifetime for user ticket", Of("hours")),
    policy("MaxRenewAge", KERBEROS, "Maximum lifetime for user ticket renewal", Of("days")),
    policy("MaxClockSkew", KERBEROS, "Maximum tolerance for computer clock synchronization", Of("minutes")),
];

/// Finds an account policy by its name in templates.
pub(super) fn account_policy(name: &str) -> Option<&'static AccountPolicy> {
    ACCOUNT_POLICIES.iter().find(|policy| policy.name.eq_ignore_ascii_case(name))
}

/// How the value of a setting of `[System Access]` that the editor lists under Security Options is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccessValue {
    /// Enabled or Disabled.
    Switch,
    /// A text.
    Text,
}

/// Finds the label of a setting of `[System Access]` that the editor lists under Security Options.
pub(super) fn system_access_label(name: &str) -> Option<(&'static str, AccessValue)> {
    let found = match name.to_ascii_lowercase().as_str() {
        "enableadminaccount" => ("Accounts: Administrator account status", AccessValue::Switch),
        "enableguestaccount" => ("Accounts: Guest account status", AccessValue::Switch),
        "newadministratorname" => ("Accounts: Rename administrator account", AccessValue::Text),
        "newguestname" => ("Accounts: Rename guest account", AccessValue::Text),
        "lsaanonymousnamelookup" => ("Network access: Allow anonymous SID/Name translation", AccessValue::Switch),
        "forcelogoffwhenhourexpire" => ("Network security: Force logoff when logon hours expire", AccessValue::Switch),
        _ => return None,
    };
    Some(found)
}

/// Returns what the editor calls a category of `[Event Audit]`; the name itself where it is not known.
pub(super) fn audit_label(name: &str) -> &str {
    match name.to_ascii_lowercase().as_str() {
        "auditaccountlogon" => "Audit account logon events",
        "auditaccountmanage" => "Audit account management",
        "auditdsaccess" => "Audit directory service access",
        "auditlogonevents" => "Audit logon events",
        "auditobjectaccess" => "Audit object access",
        "auditpolicychange" => "Audit policy change",
        "auditprivilegeuse" => "Audit privilege use",
        "auditprocesstracking" => "Audit process tracking",
        "auditsystemevents" => "Audit system events",
        _ => name,
    }
}

/// Returns what the editor calls a setting of an event log, and its value in words.
pub(super) fn event_log_setting(name: &str, log: &str, value: &str) -> (String, String) {
    let log = log.to_lowercase();
    match name.to_ascii_lowercase().as_str() {
        "maximumlogsize" => (format!("Maximum {log} log size"), format!("{value} kilobytes")),
        "auditlogretentionperiod" => {
            let words = match value {
                "0" => "As needed",
                "1" => "By days",
                "2" => "Manually",
                other => other,
            };
            (format!("Retention method for {log} log"), words.to_owned())
        }
        "retentiondays" => (format!("Retain {log} log"), format!("{value} days")),
        "restrictguestaccess" => {
            let label = format!("Prevent local guests group from accessing {log} log");
            (label, if value == "0" { "Disabled" } else { "Enabled" }.to_owned())
        }
        _ => (format!("{name} ({log} log)"), value.to_owned()),
    }
}

/// Rights in the spelling of reports with what the editor calls them.
const RIGHTS: &[(&str, &str)] = &[
    ("SeTrustedCredManAccessPrivilege", "Access Credential Manager as a trusted caller"),
    ("SeNetworkLogonRight", "Access this computer from the network"),
    ("SeTcbPrivilege", "Act as part of the operating system"),
    ("SeMachineAccountPrivilege", "Add workstations to domain"),
    ("SeIncreaseQuotaPrivilege", "Adjust memory quotas for a process"),
    ("SeInteractiveLogonRight", "Allow log on locally"),
    ("SeRemoteInteractiveLogonRight", "Allow log on through Remote Desktop Services"),
    ("SeBackupPrivilege", "Back up files and directories"),
    ("SeChangeNotifyPrivilege", "Bypass traverse checking"),
    ("SeSystemTimePrivilege", "Change the system time"),
    ("SeTimeZonePrivilege", "Change the time zone"),
    ("SeCreatePagefilePrivilege", "Create a pagefile"),
    ("SeCreateTokenPrivilege", "Create a token object"),
    ("SeCreateGlobalPrivilege", "Create global objects"),
    ("SeCreatePermanentPrivilege", "Create permanent shared objects"),
    ("SeCreateSymbolicLinkPrivilege", "Create symbolic links"),
    ("SeDebugPrivilege", "Debug programs"),
    ("SeDenyNetworkLogonRight", "Deny access to this computer from the network"),
    ("SeDenyBatchLogonRight", "Deny log on as a batch job"),
    ("SeDenyServiceLogonRight", "Deny log on as a service"),
    ("SeDenyInteractiveLogonRight", "Deny log on locally"),
    ("SeDenyRemoteInteractiveLogonRight", "Deny log on through Remote Desktop Services"),
    ("SeEnableDelegationPrivilege", "Enable computer and user accounts to be trusted for delegation"),
    ("SeRemoteShutdownPrivilege", "Force shutdown from a remote system"),
    ("SeAuditPrivilege", "Generate security audits"),
    ("SeImpersonatePrivilege", "Impersonate a client after authentication"),
    ("SeIncreaseWorkingSetPrivilege", "Increase a process working set"),
    ("SeIncreaseBasePriorityPrivilege", "Increase scheduling priority"),
    ("SeLoadDriverPrivilege", "Load and unload device drivers"),
    ("SeLockMemoryPrivilege", "Lock pages in memory"),
    ("SeBatchLogonRight", "Log on as a batch job"),
    ("SeServiceLogonRight", "Log on as a service"),
    ("SeSecurityPrivilege", "Manage auditing and security log"),
    ("SeRelabelPrivilege", "Modify an object label"),
    ("SeSystemEnvironmentPrivilege", "Modify firmware environment values"),
    ("SeDelegateSessionUserImpersonatePrivilege", "Obtain an impersonation token for another user in the same session"),
    ("SeManageVolumePrivilege", "Perform volume maintenance tasks"),
    ("SeProfileSingleProcessPrivilege", "Profile single process"),
    ("SeSystemProfilePrivilege", "Profile system performance"),
    ("SeUnsolicitedInputPrivilege", "Read unsolicited data from a terminal device"),
    ("SeUndockPrivilege", "Remove computer from docking station"),
    ("SeAssignPrimaryTokenPrivilege", "Replace a process level token"),
    ("SeRestorePrivilege", "Restore files and directories"),
    ("SeShutdownPrivilege", "Shut down the system"),
    ("SeSyncAgentPrivilege", "Synchronize directory service data"),
    ("SeTakeOwnershipPrivilege", "Take ownership of files or other objects"),
];

/// Returns a right in the spelling of reports, whatever that of the template; a right that is not known as it stands.
pub(super) fn right_name(name: &str) -> &str {
    RIGHTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or(name, |(known, _)| known)
}

/// Returns what the editor calls a right; the name itself where it is not known.
pub(super) fn right_label(name: &str) -> &str {
    RIGHTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or(name, |(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_labels() {
        assert_eq!(account_policy("lockoutduration").unwrap().label, "Account lockout duration");
        assert_eq!(right_name("SeSystemtimePrivilege"), "SeSystemTimePrivilege");
        assert_eq!(right_label("SeSystemtimePrivilege"), "Change the system time");
        assert_eq!((right_name("SeNew"), right_label("SeNew")), ("SeNew", "SeNew"));
        assert_eq!(audit_label("AuditDSAccess"), "Audit directory service access");
        assert!(system_access_label("RequireLogonToChangePassword").is_none());
    }

    #[test]
    fn event_logs_are_said_in_words() {
        let check = |name: &str, value: &str, expected: (&str, &str)| {
            let (label, words) = event_log_setting(name, "Security", value);
            assert_eq!((label.as_str(), words.as_str()), expected);
        };
        check("MaximumLogSize", "64", ("Maximum security log size", "64 kilobytes"));
        check("AuditLogRetentionPeriod", "2", ("Retention method for security log", "Manually"));
        check("RestrictGuestAccess", "1", ("Prevent local guests group from accessing security log", "Enabled"));
        check("Other", "x", ("Other (security log)", "x"));
    }
}
