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
from workplace import BenchmarkError, check_bytes, run, settle, timed

PICTURE = 150_000
DIFFERENT = 50  # contents; the ids take turns


def pictures(setting: Setting, count: int) -> Published:
    files = [setting.nginx.random_file(PICTURE, number) for number in range(min(count, DIFFERENT))]
    return setting.nginx.publish(f"pictures{count}", [files[number % len(files)] for number in range(count)])


def copy_of_directory(folder, target) -> list:
    """`cp` asks for the listing itself."""
    return ["cp", "-r", folder, target]


def copy_of_files(files: list, target, at_a_time: int = 1) -> list:
    """`cp` is given the names: no listing says what comes next."""
    target.mkdir()
    if at_a_time == 1:
        return ["cp", *files, target]
    return ["bash", "-c", 'target=$1; shift; printf "%s\\0" "$@" | xargs -0 -n 4 -P ' + str(at_a_time) +
            ' cp -t "$target"', "bash", target, *files]


def check_copies(folder, checksums: dict[str, str]) -> None:
    """Everything is there under its name, also in each attempt that a session has, and nothing else."""
    for place in (folder, *folder.glob("attempts/*")):
        names = {path.name for path in place.iterdir() if not path.is_dir()}
        if names != set(checksums):
            raise BenchmarkError(f"{len(names ^ set(checksums))} copies are missing or have another name")
        for name, checksum in checksums.items():
            check_bytes(place / name, checksum)


def copy_trial(setting: Setting, published: Published, mount_it, listed: bool = False):
    """`cp -r` of the directory. The copies are checked in every trial, after the time was taken."""

    def trial(line: Line, _warm_up: bool):
        setting.refresh_origin(published)
        with mount_it() as mount, setting.workplace.folder("copies") as target:
            if listed:
                os.listdir(mount.directory(published))
            settle()
            seconds = timed(copy_of_directory(mount.directory(published), target / "copy"))
            note_memory(line, mount)
            names = {mount.name(published, media): checksum for media, checksum in published.checksums.items()}
            check_copies(target / "copy", names)
            return seconds

    return trial


def copy_named_trial(setting: Setting, published: Published, mount_it, at_a_time: int = 1):
    """`cp` of the media by their ids, which no listing is needed for."""

    def trial(line: Line, _warm_up: bool):
        setting.refresh_origin(published)
        with mount_it() as mount, setting.workplace.folder("copies") as target:
            settle()
            files = [mount.file(media) for media in published.ids]
            seconds = timed(copy_of_files(files, target / "copy", at_a_time))
            note_memory(line, mount)
            check_copies(target / "copy", published.checksums)
            return seconds

    return trial


def copy_local(setting: Setting, published: Published):
    def trial(_line: Line, _warm_up: bool):
        setting.refresh_origin(published)
        with setting.workplace.folder("copies") as target:
            settle()
            return timed(copy_of_directory(setting.nginx.folder / "www/rows" / published.name, target / "copy"))

    return trial


def copy_many(setting: Setting) -> Row:
    published = pictures(setting, setting.scaled(2000, 100))
    moved = PICTURE * len(published.ids)
    contest = Contest()
    targets = [Target("rclone", 0.6), Target("rclone, listed before"), Target("local files")]
    with_attempt = 2 * moved  # the session's files stand there once more
    contest.enter(Line("mediafs", moved=with_attempt, targets=targets),
                  copy_trial(setting, published, setting.mediafs))
    contest.enter(Line("mediafs, by id", moved=moved), copy_named_trial(setting, published, setting.mediafs))
    contest.enter(Line("rclone", moved=moved), copy_trial(setting, published, lambda: setting.rclone(published)),
                  needs="rclone")
    contest.enter(Line("rclone, listed before", moved=moved),
                  copy_trial(setting, published, lambda: setting.rclone(published), listed=True), needs="rclone")
    contest.enter(Line("local files", moved=moved), copy_local(setting, published))
    notes = ["`cp -r` of the directory: of mediafs the session's, of rclone its mount. Each trial into a new cache and "
             "a new folder; every copy is checked. By id: `cp` with MOUNT/ID of each as arguments.",
             "The session has one attempt, whose directory has the same files: `cp` writes each of them twice, while "
             "each is fetched once.",
             "mediafs lists with a request each for the media, the attempts and the attempt. rclone needs one for every "
             "file; listed before: those are not in its time."]
    return Row(f"cp -r of {len(published.ids):,} files of 150 KB", contest.run(setting.trials), notes)


def listing(setting: Setting) -> Row:
    """Names that are known, in the three kinds of directories that can be large, against the same on a tmpfs."""
    count = setting.scaled(10_000, 200)
    published = setting.nginx.publish("names", [setting.nginx.random_file(1000)] * count)
    lines = []
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(setting.workplace.mounted("tmpfs"))
        for what, place in (("known media", known_media), ("a session", listed_session), ("sessions", all_sessions)):
            folder = stack.enter_context(place(setting, published))
            same = same_names(folder, plain / what.replace(" ", "-"), least=count)
            for how in ("-f", "-l"):
                lines += list_in_turn(setting, (f"mediafs, {what}, ls {how}", folder),
                                      (f"tmpfs, {what}, ls {how}", same), how)
    notes = ["Known media: the root, every media of which has been asked for, after a remount. A session: the "
             "directory of one whose listing has them all and of which nothing has been read. Sessions: `sessions/` "
             "with as many ids in `--sessions FILE`.",
             "The names are known, and the first `ls` is the warm-up. hyperfine runs `ls` without a shell. The tmpfs "
             "has the same names, in the last case directories."]
    return Row(f"Listing {count:,} names", lines, notes)


@contextlib.contextmanager
def known_media(setting: Setting, published: Published):
    with setting.mediafs() as mount:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda media: os.stat(mount.file(media)), published.ids))
        mount.remount()
        yield mount.point


@contextlib.contextmanager
def listed_session(setting: Setting, published: Published):
    with setting.mediafs() as mount:
        yield mount.directory(published)


@contextlib.contextmanager
def all_sessions(setting: Setting, published: Published):
    with setting.workplace.folder("sessions") as folder:
        file = folder / "sessions"
        file.write_text("".join(f"bench-session-{number:06}\n" for number in range(len(published.ids))))
        with setting.mediafs("--sessions", file) as mount:
            yield mount.point / "sessions"


def same_names(folder, plain, least: int):
    """A directory of as many names, of empty files and directories."""
    plain.mkdir()
    with os.scandir(folder) as entries:
        for entry in entries:
            path = plain / entry.name
            path.mkdir() if entry.is_dir() else path.touch()
    if len(os.listdir(plain)) < least:
        raise BenchmarkError(f"{folder.name}: does not list what it knows")
    return plain


def list_in_turn(setting: Setting, ours: tuple, plain: tuple, how: str) -> list[Line]:
    """Both as a line's name and a directory."""
    contest = Contest()
    result = setting.workplace.root / "hyperfine.json"

    def hyperfine(folder):
        def trial(_line: Line, warm_up: bool):
            words = ["hyperfine", "-N", "--runs", "1" if warm_up else "2", "--export-json", result]
            run([*words, f"ls {how} {folder}"])
            return json.loads(result.read_text())["results"][0]["min"]

        return trial

    contest.enter(Line(ours[0], targets=[Target(plain[0])]), hyperfine(ours[1]), "hyperfine")
    contest.enter(Line(plain[0]), hyperfine(plain[1]), "hyperfine")
    return contest.run(setting.trials)
