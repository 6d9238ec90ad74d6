"""Derived files on disk: written whole as a new generation, pointed to by a manifest, believed only when intact.

    faiss-7.bin      the file of generation 7
    faiss.json       the manifest: which file counts, its sha256 and size, and the content it was made from

The manifest is replaced atomically after the file is safe on disk, so that a crash leaves the old generation or the
new one, never a mixture.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from index.disk import file_error
from index.errors import IndexStoreError

FORMAT = 1
_MANIFEST = "faiss.json"


Reason = Literal["missing", "damaged", "stale"]
_KOREAN: dict[Reason, str] = {"missing": "없습니다", "damaged": "손상되었습니다", "stale": "최신이 아닙니다"}


class GenerationError(IndexStoreError):
    """There is no generation that can be believed, and why."""

    code = "index_generation"

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(
            f"The vector index is {reason}: {detail}. Run `gisa index rebuild`.",
            f"벡터 색인이 {_KOREAN[reason]}: {detail}. `gisa index rebuild`를 실행하세요.",
        )
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Manifest:
    """`size` in bytes; `vectors` of `dimension` each; `fingerprint` and `embedder` of the collection it was made of."""

    file: str
    sha256: str
    size: int
    vectors: int
    dimension: int
    fingerprint: str
    embedder: str
    format: int = FORMAT


def publish(folder: Path, data: bytes, *, vectors: int, dimension: int, fingerprint: str, embedder: str) -> Manifest:
    """Make `data` the current generation and delete the others. The caller holds the writer's lock.

    Raises DiskFullError; the generation before then stays the current one.
    """
    generation = 1 + max((int(path.stem.removeprefix("faiss-")) for path in _generations(folder)), default=0)
    manifest = Manifest(
        f"faiss-{generation}.bin",
        hashlib.sha256(data).hexdigest(),
        len(data),
        vectors,
        dimension,
        fingerprint,
        embedder,
    )
    _write(folder / manifest.file, data)
    _write(folder / _MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
    for path in _generations(folder):
        if path.name != manifest.file:
            path.unlink(missing_ok=True)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Raises GenerationError."""
    try:
        values = json.loads((folder / _MANIFEST).read_bytes())
        manifest = Manifest(**values)
    except FileNotFoundError:
        raise GenerationError("missing", f"no {_MANIFEST}") from None
    except (ValueError, TypeError) as error:
        raise GenerationError("damaged", f"{_MANIFEST} cannot be read ({error})") from error
    expected = {field.name: int if field.type == "int" else str for field in fields(Manifest)}
    if any(not isinstance(values.get(name, FORMAT), kind) for name, kind in expected.items()):
        raise GenerationError("damaged", f"{_MANIFEST} holds values of the wrong kind")
    if manifest.format != FORMAT or Path(manifest.file).name != manifest.file:
        raise GenerationError("damaged", f"{_MANIFEST} is of another format")
    return manifest


def load(folder: Path, *, fingerprint: str, embedder: str) -> tuple[Manifest, bytes]:
    """The current generation, its hash checked. Raises GenerationError, also when it was made of other content."""
    manifest = read_manifest(folder)
    while True:
        if (manifest.fingerprint, manifest.embedder) != (fingerprint, embedder):
            raise GenerationError("stale", f"{manifest.file} was made from another state of the collection")
        try:
            data = (folder / manifest.file).read_bytes()
            break
        except FileNotFoundError:
            # Another process may have published since the manifest was read.
            again = read_manifest(folder)
            if again == manifest:
                raise GenerationError("missing", f"no {manifest.file}") from None
            manifest = again
    if len(data) != manifest.size or hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise GenerationError("damaged", f"{manifest.file} does not have the sha256 of its manifest")
    return manifest, data


def _generations(folder: Path) -> list[Path]:
    return [path for path in folder.glob("faiss-*.bin") if path.stem.removeprefix("faiss-").isdigit()]


def _write(path: Path, data: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one. Raises DiskFullError."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise file_error(error, path) from error


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and a rename is already durable
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
