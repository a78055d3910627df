#!/usr/bin/env python3
"""Holds the names of tests that the documents give against the tests' sources.

check_docs.py   prints each `floor.Suite.Test` in README.md and docs/FAULTS.md that is not there, and exits 1 when there is one
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = re.compile(r"`(?:base|model|crypto|http|api|cache|store|filesystem|cli|mount|supervisor)\.(\w+)\.(\w+)`")
TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)")


def tests() -> set[tuple[str, str]]:
    sources = (ROOT / "tests").rglob("*.cpp")
    return {match.groups() for source in sources for match in TEST.finditer(source.read_text())}


def main() -> int:
    known = tests()
    missing = [
        f"{page.relative_to(ROOT)}: there is no test {suite}.{test}"
        for page in [ROOT / "README.md", ROOT / "docs" / "FAULTS.md"]
        for suite, test in NAME.findall(page.read_text())
        if (suite, test) not in known
    ]
    print("\n".join(missing) or "docs: every test that is named is there")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
