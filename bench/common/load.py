"""Load from wrk, one thread of it: C on epoll, so that it takes little of the cores that it shares with the servers."""
import json
import os
import subprocess

from common.places import BENCH, DEMO_IMAGES, TOOLS

IMAGES = sorted(DEMO_IMAGES.glob("*.jpg"))
WRK = TOOLS / "usr/bin/wrk"


def post_images(port, connections, seconds):
    """{"requests_per_s", "p50_ms", "p99_ms"} of a closed loop: every connection sends its next request on an answer."""
    libraries = ":".join(str(folder) for folder in (TOOLS / "usr/lib").glob("*-linux-gnu"))
    command = [WRK, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", BENCH / "common/post.lua",
               f"http://127.0.0.1:{port}", "--", *IMAGES]
    run = subprocess.run([str(part) for part in command], env={**os.environ, "LD_LIBRARY_PATH": libraries}, check=True,
                         capture_output=True, text=True)
    line = next(line for line in run.stdout.splitlines() if line.startswith("JSON "))
    measured = json.loads(line.removeprefix("JSON "))
    assert measured["failed"] == 0 and measured["requests"] > 0, run.stdout
    return {"requests_per_s": round(measured["requests"] / measured["seconds"], 1), "p50_ms": measured["p50_ms"],
            "p99_ms": measured["p99_ms"]}


def version():
    run = subprocess.run([WRK, "-v"], capture_output=True, text=True, check=False,
                         env={**os.environ, "LD_LIBRARY_PATH": str(TOOLS / "usr/lib/x86_64-linux-gnu")})
    return " ".join((run.stdout + run.stderr).split()[:2])
