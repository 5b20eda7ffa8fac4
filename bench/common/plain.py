#!/usr/bin/env python3
"""What `add` and `verify` cannot do without, by itself, in a process of its own; prints seconds, and of the processor.

    plain.py write SOURCE TARGET    write SOURCE's bytes from memory to a new file and fsync it
    plain.py hash FILE...           OpenSSL's EVP SHA-256 of the files' bytes in memory, a thread for each core

Reading the sources is not counted. hashlib calls EVP_DigestUpdate once for each buffer, without Python's lock.
"""
import hashlib
import os
import pathlib
import sys
import threading
import time

PIECE = 1 << 20


def clocks():
    return time.perf_counter(), time.process_time()


def since(begin):
    return [now - then for now, then in zip(clocks(), begin)]


def write(source, target):
    data = memoryview(pathlib.Path(source).read_bytes())
    begin = clocks()
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    for at in range(0, len(data), PIECE):
        piece = data[at:at + PIECE]
        assert os.write(file, piece) == len(piece)
    os.fsync(file)
    os.close(file)
    return since(begin)


def hash_all(paths):
    waiting = [pathlib.Path(path).read_bytes() for path in paths]
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                data = waiting.pop()
            hashlib.sha256(data).digest()

    threads = [threading.Thread(target=work) for _ in range(min(os.cpu_count(), len(paths)))]
    begin = clocks()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return since(begin)


if __name__ == "__main__":
    print(*write(*sys.argv[2:]) if sys.argv[1] == "write" else hash_all(sys.argv[2:]))
