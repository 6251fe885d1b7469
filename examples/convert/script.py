"""Works with what a sandbox gives: threads, a subprocess, scratch space."""

import hashlib
import pathlib
import subprocess
import threading

OUT = pathlib.Path("/work/out")


def digest(part: int) -> None:
    data = bytes([part]) * 1_000_000
    OUT.joinpath(f"part-{part}").write_text(hashlib.sha256(data).hexdigest())


threads = [threading.Thread(target=digest, args=(part,)) for part in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

listing = subprocess.run(["/usr/bin/ls", OUT], capture_output=True, text=True,
                         check=True)
print("converted:", " ".join(listing.stdout.split()))
