"""Matplotlib figures as SVG that belongs to a page: its colours follow the page's, its words the language shown.

Matplotlib draws keys in the place of words, and these are exchanged for the words afterwards, escaped, in both
languages. So Hangul needs no font here, and no text of an article or a question is ever read as markup or mathematics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from markupsafe import Markup

from eval.errors import MissingExtraError
from eval.html_words import Said

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


COLOURS = {
    "ink": "#010101",
    "soft": "#020202",
    "line": "#030303",
    "surface": "#040404",
    "good": "#050505",
    "bad": "#060606",
    **{f"series-{number}": f"#0707{number:02x}" for number in range(1, 7)},
}
"""The page's colours (variables of its style sheet) and what stands for each while matplotlib draws."""
MARKS = ("o", "s", "^", "D", "v", "P")
FONT = 12
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_KEY = re.compile(r"@(\d+)@n*")
_STAND_IN = re.compile("|".join(COLOURS.values()))
_VARIABLES = {stand_in: f"var(--{name})" for name, stand_in in COLOURS.items()}
_FONT_FAMILY = re.compile(r"font-family:[^;]*;\s*")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


class Picture:
    """One figure, `width` by `height` units (pixels at full size). `name` is unique on the page."""

    def __init__(self, name: str, figure: Figure, width: int, height: int) -> None:
        self._name = name
        self._said: list[Said] = []
        self.figure = figure
        self.width, self.height = width, height

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Plain axes, placed in units from the lower left corner: a line below, light lines across."""
        box = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(box)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(COLOURS["line"])
        axes.tick_params(length=0, labelsize=FONT, labelcolor=COLOURS["soft"], pad=6)
        axes.set_axisbelow(True)
        return axes

    def word(self, said: Said | str) -> str:
        """The key to draw in the place of words, about as wide. A plain text is the same in both languages."""
        self._said.append(said if isinstance(said, Said) else Said(said, said))
        key = f"@{len(self._said) - 1}@"
        return key.ljust(round(max(map(_width, self._said[-1]))), "n")

    def svg(self, title: Said, told: Said) -> Markup:
        """The figure as an `<svg>` element; `title` and `told` are for who cannot see it."""
        drawn = BytesIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        self.figure.savefig(drawn, format="svg", transparent=True, metadata=nothing)
        root = ElementTree.fromstring(drawn.getvalue())
        self._plain(root)
        for text in root.iter("text"):
            self._translate(text)
        children = [_element("title", title), _element("desc", told)]
        for place, child in enumerate(both for pair in children for both in pair):
            root.insert(place, child)
        root.attrib = {"viewBox": root.attrib["viewBox"], "class": "picture", "role": "img"}
        root.set("style", f"max-width: {self.width}px")
        return Markup(ElementTree.tostring(root, encoding="unicode"))

    def _plain(self, root: ElementTree.Element) -> None:
        """As a page takes it: no namespaces, no style rules for the whole page, no ids that other figures have."""
        for parent in list(root.iter()):
            for child in list(parent):
                if child.tag in (f"{_NAMESPACE}style", f"{_NAMESPACE}metadata"):
                    parent.remove(child)
        used = set(_REFERENCE.findall(ElementTree.tostring(root, encoding="unicode")))
        used |= {link.removeprefix("#") for element in root.iter() if (link := element.get(_LINK))}
        for element in root.iter():
            element.tag = element.tag.removeprefix(_NAMESPACE)
            identity = element.attrib.pop("id", None)
            if identity in used:
                element.set("id", f"{self._name}-{identity}")
            if link := element.attrib.pop(_LINK, None):
                element.set("href", f"#{self._name}-{link.removeprefix('#')}")
            if clip := element.get("clip-path"):
                element.set("clip-path", _REFERENCE.sub(rf"url(#{self._name}-\1)", clip))
            if style := element.get("style"):
                style = _FONT_FAMILY.sub("", style)
                element.set("style", _STAND_IN.sub(lambda found: _VARIABLES[found.group()], style))

    def _translate(self, text: ElementTree.Element) -> None:
        if not (found := _KEY.fullmatch(text.text or "")):
            return
        said = self._said[int(found[1])]
        if said.en == said.ko:
            text.text = said.en
            return
        text.text = None
        for language in ("en", "ko"):
            part = ElementTree.SubElement(text, "tspan", {"lang": language, "class": "w"})
            part.text = getattr(said, language)


@contextmanager
def picture(name: str, width: int, height: int) -> Iterator[Picture]:
    """A figure to draw in. Raises MissingExtraError when matplotlib is not installed."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(
            "Pictures need the package matplotlib. Install it with: pip install 'gisa-news[eval]'",
            "그림을 그리려면 matplotlib 패키지가 필요합니다. 설치하세요: pip install 'gisa-news[eval]'",
        ) from error
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.size": FONT}):
        yield Picture(name, Figure(figsize=(width / 72, height / 72), dpi=72), width, height)


def _width(text: str) -> float:
    """In letters n: Latin letters have about their width, Hangul syllables half as much again."""
    return sum(1.5 if letter > "\u1100" else 0.9 for letter in text)


def _element(tag: str, said: Said) -> list[ElementTree.Element]:
    found = []
    for language in ("en", "ko"):
        element = ElementTree.Element(tag, {"lang": language, "class": "w"})
        element.text = getattr(said, language)
        found.append(element)
    return found
