"""Files of a version over HTTP: whole, resumed after a cut, and nothing else of the volume."""
import hashlib
import http.client
import json
import os
import pathlib
import re
import socket
import unittest

from harness import PATIENCE, LotmarkTest, sha256

PADDING = 24 << 20  # larger than all socket buffers between the service and a client that does not read


class Download(LotmarkTest):
    def setUp(self):
        super().setUp()
        self.make_volume("2023-v1", "2024-v1", activate="2024-v1")
        self.service = self.serve()
        self.folder = self.volume / "models/lesion_cnn_demo/versions/2024-v1"
        self.files = "/models/lesion_cnn_demo/versions/2024-v1/files/"
        self.model = self.artifact().name

    def get(self, file, **headers):
        return self.service.request("GET", self.files + file,
                                    headers={name.replace("_", "-"): value for name, value in headers.items()})

    def raw(self, request_line):
        """Sends a request line that a well-behaved client would not; returns the status."""
        with socket.create_connection(("127.0.0.1", self.service.port), timeout=PATIENCE) as connection:
            connection.sendall(request_line + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return int(connection.recv(65536).split()[1])

    def test_every_file_of_a_version_comes_byte_for_byte(self):
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
            name = str(path.relative_to(self.folder))
            status, headers, body = self.get(name)
            self.assertEqual(status, 200, name)
            self.assertEqual(sha256(body), sha256(path.read_bytes()), name)
            self.assertEqual(headers["ETag"], f'"{sha256(body)}"', name)
            status, _, body = self.get(name, If_None_Match=headers["ETag"])
            self.assertEqual((status, body), (304, b""), name)
            status, head, body = self.service.request("HEAD", self.files + name)
            self.assertEqual((status, body, head["Content-Length"]), (200, b"", str(path.stat().st_size)), name)

    def test_a_cut_download_is_resumed(self):
        whole = (self.folder / self.model).read_bytes()
        with socket.create_connection(("127.0.0.1", self.service.port), timeout=PATIENCE) as connection:
            connection.sendall(f"GET {self.files}{self.model} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            received = b""
            while len(received) < 100_000:
                received += connection.recv(10_000)
        head, _, part = received.partition(b"\r\n\r\n")
        etag = re.search(rb'ETag: ("\w+")', head).group(1).decode()
        status, headers, rest = self.get(self.model, Range=f"bytes={len(part)}-", If_Range=etag)
        self.assertEqual(status, 206)
        self.assertEqual(headers["Content-Range"], f"bytes {len(part)}-{len(whole) - 1}/{len(whole)}")
        self.assertEqual(f'"{sha256(part + rest)}"', etag)
        status, _, body = self.get(self.model, Range=f"bytes={len(part)}-", If_Range='"0"')
        self.assertEqual((status, sha256(body)), (200, sha256(whole)), "parts of other bytes are of no use")

    def test_a_client_that_goes_mid_way_leaves_nothing_open(self):
        big = self.make_big_version()
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", self.service.port), timeout=PATIENCE) as connection:
                connection.sendall(f"GET {big} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                self.assertIn(b"200 OK", connection.recv(1000))
                self.assertIn("padding.onnx", self.open_files())
        for _ in range(200):
            if "padding.onnx" not in self.open_files():
                break
        self.assertNotIn("padding.onnx", self.open_files())
        self.assertEqual(self.get(self.model)[0], 200)

    def open_files(self):
        folder = pathlib.Path(f"/proc/{self.service.process.pid}/fd")
        names = []
        for entry in folder.iterdir():
            try:
                names.append(os.readlink(entry))
            except FileNotFoundError:
                pass
        return " ".join(names)

    def make_big_version(self):
        """Registers a version whose artifact is mostly padding (never activated); returns its path on the service."""
        folder = self.export_folder(name="big")
        old = next(folder.glob("*.onnx"))
        content = old.read_bytes() + bytes(PADDING)
        old.unlink()
        (folder / "padding.onnx").write_bytes(content)

        def change(manifest):
            manifest["version"] = "2024-big"
            manifest["formats"]["onnx"].update(path="padding.onnx", size=len(content), sha256=sha256(content))
        self.ok("add", self.edit_manifest(folder, change))
        return "/models/lesion_cnn_demo/versions/2024-big/files/padding.onnx"

    def test_a_drain_lets_a_download_finish(self):
        big = self.make_big_version()
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=PATIENCE)
        connection.request("GET", big)
        response = connection.getresponse()
        digest = hashlib.sha256(response.read(1 << 20))
        self.service.process.terminate()
        while piece := response.read(1 << 20):
            digest.update(piece)
        self.assertEqual(response.headers["ETag"], f'"{digest.hexdigest()}"')
        self.assertEqual(self.service.process.wait(timeout=PATIENCE), 0)
        connection.close()

    def test_nothing_else_can_be_reached(self):
        (self.volume / "secret").write_text("secret")
        self.folder.chmod(0o755)
        (self.folder / "unlisted").write_text("secret")
        for file in ("nothing.onnx", "unlisted", "golden", "", "golden/", self.model + "/", self.model.upper(),
                     "//" + self.model, "%252e%252e/2023-v1/model-manifest.json"):
            status, _, body = self.get(file)
            self.assertEqual(status, 404, file)
            self.assertEqual(json.loads(body)["error"]["code"], "not_found", file)
            self.assertNotIn(str(self.volume).encode(), body)
        for tricky in (b"../../../../../secret", b"..%2f2023-v1%2fmodel-manifest.json", b"%2e%2e/2023-v1/model-manifest.json",
                       b"golden%2f..", b"golden\\x.png", b"./" + self.model.encode(), self.model.encode() + b"%00",
                       b"golden/%2e/x"):
            self.assertEqual(self.raw(b"GET " + self.files.encode() + tricky), 400, tricky)
        for path, expected in (("/models/lesion_cnn_demo/versions/2025-v1/files/model-manifest.json", 404),
                               ("/models/nobody/versions/2024-v1/files/model-manifest.json", 404),
                               ("/models/.hidden/versions/2024-v1/files/model-manifest.json", 400)):
            self.assertEqual(self.service.request("GET", path)[0], expected, path)
        self.assertEqual(self.service.request("PUT", self.files + self.model)[0], 405)

    def test_a_link_in_the_volume_is_not_followed(self):
        secret = self.scratch / "secret"
        secret.write_bytes(b"s" * (self.folder / self.model).stat().st_size)
        self.folder.chmod(0o755)
        (self.folder / self.model).unlink()
        (self.folder / self.model).symlink_to(secret)
        status, _, body = self.get(self.model)
        self.assertEqual(status, 500)
        self.assertEqual(json.loads(body)["error"]["code"], "failed")
        self.assertNotIn(b"sss", body)
        self.service.wait_for_log(self.model)

    def test_a_file_of_another_size_is_not_sent(self):
        self.artifact().chmod(0o644)
        with open(self.artifact(), "ab") as file:
            file.write(b"x")
        self.assertEqual(self.get(self.model)[0], 500)
        self.service.wait_for_log("the manifest says")


if __name__ == "__main__":
    unittest.main()
