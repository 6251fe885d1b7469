"""What the benchmarks share: the programs of an installation, and a user."""

import os
import pathlib
import pwd
import subprocess

PROGRAMS = ["ringfence", "ringfence-cli", "ringfence-policy",
            "ringfence-prove", "ringfence-launch", "ringfence-relay"]


def account(name):
    """The user to run as; as root it is made."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["useradd", "--create-home", name], check=True)
        user = pwd.getpwnam(name)
    runtime = pathlib.Path(f"/run/user/{user.pw_uid}")
    runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chown(runtime, user.pw_uid, user.pw_gid)
    return user
