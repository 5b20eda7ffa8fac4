#!/usr/bin/env python3
"""`lotmark serve` on the demo's model beside the service that users would write by themselves (bench/peer/app.py).

Same model, images, durability (SQLite in WAL, synced before the reply), machine and number of workers (one a core, one
thread a run). Both run all the time; load alternates between them at 1, 8 and 64 connections. The load generator, wrk
with one thread, shares the cores with both alike. Lotmark's queue is set to hold all connections: its default answers
503 to more than four waiting requests a worker.
"""
import contextlib
import os
import statistics
import subprocess

from common import load
from common.harness import Lotmark, free_port, parse_arguments, process, processor_seconds, scratch, wait_for_port
from common.places import BENCH, DEMO, VENV_PYTHON
from common.results import Figure, Recorder, median_ratio

CONNECTIONS = (1, 8, 64)


@contextlib.contextmanager
def peer_serving(folder):
    port = free_port()
    environment = {**os.environ, "PEER_MODEL_FOLDER": str(DEMO), "PEER_DATABASE": str(folder / "peer.db"),
                   "ORT_DISABLE_TELEMETRY": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([VENV_PYTHON, "-c", "import app; app.create_tables()"], cwd=BENCH / "peer", env=environment, check=True)
    with open(folder / "peer.log", "w", encoding="utf-8") as log:
        command = [VENV_PYTHON, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", port, "--workers",
                   os.cpu_count(), "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
        with process(command, cwd=BENCH / "peer", env=environment, stdout=log, stderr=log) as server:
            wait_for_port(port, server)
            yield server, port


def peer_versions():
    lines = (BENCH / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if "==" in line)
    names = ("fastapi", "uvicorn[standard]", "onnxruntime", "pillow", "sqlalchemy")
    return {**{name: pinned[name] for name in names}, "load": load.version()}


def main():
    args = parse_arguments(__doc__, 7, 2, lambda parser: parser.add_argument("--seconds", type=int, default=5))
    recorder = Recorder("service", args)
    measured = {}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch())
        place = Lotmark(args.lotmark, folder).with_demo()
        servers = {"lotmark": stack.enter_context(place.serving("--workers", os.cpu_count(), "--queue", 2 * max(CONNECTIONS))),
                   "peer": stack.enter_context(peer_serving(folder))}
        for _, port in servers.values():
            load.post_images(port, max(CONNECTIONS), 2)  # every worker has run before the clock starts
        for _ in range(args.rounds):
            for connections in CONNECTIONS:
                for name, (server, port) in servers.items():
                    before = processor_seconds(server.pid)
                    one = load.post_images(port, connections, args.seconds)
                    used = processor_seconds(server.pid) - before
                    one["processor_ms_a_request"] = round(1000 * used / (one["requests_per_s"] * args.seconds), 3)
                    series = measured.setdefault(f"{name}, {connections}", {key: [] for key in one})
                    for key, value in one.items():
                        series[key].append(value)
    figures = []
    for connections in CONNECTIONS:
        ours, theirs = measured[f"lotmark, {connections}"], measured[f"peer, {connections}"]
        figures.append(Figure(f"requests/s at {connections} connections / the peer's",
                              median_ratio(ours["requests_per_s"], theirs["requests_per_s"]), at_least=4))
        figures.append(Figure(f"p99 at {connections} connections / the peer's", median_ratio(ours["p99_ms"], theirs["p99_ms"]),
                              at_most=1))
    figures.append(Figure(f"processor time of a request at {max(CONNECTIONS)} connections / the peer's",
                          median_ratio(ours["processor_ms_a_request"], theirs["processor_ms_a_request"])))
    detail = {f"{name} connections": {**{f"median_{key}": statistics.median(values) for key, values in series.items()}, **series}
              for name, series in measured.items()}
    recorder.write("requests per second beside FastAPI, the demo's model",
                   f"{args.seconds} s of load each; wrk shares the cores with both.", figures, detail, versions=peer_versions())


if __name__ == "__main__":
    main()
