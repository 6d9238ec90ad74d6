"""Which spans of a news text are the article, and which are the furniture around it.

The rules are those of Korean news pages in general. Every line is judged by itself first (credit, caption, rights,
table, list item, sentence, or a short line without a sentence), then by where it stands: a short line between
paragraphs is a subhead, one above the first sentence a headline, a list after the last sentence the related articles.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from operator import itemgetter

from seeds.article import Span
from seeds.byline import BYLINE_PREFIX, EMAIL, PHOTO_TAIL, is_byline_line, is_rights_line

_CLOSERS = "\"'”’」』)]〉》>】） \t\xa0\u200b"
_PHOTO = (
    r"(?:사진|출처|이미지|자료|그래픽|제공|캡처|캡쳐|영상|일러스트|인포그래픽|Photo|PHOTO|photo|Image|Source|Credit)"
)
_CREDIT_TAIL = re.compile(
    rf"\s*(?:[\[(【（〈<][^\])】）〉>\n]{{0,30}}{_PHOTO}[^\])】）〉>\n]{{0,60}}[\])】）〉>]"
    rf"|[/|ㅣ]?\s*{_PHOTO}\s?(?:제공|출처)?\s*[=:ㅣ|/]\s*[^.|]{{1,40}}"
    r"|[/|(]\s*(?:[가-힣A-Za-z0-9]{1,10}(?:뉴스\d?|뉴시스|일보|신문|경제)|뉴시스|AP|AFP|EPA|로이터|게티이미지\S*)\s?\)?"
    r"|(?<=\.)\s*(?:연합뉴스|뉴시스|뉴스1|로이터|AP|AFP|EPA|\S{0,6}연합뉴스|게티이미지\S*)"
    r"|\s[ⓒ©]\s?[^.]{1,24})\s*\|?\s*$"
)
_CAPTION_HEAD = re.compile(
    rf"^[\[(【（<]?\s*{_PHOTO}\s?(?:출처|제공|설명)?\s*[=:ㅣ|]|^(?:위|아래|왼쪽|오른쪽)?\s?사진은\s|^\(왼쪽부터\)|^[▼▲△]?\s?사진\s?[=/]"
)
_SENTENCE_INSIDE = re.compile(r"[다요죠까][\"'”’)\]]*[.?!](?=[\s\"'”’]|$)")
# Sentences cut short, as notes are written, end so: `내년에 출시할 예정.`
_VERB_END = re.compile(
    r"(?:[다요죠까네라음함임됨것셈듯법뿐때중만점데터전후봄짐둠]|예정|방침|계획|전망|설명|지적|분석|입장|상황|수준|추세|이유|목표"
    r"|관측|평가|주장|의견|가능|불가|완료|시작|종료)$"
)
_PREDICATE = re.compile(r"(?:[다요죠까]|니다)$")
_REPORTED = re.compile(
    r"(?:.{20}[라다]?고\s(?:했|밝혔|말했|전했|설명했|덧붙였|강조했)다$|.{8}(?:니다|[어아여해예에]요|네요|지요)$)"
)
_MARK = re.compile(r"^(?:[-–—·•∙ㆍ▲△▶▷►◇◆■□●○◦▪‣*※☞]|\d{1,2}[.)](?=\s)|[①-⑳])\s*")
_BULLET = re.compile(r"^(?:[-–—·•∙ㆍ▲△○◦□▪‣*]|\d{1,2}[.)](?=\s)|[①-⑳])\s*")
_RELATED = re.compile(
    r"^\W*(?:(?:(?:이\s?시각|오늘의|실시간|(?:가장\s?)?많이\s?본|함께\s?(?:보면|볼만한|읽으면)(?:\s?좋은)?"
    r"|추천|인기|관련|주요|핫|랭킹|최신|이전|다음)\s?)+(?:기사|뉴스|글|콘텐츠|이슈)"
    r"(?:\s?(?:더\s?보기|보기|TOP\s?\d*|모음|목록))?|related(?:\s\w+)?|read more|see also)\W*$",
    re.IGNORECASE,
)
_SERVICE = re.compile(
    r"(?:(?:구독|제보|공유|추천|다운로드|팔로우|친구\s?추가)\s?하(?:기|러\s?가기)|바로\s?가기|보러\s?가기|더\s?보기)[\W\d]*$"
    r"|(?:공감|댓글|좋아요|하트).{0,20}힘이\s(?:됩니다|돼요|되어요)\W*$"
    r"|^\W*(?:구독|좋아요|제보|카카오톡|카톡|페이스북|트위터|네이버|유튜브|공유|댓글|URL|글자\s?크기|인쇄|스크랩|프린트|본문)(?:\W|$)(?=.{0,40}$)(?!.*[다요죠까]\W*$)"
    r"|^.{0,30}제보.{0,24}(?:기다립니다|부탁드립니다|받습니다|됩니다)\W*$"
    r"|^.{0,30}(?:구독|좋아요|알림\s?설정|채널\s?추가|팔로우|만나|받아).{0,12}(?:부탁드립니다|부탁드려요|주세요|하세요|보세요)\W*$"
    r"|섹션으로\s분류했습니다|기사의?\s섹션\s분류|^\W*이\s기사를?\s(?:공유|추천)"
)
# `…1천800명이다.1) 신청은`: the mark of a note behind a sentence
_NOTE_MARK = re.compile(
    r"(?<=[^\W\d_][.!?])(?P<closing>[\"'”’)\]]?)\s?(?:\[\^?(?:주\s?)?\d{1,3}\]|\(?(?:주\s?)?\d{1,3}\)|[¹²³⁰⁴-⁹]{1,3}\)?|[*†‡]{1,3})(?=\s|$)"
)
_INTRODUCES = re.compile(r"(?::|[다]음과 같다\.?|[다]음과 같습니다\.?|아래와 같다\.?|아래와 같습니다\.?)$")
_SHORT = 80
_HEADLINE = 35
# Share of a text that its sentences take, from which its short lines are judged as headlines. Pages have many links.
_PROSE = 0.6
_PROSE_OF_PAGE = 0.4
_CAPTION_LENGTH = 200
_LONGEST_FURNITURE = 500
_TAIL_LENGTH = 120


class _Kind(Enum):
    SENTENCE = auto()
    ITEM = auto()  # a list item that is not a sentence
    SHORT = auto()  # neither: a headline, subhead, navigation word, or a text that is no prose
    TABLE = auto()
    CREDIT = auto()  # byline, e-mail, date and rights lines: what closes an article
    RELATED = auto()  # the head of a list of other articles
    OTHER = auto()  # captions, share buttons, rules, markup's own headings


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    kind: _Kind
    marked: bool = False
    introduces: bool = False
    credited: bool = False


def body_spans(text: str, asides: Sequence[Span] = ()) -> tuple[Span, ...]:
    """The spans of `text` that are the article: sorted, disjoint, never empty, one for each paragraph or list item.

    `asides` are spans that the file's own markup sets apart (headings, tables), sorted. A text that is not prose
    (a list, a table) is kept except for its credits; one of nothing but credits has no spans.
    """
    lines = _read_lines(text, asides)
    size = {kind: sum(line.end - line.start for line in lines if line.kind is kind) for kind in _Kind}
    least = _PROSE_OF_PAGE if _is_page(lines) else _PROSE
    if size[_Kind.SENTENCE] >= least * (size[_Kind.SENTENCE] + size[_Kind.SHORT] + size[_Kind.ITEM]):
        kept = _keep_prose(lines, text)
    else:
        kept = [line for line in lines if line.kind in (_Kind.SENTENCE, _Kind.ITEM, _Kind.SHORT)]
    kept = kept or [line for line in lines if line.kind is _Kind.TABLE]
    return tuple(span for line in kept for span in _without_note_marks(text, line.start, line.end))


def _without_note_marks(text: str, start: int, end: int) -> Iterator[Span]:
    """A paragraph, or the parts of it that the marks of notes divide."""
    for mark in _NOTE_MARK.finditer(text, start, end):
        yield start, mark.end("closing")
        start = mark.end() + len(text[mark.end() : end]) - len(text[mark.end() : end].lstrip())
    if start < end:
        yield start, end


def is_sentence(line: str) -> bool:
    """True if a line has a sentence's ending, as a headline does not."""
    line = _NOTE_MARK.sub(r"\g<closing>", line)
    bare = line.rstrip(_CLOSERS)
    if _SENTENCE_INSIDE.search(line):
        return True
    if bare.endswith(("...", "…", "··")):
        return bool(_PREDICATE.search(bare.rstrip(".…·")))
    if bare.endswith((".", "!", "?", "。")):
        return not _is_noun_caption(bare)
    if bare.endswith(","):  # a paragraph that breaks off after a clause goes on in the next line
        return len(bare) > 20
    return line == bare and bool(_PREDICATE.search(bare)) and (len(bare) > 60 or bool(_REPORTED.search(bare)))


def _read_lines(text: str, asides: Sequence[Span]) -> list[_Line]:
    found: list[_Line] = []
    unpunctuated = _omits_full_stops(text)
    position = 0
    for raw in text.split("\n"):
        start = position + len(raw) - len(raw.lstrip())
        end = position + len(raw.rstrip())
        position += len(raw) + 1
        if start >= end:
            continue
        nearest = bisect_right(asides, start, key=itemgetter(0)) - 1
        aside = nearest >= 0 and end <= asides[nearest][1]
        found.append(_judge(text, start, end, unpunctuated) if not aside else _aside(text, start, end))
    return _drop_lone_items(found, text)


def _aside(text: str, start: int, end: int) -> _Line:
    return _Line(start, end, _Kind.TABLE if text[start] == "|" else _Kind.OTHER)


def _judge(text: str, start: int, end: int, unpunctuated: bool) -> _Line:
    line = text[start:end]
    prefix = BYLINE_PREFIX.match(line)
    whole = next((kind for test, kind in _WHOLE_LINE if test(line)), None) if len(line) <= _LONGEST_FURNITURE else None
    if whole or prefix is None:
        whole = whole or (_Kind.CREDIT if is_byline_line(line) else None)
    elif prefix.end() == len(line):
        whole = _Kind.CREDIT
    if whole:
        return _Line(start, end, whole)
    end = _before_tail(text, start, end)
    start += prefix.end() if prefix else 0
    bulleted = _BULLET.match(text[start:end])
    if mark := _MARK.match(text[start:end]):
        start += mark.end()
    line = text[start:end]
    if is_sentence(line) or (unpunctuated and _PREDICATE.search(line)):
        kind = _Kind.SENTENCE
    else:
        kind = _Kind.ITEM if bulleted else _Kind.SHORT if line else _Kind.OTHER
    return _Line(start, end, kind, bool(bulleted), bool(_INTRODUCES.search(line)), prefix is not None)


def _before_tail(text: str, start: int, end: int) -> int:
    """Where a paragraph ends without the e-mail address or picture credit that some sites print behind it."""
    start = max(start, end - _TAIL_LENGTH)
    line = text[start:end]
    mail = re.search(rf"\s*[(<\[/]?(?:{EMAIL.pattern})[)>\]]?\s*$", line)
    tail = mail or _CREDIT_TAIL.search(line)
    return start + len(line[: tail.start()].rstrip()) if tail and tail.start() > 0 else end


def _is_caption(line: str) -> bool:
    if _CAPTION_HEAD.match(line) or PHOTO_TAIL.search(line):
        return len(line) <= 2 * _CAPTION_LENGTH
    if tail := _CREDIT_TAIL.search(line):
        # a chart's source may also stand behind a sentence of the article
        if "자료" in tail[0] and is_sentence(line[: tail.start()]):
            return False
        return len(line) <= _CAPTION_LENGTH and len(_SENTENCE_INSIDE.findall(line)) <= 2
    return _is_noun_caption(line.rstrip(_CLOSERS))


def _is_noun_caption(bare: str) -> bool:
    """`로고.`, `모습.`, `전경.`: a short Korean line that ends in a noun with a full stop, and says nothing."""
    if not bare.endswith(".") or len(bare) > 40 or _SENTENCE_INSIDE.search(bare) or "," in bare:
        return False
    words = bare.rstrip(". ")
    return bool(re.search(r"[가-힣]$", words)) and not _VERB_END.search(words) and not re.search(r"\d", words)


# In this order: what a line is when all of it is one thing.
_WHOLE_LINE: tuple[tuple[Callable[[str], object], _Kind], ...] = (
    (lambda line: not re.search(r"[^\W_]", line) and not line.startswith("|"), _Kind.OTHER),
    (lambda line: line.startswith("|") and _is_caption(line.strip("| ")), _Kind.OTHER),
    (lambda line: line.startswith("|"), _Kind.TABLE),
    (is_rights_line, _Kind.CREDIT),
    (_RELATED.match, _Kind.RELATED),
    (_is_caption, _Kind.OTHER),
    (_SERVICE.search, _Kind.OTHER),
)


def _omits_full_stops(text: str) -> bool:
    """True for writers, mostly of blogs, who end their sentences without a full stop."""
    ends = [line.rstrip() for line in text.split("\n")]
    without = sum(bool(_PREDICATE.search(line)) for line in ends)
    return without >= 3 and without > sum(bool(_SENTENCE_INSIDE.search(line)) for line in ends)


def _is_page(lines: Sequence[_Line]) -> bool:
    """True if the text was copied with its page's credits, so that its lists and short lines are under suspicion."""
    return any(line.kind in (_Kind.CREDIT, _Kind.RELATED) or line.credited for line in lines)


def _drop_lone_items(lines: list[_Line], text: str) -> list[_Line]:
    """`▲ ...` alone between paragraphs is a caption; several in a row are a list, as any other list item."""
    page = _is_page(lines)
    result = []
    for i, line in enumerate(lines):
        neighbours = lines[max(i - 1, 0) : i] + lines[i + 1 : i + 2]
        alone = line.marked and not any(other.marked for other in neighbours)
        arrow = text[text.rfind("\n", 0, line.start) + 1 : line.start].lstrip()[:1] in ("▲", "△", "▼")
        short = line.end - line.start <= _CAPTION_LENGTH
        drop = alone and ((line.kind is _Kind.ITEM and page) or (arrow and short))
        result.append(replace(line, kind=_Kind.OTHER) if drop else line)
    return result


def _keep_prose(lines: list[_Line], text: str) -> list[_Line]:
    """The sentences, and those other lines that stand where only the article's own can."""
    spoken = [i for i, line in enumerate(lines) if line.kind is _Kind.SENTENCE]
    first, last = (spoken[0], spoken[-1]) if spoken else (0, -1)
    kept = []
    related = introduced = False
    page = _is_page(lines)
    for i, line in enumerate(lines):
        length = line.end - line.start
        if line.kind is _Kind.RELATED:
            related = True
        elif line.kind is _Kind.SENTENCE:
            # among related headlines, some end as a sentence does; a paragraph is longer
            related = related and (line.marked or length < _SHORT)
            if not related:
                kept.append(line)
                introduced = line.introduces
        elif line.kind is _Kind.ITEM:
            if not related and first < i and (i < last or introduced):
                kept.append(line)
        elif line.kind is _Kind.SHORT:
            introduced = introduced and line.marked
            # a broken line of a paragraph, in a text that is not known to hold anything but its article
            broken = not page and length > _HEADLINE and text[line.end : line.end + 2].strip(" ") != "\n\n"
            if not related and ((i > first and length > _SHORT) or (broken and i < last)):
                kept.append(line)
        elif line.kind is _Kind.CREDIT and i > first:
            introduced = False
    return kept
