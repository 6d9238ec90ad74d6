"""Makes the Answer: written by the model and verified, quoted as it stands, or a refusal with the nearest articles.

A number or a date was checked by its value and stands alone. Other answers are in words of the model, which nothing
can check against a Korean sentence: they come with that sentence, in the article's own words. Where a second sentence
may be meant as well, both are quoted. A reason that no model read from one sentence may take two to tell: the next
one is quoted too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from index.names import NameBook
from index.types import ArticleInfo
from rag.annotate import say
from rag.errors import GisaError
from rag.numerals import find_quantities
from rag.question import VALUES, Question
from rag.settings import Settings
from rag.types import Answer, AnsweredBy, Citation, Claim, Evidence, published
from rag.verify import Statement, renumbered

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
    "server": {
        "en": "Quoted, not written: {error}",
        "ko": "모델이 쓴 답이 아니라 인용입니다: {error}",
    },
    "doubted": {
        "en": "Quoted, because the model's draft was not borne out by the articles.",
        "ko": "모델의 초안이 기사로 확인되지 않아 문장을 그대로 인용합니다.",
    },
}
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

    def written(
        self, statements: Sequence[Statement], evidence: Sequence[Evidence], best: Sequence[Evidence], model: str
    ) -> Answer:
        """The model's statements on `evidence`; the `best` sentences are quoted beside all but a single value."""
        text, cited, mended = renumbered(statements)
        if self.question.language == "en":
            text = text[:1].upper() + text[1:]
        proof = [evidence[n] for n in cited]
        if self.question.expects not in VALUES or len(best) > 1:
            proof += _others(best, proof)
            text = _BESIDE[self.question.language].format(text=text, quotes=self._quotes(proof))
        claims = [
            Claim(claim.text, claim.kind, claim.evidence is not None, claim.evidence)
            for statement in mended
            for claim in statement.claims
        ]
        return self._answer(text, "llm", proof, claims, model=model)

    def quotation(
        self, best: Sequence[Evidence], *, because: GisaError | None = None, model_was_asked: bool = False
    ) -> Answer:
        """The best sentences as they stand; `because` and `model_was_asked` tell why no words of a model are shown."""
        language, notices = self.question.language, list[str]()
        if because is not None:
            notices.append(_NOTICES["server"][language].format(error=because.message(language)))
        elif model_was_asked:
            notices.append(_NOTICES["doubted"][language])
        best = self._reasoned(best)
        claims = [
            Claim(found.text, "quantity", True, number)
            for number, item in enumerate(best, 1)
            for found in find_quantities(item.text, "ko")
        ]
        text = _QUOTED[language].format(quotes=self._quotes(best))
        return self._answer(text, "extract", best, claims, notices=notices)

    def refusal(self, evidence: Sequence[Evidence]) -> Answer:
        nearest = tuple({item.article.id: item.article for item in evidence}.values())[:NEAREST]
        text = (_REFUSED if nearest else _NOTHING)[self.question.language]
        return self._answer(text.format(nearest="; ".join(map(_named, nearest))), "none", nearest=nearest)

    def _reasoned(self, best: Sequence[Evidence]) -> Sequence[Evidence]:
        """With the sentence after the best one, where a reason is asked for."""
        first = best[0]
        if self.question.expects != "reason" or first.after is None:
            return best
        after = replace(first, start=first.after.start, end=first.after.end, text=first.after.text, after=None)
        return [first, after, *_others(best[1:], [after])]

    def _answer(
        self,
        text: str,
        answered_by: AnsweredBy,
        proof: Sequence[Evidence] = (),
        claims: Sequence[Claim] = (),
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
            notices=tuple(notices),
            nearest=tuple(nearest),
        )

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


def _others(items: Sequence[Evidence], known: Sequence[Evidence]) -> list[Evidence]:
    """The items that are none of the known sentences."""
    told = {(item.article.id, item.start) for item in known}
    return [item for item in items if (item.article.id, item.start) not in told]


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
