"""SIGKILL under load, again and again: every row that a client was told of is in the database, and can be traced."""
import http.client
import random
import sqlite3
import threading
import time
import unittest

from harness import LotmarkTest, sample_images

SECONDS = 10
MIN_ROUNDS = 4  # on a slow machine
CLIENTS = 4


class Load(threading.Thread):
    """A client that classifies until its service is gone, and notes what it was told."""

    def __init__(self, service, images, generator):
        super().__init__()
        self.service, self.images, self.generator = service, images, generator
        self.told, self.faults = [], []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
        while True:
            try:
                status, reply = self.service.classify(self.generator.choice(self.images), connection=connection)
            except (OSError, http.client.HTTPException, ValueError):
                connection.close()
                return  # killed: no reply, or a part of one
            if status == 200:
                self.told.append(reply)
            elif status != 503:
                self.faults.append(reply)


class HostileKill(LotmarkTest):
    def test_sigkill_under_load_loses_no_row(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        generator = random.Random(seed)
        self.make_volume("2024-v1", activate="2024-v1")
        images = list(sample_images().values())
        told, rounds = [], 0
        deadline = time.monotonic() + SECONDS
        while rounds < MIN_ROUNDS or time.monotonic() < deadline:
            service = self.serve("--queue", 64)
            clients = [Load(service, images, random.Random(generator.random())) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            while not any(client.told for client in clients) and service.process.poll() is None:
                time.sleep(0.01)
            time.sleep(generator.uniform(0, 0.3))
            service.kill()
            for client in clients:
                client.join()
                self.assertEqual(client.faults, [])
                told += client.told
            rounds += 1
        print(f"{rounds} rounds, {len(told)} rows told", flush=True)

        database = sqlite3.connect(f"file:{self.records}?mode=ro", uri=True)
        self.addCleanup(database.close)
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        stored = dict(database.execute("SELECT id, top_class FROM lesion_classifications"))
        self.assertEqual([r["id"] for r in told if stored.get(r["id"]) != r["top_class"]], [])
        for reply in generator.sample(told, min(3, len(told))):
            trace = self.ok("trace", reply["id"], "--json").json
            self.assertEqual(trace["classification"]["manifest_sha256"], reply["manifest_sha256"])


if __name__ == "__main__":
    unittest.main()
