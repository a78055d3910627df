"""Many readers at once."""

from concurrent.futures import ThreadPoolExecutor

from report import MIB, Line, Row, Target
from setting import Setting, note_memory
from trials import Contest
from workplace import check_bytes, settle, timed

READERS = 64

ALL_AT_ONCE = """
for file; do dd if="$file" of=/dev/null bs=1M status=none & readers+=($!); done
for reader in "${readers[@]}"; do wait "$reader" || exit 1; done
"""


def together(files: list) -> float:
    return timed(["bash", "-c", ALL_AT_ONCE, "bash", *files])


def check_together(pairs: list) -> None:
    with ThreadPoolExecutor(len(pairs)) as pool:
        list(pool.map(lambda pair: check_bytes(*pair), pairs))


def one_file(setting: Setting) -> Row:
    size = setting.size // 4
    published = setting.nginx.publish("shared", [setting.nginx.random_file(size)])
    media, checksum = next(iter(published.checksums.items()))
    requests: list[int] = []

    def cold(readers: int):
        def trial(line: Line, warm_up: bool):
            setting.refresh_origin(published)
            settle()
            mark = setting.nginx.mark()
            with setting.mediafs() as mount:
                files = [mount.file(media)] * readers
                seconds = check_together([(file, checksum) for file in files]) if warm_up else together(files)
                note_memory(line, mount)
            requests.append(setting.nginx.gets_since(mark))
            return seconds

        return trial

    def local(readers: int):
        return lambda _line, _warm_up: together([setting.nginx.media / media] * readers)

    contest = Contest()
    several = f"mediafs, {READERS} readers"
    contest.enter(Line(several, moved=READERS * size, targets=[Target("mediafs, one reader", 1.5)]), cold(READERS))
    contest.enter(Line("mediafs, one reader", moved=size), cold(1))
    slow_one_file(setting, contest, size)
    contest.enter(Line(f"local file, {READERS} readers", moved=READERS * size,
                       targets=[Target("local file, one reader")]), local(READERS))
    contest.enter(Line("local file, one reader", moved=size), local(1))
    lines = contest.run(setting.trials)
    notes = [f"GETs for each trial: {min(requests)} to {max(requests)} (target: 1).",
             "Two cores copy what 64 readers read; the local file, in memory, shows what that alone takes. So the "
             "target can only be met where the origin is what one reader waits for: see the lines at 100 MB/s."]
    return Row(f"{READERS} readers of one cold file of {size // MIB} MiB", lines, notes)


def slow_one_file(setting: Setting, contest: Contest, size: int) -> None:
    """From an origin that gives 100 MB/s."""
    sandbox = setting.sandbox("--bandwidth", "100000000")
    name = "mediafs, {} at 100 MB/s"
    number = iter(range(1000))

    def cold(readers: int):
        def trial(line: Line, _warm_up: bool):
            settle()
            with setting.mediafs(url=sandbox.url) as mount:
                media = f"gen-{size:013}-slow{next(number):06}"
                seconds = together([mount.file(media)] * readers)
                note_memory(line, mount)
                return seconds

        return trial

    one = name.format("one reader")
    several = Line(name.format(f"{READERS} readers"), moved=READERS * size, targets=[Target(one, 1.5)])
    contest.enter(several, cold(READERS))
    contest.enter(Line(one, moved=size), cold(1))


def streams(setting: Setting) -> Row:
    """The peak of anonymous memory while many media are read at once."""
    size = setting.scaled(200_000_000, 1_000_000)
    files = [setting.nginx.random_file(size, number) for number in range(8)]
    published = setting.nginx.publish("streams", [files[number % len(files)] for number in range(READERS)])
    contest = Contest()
    for name, options in (("default memory", ()), ("--memory 32M", ("--memory", "32M"))):
        memory = Line(f"mediafs, {name}: anonymous memory, peak", unit="B")
        if not options:
            memory.targets = [Target(limit=160 * MIB, worst=True)]
        time = Line(f"mediafs, {name}: time", moved=READERS * size)
        contest.enter(time, streams_trial(setting, published, memory, options))
        contest.lines.append(memory)
    lines = contest.run(setting.trials)
    notes = [f"{READERS} media at once, each by a `dd` of its own, all new, into a new cache that has room for them. "
             "The warm-up reads and checks them at once too; its peak counts."]
    return Row(f"{READERS} streams of {size / 1e6:.0f} MB", lines, notes)


def streams_trial(setting: Setting, published, memory: Line, options: tuple):
    def trial(line: Line, warm_up: bool):
        setting.refresh_origin(published)
        settle()
        with setting.mediafs("--cache-size", "32G", *options) as mount:
            pairs = [(mount.file(media), checksum) for media, checksum in published.checksums.items()]
            seconds = check_together(pairs) if warm_up else together([file for file, _checksum in pairs])
            note_memory(line, mount)
            memory.values.append(mount.memory.peak)
            return seconds

    return trial
