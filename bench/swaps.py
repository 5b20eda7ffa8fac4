#!/usr/bin/env python3
"""One swap a second between two versions of the demo's model, under load at 30 % of the capacity.

Capacity: requests/s of a closed loop of 8 connections (wrk), without swaps. The load itself is an open loop
(common/open_loop.py). A run: the load without swaps for half of --quiet seconds; 5 swaps in 5 s; memory; the rest of the
swaps, one a second; memory; the other half without. `lotmark activate` makes the swaps, so its own work (process start,
hashing, golden) takes from the same cores; so does the load of the new version. Each reply must be exactly what the version
it names answers to that image, as asked beforehand. A swap counts as seen when the replies change their version during the
load. Memory: median of 10 samples, once the load has stopped.
"""
import itertools
import json
import os
import statistics
import subprocess
import sys
import time

from common import load, versions
from common.harness import PATIENCE, memory_mib, parse_arguments, scratch
from common.places import BENCH
from common.results import Figure, Recorder

SHARE = 0.3
FIRST = 5  # swaps before memory is looked at
TAIL = 1  # seconds of load after those with a swap, so that the last one too is seen; in no other figure
IN_FLIGHT = 64


def options(parser):
    parser.add_argument("--swaps", type=int, help="of a run, one a second; default 100; with --quick 10")
    parser.add_argument("--quiet", type=int, help="seconds of a run without swaps; default 60; with --quick 10")


class Swapper:
    """Activates the other version a little after each full second, for so many seconds."""

    def __init__(self, place, active):
        self.place, self.active, self.late, self.commands_ms = place, active, 0, []

    def run(self, swaps):
        begin = time.monotonic() + 0.2
        for number in range(swaps):
            wait = begin + number - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self.late += wait < -1
            self.active = versions.NEW if self.active == versions.OLD else versions.OLD
            started = time.monotonic()
            self.place.activate(self.active)
            self.commands_ms.append(1000 * (time.monotonic() - started))


def under_load(port, rate, seconds, folder, meanwhile=None):
    """Answers of the open loop, checked later: checking takes time."""
    out = folder / "answers.jsonl"
    command = [sys.executable, BENCH / "common/open_loop.py", port, rate, seconds, IN_FLIGHT, out, *load.IMAGES]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE) as loop:
        loop.stdout.readline()
        if meanwhile:
            meanwhile()
        assert loop.wait(timeout=seconds + PATIENCE) == 0
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def drained_memory(pid):
    """Old versions go a moment after their last request."""
    time.sleep(1)
    samples = []
    for _ in range(10):
        samples.append(memory_mib(pid, "VmRSS"))
        time.sleep(0.1)
    return statistics.median(samples)


def check(answers, expected):
    """(failed, mixed)"""
    failed = mixed = 0
    for number, (_, _, status, body) in enumerate(answers):
        if status != 200:
            failed += 1
            continue
        result = versions.result_of(json.loads(body))
        mixed += result != expected[result["model_version"]][number % len(load.IMAGES)]
    return failed, mixed


def swaps_seen(answers):
    """How often the replies changed their version. Around a swap old and new ones arrive in any order: fewer than three
    in a row are no change."""
    arrived = sorted((due + took, body) for due, took, status, body in answers if status == 200)
    groups = itertools.groupby(json.loads(body)["model_version"] for _, body in arrived)
    lasting = [version for version, replies in groups if len(list(replies)) >= 3]
    return len(list(itertools.groupby(lasting))) - 1


def percentile_ms(answers, share):
    times = sorted(1000 * answer[1] for answer in answers)
    return times[min(len(times) - 1, int(share * len(times)))]


def one_run(place, server, port, rate, args, expected, folder):
    swapper = Swapper(place, versions.health(port)["active"]["model_version"])
    before = versions.health(port)["swaps"]
    quiet = under_load(port, rate, args.quiet / 2, folder)
    swapping = under_load(port, rate, FIRST + TAIL, folder, lambda: swapper.run(FIRST))
    versions.wait_for(port, swapper.active)
    early = drained_memory(server.pid)
    rest = args.swaps - FIRST
    more = under_load(port, rate, rest + TAIL, folder, lambda: swapper.run(rest))
    versions.wait_for(port, swapper.active)
    late = drained_memory(server.pid)
    seen = swaps_seen(swapping) + swaps_seen(more)
    swapping = [answer for answer in swapping if answer[0] < FIRST] + [answer for answer in more if answer[0] < rest]
    quiet += under_load(port, rate, args.quiet / 2, folder)
    # The images begin anew with each load, and so do the numbers that check() counts.
    parts = []
    for answers in (quiet, swapping):
        starts = [n for n, answer in enumerate(answers) if answer[0] == 0] + [len(answers)]
        parts += [answers[a:b] for a, b in zip(starts, starts[1:])]
    failed, mixed = (sum(column) for column in zip(*(check(part, expected) for part in parts)))
    return {"swaps": versions.health(port)["swaps"] - before, "seen": seen, "late": swapper.late,
            "command_ms": statistics.median(swapper.commands_ms), "requests": len(quiet) + len(swapping),
            "failed": failed, "mixed": mixed, "p50_with_ms": percentile_ms(swapping, 0.5),
            "p50_without_ms": percentile_ms(quiet, 0.5), "p99_with_ms": percentile_ms(swapping, 0.99),
            "p99_without_ms": percentile_ms(quiet, 0.99), "after_swap_5_mib": early, "after_last_swap_mib": late}


def main():
    args = parse_arguments(__doc__, 5, 1, options)
    args.swaps = args.swaps or (10 if args.quick else 100)
    args.quiet = args.quiet or (10 if args.quick else 60)
    recorder = Recorder("swaps", args)
    runs = []
    with scratch() as folder:
        place = versions.with_both(args.lotmark, folder)
        with place.serving("--workers", os.cpu_count(), "--queue", 2 * IN_FLIGHT) as (server, port):
            expected = versions.answers_of(place, port)
            load.post_images(port, 8, 2)
            capacity = statistics.median(load.post_images(port, 8, 2 if args.quick else 5)["requests_per_s"] for _ in range(3))
            for _ in range(args.rounds):
                runs.append(one_run(place, server, port, SHARE * capacity, args, expected, folder))

    def median(key):
        return statistics.median(run[key] for run in runs)

    def total(key):
        return sum(run[key] for run in runs)
    ratio = statistics.median(run["p99_with_ms"] / run["p99_without_ms"] for run in runs)
    grown = statistics.median(run["after_last_swap_mib"] - run["after_swap_5_mib"] for run in runs)
    figures = [Figure(f"failed, of {total('requests'):,} requests", total("failed"), "requests", at_most=0),
               Figure("replies that are not of the version they name", total("mixed"), "requests", at_most=0),
               Figure("p99 of seconds with a swap / of seconds without", ratio, at_most=1.5),
               Figure(f"memory after swap {args.swaps}, above that after swap {FIRST}", grown, "MiB", at_most=5),
               Figure("swaps that clients saw in a run, the fewest", min(run["seen"] for run in runs), "swaps",
                      at_least=args.swaps)]
    detail = {"median of the runs": {key: round(median(key), 2) for key in runs[0]},
              "load": {"capacity_requests_per_s": capacity, "rate_requests_per_s": round(SHARE * capacity, 1)}}
    detail["median of the runs"].update({f"all_{key}": [round(run[key], 3) for run in runs] for key in runs[0]})
    recorder.write(f"{args.swaps} swaps, one a second, at 30 % of the capacity",
                   f"Open loop, times from when a request was due; {args.quiet} s without swaps around them.", figures, detail,
                   versions={"capacity by": load.version()})


if __name__ == "__main__":
    main()
