"""What the reader is trained on: questions, the passages they are asked of, and the words that answer.

Newsroom sets give Korean and English questions about Korean articles, each with the article that tempts where nothing
answers. KorQuAD 1.0 (Lim et al. 2019, arXiv:1909.07005) gives Korean questions by people; XQuAD (Artetxe et al. 2020,
arXiv:1910.11856) English questions about text in other languages: what that teaches carries over to Korean.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from eval.newsroom.data import NewsroomQuestion
from eval.reader.augment import renamed, renumbered
from index.text import sentences, terms
from index.types import Sentence, Span
from rag.reading.passage import Passage, window
from seeds.article import Article

WINDOWS = (200, 420)
"""Characters of a training passage, drawn evenly: shorter and longer than the ones that are read later."""
UNTITLED = 0.25
"""So many passages come without their headline."""
HARD = 0.7
"""So many negatives are of those that a search finds first, where there are any."""
DRAWS = 4
"""A negative that holds the answer after all is drawn again, so many times."""
_END = re.compile(r"[.!?。؟।]+[\"'”’»)]*\s*|\n+")


@dataclass(frozen=True, slots=True)
class Source:
    """A text that is asked about, and its sentences. `people` are names in it that may change places; `terms` the
    search terms of each sentence of a Korean text."""

    id: str
    title: str
    sentences: tuple[Sentence, ...]
    people: tuple[str, ...] = ()
    terms: tuple[frozenset[str], ...] = ()

    def passage(self, first: int, last: int, *, titled: bool = True) -> Passage:
        """Its sentences from `first` to `last`, exclusive."""
        known = frozenset[str]().union(*self.terms[first:last])
        return Passage(self.title if titled else "", self.sentences[first:last], known)


Place = tuple[Source, int]
"""A source, and the sentence of it to read around."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question and all places in `source` that answer it, as offsets of its text; none where nothing does.

    `negatives` are places, in this source or others, around which nothing answers; `hard` those that a search for the
    question finds first.
    """

    question: str
    source: Source
    answers: tuple[Span, ...]
    negatives: tuple[Place, ...] = ()
    hard: tuple[Place, ...] = ()
    may_rename: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """One passage to be read. `answers` are spans of `passage.text`; none: nothing in it answers."""

    question: str
    passage: Passage
    answers: tuple[Span, ...]


def article_source(article: Article, people: Iterable[str] = ()) -> Source:
    found = tuple(sentences(article.text, article.body))
    known = tuple(frozenset(terms(sentence.text)) for sentence in found)
    return Source(article.id, article.title, found, tuple(dict.fromkeys(people)), known)


def newsroom_items(articles: Sequence[Article], questions: Sequence[NewsroomQuestion]) -> list[Item]:
    """An item for each single-fact question about these articles, and each article that answers it."""
    known = {article.id for article in articles}
    asked = [q for q in questions if q.single and ({p.article for p in q.answers} | {q.near}) & known]
    people: dict[str, list[str]] = {}
    for question in asked:
        for place in question.answers if question.kind == "person" else ():
            if re.fullmatch("[가-힣]{3}", place.span):
                people.setdefault(place.article, []).append(place.span)
    sources = {article.id: article_source(article, people.get(article.id, ())) for article in articles}
    texts = {article.id: article.text for article in articles}
    items: list[Item] = []
    for question in asked:
        if not question.answerable:
            near = sources.get(question.near or "")
            if near is not None:
                items.append(Item(question.question, near, (), _around(near, ())))
            continue
        for article_id in dict.fromkeys(place.article for place in question.answers if place.article in sources):
            source = sources[article_id]
            spans = [
                span
                for place in question.answers
                if place.article == article_id
                for span in _spans(texts[article_id], place.sentence, place.span)
            ]
            if spans:
                named = question.lang == "ko" or re.search(r"\b[A-Z][a-z]+-[a-z]+\b", question.question) is None
                around = _around(source, spans)
                items.append(Item(question.question, source, tuple(spans), around, may_rename=named))
    return items


def squad_items(path: Path, question_of: dict[str, str] | None = None, *, titled: bool = True) -> list[Item]:
    """Items of a file in SQuAD's format; `question_of` gives other wordings by id (another language's)."""
    items: list[Item] = []
    for number, entry in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
        paragraphs = [
            (paragraph, _plain_source(f"{path.stem}-{number}-{k}", entry.get("title", "") if titled else "", paragraph))
            for k, paragraph in enumerate(entry["paragraphs"])
        ]
        for k, (paragraph, source) in enumerate(paragraphs):
            others = [other for j, (_, other) in enumerate(paragraphs) if j != k][:8]
            for qa in paragraph["qas"]:
                spans = tuple(
                    dict.fromkeys(
                        (answer["answer_start"], answer["answer_start"] + len(answer["text"]))
                        for answer in qa["answers"]
                    )
                )
                question = qa["question"] if question_of is None else question_of.get(qa["id"], "")
                if question and spans:
                    away = tuple((other, i) for other in others for i in range(len(other.sentences)))
                    items.append(Item(question, source, spans, away))
    return items


def sampled(item: Item, rng: random.Random, negatives: float) -> list[Example]:
    """Examples of an item for one pass, to be compared with each other: a passage that answers, and `negatives` on
    average that do not; one negative alone where nothing answers."""
    found: list[Example] = []
    if item.answers:
        positive = _positive(item, rng)
        if positive is None:
            return []
        found.append(positive)
    wanted = int(negatives + rng.random()) if item.answers else 1
    for _ in range(wanted):
        passage = _negative(item, rng)
        if passage is not None:
            found.append(Example(item.question, passage, ()))
    return found


def _negative(item: Item, rng: random.Random) -> Passage | None:
    for _ in range(DRAWS):
        places = item.hard if item.hard and (not item.negatives or rng.random() < HARD) else item.negatives
        if not places:
            return None
        source, at = rng.choice(places)
        passage = _passage(source, at, rng)
        if passage is not None and not _holds(item, passage):
            return passage
    return None


def _positive(item: Item, rng: random.Random) -> Example | None:
    span = rng.choice(item.answers)
    its = item.source.sentences
    at = next((i for i, s in enumerate(its) if s.start <= span[0] < s.end), 0)
    near = min(max(at + rng.choice((-1, 0, 0, 0, 1)), 0), len(its) - 1)
    most = rng.randint(*WINDOWS)
    first, last = window(its, near, most)
    if not first <= at < last:
        first, last = window(its, at, most)
    passage = item.source.passage(first, last, titled=rng.random() >= UNTITLED)
    example = Example(item.question, passage, _in_passage(item.answers, passage))
    if not example.answers:
        return None  # it runs across sentences
    if item.may_rename and rng.random() < 0.3:
        example = renamed_example(example, item.source.people, rng)
    return renumbered_example(example, rng) if rng.random() < 0.3 else example


def renamed_example(example: Example, people: Sequence[str], rng: random.Random) -> Example:
    """With the people of its article in each other's places, or under new names."""
    question, title, texts = renamed(people, rng, example.question, example.passage.title, *_texts(example.passage))
    return _rewritten(example, question, title, texts)


def renumbered_example(example: Example, rng: random.Random) -> Example:
    """With other numbers, where the question names none of them."""
    question, title, texts = renumbered(rng, example.question, example.passage.title, *_texts(example.passage))
    return _rewritten(example, question, title, texts)


def _rewritten(example: Example, question: str, title: str, texts: Sequence[str]) -> Example:
    """Every text is as long as before, so that all offsets stay."""
    its = tuple(
        Sentence(sentence.start, sentence.end, text)
        for sentence, text in zip(example.passage.sentences, texts, strict=True)
    )
    return Example(question, Passage(title, its, example.passage.terms), example.answers)


def _texts(passage: Passage) -> list[str]:
    return [sentence.text for sentence in passage.sentences]


def _passage(source: Source, at: int, rng: random.Random) -> Passage | None:
    if not source.sentences:
        return None
    first, last = window(source.sentences, at, rng.randint(*WINDOWS))
    return source.passage(first, last, titled=rng.random() >= UNTITLED)


def _holds(item: Item, passage: Passage) -> bool:
    """Whether the words that answer stand in a passage: a later report may tell the same."""
    return any(item_text(item.source, span) in passage.text for span in item.answers)


def _in_passage(spans: Iterable[Span], passage: Passage) -> tuple[Span, ...]:
    """Spans of the article as spans of the passage's text; those beyond it, or across sentences, are left out."""
    found: list[Span] = []
    for start, end in spans:
        for sentence, (at, _) in zip(passage.sentences, passage.bounds, strict=True):
            if sentence.start <= start and end <= sentence.end:
                found.append((start - sentence.start + at, end - sentence.start + at))
    return tuple(found)


def item_text(source: Source, span: Span) -> str:
    for sentence in source.sentences:
        if sentence.start <= span[0] < sentence.end:
            return sentence.text[span[0] - sentence.start : span[1] - sentence.start]
    return "\n"


def _around(source: Source, spans: Sequence[Span]) -> tuple[Place, ...]:
    """Sentences of the same article that do not answer, to read around."""
    return tuple(
        (source, i)
        for i, sentence in enumerate(source.sentences)
        if not any(sentence.start <= start < sentence.end for start, _ in spans)
    )


def _spans(text: str, sentence: str, span: str) -> Iterator[Span]:
    at = text.find(sentence)
    inside = sentence.find(span)
    if at >= 0 and inside >= 0:
        yield at + inside, at + inside + len(span)


def _plain_source(name: str, title: str, paragraph: dict[str, Any]) -> Source:
    """Sentences by their full stops: Kiwi knows Korean alone. A sentence that holds a cut answer is joined again."""
    text = paragraph["context"]
    spans = [(a["answer_start"], a["answer_start"] + len(a["text"])) for qa in paragraph["qas"] for a in qa["answers"]]
    cuts = [m.end() for m in _END.finditer(text) if not any(start < m.end() < end for start, end in spans)]
    bounds = [0, *cuts, len(text)]
    found = [
        Sentence(start, start + len(piece), piece)
        for start, end in pairwise(bounds)
        if (piece := text[start:end].rstrip())
    ]
    return Source(name, title.replace("_", " "), tuple(found))
