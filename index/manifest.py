"""Derived files on disk: written whole as a new generation, pointed to by a manifest, believed only when intact.

    faiss-7.bin        the file of generation 7
    faiss.json         its manifest: which file counts, its sha256 and size, and the content it was made from
    faiss-6.bin        the last good generation before
    faiss.last.json    its manifest

A manifest is replaced atomically after its file is safe on disk, so that a crash leaves the old generation or the new
one, never a mixture. The generation before is answered from only where it was made of the collection as it stands: the
current one is damaged and a second had been made of the same content, or an older database was put back in its place.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

import structlog

from index.disk import file_error, sync_folder
from index.errors import IndexStoreError

FORMAT = 2
CURRENT = "faiss.json"
LAST = "faiss.last.json"


Reason = Literal["missing", "damaged", "stale"]
_KOREAN: dict[Reason, str] = {"missing": "없습니다", "damaged": "손상되었습니다", "stale": "최신이 아닙니다"}
_log = structlog.get_logger(__name__)


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

    def to_bytes(self) -> bytes:
        """What its file holds: the fields, and the sha256 of them, so that no byte can change unseen."""
        values = asdict(self)
        return json.dumps(values | {"manifest_sha256": _sha256(values)}, indent=1).encode()


def publish(folder: Path, data: bytes, *, vectors: int, dimension: int, fingerprint: str, embedder: str) -> Manifest:
    """Make `data` the current generation and keep the last good one. The caller holds the writer's lock.

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
    last = next((good for good in _manifests(folder) if not damage(folder, good)), None)
    _write(folder / manifest.file, data)
    if last is not None:
        _write(folder / LAST, last.to_bytes())
    _write(folder / CURRENT, manifest.to_bytes())
    if last is None:
        (folder / LAST).unlink(missing_ok=True)
    for path in _generations(folder):
        if path.name not in {manifest.file, last.file if last else None}:
            path.unlink(missing_ok=True)
    return manifest


def read_manifest(folder: Path, name: str = CURRENT) -> Manifest:
    """Raises GenerationError."""
    try:
        data = (folder / name).read_bytes()
        values = json.loads(data)
        if values["format"] != FORMAT:
            raise GenerationError("stale", f"{name} is of another format")
        values.pop("manifest_sha256")
        manifest = Manifest(**values)
    except FileNotFoundError:
        raise GenerationError("missing", f"no {name}") from None
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise GenerationError("damaged", f"{name} cannot be read ({error})") from error
    kinds = {field.name: int if field.type == "int" else str for field in fields(Manifest)}
    if any(not isinstance(values[key], kind) for key, kind in kinds.items()):
        raise GenerationError("damaged", f"{name} holds values of the wrong kind")
    if data != manifest.to_bytes() or Path(manifest.file).name != manifest.file:
        raise GenerationError("damaged", f"{name} is not as it was written")
    return manifest


def load(folder: Path, *, fingerprint: str, embedder: str) -> tuple[Manifest, bytes]:
    """The generation made of that content, its hash checked: the current one, else the one before.

    Raises GenerationError, which says what is wrong with the current one.
    """
    try:
        return _load(folder, CURRENT, fingerprint, embedder)
    except GenerationError as error:
        problem = error
    try:
        found = _load(folder, LAST, fingerprint, embedder)
    except GenerationError:
        raise problem from None
    _log.warning("the generation before is used", problem=problem.detail, file=found[0].file)
    return found


def _load(folder: Path, name: str, fingerprint: str, embedder: str) -> tuple[Manifest, bytes]:
    manifest = read_manifest(folder, name)
    while True:
        if (manifest.fingerprint, manifest.embedder) != (fingerprint, embedder):
            raise GenerationError("stale", f"{manifest.file} was made from another state of the collection")
        try:
            data = (folder / manifest.file).read_bytes()
            break
        except FileNotFoundError:
            # Another process may have published since the manifest was read.
            again = read_manifest(folder, name)
            if again == manifest:
                raise GenerationError("missing", f"no {manifest.file}") from None
            manifest = again
        except OSError as error:
            raise GenerationError("damaged", f"{manifest.file} cannot be read ({error.strerror})") from error
    if len(data) != manifest.size or hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise GenerationError("damaged", f"{manifest.file} does not have the sha256 of its manifest")
    return manifest, data


def damage(folder: Path, manifest: Manifest) -> str | None:
    """What is wrong with the file of a generation, read from end to end; None when nothing is."""
    try:
        with (folder / manifest.file).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != manifest.sha256:
                return f"{manifest.file} does not have the sha256 of its manifest"
    except FileNotFoundError:
        return f"no {manifest.file}"
    except OSError as error:
        return f"{manifest.file} cannot be read ({error.strerror})"
    return None


def _manifests(folder: Path) -> Iterator[Manifest]:
    """Those that can be read, the current one first."""
    for name in (CURRENT, LAST):
        try:
            yield read_manifest(folder, name)
        except GenerationError:
            continue


def _sha256(values: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


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
        sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise file_error(error, path) from error
