#!/usr/bin/env python3
"""Times `opengpmc gpo list` beside `samba-tool gpo listall` on the lab's domain, whole processes, in one run.

    tests/lab/samba.sh up && tests/lab/samba.sh seed 1000
    cargo build --release
    tests/lab/samba.sh run benches/listing.py [RUNS]

Prints for each command the median and the range of its wall time and its peak memory. Both bind with the same account and password; the
commands take turns, so that what else the machine does falls on both alike.
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
PROGRAM = os.environ.get("OPENGPMC_PROGRAM", os.path.join(os.path.dirname(__file__), "..", "target", "release", "opengpmc"))

ours = [PROGRAM, "--connect", "ldap://" + HOST, "--user", "%s@%s" % (USER, DOMAIN), "--password-stdin"]
COMMANDS = {
    "samba-tool gpo listall": (["samba-tool", "gpo", "listall", "-H", "ldap://" + HOST, "-U", os.environ["OPENGPMC_LAB_NETBIOS"] + "\\" + USER, "--use-kerberos=off",
                                "--password=" + PASSWORD], None),
    "opengpmc gpo list --long": (ours + ["gpo", "list", "--long"], PASSWORD),
    "opengpmc gpo list --details": (ours + ["gpo", "list", "--details"], PASSWORD),
    "opengpmc domain status --json": (ours + ["domain", "status", "--json"], PASSWORD),
}


def run(command, password):
    """Runs a command once: wall seconds, peak MiB, lines printed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if password is not None:
        process.stdin.write(password.encode() + b"\n")
    process.stdin.close()
    output = process.stdout.read()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit("%s failed: %s" % (" ".join(command[:1] + command[-2:]), errors.decode(errors="replace")))
    return wall, usage.ru_maxrss / 1024, output.count(b"\n")


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    results = {name: [] for name in COMMANDS}
    for turn in range(runs + 1):
        for name, (command, password) in COMMANDS.items():
            result = run(command, password)
            if turn > 0:  # the first turn warms the caches
                results[name].append(result)
    base_wall = base_memory = None
    for name, measured in results.items():
        walls = [wall for wall, _, _ in measured]
        memory = max(peak for _, peak, _ in measured)
        median = statistics.median(walls)
        if base_wall is None:
            base_wall, base_memory = median, memory
        print("%-30s %6.0f ms (%.0f to %.0f)  x%.2f   %5.1f MiB  x%.2f   %d lines"
              % (name, median * 1000, min(walls) * 1000, max(walls) * 1000, median / base_wall, memory, memory / base_memory, measured[0][2]))


main()
