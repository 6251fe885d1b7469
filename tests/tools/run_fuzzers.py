#!/usr/bin/env python3
"""Runs every fuzzer of a build for a while.

    tests/tools/run_fuzzers.py --build build/fuzz --seconds 30 [--jobs 2]

New inputs are kept in BUILD/corpus, so the next run starts where this one
stopped; an input that fails is BUILD/failed/FUZZER-*, and belongs into
tests/fuzz/corpus once its bug is fixed. The last line is `N passed, M failed`.
"""

import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys

FUZZ = pathlib.Path(__file__).resolve().parents[1] / "fuzz"


def run(program, build, seconds):
    """(did it hold, the end of what it printed)"""
    name = program.name.removesuffix("_fuzz")
    found = build / "corpus" / name
    failed = build / "failed"
    found.mkdir(parents=True, exist_ok=True)
    failed.mkdir(exist_ok=True)
    words = FUZZ / f"{name}.dict"
    command = [program, f"-max_total_time={seconds}", "-seed=1", "-timeout=20",
               "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0",
               f"-artifact_prefix={failed}/{name}-",
               *([f"-dict={words}"] if words.exists() else []),
               found, FUZZ / "corpus" / name]
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=seconds + 300)
    text = done.stdout.decode(errors="replace")
    ran = re.search(r"number_of_executed_units: (\d+)", text)
    # A fuzzer that ran nothing has proved nothing.
    good = done.returncode == 0 and ran and int(ran.group(1)) > 0
    return good, f"{ran.group(1)} inputs" if good else text[-6000:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    programs = sorted((options.build / "tests/fuzz").glob("*_fuzz"))
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(run, program, options.build, options.seconds):
                program.name for program in programs}
        for job in concurrent.futures.as_completed(jobs):
            good, text = job.result()
            passed += good
            failed += not good
            print(f"{jobs[job]}: {text}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
