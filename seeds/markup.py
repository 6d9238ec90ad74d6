"""Markdown and HTML to plain text.

Marks go: inside a quoted sentence, `**260,000**` or a link's address would be embedded, shown and compared with the
answer as if they were the article's words. So offsets count the text as it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import frontmatter
import trafilatura
import yaml
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt
from markdown_it.token import Token
from trafilatura.settings import Document as Page
from trafilatura.settings import use_config

from seeds.decode import decode, normalise
from seeds.document import DAMAGE, Document, damaged, join_blocks
from seeds.errors import ArticleFileError

_INLINE = frozenset(
    {"a", "abbr", "b", "code", "em", "font", "i", "mark", "q", "small", "span", "strong", "sub", "sup", "time", "u"}
)
_CAPTION_NODES = [
    "//figcaption",
    "//*[contains(@class, 'caption') or contains(@class, 'img_desc') or contains(@class, 'photo_desc')]",
]


def parse_markdown(name: str, data: bytes) -> Document:
    text = normalise(name, decode(name, data))
    fields: dict[str, object] = {}
    if re.match(r"\s*---[ \t]*\n", text):
        try:
            fields, text = frontmatter.parse(text, handler=YAMLHandler())
        except (yaml.YAMLError, *DAMAGE) as error:
            raise ArticleFileError(
                f"The front matter of {name} is not valid YAML. Correct the lines between the two --- marks.",
                f"{name}: 머리말(front matter)이 올바른 YAML이 아닙니다. 두 --- 사이의 줄을 고쳐 주세요.",
            ) from error
    try:
        blocks, heading = _render_markdown(text)
    except DAMAGE as error:
        raise damaged(name, "Markdown") from error
    document = join_blocks(name, blocks)
    return replace(document, title=heading, fields=fields)


def _render_markdown(text: str) -> tuple[list[tuple[str, bool]], str | None]:
    """Blocks of plain text with True for headings and tables, and the first heading.

    Indented text is a paragraph here (news is copied with its indents, not written as code), and a line of dashes
    under a paragraph does not make it a heading.
    """
    tokens = MarkdownIt("commonmark").enable("table").disable(["code", "lheading"]).parse(text)
    blocks: list[tuple[str, bool]] = []
    first_heading = None
    in_heading = in_table = False
    bullet = ""
    row: list[str] = []
    for token in tokens:
        match token.type:
            case "heading_open" | "heading_close":
                in_heading = token.nesting == 1
            case "table_open" | "table_close":
                in_table = token.nesting == 1
            case "tr_close":
                blocks.append((f"| {' | '.join(row)} |", True))
                row = []
            case "list_item_open":
                bullet = f"{token.info}{token.markup} " if token.info else f"{token.markup} "
            case "inline":
                words = "".join(_inline_text(child) for child in token.children or [])
                if in_table:
                    row.append(words)
                    continue
                blocks.append((bullet + words, in_heading))
                bullet = ""
                if in_heading:
                    first_heading = first_heading or words.strip() or None
            case "fence" | "html_block":
                blocks.append((re.sub(r"<[^<>]*>", "", token.content), False))
            case "hr":
                blocks.append((token.markup, True))
    return blocks, first_heading


def _inline_text(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return token.content if token.type in ("text", "code_inline", "image", "text_special") else ""


def parse_html(name: str, data: bytes) -> Document:
    """The page's article as trafilatura finds it. Menus and scripts are the site's, not part of what was published."""
    page = normalise(name, decode(name, data))
    config = use_config()
    for key in ("MIN_EXTRACTED_SIZE", "MIN_OUTPUT_SIZE"):
        config.set("DEFAULT", key, "1")  # short news is news; below the limit it would be flattened to one paragraph
    try:
        tree = trafilatura.load_html(page)
        found = tree is not None and trafilatura.bare_extraction(
            _wrap_bare_text(tree),
            fast=True,
            favor_recall=True,
            include_comments=False,
            with_metadata=True,
            prune_xpath=_CAPTION_NODES,
            config=config,
        )
    except DAMAGE as error:
        raise damaged(name, "HTML") from error
    if not isinstance(found, Page):
        raise ArticleFileError(
            f"No article was found in {name}. Save the article's own page, or its text as .txt.",
            f"{name}: 기사 본문을 찾을 수 없습니다. 기사 페이지를 저장하거나 본문을 .txt로 저장해 주세요.",
        )
    document = join_blocks(name, _html_blocks(found.body))
    return replace(
        document,
        title=found.title or None,
        publisher=found.sitename or None,
        author=re.sub(r"\s?기자$", "", found.author) if found.author else None,
        published=_iso_day(found.date),
        url=found.url or None,
    )


def _wrap_bare_text(tree: Any) -> Any:
    """Put text that is parted by <br> only, as Korean portals print articles, into paragraphs of its own.

    trafilatura loses some of it otherwise, the lead after a picture above all.
    """
    for box in tree.xpath("//*[self::div or self::article or self::section or self::main or self::td][br]"):
        parts = [(None, box.text), *((child, child.tail) for child in box)]
        box.text = paragraph = None
        for child, _ in parts[1:]:
            box.remove(child)
            child.tail = None
        for child, text in parts:
            if child is not None and child.tag in _INLINE and child.find(".//img") is None:
                paragraph = _opened(box, paragraph)
                paragraph.append(child)
            elif child is not None:
                paragraph = None
                if child.tag != "br":
                    box.append(child)
            if text and (text.strip() or paragraph is not None):
                paragraph = _opened(box, paragraph)
                if len(paragraph):
                    paragraph[-1].tail = text
                else:
                    paragraph.text = text
    return tree


def _opened(box: Any, paragraph: Any) -> Any:
    if paragraph is None:
        paragraph = box.makeelement("p")
        box.append(paragraph)
    return paragraph


def _html_blocks(body: Any) -> Iterable[tuple[str, bool]]:
    """Blocks of plain text of trafilatura's XML (its own tags), with True for headings and tables."""
    for node in body:
        if node.tag == "table":
            for row in node.iter("row"):
                cells = [" ".join("".join(cell.itertext()).split()) for cell in row.iter("cell")]
                yield f"| {' | '.join(cells)} |", True
        else:
            yield _inner_text(node), node.tag == "head"
        if node.tail:
            yield node.tail, False


def _inner_text(node: Any) -> str:
    """The text of a node, each line break, list item and paragraph in it on a line of its own. Uses the node up."""
    for part in node.iter():
        before = {"p": "\n", "item": "\n- "}.get(part.tag, "")
        after = "\n" if part.tag in ("lb", "p", "item") and part is not node else ""
        part.text = before + re.sub(r"\s+", " ", part.text or "")
        if part is not node:
            part.tail = after + re.sub(r"\s+", " ", part.tail or "")
    return "".join(node.itertext())


def _iso_day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None
