"""The policy: read strictly, changed only by the people of the one in force, never by a hand."""
import base64
import json
import subprocess
import unittest

from harness import PATIENCE
from people import WithPeople


class Policies(WithPeople):
    def prepare(self):
        self.make_volume("2024-v1")
        self.make_keys("ada", "ada2", "grace", "eve")

    def digest(self):
        return self.ok("policy", "show", "--json").json["policy_sha256"]

    def test_one_person_with_two_keys_counts_once(self):
        self.set_policy(2, ("ada", "ada2"), ("grace",))
        self.approve("2024-v1", "ada", "ada2")
        run = self.lotmark("approvals", "2024-v1", "--json")
        self.assertEqual((run.code, run.json["people"]), (1, 1))
        self.assertEqual([one["standing"] for one in run.json["approvals"]], ["counts", "counts"])
        self.refused("activate", "2024-v1", "--reason", "x", says="1 of 2 people")
        # With one of them revoked, the other still speaks for her.
        self.ok("key", "revoke", self.key_id("ada"), "--reason", "lost")
        self.approve("2024-v1", "grace")
        self.ok("activate", "2024-v1", "--reason", "approved")

    def test_the_people_in_force_decide_on_the_next_policy(self):
        self.assertEqual(self.ok("status", "--json").json["policy"]["relaxations"][0], "activation needs no approval")
        self.set_policy(2, ("ada",), ("grace",), golden_origin="training")
        before, old = self.events(), self.digest()
        proposed = self.policy_file(self.policy_of(1, ("eve",)), "proposed.json")
        self.refused("policy", "set", proposed, "--reason", "x", says=["cannot be changed", "0 of 2 people"])
        request = self.request(policy=proposed)
        # Who is to gain the power has none yet.
        self.refused("approve", "import", self.sign(request, "eve"), says="nobody's in the policy in force")
        self.assert_unchanged(before)
        approvals = [self.sign(request, key) for key in ("ada", "grace")]
        self.ok("approve", "import", approvals[0])
        self.refused("policy", "set", proposed, "--reason", "x", says="1 of 2 people")
        self.ok("approve", "import", approvals[1])
        # The approvals are for these bytes.
        other = self.policy_file(self.policy_of(0), "other.json")
        self.refused("policy", "set", other, "--reason", "x", says="0 of 2 people")
        self.assertEqual(self.digest(), old)
        self.ok("policy", "set", proposed, "--reason", "Eve alone")
        self.assertEqual(json.loads((self.volume / "policy.json").read_text()), json.loads(proposed.read_text()))
        changed = self.events()[-1]
        self.assertEqual((changed["event"], changed["file_sha256"], changed["policy_sha256"]),
                         ("policy_changed", self.digest(), old))
        # And what they approved once is no approval of going back to it later.
        self.approve_policy_as_eve(self.policy_file(self.policy_of(2, ("ada",), ("grace",)), "back.json"))
        self.refused("policy", "set", proposed, "--reason", "replayed", says="0 of 2 people")
        for approval in approvals:
            self.refused("approve", "import", approval, says="it replaces the policy")
        self.ok("verify")
        self.ok("journal", "verify")

    def approve_policy_as_eve(self, policy):
        self.ok("approve", "import", self.sign(self.request(policy=policy), "eve"))
        self.ok("policy", "set", policy, "--reason", "two people again")

    def test_setting_the_one_in_force_is_nothing(self):
        self.set_policy(1, ("ada",))
        before = self.events()
        self.assertIn("already", self.ok("policy", "set", self.scratch / "policy.json", "--reason", "again").out)
        self.assert_unchanged(before)
        self.assertEqual(self.ok("policy", "show", "--raw").out, (self.scratch / "policy.json").read_text())

    def test_what_is_no_policy_is_refused_and_changes_nothing(self):
        before, digest = self.events(), self.digest()
        good = self.policy_of(1, ("ada",), ("grace",))

        def refuse(policy, *says):
            self.refused("policy", "set", self.policy_file(policy), "--reason", "x", says=says)

        def activation(**conditions):
            return {**good, "activation": {**good["activation"], **conditions}}
        refuse(activation(moon_phase="full"), "moon_phase", "a condition that is not checked would be none")
        refuse({**good, "comment": "x"}, "comment")
        refuse({**good, "format": 2}, "format")
        refuse(activation(approvals=3), "can never be reached")
        refuse(activation(approvals=-1), "activation.approvals")
        refuse(activation(approvals=1.5), "activation.approvals")
        refuse(activation(free_memory={"times_artifact": 0}), "times_artifact")
        refuse(activation(golden_origin="found"), "golden_origin")
        refuse(activation(formats=["onnx", "onnx"]), "twice")
        ada, grace = good["approvers"]
        refuse({**good, "approvers": [ada, {**grace, "name": "ada lovelace"}]}, "stands at approvers[0] already")
        refuse({**good, "approvers": [ada, {**grace, "keys": ada["keys"]}]}, "is Ada Lovelace's already")
        refuse({**good, "approvers": [{**ada, "keys": ada["keys"] * 2}, grace]}, "keys")
        refuse({**good, "approvers": [{**ada, "keys": []}, grace]}, "keys")
        refuse(json.dumps(good)[:-1], "JSON")
        refuse(json.dumps(good).replace('"approvals": 1', '"approvals": 1, "approvals": 0'), "approvals")
        refuse("[" * 5000, "nested")
        refuse(json.dumps(good) + " " * (256 << 10), "policy.json")
        self.refused("policy", "set", self.policy_file(good), "--reason", "", says="reason")
        self.refused("policy", "set", self.scratch / "none.json", "--reason", "x", says="none.json")
        self.assert_unchanged(before)
        self.assertEqual(self.digest(), digest)
        self.assertEqual([p.name for p in (self.volume / "policies").iterdir() if p.is_file()], [digest + ".json"])

    def test_a_key_of_another_curve_is_refused_whatever_its_label(self):
        p384 = self.scratch / "p384.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", p384],
                       check=True, timeout=PATIENCE, capture_output=True)

        def public(*form):
            return subprocess.run(["openssl", "pkey", "-in", p384, "-pubout", *form], check=True, timeout=PATIENCE,
                                  capture_output=True).stdout
        policy = self.policy_of(1, ("ada",))

        def refuse(pem):
            policy["approvers"][0]["keys"] = [pem]
            self.refused("policy", "set", self.policy_file(policy), "--reason", "x", says="approvers[0].keys[0]")
        refuse(public().decode())
        # The same point, said to be on P-256: that curve's name in the place of this one's.
        der = public("-outform", "DER")
        p384_oid, p256_oid = bytes.fromhex("06052b81040022"), bytes.fromhex("06082a8648ce3d030107")
        self.assertIn(p384_oid, der)
        # SEQUENCE { SEQUENCE { ecPublicKey, curve }, BIT STRING }
        algorithm = der[der.index(bytes.fromhex("06072a8648ce3d0201")):der.index(p384_oid)] + p256_oid
        rest = der[der.index(p384_oid) + len(p384_oid):]
        body = bytes([0x30, len(algorithm)]) + algorithm + rest
        labelled = bytes([0x30, len(body)]) + body if len(body) < 128 else bytes([0x30, 0x81, len(body)]) + body
        refuse(pem_of(labelled))

    def test_a_policy_edited_by_hand_is_not_obeyed(self):
        self.set_policy(1, ("ada",))
        in_force = self.digest()
        stored = self.volume / "policies" / f"{in_force}.json"
        # The link is for people: another one is never obeyed, and commands say that it is there.
        lax = self.volume / "policies" / "lax.json"
        lax.write_text(json.dumps(self.policy_of(0)))
        link = self.volume / "policy.json"
        link.unlink()
        link.symlink_to("policies/lax.json")
        self.refused("activate", "2024-v1", "--reason", "x", says=["policy.json", in_force])
        self.assertEqual(self.digest(), in_force)
        self.assertIn("policy.json", self.lotmark("verify").out)
        link.unlink()
        link.write_text(lax.read_text())
        self.refused("activate", "2024-v1", "--reason", "x", says="policy.json")
        self.assertEqual(self.digest(), in_force)
        link.unlink()
        lax.unlink()
        self.refused("activate", "2024-v1", "--reason", "x", says="0 of 1 people")  # which made the link again
        self.assertEqual(json.loads(link.read_text())["activation"]["approvals"], 1)
        # The file in force, edited, is no policy at all.
        stored.chmod(0o644)
        stored.write_text(stored.read_text().replace('"approvals": 1', '"approvals": 0'))
        self.refused("activate", "2024-v1", "--reason", "x", says=stored.name)
        self.refused("policy", "show", says=stored.name)
        self.refused("policy", "set", self.policy_file(self.policy_of(0)), "--reason", "x", says=stored.name)
        status = self.lotmark("status", "--json")
        self.assertEqual(status.code, 1)
        self.assertIn(stored.name, status.json["policy"]["problem"])
        self.assertRegex(self.lotmark("status").out, "PROBLEM .*" + stored.name)
        self.assertIsNone(self.active())

    def test_status_shows_what_is_not_asked_for(self):
        status = self.ok("status", "--json").json
        self.assertEqual(status["policy"]["relaxations"], [
            "activation needs no approval", "a change of the policy needs no approval",
            "golden cases may be recorded from the model itself"])
        self.assertEqual(status["policy"]["policy_sha256"], self.digest())
        text = self.ok("status").out
        self.assertIn(self.digest(), text)
        self.assertEqual(text.count("relaxed"), 3)
        self.set_policy(2, ("ada",), ("grace",), formats=["onnx"], golden_origin="training", free_memory={"times_artifact": 3})
        self.assertEqual(self.ok("status", "--json").json["policy"]["relaxations"], [])
        shown = self.ok("policy", "show").out
        self.assertIn("2 of 2 people", shown)
        self.assertNotIn("not asked for", shown)


def pem_of(der):
    text = base64.b64encode(der).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "-----BEGIN PUBLIC KEY-----\n" + "\n".join(lines) + "\n-----END PUBLIC KEY-----\n"


if __name__ == "__main__":
    unittest.main()
