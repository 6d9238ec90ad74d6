"""Uploaded files taken into the collection, with a result for each; one bad file does not stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from index.build import Outcome
from rag.errors import ArticleNotFoundError, GisaError
from seeds.article import Article
from seeds.loaders import FileProblem, load_each
from ui.chat import tab_words as words
from ui.service import Ingest, Service
from ui.service.errors import ArticleExistsError

_LOOK_EVERY_S = 0.1
_ENDED = ("done", "failed")
Numbered = tuple[int, Article]
"""An article and its place among all that was uploaded."""


class IngestFailedError(GisaError):
    """Taking articles in failed in a way nobody foresaw; the log says how."""

    code = "ingest_failed"

    def __init__(self) -> None:
        super().__init__(*words.NOT_TAKEN_IN)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an article of a file (its `outcome`), or why the file or one of its lines is none (`error`)."""

    file: str
    title: str | None = None
    outcome: Outcome | None = None
    error: GisaError | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: `done` of `total` files read or articles taken in. `results` are there once it is done."""

    stage: Literal["reading", "taking in", "done"]
    done: int
    total: int
    results: tuple[Result, ...] = ()


async def take_in(service: Service, paths: Sequence[Path]) -> AsyncIterator[Progress]:
    """Read files as `gisa index add` does, take their articles in, and tell how far that is until all is done.

    An article whose id is stored already takes that one's place if both came from a file of the same name, and is
    refused otherwise, for the two may be different articles. Raises what stops everything, as ServiceClosedError.
    """
    results: dict[int, Result] = {}
    new: list[Numbered] = []
    changed: list[Numbered] = []
    limit = service.settings.serve.upload_mib * 1024 * 1024
    loading = load_each(paths, limit_bytes=limit, walk=False, zone=service.settings.articles.time_zone)
    place, done = 0, 0
    yield Progress("reading", 0, len(paths))
    while (loaded := await service.in_background(_next, loading)) is not None:
        path = loaded.path if isinstance(loaded, FileProblem) else Path(loaded.source)
        if isinstance(loaded, FileProblem):
            results[place] = Result(path.name, error=loaded.error)
        else:
            article = replace(loaded, source=path.name)
            stored = await _stored(service, article.id)
            if stored is None:
                new.append((place, article))
            elif stored.content_hash == article.content_hash:
                results[place] = Result(path.name, article.title, "unchanged")
            elif Path(stored.source).name == path.name:
                changed.append((place, article))
            else:
                results[place] = Result(path.name, article.title, error=ArticleExistsError(article.id))
        place += 1
        if paths.index(path) + 1 > done:
            done = paths.index(path) + 1
            yield Progress("reading", done, len(paths))
    begun = await _begin(service, new, changed, results)
    total = len(new) + len(changed)
    while not all(run.state in _ENDED for run, _ in begun):
        yield Progress("taking in", sum(run.done for run, _ in begun), total)
        await asyncio.sleep(_LOOK_EVERY_S)
    for run, articles in begun:
        results |= _outcomes(run, articles)
    yield Progress("done", total, total, tuple(results[place] for place in sorted(results)))


def _next(loading: Iterator[Article | FileProblem]) -> Article | FileProblem | None:
    return next(loading, None)


async def _stored(service: Service, article_id: str) -> Article | None:
    try:
        return await service.article(article_id)
    except ArticleNotFoundError:
        return None


async def _begin(
    service: Service, new: Sequence[Numbered], changed: Sequence[Numbered], results: dict[int, Result]
) -> list[tuple[Ingest, Sequence[Numbered]]]:
    """The runs that take the articles in. What somebody else adds or removes meanwhile is told in `results`."""
    begun: list[tuple[Ingest, Sequence[Numbered]]] = []
    try:
        if new:
            begun.append((await service.add([article for _, article in new]), new))
    except ArticleExistsError:  # added by somebody else meanwhile: the others go in without it
        for place, article in new:
            try:
                begun.append((await service.add([article]), [(place, article)]))
            except ArticleExistsError as error:
                results[place] = Result(article.source, article.title, error=error)
    for place, article in changed:
        try:
            begun.append((await service.put(article.id, article), [(place, article)]))
        except ArticleNotFoundError as error:
            results[place] = Result(article.source, article.title, error=error)
    return begun


def _outcomes(run: Ingest, articles: Sequence[Numbered]) -> dict[int, Result]:
    problems = iter(run.problems)  # in the order of the articles that have none of the outcomes
    found: dict[int, Result] = {}
    for place, article in articles:
        outcome = run.outcomes.get(article.id)
        error = None if outcome else next(problems, run.error or IngestFailedError())
        found[place] = Result(article.source, article.title, outcome, error)
    return found


async def ended(run: Ingest) -> Outcome:
    """What became of the one article of a run, once it has. Raises what kept it out."""
    while run.state not in _ENDED:
        await asyncio.sleep(_LOOK_EVERY_S)
    for outcome in run.outcomes.values():
        return outcome
    raise next(iter(run.problems), run.error or IngestFailedError())
