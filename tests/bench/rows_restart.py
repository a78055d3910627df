"""How long a reader waits while the server is replaced under it."""

import mmap
import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

from report import Line, Row, Target
from setting import Setting, filled
from trials import Contest
from workplace import OTHERS, busy, wait_until

BLOCK = 4096
SERVED = 1.1  # seconds: of servers that are killed sooner, the twenty-first in a row waits
LIMIT = 0.2


class Reader:
    """Reads 4 KiB at random places past the kernel's pages, again and again; keeps the longest wait."""

    def __init__(self, path: Path, size: int) -> None:
        self.file = os.open(path, os.O_RDONLY | os.O_DIRECT)
        self.blocks = size // BLOCK
        self.longest = 0.0
        self.failure: OSError | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self._stopping.set()
        self._thread.join()
        os.close(self.file)

    def _read(self) -> None:
        place = mmap.mmap(-1, BLOCK)
        while not self._stopping.is_set():
            before = time.perf_counter()
            try:
                os.preadv(self.file, [place], random.randrange(self.blocks) * BLOCK)
            except OSError as failure:
                self.failure = failure
                return
            self.longest = max(self.longest, time.perf_counter() - before)


def upgrade(mount) -> None:
    subprocess.run([mount.program, "upgrade", mount.point], check=True, capture_output=True)


def kill(mount) -> None:
    before = mount.server()
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: mount.server() not in (0, before), "another server")


def restarts(setting: Setting) -> Row:
    published = setting.large
    contest = Contest()
    with setting.mediafs() as mount:
        path = filled(mount, published).file(published.ids[0])

        def trial(replace, crowd: int):
            def one(_line: Line, _warm_up: bool):
                with busy(path, crowd), Reader(path, setting.size) as reader:
                    time.sleep(SERVED)
                    replace(mount)
                    time.sleep(0.5)  # so that the wait is over, and in the figure
                if reader.failure:
                    raise reader.failure
                return reader.longest

            return one

        for name, replace in (("upgrade", upgrade), ("kill -9", kill)):
            for crowd in (0, OTHERS):
                beside = f", beside {crowd} others" if crowd else ""
                contest.enter(Line(f"{name}{beside}", targets=[Target(limit=LIMIT, worst=not crowd)]),
                              trial(replace, crowd))
        lines = contest.run(max(setting.trials, 10))
    notes = [f"The longest that a reader of 4 KiB blocks (O_DIRECT, a cached {setting.large_name}) waits for one of them "
             "while the server is replaced: by `mediafs upgrade`, or by the supervisor after kill -9. The others read the "
             "whole file in blocks of 1 MiB, so that both cores are busy.", "At least 10 trials."]
    return Row("Wait of a reader while the server is replaced", lines, notes)
