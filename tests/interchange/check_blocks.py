"""The rules of the extension blocks of Backup.xml, and of what they list against the files of the set."""
import os
import re

from check_backup import GUID, NAMESPACE

BASE = "DomainSysvol\\GPO"
REGISTRY = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}"
SCRIPTS = "{42B5FAAE-6536-11d2-AE5A-0000F87571E3}"
SECURITY = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}"
SOFTWARE = "{c6dc5466-785a-11d2-84d0-00c04fb169f7}"
UNKNOWN = "{F15C46CD-82A0-4C2D-A210-5D0D3182A418}"
NAMES = {REGISTRY: "Registry", SCRIPTS: "Scripts", SECURITY: "Security", SOFTWARE: "Software Installation",
         UNKNOWN: "Unknown Extension"}
# Extensions that the format knows a place for, but that no real set has a block of.
UNSEEN = {"{25537BA6-77A8-11D2-9B6C-0000F8080861}", "{A2E30F80-D7DE-11D2-BBDE-00C04F86AE3B}",
          "{E437BC1C-AA7D-11D2-A382-00C04F991E27}", "{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}"}
TEMPLATE = "%GPO_MACH_FSPATH%\\microsoft\\windows nt\\SecEdit\\GptTmpl.inf"
FOLDERS = {"MACH": ("Startup", "Shutdown"), "USER": ("Logon", "Logoff")}
PACKAGE = ["objectGUID", "cOMClassID", "cOMProgID", "fileExtPriority", "localeID", "machineArchitecture", "versionNumberHi",
           "versionNumberLo", "revision", "packageType", "packageFlags", "packageName", "msiScriptPath", "msiScriptName",
           "msiScriptSize", "url", "setupCommand", "lastUpdateSequence", "msiFileList", "categories", "canUpgradeScript",
           "installUiLevel", "msiScript", "displayName", "productCode", "upgradeProductCode", "Vendor"]
# Attributes of a class store and their values; the extension's name is that of the GPO when the store was made.
STORE = {"appSchemaVersion": "1740", "extensionName": "", "description": "Application Store", "displayName": "LDAP://%GPO_DSPATH%"}
# Behind the directory objects, which come first.
MACRO_ORDER = {"%GPO_FSPATH%": 1, "%GPO_MACH_FSPATH%": 2, "%GPO_USER_FSPATH%": 3}
FUNCTIONS = {"ScriptsValidatePaths", "SecurityValidateSettings", "SIProcessAllPackageObjects"}
ATTRIBUTE_KINDS = {"DSAttributeString", "DSAttributeDWORD", "DSAttributeMultiString", "DSAttributeMultiDWORD",
                   "DSAttributeBinary", "DSAttributeExpandedString"}


def attribute(node, name):
    return node.attributes.get((NAMESPACE, name), "")


def disk_tree(folder, path, findings):
    """Everything below DomainSysvol\\GPO: lower-case backslash path of the set -> is it a folder."""
    found = {}
    top = os.path.join(folder, "DomainSysvol", "GPO")
    for at, folders, files in os.walk(top):
        for name in folders + files:
            location = BASE + "\\" + os.path.relpath(os.path.join(at, name), top).replace(os.sep, "\\")
            if location.lower() in found:
                findings.add(path, "disk-twins", location)
            found[location.lower()] = name in folders
    return found


class Blocks:
    """All blocks of one Backup.xml. `host` is the domain controller that bkupInfo.xml names."""

    def __init__(self, gpo, core, host, folder, path, findings):
        self.core, self.host, self.path, self.findings = core, host, path, findings
        self.blocks = [child for child in gpo.children if child.name == "GroupPolicyExtension"]
        self.by_id = {attribute(block, "ID"): block for block in self.blocks}
        self.disk = disk_tree(folder, path, findings)
        # Lower-case location -> is it a folder, of all that the blocks list.
        self.listed = {}

    def add(self, rule, what):
        self.findings.add(self.path, rule, what)

    def registered(self, identity, side=None):
        sides = [side] if side else ["Machine", "User"]
        return any(identity.upper() in self.core.registered[one] for one in sides)

    def check(self):
        self.check_identities()
        for block in self.blocks:
            for node in block.walk():
                if node.name in ("FSObjectFile", "FSObjectDir"):
                    self.file_object(node)
                elif node.name == "DSObject":
                    self.directory_object(node)
                elif node.name in ATTRIBUTE_KINDS:
                    self.directory_value(node)
        checks = {REGISTRY: self.registry, SCRIPTS: self.scripts, SECURITY: self.security, SOFTWARE: self.software,
                  UNKNOWN: self.unknown}
        for identity, check in checks.items():
            if identity in self.by_id:
                check(self.by_id[identity])
        self.check_disk()

    def check_identities(self):
        ids = [attribute(block, "ID") for block in self.blocks]
        for block, identity in zip(self.blocks, ids):
            if identity.upper() in UNSEEN and self.registered(identity):
                self.add("block-unseen", "%s %s" % (identity, attribute(block, "DescName")))
            elif NAMES.get(identity) != attribute(block, "DescName"):
                self.add("block-unknown-id", "%s %s" % (identity, attribute(block, "DescName")))
        if not ids or ids[0] != REGISTRY or ids[-1] != UNKNOWN:
            self.add("block-order", " ".join(ids) or "no block at all")
        for identity in sorted(set(ids)):
            if ids.count(identity) > 1:
                self.add("block-twice", identity)
        for identity in (SCRIPTS, SECURITY, SOFTWARE):
            if self.registered(identity) != (identity in ids):
                self.add("block-registration", "%s is %sregistered" % (NAMES[identity], "not " if identity in ids else ""))

    # Objects

    def file_object(self, node):
        where, source, location = attribute(node, "Path"), attribute(node, "SourceExpandedPath"), attribute(node, "Location")
        known = {"Path", "SourceExpandedPath", "Location", "ReEvaluateFunction"}
        names = {key[1] for key in node.attributes}
        function = attribute(node, "ReEvaluateFunction")
        pattern = where.endswith("*")
        if names - known or (function and function not in FUNCTIONS) or (pattern and location) or node.text.strip():
            self.add("object-attributes", "line %d: %s with %s" % (node.line, where, " ".join(sorted(names))))
        match = re.fullmatch(r"%GPO_(MACH_|USER_|)FSPATH%((?:\\[^\\/:*?\"<>|]+)+(?:\\\*(?:\.\*)?)?)", where)
        if not match or any(part in (".", "..") for part in match.group(2).split("\\")):
            self.add("object-path", "line %d: %s" % (node.line, where))
            return
        half = {"MACH_": "\\Machine", "USER_": "\\User", "": ""}[match.group(1)]
        if not half and re.match(r"\\(machine|user)(\\|$)", match.group(2), re.I):
            self.add("object-path", "line %d: %s names a side without its macro" % (node.line, where))
        expected = "\\\\%s\\sysvol\\%s\\Policies\\%s%s%s" % (self.host, self.core.domain, self.core.id, half, match.group(2))
        if source.lower() != expected.lower():
            self.add("object-source", "line %d: %s is not %s" % (node.line, source, expected))
        if not location:
            return
        if location != BASE + half + match.group(2):
            self.add("object-location", "line %d: %s for %s" % (node.line, location, where))
        if location.lower() in self.listed:
            self.add("object-twice", location)
        self.listed[location.lower()] = node.name == "FSObjectDir"

    def directory_object(self, node):
        where, source = attribute(node, "Path"), attribute(node, "SourceExpandedPath")
        names = {key[1] for key in node.attributes}
        function = attribute(node, "ReEvaluateFunction")
        if names - {"ReEvaluateFunction"} != {"Path", "SourceExpandedPath", "ObjectClass"} or (function and function not in FUNCTIONS):
            self.add("object-attributes", "line %d: %s with %s" % (node.line, where, " ".join(sorted(names))))
        match = re.fullmatch(r"((?:\*,)?(?:cn=(?:[^,\\]|\\.)+,)*)%GPO_(MACH_|USER_|)DSPATH%", where, re.I)
        if not match:
            self.add("object-path", "line %d: %s" % (node.line, where))
            return
        half = {"MACH_": "cn=Machine,", "USER_": "cn=User,", "": ""}[match.group(2).upper()]
        domain = ",".join("DC=" + part for part in self.core.domain.split("."))
        expected = "%s%scn=%s,CN=Policies,CN=System,%s" % (match.group(1), half, self.core.id, domain)
        if source.lower() != expected.lower():
            self.add("object-source", "line %d: %s is not %s" % (node.line, source, expected))

    def directory_value(self, node):
        values = node.children
        names = {key[1] for key in node.attributes}
        single = "Multi" not in node.name
        wrong = names != {"DSAttrName"} or any(value.name != "DSValue" or value.children for value in values)
        wrong = wrong or (single and len(values) > 1)
        if "DWORD" in node.name:
            wrong = wrong or any(not re.fullmatch(r"-?\d{1,10}", value.text) for value in values)
        if wrong:
            self.add("object-value", "line %d: %s %s" % (node.line, node.name, attribute(node, "DSAttrName")))

    # Blocks

    def registry(self, block):
        paths = [attribute(child, "Path") for child in block.children]
        wanted = ["%%GPO_%s_FSPATH%%\\registry.pol" % side for side in ("MACH", "USER")]
        wanted = [path for path in wanted if path in paths] + ["%GPO_FSPATH%\\Adm\\*.*"]
        kinds = {child.name for child in block.children}
        nested = [node for child in block.children for node in child.children]
        strange = [node for node in nested if not attribute(node, "Path").lower().startswith("%gpo_fspath%\\adm\\")]
        if paths != wanted or kinds != {"FSObjectFile"} or strange:
            self.add("registry-block", "lists %s" % paths)

    def scripts(self, block):
        wanted = []
        paths = [attribute(child, "Path") for child in block.children]
        for side, folders in FOLDERS.items():
            base = "%%GPO_%s_FSPATH%%\\Scripts\\" % side
            for name, function in (("scripts.ini", "ScriptsValidatePaths"), ("PSscripts.ini", "")):
                if base + name in paths:
                    wanted.append(("FSObjectFile", base + name, function))
            for folder in folders:
                wanted += [("FSObjectDir", base + folder + "\\*", ""), ("FSObjectFile", base + folder + "\\*", "")]
        found = [(child.name, attribute(child, "Path"), attribute(child, "ReEvaluateFunction")) for child in block.children]
        if found != wanted:
            self.add("scripts-block", "lists %s" % paths)
        for child in block.children:
            for node in child.children:
                folder = attribute(child, "Path").removesuffix("\\*").lower()
                below = (attribute(node, "Path").lower() + "\\").startswith(folder + "\\")
                if node.name != child.name or not below or node.children or not attribute(node, "Location"):
                    self.add("scripts-block", "line %d: %s below %s" % (node.line, attribute(node, "Path"), attribute(child, "Path")))

    def security(self, block):
        found = [(child.name, attribute(child, "Path"), attribute(child, "ReEvaluateFunction"), len(child.children))
                 for child in block.children]
        if found != [("FSObjectFile", TEMPLATE, "SecurityValidateSettings", 0)]:
            self.add("security-block", "lists %s" % found)

    def software(self, block):
        stores = ["cn=Class Store,%%GPO_%s_DSPATH%%" % macro for macro, side in (("MACH", "Machine"), ("USER", "User"))
                  if self.registered(SOFTWARE, side)]
        if [attribute(child, "Path") for child in block.children] != stores:
            self.add("software-block", "class stores %s" % [attribute(child, "Path") for child in block.children])
        for store in block.children:
            self.class_store(store)

    def class_store(self, store):
        where = attribute(store, "Path")
        inner = [child for child in store.children if child.name == "DSObject"]
        values = [(attribute(child, "DSAttrName"), child.children[0].text.strip() if child.children else "")
                  for child in store.children if child.name != "DSObject"]
        if [name for name, _ in values] != list(STORE) or any(STORE[name] not in ("", value) for name, value in values):
            self.add("software-block", "%s has the attributes %s" % (where, values))
        packages = "cn=Packages," + where
        objects = [(attribute(child, "Path"), attribute(child, "ObjectClass")) for child in [store] + inner]
        if objects != [(where, "classStore"), (packages, "classStore")]:
            self.add("software-block", "%s holds %s" % (where, objects))
            return
        registrations = [node for node in inner[0].walk() if node.name == "DSObject"][1:]
        templates = [node for node in registrations if attribute(node, "Path") == "*," + packages]
        filled = [node for node in templates if any(child.name in ATTRIBUTE_KINDS and child.children for child in node.children)]
        if len(templates) != 1 or filled or attribute(templates[0], "ReEvaluateFunction") != "SIProcessAllPackageObjects":
            self.add("software-block", "%s has %d template entries, %d with values" % (packages, len(templates), len(filled)))
        for node in registrations:
            names = [attribute(child, "DSAttrName") for child in node.children if child.name in ATTRIBUTE_KINDS]
            ordered = [name for name in PACKAGE if name in names]
            wrong = names != (PACKAGE if node in templates else ordered) or node.child("SecurityDescriptor") is None
            if wrong or attribute(node, "ObjectClass") != "packageRegistration":
                self.add("software-block", "%s has the attributes %s" % (attribute(node, "Path"), names))

    def claimed(self, location):
        """The block that claims a location (in lower case), whatever is listed where."""
        parts = location.split("\\")[2:]
        if len(parts) == 2 and parts[0] in ("machine", "user") and parts[1] == "registry.pol":
            return REGISTRY
        if SCRIPTS in self.by_id and len(parts) > 2 and parts[1] == "scripts" and parts[0] in ("machine", "user"):
            folders = FOLDERS["MACH" if parts[0] == "machine" else "USER"]
            if parts[2:] in (["scripts.ini"], ["psscripts.ini"]) or parts[2] in [folder.lower() for folder in folders]:
                return SCRIPTS
        if SECURITY in self.by_id and parts == ["machine", "microsoft", "windows nt", "secedit", "gpttmpl.inf"]:
            return SECURITY
        return None

    def unknown(self, block):
        before, order = set(), []
        listed_here = {attribute(child, "Location").lower() for child in block.children}
        for child in block.children:
            location = attribute(child, "Location")
            if child.name == "DSObject":
                order.append((0, []))
                continue
            if child.name not in ("FSObjectFile", "FSObjectDir") or child.children or not location or "ReEvaluateFunction" in [
                    key[1] for key in child.attributes]:
                self.add("unknown-block", "line %d: %s %s" % (child.line, child.name, attribute(child, "Path")))
                continue
            owner = self.claimed(location.lower())
            if owner:
                self.add("claimed-elsewhere", "%s belongs to %s" % (location, NAMES[owner]))
            parent = location.lower().rpartition("\\")[0]
            if parent in listed_here and parent not in before:
                self.add("unknown-depth", location)
            before.add(location.lower())
            macro = attribute(child, "Path").split("\\")[0]
            order.append((MACRO_ORDER.get(macro, 0), location.lower().split("\\")))
        if order != sorted(order):
            first = next(index for index, (one, other) in enumerate(zip(order, sorted(order))) if one != other)
            self.add("unknown-order", "from %s" % ("\\".join(order[first][1]) or "a directory object"))

    # Files

    def check_disk(self):
        for location, is_folder in self.listed.items():
            if location not in self.disk:
                self.add("folder-missing" if is_folder else "file-missing", location)
            elif self.disk[location] != is_folder:
                self.add("object-kind", location)
        sides = {(BASE + "\\" + side).lower() for side in ("Machine", "User")}
        for location, is_folder in self.disk.items():
            if location == (BASE + "\\gpt.ini").lower():
                self.add("gpt-ini", location)
            if location not in self.listed and not (is_folder and location in sides):
                self.add("unlisted", location)

    def template(self):
        """The path on disk of the security template that the Security block lists, or None."""
        block = self.by_id.get(SECURITY)
        return attribute(block.children[0], "Location") if block and block.children else None
