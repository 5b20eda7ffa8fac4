"""The changing commands as the injection runs them, and the tiny model they are run on.

A new changing command is one more line in CASES: what is done before it, once, and the command line itself.
"""
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
import harness  # noqa: E402  (small images, and where the program is)

MODEL = ROOT / "src/runtime_onnx/testdata/colours.onnx"  # 306 bytes: softmax of the mean colour
PATIENCE = 120


class Case:
    """One command. `before` are command lines run once on an empty place, `args` is the line under torture; in both, words
    in braces name places: {volume}, and the manifests {v1}, {v2}, {v3}, {other}. `repeatable`: run again after it took
    effect it answers 0 and changes nothing; where not, it is not run again then."""

    def __init__(self, name, before, args, repeatable=True, recover=None):
        self.name, self.before, self.args, self.repeatable = name, before, args, repeatable
        self.recover = recover or RECOVER
        self.finish = args  # what a person runs to come to the new state after all

    def recovery(self):
        """The recovery after this command died, as a case of its own."""
        case = Case("recovery after: " + self.name, [], self.recover, self.repeatable, self.recover)
        case.finish = self.finish
        return case


INIT = "init {volume} --model colours"
# Any changing command recovers first; this one then has nothing to do.
RECOVER = "add {v1}"
TWO = [INIT, "add {v1}", "add {v2}", "activate v1 --reason before"]
TWO_ACTIVE = [*TWO, "activate v2 --reason before"]

CASES = [
    Case("init", [], INIT, recover=INIT),
    Case("add the first version", [INIT], "add {v1}"),
    Case("add a second version", [INIT, "add {v1}", "activate v1 --reason before"], "add {v2}"),
    Case("add another model", [INIT, "add {v1}"], "add {other}"),
    Case("activate the first version", [INIT, "add {v1}"], "activate v1 --reason torture"),
    Case("activate a second version", TWO, "activate v2 --reason torture"),
    Case("activate an earlier version again", TWO_ACTIVE, "activate v1 --reason torture"),
    Case("roll back", TWO_ACTIVE, "rollback --to v1 --reason torture", repeatable=False),
]


class Place:
    """A folder that holds everything one run can touch: volume, manifests, keys, remembered state, home."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.volume = self.folder / "volume"
        self.words = {"volume": self.volume}
        for name in ("v1", "v2", "v3", "other"):
            self.words[name] = self.folder / "sources" / name / "model-manifest.json"
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
            "LOTMARK_VOLUME": str(self.volume), "LOTMARK_ACTOR": "tester@bench",
            "LOTMARK_KEYS": str(self.folder / "keys"), "LOTMARK_STATE": str(self.folder / "state"),
            "HOME": str(self.folder / "home")}

    def line(self, text):
        return [harness.LOTMARK, *(word.format(**self.words) for word in text.split())]

    def run(self, text):
        return subprocess.run(self.line(text), env=self.environment, capture_output=True, text=True, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, check=False)

    def ok(self, text):
        done = self.run(text)
        if done.returncode != 0:
            raise RuntimeError(f"cannot prepare: lotmark {text}: {done.stdout}{done.stderr}")
        return done.stdout

    def prepare(self, case):
        for name in ("home", "keys", "state"):
            (self.folder / name).mkdir(parents=True)
        for name, colour in (("v1", (250, 10, 10)), ("v2", (10, 250, 10)), ("v3", (10, 10, 250)), ("other", (99, 9, 9))):
            write_version(self.words[name].parent, "v1" if name == "other" else name,
                          "moles" if name == "other" else "colours", colour)
        for line in case.before:
            self.ok(line)

    def copy(self, folder):
        """A place of its own with the same contents. Files that nobody may write are the same files."""
        shutil.copytree(self.folder, folder, symlinks=True, copy_function=link_or_copy)
        return Place(folder)

    def remove(self):
        for folder, _, _ in os.walk(self.folder):  # versions are read-only
            os.chmod(folder, 0o755)
        shutil.rmtree(self.folder)


def link_or_copy(source, target):
    if os.stat(source, follow_symlinks=False).st_mode & 0o222 == 0:
        os.link(source, target)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def write_version(folder, version, model, colour):
    """An export as an engineer hands it over: artifact, one golden image, complete manifest."""
    (folder / "golden").mkdir(parents=True)
    artifact = MODEL.read_bytes()
    image = harness.png(16, 16, rows=(b"\0" + bytes(colour) * 16) * 16)
    (folder / "model.onnx").write_bytes(artifact)
    (folder / "golden/1.png").write_bytes(image)
    powers = [math.exp(8 * channel / 255) for channel in colour]
    (folder / "model-manifest.json").write_text(json.dumps({
        "model_name": model, "version": version, "training_dataset": "none", "export_date": "2026-01-01",
        "source_framework": "a test",
        "formats": {"onnx": {
            "path": "model.onnx", "sha256": harness.sha256(artifact), "size": len(artifact),
            "inputs": [{"name": "input", "shape": [1, 3, 4, 4], "type": "float32"}],
            "outputs": [{"name": "probabilities", "shape": [1, 3], "type": "float32"}]}},
        "classes": ["red", "green", "blue"],
        "preprocessing": {"decode": "rgb8", "crop": "none", "resize": {"width": 4, "height": 4, "filter": "bilinear"},
                          "divisor": 255, "mean": [0, 0, 0], "std": [1, 1, 1], "layout": "NCHW"},
        "golden": {"origin": "training", "tolerance": 1e-4, "cases": [
            {"image": "golden/1.png", "sha256": harness.sha256(image),
             "probabilities": {"onnx": [power / sum(powers) for power in powers]}}]},
        "accuracy": {}, "previous_version": None}))
