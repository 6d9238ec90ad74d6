"""The sets the reader is trained on, what is kept back from them, and one pass over them."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from eval.newsroom.data import SHIPPED, NewsroomQuestion, articles, questions
from eval.reader.examples import Example, Item, Place, Source, item_text, newsroom_items, sampled, squad_items
from index.text import terms
from index.vocabulary import translated
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
    "agr", "fir", "avi", "ret", "bnk", "vcs", "sta", "sem",
    "ele", "imm", "urb", "sch", "jud", "com", "itv", "pat",
)  # fmt: skip
"""Sets written for training."""
NEWSROOM_KEPT = 21
"""Articles of `pol` and `eco` from this number on are kept back: for fitting what decides, and for choosing."""
DESK_KEPT = 13
NEGATIVES, NEGATIVES_BESIDE = 1.0, 0.3
"""Passages that do not answer, on average, beside each that does: of the newsroom sets, of the others."""
NEAREST = 4
"""So many negatives of an item are those that the embedder finds first, and so many those with most of its words."""
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

    def examples(self, rng: random.Random) -> list[list[Example]]:
        """The examples of one pass in any order, those of one question together."""
        found = [sampled(item, rng, NEGATIVES) for item in self.newsroom]
        found += [sampled(item, rng, NEGATIVES_BESIDE) for item in self.korquad]
        for k in range(len(self.xquad.get("en", ()))):
            for language in rng.sample(ENGLISH_OF, 2):
                found.append(sampled(self.xquad[language][k], rng, NEGATIVES_BESIDE))
        rng.shuffle(found)
        return [its for its in found[: round(len(found) * self.share)] if its]


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
    items = with_hard(items)
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


def with_hard(items: Sequence[Item]) -> list[Item]:
    """Each item with the sentences that do not answer it and that a search for its question finds first, in its own
    article and in others: by the embedder's vectors, and by its terms or Korean words for them."""
    if not items:
        return []
    embedder = open_embedder(load_settings())
    sources: dict[str, Source] = {item.source.id: item.source for item in items}
    places = [(source, i) for source in sources.values() for i in range(len(source.sentences))]
    texts = [source.sentences[i].text for source, i in places]
    known = embedder.documents(texts)
    asked = embedder.queries([item.question for item in items])
    by_words = TfidfVectorizer(analyzer=lambda terms: terms, binary=True, norm=None)
    holding = by_words.fit_transform([source.terms[i] for source, i in places]).T.tocsr()
    holding.data[:] = 1.0
    wanted = by_words.transform([_search_terms(item.question) for item in items])
    found: list[Item] = []
    for k, (item, vector) in enumerate(zip(items, asked, strict=True)):
        words = np.asarray((wanted[k] @ holding).todense())[0]
        said = {item_text(item.source, span) for span in item.answers}
        hard: list[Place] = []
        for scores in (known @ vector, words):
            first = np.argsort(-scores)[: 3 * NEAREST]
            hard += [places[i] for i in first if not any(text in texts[i] for text in said)][:NEAREST]
        found.append(replace(item, hard=tuple(dict.fromkeys(hard))))
    return found


def _search_terms(question: str) -> list[str]:
    """The terms of a question and those of Korean words for its English ones."""
    korean = {term for word in translated(question) for group in word.group for term in group}
    return [*{*terms(question), *korean}]
