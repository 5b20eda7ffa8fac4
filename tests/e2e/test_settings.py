"""Settings by command line, environment and file: which wins, what is refused, and that page, help and program agree."""
import json
import re
import time
import unittest

from harness import PATIENCE, ROOT, LotmarkTest, Run

PAGE = (ROOT / "doc/settings.md").read_text()
# Variables of the machine that runs the tests must not count.
NONE = {"LOTMARK_VOLUME": "", "LOTMARK_RECORDS": "", "LOTMARK_CONFIG": ""}


def shown(*args, environment=None):
    run = Run(["serve", "--show-config", "--json", *args], {**NONE, **(environment or {})})
    if run.code != 0:
        raise AssertionError(run.err)
    return {setting["name"]: setting for setting in run.json["settings"]}


class Agreement(unittest.TestCase):
    def test_page_help_and_program_agree(self):
        settings = shown()
        rows = [[cell.strip().strip("`") for cell in row.strip("| ").split(" | ")] for row in re.findall(r"^\| `--.*$", PAGE, re.M)]
        expected = []
        for one in settings.values():
            default = one["automatic"] if one["default"] is None else one["default"]
            default = json.dumps(default) if isinstance(default, bool) else str(default)
            expected.append([one["flag"], one["environment"], one["key"], default, one["applies"]])
        self.assertEqual([row[:5] for row in rows], expected)

        text = Run(["serve", "--help"]).out
        options = dict(re.findall(r"^  (?:-\w,)?(--[a-z-]+)(.*(?:\n {20,}.*)*)", text, re.M))
        self.assertEqual(set(options) - {"--help", "--json", "--config", "--show-config"}, {one["flag"] for one in settings.values()})
        for flag, _, _, default, _ in expected:
            if flag not in ("--volume", "--records", "--state", "--allow-remote-unauthenticated", "--keep-previous"):
                self.assertIn(f"(default: {default})", re.sub(r"\s+", " ", options[flag]), flag)

    def test_the_example_of_the_page_is_taken(self):
        example = re.search(r"```json\n(.*?)```", PAGE, re.S)[1]
        known = {one["key"] for one in shown().values()}
        self.assertLessEqual(set(json.loads(example)), known)


class Precedence(LotmarkTest):
    def values(self, settings, number):
        """Three values for every setting, none of them its default: texts for file, environment and command line."""
        for one in settings.values():
            if one["name"] == "listen":
                yield one, f"127.0.0.{number}:80"
            elif isinstance(one["default"], bool):
                yield one, number != 2
            elif isinstance(one["default"], int) or one["name"] in ("workers", "queue", "max-connections"):
                yield one, 300 + number
            elif one["name"] == "log-format":
                yield one, "json" if number != 2 else "text"
            else:
                yield one, f"text{number}"

    def test_every_setting_from_every_source(self):
        settings = shown()
        self.assertEqual({one["source"] for one in settings.values()}, {"default"})
        self.assertTrue(all(one["value"] == one["default"] for one in settings.values()))

        file = self.scratch / "serve.json"
        in_file = {one["key"]: value for one, value in self.values(settings, 1)}
        in_file["max_bodies_mib"] = 999
        file.write_text(json.dumps(in_file))
        environment = {one["environment"]: str(value).lower() if isinstance(value, bool) else str(value)
                       for one, value in self.values(settings, 2)}
        environment["LOTMARK_MAX_BODIES_MIB"] = "998"
        flags = [f'{one["flag"]}={str(value).lower() if isinstance(value, bool) else value}' for one, value in self.values(settings, 3)]
        flags = [flag if "max-bodies-mib" not in flag else "--max-bodies-mib=997" for flag in flags]

        def check(found, number, source, bodies):
            for one, value in self.values(settings, number):
                expected = bodies if one["name"] == "max-bodies-mib" else value
                self.assertEqual((found[one["name"]]["value"], found[one["name"]]["source"]), (expected, source), one["name"])

        check(shown("--config", file), 1, "file", 999)
        check(shown(environment={"LOTMARK_CONFIG": str(file)}), 1, "file", 999)
        check(shown(environment={"LOTMARK_CONFIG": str(file), **environment}), 2, "environment", 998)
        check(shown(*flags, environment={"LOTMARK_CONFIG": str(file), **environment}), 3, "flag", 997)
        check(shown("--config", file, environment={"LOTMARK_CONFIG": "/nowhere"}), 1, "file", 999)

    def test_text_says_where_from(self):
        file = self.scratch / "serve.json"
        file.write_text('{"queue": 7}')
        run = self.ok("serve", "--show-config", "--config", file, "--workers", 2, environment={**NONE, "LOTMARK_REPLICA": "r9"})
        for line in (rf"queue +7 +{file}", r"workers +2 +--workers", r"replica +r9 +\$LOTMARK_REPLICA", r"drain-seconds +30 +default",
                     r"model +\(the volume's primary model\) +default"):
            self.assertRegex(run.out, f"(?m)^{line}$")
        self.assertFalse(self.records.exists(), "nothing was started")

    def test_what_is_wrong_is_refused_by_name(self):
        file = self.scratch / "serve.json"
        for content, says in (('{"wrokers": 2}', "serve.json: wrokers: there is no such setting"),
                              ('{"config": "x"}', "config: there is no such setting"),
                              ('{"workers": "2"}', "serve.json: workers: it must be a whole number from 1 to 1024"),
                              ('{"workers": 2, "workers": 3}', "workers stands twice"),
                              ('{"tls_key": "/x"}', "only tls-key is given"), ('{"replica": null}', "replica: it must be a string"),
                              ("[]", "one JSON object"), ("", "not valid JSON"), ("// no\n{}", "not valid JSON"),
                              ('{"log_format": "xml"}', "log_format: it must be text or json, not 'xml'"),
                              ('{"listen": "0.0.0.0"}', "the port is missing")):
            file.write_text(content)
            for show in (["--show-config"], []):
                self.refused("serve", *show, "--config", file, says=says, code=2)
        self.refused("serve", "--show-config", code=2, environment={"LOTMARK_QUEUE": "many"}, says="LOTMARK_QUEUE 'many': it must be")
        self.refused("serve", "--show-config", "--queue", "0", code=2, says="--queue '0': it must be")
        self.refused("serve", "--show-config", "--config", self.scratch / "none", says="none: no such file")
        self.refused("serve", "--show-config", "--config", self.scratch, says="not a regular file")

    def test_passwords_are_never_shown(self):
        url = "postgres://user:hunter2@host/db"
        for args in ([], ["--json"]):
            run = self.ok("serve", "--show-config", *args, "--records", url)
            self.assertNotIn("hunter2", run.out + run.err)
            self.assertIn("user:***@host", run.out)

    def only_connection(self, service):
        """A connection that was taken: the one before it may take a moment to be gone."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            connection = service.connect()
            if service.request("GET", "/health", connection=connection)[0] == 200:
                return connection
            connection.close()
            time.sleep(0.05)
        return self.fail("no connection was taken")

    def test_a_service_from_a_file_alone(self):
        self.make_volume("2024-v1", activate="2024-v1")
        file = self.scratch / "serve.json"
        file.write_text(json.dumps({"volume": str(self.volume), "records": f"sqlite://{self.records}", "max_body_mib": 1,
                                    "max_connections": 1}))
        self.environment = {**NONE, "LOTMARK_CONFIG": str(file)}
        service = self.serve()
        self.assertEqual(service.request("POST", "/x", b"x" * (2 << 20))[0], 413)
        connection = self.only_connection(service)
        self.assertEqual(service.request("GET", "/health")[0], 503, "one connection is the most")
        connection.close()


if __name__ == "__main__":
    unittest.main()
