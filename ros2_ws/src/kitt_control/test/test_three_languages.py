"""Every command does the same in English, French and Spanish, with what was said beside it."""

from __future__ import annotations

import pytest
from street import Street, Thing

from kitt_control.duties import DUTIES
from kitt_text.grammar import default_grammar

LANGUAGES = ("en", "fr", "es")
ALIKE = (
    ("stop", "arrête-toi", "para"),
    ("start driving", "démarre", "arranca"),
    ("forward two meters", "avance de deux mètres", "avanza dos metros"),
    ("forward for three seconds", "avance pendant trois secondes", "avanza durante tres segundos"),
    ("forward", "avance", "adelante"),
    ("back", "recule", "retrocede"),
    ("back one meter", "recule d'un mètre", "retrocede un metro"),
    ("turn left", "tourne à gauche", "gira a la izquierda"),
    ("turn left thirty degrees", "tourne à gauche de trente degrés", "gira a la izquierda treinta grados"),
    ("turn right", "tourne à droite", "gira a la derecha"),
    ("turn around", "demi-tour", "media vuelta"),
    ("faster", "plus vite", "más rápido"),
    ("slower", "moins vite", "más despacio"),
    ("come here", "viens ici", "ven aquí"),
    ("follow me", "suis-moi", "sígueme"),
    ("follow the dog", "suis le chien", "sigue al perro"),
    ("follow number one", "suis le numéro un", "sigue el número uno"),
    ("go to the dog", "va vers le chien", "ve hacia el perro"),
    ("look around", "regarde autour de toi", "mira alrededor"),
    ("find the cat", "cherche le chat", "busca el gato"),
    ("find the dog", "trouve le chien", "encuentra el perro"),
    ("park", "gare-toi", "aparca"),
    ("remember this place", "retiens cet endroit", "recuerda este lugar"),
    ("forget all places", "oublie tous les endroits", "olvida todos los lugares"),
    ("patrol", "patrouille", "patrulla"),
    ("wait", "attends", "espera"),
    ("go on", "reprends", "reanuda"),
    ("lights on", "allume les phares", "enciende las luces"),
    ("lights off", "éteins les phares", "apaga las luces"),
    ("what do you see", "que vois-tu", "qué ves"),
    ("how many people do you see", "combien de personnes vois-tu", "cuántas personas ves"),
    ("where is the dog", "où est le chien", "dónde está el perro"),
    ("how are you", "comment vas-tu", "cómo estás"),
    ("who are you", "qui es-tu", "quién eres"),
    ("hello", "bonjour", "hola"),
    ("help", "aide-moi", "ayuda"),
    ("good night", "bonne nuit", "buenas noches"),
    ("wake up", "réveille-toi", "despierta"),
    ("follow the cat", "suis le chat", "sigue al gato"),  # which is not there
    ("forward two kilometers", "avance de deux kilomètres", "avanza dos kilómetros"),  # too far
)  # fmt: skip
ASKED = {"what_do_you_see", "how_many", "where_is", "how_are_you", "who_are_you", "hello", "help"}


def after(text: str, before: str = "") -> tuple[tuple[object, ...], Street]:
    """What came of a command within six seconds."""
    street = Street()
    street.c.route.places = [(0.0, 0.0), (9.0, 3.0)]
    street.things = [Thing("person", 9.0, 2.2, "1"), Thing("dog", 8.0, -2.5, "2"), Thing("car", 25.0, 0.0, "c")]
    street.run(0.1)
    if before:
        street.say(before)
        street.run(0.5)
    told = len(street.said)
    refused = street.say(text)
    street.run(6.0)
    pose = tuple(round(value, 6) for value in (street.x, street.y, street.yaw, street.c.speed))
    places = len(street.c.route.places)
    return (refused, street.states, pose, street.c.lights, places, len(street.said) - told), street


@pytest.mark.parametrize("texts", ALIKE, ids=[texts[0] for texts in ALIKE])
@pytest.mark.parametrize("before", ["", "start driving", "good night"])
def test_it_does_the_same_in_three_languages(texts, before):
    outcomes = []
    for text, language in zip(texts, LANGUAGES, strict=True):
        assert default_grammar().understand(text).language == language
        outcome, street = after(text, before)
        assert street.c.language == language
        outcomes.append(outcome)
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_no_command_was_left_out():
    for i in range(len(LANGUAGES)):
        assert {default_grammar().understand(texts[i]).command for texts in ALIKE} == {*DUTIES, *ASKED, "stop"}
