#!/usr/bin/env python3
"""Compares what the parser says of documents with what their schemas say.

    tests/schemas/agree.py FOLDER < CASES

FOLDER has KIND.schema.json. A case is one line of JSON: its name, kind and
document, whether the parser accepts it, and whether what it finds is beyond a
schema. Prints each disagreement and the counts.
"""

import collections
import json
import pathlib
import sys

import jsonschema


def main():
    validators = {}
    for path in pathlib.Path(sys.argv[1]).glob("*.schema.json"):
        schema = json.loads(path.read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        validators[path.name.removesuffix(".schema.json")] = (
            jsonschema.Draft7Validator(schema))
    counts = collections.Counter()
    for line in sys.stdin:
        case = json.loads(line)
        error = next(validators[case["kind"]].iter_errors(case["document"]),
                     None)
        if case["accepted"] != (error is None) and not (
                error is None and case["beyond"]):
            counts["disagreements"] += 1
            print(f"{case['name']}: the parser "
                  f"{'accepts' if case['accepted'] else 'refuses'} it, the "
                  f"schema says: {error and error.message[:200]}")
        elif case["accepted"]:
            counts["accepted"] += 1
        else:
            counts["refused" if error else "refused by the parser alone"] += 1
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 1 if counts["disagreements"] or not counts["accepted"] or (
        not counts["refused"]) else 0


if __name__ == "__main__":
    sys.exit(main())
