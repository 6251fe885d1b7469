#!/usr/bin/env python3
"""What the services of examples/ need, and what confining them costs.

    tests/bench/services.py [--build build/dev] [--rounds 7] [--user NAME]
                            [NAME...]

As root. For each service, at the level that suits it and a stricter one, prints
a row of the table in docs/services.md:

- the system calls it makes, of those its level allows: counted by strace inside
  the sandbox, while a real client uses the service;
- the calls that it tried and was denied without a message (`quiet`), by name;
- the denials that were reported: `denied_calls` of the status;
- the time until it answers, or, for a program that ends, its whole run: the
  median, sandboxed and native. The two run in turn, because machines are noisy.

It never fails for being slow; it fails where a service does not work. It uses
the examples' own ports, which have to be free: run it in a network of its own,

    unshare -n sh -c 'ip link set lo up; tests/bench/services.py'
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from common import PROGRAMS, account

ROOT = pathlib.Path(__file__).resolve().parents[2]
PG = "/usr/lib/postgresql/15/bin/"
HTTP = b"GET / HTTP/1.0\r\n\r\n"


class Service:
    """A folder of examples/. `inside` is where its files are in the sandbox,
    for the native twin; `answers` is how to see that it is ready (port, what to
    say, what comes back), nothing for a program that ends; `client` uses it."""

    def __init__(self, folder, levels, inside, answers=None, client=(),
                 stop=signal.SIGTERM, name=None):
        self.folder, self.levels, self.inside = folder, levels, inside
        self.answers, self.client, self.stop = answers, client, stop
        self.file = f"{name or folder}.yaml"


PSQL = ["psql", "-h", "127.0.0.1", "-U", "postgres", "-v", "ON_ERROR_STOP=1",
        "-qAtc"]
REDIS = ["redis-cli", "-a", "change-me", "--no-auth-warning"]
SERVICES = {
    "PostgreSQL": Service(
        "postgresql", ["critical", "internal"],
        {"/etc/postgresql": ".", "/data": "data", "/run/postgresql": "run"},
        (5432, None, None),
        [PSQL + ["CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t SELECT "
                 "generate_series(1, 20000); ANALYZE t; SELECT count(*) FROM t;"
                 "CHECKPOINT"]], signal.SIGINT),
    "Redis": Service(
        "redis", ["internal", "public"],
        {"/etc/redis": ".", "/data": "data"},
        (6379, b"PING\r\n", b"-NOAUTH"),
        [REDIS + ["SET", "a", "b"], REDIS + ["GET", "a"], REDIS + ["BGSAVE"],
         ["sleep", "0.3"]]),
    "nginx": Service(
        "storefront", ["internal", "public"],
        {"/etc/storefront": "conf", "/srv/www": "www",
         "/var/lib/nginx": "lib", "/tmp": "tmp"},
        (8080, HTTP, b" 200 "), [["curl", "-sS", "http://127.0.0.1:8080/"]],
        signal.SIGQUIT),
    "Caddy": Service(
        "caddy", ["internal", "public"],
        {"/etc/caddy": ".", "/srv/www": "www"},
        (8081, HTTP, b" 200 "), [["curl", "-sS", "http://127.0.0.1:8081/"]]),
    "Java": Service("java", ["public", "untrusted"],
                    {"/srv/app": ".", "/work/out": "out"}),
    "Node": Service("node", ["public", "untrusted"],
                    {"/srv/app": ".", "/work/out": "out"}),
    "Python": Service("python", ["public", "untrusted"],
                      {"/work/out": "out", "/work": "."}),
    "shell pipeline": Service("pipeline", ["internal", "untrusted"],
                              {"/work/out": "out", "/work": "."}),
}


class Bench:
    """One user, one folder, one installation."""

    def __init__(self, folder, user, build):
        self.folder, self.user = folder, user
        for program in PROGRAMS:
            shutil.copy2(build / "bin" / program, folder)
        self.ringfence = str(folder / "ringfence")

    def options(self):
        return {"cwd": self.folder, "user": self.user.pw_uid,
                "group": self.user.pw_gid, "extra_groups": [],
                "env": {"PATH": "/usr/bin:/bin:/usr/sbin",
                        "HOME": self.user.pw_dir, "PGPASSWORD": "secret",
                        "RINGFENCE_PROFILES": str(ROOT / "profiles")}}

    def own(self, path):
        subprocess.run(["chown", "-R", f"{self.user.pw_uid}:"
                        f"{self.user.pw_gid}", path], check=True)

    def copy(self, service, level):
        """A copy of the example at `level`; its workload file."""
        copy = self.folder / service.folder
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(ROOT / "examples" / service.folder, copy)
        for file in copy.glob("*.yaml"):
            file.write_text(re.sub(r"\ntrust: [a-z]+\n",
                                   f"\ntrust: {level}\n", file.read_text()))
        if service.folder == "postgresql":
            (copy / "password").write_text("secret\n")
        self.own(copy)
        if service.folder == "postgresql":
            self.finish([self.ringfence, "run", str(copy / "initdb.yaml")])
        return copy / service.file

    def native(self, service):
        """The same files and the same command, for the host; the command."""
        copy = self.folder / (service.folder + "-native")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(ROOT / "examples" / service.folder, copy)
        for file in copy.rglob("*"):
            if file.is_file() and file.suffix != ".yaml":
                file.write_text(self.moved(service, copy, file.read_text()))
        for there in service.inside.values():
            (copy / there).mkdir(exist_ok=True, mode=0o700)
        self.own(copy)
        if service.folder == "postgresql":
            self.finish([PG + "initdb", "-D", str(copy / "data"), "-U",
                         "postgres", "-A", "trust"])
            hba = copy / "pg_hba.conf"
            hba.write_text("local all all trust\nhost all all all trust\n")
        text = subprocess.run(
            [self.ringfence, "compile", "--emit", "confinement",
             self.folder / service.folder / service.file], check=True,
            capture_output=True, text=True, **self.options()).stdout
        return [self.moved(service, copy, word)
                for word in json.loads(text)["command"]]

    @staticmethod
    def moved(service, copy, text):
        for inside, there in service.inside.items():
            text = re.sub(rf"(?<![\w/.]){inside}(?=[/\s\"';)]|$)",
                          str((copy / there).resolve()), text)
        return text

    def finish(self, command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, **self.options())
        if done.returncode != 0:
            sys.exit(f"{command} failed with {done.returncode}:\n"
                     f"{done.stdout}{done.stderr}")
        return done

    def start(self, command, service, **more):
        """A run until it answers, or ends; the process, and milliseconds."""
        begin = time.perf_counter()
        log = tempfile.TemporaryFile(dir=self.folder)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            **{**self.options(), **more})
        if service.answers is None:
            process.wait()
        while process.poll() is None and not self.ready(service):
            if time.perf_counter() - begin > 120:
                process.kill()
                break
            time.sleep(0.001)
        elapsed = (time.perf_counter() - begin) * 1000
        if process.poll() not in (None, 0):
            log.seek(0)
            sys.exit(f"{command} failed with {process.poll()}:\n"
                     f"{log.read().decode(errors='replace')}")
        return process, elapsed

    def ready(self, service):
        port, say, wanted = service.answers
        if say is None:
            return subprocess.run(["pg_isready", "-qh", "127.0.0.1", "-p",
                                   str(port)], check=False).returncode == 0
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as peer:
                peer.settimeout(1)
                peer.sendall(say)
                return wanted in peer.recv(4096)
        except OSError:
            return False

    def end(self, process, service, send):
        if process.poll() is None:
            send(service.stop)
        if process.wait(timeout=60) != 0:
            sys.exit(f"{service.folder} ended with {process.returncode}")

    def timed(self, command, service):
        # The sandbox's scratch space is new each time.
        out = self.folder / (service.folder + "-native") / "out"
        if out.exists():
            shutil.rmtree(out)
            out.mkdir(mode=0o700)
            self.own(out)
        process, elapsed = self.start(command, service)
        # The supervisor's own stop is SIGTERM; it sends the workload's.
        is_ours = command[0] == self.ringfence
        self.end(process, service,
                 lambda stop: process.send_signal(signal.SIGTERM if is_ours
                                                  else stop))
        return elapsed

    def allowed(self, file):
        """The calls that the filter of `file` allows always, and on a
        condition."""
        text = self.finish([self.ringfence, "explain", str(file)]).stdout
        sets = []
        for head in ("always allowed", "allowed on a condition"):
            block = re.search(rf"\n  {head}: \d+\n((?:    .*\n)+)",
                              text).group(1)
            if head == "always allowed":
                sets.append(set(block.split()))
            else:
                sets.append({line.split()[0] for line in block.splitlines()})
        return sets

    def traced(self, file, service):
        """The calls made inside, those denied in silence, denied_calls."""
        trace, status = self.folder / "trace", self.folder / "status"
        strace = ["strace", "-f", "-qq", "-u", self.user.pw_name, "-o",
                  str(trace), self.ringfence, "run", "--status-file",
                  str(status), str(file)]
        process, _ = self.start(strace, service, user=None, group=None,
                                extra_groups=None)
        if service.answers is not None:
            for command in service.client:
                self.finish(command)
            self.finish([self.ringfence, "stop",
                         re.search(r"\nname: (\S+)", file.read_text())[1]])
        if process.wait(timeout=60) != 0:
            sys.exit(f"{file} ended with {process.returncode} under strace")
        program = json.loads(self.finish(
            [self.ringfence, "compile", "--emit", "confinement",
             str(file)]).stdout)["command"][0]
        made, denied = self.read(trace, program, *self.allowed(file))
        ended = json.loads(status.read_text().splitlines()[-1])
        return made, denied, ended["denied_calls"]

    @staticmethod
    def read(trace, program, always, conditional):
        """The workload's part of a trace: the process that executes `program`
        from there on, and all that come after it."""
        others, inside, made, denied = set(), set(), set(), set()
        # A call begins in one line and may end in another.
        begins = re.compile(r"(\d+) +(\w+)\(")
        ends = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed).* = -1 "
                          r"(EPERM|ENOSYS) ")
        for line in trace.read_text(errors="replace").splitlines():
            pid = line.split(maxsplit=1)[0]
            if not inside and f'execve("{program}"' in line:
                inside.add(pid)
            elif inside and pid not in inside and pid not in others:
                inside.add(pid)
            elif pid not in inside:
                others.add(pid)
            if pid not in inside:
                continue
            if begin := begins.match(line):
                made.add(begin[2])
            end = ends.match(line)
            if end and (end[2] not in always or end[2] in conditional):
                denied.add(f"{end[2]} ({end[3]})")
        return made & (always | conditional), denied


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=ROOT / "build/dev",
                        type=pathlib.Path)
    parser.add_argument("--rounds", default=7, type=int)
    parser.add_argument("--user", default="rftest")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="of: " + ", ".join(SERVICES))
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("run it as root: strace has to follow into the sandbox")

    user = account(options.user)
    print("| service | level | calls used of those allowed | denied, quietly | "
          "denials reported | start or run, ms | native, ms |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=user.pw_dir) as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        os.chown(folder, user.pw_uid, user.pw_gid)
        bench = Bench(folder, user, options.build.resolve())
        for name in options.names or SERVICES:
            service = SERVICES[name]
            for level in service.levels:
                file = bench.copy(service, level)
                native = bench.native(service)
                made, denied, reported = bench.traced(file, service)
                always, conditional = bench.allowed(file)
                ours, theirs = [], []
                run = [bench.ringfence, "run", str(file)]
                for turn in range(options.rounds):
                    # Who goes first alternates.
                    for is_ours in (turn % 2 == 0, turn % 2 != 0):
                        (ours if is_ours else theirs).append(
                            bench.timed(run if is_ours else native, service))
                print(f"| {name} | {level} | {len(made)} of "
                      f"{len(always | conditional)} | "
                      f"{', '.join(sorted(denied)) or 'none'} | "
                      f"{reported or 'none'} | {statistics.median(ours):.0f} | "
                      f"{statistics.median(theirs):.0f} |", flush=True)


if __name__ == "__main__":
    main()
