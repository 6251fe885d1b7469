#!/usr/bin/env python3
"""Holds src/ to src/deps.txt, and to the rules that a compiler does not know.

    tests/tools/check_deps.py [ROOT]

Prints one line for each violation, `file:line: [rule] what`, then the size of
the trusted core, and last `N passed, M failed`, where N counts the files and
build lists that are in order. check_deps_test.py plants a violation of every
rule and wants it caught.
"""

import collections
import pathlib
import re
import sys

MAX_LINES = 500
SOURCE = {".cc", ".h"}

# Library name in deps.txt -> what its headers look like. A header that is in
# no library and not in LIBC is an error: name its library here first.
LIBRARIES = {
    "linux": r"(linux|asm)/.+|sys/(mount|prctl|ptrace|syscall)\.h|sched\.h",
    "yaml-cpp": r"yaml-cpp/.+",
    "flatbuffers": r"flatbuffers/.+|bundle_generated\.h",
    "sodium": r"sodium\.h|sodium/.+",
    "z3": r"z3.*",
    "cli11": r"CLI/.+",
    "fmt": r"fmt/.+",
    "json": r"nlohmann/.+",
    "seccomp": r"seccomp\.h",
    "systemd": r"systemd/.+",
    "sepol": r"sepol/.+",
}
GENERATED = "bundle_generated.h"  # the one header of ours without a folder
# What CMake calls them. `linux` is headers only.
LINKED_AS = {
    "yaml-cpp": "yaml-cpp",
    "ringfence_bundle_schema": "flatbuffers",
    "${SODIUM_STATIC}": "sodium",
    "${Z3}": "z3",
    "fmt::fmt-header-only": "fmt",
    "fmt::fmt": "fmt",
    "nlohmann_json::nlohmann_json": "json",
    "CLI11::CLI11": "cli11",
    "seccomp": "seccomp",
    "systemd": "systemd",
    "sepol": "sepol",
}
# The kernel's doors, each with the one folder that may touch it.
DOORS = {"sys/mount.h": "sys", "sys/prctl.h": "sys", "sched.h": "sys",
         "sys/ptrace.h": "host"}
LIBC = set("""
    aio.h arpa/inet.h byteswap.h ctype.h dirent.h dlfcn.h elf.h endian.h
    errno.h fcntl.h float.h fnmatch.h ftw.h getopt.h glob.h grp.h inttypes.h
    langinfo.h libgen.h limits.h link.h locale.h malloc.h math.h mqueue.h
    net/if.h netdb.h netinet/in.h netinet/tcp.h netinet/udp.h paths.h poll.h
    pthread.h pty.h pwd.h semaphore.h setjmp.h signal.h spawn.h stdarg.h
    stddef.h stdint.h stdio.h stdlib.h string.h strings.h sys/auxv.h
    sys/epoll.h sys/eventfd.h sys/fanotify.h sys/fcntl.h sys/file.h sys/fsuid.h
    sys/inotify.h sys/ioctl.h sys/ipc.h sys/mman.h sys/msg.h sys/param.h
    sys/personality.h sys/poll.h sys/quota.h sys/random.h sys/resource.h
    sys/select.h sys/sem.h sys/sendfile.h sys/shm.h sys/signalfd.h sys/socket.h
    sys/stat.h sys/statfs.h sys/statvfs.h sys/sysinfo.h sys/sysmacros.h
    sys/time.h sys/timerfd.h sys/timex.h sys/types.h sys/uio.h sys/un.h
    sys/user.h sys/utsname.h sys/vfs.h sys/wait.h sys/xattr.h syslog.h
    termios.h time.h ucontext.h unistd.h utmp.h wchar.h
""".split())
# Standard headers that bring threads, exceptions or a heap of machinery.
NOT_TRUSTED = {"thread", "mutex", "future", "shared_mutex", "regex",
               "filesystem", "iostream", "fstream", "sstream", "locale"}
# Programs that must not link more than the trusted core, and what else each
# may link.
SMALL_PROGRAMS = {
    "ringfence-cli": {"nlohmann_json::nlohmann_json", "host"},
    "ringfence-launch": set(),
    "ringfence-relay": {"relay"},
}

# rule, pattern, what to say, the folders it holds in (None: all of them)
BANNED = [
    ("ban-assert", r"\bassert\s*\(|#\s*include\s*<(cassert|assert\.h)>",
     "assert vanishes with NDEBUG: use Check()", None),
    ("ban-shell", r"(?<![\w.>])(::|std::)?(system|popen)\s*\(",
     "no shell, ever", None),
    ("ban-environment", r"\b(secure_)?getenv\s*\(|\benviron\b",
     "the trusted core does not read the environment", "trusted"),
    ("ban-unordered", r"\bunordered_\w+",
     "output must not depend on a hash order: use std::map or a sorted vector",
     {"compile", "pack", "resolve"}),
    ("ban-print", r"\bstd::(cout|cerr|clog)\b|\b(f|v|vf)?printf\s*\("
                  r"|\bf?puts\s*\(|\bputchar\s*\(|\bfmt::print\s*\(",
     "only src/cli and a main print", "not-cli"),
    ("ban-todo", r"", "finish it or leave it out", None),
    ("raw-syscall", r"\bsyscall\s*\(|\b(__)?asm(__)?\b",
     "only src/sys makes raw system calls", "not-sys"),
]

Folder = collections.namedtuple("Folder",
                                "trusted hostile folders libraries line")
Finding = collections.namedtuple("Finding", "rule where text")

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<raw>[^(\s]*)\(.*?\)(?P=raw)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])*\'', re.S)


def without(text, strings):
    """text without comments (and, if asked, strings); line numbers stay."""
    def blank(match):
        token = match.group(0)
        if token.startswith('"') and not strings:
            return token
        return '""' * token.startswith(('"', "R")) + "\n" * token.count("\n")
    return TOKEN.sub(blank, text)


def read_graph(path):
    """deps.txt as {folder: Folder}; raises ValueError where it is malformed."""
    graph = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"([TA ]) +([a-z]+): *([a-z ]*); *([a-z0-9 -]*)",
                             line)
        if not match:
            raise ValueError(f"{path}:{number}: not `[T|A] folder: folders; "
                             f"libraries`: {line}")
        mark, name, folders, libraries = match.groups()
        if name in graph:
            raise ValueError(f"{path}:{number}: {name} is here twice")
        graph[name] = Folder(mark == "T", mark == "A", set(folders.split()),
                             set(libraries.split()), number)
    return graph


def closure(graph, names):
    """names and every folder that they reach."""
    seen = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in graph and name not in seen:
            seen.add(name)
            todo += graph[name].folders
    return seen


def check_graph(graph, path):
    for name, folder in graph.items():
        where = f"{path}:{folder.line}"
        for other in sorted(folder.folders):
            if other not in graph:
                yield Finding("graph-unknown", where, f"no folder {other}")
            elif folder.trusted and not graph[other].trusted:
                yield Finding("graph-trust", where,
                              f"{name} is trusted and {other} is not")
        for library in sorted(folder.libraries - LIBRARIES.keys()):
            yield Finding("graph-unknown", where, f"no library {library}")
        if name in closure(graph, folder.folders):
            yield Finding("graph-cycle", where, f"{name} reaches itself")


def check_includes(graph, folder, file, text):
    for match in re.finditer(
            r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]', text, re.M):
        where = f"{file}:{text.count(chr(10), 0, match.start()) + 1}"
        kind, header = match.groups()
        first = header.split("/")[0]
        library = next((name for name, pattern in LIBRARIES.items()
                        if re.fullmatch(pattern, header)
                        and (kind == "<" or header == GENERATED)), None)
        if library is not None:
            if library not in graph[folder].libraries:
                yield Finding("include-library", where,
                              f"{folder} may not use {library} (<{header}>)")
            elif (DOORS.get(header, folder) != folder
                  and not graph[folder].hostile):
                yield Finding("include-kernel", where,
                              f"<{header}> belongs to src/{DOORS[header]}")
        elif kind == '"':
            if "/" not in header or first not in graph:
                yield Finding("include-unknown", where,
                              f'"{header}" is not of the form folder/file of '
                              "a folder that deps.txt lists")
            elif first != folder and first not in graph[folder].folders:
                yield Finding("include-folder", where,
                              f"{folder} may not include {first}")
        elif "." in header or "/" in header:
            if header not in LIBC:
                yield Finding("include-unknown", where,
                              f"<{header}> is in no library of check_deps.py")
        elif graph[folder].trusted and header in NOT_TRUSTED:
            yield Finding("include-trusted", where,
                          f"<{header}> has no place in the trusted core")


def check_text(graph, folder, file, text, code):
    is_main = file.name.endswith("_main.cc")
    for rule, pattern, say, scope in BANNED:
        searched = code
        if rule == "ban-todo":
            pattern, searched = r"\b(TODO|FIXME|XXX)\b", text
        if rule == "ban-assert":
            searched = re.sub(r"\bstatic_assert\b", "", code)
        if scope == "trusted" and not graph[folder].trusted:
            continue
        if scope == "not-cli" and (folder == "cli" or is_main):
            continue
        if scope == "not-sys" and (folder == "sys" or graph[folder].hostile):
            continue
        if isinstance(scope, set) and folder not in scope:
            continue
        for match in re.finditer(pattern, searched):
            line = searched.count("\n", 0, match.start()) + 1
            yield Finding(rule, f"{file}:{line}", say)
    if file.suffix == ".h":
        if "#pragma once" not in code:
            yield Finding("header-guard", f"{file}:1", "no #pragma once")
        for match in re.finditer(r"\busing\s+namespace\b", code):
            line = code.count("\n", 0, match.start()) + 1
            yield Finding("header-using", f"{file}:{line}",
                          "a header must not bring a namespace in")


def check_sources(graph, root):
    """Yields (file, its findings) for every source file of src/."""
    for file in sorted((root / "src").rglob("*")):
        if file.suffix not in SOURCE | {".inc"}:
            continue
        folder = file.relative_to(root / "src").parts[0]
        if folder not in graph:
            yield file, [Finding("graph-unknown", f"{file}:1",
                                 f"deps.txt does not list src/{folder}")]
            continue
        text = file.read_text()
        found = list(check_includes(graph, folder, file,
                                    without(text, strings=False)))
        if file.suffix in SOURCE:
            found += check_text(graph, folder, file, text,
                                without(text, strings=True))
        yield file, found


def check_lengths(root):
    for top in ("src", "tests"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SOURCE | {".py", ".sh"}:
                continue
            lines = len(file.read_text().splitlines())
            if lines > MAX_LINES:
                yield Finding("length", f"{file}:{MAX_LINES + 1}",
                              f"{lines} lines; split it by job")


def arguments(cmake, command):
    """The argument lists of every call of `command` in a CMake file."""
    text = re.sub(r"#[^\n]*", "", cmake)
    return [match.group(1).split()
            for match in re.finditer(rf"\b{command}\s*\(([^()]*)\)", text)]


def section(words, name, names):
    """The words after `name` up to the next of `names`."""
    taken = []
    inside = False
    for word in words:
        if word in names:
            inside = word == name
        elif inside:
            taken.append(word)
    return taken


def check_cmake(graph, path):
    """Yields (list, its findings): FOLDERS, TRUSTED, LIBRARIES, programs."""
    cmake = path.read_text()
    names = ("TRUSTED", "FOLDERS", "LIBRARIES", "EXCLUDE")
    seen = set()
    for words in arguments(cmake, "ringfence_folder"):
        name = words[0]
        seen.add(name)
        if name not in graph:
            yield name, [Finding("cmake-folders", str(path),
                                 f"deps.txt does not list {name}")]
            continue
        found = []
        folders = set(section(words, "FOLDERS", names))
        if folders != graph[name].folders:
            found.append(Finding(
                "cmake-folders", str(path),
                f"{name} has FOLDERS {sorted(folders)}, deps.txt has "
                f"{sorted(graph[name].folders)}"))
        if ("TRUSTED" in words) != graph[name].trusted:
            found.append(Finding("cmake-trusted", str(path),
                                 f"{name}: TRUSTED and the T of deps.txt "
                                 "differ"))
        for library in section(words, "LIBRARIES", names):
            if LINKED_AS.get(library) not in graph[name].libraries:
                found.append(Finding("cmake-library", str(path),
                                     f"{name} may not link {library}"))
        yield name, found
    for name in sorted(graph.keys() - seen):
        if graph[name].hostile:
            continue
        yield name, [Finding("cmake-folders", str(path),
                             f"{name} is no ringfence_folder")]
    for words in arguments(cmake, "target_link_libraries"):
        if words[0] in SMALL_PROGRAMS:
            yield words[0], list(check_program(graph, path, words))


def check_program(graph, path, words):
    program, linked = words[0], words[1:]
    direct = [re.sub("^ringfence_", "", word) for word in linked
              if word.startswith("ringfence_")]
    for name in sorted(closure(graph, direct)):
        if not graph[name].trusted and name not in SMALL_PROGRAMS[program]:
            yield Finding("cmake-program", str(path),
                          f"{program} links {name}, which is not trusted")
    for word in linked:
        plain = re.sub("^ringfence_", "", word)
        if word in ("PRIVATE", "PUBLIC", "INTERFACE") or word[0] == "-":
            continue
        if word in SMALL_PROGRAMS[program]:
            continue
        if plain not in graph and word != "ringfence_flags":
            yield Finding("cmake-program", str(path),
                          f"{program} links {word}, which is no folder")


def check(root):
    """(all findings, how many files and lists were in order)"""
    path = root / "src/deps.txt"
    try:
        graph = read_graph(path)
    except ValueError as error:
        return [Finding("graph-syntax", str(path), str(error))], 0
    groups = [list(check_graph(graph, path)), list(check_lengths(root))]
    groups += [found for _, found in check_sources(graph, root)]
    groups += [found for _, found in
               check_cmake(graph, root / "src/CMakeLists.txt")]
    findings = [finding for group in groups for finding in group]
    return findings, sum(1 for group in groups if not group)


def count_code(file):
    code = without(file.read_text(), strings=False)
    return sum(1 for line in code.splitlines() if line.strip())


def print_core(root):
    graph = read_graph(root / "src/deps.txt")
    print("trusted core            code   lines")
    sums = [0, 0]
    for name in (name for name in graph if graph[name].trusted):
        files = [file for file in (root / "src" / name).rglob("*")
                 if file.suffix in SOURCE]
        code = sum(count_code(file) for file in files)
        lines = sum(len(file.read_text().splitlines()) for file in files)
        sums = [sums[0] + code, sums[1] + lines]
        print(f"  src/{name:15} {code:7} {lines:7}")
    print(f"  {'all':19} {sums[0]:7} {sums[1]:7}")


def main():
    default = pathlib.Path(__file__).resolve().parents[2]
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    findings, passed = check(root)
    for rule, where, text in findings:
        where = where.removeprefix(f"{root}/")
        print(f"{where}: [{rule}] {text}")
    if not any(finding.rule == "graph-syntax" for finding in findings):
        print_core(root)
    print(f"{passed} passed, {len(findings)} failed")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
