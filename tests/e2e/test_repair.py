"""repair: the pointer is made again as the journal says, whatever became of it."""
import shutil
import unittest

from harness import PreparedTest


class Repair(PreparedTest):
    def prepare(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        self.ok("activate", "2024-v1", "--reason", "newer")

    def setUp(self):
        super().setUp()
        self.pointer = self.volume / "models/lesion_cnn_demo/active"

    def kinds(self):
        return [event["event"] for event in self.ok("history", "--json").json]

    def problem(self):
        run = self.lotmark("status", "--json")
        self.assertEqual(run.code, 1, run.out)
        return run.json["models"][0]["problem"]

    def repaired(self, was):
        run = self.ok("repair", "--reason", "the copy was a bad one")
        self.assertIn("lesion_cnn_demo: the pointer names 2024-v1 again", run.out)
        self.assertIn(was, run.out)
        self.assertTrue(self.pointer.is_symlink())
        self.assertEqual(self.active(), "2024-v1")
        event = self.ok("history", "--json").json[-1]
        self.assertEqual((event["event"], event["version"]), ("repaired", "2024-v1"))
        self.assertIn("the copy was a bad one", event["reason"])
        self.ok("status")
        self.ok("verify")
        self.ok("journal", "verify")
        self.ok("activate", "2023-v1", "--reason", "works as ever")

    def test_nothing_to_do(self):
        before = self.kinds()
        self.assertIn("every pointer is as the journal says", self.ok("repair", "--reason", "to be sure").out)
        self.assertEqual(self.kinds(), before)
        self.refused("repair", "--reason", "", says="reason")

    def test_missing(self):
        self.pointer.unlink()
        self.assertIn("2024-v1", self.problem())
        self.refused("serve", "--listen", "127.0.0.1:0", says="pointer")
        self.repaired("it was missing")

    def test_dereferenced_by_a_copy(self):
        copy = self.scratch / "copy"
        shutil.copytree(self.volume, copy, symlinks=False)  # cp -rL
        self.environment["LOTMARK_VOLUME"] = str(copy)
        self.volume = copy
        self.pointer = copy / "models/lesion_cnn_demo/active"
        self.assertTrue(self.pointer.is_dir() and not self.pointer.is_symlink())
        self.assertIn("active", self.problem())
        self.refused("activate", "2023-v1", "--reason", "x", says="active")
        self.refused("serve", "--listen", "127.0.0.1:0", says="active")
        run = self.ok("repair", "--reason", "the copy was a bad one")
        self.assertIn("the pointer names 2024-v1 again", run.out)
        self.assertEqual(self.active(), "2024-v1")
        for name in ("policy.json", "model-manifest.json"):
            self.assertTrue((copy / name).is_symlink(), name)
        self.ok("status")
        self.ok("recover")
        self.assertEqual(self.staging(), [])
        self.ok("verify")

    def test_moved_by_hand(self):
        self.pointer.unlink()
        self.pointer.symlink_to("versions/2023-v1")
        self.assertIn("2023-v1", self.problem())
        self.repaired("it named 2023-v1")

    def test_of_another_shape(self):
        for make in (lambda: self.pointer.write_text("versions/2024-v1"), lambda: self.pointer.symlink_to("/etc"),
                     lambda: self.pointer.symlink_to("../2024-v1"), lambda: self.pointer.symlink_to("versions/1999-v1"),
                     self.pointer.mkdir):
            self.pointer.unlink()
            make()
            self.assertNotEqual(self.problem() or "", "")
            self.ok("repair", "--reason", "somebody was here")
            self.assertEqual(self.active(), "2024-v1")
        self.assertEqual(self.kinds().count("repaired"), 5)
        self.ok("verify")

    def test_made_by_hand_after_a_stop(self):
        self.ok("quarantine", "2024-v1", "--stop", "--reason", "CAPA-77")
        self.pointer.symlink_to("versions/2024-v1")
        self.assertIn("2024-v1", self.problem())
        self.refused("repair", "--reason", "x", says=["it named 2024-v1", "nothing is active", "remove it"])
        self.assertTrue(self.pointer.is_symlink())
        self.pointer.unlink()
        self.assertIn("as the journal says", self.ok("repair", "--reason", "x").out)
        self.ok("status")

    def test_never_to_a_version_that_is_damaged(self):
        artifact = self.artifact("2024-v1")
        artifact.chmod(0o644)
        data = bytearray(artifact.read_bytes())
        data[100] ^= 1
        artifact.write_bytes(data)
        self.pointer.unlink()
        before = self.kinds()
        self.refused("repair", "--reason", "x", says=["cannot be repaired", artifact.name, "backup"])
        self.assertIsNone(self.active())
        self.assertEqual(self.kinds(), before)


if __name__ == "__main__":
    unittest.main()
