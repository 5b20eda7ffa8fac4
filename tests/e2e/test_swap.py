"""A pointer change under load: no request dropped, no reply that mixes two versions."""
import contextlib
import http.client
import json
import signal
import threading
import time
import unittest

from harness import PATIENCE, LotmarkTest, sample_images


class Swap(LotmarkTest):
    image = sample_images()["lesion_01.jpg"]

    @contextlib.contextmanager
    def unseen_by(self, service):
        """The service stands still meanwhile: what is done here it sees all at once."""
        service.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            service.process.send_signal(signal.SIGCONT)

    def damage(self, version):
        artifact = self.artifact(version)
        artifact.chmod(0o644)
        data = bytearray(artifact.read_bytes())
        data[1000] ^= 1
        artifact.write_bytes(data)

    def point_by_hand(self, version):
        # In one step: a service that looks in between would report that there is no pointer.
        pointer = self.volume / "models/lesion_cnn_demo/active"
        pointer.with_name("by-hand").symlink_to(f"versions/{version}")
        pointer.with_name("by-hand").rename(pointer)

    def wait_for_health(self, service, so):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            _, health = service.get_json("/health")
            if so(health):
                return health
            time.sleep(0.02)
        raise AssertionError(f"it never became so: {health}")

    def assert_serves(self, service, version):
        status, reply = service.classify(self.image)
        self.assertEqual((status, reply.get("model_version")), (200, version), reply)

    def test_no_request_is_dropped_and_none_is_mixed(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        service = self.serve("--queue", 64)
        image = sample_images()["lesion_01.jpg"]
        expected = {}
        replies, failures = [], []
        stop = threading.Event()

        def client():
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
            while not stop.is_set():
                try:
                    status, reply = service.classify(image, connection=connection)
                except OSError as cause:
                    failures.append(repr(cause))
                    return
                (replies if status == 200 else failures).append(reply)

        _, first = service.classify(image)
        expected["2023-v1"] = first["classes"]
        threads = [threading.Thread(target=client) for _ in range(6)]
        for thread in threads:
            thread.start()
        for move in range(6):
            target = "2024-v1" if move % 2 == 0 else "2023-v1"
            self.ok("activate", target, "--reason", f"move {move}")
            service.wait_for_active(target)
            _, reply = service.classify(image)
            expected.setdefault(reply["model_version"], reply["classes"])
        stop.set()
        for thread in threads:
            thread.join()

        self.assertEqual(failures, [])
        self.assertEqual({r["model_version"] for r in replies}, {"2023-v1", "2024-v1"})
        for reply in replies:
            self.assertEqual(reply["classes"], expected[reply["model_version"]])
        # Every acknowledged classification is a row.
        ids = {r["id"] for r in self.ok("records", "list", "--limit", 1000000, "--json").json}
        self.assertLessEqual({r["id"] for r in replies}, ids)

    def test_a_version_that_cannot_be_loaded_never_replaces_one_that_serves(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        service = self.serve()
        with self.unseen_by(service):
            self.ok("activate", "2024-v1", "--reason", "newer")
            self.damage("2024-v1")
        health = self.wait_for_health(service, lambda health: health["last_failure"])
        self.assertEqual(health["active"]["model_version"], "2023-v1")
        self.assertEqual(health["desired"]["model_version"], "2024-v1")
        self.assertEqual((health["status"], health["in_sync"], health["withdrawn"]), ("degraded", False, None))
        self.assertIn(self.artifact("2024-v1").name, health["last_failure"]["reason"])
        self.assert_serves(service, "2023-v1")
        # The commands refuse it too.
        self.ok("rollback", "--reason", "broken")
        self.refused("activate", "2024-v1", "--reason", "x", says=self.artifact("2024-v1").name)
        health = self.wait_for_health(service, lambda health: health["status"] == "ok")
        self.assertEqual(health["desired"]["model_version"], "2023-v1")

    def test_a_pointer_made_by_hand_is_not_obeyed(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        self.ok("activate", "2024-v1", "--reason", "newer")
        service = self.serve()
        self.point_by_hand("2023-v1")
        health = self.wait_for_health(service, lambda health: health["last_failure"])
        self.assertEqual((health["status"], health["desired"], health["withdrawn"]), ("degraded", health["active"], None))
        self.assertEqual(health["active"]["model_version"], "2024-v1")
        self.assertIsNone(health["last_failure"]["version"])
        self.assertIn("pointer not authorised: it names 2023-v1", health["last_failure"]["reason"])
        service.wait_for_log("pointer not authorised: it names 2023-v1")
        _, _, metrics = service.request("GET", "/metrics")
        self.assertIn(b"\nlotmark_model_failing 1\n", metrics)
        self.assert_serves(service, "2024-v1")
        # Who starts now does not start.
        started = self.refused("serve", "--listen", "127.0.0.1:0", says="pointer not authorised: it names 2023-v1")
        self.assertNotIn("listening", started.err)
        self.point_by_hand("2024-v1")
        self.wait_for_health(service, lambda health: health["status"] == "ok")

    def test_a_version_rolled_back_from_is_not_served_when_it_cannot_be_left(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        self.ok("activate", "2024-v1", "--reason", "newer")
        service = self.serve()
        with self.unseen_by(service):
            self.ok("rollback", "--reason", "found wanting")
            self.damage("2023-v1")
        health = self.wait_for_health(service, lambda health: health["status"] == "withdrawn")
        self.assertEqual(health["withdrawn"]["version"]["model_version"], "2024-v1")
        self.assertEqual((health["withdrawn"]["reason"], health["withdrawn"]["refusing"]), ("was rolled back from", True))
        self.assertIn(self.artifact("2023-v1").name, health["last_failure"]["reason"])
        status, headers, body = service.request("POST", "/classify", self.image, {"Content-Type": "image/jpeg"})
        self.assertEqual((status, json.loads(body)["error"]["code"]), (503, "version_withdrawn"))
        self.assertIn("Retry-After", headers)
        self.assertEqual(service.get_json("/health/ready"), (503, {"ready": False}))
        self.assertEqual(service.get_json("/health/live")[0], 200)
        _, _, metrics = service.request("GET", "/metrics")
        self.assertIn(b"\nlotmark_model_withdrawn 1\n", metrics)
        # Losing the volume now permits nothing again.
        journal, elsewhere = self.volume / "journal", self.scratch / "elsewhere"
        elsewhere.mkdir()
        for entry in list(journal.iterdir()):
            entry.rename(elsewhere / entry.name)
        self.wait_for_health(service, lambda health: "journal" in health["last_failure"]["reason"])
        self.assertEqual(service.classify(self.image)[0], 503)
        for entry in list(elsewhere.iterdir()):
            entry.rename(journal / entry.name)
        # Only the journal does.
        self.ok("activate", "2024-v1", "--reason", "it was the measurement")
        self.wait_for_health(service, lambda health: health["status"] == "ok")
        self.assert_serves(service, "2024-v1")
        events = [(e["event"], e["model_version"]) for e in self.ok("records", "events", "--json").json]
        self.assertIn(("withdrawn", "2024-v1"), events)
        self.assertIn(("permitted", "2024-v1"), events)

    def test_the_version_before_is_kept_and_comes_back_without_its_files(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        service = self.serve("--keep-previous")
        self.ok("activate", "2024-v1", "--reason", "newer")
        health = service.wait_for_active("2024-v1")
        self.assertEqual(health["previous_kept"]["model_version"], "2023-v1")
        with self.unseen_by(service):
            self.ok("rollback", "--reason", "trial")
            self.damage("2023-v1")  # what was verified stays verified
        health = service.wait_for_active("2023-v1")
        self.assertEqual((health["previous_kept"]["model_version"], health["swaps"]), ("2024-v1", 2))
        self.assert_serves(service, "2023-v1")
        self.wait_for_health(service, lambda health: health["status"] == "ok" and health["withdrawn"] is None)
        events = [e["event"] for e in self.ok("records", "events", "--json").json]
        self.assertEqual(sorted(events), ["loaded", "swapped", "swapped"])

    def test_losing_the_volume_does_not_stop_the_service(self):
        self.make_volume("2023-v1", activate="2023-v1")
        service = self.serve()
        self.volume.rename(self.scratch / "elsewhere")
        (self.scratch / "elsewhere/models/lesion_cnn_demo/active").unlink()
        threading.Event().wait(2.5)
        status, reply = service.classify(sample_images()["lesion_01.jpg"])
        self.assertEqual((status, reply["model_version"]), (200, "2023-v1"))


if __name__ == "__main__":
    unittest.main()
