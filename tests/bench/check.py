#!/usr/bin/env python3
"""Measures `ringfence check` on many workloads, and on one.

    tests/bench/check.py [--workloads 1000] [--runs 7] [--build build/dev]

The workloads are spread over the four shipped levels; every tenth denies a
group of its own, so that its policy is not its level's. Medians.
"""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

LEVELS = ("critical", "internal", "public", "untrusted")


def workload(number):
    own = "seccomp: {deny: [\"@ipc\"]}\n" if number % 10 == 0 else ""
    return (f"kind: Workload\nname: w{number}\ntrust: {LEVELS[number % 4]}\n"
            f"command: [/usr/bin/true, \"{number}\"]\n"
            "filesystem:\n  read: [/usr/share/doc]\n"
            "  scratch: [{at: /tmp, size: 16Mi}]\n"
            f"limits: {{memory: 64Mi, processes: 32}}\n{own}")


def measure(command, runs):
    walls, cpus = [], []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        walls.append(time.monotonic() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime -
                    before.ru_utime - before.ru_stime)
    return statistics.median(walls), statistics.median(cpus)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workloads", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--build", default="build/dev")
    options = parser.parse_args()
    ringfence = os.path.abspath(options.build + "/bin/ringfence")
    # A process of the same program that does nothing.
    prove = os.path.abspath(options.build + "/bin/ringfence-prove")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.workloads):
            path = pathlib.Path(folder) / f"w{number:05}.yaml"
            path.write_text(workload(number))
        one = str(pathlib.Path(folder) / "w00003.yaml")
        for name, command in (
                (f"check, {options.workloads} workloads",
                 [ringfence, "check", folder]),
                ("check, one workload", [ringfence, "check", one]),
                ("the start of the program, with Z3",
                 [prove, "check", "--help"])):
            wall, cpu = measure(command, options.runs)
            print(f"{name}: {wall * 1000:.0f} ms, "
                  f"{cpu * 1000:.0f} ms of processor time")


if __name__ == "__main__":
    main()
