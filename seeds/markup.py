"""Markdown and HTML to plain text.

Marks go: inside a quoted sentence, `**260,000**` or a link's address would be embedded, shown and compared with the
answer as if they were the article's words. So offsets count the text as it is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import frontmatter
import trafilatura
import yaml
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt
from markdown_it.token import Token
from trafilatura.settings import Document as Page
from trafilatura.settings import use_config

from seeds.decode import decode_damaged, normalise
from seeds.document import DAMAGE, Document, damaged, join_blocks
from seeds.errors import ArticleFileError
from seeds.notice import Notice, left_out
from seeds.page import STRUCK, article_body, page_day, put_body, remove_unseen

_INLINE = frozenset(
    {"a", "abbr", "b", "code", "em", "font", "i", "mark", "q", "small", "span", "strong", "sub", "sup", "time", "u"}
)
_CAPTION_NODES = [
    "//figcaption",
    "//*[contains(@class, 'caption') or contains(@class, 'img_desc') or contains(@class, 'photo_desc')]",
]


def parse_markdown(name: str, data: bytes) -> Document:
    decoded = decode_damaged(name, data)
    text = normalise(name, decoded.text)
    fields: dict[str, object] = {}
    if re.match(r"\s*---[ \t]*\n", text):
        try:
            fields, text = frontmatter.parse(text, handler=_FrontMatter())
        except (yaml.YAMLError, *DAMAGE) as error:
            raise ArticleFileError(
                f"The front matter of {name} is not valid YAML. Correct the lines between the two --- marks.",
                f"{name}: 머리말(front matter)이 올바른 YAML이 아닙니다. 두 --- 사이의 줄을 고쳐 주세요.",
            ) from error
    try:
        blocks, heading, struck = _render_markdown(text)
    except DAMAGE as error:
        raise damaged(name, "Markdown") from error
    notices = (*decoded.notices(name), *left_out(name, {STRUCK: struck}))
    return replace(join_blocks(name, blocks), title=heading, fields=fields, notices=notices)


class _FrontMatter(YAMLHandler):
    """Front matter whose values stay as they are written: `title: 12:30` is no number of seconds."""

    def load(self, fm: str, **_: object) -> dict[str, object]:
        lines = fm.split("\n")
        goes_on = [line[:1] in " \t" and bool(line.strip()) for line in (*lines[1:], "")]
        plain = [line if more else _plain(line) for line, more in zip(lines, goes_on, strict=True)]
        fields = yaml.load("\n".join(plain), Loader=yaml.BaseLoader)
        if not isinstance(fields, dict):
            return {}
        return {key: None if value in ("null", "~") else value for key, value in fields.items()}


def _plain(line: str) -> str:
    """A line `key: value`, its value quoted if YAML would refuse it or take part of it for something else.

    Titles begin with brackets and quotation marks, and hold colons and hash signs.
    """
    match = re.fullmatch(r"(?P<key>\w+):[ \t]+(?P<value>\S.*?)\s*", line)
    if match is None or not re.search(r"\w", match["value"]):
        return line
    value, is_title = match["value"], match["key"] == "title"
    try:
        read = yaml.load(value, Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        read = None
    if isinstance(read, str) and (read == value or value[0] in "\"'" or not is_title):
        return line
    if isinstance(read, dict | list) and (value[0] == "{" or (value[0] == "[" and not is_title)):
        return line
    return f"{match['key']}: {json.dumps(value, ensure_ascii=False)}"


def _render_markdown(text: str) -> tuple[list[tuple[str, bool]], str | None, int]:
    """Blocks of plain text with True for headings and tables; the first heading; how often text is struck out.

    Indented text is a paragraph here (news is copied with its indents, not written as code), and a line of dashes
    under a paragraph does not make it a heading.
    """
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(["code", "lheading"]).parse(text)
    blocks: list[tuple[str, bool]] = []
    first_heading = None
    struck = 0
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
                words = _inline_text(token.children or [])
                struck += sum(child.type == "s_open" for child in token.children or [])
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
    return blocks, first_heading, struck


def _inline_text(tokens: Sequence[Token]) -> str:
    """The words of a paragraph, without what is struck out and without marks of footnotes (`[^1]`)."""
    parts: list[str] = []
    struck = 0
    for token in tokens:
        if token.type in ("s_open", "s_close"):
            struck += token.nesting
        elif struck:
            continue
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type in ("text", "code_inline", "image", "text_special"):
            parts.append(token.content)
    return re.sub(r"\[\^[^\[\]\s]{1,20}\]:?", "", "".join(parts))


def parse_html(name: str, data: bytes) -> Document:
    """The page's article as trafilatura finds it. Menus and scripts are the site's, not part of what was published.

    Where the page shows much less than its JSON-LD holds, for a script would draw the rest, that is read.
    """
    decoded = decode_damaged(name, data)
    page = normalise(name, decoded.text)
    notices = decoded.notices(name)
    try:
        tree = trafilatura.load_html(page)
        if tree is None:
            raise _no_article(name)
        day = page_day(tree)
        paragraphs = article_body(tree)
        notices += left_out(name, remove_unseen(tree))
        found = _extract(tree)
        shown = len("".join(found.body.itertext()).split()) if isinstance(found, Page) else 0
        if 2 * shown < len(" ".join(paragraphs).split()):
            tree = trafilatura.load_html(page)
            put_body(tree, paragraphs)
            found = _extract(tree)
            notices = (*decoded.notices(name), _from_json(name))
        if not isinstance(found, Page):
            raise _no_article(name)
        document = join_blocks(name, _html_blocks(found.body))
    except DAMAGE as error:
        raise damaged(name, "HTML") from error
    return replace(
        document,
        title=found.title or None,
        publisher=found.sitename or None,
        author=found.author or None,
        published=day or found.date,
        url=found.url or None,
        notices=notices,
    )


def _extract(tree: Any) -> Any:
    config = use_config()
    for key in ("MIN_EXTRACTED_SIZE", "MIN_OUTPUT_SIZE"):
        config.set("DEFAULT", key, "1")  # short news is news; below the limit it would be flattened to one paragraph
    return trafilatura.bare_extraction(
        _wrap_bare_text(tree),
        fast=True,
        favor_recall=True,
        include_comments=False,
        with_metadata=True,
        prune_xpath=_CAPTION_NODES,
        config=config,
    )


def _no_article(name: str) -> ArticleFileError:
    return ArticleFileError(
        f"No article was found in {name}. Save the article's own page, or its text as .txt.",
        f"{name}: 기사 본문을 찾을 수 없습니다. 기사 페이지를 저장하거나 본문을 .txt로 저장해 주세요.",
    )


def _from_json(name: str) -> Notice:
    return Notice(
        f"{name}: the page shows no article without its script; the one in its JSON-LD was read.",
        f"{name}: 스크립트 없이는 본문이 보이지 않는 페이지라 JSON-LD에 있는 본문을 읽었습니다.",
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
