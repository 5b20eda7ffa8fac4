"""What operators see of a service: metrics, the log, request ids and traces. Nothing of a patient is in any of them."""
import base64
import concurrent.futures
import http.client
import json
import os
import re
import subprocess
import time
import unittest
import uuid

from harness import LOTMARK, PATIENCE, ROOT, LotmarkTest, Service, json_body, sample_images

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
# Prometheus' own parser, in the Python that has it.
PARSER = """
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([[f.name, f.type, [[s.name, s.labels, s.value] for s in f.samples]] for f in families]))
"""


def parsed(exposition):
    """[(family, type, [(sample, labels, value)])], or None where the parser is not installed."""
    done = subprocess.run(["/usr/bin/python3", "-c", PARSER], input=exposition, capture_output=True, text=True, check=False)
    if "ModuleNotFoundError" in done.stderr:
        return None
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Metrics(LotmarkTest):
    def setUp(self):
        super().setUp()
        self.make_volume("2023-v1", activate="2023-v1")
        self.service = self.serve()
        self.image = sample_images()["lesion_01.jpg"]

    def exposition(self):
        status, headers, body = self.service.request("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        return body.decode()

    def test_the_names_are_the_documented_ones(self):
        self.assertEqual(self.service.classify(self.image)[0], 200)
        self.exposition()  # the first one is counted itself
        told = set(re.findall(r"^# TYPE (\S+) ", self.exposition(), re.M))
        page = (ROOT / "doc/http-api.md").read_text().partition("\n## Metrics\n")[2].partition("\n## ")[0]
        documented = set()
        for line in page.splitlines():
            if line.startswith("| `"):
                documented |= set(re.findall(r"`([a-z_]+)`", line.split("|")[1]))
        self.assertEqual(told, documented)

    def test_prometheus_own_parser_reads_them(self):
        self.assertEqual(self.service.classify(self.image)[0], 200)
        self.assertEqual(self.service.classify(b"no image")[0], 422)
        families = parsed(self.exposition())
        if families is None:
            self.skipTest("python3-prometheus-client is not installed")
        values = {(name, *sorted(labels.items())): value for _, _, samples in families for name, labels, value in samples}
        types = {name: kind for name, kind, _ in families}
        self.assertEqual(types["lotmark_classification_stage_seconds"], "histogram")
        self.assertEqual(types["lotmark_classifications"], "counter")
        for stage in ("queue", "decode", "preprocess", "inference", "commit", "total"):
            labels = (("model_version", "2023-v1"), ("result", "ok"), ("stage", stage))
            self.assertEqual(values["lotmark_classification_stage_seconds_count", *labels], 1, stage)
        refused = (("model_version", "2023-v1"), ("result", "refused"))
        self.assertEqual(values["lotmark_classifications_total", *refused], 1)
        pid = self.service.process.pid
        self.assertGreater(values["process_resident_memory_bytes",], 1 << 20)
        self.assertEqual(values["process_threads",], len(os.listdir(f"/proc/{pid}/task")))
        self.assertGreater(values["process_open_fds",], 5)
        self.assertLess(abs(values["process_start_time_seconds",] - time.time()), 24 * 3600)
        self.assertEqual(values["lotmark_records_lag_seconds",], 0)
        self.assertEqual(values["lotmark_records_last_transaction_rows",], 1)
        self.assertGreater(values["lotmark_model_load_seconds",], values["lotmark_model_golden_seconds",])
        self.assertGreater(values["lotmark_model_golden_seconds",], 0)

    def test_hostile_requests_make_no_label(self):
        before = len(self.exposition().splitlines())
        for path in ('/evil"} 1', "/evil%0a%22", "/models/e%22vil/versions/v1", f"/classifications/{uuid.uuid4()}"):
            self.service.request("GET", path.replace(" ", "%20"), headers={"X-Request-Id": 'evil"', "traceparent": "evil"})
        self.service.classify(self.image, evil="evil")
        text = self.exposition()
        self.assertNotIn("evil", text)
        self.assertLess(len(text.splitlines()), before + 30)


class Log(LotmarkTest):
    def speak_of_a_patient(self, service):
        """Sends everything that must not be logged; returns what to look for."""
        image = sample_images()["lesion_01.jpg"]
        fields = {"patient_id": "PATIENT-MARK", "encounter_id": "ENCOUNTER-MARK", "lesion_image_id": "LESION-MARK",
                  "anatomical_site": "SITE-MARK"}
        secret = {"Authorization": "Bearer TOKEN-MARK", "Cookie": "COOKIE-MARK", "User-Agent": "AGENT-MARK"}
        self.assertEqual(service.classify(image, **fields)[0], 200)
        self.assertEqual(service.classify(b"IMAGE-MARK", **fields)[0], 422)
        self.assertEqual(service.classify(image, **fields, misspelt="FIELD-MARK")[0], 400)
        for body in (json_body(image, **fields), '{"image": "x", "patient_id": "PATIENT-MARK', json_body(b"IMAGE-MARK", **fields),
                     json_body(image, **{**fields, "patient_id": "PATIENT-MARK" * 100})):
            service.request("POST", "/classify?patient_id=QUERY-MARK", body, {"Content-Type": "application/json", **secret})
            service.request("POST", "/classify", body, {"Content-Type": "application/json", **secret})
        for path in ("/classify?id=QUERY-MARK", "/PATH-MARK?QUERY-MARK=1", "/classifications/PATH-MARK", "/models/PATH-MARK/versions/v1"):
            service.request("POST" if "classify" in path else "GET", path, image if "classify" in path else None,
                            {"Content-Type": "image/jpeg", **secret, "X-Request-Id": "not valid: ID-MARK", "traceparent": "TRACE-MARK"})
        return [base64.b64encode(image[:30]).decode()[:20], "MARK"]

    def test_no_line_knows_anything_of_a_patient(self):
        self.make_volume("2023-v1", activate="2023-v1")
        for log_format in ("text", "json"):
            with self.subTest(log_format):
                service = self.serve("--log-format", log_format)
                markers = self.speak_of_a_patient(service)
                self.assertEqual(service.terminate(), 0)
                log = service.log_text()
                self.assertGreaterEqual(log.count("/classify"), 10, log)
                for marker in markers:
                    self.assertNotIn(marker, log)

    def test_json_lines_name_request_row_and_model(self):
        self.make_volume("2023-v1", activate="2023-v1")
        service = self.serve("--log-format", "json")
        image = sample_images()["lesion_01.jpg"]
        status, headers, body = service.request("POST", "/classify", image, {
            "Content-Type": "image/jpeg", "X-Request-Id": "clinic-7.42", "traceparent": TRACEPARENT, "tracestate": "a=1"})
        reply = json.loads(body)
        self.assertEqual(status, 200)
        self.assertEqual((headers["X-Request-Id"], headers["tracestate"]), ("clinic-7.42", "a=1"))
        self.assertRegex(headers["traceparent"], f"^00-{TRACE}-[0-9a-f]{{16}}-01$")
        status, headers, body = service.request("GET", "/nowhere")
        self.assertEqual((status, json.loads(body)["error"]["request_id"]), (404, headers["X-Request-Id"]))
        self.assertEqual(service.terminate(), 0)

        lines = [json.loads(line) for line in service.log_text().splitlines()]
        for line in lines:
            self.assertLessEqual({"time", "level", "event", "message"}, set(line), line)
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        loaded = next(line for line in lines if line["event"] == "loaded")
        self.assertEqual((loaded["model_version"], loaded["manifest_sha256"]), ("2023-v1", reply["manifest_sha256"]))
        (done,) = [line for line in lines if line["event"] == "classification"]
        self.assertEqual((done["request_id"], done["trace_id"], done["route"], done["status"]),
                         ("clinic-7.42", TRACE, "/classify", 200))
        self.assertEqual((done["classification_id"], done["model_version"], done["manifest_sha256"], done["result"]),
                         (reply["id"], "2023-v1", reply["manifest_sha256"], "ok"))
        stages = [done[name] for name in ("queue_ms", "decode_ms", "preprocess_ms", "inference_ms", "commit_ms")]
        self.assertGreaterEqual(done["total_ms"], sum(stages) - 0.1)
        (failed,) = [line for line in lines if line["event"] == "request"]
        self.assertEqual((failed["request_id"], failed["status"], failed["level"]), (headers["X-Request-Id"], 404, "info"))

    def test_the_environment_names_the_format_and_the_option_wins(self):
        self.make_volume("2023-v1", activate="2023-v1")
        self.environment["LOTMARK_LOG_FORMAT"] = "json"
        self.assertTrue(self.serve().log_text().startswith("{"))
        self.assertFalse(self.serve("--log-format", "text").log_text().startswith("{"))
        self.environment["LOTMARK_LOG_FORMAT"] = "xml"
        self.refused("serve", "--listen", "127.0.0.1:0", says=["LOTMARK_LOG_FORMAT", "xml"], code=2)

    def test_a_reader_that_stalls_does_not_stall_the_service(self):
        self.make_volume("2023-v1", activate="2023-v1")
        service = PipedService(self.environment)
        self.addCleanup(service.kill)
        image = sample_images()["lesion_01.jpg"]

        def ask(_):
            connection = service.connect()
            for _ in range(500):
                self.assertEqual(service.request("GET", "/nowhere", connection=connection)[0], 404)
            connection.close()

        # A line is some 250 bytes: the pipe and the queue are full long before the end.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, range(20)))
        self.assertEqual(service.classify(image)[0], 200)
        metrics = service.request("GET", "/metrics")[2].decode()
        self.assertGreater(float(re.search(r"^lotmark_log_dropped_total (\S+)", metrics, re.M).group(1)), 0)
        self.assertEqual(service.terminate(), 0)


class PipedService(Service):
    """A service whose log goes into a pipe that nobody reads once it listens."""

    def __init__(self, environment):
        self.process = subprocess.Popen([LOTMARK, "serve", "--listen", "127.0.0.1:0", "--log-format", "json"],
                                        env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"listening on 127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return
        raise AssertionError("the service did not start")

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()


if __name__ == "__main__":
    unittest.main()
