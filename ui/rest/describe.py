"""openapi.json: what the framework makes of the code, with our errors in place of its own, and whole examples."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ui.rest.examples import EXAMPLES
from ui.rest.problems import KINDS, MEDIA_TYPE
from ui.rest.schemas import Problem

ABOUT = """Questions about a collection of Korean news articles, in Korean or English, answered with the sentences that
prove it. Errors are `application/problem+json`; every response has an `X-Request-ID`."""
_ALWAYS = ("invalid_request", "key_needed", "scope", "body_too_large", "rate_limited")
"""What any operation but health may answer with."""


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation: the errors of those codes, and those that any may have."""
    found: dict[int | str, list[str]] = {}
    for code in (*codes, *_ALWAYS):
        found.setdefault(KINDS[code].status, []).append(code)
    return {
        status: {
            "description": "; ".join(f"`{code}`: {KINDS[code].title.en}" for code in its),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, its in sorted(found.items(), key=lambda one: str(one[0]))
    }


def release() -> str:
    try:
        return version("gisa-news")
    except PackageNotFoundError:
        return "0"


def install(app: FastAPI, *, needs_keys: bool) -> None:
    """Have `app` describe itself so; where no key is asked for, without keys."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            told = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            told["components"]["schemas"] |= schema.pop("$defs", {}) | {"Problem": schema}
            for name, example in EXAMPLES.items():
                told["components"]["schemas"][name]["examples"] = [example]
            if not needs_keys:
                del told["components"]["securitySchemes"]
                for operation in (its for path in told["paths"].values() for its in path.values()):
                    operation.pop("security", None)
            app.openapi_schema = told
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending it
