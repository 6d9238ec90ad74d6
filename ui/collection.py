"""`gisa index`: what is in the collection."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import ArticleFileError, IndexDamagedError
from ui import words
from ui.filters import Publishers, Since, Until, where
from ui.session import Session

if TYPE_CHECKING:
    from seeds.article import Article
    from seeds.loaders import FileProblem
    from seeds.notice import Notice

TOLD = 20
"""Replaced articles that are named one by one."""
app = typer.Typer(no_args_is_help=True)
Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help="index.add.paths", show_default=False)]
File = Annotated[Path, typer.Argument(metavar="FILE", help="index.export.file", show_default=False)]
Ray = Annotated[str | None, typer.Option("--ray", metavar="ADDRESS", help="index.add.ray", show_default=False)]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="index.remove.ids", show_default=False)]


@app.command("add", help="index.add")
def add(context: typer.Context, paths: Paths, ray: Ray = None) -> None:
    from index.build import IngestReport, ingest
    from rag.assemble import open_collection
    from rag.settings import load_settings
    from seeds.formats import SUFFIXES
    from seeds.loaders import find_files, load_each
    from ui.progress import Bars

    session: Session = context.obj
    settings = load_settings()
    notices: list[Notice] = []
    files = find_files(paths, tell=notices.append)
    if not files:
        _show(session, notices)
        suffixes = " ".join(SUFFIXES)
        raise ArticleFileError(*(words.NO_FILES.to(language, suffixes=suffixes) for language in ("en", "ko")))
    # A .jsonl holds as many articles as it has lines: how many there are is then not known beforehand.
    total = None if any(file.suffix.lower() == ".jsonl" for file in files) else len(files)
    articles = load_each(files, walk=False, zone=settings.articles.time_zone, tell=notices.append)
    report = IngestReport()
    with Bars(session) as bars:
        bars.wait(words.OPENING)
        first = _first(articles, report.problems)
        if first is not None:
            collection = open_collection(settings, progress=bars)
            with closing(collection.store) as store:
                bars.count(words.INDEXING, 0, total)
                coming = chain(report.problems, [first], articles)

                def told(done: int, _: int | None) -> None:
                    bars.count(words.INDEXING, done, total)

                if ray is None:
                    keep = settings.replaced_folder
                    report = ingest(store, collection.embedder, coming, progress=told, keep=keep)
                else:
                    from rag.assemble import ingest_on_ray

                    report = ingest_on_ray(settings, store, coming, address=ray, progress=told)
    _show(session, notices)
    for problem in report.problems:
        message = problem.error.message(session.language)
        session.warn(message if str(problem.path) in message else f"{problem.path}: {message}")
    for old, new in report.renamed:
        session.note(words.RENAMED, old=old, new=new)
    for one in report.replaced[:TOLD]:
        session.note(words.REPLACED, id=one.id, old=one.old, new=one.new, file=shlex.quote(str(one.kept)))
    if len(report.replaced) > TOLD:
        session.note(words.REPLACED_MORE, count=len(report.replaced) - TOLD, folder=settings.replaced_folder)
    counts = {outcome: len(report.ids(outcome)) for outcome in ("added", "replaced", "unchanged")}
    session.print(words.ADDED, **counts, failed=len(report.problems))
    if report.problems and not report.outcomes:
        raise typer.Exit(ArticleFileError.exit_code)


def _show(session: Session, notices: list[Notice]) -> None:
    for notice in notices:
        session.warn(notice.message(session.language))


def _first(articles: Iterator[Article | FileProblem], problems: list[FileProblem]) -> Article | None:
    """The first article; the problems before it are added to `problems`. Without one, no collection is made."""
    from seeds.article import Article

    for item in articles:
        if isinstance(item, Article):
            return item
        problems.append(item)
    return None


@app.command("list", help="index.list")
def listing(context: typer.Context, since: Since = None, until: Until = None, publisher: Publishers = None) -> None:
    from rag.assemble import open_store
    from rag.settings import load_settings
    from rag.types import published
    from ui.terminal import show_table

    session: Session = context.obj
    within = where(since, until, publisher)
    with closing(open_store(load_settings())) as store:
        articles = store.articles(within)
    if not articles:
        session.note(words.NO_MATCH if within else words.EMPTY)
        return
    show_table(
        session,
        ("id", "published", "publisher", "title"),
        [(one.id, published(one) or "", one.publisher or "", one.title) for one in articles],
    )


@app.command("remove", help="index.remove")
def remove(context: typer.Context, ids: Ids) -> None:
    from rag.assemble import open_store
    from rag.settings import load_settings

    session: Session = context.obj
    with closing(open_store(load_settings())) as store:
        for article_id in ids:
            store.remove(article_id)
            session.print(words.REMOVED, id=article_id)
        store.flush()


@app.command("verify", help="index.verify")
def verify(context: typer.Context) -> None:
    from rag.assemble import open_store
    from rag.settings import load_settings

    session: Session = context.obj
    with closing(open_store(load_settings())) as store:
        found = store.verify()
        count = None if found else len(store.articles())
    for damage in found:
        session.print(words.DAMAGE, where=damage.where, what=damage.what)
    if found:
        session.note(words.MENDABLE if all(damage.mendable for damage in found) else words.LOST)
        raise typer.Exit(IndexDamagedError.exit_code)
    session.print(words.WHOLE, count=count)


@app.command("rebuild", help="index.rebuild")
def rebuild(context: typer.Context) -> None:
    from rag.assemble import open_store
    from rag.settings import load_settings

    session: Session = context.obj
    with closing(open_store(load_settings())) as store:
        store.rebuild()
        session.print(words.REBUILT, count=len(store.articles()))


@app.command("export", help="index.export")
def export(context: typer.Context, file: File) -> None:
    from index import archive
    from rag.assemble import open_store
    from rag.settings import load_settings
    from ui.progress import Bars

    session: Session = context.obj
    with Bars(session) as bars, closing(open_store(load_settings())) as store:
        bars.wait(words.EXPORTING)
        about = archive.export(store, file)
    session.print(words.EXPORTED, count=about.articles, file=file)


@app.command("import", help="index.import")
def import_(context: typer.Context, file: File) -> None:
    from index import archive
    from rag.assemble import open_store
    from rag.settings import load_settings
    from ui.progress import Bars

    session: Session = context.obj
    settings = load_settings()
    with Bars(session) as bars:
        bars.wait(words.CHECKING)
        with archive.opened(file, settings.home) as source:
            store = open_store(settings, embedder=source.embedder, dimension=source.dimension)
            with closing(store):
                done = archive.copy(source, store, lambda done, total: bars.count(words.IMPORTING, done, total))
    session.print(words.IMPORTED, added=done.added, replaced=done.replaced, unchanged=done.unchanged)
