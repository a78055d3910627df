#!/usr/bin/env python3
"""Runs the tests of a build by ctest, then each that failed again: alone, after all others have ended, twice at most.

run_tests.py [--strict] [--counts FILE] BUILD-DIR [any options of ctest]
    A test that passes when it is alone is flaky. The run names it and is green all the same; what the test printed
    at first is kept in BUILD-DIR/flaky/. With --strict a flaky test is a failure. The last line is ctest's closing
    line, over all tests. With --counts the outcome is added to FILE instead, for --sum.
run_tests.py --sum FILE
    prints one closing line over all runs that stand in FILE

Exits 0 when all tests passed, 8 when some failed, as ctest does, and 1 when there is no outcome to judge.
"""

import argparse
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from urllib.parse import quote

RERUNS = 2
MOST_RERUN = 20  # more failures than that are a broken build or machine, and would take an hour to run one by one
CLOSING_LINE = re.compile(r"\d+% tests passed, \d+ tests failed out of \d+")

Outcome = Enum("Outcome", "PASSED SKIPPED FAILED DISABLED")


class NoOutcome(Exception):
    """ctest did not come as far as to tell which tests passed."""


@dataclass
class TestResult:
    name: str
    outcome: Outcome
    seconds: float
    output: str


@dataclass
class Counts:
    build: str
    passed: int
    total: int
    remarks: list[str] = field(default_factory=list)  # one for each test that was run again

    def closing_line(self) -> str:
        """In ctest's words, and as it rounds: 100% is all of them."""
        percent = int(100 * self.passed / self.total + 0.5)
        if self.passed < self.total:
            percent = min(percent, 99)
        return f"{percent}% tests passed, {self.total - self.passed} tests failed out of {self.total}"


def outcome_of(case: ElementTree.Element) -> Outcome:
    """ctest's report gives a skipped test and one that could not be started the same status, but another message."""
    status = case.get("status")
    if status == "run":
        return Outcome.PASSED
    if status == "disabled":
        return Outcome.DISABLED
    skipped = case.find("skipped")
    if status == "notrun" and skipped is not None and skipped.get("message", "").startswith("SKIP_"):
        return Outcome.SKIPPED
    return Outcome.FAILED


def read_report(file: Path) -> list[TestResult]:
    if not file.exists():
        return []
    return [
        TestResult(case.get("name"), outcome_of(case), float(case.get("time")), case.findtext("system-out") or "")
        for case in ElementTree.parse(file).iter("testcase")
    ]


def show(command: list[str]) -> int:
    """Passes on what the command prints, but for ctest's closing line: the whole run has one, at its end."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as process:
        try:
            for line in process.stdout:
                if not CLOSING_LINE.search(line):
                    print(line, end="", flush=True)
        except KeyboardInterrupt:
            process.terminate()
            raise
    return process.returncode


def run_ctest(build: Path, options: list[str]) -> list[TestResult]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        fixed = ["--test-dir", str(build), "--output-on-failure", "--output-junit", str(report)]
        fixed += ["--test-output-size-failed", str(100 * 1024 * 1024)]  # ctest cuts off the end, where failures stand
        code = show(["ctest", *fixed, *options])
        results = read_report(report)
    if code not in (0, 8):
        raise NoOutcome(f"ctest ended with {code}")
    if not results:
        raise NoOutcome("ctest found no tests, or could not list them")
    if (code == 8) != any(result.outcome is Outcome.FAILED for result in results):
        raise NoOutcome(f"ctest ended with {code}, which is not what its report says")
    return results


def passes_alone(build: Path, options: list[str], name: str) -> bool:
    """Other tests may have to run with it, those that set up its fixtures: only its own result counts."""
    try:
        results = run_ctest(build, [*options, "--tests-regex", f"^{re.escape(name)}$"])
    except NoOutcome as failure:
        print(failure)
        return False
    named = [result for result in results if result.name == name]  # two, where two folders have it
    return bool(named) and all(result.outcome is Outcome.PASSED for result in named)


def place_of_first_output(build: Path, name: str) -> Path:
    file_name = quote(name, safe="")
    if len(file_name) > 200:
        file_name = f"{file_name[:180]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return build / "flaky" / f"{file_name}.txt"


def keep_first_output(build: Path, result: TestResult) -> None:
    file = place_of_first_output(build, result.name)
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{result.name} failed after {result.seconds:.1f} s and had printed:\n{result.output}")


def failures_before_a_pass(build: Path, options: list[str], name: str) -> int | None:
    for failures in range(1, RERUNS + 1):
        print(f"\n== once more, alone: {name}", flush=True)
        if passes_alone(build, options, name):
            return failures
    return None


def run_again(build: Path, options: list[str], failed: list[TestResult]) -> tuple[int, list[str]]:
    """How many of them are flaky, and a remark for each."""
    if len(failed) > MOST_RERUN:
        return 0, [f"{len(failed)} tests failed: that is no flake, and none of them was run again"]
    flaky, remarks = 0, []
    for result in failed:
        failures = failures_before_a_pass(build, options, result.name)
        if failures is None:
            remarks.append(f"failed: {result.name} (failed {RERUNS + 1} of {RERUNS + 1})")
            continue
        flaky += 1
        keep_first_output(build, result)
        remarks.append(f"flaky: {result.name} (failed {failures} of {failures + 1})")
    return flaky, remarks


def run_suite(build: Path, options: list[str], strict: bool) -> Counts:
    results = [result for result in run_ctest(build, options) if result.outcome is not Outcome.DISABLED]
    if not results:
        raise NoOutcome("all tests are disabled")
    for result in results:  # what an earlier run of other tests has kept stays
        place_of_first_output(build, result.name).unlink(missing_ok=True)
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    flaky, remarks = run_again(build, options, failed)
    failures = len(failed) if strict else len(failed) - flaky
    return Counts(build.resolve().name, len(results) - failures, len(results), remarks)


def run_and_report(build: Path, options: list[str], strict: bool, counts_file: Path | None) -> int:
    begun = time.monotonic()
    counts = run_suite(build, options, strict)
    seconds = time.monotonic() - begun
    print(f"\n== tested: {counts.build} in {seconds:.0f} s, {counts.passed} of {counts.total} tests passed")
    for remark in counts.remarks:
        print(remark)
    if any(remark.startswith("flaky") for remark in counts.remarks):
        print(f"(what flaky tests printed at first: {build / 'flaky'})")
    if counts_file is None:
        print(counts.closing_line())
    else:
        with counts_file.open("a") as file:
            print(json.dumps(asdict(counts)), file=file)
    return 0 if counts.passed == counts.total else 8


def print_sum(counts_file: Path) -> int:
    runs = [Counts(**json.loads(line)) for line in counts_file.read_text().splitlines()]
    if not runs:
        raise NoOutcome("no tests were run")
    if len(runs) > 1:  # else its remarks stand right above
        print("\n== all tests")
        for run in runs:
            for remark in run.remarks:
                print(f"{remark} in {run.build}")
    total = Counts("", sum(run.passed for run in runs), sum(run.total for run in runs))
    print(total.closing_line())
    return 0 if total.passed == total.total else 8


def parse_arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("build", type=Path, nargs="?", metavar="BUILD-DIR")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--counts", type=Path, metavar="FILE")
    parser.add_argument("--sum", type=Path, metavar="FILE")
    options, ctest_options = parser.parse_known_args()
    if (options.build is None) == (options.sum is None):
        parser.error("either a build directory or --sum")
    if "--stop-on-failure" in ctest_options:
        parser.error("--stop-on-failure would leave tests out of the count")
    return options, ctest_options


def interrupt(*_) -> None:
    raise KeyboardInterrupt


def main() -> int:
    options, ctest_options = parse_arguments()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        if options.sum:
            return print_sum(options.sum)
        return run_and_report(options.build, ctest_options, options.strict, options.counts)
    except (NoOutcome, OSError) as failure:
        print(f"{sys.argv[0]}: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # A shell that waits for this ends too when it is told of the signal.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
