#!/usr/bin/env python3
"""Checks admission.pml with spin(1), and that its broken variants are caught.

    tests/model/check_model.py [--variant NAME]

Exhaustive, no hashing. Prints the states of each search. Exit code 0: the
protocol holds, and every broken variant was refuted by a counterexample.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

MODEL = pathlib.Path(__file__).resolve().parent / "admission.pml"
BROKEN = ["RELEASED_AT_LOCK_LOSS", "NO_PIDFD_WAIT", "RELEASED_BEFORE_RECORD",
          "CLASS_NOT_WRITTEN"]


def search(folder, defines, claim):
    """(how many errors pan found, how many states it stored)."""
    options = ["-DCOLLAPSE", "-O2"]
    options += ["-DNOCLAIM", "-DSAFETY"] if claim is None else ["-DNFAIR=3"]
    run = dict(cwd=folder, check=True, capture_output=True, text=True)
    subprocess.run(["spin", *[f"-D{name}" for name in defines], "-a",
                    str(MODEL)], **run)
    subprocess.run(["gcc", *options, "-w", "-o", "pan", "pan.c"], **run)
    # -n: unreached code is listed for no one; -m: deep enough to be complete.
    arguments = ["./pan", "-n", "-m1000000"]
    arguments += [] if claim is None else ["-a", "-f", "-N", claim]
    out = subprocess.run(arguments, **run).stdout
    if "max search depth too small" in out or "Search not completed" in out:
        # An error ends a search early; without one it must be complete.
        if "errors: 0" in out:
            raise SystemExit(f"the search is not complete:\n{out}")
    errors = int(re.search(r"errors: (\d+)", out).group(1))
    states = re.search(r"([\d.e+]+) states, stored", out).group(1)
    return errors, int(float(states))


def main():
    failed = False
    searches = [([], None, 0)]
    # Fairness multiplies the states: one kill here, two everywhere else.
    searches += [(["KILLS=1"], "progress", 0)]
    searches += [([name], None, 1) for name in BROKEN]
    searches += [(["KILLS=1", "NEVER_DEAD"], "progress", 1)]
    for defines, claim, expected in searches:
        with tempfile.TemporaryDirectory() as folder:
            errors, states = search(folder, defines, claim)
        name = "+".join(defines) or "the protocol"
        what = claim or "no two incompatible workloads, no deadlock"
        verdict = "holds" if errors == 0 else "refuted"
        right = (errors > 0) == bool(expected)
        failed |= not right
        print(f"{'ok  ' if right else 'FAIL'} {name}: {what}: {verdict}, "
              f"{states} states", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
