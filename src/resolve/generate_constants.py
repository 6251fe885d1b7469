#!/usr/bin/env python3
"""Writes constants.inc from the C headers of x86_64 and aarch64.

  generate_constants.py /usr/aarch64-linux-gnu/include > constants.inc

Needs clang-19 and the packages linux-libc-dev, libc6-dev,
linux-libc-dev-arm64-cross and libc6-dev-arm64-cross. A name is taken if it has
one of the prefixes below and is an integer constant on x86_64; it is dropped
if aarch64 gives it another value, because a profile is one text for both.
"""
import re
import subprocess
import sys

HEADERS = """
asm/prctl.h errno.h fcntl.h linux/bpf.h linux/fs.h linux/futex.h
linux/io_uring.h linux/kcmp.h linux/kd.h linux/keyctl.h linux/landlock.h
linux/loop.h linux/membarrier.h linux/memfd.h linux/mempolicy.h linux/mman.h
linux/mount.h linux/netlink.h linux/openat2.h linux/perf_event.h
linux/personality.h linux/pidfd.h linux/prctl.h linux/quota.h linux/random.h
linux/reboot.h linux/sched.h linux/seccomp.h linux/sockios.h linux/stat.h
linux/tiocl.h linux/userfaultfd.h linux/vt.h linux/wait.h netinet/in.h
netinet/tcp.h netinet/udp.h sched.h signal.h sys/epoll.h sys/eventfd.h
sys/file.h sys/inotify.h sys/ioctl.h sys/ipc.h sys/mman.h sys/mount.h
sys/msg.h sys/personality.h sys/prctl.h sys/ptrace.h sys/random.h
sys/resource.h sys/sem.h sys/shm.h sys/signalfd.h sys/socket.h sys/stat.h
sys/time.h sys/timerfd.h sys/wait.h sys/xattr.h time.h unistd.h
""".split()

PREFIXES = """
ADDR_ AF_ ARCH_ AT_ BPF_ CLOCK_ CLONE_ CLOSE_RANGE_ EFD_ EPOLL_ FALLOC_FL_
FD_CLOEXEC FIO FSCONFIG_ FSMOUNT_ FSOPEN_ FSPICK_ FS_IOC_ FUTEX_ F_ GRND_
IORING_ IPC_ IPPROTO_ IPV6_ IP_ ITIMER_ KCMP_ KDSETMODE KDSK KDGK KEYCTL_
KEY_SPEC_ LANDLOCK_ LINUX_REBOOT_ LOCK_ LOOP_ MADV_ MAP_ MCL_ MEMBARRIER_ MFD_
MLOCK_ MNT_ MOUNT_ATTR_ MOVE_MOUNT_ MPOL_ MREMAP_ MSG_ MS_ NETLINK_
OPEN_TREE_ O_ PERF_FLAG_ PER_ PF_ PIDFD_ PKEY_ POSIX_FADV_ PRIO_ PROT_ PR_
PTRACE_ P_ALL P_PGID P_PID QFMT_ Q_ RENAME_ RESOLVE_ RLIMIT_ RLIM_INFINITY
RUSAGE_ RWF_ SCHED_ SECCOMP_ SEEK_ SEM_ SHM_ SHORT_INODE SHUT_ SIG SIOC SOCK_
SOL_ SO_ SPLICE_F_ STATX_ STICKY_TIMEOUTS SYNC_FILE_RANGE_ S_I TC TCP_ TFD_
TIMER_ABSTIME TIOC UDP_ UFFDIO_ UFFD_ UMOUNT_ UNAME26 USER_MODE_ VT_
WHOLE_SECONDS WCONTINUED WEXITED WNOHANG WNOTHREAD WNOWAIT WSTOPPED WUNTRACED
XATTR_ READ_IMPLIES_EXEC MMAP_PAGE_ZERO FDPIC_FUNCPTRS __WALL __WCLONE
""".split()
WANTED = re.compile(r"\b(?:" + "|".join(PREFIXES) + r")[A-Z0-9_a-z]*\b")
# Not vocabulary of calls: sizes of C types, internals of headers, and all of
# bpf(2) but its commands.
UNWANTED = re.compile(r".*(_MAX|_MIN|_H|_LAST|_WIDTH|_SIZE|_NSIG)$|"
                      r"(SIGSTKSZ|MINSIGSTKSZ|.*__.*)(?<!__WALL)(?<!__WCLONE)$|"
                      r"BPF_(?!MAP_|PROG_|OBJ_|BTF_|LINK_|TASK_FD_QUERY|RAW_|"
                      r"ENABLE_STATS|ITER_CREATE)|BPF_(MAP|PROG|LINK)_TYPE_")


def clang(target, include, arguments, text):
    command = ["clang-19", f"--target={target}", "-x", "c", "-D_GNU_SOURCE",
               "-w", "-fno-caret-diagnostics", "-ferror-limit=0"]
    if include:
        command += ["-nostdlibinc", "-isystem", include]
    return subprocess.run([*command, *arguments, "-"], input=text, text=True,
                          capture_output=True, check=False)


def values(target, include, header, wanted):
    """Name -> value of the integer constants of one header."""
    start = ("#include <stddef.h>\n#include <stdint.h>\n"
             "#include <sys/types.h>\n"
             f"#include <{header}>\n")
    macros = clang(target, include, ["-E", "-dD"], start)
    if macros.returncode:
        assert include, macros.stderr  # aarch64 has no asm/prctl.h
        return {}
    names = sorted(name for name in set(wanted.findall(macros.stdout))
                   if not UNWANTED.match(name))
    while names:
        # One name a line, so that a compiler error names the line to drop.
        first = start.count("\n") + 2
        text = start + "void f(void) {\n" + "".join(
            f'__asm__("@{name} %c0" :: "i"((long long)({name})));\n'
            for name in names) + "}\n"
        result = clang(target, include, ["-S", "-O1", "-fno-integrated-as",
                                         "-o", "-"], text)
        if result.returncode == 0:
            return {name: int(value) % 2**64 for name, value in
                    re.findall(r"@(\w+) (-?\d+)", result.stdout)}
        bad = {int(line) - first for line in
               re.findall(r"^<stdin>:(\d+):\d+: error", result.stderr, re.M)}
        assert bad, result.stderr
        names = [name for at, name in enumerate(names) if at not in bad]
    return {}


def collect(target, include, wanted):
    found = {}
    for header in HEADERS:
        for name, value in values(target, include, header, wanted).items():
            # The C library says 0 for O_LARGEFILE, which only 32-bit programs
            # need; the kernel has a bit for it. Such a name says nothing.
            known = found.setdefault(name, value)
            if known is not None and known != value:
                print(f"{target}: {name} differs: {known} {value} in {header}",
                      file=sys.stderr)
                found[name] = None
    return {name: value for name, value in found.items() if value is not None}


def main():
    arm = ("aarch64-linux-gnu", sys.argv[1])
    x86 = ("x86_64-linux-gnu", "")
    here, there = collect(*x86, WANTED), collect(*arm, WANTED)
    for name in sorted(here):
        if name in there and here[name] != there[name]:
            print(f"dropped: {name} {here[name]:#x} {there[name]:#x}",
                  file=sys.stderr)
    errno = re.compile(r"^#define (E[A-Z0-9]+)\b", re.M)
    errors = values(*x86, "errno.h", errno)
    assert errors == values(*arm, "errno.h", errno)

    print("// Generated by generate_constants.py from the C headers. Included by\n"
          "// constants.cc only.\n")
    print("constexpr Constant kConstants[] = {")
    for name, value in sorted(here.items()):
        if there.get(name, value) == value:
            print(f'    {{"{name}", {value:#x}}},')
    print("};\n\nconstexpr Constant kErrors[] = {")
    # Aliases last: the first name of a number is the one that is printed.
    aliases = ("EWOULDBLOCK", "EDEADLOCK", "ENOTSUP")
    for name, value in sorted(errors.items(),
                              key=lambda item: (item[0] in aliases, item[1])):
        print(f'    {{"{name}", {value}}},')
    print("};")


main()
