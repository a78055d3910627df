"""What is cached, while a thousand readers hang on an origin that never answers."""

import contextlib
import itertools
import os
import sys
import time
from pathlib import Path

from fio import fio
from origin import Sandbox
from report import Line, Row, Target
from setting import Setting
from workplace import check_bytes, drop_pages_of, ended, started, wait_until

READERS = 1000
KNOWN_SIZE = 64 << 20
KNOWN = f"gen-{KNOWN_SIZE:013}-known00001"
READS = 4096


class HangingReaders:
    """A process with a thread for each reader; they are let go at the end of the block."""

    numbers = itertools.count(1)

    def __init__(self, mount, sandbox: Sandbox) -> None:
        self.mount, self.sandbox = mount, sandbox

    def __enter__(self) -> None:
        program = Path(__file__).with_name("hanging_readers.py")
        prefix = f"hanging-{next(self.numbers):06}"
        self.process = started([sys.executable, program, self.mount.point, prefix, READERS])
        wait_until(lambda: self.mount.waiting_requests() >= READERS, "a thousand hanging readers")

    def __exit__(self, *exception) -> None:
        end = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < end:
            self.sandbox.control("release")  # more requests follow: not all have a connection at a time
            time.sleep(0.02)
        ended(self.process)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def seconds_of(action, count: int) -> list[float]:
    found = []
    for _ in range(count):
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return found


def measure(mount, lines: dict[str, Line]) -> None:
    """One trial of everything."""
    path = mount.file(KNOWN)
    found = fio(path, "randread", "4k", True, number_ios=READS, size=KNOWN_SIZE)
    lines["cached read, p50"].values.append(found.p50)
    lines["cached read, p99"].values.append(found.p99)
    lines["stat, p99"].values.append(percentile(seconds_of(lambda: os.stat(path), 1000), 0.99))
    lines["ls, p99"].values.append(percentile(seconds_of(lambda: os.listdir(mount.point), 200), 0.99))
    lines["threads of the server"].values.append(mount.threads())


def lines_of(state: str) -> dict[str, Line]:
    names = ("cached read, p50", "cached read, p99", "stat, p99", "ls, p99")
    lines = {name: Line(f"{name}, {state}") for name in names}
    lines["threads of the server"] = Line(f"threads of the server, {state}", unit="threads")
    return lines


def hanging(setting: Setting) -> Row:
    rules = setting.workplace.new_folder("rules") / "rules"
    rules.write_text(f"{KNOWN} * delay 0ms\n* * hang\n")
    alone, crowded = lines_of("alone"), lines_of("1,000 hanging")
    crowded["cached read, p99"].targets = [Target(limit=0.005), Target("cached read, p99, alone")]
    with contextlib.ExitStack() as stack:
        sandbox = setting.sandbox("--threads", "2000", "--rules", rules)
        stack.callback(sandbox.stop)
        mount = stack.enter_context(setting.mediafs("--deadline", "10m", url=sandbox.url))
        checksum = sandbox.checksum(KNOWN)
        check_bytes(mount.file(KNOWN), checksum)
        mount.remount()
        for number in range(setting.trials + 1):
            keep = number > 0
            measure(mount, alone if keep else lines_of("warm-up"))
            with HangingReaders(mount, sandbox):
                drop_pages_of(mount.file(KNOWN))
                if not keep:
                    check_bytes(mount.file(KNOWN), checksum)
                measure(mount, crowded if keep else lines_of("warm-up"))
    notes = [f"Each of the {READERS:,} readers is blocked in stat() of a media of its own, and the origin (the sandbox, "
             "rule `hang`) answers none of them. The read is fio's: 4 KiB at random places with O_DIRECT, so that each "
             "reaches the server.",
             "stat of a known file is answered by the kernel; ls asks the server."]
    return Row("Cached reads while 1,000 readers hang", [*alone.values(), *crowded.values()], notes)
