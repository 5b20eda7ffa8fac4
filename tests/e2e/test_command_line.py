"""Help, versions, exit codes: what a person meets first."""
import unittest

from harness import LotmarkTest, Run

COMMANDS = ["init", "add", "list", "show", "verify", "activate", "rollback", "status", "history", "classify", "serve",
            "trace", "keygen", "approve request", "approve sign", "approve import", "approvals", "policy show", "policy set",
            "key revoke", "quarantine", "journal verify", "journal prove", "journal check-proof", "journal export",
            "journal checkpoint", "journal key", "recover", "repair", "manifest complete", "golden run", "golden record",
            "records list", "records events"]
READING = ["list", "show", "verify", "status", "history", "classify", "trace", "approvals", "policy show", "journal verify",
           "journal check-proof", "golden run", "records list", "records events"]


class CommandLine(LotmarkTest):
    def test_every_command_has_help_with_an_example(self):
        for command in COMMANDS:
            run = Run([*command.split(), "--help"])
            self.assertEqual(run.code, 0, command)
            self.assertIn("Example:", run.out, command)
            self.assertIn("lotmark " + command, run.out, command)
        for command in READING:
            self.assertIn("--json", Run([*command.split(), "--help"]).out, command)

    def test_version_names_the_runtimes(self):
        run = Run(["--version"])
        self.assertEqual(run.code, 0)
        self.assertRegex(run.out, r"^lotmark \d+\.\d+\.\d+\n")
        self.assertRegex(run.out, r"onnxruntime \d+\.\d+\.\d+ \(onnx\)")

    def test_wrong_usage_is_two(self):
        for args in ([], ["nonsense"], ["activate"], ["activate", "x"], ["list", "--frobnicate"], ["records"],
                     ["serve", "--workers", "0"]):
            self.assertEqual(Run(args).code, 2, args)
        self.assertIn("unknown command 'nonsense'", Run(["nonsense"]).err)
        no_volume = Run(["status"], {"LOTMARK_VOLUME": ""})
        self.assertEqual(no_volume.code, 2)
        self.assertIn("LOTMARK_VOLUME", no_volume.err)

    def test_refused_is_one(self):
        self.make_volume("2023-v1")
        self.refused("activate", "1999-v1", "--reason", "x", says="1999-v1")
        self.refused("activate", "../etc", "--reason", "x", says="version")
        self.refused("activate", "2023-v1", "--reason", "", says="reason")
        self.refused("rollback", "--reason", "x")
        self.refused("trace", "nonsense", says="UUID")
        self.refused("serve", says="no active version")
        self.refused("serve", "--listen", "0.0.0.0:0", says="authentication")
        self.refused("serve", "--listen", "example.org:1", code=2)
        self.refused("status", environment={"LOTMARK_VOLUME": str(self.scratch / "none")}, says="none")
        self.refused("records", "list", "--records", "mysql://x", says="mysql")
        self.refused("records", "list", "--records", "sqlite://relative.db", says="relative")

    def test_history_and_status_tell_who_when_and_why(self):
        self.make_volume("2023-v1", "2024-v1", activate="2023-v1")
        self.ok("activate", "2024-v1", "--reason", "ISIC 2024, report DR-118")
        self.ok("rollback", "--reason", "false alarms")
        events = self.ok("history", "--json").json
        done = [(e["event"], e["version"], e["reason"]) for e in events if e["event"] in ("activated", "rolled_back")]
        self.assertEqual(done, [("activated", "2023-v1", "test"), ("activated", "2024-v1", "ISIC 2024, report DR-118"),
                                ("rolled_back", "2023-v1", "false alarms")])
        self.assertEqual({e["actor"]["name"] for e in events}, {"tester@bench"})
        self.assertFalse(any(e["actor"]["authenticated"] for e in events))
        self.assertEqual([e["index"] for e in events], sorted(e["index"] for e in events))
        status = self.ok("status").out
        for text in ("2023-v1", "false alarms", "tester@bench"):
            self.assertIn(text, status)
        self.assertEqual(self.ok("status", "--json").json["models"][0]["active"], "2023-v1")
        self.refused("rollback", "--reason", "further")
        self.assertEqual([(v["version"], v["state"]) for v in self.ok("list", "--json").json],
                         [("2023-v1", "active"), ("2024-v1", "retired")])


if __name__ == "__main__":
    unittest.main()
