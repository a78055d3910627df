"""bench.py --build DIR [options]: runs the benchmark's rows and prints what they found, as Markdown.

Needs root, for real mounts and for dropping the kernel's pages. docs/BENCHMARKS.md says how to read it.
"""

import argparse
import os
import platform
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import rows_cache
import rows_hanging
import rows_latency
import rows_limits
import rows_many
import rows_micro
import rows_random
import rows_readers
import rows_restart
import rows_sequential
from report import Row, markdown_of, summary_of
from setting import GIB, Setting
from workplace import BenchmarkError, Workplace, has

ROWS = {
    "cold": rows_sequential.cold,
    "cold-signed": rows_sequential.cold_signed,
    "read-again": rows_sequential.read_again,
    "warm": rows_sequential.warm,
    "first-byte": rows_latency.first_byte,
    "copy-directory": rows_latency.copy_directory,
    "copy-many": rows_many.copy_many,
    "one-file": rows_readers.one_file,
    "random-4k": rows_random.random_small,
    "bounded": rows_cache.bounded,
    "hanging": rows_hanging.hanging,
    "restarts": rows_restart.restarts,
    "limits": rows_limits.limits,
    "streams": rows_readers.streams,
    "fio": rows_random.published_jobs,
    "listing": rows_many.listing,
    "micro": rows_micro.micro,
}


MARK = "<!-- measured -->\n"


def size_of(text: str) -> int:
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    if not match:
        raise argparse.ArgumentTypeError("a size such as 64M")
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.sh", description=f"Rows: {' '.join(ROWS)}")
    parser.add_argument("--build", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rows", default=".", metavar="REGEX", help="only the rows whose names match")
    parser.add_argument("--trials", type=int, default=5, help="after the warm-up (%(default)s)")
    parser.add_argument("--size", type=size_of, default=GIB, help="of the large file (1G); less is a quick try")
    parser.add_argument("--output", type=Path, help="write there too; what stands before <!-- measured --> is kept")
    return parser.parse_args()


def said_by(command: list[str], pattern: str) -> str:
    """The version that a program gives itself."""
    if not has(command[0]):
        return "not installed"
    path = os.environ["PATH"] + ":/usr/sbin"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PATH": path})
    match = re.search(pattern, done.stdout + done.stderr)
    return match[1] if match else "?"


def machine() -> str:
    """The machine and the yardsticks by name."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) >> 20
    tools = {
        "nginx": said_by(["nginx", "-v"], r"nginx/(\S+)"),
        "rclone": said_by(["rclone", "version"], r"rclone v(\S+)"),
        "curl": said_by(["curl", "--version"], r"curl (\S+)"),
        "fio": said_by(["fio", "--version"], r"fio-(\S+)"),
    }
    return (f"{os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), {memory} GiB of memory, Linux "
            f"{platform.release()}; {', '.join(f'{name} {version}' for name, version in tools.items())}.")


def measured(setting: Setting, name: str) -> Row:
    """A row that fails says so, and the others go on."""
    start = time.monotonic()
    try:
        row = ROWS[name](setting)
    except (BenchmarkError, OSError, subprocess.SubprocessError, AssertionError) as error:
        row = Row(f"{name}: failed", notes=[str(error)], broken=True)
    print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return row


def document(setting: Setting, rows: list[Row], load: float) -> str:
    head = [f"Measured on {time.strftime('%Y-%m-%d')}: {machine()}",
            f"{setting.trials} trials after a warm-up; load before the run: {load:.1f}.", ""]
    return "\n".join([*head, summary_of(rows), *(markdown_of(row) for row in rows)])


def keep_in(file: Path, text: str) -> None:
    """Replaces what stands behind the mark, so that a document keeps its own words."""
    before, mark, _old = file.read_text().partition(MARK) if file.exists() else ("", "", "")
    file.write_text(f"{before}{mark}\n{text}" if mark else text)


def stop(_number, _frame) -> None:
    raise KeyboardInterrupt


def main() -> int:
    chosen = options()
    signal.signal(signal.SIGTERM, stop)
    load = os.getloadavg()[0]
    names = [name for name in ROWS if re.search(chosen.rows, name)]
    rows = []
    try:
        with Workplace() as workplace:
            setting = Setting(workplace, chosen.build.resolve(), chosen.trials, chosen.size)
            for name in names:
                rows.append(measured(setting, name))
                print(markdown_of(rows[-1]), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    text = document(setting, rows, load)
    print(text)
    if chosen.output:
        keep_in(chosen.output, text)
    return 1 if any(row.failed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
