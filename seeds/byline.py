"""Who published an article, who wrote it and when, as Korean news prints it: bylines, date lines and rights lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo

from seeds.article import SEOUL
from seeds.published import in_zone

_RANK = r"(?:선임|수석|책임|전문|객원|인턴|수습|시민|대학생|명예|대표|사진|영상|촬영|편집|취재|의학|과학|디지털|온라인)"
_ROLE = rf"(?:{_RANK}\s?){{0,2}}(?:기자|특파원|통신원|에디터|앵커|리포터|논설위원|칼럼니스트|PD|피디)"
_TASK = (
    r"(?:취재|글|사진|촬영|영상|편집|그래픽|정리|작성|집필|번역|기획|제작|구성|진행|연출|담당|제공|자료|일러스트|삽화"
    r"|디자인)"
)
_DESK = (
    r"(?:사회|정치|경제|산업|문화|국제|체육|스포츠|전국|지역|생활|과학|증권|금융|부동산|편집|보도|취재|특별|디지털|온라인|뉴스"
    r"|미디어|탐사|기획|사진|영상|논설|정책)+(?:부|팀|국|실|센터)"
)
_TASKS = rf"(?:{_TASK}\s?[·・ㆍ,/&]?\s?)+"
_LABEL = rf"(?:{_TASKS}(?:기자|자|인|팀)?|기자(?:명|이름)?|글쓴이|필자|본지|현장|공동|특별|{_DESK}|{_RANK})"
"""What stands beside a name in a byline and is none: `기자명`, `글·사진`, `촬영기자`, `선임`, `사회부`."""
_KOREAN_NAME = rf"(?!{_LABEL}(?:(?![가-힣])|{_ROLE}))[가-힣]{{2,4}}"
_LATIN_NAME = r"[A-Z][\w.'-]+(?:\s[A-Z][\w.'-]+){0,2}"
_OUTLET_END = (
    r"(?:뉴스\d?|일보|신문|경제|투데이|타임스|TV|방송|통신|데일리|저널|미디어|코리아|핌|시스|헤럴드|닷컴|매거진|와이어)"
)
# Names one after the other, with nothing between, are told from an outlet or desk by their three syllables.
_NAMES = (
    rf"(?:(?!{_LABEL}\s|[가-힣]*(?:{_OUTLET_END}|부|팀|국)\s)[가-힣]{{3}}\s){{0,4}}"
    rf"(?:{_KOREAN_NAME}|{_LATIN_NAME})(?:\s?[·,/]\s?{_KOREAN_NAME})*"
)
_PERSON = re.compile(rf"(?:^|[\s\[\]()【】（）<>〈〉/=·,|])({_NAMES})\s?{_ROLE}(?![가-힣])")
_WRITTEN_BY = r"(?:취재|글|작성|집필|기획|정리|구성)"
_LABELLED = re.compile(
    rf"\W*(?:{_WRITTEN_BY}\s?[·・ㆍ,/&]?\s?)+(?:{_TASK}\s?)?(?:기자|자)?\s?[=:ㅣ|]\s?({_NAMES})(?![가-힣])"
    rf"|\W*(?:기자명?|글쓴이|필자)\s?[=:ㅣ|]\s?({_NAMES})(?![가-힣])"
)
_LABELLED_LINE = re.compile(rf"{_LABEL}\s?[=/:ㅣ|]|(?:{_LABEL}\s?)+{_ROLE}\W*$|(?:취재|글|정리|편집|By)\s?[=·/:ㅣ|\s]")
_EMAIL = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
_PHOTO_WORD = r"(?:사진|출처|자료|이미지|그래픽|제공|캡처|캡쳐|영상|일러스트|표|그림|Photo|photo|PHOTO)"

EMAIL = re.compile(_EMAIL)
PHOTO_TAIL = re.compile(rf"\d{{4}}\.\s?\d{{1,2}}\.\s?\d{{1,2}}\.?\s*(?:/\s*\S+|{_EMAIL})?\s*(?:{_EMAIL})?$")
"""How agencies end a caption: the day the picture was taken, then the photographer."""

# The opening bracket holds: `서울=연합뉴스`, `한빛경제 김하늘 기자`, `지디넷코리아=홍길동 기자`.
_CREDIT = (
    rf"(?!\s*{_PHOTO_WORD}\s?[=:ㅣ|])(?:[^\]\)】）>〉\n=]{{1,24}}=\s?[^\]\)】）>〉\n=]{{1,30}}"
    rf"|[^\]\)】）>〉\n]{{0,40}}{_ROLE}|[^\]\)】）>〉\n.,]{{1,16}}{_OUTLET_END})\s*"
)
BYLINE_PREFIX = re.compile(
    rf"^\s*(?:[\[(【（<〈［](?P<credit>{_CREDIT})[\])】）>〉］]\s*(?:(?P<person>{_NAMES})\s?{_ROLE}\s*(?:\(?{_EMAIL}\)?)?\s*=)?"
    rf"|(?P<alone>{_NAMES})\s?{_ROLE}\s*(?:\(?{_EMAIL}\)?)?\s*=)\s*"
)
"""A byline in front of the first sentence: `[서울=연합뉴스] 김하늘 기자 = `."""

_DAY = r"(?P<y>(?:19|20)\d\d)\s?[-./년]\s?(?P<m>\d{1,2})\s?[-./월]\s?(?P<d>\d{1,2})(?!\d)\s?[.일]?"
_DATE = re.compile(rf"(?<![\d.]){_DAY}")
_TIME = (
    r"(?:[T\s]*(?:\(?[월화수목금토일](?:요일)?\)?)?\s*"
    r"(?:오전|오후|AM|PM)?\s*\d{1,2}(?::|시\s?)\d{2}(?::\d{2})?분?(?:\s*KST)?)?"
)
_DATE_LABEL = (
    r"(?:기사)?(?:입력|등록|승인|발행|게재|송고|작성|수정|최종|업데이트|일시|시간|날짜|Posted|Published|Updated|Date)"
)
_CHANGED = re.compile(r"(?:수정|업데이트|Updated)\W*$")
_RIGHTS_NAME = re.compile(
    r"(?:저작권자|copyrights?)\s*(?:\(c\)|[(（]?[ⓒ©][)）]?)?[\s:=-]*(?P<a>[^\s<>\[\],.|][^<>\[\],.|&]{0,30})|[ⓒ©]\s*(?P<b>[^\s<>\[\],.|][^<>\[\],.|&]{0,30})",
    re.IGNORECASE,
)
_RIGHTS_REST = re.compile(
    r"\s*(?:무단|재배포|전재|all\s?rights|reserved|AI\s?학습|기사|본|저작권|\d{4}).*$", re.IGNORECASE
)
_PORTAL_MAIL = frozenset(
    {"gmail.com", "naver.com", "daum.net", "hanmail.net", "kakao.com", "nate.com", "outlook.com", "hotmail.com"}
)
_OUTLETS = {
    "aitimes.com": "AI타임스",
    "asiae.co.kr": "아시아경제",
    "bloter.net": "블로터",
    "chosun.com": "조선일보",
    "chosunbiz.com": "조선비즈",
    "ddaily.co.kr": "디지털데일리",
    "donga.com": "동아일보",
    "edaily.co.kr": "이데일리",
    "etnews.com": "전자신문",
    "fnnews.com": "파이낸셜뉴스",
    "hani.co.kr": "한겨레",
    "hankyung.com": "한국경제",
    "heraldcorp.com": "헤럴드경제",
    "joongang.co.kr": "중앙일보",
    "khan.kr": "경향신문",
    "kyunghyang.com": "경향신문",
    "mk.co.kr": "매일경제",
    "mt.co.kr": "머니투데이",
    "news1.kr": "뉴스1",
    "newsis.com": "뉴시스",
    "newspim.com": "뉴스핌",
    "sedaily.com": "서울경제",
    "yna.co.kr": "연합뉴스",
    "zdnet.co.kr": "지디넷코리아",
}
_EDGE_LINES = 12
_LONGEST_CREDIT = 500


@dataclass(frozen=True, slots=True)
class Byline:
    """What the article's own lines say of its origin; None for what they do not say."""

    publisher: str | None = None
    author: str | None = None
    published: date | None = None


def find_byline(text: str, zone: tzinfo = SEOUL) -> Byline:
    """Read the byline, date and rights lines among the first and last lines of `text`.

    A publisher comes from the byline, else the rights line, else the e-mail address's host; the day is that of `zone`.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    edges = lines if len(lines) <= 2 * _EDGE_LINES else lines[:_EDGE_LINES] + lines[-_EDGE_LINES:]
    credits_ = [line.strip("| ") for line in edges if not PHOTO_TAIL.search(line) or is_date_line(line)]
    prefixes = [(line, match) for line in credits_ if (match := BYLINE_PREFIX.match(line))]
    bylines = [line for line in credits_ if is_byline_line(line)]
    rights = [line for line in credits_ if is_rights_line(line)]
    publisher = (
        _first(_publisher_of_prefix(match) for _, match in prefixes)
        or _first(_publisher_of_rights(line) for line in rights)
        or _first(_publisher_of_mail(line) for line in bylines)
    )
    author = _first(author_of(line[: match.end()]) for line, match in prefixes) or _first(map(author_of, bylines))
    return Byline(publisher, author, _published((line for line in lines[:_EDGE_LINES] if is_date_line(line)), zone))


def author_of(credit: str) -> str | None:
    """The reporter's name in a credit such as `김하늘 기자 sky@hanbit.example`; several names joined by a comma."""
    match = _PERSON.search(credit) or _LABELLED.match(credit)
    if not match:
        return None
    return ", ".join(name for name in re.split(r"\s?[·,/]\s?|(?<=[가-힣])\s", match[match.lastindex or 0]) if name)


def clean_author(author: str | None) -> str | None:
    """An author as metadata gives it, without labels: `글·사진 김하늘 기자` is 김하늘, `기자` nobody."""
    bare = re.sub(rf"^(?:{_LABEL}(?![가-힣])\s?[=:|]?\s*)+|\s?{_ROLE}$", "", (author or "").strip()).strip(" ,;·/|")
    return (
        None if re.fullmatch(rf"(?:{_LABEL}|{_ROLE}|admin(?:istrator)?|관리자|운영자)?", bare, re.IGNORECASE) else bare
    )


def is_byline_line(line: str) -> bool:
    """True for a line that only credits: reporter lines, e-mail lines, date lines."""
    if len(line) > 100 or re.search(r"[다요죠까]\.(?:\s|$)|[a-z]\.$", EMAIL.sub(" ", line)):
        return False
    if is_date_line(line):
        return True
    if not (EMAIL.search(line) or _PERSON.search(line) or _LABELLED_LINE.match(line)):
        return False
    rest = _PERSON.sub(" ", EMAIL.sub(" ", line))
    rest = re.sub(rf"[\W_]+|구독|TALK|응원|기자페이지|다른기사|By|{_TASK}(?:기자)?", " ", rest)
    return len(rest.split()) <= 3 and len(rest.strip()) <= 24


def is_date_line(line: str) -> bool:
    """True for a line that says when an article went out, and perhaps who wrote it, and nothing else."""
    if not _DATE.search(line) or len(line) > 140:
        return False
    rest = re.sub(rf"(?<![\d.]){_DAY}{_TIME}", " ", line)
    rest = _PERSON.sub(" ", EMAIL.sub(" ", rest))
    rest = re.sub(rf"{_DATE_LABEL}(?:\s?(?:일시|시간|일))?|\d{{1,2}}:\d{{2}}|[\W_]+", " ", rest)
    return len(rest.strip()) <= 12


def is_rights_line(line: str) -> bool:
    """True for lines such as `저작권자 © ... 무단전재 및 재배포 금지`."""
    return len(line) <= _LONGEST_CREDIT and bool(
        re.match(r"\W*(?:저작권자?\s?[ⓒ©(（:=-]|copyrights?\W*(?:[ⓒ©]|\(c\)|\d{4}|by\b)|ⓒ|©)", line, re.IGNORECASE)
        or re.search(
            r"무단\s?(?:전재|복제|배포).{0,30}(?:금지|금합니다|불허)(?:합니다|됩니다|한다)?[\W\d]*$",
            line,
        )
        or re.search(
            r"(?:AI|인공지능)\s?학습.{0,12}(?:이용|활용|금지).{0,10}금지[\W]*$|all rights reserved", line, re.IGNORECASE
        )
        or re.search(r"(?:기사|글|콘텐츠|게시물|사이트)\S*\s.{0,10}저작권은.{0,40}(?:있습니다|있음|귀속)", line)
    )


def _publisher_of_prefix(match: re.Match[str]) -> str | None:
    credit = match["credit"]
    if credit is None:
        return None
    left, equals, right = (part.strip() for part in credit.partition("="))
    if not equals:
        # `[단독]`-like labels never get here: the bracket holds a reporter, an outlet's name or a role such as `[앵커]`
        if re.fullmatch(rf"(?:{_LABEL}|{_ROLE})", left):
            return None
        return re.sub(rf"\s*(?:{_NAMES})\s?{_ROLE}$", "", left).strip() or None
    # mostly `place=outlet`; the other way round where the right side is a reporter, or only the left an outlet's name
    named = re.search(_OUTLET_END + "$", left) and not re.search(_OUTLET_END + "$", right)
    return left if named or re.search(_ROLE, right) else right or None


def _publisher_of_rights(line: str) -> str | None:
    for match in _RIGHTS_NAME.finditer(line):
        name = _RIGHTS_REST.sub("", match["a"] or match["b"]).strip(" -·:()")
        if name and not re.fullmatch(r"[\d\W]+", name):
            return name
    return None


def _publisher_of_mail(line: str) -> str | None:
    match = EMAIL.search(line)
    if not match:
        return None
    before = line[: match.start()].strip(" (<[|/=")
    if before and not re.search(_ROLE, before) and re.search(_OUTLET_END + "$", before):
        return before
    host = match[0].rpartition("@")[2].lower()
    known = next((name for domain, name in _OUTLETS.items() if host == domain or host.endswith("." + domain)), None)
    return known or (None if host in _PORTAL_MAIL else host)


def _published(date_lines: Iterable[str], zone: tzinfo) -> date | None:
    changed = None
    for line in date_lines:
        for match in _DATE.finditer(line):
            try:
                day = in_zone(date(int(match["y"]), int(match["m"]), int(match["d"])), line[match.end() :], zone)
            except ValueError:
                continue
            if not _CHANGED.search(line[: match.start()]):
                return day
            changed = changed or day
    return changed


def _first(found: Iterable[str | None]) -> str | None:
    return next((value for value in found if value), None)
