#!/usr/bin/env python3
"""Holds doc/model-manifest.schema.json against the manifests that the parser's tests use, so that the two agree.

src/manifest/testdata/bad_fields.json lists changes to full.json that the parser refuses (manifest_parse_test.cc); each says
whether the schema refuses it too, or accepts it because the rule binds several fields. Exits 77 (skipped) where Python has no
`jsonschema` (Debian: python3-jsonschema).
"""

import copy
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "manifest" / "testdata"


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def put(document, pointer, value):
    """`document` with the value at a JSON pointer replaced or added."""
    document = copy.deepcopy(document)
    *parents, last = pointer.split("/")[1:]
    target = document
    for key in parents:
        target = target[int(key)] if isinstance(target, list) else target[key]
    target[int(last) if isinstance(target, list) else last] = value
    return document


def main():
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        print("skipped: Python has no jsonschema module")
        return 77
    schema = load(ROOT / "doc" / "model-manifest.schema.json")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    full = load(DATA / "full.json")
    checks = [(DATA / "full.json", full, True), (DATA / "adr_with_digests.json", load(DATA / "adr_with_digests.json"), True),
              (DATA / "adr_example.json", load(DATA / "adr_example.json"), False)]
    checks += [(path, load(path), True) for path in sorted(ROOT.glob("demo/models/*/model-manifest.json"))]
    for case in load(DATA / "bad_fields.json"):
        checks.append((json.dumps(case), put(full, case["at"], case["put"]), case["schema"] == "accepts"))
    for key in schema["required"]:
        checks.append((f"without {key}", {name: value for name, value in full.items() if name != key}, False))

    wrong = [name for name, document, accepted in checks if validator.is_valid(document) != accepted]
    for name in wrong:
        print(f"the schema and the expectation differ: {name}")
    print(f"{len(checks) - len(wrong)} of {len(checks)} documents judged as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
