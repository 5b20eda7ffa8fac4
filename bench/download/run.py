#!/usr/bin/env python3
"""Download of a 512 MiB artifact from `lotmark serve`, beside nginx serving the same file, on loopback.

    bench/download/run.py [--lotmark build/release/bin/lotmark] [--nginx /usr/sbin/nginx] [--pairs 9] [--mib 512]

Both servers run at the same time; downloads alternate between them, after one of each that is not counted, so that the
machine's other work and the page cache (warm) hit both alike. One client, one connection, bytes counted and dropped.
Besides the time on the wall it compares the processor time of the servers, which says more on a busy machine.
Writes bench/download/results.json and prints a line for bench/RESULTS.md. Needs about twice the artifact's size of disk.
"""
import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "demo/models/2024-v1"
GOAL = 0.8
PATIENCE = 120

NGINX_CONF = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  sendfile {sendfile};
  tcp_nopush on;
  default_type application/octet-stream;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_volume(lotmark, scratch, mib):
    """Two versions: the demo's, active, and one whose artifact has the size asked for. Returns (volume, environment)."""
    volume = scratch / "volume"
    environment = {**os.environ, "LOTMARK_VOLUME": str(volume), "LOTMARK_RECORDS": f"sqlite://{scratch}/records.db",
                   "LOTMARK_ACTOR": "bench"}

    def run(*args):
        subprocess.run([lotmark, *map(str, args)], env=environment, check=True, stdout=subprocess.DEVNULL)
    source = scratch / "source"
    shutil.copytree(DEMO, source)
    next(source.glob("*.onnx")).unlink()
    digest = hashlib.sha256()
    with open(source / "big.onnx", "wb") as file:
        for i in range(mib):
            piece = hashlib.sha256(str(i).encode()).digest() * 32768
            digest.update(piece)
            file.write(piece)
    manifest = json.loads((source / "model-manifest.json").read_text())
    manifest["version"] = "big"
    manifest["formats"]["onnx"].update(path="big.onnx", size=mib << 20, sha256=digest.hexdigest())
    (source / "model-manifest.json").write_text(json.dumps(manifest))
    run("init", volume, "--model", manifest["model_name"])
    run("add", DEMO / "model-manifest.json")
    run("add", source / "model-manifest.json")
    run("activate", "2024-v1", "--reason", "bench")
    shutil.rmtree(source)
    return volume, environment


@contextlib.contextmanager
def process(command, **options):
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextlib.contextmanager
def lotmark_serving(lotmark, environment, scratch):
    with open(scratch / "serve.log", "w+", encoding="utf-8") as log:
        with process([lotmark, "serve", "--listen", "127.0.0.1:0", "--workers", "1", "--replica", "bench"],
                     env=environment, stdout=log, stderr=log) as server:
            for _ in range(PATIENCE * 20):
                found = re.search(r"listening on 127\.0\.0\.1:(\d+)", pathlib.Path(log.name).read_text())
                if found or server.poll() is not None:
                    break
                time.sleep(0.05)
            assert found, pathlib.Path(log.name).read_text()
            yield server, int(found.group(1))


@contextlib.contextmanager
def nginx_serving(nginx, root, scratch, sendfile):
    folder = scratch / f"nginx-{sendfile}"
    folder.mkdir()
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX_CONF.format(folder=folder, port=port, root=root, sendfile=sendfile))
    with process([nginx, "-p", folder, "-e", folder / "error.log", "-c", config], stderr=subprocess.DEVNULL) as server:
        for _ in range(PATIENCE * 20):
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.05)
        yield server, port


def processor_seconds(pid):
    """Of a process and its children that live."""
    ticks = 0
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    for one in [str(pid), *children]:
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def download(port, path):
    """Seconds and bytes of one download over a connection of its own."""
    buffer = bytearray(1 << 20)
    begin = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        head, _, rest = head.partition(b"\r\n\r\n")
        assert b" 200 " in head.splitlines()[0], head
        received = len(rest)
        while count := connection.recv_into(buffer):
            received += count
    return time.perf_counter() - begin, received


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cpu": cpu.group(1) if cpu else platform.machine(), "cores": os.cpu_count(), "kernel": platform.release(),
            "python": platform.python_version()}


def measure(servers, pairs, size):
    """Interleaved downloads; returns {name: {seconds: […], processor_seconds: […]}}."""
    results = {name: {"seconds": [], "processor_seconds": []} for name in servers}
    for round_number in range(pairs + 1):
        for name, (server, port, path) in servers.items():
            before = processor_seconds(server.pid)
            seconds, received = download(port, path)
            assert received == size, (name, received)
            if round_number > 0:
                results[name]["seconds"].append(round(seconds, 4))
                results[name]["processor_seconds"].append(round(processor_seconds(server.pid) - before, 2))
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lotmark", default=str(ROOT / "build/release/bin/lotmark"))
    parser.add_argument("--nginx", default=shutil.which("nginx") or "/usr/sbin/nginx")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--out", default=str(ROOT / "bench/download/results.json"))
    args = parser.parse_args()
    load_before = os.getloadavg()
    with contextlib.ExitStack() as stack:
        scratch = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lotmark-bench-")))
        stack.callback(lambda: subprocess.run(["chmod", "-R", "u+w", scratch], check=False))
        volume, environment = make_volume(args.lotmark, scratch, args.mib)
        os.chmod(scratch, 0o755)  # nginx reads as another user when started by root
        model = "lesion_cnn_demo"
        server, port = stack.enter_context(lotmark_serving(args.lotmark, environment, scratch))
        servers = {"lotmark": (server, port, f"/models/{model}/versions/big/files/big.onnx")}
        for sendfile in ("on", "off"):
            peer, port = stack.enter_context(
                nginx_serving(args.nginx, volume / f"models/{model}/versions/big", scratch, sendfile))
            servers[f"nginx sendfile {sendfile}"] = (peer, port, "/big.onnx")
        resident = resident_mib(server.pid)
        results = measure(servers, args.pairs, args.mib << 20)
        grown = resident_mib(server.pid) - resident

    for entry in results.values():
        entry["median_mib_per_s"] = round(args.mib / statistics.median(entry["seconds"]))
        entry["median_processor_seconds"] = statistics.median(entry["processor_seconds"])
    ours, theirs = results["lotmark"]["seconds"], results["nginx sendfile on"]["seconds"]
    ratio = statistics.median(b / a for a, b in zip(ours, theirs))
    version = subprocess.run([args.nginx, "-v"], capture_output=True, text=True, check=False).stderr.strip()
    report = {"benchmark": "download", "mib": args.mib, "pairs": args.pairs, "machine": machine(), "peer": version,
              "load_average_before": load_before[0], "load_average_after": os.getloadavg()[0],
              "speed_ratio_to_nginx_sendfile_on": round(ratio, 3), "goal": GOAL, "lotmark_rss_growth_mib": round(grown, 1),
              "results": results}
    pathlib.Path(args.out).write_text(json.dumps(report, indent=2) + "\n")
    rows = ", ".join(f"{name} {entry['median_mib_per_s']} MiB/s ({entry['median_processor_seconds']:.2f} s CPU)"
                     for name, entry in results.items())
    print(f"| download of {args.mib} MiB on loopback, {args.pairs} interleaved rounds | {rows} | "
          f"{ratio:.2f} x nginx (goal {GOAL}) | load average {load_before[0]:.1f} |")


if __name__ == "__main__":
    main()
