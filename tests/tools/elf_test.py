"""elf.py: a hardened executable has no fault; every fault is seen alone."""

import pathlib
import subprocess
import tempfile
import unittest

import elf

PROGRAM = """
#include <cstdio>
namespace ringfence {
int Read() { char line[64]; return std::fgets(line, 64, stdin) != nullptr; }
}
int main() { return ringfence::Read(); }
"""
HARDENED = ["-O1", "-fPIE", "-pie", "-fstack-protector-strong",
            "-Wl,-z,relro,-z,now,-z,noexecstack"]
STATIC = ["-static-pie"]


def faults_of(*options, static=False, edit=None):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "program.cc"
        source.write_text(PROGRAM)
        program = source.with_suffix("")
        subprocess.run(["g++", *HARDENED, *options, "-o", program, source],
                       check=True, capture_output=True)
        if edit:
            program.write_bytes(edit(elf.Elf(program)))
        return list(elf.faults(program, static))


def make_code_writable(program):
    """The program's bytes with PF_W in every program header of code."""
    changed = bytearray(program.bytes)
    first = int.from_bytes(changed[32:40], "little")
    for index, segment in enumerate(program.segments):
        if segment.flags & elf.PF_X:
            changed[first + index * 56 + 4] |= elf.PF_W
    return changed


class Faults(unittest.TestCase):

    def test_a_hardened_program_has_none(self):
        self.assertEqual(faults_of(), [])

    def test_a_hardened_static_program_has_none(self):
        self.assertEqual(faults_of(*STATIC, static=True), [])

    def test_each_fault_is_seen(self):
        for options, said in [
                (["-no-pie", "-fno-pie"], "position independent"),
                (["-shared", "-fPIC"], "position independent"),
                (["-Wl,-z,norelro"], "RELRO"),
                (["-Wl,-z,lazy"], "lazily"),
                (["-Wl,-z,execstack"], "executable stack"),
                (["-Wl,-rpath,/opt"], "RPATH"),
                (["-fno-stack-protector"], "stack guard"),
        ]:
            with self.subTest(options=options):
                self.assertIn(said, "; ".join(faults_of(*options)))

    def test_writable_code_is_seen(self):
        self.assertEqual(faults_of(edit=make_code_writable),
                         ["has a segment that is writable and executable"])

    def test_a_dynamic_program_is_not_static(self):
        found = "; ".join(faults_of(static=True))
        self.assertIn("interpreter", found)
        self.assertIn("dynamic libraries", found)

    def test_an_unguarded_static_program_does_not_pass_for_libcs_guards(self):
        found = faults_of("-fno-stack-protector", *STATIC, static=True)
        self.assertIn("stack guard", "; ".join(found))


if __name__ == "__main__":
    unittest.main()
