"""The journal's key, missing or badly kept, and a volume that cannot be written: a clear error, and nothing changed."""
import os
import shutil
import unittest

from harness import LOTMARK, PreparedTest, in_own_mounts


class JournalKey(PreparedTest):
    def prepare(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")

    def setUp(self):
        super().setUp()
        self.key = next((self.scratch / "keys").glob("journal-*.key"))
        self.before = self.files()

    def files(self):
        return {str(p.relative_to(self.volume)): p.read_bytes() for p in self.volume.rglob("*") if p.is_file()}

    def assert_cannot_change(self, *says, **options):
        for args in (["activate", "2024-v1", "--reason", "x"], ["quarantine", "2024-v1", "--reason", "x"], ["recover"],
                     ["key", "revoke", "ab" * 32, "--reason", "x"]):
            self.refused(*args, says=says, **options)
        self.assertEqual(self.files(), self.before)
        self.ok("status", **options)  # who reads needs no key
        self.ok("verify", **options)
        self.ok("journal", "verify", **options)

    def private_file(self, name, text, mode=0o600):
        path = self.scratch / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def test_on_another_machine(self):
        self.assert_cannot_change("is not on this machine", "LOTMARK_KEYS", environment={"LOTMARK_KEYS": str(self.scratch / "none")})

    def test_read_by_others(self):
        self.key.chmod(0o644)
        self.assert_cannot_change(self.key.name, "chmod 600")

    def test_of_another_volume(self):
        self.ok("init", self.scratch / "other", "--model", "lesion_cnn_demo")
        other = next(p for p in (self.scratch / "keys").glob("journal-*.key") if p != self.key)
        self.key.unlink()
        shutil.copy2(other, self.key)
        self.assert_cannot_change("key")

    def test_damaged(self):
        good = self.key.read_text()
        for text in ("", "hello", good[:-40], good.replace("PRIVATE", "PUBLIC")):
            self.private_file(self.key, text)
            self.refused("activate", "2024-v1", "--reason", "x", says=self.key.name)
        self.assertEqual(self.files(), self.before)

    def test_inside_the_volume(self):
        inside = self.volume / "keys"
        inside.mkdir(mode=0o700)
        shutil.copy2(self.key, inside)
        self.before = self.files()
        for args in (["activate", "2024-v1", "--reason", "x"], ["recover"]):
            self.refused(*args, says="lies in the model volume", environment={"LOTMARK_KEYS": str(inside)})
        self.assertEqual(self.files(), self.before)
        # Nor is one made in the volume that is about to be, or in another one.
        new = self.scratch / "new"
        self.refused("init", new, "--model", "m", says="model volume", environment={"LOTMARK_KEYS": str(self.volume / "more")})
        self.assertFalse((self.volume / "more").exists())
        self.refused("init", new, "--model", "m", says="volume", environment={"LOTMARK_KEYS": str(new / "keys")})
        self.assertFalse((new / "keys").exists())
        self.assertFalse((new / "volume.json").exists())

    def test_encrypted(self):
        passphrase = self.private_file("passphrase", "open sesame\n")
        with_it = {"LOTMARK_PASSPHRASE_FILE": str(passphrase)}
        self.environment["LOTMARK_VOLUME"] = str(self.scratch / "second")
        self.volume = self.scratch / "second"
        self.ok("init", self.volume, "--model", "lesion_cnn_demo", environment=with_it)
        key = next(p for p in (self.scratch / "keys").glob("journal-*.key") if p != self.key)
        self.assertIn("ENCRYPTED", key.read_text())
        self.assertNotIn("ENCRYPTED", self.key.read_text())
        self.ok("key", "revoke", "ab" * 32, "--reason", "x", environment=with_it)
        self.before = self.files()
        revoke = ["key", "revoke", "cd" * 32, "--reason", "x"]
        self.refused(*revoke, says="LOTMARK_PASSPHRASE_FILE", start_new_session=True)
        wrong = self.private_file("wrong", "open says me\n")
        self.refused(*revoke, says=[key.name, "passphrase is wrong"], environment={"LOTMARK_PASSPHRASE_FILE": str(wrong)})
        passphrase.chmod(0o644)
        self.refused(*revoke, says="chmod 600", environment=with_it)
        self.refused(*revoke, says="none", environment={"LOTMARK_PASSPHRASE_FILE": str(self.scratch / "none")})
        self.assertEqual(self.files(), self.before)
        passphrase.chmod(0o600)
        self.ok(*revoke, environment=with_it)


class ReadOnly(PreparedTest):
    def prepare(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")

    def test_commands_that_read_work_and_the_others_say_so(self):
        policy = self.scratch / "policy.json"
        policy.write_text('{"format": 1, "activation": {}, "approvers": []}')
        os.environ.update(self.environment)
        self.addCleanup(lambda: [os.environ.pop(name, None) for name in self.environment])
        run = in_own_mounts(
            'mount --bind "$LOTMARK_VOLUME" "$LOTMARK_VOLUME"; mount -o remount,ro,bind "$LOTMARK_VOLUME"; set +e; '
            'for c in "status" "list" "history" "verify" "policy show" "approve request 2024-v1" "approvals 2024-v1" "journal verify" '
            '"journal prove 1" "journal export $3/export" "golden run 2024-v1"; do "$1" $c > "$3/out" 2>&1; echo "$c: $?"; done; '
            'for c in "activate 2024-v1 --reason x" "rollback --reason x" "quarantine 2024-v1 --reason x" "recover" "repair --reason x" '
            '"policy set $2 --reason x" "key revoke abababababababababababababababababababababababababababababababab --reason x" '
            '"golden run 2024-v1 --record"; do "$1" $c > "$3/out" 2> "$3/err"; echo "$c: $? $(cat "$3/err")"; done',
            LOTMARK, policy, self.scratch)
        if run is None:
            self.skipTest("this machine does not allow mounts")
        lines = run.stdout.splitlines()
        reading = [line for line in lines if line.endswith(": 0")]
        self.assertEqual(len(reading), 11, run.stdout)
        changing = [line for line in lines if "lotmark:" in line]
        self.assertEqual(len(changing), 8, run.stdout)
        for line in changing:
            self.assertRegex(line, r"(?i): 3 .*read-only")
        self.assertEqual(self.active(), "2023-v1")
        self.ok("journal", "verify")


if __name__ == "__main__":
    unittest.main()
