#!/usr/bin/env python3
"""Report every backup of the corpus and compare the reports with Microsoft's own, as a ratchet.

usage: run.py OPENGPMC [--keep DIR] [--details N]

OPENGPMC is the program to run. Each source folder of backups is reported with the template stores that STORES.tsv of the
corpus names, plain and --compatible, and compared by the corpus' own tool, report_fidelity.py. Ends with 1 where a score is
below its threshold, with 0 and a line that says so where there is no corpus.
"""
import argparse
import os
import subprocess
import sys
import tempfile

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("OPENGPMC_SHARED", os.path.join(PROJECT, "..", "shared"))
CORPUS = os.path.join(SHARED, "corpus")
TOOL = os.path.join(SHARED, "tools", "report_fidelity.py")

# What is compared, with the lowest score that passes. Raise them when the reports get better; never lower them. What is missing to 100
# is nearly all due to templates that the corpus does not have (Chromium, older Chrome, Edge, Adobe, Office and Horizon): classify.py tells.
RUNS = [
    ("settings", [], ["--ignore", "header,security,explain,supported"], 91.1),
    ("everything a set stores", ["--compatible"], [], 91.4),
]
# The most facts, per cent, that may differ for no reason outside this program.
MOST_OURS = 0.5


def stores():
    """Source folder -> template folders in search order; `*` for the others."""
    found = {}
    with open(os.path.join(CORPUS, "admx", "STORES.tsv"), encoding="utf-8") as table:
        for line in table.read().splitlines()[1:]:
            source, names = line.split("\t")
            found[source] = [os.path.join(CORPUS, "admx", name) for name in names.split()]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--keep", help="leave the reports in this folder")
    parser.add_argument("--details", type=int, default=0, help="print so many differences of each section")
    arguments = parser.parse_args()
    if not os.path.isdir(CORPUS) or not os.path.isfile(TOOL):
        print("skipped: no corpus at %s (set OPENGPMC_SHARED to the folder that holds it)" % CORPUS)
        return 0
    failed = 0
    for name, options, ignore, threshold in RUNS:
        with tempfile.TemporaryDirectory() as temporary:
            out = os.path.join(arguments.keep, name.split()[0]) if arguments.keep else temporary
            report_all(arguments.program, out, options)
            compare = [sys.executable, TOOL, "--all", out, os.path.join(CORPUS, "backups"), "--profile", "backup"]
            compare += ignore + ["--min", str(threshold), "--details", str(arguments.details)]
            print("\n=== %s: at least %s %%" % (name, threshold), flush=True)
            result = subprocess.run(compare, capture_output=True, text=True)
            classify = [sys.executable, os.path.join(os.path.dirname(__file__), "classify.py"), out]
            classified = subprocess.run(classify + ignore + ["--max-ours", str(MOST_OURS)], capture_output=True, text=True)
            table = result.stdout.split("\n\n", 1)[-1]
            print(table, result.stderr, flush=True)
            print(classified.stdout, classified.stderr, flush=True)
            if result.returncode or classified.returncode:
                failed += 1
                print("FAILED: below %s %%, or more than %s %% of ours" % (threshold, MOST_OURS))
    print("%d passed, %d failed" % (len(RUNS) - failed, failed))
    return 1 if failed else 0


def report_all(program, out, options):
    """Report all backups, each source with its templates; exit code 3 says that parts of the data could not be read."""
    by_source = stores()
    backups = os.path.join(CORPUS, "backups")
    for source in sorted(os.listdir(backups)):
        templates = by_source.get(source, by_source.get("*", []))
        command = [program, "backup", "report", os.path.join(backups, source), "--all", "--format", "xml"]
        for folder in templates:
            command += ["--admx", folder]
        command += ["--output-dir", os.path.join(out, source)] + options
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode not in (0, 3):
            sys.exit("%s: exit code %s\n%s" % (" ".join(command), result.returncode, result.stderr))


if __name__ == "__main__":
    sys.exit(main())
