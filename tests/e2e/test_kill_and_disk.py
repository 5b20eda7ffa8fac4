"""Kill -9 during add and activate, two commands at once, a full disk, a read-only volume."""
import os
import pathlib
import random
import shutil
import subprocess
import time
import unittest

from harness import DEMO, LOTMARK, LotmarkTest, in_own_mounts


class KillAndDisk(LotmarkTest):
    def start(self, *args):
        return subprocess.Popen([LOTMARK, *map(str, args)], env={**os.environ, **self.environment},
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill_after(self, seconds, *args):
        process = self.start(*args)
        time.sleep(seconds)
        process.kill()
        return process.wait()

    def duration(self, *args):
        begin = time.monotonic()
        self.lotmark(*args)
        return time.monotonic() - begin

    def test_kill_during_add(self):
        self.make_volume("2023-v1", activate="2023-v1")
        folder = self.export_folder()
        big = folder / "golden" / "weights.bin"
        big.write_bytes(os.urandom(24 << 20))
        path = self.edit_manifest(folder, lambda m: m["formats"].update(
            tflite={"path": "golden/weights.bin"}))
        self.ok("manifest", "complete", path)
        scratch_volume = self.scratch / "timing"
        shutil.copytree(self.volume, scratch_volume, symlinks=True)
        # The copy has a memory of its own: to that of the volume it would be a fork.
        whole = self.duration("add", path, "--volume", scratch_volume, "--state", self.scratch / "state-of-copy")
        generator = random.Random(7)
        interrupted = 0
        for _ in range(25):
            interrupted += self.kill_after(generator.uniform(0, whole), "add", path) != 0
            versions = [v["version"] for v in self.ok("list", "--json").json]
            self.assertIn(versions, (["2023-v1"], ["2023-v1", "2024-v1"]))
            self.assertEqual(self.active(), "2023-v1")
            if "2024-v1" in versions:
                break
        self.assertGreater(interrupted, 0, "no run was killed in time")
        self.ok("add", path)  # whatever happened, it can be run again
        self.assertEqual(self.staging(), [])
        self.ok("verify")

    def test_kill_during_activate(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        whole = self.duration("activate", "2024-v1", "--reason", "timing")
        generator = random.Random(11)
        target = "2023-v1"
        for _ in range(25):
            before = self.active()
            self.kill_after(generator.uniform(0, whole * 1.1), "activate", target, "--reason", "killed")
            self.assertIn(self.active(), (before, target))
            self.ok("activate", target, "--reason", "again")
            self.assertEqual(self.active(), target)
            status = self.ok("status", "--json").json
            self.assertFalse(status["recovery_pending"])
            target = "2024-v1" if target == "2023-v1" else "2023-v1"
        self.ok("verify")
        moves = [e for e in self.ok("history", "--json").json if e["event"] in ("activated", "recovered")]
        self.assertGreaterEqual(len(moves), 26)

    def test_two_activations_at_once(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        for _ in range(5):
            pair = [self.start("activate", v, "--reason", "race") for v in ("2023-v1", "2024-v1")]
            codes = [p.wait() for p in pair]
            self.assertIn(0, codes)
            history = self.ok("history", "--json").json
            last = [e for e in history if e["event"] == "activated"][-1]
            self.assertEqual(last["version"], self.active())
        self.ok("verify")

    def test_disk_full_during_add(self):
        self.make_volume("2023-v1", activate="2023-v1")
        run = in_own_mounts(
            'mkdir "$1/small"; mount -t tmpfs -o size=700k none "$1/small"; cp -a "$LOTMARK_VOLUME/." "$1/small/"; '
            'export LOTMARK_VOLUME="$1/small"; set +e; "$2" add "$3"; echo "code $?"; "$2" verify | tail -n 1; '
            '"$2" list --json; ls "$1/small/staging"', self.scratch, LOTMARK, DEMO / "models/2024-v1/model-manifest.json") \
            if self._export() else None
        if run is None:
            self.skipTest("this machine does not allow mounts")
        self.assertIn("code 3", run.stdout, run.stdout + run.stderr)
        self.assertIn("space", run.stderr)
        self.assertIn("verified", run.stdout)
        self.assertNotIn("2024-v1", run.stdout)

    def test_disk_full_under_the_records_means_no_reply_without_a_row(self):
        self.make_volume("2024-v1", activate="2024-v1")
        run = in_own_mounts(
            'mkdir "$1/small"; mount -t tmpfs -o size=400k none "$1/small"; '
            'export LOTMARK_RECORDS="sqlite://$1/small/records.db"; set +e; done=0; '
            'for i in $(seq 400); do "$2" classify "$3" >/dev/null 2>"$1/err" || break; done=$i; done; echo "stopped after $done"; '
            'echo "code $("$2" classify "$3" >/dev/null 2>&1; echo $?)"; cat "$1/err"; rows=$("$2" records list --limit 1000 --json | grep -c "top_class"); echo "rows $rows"; '
            'test "$rows" = "$done" && echo same', self.scratch, LOTMARK, DEMO / "images/lesion_09.jpg") \
            if self._export() else None
        if run is None:
            self.skipTest("this machine does not allow mounts")
        self.assertIn("same", run.stdout, run.stdout + run.stderr)
        self.assertIn("code 3", run.stdout)

    def test_read_only_volume(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        run = in_own_mounts(
            'mount --bind "$LOTMARK_VOLUME" "$LOTMARK_VOLUME"; mount -o remount,ro,bind "$LOTMARK_VOLUME"; set +e; '
            '"$1" activate 2024-v1 --reason x; echo "activate $?"; "$1" add "$2/models/2024-v1/model-manifest.json"; echo "add $?"; '
            '"$1" verify >/dev/null; echo "verify $?"; "$1" status >/dev/null; echo "status $?"; '
            '"$1" classify "$2/images/lesion_01.jpg" >/dev/null; echo "classify $?"', LOTMARK, DEMO) if self._export() else None
        if run is None:
            self.skipTest("this machine does not allow mounts")
        for line in ("activate 3", "verify 0", "status 0", "classify 0"):
            self.assertIn(line, run.stdout, run.stdout + run.stderr)
        self.assertIn("ead-only", run.stderr)
        self.assertEqual(self.active(), "2023-v1")

    def _export(self):
        """The shell scripts above take the environment of this process."""
        os.environ.update(self.environment)
        self.addCleanup(lambda: [os.environ.pop(name, None) for name in self.environment])
        return True


if __name__ == "__main__":
    unittest.main()
