"""Starting, watching and stopping what is measured."""
import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

from common.places import DEMO, PROGRAMS, WORK

PATIENCE = 120  # seconds for anything that should take less


def parse_arguments(doc, rounds, quick_rounds, add=None):
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lotmark", default=str(PROGRAMS / "lotmark"))
    parser.add_argument("--rounds", type=int, help=f"default {rounds}; with --quick {quick_rounds}")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    if add:
        add(parser)
    args = parser.parse_args()
    args.rounds = args.rounds or (quick_rounds if args.quick else rounds)
    return args


@contextlib.contextmanager
def scratch():
    """A folder on the measured disk, gone at the end. Readable by all: nginx drops its rights when root starts it."""
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=WORK) as name:
        os.chmod(name, 0o755)
        try:
            yield pathlib.Path(name)
        finally:
            # Registered versions are read-only, folders too.
            subprocess.run(["chmod", "-R", "u+w", name], check=False)


@contextlib.contextmanager
def process(command, **options):
    running = subprocess.Popen([str(part) for part in command], **{"stdin": subprocess.DEVNULL, **options})
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, server):
    for _ in range(PATIENCE * 20):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        assert server.poll() is None, f"{server.args[0]} ended early"
        time.sleep(0.05)
    raise TimeoutError(f"{server.args[0]} does not listen")


class Lotmark:
    """One volume and its records, and the program that works on them."""

    def __init__(self, program, folder):
        self.program = program
        self.volume = folder / "volume"
        self.records = folder / "records.db"
        self.log = folder / "serve.log"
        self.environment = {**os.environ, "LOTMARK_VOLUME": str(self.volume), "LOTMARK_ACTOR": "bench",
                            "LOTMARK_RECORDS": f"sqlite://{self.records}", "LOTMARK_KEYS": str(folder / "keys"),
                            "LOTMARK_STATE": str(folder / "state")}

    def run(self, *words):
        subprocess.run([self.program, *map(str, words)], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def init(self, model):
        self.run("init", self.volume, "--model", model)

    def add(self, version_folder):
        self.run("add", pathlib.Path(version_folder) / "model-manifest.json")

    def activate(self, version):
        self.run("activate", version, "--reason", "bench")

    def with_demo(self):
        self.init("lesion_cnn_demo")
        self.add(DEMO)
        self.activate("2024-v1")
        return self

    def serve_command(self, *options, port=0):
        return [self.program, "serve", "--listen", f"127.0.0.1:{port}", "--replica", "bench", *map(str, options)]

    @contextlib.contextmanager
    def serving(self, *options):
        """Yields (process, port) once it listens, which it does when its model is loaded."""
        with open(self.log, "w", encoding="utf-8") as log:
            with process(self.serve_command(*options), env=self.environment, stdout=log, stderr=log) as server:
                for _ in range(PATIENCE * 20):
                    text = self.log.read_text(encoding="utf-8")
                    found = re.search(r"listening on 127\.0\.0\.1:(\d+)", text)
                    if found or server.poll() is not None:
                        break
                    time.sleep(0.05)
                assert found, text
                yield server, int(found.group(1))


def processor_seconds(pid):
    """Of a process and its children that live."""
    ticks = 0
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    for one in [str(pid), *children]:
        fields = pathlib.Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(pid, field):
    """VmRSS (now) or VmHWM (the most so far) of a process."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(rf"{field}:\s+(\d+)", text).group(1)) / 1024


@dataclasses.dataclass
class Ended:
    seconds: float
    processor_seconds: float  # of all its threads, in user and kernel
    peak_mib: float
    printed: str

    def numbers(self):
        return [float(word) for word in self.printed.split()]


def timed_child(command, **options):
    """Runs to the end, which must be a success."""
    begin = time.perf_counter()
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True, **options)
    printed = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begin
    child.stdout.close()
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, (command, printed)
    return Ended(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed)


def warm_page_cache(folder, mib):
    """Writes a file and deletes it, before what writes as much: a virtual machine hands free memory back to its host, and
    the first to use it again pays several times the price of writing."""
    path = folder / "warm"
    with open(path, "wb") as file:
        for _ in range(4 * mib):  # more than will be written, since not the same pages come back
            file.write(bytes(1 << 20))
    path.unlink()


def json_of(command, **options):
    return json.loads(timed_child(command, **options).printed)


def write_big_version(folder, version, mib):
    """A version of the demo's model whose artifact is `mib` MiB that are no model: to add and download, not to run."""
    manifest = json.loads((DEMO / "model-manifest.json").read_text(encoding="utf-8"))
    folder.mkdir(parents=True)
    with open(folder / "big.onnx", "wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1 << 20))
    manifest["version"] = version
    artifact = manifest["formats"]["onnx"]
    artifact["path"] = "big.onnx"
    del artifact["sha256"], artifact["size"], manifest["golden"]
    (folder / "model-manifest.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    subprocess.run([PROGRAMS / "lotmark", "manifest", "complete", folder / "model-manifest.json"], check=True,
                   stdout=subprocess.DEVNULL)
