"""A version taken out of use: at once, for ever, and without waiting for anything."""
import contextlib
import datetime
import sqlite3
import time
import unittest

from harness import PATIENCE, PreparedTest, sample_images


class Quarantine(PreparedTest):
    image = sample_images()["lesion_01.jpg"]

    def prepare(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        self.ok("activate", "2024-v1", "--reason", "newer")

    def quarantine(self, *args, version="2024-v1", **options):
        return self.ok("quarantine", version, "--reason", "misses nodular melanoma", *args, **options)

    def states(self):
        return {one["version"]: one["state"] for one in self.ok("list", "--json").json}

    def kinds(self):
        return [event["event"] for event in self.ok("history", "--json").json]

    def wait_for(self, service, path, code):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, reply = service.get_json(path)
            if status == code:
                return reply
            time.sleep(0.02)
        raise AssertionError(f"{path} never answered {code}: {reply}")

    def test_of_a_version_that_is_not_active(self):
        self.assertIn("2023-v1 is quarantined", self.quarantine(version="2023-v1").out)
        self.assertEqual(self.active(), "2024-v1")
        self.assertEqual(self.states(), {"2023-v1": "quarantined", "2024-v1": "active"})
        self.refused("activate", "2023-v1", "--reason", "x", says=["2023-v1", "quarantined"])
        self.refused("rollback", "--reason", "x", says="no earlier version was active")
        self.refused("rollback", "--to", "2023-v1", "--reason", "x", says="quarantined")
        model = self.ok("status", "--json").json["models"][0]
        self.assertEqual((model["quarantined"], model["rollback_target"]), (["2023-v1"], None))
        self.assertRegex(self.ok("status").out, r"quarantined +2023-v1")
        self.assertIn("was quarantined before", self.quarantine(version="2023-v1").out)
        self.assertEqual(self.kinds().count("quarantined"), 1)
        self.refused("quarantine", "1999-v1", "--reason", "x", says="1999-v1")
        self.refused("quarantine", "2024-v1", "--reason", "", "--stop", says="reason")
        self.ok("verify")
        self.ok("journal", "verify")

    def test_of_the_active_one_it_must_be_said_what_comes_then(self):
        before = self.kinds()
        self.refused("quarantine", "2024-v1", "--reason", "x", says=["is active", "--rollback", "--stop"])
        self.refused("quarantine", "2024-v1", "--reason", "x", "--rollback", "--stop", says="excludes", code=2)
        self.assertEqual((self.active(), self.kinds()), ("2024-v1", before))

    def test_rollback(self):
        self.assertIn("2023-v1 is active", self.quarantine("--rollback").out)
        self.assertEqual((self.active(), self.states()), ("2023-v1", {"2023-v1": "active", "2024-v1": "quarantined"}))
        self.assertEqual(self.kinds()[-3:], ["quarantined", "rolling_back", "rolled_back"])
        self.refused("activate", "2024-v1", "--reason", "x", says="quarantined")

    def test_where_rollback_has_nowhere_to_go(self):
        self.quarantine(version="2023-v1")
        run = self.refused("quarantine", "2024-v1", "--reason", "x", "--rollback", says=["quarantined, but still", "--stop"])
        # Out of use all the same, as far as it can be; --stop completes it.
        self.assertEqual(self.active(), "2024-v1")
        self.assertIn("is quarantined", run.out)
        self.quarantine("--stop")
        self.assertIsNone(self.active())

    def test_stop_while_a_service_runs(self):
        service = self.serve()
        self.assertEqual(service.classify(self.image)[0], 200)
        run = self.quarantine("--stop")
        self.assertIn("nothing is active: services answer 503", run.out)
        self.assertRegex(run.out, r"classifications it made: 1, the first at \d{4}-")
        self.assertIsNone(self.active())
        self.assertEqual(self.wait_for(service, "/health/ready", 503), {"ready": False})
        status, reply = service.classify(self.image)
        self.assertEqual((status, reply["error"]["code"]), (503, "version_withdrawn"))
        _, health = service.get_json("/health")
        self.assertEqual((health["status"], health["withdrawn"]["version"]["model_version"]), ("withdrawn", "2024-v1"))
        self.assertEqual(health["withdrawn"]["reason"], "was stopped and is in quarantine")
        self.assertEqual(service.get_json("/health/live")[0], 200)
        # Nothing was desired then, and history says so.
        time.sleep(0.001)
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.assertEqual([one["version"] for one in self.ok("history", "--at", now, "--json").json["desired"]], [None])
        self.assertIn("none: no version was active", self.ok("history", "--at", now).out)
        self.refused("serve", "--listen", "127.0.0.1:0", says="stopped")
        # Another version brings it back.
        self.ok("activate", "2023-v1", "--reason", "the one before")
        self.assertEqual(self.wait_for(service, "/health/ready", 200), {"ready": True})
        status, reply = service.classify(self.image)
        self.assertEqual((status, reply["model_version"]), (200, "2023-v1"))

    def test_a_rollback_brings_it_back_too(self):
        service = self.serve()
        self.quarantine("--stop")
        self.wait_for(service, "/health/ready", 503)
        self.assertEqual(self.ok("status", "--json").json["models"][0]["rollback_target"], "2023-v1")
        self.ok("rollback", "--reason", "the one before")
        self.wait_for(service, "/health/ready", 200)
        self.assertEqual(service.classify(self.image)[1]["model_version"], "2023-v1")

    def test_rollback_while_a_service_runs(self):
        service = self.serve()
        self.quarantine("--rollback")
        service.wait_for_active("2023-v1")
        self.assertEqual(service.classify(self.image)[1]["model_version"], "2023-v1")

    def test_it_never_waits_for_the_records(self):
        self.ok("classify", *list(self.image_files())[:1])
        self.assertRegex(self.quarantine(version="2023-v1").out, "classifications it made: none")
        missing = {"LOTMARK_RECORDS": f"sqlite://{self.scratch}/none.db"}
        self.assertIn("classifications it made: unknown: ", self.quarantine("--stop", environment=missing).out)
        for broken in ("", "sqlite:///proc/none", "mysql://x"):
            run = self.quarantine("--stop", environment={"LOTMARK_RECORDS": broken})
            self.assertIn("classifications it made: unknown: ", run.out)
        damaged = self.scratch / "damaged.db"
        damaged.write_bytes(b"no database" * 1000)
        self.assertIn("unknown: ", self.quarantine("--stop", environment={"LOTMARK_RECORDS": f"sqlite://{damaged}"}).out)
        with contextlib.closing(sqlite3.connect(self.records, isolation_level=None)) as other:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            run = self.quarantine("--stop")
            self.assertRegex(run.out, "classifications it made: (unknown: .*|1, the first at .*)")
            other.execute("ROLLBACK")
        self.assertRegex(self.quarantine("--stop").out, "classifications it made: 1, the first at ")

    def image_files(self):
        path = self.scratch / "lesion_01.jpg"
        path.write_bytes(self.image)
        yield path


if __name__ == "__main__":
    unittest.main()
