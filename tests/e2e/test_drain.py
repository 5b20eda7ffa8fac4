"""SIGTERM: what is in flight finishes, who comes late is told so, and the service says how it went."""
import signal
import socket
import time
import unittest

import certificates
from harness import LOTMARK, PATIENCE, LotmarkTest, sample_images

IMAGE = sample_images()["lesion_01.jpg"]


class Drain(LotmarkTest):
    def start(self, *args, tls=False):
        self.make_volume("2024-v1", activate="2024-v1")
        if not tls:
            return self.serve(*args)
        certificate, key = certificates.self_signed(self.scratch)
        return self.serve("--tls-cert", certificate, "--tls-key", key, *args, tls=certificates.trusting(certificate))

    def half_a_request(self, service):
        """A classification whose second half has not been sent; the service has begun to read it."""
        connection = service.connect()
        connection.putrequest("POST", "/classify")
        connection.putheader("Content-Type", "image/jpeg")
        connection.putheader("Content-Length", str(len(IMAGE)))
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        self.assertTrue(connection.sock.recv(64).startswith(b"HTTP/1.1 100 "))
        connection.send(IMAGE[:100])
        return connection

    def drained(self):
        return next(event["reason"] for event in self.ok("records", "events", "--json").json if event["event"] == "drained")

    def check_drain(self, tls):
        service = self.start(tls=tls)
        # In this order: the server takes up the second connection only after it noted the first one's answer as sent.
        idle = service.connect()
        service.request("GET", "/health", connection=idle)
        in_flight = self.half_a_request(service)
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(idle.sock.recv(1), b"", "idle connections are closed when the drain begins")
        for path in ("/health/ready", "/classify"):
            status, headers, body = service.request("GET", path)
            self.assertEqual((status, headers["Connection"]), (503, "close"))
            self.assertIn(b"draining", body)
        in_flight.send(IMAGE[100:])
        response = in_flight.getresponse()
        self.assertEqual((response.status, response.headers["Connection"]), (200, "close"))
        response.read()
        for connection in (in_flight, idle):
            connection.close()
        self.assertEqual(service.process.wait(timeout=PATIENCE), 0)
        self.assertEqual(self.drained(), "SIGTERM: 1 requests finished, 0 abandoned, 2 connections refused")
        self.assertEqual(len(self.ok("records", "list", "--json").json), 1)

    def test_drain(self):
        self.check_drain(tls=False)

    def test_drain_over_tls(self):
        self.check_drain(tls=True)

    def test_who_does_not_finish_is_abandoned_at_the_deadline(self):
        service = self.start("--drain-seconds", 1)
        connection = self.half_a_request(service)
        self.assertEqual(service.terminate(), 0)
        self.assertEqual(self.drained(), "SIGTERM: 0 requests finished, 1 abandoned, 0 connections refused")
        self.assertIn("1 abandoned", service.log_text())
        connection.close()

    def test_notice_lets_a_load_balancer_see_it_first(self):
        service = self.start("--drain-notice-seconds", 3600)
        self.assertEqual(service.get_json("/health/ready")[0], 200)
        service.process.send_signal(signal.SIGTERM)
        service.wait_for_log("not ready any more")
        self.assertEqual(service.get_json("/health/ready"), (503, {"ready": False}))
        self.assertEqual(service.get_json("/health")[1]["status"], "draining")
        self.assertEqual(service.classify(IMAGE)[0], 200, "requests are welcome until the drain begins")
        self.assertEqual(service.terminate(), 0, "a second signal cuts the notice short")
        self.assertTrue(self.drained().startswith("SIGTERM: "))


class FileLimit(LotmarkTest):
    def limited(self, soft, hard):
        """A service whose limit of open files was this when it began."""
        self.make_volume("2024-v1", activate="2024-v1")
        script = f'set -e; ulimit -Sn {soft}; ulimit -Hn {hard}; exec "$@"'
        return self.serve(program=("sh", "-c", script, "sh", LOTMARK))

    def test_the_soft_limit_is_raised(self):
        service = self.limited(64, 1000)
        with open(f"/proc/{service.process.pid}/limits", encoding="ascii") as limits:
            line = next(line for line in limits if line.startswith("Max open files"))
        self.assertEqual(line.split()[3:5], ["1000", "1000"])

    def test_as_many_connections_as_it_allows_and_then_a_clean_refusal(self):
        service = self.limited(64, 120)
        inside, refused = [], []
        for _ in range(150):
            client = socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE)
            client.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = client.recv(4096)
            (inside if answer.startswith(b"HTTP/1.1 200 ") else refused).append((client, answer))
        self.assertEqual(len(inside), 60, "half of the limit")
        for _, answer in refused:
            self.assertTrue(answer.startswith(b"HTTP/1.1 503 "), answer)
            self.assertIn(b"too_many_connections", answer)
            self.assertIn(b"Retry-After: 1", answer)
        client, _ = inside[0]
        client.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 200 "), "those inside go on")
        for client, _ in inside + refused:
            client.close()
        deadline = time.monotonic() + PATIENCE
        while service.request("GET", "/health/live")[0] != 200:
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(service.classify(IMAGE)[0], 200)


if __name__ == "__main__":
    unittest.main()
