"""A volume put back to an older state: who has seen more notices, until a person says that it is meant."""
import json
import os
import shutil
import time
import unittest

from harness import DEMO, PATIENCE, PreparedTest, remove_tree, sample_images


class Restored(PreparedTest):
    def prepare(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")

    def setUp(self):
        super().setUp()
        self.backup = self.scratch / "backup"
        shutil.copytree(self.volume, self.backup, symlinks=True)
        self.backed_up = self.count()

    def count(self):
        return len(self.ok("history", "--all", "--json").json)

    def restore(self):
        remove_tree(self.volume)
        shutil.copytree(self.backup, self.volume, symlinks=True)

    def files(self):
        return {str(p.relative_to(self.volume)): p.read_bytes() for p in self.volume.rglob("*") if p.is_file()}

    def wait_for_health(self, service, so):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            _, health = service.get_json("/health")
            if so(health):
                return health
            time.sleep(0.02)
        raise AssertionError(f"it never became so: {health}")

    def test_every_command_refuses_until_a_person_accepts(self):
        self.ok("activate", "2024-v1", "--reason", "newer")
        seen = self.count()
        self.restore()
        before = self.files()
        policy = self.scratch / "policy.json"
        policy.write_text('{"format": 1, "activation": {}, "approvers": []}')
        sizes = [f"it has {self.backed_up} events, {seen} were seen", "recover --accept-restored"]
        for args in (["status"], ["list"], ["history"], ["history", "--at", "2020-01-01T00:00:00Z"], ["verify"], ["policy", "show"],
                     ["approvals", "2024-v1"], ["approve", "request", "2024-v1"], ["journal", "prove", "1"],
                     ["journal", "checkpoint"], ["journal", "export", self.scratch / "export"],
                     ["add", DEMO / "models/2024-v1/model-manifest.json"], ["activate", "2024-v1", "--reason", "x"],
                     ["rollback", "--reason", "x"], ["quarantine", "2024-v1", "--reason", "x"], ["recover"],
                     ["repair", "--reason", "x"], ["policy", "set", policy, "--reason", "x"],
                     ["key", "revoke", "ab" * 32, "--reason", "x"], ["golden", "run", "2024-v1", "--record"]):
            with self.subTest(args):
                self.refused(*args, says=sizes)
        run = self.lotmark("journal", "verify")
        self.assertEqual(run.code, 1)
        self.assertIn(sizes[0], run.out)
        self.assertEqual(self.files(), before)
        self.refused("recover", "--accept-restored", says="--reason", code=2)
        self.ok("recover", "--accept-restored", "--reason", "restored from the backup of Monday")
        accepted = self.ok("history", "--all", "--json").json[-1]
        self.assertEqual((accepted["index"], accepted["event"], accepted["reason"]),
                         (self.backed_up, "restored_accepted", "restored from the backup of Monday"))
        self.ok("status")
        self.ok("activate", "2024-v1", "--reason", "again")
        self.ok("journal", "verify")

    def test_a_forked_journal_as_long_as_the_one_remembered(self):
        self.ok("activate", "2024-v1", "--reason", "newer")
        self.restore()
        elsewhere = {"LOTMARK_STATE": str(self.scratch / "another state")}
        self.ok("activate", "2024-v1", "--reason", "another past", environment=elsewhere)
        self.ok("activate", "2023-v1", "--reason", "another past", environment=elsewhere)
        self.refused("status", says="another past than the one remembered")
        self.refused("activate", "2024-v1", "--reason", "x", says="another past than the one remembered")

    def test_the_acceptance_of_one_restore_is_none_of_the_next(self):
        self.ok("activate", "2024-v1", "--reason", "newer")
        self.restore()
        self.ok("recover", "--accept-restored", "--reason", "first restore")
        remove_tree(self.backup)
        shutil.copytree(self.volume, self.backup, symlinks=True)
        self.ok("activate", "2024-v1", "--reason", "newer again")
        self.restore()
        self.refused("status", says="shorter than the one remembered")

    def test_a_service_keeps_what_it_has(self):
        service = self.serve("--state", self.scratch / "service-state")
        image = sample_images()["lesion_01.jpg"]
        self.ok("activate", "2024-v1", "--reason", "newer")
        service.wait_for_active("2024-v1")
        self.wait_for_health(service, lambda health: health["in_sync"])
        seen = self.count()
        self.restore_in_place()
        health = self.wait_for_health(service, lambda health: "were seen" in json.dumps(health["last_failure"]))
        self.assertIn(f"it has {self.backed_up} events, {seen} were seen", health["last_failure"]["reason"])
        self.assertEqual((health["status"], health["active"]["model_version"]), ("degraded", "2024-v1"))
        status, reply = service.classify(image)
        self.assertEqual((status, reply["model_version"]), (200, "2024-v1"))
        # Who starts now does not start.
        self.refused("serve", "--listen", "127.0.0.1:0", "--state", self.scratch / "service-state", says="were seen")
        self.ok("recover", "--accept-restored", "--reason", "2024-v1 was never meant to go live")
        service.wait_for_active("2023-v1")
        health = self.wait_for_health(service, lambda health: health["status"] == "ok")
        status, reply = service.classify(image)
        self.assertEqual((status, reply["model_version"]), (200, "2023-v1"))

    def restore_in_place(self):
        """File by file, as `rsync -a --delete` does: a service holds the folders open."""
        pointer, before = self.volume / "models/lesion_cnn_demo/active", self.scratch / "before"
        before.symlink_to(os.readlink(self.backup / "models/lesion_cnn_demo/active"))
        before.replace(pointer)
        for path in sorted((self.backup / "journal").rglob("*"), key=lambda path: path.name == "checkpoint"):
            if path.is_file():
                shutil.copy(path, self.scratch / "one")
                (self.scratch / "one").replace(self.volume / path.relative_to(self.backup))

    def test_the_journal_key_of_another_volume(self):
        self.ok("init", self.scratch / "other", "--model", "lesion_cnn_demo")
        key = self.scratch / "journal.key.pub"
        key.write_text(self.ok("journal", "key", "--volume", self.scratch / "other").out)
        self.refused("serve", "--listen", "127.0.0.1:0", "--journal-key", key, says=["journal_key", "is not the key that was given"])
        for text in ("", "hello", "x" * 10000):
            key.write_text(text)
            self.refused("serve", "--listen", "127.0.0.1:0", "--journal-key", key, says="journal key")
        self.refused("serve", "--listen", "127.0.0.1:0", "--journal-key", self.scratch / "none", says="journal key")
        key.write_text(self.ok("journal", "key").out)
        self.serve("--journal-key", key)

    def test_where_nothing_can_be_remembered(self):
        # A folder that was named must work.
        before = self.files()
        for state in ("/proc/lotmark", str(self.volume / "state"), str(self.volume)):
            self.refused("status", environment={"LOTMARK_STATE": state})
            self.refused("recover", environment={"LOTMARK_STATE": state})
        self.refused("status", environment={"LOTMARK_STATE": str(self.volume)}, says=["lies in the volume", "LOTMARK_STATE"])
        self.assertEqual(self.files(), before)
        # The user's own is done without, with a warning.
        run = self.ok("status", environment={"LOTMARK_STATE": "", "XDG_STATE_HOME": "/proc"})
        # Nobody can write there: what was read is right all the same, and status says that nothing will be noticed.
        self.assertIn("warning: nothing is remembered", run.err)

    def test_a_memory_that_is_damaged(self):
        state = next((self.scratch / "state").glob("*.json"))
        good = state.read_text()
        for text in ("", "{}", good[:-20], good.replace('"format":1', '"format":9')):
            state.write_text(text)
            self.refused("status", says=state.name)
        state.write_text(good)
        self.ok("status")

    def test_status_says_when_the_journal_could_not_be_remembered(self):
        self.assertIsNone(self.ok("status", "--json").json["memory_problem"])
        self.ok("activate", "2024-v1", "--reason", "newer", environment={"LOTMARK_STATE": str(self.scratch / "another state")})
        # The new file cannot be put in its place: a folder has its lock's name.
        lock = next((self.scratch / "state").glob("*.lock"))
        lock.unlink()
        lock.mkdir()
        status = self.ok("status", "--json").json
        self.assertIn(lock.name, status["memory_problem"])
        self.assertIn("WARNING", self.ok("status").out)
        lock.rmdir()
        self.assertNotIn("WARNING", self.ok("status").out)


if __name__ == "__main__":
    unittest.main()
