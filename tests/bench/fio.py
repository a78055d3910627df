"""fio, the reader for what is too quick to be timed by a script."""

import json
from dataclasses import dataclass

from workplace import run


@dataclass
class Found:
    p50: float  # seconds
    p99: float
    bandwidth: float  # bytes a second
    seconds: float


def fio(path, pattern: str, block: str, direct: bool, jobs: int = 1, **options) -> Found:
    """Reads `path` and nothing else. fio drops the file's own pages first and gives random advice by itself."""
    words = ["fio", "--name=job", "--readonly", "--output-format=json", "--ioengine=psync", "--thread",
             "--group_reporting", f"--filename={path}", f"--rw={pattern}", f"--bs={block}", f"--direct={int(direct)}",
             f"--numjobs={jobs}", "--percentile_list=50:99"]
    words += [f"--{name}={value}" for name, value in options.items()]
    text = run(words).stdout.decode()
    read = json.loads(text[text.index("{"):])["jobs"][0]["read"]
    percentile = read["clat_ns"]["percentile"]
    return Found(percentile["50.000000"] / 1e9, percentile["99.000000"] / 1e9, float(read["bw_bytes"]),
                 read["runtime"] / 1e3)
