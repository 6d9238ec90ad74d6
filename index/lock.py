"""One writer at a time, across processes. The operating system frees the lock when its holder dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.disk import file_error
from index.errors import IndexBusyError


class WriterLock:
    """The right to write to the index in `folder`. Two threads must not use one object at once."""

    def __init__(self, folder: Path) -> None:
        self._lock = FileLock(folder / "writer.lock")
        self._holder = folder / "writer.txt"

    @contextmanager
    def hold(self, wait_s: float) -> Iterator[None]:
        """Raises IndexBusyError when another process still writes after `wait_s` seconds, DiskFullError."""
        try:
            self._lock.acquire(timeout=wait_s)
        except Timeout:
            who = self._who()
            raise IndexBusyError(
                f"Another process is writing to the index ({who}). Wait until it is done, then try again.",
                f"다른 프로세스가 색인에 쓰고 있습니다({who}). 끝난 뒤 다시 시도하세요.",
            ) from None
        except OSError as error:
            raise file_error(error, Path(self._lock.lock_file)) from error
        try:
            self._sign()
            yield
        finally:
            self._lock.release()

    def _sign(self) -> None:
        # A separate file: the lock's own file may be truncated by those who wait for it.
        try:
            self._holder.write_text(f"process {os.getpid()}: {Path(sys.argv[0]).name}", encoding="utf-8")
        except OSError as error:
            raise file_error(error, self._holder) from error

    def _who(self) -> str:
        try:
            return self._holder.read_text(encoding="utf-8") or "unknown process"
        except FileNotFoundError:
            return "unknown process"
