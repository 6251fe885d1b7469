#!/usr/bin/env python3
"""Writes syscall_table.inc from a kernel source tree and syscall_history.tsv.

  generate_syscall_table.py /usr/src/linux-source-6.1 > syscall_table.inc

The tree is that of Debian's linux-source-6.1, unpacked. Numbers come from
arch/x86/entry/syscalls/syscall_64.tbl and, for aarch64, from
include/uapi/asm-generic/unistd.h run through the preprocessor; arguments from
the SYSCALL_DEFINEn prototypes, which say what the kernel keeps of each
register; versions, and all calls younger than the tree, from the history.
"""
import collections
import pathlib
import re
import subprocess
import sys

HISTORY = pathlib.Path(__file__).with_name("syscall_history.tsv")
FOLDERS = ("kernel fs mm net ipc security io_uring block drivers arch/x86 "
           "arch/arm64").split()
AARCH64_BEGAN = (3, 7)

# The kernel's integer types by (bits that are read, signed).
TYPES = {
    (16, False): "umode_t",
    (32, True): "int,pid_t,key_t,key_serial_t,timer_t,clockid_t,mqd_t,s32,"
                "__s32,rwf_t",
    (32, False): "unsigned int,unsigned,uid_t,gid_t,qid_t,u32,__u32,"
                 "enum landlock_rule_type,uint32_t",
    (64, True): "long,loff_t,off_t",
    (64, False): "unsigned long,size_t,u64,__u64,aio_context_t",
}
WIDTHS = {name: width for width, names in TYPES.items()
          for name in names.split(",")}
POINTERS = {"cap_user_header_t", "cap_user_data_t", "__sighandler_t"}
# Where the man pages' name is plainer.
RENAMED = {"clone_flags": "flags", "unshare_flags": "flags"}
FLAGS = {"flags", "prot", "mode", "mask", "at_flags", "mmap_flags", "newflags",
         "event_f_flags", "flag", "ms_flags", "fs_flags", "attr_flags"}
DESCRIPTORS = {"fd", "dfd", "fildes", "epfd", "ufd", "upidfd", "pidfd",
               "from_dfd", "to_dfd", "olddfd", "newdfd", "oldfd", "newfd",
               "out_fd", "in_fd", "fd_in", "fd_out", "fdin", "fdout",
               "group_fd", "ruleset_fd", "fanotify_fd", "mountdirfd", "fs_fd",
               "kernel_fd", "initrd_fd", "mqdes", "uffd", "fd1", "fd2"}

# Numbers that are taken and answered ENOSYS by every kernel of the baseline:
# no entry point, sys_ni_syscall, or a COND_SYSCALL nobody implements any more.
UNIMPLEMENTED = {None, "ni_syscall", "lookup_dcookie"}

# clone has one prototype an architecture, chosen by the configuration:
# arm64 selects CLONE_BACKWARDS, x86_64 none of them.
CLONE = {"aarch64": 0, "x86_64": 3}


def split(text):
    return [" ".join(part.split()) for part in text.split(",")]


def defined(text):
    """SYSCALL_DEFINE's 'int, fd, void __user *, p' -> (type, name) pairs."""
    parts = split(text) if text else []
    return tuple(zip(parts[::2], parts[1::2], strict=True))


def declared(text):
    """The history's 'int fd, void __user *p' -> (type, name) pairs."""
    if text == "void":
        return ()
    found = (re.fullmatch(r"(.*[ *])(\w+)", part) for part in split(text))
    return tuple((match[1].strip(), match[2]) for match in found)


def prototypes(tree):
    """Entry point name -> list of distinct parameter tuples, in file order."""
    found = collections.defaultdict(list)
    define = re.compile(
        r"^(?:asmlinkage )?SYSCALL_DEFINE(\d)\(\s*(\w+)\s*(?:,([^)]*))?\)",
        re.M)
    for folder in FOLDERS:
        for path in sorted((tree / folder).rglob("*.c")):
            if "arch/x86/um" in str(path):
                continue
            text = path.read_text(errors="replace")
            if "SYSCALL_DEFINE" not in text:
                continue
            text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
            for count, name, rest in define.findall(text):
                value = defined(rest)
                assert len(value) == int(count), (path, name, value)
                if value not in found[name]:
                    found[name].append(value)
    return found


def x86_64(tree):
    """Number -> (name, entry point or None)."""
    calls = {}
    table = tree / "arch/x86/entry/syscalls/syscall_64.tbl"
    for line in table.read_text().splitlines():
        fields = line.split("#")[0].split()
        if fields and fields[1] in ("common", "64"):
            entry = fields[3].removeprefix("sys_") if fields[3:] else None
            calls[int(fields[0])] = (fields[2], entry)
    return calls


def aarch64(tree):
    probe = ("#include <asm/unistd.h>\n"
             "#undef __SYSCALL\n#define __SYSCALL(n, f) @ n f\n"
             "#undef _ASM_GENERIC_UNISTD_H\n#include <asm-generic/unistd.h>\n")
    include = [f"-I{tree / folder}" for folder in
               ("arch/arm64/include/uapi", "include/uapi")]
    command = ["cpp", "-nostdinc", "-P", "-D__aarch64__", *include]
    text = subprocess.run(command, input=probe, text=True, check=True,
                          capture_output=True).stdout
    entries = {int(number): entry for number, entry in
               re.findall(r"@ (\d+) sys_(\w+)", text)}
    text = subprocess.run([*command, "-dM"], input=probe, text=True,
                          check=True, capture_output=True).stdout
    macros = dict(re.findall(r"#define (__NR\w*) (\w+)", text))
    calls = {}
    for macro, value in macros.items():
        value = macros.get(value, value)
        name = macro.removeprefix("__NR_")
        if macro.startswith("__NR_") and value.isdigit() and \
                name not in ("syscalls", "arch_specific_syscall"):
            calls[int(value)] = (name, entries.get(int(value)))
    assert {n for n, e in entries.items() if e != "ni_syscall"} <= set(calls)
    return calls


def version(text):
    return tuple(int(part) for part in text.split("."))


def history():
    rows = {}
    for line in HISTORY.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, x86, *more = line.split("\t")
        assert name not in rows, name
        rows[name] = (version(x86), *more)
    return rows


def argument(kind, name):
    """One parameter -> the C++ initialiser of a SyscallArgument."""
    name = RENAMED.get(name, name)
    if "*" in kind or kind.removeprefix("const ") in POINTERS:
        return f'{{"{name}", kPointer, kFull64, false, 64}}'
    bits, signed = WIDTHS[kind.removeprefix("const ")]
    meaning = ("kSize" if kind == "size_t" else
               "kOffset" if kind in ("loff_t", "off_t") else
               "kDescriptor" if name in DESCRIPTORS else
               "kFlags" if name in FLAGS else "kInteger")
    width = "kFull64" if bits == 64 else "kLow32"
    return (f'{{"{name}", {meaning}, {width}, '
            f'{"true" if signed else "false"}, {bits}}}')


def table(arch, calls, found, rows):
    """Number -> (name, version, parameters), the history merged in."""
    result = {}
    for number, (name, entry) in calls.items():
        if entry in UNIMPLEMENTED:
            value = ()
        elif entry == "clone":
            value = found[entry][CLONE[arch]]
        else:
            variants = found.get(entry) or found[name]
            assert len(variants) == 1, (name, entry, variants)
            value = variants[0]
        result[number] = (name, value)
    for name, (_, *more) in rows.items():
        if len(more) == 3 and not (arch == "aarch64" and more[0] == "-"):
            assert int(more[1]) not in result, name
            result[int(more[1])] = (name, declared(more[2]))
    final = {}
    for number, (name, value) in sorted(result.items()):
        since, *more = rows.get(name, ((2, 6),))
        if arch == "aarch64":
            since = version(more[0]) if more else max(since, AARCH64_BEGAN)
        final[number] = (name, since, value)
    return final


def main():
    tree = pathlib.Path(sys.argv[1])
    found, rows = prototypes(tree), history()
    tables = {"x86_64": table("x86_64", x86_64(tree), found, rows),
              "aarch64": table("aarch64", aarch64(tree), found, rows)}
    known = {name for calls in tables.values() for name, _, _ in calls.values()}
    assert set(rows) <= known, set(rows) - known

    print("// Generated by generate_syscall_table.py from the kernel source "
          "and\n// syscall_history.tsv; change those. Included by "
          "syscall_table.cc only.\n")
    names = {(): "{}"}
    for calls in tables.values():
        for name, _, value in calls.values():
            # By what is printed, not by C type: most lists are shared.
            key = tuple(argument(*pair) for pair in value)
            if key not in names and key:
                label = "kArguments" + str(len(names))
                names[key] = label
                print(f"constexpr SyscallArgument {label}[] = {{")
                for line in key:
                    print(f"    {line},")
                print("};")
    for arch, calls in tables.items():
        label = {"x86_64": "kX86_64", "aarch64": "kAarch64"}[arch]
        print(f"\nconstexpr Syscall {label}[] = {{")
        for number, (name, since, value) in calls.items():
            key = tuple(argument(*pair) for pair in value)
            enforceable = name not in ("uretprobe", "uprobe")
            print(f'    {{"{name}", {number}, {{{since[0]}, {since[1]}}}, '
                  f'{names[key]}, {"true" if enforceable else "false"}}},')
        print("};")


main()
