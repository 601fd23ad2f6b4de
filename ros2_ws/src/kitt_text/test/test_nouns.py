"""Articles, plural and gender of all that KITT can speak of."""

from __future__ import annotations

import pytest

from kitt_text import nouns
from kitt_text.grammar import Grammar

# the genders of the grammar's names as a dictionary gives them
FEMININE = {
    "fr": "person,car,motorcycle,fire hydrant,cow,giraffe,tie,suitcase,skis,baseball bat,surfboard,tennis racket,"
    "bottle,cup,fork,spoon,banana,apple,orange,carrot,pizza,chair,potted plant,dining table,toilet,tv,mouse,remote,"
    "clock,scissors,toothbrush",
    "es": "person,bicycle,motorcycle,fire hydrant,stop sign,sheep,cow,zebra,giraffe,backpack,tie,suitcase,sports ball,"
    "kite,surfboard,tennis racket,bottle,wine glass,cup,spoon,apple,orange,carrot,pizza,donut,chair,potted plant,bed,"
    "dining table,toaster,refrigerator",
}


@pytest.fixture(scope="module")
def grammar():
    return Grammar.load()


@pytest.mark.parametrize("language", ["fr", "es"])
def test_the_gender_of_every_object(grammar, language):
    feminine = {label for label in grammar.data.names if nouns.feminine(grammar.name_of(label, language), language)}
    assert feminine == set(FEMININE[language].split(","))


@pytest.mark.parametrize(
    ("language", "label", "count", "words"),
    [
        ("en", "person", 1, "a person"), ("en", "person", 2, "two people"), ("en", "umbrella", 1, "an umbrella"),
        ("en", "airplane", 1, "an airplane"), ("en", "bench", 3, "three benches"), ("en", "sheep", 2, "two sheep"),
        ("en", "broccoli", 1, "some broccoli"), ("en", "scissors", 1, "a pair of scissors"),
        ("en", "car", 0, "zero cars"),
        ("fr", "person", 1, "une personne"), ("fr", "car", 2, "deux voitures"),
        ("fr", "car", 21, "vingt et une voitures"),
        ("fr", "horse", 2, "deux chevaux"), ("fr", "toilet", 1, "des toilettes"), ("fr", "bicycle", 1, "un vélo"),
        ("fr", "fire hydrant", 1, "une bouche d'incendie"), ("fr", "motorcycle", 1, "une moto"),
        ("es", "car", 1, "un coche"), ("es", "person", 1, "una persona"), ("es", "person", 2, "dos personas"),
        ("es", "truck", 21, "veintiún camiones"), ("es", "person", 201, "doscientas una personas"),
        ("es", "car", 1_000_000, "1000000 coches"),
    ],
)  # fmt: skip
def test_counted(grammar, language, label, count, words):
    names = grammar.name_of(label, language), grammar.name_of(label, language, 2)
    assert nouns.counted(count, *names, language) == words


@pytest.mark.parametrize(
    ("language", "name", "the", "none"),
    [
        ("en", "car", "the car", "no car"), ("en", "person", "the person", "nobody"),
        ("fr", "voiture", "la voiture", "pas de voiture"), ("fr", "oiseau", "l'oiseau", "pas d'oiseau"),
        ("fr", "homme", "l'homme", "pas d'homme"), ("fr", "hot dog", "le hot dog", "pas de hot dog"),
        ("fr", "personne", "la personne", "personne"), ("fr", "toilettes", "les toilettes", "pas de toilettes"),
        ("fr", "évier", "l'évier", "pas d'évier"), ("es", "coche", "el coche", "ningún coche"),
        ("es", "señal de stop", "la señal de stop", "ninguna señal de stop"),
        ("es", "agua", "el agua", "ninguna agua"),
        ("es", "persona", "la persona", "a nadie"),
    ],
)  # fmt: skip
def test_articles(language, name, the, none):
    assert nouns.the(name, language) == the
    assert nouns.none_of(name, language) == none


def test_spanish_acts_on_people_with_a():
    assert nouns.object_of("persona", "es") == "a la persona"
    assert nouns.object_of("perro", "es") == "al perro"
    assert nouns.object_of("coche", "es") == "el coche"
    assert nouns.object_of("personne", "fr") == "la personne"
