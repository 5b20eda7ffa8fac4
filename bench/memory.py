#!/usr/bin/env python3
"""Memory of loading a model of 500 MB, beside bare ONNX Runtime, and what is given back when it is swapped out.

Bare is bench/programs/start.cc: the same steps, each buffer freed as soon as it can be. The service starts with the
demo's model (its idle size), is told to activate the large one, then the demo's again.
"""
import http.client
import json
import statistics
import subprocess
import time

from common.harness import Lotmark, PATIENCE, memory_mib, parse_arguments, process, scratch
from common.models import big
from common.places import PROGRAMS
from common.results import Figure, Recorder


def wait_for_version(port, version):
    for _ in range(PATIENCE * 10):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/health")
        active = json.loads(connection.getresponse().read()).get("active") or {}
        connection.close()
        if active.get("model_version") == version:
            return
        time.sleep(0.1)
    raise TimeoutError(f"the service does not serve {version}")


def settled(pid):
    """What is resident once it stops shrinking: the old model goes a moment after the swap."""
    least = memory_mib(pid, "VmRSS")
    for _ in range(20):
        time.sleep(0.1)
        least = min(least, memory_mib(pid, "VmRSS"))
    return least


def bare(version):
    with process([PROGRAMS / "bench_start", version, "--hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                 text=True) as running:
        running.stdout.readline()
        assert running.stdout.readline() == "ready\n"
        return {"peak_mib": memory_mib(running.pid, "VmHWM"), "loaded_mib": memory_mib(running.pid, "VmRSS")}


def through_the_service(place):
    place.activate("2024-v1")
    with place.serving() as (server, port):
        found = {"demo_model_mib": settled(server.pid)}
        place.activate("big")
        wait_for_version(port, "big")
        found["peak_mib"] = memory_mib(server.pid, "VmHWM")
        found["loaded_mib"] = settled(server.pid)
        place.activate("2024-v1")
        wait_for_version(port, "2024-v1")
        found["after_swap_mib"] = settled(server.pid)
    return found


def main():
    args = parse_arguments(__doc__, 3, 1, lambda parser: parser.add_argument("--mib", type=int, default=477))  # 500 MB
    version = big(args.mib)
    recorder = Recorder("memory", args)
    service, alone = [], []
    with scratch() as folder:
        place = Lotmark(args.lotmark, folder).with_demo()
        place.add(version)
        for _ in range(args.rounds):
            service.append(through_the_service(place))
            alone.append(bare(version))

    def median(series, key):
        return statistics.median(one[key] for one in series)
    peak = median(service, "peak_mib") - median(service, "demo_model_mib")
    figures = [Figure("peak while loading / the bare peak", median(service, "peak_mib") / median(alone, "peak_mib")),
               Figure("peak while loading, above the service with the demo's model / artifact's size", peak / args.mib),
               Figure("left after the swap back, above before", median(service, "after_swap_mib") - median(service, "demo_model_mib"),
                      "MiB")]
    detail = {name: {key: round(median(series, key), 1) for key in series[0]}
              for name, series in (("lotmark serve", service), ("bare", alone))}
    recorder.write(f"memory of loading an artifact of {args.mib} MiB", "Resident memory of the process.", figures, detail)


if __name__ == "__main__":
    main()
