//! The readers of foreign bytes on bytes that nobody sane would write; the same checks the fuzz targets run.

use proptest::prelude::*;

#[path = "../../fuzz/entries.rs"]
mod entries;

const ENTRIES: &[fn(&[u8])] = &[
    entries::descriptor,
    entries::sddl,
    entries::gp_link,
    entries::dn,
    entries::filter,
    entries::backup_index,
    entries::gpt_ini,
    entries::registry_pol,
    entries::wmi_queries,
    entries::preferences,
    entries::security_template,
    entries::ini_files,
    entries::audit_csv,
    entries::firewall_rule,
    entries::app_locker_rule,
    entries::certificates,
    entries::advertise_script,
    entries::backup_xml,
    entries::report_xml,
    entries::half,
    entries::half,
    entries::admx,
    entries::policy_comments,
    entries::migration_table,
    entries::references,
    entries::references,
    entries::references,
    entries::references,
    entries::references,
    entries::references,
    entries::cabinet,
    entries::cabinet,
    entries::cabinet,
    entries::starter_gpo_file,
    entries::mof,
    entries::mof,
    entries::rsop_report,
];

/// A good sample for each reader, to be damaged.
const SAMPLES: &[&[u8]] = &[
    b"\x01\0\x04\x9c\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\x04\0\x44\0\x02\0\0\0\x05\x02\x28\0\0\x01\0\0\x01\0\0\0\x8f\xfd\xac\xed\xb3\xff\xd1\x11\xb4\x1d\0\xa0\xc9\x68\xf9\x39\x01\x01\0\0\0\0\0\x05\x0b\0\0\0\0\x02\x14\0\x94\0\x02\0\x01\x01\0\0\0\0\0\x05\x0b\0\0\0",
    b"O:BAG:SYD:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(XA;;FX;;;WD;(@User.Title==\"PM\"))(#fe000800aabbccdd)S:AI(AU;SA;0x1;;;WD)",
    b"[LDAP://cn={F08300B1-0000-0000-0000-000000000000},cn=policies,cn=system,DC=x;0][LDAP://CN=a\\,b;2] x[",
    b"CN=a\\, b\\2C+c,OU=Z\xc3\xbcrich,DC=corp,DC=example",
    b"(&(objectClass=*)(|(cn=a*b*c)(!(uSNChanged>=5)))(groupType:1.2.840.113556.1.4.803:=2)(cn=\\2a\\28))",
    b"<Backups><BackupInst><GPOGuid><![CDATA[{B5F9A74A-0000-0000-0000-000000000001}]]></GPOGuid><ID>{B5F9A74A-0000-0000-0000-000000000001}</ID><GPODisplayName>a&lt;&#65;</GPODisplayName></BackupInst></Backups>",
    b"\xef\xbb\xbf; c\r\n[Other]\nVersion=1\r\n[General]\r\nVersion = 65537\r\ndisplayName=Z\xfcrich\r\n",
    b"PReg\x01\0\0\0[\0S\0\\\0a\0\0\0;\0v\0\0\0;\0\x04\0\0\0;\0\x04\0\0\0;\0\x07\0\0\0]\0[\0S\0;\0*\0*\0d\0e\0l\0.\0x\0\0\0;\0\x01\0\0\0;\0\x04\0\0\0;\0 \0\0\0]\0",
    b"2;3;10;18;WQL;root\\CIMv2;Select * from Win32_Printer;3;10;61;WQL;root\\CIMv2;SELECT \"10.%;\";",
    b"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Drives clsid='{A}'><Drive name=\"H:\" changed=\"2026-01-02 03:04:05\"><Properties path=\"\\\\a&amp;b\"/><Filters><FilterCollection not=\"0\"><FilterBattery bool=\"OR\"/></FilterCollection></Filters></Drive><Note>one</Note></Drives>",
    b"[Unicode]\r\nUnicode=yes\r\n[System Access]\r\nLockoutDuration = -1\r\n[Registry Values]\r\nMACHINE\\a\\b=7,x\",\"y,z\r\nMACHINE\\c=4,1\r\n[Privilege Rights]\r\nSeTcbPrivilege = *S-1-5-11,Guest\r\n[Group Membership]\r\n*S-1-5-32-544__Members =\r\n[File Security]\r\n\"%SystemRoot%\",0,\"D:PAR(A;OICI;FA;;;SY)\"\r\n[Service General Setting]\r\n\"x\",2,\"\"\r\n",
    b"[Startup]\r\n0CmdLine=a.bat\r\n0Parameters=-x\r\n[ScriptsConfig]\r\nStartExecutePSFirst=true\r\n[Folder_Redirection]\r\n{FDD39AD0-238F-46AF-ADB4-6C85480369C7}=s-1-1-0;\r\n[{FDD39AD0-238F-46AF-ADB4-6C85480369C7}_s-1-1-0]\r\nFlags=1021\r\n[FolderStatus]\r\nDesktop=11\r\n[Desktop]\r\ns-1-1-0=\\\\a\\b\r\n[CAPS]\r\n\"CN=x\"\r\n",
    b"Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting,Setting Value\r\n,System,\"Audit \"\"a\"\", b\",{0cce923f-69ae-11d9-bed3-505054503030},Success,,1\r\nm,,Option:CrashOnAuditFail,,Enabled,,1\r\n,,FileGlobalSacl,,,,S:(AU;SA;FA;;;WD)\r\n",
    b"v2.30|Action=Allow|Active=TRUE|Dir=In|LPort2_10=80-90|RA4=LocalSubnet|Novel|Name=@a.dll,-1|Desc=a=b|",
    b"<FilePathRule Id=\"1\" Name=\"a&amp;b\" Action='Allow'><Conditions><FilePathCondition Path=\"%WINDIR%\\*\"/></Conditions></FilePathRule>\r\n",
    b"\x0b\0\0\0\x01\0\0\0\x04\0\0\0A\0\0\0\x09\0\0\0\x01\0\0\0\x0c\0\0\0\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02\x20\0\0\0\x01\0\0\0\x04\0\0\0\x30\x02\x30\0",
    b"\x02\x02\0@IXOS\0@\xf4\x01\0\0\x04\x05\x02\0{}\x02\xc0A\0b\0\0\x80\0\xc0\x03\0\0\x80\x01\x02\x03\0@\x01\0\0\x04\x03\0",
    b"<GroupPolicyBackupScheme xmlns:bkp='x'><GroupPolicyObject><SecurityGroups><Group><Sid><![CDATA[S-1-5-21-1-2-3-512]]></Sid></Group></SecurityGroups><GroupPolicyCoreSettings><ID>{31B2F340-016D-11D2-945F-00C04FB984F9}</ID><SecurityDescriptor>01 00</SecurityDescriptor></GroupPolicyCoreSettings><DSObject bkp:Path='CN=a,%GPO_MACH_DSPATH%'><DSAttributeBinary bkp:DSAttrName='b'><DSValue>0a</DSValue></DSAttributeBinary></DSObject></GroupPolicyObject></GroupPolicyBackupScheme>",
    b"<GPO xmlns='http://www.microsoft.com/GroupPolicy/Settings' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><Identifier><Identifier>{31B2F340-016D-11D2-945F-00C04FB984F9}</Identifier></Identifier><Name>a&amp;b</Name><Computer><Enabled>true</Enabled><ExtensionData><Extension xmlns:q1='http://www.microsoft.com/GroupPolicy/Settings/Registry' xsi:type='q1:RegistrySettings'><q1:Policy><q1:Name>n</q1:Name><q1:State>Enabled</q1:State><q1:Category>a/b</q1:Category><q1:ListBox><q1:Value><q1:Element><q1:Data>d</q1:Data></q1:Element></q1:Value></q1:ListBox></q1:Policy></Extension><Name>Registry</Name></ExtensionData></Computer></GPO>",
    b"\x02[Unicode]\r\nUnicode=yes\r\n[System Access]\r\nMaximumPasswordAge = 42\r\n[Registry Values]\r\nMACHINE\\System\\CurrentControlSet\\Control\\Lsa\\LmCompatibilityLevel=4,5\r\n[Privilege Rights]\r\nSeTcbPrivilege = *S-1-5-11,Guest\r\n[Service General Setting]\r\n\"x\",2,\"D:(A;;GA;;;SY)\"\r\n",
    b"\x8c<?xml version='1.0'?><ScheduledTasks clsid='{CC63F200-7309-4ba0-B154-A71CD118DBCC}'><TaskV2 clsid='{D8896631-B747-47a7-84A6-C155337F3BC8}' name='t' uid='{A}'><Properties action='U' name='t'><Task version='1.2'><Triggers><CalendarTrigger><StartBoundary>2025-03-030</StartBoundary></CalendarTrigger></Triggers></Task></Properties></TaskV2></ScheduledTasks>",
    b"<policyDefinitions><policyNamespaces><target prefix='a' namespace='N'/><using prefix='b' namespace='M'/></policyNamespaces><supportedOn><definitions><definition name='D' displayName='$(string.s)'><or><range ref='x' minVersionIndex='1'/></or></definition></definitions></supportedOn><categories><category name='C' displayName='c'><parentCategory ref='a:C'/></category></categories><policies><policy name='P' class='Both' displayName='$(string.s)' presentation='$(presentation.p)' key='k' valueName='v'><parentCategory ref='C'/><supportedOn ref='D'/><enabledList><item key='k' valueName='w'><value><decimal value='1'/></value></item></enabledList><elements><boolean id='b' valueName='b'/><enum id='e' valueName='e'><item displayName='i'><value><string>x</string></value></item></enum><list id='l' key='k\\l' valuePrefix=''/></elements></policy></policies></policyDefinitions>",
    b"\xef\xbb\xbf<policyComments><policyNamespaces><using prefix='ns0' namespace='N'></using></policyNamespaces><comments><admTemplate><comment policyRef='ns0:P' commentText='$(resource.ns0_P)'/></admTemplate></comments><resources><stringTable><string id='ns0_P'>a&amp;b</string></stringTable></resources></policyComments>",
    b"<MigrationTable>\r\n  <Mapping>\r\n    <Type>GlobalGroup</Type>\r\n    <Source>Staff@corp.example</Source>\r\n    <Destination>a &amp; b</Destination>\r\n  </Mapping><Mapping><Type>UNCPath</Type><Source>\\\\a\\b</Source><DestinationSameAsSource /><Note/></Mapping>\r\n</MigrationTable>",
    b"\x00[Privilege Rights]\r\nSeOne = *S-1-5-21-1-2-3-512 ,CORP\\ann,*S-1-5-32-544\r\n[Group Membership]\r\n*S-1-5-21-1-2-3-512__Members = *S-1-5-20\r\n[Registry Keys]\r\n\"MACHINE\\a\",0,\"O:S-1-5-21-1-2-3-5D:(A;;KR;;;S-1-5-21-1-2-3-513)\"\r\n[Registry Values]\r\nMACHINE\\z=1,\"O:BAD:(A;;RC;;;S-1-5-21-1-2-3-513)\"\r\n",
    b"\x01[Logon]\r\n0CmdLine=\\\\old\\share\\a.cmd\r\n0Parameters=\"\\\\old\\x y\" /z\r\n",
    b"\x02[Folder_Redirection]\r\n{FDD39AD0-238F-46AF-ADB4-6C85480369C7}=s-1-5-21-1-2-3-5;s-1-1-0;\r\n[{FDD39AD0-238F-46AF-ADB4-6C85480369C7}_s-1-5-21-1-2-3-5]\r\nFlags=9\r\nFullPath=\\\\a\\b\r\n",
    b"\x03[FolderStatus]\r\nDesktop=9\r\n[Desktop]\r\ns-1-5-21-1-2-3-5=\\\\a\\b\r\n",
    b"\x04\x02\x02\0@IXOS\0@\xf4\x01\0\0\x09\x03\0\x80\0@\x01\0\0\0\x05\0\\\\a\\b",
    b"\x05<Groups><Group uid='1' name='a'><Properties><Member name='CORP\\ann' sid='S-1-5-21-1-2-3-5'/><UserId>CORP\\ann</UserId></Properties><Filters><FilterGroup name='CORP\\b' sid=''/></Filters><File path='\\\\a\\b'/></Group></Groups>",
    b"MSCF\0\0\0\0\x80\0\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\x03\x01\x01\0\x02\0\0\0\x34\x12\0\0\x5b\0\0\0\x01\0\0\0\x0e\0\0\0\0\0\0\0\0\0\x6c\x22\xe7\x59\x01\0hi.txt\0\x0f\0\0\0\x0e\0\0\0\0\0\x6c\x22\xe7\x59\x01\0bye.txt\0\0\0\0\0\x1d\0\x1d\0Hello, world!\nSee you later!\n",
    // MSZIP and LZX, without check sums, so that the damage reaches what decompresses.
    b"MSCF\0\0\0\0\x61\0\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\x03\x01\x01\0\x01\0\0\0\x34\x12\0\0\x43\0\0\0\x01\0\x01\0\x0e\0\0\0\0\0\0\0\0\0\x6c\x22\xe7\x59\x01\0hi.txt\0\0\0\0\0\x16\0\x0e\0CK\xf3H\xcd\xc9\xc9\xd7Q(\xcf/\xcaIQ\xe4\x02\x00$\xf2\x04\x94",
    b"MSCF\0\0\0\0\x97\0\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\x03\x01\x01\0\x02\0\0\0\x2d\x05\0\0\x5b\0\0\0\x01\0\x03\x13\x0f\0\0\0\0\0\0\0\0\0\x21\x53\x0d\xb2\x20\0hi.txt\0\x10\0\0\0\x0f\0\0\0\0\0\x21\x53\x0b\xb2\x20\0bye.txt\0\0\0\0\0\x34\0\x1f\0\x5b\x80\x80\x8d\0\x30\xf0\x01\x10\0\0\0\x01\0\0\0\x01\0\0\0Hello, world!\r\nSee you later!\r\n\0",
    b"\xef\xbb\xbf<?xml version=\"1.0\"?>\r\n<s:StarterGPO xmlns:s='u' version='1.0'>\r\n  <s:Name k='>'>$(string.n)</s:Name><Comment/><Type>System</Type><ID>{D0D86874-FF85-4553-BDC0-DF66FC6205A3}</ID>\r\n  <stringTable><string id=\"n\"><![CDATA[a]]>&amp;b</string></stringTable>\r\n</s:StarterGPO>",
    b"/* c */\ninstance of MSFT_SomFilter\n{\n\tAuthor = \"a@b\" \"\\x41\";\n\tName = \"n\\\"\";\n\tOther = {1, {NULL}};\n\tRules = {\ninstance of MSFT_Rule\n{\n\tQuery = \"SELECT * FROM A WHERE b LIKE \\\"1%\\\"\";\n\tQueryLanguage = \"WQL\";\n\tTargetNameSpace = \"root\\\\CIMv2\";\n},\ninstance of MSFT_Rule\n{\n\tQuery = \"q\\n\";\n}};\n};\n",
    b"SELECT a.b[0], count(*) FROM A WHERE (a = 'C:\\\\x' AND NOT b <> -0x1F) OR UPPER(c) LIKE \"%\" OR d IS NOT NULL",
    b"<Rsop xmlns='http://www.microsoft.com/GroupPolicy/Rsop' xmlns:x='http://www.w3.org/2001/XMLSchema-instance'><ReadTime>2026-03-01T12:00:00.1Z</ReadTime><DataType>LoggedData</DataType><ComputerResults><Name>C\\a$</Name><Odd z='1'/><SearchedSOM><Path>c/o</Path><Order>4</Order><Blocked>true</Blocked></SearchedSOM><SlowLink>1</SlowLink><ExtensionStatus><Error>-5</Error></ExtensionStatus><GPO><Name>g</Name><Path><Identifier xmlns='http://www.microsoft.com/GroupPolicy/Types'>{31B2F340-016D-11D2-945F-00C04FB984F9}</Identifier></Path><Link><SOMPath>c/o</SOMPath><AppliedOrder>1</AppliedOrder></Link></GPO><ExtensionData><Extension xmlns:q='http://www.microsoft.com/GroupPolicy/Settings/Security' x:type='q:SecuritySettings' xmlns='http://www.microsoft.com/GroupPolicy/Settings'><q:Account><GPO xmlns='http://www.microsoft.com/GroupPolicy/Settings/Base'><Identifier xmlns='http://www.microsoft.com/GroupPolicy/Types'>LocalGPO</Identifier></GPO><Precedence xmlns='http://www.microsoft.com/GroupPolicy/Settings/Base'>1</Precedence><q:Name>MaximumPasswordAge</q:Name><q:SettingNumber>42</q:SettingNumber><q:Type>Password</q:Type></q:Account></Extension><Name xmlns='http://www.microsoft.com/GroupPolicy/Settings'>Security</Name></ExtensionData><EventsDetails><SinglePassEventsDetails ErrorCount='1'><EventRecord><EventXml>&lt;Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'&gt;&lt;System&gt;&lt;EventID&gt;5312&lt;/EventID&gt;&lt;/System&gt;&lt;EventData&gt;&lt;Data Name='GPOInfoList'&gt;&amp;lt;GPO ID='a'&amp;gt;&amp;lt;Name&amp;gt;n&amp;lt;/Name&amp;gt;&amp;lt;/GPO&amp;gt;&lt;/Data&gt;&lt;/EventData&gt;&lt;/Event&gt;</EventXml></EventRecord></SinglePassEventsDetails></EventsDetails></ComputerResults></Rsop>",
];

#[test]
fn the_samples_themselves_are_read() {
    for (entry, sample) in ENTRIES.iter().zip(SAMPLES) {
        entry(sample);
    }
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        ENTRIES.iter().for_each(|entry| entry(&bytes));
    }

    #[test]
    fn damaged_samples_do_no_harm(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..6),
    ) {
        for (entry, sample) in ENTRIES.iter().zip(SAMPLES) {
            let mut bytes = sample.to_vec();
            for (at, value, kind) in &damage {
                let at = at.index(bytes.len());
                match kind {
                    0 => bytes[at] = *value,
                    1 => bytes.insert(at, *value),
                    2 => bytes.insert(at, b"[](){};:\\=,\"<>#"[usize::from(*value) % 15]),
                    _ => { bytes.remove(at); }
                }
            }
            entry(&bytes);
        }
    }
}
