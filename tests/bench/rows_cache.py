"""A cache that is smaller than what is read through it."""

import subprocess

from origin import Published
from report import MIB, Line, Row, Target
from setting import Setting, note_memory
from trials import Contest
from workplace import check_bytes, drop_pages_of, timed

FILE = 8 * MIB
DIFFERENT = 20  # contents; the ids take turns
TENTHS = 10


def bytes_on_disk(folder) -> int:
    return int(subprocess.run(["du", "-s", "--block-size=1", folder], capture_output=True, check=True).stdout.split()[0])


def read_through(setting: Setting, published: Published, limit: int, tenths: list[list[str]]):
    """Seconds for the first and for the last tenth, and the most that the cache took at the end of any.

    The cache is on a tmpfs, and the kernel's pages of each tenth are dropped after it: what a disk still writes of
    the tenths before, and memory that the machine has not used before, would be in the last one's time.
    """
    times, most = [], 0
    mount = setting.mediafs("--cache-size", limit)
    with setting.workplace.mounted("tmpfs") as mount.cache, mount:
        for tenth in tenths:
            files = [mount.file(media) for media in tenth]
            times.append(timed(["bash", "-c", 'cat "$@" > /dev/null', "bash", *files]))
            for media in tenth[:2]:
                check_bytes(mount.file(media), published.checksums[media])
            for file in files:
                drop_pages_of(file)
            most = max(most, bytes_on_disk(mount.cache))
        memory = Line("")
        note_memory(memory, mount)
    return times, most, memory.memory


def bounded(setting: Setting) -> Row:
    limit = setting.scaled(256, 32) * MIB
    count = limit // FILE  # a tenth
    files = [setting.nginx.random_file(FILE, 900 + number) for number in range(min(DIFFERENT, count))]
    published = setting.nginx.publish("bounded", [files[number % len(files)] for number in range(count * TENTHS)])
    tenths = [published.ids[count * i:count * (i + 1)] for i in range(TENTHS)]
    first = Line("first tenth", moved=limit)
    last = Line("last tenth", moved=limit, targets=[Target("first tenth", 1.2)])
    disk = Line("cache on disk, at most", unit="B", targets=[Target(limit=1.05 * limit, worst=True)])

    def trial(_line: Line, warm_up: bool):
        setting.refresh_origin(published)
        times, most, memory = read_through(setting, published, limit, tenths)
        if not warm_up:
            last.values.append(times[-1])
            disk.values.append(most)
            last.memory = max(last.memory, memory)
        return times[0]

    contest = Contest()
    contest.enter(first, trial)
    notes = [f"{count * TENTHS} files of 8 MiB read in turn by cat(1) through `--cache-size {limit // MIB}M`; two of each "
             "tenth are read again and checked. du(1) looks after each tenth. "
             "The cache is on a tmpfs and the mount's pages of each tenth are dropped after it, so that neither a disk "
             "that is still writing nor fresh memory of the machine is in the times."]
    return Row("Ten times its size through the cache", [*contest.run(setting.trials), last, disk], notes)
