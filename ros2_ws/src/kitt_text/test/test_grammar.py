"""What the packaged grammar understands, and what it does not."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt_text.grammar import OTHER_LANGUAGE, default_grammar, understand
from kitt_text.words import MAX_CHARS, tokens

RAD = math.pi / 180


@pytest.mark.parametrize(
    ("text", "command", "slots", "language"),
    [
        ("go", "go", {}, "en"),
        ("Let's go!", "go", {}, "en"),
        ("forward two meters", "forward", {"distance": 2.0}, "en"),
        ("go forward two point five metres", "forward", {"distance": 2.5}, "en"),
        ("drive 3.5 m ahead", "forward", {"distance": 3.5}, "en"),
        ("forward for ten seconds", "forward", {"duration": 10.0}, "en"),
        ("avance de deux mètres cinquante", "forward", {"distance": 2.5}, "fr"),
        ("avance de 2,5 mètres", "forward", {"distance": 2.5}, "fr"),
        ("tout droit", "forward", {}, "fr"),
        ("avanza un metro y medio", "forward", {"distance": 1.5}, "es"),
        ("back up half a meter", "back", {"distance": 0.5}, "en"),
        ("recule d'un demi-mètre", "back", {"distance": 0.5}, "fr"),
        ("marcha atrás dos metros", "back", {"distance": 2.0}, "es"),
        ("turn left ninety degrees", "left", {"angle": 90 * RAD}, "en"),
        ("90° left", "left", {"angle": 90 * RAD}, "en"),
        ("tourne à gauche de quatre-vingt-dix degrés", "left", {"angle": 90 * RAD}, "fr"),
        ("gira a la derecha cuarenta y cinco grados", "right", {"angle": 45 * RAD}, "es"),
        ("right", "right", {}, "en"),
        ("à droite", "right", {}, "fr"),
        ("demi-tour", "turn_around", {}, "fr"),
        ("faster", "faster", {}, "en"),
        ("plus lentement", "slower", {}, "fr"),
        ("más rápido", "faster", {}, "es"),
        ("follow me", "follow", {"object": "person"}, "en"),
        ("suis le chien", "follow", {"object": "dog"}, "fr"),
        ("sigue a la mujer", "follow", {"object": "person"}, "es"),
        ("follow number seven", "follow", {"number": 7.0}, "en"),
        ("viens ici", "come", {}, "fr"),
        ("go to the stop sign", "go_to", {"object": "stop sign"}, "en"),
        ("va jusqu'au panneau stop", "go_to", {"object": "stop sign"}, "fr"),
        ("ve a la señal de alto", "go_to", {"object": "stop sign"}, "es"),
        ("wait one minute thirty", "wait", {"duration": 90.0}, "en"),
        ("continúa", "go_on", {}, "es"),
        ("yes", "yes", {}, "en"),
        ("non", "no", {}, "fr"),
        ("what do you see?", "what_do_you_see", {}, "en"),
        ("Que vois-tu ?", "what_do_you_see", {}, "fr"),
        ("How many people do you see", "how_many", {"object": "person"}, "en"),
        ("combien de voitures vois-tu", "how_many", {"object": "car"}, "fr"),
        ("¿Dónde está el perro?", "where_is", {"object": "dog"}, "es"),
        ("how are you", "how_are_you", {}, "en"),
        ("¿Quién eres?", "who_are_you", {}, "es"),
        ("bonne nuit", "good_night", {}, "fr"),
        ("wake up", "wake_up", {}, "en"),
        ("réveille-toi", "wake_up", {}, "fr"),
        ("despierta", "wake_up", {}, "es"),
        ("KITT, remember this place", "remember_place", {}, "en"),
        ("retiens cet endroit", "remember_place", {}, "fr"),
        ("recuerda este lugar", "remember_place", {}, "es"),
        ("forget all places", "forget_places", {}, "en"),
        ("oublie tous les endroits", "forget_places", {}, "fr"),
        ("olvida la ruta", "forget_places", {}, "es"),
        ("go on patrol", "patrol", {}, "en"),
        ("patrouille", "patrol", {}, "fr"),
        ("patrulla", "patrol", {}, "es"),
        ("lights on", "lights_on", {}, "en"),
        ("apaga las luces", "lights_off", {}, "es"),
        ("regarde autour de toi", "look_around", {}, "fr"),
        ("find the traffic light", "find", {"object": "traffic light"}, "en"),
        ("park", "park", {}, "en"),
        ("three", "number", {"number": 3.0}, "en"),
        ("one", "number", {"number": 1.0}, "en"),
        ("un", "number", {"number": 1.0}, "fr"),
        ("uno", "number", {"number": 1.0}, "es"),
        ("follow number one", "follow", {"number": 1.0}, "en"),
        ("suis le numéro un", "follow", {"number": 1.0}, "fr"),
        ("on", "on", {}, "en"),
        ("éteins", "off", {}, "fr"),
        ("arriba", "up", {}, "es"),
        ("go down", "down", {}, "en"),
        ("hello KITT", "hello", {}, "en"),
        ("hey KITT, could you please go on now", "go_on", {}, "en"),
    ],
)
def test_commands(text, command, slots, language):
    got = understand(text)
    assert (got.command, got.language, got.confidence, got.text) == (command, language, 1.0, text)
    assert {s.name: s.label or pytest.approx(s.value) for s in got.slots} == slots
    units = {"distance": "m", "angle": "rad", "duration": "s"}
    assert all(s.unit == units.get(s.name, "") for s in got.slots)
    assert all(math.isnan(s.value) for s in got.slots if s.name == "object")


@pytest.mark.parametrize(
    "text",
    ["stop", "STOP!", "arrête", "¡Para!", "alto", "halt", "please stop now", "don't stop", "go to the stop sign, stop",
     "follow the dog and stop", "avance deux mètres arrête", "blah blah stop blah", "x" * 5000 + " stop",
     "stop " + "x" * 1_000_000, "stop the traffic light"],
)  # fmt: skip
@pytest.mark.parametrize("language", [None, "en", "fr", "es", "xx"])
def test_stop_wins_anywhere_and_in_any_language(text, language):
    got = understand(text, language)
    assert got.command == "stop"
    assert got.confidence == 1.0
    assert got.slots == ()


@pytest.mark.parametrize(
    ("text", "language", "answered"),
    [("arrête-toi", None, "fr"), ("para", None, "es"), ("halte", "es", "fr"), ("stop", "fr", "fr"),
     ("stop", None, "en"), ("brake", "es", "en")],
)  # fmt: skip
def test_a_stop_is_of_the_language_that_has_its_word(text, language, answered):
    assert default_grammar().understand(text, language).language == answered


@pytest.mark.parametrize(
    "text", ["where is the stop sign", "ou est le panneau stop", "follow the stop light", "stop sign"]
)
def test_the_name_of_a_sign_is_no_stop(text):
    assert understand(text).command != "stop"


@pytest.mark.parametrize(
    "text",
    ["", " ", "🙂🙂", "xyz", "don't go forward", "go forward maybe", "go forward -2 meters", "forward 1e9 meters",
     "forward 99999999999 meters", "the", "kitt", "please", "мама", "前进", "\x00\x01", "a" * 1_000_000,
     "go " * 50, "forward two two meters", "ne recule pas", "forward nan meters", "follow", "stopwatch"],
)  # fmt: skip
def test_the_unknown_is_nothing_in_bounded_time(text):
    start = time.perf_counter()
    got = understand(text)
    assert time.perf_counter() - start < 0.25
    assert (got.command, got.slots, got.confidence, got.text) == ("", (), 0.0, text)


def test_language_that_is_set_comes_first_and_others_count_less():
    assert understand("go on", "en").confidence == 1.0
    got = understand("avance", "en")
    assert (got.command, got.language, got.confidence) == ("forward", "fr", OTHER_LANGUAGE)
    assert understand("no", "es").language == "es"
    assert understand("no", "en").language == "en"
    assert understand("nonsense", "fr").language == "fr"
    assert understand("nonsense", "xx").language == ""


def test_every_phrase_is_understood_as_its_command():
    """Also guards against stop words and numbers hidden in phrases."""
    grammar = default_grammar()
    example = {"object": {"en": "dog", "fr": "chien", "es": "perro"}}
    said = {
        "distance": {"en": "two meters", "fr": "deux mètres", "es": "dos metros"},
        "angle": {"en": "ten degrees", "fr": "dix degrés", "es": "diez grados"},
        "duration": {"en": "five seconds", "fr": "cinq secondes", "es": "cinco segundos"},
        "number": {"en": "seven", "fr": "sept", "es": "siete"},
    } | example
    seen = set()
    for language in grammar.languages:
        for phrase, command in grammar.phrases(language):
            text = phrase
            for slot, words in said.items():
                text = text.replace("{" + slot + "}", words[language])
            got = grammar.understand(text, language)
            assert got.command == command, text
            assert got.language == language
            assert sorted(s.name for s in got.slots if "{" + s.name + "}" in phrase) == sorted(
                w[1:-1] for w in phrase.split() if w.startswith("{")
            ), text
            seen.add((language, command))
    assert seen == {(language, command) for language in grammar.languages for command in grammar.commands}


def test_object_names_in_three_languages():
    grammar = default_grammar()
    assert len(grammar.data.names) == 80
    assert grammar.label_of("Chien") == "dog"
    assert grammar.label_of("stop sign") == "stop sign"
    assert grammar.label_of("unicorn") == ""
    assert [grammar.name_of("person", code, n) for code in ("en", "fr", "es") for n in (1, 2)] == [
        "person", "people", "personne", "personnes", "persona", "personas",
    ]  # fmt: skip
    assert grammar.name_of("horse", "fr", 2) == "chevaux"
    assert grammar.name_of("truck", "es", 0) == "camiones"
    assert grammar.name_of("bus", "en", 3) == "buses"
    assert grammar.name_of("unicorn", "en", 2) == "unicorn"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), st.sampled_from([None, "en", "fr", "es", "klingon"]))
def test_any_text_gives_something_sane(text, language):
    got = understand(text, language)
    assert got.command == "" or got.command in default_grammar().commands
    assert (got.confidence == 0.0) == (got.command == "")


def test_tokens():
    assert tokens("L'été, ça «va»-t-il? 2,5m œuf 90° -3 dix-sept 4-5") == [
        "l", "ete", "ca", "va", "t", "il", "2,5", "m", "oeuf", "90", "degrees", "minus", "3", "dix", "sept", "4", "5",
    ]  # fmt: skip
    assert len("".join(tokens("a" * 10_000))) == MAX_CHARS
