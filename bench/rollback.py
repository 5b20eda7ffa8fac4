#!/usr/bin/env python3
"""From the rename of the pointer to the first reply of the other version, with `serve --keep-previous`.

One client classifies without a pause on one connection while `lotmark rollback` runs. The kernel says when the rename was:
the link's change time, which is at most a clock tick early. The figure holds what a client sees: the time until the service
exchanged the versions (the time of its event `swapped`), the rest of the request that was under way, and a whole one with
its row synced to disk.
"""
import datetime
import json
import os
import statistics
import subprocess
import threading
import time

from common import load, versions
from common.harness import parse_arguments, scratch
from common.results import Figure, Recorder


def first_reply_of(port, version, ready):
    """The time when the first reply of `version` was there, and the time of each request before it, ms."""
    image = load.IMAGES[0].read_bytes()
    requests = []
    with versions.connection(port) as opened:
        while True:
            begin = time.perf_counter()
            status, reply = versions.ask(opened, "POST", "/classify", image)
            arrived = time.time()
            assert status == 200, reply
            requests.append(1000 * (time.perf_counter() - begin))
            ready.set()
            if reply["model_version"] == version:
                return arrived, requests


def one_rollback(place, port):
    place.activate(versions.NEW)
    versions.wait_for(port, versions.NEW)
    found = []
    ready = threading.Event()
    client = threading.Thread(target=lambda: found.append(first_reply_of(port, versions.OLD, ready)))
    client.start()
    ready.wait()
    place.run("rollback", "--reason", "bench")
    client.join()
    arrived, requests = found[0]
    renamed = os.lstat(place.volume / "models/lesion_cnn_demo/active").st_ctime_ns / 1e9
    return 1000 * (arrived - renamed), 1000 * (last_swap(place) - renamed), statistics.median(requests)


def last_swap(place):
    """When the service last exchanged versions, by its own event."""
    listed = subprocess.run([place.program, "records", "events", "--json"], env=place.environment, check=True,
                            capture_output=True, text=True).stdout
    swaps = [event["time"] for event in json.loads(listed) if event["event"] == "swapped"]
    return max(datetime.datetime.fromisoformat(time.replace("Z", "+00:00")) for time in swaps).timestamp()


def main():
    args = parse_arguments(__doc__, 50, 5)
    recorder = Recorder("rollback", args)
    with scratch() as folder:
        place = versions.with_both(args.lotmark, folder)
        with place.serving("--workers", os.cpu_count(), "--keep-previous") as (_, port):
            place.activate(versions.NEW)
            versions.wait_for(port, versions.NEW)  # from now on both are loaded
            measured = [one_rollback(place, port) for _ in range(args.rounds)]
            assert versions.health(port)["previous_kept"]["model_version"] == versions.NEW
    times = [one[0] for one in measured]
    exchanges = [one[1] for one in measured]
    figures = [Figure("from the rename to the first reply of the version before", statistics.median(times), "ms", at_most=20),
               Figure("the slowest", max(times), "ms"),
               Figure("from the rename to the exchange", statistics.median(exchanges), "ms"),
               Figure("one request, of the same client", statistics.median(one[2] for one in measured), "ms")]
    detail = {"rollback": {"median_ms": round(statistics.median(times), 2), "fastest_ms": round(min(times), 2),
                           "slowest_ms": round(max(times), 2), "median_ms_to_the_exchange": round(statistics.median(exchanges), 2),
                           "all_ms": [round(one, 2) for one in times],
                           "all_ms_to_the_exchange": [round(one, 2) for one in exchanges]}}
    recorder.write("a rollback to the version that was kept", "One client, no pause.", figures, detail)


if __name__ == "__main__":
    main()
