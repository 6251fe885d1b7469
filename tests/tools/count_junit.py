#!/usr/bin/env python3
"""Sums up what ctest ran.

    tests/tools/count_junit.py [--no-skips] FILE

Names every failed and every skipped test of a JUnit file of ctest, then prints
`N passed, M failed`. With --no-skips a skipped test is a failed one: that is
how CI sees to it that a machine which cannot run a test is noticed.
"""

import sys
import xml.etree.ElementTree


def count(root, skips_fail):
    """(passed, failed, lines to print)"""
    passed, failed, lines = 0, 0, []
    for case in root.iter("testcase"):
        name, status = case.get("name"), case.get("status")
        if status == "run":
            passed += 1
            continue
        skipped = case.find("skipped")
        if status == "fail" or skips_fail or skipped is None:
            failed += 1
        lines.append(f"{'failed' if status == 'fail' else 'skipped'}: {name}")
    return passed, failed, lines


def main():
    names = [word for word in sys.argv[1:] if word != "--no-skips"]
    root = xml.etree.ElementTree.parse(names[0]).getroot()
    passed, failed, lines = count(root, "--no-skips" in sys.argv)
    print(*lines, f"{passed} passed, {failed} failed", sep="\n")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
