"""One large file from its first byte to its last: cold, from the cache, from the kernel's pages."""

import contextlib
import shutil

from report import Line, Row, Target
from setting import Setting, filled, note_memory
from trials import Contest
from workplace import bring_into_memory, check_bytes, dd, drop_all_pages, drop_pages_of, settle, timed


def cold(setting: Setting) -> Row:
    published = setting.large
    media, checksum = next(iter(published.checksums.items()))

    def through(mount_it):
        def trial(line: Line, warm_up: bool):
            setting.refresh_origin(published)
            settle()
            with mount_it() as mount:
                if warm_up:
                    return check_bytes(mount.file(media), checksum)
                seconds = timed(dd(mount.file(media)))
                note_memory(line, mount)
                return seconds

        return trial

    def curl(to_disk: bool):
        def trial(_line: Line, warm_up: bool):
            setting.refresh_origin(published)
            settle()
            with setting.workplace.folder("curl") as folder:
                target = folder / "file" if to_disk else "/dev/null"
                seconds = timed(["curl", "-sSf", "-o", target, f"{setting.nginx.url}/v1/media/{media}"])
                if warm_up and to_disk:
                    check_bytes(target, checksum)
                return seconds

        return trial

    contest = Contest()
    targets = [Target("curl -o file", 1.2), Target("rclone", 0.5)]
    contest.enter(Line("mediafs", moved=setting.size, targets=targets), through(setting.mediafs))
    contest.enter(Line("curl -o file", moved=setting.size), curl(True), needs="curl")
    contest.enter(Line("curl -o /dev/null", moved=setting.size), curl(False), needs="curl")
    contest.enter(Line("rclone", moved=setting.size), through(lambda: setting.rclone(published)), needs="rclone")
    notes = ["Each trial has a new mount and a new empty cache; the origin has the file in memory. `dd bs=1M` reads."]
    return Row(f"{setting.large_name} cold, sequential, cached on the way", contest.run(setting.trials), notes)


def cold_signed(setting: Setting) -> Row:
    """What verifying the response's signature adds: the sandbox signs, nginx does not."""
    sandbox = setting.sandbox("--sign-large")
    media = f"gen-{setting.size:013}-signed0001"
    checksum = sandbox.checksum(media)

    def mediafs(line: Line, warm_up: bool):
        settle()
        with setting.mediafs("--require-signature", url=sandbox.url) as mount:
            if warm_up:
                return check_bytes(mount.file(media), checksum)
            seconds = timed(dd(mount.file(media)))
            note_memory(line, mount)
            return seconds

    def curl(_line: Line, _warm_up: bool):
        settle()
        with setting.workplace.folder("curl") as folder:
            return timed(["curl", "-sSf", "-o", folder / "file", *sandbox.request(media)])

    contest = Contest()
    contest.enter(Line("mediafs", moved=setting.size, targets=[Target("curl -o file")]), mediafs)
    contest.enter(Line("curl -o file", moved=setting.size), curl, needs="curl")
    notes = ["The origin is the sandbox; mediafs verifies the signature (HMAC-SHA256) as the bytes come, curl does "
             "not."]
    lines = contest.run(setting.trials)
    sandbox.stop()
    return Row(f"{setting.large_name} cold, sequential, signed by the origin", lines, notes)


def read_again(setting: Setting) -> Row:
    """From the daemon: what the kernel had of it has been dropped."""
    published = setting.large
    media = published.ids[0]

    def again(mount, drop):
        def trial(line: Line, warm_up: bool):
            drop(mount.file(media))
            if warm_up:
                return check_bytes(mount.file(media), published.checksums[media])
            seconds = timed(dd(mount.file(media)))
            note_memory(line, mount)
            return seconds

        return trial

    contest = Contest()
    with contextlib.ExitStack() as mounts:
        mediafs = filled(mounts.enter_context(setting.mediafs()), published)
        rclone = mounts.enter_context(setting.rclone(published)) if setting.has_rclone else None
        if rclone:
            filled(rclone, published)
        ways = (("its pages dropped", drop_pages_of), ("all pages dropped", lambda _path: drop_all_pages()))
        for name, drop in ways:
            targets = [Target(f"rclone, {name}", 0.7)]
            line = Line(f"mediafs, {name}", moved=setting.size, targets=targets)
            contest.enter(line, again(mediafs, drop))
            contest.enter(Line(f"rclone, {name}", moved=setting.size), again(rclone, drop), needs="rclone")
        notes = ["Its pages: those of the file in the mount (`POSIX_FADV_DONTNEED`); the cache's file stays in memory.",
                 "All pages: `echo 3 > /proc/sys/vm/drop_caches`, so the cache's file comes from the disk too."]
        return Row(f"{setting.large_name} read again, from the daemon", contest.run(setting.trials), notes)


def warm(setting: Setting) -> Row:
    published = setting.large
    media = published.ids[0]

    def read(path):
        return lambda _line, warm_up: bring_into_memory(path) if warm_up else timed(dd(path))

    contest = Contest()
    with setting.mediafs() as mount, setting.workplace.folder("local") as folder:
        check_bytes(mount.file(media), published.checksums[media])
        shutil.copyfile(setting.nginx.media / media, folder / "file")
        settle()
        line = Line("mediafs", moved=setting.size, targets=[Target("local file", 1.1)])
        contest.enter(line, read(mount.file(media)))
        contest.enter(Line("local file", moved=setting.size), read(folder / "file"))
        return Row(f"{setting.large_name} read again, from the kernel's pages", contest.run(setting.trials))
