#!/usr/bin/env python3
"""Let Samba's own parsers read every settings file of backup sets or SYSVOL trees, and tell where they cannot.

usage: samba_read.py [--strict] [--json] FOLDER…

Two readers of Samba each get the files that they know:
- backup: those of `samba-tool gpo backup` (registry.pol, GptTmpl.inf, audit.csv and the ini files). What is read is written out the
  way Samba does, and a registry.pol is packed again and must be the same bytes.
- client: those that apply policy on Linux (registry.pol, GptTmpl.inf, script lists and preferences).
Files that Samba copies as they are belong to no reader; they are counted.

One line a finding: `path: reader: what`. Ends with 1 if there is one, with 2 if it cannot run: it needs Debian's python3-samba.

What Samba cannot read though Windows wrote it is no finding, unless `--strict` is given:
- client, GptTmpl.inf: lines `"name",mode,"descriptor"` of [Service General Setting], [Registry Keys] and [File Security] have no
  `=`, which its ini parser wants.
"""
import argparse
import configparser
import json
import os
import re
import sys
import tempfile
import warnings

DEBIAN = "/usr/bin/python3"
DESCRIPTOR_LINE = re.compile(r'"[^"]*",\d,"[^"]*"\s*')


def load():
    """Samba's modules; restarts under the system's Python if this one has none."""
    try:
        import samba.gp.gpclass
        import samba.gp_parse
        import samba.ndr
        import samba.netcmd.gpo
    except ImportError as error:
        if os.path.exists(DEBIAN) and os.path.realpath(sys.executable) != os.path.realpath(DEBIAN):
            os.execv(DEBIAN, [DEBIAN] + sys.argv)
        print("needs python3-samba: %s" % error, file=sys.stderr)
        sys.exit(2)
    return samba


def backup_reader(samba, path, data):
    """Reads as the backup command does; False if it would only copy the file."""
    parser = samba.netcmd.gpo.find_parser(os.path.basename(path))
    # The bare parser, and the one of .aas files, which is empty, keep nothing of what they are given.
    if type(parser).parse is samba.gp_parse.GPParser.parse:
        return False
    parser.parse(data)
    with tempfile.TemporaryDirectory() as folder:
        parser.write_xml(os.path.join(folder, "parsed.xml"))
    if path.lower().endswith(".pol"):
        packed = samba.ndr.ndr_pack(parser.pol_file)
        if packed != data:
            raise ValueError("packs to %d other bytes than the %d it read" % (len(packed), len(data)))
    return True


def client_reader(samba, path, _data):
    """Reads as the client does; False if it has no reader for the file."""
    name = os.path.basename(path).lower()
    if name.endswith(".pol"):
        reader = samba.gp.gpclass.gp_pol_ext
    elif name in ("gpttmpl.inf", "scripts.ini", "psscripts.ini"):
        reader = samba.gp.gpclass.gp_inf_ext
    elif name.endswith(".xml") and "preferences" in path.lower().split(os.sep):
        reader = samba.gp.gpclass.gp_xml_ext
    else:
        return False
    reader.read(None, path)
    return True


def excepted(error):
    """Is this what Samba cannot read in genuine files?"""
    if type(error) is not configparser.ParsingError:
        return False
    # ConfigParser keeps each line as its representation.
    return all(DESCRIPTOR_LINE.fullmatch(line.strip("'").replace("\\r\\n", "").replace("\\\\", "\\")) for _, line in error.errors)


def read_all(samba, folders, strict):
    """(findings, files read by a reader, files that Samba copies, exceptions)"""
    findings, read, copied, exceptions = [], 0, 0, 0
    for folder in folders:
        for at, inner, files in os.walk(folder):
            inner.sort()
            for name in sorted(files):
                path = os.path.join(at, name)
                with open(path, "rb") as file:
                    data = file.read()
                known = False
                for reader in (backup_reader, client_reader):
                    try:
                        known = reader(samba, path, data) or known
                    except Exception as error:  # Whatever Samba raises is what is looked for.
                        known = True
                        if excepted(error) and not strict:
                            exceptions += 1
                            continue
                        what = "%s: %s" % (type(error).__name__, " ".join(str(error).split())[:200])
                        findings.append({"path": path, "reader": reader.__name__.split("_")[0], "what": what})
                read, copied = read + known, copied + (not known)
    return findings, read, copied, exceptions


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--strict", action="store_true", help="report what Samba cannot read of genuine files, too")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        if not os.path.isdir(folder):
            parser.error("no folder: %s" % folder)
    samba = load()
    warnings.simplefilter("ignore")
    findings, read, copied, exceptions = read_all(samba, arguments.folders, arguments.strict)
    if arguments.json:
        print(json.dumps(findings, ensure_ascii=False, indent=1))
    else:
        for item in findings:
            print("%(path)s: %(reader)s: %(what)s" % item)
    print("%d files read, %d copied as they are, %d exceptions, %d findings" % (read, copied, exceptions, len(findings)), file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
