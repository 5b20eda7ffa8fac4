#!/usr/bin/env python3
"""p99 of `/classify` with 1,000 idle keep-alive connections open, beside without, in turn, the demo's model.

Each idle connection has had one request answered, so the service holds it as one that may send another.
"""
import contextlib
import os
import resource
import socket
import statistics

from common import load
from common.harness import Lotmark, PATIENCE, memory_mib, parse_arguments, scratch
from common.results import Figure, Recorder, median_ratio

REQUEST = b"GET /health/live HTTP/1.1\r\nHost: bench\r\n\r\n"


@contextlib.contextmanager
def idle_connections(port, count):
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            one.sendall(REQUEST)
            assert b" 200 " in one.recv(4096)
            opened.append(one)
        yield
        for one in opened:  # still open: an idle connection that the service closed would be no load
            one.sendall(REQUEST)
            assert b" 200 " in one.recv(4096)


def options(parser):
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=5)


def main():
    args = parse_arguments(__doc__, 11, 2, options)
    recorder = Recorder("idle", args)
    limit = max(4096, 2 * args.idle)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, max(limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    series = {"without": [], "with": []}
    with scratch() as folder:
        place = Lotmark(args.lotmark, folder).with_demo()
        with place.serving("--workers", os.cpu_count(), "--queue", 2 * args.connections) as (server, port):
            load.post_images(port, args.connections, 2)
            before = memory_mib(server.pid, "VmRSS")
            for number in range(args.rounds):
                for name in ("without", "with") if number % 2 == 0 else ("with", "without"):
                    with idle_connections(port, args.idle if name == "with" else 0):
                        if name == "with" and number == 0:
                            grown = memory_mib(server.pid, "VmRSS") - before
                        series[name].append(load.post_images(port, args.connections, args.seconds))
    p99 = {name: [one["p99_ms"] for one in values] for name, values in series.items()}
    detail = {f"{name} idle connections": {f"median_{key}": statistics.median(one[key] for one in values) for key in values[0]}
              | {"p99_ms": p99[name]} for name, values in series.items()}
    recorder.write(f"p99 with {args.idle:,} idle connections", f"{args.connections} busy connections, {args.seconds} s each.",
                   [Figure("p99 with idle connections / without", median_ratio(p99["with"], p99["without"]), at_most=1.2),
                    Figure(f"memory of {args.idle:,} idle connections", grown, "MiB")], detail,
                   versions={"load": load.version()})


if __name__ == "__main__":
    main()
