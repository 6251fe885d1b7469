#!/usr/bin/env python3
"""Runs clang-tidy-19 over src/ and remembers which files were clean.

    tests/tools/tidy.py --build build/tidy [--jobs N] [FOLDER...]

--build needs a compile_commands.json made with clang++-19 (preset `tidy`).
Without FOLDER every folder of src/ is checked. A file whose preprocessed text,
comments included, and whose configuration were clean before is not checked
again; the memory is BUILD/clean. The last line is `N passed, M failed`.
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import shlex
import subprocess
import sys

import check_deps

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIDY = "clang-tidy-19"


def config_of(folder, trusted):
    """What differs from .clang-tidy in this folder; its comments say why."""
    lines = ["InheritParentConfig: true"]
    if folder == "sys":
        lines.append("Checks: '-cppcoreguidelines-pro-type-const-cast'")
    if trusted:
        lines.append("CheckOptions: {readability-function-cognitive-complexity"
                     ".Threshold: 20}")
    return "{" + ", ".join(lines) + "}"


def digest_of(entry, config):
    """The digest of everything that clang-tidy will see for this file."""
    command = shlex.split(entry["command"])
    if "-o" in command:
        at = command.index("-o")
        del command[at:at + 2]
    text = subprocess.run(command + ["-E", "-CC", "-w"],
                          cwd=entry["directory"], capture_output=True,
                          check=True).stdout
    seen = hashlib.sha256(text)
    seen.update((ROOT / ".clang-tidy").read_bytes())
    seen.update(config.encode())
    return seen.hexdigest()


def check(entry, config, clean):
    """None when the file is clean, else what clang-tidy said."""
    try:
        mark = clean / digest_of(entry, config)
    except subprocess.CalledProcessError as error:
        return error.stderr.decode(errors="replace")
    if mark.exists():
        return None
    run = subprocess.run(
        [TIDY, "-p", entry["build"], "--quiet", f"--config={config}",
         entry["file"]], capture_output=True, text=True)
    if run.returncode == 0:
        mark.touch()
        return None
    return run.stdout + "\n".join(
        line for line in run.stderr.splitlines()
        if not line.endswith(("warnings generated.", "treated as errors")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("folder", nargs="*")
    options = parser.parse_args()
    database = options.build / "compile_commands.json"
    if not database.exists():
        sys.exit(f"tidy: {database} is missing: run cmake --preset tidy")
    clean = options.build / "clean"
    clean.mkdir(exist_ok=True)

    graph = check_deps.read_graph(ROOT / "src/deps.txt")
    work = []
    for entry in json.loads(database.read_text()):
        file = pathlib.Path(entry["file"])
        if not file.is_relative_to(ROOT / "src"):
            continue
        folder = file.relative_to(ROOT / "src").parts[0]
        if options.folder and folder not in options.folder:
            continue
        trusted = folder in graph and graph[folder].trusted
        entry["build"] = str(options.build)
        work.append((entry, config_of(folder, trusted)))
    # A file of several targets is the same file.
    work = list({entry["file"]: (entry, config)
                 for entry, config in work}.values())
    if not work:
        sys.exit("tidy: nothing to check")

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(check, entry, config, clean): entry["file"]
                for entry, config in work}
        done = concurrent.futures.as_completed(jobs)
        for count, job in enumerate(done, start=1):
            name = pathlib.Path(jobs[job]).relative_to(ROOT)
            finding = job.result()
            failed += finding is not None
            print(f"[{count}/{len(work)}] {name}: "
                  f"{'clean' if finding is None else 'findings'}", flush=True)
            if finding is not None:
                print(finding, flush=True)
    print(f"{len(work) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
