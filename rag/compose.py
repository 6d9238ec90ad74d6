"""Makes the Answer: written by the model and verified, quoted as it stands, or a refusal with the nearest articles."""

from __future__ import annotations

from collections.abc import Sequence

from index.names import NameBook
from index.types import ArticleInfo
from rag.annotate import say
from rag.errors import GisaError
from rag.evidence import kind_match
from rag.numerals import find_quantities
from rag.question import Question
from rag.settings import Settings
from rag.types import Answer, Citation, Claim, Evidence, published
from rag.verify import Statement, renumbered

_QUOTED = {"en": 'The article says: "{quote}"{gloss} {mark}', "ko": "기사에 이렇게 나옵니다: “{quote}” {mark}"}
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


def written(
    question: Question,
    statements: Sequence[Statement],
    evidence: Sequence[Evidence],
    settings: Settings,
    timings_ms: dict[str, int],
    *,
    model: str,
) -> Answer:
    text, cited, mended = renumbered(statements)
    text = text[:1].upper() + text[1:]
    claims = [
        Claim(claim.text, claim.kind, claim.evidence is not None, claim.evidence)
        for statement in mended
        for claim in statement.claims
    ]
    return Answer(
        question=question.text,
        language=question.language,
        answer=text,
        refused=False,
        answered_by="llm",
        citations=tuple(_citation(number, evidence[n]) for number, n in enumerate(cited, 1)),
        claims=tuple(claims),
        timings_ms=timings_ms,
        model=model,
        settings=settings.fingerprint,
    )


def quotation(
    question: Question,
    evidence: Sequence[Evidence],
    settings: Settings,
    timings_ms: dict[str, int],
    *,
    names: NameBook,
    because: GisaError | None = None,
    model_was_asked: bool = False,
) -> Answer:
    """The best evidence as it stands; `because` and `model_was_asked` tell why no words of a model are shown."""
    best = next((e for e in evidence if kind_match(question, e.text, e.article) > 0), evidence[0])
    notices: list[str] = []
    if because is not None:
        notices.append(_NOTICES["server"][question.language].format(error=because.message(question.language)))
    elif model_was_asked:
        notices.append(_NOTICES["doubted"][question.language])
    gloss = _gloss(best.text, names) if question.language == "en" else ""
    claims = [Claim(q.text, "quantity", True, 1) for q in find_quantities(best.text, "ko")]
    return Answer(
        question=question.text,
        language=question.language,
        answer=_QUOTED[question.language].format(quote=best.text, gloss=gloss, mark="[1]"),
        refused=False,
        answered_by="extract",
        citations=(_citation(1, best),),
        claims=tuple(claims),
        timings_ms=timings_ms,
        model=None,
        settings=settings.fingerprint,
        notices=tuple(notices),
    )


def refusal(question: Question, evidence: Sequence[Evidence], settings: Settings, timings_ms: dict[str, int]) -> Answer:
    nearest = tuple({item.article.id: item.article for item in evidence}.values())[:NEAREST]
    told = "; ".join(map(_named, nearest))
    return Answer(
        question=question.text,
        language=question.language,
        answer=(_REFUSED if nearest else _NOTHING)[question.language].format(nearest=told),
        refused=True,
        answered_by="none",
        citations=(),
        claims=(),
        timings_ms=timings_ms,
        model=None,
        settings=settings.fingerprint,
        nearest=nearest,
    )


def _gloss(quote: str, names: NameBook) -> str:
    """What an English reader needs of a Korean quotation: its numbers and its known names."""
    told = [f"{q.text} = {say(q, 'en')}" for q in find_quantities(quote, "ko") if not q.text.isascii()]
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
