"""The origins: nginx as the fast one, the project's sandbox, and a line that adds a round trip's time."""

import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from workplace import BenchmarkError, Workplace, ended, sha256_of, started, wait_until

NGINX_CONFIG = """
daemon off;
{user}
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 4096; }}
http {{
  log_format counted '$request_method $uri $status $body_bytes_sent';
  access_log access.log counted;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  default_type image/jpeg;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000;
  server {{
    listen 127.0.0.1:{port} backlog=4096; root www; etag on; autoindex on;
    location /v1/sessions/ {{ default_type application/json; }}
    location /v1/attempts/ {{ default_type application/json; }}
  }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Published:
    """Media of one row: ids, and their checksums; where they are listed, they are those of one session."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.checksums: dict[str, str] = {}
        self.contexts: dict[str, str] = {}  # what the listing says they show, each something else

    @property
    def ids(self) -> list[str]:
        return list(self.checksums)

    @property
    def session(self) -> str:
        return f"bench-session-{self.name}"

    @property
    def attempt(self) -> str:
        return f"bench-attempt-{self.name}"

    def listed_name(self, media: str) -> str:
        """A media's name in its session's directory."""
        return f"{self.contexts[media]}-{media[:8]}.jpg"


def listed_image(published: Published, media: str, size: int) -> dict:
    """A media as the listing of its session has it."""
    context = published.contexts[media]
    return {"id": media, "name": context, "context": context, "timestamp": None, "size": size,
            "mimetype": "image/jpeg", "url": f"/v1/media/{media}", "sessionId": published.session}


class Nginx:
    """Serves files as /v1/media/ID, those of one row with the listings of a session, and as /rows/NAME/ID for
    clients that read a listing in HTML."""

    def __init__(self, workplace: Workplace) -> None:
        self.folder = workplace.new_folder("nginx")
        self.media = self.folder / "www/v1/media"
        self.files = self.folder / "files"
        self.media.mkdir(parents=True)
        self.files.mkdir()
        self.checksums: dict[Path, str] = {}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._start(workplace)

    def _start(self, workplace: Workplace) -> None:
        config = self.folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        config.write_text(NGINX_CONFIG.format(port=self.port, user=user))
        environment = os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin"}
        errors = open(self.folder / "stderr", "wb")
        workplace.stack.callback(errors.close)
        command = ["nginx", "-p", self.folder, "-e", "error.log", "-c", config]
        self.process = started(command, stdout=errors, stderr=errors, env=environment)
        workplace.stack.callback(ended, self.process)
        wait_until(lambda: answers(self.port) or self.process.poll() is not None, "nginx")
        if self.process.poll() is not None:
            raise BenchmarkError("nginx: " + (self.folder / "stderr").read_text().strip())

    def random_file(self, size: int, number: int = 0) -> Path:
        """A file of random bytes; the same one for the same arguments."""
        path = self.files / f"{size}-{number}"
        if path not in self.checksums:
            with open(path, "wb") as file:
                for start in range(0, size, 1 << 20):
                    file.write(os.urandom(min(1 << 20, size - start)))
            self.checksums[path] = sha256_of(path)
        return path

    def publish(self, name: str, files: list[Path]) -> Published:
        """A new id for each file, and no new bytes: they are links. All of them are of one session."""
        row = self.folder / "www/rows" / name
        row.mkdir(parents=True, exist_ok=True)
        published = Published(name)
        for number, file in enumerate(files):
            media = f"bench-{name}-{number:06}"
            for folder in (self.media, row):
                link = folder / media
                if not link.exists():
                    os.link(file, link)
            published.checksums[media] = self.checksums[file]
            published.contexts[media] = f"picture-{number:06}"
        self._publish_session(published, [file.stat().st_size for file in files])
        return published

    def _publish_session(self, published: Published, sizes: list[int]) -> None:
        """The listings of its media, of its one attempt, and of that one's media, which are the same."""
        images = [listed_image(published, media, size) for media, size in zip(published.ids, sizes, strict=True)]
        media = {"status": "success", "images": images, "videos": [], "nfcDocuments": []}
        attempts = {"status": "success", "verifications": [
            {"id": published.attempt, "status": "approved", "createdTime": "2026-01-01T00:00:00.000Z"}]}
        for path, listing in ((f"sessions/{published.session}/media", media),
                              (f"sessions/{published.session}/attempts", attempts),
                              (f"attempts/{published.attempt}/media", media)):
            file = self.folder / "www/v1" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(listing))

    def files_of(self, published: Published) -> list[Path]:
        """The files behind the ids, each once."""
        known = set(published.checksums.values())
        return [file for file, checksum in self.checksums.items() if checksum in known]

    def mark(self) -> int:
        """Where the access log ends now."""
        return (self.folder / "access.log").stat().st_size

    def gets_since(self, mark: int) -> int:
        with open(self.folder / "access.log") as log:
            log.seek(mark)
            return sum(line.startswith("GET /v1/media/bench-") for line in log)


class Sandbox:
    """The stand-in API of the tests, as a process."""

    def __init__(self, workplace: Workplace, program: Path, *options) -> None:
        self.output = workplace.new_folder("sandbox") / "output"
        with open(self.output, "wb") as output:
            self.process = started([program, *options], stdout=output, stderr=output)
        workplace.stack.callback(ended, self.process)
        wait_until(lambda: self._url() or self.process.poll() is not None, "the sandbox")
        self.url = self._url()
        if not self.url:
            raise BenchmarkError("the sandbox: " + self.output.read_text().strip())

    def _url(self) -> str:
        words = self.output.read_text().split()
        return words[1] if words[:1] == ["listening"] else ""

    def control(self, what: str, body: bytes = b"") -> None:
        request = urllib.request.Request(f"{self.url}/_sandbox/{what}", data=body, method="POST")
        urllib.request.urlopen(request, timeout=30).close()

    def request(self, media: str) -> list[str]:
        """What curl has to be told to get a media."""
        signature = hmac.new(b"sandbox-secret", media.encode(), "sha256").hexdigest()
        headers = ["-H", "X-AUTH-CLIENT: sandbox-key", "-H", f"X-HMAC-SIGNATURE: {signature}"]
        return [*headers, f"{self.url}/v1/media/{media}"]

    def checksum(self, media: str) -> str:
        """Of a synthetic media, by way of curl and not of mediafs."""
        with subprocess.Popen(["curl", "-sSf", *self.request(media)], stdout=subprocess.PIPE) as curl:
            return hashlib.file_digest(curl.stdout, "sha256").hexdigest()

    def stop(self) -> None:
        ended(self.process)


class DelayLine:
    """A TCP line to another port on which every request takes `seconds` longer."""

    def __init__(self, workplace: Workplace, port: int, seconds: float) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        program = Path(__file__).with_name("delay_line.py")
        words = [sys.executable, program, self.port, port, seconds]
        self.process = started(words, stdout=subprocess.DEVNULL)
        workplace.stack.callback(ended, self.process)
        wait_until(lambda: answers(self.port), "the delay line")

    def stop(self) -> None:
        ended(self.process)
