#!/usr/bin/env python3
"""Open-loop load: requests are due at fixed times, whether or not earlier ones were answered, and a request's time counts
from when it was due. A program of its own, so that what else a benchmark does takes nothing from it.

    open_loop.py PORT RATE SECONDS CONNECTIONS OUT IMAGE...

Request n carries image n modulo their number. Writes to OUT, for each request in order, one JSON line: [due (s since the
start), time (s), status, body]; status 0 = no answer. CONNECTIONS bounds what can be in flight, nothing else. Prints a line
when it begins.
"""
import http.client
import itertools
import json
import pathlib
import sys
import threading
import time

LEAD = 0.2  # for all threads to be there


def main():
    port, rate, seconds, connections = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    images = [pathlib.Path(path).read_bytes() for path in sys.argv[6:]]
    count = int(rate * seconds)
    answers = [None] * count
    numbers = itertools.count()  # next() is one step for all threads
    begin = time.perf_counter() + LEAD

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number in numbers:
            if number >= count:
                return
            due = number / rate
            wait = begin + due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            try:
                connection.request("POST", "/classify", images[number % len(images)], {"Content-Type": "image/jpeg"})
                response = connection.getresponse()
                status, body = response.status, response.read().decode()
            except (OSError, http.client.HTTPException) as cause:
                connection.close()
                status, body = 0, repr(cause)
            answers[number] = [due, time.perf_counter() - begin - due, status, body]

    threads = [threading.Thread(target=client) for _ in range(connections)]
    for thread in threads:
        thread.start()
    time.sleep(max(0.0, begin - time.perf_counter()))
    print("the first request is due", flush=True)
    for thread in threads:
        thread.join()
    with open(sys.argv[5], "w", encoding="utf-8") as out:
        for answer in answers:
            out.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
