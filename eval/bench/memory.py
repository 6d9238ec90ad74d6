"""Memory of processes, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path

_PROC = Path("/proc")


def children(pid: int) -> set[int]:
    """Processes that this one started and that still run."""
    found: set[int] = set()
    for listed in _PROC.glob(f"{pid}/task/*/children"):
        try:
            found |= {int(child) for child in listed.read_text(encoding="ascii").split()}
        except (FileNotFoundError, ProcessLookupError):
            continue  # a thread that has ended meanwhile
    return found


def tree(pid: int) -> set[int]:
    """The process, its children, and theirs."""
    return {pid}.union(*(tree(child) for child in children(pid)))


def peak_mib(pid: int) -> float:
    """The most that was resident at once of a process, files mapped into it included; 0 of one that has ended."""
    try:
        status = (_PROC / str(pid) / "status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def read_mib(pid: int) -> float:
    """What a process has had read from the disk for it: nothing that was in the system's cache already."""
    try:
        told = (_PROC / str(pid) / "io").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0
    found = re.search(r"^read_bytes: (\d+)", told, re.MULTILINE)
    return int(found[1]) / 2**20 if found else 0.0
