"""The x86-64 program and the arm64 one on the demo's models and images: the same bytes go in, the same answers come out.

scripts/test-arm64 runs this, with LOTMARK_BIN (this machine's program) and LOTMARK_ARM64 (the words of a command that runs
the other one). Digests of images, pixels and tensors must be equal; probabilities come from another processor's
arithmetic and may differ by the golden tolerance.
"""
import json
import os
import shlex
import subprocess

import harness
from harness import DEMO, LotmarkTest, sample_images

ARM64 = shlex.split(os.environ["LOTMARK_ARM64"])
IMAGES = sorted(str(DEMO / "images" / name) for name in sample_images())
VERSIONS = ("2023-v1", "2024-v1")
TOLERANCE = {version: json.loads((DEMO / "models" / version / "model-manifest.json").read_text())["golden"]["tolerance"]
             for version in VERSIONS}
# What must not depend on the processor. output_sha256 does: it is of the probabilities' exact bits.
EQUAL = ("manifest_sha256", "artifact_sha256", "preprocessing_sha256", "image_sha256", "tensor_sha256", "quality", "top_class",
         "model_version", "classes")


class SameAnswers(LotmarkTest):
    def on_arm64(self, *args, environment=None):
        done = subprocess.run([*ARM64, *map(str, args)], capture_output=True, text=True, timeout=harness.PATIENCE, check=False,
                              env={**os.environ, **self.environment, **(environment or {})})
        self.assertEqual(done.returncode, 0, f"arm64 lotmark {args}: {done.stdout}{done.stderr}")
        return done.stdout

    def on_x86_64(self, *args, environment=None):
        return self.ok(*args, environment=environment or {}).out

    def rows(self, lotmark, name):
        """Makes a volume, activates each version, which runs its golden cases, and classifies every image with it.

        Returns the rows as they were stored, by version and file."""
        volume = self.scratch / name
        environment = {"LOTMARK_VOLUME": str(volume), "LOTMARK_RECORDS": f"sqlite://{self.scratch / name}.db"}
        lotmark("init", volume, "--model", "lesion_cnn_demo")
        files = {}
        for version in VERSIONS:
            lotmark("add", DEMO / "models" / version / "model-manifest.json", environment=environment)
            lotmark("activate", version, "--reason", "comparison", environment=environment)
            replies = json.loads(lotmark("classify", *IMAGES, "--json", environment=environment))
            files.update({reply["id"]: reply["file"] for reply in replies})
        stored = json.loads(lotmark("records", "list", "--limit", "1000", "--json", environment=environment))
        return {(row["model_version"], files[row["id"]]): row for row in stored}

    def test_on_every_image_with_every_version(self):
        here, there = self.rows(self.on_x86_64, "x86_64"), self.rows(self.on_arm64, "arm64")
        self.assertEqual(len(here), len(VERSIONS) * len(IMAGES))
        self.assertEqual(here.keys(), there.keys())
        greatest = 0.0
        for version, file in here:
            mine, other = here[version, file], there[version, file]
            self.assertRegex(mine["cpu_features"], "^x86_64")
            self.assertRegex(other["cpu_features"], "^aarch64,asimd")
            probabilities = [[one.pop("probability") for one in row["classes"]] for row in (mine, other)]
            for key in EQUAL:
                self.assertEqual(mine[key], other[key], f"{version}, {file}: {key}")
            difference = max(abs(a - b) for a, b in zip(*probabilities))
            self.assertLessEqual(difference, TOLERANCE[version], f"{version}, {file}: {probabilities}")
            greatest = max(greatest, difference)
        print(f"\n{len(here)} classifications: equal digests, probabilities at most {greatest:.2g} apart")

    def test_a_volume_and_rows_written_on_arm64_are_read_on_x86_64(self):
        self.on_arm64("init", self.volume, "--model", "lesion_cnn_demo")
        self.on_arm64("add", DEMO / "models/2024-v1/model-manifest.json")
        self.on_arm64("activate", "2024-v1", "--reason", "first")
        classified, = json.loads(self.on_arm64("classify", IMAGES[0], "--json"))
        self.ok("verify")
        self.assertIn("2024-v1", self.ok("trace", classified["id"]).out)
        self.assertEqual(self.ok("history", "--json").json, json.loads(self.on_arm64("history", "--json")))
