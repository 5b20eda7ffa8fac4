"""HTTPS with a certificate that is given, and what hostile or mistaken clients do at its port."""
import contextlib
import os
import socket
import ssl
import threading
import unittest

import certificates
from harness import PATIENCE, LotmarkTest, sample_images


class Tls(LotmarkTest):
    def setUp(self):
        super().setUp()
        self.certificate, self.key = certificates.self_signed(self.scratch)

    def serve_tls(self, *args):
        self.make_volume("2024-v1", activate="2024-v1")
        return self.serve("--tls-cert", self.certificate, "--tls-key", self.key, *args,
                          tls=certificates.trusting(self.certificate))

    def test_the_service_over_tls(self):
        service = self.serve_tls()
        self.assertIn("TLS certificate: CN=server, serial 01, valid until", service.log_text())
        image = sample_images()["lesion_01.jpg"]
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            service.tls = certificates.trusting(self.certificate)
            service.tls.minimum_version = service.tls.maximum_version = version
            connection = service.connect()
            for _ in range(2):
                status, reply = service.classify(image, connection=connection)
                self.assertEqual((status, reply["model_version"]), (200, "2024-v1"))
            connection.close()
        name = self.artifact().name
        status, _, content = service.request("GET", f"/models/lesion_cnn_demo/versions/2024-v1/files/{name}")
        self.assertEqual((status, content), (200, self.artifact().read_bytes()))
        self.assertEqual(service.terminate(), 0)

    def test_a_client_that_trusts_the_root_follows_the_chain(self):
        root, self.certificate, self.key = certificates.chain(self.scratch)
        service = self.serve_tls()
        service.tls = certificates.trusting(root)
        self.assertEqual(service.get_json("/health/live"), (200, {"live": True}))

    def test_an_expired_certificate_is_a_warning(self):
        self.certificate, self.key = certificates.expired(self.scratch)
        service = self.serve_tls()
        self.assertIn("warn", service.log_text())
        self.assertIn("the TLS certificate expired at 2020-01-02T00:00:00Z", service.log_text())
        with self.assertRaises(ssl.SSLCertVerificationError):
            service.get_json("/health/live")

    def test_what_is_not_usable_is_refused_before_listening(self):
        self.make_volume("2024-v1", activate="2024-v1")
        other, other_key = certificates.self_signed(self.scratch, "other")
        empty = self.scratch / "empty"
        empty.write_text("")
        os.chmod(empty, 0o600)
        certificates.openssl("ec", "-aes128", "-passout", "pass:x", "-in", self.key, "-out", self.scratch / "locked.key")
        os.chmod(self.scratch / "locked.key", 0o600)
        cases = [(self.certificate, other_key, "does not belong to the first certificate"),
                 (other, self.key, "does not belong to the first certificate"),
                 (empty, self.key, "empty: no certificate in PEM form"),
                 (self.certificate, empty, "empty: no private key in PEM form"),
                 (self.certificate, self.certificate, "mode is"),
                 (self.key, self.key, "no certificate in PEM form"),
                 (self.scratch / "none", self.key, "none: no such file"),
                 (self.certificate, self.scratch / "none", "none: no such file"),
                 (self.certificate, self.scratch / "locked.key", "passphrase"),
                 (self.scratch, self.key, "not a regular file")]
        for certificate, key, says in cases:
            run = self.refused("serve", "--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key, says=says)
            self.assertNotIn("listening", run.err)
        for mode in (0o604, 0o620, 0o644, 0o660):
            os.chmod(self.key, mode)
            self.refused("serve", "--listen", "127.0.0.1:0", "--tls-cert", self.certificate, "--tls-key", self.key,
                         says=("server.key", f"mode is 0{mode:o}"))
        os.chmod(self.key, 0o640)
        self.refused("serve", "--listen", "0.0.0.0:0", "--tls-cert", self.certificate, "--tls-key", self.key,
                     says="authentication")
        self.refused("serve", "--tls-cert", self.certificate, says="tls-key", code=2)

    def test_links_are_followed_as_renewal_tools_make_them(self):
        link, key_link = self.scratch / "live.crt", self.scratch / "live.key"
        link.symlink_to(self.certificate)
        key_link.symlink_to(self.key)
        self.certificate, self.key = link, key_link
        self.assertEqual(self.serve_tls().get_json("/health/live")[0], 200)

    def test_hostile_clients_are_bounded_and_the_service_stays_up(self):
        service = self.serve_tls("--handshake-timeout-seconds", 1, "--header-timeout-seconds", 1)
        plain = socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE)
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        told = read_to_end(plain)
        self.assertTrue(told.startswith(b"HTTP/1.1 400 "), told)
        self.assertIn(b"tls_required", told)

        hello = client_hello()
        first = [b"", b"\0" * 50, b"SSH-2.0-OpenSSH_9.2\r\n", os.urandom(5000), hello[:1], hello[:40], hello + b"\0" * 100,
                 hello[:11] + os.urandom(len(hello) - 11), b"\x16\x03\x01\xff\xff" + os.urandom(2000), b"\x15\x03\x03\0\x02\x02\x28"]
        open_sockets = []
        for content in first:
            for half_close in (False, True):
                client = socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE)
                with contextlib.suppress(OSError):  # the service may have ended it at the first bytes
                    client.sendall(content)
                    if half_close:
                        client.shutdown(socket.SHUT_WR)
                open_sockets.append(client)
        self.assertEqual(service.get_json("/health/live")[0], 200)
        for client in open_sockets:
            read_to_end(client)  # ends: an alert, or nothing, and then the end

        cut_off = service.tls.wrap_socket(socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE),
                                          server_hostname="127.0.0.1")
        cut_off.sendall(b"GET /health/live HTTP/1.1\r\nHost")
        raw = socket.socket(fileno=cut_off.detach())
        raw.settimeout(PATIENCE)
        raw.sendall(b"\x17\x03\x03\x40\x00half a record")
        read_to_end(raw)
        garbled = service.tls.wrap_socket(socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE),
                                          server_hostname="127.0.0.1")
        raw = socket.socket(fileno=garbled.detach())
        raw.settimeout(PATIENCE)
        raw.sendall(b"\x17\x03\x03\x00\x20" + os.urandom(32))  # a record that nobody who knows the key has made
        read_to_end(raw)
        self.assertEqual(service.get_json("/health/live")[0], 200)
        self.assertEqual(service.terminate(), 0)

    def test_many_at_once(self):
        service = self.serve_tls()
        failures = []

        def client():
            try:
                for _ in range(5):
                    status, _, _ = service.request("GET", "/health")
                    if status != 200:
                        failures.append(status)
            except OSError as cause:
                failures.append(repr(cause))

        threads = [threading.Thread(target=client) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


def read_to_end(client):
    content = b""
    try:
        while piece := client.recv(65536):
            content += piece
    except ConnectionError:
        pass
    client.close()
    return content


def client_hello():
    """The first bytes of an honest handshake."""
    outgoing = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="x")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


if __name__ == "__main__":
    unittest.main()
