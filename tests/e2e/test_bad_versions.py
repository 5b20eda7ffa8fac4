"""Manifests, artifacts and models that must be refused, each with a clear message and nothing left behind."""
import json
import os
import pathlib
import shutil
import unittest

from harness import DEMO, ROOT, LotmarkTest, sha256

FIXTURES = ROOT / "src/runtime_onnx/testdata"


class BadManifests(LotmarkTest):
    def setUp(self):
        super().setUp()
        self.make_volume("2023-v1", activate="2023-v1")

    def tearDown(self):
        self.assertEqual(self.staging(), [], "something was left in staging")
        self.assertEqual([v["version"] for v in self.ok("list", "--json").json], ["2023-v1"])
        self.ok("verify")

    def refuse(self, change, says):
        folder = self.export_folder()
        path = self.edit_manifest(folder, change)
        self.refused("add", path, says=says)
        shutil.rmtree(folder)

    def test_the_example_of_the_decision_record(self):
        folder = self.scratch / "adr"
        folder.mkdir()
        (folder / "model-manifest.json").write_text(json.dumps({
            "model_name": "efficientnet_b4_isic", "version": "2024-v1",
            "training_dataset": "ISIC 2024 Challenge (401,059 images)", "export_date": "2026-02-21",
            "source_framework": "PyTorch 2.5.1",
            "formats": {
                "onnx": {"path": "efficientnet_b4_isic_2024v1.onnx", "sha256": "abc123...", "input_shape": [1, 3, 380, 380],
                         "output_classes": 9},
                "tensorrt": {"path": "efficientnet_b4_isic_2024v1.engine", "precision": "FP16", "target_device": "Jetson Thor"},
                "tflite": {"path": "mobilenetv3_isic_2024v1_int8.tflite", "quantization": "INT8", "input_shape": [1, 3, 224, 224]}},
            "accuracy": {"top1": 0.883, "top3": 0.962, "melanoma_sensitivity": 0.951}, "previous_version": "2023-v1"}, indent=2))
        self.refused("add", folder / "model-manifest.json", says=["formats.onnx.sha256", "abc123...", "64"])

    def test_digests(self):
        def set_digest(value):
            def change(manifest):
                manifest["formats"]["onnx"]["sha256"] = value(manifest["formats"]["onnx"]["sha256"])
            return change
        self.refuse(set_digest(str.upper), ["formats.onnx.sha256", "capitals"])
        self.refuse(set_digest(lambda d: d[:40]), ["formats.onnx.sha256", "40"])
        self.refuse(set_digest(lambda d: "0" * 64), ["lesion_cnn_demo_2024v1.onnx", "0" * 64])

    def test_size_mismatch(self):
        self.refuse(lambda m: m["formats"]["onnx"].update(size=17), ["lesion_cnn_demo_2024v1.onnx", "17"])

    def test_paths_that_leave_the_folder(self):
        for path in ("../model.onnx", "/etc/passwd", "a/../../b.onnx", "./model.onnx", "model\\x.onnx", "a//b"):
            self.refuse(lambda m, p=path: m["formats"]["onnx"].update(path=p), "formats.onnx.path")

    def test_wrong_type_and_duplicate_key(self):
        self.refuse(lambda m: m["formats"]["onnx"].update(size="345555"), "formats.onnx.size")
        folder = self.export_folder()
        path = folder / "model-manifest.json"
        path.write_text(path.read_text().replace('"version":', '"version": "1999-v1", "version":', 1))
        self.refused("add", path, says=["version", "twice"])

    def test_truncated(self):
        folder = self.export_folder()
        path = folder / "model-manifest.json"
        whole = path.read_bytes()
        for length in (0, 1, len(whole) // 2, len(whole) - 3):
            path.write_bytes(whole[:length])
            self.refused("add", path, says="JSON")

    def test_missing_file(self):
        folder = self.export_folder()
        (folder / "lesion_cnn_demo_2024v1.onnx").unlink()
        self.refused("add", folder / "model-manifest.json", says="lesion_cnn_demo_2024v1.onnx")
        self.refused("add", folder / "no-such-manifest.json", says="no-such-manifest.json")

    def test_link_device_and_pipe_as_artifact(self):
        folder = self.export_folder()
        artifact = folder / "lesion_cnn_demo_2024v1.onnx"
        artifact.rename(self.scratch / "real.onnx")
        artifact.symlink_to(self.scratch / "real.onnx")
        self.refused("add", folder / "model-manifest.json", says=[artifact.name, "link"])
        artifact.unlink()
        os.mkfifo(artifact)
        self.refused("add", folder / "model-manifest.json", says=artifact.name)
        artifact.unlink()
        if os.geteuid() == 0:
            os.mknod(artifact, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero: endless
            self.refused("add", folder / "model-manifest.json", says=artifact.name)

    def test_incomplete_manifest_names_the_fields_and_the_command(self):
        folder = self.export_folder()
        def strip(manifest):
            del manifest["formats"]["onnx"]["sha256"]
            del manifest["formats"]["onnx"]["size"]
        path = self.edit_manifest(folder, strip)
        self.refused("add", path, says=["formats.onnx.sha256", "formats.onnx.size", "manifest complete"])


class SameVersionAgain(LotmarkTest):
    def test_same_bytes_are_fine_other_bytes_are_refused(self):
        self.make_volume("2024-v1", activate="2024-v1")
        manifest = DEMO / "models/2024-v1/model-manifest.json"
        self.assertIn("already registered", self.ok("add", manifest).out)
        folder = self.export_folder()
        path = self.edit_manifest(folder, lambda m: m.update(training_dataset="something else"))
        self.refused("add", path, says="2024-v1")
        capitals = self.edit_manifest(folder, lambda m: m.update(version="2024-V1"))
        self.refused("add", capitals, says="2024-v1")
        self.ok("verify")

    def test_complete_on_the_way_in(self):
        self.make_volume()
        folder = self.export_folder()
        def strip(manifest):
            del manifest["formats"]["onnx"]["sha256"]
            del manifest["formats"]["onnx"]["size"]
            for case in manifest["golden"]["cases"]:
                case.pop("sha256", None)
        path = self.edit_manifest(folder, strip)
        before = path.read_text()
        out = self.ok("add", path, "--complete").out
        self.assertEqual(path.read_text(), before, "the engineer's file was touched")
        registered = (self.volume / "models/lesion_cnn_demo/versions/2024-v1/model-manifest.json").read_bytes()
        self.assertIn(sha256(registered), out)
        artifact = folder / "lesion_cnn_demo_2024v1.onnx"
        self.assertEqual(json.loads(registered)["formats"]["onnx"]["sha256"], sha256(artifact.read_bytes()))
        # The command that does it in place gives the same bytes, and a second time changes nothing.
        self.ok("manifest", "complete", path)
        self.assertEqual(path.read_bytes(), registered)
        self.assertIn("nothing to fill in", self.ok("manifest", "complete", path).out)


class BadModels(LotmarkTest):
    """Models whose bytes are what the manifest says, and which must still not become active."""

    def setUp(self):
        super().setUp()
        self.make_volume("2023-v1", activate="2023-v1")

    def add_model(self, model, change=lambda m: None, version="bad-v1"):
        folder = self.export_folder(name=version)
        artifact = folder / "lesion_cnn_demo_2024v1.onnx"
        artifact.write_bytes(model)
        def edit(manifest):
            manifest["version"] = version
            manifest["formats"]["onnx"].update(sha256=sha256(model), size=len(model))
            change(manifest)
        self.ok("add", self.edit_manifest(folder, edit))

    def refuse_activation(self, says, version="bad-v1"):
        self.refused("activate", version, "--reason", "x", says=says)
        self.assertEqual(self.active(), "2023-v1")
        self.assertNotIn(version, [e["version"] for e in self.ok("history", "--json").json if e["event"] == "activated"])

    def good_model(self):
        return (DEMO / "models/2024-v1/lesion_cnn_demo_2024v1.onnx").read_bytes()

    def test_truncated(self):
        self.add_model(self.good_model()[:-2000])
        self.refuse_activation("lesion_cnn_demo_2024v1.onnx")

    def test_not_onnx(self):
        self.add_model(b"this is not a model\n" * 100)
        self.refuse_activation("lesion_cnn_demo_2024v1.onnx")

    def test_one_flipped_bit_before_registration_is_found_by_the_test_classification(self):
        model = bytearray(self.good_model())
        start = len(model) // 2
        for position in range(start, start + 4000):  # some thousand weights, their exponents among the bits
            model[position] ^= 0x40
        self.add_model(bytes(model))
        self.refuse_activation("golden")

    def test_classes_differ_from_the_manifest(self):
        def change(manifest):
            manifest["classes"] = manifest["classes"][:8]
            manifest["formats"]["onnx"].pop("output_classes")
            manifest["formats"]["onnx"]["outputs"][0]["shape"] = [1, 8]
            del manifest["golden"]
        self.add_model(self.good_model(), change)
        self.relax_policy()
        self.refuse_activation("8")

    def test_labels_in_another_order(self):
        def change(manifest):
            manifest["classes"] = manifest["classes"][1:] + manifest["classes"][:1]
            for case in manifest["golden"]["cases"]:
                p = case["probabilities"]["onnx"]
                case["probabilities"]["onnx"] = p[1:] + p[:1]
        self.add_model(self.good_model(), change)
        self.refuse_activation("golden")

    def test_external_data_that_is_not_listed(self):
        self.add_model((FIXTURES / "external.onnx").read_bytes())
        self.refuse_activation("external")

    def test_a_plain_manifest_can_be_added_and_not_activated(self):
        def change(manifest):
            for field in ("classes", "preprocessing", "golden", "embedding"):
                manifest.pop(field, None)
        self.add_model(self.good_model(), change)
        self.refuse_activation(["classes", "preprocessing"])


class BadVolumes(LotmarkTest):
    def test_unknown_format(self):
        self.make_volume("2023-v1", activate="2023-v1")
        path = self.volume / "volume.json"
        path.chmod(0o644)
        path.write_text(path.read_text().replace('"format":1', '"format":2').replace('"format": 1', '"format": 2'))
        self.refused("status", says=["format", "2"])

    def test_not_a_volume(self):
        (self.scratch / "derm-models").mkdir()
        self.refused("status", says="volume")
        self.refused("list", "--volume", self.scratch / "nowhere", says="nowhere")

    def test_init_of_a_folder_with_other_things(self):
        self.volume.mkdir()
        (self.volume / "thesis.txt").write_text("years of work")
        self.refused("init", self.volume, "--model", "m", says="thesis.txt")
        self.assertEqual((self.volume / "thesis.txt").read_text(), "years of work")

    def test_pointer_dereferenced_by_a_copy(self):
        self.make_volume("2023-v1", activate="2023-v1")
        copy = self.scratch / "copy"
        shutil.copytree(self.volume, copy, symlinks=False)
        self.refused("classify", DEMO / "images/lesion_01.jpg", "--volume", copy, says=["active", "copy"])
        status = self.lotmark("status", "--volume", copy)
        self.assertEqual(status.code, 1)
        self.assertIn("copy", status.out)
        self.refused("activate", "2023-v1", "--reason", "x", "--volume", copy, says="active")

    def test_pointer_that_leaves_the_volume(self):
        self.make_volume("2023-v1", activate="2023-v1")
        pointer = self.volume / "models/lesion_cnn_demo/active"
        pointer.unlink()
        pointer.symlink_to("../../../../etc")
        self.refused("classify", DEMO / "images/lesion_01.jpg", says="active")

    def test_flipped_byte_is_named_and_stops_a_start(self):
        self.make_volume("2023-v1", "2024-v1", activate="2024-v1")
        artifact = self.artifact()
        artifact.chmod(0o644)
        data = bytearray(artifact.read_bytes())
        data[len(data) // 3] ^= 0x10
        artifact.write_bytes(data)
        run = self.lotmark("verify")
        self.assertEqual(run.code, 1)
        bad = [line for line in run.out.splitlines() if line.startswith("BAD")]
        self.assertEqual(len(bad), 1)
        self.assertIn(artifact.name, bad[0])
        self.assertEqual([f["path"] for f in self.lotmark("verify", "--json").json["files"] if f["state"] != "ok"], [artifact.name])
        started = self.refused("serve", "--listen", "127.0.0.1:0", says=artifact.name)
        self.assertNotIn("listening", started.err)

    def test_changed_manifest_is_named(self):
        self.make_volume("2024-v1", activate="2024-v1")
        manifest = self.volume / "models/lesion_cnn_demo/versions/2024-v1/model-manifest.json"
        manifest.chmod(0o644)
        manifest.write_text(manifest.read_text().replace("PyTorch", "PyTorck"))
        run = self.lotmark("verify")
        self.assertEqual(run.code, 1)
        self.assertIn("model-manifest.json", run.out)
        self.refused("serve", "--listen", "127.0.0.1:0", says="manifest")


if __name__ == "__main__":
    unittest.main()
