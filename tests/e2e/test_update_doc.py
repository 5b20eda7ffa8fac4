"""doc/update.md is true: every command on it runs, literally and in order."""
import subprocess
import unittest

from harness import PATIENCE
from page import PageTest, script_of


class UpdatePage(PageTest):
    def test_every_command_runs(self):
        output = self.run_page("update.md")
        self.assertIn("imported approval of lesion_cnn_demo/2024-v1 by Grace Hopper: 2 of 2 people", output)
        self.assertIn("lesion_cnn_demo 2024-v1 is quarantined", output)

    def test_a_command_that_fails_is_noticed(self):
        for page, code in (("```sh\nfalse\n```\n", 1), ("```sh\ntrue | false | true\n```\n", 1), ("```sh exit=1\ntrue\n```\n", 1),
                           ("```sh exit=1\nfalse\n```\n", 0), ("```text\nfalse\n```\n", 0), ("```sh\necho $NOT_SET\n```\n", 1)):
            script, _ = script_of(page)
            done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode != 0, code != 0, page)


if __name__ == "__main__":
    unittest.main()
