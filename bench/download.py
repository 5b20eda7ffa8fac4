#!/usr/bin/env python3
"""Download of a large artifact from `lotmark serve` beside nginx serving the same file, on loopback.

Both servers run at the same time; downloads alternate between them, after one of each that is not counted, so that the
machine's other work and the page cache (warm) hit both alike. One client, one connection, bytes counted and dropped.
Besides the time on the wall it compares the processor time of the servers, which says more on a busy machine. nginx is
measured with sendfile, its fastest way, and without, since a server that encrypts cannot use it. Needs about twice the
artifact's size of disk.
"""
import contextlib
import shutil
import socket
import statistics
import subprocess
import time

from common.harness import (Lotmark, PATIENCE, free_port, memory_mib, parse_arguments, process, processor_seconds,
                            scratch, wait_for_port, write_big_version)
from common.places import TOOLS
from common.results import Figure, Recorder, median_ratio

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


@contextlib.contextmanager
def nginx_serving(nginx, root, scratch, sendfile):
    folder = scratch / f"nginx-{sendfile}"
    folder.mkdir()
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX_CONF.format(folder=folder, port=port, root=root, sendfile=sendfile))
    with process([nginx, "-p", folder, "-e", folder / "error.log", "-c", config], stderr=subprocess.DEVNULL) as server:
        wait_for_port(port, server)
        yield server, port


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


def options(parser):
    parser.add_argument("--nginx", default=str(TOOLS / "usr/sbin/nginx"))
    parser.add_argument("--mib", type=int, default=512)


def main():
    args = parse_arguments(__doc__, 15, 2, options)
    recorder = Recorder("download", args)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch())
        place = Lotmark(args.lotmark, folder).with_demo()
        write_big_version(folder / "source", "big", args.mib)
        place.add(folder / "source")
        shutil.rmtree(folder / "source")
        model = "models/lesion_cnn_demo/versions/big"
        server, port = stack.enter_context(place.serving("--workers", 1))
        servers = {"lotmark": (server, port, f"/{model}/files/big.onnx")}
        for sendfile in ("on", "off"):
            peer, port = stack.enter_context(nginx_serving(args.nginx, place.volume / model, folder, sendfile))
            servers[f"nginx, sendfile {sendfile}"] = (peer, port, "/big.onnx")
        resident = memory_mib(server.pid, "VmRSS")
        measured = measure(servers, args.rounds, args.mib << 20)
        grown = memory_mib(server.pid, "VmRSS") - resident
    ours = measured["lotmark"]["seconds"]
    detail = {name: {"median_MiB_per_s": round(args.mib / statistics.median(series["seconds"])),
                     "median_processor_s": statistics.median(series["processor_seconds"]), **series}
              for name, series in measured.items()}
    version = subprocess.run([args.nginx, "-v"], capture_output=True, text=True, check=False).stderr.strip()
    recorder.write(
        f"download of {args.mib} MiB beside nginx", "One client and one connection on loopback, page cache warm.",
        [Figure("speed / nginx's", median_ratio(measured["nginx, sendfile on"]["seconds"], ours), at_least=0.8),
         Figure("speed / nginx's without sendfile", median_ratio(measured["nginx, sendfile off"]["seconds"], ours)),
         Figure("memory grown over all downloads", grown, "MiB")], detail, versions={"peer": version.split(": ")[-1]})


if __name__ == "__main__":
    main()
