#!/usr/bin/env python3
"""Validates JSON against a JSON Schema.

    tests/schemas/validate.py SCHEMA < TEXT

Prints what is wrong, a line each; the exit code says whether anything is.
"""

import json
import sys

import jsonschema


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    errors = sorted(kind(schema).iter_errors(json.load(sys.stdin)),
                    key=lambda error: list(map(str, error.absolute_path)))
    for error in errors:
        where = "/".join(map(str, error.absolute_path))
        print(f"{where}: {error.message[:300]}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
