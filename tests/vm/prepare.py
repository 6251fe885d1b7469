#!/usr/bin/env python3
"""Makes what the virtual machines boot from.

    tests/vm/prepare.py BUILD

Below build/vm: `vmlinux`, `initrd.cpio`, and `layer` (packages that only the
guest needs) are kept until a version changes, the policies of SELinux until one
of their modules does; `tree`, an installation of BUILD and what it compiles to,
is made each time; `debian.cil` is the policy of Debian's package
selinux-policy-default, and kept like the layer. Nothing is installed on this
machine: packages are downloaded by apt-get and unpacked.
"""

import bz2
import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / "build" / "vm"

# In the order in which insmod wants them; fscache is a part of netfs in later
# kernels, and absent there.
MODULES = ["virtio_ring", "virtio", "virtio_pci_legacy_dev",
           "virtio_pci_modern_dev", "virtio_pci", "netfs", "fscache", "9pnet",
           "9pnet_virtio", "9p", "overlay"]
# For cases that need a disk, which load them and run a program from there.
DISK_MODULES = ["loop", "crc32c_generic", "crc16", "mbcache", "jbd2", "ext4"]
FOR_CASES = "usr/lib/ringfence-tests"
APPLETS = ["sh", "mount", "insmod", "mkdir", "cat", "echo", "switch_root"]
# What the guest needs and this machine need not have. Not installed here:
# a security module's tools or a second init are nothing to bring along.
GUEST_PACKAGES = ["apparmor", "libapparmor1", "secilc", "selinux-utils",
                  "policycoreutils", "libselinux1", "libsepol2",
                  "libsemanage2", "libsemanage-common", "libcap-ng0",
                  "libaudit1", "systemd", "libsystemd-shared",
                  "libpam-systemd", "dbus", "dbus-bin", "dbus-daemon",
                  "dbus-session-bus-common", "dbus-system-bus-common",
                  "dbus-user-session"]
# Debian's SELinux policy: a site's, which our module has to fit.
SITE_POLICY = "selinux-policy-default"


def output(*command, **options):
    return subprocess.run([*map(str, command)], check=True, text=True,
                          stdout=subprocess.PIPE, **options).stdout


def update_lists():
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*sudo, "apt-get", "-qq", "update"], check=True)


def kernel_package():
    """linux-image-amd64 is an empty package that depends on the real one."""
    for attempt in range(2):
        found = re.search(r"Depends: (linux-image-[0-9]\S*)", subprocess.run(
            ["apt-cache", "depends", "linux-image-amd64"],
            stdout=subprocess.PIPE, text=True).stdout)
        if found:
            return found[1]
        if attempt == 0:
            update_lists()
    sys.exit("apt has no package linux-image-amd64")


def versions(packages):
    """A line for each, with what apt would install."""
    found = dict(re.findall(r"^(\S+):\n(?:  .*\n)*?  Candidate: (\S+)",
                            output("apt-cache", "policy", *packages),
                            re.MULTILINE))
    return "".join(f"{name} {found.get(name, 'none')}\n" for name in packages)


def installed(package):
    status = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", package],
        capture_output=True, text=True).stdout
    return status.startswith("ii")


def download(packages, folder):
    """Unpacks each package into folder/PACKAGE."""
    options = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    command = ["apt-get", "-qq", *options, "download", *packages]
    if subprocess.run(command, cwd=folder).returncode != 0:
        update_lists()  # the lists were older than the archive
        subprocess.run(command, check=True, cwd=folder)
    for package in packages:
        archive, = folder.glob(f"{package}_*.deb")
        output("dpkg-deb", "-x", archive, folder / package)


def uncompressed(bzimage):
    """The ELF kernel in a bzImage, which qemu starts at once (PVH).

    Documentation/arch/x86/boot.rst: setup_sects, payload_offset and
    payload_length. Unpacking it in the guest would take seconds, emulated.
    """
    sectors = bzimage[0x1F1]
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (sectors + 1) * 512 + offset
    # The last four bytes are the size of the unpacked kernel.
    return lzma.decompress(bzimage[start:start + length - 4])


def copy_modules(kernel, names, folder):
    """The names of their files, in that order."""
    files = [file for name in names
             for file in (kernel / "lib/modules").rglob(f"{name}.ko")]
    for file in files:
        shutil.copyfile(file, folder / file.name)
    return [file.name for file in files]


def make_initramfs(kernel, busybox, scratch):
    root = scratch / "initramfs"
    for folder in ("bin", "mod", "proc", "sys", "dev", "lower", "layer",
                   "tree", "rw", "new"):
        (root / folder).mkdir(parents=True)
    shutil.copy2(busybox, root / "bin/busybox")
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    order = copy_modules(kernel, MODULES, root / "mod")
    (root / "mod/order").write_text("\n".join(order) + "\n")
    shutil.copyfile(HERE / "guest/initramfs-init", root / "init")
    (root / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(root))
                      for path in sorted(root.rglob("*")))
    return subprocess.run([busybox, "cpio", "-o", "-H", "newc"], cwd=root,
                          input=names.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout


def make_layer(packages, scratch, layer):
    """A layer over this machine's root, where /lib is a link to usr/lib."""
    for package in packages:
        shutil.copytree(scratch / package, layer, symlinks=True,
                        dirs_exist_ok=True)
    for folder in ("bin", "sbin", "lib"):
        if (layer / folder).is_dir():
            shutil.copytree(layer / folder, layer / "usr" / folder,
                            symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(layer / folder)
    layer.mkdir(exist_ok=True)


def tool(name, path):
    """A program of this machine or of the layer, and what it runs with."""
    layer = CACHE / "layer"
    found = shutil.which(name, path=f"{os.environ['PATH']}:/{path}") or (
        layer / path / name)
    libraries = layer / "usr/lib/x86_64-linux-gnu"
    return found, {**os.environ, "LD_LIBRARY_PATH": str(libraries)}


def make_site_policy(package):
    """Every module of the package, as CIL, in one file."""
    convert, environment = tool("pp", "usr/libexec/selinux/hll")
    with open(CACHE / "debian.cil", "wb") as policy:
        for module in sorted(package.glob("usr/share/selinux/*/*.pp.bz2")):
            policy.write(subprocess.run(
                [convert], input=bz2.decompress(module.read_bytes()),
                stdout=subprocess.PIPE, check=True, env=environment).stdout)


def make_machine():
    kernel = kernel_package()
    missing = [name for name in GUEST_PACKAGES if not installed(name)]
    wanted = [kernel, "busybox-static", SITE_POLICY, *missing]
    stamp = versions(wanted)
    stamp += (HERE / "guest/initramfs-init").read_text()
    stamp += pathlib.Path(__file__).read_text()
    if (CACHE / "stamp").exists() and (CACHE / "stamp").read_text() == stamp:
        return
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        scratch = pathlib.Path(folder)
        download(wanted, scratch)
        image, = (scratch / kernel / "boot").glob("vmlinuz-*")
        (CACHE / "vmlinux").write_bytes(uncompressed(image.read_bytes()))
        (CACHE / "initrd.cpio").write_bytes(make_initramfs(
            scratch / kernel, scratch / "busybox-static/bin/busybox", scratch))
        make_layer(missing, scratch, CACHE / "layer")
        folder = CACHE / "layer" / FOR_CASES
        folder.mkdir(parents=True)
        copy_modules(scratch / kernel, DISK_MODULES, folder)
        shutil.copy2(scratch / "busybox-static/bin/busybox", folder)
        make_site_policy(scratch / SITE_POLICY)
    (CACHE / "stamp").write_text(stamp)


def make_tree(build):
    """As a layer: an installation of `build`, the examples, and what cases use
    of both compiled, which takes a guest ten times as long."""
    tree = CACHE / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["cmake", "--install", build], check=True,
                   env={**os.environ, "DESTDIR": str(tree)},
                   stdout=subprocess.DEVNULL)
    shared = tree / "usr/local/share/ringfence-tests"
    examples = shared / "examples"
    shutil.copytree(ROOT / "examples", examples)
    # Emulated, the compiler takes longer than the program.
    subprocess.run(["javac", examples / "java/Service.java"], check=True)
    levels = sorted((ROOT / "profiles").glob("*.yaml"))
    workloads = shared / "workloads"
    workloads.mkdir()
    for template in (HERE / "workloads").glob("*.yaml"):
        for level in levels:
            (workloads / f"{template.stem}-{level.stem}.yaml").write_text(
                template.read_text().replace("@LEVEL@", level.stem))
    for file in (*levels, *examples.glob("*/*.yaml"), *workloads.iterdir()):
        output(build / "bin/ringfence", "compile", file, "-o",
               shared / "compiled")


def write(file, text):
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def make_selinux_policies(build):
    """Our own small policy, without and with the module of the levels.

    No file has to be labelled beforehand. And Debian's policy with it.
    """
    sources = [CACHE / "base.cil", HERE / "policy/canary.cil"]
    write(sources[0], output(sys.executable, HERE / "policy/base.py"))
    levels = CACHE / "levels.cil"
    write(levels, output(build / "bin/ringfence", "compile",
                         ROOT / "profiles/untrusted.yaml", "--emit",
                         "selinux"))
    secilc, environment = tool("secilc", "usr/bin")
    for name, modules in (
            ("policy.selinux", sources),
            ("policy.levels", [*sources, levels]),
            ("policy.debian", [CACHE / "debian.cil", levels])):
        policy = CACHE / name
        changed = max(module.stat().st_mtime for module in modules)
        if not policy.exists() or policy.stat().st_mtime <= changed:
            output(secilc, "-c", "33", "-o", policy, "-f", "/dev/null",
                   *modules, env=environment)


def main():
    make_machine()
    build = pathlib.Path(sys.argv[1]).resolve()
    make_tree(build)
    make_selinux_policies(build)


if __name__ == "__main__":
    main()
