#!/usr/bin/env python3
"""Makes a version that only its golden test classification can find to be wrong: 2024-v1 again, its manifest saying that
images are normalised as for ImageNet, as somebody writes who copies the preprocessing of another model.

The files, their digests and the golden answers are right; the manifest is valid. Always the same bytes. Python's
standard library only, so the demo makes it when it runs.

Usage: wrong_normalisation.py FOLDER    (FOLDER must not exist yet)
"""
import pathlib
import shutil
import sys

RIGHT = pathlib.Path(__file__).resolve().parent.parent.parent / "demo/models/2024-v1"
CHANGES = (('"version": "2024-v1"', '"version": "2025-v1"'),
           ('"previous_version": "2023-v1"', '"previous_version": "2024-v1"'),
           ('"mean": [0.5, 0.5, 0.5]', '"mean": [0.485, 0.456, 0.406]'),
           ('"std": [0.25, 0.25, 0.25]', '"std": [0.229, 0.224, 0.225]'))


def main():
    folder = pathlib.Path(sys.argv[1])
    shutil.copytree(RIGHT, folder)
    manifest = folder / "model-manifest.json"
    text = manifest.read_text(encoding="utf-8")
    for right, wrong in CHANGES:
        if text.count(right) != 1:
            sys.exit(f"{manifest}: {right} does not stand there once")
        text = text.replace(right, wrong)
    manifest.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
