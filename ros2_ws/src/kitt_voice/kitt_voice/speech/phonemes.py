"""Sentences as Kokoro's phonemes, French and Spanish, from our own lexicons and letter-to-phone network.

Kokoro was trained on what espeak-ng writes: IPA with a mark before the stressed vowel. Here the phones come from
`kitt_text.lexicon`; stress follows the spelling in Spanish and falls on the last full vowel in French; liaison takes
the variant that the lexicon has for it.
"""

from __future__ import annotations

import re
import unicodedata

from kitt_inference.errors import KittError
from kitt_text.lexicon import Lexicon

LANGUAGES = ("fr", "es")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*['’]?|[.,;:!?…]")
_UN = re.compile(r"u[nm](?![aeiouyéèêâîhnm])")
_VOWELS = set("aæɑeɛiɪoɔuʊʌəɚyøœ")
_NASALS = ("m", "n", "ɲ", "ŋ")
_SOFT = {"b": "β", "d": "ð", "ɡ": "ɣ"}
_LIAISON = ("z", "t", "n")
_NO_LIAISON = frozenset((
    "onze", "onzième", "oui", "haut", "haute", "hauts", "hautes", "huit", "hasard", "huitième", "héros", "et", "ou",
))  # fmt: skip
_UNSTRESSED = {
    code: frozenset(words.split())
    for code, words in {
        "fr": (
            "le la les l un une des du de d et ou en à au aux je j tu il elle on nous vous ils elles me m te t se "
            "s ce c que qu qui ne n y est mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs sur par "
            "pour dans avec sans"
        ),
        "es": (
            "el la los las lo un una unos unas de del a al en con por para sin y e o u que mi mis tu tus su sus "
            "me te se le les nos si como"
        ),
    }.items()
}

Phones = tuple[str, ...]


def phonemes(text: str, language: str) -> str:
    """A normalised sentence as Kokoro's phonemes, with its punctuation; "" where nothing in it can be said.

    Args:
        text: words and punctuation, numbers already written out (`kitt_voice.speech.normalise`).
        language: fr or es.

    Raises:
        KittError: another language.
    """
    if language not in LANGUAGES:
        raise KittError(f"there are no phonemes of «{language}» here", f"there are {', '.join(LANGUAGES)}")
    tokens = _TOKEN.findall(unicodedata.normalize("NFC", text))
    if language == "fr":
        tokens = [part for token in tokens for part in _clitics(token)]
    variants = [_word(token, language) for token in tokens]
    words = _linked(tokens, variants) if language == "fr" else [_castilian(found) for found in variants]
    parts: list[str] = []
    before = ""
    for token, phones in zip(tokens, words, strict=True):
        if not token[0].isalpha():
            parts, before = ([*parts, token] if parts else parts), ""
            continue
        if not phones:
            continue
        said = _softened(phones, before) if language == "es" else phones
        glued = bool(parts) and parts[-1].endswith("'")
        text_of = _stressed(token, said, language)
        if glued:
            parts[-1] = parts[-1][:-1] + text_of
        else:
            parts.append((" " if parts else "") + text_of)
        if token.endswith("'"):
            parts[-1] += "'"
        before = phones[-1]
    return "".join(parts).replace("'", "").replace("tʃ", "ʧ").replace("dʒ", "ʤ").replace("ɔɪ", "oɪ")


def _clitics(token: str) -> list[str]:
    """«l'arrêt» as «l'» and «arrêt»; «quelqu'un» as «quelqu'» and «un»."""
    pieces = token.replace("’", "'").split("'")
    return [f"{piece}'" for piece in pieces[:-1] if piece] + ([pieces[-1]] if pieces[-1] else [])


def _word(token: str, language: str) -> tuple[Phones, ...]:
    """The pronunciations of a word, best first; none for what cannot be said."""
    if not token[0].isalpha():
        return ()
    lexicon = Lexicon.load(language)
    word = token.lower()
    try:
        if not word.endswith("'"):
            found = lexicon.pronounce(word)
            # our inventory has merged œ̃ with ɛ̃, Kokoro's has not
            return tuple(tuple("œ̃" if p == "ɛ̃" else p for p in v) for v in found) if _UN.search(word) else found
        stem = word[:-1]
        if stem == "c":
            return (("s",),)
        if len(stem) == 1:
            return ((("ʒ",) if stem == "j" else (stem,)),)
        return tuple(phones[:-1] if phones[-1] == "ə" else phones for phones in lexicon.pronounce(stem + "e"))
    except KittError:
        return ()


def _linked(tokens: list[str], words: list[tuple[Phones, ...]]) -> list[Phones]:
    """French: which variant of each word its neighbour asks for."""
    chosen: list[Phones] = []
    for i, variants in enumerate(words):
        if not variants:
            chosen.append(())
            continue
        follower = words[i + 1][0] if i + 1 < len(words) and words[i + 1] else ()
        vowel = bool(follower) and follower[0][0] in _VOWELS and tokens[i + 1].lower() not in _NO_LIAISON
        first, word = variants[0], tokens[i].lower()
        if word in ("six", "dix") and follower:
            wanted = [v for v in variants if (v[-1] == "z") is vowel and v[-1] != "s"]
        elif vowel and word not in _NO_LIAISON:
            wanted = [v for v in variants if v[:-1] == first and v[-1] in _LIAISON]
        else:
            wanted = []
        chosen.append(wanted[0] if wanted else first)
    return chosen


def _castilian(variants: tuple[Phones, ...]) -> Phones:
    """Spanish: «emergencia» with θ, as Kokoro's Spanish voices learnt it."""
    return next((phones for phones in variants if "θ" in phones), variants[0] if variants else ())


def _softened(phones: Phones, before: str) -> Phones:
    """Spanish: b, d, ɡ are approximants except after a pause or a nasal, d also after l."""
    said: list[str] = []
    for phone in phones:
        last = said[-1] if said else before
        hard = not last or last in _NASALS or (phone == "d" and last == "l")
        said.append(phone if hard else _SOFT.get(phone, phone))
    return tuple(said)


def _stressed(token: str, phones: Phones, language: str) -> str:
    """The phones joined, with a mark before the stressed vowel."""
    word = token.lower().strip("'")
    nuclei = [i for i, phone in enumerate(phones) if phone[0] in _VOWELS]
    if word in _UNSTRESSED[language] or token.endswith("'") or not nuclei:
        return "".join(phones)
    if language == "fr":
        full = [i for i in nuclei if phones[i] != "ə"]
        at = (full or nuclei)[-1]
    else:
        at = nuclei[-min(_from_end(word), len(nuclei))]
    return "".join(phones[:at]) + "ˈ" + "".join(phones[at:])


_NUCLEUS = re.compile(r"[iuü]?[aeoáéó][iuy](?![aeoáéóíú])|[iuü]?[aeoáéóíú]|[íú]|[iuüy]+")


def _from_end(word: str) -> int:
    """Spanish: which vowel bears the stress, counted from the word's end, 1 the last."""
    plain = re.sub(r"(?<=q)u|(?<=g)u(?=[eiéí])", "", word)
    nuclei = [match.group() for match in _NUCLEUS.finditer(plain)]
    if not nuclei:
        return 1
    for back, nucleus in enumerate(reversed(nuclei), start=1):
        if set(nucleus) & set("áéíóú"):
            return back
    return 2 if len(nuclei) > 1 and plain[-1] in "aeiouns" else 1
