"""The rules of Backup.xml: its text, the core settings and the security groups. Blocks and objects are in check_blocks.py."""
import datetime
import re

from descriptor import CONTROL_DACL, Dacl, Unsound

NAMESPACE = "http://www.microsoft.com/GroupPolicy/GPOOperations"
# The comment names who wrote the set.
HEAD = re.compile(rb'<\?xml version="1\.0" encoding="utf-8"\?><!--(?:(?!--).)+--><GroupPolicyBackupScheme bkp:version="2\.0" '
                  rb'bkp:type="GroupPolicyBackupTemplate" xmlns:bkp="%s" xmlns="%s">'
                  % (re.escape(NAMESPACE.encode()), re.escape(NAMESPACE.encode())))
GUID = r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}"
CORE = ["ID", "Domain", "SecurityDescriptor", "DisplayName", "Options", "UserVersionNumber", "MachineVersionNumber",
        "MachineExtensionGuids", "UserExtensionGuids", "WMIFilter"]
GROUP = ["Sid", "SamAccountName", "Type", "NetBIOSDomainName", "DnsDomainName", "UPN"]
DOMAIN_TYPES = {"User", "Computer", "LocalGroup", "GlobalGroup", "UniversalGroup"}
ZERO = "{00000000-0000-0000-0000-000000000000}"
# Preference extensions and the tool each adds to the zero group.
PREFERENCES = {
    "{F9C77450-3A41-477E-9310-9ACD617BD9E3}": "{0DA274B5-EB93-47A7-AAFB-65BA532D3FE6}",
    "{728EE579-943C-4519-9EF7-AB56765798ED}": "{1612B55C-243C-48DD-A449-FFC097B19776}",
    "{1A6364EB-776B-4120-ADE1-B63A406A76B5}": "{1B767E9A-7BE4-4D35-85C1-2E174A7BA951}",
    "{5794DAFD-BE60-433F-88A2-1A31939AC01F}": "{2EA1A81B-48E5-45E9-8BB7-A6E3AC170006}",
    "{0E28E245-9368-4853-AD84-6DA3BA35BB75}": "{35141B6B-498A-4CC7-AD59-CEF93D89B2CE}",
    "{7150F9BF-48AD-4DA4-A49C-29EF4A8369BA}": "{3BAE7E51-E3F4-41D0-853D-9BB9FD47605F}",
    "{A3F3E39B-5D83-4940-B954-28315B82F0A8}": "{3BFAE46A-7F3A-467B-8CEA-6AA34DC71F53}",
    "{6232C319-91AC-4931-9385-E70C2B099F0E}": "{3EC4E9D3-714D-471F-88DC-4DD4471AAB47}",
    "{74EE6C03-5363-4554-B161-627540339CAB}": "{516FC620-5D34-4B08-8165-6A06B623EDEB}",
    "{E47248BA-94CC-49C4-BBB5-9EB7F05183D0}": "{5C935941-A954-4F7C-B507-885941ECE5C4}",
    "{17D89FEC-5C44-4972-B12D-241CAEF74509}": "{79F92669-4224-476C-9C5C-6EFB4D87DF4A}",
    "{3A0DBA37-F8B2-4356-83DE-3E90BD5C261F}": "{949FB894-E883-42C6-88C1-29169720E8CA}",
    "{6A4C88C6-C502-4F74-8F60-2CB23EDC24E2}": "{BFCBBEB0-9DF4-4C0C-A728-434EA66A0373}",
    "{E62688F0-25FD-4C90-BFF5-F508B9D2E31F}": "{9AD2BAFE-63B4-4883-A08C-C3C6196BCAFD}",
    "{BC75B1ED-5833-4858-9BB8-CBF0B166DF9D}": "{A8C42CEA-CDB8-4388-97F4-5831F933DA84}",
    "{E5094040-C46C-4115-B030-04FB2E545B00}": "{B9CCA4DE-E2B9-4CBD-BF7D-11B6EBFBDDF7}",
    "{B087BE9D-ED37-454F-AF9C-04291E351182}": "{BEE07A6A-EC9F-4659-B8C9-0B1937907C83}",
    "{AADCED64-746C-4633-A97C-D61349046527}": "{CAB54552-DEEA-4691-817E-ED4A4D1AFC72}",
    "{91FBB303-0CD5-4055-BF42-E512A681B325}": "{CC5746A9-9B74-4BE5-AE2E-64379C86E0E4}",
    "{C418DD9D-0D14-4EFB-8FBF-CFE535C8FAC7}": "{CEFFA6E2-E3BD-421B-852C-6F6A79A59BC1}",
    "{E4F48E54-F38D-4884-BFB9-D4D2E5729C18}": "{CF848D48-888D-4F45-B530-6A201E62A605}",
}


def without_cdata(data):
    """The bytes outside of CDATA sections: values may hold line ends of their own."""
    return re.sub(rb"<!\[CDATA\[.*?\]\]>", b"", data, flags=re.S)


def whole_seconds(text):
    """The date and time of a text without fraction and zone, or None."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text):
        return None
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None


def check_text(data, path, findings):
    if not HEAD.match(data):
        findings.add(path, "backup-head", "starts with %r" % data[:60])
    lone = re.findall(rb"\r(?!\n)|(?<!\r)\n", without_cdata(data))
    if lone:
        findings.add(path, "backup-lines", "%d lines do not end with CR LF" % len(lone))
    if not data.endswith(b"</GroupPolicyBackupScheme>"):
        findings.add(path, "backup-end", "ends with %r" % data[-30:])


def check_structure(root, path, findings):
    """The GroupPolicyObject element if the skeleton is right, else None."""
    for node in root.walk():
        if node.tag[0] != NAMESPACE or any(key[0] != NAMESPACE for key in node.attributes):
            findings.add(path, "backup-namespace", "line %d: %s" % (node.line, node.name))
        if node.children and node.text.strip():
            findings.add(path, "backup-structure", "line %d: text between the elements of %s" % (node.line, node.name))
    if root.name != "GroupPolicyBackupScheme" or [child.name for child in root.children] != ["GroupPolicyObject"]:
        findings.add(path, "backup-structure", "root %s with %s" % (root.name, [child.name for child in root.children]))
        return None
    gpo = root.children[0]
    names = [child.name for child in gpo.children]
    fixed = ["SecurityGroups", "FilePaths", "GroupPolicyCoreSettings"]
    if names[:3] != fixed or any(name != "GroupPolicyExtension" for name in names[3:]):
        findings.add(path, "backup-structure", "GroupPolicyObject holds %s" % names)
        return None
    for child in gpo.children[1].children:
        if child.name != "File":
            findings.add(path, "file-paths", "line %d: %s" % (child.line, child.name))
    return gpo


class Core:
    """The core settings, checked while they are read."""

    def __init__(self, gpo, entry, path, findings):
        self.path, self.findings = path, findings
        node = gpo.child("GroupPolicyCoreSettings")
        self.id, self.domain, self.name = node.value("ID"), node.value("Domain"), node.value("DisplayName")
        self.filter, self.filter_name = node.value("WMIFilter"), node.value("WMIFilterName")
        self.check_children(node)
        if entry and (self.id, self.domain, self.name) != (entry["GPOGuid"], entry["GPODomain"], entry["GPODisplayName"]):
            self.add("core-index", "%s %s %r is not the GPO of bkupInfo.xml" % (self.id, self.domain, self.name))
        self.options = self.number(node, "Options", 3, "core-options")
        self.versions = {"Machine": self.version(node, "Machine"), "User": self.version(node, "User")}
        self.registered = {side: self.extensions(node.value(side + "ExtensionGuids"), side) for side in ("Machine", "User")}
        self.dacl = self.descriptor(node.value("SecurityDescriptor"))
        wanted = r'MSFT_SomFilter\.ID="%s",Domain="[^"]+"' % GUID
        if self.filter and not re.fullmatch(wanted, self.filter):
            self.add("core-wmi", self.filter)

    def add(self, rule, what):
        self.findings.add(self.path, rule, what)

    def check_children(self, node):
        names = [child.name for child in node.children]
        if names != CORE + (["WMIFilterName"] if self.filter else []):
            self.add("core-children", "found %s" % " ".join(names))
        for child in node.children:
            if child.name == "SecurityDescriptor":
                wrong = child.cdata
            else:
                wrong = child.plain or bool(child.text) != child.cdata
            if wrong or child.children or child.attributes:
                self.add("core-cdata", child.name)

    def number(self, node, name, most, rule):
        text = node.value(name)
        if not re.fullmatch("0|[1-9][0-9]{0,9}", text) or int(text) > most:
            self.add(rule, "%s is %r" % (name, text))
            return None
        return int(text)

    def version(self, node, side):
        """(SYSVOL, directory) version of a side."""
        number = self.number(node, side + "VersionNumber", 0xFFFFFFFF, "core-version")
        if number is None:
            return None
        halves = (number >> 16, number & 0xFFFF)
        if halves[0] != halves[1]:
            self.add("core-version-halves", "%s: SYSVOL %d, directory %d" % ((side,) + halves))
        return halves

    def extensions(self, text, side):
        """The registered extensions of a side, in upper case."""
        if text in ("", " "):
            return set()
        if not re.fullmatch(r"(?:\[%s(?:%s)+\])+" % (GUID, GUID), text):
            self.add("extensions-grammar", "%s: %s" % (side, text))
        if text != text.upper():
            self.add("extensions-case", "%s: %s" % (side, text))
        groups = [re.findall(GUID, group) for group in re.findall(r"\[([^\]]*)\]", text.upper())]
        heads = [group[0] for group in groups if group]
        if heads != sorted(set(heads)) or any(group[1:] != sorted(set(group[1:])) for group in groups):
            self.add("extensions-order", "%s: %s" % (side, text))
        listed = {tool for group in groups if group and group[0] == ZERO for tool in group[1:]}
        owed = {PREFERENCES[head] for head in heads if head in PREFERENCES}
        if listed != owed:
            self.add("extensions-preferences", "%s: differ in %s" % (side, " ".join(sorted(listed ^ owed))))
        return set(heads) - {ZERO}

    def descriptor(self, text):
        """The DACL, or None if it cannot be read."""
        if not re.fullmatch("[0-9a-f]{2}( [0-9a-f]{2})*", text):
            self.add("descriptor-hex", repr(text[:40]))
            return None
        try:
            dacl = Dacl(bytes.fromhex(text))
        except Unsound as error:
            self.add("descriptor", str(error))
            return None
        if dacl.aces is None:
            self.add("descriptor-null", "control 0x%04x, no DACL" % dacl.control)
        elif dacl.control != 0x9C00 | CONTROL_DACL:
            self.add("descriptor-control", "0x%04x" % dacl.control)
        return dacl


def domain_sid(sid):
    return sid.startswith("S-1-5-21-")


def well_known(sid):
    """Built-in and well-known principals resolve everywhere, so the list never has their SID."""
    return bool(re.fullmatch(r"S-1-(?:[0-3]-\d+|5-(?:\d|1\d|20)|5-32-\d+)", sid))


def settings_principals(template):
    """The SIDs and the bare names of rights and restricted groups of a security template."""
    found, section = set(), ""
    for line in template.splitlines():
        head = re.match(r"\s*\[(.*)\]", line)
        key, equals, values = line.partition("=")
        if head:
            section = head.group(1).strip().lower()
        elif equals and section in ("privilege rights", "group membership"):
            found.update(value.strip().lstrip("*").lower() for value in values.split(","))
            if section == "group membership":
                found.add(key.strip().rpartition("__")[0].lstrip("*").lower())
    found.discard("")
    sids = {one.upper() for one in found if re.fullmatch(r"s-1-[0-9-]+", one)}
    return sids, {one for one in found if one.upper() not in sids}


def check_groups(gpo, core, template, everything, path, findings):
    """The security groups against DACL and settings; `template` is the text of the registered security template,
    `everything` the bytes of all settings files."""
    groups, seen = [], set()
    for node in gpo.child("SecurityGroups").children:
        names = [child.name for child in node.children]
        sources = {key[1]: value for key, value in node.attributes.items()}
        loose = any(child.plain or bool(child.text) != child.cdata for child in node.children)
        if node.name != "Group" or names != GROUP or loose or sources not in ({}, {"Source": "FromDACL"}):
            findings.add(path, "group-children", "line %d: %s with %s and %s" % (node.line, node.name, names, sources))
            continue
        group = {name: node.value(name) for name in GROUP}
        group["dacl"] = bool(sources)
        groups.append(group)
        check_group(group, path, findings)
        key = (group["Sid"], group["SamAccountName"]) if not group["Sid"] else group["Sid"]
        if key in seen:
            findings.add(path, "group-twice", str(key))
        seen.add(key)
    marks = [group["dacl"] for group in groups]
    if marks != sorted(marks):
        findings.add(path, "group-order", "".join("D" if mark else "s" for mark in marks))
    if core.dacl and core.dacl.aces is not None:
        owed = {ace[3] for ace in core.dacl.aces if domain_sid(ace[3])}
        for sid in sorted(owed ^ {group["Sid"] for group in groups if group["dacl"]}):
            state = "not listed" if sid in owed else "not in the DACL"
            findings.add(path, "group-dacl", "%s is %s" % (sid or "a group without SID", state))
    check_against_settings(groups, *settings_principals(template), everything, path, findings)


def check_group(group, path, findings):
    sid, sam, kind, dns = group["Sid"], group["SamAccountName"], group["Type"], group["DnsDomainName"]
    shown = "%s %s (%s)" % (sid, sam, kind)
    if kind in DOMAIN_TYPES:
        if not (domain_sid(sid) and sam and group["NetBIOSDomainName"] and dns and group["UPN"] == "%s@%s" % (sam, dns)):
            findings.add(path, "group-domain", shown + " with UPN " + group["UPN"])
    elif kind == "Unknown":
        if bool(sid) == bool(sam) or group["NetBIOSDomainName"] or dns or group["UPN"] or well_known(sid):
            findings.add(path, "group-known", shown)
        elif sid and not re.fullmatch(r"S-1-\d+(-\d+)+", sid):
            findings.add(path, "group-known", shown)
    else:
        findings.add(path, "group-type", shown)


def check_against_settings(groups, sids, names, everything, path, findings):
    listed = {group["Sid"] for group in groups if group["Sid"]}
    for sid in sorted(sids - listed):
        if domain_sid(sid):
            findings.add(path, "group-settings", "%s is not listed" % sid)
    # Principals outside of domains are listed by a name that depends on the maker's language: their number is what can be compared.
    # Services, application pools and the like (S-1-5-80 to 99) are not listed; bare names are, once each.
    others = {sid for sid in sids - listed if not domain_sid(sid) and not re.match(r"S-1-5-[89]\d-", sid)}
    nameless = sum(not group["Sid"] for group in groups)
    owed = len(others) + len(names)
    if nameless != owed:
        rule = "group-settings" if nameless < owed else "group-unused"
        findings.add(path, rule, "%d principals without a domain SID in settings, %d listed" % (owed, nameless))
    for group in groups:
        sid = group["Sid"]
        if sid and not group["dacl"] and sid.encode() not in everything and sid.encode("utf-16-le") not in everything:
            findings.add(path, "group-unused", sid)
