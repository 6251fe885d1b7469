#!/usr/bin/env python3
"""Prints the small policy of src/sepol/base.inc as a whole: with categories.

    tests/vm/policy/base.py >base.cil
"""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
CATEGORIES = 1024


def policy():
    literal = (ROOT / "src/sepol/base.inc").read_text()
    yield literal.removeprefix('R"cil(').removesuffix(')cil"\n')
    names = [f"c{number}" for number in range(CATEGORIES)]
    for name in names:
        yield f"(category {name})"
    yield f"(categoryorder ({' '.join(names)}))"
    yield f"(sensitivitycategory s0 (range c0 {names[-1]}))"


if __name__ == "__main__":
    print("\n".join(policy()))
