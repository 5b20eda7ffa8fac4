"""history --at: which version was desired at a time in the past, and what replicas were really serving."""
import time
import unittest

from fake_clock import FakeClock
from harness import DEMO, PATIENCE, LotmarkTest


class HistoryAt(LotmarkTest):
    def setUp(self):
        super().setUp()
        self.clock = FakeClock(self.scratch)

    def at(self, moment, *args):
        self.ok(*args, environment=self.clock.at(moment))

    def make_dated_volume(self):
        self.at("2026-01-01T00:00:00Z", "init", self.volume, "--model", "lesion_cnn_demo")
        for version in ("2023-v1", "2024-v1"):
            self.at("2026-01-02T00:00:00Z", "add", DEMO / "models" / version / "model-manifest.json")
        self.at("2026-02-01T00:00:00Z", "activate", "2023-v1", "--reason", "first release")

    def desired(self, moment, code=0):
        run = self.lotmark("history", "--at", moment, "--json")
        self.assertEqual(run.code, code, run.err)
        self.assertEqual(run.json["ambiguous"], code == 1)
        return [one["version"] for one in run.json["desired"]]

    def wait_for_report(self, replica):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if any(event["replica"] == replica for event in self.ok("records", "events", "--json").json):
                return
        self.fail(f"{replica} never reported")

    def test_the_last_move_before(self):
        self.make_dated_volume()
        self.at("2026-03-01T12:00:00Z", "activate", "2024-v1", "--reason", "retrained")
        self.at("2026-04-01T12:00:00Z", "rollback", "--reason", "false alarms")
        self.assertEqual(self.desired("2025-06-01T00:00:00Z"), [None])
        self.assertEqual(self.desired("2026-01-31T00:00:00Z"), [None])
        self.assertEqual(self.desired("2026-02-01T00:00:00Z"), ["2023-v1"])
        self.assertEqual(self.desired("2026-03-01T11:59:59.999999Z"), ["2023-v1"])
        self.assertEqual(self.desired("2026-03-01T12:00:00Z"), ["2024-v1"])
        self.assertEqual(self.desired("2026-05-01T00:00:00Z"), ["2023-v1"])
        text = self.ok("history", "--at", "2026-03-05T00:00:00Z").out
        self.assertRegex(text, r"desired +2024-v1 +by event \d+ \(activated\) of 2026-03-01T12:00:00.000000Z, "
                               "tester@bench: retrained")

    def test_a_clock_that_stepped_back_gives_all_candidates(self):
        self.make_dated_volume()
        self.at("2026-03-10T00:00:00Z", "activate", "2024-v1", "--reason", "by a clock ten days ahead")
        self.at("2026-03-02T00:00:00Z", "rollback", "--reason", "the clock was set right")
        self.at("2026-03-03T00:00:00Z", "activate", "2024-v1", "--reason", "again")
        self.assertEqual(self.desired("2026-03-01T00:00:00Z"), ["2023-v1"])
        self.assertEqual(self.desired("2026-03-02T12:00:00Z"), ["2023-v1"])
        self.assertEqual(self.desired("2026-03-05T00:00:00Z", code=1), ["2023-v1", "2024-v1"])
        self.assertEqual(self.desired("2026-03-11T00:00:00Z"), ["2024-v1"])
        run = self.lotmark("history", "--at", "2026-03-05T00:00:00Z")
        self.assertEqual((run.code, run.out.count("desired ")), (1, 2))
        self.assertIn("cannot say which", run.out)

    def test_what_replicas_really_served(self):
        self.make_dated_volume()
        honest = self.environment
        for replica, start in (("clinic-a", "2026-02-02T00:00:00Z"), ("clinic-b", "2026-02-03T00:00:00Z")):
            self.environment = {**honest, **self.clock.at(start)}
            service = self.serve(replica=replica)
            self.wait_for_report(replica)
            service.kill()
        self.at("2026-03-01T12:00:00Z", "activate", "2024-v1", "--reason", "retrained")
        self.environment = {**honest, **self.clock.at("2026-03-02T00:00:00Z")}
        self.assertEqual(self.serve(replica="clinic-a").terminate(), 0)
        self.environment = honest

        def served(moment):
            report = self.ok("history", "--at", moment, "--records", "--json").json
            return {one["replica"]: [by and by["model_version"] for by in one["served"]] for one in report["replicas"]}

        self.assertEqual(served("2026-02-01T12:00:00Z"), {"clinic-a": [None], "clinic-b": [None]})
        self.assertEqual(served("2026-02-02T12:00:00Z"), {"clinic-a": ["2023-v1"], "clinic-b": [None]})
        # Desired was 2024-v1 by then; b, which was killed, has never reported anything else.
        self.assertEqual(served("2026-03-01T18:00:00Z"), {"clinic-a": ["2023-v1"], "clinic-b": ["2023-v1"]})
        self.assertEqual(self.desired("2026-03-01T18:00:00Z"), ["2024-v1"])
        self.assertEqual(served("2026-03-05T00:00:00Z"), {"clinic-a": [None], "clinic-b": ["2023-v1"]})
        text = self.ok("history", "--at", "2026-02-05T00:00:00Z", "--records", honest["LOTMARK_RECORDS"]).out
        self.assertRegex(text, r"served by clinic-a +2023-v1 +since 2026-02-02")

    def test_what_cannot_be_asked(self):
        self.make_dated_volume()
        self.refused("history", "--at", "yesterday", code=2, says=["--at", "2026-03-01T12:00:00Z"])
        self.refused("history", "--at", "2026-03-01T12:00:00+01:00", code=2, says="--at")
        self.refused("history", "--at", "2999-01-01T00:00:00Z", says="has not come yet")
        self.refused("history", "--at", "2026-03-01T12:00:00Z", "--all", code=2)
        self.refused("history", "--records", code=2)
        self.refused("history", "--at", "2026-03-01T12:00:00Z", "--records", code=2, environment={"LOTMARK_RECORDS": ""},
                     says="no records database")


if __name__ == "__main__":
    unittest.main()
