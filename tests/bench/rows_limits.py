"""What has to be done within a time: an erasure, an end, and the mount after a crash."""

import contextlib
import os
import signal
import time

from origin import Published
from report import MIB, Line, Row, Target
from setting import Setting, filled
from trials import Contest
from workplace import OTHERS, BenchmarkError, busy, check_bytes, run, timed, wait_until

LEAST_TRIALS = 10
READ = 64 * MIB  # what the others read
NOTES = [
    f"The others are {OTHERS} processes that read another cached file in blocks of 1 MiB (O_DIRECT), so that both cores are busy.",
    "erase: `mediafs cache erase ID`, from its start to its end; the media is whole in the cache, and the kernel has its pages.",
    "SIGTERM: to the supervisor, until it has ended and nothing is mounted any more.",
    "mount after kill -9: of supervisor and server at once while the others read; from the start of `mediafs mount` on "
    "the same cache to the first 4 KiB of a file that it has.",
    f"At least {LEAST_TRIALS} trials."]


def command_of(mount, *words) -> list:
    return [mount.program, "cache", "--cache-dir", mount.cache, "--credentials", mount.credentials, *words]


def read_start_of(path) -> None:
    with open(path, "rb", buffering=0) as file:
        if len(file.read(4096)) != 4096:
            raise BenchmarkError("a short read")


def erasing(setting: Setting, mount, published: Published, read, crowd: int, mounted: bool = True):
    media = published.ids[0]

    def trial(_line: Line, _warm_up: bool) -> float:
        setting.refresh_origin(published)
        if mount.process is None:
            mount.start()
        check_bytes(mount.file(media), published.checksums[media])
        wait_until(lambda: os.getxattr(mount.file(media), "user.mediafs.cached") == b"100", "a whole media in the cache")
        if not mounted:
            mount.stop()
        with busy(mount.file(read.ids[0]), crowd):
            return timed(command_of(mount, "erase", media))

    return trial


def ending(mount, read):
    def trial(_line: Line, _warm_up: bool) -> float:
        if mount.process is None:
            mount.start()
        with busy(mount.file(read.ids[0]), OTHERS, may_fail=True):
            start = time.perf_counter()
            mount.process.terminate()
            mount.process.wait(60)
            took = time.perf_counter() - start
        if os.path.ismount(mount.point):
            raise BenchmarkError("it is mounted still")
        mount.stop()
        return took

    return trial


def mounting_after_a_crash(mount, read):
    def trial(_line: Line, _warm_up: bool) -> float:
        if mount.process is None:
            mount.start()
        with busy(mount.file(read.ids[0]), OTHERS, may_fail=True):
            server = mount.server()
            mount.process.kill()
            os.kill(server, signal.SIGKILL)
            mount.process.wait(60)
        with contextlib.suppress(BenchmarkError):
            run(["umount", "--lazy", mount.point])
        wait_until(lambda: not os.path.exists(f"/proc/{server}"), "the end of the server")
        mount.memory.stop()
        start = time.perf_counter()
        mount.start()
        read_start_of(mount.file(read.ids[0]))
        return time.perf_counter() - start

    return trial


def limits(setting: Setting) -> Row:
    erased = setting.large
    read = setting.nginx.publish("limits", [setting.nginx.random_file(READ, 950)])
    contest = Contest()
    with setting.mediafs() as mount:
        filled(mount, read)

        def enter(what: str, seconds: float, trial) -> None:
            contest.enter(Line(what, targets=[Target(limit=seconds, worst=True)]), trial)

        size = setting.large_name
        enter(f"erase {size}", 1, erasing(setting, mount, erased, read, crowd=0))
        enter(f"erase {size}, beside {OTHERS} others", 1, erasing(setting, mount, erased, read, crowd=OTHERS))
        enter(f"erase {size}, not mounted", 1, erasing(setting, mount, erased, read, crowd=0, mounted=False))
        enter(f"SIGTERM, beside {OTHERS} readers", 2, ending(mount, read))
        enter("mount after kill -9", 1, mounting_after_a_crash(mount, read))
        lines = contest.run(max(setting.trials, LEAST_TRIALS))
    return Row("Within a time", lines, NOTES)
