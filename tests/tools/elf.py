"""Reads from an ELF executable how it is hardened.

    for fault in elf.faults(pathlib.Path("bin/ringfence"), static=False): ...

No readelf: its words change with the version and the locale. 64-bit
little-endian only, which x86_64 and aarch64 both are. Constants: elf(5) and
the gABI.
"""

import collections
import re
import struct

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
PT_GNU_STACK, PT_GNU_RELRO = 0x6474E551, 0x6474E552
PF_X, PF_W = 1, 2
DT_NEEDED, DT_RPATH, DT_TEXTREL, DT_BIND_NOW = 1, 15, 22, 24
DT_RUNPATH, DT_FLAGS, DT_FLAGS_1 = 29, 30, 0x6FFFFFFB
DF_BIND_NOW, DF_1_NOW, DF_1_PIE = 8, 1, 0x08000000
ET_DYN, EM_X86_64, SHT_SYMTAB, SHT_DYNSYM, STT_FUNC = 3, 62, 2, 11, 2

# x86_64: mov, sub, xor or cmp of a register with %fs:0x28, the stack guard.
GUARD = re.compile(rb"\x64[\x48\x4c][\x2b\x33\x3b\x8b][\x04\x0c\x14\x1c\x24"
                   rb"\x2c\x34\x3c]\x25\x28\x00\x00\x00", re.S)

Segment = collections.namedtuple(
    "Segment", "type flags offset vaddr paddr filesz memsz align")
Section = collections.namedtuple(
    "Section", "name type flags addr offset size link info align entsize")


def is_elf(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


class Elf:

    def __init__(self, path):
        self.bytes = path.read_bytes()
        if self.bytes[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is no 64-bit little-endian ELF file")
        (self.type, self.machine, _, _, phoff, shoff, _, _, phentsize, phnum,
         shentsize, shnum, _) = struct.unpack_from("<HHIQQQIHHHHHH",
                                                   self.bytes, 16)
        self.segments = [
            Segment(*struct.unpack_from("<IIQQQQQQ", self.bytes,
                                        phoff + index * phentsize))
            for index in range(phnum)]
        self.sections = [
            Section(*struct.unpack_from("<IIQQQQIIQQ", self.bytes,
                                        shoff + index * shentsize))
            for index in range(shnum)]

    def segment(self, kind):
        return next((s for s in self.segments if s.type == kind), None)

    def dynamic(self):
        """{tag: last value}; empty when there is no dynamic section."""
        where = self.segment(PT_DYNAMIC)
        if where is None:
            return {}
        return dict(struct.iter_unpack(
            "<QQ", self.bytes[where.offset:where.offset + where.filesz]))

    def symbols(self):
        """Yields (name, is a function, address, size) of both tables."""
        for section in self.sections:
            if section.type not in (SHT_SYMTAB, SHT_DYNSYM):
                continue
            names = self.sections[section.link].offset
            for at in range(section.offset, section.offset + section.size, 24):
                name, info, _, _, value, size = struct.unpack_from(
                    "<IBBHQQ", self.bytes, at)
                end = self.bytes.index(b"\0", names + name)
                yield (self.bytes[names + name:end].decode(),
                       info & 15 == STT_FUNC, value, size)

    def code(self, address, size):
        for s in self.segments:
            if s.type == PT_LOAD and s.vaddr <= address < s.vaddr + s.filesz:
                at = s.offset + address - s.vaddr
                return self.bytes[at:at + size]
        return b""

    def has_guarded_function(self, mark):
        """Whether a function with `mark` in its name checks its stack guard.

        libc's own use of the guard says nothing about how we were compiled, so
        our functions are looked into, not only the list of symbols.
        """
        names = set()
        for name, function, address, size in self.symbols():
            names.add(name)
            if function and mark in name and self.machine == EM_X86_64:
                if GUARD.search(self.code(address, size)):
                    return True
        return self.machine != EM_X86_64 and "__stack_chk_fail" in names


def faults(path, static, mark="ringfence"):
    """What is wrong with the executable, a sentence each."""
    elf = Elf(path)
    dynamic = elf.dynamic()
    flags, flags_1 = dynamic.get(DT_FLAGS, 0), dynamic.get(DT_FLAGS_1, 0)
    if elf.type != ET_DYN or not flags_1 & DF_1_PIE:
        yield "is not position independent (-pie or -static-pie)"
    if elf.segment(PT_GNU_RELRO) is None:
        yield "has no RELRO segment (-z relro)"
    if not (flags & DF_BIND_NOW or flags_1 & DF_1_NOW
            or DT_BIND_NOW in dynamic):
        yield "binds lazily (-z now)"
    stack = elf.segment(PT_GNU_STACK)
    if stack is None or stack.flags & PF_X:
        yield "has an executable stack (-z noexecstack)"
    if any(s.type == PT_LOAD and s.flags & PF_X and s.flags & PF_W
           for s in elf.segments):
        yield "has a segment that is writable and executable"
    if DT_RPATH in dynamic or DT_RUNPATH in dynamic:
        yield "has an RPATH"
    if DT_TEXTREL in dynamic:
        yield "has relocations in its code"
    if not elf.has_guarded_function(mark):
        yield "has no function of ours with a stack guard"
    if static and elf.segment(PT_INTERP) is not None:
        yield "has an interpreter, and should be static"
    if static and DT_NEEDED in dynamic:
        yield "needs dynamic libraries, and should be static"
