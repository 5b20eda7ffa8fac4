"""Two versions of the demo's model, a service that changes between them, and what each answers to each image."""
import contextlib
import http.client
import json
import time

from common import load
from common.harness import PATIENCE, Lotmark
from common.places import DEMO

OLD, NEW = "2023-v1", "2024-v1"


def with_both(program, folder):
    """A volume with both, the old one active."""
    place = Lotmark(program, folder)
    place.init("lesion_cnn_demo")
    for version in (OLD, NEW):
        place.add(DEMO.with_name(version))
    place.activate(OLD)
    return place


@contextlib.contextmanager
def connection(port):
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        yield opened
    finally:
        opened.close()


def ask(opened, method, path, body=None):
    opened.request(method, path, body, {"Content-Type": "image/jpeg"} if body else {})
    response = opened.getresponse()
    return response.status, json.loads(response.read())


def health(port):
    with connection(port) as opened:
        return ask(opened, "GET", "/health")[1]


def wait_for(port, version):
    for _ in range(PATIENCE * 50):
        if health(port)["active"]["model_version"] == version:
            return
        time.sleep(0.02)
    raise TimeoutError(f"the service does not serve {version}")


def answers_of(place, port):
    """{version: [of each image, what a right reply holds]}, asked of the service while nothing moves."""
    expected = {}
    for version in (NEW, OLD):
        place.activate(version)
        wait_for(port, version)
        with connection(port) as opened:
            replies = [ask(opened, "POST", "/classify", image.read_bytes()) for image in load.IMAGES]
        assert all(status == 200 and reply["model_version"] == version for status, reply in replies), replies
        expected[version] = [result_of(reply) for _, reply in replies]
    assert all(old["classes"] != new["classes"] for old, new in zip(expected[OLD], expected[NEW])), "no telling apart"
    return expected


def result_of(reply):
    return {key: reply[key] for key in ("model_version", "manifest_sha256", "classes")}
