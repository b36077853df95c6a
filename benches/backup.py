#!/usr/bin/env python3
"""Times backup and restore of every GPO of the lab's domain beside samba-tool and smbclient, whole processes, in one run.

    tests/lab/samba.sh up && tests/lab/samba.sh seed 1000
    cargo build --release
    tests/lab/samba.sh run benches/backup.py [RUNS [SAMPLE]]

samba-tool backs up and restores one GPO in a call: it is timed for SAMPLE of them (20), and the time for all is that many times as long.
smbclient copies the same tree of files and nothing else. All bind with the same account and password. Restores of samba-tool make new GPOs,
which are deleted again, outside of the time that is taken.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HOST = os.environ["OPENGPMC_LAB_HOST"]
USER = os.environ["OPENGPMC_LAB_USER"]
PASSWORD = os.environ["OPENGPMC_LAB_PASSWORD"]
DOMAIN = os.environ["OPENGPMC_LAB_DOMAIN"]
NETBIOS = os.environ["OPENGPMC_LAB_NETBIOS"]
PROGRAM = os.environ.get("OPENGPMC_PROGRAM", os.path.join(os.path.dirname(__file__), "..", "target", "release", "opengpmc"))

OURS = [PROGRAM, "--connect", "ldap://" + HOST, "--user", "%s@%s" % (USER, DOMAIN), "--password-stdin"]
SAMBA = ["-H", "ldap://" + HOST, "-U", NETBIOS + "\\" + USER, "--use-kerberos=off", "--password=" + PASSWORD]


def run(command, password=None, may_fail=False):
    """Runs a command once: wall seconds, peak MiB, standard output."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        if password is not None:
            process.stdin.write(password.encode() + b"\n")
        process.stdin.close()
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0 and not may_fail:
            errors.seek(0)
            sys.exit("%s failed: %s" % (" ".join(command), errors.read().decode(errors="replace")[-2000:]))
    return wall, usage.ru_maxrss / 1024, output.decode(errors="replace")


def samba_backup(guid, folder):
    return run(["samba-tool", "gpo", "backup", guid, "--tmpdir=" + folder] + SAMBA)


def samba_restore(name, guid, folder):
    source = os.path.join(folder, "policy", guid)
    scratch = tempfile.mkdtemp()
    measured = run(["samba-tool", "gpo", "restore", name, source, "--tmpdir=" + scratch] + SAMBA)
    shutil.rmtree(scratch, ignore_errors=True)
    made = re.search(r"\{[0-9A-Fa-f-]{36}\}", measured[2])
    if made:
        run(["samba-tool", "gpo", "del", made.group(0)] + SAMBA)
    return measured


def tell(name, seconds, peak, base=None):
    median = statistics.median(seconds)
    ratio = "" if base is None else "   %.1f times as fast" % (base / median)
    print("%-44s %8.2f s (%.2f to %.2f)  %6.1f MiB%s" % (name, median, min(seconds), max(seconds), peak, ratio), flush=True)
    return median


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    sample = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    _, _, listed = run(OURS + ["gpo", "list", "--long"], PASSWORD)
    guids = re.findall(r"^GPO: +(\{.*\})", listed, re.M)
    chosen = guids[:: max(1, len(guids) // sample)][:sample]
    work = tempfile.mkdtemp(prefix="opengpmc-bench-")
    ours_backup, ours_restore, copies, peaks = [], [], [], [0, 0, 0]
    samba_backups, samba_restores, samba_peaks = [], [], [0, 0]
    for turn in range(runs):
        root = os.path.join(work, "sets%d" % turn)
        os.mkdir(root)
        wall, peak, _ = run(OURS + ["gpo", "backup", "--all", "--output-dir", root], PASSWORD)
        ours_backup.append(wall)
        peaks[0] = max(peaks[0], peak)
        tree = os.path.join(work, "tree%d" % turn)
        os.mkdir(tree)
        command = "lcd %s; cd %s\\Policies; recurse ON; prompt OFF; mget *" % (tree, DOMAIN)
        wall, peak, _ = run(["smbclient", "//%s/sysvol" % HOST, "-U", "%s\\%s%%%s" % (NETBIOS, USER, PASSWORD), "-c", command])
        copies.append(wall)
        peaks[1] = max(peaks[1], peak)
        wall, peak, _ = run(OURS + ["gpo", "restore", root, "--all"], PASSWORD, may_fail=False)
        ours_restore.append(wall)
        peaks[2] = max(peaks[2], peak)
    folder = os.path.join(work, "samba")
    os.mkdir(folder)
    for number, guid in enumerate(chosen):
        wall, peak, _ = samba_backup(guid, folder)
        samba_backups.append(wall)
        samba_peaks[0] = max(samba_peaks[0], peak)
        wall, peak, _ = samba_restore("bench %d" % number, guid, folder)
        samba_restores.append(wall)
        samba_peaks[1] = max(samba_peaks[1], peak)
    count = len(guids)
    print("%d GPOs; samba-tool timed for %d of them" % (count, len(chosen)))
    all_backups = statistics.median(samba_backups) * count
    all_restores = statistics.median(samba_restores) * count
    tell("samba-tool gpo backup, one", samba_backups, samba_peaks[0])
    print("%-44s %8.2f s" % ("samba-tool gpo backup, all of them", all_backups))
    base_copy = tell("smbclient, recursive copy of the files", copies, peaks[1])
    tell("opengpmc gpo backup --all", ours_backup, peaks[0], all_backups)
    print("%-44s %8.2f" % ("  beside smbclient", statistics.median(ours_backup) / base_copy))
    tell("samba-tool gpo restore, one", samba_restores, samba_peaks[1])
    print("%-44s %8.2f s" % ("samba-tool gpo restore, all of them", all_restores))
    tell("opengpmc gpo restore --all", ours_restore, peaks[2], all_restores)
    shutil.rmtree(work, ignore_errors=True)


main()
