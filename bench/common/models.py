"""The benchmarks' models, made once and kept in build/bench/models."""
import os
import shutil
import subprocess
import sys

from common.places import PROGRAMS, VENV_PYTHON, BENCH, WORK

GENERATOR = "LOTMARK_B4_GENERATOR"


def _made(name, *what):
    folder = WORK / "models" / name
    if folder.exists():
        return folder
    fresh = folder.with_name(f"{name}.tmp")
    shutil.rmtree(fresh, ignore_errors=True)
    # The library's reports home stay off in everything that a benchmark starts.
    subprocess.run([VENV_PYTHON, BENCH / "models/make.py", *what, fresh], check=True,
                   env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"})
    subprocess.run([PROGRAMS / "lotmark", "manifest", "complete", fresh / "model-manifest.json"], check=True,
                   stdout=subprocess.DEVNULL)
    fresh.rename(folder)
    return folder


def efficientnet_b4(benchmark):
    """Its version folder. Ends the program with 77, "skipped", when the generator is not named or not there."""
    generator = os.environ.get(GENERATOR, "")
    if not (WORK / "models/b4").exists() and not os.path.isfile(generator):
        print(f"{benchmark}: skipped: {GENERATOR} names no program that writes b4.onnx (EfficientNet-B4, 380 x 380, 9 "
              "classes, output `embedding` of 1,792)", file=sys.stderr)
        sys.exit(77)
    return _made("b4", "b4", generator)


def big(mib):
    return _made(f"big-{mib}", "big", str(mib))
