"""keygen and approve sign: keys that stay their owner's, and approvals that other programs can check and make keys for."""
import base64
import hashlib
import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
import unittest

from harness import LOTMARK, PATIENCE, ROOT, LotmarkTest

VOLUME_ID = "0b0e9c1e-5d3a-4c7b-9f00-000000000001"
MANIFEST = "ab" * 32
REQUEST = {"format": 1, "volume_id": VOLUME_ID, "subject": "version", "model": "lesion_cnn", "version": "2024-v1",
           "manifest_sha256": MANIFEST, "evidence": [{"kind": "golden", "sha256": "cd" * 32}]}
POLICY_REQUEST = {"format": 1, "volume_id": VOLUME_ID, "subject": "policy", "policy_sha256": "ef" * 32,
                  "replaces": {"policy_sha256": "01" * 32, "event": 4}}
MEANING = "I have read report DR-118 and approve clinical use"


def pre_auth_encoding(envelope):
    """What DSSE signs."""
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def openssl(*args, **options):
    return subprocess.run(["openssl", *map(str, args)], capture_output=True, timeout=PATIENCE, check=False, **options)


class Signing(LotmarkTest):
    """A keys folder, a passphrase in a file, and a request."""

    def setUp(self):
        super().setUp()
        self.keys = self.scratch / "keys"
        self.passphrase = self.private_file("passphrase", "open sesame\n")
        self.environment |= {"LOTMARK_KEYS": str(self.keys), "LOTMARK_PASSPHRASE_FILE": str(self.passphrase)}
        self.request = self.scratch / "request.json"
        self.request.write_text(json.dumps(REQUEST))

    def private_file(self, name, text, mode=0o600):
        path = self.scratch / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def sign_args(self, key="ada", **changes):
        options = {"name": "Ada Lovelace", "meaning": MEANING, **changes}
        request = options.pop("request", self.request)
        return ["approve", "sign", request, "--key", key, *sum(([f"--{k}", v] for k, v in options.items()), [])]

    def openssl_accepts(self, envelope, public_key):
        signature = self.scratch / "signature.der"
        signature.write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        run = openssl("dgst", "-sha256", "-verify", public_key, "-signature", signature, input=pre_auth_encoding(envelope))
        return run.returncode == 0


class ApproveSign(Signing):
    def test_what_is_signed_can_be_checked_with_openssl(self):
        made = self.ok("keygen", "ada", "--json").json
        for request in (REQUEST, POLICY_REQUEST):
            self.request.write_text(json.dumps(request))
            run = self.ok(*self.sign_args())
            envelope = json.loads(run.out)
            self.assertTrue(self.openssl_accepts(envelope, self.keys / "ada.pub"))
            self.assertEqual(envelope["signatures"][0]["keyid"], made["key_id"])
            statement = json.loads(base64.b64decode(envelope["payload"]))
            self.assertEqual(statement["predicate"]["name"], "Ada Lovelace")
            self.assertEqual(statement["predicate"]["meaning"], MEANING)
            self.assertRegex(statement["predicate"]["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            digest = request.get("manifest_sha256", request.get("policy_sha256"))
            self.assertEqual(statement["subject"][0]["digest"], {"sha256": digest})
            self.assertIn(digest, run.err)  # shown before it was signed
            envelope["payload"] = base64.b64encode(b" " + base64.b64decode(envelope["payload"])).decode()
            self.assertFalse(self.openssl_accepts(envelope, self.keys / "ada.pub"))

    def test_the_check_by_hand_in_the_documentation_works(self):
        script = re.search(r"```python\n(.*?)```", (ROOT / "doc" / "approvals.md").read_text(), re.S)[1]
        self.ok("keygen", "ada")
        approval = self.scratch / "approval.json"

        def check():
            return subprocess.run([sys.executable, "-c", script, approval, self.keys / "ada.pub"], capture_output=True, text=True,
                                  timeout=PATIENCE, cwd=self.scratch, check=False)
        self.ok(*self.sign_args(out=approval))
        checked = check()
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertIn("Verified OK", checked.stdout)
        self.assertIn(MANIFEST, checked.stdout)
        envelope = json.loads(approval.read_text())
        forged = base64.b64decode(envelope["payload"]).replace(MANIFEST.encode(), b"ba" * 32)
        approval.write_text(json.dumps({**envelope, "payload": base64.b64encode(forged).decode()}))
        self.assertNotEqual(check().returncode, 0)

    def test_the_key_files(self):
        made = self.ok("keygen", "ada", "--json").json
        private, public = self.keys / "ada.key", self.keys / "ada.pub"
        self.assertEqual((made["private_key_file"], made["public_key_file"]), (str(private), str(public)))
        self.assertEqual(made["public_key"], public.read_text())
        self.assertTrue(made["encrypted"])
        self.assertEqual(stat.S_IMODE(private.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.keys.stat().st_mode), 0o700)
        der = openssl("pkey", "-pubin", "-in", public, "-outform", "DER").stdout
        self.assertEqual(made["key_id"], hashlib.sha256(der).hexdigest())
        # OpenSSL opens it with the passphrase, which costs a guesser 600,000 rounds.
        self.assertEqual(openssl("pkey", "-in", private, "-passin", f"file:{self.passphrase}", "-pubout").stdout.decode(),
                         public.read_text())
        structure = openssl("asn1parse", "-in", private).stdout.decode()
        self.assertIn("aes-256-cbc", structure)
        self.assertRegex(structure, r"INTEGER +:0927C0")
        self.assertNotIn("ENCRYPTED", public.read_text())

    def test_keys_that_openssl_made_sign_too(self):
        plain, encrypted, public = (self.scratch / name for name in ("plain.pem", "encrypted.pem", "public.pem"))
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", plain)
        openssl("pkey", "-in", plain, "-pubout", "-out", public)
        openssl("pkcs8", "-topk8", "-in", plain, "-out", encrypted, "-passout", f"file:{self.passphrase}")
        for path in (plain, encrypted):
            path.chmod(0o600)
            envelope = json.loads(self.ok(*self.sign_args(key=path)).out)
            self.assertTrue(self.openssl_accepts(envelope, public), path)

    def test_other_kinds_of_keys_are_refused_with_words(self):
        for name, kind in (("p384.pem", ("EC", "-pkeyopt", "ec_paramgen_curve:P-384")), ("ed25519.pem", ("ED25519",))):
            path = self.scratch / name
            openssl("genpkey", "-algorithm", *kind, "-out", path)
            path.chmod(0o600)
            self.refused(*self.sign_args(key=path), says="not a P-256 key")
        old_form = self.private_file("old.pem", openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout").stdout.decode())
        self.refused(*self.sign_args(key=old_form), says=["PKCS#8", "openssl pkcs8 -topk8"])
        self.refused(*self.sign_args(key=self.private_file("x.pem", "hello")), says="PKCS#8")
        self.refused(*self.sign_args(key="nobody"), says="nobody.key")

    def test_a_key_is_neither_replaced_nor_left_to_others(self):
        self.ok("keygen", "ada")
        before = (self.keys / "ada.key").read_bytes()
        self.refused("keygen", "ada", says="never replaced")
        self.assertEqual((self.keys / "ada.key").read_bytes(), before)
        (self.keys / "ada.key").chmod(0o640)
        self.refused(*self.sign_args(), says="chmod 600")
        (self.keys / "ada.key").chmod(0o600)
        self.private_file("passphrase", "open sesame\n", mode=0o644)
        self.refused(*self.sign_args(), says=["LOTMARK_PASSPHRASE_FILE", "chmod 600"])
        self.private_file("passphrase", "open says me\n")
        refused = self.refused(*self.sign_args(), says="passphrase is wrong")
        self.assertEqual(refused.out, "")
        self.refused("keygen", "../ada", says="key name")

    def test_a_key_never_lies_in_a_volume(self):
        self.volume.mkdir()
        (self.volume / "volume.json").write_text("{}")
        inside = {"LOTMARK_KEYS": str(self.volume / "keys")}
        self.refused("keygen", "ada", environment=inside, says="model volume")
        self.assertFalse((self.volume / "keys").exists())
        (self.scratch / "link").symlink_to(self.volume)
        self.refused("keygen", "ada", environment={"LOTMARK_KEYS": str(self.scratch / "link")}, says="model volume")
        self.ok("keygen", "ada", "--no-passphrase")
        (self.keys / "ada.key").rename(self.volume / "ada.key")
        self.refused(*self.sign_args(key=self.volume / "ada.key"), says="model volume")

    def test_without_a_passphrase_it_says_so(self):
        run = self.ok("keygen", "robot", "--no-passphrase", environment={"LOTMARK_PASSPHRASE_FILE": ""})
        self.assertIn("NOT encrypted", run.out)
        self.ok(*self.sign_args(key="robot"), environment={"LOTMARK_PASSPHRASE_FILE": ""})

    def test_without_a_terminal_it_says_where_a_passphrase_could_come_from(self):
        self.refused("keygen", "ada", environment={"LOTMARK_PASSPHRASE_FILE": ""}, start_new_session=True,
                     stdin=subprocess.DEVNULL, says="LOTMARK_PASSPHRASE_FILE")

    def test_a_request_that_is_not_one_is_refused(self):
        self.ok("keygen", "ada", "--no-passphrase")
        for text, says in (("", "JSON"), (json.dumps({**REQUEST, "note": 1}), "note"), (json.dumps({**REQUEST, "format": 2}), "format"),
                           (json.dumps({**REQUEST, "manifest_sha256": "x"}), "manifest_sha256"), ("[" * 5000, "nested")):
            self.request.write_text(text)
            self.assertEqual(self.refused(*self.sign_args(), says=says).out, "")
        self.refused(*self.sign_args(request=self.scratch / "none.json"), says="none.json")
        self.request.write_text(json.dumps(REQUEST))
        for changes, says in (({"name": ""}, "name"), ({"name": "Ada\nLovelace"}, "name"), ({"meaning": ""}, "meaning"),
                              ({"meaning": "x" * 1001}, "meaning")):
            self.refused(*self.sign_args(**changes), says=says)

    def test_a_file_is_written_whole_and_never_over_another(self):
        self.ok("keygen", "ada", "--no-passphrase")
        out = self.scratch / "approval.json"
        run = self.ok(*self.sign_args(out=out))
        self.assertEqual(run.out, "")
        self.assertTrue(self.openssl_accepts(json.loads(out.read_text()), self.keys / "ada.pub"))
        before = out.read_bytes()
        self.refused(*self.sign_args(out=out), says="exists already")
        self.assertEqual(out.read_bytes(), before)


class OnATerminal(Signing):
    """The questions that are asked where there is somebody to answer them."""

    def converse(self, args, answers, environment=None):
        """Runs a command on a terminal of its own; answers = [(what the question holds, what is typed)]."""
        child, terminal = pty.fork()
        if child == 0:
            os.execve(LOTMARK, [LOTMARK, *map(str, args)], {**os.environ, **self.environment, **(environment or {})})
        text, waiting, deadline = "", list(answers), time.monotonic() + PATIENCE
        seen = 0
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 1)[0]:
                try:
                    piece = os.read(terminal, 4096)
                except OSError:  # the other end is closed
                    break
                text += piece.decode()
            if waiting and waiting[0][0] in text[seen:]:
                seen = len(text)
                os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
        os.close(terminal)
        _, status = os.waitpid(child, 0)
        self.assertEqual(waiting, [], text)
        return os.waitstatus_to_exitcode(status), text

    def test_a_passphrase_is_asked_twice_and_never_shown(self):
        typed = "correct horse"
        none = {"LOTMARK_PASSPHRASE_FILE": ""}
        code, text = self.converse(["keygen", "ada"], [("Passphrase", typed), ("Passphrase", typed)], none)
        self.assertEqual(code, 0, text)
        self.assertNotIn(typed, text)
        code, text = self.converse(["keygen", "eve"], [("Passphrase", typed), ("Passphrase", "other")], none)
        self.assertEqual(code, 1, text)
        self.assertFalse((self.keys / "eve.key").exists())
        code, text = self.converse(self.sign_args(), [("Sign it?", "yes"), ("Passphrase", typed)], none)
        self.assertEqual(code, 0, text)
        self.assertNotIn(typed, text)
        code, text = self.converse(self.sign_args(), [("Sign it?", "yes"), ("Passphrase", "wrong")], none)
        self.assertEqual(code, 1, text)

    def test_it_asks_before_it_signs(self):
        self.ok("keygen", "ada", "--no-passphrase")
        out = self.scratch / "approval.json"
        code, text = self.converse(self.sign_args(out=out), [("Sign it?", "no")])
        self.assertEqual(code, 1, text)
        self.assertIn(MANIFEST, text)
        self.assertFalse(out.exists())
        code, text = self.converse([*self.sign_args(out=out), "--yes"], [])
        self.assertEqual(code, 0, text)
        self.assertTrue(out.exists())


if __name__ == "__main__":
    unittest.main()
