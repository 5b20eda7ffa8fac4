"""The golden test classification: what it must find before a version becomes active, `golden run` and `golden record`."""
import json
import shutil
import subprocess
import sys
import unittest

import onnx_patch
from harness import DEMO, ROOT, LotmarkTest, sample_images, sha256

MODEL = "lesion_cnn_demo_2024v1.onnx"
IMAGES = [DEMO / "images" / name for name in ("lesion_01.jpg", "lesion_02.jpg", "lesion_07.png")]


class Defects(LotmarkTest):
    """Each defect loads without an error, has files of the right digests and right golden answers. Nothing but the
    golden test classification can find it; the version before goes on serving."""

    def setUp(self):
        super().setUp()
        self.make_volume("2023-v1", activate="2023-v1")

    def add(self, change=lambda manifest: None, model=None, version="2025-v1"):
        """Registers 2024-v1 with another manifest or other model bytes as another version."""
        folder = self.export_folder(name=version)
        if model is not None:
            (folder / MODEL).write_bytes(model)

        def edit(manifest):
            manifest["version"] = version
            if model is not None:
                manifest["formats"]["onnx"].update(sha256=sha256(model), size=len(model))
            change(manifest)
        self.ok("add", self.edit_manifest(folder, edit))

    def refuse(self, *says, version="2025-v1"):
        before = self.ok("history", "--json").json
        self.refused("activate", version, "--reason", "x", says=["golden test classification", *says])
        self.assertEqual(self.active(), "2023-v1")
        self.assertEqual(self.ok("history", "--json").json, before, "an event without a change")
        run = self.lotmark("golden", "run", version)
        self.assertEqual(run.code, 1, run.err)
        for text in says:
            self.assertIn(text.removeprefix("probably because "), run.out)
        self.assertIn("FAILED", run.out)

    @property
    def model(self):
        return (DEMO / "models/2024-v1" / MODEL).read_bytes()

    def test_labels_in_another_order_than_the_outputs(self):
        def rotate(manifest):  # with the right answers for the labels as they stand
            manifest["classes"] = manifest["classes"][1:] + manifest["classes"][:1]
            for case in manifest["golden"]["cases"]:
                given = case["probabilities"]["onnx"]
                case["probabilities"]["onnx"] = given[1:] + given[:1]
        self.add(rotate)
        self.refuse("probably because the labels of `classes` are not in the order of the model's outputs",
                    "output 0, called 'basal_cell_carcinoma', gives what is expected of 'actinic_keratosis'")

    def test_labels_reordered_by_hand_are_refused_even_earlier(self):
        def swap(manifest):
            classes = manifest["classes"]
            classes[3], classes[4] = classes[4], classes[3]
        path = self.edit_manifest(self.export_folder(), swap)
        self.refused("add", path, says=["golden.cases[0].top_class: 'melanoma'", "is that of 'nevus'", "order"])

    def test_another_mean_and_std(self):
        folder = self.scratch / "2025-v1"
        subprocess.run([sys.executable, ROOT / "tools/demo_model/wrong_normalisation.py", folder], check=True)
        self.ok("add", folder / "model-manifest.json")
        self.refuse("probably because the normalisation (divisor, mean, std) is wrong")

    def test_a_usual_normalisation_that_was_meant_is_named(self):
        folder = self.export_folder(name="2024-v2")

        def normalise_to_one(manifest):  # pixels in [-1, 1]
            manifest["version"] = "2024-v2"
            manifest["preprocessing"].update(mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5])
        self.edit_manifest(folder, normalise_to_one)
        self.ok("golden", "record", folder, "--image", *IMAGES, "--replace")

        def forget(manifest):
            manifest["preprocessing"].update(mean=[0, 0, 0], std=[1, 1, 1])
        path = self.edit_manifest(folder, forget)
        self.ok("add", path)
        self.refuse("probably because the normalisation is wrong: with divisor 255, mean [0.5, 0.5, 0.5] and std "
                    "[0.5, 0.5, 0.5] the model gives the expected values", version="2024-v2")

    def test_swapped_channels(self):
        self.add(model=onnx_patch.with_bgr_input(self.model))
        self.refuse("probably because red and blue are swapped: with BGR pixels the model gives the expected values")

    def test_weights_of_another_model(self):
        self.add(model=(DEMO / "models/2023-v1/lesion_cnn_demo_2023v1.onnx").read_bytes())
        self.refuse("or the weights are another model's")

    def test_constant_output(self):
        self.add(model=onnx_patch.blind(self.model))
        self.refuse("probably because the model gives the same output for different images, to the last bit")

    def test_output_that_is_not_a_number(self):
        self.add(model=onnx_patch.with_nan(self.model))
        self.refuse("probably because the model's weights are broken", "is not a finite number")

    def test_the_old_version_keeps_serving(self):
        service = self.serve()
        image = sample_images()["lesion_01.jpg"]
        self.add(model=onnx_patch.with_bgr_input(self.model))
        self.refuse("red and blue")
        status, reply = service.classify(image)
        self.assertEqual((status, reply["model_version"]), (200, "2023-v1"))
        self.ok("add", DEMO / "models/2024-v1/model-manifest.json")
        self.ok("activate", "2024-v1", "--reason", "the right one")
        service.wait_for_active("2024-v1")


class GoldenRun(LotmarkTest):
    def test_shows_each_case_and_the_same_evidence_each_time(self):
        self.make_volume("2024-v1")
        run = self.ok("golden", "run", "2024-v1")
        self.assertRegex(run.out, r"golden/melanoma_01\.png +melanoma +\S+ +agrees")
        self.assertRegex(run.out, r"6 golden cases \(origin training\): agree, worst difference \S+, tolerance 0\.0001")
        first = self.ok("golden", "run", "2024-v1", "--json").json
        self.assertIn("evidence_sha256 " + first["evidence_sha256"], run.out)
        self.assertEqual((first["passed"], first["origin"], len(first["cases"])), (True, "training", 6))
        self.assertLess(max(case["worst_difference"] for case in first["cases"]), 1e-4)
        self.assertEqual(self.ok("golden", "run", "2024-v1", "--json").json, first)

    def test_verifies_the_files_first(self):
        self.make_volume("2024-v1")
        artifact = self.artifact()
        artifact.chmod(0o644)
        artifact.write_bytes(artifact.read_bytes()[:-1] + b"\0")
        self.refused("golden", "run", "2024-v1", says=MODEL)

    def test_needs_golden_cases(self):
        self.make_volume()
        self.ok("add", self.edit_manifest(self.export_folder(), lambda manifest: manifest.pop("golden")))
        self.refused("golden", "run", "2024-v1", says="no golden cases for onnx")
        self.refused("golden", "run", "1999-v1", says="1999-v1")

    def test_the_origin_is_told(self):
        self.make_volume("2023-v1", activate="2023-v1")
        self.ok("add", self.edit_manifest(self.export_folder(), lambda manifest: manifest.pop("golden")))
        self.assertIn("6 (origin training, tolerance 0.0001)", self.ok("show", "2023-v1").out)
        self.assertIn("6 (origin training, tolerance 0.0001)", self.ok("status").out)
        self.assertEqual(self.ok("status", "--json").json["models"][0]["golden_origin"], "training")
        self.assertEqual([v["golden_origin"] for v in self.ok("list", "--json").json], ["training", None])


class GoldenRecord(LotmarkTest):
    def without_golden(self):
        folder = self.export_folder()
        shutil.rmtree(folder / "golden")
        path = folder / "model-manifest.json"
        text = path.read_text()
        begin, end = text.index('  "golden": {'), text.index('  "accuracy": {')
        path.write_text(text[:begin] + text[end:])
        return folder, path

    def test_records_what_then_agrees(self):
        folder, path = self.without_golden()
        before = path.read_text()
        out = self.ok("golden", "record", folder, "--image", *IMAGES).out
        self.assertIn("recorded golden/lesion_01.jpg: ", out)
        self.assertIn("origin recorded", out)
        self.assertIn("manifest_sha256 " + sha256(path.read_bytes()), out)
        after = path.read_text()
        begin, end = after.index('  "golden": {'), after.index('  "accuracy": {')
        self.assertEqual(after[:begin] + after[end:], before, "another byte than golden's was touched")
        golden = json.loads(after)["golden"]
        self.assertEqual((golden["origin"], golden["tolerance"], len(golden["cases"])), ("recorded", 1e-4, 3))
        for image, case in zip(IMAGES, golden["cases"]):
            self.assertEqual((folder / case["image"]).read_bytes(), image.read_bytes())
        self.make_volume()
        self.ok("add", path)
        self.assertIn("3 golden cases (origin recorded): agree", self.ok("activate", "2024-v1", "--reason", "x").out)

    def test_completes_the_manifest_too(self):
        folder, path = self.without_golden()

        def strip(manifest):
            del manifest["formats"]["onnx"]["sha256"], manifest["formats"]["onnx"]["size"]
        self.edit_manifest(folder, strip)
        reply = self.ok("golden", "record", path, "--image", *IMAGES, "--tolerance", "0.001", "--json").json
        self.assertEqual(reply["filled_in"], ["formats.onnx.sha256", "formats.onnx.size"])
        self.assertEqual((reply["tolerance"], reply["manifest_sha256"]), (0.001, sha256(path.read_bytes())))
        self.assertEqual([case["top_class"] for case in reply["cases"]][:1], ["melanoma"])
        self.make_volume()
        self.ok("add", path)

    def test_keeps_golden_cases_that_are_there(self):
        folder = self.export_folder()
        before = (folder / "model-manifest.json").read_bytes()
        self.refused("golden", "record", folder, "--image", *IMAGES, says=["origin training", "--replace"])
        self.assertEqual((folder / "model-manifest.json").read_bytes(), before)
        self.ok("golden", "record", folder, "--image", *IMAGES, "--replace")
        self.refused("golden", "record", folder, "--image", *IMAGES, says=["origin recorded", "--replace"])
        self.assertEqual(len(json.loads((folder / "model-manifest.json").read_text())["golden"]["cases"]), 3)

    def test_refuses_without_touching_anything(self):
        folder, path = self.without_golden()
        before = path.read_bytes()
        text = self.scratch / "text.png"
        text.write_text("no image")
        other = self.scratch / "lesion_01.jpg"
        other.write_bytes(IMAGES[1].read_bytes())
        self.refused("golden", "record", folder, "--image", text, says="golden/text.png")
        self.refused("golden", "record", folder, "--image", IMAGES[0], other, says="golden/lesion_01.jpg")
        self.refused("golden", "record", folder, "--image", self.scratch / "none.png", says="none.png")
        self.refused("golden", "record", folder, "--image", *IMAGES, "--tolerance", "0.5", says="golden.tolerance")
        self.refused("golden", "record", self.scratch / "nowhere", "--image", *IMAGES)
        self.assertEqual(path.read_bytes(), before)
        self.assertFalse((folder / "golden").exists())
        # A file of the same name with other bytes is not replaced; one with the same bytes is used.
        (folder / "golden").mkdir()
        (folder / "golden/lesion_01.jpg").write_bytes(b"mine")
        self.refused("golden", "record", folder, "--image", *IMAGES, says="golden/lesion_01.jpg")
        self.assertEqual(sorted(p.name for p in (folder / "golden").iterdir()), ["lesion_01.jpg"])
        (folder / "golden/lesion_01.jpg").write_bytes(IMAGES[0].read_bytes())
        self.ok("golden", "record", folder, "--image", folder / "golden/lesion_01.jpg", *IMAGES[1:])

    def test_refuses_a_model_that_sees_nothing(self):
        folder, path = self.without_golden()
        model = onnx_patch.blind((folder / MODEL).read_bytes())
        (folder / MODEL).write_bytes(model)
        self.edit_manifest(folder, lambda m: m["formats"]["onnx"].update(sha256=sha256(model)))
        before = path.read_bytes()
        self.refused("golden", "record", folder, "--image", *IMAGES, says="the same output for different images")
        self.assertEqual(path.read_bytes(), before)

    def test_refuses_a_folder_in_a_volume(self):
        self.make_volume("2024-v1")
        folder = self.volume / "models/lesion_cnn_demo/versions/2024-v1"
        link = self.scratch / "link"
        link.symlink_to(folder)
        for where in (folder, folder / "model-manifest.json", link):
            self.refused("golden", "record", where, "--image", *IMAGES, "--replace", says="lies in the volume")
        self.ok("verify")


if __name__ == "__main__":
    unittest.main()
