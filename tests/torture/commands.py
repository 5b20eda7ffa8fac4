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
# What can be added: model, version, and the colour of its golden image.
VERSIONS = {"v1": ("colours", "v1", (250, 10, 10)), "v2": ("colours", "v2", (10, 250, 10)),
            "other": ("moles", "v1", (99, 9, 9))}
FILES = ("both", "stricter", "nobody", "ada_approval", "grace_approval")


class Case:
    """One command. `before` is done once on an empty place: command lines, and functions of the place. `args` is the line
    under torture; in lines, words in braces name places and keys: Place.words.
    - repeatable: run again after it took effect it answers 0 and changes nothing; where not, it is not run again then.
    - recover: what a person runs after a death.
    - begins: "whole"; or "wrong": until the command took effect, verification and recovery rightly complain."""

    def __init__(self, name, before, args, repeatable=True, recover="recover", begins="whole"):
        self.name, self.before, self.args, self.repeatable = name, before, args, repeatable
        self.recover, self.begins = recover, begins
        self.finish = args  # what a person runs to come to the new state after all

    def recovery(self):
        """The recovery after this command died, as a case of its own."""
        case = Case("recovery after: " + self.name, [], self.recover, self.repeatable, self.recover, self.begins)
        case.finish = self.finish
        return case


def people(place):
    """Two people with keys, and three policies: what both must approve, the same but stricter, and nobody."""
    approvers = []
    for name in ("ada", "grace"):
        key = json.loads(place.ok(f"keygen {name} --no-passphrase --json"))
        place.words[name + "_id"] = key["key_id"]
        approvers.append({"name": name.capitalize(), "keys": [key["public_key"]]})
    for name, asks in (("both", {"approvals": 2}), ("stricter", {"approvals": 2, "formats": ["onnx"]}),
                       ("nobody", {"approvals": 0})):
        place.words[name].write_text(json.dumps({"format": 1, "activation": asks, "approvers": approvers}))


def signed(subject, by):
    """A step that leaves the approval of a version, or of `--policy FILE`, in the file that {BY_approval} names."""
    def step(place):
        request = place.folder / "sources/request.json"
        request.write_text(place.ok("approve request " + subject))
        place.ok(f"approve sign {request} --key {by} --name {by.capitalize()} --meaning approved --yes "
                 f"--out {{{by}_approval}}")
    return step


def pointer_gone(place):
    (place.volume / "models/colours/active").unlink()


def links_followed(place):
    """As a copy of the volume by a tool that follows links."""
    for link in ("models/colours/active", "model-manifest.json", "policy.json"):
        link = place.volume / link
        target = link.resolve()
        link.unlink()
        (shutil.copytree if target.is_dir() else shutil.copy2)(target, link)


def backup(place):
    shutil.copytree(place.volume, place.folder.parent / (place.folder.name + ".backup"), symlinks=True)


def restore(place):
    """What happened since `backup` is forgotten by the volume, and remembered outside it."""
    remove_tree(place.volume)
    (place.folder.parent / (place.folder.name + ".backup")).rename(place.volume)


INIT = "init {volume} --model colours"
TWO = [INIT, "add {v1}", "add {v2}", "activate v1 --reason before"]
TWO_ACTIVE = [*TWO, "activate v2 --reason before"]
APPROVING = [*TWO, people, "policy set {both} --reason before"]

CASES = [
    Case("init", [], INIT, recover=INIT),
    Case("add the first version", [INIT], "add {v1}"),
    Case("add a second version", [INIT, "add {v1}", "activate v1 --reason before"], "add {v2}"),
    Case("add another model", [INIT, "add {v1}"], "add {other}"),
    Case("activate the first version", [INIT, "add {v1}"], "activate v1 --reason torture"),
    Case("activate a second version", TWO, "activate v2 --reason torture"),
    Case("activate an earlier version again", TWO_ACTIVE, "activate v1 --reason torture"),
    Case("activate what two people approved",
         [*APPROVING, signed("v2", "ada"), "approve import {ada_approval}", signed("v2", "grace"),
          "approve import {grace_approval}"], "activate v2 --reason torture"),
    Case("roll back", TWO_ACTIVE, "rollback --to v1 --reason torture", repeatable=False),
    Case("set a policy", [*TWO, people], "policy set {both} --reason torture"),
    Case("change a policy that asks for approvals",
         [*APPROVING, signed("--policy {nobody}", "ada"), "approve import {ada_approval}",
          signed("--policy {nobody}", "grace"), "approve import {grace_approval}"],
         "policy set {nobody} --reason torture"),
    Case("approve a version", [*APPROVING, signed("v2", "ada")], "approve import {ada_approval}"),
    Case("approve a policy", [*APPROVING, signed("--policy {stricter}", "grace")], "approve import {grace_approval}"),
    Case("record golden evidence", TWO, "golden run v2 --record"),
    Case("revoke a key", APPROVING, "key revoke {ada_id} --reason torture"),
    Case("quarantine", TWO_ACTIVE, "quarantine v1 --reason torture"),
    Case("quarantine and roll back", TWO_ACTIVE, "quarantine v2 --rollback --reason torture"),
    Case("quarantine and stop", TWO_ACTIVE, "quarantine v2 --stop --reason torture"),
    Case("repair a pointer that is gone", [*TWO, pointer_gone], "repair --reason torture", begins="wrong"),
    Case("repair a copy that followed links", [*TWO, links_followed], "repair --reason torture", begins="wrong"),
    Case("accept a restored journal", [*TWO, backup, "activate v2 --reason before", restore],
         "recover --accept-restored --reason torture", repeatable=False, begins="wrong"),
    Case("update", TWO[:2] + TWO[3:], "update {v2}"),
]


class Place:
    """A folder that holds everything one run can touch: volume, manifests, keys, remembered state, home."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.volume = self.folder / "volume"
        sources = self.folder / "sources"
        self.words = {"volume": self.volume, **{name: sources / name / "model-manifest.json" for name in VERSIONS},
                      **{name: sources / (name + ".json") for name in FILES}}
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
            "LOTMARK_VOLUME": str(self.volume), "LOTMARK_ACTOR": "tester@bench",
            "LOTMARK_KEYS": str(self.folder / "keys"), "LOTMARK_STATE": str(self.folder / "state"),
            "HOME": str(self.folder / "home")}

    def line(self, text):
        """The command line as words."""
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
        for name, (model, version, colour) in VERSIONS.items():
            write_version(self.words[name].parent, version, model, colour)
        for step in case.before:
            step(self) if callable(step) else self.ok(step)

    def copy(self, folder):
        """A place of its own with the same contents. Files that nobody may write are the same files."""
        shutil.copytree(self.folder, folder, symlinks=True, copy_function=link_or_copy)
        place = Place(folder)
        place.words = {**self.words, **place.words}
        return place

    def remove(self):
        remove_tree(self.folder)


def remove_tree(top):
    for folder, _, _ in os.walk(top):  # versions are read-only
        os.chmod(folder, 0o755)
    shutil.rmtree(top)


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
