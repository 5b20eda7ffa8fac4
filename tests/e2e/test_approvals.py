"""Two people approve a version, each on a machine of their own; what does not count is refused, with its reason."""
import base64
import json
import shutil
import unittest

from people import WithPeople


class Approvals(WithPeople):
    def prepare(self):
        self.make_volume("2023-v1", "2024-v1")
        self.make_keys("ada", "grace", "eve")
        self.set_policy(2, ("ada",), ("grace",), golden_origin="training")

    def standings(self, version="2024-v1", code=1):
        run = self.lotmark("approvals", version, "--json")
        self.assertEqual(run.code, code, run.err)
        return [(one["person"], one["standing"]) for one in run.json["approvals"]]

    def import_refused(self, approval, *says):
        before = self.events()
        self.refused("approve", "import", approval, says=says)
        self.assert_unchanged(before)

    def test_two_people(self):
        self.refused("activate", "2024-v1", "--reason", "x", says=["approvals", "0 of 2 people"])
        self.assertIsNone(self.active())
        request = self.request("2024-v1")
        one, two = self.sign(request, "ada"), self.sign(request, "grace", meaning="I read report DR-118")
        self.assertIn("by Ada Lovelace: 1 of 2 people", self.ok("approve", "import", one).out)
        self.refused("activate", "2024-v1", "--reason", "x", says="1 of 2 people approved it (Ada Lovelace)")
        self.assertEqual(self.standings(), [("Ada Lovelace", "counts")])
        self.assertIn("by Grace Hopper: 2 of 2 people", self.ok("approve", "import", two).out)
        shown = self.ok("approvals", "2024-v1", "--json").json
        self.assertEqual((shown["people"], shown["needed"], shown["evidence"]), (2, 2, []))
        self.assertEqual([(a["name"], a["meaning"], a["key_id"]) for a in shown["approvals"]],
                         [("Ada Lovelace", "I approve clinical use", self.key_id("ada")), ("Grace Hopper", "I read report DR-118", self.key_id("grace"))])
        self.assertRegex(self.ok("approvals", "2024-v1").out, r"counts +Grace Hopper .*\"I read report DR-118\"")
        self.ok("activate", "2024-v1", "--reason", "approved")
        # Each is an event that names its file, its key and its person.
        approved = [event for event in self.events() if event["event"] == "approved"]
        self.assertEqual([(e["person"], e["key_id"], e["file_sha256"]) for e in approved],
                         [(a["person"], a["key_id"], a["file_sha256"]) for a in shown["approvals"]])
        # Again is no harm, and no event.
        before = self.events()
        self.assertIn("already imported", self.ok("approve", "import", two).out)
        self.assert_unchanged(before)
        self.ok("verify")
        self.ok("journal", "verify")

    def test_one_person_twice_is_one(self):
        self.approve("2024-v1", "ada")
        later = self.sign(self.request("2024-v1"), "ada", meaning="once more")
        self.assertIn("1 of 2 people", self.ok("approve", "import", later).out)
        self.refused("activate", "2024-v1", "--reason", "x", says="1 of 2 people")

    def test_a_stranger(self):
        self.import_refused(self.sign(self.request("2024-v1"), "eve"), "nobody's in the policy in force")
        self.import_refused(self.sign(self.request("2024-v1"), "eve", name="Ada Lovelace"), "nobody's in the policy in force")

    def test_a_name_that_is_not_the_keys(self):
        self.import_refused(self.sign(self.request("2024-v1"), "ada", name="Grace Hopper"), "signed as 'Grace Hopper'",
                            "that of 'Ada Lovelace'")

    def test_forged(self):
        """What was signed is changed, or the signature is another's: one field at a time."""
        genuine = json.loads(self.sign(self.request("2024-v1"), "ada").read_text())
        payload = base64.b64decode(genuine["payload"])
        forged = self.scratch / "forged.json"

        def refuse(envelope, *says):
            forged.write_text(json.dumps(envelope))
            self.import_refused(forged, *says)

        def with_payload(old, new):
            self.assertIn(old, payload)
            return {**genuine, "payload": base64.b64encode(payload.replace(old, new)).decode()}

        refuse(with_payload(b"clinical use", b"clinical abuse"), "signature is not by its key")
        refuse(with_payload(b"2024-v1", b"2023-v1"), "signature is not by its key")
        signature = bytearray(base64.b64decode(genuine["signatures"][0]["sig"]))
        signature[-1] ^= 1
        refuse({**genuine, "signatures": [{"keyid": self.key_id("ada"), "sig": base64.b64encode(signature).decode()}]}, "signature is not by")
        # Grace's key under Ada's signature; nobody's key; two signatures; none.
        refuse({**genuine, "signatures": [{**genuine["signatures"][0], "keyid": self.key_id("grace")}]}, "signature is not by its key")
        refuse({**genuine, "signatures": [{**genuine["signatures"][0], "keyid": "ab" * 32}]}, "nobody's")
        refuse({**genuine, "signatures": genuine["signatures"] * 2}, "signatures")
        refuse({**genuine, "signatures": []}, "signatures")
        # The same signature in bytes that are not canonical DER: a zero before r.
        canonical = base64.b64decode(genuine["signatures"][0]["sig"])
        padded = bytes([0x30, canonical[1] + 1, 0x02, canonical[3] + 1, 0]) + canonical[4:]
        refuse({**genuine, "signatures": [{"keyid": self.key_id("ada"), "sig": base64.b64encode(padded).decode()}]}, "signature is not by its key")
        self.refused("activate", "2024-v1", "--reason", "x", says="0 of 2 people")

    def test_truncated(self):
        text = self.sign(self.request("2024-v1"), "ada").read_bytes()
        cut = self.scratch / "cut.json"
        before = self.events()
        for end in (0, 1, len(text) // 4, len(text) // 2, len(text) - 20, len(text) - 4):
            cut.write_bytes(text[:end])
            self.refused("approve", "import", cut, says="cut.json")
        self.assert_unchanged(before)

    def test_swapped(self):
        """An approval of one version is none of another, also when it is put in its place by hand."""
        self.approve("2023-v1", "ada", "grace")
        self.ok("activate", "2023-v1", "--reason", "approved")
        self.refused("activate", "2024-v1", "--reason", "x", says="0 of 2 people")
        folder = self.volume / "models/lesion_cnn_demo/evidence"
        (folder / "2024-v1").mkdir()
        for approval in (folder / "2023-v1").iterdir():
            shutil.copy(approval, folder / "2024-v1")
        self.assertEqual(self.standings(), [])
        self.refused("activate", "2024-v1", "--reason", "x", says="0 of 2 people")
        self.assertEqual(self.active(), "2023-v1")

    def test_replayed_in_another_volume(self):
        request = self.request("2024-v1")
        approvals = [self.sign(request, key) for key in ("ada", "grace")]
        self.volume = self.scratch / "other"
        self.environment["LOTMARK_VOLUME"] = str(self.volume)
        self.make_volume("2024-v1")
        self.set_policy(2, ("ada",), ("grace",))
        for approval in approvals:
            self.import_refused(approval, "it is for the volume")
        self.refused("activate", "2024-v1", "--reason", "x", says="0 of 2 people")

    def test_a_revoked_key_shows_as_such(self):
        self.approve("2024-v1", "ada", "grace")
        run = self.ok("key", "revoke", self.key_id("grace"), "--reason", "the laptop was stolen")
        self.assertIn("Grace Hopper's", run.out)
        self.assertIn("1 people can still approve and the policy asks for 2", run.err)
        self.assertEqual(self.standings(), [("Ada Lovelace", "counts"), ("Grace Hopper", "key_revoked")])
        self.assertIn("REVOKED", self.ok("policy", "show").out)
        self.refused("activate", "2024-v1", "--reason", "x", says=["1 of 2 people", "is revoked"])
        self.import_refused(self.sign(self.request("2023-v1"), "grace"), "is revoked")
        self.assertEqual([e["key_id"] for e in self.events() if e["event"] == "key_revoked"], [self.key_id("grace")])
        before = self.events()
        self.assertIn("revoked before", self.ok("key", "revoke", self.key_id("grace"), "--reason", "again").out)
        self.assert_unchanged(before)
        self.refused("key", "revoke", "3f0c", "--reason", "x", says="KEY_ID")

    def test_evidence_that_came_later_was_not_approved(self):
        self.approve("2024-v1", "ada", "grace")
        evidence = self.ok("golden", "run", "2024-v1", "--record", "--json").json["evidence_sha256"]
        self.assertEqual(self.standings(), [("Ada Lovelace", "other_evidence"), ("Grace Hopper", "other_evidence")])
        self.refused("activate", "2024-v1", "--reason", "x", says=["0 of 2 people", "without golden_result " + evidence[:12]])
        before = self.events()
        self.assertIn("recorded before", self.ok("golden", "run", "2024-v1", "--record").out)
        self.assert_unchanged(before)
        request = self.request("2024-v1")
        self.assertEqual(json.loads(request.read_text())["evidence"], [{"kind": "golden_result", "sha256": evidence}])
        for key in ("ada", "grace"):
            self.ok("approve", "import", self.sign(request, key))
        self.ok("activate", "2024-v1", "--reason", "approved with the golden result")

    def test_an_approval_that_lies_changed_in_the_volume(self):
        self.approve("2024-v1", "ada", "grace")
        path = next((self.volume / "models/lesion_cnn_demo/evidence/2024-v1").iterdir())
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
        self.refused("activate", "2024-v1", "--reason", "x", says=path.name)
        self.assertIn(path.name, self.lotmark("verify").out)
        path.unlink()
        self.refused("activate", "2024-v1", "--reason", "x", says=path.name)
        self.refused("approvals", "2024-v1", says=path.name)

    def test_every_unmet_condition_is_told_at_once(self):
        folder = self.export_folder()
        self.volume = self.scratch / "second"
        self.environment["LOTMARK_VOLUME"] = str(self.volume)
        self.make_volume()
        self.ok("add", self.edit_manifest(folder, lambda manifest: manifest.pop("golden")))
        self.set_policy(2, ("ada",), ("grace",), formats=["onnx", "tflite"], golden_origin="training",
                        free_memory={"times_artifact": 3})
        run = self.refused("activate", "2024-v1", "--reason", "x",
                           says=["formats:", "as tflite", "golden_origin:", "no golden cases", "approvals:", "0 of 2 people"])
        self.assertEqual(run.err.count("\n  "), 3, run.err)
        self.assertNotIn("approvals: approvals", run.err)
        self.assertIsNone(self.active())
        self.assertNotIn("activating", [event["event"] for event in self.events()])


if __name__ == "__main__":
    unittest.main()
