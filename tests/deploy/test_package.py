"""The installed Debian package: scripts/test-package unpacks it into LOTMARK_ROOT and runs this.

The service runs as nobody, with the volume mounted read-only in a mount namespace of its own, and under what the systemd
unit allows: its system calls, and no memory that is both writable and executable.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import harness
from harness import LotmarkTest, sample_images

ROOT = pathlib.Path(os.environ["LOTMARK_ROOT"])
PROGRAM = ROOT / "usr/bin/lotmark"
UNIT = ROOT / "usr/lib/systemd/system/lotmark.service"
NOBODY = 65534
CONFINED = pathlib.Path(__file__).with_name("confined.py")


class Files(unittest.TestCase):
    def test_everything_is_there(self):
        documents = ROOT / "usr/share/doc/lotmark"
        for name in ("copyright", "onnxruntime-LICENSE", "onnxruntime-ThirdPartyNotices.txt", "libcli11-dev.copyright",
                     "nlohmann-json3-dev.copyright", "libboost1.81-dev.copyright", "deploy.md", "volume.md", "openapi.json"):
            self.assertTrue((documents / name).stat().st_size > 0, name)
        self.assertTrue((ROOT / "usr/share/bash-completion/completions/lotmark").is_file())
        self.assertTrue(UNIT.is_file())

    def test_nothing_is_writable_by_others_or_privileged(self):
        for folder, _, files in os.walk(ROOT / "usr"):
            for path in [folder, *(os.path.join(folder, name) for name in files)]:
                mode = os.stat(path).st_mode
                self.assertEqual(mode & 0o7022, 0, f"{path} has mode {mode:o}")
                self.assertEqual(mode & 0o444, 0o444, f"{path} has mode {mode:o}")

    def test_no_path_of_the_build_is_searched(self):
        dynamic = subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True).stdout
        self.assertEqual(re.findall(r"R(?:UN)?PATH.*\[(.*)\]", dynamic), ["$ORIGIN/../lib/lotmark/runtimes"])

    def test_dependencies_were_found(self):
        query = ["dpkg-query", f"--admindir={ROOT / 'var/lib/dpkg'}", "-W", "-f", "${Depends}", "lotmark"]
        depends = subprocess.run(query, capture_output=True, text=True, check=True).stdout
        for package in ("libc6", "libsqlite3-0", "libssl3", "libstdc++6"):
            self.assertIn(package + " (", depends)

    def test_installing_runs_nothing(self):
        scripts = [path.suffix for path in (ROOT / "var/lib/dpkg/info").glob("lotmark.*")]
        self.assertEqual(sorted(scripts), [".list", ".md5sums"])

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_man_page(self):
        page = next((ROOT / "usr/share/man/man1").glob("lotmark.1*"))
        done = subprocess.run(["man", "-l", "--warnings", page], capture_output=True, text=True, check=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
        self.assertEqual(done.stderr, "")
        self.assertIn("--allow-remote-unauthenticated", done.stdout.replace("\u2010", "-"))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_unit(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "lotmark.service"
            unit.write_text(UNIT.read_text().replace("/usr/bin/lotmark", str(PROGRAM)))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
            ours = [line for line in done.stderr.splitlines() if "lotmark" in line]
            self.assertEqual((done.returncode, ours), (0, []))


class Service(LotmarkTest):
    def setUp(self):
        super().setUp()
        os.chmod(self.scratch, 0o755)
        self.make_volume("2024-v1", activate="2024-v1")
        self.state = self.scratch / "service"
        self.state.mkdir()
        os.chown(self.state, NOBODY, NOBODY)
        self.environment |= {"LOTMARK_RECORDS": f"sqlite://{self.state}/records.db", "LOTMARK_STATE": f"{self.state}/state"}

    def start(self, *confinement):
        """The service as nobody, with the volume mounted read-only."""
        mounts = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; exec "$@"'
        nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
        launcher = ["unshare", "-m", "sh", "-ec", mounts, "sh", self.volume, *nobody, *confinement, PROGRAM]
        if harness.in_own_mounts("true") is None:
            self.skipTest("this machine allows no mount namespaces")
        service = harness.Service({**self.environment, "LOTMARK_STATE": f"{self.state}/state"}, program=launcher)
        self.addCleanup(service.kill)
        return service

    def works(self, service):
        status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
        self.assertEqual(re.search(r"^Uid:\s+(\d+)", status, re.M)[1], str(NOBODY))
        reply_status, reply = service.classify(sample_images()["lesion_01.jpg"])
        self.assertEqual(reply_status, 200, reply)
        self.assertEqual(reply["model_version"], "2024-v1")
        self.assertEqual(service.terminate(), 0, service.log_text())
        self.assertEqual([row["id"] for row in self.ok("records", "list", "--json").json], [reply["id"]])
        self.assertEqual(len(list(self.state.glob("state/*.json"))), 1, "it remembers how far the journal went")

    def test_as_nobody_with_the_volume_read_only(self):
        service = self.start()
        mounts = pathlib.Path(f"/proc/{service.process.pid}/mountinfo").read_text()
        self.assertRegex(mounts, rf" {re.escape(str(self.volume))} ro[, ]")
        self.works(service)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_under_what_the_unit_allows(self):
        service = self.start("/usr/bin/python3", CONFINED, UNIT)
        status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
        self.assertRegex(status, r"(?m)^Seccomp:\s+2$")
        self.works(service)

    def test_the_health_check_of_the_compose_file(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is not installed")
        compose = yaml.safe_load((harness.ROOT / "deploy/compose.yaml").read_text())
        check = [word.replace("$$", "$") for word in compose["services"]["lotmark"]["healthcheck"]["test"][1:]]
        service = self.start()
        check[-1] = check[-1].replace("8090", str(service.port))
        self.assertEqual(subprocess.run(check, capture_output=True, timeout=30, check=False).returncode, 0)
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(timeout=harness.PATIENCE)
        self.assertNotEqual(subprocess.run(check, capture_output=True, timeout=30, check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
