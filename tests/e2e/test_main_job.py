"""The main job: register, activate, serve, classify, update, roll back, trace."""
import json
import pathlib
import sqlite3
import unittest

from harness import DEMO, LotmarkTest, json_body, sample_images, sha256


class MainJob(LotmarkTest):
    def test_classifies_records_updates_rolls_back_and_traces(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        service = self.serve()
        images = sample_images()
        replies = {}
        for name, image in images.items():
            status, reply = service.classify(image, patient_id="p-1", content_type="ignored")
            self.assertEqual(status, 200, reply)
            self.assertEqual((reply["model_name"], reply["model_version"]), ("lesion_cnn_demo", "2023-v1"))
            self.assertEqual(len(reply["classes"]), 9)
            self.assertAlmostEqual(sum(c["probability"] for c in reply["classes"]), 1, places=4)
            self.assertEqual([c["label"] for c in reply["top3"]][0], reply["top_class"])
            replies[name] = reply
        self.assertGreater(len({r["top_class"] for r in replies.values()}), 4, "the model answers the same for all")

        manifest = (DEMO / "models/2023-v1/model-manifest.json").read_bytes()
        first = replies["lesion_01.jpg"]
        self.assertEqual(first["manifest_sha256"], sha256(manifest))

        # The rows are there, as the replies said.
        rows = sqlite3.connect(self.records).execute(
            "SELECT id, model_name, model_version, manifest_sha256, image_sha256, source FROM lesion_classifications").fetchall()
        self.assertEqual(len(rows), len(images))
        by_id = {row[0]: row for row in rows}
        for name, reply in replies.items():
            self.assertEqual(by_id[reply["id"]][1:], ("lesion_cnn_demo", "2023-v1", sha256(manifest), sha256(images[name]), "server"))

        # Update while it runs.
        self.ok("activate", "2024-v1", "--reason", "better")
        service.wait_for_active("2024-v1")
        status, newer = service.classify(images["lesion_01.jpg"])
        self.assertEqual((status, newer["model_version"]), (200, "2024-v1"))
        self.assertNotEqual(newer["classes"], first["classes"])

        # Back again: the same bits as before.
        self.ok("rollback", "--reason", "trial")
        service.wait_for_active("2023-v1")
        status, again = service.classify(images["lesion_01.jpg"])
        self.assertEqual(again["classes"], first["classes"])

        # Trace names everything and says that the bytes still match.
        trace = self.ok("trace", first["id"])
        artifact = (DEMO / "models/2023-v1/lesion_cnn_demo_2023v1.onnx").read_bytes()
        for text in ("lesion_cnn_demo", "2023-v1", sha256(manifest), sha256(artifact), "match", sha256(images["lesion_01.jpg"])):
            self.assertIn(text, trace.out)
        traced = self.ok("trace", first["id"], "--json").json
        self.assertTrue(traced["version"]["bytes_match"])
        self.assertEqual(traced["classification"]["artifact_sha256"], sha256(artifact))
        self.assertEqual(traced["version"]["activated_by"]["reason"], "test")

        # What the service did is recorded, and SIGTERM drains.
        self.assertEqual(service.terminate(), 0, service.log_text())
        events = [e["event"] for e in self.ok("records", "events", "--json").json]
        self.assertEqual(sorted(events), ["drained", "loaded", "swapped", "swapped"])

    def test_a_program_without_lotmark_finds_the_active_model(self):
        self.make_volume("2023-v1", "2024-v1", activate="2024-v1")
        link = self.volume / "model-manifest.json"
        manifest = json.loads(link.read_text())
        self.assertEqual(manifest["version"], "2024-v1")
        artifact = link.resolve().parent / manifest["formats"]["onnx"]["path"]
        self.assertEqual(sha256(artifact.read_bytes()), manifest["formats"]["onnx"]["sha256"])

    def test_classify_without_a_service(self):
        self.make_volume("2024-v1", activate="2024-v1")
        run = self.ok("classify", DEMO / "images/lesion_01.jpg", DEMO / "images/lesion_07.png", "--json")
        self.assertEqual([pathlib.Path(r["file"]).name for r in run.json], ["lesion_01.jpg", "lesion_07.png"])
        rows = self.ok("records", "list", "--json").json
        self.assertEqual({r["source"] for r in rows}, {"cli"})
        self.assertEqual({r["id"] for r in rows}, {r["id"] for r in run.json})

    def test_command_line_and_service_agree_to_the_bit(self):
        self.make_volume("2024-v1", activate="2024-v1")
        service = self.serve()
        for name in ("lesion_03.jpg", "lesion_10.png"):
            _, by_service = service.classify((DEMO / "images" / name).read_bytes())
            by_command = self.ok("classify", DEMO / "images" / name, "--json").json[0]
            self.assertEqual(by_service["classes"], by_command["classes"])

    def test_three_ways_to_send_an_image(self):
        self.make_volume("2024-v1", activate="2024-v1")
        service = self.serve()
        image = sample_images()["lesion_02.jpg"]
        _, raw = service.classify(image)
        _, form = service.classify(image, anatomical_site="left forearm", lesion_image_id="i-1", encounter_id="e-1")
        status, _, body = service.request("POST", "/classify", json_body(image, patient_id="p"), {"Content-Type": "application/json"})
        self.assertEqual(status, 200)
        self.assertEqual(raw["classes"], form["classes"])
        self.assertEqual(raw["classes"], json.loads(body)["classes"])
        self.assertNotIn("left forearm", service.log_text())

    def test_a_retry_with_the_same_id_is_answered_from_the_row(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        service = self.serve()
        images = sample_images()
        own_id = "019471f2-0a00-7000-8000-00000000abcd"
        status, first = service.classify(images["lesion_01.jpg"], id=own_id)
        self.assertEqual((status, first["id"], first["replayed"]), (200, own_id, False))
        self.ok("activate", "2024-v1", "--reason", "newer")
        service.wait_for_active("2024-v1")
        status, second = service.classify(images["lesion_01.jpg"], id=own_id)
        self.assertEqual((status, second["replayed"], second["model_version"]), (200, True, "2023-v1"))
        self.assertEqual(second["classes"], first["classes"])
        status, other = service.classify(images["lesion_02.jpg"], id=own_id)
        self.assertEqual((status, other["error"]["code"]), (409, "conflict"))
        self.assertEqual(len(self.ok("records", "list", "--json").json), 1)

    def test_reading_endpoints(self):
        self.make_volume("2023-v1", "2024-v1", activate="2024-v1")
        service = self.serve()
        _, reply = service.classify(sample_images()["lesion_01.jpg"], patient_id="SECRET-REFERENCE")
        status, row = service.get_json(f"/classifications/{reply['id']}")
        self.assertEqual((status, row["classes"]), (200, reply["classes"]))
        self.assertNotIn("SECRET-REFERENCE", json.dumps(row))
        self.assertEqual(service.get_json("/classifications/019471f2-0a00-7000-8000-000000000000")[0], 404)
        self.assertEqual(service.get_json("/classifications/nonsense")[0], 400)
        _, models = service.get_json("/models")
        self.assertEqual([(v["version"], v["state"]) for v in models["models"][0]["versions"]],
                         [("2023-v1", "registered"), ("2024-v1", "active")])
        status, headers, manifest = service.request("GET", "/models/lesion_cnn_demo/versions/2024-v1")
        self.assertEqual(manifest, (DEMO / "models/2024-v1/model-manifest.json").read_bytes())
        self.assertEqual(headers["ETag"], f'"{sha256(manifest)}"')
        self.assertEqual(service.get_json("/models/lesion_cnn_demo/versions/1999")[0], 404)
        self.assertEqual(service.get_json("/models/lesion_cnn_demo/versions/..%2f..")[0], 400)
        self.assertEqual(service.get_json("/health/live")[0], 200)
        self.assertEqual(service.get_json("/health/ready")[0], 200)
        self.assertEqual(service.get_json("/openapi.json")[1]["openapi"], "3.1.0")
        _, _, metrics = service.request("GET", "/metrics")
        self.assertIn('lotmark_classifications_total{model_version="2024-v1",result="ok"} 1', metrics.decode())
        self.assertIn('lotmark_model_in_sync 1', metrics.decode())
        self.assertNotIn("SECRET-REFERENCE", metrics.decode() + service.log_text())


if __name__ == "__main__":
    unittest.main()
