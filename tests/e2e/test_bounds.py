"""What a service may take of its machine: memory for decoding, memory after swaps, threads."""
import concurrent.futures
import os
import re
import threading
import unittest

from harness import LotmarkTest, png, sample_images

MIB = 1 << 20


class Bounds(LotmarkTest):
    def setUp(self):
        super().setUp()
        # A sanitizer keeps what was freed for a while, which is no use of the service's.
        self.environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"

    def status_of(self, service, name):
        with open(f"/proc/{service.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(rf"^{name}:\s+(\d+)", file.read(), re.M).group(1))

    def rss(self, service):
        return self.status_of(service, "VmRSS") * 1024

    def metric(self, service, name):
        return float(re.search(rf"^{name} (\S+)", service.request("GET", "/metrics")[2].decode(), re.M).group(1))

    def test_many_large_images_share_the_memory_for_decoding(self):
        self.make_volume("2023-v1", activate="2023-v1")
        limit = 128 * MIB
        service = self.serve("--workers", 12, "--queue", 64, "--decode-memory-mib", limit // MIB)
        bomb = png(3000, 3000, rows=b"\0" * (9001 * 3000))  # 27 MB of pixels in 27 KB, reserved as 63 MB: two at a time
        self.assertEqual(service.classify(bomb)[0], 200)
        before = self.rss(service)
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            statuses = [status for status, _ in pool.map(lambda _: service.classify(bomb), range(48))]
        self.assertEqual(set(statuses), {200})
        self.assertEqual(self.metric(service, "lotmark_decode_memory_reserved_bytes"), 0)
        # Twelve workers without a limit would hold 324 MB of pixels. Allowed: the limit, and as much again of half of it
        # for tensors, buffers and a sanitizer's shadow.
        self.assertLess(self.status_of(service, "VmHWM") * 1024 - before, limit + limit // 2)

        status, reply = service.classify(png(8000, 7000, rows=b""))
        self.assertEqual(status, 413, reply)
        self.assertIn("8000x7000", reply["error"]["message"])
        status, reply = service.classify(png(6000, 6000, rows=b""))  # within the limit of one image, never within this memory
        self.assertEqual(status, 413, reply)
        self.assertIn("memory", reply["error"]["message"])

    def test_a_second_version_adds_no_thread(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        service = self.serve("--workers", 2)
        image = sample_images()["lesion_01.jpg"]
        tasks = f"/proc/{service.process.pid}/task"
        for _ in range(4):
            self.assertEqual(service.classify(image)[0], 200)
        before = len(os.listdir(tasks))
        seen, stop = set(), threading.Event()

        def watch():
            while not stop.is_set():
                seen.add(len(os.listdir(tasks)))

        def load():
            while not stop.is_set():
                service.classify(image)

        threads = [threading.Thread(target=watch)] + [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for target in ("2024-v1", "2023-v1", "2024-v1"):
                self.ok("activate", target, "--reason", "threads")
                service.wait_for_active(target)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        # Loading has a thread of its own, which ends with it.
        self.assertLessEqual(seen, {before, before + 1})
        self.assertIn(before, seen)
        _, reply = service.classify(image)
        _, row = service.get_json(f"/classifications/{reply['id']}")
        self.assertEqual(row["runtime"]["options"]["intra_op_threads"], "1")
        self.assertEqual(row["runtime"]["options"]["execution_mode"], "sequential")

    def test_memory_comes_back_after_swaps(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        service = self.serve("--workers", 2)
        image = sample_images()["lesion_01.jpg"]

        def swap(times):
            for _ in range(times):
                target = "2024-v1" if self.active() == "2023-v1" else "2023-v1"
                self.ok("activate", target, "--reason", "memory")
                service.wait_for_active(target)
                self.assertEqual(service.classify(image)[0], 200)

        swap(2)  # each version was loaded once: what is cached for good is there
        before = self.rss(service)
        swap(10)
        # A session of these small models takes some 8 MB: ten that stayed would show.
        self.assertLess(self.rss(service) - before, 24 * MIB)


if __name__ == "__main__":
    unittest.main()
