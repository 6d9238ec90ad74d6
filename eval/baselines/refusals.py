"""Whether a peer's answer says that the articles do not tell: no peer has a flag for that.

The words below are what these libraries' prompts ask for, what they return by themselves, and what the language model
was seen to write. An answer that holds one of them counts as a refusal, whatever it adds: a peer that first says it
does not know and then guesses is given the benefit of the doubt. Facts are looked for in such an answer all the same,
and one that has them all is none (`eval.bench.peer_scores`).
"""

from __future__ import annotations

import re
import unicodedata

REFUSALS_EN = (
    r"i(?: do not|'m not| am not|'m unable| am unable| don't| can't| cannot| could not| couldn't)\b.{0,20}"
    r"\b(?:know|sure|able|find|determine|answer|provide|have)",
    r"\b(?:do|does|did|is|are|was|were|has|have|had)(?: not|n't)\b.{0,40}?\b(?:mention|specif|state|provide|contain|"
    r"include|disclos|discuss|indicat|answer|address|give|available|found|report|explicit|detail|reveal|list)",
    r"\b(?:cannot|can't|can not|could not|couldn't|unable to) (?:be )?(?:answer|determin|find|found|deduc|provid|infer|"
    r"conclud)",
    r"\b(?:no|none of the|not enough|insufficient|lacks?|without) (?:\w+ ){0,3}(?:information|mention|sources?|"
    r"details?|data|answer|evidence|context|indication)",
    r"\bunknown\b",
    r"\bempty response\b",
    r"^none\.?$",
)
"""Regular expressions, over casefolded text with straight apostrophes."""
REFUSALS_KO = (
    r"알\s*수\s*(?:가\s*)?없",
    r"(?:찾|확인할|답할|답변할|제공할|판단할|말할|대답할|찾을|추론할)\s*수\s*(?:가\s*|는\s*)?없",
    r"모르(?:겠|ㅂ)|모릅니다",
    r"(?:정보|언급|내용|설명|자료|답변|근거|기록|명시|구체적인\s*\w+)(?:이|가|은|는|도|된\s*바(?:가|는)?|된\s*것은|에\s*대한\s*\w+(?:이|가|은|는))?"
    r"\s*(?:포함되어\s*있지\s*않|제공되지\s*않|나와\s*있지\s*않|없|부족)",
    r"(?:언급|명시|제시|기재|설명|포함|공개|제공|제시|기술|나타나|나와|다루)(?:되|하|되어|하고|되고)?\s*(?:있지|지)\s*(?:는\s*)?않",
    r"(?:답|답변)(?:을|를)?\s*드릴\s*수\s*없",
)
_ANY = re.compile("|".join((*REFUSALS_EN, *REFUSALS_KO)), re.DOTALL | re.MULTILINE)


def refuses(text: str) -> bool:
    """Whether an answer says that it cannot be told; an empty one says so too."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").strip()
    return not plain or _ANY.search(plain) is not None
