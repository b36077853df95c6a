#!/usr/bin/env python3
"""Check backup sets of Group Policy Objects against what real sets prove of their format.

usage: check_set.py [--archived] [--json] [--no-notes] ROOT…

Each ROOT, and every folder below it, that holds a manifest.xml or sets is checked as a backup root. One line a finding:
`path: rule: what`. Ends with 1 if there is an error, with 2 if it was called wrongly. findings.py lists the rules.

Written from the description of the format alone, not from the program that it checks.

What is no error, and why:
- Sets that went through version control or packing (`--archived` makes notes of these): lines end with LF, empty folders and the
  hidden manifest are lost, the report is not there, foreign files lie beside Backup.xml, entries and folders of the manifest were
  removed one without the other, and a descriptor that was scrubbed has a NULL DACL.
- GUIDs of GPOs, and those of extension lists, may be in any case: the directory has them so. Paths compare without case.
- An extension list of one blank is the emptied attribute.
- The ReadTime of a report lies up to some seconds behind BackupTime.
- The DACL's control word, the order of the parts and unequal version halves differ among genuine sets: notes.

- Services, application pools and window managers (S-1-5-80 to S-1-5-99) that settings name are not in the list of principals.

What stays an error in genuine sets, because somebody changed them by hand: scripts or other files taken out or added after the
export (file-missing, unlisted), and extension lists without a tool written into the directory (extensions-grammar).
"""
import argparse
import os
import re
import sys

from check_backup import GUID, Core, check_groups, check_structure, check_text, whole_seconds, without_cdata
from check_blocks import SOFTWARE, Blocks
from check_report import check_report
from findings import Findings
from xmltree import Broken, parse

MANIFEST = "http://www.microsoft.com/GroupPolicy/GPOOperations/Manifest"
MANIFEST_HEAD = ('<Backups xmlns="%s" xmlns:mfst="%s" mfst:version="1.0">' % (MANIFEST, MANIFEST)).encode()
INFO_HEAD = ('<BackupInst xmlns="%s">' % MANIFEST).encode()
INFO_HEAD_SI = ('<BackupInst xmlns="%s" xmlns:mfst="%s" mfst:SIPresent="true">' % (MANIFEST, MANIFEST)).encode()
ENTRY = ["GPOGuid", "GPODomain", "GPODomainGuid", "GPODomainController", "BackupTime", "ID", "Comment", "GPODisplayName"]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def parse_or_report(data, path, findings):
    try:
        return parse(data)
    except Broken as error:
        findings.add(path, "xml", str(error))
        return None


def check_index_text(data, path, findings):
    """What manifest.xml and bkupInfo.xml have in common; `data` without the line end of bkupInfo.xml."""
    if data.startswith(b"\xef\xbb\xbf"):
        findings.add(path, "index-bom", "starts with a mark")
    if b"<?xml" in data[:20]:
        findings.add(path, "index-declaration", "starts with a declaration")
    if re.search(rb"[\r\n]", without_cdata(data)):
        findings.add(path, "index-lines", "has line ends between elements")


def check_entry(node, path, findings):
    """The values of one entry, or None if its children are not the proven ones."""
    expected = [(MANIFEST, name) for name in ENTRY]
    if [child.tag for child in node.children] != expected or node.text.strip():
        findings.add(path, "entry-children", "found %s" % [child.name for child in node.children])
        return None
    entry = {name: node.value(name) for name in ENTRY}
    for child in node.children:
        if not child.cdata or child.plain or child.children or child.attributes:
            findings.add(path, "entry-cdata", child.name)
    for name in ("GPOGuid", "GPODomainGuid", "ID"):
        value = entry[name]
        form = {"ID": value.upper(), "GPODomainGuid": value.lower(), "GPOGuid": value}[name]
        if not re.fullmatch(GUID, value) or value != form:
            findings.add(path, "entry-guid", "%s is %s" % (name, value))
    for name in ("GPODomain", "GPODomainController", "GPODisplayName"):
        if not entry[name]:
            findings.add(path, "entry-value", "%s is empty" % name)
    entry["time"] = whole_seconds(entry["BackupTime"])
    if entry["time"] is None:
        findings.add(path, "entry-time", entry["BackupTime"])
    if {key: value for key, value in node.attributes.items()} not in ({}, {(MANIFEST, "SIPresent"): "true"}):
        findings.add(path, "entry-si", "attributes %s" % sorted(key[1] for key in node.attributes))
    entry["si"] = bool(node.attributes)
    return entry


def check_info(folder, path, findings):
    """The entry of bkupInfo.xml, or None."""
    data = read(path)
    body = data.rstrip(b"\r\n")
    if data[len(body):] != b"\r\n":
        findings.add(path, "info-end", "ends with %r" % data[len(body):])
    check_index_text(body, path, findings)
    root = parse_or_report(data, path, findings)
    if root is None:
        return None
    if root.name != "BackupInst" or not body.startswith((INFO_HEAD, INFO_HEAD_SI)):
        findings.add(path, "info-root", "starts with %r" % body[:90])
    entry = check_entry(root, path, findings)
    if entry and entry["ID"] != os.path.basename(folder):
        findings.add(path, "info-folder", "%s in folder %s" % (entry["ID"], os.path.basename(folder)))
    return entry


def check_set(folder, findings):
    """Everything about one set; gives the entry of its bkupInfo.xml, or None."""
    top = set(os.listdir(folder))
    sysvol = os.path.join(folder, "DomainSysvol")
    inner = set(os.listdir(sysvol)) if os.path.isdir(sysvol) else set()
    for missing in sorted({"Backup.xml", "bkupInfo.xml", "DomainSysvol"} - top) + sorted({"GPO"} - inner):
        findings.add(folder, "set-missing", missing)
    # opengpmc.json is a file of ours that GPMC passes over: links and the WMI filter, where they were asked for.
    for stray in sorted(top - {"Backup.xml", "bkupInfo.xml", "gpreport.xml", "DomainSysvol", "opengpmc.json"}) + sorted(inner - {"GPO"}):
        findings.add(folder, "set-stray", stray)
    entry = check_info(folder, os.path.join(folder, "bkupInfo.xml"), findings) if "bkupInfo.xml" in top else None
    core = check_backup(folder, entry, findings) if "Backup.xml" in top else None
    report = os.path.join(folder, "gpreport.xml")
    if "gpreport.xml" not in top:
        findings.add(folder, "report-missing", "no gpreport.xml")
    elif core:
        root = parse_or_report(read(report), report, findings)
        if root is not None:
            check_report(root, read(report), core, entry["time"] if entry else None, report, findings)
    return entry


def check_backup(folder, entry, findings):
    path = os.path.join(folder, "Backup.xml")
    data = read(path)
    check_text(data, path, findings)
    root = parse_or_report(data, path, findings)
    gpo = check_structure(root, path, findings) if root is not None else None
    if gpo is None:
        return None
    core = Core(gpo, entry, path, findings)
    if entry and entry["si"] != any(SOFTWARE.upper() in listed for listed in core.registered.values()):
        findings.add(path, "entry-si", "SIPresent is %s" % entry["si"])
    blocks = Blocks(gpo, core, entry["GPODomainController"] if entry else "", folder, path, findings)
    blocks.check()
    template, everything = settings_files(folder, blocks.template())
    check_groups(gpo, core, template, everything, path, findings)
    return core


def settings_files(folder, template):
    """The text of the security template at a location of the set, and the bytes of all settings files."""
    text, everything = "", []
    for at, _, files in os.walk(os.path.join(folder, "DomainSysvol")):
        for name in files:
            where = os.path.join(at, name)
            data = read(where)
            everything.append(data)
            if template and os.path.relpath(where, folder).replace(os.sep, "\\").lower() == template.lower():
                text = data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8", "replace")
    return text, b"\0".join(everything)


def check_manifest(path, sets, findings):
    """manifest.xml against the entries of the sets beside it (folder name -> entry or None)."""
    data = read(path)
    check_index_text(data.rstrip(b"\r\n"), path, findings)
    root = parse_or_report(data, path, findings)
    if root is None:
        return
    if not data.startswith(MANIFEST_HEAD):
        findings.add(path, "manifest-root", "starts with %r" % data[:90])
    if not data.endswith(b"</Backups>"):
        findings.add(path, "manifest-end", "ends with %r" % data[-12:])
    if root.text.strip():
        findings.add(path, "manifest-child", "text between the entries")
    entered = set()
    for node in root.children:
        if node.tag != (MANIFEST, "BackupInst"):
            findings.add(path, "manifest-child", node.name)
            continue
        entry = check_entry(node, path, findings)
        if entry is None:
            continue
        if entry["ID"] in entered:
            findings.add(path, "manifest-twice", entry["ID"])
        entered.add(entry["ID"])
        if entry["ID"] not in sets:
            findings.add(path, "manifest-entry-without-set", entry["ID"])
        elif sets[entry["ID"]] not in (None, entry):
            differing = [name for name, value in sets[entry["ID"]].items() if value != entry[name]]
            findings.add(path, "manifest-differs", "%s: %s" % (entry["ID"], " ".join(differing)))
    for name in sorted(set(sets) - entered):
        findings.add(path, "manifest-set-without-entry", name)


def check_root(folder, findings):
    """One backup root; gives the number of its sets, or None if it is no backup root."""
    names = sorted(os.listdir(folder))
    folders = [name for name in names if is_set(os.path.join(folder, name))]
    manifest = next((name for name in names if name.lower() == "manifest.xml"), None)
    if not folders and not manifest:
        return None
    sets = {name: check_set(os.path.join(folder, name), findings) for name in folders}
    if manifest:
        check_manifest(os.path.join(folder, manifest), sets, findings)
    else:
        findings.add(folder, "manifest-missing", "%d sets without an index" % len(folders))
    for name in names:
        if name != manifest and name not in folders and not os.path.isdir(os.path.join(folder, name)):
            findings.add(folder, "root-stray", name)
    return len(folders)


def is_set(folder):
    """A folder named by a GUID, or with the files of a set in it."""
    if not os.path.isdir(folder):
        return False
    held = os.path.isfile(os.path.join(folder, "Backup.xml")) or os.path.isfile(os.path.join(folder, "bkupInfo.xml"))
    return held or re.fullmatch(GUID, os.path.basename(folder)) is not None


def check(roots, findings):
    """Check all backup roots at and below `roots`; gives the number of sets."""
    total = 0
    for root in roots:
        here = 0
        for at, folders, _ in os.walk(root):
            count = check_root(at, findings)
            here += count or 0
            folders[:] = sorted(name for name in folders if not is_set(os.path.join(at, name)))
        if not here:
            findings.add(root, "root-empty", "no backup set here or below")
        total += here
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roots", nargs="+", metavar="ROOT")
    parser.add_argument("--archived", action="store_true", help="the sets went through version control or packing")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--no-notes", action="store_true", help="print errors only")
    arguments = parser.parse_args()
    for root in arguments.roots:
        if not os.path.isdir(root):
            parser.error("no folder: %s" % root)
    findings = Findings(arguments.archived)
    total = check(arguments.roots, findings)
    if arguments.no_notes:
        findings.items = [item for item in findings.items if item["severity"] == "error"]
    text = findings.as_json() if arguments.json else findings.as_text()
    if text:
        print(text)
    print("%d sets, %d errors, %d notes" % (total, findings.errors(), len(findings.items) - findings.errors()), file=sys.stderr)
    return 1 if findings.errors() else 0


if __name__ == "__main__":
    sys.exit(main())
