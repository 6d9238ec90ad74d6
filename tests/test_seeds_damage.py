"""Files with a few damaged bytes: read, and told with the place of each. Places are those that the test damaged."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeds.decode import decode, decode_damaged
from seeds.errors import ArticleFileError
from seeds.loaders import load_bytes
from seeds.notice import Notice

TEXT = (
    "솔마루시는 지난 4일 “언덕길 버스 17대를 새로 들인다”고 알렸다.\n"
    "버스값은 모두 63억 원이며 절반은 도가 댄다. The first bus runs in May.\n"
    "정류장 28곳에는 바람막이를 세우고, 배차 간격은 12분으로 줄인다.\n"
)
ENCODINGS = ["utf-8", "utf-8-sig", "cp949", "euc-kr"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.jsonl"])
def test_one_impossible_byte_is_told_with_its_place(name: str, encoding: str) -> None:
    wrapped = {
        "a.html": f"<html><body><p>{TEXT}</p></body></html>",
        "a.jsonl": '{"text": "' + TEXT.replace("\n", "\\n") + '"}\n',
    }.get(name, TEXT)
    data = bytearray(wrapped.encode(encoding))
    place = data.index("63억".encode(encoding.removesuffix("-sig")))
    data[place:place] = b"\xff"
    told: list[Notice] = []
    [article] = load_bytes(name, bytes(data), tell=told.append)
    assert "\ufffd63억" in article.text
    [notice] = told
    for message in (notice.en, notice.ko):
        assert str(place) in message
        assert name in message
        assert "\n" not in message


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("word", ["솔마루시", "버스값", "배차"])
@pytest.mark.parametrize("half", [0, 1])
def test_a_damaged_half_of_a_character_leaves_its_neighbours_whole(encoding: str, word: str, half: int) -> None:
    data = bytearray(TEXT.encode(encoding))
    place = data.index(word.encode(encoding.removesuffix("-sig"))) + half
    data[place] = 0xFF
    decoded = decode_damaged("a.txt", bytes(data))
    assert decoded.text == TEXT.replace(word, "\ufffd" + word[1:], 1)
    assert decoded.bad == (place,)


@pytest.mark.parametrize("cut", range(8))
def test_a_lost_byte_of_cp949_costs_one_word_at_most(cut: int) -> None:
    data = bytearray(TEXT.encode("cp949"))
    place = data.index("바람막이".encode("cp949")) + cut
    del data[place]
    decoded = decode_damaged("a.txt", bytes(data))
    assert decoded.text.count("\ufffd") == 1
    different = [right for read, right in zip(decoded.text.split(), TEXT.split(), strict=True) if read != right]
    assert different == ["바람막이를"]
    assert abs(decoded.bad[0] - place) <= 8


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_half_a_surrogate_pair_and_half_a_character_of_utf_16(encoding: str) -> None:
    data = TEXT.encode(encoding)
    alone = b"\xd8\x00" if encoding.endswith("be") else b"\x00\xd8"
    decoded = decode_damaged("a.txt", data + alone)
    assert (decoded.text, decoded.bad) == (TEXT + "\ufffd", (len(data),))
    assert decode_damaged("a.txt", data + b"\x20").bad == (len(data),)


def test_a_changed_byte_of_utf_16_that_makes_a_rare_character_is_told() -> None:
    data = bytearray(TEXT.encode("utf-16"))
    place = data.index("정류장".encode("utf-16-le"))
    data[place] = 0x17
    assert len(data[place : place + 2].decode("utf-16-le").encode("euc_kr")) > 2  # spelled out: KS X 1001 has it not
    decoded = decode_damaged("a.txt", bytes(data))
    assert decoded.doubtful == (place,)
    assert str(place) in decoded.notices("a.txt")[0].ko


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_decomposed_text_is_korean_too(encoding: str) -> None:
    decomposed = unicodedata.normalize("NFD", TEXT)
    assert load_bytes("a.txt", decomposed.encode(encoding))[0].text == TEXT
    if encoding == "utf-8":
        data = bytearray(decomposed.encode())
        data[300] = 0xFF
        assert decode_damaged("a.txt", bytes(data)).bad == (300,)


def test_stray_controls_are_told_and_a_nul_does_not_make_text_binary() -> None:
    data = TEXT.encode()
    place = data.index("모두".encode())
    for control in (b"\x00", b"\x03", b"\x1a"):
        told: list[Notice] = []
        [article] = load_bytes("a.txt", data[:place] + control + data[place:], tell=told.append)
        assert "버스값은  모두" in article.text
        assert str(place) in told[0].en


def test_undamaged_text_says_nothing() -> None:
    for encoding in (*ENCODINGS, "utf-16", "utf-16-le", "utf-16-be"):
        told: list[Notice] = []
        assert load_bytes("a.txt", TEXT.encode(encoding), tell=told.append)[0].text == TEXT
        assert told == []


def test_strict_decoding_names_encoding_and_place() -> None:
    with pytest.raises(ArticleFileError, match=r"CP949.*byte 0\b") as caught:
        decode("questions.txt", b"\xff" + TEXT.encode("cp949"))
    assert "CP949" in caught.value.ko


@pytest.mark.parametrize("data", [bytes(range(256)) * 4, b"\x89PNG\r\n\x1a\n" + bytes(range(200, 256)) * 9])
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(ArticleFileError):
        decode_damaged("a.txt", data)


@given(
    st.sampled_from(["utf-8", "cp949", "euc-kr", "nfd"]),
    st.lists(st.integers(0, 10_000), min_size=0, max_size=9, unique=True),
)
def test_five_impossible_bytes_in_a_thousand_are_each_told(encoding: str, drawn: list[int]) -> None:
    text = TEXT * 10
    whole = unicodedata.normalize("NFD", text).encode() if encoding == "nfd" else text.encode(encoding)
    data = bytearray(whole)
    places = {place % len(data) for place in drawn}
    for place in places:
        data[place] = 0xFF
    decoded = decode_damaged("a.txt", bytes(data))
    near = {told + off for told in decoded.bad for off in range(-3, 4)}
    assert places <= near
    if not places:
        assert decoded.text == whole.decode("utf-8" if encoding == "nfd" else encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16-le"])
def test_long_files_are_read_in_pieces_that_cut_no_character(encoding: str) -> None:
    text = "가" + TEXT * 400
    data = text.encode(encoding)
    assert decode_damaged("a.txt", data).text == text
    if encoding != "utf-16-le":
        place = len(text[:-9].encode(encoding))
        damaged = decode_damaged("a.txt", data[:place] + b"\xff" + data[place:])
        assert (damaged.bad, damaged.text.replace("\ufffd", "")) == ((place,), text)
