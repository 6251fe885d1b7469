#!/usr/bin/env python3
"""Attacks the kernel from a sandbox, beside a service of the same level.

    tests/soak/soak.py --build build/dev --user USER --seconds 3600

Needs root, stress-ng and trinity (Debian packages). Two workloads of the level
`untrusted` run as USER: one makes stress-ng's seccomp, userns, pidfd, mount and
sysinval stressors and trinity take turns; the other one is Redis, which is
asked each second, through a socket in its data folder, for the value that it
was given a second before. What the hostile one kills of itself is started
again.

Holds if every answer was right, Redis and its supervisor are the processes
that they were, the kernel was not tainted and logged no fault of its own, and
nothing is left afterwards. The last line is the result; exit code 0 or 1.
"""

import argparse
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAMS = ["ringfence", "ringfence-cli", "ringfence-policy", "ringfence-prove",
            "ringfence-launch", "ringfence-relay"]
ROOT = pathlib.Path(__file__).resolve().parents[2]

CANARY = """kind: Workload
name: canary
trust: untrusted
command: [/usr/bin/redis-server, --port, "0", --unixsocket, /data/socket,
          --unixsocketperm, "777", --dir, /data, --save, "1 1"]
filesystem:
  write: [{host: ./data, at: /data}]
"""

# Each round ends; a program that hangs is killed.
HOSTILE = """kind: Workload
name: hostile
trust: untrusted
command:
  - /bin/sh
  - -c
  - |
    cd /tmp
    while :; do
      timeout -s KILL 60 stress-ng -q --temp-path /tmp --timeout 20 \\
        --seccomp 1 --userns 1 --pidfd 1 --mount 1 --sysinval 1 </dev/null
      echo "round stress-ng $?"
      timeout -s KILL 60 trinity -q -C 2 -N 200000 -l off </dev/null >/dev/null
      echo "round trinity $?"
      rm -rf /tmp/*
    done
environment: {TERM: dumb}
"""

# What a kernel says of itself, and not of a program.
FAULT = re.compile(r"BUG:|WARNING:|Oops|general protection|KASAN|UBSAN|"
                   r"RCU.*stall|soft lockup|hung_task|refcount_t|panic", re.I)


def kernel_log():
    return subprocess.run(["dmesg"], capture_output=True,
                          text=True).stdout.splitlines()


def tainted():
    return int(pathlib.Path("/proc/sys/kernel/tainted").read_text())


def processes_of(uid):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                found.append(int(entry.name))
        except FileNotFoundError:
            pass
    return found


class Redis:
    """A client that gives up after five seconds."""

    def __init__(self, path):
        self.path = path

    def ask(self, *words):
        with socket.socket(socket.AF_UNIX) as stream:
            stream.settimeout(5)
            stream.connect(str(self.path))
            text = f"*{len(words)}\r\n" + "".join(
                f"${len(word)}\r\n{word}\r\n" for word in words)
            stream.sendall(text.encode())
            return stream.recv(4096).decode()


class Soak:
    def __init__(self, options):
        self.user = pwd.getpwnam(options.user)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="soak-",
                                                  dir=self.user.pw_dir))
        (self.home / "bin").mkdir()
        for program in PROGRAMS:
            shutil.copy(options.build / "bin" / program, self.home / "bin")
        shutil.copytree(ROOT / "profiles",
                        self.home / "share/ringfence/profiles")
        (self.home / "data").mkdir()
        runtime = pathlib.Path(f"/run/user/{self.user.pw_uid}")
        runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chown(runtime, self.user.pw_uid, self.user.pw_gid)
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        (self.home / "canary.yaml").write_text(CANARY)
        (self.home / "hostile.yaml").write_text(HOSTILE)

    def run(self, name, before=()):
        # Its output goes to a file of ours, so that nobody has to read it.
        return subprocess.Popen(
            [*before, self.home / "bin/ringfence", "run", "--status-file",
             self.home / f"{name}.json", self.home / f"{name}.yaml"],
            user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[],
            cwd=self.home, stdin=subprocess.DEVNULL,
            stdout=open(self.home / f"{name}.out", "ab"),
            stderr=subprocess.STDOUT, start_new_session=True,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home)})

    def rounds(self):
        said = (self.home / "hostile.out").read_text(errors="replace")
        return {name: len(re.findall(rf"^round {name} ", said, re.M))
                for name in ("stress-ng", "trinity")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--seconds", type=int, default=3600)
    options = parser.parse_args()
    soak = Soak(options)
    log, taint = kernel_log(), tainted()

    canary = soak.run("canary")
    redis = Redis(soak.home / "data/socket")
    for _ in range(200):
        if (soak.home / "data/socket").exists():
            break
        time.sleep(0.1)
    first = re.search(r"run_id:(\w+)", redis.ask("INFO", "server")).group(1)
    hostile = soak.run("hostile", ["chrt", "--idle", "0", "nice", "-n", "19"])
    starts, right, wrong, slowest = 1, 0, [], 0.0
    end = time.monotonic() + options.seconds
    redis.ask("SET", "turn", "0")
    turn = 0
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            was = redis.ask("GET", "turn")
            redis.ask("SET", "turn", str(turn + 1))
            good = was == f"${len(str(turn))}\r\n{turn}\r\n"
        except OSError as error:
            was, good = repr(error), False
        turn += 1
        slowest = max(slowest, time.monotonic() - begun)
        right += good
        if not good:
            wrong.append((turn, was))
        if hostile.poll() is not None:
            hostile = soak.run("hostile",
                               ["chrt", "--idle", "0", "nice", "-n", "19"])
            starts += 1
        time.sleep(max(0.0, begun + 1 - time.monotonic()))
    try:
        same = f"run_id:{first}" in redis.ask("INFO", "server")
    except OSError:
        same = False
    alive = canary.poll() is None and hostile.poll() is None
    for process in (hostile, canary):
        process.send_signal(signal.SIGTERM)
    ends = [process.wait(60) for process in (hostile, canary)]
    left = processes_of(soak.user.pw_uid)
    faults = [line for line in kernel_log()
              if line not in log and FAULT.search(line)]
    last = (soak.home / "hostile.json").read_text().splitlines()[-1]
    denied = json.loads(last).get("denied", {})
    print(f"hostile: {soak.rounds()}, started {starts} times, "
          f"{sum(denied.values())} denied calls of the last one")
    print(f"canary: {right} of {turn} answers right, slowest "
          f"{slowest * 1000:.0f} ms, wrong: {wrong[:5]}")
    print(f"same Redis: {same}, both ran at the end: {alive}, "
          f"exit codes {ends}, left: {left}, kernel: {faults}, "
          f"tainted {taint} -> {tainted()}")
    held = (right == turn and turn > 0 and same and canary.returncode == 0 and
            not left and not faults and tainted() == taint and
            min(soak.rounds().values()) > 0)
    shutil.rmtree(soak.home)
    print("holds" if held else "DOES NOT HOLD")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
