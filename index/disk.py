"""What the operating system says about files and disks, in our errors."""

from __future__ import annotations

import errno
from pathlib import Path

from index.errors import DiskFullError, IndexStoreError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def disk_full(folder: Path) -> DiskFullError:
    return DiskFullError(
        f"The disk that holds {folder} is full; nothing was half-stored. Free some space, then try again.",
        f"{folder} 이(가) 있는 디스크가 가득 찼습니다. 일부만 저장된 것은 없습니다. 공간을 확보한 뒤 다시 시도하세요.",
    )


def file_error(error: OSError, path: Path) -> IndexStoreError:
    """The error to raise for `error`, met when making or writing `path`."""
    if error.errno in _FULL:
        return disk_full(path.parent)
    return IndexStoreError(
        f"{path} cannot be written ({error.strerror}). Check the folder's permissions.",
        f"{path} 을(를) 쓸 수 없습니다({error.strerror}). 폴더의 권한을 확인하세요.",
    )
