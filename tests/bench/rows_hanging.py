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
READS = 4096


NOTES = [
    f"Each of the {READERS:,} readers is blocked in stat() of a media of its own, and the origin (the sandbox, rule "
    "`hang`) answers none of them. The read is fio's: 4 KiB at random places of the large file with O_DIRECT, so that "
    "each reaches the server.",
    "stat of a known file is answered by the kernel; ls asks the server.",
]


class HangingReaders:
    """A process with a thread for each reader; they are let go at the end of the block."""

    numbers = itertools.count(1)

    def __init__(self, mount, sandbox: Sandbox, connections: Path) -> None:
        self.mount, self.sandbox, self.connections = mount, sandbox, connections

    def __enter__(self) -> None:
        program = Path(__file__).with_name("hanging_readers.py")
        prefix = f"hanging-{next(self.numbers):06}"
        self.process = started([sys.executable, program, self.mount.point, prefix, READERS])
        try:
            wait_until(self._all_hang, "a thousand hanging readers")
        except BaseException:
            self.__exit__()
            raise

    def _all_hang(self) -> bool:
        return self.mount.waiting_requests(self.connections) >= READERS

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


def measure(mount, path: Path, size: int, lines: dict[str, Line]) -> None:
    """One trial of everything."""
    found = fio(path, "randread", "4k", True, number_ios=READS, size=size)
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
    known = f"gen-{setting.size:013}-known00001"
    rules = setting.workplace.new_folder("rules") / "rules"
    rules.write_text(f"{known} * delay 0ms\n* * hang\n")
    alone, crowded = lines_of("alone"), lines_of("1,000 hanging")
    crowded["cached read, p99"].targets = [Target(limit=0.005), Target("cached read, p99, alone")]
    with contextlib.ExitStack() as stack:
        connections = stack.enter_context(setting.workplace.mounted("fusectl"))
        sandbox = setting.sandbox("--threads", "2000", "--rules", rules)
        stack.callback(sandbox.stop)
        mount = stack.enter_context(setting.mediafs("--deadline", "10m", url=sandbox.url))
        path, checksum = mount.file(known), sandbox.checksum(known)
        check_bytes(path, checksum)
        mount.remount()
        for number in range(setting.trials + 1):
            warm_up = number == 0
            measure(mount, path, setting.size, lines_of("warm-up") if warm_up else alone)
            with HangingReaders(mount, sandbox, connections):
                if warm_up:
                    drop_pages_of(path)
                    check_bytes(path, checksum)
                measure(mount, path, setting.size, lines_of("warm-up") if warm_up else crowded)
    return Row(f"Cached reads while {READERS:,} readers hang", [*alone.values(), *crowded.values()], NOTES)
