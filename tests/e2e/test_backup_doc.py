"""doc/backup.md is true: every command on it runs, literally and in order."""
import unittest

from page import PageTest


class BackupPage(PageTest):
    def test_every_command_runs(self):
        output = self.run_page("backup.md")
        self.assertIn("the journal is shorter than the one remembered", output)
        self.assertIn("the journal is accepted as it is", output)
        self.assertIn("restored_accepted", output)
        self.assertIn("the pointer names 2023-v1 again", output)


if __name__ == "__main__":
    unittest.main()
