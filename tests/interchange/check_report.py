"""The rules of gpreport.xml against the Backup.xml of its set."""
import re

from check_backup import whole_seconds
from findings import READ_SECONDS

SETTINGS = "http://www.microsoft.com/GroupPolicy/Settings"
HEAD = ('<?xml version="1.0" encoding="utf-16"?>\r\n<GPO xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="%s">' % SETTINGS)
CHILDREN = ["Identifier", "Name", "IncludeComments", "CreatedTime", "ModifiedTime", "ReadTime", "SecurityDescriptor",
            "FilterDataAvailable"]
REGISTRY = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}"
# The extension behind each name that a report uses. Any other name is not judged.
EXTENSIONS = {
    "Registry": REGISTRY, "Name Resolution Policy": REGISTRY, "Windows Firewall": REGISTRY, "Public Key": REGISTRY,
    "Application Control Policies": REGISTRY,
    "Security": "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}",
    "Advanced Audit Configuration": "{F3CCC681-B74C-4060-9F26-CD84525DCA2A}",
    "Scripts": "{42B5FAAE-6536-11D2-AE5A-0000F87571E3}",
    "Software Installation": "{C6DC5466-785A-11D2-84D0-00C04FB169F7}",
    "Folder Redirection": "{25537BA6-77A8-11D2-9B6C-0000F8080861}",
    "Policy-based QoS": "{FB2CA36D-0B40-4307-821B-A13B252DE56C}",
    "Drive Maps": "{5794DAFD-BE60-433F-88A2-1A31939AC01F}",
    "Environment Variables": "{0E28E245-9368-4853-AD84-6DA3BA35BB75}",
    "Files": "{7150F9BF-48AD-4DA4-A49C-29EF4A8369BA}",
    "Folders": "{6232C319-91AC-4931-9385-E70C2B099F0E}",
    "Ini Files": "{74EE6C03-5363-4554-B161-627540339CAB}",
    "Local Users and Groups": "{17D89FEC-5C44-4972-B12D-241CAEF74509}",
    "Network Shares": "{6A4C88C6-C502-4F74-8F60-2CB23EDC24E2}",
    "Power Options": "{E62688F0-25FD-4C90-BFF5-F508B9D2E31F}",
    "Printers": "{BC75B1ED-5833-4858-9BB8-CBF0B166DF9D}",
    "Scheduled Tasks": "{AADCED64-746C-4633-A97C-D61349046527}",
    "Services": "{91FBB303-0CD5-4055-BF42-E512A681B325}",
    "Shortcuts": "{C418DD9D-0D14-4EFB-8FBF-CFE535C8FAC7}",
    "Windows Registry": "{B087BE9D-ED37-454F-AF9C-04291E351182}",
}


def check_report(root, data, core, backup_time, path, findings):
    """`core` are the set's core settings, `backup_time` its BackupTime or None."""
    check_encoding(data, path, findings)
    names = [child.name for child in root.children]
    fixed = CHILDREN + (["FilterName"] if "FilterName" in names else []) + (["FilterDescription"] if "FilterDescription" in names else [])
    fixed += ["Computer", "User"]
    if root.tag != (SETTINGS, "GPO") or names[:len(fixed)] != fixed or any(name != "LinksTo" for name in names[len(fixed):]):
        findings.add(path, "report-structure", "%s with %s" % (root.name, names))
        return
    check_same(root, core, path, findings)
    check_time(root.value("ReadTime"), backup_time, path, findings)
    sddl = root.child("SecurityDescriptor").value("SDDL")
    if core.dacl and core.dacl.aces is not None and sddl:
        dacl = re.search(r"D:[A-Z]*((?:\([^)]*\))*)", sddl)
        kinds = {0: "A", 1: "D", 5: "OA", 6: "OD", 9: "XA", 10: "XD", 11: "ZA"}
        reported = re.findall(r"\(([A-Z]+);", dacl.group(1)) if dacl else []
        stored = [kinds.get(ace[0], "?") for ace in core.dacl.aces]
        if reported != stored:
            findings.add(path, "report-descriptor", "ACEs %s, in the set %s" % (" ".join(reported), " ".join(stored)))


def check_encoding(data, path, findings):
    if data[:2] != b"\xff\xfe" or len(data) % 2:
        findings.add(path, "report-encoding", "starts with %r, %d bytes" % (data[:4], len(data)))
        return
    text = data[2:].decode("utf-16-le", "replace")
    if not text.startswith(HEAD):
        findings.add(path, "report-encoding", "starts with %r" % text[:60])
    lines = text.splitlines(keepends=True)[:2]
    if not all(line.endswith("\r\n") for line in lines):
        findings.add(path, "report-encoding", "lines do not end with CR LF")


def check_same(root, core, path, findings):
    def same(what, reported, stored):
        if reported != stored:
            findings.add(path, "report-same", "%s is %s, in the set %s" % (what, reported, stored))

    identifier = root.child("Identifier")
    same("Identifier", identifier.value("Identifier").upper(), core.id.upper())
    same("Domain", identifier.value("Domain"), core.domain)
    same("Name", root.value("Name"), core.name)
    same("FilterName", root.value("FilterName"), core.filter_name)
    for side, tag, bit in (("Machine", "Computer", 2), ("User", "User", 1)):
        node = root.child(tag)
        if core.versions[side] is not None:
            same(tag + " versions", (node.value("VersionSysvol"), node.value("VersionDirectory")), tuple(map(str, core.versions[side])))
        if core.options is not None:
            same(tag + " Enabled", node.value("Enabled"), "false" if core.options & bit else "true")
        for data in node.children:
            identity = EXTENSIONS.get(data.value("Name")) if data.name == "ExtensionData" else None
            if identity and identity not in core.registered[side]:
                findings.add(path, "report-extensions", "%s: %s is not registered" % (tag, data.value("Name")))


def check_time(text, backup_time, path, findings):
    match = re.fullmatch(r"([^.Z]*)(?:\.\d{1,7})?Z", text)
    read_time = whole_seconds(match.group(1)) if match else None
    if read_time is None:
        findings.add(path, "report-time", "ReadTime is %s" % text)
    elif backup_time is not None:
        later = (read_time - backup_time).total_seconds()
        if not 0 <= later <= READ_SECONDS:
            findings.add(path, "report-time", "ReadTime is %d seconds after BackupTime" % later)
