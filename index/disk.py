"""What the operating system says about files and disks, in our errors."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from index.errors import DiskFullError, IndexStoreError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def disk_full(folder: Path) -> DiskFullError:
    return DiskFullError(
        f"The disk that holds {folder} is full; nothing was half-stored. Free some space, then try again.",
        f"{folder} 이(가) 있는 디스크가 가득 찼습니다. 일부만 저장된 것은 없습니다. 공간을 확보한 뒤 다시 시도하세요.",
    )


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlast a crash. Raises OSError."""
    if os.name == "nt":  # a folder cannot be opened there, and a rename is already durable
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_error(error: OSError, path: Path) -> IndexStoreError:
    """The error to raise for `error`, met when making or writing `path`."""
    if error.errno in _FULL:
        return disk_full(path.parent)
    return IndexStoreError(
        f"{path} cannot be written ({error.strerror}). Check the folder's permissions.",
        f"{path} 을(를) 쓸 수 없습니다({error.strerror}). 폴더의 권한을 확인하세요.",
    )


def write_private(path: Path, data: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all; its folder is made, too.

    Raises IndexStoreError, DiskFullError.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise file_error(error, path) from error
