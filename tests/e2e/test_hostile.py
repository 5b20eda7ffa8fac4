"""Hostile clients against the real program: after each of them it answers an honest one, and its memory stays bounded.

What is covered where (C++ tests run the same code with small limits and short times):

| hostile input | here | also, closer |
|---|---|---|
| truncated header, body, chunk | test_single_messages | ServerLimits.TruncatedRequest…, RequestParser.NeverTakesATruncatedRequest… |
| slow header, slow body | test_slow_clients (many at once, others served) | ServerLimits.SlowHeaderIsTimedOut, SlowBodyIsTimedOut (the 408) |
| endless and over-long body | test_single_messages | ServerLimits.BodyOfExactlyTheLimitIsTaken, RefusalReachesAClientThatKeepsSending… |
| all bodies together | test_many_large_bodies | ServerLimits.BodiesOfAllClientsTogetherAreBounded |
| tiny chunks | test_an_image_in_tiny_chunks | Server.ReadsChunkedBodiesWithTinyChunks… |
| wrong type and length, smuggling | test_single_messages, test_smuggled_requests_are_not_carried_out | BadRequest/* |
| header and target of 1 MB | test_single_messages | RequestParser.HeaderLimitIsExact, ServerLimits.HeaderLimitHoldsForDrippedLines |
| verbs, routes, encoded paths | test_single_messages | Router.*, Target.* |
| base64, multipart, deep JSON | test_single_messages | ClassifyRequest*, Multipart.*, json_test.cc |
| image bombs | test_single_messages | decode_hostile_test.cc, jpeg_hostile_test.cc |
| pipelining | test_pipelined_requests | Server.AnswersPipelinedRequestsInOrder |
| half-closed sockets, resets | test_half_closed_sockets, test_clients_that_vanish | Server.AnswersAClientThatShutItsWriteSide, SurvivesClientsThatDisappear… |
| no descriptors left | test_descriptors_used_up | Server.RefusesCleanlyWhenTheProcessHasNoDescriptorLeft |
| all of it at random, for minutes | scripts/soak | fuzz/ |
"""
import contextlib
import json
import pathlib
import re
import select
import time
import unittest
import uuid

from harness import LOTMARK, PATIENCE, LotmarkTest, Service, sample_images
from hostile import Client, attacks, chunked, get, post, run_attack

# Above what the service takes when it is idle: 256 MiB of bodies, two images of 50 megapixels in the making, and what
# a sanitizer keeps of freed memory. One image of 20,000 x 20,000 would take more.
MEMORY_BOUND = 1000 << 20
BIG = 15 << 20
JPEG = sample_images()["lesion_01.jpg"]


def peak_memory(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) << 10


class Hostile(unittest.TestCase):
    """One service for all tests; each must leave it as useful as it was."""

    @classmethod
    def setUpClass(cls):
        cls.volume = LotmarkTest()
        cls.volume.setUp()
        cls.addClassCleanup(cls.volume.doCleanups)
        cls.volume.make_volume("2023-v1", "2024-v1", activate="2024-v1")
        cls.service = cls.volume.serve()
        status, cls.expected = cls.service.classify(JPEG)
        assert status == 200, cls.expected
        cls.idle_memory = peak_memory(cls.service.process)

    def tearDown(self):
        self.check_honest(self.service)
        self.assertLess(peak_memory(self.service.process) - self.idle_memory, MEMORY_BOUND)
        self.assertNotRegex(self.service.log_text(), r"terminate called|runtime error|Sanitizer")

    def check_honest(self, service):
        """An honest client gets the right result; busy is an answer too, but not for long."""
        deadline = time.monotonic() + PATIENCE
        status, reply = service.classify(JPEG)
        while status == 503 and time.monotonic() < deadline:
            time.sleep(0.1)
            status, reply = service.classify(JPEG)
        self.assertEqual(status, 200, f"an honest client is not served: {reply}")
        self.assertEqual(reply["classes"], self.expected["classes"])

    def check_error(self, reply, statuses):
        self.assertIsNotNone(reply, "closed without an answer")
        status, headers, body = reply
        self.assertIn(status, statuses, body[:300])
        if status < 400:
            return
        self.assertEqual(headers["content-type"], "application/json")
        error = json.loads(body)["error"]
        self.assertTrue(error["code"] and error["message"], error)
        self.assertNotRegex(body.decode(), r"/root/|/tmp/|/home/|\.cc\b|std::|0x[0-9a-f]{6}")

    def test_single_messages(self):
        for attack in attacks(JPEG):
            with self.subTest(attack.name):
                self.check_error(run_attack(self.service.port, attack), attack.statuses)
                self.assertIsNone(self.service.process.poll(), "the service ended")
        self.check_honest(self.service)

    def test_smuggled_requests_are_not_carried_out(self):
        """Where two readers could see two requests, neither is carried out and the connection ends."""
        smuggled_id = str(uuid.uuid4())
        hidden = post(JPEG, target=f"/classify?id={smuggled_id}")
        for name, headers in {
            "length first": [f"Content-Length: {len(hidden) + 5}", "Transfer-Encoding: chunked"],
            "chunked first": ["Transfer-Encoding: chunked", f"Content-Length: {len(hidden) + 5}"],
            "hidden chunked": ["Transfer-Encoding : chunked", "Content-Length: 5"],
            "chunked twice": ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
            "folded": ["Transfer-Encoding:", " chunked", "Content-Length: 5"],
            "capitals and a tab": ["Transfer-Encoding:\tcHuNkEd", "Content-Length: 5"],
            "list of lengths": ["Content-Length: 5, 5"],
            "lengths that differ": ["Content-Length: 5", f"Content-Length: {len(hidden) + 5}"],
            "length with a sign": ["Content-Length: +5"],
        }.items():
            with self.subTest(name), Client(self.service.port) as client:
                head = "\r\n".join(["POST /classify HTTP/1.1", "Host: x", "Content-Type: image/jpeg", *headers])
                client.send(head.encode() + b"\r\n\r\n0\r\n\r\n" + hidden)
                self.check_error(client.reply(), (400, 501))
                client.finish()
                self.assertTrue(client.is_closed(), "a second request was answered")
        self.assertEqual(self.service.get_json(f"/classifications/{smuggled_id}")[0], 404)

    def test_a_body_that_is_longer_than_it_says_is_the_next_request(self):
        with Client(self.service.port) as client:
            client.send(post(JPEG, length=len(JPEG) - 50))
            self.check_error(client.reply(), (422,))
            self.check_error(client.reply(), (400,))
            self.assertTrue(client.is_closed())

    def test_an_image_in_tiny_chunks(self):
        with Client(self.service.port) as client:
            client.send(chunked([JPEG[i : i + 1] for i in range(len(JPEG))]))
            status, _, body = client.reply()
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body)["classes"], self.expected["classes"])

    def test_slow_clients(self):
        """Many clients that stop half-way hold up nobody."""
        begun = [get("/health")[:10], post(JPEG)[:50], post(JPEG)[:-1], post(JPEG, length=BIG)[:5000], chunked([JPEG], end=b"")]
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Client(self.service.port)) for _ in range(200)]
            for i, client in enumerate(clients):
                client.send(begun[i % len(begun)])
            for _ in range(3):
                self.check_honest(self.service)
                for client in clients:
                    client.send(b"x")  # one more byte each: still slow
            self.assertEqual(self.service.get_json("/health/ready")[0], 200)

    def test_many_large_bodies(self):
        """More memory than all bodies may take together: the rest is told to come back, and the memory is given back."""
        body = post(b"\xff\xd8" + b"x" * (BIG - 2))
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Client(self.service.port)) for _ in range(24)]
            for client in clients:
                client.send(body[:-1])  # 15 MiB each, all but the last byte: the server must keep them all
            self.assertEqual(self.service.get_json("/health/live")[0], 200)
            for client in clients:
                client.send(body[-1:])
            replies = [client.reply() for client in clients]
        statuses = [reply[0] for reply in replies if reply]
        self.assertIn(503, statuses)
        self.assertIn(422, statuses)
        self.assertLessEqual(set(statuses), {422, 503})

    def test_pipelined_requests(self):
        """Answered in order, each once, though all were sent before the first was answered."""
        ids = [str(uuid.uuid4()) for _ in range(5)]
        requests = b"".join(post(JPEG, target=f"/classify?id={each}") + get("/health/live") for each in ids)
        with Client(self.service.port) as client:
            client.send(requests + get("/nowhere") + get("/health/live", headers=["Connection: close"]))
            for each in ids:
                status, _, body = client.reply()
                self.assertEqual((status, json.loads(body).get("id")), (200, each), body)
                self.assertEqual(client.reply()[0], 200)
            self.assertEqual([client.reply()[0], client.reply()[0]], [404, 200])
            self.assertTrue(client.is_closed())

    def test_half_closed_sockets(self):
        with Client(self.service.port) as client:
            client.send(post(JPEG))
            client.finish()
            status, _, body = client.reply()
            self.assertEqual(status, 200, body)
            self.assertTrue(client.is_closed())
        with Client(self.service.port) as client:  # says nothing at all
            client.finish()
            self.assertTrue(client.is_closed())

    def test_clients_that_vanish(self):
        """Before, during and after their request; none is missed."""
        whole = post(JPEG)
        for length in (0, 1, 40, len(whole) // 2, len(whole) - 1, len(whole)):
            for _ in range(5):
                client = Client(self.service.port)
                client.send(whole[:length])
                client.reset()
        self.check_honest(self.service)

    def test_descriptors_used_up(self):
        """With no descriptor left for connections, those that are there are served, and so is a change of the model."""
        limit = 128
        service = Service(self.volume.environment, program=("sh", "-c", f'ulimit -n {limit}; exec "$0" "$@"', LOTMARK))
        self.addCleanup(service.kill)
        self.check_honest(service)
        with Client(service.port) as early, contextlib.ExitStack() as stack:
            self.assertTrue(early.send(get("/health/live")) and early.reply()[0] == 200)
            crowd = [stack.enter_context(Client(service.port)) for _ in range(limit + 100)]
            self.wait_for_refusals(crowd, 100)
            early.send(get("/models"))
            self.assertEqual(early.reply()[0], 200, "the volume can still be opened")
            early.send(post(JPEG))
            self.assertEqual(early.reply()[0], 200, "somebody who was there first")
            self.volume.ok("activate", "2023-v1", "--reason", "crowded")
            deadline = time.monotonic() + PATIENCE
            version = None
            while version != "2023-v1" and time.monotonic() < deadline:
                early.send(get("/health"))
                version = json.loads(early.reply()[2])["active"]["model_version"]
            self.assertEqual(version, "2023-v1", "the pointer is followed")
        self.volume.ok("activate", "2024-v1", "--reason", "room again")
        service.wait_for_active("2024-v1")
        self.check_honest(service)
        self.service.wait_for_active("2024-v1")
        self.assertEqual(service.terminate(), 0, service.log_text())

    def wait_for_refusals(self, crowd, least):
        """Waits until the server has answered so many unasked, with 503, or just closed."""
        deadline = time.monotonic() + PATIENCE
        answered = []
        while len(answered) < least and time.monotonic() < deadline:
            answered, _, _ = select.select([client.socket for client in crowd], [], [], 0.1)
            time.sleep(0.02)
        refused = [client for client in crowd if client.socket in answered]
        self.assertGreaterEqual(len(refused), least)
        for client in refused:
            reply = client.reply()
            self.assertTrue(reply is None or reply[0] == 503, reply)


if __name__ == "__main__":
    unittest.main()
