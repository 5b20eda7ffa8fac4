"""update: from a folder with a new version to services that serve it, or back; interrupted anywhere, and run again."""
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import threading
import unittest

import certificates
from harness import LOTMARK, PATIENCE, LotmarkTest, sample_images, sha256
from proxy import Proxy

STEPS = ("check", "add", "golden", "approvals", "activate", "service")


class Update(LotmarkTest):
    def setUp(self):
        super().setUp()
        self.make_volume("2023-v1", activate="2023-v1")
        self.export = self.export_folder("2024-v1")

    def url(self, service):
        return f"{'https' if service.tls else 'http'}://127.0.0.1:{service.port}"

    def steps(self, run):
        """{step: state} of the lines that it printed."""
        return dict(re.findall(r"^\[\d/6\] (\w+) … (\w+)", run.out, re.MULTILINE))

    def history(self):
        return self.ok("history", "--json").json

    def tree(self):
        """Every entry of the volume: kind, mode, time of change and content."""
        found = {}
        for folder, folders, files in os.walk(self.volume):
            for name in [".", *folders, *files]:
                path = os.path.join(folder, name)
                info = os.lstat(path)
                content = None
                if stat.S_ISLNK(info.st_mode):
                    content = os.readlink(path)
                elif stat.S_ISREG(info.st_mode):
                    content = sha256(pathlib.Path(path).read_bytes())
                found[path] = (info.st_mode, info.st_mtime_ns, content)
        return found

    def test_success(self):
        service = self.serve()
        run = self.ok("update", self.export, "--service", self.url(service), "--reason", "report DR-118")
        self.assertEqual(self.steps(run), {step: "ok" for step in STEPS})
        self.assertRegex(run.out, r"\[3/6\] golden … ok: \d+ golden cases \(origin training\): agree, worst difference")
        self.assertRegex(run.out, r"\[6/6\] service … ok: .*test-replica serves 2024-v1, its test classification agrees")
        self.assertEqual(self.active(), "2024-v1")
        self.assertEqual(service.get_json("/health")[1]["active"]["model_version"], "2024-v1")
        self.assertEqual((self.history()[-1]["event"], self.history()[-1]["reason"]), ("activated", "report DR-118"))
        rows = self.ok("records", "list", "--json").json
        self.assertEqual([(row["source"], row["model_version"]) for row in rows], [("test", "2024-v1")])

        events = len(self.history())
        again = self.ok("update", self.export / "model-manifest.json", "--service", self.url(service))
        self.assertIn("already registered", again.out)
        self.assertIn("2024-v1 is already active", again.out)
        self.assertIn("its test classification agrees", again.out)
        self.assertEqual(len(self.history()), events, "a second run changes nothing")

    def test_without_a_service(self):
        run = self.ok("update", self.export)
        self.assertEqual(self.steps(run), {**{step: "ok" for step in STEPS}, "service": "skipped"})
        self.assertIn("no --service was given, so none was asked", run.out)
        self.assertEqual(self.active(), "2024-v1")

    def test_two_services_one_of_them_over_tls(self):
        certificate, key = certificates.self_signed(self.scratch)
        secure = self.serve("--tls-cert", certificate, "--tls-key", key, replica="secure",
                            tls=certificates.trusting(certificate))
        again = self.serve("--tls-cert", certificate, "--tls-key", key, replica="again",
                           tls=certificates.trusting(certificate))
        self.refused("update", self.export, "--service", self.url(secure),
                     says=["failed at step check", "its certificate is not trusted", "--cacert"])
        self.assertEqual(self.active(), "2023-v1")
        run = self.ok("update", self.export, "--service", self.url(secure), "--service", self.url(again), "--cacert",
                      certificate, "--json")
        self.assertTrue(run.json["ok"])
        self.assertEqual([step["step"] for step in run.json["steps"]], list(STEPS))
        self.assertRegex(run.json["steps"][-1]["detail"], "secure serves 2024-v1.*again serves 2024-v1")
        self.assertIn("[6/6] service … ok", run.err, "for people, while it goes on")

    def spoil_artifact(self):
        artifact = self.artifact("2024-v1")
        artifact.chmod(0o644)
        data = bytearray(artifact.read_bytes())
        data[1000] ^= 1
        artifact.write_bytes(data)

    def assert_rolled_back(self, run, *says):
        self.assertEqual(run.code, 1, run.out + run.err)
        for text in ("update failed at step service", "rolled back to 2023-v1", *says):
            self.assertIn(text, run.err)
        self.assertEqual(self.active(), "2023-v1")
        last = self.history()[-1]
        self.assertEqual(last["event"], "rolled_back")
        self.assertRegex(last["reason"], "^update failed at step service: ")

    def test_a_service_that_refuses_the_version_rolls_back(self):
        service = self.serve()

        # The file is spoilt after `activate` has verified it, and before the service, which is held until then, reads it.
        def on_request(number, path):
            if path == "/health" and number == 1:
                return lambda reply: (service.process.send_signal(signal.SIGSTOP), reply)[1]
            if path == "/health" and number == 2:
                self.assertEqual(self.active(), "2024-v1")
                self.spoil_artifact()
                service.process.send_signal(signal.SIGCONT)
            return None

        self.addCleanup(lambda: service.process.send_signal(signal.SIGCONT))
        answers, stop = [], threading.Event()

        def client():
            image = sample_images()["lesion_01.jpg"]
            while not stop.is_set():
                status, reply = service.classify(image)
                answers.append((status, reply.get("model_version")))

        thread = threading.Thread(target=client)
        thread.start()
        run = self.lotmark("update", self.export, "--service", Proxy(self, service, on_request).url)
        stop.set()
        thread.join()
        self.assert_rolled_back(run, "test-replica refuses 2024-v1", self.artifact("2024-v1").name)
        self.assertRegex(run.out, r"rolling back … ok: 2023-v1 is active; .*test-replica serves 2023-v1")
        self.assertEqual(set(answers), {(200, "2023-v1")}, "the service answered all the time, with the old version")
        self.assertEqual(service.get_json("/health")[1]["status"], "ok")
        # What was rolled back from is no target of a later rollback.
        self.refused("rollback", "--reason", "x", says="no earlier version was active")

    def test_a_service_that_answers_otherwise_rolls_back(self):
        service = self.serve()

        def on_request(_, path):
            return (lambda reply: re.sub(rb'"probability":[^}]*', b'"probability":0.5', reply)) if path == "/classify" else None

        run = self.lotmark("update", self.export, "--service", Proxy(self, service, on_request).url, "--json")
        self.assert_rolled_back(run, "test classification", "the reply says 0.5")
        self.assertEqual((run.json["ok"], run.json["failed_step"], run.json["rolled_back_to"]), (False, "service", "2023-v1"))
        service.wait_for_active("2023-v1")

    def test_a_service_that_goes_away_rolls_back(self):
        service = self.serve()

        def on_request(number, path):
            if number > 1:
                raise ConnectionError(path)

        run = self.lotmark("update", self.export, "--service", Proxy(self, service, on_request).url, "--timeout", 2)
        self.assert_rolled_back(run, "not within 2 s")

    def test_a_service_that_does_not_follow_this_volume_rolls_back(self):
        elsewhere = self.scratch / "elsewhere"
        shutil.copytree(self.volume, elsewhere, symlinks=True)
        service = self.serve("--volume", elsewhere)
        run = self.lotmark("update", self.export, "--service", self.url(service), "--timeout", 1)
        self.assert_rolled_back(run, "not within 1 s", "serves 2023-v1 and finds 2023-v1 desired")

        # With nothing to go back to, the first version stays, and the command says so.
        self.volume = self.scratch / "fresh"
        self.environment["LOTMARK_VOLUME"] = str(self.volume)
        self.ok("init", self.volume, "--model", "lesion_cnn_demo")
        self.refused("update", self.export, "--service", self.url(service), "--timeout", 1,
                     says=["step service", "no version was active before, so the new one stays active"])
        self.assertEqual(self.active(), "2024-v1")

    def test_another_command_that_moves_the_pointer_is_not_undone(self):
        service = self.serve()

        def on_request(number, path):
            if path == "/classify" and number == 1:
                self.ok("rollback", "--reason", "by hand")
                service.wait_for_active("2023-v1")

        run = self.refused("update", self.export, "--service", Proxy(self, service, on_request).url,
                           says=["step service", "another command has made 2023-v1 active meanwhile"])
        self.assertRegex(run.out, "rolling back … FAILED")
        self.assertEqual([event["reason"] for event in self.history()][-1], "by hand")

    def test_what_is_refused_before_anything_is_changed(self):
        before = self.tree()
        other = self.scratch / "other"
        export = self.export_folder("2024-v1", "other-export")
        manifest = self.edit_manifest(export, lambda m: m.update(model_name="other_model"))
        self.ok("init", other, "--model", "other_model")
        self.ok("add", manifest, "--volume", other)
        self.ok("activate", "2024-v1", "--reason", "test", "--volume", other)
        service = self.serve("--volume", other)

        self.refused("update", self.export, "--service", self.url(service),
                     says=["update failed at step check", "it serves the model other_model, and this is lesion_cnn_demo"])
        self.refused("update", self.export, "--service", "http://127.0.0.1:1", says=["step check", "http://127.0.0.1:1/health"])
        self.refused("update", self.export, "--service", "ftp://127.0.0.1", code=2, says=["step check", "neither http nor https"])
        self.refused("update", self.scratch / "nowhere", says="step check")
        spoilt = self.export_folder("2024-v1", "spoilt")
        artifact = next(spoilt.glob("*.onnx"))
        artifact.write_bytes(artifact.read_bytes()[:-1] + b"x")
        self.refused("update", spoilt, says=["step check", artifact.name])
        lacking = self.edit_manifest(self.export_folder("2024-v1", "lacking"), lambda m: m["formats"]["onnx"].pop("sha256"))
        self.refused("update", lacking, says=["step check", "formats.onnx.sha256", "lotmark manifest complete"])
        unservable = self.edit_manifest(self.export_folder("2024-v1", "unservable"), lambda m: m.pop("preprocessing"))
        self.refused("update", unservable, says=["step check", "preprocessing"])
        taken = self.edit_manifest(self.export_folder("2023-v1", "taken"), lambda m: m.update(export_date="2030-01-01"))
        self.refused("update", taken, says=["step check", "is registered with another manifest"])
        self.assertEqual(self.tree(), before)

    def test_a_version_that_fails_its_golden_test_is_never_active(self):
        def other_normalisation(manifest):
            manifest["preprocessing"]["mean"] = [0.1, 0.1, 0.1]

        export = self.edit_manifest(self.export_folder("2024-v1", "wrong"), other_normalisation)
        service = self.serve()
        run = self.refused("update", export, "--service", self.url(service), says=["step golden", "melanoma_01.png"])
        self.assertEqual(self.steps(run), {"check": "ok", "add": "ok", "golden": "FAILED"})
        self.assertEqual([event["event"] for event in self.history()][-1], "registered")
        self.assertEqual(service.get_json("/health")[1]["active"]["model_version"], "2023-v1")

    def test_a_dry_run_changes_nothing(self):
        service = self.serve()
        (self.volume / "lock").unlink()
        before = self.tree()
        run = self.ok("update", self.export, "--service", self.url(service), "--dry-run")
        self.assertEqual(self.steps(run), {"check": "ok", "add": "would", "golden": "ok", "approvals": "ok",
                                           "activate": "would", "service": "would"})
        self.assertIn("would make 2024-v1 active (now: 2023-v1)", run.out)
        self.assertIn("nothing was changed", run.out)
        self.refused("update", self.export, "--service", "http://127.0.0.1:1", "--dry-run", says="step check")
        self.assertTrue(self.ok("update", self.export, "--dry-run", "--json").json["dry_run"])
        self.assertEqual(self.tree(), before)
        self.ok("update", self.export)
        after = self.tree()
        run = self.ok("update", self.export, "--dry-run")
        self.assertIn("already registered", run.out)
        self.assertIn("already active", run.out)
        self.assertEqual(self.tree(), after)

    def interrupt(self, step, with_signal, *args):
        """Runs an update and ends it when it says that it begins the step."""
        process = subprocess.Popen([LOTMARK, "update", *map(str, args)], env={**os.environ, **self.environment},
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        seen = b""
        while f"] {step} … ".encode() not in seen:
            piece = process.stdout.read1(1)
            self.assertTrue(piece, seen + process.stderr.read())
            seen += piece
        process.send_signal(with_signal)
        process.communicate(timeout=PATIENCE)
        return process.returncode

    def test_a_reader_that_goes_away_does_not_end_it(self):
        service = self.serve()
        process = subprocess.Popen([LOTMARK, "update", self.export, "--service", self.url(service)],
                                   env={**os.environ, **self.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read1(1)
        process.stdout.close()
        with process.stderr:
            self.assertIn(b"standard output cannot be written", process.stderr.read())
        self.assertEqual(process.wait(timeout=PATIENCE), 3)
        self.assertEqual(self.active(), "2024-v1")
        rows = self.ok("records", "list", "--json").json
        self.assertEqual([row["source"] for row in rows], ["test"], "the service was asked to the end")

    def test_interrupted_at_any_step_it_is_run_again(self):
        service = self.serve()
        for step in STEPS:
            for with_signal in (signal.SIGKILL, signal.SIGINT):
                self.interrupt(step, with_signal, self.export, "--service", self.url(service))
                self.assertIn(self.active(), ("2023-v1", "2024-v1"))
                again = self.ok("update", self.export, "--service", self.url(service))
                self.assertEqual(self.steps(again), {each: "ok" for each in STEPS})
                self.assertEqual((self.active(), self.staging()), ("2024-v1", []))
                self.ok("rollback", "--reason", f"after {step}")
                service.wait_for_active("2023-v1")
        self.ok("verify")
        self.assertFalse(self.ok("status", "--json").json["recovery_pending"])


if __name__ == "__main__":
    unittest.main()
