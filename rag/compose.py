"""Makes the Answer: asserted as it was read, written by the model and checked, quoted, or a refusal.

What is asserted is what the reader pointed at, and nothing beside it; its sentence is the citation. Where the reader is
not sure, the sentence is quoted with the words marked and nothing is asserted of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from index.names import NameBook
from index.types import ArticleInfo
from rag.annotate import say
from rag.check import basis, claims, place_of
from rag.decide import Answering
from rag.errors import GisaError
from rag.numerals import find_quantities
from rag.question import Question
from rag.settings import Settings
from rag.types import Answer, AnsweredBy, Citation, Claim, Evidence, Statement, published
from rag.verify import DraftSentence, renumbered
from rag.wording import Told, sentence, told

_QUOTED = {"en": "The article says: {quotes}", "ko": "기사에 이렇게 나옵니다: {quotes}"}
_BESIDE = {"en": "{text} In the article's words: {quotes}", "ko": "{text} 기사 원문: {quotes}"}
_QUOTE = {"en": '"{quote}"{gloss} [{number}]', "ko": "“{quote}” [{number}]"}
_REFUSED = {
    "en": "The articles do not say. Nearest: {nearest}.",
    "ko": "기사에서 답을 찾지 못했습니다. 가장 가까운 기사: {nearest}.",
}
_NOTHING = {
    "en": "The articles do not say, and none comes near.",
    "ko": "기사에서 답을 찾지 못했고, 가까운 기사도 없습니다.",
}
_NOTICES = {
    "unwritten": {
        "en": "In gisa's own words, for the language model did not answer: {error}",
        "ko": "언어 모델이 답하지 않아 기사의 단어를 그대로 보여 줍니다: {error}",
    },
    "unjudged": {
        "en": "The language model that was to tell did not answer: {error}",
        "ko": "판단할 언어 모델이 답하지 않았습니다: {error}",
    },
    "doubted": {
        "en": "Quoted only: it is not sure enough that this is the answer.",
        "ko": "답인지 충분히 확실하지 않아 문장만 인용합니다.",
    },
}
_WORDS = {"en": "“{words}”", "ko": "“{words}”"}
NEAREST = 3
_INNER = str.maketrans({'"': "'", "“": "‘", "”": "’"})
"""Double quotation marks inside a quotation become single ones."""


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes the one Answer to a question. `laps` tells the milliseconds of each step when the answer is made."""

    question: Question
    names: NameBook
    settings: Settings
    laps: Callable[[], dict[str, int]]

    def asserted(self, best: Answering, said: Told, *, because: GisaError | None = None) -> Answer:
        """What was read, in words that need no model; `because` tells why a model that was asked wrote none."""
        claim = Claim(said.text, said.kind, "supported", 1, place_of(best.evidence, said), ("reader", basis(said.kind)))
        text = sentence(self.question, said, lambda: "[1]")
        notices = [] if because is None else [self._notice("unwritten", because)]
        statement = Statement(text, (0,), (1,))
        return self._answer(text, "reader", [best.evidence], [claim], [statement], notices=notices)

    def written(self, drafted: Sequence[DraftSentence], best: Answering, said: Told, model: str) -> Answer:
        """The model's sentences; other words than values, dates and names come with the article's own beside them."""
        text, _, _ = renumbered([replace(one, evidence=(0,)) for one in drafted])
        if self.question.language == "en":
            text = text[:1].upper() + text[1:]
        if said.kind == "statement":
            text = _BESIDE[self.question.language].format(text=text, quotes=self._quoted(said.original))
        found = claims(self.question, drafted, best.evidence, said, self.names)
        statement = Statement(text, tuple(range(len(found))), (1,))
        return self._answer(text, "llm", [best.evidence], found, [statement], model=model)

    def quotation(self, best: Sequence[Answering], *, because: GisaError | None = None) -> Answer:
        """The best sentences as they stand, the words that may answer marked and asserted of nothing."""
        proof = [one.evidence for one in best]
        found = [told(self.question, one.evidence, (one.start, one.end), self.names) for one in best]
        unknown = [
            Claim(said.original, said.kind, "unknown", number, place_of(item, said), ("reader",))
            for number, (item, said) in enumerate(zip(proof, found, strict=True), 1)
        ]
        text = _QUOTED[self.question.language].format(quotes=self._quotes(proof))
        notices = [self._notice("doubted"), *([] if because is None else [self._notice("unjudged", because)])]
        return self._answer(text, "extract", proof, unknown, notices=notices)

    def refusal(self, evidence: Sequence[Evidence]) -> Answer:
        nearest = tuple({item.article.id: item.article for item in evidence}.values())[:NEAREST]
        text = (_REFUSED if nearest else _NOTHING)[self.question.language]
        return self._answer(text.format(nearest="; ".join(map(_named, nearest))), "none", nearest=nearest)

    def _answer(
        self,
        text: str,
        answered_by: AnsweredBy,
        proof: Sequence[Evidence] = (),
        claims: Sequence[Claim] = (),
        statements: Sequence[Statement] = (),
        *,
        model: str | None = None,
        notices: Sequence[str] = (),
        nearest: Sequence[ArticleInfo] = (),
    ) -> Answer:
        return Answer(
            question=self.question.text,
            language=self.question.language,
            answer=text,
            refused=answered_by == "none",
            answered_by=answered_by,
            citations=tuple(_citation(number, item) for number, item in enumerate(proof, 1)),
            claims=tuple(claims),
            timings_ms=self.laps(),
            model=model,
            settings=self.settings.fingerprint,
            statements=tuple(statements),
            notices=tuple(notices),
            nearest=tuple(nearest),
        )

    def _notice(self, name: str, error: GisaError | None = None) -> str:
        language = self.question.language
        return _NOTICES[name][language].format(error="" if error is None else error.message(language))

    def _quoted(self, words: str) -> str:
        return _WORDS[self.question.language].format(words=words.translate(_INNER))

    def _quotes(self, proof: Sequence[Evidence]) -> str:
        language = self.question.language
        return " ".join(
            _QUOTE[language].format(
                quote=item.text.translate(_INNER),
                gloss=_gloss(item.text, self.names) if language == "en" else "",
                number=number,
            )
            for number, item in enumerate(proof, 1)
        )


def _gloss(quote: str, names: NameBook) -> str:
    """What an English reader needs of a Korean quotation: its numbers and its known names."""
    told = [
        f"{found.text} = {say(found, 'en')}"
        for found in find_quantities(quote, "ko")
        if not found.text.isascii() and any(letter.isdigit() for letter in found.text)
    ]
    for name in names.find(quote):
        latin = next((form for form in name.variants if form.isascii()), None)
        if latin and not name.text.isascii():
            told.append(f"{name.text} = {latin}")
    return f" ({'; '.join(dict.fromkeys(told))})" if told else ""


def _named(article: ArticleInfo) -> str:
    day = published(article)
    return f"“{article.title}”" + (f" ({', '.join(filter(None, [article.publisher, day]))})" if day else "")


def _citation(number: int, item: Evidence) -> Citation:
    article = item.article
    return Citation(
        number, article.id, article.title, article.publisher, published(article), article.url, item.text, item.start,
        item.end,
    )  # fmt: skip
