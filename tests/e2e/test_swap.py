"""A pointer change under load: no request dropped, no reply that mixes two versions."""
import http.client
import threading
import unittest

from harness import LotmarkTest, sample_images


class Swap(LotmarkTest):
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
        self.ok("activate", "2024-v1", "--reason", "newer")
        service.wait_for_active("2024-v1")
        artifact = self.artifact("2023-v1")
        artifact.chmod(0o644)
        data = bytearray(artifact.read_bytes())
        data[1000] ^= 1
        artifact.write_bytes(data)
        # The command refuses; a hand-made pointer is followed by the service's own check, which refuses as well.
        self.refused("rollback", "--reason", "x", says=artifact.name)
        # In one step: a service that looks in between would report that there is no pointer.
        pointer = self.volume / "models/lesion_cnn_demo/active"
        pointer.with_name("by-hand").symlink_to("versions/2023-v1")
        pointer.with_name("by-hand").rename(pointer)
        for _ in range(600):
            _, health = service.get_json("/health")
            if health["last_failure"]:
                break
            threading.Event().wait(0.02)
        self.assertEqual(health["active"]["model_version"], "2024-v1")
        self.assertEqual(health["desired"]["model_version"], "2023-v1")
        self.assertEqual((health["status"], health["in_sync"]), ("degraded", False))
        self.assertIn(artifact.name, health["last_failure"]["reason"])
        status, reply = service.classify(sample_images()["lesion_01.jpg"])
        self.assertEqual((status, reply["model_version"]), (200, "2024-v1"))

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
