"""What hostile clients send: shared by test_hostile.py, which asks for the exact answer, and scripts/soak, which mixes it all.

An attack is a name, bytes, and the statuses that are a right answer to it. Everything listens and talks on loopback only.
"""
import base64
import collections
import json
import socket
import struct
import zlib

import harness

BODY_LIMIT = 16 << 20

# `finish`: the client says that it has sent everything, and so what it began is incomplete.
Attack = collections.namedtuple("Attack", "name data statuses finish")


class Client:
    """A bare connection that sends whatever it is told and reads replies."""

    def __init__(self, port, timeout=harness.PATIENCE):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False when the server has closed already: it need not hear us out."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def finish(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self):
        """Closes so that the server sees a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _more(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self.received += data
        return bool(data)

    def reply(self):
        """The next (status, headers in lower case, body); None when the server closed instead."""
        while b"\r\n\r\n" not in self.received:
            if not self._more():
                return None
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        while len(self.received) < length:
            if not self._more():
                return None
        body, self.received = self.received[:length], self.received[length:]
        return int(lines[0].split()[1]), headers, body

    def is_closed(self):
        """True when the server has closed and nothing is left to read; waits for it."""
        return not self.received and not self._more()


def post(body, content_type="image/jpeg", target="/classify", headers=(), length=None):
    """The bytes of a POST; `length` may lie."""
    lines = [f"POST {target} HTTP/1.1", "Host: x", f"Content-Type: {content_type}",
             f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get(target, method="GET", headers=()):
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", *headers]).encode() + b"\r\n\r\n"


def chunked(pieces, target="/classify", content_type="image/jpeg", end=b"0\r\n\r\n"):
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


def png_header(width, height):
    return b"\x89PNG\r\n\x1a\n" + harness.chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def png_of_zeros(width, height, extra=b""):
    data = zlib.compress(b"\0" * min(width * height * 3 + height, 20_000_000), 9)
    return png_header(width, height) + extra + harness.chunk(b"IDAT", data) + harness.chunk(b"IEND", b"")


def jpeg_of_size(jpeg, width, height):
    """`jpeg` (baseline) with another size in its header."""
    changed = bytearray(jpeg)
    marker = changed.index(b"\xff\xc0")
    changed[marker + 5 : marker + 9] = struct.pack(">HH", height, width)
    return bytes(changed)


def text_bomb():
    """64 MiB of text in one small chunk."""
    packed = zlib.compress(b"a" * (64 << 20), 9)
    return harness.chunk(b"zTXt", b"Comment\0\0" + packed)


def image_bombs(jpeg):
    small = harness.png(8, 8)
    return [
        ("png 20000x20000", png_of_zeros(20000, 20000), (413,)),
        ("png 2 million high", png_of_zeros(1, 2_000_000), (413,)),
        ("png that ends early", png_of_zeros(6000, 6000)[:-8], (422,)),
        ("png text bomb", small[:33] + text_bomb() + small[33:], (422,)),
        ("png with 20,000 chunks", small[:33] + harness.chunk(b"tEXt", b"k\0v") * 20_000 + small[33:], (200, 422)),
        ("png bytes flipped", small[:50] + bytes(b ^ 0x55 for b in small[50:]), (422,)),
        ("jpeg 65500x65500", jpeg_of_size(jpeg, 65500, 65500), (413,)),
        ("jpeg 7000x7000 of a small one's data", jpeg_of_size(jpeg, 7000, 7000), (422,)),
        ("jpeg 0x0", jpeg_of_size(jpeg, 0, 0), (422,)),
        ("jpeg cut", jpeg[: len(jpeg) // 2], (422,)),
        ("jpeg start only", b"\xff\xd8\xff", (422,)),
        ("nothing", b"", (422, 400)),
    ]


def multipart_of(count):
    part = '--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n'
    return "".join(part % i for i in range(count)).encode() + b"--b--\r\n"


def attacks(jpeg):
    """Every attack that is one message and has one right answer. `jpeg` is a good image."""
    form, form_type = harness.multipart({"image": jpeg})
    json_type = "application/json"
    deep = b'{"image":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    listed = [
        ("header cut off", get("/health")[:-2], (400,), True),
        ("body cut off", post(jpeg[:-100], length=len(jpeg)), (400,), True),
        ("chunked body cut off", chunked([jpeg], end=b""), (400,), True),
        ("chunk cut off", chunked([jpeg])[:-200], (400,), True),
        ("body over the limit, announced", post(b"", length=BODY_LIMIT + 1), (413,), False),
        ("body of 10^18 bytes, announced", post(b"x" * 1000, length=10**18), (413,), False),
        ("endless chunks", chunked([b"x" * (1 << 20)] * 17, end=b""), (413,), False),
        ("chunk of 2^60 bytes", chunked([], end=b"fffffffffffffff\r\nxx"), (400, 413), False),
        ("chunk size that is no number", chunked([], end=b"zz\r\n"), (400,), False),
        ("chunk extension of 1 MB", chunked([], end=b"1;" + b"x" * (1 << 20)), (400,), False),
        ("trailer of 1 MB", chunked([jpeg], end=b"0\r\nA: " + b"x" * (1 << 20)), (400,), False),
        ("header of 1 MB", get("/health", headers=["A: " + "x" * (1 << 20)]), (431,), False),
        ("10,000 header lines", get("/health", headers=["A: b"] * 10_000), (431,), False),
        ("target of 1 MB", get("/" + "x" * (1 << 20)), (414,), False),
        ("two lengths", post(jpeg, headers=["Content-Length: 3"]), (400,), False),
        ("length and chunked", post(b"0\r\n\r\n", headers=["Transfer-Encoding: chunked"]), (400,), False),
        ("length that is no number", post(b"abc", length="3x"), (400,), False),
        ("negative length", post(b"abc", length=-3), (400,), False),
        ("encoding unknown", get("/health", headers=["Transfer-Encoding: gzip, chunked"]), (501,), False),
        ("not HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xab" * 500, (400,), False),
        ("wrong verb", get("/classify", "DELETE"), (405,), False),
        ("verb unknown", get("/health", "BREW"), (405,), False),
        ("TRACE", get("/health", "TRACE"), (405,), False),
        ("route unknown", get("/admin"), (404,), False),
        ("dots", get("/models/../../etc/passwd"), (400, 404), False),
        ("encoded dots", get("/models/%2e%2e/%2e%2e/etc/passwd"), (400, 404), False),
        ("doubly encoded dots", get("/models/%252e%252e/versions/%252e%252e"), (400,), False),
        ("encoded slash", get("/models/a%2fb"), (400,), False),
        ("NUL in the path", get("/models/%00"), (400,), False),
        ("path not UTF-8", get("/models/%ff%fe"), (400,), False),
        ("id that is no id", get("/classifications/'%20OR%201=1"), (400, 404), False),
        ("content type wrong", post(jpeg, "text/plain"), (400,), False),
        ("content type of another form", post(form, json_type), (400,), False),
        ("image sent as a form", post(jpeg, form_type), (400,), False),
        ("base64 bad", post(b'{"image":"!!!!"}', json_type), (400,), False),
        ("base64 cut", post(b'{"image":"' + base64.b64encode(jpeg)[:-3] + b'"}', json_type), (400, 422), False),
        ("JSON 10,000 deep", post(deep, json_type), (400,), False),
        ("JSON twice", post(json.dumps({"image": "AAAA"}).encode() * 2, json_type), (400,), False),
        ("JSON not UTF-8", post(b'{"image":"\xff\xfe"}', json_type), (400,), False),
        ("form without end", post(form[:-10], form_type), (400,), False),
        ("form of 10,000 parts", post(multipart_of(10_000), "multipart/form-data; boundary=b"), (413,), False),
        ("form of boundaries", post(b"\r\n--b" * 100_000, "multipart/form-data; boundary=b"), (400,), False),
        ("field unknown", post(*harness.multipart({"image": jpeg, "patientid": "p"})), (400,), False),
    ]
    listed += [(name, post(image), statuses, False) for name, image, statuses in image_bombs(jpeg)]
    return [Attack(*attack) for attack in listed]


def run_attack(port, attack):
    """Sends it on a connection of its own; returns the reply, or None when the server closed without one."""
    with Client(port) as client:
        client.send(attack.data)
        if attack.finish:
            client.finish()
        return client.reply()
