"""Where one pinned model lies under the models folder, what is known of its files, and who may write them.

models/<file>          the pinned file, sha256 as in models.toml
models/<name>/         embedder only: the sentence-transformers folder made from it
models/<name>.json     the stamp: sha256, size and modification time of what was verified, so that a start of gisa
                       looks at sizes and times only and never reads a gigabyte to hash it
models/<file>.part     an unfinished download; models/<name>.lock  one writer at a time
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import structlog
from filelock import FileLock, Timeout

from seeds import e5
from seeds.catalogue import ModelSpec
from seeds.errors import ModelFileError
from seeds.fetch import leftovers
from seeds.transfer import DISK_FULL_CODES, Progress, disk_full, require_space, sha256_of, wrong_hash

log = structlog.get_logger(__name__)

State = Literal["ready", "changed", "partial", "missing"]
FOLDER_PER_PACKED_BYTE = 7
"""The float32 folder is 6.8 times its 4-bit file."""


class Place:
    """Where one pinned model lies, and what is known of its files."""

    def __init__(self, spec: ModelSpec, folder: Path) -> None:
        self.spec = spec
        self.folder = folder
        self.file = folder / spec.file
        self.stamp = folder / f"{spec.name}.json"
        self.lock = folder / f"{spec.name}.lock"
        self.target = self.file if spec.role == "llm" else folder / spec.name

    @contextmanager
    def writing(self, progress: Progress) -> Iterator[None]:
        """Hold the model's lock; turn the file system's errors into ours."""
        lock = FileLock(self.lock)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                log.info("model_lock_wait", model=self.spec.name)
                progress.start("waiting", self.spec.name, 0)
                lock.acquire()
            try:
                yield
            finally:
                lock.release()
        except OSError as error:
            raise self._explained(error) from error

    def _explained(self, error: OSError) -> ModelFileError:
        if error.errno in DISK_FULL_CODES:
            return disk_full(self.folder, self.spec.size + (self._folder_size() if self.spec.role == "embedder" else 0))
        where, why = error.filename or self.folder, error.strerror or error
        return ModelFileError(
            f"{where} cannot be used ({why}): make it writable, or set GISA_HOME to another folder.",
            f"{where}을(를) 쓸 수 없습니다({why}). 쓰기 권한을 주거나 GISA_HOME을 다른 폴더로 정하세요.",
        )

    def _folder_size(self) -> int:
        return FOLDER_PER_PACKED_BYTE * self.spec.size

    def is_ready(self) -> bool:
        """Whether every verified file still has the size and time it had then."""
        stamp = self._read_stamp()
        if stamp is None:
            return False
        try:
            return all(
                (state := os.stat(self.folder / name)).st_size == size and state.st_mtime_ns == time
                for name, (_, size, time) in stamp.items()
            )
        except OSError:
            return False

    def can_check(self) -> bool:
        """Whether the model is here with hashes to hold it to: an embedder's folder has those of its stamp only."""
        return self.target.exists() and (self.spec.role == "llm" or self._read_stamp() is not None)

    def hashes(self) -> dict[str, str]:
        """sha256 by name of all files of `target` as they are now (an LLM's single file has the pinned one)."""
        if self.spec.role == "llm":
            return {self.spec.file: self.spec.sha256}
        files = sorted(path for path in self.target.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): sha256_of(path) for path in files}

    def check(self, progress: Progress) -> None:
        """Hash the files (if `can_check`) against pin and stamp; stamp them anew, or remove the bad one and raise."""
        if self.file.exists():
            self.check_file(progress)
        if self.spec.role == "llm":
            self.write_stamp(self.hashes())
            return
        expected = {name: sha256 for name, (sha256, _, _) in (self._read_stamp() or {}).items()}
        files = {name: path for name in expected if (path := self.folder / name).is_file()}
        progress.start("verify", self.spec.name, sum(path.stat().st_size for path in files.values()))
        for name, sha256 in expected.items():
            found = sha256_of(files[name], progress.advance) if name in files else "no file"
            if found != sha256:
                shutil.rmtree(self.target)
                self.stamp.unlink()
                raise wrong_hash(name, sha256, found)
        self.write_stamp(expected)

    def check_file(self, progress: Progress) -> None:
        """Hash the pinned file; remove it and raise when it is another."""
        progress.start("verify", self.spec.name, self.spec.size)
        found = sha256_of(self.file, progress.advance)
        if found != self.spec.sha256:
            self.file.unlink()
            raise wrong_hash(str(self.file), self.spec.sha256, found)

    def convert(self, progress: Progress) -> None:
        """Make the sentence-transformers folder from the packed file, whole or not at all."""
        require_space(self.folder, self._folder_size())
        progress.start("convert", self.spec.name, 0)
        made = self.target.with_name(self.target.name + ".tmp")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        try:
            e5.convert(self.file, made)
            self.stamp.unlink(missing_ok=True)
            if self.target.exists():
                shutil.rmtree(self.target)
            for path in made.rglob("*"):
                if path.is_file():
                    with path.open("rb+") as file:
                        os.fsync(file.fileno())
            made.replace(self.target)
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def write_stamp(self, hashes: dict[str, str]) -> None:
        """`hashes`: sha256 by file name relative to the models folder."""
        states = {name: (self.folder / name).stat() for name in hashes}
        files = {name: [hashes[name], state.st_size, state.st_mtime_ns] for name, state in states.items()}
        made = self.stamp.with_name(self.stamp.name + ".tmp")
        made.write_text(json.dumps({"sha256": self.spec.sha256, "conversion": e5.CONVERSION, "files": files}, indent=1))
        made.replace(self.stamp)

    def _read_stamp(self) -> dict[str, tuple[str, int, int]] | None:
        """(sha256, size, time) by file name; None when there is no stamp for this pin and conversion."""
        try:
            stamp = json.loads(self.stamp.read_text())
            if stamp["sha256"] != self.spec.sha256 or stamp["conversion"] != e5.CONVERSION or not stamp["files"]:
                return None
            return {name: (str(sha256), int(size), int(time)) for name, (sha256, size, time) in stamp["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def state(self) -> State:
        if self.is_ready():
            return "ready"
        if self.target.exists():
            return "changed"
        return "partial" if any(path.exists() for path in (self.file, *leftovers(self.file))) else "missing"

    def size(self) -> int:
        """Bytes on disk; the holes of an unfinished download do not count."""
        tops = {self.target, self.file, *leftovers(self.file)}
        files = [path for top in tops for path in (top, *top.rglob("*")) if path.is_file()]
        return sum(path.stat().st_blocks * 512 for path in files)

    def discard(self) -> None:
        for path in (self.stamp, self.target, self.file, *leftovers(self.file)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
