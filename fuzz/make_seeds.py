#!/usr/bin/env python3
"""Writes seeds/: what the fuzzers begin from, where the tests' own files are not enough. Run it again after a change here."""
import base64
import json
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


VERSION = {"name": "lesion_cnn/2024-v1", "digest": {"sha256": "ab" * 32}}
STATEMENT = {"_type": "https://in-toto.io/Statement/v1", "subject": [VERSION], "predicateType": "urn:lotmark:approval:v1",
             "predicate": {"name": "Ada Lovelace", "time": "2026-02-21T12:00:00.000000Z", "meaning": "I approve", "volume_id": ID,
                           "model": "lesion_cnn", "version": "2024-v1", "evidence": [{"kind": "golden", "sha256": "cd" * 32}]}}
REPLACES = {"policy_sha256": "01" * 32, "event": 4}
OF_POLICY = {**STATEMENT, "subject": [{**VERSION, "name": "policy.json"}],
             "predicate": {"name": "Ada", "time": "2026-02-21T12:00:00Z", "meaning": "yes", "volume_id": ID, "replaces": REPLACES}}
SIGNATURE = bytes.fromhex("3006020101020101")
ENVELOPE = {"payloadType": "application/vnd.in-toto+json", "payload": base64.b64encode(json.dumps(STATEMENT).encode()).decode(),
            "signatures": [{"keyid": "ef" * 32, "sig": base64.b64encode(SIGNATURE).decode()}]}
POLICY = (SEEDS.parent.parent / "src/policy/testdata/full.json").read_bytes()
KEY = json.loads(POLICY)["approvers"][0]["keys"][0].encode()
# The first byte chooses what is read: fuzz/approval_fuzz.cc.
APPROVALS = {
    "policy": b"\0" + POLICY,
    "request": b"\1" + json.dumps({"format": 1, "volume_id": ID, "subject": "version", "model": "lesion_cnn", "version": "2024-v1",
                                   "manifest_sha256": "ab" * 32, "evidence": []}).encode(),
    "request_policy": b"\1" + json.dumps({"format": 1, "volume_id": ID, "subject": "policy", "policy_sha256": "ab" * 32,
                                          "replaces": REPLACES}).encode(),
    "envelope": b"\2" + json.dumps(ENVELOPE).encode(),
    "payload": b"\3" + json.dumps(STATEMENT).encode(),
    "payload_policy": b"\3" + json.dumps(OF_POLICY).encode(),
    "key": b"\4" + KEY,
    "key_der": b"\4" + base64.b64decode(b"".join(KEY.split(b"\n")[1:-2])),
    "signature": b"\4" + SIGNATURE,
}


def event(index, kind, **fields):
    common = {"index": index, "time": "2026-02-21T12:00:00.000000Z", "event": kind, "actor": "ada@x", "authenticated": False}
    policy = {} if kind == "volume_created" else {"policy_sha256": "ab" * 32}
    return json.dumps({**common, "model": "m", **policy, **fields, "reason": "why"})


OF_VERSION = {"version": "v1", "manifest_sha256": "cd" * 32}
CREATED = event(0, "volume_created", file_sha256="ab" * 32)
MOVES = [event(i + 1, kind, **OF_VERSION) for i, kind in enumerate(
    ["registering", "registered", "activating", "activated", "quarantined", "stopping", "stopped"])]
NOTE = f"lotmark/journal/x\n7\n{base64.b64encode(bytes(32)).decode()}\n"
# The first byte chooses what is read: fuzz/journal_fuzz.cc.
JOURNALS = {
    "created": b"\0" + CREATED.encode(),
    "approved": b"\0" + event(4, "approved", **OF_VERSION, file_sha256="ef" * 32, key_id="01" * 32, person="Ada").encode(),
    "history": b"\1" + "\n".join([CREATED, *MOVES]).encode(),
    "note": b"\2" + NOTE.encode() + "\n— lotmark/journal/x ".encode() + base64.b64encode(bytes(68)) + b"\n",
    "verifier": b"\2lotmark/journal/x+00000000+" + base64.b64encode(b"\1" + bytes(32)),
    "bundle": b"\3\0\5hello",
    "tile": b"\3" + bytes(32),
    "proof": b"\4c2sp.org/tlog-proof@v1\nextra aGVsbG8=\nindex 3\n" + base64.b64encode(bytes(32)) + b"\n",
}


def write(target, seeds, first=b""):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (folder / name).write_bytes(first + data)


write("request", REQUESTS, first=b"\x06")  # the choice of the pieces' size
write("multipart", MULTIPARTS)
write("json", JSONS)
write("approval", APPROVALS)
write("journal", JOURNALS)
