#!/usr/bin/env python3
"""Start to ready with EfficientNet-B4 beside reading, hashing, a bare session and the golden runs, in turn.

Both are timed from the start of the process: to the first 200 of /health/ready, and to the line "ready" of
bench/programs/start.cc. The golden cases and the artifact (page cache) are the same.
"""
import contextlib
import http.client
import json
import statistics
import subprocess
import time

from common.harness import Lotmark, PATIENCE, free_port, parse_arguments, process, processor_seconds, scratch
from common.models import efficientnet_b4
from common.places import PROGRAMS
from common.results import Figure, Recorder, median_ratio


def start_service(place):
    port = free_port()
    with open(place.log, "w", encoding="utf-8") as log:
        begin = time.perf_counter()
        with process(place.serve_command(port=port), env=place.environment, stdout=log, stderr=log) as server:
            while time.perf_counter() - begin < PATIENCE and server.poll() is None:
                with contextlib.suppress(ConnectionRefusedError):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
                    connection.request("GET", "/health/ready")
                    if connection.getresponse().status == 200:
                        return time.perf_counter() - begin, processor_seconds(server.pid)
                time.sleep(0.01)
    raise RuntimeError(place.log.read_text(encoding="utf-8"))


def start_bare(version):
    begin = time.perf_counter()
    with process([PROGRAMS / "bench_start", version, "--hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                 text=True) as bare:
        phases = json.loads(bare.stdout.readline())
        assert bare.stdout.readline() == "ready\n"
        return time.perf_counter() - begin, processor_seconds(bare.pid), phases


def main():
    args = parse_arguments(__doc__, 15, 2)
    version = efficientnet_b4("start")
    recorder = Recorder("start", args)
    names = ("lotmark serve", "bare")
    seconds, processor = ({name: [] for name in names} for _ in range(2))
    phases = []
    with scratch() as folder:
        place = Lotmark(args.lotmark, folder)
        place.init("efficientnet_b4_bench")
        place.add(version)
        place.activate("b4")
        for number in range(args.rounds + 1):
            service = start_service(place)
            *bare, parts = start_bare(version)
            if number == 0:
                continue
            phases.append(parts)
            for name, pair in zip(names, (service, bare)):
                seconds[name].append(round(pair[0], 4))
                processor[name].append(pair[1])
    detail = {name: {"median_ms": round(1000 * statistics.median(seconds[name]), 1),
                     "median_processor_ms": round(1000 * statistics.median(processor[name])), "s": seconds[name],
                     "processor_s": processor[name]} for name in names}
    for name in ("read", "hash", "session", "golden"):
        detail[f"of it {name}"] = {"median_ms": round(statistics.median(part[f"{name}_ms"] for part in phases), 1)}
    recorder.write("start to ready, EfficientNet-B4", "From the start of the process; artifact in the page cache.",
                   [Figure("time to ready / bare", median_ratio(*seconds.values()), at_most=1.2),
                    Figure("the same in processor time", median_ratio(*processor.values()))], detail)


if __name__ == "__main__":
    main()
