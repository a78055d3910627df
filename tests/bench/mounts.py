"""mediafs and its yardstick rclone, mounted for as long as a `with` block runs."""

import os
import subprocess
from pathlib import Path

from memory import AnonymousMemory, status_of
from origin import Published
from workplace import BenchmarkError, Workplace, ended, remove_tree, started, wait_until


class Mount:
    """A server in the foreground, its mount point, and the peak of its anonymous memory."""

    def __init__(self, workplace: Workplace, name: str) -> None:
        self.folder = workplace.new_folder(name)
        self.point = self.folder / "mount"
        self.log = self.folder / "log"
        self.cache = self.folder / "cache"
        self.point.mkdir()
        self.process: subprocess.Popen | None = None

    def command(self) -> list:
        raise NotImplementedError

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception) -> None:
        self.stop()
        remove_tree(self.folder)

    def start(self) -> None:
        with open(self.folder / "output", "ab") as output:
            self.process = started(self.command(), stdout=output, stderr=output)
        wait_until(lambda: os.path.ismount(self.point) or self.process.poll() is not None, "a mount")
        if self.process.poll() is not None:
            raise BenchmarkError("cannot mount: " + (self.folder / "output").read_text()[-400:])
        self.memory = AnonymousMemory(self.server)

    def stop(self) -> None:
        if self.process is None:
            return
        if hasattr(self, "memory"):
            self.memory.stop()
        if os.path.ismount(self.point):
            quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
            if subprocess.run(["fusermount3", "-u", str(self.point)], **quietly).returncode != 0:
                subprocess.run(["fusermount3", "-uz", str(self.point)], **quietly)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            ended(self.process)
        self.process = None

    def remount(self) -> None:
        """The same cache under a new mount, so without a page or a name in the kernel."""
        self.stop()
        self.start()

    def file(self, media: str) -> Path:
        return self.point / media

    def directory(self, _published: Published) -> Path:
        """The one that holds all of a row's media."""
        return self.point

    def name(self, _published: Published, media: str) -> str:
        """A media's name in that directory."""
        return media

    def server(self) -> int:
        """The process that serves; 0 while there is none."""
        return self.process.pid

    def threads(self) -> int:
        return status_of(self.server(), "Threads")

    def waiting_requests(self, connections: Path) -> int:
        """How many requests of the kernel are unanswered; `connections` is a fusectl."""
        device = os.minor(os.stat(self.point).st_dev)
        return int((connections / str(device) / "waiting").read_text())


class Mediafs(Mount):
    """`options` as on the command line."""

    def __init__(self, workplace: Workplace, program: Path, url: str, *options) -> None:
        super().__init__(workplace, "mediafs")
        self.program, self.url, self.options = program, url, options
        self.credentials = self.folder / "credentials"
        self.credentials.write_text("api_key=sandbox-key\nshared_secret=sandbox-secret\n")
        self.credentials.chmod(0o600)

    def command(self) -> list:
        where = ["--credentials", self.credentials, "--cache-any-fs", "--cache-dir", self.cache, "--log-file", self.log]
        return [self.program, "mount", "--foreground", *where, *self.options, self.url, self.point]

    def server(self) -> int:
        """The child of the supervisor, which is what has been started."""
        try:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        except OSError:
            return 0
        return int(children[-1]) if children else 0

    def directory(self, published: Published) -> Path:
        return self.point / "sessions" / published.session

    def name(self, published: Published, media: str) -> str:
        return published.listed_name(media)


class Rclone(Mount):
    """rclone's http backend over a directory listing, everything kept on disk as mediafs does."""

    def __init__(self, workplace: Workplace, url: str, *options) -> None:
        super().__init__(workplace, "rclone")
        self.url, self.options = url, options

    def command(self) -> list:
        cached = ["--vfs-cache-mode", "full", "--cache-dir", self.cache, "--log-file", self.log]
        return ["rclone", "mount", "--config", "/dev/null", *cached, *self.options,
                "--http-url", self.url, ":http:", self.point]
