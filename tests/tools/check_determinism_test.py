"""check_determinism.py: output that depends on its surroundings is seen."""

import pathlib
import tempfile
import unittest

import check_determinism

COMPILER = """#!/bin/sh
out=$4
[ "$3" = -o ] && mkdir -p "$out" && {body}
"""


class Determinism(unittest.TestCase):

    def fault(self, body):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "in").mkdir()
            (root / "in/a.yaml").write_text("kind: Workload\n")
            compiler = root / "compiler"
            compiler.write_text(COMPILER.format(body=body))
            compiler.chmod(0o755)
            return check_determinism.fault(compiler, root / "in", "a.yaml")

    def test_equal_bytes_pass(self):
        self.assertIsNone(self.fault('cat "$2" > "$out/a"'))

    def test_a_difference_is_named(self):
        for body in ('pwd > "$out/a"', 'date > "$out/a"', 'env > "$out/a"',
                     'echo "$HOME" > "$out/a"', 'echo "$out" > "$out/a"'):
            with self.subTest(body=body):
                self.assertEqual(self.fault(body), "a differ")

    def test_a_missing_file_is_seen(self):
        self.assertIn("were written", self.fault('echo > "$out/a$LC_ALL"'))

    def test_nothing_at_all_is_no_success(self):
        self.assertEqual(self.fault("true"), "nothing was written")

    def test_a_failed_compilation_is_no_success(self):
        self.assertIn("exit code 3", self.fault("exit 3"))


if __name__ == "__main__":
    unittest.main()
