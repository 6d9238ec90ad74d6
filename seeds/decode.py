"""Bytes of unknown encoding to clean text: UTF-8, UTF-16 and CP949 (EUC-KR) first, then whatever is detected."""

from __future__ import annotations

import re
import unicodedata
from codecs import decode as decode_buffer
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from charset_normalizer import from_bytes

from seeds.errors import ArticleFileError
from seeds.notice import Notice

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SHOWN = {"utf-8": "UTF-8", "cp949": "CP949 (EUC-KR)", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_REPLACEMENT = "\ufffd"
_BAD_SHARE = 0.02
# Another encoding: what else gives so much damage at the very beginning?
_HOPELESS = 0.1
_MANY = 64
_WINDOW = 16_384
_LONGEST_CHARACTER = 4
_LONGEST_RUN = 512
_PLACES_SHOWN = 10
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NEWLINES = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# What else a collection of Korean and English news may hold; among all encodings the guess is often a near relative.
_OTHERS = ["cp1252", "johab", "cp932", "gb18030", "big5"]
_PLAUSIBLE = 0.7
_SAMPLE = 50_000
_WRAP_LIMIT = 140
_WRAP_LIMIT_LOW = 24
# Korean subheads end in a noun; of the nouns that end like a particle, the common ones are spared.
_GOES_ON = re.compile(
    r"(?:,|는|를|[된될]|에서?|에게|으로|와|[하이으]며|하[고여]|면서|지만|위해|따라|통해|대해|\s및"
    r"|(?<![마가노])을|(?<![금])은|(?<![회논합결문주협정동강의심명])의|(?<![도통경진항선활회])로|(?<![효결성통사초경학])과)$"
)
# `1천` and `500명`, `2,` and `000`, `20` and `일`: what breaks only where a number does
_NUMBER_BEGUN = re.compile(r"\d[만천백억조,]$")
_DECIMAL = re.compile(r"(?<![\d.])\d{1,3}\.$"), re.compile(r"\d{1,2}\s?(?:%|퍼센트|[만억조배도점]|[㎀-㏿]|[ckm]?m\b)")
_COUNTED = re.compile(
    r"(?:여\s?)?(?:[만천백억조]|[원명개대일월년곳건채t%]|㎞|㎡|시간|달러|퍼센트|가구)(?:이?[나다며]|[은는이가을를의에로,.\s\d]|$)"
)
_LIST_OR_CREDIT = re.compile(r"^\s*(?:[-–—·•▲△▶■◆◇□○●*|#>※ⓒ©]|\d{1,2}[.)]\s|[\[(【<])")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of some bytes, without the byte-order mark. Places are in bytes from 0.

    `bad` are those of what is no text in that encoding (U+FFFD in `text`) and of control characters; `doubtful`, in
    UTF-16, those of characters that Korean text hardly has, which stay.
    """

    text: str
    encoding: str
    bad: tuple[int, ...] = ()
    doubtful: tuple[int, ...] = ()

    def notices(self, name: str) -> tuple[Notice, ...]:
        found: list[Notice] = []
        if self.bad:
            count, places = len(self.bad), _listed(self.bad)
            found.append(
                Notice(
                    f"{name} is {self.encoding} text; {count} damaged character(s) are {_REPLACEMENT} or a space now, "
                    f"at byte {places} (counted from 0).",
                    f"{name}: {self.encoding} 글자 {count}개가 손상되어 {_REPLACEMENT} 또는 빈칸으로 바꿨습니다"
                    f"(0부터 센 바이트 위치 {places}).",
                )
            )
        if self.doubtful:
            count, places = len(self.doubtful), _listed(self.doubtful)
            found.append(
                Notice(
                    f"{name} is {self.encoding} text; {count} character(s) are unusual and may be damaged, "
                    f"at byte {places} (counted from 0).",
                    f"{name}: {self.encoding} 글자 {count}개가 드문 글자라 손상되었을 수 있습니다"
                    f"(0부터 센 바이트 위치 {places}).",
                )
            )
        return tuple(found)


def _listed(places: Sequence[int]) -> str:
    return ", ".join(map(str, places[:_PLACES_SHOWN])) + (" …" if len(places) > _PLACES_SHOWN else "")


def decode(name: str, data: bytes) -> str:
    """Text of `data`. Raises ArticleFileError as `decode_damaged` does, and for a single damaged byte."""
    decoded = decode_damaged(name, data)
    if decoded.bad:
        notice = decoded.notices(name)[0]
        raise ArticleFileError(f"{notice.en} Save it again as UTF-8.", f"{notice.ko} UTF-8로 다시 저장해 주세요.")
    return decoded.text


def decode_damaged(name: str, data: bytes) -> Decoded:
    """Text of `data`, in which up to two bytes in a hundred may be damaged.

    Raises ArticleFileError if it is empty, binary, or in no encoding that gives readable text.
    """
    if not data.strip():
        raise ArticleFileError(
            f"{name} is empty. Check the file and add it again.",
            f"{name}: 빈 파일입니다. 파일을 확인하고 다시 추가해 주세요.",
        )
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _readable(name, _read_as(data, encoding, len(mark)))
    utf8 = _read_as(data, "utf-8")
    if utf8 is not None and _REPLACEMENT not in utf8.text:
        return utf8
    candidates = [read for e in ("cp949", "utf-16-le", "utf-16-be") if (read := _read_as(data, e)) is not None]
    best = max([utf8, *candidates] if utf8 else candidates, key=_likelihood, default=None)
    if best is not None and _korean_share(best.text) >= _PLAUSIBLE:
        return best
    detected = None if b"\x00" in data else from_bytes(data, cp_isolation=_OTHERS).best()
    if detected is not None and not _CONTROL.search(str(detected)):
        return Decoded(str(detected), detected.encoding)
    return _readable(name, utf8)


def normalise(name: str, text: str) -> str:
    """NFC with "\\n" newlines; control characters, which a terminal would obey, become spaces.

    Raises ArticleFileError on lone surrogates, which nothing can store.
    """
    if re.search(r"[\ud800-\udfff]", text):
        raise ArticleFileError(
            f"{name} holds broken characters (half of a surrogate pair). Save it again as UTF-8.",
            f"{name}: 깨진 문자가 들어 있습니다. UTF-8로 다시 저장해 주세요.",
        )
    return _CONTROL.sub(" ", unicodedata.normalize("NFC", _NEWLINES.sub("\n", text))).removeprefix("\ufeff")


def unwrap(text: str) -> str:
    """Join lines that break within a sentence (mail, copied pages), so that no sentence holds a line break.

    A break is one if the line ends in a particle, a connective or a comma; or, in a text of fixed width, if the next
    word would not have fitted. Each joined "\\n" becomes " ", so offsets stay.
    """
    lines = text.split("\n")
    unfinished = [i for i in range(len(lines) - 1) if is_unfinished(lines[i], lines[i + 1])]
    wrapped = _wrapped_at_width(lines, unfinished)
    joined = wrapped | {
        i
        for i in unfinished
        if len(lines[i].strip()) >= 20 and (goes_on(lines[i]) or breaks_number(lines[i], lines[i + 1]))
    }
    return "".join(line + ("" if i == len(lines) - 1 else " " if i in joined else "\n") for i, line in enumerate(lines))


def goes_on(line: str) -> bool:
    """True if a line ends in a particle or a connective, behind which no Korean sentence ends."""
    return bool(_GOES_ON.search(line.rstrip()))


def breaks_number(line: str, following: str) -> bool:
    """True if a number, or a number and what it counts, stands on both lines."""
    line, following = line.rstrip(), following.lstrip()
    if following[:1].isdigit():
        decimal = _DECIMAL[0].search(line) and _DECIMAL[1].match(following)
        return bool(decimal or (_NUMBER_BEGUN.search(line) and not re.match(r"\d{1,2}[.)](?:\s|$)", following)))
    return bool(re.search(r"\d[만천백억조]*$", line) and _COUNTED.match(following))


def _wrapped_at_width(lines: list[str], unfinished: list[int]) -> set[int]:
    """The lines broken for want of room, where most unfinished lines are; else none."""
    if max(map(len, lines)) > _WRAP_LIMIT:
        return set()
    width = max(map(text_width, lines))
    wrapped = {i for i in unfinished if _is_full(lines[i], lines[i + 1], width)}
    many = len(wrapped) >= 3 and len(wrapped) >= 0.6 * len(unfinished)
    return wrapped if many and _WRAP_LIMIT_LOW <= width <= _WRAP_LIMIT else set()


@dataclass(frozen=True, slots=True)
class _Gap:
    """Bytes that are no text: `start` to `end`; the one that is wrong stands at `place`."""

    start: int
    end: int
    place: int


def _read_as(data: bytes, encoding: str, start: int = 0) -> Decoded | None:
    """`data` from `start` on in that encoding, what is damaged replaced; None if that is too much."""
    limit = max(1, int(_BAD_SHARE * len(data)))
    view = memoryview(data)
    parts: list[str] = []
    bad: list[int] = []
    first = start
    while start < len(data) and len(bad) <= limit:
        text, gap, stop = _up_to_damage(view, encoding, start)
        no_text = _no_text(text, encoding)
        counted = 0
        for match in no_text.finditer(text):
            start += len(text[counted : match.start()].encode(encoding))
            counted = match.start()
            bad.append(start)
            if len(bad) > limit:
                return None
        parts.append(no_text.sub(lambda match: match[0] if match[0] < "\xa0" else _REPLACEMENT, text))
        if gap and (text or not bad or gap.start > bad[-1]):  # else more bytes of the same damaged character
            bad.append(gap.place)
            parts.append(_REPLACEMENT)
        start = stop
        if len(bad) > max(_MANY, _HOPELESS * start):
            return None
    if len(bad) > limit:
        return None
    whole = "".join(parts)
    doubtful = tuple(_doubtful(whole, first)) if encoding.startswith("utf-16") else ()
    return Decoded(whole, _SHOWN[encoding], tuple(bad), doubtful)


def _up_to_damage(view: memoryview, encoding: str, start: int) -> tuple[str, _Gap | None, int]:
    """Some text from `start` on, the damaged bytes where it breaks off, if it does, and where to go on.

    Python copies what it is given to decode for each error that it raises, so that is a little at a time.
    """
    window = view[start : start + _WINDOW]
    try:
        return decode_buffer(window, encoding), None, start + len(window)
    except UnicodeDecodeError as error:
        at, end = start + error.start, start + error.end
        cut = len(window) - error.start < _LONGEST_CHARACTER and start + len(window) < len(view)
        if cut and error.start > 0:
            return decode_buffer(window[: error.start], encoding), None, at
        if encoding == "cp949":
            gap = _gap_in_cp949(view, start, at)
        elif encoding == "utf-8":
            place = end if error.reason == "invalid continuation byte" else at
            while end < len(view) and view[end] & 0xC0 == 0x80:
                end += 1
            gap = _Gap(at, end, place)
        else:
            gap = _Gap(at, end, at)
    return decode_buffer(view[start : gap.start], encoding), gap, gap.end


def _gap_in_cp949(view: memoryview, start: int, at: int) -> _Gap:
    """The damaged bytes at or before `at`, where decoding from `start` on failed.

    Two bytes make a character. In a run of bytes beyond ASCII that has an odd number of them, one is too many or its
    other half is lost, and it need not be the last: it is the one without which the others make most common syllables.
    """
    first, end = at, at
    while first > start and view[first - 1] > 127 and at - first < _LONGEST_RUN:
        first -= 1
    while end < len(view) and view[end] > 127 and end - at < _LONGEST_RUN:
        end += 1
    if (end - first) % 2 == 0:
        return _Gap(at, at + 2, at + (0x81 <= view[at] <= 0xFE))
    before = [0, *accumulate(_is_syllable(view, i) for i in range(first, at - 1, 2))]
    after = [0, *accumulate(_is_syllable(view, i) for i in range(end - 2, first, -2))]
    scores = [(before[i] + after[(end - first) // 2 - i], first + 2 * i) for i in range(len(before))]
    place = max(scores)[1]
    return _Gap(place, place + 1, place)


def _is_syllable(view: memoryview, at: int) -> bool:
    """True for the two bytes of a Hangul syllable of KS X 1001."""
    return 0xB0 <= view[at] <= 0xC8 and 0xA1 <= view[at + 1] <= 0xFE


def _no_text(text: str, encoding: str) -> re.Pattern[str]:
    """Control characters; in UTF-16, where nearly any two bytes are some character, those that do not exist too."""
    missing = {c for c in set(text) if unicodedata.category(c) == "Cn"} if encoding.startswith("utf-16") else None
    return re.compile(f"{_CONTROL.pattern}|[{re.escape(''.join(sorted(missing)))}]") if missing else _CONTROL


def _doubtful(text: str, start: int) -> Iterator[int]:
    """Places of characters of UTF-16 that EUC-KR, made for Korean text, does not have.

    Another byte in place of a right one makes another character, seldom one of these few thousand.
    """
    if _korean_share(text) < _PLAUSIBLE:
        return
    # two surrogates make an emoji, and conjoining jamo a syllable: neither comes of one wrong byte
    rare = "".join(
        c
        for c in set(text)
        if "\x7f" < c <= "\uffff" and not ("\u1100" <= c <= "\u11ff" or c == _REPLACEMENT or _in_euc_kr(c))
    )
    counted = 0
    for match in re.finditer(f"[{re.escape(rare)}]", text) if rare else ():
        start += len(text[counted : match.start()].encode("utf-16-le"))
        counted = match.start()
        yield start


def _readable(name: str, read: Decoded | None) -> Decoded:
    if read is None:
        raise ArticleFileError(
            f"{name} is not readable text. Add .txt, .md, .html, .pdf, .docx, .hwpx or .jsonl, text saved as UTF-8.",
            f"{name}: 읽을 수 없는 텍스트입니다. .txt .md .html .pdf .docx .hwpx .jsonl을 UTF-8로 저장해 주세요.",
        )
    return read


def _likelihood(read: Decoded) -> tuple[float, int]:
    return _korean_share(read.text), -len(read.bad)


def _korean_share(text: str) -> float:
    """Share of the non-ASCII characters that everyday Korean text has: those of KS X 1001, which EUC-KR encodes.

    Bytes of another encoding read as CP949 or UTF-16 give the rare syllables and ideographs outside it.
    """
    others = [c for c in unicodedata.normalize("NFC", text[:_SAMPLE]) if ord(c) > 127]
    if not others:
        return float(bool(text) and not _CONTROL.search(text))
    return sum(_is_common(c) for c in others) / len(others)


def _is_common(character: str) -> bool:
    if not ("\uac00" <= character <= "\ud7a3" or unicodedata.category(character)[0] in "PSZ"):
        # hanja and kana do occur, but bytes misread give them in plenty
        return False
    return _in_euc_kr(character)


def _in_euc_kr(character: str) -> bool:
    try:
        return len(character.encode("euc_kr")) <= 2  # Python spells syllables that EUC-KR lacks in eight bytes
    except UnicodeEncodeError:
        return False


def text_width(line: str) -> int:
    """Columns on a fixed-width screen: Hangul and ideographs take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line.rstrip())


def is_unfinished(line: str, following: str) -> bool:
    bare = line.rstrip(" \"'”’)]」』")
    if not (bare and following.strip()) or _LIST_OR_CREDIT.match(following):
        return False
    return bare[-1] not in ".!?…:" or breaks_number(bare, following)


def _is_full(line: str, following: str, width: int) -> bool:
    word = re.match(r"\s*\S+", following)
    return text_width(line) + (1 + text_width(word[0].strip()) if word else 0) > width
