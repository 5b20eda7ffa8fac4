#!/usr/bin/env python3
"""Writes seeds/: what the fuzzers begin from, where the tests' own files are not enough. Run it again after a change here."""
import base64
import pathlib

SEEDS = pathlib.Path(__file__).resolve().parent / "seeds"
ID = "019471f2-0a00-7000-8000-000000000000"
HOST = b" HTTP/1.1\r\nHost: x\r\n"


def post(body, content_type, target="/classify"):
    return f"POST {target}".encode() + HOST + f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def form(*parts, end="--"):
    return "".join(f"--b\r\n{head}\r\n\r\n{body}\r\n" for head, body in parts).encode() + f"--b{end}\r\n".encode()


IMAGE = ('Content-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg', "\xff\xd8pixels")
FIELD = ('Content-Disposition: form-data; name="patient_id"', "p-17")
JSON = b'{"image": "' + base64.b64encode(b"pixels") + b'", "id": "' + ID.encode() + b'", "patient_id": "p-17", "source": null}'
CHUNKED = b"POST /classify" + HOST + b"Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"

REQUESTS = {
    "get": b"GET /health?a=b&c=%20d" + HOST + b"Accept: */*\r\n\r\n",
    "old": b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "absolute": b"HEAD http://h/models/a%C3%A4/versions/1" + HOST + b"Range: bytes=0-1\r\nConnection: close\r\n\r\n",
    "part": b"GET /f" + HOST + b'Range: bytes=-5\r\nIf-Range: "e"\r\nIf-None-Match: W/"e", "etag"\r\n\r\n',
    "options": b"\r\nOPTIONS *" + HOST + b"\r\n",
    "raw": post(b"\xff\xd8pixels", "image/jpeg", f"/classify?id={ID}&source=test"),
    "json": post(JSON, "application/json"),
    "form": post(form(IMAGE, FIELD), "multipart/form-data; boundary=b"),
    "chunked": CHUNKED + b"4\r\nabcd\r\n1;a=\"b\"\r\ne\r\n0\r\nTrailer: t\r\n\r\n",
    "continue": b"POST /" + HOST + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody",
    "pipelined": b"GET /a" + HOST + b"\r\n" + post(b"x", "image/png") + b"GET /b" + HOST + b"\r\n",
    "both_lengths": CHUNKED[:-2] + b"Content-Length: 3\r\n\r\n0\r\n\r\nGET /x" + HOST + b"\r\n",
    "cut": post(JSON, "application/json")[:-20],
}
MULTIPARTS = {
    "form": b"multipart/form-data; boundary=b\n" + form(IMAGE, FIELD),
    "quoted": b'Multipart/Form-Data ; charset=utf-8; boundary="b"\n' + form(FIELD),
    "empty": b"multipart/form-data; boundary=b\n--b--",
    "encoded": b"multipart/form-data; boundary=b\n" + form((FIELD[0] + "\r\nContent-Transfer-Encoding: binary", "\r\n--bb\r\n-")),
    "no_end": b"multipart/form-data; boundary=b\n" + form(IMAGE, FIELD, end=""),
}
JSONS = {
    "values": b'{"a": [1, -0, 1.5e-7, 18446744073709551615, true, false, null], "b": {"c": {"d": []}}}',
    "text": '"ä\\u00e4\\ud83e\\ude7a\\n\\"\\\\\U0001fa7a"'.encode(),
    "deep": b"[" * 9 + b"]" * 9,
    "twice": b'{"a": 1, "\\u0061": 2}',
}


def write(target, seeds, first=b""):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (folder / name).write_bytes(first + data)


write("request", REQUESTS, first=b"\x06")  # the choice of the pieces' size
write("multipart", MULTIPARTS)
write("json", JSONS)
