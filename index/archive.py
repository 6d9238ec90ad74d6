"""A whole collection as one file, to move it or to keep it: `gisa index export` and `import`.

The file is a compact copy of the database, then one line of JSON: what it is, and the sha256 of all before it and of
the line itself, so that no byte can change unseen. What was removed from the collection is not in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from index import sqlite, totals, verify
from index.disk import file_error, sync_folder
from index.errors import IndexDamagedError, IndexStoreError
from index.local_store import DATABASE, LocalStore
from index.store import Entry, Store

FORMAT = 1
BATCH = 32
"""Articles stored at a time: a run that is broken off goes on after the last of them."""
_LINE_MAX = 4096
_BLOCK = 1 << 20
_log = structlog.get_logger(__name__)
Progress = Callable[[int, int], None]
"""Called with (articles done, articles in all)."""


class ArchiveError(IndexStoreError):
    """A file that is no exported collection, or not a whole one."""

    code = "index_archive"

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(
            f"{file} cannot be imported: {why}. Nothing was changed. Export the collection again with "
            "`gisa index export`.",
            f"{file} 을(를) 가져올 수 없습니다({why}). 바뀐 것은 없습니다. `gisa index export`로 다시 내보내세요.",
        )


@dataclass(frozen=True, slots=True)
class About:
    """The last line of an archive. `size` in bytes, of the database."""

    gisa_collection: int
    embedder: str
    dimension: int
    articles: int
    chunks: int
    size: int
    sha256: str

    def line(self) -> bytes:
        values = asdict(self)
        check = hashlib.sha256(json.dumps(values).encode()).hexdigest()
        return b"\n" + json.dumps(values | {"line_sha256": check}).encode() + b"\n"


@dataclass(slots=True)
class Copied:
    """How many articles an import brought in, put in the place of others, and found there already."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0


def export(store: Store, file: Path) -> About:
    """Write the collection to `file`, which appears when it is whole.

    Raises IndexStoreError (the file is there already, or the collection is on a cluster), IndexDamagedError,
    DiskFullError.
    """
    if not isinstance(store, LocalStore):
        raise IndexStoreError(
            "A collection on a cluster is not exported. Use the cluster's own backup.",
            "클러스터에 있는 기사 모음은 내보낼 수 없습니다. 클러스터의 백업을 쓰세요.",
        )
    if file.exists():
        raise IndexStoreError(
            f"{file} is there already and was left as it is. Choose another name.",
            f"{file} 이(가) 이미 있어 그대로 두었습니다. 다른 이름을 고르세요.",
        )
    part = file.with_name(file.name + ".part")
    try:
        part.unlink(missing_ok=True)
        store.snapshot(part)
        articles, chunks = _counts(part, store.dimension)
        size = part.stat().st_size
        about = About(FORMAT, store.embedder, store.dimension, articles, chunks, size, _digest(part))
        with part.open("ab") as written:
            written.write(about.line())
            written.flush()
            os.fsync(written.fileno())
        part.rename(file)
        sync_folder(file.parent)
    except OSError as error:
        raise file_error(error, file) from error
    finally:
        part.unlink(missing_ok=True)
    _log.info("collection exported", articles=articles, bytes=size)
    return about


@contextmanager
def opened(file: Path, scratch: Path) -> Iterator[LocalStore]:
    """The collection in `file`, every byte checked; unpacked into a folder within `scratch` meanwhile.

    Raises ArchiveError, DiskFullError, IndexStoreError (made by a newer gisa).
    """
    about = _about(file)
    with ExitStack() as stack:
        try:
            scratch.mkdir(parents=True, exist_ok=True)
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="import-", dir=scratch)))
            _unpack(file, about, folder / DATABASE)
        except OSError as error:
            raise file_error(error, scratch / DATABASE) from error
        yield stack.enter_context(LocalStore(folder))


def _unpack(file: Path, about: About, database: Path) -> None:
    digest = hashlib.sha256()
    left = about.size
    with file.open("rb") as packed, database.open("wb") as unpacked:
        while left and (block := packed.read(min(left, _BLOCK))):
            digest.update(block)
            unpacked.write(block)
            left -= len(block)
    if digest.hexdigest() != about.sha256:
        raise ArchiveError(file, "its content does not have its sha256")


def copy(source: LocalStore, target: Store, progress: Progress | None = None) -> Copied:
    """Put every article of `source` into `target`: one of the same id and other content is replaced, all else stays.

    Each batch is stored for good before the next, so that a run that was broken off goes on when it is started again.
    Raises IndexStoreError (vectors of another model), DiskFullError, IndexBusyError.
    """
    if (source.embedder, source.dimension) != (target.embedder, target.dimension):
        raise IndexStoreError(
            f"The file was embedded with {source.embedder} ({source.dimension} dimensions), the collection with "
            f"{target.embedder} ({target.dimension}). Import it under another GISA_HOME.",
            f"파일은 {source.embedder}({source.dimension}차원)으로, 기사 모음은 "
            f"{target.embedder}({target.dimension}차원)으로 임베딩되었습니다. 다른 GISA_HOME으로 가져오세요.",
        )
    copied = Copied()
    ids = [info.id for info in source.articles()]
    waiting: list[Entry] = []
    for done, article_id in enumerate(ids, 1):
        entry, held = source.entry(article_id), target.content_hash(article_id)
        if held == entry.article.content_hash:
            copied.unchanged += 1
        else:
            copied.added += held is None
            copied.replaced += held is not None
            waiting.append(entry)
        if len(waiting) == BATCH or done == len(ids):
            target.put(waiting)
            waiting = []
            if progress:
                progress(done, len(ids))
    target.flush()
    _log.info("collection imported", **asdict(copied))
    return copied


def _about(file: Path) -> About:
    """The last line, itself checked."""
    try:
        with file.open("rb") as packed:
            whole = packed.seek(0, os.SEEK_END)
            packed.seek(max(0, whole - _LINE_MAX))
            end = packed.read()
        line = b"\n" + end.rstrip(b"\n").rpartition(b"\n")[2] + b"\n"
        values = json.loads(line)
        values.pop("line_sha256")
        about = About(**values)
    except OSError as error:
        raise ArchiveError(file, str(error.strerror)) from error
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ArchiveError(file, "it is no export of gisa, or not a whole one") from error
    if about.line() != line or about.size != whole - len(line):
        raise ArchiveError(file, "it is not as it was written")
    if about.gisa_collection != FORMAT:
        raise ArchiveError(file, "it was made by a newer gisa")
    return about


def _counts(database: Path, dimension: int) -> tuple[int, int]:
    """Articles and chunks of a copy that is whole. Raises IndexDamagedError: a damaged collection is no backup."""
    with sqlite.translated(database), closing(sqlite.connect(database)) as connection:
        for damage in verify.stored(connection, dimension):
            raise IndexDamagedError(
                f"The collection is damaged ({damage.where}: {damage.what}) and was not exported. "
                "See all damage with `gisa index verify`.",
                f"기사 모음이 손상되어({damage.where}: {damage.what}) 내보내지 않았습니다. "
                "모든 손상은 `gisa index verify`로 보세요.",
            )
        counts = totals.count(connection, dimension)
        return counts.articles, counts.chunks


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
