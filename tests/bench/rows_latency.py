"""An origin that is a round trip away."""

import os
import statistics
import time

from origin import DelayLine, Published, Sandbox
from report import Line, Row, Target
from rows_many import copy_trial, pictures
from setting import Setting
from trials import Contest
from workplace import check_bytes

DELAY = 0.05
PICTURE = 150_000
VIDEO = 100_000_000
FILES = 20  # a trial's value is the median of their first bytes
CHECKED = 3  # of them, in the warm-up


def synthetic(sandbox: Sandbox, size: int) -> Published:
    published = Published(f"synthetic{size}")
    for number in range(FILES):
        media = f"gen-{size:013}-first{number:06}"
        published.checksums[media] = sandbox.checksum(media) if number < CHECKED else ""
    return published


def seconds_to_first_byte(path) -> float:
    start = time.perf_counter()
    file = os.open(path, os.O_RDONLY)
    os.pread(file, 1, 0)
    seconds = time.perf_counter() - start
    os.close(file)
    return seconds


def median_first_byte(mount, media: list[str]) -> float:
    return statistics.median(seconds_to_first_byte(mount.file(name)) for name in media)


def check_some(mount, published: Published) -> None:
    for media in published.ids[:CHECKED]:
        check_bytes(mount.file(media), published.checksums[media])


def first_byte(setting: Setting) -> Row:
    line_away = DelayLine(setting.workplace, setting.nginx.port, DELAY)
    sandbox = setting.sandbox("--latency", f"{DELAY * 1000:.0f}ms")
    signed = synthetic(sandbox, PICTURE)
    video = synthetic(sandbox, VIDEO)
    small = pictures(setting, FILES)

    def trial(mount_it, published: Published, listed: bool = False):
        def one(_line: Line, warm_up: bool):
            with mount_it() as mount:
                if listed:
                    os.listdir(mount.point)
                if warm_up:
                    return check_some(mount, published)
                return median_first_byte(mount, published.ids)

        return one

    contest = Contest()
    goal = DELAY + 0.005
    contest.enter(Line("mediafs, signed picture", targets=[Target(limit=goal)]),
                  trial(lambda: setting.mediafs(url=sandbox.url), signed))
    contest.enter(Line("mediafs, picture", targets=[Target(limit=goal), Target("rclone, picture")]),
                  trial(lambda: setting.mediafs(url=line_away.url), small))
    contest.enter(Line("mediafs, video", targets=[Target(limit=goal)]),
                  trial(lambda: setting.mediafs(url=sandbox.url), video))
    contest.enter(Line("rclone, picture"), trial(lambda: setting.rclone(small, line_away.url), small, listed=True),
                  needs="rclone")
    lines = contest.run(setting.trials)
    sandbox.stop()
    line_away.stop()
    notes = [f"open() and the first byte, the median of {FILES} new media one after the other. A picture has 150 KB, "
             "the video 100 MB.",
             "The signed picture and the video come from the sandbox with `--latency 50ms`; the picture waits for its "
             "last byte and its verification. The others come from nginx behind a line that holds each request up for "
             "50 ms.",
             "rclone's listing, which costs it a request for every file, has been made before."]
    return Row("First byte of a cold file, origin 50 ms away", lines, notes)


def copy_directory(setting: Setting) -> Row:
    line_away = DelayLine(setting.workplace, setting.nginx.port, DELAY)
    published = pictures(setting, 100)

    def mediafs():
        return setting.mediafs(url=line_away.url)

    def rclone():
        return setting.rclone(published, line_away.url)

    contest = Contest()
    moved = PICTURE * len(published.ids)
    contest.enter(Line("mediafs", moved=moved, targets=[Target(limit=0.8), Target("rclone")]),
                  copy_trial(setting, published, mediafs))
    contest.enter(Line("mediafs, 16 cp at a time", moved=moved), copy_trial(setting, published, mediafs, at_a_time=16))
    contest.enter(Line("rclone", moved=moved), copy_trial(setting, published, rclone), needs="rclone")
    lines = contest.run(setting.trials)
    line_away.stop()
    notes = ["`cp` with the names as arguments: there is no directory yet that could say what comes next. "
             "rclone's time has its listing in it."]
    return Row(f"cp of {len(published.ids)} files of 150 KB, origin 50 ms away", lines, notes)
