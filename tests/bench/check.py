#!/usr/bin/env python3
"""Measures `ringfence check` on many workloads, and on one.

    tests/bench/check.py [--workloads 1000] [--runs 7] [--build build/dev]

The workloads are spread over the four shipped levels; every tenth denies a
group of its own, so that its policy is not its level's. Medians, and the least
of each: where the two processor times differ, other work had the processors.
"""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
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


# What no file that asks Z3 anything can do without: its library and a context,
# whose tables it fills. Prints the milliseconds of processor time.
LOAD_Z3 = """
import ctypes, time
start = time.process_time()
z3 = ctypes.CDLL("libz3.so.4")
z3.Z3_mk_config.restype = z3.Z3_mk_context.restype = ctypes.c_void_p
assert z3.Z3_mk_context(ctypes.c_void_p(z3.Z3_mk_config()))
print((time.process_time() - start) * 1000)
"""


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
    return walls, cpus


def load_z3(runs):
    return [float(subprocess.run([sys.executable, "-c", LOAD_Z3], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout)
            for _ in range(runs)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workloads", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--build", default="build/dev")
    options = parser.parse_args()
    ringfence = os.path.abspath(options.build + "/bin/ringfence")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.workloads):
            path = pathlib.Path(folder) / f"w{number:05}.yaml"
            path.write_text(workload(number))
        one = str(pathlib.Path(folder) / "w00003.yaml")
        for name, command in (
                (f"check, {options.workloads} workloads",
                 [ringfence, "check", folder]),
                ("check, one workload", [ringfence, "check", one])):
            walls, cpus = measure(command, options.runs)
            print(f"{name}: {statistics.median(walls) * 1000:.0f} ms, of a "
                  f"processor {statistics.median(cpus) * 1000:.0f} ms; least "
                  f"{min(walls) * 1000:.0f} and {min(cpus) * 1000:.0f} ms",
                  flush=True)
    loads = load_z3(options.runs)
    print(f"of these, loading Z3: of a processor "
          f"{statistics.median(loads):.0f} ms; least {min(loads):.0f} ms")


if __name__ == "__main__":
    main()
