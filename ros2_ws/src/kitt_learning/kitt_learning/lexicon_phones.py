"""From espeak-ng's phonetic writing to the phones of `kitt_text.phones`, and the variants that people say."""

from __future__ import annotations

import re

from kitt_text.lexicon import Phones, check_phones
from kitt_text.phones import PHONES

_MARKS = str.maketrans("", "", "ˈˌː-\u200d")
# espeak-ng switches its voice inside a word: «(en)_ɪ_n_(fr)»
_SWITCH = re.compile(r"\(([a-z-]+)\)")

_EN = {
    "əl": "ə l", "iə": "i ə", "ɑːɹ": "ɑ ɹ", "oːɹ": "ɔ ɹ", "ɔːɹ": "ɔ ɹ", "ɛɹ": "ɛ ɹ", "ʊɹ": "ʊ ɹ", "ɪɹ": "ɪ ɹ",
    "aɪɚ": "aɪ ɚ", "aɪə": "aɪ ə", "n̩": "ə n", "ʔ": "t", "ᵻ": "ɪ", "ɐ": "ə", "ɜ": "ɚ", "ɒ": "ɑ", "ɑː": "ɑ", "ɔː": "ɔ",
    "oː": "ɔ", "əʊ": "oʊ", "eə": "ɛ ə", "ʊə": "ʊ ə", "a": "æ", "x": "k", "r": "ɹ", "ɑ̃": "ɑ n", "o": "ɔ", "e": "eɪ",
}  # fmt: skip
_FR = {"œ̃": "ɛ̃", "ɑ": "a", "ɪ": "i", "r": "ʁ", "ʊ": "u", "x": "k"}
# English words as French speakers say them
_FR_FROM_EN = {
    "ɪ": "i", "ɹ": "ʁ", "eɪ": "ɛ", "ɒ": "ɔ", "θ": "s", "ð": "z", "əʊ": "o", "ʌ": "œ", "aɪ": "a j", "ɔɪ": "ɔ j",
    "h": "", "ɑ": "a", "ɜ": "œ", "ʊ": "u", "aʊ": "a w", "əl": "œ l", "iə": "i", "ɐ": "a", "eə": "ɛ", "ʊə": "u",
    "aɪə": "a j", "æ": "a", "ɔ": "ɔ", "x": "k",
}  # fmt: skip
_ES = {
    "β": "b", "ð": "d", "ɣ": "ɡ", "ʎ": "ʝ", "ɛ": "e", "eʊ": "e u", "oɪ": "ɔɪ", "ts": "t s", "dʒ": "ʝ", "h": "x",
    "ə": "e",
}  # fmt: skip
_TABLES = {"en": _EN, "fr": _FR, "es": _ES}
_VOWELS = set(PHONES[1 : PHONES.index("oʊ") + 1])  # the inventory begins with them


def convert(ipa: str, language: str) -> Phones:
    """espeak-ng's `--ipa --sep=_` of one word as our phones.

    Raises:
        KittError: a symbol that no table knows.
    """
    found: list[str] = []
    table = _TABLES[language]
    for piece in re.split(r"[_ ]+", _SWITCH.sub(r"_(\1)_", ipa.strip())):
        switch = _SWITCH.fullmatch(piece)
        if switch:
            table = _FR_FROM_EN if language == "fr" and switch.group(1) == "en" else _TABLES[language]
            continue
        bare = piece.translate(_MARKS)
        found += table.get(piece.replace("ˈ", "").replace("ˌ", ""), table.get(bare, bare)).split()
    if language == "fr":
        found = _glides(found)
    elif language == "es":
        found = _nasals(found)
    return check_phones(tuple(found), ipa)


def _glides(phones: list[str]) -> list[str]:
    """French y before a vowel is ɥ («huit», «nuage»), but for «cruel»; t ʃ is one sound in «sandwich», «coach»."""
    joined: list[str] = []
    for at, phone in enumerate(phones):
        after = phones[at + 1] if at + 1 < len(phones) else ""
        cluster = at > 1 and phones[at - 1] in ("l", "ʁ") and phones[at - 2] not in _VOWELS
        if phone == "y" and after in _VOWELS and (after == "i" or not cluster):
            joined.append("ɥ")
        elif phone == "ʃ" and joined and joined[-1] == "t":
            joined[-1] = "tʃ"
        else:
            joined.append(phone)
    return joined


def _nasals(phones: list[str]) -> list[str]:
    """Spanish n before k and ɡ is ŋ, before f it is written n; the doubled j of «silla» is ʝ."""
    text = " ".join(phones)
    for said, ours in (("n k", "ŋ k"), ("n ɡ", "ŋ ɡ"), ("m f", "n f"), ("j j", "ʝ")):
        text = re.sub(rf"(?<!\S){said}(?!\S)", ours, text)
    return text.split()


def variants(word: str, phones: Phones, language: str) -> list[Phones]:
    """Other ways in which people say a word, by rule.

    French: the mute e at the end of «quatre» is said, or the whole ending is dropped; that of «recule», «demi» is
    dropped. Spanish: the last d of «velocidad» is dropped; «y» may be weak.
    """
    found: list[Phones] = []
    if language == "fr":
        if len(phones) > 2 and phones[-1] in ("ʁ", "l") and phones[-2] not in _VOWELS and phones[-2] != phones[-1]:
            found += [(*phones, "ə"), phones[:-1]]
        open_first = len(phones) > 3 and phones[1] == "ə" and phones[3] in _VOWELS and phones[0] not in _VOWELS
        if open_first and phones[2] not in _VOWELS:
            found.append((phones[0], *phones[2:]))
    if language == "es" and len(phones) > 3 and phones[-1] == "d":
        found.append(phones[:-1])
    return found
