"""Turns settings into objects. Nothing else does, so that everything else can be handed its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from threadpoolctl import threadpool_limits

from index.build import IngestReport, ingest
from index.build import Progress as IngestProgress
from index.disk import file_error
from index.local_store import DATABASE, LocalStore
from index.names import NameBook
from index.store import Store
from index.text import kiwi
from index.types import Filter
from rag import pipeline
from rag.errors import Language
from rag.pipeline import Parts
from rag.question import Question
from rag.settings import LLMSettings, Settings
from rag.types import Answer, Evidence, Listener, SearchResult
from seeds.article import Article
from seeds.loaders import FileProblem, shipped_articles
from seeds.provision import Progress, resolve

if TYPE_CHECKING:
    from llama_index.core.llms.llm import LLM

    from index.sentence_transformer import SentenceTransformerEmbedder
    from rag.generate import Writer
    from rag.local_llm import LocalLLM
    from rag.reading.reader import Reader

OWN, BASE = "gisa", "multilingual-e5-small"
"""gisa's own reader, and the embedder that it was trained from."""
FirstBuild = Callable[[int], None]
"""Called with the number of shipped articles before the first collection is made of them."""


def open_embedder(settings: Settings, progress: Progress | None = None) -> SentenceTransformerEmbedder:
    """The embedding model, fetched when it is a pinned one and not there yet. Raises ModelFileError."""
    path = resolve(settings.embedder.model, settings.home, "embedder", progress=progress)
    from index.sentence_transformer import SentenceTransformerEmbedder  # seconds to import: only who embeds pays

    return SentenceTransformerEmbedder(path, precision=settings.embedder.precision, threads=settings.embedder.threads)


def open_reader(settings: Settings, embedder: SentenceTransformerEmbedder, progress: Progress | None = None) -> Reader:
    """The reader of the settings. gisa's own shares its lower layers with the default embedder, and where another one
    embeds, reads on top of a copy of that. Raises ModelFileError."""
    chosen = settings.reader.model
    from rag.reading.open import extractive, own  # torch: seconds to import

    if chosen != OWN and not Path(chosen).is_file():
        return extractive(chosen)
    if settings.embedder.model != BASE:
        base = settings.model_copy(update={"embedder": settings.embedder.model_copy(update={"model": BASE})})
        embedder = open_embedder(base, progress)
    return own(embedder, None if chosen == OWN else Path(chosen))


def open_store(settings: Settings, *, embedder: str | None = None, dimension: int | None = None) -> Store:
    """The collection as it is, without the embedding model; an empty one for that model's vectors where there is none.

    Raises IndexMissingError, IndexDamagedError, IndexUnreachableError.
    """
    return _open_store(settings, embedder, dimension)


class Collection:
    """A store and the embedder whose vectors it holds. A context manager."""

    def __init__(self, store: Store, embedder: SentenceTransformerEmbedder) -> None:
        self.store = store
        self.embedder = embedder

    def __enter__(self) -> Collection:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.store.close()


def open_collection(settings: Settings, *, progress: Progress | None = None, make: bool = True) -> Collection:
    """The collection and its embedder, for adding articles; with `make` an empty one where there is none."""
    embedder = open_embedder(settings, progress)
    return Collection(_open_store(settings, embedder.name, embedder.dimension, make=make), embedder)


def _open_store(settings: Settings, embedder: str | None, dimension: int | None, *, make: bool = True) -> Store:
    chosen = settings.store
    if chosen.kind == "local":
        return LocalStore(settings.index_folder, embedder=embedder, dimension=dimension)
    from index.milvus_store import MilvusStore  # an optional package

    return MilvusStore(
        str(chosen.address),
        embedder=embedder,
        dimension=dimension,
        token=chosen.token.get_secret_value() if chosen.token else None,
        name=chosen.collection,
        consistency=chosen.consistency,
        index=chosen.index,
        shards=chosen.shards,
        timeout_s=chosen.timeout_s,
        make=make,
    )


def ingest_on_ray(
    settings: Settings,
    store: Store,
    articles: Iterable[Article | FileProblem],
    *,
    address: str,
    progress: IngestProgress,
) -> IngestReport:
    """See index.ray_ingest.ingest: each actor has the embedder of the settings, fetched on its own machine."""
    from index import ray_ingest  # an optional package

    return ray_ingest.ingest(
        store, partial(open_embedder, settings), articles, address=address, progress=progress,
        keep=settings.replaced_folder,
    )  # fmt: skip


class Gisa:
    """Everything put together: ask it. A context manager; one object may serve many threads."""

    def __init__(
        self, settings: Settings, collection: Collection, model: Model | None, reader: Reader | None = None
    ) -> None:
        """Without a `reader` that of the settings is opened. Raises ModelFileError."""
        from rag.retrieve import Retriever

        # numpy's matrices are small here: BLAS threads only spin beside them, twice the processor time of a search.
        threadpool_limits(1, user_api="blas")
        self.settings = settings
        self.store = collection.store
        self._collection = collection
        self._retriever = Retriever(collection.store, collection.embedder, settings.home / "cache", settings.retrieval)
        self._reader = reader or open_reader(settings, collection.embedder)
        self._model = model

    @property
    def names(self) -> NameBook:
        """The gazetteer with the pairs mined from the collection as it stands now."""
        return self._retriever.names

    @property
    def embedder(self) -> SentenceTransformerEmbedder:
        return self._collection.embedder

    @property
    def model_state(self) -> Literal["none", "loading", "loaded"]:
        """Whether the model can answer at once: questions wait for one that is being loaded."""
        if self._model is None:
            return "none"
        return "loaded" if self._model.made else "loading"

    def ask(
        self,
        question: str,
        *,
        language: str = "auto",
        where: Filter | None = None,
        listen: Listener = pipeline.ignore,
        by_quoting: bool = False,
    ) -> Answer:
        """See rag.pipeline.ask; `by_quoting` leaves the language model out, as if there were none."""
        parts = self._parts(None if by_quoting else self._model)
        return pipeline.ask(question, parts, language=language, where=where, listen=listen)

    def search(
        self, question: str, *, language: str = "auto", limit: int = 5, where: Filter | None = None
    ) -> SearchResult:
        """See rag.pipeline.search."""
        return pipeline.search(question, self._parts(None), language=language, limit=limit, where=where)

    def warm(self) -> None:
        """Load once what the first question in each language would wait for. Does nothing on an empty collection."""
        if self.store.statistics().articles:
            for question, language in (("What is new in Korea?", "en"), ("한국의 새 소식은?", "ko")):
                self.ask(question, language=language, by_quoting=True)

    @property
    def parts(self) -> Parts:
        """What a question passes through, for whoever measures its steps."""
        return self._parts(self._model)

    def _parts(self, model: Model | None) -> Parts:
        return Parts(self.settings, self._retriever, self._reader, model)

    def close(self) -> None:
        if self._model is not None:
            self._model.close()
        self._collection.store.close()

    def __enter__(self) -> Gisa:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def open_model(settings: Settings, progress: Progress | None = None) -> Model:
    """The language model of the settings, which goes on loading meanwhile. Raises ModelFileError."""
    return Model(settings, progress)


class Model:
    """The writer, being made in the background: a local model takes seconds to load, and the evidence need not wait."""

    def __init__(self, settings: Settings, progress: Progress | None) -> None:
        chosen = settings.llm
        path = None if chosen.base_url else resolve(chosen.model, settings.home, "llm", progress=progress)
        self._local: LocalLLM | None = None
        self._making = ThreadPoolExecutor(1, "gisa-llm")
        self._writer = self._making.submit(self._make, chosen, path, settings.home / "cache")
        self._making.shutdown(wait=False)

    @property
    def model(self) -> str:
        return self._writer.result().model

    def judge(self, question: Question, item: Evidence, names: NameBook) -> float:
        return self._begun(question.language).judge(question, item, names)

    def write(self, question: Question, item: Evidence, names: NameBook, listen: Listener) -> str:
        return self._begun(question.language).write(question, item, names, listen)

    def _begun(self, language: Language) -> Writer:
        """The writer, when it is made; a local model then knows what prompts in that language begin with."""
        writer = self._writer.result()
        if self._local is not None:
            from rag.generate import beginning

            told = [{"role": message.role.value, "content": message.content or ""} for message in beginning(language)]
            self._local.begin(language, told)
        return writer

    @property
    def made(self) -> bool:
        return self._writer.done() and self._writer.exception() is None

    def close(self) -> None:
        """Unload the local model; waits for it when it is still being loaded."""
        if self._writer.exception() is None and self._local is not None:
            self._local.close()

    def _make(self, chosen: LLMSettings, path: Path | None, cache: Path) -> Writer:
        from rag.generate import Writer

        llm, self._local = _served(chosen, path, cache)
        return Writer(llm)


def _served(chosen: LLMSettings, path: Path | None, cache: Path) -> tuple[LLM, LocalLLM | None]:
    """The client of a language model, and the model itself where it is the local one at `path`."""
    from llama_index.llms.openai_like import OpenAILike

    name, url, key = chosen.model, chosen.base_url, chosen.api_key.get_secret_value() if chosen.api_key else "none"
    local: LocalLLM | None = None
    if path is not None:
        from rag.local_llm import LocalLLM

        local = LocalLLM(path, context_tokens=chosen.context_tokens, threads=chosen.threads, cache=cache)
        name, url, key = path.stem, local.base_url, local.api_key
    llm = OpenAILike(
        model=name,
        api_base=url,
        api_key=key,
        is_chat_model=True,
        context_window=chosen.context_tokens,
        max_tokens=chosen.max_tokens,
        temperature=0.0,
        timeout=chosen.timeout_s,
        max_retries=1,
    )
    return llm, local


@contextmanager
def open_llm(settings: Settings, progress: Progress | None = None) -> Iterator[LLM]:
    """The language model of the settings by itself, for other work than answers; a local one is unloaded at the end.

    Raises ModelFileError, ModelServerError.
    """
    path = None if settings.llm.base_url else resolve(settings.llm.model, settings.home, "llm", progress=progress)
    llm, local = _served(settings.llm, path, settings.home / "cache")
    try:
        yield llm
    finally:
        if local is not None:
            local.close()


def open_gisa(
    settings: Settings,
    *,
    llm: bool = True,
    progress: Progress | None = None,
    on_first_build: FirstBuild | None = None,
) -> Gisa:
    """Open the collection and the models; fetch what is pinned and missing, and make the collection from the shipped
    articles when there is none in GISA_HOME (one on Milvus that is not there may be a name that is wrong: it is not
    made here). The language model is loaded while the rest is. Raises GisaError."""
    resolve(settings.embedder.model, settings.home, "embedder", progress=progress)  # a wrong one costs no download
    model = Model(settings, progress) if llm else None
    collection: Collection | None = None
    try:
        seeding = settings.index_folder / "seeding"  # stands while the first build is under way: a killed one goes on
        local = settings.store.kind == "local"
        first = local and (seeding.exists() or not (settings.index_folder / DATABASE).exists())
        if first:  # before the collection is there: an empty one without the mark would stay empty
            _mark(seeding)
        collection = open_collection(settings, progress=progress, make=local)
        reader = open_reader(settings, collection.embedder, progress)
        kiwi().tokenize("기사")  # seconds of getting ready that the first question need not wait for
        if first:
            articles = shipped_articles()
            if on_first_build is not None:
                on_first_build(len(articles))
            ingest(collection.store, collection.embedder, articles)
            seeding.unlink(missing_ok=True)  # another process may have built it meanwhile
        return Gisa(settings, collection, model, reader)
    except BaseException:
        if model is not None:
            model.close()
        if collection is not None:
            collection.store.close()
        raise


def _mark(path: Path) -> None:
    """Make an empty file, and its folder. Raises DiskFullError, IndexStoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise file_error(error, path) from error
