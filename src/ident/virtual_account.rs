//! SIDs of services and application pools, which are made of their names and so belong to no directory ([MS-DTYP] 2.4.2.4).
//!
//! The name cannot be read from the SID; it is found by making the SIDs of the services that Windows and common products bring.

use std::collections::HashMap;
use std::sync::LazyLock;

use sha1::{Digest, Sha1};

use super::Sid;

impl Sid {
    /// Returns the SID of a service by its short name, `NT SERVICE\TrustedInstaller`.
    pub fn of_service(name: &str) -> Sid {
        virtual_sid(80, &name.to_uppercase())
    }

    /// Returns the SID of an application pool of IIS, `IIS APPPOOL\DefaultAppPool`.
    pub fn of_application_pool(name: &str) -> Sid {
        virtual_sid(82, &name.to_lowercase())
    }

    /// Tells whether this is a SID that belongs to no directory: of a service, an application pool, a virtual machine, the window
    /// manager and the like (SECURITY_SERVICE_ID_BASE_RID up to SECURITY_MAX_BASE_RID, [MS-DTYP] 2.4.2.4).
    pub fn is_virtual_account(&self) -> bool {
        (80..=111).any(|kind| self.is_below(&Sid::nt_authority(kind)))
    }

    /// Returns the name of a service or an application pool that is widely known, with the authority before it.
    pub fn virtual_account_name(&self) -> Option<&'static str> {
        static NAMES: LazyLock<HashMap<Sid, String>> = LazyLock::new(|| {
            let services = SERVICES.split_whitespace();
            let services = services.map(|name| (Sid::of_service(name), format!("NT SERVICE\\{name}")));
            let pools = APPLICATION_POOLS.iter();
            let pools = pools.map(|name| (Sid::of_application_pool(name), format!("IIS APPPOOL\\{name}")));
            services.chain(pools).collect()
        });
        NAMES.get(self).map(String::as_str)
    }
}

/// Returns the SID below `S-1-5-kind` that the SHA-1 digest of a name in UTF-16 makes.
fn virtual_sid(kind: u32, name: &str) -> Sid {
    let bytes: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let digest = Sha1::digest(bytes);
    let parts = digest.as_chunks::<4>().0.iter().map(|chunk| u32::from_le_bytes(*chunk));
    parts.fold(Sid::nt_authority(kind), |sid, part| sid.child(part).unwrap_or(sid))
}

const APPLICATION_POOLS: &[&str] = &[
    "DefaultAppPool",
    "Classic .NET AppPool",
    ".NET v2.0",
    ".NET v2.0 Classic",
    ".NET v4.5",
    ".NET v4.5 Classic",
    "ASP.NET v4.0",
    "ASP.NET v4.0 Classic",
    "WsusPool",
    "MSExchangeServicesAppPool",
    "MSExchangeOWAAppPool",
    "MSExchangeECPAppPool",
];

const SERVICES: &str = "
    AarSvc adfssrv ADSync ADWS AeLookupSvc ALG AppFabricCachingService AppHostSvc AppIDSvc Appinfo AppMgmt AppReadiness AppXSvc
    aspnet_state AudioEndpointBuilder Audiosrv AxInstSV BDESVC BFE BITS Browser BrokerInfrastructure BTAGService BthAvctpSvc bthserv
    CcmExec CDPSvc CertPropSvc CertSvc ClipSVC ClusSvc COMSysApp CoreMessagingRegistrar CryptSvc CscService DcomLaunch defragsvc
    DeviceAssociationService DeviceInstall Dfs DFSR Dhcp DHCPServer diagnosticshub.standardcollector.service DiagTrack
    DmEnrollmentSvc DNS Dnscache dot3svc DPS DsmSvc DsSvc Eaphost EFS EMDMgmt EventLog EventSystem fdPHost FDResPub FontCache
    FontCache3.0.0.0 fsrmsvc FSRMReports ftpsvc gpsvc HealthService hidserv hkmsvc HvHost IAS IISADMIN IKEEXT InstallService
    iphlpsvc IsmServ kdc KdsSvc KeyIso KPSSVC KtmRm LanmanServer LanmanWorkstation lfsvc LicenseManager lltdsvc lmhosts LSM
    MapsBroker MMCSS mpssvc MSDTC MSiSCSI msiserver MSMQ MSSQLFDLauncher MSSQLSERVER MSSQLServerOLAPService
    MSSQL$SQLEXPRESS MSSQL$MICROSOFT##WID MsDtsServer MsDtsServer110 MsDtsServer120 MsDtsServer130 MsDtsServer140 MsDtsServer150
    NcaSvc NcbService Netlogon Netman netprofm NetSetupSvc NetTcpPortSharing NgcCtnrSvc NgcSvc NlaSvc nsi NTDS NtFrs PcaSvc PeerDistSvc
    PerfHost PhoneSvc pla PlugPlay PolicyAgent Power PrintNotify ProfSvc PushToInstall QWAVE RasAuto RasMan RemoteAccess
    RemoteRegistry ReportServer RmSvc RpcEptMapper RpcLocator RpcSs RSoPProv sacsvr SamSs SCardSvr ScDeviceEnum Schedule SCPolicySvc
    seclogon SENS SensorDataService SensorService SensrSvc SessionEnv SgrmBroker SharedAccess ShellHWDetection smphost SMTPSVC
    SNMP SNMPTRAP Spooler sppsvc SQLAgent$SQLEXPRESS SQLBrowser SQLSERVERAGENT SQLTELEMETRY SQLWriter SSDPSRV SstpSvc StateRepository
    stisvc StorSvc svsvc swprv SysMain SystemEventsBroker TabletInputService tapisrv TermService TermServLicensing Themes
    TieringEngineService TimeBrokerSvc TokenBroker TrkWks TrustedInstaller TSGateway Tssdis tzautoupdate UALSVC UevAgentService UI0Detect
    UmRdpService upnphost UserManager UsoSvc VaultSvc vds VGAuthService vmcompute vmicguestinterface vmicheartbeat
    vmickvpexchange vmicrdv vmicshutdown vmictimesync vmicvmsession vmicvss vmms VMTools VSS W32Time W3LOGSVC W3SVC WaaSMedicSvc
    WalletService WAS WbioSrvc Wcmsvc WdiServiceHost WdiSystemHost WdNisSvc Wecsvc WEPHOSTSVC wercplsupport WerSvc WiaRpc
    WIDWriter WinDefend WinHttpAutoProxySvc Winmgmt WinRM wisvc WlanSvc wlidsvc wmiApSrv WMSVC WPDBusEnum WpnService wscsvc WSearch
    WSusCertServer WsusService wuauserv
";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sid: &str, name: Option<&str>) {
        assert_eq!(sid.parse::<Sid>().unwrap().virtual_account_name(), name);
    }

    #[test]
    fn services_and_pools_are_found_by_their_sids() {
        check("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", Some("NT SERVICE\\TrustedInstaller"));
        check("S-1-5-80-880578595-1860270145-482643319-2788375705-1540778122", Some("NT SERVICE\\EventLog"));
        check("S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415", Some("IIS APPPOOL\\DefaultAppPool"));
        check("S-1-5-80-1-2-3-4-5", None);
        check("S-1-5-80-0", None);
        for (text, expected) in [
            ("S-1-5-80-0", true),
            ("S-1-5-90-0", true),
            ("S-1-5-113", false),
            ("S-1-5-32-80", false),
            ("S-1-5-11", false),
        ] {
            assert_eq!(text.parse::<Sid>().unwrap().is_virtual_account(), expected, "{text}");
        }
    }
}
