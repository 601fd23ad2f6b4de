"""Numbers written out in words: what `numbers` reads, for the ears to listen for.

All that stands here is read back as the value it means by `numbers.number`; a test holds that.
"""

from __future__ import annotations

from kitt_text.numbers import _HALF_AFTER, _HALF_BEFORE, ARTICLES, JOINTS, POINTS, VALUES, number
from kitt_text.templates import Phrase


def below_hundred(language: str) -> list[Phrase]:
    """0 to 99, all ways of each."""
    values, joint = VALUES[language], JOINTS[language]
    ones = [(word, value) for word, value in values.items() if 1 <= value <= 9]
    found: list[Phrase] = [(word,) for word, value in values.items() if value < 100]
    for word, value in values.items():
        if value % 10 or not 20 <= value < 100 or (language == "es" and value == 20) or word == "vingts":
            continue
        for one, digit in ones:
            with_joint = language == "es" or (language == "fr" and digit == 1)
            found.append((word, joint, one) if with_joint else (word, one))
    if language == "fr":
        found.remove(("vingts",))
        sevens = [("dix", one) for one, digit in ones if digit >= 7]
        teens = [(word,) for word, value in values.items() if 10 <= value <= 16] + sevens
        found += sevens + [("soixante", *(("et",) if teen == ("onze",) else ()), *teen) for teen in teens]
        found += [("quatre", "vingts"), ("quatre", "vingt")]
        found += [("quatre", "vingt", *rest) for rest in [(one,) for one, _ in ones] + teens]
    return found


def fives(language: str, below: int = 100) -> list[Phrase]:
    """5, 10, 15, ... below a number: «one meter fifty», «a minute thirty»."""
    read = ((phrase, number(phrase, 0, language)) for phrase in below_hundred(language))
    return [phrase for phrase, value in read if value is not None and 0 < value[0] < below and value[0] % 5 == 0]


def decimals(language: str) -> list[Phrase]:
    """What is said behind the point: one digit, or 25, 50, 75."""
    words = {word: value for word, value in VALUES[language].items() if value <= 9}
    found: list[Phrase] = [(word,) for word in words]
    quarters = {25, 50, 75}
    read = ((phrase, number(phrase, 0, language)) for phrase in below_hundred(language))
    found += [phrase for phrase, value in read if value is not None and value[0] in quarters]
    if language == "en":
        found += [("two", "five"), ("seven", "five")]
    return found


def hundreds(language: str, top: int) -> list[Phrase]:
    """100 to `top`, beyond 100 in steps of five."""
    values = VALUES[language]
    words = {value: word for word, value in reversed(list(values.items()))}
    found: list[Phrase] = []
    for count in range(1, top // 100 + 1):
        if language == "es":
            stem: Phrase = ("ciento",) if count == 1 else (words[100 * count],)
            found.append(("cien",) if count == 1 else stem)
        elif language == "fr":
            stem = ("cent",) if count == 1 else (words[count], "cent")
            found.append(stem if count == 1 else (words[count], "cents"))
        else:
            stem = (words[count], "hundred")
            found.append(stem)
        rests = fives(language, min(100, top - 100 * count + 1)) if top > 100 * count else []
        joints: tuple[Phrase, ...] = ((), ("and",)) if language == "en" else ((),)
        found += [(*stem, *joint, *rest) for rest in rests for joint in joints]
    return found


def points(language: str) -> tuple[str, ...]:
    """Words for the decimal point."""
    return POINTS[language]


def articles(language: str) -> tuple[str, ...]:
    """Words that mean one before a unit."""
    return ARTICLES[language]


def halves_before(language: str) -> tuple[Phrase, ...]:
    """«half a» meter."""
    return _HALF_BEFORE[language]


def halves_after(language: str) -> tuple[Phrase, ...]:
    """Two «and a half»; a meter «and a half»."""
    return _HALF_AFTER[language]
