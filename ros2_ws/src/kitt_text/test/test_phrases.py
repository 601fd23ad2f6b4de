"""What KITT says, as whole sentences."""

from __future__ import annotations

import pytest

from kitt_text.phrases import PHRASES, STATES, fixed_safety_phrases, say


@pytest.mark.parametrize(
    ("key", "language", "values", "words"),
    [
        ("target_lost", "fr", {"target": "oiseau"}, "J'ai perdu l'oiseau."),
        ("target_lost", "es", {"target": "persona"}, "He perdido a la persona."),
        ("following", "en", {"target": "person"}, "Following the person."),
        ("following", "fr", {"target": "voiture"}, "Je vais suivre la voiture."),
        ("approaching", "es", {"target": "señal de stop"}, "Voy hacia la señal de stop."),
        ("refused_target", "fr", {"target": "ours"}, "Je ne vois pas d'ours."),
        ("refused_target", "fr", {"target": "feu de circulation"}, "Je ne vois pas de feu de circulation."),
        ("refused_target", "en", {"target": "follow number seven"}, "I do not see what you mean."),
        ("where", "en", {"target": "car", "side": "to the left", "distance": 1},
         "The car is to the left, about one meter away."),
        ("where", "fr", {"target": "vélo", "side": "à droite", "distance": 1},
         "Le vélo est à droite, à environ un mètre."),
        ("where", "fr", {"target": "toilettes", "side": "à gauche", "distance": 2},
         "Les toilettes sont à gauche, à environ deux mètres."),
        ("where", "es", {"target": "coche", "side": "enfrente", "distance": 21},
         "El coche está enfrente, a veintiún metros más o menos."),
        ("well", "fr", {"state": "stopped"}, "Je vais bien, je suis à l'arrêt."),
        ("well", "es", {"state": "waiting at sign"}, "Estoy bien, espero en una señal de stop."),
        ("well", "en", {"state": "dreaming"}, "I am well, dreaming."),
    ],
)  # fmt: skip
def test_sentences(key, language, values, words):
    assert say(key, language, **values) == words


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_no_phrase_keeps_a_gap(language):
    values = {"target": "x", "things": "y", "side": "z", "distance": 3, "state": "stopped", "fault": "f"}
    for key in PHRASES:
        assert not set("{}") & set(say(key, language, **values)), key
    assert all(set(forms) == {"en", "fr", "es"} for forms in STATES.values())
    fixed = fixed_safety_phrases(language)
    assert len(fixed) > 12
    assert not any("{" in text for text in fixed)
    assert PHRASES["emergency"][language] in fixed
