"""Numbers in words."""

from __future__ import annotations

import pytest

from kitt_text.grammar import default_grammar
from kitt_text.numbers import number, quantity
from kitt_text.words import tokens


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("zero", "en", 0),
        ("seven", "en", 7),
        ("nineteen", "en", 19),
        ("twenty-five", "en", 25),
        ("ninety nine", "en", 99),
        ("one hundred", "en", 100),
        ("a hundred", "en", None),
        ("three hundred and twelve", "en", 312),
        ("two thousand and five", "en", 2005),
        ("one hundred twenty thousand", "en", 120000),
        ("two point five", "en", 2.5),
        ("two point two five", "en", 2.25),
        ("zero point five", "en", 0.5),
        ("two and a half", "en", 2.5),
        ("12", "en", 12),
        ("2.75", "en", 2.75),
        ("seize", "fr", 16),
        ("dix-sept", "fr", 17),
        ("vingt et un", "fr", 21),
        ("soixante-dix", "fr", 70),
        ("soixante et onze", "fr", 71),
        ("soixante-dix-neuf", "fr", 79),
        ("quatre-vingts", "fr", 80),
        ("quatre-vingt-onze", "fr", 91),
        ("quatre-vingt-dix-sept", "fr", 97),
        ("nonante", "fr", 90),
        ("deux cents", "fr", 200),
        ("deux cent trois", "fr", 203),
        ("mille", "fr", 1000),
        ("deux virgule cinq", "fr", 2.5),
        ("trois virgule vingt-cinq", "fr", 3.25),
        ("deux et demi", "fr", 2.5),
        ("2,5", "fr", 2.5),
        ("veintidós", "es", 22),
        ("treinta y uno", "es", 31),
        ("ciento veinte", "es", 120),
        ("quinientos", "es", 500),
        ("mil doscientos", "es", 1200),
        ("dos coma cinco", "es", 2.5),
        ("dos y medio", "es", 2.5),
        ("x", "en", None),
        ("", "en", None),
        ("9999999", "en", None),
        ("vingt", "en", None),
    ],
)
def test_whole_text_is_a_number(text, language, value):
    words = tokens(text)
    found = number(words, 0, language)
    if value is None:
        assert found is None or found[1] < len(words)
    else:
        assert found == (pytest.approx(value), len(words))


@pytest.mark.parametrize(
    ("text", "language", "used"),
    [("five twenty", "en", 1), ("twenty ten", "en", 1), ("ten five", "en", 1), ("five five", "en", 1),
     ("dix cinq", "fr", 1), ("cinq dix", "fr", 1), ("diez cinco", "es", 1), ("two and", "en", 1),
     ("thousand thousand", "en", 1), ("two point x", "en", 1), ("twenty zero", "en", 1)],
)  # fmt: skip
def test_a_number_ends_where_the_next_begins(text, language, used):
    found = number(tokens(text), 0, language)
    assert found is not None
    assert found[1] == used


@pytest.mark.parametrize(
    ("text", "language", "value", "dimension"),
    [
        ("two meters", "en", 2.0, "distance"),
        ("a meter", "en", 1.0, "distance"),
        ("half a meter", "en", 0.5, "distance"),
        ("a meter and a half", "en", 1.5, "distance"),
        ("two and a half meters", "en", 2.5, "distance"),
        ("fifty centimeters", "en", 0.5, "distance"),
        ("ten feet", "en", 3.048, "distance"),
        ("two meters and ten centimeters", "en", 2.1, "distance"),
        ("one meter twenty", "en", 1.2, "distance"),
        ("deux mètres cinquante", "fr", 2.5, "distance"),
        ("deux mètres cinq", "fr", 2.05, "distance"),
        ("un mètre et demi", "fr", 1.5, "distance"),
        ("une demi-minute", "fr", 30.0, "duration"),
        ("medio metro", "es", 0.5, "distance"),
        ("dos metros cincuenta", "es", 2.5, "distance"),
        ("un minuto y medio", "es", 90.0, "duration"),
        ("a minute thirty", "en", 90.0, "duration"),
        ("3 s", "en", 3.0, "duration"),
        ("180 degrees", "en", 3.14159265, "angle"),
        ("1.5 rad", "en", 1.5, "angle"),
    ],
)
def test_quantities(text, language, value, dimension):
    grammar = default_grammar()
    words = tokens(text)
    found = quantity(words, 0, language, grammar.data.languages[language].units)
    assert found is not None
    assert found.unit is not None
    assert (found.length, found.unit.dimension) == (len(words), dimension)
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "used"),
    [("two meters ninety degrees", 2), ("two meters three meters", 2), ("two meters 2.5", 2), ("five cm ten", 2),
     ("one meter two hundred", 2), ("ninety degrees five", 2), ("two meters and", 2)],
)  # fmt: skip
def test_what_does_not_add_to_a_quantity(text, used):
    found = quantity(tokens(text), 0, "en", default_grammar().data.languages["en"].units)
    assert found is not None
    assert found.length == used


def test_an_article_alone_is_no_number():
    units = default_grammar().data.languages["fr"].units
    assert quantity(["une", "voiture"], 0, "fr", units) is None
    bare = quantity(["sept"], 0, "fr", units)
    assert bare is not None
    assert (bare.value, bare.unit) == (7.0, None)
