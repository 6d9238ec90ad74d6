"""Where an HTML page states the day of its publication."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from seeds.published import published_day


def page_day(tree: Any) -> str | None:
    """What an HTML page (lxml) states of its day of publication, as it is written there; None if it states none.

    Metadata comes first (Open Graph, schema.org, Dublin Core and the like), then what is shown as a date.
    """
    for stated in (*_of_metadata(tree), *_shown(tree)):
        with suppress(ValueError):
            published_day(stated)
            return stated
    return None


_PROPERTIES = frozenset(
    {
        "article:published_time", "og:article:published_time", "og:published_time", "og:pubdate", "datepublished",
        "date.published", "article.published", "article:published", "published_time", "publication_date",
        "publish_date", "publish-date", "publishdate", "pubdate", "parsely-pub-date", "sailthru.date",
        "cxenseparse:recs:publishtime",
        "dc.date.issued", "dcterms.issued", "dcterms.date", "dc.date", "dcterms.created", "dc.date.created",
        "citation_publication_date", "date",
    }
)  # fmt: skip
_SHOWN_AS_DATE = (
    "//*[self::span or self::p or self::em or self::dd or self::li or self::div][contains(@class, 'date')"
    " or contains(@class, 'time') or contains(@id, 'date')]"
    "[not(contains(@class, 'modif') or contains(@class, 'updat'))][string-length() < 200]"
)


def _of_metadata(tree: Any) -> Iterator[str]:
    for node in tree.xpath("//meta[@content]"):
        if {node.get(key, "").lower() for key in ("property", "name", "itemprop")} & _PROPERTIES:
            yield node.get("content")
    for script in tree.xpath("//script[@type='application/ld+json']"):
        with suppress(ValueError, RecursionError):
            yield from _of_json_ld(json.loads(script.text or ""))
    for node in tree.xpath("//*[not(self::meta)][@itemprop='datePublished' or self::time[@pubdate]]"):
        yield from (text for text in (node.get("content"), node.get("datetime"), node.text) if text)


def _of_json_ld(found: Any) -> Iterator[str]:
    """The page's own article, not those it lists."""
    for thing in found if isinstance(found, list) else [found]:
        if isinstance(thing, dict):
            kinds = thing.get("@type")
            named = any(
                str(kind).endswith(("Article", "Posting")) for kind in (kinds if isinstance(kinds, list) else [kinds])
            )
            if named and isinstance(thing.get("datePublished"), str | int):
                yield str(thing["datePublished"])
            yield from _of_json_ld(thing.get("@graph", []))


def _shown(tree: Any) -> Iterator[str]:
    for node in (*tree.xpath("//time[string-length() < 200]"), *tree.xpath(_SHOWN_AS_DATE)):
        yield from (text for text in (node.get("datetime"), " ".join(node.itertext())) if text)
