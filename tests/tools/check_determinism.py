#!/usr/bin/env python3
"""The same input gives the same bytes, wherever and whenever it is compiled.

    tests/tools/check_determinism.py BUILD

Compiles every profile and every example workload with BUILD's ringfence-policy
in two environments that differ in folder, locale, time zone, home, umask,
standard streams, environment size and address layout, and compares every byte
of the output. The last line is `N passed, M failed`.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Two machines, as far as one machine can play them.
ENVIRONMENTS = [
    {"folder": "a", "umask": 0o022, "prefix": [],
     "environment": {"LC_ALL": "C", "TZ": "UTC", "HOME": "/root"}},
    {"folder": "another/much longer folder", "umask": 0o077,
     "prefix": ["setarch", "--addr-no-randomize"],
     "environment": {"LC_ALL": "C.UTF-8", "LANGUAGE": "de",
                     "TZ": "Pacific/Kiritimati", "HOME": "/nonexistent",
                     "SOURCE_DATE_EPOCH": "1", "PADDING": "x" * 5000}},
]


def inputs():
    """(folder that is copied, file in it)"""
    for file in sorted((ROOT / "profiles").glob("*.yaml")):
        yield ROOT / "profiles", file.name
    examples = ROOT / "examples"
    for file in sorted(examples.rglob("*.yaml")):
        if "kind: Workload" in file.read_text():
            yield examples, str(file.relative_to(examples))


def compile_once(policy, folder, name, where, scratch):
    """{file name: bytes} of one compilation, or what it said."""
    work = scratch / where["folder"]
    source, output = work / "in", work / "out"
    shutil.copytree(folder, source)
    run = subprocess.run(
        [*where["prefix"], policy, "compile", name, "-o", output,
         "--profiles", ROOT / "profiles"],
        cwd=source, env=where["environment"], umask=where["umask"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode != 0:
        return f"exit code {run.returncode}: {run.stderr}"
    return {str(file.relative_to(output)): file.read_bytes()
            for file in sorted(output.rglob("*")) if file.is_file()}


def fault(policy, folder, name):
    """What is wrong with the compilations of this input, or None."""
    with tempfile.TemporaryDirectory() as scratch:
        first, second = (
            compile_once(policy, folder, name, where, pathlib.Path(scratch))
            for where in ENVIRONMENTS)
    for result in (first, second):
        if isinstance(result, str):
            return result
    if not first:
        return "nothing was written"
    if first.keys() != second.keys():
        return f"{sorted(first)} and {sorted(second)} were written"
    different = [name for name in first if first[name] != second[name]]
    return f"{', '.join(different)} differ" if different else None


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    found = [path for path in build.rglob("ringfence-policy")
             if path.is_file() and os.access(path, os.X_OK)]
    if len(found) != 1:
        sys.exit(f"there is no ringfence-policy in {build}")
    passed = failed = 0
    for folder, name in inputs():
        wrong = fault(found[0], folder, name)
        passed += wrong is None
        failed += wrong is not None
        print(f"{folder.name}/{name}: {wrong or 'the same bytes'}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
