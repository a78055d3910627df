#!/usr/bin/env python3
"""Tests of scripts/run_tests.py, on small projects of ctest made for each."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "run_tests.py"
CLOSING_LINE = re.compile(r"^\d+% tests passed, \d+ tests failed out of \d+$", re.MULTILINE)

# Shell that fails as often as its test is told to, and says so.
FAIL_FIRST = """
runs=$(($(cat "{file}" 2> /dev/null || echo 0) + 1))
echo $runs > "{file}"
[ $runs -gt {times} ] || {{ echo "bad run $runs"; exit 1; }}
echo "good run $runs"
"""


def kill_if_it_is_there(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


class RunTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name) / "build"
        self.build.mkdir()
        self.tests = 0

    def write(self, text: str) -> None:
        with (self.build / "CTestTestfile.cmake").open("a") as file:
            print(text, file=file)

    def add(self, name: str, shell: str = "true", **properties: str) -> None:
        self.tests += 1
        self.write(f"add_test([==[{name}]==] sh -c [==[{shell}]==])")
        for key, value in properties.items():
            self.write(f"set_tests_properties([==[{name}]==] PROPERTIES {key} [==[{value}]==])")

    def add_failing_first(self, name: str, times: int = 1) -> None:
        self.add(name, FAIL_FIRST.format(file=self.build / f"runs-{self.tests}", times=times))

    def start(self, *arguments: object) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, SCRIPT, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def run_script(self, *arguments: object) -> tuple[int, list[str]]:
        process = self.start(*arguments)
        output, _ = process.communicate()
        return process.returncode, output.splitlines()

    def assert_closes(self, lines: list[str], closing_line: str) -> None:
        self.assertEqual(lines[-1], closing_line)
        self.assertEqual(CLOSING_LINE.findall("\n".join(lines)), [closing_line])

    # What becomes of a failure.

    def test_when_all_pass_the_closing_line_is_that_of_ctest(self):
        self.add("one")
        self.add("two")
        code, lines = self.run_script(self.build, "--parallel", 2)
        self.assertEqual(code, 0)
        self.assert_closes(lines, "100% tests passed, 0 tests failed out of 2")
        self.assertFalse((self.build / "flaky").exists())

    def test_one_that_always_fails_is_red_beside_one_that_is_flaky_and_one_that_passes(self):
        self.add("always", "echo what went wrong; false")
        self.add_failing_first("once")
        self.add("never")
        code, lines = self.run_script(self.build, "--parallel", 2)
        self.assertEqual(code, 8)
        self.assertIn("failed: always (failed 3 of 3)", lines)
        self.assertIn("flaky: once (failed 1 of 2)", lines)
        self.assertEqual(lines.count("what went wrong"), 3)
        self.assert_closes(lines, "67% tests passed, 1 tests failed out of 3")

    def test_a_flaky_test_is_named_and_the_run_is_green(self):
        self.add_failing_first("once")
        self.add_failing_first("twice", times=2)
        self.add("never")
        code, lines = self.run_script(self.build, "--parallel", 2)
        self.assertEqual(code, 0)
        self.assertIn("flaky: once (failed 1 of 2)", lines)
        self.assertIn("flaky: twice (failed 2 of 3)", lines)
        self.assert_closes(lines, "100% tests passed, 0 tests failed out of 3")

    def test_a_test_gets_no_third_chance(self):
        self.add_failing_first("thrice", times=3)
        code, lines = self.run_script(self.build)
        self.assertEqual(code, 8)
        self.assertIn("failed: thrice (failed 3 of 3)", lines)

    def test_a_strict_run_names_a_flaky_test_and_is_red(self):
        self.add_failing_first("once")
        self.add("never")
        code, lines = self.run_script(self.build, "--strict", "--parallel", 2)
        self.assertEqual(code, 8)
        self.assertIn("flaky: once (failed 1 of 2)", lines)
        self.assert_closes(lines, "50% tests passed, 1 tests failed out of 2")

    def test_one_failure_of_many_is_not_rounded_away(self):
        for number in range(200):
            self.write(f"add_test(good-{number} true)")
        self.add("always", "false")
        _, lines = self.run_script(self.build, "--parallel", 8)
        self.assert_closes(lines, "99% tests passed, 1 tests failed out of 201")

    def test_where_very_many_fail_none_is_run_again(self):
        for number in range(21):
            self.add_failing_first(f"once-{number}")
        code, lines = self.run_script(self.build, "--parallel", 2)
        self.assertEqual(code, 8)
        self.assertIn("21 tests failed: that is no flake, and none of them was run again", lines)
        self.assert_closes(lines, "0% tests passed, 21 tests failed out of 21")

    # How it is run again.

    def test_it_is_run_again_alone_after_all_others_have_ended(self):
        log = self.build / "events"
        for name in ("a", "b"):
            fails = FAIL_FIRST.format(file=self.build / f"runs-{name}", times=2)
            self.add(name, f"echo begin {name} >> {log}; ({fails}); code=$?; echo end {name} >> {log}; exit $code")
        for number in range(20):
            self.add(f"other-{number}", f"echo begin other >> {log}; echo end other >> {log}")
        code, _ = self.run_script(self.build, "--parallel", 4)
        self.assertEqual(code, 0)
        events = log.read_text().splitlines()
        alone = [f"{event} {name}" for name in ("a", "b") for _ in range(2) for event in ("begin", "end")]
        self.assertEqual(events[-len(alone) :], alone)
        self.assertEqual(len(events), 2 * 22 + len(alone))

    def test_only_the_test_itself_is_run_again_whatever_its_name_is_made_of(self):
        self.add_failing_first("Rows/Suite.Case/1")
        self.add_failing_first("a+b(c)[d]|e.f* g\\h^$?")
        self.add("Rows/Suite.Case/12", "echo beside")
        self.add("Rows/SuiteXCase/1", "echo beside")
        code, lines = self.run_script(self.build, "--verbose")
        self.assertEqual(code, 0)
        self.assertIn("flaky: Rows/Suite.Case/1 (failed 1 of 2)", lines)
        self.assertIn("flaky: a+b(c)[d]|e.f* g\\h^$? (failed 1 of 2)", lines)
        self.assertEqual(len([line for line in lines if line.endswith(": beside")]), 2)

    def test_the_options_of_ctest_hold_for_the_reruns_too(self):
        self.add_failing_first("in")
        self.add("out", "false", LABELS="long")
        code, lines = self.run_script(self.build, "--label-exclude", "long", "--verbose")
        self.assertEqual(code, 0)
        self.assertIn("1: good run 2", lines)
        self.assert_closes(lines, "100% tests passed, 0 tests failed out of 1")

    def test_a_test_that_fails_and_is_then_skipped_has_not_passed(self):
        skips_second = f"if test -e {self.build}/again; then echo SKIPPED; else : > {self.build}/again; false; fi"
        self.add("skips", skips_second, SKIP_REGULAR_EXPRESSION="SKIPPED")
        code, lines = self.run_script(self.build)
        self.assertEqual(code, 8)
        self.assertIn("failed: skips (failed 3 of 3)", lines)

    def test_a_rerun_in_which_ctest_fails_is_a_failure(self):
        self.add("once", f": > {self.build}/failed; false")
        self.write(f"if(EXISTS {self.build}/failed)\n message(FATAL_ERROR broken)\nendif()")
        code, lines = self.run_script(self.build)
        self.assertEqual(code, 8)
        self.assert_closes(lines, "0% tests passed, 1 tests failed out of 1")

    # What is kept.

    def test_what_a_flaky_test_printed_at_first_is_kept(self):
        self.add_failing_first("Rows/Suite.Case/1", times=2)
        self.add("always", "false")
        self.run_script(self.build)
        (kept,) = (self.build / "flaky").iterdir()
        self.assertEqual(kept.name, "Rows%2FSuite.Case%2F1.txt")
        self.assertIn("bad run 1", kept.read_text())
        self.assertNotIn("bad run 2", kept.read_text())

    # Every way of not passing.

    def test_what_other_tests_of_the_build_have_kept_stays(self):
        self.add_failing_first("flaky")
        self.add("other")
        self.run_script(self.build)
        self.run_script(self.build, "--tests-regex", "other")
        self.assertTrue((self.build / "flaky" / "flaky.txt").exists())
        self.run_script(self.build)
        self.assertFalse((self.build / "flaky" / "flaky.txt").exists(), "it has passed since")

    def test_of_much_that_it_printed_the_end_is_kept_too(self):
        self.add("long", f'[ -e "{self.build}/again" ] || {{ seq 100000; echo the failure; touch "{self.build}/again"; exit 1; }}')
        self.run_script(self.build)
        self.assertIn("the failure", (self.build / "flaky" / "long.txt").read_text())

    def test_of_two_tests_of_one_name_both_have_to_pass(self):
        self.add("same")
        (self.build / "sub").mkdir()
        (self.build / "sub" / "CTestTestfile.cmake").write_text("add_test(same false)")
        self.write("subdirs(sub)")
        code, lines = self.run_script(self.build)
        self.assertEqual(code, 8)
        self.assert_closes(lines, "50% tests passed, 1 tests failed out of 2")

    def test_a_test_that_times_out_is_run_again(self):
        # What hangs has a limit; what does not has none, however busy the machine is.
        self.write(f"if(NOT EXISTS {self.build}/listed)\nfile(TOUCH {self.build}/listed)")
        self.add("hangs once", "exec tail -f /dev/null", TIMEOUT="1")
        self.write("else()")
        self.add("hangs once")
        self.write("endif()")
        code, lines = self.run_script(self.build)
        self.assertEqual(code, 0)
        self.assertIn("flaky: hangs once (failed 1 of 2)", lines)

    def test_a_crash_and_a_program_that_is_missing_are_failures(self):
        self.add("crashes", "kill -SEGV $$")
        self.write(f"add_test(missing {self.build}/no-such-program)")
        code, lines = self.run_script(self.build)
        self.assertEqual(code, 8)
        self.assert_closes(lines, "0% tests passed, 2 tests failed out of 2")

    def test_skipped_counts_as_passed_and_disabled_not_at_all(self):
        self.add("passes")
        self.add("skipped", "echo SKIPPED", SKIP_REGULAR_EXPRESSION="SKIPPED")
        self.add("skipped by its code", "exit 77", SKIP_RETURN_CODE="77")
        self.add("disabled", "false", DISABLED="TRUE")
        code, lines = self.run_script(self.build)
        self.assertEqual(code, 0)
        self.assert_closes(lines, "100% tests passed, 0 tests failed out of 3")

    def assert_no_outcome(self, *arguments: object) -> None:
        code, lines = self.run_script(*arguments)
        self.assertEqual(code, 1)
        self.assertEqual(CLOSING_LINE.findall("\n".join(lines)), [])

    def test_an_empty_suite_is_an_error(self):
        self.add("one")
        self.assert_no_outcome(self.build, "--tests-regex", "none like this")

    def test_tests_that_cannot_be_listed_are_an_error(self):
        self.add("one")
        self.write("message(FATAL_ERROR broken)")
        self.assert_no_outcome(self.build)

    def test_a_suite_of_disabled_tests_is_an_error(self):
        self.add("disabled", DISABLED="TRUE")
        code, lines = self.run_script(self.build)
        self.assertEqual(code, 1)
        self.assertIn("disabled", lines[-1])

    def test_a_build_that_is_missing_is_an_error(self):
        self.assert_no_outcome(self.build / "nowhere")

    def test_a_ctest_that_is_killed_is_an_error(self):
        self.add("kills", "kill -KILL $PPID")
        self.assert_no_outcome(self.build)

    def test_an_interrupt_ends_it(self):
        self.add("waits", "echo waiting as $$; exec tail -f /dev/null")
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(how), self.start(self.build, "--verbose") as process:
                waiting = next(filter(None, (re.search(r"waiting as (\d+)$", line) for line in process.stdout)))
                self.addCleanup(kill_if_it_is_there, int(waiting[1]))  # a newer ctest has ended it
                process.send_signal(how)
                self.assertEqual(process.wait(), -signal.SIGINT)
                self.assertNotIn("Traceback", process.stdout.read())

    # Several suites.

    def test_several_runs_have_one_closing_line(self):
        self.add("always", "false", LABELS="first")
        self.add_failing_first("once")
        counts = self.build / "counts"
        self.assertEqual(self.run_script("--counts", counts, self.build, "--label-exclude", "first")[0], 0)
        code, lines = self.run_script("--counts", counts, self.build, "--label-regex", "first")
        self.assertEqual(code, 8)
        self.assertEqual(CLOSING_LINE.findall("\n".join(lines)), [])
        code, lines = self.run_script("--sum", counts)
        self.assertEqual(code, 8)
        self.assertIn("flaky: once (failed 1 of 2) in build", lines)
        self.assert_closes(lines, "50% tests passed, 1 tests failed out of 2")

    def test_a_run_without_an_outcome_adds_nothing_to_the_counts(self):
        counts = self.build / "counts"
        counts.touch()
        self.assert_no_outcome("--counts", counts, self.build)
        self.assertEqual(counts.read_text(), "")
        self.assert_no_outcome("--sum", counts)


if __name__ == "__main__":
    unittest.main()
