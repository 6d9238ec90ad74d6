"""A running server takes up what another process did to its collection, without a restart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
from serving import ASKED, Served

from index.archive import export
from index.local_store import LocalStore
from index.manifest import read_manifest

pytest_plugins = ["serving"]
ROOT = Path(__file__).resolve().parents[1]
ARTICLE = "korea-nvidia-gpu-2025-10"
ELSEWHERE = """
import sys
from pathlib import Path
from index import archive
from index.local_store import LocalStore
home, file = Path(sys.argv[1]), Path(sys.argv[2])
with LocalStore(home / "index") as store:
    if file.exists():
        with archive.opened(file, home) as source:
            archive.copy(source, store)
    else:
        store.remove(file.name)
        store.flush()
"""


def _elsewhere(home: Path, file: Path) -> None:
    """In another process: import `file`, or remove the article of that name."""
    subprocess.run(
        [sys.executable, "-c", ELSEWHERE, home, file], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )


def _hits(client: httpx.Client) -> list[tuple[str, str]]:
    found = client.post("/v1/search", json={"question": ASKED}).raise_for_status().json()["hits"]
    return [(hit["article_id"], hit["quote"]) for hit in found]


def _ids(client: httpx.Client) -> set[str]:
    return {one["id"] for one in client.get("/v1/articles").raise_for_status().json()["articles"]}


def test_a_server_takes_up_generations_of_other_processes(serving: Served, tmp_path: Path) -> None:
    with serving() as client:
        home = tmp_path / "home"
        with LocalStore(home / "index") as store:
            export(store, tmp_path / "kept.gisa")
        before, generation = _hits(client), read_manifest(home / "index").file
        assert before[0][0] == ARTICLE

        _elsewhere(home, tmp_path / ARTICLE)
        assert read_manifest(home / "index").file != generation
        assert ARTICLE not in {article_id for article_id, _ in _hits(client)}
        assert ARTICLE not in _ids(client)

        _elsewhere(home, tmp_path / "kept.gisa")
        assert _hits(client) == before
        assert ARTICLE in _ids(client)
