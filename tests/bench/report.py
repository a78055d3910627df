"""What a row found, and its Markdown."""

import math
import statistics
from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass
class Target:
    """`limit` times the line `against`, or an absolute one; without a limit it is only compared."""

    against: str = ""
    limit: float | None = None
    worst: bool = False  # no trial may exceed it; else the median counts


@dataclass
class Line:
    """One contestant of a row: a value for each trial."""

    what: str
    values: list[float] = field(default_factory=list)
    unit: str = "s"  # s, B, or what is counted
    moved: int = 0  # bytes that each trial moves
    memory: int = 0  # peak anonymous memory, bytes
    targets: list[Target] = field(default_factory=list)
    missing: str = ""  # why there are no values
    failed: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass
class Row:
    title: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    broken: bool = False

    @property
    def failed(self) -> bool:
        return self.broken or any(line.failed for line in self.lines)

    def line(self, what: str) -> Line | None:
        return next((line for line in self.lines if line.what == what and line.values), None)


def amount(value: float, unit: str) -> str:
    if unit == "B":
        return f"{value / MIB:.0f} MiB"
    if unit != "s":
        return f"{value:.0f} {unit}".strip()
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")):
        if value * factor >= 1 or name == "ns":
            break
    digits = max(0, 2 - math.floor(math.log10(max(value * factor, 1))))
    return f"{value * factor:.{digits}f} {name}"


def verdict(row: Row, line: Line, target: Target) -> str:
    """Such as `0.91 of curl (target 1.2: met)`."""
    if target.against:
        other = row.line(target.against)
        if other is None:
            return f"{target.against}: missing"
        value, limit = line.median / other.median, target.limit
        text, bound = f"{value:.2f} of {target.against}", f"{limit:g}" if limit is not None else ""
    else:
        value, limit = max(line.values) if target.worst else line.median, target.limit
        text, bound = "", amount(limit, line.unit) if limit is not None else ""
    if limit is None:
        return text
    met = "met" if value <= limit else "**not met**"
    bound += " in every trial" if target.worst else ""
    return f"{text} (≤ {bound}: {met})".strip() if text else f"≤ {bound}: {met}"


def cells(row: Row, line: Line) -> list[str]:
    if not line.values:
        return [line.what, line.missing, "", "", "", ""]
    spread = f"{amount(min(line.values), line.unit)} – {amount(max(line.values), line.unit)}"
    speed = f"{line.moved / line.median / 1e6:.0f}" if line.moved else ""
    memory = amount(line.memory, "B") if line.memory else ""
    verdicts = "; ".join(verdict(row, line, target) for target in line.targets)
    return [line.what, amount(line.median, line.unit), spread, speed, memory, verdicts]


HEAD = ["", "median", "min – max", "MB/s", "anonymous memory, peak", "compared"]


def markdown_of(row: Row) -> str:
    """A heading, a table and its notes."""
    table = [HEAD, ["---"] * len(HEAD), *(cells(row, line) for line in row.lines)]
    text = [f"### {row.title}", "", *("| " + " | ".join(words) + " |" for words in table)]
    if row.notes:
        text += ["", *(f"- {note}" for note in row.notes)]
    return "\n".join(text) + "\n"


def summary_of(rows: list[Row]) -> str:
    """Every target in one table."""
    text = ["| target | measured | |", "| --- | --- | --- |"]
    for row in rows:
        for line in row.lines:
            for target in line.targets:
                if target.limit is None:
                    continue
                found = verdict(row, line, target) if line.values else line.missing
                text.append(f"| {row.title}: {line.what} | {amount_of(line)} | {found} |")
    return "\n".join(text) + "\n"


def amount_of(line: Line) -> str:
    return amount(line.median, line.unit) if line.values else ""
