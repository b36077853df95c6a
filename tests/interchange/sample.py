"""A small backup root, written from the description of the format: what the tests of the checkers change and compare."""
import os
import struct

MANIFEST = "http://www.microsoft.com/GroupPolicy/GPOOperations/Manifest"
OPERATIONS = "http://www.microsoft.com/GroupPolicy/GPOOperations"
SET = "{0A1B2C3D-1111-4222-8333-444455556666}"
GPO = "{11111111-2222-4333-8444-555566667777}"
DOMAIN, HOST = "example.test", "dc1.example.test"
ADMINS = "S-1-5-21-1-2-3-512"
MEMBER = "S-1-5-21-1-2-3-1105"
MACHINE = ("[{00000000-0000-0000-0000-000000000000}{BEE07A6A-EC9F-4659-B8C9-0B1937907C83}]"
           "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]"
           "[{42B5FAAE-6536-11D2-AE5A-0000F87571E3}{40B6664F-4972-11D1-A7CA-0000F87571E3}]"
           "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}]"
           "[{B087BE9D-ED37-454F-AF9C-04291E351182}{BEE07A6A-EC9F-4659-B8C9-0B1937907C83}]"
           "[{C6DC5466-785A-11D2-84D0-00C04FB169F7}{942A8E4F-A261-11D1-A760-00C04FB9603F}]")
FOLDERS = ["Machine/Preferences/Registry", "Machine/Scripts/Startup/Tools", "Machine/Scripts/Shutdown",
           "Machine/microsoft/windows nt/SecEdit", "User/Empty"]
TEMPLATE = ('[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature="$CHICAGO$"\r\nRevision=1\r\n[Privilege Rights]\r\n'
            "SeBackupPrivilege = *S-1-5-32-544,*%s\r\n" % MEMBER)
FILES = {
    "GPO.cmt": "A comment".encode("utf-16-le"),
    "Machine/registry.pol": b"PReg\x01\0\0\0",
    "Machine/Preferences/Registry/Registry.xml": b'<?xml version="1.0" encoding="utf-8"?>\r\n<RegistrySettings/>\r\n',
    "Machine/Scripts/scripts.ini": b"\xff\xfe" + "\r\n[Startup]\r\n0CmdLine=a.cmd\r\n0Parameters=\r\n".encode("utf-16-le"),
    "Machine/Scripts/Startup/a.cmd": b"rem nothing\r\n",
    "Machine/microsoft/windows nt/SecEdit/GptTmpl.inf": b"\xff\xfe" + TEMPLATE.encode("utf-16-le"),
}


def cdata(name, value):
    return "<%s><![CDATA[%s]]></%s>" % (name, value, name)


def sid_bytes(sid):
    parts = [int(part) for part in sid.split("-")[2:]]
    return struct.pack("<BB", 1, len(parts) - 1) + parts[0].to_bytes(6, "big") + struct.pack("<%dI" % (len(parts) - 1), *parts[1:])


def descriptor():
    """Full control for the administrators, Apply Group Policy for Authenticated Users."""
    plain = struct.pack("<I", 0xF00FF) + sid_bytes(ADMINS)
    apply = struct.pack("<II", 0x100, 1) + bytes.fromhex("8ffdacedb3ffd111b41d00a0c968f939") + sid_bytes("S-1-5-11")
    aces = b"".join(struct.pack("<BBH", kind, 2, len(body) + 4) + body for kind, body in ((5, apply), (0, plain)))
    acl = struct.pack("<BBHHH", 4, 0, len(aces) + 8, 2, 0) + aces
    return (struct.pack("<BBHIIII", 1, 0, 0x9C04, 0, 0, 0, 20) + acl).hex(" ")


def group(sid, sam, kind, source=""):
    domain = bool(sid)
    values = [("Sid", sid), ("SamAccountName", sam), ("Type", kind), ("NetBIOSDomainName", "EXAMPLE" if domain else ""),
              ("DnsDomainName", DOMAIN if domain else ""), ("UPN", "%s@%s" % (sam, DOMAIN) if domain else "")]
    return "<Group%s>%s</Group>" % (source, "".join(cdata(*pair) if pair[1] else "<%s/>" % pair[0] for pair in values))


def listed(kind, path, more="", nested="", copied=True):
    """One object of the template; `path` starts with a macro."""
    place = path.replace("%GPO_MACH_FSPATH%", "\\Machine").replace("%GPO_USER_FSPATH%", "\\User").replace("%GPO_FSPATH%", "")
    location = ' bkp:Location="DomainSysvol\\GPO%s"' % place if copied else ""
    start = '<%s bkp:Path="%s" bkp:SourceExpandedPath="\\\\%s\\sysvol\\%s\\Policies\\%s%s"%s%s' % (
        kind, path, HOST, DOMAIN, GPO, place, more, location)
    return start + (">%s</%s>" % (nested, kind) if nested else "/>")


def block(identity, name, *objects):
    return '<GroupPolicyExtension bkp:ID="%s" bkp:DescName="%s">\r\n%s\r\n</GroupPolicyExtension>' % (
        identity, name, "\r\n".join(objects))


def scripts():
    machine, user = "%GPO_MACH_FSPATH%\\Scripts\\", "%GPO_USER_FSPATH%\\Scripts\\"
    objects = [listed("FSObjectFile", machine + "scripts.ini", ' bkp:ReEvaluateFunction="ScriptsValidatePaths"')]
    folders = {"Startup": ["Startup", "Startup\\Tools"], "Shutdown": ["Shutdown"]}
    files = {"Startup": ["Startup\\a.cmd"]}
    for base, names in ((machine, ("Startup", "Shutdown")), (user, ("Logon", "Logoff"))):
        for name in names:
            for kind, held in (("FSObjectDir", folders), ("FSObjectFile", files)):
                nested = "".join(listed(kind, base + one) for one in held.get(name, []))
                objects.append(listed(kind, base + name + "\\*", nested=nested, copied=False))
    return objects


def software():
    tail = "cn=Machine,cn=%s,CN=Policies,CN=System,DC=example,DC=test" % GPO

    def entry(prefix, kind, inside, more=""):
        return '<DSObject bkp:Path="%s%%GPO_MACH_DSPATH%%" bkp:ObjectClass="%s" bkp:SourceExpandedPath="%s%s"%s>%s</DSObject>' % (
            prefix, kind, prefix, tail, more, inside)

    names = ("objectGUID cOMClassID cOMProgID fileExtPriority localeID machineArchitecture versionNumberHi versionNumberLo revision "
             "packageType packageFlags packageName msiScriptPath msiScriptName msiScriptSize url setupCommand lastUpdateSequence "
             "msiFileList categories canUpgradeScript installUiLevel msiScript displayName productCode upgradeProductCode Vendor").split()
    attributes = "<SecurityDescriptor/>" + "".join('<DSAttributeString bkp:DSAttrName="%s"/>' % name for name in names)
    template = entry("*,cn=Packages,cn=Class Store,", "packageRegistration", attributes,
                     ' bkp:ReEvaluateFunction="SIProcessAllPackageObjects"')
    values = [("DWORD", "appSchemaVersion", "1740"), ("String", "extensionName", "Sample"),
              ("String", "description", "Application Store"), ("ExpandedString", "displayName", "LDAP://%GPO_DSPATH%")]
    store = "".join('<DSAttribute%s bkp:DSAttrName="%s">%s</DSAttribute%s>' % (kind, name, cdata("DSValue", value), kind)
                    for kind, name, value in values)
    packages = entry("cn=Packages,cn=Class Store,", "classStore", template)
    return entry("cn=Class Store,", "classStore", packages + store)


def backup_xml():
    macro = "%GPO_MACH_FSPATH%\\"
    groups = [group("", "Administrators", "Unknown"), group(MEMBER, "anna", "User"),
              group(ADMINS, "Domain Admins", "GlobalGroup", ' bkp:Source="FromDACL"')]
    core = [cdata("ID", GPO), cdata("Domain", DOMAIN), "<SecurityDescriptor>%s</SecurityDescriptor>" % descriptor(),
            cdata("DisplayName", "Sample"), cdata("Options", "1"), cdata("UserVersionNumber", "65537"),
            cdata("MachineVersionNumber", "131074"), cdata("MachineExtensionGuids", MACHINE), "<UserExtensionGuids/>",
            cdata("WMIFilter", 'MSFT_SomFilter.ID="%s",Domain="%s"' % (GPO, DOMAIN)), cdata("WMIFilterName", "Servers")]
    unknown = [listed("FSObjectFile", "%GPO_FSPATH%\\GPO.cmt")]
    unknown += [listed("FSObjectDir", macro + path) for path in (
        "microsoft", "microsoft\\windows nt", "microsoft\\windows nt\\SecEdit", "Preferences", "Preferences\\Registry")]
    unknown += [listed("FSObjectFile", macro + "Preferences\\Registry\\Registry.xml"), listed("FSObjectDir", macro + "Scripts"),
                listed("FSObjectDir", "%GPO_USER_FSPATH%\\Empty")]
    blocks = [
        block("{35378EAC-683F-11D2-A89A-00C04FBBCFA2}", "Registry", listed("FSObjectFile", macro + "registry.pol"),
              listed("FSObjectFile", "%GPO_FSPATH%\\Adm\\*.*", copied=False)),
        block("{42B5FAAE-6536-11d2-AE5A-0000F87571E3}", "Scripts", *scripts()),
        block("{827D319E-6EAC-11D2-A4EA-00C04F79F83A}", "Security", listed(
            "FSObjectFile", macro + "microsoft\\windows nt\\SecEdit\\GptTmpl.inf",
            ' bkp:ReEvaluateFunction="SecurityValidateSettings"')),
        block("{c6dc5466-785a-11d2-84d0-00c04fb169f7}", "Software Installation", software()),
        block("{F15C46CD-82A0-4C2D-A210-5D0D3182A418}", "Unknown Extension", *unknown)]
    return ('<?xml version="1.0" encoding="utf-8"?><!-- Copyright (c) Microsoft Corporation.  All rights reserved. -->'
            '<GroupPolicyBackupScheme bkp:version="2.0" bkp:type="GroupPolicyBackupTemplate" xmlns:bkp="%s" xmlns="%s">\r\n'
            "<GroupPolicyObject><SecurityGroups>%s</SecurityGroups><FilePaths/><GroupPolicyCoreSettings>%s</GroupPolicyCoreSettings>"
            "\r\n%s</GroupPolicyObject>\r\n</GroupPolicyBackupScheme>" % (
                OPERATIONS, OPERATIONS, "".join(groups), "".join(core), "\r\n".join(blocks)))


def report_xml():
    types = "http://www.microsoft.com/GroupPolicy/Types"
    data = "<ExtensionData><Extension/><Name>%s</Name></ExtensionData>"
    machine = "".join(data % name for name in ("Scripts", "Security", "Windows Registry", "Registry"))
    side = "<%s><VersionDirectory>%d</VersionDirectory><VersionSysvol>%d</VersionSysvol><Enabled>%s</Enabled>%s</%s>"
    lines = [
        '<?xml version="1.0" encoding="utf-16"?>',
        '<GPO xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns="http://www.microsoft.com/GroupPolicy/Settings">',
        '<Identifier><Identifier xmlns="%s">%s</Identifier><Domain xmlns="%s">%s</Domain></Identifier>' % (types, GPO, types, DOMAIN),
        "<Name>Sample</Name><IncludeComments>true</IncludeComments><CreatedTime>2026-01-02T03:04:05</CreatedTime>",
        "<ModifiedTime>2026-01-02T03:04:05</ModifiedTime><ReadTime>2026-02-03T04:05:07.1234567Z</ReadTime>",
        "<SecurityDescriptor><SDDL>O:DAG:DAD:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;CI;CC;;;DA)S:AI</SDDL>"
        "</SecurityDescriptor><FilterDataAvailable>true</FilterDataAvailable><FilterName>Servers</FilterName>",
        side % ("Computer", 2, 2, "true", machine, "Computer"), side % ("User", 1, 1, "false", "", "User"), "</GPO>"]
    return b"\xff\xfe" + "\r\n".join(lines).encode("utf-16-le")


def write(root):
    """Write the whole backup root into the folder `root`; gives the folder of its set."""
    folder = os.path.join(root, SET)
    top = os.path.join(folder, "DomainSysvol", "GPO")
    for path in FOLDERS:
        os.makedirs(os.path.join(top, path))
    for path, data in FILES.items():
        with open(os.path.join(top, path), "wb") as file:
            file.write(data)
    values = "".join(cdata(*pair) for pair in (
        ("GPOGuid", GPO), ("GPODomain", DOMAIN), ("GPODomainGuid", "{aaaaaaaa-bbbb-4ccc-8ddd-eeeeffff0000}"),
        ("GPODomainController", HOST), ("BackupTime", "2026-02-03T04:05:06"), ("ID", SET), ("Comment", ""),
        ("GPODisplayName", "Sample")))
    present = ' mfst:SIPresent="true"'
    declared = ' xmlns="%s" xmlns:mfst="%s"' % (MANIFEST, MANIFEST)
    texts = {
        os.path.join(root, "manifest.xml"):
            '<Backups%s mfst:version="1.0"><BackupInst%s>%s</BackupInst></Backups>' % (declared, present, values),
        os.path.join(folder, "bkupInfo.xml"): "<BackupInst%s%s>%s</BackupInst>\r\n" % (declared, present, values),
        os.path.join(folder, "Backup.xml"): backup_xml()}
    for path, text in texts.items():
        with open(path, "wb") as file:
            file.write(text.encode())
    with open(os.path.join(folder, "gpreport.xml"), "wb") as file:
        file.write(report_xml())
    return folder
