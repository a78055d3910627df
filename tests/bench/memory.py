"""The anonymous memory of a process, sampled: the kernel keeps no peak of it."""

import threading
from pathlib import Path
from typing import Callable

INTERVAL = 0.01


def status_of(pid: int, field: str) -> int:
    """A number of /proc/PID/status (memory in KiB); 0 where the process is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{field}:")), 0)


class AnonymousMemory:
    """Samples RssAnon from start to stop on a thread of its own; `server` gives the process."""

    def __init__(self, server: Callable[[], int]) -> None:
        self.server = server
        self.peak = 0  # bytes
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stopping.wait(INTERVAL):
            self.look()

    def look(self) -> None:
        self.peak = max(self.peak, 1024 * status_of(self.server(), "RssAnon"))

    def stop(self) -> None:
        self.look()
        self._stopping.set()
        self._thread.join()
