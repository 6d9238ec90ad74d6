"""What `make eval` and `make bench` would run: commands that there are, with options that they have."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A folder for the Makefile, with ../shared/evaldata as far as it is looked at."""
    for name in ("korquad", "nomiracl_ko", "klue_nli_news"):
        (tmp_path / "shared" / "evaldata" / name).mkdir(parents=True)
        (tmp_path / "shared" / "evaldata" / name / "queries.jsonl").touch()
    folder = tmp_path / "gisa"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    return folder


def modules(folder: Path, *target: str) -> list[list[str]]:
    """The modules that a target runs, with their arguments."""
    command = ["make", "-n", "-o", ".venv/gisa-ready", *target]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in told.splitlines()]
    return [line[2:] for line in lines if line[:2] == [".venv/bin/python", "-m"]]


def test_eval(beside: Path) -> None:
    short, long = modules(beside, "eval"), modules(beside, "eval", "LONG=1")
    assert [line[0] for line in short] == ["eval.verifier", "eval.claims", "eval.nomiracl"]
    assert short[2][1:] == ["../shared/evaldata/nomiracl_ko", "--questions", "40"]
    assert long[2][1:] == ["../shared/evaldata/nomiracl_ko"]
    shutil.rmtree(beside.parent / "shared")
    assert [line[0] for line in modules(beside, "eval")] == ["eval.verifier"]


def test_bench(beside: Path) -> None:
    short, long = modules(beside, "bench"), modules(beside, "bench", "LONG=1")
    for name in ("startup", "query", "ingest", "rest", "peers"):
        assert any(line[0] == f"eval.bench.{name}" for line in short), name
    assert ["eval.bench.scale", "--chunks", "100000"] in long
    assert all(line[0] != "eval.bench.scale" for line in short)
    assert ["eval.bench.peers", "--every", "4"] in modules(beside, "bench", "ARGS=--every 4")
    shutil.rmtree(beside.parent / "shared")
    assert all(line[0] != "eval.bench.ingest" for line in modules(beside, "bench"))


def test_every_command_is_there(beside: Path) -> None:
    for line in modules(beside, "eval", "LONG=1") + modules(beside, "bench", "LONG=1"):
        assert find_spec(line[0]) is not None, line
    measured = [line[1] for line in modules(beside, "bench", "LONG=1") if line[0] == "eval.bench.rest"]
    told = subprocess.run(
        [sys.executable, "-m", "eval.bench.rest", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert all(f" {name} " in told for name in measured)
