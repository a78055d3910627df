"""Many small files: copying them, listing them."""

import contextlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

from origin import Published
from report import Line, Row, Target
from setting import Setting, note_memory
from trials import Contest
from workplace import check_bytes, run, settle, timed

PICTURE = 150_000
DIFFERENT = 50  # contents; the ids take turns


def pictures(setting: Setting, count: int) -> Published:
    files = [setting.nginx.random_file(PICTURE, number) for number in range(min(count, DIFFERENT))]
    return setting.nginx.publish(f"pictures{count}", [files[number % len(files)] for number in range(count)])


def files_to_copy(folder, published: Published) -> list:
    """What `cp` is given. Where one directory holds them all, it will be `-r` and that directory."""
    return [folder / media for media in published.ids]


def copy_command(folder, published: Published, target, at_a_time: int) -> list:
    files = files_to_copy(folder, published)
    if at_a_time == 1:
        return ["cp", *files, target]
    return ["bash", "-c", 'target=$1; shift; printf "%s\\0" "$@" | xargs -0 -n 4 -P ' + str(at_a_time) +
            ' cp -t "$target"', "bash", target, *files]


def copy_trial(setting: Setting, published: Published, mount_it, at_a_time: int = 1, listed: bool = False):
    """The copies are checked in every trial, after the time was taken."""

    def trial(line: Line, _warm_up: bool):
        setting.refresh_origin(published)
        with mount_it() as mount, setting.workplace.folder("copies") as target:
            if listed:
                os.listdir(mount.point)
            settle()
            seconds = timed(copy_command(mount.point, published, target, at_a_time))
            note_memory(line, mount)
            for media, checksum in published.checksums.items():
                check_bytes(target / media, checksum)
            return seconds

    return trial


def copy_local(setting: Setting, published: Published):
    def trial(_line: Line, _warm_up: bool):
        setting.refresh_origin(published)
        with setting.workplace.folder("copies") as target:
            settle()
            return timed(copy_command(setting.nginx.folder / "www/rows" / published.name, published, target, 1))

    return trial


def copy_many(setting: Setting) -> Row:
    published = pictures(setting, setting.scaled(2000, 100))
    moved = PICTURE * len(published.ids)
    contest = Contest()
    targets = [Target("rclone", 0.6), Target("rclone, listed before"), Target("local files")]
    contest.enter(Line("mediafs", moved=moved, targets=targets), copy_trial(setting, published, setting.mediafs))
    contest.enter(Line("rclone", moved=moved), copy_trial(setting, published, lambda: setting.rclone(published)),
                  needs="rclone")
    contest.enter(Line("rclone, listed before", moved=moved),
                  copy_trial(setting, published, lambda: setting.rclone(published), listed=True), needs="rclone")
    contest.enter(Line("local files", moved=moved), copy_local(setting, published))
    notes = ["`cp` with the names as arguments, each trial into a new cache and a new folder; every copy is checked.",
             "rclone has to list the directory, with a request for every file; listed before: that is not in its time."]
    return Row(f"cp of {len(published.ids):,} files of 150 KB", contest.run(setting.trials), notes)


def listing(setting: Setting) -> Row:
    """Names that are known from the cache, against the same names on a tmpfs."""
    count = setting.scaled(10_000, 200)
    published = setting.nginx.publish("names", [setting.nginx.random_file(1000)] * count)
    with contextlib.ExitStack() as stack:
        mount = stack.enter_context(setting.mediafs())
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda media: os.stat(mount.file(media)), published.ids))
        mount.remount()
        plain = stack.enter_context(setting.workplace.mounted("tmpfs"))
        for media in published.ids:
            (plain / media).touch()
        if len(os.listdir(mount.point)) != count:
            raise AssertionError("the mount does not list what it knows")
        lines = [line for how in ("-f", "-l") for line in list_in_turn(setting, mount, plain, how)]
    notes = ["The names are known from the cache; the first `ls` is the warm-up. hyperfine runs `ls` without a shell."]
    return Row(f"Listing {count:,} names", lines, notes)


def list_in_turn(setting: Setting, mount, plain, how: str) -> list[Line]:
    contest = Contest()
    result = setting.workplace.root / "hyperfine.json"

    def hyperfine(folder):
        def trial(_line: Line, warm_up: bool):
            words = ["hyperfine", "-N", "--runs", "1" if warm_up else "2", "--export-json", result]
            run([*words, f"ls {how} {folder}"])
            return json.loads(result.read_text())["results"][0]["min"]

        return trial

    contest.enter(Line(f"mediafs, ls {how}", targets=[Target(f"tmpfs, ls {how}")]), hyperfine(mount.point), "hyperfine")
    contest.enter(Line(f"tmpfs, ls {how}"), hyperfine(plain), "hyperfine")
    return contest.run(setting.trials)
