#!/usr/bin/env python3
"""How long a launch takes, beside bubblewrap.

    tests/bench/launch.py [--build build/dev] [--pairs 100] [--user NAME]

`ringfence run BUNDLE` of /usr/bin/true at level `public`, with all its layers,
against bubblewrap's comparable launch (read-only /usr, proc, dev, tmp, all
namespaces, user namespaces disabled; it has no seccomp and no Landlock there).
The two run in turn, because these machines are noisy: the figure is the median
of the ratios of pairs. It never fails for being slow; it is a benchmark.

As root it runs everything as NAME, which is made if there is none, and with a
tmpfs at /run/user/UID, as a login makes it and a machine without logins has not;
--disk leaves it as it is.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from common import PROGRAMS, account

ROOT = pathlib.Path(__file__).resolve().parents[2]
BWRAP = ["bwrap", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
         "--symlink", "usr/sbin", "/sbin", "--symlink", "usr/lib", "/lib",
         "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev",
         "/dev", "--tmpfs", "/tmp", "--unshare-user", "--unshare-all",
         "--disable-userns", "--die-with-parent", "/usr/bin/true"]
WORKLOAD = """kind: Workload
name: bench
trust: public
command: [/usr/bin/true]
"""


def run(command, user):
    """One launch; its wall-clock time in milliseconds."""
    identity = {}
    if os.geteuid() == 0:
        identity = {"user": user.pw_uid, "group": user.pw_gid,
                    "extra_groups": []}
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=user.pw_dir, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          env={"PATH": "/usr/bin:/bin"}, **identity)
    elapsed = (time.perf_counter() - begin) * 1000
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}:\n"
                 f"{done.stderr.decode(errors='replace')}")
    return elapsed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=ROOT / "build/dev",
                        type=pathlib.Path)
    parser.add_argument("--pairs", default=100, type=int)
    parser.add_argument("--user", default="rftest")
    parser.add_argument("--disk", action="store_true")
    options = parser.parse_args()

    user = account(options.user)
    if os.geteuid() == 0 and not options.disk:
        # In a mount namespace that ends with this process.
        if os.environ.get("RINGFENCE_BENCH") != "apart":
            os.environ["RINGFENCE_BENCH"] = "apart"
            os.execvp("unshare", ["unshare", "--mount", sys.executable,
                                  *sys.argv])
        subprocess.run(["mount", "-t", "tmpfs", "-o",
                        f"mode=0700,uid={user.pw_uid},gid={user.pw_gid}",
                        "tmpfs", f"/run/user/{user.pw_uid}"], check=True)
    with tempfile.TemporaryDirectory(dir=user.pw_dir) as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        for program in PROGRAMS:
            shutil.copy2(options.build.resolve() / "bin" / program, folder)
            subprocess.run(["strip", folder / program], check=True)
        (folder / "bench.yaml").write_text(WORKLOAD)
        ringfence = str(folder / "ringfence")
        subprocess.run([ringfence, "compile", folder / "bench.yaml", "-o",
                        folder, "--profiles", ROOT / "profiles"], check=True)
        ours_command = [ringfence, "run", str(folder / "bench.rfb")]

        for _ in range(5):
            run(ours_command, user)
            run(BWRAP, user)
        ours, theirs = [], []
        for pair in range(options.pairs):
            # Who goes first alternates.
            if pair % 2 == 0:
                ours.append(run(ours_command, user))
                theirs.append(run(BWRAP, user))
            else:
                theirs.append(run(BWRAP, user))
                ours.append(run(ours_command, user))
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    print(f"ringfence run: median {statistics.median(ours):.2f} ms, "
          f"best {min(ours):.2f} ms")
    print(f"bubblewrap:    median {statistics.median(theirs):.2f} ms, "
          f"best {min(theirs):.2f} ms")
    print(f"ratio of pairs: median {ratio:.2f} ({options.pairs} pairs)")


if __name__ == "__main__":
    main()
