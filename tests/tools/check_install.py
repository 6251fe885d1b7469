#!/usr/bin/env python3
"""Checks what `cmake --install` put below PREFIX.

    tests/tools/check_install.py DESTDIR/usr/local

Every program is there, runs from there, and is hardened (elf.py); no file is
writable for others or set-id; every profile and man page is there. The last
line is `N passed, M failed`.
"""

import pathlib
import re
import stat
import subprocess
import sys

import elf

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The commands that show that each program of the installation finds the next.
COMMANDS = [["--version"], ["run", "--help"], ["compile", "--help"]]
# program -> must it be static?
PROGRAMS = {
    "bin/ringfence": True,
    "lib/ringfence/ringfence-attacker": True,
    "lib/ringfence/ringfence-cli": False,
    "lib/ringfence/ringfence-policy": False,
    "lib/ringfence/ringfence-prove": False,
    "lib/ringfence/ringfence-launch": True,
    "lib/ringfence/ringfence-relay": True,
    "lib/ringfence/ringfence-scope": False,
}


def version():
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"project\(ringfence VERSION ([0-9.]+)", text).group(1)


def expected():
    """The files that must be installed besides the programs."""
    for profile in sorted((ROOT / "profiles").rglob("*.yaml")):
        yield "share/ringfence/profiles/" + str(
            profile.relative_to(ROOT / "profiles"))
    for page in sorted((ROOT / "docs/man").iterdir()):
        yield f"share/man/man{page.suffix[1:]}/{page.name}"


def run_fault(prefix, command):
    program = prefix / "bin/ringfence"
    if not program.is_file():
        return "is not installed"
    run = subprocess.run([program, *command], capture_output=True, text=True,
                         env={}, cwd="/", timeout=30)
    wanted = version() if command == ["--version"] else command[0]
    if run.returncode == 0 and wanted in run.stdout:
        return None
    return (f"exit code {run.returncode}, no {wanted} in {run.stdout!r}, "
            f"but {run.stderr!r}")


def check(prefix):
    """Yields (what was checked, its fault or None)."""
    for name, static in PROGRAMS.items():
        program = prefix / name
        if not program.is_file():
            yield name, "is not installed"
            continue
        found = list(elf.faults(program, static))
        yield name, "; ".join(found) or None
    for command in COMMANDS:
        yield " ".join(["ringfence", *command]), run_fault(prefix, command)
    for name in expected():
        there = (prefix / name).is_file()
        yield name, None if there else "is not installed"
    for file in sorted(prefix.rglob("*")):
        name = str(file.relative_to(prefix))
        if file.is_symlink():
            continue
        mode = file.stat().st_mode
        if mode & (stat.S_IWOTH | stat.S_ISUID | stat.S_ISGID):
            yield name, f"has mode {stat.filemode(mode)}"
        if file.is_file() and elf.is_elf(file) and name not in PROGRAMS:
            yield name, "is a program that check_install.py does not know"


def main():
    passed = failed = 0
    for name, fault in check(pathlib.Path(sys.argv[1])):
        passed += fault is None
        failed += fault is not None
        print(f"{name}: {fault or 'as it should be'}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
