"""A web page before its article is looked for: what no reader sees is taken out, what a script would draw is put in;
and where the page states the day of its publication."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from seeds.published import published_day

_NOT_SHOWN = (
    "//noscript | //template | //dialog[not(@open)] | //*[@hidden and not(@hidden='until-found')]"
    " | //*[starts-with(name(), 'amp-') and (contains(name(), 'sidebar') or contains(name(), 'consent')"
    " or contains(name(), 'notification') or contains(name(), 'lightbox') or contains(name(), '-ad'))]"
)
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b", re.IGNORECASE)
_STRUCK = "//del | //s | //strike"
_MARK = re.compile(r"\s*(?:\[\s*(?:주\s?)?\w{1,3}\s*\]|\(?(?:주\s?)?\d{1,3}\)|(?:주|각주)\s?\d{1,3}|[*†‡※①-⑳]{1,3})\s*")
_NUMBER = re.compile(r"\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*")
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
HIDDEN = ("hidden parts", "숨긴 부분")
STRUCK = ("struck-out text", "취소선을 그은 글")


def remove_unseen(tree: Any) -> Counter[tuple[str, str]]:
    """Take out of a page what its reader does not see, what is struck out, and footnote marks; counts the first two."""
    removed: Counter[tuple[str, str]] = Counter()
    styled = (node for node in tree.xpath("//*[@style]") if _HIDDEN_STYLE.search(node.get("style")))
    for kind, nodes in ((HIDDEN, (*tree.xpath(_NOT_SHOWN), *styled)), (STRUCK, tree.xpath(_STRUCK))):
        for node in nodes:
            # a page may hide all of itself until its script has run
            if node.tag not in ("html", "body") and node.getparent() is not None:
                removed[kind] += bool("".join(node.itertext()).strip()) and node.tag not in ("noscript", "template")
                node.drop_tree()
    for node in tree.xpath("//sup"):
        if node.getparent() is not None and _is_footnote_mark(node):
            node.drop_tree()
    return removed


def _is_footnote_mark(node: Any) -> bool:
    """True for the marks of notes; powers, units and ordinals are raised too."""
    words = "".join(node.itertext())
    if _MARK.fullmatch(words) or node.xpath(".//a[starts-with(@href, '#')] | ancestor::a[starts-with(@href, '#')]"):
        return True
    before = _text_before(node).rstrip()[-1:]
    return bool(_NUMBER.fullmatch(words)) and not re.match(r"[A-Za-z0-9\u3380-\u33df)]", before)


def _text_before(node: Any) -> str:
    """The text just before a node, within its parent."""
    previous = node.getprevious()
    if previous is None:
        return node.getparent().text or ""
    return previous.tail or "".join(previous.itertext())


def article_body(tree: Any) -> list[str]:
    """The paragraphs of the longest `articleBody` in the page's JSON-LD (schema.org); none if there is none."""
    found = [body for data in _json_ld(tree) for body in _bodies(data)]
    text = html.unescape(max(found, key=len, default=""))
    text = re.sub(r"<(?:br|/?p|/?div|/?li)\b[^<>]*>", "\n", text, flags=re.IGNORECASE)
    text = re.sub(r"</?[a-zA-Z][^<>]*>", "", text)
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


def _json_ld(tree: Any) -> Iterator[Any]:
    """What the scripts of JSON-LD say; what is damaged is left out, for what the page shows is read too."""
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        with suppress(ValueError, RecursionError):
            yield json.loads(script.text or "", strict=False)


def _bodies(data: Any) -> Iterator[str]:
    if isinstance(data, list):
        for item in data:
            yield from _bodies(item)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key == "articleBody" and isinstance(value, str):
                yield value
            else:
                yield from _bodies(value)


def put_body(tree: Any, paragraphs: list[str]) -> None:
    """Make these paragraphs all that the page shows."""
    body = tree.find("body")
    if body is None:
        body = tree.makeelement("body")
        tree.append(body)
    for child in list(body):
        body.remove(child)
    body.text = None
    article = body.makeelement("article")
    body.append(article)
    for words in paragraphs:
        paragraph = article.makeelement("p")
        paragraph.text = words
        article.append(paragraph)


def page_day(tree: Any) -> str | None:
    """What an HTML page (lxml) states of its day of publication, as it is written there; None if it states none.

    Metadata comes first (Open Graph, schema.org, Dublin Core and the like), then what is shown as a date.
    """
    for stated in (*_of_metadata(tree), *_shown(tree)):
        with suppress(ValueError):
            published_day(stated)
            return stated
    return None


def _of_metadata(tree: Any) -> Iterator[str]:
    for node in tree.xpath("//meta[@content]"):
        if {node.get(key, "").lower() for key in ("property", "name", "itemprop")} & _PROPERTIES:
            yield node.get("content")
    for data in _json_ld(tree):
        yield from _of_json_ld(data)
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
