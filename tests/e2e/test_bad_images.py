"""Images that cannot be used are refused with a reason; unusual ones are classified; the service stays up."""
import pathlib
import struct
import unittest
import zlib

from harness import ROOT, LotmarkTest, chunk, json_body, png, sample_images

IMAGES = ROOT / "src/image/testdata"


class BadImages(LotmarkTest):
    @classmethod
    def setUpClass(cls):
        cls.good = sample_images()["lesion_01.jpg"]

    def setUp(self):
        super().setUp()
        self.make_volume("2024-v1", activate="2024-v1")
        self.service = self.serve()

    def tearDown(self):
        status, reply = self.service.classify(self.good)
        self.assertEqual(status, 200, "the service does not serve any more: " + str(reply))
        rows = self.ok("records", "list", "--limit", 1000, "--json").json
        self.assertEqual(len(rows), self.expected_rows + 1, "a refused image became a row")

    expected_rows = 0

    def unusable(self, image, status=422):
        got, reply = self.service.classify(image)
        self.assertEqual(got, status, reply)
        self.assertTrue(reply["error"]["message"])
        return reply["error"]["message"]

    def usable(self, image):
        got, reply = self.service.classify(image)
        self.assertEqual(got, 200, reply)
        self.expected_rows += 1
        return reply

    def test_empty_and_other_things(self):
        self.unusable(b"")
        self.unusable(b"hello")
        self.unusable(b"GIF89a" + b"\0" * 100)
        self.unusable(b"\xff\xd8\xff")

    def test_corrupt_jpeg(self):
        self.unusable(self.good[: len(self.good) // 2])
        self.unusable(self.good[:200] + b"\0" * 5000)

    def test_cmyk(self):
        got, reply = self.service.classify((IMAGES / "jpeg_cmyk.jpg").read_bytes())
        self.assertIn(got, (200, 422), reply)
        self.expected_rows += got == 200

    def test_png_kinds(self):
        palette = chunk(b"PLTE", bytes(range(0, 192, 1)))
        self.usable(png(64, 64, 8, 3, rows=b"".join(b"\0" + bytes((x + y) % 64 for x in range(64)) for y in range(64)), extra=palette))
        self.usable(png(64, 64, 16, 2))
        self.usable(png(64, 64, 8, 0))
        self.usable(png(64, 64, 8, 6))

    def test_one_pixel_warns(self):
        reply = self.usable(png(1, 1))
        self.assertTrue(reply["quality"]["warnings"])
        self.assertEqual((reply["quality"]["width"], reply["quality"]["height"]), (1, 1))

    def test_twenty_thousand_squared(self):
        header_only = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0))
        bomb = header_only + chunk(b"IDAT", zlib.compress(b"\0" * 20_000_000, 9)) + chunk(b"IEND", b"")
        message = self.unusable(bomb, status=413)
        self.assertIn("20000", message)
        jpeg = bytearray(self.good)
        marker = jpeg.index(b"\xff\xc0")
        jpeg[marker + 5 : marker + 9] = struct.pack(">HH", 20000, 20000)
        self.unusable(bytes(jpeg), status=413)

    def test_quality_is_measured_and_only_warns(self):
        grey = png(200, 200, rows=b"".join(b"\0" + b"\x0a" * 600 for _ in range(200)))
        reply = self.usable(grey)
        self.assertEqual(reply["quality"]["sharpness"], 0)
        self.assertAlmostEqual(reply["quality"]["brightness"], 10, delta=0.6)
        self.assertEqual(len(reply["quality"]["warnings"]), 2)

    def test_malformed_requests(self):
        def post(body, content_type, path="/classify"):
            status, _, _ = self.service.request("POST", path, body, {"Content-Type": content_type})
            return status
        self.assertEqual(post(b"x", "text/plain"), 400)
        self.assertEqual(post(b"{", "application/json"), 400)
        self.assertEqual(post(b'{"image": "####"}', "application/json"), 400)
        self.assertEqual(post(b'{"patient_id": "p"}', "application/json"), 400)
        self.assertEqual(post(b"[" * 10000 + b"]" * 10000, "application/json"), 400)
        self.assertEqual(post(json_body(self.good, patient="p"), "application/json"), 400)
        self.assertEqual(post(json_body(self.good, id="not-a-uuid"), "application/json"), 400)
        self.assertEqual(post(json_body(self.good, patient_id="x" * 300), "application/json"), 400)
        self.assertEqual(post(json_body(self.good, patient_id="a\0b"), "application/json"), 400)
        self.assertEqual(post(self.good, "image/jpeg", "/classify?patient_id=p"), 400)
        self.assertEqual(post(b"--x\r\n", "multipart/form-data"), 400)
        self.assertEqual(post(b"x" * (17 << 20), "image/jpeg"), 413)
        self.assertEqual(self.service.request("GET", "/classify")[0], 405)
        self.assertEqual(self.service.request("GET", "/nowhere")[0], 404)


if __name__ == "__main__":
    unittest.main()
