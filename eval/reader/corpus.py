"""The sets the reader is trained on, what is kept back from them, and one pass over them."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.newsroom.data import SHIPPED, NewsroomQuestion, articles, questions
from eval.reader.examples import Example, Item, Source, newsroom_items, sampled, squad_items
from rag.assemble import open_embedder
from rag.settings import load_settings
from seeds.article import Article

READING = Path(__file__).parents[3] / "shared" / "readingdata"
"""KorQuAD and XQuAD, used in place where they are there."""
DESK = (
    "loc", "crt", "ict", "fin", "lab", "ind", "tra", "gov",
    "lgb", "law", "biz", "tec", "mkt", "pty", "ops", "edu",
    "hou", "dfn", "tax", "ene", "wel", "sme", "aut", "asm",
    "ins", "log", "rul", "srv", "cty", "ppl", "prj",
)  # fmt: skip
"""Sets written for training."""
NEWSROOM_KEPT = 21
"""Articles of `pol` and `eco` from this number on are kept back: for fitting what decides, and for choosing."""
DESK_KEPT = 13
ENGLISH_OF = ("ar", "de", "el", "en", "en", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh", "zh")
"""Languages of the texts that English questions of XQuAD are asked of."""


@dataclass(frozen=True)
class Corpus:
    """Items by set. `stamp` tells one corpus from another, `told` goes into the card of the weights."""

    newsroom: tuple[Item, ...]
    korquad: tuple[Item, ...]
    xquad: dict[str, tuple[Item, ...]]
    share: float
    told: dict[str, int]

    @property
    def stamp(self) -> str:
        its = [(item.question, item.source.id, item.answers) for item in (*self.newsroom, *self.korquad)]
        return hashlib.sha256(repr((self.told, self.share, its)).encode()).hexdigest()[:16]

    def examples(self, number: int, rng: random.Random) -> list[Example]:
        """The examples of pass `number`, in any order."""
        found: list[Example] = []
        for item in self.newsroom:
            found += sampled(item, rng, 0.6)
        for item in self.korquad:
            found += sampled(item, rng, 0.25)
        for k in range(len(self.xquad.get("en", ()))):
            for language in rng.sample(ENGLISH_OF, 2):
                found += sampled(self.xquad[language][k], rng, 0.25)
        rng.shuffle(found)
        return found[: round(len(found) * self.share)]


def shipped(kept: bool) -> Iterable[tuple[list[Article], list[NewsroomQuestion]]]:
    """Articles and questions of each shipped set: those to train on, or those that are `kept` back."""
    for folder, names, first in (
        (SHIPPED / "newsroom", ("pol", "eco"), NEWSROOM_KEPT),
        (SHIPPED / "desk", DESK, DESK_KEPT),
    ):
        for name in names:
            if (folder / "questions" / f"{name}.jsonl").exists():
                chosen = [a for a in articles(folder, name) if (int(a.id.rpartition("-")[2]) >= first) == kept]
                yield chosen, questions(folder, name)


def read_corpus(share: float = 1.0) -> Corpus:
    """All that is there to train on; what lies in shared data is left out where it is absent, and `told` counts."""
    items = [item for its, asked in shipped(kept=False) for item in newsroom_items(its, asked)]
    items = _with_strangers(items)
    korquad = squad_items(READING / "korquad" / "train.json") if READING.exists() else []
    xquad: dict[str, tuple[Item, ...]] = {}
    if READING.exists():
        english = squad_items(READING / "xquad" / "en.json", titled=False)
        asked = _questions_by_id(READING / "xquad" / "en.json")
        xquad = {
            language: tuple(squad_items(READING / "xquad" / f"{language}.json", asked, titled=False))
            for language in sorted(set(ENGLISH_OF))
        }
        assert all(len(its) == len(english) for its in xquad.values())
    told = {"newsroom": len(items), "korquad": len(korquad), "xquad": sum(map(len, xquad.values()))}
    return Corpus(tuple(items), tuple(korquad), xquad, share, told)


def _questions_by_id(path: Path) -> dict[str, str]:
    told = json.loads(path.read_text(encoding="utf-8"))["data"]
    return {qa["id"]: qa["question"] for entry in told for paragraph in entry["paragraphs"] for qa in paragraph["qas"]}


def _with_strangers(items: Sequence[Item], most: int = 3) -> list[Item]:
    """Each item with the sentences of other articles that the embedder finds nearest to its question."""
    if not items:
        return []
    embedder = open_embedder(load_settings())
    sources: dict[str, Source] = {item.source.id: item.source for item in items}
    places = [(source, i) for source in sources.values() for i in range(len(source.sentences))]
    known = embedder.documents([source.sentences[i].text for source, i in places])
    asked = embedder.queries([item.question for item in items])
    owner = np.array([source.id for source, _ in places])
    found: list[Item] = []
    for item, vector in zip(items, asked, strict=True):
        near = known @ vector
        near[owner == item.source.id] = -1
        texts = {item_text(item.source, span) for span in item.answers}
        strangers = [
            places[i]
            for i in np.argsort(-near)[: 2 * most]
            if not any(t in places[i][0].sentences[places[i][1]].text for t in texts)
        ]
        found.append(
            Item(item.question, item.source, item.answers, (*item.negatives, *strangers[:most]), item.may_rename)
        )
    return found


def item_text(source: Source, span: tuple[int, int]) -> str:
    for sentence in source.sentences:
        if sentence.start <= span[0] < sentence.end:
            return sentence.text[span[0] - sentence.start : span[1] - sentence.start]
    return "\n"
