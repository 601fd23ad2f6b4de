"""Misspelt words: made by a model of fingers, ear and forgotten accents; and codespell's, collected from people.

codespell's dictionary (CC BY-SA 3.0) is data for training and evaluation only; nothing of it goes onto the robot.
"""

from __future__ import annotations

import hashlib
import random
from functools import lru_cache
from pathlib import Path

from kitt_inference.errors import KittError
from kitt_text.correction_dictionary import bare

TEST, DEV = 10, 5
"""Percent of the right words whose misspellings are kept for the test, and for fitting thresholds."""

_QWERTY = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_AZERTY = ("azertyuiop", "qsdfghjklm", "wxcvbn")
_SAME_SOUND: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        ("ie", "ei"), ("a", "e"), ("e", "i"), ("o", "u"), ("er", "or", "ar"), ("ent", "ant"), ("ence", "ance"),
        ("able", "ible"), ("c", "s"), ("c", "k", "ck"), ("ph", "f"), ("tion", "sion", "cion"), ("ough", "uff", "off"),
        ("wh", "w"), ("kn", "n"), ("x", "cs", "ks"), ("qu", "kw"), ("y", "i"), ("z", "s"), ("ea", "ee"), ("ou", "ow"),
        ("j", "g"), ("le", "el", "al"), ("ly", "lly"), ("e", ""), ("igh", "ite"), ("ai", "ay", "ei"), ("oo", "u"),
        ("gh", "g"), ("sch", "sk"), ("dge", "ge"), ("tch", "ch"), ("ure", "er"), ("ful", "full"), ("un", "in"),
    ),
    "fr": (
        ("é", "er", "ez", "ée", "és", "et", "ai"), ("eau", "au", "o"), ("ph", "f"), ("qu", "k", "c"), ("ss", "c", "ç"),
        ("an", "en", "am", "em"), ("in", "ain", "ein", "im"), ("ai", "è", "ê", "ei"), ("s", ""), ("e", ""), ("t", ""),
        ("es", "e"), ("ent", "e"), ("h", ""), ("y", "i", "ll"), ("g", "j", "ge"), ("z", "s"), ("oi", "oua"),
        ("gn", "ni"), ("tion", "sion", "ssion"), ("ou", "oo"), ("eu", "œu"), ("x", "cs"), ("ment", "mant"), ("th", "t"),
        ("ch", "sh"), ("il", "ille"),
    ),
    "es": (
        ("b", "v"), ("h", ""), ("ll", "y"), ("g", "j"), ("c", "s", "z"), ("qu", "k", "c"), ("gu", "g"),
        ("x", "s", "cs"), ("n", "ñ"), ("i", "y"), ("rr", "r"), ("m", "n"), ("s", ""), ("d", ""),
        ("ción", "cion", "sión", "cción"),
        ("güe", "gue", "hue"), ("u", "ú"), ("ex", "es"), ("ps", "s"), ("bs", "s"), ("ct", "t"),
    ),
}  # fmt: skip
_ACCENTED = {"a": "áàâ", "e": "éèê", "i": "íîï", "o": "óôò", "u": "úùû", "c": "ç", "n": "ñ"}


def part_of(word: str) -> str:
    """«test», «dev» or «train»: where the misspellings of a right word belong."""
    share = int(hashlib.sha1(word.lower().encode()).hexdigest(), 16) % 100
    return "test" if share < TEST else "dev" if share < TEST + DEV else "train"


@lru_cache(maxsize=1)
def collected() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """codespell's misspellings of English words, lower case, each with the words it may stand for.

    Raises:
        KittError: codespell is not installed.
    """
    try:
        import codespell_lib
    except ImportError as error:
        raise KittError("codespell is not installed", "run ./kitt setup") from error
    file = Path(codespell_lib.__file__).parent / "data" / "dictionary.txt"
    found = []
    for line in file.read_text("utf-8").splitlines():
        wrong, _, right = line.partition("->")
        # «word, other, a reason»: behind the last comma stands why it is not mended by itself
        parts = [part.strip() for part in right.split(",")]
        words = parts[:-1] if len(parts) > 1 else parts
        plain = [word for word in words if word.replace("'", "").replace(" ", "").isalpha() and word.islower()]
        if plain and wrong.replace("'", "").isalpha():
            found.append((wrong.lower(), tuple(plain)))
    return tuple(found)


@lru_cache(maxsize=3)
def _beside(language: str) -> dict[str, str]:
    """The keys beside each key."""
    rows = _AZERTY if language == "fr" else _QWERTY
    found: dict[str, str] = {}
    for y, row in enumerate(rows):
        for x, key in enumerate(row):
            near = [(y, x - 1), (y, x + 1), (y - 1, x), (y - 1, x + 1), (y + 1, x), (y + 1, x - 1)]
            found[key] = "".join(rows[v][h] for v, h in near if 0 <= v < len(rows) and 0 <= h < len(rows[v]))
    return found


def misspell(word: str, language: str, dice: random.Random) -> str:
    """A misspelling of a lower-case word; the word itself where chance made none."""
    wrong = word
    if bare(word) != word and dice.random() < 0.55:
        wrong = _without_accents(word, dice)
        if dice.random() < 0.8:
            return wrong
    for _ in range(2 if len(word) > 5 and dice.random() < 0.2 else 1):
        wrong = dice.choices((_slip, _by_ear, _accent), (0.55, 0.35, 0.1 if language != "en" else 0.0))[0](
            wrong, language, dice
        )
    return wrong


def _without_accents(word: str, dice: random.Random) -> str:
    if dice.random() < 0.7:
        return bare(word)
    return "".join(bare(c) if dice.random() < 0.6 else c for c in word)


def _slip(word: str, language: str, dice: random.Random) -> str:
    """What fingers do: leave a letter out, swap two, strike the key beside, strike twice."""
    at = dice.randrange(len(word)) if len(word) < 3 or dice.random() < 0.05 else dice.randrange(1, len(word))
    near = _beside(language).get(bare(word[at])[:1], "") or "e"
    kind = dice.random()
    if kind < 0.3 and len(word) > 2:
        return word[:at] + word[at + 1 :]
    if kind < 0.52 and at > 0 and word[at] != word[at - 1]:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    if kind < 0.7:
        return word[:at] + dice.choice(near) + word[at + 1 :]
    if kind < 0.85:
        return word[:at] + word[at] + word[at:]
    if kind < 0.95:
        return word[:at] + dice.choice(near) + word[at:]
    return word[:at] + dice.choice("aeiourstln") + word[at + 1 :]


def _by_ear(word: str, language: str, dice: random.Random) -> str:
    """One sound written as another is written; a doubled letter once, a single one twice."""
    options = []
    for group in _SAME_SOUND[language]:
        for old in group:
            at = word.find(old, 1 if not old else 0) if old else -1
            while at >= 0:
                options += [word[:at] + new + word[at + len(old) :] for new in group if new != old]
                at = word.find(old, at + 1)
    for at in range(1, len(word) - 1):
        if word[at] == word[at - 1]:
            options += [word[:at] + word[at + 1 :]] * 3
        elif word[at] in "cflmnprst":
            options.append(word[:at] + word[at] + word[at:])
    options = [option for option in options if option != word and len(option) > 1]
    return dice.choice(options) if options else word


def _accent(word: str, _language: str, dice: random.Random) -> str:
    """An accent that does not belong there, or another than belongs there."""
    places = [at for at, c in enumerate(word) if bare(c) in _ACCENTED]
    if not places:
        return word
    at = dice.choice(places)
    others = [c for c in (bare(word[at]), *_ACCENTED[bare(word[at])]) if c != word[at]]
    return word[:at] + dice.choice(others) + word[at + 1 :]
