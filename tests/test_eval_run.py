"""A run over golden questions with a stand-in for gisa: its file, going on with it, its tables."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ChatResponseGen
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.llms import MockLLM
from llama_index.core.llms.callbacks import llm_chat_callback
from rich.console import Console
from typer.testing import CliRunner

from eval import provenance
from eval.cli import app
from eval.datasets import DataError, GoldenQuestion, GoldenSet
from eval.prompt_tokens import reported
from eval.records import QuestionRecord, RunRecord, read_run
from eval.report import changes, percentile, run_table, show_comparison, show_failures, summary, wrongs
from eval.run import ask_each, begin, choose, fill, own_collection, source_numbers
from index.types import ArticleInfo
from rag.errors import ModelServerError
from rag.pipeline import ignore
from rag.settings import load_settings
from rag.types import Answer, Citation, Evidence, Found, Listener

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

INFO = ArticleInfo("korea", "t", None, None, None, "day", "ko", None, "/somewhere/003_ab.txt")
NUMBERS = {"korea": "003"}
QUESTIONS = tuple(
    GoldenQuestion(
        id=name,
        question=text,
        language="ko" if name.startswith("ko") else "en",
        answerable=answerable,
        kind="how-many",
        facts=(("26만", "260,000"),) if answerable else (),
        articles=("003",) if answerable else (),
    )
    for name, text, answerable in [
        ("en-right", "How many GPUs?", True),
        ("en-wrong", "How many chips?", True),
        ("ko-refused", "몇 장인가?", True),
        ("en-unsaid", "Who won the match?", False),
        ("ko-down", "누가 이겼나?", False),
    ]
)
GOLDEN = GoldenSet("small", "0" * 64, QUESTIONS)
ASKED = [("small", question) for question in QUESTIONS]
RUN = RunRecord(
    sets={"small": "0" * 64},
    articles="shipped",
    collection="c",
    llm=True,
    settings="s",
    revision="r",
    machine="m",
    time="t",
)


class Model(MockLLM):
    """Tells what llama.cpp tells with its last message: how many tokens it read, and how many it still had."""

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponseGen:
        def stream() -> ChatResponseGen:
            for raw in (
                None,
                SimpleNamespace(usage=None, timings={"prompt_n": 40, "cache_n": len(str(messages[0].content))}),
            ):
                yield ChatResponse(message=ChatMessage("x", role="assistant"), delta="x", raw=raw)

        return stream()


class Fake:
    """Answers as told above: right, wrong, refusing, answering what nobody said, and not at all."""

    def __init__(self, stop_at: str = "") -> None:
        self.asked: list[str] = []
        self.stop_at = stop_at
        self.model = Model()

    def ask(self, question: str, *, listen: Listener = ignore) -> Answer:
        if question == self.stop_at:
            raise KeyboardInterrupt
        self.asked.append(question)
        if question == "누가 이겼나?":
            raise ModelServerError("The server is away. Start it.", "서버가 없습니다. 시작하세요.")
        quote = "GPU 26만장을 들여온다."
        list(self.model.stream_chat([ChatMessage(question)]))
        listen(Found((Evidence(INFO, "c", 0, len(quote), quote, quote, 1.0, 0.5),)))
        time.sleep(0.02)
        answer = Answer(
            question=question,
            language="en",
            answer="It is 260,000 GPUs [1].",
            refused=False,
            answered_by="llm",
            citations=(Citation(1, "korea", "t", None, "2025-10-31", None, quote, 0, len(quote)),),
            claims=(),
            timings_ms={"total": 20},
            model="m",
            settings="s",
        )
        return {
            "How many chips?": replace(answer, answer="It is 26,000 chips [1]."),
            "몇 장인가?": replace(
                answer, language="ko", answer="기사에 없습니다.", refused=True, answered_by="none", citations=()
            ),
        }.get(question, answer)


def asked(out: Path, gisa: Fake | None = None) -> list[QuestionRecord]:
    begin(out, RUN, resume=False)
    return list(ask_each(gisa or Fake(), ASKED, NUMBERS, out))


def shown(*things: object) -> str:
    console = Console(file=StringIO(), width=200)
    for thing in things:
        console.print(thing)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_file_holds_what_was_measured(tmp_path: Path) -> None:
    records = asked(tmp_path / "run.jsonl")
    run, read = read_run(tmp_path / "run.jsonl")
    assert run == RUN
    assert [record.model_dump_json() for record in read] == [record.model_dump_json() for record in records]
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["type"] for line in lines] == ["run", *["question"] * 5]
    assert lines[1]["answer"]["citations"][0]["quote"] == "GPU 26만장을 들여온다."
    assert set(lines[1]["answer"]) == set(Fake().ask("How many GPUs?").to_json())


def test_times_are_taken_from_outside(tmp_path: Path) -> None:
    first = asked(tmp_path / "run.jsonl")[0]
    assert first.evidence_ms is not None
    assert 0 <= first.evidence_ms < 20 <= first.elapsed_ms


def test_figures(tmp_path: Path) -> None:
    """One of three facts is right in the answer, two in the quotes; of all five, two refused flags are right."""
    figures = dict(summary(asked(tmp_path / "run.jsonl")))
    assert figures["facts in the answer"] == "33.3% (1/3)"
    assert figures["facts in the quotes"] == "66.7% (2/3)"
    assert figures["right refusals"] == "40.0% (2/5)"
    assert figures["  refused, of the unanswerable"] == "0.0% (0/2)"
    assert figures["  answered, of the answerable"] == "66.7% (2/3)"
    assert figures["right citation article"] == "66.7% (2/3)"
    assert figures["right language"] == "80.0% (4/5)", "a question that failed counts as wrong"
    assert (figures["unsupported quantities"], figures["errors"]) == ("1", "1")
    tokens = figures["prompt tokens, median"], figures["prompt tokens, most"]
    assert tokens == ("54", "58"), "40 and the lengths of four questions: 14, 15, 6, 18"


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


def test_table_and_failures(tmp_path: Path) -> None:
    records = asked(tmp_path / "run.jsonl")
    table = shown(run_table(RUN, records))
    assert all(head in table for head in ("all (5)", "ko (2)", "en (3)"))
    console = Console(file=StringIO(), width=40)
    show_failures(console, records)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert text.startswith("\n4 of 5 questions went wrong.")
    assert "en-right" not in text
    for part in (
        "26만 | 260,000 from 003",
        "26,000 chips [1]",
        "unsupported: 26,000",
        "The server is away",
        "a refusal",
    ):
        assert part in text
    assert "quote 1:  GPU 26만장을 들여온다. (korea)" in text


def test_summary_of_nothing() -> None:
    assert dict(summary([]))["right refusals"] == "-"


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 2.5), (95, 3.85), (100, 4)])
def test_percentile_by_hand(percent: float, expected: float) -> None:
    assert percentile([4, 1, 3, 2], percent) == pytest.approx(expected)
    assert percentile([7], percent) == 7


def test_broken_off_and_resumed(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    begin(out, RUN, resume=True)
    with pytest.raises(KeyboardInterrupt):
        list(ask_each(Fake(stop_at="몇 장인가?"), ASKED, NUMBERS, out))
    with out.open("ab") as file:
        file.write(b'{"type": "question", "set"')  # cut off while it was written
    assert [record.id for record in read_run(out)[1]] == ["en-right", "en-wrong"]
    done = {record.key for record in begin(out, RUN, resume=True)}
    gisa = Fake()
    list(ask_each(gisa, [one for one in ASKED if (one[0], one[1].id) not in done], NUMBERS, out))
    assert gisa.asked == ["몇 장인가?", "Who won the match?", "누가 이겼나?"]
    assert [record.id for record in read_run(out)[1]] == [question.id for question in QUESTIONS]


def test_questions_that_failed_are_asked_again(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    asked(out)
    assert "ko-down" not in {record.id for record in begin(out, RUN, resume=True)}
    list(ask_each(Fake(), ASKED[-1:], NUMBERS, out))
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


def test_comparison(tmp_path: Path) -> None:
    before = asked(tmp_path / "before.jsonl")
    after = list(before)
    right, wrong = before[0].scores, before[1].scores
    after[0] = before[0].model_copy(update={"scores": wrong})
    after[1] = before[1].model_copy(update={"scores": right})
    better, worse = changes(before, after)
    aspects = ["facts in the answer", "no unsupported quantity"]
    assert [(record.id, names) for record, names in better] == [("en-wrong", aspects)]
    assert [(record.id, names) for record, names in worse] == [("en-right", aspects)]
    assert changes(before, before) == ([], [])
    console = Console(file=StringIO(), width=200)
    show_comparison(console, (RUN, before), (RUN, after[:2]))
    assert isinstance(console.file, StringIO)
    assert "2 questions in both" in console.file.getvalue()
    assert "Worse: 1\n  en-right (en): facts in the answer" in console.file.getvalue()


def test_right_answers_have_no_wrongs(tmp_path: Path) -> None:
    records = asked(tmp_path / "run.jsonl")
    assert (
        [record.id for record in records if not wrongs(record)]
        == ["en-right"]
        == [record.id for record in records if record.right]
    )


def test_choice() -> None:
    assert [q.id for _, q in choose([GOLDEN], "ko", None)] == ["ko-refused", "ko-down"]
    assert [q.id for _, q in choose([GOLDEN, GOLDEN], "ko", 3)] == ["ko-refused", "ko-down", "ko-refused"]
    assert len(choose([GOLDEN], None, None)) == 5


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


def test_report_and_compare_commands(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    asked(out)
    cli = CliRunner()
    told = cli.invoke(app, ["report", str(out), "--failures"])
    assert told.exit_code == 0, told.output
    assert "right refusals" in told.output
    assert "4 of 5 questions went wrong." in told.output
    told = cli.invoke(app, ["compare", str(out), str(out)])
    assert told.exit_code == 0, told.output
    assert "Better: 0" in told.output


def test_report_of_retrieval(tmp_path: Path) -> None:
    row = {
        "type": "retrieval", "data": "tiny", "sha256": {}, "passages": 4, "queries": 2, "method": "gisa",
        "nDCG@10": 0.5, "MRR@10": 0.25, "R@1": 0.125, "R@5": 1.0, "ms_per_query": 12.34, "unread": 1,
        "embedder": "e", "settings": "s", "revision": "r", "machine": "m", "time": "t",
    }  # fmt: skip
    out = tmp_path / "retrieval.jsonl"
    out.write_text(json.dumps(row) + "\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["report", str(out)])
    assert told.exit_code == 0, told.output
    for part in ("tiny: 2 questions, 4 passages", "gisa (1 not read)", "0.500", "0.250", "0.125", "1.000", "12.3"):
        assert part in told.output


def test_run_command(tmp_path: Path, embedder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped articles, the real pipeline without a language model, a run that is broken off and gone on with."""
    from rag.assemble import Gisa

    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setenv("GISA_EMBEDDER__MODEL", str(embedder_folder))
    monkeypatch.setattr(provenance, "revision", lambda: "r")  # whatever is committed or edited meanwhile
    monkeypatch.setattr(provenance, "code_hash", lambda _: "h")
    out = tmp_path / "run.jsonl"
    command = ["run", "--no-llm", "--language", "en", "--limit", "3", "--out", str(out)]
    ask = Gisa.ask

    def broken_off(gisa: Gisa, question: str, **told: Any) -> Answer:
        if out.read_bytes().count(b"\n") == 3:
            raise KeyboardInterrupt
        return ask(gisa, question, **told)

    monkeypatch.setattr(Gisa, "ask", broken_off)
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 130, told.output
    assert "all (2)" in told.output
    monkeypatch.setattr(Gisa, "ask", ask)
    told = CliRunner().invoke(app, [*command, "--resume", "--failures"])
    assert told.exit_code == 0, told.output
    assert "all (3)" in told.output
    run, records = read_run(out)
    assert (run.llm, run.articles, list(run.sets)) == (False, "shipped", ["golden"])
    assert [record.language for record in records] == ["en"] * 3
    assert all(record.answer and record.answer["model"] is None for record in records)
    assert all(record.evidence_ms and record.evidence_ms < record.elapsed_ms for record in records)
    assert not (tmp_path / "index").exists(), "the user's own collection is left alone"
    assert isinstance(CliRunner().invoke(app, command).exception, DataError), "nothing is written over"
    assert CliRunner().invoke(app, ["run", "--resume"]).exit_code == 2


def test_retrieval_command(tmp_path: Path, embedder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setenv("GISA_EMBEDDER__MODEL", str(embedder_folder))
    passages = [{"id": "p1", "text": "마늘 값이 크게 떨어졌다."}, {"id": "p2", "text": "발사체가 궤도에 올랐다."}]
    for name, extra in (("tiny", {"relevant": ["p1"]}), ("other", {"answerable": True})):
        (tmp_path / name).mkdir()
        lines = "\n".join(json.dumps(passage) for passage in passages)
        (tmp_path / name / "corpus.jsonl").write_text(lines, encoding="utf-8")
        query = {"id": "q", "text": "마늘 값은 어떻게 되었나?", **extra}
        (tmp_path / name / "queries.jsonl").write_text(json.dumps(query), encoding="utf-8")
    out = tmp_path / "retrieval.jsonl"
    data = ["--data", str(tmp_path / "other"), "--data", str(tmp_path / "tiny")]
    told = CliRunner().invoke(app, ["retrieval", *data, "--method", "gisa", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "tiny: 1 questions, 2 passages" in told.stdout
    assert "does not say which passages are relevant" in told.stderr.replace("\n", " ")
    (line,) = (json.loads(line) for line in out.read_text(encoding="utf-8").splitlines())
    assert (line["method"], line["R@1"]) == ("gisa", 1.0)
    alone = CliRunner().invoke(app, ["retrieval", "--data", str(tmp_path / "other")])
    assert isinstance(alone.exception, DataError)
