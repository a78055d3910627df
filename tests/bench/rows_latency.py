"""An origin that is a round trip away."""

import os
import statistics
import time

from origin import DelayLine, Published, Sandbox
from report import Line, Row, Target
from rows_many import copy_named_trial, copy_trial, pictures
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


FIRST_BYTE_NOTES = [
    f"open() and the first byte, the median of {FILES} new media one after the other. A picture has 150 KB, the video "
    "100 MB; the line \"video\" opens one in each trial, \"video after video\" finds the streams of those before it "
    "still running.",
    "The signed picture and the videos come from the sandbox with `--latency 50ms`; the picture waits for its last "
    "byte and its verification. The others come from nginx behind a line that holds each request up for 50 ms.",
    "rclone's listing, which costs it a request for every file, has been made before.",
]


def first_byte_trial(mount_it, published: Published, listed: bool = False, files: int = FILES):
    def trial(_line: Line, warm_up: bool):
        with mount_it() as mount:
            if listed:
                os.listdir(mount.point)
            if warm_up:
                return check_some(mount, published)
            return median_first_byte(mount, published.ids[:files])

    return trial


def first_byte(setting: Setting) -> Row:
    line_away = DelayLine(setting.workplace, setting.nginx.port, DELAY)
    sandbox = setting.sandbox("--latency", f"{DELAY * 1000:.0f}ms")
    signed, video, small = synthetic(sandbox, PICTURE), synthetic(sandbox, VIDEO), pictures(setting, FILES)

    def of_sandbox():
        return setting.mediafs(url=sandbox.url)

    def of_nginx():
        return setting.mediafs(url=line_away.url)

    def rclone():
        return setting.rclone(small, line_away.url)

    contest = Contest()
    goal = Target(limit=DELAY + 0.005)
    contest.enter(Line("mediafs, signed picture", targets=[goal]), first_byte_trial(of_sandbox, signed))
    compared = [goal, Target("rclone, picture")]
    contest.enter(Line("mediafs, picture", targets=compared), first_byte_trial(of_nginx, small))
    contest.enter(Line("mediafs, video", targets=[goal]), first_byte_trial(of_sandbox, video, files=1))
    contest.enter(Line("mediafs, video after video"), first_byte_trial(of_sandbox, video))
    contest.enter(Line("rclone, picture"), first_byte_trial(rclone, small, listed=True), needs="rclone")
    lines = contest.run(setting.trials)
    sandbox.stop()
    line_away.stop()
    return Row("First byte of a cold file, origin 50 ms away", lines, FIRST_BYTE_NOTES)


def copy_directory(setting: Setting) -> Row:
    line_away = DelayLine(setting.workplace, setting.nginx.port, DELAY)
    published = pictures(setting, 100)

    def mediafs(*options):
        return setting.mediafs(*options, url=line_away.url)

    def rclone():
        return setting.rclone(published, line_away.url)

    contest = Contest()
    moved = PICTURE * len(published.ids)
    with_attempt = 2 * moved  # the session's files stand there once more
    contest.enter(Line("mediafs", moved=with_attempt, targets=[Target(limit=0.8), Target("rclone")]),
                  copy_trial(setting, published, mediafs))
    contest.enter(Line("mediafs, --prefetch=off", moved=with_attempt),
                  copy_trial(setting, published, lambda: mediafs("--prefetch=off")))
    contest.enter(Line("mediafs, 16 cp at a time, by id", moved=moved),
                  copy_named_trial(setting, published, mediafs, at_a_time=16))
    contest.enter(Line("rclone", moved=moved), copy_trial(setting, published, rclone), needs="rclone")
    lines = contest.run(setting.trials)
    line_away.stop()
    notes = ["`cp -r` of the directory: of mediafs the session's, of rclone its mount. What it takes to list it is in "
             "the time: for mediafs a request each for the media, the attempts and the attempt, for rclone one for "
             "every file.",
             "The session has one attempt, whose directory has the same files: `cp` writes each of them twice, while "
             "each is fetched once.",
             "Every copy is checked. By id: `cp` with MOUNT/ID of each as arguments, so that nothing says what comes "
             "next."]
    return Row(f"cp -r of {len(published.ids)} files of 150 KB, origin 50 ms away", lines, notes)
