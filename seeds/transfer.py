"""What every source of model files shares: progress, hashes, disk space and the errors of a transfer."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from pathlib import Path
from typing import IO, Literal, Protocol

from seeds.errors import ModelDiskFullError, ModelFileError

Stage = Literal["waiting", "download", "copy", "verify", "convert"]
BLOCK = 1 << 20
POLL_S = 0.2
DISK_FULL_CODES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Progress(Protocol):
    """What a surface shows of long work. Never called by two threads at once."""

    def start(self, stage: Stage, name: str, total: int) -> None:
        """A stage for the model `name` begins: `total` bytes to do, 0 when that cannot be told."""

    def advance(self, size: int) -> None:
        """`size` more bytes of the stage are done."""


class Silent:
    """Shows nothing."""

    def start(self, stage: Stage, name: str, total: int) -> None:
        pass

    def advance(self, size: int) -> None:
        pass


class SourceUnavailableError(ModelFileError):
    """A source did not give the pinned file (no network, no pip, another file there): the next source may.

    Its message is a reason, which goes into another.
    """


def not_pinned(what: str, expected: str, found: str) -> SourceUnavailableError:
    return SourceUnavailableError(
        f"{what} is not the pinned file, sha256 {expected[:12]} expected, {found[:12]} found",
        f"{what}: 지정된 파일이 아님, sha256 {expected[:12]}이어야 하나 {found[:12]}",
    )


def wrong_hash(what: str, expected: str, found: str) -> ModelFileError:
    return ModelFileError(
        f"{what} is not the pinned file (sha256 {expected[:12]} expected, {found[:12]} found) and is not used: "
        "run `gisa models pull` again, or name a good copy with --from-file.",
        f"{what}: 지정된 파일이 아니어서(sha256 {expected[:12]}이어야 하나 {found[:12]}) 쓰지 않습니다. "
        "`gisa models pull`을 다시 실행하거나 --from-file로 올바른 파일을 지정하세요.",
    )


def disk_full(folder: Path, needed: int) -> ModelDiskFullError:
    """`needed` in bytes."""
    return ModelDiskFullError(
        f"The disk of {folder} is full: {needed:,} bytes must be free. Make room, or set GISA_HOME to another disk.",
        f"{folder}의 디스크가 가득 찼습니다. {needed:,}바이트가 비어 있어야 합니다. "
        "공간을 비우거나 GISA_HOME을 다른 디스크로 정하세요.",
    )


def require_space(folder: Path, needed: int) -> None:
    """Raises ModelDiskFullError when fewer than `needed` bytes are free, before anything is written."""
    if shutil.disk_usage(folder).free < needed:
        raise disk_full(folder, needed)


def sha256_of(path: Path, told: Callable[[int], None] | None = None) -> str:
    """sha256 (hex) of a file; `told` hears of each block read (bytes)."""
    with path.open("rb") as file:
        return hash_next(file, path.stat().st_size, told)


def hash_next(file: IO[bytes], size: int, told: Callable[[int], None] | None = None) -> str:
    """sha256 (hex) of the next `size` bytes of an open file, or of as many as it has."""
    digest, left = hashlib.sha256(), size
    while left and (block := file.read(min(BLOCK, left))):
        digest.update(block)
        left -= len(block)
        if told is not None:
            told(len(block))
    return digest.hexdigest()


def watch(jobs: dict[Future[None], tuple[Path, int]], progress: Progress) -> None:
    """Wait for the jobs, telling `progress` from the bytes each has in its folder; raise the first failure.

    `jobs`: for each the folder it fills and the bytes it will have fetched.
    """
    told, waiting = 0, set(jobs)
    while waiting:
        done, waiting = wait(waiting, timeout=POLL_S, return_when=FIRST_EXCEPTION)
        for job in done:
            job.result()
        here = sum(min(_bytes_in(folder), size) if job in waiting else size for job, (folder, size) in jobs.items())
        progress.advance(max(0, here - told))
        told = max(told, here)


def _bytes_in(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size
            except FileNotFoundError:  # moved between the listing and the look
                continue
    return total
