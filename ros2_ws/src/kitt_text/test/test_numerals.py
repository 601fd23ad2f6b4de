"""Numbers in words: read back as what they are, and as each language writes them."""

from __future__ import annotations

import pytest

from kitt_text import numerals
from kitt_text.numbers import number
from kitt_text.words import tokens


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_reader_reads_what_is_written(language):
    for value in [*range(1300), 1999, 2000, 2001, 21000, 80000, 80001, 200000, 201000, 999999]:
        words = tokens(numerals.whole(value, language))
        assert number(words, 0, language) == (float(value), len(words)), words


@pytest.mark.parametrize(
    ("language", "value", "words"),
    [
        ("en", 342, "three hundred and forty-two"), ("en", 1005, "one thousand and five"),
        ("fr", 71, "soixante et onze"), ("fr", 80, "quatre-vingts"), ("fr", 81, "quatre-vingt-un"),
        ("fr", 91, "quatre-vingt-onze"), ("fr", 200, "deux cents"), ("fr", 201, "deux cent un"),
        ("fr", 80_000, "quatre-vingt mille"), ("fr", 200_000, "deux cent mille"), ("fr", 1000, "mille"),
        ("es", 100, "cien"), ("es", 101, "ciento uno"), ("es", 21_000, "veintiún mil"), ("es", 1_000_000, "un millón"),
        ("es", 31_000, "treinta y un mil"),
    ],
)  # fmt: skip
def test_spelling(language, value, words):
    assert numerals.whole(value, language) == words


@pytest.mark.parametrize(
    ("language", "value", "feminine", "words"),
    [
        ("fr", 1, True, "une"), ("fr", 21, True, "vingt et une"), ("fr", 11, True, "onze"), ("fr", 1, False, "un"),
        ("es", 1, True, "una"), ("es", 1, False, "un"), ("es", 21, False, "veintiún"), ("es", 21, True, "veintiuna"),
        ("es", 200, True, "doscientas"), ("es", 31, False, "treinta y un"), ("es", 100, True, "cien"),
    ],
)  # fmt: skip
def test_numbers_agree_with_their_noun(language, value, feminine, words):
    assert numerals.counted(value, language, feminine) == words


@pytest.mark.parametrize(
    ("language", "figures", "words"),
    [
        ("en", "2.25", "two point two five"), ("fr", "2,25", "deux virgule vingt-cinq"),
        ("es", "-0.5", "menos cero coma cinco"),
        ("fr", "1.05", "un virgule zéro cinq"), ("en", "-3", "minus three"),
        ("es", "3.141", "tres coma uno cuatro uno"),
    ],
)  # fmt: skip
def test_decimals(language, figures, words):
    assert numerals.decimal(figures, language) == words


def test_greater_numbers_are_read_figure_by_figure():
    assert numerals.decimal("1234567890", "en") == "one two three four five six seven eight nine zero"
