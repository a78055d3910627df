#!/usr/bin/env python3
"""Holds what documents and comments name against the tree.

check_docs.py [--root DIR]   prints each name of something that is not there, and exits 1 when there is one
check_docs.py --self-test    proves on small made-up trees that every kind of fault is caught

What must be there: a test named as `floor.Suite.Test`, but in docs/decisions, which tell of tests that went; what a
relative link leads to; a document that a source names, or another document in backticks; and in docs/internals each
source file or folder: what stands in backticks and has a slash, or ends in .h or .cpp. Paths are from the root, or
beside who names them. What begins with a slash is not of the tree. A C++ source that a comment names must be
somewhere in the tree, in the folder that is named with it; what stands in <> is the system's.
"""

import re
import sys
from pathlib import Path

import self_test

FOLDERS = ("docs", "include", "src", "tests", "scripts", "cmake", ".ci")
SOURCES = (".h", ".cpp", ".py", ".sh", ".cmake", "CMakeLists.txt", ".clang-tidy", ".ci/run")

TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)")
NAMED_TEST = re.compile(r"`(?:base|model|crypto|http|api|cache|store|filesystem|cli|mount|supervisor)\.(\w+)\.(\w+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ELSEWHERE = re.compile(r"[a-z]+:|#")
DOCUMENT = re.compile(r"[\w./-]*\w\.md\b")
COMMENT = re.compile(r"(?://|(?:^|\s)#\s).*", re.MULTILINE)
SOURCE = re.compile(r"(?<![\w./<*-])[\w-][\w./-]*\.(?:cpp|h)\b(?!>)")
IN_BACKTICKS = re.compile(r"`([\w.-][\w./-]*)`")


class Checker:
    def __init__(self, root: Path):
        self.root = root
        files = [*root.iterdir(), *(file for folder in FOLDERS for file in (root / folder).rglob("*"))]
        self.pages = sorted(file for file in files if file.is_file() and file.suffix == ".md")
        self.sources = sorted(
            file for file in files if file.is_file() and str(file).endswith(SOURCES) and file.name != Path(__file__).name
        )  # but this one, whose self-test names what is in no tree
        self.source_names = {file.name for file in self.sources}
        self.tests = {
            match.groups()
            for source in self.sources
            if source.suffix == ".cpp"
            for match in TEST.finditer(source.read_text())
        }

    def run(self) -> list[str]:
        problems = [f"{self.shown(page)}: {problem}" for page in self.pages for problem in self.problems_of_page(page)]
        for source in self.sources:
            problems += [f"{self.shown(source)}: {problem}" for problem in self.problems_of_source(source)]
        return problems

    def shown(self, file: Path) -> Path:
        return file.relative_to(self.root)

    def is_there(self, beside: Path, name: str) -> bool:
        return (self.root / name).exists() or (beside.parent / name).exists()

    def problems_of_source(self, source: Path) -> list[str]:
        text = source.read_text()
        problems = [
            f"no such document: {name}" for name in DOCUMENT.findall(text) if not self.is_there(source, name)
        ]
        for comment in COMMENT.findall(text):
            problems += [
                f"no such source: {name}"
                for name in SOURCE.findall(comment)
                if not any(f"/{self.shown(file)}".endswith(f"/{name}") for file in self.sources)
            ]
        return problems

    def problems_of_page(self, page: Path) -> list[str]:
        text = page.read_text()
        within = self.shown(page).parts
        problems = [
            f"a link leads nowhere: {target}"
            for target in LINK.findall(text)
            if not ELSEWHERE.match(target) and not (page.parent / target.split("#")[0]).exists()
        ]
        if within[:2] != ("docs", "decisions"):
            problems += [
                f"no such test: {suite}.{test}"
                for suite, test in NAMED_TEST.findall(text)
                if (suite, test) not in self.tests
            ]
        for name in IN_BACKTICKS.findall(text):
            is_source = within[:2] == ("docs", "internals") and ("/" in name or name.endswith((".h", ".cpp")))
            if (is_source or name.endswith(".md")) and not self.is_there(page, name) and name not in self.source_names:
                problems.append(f"no such file: {name}")
        return problems


# --- The self-test: a tree without fault, then one fault at a time. ---

GOOD_TREE = {
    "README.md": "[docs](docs/internals/README.md) [far](https://example.com/x) [here](#part) `base.Log.IsWritten`\n",
    "docs/internals/README.md": "[up](../../README.md#part) `src/base/` `src/base/log.h` `log.h` `/dev/fuse` `Log::write`\n",
    "docs/decisions/0001-log.md": "`base.Log.WasWritten`\n",
    "src/base/log.h": "// FORMAT.md and docs/internals/README.md tell of it.\n#include <lost.h>\n",
    "src/base/FORMAT.md": "",
    "tests/base/log_test.cpp": "TEST_F(Log, IsWritten) {}  // log.h, base/log.h, of <lost.h> and http://a.b/lost.h\n",
}

FAULTS = [
    ("README.md", "[lost](docs/lost.md)\n", "a link leads nowhere"),
    ("docs/internals/README.md", "[lost](lost/)\n", "a link leads nowhere"),
    ("README.md", "`base.Log.IsRead`\n", "no such test"),
    ("docs/internals/README.md", "`base.Log.IsRead`\n", "no such test"),
    ("README.md", "`lost.md`\n", "no such file"),
    ("src/base/log.h", "// lost.md, the table\n", "no such document"),
    ("src/base/log.h", "// docs/lost.md\n", "no such document"),
    ("tests/base/log_test.cpp", "// lost.md\n", "no such document"),
    ("src/base/log.h", "// as lost.cpp has it\n", "no such source"),
    ("src/base/log.h", "int log();  /// See src/lost/log.h.\n", "no such source"),
    ("tests/base/log_test.cpp", "// (lost.h)\n", "no such source"),
    ("docs/internals/README.md", "`src/base/lost.h`\n", "no such file"),
    ("docs/internals/README.md", "`src/lost/`\n", "no such file"),
    ("docs/internals/README.md", "`lost.cpp`\n", "no such file"),
]


if __name__ == "__main__":
    sys.exit(self_test.main(Checker, __doc__, "docs: all that is named is there", GOOD_TREE, FAULTS))
