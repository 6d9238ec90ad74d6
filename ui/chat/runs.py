"""Evaluation runs as `gisa eval run` wrote them, read as data: JSON lines in GISA_HOME/eval/runs.

eval writes them and ui never imports it, so what is read here is the file format alone: a line that says what was
measured, then a line for each question asked.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict

from rag.errors import Language

FOLDER = Path("eval", "runs")
MOST = 20
"""Runs that are looked at, the newest."""

Wrong = Literal["error", "refused", "answered", "facts", "quotes", "article", "quantity", "language"]
"""What can be wrong with an answer: there was none; it was refused though the articles say it; given though they do
not; lacks a fact; its quotes lack one; quotes no right article; tells a number no quote bears out; is in the other
language."""
WRONGS: tuple[Wrong, ...] = get_args(Wrong)
Cites = Literal["recall", "precision"]
CITES: tuple[Cites, ...] = get_args(Cites)


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True)  # keys that are not looked at may come and go


class Header(_Line):
    """What was measured, when and on what code. `sets` maps a question set's name to the hash of its file; `model` is
    None where it is not known; `target` is the server that was asked, or this machine."""

    type: Literal["run"]
    sets: dict[str, str]
    articles: str
    llm: bool
    model: str | None = None
    target: str = "local"
    revision: str
    machine: str
    time: AwareDatetime


class Quote(_Line):
    """A sentence of an article, as an Answer object tells it: `start` and `end` count code points of the article."""

    number: int
    article_id: str
    title: str
    quote: str
    start: int
    end: int


class Given(_Line):
    """The answer that was given."""

    answer: str
    refused: bool
    citations: tuple[Quote, ...]


class Scores(_Line):
    """None: does not apply."""

    right_refusal: bool
    right_language: bool
    facts_in_answer: bool | None
    facts_in_quotes: bool | None
    right_article: bool | None
    missing_in_answer: tuple[tuple[str, ...], ...]
    unsupported: tuple[str, ...]


class Cited(_Line):
    """What an answer's citations bear out, by ALCE's definitions (Gao et al. 2023), as `gisa eval run` counted it:
    statements of the answer's own words and those `supported`; their citations and those that are `relevant`;
    quotations, which are a statement and a citation each, and those that stand in what they cite."""

    statements: int
    supported: int
    citations: int
    relevant: int
    quotations: int
    quoted_right: int

    def share(self, measure: Cites) -> float | None:
        """0 to 1; None of nothing."""
        if measure == "recall":
            right, of = self.supported, self.statements
        else:
            right, of = self.relevant, self.citations
        of += self.quotations
        return (right + self.quoted_right) / of if of else None


class AskError(_Line):
    message: str


class Asked(_Line):
    """One question and what came of it. `facts` are lists of accepted forms."""

    type: Literal["question"]
    set: str
    id: str
    question: str
    language: Language
    answerable: bool
    facts: tuple[tuple[str, ...], ...]
    articles: tuple[str, ...]
    answer: Given | None
    scores: Scores | None
    citations: Cited | None = None
    error: AskError | None = None
    elapsed_ms: float

    @property
    def seconds(self) -> float:
        return self.elapsed_ms / 1000

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        """All that is wrong with the answer. Of a wrong refusal nothing else is told: it says nothing more."""
        its = self.scores
        if its is None:
            return ("error",)
        if not its.right_refusal:
            return ("refused",) if self.answerable else ("answered",)
        found: dict[Wrong, bool] = {
            "facts": its.facts_in_answer is False,
            "quotes": its.facts_in_quotes is False,
            "article": its.right_article is False,
            "quantity": bool(its.unsupported),
            "language": not its.right_language,
        }
        return tuple(kind for kind, wrong in found.items() if wrong)


@dataclass(frozen=True, slots=True)
class Share:
    """`right` of `of` questions; a question that failed is wrong."""

    right: int
    of: int

    @property
    def percent(self) -> float | None:
        """None of no questions."""
        return 100 * self.right / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over `of` answers, in percent; None of none."""

    percent: float | None
    of: int


Figure = Literal["facts", "quotes", "article", "answered", "refused", "quantity", "language"]
FIGURES: tuple[Figure, ...] = get_args(Figure)


@dataclass(frozen=True, slots=True)
class Run:
    """One run, whole or as far as it got. `questions` are in the order they were first asked in."""

    name: str
    header: Header
    questions: tuple[Asked, ...]

    def share(self, figure: Figure) -> Share:
        """How many of the questions it applies to are right: `answered` is of those that the articles answer,
        `refused` of the others, `quantity` has no number that the quotes do not bear out."""
        of, right = _FIGURES[figure]
        its = [one for one in self.questions if of(one)]
        return Share(sum(one.scores is not None and right(one.scores) is True for one in its), len(its))

    def cited(self, measure: Cites) -> Mean:
        """Citation recall or precision over the answers that state something: a refusal cites nothing, nor does a
        question that failed."""
        its = [one.citations.share(measure) for one in self.questions if one.citations is not None]
        known = [100 * share for share in its if share is not None]
        return Mean(statistics.fmean(known) if known else None, len(known))

    @property
    def refusals(self) -> Share:
        """How many questions were rightly refused or rightly not."""
        return Share(
            sum(one.scores is not None and one.scores.right_refusal for one in self.questions), len(self.questions)
        )

    @property
    def failures(self) -> list[Asked]:
        return [one for one in self.questions if one.wrong]

    @property
    def seconds(self) -> list[float]:
        """Of each question that was answered, refusals too."""
        return [one.seconds for one in self.questions if one.error is None]

    @property
    def median_s(self) -> float | None:
        return statistics.median(self.seconds) if self.seconds else None


_FIGURES: dict[Figure, tuple[Callable[[Asked], bool], Callable[[Scores], bool | None]]] = {
    "facts": (lambda one: one.answerable, lambda its: its.facts_in_answer),
    "quotes": (lambda one: one.answerable, lambda its: its.facts_in_quotes),
    "article": (lambda one: one.answerable, lambda its: its.right_article),
    "answered": (lambda one: one.answerable, lambda its: its.right_refusal),
    "refused": (lambda one: not one.answerable, lambda its: its.right_refusal),
    "quantity": (lambda one: True, lambda its: not its.unsupported),
    "language": (lambda one: True, lambda its: its.right_language),
}


@dataclass(frozen=True, slots=True)
class Runs:
    """`alike` are the newest run and those before it of the same questions, articles and server, with the same model or
    without one as it is, newest first; `unread` the names of files that are no results of a run."""

    alike: tuple[Run, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def latest(self) -> Run | None:
        return self.alike[0] if self.alike else None


def find(home: Path) -> Runs:
    """The runs in GISA_HOME. Results of retrieval, and runs that have asked nothing yet, are passed over."""
    found: list[tuple[Header, Path]] = []
    unread: list[str] = []
    for path in sorted((home / FOLDER).glob("*.jsonl")):
        try:
            header = _header(path)
        except (OSError, ValueError):
            unread.append(path.name)
            continue
        if header is not None:
            found.append((header, path))
    found.sort(key=lambda one: one[0].time, reverse=True)
    alike: list[Run] = []
    for header, path in found:
        if alike and _measured(header) != _measured(alike[0].header):
            continue
        try:
            status = path.stat()
            run = _read(path, status.st_mtime_ns, status.st_size)
        except (OSError, ValueError):
            unread.append(path.name)
            continue
        if run.questions:
            alike.append(run)
        if len(alike) == MOST:
            break
    return Runs(tuple(alike), tuple(unread))


def _header(path: Path) -> Header | None:
    """What a file says it measured; None when it is of something else, or not written to its end. Raises ValueError."""
    with path.open("rb") as file:
        line = file.readline()
    if not line.endswith(b"\n"):
        return None
    told = json.loads(line)
    if isinstance(told, dict) and told.get("type") == "retrieval":
        return None
    return Header.model_validate_json(line)


@lru_cache(maxsize=2 * MOST)
def _read(path: Path, changed_ns: int, size: int) -> Run:
    """A last line that was cut off is left aside; of a question asked again the last answer counts. Raises OSError,
    ValueError. Kept until the file changes."""
    data = path.read_bytes()
    lines = [line for line in data[: data.rfind(b"\n") + 1].split(b"\n") if line.strip()]
    questions: dict[tuple[str, str], Asked] = {}
    for line in lines[1:]:
        one = Asked.model_validate_json(line)
        questions[one.set, one.id] = one
    return Run(path.stem, Header.model_validate_json(lines[0]), tuple(questions.values()))


def _measured(header: Header) -> tuple[object, ...]:
    """What runs must have in common to stand in one line: a question set that was changed is another."""
    return header.sets, header.articles, header.llm, header.model, header.target


def percentile(values: Sequence[float], percent: float) -> float:
    """By linear interpolation between the closest ranks. Raises ValueError for no values."""
    if not values:
        raise ValueError("a percentile of nothing")
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def counts(failures: Iterable[Asked]) -> dict[Wrong, int]:
    """How many failures are of each kind, of those kinds there are; one may be of several."""
    kinds = [kind for one in failures for kind in one.wrong]
    return {kind: kinds.count(kind) for kind in WRONGS if kind in kinds}
