"""count_junit.py: failures and skips are never counted as passed."""

import unittest
import xml.etree.ElementTree

import count_junit

# As ctest 3.25 writes it.
RUN = """<testsuite>
  <testcase name="a" status="run"/>
  <testcase name="b" status="run"/>
  <testcase name="c" status="fail"><failure message=""/></testcase>
  <testcase name="d" status="notrun">
    <skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>
  <testcase name="e" status="notrun"><properties/></testcase>
</testsuite>"""


class CountJunit(unittest.TestCase):

    def setUp(self):
        self.root = xml.etree.ElementTree.fromstring(RUN)

    def test_a_skip_is_shown_and_not_counted(self):
        passed, failed, lines = count_junit.count(self.root, False)
        self.assertEqual((passed, failed), (2, 2))
        self.assertIn("skipped: d", lines)

    def test_a_skip_is_a_failure_in_ci(self):
        passed, failed, _ = count_junit.count(self.root, True)
        self.assertEqual((passed, failed), (2, 3))


if __name__ == "__main__":
    unittest.main()
