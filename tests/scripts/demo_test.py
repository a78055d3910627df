#!/usr/bin/env python3
"""Runs scripts/demo.sh once, with the programs of a build: demo_test.py BUILD-DIR"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "scripts" / "demo.sh"
FAULT = re.compile(
    r"Traceback|Error\b|\berror:|Exception|command not found|No such file|unbound variable|syntax error"
    r"|Broken pipe|Permission denied|cannot |runtime error|Sanitizer|\.sh: line \d+"
)


def mounts_under(folder: Path) -> list[str]:
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f" {folder}/" in line]


class Demo(unittest.TestCase):
    build: str

    def test_it_shows_all_and_leaves_nothing(self):
        # Python then writes line by line, so that a reader who goes away after the first one is always noticed.
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        with tempfile.TemporaryDirectory(prefix="mediafs-demo-test.") as name:
            folder = Path(name).resolve()
            demo = subprocess.run(
                [DEMO, "--once", "--built", self.build],
                env=environment | {"TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            )
            self.assertEqual(mounts_under(folder), [], demo.stdout)
            self.assertEqual(list(folder.iterdir()), [], demo.stdout)
        self.assertEqual(demo.returncode, 0, demo.stdout)
        self.assertEqual([line for line in demo.stdout.splitlines() if FAULT.search(line)], [], demo.stdout)
        self.assertIn("That was it: unmounted, and nothing is left behind.", demo.stdout)


if __name__ == "__main__":
    Demo.build = sys.argv.pop()
    unittest.main()
