"""What every row is given: the programs, the sizes, the origin, and mounts of it."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mounts import Mediafs, Rclone
from origin import Nginx, Published, Sandbox
from report import Line
from workplace import Workplace, bring_into_memory, check_bytes, has, settle

GIB = 1 << 30


@dataclass
class Setting:
    workplace: Workplace
    build: Path  # where the programs are
    trials: int = 5
    size: int = GIB  # of the one large file
    scale: float = field(init=False)

    def __post_init__(self) -> None:
        self.scale = min(1.0, self.size / GIB)

    @cached_property
    def nginx(self) -> Nginx:
        return Nginx(self.workplace)

    @property
    def large_name(self) -> str:
        return f"{self.size / GIB:g} GiB" if self.size >= GIB else f"{self.size >> 20} MiB"

    @cached_property
    def large(self) -> Published:
        """The one large file."""
        return self.nginx.publish("large", [self.nginx.random_file(self.size)])

    @cached_property
    def has_rclone(self) -> bool:
        return has("rclone")

    def scaled(self, count: int, least: int) -> int:
        return max(least, round(count * self.scale))

    def sandbox(self, *options) -> Sandbox:
        return Sandbox(self.workplace, self.build / "mediafs-sandbox", *options)

    def mediafs(self, *options, url: str = "") -> Mediafs:
        return Mediafs(self.workplace, self.build / "mediafs", url or self.nginx.url, *options)

    def rclone(self, published: Published, url: str = "") -> Rclone:
        return Rclone(self.workplace, f"{url or self.nginx.url}/rows/{published.name}/")

    def refresh_origin(self, published: Published) -> None:
        """nginx has the files in memory: its disk is not what is measured."""
        for file in self.nginx.files_of(published):
            bring_into_memory(file)


def note_memory(line: Line, mount) -> None:
    mount.memory.look()
    line.memory = max(line.memory, mount.memory.peak)


def filled(mount, published: Published):
    """Reads and checks everything through the mount, so that its cache has it.

    mediafs is mounted anew: it is all on disk and not in its memory. rclone stays
    mounted: it seemed slower with a file that it had only found in its cache, and is not to be put at a disadvantage.
    """
    for media, checksum in published.checksums.items():
        check_bytes(mount.file(media), checksum)
    if isinstance(mount, Mediafs):
        mount.remount()
    settle()
    return mount
