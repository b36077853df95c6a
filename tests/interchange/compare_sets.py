#!/usr/bin/env python3
"""Compare two backup sets for equal meaning, apart from ids, times and names of domain controllers.

usage: compare_sets.py [--ignore AREA,…] [--json] A B

A and B are folders of sets, or backup roots that hold one set. Compared are the settings files byte for byte, what Backup.xml
says once order of blocks, groups and objects, white space and the case of paths are taken out, and of bkupInfo.xml what is neither id
nor time. The report has a comparison of its own. Not compared: id of the set, GUID of the GPO, BackupTime, domain controller.

Areas: files, name, domain, descriptor, options, versions, extensions, filter, groups, blocks, comment.

One line a difference: `area: what: in A | in B`. Ends with 1 if there is one, with 2 if a set cannot be read.
"""
import argparse
import json
import os
import sys

from check_blocks import attribute
from descriptor import Dacl, Unsound
from xmltree import Broken, parse

AREAS = ["files", "name", "domain", "descriptor", "options", "versions", "extensions", "filter", "groups", "blocks", "comment"]
ABSENT = "(not there)"


def find_set(folder):
    """The folder of the only set in `folder`, or `folder` itself if it is one."""
    if os.path.isfile(os.path.join(folder, "Backup.xml")):
        return folder
    held = [name for name in sorted(os.listdir(folder)) if os.path.isfile(os.path.join(folder, name, "Backup.xml"))]
    if len(held) != 1:
        raise Broken("%s holds %d sets" % (folder, len(held)))
    return os.path.join(folder, held[0])


def load(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return parse(file.read())


def files(folder):
    """Lower-case path below DomainSysvol -> bytes, or None for a folder."""
    found = {}
    top = os.path.join(folder, "DomainSysvol")
    for at, inner, names in os.walk(top):
        for name in inner + names:
            path = os.path.join(at, name)
            data = None
            if name in names:
                with open(path, "rb") as file:
                    data = file.read()
            found[os.path.relpath(path, top).replace(os.sep, "\\").lower()] = data
    return found


def model(folder):
    """(area, what) -> text, of everything that is compared but the files."""
    gpo = load(folder, "Backup.xml").child("GroupPolicyObject")
    core = gpo.child("GroupPolicyCoreSettings") if gpo else None
    if core is None or gpo.child("SecurityGroups") is None:
        raise Broken("Backup.xml of %s has no GPO, core settings or groups" % folder)
    info = load(folder, "bkupInfo.xml")
    facts = {("name", "display name"): core.value("DisplayName"), ("name", "display name in bkupInfo.xml"): info.value("GPODisplayName"),
             ("domain", "domain"): core.value("Domain").lower(), ("domain", "domain GUID"): info.value("GPODomainGuid").lower(),
             ("options", "options"): core.value("Options").strip(), ("comment", "comment"): info.value("Comment"),
             ("filter", "filter"): core.value("WMIFilter").strip().lower(), ("filter", "filter name"): core.value("WMIFilterName")}
    for side in ("Machine", "User"):
        facts[("versions", side)] = core.value(side + "VersionNumber").strip()
        facts[("extensions", side)] = core.value(side + "ExtensionGuids").strip().upper()
    facts.update(descriptor(core.value("SecurityDescriptor")))
    groups = [group_facts(group) for group in gpo.child("SecurityGroups").children]
    count(facts, "groups", groups)
    present = {key[1]: value for key, value in info.attributes.items()}
    facts[("blocks", "software installation in bkupInfo.xml")] = present.get("SIPresent", "")
    ids = (core.value("ID").lower(), info.value("GPODomainController").lower())
    blocks = [child for child in gpo.children if child.name == "GroupPolicyExtension"]
    count(facts, "blocks", [attribute(block, "ID").upper() + " block" for block in blocks])
    for block in blocks:
        count(facts, "blocks", ["%s %s" % (attribute(block, "DescName"), one) for one in objects(block, ids)])
    return facts


def count(facts, area, items):
    """Each item becomes a fact, with how often it is there."""
    for item in items:
        facts[(area, item)] = str(int(facts.get((area, item), "0")) + 1)


def descriptor(text):
    """Control word and the ACEs in their order, as numbers of the bytes; the text itself if it cannot be taken apart."""
    try:
        dacl = Dacl(bytes.fromhex(text))
    except (Unsound, ValueError):
        return {("descriptor", "bytes"): " ".join(text.split())}
    facts = {("descriptor", "control"): "0x%04x" % dacl.control, ("descriptor", "DACL"): "NULL" if dacl.aces is None else "there"}
    for number, ace in enumerate(dacl.aces or [], 1):
        facts[("descriptor", "ACE %d" % number)] = ("type %d flags 0x%02x mask 0x%x %s %s" % ace).strip()
    return facts


def group_facts(group):
    values = ["%s=%s" % (child.name, child.text.strip()) for child in group.children if child.text.strip()]
    return " ".join([attribute(group, "Source") or "from settings"] + values)


def objects(block, ids):
    """One text for each object of a block: all it says, with paths in lower case and without the ids of GPO and controller."""
    found = []
    # An object, and the path of the pattern or directory object that it stands below.
    waiting = [(child, "") for child in reversed(block.children)]
    while waiting:
        node, above = waiting.pop()
        path = attribute(node, "Path").lower()
        source = attribute(node, "SourceExpandedPath").lower().replace(ids[0], "{gpo}")
        if source.startswith("\\\\" + ids[1] + "\\"):
            source = "\\\\dc" + source[2 + len(ids[1]):]
        said = [node.name, path, "from " + source, "at " + attribute(node, "Location").lower(),
                attribute(node, "ObjectClass").lower(), attribute(node, "ReEvaluateFunction"), attribute(node, "DSAttrName").lower()]
        if node.name.startswith("DSAttribute") or node.name == "SecurityDescriptor":
            said += ["of " + above, "=", node.text.strip()] + sorted(child.text.strip() for child in node.children)
        else:
            said += ["below " + above] if above else []
            waiting.extend((child, path) for child in reversed(node.children))
        found.append(" ".join(part for part in said if part not in ("", "at ", "from ")))
    return found


def compare(first, second):
    """All differences between two sets, as dictionaries of area, what, a and b."""
    differences = []
    one, other = files(first), files(second)
    for path in sorted(set(one) | set(other)):
        shown = [describe(held, path) for held in (one, other)]
        if shown[0] != shown[1] or one.get(path) != other.get(path):
            differences.append(("files", path) + tuple(shown))
    one, other = model(first), model(second)
    for key in list(one) + [key for key in other if key not in one]:
        shown = (one.get(key, ABSENT), other.get(key, ABSENT))
        if shown[0] != shown[1]:
            differences.append(key + shown)
    return [dict(zip(("area", "what", "a", "b"), difference)) for difference in differences]


def describe(held, path):
    if path not in held:
        return ABSENT
    return "folder" if held[path] is None else "%d bytes" % len(held[path])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", metavar="A")
    parser.add_argument("b", metavar="B")
    parser.add_argument("--ignore", default="", help="areas that may differ, with commas between")
    parser.add_argument("--json", action="store_true", help="print the differences as JSON")
    arguments = parser.parse_args()
    ignored = [area for area in arguments.ignore.split(",") if area]
    if set(ignored) - set(AREAS):
        parser.error("no such area: %s" % " ".join(sorted(set(ignored) - set(AREAS))))
    try:
        differences = compare(find_set(arguments.a), find_set(arguments.b))
    except (Broken, OSError) as error:
        print("cannot be read: %s" % error, file=sys.stderr)
        return 2
    differences = [difference for difference in differences if difference["area"] not in ignored]
    if arguments.json:
        print(json.dumps(differences, ensure_ascii=False, indent=1))
    else:
        for difference in differences:
            print("%(area)s: %(what)s: %(a)s | %(b)s" % difference)
    print("%d differences" % len(differences), file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
