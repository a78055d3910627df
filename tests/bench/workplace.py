"""The temporary directory of one run, its processes, and the plain commands that the rows share."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

LONGEST_COMMAND = 900  # seconds; a trial that takes longer has failed
PIECE = 1 << 20
OTHERS = 8  # readers that keep both cores busy


class BenchmarkError(Exception):
    """A row cannot be measured, or what it read is wrong."""


class Workplace:
    """One directory for everything; leaving it takes down what was put on the stack, newest first."""

    def __init__(self) -> None:
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> "Workplace":
        self.root = Path(tempfile.mkdtemp(prefix="mediafs-bench."))
        self.stack.callback(remove_tree, self.root)
        self.made = 0
        return self

    def __exit__(self, *exception) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave mounts behind
        self.stack.close()

    def new_folder(self, name: str) -> Path:
        self.made += 1
        folder = self.root / f"{self.made:04}-{name}"
        folder.mkdir(mode=0o755)
        return folder

    @contextlib.contextmanager
    def folder(self, name: str):
        """A folder for as long as the block runs."""
        folder = self.new_folder(name)
        try:
            yield folder
        finally:
            remove_tree(folder)

    @contextlib.contextmanager
    def mounted(self, kind: str):
        """A file system of the kernel's own, such as tmpfs."""
        with self.folder(kind) as folder:
            options = ["-o", "mode=0700"] if kind == "tmpfs" else []
            run(["mount", "-t", kind, *options, kind, folder])
            try:
                yield folder
            finally:
                run(["umount", folder])


def remove_tree(folder: Path) -> None:
    """Never goes into a mount that could not be taken down."""
    for path in (folder, *folder.glob("*")):
        if os.path.ismount(path):
            subprocess.run(["umount", "--lazy", str(path)], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def has(program: str) -> bool:
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def run(command: list, **options) -> subprocess.CompletedProcess:
    """Runs a command that has to succeed."""
    words = [str(word) for word in command]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    done = subprocess.run(words, timeout=LONGEST_COMMAND, check=False, **options)
    if done.returncode != 0:
        said = (done.stderr or b"").decode(errors="replace").strip().splitlines()
        raise BenchmarkError(f"{words[0]} ended with {done.returncode}: {said[-1] if said else 'silent'}")
    return done


def timed(command: list) -> float:
    """The seconds that a command takes."""
    start = time.perf_counter()
    run(command, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def started(command: list, **options) -> subprocess.Popen:
    """A process in a session of its own: a Ctrl-C is for us, who end it in its turn."""
    words = [str(word) for word in command]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True, **options)


def ended(process: subprocess.Popen, patience: float = 20) -> None:
    """Ends a process of ours, by force where it does not listen."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(patience)


@contextlib.contextmanager
def busy(path: Path, count: int = OTHERS, may_fail: bool = False):
    """Processes that read the file whole, again and again, past the kernel's pages."""
    script = 'while :; do dd if="$0" iflag=direct bs=1M of=/dev/null status=none || exit 1; done'
    silent = {"stderr": subprocess.DEVNULL} if may_fail else {}
    readers = [started(["bash", "-c", script, path], **silent) for _ in range(count)]
    try:
        yield
        if not may_fail and any(reader.poll() is not None for reader in readers):
            raise BenchmarkError("a reader has failed")
    finally:
        for reader in readers:
            ended(reader)


def wait_until(condition, what: str, patience: float = 30) -> None:
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise BenchmarkError(f"{what}: not within {patience:.0f} s")
        time.sleep(0.005)


def sha256_of(path: Path) -> str:
    with open(path, "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_bytes(path: Path, expected: str) -> None:
    if sha256_of(path) != expected:
        raise BenchmarkError(f"{path.name}: not the bytes of the origin")


def dd(path: Path) -> list:
    """The sequential reader of all rows."""
    return ["dd", f"if={path}", "of=/dev/null", f"bs={PIECE}", "status=none"]


def settle() -> None:
    """What the last trial left to write is not the next one's burden."""
    os.sync()


def drop_all_pages() -> None:
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3\n")


def drop_pages_of(path: Path) -> None:
    """Only the pages of this one file, as the mount has them."""
    with open(path, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def bring_into_memory(path: Path) -> None:
    run(dd(path))
