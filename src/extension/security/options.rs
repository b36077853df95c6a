//! The security options: which registry values the editor knows, what it calls them and how it shows their data.
//!
//! Windows keeps this list in `sceregvl.inf`, which other systems do not have. Labels are the English ones; where releases word a label
//! differently it is that of the newer ones. Sources: `operations.md` Appendix A, Microsoft's public reference of security policy settings.

/// A security option.
pub(super) struct SecurityOption {
    /// Key and value name below `MACHINE\`.
    key: &'static str,
    /// What the editor calls it; the part before the colon groups the options.
    pub(super) label: &'static str,
    /// How its data is shown.
    pub(super) display: OptionDisplay,
}

/// How the data of a security option is shown.
#[derive(Clone, Copy)]
pub(super) enum OptionDisplay {
    /// Enabled and Disabled.
    Boolean,
    /// A number with its unit.
    Number(&'static str),
    /// A text.
    Text,
    /// Several texts.
    Texts,
    /// One of several choices.
    Choice(&'static [(u32, &'static str)]),
    /// Bits with a name each.
    Fields(&'static [(u32, &'static str)]),
}

use OptionDisplay::{Boolean, Choice, Fields, Number, Text, Texts};

const fn option(key: &'static str, label: &'static str, display: OptionDisplay) -> SecurityOption {
    SecurityOption { key, label, display }
}

/// Finds the option that a line of `[Registry Values]` sets, its key beginning with `MACHINE\`.
pub(super) fn security_option(key: &str) -> Option<&'static SecurityOption> {
    let (root, key) = key.split_once('\\')?;
    let known = |option: &&SecurityOption| option.key.eq_ignore_ascii_case(key);
    OPTIONS.iter().find(known).filter(|_| root.eq_ignore_ascii_case("MACHINE"))
}

const NTLM_SESSION: OptionDisplay =
    Fields(&[(0x8_0000, "Require NTLMv2 session security"), (0x2000_0000, "Require 128-bit encryption")]);

const SOURCE_ROUTING: OptionDisplay = Choice(&[
    (0, "No additional protection, source routed packets are allowed"),
    (1, "Medium, source routed packets ignored when IP forwarding is enabled"),
    (2, "Highest protection, source routing is completely disabled"),
]);

#[rustfmt::skip]
const OPTIONS: &[SecurityOption] = &[
    option(r"System\CurrentControlSet\Control\Lsa\LimitBlankPasswordUse", "Accounts: Limit local account use of blank passwords to console logon only", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\NoConnectedUser", "Accounts: Block Microsoft accounts", Choice(&[
        (0, "This policy is disabled"),
        (1, "Users can't add Microsoft accounts"),
        (3, "Users can't add or log on with Microsoft accounts"),
    ])),
    option(r"System\CurrentControlSet\Control\Lsa\AuditBaseObjects", "Audit: Audit the access of global system objects", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\CrashOnAuditFail", "Audit: Shut down system immediately if unable to log security audits", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\FullPrivilegeAuditing", "Audit: Audit the use of Backup and Restore privilege", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\SCENoApplyLegacyAuditPolicy", "Audit: Force audit policy subcategory settings (Windows Vista or later) to override audit policy category settings", Boolean),
    option(r"Software\Policies\Microsoft\Windows NT\DCOM\MachineAccessRestriction", "DCOM: Machine Access Restrictions in Security Descriptor Definition Language (SDDL) syntax", Text),
    option(r"Software\Policies\Microsoft\Windows NT\DCOM\MachineLaunchRestriction", "DCOM: Machine Launch Restrictions in Security Descriptor Definition Language (SDDL) syntax", Text),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\UndockWithoutLogon", "Devices: Allow undock without having to log on", Boolean),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Winlogon\AllocateDASD", "Devices: Allowed to format and eject removable media", Choice(&[
        (0, "Administrators"),
        (1, "Administrators and Power Users"),
        (2, "Administrators and Interactive Users"),
    ])),
    option(r"System\CurrentControlSet\Control\Print\Providers\LanMan Print Services\Servers\AddPrinterDrivers", "Devices: Prevent users from installing printer drivers", Boolean),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Winlogon\AllocateCDRoms", "Devices: Restrict CD-ROM access to locally logged-on user only", Boolean),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Winlogon\AllocateFloppies", "Devices: Restrict floppy access to locally logged-on user only", Boolean),
    option(r"Software\Microsoft\Driver Signing\Policy", "Devices: Unsigned driver installation behavior", Choice(&[
        (0, "Silently succeed"),
        (1, "Warn but allow installation"),
        (2, "Do not allow installation"),
    ])),
    option(r"System\CurrentControlSet\Control\SAM\ComputerAccountReuseAllowList", "Domain controller: Allow computer account re-use during domain join", Text),
    option(r"System\CurrentControlSet\Control\Lsa\SubmitControl", "Domain controller: Allow server operators to schedule tasks", Boolean),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\VulnerableChannelAllowList", "Domain controller: Allow vulnerable Netlogon secure channel connections", Text),
    option(r"System\CurrentControlSet\Services\NTDS\Parameters\LdapEnforceChannelBinding", "Domain controller: LDAP server channel binding token requirements", Choice(&[
        (0, "Never"),
        (1, "When supported"),
        (2, "Always"),
    ])),
    option(r"System\CurrentControlSet\Services\NTDS\Parameters\LDAPServerIntegrity", "Domain controller: LDAP server signing requirements", Choice(&[
        (1, "None"),
        (2, "Require signing"),
    ])),
    option(r"System\CurrentControlSet\Services\NTDS\Parameters\LDAPServerEnforceIntegrity", "Domain controller: LDAP server Enforce signing requirements", Boolean),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\RefusePasswordChange", "Domain controller: Refuse machine account password changes", Boolean),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\RequireSignOrSeal", "Domain member: Digitally encrypt or sign secure channel data (always)", Boolean),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\SealSecureChannel", "Domain member: Digitally encrypt secure channel data (when possible)", Boolean),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\SignSecureChannel", "Domain member: Digitally sign secure channel data (when possible)", Boolean),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\DisablePasswordChange", "Domain member: Disable machine account password changes", Boolean),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\MaximumPasswordAge", "Domain member: Maximum machine account password age", Number("days")),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\RequireStrongKey", "Domain member: Require strong (Windows 2000 or later) session key", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\DontDisplayLockedUserId", "Interactive logon: Display user information when the session is locked", Choice(&[
        (1, "User display name, domain and user names"),
        (2, "User display name only"),
        (3, "Do not display user information"),
        (4, "Domain and user names only"),
    ])),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\DisableCAD", "Interactive logon: Do not require CTRL+ALT+DEL", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\DontDisplayLastUserName", "Interactive logon: Don't display last signed-in", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\DontDisplayUserName", "Interactive logon: Don't display username at sign-in", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\MaxDevicePasswordFailedAttempts", "Interactive logon: Machine account lockout threshold", Number("invalid logon attempts")),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\InactivityTimeoutSecs", "Interactive logon: Machine inactivity limit", Number("seconds")),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\LegalNoticeText", "Interactive logon: Message text for users attempting to log on", Texts),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\LegalNoticeCaption", "Interactive logon: Message title for users attempting to log on", Text),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Winlogon\CachedLogonsCount", "Interactive logon: Number of previous logons to cache (in case domain controller is not available)", Number("logons")),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Winlogon\PasswordExpiryWarning", "Interactive logon: Prompt user to change password before expiration", Number("days")),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Winlogon\ForceUnlockLogon", "Interactive logon: Require Domain Controller authentication to unlock workstation", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\ScForceOption", "Interactive logon: Require Windows Hello for Business or smart card", Boolean),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Winlogon\ScRemoveOption", "Interactive logon: Smart card removal behavior", Choice(&[
        (0, "No Action"),
        (1, "Lock Workstation"),
        (2, "Force Logoff"),
        (3, "Disconnect if a remote Remote Desktop Services session"),
    ])),
    option(r"System\CurrentControlSet\Services\LanmanWorkstation\Parameters\RequireSecuritySignature", "Microsoft network client: Digitally sign communications (always)", Boolean),
    option(r"System\CurrentControlSet\Services\LanmanWorkstation\Parameters\EnableSecuritySignature", "Microsoft network client: Digitally sign communications (if server agrees)", Boolean),
    option(r"System\CurrentControlSet\Services\LanmanWorkstation\Parameters\EnablePlainTextPassword", "Microsoft network client: Send unencrypted password to third-party SMB servers", Boolean),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\AutoDisconnect", "Microsoft network server: Amount of idle time required before suspending session", Number("minutes")),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\EnableS4U2SelfForClaims", "Microsoft network server: Attempt S4U2Self to obtain claim information", Choice(&[
        (0, "Default"),
        (1, "Enabled"),
        (2, "Disabled"),
    ])),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\RequireSecuritySignature", "Microsoft network server: Digitally sign communications (always)", Boolean),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\EnableSecuritySignature", "Microsoft network server: Digitally sign communications (if client agrees)", Boolean),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\EnableForcedLogOff", "Microsoft network server: Disconnect clients when logon hours expire", Boolean),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\SmbServerNameHardeningLevel", "Microsoft network server: Server SPN target name validation level", Choice(&[
        (0, "Off"),
        (1, "Accept if provided by client"),
        (2, "Required from client"),
    ])),
    option(r"System\CurrentControlSet\Control\Lsa\RestrictAnonymousSAM", "Network access: Do not allow anonymous enumeration of SAM accounts", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\RestrictAnonymous", "Network access: Do not allow anonymous enumeration of SAM accounts and shares", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\DisableDomainCreds", "Network access: Do not allow storage of passwords and credentials for network authentication", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\EveryoneIncludesAnonymous", "Network access: Let Everyone permissions apply to anonymous users", Boolean),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\NullSessionPipes", "Network access: Named Pipes that can be accessed anonymously", Texts),
    option(r"System\CurrentControlSet\Control\SecurePipeServers\Winreg\AllowedExactPaths\Machine", "Network access: Remotely accessible registry paths", Texts),
    option(r"System\CurrentControlSet\Control\SecurePipeServers\Winreg\AllowedPaths\Machine", "Network access: Remotely accessible registry paths and sub-paths", Texts),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\RestrictNullSessAccess", "Network access: Restrict anonymous access to Named Pipes and Shares", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\RestrictRemoteSAM", "Network access: Restrict clients allowed to make remote calls to SAM", Text),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\NullSessionShares", "Network access: Shares that can be accessed anonymously", Texts),
    option(r"System\CurrentControlSet\Control\Lsa\ForceGuest", "Network access: Sharing and security model for local accounts", Choice(&[
        (0, "Classic - local users authenticate as themselves"),
        (1, "Guest only - local users authenticate as Guest"),
    ])),
    option(r"System\CurrentControlSet\Control\Lsa\UseMachineId", "Network security: Allow Local System to use computer identity for NTLM", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\MSV1_0\allownullsessionfallback", "Network security: Allow LocalSystem NULL session fallback", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\pku2u\AllowOnlineID", "Network security: Allow PKU2U authentication requests to this computer to use online identities.", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\Kerberos\Parameters\SupportedEncryptionTypes", "Network security: Configure encryption types allowed for Kerberos", Fields(&[
        (0x1, "DES_CBC_CRC"),
        (0x2, "DES_CBC_MD5"),
        (0x4, "RC4_HMAC_MD5"),
        (0x8, "AES128_HMAC_SHA1"),
        (0x10, "AES256_HMAC_SHA1"),
        (0x7FFF_FFE0, "Future encryption types"),
    ])),
    option(r"System\CurrentControlSet\Control\Lsa\NoLMHash", "Network security: Do not store LAN Manager hash value on next password change", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\LmCompatibilityLevel", "Network security: LAN Manager authentication level", Choice(&[
        (0, "Send LM & NTLM responses"),
        (1, "Send LM & NTLM - use NTLMv2 session security if negotiated"),
        (2, "Send NTLM response only"),
        (3, "Send NTLMv2 response only"),
        (4, "Send NTLMv2 response only. Refuse LM"),
        (5, "Send NTLMv2 response only. Refuse LM & NTLM"),
    ])),
    option(r"System\CurrentControlSet\Services\LDAP\LDAPClientConfidentiality", "Network security: LDAP client encryption requirements", Choice(&[
        (0, "None"),
        (1, "Negotiate sealing"),
        (2, "Require sealing"),
    ])),
    option(r"System\CurrentControlSet\Services\LDAP\LDAPClientIntegrity", "Network security: LDAP client signing requirements", Choice(&[
        (0, "None"),
        (1, "Negotiate signing"),
        (2, "Require signing"),
    ])),
    option(r"System\CurrentControlSet\Control\Lsa\MSV1_0\NTLMMinClientSec", "Network security: Minimum session security for NTLM SSP based (including secure RPC) clients", NTLM_SESSION),
    option(r"System\CurrentControlSet\Control\Lsa\MSV1_0\NTLMMinServerSec", "Network security: Minimum session security for NTLM SSP based (including secure RPC) servers", NTLM_SESSION),
    option(r"System\CurrentControlSet\Control\Lsa\MSV1_0\ClientAllowedNTLMServers", "Network security: Restrict NTLM: Add remote server exceptions for NTLM authentication", Texts),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\DCAllowedNTLMServers", "Network security: Restrict NTLM: Add server exceptions in this domain", Texts),
    option(r"System\CurrentControlSet\Control\Lsa\MSV1_0\AuditReceivingNTLMTraffic", "Network security: Restrict NTLM: Audit Incoming NTLM Traffic", Choice(&[
        (0, "Disable"),
        (1, "Enable auditing for domain accounts"),
        (2, "Enable auditing for all accounts"),
    ])),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\AuditNTLMInDomain", "Network security: Restrict NTLM: Audit NTLM authentication in this domain", Choice(&[
        (0, "Disable"),
        (1, "Enable for domain accounts to domain servers"),
        (3, "Enable for domain accounts"),
        (5, "Enable for domain servers"),
        (7, "Enable all"),
    ])),
    option(r"System\CurrentControlSet\Control\Lsa\MSV1_0\RestrictReceivingNTLMTraffic", "Network security: Restrict NTLM: Incoming NTLM traffic", Choice(&[
        (0, "Allow all"),
        (1, "Deny all domain accounts"),
        (2, "Deny all accounts"),
    ])),
    option(r"System\CurrentControlSet\Services\Netlogon\Parameters\RestrictNTLMInDomain", "Network security: Restrict NTLM: NTLM authentication in this domain", Choice(&[
        (0, "Disable"),
        (1, "Deny for domain accounts to domain servers"),
        (3, "Deny for domain accounts"),
        (5, "Deny for domain servers"),
        (7, "Deny all"),
    ])),
    option(r"System\CurrentControlSet\Control\Lsa\MSV1_0\RestrictSendingNTLMTraffic", "Network security: Restrict NTLM: Outgoing NTLM traffic to remote servers", Choice(&[
        (0, "Allow all"),
        (1, "Audit all"),
        (2, "Deny all"),
    ])),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Setup\RecoveryConsole\SecurityLevel", "Recovery console: Allow automatic administrative logon", Boolean),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Setup\RecoveryConsole\SetCommand", "Recovery console: Allow floppy copy and access to all drives and all folders", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\ShutdownWithoutLogon", "Shutdown: Allow system to be shut down without having to log on", Boolean),
    option(r"System\CurrentControlSet\Control\Session Manager\Memory Management\ClearPageFileAtShutdown", "Shutdown: Clear virtual memory pagefile", Boolean),
    option(r"Software\Policies\Microsoft\Cryptography\ForceKeyProtection", "System cryptography: Force strong key protection for user keys stored on the computer", Choice(&[
        (0, "User input is not required when new keys are stored and used"),
        (1, "User is prompted when the key is first used"),
        (2, "User must enter a password each time they use a key"),
    ])),
    option(r"System\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy\Enabled", "System cryptography: Use FIPS compliant algorithms for encryption, hashing, and signing", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy", "System cryptography: Use FIPS compliant algorithms for encryption, hashing, and signing", Boolean),
    option(r"System\CurrentControlSet\Control\Lsa\NoDefaultAdminOwner", "System objects: Default owner for objects created by members of the Administrators group", Choice(&[
        (0, "Administrators group"),
        (1, "Object creator"),
    ])),
    option(r"System\CurrentControlSet\Control\Session Manager\Kernel\ObCaseInsensitive", "System objects: Require case insensitivity for non-Windows subsystems", Boolean),
    option(r"System\CurrentControlSet\Control\Session Manager\ProtectionMode", "System objects: Strengthen default permissions of internal system objects (e.g. Symbolic Links)", Boolean),
    option(r"System\CurrentControlSet\Control\Session Manager\SubSystems\optional", "System settings: Optional subsystems", Texts),
    option(r"Software\Policies\Microsoft\Windows\Safer\CodeIdentifiers\AuthenticodeEnabled", "System settings: Use Certificate Rules on Windows Executables for Software Restriction Policies", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\FilterAdministratorToken", "User Account Control: Admin Approval Mode for the Built-in Administrator account", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\EnableUIADesktopToggle", "User Account Control: Allow UIAccess applications to prompt for elevation without using the secure desktop", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\ConsentPromptBehaviorAdmin", "User Account Control: Behavior of the elevation prompt for administrators in Admin Approval Mode", Choice(&[
        (0, "Elevate without prompting"),
        (1, "Prompt for credentials on the secure desktop"),
        (2, "Prompt for consent on the secure desktop"),
        (3, "Prompt for credentials"),
        (4, "Prompt for consent"),
        (5, "Prompt for consent for non-Windows binaries"),
    ])),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\ConsentPromptBehaviorEnhancedAdmin", "User Account Control: Behavior of the elevation prompt for administrators running with Administrator protection", Choice(&[
        (1, "Prompt for credentials on the secure desktop"),
        (2, "Prompt for consent on the secure desktop"),
    ])),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\ConsentPromptBehaviorUser", "User Account Control: Behavior of the elevation prompt for standard users", Choice(&[
        (0, "Automatically deny elevation requests"),
        (1, "Prompt for credentials on the secure desktop"),
        (3, "Prompt for credentials"),
    ])),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\TypeOfAdminApprovalMode", "User Account Control: Configure type of Admin Approval Mode", Choice(&[
        (1, "Legacy Admin Approval Mode (Default)"),
        (2, "Admin Approval Mode with Administrator protection"),
    ])),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\EnableInstallerDetection", "User Account Control: Detect application installations and prompt for elevation", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\ValidateAdminCodeSignatures", "User Account Control: Only elevate executables that are signed and validated", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\EnableSecureUIAPaths", "User Account Control: Only elevate UIAccess applications that are installed in secure locations", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\EnableLUA", "User Account Control: Run all administrators in Admin Approval Mode", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\PromptOnSecureDesktop", "User Account Control: Switch to the secure desktop when prompting for elevation", Boolean),
    option(r"Software\Microsoft\Windows\CurrentVersion\Policies\System\EnableVirtualization", "User Account Control: Virtualize file and registry write failures to per-user locations", Boolean),

    // The additions of Microsoft's security guides, which many domains put into the list.
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoAdminLogon", "MSS: (AutoAdminLogon) Enable Automatic Logon (not recommended)", Boolean),
    option(r"Software\Microsoft\Windows NT\CurrentVersion\Winlogon\ScreenSaverGracePeriod", "MSS: (ScreenSaverGracePeriod) The time in seconds before the screen saver grace period expires (0 recommended)", Number("")),
    option(r"System\CurrentControlSet\Control\Session Manager\SafeDllSearchMode", "MSS: (SafeDllSearchMode) Enable Safe DLL search mode (recommended)", Boolean),
    option(r"System\CurrentControlSet\Control\FileSystem\NtfsDisable8dot3NameCreation", "MSS: (NtfsDisable8dot3NameCreation) Enable the computer to stop generating 8.3 style filenames", Boolean),
    option(r"System\CurrentControlSet\Services\Eventlog\Security\WarningLevel", "MSS: (WarningLevel) Percentage threshold for the security event log at which the system will generate a warning", Choice(&[
        (50, "50%"), (60, "60%"), (70, "70%"), (80, "80%"), (90, "90%"),
    ])),
    option(r"System\CurrentControlSet\Services\IPSEC\NoDefaultExempt", "MSS: (NoDefaultExempt) Configure IPSec exemptions for various types of network traffic.", Choice(&[
        (0, "Allow all exemptions (least secure)."),
        (1, "Multicast, broadcast, & ISAKMP exempt (best for Windows XP)."),
        (2, "RSVP, Kerberos, and ISAKMP are exempt."),
        (3, "Only ISAKMP is exempt (recommended for Windows Server 2003)."),
    ])),
    option(r"System\CurrentControlSet\Services\LanManServer\Parameters\Hidden", "MSS: (Hidden) Hide Computer From the Browse List (not recommended except for highly secure environments)", Boolean),
    option(r"System\CurrentControlSet\Services\Netbt\Parameters\NoNameReleaseOnDemand", "MSS: (NoNameReleaseOnDemand) Allow the computer to ignore NetBIOS name release requests except from WINS servers", Boolean),
    option(r"System\CurrentControlSet\Services\RasMan\Parameters\DisableSavePassword", "MSS: (DisableSavePassword) Prevent the dial-up password from being saved (recommended)", Boolean),
    option(r"System\CurrentControlSet\Services\Tcpip\Parameters\DisableIPSourceRouting", "MSS: (DisableIPSourceRouting) IP source routing protection level (protects against packet spoofing)", SOURCE_ROUTING),
    option(r"System\CurrentControlSet\Services\Tcpip6\Parameters\DisableIPSourceRouting", "MSS: (DisableIPSourceRouting IPv6) IP source routing protection level (protects against packet spoofing)", SOURCE_ROUTING),
    option(r"System\CurrentControlSet\Services\Tcpip\Parameters\EnableICMPRedirect", "MSS: (EnableICMPRedirect) Allow ICMP redirects to override OSPF generated routes", Boolean),
    option(r"System\CurrentControlSet\Services\Tcpip\Parameters\PerformRouterDiscovery", "MSS: (PerformRouterDiscovery) Allow IRDP to detect and configure Default Gateway addresses (could lead to DoS)", Boolean),
    option(r"System\CurrentControlSet\Services\Tcpip\Parameters\KeepAliveTime", "MSS: (KeepAliveTime) How often keep-alive packets are sent in milliseconds", Choice(&[
        (150_000, "150000 or 2.5 minutes"),
        (300_000, "300000 or 5 minutes (recommended)"),
        (600_000, "600000 or 10 minutes"),
        (1_200_000, "1200000 or 20 minutes"),
        (2_400_000, "2400000 or 40 minutes"),
        (3_600_000, "3600000 or 1 hour"),
        (7_200_000, "7200000 or 2 hours (default value)"),
    ])),
    option(r"System\CurrentControlSet\Services\Tcpip\Parameters\TcpMaxDataRetransmissions", "MSS: (TcpMaxDataRetransmissions) How many times unacknowledged data is retransmitted (3 recommended, 5 is default)", Number("")),
    option(r"System\CurrentControlSet\Services\Tcpip6\Parameters\TcpMaxDataRetransmissions", "MSS: (TcpMaxDataRetransmissions IPv6) How many times unacknowledged data is retransmitted (3 recommended, 5 is default)", Number("")),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_are_found_without_case_and_stand_once() {
        let found = security_option(r"machine\SYSTEM\currentcontrolset\Control\LSA\lmcompatibilitylevel").unwrap();
        assert_eq!(found.label, "Network security: LAN Manager authentication level");
        assert!(security_option(r"USERS\System\CurrentControlSet\Control\Lsa\LmCompatibilityLevel").is_none());
        assert!(security_option("MACHINE").is_none());
        let keys: HashSet<String> = OPTIONS.iter().map(|option| option.key.to_lowercase()).collect();
        assert_eq!(keys.len(), OPTIONS.len());
    }

    #[test]
    fn every_label_names_its_group() {
        for option in OPTIONS {
            assert!(option.label.split_once(": ").is_some_and(|(group, rest)| !group.is_empty() && !rest.is_empty()));
        }
    }
}
