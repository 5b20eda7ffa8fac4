"""The files in deploy/ agree with the program and parse: man page, completion, unit, Containerfile, compose file.

Tools that a machine may lack are skipped with a message; scripts/test-package installs them all.
"""
import functools
import re
import shlex
import shutil
import subprocess
import unittest

from harness import ROOT, Run

try:
    import yaml
except ImportError:
    yaml = None

DEPLOY = ROOT / "deploy"


@functools.cache
def commands():
    """What --help says: {words of a command: (options, subcommands)}; () is the program itself."""
    found = {}

    def read(words):
        text = Run([*words, "--help"]).out
        part = text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
        subcommands = re.findall(r"^  ([a-z-]+) ", part, re.M)
        found[words] = (set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", text, re.M)), set(subcommands))
        for name in subcommands:
            read((*words, name))

    read(())
    return found


class HelpIsRead(unittest.TestCase):
    def test_the_help_was_understood(self):
        self.assertIn("--listen", commands()[("serve",)][0])
        self.assertIn(("manifest", "complete"), commands())


class ManPage(unittest.TestCase):
    text = (DEPLOY / "lotmark.1").read_text()

    def test_names_every_command_and_option(self):
        plain = self.text.replace("\\-", "-")
        for words, (options, subcommands) in commands().items():
            if words and not subcommands:
                self.assertRegex(plain, rf'(?m)^\.BI?R? .*"?\b{" ".join(words)}\b')
            for option in options:
                self.assertRegex(plain, rf"{option}(?![a-z-])", f"option of {words}")

    def test_names_no_option_that_is_gone(self):
        known = set().union(*(options for options, _ in commands().values()))
        self.assertLessEqual(set(re.findall(r"--[a-z][a-z-]*", self.text.replace("\\-", "-"))), known)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_is_well_formed(self):
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", DEPLOY / "lotmark.1"], capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        self.assertIn("EXIT STATUS", re.sub(".\b|\x1b\\[[0-9;]*m", "", done.stdout))


class Completion(unittest.TestCase):
    def complete(self, *words):
        """What bash offers for the last of `words`."""
        script = (f"source {shlex.quote(str(DEPLOY / 'lotmark.bash'))}\nCOMP_WORDS=({shlex.join(['lotmark', *words])})\n"
                  "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_lotmark\nprintf '%s\\n' \"${COMPREPLY[@]}\"")
        done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def test_offers_what_help_says(self):
        for words, (options, subcommands) in commands().items():
            with self.subTest(command=words):
                self.assertEqual(self.complete(*words, "-"), options)
                if subcommands:
                    self.assertEqual(self.complete(*words, ""), subcommands)

    def test_options_before_and_their_values_do_not_confuse(self):
        self.assertEqual(self.complete("activate", "--volume", "/x", "--r"), {"--reason"})
        self.assertEqual(self.complete("activate", "--reason", ""), set())
        self.assertEqual(self.complete("add", "list", "--c"), {"--complete"})

    def test_files_and_folders(self):
        self.assertEqual(self.complete("add", "LIC"), {"LICENSE"})
        self.assertEqual(self.complete("list", "--volume", "dep"), {"deploy"})
        self.assertEqual(self.complete("show", ""), set())


class Unit(unittest.TestCase):
    def test_options_exist(self):
        line = re.search(r"^ExecStart=/usr/bin/lotmark (\S+)(.*)$", (DEPLOY / "lotmark.service").read_text(), re.M)
        self.assertIn((line[1],), commands())
        self.assertLessEqual(set(re.findall(r"--[a-z-]+", line[2])), commands()[(line[1],)][0])

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_exposure_stays_low(self):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", DEPLOY / "lotmark.service"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-200:] + done.stderr)


class Containerfile(unittest.TestCase):
    def test_sources_exist_and_the_end_is_not_root(self):
        text = (DEPLOY / "Containerfile").read_text()
        sources = [word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M) for word in line.split()]
        self.assertGreater(len(sources), 5)
        for source in sources:
            self.assertTrue((ROOT / source).exists(), source)
        last = text.rpartition("\nFROM ")[2]
        self.assertRegex(last, r"(?m)^USER [1-9]\d*$")

    def test_brings_every_folder_that_the_build_names(self):
        text = (DEPLOY / "Containerfile").read_text()
        for folder in re.findall(r"include\((\w+)/", (ROOT / "CMakeLists.txt").read_text()):
            self.assertIn(f"COPY {folder} {folder}\n", text)


@unittest.skipUnless(yaml, "python3-yaml is not installed")
class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    def test_the_service_cannot_write_the_models(self):
        self.assertIn("derm-models:/srv/derm-models:ro", self.services["lotmark"]["volumes"])
        self.assertIn("derm-models:/srv/derm-models", self.services["cli"]["volumes"])
        self.assertEqual(self.services["cli"]["profiles"], ["cli"])
        for service in self.services.values():
            self.assertTrue(service["read_only"])
            self.assertEqual(service["cap_drop"], ["ALL"])

    def test_only_the_command_line_sees_the_keys(self):
        def mounted(name):
            return {mount.removesuffix(":ro").rpartition(":")[2] for mount in self.services[name]["volumes"]}
        environment = dict(word.split("=", 1) for line in re.findall(r"^ENV (.*)$", (DEPLOY / "Containerfile").read_text(), re.M)
                           for word in line.split())
        self.assertIn(environment["LOTMARK_KEYS"], mounted("cli"))
        self.assertNotIn(environment["LOTMARK_KEYS"], mounted("lotmark"))
        command = self.services["lotmark"]["command"]
        for option in ("--journal-key", "--state"):
            self.assertIn(command[command.index(option) + 1], mounted("lotmark"))
        states = {next(mount for mount in service["volumes"] if environment["LOTMARK_STATE"] in mount)
                  for service in self.services.values()}
        self.assertEqual(len(states), 2, "one memory would hide from the service what the command line has seen")

    def test_unauthenticated_only_on_loopback(self):
        for service in self.services.values():
            if "--allow-remote-unauthenticated" in service["command"]:
                for port in service["ports"]:
                    self.assertTrue(port.startswith("127.0.0.1:"), port)

    def test_command_and_files_exist(self):
        command = self.services["lotmark"]["command"]
        self.assertLessEqual({word for word in command if word.startswith("--")}, commands()[(command[0],)][0])
        build = self.services["lotmark"]["build"]
        self.assertTrue((DEPLOY / build["context"] / build["dockerfile"]).is_file())


if __name__ == "__main__":
    unittest.main()
