"""The journal as an auditor meets it: verified, proven, exported, held against earlier checkpoints and other verifiers."""
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import threading
import unittest

from fake_clock import FakeClock
from harness import LOTMARK, PATIENCE, PreparedTest

TLOG_CHECK = pathlib.Path(LOTMARK).with_name("tlog_check")


class Journal(PreparedTest):
    def prepare(self):
        self.make_volume("2023-v1", activate="2023-v1")

    def events(self):
        return self.ok("history", "--all", "--json").json

    def keep(self, name, text):
        path = self.scratch / name
        path.write_text(text)
        return path

    def checkpoint(self, name="checkpoint"):
        return self.keep(name, self.ok("journal", "checkpoint").out)

    def key(self):
        return self.ok("journal", "key").out.strip()

    def copy_volume(self, name):
        """A copy of the volume as it is now, and the options for working on it without a memory of the other one."""
        copy = self.scratch / name
        shutil.copytree(self.volume, copy, symlinks=True)
        return {"LOTMARK_VOLUME": str(copy), "LOTMARK_STATE": str(self.scratch / f"state-{name}")}

    def grow(self, **options):
        self.ok("activate", "2023-v1", "--reason", "again", **options)  # already active: no event
        self.ok("key", "revoke", "ab" * 32, "--reason", "one event more", **options)

    def test_verify(self):
        size = len(self.events())
        text = self.ok("journal", "verify").out
        self.assertRegex(text, rf"{size} events, root [0-9a-f]{{64}}: verified")
        verified = self.ok("journal", "verify", "--json").json
        self.assertEqual((verified["ok"], verified["events"], verified["problems"]), (True, size, []))
        self.assertEqual(verified["journal_key"], self.key())

    def test_against_an_earlier_checkpoint(self):
        earlier = self.checkpoint()
        fork = self.copy_volume("fork")
        self.grow()
        self.assertIn("it extends the checkpoint", self.ok("journal", "verify", "--against", earlier).out)
        # Of a journal that went another way from there.
        self.ok("key", "revoke", "cd" * 32, "--reason", "another event", environment=fork)
        forked = self.keep("forked", self.ok("journal", "checkpoint", environment=fork).out)
        run = self.lotmark("journal", "verify", "--against", forked, "--json")
        self.assertEqual((run.code, run.json["ok"]), (1, False))
        self.assertIn("another past", run.json["problems"][0])
        # Of a longer one.
        self.ok("key", "revoke", "ef" * 32, "--reason", "and one more", environment=fork)
        longer = self.keep("longer", self.ok("journal", "checkpoint", environment=fork).out)
        run = self.lotmark("journal", "verify", "--against", longer)
        self.assertEqual(run.code, 1)
        self.assertRegex(run.out, r"BAD .*longer: the journal is shorter than .*: it has \d+ events, \d+ were seen")
        # Of another volume.
        self.ok("init", self.scratch / "other", "--model", "lesion_cnn_demo")
        other = self.keep("other-checkpoint", self.ok("journal", "checkpoint", "--volume", self.scratch / "other").out)
        run = self.lotmark("journal", "verify", "--against", other)
        self.assertEqual(run.code, 1)
        self.assertIn("another key", run.out)
        # And of nothing.
        for text in ("", "x", earlier.read_text()[:-30], earlier.read_text().replace("\n", "\n\n", 1)):
            self.assertEqual(self.lotmark("journal", "verify", "--against", self.keep("bad", text)).code, 1)
        self.refused("journal", "verify", "--against", self.scratch / "none", says="none")

    def test_one_flipped_bit_anywhere_is_found(self):
        files = [path for path in sorted((self.volume / "journal").rglob("*")) if path.is_file()]
        self.assertEqual({path.relative_to(self.volume / "journal").parts[:2] for path in files},
                         {("checkpoint",), ("tile", "0"), ("tile", "entries")})
        for path in files:
            original = path.read_bytes()
            for at in (0, len(original) // 3, len(original) // 2, len(original) - 2):
                flipped = bytearray(original)
                flipped[at] ^= 4
                path.write_bytes(flipped)
                run = self.lotmark("journal", "verify")
                self.assertEqual(run.code, 1, f"{path} byte {at}: {run.out}")
                self.assertIn(str(path.relative_to(self.volume)).split(".p")[0] if "entries" not in path.parts else "journal",
                              run.out + run.err)
                # Nothing is built on it. (A tile is no part of what is read, but of what an event is appended to.)
                self.assertEqual(self.lotmark("key", "revoke", "ab" * 32, "--reason", "x").code, 1, f"{path} byte {at}")
            path.unlink()
            self.assertEqual(self.lotmark("journal", "verify").code, 1, path)
            path.write_bytes(original)
        self.ok("journal", "verify")
        self.grow()

    def test_proofs(self):
        events, key = self.events(), self.key()
        proofs = [self.keep(f"{e['index']}.proof", self.ok("journal", "prove", e["index"]).out) for e in events]
        elsewhere = {"LOTMARK_VOLUME": "/nowhere", "LOTMARK_STATE": "/nowhere", "LOTMARK_KEYS": "/nowhere"}
        for event, proof in zip(events, proofs):
            checked = self.ok("journal", "check-proof", proof, "--key", key, "--json", environment=elsewhere).json
            self.assertEqual((checked["event"], checked["journal_size"]), (event, len(events)))
        self.assertIn("event 4 is in the journal", self.ok("journal", "check-proof", proofs[4], "--key", key).out)
        self.refused("journal", "prove", len(events), says=f"no event {len(events)}")
        self.refused("journal", "prove", -1, says="no event -1")
        self.ok("init", self.scratch / "other", "--model", "lesion_cnn_demo")
        wrong = self.ok("journal", "key", "--volume", self.scratch / "other").out.strip()
        self.refused("journal", "check-proof", proofs[2], "--key", wrong, says="2.proof")
        self.refused("journal", "check-proof", proofs[2], "--key", "no key", says="key")
        changed, original = self.scratch / "changed.proof", proofs[2].read_bytes()
        for at in range(3, len(original) - 2, len(original) // 12):
            for bit in (1, 32):
                flipped = bytearray(original)
                flipped[at] ^= bit
                changed.write_bytes(flipped)
                self.refused("journal", "check-proof", changed, "--key", key, says="changed.proof")
        for end in (0, 10, len(original) // 2, len(original) - 1):
            changed.write_bytes(original[:end])
            self.refused("journal", "check-proof", changed, "--key", key, says="changed.proof")
        # Of another event's place.
        changed.write_bytes(original.replace(b"\nindex 2\n", b"\nindex 3\n"))
        self.refused("journal", "check-proof", changed, "--key", key, says="changed.proof")

    def test_export(self):
        folder = self.scratch / "export"
        self.ok("journal", "export", folder)
        self.assertEqual((folder / "checkpoint").read_text(), self.ok("journal", "checkpoint").out)
        self.assertEqual((folder / "journal.key.pub").read_text().strip(), self.key())
        lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
        self.assertEqual([(line["index"], line["event"]) for line in lines], [(e["index"], e["event"]) for e in self.events()])
        for path in (self.volume / "journal").rglob("*"):
            if path.is_file():
                self.assertEqual((folder / path.relative_to(self.volume / "journal")).read_bytes(), path.read_bytes())
        self.refused("journal", "export", folder, says="not empty")
        self.refused("journal", "export", self.volume / "export", says="lies in the volume")
        self.assertFalse((self.volume / "export").exists())
        if TLOG_CHECK.exists():  # a verifier that is not ours; its own test needs it built
            self.outside_verifier(folder)

    def outside_verifier(self, folder):
        def check():
            return subprocess.run([TLOG_CHECK, "--export", folder], capture_output=True, text=True, timeout=PATIENCE, check=False)
        run = check()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(f"{len(self.events())} entries", run.stdout)
        tile = next((folder / "tile/0").rglob("*.p/*"))
        data = bytearray(tile.read_bytes())
        data[7] ^= 1
        tile.write_bytes(data)
        self.assertNotEqual(check().returncode, 0)

    def test_reading_beside_writers(self):
        """Auditors never see a problem because somebody works."""
        stop, failures = threading.Event(), []

        def audit():
            number = 0
            while not stop.is_set():
                number += 1
                for args in (["verify"], ["prove", "3"], ["export", str(self.scratch / f"export-{number}")]):
                    run = self.lotmark("journal", *args)
                    if run.code != 0:
                        failures.append((args, run.out, run.err))
        thread = threading.Thread(target=audit)
        thread.start()
        for number in range(12):
            self.ok("key", "revoke", f"{number:02x}" * 32, "--reason", "busy")
        stop.set()
        thread.join()
        self.assertEqual(failures, [])
        for folder in self.scratch.glob("export-*"):  # a copy of one moment each
            entries = len((folder / "events.jsonl").read_text().splitlines())
            self.assertEqual(int((folder / "checkpoint").read_text().splitlines()[1]), entries)
            self.assertEqual([path.name for path in folder.rglob("*.p/*")], [str(entries)] * 2)

    def test_two_writers_lose_nothing(self):
        before = len(self.events())
        processes = [subprocess.Popen([LOTMARK, "key", "revoke", f"{n:02x}" * 32, "--reason", f"writer {n}"],
                                      env={**os.environ, **self.environment}, stdout=subprocess.DEVNULL) for n in range(6)]
        self.assertEqual([process.wait(timeout=PATIENCE) for process in processes], [0] * 6)
        events = self.events()
        self.assertEqual(sorted(e["reason"] for e in events[before:]), [f"writer {n}" for n in range(6)])
        self.ok("journal", "verify")

    def test_a_held_lock(self):
        before = self.events()
        policy = self.scratch / "policy.json"
        policy.write_text('{"format": 1, "activation": {}, "approvers": []}')
        with open(self.volume / "lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            commands = (["key", "revoke", "ab" * 32, "--reason", "x"], ["recover"], ["repair", "--reason", "x"],
                        ["quarantine", "2023-v1", "--stop", "--reason", "x"],
                        ["policy", "set", str(policy), "--reason", "x"])
            processes = [subprocess.Popen([LOTMARK, *command], env={**os.environ, **self.environment}, text=True,
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) for command in commands]
            self.assert_unchanged_while_held(before)
            for command, process in zip(commands, processes):
                _, err = process.communicate(timeout=PATIENCE)
                self.assertNotEqual(process.returncode, 0, command)
                self.assertIn("busy: another command has held the volume", err)
        self.assertEqual(self.events(), before)

    def assert_unchanged_while_held(self, before):
        self.assertEqual(self.events(), before)  # who reads needs no lock
        self.ok("journal", "verify")
        self.ok("status")

    def test_a_clock_that_steps_back_is_recorded(self):
        self.assertEqual({event["clock_stepped_back"] for event in self.events()}, {False})
        self.ok("key", "revoke", "ab" * 32, "--reason", "x", environment=FakeClock(self.scratch).at("2001-01-01T00:00:00Z"))
        self.ok("key", "revoke", "cd" * 32, "--reason", "x")
        first, second = self.events()[-2:]
        self.assertEqual((first["time"][:10], first["clock_stepped_back"]), ("2001-01-01", True))
        self.assertEqual(second["clock_stepped_back"], False)
        self.ok("journal", "verify")


if __name__ == "__main__":
    unittest.main()
