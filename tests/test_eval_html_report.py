"""The report as one page: what it shows, that it needs nothing else, and that nothing in it can act."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from small_run import RUN, asked
from typer.testing import CliRunner

from eval import html_words
from eval.cli import app
from eval.datasets import DataError
from eval.html_files import write_page
from eval.html_words import Said
from eval.records import Draft, FoundSentence, Judgement, QuestionRecord, RunRecord, Trace
from eval.retrieval import MissingExtraError

CHROMIUM = os.environ.get("GISA_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
EVIL = "</span></td><script>alert(1)</script><img src=x onerror=alert(2)>'\" $\\frac{1}{0 &amp; {x}"
VOID = {"meta", "input", "br", "img", "link", "base"}


class Page(HTMLParser):
    """All elements in order, the text of each kind, and what stands open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def shown(self) -> str:
        return "".join(text for tag, text in self.texts if tag not in {"style", "script"})


def retrieval_row(method: str, data: str = "tiny", **scores: float) -> dict[str, Any]:
    return {
        "type": "retrieval", "data": data, "sha256": {}, "passages": 4, "queries": 2, "method": method,
        "nDCG@10": 0.5, "MRR@10": 0.25, "R@1": 0.125, "R@5": 1.0, "ms_per_query": 12.34, "unread": 0,
        "embedder": "e", "settings": "s", "revision": "r", "machine": "m", "time": "t", **scores,
    }  # fmt: skip


def write_run(path: Path, run: RunRecord, lines: list[QuestionRecord]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line.model_dump_json()}\n" for line in [run, *lines]), encoding="utf-8")
    return path


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def page_of(files: list[Path], home: Path, **told: Any) -> tuple[str, Page]:
    out = home / "out" / "page.html"
    write_page(files, out, home, told.get("language", "en"))
    text = out.read_text(encoding="utf-8")
    return text, Page(text)


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """Five questions: right, wrong fact, wrong refusal, answered though unanswerable, failed."""
    asked(tmp_path / "small.jsonl")
    return tmp_path / "small.jsonl"


def test_whole_page(run_file: Path, tmp_path: Path) -> None:
    rows = [retrieval_row("gisa"), retrieval_row("dense", **{"R@1": 0.1})]
    _, page = page_of([run_file, write_rows(tmp_path / "retrieval.jsonl", rows)], tmp_path)
    assert page.open == [], "all elements are closed"
    sections = [attributes["id"] for attributes in page.all("section") if "id" in attributes]
    assert sections == ["summary", "failures-1", "each-1", "retrieval", "latency", "history"]
    # One of three facts is right, and the interval of one in three reaches from none to all.
    assert "33.3%" in page.shown
    assert "0–100, n = 3" in page.shown
    assert "4 of 5 questions went wrong." in page.shown
    assert "질문 5개 중 4개가 틀렸습니다." in page.shown
    assert len([one for one in page.all("details") if one.get("class") == "failure"]) == 4
    assert len([one for one in page.all("tr") if "data-asked" in one]) == 5
    assert len([one for one in page.all("tr") if "data-wrong" in one]) == 4
    for part in ("26만", "GPU 26만장을 들여온다.", "The server is away. Start it.", "거절: 기사에 없는 내용"):
        assert part in page.shown
    assert "0.125" in page.shown, "recall of the table"


def test_needs_nothing_else(run_file: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "retrieval.jsonl", [retrieval_row("gisa"), retrieval_row("dense")])
    text, page = page_of([run_file, rows], tmp_path)
    assert not re.search(r"https?:|//[a-z]|@import|@font-face", text)
    assert not {"link", "img", "iframe", "object", "base"} & {tag for tag, _ in page.elements}
    assert all("src" not in attributes for _, attributes in page.elements)
    assert all(one.startswith("#") for one in re.findall(r"url\(([^)]*)\)", text)), "clip paths of the page itself"
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identities) == len(set(identities))
    links = [attributes["href"] or "" for _, attributes in page.elements if "href" in attributes]
    assert {link for link in links if link.removeprefix("#") not in identities} == set()
    policy = page.all("meta")[3]["content"] or ""
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")


def test_pictures_are_told_and_follow_the_page(run_file: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "retrieval.jsonl", [retrieval_row("gisa"), retrieval_row("dense")])
    text, _ = page_of([run_file, rows], tmp_path)
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) == 4, "shares, recall, waits, wait by question"
    for picture in pictures:
        assert all(f'<{tag} lang="{language}"' in picture for tag in ("title", "desc") for language in ("en", "ko"))
        assert 'role="img"' in picture
        assert "font-family" not in picture
        assert "<style" not in picture
        names = ["ink", "soft", "line", *(f"series-{number}" for number in range(1, 7))]
        assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", picture)) <= {"none", *(f"var(--{one})" for one in names)}
        assert not re.search(r"@\d+@", picture), "every key has its words"
    assert "BM25" not in pictures[1]
    assert re.search(r">100\.0  gisa</text>", pictures[1]), "R@5 at the end of the line"


def test_nothing_of_the_data_can_act(tmp_path: Path) -> None:
    """Markup in everything an article, a question, a model or a file name may hold is shown as text."""
    record = asked(tmp_path / "small.jsonl")[1]
    assert record.answer is not None
    citation = record.answer["citations"][0] | {"quote": EVIL, "title": EVIL, "publisher": EVIL}
    claim = {"text": EVIL, "kind": "name", "supported": False, "citation": None}
    evil = record.model_copy(
        update={
            "set": EVIL, "id": EVIL, "question": EVIL, "kind": EVIL, "facts": ((EVIL, "x"),), "articles": (EVIL,),
            "notices": (EVIL,), "answer": record.answer | {"answer": EVIL, "citations": [citation], "claims": [claim]},
            "trace": Trace(
                evidence=(FoundSentence(article_id=EVIL, start=0, end=1, text=EVIL, score=1, words=1, odds=-2.0),),
                drafts=(Draft(text=EVIL, begun_ms=1, ended_ms=2, failed=(EVIL,)),),
            ),
            "judgements": {EVIL: Judgement(judge=EVIL, passing=None, feedback=EVIL)},
        }
    )  # fmt: skip
    told = dict.fromkeys(("articles", "collection", "settings", "revision", "machine", "time", "model", "target"), EVIL)
    run = RUN.model_copy(update=told | {"sets": {EVIL: "0" * 64}, "embedder": EVIL})
    one = write_run(tmp_path / "<script>alert(3)<.jsonl", run, [evil, record])
    two = write_run(tmp_path / "<b onclick=alert(4)>.jsonl", run, [record, evil])
    rows = [retrieval_row(EVIL, EVIL, embedder=EVIL), retrieval_row("b", EVIL)]  # type: ignore[arg-type]
    text, page = page_of([one, two, write_rows(tmp_path / "retrieval.jsonl", rows)], tmp_path)
    assert page.open == []
    assert len(page.all("script")) == 1
    assert not {"img", "b"} & {tag for tag, _ in page.elements}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert text.count("alert(1)") == text.count("&lt;script&gt;alert(1)"), "each is escaped, once"
    assert page.shown.count(EVIL) > 30
    assert any(EVIL in data for tag, data in page.texts if tag in {"text", "tspan"}), "in the pictures too"


def test_both_languages(run_file: Path, tmp_path: Path) -> None:
    _, page = page_of([run_file], tmp_path, language="ko")
    assert page.all("html") == [{"lang": "ko"}]
    assert "평가 보고서" in [text for tag, text in page.texts if tag == "title"]
    spoken = [attributes["lang"] for _, attributes in page.elements if attributes.get("class") == "w"]
    assert spoken[::2] == ["en"] * (len(spoken) // 2), "always a pair"
    assert spoken[1::2] == ["ko"] * (len(spoken) // 2)
    for name, said in vars(html_words).items():
        for one in said.values() if isinstance(said, dict) else [said]:
            if isinstance(one, Said):
                assert re.search("[가-힣]", one.ko), name
                assert not re.search("[가-힣]", one.en), name
                assert sorted(re.findall(r"\{.*?\}", one.en)) == sorted(re.findall(r"\{.*?\}", one.ko)), name


def test_trace_and_judgements(tmp_path: Path) -> None:
    records = asked(tmp_path / "small.jsonl")
    sentence = FoundSentence(article_id="korea", start=0, end=4, text="찾은 문장", score=1.25, words=0.5, odds=-2.0)
    trace = Trace(evidence=(sentence,), drafts=(Draft(text="초안이다", begun_ms=10, ended_ms=20, failed=("26,000",)),))
    judged = {"faithfulness": Judgement(judge="a-model", passing=False, feedback="not in the context")}
    records[1] = records[1].model_copy(update={"trace": trace, "judgements": judged})
    run = write_run(tmp_path / "traced.jsonl", RUN, records)
    text, page = page_of([run], tmp_path)
    judged_row = text[text.index("faithfulness<small>a-model") :]
    cells = re.findall(r'<td class="number">([^<]*)', judged_row[: judged_row.index("</tr>")])
    # The wrong number makes it unfaithful by the metric too; of one answer kappa says nothing.
    assert cells == ["1", "0.0%", "0.0%", "100.0%", "-"]
    for part in ("찾은 문장", "score 1.25", "log odds -2.0", "초안이다", "10–20 ms", "thrown away: 26,000"):
        assert part in page.shown, part
    for part in ("faithfulness (a-model): did not pass", "not in the context", "Answers judged by models"):
        assert part in page.shown, part


def test_runs_side_by_side_and_their_history(run_file: Path, tmp_path: Path) -> None:
    records = asked(tmp_path / "again.jsonl")
    later = RUN.model_copy(update={"time": "2026-11-22T07:38:29+00:00", "revision": "later"})
    early = RUN.model_copy(update={"time": "2026-11-21T06:00:00+00:00", "revision": "early"})
    files = [write_run(tmp_path / "b.jsonl", later, records), write_run(tmp_path / "a.jsonl", early, records[:2])]
    text, page = page_of(files, tmp_path)
    assert "The files given, oldest first." in page.shown
    history = text[text.index('id="history"') :]
    assert history.index("11-21 06:00") < history.index("11-22 07:38")
    assert history.count("<svg") == 2, "shares, and the median wait"
    assert "50.0%" in history, "one of two facts"
    assert [one["id"] for one in page.all("section") if one.get("id", "").startswith("failures")] == [  # type: ignore[union-attr]
        "failures-1",
        "failures-2",
    ]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"llm": False, "model": None}, "model: none"),
        ({"model": "another-model"}, "model: another-model"),
        ({"sets": {"small": "1" * 64}}, "small (111111)"),
        ({"articles_sha256": "2" * 64}, "small (000000)"),
    ],
)
def test_runs_that_do_not_compare_share_no_line(tmp_path: Path, other: dict[str, Any], said: str) -> None:
    """Of three runs, the second without a model, with another one, or of other questions or articles."""
    records = asked(tmp_path / "records.jsonl")
    files = []
    for day, update in (("20", {}), ("21", other), ("22", {})):
        told = {"time": f"2026-11-{day}T00:00:00+00:00", "model": "a-model", **update}
        files.append(write_run(tmp_path / f"{day}.jsonl", RUN.model_copy(update=told), records))
    text, page = page_of(files, tmp_path)
    history = text[text.index('id="history"') :]
    assert "over 2 runs" in history
    assert "over 3 runs" not in history
    assert history.count("There is one run so far") == 1
    headings = page.shown[page.shown.index("The files given") :]
    assert said in headings
    assert "small (000000); articles: the shipped ones; model: a-model, over 2 runs" in headings


def test_history_of_home(run_file: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name, day in (("answers-1", "20"), ("answers-2", "21")):
        run = RUN.model_copy(update={"time": f"2026-11-{day}T00:00:00+00:00"})
        write_run(home / "eval" / "runs" / f"{name}.jsonl", run, asked(tmp_path / f"{name}.jsonl"))
    write_rows(home / "eval" / "runs" / "retrieval-1.jsonl", [retrieval_row("gisa")])
    (home / "eval" / "runs" / "answers-3.jsonl").write_text("{}\n", encoding="utf-8")
    (home / "out").mkdir()
    text, _ = page_of([run_file], home)
    history = text[text.index('id="history"') :]
    assert "11-20 00:00" in history
    assert "11-21 00:00" in history
    assert "over 3 runs" in history, "those two and the one given"
    assert "could not be read as runs: answers-3.jsonl." in history


def test_command(run_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    out = tmp_path / "new" / "page.html"
    told = CliRunner().invoke(app, ["report", str(run_file), "--html", str(out), "--language", "ko"])
    assert told.exit_code == 0, told.output
    assert told.stdout == ""
    assert Page(out.read_text(encoding="utf-8")).all("html") == [{"lang": "ko"}]
    told = CliRunner().invoke(app, ["report", str(run_file), str(run_file)])
    assert told.stdout.count("right refusals") == 2, "a table for each file"


def test_files_that_are_no_results(run_file: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not the result of a run"):
        write_page([write_rows(tmp_path / "other.jsonl", [{"a": 1}])], tmp_path / "o.html", tmp_path, "en")
    row = retrieval_row("gisa")
    del row["method"]
    with pytest.raises(DataError, match="line 2 lacks method"):
        write_page(
            [write_rows(tmp_path / "r.jsonl", [retrieval_row("gisa"), row])], tmp_path / "o.html", tmp_path, "en"
        )
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be written"):
        write_page([run_file], tmp_path / "file" / "o.html", tmp_path, "en")
    assert not (tmp_path / "o.html").exists()


def test_without_matplotlib(run_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match="matplotlib"):
        write_page([run_file], tmp_path / "o.html", tmp_path, "en")


def test_retrieval_alone(tmp_path: Path) -> None:
    """Of a method measured twice the last counts."""
    rows = [retrieval_row("gisa"), retrieval_row("gisa", **{"R@1": 0.777}), retrieval_row("dense", "other")]
    del rows[2]["R@5"]
    with pytest.raises(DataError, match="line 3 lacks R@5"):
        page_of([write_rows(tmp_path / "bad.jsonl", rows)], tmp_path)
    text, page = page_of([write_rows(tmp_path / "retrieval.jsonl", rows[:2])], tmp_path)
    assert [attributes["id"] for attributes in page.all("section")] == ["retrieval"]
    assert "0.777" in page.shown
    assert "0.125" not in page.shown
    assert text.count("<svg") == 1


def test_nothing_went_wrong_and_nothing_answered(tmp_path: Path) -> None:
    records = asked(tmp_path / "small.jsonl")
    good = write_run(tmp_path / "good.jsonl", RUN, records[:1])
    _, page = page_of([good], tmp_path)
    assert "Nothing went wrong." in page.shown
    bad = write_run(tmp_path / "bad.jsonl", RUN, records[4:])
    _, page = page_of([bad], tmp_path)
    assert "1 of 1 questions went wrong." in page.shown
    none = write_run(tmp_path / "none.jsonl", RUN, [])
    _, page = page_of([none], tmp_path)
    assert page.open == []


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
def test_in_a_browser(run_file: Path, tmp_path: Path) -> None:
    """The switch, the filter and links to failures work, offline and under the page's own policy."""
    from playwright.sync_api import expect, sync_playwright

    page_of([run_file], tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(offline=True)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((tmp_path / "out" / "page.html").as_uri())
        heading = page.locator("h1")
        assert heading.inner_text() == "Evaluation report"
        page.get_by_role("button", name="한국어").click()
        assert (heading.inner_text(), page.locator("html").get_attribute("lang")) == ("평가 보고서", "ko")
        page.get_by_role("button", name="English").click()
        rows, count = page.locator("#questions-1 tbody tr:visible"), page.locator("output")
        assert (rows.count(), count.inner_text()) == (5, "5")
        page.get_by_label("Words of question").fill("gpus how")
        assert (rows.count(), count.inner_text()) == (1, "1")
        page.get_by_label("Words of question").fill("")
        page.get_by_label("Only what went wrong").check()
        assert rows.count() == 4
        page.get_by_role("radio", name="Korean").check()
        assert rows.count() == 2
        failure = page.locator("details.failure").nth(1)
        assert failure.get_attribute("open") is None
        rows.first.get_by_role("link").click()
        expect(failure).to_have_attribute("open", "")  # the first Korean question that went wrong is the second
        page.emulate_media(color_scheme="dark")
        ground = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(ground) == "rgb(19, 22, 21)"
        assert said == []
        browser.close()
