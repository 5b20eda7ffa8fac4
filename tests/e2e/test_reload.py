"""SIGHUP: a new certificate and new settings while requests go on; what is wrong changes nothing."""
import json
import os
import shutil
import signal
import threading
import unittest

import certificates
from harness import LotmarkTest


class Reload(LotmarkTest):
    def setUp(self):
        super().setUp()
        self.certificate, self.key = certificates.self_signed(self.scratch, serial=0xA1)
        self.file = self.scratch / "serve.json"
        self.write(tls_cert=str(self.certificate), tls_key=str(self.key))
        self.make_volume("2024-v1", activate="2024-v1")

    def write(self, **settings):
        self.settings = settings
        self.file.write_text(json.dumps(settings))

    def start(self):
        return self.serve("--config", self.file, tls=certificates.trusting(self.certificate))

    def reload(self, service, says="SIGHUP: done"):
        seen = service.log_text().count(says)
        service.process.send_signal(signal.SIGHUP)
        service.wait_for_log(says, seen + 1)

    def renew(self, serial):
        """A new certificate and key under the names of the old."""
        new, new_key = certificates.self_signed(self.scratch, "renewed", serial=serial)
        os.replace(new_key, self.key)
        os.replace(new, self.certificate)

    def test_new_certificate_while_requests_go_on(self):
        service = self.start()
        service.tls.check_hostname = False
        service.tls.verify_mode = 0
        failures, done = [], threading.Event()

        def client(keep_alive):
            connection = service.connect()
            while not done.is_set():
                try:
                    status, _, _ = service.request("GET", "/health", connection=connection if keep_alive else None)
                except OSError as cause:
                    failures.append(repr(cause))
                    return
                if status != 200:
                    failures.append(status)
            connection.close()

        threads = [threading.Thread(target=client, args=(keep_alive,)) for keep_alive in (True, True, False, False)]
        for thread in threads:
            thread.start()
        self.assertEqual(certificates.serial_seen(service.port), "A1")
        for serial in (0xB2, 0xC3):
            self.renew(serial)
            self.assertNotEqual(certificates.serial_seen(service.port), f"{serial:X}")
            self.reload(service)
            self.assertEqual(certificates.serial_seen(service.port), f"{serial:X}")
            self.assertIn(f"serial {serial:X}", service.log_text())
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(service.terminate(), 0)

    def test_what_is_wrong_changes_nothing(self):
        service = self.start()
        kept = "SIGHUP: everything stays as it was: "
        old = (self.certificate.read_bytes(), self.key.read_bytes())
        _, other_key = certificates.self_signed(self.scratch, "other")

        def restore():
            self.certificate.write_bytes(old[0])
            self.key.write_bytes(old[1])
            os.chmod(self.key, 0o600)
            self.write(tls_cert=str(self.certificate), tls_key=str(self.key))

        wrong = [(lambda: shutil.copyfile(other_key, self.key), "does not belong"),
                 (lambda: self.certificate.write_text("nonsense"), "no certificate in PEM form"),
                 (lambda: os.chmod(self.key, 0o644), "mode is 0644"),
                 (lambda: self.file.write_text("{"), "not valid JSON"),
                 (lambda: self.write(**self.settings, max_body_mib=1, nonsense=1), "nonsense: there is no such setting"),
                 (lambda: self.write(**self.settings, max_body_mib=1, idle_timeout_seconds=0), "idle_timeout_seconds: it must be"),
                 (self.file.unlink, "no such file")]
        for spoil, says in wrong:
            spoil()
            seen = service.log_text().count(kept)
            service.process.send_signal(signal.SIGHUP)
            service.wait_for_log(kept, seen + 1)
            self.assertRegex(service.log_text(), f"{kept}.*{says}")
            self.assertEqual(certificates.serial_seen(service.port), "A1")
            self.assertEqual(service.request("POST", "/x", b"x" * (2 << 20))[0], 404, "no limit of the bad file holds")
            restore()
        self.reload(service)
        self.assertEqual(service.get_json("/health/live")[0], 200)

    def test_settings_change_or_need_a_restart(self):
        service = self.start()
        body = b"x" * (2 << 20)
        self.assertEqual(service.request("POST", "/x", body)[0], 404)
        self.write(**self.settings, max_body_mib=1, workers=3, replica="other")
        self.reload(service)
        self.assertEqual(service.request("POST", "/x", body)[0], 413)
        log = service.log_text()
        self.assertIn("SIGHUP: changed max-body-mib: 16 -> 1", log)
        self.assertIn("SIGHUP: needs a restart: workers: (one per core) -> 3", log)
        self.assertNotIn("replica:", log, "the command line wins, so it did not change")
        self.assertEqual(service.get_json("/health")[1]["replica"], "test-replica")

        self.write()
        self.reload(service)
        self.assertIn("SIGHUP: needs a restart: tls-cert: ", service.log_text())
        self.assertIn("SIGHUP: changed max-body-mib: 1 -> 16", service.log_text())
        self.assertEqual(service.request("POST", "/x", body)[0], 404, "still over TLS")


if __name__ == "__main__":
    unittest.main()
