"""Drafts of golden questions from a user's own collection, for a person to review.

Sentences with a quantity, a date or a name are chosen (eval.draft_facts): these values are the facts, so a model need
only find words for the question (eval.draft_words), and what it writes is checked. Whether gisa's own search finds the
sentence is noted, not required: a set of what is found already would measure nothing.

No questions without an answer are drafted: that the articles do not say something is for a person to know.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from llama_index.core.llms.llm import LLM

from eval.draft_facts import Candidate, candidates, spread
from eval.draft_words import by_model, by_template, fault
from index.names import NameBook
from index.store import Store
from rag.errors import Language, QuestionError
from rag.types import SearchResult

SEARCHED = 5
"""How far down gisa's search a sentence is looked for."""
TRIES = 4
"""Sentences tried for each question wanted, at most."""


class Searches(Protocol):
    """A collection that can be searched: `rag.assemble.Gisa`, or a stand-in for it."""

    @property
    def names(self) -> NameBook: ...

    @property
    def store(self) -> Store: ...

    def search(self, question: str, *, language: str = "auto", limit: int = 5) -> SearchResult: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """`told` is a question as a set holds it (eval.datasets.GoldenQuestion), `review` what a person must look at."""

    told: dict[str, Any]
    review: tuple[str, ...]


def draft(
    gisa: Searches,
    llm: LLM | None,
    *,
    count: int,
    languages: Sequence[Language],
    seed: int,
    left_out: Counter[str],
) -> Iterator[Draft]:
    """Up to `count` drafts, as many in each language; by templates without an `llm`. Fewer where the collection has no
    more.

    `left_out` counts why questions were thrown away. Raises IndexStoreError, ModelServerError.
    """
    names = gisa.names
    found = [one for info in gisa.store.articles() for one in candidates(info, gisa.store.article(info.id), names)]
    made = 0
    for tried, candidate in enumerate(spread(found, random.Random(seed))):
        if made == count or tried == TRIES * count:
            return
        language = languages[made * len(languages) // count]  # in turn would have a local model read all anew
        word = by_template(candidate, language, names) if llm is None else by_model(llm, candidate, language, names)
        why = fault(word, candidate, language, names)
        if why is not None:
            left_out[why] += 1
            continue
        made += 1
        yield _draft(gisa, candidate, word, language, templated=llm is None)


def _draft(gisa: Searches, candidate: Candidate, question: str, language: Language, *, templated: bool) -> Draft:
    fact = candidate.fact
    key = f"{candidate.info.id}\0{candidate.sentence.start}\0{fact.start}\0{language}"
    told = {
        "id": f"{fact.kind}-{hashlib.sha256(key.encode()).hexdigest()[:8]}",
        "question": question,
        "language": language,
        "answerable": True,
        "kind": fact.kind,
        "facts": [list(fact.forms)],
        "articles": [candidate.info.id],
        "sentences": [candidate.sentence.text],
    }
    rough = (
        "a template: put it in a reader's words" if templated else "does it make sense, and is this its only answer?"
    )
    forms = "are these all the forms a right answer may have, and none that a wrong one has?"
    return Draft(told, (f"question: {rough}", f"facts: {forms}", _found(gisa, candidate, question, language)))


def _found(gisa: Searches, candidate: Candidate, question: str, language: Language) -> str:
    """At which place gisa's own search finds the sentence."""
    try:
        hits = gisa.search(question, language=language, limit=SEARCHED).hits
    except QuestionError as error:
        return f"gisa does not take this question: {error.en}"
    sentence = candidate.sentence
    for place, hit in enumerate(hits, 1):
        if hit.article.id == candidate.info.id and hit.start < sentence.end and sentence.start < hit.end:
            return f"gisa search finds the sentence, as number {place}"
    return f"gisa search does not find the sentence among the first {SEARCHED}: a hard question, or an unclear one"
