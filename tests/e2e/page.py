"""Pages of doc/ whose commands are true: every fenced `sh` block of a page as one bash script, run literally and in order."""
import os
import random
import re
import shlex
import signal
import socket
import subprocess

from harness import DEMO, LOTMARK, PATIENCE, ROOT, LotmarkTest

# ```sh is run; ```sh exit=1 must end with that code, in a shell of its own. Other fenced blocks are only shown.
BLOCK = re.compile(r"^```sh(?: exit=(\d+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def free_port():
    """Below those that the kernel hands out by itself, so that no test running beside this one gets it."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def script_of(page):
    """One bash script of all blocks; returns it and how many blocks there are."""
    lines = ["set -euo pipefail", "trap 'echo \"failed: $BASH_COMMAND\" >&2' ERR"]
    blocks = BLOCK.findall(page)
    for code, text in blocks:
        lines.append(f"echo {shlex.quote('$ ' + text.rstrip())}")
        if code:
            lines.append(f"code=0\n(\n{text}) || code=$?\n[ $code = {code} ]")
        else:
            lines.append(text.rstrip())
    return "\n".join([*lines, "echo 'the page is true'", ""]), len(blocks)


class PageTest(LotmarkTest):
    def run_page(self, name):
        """Runs every block of doc/<name> in the scratch folder, with `lotmark` on the path and demo/ beside it, on a free
        port instead of 8090; returns what was printed."""
        page = (ROOT / "doc" / name).read_text().replace(":8090", f":{free_port()}")
        script, blocks = script_of(page)
        self.assertEqual(blocks, page.count("```sh"), "a block that is not run")
        self.assertGreater(blocks, 8)
        (self.scratch / "demo").symlink_to(DEMO)
        (self.scratch / "bin").mkdir()
        (self.scratch / "bin/lotmark").symlink_to(LOTMARK)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOTMARK_", "XDG_"))}
        environment["PATH"] = f"{self.scratch / 'bin'}:{environment['PATH']}"
        environment["HOME"] = str(self.scratch / "home")
        shell = subprocess.Popen(["bash", "-c", script], cwd=self.scratch, env=environment, text=True, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            output, _ = shell.communicate(timeout=2 * PATIENCE)
        finally:
            try:
                os.killpg(shell.pid, signal.SIGKILL)  # a service that a failed page leaves
            except ProcessLookupError:
                pass
            shell.stdout.close()
        self.assertEqual(shell.returncode, 0, output)
        self.assertTrue(output.endswith("the page is true\n"), output)
        return output
