"""What the end-to-end tests share: running the program, a volume with the demo model, a service, small image files.

Everything is Python's standard library. Servers listen on loopback only and are stopped at the end of each test.
"""
import base64
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
import uuid
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOTMARK = os.environ.get("LOTMARK_BIN", str(ROOT / "build/dev/bin/lotmark"))
DEMO = ROOT / "demo"
REALDATA = ROOT.parent / "shared" / "realdata"
# Sanitized programs are several times slower; waits are scaled so that only a hang fails.
PATIENCE = 120


class Run:
    """The outcome of one command: code, out, err."""

    def __init__(self, args, environment=None, **options):
        done = subprocess.run([LOTMARK, *map(str, args)], capture_output=True, text=True, timeout=PATIENCE,
                              env={**os.environ, **(environment or {})}, check=False, **options)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)


class LotmarkTest(unittest.TestCase):
    """A scratch folder, a volume path and a records database of its own."""

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="lotmark-e2e-"))
        self.addCleanup(remove_tree, self.scratch)
        self.volume = self.scratch / "derm-models"
        self.records = self.scratch / "records.db"
        self.environment = {"LOTMARK_VOLUME": str(self.volume), "LOTMARK_RECORDS": f"sqlite://{self.records}",
                            "LOTMARK_ACTOR": "tester@bench", "LOTMARK_KEYS": str(self.scratch / "keys"),
                            "LOTMARK_STATE": str(self.scratch / "state")}

    def lotmark(self, *args, **options):
        return Run(args, {**self.environment, **options.pop("environment", {})}, **options)

    def ok(self, *args, **options):
        """Runs a command that must succeed."""
        run = self.lotmark(*args, **options)
        self.assertEqual(run.code, 0, f"lotmark {args}: {run.out}{run.err}")
        return run

    def refused(self, *args, says=(), code=1, **options):
        """Runs a command that must fail with `code` and a message that names everything in `says`."""
        run = self.lotmark(*args, **options)
        self.assertEqual(run.code, code, f"lotmark {args}: {run.out}{run.err}")
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, run.err)
        self.assertNotRegex(run.err, r"terminate called|Segmentation|runtime error|AddressSanitizer")
        return run

    def make_volume(self, *versions, activate=None):
        """A volume with versions of the demo model."""
        self.ok("init", self.volume, "--model", "lesion_cnn_demo")
        for version in versions:
            self.ok("add", DEMO / "models" / version / "model-manifest.json")
        if activate:
            self.ok("activate", activate, "--reason", "test")

    def relax_policy(self):
        """Nothing is required for activation any more: for versions without golden cases."""
        path = self.scratch / "relaxed-policy.json"
        path.write_text('{"format": 1, "activation": {}, "approvers": []}')
        self.ok("policy", "set", path, "--reason", "test")

    def export_folder(self, version="2024-v1", name="export"):
        """A writable copy of a demo version's folder, as an engineer exports it."""
        folder = self.scratch / name
        shutil.copytree(DEMO / "models" / version, folder)
        return folder

    def edit_manifest(self, folder, change):
        """Applies change(dict) to the manifest in `folder`; returns the manifest's path."""
        path = folder / "model-manifest.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest, indent=2))
        return path

    def active(self, model="lesion_cnn_demo"):
        link = self.volume / "models" / model / "active"
        return os.readlink(link).removeprefix("versions/") if link.is_symlink() else None

    def artifact(self, version="2024-v1", model="lesion_cnn_demo"):
        folder = self.volume / "models" / model / "versions" / version
        return next(folder.glob("*.onnx"))

    def staging(self):
        return sorted(p.name for p in (self.volume / "staging").iterdir())

    def serve(self, *args, **options):
        service = Service(self.environment, *args, **options)
        self.addCleanup(service.kill)
        return service


class PreparedTest(LotmarkTest):
    """Tests that begin with the same volume, keys and state: prepare() makes them once, each test has a copy."""

    prepared = None

    def prepare(self):
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        kind = type(self)
        if kind.prepared is None:
            self.prepare()
            kind.prepared = pathlib.Path(tempfile.mkdtemp(prefix="lotmark-e2e-"))
            self.addClassCleanup(remove_tree, kind.prepared)
            shutil.copytree(self.scratch, kind.prepared, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copytree(kind.prepared, self.scratch, symlinks=True, dirs_exist_ok=True)


def remove_tree(path):
    for folder, _, _ in os.walk(path):  # versions are read-only
        os.chmod(folder, 0o755)
    shutil.rmtree(path)


class Service:
    """A running `lotmark serve` on a free port. `tls` is the ssl.SSLContext of its clients, None for plain HTTP."""

    def __init__(self, environment, *args, replica="test-replica", program=(LOTMARK,), tls=None):
        self.tls = tls
        self.log = tempfile.NamedTemporaryFile(mode="w+", prefix="lotmark-log-")
        self.process = subprocess.Popen(
            [*map(str, program), "serve", "--listen", "127.0.0.1:0", "--replica", replica, *map(str, args)],
            env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.port = self._wait_for_port()

    def log_text(self):
        return pathlib.Path(self.log.name).read_text()

    def _wait_for_port(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.log_text())
            if found:
                return int(found.group(1))
            if self.process.poll() is not None:
                raise AssertionError(f"the service ended with {self.process.returncode}: {self.log_text()}")
            time.sleep(0.02)
        raise AssertionError("the service did not start: " + self.log_text())

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def request(self, method, path, body=None, headers=None, connection=None):
        """Returns (status, headers, body bytes)."""
        own = connection or self.connect()
        own.request(method, path, body=body, headers=headers or {})
        response = own.getresponse()
        content = response.read()
        if connection is None:
            own.close()
        return response.status, response.headers, content

    def get_json(self, path):
        status, _, body = self.request("GET", path)
        return status, json.loads(body)

    def classify(self, image, connection=None, content_type="image/jpeg", query="", **fields):
        """Posts an image raw, or as multipart when there are fields; returns (status, reply)."""
        if fields:
            body, content_type = multipart({"image": image, **fields})
        else:
            body = image
        status, _, reply = self.request("POST", "/classify" + query, body, {"Content-Type": content_type}, connection)
        return status, json.loads(reply)

    def wait_for_active(self, version):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            _, health = self.get_json("/health")
            if health["active"]["model_version"] == version:
                return health
            time.sleep(0.02)
        raise AssertionError(f"the service never served {version}: {self.log_text()}")

    def wait_for_log(self, text, times=1):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.log_text().count(text) >= times:
                return
            time.sleep(0.02)
        raise AssertionError(f"the log never said {text!r} {times} times: {self.log_text()}")

    def terminate(self):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()


def multipart(fields):
    """Returns (body, content type) of a form; bytes become file parts."""
    boundary = uuid.uuid4().hex
    body = b""
    for name, value in fields.items():
        filename = '; filename="image.jpg"\r\nContent-Type: image/jpeg' if isinstance(value, bytes) else ""
        value = value if isinstance(value, bytes) else value.encode()
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'.encode() + value + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def json_body(image, **fields):
    return json.dumps({"image": base64.b64encode(image).decode(), **fields})


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def png(width, height, bit_depth=8, color_type=2, rows=None, extra=b""):
    """A PNG file; `rows` are its raw scanlines (grey noise-free default), `extra` are chunks before IDAT."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color_type]
    stride = (width * channels * bit_depth + 7) // 8
    raw = rows if rows is not None else b"".join(b"\0" + bytes((x + y) % 256 for x in range(stride)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, bit_depth, color_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def sample_images():
    return {p.name: p.read_bytes() for p in sorted((DEMO / "images").glob("lesion_*"))}


def in_own_mounts(script, *args):
    """Runs a shell script in a mount namespace of its own; None where this machine does not allow that."""
    probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    if probe.returncode != 0:
        return None
    return subprocess.run(["unshare", "-m", "sh", "-ec", script, "sh", *map(str, args)], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
