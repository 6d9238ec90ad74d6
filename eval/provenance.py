"""Where a figure comes from: the code's revision, the machine, the time."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rag.settings import LLMSettings
from seeds import catalogue

ROOT = Path(__file__).resolve().parent.parent


def now() -> str:
    """The present time, UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def revision() -> str:
    """The commit this code stands at, with "+" when files differ from it; "unknown" outside of a git checkout."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}+" if changed else commit


def release() -> str | None:
    """gisa's release; None where it is not installed."""
    try:
        return version("gisa-news")
    except PackageNotFoundError:
        return None


def pinned_sha256(model: LLMSettings) -> str | None:
    """The hash that the language model's file is held to; None for a server's model and for a file of one's own."""
    spec = None if model.base_url else catalogue.load().get(model.model)
    return spec.sha256 if spec else None


def machine() -> str:
    """Processor model and the number of cores this process may use, as a results table should name them."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines() if cpuinfo.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model or platform.machine()}, {cores} cores, {platform.system()}"


def code_hash(packages: Iterable[str]) -> str:
    """Twelve hex digits over every file of some of our packages: what they once made may be reused while it stays."""
    digest = hashlib.sha256()
    for package in packages:
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
