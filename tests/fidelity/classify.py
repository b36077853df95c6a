#!/usr/bin/env python3
"""Say of every fact in which our reports differ from Microsoft's whose the difference is.

usage: classify.py OURS_DIR [--profile backup] [--ignore A,B] [--max-ours PCT] [--show N]

OURS_DIR holds a folder for each source of backups, as run.py --keep leaves them. Classes:

  templates  the administrative templates of the report were older, newer or fewer than those at hand: a text of theirs is in none of
             the files of the source's stores, ours has a control more, or a value stands under a policy on one side and as a bare
             value or under another template's policy on the other
  edited     the backup's data was changed by hand after Microsoft's report was made: the source says so (README of the corpus), or the
             descriptor in the set is cut off
  ours       everything else

Ends with 1 where `ours` is more than --max-ours per cent of all facts compared.
"""
import argparse
import glob
import importlib.util
import os
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict

sys.dont_write_bytecode = True
from run import CORPUS, TOOL, stores  # noqa: E402

spec = importlib.util.spec_from_file_location("report_fidelity", TOOL)
fidelity = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fidelity)

# Sources whose README in the corpus says that preference files were edited after the export.
EDITED_PREFERENCES = {"hardenad-some"}
REGISTRY = re.compile(r" / Registry \(RegistrySettings\)$")


def decoded(path):
    with open(path, "rb") as file:
        data = file.read()
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-8", "replace")


def vocabulary(folders):
    """Every text of the templates, in lower case, white space folded."""
    words = set()
    for folder in folders:
        for path in glob.glob(os.path.join(folder, "**", "*.ad[m]?"), recursive=True):
            try:
                root = ET.fromstring(re.sub(r"^\s*<\?xml.*?\?>", "", decoded(path)))
            except ET.ParseError:
                continue
            for element in root.iter():
                words.update(fold(text) for text in (element.text, element.tail) if text and text.strip())
                words.update(fold(value) for value in element.attrib.values())
    return words


def policies(folders):
    """(category path, name) of every policy of the templates, in lower case; the first template of a namespace counts."""
    categories, found = {}, []
    for path in [path for folder in folders for path in sorted(glob.glob(os.path.join(folder, "*.admx")))]:
        try:
            root = ET.fromstring(re.sub(r"^\s*<\?xml.*?\?>", "", decoded(path)))
        except ET.ParseError:
            continue
        strings = texts(path)
        prefixes = {element.get("prefix"): element.get("namespace") for element in root.iter()
                    if fidelity.local(element.tag) in ("target", "using")}
        own = next((element.get("namespace") for element in root.iter() if fidelity.local(element.tag) == "target"), path)
        if (own, None) in categories:
            continue
        categories[own, None] = None

        def reference(element, prefixes=prefixes, own=own):
            parent = next((child for child in element if fidelity.local(child.tag) == "parentCategory"), None)
            if parent is None:
                return None
            prefix, _, name = (parent.get("ref") or "").rpartition(":")
            return (prefixes.get(prefix) if prefix else own, name)

        def text(element, strings=strings):
            value = element.get("displayName") or ""
            name = re.match(r"\$\(string\.(.*)\)$", value)
            return fold(strings.get(name.group(1), "") if name else value)

        for element in root.iter():
            if fidelity.local(element.tag) == "category":
                categories[own, element.get("name")] = (text(element), reference(element))
            elif fidelity.local(element.tag) == "policy":
                found.append((text(element), reference(element)))
    pairs = set()
    for name, at in found:
        path = []
        while at in categories and categories[at] and len(path) < 50:
            label, at = categories[at]
            path.append(label)
        pairs.add(("/".join(reversed(path)), name))
    return pairs


def texts(admx):
    """The strings of the template's English texts."""
    folder, name = os.path.split(admx)
    for path in glob.glob(os.path.join(folder, "[eE][nN]-[uU][sS]", "*")):
        if os.path.basename(path).lower() == name[:-5].lower() + ".adml":
            try:
                root = ET.fromstring(re.sub(r"^\s*<\?xml.*?\?>", "", decoded(path)))
            except ET.ParseError:
                return {}
            return {element.get("id"): element.text or "" for element in root.iter()
                    if fidelity.local(element.tag) == "string"}
    return {}


def fold(text):
    return fidelity.clean(text).lower()


def pairs(ours, theirs):
    """(key, facts only theirs, facts only ours, both sides have the item), with the equal facts counted away."""
    left_by, right_by = fidelity.group(ours), fidelity.group(theirs)
    for key in list(right_by) + [key for key in left_by if key not in right_by]:
        left, right = list(left_by.get(key, ())), list(right_by.get(key, ()))
        for item in list(right):
            if item in left:
                left.remove(item)
                right.remove(item)
        while left and right:
            item = right.pop(0)
            best = max(left, key=lambda other: sum((other & item).values()))
            left.remove(best)
            yield key, item - best, best - item, True
        for item in right:
            yield key, item, Counter(), False
        for item in left:
            yield key, Counter(), item, False


def is_known(path, text, words):
    """Whether the labels in a fact's path and its text are texts of the templates."""
    labels = re.findall(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)", path)
    return all(fold(label) in words for label in labels) and (not is_label(path) or fold(text) in words)


def is_label(path):
    return path.endswith(("/Name#", "/Supported#", "/Explain#", "/Category#")) or path in ("/Name#", "/Category#")


def registry_classes(differences, words, known):
    """Classes of the differences of one Registry section: [(class, facts)]."""
    is_policy = lambda key: key[0] == "Policy"
    their_policies = [key for key, gone, _, both in differences if is_policy(key) and gone and not both]
    our_policies = [key for key, _, more, both in differences if is_policy(key) and more and not both]
    for key, gone, more, both in differences:
        if is_policy(key) and both:
            # A text that is in no template, a control that only a newer template has (nothing of theirs is missing then), or a value
            # that stands under a policy of a template they did not have.
            taken = our_policies and all(path.endswith("/State#") and text == "NotConfigured" for path, text in more)
            unknown = not gone or taken or any(not is_known(path, text, words) for path, text in gone)
            for fact, count in list(gone.items()) + list(more.items()):
                yield ("templates" if unknown else "ours"), key, fact, count
        elif is_policy(key) and gone:
            yield from one(("templates" if not knows_policy(key, known) or our_policies else "ours"), key, gone)
        elif is_policy(key):
            theirs_raw = any(other[0] == "RegistrySetting" and g for other, g, _, _ in differences)
            yield from one("templates" if theirs_raw or their_policies else "ours", key, more)
        elif gone:
            yield from one("templates" if our_policies else "ours", key, gone + more)
        else:
            yield from one("templates" if their_policies else "ours", key, more)


def knows_policy(key, known):
    return (key[1], key[2]) in known


def is_preference(items):
    return any(key[-1] == "container" for key, _ in items)


def one(name, key, facts):
    for fact, count in facts.items():
        yield name, key, fact, count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours")
    parser.add_argument("--profile", default="backup")
    parser.add_argument("--ignore", default="")
    parser.add_argument("--max-ours", type=float)
    parser.add_argument("--show", type=int, default=0, help="print so many differences of each class and section")
    arguments = parser.parse_args()
    options = fidelity.Options(arguments.profile, [name for name in arguments.ignore.split(",") if name])
    by_source = stores()
    words_of = {}
    counts, total, shown = defaultdict(Counter), 0, defaultdict(list)
    for name, ours, theirs in fidelity.pairs(arguments.ours, os.path.join(CORPUS, "backups")):
        source = name.split(os.sep)[0]
        folders = tuple(by_source.get(source, by_source["*"]))
        if folders not in words_of:
            words_of[folders] = (vocabulary(folders), policies(folders))
        words, known = words_of[folders]
        right = fidelity.document(fidelity.load(theirs), options)
        left = fidelity.document(fidelity.load(ours), options) if ours else {}
        for label in list(right) + [label for label in left if label not in right]:
            items, expected = left.get(label, []), right.get(label, [])
            differences = list(pairs(items, expected))
            total += sum(len(facts) for _, facts in expected)
            differences = [each for each in differences if each[1] or each[2]]
            if REGISTRY.search(label):
                classified = registry_classes(differences, words, known)
            else:
                edited = (source in EDITED_PREFERENCES and is_preference(expected)
                          or label == "(permissions)" and not left.get(label))
                classified = [(("edited" if edited else "ours"), key, fact, count)
                              for key, gone, more, _ in differences for fact, count in (gone + more).items()]
            section = re.sub(r"^.*? / ", "", label)
            for group, key, (path, text), count in classified:
                counts[section][group] += count
                shown[group, section].append("%s: %s: %s = %s" % (name, " | ".join(map(str, key)), path, text))
    print("%-56s %10s %10s %10s" % ("section", "templates", "edited", "ours"))
    sums = Counter()
    for section, row in sorted(counts.items()):
        sums += row
        print("%-56s %10d %10d %10d" % (section[:56], row["templates"], row["edited"], row["ours"]))
    share = 100.0 * sums["ours"] / total if total else 0.0
    print("%-56s %10d %10d %10d" % ("all", sums["templates"], sums["edited"], sums["ours"]))
    print("ours: %.3f %% of %d facts" % (share, total))
    for (group, section), lines in sorted(shown.items()):
        for line in lines[:arguments.show]:
            print("%s, %s: %s" % (group, section, line[:300]))
    return 1 if arguments.max_ours is not None and share > arguments.max_ours else 0


if __name__ == "__main__":
    sys.exit(main())
