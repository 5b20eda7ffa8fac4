#!/usr/bin/env python3
"""Fails when a room under src/ includes a room that tools/layers.txt does not allow, or when rooms depend in a circle."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z_0-9]+)/([^"]+)"', re.MULTILINE)


def read_layers():
    """Returns {room: set of rooms it may include}; a room may only name rooms listed above it, so no circle is possible."""
    layers = {}
    for line in (ROOT / "tools/layers.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        room, allowed = line.split(":")
        layers[room] = set(allowed.split())
        later = layers[room] - set(layers)
        if later:
            sys.exit(f"tools/layers.txt: {room} names rooms that are not listed above it: {sorted(later)}")
    return layers


def main():
    layers = read_layers()
    faults = []
    for folder in sorted(p for p in (ROOT / "src").iterdir() if p.is_dir()):
        if folder.name not in layers:
            faults.append(f"src/{folder.name} is not in tools/layers.txt")
            continue
        for source in sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cc")):
            is_test = source.name.endswith("_test.cc") or "testing" in source.parts
            for room, rest in INCLUDE.findall(source.read_text()):
                fake = rest.startswith("testing/")
                allowed = room == folder.name or room in layers[folder.name] or (is_test and fake)
                if not allowed or (fake and not is_test):
                    faults.append(f"{source.relative_to(ROOT)} includes {room}/{rest}, which tools/layers.txt does not allow")
    print("\n".join(faults) if faults else f"layers: {len(layers)} rooms, no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
