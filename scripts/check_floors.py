#!/usr/bin/env python3
"""Holds the sources and tests against the floor table, the add_floor(...) lines of src/CMakeLists.txt.

check_floors.py [--root DIR]   prints each violation and exits 1 when there is one
check_floors.py --self-test    proves on small made-up trees that every kind of violation is caught
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import self_test

# What each library of the table's WITH lets a floor include.
FOREIGN = {
    "fuse3": r"fuse.*\.h",
    "curl": r"curl/.*",
    "tls": r"openssl/ssl\.h",
    "openssl": r"openssl/.*",
    "json": r"nlohmann/.*",
    "lmdb": r"lmdb\.h",
    "cli11": r"CLI/.*",
    "spdlog": r"spdlog/.*",
    "xxhash": r"xxhash\.h",
    "systemd": r"systemd/.*",
    "microhttpd": r"microhttpd\.h",
    "prometheus": r"prometheus/.*",
}

# Part of what mediafs/base/log.h offers, so everybody's.
VOCABULARY = re.compile(r"fmt/.*")

# Of the system's own headers: C++'s have no dot; these are POSIX's and Linux'.
SYSTEM = re.compile(
    r"[a-z_]+"
    r"|(sys|linux|net|netinet|arpa)/[a-z_0-9]+\.h"
    r"|(dirent|dlfcn|errno|fcntl|fnmatch|glob|grp|langinfo|libgen|limits|locale|malloc|mntent|netdb|paths|poll|pthread"
    r"|pwd|sched|semaphore|signal|spawn|stdint|stdio|stdlib|string|strings|syslog|termios|time|unistd|wordexp)\.h"
)

# These decide by a Clock that they are given, so that their tests wait for nothing.
CLOCKED = {"http", "api", "store", "filesystem", "supervisor"}
CLOCK_READ = re.compile(r"(?<![.>\w])(steady_now|wall_seconds|clock_gettime|time)\(|_clock::now\(")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
FLOOR = re.compile(r"^\s*add_floor\(([^)]*)\)", re.MULTILINE)
PROGRAM = re.compile(r"^\s*add_executable\(([^)]*)\)", re.MULTILINE)


@dataclass
class Floor:
    name: str
    files: list[str] = field(default_factory=list)
    on: list[str] = field(default_factory=list)
    with_: list[str] = field(default_factory=list)
    below: set[str] = field(default_factory=set)  # everything that ON reaches


@dataclass
class Table:
    floors: dict[str, Floor]
    programs: set[str]  # the sources of add_executable, relative to src/
    problems: list[str]


def words_of(arguments: str) -> list[str]:
    return re.sub(r"#[^\n]*", "", arguments).split()


def parse_floor(arguments: str) -> Floor:
    name, *rest = words_of(arguments)
    floor = Floor(name)
    lists = {"FILES": floor.files, "ON": floor.on, "WITH": floor.with_}
    current = None
    for word in rest:
        if word in lists:
            current = lists[word]
        elif current is not None:
            current.append(word)
    return floor


def parse_table(text: str) -> Table:
    """Floors stand bottom up, so ON may name only those above it in the file: no cycle can arise."""
    table = Table({}, set(), [])
    for match in FLOOR.finditer(text):
        floor = parse_floor(match.group(1))
        for lower in floor.on:
            if lower not in table.floors:
                table.problems.append(f"table: {floor.name} stands ON {lower}, which is not under it")
                continue
            floor.below |= {lower} | table.floors[lower].below
        table.problems += [f"table: {floor.name} WITH {w}: unknown library" for w in floor.with_ if w not in FOREIGN]
        table.floors[floor.name] = floor
    for match in PROGRAM.finditer(text):
        table.programs |= {word for word in words_of(match.group(1))[1:] if word.endswith(".cpp")}
    return table


class Checker:
    def __init__(self, root: Path):
        self.root = root
        self.src = root / "src"
        self.public = root / "include" / "mediafs"
        self.table = parse_table((self.src / "CMakeLists.txt").read_text())
        self.problems = list(self.table.problems)

    def run(self) -> list[str]:
        for floor in self.table.floors.values():
            self.check_tests(floor)
        for folder in sorted({p.name for base in (self.src, self.public) for p in base.iterdir() if p.is_dir()}):
            self.check_folder(folder)
        return self.problems

    def check_folder(self, name: str) -> None:
        private = sorted((self.src / name).rglob("*.[ch]*"))
        public = sorted((self.public / name).rglob("*.[ch]*"))
        floor = self.table.floors.get(name)
        if floor is None:
            if private or public:
                self.problems.append(f"src/{name}: not in the table")
            return
        for file in private + public:
            self.check_named(floor, file)
            self.check_includes(floor, file)
            self.check_clock(floor, file)

    def check_tests(self, floor: Floor) -> None:
        """Tests see what stands under their floor, its tests' fixtures included, and nothing above it."""
        for file in sorted((self.root / "tests" / floor.name).rglob("*.[ch]*")):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                used = match.group(2).removeprefix("mediafs/").split("/")[0] if match and '"' in line else floor.name
                if used in self.table.floors and used != floor.name and used not in floor.below:
                    place = f"{file.relative_to(self.root)}:{number}"
                    self.problems.append(f"{place}: {floor.name}'s tests reach up to {used}")

    def check_named(self, floor: Floor, file: Path) -> None:
        if file.suffix not in (".cpp", ".cc", ".c"):
            return
        named = file.is_relative_to(self.src) and (
            str(file.relative_to(self.src / floor.name)) in floor.files
            or str(file.relative_to(self.src)) in self.table.programs
        )
        if not named:
            self.problems.append(f"{file.relative_to(self.root)}: the table does not name it")

    def check_includes(self, floor: Floor, file: Path) -> None:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if match := INCLUDE.match(line):
                verdict = self.verdict(floor, file, match.group(1) == "<", match.group(2))
                if verdict:
                    self.problems.append(f"{file.relative_to(self.root)}:{number}: {match.group(2)}: {verdict}")

    def check_clock(self, floor: Floor, file: Path) -> None:
        if floor.name not in CLOCKED:
            return
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if CLOCK_READ.search(line.split("//")[0]):
                self.problems.append(f"{file.relative_to(self.root)}:{number}: {floor.name} reads the machine's clock")

    def verdict(self, floor: Floor, file: Path, angled: bool, header: str) -> str | None:
        if header.startswith("mediafs/"):
            return self.public_verdict(floor, header.split("/")[1])
        return self.foreign_verdict(floor, header) if angled else self.private_verdict(floor, file, header)

    def public_verdict(self, floor: Floor, used: str) -> str | None:
        if used == floor.name or used in floor.below:
            return None
        return f"{floor.name} does not stand on {used}"

    def private_verdict(self, floor: Floor, file: Path, header: str) -> str | None:
        candidates = [(base / header).resolve() for base in (file.parent, self.src)]
        found = next((c for c in candidates if c.is_file()), None)
        if found is None:
            return "no such header in the project"
        if not found.is_relative_to((self.src / floor.name).resolve()):
            return "a private header of another floor"
        if file.is_relative_to(self.public):
            return "a private header in a public one"
        return None

    def foreign_verdict(self, floor: Floor, header: str) -> str | None:
        library = next((name for name, pattern in FOREIGN.items() if re.fullmatch(pattern, header)), None)
        if library is None:
            known = SYSTEM.fullmatch(header) or VOCABULARY.fullmatch(header)
            return None if known else "an unknown third-party header"
        if library in floor.with_:
            return None
        return f"{floor.name} is not WITH {library}"


# --- The self-test: a tree without fault, then one fault at a time. ---

GOOD_TREE = {
    "src/CMakeLists.txt": "add_floor(base\n  FILES log.cpp # a remark\n  WITH spdlog)\n"
    "add_floor(model FILES id.cpp ON base)\nadd_floor(http FILES get.cpp ON model WITH curl)\n"
    "add_floor(crypto FILES aead.cpp ON base WITH openssl)\nadd_executable(mediafs http/main.cpp)\n",
    "src/base/log.cpp": '#include "mediafs/base/log.h"\n#include <spdlog/spdlog.h>\n#include <sys/mman.h>\n',
    "include/mediafs/base/log.h": "#pragma once\n#include <string>\n#include <fmt/format.h>\n",
    "src/model/id.cpp": '#include "mediafs/base/log.h"\n#include "model/grammar.h"\n#include "grammar.h"\n#include <fmt/core.h>\n',
    "src/model/grammar.h": "#include <cstdint>\n",
    "src/http/get.cpp": '#include <curl/curl.h>\n#include "mediafs/base/log.h"\n',
    "src/http/main.cpp": "int main() { clock.wall_seconds(); }  // not time()\n",
    "src/crypto/aead.cpp": "#include <openssl/evp.h>\n",
    "include/mediafs/model/id.h": "",
    "tests/http/get_test.cpp": '#include "mediafs/model/id.h"\n#include "model/fixture.h"\n#include "support/clock.h"\n',
}

FAULTS = [
    ("src/base/log.cpp", '#include "mediafs/model/id.h"\n', "base does not stand on model"),
    ("src/crypto/aead.cpp", '#include "mediafs/http/get.h"\n', "crypto does not stand on http"),
    ("include/mediafs/base/log.h", "#include <mediafs/model/id.h>\n", "base does not stand on model"),
    ("src/http/get.cpp", '#include "model/grammar.h"\n', "a private header of another floor"),
    ("src/http/get.cpp", '#include "../model/grammar.h"\n', "a private header of another floor"),
    ("include/mediafs/model/id.h", '#include "model/grammar.h"\n', "a private header in a public one"),
    ("src/http/get.cpp", '#include "nowhere.h"\n', "no such header"),
    ("src/model/id.cpp", "#include <fuse_lowlevel.h>\n", "model is not WITH fuse3"),
    ("src/model/id.cpp", "#  include <curl/multi.h>\n", "model is not WITH curl"),
    ("src/model/id.cpp", "#include <openssl/sha.h>\n", "model is not WITH openssl"),
    ("src/model/id.cpp", "#include <lmdb.h>\n", "model is not WITH lmdb"),
    ("src/model/id.cpp", "#include <nlohmann/json.hpp>\n", "model is not WITH json"),
    ("src/model/id.cpp", "#include <CLI/CLI.hpp>\n", "model is not WITH cli11"),
    ("src/model/id.cpp", "#include <spdlog/spdlog.h>\n", "model is not WITH spdlog"),
    ("src/model/id.cpp", "#include <xxhash.h>\n", "model is not WITH xxhash"),
    ("src/model/id.cpp", "#include <boost/asio.hpp>\n", "an unknown third-party header"),
    ("src/model/id.cpp", "#include <zlib.h>\n", "an unknown third-party header"),
    ("src/model/forgotten.cpp", "", "the table does not name it"),
    ("src/attic/old.cpp", "", "not in the table"),
    ("src/http/get.cpp", "auto t = steady_now();\n", "http reads the machine's clock"),
    ("src/http/get.cpp", "auto t = std::chrono::system_clock::now();\n", "http reads the machine's clock"),
    ("src/http/get.cpp", "auto t = mediafs::wall_seconds();\n", "http reads the machine's clock"),
    ("tests/model/id_test.cpp", '#include "http/fixture.h"\n', "model's tests reach up to http"),
    ("tests/model/id_test.cpp", '#include "mediafs/http/get.h"\n', "model's tests reach up to http"),
    ("src/CMakeLists.txt", "add_floor(low ON high)\nadd_floor(high ON low)\n", "low stands ON high"),
    ("src/CMakeLists.txt", "add_floor(gui WITH qt)\n", "unknown library"),
]


if __name__ == "__main__":
    sys.exit(self_test.main(Checker, __doc__, "floors: nothing to complain of", GOOD_TREE, FAULTS))
