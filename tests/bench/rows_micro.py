"""What single pieces cost: the C++ beside this file, under Google Benchmark."""

import json

from report import Line, Row
from setting import Setting
from workplace import run

SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


def micro(setting: Setting) -> Row:
    words = [setting.build / "mediafs_microbench", "--benchmark_format=json", "--benchmark_min_time=0.2",
             f"--benchmark_repetitions={setting.trials}"]
    lines: dict[str, Line] = {}
    for found in json.loads(run(words).stdout)["benchmarks"]:
        if found["run_type"] != "iteration":
            continue
        seconds = found["real_time"] * SECONDS[found["time_unit"]]
        name = found["run_name"].removesuffix("/real_time").replace("_", " ").replace("mib", "MiB")
        line = lines.setdefault(name, Line(name))
        line.values.append(seconds)
        line.moved = round(found.get("bytes_per_second", 0) * seconds)
    notes = ["Google Benchmark; a chunk has 128 KiB. A put seals 512 chunks and ends with the commit of the last one."]
    return Row("Single pieces", list(lines.values()), notes)
