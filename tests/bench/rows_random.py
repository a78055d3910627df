"""fio's jobs over a cached file."""

import contextlib
import itertools

from fio import fio
from report import Line, Row, Target
from setting import Setting, filled
from trials import Contest
from workplace import drop_pages_of

MICROSECOND = 1e-6
READS = 16384


@contextlib.contextmanager
def cached_large(setting: Setting):
    """The large file in a mount of each kind, read before and kept on disk."""
    published = setting.large
    with contextlib.ExitStack() as mounts:
        places = {"mediafs": filled(mounts.enter_context(setting.mediafs()), published).file(published.ids[0])}
        if setting.has_rclone:
            rclone = mounts.enter_context(setting.rclone(published))
            places["rclone"] = filled(rclone, published).file(published.ids[0])
        yield places


def random_small(setting: Setting) -> Row:
    """4 KiB at random places, one after the other."""
    reads = setting.scaled(READS, 1024)
    contest = Contest()
    with cached_large(setting) as places:
        for direct in (False, True):
            for name in ("mediafs", "rclone"):
                enter_small(setting, contest, name, places.get(name), direct, reads)
        lines = contest.run(setting.trials)
    notes = [f"fio, psync, {reads} reads at places of a cached {setting.large_name} that do not repeat, after the "
             "mount's pages of it have been dropped; buffered: with `POSIX_FADV_RANDOM`, which fio gives. The cache's "
             "own file is in memory."]
    return Row("4 KiB random reads of a cached file", lines, notes)


def enter_small(setting: Setting, contest: Contest, name: str, path, direct: bool, reads: int) -> None:
    how = "O_DIRECT" if direct else "buffered"
    line, tail = Line(f"{name}, {how}: p50"), Line(f"{name}, {how}: p99")

    def trial(_line: Line, warm_up: bool):
        drop_pages_of(path)
        found = fio(path, "randread", "4k", direct, number_ios=reads, size=setting.size)
        if not warm_up:
            tail.values.append(found.p99)
        return found.p50

    if name == "mediafs":
        line.targets = [Target(limit=40 * MICROSECOND), Target(f"rclone, {how}: p50")]
    contest.enter(line, trial, needs="rclone" if name == "rclone" else "")
    if path:
        contest.lines.append(tail)


def published_jobs(setting: Setting) -> Row:
    """bs=256k and a synchronous engine, as other file systems over objects publish them."""
    contest = Contest()
    with cached_large(setting) as places:
        for pattern, jobs, direct in itertools.product(("read", "randread"), (1, 4), (False, True)):
            enter_job(setting, contest, places, pattern, jobs, direct)
        lines = contest.run(setting.trials)
    notes = ["fio, bs=256k, psync; the jobs share the file, each reads its part of it once, after the mount's pages of "
             "it have been dropped. The time is that of the whole file."]
    return Row(f"fio's jobs over a cached {setting.large_name}", lines, notes)


def enter_job(setting: Setting, contest: Contest, places: dict, pattern: str, jobs: int, direct: bool) -> None:
    part = setting.size // jobs
    kind = f"{'sequential' if pattern == 'read' else 'random'}, {jobs} job{'s' if jobs > 1 else ''}"
    kind += ", O_DIRECT" if direct else ", buffered"

    def trial(path):
        def one(_line: Line, _warm_up: bool):
            drop_pages_of(path)
            return setting.size / fio(path, pattern, "256k", direct, jobs, size=part, offset_increment=part).bandwidth

        return one

    for name in ("mediafs", "rclone"):
        targets = [Target(f"rclone: {kind}")] if name == "mediafs" else []
        line = Line(f"{name}: {kind}", moved=setting.size, targets=targets)
        contest.enter(line, trial(places.get(name)), needs="rclone" if name == "rclone" else "")
