"""A run over golden questions with a stand-in for gisa: its file, and going on with it."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from llama_index.core.instrumentation import get_dispatcher

from eval.datasets import DataError
from eval.prompt_tokens import reported
from eval.provenance import pinned_sha256
from eval.records import read_run
from eval.run import Subject, ask_each, content_sha256, fill, own_collection, source_numbers
from eval.run_file import begin
from index.local_store import LocalStore
from rag.errors import DiskFullError, IndexStoreError
from rag.settings import load_settings

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder
from entries import DIMENSION, MODEL, entry
from small_run import ASKED, INFO, NUMBERS, QUESTIONS, RUN, Fake, asked


def test_file_holds_what_was_measured(tmp_path: Path) -> None:
    records = asked(tmp_path / "run.jsonl")
    run, read = read_run(tmp_path / "run.jsonl")
    assert run == RUN
    assert [record.model_dump_json() for record in read] == [record.model_dump_json() for record in records]
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["type"] for line in lines] == ["run", *["question"] * 5]
    assert lines[1]["answer"]["citations"][0]["quote"] == "GPU 26만장을 들여온다."
    assert set(lines[1]["answer"]) == set(Fake().ask("How many GPUs?").to_json())


def test_articles_are_known_by_what_they_say(tmp_path: Path) -> None:
    hashes, fingerprints = [], []
    for folder, its in (("one", [("a", 0), ("b", 0)]), ("two", [("b", 0), ("a", 0)]), ("three", [("a", 0), ("b", 1)])):
        with LocalStore(tmp_path / folder, embedder=MODEL, dimension=DIMENSION) as store:
            store.put([entry(name, version) for name, version in its])
            hashes.append(content_sha256(store))
            fingerprints.append(store.fingerprint())
    assert hashes[0] == hashes[1] != hashes[2]
    assert len(set(fingerprints)) == 3, "a collection's own changes with every write"


def test_times_are_taken_from_outside(tmp_path: Path) -> None:
    first = asked(tmp_path / "run.jsonl")[0]
    assert first.evidence_ms is not None
    assert 0 <= first.evidence_ms < 20 <= first.elapsed_ms


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (SimpleNamespace(usage=SimpleNamespace(prompt_tokens=32), timings={"prompt_n": 1, "cache_n": 31}), 32),
        (SimpleNamespace(usage=None, timings={"prompt_n": 1, "cache_n": 31}), 32),
        (SimpleNamespace(timings={"prompt_n": 7}), 7),
        (SimpleNamespace(usage=None), None),
        (None, None),
    ],
)
def test_prompt_tokens_as_servers_tell_them(raw: object, expected: int | None) -> None:
    assert reported(raw) == expected


def test_prompts_are_watched_only_while_asking(tmp_path: Path) -> None:
    before = list(get_dispatcher().event_handlers)
    assert asked(tmp_path / "run.jsonl")[0].prompt_tokens == 40 + len("How many GPUs?")
    assert get_dispatcher().event_handlers == before


def test_broken_off_and_resumed(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    begin(out, RUN, resume=True)
    with pytest.raises(KeyboardInterrupt):
        list(ask_each(Subject(Fake(stop_at="몇 장인가?"), NUMBERS), ASKED, out))
    with out.open("ab") as file:
        file.write(b'{"type": "question", "set"')  # cut off while it was written
    assert [record.id for record in read_run(out)[1]] == ["en-right", "en-wrong"]
    done = {record.key for record in begin(out, RUN, resume=True)}
    gisa = Fake()
    list(ask_each(Subject(gisa, NUMBERS), [one for one in ASKED if (one[0], one[1].id) not in done], out))
    assert gisa.asked == ["몇 장인가?", "Who won the match?", "누가 이겼나?"]
    assert [record.id for record in read_run(out)[1]] == [question.id for question in QUESTIONS]


def test_questions_that_failed_are_asked_again(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    asked(out)
    assert "ko-down" not in {record.id for record in begin(out, RUN, resume=True)}
    list(ask_each(Subject(Fake(), NUMBERS), ASKED[-1:], out))
    assert len(read_run(out)[1]) == 5, "the last record of a question counts"


def test_another_run_is_not_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    asked(out)
    before = out.read_bytes()
    for change in ({"settings": "other"}, {"revision": "x"}, {"llm": False}, {"sets": {}}, {"articles": "there"}):
        with pytest.raises(DataError, match="other questions, articles, settings or code"):
            begin(out, RUN.model_copy(update=change), resume=True)
    with pytest.raises(DataError, match="there already"):
        begin(out, RUN, resume=False)
    assert out.read_bytes() == before
    assert begin(out, RUN.model_copy(update={"machine": "x", "time": "x"}), resume=True)


@pytest.mark.parametrize(
    ("text", "named"),
    [("", "does not say"), ("{}\n", "line 1"), ("no json\n", "line 1"), (RUN.model_dump_json() + "\n[]\n", "line 2")],
)
def test_file_that_is_no_run(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=named):
        read_run(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_run(tmp_path / "none.jsonl")


def test_source_numbers() -> None:
    assert source_numbers([INFO, replace(INFO, id="own", source="notes.md")]) == {"korea": "003"}


def test_collection_is_apart_from_the_users(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, llm={"max_tokens": 99})
    shipped, other = own_collection(settings, None), own_collection(settings, tmp_path)
    assert len({settings.index_folder, shipped.index_folder, other.index_folder}) == 3
    assert all(one.index_folder.is_relative_to(tmp_path / "eval") for one in (shipped, other))
    assert (shipped.home, shipped.llm.max_tokens, shipped.fingerprint) == (tmp_path, 99, settings.fingerprint)


def test_collection_holds_just_the_articles_told(tmp_path: Path, embedder: SentenceTransformerEmbedder) -> None:
    from index.local_store import LocalStore

    folder = tmp_path / "articles"
    folder.mkdir()
    for name in ("007_a.txt", "008_b.txt"):
        (folder / name).write_text(
            f"{name} 소식\n\n서울에서 {name} 행사가 열렸다. 사람이 많이 왔다.\n", encoding="utf-8"
        )
    with LocalStore(tmp_path / "index", embedder=embedder.name, dimension=embedder.dimension) as store:
        fill(store, embedder, folder)
        assert set(source_numbers(store.articles()).values()) == {"007", "008"}
        (folder / "007_a.txt").unlink()
        fill(store, embedder, folder)
        assert set(source_numbers(store.articles()).values()) == {"008"}
        (folder / "008_b.txt").unlink()
        with pytest.raises(DataError, match="There are no articles"):
            fill(store, embedder, folder)


def test_records_of_before_still_load(tmp_path: Path) -> None:
    """A file written before there were traces, citations, judgements and models in it."""
    path = tmp_path / "run.jsonl"
    asked(path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        for added in ("target", "gisa", "model", "model_sha256", "embedder", "citations", "trace", "judgements"):
            line.pop(added, None)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    run, records = read_run(path)
    assert (run.target, run.model) == ("local", None)
    assert [(record.citations, record.trace, record.judgements) for record in records] == [(None, None, {})] * 5


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """What writes more gets the error of a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    begin(out, RUN, resume=False)
    size = out.stat().st_size
    with files_no_larger_than(size + 2500), pytest.raises(DiskFullError, match="is full"):
        list(ask_each(Subject(Fake(), NUMBERS), ASKED, out))
    assert out.stat().st_size == size + 2500, "the last line is cut off"
    done = {record.key for record in begin(out, RUN, resume=True)}
    assert 0 < len(done) < 4
    list(ask_each(Subject(Fake(), NUMBERS), [one for one in ASKED if (one[0], one[1].id) not in done], out))
    assert [record.id for record in read_run(out)[1]] == [question.id for question in QUESTIONS]
    with files_no_larger_than(10), pytest.raises(DiskFullError):
        begin(tmp_path / "other.jsonl", RUN, resume=False)
    assert [path.name for path in tmp_path.iterdir()] == ["run.jsonl"]


def test_file_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IndexStoreError, match="cannot be written"):
        begin(tmp_path / "file" / "run.jsonl", RUN, resume=False)


def test_header_that_was_cut_off_is_begun_anew(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    out.write_bytes(RUN.model_dump_json().encode()[:40])
    assert begin(out, RUN, resume=True) == []
    assert read_run(out) == (RUN, [])


def test_header_names_models(tmp_path: Path) -> None:
    """The pinned model's own hash, as docs and models.toml give it; none for a server's."""
    pinned = load_settings(home=tmp_path)
    assert pinned_sha256(pinned.llm) == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    there = load_settings(home=tmp_path, llm={"base_url": "http://127.0.0.1:9/v1"})
    assert pinned_sha256(there.llm) is None
    assert pinned_sha256(load_settings(home=tmp_path, llm={"model": "own.gguf"}).llm) is None
