"""The counting of tests/vm/run.py: silence is never success."""

import unittest

import run


class Judge(unittest.TestCase):
    def test_a_case_that_passed(self):
        self.assertEqual(run.judge(["A"], "passed A 1.5\n"),
                         ({"A": 1.5}, []))

    def test_a_case_without_a_line_failed(self):
        self.assertEqual(run.judge(["A", "B"], "passed A 1.5\n"),
                         ({"A": 1.5}, ["B"]))

    def test_no_results_at_all(self):
        self.assertEqual(run.judge(["A"], ""), ({}, ["A"]))

    def test_half_a_line_failed(self):
        self.assertEqual(run.judge(["A"], "passed A"), ({}, ["A"]))

    def test_both_lines_failed(self):
        self.assertEqual(run.judge(["A"], "passed A 1\nfailed A 1\n"),
                         ({}, ["A"]))

    def test_a_case_that_nobody_knows_failed(self):
        self.assertEqual(run.judge([], "passed A 1\n"), ({}, ["A"]))


class Cases(unittest.TestCase):
    def test_every_boot_has_cases_of_its_own(self):
        for boot in run.BOOTS:
            names = run.case_names(boot)
            self.assertEqual(len(names), len(set(names)), boot)
            self.assertTrue(names, boot)


if __name__ == "__main__":
    unittest.main()
