#!/usr/bin/env python3
"""Holds the schemas in doc/ against the documents that the parsers' tests use, so that schema and parser agree.

src/<room>/testdata/bad_fields.json lists changes to full.json that the parser refuses; each says whether the schema refuses it
too, or accepts it because the rule binds several fields. Exits 77 (skipped) where Python has no `jsonschema` (Debian:
python3-jsonschema).
"""

import copy
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def put(document, pointer, value):
    """`document` with the value at a JSON pointer replaced or added."""
    document = copy.deepcopy(document)
    *parents, last = pointer.split("/")[1:]
    target = document
    for key in parents:
        target = target[int(key)] if isinstance(target, list) else target[key]
    if isinstance(target, list) and int(last) == len(target):
        target.append(value)
    else:
        target[int(last) if isinstance(target, list) else last] = value
    return document


def check(validator_of, schema_name, data, documents):
    """Prints what is judged otherwise than `documents` (path, accepted) and the data's bad_fields.json say; returns how many."""
    schema = load(ROOT / "doc" / schema_name)
    validator_of.check_schema(schema)
    validator = validator_of(schema)
    full = load(data / "full.json")
    checks = [(str(path), load(path), accepted) for path, accepted in [(data / "full.json", True), *documents]]
    for case in load(data / "bad_fields.json"):
        checks.append((json.dumps(case), put(full, case["at"], case["put"]), case["schema"] == "accepts"))
    for key in schema["required"]:
        checks.append((f"without {key}", {name: value for name, value in full.items() if name != key}, False))

    wrong = [name for name, document, accepted in checks if validator.is_valid(document) != accepted]
    for name in wrong:
        print(f"{schema_name} and the expectation differ: {name}")
    print(f"{schema_name}: {len(checks) - len(wrong)} of {len(checks)} documents judged as expected")
    return len(wrong)


def main():
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        print("skipped: Python has no jsonschema module")
        return 77
    manifests = ROOT / "src" / "manifest" / "testdata"
    others = [(manifests / "adr_with_digests.json", True), (manifests / "adr_example.json", False)]
    others += [(path, True) for path in sorted(ROOT.glob("demo/models/*/model-manifest.json"))]
    wrong = check(Draft202012Validator, "model-manifest.schema.json", manifests, others)
    wrong += check(Draft202012Validator, "policy.schema.json", ROOT / "src" / "policy" / "testdata", [])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
