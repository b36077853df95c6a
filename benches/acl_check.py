#!/usr/bin/env python3
"""Times `opengpmc acl check` beside `samba-tool gpo aclcheck` on the lab's domain, whole processes, in one run.

    tests/lab/samba.sh up && tests/lab/samba.sh seed 1000
    cargo build --release
    tests/lab/samba.sh run benches/acl_check.py [RUNS]

samba-tool stops at the first GPO whose access list is not the one that its own version makes, so all lists are made anew by `samba-tool ntacl
sysvolreset` first, outside of the time that is taken; the exit codes are told, so that a run that stopped early is seen. Both bind with the same
account and password, and take turns.
"""
import os
import statistics
import subprocess
import sys
import time

HOST = os.environ["OPENGPMC_LAB_HOST"]
USER = os.environ["OPENGPMC_LAB_USER"]
PASSWORD = os.environ["OPENGPMC_LAB_PASSWORD"]
DOMAIN = os.environ["OPENGPMC_LAB_DOMAIN"]
NETBIOS = os.environ["OPENGPMC_LAB_NETBIOS"]
PROGRAM = os.environ.get("OPENGPMC_PROGRAM", os.path.join(os.path.dirname(__file__), "..", "target", "release", "opengpmc"))

OURS = [PROGRAM, "--connect", "ldap://" + HOST, "--user", "%s@%s" % (USER, DOMAIN), "--password-stdin"]
COMMANDS = {
    "samba-tool gpo aclcheck": (["samba-tool", "gpo", "aclcheck", "-H", "ldap://" + HOST, "-U", NETBIOS + "\\" + USER, "--use-kerberos=off",
                                 "--password=" + PASSWORD], None),
    "opengpmc acl check": (OURS + ["acl", "check"], PASSWORD),
}


def run(command, password):
    """Runs a command once: wall seconds, peak MiB, exit code, what it printed last."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if password is not None:
        process.stdin.write(password.encode() + b"\n")
    process.stdin.close()
    output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_maxrss / 1024, process.returncode, output


def reset():
    """Gives every folder the access list that Samba's own check expects."""
    configuration = os.path.join(os.path.dirname(os.environ["OPENGPMC_LAB_ENV"]), "dc1", "etc", "smb.conf")
    subprocess.run(["samba-tool", "ntacl", "sysvolreset", "-s", configuration], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    reset()
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    results = {name: [] for name in COMMANDS}
    for turn in range(runs + 1):
        for name, (command, password) in COMMANDS.items():
            result = run(command, password)
            if turn > 0:  # the first turn warms the caches
                results[name].append(result)
    base = None
    for name, measured in results.items():
        walls = [wall for wall, _, _, _ in measured]
        median = statistics.median(walls)
        base = median if base is None else base
        _, _, code, output = measured[-1]
        last = output.strip().splitlines()[-1] if output.strip() else ""
        print("%-26s %8.0f ms (%.0f to %.0f)  %.1f times as fast  %5.1f MiB  exit %d, %d lines, last: %s"
              % (name, median * 1000, min(walls) * 1000, max(walls) * 1000, base / median, max(peak for _, peak, _, _ in measured), code,
                 output.count("\n"), last[:110]))


main()
