"""Bytes of unknown encoding to clean text: UTF-8, UTF-16 and CP949 (EUC-KR) first, then whatever is detected."""

from __future__ import annotations

import re
import unicodedata

from charset_normalizer import from_bytes

from seeds.errors import ArticleFileError

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_CONTROLS_SPARED = 1000
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
_LIST_OR_CREDIT = re.compile(r"^\s*(?:[-–—·•▲△▶■◆◇□○●*|#>※ⓒ©]|\d{1,2}[.)]\s|[\[(【<])")


def decode(name: str, data: bytes) -> str:
    """Text of `data`, without its byte-order mark.

    Raises ArticleFileError if it is empty, binary, or in no encoding that gives readable text.
    """
    if not data.strip():
        raise ArticleFileError(
            f"{name} is empty. Check the file and add it again.",
            f"{name}: 빈 파일입니다. 파일을 확인하고 다시 추가해 주세요.",
        )
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _checked(name, _try(data[len(mark) :], encoding))
    if (text := _try(data, "utf-8")) is not None and "\x00" not in text:
        return _checked(name, text)
    candidates = [text for e in ("cp949", "utf-16-le", "utf-16-be") if (text := _try(data, e)) is not None]
    best = max(candidates, key=_korean_share, default="")
    if _korean_share(best) >= _PLAUSIBLE and not _CONTROL.search(best):
        return _checked(name, best)
    if _is_damaged_utf8(data):
        raise ArticleFileError(
            f"{name} is UTF-8 text with damaged bytes. Save it again as UTF-8.",
            f"{name}: 일부가 손상된 UTF-8 파일입니다. UTF-8로 다시 저장해 주세요.",
        )
    detected = None if b"\x00" in data else from_bytes(data, cp_isolation=_OTHERS).best()
    return _checked(name, str(detected) if detected is not None else None)


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


def unwrap(text: str, *, within_words: bool = False) -> str:
    """Join lines that break within a sentence (PDF, mail, copied pages), so that no sentence holds a line break.

    A break is one if the line ends in a particle, a connective or a comma; or, in a text of fixed width, if the next
    word would not have fitted. Each joined "\\n" becomes " ", so offsets stay. With `within_words` (PDF), where other
    lines end in a space, one that does not was broken within a word, and its "\\n" goes.
    """
    lines = text.split("\n")
    unfinished = [i for i in range(len(lines) - 1) if _is_unfinished(lines[i], lines[i + 1])]
    wrapped = _wrapped_at_width(lines, unfinished)
    joined = wrapped | {i for i in unfinished if len(lines[i].strip()) >= 20 and _GOES_ON.search(lines[i].rstrip())}
    spaced = within_words and any(lines[i].endswith(" ") for i in wrapped)
    return "".join(
        line + ("" if i == len(lines) - 1 else "\n" if i not in joined else "" if spaced else " ")
        for i, line in enumerate(lines)
    )


def _wrapped_at_width(lines: list[str], unfinished: list[int]) -> set[int]:
    """The lines broken for want of room, where most unfinished lines are; else none."""
    if max(map(len, lines)) > _WRAP_LIMIT:
        return set()
    width = max(map(_width, lines))
    wrapped = {i for i in unfinished if _is_full(lines[i], lines[i + 1], width)}
    many = len(wrapped) >= 3 and len(wrapped) >= 0.6 * len(unfinished)
    return wrapped if many and _WRAP_LIMIT_LOW <= width <= _WRAP_LIMIT else set()


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _checked(name: str, text: str | None) -> str:
    if text is None or "\x00" in text or len(_CONTROL.findall(text)) * _CONTROLS_SPARED > len(text):
        raise ArticleFileError(
            f"{name} is not readable text. Add .txt, .md, .html, .pdf, .docx or .jsonl, text saved as UTF-8.",
            f"{name}: 읽을 수 있는 텍스트가 아닙니다. .txt .md .html .pdf .docx .jsonl 파일을 UTF-8로 저장해 주세요.",
        )
    return text


def _korean_share(text: str) -> float:
    """Share of the non-ASCII characters that everyday Korean text has: those of KS X 1001, which EUC-KR encodes.

    Bytes of another encoding read as CP949 or UTF-16 give the rare syllables and ideographs outside it.
    """
    others = [c for c in text[:_SAMPLE] if ord(c) > 127]
    if not others:
        return float(bool(text) and not _CONTROL.search(text))
    return sum(_is_common(c) for c in others) / len(others)


def _is_common(character: str) -> bool:
    if not ("\uac00" <= character <= "\ud7a3" or unicodedata.category(character)[0] in "PSZ"):
        # hanja and kana do occur, but bytes misread give them in plenty
        return False
    try:
        character.encode("euc_kr")
    except UnicodeEncodeError:
        return False
    return True


def _is_damaged_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    hangul = sum("\uac00" <= c <= "\ud7a3" for c in text)
    return hangul > 4 * wrong


def _width(line: str) -> int:
    """Columns on a fixed-width screen: Hangul and ideographs take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line.rstrip())


def _is_unfinished(line: str, following: str) -> bool:
    bare = line.rstrip(" \"'”’)]」』")
    return bool(bare and following.strip()) and bare[-1] not in ".!?…:" and not _LIST_OR_CREDIT.match(following)


def _is_full(line: str, following: str, width: int) -> bool:
    word = re.match(r"\s*\S+", following)
    return _width(line) + (1 + _width(word[0].strip()) if word else 0) > width
