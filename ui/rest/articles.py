"""/v1/articles and /v1/ingests."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from index.types import ArticleInfo
from rag.errors import ArticleFileError
from seeds.article import Article
from seeds.loaders import article_from_text, load_bytes
from ui.rest.describe import problems
from ui.rest.errors import MediaTypeError
from ui.rest.examples import ARTICLE
from ui.rest.guard import GuardedRoute, MayAsk, MayManage, TheService
from ui.rest.language import language_of
from ui.rest.problems import invalid
from ui.rest.schemas import ArticleIn, ArticleOut, ArticlesOut, InfoOut, IngestOut, ListIn, where
from ui.service import Service
from ui.service.records import info_json

router = APIRouter(route_class=GuardedRoute, tags=["articles"])
SOURCE = "rest"
"""The `source` of articles sent as text; that of an upload is its file name."""
MAX_FILES = 100
_JSON, _MULTIPART = "application/json", "multipart/form-data"
Id = Annotated[str, Path(min_length=1, max_length=200, description="As in GET /v1/articles.")]
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {
                "schema": ArticleIn.model_json_schema(ref_template="#/components/schemas/{model}"),
                "examples": {"text": {"value": ARTICLE}},
            },
            _MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": MAX_FILES,
                            "items": {"type": "string", "format": "binary"},
                            "description": ".txt .md .html .pdf .docx .hwpx .jsonl, told by content, not by name.",
                        }
                    },
                }
            },
        },
    }
}


@router.get("/v1/articles", responses=problems("period"), summary="List articles")
async def list_articles(caller: MayAsk, service: TheService, wanted: Annotated[ListIn, Query()]) -> ArticlesOut:
    """Newest first, undated last."""
    found = await service.articles(where(wanted.since, wanted.until, wanted.publisher, []))
    page = [InfoOut(**info_json(info)) for info in found[wanted.offset : wanted.offset + wanted.limit]]
    return ArticlesOut(articles=page, total=len(found), offset=wanted.offset, limit=wanted.limit)


@router.get("/v1/articles/{article_id:path}", responses=problems("article_not_found"), summary="Read an article")
async def read_article(article_id: Id, caller: MayAsk, service: TheService) -> ArticleOut:
    return shown(await service.article(article_id))


@router.post(
    "/v1/articles",
    status_code=202,
    responses=problems("article_file", "article_exists", "malformed_body", "media_type"),
    openapi_extra=BODY,
    summary="Add articles",
)
async def add_articles(request: Request, response: Response, caller: MayManage, service: TheService) -> IngestOut:
    """As text, or as files. They are read at once, so what cannot be an article is an error and nothing is stored;
    then they are taken in while searches go on: GET /v1/ingests/{id} tells how far that is."""
    run = await service.add(await _articles(request, service))
    response.headers["Location"] = f"/v1/ingests/{run.id}"
    return IngestOut.of(run, language_of(request))


@router.put(
    "/v1/articles/{article_id:path}",
    status_code=202,
    responses=problems("article_not_found", "article_file", "malformed_body", "media_type"),
    openapi_extra=BODY,
    summary="Replace an article",
)
async def replace_article(
    request: Request, response: Response, article_id: Id, caller: MayManage, service: TheService
) -> IngestOut:
    """By one article, which gets the id of the path."""
    await service.article(article_id)
    articles = await _articles(request, service)
    if len(articles) != 1:
        raise ArticleFileError(
            f"One article is needed here, not {len(articles)}. Add many with POST /v1/articles.",
            f"여기에는 기사 하나가 필요합니다({len(articles)}건 보냄). 여러 건은 POST /v1/articles로 추가하세요.",
        )
    run = await service.put(article_id, articles[0])
    response.headers["Location"] = f"/v1/ingests/{run.id}"
    return IngestOut.of(run, language_of(request))


@router.delete(
    "/v1/articles/{article_id:path}",
    status_code=204,
    responses=problems("article_not_found", "index_busy"),
    summary="Remove an article",
)
async def remove_article(article_id: Id, caller: MayManage, service: TheService) -> None:
    await service.remove(article_id)


@router.get("/v1/ingests/{ingest_id}", responses=problems("ingest_not_found"), summary="See how far an ingest is")
async def read_ingest(
    request: Request, ingest_id: Annotated[str, Path(max_length=100)], caller: MayManage, service: TheService
) -> IngestOut:
    return IngestOut.of(service.ingest(ingest_id), language_of(request))


async def _articles(request: Request, service: Service) -> list[Article]:
    """The articles of a body. Raises ArticleFileError, MediaTypeError, MalformedBodyError, RequestError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _JSON:
        try:
            given = ArticleIn.model_validate_json(await request.body())
        except ValidationError as error:
            raise invalid(request, error.errors()) from error
        return [await service.in_background(_from_text, given, service.settings.articles.time_zone)]
    if kind != _MULTIPART:
        raise MediaTypeError(_JSON, _MULTIPART)
    async with request.form(max_files=MAX_FILES, max_fields=0) as form:
        files = [file for file in form.getlist("file") if isinstance(file, UploadFile)]
        if not files or len(files) != len(form.multi_items()):
            raise invalid(request, [{"type": "missing", "loc": ("body", "file"), "msg": "A file is needed."}])
        return [one for file in files for one in await _from_file(file, service)]


async def _from_file(file: UploadFile, service: Service) -> list[Article]:
    limit, zone = service.settings.serve.upload_mib * 1024 * 1024, service.settings.articles.time_zone
    data = await file.read()
    return await service.in_background(load_bytes, file.filename or "upload", data, limit_bytes=limit, zone=zone)


def _from_text(given: ArticleIn, zone: tzinfo) -> Article:
    return article_from_text(
        given.text,
        id=given.id,
        title=given.title,
        publisher=given.publisher,
        author=given.author,
        published=given.published,
        language=given.language,
        url=given.url,
        source=SOURCE,
        zone=zone,
    )


def shown(one: Article) -> ArticleOut:
    """The whole article, as a response."""
    info = ArticleInfo(
        one.id,
        one.title,
        one.publisher,
        one.author,
        one.published,
        one.published_precision,
        one.language,
        one.url,
        one.source,
    )
    return ArticleOut(
        **info_json(info), text=one.text, body=[list(span) for span in one.body], source=one.source, rights=one.rights
    )
