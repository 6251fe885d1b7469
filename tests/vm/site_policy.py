#!/usr/bin/env python3
"""Links the module of the shipped levels to Debian's SELinux policy.

    tests/vm/site_policy.py BUILD

No machine is booted: `ringfence compile --selinux-policy` asks libsepol, with
each rule that keeps levels apart held against every rule of the policy. The
controls are policies that leave something out or break such a rule. The last
line is `N passed, M failed`.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import prepare

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SITE = ROOT / "build/vm/debian.cil"
LEVEL = ROOT / "profiles/untrusted.yaml"
# Where the profile of a level says that the level is.
PUBLIC = r"error: \S*public\.yaml:\d+: libsepol rejects"

# (what it shows, statements that the site has, exit code, what is said)
CASES = [
    ("the levels fit Debian's policy", "", 0, ""),
    ("a name that the site has already is an error at the level's line",
     "(type ringfence_public_t)", 3, PUBLIC),
    ("a rule of the site for every process that opens a way out is an error",
     "(allow domain domain (process (ptrace)))", 3,
     "error: .*neverallow check failed"),
    ("a rule of the site that lets one level read another is an error at the "
     "level's line",
     "(optional way (allow ringfence_public_t ringfence_untrusted_data_t "
     "(file (read))))", 3, PUBLIC + ".*neverallow check failed"),
    ("what a policy has to have is an error where it lacks it",
     None, 3, "error: .*Failed to resolve"),
]


def check(build, statements, code, said):
    site = SITE.read_text()
    if statements is None:
        site = site.replace("(typeattribute entry_type)", "", 1)
    with tempfile.TemporaryDirectory() as folder:
        policy = pathlib.Path(folder) / "site.cil"
        policy.write_text(site + (statements or "") + "\n")
        done = subprocess.run(
            [build / "bin/ringfence", "compile", LEVEL, "-o",
             policy.with_name("out"), "--selinux-policy", policy],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    good = done.returncode == code and re.search(said, done.stdout, re.DOTALL)
    return bool(good), done


def main():
    prepare.make_machine()
    build = pathlib.Path(sys.argv[1]).resolve()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda case: check(build, *case[1:]), CASES))
    failed = 0
    for (name, *_), (good, done) in zip(CASES, results):
        failed += not good
        print(f"{'passed' if good else 'failed'}: {name}")
        if not good:
            print(f"    exit code {done.returncode}: {done.stdout[-2000:]}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
