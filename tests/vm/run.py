#!/usr/bin/env python3
"""Boots virtual machines whose kernels enforce what this one's may not.

    tests/vm/run.py [--build BUILD] [--only REGEX] [--self-test] [BOOT...]

BOOT is apparmor, selinux, systemd or nolandlock; default: all. Each boots
Debian's stock kernel once, two at a time, and runs the cases of its folders in
tests/vm/cases, one after the other. A case that does not report is a failed one.
The console and the output of each case are kept in build/vm/runs/BOOT. With
--self-test each boot also runs with its policy sabotaged, and no case may pass
there. The last line is `N passed, M failed`.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / "build" / "vm"
# Where the cases of each boot lie.
FOLDERS = {"apparmor": ("every", "labelled", "apparmor"),
           "selinux": ("every", "labelled", "selinux"),
           "systemd": ("every", "systemd"),
           "nolandlock": ("nolandlock",)}
BOOTS = list(FOLDERS)
# A guest runs ten times slower than its host, whose cores others may use.
TIMEOUT_S = 1500
CONSOLE_LINES = 30
# A guest is one thread of its host, and slows others down where it shares a
# core with them.
AT_ONCE = 2


def case_names(boot, only=""):
    """The cases of a boot, in the order in which the guest runs them."""
    names = []
    for folder in FOLDERS[boot]:
        for file in sorted((HERE / "cases" / folder).glob("*.sh")):
            names += re.findall(r"^case_([A-Za-z0-9_]+)\(\)",
                                file.read_text(), re.MULTILINE)
    return [name for name in names if re.search(only, name)]


def judge(expected, results):
    """({name: seconds} of those that passed, the names that did not)."""
    passed, failed = {}, set()
    for line in results.splitlines():
        word = line.split()
        if len(word) == 3 and word[0] == "passed" and word[1] in expected:
            passed[word[1]] = float(word[2])
        elif len(word) > 1:
            failed.add(word[1])
    failed |= set(expected) - set(passed)
    return {n: s for n, s in passed.items() if n not in failed}, sorted(failed)


def kernel_arguments(boot, sabotage):
    # Without panic=-1 a guest that panics would wait for its timeout.
    words = ["console=ttyS0", "panic=-1", "quiet", "mitigations=off",
             # The emulator translates code anew at each new address: with
             # them random every exec costs three times as much.
             "norandmaps", "init_on_alloc=0",
             # Else whoever undoes a mount or a namespace waits for a tick.
             "rcupdate.rcu_expedited=1",
             f"vm.boot={boot}", f"vm.sabotage={int(sabotage)}"]
    if boot == "selinux":
        words += ["security=selinux", "selinux=1", "enforcing=0"]
    else:
        words += ["security=apparmor", "apparmor=1"]
    if boot == "systemd" and sabotage:
        words += ["cgroup_disable=pids,memory,cpu"]
    # Debian leaves Landlock out of its default list of modules.
    landlock = "" if boot == "nolandlock" else "landlock,"
    major = "selinux" if boot == "selinux" else "apparmor"
    words += [f"lsm={landlock}lockdown,yama,integrity,{major},bpf"]
    return " ".join(words)


def share(tag, path, *options):
    fields = ["local", f"id={tag}", f"path={path}", "security_model=none",
              *options]
    return ["-fsdev", ",".join(fields),
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def qemu(boot, sabotage, out):
    # Emulated, always: a stock kernel hangs in some of the nested virtual
    # machines that offer /dev/kvm, and -M microvm at random.
    return ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-M", "q35",
            # Without fast strings the kernel clears memory by words: emulated,
            # five times faster than by bytes.
            "-cpu", "max,la57=off,-erms,-fsrm", "-smp", "1", "-m", "1536",
            "-nodefaults", "-no-user-config", "-nographic", "-serial", "stdio", "-no-reboot",
            "-kernel", CACHE / "vmlinux", "-initrd", CACHE / "initrd.cpio",
            "-append", kernel_arguments(boot, sabotage),
            *share("host", "/", "readonly=on", "multidevs=remap"),
            *share("layer", CACHE / "layer", "readonly=on"),
            *share("tree", CACHE / "tree", "readonly=on"),
            *share("out", out)]


def run_boot(boot, build, only, sabotage=False):
    """(names and seconds that passed, names that failed), and says which."""
    out = CACHE / "runs" / (boot + ("-sabotaged" if sabotage else ""))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for folder in ("guest", "cases", "policy"):
        shutil.copytree(HERE / folder, out / folder)
    (out / "guest/init").chmod(0o755)
    (out / "only").write_text(only or ".")
    (out / "folders").write_text(" ".join(FOLDERS[boot]))
    (out / "checkout").write_text(str(ROOT))
    (out / "build").write_text(str(build))
    for file in ("policy.selinux", "policy.levels", "policy.debian",
                 "base.cil", "levels.cil"):
        shutil.copyfile(CACHE / file, out / file)
    start = time.monotonic()
    with open(out / "console", "wb") as console:
        try:
            subprocess.run(qemu(boot, sabotage, out), timeout=TIMEOUT_S,
                           stdin=subprocess.DEVNULL, stdout=console,
                           stderr=subprocess.STDOUT, check=False)
        except subprocess.TimeoutExpired:
            print(f"{boot}: switched off after {TIMEOUT_S} s")
    results = out / "results"
    passed, failed = judge(case_names(boot, only),
                           results.read_text() if results.exists() else "")
    if not (out / "finished").exists():
        print(f"{boot}: the guest did not finish; the end of its console:")
        text = (out / "console").read_text(errors="replace")
        print("\n".join(text.splitlines()[-CONSOLE_LINES:]))
    print(f"{boot}{' (sabotaged)' if sabotage else ''}: {len(passed)} of "
          f"{len(passed) + len(failed)} cases passed in "
          f"{time.monotonic() - start:.0f} s")
    return passed, failed, out


def show_failed(boot, failed, out):
    for name in failed:
        print(f"failed: vm.{boot}.{name}")
        output = out / "output" / name
        if output.exists():
            text = output.read_text(errors="replace")
            print("\n".join(f"    {line}" for line in text.splitlines()[-60:]))


def report(boot, passed, failed, out):
    """How many tests passed, how many failed; says which."""
    for name, seconds in passed.items():
        print(f"passed: vm.{boot}.{name} ({seconds} s)")
    show_failed(boot, failed, out)
    return len(passed), len(failed)


def report_sabotaged(boot, passed, failed, out):
    """One test: the whole of a sabotaged boot is red."""
    for name in passed:
        print(f"failed: vm.{boot}.{name} passed without its layer")
    red = (out / "finished").exists() and failed and not passed
    if red:
        print(f"passed: vm.{boot} is red when it is sabotaged")
    return (1, 0) if red else (0, 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=ROOT / "build/dev",
                        type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("boots", nargs="*", default=[], metavar="BOOT")
    options = parser.parse_args()
    boots = options.boots or BOOTS
    if unknown := set(boots) - set(BOOTS):
        parser.error(f"no such boot: {', '.join(sorted(unknown))}")
    subprocess.run([sys.executable, HERE / "prepare.py", options.build],
                   check=True)
    # In the order of BOOTS, the longest first, so that none is left for last.
    runs = [(boot, False) for boot in BOOTS if boot in boots]
    if options.self_test:
        runs += [(boot, True) for boot, _ in runs]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(
            lambda run: run_boot(run[0], options.build.resolve(), options.only,
                                 sabotage=run[1]), runs))
    counts = [(report_sabotaged if sabotaged else report)(boot, *result)
              for (boot, sabotaged), result in zip(runs, results)]
    passed_count = sum(passed for passed, _ in counts)
    failed_count = sum(failed for _, failed in counts)
    print(f"{passed_count} passed, {failed_count} failed")
    return 1 if failed_count or not passed_count else 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
