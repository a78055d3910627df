"""Contestants in turn: one warm-up round that checks every byte, then the rounds that count."""

import subprocess
from typing import Callable

from report import Line
from workplace import BenchmarkError, has

Trial = Callable[[Line, bool], float | None]  # told whether this is the warm-up; gives the value otherwise


class Contest:
    """Collects contestants, then runs them A B C A B C …: what disturbs the machine disturbs all of them."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._trials: list[tuple[Line, Callable[[bool], float | None]]] = []

    def enter(self, line: Line, trial: Trial, needs: str = "") -> None:
        """A yardstick that is not installed is a line that says so."""
        self.lines.append(line)
        if needs and not has(needs):
            line.missing = f"{needs} is not installed"
        else:
            self._trials.append((line, lambda warm_up: trial(line, warm_up)))

    def run(self, trials: int) -> list[Line]:
        for number in range(trials + 1):
            for line, trial in self._trials:
                if not line.missing:
                    collect(line, trial, warm_up=number == 0)
        return self.lines


def collect(line: Line, trial: Callable[[bool], float | None], warm_up: bool) -> None:
    """A contestant that fails is out, and its line says why; the others go on."""
    try:
        value = trial(warm_up)
    except (BenchmarkError, OSError, subprocess.SubprocessError) as error:
        line.values.clear()
        line.missing = f"failed: {error}"
        line.failed = True
        return
    if not warm_up and value is not None:
        line.values.append(value)
