#!/usr/bin/env python3
"""Check the permissions of Group Policy Objects: their containers in the directory, their folders in SYSVOL, and what lies in those.

usage: check_acl.py [--only GUID]… [--windows GUID]… (--samba SMB.CONF | FILE.json)

What is checked comes from a Samba domain controller on this machine, by its smb.conf, or from a file: a list of objects, each with
`gpo` (a name), `directory` and `folder` (descriptors in SDDL) and `below` (paths with descriptors in SDDL), or with `som` and
`directory`. One line a finding: `object: rule: what`. Ends with 1 if there is one, with 2 if it was called wrongly.

Written from the description of the mapping alone, not from the program that it checks. It knows both ways in which a folder's list is
made from a container's: that of Windows and newer Samba, and that of Samba 4.17, which keeps object entries and drops denials.
A folder may follow either; one that is named with --windows must follow the way of Windows.

Rules:
- folder-differs: the folder's list is not that of the container, by neither way; what is missing and what is too much.
- object-entry-in-file: a file or folder has an entry for a kind of object, which says nothing there (only of folders of Windows' way).
- folder-inherits: the list of a GPO's folder, or of its container, is not protected.
- below-differs: a file or folder in it has not the entries that it inherits. Those of the owner and of CREATOR OWNER are left out.
- order: an explicit denial stands behind an explicit grant, or an inherited entry before an explicit one.
- half-link-right: a trustee may write gPLink but not gPOptions of a site, domain or OU, or the reverse.
"""
import argparse
import json
import os
import re
import sys

DEBIAN = "/usr/bin/python3"
APPLY = "edacfd8f-ffb3-11d1-b41d-00a0c968f939"
LINK = "f30e3bbe-9ff0-11d1-b603-0000f80367c1"
OPTIONS = "f30e3bbf-9ff0-11d1-b603-0000f80367c1"
BITS = {"CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
        "SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000}
OF_DIRECTORY = dict(BITS, GA=0xF01FF, GR=0x20094, GW=0x20028, GX=0x20004)
OF_FILE = dict(BITS, GA=0x1F01FF, GR=0x120089, GW=0x120116, GX=0x1200A0, FA=0x1F01FF, FR=0x120089, FW=0x120116, FX=0x1200A0)
CREATOR_OWNER = {"CO", "S-1-3-0"}
OLD_COMPATIBLE = {"RU", "S-1-5-32-554"}
SYNCHRONIZE = 0x100000


class Ace:
    """One entry: kind (A, D, OA, OD), flags as a set of pairs of letters, mask, object type, trustee."""

    def __init__(self, text, bits):
        parts = text.split(";")
        if len(parts) < 6:
            raise ValueError("an entry of %d parts: %s" % (len(parts), text))
        self.kind, flags, rights, self.object, self.inherited_object, self.sid = parts[:6]
        self.flags = {flags[at:at + 2] for at in range(0, len(flags), 2)}
        self.object = self.object.lower()
        self.mask = int(rights, 16) if rights.startswith("0x") else 0
        if not rights.startswith("0x"):
            for at in range(0, len(rights), 2):
                self.mask |= bits[rights[at:at + 2]]


class Descriptor:
    """Owner, whether the DACL is protected, and its entries in order."""

    def __init__(self, sddl, bits):
        owner = re.match(r"O:(.*?)(?=G:|D:|S:|$)", sddl)
        self.owner = owner.group(1) if owner else ""
        dacl = re.search(r"D:([A-Z]*)((?:\([^)]*\))*)", sddl)
        if not dacl:
            raise ValueError("no DACL: %s" % sddl)
        self.is_protected = "P" in dacl.group(1).replace("NO_ACCESS_CONTROL", "")
        self.aces = [Ace(text, bits) for text in re.findall(r"\(([^)]*)\)", dacl.group(2))]


def file_mask(mask):
    """The rights on files that go with rights on a container."""
    result = mask & 0x1F0000
    if mask & 0x10 and mask & 0x4:
        result |= 0x1000A9
    if mask & 0x20:
        result |= 0x100116
    if mask & 0x1:
        result |= 0x6
    if mask & 0x2:
        result |= 0x40
    return result & ~SYNCHRONIZE


def wanted(container, is_samba):
    """The entries that a folder has by one of the two ways, as a set."""
    kept = {"A", "OA"} if is_samba else {"A", "D"}
    entries = set()
    for ace in container.aces:
        if ace.kind not in kept or ace.sid in OLD_COMPATIBLE:
            continue
        flags = (ace.flags & {"IO", "NP"}) | {"OI", "CI"}
        if ace.sid in CREATOR_OWNER:
            flags |= {"IO"}
        entries.add((ace.kind, frozenset(flags), file_mask(ace.mask), ace.object, ace.sid))
    return entries


def present(folder):
    return {(ace.kind, frozenset(ace.flags - {"ID"}), ace.mask & ~SYNCHRONIZE, ace.object, ace.sid) for ace in folder.aces}


def shown(entry):
    kind, flags, mask, kind_of_object, sid = entry
    return "(%s;%s;0x%x;%s;%s)" % (kind, "".join(sorted(flags)), mask, kind_of_object, sid)


def check_gpo(gpo, must_be_windows, report):
    container, folder = Descriptor(gpo["directory"], OF_DIRECTORY), Descriptor(gpo["folder"], OF_FILE)
    check_order(container, report)
    for name, descriptor in (("container", container), ("folder", folder)):
        if not descriptor.is_protected:
            report("folder-inherits", "the list of its %s is not protected" % name)
    there = present(folder)
    ways = {"Windows": wanted(container, False), "Samba 4.17": wanted(container, True)}
    if there not in ways.values() or (must_be_windows and there != ways["Windows"]):
        missing, extra = ways["Windows"] - there, there - ways["Windows"]
        words = ["%s %s" % (word, shown(entry)) for word, entries in (("lacks", missing), ("has", extra))
                 for entry in sorted(entries, key=shown)]
        report("folder-differs", ", ".join(words))
    is_windows = there == ways["Windows"]
    if is_windows or must_be_windows:
        files = dict(gpo.get("below", {}), **{".": gpo["folder"]})
        for path, sddl in sorted(files.items()):
            if any(ace.kind in ("OA", "OD") for ace in Descriptor(sddl, OF_FILE).aces):
                report("object-entry-in-file", path)
    for path, sddl in sorted(gpo.get("below", {}).items()):
        check_below(folder, path, Descriptor(sddl, OF_FILE), report)


def check_below(folder, path, child, report):
    """A child has what the folder hands down, whether it is marked as inherited or not."""
    def rights(aces):
        counted = [ace for ace in aces if ace.sid not in CREATOR_OWNER and ace.sid != child.owner and ace.kind in ("A", "D")]
        return {(ace.kind, ace.mask & ~SYNCHRONIZE, ace.sid) for ace in counted}
    is_folder = path.endswith("/")
    handed_down = [ace for ace in folder.aces if ("CI" if is_folder else "OI") in ace.flags]
    expected, there = rights(handed_down), rights(child.aces)
    if expected != there:
        text = ["lacks %s 0x%x of %s" % entry for entry in sorted(expected - there)]
        text += ["has %s 0x%x of %s" % entry for entry in sorted(there - expected)]
        report("below-differs", "%s %s" % (path, ", ".join(text)))


def check_order(descriptor, report):
    """Denials before grants, what is explicit before what is inherited."""
    ranks = [("ID" in ace.flags, ace.kind in ("A", "OA") and "ID" not in ace.flags) for ace in descriptor.aces]
    if ranks != sorted(ranks):
        report("order", " ".join("%s%s" % (ace.kind, "*" if "ID" in ace.flags else "") for ace in descriptor.aces))


def check_som(som, report):
    writers = {LINK: set(), OPTIONS: set()}
    for ace in Descriptor(som["directory"], OF_DIRECTORY).aces:
        if ace.kind == "OA" and ace.object in writers and ace.mask & 0x20 and "IO" not in ace.flags:
            writers[ace.object].add(ace.sid)
    for sid in sorted(writers[LINK] ^ writers[OPTIONS]):
        report("half-link-right", sid)


def check(objects, only=(), windows=()):
    """Returns the findings, each as object, rule and words."""
    findings = []
    fold = lambda names: {name.lower() for name in names}
    for one in objects:
        name = one.get("gpo") or one["som"]
        if only and "gpo" in one and name.lower() not in fold(only):
            continue
        def report(rule, what):
            findings.append((name, rule, what))
        try:
            if "gpo" in one:
                check_gpo(one, name.lower() in fold(windows), report)
            else:
                check_som(one, report)
        except (ValueError, KeyError) as error:
            report("unreadable", str(error))
    return findings


def read_samba(smb_conf):
    """All GPOs and SOMs of a domain controller on this machine, read from its databases and its files."""
    try:
        import ldb
        from samba import ntacls
        from samba.auth import system_session
        from samba.dcerpc import security
        from samba.ndr import ndr_unpack
        from samba.param import LoadParm
        from samba.samdb import SamDB
    except ImportError as error:
        if os.path.exists(DEBIAN) and os.path.realpath(sys.executable) != os.path.realpath(DEBIAN):
            os.execv(DEBIAN, [DEBIAN] + sys.argv)
        print("needs python3-samba: %s" % error, file=sys.stderr)
        sys.exit(2)
    parameters = LoadParm()
    parameters.load(smb_conf)
    session = system_session(parameters)
    database = SamDB(session_info=session, lp=parameters)
    sysvol = parameters.get("path", "sysvol")
    sddl = lambda data: ndr_unpack(security.descriptor, data).as_sddl()

    def search(base, expression, scope):
        wanted = ["nTSecurityDescriptor", "gPCFileSysPath", "cn"]
        return database.search(base, scope, expression, attrs=wanted, controls=["sd_flags:1:7"])

    def of_file(path):
        try:
            return ntacls.getntacl(parameters, path, session, direct_db_access=True).as_sddl()
        except Exception:  # It has no list of its own: what Samba answers for it is computed.
            return None

    domain = str(database.domain_dn())
    objects = []
    for entry in search("CN=Policies,CN=System," + domain, "(objectClass=groupPolicyContainer)", ldb.SCOPE_ONELEVEL):
        parts = str(entry["gPCFileSysPath"][0]).strip("\\").split("\\")
        folder = os.path.join(sysvol, *parts[2:])
        if not os.path.isdir(folder) or of_file(folder) is None:
            continue
        below = {}
        for place, folders, files in os.walk(folder):
            for name, end in [(name, "/") for name in folders] + [(name, "") for name in files]:
                path = os.path.join(place, name)
                text = of_file(path)
                if text is not None:
                    below[os.path.relpath(path, folder) + end] = text
        objects.append({"gpo": str(entry["cn"][0]), "directory": sddl(entry["nTSecurityDescriptor"][0]),
                        "folder": of_file(folder), "below": below})
    for entry in search(domain, "(|(objectClass=organizationalUnit)(objectClass=domainDNS))", ldb.SCOPE_SUBTREE):
        objects.append({"som": str(entry.dn), "directory": sddl(entry["nTSecurityDescriptor"][0])})
    return objects


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--windows", action="append", default=[])
    parser.add_argument("--samba")
    parser.add_argument("file", nargs="?")
    arguments = parser.parse_args()
    if bool(arguments.samba) == bool(arguments.file):
        parser.error("name a file or an smb.conf")
    if arguments.samba:
        objects = read_samba(arguments.samba)
    else:
        with open(arguments.file, encoding="utf-8") as file:
            objects = json.load(file)
    findings = check(objects, arguments.only, arguments.windows)
    for finding in findings:
        print("%s: %s: %s" % finding)
    count = len([one for one in objects if "gpo" in one])
    print("%d GPOs, %d containers: %d findings" % (count, len(objects) - count, len(findings)), file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
